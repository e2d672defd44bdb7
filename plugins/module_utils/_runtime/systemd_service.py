# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module flink_service does with runtime systemd."""

from __future__ import annotations

import os
import pwd
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError
from .._base.processes import MARK_DEFINITION, MARK_SERVICE
from .._base.secrets import masked_definition
from .systemd import Definition, RunCommand, Status, Steps, Systemd, Unit, define, plan, quoted

OPTIONS: dict[str, Any] = {
    "description": {"type": "str"},
    "writable": {"type": "list", "elements": "path", "default": []},
    "group": {"type": "str"},
    "after": {"type": "list", "elements": "str", "default": []},
    "limits": {"type": "dict", "default": {}},
    "hardening": {"type": "dict", "default": {}},
    "restart_delay": {"type": "float", "default": 1},
    "post_stop": {"type": "list", "elements": "str", "default": []},
}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.-]*\Z")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def checked(environment: Mapping[str, Any]) -> dict[str, str]:
    """Environment variables: a name that systemd refuses would be ignored by it in silence."""
    for name in environment:
        if not VARIABLE.match(name):
            raise FlinkError(f"cannot set the environment variable {name!r}: use letters, digits and underscores")
    return {name: str(value) for name, value in environment.items()}


def unit(params: Mapping[str, Any]) -> Unit:
    return Unit(
        name=params["name"],
        description=params["description"] or params["service_id"] or params["name"],
        service_id=params["service_id"] or params["name"],
        command=params["command"],
        directory=params["directory"],
        user=params["user"] or "",
        group=params["group"] or "",
        environment=checked(params["environment"]),
        secrets=checked(params["secret_environment"]),
        writable=params["writable"],
        after=params["after"],
        limits={name: str(value) for name, value in params["limits"].items()},
        hardening={name: str(value) for name, value in params["hardening"].items()},
        stop_seconds=params["stop_timeout"],
        restart_seconds=params["restart_delay"],
        post_stop=params["post_stop"],
        digest=params["digest"],
    )


def check_unit(wanted: Unit, check_mode: bool) -> None:
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


def shown(text: str, secrets: Mapping[str, Any]) -> str:
    """A unit for people, without the mark that follows from all the rest."""
    lines = (line for line in text.splitlines() if MARK_DEFINITION not in line)
    return masked_definition("".join(f"{line}\n" for line in lines), secrets)


def diff(name: str, before: str, after: str, steps: Steps, secrets: Mapping[str, Any]) -> dict[str, str]:
    old, new = shown(before, secrets), shown(after, secrets)
    if steps.changes and old == new:
        new += f"# {steps.act or 'changed'}\n"
    return {"before_header": name, "after_header": name, "before": old, "after": new}


def refuse_foreign(name: str, service_id: str, text: str) -> None:
    """A unit of this name may be that of another cluster: a-b and c make the same name as a and b-c."""
    lines = [line for line in text.splitlines() if line.startswith(f'Environment="{MARK_SERVICE}=')]
    if lines and f"Environment={quoted(f'{MARK_SERVICE}={service_id}')}" not in lines:
        other = lines[0].split("=", 2)[2].rstrip('"')
        raise FlinkError(
            f"the unit {name} on {socket.gethostname()} is that of {other}, which {service_id} would replace: set"
            " service_unit for one of them, or give one another flink_cluster_name"
        )


def carry_out(systemd: Systemd, name: str, steps: Steps, definition: Definition | None) -> None:
    if steps.write and definition is not None:
        systemd.write(name, definition)
    if steps.enable is True:
        systemd.systemctl("enable", name)
    if steps.act:
        systemd.systemctl(steps.act, name)
    if steps.enable is False:
        systemd.systemctl("disable", name)
    if steps.remove:
        systemd.remove(name)


def bring_service(params: Mapping[str, Any], run_command: RunCommand, *, check: bool) -> dict[str, Any]:
    """Bring a daemon to its state as a unit."""
    name, state = params["name"], params["state"]
    if not NAME.match(name):
        raise FlinkError(f"{name!r} is not a valid name of a unit: use letters, digits, dots, hyphens and underscores")
    systemd = Systemd(run_command)
    if not check:
        systemd.require(name)
    definition = None
    if params["command"] is not None and state != "absent":
        wanted = unit(params)
        check_unit(wanted, check)
        definition = define(wanted)
    before = systemd.read(name)
    if params["service_id"]:
        refuse_foreign(name, params["service_id"], before[0])
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
    if steps.changes and not check:
        carry_out(systemd, name, steps, definition)
        found = systemd.status(name)
    return result(params, found, steps, before[0], "" if state == "absent" else after[0], check=check)


def result(
    params: Mapping[str, Any], found: Status, steps: Steps, before: str, after: str, *, check: bool
) -> dict[str, Any]:
    gone = params["state"] == "absent" and not check
    if not steps.changes:
        after = before
    return {
        "changed": steps.changes,
        "state": "absent" if gone else found.active,
        "pid": found.pid,
        "since": found.since,
        "restart_needed": steps.restart_needed,
        "diff": diff(params["name"], before, after, steps, params["secret_environment"]),
    }
