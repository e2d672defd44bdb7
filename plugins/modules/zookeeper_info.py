#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zookeeper_info
short_description: Show the state of the ZooKeeper servers of a Flink cluster
version_added: "1.0.0"
author:
  - streamops.flink contributors (@streamops)
description:
  - Asks every server of O(zookeeper_quorum) for its mode, version, latency, connections and number of nodes, and the
    leader for its followers. The servers are asked one by one, with ZooKeeper's four-letter words.
  - Can wait for a quorum, and for a number of servers that serve.
  - A server that does not answer, or answers without serving, is reported; it is not an error unless it is waited for.
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.info_module
  - streamops.flink.attributes.flink
options:
  wait_for_quorum:
    description:
      - Wait until more than half of the servers serve and one of them leads.
    type: bool
    default: false
  servers:
    description:
      - Wait until at least so many servers serve.
    type: int
  timeout:
    description:
      - The seconds to wait for O(wait_for_quorum) and O(servers). V(0) looks once.
    type: float
    default: 0.0
notes:
  - The servers must allow C(mntr) in C(4lw.commands.whitelist). With C(srvr) alone, which is ZooKeeper's default, the
    followers of the leader are not known.
seealso:
  - module: streamops.flink.flink_leader_info
"""

EXAMPLES = r"""
- name: Wait until all three servers serve, before the next one is restarted
  streamops.flink.zookeeper_info:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    wait_for_quorum: true
    servers: 3
    timeout: 60
  delegate_to: localhost
  register: ensemble

- name: Show the server that leads
  ansible.builtin.debug:
    msg: "{{ ensemble.leader }} leads {{ ensemble.followers_synced }} synced followers"
"""

RETURN = r"""
quorum:
  description: Whether more than half of the servers serve and one of them leads.
  returned: always
  type: bool
  sample: true
leader:
  description: The address of the server that leads, or that stands alone; null when there is none.
  returned: always
  type: str
  sample: zk2:2181
serving:
  description: The number of servers that serve.
  returned: always
  type: int
  sample: 3
followers_synced:
  description: The number of followers that are in step with the leader; null when the leader did not report it.
  returned: always
  type: int
  sample: 2
servers:
  description: The servers in the order of O(zookeeper_quorum).
  returned: always
  type: list
  elements: dict
  contains:
    address:
      description: The address that was asked.
      returned: always
      type: str
      sample: zk1:2181
    serving:
      description: Whether it serves clients.
      returned: always
      type: bool
      sample: true
    error:
      description: Why it does not serve or answer; empty when it does.
      returned: always
      type: str
      sample: ""
    mode:
      description: V(leader), V(follower), V(observer), V(standalone), V(read-only), or null.
      returned: always
      type: str
      sample: follower
    version:
      description: The version of ZooKeeper.
      returned: always
      type: str
      sample: 3.7.2
    latency_min:
      description: The shortest latency of a request in milliseconds.
      returned: always
      type: float
      sample: 0
    latency_avg:
      description: The average latency in milliseconds.
      returned: always
      type: float
      sample: 0.4
    latency_max:
      description: The longest latency in milliseconds.
      returned: always
      type: float
      sample: 21
    connections:
      description: The number of open connections.
      returned: always
      type: int
      sample: 5
    outstanding:
      description: The number of requests that wait.
      returned: always
      type: int
      sample: 0
    znodes:
      description: The number of nodes.
      returned: always
      type: int
      sample: 47
    followers:
      description: The number of followers; null on a server that does not lead.
      returned: always
      type: int
      sample: 2
    followers_synced:
      description: The number of followers that are in step; null on a server that does not lead.
      returned: always
      type: int
      sample: 2
round_trips:
  description: How often ZooKeeper and the REST API were asked.
  returned: always
  type: dict
  sample:
    rest: 0
    zookeeper: 3
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster.quorum import parse_quorum
from ansible_collections.streamops.flink.plugins.module_utils._cluster.servers import await_servers
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._module import Result


def body(module: AnsibleModule, cluster: Cluster) -> Result:
    quorum, wanted, timeout = (module.params[key] for key in ("wait_for_quorum", "servers", "timeout"))
    count = len(parse_quorum(cluster.settings.zookeeper.quorum))
    if wanted is not None and not 0 < wanted <= count:
        raise FlinkError(f"servers is {wanted}, but zookeeper_quorum names {count}: give 1 to {count}")
    return await_servers(cluster, timeout, quorum=quorum, wanted=wanted)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "wait_for_quorum": {"type": "bool", "default": False},
            "servers": {"type": "int"},
            "timeout": {"type": "float", "default": 0.0},
        },
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
