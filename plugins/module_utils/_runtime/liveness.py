# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the daemons of a host run and answer, and waiting until they do."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._base.addresses import host_port
from .._base.errors import FlinkError
from .._base.patience import Patience, age, signs_of_life
from .._base.processes import MARK_DIRECTORY, MARK_SERVICE, Process, processes
from .._base.wait import Deadline, seconds_text
from .last_words import last_words, newest, tail

ASK_SECONDS = 5.0
PAUSE = 0.5
# One that ends so often while it is waited for is not about to become ready. On a busy machine a daemon of Flink ends
# when one of Flink's own time-outs has passed, and may be lucky the next time: that takes longer.
MOST_STARTS = 5
SHORT_LIFE = 30.0
# A daemon with a port is steady when it answers and is so old; of one without, its age is all there is to see.
STEADY_SECONDS = 3.0
STEADY_WITHOUT_PORT = 10.0

RunCommand = Callable[[list[str]], tuple[int, str, str]]


@dataclass(frozen=True)
class Daemon:
    """One daemon of a host, and how it is asked."""

    daemon: str
    title: str
    service: str = ""
    directory: str = ""
    # http, https, tcp, zookeeper, or process where it has no port.
    ask: str = "process"
    host: str = ""
    port: int = 0
    path: str = "/"
    logs: Sequence[str] = ()
    log_command: Sequence[str] = ()
    required: bool = True

    @property
    def address(self) -> str:
        if self.ask == "process":
            return ""
        place = host_port(self.host, self.port)
        return f"{self.ask}://{place}{self.path}" if self.ask in ("http", "https") else place


@dataclass
class Seen:
    """What one look at a daemon has shown."""

    processes: list[Process] = field(default_factory=list)
    # Empty: it answers.
    silence: str = ""

    @property
    def first(self) -> Process | None:
        """The oldest of its processes: it has started the others."""
        return min(self.processes, key=lambda one: int(one.started), default=None)


def ask(one: Daemon) -> str:
    """Why a daemon does not answer; empty when it does."""
    try:
        if one.ask in ("http", "https"):
            return _ask_http(one)
        with socket.create_connection((one.host, one.port), timeout=ASK_SECONDS) as connection:
            return _ask_zookeeper(connection) if one.ask == "zookeeper" else ""
    except TimeoutError:
        return f"no answer within {seconds_text(ASK_SECONDS)} s"
    except socket.gaierror:
        return f"the name {one.host} cannot be resolved"
    except http.client.HTTPException:
        return "the answer is not HTTP"
    except OSError as error:
        return (error.strerror or "the connection was lost").lower()


def _ask_http(one: Daemon) -> str:
    if one.ask == "https":
        # Who it is does not matter here: nothing that it says is used.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        secure = http.client.HTTPSConnection(one.host, one.port, timeout=ASK_SECONDS, context=context)
        connection: http.client.HTTPConnection = secure
    else:
        connection = http.client.HTTPConnection(one.host, one.port, timeout=ASK_SECONDS)
    try:
        connection.request("GET", one.path)
        status = connection.getresponse().status
    except ssl.SSLError as error:
        # It asks for a certificate: it answers, and has its reasons.
        return "" if "ALERT" in str(error.reason) or "CERTIFICATE" in str(error.reason) else "TLS failed"
    finally:
        connection.close()
    return "" if status < 500 else f"it answers with HTTP status {status}"


def _ask_zookeeper(connection: socket.socket) -> str:
    """A server that does not speak in the clear, or does not allow the word, has answered all the same."""
    try:
        connection.sendall(b"srvr")
        said = connection.recv(4096)
    except OSError:
        return ""
    return "it does not serve requests: it has no quorum" if b"not currently serving" in said else ""


def look(daemons: Sequence[Daemon]) -> list[Seen]:
    """One look at the table of processes for all daemons, and a question to each."""
    services = {one.service for one in daemons if one.service}
    running = processes(lambda environment: environment.get(MARK_SERVICE) in services)
    return [_seen(one, [found for found in running if _belongs(found, one)]) for one in daemons]


def _belongs(found: Process, one: Daemon) -> bool:
    mark = found.environment
    return mark[MARK_SERVICE] == one.service and one.directory in ("", mark.get(MARK_DIRECTORY))


def _seen(one: Daemon, found: list[Process]) -> Seen:
    if one.ask != "process":
        return Seen(found, ask(one))
    return Seen(found, "" if found else "no process of it runs")


def row(one: Daemon, seen: Seen, words: str = "") -> dict[str, Any]:
    """What is reported of a daemon."""
    first = seen.first
    deployed = not one.directory or Path(one.directory).is_dir()
    return {
        "daemon": one.daemon,
        "title": one.title,
        "address": one.address,
        "answers": not seen.silence,
        "pid": first.pid if first else None,
        "age": age(first) if first else None,
        "required": one.required or deployed,
        "says": "" if not seen.silence else f"{seen.silence}; its log says: {words}" if words else seen.silence,
    }


class Watch:
    """Waits for one daemon."""

    def __init__(self, one: Daemon, seconds: float, patience: Patience | None = None) -> None:
        self.one = one
        self.seen = Seen(silence="it was not asked yet")
        self._patience = patience or Patience(seconds)
        self._started: set[Process] = set()

    def take(self, seen: Seen) -> None:
        self.seen = seen
        first = seen.first
        if first is not None:
            self._started.add(first)
        logs = newest(self.one.logs)[:3]
        self._patience.note(signs_of_life(seen.processes, logs, self._patience.seconds))

    @property
    def ready(self) -> bool:
        if self.seen.silence:
            return False
        first = self.seen.first
        # Where its processes cannot be seen, its answer has to do.
        return first is None or age(first) >= (STEADY_WITHOUT_PORT if self.one.ask == "process" else STEADY_SECONDS)

    def trouble(self) -> str:
        """Why it is not waited for any longer; empty as long as it is."""
        if len(self._started) >= MOST_STARTS and self._patience.waited < SHORT_LIFE * len(self._started):
            return f"was started {len(self._started)} times while it was waited for, and ended each time"
        if not self._patience.expired:
            return ""
        idle, waited = seconds_text(self._patience.idle), seconds_text(self._patience.waited)
        why = self.seen.silence or "it has only just been started again"
        if not self.seen.processes and self.one.service:
            return f"does not run: {self.seen.silence} for {idle} s"
        if self._patience.idle >= self._patience.seconds:
            return f"does not become ready: {why}, and nothing of it has moved for {idle} s"
        return f"does not become ready within {waited} s: {why}"


def words_of(one: Daemon, run: RunCommand) -> tuple[str, str]:
    """What its log says last, and where it says so."""
    said = [(last_words(tail(path)), str(path)) for path in newest(one.logs)[:3]]
    if one.log_command:
        _code, output, errors = run(list(one.log_command))
        said.insert(0, (last_words(f"{output}\n{errors}"), " ".join(one.log_command)))
    return next(((text, where) for text, where in said if text), ("", ""))


def sentence(one: Daemon, host: str, trouble: str, run: RunCommand) -> str:
    text, where = words_of(one, run)
    place = f" ({one.address})" if one.address else ""
    log = f"; its log says: {text} ({where})" if text else f"; its logs in {', '.join(one.logs)} say nothing"
    return f"the {one.title} of {host}{place} {trouble}{log}"


def look_once(daemons: Sequence[Daemon], run: RunCommand) -> list[dict[str, Any]]:
    return [row(one, seen, words_of(one, run)[0] if seen.silence else "") for one, seen in zip(daemons, look(daemons))]


def wait(
    daemons: Sequence[Daemon],
    host: str,
    seconds: float,
    run: RunCommand,
    looking: Callable[[Sequence[Daemon]], list[Seen]] = look,
) -> list[dict[str, Any]]:
    """Wait until all daemons answer in one round; fail with a sentence for each that does not become ready."""
    watches = [Watch(one, seconds) for one in daemons]
    while True:
        for watch, seen in zip(watches, looking(daemons)):
            watch.take(seen)
        if all(watch.ready for watch in watches):
            return [row(watch.one, watch.seen) for watch in watches]
        waiting = [watch for watch in watches if not watch.ready]
        lost = [watch.trouble() for watch in waiting]
        if all(lost):
            told = "; ".join(sentence(watch.one, host, why, run) for watch, why in zip(waiting, lost))
            raise FlinkError(
                f"cannot go on: {told}; correct what the log names and run the playbook again",
                daemons=[row(watch.one, watch.seen) for watch in watches],
            )
        Deadline(60).pause(PAUSE)
