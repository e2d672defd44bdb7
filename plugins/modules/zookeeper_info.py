#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zookeeper_info
short_description: Tell how the ZooKeeper servers of a Flink cluster are
version_added: "1.0.0"
author:
  - streamops.flink contributors (@streamops)
description:
  - Asks every server of O(zookeeper_quorum) for its mode, version, latency, connections and number of nodes, and the
    leader for its followers. The servers are asked one by one, with ZooKeeper's four-letter words.
  - Can wait for a quorum, and for a number of servers that serve.
  - A server that does not answer, or answers without serving, is reported; it is no error unless it is waited for.
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
  description: The number of followers that are in step with the leader; null when the leader did not tell.
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
      description: Why it does not serve or tell; empty when it does.
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

from functools import partial
from typing import TYPE_CHECKING, Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError, NotYet, ZooKeeperError
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline, parallel, wait_for
from ansible_collections.streamops.flink.plugins.module_utils._cluster.four_letter import NOT_SERVING, four_letter
from ansible_collections.streamops.flink.plugins.module_utils._cluster.quorum import parse_quorum
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._module import Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
    from ansible_collections.streamops.flink.plugins.module_utils._cluster.four_letter import Tls

ANSWER_TIMEOUT = 5.0
SERVING_MODES = ("leader", "follower", "observer", "standalone")
LEADING_MODES = ("leader", "standalone")
_LATENCY = "Latency min/avg/max"


def parse_mntr(text: str) -> dict[str, Any]:
    """The answer to mntr: a name and a value on each line."""
    told = dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)
    return {
        "mode": told.get("zk_server_state"),
        "version": version_of(told.get("zk_version", "")),
        "latency_min": as_float(told.get("zk_min_latency")),
        "latency_avg": as_float(told.get("zk_avg_latency")),
        "latency_max": as_float(told.get("zk_max_latency")),
        "connections": as_int(told.get("zk_num_alive_connections")),
        "outstanding": as_int(told.get("zk_outstanding_requests")),
        "znodes": as_int(told.get("zk_znode_count")),
        "followers": as_int(told.get("zk_followers", told.get("zk_learners"))),
        "followers_synced": as_int(told.get("zk_synced_followers")),
    }


def parse_srvr(text: str) -> dict[str, Any]:
    """The answer to srvr, which every server allows."""
    told = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    latency = told.get(_LATENCY, "").split("/")
    if len(latency) != 3:
        latency = ["", "", ""]
    return {
        "mode": told.get("Mode"),
        "version": version_of(told.get("Zookeeper version", "")),
        "latency_min": as_float(latency[0]),
        "latency_avg": as_float(latency[1]),
        "latency_max": as_float(latency[2]),
        "connections": as_int(told.get("Connections")),
        "outstanding": as_int(told.get("Outstanding")),
        "znodes": as_int(told.get("Node count")),
        "followers": None,
        "followers_synced": None,
    }


def version_of(text: str) -> str | None:
    """'3.7.2' of '3.7.2-1d8ab8e…, built on …'."""
    version = text.partition("-")[0].partition(",")[0].strip()
    return version if version[:1].isdecimal() else None


def as_float(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def as_int(text: str | None) -> int | None:
    number = as_float(text)
    # ZooKeeper writes some counts as '2.0'; infinity and the like are no counts.
    return int(number) if number is not None and abs(number) < 2**63 else None


def describe(address: str, told: Mapping[str, Any], error: str = "") -> dict[str, Any]:
    """One server, in the form that is returned."""
    mode = told.get("mode")
    serving = not error and mode in SERVING_MODES
    if not serving and not error:
        error = f"{address} serves read-only" if mode else f"{address} does not answer like a ZooKeeper server"
    return {"address": address, "serving": serving, "error": error, **(told or parse_srvr(""))}


def ask(cluster: Cluster, host: str, port: int, deadline: Deadline, tls: Tls | None) -> dict[str, Any]:
    """Ask one server; mntr knows more than srvr, but is not always allowed."""
    address = f"{host}:{port}"
    try:
        cluster.zk.count()
        try:
            text, parse = four_letter(host, port, "mntr", deadline, tls), parse_mntr
        except ZooKeeperError as error:
            if error.details.get("allowed", True):
                raise
            cluster.zk.count()
            text, parse = four_letter(host, port, "srvr", deadline, tls), parse_srvr
    except ZooKeeperError as error:
        return describe(address, {}, error.message)
    if NOT_SERVING in text:
        return describe(address, {}, f"{address} runs but does not serve: it has no quorum")
    return describe(address, parse(text))


def summary(servers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the servers are together."""
    leaders = [one for one in servers if one["serving"] and one["mode"] in LEADING_MODES]
    serving = sum(1 for one in servers if one["serving"])
    return {
        "quorum": len(leaders) == 1 and 2 * serving > len(servers),
        "leader": leaders[0]["address"] if len(leaders) == 1 else None,
        "serving": serving,
        "followers_synced": leaders[0]["followers_synced"] if len(leaders) == 1 else None,
        "servers": list(servers),
    }


def check(seen: Mapping[str, Any], wait_for_quorum: bool, wanted: int | None) -> None:
    """NotYet, with what is wrong, until it is as asked for."""
    count = len(seen["servers"])
    troubles = "; ".join(one["error"] for one in seen["servers"] if one["error"])
    far = f"{seen['serving']} of {count} servers serve" + (f"; {troubles}" if troubles else "")
    if wait_for_quorum and not seen["quorum"]:
        raise NotYet(f"there is no quorum: {far}", **seen)
    if wanted is not None and seen["serving"] < wanted:
        raise NotYet(far, **seen)


def body(module: AnsibleModule, cluster: Cluster) -> Result:
    quorum, wanted, timeout = (module.params[key] for key in ("wait_for_quorum", "servers", "timeout"))
    settings = cluster.settings.zookeeper
    hosts = parse_quorum(settings.quorum)
    if wanted is not None and not 0 < wanted <= len(hosts):
        raise FlinkError(f"servers is {wanted}, but zookeeper_quorum names {len(hosts)}: give 1 to {len(hosts)}")

    def probe() -> dict[str, Any]:
        limit = Deadline(ANSWER_TIMEOUT)
        answers = parallel([partial(ask, cluster, host, port, limit, settings.tls) for host, port in hosts])
        for answer in answers:
            if isinstance(answer, FlinkError):
                raise answer
        seen = summary([one for one in answers if isinstance(one, dict)])
        check(seen, quorum, wanted)
        return seen

    what = f"the start of {wanted} ZooKeeper servers" if wanted is not None else "a quorum of ZooKeeper servers"
    return wait_for(probe, Deadline(timeout), what, interval=0.5, progress=cluster.progress)


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
