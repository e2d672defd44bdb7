#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One daemon as a supervised service."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_service
short_description: "Run one daemon as a supervised service (internal: called by the roles)"
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Runs a daemon under supervisord or as a systemd unit, and brings it to its state in one call. It outlives the
    playbook, and is started again whenever it ends.
  - It returns as soon as the process is started. It does not wait until the daemon is ready.
  - The process carries the digest of its description, its secrets and O(digest) in its environment. It is restarted
    when it was started from something else, also when an earlier run was interrupted between writing and restarting.
  - With O(runtime=process) the daemon is a process of an ordinary account. Its output goes to a file that rotates. No
    root and no system service are needed. The module starts supervisord when none runs for O(supervisor_dir), and shuts
    it down and removes the directory with the last daemon. Several hosts of the inventory on one machine may share the
    directory and run in parallel.
  - Under supervisord a daemon that ends within ten seconds is started again after one, two, three and more seconds; one
    that ends later is started again at once, without end. supervisord starts nothing on its own when it starts. After
    the machine was started again, run the playbook.
  - When supervisord was killed, the daemons that it left behind are found by the marks in their environment
    (C(STREAMOPS_SERVICE) and C(STREAMOPS_SUPERVISOR)), stopped, and started anew, because supervisord cannot adopt a
    process. The module warns when it has done so.
  - With O(runtime=systemd) the daemon is a hardened unit that starts with the machine. It gains no rights, may write
    below O(directory) and O(writable) only, has a private temporary directory, and is started again without end. All
    its processes are stopped with it. What it prints goes to the journal. The values of O(secret_environment) are in a
    file that only root can read. Settings of your own belong into a drop-in (C(systemctl edit)), which this module
    neither reads nor removes.
requirements:
  - supervisor >= 4.2 on the host, next to the Python that runs the module, with O(runtime=process)
  - systemd 240 or newer, and root, with O(runtime=systemd)
options:
  runtime:
    description: What runs the daemon. An option that only the other runtime uses is refused.
    type: str
    choices: [process, systemd]
    required: true
  name:
    description:
      - Name of the daemon. With O(runtime=process) it is unique within O(supervisor_dir). With O(runtime=systemd) it is
        the name of the unit, without C(.service).
    type: str
    required: true
  state:
    description:
      - V(started) makes sure that the daemon runs as described, and restarts it when it runs otherwise.
      - V(restarted) restarts it in any case.
      - V(stopped) stops it and keeps its description. A unit stays stopped after a reboot.
      - V(absent) stops it and removes its description. Its own files stay.
    type: str
    choices: [started, restarted, stopped, absent]
    default: started
  command:
    description:
      - The command and its arguments, which must stay in the foreground.
      - Without it, the description that the daemon has already is kept.
    type: list
    elements: str
  environment:
    description:
      - Environment variables of the daemon.
      - With O(runtime=process) it also gets C(PATH), C(HOME), C(USER), C(LOGNAME) and C(TZ) of the account that
        starts supervisord, C(LANG) and C(LC_ALL) as C(C.UTF-8), and nothing else. A value cannot hold line breaks or
        both kinds of quotation marks.
    type: dict
    default: {}
  secret_environment:
    description: More environment variables, whose values are never shown.
    type: dict
    default: {}
  directory:
    description:
      - Working directory of the daemon. Required with O(command).
      - With O(runtime=process) it is made when it is missing. With O(runtime=systemd) the daemon may write below it,
        and it must exist when the daemon is started.
    type: path
  user:
    description:
      - Account that runs the daemon. The default is the account of the module. With O(runtime=process) another one is
        for root only.
    type: str
  service_id:
    description:
      - What marks the daemon's processes in their environment, as C(STREAMOPS_SERVICE). The default is O(name), with
        O(runtime=process) below O(supervisor_dir).
    type: str
  digest:
    description: A digest of the daemon's configuration. The daemon is restarted when it changes.
    type: str
    default: ""
  restart:
    description:
      - Whether a daemon that runs may be restarted because it runs otherwise than described. With V(false) it goes on
        as it is, nothing is written, and RV(restart_needed) says that it waits for a restart.
    type: bool
    default: true
  stop_timeout:
    description: Seconds a daemon has to end by itself before it is killed, with all processes that it has started.
    type: int
    default: 30
  supervisor_dir:
    description:
      - Directory of supervisord's configuration, socket, log and process id, readable by its owner only. Required with
        O(runtime=process).
      - The path can have at most 83 bytes, because that of the socket below it is limited.
    type: path
  supervisord:
    description:
      - The executable of supervisord, for O(runtime=process). The default is the one next to the Python that runs the
        module.
    type: path
  log:
    description:
      - File for what the daemon prints, in a directory that is made when it is missing. Required with O(command) and
        O(runtime=process).
    type: path
  log_max_bytes:
    description: Size at which O(log) is rotated, for O(runtime=process).
    type: int
    default: 10485760
  log_backups:
    description: Number of rotated files that are kept, for O(runtime=process).
    type: int
    default: 3
  priority:
    description: When supervisord itself is stopped, daemons with a higher number are stopped first.
    type: int
    default: 999
  description:
    description: What C(systemctl status) shows, for O(runtime=systemd). The default is O(service_id).
    type: str
  writable:
    description:
      - More directories below which the daemon may write, for O(runtime=systemd). They must exist when the daemon is
        started.
    type: list
    elements: path
    default: []
  group:
    description: Group that runs the daemon, for O(runtime=systemd). The default is that of O(user).
    type: str
  after:
    description:
      - Names of units, without C(.service), that are started before this one where they exist, for O(runtime=systemd).
    type: list
    elements: str
    default: []
  limits:
    description:
      - V(open_files) (default 65536), V(processes) (default without limit), V(memory), for example V(2g), and V(cpus),
        for example V(1.5), for O(runtime=systemd).
    type: dict
    default: {}
  hardening:
    description:
      - Settings of the section C([Service]) that add to the hardening of the unit, or replace parts of it, for example
        C(ProtectHome), for O(runtime=systemd).
    type: dict
    default: {}
  restart_delay:
    description: Seconds between the end of a daemon and its next start, for O(runtime=systemd).
    type: float
    default: 1
  post_stop:
    description:
      - Command that systemd runs whenever the daemon has ended, however that happened, before it is started again.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.node
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Values of O(secret_environment), and of variables and options that are named like secrets, are hidden.
  idempotent:
    support: partial
    details:
      - With O(state=restarted) every run restarts the daemon.
seealso:
  - module: streamops.flink.flink_preflight
"""

EXAMPLES = r"""
- name: Run a JobManager under supervisord, restart it when its configuration has changed
  streamops.flink.flink_service:
    runtime: process
    name: jm1-jobmanager
    supervisor_dir: /var/lib/flink/supervisor
    command: [/var/lib/flink/flink-1.20.5/bin/jobmanager.sh, start-foreground]
    environment:
      FLINK_CONF_DIR: /var/lib/flink/nodes/jm1/jobmanager/conf
      JAVA_HOME: /usr/lib/jvm/java-17-openjdk-amd64
    directory: /var/lib/flink/nodes/jm1/jobmanager
    log: /var/lib/flink/nodes/jm1/jobmanager/log/jobmanager.out
    digest: "{{ jobmanager_configuration.digest }}"

- name: Run it as a unit of the system
  streamops.flink.flink_service:
    runtime: systemd
    name: flink-payments-jm1-jobmanager
    command: [/var/lib/flink/flink-1.20.5/bin/jobmanager.sh, start-foreground]
    user: flink
    environment:
      FLINK_CONF_DIR: /var/lib/flink/nodes/jm1/jobmanager/conf
      JAVA_HOME: /usr/lib/jvm/java-17-openjdk-amd64
    directory: /var/lib/flink/nodes/jm1/jobmanager
    writable: [/srv/flink/payments]
    after: [flink-payments-jm1-zookeeper]
    digest: "{{ jobmanager_configuration.digest }}"

- name: Restart the unit as it is
  streamops.flink.flink_service:
    runtime: systemd
    name: flink-payments-jm1-jobmanager
    state: restarted

- name: Remove the process
  streamops.flink.flink_service:
    runtime: process
    name: jm1-jobmanager
    supervisor_dir: /var/lib/flink/supervisor
    state: absent
"""

RETURN = r"""
name:
  description: Name of the daemon.
  type: str
  returned: always
  sample: jm1-jobmanager
state:
  description:
    - What supervisord says of the daemon now, for example V(starting), V(running), V(backoff) (it ended at once and is
      about to be started again) or V(stopped), or what systemd says of the unit, for example V(active), V(activating)
      (it ended and is about to be started again), V(failed) or V(inactive).
    - V(absent) when it is removed. In check mode it is the state that was found.
  type: str
  returned: always
  sample: starting
pid:
  description: Process id, 0 when the daemon does not run.
  type: int
  returned: always
  sample: 48213
since:
  description:
    - When the daemon was started, in UTC; null when it never was. With O(runtime=process), when it was stopped last if
      it does not run.
  type: str
  returned: always
  sample: "2026-03-01T12:00:00Z"
restart_needed:
  description: Whether the daemon runs otherwise than described and was left alone because O(restart) is V(false).
  type: bool
  returned: always
  sample: false
stopped_processes:
  description: Process ids that a killed or lost supervisord had left and that were stopped.
  type: list
  elements: int
  returned: for O(runtime=process)
  sample: []
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.options import refuse_foreign
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node
from ansible_collections.streamops.flink.plugins.module_utils._runtime import supervisor_service, systemd_service

RUNTIMES = {"process": supervisor_service, "systemd": systemd_service}


def body(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    refuse_foreign(params, "runtime", {name: runtime.OPTIONS for name, runtime in RUNTIMES.items()})
    result = RUNTIMES[params["runtime"]].bring_service(params, module.run_command, check=module.check_mode)
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    return {"name": params["name"], **result}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "runtime": {"type": "str", "choices": ["process", "systemd"], "required": True},
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["started", "restarted", "stopped", "absent"], "default": "started"},
            "command": {"type": "list", "elements": "str"},
            "environment": {"type": "dict", "default": {}},
            "secret_environment": {"type": "dict", "default": {}, "no_log": True},
            "directory": {"type": "path"},
            "user": {"type": "str"},
            "service_id": {"type": "str"},
            "digest": {"type": "str", "default": ""},
            "restart": {"type": "bool", "default": True},
            "stop_timeout": {"type": "int", "default": 30},
            **supervisor_service.OPTIONS,
            **systemd_service.OPTIONS,
        },
        required_if=[("runtime", "process", ["supervisor_dir"])],
        required_by={"command": ("directory",)},
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
