#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate between two steps of a rolling change."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_gate
short_description: Wait until a Flink cluster is whole and its jobs make progress
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Waits until every ZooKeeper server serves, a JobManager leads and the others contend, all TaskManagers and slots are
    registered and every job runs with all its tasks. Then it triggers a checkpoint of every job and waits for it,
    because only a completed checkpoint proves that every task works.
  - It stands between two steps of a change that is rolled through a cluster. When the gate stays closed, it says what
    was missing last.
options:
  nodes:
    description:
      - The nodes of the cluster as P(streamops.flink.flink_nodes#filter) gives them.
    type: list
    elements: dict
    required: true
  excused:
    description:
      - Names of the nodes that need not be there, because their turn comes later.
    type: list
    elements: str
    default: []
  behind:
    description:
      - Names of the nodes whose ZooKeeper server is still to be restarted. When all of them run without a quorum while
        the others have one, they are not waited for. This is so when two servers become three.
    type: list
    elements: str
    default: []
  jobs:
    description:
      - Ids of jobs that have to run. One of them that has failed ends the wait.
      - Jobs that are not named here have to run with all their tasks too, as long as they have not ended.
    type: list
    elements: str
    default: []
  check_jobs:
    description:
      - Whether anything is asked of the jobs. V(false) allows a change that is meant to fix a failing job.
    type: bool
    default: true
  checkpoint:
    description:
      - Whether every job has to complete a checkpoint that is triggered after all else is well. Jobs that make none are
        left out.
    type: bool
    default: true
  timeout:
    description:
      - Seconds for all of it. With V(0) it looks once, and fails when something is missing.
    type: float
    default: 300
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.flink
attributes:
  check_mode:
    support: full
    details:
      - It looks once and triggers no checkpoint.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - It changes nothing but the number of the last checkpoint.
seealso:
  - module: streamops.flink.flink_status
  - module: streamops.flink.flink_checkpoint
"""

EXAMPLES = r"""
- name: Wait until the cluster is whole again
  streamops.flink.flink_gate:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    jobmanagers:
      - name: jm1
        url: http://jm1:8081
      - name: jm2
        url: http://jm2:8081
    nodes: "{{ groups | streamops.flink.flink_nodes(hostvars, {'base_dir': '/var/lib/streamops-flink'}) }}"
    timeout: 300
"""

RETURN = r"""
leader:
  description: The JobManager that leads, as in M(streamops.flink.flink_leader_info).
  type: dict
  returned: success
  sample:
    name: jm1
    url: http://jm1:8081
zookeeper_leader:
  description: The name of the node whose ZooKeeper server leads; null with a single server.
  type: str
  returned: success
  sample: zk2
slots_total:
  description: How many slots are registered.
  type: int
  returned: success
  sample: 12
slots_available:
  description: How many slots are free.
  type: int
  returned: success
  sample: 10
absent:
  description: The names of the nodes that do not serve. In case of success these are excused.
  type: list
  elements: str
  returned: when the cluster was looked at
  sample: []
jobs:
  description: The jobs that run, each with the checkpoint that it has completed.
  type: list
  elements: dict
  returned: success
  contains:
    job_id:
      description: Flink's id of the job.
      type: str
      sample: 7c5a1d9f3e2b4a608f1c2d3e4f5a6b7c
    name:
      description: The name that Flink shows.
      type: str
      sample: transactions
    checkpoint_id:
      description: The number of the checkpoint; null when none was triggered.
      type: int
      sample: 17
seconds:
  description: How long it took, in seconds.
  type: float
  returned: success
  sample: 3.4
round_trips:
  description: How often ZooKeeper and REST were asked.
  type: dict
  returned: always
  sample:
    rest: 9
    zookeeper: 3
"""

from typing import Any, cast

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._config.inventory import Node
from ansible_collections.streamops.flink.plugins.module_utils._operations.gate import Demand, pass_gate


def nodes_of(entries: list[dict[str, Any]]) -> list[Node]:
    for number, node in enumerate(entries, 1):
        lacking = sorted(set(Node.__annotations__) - set(node))
        if lacking:
            raise FlinkError(
                f"cannot use nodes: entry {number} has no {', '.join(lacking)}; give what the filter"
                " streamops.flink.flink_nodes returns"
            )
    return [cast("Node", node) for node in entries]


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    params = module.params
    demand = Demand(
        nodes_of(params["nodes"]),
        excused=frozenset(params["excused"]),
        behind=frozenset(params["behind"]),
        jobs=frozenset(params["jobs"]),
        checkpoint=params["checkpoint"] and not module.check_mode,
        check_jobs=params["check_jobs"],
    )
    return pass_gate(cluster, demand, Deadline(0.0 if module.check_mode else params["timeout"]))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "nodes": {"type": "list", "elements": "dict", "required": True},
            "excused": {"type": "list", "elements": "str", "default": []},
            "behind": {"type": "list", "elements": "str", "default": []},
            "jobs": {"type": "list", "elements": "str", "default": []},
            "check_jobs": {"type": "bool", "default": True},
            "checkpoint": {"type": "bool", "default": True},
            "timeout": {"type": "float", "default": 300.0},
        },
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
