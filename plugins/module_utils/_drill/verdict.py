# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
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

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._base.times import iso_or_none
from .faults import Fault
from .recovery import (
    CHECKPOINTS,
    Baseline,
    Injection,
    JobSeen,
    baseline,
    checkpoints_from,
    lacking,
    look_at_job,
    new_leader_at,
    not_returned,
)
from .rows import look_at_rows
from .samples import (
    HOLD,
    Sample,
    Series,
    alive_jobs,
    completed_after,
    covered,
    failed_after,
    last_completed,
    makes_checkpoints,
    restored,
    series_start,
)
from .timeline import timeline

LABELS = {
    "leader": "to the new leader",
    "running": "to all tasks RUNNING again",
    "row": "to the first row written afterwards",
    "checkpoint": "to the first new checkpoint",
    "stalled": "longest time without a row",
}


# -- the verdict ----------------------------------------------------------------------------------------------------


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

    :arg status: skipped, when this cluster can never do it; refused, when it is not fit for it now, or was requested
        it by name; aborted, when the drill itself broke off. No drill is passed with the last two.
    """
    return {
        **head(fault, (), ""),
        "status": status,
        "reason": reason,
        "began": iso_or_none(began),
        "injected": None,
        "removed": None,
        "ended": iso_or_none(ended),
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
        "began": iso_or_none(injection.began),
        "injected": iso_or_none(injection.injected),
        "clock_uncertainty": injection.uncertainty,
        "removed": iso_or_none(injection.removed),
        "ended": iso_or_none(injection.ended or series.end),
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
    text = f"{one['seconds']:.2f} s"
    return text if one["passed"] else f"{text}, more than {one['limit']:g} s"


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
        first = [completed_after(series, seen.job_id, checkpoints_from(injection, seen))[:1] for seen in checkpointing]
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
        return None, "there was no leader before the fault"
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
    names = sorted({f"{name or 'no leader'} ({session or 'no session'})" for name, session in leaders})
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
    parts: list[str] = []
    if not jobs:
        return None, "no job was seen"
    for job in jobs:
        back = restored(series, job.job_id, injection.injected)
        last = last_completed(series, job.job_id, injection.injected)
        if not makes_checkpoints(series, job.job_id):
            parts.append(f"{job.name} makes no checkpoints")
        elif back is not None and last is None:
            return None, f"no checkpoint of {job.name} was seen before the fault"
        elif back is not None and last is not None and int(back["id"]) < last:
            return False, f"{job.name} was restored from {back['id']}, and {last} had completed"
        elif back is not None:
            parts.append(f"{job.name} from {back['id']}, the last one before was {last}")
        elif job.down:
            return False, f"{job.name} was started with an empty state"
        else:
            parts.append(f"{job.name} went on")
    return True, ", ".join(parts)


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
    parts = []
    found = [job for job in jobs if makes_checkpoints(series, job.job_id)]
    if not found:
        return None, "no job makes checkpoints"
    for job in found:
        new = completed_after(series, job.job_id, checkpoints_from(injection, job))
        if len(new) < CHECKPOINTS:
            return False, f"{job.name} completed {len(new)} since"
        parts.append(f"{job.name} {', '.join(str(one['id']) for one in new[:CHECKPOINTS])}")
    return True, "; ".join(parts)


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
    text = f"{rows['expected']} rows, {', '.join(f'{number} {key}' for key, number in wrong.items())}"
    return not any(wrong.values()) and int(rows["expected"]) > 0, text


def passed(faults: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a whole drill is passed: something was proved, and nothing went wrong or was refused."""
    return any(one["status"] == "passed" for one in faults) and not any(
        one["status"] in ("failed", "aborted", "refused") for one in faults
    )
