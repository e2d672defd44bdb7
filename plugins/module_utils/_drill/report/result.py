# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drill found, as every form of its report reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

STATUSES = ("passed", "failed", "skipped", "aborted", "refused")
# With one of these no drill is passed. Refused is a fault that was requested, and the cluster was not fit for it.
BAD = ("failed", "aborted", "refused")


@dataclass(frozen=True)
class Timing:
    """How long something took, against its limit."""

    name: str
    label: str
    seconds: float | None
    limit: float | None
    passed: bool | None


@dataclass(frozen=True)
class Check:
    name: str
    label: str
    passed: bool | None
    detail: str


@dataclass(frozen=True)
class Rows:
    expected: int | None
    lost: int | None
    doubled: int | None


@dataclass(frozen=True)
class Job:
    id: str
    name: str
    restored_from: str
    restored_id: int | None
    last_checkpoint_before: int | None


@dataclass(frozen=True)
class Span:
    """Something that stayed the same for a while: who led, the state of a job."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Checkpoint:
    at: float
    job: str
    id: int | None
    status: str


@dataclass(frozen=True)
class Event:
    at: float
    text: str


Series = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Timeline:
    """All times are seconds from the injection on."""

    start: float
    end: float
    fault: Span
    leaders: tuple[Span, ...]
    rest: tuple[Span, ...]
    jobs: dict[str, tuple[Span, ...]]
    rows: dict[str, Series]
    checkpoints: tuple[Checkpoint, ...]
    taskmanagers: Series
    events: tuple[Event, ...]
    # What it means that no leader is known: while ZooKeeper is away none can be seen.
    absent: str = "no leader"


@dataclass(frozen=True)
class Fault:
    name: str
    title: str
    what: str
    host: str
    service: str
    status: str
    reason: str
    began: datetime
    injected: datetime | None
    # How far the clock of the target's host may be off, and with it every time.
    uncertainty: float | None
    removed: datetime | None
    ended: datetime
    times: tuple[Timing, ...]
    checks: tuple[Check, ...]
    rows: Rows | None
    jobs: tuple[Job, ...]
    timeline: Timeline | None

    @property
    def duration(self) -> float:
        return max(0.0, (self.ended - self.began).total_seconds())

    @property
    def late(self) -> tuple[Timing, ...]:
        """The times that broke their limits."""
        return tuple(time for time in self.times if time.passed is False)

    @property
    def broken(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.passed is False)


@dataclass(frozen=True)
class Drill:
    title: str
    cluster: str
    cluster_id: str
    flink_version: str
    runtime: str
    profile: str
    started: datetime
    ended: datetime
    seed: str
    passed: bool
    faults: tuple[Fault, ...]
    # What was handed over, without secrets.
    source: dict[str, Any]

    @property
    def duration(self) -> float:
        return max(0.0, (self.ended - self.started).total_seconds())

    def count(self, *statuses: str) -> int:
        return sum(fault.status in statuses for fault in self.faults)

    @property
    def verdict(self) -> str:
        """A drill passes when a fault was injected and nothing speaks against it; "nothing" when none was injected."""
        if not self.passed or self.count(*BAD):
            return "failed"
        return "passed" if self.count("passed") else "nothing"
