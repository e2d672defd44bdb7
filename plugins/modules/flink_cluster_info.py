#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_cluster_info
short_description: Show what a Flink cluster consists of and whether its parts agree
version_added: "1.0.0"
author:
  - streamops.flink contributors (@streamops)
description:
  - Asks the leader for the version, the slots, the jobs' number and the TaskManagers.
  - Asks every JobManager of O(jobmanagers) for its own configuration, and reports the settings that must agree on all
    JobManagers and do not.
  - Can wait for a number of TaskManagers and of slots.
  - A JobManager that does not answer is reported, it is not an error.
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.info_module
  - streamops.flink.attributes.flink
options:
  taskmanagers:
    description:
      - Wait until at least so many TaskManagers are registered.
    type: int
  slots:
    description:
      - Wait until at least so many slots are registered, used or free.
    type: int
  timeout:
    description:
      - The seconds to wait for O(taskmanagers) and O(slots). V(0) looks once.
    type: float
    default: 0.0
  taskmanager_names:
    description:
      - The inventory's name of each C(taskmanager.resource-id).
      - Without it the resource id is taken for the name, as the roles of this collection set it.
    type: dict
    default: {}
  configuration:
    description:
      - Also return the whole configuration of each JobManager. The values of secret settings are masked.
    type: bool
    default: false
seealso:
  - module: streamops.flink.flink_leader_info
  - module: streamops.flink.zookeeper_info
"""

EXAMPLES = r"""
- name: Wait until three TaskManagers with twelve slots are registered
  streamops.flink.flink_cluster_info:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    jobmanagers:
      - name: jm1
        url: http://jm1.example.org:8081
      - name: jm2
        url: http://jm2.example.org:8081
    taskmanagers: 3
    slots: 12
    timeout: 120
  delegate_to: localhost
  register: cluster

- name: Refuse to go on when the JobManagers disagree
  ansible.builtin.assert:
    that: cluster.drift | length == 0
    fail_msg: "These settings differ between JobManagers: {{ cluster.drift }}"
"""

RETURN = r"""
version:
  description: The leader's Flink version.
  returned: success
  type: str
  sample: 1.20.5
leader:
  description: The JobManager that leads, as M(streamops.flink.flink_leader_info) returns it.
  returned: success
  type: dict
  sample:
    leader_session: 43579719-9cf6-4cc0-a78a-10210bcc8131
    name: jm1
    since: "2026-03-14T09:26:53.589Z"
    url: http://jm1.example.org:8081
    zookeeper_session: "0x100001bf3570001"
slots:
  description: The slots of the cluster.
  returned: success
  type: dict
  contains:
    total:
      description: All registered slots.
      returned: success
      type: int
      sample: 12
    available:
      description: Those that no job uses.
      returned: success
      type: int
      sample: 8
jobs:
  description: The number of jobs the leader knows, by their state.
  returned: success
  type: dict
  sample:
    cancelled: 0
    failed: 0
    finished: 2
    running: 1
taskmanagers:
  description: The TaskManagers that are registered with the leader.
  returned: success
  type: list
  elements: dict
  contains:
    resource_id:
      description: The C(taskmanager.resource-id).
      returned: success
      type: str
      sample: tm1
    name:
      description: The name in O(taskmanager_names), or the resource id when that was not given.
      returned: success
      type: str
      sample: tm1
    address:
      description: The RPC address.
      returned: success
      type: str
      sample: tm1.example.org:6122
    heartbeat_age:
      description: The seconds since the leader last heard of it, by the clock of the host that runs this module.
      returned: success
      type: float
      sample: 1.532
    slots_total:
      description: Its slots.
      returned: success
      type: int
      sample: 4
    slots_available:
      description: Its slots that no job uses.
      returned: success
      type: int
      sample: 2
    data_port:
      description: The port for data between TaskManagers.
      returned: success
      type: int
      sample: 6121
    process_memory:
      description: The configured total memory of the process in bytes; null when it is not known.
      returned: success
      type: int
      sample: 1811939328
missing_taskmanagers:
  description: The names in O(taskmanager_names) that are not registered.
  returned: success
  type: list
  elements: str
  sample: []
jobmanagers:
  description: The JobManagers of O(jobmanagers), each asked for itself.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name in the inventory.
      returned: success
      type: str
      sample: jm1
    url:
      description: The address that was asked.
      returned: success
      type: str
      sample: http://jm1.example.org:8081
    reachable:
      description: Whether it returned its configuration.
      returned: success
      type: bool
      sample: true
    leading:
      description: Whether it leads, according to ZooKeeper.
      returned: success
      type: bool
      sample: true
    error:
      description: Why it is not reachable; empty when it is.
      returned: success
      type: str
      sample: ""
    configuration:
      description: Its configuration, secrets masked.
      returned: when O(configuration=true) and it is reachable
      type: dict
      sample:
        high-availability.cluster-id: /payments
contenders:
  description: Who leads and who waits to, as M(streamops.flink.flink_leader_info) returns it.
  returned: success
  type: list
  elements: dict
  sample:
    - leading: true
      name: jm1
      node: _c_b39b2975-17ce-432b-bb2e-0648f19432d8-latch-0000000000
      position: 1
      since: "2026-03-14T09:26:53.002Z"
      url: http://jm1.example.org:8081
      zookeeper_session: "0x100001bf3570001"
drift:
  description:
    - The settings that must agree on all JobManagers and do not, each with the value of every JobManager that answered.
    - A setting that a JobManager does not have is null there. Values of secret settings are masked.
  returned: success
  type: dict
  sample:
    state.checkpoints.dir:
      jm1: s3://flink/checkpoints
      jm2: s3://flink/checkpoint
round_trips:
  description: How often ZooKeeper and the REST API were asked.
  returned: always
  type: dict
  sample:
    rest: 4
    zookeeper: 3
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster.overview import Expected, look
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._module import Result


def body(module: AnsibleModule, cluster: Cluster) -> Result:
    params = module.params
    expected = Expected(params["taskmanagers"], params["slots"], params["taskmanager_names"])
    return look(cluster, expected, params["timeout"], configuration=params["configuration"])


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "taskmanagers": {"type": "int"},
            "slots": {"type": "int"},
            "timeout": {"type": "float", "default": 0.0},
            "taskmanager_names": {"type": "dict", "default": {}},
            "configuration": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
