#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_leader_info
short_description: Show which JobManager leads a Flink cluster
version_added: "1.0.0"
author:
  - streamops.flink contributors (@streamops)
description:
  - Reads from ZooKeeper which JobManager leads, since when, and who waits to take over.
  - Can wait for a leader, for a change of leader, and for a number of contenders.
  - Fails when there is no leader, when two JobManagers lead, and when the leader is not one of O(jobmanagers).
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.info_module
  - streamops.flink.attributes.flink
options:
  changed_from:
    description:
      - Wait until another JobManager leads than this one.
      - It is the RV(leader.name), the RV(leader.url), the RV(leader.leader_session) or the
        RV(leader.zookeeper_session) that was returned earlier.
      - A JobManager that loses the leadership and gets it again has a new RV(leader.leader_session) and its old
        RV(leader.name).
    type: str
  contenders:
    description:
      - Wait until exactly so many JobManagers contend, the leader included.
      - A JobManager that was killed counts until ZooKeeper has ended its session.
    type: int
  timeout:
    description:
      - The seconds to wait for all that is requested. V(0) looks once.
    type: float
    default: 0.0
seealso:
  - module: streamops.flink.flink_cluster_info
  - module: streamops.flink.zookeeper_info
"""

EXAMPLES = r"""
- name: Ask who leads
  streamops.flink.flink_leader_info:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    jobmanagers:
      - name: jm1
        url: http://jm1.example.org:8081
      - name: jm2
        url: http://jm2.example.org:8081
  delegate_to: localhost
  register: before

- name: Show the leader
  ansible.builtin.debug:
    msg: "{{ before.leader.name }} leads since {{ before.leader.since }}"

- name: Wait for another leader and for the old one to be back as standby
  streamops.flink.flink_leader_info:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    changed_from: "{{ before.leader.name }}"
    contenders: 2
    timeout: 90
  delegate_to: localhost
"""

RETURN = r"""
leader:
  description: The JobManager that leads.
  returned: success
  type: dict
  contains:
    name:
      description: Its name in O(jobmanagers); null when O(jobmanagers) was not given.
      returned: success
      type: str
      sample: jm1
    url:
      description: Its REST address as it publishes it.
      returned: success
      type: str
      sample: http://jm1.example.org:8081
    leader_session:
      description: The id of this leadership; each election makes a new one.
      returned: success
      type: str
      sample: 43579719-9cf6-4cc0-a78a-10210bcc8131
    zookeeper_session:
      description: The ZooKeeper session of the process, as ZooKeeper's logs write it.
      returned: success
      type: str
      sample: "0x100001bf3570001"
    since:
      description: When this leadership was published, in UTC by ZooKeeper's clock.
      returned: success
      type: str
      sample: "2026-03-14T09:26:53.589Z"
contenders:
  description:
    - Who leads and who waits, in the order in which they get the leadership.
    - ZooKeeper names the leader only; of those that wait it knows no more than their session.
  returned: always, when ZooKeeper could be read
  type: list
  elements: dict
  contains:
    position:
      description: The place in the queue, from 1.
      returned: success
      type: int
      sample: 1
    leading:
      description: Whether it is the leader.
      returned: success
      type: bool
      sample: true
    name:
      description: The name in O(jobmanagers), of the leader only.
      returned: success
      type: str
      sample: jm1
    url:
      description: The REST address, of the leader only.
      returned: success
      type: str
      sample: http://jm1.example.org:8081
    zookeeper_session:
      description: The ZooKeeper session of the process.
      returned: success
      type: str
      sample: "0x100001bf3570001"
    since:
      description: Since when it contends, in UTC by ZooKeeper's clock.
      returned: success
      type: str
      sample: "2026-03-14T09:26:53.002Z"
    node:
      description: The name of its node in the latch.
      returned: success
      type: str
      sample: _c_b39b2975-17ce-432b-bb2e-0648f19432d8-latch-0000000000
zookeeper_path:
  description: The ZooKeeper node of the cluster.
  returned: success
  type: str
  sample: /flink/payments
round_trips:
  description: How often ZooKeeper and the REST API were asked.
  returned: always
  type: dict
  sample:
    rest: 0
    zookeeper: 3
"""

from typing import TYPE_CHECKING

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError, NotYet
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline, wait_for
from ansible_collections.streamops.flink.plugins.module_utils._cluster.leader import same_address
from ansible_collections.streamops.flink.plugins.module_utils._cluster.quorum import DEFAULT_TIMEOUT
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._module import Result

if TYPE_CHECKING:
    from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster, Leadership
    from ansible_collections.streamops.flink.plugins.module_utils._cluster.leader import Leader


def is_still(leader: Leader, before: str) -> bool:
    """Whether this is the leader that was named by anything that identifies it."""
    return before in (leader.name, leader.leader_session, leader.zookeeper_session) or same_address(leader.url, before)


def check(seen: Leadership, changed_from: str | None, contenders: int | None) -> Leader:
    """The leader when everything is as requested, else what is not."""
    details = {"contenders": [one.as_dict() for one in seen.contenders]}
    if seen.leader is None:
        error = seen.error or NotYet("no JobManager leads")
        error.details.update(details)
        raise error
    leader = seen.leader
    who = leader.name or leader.url
    if changed_from is not None and is_still(leader, changed_from):
        raise NotYet(f"{who} still leads, since {leader.since}", leader=leader.as_dict(), **details)
    if contenders is not None and len(seen.contenders) != contenders:
        raise NotYet(
            f"{who} leads and {len(seen.contenders)} of {contenders} JobManagers contend",
            leader=leader.as_dict(),
            **details,
        )
    return leader


def awaited(changed_from: str | None, contenders: int | None) -> str:
    """What the wait is for, in words."""
    parts = [f"a change of leader from {changed_from}" if changed_from is not None else "the election of a leader"]
    if contenders is not None:
        parts.append(f"the presence of {contenders} contenders")
    return " and ".join(parts)


def body(module: AnsibleModule, cluster: Cluster) -> Result:
    changed_from, contenders, timeout = (module.params[key] for key in ("changed_from", "contenders", "timeout"))
    if timeout < 0 or (contenders is not None and contenders < 1):
        raise FlinkError("timeout must not be negative, and contenders must be 1 or more")
    deadline = Deadline(timeout)

    def probe() -> tuple[Leader, Leadership]:
        # ZooKeeper may come back while it is waited for, but the last look takes its time too.
        seen = cluster.leadership(Deadline(max(deadline.remaining(), DEFAULT_TIMEOUT)) if timeout else None)
        return check(seen, changed_from, contenders), seen

    leader, seen = wait_for(probe, deadline, awaited(changed_from, contenders), progress=cluster.progress)
    return {
        "leader": leader.as_dict(),
        "contenders": [one.as_dict() for one in seen.contenders],
        "zookeeper_path": cluster.root,
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "changed_from": {"type": "str"},
            "contenders": {"type": "int"},
            "timeout": {"type": "float", "default": 0.0},
        },
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
