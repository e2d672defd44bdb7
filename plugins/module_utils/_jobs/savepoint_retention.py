# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which savepoints of a job are not needed any more. Nothing is asked and nothing is deleted here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .._base.errors import FlinkError
from .._base.paths import same_path
from .._base.times import moment
from .._base.units import duration
from .records import JobRecord, StatePoint


@dataclass(frozen=True)
class Retention:
    """How many savepoints of a job stay, and for how long; whichever says first that one may go."""

    keep: int | None = None
    max_age: timedelta | None = None

    @classmethod
    def of(cls, keep: int | None, max_age: str | None) -> Retention:
        if keep is None and not max_age:
            raise FlinkError("say how many savepoints stay, with keep, or for how long, with max_age")
        if keep is not None and keep < 1:
            raise FlinkError(f"keep is {keep}: the newest savepoint of a job is never disposed of, so give 1 or more")
        if not max_age:
            return cls(keep)
        seconds = duration(max_age, "max_age")
        if not seconds:
            raise FlinkError(f"max_age is {max_age}, so that no savepoint but the newest would stay: give more than 0")
        return cls(keep, timedelta(seconds=seconds))


def needed(record: JobRecord, path: str) -> str | None:
    """Why a savepoint must stay."""
    current, point = record.current, record.state_point
    if point is not None and same_path(point.path, path) and current is None and record.state != "absent":
        return f"{record.name} is {record.state} and continues from it"
    if current is not None and current.outcome != "verified" and same_path(current.restored_from, path):
        return f"{record.name} is being started from it"
    return None


def superfluous(
    record: JobRecord, retention: Retention, now: datetime, exists: Callable[[str], bool]
) -> list[StatePoint]:
    """The savepoints of a job that may go, the oldest first. One that does not exist counts for nothing."""
    if not record.is_settled or (record.current is not None and record.current.outcome != "verified"):
        # What is being done may still need any of them.
        return []
    points = sorted((one for one in record.savepoints if exists(one.path)), key=lambda one: one.at, reverse=True)
    found = [
        one
        for position, one in enumerate(points)
        if position > 0 and _expired(one, position, retention, now) and not _held(record, one.path)
    ]
    return found[::-1]


def _expired(point: StatePoint, position: int, retention: Retention, now: datetime) -> bool:
    if retention.keep is not None and position >= retention.keep:
        return True
    made = moment(point.at)
    return retention.max_age is not None and made is not None and now - made > retention.max_age


def _held(record: JobRecord, path: str) -> bool:
    """Whether a job continues from it, was started from it, or would go back to it."""
    started = [one.restored_from for one in (record.current, record.good) if one is not None and one.restored_from]
    point = [record.state_point.path] if record.state_point is not None and record.state != "absent" else []
    return any(same_path(one, path) for one in (*started, *point))
