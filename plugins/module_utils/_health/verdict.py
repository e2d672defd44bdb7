# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What samples of a cluster mean: one verdict for each job and one for the cluster. Nothing is asked here.

RUNNING is not health: a job whose operator hangs stays RUNNING, without a restart and without an exception.
The evidence is a checkpoint, which passes through every task: a job that has completed one lately is well, whatever its
counters say. Where none comes, counters that stand still while a task is busy or held up are a task that hangs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from .model import (
    CHECKPOINT_STALLED,
    CRASH_LOOP,
    ENDED,
    HEALTHY,
    IDLE,
    MISSING_JOB,
    NO_LEADER,
    NO_QUORUM,
    SLOTS_SHORT,
    SPLIT_BRAIN,
    STARTING,
    STUCK_STATE,
    ZOMBIE,
    DeclaredJob,
    Finding,
    JobSample,
    Limits,
    Report,
    Sample,
    Unit,
)

# A task that does nothing but one thing is busy for nearly all of its time.
BUSY = 0.9
# More changes of the leader than this within this time are not elections.
LEADER_CHANGES, LEADER_SECONDS = 3, 60.0


def window_of(limits: Limits, interval: float, slowest: float) -> float:
    """For how long a job may go without a completed checkpoint."""
    if limits.checkpoint_window:
        # Between two checkpoints of a job that takes its time it is not known whether it hangs.
        return max(limits.checkpoint_window, 2 * interval)
    return max(3 * interval, 2 * slowest, limits.window_floor)


def stand_still(limits: Limits, window: float) -> float:
    """For how long counters must not have moved: longer than Flink takes to report that they have."""
    return limits.still or max(window / 3, 2 * limits.metrics)


def judge(series: Sequence[Sample], limits: Limits, slots: int | None = None) -> Report:
    """The verdicts of the last sample, in the light of those before it."""
    last = series[-1]
    cluster = judge_cluster(series, limits, slots)
    if not last.leader or cluster.verdict in {NO_LEADER, NO_QUORUM, SPLIT_BRAIN}:
        return Report(last.at, cluster)
    declared = {one.job_id: one for one in last.declared.values() if one.job_id}
    found = [
        judge_job(_history(series, job), limits, declared=job.job_id in declared, short=cluster.verdict == SLOTS_SHORT)
        for job in last.jobs.values()
        if job.state not in ENDED or job.job_id in declared
    ]
    found += [
        _missing(series, one, limits)
        for one in last.declared.values()
        if one.state == "running" and not one.finished and one.job_id not in last.jobs
    ]
    found = [_left_alone(_ended(one, last, declared), declared) for one in found]
    return Report(last.at, cluster, tuple(sorted(found, key=lambda one: (one.name, one.job_id))))


# -- the cluster -----------------------------------------------------------------------------------------------------


def judge_cluster(series: Sequence[Sample], limits: Limits, slots: int | None = None) -> Finding:
    last = series[-1]

    def finding(verdict: str, reason: str, *, alert: bool = True) -> Finding:
        return Finding("cluster", verdict, reason, alert=alert)

    if not last.quorum:
        return finding(NO_QUORUM, last.trouble or "ZooKeeper has no quorum")
    changes = _leader_changes(series)
    if last.two_leaders or changes > LEADER_CHANGES:
        return finding(
            SPLIT_BRAIN, last.trouble or f"the leader has changed {changes} times within {LEADER_SECONDS:.0f} s"
        )
    if not last.leader:
        seconds = last.at - _since(series, lambda one: not one.leader)
        reason = last.trouble or "no JobManager leads"
        late = seconds >= limits.leaderless
        return finding(NO_LEADER, f"{reason}; for {seconds:.0f} s now", alert=late)
    if slots is not None and last.slots is not None and last.slots < slots:
        seconds = last.at - _since(series, lambda one: one.slots is not None and one.slots < slots)
        return finding(SLOTS_SHORT, f"{last.slots} of {slots} slots are registered", alert=seconds >= limits.missing)
    return finding(HEALTHY, f"led by {last.leader_name or last.leader}", alert=False)


def _leader_changes(series: Sequence[Sample]) -> int:
    since = series[-1].at - LEADER_SECONDS
    leaders = [one.leader for one in series if one.at >= since and one.leader]
    return sum(before != after for before, after in pairwise(leaders))


def _since(series: Sequence[Sample], holds: object) -> float:
    """Since when something holds without a break."""
    at = series[-1].at
    for one in reversed(series):
        if not callable(holds) or not holds(one):
            break
        at = one.at
    return at


# -- a job -----------------------------------------------------------------------------------------------------------


def _history(series: Sequence[Sample], job: JobSample) -> list[JobSample]:
    """A job's samples since the leader leads, oldest first: a change of the leader resets what is counted."""
    leader = series[-1].leader
    found: list[JobSample] = []
    for one in reversed(series):
        if one.leader and one.leader != leader:
            break
        seen = one.jobs.get(job.job_id)
        if seen is not None:
            found.append(seen)
    found.reverse()
    return found


def judge_job(history: Sequence[JobSample], limits: Limits, *, declared: bool = True, short: bool = False) -> Finding:
    """The verdict about one job from its samples, oldest first. short: the cluster lacks slots."""
    last = history[-1]
    base = Finding(
        last.name,
        HEALTHY,
        "",
        job_id=last.job_id,
        declared=declared,
        checkpoint_age=last.checkpoint_age,
        checkpoint_path=last.checkpoint_path,
    )
    restarts = _restarts(history, last.at - limits.crash_window)
    if restarts > limits.crashes:
        why = f": {last.failure}" if last.failure else ""
        text = f"it was restarted {restarts} times within {limits.crash_window:.0f} s{why}"
        return base._replace(verdict=CRASH_LOOP, reason=text, bad=True)
    if not last.all_running:
        return _not_running(base, history, limits, short=short)
    found = _running(base, history, limits)
    quiet = _quiet(history)
    moving = quiet is None or quiet[0] < stand_still(limits, window_of(limits, last.interval, last.slowest))
    bad_signs = [one for one in last.signs if not one.good and not (one.when_quiet and moving)]
    if bad_signs and found.verdict in {HEALTHY, IDLE} and _lasting(history, limits):
        text = "; ".join(f"{one.name}: {one.text}" for one in bad_signs)
        return found._replace(verdict=ZOMBIE, reason=f"its tasks run and {text}", bad=True)
    return found


def _restarts(history: Sequence[JobSample], since: float) -> int:
    """How often the job was restarted. A new leader counts from nought again."""
    counted = [one.restarts for one in history if one.at >= since and one.restarts is not None]
    return sum(max(0, after - before) for before, after in pairwise(counted))


def _not_running(base: Finding, history: Sequence[JobSample], limits: Limits, *, short: bool) -> Finding:
    last = history[-1]
    since = last.at
    for one in reversed(history):
        if one.all_running:
            break
        since = one.at
    seconds = last.at - since
    state = last.state if last.listed else "in the HA store, and the leader does not list it"
    tasks = f", {last.running} of {last.total} tasks running" if last.total else ""
    text = f"it is {state}{tasks} for {seconds:.0f} s now"
    if seconds < limits.stuck:
        return base._replace(verdict=STARTING, reason=text)
    if short:
        # Nothing but slots would help it.
        return base._replace(verdict=STUCK_STATE, reason=f"{text}; slots are short", alert=True)
    why = f"; {last.failure}" if last.failure else ""
    return base._replace(verdict=STUCK_STATE, reason=text + why, bad=True)


def _running(base: Finding, history: Sequence[JobSample], limits: Limits) -> Finding:
    last = history[-1]
    window = window_of(limits, last.interval, last.slowest)
    quiet = _quiet(history)
    if not last.checkpoints_enabled:
        return _without_checkpoints(base, history, limits, window)
    stalled = last.stalled
    if stalled is None:
        return base._replace(verdict=STARTING, reason="nothing is known of its checkpoints yet")
    grace = window if last.checkpoint is not None else max(window, limits.start_grace)
    if stalled <= grace:
        if last.checkpoint is None:
            return base._replace(verdict=STARTING, reason="it has completed no checkpoint yet")
        if not last.proven:
            return base._replace(verdict=STARTING, reason="it has completed no checkpoint since it was started again")
        if quiet and quiet[0] >= window and not quiet[1]:
            return base._replace(verdict=IDLE, reason="nothing comes in, and checkpoints complete")
        return base._replace(verdict=HEALTHY, reason="checkpoints complete")
    text = f"no checkpoint has been completed for {stalled:.0f} s"
    stuck, everything = _stuck(history, stand_still(limits, window))
    if stuck and (not everything or last.hangs or any(one.busy for one in stuck)):
        names = tuple(one.unit.label for one in stuck)
        # Those that are held up wait for the one that hangs; only that one's process is to blame.
        guilty = [one for one in stuck if one.busy and not one.held]
        workers = tuple(dict.fromkeys(one.unit.taskmanager for one in guilty if one.unit.taskmanager))
        moved = f"nothing has moved in {_listed(names)}"
        return base._replace(verdict=ZOMBIE, reason=f"{text}, and {moved}", bad=True, stuck=names, taskmanagers=workers)
    if stuck:
        reason = f"{text}, and nothing comes in: look at the checkpoint storage"
    else:
        reason = f"{text}, and its records still move"
    return base._replace(verdict=CHECKPOINT_STALLED, reason=reason, alert=stalled > 2 * grace)


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:3])
    return ", ".join(shown) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _without_checkpoints(base: Finding, history: Sequence[JobSample], limits: Limits, window: float) -> Finding:
    quiet = _quiet(history)
    if quiet and quiet[0] >= max(window, limits.start_grace) and quiet[1]:
        text = f"nothing has moved for {quiet[0]:.0f} s while its tasks are busy"
        return base._replace(
            verdict=ZOMBIE, reason=f"{text}; it makes no checkpoints, so it cannot be healed", alert=True
        )
    return base._replace(reason="it runs, and makes no checkpoints")


def _lasting(history: Sequence[JobSample], limits: Limits) -> bool:
    """Whether the job has run for long enough that its signs of life can be there."""
    since = history[-1].at
    for one in reversed(history):
        if not one.all_running:
            break
        since = one.at
    return history[-1].at - since >= min(limits.start_grace, limits.still or limits.window_floor)


class Still(NamedTuple):
    """A unit that has not moved for some seconds, and whether it was busy meanwhile, or held up by those behind it."""

    unit: Unit
    seconds: float
    busy: bool
    held: bool = False


def _looks(history: Sequence[JobSample]) -> Iterator[JobSample]:
    """The samples with counters of the present run, newest first."""
    last = history[-1]
    for one in reversed(history):
        if not one.all_running or (
            one.restarts is not None and last.restarts is not None and one.restarts != last.restarts
        ):
            return
        if one.units is not None:
            yield one


def _still(history: Sequence[JobSample]) -> list[Still]:
    """Every unit of the last look, with the time for which it has stood still."""
    looks = list(_looks(history))
    if not looks:
        return []
    found = []
    for unit in looks[0].units or ():
        first, since = unit, looks[0].at
        for one in looks[1:]:
            before = next((other for other in one.units or () if other.key == unit.key), None)
            if before is None or before.records != unit.records:
                break
            first, since = before, one.at
        seconds = looks[0].at - since
        held = seconds > 0 and unit.held - first.held >= seconds * 1000 / 2
        found.append(Still(unit, seconds, _was_busy(first, unit, seconds), held))
    return found


def _was_busy(first: Unit, last: Unit, seconds: float) -> bool:
    """Whether it did nothing but work or wait for those behind it. One of several subtasks is enough."""
    if seconds <= 0:
        return False
    if first.busy is None or last.busy is None:
        return True
    return last.busy - first.busy >= BUSY * seconds * 1000


def _stuck(history: Sequence[JobSample], seconds: float) -> tuple[list[Still], bool]:
    """What stands still though it works, or everything when all of it stands still."""
    units = _still(history)
    still = [one for one in units if one.seconds >= seconds]
    busy = [one for one in still if one.busy]
    if units and len(still) == len(units):
        return busy or still, True
    # A task that waits for one that moves stands still for minutes too: a buffer holds thousands of records.
    hangs = any(not one.held for one in busy)
    return (busy if hangs else []), False


def _quiet(history: Sequence[JobSample]) -> tuple[float, bool] | None:
    """For how long nothing at all has moved, and whether any task was busy meanwhile."""
    units = _still(history)
    if not units:
        return None
    return min(one.seconds for one in units), any(one.busy for one in units)


# -- jobs that are not there -----------------------------------------------------------------------------------------


def _missing(series: Sequence[Sample], job: DeclaredJob, limits: Limits) -> Finding:
    """A job that is declared, and neither listed by the leader nor in the HA store."""
    leader = series[-1].leader
    since = series[-1].at
    for one in reversed(series):
        if one.leader != leader or job.job_id in one.jobs:
            break
        since = one.at
    seconds = series[-1].at - since
    base = Finding(job.name, MISSING_JOB, "", job_id=job.job_id, declared=True)
    if not job.free:
        return base._replace(verdict=STARTING, reason="another run works on it")
    if not job.job_id and not job.interrupted:
        return base._replace(reason="its last start has failed: see its record, and run site.yml again", alert=True)
    text = f"it is declared as running, and neither the leader nor the HA store has it for {seconds:.0f} s now"
    cancelled = any(
        one.jobs[job.job_id].state in {"CANCELED", "CANCELLING"} for one in series if job.job_id in one.jobs
    )
    if cancelled:
        return base._replace(reason=f"{text}: it was cancelled by hand", alert=True)
    return base._replace(reason=text, bad=seconds >= limits.missing)


def _left_alone(found: Finding, declared: Mapping[str, DeclaredJob]) -> Finding:
    """A job that another run works on is left alone."""
    wanted = declared.get(found.job_id)
    if wanted is None or wanted.free or not found.trouble:
        return found
    return found._replace(bad=False, alert=False, reason=f"{found.reason}; another run works on it")


def _ended(found: Finding, last: Sample, declared: Mapping[str, DeclaredJob]) -> Finding:
    """A declared job that has come to its end, distinguished by how."""
    job = last.jobs.get(found.job_id)
    wanted = declared.get(found.job_id)
    if job is None or job.state not in ENDED or wanted is None:
        return found
    plain = found._replace(stuck=(), taskmanagers=(), bad=False, alert=False)
    if job.state == "FINISHED" or wanted.state != "running":
        return plain._replace(verdict=HEALTHY, reason=f"it is {job.state}")
    if job.state == "CANCELED":
        text = "it was cancelled by hand, and it is declared as running"
        return plain._replace(verdict=MISSING_JOB, reason=text, alert=True)
    why = f": {job.failure}" if job.failure else ""
    return plain._replace(verdict=MISSING_JOB, reason=f"it has failed for good{why}", bad=True)
