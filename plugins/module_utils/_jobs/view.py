# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as the leader and the HA store show them, and how they are cancelled.

A leader that has just been elected may not list a job that it is about to recover, and forgets the jobs that have
ended. So nothing is gone before the HA store says so too.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._base.errors import FlinkError, NotYet, RestError
from .._base.wait import Deadline, wait_for
from .._cluster.client import Cluster

TERMINAL = frozenset({"FAILED", "CANCELED", "FINISHED"})
# Where Flink keeps the jobs that the next leader will recover: 1.x, 2.x, 2.3 in application mode.
PLAN_NODES = ("jobgraphs", "execution-plans", "applications")
# Of these the nodes are job ids; an application may hold several jobs.
JOB_NODES = PLAN_NODES[:2]
CHECKPOINT_NODES = "jobs"
POLL = 0.25

_JOB_ID = re.compile(r"^[0-9a-f]{32}$")


def new_id() -> str:
    """A job id or a trigger id that is unique."""
    return uuid.uuid4().hex


def is_job_id(text: str) -> bool:
    return _JOB_ID.match(text) is not None


@dataclass(frozen=True)
class Vertex:
    id: str
    name: str
    parallelism: int
    max_parallelism: int
    status: str
    tasks: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "parallelism": self.parallelism,
            "max_parallelism": self.max_parallelism,
            "status": self.status,
            "tasks": dict(self.tasks),
        }


@dataclass(frozen=True)
class JobView:
    """A job as the leader shows it. vertices are in the details only, which Flink takes from a cache of 3 s."""

    job_id: str
    name: str
    state: str
    start_time: int = 0
    end_time: int = -1
    tasks: Mapping[str, int] = field(default_factory=dict)
    vertices: tuple[Vertex, ...] = ()

    @property
    def terminal(self) -> bool:
        return self.state in TERMINAL

    @property
    def alive(self) -> bool:
        return not self.terminal

    @property
    def total(self) -> int:
        return self.tasks.get("total", 0)

    @property
    def working(self) -> int:
        """Tasks that run. A finished task of a job that still runs has done its part."""
        return self.tasks.get("running", 0) + self.tasks.get("finished", 0)

    @property
    def all_running(self) -> bool:
        return self.state == "RUNNING" and 0 < self.total == self.working

    @property
    def seen(self) -> str:
        return f"{self.state}, {self.working} of {self.total} tasks running" if self.total else self.state


def parse_job(document: Any) -> JobView:
    """The answer of GET /jobs/:id."""
    try:
        vertices = tuple(_vertex(one) for one in document.get("vertices") or ())
        return JobView(
            job_id=str(document["jid"]),
            name=str(document.get("name", "")),
            state=str(document["state"]),
            start_time=int(document.get("start-time", 0)),
            end_time=int(document.get("end-time", -1)),
            tasks=_all_tasks(vertices),
            vertices=vertices,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise strange("about a job", error) from error


def strange(what: str, error: Exception) -> RestError:
    return RestError(f"the answer {what} lacks what every Flink returns ({type(error).__name__} {error})")


def _vertex(document: Mapping[str, Any]) -> Vertex:
    return Vertex(
        id=str(document["id"]),
        name=str(document.get("name", "")),
        parallelism=int(document.get("parallelism", 0)),
        max_parallelism=int(document.get("maxParallelism", 0)),
        status=str(document.get("status", "")),
        tasks=_tasks(document.get("tasks")),
    )


def _tasks(document: Any) -> dict[str, int]:
    return {str(key).lower(): int(value) for key, value in (document or {}).items() if value}


def _all_tasks(vertices: Sequence[Vertex]) -> dict[str, int]:
    found = {"total": sum(vertex.parallelism for vertex in vertices)}
    for vertex in vertices:
        for state, number in vertex.tasks.items():
            found[state] = found.get(state, 0) + number
    return found


def parse_listing(document: Any) -> list[JobView]:
    """The answer of GET /jobs/overview."""
    try:
        return [
            JobView(
                job_id=str(one["jid"]),
                name=str(one.get("name", "")),
                state=str(one["state"]),
                start_time=int(one.get("start-time", 0)),
                end_time=int(one.get("end-time", -1)),
                tasks=_tasks(one.get("tasks")),
            )
            for one in document["jobs"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise strange("with the list of jobs", error) from error


def listing(cluster: Cluster) -> list[JobView]:
    """All jobs that the leader knows, as they are this very moment."""
    return parse_listing(cluster.rest.get("/jobs/overview"))


def details(cluster: Cluster, job_id: str) -> JobView | None:
    """A job with its vertices; None when the leader does not know it."""
    try:
        return parse_job(cluster.rest.get(f"/jobs/{job_id}"))
    except RestError as error:
        if unknown_job(error):
            return None
        raise


def unknown_job(error: RestError) -> bool:
    """Flink itself said that it has no such job; not a proxy, not a wrong address."""
    return error.status == 404 and any("not found" in text or "JobNotFound" in text for text in error.errors)


def in_store(cluster: Cluster, job_id: str) -> bool:
    """Whether the next leader would recover this job."""
    paths = [cluster.path(kind, job_id) for kind in PLAN_NODES]
    return any(node is not None for node in cluster.zk.get_many(paths))


def left_in_store(cluster: Cluster, job_id: str) -> list[str]:
    """The nodes of a job that have not been cleaned up."""
    paths = [cluster.path(kind, job_id) for kind in (*PLAN_NODES, CHECKPOINT_NODES)]
    return [node.path for node in cluster.zk.get_many(paths) if node is not None]


def look(cluster: Cluster, job_id: str) -> JobView | None:
    """The job, or None when neither the leader nor the HA store has it. Waits for one that is being recovered."""

    def probe() -> JobView | None:
        found = next((one for one in listing(cluster) if one.job_id == job_id), None)
        # The list lacks a job that is about to be recovered, and one that does not answer at this moment.
        if found is None and in_store(cluster, job_id):
            raise NotYet("the HA store has it, the leading JobManager does not list it")
        return found

    try:
        return probe()
    except NotYet:
        # How long a failover may take is requested only when there is one.
        limit = Deadline(cluster.failover_timeout())
    return wait_for(probe, limit, f"the recovery of the job {job_id}", interval=POLL, progress=cluster.progress)


def everything(cluster: Cluster) -> list[JobView]:
    """All jobs. Waits until the leader lists each job that the HA store has, for after an election it may not yet."""

    def probe() -> list[JobView]:
        found = listing(cluster)
        names = cluster.zk.read([], [cluster.path(kind) for kind in JOB_NODES])[1]
        missing = {name for listed in names for name in listed} - {one.job_id for one in found}
        if missing:
            raise NotYet(f"the leading JobManager does not list {' and '.join(sorted(missing))}")
        return found

    try:
        return probe()
    except NotYet:
        limit = Deadline(cluster.failover_timeout())
    return wait_for(probe, limit, "the recovery of all jobs", interval=POLL, progress=cluster.progress)


def cancel(cluster: Cluster, job_id: str) -> None:
    """Ask for the end of a job. Asking twice does no harm."""
    try:
        cluster.rest.patch(f"/jobs/{job_id}", params={"mode": "cancel"}, idempotent=True)
    except RestError as error:
        if not unknown_job(error) and error.status != 409:
            raise


def await_gone(cluster: Cluster, job_id: str, name: str, deadline: Deadline) -> JobView | None:
    """Wait until a job has ended for good and the HA store has forgotten it.

    A job whose nodes are still there would be recovered by the next leader, in addition to the one that replaces it.
    """
    last: JobView | None = None

    def probe() -> None:
        nonlocal last
        seen = look(cluster, job_id)
        last = seen or last
        if seen is not None and not seen.terminal:
            raise NotYet(f"it is {seen.seen}")
        left = left_in_store(cluster, job_id)
        if left:
            raise NotYet(f"it has ended, but the HA store still has {' and '.join(left)}")

    wait_for(probe, deadline, f"the end of the job {name} ({job_id})", interval=POLL, progress=cluster.progress)
    return last


def flink_version(cluster: Cluster) -> str:
    answer = cluster.rest.get("/config")
    version = answer.get("flink-version") if isinstance(answer, Mapping) else None
    if not isinstance(version, str):
        raise FlinkError("the leading JobManager does not say which Flink it is: is that the REST port of Flink?")
    return version
