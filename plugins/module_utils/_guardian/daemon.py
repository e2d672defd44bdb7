# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guardian of one JobManager: detects its end and releases its leadership at once.

It runs on the JobManager's host, from an archive of its own, on any Python from 3.9 on. As a daemon it holds on to the
process that runs now and learns its ZooKeeper sessions; the kernel says when this very process has ended, and nothing
else counts as its death. A process that is stopped, hangs or does not answer is alive. As a command, systemd calls it
when nothing of the unit is left and before anything is started again.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from .._base.errors import BadVersion, FlinkError, ZooKeeperError
from .._base.processes import Process, is_alive, marked
from .._base.times import iso_now
from .._base.wait import Deadline
from .._cluster.zookeeper import ZooKeeper
from .fence import SessionLog, leads_without_latch, published_by, release, texts
from .process_handle import (
    ENDED,
    QUICK_LOOK,
    SLOW_LOOK,
    Config,
    ProcessHandle,
    State,
    main_process,
    oldest,
    read_config,
)

# How long it waits for the end of the process before it looks whether there is more to learn about it.
TICK = 0.5
# How often ZooKeeper is asked whether the process leads.
LOOK_SECONDS = 2.0
ANSWER_SECONDS = 5.0
# A leader that ends as it should gives its latch back before everything else: that is not a reason to kill it.
USURPER_SECONDS = 2.0
# What a process has sent before its end may reach ZooKeeper after it.
LAST_WORDS_SECONDS = 2.0
KNOCK_SECONDS = 1.0
# systemd waits for the command before it starts the JobManager again.
RELEASE_SECONDS = 10.0
# What requests, which speaks to the JobManagers, needs.
WATCHDOG_PYTHON = (3, 10)

# Whether a line could be written concerns the watchdog only.
Journal = Callable[[str, dict[str, Any]], object]


# -- the guardian ----------------------------------------------------------------------------------------------------


class Guardian:
    """Learns the sessions of the process while it lives, and releases them when it is dead."""

    def __init__(self, config: Config, zookeeper: ZooKeeper, journal: Journal) -> None:
        self._config = config
        self._zookeeper = zookeeper
        self._journal = journal
        self._state = State.load(config.state)
        self._handle: ProcessHandle | None = None
        self._log: SessionLog | None = None
        self._looked = Deadline(0)
        # The session with which the process was seen to lead without a latch, and until when that may pass.
        self._usurper: tuple[int, Deadline] | None = None
        self._condemned = False
        self._rest = QUICK_LOOK
        self._died: Deadline | None = None
        self._buried: set[int] = set()
        self._trouble = ""

    def run(self, stopped: Callable[[], bool] = lambda: False) -> None:
        self._journal("started", {"service": self._config.service})
        self._resume()
        while not stopped():
            self.step()

    def step(self) -> None:
        """One round: wait for the end of the process, or look for the next one; then release what is dead."""
        if self._handle is None:
            self._find()
        else:
            self._watch(self._handle)
        if self._state.dead:
            self._release()

    def _resume(self) -> None:
        """What ran when the guardian ended runs on, or is dead by now."""
        main = self._state.main
        if main is not None and is_alive(main):
            self._take(main, self._state.known, self._state.others)
        elif main is not None or self._state.known:
            self._ended()

    def _take(self, main: Process, known: Iterable[int] = (), others: Iterable[Process] = ()) -> None:
        handle = ProcessHandle(main)
        self._handle = handle
        root = f"/proc/{main.pid}/root" if self._config.contained else ""
        self._log = SessionLog(root + self._config.log_dir, self._config.log_pattern)
        self._looked = Deadline(0)
        self._usurper, self._condemned = None, False
        self._rest = QUICK_LOOK
        self._state.main, self._state.known, self._state.others = main, set(known), set(others)
        self._keep()
        self._journal("watching", {"pid": main.pid})

    def _watch(self, handle: ProcessHandle) -> None:
        if handle.ended(TICK):
            self._ended()
            return
        fresh = self._learn() - self._state.known
        others = set(marked(self._config.service, self._config.directory)) - {handle.one} if fresh else set()
        # Learnt while it lived, and not of one that came after it.
        if fresh and not handle.ended(0):
            self._state.known |= fresh
            self._state.others |= others
            self._keep()
            self._journal("learnt", {"pid": handle.one.pid, "sessions": texts(fresh)})
        if self._condemned:
            self._depose(handle)

    def _judge(self, session: int) -> None:
        """Whether a leader leads by right: seen twice, and some time apart, before anything is done about it."""
        if session in self._state.ended:
            return
        if not leads_without_latch(self._zookeeper, self._config.leader, session, Deadline(ANSWER_SECONDS)):
            self._usurper = None
        elif self._usurper is None or self._usurper[0] != session:
            self._usurper = session, Deadline(USURPER_SECONDS)
        else:
            self._condemned = self._usurper[1].expired

    def _depose(self, handle: ProcessHandle) -> None:
        """It would lead in addition to the next one. Killed, it comes back in line, and its sessions are released."""
        self._usurper, self._condemned = None, False
        why = "it leads without a latch in ZooKeeper, so that a second leader may be elected"
        self._journal("deposed", {"pid": handle.one.pid, "sessions": texts(self._state.known), "why": why})
        handle.kill()
        for one in self._state.others:
            other = ProcessHandle(one)
            other.kill()
            other.close()

    def _learn(self) -> set[int]:
        found = self._log.read() if self._log is not None else set()
        if self._looked.expired:
            self._looked = Deadline(LOOK_SECONDS)
            try:
                deadline = Deadline(ANSWER_SECONDS)
                published = published_by(self._zookeeper, self._config.leader, self._config.url, deadline)
                for session in published:
                    self._judge(session)
                found |= published
            except ZooKeeperError as error:
                self._report_error(error)
        return found

    def _ended(self) -> None:
        """The process has ended. Another one of its time may have been the JobManager all along."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None
        left = oldest(one for one in self._state.others if is_alive(one))
        if left is None:
            self._bury()
        else:
            self._take(left, self._state.known, self._state.others - {left})

    def _bury(self) -> None:
        """All that its sessions can belong to has ended: they are those of a process that has ended."""
        self._died = Deadline(0)
        main = self._state.main
        self._state.dead |= self._state.known
        self._state.ended = [*dict.fromkeys([*self._state.ended, *sorted(self._state.known)])][-ENDED:]
        self._state.main, self._state.known, self._state.others = None, set(), set()
        self._keep()
        self._journal("died", {"pid": main.pid if main else None, "sessions": texts(self._state.dead)})

    def _find(self) -> None:
        main = main_process(self._config)
        if main is not None:
            self._take(main)
            return
        if self._died is None or self._rest >= SLOW_LOOK:
            self._look_back()
        Deadline(self._rest).pause(self._rest)
        self._rest = min(SLOW_LOOK, self._rest * 2)

    def _look_back(self) -> None:
        """Nothing of the service lives, so that whatever it has left is dead: all that its logs name, and its address.

        This is for what died while no guardian ran, or before its session was learnt.
        """
        found = left_behind(self._config, self._zookeeper, self._report_error)
        self._died = self._died or Deadline(0)
        fresh = found - self._state.dead - self._buried
        if fresh and main_process(self._config) is None:
            self._state.dead |= fresh
            self._keep()

    def _release(self) -> None:
        try:
            done = release(self._zookeeper, self._config.leader, self._state.dead, Deadline(ANSWER_SECONDS))
        except BadVersion:
            return
        except ZooKeeperError as error:
            self._report_error(error)
            return
        self._trouble = ""
        since = self._died or Deadline(0)
        if done.paths:
            self._state.fenced += 1
            self._keep()
            seconds = round(since.elapsed(), 3)
            self._journal("released", {"nodes": done.paths, "sessions": done.sessions, "seconds": seconds})
        elif since.elapsed() > LAST_WORDS_SECONDS:
            self._buried |= self._state.dead
            self._state.dead.clear()
            self._keep()

    def _keep(self) -> None:
        try:
            self._state.save()
        except OSError as error:
            # It goes on with what it knows; only its own end would now cost a session time-out.
            self._journal("trouble", {"what": f"the state cannot be written to {self._state.path}: {error.strerror}"})

    def _report_error(self, error: FlinkError) -> None:
        if error.message != self._trouble:
            self._trouble = error.message
            self._journal("trouble", {"what": error.message})


def refuses_connections(url: str) -> bool:
    """Whether the port of an address is closed. One that a stopped process holds is open."""
    try:
        address = urlsplit(url)
        with socket.create_connection((address.hostname or "", address.port or 80), timeout=KNOCK_SECONDS):
            return False
    except ConnectionRefusedError:
        return True
    except (OSError, ValueError):
        return False


def left_behind(config: Config, zookeeper: ZooKeeper, report: Callable[[FlinkError], None]) -> set[int]:
    """The sessions that the service has left. Only of use when none of its processes lives, before and after.

    That no process carries the marks might mean that they cannot be seen: its closed port has to bear it out. The port
    of a container that is gone is not closed but nowhere, so that nothing is concluded there.
    """
    if not refuses_connections(config.url):
        return set()
    found = SessionLog(config.log_dir, config.log_pattern).read()
    try:
        return found | published_by(zookeeper, config.leader, config.url, Deadline(ANSWER_SECONDS))
    except ZooKeeperError as error:
        report(error)
        return found


def release_once(config: Config, zookeeper: ZooKeeper, journal: Journal, seconds: float = RELEASE_SECONDS) -> None:
    """What systemd calls when nothing of the unit is left."""
    deadline = Deadline(seconds)

    def report(error: FlinkError) -> None:
        journal("trouble", {"what": error.message})

    state = State.load(config.state)
    dead = state.dead | state.known | left_behind(config, zookeeper, report)
    alive = main_process(config)
    if alive is not None:
        journal("alive", {"pid": alive.pid})
        return
    while dead and not deadline.expired:
        try:
            done = release(zookeeper, config.leader, dead, deadline)
        except BadVersion:
            continue
        except ZooKeeperError as error:
            report(error)
            return
        seen = {"nodes": done.paths, "sessions": done.sessions, "seconds": round(deadline.elapsed(), 3)}
        journal("released", seen)
        if done.paths:
            state.fenced += 1
            with suppress(OSError):
                state.save()
        return


# -- the command -----------------------------------------------------------------------------------------------------


def write_line(event: str, details: dict[str, Any]) -> bool:
    """The journal: one JSON object a line, in UTC, on standard output. False when it could not be written."""
    try:
        sys.stdout.write(json.dumps({"at": iso_now(), "event": event, **details}) + "\n")
        sys.stdout.flush()
    except OSError:
        # A journal whose disk is full does not stop the guardian.
        return False
    return True


def _end(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def watch(action: str, path: str) -> int:
    """The watchdog, or a test of its alerts. It is loaded only for this: to fence needs little."""
    if sys.version_info < WATCHDOG_PYTHON:
        raise FlinkError(
            f"the watchdog needs Python {'.'.join(map(str, WATCHDOG_PYTHON))} or newer, and this is"
            f" {sys.version.split()[0]}: name another one in guardian_python"
        )
    from .._watchdog import config_file as _config_file
    from .._watchdog.alerting import alert_test
    from .._watchdog.run import Watchdog

    config = _config_file.read_config(path)
    if action == "alert":
        wrong = alert_test(config)
        write_line("alert_test", {"receivers": len(config.alerts.get("receivers") or []), "failed": wrong})
        return 1 if wrong else 0
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stopped.set())
    signal.signal(signal.SIGINT, lambda _number, _frame: stopped.set())
    Watchdog(config, write_line, stopped).run()
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="guardian", description="Releases the leadership of a failed JobManager, and watches over jobs."
    )
    parser.add_argument("action", choices=["run", "release", "watchdog", "alert"])
    parser.add_argument("--config", required=True, help="what the role guardian has written")
    given = parser.parse_args(arguments)
    try:
        if given.action in {"watchdog", "alert"}:
            return watch(given.action, given.config)
        config = read_config(given.config)
        if config.contained and os.geteuid() != 0:
            raise FlinkError(
                "the guardian cannot see the processes of containers: let it run as root, or set flink_fencing_enabled"
                " to false"
            )
        with ZooKeeper(config.zookeeper) as zookeeper:
            if given.action == "release":
                release_once(config, zookeeper, write_line)
            else:
                signal.signal(signal.SIGTERM, _end)
                signal.signal(signal.SIGINT, _end)
                Guardian(config, zookeeper, write_line).run()
    except FlinkError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    return 0
