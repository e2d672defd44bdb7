# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One fault on one daemon of this host, and its removal, whatever becomes of the playbook that requested it.

A daemon is found by the mark in the environment of its processes, never by its name. A fault that lasts is written
down before it is injected, and a small process stays behind that removes it when it was not removed in time.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError
from .._base.files import read_json, write_file
from .._base.processes import Process, command_of, is_alive, marked, send, stat_of, stop_processes
from .._base.wait import Deadline
from .._runtime.supervisor import Supervisor
from .._runtime.supervisor_rpc import FaultError, GoneError, call

LASTING = ("freeze", "stop", "partition", "disk_full")
ACTIONS = ("terminate", "kill", *LASTING)
NUMBERS = {"terminate": signal.SIGTERM, "kill": signal.SIGKILL, "freeze": signal.SIGSTOP}
MARK = "streamops-drill"
GUARD_INTERVAL = 0.5
END_SECONDS = 30.0

RunCommand = Callable[[list[str]], tuple[int, str, str]]


@dataclass(frozen=True)
class Daemon:
    """A service of this collection, and by which name its runtime knows it.

    service_directory distinguishes it from a service of the same name that belongs to another cluster of that name.
    """

    service_id: str
    runtime: str
    directory: str
    name: str = ""
    supervisor_dir: str = ""
    service_directory: str = ""
    peers: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    @property
    def record(self) -> Path:
        return Path(self.directory) / (re.sub(r"[^A-Za-z0-9_.-]", "-", self.service_id) + ".json")

    @property
    def comment(self) -> str:
        return f"{MARK}:{self.service_id}"


# -- what runs ------------------------------------------------------------------------------------------------------


def find(daemon: Daemon) -> list[Process]:
    """The processes of the daemon, the one that started the others first."""
    found = marked(daemon.service_id, daemon.service_directory)
    pids = {one.pid for one in found}
    return sorted(found, key=lambda one: (_parent(one.pid) in pids, one.pid))


def _parent(pid: int) -> int:
    fields = stat_of(pid)
    return int(fields[1]) if fields else 0


def is_frozen(pid: int) -> bool:
    return stat_of(pid)[:1] == ["T"]


def main_process(found: Sequence[Process]) -> Process:
    """The daemon itself: of those that share its mark, the one that does most things at a time.

    A script may have started it and wait for it, and it may just be starting something itself.
    """
    parents = {_parent(one.pid) for one in found}
    return max(found, key=lambda one: (_threads(one.pid), one.pid not in parents))


def _threads(pid: int) -> int:
    fields = stat_of(pid)
    return int(fields[17]) if fields else 0


# -- the record -----------------------------------------------------------------------------------------------------


def recorded(daemon: Daemon) -> dict[str, Any] | None:
    """The fault that lasts on this daemon, None when there is none."""
    try:
        content = read_json(daemon.record)
    except (OSError, ValueError) as error:
        raise FlinkError(f"cannot read which fault was injected from {daemon.record}: {error}") from error
    return None if content is None else dict(content)


def _write(daemon: Daemon, record: Mapping[str, Any]) -> None:
    try:
        Path(daemon.directory).mkdir(mode=0o700, parents=True, exist_ok=True)
        write_file(daemon.record, json.dumps(record))
    except OSError as error:
        raise FlinkError(
            f"cannot write {daemon.record}: {error.strerror}; nothing was injected, because there would be"
            " no record of it"
        ) from error


def _forget(daemon: Daemon) -> None:
    daemon.record.unlink(missing_ok=True)
    try:
        Path(daemon.directory).rmdir()
    except OSError:
        return  # another fault is recorded there


# -- injecting ------------------------------------------------------------------------------------------------------


def inject(
    daemon: Daemon, action: str, run_command: RunCommand, *, lease: float, check: bool = False
) -> dict[str, Any]:
    """Inject the fault and say what was hit, and when."""
    if action not in ACTIONS:
        raise FlinkError(f"there is no fault {action!r}: use one of {', '.join(ACTIONS)}")
    if recorded(daemon) is not None:
        raise FlinkError(
            f"cannot {action} {daemon.service_id}: an earlier fault still lasts ({daemon.record}); remove it with"
            " state absent first"
        )
    found = find(daemon)
    if not found:
        raise FlinkError(
            f"cannot {action} {daemon.service_id}: no process of it runs on this host, or none that may be looked at;"
            " start it, or become root"
        )
    main = main_process(found)
    report: dict[str, Any] = {
        "pid": main.pid,
        "pids": [one.pid for one in found],
        "start_time": main.started,
        "command": command_of(main.pid)[:200],
        "injected_at": None,
    }
    if check:
        return report
    if action == "partition":
        _check_cut(daemon)
    record = {
        "action": action,
        "service_id": daemon.service_id,
        "processes": [[one.pid, one.started] for one in found],
        "limits": {str(one.pid): resource.prlimit(one.pid, resource.RLIMIT_FSIZE) for one in found}
        if action == "disk_full"
        else {},
    }
    if action in LASTING:
        _write(daemon, record)
        # Before the fault, so that there is no moment in which it would not be removed.
        leave_guard(daemon, lease, lambda: _undo(daemon, record, run_command))
    report["injected_at"] = time.time()
    try:
        _act(daemon, action, found, run_command)
    except FlinkError:
        # Half a fault is none.
        if action in LASTING:
            with suppress(FlinkError):
                _undo(daemon, record, run_command)
        raise
    return report


def _act(daemon: Daemon, action: str, found: Sequence[Process], run_command: RunCommand) -> None:
    if action in NUMBERS:
        send(found, NUMBERS[action])
    elif action == "stop":
        _service(daemon, run_command, start=False)
    elif action == "partition":
        _cut(daemon, found, run_command)
    else:
        for one in found:
            _set_file_size(one.pid, (0, resource.prlimit(one.pid, resource.RLIMIT_FSIZE)[1]))


def _set_file_size(pid: int, limit: tuple[int, int]) -> None:
    """Bound how large files may become that a process writes: what it writes beyond fails, as on a full disk."""
    try:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise FlinkError(f"cannot limit the files of process {pid}: it belongs to another account") from error


# -- services of the runtimes ---------------------------------------------------------------------------------------


def _service(daemon: Daemon, run_command: RunCommand, *, start: bool) -> None:
    """Stop a service so that it is not started again, or start it."""
    verb = "start" if start else "stop"
    if daemon.runtime == "process":
        _supervised(daemon, run_command, start=start)
        return
    command = {"systemd": ["systemctl", verb, daemon.name], "docker": ["docker", verb, daemon.name]}[daemon.runtime]
    code, output, errors = run_command(command)
    if code != 0:
        raise FlinkError(f"cannot {verb} {daemon.name}: {(errors or output).strip()}")


def _supervised(daemon: Daemon, run_command: RunCommand, *, start: bool) -> None:
    supervisor = Supervisor(daemon.supervisor_dir, "", run_command)
    if not start:
        supervisor.stop(daemon.name, int(END_SECONDS))
        return
    try:
        call(supervisor.socket, "startProcess", daemon.name, False)
    except FaultError as fault:
        if fault.code != FaultError.ALREADY_STARTED:
            raise FlinkError(f"cannot start {daemon.name} again: {fault.text}; run site.yml") from fault
    except GoneError as error:
        raise error.extended(", or site.yml") from error


# -- partitions -----------------------------------------------------------------------------------------------------


def rules(daemon: Daemon) -> list[list[str]]:
    """The rules that cut the daemon off, without the command that appends or deletes them."""
    found = []
    for peer in daemon.peers:
        tool = "ip6tables" if ":" in str(peer["address"]) else "iptables"
        # Dropped, not refused: a network that fails sends no answer.
        tail = ["-m", "comment", "--comment", daemon.comment, "-j", "DROP"]
        for port in peer.get("ports") or ():
            found.append([tool, "OUTPUT", "-p", "tcp", "-d", str(peer["address"]), "--dport", str(port), *tail])
            found.append([tool, "INPUT", "-p", "tcp", "-s", str(peer["address"]), "--sport", str(port), *tail])
        for port in peer.get("own_ports") or ():
            found.append([tool, "INPUT", "-p", "tcp", "-s", str(peer["address"]), "--dport", str(port), *tail])
            found.append([tool, "OUTPUT", "-p", "tcp", "-d", str(peer["address"]), "--sport", str(port), *tail])
    return found


def _network(found: Sequence[Process]) -> list[str]:
    """The command that enters the network of a daemon, which in a container is not that of the host."""
    return ["nsenter", "-t", str(main_process(found).pid), "-n"] if found else []


def _check_cut(daemon: Daemon) -> None:
    if daemon.runtime == "process":
        raise FlinkError(
            f"cannot cut {daemon.service_id} off: nodes of the runtime process share the network of their machine"
        )
    if not daemon.peers:
        raise FlinkError(f"cannot cut {daemon.service_id} off: peers is empty")


def _cut(daemon: Daemon, found: Sequence[Process], run_command: RunCommand) -> None:
    for tool, chain, *rest in rules(daemon):
        code, output, errors = run_command([*_network(found), tool, "-w", "-I", chain, *rest])
        if code != 0:
            raise FlinkError(f"cannot cut {daemon.service_id} off with {tool}: {(errors or output).strip()}")


def _marked(daemon: Daemon, network: Sequence[str], run_command: RunCommand) -> list[list[str]]:
    """The commands that delete what carries the mark of this daemon."""
    found = []
    for tool in ("iptables", "ip6tables"):
        code, output, _errors = run_command([*network, tool, "-w", "-S"])
        for line in output.splitlines() if code == 0 else ():
            words = shlex.split(line)
            if words[:1] == ["-A"] and daemon.comment in words:
                found.append([*network, tool, "-w", "-D", *words[1:]])
    return found


def _heal(daemon: Daemon, run_command: RunCommand) -> None:
    for command in _marked(daemon, _network(find(daemon)), run_command):
        run_command(command)


# -- removing -------------------------------------------------------------------------------------------------------


def remove(daemon: Daemon, run_command: RunCommand, *, check: bool = False) -> dict[str, Any]:
    """Remove the fault that was recorded, if there is one, and say what is left of faults."""
    record = recorded(daemon)
    removed_at = None
    if record is not None and not check:
        removed_at = time.time()
        _undo(daemon, record, run_command)
    return {
        "action": record["action"] if record else None,
        "removed_at": removed_at,
        "pid": record["processes"][-1][0] if record and record["processes"] else None,
        "left": traces_of(daemon, run_command),
    }


def _undo(daemon: Daemon, record: Mapping[str, Any], run_command: RunCommand) -> None:
    victims = [Process(int(pid), str(started)) for pid, started in record["processes"]]
    if record["action"] == "freeze":
        # Never continued: it would act on a world that has moved on, and disturb the job a second time.
        stop_processes(victims, 0)
    elif record["action"] == "stop":
        _service(daemon, run_command, start=True)
    elif record["action"] == "partition":
        _heal(daemon, run_command)
    elif record["action"] == "disk_full":
        for one in victims:
            if is_alive(one):
                soft, hard = record["limits"][str(one.pid)]
                _set_file_size(one.pid, (int(soft), int(hard)))
    _forget(daemon)


def traces_of(daemon: Daemon, run_command: RunCommand) -> list[str]:
    """What is still there of any fault on this daemon, one sentence each."""
    found = find(daemon)
    traces = [f"process {one.pid} of {daemon.service_id} is frozen" for one in found if is_frozen(one.pid)]
    for one in found:
        try:
            soft, hard = resource.prlimit(one.pid, resource.RLIMIT_FSIZE)
        except (ProcessLookupError, PermissionError):
            continue
        if soft == 0 != hard:
            traces.append(f"process {one.pid} of {daemon.service_id} may not write files")
    if daemon.runtime != "process" and daemon.peers:
        traces += [" ".join(command) for command in _marked(daemon, _network(found), run_command)]
    if daemon.record.exists():
        traces.append(f"the record {daemon.record}")
    return traces


# -- the process that removes it when nothing else does -------------------------------------------------------------


def leave_guard(daemon: Daemon, seconds: float, undo: Callable[[], None]) -> None:
    """Leave a process behind that removes the fault when its time is over and its record is still there.

    The playbook may be interrupted, the controller may die, the connection may break. All that this process needs has
    been imported: Ansible deletes the module's files when the module has ended.
    """
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    # From here on in another process, which must never return to the module.
    status = 1
    try:
        os.setsid()
        if os.fork() == 0:
            _guard(daemon.record, Deadline(seconds), undo)
        status = 0
    finally:
        os._exit(status)


def _guard(record: Path, deadline: Deadline, undo: Callable[[], None]) -> None:
    # Ansible waits until no process holds the module's output any more.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    os.closerange(3, 1024)
    os.chdir("/")
    while record.exists() and not deadline.expired:
        deadline.pause(GUARD_INTERVAL)
    if record.exists():
        undo()
