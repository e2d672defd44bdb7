# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the newest state of a job is, and whether it can be started from."""

from __future__ import annotations

import re

from .._base import snapshots as _snapshots
from .._base.errors import FlinkError
from .._base.snapshots import Found
from .._base.times import iso_now
from .._base.wait import Deadline
from . import checkpoints as _checkpoints
from .checkpoints import Checkpoints, Completed
from .plan import LastState
from .records import Deployment, StatePoint
from .run import Run
from .view import JobView

# Flink answers questions about checkpoints from a cache of this age.
CACHE_SECONDS = 3.5
_NUMBER = re.compile(r"/chk-(\d+)$")


def last_state(run: Run, job: JobView | None) -> LastState:
    """The newest state of the job that can be started from, or what is known to be lost."""
    current = run.record.current
    if current is None:
        return recorded_state(run)
    seen = _seen(run, current, job)
    own = _own_state(current, seen)
    if own is not None:
        return LastState(own)
    if job is not None and job.alive:
        return LastState(origin(current))
    point = run.record.state_point
    if point is not None and point.job_id == current.job_id and usable(point.path):
        return LastState(point)
    if job is not None and job.state == "FINISHED":
        return LastState(lost="it has finished, and Flink keeps no checkpoint of a finished job")
    if _had_checkpoints(current, seen):
        last = current.checkpoint_path or current.checkpoint_dir
        return LastState(lost=f"its checkpoints ({last}) are not there any more or cannot be seen from this host")
    first = origin(current)
    if first is not None and not usable(first.path):
        return LastState(lost=f"the {first.kind} {first.path}, from which it was started, is not there any more")
    return LastState(first)


def recorded_state(run: Run) -> LastState:
    """The state of a job that has been ended on purpose."""
    point = run.record.state_point
    if point is None or usable(point.path):
        return LastState(point)
    if run.record.state == "absent":
        # It was given up on purpose, and was tidied up since.
        return LastState()
    return LastState(lost=f"its {point.kind} {point.path} of {point.at} is not there any more")


def origin(current: Deployment) -> StatePoint | None:
    """The state from which a deployment was started itself."""
    if not current.restored_from:
        return None
    return StatePoint(current.restored_from, current.restored_kind or "savepoint", "", current.started_at)


def usable(path: str) -> bool:
    return bool(path) and _snapshots.inspect(path) in {Found.PRESENT, Found.ELSEWHERE}


def _seen(run: Run, current: Deployment, job: JobView | None) -> Checkpoints | None:
    """What the leader reports about the checkpoints of the current deployment."""
    if job is None:
        return None
    seen = _checkpoints.checkpoints(run.cluster, current.job_id)
    if job.terminal and seen is not None and not _snapshots.visible(current.checkpoint_dir):
        # The files cannot be asked, and the answer may be older than the job's end: wait until it cannot be.
        Deadline(CACHE_SECONDS).pause(CACHE_SECONDS)
        seen = _checkpoints.checkpoints(run.cluster, current.job_id) or seen
    return seen


def _own_state(current: Deployment, seen: Checkpoints | None) -> StatePoint | None:
    """What this very start of the job has written: the newest that Flink names, or that is in its directory."""
    found: list[Completed] = []
    newest = seen.newest if seen else None
    if newest is not None and usable(newest.path):
        found.append(newest)
    directory = current.checkpoint_dir or _snapshots.directory_of(current.checkpoint_path, current.job_id)
    retained = _snapshots.newest_retained(directory)
    number = _NUMBER.search(retained)
    if number is not None:
        found.append(Completed(int(number[1]), retained, is_savepoint=False, triggered=0))
    best = max(found, key=lambda one: one.id, default=None)
    if best is None:
        return None
    kind = "savepoint" if best.is_savepoint else "checkpoint"
    return StatePoint(best.path, kind, current.job_id, iso_now(), current.digest)


def _had_checkpoints(current: Deployment, seen: Checkpoints | None) -> bool:
    if current.checkpoint_path or (seen is not None and seen.counts.get("completed", 0) > 0):
        return True
    # Nothing was seen to complete. That is a proof only where all checkpoints would be seen.
    hidden = bool(current.checkpoint_dir) and not _snapshots.visible(current.checkpoint_dir)
    return current.outcome == "verified" and hidden


def check_source(run: Run, source: StatePoint) -> None:
    """A path that is not there must never reach Flink: 2.3.0 would poison the cluster with it."""
    found = _snapshots.inspect(source.path)
    if found is Found.PRESENT:
        return
    if found is Found.ELSEWHERE and (source.kind != "given" or run.record.knows(source.path)):
        return
    what = "savepoint_path" if source.kind == "given" else f"the {source.kind}"
    reasons = {
        Found.ABSENT: "there is no such directory",
        Found.NO_METADATA: "it holds no file _metadata, so it is not a complete savepoint or checkpoint",
        Found.ELSEWHERE: "this host cannot read that storage, and no record of the job has the path; run the module"
        " on a host that can read it",
    }
    raise FlinkError(
        f"the job {run.name} cannot be started from {what} {source.path}: {reasons[found]}; nothing was started",
        savepoint_path=source.path,
    )
