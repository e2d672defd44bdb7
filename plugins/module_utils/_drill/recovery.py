# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a cluster counts as recovered from a fault."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .faults import Fault
from .samples import (
    HOLD,
    UNKNOWN,
    Series,
    alive_jobs,
    completed_after,
    failed_after,
    makes_checkpoints,
    restored,
    state_in,
)

# Flink's own name of a TaskManager ends with six digits that it has drawn.
DRAWN = re.compile(r"-[0-9a-f]{6}$")


CHECKPOINTS = 2


@dataclass(frozen=True)
class Injection:
    """What was done to which daemon, and when, in seconds of the controller's clock.

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


@dataclass(frozen=True)
class JobSeen:
    """How a job fared after the fault. up is None as long as it is down, or was never seen up again.

    What it has written before the moment again is rolled back; None when it was not restarted, or it is unknown when.
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
    """When a JobManager led that was not hit: with another session than the leader, or any other, had before.

    One without a latch is not a valid leader, and another one will be elected while it leads.
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
            number = len(completed_after(series, job_id, checkpoints_from(injection, seen)))
            wanted = 1 if while_it_lasts else CHECKPOINTS
            if number < wanted:
                found.append(f"{number} of {wanted} new checkpoints of {name}")
    return found if while_it_lasts else found + not_returned(series, injection, before)


def checkpoints_from(injection: Injection, seen: JobSeen) -> float:
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
        # Where Flink generates the names, a daemon that comes back has another one. A name of the inventory stands for
        # its host.
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
