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
  - Each savepoint gets a directory of its own, and is recorded in ZooKeeper before it is requested, so that none is
    forgotten, whatever happens to the answer.
  - A savepoint that a job may still need is not disposed of.
options:
  state:
    description:
      - V(created) makes a savepoint. The job runs on.
      - V(stopped) stops the job with a savepoint. A declared job is suspended then, see M(streamops.flink.flink_job).
      - V(listed) only returns which savepoints are known.
      - V(absent) lets Flink delete the savepoint in O(path).
      - V(retained) lets Flink delete the savepoints that O(keep) and O(max_age) do not keep, of one job or of all.
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

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._jobs.savepoint_states import done

STATES = ["created", "stopped", "listed", "absent", "retained"]


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    return done(module.params, cluster, module.check_mode)


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
