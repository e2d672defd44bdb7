# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a whole cluster: what every node says, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from .._base.addresses import host_port
from .._base.errors import FlinkError
from .._base.times import iso, moment
from .._base.wait import Deadline
from .._cluster.client import Cluster, Leadership
from .._cluster.four_letter import four_letter
from .._cluster.ownership import any_server_listens
from .._cluster.quorum import parse_quorum
from .._cluster.rest import parallel
from .._cluster.servers import parse_srvr
from .._cluster.taskmanagers import TaskManager, parse_taskmanagers

LOOK_SECONDS = 5.0
METRIC_SECONDS = 1.0
# A watchdog says at least twice a minute what it sees.
VERDICT_SECONDS = 120.0
# States of a job that has ended or waits for manual intervention; in all others it is to make progress.
ENDED = frozenset({"FINISHED", "CANCELED", "FAILED", "SUSPENDED"})


@dataclass(frozen=True)
class Expected:
    """What the inventory promises."""

    zookeepers: Mapping[str, str] = field(default_factory=dict)
    taskmanagers: Sequence[str] = ()
    slots: int | None = None
    jobs: Sequence[str] = ()
    watchdog: bool = False


def collect(cluster: Cluster, expected: Expected) -> dict[str, Any]:
    """Ask all nodes at the same time. Unreachable nodes are in the result with the reason."""
    now = datetime.now(UTC)
    quorum = parse_quorum(cluster.settings.zookeeper.quorum)
    servers = [_zookeeper(host, port, expected.zookeepers) for host, port in quorum]
    leadership = _leadership(cluster)
    managers = _jobmanagers(cluster, leadership)
    status: dict[str, Any] = {
        "cluster_id": cluster.settings.cluster_id,
        "checked_at": iso(now.timestamp(), "seconds"),
        "version": next((one["version"] for one in managers if one["version"]), None),
        "leader": leadership.leader.as_dict() if leadership.leader else None,
        "leader_age": _age(now, leadership.leader.since) if leadership.leader else None,
        "contenders": len(leadership.contenders),
        "zookeeper": servers,
        "jobmanagers": managers,
        "slots": {"total": None, "available": None},
        "taskmanagers": [],
        "jobs": [],
    }
    unreadable: list[str] = []
    if leadership.leader is not None:
        unreadable = _ask_leader(cluster, leadership.leader.url, expected, now, status)
    status["watchdog"] = None
    if leadership.leader is not None:
        try:
            status["watchdog"] = _watchdog(cluster)
        except FlinkError as error:
            unreadable.append(f"What the watchdog has said last cannot be read: {error.message}.")
            # Whether it is silent is not known then.
            expected = replace(expected, watchdog=False)
    status["problems"] = [*_leader_problems(leadership), *unreadable, *judge(status, expected)]
    status["notes"] = spare_slots(status)
    return status


def _leadership(cluster: Cluster) -> Leadership:
    # kazoo would go on trying for a while where no server listens at all.
    if not any_server_listens(cluster.settings.zookeeper.quorum):
        away = FlinkError(f"ZooKeeper at {cluster.settings.zookeeper.quorum} accepts no connection: is it running?")
        return Leadership(None, (), away)
    try:
        return cluster.leadership(Deadline(LOOK_SECONDS))
    except FlinkError as error:
        return Leadership(None, (), error)


def _watchdog(cluster: Cluster) -> dict[str, Any] | None:
    """What the watchdog has said last; None where none has ever run."""
    found = cluster.records.read("watchdog", "status", Deadline(LOOK_SECONDS))
    return None if found is None else found.content


def _zookeeper(host: str, port: int, names: Mapping[str, str]) -> dict[str, Any]:
    address = host_port(host, port)
    entry: dict[str, Any] = {"name": names.get(address, address), "address": address}
    try:
        answer = four_letter(host, port, "srvr", Deadline(LOOK_SECONDS))
    except FlinkError as error:
        reason = str(error.details.get("reason", error))
        return entry | {"mode": None, "version": None, "latency": None, "error": reason}
    told = parse_srvr(answer)
    latency = None if told["latency_avg"] is None else str(told["latency_avg"])
    trouble = None if told["mode"] else " ".join(answer.split())[:200]
    return entry | {"mode": told["mode"], "version": told["version"], "latency": latency, "error": trouble}


def _jobmanagers(cluster: Cluster, leadership: Leadership) -> list[dict[str, Any]]:
    def ask(url: str) -> Callable[[], Any]:
        return lambda: cluster.rest.at(url).get("/config", timeout=LOOK_SECONDS)

    answers = parallel([ask(one.url) for one in cluster.jobmanagers])
    found = []
    for one, answer in zip(cluster.jobmanagers, answers, strict=True):
        entry: dict[str, Any] = {"name": one.name, "url": one.url, "role": "standby", "version": None, "says": ""}
        if isinstance(answer, FlinkError):
            entry |= {"role": "unreachable", "says": str(answer)}
        else:
            entry["version"] = answer.get("flink-version") if isinstance(answer, dict) else None
            if leadership.leader is not None and leadership.leader.name == one.name:
                entry["role"] = "leader"
                entry["says"] = f"session {leadership.leader.zookeeper_session}"
        found.append(entry)
    return found


def _ask_leader(cluster: Cluster, url: str, expected: Expected, now: datetime, status: dict[str, Any]) -> list[str]:
    """Fill in what only the leader knows; returns what it did not answer."""
    leader = cluster.rest.at(url)
    overview, workers, jobs = parallel(
        [
            lambda: leader.get("/overview", timeout=LOOK_SECONDS),
            lambda: parse_taskmanagers(leader.get("/taskmanagers", timeout=LOOK_SECONDS)),
            lambda: leader.get("/jobs/overview", timeout=LOOK_SECONDS),
        ]
    )
    problems = [str(answer) for answer in (overview, workers, jobs) if isinstance(answer, FlinkError)]
    if isinstance(overview, dict):
        status["slots"] = {"total": overview.get("slots-total"), "available": overview.get("slots-available")}
    if isinstance(workers, list):
        status["taskmanagers"] = taskmanagers(workers, expected.taskmanagers, now)
    if isinstance(jobs, dict):
        listed = sorted(jobs.get("jobs") or [], key=lambda job: (job["name"], -job["start-time"]))
        details = parallel([_job_call(leader, job) for job in listed])
        status["jobs"] = [
            job_entry(job, {} if isinstance(detail, FlinkError) else detail, now)
            for job, detail in zip(listed, details, strict=True)
        ]
    return problems


def _job_call(leader: Any, job: Mapping[str, Any]) -> Callable[[], dict[str, Any]]:
    def ask() -> dict[str, Any]:
        if job["state"] in ENDED:
            return {}
        checkpoints = leader.get(f"/jobs/{job['jid']}/checkpoints", timeout=LOOK_SECONDS)
        return {"checkpoints": checkpoints, "metrics": _metrics(leader, job["jid"])}

    return ask


def _metrics(leader: Any, job_id: str) -> Any:
    """A JobManager collects metrics when it is asked, so the first answer after a while is empty."""
    deadline = Deadline(METRIC_SECONDS)
    while True:
        found = leader.get(f"/jobs/{job_id}/metrics", params={"get": "numRestarts"}, timeout=LOOK_SECONDS)
        if found or deadline.expired:
            return found
        deadline.pause(0.1)


def taskmanagers(workers: Sequence[TaskManager], expected: Sequence[str], now: datetime) -> list[dict[str, Any]]:
    """Those that are registered, and those of the inventory that are not."""
    entries = {
        one.id: {
            "name": one.id,
            "registered": True,
            "address": one.address,
            "slots": one.slots,
            "free": one.free,
            "heartbeat_age": one.heartbeat_age(now.timestamp()),
        }
        for one in workers
    }
    for name in expected:
        entries.setdefault(
            name, {"name": name, "registered": False, "address": "", "slots": 0, "free": 0, "heartbeat_age": None}
        )
    return [entries[name] for name in sorted(entries)]


def job_entry(job: Mapping[str, Any], detail: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """One line about a job, from the overview and the further requests."""
    tasks = job.get("tasks") or {}
    latest = ((detail.get("checkpoints") or {}).get("latest") or {}).get("completed")
    restarts = next((one["value"] for one in detail.get("metrics") or [] if one.get("id") == "numRestarts"), None)
    return {
        "name": job["name"],
        "id": job["jid"],
        "state": job["state"],
        "tasks_running": tasks.get("running", 0),
        "tasks_total": tasks.get("total", 0),
        "restarts": int(restarts) if restarts is not None and str(restarts).isdigit() else None,
        "started": job.get("start-time", 0) / 1000,
        "duration": job.get("duration", 0) / 1000,
        "checkpoint": latest
        and {
            "id": latest["id"],
            "age": max(0.0, now.timestamp() - latest["latest_ack_timestamp"] / 1000),
            "size": latest["state_size"],
            "path": latest.get("external_path"),
        },
    }


def _leader_problems(leadership: Leadership) -> list[str]:
    if leadership.error is not None:
        return [str(leadership.error)]
    leader = leadership.leader
    if leader is None or any(one.leading for one in leadership.contenders):
        return []
    problem = (
        f"JobManager {leader.name or leader.url} leads and has no latch in ZooKeeper, so that a second leader"
        " may be elected: its guardian ends it within seconds; without guardians, restart it now."
    )
    return [problem]


def judge(status: Mapping[str, Any], expected: Expected) -> list[str]:
    """What is wrong, one sentence each."""
    problems = [
        f"ZooKeeper {server['name']} ({server['address']}) does not serve: {server['error']}."
        for server in status["zookeeper"]
        if not server["mode"]
    ]
    problems += [
        f"JobManager {one['name']} does not answer: {one['says']}."
        for one in status["jobmanagers"]
        if one["role"] == "unreachable"
    ]
    reachable = sum(one["role"] != "unreachable" for one in status["jobmanagers"])
    if status["leader"] is not None and status["contenders"] < reachable:
        problems.append(
            f"Only {status['contenders']} of {reachable} JobManagers contend for leadership: the others could not"
            " take over."
        )
    if status["leader"] is None:
        return problems
    missing = [one["name"] for one in status["taskmanagers"] if not one["registered"]]
    if missing:
        problems.append(f"Not registered: TaskManager {', '.join(missing)}.")
    total = status["slots"]["total"]
    if expected.slots is not None and total is not None and total < expected.slots:
        problems.append(f"{total} of {expected.slots} slots are registered.")
    return problems + _job_problems(status["jobs"], expected) + _verdict_problems(status, expected)


def spare_slots(status: Mapping[str, Any]) -> list[str]:
    """What would find no place when one TaskManager is lost: nothing is wrong yet, and the next failure would last."""
    workers = [one for one in status["taskmanagers"] if one["registered"]]
    free = sum(one["free"] for one in workers)
    # Of each: slots in use, and slots that the others have free.
    short = [(one["slots"] - one["free"] - (free - one["free"]), str(one["name"])) for one in workers]
    missing, name = max(short, default=(0, ""))
    note = (
        f"There are no spare slots: should TaskManager {name} be lost, {missing} slot(s) would be missing and jobs"
        " would stand still until it is back. Add a TaskManager, or lower the parallelism of a job."
    )
    return [note] if missing > 0 else []


def _verdict_problems(status: Mapping[str, Any], expected: Expected) -> list[str]:
    """Jobs whose every task runs, and that the watchdog calls ill. What it said long ago says nothing about now."""
    told = status.get("watchdog") or {}
    last = _age(moment(str(status["checked_at"])), str(told.get("at"))) if told else None
    patience = max(VERDICT_SECONDS, 3 * float(told.get("interval") or 0))
    if last is None or last > patience:
        # A cluster whose leader is new may not have been looked at yet.
        if not expected.watchdog or (status["leader_age"] or 0) <= patience:
            return []
        since = "yet" if last is None else f"for {last / 60:.0f} min"
        return [
            (
                f"No watchdog has been heard of {since}: jobs that hang are neither found nor restarted. Look at the"
                " guardians' logs."
            )
        ]
    running = {one["id"] for one in status["jobs"] if one["state"] == "RUNNING"}
    ill = [one for one in told.get("jobs") or [] if one.get("bad") and one.get("job_id") in running]
    return [
        f"Job {one['name']} is RUNNING, and the watchdog calls it {one['verdict']}: {one['reason']}." for one in ill
    ]


def _job_problems(jobs: Sequence[Mapping[str, Any]], expected: Expected) -> list[str]:
    problems = []
    alive: dict[str, list[Mapping[str, Any]]] = {}
    for job in jobs:
        if job["state"] not in ENDED:
            alive.setdefault(str(job["name"]), []).append(job)
    for name in expected.jobs:
        found = alive.get(name, [])
        if not found:
            problems.append(f"Job {name} is declared as running and does not run.")
        elif len(found) > 1:
            problems.append(f"Job {name} runs {len(found)} times: {', '.join(str(one['id']) for one in found)}.")
    for job in jobs:
        if job["state"] in ENDED:
            continue
        if job["state"] != "RUNNING":
            problems.append(f"Job {job['name']} is {job['state']}.")
        elif job["tasks_running"] < job["tasks_total"]:
            problems.append(f"Job {job['name']} has {job['tasks_running']} of {job['tasks_total']} tasks running.")
    return problems


def _age(now: datetime | None, since: str) -> float | None:
    then = moment(since)
    return None if now is None or then is None else max(0.0, (now - then).total_seconds())
