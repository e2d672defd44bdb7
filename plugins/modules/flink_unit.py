#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One daemon as a systemd unit."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_unit
short_description: Run one daemon as a systemd unit
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Writes a hardened unit for a daemon, enables it, and brings it to its state, all in one call.
  - The daemon gains no rights, may write below O(directory) and O(writable) only, has a private temporary directory,
    and is started again whenever it ends, without end. All its processes are stopped with it. What it prints goes to
    the journal.
  - The process carries the digest of its unit, its secrets and O(digest) in its environment. It is restarted when it
    was started from something else, also when an earlier run was interrupted between writing and restarting.
  - It returns as soon as the process is started. It does not wait until the daemon is ready.
  - The values of O(secret_environment) lie in a file that only root can read.
  - Settings of your own belong into a drop-in (C(systemctl edit)), which this module neither reads nor removes.
requirements:
  - systemd 240 or newer, and root
options:
  name:
    description: Name of the unit, without C(.service).
    type: str
    required: true
  state:
    description:
      - V(started) makes sure that the daemon runs as described, also after a reboot, and restarts it when it runs
        otherwise.
      - V(restarted) restarts it in any case.
      - V(stopped) stops it and keeps its description; it stays stopped after a reboot.
      - V(absent) stops it and removes its unit. Its own files stay.
    type: str
    choices: [started, restarted, stopped, absent]
    default: started
  description:
    description: What C(systemctl status) shows. The default is O(service_id).
    type: str
  environment:
    description: Environment variables of the daemon.
    type: dict
    default: {}
  directory:
    description:
      - Working directory of the daemon, below which it may write. It must exist when the daemon is started. Required
        with O(command).
    type: path
  writable:
    description: More directories below which the daemon may write. They must exist when the daemon is started.
    type: list
    elements: path
    default: []
  user:
    description: Account that runs the daemon. The default is root.
    type: str
  group:
    description: Group that runs the daemon. The default is that of O(user).
    type: str
  after:
    description: Names of units, without C(.service), that are started before this one where they exist.
    type: list
    elements: str
    default: []
  limits:
    description:
      - V(open_files) (default 65536), V(processes) (default without limit), V(memory), for example V(2g), and V(cpus),
        for example V(1.5).
    type: dict
    default: {}
  hardening:
    description:
      - Settings of the section C([Service]) that add to the hardening of the unit, or replace parts of it, for example
        C(ProtectHome).
    type: dict
    default: {}
  restart_delay:
    description: Seconds between the end of a daemon and its next start.
    type: float
    default: 1
  post_stop:
    description:
      - Command that systemd runs whenever the daemon has ended, however that happened, before it is started again.
    type: list
    elements: str
    default: []
  service_id:
    description:
      - What marks the daemon's processes in their environment, as C(STREAMOPS_SERVICE). The default is O(name).
    type: str
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.node
  - streamops.flink.service
seealso:
  - module: streamops.flink.flink_process
"""

EXAMPLES = r"""
- name: Run a JobManager, restart it when its configuration has changed
  streamops.flink.flink_unit:
    name: flink-payments-jm1-jobmanager
    command: [/var/lib/flink/flink-1.20.5/bin/jobmanager.sh, start-foreground]
    user: flink
    environment:
      FLINK_CONF_DIR: /var/lib/flink/nodes/jm1/jobmanager/conf
      JAVA_HOME: /usr/lib/jvm/java-17-openjdk-amd64
    directory: /var/lib/flink/nodes/jm1/jobmanager
    writable: [/srv/flink/payments]
    after: [flink-payments-jm1-zookeeper]
    digest: "{{ jobmanager_configuration.config_digest }}"

- name: Restart it as it is
  streamops.flink.flink_unit:
    name: flink-payments-jm1-jobmanager
    state: restarted

- name: Remove it
  streamops.flink.flink_unit:
    name: flink-payments-jm1-jobmanager
    state: absent
"""

RETURN = r"""
name:
  description: Name of the unit.
  type: str
  returned: always
  sample: flink-payments-jm1-jobmanager
state:
  description:
    - What systemd says of the unit now, for example V(active), V(activating) (it ended and is about to be started
      again), V(failed) or V(inactive); V(absent) when it is removed.
    - In check mode it is the state that was found.
  type: str
  returned: always
  sample: active
pid:
  description: Process id, 0 when the daemon does not run.
  type: int
  returned: always
  sample: 48213
since:
  description: When the daemon was started; empty when it never was.
  type: str
  returned: always
  sample: Sat 2026-03-01 12:00:00 UTC
restart_needed:
  description: Whether the daemon runs otherwise than described and was left alone because O(restart) is V(false).
  type: bool
  returned: always
  sample: false
"""

import os
import pwd
import re
import socket
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.processes import MARK_DEFINITION
from ansible_collections.streamops.flink.plugins.module_utils._base.secrets import masked_assignments
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node, service_argument_spec
from ansible_collections.streamops.flink.plugins.module_utils._runtime.systemd import (
    Definition,
    Status,
    Steps,
    Systemd,
    Unit,
    define,
    plan,
)

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.-]*\Z")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def texts(module: AnsibleModule, option: str) -> dict[str, str]:
    """Environment variables, checked: a name that systemd refuses would be ignored by it in silence."""
    for name in module.params[option]:
        if not VARIABLE.match(name):
            raise FlinkError(f"cannot set the environment variable {name!r}: use letters, digits and underscores")
    return {name: str(value) for name, value in module.params[option].items()}


def unit(module: AnsibleModule) -> Unit:
    params = module.params
    return Unit(
        name=params["name"],
        description=params["description"] or params["service_id"] or params["name"],
        service_id=params["service_id"] or params["name"],
        command=params["command"],
        directory=params["directory"],
        user=params["user"] or "",
        group=params["group"] or "",
        environment=texts(module, "environment"),
        secrets=texts(module, "secret_environment"),
        writable=params["writable"],
        after=params["after"],
        limits={name: str(value) for name, value in params["limits"].items()},
        hardening={name: str(value) for name, value in params["hardening"].items()},
        stop_seconds=params["stop_timeout"],
        restart_seconds=params["restart_delay"],
        post_stop=params["post_stop"],
        digest=params["digest"],
    )


def check(wanted: Unit, check_mode: bool) -> None:
    """Refuse before anything is stopped. In check mode what is to be run may not be installed yet."""
    here = socket.gethostname()
    if not wanted.command or not (check_mode or wanted.command[0].startswith("/")):
        raise FlinkError("the command is empty or does not begin with an absolute path: give the whole path")
    if check_mode:
        return
    if not os.access(wanted.command[0], os.X_OK):
        raise FlinkError(f"cannot run {wanted.command[0]} on {here}: there is no such executable; install Flink first")
    if wanted.user:
        try:
            pwd.getpwnam(wanted.user)
        except KeyError as error:
            raise FlinkError(f"cannot run {wanted.name} as {wanted.user}: {here} has no such account") from error
    for path in (wanted.directory, *wanted.writable):
        if not Path(path).is_dir():
            raise FlinkError(f"cannot run {wanted.name}: the directory {path}, below which it writes, is not on {here}")


def shown(text: str, secrets: dict[str, Any]) -> str:
    """A unit for people, without the mark that follows from all the rest."""
    lines = (line for line in text.splitlines() if MARK_DEFINITION not in line)
    return masked_assignments("".join(f"{line}\n" for line in lines), secrets)


def diff(name: str, before: str, after: str, steps: Steps, secrets: dict[str, Any]) -> dict[str, str]:
    old, new = shown(before, secrets), shown(after, secrets)
    if steps.changes and old == new:
        new += f"# {steps.act or 'changed'}\n"
    return {"before_header": name, "after_header": name, "before": old, "after": new}


def carry_out(systemd: Systemd, name: str, steps: Steps, definition: Definition | None) -> None:
    if steps.write and definition is not None:
        systemd.write(name, definition)
    if steps.enable is True:
        systemd.tell("enable", name)
    if steps.act:
        systemd.tell(steps.act, name)
    if steps.enable is False:
        systemd.tell("disable", name)
    if steps.remove:
        systemd.remove(name)


def body(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    name, state = params["name"], params["state"]
    if not NAME.match(name):
        raise FlinkError(f"{name!r} is no name of a unit: use letters, digits, dots, hyphens and underscores")
    systemd = Systemd(module.run_command)
    if not module.check_mode:
        systemd.require(name)
    definition = None
    if params["command"] is not None and state != "absent":
        wanted = unit(module)
        check(wanted, module.check_mode)
        definition = define(wanted)
    before = systemd.read(name)
    exists = any(before)
    if definition is None and not exists and state in ("started", "restarted"):
        raise FlinkError(f"cannot start {name} on {socket.gethostname()}: it has no unit yet; give its command")
    found = systemd.status(name)
    after = (definition.text, definition.secrets) if definition else before
    steps = plan(
        state,
        found,
        described=definition.mark if definition else "",
        same_files=before == after,
        exists=exists,
        restart=params["restart"],
    )
    if steps.changes and not module.check_mode:
        carry_out(systemd, name, steps, definition)
        found = systemd.status(name)
    return result(module, found, steps, before[0], "" if state == "absent" else after[0])


def result(module: AnsibleModule, found: Status, steps: Steps, before: str, after: str) -> dict[str, Any]:
    params = module.params
    gone = params["state"] == "absent" and not module.check_mode
    if not steps.changes:
        after = before
    return {
        "changed": steps.changes,
        "name": params["name"],
        "state": "absent" if gone else found.active,
        "pid": found.pid,
        "since": found.since,
        "restart_needed": steps.restart_needed,
        "diff": diff(params["name"], before, after, steps, params["secret_environment"]),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **service_argument_spec(),
            "description": {"type": "str"},
            "writable": {"type": "list", "elements": "path", "default": []},
            "group": {"type": "str"},
            "after": {"type": "list", "elements": "str", "default": []},
            "limits": {"type": "dict", "default": {}},
            "hardening": {"type": "dict", "default": {}},
            "restart_delay": {"type": "float", "default": 1},
            "post_stop": {"type": "list", "elements": "str", "default": []},
        },
        required_by={"command": ("directory",)},
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
