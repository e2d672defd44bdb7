# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no interface for others, may change at any time.
"""Jobs as the leader and the HA store show them, and how they are cancelled.

A leader that has just been elected may not list a job that it is about to recover, and forgets the jobs that have
ended. So nothing is gone before the HA store says so too.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._base.errors import FlinkError, NotYet, RestError
from .._base.wait import Deadline, wait_for
from .._cluster.client import Cluster
from .._cluster.leader import iso_utc
from .._cluster.rest import root_cause

TERMINAL = frozenset({"FAILED", "CANCELED", "FINISHED"})
# Where Flink keeps the jobs that the next leader will recover: 1.x, 2.x, 2.3 in application mode.
PLAN_NODES = ("jobgraphs", "execution-plans", "applications")
# Of these the nodes are job ids; an application may hold several jobs.
JOB_NODES = PLAN_NODES[:2]
CHECKPOINT_NODES = "jobs"
POLL = 0.25

_JOB_ID = re.compile(r"^[0-9a-f]{32}$")


def new_id() -> str:
    """A job id or a trigger id that nobody else has."""
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
        raise _strange("about a job", error) from error


def _strange(what: str, error: Exception) -> RestError:
    return RestError(f"the answer {what} lacks what every Flink says ({type(error).__name__} {error})")


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
        raise _strange("with the list of jobs", error) from error


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
        # How long a failover may take is asked for only when there is one.
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

    A job whose nodes are still there would be recovered by the next leader, beside the one that replaces it.
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


# -- why a job failed ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Failure:
    """What Flink says about a job's failures: the newest first."""

    cause: str = ""
    causes: tuple[str, ...] = ()
    at: int = 0
    task: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {"cause": self.cause, "at": iso_utc(self.at) if self.at else "", "task": self.task}


def parse_failures(document: Any) -> Failure:
    """The answer of GET /jobs/:id/exceptions. 1.x names a root exception, 2.x has the history only."""
    if not isinstance(document, Mapping):
        return Failure()
    history = document.get("exceptionHistory")
    entries = history.get("entries") if isinstance(history, Mapping) else None
    found = [one for one in entries or () if isinstance(one, Mapping)]
    causes = tuple(cause for one in found if (cause := _cause(one.get("stacktrace"), one.get("exceptionName"))))
    first: Mapping[str, Any] = found[0] if found else {}
    root = _cause(document.get("root-exception"), "")
    at = document.get("timestamp") if root else first.get("timestamp")
    return Failure(
        cause=root or (causes[0] if causes else ""),
        causes=causes or ((root,) if root else ()),
        at=at if isinstance(at, int) and at > 0 else 0,
        task=str(first.get("taskName") or ""),
    )


def _cause(stack: object, name: object) -> str:
    if isinstance(stack, str) and stack.strip():
        return root_cause([stack])
    return str(name) if name else ""


def failures(cluster: Cluster, job_id: str) -> Failure:
    """Why a job fails; empty when nobody knows."""
    try:
        answer = cluster.rest.get(f"/jobs/{job_id}/exceptions", params={"maxExceptions": "10"})
    except RestError as error:
        if unknown_job(error):
            return Failure()
        raise
    return parse_failures(answer)


def parse_result(document: Any) -> str:
    """The cause in the answer of GET /jobs/:id/execution-result; empty for a job that goes on or did not fail."""
    result = document.get("job-execution-result") if isinstance(document, Mapping) else None
    cause = result.get("failure-cause") if isinstance(result, Mapping) else None
    return _cause(cause.get("stack-trace"), cause.get("class")) if isinstance(cause, Mapping) else ""


def why_failed(cluster: Cluster, job_id: str) -> str:
    """Why a job has failed for good. One that did not even get tasks has no history of failures, only a result."""
    cause = failures(cluster, job_id).cause
    if cause:
        return cause
    try:
        return parse_result(cluster.rest.get(f"/jobs/{job_id}/execution-result"))
    except RestError as error:
        if error.status == 404:
            return ""
        raise


# -- checkpoints -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Completed:
    """A completed checkpoint or savepoint."""

    id: int
    path: str
    is_savepoint: bool
    triggered: int
    size: int = 0
    duration: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "path": self.path,
            "is_savepoint": self.is_savepoint,
            "triggered_at": iso_utc(self.triggered) if self.triggered > 0 else "",
            "size": self.size,
            "duration_ms": self.duration,
        }


@dataclass(frozen=True)
class Checkpoints:
    """What a job says about its checkpoints. enabled is False when it makes none."""

    enabled: bool = True
    counts: Mapping[str, int] = field(default_factory=dict)
    completed: Completed | None = None
    savepoint: Completed | None = None
    restored: Completed | None = None
    failed_id: int | None = None
    failed_reason: str = ""
    acknowledged: str = ""

    @property
    def newest(self) -> Completed | None:
        """The newest state: a savepoint of a stopped job is newer than its checkpoints."""
        found = [one for one in (self.completed, self.savepoint) if one is not None and one.path]
        return max(found, key=lambda one: one.id, default=None)

    def as_dict(self) -> dict[str, Any]:
        return {
            "enabled": self.enabled,
            "counts": dict(self.counts),
            "latest": self.completed.as_dict() if self.completed else None,
            "latest_savepoint": self.savepoint.as_dict() if self.savepoint else None,
            "latest_failure": {"id": self.failed_id, "reason": self.failed_reason} if self.failed_id else None,
        }


def parse_checkpoints(document: Any) -> Checkpoints:
    """The answer of GET /jobs/:id/checkpoints."""
    try:
        latest = document.get("latest") or {}
        failed = latest.get("failed") or {}
        return Checkpoints(
            counts={str(key): int(value) for key, value in (document.get("counts") or {}).items()},
            completed=_completed(latest.get("completed")),
            savepoint=_completed(latest.get("savepoint")),
            restored=_completed(latest.get("restored"), "restore_timestamp"),
            failed_id=failed.get("id"),
            failed_reason=" ".join(str(failed.get("failure_message") or "").split())[:500],
            acknowledged=_acknowledged(document.get("history") or ()),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _strange("about checkpoints", error) from error


def _completed(document: Any, time_key: str = "trigger_timestamp") -> Completed | None:
    if not document:
        return None
    return Completed(
        id=int(document["id"]),
        path=_external(document.get("external_path")),
        is_savepoint=bool(document.get("is_savepoint")),
        triggered=int(document.get(time_key) or 0),
        size=int(document.get("state_size") or 0),
        duration=int(document.get("end_to_end_duration") or 0),
    )


def _external(path: object) -> str:
    """Flink writes <checkpoint-not-externally-addressable> where there is none."""
    return path if isinstance(path, str) and not path.startswith("<") else ""


def _acknowledged(history: Sequence[Any]) -> str:
    for one in history:
        if isinstance(one, Mapping) and one.get("status") == "IN_PROGRESS":
            acknowledged, total = one.get("num_acknowledged_subtasks"), one.get("num_subtasks")
            return f"{acknowledged} of {total} subtasks acknowledged, {one.get('state_size', 0)} bytes"
    return ""


def checkpoints(cluster: Cluster, job_id: str) -> Checkpoints | None:
    """What is known about a job's checkpoints; None when the job is unknown.

    A new leader lists none of the checkpoints that the job has completed before, only the one that it restored.
    """
    try:
        seen = parse_checkpoints(cluster.rest.get(f"/jobs/{job_id}/checkpoints"))
        own = seen.restored is not None and f"/{job_id}/" in seen.restored.path
        return replace(seen, completed=seen.restored) if own and seen.completed is None else seen
    except RestError as error:
        if unknown_job(error):
            return None
        if error.status == 404 and any("heckpointing" in text for text in error.errors):
            return Checkpoints(enabled=False)
        raise


def keeps_checkpoints(cluster: Cluster, job_id: str) -> bool:
    """Whether a job's checkpoints outlive its cancellation."""
    answer = _checkpoint_config(cluster, job_id)
    external = answer.get("externalization") if isinstance(answer, Mapping) else None
    if not isinstance(external, Mapping):
        return False
    return external.get("enabled") is True and external.get("delete_on_cancellation") is False


def checkpoint_interval(config: Any) -> float:
    """The seconds between the checkpoints that a job makes by itself, of GET /jobs/:id/checkpoints/config; 0 without.

    Flink writes the largest number that there is for a job that makes none.
    """
    try:
        milliseconds = float(config.get("interval") or 0)
    except (AttributeError, TypeError, ValueError) as error:
        raise _strange("about the settings of checkpoints", error) from error
    return milliseconds / 1000 if 0 < milliseconds < 1e15 else 0.0


def makes_checkpoints(cluster: Cluster, job_id: str) -> bool:
    """Whether a job makes checkpoints by itself. One that is asked for can be had of any streaming job."""
    return checkpoint_interval(_checkpoint_config(cluster, job_id)) > 0


def _checkpoint_config(cluster: Cluster, job_id: str) -> Any:
    """The settings of a job's checkpoints; empty where Flink has none to tell."""
    try:
        return cluster.rest.get(f"/jobs/{job_id}/checkpoints/config")
    except RestError as error:
        if error.status == 404:
            return {}
        raise


# -- rescaling -------------------------------------------------------------------------------------------------------


def requirements(cluster: Cluster, job_id: str) -> dict[str, dict[str, int]] | None:
    """Bounds of each vertex; None when the cluster's scheduler cannot rescale a running job."""
    try:
        answer = cluster.rest.get(f"/jobs/{job_id}/resource-requirements")
    except RestError as error:
        if any("UnsupportedOperationException" in text for text in error.errors):
            return None
        raise
    try:
        return {
            str(vertex): {
                "lower": int(one["parallelism"]["lowerBound"]),
                "upper": int(one["parallelism"]["upperBound"]),
            }
            for vertex, one in answer.items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _strange("about resource requirements", error) from error


def rescaled(bounds: Mapping[str, Mapping[str, int]], old: int, new: int) -> dict[str, dict[str, int]]:
    """Vertices of the job's own parallelism follow it; those that have one of their own keep it."""
    return {
        vertex: {"lower": min(one["lower"], new), "upper": new} if one["upper"] == old else dict(one)
        for vertex, one in bounds.items()
    }


def put_requirements(
    cluster: Cluster, job_id: str, bounds: Mapping[str, Mapping[str, int]], deadline: Deadline | None = None
) -> None:
    body = {
        vertex: {"parallelism": {"lowerBound": one["lower"], "upperBound": one["upper"]}}
        for vertex, one in bounds.items()
    }
    cluster.rest.put(f"/jobs/{job_id}/resource-requirements", body)


RESTARTS = "numRestarts"


def restarts(cluster: Cluster, job_id: str) -> int | None:
    """How often a job was restarted since its JobManager leads; None when nobody counts."""
    try:
        answer = cluster.rest.get(f"/jobs/{job_id}/metrics", params={"get": RESTARTS})
    except RestError as error:
        if error.status == 404:
            return None
        raise
    for one in answer if isinstance(answer, list) else ():
        value = one.get("value") if isinstance(one, Mapping) else None
        if isinstance(value, str) and value.lstrip("-").isdigit():
            return max(0, int(value))
    return None


def flink_version(cluster: Cluster) -> str:
    answer = cluster.rest.get("/config")
    version = answer.get("flink-version") if isinstance(answer, Mapping) else None
    if not isinstance(version, str):
        raise FlinkError("the leading JobManager does not say which Flink it is: is that the REST port of Flink?")
    return version
