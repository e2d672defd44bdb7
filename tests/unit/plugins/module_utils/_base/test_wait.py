"""Deadlines, probes, and calls that are bounded in time or run side by side."""

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import Expired, FlinkError, NotYet
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import (
    Counter,
    Deadline,
    OutOfTimeError,
    bounded,
    parallel,
    seconds_text,
    wait_for,
)


class Clock:
    """Time that passes when it is looked at."""

    def __init__(self, step: float = 1.0) -> None:
        self.now = 0.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def test_a_deadline_counts_down_to_nothing() -> None:
    deadline = Deadline(3, Clock())
    assert [deadline.remaining() for _look in range(5)] == [2, 1, 0, 0, 0]
    assert deadline.expired


def test_a_part_of_an_operation_never_ends_later_than_the_whole() -> None:
    deadline = Deadline(2, Clock(0))
    assert deadline.cap(10) == 2
    assert deadline.within(10).seconds == 2
    assert deadline.within(1).seconds == 1


def test_a_probe_that_is_fulfilled_ends_the_wait() -> None:
    answers = iter([NotYet("one"), NotYet("two"), "done"])

    def probe() -> str:
        answer = next(answers)
        if isinstance(answer, NotYet):
            raise answer
        return answer

    assert wait_for(probe, Deadline(5), "an answer", interval=0) == "done"


def never() -> None:
    raise NotYet("3 of 4 tasks run", running=3)


def test_an_expired_wait_says_what_was_seen_last_and_keeps_the_details() -> None:
    with pytest.raises(
        Expired, match=r"^the start did not happen within 0\.1 s; last seen: 3 of 4 tasks run$"
    ) as caught:
        wait_for(never, Deadline(0.1), "the start", interval=0.01)
    assert caught.value.details == {"running": 3}


def test_a_wait_of_no_time_looks_once_and_says_only_what_it_saw() -> None:
    with pytest.raises(NotYet, match=r"^3 of 4 tasks run$"):
        wait_for(never, Deadline(0), "the start")


def test_a_wait_tells_its_progress() -> None:
    told: list[tuple[str, str]] = []
    with pytest.raises(Expired):
        wait_for(
            never,
            Deadline(0.05),
            "the start",
            interval=0.02,
            progress=lambda what, seen, _elapsed: told.append((what, seen)),
        )
    assert set(told) == {("the start", "3 of 4 tasks run")}


def test_another_error_ends_the_wait_at_once() -> None:
    def probe() -> None:
        raise FlinkError("broken")

    with pytest.raises(FlinkError, match="broken"):
        wait_for(probe, Deadline(60), "anything")


@pytest.mark.parametrize(("seconds", "text"), [(10, "10"), (10.0, "10"), (0.25, "0.2"), (1.5, "1.5")])
def test_seconds_are_written_without_needless_digits(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_a_bounded_call_is_left_behind_when_time_is_up() -> None:
    release = threading.Event()
    start = time.monotonic()
    with pytest.raises(OutOfTimeError):
        bounded(lambda: release.wait(10), 0.05)
    assert time.monotonic() - start < 2
    release.set()


def test_a_bounded_call_hands_over_what_it_gives_and_what_it_raises() -> None:
    assert bounded(lambda: 7, 5) == 7
    with pytest.raises(KeyError):
        bounded(lambda: {}["missing"], 5)


def test_calls_run_side_by_side_and_keep_their_order() -> None:
    barrier = threading.Barrier(3, timeout=5)

    def call(number: int) -> int:
        barrier.wait()
        return number

    assert parallel([lambda number=number: call(number) for number in range(3)]) == [0, 1, 2]


def test_an_expected_error_of_one_call_does_not_hide_the_others() -> None:
    def fail() -> int:
        raise FlinkError("refused")

    first, second = parallel([fail, lambda: 2])
    assert isinstance(first, FlinkError)
    assert second == 2


def test_an_unexpected_error_of_a_parallel_call_is_not_lost() -> None:
    with pytest.raises(ZeroDivisionError):
        parallel([lambda: 1, lambda: 1 // 0])


def test_a_counter_counts_from_several_threads() -> None:
    counter = Counter()
    parallel([counter.add for _call in range(50)])
    assert counter.value == 50
