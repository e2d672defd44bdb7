#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a fault may be injected, into which daemons, and how long recovery may take."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_drill_plan
short_description: "Say whether a cluster is fit for a fault, and what it would hit (internal: called by the roles)"
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Checks for one of the faults of a drill what must hold before it may be injected. The runtime can
    do it, the cluster is whole, a standby is left that takes over, free slots are left, and every job has just
    completed a checkpoint. It changes nothing but the number of the last checkpoint.
  - It names the daemon that the fault is to hit, and computes from the configuration of the running cluster how long
    recovery may take.
options:
  fault:
    description:
      - Name of a fault. Without it, O(faults) are turned into a list of single ones and nothing is asked of the
        cluster.
    type: str
  faults:
    description:
      - Names of faults. V(all) stands for all of them, V(zookeeper_kill) and V(partition) for two each.
    type: list
    elements: str
    default: [all]
  draw:
    description:
      - How many faults are drawn at random from those of O(faults) that the cluster can do; with V(0) each is taken
        once, in order.
    type: int
    default: 0
  seed:
    description: The same seed draws the same faults again.
    type: int
    default: 1
  nodes:
    description: The nodes of the cluster as P(streamops.flink.flink_nodes#filter) gives them.
    type: list
    elements: dict
    required: true
  runtime:
    description: What runs the daemons.
    type: str
    choices: [process, systemd, docker]
    default: process
  zookeeper_source:
    description: Where ZooKeeper comes from. With V(existing) it is never touched.
    type: str
    default: bundled
  tick:
    description: ZooKeeper's tickTime in seconds.
    type: float
    default: 2.0
  fencing:
    description: Whether a guardian releases the leadership of a process that is dead.
    type: bool
    default: false
  triggered:
    description: Whether checkpoints are triggered as soon as a job runs again, rather than waited for.
    type: bool
    default: true
  watch:
    description: Seconds for which the cluster is watched after it has recovered.
    type: float
    default: 60
  limit_factor:
    description: What the limits are multiplied with, for machines that are slow or busy.
    type: float
    default: 1.0
  required:
    description:
      - Whether the fault was requested by its name, so that a cluster which cannot do it does not pass.
    type: bool
    default: false
  timeout:
    description: Seconds within which the cluster has to be whole and the checkpoints complete.
    type: float
    default: 60
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
  - module: streamops.flink.flink_fault
  - module: streamops.flink.flink_gate
"""

EXAMPLES = r"""
- name: See whether the leader of this cluster may be killed
  streamops.flink.flink_drill_plan:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    jobmanagers:
      - name: jm1
        url: http://jm1:8081
      - name: jm2
        url: http://jm2:8081
    nodes: "{{ groups | streamops.flink.flink_nodes(hostvars, {'base_dir': '/var/lib/streamops-flink'}) }}"
    fault: leader_kill
"""

RETURN = r"""
faults:
  description:
    - The single faults that were requested, in order, each with its name, its title, the name of a directory for its
      samples, the seconds that pass before it, and, as C(blank), an entry for the result of a drill that breaks off.
  type: list
  elements: dict
  returned: success
  sample:
    - name: leader_kill
      title: Kill the leading JobManager
      place: leader_kill
      pause: 0.0
possible:
  description: Whether the fault may be injected now.
  type: bool
  returned: when O(fault) is given
  sample: true
able:
  description: Whether this cluster can do the fault at all, however well it is.
  type: bool
  returned: when O(fault) is given
  sample: true
reason:
  description: Why it may not be injected; empty when it may.
  type: str
  returned: when O(fault) is given
  sample: no standby JobManager waits to take over
title:
  description: The fault in words.
  type: str
  returned: when O(fault) is given
  sample: Kill the leading JobManager
action:
  description: The action of M(streamops.flink.flink_fault).
  type: str
  returned: when O(fault) is given
  sample: kill
lasting:
  description: Whether the fault lasts until it is removed.
  type: bool
  returned: when O(fault) is given
  sample: false
targets:
  description: The daemons that it hits, each with its host, its service and the peers that it is cut off from.
  type: list
  elements: dict
  returned: when O(fault) is given
  sample:
    - host: jm1
      service: jobmanager
      peers: []
limits:
  description: Seconds within which the fault has to be survived, by the name of the time.
  type: dict
  returned: when O(fault) is given
  sample: {leader: 3.0, running: 12.0, row: 15.0, stalled: 15.0, checkpoint: 22.0}
timing:
  description: The settings of the running cluster that the limits were computed from.
  type: dict
  returned: when RV(possible=true)
  sample: {session: 15.0, tick: 2.0, heartbeat_interval: 3.0}
hold:
  description: For how many seconds a fault lasts that is removed after a time.
  type: float
  returned: when O(fault) is given
  sample: 6.0
deadline:
  description: Seconds after which the watch gives up.
  type: float
  returned: when O(fault) is given
  sample: 240.0
jobs:
  description: The jobs that run, with the checkpoint that each has just completed.
  type: list
  elements: dict
  returned: when O(fault) is given
  sample:
    - job_id: 7c5a1d9f3e2b4a608f1c2d3e4f5a6b7c
      name: transactions
      checkpoint_id: 17
result:
  description:
    - The entry of the fault in the result of the drill, as long as it has not been injected.
  type: dict
  returned: when O(fault) is given
  sample:
    name: leader_kill
    status: refused
looked_at:
  description: When it was decided, in seconds since 1970 by the clock of the controller.
  type: float
  returned: success
  sample: 1795296000.1
round_trips:
  description: How often ZooKeeper and REST were asked.
  type: dict
  returned: always
  sample:
    rest: 9
    zookeeper: 3
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster, config_of
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._drill import faults as _drill
from ansible_collections.streamops.flink.plugins.module_utils._drill import verdict as _drill_verdict
from ansible_collections.streamops.flink.plugins.module_utils._operations import gate as _gate
from ansible_collections.streamops.flink.plugins.module_utils._operations.status import collect


def entry(fault: _drill.Fault, times: _drill.Timing, params: dict[str, Any]) -> dict[str, Any]:
    """What is known of a fault before any request is made."""
    limits = _drill.limits(fault, times, triggered=params["triggered"])
    return {
        "title": fault.title,
        "action": fault.action,
        "lasting": bool(fault.until),
        "targets": [],
        "limits": {name: round(seconds * params["limit_factor"], 2) for name, seconds in limits.items()},
        "hold": _drill.hold_seconds(fault, times),
        "deadline": _drill.deadline_seconds(fault, times, params["watch"]),
        "jobs": [],
    }


def skipped(fault: _drill.Fault, params: dict[str, Any], began: float, reason: str, *, able: bool) -> dict[str, Any]:
    """The entry of the result for a fault that was not injected."""
    status = "refused" if able or params["required"] else "skipped"
    return _drill_verdict.not_injected(fault, status, reason, began=began, ended=time.time())


def impossible(fault: _drill.Fault, params: dict[str, Any], began: float, reason: str, *, able: bool) -> dict[str, Any]:
    return {
        **entry(fault, _drill.Timing(), params),
        "possible": False,
        "able": able,
        "reason": reason,
        "result": skipped(fault, params, began, reason, able=able),
    }


def plan(cluster: Cluster, fault: _drill.Fault, params: dict[str, Any], *, look_only: bool) -> dict[str, Any]:
    """Check the preconditions and choose the victim."""
    nodes, began = params["nodes"], time.time()
    reason = _drill.impossible(fault, params["runtime"], nodes, params["zookeeper_source"])
    if reason:
        return impossible(fault, params, began, reason, able=False)
    demand = _gate.Demand(nodes, checkpoint=not look_only)
    try:
        passed = _gate.pass_gate(cluster, demand, Deadline(0.0 if look_only else params["timeout"]))
        if not passed["jobs"]:
            raise FlinkError("no job runs, so that nothing would be proved")
        if not look_only and all(job["checkpoint_id"] is None for job in passed["jobs"]):
            raise FlinkError("no job makes checkpoints, so that all would begin anew after a failure")
        status = collect(cluster, demand.all_nodes)
        targets = _drill.choose(fault, status, nodes)
        config = config_of(cluster.rest.at(status["leader"]["url"]).get("/jobmanager/config"))
    except FlinkError as error:
        return impossible(fault, params, began, error.message.rstrip("."), able=True)
    times = _drill.timing(config, tick=params["tick"], fenced=params["fencing"])
    return {
        **entry(fault, times, params),
        "possible": True,
        "able": True,
        "reason": "",
        "targets": [{**one.as_dict(), "peers": _drill.cut(fault, one, nodes)} for one in targets],
        "timing": times.as_dict(),
        "jobs": passed["jobs"],
        "result": skipped(fault, params, began, "", able=True),
    }


def wanted(names: list[str], params: dict[str, Any], now: float) -> list[dict[str, Any]]:
    """The faults in the order in which they are injected."""
    if params["draw"] < 0:
        raise FlinkError(f"draw must be the number of faults to draw, or 0, not {params['draw']}")
    order = [(name, 0.0, name) for name in names]
    if params["draw"]:
        able = [
            name
            for name in names
            if not _drill.impossible(
                _drill.CATALOGUE[name], params["runtime"], params["nodes"], params["zookeeper_source"]
            )
        ]
        drawn = _drill.drawn(able, params["draw"], params["seed"])
        order = [(name, pause, f"{number:03d}-{name}") for number, (name, pause) in enumerate(drawn, 1)]
    return [
        {
            "name": name,
            "title": _drill.CATALOGUE[name].title,
            "pause": pause,
            "place": place,
            "blank": _drill_verdict.not_injected(_drill.CATALOGUE[name], "aborted", "", began=now, ended=now),
        }
        for name, pause, place in order
    ]


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    params = module.params
    names = _drill.asked([params["fault"]] if params["fault"] else params["faults"])
    now = time.time()
    result: dict[str, Any] = {"faults": wanted(names, params, now), "looked_at": now}
    if params["fault"]:
        if params["fault"] not in _drill.CATALOGUE:
            raise FlinkError(
                f"{params['fault']} is not a single fault: give it in faults, or one of {' and '.join(names)}"
            )
        result |= plan(cluster, _drill.CATALOGUE[params["fault"]], params, look_only=module.check_mode)
    return result


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "fault": {"type": "str"},
            "faults": {"type": "list", "elements": "str", "default": ["all"]},
            "draw": {"type": "int", "default": 0},
            "seed": {"type": "int", "default": 1},
            "nodes": {"type": "list", "elements": "dict", "required": True},
            "runtime": {"type": "str", "choices": ["process", "systemd", "docker"], "default": "process"},
            "zookeeper_source": {"type": "str", "default": "bundled"},
            "tick": {"type": "float", "default": 2.0},
            "fencing": {"type": "bool", "default": False},
            "triggered": {"type": "bool", "default": True},
            "watch": {"type": "float", "default": 60.0},
            "limit_factor": {"type": "float", "default": 1.0},
            "required": {"type": "bool", "default": False},
            "timeout": {"type": "float", "default": 60.0},
        },
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
