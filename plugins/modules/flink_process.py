#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One daemon under supervisord."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_process
short_description: Run one daemon under supervisord
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Runs a daemon as a supervised process of an ordinary account. It outlives the playbook, is started again whenever it
    ends, and its output goes to a file that rotates. No root and no system service are needed.
  - The module starts supervisord when none runs for O(supervisor_dir), and shuts it down and removes the directory with
    the last daemon. Several hosts of the inventory on one machine may share the directory and run in parallel.
  - It returns as soon as the process is started. It does not wait until the daemon is ready.
  - A daemon that ends within ten seconds is started again after one, two, three and more seconds; one that ends later
    is started again at once, without end.
  - supervisord starts nothing on its own when it starts. After the machine was started again, run the playbook.
  - When supervisord was killed, the daemons that it left behind are found by the marks in their environment
    (C(STREAMOPS_SERVICE) and C(STREAMOPS_SUPERVISOR)), stopped, and started anew, because supervisord cannot adopt a
    process. The module warns when it has done so.
requirements:
  - supervisor >= 4.2 on the host, beside the Python that runs the module
options:
  name:
    description: Name of the daemon, unique within O(supervisor_dir).
    type: str
    required: true
  state:
    description:
      - V(started) makes sure that the daemon runs as described, and restarts it when it runs otherwise.
      - V(restarted) restarts it in any case.
      - V(stopped) stops it and keeps its description.
      - V(absent) stops it and removes its description. Its own files stay.
    type: str
    choices: [started, restarted, stopped, absent]
    default: started
  supervisor_dir:
    description:
      - Directory of supervisord's configuration, socket, log and process id, readable by its owner only.
      - The path can have at most 83 bytes, because that of the socket below it is limited.
    type: path
    required: true
  environment:
    description:
      - Environment variables of the daemon. Beside them it gets C(PATH), C(HOME), C(USER), C(LOGNAME), C(LANG),
        C(LC_ALL) and C(TZ) of the account that starts supervisord, and nothing else.
      - A value cannot hold line breaks or both kinds of quotation marks.
    type: dict
    default: {}
  directory:
    description: Working directory of the daemon, made when it is missing. Required with O(command).
    type: path
  log:
    description:
      - File for what the daemon prints, in a directory that is made when it is missing. Required with O(command).
    type: path
  log_max_bytes:
    description: Size at which O(log) is rotated.
    type: int
    default: 10485760
  log_backups:
    description: Number of rotated files that are kept.
    type: int
    default: 3
  priority:
    description: When supervisord itself is stopped, daemons with a higher number are stopped first.
    type: int
    default: 999
  service_id:
    description:
      - What marks the daemon's processes in their environment, as C(STREAMOPS_SERVICE). The default is made of
        O(supervisor_dir) and O(name).
    type: str
  user:
    description: Account that runs the daemon, when the module runs as root. The default is the account of the module.
    type: str
  supervisord:
    description: The executable of supervisord. The default is the one beside the Python that runs the module.
    type: path
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.node
  - streamops.flink.service
seealso:
  - module: streamops.flink.flink_preflight
"""

EXAMPLES = r"""
- name: Run a JobManager, restart it when its configuration has changed
  streamops.flink.flink_process:
    name: jm1-jobmanager
    supervisor_dir: /var/lib/flink/supervisor
    command: [/var/lib/flink/flink-1.20.5/bin/jobmanager.sh, start-foreground]
    environment:
      FLINK_CONF_DIR: /var/lib/flink/nodes/jm1/jobmanager/conf
      JAVA_HOME: /usr/lib/jvm/java-17-openjdk-amd64
    directory: /var/lib/flink/nodes/jm1/jobmanager
    log: /var/lib/flink/nodes/jm1/jobmanager/log/jobmanager.out
    digest: "{{ jobmanager_configuration.digest }}"

- name: Restart it as it is
  streamops.flink.flink_process:
    name: jm1-jobmanager
    supervisor_dir: /var/lib/flink/supervisor
    state: restarted

- name: Remove it
  streamops.flink.flink_process:
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
      about to be started again) or V(stopped); V(absent) when it is removed.
    - In check mode it is the state that was found.
  type: str
  returned: always
  sample: starting
pid:
  description: Process id, 0 when the daemon does not run.
  type: int
  returned: always
  sample: 48213
since:
  description: When the daemon was started, or stopped, in UTC; null when it never was.
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
  returned: always
  sample: []
"""

import os
import pwd
import re
import sys
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.processes import MARK_DEFINITION
from ansible_collections.streamops.flink.plugins.module_utils._base.secrets import masked_assignments
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node, service_argument_spec
from ansible_collections.streamops.flink.plugins.module_utils._runtime.supervisor import (
    DesiredState,
    ServiceChange,
    Supervisor,
    bring,
)
from ansible_collections.streamops.flink.plugins.module_utils._runtime.supervisor_program import Program, render


def account(user: str | None) -> pwd.struct_passwd | None:
    """The account that the daemon is to run as, None when it is the one that runs this module."""
    if not user:
        return None
    try:
        found = pwd.getpwnam(user)
    except KeyError as error:
        raise FlinkError(f"cannot run a daemon as {user}: there is no such account on this host") from error
    if found.pw_uid == os.geteuid():
        return None
    if os.geteuid() != 0:
        raise FlinkError(f"cannot run a daemon as {user}: only root can, set become: true or leave user out")
    return found


def program(params: dict[str, Any], owner: pwd.struct_passwd | None) -> Program:
    environment = {name: str(value) for name, value in params["environment"].items()}
    if owner is not None:
        environment = {"HOME": owner.pw_dir, "USER": owner.pw_name, "LOGNAME": owner.pw_name, **environment}
    return Program(
        name=params["name"],
        service_id=service_id(params),
        command=params["command"],
        directory=params["directory"],
        log=params["log"],
        environment=environment,
        secrets={name: str(value) for name, value in params["secret_environment"].items()},
        log_bytes=params["log_max_bytes"],
        log_backups=params["log_backups"],
        stop_seconds=params["stop_timeout"],
        priority=params["priority"],
        digest=params["digest"],
        user=owner.pw_name if owner else "",
    )


def service_id(params: dict[str, Any]) -> str:
    return str(params["service_id"] or f"{params['supervisor_dir']}/{params['name']}")


def check_command(command: list[str], check_mode: bool) -> None:
    """Refuse before the running daemon is stopped. In check mode what is to be run may not be installed yet."""
    if not command or not command[0].startswith("/"):
        raise FlinkError("the command is empty or does not begin with an absolute path: give the whole path")
    if not check_mode and not (Path(command[0]).is_file() and os.access(command[0], os.X_OK)):
        raise FlinkError(f"cannot run {command[0]}: there is no such executable on this host; install Flink first")


def make_directories(wanted: Program, owner: pwd.struct_passwd | None) -> None:
    for path in (Path(wanted.directory), Path(wanted.log).parent):
        try:
            if not path.is_dir():
                path.mkdir(mode=0o750, parents=True)
                if owner is not None:
                    os.chown(path, owner.pw_uid, owner.pw_gid)
        except OSError as error:
            raise FlinkError(f"cannot make the directory {path} of {wanted.name}: {error.strerror}") from error


def shown(side: tuple[str, str], secrets: dict[str, Any]) -> str:
    """A state and a definition for people: one variable a line, without the mark that follows from all the rest."""
    state, text = side
    text = re.sub(rf',?{MARK_DEFINITION}="\w*"', "", masked_assignments(text, secrets))
    text = re.sub(r"""(["']),(?=[A-Za-z_]\w*=["'])""", r"\1,\n  ", text)
    return f"state: {state}\n{text}"


def diff(outcome: ServiceChange, secrets: dict[str, Any]) -> dict[str, str]:
    before, after = shown(outcome.before, secrets), shown(outcome.after, secrets)
    if outcome.changed and before == after:
        what = "restarted" if outcome.before[1] == outcome.after[1] else "a hidden value has changed"
        after += f"; {what}\n"
    return {"before": before, "after": after}


def warn(module: AnsibleModule, outcome: ServiceChange) -> None:
    done = "would be stopped" if module.check_mode else "were stopped"
    if outcome.lost:
        pids = ", ".join(str(one.pid) for one in outcome.lost)
        module.warn(
            f"supervisord of {module.params['supervisor_dir']} runs as process {pids} but cannot be reached there; "
            f"it and all its daemons {done}"
        )
    if outcome.left:
        pids = ", ".join(str(one.pid) for one in outcome.left)
        module.warn(
            f"processes {pids} of {module.params['name']} ran without supervision, "
            f"because what had started them was killed; they {done}"
        )


def body(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    executable = params["supervisord"] or str(Path(sys.executable).with_name("supervisord"))
    supervisor = Supervisor(params["supervisor_dir"], executable, module.run_command)
    text = None
    if params["command"] is not None and params["state"] != "absent":
        owner = account(params["user"])
        check_command(params["command"], module.check_mode)
        wanted = program(params, owner)
        text = render(wanted)
        if not module.check_mode:
            make_directories(wanted, owner)
    desired = DesiredState(
        params["state"], params["name"], service_id(params), text, params["stop_timeout"], params["restart"]
    )
    outcome = bring(supervisor, desired, check=module.check_mode)
    warn(module, outcome)
    return {
        "changed": outcome.changed,
        "name": params["name"],
        "state": outcome.info.state,
        "pid": outcome.info.pid,
        "since": outcome.info.since,
        "restart_needed": outcome.restart_needed,
        "stopped_processes": [one.pid for one in (*outcome.lost, *outcome.left)],
        "diff": diff(outcome, params["secret_environment"]),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **service_argument_spec(),
            "supervisor_dir": {"type": "path", "required": True},
            "log": {"type": "path"},
            "log_max_bytes": {"type": "int", "default": 10 * 1024 * 1024},
            "log_backups": {"type": "int", "default": 3},
            "priority": {"type": "int", "default": 999},
            "supervisord": {"type": "path"},
        },
        required_by={"command": ("directory", "log")},
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
