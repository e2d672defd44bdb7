# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations and amounts of memory: what Flink accepts is accepted here, and nothing else."""

from __future__ import annotations

import re
from typing import Any

from .errors import FlinkError

# One option's value: a scalar, or a list of them. None takes an option away that the profile would set.
Value = Any

_SECONDS = {
    unit: size
    for size, units in (
        (1e-9, "ns nano nanos nanosecond nanoseconds"),
        (1e-6, "µs micro micros microsecond microseconds"),
        (1e-3, "ms milli millis millisecond milliseconds"),
        (1, "s sec secs second seconds"),
        (60, "m min minute minutes"),
        (3600, "h hour hours"),
        (86400, "d day days"),
    )
    for unit in units.split()
}
_BYTES = {
    unit: 1024**power
    for power, units in enumerate(("b bytes", "k kb kibibytes", "m mb mebibytes", "g gb gibibytes", "t tb tebibytes"))
    for unit in units.split()
}
# From the largest on, as durations and sizes are written for people.
_MILLISECONDS = {"d": 86_400_000, "h": 3_600_000, "min": 60_000, "s": 1000, "ms": 1}

_NUMBER_WITH_UNIT = re.compile(r"([0-9]{1,19})\s*([^\W\d_]*)")
_BARE_NUMBER = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?")
_ISO_DURATION = re.compile(
    r"([-+]?)P(?=[-+\d]|T[-+\d])(?:([-+]?\d+)D)?"
    r"(?:T(?=[-+\d])(?:([-+]?\d+)H)?(?:([-+]?\d+)M)?(?:([-+]?)(\d+)(?:[.,](\d{0,9}))?S)?)?",
    re.IGNORECASE | re.ASCII,
)

# Python refuses to write numbers of thousands of digits, and none is meant.
LARGEST = 10**60


def plain(value: Value) -> str:
    """The text of a text or a whole number; nothing for what Flink could not read either way."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST else ""


def seconds(value: Value, *, iso: bool = True) -> float | None:
    """A duration as TimeUtils.parseDuration reads it; None when it is not valid. A bare number means milliseconds.

    :arg iso: whether ISO-8601 is accepted, as Flink 2 does.
    """
    text = plain(value)
    match = _NUMBER_WITH_UNIT.fullmatch(text)
    if match is not None:
        unit = match[2].lower() or "ms"
        return int(match[1]) * _SECONDS[unit] if unit in _SECONDS else None
    match = _ISO_DURATION.fullmatch(text) if iso else None
    return None if match is None else _iso_seconds(match)


def _iso_seconds(match: re.Match[str]) -> float:
    days, hours, minutes = (int(match[group] or 0) for group in (2, 3, 4))
    rest = float(f"{match[5]}{match[6] or 0}.{match[7] or 0}") if match[6] else 0.0
    total = ((days * 24 + hours) * 60 + minutes) * 60 + rest
    return -total if match[1] == "-" else total


def size_in_bytes(value: Value) -> int | None:
    """An amount of memory as MemorySize.parse reads it; None when it is not valid. A bare number means bytes."""
    match = _NUMBER_WITH_UNIT.fullmatch(plain(value))
    if match is None:
        return None
    unit = match[2].lower() or "b"
    return int(match[1]) * _BYTES[unit] if unit in _BYTES else None


def _check_unit(value: Value, name: str, units: tuple[str, str]) -> None:
    """Flink takes a bare number of milliseconds or bytes; its author often meant something else."""
    text = str(value).strip()
    if not isinstance(value, bool) and _BARE_NUMBER.fullmatch(text):
        raise FlinkError(f"{name}: {text} has no unit: write {text}{units[0]} or {text}{units[1]}, whichever is meant")


def duration(value: Value, name: str) -> float:
    """The seconds of a duration that a user has given with its unit.

    :arg name: the variable, for the error.
    """
    _check_unit(value, name, (" s", " ms"))
    found = seconds(value)
    if found is None or found < 0:
        raise FlinkError(
            f"{name}: {value!r} is not a valid duration: write a number with a unit, such as 30 s, 15 min or 4 h"
        )
    return found


def size(value: Value, name: str) -> int:
    """The bytes of an amount of memory that a user has given with its unit.

    :arg name: the variable, for the error.
    """
    _check_unit(value, name, ("m", "g"))
    found = size_in_bytes(value)
    if found is None:
        raise FlinkError(f"{name}: {value!r} is not a valid size: write a number with a unit, such as 1024 m or 2 g")
    return found


def duration_text(milliseconds: int) -> str:
    """A duration as a person writes it: in the largest unit that gives a whole number."""
    unit, length = next(one for one in _MILLISECONDS.items() if milliseconds % one[1] == 0)
    return f"{milliseconds // length} {unit}"


def size_text(count: int) -> str:
    """An amount of memory or disk for people: not exact."""
    gibibytes = count / _BYTES["g"]
    if gibibytes >= 10:
        return f"{gibibytes:.0f} GiB"
    return f"{gibibytes:.1f} GiB" if gibibytes >= 1 else f"{count / _BYTES['m']:.0f} MiB"
