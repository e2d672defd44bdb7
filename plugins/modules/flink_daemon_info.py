#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the daemons of a host run and answer."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_daemon_info
short_description: "Ask the daemons of a host whether they run and answer (internal: called by the roles)"
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Looks for the processes of each daemon by the marks in their environment (C(STREAMOPS_SERVICE)), and asks the daemon
    itself at its port.
  - With O(wait) it returns when all of them answer in the same round and have run for some seconds, and fails with one
    sentence for each that does not, with the line of its log that says why.
  - O(timeout) is not the time for the whole start. It begins anew whenever something of the daemon has moved, which is
    the time that its processes have used a CPU or waited for one, or the size of its logs. So a busy machine is waited
    for, up to ten times as long.
  - A daemon that was started five times while it was waited for, and ended after less than 30 seconds each, is not
    waited for any longer.
options:
  name:
    description: What the host is called in messages.
    type: str
    default: this host
  daemons:
    description: The daemons, as P(streamops.flink.flink_host_daemons#filter) returns them.
    type: list
    elements: dict
    required: true
    suboptions:
      daemon:
        description: The daemon, unique on the host.
        type: str
        required: true
      title:
        description: What people call it.
        type: str
        required: true
      service:
        description: What its processes carry as C(STREAMOPS_SERVICE). Without it, they are not looked for.
        type: str
        default: ""
      directory:
        description: What its processes carry as C(STREAMOPS_DIRECTORY).
        type: str
        default: ""
      ask:
        description: How it is asked. One without a port (V(process)) has to run for ten seconds.
        type: str
        choices: [http, https, tcp, zookeeper, process]
        default: process
      host:
        description: The address that it is asked at.
        type: str
        default: ""
      port:
        description: The port that it is asked at.
        type: int
        default: 0
      path:
        description: What is asked for, with V(http) and V(https). Every status below 500 is an answer.
        type: str
        default: /
      logs:
        description: Its logs, files or directories of C(*.log) and C(*.out).
        type: list
        elements: path
        default: []
      log_command:
        description: A command that prints what is in no file, for example of C(journalctl).
        type: list
        elements: str
        default: []
      required:
        description: Whether its absence is a problem also where its directory does not exist.
        type: bool
        default: true
  wait:
    description: Whether it is waited for all of them. Otherwise one look is taken, and nothing fails.
    type: bool
    default: false
  timeout:
    description: For how many seconds nothing of a daemon may move, for O(wait).
    type: float
    default: 120
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.info_module
  - streamops.flink.attributes.node
seealso:
  - module: streamops.flink.flink_service
  - module: streamops.flink.flink_status
  - plugin: streamops.flink.flink_host_daemons
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Wait until the history server answers
  streamops.flink.flink_daemon_info:
    name: hs1
    daemons:
      - daemon: history_server
        title: history server
        service: payments/hs1/history_server
        directory: /srv/flink/nodes/hs1/history_server
        ask: http
        host: hs1
        port: 8082
        path: /config
        logs: [/srv/flink/nodes/hs1/history_server/log]
    wait: true
"""

RETURN = r"""
daemons:
  description: What was seen of each daemon, in the order of O(daemons).
  type: list
  elements: dict
  returned: always
  contains:
    daemon:
      description: The daemon.
      type: str
      sample: history_server
    title:
      description: What people call it.
      type: str
      sample: history server
    address:
      description: Where it was asked; empty without a port.
      type: str
      sample: http://hs1:8082/config
    answers:
      description: Whether it answers; of one without a port, whether it runs.
      type: bool
      sample: true
    pid:
      description: Its first process; null when none was seen.
      type: int
      sample: 48213
    age:
      description: For how many seconds that process has run.
      type: float
      sample: 3600.5
    required:
      description: Whether its absence is a problem.
      type: bool
      sample: true
    says:
      description: Why it does not answer, with the line of its log; empty when it answers.
      type: str
      sample: "connection refused; its log says: Invalid maximum heap size: -Xmx1gb"
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node
from ansible_collections.streamops.flink.plugins.module_utils._runtime import liveness as _liveness


def runner(module: AnsibleModule) -> _liveness.RunCommand:
    def run(command: list[str]) -> tuple[int, str, str]:
        """A program that is not there has nothing to say."""
        path = module.get_bin_path(command[0])
        if path is None:
            return 1, "", ""
        code, output, errors = module.run_command([path, *command[1:]])
        return (code, output, errors) if code == 0 else (code, "", "")

    return run


def body(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    daemons = [_liveness.Daemon(**one) for one in params["daemons"]]
    run = runner(module)
    if params["wait"]:
        return {"daemons": _liveness.wait(daemons, params["name"], params["timeout"], run)}
    return {"daemons": _liveness.look_once(daemons, run)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "default": "this host"},
            "daemons": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "daemon": {"type": "str", "required": True},
                    "title": {"type": "str", "required": True},
                    "service": {"type": "str", "default": ""},
                    "directory": {"type": "str", "default": ""},
                    "ask": {
                        "type": "str",
                        "choices": ["http", "https", "tcp", "zookeeper", "process"],
                        "default": "process",
                    },
                    "host": {"type": "str", "default": ""},
                    "port": {"type": "int", "default": 0},
                    "path": {"type": "str", "default": "/"},
                    "logs": {"type": "list", "elements": "path", "default": []},
                    "log_command": {"type": "list", "elements": "str", "default": []},
                    "required": {"type": "bool", "default": True},
                },
            },
            "wait": {"type": "bool", "default": False},
            "timeout": {"type": "float", "default": 120.0},
        },
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
