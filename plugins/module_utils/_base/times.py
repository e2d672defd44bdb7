# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments as text (RFC 3339, in UTC)."""

from __future__ import annotations

import time
from datetime import datetime, timezone

_STAMP = "%Y%m%dT%H%M%SZ"


def iso(seconds: float, precision: str = "milliseconds") -> str:
    """A moment in seconds since 1970; empty when it is beyond what a calendar knows.

    :arg precision: seconds or milliseconds.
    """
    try:
        moment = datetime.fromtimestamp(seconds, tz=timezone.utc)
    except (OverflowError, ValueError, OSError):
        return ""
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


def iso_utc(milliseconds: int) -> str:
    """A moment as Flink and ZooKeeper count it."""
    return iso(milliseconds / 1000)


def iso_or_none(seconds: float | None) -> str | None:
    return None if seconds is None else iso(seconds)


def iso_now() -> str:
    return iso(time.time())


def moment(text: str) -> datetime | None:
    """A moment as text; without a time zone it is in UTC. None when it is not valid."""
    try:
        # Before Python 3.11 fromisoformat does not know Z.
        found = datetime.fromisoformat(f"{text[:-1]}+00:00" if text[-1:] in ("Z", "z") else text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def stamp(seconds: float) -> str:
    """A moment as part of a file's name, such as 20261127T021530Z."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc).strftime(_STAMP)


def stamp_moment(text: str) -> datetime:
    """The moment of such a name; ValueError when it is not one."""
    return datetime.strptime(text, _STAMP).replace(tzinfo=timezone.utc)
