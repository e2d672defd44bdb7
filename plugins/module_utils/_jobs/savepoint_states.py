# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module flink_savepoint does for each of its states."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from .._base.errors import FlinkError
from .._base.paths import same_path
from .._base.snapshots import Found, inspect
from .._base.wait import Deadline
from .._cluster.client import Cluster
from .._cluster.zookeeper import caller
from . import checkpoints as _checkpoints
from . import savepoints as _savepoints
from . import stop as _stop
from . import targets as _targets
from . import view as _jobs
from .plan import Declared
from .records import KIND, OTHERS, JobRecord, StatePoint
from .run import Options, Run
from .savepoint_retention import Retention, needed, superfluous
from .savepoints import SavepointFailed
from .settle import settle

Params = Mapping[str, Any]


def options_of(params: Params) -> Options:
    return Options(
        savepoint_directory=params["savepoint_directory"] or "",
        native=params["savepoint_format"] == "native",
        drain=params["drain"],
        savepoint_timeout=params["timeout"],
        timeout=params["timeout"],
        lock_timeout=params["lock_timeout"],
        by=caller(),
    )


def entry(record: JobRecord, point: StatePoint) -> dict[str, Any]:
    found = inspect(point.path)
    return {
        "path": point.path,
        "name": record.name,
        "job_id": point.job_id,
        "at": point.at,
        "format": "native" if point.native else "canonical",
        "exists": None if found is Found.ELSEWHERE else found is Found.PRESENT,
        "needed": needed(record, point.path),
    }


def all_records(cluster: Cluster) -> list[tuple[str, JobRecord]]:
    return [(kind, record) for kind in (KIND, OTHERS) for record in _targets.records(cluster, kind)]


def listed(cluster: Cluster, name: str, job_id: str) -> list[dict[str, Any]]:
    found = [
        entry(record, point)
        for _kind, record in all_records(cluster)
        for point in record.savepoints
        if (not name or record.name == name) and (not job_id or point.job_id == job_id)
    ]
    return sorted(found, key=lambda one: str(one["at"]))


def make(params: Params, cluster: Cluster, check: bool, *, stop: bool) -> dict[str, Any]:
    if not (params["name"] or params["job_id"]):
        raise FlinkError("say which job the savepoint is to be made of, with name or job_id")
    if stop and (path := suspended_with(cluster, params["name"])):
        return {"changed": False, "job_id": None, "settled": [], "savepoint_path": path}
    target = _targets.find(cluster, params["name"] or "", params["job_id"] or "")
    answer: dict[str, Any] = {"changed": True, "job_id": target.job.job_id, "settled": []}
    if check:
        return answer
    work = Run(cluster, Declared(target.name), options_of(params), kind=target.kind, record_name=target.record_name)
    with work.locked():
        settle(work)
        answer["settled"] = work.result.settled
        # What had been left in the middle may have ended the job, or replaced it.
        if stop and (path := suspended_with(cluster, params["name"])):
            return answer | {"savepoint_path": path}
        target = _targets.find(cluster, params["name"] or "", params["job_id"] or "")
        answer["job_id"] = target.job.job_id
        if not _stop.await_stoppable(work, target.job):
            job = _jobs.look(cluster, target.job.job_id)
            seen = job.seen if job is not None else "gone"
            raise SavepointFailed(f"no savepoint of {target.name} can be made: it does not run, it is {seen}")
        answer["savepoint_path"] = taken(work, target.job.job_id, stop=stop)
    return answer


def suspended_with(cluster: Cluster, name: str | None) -> str:
    """The savepoint of a declared job that has been suspended already."""
    record = _targets.record_of(cluster, name) if name else None
    if record is None or record.state != "suspended" or record.current is not None or record.state_point is None:
        return ""
    return record.state_point.path


def taken(work: Run, job_id: str, *, stop: bool) -> str:
    if stop and work.record.current is not None:
        return _stop.stop(work, "suspend").path
    _step, path = _stop.make_savepoint(
        work, job_id, Deadline(work.options.savepoint_timeout), stop=stop, goal="suspend" if stop else ""
    )
    if stop:
        _jobs.await_gone(work.cluster, job_id, work.name, Deadline(work.options.timeout))
    work.no_step()
    return path


def dispose(params: Params, cluster: Cluster, check: bool) -> dict[str, Any]:
    path = params["path"]
    owners = list(all_records(cluster))
    reasons = [reason for _kind, record in owners if (reason := needed(record, path)) is not None]
    if reasons and not params["force"]:
        raise FlinkError(f"the savepoint {path} is not disposed of: {reasons[0]}; use force to do it all the same")
    found = inspect(path)
    if found is Found.NO_METADATA:
        raise FlinkError(f"{path} is not disposed of: it holds no file _metadata, so it is not a savepoint")
    known = [(kind, record) for kind, record in owners if record.knows(path)]
    if found is Found.ABSENT and not known:
        return {"changed": False, "savepoint_path": path}
    if not check:
        if found is not Found.ABSENT:
            _savepoints.dispose(cluster, path, Deadline(params["timeout"]))
        for kind, record in known:
            forget(params, cluster, kind, record, path)
    return {"changed": True, "savepoint_path": path}


def retain(params: Params, cluster: Cluster, check: bool) -> dict[str, Any]:
    """Let Flink delete first, and forget then: whatever happens in between, no savepoint is forgotten that exists."""
    retention = Retention.of(params["keep"], params["max_age"])
    moment = datetime.now(timezone.utc)
    disposed: list[str] = []
    sources, without = running(cluster)
    for kind, record in all_records(cluster):
        ids = {one.job_id for one in record.savepoints} | ({record.current.job_id} if record.current else set())
        if (params["name"] and record.name != params["name"]) or ids & without:
            continue
        for point in superfluous(record, retention, moment, seems_to_exist):
            if params["job_id"] not in (None, point.job_id) or any(same_path(one, point.path) for one in sources):
                continue
            disposed.append(point.path)
            if not check:
                _savepoints.dispose(cluster, point.path, Deadline(params["timeout"]))
                forget(params, cluster, kind, record, point.path)
    return {
        "changed": bool(disposed),
        "disposed": disposed,
        "diff": {"before": "".join(f"{one}\n" for one in disposed), "after": ""},
    }


def seems_to_exist(path: str) -> bool:
    return inspect(path) in {Found.PRESENT, Found.ELSEWHERE}


def running(cluster: Cluster) -> tuple[list[str], set[str]]:
    """What the jobs that run were restored from, and the ids of those that have no checkpoint of their own yet."""
    sources: list[str] = []
    without: set[str] = set()
    for job in _jobs.everything(cluster):
        seen = _checkpoints.checkpoints(cluster, job.job_id) if job.alive else None
        if seen is not None and seen.restored is not None:
            sources.append(seen.restored.path)
        if job.alive and (seen is None or seen.completed is None):
            without.add(job.job_id)
    return sources, without


def forget(params: Params, cluster: Cluster, kind: str, record: JobRecord, path: str) -> None:
    key = record.name if kind == KIND else next((one.job_id for one in record.savepoints), record.name)
    work = Run(cluster, Declared(record.name), options_of(params), kind=kind, record_name=key)
    with work.locked():
        work.save(work.record.without_savepoint(path))


def done(params: Params, cluster: Cluster, check: bool) -> dict[str, Any]:
    """Bring the savepoints to the state that is requested, and list them."""
    state = params["state"]
    answer: dict[str, Any] = {"changed": False}
    if state == "absent":
        answer = dispose(params, cluster, check)
    elif state == "retained":
        answer = retain(params, cluster, check)
    elif state != "listed":
        answer = make(params, cluster, check, stop=state == "stopped")
    return answer | {"savepoints": listed(cluster, params["name"] or "", params["job_id"] or "")}
