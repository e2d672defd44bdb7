#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What would stand in the way of the daemons of one machine."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_preflight
short_description: "Look for what would stand in the way of Flink on a machine (internal: called by the roles)"
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Asks one machine everything that can be known before a cluster is deployed, in one call, and changes nothing.
  - It does not fail when it finds a problem. All problems are returned, one sentence each, so that those of all
    machines can be shown together.
  - Every check is made only when the options that it needs are given.
  - Daemons that were started below O(base_dir) are distinguished from others by the marks in their environment, so that
    a running cluster is not a problem for itself.
attributes:
  check_mode:
    support: full
    details:
      - O(token_state=written) and O(token_state=absent) do nothing in check mode.
  diff_mode:
    support: N/A
    details:
      - Nothing that lasts is changed.
  idempotent:
    support: full
requirements:
  - Linux on the machine
options:
  machine:
    description: What the machine is called in problems.
    type: str
    default: this machine
  base_dir:
    description: Directory of all that the cluster writes on the machine. A process that works below it is ours.
    type: path
  nodes:
    description:
      - The nodes on this machine, as P(streamops.flink.flink_nodes#filter) describes them. Their ports must be free, or
        in use by daemons below O(base_dir).
    type: list
    elements: dict
    default: []
  bind_address:
    description: Address on which the daemons listen.
    type: str
    default: 0.0.0.0
  memory:
    description:
      - The memory of each daemon, for example V(1024m), by C(<daemon> of <node>). Their sum must be available, that of
        running daemons below O(base_dir) included.
    type: dict
    default: {}
  disk:
    description: Directories and the free space, for example V(2g), that their disks must have.
    type: dict
    default: {}
  writable:
    description: Directories that must be writable, or that it must be possible to make.
    type: list
    elements: path
    default: []
  python_packages:
    description: Python packages that the Python of this machine must have.
    type: list
    elements: str
    default: []
  supervisor_dir:
    description: Directory of supervisord, whose socket must not have too long a path.
    type: path
  systemd:
    description: Whether systemd must run on this machine.
    type: bool
    default: false
  peers:
    description:
      - Addresses that the daemons of this machine will talk to, C(host:port). They must be known by name and reachable;
        that nothing listens there yet is not a problem.
    type: list
    elements: str
    default: []
  peers_required:
    description: Those among O(peers) that must answer, because they are operated elsewhere.
    type: list
    elements: str
    default: []
  clock_tolerance:
    description:
      - Seconds by which the clock of the machine may differ from that of the controller. Without it, the clocks are
        not compared.
      - What the way to the machine and back may have taken is not counted as a difference.
    type: float
  token_state:
    description:
      - A proof that O(token_dir) is shared. V(written) leaves a file there on one machine, V(found) looks for it on the
        others and tries to write next to it, V(absent) removes it.
    type: str
    choices: [written, found, absent]
  token_dir:
    description: The directory that all machines share. Where it does not exist, the nearest one above it is taken.
    type: path
  token:
    description: Name of the file, with letters and digits.
    type: str
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.node
seealso:
  - module: streamops.flink.flink_service
  - plugin: streamops.flink.flink_inventory_problems
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Look before anything is changed
  streamops.flink.flink_preflight:
    machine: "{{ inventory_hostname }}"
    base_dir: /var/lib/flink
    nodes: "{{ groups | streamops.flink.flink_nodes(hostvars) | selectattr('name', 'eq', inventory_hostname) }}"
    memory:
      jobmanager of jm1: 1600m
    disk:
      /var/lib/flink: 2g
    writable: [/var/lib/flink]
    python_packages: [supervisor]
  register: looked

- name: Show what is wrong
  ansible.builtin.debug:
    var: looked.problems

- name: List the daemons that run below a directory
  streamops.flink.flink_preflight:
    base_dir: /var/lib/flink
  register: left
"""

RETURN = r"""
problems:
  description: What stands in the way, one sentence each.
  type: list
  elements: str
  returned: always
  sample:
    - "port 8081 on flink1, jobmanager_rest_port of jm1, is in use by process 4711 (python3 -m http.server 8081): stop
      it, or choose another port"
zookeeper_data:
  description: Names of those among O(nodes) whose ZooKeeper server has data already.
  type: list
  elements: str
  returned: always
  sample: [zk1]
own_processes:
  description: The processes that were started below O(base_dir).
  type: list
  elements: dict
  returned: always
  contains:
    pid:
      description: Process id.
      type: int
      sample: 48213
    service:
      description: What it is; V(supervisord) for the supervisor itself.
      type: str
      sample: payments/jm1/jobmanager
    command:
      description: Its command line.
      type: str
      sample: /opt/java/bin/java org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint
clock:
  description: The clock of the machine when the module began and when it ended, in seconds since 1970.
  type: dict
  returned: when O(clock_tolerance) is given
  contains:
    began:
      description: When it began.
      type: float
      sample: 1772366400.25
    ended:
      description: When it ended.
      type: float
      sample: 1772366400.75
    tolerance:
      description: The seconds of O(clock_tolerance).
      type: float
      sample: 30
memory_needed_mb:
  description: Memory that the daemons need, in MiB.
  type: int
  returned: when O(memory) is given
  sample: 4096
memory_available_mb:
  description: Memory that the machine has for them, in MiB.
  type: int
  returned: when O(memory) is given
  sample: 15360
"""

import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.disk import disk_problems
from ansible_collections.streamops.flink.plugins.module_utils._base.processes import MARK_SERVICE, Process, command_of
from ansible_collections.streamops.flink.plugins.module_utils._base.secrets import masked_assignments
from ansible_collections.streamops.flink.plugins.module_utils._base.units import size
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node
from ansible_collections.streamops.flink.plugins.module_utils._preflight.machine import (
    memory_available,
    memory_problems,
    package_problems,
    socket_problems,
    systemd_problems,
    write_problems,
)
from ansible_collections.streamops.flink.plugins.module_utils._preflight.network import (
    WantedPort,
    own_processes,
    peer_problems,
    port_problems,
)
from ansible_collections.streamops.flink.plugins.module_utils._preflight.storage import (
    read_token,
    remove_token,
    write_token,
)


def wanted_ports(nodes: list[dict[str, Any]]) -> list[WantedPort]:
    """Ports that are none are named by the check of the inventory."""
    return [
        WantedPort(int(port), f"{variable} of {node['name']}")
        for node in nodes
        for variable, port in node.get("ports", {}).items()
        if str(port).isdigit()
    ]


def token_problems(module: AnsibleModule, machine: str) -> list[str]:
    state, directory, token = (module.params[name] for name in ("token_state", "token_dir", "token"))
    if state == "found":
        return read_token(directory, token, machine)
    if state == "written" and not module.check_mode:
        return write_token(directory, token, machine)
    if state == "absent" and not module.check_mode:
        remove_token(directory, token)
    return []


def has_zookeeper_data(node: dict[str, Any]) -> bool:
    directory = node.get("node_dir")
    return "zookeeper" in node.get("daemons", ()) and Path(f"{directory}/zookeeper/data/version-2").is_dir()


def listed(one: Process) -> dict[str, Any]:
    service = one.environment.get(MARK_SERVICE, "supervisord")
    return {"pid": one.pid, "service": service, "command": masked_assignments(command_of(one.pid))}


def body(module: AnsibleModule) -> dict[str, Any]:
    began = time.time()
    params = module.params
    machine = params["machine"]
    own = own_processes(params["base_dir"]) if params["base_dir"] else []
    problems = port_problems(wanted_ports(params["nodes"]), params["bind_address"], machine, own)
    result: dict[str, Any] = {"changed": False, "own_processes": [listed(one) for one in own]}
    if params["memory"]:
        needs = {who: size(amount, f"the memory of {who}") for who, amount in params["memory"].items()}
        available = memory_available(own)
        problems += memory_problems(needs, available, machine)
        result |= {"memory_needed_mb": sum(needs.values()) >> 20, "memory_available_mb": available >> 20}
    for path, amount in params["disk"].items():
        problems += disk_problems(path, size(amount, f"the free disk of {path}"), machine)
    for path in params["writable"]:
        problems += write_problems(path, machine)
    problems += package_problems(params["python_packages"], machine)
    if params["systemd"]:
        problems += systemd_problems(machine)
    if params["peers"]:
        problems += peer_problems(params["peers"], params["peers_required"], machine)
    if params["supervisor_dir"]:
        problems += socket_problems(params["supervisor_dir"], machine)
    problems += token_problems(module, machine)
    result["zookeeper_data"] = [node["name"] for node in params["nodes"] if has_zookeeper_data(node)]
    if params["clock_tolerance"] is not None:
        # Compared on the controller, which knows when it asked and when the answer came.
        result["clock"] = {"began": began, "ended": time.time(), "tolerance": params["clock_tolerance"]}
    return {**result, "problems": problems}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "machine": {"type": "str", "default": "this machine"},
            "base_dir": {"type": "path"},
            "nodes": {"type": "list", "elements": "dict", "default": []},
            "bind_address": {"type": "str", "default": "0.0.0.0"},
            "memory": {"type": "dict", "default": {}},
            "disk": {"type": "dict", "default": {}},
            "writable": {"type": "list", "elements": "path", "default": []},
            "python_packages": {"type": "list", "elements": "str", "default": []},
            "supervisor_dir": {"type": "path"},
            "systemd": {"type": "bool", "default": False},
            "peers": {"type": "list", "elements": "str", "default": []},
            "peers_required": {"type": "list", "elements": "str", "default": []},
            "clock_tolerance": {"type": "float"},
            "token_state": {"type": "str", "choices": ["written", "found", "absent"]},
            "token_dir": {"type": "path"},
            "token": {"type": "str", "no_log": False},
        },
        required_by={"token_state": ("token_dir", "token")},
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
