#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Savepoints of a job."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_savepoint
short_description: Make, list and dispose of savepoints of Flink jobs
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Makes a savepoint of a running job and waits for it, through changes of the leader. A savepoint that Flink reports
    as completed with a failure is a failure.
  - Each savepoint gets a directory of its own, and is recorded in ZooKeeper before it is asked for, so that none is
    forgotten, whatever happens to the answer.
  - A savepoint that a job may still need is not disposed of.
options:
  state:
    description:
      - V(created) makes a savepoint. The job runs on.
      - V(stopped) stops the job with a savepoint. A declared job is suspended then, see M(streamops.flink.flink_job).
      - V(listed) only tells which savepoints are known.
      - V(absent) lets Flink delete the savepoint in O(path).
      - V(retained) lets Flink delete the savepoints that O(keep) and O(max_age) do not ask for, of one job or of all.
        The newest savepoint of a job that exists always stays, and so does each from which a job was started or would
        be continued. Of a job that has not completed a checkpoint since its start all stay.
    type: str
    choices: [created, stopped, listed, absent, retained]
    default: created
  path:
    description:
      - The savepoint to dispose of, for O(state=absent).
    type: str
  keep:
    description:
      - With O(state=retained), the number of savepoints of a job that stay.
    type: int
  max_age:
    description:
      - With O(state=retained), for how long savepoints stay, like V(7 d) or V(12 h).
    type: str
  savepoint_directory:
    description:
      - Where the savepoint is made, as Flink sees it. By default the cluster's
        C(execution.checkpointing.savepoint-dir).
    type: str
  savepoint_format:
    description:
      - The format. V(native) is faster, V(canonical) also fits another state backend.
    type: str
    choices: [canonical, native]
    default: canonical
  drain:
    description:
      - With O(state=stopped), let windows and timers fire before, as if the input had ended. Only for a job that will
        not be continued.
    type: bool
    default: false
  force:
    description:
      - With O(state=absent), dispose of the savepoint even when a declared job needs it.
    type: bool
    default: false
  timeout:
    description:
      - Seconds for the savepoint.
    type: float
    default: 600
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.job_choice
  - streamops.flink.timeouts.lock
  - streamops.flink.attributes
  - streamops.flink.attributes.flink
attributes:
  check_mode:
    support: full
  diff_mode:
    support: partial
    details:
      - O(state=retained) shows what goes.
  idempotent:
    support: partial
    details:
      - O(state=created) makes a new savepoint every time. The other states are idempotent.
seealso:
  - module: streamops.flink.flink_job
  - module: streamops.flink.flink_checkpoint
"""

EXAMPLES = r"""
- name: Make a savepoint before something dangerous
  streamops.flink.flink_savepoint:
    name: transactions
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost
  register: before

- name: Dispose of it
  streamops.flink.flink_savepoint:
    path: "{{ before.savepoint_path }}"
    state: absent
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost

- name: Keep ten savepoints of each job, and none for longer than a month
  streamops.flink.flink_savepoint:
    state: retained
    keep: 10
    max_age: 30 d
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost
"""

RETURN = r"""
savepoint_path:
  description: The savepoint that was made or disposed of.
  type: str
  returned: when there is one
  sample: file:/srv/flink/savepoints/transactions-0b3c/savepoint-8f3d3e-4b825dc642cb
job_id:
  description: The job.
  type: str
  returned: for O(state=created) and O(state=stopped)
  sample: 8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e
failure_cause:
  description: The class and the first line of the cause, when Flink could not make the savepoint.
  type: str
  returned: when the savepoint failed
  sample: "CheckpointException: Checkpoint expired before completing."
disposed:
  description: The savepoints that were deleted, or would be in check mode, the oldest first.
  type: list
  elements: str
  returned: for O(state=retained)
  sample:
    - file:/srv/flink/savepoints/transactions-0b3c/savepoint-8f3d3e-4b825dc642cb
settled:
  description: What an earlier run had left in the middle, and how that ended.
  type: list
  elements: str
  returned: for O(state=created) and O(state=stopped)
  sample:
    - the job 8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e had been cancelled
savepoints:
  description: The savepoints that are known, of the job that was named or of all, the oldest first.
  type: list
  elements: dict
  returned: success
  contains:
    path:
      description: Where it is.
      type: str
      returned: always
      sample: file:/srv/flink/savepoints/transactions-0b3c/savepoint-8f3d3e-4b825dc642cb
    name:
      description: The job's name.
      type: str
      returned: always
      sample: transactions
    job_id:
      description: The job that it was made of.
      type: str
      returned: always
      sample: 8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e
    at:
      description: When it was made.
      type: str
      returned: always
      sample: "2026-01-20T08:22:30.000Z"
    format:
      description: V(canonical) or V(native).
      type: str
      returned: always
      sample: canonical
    exists:
      description: Whether it is complete where it should be; null when this host does not see the storage.
      type: bool
      returned: always
      sample: true
    needed:
      description: Why it must not be disposed of; null when nothing needs it.
      type: str
      returned: always
      sample: transactions is suspended and continues from it
round_trips:
  description: How often the network was asked.
  type: dict
  returned: always
  sample: {"rest": 8, "zookeeper": 9}
"""

import os
import socket
from datetime import UTC, datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.paths import same_path
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._jobs import checkpoints as _checkpoints
from ansible_collections.streamops.flink.plugins.module_utils._jobs import savepoints as _savepoints
from ansible_collections.streamops.flink.plugins.module_utils._jobs import stop as _stop
from ansible_collections.streamops.flink.plugins.module_utils._jobs import targets as _targets
from ansible_collections.streamops.flink.plugins.module_utils._jobs import view as _jobs
from ansible_collections.streamops.flink.plugins.module_utils._jobs.plan import Declared
from ansible_collections.streamops.flink.plugins.module_utils._jobs.records import (
    KIND,
    OTHERS,
    JobRecord,
    StatePoint,
)
from ansible_collections.streamops.flink.plugins.module_utils._jobs.run import Options, Run
from ansible_collections.streamops.flink.plugins.module_utils._jobs.savepoint_retention import (
    Retention,
    needed,
    superfluous,
)
from ansible_collections.streamops.flink.plugins.module_utils._jobs.savepoints import Found, SavepointFailed
from ansible_collections.streamops.flink.plugins.module_utils._jobs.settle import settle
from ansible_collections.streamops.flink.plugins.module_utils._module import connection_argument_spec, run

STATES = ["created", "stopped", "listed", "absent", "retained"]


def options_of(params: dict[str, Any]) -> Options:
    return Options(
        savepoint_directory=params["savepoint_directory"] or "",
        native=params["savepoint_format"] == "native",
        drain=params["drain"],
        savepoint_timeout=params["timeout"],
        timeout=params["timeout"],
        lock_timeout=params["lock_timeout"],
        by=f"{socket.gethostname()}:{os.getpid()}",
    )


def entry(record: JobRecord, point: StatePoint) -> dict[str, Any]:
    found = _savepoints.inspect(point.path)
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


def make(module: AnsibleModule, cluster: Cluster, *, stop: bool) -> dict[str, Any]:
    params = module.params
    if not (params["name"] or params["job_id"]):
        raise FlinkError("say which job the savepoint is to be made of, with name or job_id")
    if stop and (path := suspended_with(cluster, params["name"])):
        return {"changed": False, "job_id": None, "settled": [], "savepoint_path": path}
    target = _targets.find(cluster, params["name"] or "", params["job_id"] or "")
    answer: dict[str, Any] = {"changed": True, "job_id": target.job.job_id, "settled": []}
    if module.check_mode:
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


def dispose(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    params = module.params
    path = params["path"]
    owners = list(all_records(cluster))
    reasons = [reason for _kind, record in owners if (reason := needed(record, path)) is not None]
    if reasons and not params["force"]:
        raise FlinkError(f"the savepoint {path} is not disposed of: {reasons[0]}; use force to do it all the same")
    found = _savepoints.inspect(path)
    if found is Found.NO_METADATA:
        raise FlinkError(f"{path} is not disposed of: it holds no file _metadata, so it is no savepoint")
    known = [(kind, record) for kind, record in owners if record.knows(path)]
    if found is Found.ABSENT and not known:
        return {"changed": False, "savepoint_path": path}
    if not module.check_mode:
        if found is not Found.ABSENT:
            _savepoints.dispose(cluster, path, Deadline(params["timeout"]))
        for kind, record in known:
            forget(cluster, params, kind, record, path)
    return {"changed": True, "savepoint_path": path}


def retain(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    """Let Flink delete first, and forget then: whatever happens in between, no savepoint is forgotten that exists."""
    params = module.params
    retention = Retention.of(params["keep"], params["max_age"])
    moment = datetime.now(UTC)
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
            if not module.check_mode:
                _savepoints.dispose(cluster, point.path, Deadline(params["timeout"]))
                forget(cluster, params, kind, record, point.path)
    return {
        "changed": bool(disposed),
        "disposed": disposed,
        "diff": {"before": "".join(f"{one}\n" for one in disposed), "after": ""},
    }


def seems_to_exist(path: str) -> bool:
    return _savepoints.inspect(path) in {Found.PRESENT, Found.ELSEWHERE}


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


def forget(cluster: Cluster, params: dict[str, Any], kind: str, record: JobRecord, path: str) -> None:
    key = record.name if kind == KIND else next((one.job_id for one in record.savepoints), record.name)
    work = Run(cluster, Declared(record.name), options_of(params), kind=kind, record_name=key)
    with work.locked():
        work.save(work.record.without_savepoint(path))


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    params = module.params
    answer: dict[str, Any] = {"changed": False}
    if params["state"] == "absent":
        answer = dispose(module, cluster)
    elif params["state"] == "retained":
        answer = retain(module, cluster)
    elif params["state"] != "listed":
        answer = make(module, cluster, stop=params["state"] == "stopped")
    answer["savepoints"] = listed(cluster, params["name"] or "", params["job_id"] or "")
    return answer


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "name": {"type": "str"},
            "job_id": {"type": "str"},
            "state": {"type": "str", "choices": STATES, "default": "created"},
            "path": {"type": "str"},
            "keep": {"type": "int"},
            "max_age": {"type": "str"},
            "savepoint_directory": {"type": "str"},
            "savepoint_format": {"type": "str", "choices": ["canonical", "native"], "default": "canonical"},
            "drain": {"type": "bool", "default": False},
            "force": {"type": "bool", "default": False},
            "timeout": {"type": "float", "default": 600.0},
            "lock_timeout": {"type": "float", "default": 300.0},
        },
        mutually_exclusive=[("name", "job_id")],
        required_if=[("state", "absent", ["path"])],
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
