# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no interface for others, may change at any time.
"""What the samples of a drill say: how long the cluster took, whether it kept its promises, and a timeline.

Pure functions. The watch uses them to know when it is over, the verdict uses them afterwards. What was not seen is
never taken for good: a check without samples is not passed.

Samples are dictionaries with the time t (seconds of the controller's clock) and a kind:

* zk: ok, leader, session, sessions (who leads and who contends, by their ZooKeeper sessions)
* rest: ok, jobs (id, name, state, running, total)
* workers: ok, ids (registered TaskManagers)
* servers: serving (ZooKeeper servers that answer)
* checkpoints: job, restored, history (times of Flink's clock in seconds)
* rows: written (rows since the watch began), cut (how often a file became shorter)
* event: text
* settled: everything had recovered
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

from .faults import STOCK, Fault

Sample = Mapping[str, Any]

ENDED = frozenset({"FINISHED", "CANCELED", "FAILED"})
UNKNOWN = "UNKNOWN"
# Flink's own name of a TaskManager ends with six digits that it has drawn.
DRAWN = re.compile(r"-[0-9a-f]{6}$")
# A sample says nothing about what is later than this.
HOLD = 3.0
BEFORE = 10.0
BUCKET = 0.5
CHECKPOINTS = 2
LABELS = {
    "leader": "to the new leader",
    "running": "to all tasks RUNNING again",
    "row": "to the first row written afterwards",
    "checkpoint": "to the first new checkpoint",
    "stalled": "longest time without a row",
}


@dataclass(frozen=True)
class Injection:
    """What was done to whom, and when, in seconds of the controller's clock.

    uncertainty is how far the clock of the victim's host may be off. left is what the host says is left of the fault,
    None when it was not asked. rows is what the check of the job's data says, None when there is none.
    """

    fault: Fault
    targets: Sequence[Mapping[str, Any]]
    injected: float
    what: str = ""
    began: float = 0.0
    removed: float | None = None
    ended: float | None = None
    uncertainty: float = 0.0
    left: Sequence[str] | None = None
    rows: Mapping[str, Any] | None = None
    rows_reason: str = ""

    @property
    def quiet_from(self) -> float:
        """From when on the cluster is whole again, as far as the fault goes."""
        return self.removed if self.fault.until and self.removed is not None else self.injected


@dataclass
class Series:
    """Samples by kind, in the order of their times."""

    samples: Iterable[Sample]
    kinds: dict[str, list[Sample]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for sample in self.samples:
            self.kinds.setdefault(str(sample["kind"]), []).append(sample)
        for found in self.kinds.values():
            found.sort(key=lambda sample: float(sample["t"]))

    def of(self, kind: str) -> list[Sample]:
        return self.kinds.get(kind, [])

    def good(self, kind: str) -> list[Sample]:
        """Those in which the question was answered."""
        return [sample for sample in self.of(kind) if sample.get("ok", True)]

    def last_before(self, kind: str, moment: float) -> Sample | None:
        found = self.good(kind)
        index = bisect_right([float(sample["t"]) for sample in found], moment)
        return found[index - 1] if index else None

    def after(self, kind: str, moment: float) -> list[Sample]:
        return [sample for sample in self.good(kind) if float(sample["t"]) > moment]

    @cached_property
    def end(self) -> float:
        return max((float(found[-1]["t"]) for found in self.kinds.values()), default=0.0)

    @property
    def settled(self) -> float | None:
        found = self.of("settled")
        return float(found[0]["t"]) if found else None


def covered(samples: Sequence[Sample], begin: float, end: float, hold: float = HOLD) -> bool:
    """Whether samples were taken all the time."""
    times = [float(sample["t"]) for sample in samples if begin - hold <= float(sample["t"]) <= end + hold]
    if not times or times[0] > begin + hold or times[-1] < end - hold:
        return False
    return all(later - earlier <= hold for earlier, later in pairwise(times))


Span = tuple[float, float, Any]


def spans(samples: Sequence[Sample], value: Callable[[Sample], Any], end: float, hold: float = HOLD) -> list[Span]:
    """A step function: from, to, value. What nobody looked at for too long has the value None."""
    found: list[Span] = []

    def add(begin: float, until: float, what: Any) -> None:
        if until <= begin:
            return
        if found and found[-1][2] == what and abs(found[-1][1] - begin) < 1e-9:
            found[-1] = (found[-1][0], until, what)
        else:
            found.append((begin, until, what))

    for index, sample in enumerate(samples):
        begin = float(sample["t"])
        until = float(samples[index + 1]["t"]) if index + 1 < len(samples) else max(begin, end)
        add(begin, min(until, begin + hold), value(sample))
        add(begin + hold, until, None)
    return found


# -- jobs -----------------------------------------------------------------------------------------------------------


def job_state(job: Mapping[str, Any] | None) -> str:
    """RUNNING only when all tasks run."""
    if job is None:
        return UNKNOWN
    state = str(job["state"])
    if state == "RUNNING" and (not job["total"] or job["running"] < job["total"]):
        return "DEPLOYING"
    return state


def state_in(sample: Sample, job_id: str) -> str:
    if not sample.get("ok"):
        return UNKNOWN
    return job_state(next((job for job in sample["jobs"] if job["id"] == job_id), None))


def alive_jobs(sample: Sample | None) -> dict[str, str]:
    """Id and name of the jobs that have not ended."""
    return {str(job["id"]): str(job["name"]) for job in (sample or {}).get("jobs", ()) if job["state"] not in ENDED}


def history(series: Series, job_id: str) -> dict[int, Mapping[str, Any]]:
    """Every checkpoint of a job that was ever shown, by its number, as it was shown last."""
    found: dict[int, Mapping[str, Any]] = {}
    for sample in series.of("checkpoints"):
        if sample["job"] == job_id:
            found.update({int(one["id"]): one for one in sample["history"]})
    return found


def completed_after(series: Series, job_id: str, moment: float) -> list[Mapping[str, Any]]:
    """Checkpoints that were triggered later and have completed, the first one first."""
    found = [
        one
        for one in history(series, job_id).values()
        if one["status"] == "COMPLETED" and float(one["triggered"]) > moment
    ]
    return sorted(found, key=lambda one: float(one["acked"]))


def failed_after(series: Series, job_id: str, moment: float) -> list[Mapping[str, Any]]:
    found = history(series, job_id).values()
    return [one for one in found if one["status"] == "FAILED" and float(one["triggered"]) > moment]


def last_completed(series: Series, job_id: str, moment: float) -> int | None:
    """The newest checkpoint that had completed by then."""
    found = [
        number
        for number, one in history(series, job_id).items()
        if one["status"] == "COMPLETED" and float(one["acked"]) <= moment
    ]
    return max(found, default=None)


def restored(series: Series, job_id: str, moment: float) -> Mapping[str, Any] | None:
    """The newest restore that happened later."""
    found = [
        sample["restored"]
        for sample in series.of("checkpoints")
        if sample["job"] == job_id and sample["restored"] and float(sample["restored"]["at"]) > moment
    ]
    return found[-1] if found else None


def makes_checkpoints(series: Series, job_id: str) -> bool:
    return any(sample["job"] == job_id for sample in series.of("checkpoints"))


@dataclass(frozen=True)
class JobSeen:
    """How a job fared after the fault. up is None as long as it is down, or was never seen up again.

    What it has written before the moment again is rolled back; None when it was not restarted, or nobody knows when.
    """

    job_id: str
    name: str
    down: bool
    up: float | None
    state: str
    again: float | None = None


def look_at_job(series: Series, injection: Injection, job_id: str, name: str) -> JobSeen:
    """When all tasks of a job ran again, for good.

    A leader may show an old state for a moment. A job counts as up again when it has been seen down before, or when
    it says that it was restored.
    """
    moment = injection.injected
    since = moment
    if injection.fault.new_leader:
        elected = new_leader_at(series, injection, baseline(series, moment))
        if elected is None:
            return JobSeen(job_id, name, True, None, UNKNOWN)
        since = elected
    listings = [(float(sample["t"]), state_in(sample, job_id)) for sample in series.after("rest", since)]
    known = [(at, state) for at, state in listings if state != UNKNOWN]
    state = listings[-1][1] if listings else UNKNOWN
    back = restored(series, job_id, moment)
    down = [at for at, found in known if found != "RUNNING"]
    if down:
        up = next((at for at, found in known if at > max(down) and found == "RUNNING"), None)
        return JobSeen(job_id, name, True, up, state, max(down))
    if back is not None:
        again = max(since, float(back["at"]))
        return JobSeen(job_id, name, True, again if state == "RUNNING" else None, state, again)
    if not injection.fault.new_leader:
        return JobSeen(job_id, name, False, moment if state == "RUNNING" else None, state)
    # Taken over, and nothing says how: what the new leader has completed a checkpoint of runs for certain.
    proof = completed_after(series, job_id, since)
    return JobSeen(job_id, name, True, float(proof[0]["triggered"]) if proof else None, state)


# -- what has not recovered yet -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Baseline:
    """The cluster at the last moment before the fault."""

    leader: str | None
    session: str | None
    sessions: frozenset[str]
    jobs: Mapping[str, str]
    listed: frozenset[str]
    workers: frozenset[str]
    servers: frozenset[str]


def baseline(series: Series, moment: float) -> Baseline:
    leader = series.last_before("zk", moment) or {}
    listing = series.last_before("rest", moment)
    workers = series.last_before("workers", moment) or {}
    servers = series.last_before("servers", moment) or {}
    return Baseline(
        leader.get("leader"),
        leader.get("session"),
        frozenset(leader.get("sessions", ())),
        alive_jobs(listing),
        frozenset(str(job["id"]) for job in (listing or {}).get("jobs", ())),
        frozenset(workers.get("ids", ())),
        frozenset(servers.get("serving", ())),
    )


def new_leader_at(series: Series, injection: Injection, before: Baseline) -> float | None:
    """When somebody led who was not hit: with another session than the leader had before, or than anybody had.

    Whoever has no latch leads by no right, and another one will be elected beside it.
    """
    old = before.sessions if injection.fault.hits == "jobmanagers" else {before.session}
    for sample in series.after("zk", injection.injected):
        if sample["leader"] and sample["session"] not in old and sample["session"] in sample["sessions"]:
            return float(sample["t"])
    return None


def lacking(series: Series, injection: Injection, *, while_it_lasts: bool = False) -> list[str]:
    """What has not recovered yet, one phrase each.

    :arg while_it_lasts: leave out what can only come back when the fault is removed.
    """
    fault, before = injection.fault, baseline(series, injection.injected)
    found: list[str] = []
    if fault.new_leader and new_leader_at(series, injection, before) is None:
        return ["no other JobManager leads yet"]
    newest = series.after("zk", injection.quiet_from)
    if not newest or not newest[-1]["leader"]:
        found.append("ZooKeeper names no leader")
    for job_id, name in before.jobs.items():
        seen = look_at_job(series, injection, job_id, name)
        if seen.up is None or seen.state != "RUNNING":
            found.append(f"{name} is {seen.state}")
        elif fault.restarts and not seen.down:
            found.append(f"{name} has not felt the fault yet")
        elif makes_checkpoints(series, job_id):
            number = len(completed_after(series, job_id, _checkpoints_from(injection, seen)))
            wanted = 1 if while_it_lasts else CHECKPOINTS
            if number < wanted:
                found.append(f"{number} of {wanted} new checkpoints of {name}")
    return found if while_it_lasts else found + not_returned(series, injection, before)


def _checkpoints_from(injection: Injection, seen: JobSeen) -> float:
    moments = [injection.quiet_from if injection.fault.until in ("held", "failed_checkpoint") else injection.injected]
    if seen.down and seen.up is not None and injection.fault.restarts:
        # Of a job that was restarted only those count that its new tasks have made. They may be there a moment before
        # the job is seen RUNNING, never before it was restored.
        moments.append(seen.up - HOLD)
    return max(moments)


def not_returned(series: Series, injection: Injection, before: Baseline) -> list[str]:
    """Which nodes are not back in their place."""
    moment = injection.injected
    victims = {str(one["host"]) for one in injection.targets}
    if injection.fault.service == "jobmanager" and injection.fault.action != "disk_full":
        now = series.after("zk", moment)
        sessions = frozenset(now[-1]["sessions"]) if now else frozenset()
        back = len(sessions) == len(before.sessions) and len(before.sessions - sessions) >= len(victims)
        return [] if back else [f"{' and '.join(sorted(victims))} does not contend for leadership yet"]
    if injection.fault.service == "taskmanager":
        workers = series.after("workers", moment)
        registered = frozenset(workers[-1]["ids"]) if workers else frozenset()
        missing = before.workers - registered
        # Where Flink draws the names, whoever comes back has another one. A name of the inventory stands for its host.
        drawn = [name for name in missing if DRAWN.search(name)]
        came = [name for name in registered - before.workers if DRAWN.search(name)]
        if len(came) >= len(drawn):
            missing -= frozenset(drawn)
        return [f"the TaskManager {name} is not registered" for name in sorted(missing)]
    servers = series.after("servers", injection.quiet_from)
    missing = before.servers - frozenset(servers[-1]["serving"]) if servers else before.servers
    found = [f"ZooKeeper {name} does not serve" for name in sorted(missing)]
    now = series.after("zk", moment)
    if injection.fault.new_leader and (not now or len(now[-1]["sessions"]) != len(before.sessions)):
        found.append("not every JobManager contends for leadership yet")
    return found


def may_be_removed(series: Series, injection: Injection, held: float, now: float) -> list[str]:
    """Why a fault that lasts is to last on; nothing when it has done what it was to do."""
    if injection.fault.until == "held":
        left = injection.injected + held - now
        return [f"{left:.0f} s of {held:g} s are left"] if left > 0 else []
    if injection.fault.until == "failed_checkpoint":
        jobs = baseline(series, injection.injected).jobs
        failed = any(failed_after(series, job_id, injection.injected) for job_id in jobs)
        return [] if failed else ["no checkpoint has failed yet"]
    return lacking(series, injection, while_it_lasts=True) if injection.fault.until else []


# -- rows -----------------------------------------------------------------------------------------------------------


def increments(series: Series) -> list[tuple[float, int]]:
    """When rows were written, and how many."""
    found: list[tuple[float, int]] = []
    last: int | None = None
    for sample in series.of("rows"):
        written = int(sample["written"])
        if last is not None and written > last:
            found.append((float(sample["t"]), written - last))
        last = written
    return found


@dataclass(frozen=True)
class RowsSeen:
    """seconds to the first row after the interruption, the longest time without a row, the usual one before."""

    row: float | None
    stalled: float | None
    usual: float


def look_at_rows(series: Series, injection: Injection, until: float, again: float | None = None) -> RowsSeen | None:
    """When rows came again. None when none came before the fault, so that nothing can be said.

    :arg again: when the jobs were restarted: rows from before that moment are rolled back and count as none.
    """
    moment = injection.injected
    times = [at for at, _number in increments(series)]
    before = [at for at in times if moment - BEFORE <= at <= moment]
    if len(before) < 2:
        return None
    usual = max(later - earlier for earlier, later in pairwise(before))
    after = [at for at in times if at > moment]
    if not after:
        return RowsSeen(None, max(until, series.end) - before[-1], usual)
    points = [before[-1], *(at for at in after if at <= until)]
    later_one = next((at for at in after if at > until), None)
    points += [later_one] if later_one is not None else []
    gaps = [(later - earlier, later) for earlier, later in pairwise(points)]
    limit = max(2 * usual, usual + 1.0, 1.5)
    long = [at for length, at in gaps if length > limit]
    row = next((at for at in after if at >= (long[-1] if long else after[0]) and at > (again or moment)), None)
    return RowsSeen(None if row is None else row - moment, max(length for length, _at in gaps), usual)


# -- the verdict ----------------------------------------------------------------------------------------------------


def iso(moment: float | None) -> str | None:
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def head(fault: Fault, targets: Sequence[Mapping[str, Any]], what: str) -> dict[str, Any]:
    """The beginning of each entry of the result."""
    first = dict(targets[0]) if targets else {}
    return {
        "name": fault.name,
        "title": fault.title,
        "what": what,
        "target": {key: first.get(key) for key in ("host", "service", "pid")} if first else None,
        "targets": [{key: one.get(key) for key in ("host", "service", "pid")} for one in targets],
    }


def not_injected(fault: Fault, status: str, reason: str, *, began: float, ended: float) -> dict[str, Any]:
    """The entry of a fault that was not injected.

    :arg status: skipped, when this cluster can never do it; refused, when it is not fit for it now, or was asked for
        it by name; aborted, when the drill itself broke off. No drill is passed with the last two.
    """
    return {
        **head(fault, (), ""),
        "status": status,
        "reason": reason,
        "began": iso(began),
        "injected": None,
        "removed": None,
        "ended": iso(ended),
        "times": [],
        "checks": [],
        "rows": None,
        "jobs": [],
        "timeline": None,
    }


def judge(
    samples: Iterable[Sample], injection: Injection, limits: Mapping[str, float], *, watch: float
) -> dict[str, Any]:
    """The entry of a fault that was injected.

    :arg limits: seconds by the name of the time, from what the cluster is configured to.
    :arg watch: how long after recovery the watch was to go on.
    """
    series = Series(samples)
    before = baseline(series, injection.injected)
    jobs = [look_at_job(series, injection, job_id, name) for job_id, name in before.jobs.items()]
    times = judge_times(series, injection, limits, before, jobs)
    checks = judge_checks(series, injection, before, jobs, watch)
    wrong = [f"{one['label']}: {one['detail']}" for one in checks if one["passed"] is False]
    wrong += [f"{one['label']}: {_seconds(one)}" for one in times if not one["passed"]]
    wrong += [
        f"{one['label']}: {one['detail']}" for one in checks if one["passed"] is None and one["name"] not in OPTIONAL
    ]
    settled = series.settled
    if settled is None:
        missing = lacking(series, injection)
        wrong.insert(0, f"not recovered when the watch ended: {', '.join(missing) or 'the watch ended too early'}")
    rows = injection.rows
    return {
        **head(injection.fault, injection.targets, injection.what),
        "status": "failed" if wrong else "passed",
        "reason": "; ".join(wrong),
        "summary": ", ".join(f"{one['label']} {_seconds(one)}" for one in times if one["seconds"] is not None),
        "began": iso(injection.began),
        "injected": iso(injection.injected),
        "clock_uncertainty": injection.uncertainty,
        "removed": iso(injection.removed),
        "ended": iso(injection.ended or series.end),
        "times": times,
        "checks": checks,
        "rows": {key: int(rows[key]) for key in ("expected", "lost", "doubled")} if rows else None,
        "jobs": [_job_entry(series, injection, seen) for seen in jobs],
        "timeline": timeline(series, injection),
    }


# Data cannot be checked everywhere.
OPTIONAL = frozenset({"rows"})


def _seconds(one: Mapping[str, Any]) -> str:
    if one["seconds"] is None:
        return "never seen"
    told = f"{one['seconds']:.2f} s"
    return told if one["passed"] else f"{told}, more than {one['limit']:g} s"


def _job_entry(series: Series, injection: Injection, seen: JobSeen) -> dict[str, Any]:
    back = restored(series, seen.job_id, injection.injected)
    return {
        "id": seen.job_id,
        "name": seen.name,
        "restarted": seen.down,
        "restored_from": back["path"] if back else None,
        "restored_id": back["id"] if back else None,
        "last_checkpoint_before": last_completed(series, seen.job_id, injection.injected),
    }


def judge_times(
    series: Series, injection: Injection, limits: Mapping[str, float], before: Baseline, jobs: Sequence[JobSeen]
) -> list[dict[str, Any]]:
    """What was measured against its limit. A time that was to be measured and never came is not passed."""
    moment = injection.injected
    found: list[dict[str, Any]] = []

    def add(name: str, seconds: float | None, more: float = 0.0) -> None:
        limit = limits.get(name)
        if limit is None:
            return
        limit = round(limit + more, 2)
        value = None if seconds is None else round(max(0.0, seconds), 3)
        found.append(
            {
                "name": name,
                "label": LABELS[name],
                "seconds": value,
                "limit": limit,
                "stock": STOCK.get(injection.fault.name, {}).get(name),
                "passed": value is not None and value <= limit,
            }
        )

    if injection.fault.new_leader:
        at = new_leader_at(series, injection, before)
        add("leader", None if at is None else at - moment)
    ups = [None if seen.up is None else (seen.up - moment if seen.down else 0.0) for seen in jobs]
    known = [up for up in ups if up is not None]
    add("running", max(known) if known and len(known) == len(ups) else None)
    again = max((seen.again for seen in jobs if seen.again is not None), default=None)
    rows = look_at_rows(series, injection, series.settled or series.end, again)
    if rows is not None:
        add("row", rows.row, rows.usual)
        add("stalled", rows.stalled, rows.usual)
    checkpointing = [seen for seen in jobs if makes_checkpoints(series, seen.job_id)]
    if checkpointing:
        first = [completed_after(series, seen.job_id, _checkpoints_from(injection, seen))[:1] for seen in checkpointing]
        acked = [float(one["acked"]) - moment for found_one in first for one in found_one]
        add("checkpoint", max(acked) if len(acked) == len(checkpointing) else None)
    return found


def judge_checks(
    series: Series, injection: Injection, before: Baseline, jobs: Sequence[JobSeen], watch: float
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def add(name: str, label: str, answer: tuple[bool | None, str]) -> None:
        found.append({"name": name, "label": label, "passed": answer[0], "detail": answer[1]})

    add("watched", "the watch saw all of it", _watched(series, injection, watch))
    add("acted", "the fault was felt", _acted(series, injection, before, jobs))
    add("one_leader", f"exactly one leader, and the same for {watch:g} s after", _one_leader(series, injection, before))
    add("same_job", "the same jobs, under the same ids", _same_jobs(series, before))
    add("restored", "restored from the last checkpoint before the fault", _all_restored(series, injection, jobs))
    if injection.fault.restarts is False:
        add("undisturbed", "the jobs were not restarted", _undisturbed(series, injection, before, jobs))
    add("checkpoints", "two new checkpoints", _two_checkpoints(series, injection, jobs))
    add("returned", "the node came back to its place", _returned(series, injection, before))
    add("ended_stay", "jobs that had ended do not rise again", _ended_stay(series, injection, before))
    add("nothing_left", "nothing is left of the fault", _nothing_left(injection))
    add("rows", "no row lost, none doubled", _rows_check(injection))
    return found


def _watched(series: Series, injection: Injection, watch: float) -> tuple[bool | None, str]:
    begin, end = injection.injected, series.end
    settled = series.settled
    asked = {"ZooKeeper": series.of("zk"), "REST": series.of("rest")}
    gaps = [name for name, samples in asked.items() if not covered(samples, begin - 1.0, end)]
    if gaps:
        return None, f"no samples of {' and '.join(gaps)} for more than {HOLD:g} s"
    if settled is None or end < settled + watch - 1.0:
        return None, f"the watch ended before {watch:g} s had passed since recovery"
    number = sum(len(found) for found in series.kinds.values())
    return True, f"{number} samples from {begin - series_start(series):.0f} s before to {end - begin:.0f} s after"


def series_start(series: Series) -> float:
    return min((float(found[0]["t"]) for found in series.kinds.values() if found), default=0.0)


def _acted(series: Series, injection: Injection, before: Baseline, jobs: Sequence[JobSeen]) -> tuple[bool | None, str]:
    """A fault that nothing shows of was none, and proves nothing."""
    fault, moment = injection.fault, injection.injected
    victims = {str(one["host"]) for one in injection.targets}
    if fault.action == "disk_full":
        failed = [one for job in jobs for one in failed_after(series, job.job_id, moment)]
        return (True, f"{len(failed)} checkpoint(s) failed") if failed else (False, "no checkpoint failed")
    if fault.service == "jobmanager":
        now = series.after("zk", moment)
        gone = before.sessions - frozenset(now[-1]["sessions"]) if now else frozenset()
        felt = len(gone) >= len(victims)
        return felt, f"{len(gone)} of {len(before.sessions)} ZooKeeper sessions of JobManagers ended"
    if fault.service == "taskmanager":
        felt = any(job.down for job in jobs)
        return felt, "jobs were restarted" if felt else "no job was seen down, and none was restored"
    away = [sample for sample in series.after("servers", moment) if not victims <= set(sample["serving"])]
    return (True, "it was seen away") if away else (False, "all ZooKeeper servers answered all the time")


def _one_leader(series: Series, injection: Injection, before: Baseline) -> tuple[bool | None, str]:
    fault = injection.fault
    begin = new_leader_at(series, injection, before) if fault.new_leader else injection.injected
    if before.session is None:
        return None, "nobody led before the fault"
    if begin is None:
        return False, "no other JobManager led"
    samples = [sample for sample in series.of("zk") if float(sample["t"]) >= begin]
    answered = [sample for sample in samples if sample["ok"]]
    if not answered:
        return None, "ZooKeeper was not asked, or did not answer"
    # Where ZooKeeper is the victim it cannot be asked meanwhile; otherwise silence proves nothing.
    quiet = injection.quiet_from + HOLD if fault.service == "zookeeper" else begin
    if not covered(answered, max(begin, quiet), series.end, 2 * HOLD):
        return None, "ZooKeeper did not answer all the time"
    last = before.session if not fault.new_leader else str(answered[0]["session"])
    leaders = {(sample["leader"], sample["session"]) for sample in answered}
    if leaders == {(answered[-1]["leader"], last)} and answered[-1]["leader"]:
        return True, f"{answered[-1]['leader']} from {begin - injection.injected:.2f} s on"
    names = sorted({f"{name or 'nobody'} ({session or 'no session'})" for name, session in leaders})
    return False, f"{', '.join(names)} led"


def _same_jobs(series: Series, before: Baseline) -> tuple[bool | None, str]:
    samples = series.good("rest")
    if not samples or not before.jobs:
        return None, "no job was seen"
    now = alive_jobs(samples[-1])
    lost = sorted(name for job_id, name in before.jobs.items() if job_id not in now)
    if lost:
        return False, f"{', '.join(lost)} is not there any more under its id"
    return True, ", ".join(f"{name} {job_id}" for job_id, name in before.jobs.items())


def _all_restored(series: Series, injection: Injection, jobs: Sequence[JobSeen]) -> tuple[bool | None, str]:
    told: list[str] = []
    if not jobs:
        return None, "no job was seen"
    for job in jobs:
        back = restored(series, job.job_id, injection.injected)
        last = last_completed(series, job.job_id, injection.injected)
        if not makes_checkpoints(series, job.job_id):
            told.append(f"{job.name} makes no checkpoints")
        elif back is not None and last is None:
            return None, f"no checkpoint of {job.name} was seen before the fault"
        elif back is not None and last is not None and int(back["id"]) < last:
            return False, f"{job.name} was restored from {back['id']}, and {last} had completed"
        elif back is not None:
            told.append(f"{job.name} from {back['id']}, the last one before was {last}")
        elif job.down:
            return False, f"{job.name} was started with an empty state"
        else:
            told.append(f"{job.name} went on")
    return True, ", ".join(told)


def _undisturbed(
    series: Series, injection: Injection, before: Baseline, jobs: Sequence[JobSeen]
) -> tuple[bool | None, str]:
    if not jobs:
        return None, "no job was seen"
    down = [job.name for job in jobs if job.down]
    if down:
        return False, f"{', '.join(down)} was restarted{_without_quorum(series, injection, before)}"
    answered = series.good("rest")
    if not covered(answered, injection.injected, series.end, 2 * HOLD):
        return None, "REST did not answer all the time"
    return True, "all tasks were RUNNING in every sample"


def _without_quorum(series: Series, injection: Injection, before: Baseline) -> str:
    """For how long ZooKeeper did not serve: where that is a session, it is why jobs were restarted."""
    looks = [(float(one["t"]), 2 * len(one["serving"]) > len(before.servers)) for one in series.of("servers")]
    away = [at for at, quorum in looks if at > injection.injected and not quorum]
    if not away:
        return ""
    until = next((at for at, quorum in looks if quorum and at > away[-1]), away[-1])
    return f"; ZooKeeper had no quorum for {until - away[0]:.0f} s, and what outlasts a session costs it"


def _two_checkpoints(series: Series, injection: Injection, jobs: Sequence[JobSeen]) -> tuple[bool | None, str]:
    told = []
    found = [job for job in jobs if makes_checkpoints(series, job.job_id)]
    if not found:
        return None, "no job makes checkpoints"
    for job in found:
        new = completed_after(series, job.job_id, _checkpoints_from(injection, job))
        if len(new) < CHECKPOINTS:
            return False, f"{job.name} completed {len(new)} since"
        told.append(f"{job.name} {', '.join(str(one['id']) for one in new[:CHECKPOINTS])}")
    return True, "; ".join(told)


def _returned(series: Series, injection: Injection, before: Baseline) -> tuple[bool | None, str]:
    missing = not_returned(series, injection, before)
    if missing:
        return False, ", ".join(missing)
    hosts = " and ".join(sorted({str(one["host"]) for one in injection.targets}))
    leader = (series.good("zk") or [{}])[-1].get("leader")
    if injection.fault.service == "jobmanager":
        if injection.fault.new_leader and injection.fault.hits == "leader" and leader in hosts.split(" and "):
            return False, f"{hosts} leads again"
        return True, f"{leader} leads, and all others contend"
    return True, f"{hosts} serves again"


def _ended_stay(series: Series, injection: Injection, before: Baseline) -> tuple[bool | None, str]:
    listings = series.after("rest", injection.injected)
    if not listings or not before.listed:
        return None, "no list of jobs was seen"
    ended = before.listed - set(before.jobs)
    risen = sorted({name for sample in listings for job, name in alive_jobs(sample).items() if job not in before.jobs})
    if risen:
        return False, f"{', '.join(risen)} runs, and did not before"
    return True, f"{len(ended)} had ended before; no other job came up"


def _nothing_left(injection: Injection) -> tuple[bool | None, str]:
    if injection.left is None:
        return None, "the host was not asked"
    if injection.left:
        return False, ", ".join(injection.left)
    return True, "no frozen process, no limit, no rule, no record"


def _rows_check(injection: Injection) -> tuple[bool | None, str]:
    rows = injection.rows
    if rows is None:
        return None, injection.rows_reason or "the data of these jobs cannot be checked"
    wrong = {key: int(rows.get(key, 0)) for key in ("lost", "doubled", "wrong")}
    told = f"{rows['expected']} rows, {', '.join(f'{number} {key}' for key, number in wrong.items())}"
    return not any(wrong.values()) and int(rows["expected"]) > 0, told


# -- the timeline ---------------------------------------------------------------------------------------------------


def timeline(series: Series, injection: Injection) -> dict[str, Any]:
    """Everything in seconds since the fault, to be drawn."""
    moment, end = injection.injected, series.end
    start = max(series_start(series), moment - BEFORE)

    def at(when: float) -> float:
        return round(when - moment, 3)

    def steps(kind: str, value: Callable[[Sample], Any]) -> list[Span]:
        found = spans(series.of(kind), value, end)
        return [(max(begin, start), until, what) for begin, until, what in found if until > start]

    leaders = steps("zk", lambda sample: sample["leader"] if sample["ok"] else None)
    answers = steps("rest", lambda sample: bool(sample["ok"]))
    workers = steps("workers", lambda sample: len(sample["ids"]) if sample["ok"] else None)
    names = baseline(series, moment).jobs
    return {
        "from": at(start),
        "to": at(end),
        "fault": {"from": 0.0, "to": at(injection.removed) if injection.removed and injection.fault.until else 0.0},
        # While ZooKeeper is away nobody can tell who leads.
        "absent": "unknown" if injection.fault.hits == "zookeepers" else "nobody",
        "leaders": [{"from": at(a), "to": at(b), "name": name} for a, b, name in leaders if name],
        "rest": [{"from": at(a), "to": at(b), "ok": ok} for a, b, ok in answers if ok is not None],
        "jobs": {
            name: [
                {"from": at(a), "to": at(b), "state": state or UNKNOWN}
                for a, b, state in steps("rest", partial(state_in, job_id=job_id))
            ]
            for job_id, name in names.items()
        },
        "rows": rates(series, start, moment, next(iter(names.values()), "")),
        "checkpoints": [
            {"at": at(float(one["acked"] or one["triggered"])), "job": name, "id": number, "status": one["status"]}
            for job_id, name in names.items()
            for number, one in sorted(history(series, job_id).items())
            if float(one["acked"] or one["triggered"]) >= start
        ],
        "taskmanagers": [[at(begin), number] for begin, _until, number in workers if number is not None],
        "events": [
            {"at": at(float(sample["t"])), "text": sample["text"]}
            for sample in series.of("event")
            if float(sample["t"]) >= start
        ],
    }


def rates(series: Series, start: float, moment: float, name: str) -> dict[str, list[list[float]]]:
    """Rows a second, for each interval. The directory that is counted belongs to one job."""
    samples = [sample for sample in series.of("rows") if float(sample["t"]) >= start]
    if len(samples) < 2:
        return {}
    found: list[list[float]] = []
    first = samples[0]
    for sample in samples[1:]:
        length = float(sample["t"]) - float(first["t"])
        if length >= BUCKET:
            rate = (int(sample["written"]) - int(first["written"])) / length
            found.append([round(float(sample["t"]) - moment, 2), round(rate, 1)])
            first = sample
    return {name: found}


def passed(faults: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a whole drill is passed: something was proved, and nothing went wrong or was refused."""
    return any(one["status"] == "passed" for one in faults) and not any(
        one["status"] in ("failed", "aborted", "refused") for one in faults
    )
