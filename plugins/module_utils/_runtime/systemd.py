# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Daemons as systemd units: what a unit says, and how it is brought to its state."""

from __future__ import annotations

import hashlib
import os
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .._base.errors import FlinkError
from .._base.files import file_error, read_text, write_file
from .._base.processes import MARK_DEFINITION, MARK_DIRECTORY, MARK_SERVICE, environment_of

UNIT_DIR = Path("/etc/systemd/system")
RUNS_HERE = Path("/run/systemd/system")
PROPERTIES = ("LoadState", "ActiveState", "SubState", "MainPID", "UnitFileState", "ActiveEnterTimestamp")
# A unit that systemd is about to start again counts as one that runs: it was not stopped.
ACTIVE = frozenset({"active", "activating", "reloading", "deactivating"})

# What a daemon cannot do to its host. It may write below its own directories only; it opens no device, changes no
# kernel setting, gains no right. Java compiles at run time, so memory stays executable.
HARDENING = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "read-only",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "LockPersonality": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_NETLINK AF_UNIX",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "@system-service",
    "SystemCallErrorNumber": "EPERM",
    "UMask": "0027",
}
# What a limit is called by users and by systemd, and what holds where nothing is said.
LIMITS = {
    "open_files": ("LimitNOFILE", "65536"),
    "processes": ("TasksMax", "infinity"),
    "memory": ("MemoryMax", ""),
    "cpus": ("CPUQuota", ""),
}

RunCommand = Callable[..., tuple[int, str, str]]
# systemctl writes times in the language and the time zone of its environment.
PLAIN_TIMES = {"LC_ALL": "C", "TZ": "UTC"}


# --- What a unit says --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unit:
    """One daemon."""

    name: str
    description: str
    service_id: str
    command: Sequence[str]
    directory: str
    user: str = ""
    group: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    writable: Sequence[str] = ()
    after: Sequence[str] = ()
    limits: Mapping[str, str] = field(default_factory=dict)
    hardening: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: int = 30
    restart_seconds: float = 1.0
    post_stop: Sequence[str] = ()
    digest: str = ""

    @property
    def file(self) -> str:
        return f"{self.name}.service"


@dataclass(frozen=True)
class Definition:
    """The files of a unit, and the mark by which a process says which of them it was started from."""

    text: str
    secrets: str
    mark: str


# systemd ignores, in silence, a setting or a variable that holds one of these.
_UNREADABLE = re.compile(
    "[\0-\x08\x0a-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
    + "]"
)


def _check_readable(text: str, what: str) -> None:
    if _UNREADABLE.search(text):
        raise FlinkError(f"cannot write {what}: it holds a line break or another control character; leave it out")


def quoted(text: str, *, command: bool = False) -> str:
    """One word of a unit file. systemd reads %, quotes and backslashes, and $ in commands."""
    _check_readable(text, f"{text!r} into a unit file")
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return '"' + (text.replace("$", "$$") if command else text) + '"'


def limits(given: Mapping[str, str]) -> dict[str, str]:
    """Limits as systemd calls them."""
    unknown = sorted(set(given) - set(LIMITS))
    if unknown:
        raise FlinkError(f"cannot set the limit {unknown[0]}: systemd units support {', '.join(LIMITS)}")
    wanted = {key: str(given.get(name, default)) for name, (key, default) in LIMITS.items()}
    if wanted["CPUQuota"]:
        try:
            wanted["CPUQuota"] = f"{float(wanted['CPUQuota']) * 100:.0f}%"
        except ValueError as error:
            raise FlinkError(
                f"cannot set the limit cpus to {given['cpus']!r}: give a number, for example 1.5"
            ) from error
    # A memory limit is written like Flink's: 2g.
    wanted["MemoryMax"] = wanted["MemoryMax"].strip().upper().removesuffix("B")
    return {key: value for key, value in wanted.items() if value}


def sections(unit: Unit) -> dict[str, list[tuple[str, str]]]:
    """The unit file as lists of settings, without its mark."""
    paths = [unit.directory, *unit.writable]
    service = [
        ("Type", "exec"),
        *([("User", unit.user)] if unit.user else []),
        *([("Group", unit.group)] if unit.group else []),
        ("WorkingDirectory", unit.directory.replace("%", "%%")),
        *(("Environment", quoted(f"{name}={value}")) for name, value in sorted(unit.environment.items())),
        ("Environment", quoted(f"{MARK_SERVICE}={unit.service_id}")),
        ("Environment", quoted(f"{MARK_DIRECTORY}={unit.directory}")),
        *([("EnvironmentFile", str(UNIT_DIR / secrets_name(unit.name)))] if unit.secrets else []),
        ("ExecStart", " ".join(quoted(word, command=True) for word in unit.command)),
        *(
            [("ExecStopPost", " ".join(quoted(word, command=True) for word in unit.post_stop))]
            if unit.post_stop
            else []
        ),
        ("Restart", "always"),
        ("RestartSec", f"{unit.restart_seconds:g}"),
        # Java ends with 143 when it was asked to end by SIGTERM.
        ("SuccessExitStatus", "143"),
        ("KillMode", "control-group"),
        ("TimeoutStopSec", str(unit.stop_seconds)),
        ("StandardOutput", "journal"),
        ("StandardError", "journal"),
        ("SyslogIdentifier", unit.name.replace("%", "%%")),
        *limits(unit.limits).items(),
        *(HARDENING | dict(unit.hardening)).items(),
        *(("ReadWritePaths", quoted(path)) for path in paths),
    ]
    return {
        "Unit": [
            ("Description", unit.description.replace("%", "%%")),
            ("Wants", "network-online.target"),
            (
                "After",
                " ".join(["network-online.target", "time-sync.target", *(f"{one}.service" for one in unit.after)]),
            ),
            # A directory on a shared disk is there before the daemon.
            ("RequiresMountsFor", " ".join(quoted(path) for path in paths)),
            # However often it ends, it is started again.
            ("StartLimitIntervalSec", "0"),
        ],
        "Service": service,
        "Install": [("WantedBy", "multi-user.target")],
    }


def secrets_name(unit: str) -> str:
    return f"{unit}.secrets"


def define(unit: Unit) -> Definition:
    """The files of a unit. The mark covers them and the digest of what the daemon reads."""
    found = sections(unit)
    for key, value in (one for settings in found.values() for one in settings):
        _check_readable(value, f"{key} {value!r} into the unit {unit.name}")
        if value.endswith("\\"):
            raise FlinkError(
                f"cannot write {key} {value!r} into the unit {unit.name}: systemd would take the backslash at its end"
                " for a continued line; leave it out"
            )
    secrets = "".join(f"{name}={shell_quoted(value, name)}\n" for name, value in sorted(unit.secrets.items()))
    total = hashlib.sha256(f"{found!r}\0{secrets}\0{unit.digest}".encode())
    mark = total.hexdigest()[:32]
    found["Service"].insert(0, ("Environment", quoted(f"{MARK_DEFINITION}={mark}")))
    lines = ["# Written by streamops.flink; own settings belong into a drop-in (systemctl edit)."]
    for name, settings in found.items():
        lines += ["", f"[{name}]", *(f"{key}={value}" for key, value in settings)]
    return Definition("\n".join(lines) + "\n", secrets, mark)


def shell_quoted(value: str, name: str) -> str:
    """A value of an environment file, which systemd reads like a shell."""
    _check_readable(value, f"the secret {name} into the environment of a unit")
    return '"' + re.sub(r'([\\"`$])', r"\\\1", value) + '"'


def mark_of(text: str) -> str:
    """The mark in a unit file; empty where there is none."""
    found = re.search(rf'^Environment="{MARK_DEFINITION}=(\w+)"$', text, flags=re.MULTILINE)
    return found[1] if found else ""


# --- What is to be done ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Status:
    """What systemd and the process itself say of a unit."""

    load: str = "not-found"
    active: str = "inactive"
    sub: str = "dead"
    pid: int = 0
    enabled: bool = False
    since: str | None = None
    # The definition that the running process was started from; empty when none runs.
    mark: str = ""

    @property
    def is_active(self) -> bool:
        return self.active in ACTIVE


@dataclass(frozen=True)
class Steps:
    """What brings a unit to its state, in this order."""

    write: bool = False
    enable: bool | None = None
    act: str = ""
    remove: bool = False
    restart_needed: bool = False

    @property
    def changes(self) -> bool:
        return self.write or self.enable is not None or bool(self.act) or self.remove


def plan(wanted: str, found: Status, *, described: str, same_files: bool, exists: bool, restart: bool) -> Steps:
    """Decide what to do.

    :arg described: the mark of the wanted definition, empty when the one on disk holds.
    :arg same_files: whether the files on disk are those that are wanted.
    :arg exists: whether there are files of this unit.
    """
    if wanted == "absent":
        return Steps(act="stop" if found.is_active else "", remove=exists, enable=False if found.enabled else None)
    write = bool(described) and not same_files
    if wanted == "stopped":
        act = "stop" if found.is_active else ""
        return Steps(write=write, act=act, enable=False if found.enabled else None)
    enable = None if found.enabled else True
    if wanted == "restarted":
        return Steps(write=write, enable=enable, act="restart")
    if not found.is_active:
        return Steps(write=write, enable=enable, act="start")
    # One that is between two starts has no process to ask: the next one comes from the files.
    is_other = bool(described) and (found.mark != described if found.mark else write)
    if not is_other:
        return Steps(write=write, enable=enable)
    if not restart:
        return Steps(restart_needed=True)
    return Steps(write=write, enable=enable, act="restart")


# --- systemd -----------------------------------------------------------------------------------------------------


class Systemd:
    """The system's service manager."""

    def __init__(self, run: RunCommand) -> None:
        self._run = run
        self._directory = UNIT_DIR

    def require(self, name: str) -> None:
        if not RUNS_HERE.is_dir():
            raise FlinkError(
                f"cannot run {name} as a systemd unit on {socket.gethostname()}: systemd does not run there; "
                "use another flink_runtime"
            )
        if os.geteuid() != 0:
            raise FlinkError(
                f"cannot run {name} as a systemd unit on {socket.gethostname()} as user id {os.geteuid()}: only root "
                "can, set flink_become: true"
            )

    def path(self, name: str) -> Path:
        return self._directory / f"{name}.service"

    def secrets_path(self, name: str) -> Path:
        return self._directory / secrets_name(name)

    def status(self, name: str) -> Status:
        command = ["systemctl", "show", f"--property={','.join(PROPERTIES)}", f"{name}.service"]
        code, output, errors = self._run(command, environ_update=PLAIN_TIMES)
        if code != 0:
            raise FlinkError(f"cannot ask systemd for {name} on {socket.gethostname()}: {_words(output, errors)}")
        found = dict(line.partition("=")[::2] for line in output.splitlines())
        pid = int(found.get("MainPID") or 0)
        return Status(
            load=found.get("LoadState", ""),
            active=found.get("ActiveState", ""),
            sub=found.get("SubState", ""),
            pid=pid,
            enabled=found.get("UnitFileState", "").startswith("enabled"),
            since=_rfc3339(found.get("ActiveEnterTimestamp", "")),
            mark=environment_of(pid).get(MARK_DEFINITION, "") if pid else "",
        )

    def read(self, name: str) -> tuple[str, str]:
        """The unit file and its secrets; empty where there are none."""
        return _text(self.path(name)), _text(self.secrets_path(name))

    def write(self, name: str, definition: Definition) -> None:
        try:
            write_file(self.path(name), definition.text, 0o644)
            if definition.secrets:
                write_file(self.secrets_path(name), definition.secrets)
            else:
                self.secrets_path(name).unlink(missing_ok=True)
        except OSError as error:
            raise file_error("write", self.path(name), error) from error
        self.reload()

    def remove(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)
        self.secrets_path(name).unlink(missing_ok=True)
        self.reload()
        # One that failed is listed until it is reset; one that did not has nothing to forget.
        self._run(["systemctl", "reset-failed", f"{name}.service"])

    def reload(self) -> None:
        self.systemctl("daemon-reload")

    def systemctl(self, verb: str, name: str = "") -> None:
        unit = [f"{name}.service"] if name else []
        code, output, errors = self._run(["systemctl", "--quiet", verb, *unit])
        if code != 0:
            way_out = f": see journalctl -u {name}" if name else ""
            raise FlinkError(
                f"cannot {verb} {name or 'systemd'} on {socket.gethostname()}: {_words(output, errors)}{way_out}"
            )


def _rfc3339(text: str) -> str | None:
    """A time of systemd, such as `Sat 2026-03-01 12:00:00 UTC`; None when it is empty, so when there was none."""
    words = text.split()
    return f"{words[1]}T{words[2]}Z" if len(words) == 4 else None


def _words(output: str, errors: str) -> str:
    lines = [line.strip() for line in (errors or output).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else "systemctl said nothing"


def _text(path: Path) -> str:
    try:
        return read_text(path) or ""
    except OSError as error:
        raise file_error("read", path, error) from error
