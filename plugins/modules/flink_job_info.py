#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known about jobs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_job_info
short_description: Show the state of Flink jobs and what was deployed
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Returns the state, tasks, checkpoints, restarts and the last failure of jobs, as the leading JobManager sees them,
    and what M(streamops.flink.flink_job) has recorded about them.
  - Without O(name) and O(job_id) it returns every job that the cluster lists and every declared job. A declared job
    that the cluster does not list is returned with the state that its record holds.
options:
  name:
    description:
      - Only the job of this name. It is looked up in the records first, then in the cluster's list.
    type: str
  job_id:
    description:
      - Only the job of this id.
    type: str
  ended:
    description:
      - Whether jobs that have ended are returned too, as long as the leader remembers them. Jobs that are selected
        by name or id are always returned.
    type: bool
    default: false
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.flink
  - streamops.flink.attributes.info_module
seealso:
  - module: streamops.flink.flink_job
"""

EXAMPLES = r"""
- name: Ask for one declared job
  streamops.flink.flink_job_info:
    name: transactions
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost
  register: transactions

- name: Fail when it has never completed a checkpoint
  ansible.builtin.assert:
    that: transactions.jobs[0].checkpoints.latest is not none
"""

RETURN = r"""
jobs:
  description: One entry a job, ordered by name.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: The name of the job.
      type: str
      returned: always
      sample: transactions
    job_id:
      description: Flink's id of the job, null for a declared job that does not run.
      type: str
      returned: always
      sample: 8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e
    declared:
      description: Whether the job was deployed by M(streamops.flink.flink_job).
      type: bool
      returned: always
      sample: true
    state:
      description: >-
        V(running), V(suspended), V(absent), V(finished), V(failed), V(canceled), V(restarting) and so on. For a
        declared job that should run and that is not known any more it is V(lost).
      type: str
      returned: always
      sample: running
    flink_state:
      description: The state as Flink calls it, null when the leader does not know the job.
      type: str
      returned: always
      sample: RUNNING
    started_at:
      description: When Flink started the job.
      type: str
      returned: always
      sample: "2026-01-20T08:15:30.000Z"
    parallelism:
      description: The largest parallelism of its vertices.
      type: int
      returned: always
      sample: 2
    tasks:
      description: The tasks that run, and all tasks.
      type: dict
      returned: always
      sample: {"running": 4, "total": 4}
    vertices:
      description: The vertices of the job's graph.
      type: list
      elements: dict
      returned: always
      sample: [{"id": "cbc357ccb763df2852fee8c4fc7d55f2", "name": "Source", "parallelism": 2, "max_parallelism": 128,
                "status": "RUNNING", "tasks": {"running": 2}}]
    checkpoints:
      description: Counts, the latest checkpoint, the latest savepoint and the latest failure. Null when unknown.
      type: dict
      returned: always
      sample: {"enabled": true, "counts": {"completed": 14, "failed": 0, "in_progress": 0, "restored": 1, "total": 14},
               "latest": {"id": 14, "path": "file:/srv/flink/checkpoints/8f3d3e1a/chk-14", "is_savepoint": false,
                          "triggered_at": "2026-01-20T08:22:30.000Z", "size": 8491, "duration_ms": 22},
               "latest_savepoint": null, "latest_failure": null}
    restarts:
      description: How often the job was restarted since the JobManager leads. Null when unknown.
      type: int
      returned: always
      sample: 0
    restored_from:
      description: The savepoint or checkpoint from which the job was last restored, as Flink reports it. Null for none.
      type: dict
      returned: always
      sample: {"id": 7, "path": "file:/srv/flink/savepoints/transactions-0b3c/savepoint-8f3d3e-4b825dc642cb",
               "is_savepoint": true, "triggered_at": "2026-01-20T08:15:31.000Z", "size": 0, "duration_ms": 0}
    last_failure:
      description: The first root cause of the last failure, when it happened and the task. Null for none.
      type: dict
      returned: always
      sample: {"cause": "FileNotFoundException: /srv/in", "at": "2026-01-20T08:15:31.000Z", "task": "Source (1/2)"}
    state_kept:
      description: For a declared job that does not run, the state from which the next start continues.
      type: str
      returned: always
      sample: file:/srv/flink/savepoints/transactions-0b3c/savepoint-8f3d3e-4b825dc642cb
    deployment:
      description: The record of what was deployed last, null when nothing is.
      type: dict
      returned: always
      sample: {"job_id": "8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e", "outcome": "verified", "reason": "submit"}
    step:
      description: What a run was doing when it was interrupted, or is doing now. Null for nothing.
      type: dict
      returned: always
      sample: {"kind": "stop", "job_id": "8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e", "at": "2026-03-14T09:26:53.002Z"}
    savepoints:
      description: The savepoints that were made of the job and not disposed of.
      type: list
      elements: dict
      returned: always
      sample:
        - path: file:/srv/flink/savepoints/transactions-0b3c/savepoint-8f3d3e-4b825dc642cb
          kind: savepoint
          job_id: 8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e
          at: "2026-03-14T09:26:53.002Z"
    history:
      description: The last ten deployments before this one, the newest first.
      type: list
      elements: dict
      returned: always
      sample:
        - job_id: 8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e
          outcome: upgraded
          reason: submit
          started_at: "2026-03-13T09:26:53.002Z"
          ended_at: "2026-03-14T09:26:53.002Z"
round_trips:
  description: How often the network was asked.
  type: dict
  returned: always
  sample: {"rest": 5, "zookeeper": 3}
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.times import iso_utc
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster.rest import parallel
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._jobs import checkpoints as _checkpoints
from ansible_collections.streamops.flink.plugins.module_utils._jobs import failures as _failures
from ansible_collections.streamops.flink.plugins.module_utils._jobs import targets as _targets
from ansible_collections.streamops.flink.plugins.module_utils._jobs import view as _jobs
from ansible_collections.streamops.flink.plugins.module_utils._jobs.records import JobRecord


def state_of(record: JobRecord | None, job: _jobs.JobView | None) -> str:
    """One word; what Flink says counts more than what was recorded."""
    if job is not None:
        return job.state.lower()
    if record is None:
        return "absent"
    if record.current is not None:
        return "finished" if record.current.outcome == "finished" else "lost"
    return record.state if record.state != "running" else "lost"


def recorded(record: JobRecord | None) -> dict[str, Any]:
    """What the record says about a job."""
    if record is None:
        return {"state_kept": None, "deployment": None, "step": None, "savepoints": [], "history": []}
    point = record.state_point if record.current is None else None
    return {
        "state_kept": point.path if point is not None else None,
        "deployment": record.current.shown() if record.current is not None else None,
        "step": record.step.as_record() if record.step is not None else None,
        "savepoints": [one.as_record() for one in record.savepoints],
        "history": [one.shown() for one in record.history],
    }


def entry_of(cluster: Cluster, name: str, job_id: str | None, record: JobRecord | None) -> dict[str, Any]:
    """Everything about one job."""
    job = (_jobs.details(cluster, job_id) or _jobs.look(cluster, job_id)) if job_id else None
    entry: dict[str, Any] = {
        "name": name or (job.name if job is not None else ""),
        "job_id": job.job_id if job is not None else None,
        "declared": record is not None,
        "state": state_of(record, job),
        "flink_state": job.state if job is not None else None,
        "started_at": iso_utc(job.start_time) if job is not None and job.start_time > 0 else "",
        "parallelism": max((vertex.parallelism for vertex in job.vertices), default=0) if job is not None else 0,
        "tasks": {"running": job.working, "total": job.total} if job is not None else {"running": 0, "total": 0},
        "vertices": [vertex.as_dict() for vertex in job.vertices] if job is not None else [],
    }
    return entry | observed(cluster, job) | recorded(record)


def observed(cluster: Cluster, job: _jobs.JobView | None) -> dict[str, Any]:
    """What has to be requested one by one."""
    nothing: dict[str, Any] = {"checkpoints": None, "restarts": None, "restored_from": None, "last_failure": None}
    if job is None:
        return nothing
    calls: list[Callable[[], object]] = [
        partial(ask, cluster, job.job_id) for ask in (_checkpoints.checkpoints, _failures.failures, _failures.restarts)
    ]
    answers = parallel(calls)
    for answer in answers:
        if isinstance(answer, FlinkError):
            raise answer
    checkpoints, failure, restarts = answers
    if isinstance(checkpoints, _checkpoints.Checkpoints):
        restored = checkpoints.restored
        nothing |= {
            "checkpoints": checkpoints.as_dict(),
            "restored_from": restored.as_dict() if restored is not None else None,
        }
    if isinstance(failure, _failures.Failure) and failure.cause:
        nothing["last_failure"] = failure.as_dict()
    return nothing | {"restarts": restarts}


def named(cluster: Cluster, name: str) -> list[dict[str, Any]]:
    """The declared job of that name; else every job of that name, for names are not unique in Flink."""
    record = _targets.record_of(cluster, name)
    if record is not None:
        return [entry_of(cluster, name, record.current.job_id if record.current else None, record)]
    return [entry_of(cluster, name, one.job_id, None) for one in _jobs.everything(cluster) if one.name == name]


def everything(cluster: Cluster, ended: bool) -> list[dict[str, Any]]:
    records = _targets.records(cluster)
    entries = [entry_of(cluster, one.name, one.current.job_id if one.current else None, one) for one in records]
    known = {one.current.job_id for one in records if one.current is not None}
    others = [one for one in _jobs.everything(cluster) if one.job_id not in known and (ended or one.alive)]
    entries += [entry_of(cluster, one.name, one.job_id, None) for one in others]
    return entries


def with_id(cluster: Cluster, job_id: str) -> list[dict[str, Any]]:
    if not _jobs.is_job_id(job_id):
        raise FlinkError(f"{job_id!r} is not a valid job id: a job id has 32 hexadecimal digits")
    record = next((one for one in _targets.records(cluster) if one.current and one.current.job_id == job_id), None)
    entry = entry_of(cluster, record.name if record else "", job_id, record)
    return [entry] if entry["job_id"] or record else []


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    params = module.params
    if params["job_id"]:
        jobs = with_id(cluster, params["job_id"])
    elif params["name"]:
        jobs = named(cluster, params["name"])
    else:
        jobs = everything(cluster, params["ended"])
    return {"jobs": sorted(jobs, key=lambda one: (one["name"], one["started_at"]))}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "name": {"type": "str"},
            "job_id": {"type": "str"},
            "ended": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("name", "job_id")],
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
