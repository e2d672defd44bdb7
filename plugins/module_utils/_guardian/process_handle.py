# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process of Flink that the guardian holds on to, and the configuration that names it."""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from .._base.errors import FlinkError
from .._base.files import write_file
from .._base.processes import Process, boot_id, is_alive, marked, process
from .._base.wait import Deadline
from .._cluster.four_letter import Tls
from .._cluster.leader import session_text
from .._cluster.quorum import ZooKeeperSettings
from .fence import leader_path, numbers, texts

# From the first look for a process that is not there to the last one.
QUICK_LOOK, SLOW_LOOK = 0.1, 1.0


# So many sessions of dead processes are remembered: more than can be left at any time.
ENDED = 64


class Config(NamedTuple):
    """Which process, and where its leadership is."""

    service: str
    directory: str
    log_dir: str
    log_pattern: str
    url: str
    leader: str
    state: str
    zookeeper: ZooKeeperSettings
    # The log is read through the eyes of the process, which may live in a container.
    contained: bool = False


def read_config(path: str | Path) -> Config:
    """:raises FlinkError: the file is missing, or not what the role has written."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        given = dict(found["zookeeper"])
        tls = given.pop("tls", None)
        settings = ZooKeeperSettings(**given, tls=Tls(**tls) if tls else None)
        return Config(
            service=found["service"],
            directory=found["directory"],
            log_dir=found["log_dir"],
            log_pattern=found["log_pattern"],
            url=found["url"],
            leader=leader_path(found["zookeeper_root"], found["cluster_id"]),
            state=found["state"],
            zookeeper=settings,
            contained=bool(found.get("contained", False)),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FlinkError(
            f"the guardian's configuration {path} cannot be used ({type(error).__name__}: {error}): run site.yml again"
        ) from error


# -- the process -----------------------------------------------------------------------------------------------------


def oldest(found: Iterable[Process]) -> Process | None:
    return min(found, key=lambda one: (int(one.started), one.pid), default=None)


def main_process(config: Config) -> Process | None:
    """The process of the service; of several the oldest, which in a container outlives the others."""
    return oldest(marked(config.service, config.directory))


class ProcessHandle:
    """Holds on to a process, so that its end cannot be missed and no later one be taken for it."""

    def __init__(self, one: Process) -> None:
        self.one = one
        try:
            self._descriptor = os.pidfd_open(one.pid)
        except (AttributeError, OSError):
            # An old kernel, or it is gone already: then the process table decides.
            self._descriptor = -1
        if self._descriptor >= 0 and process(one.pid) != one:
            self.close()

    def ended(self, seconds: float) -> bool:
        """Whether it has ended; waits at most so long for it."""
        if self._descriptor < 0:
            if is_alive(self.one):
                Deadline(seconds).pause(min(seconds, QUICK_LOOK))
            return not is_alive(self.one)
        waiting = select.poll()
        waiting.register(self._descriptor, select.POLLIN)
        return bool(waiting.poll(seconds * 1000))

    def kill(self) -> None:
        """Only this very process: nothing happens when it has ended, or is not ours to kill."""
        with suppress(OSError):
            if self._descriptor >= 0:
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)
            elif is_alive(self.one):
                os.kill(self.one.pid, signal.SIGKILL)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


# -- what is known ---------------------------------------------------------------------------------------------------


@dataclass
class State:
    """What must survive the guardian's own end: the process, its sessions, and those of dead ones before it."""

    path: Path
    main: Process | None = None
    # Who else of the service ran when a session was learnt: it might be theirs.
    others: set[Process] = field(default_factory=set)
    known: set[int] = field(default_factory=set)
    dead: set[int] = field(default_factory=set)
    # Those of the processes that have died last. What they have published stays until ZooKeeper ends the session, and
    # is not the work of the one that runs now.
    ended: list[int] = field(default_factory=list)
    # How often the leadership, or the place in line, of a dead process was released.
    fenced: int = 0

    @classmethod
    def load(cls, path: str | Path) -> State:
        """A state that cannot be read is none: what it knew is learnt again."""
        state = cls(Path(path))
        try:
            found = json.loads(state.path.read_text(encoding="utf-8"))
            state.known, state.dead = numbers(found["known"]), numbers(found["dead"])
            state.ended = [int(one, 16) for one in found.get("ended", [])]
            state.fenced = int(found.get("fenced", 0))
            if found["boot"] == boot_id():
                ran = [Process(int(pid), str(started)) for pid, started in found["ran"]]
                state.main, state.others = (ran[0], set(ran[1:])) if ran else (None, set())
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls(Path(path))
        return state

    def save(self) -> None:
        ran = [self.main, *sorted(self.others, key=lambda one: one.pid)] if self.main else []
        content = {
            "boot": boot_id(),
            "ran": [[one.pid, one.started] for one in ran],
            "known": texts(self.known),
            "dead": texts(self.dead),
            "ended": [session_text(one) for one in self.ended],
            "fenced": self.fenced,
        }
        # A leadership is released after this: that must not wait for a busy disk. What a power failure takes is learnt
        # again.
        write_file(self.path, json.dumps(content) + "\n", 0o644, durable=False)
