# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the job that a name or an id stands for, declared or not."""

from __future__ import annotations

from dataclasses import dataclass

from .._base.errors import FlinkError
from .._cluster.client import Cluster
from . import view as _jobs
from .records import KIND, OTHERS, JobRecord
from .view import JobView


@dataclass(frozen=True)
class Target:
    """A job that runs, and where its record is."""

    job: JobView
    name: str
    kind: str
    record_name: str


def record_of(cluster: Cluster, name: str, kind: str = KIND) -> JobRecord | None:
    found = cluster.records.read(kind, name)
    return JobRecord.from_record(name, found.content) if found is not None else None


def records(cluster: Cluster, kind: str = KIND) -> list[JobRecord]:
    """All records of a kind, in two round trips."""
    names = cluster.records.names(kind)
    nodes = cluster.zk.get_many([cluster.records.path(kind, name) for name in names]) if names else []
    found = [(name, node) for name, node in zip(names, nodes, strict=True) if node is not None]
    return [JobRecord.from_record(name, cluster.records.parse(node).content) for name, node in found]


def find(cluster: Cluster, name: str, job_id: str) -> Target:
    """The one job that is meant; it must not have ended."""
    if job_id:
        return _by_id(cluster, job_id)
    record = record_of(cluster, name)
    if record is not None:
        job = _jobs.look(cluster, record.current.job_id) if record.current is not None else None
        if job is None or job.terminal:
            state = record.state if record.current is None else (job.state if job is not None else "gone")
            raise FlinkError(f"the job {name} does not run: it is {state}", job_state=state)
        return Target(job, name, KIND, name)
    named = [one for one in _jobs.everything(cluster) if one.alive and one.name == name]
    if not named:
        raise FlinkError(f"there is no job called {name}: neither a declared one nor one that runs")
    if len(named) > 1:
        ids = ", ".join(one.job_id for one in named)
        raise FlinkError(f"there are {len(named)} jobs called {name} ({ids}): give the job_id of one", job_ids=ids)
    return Target(named[0], name, OTHERS, named[0].job_id)


def _by_id(cluster: Cluster, job_id: str) -> Target:
    if not _jobs.is_job_id(job_id):
        raise FlinkError(f"{job_id!r} is not a valid job id: a job id has 32 hexadecimal digits")
    job = _jobs.look(cluster, job_id)
    if job is None or job.terminal:
        state = job.state if job is not None else "unknown"
        raise FlinkError(f"the job {job_id} does not run: it is {state}", job_state=state)
    owner = next((one for one in records(cluster) if one.current and one.current.job_id == job_id), None)
    if owner is not None:
        return Target(job, owner.name, KIND, owner.name)
    return Target(job, job.name or job_id, OTHERS, job_id)
