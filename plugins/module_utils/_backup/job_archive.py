# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be known of a job to start it again elsewhere, and how a job is put where it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError
from .._base.paths import same_path
from .._base.secrets import masked_arguments, masked_options, masked_sql
from .._base.snapshots import Found, inspect
from .._base.times import iso_now
from .._base.wait import Deadline
from .._cluster.client import Cluster
from .._cluster.ownership import JOB_NODES, LOOK_SECONDS, any_server_listens
from .._jobs import checkpoints as _checkpoints
from .._jobs import jars as _jars
from .._jobs import targets as _targets
from .._jobs import view as _jobs
from .._jobs.plan import Declared
from .._jobs.records import Deployment, JobRecord, StatePoint
from .._jobs.run import Options, Run
from .._jobs.settle import settle
from .._jobs.spec import Spec


@dataclass(frozen=True)
class Known:
    """A job that runs, or that is suspended and is to go on one day."""

    name: str
    job: _jobs.JobView | None
    record: JobRecord | None

    @property
    def deployment(self) -> Deployment | None:
        """What it is made of."""
        return None if self.record is None else self.record.last

    @property
    def suspended_with(self) -> str:
        record = self.record
        if self.job is not None or record is None or record.state != "suspended" or record.state_point is None:
            return ""
        return record.state_point.path


def everything(cluster: Cluster) -> list[Known]:
    """All jobs that run, and all that are suspended."""
    records = _targets.records(cluster)
    by_id = {one.current.job_id: one for one in records if one.current is not None}
    alive = [one for one in _jobs.everything(cluster) if one.alive]
    found = []
    for job in alive:
        record = by_id.get(job.job_id)
        found.append(Known(record.name if record is not None else job.name or job.job_id, job, record))
    running = {one.record.name for one in found if one.record is not None}
    found += [Known(one.name, None, one) for one in records if one.name not in running and one.state == "suspended"]
    return sorted(found, key=lambda one: one.name)


def entry_of(cluster: Cluster, known: Known, cache_dir: Path) -> dict[str, Any]:
    """One job as it goes into a backup: without secrets, and with what its operators are called."""
    job = _jobs.details(cluster, known.job.job_id) if known.job is not None else None
    seen = _checkpoints.checkpoints(cluster, known.job.job_id) if known.job is not None else None
    deployment = known.deployment
    spec = deployment.parsed_spec() if deployment is not None else None
    jar = _jars.kept_jar(cache_dir, spec.sha256) if spec is not None and spec.kind == "jar" else None
    completed = seen.completed if seen is not None else None
    return {
        "name": known.name,
        "job_id": known.job.job_id if known.job is not None else (deployment.job_id if deployment is not None else ""),
        "declared": known.record is not None,
        "state": known.job.state if known.job is not None else "SUSPENDED",
        "savepoint_path": known.suspended_with or None,
        "restored_from": seen.restored.path if seen is not None and seen.restored is not None else None,
        "state_bytes": completed.size if completed is not None else 0,
        "parallelism": max((one.parallelism for one in job.vertices), default=0) if job is not None else 0,
        "vertices": [
            {"id": one.id, "name": one.name, "parallelism": one.parallelism} for one in (job.vertices if job else ())
        ],
        "specification": public(spec).as_record() if spec is not None else None,
        "secrets_hidden": spec is not None and public(spec) != spec,
        "allow_non_restored_state": deployment.allow_non_restored_state if deployment is not None else False,
        "jar": {"sha256": spec.sha256, "path": str(jar), "exists": jar.is_file()} if spec is not None and jar else None,
    }


def public(spec: Spec) -> Spec:
    """The specification without secrets."""
    return replace(
        spec,
        sql=masked_sql(spec.sql),
        arguments=tuple(masked_arguments(spec.arguments)),
        configuration=masked_options(spec.configuration),
    )


# -- putting back ----------------------------------------------------------------------------------------------------


def check_none_runs(cluster: Cluster, names: Sequence[str], restored: str) -> None:
    """A job that runs must not be started a second time from older state.

    restored is the name of the directory from which an earlier run of the same restore may have started some already.
    """
    mark = f"/{restored}/"
    running = [one for one in _jobs.everything(cluster) if one.alive and not _started_from(cluster, one.job_id, mark)]
    if running:
        listed = ", ".join(f"{one.name} ({one.job_id})" for one in running)
        raise FlinkError(
            f"cluster {cluster.settings.cluster_id} runs {len(running)} job(s): {listed}; nothing was restored: restore"
            " onto an empty cluster, or stop them first with a savepoint and give them up with state absent",
            running=[one.job_id for one in running],
        )
    for name in names:
        record = _targets.record_of(cluster, name)
        point = record.state_point if record is not None and record.current is None else None
        if record is not None and point is not None and record.state == "suspended" and mark not in point.path:
            raise FlinkError(
                f"cluster {cluster.settings.cluster_id} has a suspended job {name}, whose state in {point.path} would"
                " be forgotten; nothing was restored: start it from there, or give it up with state absent"
            )


def _started_from(cluster: Cluster, job_id: str, mark: str) -> bool:
    seen = _checkpoints.checkpoints(cluster, job_id)
    return seen is not None and seen.restored is not None and mark in seen.restored.path


def check_origin(cluster: Cluster, origin: Mapping[str, Any], jobs: Mapping[str, str]) -> None:
    """Refuse while the cluster that the backup was made of can be seen and still has one of the jobs (id to name)."""
    quorum = str(origin["zookeeper_quorum"])
    settings = cluster.settings._replace(
        zookeeper=cluster.settings.zookeeper._replace(quorum=quorum),
        zookeeper_root=str(origin["zookeeper_root"]),
        cluster_id=str(origin["cluster_id"]),
        jobmanagers=(),
    )
    same = (settings.zookeeper, settings.zookeeper_root, settings.cluster_id)
    own = (cluster.settings.zookeeper, cluster.settings.zookeeper_root, cluster.settings.cluster_id)
    if same == own or not any_server_listens(quorum):
        return
    with Cluster(settings) as other:
        limit = Deadline(LOOK_SECONDS)
        stored = {job for kind in JOB_NODES for job in other.zk.children(other.path(kind), limit)}
        left = sorted(set(jobs) & stored)
    if left:
        raise FlinkError(
            f"the cluster {settings.cluster_id} of the backup, in ZooKeeper at {quorum}, still has the job"
            f" {jobs[left[0]]} ({left[0]}), so it would run twice; nothing was restored: stop it there first",
            running=left,
        )


def put_back(cluster: Cluster, job: Mapping[str, Any], savepoint_path: str, options: Options) -> bool:
    """Write the record of a job as that of one that was suspended with this savepoint; whether that was new."""
    name = str(job["name"])
    spec = Spec.from_record(job["specification"])
    deployment = Deployment(
        job_id=str(job["job_id"]),
        digest=spec.digest,
        core_digest=spec.core_digest,
        spec=spec.as_record(),
        reason="restore",
        started_at=iso_now(),
        outcome="suspended",
        ended_at=iso_now(),
        allow_non_restored_state=bool(job.get("allow_non_restored_state", False)),
    )
    point = StatePoint(savepoint_path, "savepoint", deployment.job_id, iso_now(), spec.digest)
    if inspect(savepoint_path) in {Found.ABSENT, Found.NO_METADATA}:
        raise FlinkError(f"the savepoint {savepoint_path} of {name} is not there; nothing was restored of this job")
    run = Run(cluster, Declared(name), options)
    with run.locked():
        settle(run)
        known = run.record.state_point
        if run.record.current is None and known is not None and same_path(known.path, savepoint_path):
            return False
        record = JobRecord(name, state="suspended", state_point=point, savepoints=run.record.savepoints)
        # What cannot be started again, because its secrets are hidden, is not what a failed start goes back to.
        hidden = bool(job.get("secrets_hidden"))
        record = replace(record, history=(deployment,) if not hidden else (), good=None)
        run.save(record.with_savepoint(point))
    return True
