# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module flink_service does with runtime process."""

from __future__ import annotations

import os
import pwd
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError
from .._base.processes import MARK_DEFINITION
from .._base.secrets import masked_definition
from .supervisor import DesiredState, RunCommand, ServiceChange, Supervisor, bring
from .supervisor_program import Program, render

OPTIONS: dict[str, Any] = {
    "supervisor_dir": {"type": "path"},
    "supervisord": {"type": "path"},
    "log": {"type": "path"},
    "log_max_bytes": {"type": "int", "default": 10 * 1024 * 1024},
    "log_backups": {"type": "int", "default": 3},
    "priority": {"type": "int", "default": 999},
}


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


def program(params: Mapping[str, Any], owner: pwd.struct_passwd | None) -> Program:
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


def service_id(params: Mapping[str, Any]) -> str:
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


def shown(side: tuple[str, str], secrets: Mapping[str, Any]) -> str:
    """A state and a definition for people: one variable a line, without the mark that follows from all the rest."""
    state, text = side
    text = re.sub(rf',?{MARK_DEFINITION}="\w*"', "", masked_definition(text, secrets))
    text = re.sub(r"""(["']),(?=[A-Za-z_]\w*=["'])""", r"\1,\n  ", text)
    return f"state: {state}\n{text}"


def diff(outcome: ServiceChange, secrets: Mapping[str, Any]) -> dict[str, str]:
    before, after = shown(outcome.before, secrets), shown(outcome.after, secrets)
    if outcome.changed and before == after:
        what = "restarted" if outcome.before[1] == outcome.after[1] else "a hidden value has changed"
        after += f"; {what}\n"
    return {"before": before, "after": after}


def warnings(params: Mapping[str, Any], outcome: ServiceChange, check: bool) -> list[str]:
    found = []
    done = "would be stopped" if check else "were stopped"
    if outcome.stale:
        pids = ", ".join(str(one.pid) for one in outcome.stale)
        found.append(
            f"supervisord of {params['supervisor_dir']} runs as process {pids} but cannot be reached there; "
            f"it and all its daemons {done}"
        )
    if outcome.orphans:
        pids = ", ".join(str(one.pid) for one in outcome.orphans)
        found.append(
            f"processes {pids} of {params['name']} ran without supervision, "
            f"because what had started them was killed; they {done}"
        )
    return found


def bring_service(params: Mapping[str, Any], run_command: RunCommand, *, check: bool) -> dict[str, Any]:
    """Bring a daemon to its state under supervisord."""
    executable = params["supervisord"] or str(Path(sys.executable).with_name("supervisord"))
    supervisor = Supervisor(params["supervisor_dir"], executable, run_command)
    text = None
    if params["command"] is not None and params["state"] != "absent":
        if not params["log"]:
            raise FlinkError("log is missing: with runtime process a command needs a file for what the daemon prints")
        owner = account(params["user"])
        check_command(params["command"], check)
        wanted = program(params, owner)
        text = render(wanted)
        if not check:
            make_directories(wanted, owner)
    wish = DesiredState(
        params["state"], params["name"], service_id(params), text, params["stop_timeout"], params["restart"]
    )
    outcome = bring(supervisor, wish, check=check)
    return {
        "changed": outcome.changed,
        "state": outcome.info.state,
        "pid": outcome.info.pid,
        "since": outcome.info.since,
        "restart_needed": outcome.restart_needed,
        "stopped_processes": [one.pid for one in (*outcome.stale, *outcome.orphans)],
        "diff": diff(outcome, params["secret_environment"]),
        "warnings": warnings(params, outcome, check),
    }
