# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The TaskManagers that are registered with a leader, as it reports them."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from .._base.errors import FlinkError
from .answers import number


class TaskManager(NamedTuple):
    """One that is registered. heartbeat is the moment of its last heartbeat, in seconds since 1970."""

    id: str
    address: str
    slots: int
    free: int
    heartbeat: float
    data_port: Any = None
    process_memory: Any = None

    def heartbeat_age(self, now: float) -> float:
        return max(0.0, now - self.heartbeat)


def parse_taskmanagers(answer: object) -> list[TaskManager]:
    """The answer to /taskmanagers, in the order of their ids."""
    found = answer.get("taskmanagers") if isinstance(answer, dict) else None
    if not isinstance(found, list) or any(not isinstance(one, dict) for one in found):
        raise FlinkError(
            "the leader's answer to /taskmanagers has no list of TaskManagers: is that a Flink JobManager?"
        )
    return sorted(map(_taskmanager, found), key=lambda one: one.id)


def _taskmanager(one: dict[str, Any]) -> TaskManager:
    count = partial(number, one, what="/taskmanagers")
    authority = str(one.get("path", "")).partition("://")[2].partition("/")[0]
    memory = one.get("memoryConfiguration")
    return TaskManager(
        # In spite of its name this is a moment, in milliseconds.
        heartbeat=count("timeSinceLastHeartbeat") / 1000,
        id=str(one.get("id", "")),
        address=authority.rpartition("@")[2],
        slots=count("slotsNumber"),
        free=count("freeSlots"),
        data_port=one.get("dataPort"),
        process_memory=memory.get("totalProcessMemory") if isinstance(memory, dict) else None,
    )
