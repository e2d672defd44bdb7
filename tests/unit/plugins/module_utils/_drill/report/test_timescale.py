"""Which part of a timeline is drawn large, and where things stand in it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._drill.report.read import read
from ansible_collections.streamops.flink.plugins.module_utils._drill.report.result import Fault, Span, Timeline
from ansible_collections.streamops.flink.plugins.module_utils._drill.report.timescale import (
    Scale,
    describe,
    gaps,
    nice,
    stacked,
    thinned,
    unled,
    window,
)

import drill_samples as samples


def seen(fault: dict[str, Any], **changes: Any) -> tuple[Fault, Timeline]:
    fault = fault | {"timeline": fault["timeline"] | changes}
    (found,) = read(samples.drill(fault)).faults
    assert found.timeline is not None
    return found, found.timeline


def test_a_recovery_in_a_second_is_seen_from_near() -> None:
    start, end = window(*seen(samples.leader_kill()))
    assert (round(start, 1), round(end, 1)) == (-0.8, 4.0)


def test_a_fault_that_lasts_is_seen_until_it_is_removed() -> None:
    start, end = window(*seen(samples.taskmanager_freeze()))
    assert start < -5
    assert 31.4 < end < 45


def test_the_new_leader_is_always_in_the_picture_however_late_he_comes() -> None:
    fault = samples.leader_kill()
    fault["times"][0]["seconds"] = 40.0
    assert window(*seen(fault))[1] > 40


def test_what_comes_after_a_long_silence_does_not_press_the_recovery_together() -> None:
    fault = samples.leader_kill()
    fault["times"][3]["seconds"] = 50.0
    assert window(*seen(fault))[1] < 5


def test_of_a_recovery_that_never_came_everything_is_seen() -> None:
    fault = samples.leader_kill()
    fault["times"][1]["seconds"] = None
    assert window(*seen(fault)) == (-10.0, 75.2)


def test_where_nearly_all_of_the_timeline_matters_the_whole_is_drawn() -> None:
    fault, line = seen(samples.leader_kill(), to=4.0, **{"from": -1.0})
    assert window(fault, line) == (-1.0, 4.0)


@pytest.mark.parametrize(("value", "found"), [(0.03, 0.05), (0.1, 0.1), (1.3, 2), (7, 10), (200, 200), (5100, 10000)])
def test_steps_are_one_two_or_five(value: float, found: float) -> None:
    assert nice(value) == pytest.approx(found)


def test_ticks_are_round_and_include_the_fault() -> None:
    scale = Scale(-0.9, 4.2, 100, 900)
    ticks = scale.ticks(84)
    assert 0 in ticks
    assert ticks == pytest.approx([-1 + step for step in range(1, 6)]) or len(ticks) > 5
    assert all(scale.holds(tick) for tick in ticks)


def test_nothing_is_drawn_outside_the_frame() -> None:
    scale = Scale(0, 10, 100, 900)
    assert [scale(at) for at in (-5, 0, 5, 10, 99)] == [100, 100, 500, 900, 900]


def test_between_two_leaders_there_is_no_leader() -> None:
    leaders = [Span(-10, 0.05, "jm1"), Span(0.26, 60, "jm2")]
    assert gaps(leaders, -10, 75, "no leader") == [Span(0.05, 0.26, "no leader"), Span(60, 75, "no leader")]
    assert gaps([], -1, 2, "not seen") == [Span(-1, 2, "not seen")]


def test_while_zookeeper_is_away_the_leader_is_unknown() -> None:
    fault = samples.leader_kill()
    assert [span.text for span in unled(seen(fault)[1])] == ["no leader"]
    fault["target"]["service"] = "zookeeper"
    assert [span.text for span in unled(seen(fault)[1])] == ["not seen"]


def test_who_leads_at_the_same_time_stands_in_rows_of_their_own() -> None:
    one, two, three = Span(0, 5, "jm1"), Span(3, 9, "jm2"), Span(5, 6, "jm1")
    assert stacked([one, two, three]) == [[one, three], [two]]


def test_thinning_keeps_the_extremes_and_the_neighbours() -> None:
    series = tuple((step / 100, float(step % 50 == 0) * 900) for step in range(10_000))
    found = thinned(series, 20, 60, 100)
    assert len(found) <= 202
    assert max(value for _at, value in found) == 900
    assert min(value for _at, value in found) == 0
    assert (found[0][0], found[-1][0]) == (19.99, 60.01)
    assert list(found) == sorted(found)


def test_the_picture_is_told_in_words_too() -> None:
    said = describe(*seen(samples.leader_kill()))
    assert "Who led: jm1 from \N{MINUS SIGN}10.0 s, no leader from +0.05 s, jm2 from +0.21 s." in said
    assert "State of transactions: RUNNING from" in said
