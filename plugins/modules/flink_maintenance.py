#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A window in which a cluster is worked on."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_maintenance
short_description: Announce that a Flink cluster is worked on
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Opens or ends a window in which the watchdog of P(streamops.flink.guardian#role) acts on nothing. It goes on to look
    and to report its verdicts.
  - A window has a name. Several may be open at a time, and only when the last of them has ended does the watchdog act
    again, so that a piece of work within another need not know of it.
  - A window always has an end, so that a run that was interrupted does not leave the cluster unwatched.
  - The playbooks that roll, scale or drill a cluster announce their work themselves.
options:
  name:
    description: The name of the window, for example what is done.
    type: str
    required: true
  state:
    description:
      - V(present) opens the window, or makes it longer when it would end earlier than O(duration) from now.
      - V(absent) ends this window and no other.
    type: str
    choices: [present, absent]
    default: present
  duration:
    description: Seconds after which the window ends by itself.
    type: float
    default: 1800
  reason:
    description: Why, for people who look at the cluster meanwhile.
    type: str
    default: ""
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.flink
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A window that is open and ends at nearly the time that is requested is left alone.
seealso:
  - module: streamops.flink.flink_status
"""

EXAMPLES = r"""
- name: Announce an hour of work
  streamops.flink.flink_maintenance:
    name: storage
    duration: 3600
    reason: the file server is moved
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost
  run_once: true

- name: End it
  streamops.flink.flink_maintenance:
    name: storage
    state: absent
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
name:
  description: The name of the window.
  type: str
  returned: success
  sample: storage
until:
  description: When the window ends, UTC; null when it does not exist any more.
  type: str
  returned: success
  sample: "2026-11-27T03:00:00.000Z"
windows:
  description: Every window that is open now.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: The name of the window.
      type: str
      sample: storage
    begun:
      description: Since when it is open, UTC.
      type: str
      sample: "2026-11-27T02:00:00.000Z"
    until:
      description: When it ends, UTC.
      type: str
      sample: "2026-11-27T03:00:00.000Z"
    by:
      description: The host that has announced it.
      type: str
      sample: controller
    reason:
      description: Why.
      type: str
      sample: the file server is moved
round_trips:
  description: How often REST and ZooKeeper were asked.
  type: dict
  returned: always
  sample: {rest: 0, zookeeper: 3}
"""

import socket
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._cluster import maintenance as _maintenance
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster.maintenance import Window
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run


def listed(windows: list[Window]) -> str:
    return "".join(f"{one.name} {one.reason}\n" for one in windows)


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    params = module.params
    if not params["name"].strip():
        raise FlinkError("name is empty: say what the window is for")
    if params["duration"] <= 0:
        raise FlinkError(f"duration must be more than 0 seconds, not {params['duration']}")
    now = time.time()
    before = _maintenance.open_windows(cluster, now)
    until: str | None = None
    if params["state"] == "present":
        wanted = Window(params["name"], now, now + params["duration"], socket.gethostname(), params["reason"])
        changed, window = _maintenance.announce(cluster, wanted, check_mode=module.check_mode)
        until = str(window.as_dict()["until"])
        after = [one for one in before if one.name != window.name] + [window]
    else:
        changed = _maintenance.end(cluster, params["name"], check_mode=module.check_mode)
        after = [one for one in before if one.name != params["name"]]
    after.sort()
    return {
        "changed": changed,
        "name": params["name"],
        "until": until,
        "windows": [one.as_dict() for one in after],
        "diff": {"before": listed(sorted(before)), "after": listed(after)},
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "duration": {"type": "float", "default": 1800.0},
            "reason": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
