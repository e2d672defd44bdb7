#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A checkpoint, now."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_checkpoint
short_description: Trigger a checkpoint of a Flink job and wait for it
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Triggers a checkpoint now instead of waiting for the interval, and waits until it is complete, through changes of
    the leader. A completed checkpoint proves that every task of the job works.
  - Flink keeps the checkpoint as any other, so it goes when newer ones have been completed.
options:
  kind:
    description:
      - V(configured) makes what the job is configured for. V(full) and V(incremental) are for incremental state
        backends.
    type: str
    choices: [configured, full, incremental]
    default: configured
  timeout:
    description:
      - Seconds for the checkpoint.
    type: float
    default: 180
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.job_choice
  - streamops.flink.attributes
  - streamops.flink.attributes.flink
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - Every run triggers a checkpoint.
seealso:
  - module: streamops.flink.flink_savepoint
"""

EXAMPLES = r"""
- name: Make sure that a job makes progress
  streamops.flink.flink_checkpoint:
    name: transactions
    timeout: 60
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost
"""

RETURN = r"""
name:
  description: The job's name.
  type: str
  returned: success
  sample: transactions
job_id:
  description: The job.
  type: str
  returned: success
  sample: 8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e
checkpoint:
  description: The checkpoint, or a newer one that was completed meanwhile.
  type: dict
  returned: success, not in check mode
  contains:
    id:
      description: Its number.
      type: int
      returned: always
      sample: 14
    path:
      description: Where it is, empty when it cannot be used from outside.
      type: str
      returned: always
      sample: file:/srv/flink/checkpoints/8f3d3e1a/chk-14
    is_savepoint:
      description: Whether it is a savepoint.
      type: bool
      returned: always
      sample: false
    triggered_at:
      description: When it was triggered.
      type: str
      returned: always
      sample: "2026-01-20T08:22:30.000Z"
    size:
      description: The size of the state in bytes.
      type: int
      returned: always
      sample: 8491
    duration_ms:
      description: How long it took.
      type: int
      returned: always
      sample: 22
failure_cause:
  description: The class and the first line of the cause, when Flink could not make the checkpoint.
  type: str
  returned: when the checkpoint failed
  sample: "CheckpointException: Checkpoint expired before completing."
round_trips:
  description: How often the network was asked.
  type: dict
  returned: always
  sample: {"rest": 5, "zookeeper": 3}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._jobs import checkpoints as _checkpoints
from ansible_collections.streamops.flink.plugins.module_utils._jobs import savepoints as _savepoints
from ansible_collections.streamops.flink.plugins.module_utils._jobs import targets as _targets


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    params = module.params
    target = _targets.find(cluster, params["name"] or "", params["job_id"] or "")
    job_id = target.job.job_id
    answer: dict[str, Any] = {"changed": True, "name": target.name, "job_id": job_id}
    before = _checkpoints.checkpoints(cluster, job_id)
    if before is not None and not before.enabled:
        raise FlinkError(
            f"no checkpoint of {target.name} ({job_id}) can be made: the job makes none; set"
            " execution.checkpointing.interval for it"
        )
    if module.check_mode:
        return answer
    deadline = Deadline(params["timeout"])
    number = _savepoints.await_checkpoint(cluster, job_id, target.name, deadline, params["kind"].upper())
    completed = _checkpoints.await_listing(cluster, job_id, target.name, number, deadline).completed
    return answer | {"checkpoint": completed.as_dict() if completed is not None else None}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "name": {"type": "str"},
            "job_id": {"type": "str"},
            "kind": {"type": "str", "choices": ["configured", "full", "incremental"], "default": "configured"},
            "timeout": {"type": "float", "default": 180.0},
        },
        mutually_exclusive=[("name", "job_id")],
        required_one_of=[("name", "job_id")],
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
