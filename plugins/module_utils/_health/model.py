# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is seen of a cluster and its jobs, and the verdicts about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

HEALTHY = "HEALTHY"


IDLE = "IDLE"


STARTING = "STARTING"


CHECKPOINT_STALLED = "CHECKPOINT_STALLED"


ZOMBIE = "ZOMBIE"


CRASH_LOOP = "CRASH_LOOP"


STUCK_STATE = "STUCK_STATE"


MISSING_JOB = "MISSING_JOB"


NO_LEADER = "NO_LEADER"


SPLIT_BRAIN = "SPLIT_BRAIN"


NO_QUORUM = "NO_QUORUM"


SLOTS_SHORT = "SLOTS_SHORT"


JOB_VERDICTS = (HEALTHY, IDLE, STARTING, CHECKPOINT_STALLED, ZOMBIE, CRASH_LOOP, STUCK_STATE, MISSING_JOB)


CLUSTER_VERDICTS = (HEALTHY, NO_LEADER, SPLIT_BRAIN, NO_QUORUM, SLOTS_SHORT)


# States of a job that has come to its end.
ENDED = frozenset({"FINISHED", "CANCELED", "FAILED"})


class Limits(NamedTuple):
    """How long is too long, in seconds."""

    # 0 lets the job's own checkpoints decide.
    checkpoint_window: float = 0.0
    window_floor: float = 60.0
    start_grace: float = 300.0
    stuck: float = 300.0
    missing: float = 60.0
    leaderless: float = 90.0
    crashes: int = 10
    crash_window: float = 600.0
    # Flink answers questions about counters from a cache of this age.
    metrics: float = 10.0
    # For how long counters must not have moved; 0 takes a third of the window.
    still: float = 0.0

    @property
    def horizon(self) -> float:
        """How far back samples matter."""
        return max(self.crash_window, self.stuck, self.missing, self.leaderless, self.checkpoint_window) + 60.0


class Unit(NamedTuple):
    """A part of a job that works by itself: a vertex, or one of its subtasks. Times are accumulated milliseconds."""

    key: str
    label: str
    records: float
    # Busy or held up by those behind it; None where Flink does not report it.
    busy: float | None
    taskmanager: str = ""
    # The part of it in which others held it up.
    held: float = 0.0


class Sign(NamedTuple):
    """What a job's owner has declared as a sign of life, and what was found."""

    name: str
    good: bool
    text: str
    # Only a sign of trouble when nothing moves: a queue that is long is one that is worked on.
    when_quiet: bool = False


class JobSample(NamedTuple):
    """What one look says about a job. None stands for what was not requested or not returned."""

    at: float
    job_id: str
    name: str
    state: str
    running: int = 0
    total: int = 0
    # False: the HA store has it and the leader does not list it.
    listed: bool = True
    # The newest completed checkpoint, and the seconds since it was completed or since the job runs, the later of both.
    checkpoint: int | None = None
    stalled: float | None = None
    checkpoint_age: float | None = None
    checkpoint_path: str = ""
    checkpoints_enabled: bool = True
    # Whether a checkpoint has been completed since the job runs; one that it was restored from proves nothing.
    proven: bool = True
    interval: float = 0.0
    slowest: float = 0.0
    # Whether a checkpoint is under way or the last one has run out of time, as when a task hangs.
    hangs: bool = True
    units: tuple[Unit, ...] | None = None
    restarts: int | None = None
    failure: str = ""
    signs: tuple[Sign, ...] = ()

    @property
    def all_running(self) -> bool:
        return self.listed and self.state == "RUNNING" and 0 < self.total == self.running


class DeclaredJob(NamedTuple):
    """A job that this collection has deployed, as its record says."""

    name: str
    job_id: str
    state: str
    # Whether no other run works on it now.
    free: bool = True
    finished: bool = False
    # A watchdog has ended it and did not come to start it again.
    interrupted: bool = False


class Sample(NamedTuple):
    """One look at the cluster. trouble says why nothing more is known."""

    at: float
    quorum: bool = True
    leader: str = ""
    leader_name: str = ""
    two_leaders: bool = False
    slots: int | None = None
    free_slots: int | None = None
    jobs: Mapping[str, JobSample] = {}
    declared: Mapping[str, DeclaredJob] = {}
    trouble: str = ""


class Finding(NamedTuple):
    """A verdict. bad ones are acted upon when they last; alert marks those that only cause one."""

    name: str
    verdict: str
    reason: str
    bad: bool = False
    alert: bool = False
    job_id: str = ""
    declared: bool = False
    checkpoint_age: float | None = None
    checkpoint_path: str = ""
    # The units that stand still, and the TaskManagers that they are on.
    stuck: tuple[str, ...] = ()
    taskmanagers: tuple[str, ...] = ()

    @property
    def trouble(self) -> bool:
        return self.bad or self.alert

    def as_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "job_id": self.job_id,
            "verdict": self.verdict,
            "reason": self.reason,
            "bad": self.trouble,
            "declared": self.declared,
            "checkpoint_age": None if self.checkpoint_age is None else round(self.checkpoint_age, 1),
            "stuck": list(self.stuck),
        }


class Report(NamedTuple):
    """The verdicts of one moment."""

    at: float
    cluster: Finding
    jobs: tuple[Finding, ...] = ()

    @property
    def troubles(self) -> list[Finding]:
        return [one for one in (self.cluster, *self.jobs) if one.trouble]
