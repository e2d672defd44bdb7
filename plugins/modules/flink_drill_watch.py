#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watches a cluster through a fault, and judges what was seen."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_drill_watch
short_description: "Watch a cluster before, during and after a fault, and judge it (internal: called by the roles)"
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Looks at the cluster every 50 milliseconds. It writes down who leads and who contends (from ZooKeeper), whether REST
    answers, the state of every job and its tasks, checkpoints and restores, registered TaskManagers, ZooKeeper
    servers that serve, and rows that are written.
  - The watch runs on the controller as an asynchronous task in parallel with the fault that
    M(streamops.flink.flink_fault) injects. The other states talk to it through files in O(directory). It ends by
    itself, whatever becomes of the play.
  - V(watching), then V(ready), the fault, V(recovered), its removal, V(settled) and V(judged) is the order in which
    the role P(streamops.flink.drill#role) uses it.
options:
  state:
    description:
      - V(watching) is the watch itself, to be run with C(async) and C(poll=0).
      - V(ready) waits until the watch has seen enough of the time before the fault.
      - V(recovered) reports the fault to the watch, and waits until the fault has done what it was to do and may be
        removed. A fault that is over at once is waited for no longer.
      - V(settled) reports to the watch that the fault is gone, and waits until everything has recovered and O(watch)
        seconds have passed since.
      - V(stopped) ends the watch before its time.
      - V(judged) returns the entry of the fault for the result of the drill.
    type: str
    choices: [watching, ready, recovered, settled, stopped, judged]
    required: true
  directory:
    description: Directory of this watch on the controller, an empty one of its own for each fault. It is made.
    type: path
    required: true
  fault:
    description: Name of the fault, as M(streamops.flink.flink_drill_plan) knows it.
    type: str
    required: true
  zookeepers:
    description: Names of the ZooKeeper servers by their addresses, host:port.
    type: dict
    default: {}
  rows_directory:
    description: Directory on the controller to which the job writes its rows as lines of files.
    type: path
  watch:
    description: Seconds for which the cluster is watched after it has recovered.
    type: float
    default: 60
  before:
    description: Seconds for which the cluster is watched before the fault.
    type: float
    default: 5
  hold:
    description: For how many seconds a fault lasts that is removed after a time.
    type: float
    default: 6
  triggered:
    description: Whether checkpoints are triggered as soon as a job runs again, rather than waited for.
    type: bool
    default: true
  timeout:
    description: Seconds after which the watch ends at the latest, or for which a state of it is awaited.
    type: float
    default: 300
  injections:
    description: What M(streamops.flink.flink_fault) has returned, with C(host) and C(service), one entry a victim.
    type: list
    elements: dict
    default: []
  removals:
    description: What M(streamops.flink.flink_fault) has returned for its removal, one entry a victim.
    type: list
    elements: dict
    default: []
  began:
    description: When the drill of this fault began, in seconds since 1970.
    type: float
  asked_at:
    description:
      - When the injection was requested, in seconds since 1970 by the clock of the controller. With the time at which
        this module is called afterwards it shows how far the clock of another host may be off.
    type: float
  limits:
    description: Seconds within which the fault has to be survived, by the name of the time. For O(state=judged).
    type: dict
    default: {}
  rows:
    description:
      - What a check of the job's data says, with C(expected), C(lost), C(doubled) and C(wrong). For O(state=judged).
    type: dict
  rows_reason:
    description: Why there is no such check.
    type: str
    default: ""
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.flink
attributes:
  check_mode:
    support: none
    details:
      - Without a fault there is nothing to watch.
  diff_mode:
    support: none
  idempotent:
    support: N/A
    details:
      - It changes nothing of the cluster. It may trigger checkpoints.
seealso:
  - module: streamops.flink.flink_fault
  - module: streamops.flink.flink_drill_plan
"""

EXAMPLES = r"""
- name: Watch the cluster while its leader is killed
  streamops.flink.flink_drill_watch:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    jobmanagers:
      - name: jm1
        url: http://jm1:8081
      - name: jm2
        url: http://jm2:8081
    state: watching
    directory: reports/drill/leader_kill
    fault: leader_kill
  async: 300
  poll: 0
"""

RETURN = r"""
phase:
  description: How far the watch has come.
  type: str
  returned: when O(state) is V(ready), V(recovered), V(settled) or V(stopped)
  sample: settled
settled:
  description: Whether everything had recovered.
  type: bool
  returned: except when O(state=judged)
  sample: true
settled_at:
  description: When everything had recovered, in seconds since 1970 by the clock of the controller; null before.
  type: float
  returned: when O(state) is V(ready), V(recovered), V(settled) or V(stopped)
  sample: 1795296000.1
text:
  description: What the watch said last.
  type: str
  returned: except when O(state=judged)
  sample: recovered, and it stayed so
now:
  description: The clock of the controller when the module ended, in seconds since 1970.
  type: float
  returned: success
  sample: 1795296000.1
result:
  description:
    - The entry of the fault in the result of the drill, with C(status), C(reason), C(times), C(checks), C(jobs),
      C(rows) and C(timeline).
  type: dict
  returned: when O(state=judged)
  sample:
    name: leader_kill
    status: passed
round_trips:
  description: How often ZooKeeper and REST were asked through the session of this module.
  type: dict
  returned: always
  sample:
    rest: 0
    zookeeper: 812
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._drill.states import done


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    return done(module.params, cluster)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "state": {
                "type": "str",
                "choices": ["watching", "ready", "recovered", "settled", "stopped", "judged"],
                "required": True,
            },
            "directory": {"type": "path", "required": True},
            "fault": {"type": "str", "required": True},
            "zookeepers": {"type": "dict", "default": {}},
            "rows_directory": {"type": "path"},
            "watch": {"type": "float", "default": 60.0},
            "before": {"type": "float", "default": 5.0},
            "hold": {"type": "float", "default": 6.0},
            "triggered": {"type": "bool", "default": True},
            "timeout": {"type": "float", "default": 300.0},
            "injections": {"type": "list", "elements": "dict", "default": []},
            "removals": {"type": "list", "elements": "dict", "default": []},
            "began": {"type": "float"},
            "asked_at": {"type": "float"},
            "limits": {"type": "dict", "default": {}},
            "rows": {"type": "dict"},
            "rows_reason": {"type": "str", "default": ""},
        },
    )
    run(module, body)


if __name__ == "__main__":
    main()
