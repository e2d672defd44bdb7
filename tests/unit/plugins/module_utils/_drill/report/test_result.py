"""The border at which the result of a drill is checked and cleaned."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._drill.report import words
from ansible_collections.streamops.flink.plugins.module_utils._drill.report.read import printable, read

import drill_samples as samples

Result = dict[str, Any]


def spoilt(change: Callable[[Result], object]) -> Result:
    result = copy.deepcopy(samples.failed())
    change(result)
    return result


@pytest.mark.parametrize(
    ("result", "place"),
    [
        (None, "it is missing"),
        ([], "it is a list"),
        ({}, "format is None"),
        (spoilt(lambda one: one.update(format=2)), "format is 2, and only 1 is known"),
        (spoilt(lambda one: one.pop("cluster")), "cluster is missing"),
        (spoilt(lambda one: one.update(faults=None)), "faults is missing"),
        (spoilt(lambda one: one.update(faults="all")), "faults is a text ('all'), not a list"),
        (spoilt(lambda one: one["faults"].append(3)), "faults[5] is a number (3), not a dictionary"),
        (spoilt(lambda one: one.update(started="yesterday")), "started is 'yesterday', not a time such as"),
        (spoilt(lambda one: one.update(passed="no")), "passed is a text ('no'), not true or false"),
        (spoilt(lambda one: one["faults"][1].update(status="odd")), "faults[1].status is 'odd', and should be one of"),
        (spoilt(lambda one: one["faults"][0].update(began=None)), "faults[0].began is missing"),
        (spoilt(lambda one: one["faults"][0].update(rows=[1])), "faults[0].rows is a list ([1]), not a dictionary"),
        (
            spoilt(lambda one: one["faults"][0]["times"][0].update(seconds="0.2")),
            "faults[0].times[0].seconds is a text ('0.2'), not a number",
        ),
        (
            spoilt(lambda one: one["faults"][0]["times"][0].update(seconds=float("inf"))),
            "faults[0].times[0].seconds is inf",
        ),
        (
            spoilt(lambda one: one["faults"][0]["times"][0].update(seconds=10**400)),
            "faults[0].times[0].seconds is larger than anything",
        ),
        (
            spoilt(lambda one: one["faults"][0]["timeline"]["rows"].update(transactions=[[1.0]])),
            "faults[0].timeline.rows.transactions[0] is not a pair",
        ),
    ],
)
def test_a_result_that_is_none_is_refused_by_the_place_that_is_wrong(result: object, place: str) -> None:
    with pytest.raises(FlinkError) as caught:
        read(result)
    assert f"cannot write a report of this result: {place}" in caught.value.message
    assert caught.value.message.endswith("; pass what the role drill has registered")
    assert "\n" not in caught.value.message


def test_users_and_passwords_in_urls_are_hidden_wherever_they_stand() -> None:
    secret = "https://alice:s3cret@jm1:8081/jobs"
    drill = read(samples.drill(samples.leader_kill() | {"what": secret, secret: [secret]}, cluster=secret))
    assert "s3cret" not in repr(drill)
    assert drill.faults[0].what == "https://***@jm1:8081/jobs"


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\u202e", "\ufffe", "\ud800", "\x85"])
def test_invisible_characters_become_visible(char: str) -> None:
    assert printable(f"a{char}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_lines_stay_lines() -> None:
    assert printable("one\r\ntwo\n\tthree") == "one\ntwo\n\tthree"


@pytest.mark.parametrize(
    ("faults", "more", "verdict", "sentence"),
    [
        ([], {}, "nothing", "No fault was injected."),
        ([samples.partition()], {}, "nothing", "No fault was injected, 1 skipped."),
        ([samples.leader_kill()], {}, "passed", "1 of 1 fault passed, no row of 40,812 lost or doubled."),
        ([samples.leader_kill()], {"passed": False}, "failed", "the drill as a whole did not pass."),
        ([samples.taskmanager_freeze()], {"passed": True}, "failed", "0 of 1 fault passed."),
        ([samples.all_jobmanagers_kill()], {}, "failed", "1 aborted."),
        (
            [samples.leader_kill() | {"rows": {"expected": 1200, "lost": 1, "doubled": 3}}],
            {},
            "passed",
            "1 row of 1,200 lost and 3 doubled.",
        ),
    ],
)
def test_the_verdict_never_says_better_than_the_faults(
    faults: list[Result], more: Result, verdict: str, sentence: str
) -> None:
    drill = read(samples.drill(*faults, **more))
    assert drill.verdict == verdict
    assert words.verdict(drill).endswith(sentence)


def test_a_fault_that_was_asked_for_and_refused_fails_the_drill() -> None:
    refused = samples.partition() | {"refused": True, "reason": "there is no standby"}
    drill = read(samples.drill(samples.leader_kill(), refused, passed=False))
    assert [fault.status for fault in drill.faults] == ["passed", "refused"]
    assert (drill.verdict, words.verdict(drill)[:30]) == ("failed", "1 of 1 fault passed, 1 refused")


def test_a_fault_that_broke_off_before_it_looked_at_the_clock_is_told_all_the_same() -> None:
    broken = {"name": "leader_kill", "status": "aborted", "reason": "no route to host"}
    (fault,) = read(samples.drill(broken, ended=samples.iso(samples.START))).faults
    assert fault.began == fault.ended == samples.START
    with pytest.raises(FlinkError, match=r"faults\[0\]\.began is missing"):
        read(samples.drill(broken | {"status": "passed"}, ended=samples.iso(samples.START)))


@pytest.mark.parametrize(("start", "end"), [(0.0, -1.0), (0.0, 0.0), (-5e-324, 0.0)])
def test_a_timeline_too_short_to_be_drawn_is_left_out(start: float, end: float) -> None:
    fault = samples.leader_kill()
    fault["timeline"] |= {"from": start, "to": end}
    assert read(samples.drill(fault)).faults[0].timeline is None


def test_a_reason_that_repeats_what_has_failed_is_said_once() -> None:
    frozen = samples.taskmanager_freeze()
    frozen["reason"] = (
        "not recovered when the watch ended: tm2 is missing; nothing left behind: process 4802 on tm2 stayed stopped"
        " for 0.6 s; to RUNNING: 27.60 s, more than 25 s; to the first row after the fault: 27.90 s, more than 27 s"
    )
    (fault,) = read(samples.drill(frozen)).faults
    assert [one.split(":")[0] for one in words.complaints(fault)] == [
        "not recovered when the watch ended",
        "to RUNNING",
        "to the first row after the fault",
        "nothing left behind",
    ]


@pytest.mark.parametrize(
    ("measured", "stock", "text"),
    [
        (0.21, 59, "281 \N{MULTIPLICATION SIGN} faster"),
        (0.02, 59, "over 1,180 \N{MULTIPLICATION SIGN} faster"),
        (0.0, 59, "no outage"),
        (20.0, 36.0, "1.8 \N{MULTIPLICATION SIGN} faster"),
        (20.0, 20.0, "as fast"),
        (40.0, 20.0, "2.0 \N{MULTIPLICATION SIGN} slower"),
    ],
)
def test_a_time_is_compared_with_flinks_defaults_in_words(measured: float, stock: float, text: str) -> None:
    assert words.faster(measured, stock) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "never"), (0.214, "0.21 s"), (12.34, "12.3 s"), (1234.5, "1,234 s")]
)
def test_seconds_have_as_many_digits_as_there_is_to_know(value: float | None, text: str) -> None:
    assert words.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        (0.0, "0 s"),
        (3.0, "3 s"),
        (9.85, "9.85 s"),
        (15.25, "15.2 s"),
        (126.96, "127 s"),
        (4e4, "40,000 s"),
    ],
)
def test_limits_are_as_short_as_they_can_be(value: float | None, text: str) -> None:
    assert words.limit(value) == text
