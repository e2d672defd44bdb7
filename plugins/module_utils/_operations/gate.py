# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate between two steps of a change: it stays closed until the cluster is healthy and its jobs make progress."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from .._base.errors import FlinkError, NotYet
from .._base.wait import Deadline, parallel, wait_for
from .._cluster.client import Cluster
from .._cluster.four_letter import NOT_SERVING
from .._config.inventory import Node, expected, with_daemon, zookeeper_address
from .._jobs import checkpoints as _checkpoints
from .._jobs import savepoints as _savepoints
from .status import ENDED, Expected, collect, judge

INTERVAL = 0.5


@dataclass(frozen=True)
class Demand:
    """What the gate requires.

    excused are the nodes that need not be there; jobs are the ids of the jobs that must go on. Without check_jobs,
    nothing is asked of jobs. behind are the nodes whose ZooKeeper server is still to be restarted.
    """

    nodes: Sequence[Node]
    excused: Collection[str] = ()
    behind: Collection[str] = ()
    jobs: Collection[str] = ()
    checkpoint: bool = True
    check_jobs: bool = True

    @property
    def expected(self) -> Expected:
        return _promised([node for node in self.nodes if node["name"] not in self.excused])

    @property
    def all_nodes(self) -> Expected:
        """Who is excused has a name all the same: it may lead."""
        return _promised(self.nodes)


def _promised(nodes: Sequence[Node]) -> Expected:
    wanted = expected(nodes, ())
    return Expected(wanted["zookeepers"], wanted["taskmanagers"], wanted["slots"])


def absent(status: Mapping[str, Any], nodes: Sequence[Node]) -> list[str]:
    """The names of the nodes of which a daemon does not serve."""
    servers = {one["address"] for one in status["zookeeper"] if one["mode"]}
    managers = {one["name"] for one in status["jobmanagers"] if one["role"] != "unreachable"}
    workers = {one["name"] for one in status["taskmanagers"] if one["registered"]}
    found = [node["name"] for node in with_daemon(nodes, "zookeeper") if zookeeper_address(node) not in servers]
    found += [node["name"] for node in with_daemon(nodes, "jobmanager") if node["name"] not in managers]
    if status["leader"] is not None:
        found += [node["name"] for node in with_daemon(nodes, "taskmanager") if node["resource_id"] not in workers]
    return list(dict.fromkeys(found))


def _servers(nodes: Sequence[Node], names: Collection[str]) -> set[str]:
    """The addresses of the ZooKeeper servers on these nodes."""
    return {zookeeper_address(node) for node in with_daemon(nodes, "zookeeper") if node["name"] in names}


def outvoted(status: Mapping[str, Any], demand: Demand) -> set[str]:
    """Servers that run and cannot serve before their restart: the others have a quorum that they do not know of yet.

    So it is when two servers become three: the first that is restarted forms the new quorum with the one that has
    joined, and the last one, which knows of two servers only, is left alone. To restart it loses nothing. When another
    one is in line as well, it might, and none is exempt.
    """
    serving = [one for one in status["zookeeper"] if one["mode"]]
    alone = {one["address"] for one in status["zookeeper"] if not one["mode"] and NOT_SERVING in str(one["error"])}
    in_line = _servers(demand.nodes, demand.behind)
    return alone if alone and alone == in_line and 2 * len(serving) > len(status["zookeeper"]) else set()


def problems(status: Mapping[str, Any], demand: Demand) -> list[str]:
    """Why the gate stays closed, one sentence each."""
    addresses = _servers(demand.nodes, demand.excused) | outvoted(status, demand)
    workers = {str(node["resource_id"]) for node in demand.nodes if node["name"] in demand.excused}
    judged = {
        **status,
        "zookeeper": [one for one in status["zookeeper"] if one["address"] not in addresses],
        "jobmanagers": [one for one in status["jobmanagers"] if one["name"] not in demand.excused],
        "taskmanagers": [one for one in status["taskmanagers"] if one["name"] not in workers],
        "jobs": status["jobs"] if demand.check_jobs else [],
    }
    found = judge(judged, demand.expected)
    if status["leader"] is None:
        return [*found, "No JobManager leads."]
    if not demand.check_jobs:
        return found
    alive = {job["id"] for job in status["jobs"] if job["state"] not in ENDED}
    return found + [f"Job {job_id} has not been recovered." for job_id in sorted(set(demand.jobs) - alive)]


def ended(status: Mapping[str, Any], jobs: Collection[str]) -> str:
    """Why waiting is useless: a job that had to go on has failed."""
    for job in status["jobs"]:
        if job["id"] in jobs and job["state"] == "FAILED":
            return f"the job {job['name']} ({job['id']}) has failed"
    return ""


def look(cluster: Cluster, demand: Demand) -> dict[str, Any]:
    """The status of the cluster when all is well; NotYet with what is not."""
    status = collect(cluster, demand.all_nodes)
    failed = ended(status, demand.jobs) if demand.check_jobs else ""
    if failed:
        raise FlinkError(f"the cluster {cluster.settings.cluster_id} did not become healthy again: {failed}")
    found = problems(status, demand)
    if found:
        raise NotYet(" ".join(found).rstrip("."), absent=absent(status, demand.nodes))
    return status


def check_jobs(cluster: Cluster, jobs: Sequence[Mapping[str, Any]], deadline: Deadline) -> list[dict[str, Any]]:
    """Let every job complete a checkpoint: only this proves that each of its tasks works."""
    answers = parallel([partial(_check_job, cluster, job, deadline) for job in jobs])
    for answer in answers:
        if isinstance(answer, FlinkError):
            raise answer
    return [answer for answer in answers if isinstance(answer, dict)]


def _check_job(cluster: Cluster, job: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
    entry: dict[str, Any] = {"job_id": job["id"], "name": job["name"], "checkpoint_id": None}
    seen = _checkpoints.checkpoints(cluster, job["id"])
    if seen is None or not seen.enabled:
        return entry

    def probe() -> int:
        try:
            return _savepoints.await_checkpoint(cluster, job["id"], job["name"], deadline)
        except _savepoints.SavepointFailed as error:
            # What has just been restarted may spoil one checkpoint; the next one shows whether it is for good.
            raise NotYet(error.message) from error

    what = f"a completed checkpoint of {job['name']} ({job['id']})"
    return entry | {"checkpoint_id": wait_for(probe, deadline, what, INTERVAL, cluster.progress)}


def pass_gate(cluster: Cluster, demand: Demand, deadline: Deadline) -> dict[str, Any]:
    """Wait until the cluster is whole and every job has completed a checkpoint since."""
    what = f"the recovery of the cluster {cluster.settings.cluster_id}"
    status = wait_for(partial(look, cluster, demand), deadline, what, INTERVAL, cluster.progress)
    running = [job for job in status["jobs"] if job["state"] not in ENDED]
    jobs = [{"job_id": job["id"], "name": job["name"], "checkpoint_id": None} for job in running]
    if demand.checkpoint and demand.check_jobs and running:
        jobs = check_jobs(cluster, running, deadline)
        # A checkpoint takes its time: whatever happened meanwhile counts too.
        status = wait_for(partial(look, cluster, demand), deadline, what, INTERVAL, cluster.progress)
    return {
        "leader": status["leader"],
        "zookeeper_leader": next((one["name"] for one in status["zookeeper"] if one["mode"] == "leader"), None),
        "absent": absent(status, demand.nodes),
        "slots_total": status["slots"]["total"],
        "slots_available": status["slots"]["available"],
        "jobs": jobs,
        "seconds": round(deadline.elapsed(), 1),
    }
