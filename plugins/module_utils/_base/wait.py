# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for facts, never for time; and calls that are bounded in time or run side by side."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from .errors import Expired, FlinkError, NotYet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


class Progress(Protocol):
    """Called with what is awaited, what was seen last and for how many seconds it has been awaited."""

    def __call__(self, what: str, seen: str, elapsed: float) -> None: ...


class Deadline:
    """A point in time that is handed through all calls of one operation."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = max(0.0, seconds)
        self._clock = clock
        self._start = clock()

    def elapsed(self) -> float:
        return self._clock() - self._start

    def remaining(self) -> float:
        return max(0.0, self.seconds - self.elapsed())

    @property
    def expired(self) -> bool:
        return self.remaining() <= 0.0

    def cap(self, seconds: float) -> float:
        """The given time, or less when the deadline comes first."""
        return min(seconds, self.remaining())

    def within(self, seconds: float) -> Deadline:
        """A deadline for a part of the operation; never later than this one."""
        return Deadline(self.cap(seconds), self._clock)

    def pause(self, seconds: float) -> None:
        """Let a moment pass between two looks, but not beyond the deadline."""
        threading.Event().wait(self.cap(seconds))


def seconds_text(seconds: float) -> str:
    return f"{seconds:.1f}".removesuffix(".0")


def wait_for(
    probe: Callable[[], T],
    deadline: Deadline,
    what: str,
    interval: float = 0.25,
    progress: Progress | None = None,
) -> T:
    """Call the probe until it returns without raising NotYet. It is called at least once."""
    while True:
        try:
            return probe()
        except NotYet as not_yet:
            seen = not_yet
        if deadline.seconds <= 0:
            # Waiting was not requested: what was seen is the whole message.
            raise seen
        if deadline.expired:
            raise Expired(
                f"{what} did not happen within {seconds_text(deadline.seconds)} s; last seen: {seen.message}",
                **seen.details,
            )
        if progress is not None:
            progress(what, seen.message, deadline.elapsed())
        deadline.pause(interval)


class Counter:
    """Counts round trips from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.value = 0

    def add(self) -> None:
        with self._lock:
            self.value += 1


class OutOfTimeError(Exception):
    """A bounded call did not end in time; whatever executes it was left behind."""


class _Outcome(Generic[T]):
    """Carries what a call gives or raises from one thread to another."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._done = threading.Event()
        self._results: list[T] = []
        self._error: BaseException | None = None

    def work(self) -> None:
        with self:
            self._results.append(self._call())

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        self._error = error
        self._done.set()
        return True

    def wait(self, seconds: float | None = None) -> T:
        if not self._done.wait(seconds):
            raise OutOfTimeError
        if self._error is not None:
            raise self._error
        return self._results[0]


def bounded(call: Callable[[], T], seconds: float) -> T:
    """Run a call in a thread that is left behind when time is up.

    A socket's time-out bounds each read, not the whole: name resolution and a server that sends its header byte by
    byte would hold the caller as long as they like.
    """
    outcome = _Outcome(call)
    threading.Thread(target=outcome.work, daemon=True).start()
    return outcome.wait(seconds)


def parallel(calls: Sequence[Callable[[], T]]) -> list[T | FlinkError]:
    """Run calls side by side; each gives its result or its FlinkError, in order."""
    outcomes = [_Outcome(call) for call in calls]
    for outcome in outcomes:
        threading.Thread(target=outcome.work, daemon=True).start()
    results: list[T | FlinkError] = []
    for outcome in outcomes:
        try:
            results.append(outcome.wait())
        except FlinkError as error:
            results.append(error)
    return results
