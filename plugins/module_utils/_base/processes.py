# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of processes: who runs, found by the marks that every daemon carries, never by a name."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .errors import FlinkError, NotYet
from .wait import Deadline, wait_for

# What every daemon carries in its environment: which one it is, where its files are, who started it, as what.
MARK_SERVICE = "STREAMOPS_SERVICE"
MARK_DIRECTORY = "STREAMOPS_DIRECTORY"
MARK_SUPERVISOR = "STREAMOPS_SUPERVISOR"
MARK_DEFINITION = "STREAMOPS_DEFINITION"

END_SECONDS = 30.0
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Process:
    """A process that cannot be mistaken for a later one with the same id."""

    pid: int
    started: str
    environment: Mapping[str, str] = field(default_factory=dict, compare=False)


def all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def environment_of(pid: int) -> dict[str, str]:
    """The environment a process was started with; empty when it is gone, or not ours to read."""
    try:
        content = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return {}
    pairs = (entry.partition(b"=") for entry in content.split(b"\0") if entry)
    return {os.fsdecode(key): os.fsdecode(value) for key, equals, value in pairs if equals}


def command_of(pid: int) -> str:
    """The command line of a process, for people."""
    try:
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")).strip()
    except OSError:
        return ""


def boot_id() -> str:
    """The same on every host that shares this kernel, and with it its clock; a new one after each boot."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def stat_of(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the state on; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def process(pid: int, environment: Mapping[str, str] | None = None) -> Process | None:
    """The process that has this id now. One that has ended and is not reaped yet counts as none."""
    fields = stat_of(pid)
    if not fields or fields[0] in "ZX":
        return None
    return Process(pid, fields[19], environment or {})


def is_running(pid: int) -> bool:
    return process(pid) is not None


def is_alive(one: Process) -> bool:
    return process(one.pid) == one


def _ancestors(pid: int) -> set[int]:
    found: set[int] = set()
    while pid > 1 and pid not in found:
        found.add(pid)
        fields = stat_of(pid)
        pid = int(fields[1]) if fields else 0
    return found


def processes(wanted: Callable[[Mapping[str, str]], bool]) -> list[Process]:
    """Every process whose environment is wanted, except this one and those that started it."""
    own = _ancestors(os.getpid())
    found = []
    for pid in all_pids():
        if pid not in own:
            environment = environment_of(pid)
            one = process(pid, environment) if environment and wanted(environment) else None
            if one is not None:
                found.append(one)
    return found


def marked(service: str, directory: str = "") -> list[Process]:
    """All that carry the marks of a service: the daemon, what has started it, and what it has started.

    Another cluster of the same name may run on the machine: only the directory distinguishes the two.
    """
    return processes(
        lambda environment: (
            environment.get(MARK_SERVICE) == service and directory in ("", environment.get(MARK_DIRECTORY))
        )
    )


def send(targets: Sequence[Process], number: signal.Signals) -> None:
    for one in targets:
        if is_alive(one):
            try:
                os.kill(one.pid, number)
            except ProcessLookupError:
                continue
            except PermissionError as error:
                raise FlinkError(
                    f"cannot send {number.name} to process {one.pid} ({command_of(one.pid)}): it belongs to another"
                    " account; run the playbook as that account, or become root"
                ) from error


def stop_processes(targets: Sequence[Process], seconds: float) -> None:
    """Ask processes to end and, when the time is over, end them. Returns when all are gone."""

    def gone() -> None:
        left = [str(one.pid) for one in targets if is_alive(one)]
        if left:
            raise NotYet(f"process {', '.join(left)} still runs")

    send(targets, signal.SIGTERM)
    deadline = Deadline(seconds)
    while any(is_alive(one) for one in targets) and not deadline.expired:
        deadline.pause(0.02)
    send(targets, signal.SIGKILL)
    wait_for(gone, Deadline(END_SECONDS), "the end of processes that were killed", interval=0.02)
