# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would stand in the way of a cluster: in its inventory, and on its machines. Asks, changes nothing.

Every problem is one sentence that says what to do about it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from .._base.disk import existing
from .._base.processes import (
    Process,
)
from .._base.units import size_text
from .._runtime.supervisor_rpc import SOCKET_NAME, SOCKET_PATH_MAX


def memory_available(own: Sequence[Process]) -> int:
    """What daemons can get on this machine, that of our running ones included."""
    info = {
        name: int(amount.split()[0]) * 1024
        for name, _colon, amount in (
            line.partition(":") for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        )
    }
    available = info.get("MemAvailable", info["MemFree"])
    limit, used = _memory_limit()
    return min(available, max(0, limit - used)) + sum(_resident(one.pid) for one in own)


# The limit of a container and what it uses of it, by version of the control groups.
_MEMORY_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "/sys/fs/cgroup/memory/memory.stat",
    ),
)


_GIVEN_BACK = ("inactive_file", "active_file", "slab_reclaimable")


def _memory_limit() -> tuple[int, int]:
    for limit_file, used_file, stat_file in _MEMORY_GROUPS:
        try:
            limit = Path(limit_file).read_text(encoding="ascii").strip()
            used = int(Path(used_file).read_text(encoding="ascii"))
            stat = dict(line.split() for line in Path(stat_file).read_text(encoding="ascii").splitlines())
        except OSError:
            continue
        if limit.isdigit():
            # Cached files are given back when memory is needed, those in use too.
            given_back = sum(int(stat.get(f"total_{name}", stat.get(name, 0))) for name in _GIVEN_BACK)
            return int(limit), max(0, used - given_back)
    return sys.maxsize, 0


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def memory_problems(needs: Mapping[str, int], available: int, machine: str) -> Iterator[str]:
    needed = sum(needs.values())
    if needed > available:
        shares = ", ".join(f"{who} {size_text(size)}" for who, size in needs.items())
        yield (
            f"{machine} has {size_text(available)} of memory for daemons that need {size_text(needed)} ({shares}):"
            " make them smaller, run fewer, or take a larger machine"
        )


def write_problems(path: str, machine: str) -> Iterator[str]:
    nearest = existing(path)
    if not nearest.is_dir():
        yield f"{path} on {machine} cannot be a directory, because {nearest} is a file: move it away"
    elif not os.access(nearest, os.W_OK | os.X_OK):
        yield (
            f"{nearest} on {machine} cannot be written by user id {os.geteuid()}, but {path} is needed:"
            " give that account the right, set become: true, or choose another directory"
        )


def package_problems(packages: Iterable[str], machine: str) -> Iterator[str]:
    for name in packages:
        if find_spec(name) is None:
            python = sys.executable
            yield f"{python} on {machine} lacks the Python package {name}: run {python} -m pip install {name} there"


def socket_problems(supervisor_dir: str, machine: str) -> Iterator[str]:
    length = len(os.fsencode(f"{supervisor_dir}/{SOCKET_NAME}"))
    if length > SOCKET_PATH_MAX:
        yield (
            f"the socket of supervisord in {supervisor_dir} on {machine} would have a path of {length} bytes, more than"
            f" the {SOCKET_PATH_MAX} that work: choose a shorter flink_base_dir"
        )


def systemd_problems(machine: str) -> Iterator[str]:
    if not Path("/run/systemd/system").is_dir():
        yield f"systemd does not run on {machine}, but flink_runtime is systemd: use another flink_runtime"


class Clock(NamedTuple):
    """The clocks around one question, in seconds since 1970: asked and answered are those of the controller."""

    asked: float
    began: float
    ended: float
    answered: float


def clock_problems(clock: Clock, tolerance: float, machine: str) -> Iterator[str]:
    """What is certain of the difference: the way there and back, however long it took, is not part of it.

    The machine began after it was asked and ended before the answer was there. A clock that is right cannot have
    ended after the answer, or have begun before the question.
    """
    ahead, behind = clock.ended - clock.answered, clock.asked - clock.began
    if max(ahead, behind) > tolerance:
        direction = "ahead of" if ahead > behind else "behind"
        yield (
            f"the clock of {machine} is at least {max(ahead, behind):.0f} s {direction} that of the controller, more"
            f" than {tolerance:.0f} s: run a time service such as chrony on both"
        )
