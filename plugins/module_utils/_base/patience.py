# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patience with a process: it is over when nothing has moved for its time, not when a busy machine was slow."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from .processes import Process, stat_of

# A process that is busy and never becomes ready must not be waited for indefinitely.
LONGEST = 10.0
# A process that starts takes every CPU that it gets; one that only waits uses less than this part of the time.
BUSY = 0.05


class Patience:
    """A time that begins anew whenever something has moved.

    :arg seconds: how long nothing may move.
    :arg longest: how many times as long the whole wait may last.
    """

    def __init__(self, seconds: float, longest: float = LONGEST, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = max(0.0, seconds)
        self._clock = clock
        self._start = self._moved = clock()
        self._most = self.seconds * longest
        self._signs: dict[str, float] = {}

    def note(self, signs: Mapping[str, float]) -> None:
        """Take notice of counters; one that is new, or has grown by 1 since the last movement, is a movement."""
        if any(name not in self._signs or value >= self._signs[name] + 1 for name, value in signs.items()):
            self._signs.update(signs)
            self._moved = self._clock()

    @property
    def waited(self) -> float:
        return self._clock() - self._start

    @property
    def idle(self) -> float:
        """For how long nothing has moved."""
        return self._clock() - self._moved

    @property
    def expired(self) -> bool:
        return self.idle >= self.seconds or self.waited >= self._most


def signs_of_life(processes: Iterable[Process], logs: Iterable[Path], seconds: float) -> dict[str, float]:
    """Counters of what moves in a daemon that starts, for a patience of so many seconds.

    Time that its threads have waited for a CPU counts like time on it: on a busy machine they wait most of the time.
    Without a process nothing moves, whatever its logs say of those before it.
    """
    step = max(BUSY * seconds, 0.01)
    found = {f"{one.pid} {one.started}": demand(one.pid) / step for one in processes}
    if found:
        found |= {str(path): float(size) for path, size in sizes(logs).items()}
    return found


def demand(pid: int) -> float:
    """Seconds that a process has used a CPU or waited for one."""
    fields = stat_of(pid)
    if not fields:
        return 0.0
    used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        # It has just ended.
        return used
    return used + sum(_waited(thread / "schedstat") for thread in threads)


def _waited(path: Path) -> float:
    """Seconds that a thread has waited for a CPU; 0 where the kernel does not say."""
    try:
        return int(path.read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def sizes(paths: Iterable[Path]) -> dict[Path, int]:
    """The sizes of those files that are there."""
    found = {}
    for path in paths:
        try:
            found[path] = path.stat().st_size
        except OSError:
            continue
    return found


def age(one: Process) -> float:
    """For how many seconds a process has run."""
    try:
        up = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return 0.0
    return max(0.0, up - int(one.started) / os.sysconf("SC_CLK_TCK"))
