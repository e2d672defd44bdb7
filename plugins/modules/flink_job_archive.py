#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be known of jobs to start them again elsewhere."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_job_archive
short_description: "Read what a backup needs of the jobs, and put it back (internal: called by the roles)"
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Reads every job that runs and every job that is suspended, with all that is needed to start it again elsewhere but
    without its secrets; checks that a restore would not run a job twice; and puts jobs back as suspended ones that go
    on from their restored savepoints, so that M(streamops.flink.flink_job) starts them.
  - The files of a backup are the matter of M(streamops.flink.flink_backup), which runs where they are.
options:
  state:
    description:
      - V(read) returns all jobs.
      - V(checked) fails when a restore of O(jobs) would run a job twice, or would forget the state of another one.
      - V(restored) writes the records of O(jobs), each with its C(savepoint_path).
      - V(noted) writes down that the backup O(backup_id) is complete, so that a watchdog can report how old the last
        one is.
      - V(tested) writes down that a test of a restore has passed at O(tested_at), to the same end.
    type: str
    choices: [read, checked, restored, noted, tested]
    default: read
  jobs:
    description:
      - The jobs of the backup, as its manifest has them; RV(jobs) of V(read) with a C(savepoint_path).
      - Jobs without a C(specification) cannot be started again from here, and are left out.
    type: list
    elements: dict
    default: []
  backup_id:
    description:
      - The name of the backup. Jobs that an earlier run of the same restore has started already are not in its way.
    type: str
  bytes:
    description:
      - How large the backup is, for O(state=noted) and O(state=tested).
    type: int
    default: 0
  tested_at:
    description:
      - When the test of a restore has passed, in UTC and in the form of the name of a backup, such as
        V(20261127T021530Z).
    type: str
  origin:
    description:
      - Where the jobs ran when the backup was made, as the manifest has it. It is asked whether they still do.
    type: dict
    default: {}
  cache_dir:
    description:
      - Where the jars of deployed jobs are kept on the host that runs the module. By default
        C($XDG_CACHE_HOME/streamops-flink).
    type: path
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.timeouts.lock
  - streamops.flink.attributes
  - streamops.flink.attributes.flink
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
seealso:
  - module: streamops.flink.flink_backup
  - module: streamops.flink.flink_job
"""

EXAMPLES = r"""
- name: Read what a backup needs
  streamops.flink.flink_job_archive:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost
  register: archived

- name: Refuse a restore that would run a job twice
  streamops.flink.flink_job_archive:
    state: checked
    jobs: "{{ backup.jobs }}"
    backup_id: "{{ backup.id }}"
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost

- name: Record for the watchdog that a restore was tested
  streamops.flink.flink_job_archive:
    state: tested
    tested_at: "{{ now(utc=true, fmt='%Y%m%dT%H%M%SZ') }}"
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost
"""

RETURN = r"""
jobs:
  description: The jobs, for O(state=read).
  type: list
  elements: dict
  returned: for O(state=read)
  contains:
    name:
      description: The name of the job.
      type: str
      sample: transactions
    job_id:
      description: Flink's id.
      type: str
      sample: 8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e
    declared:
      description: Whether this collection has deployed it, so that it can be started again.
      type: bool
      sample: true
    state:
      description: Flink's word, or V(SUSPENDED).
      type: str
      sample: RUNNING
    savepoint_path:
      description: The savepoint of a suspended job.
      type: str
      sample: file:/srv/flink/savepoints/transactions-0b3c/savepoint-8f3d3e-4b825dc642cb
    restored_from:
      description: The state that the job was started from.
      type: str
      sample: file:/srv/flink/savepoints/restored-20261127T021530Z/transactions-000
    state_bytes:
      description: Size of the last checkpoint.
      type: int
      sample: 104857600
    parallelism:
      description: The largest parallelism of its vertices.
      type: int
      sample: 2
    vertices:
      description: Id, which Flink derives from the operator's uid, name and parallelism of each vertex.
      type: list
      elements: dict
      sample: [{"id": cbc357ccb763df2852fee8c4fc7d55f2, "name": count, "parallelism": 2}]
    specification:
      description: What it is made of, without secrets.
      type: dict
      sample: {"kind": jar, "artifact": /srv/jobs/count.jar, "sha256": 5f4dcc3b, "parallelism": 2}
    secrets_hidden:
      description: Whether secrets were taken out, so that only an inventory that declares the job can start it again.
      type: bool
      sample: false
    allow_non_restored_state:
      description: Whether it was allowed to leave state behind.
      type: bool
      sample: false
    jar:
      description: Digest and path of the kept jar, and whether it is there.
      type: dict
      sample: {"sha256": 5f4dcc3b, "path": /home/me/.cache/streamops-flink/jars/5f4dcc3b.jar, "exists": true}
flink_version:
  description: The version that the cluster runs.
  type: str
  returned: for O(state=read)
  sample: 1.20.5
restored:
  description: The names of the jobs whose records were written.
  type: list
  elements: str
  returned: for O(state=restored)
  sample: [transactions]
round_trips:
  description: How often the network was asked.
  type: dict
  returned: always
  sample: {"rest": 8, "zookeeper": 9}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._backup import job_archive as _job_archive
from ansible_collections.streamops.flink.plugins.module_utils._backup import note as _backup_note
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster.zookeeper import caller
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._jobs import view as _jobs
from ansible_collections.streamops.flink.plugins.module_utils._jobs.run import Options, cache_directory

# What each state writes down, and the option with its time.
NOTES = {"noted": (_backup_note.BACKUP, "backup_id"), "tested": (_backup_note.RESTORE_TEST, "tested_at")}


def read(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    directory = cache_directory(module.params["cache_dir"])
    jobs = [_job_archive.entry_of(cluster, one, directory) for one in _job_archive.everything(cluster)]
    return {"jobs": jobs, "flink_version": _jobs.flink_version(cluster)}


def check(module: AnsibleModule, cluster: Cluster) -> None:
    params = module.params
    restored = f"restored-{params['backup_id']}"
    _job_archive.check_none_runs(cluster, [str(job["name"]) for job in params["jobs"]], restored)
    if params["origin"]:
        ids = {str(job["job_id"]): str(job["name"]) for job in params["jobs"]}
        _job_archive.check_origin(cluster, params["origin"], ids)


def restore(module: AnsibleModule, cluster: Cluster) -> list[str]:
    options = Options(lock_timeout=module.params["lock_timeout"], by=caller())
    wanted = [job for job in module.params["jobs"] if job.get("specification")]
    if module.check_mode:
        return [str(job["name"]) for job in wanted]
    done = [job for job in wanted if _job_archive.put_back(cluster, job, str(job["savepoint_path"]), options)]
    return [str(job["name"]) for job in done]


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    state = module.params["state"]
    if state == "read":
        return read(module, cluster)
    if state in NOTES:
        what, option = NOTES[state]
        note = _backup_note.Note(module.params[option], module.params["bytes"])
        return {"changed": _backup_note.write(cluster, what, note, check_mode=module.check_mode)}
    check(module, cluster)
    if state == "checked":
        return {"changed": False}
    restored = restore(module, cluster)
    return {"changed": bool(restored), "restored": restored}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "state": {"type": "str", "choices": ["read", "checked", "restored", *NOTES], "default": "read"},
            "jobs": {"type": "list", "elements": "dict", "default": []},
            "backup_id": {"type": "str"},
            "bytes": {"type": "int", "default": 0},
            "tested_at": {"type": "str"},
            "origin": {"type": "dict", "default": {}},
            "cache_dir": {"type": "path"},
            "lock_timeout": {"type": "float", "default": 300.0},
        },
        required_if=[
            *(("state", state, ["backup_id"]) for state in ("checked", "restored")),
            *(("state", state, [option]) for state, (_what, option) in NOTES.items()),
        ],
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
