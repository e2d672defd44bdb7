#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One fault on one daemon, for a drill."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_fault
short_description: "Inject one fault into one daemon of a Flink cluster, or remove it (internal: called by the roles)"
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Kills, stops or freezes a daemon, cuts it off from others, or leaves it no room for files, on the host where it
    runs. The role P(streamops.flink.drill#role) uses it to prove that a cluster survives.
  - The daemon is found by the mark that this collection puts into the environment of its processes
    (C(STREAMOPS_SERVICE)), never by a name. When nothing runs, nothing is done and the module fails.
  - A fault that lasts is written down below O(directory) before it is injected, and a small process stays behind on the
    host. It removes the fault after O(lease) seconds when it was not removed before, whatever became of the playbook.
  - A frozen process is always killed when the fault is removed, never continued. It has been superseded, and would
    disturb the jobs a second time.
options:
  action:
    description:
      - V(terminate) sends SIGTERM, V(kill) sends SIGKILL. The supervisor of the daemon starts it again.
      - V(freeze) sends SIGSTOP, and SIGKILL when the fault is removed.
      - V(stop) stops the service, so that it is not started again before the fault is removed.
      - V(partition) drops all packets to and from O(peers) with iptables, in the network of the daemon. It is not
        possible with O(runtime=process), whose nodes have no network of their own.
      - V(disk_full) lets every attempt of the daemon to write to a file fail, by a limit of the size of its files. The
        error is that of a file that is too large instead of that of a full disk. It works without root and fills no
        disk that others need.
      - Required with O(state=present).
    type: str
    choices: [terminate, kill, freeze, stop, partition, disk_full]
  state:
    description:
      - V(present) injects the fault, every time it is run.
      - V(absent) removes a fault that lasts, if there is one, and says what is left of faults.
    type: str
    choices: [present, absent]
    default: present
  service_id:
    description: The mark of the daemon, as the role P(streamops.flink.service#role) gives it to every process.
    type: str
    required: true
  service_directory:
    description:
      - The directory of the daemon, which its processes carry as C(STREAMOPS_DIRECTORY). It distinguishes the daemon
        from one with the same mark that belongs to another cluster of the same name on this host. Not for containers,
        whose directories are their own.
    type: str
    default: ""
  runtime:
    description: What runs the daemon.
    type: str
    choices: [process, systemd, docker]
    default: process
  directory:
    description: Directory for the records of faults that last. It is made, and removed with the last record.
    type: path
    required: true
  name:
    description:
      - Name of the program under supervisord, of the unit, or of the container. Needed for O(action=stop).
    type: str
    default: ""
  supervisor_dir:
    description: Directory of supervisord. Needed for O(action=stop) with O(runtime=process).
    type: path
  peers:
    description: The peers from which the daemon is cut off. Needed for O(action=partition).
    type: list
    elements: dict
    default: []
    suboptions:
      address:
        description: Address of the other side.
        type: str
        required: true
      ports:
        description: TCP ports of the other side.
        type: list
        elements: int
        default: []
      own_ports:
        description: TCP ports of the daemon that the other side connects to.
        type: list
        elements: int
        default: []
  lease:
    description: Seconds after which a fault that lasts is removed by the host itself.
    type: float
    default: 600
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.node
attributes:
  check_mode:
    support: full
    details:
      - It says which process would be hit.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - O(state=absent) is. A fault that was requested twice is injected twice.
seealso:
  - module: streamops.flink.flink_drill_plan
  - module: streamops.flink.flink_drill_watch
"""

EXAMPLES = r"""
- name: Kill the JobManager of this host
  streamops.flink.flink_fault:
    action: kill
    service_id: payments/jm1/jobmanager
    directory: /var/lib/streamops-flink/drill

- name: Freeze it for at most a minute
  streamops.flink.flink_fault:
    action: freeze
    service_id: payments/jm1/jobmanager
    directory: /var/lib/streamops-flink/drill
    lease: 60

- name: Remove the fault
  streamops.flink.flink_fault:
    state: absent
    service_id: payments/jm1/jobmanager
    directory: /var/lib/streamops-flink/drill
"""

RETURN = r"""
pid:
  description: The process that was hit, or would be in check mode; null when no fault was there to be removed.
  type: int
  returned: success
  sample: 48213
pids:
  description: All processes of the daemon that were hit.
  type: list
  elements: int
  returned: when O(state=present)
  sample: [48213]
start_time:
  description: When the process started, in ticks since the start of the kernel, which identifies it.
  type: str
  returned: when O(state=present)
  sample: "2345678"
command:
  description: The beginning of its command line.
  type: str
  returned: when O(state=present)
  sample: /usr/lib/jvm/java-17-openjdk-amd64/bin/java -Xmx1073741824
injected:
  description: When the fault was injected, in UTC by the clock of the host; null in check mode.
  type: str
  returned: when O(state=present)
  sample: "2026-03-01T12:00:00.123Z"
removed:
  description: When the fault was removed, in UTC by the clock of the host; null when there was none.
  type: str
  returned: when O(state=absent)
  sample: "2026-03-01T12:00:30.456Z"
action:
  description: The fault that was injected or removed; null when none was there to be removed.
  type: str
  returned: success
  sample: freeze
left:
  description: What is left of any fault on this daemon, one phrase each.
  type: list
  elements: str
  returned: when O(state=absent)
  sample: []
clock:
  description:
    - The clock of the host, in seconds since 1970, when the module began and ended, when the fault was injected or
      removed, and the id of the kernel's start. Hosts with the same id share a clock.
  type: dict
  returned: success
  sample:
    begin: 1795296000.1
    end: 1795296000.2
    event: 1795296000.15
    boot_id: 6f0b6d0e-6a8f-4a39-8f0a-0f4f3c2d1b11
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.processes import boot_id
from ansible_collections.streamops.flink.plugins.module_utils._base.times import iso_or_none
from ansible_collections.streamops.flink.plugins.module_utils._drill import inject as _fault
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node


def daemon_of(params: dict[str, Any]) -> _fault.Daemon:
    if params["state"] == "present" and params["action"] == "stop":
        needed = ["name", "supervisor_dir"] if params["runtime"] == "process" else ["name"]
        missing = [option for option in needed if not params[option]]
        if missing:
            raise FlinkError(f"cannot stop {params['service_id']}: {' and '.join(missing)} must be given")
    return _fault.Daemon(
        service_id=params["service_id"],
        runtime=params["runtime"],
        directory=params["directory"],
        name=params["name"],
        supervisor_dir=params["supervisor_dir"] or "",
        service_directory=params["service_directory"],
        peers=tuple(params["peers"]),
    )


def body(module: AnsibleModule) -> dict[str, Any]:
    begin = time.time()
    params = module.params
    daemon = daemon_of(params)
    if params["state"] == "present":
        report = _fault.inject(
            daemon, params["action"], module.run_command, lease=params["lease"], check=module.check_mode
        )
        event = report.pop("injected_at")
        result = {**report, "changed": True, "action": params["action"], "injected": iso_or_none(event)}
    else:
        report = _fault.remove(daemon, module.run_command, check=module.check_mode)
        event = report.pop("removed_at")
        result = {**report, "changed": report["action"] is not None, "removed": iso_or_none(event)}
    return {
        **result,
        "clock": {"begin": begin, "end": time.time(), "event": event, "boot_id": boot_id()},
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "action": {
                "type": "str",
                "choices": ["terminate", "kill", "freeze", "stop", "partition", "disk_full"],
            },
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "service_id": {"type": "str", "required": True},
            "service_directory": {"type": "str", "default": ""},
            "runtime": {"type": "str", "choices": ["process", "systemd", "docker"], "default": "process"},
            "directory": {"type": "path", "required": True},
            "name": {"type": "str", "default": ""},
            "supervisor_dir": {"type": "path"},
            "peers": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "address": {"type": "str", "required": True},
                    "ports": {"type": "list", "elements": "int", "default": []},
                    "own_ports": {"type": "list", "elements": "int", "default": []},
                },
            },
            "lease": {"type": "float", "default": 600.0},
        },
        required_if=[("state", "present", ["action"])],
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
