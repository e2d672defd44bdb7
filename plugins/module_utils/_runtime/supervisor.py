# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Daemons under supervisord, without root: one supervisord a directory, shared by all nodes of a machine.

supervisord cannot adopt a process. When it was killed, the daemons it leaves are found again by the marks that
every daemon carries in its environment, are stopped, and are started anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError, NotYet
from .._base.files import file_error, locked, read_text, write_file
from .._base.processes import (
    END_SECONDS,
    MARK_DEFINITION,
    MARK_SERVICE,
    MARK_SUPERVISOR,
    Process,
    environment_of,
    is_alive,
    is_running,
    process,
    processes,
    stop_processes,
)
from .._base.times import iso
from .._base.wait import Deadline, wait_for
from .supervisor_program import checked_name, checked_path, written_definition
from .supervisor_rpc import ANSWER_SECONDS, SOCKET_NAME, SOCKET_PATH_MAX, FaultError, GoneError, call

LOCK_SECONDS = 120.0
EXEC_SECONDS = 5.0

ACTIVE = frozenset({"running", "starting", "backoff", "stopping"})
UP = frozenset({"running", "starting"})

RunCommand = Callable[[list[str]], tuple[int, str, str]]


# --- supervisord -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Info:
    """What supervisord says of a program."""

    state: str
    pid: int = 0
    since: str | None = None
    reason: str = ""


def _info(answer: Mapping[str, Any]) -> Info:
    state = str(answer["statename"]).lower()
    pid = int(answer["pid"])
    seconds = int(answer["start"] if pid else answer["stop"])
    since = iso(seconds, "seconds") if seconds else None
    return Info(state, pid, since, str(answer["spawnerr"]))


class Supervisor:
    """The supervisord of one directory. Several processes may use it at the same time."""

    def __init__(self, directory: str, executable: str, run_command: RunCommand) -> None:
        self.directory = checked_path("the directory of supervisord", directory)
        self.socket = f"{self.directory}/{SOCKET_NAME}"
        self.executable = executable
        self._run_command = run_command
        self._home = Path(self.directory)
        self._configuration = self._home / "supervisord.conf"
        self._programs = self._home / "conf.d"
        self._log = self._home / "supervisord.log"
        self._pidfile = self._home / "supervisord.pid"
        self._lock = self._home / "lock"
        if len(os.fsencode(self.socket)) > SOCKET_PATH_MAX:
            raise FlinkError(
                f"cannot run supervisord in {self.directory}: the path of its socket would have "
                f"{len(os.fsencode(self.socket))} bytes, more than the {SOCKET_PATH_MAX} that work; "
                "choose a shorter flink_base_dir"
            )

    # Looking.

    def definition(self, name: str) -> str | None:
        return read_text(self._definition_path(name))

    def info(self, name: str) -> Info | None:
        """What supervisord says of a program; None when it does not run, or does not know it."""
        try:
            return _info(call(self.socket, "getProcessInfo", name))
        except GoneError:
            return None
        except FaultError as fault:
            if fault.code == FaultError.BAD_NAME:
                return None
            raise _refused(f"describe {name}", fault) from fault

    def orphans(self, service_id: str) -> list[Process]:
        """What runs of a service that supervisord does not know of."""
        return processes(
            lambda environment: (
                environment.get(MARK_SERVICE) == service_id and environment.get(MARK_SUPERVISOR) == self.directory
            )
        )

    def stale_supervisors(self) -> list[Process]:
        """A supervisord of this directory that does not answer there.

        It is just about to end, or its socket was removed, and would restart what is stopped here.
        """
        if self._pid():
            return []
        return processes(
            lambda environment: environment.get(MARK_SUPERVISOR) == self.directory and MARK_SERVICE not in environment
        )

    def runs(self, pid: int, text: str) -> bool:
        """Whether a process was started from this definition. One that may not be looked at counts as such."""
        deadline = Deadline(EXEC_SECONDS)
        while is_running(pid) and not deadline.expired:
            environment = environment_of(pid)
            if MARK_SERVICE in environment:
                return environment.get(MARK_DEFINITION) == written_definition(text)
            if not os.access(f"/proc/{pid}/environ", os.R_OK):
                return True
            # Forked but not yet executed: it shows the environment of supervisord, or none.
            deadline.pause(0.01)
        return False

    # Acting.

    def stop(self, name: str, seconds: int) -> None:
        """Stop a program; returns when its process has ended."""

        def stopped() -> None:
            info = self.info(name)
            if info is None or info.state not in ACTIVE | {"exited"}:
                return
            if info.state != "exited":
                try:
                    call(self.socket, "stopProcess", name, True, seconds=seconds + ANSWER_SECONDS)
                except FaultError as fault:
                    if fault.code not in (FaultError.NOT_RUNNING, FaultError.BAD_NAME):
                        raise _refused(f"stop {name}", fault) from fault
                except GoneError:
                    return
            raise NotYet(f"its state is {info.state}")

        wait_for(stopped, Deadline(seconds + END_SECONDS), f"the end of {name}", interval=0.05)

    def stop_lost(self) -> list[Process]:
        """Stop a supervisord of this directory that does not answer there, with all that it runs."""
        if not self.stale_supervisors():
            return []
        with self._locked():
            # Again: it may have been one that another run was just starting.
            stale = self.stale_supervisors()
            stop_processes(stale, END_SECONDS)
        return stale

    def define(self, name: str, text: str, *, run: bool) -> None:
        """Write the definition of a stopped program and make supervisord know it.

        :arg run: start supervisord where none runs.
        """
        with self._locked():
            if self.definition(name) != text:
                write_file(self._definition_path(name), text)
            if not self._pid():
                if not run:
                    return
                self._start_supervisord()
            try:
                added, changed, _removed = call(self.socket, "reloadConfig")[0]
                if name in changed:
                    call(self.socket, "removeProcessGroup", name)
                if name in changed or name in added:
                    call(self.socket, "addProcessGroup", name)
            except FaultError as fault:
                raise _refused(f"take over the definition of {name}", fault) from fault

    def start(self, name: str) -> None:
        """Start a program; returns when it has a process, without waiting for it to be ready."""
        try:
            call(self.socket, "startProcess", name, False)
        except FaultError as fault:
            if fault.code == FaultError.ALREADY_STARTED:
                return
            info = self.info(name)
            reason = f"{fault.text}: {info.reason}" if info and info.reason else fault.text
            raise FlinkError(f"cannot start {name}: {reason}; see {self._log}") from fault

    def remove(self, name: str) -> None:
        """Forget a stopped program; the last one takes supervisord and its directory along."""
        with self._locked():
            self._definition_path(name).unlink(missing_ok=True)
            try:
                with suppress(GoneError):
                    call(self.socket, "removeProcessGroup", name)
            except FaultError as fault:
                if fault.code != FaultError.BAD_NAME:
                    raise _refused(f"forget {name}", fault) from fault
            if not any(self._programs.glob("*.conf")):
                self._shut_down()
                self._remove_directory()

    # Inside.

    def _definition_path(self, name: str) -> Path:
        return self._programs / f"{checked_name(name)}.conf"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with locked(self._lock, LOCK_SECONDS):
            try:
                # The run that removed the last program has removed these, too.
                self._home.chmod(0o700)
                self._programs.mkdir(mode=0o700, exist_ok=True)
            except OSError as error:
                raise file_error("write to", self._home, error) from error
            yield

    def _pid(self) -> int:
        """The process id of the supervisord that answers, 0 when none does."""
        try:
            return int(call(self.socket, "getPID"))
        except GoneError:
            return 0

    def _start_supervisord(self) -> None:
        if not os.access(self.executable, os.X_OK):
            raise FlinkError(
                f"cannot start supervisord: there is no {self.executable}; "
                "install the Python package supervisor into the Python of this host, or set the option supervisord"
            )
        for path in (Path(self.socket), self._pidfile):
            path.unlink(missing_ok=True)
        write_file(self._configuration, self._main_configuration())
        kept = ("PATH", "HOME", "USER", "LOGNAME", "TZ")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        environment.setdefault("PATH", "/usr/local/bin:/usr/bin:/bin")
        # Its files are written in UTF-8, whatever the playbook's shell is set to.
        environment |= {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", MARK_SUPERVISOR: self.directory}
        # From nothing: daemons must not inherit what happens to be set in the shell that runs the playbook.
        command = ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in environment.items())]
        code, output, errors = self._run_command([*command, self.executable, "-c", str(self._configuration)])
        if code != 0 or not self._pid():
            said = [line for line in (errors or output).splitlines() if not line.startswith("For help")]
            raise FlinkError(
                f"cannot start supervisord in {self.directory}: {said[-1] if said else f'see {self._log}'}"
            )

    def _main_configuration(self) -> str:
        return "\n".join(
            [
                "; Written by streamops.flink, do not edit.",
                "[unix_http_server]",
                f"file={self.socket}",
                "chmod=0700",
                "[supervisord]",
                f"directory={self.directory}",
                f"logfile={self._log}",
                "logfile_maxbytes=5MB",
                "logfile_backups=2",
                f"childlogdir={self.directory}",
                f"pidfile={self._pidfile}",
                *(["user=root"] if os.geteuid() == 0 else []),
                "[rpcinterface:supervisor]",
                "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
                "[supervisorctl]",
                f"serverurl=unix://{self.socket}",
                "[include]",
                "files=conf.d/*.conf",
                "",
            ]
        )

    def _shut_down(self) -> None:
        pid = self._pid()
        if not pid:
            return
        one = process(pid)
        call(self.socket, "shutdown")
        if one is not None:
            deadline = Deadline(END_SECONDS)
            while is_alive(one) and not deadline.expired:
                deadline.pause(0.02)
            stop_processes([one], 0)

    def _remove_directory(self) -> None:
        """Remove what supervisord and this library wrote, and the directory when nothing else is there."""
        own = {path.name for path in (self._configuration, self._log, self._pidfile, self._lock)}
        for entry in self._home.iterdir():
            if entry.name in own or entry.name.startswith((SOCKET_NAME, f"{self._log.name}.")):
                entry.unlink()
        # Not when something else is there, or when another run has just come and waits for the lock.
        with suppress(OSError):
            self._programs.rmdir()
            self._home.rmdir()


def _refused(what: str, fault: FaultError) -> FlinkError:
    return FlinkError(f"supervisord refused to {what}: {fault.text}")


# --- What to do ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ServicePlan:
    """The steps that lead from what is to what is wanted."""

    stop: bool = False
    define: bool = False
    start: bool = False
    remove: bool = False

    @property
    def changes(self) -> bool:
        return self.stop or self.define or self.start or self.remove


def plan(
    wanted: str, state: str | None, *, is_defined: bool, same_definition: bool, runs_definition: bool
) -> ServicePlan:
    """Decide, from the state that supervisord reports (None: it does not run, or does not know the program).

    :arg is_defined: there is a definition on disk.
    :arg same_definition: the definition on disk is what is wanted.
    :arg runs_definition: the running process was started from what is wanted.
    """
    active = state in ACTIVE or state == "exited"
    if wanted == "absent":
        return ServicePlan(stop=active, remove=is_defined or state is not None)
    if wanted == "stopped":
        return ServicePlan(stop=active, define=not same_definition)
    if wanted == "started" and state in UP and same_definition and runs_definition:
        return ServicePlan()
    return ServicePlan(stop=active, define=not same_definition, start=True)


@dataclass(frozen=True)
class DesiredState:
    """The state a service is to be in. Without a text, the definition on disk holds.

    Without restart, a service that runs goes on as it is, and the outcome says that it waits for a restart.
    """

    state: str
    name: str
    service_id: str
    text: str | None = None
    stop_seconds: int = 30
    restart: bool = True


@dataclass(frozen=True)
class ServiceChange:
    """What bring() found and did; in check mode, what it would have done."""

    changed: bool
    info: Info
    before: tuple[str, str]
    after: tuple[str, str]
    stale: Sequence[Process] = ()
    orphans: Sequence[Process] = ()
    restart_needed: bool = False


def bring(supervisor: Supervisor, desired: DesiredState, *, check: bool = False) -> ServiceChange:
    """Bring a service to the state that is wished."""
    try:
        return _bring(supervisor, desired, check=check)
    except OSError as error:
        raise FlinkError(
            f"cannot bring {desired.name} to the state {desired.state}: {error.filename or supervisor.directory}: "
            f"{error.strerror or error}; see who owns {supervisor.directory} and whether its disk is full"
        ) from error


def _bring(supervisor: Supervisor, desired: DesiredState, *, check: bool) -> ServiceChange:
    old = supervisor.definition(desired.name)
    text = old if desired.text is None else desired.text
    if text is None and desired.state in ("started", "restarted"):
        raise FlinkError(f"{desired.name} is not known in {supervisor.directory}: say with command how to start it")
    info = supervisor.info(desired.name)
    steps = plan(
        desired.state,
        info.state if info else None,
        is_defined=old is not None,
        same_definition=text == old,
        runs_definition=_runs(supervisor, info, text),
    )
    if not steps.changes and info is not None and info.state in UP:
        return ServiceChange(False, info, ("started", old or ""), ("started", old or ""))
    if desired.state == "started" and not desired.restart and info is not None and info.state in ACTIVE:
        return ServiceChange(False, info, ("started", old or ""), ("started", old or ""), restart_needed=True)
    if check:
        stale = supervisor.stale_supervisors() if info is None else []
        orphans = [] if _is_active(info) else supervisor.orphans(desired.service_id)
    else:
        stale, orphans = _act(supervisor, desired, steps, text)
    changed = steps.changes or bool(stale) or bool(orphans)
    was = "started" if _is_active(info) else "stopped" if old is not None or orphans else "absent"
    aim = "started" if desired.state == "restarted" else desired.state
    if not check:
        info = supervisor.info(desired.name)
    return ServiceChange(
        changed,
        info or Info(aim if aim == "absent" else "stopped"),
        (was, old or ""),
        (aim if changed else was, "" if aim == "absent" else text or ""),
        stale,
        orphans,
    )


def _is_active(info: Info | None) -> bool:
    return info is not None and info.state in ACTIVE


def _runs(supervisor: Supervisor, info: Info | None, text: str | None) -> bool:
    if info is None or text is None or not info.pid:
        return False
    return supervisor.runs(info.pid, text)


def _act(
    supervisor: Supervisor, desired: DesiredState, steps: ServicePlan, text: str | None
) -> tuple[list[Process], list[Process]]:
    """Take the steps.

    :returns: the lost supervisord, and the daemon's own processes that supervisord did not know of, all stopped now.
    """
    if steps.stop:
        supervisor.stop(desired.name, desired.stop_seconds)
    stale = supervisor.stop_lost()
    if text is not None and (steps.define or steps.start):
        supervisor.define(desired.name, text, run=steps.start)
    # Now they are not restarted any more.
    orphans = supervisor.orphans(desired.service_id)
    stop_processes(orphans, desired.stop_seconds)
    if steps.start:
        supervisor.start(desired.name)
    if steps.remove:
        supervisor.remove(desired.name)
    return stale, orphans
