# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations and sizes, as Flink writes them."""

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


_NUMBER_WITH_UNIT = re.compile(r"([0-9]{1,19})\s*([^\W\d_]*)")


_ISO_DURATION = re.compile(
    r"[-+]?P(?=[\dT])(?:[-+]?(\d+)D)?(?:T(?=[-+\d])(?:[-+]?(\d+)H)?(?:[-+]?(\d+)M)?(?:[-+]?(\d+)(?:[.,](\d{0,9}))?S)?)?",
    re.IGNORECASE | re.ASCII,
)


# Python refuses to write numbers of thousands of digits, and nobody means one.
LARGEST = 10**60


# --- Types -----------------------------------------------------------------------------------------------------------


def plain(value: Value) -> str:
    """The text of a text or a whole number; nothing for what Flink could not read either way."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST else ""


def seconds(value: Value, *, iso: bool = True) -> float | None:
    """A duration as Flink reads it; None when it is none. A bare number means milliseconds."""
    text = plain(value)
    match = _NUMBER_WITH_UNIT.fullmatch(text)
    if match is not None:
        unit = match[2].strip().lower()
        size = _SECONDS.get(unit) if unit else 1e-3
        return None if size is None else int(match[1]) * size
    match = _ISO_DURATION.fullmatch(text) if iso else None
    if match is None:
        return None
    days, hours, minutes, whole = (int(match[group] or 0) for group in (1, 2, 3, 4))
    return ((days * 24 + hours) * 60 + minutes) * 60 + whole + float(f"0.{match[5] or 0}")


def size_in_bytes(value: Value) -> int | None:
    """An amount of memory as Flink reads it; None when it is none. A bare number means bytes."""
    match = _NUMBER_WITH_UNIT.fullmatch(plain(value))
    if match is None:
        return None
    unit = match[2].strip().lower()
    size = _BYTES.get(unit) if unit else 1
    return None if size is None else int(match[1]) * size


_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


_SIZE = re.compile(r"(\d+)\s*([bkmgt]?)[a-z]*\Z")


def size_of(text: str) -> int:
    """A memory size as Flink writes it, in bytes."""
    found = _SIZE.match(text.strip().lower())
    if not found:
        raise FlinkError(f"{text!r} is no size of memory: write it like 1024m or 2g")
    return int(found[1]) * _UNITS[found[2]]


def size_text(size: int) -> str:
    if size >= 10 * _UNITS["g"]:
        return f"{size / _UNITS['g']:.0f} GiB"
    return f"{size / _UNITS['g']:.1f} GiB" if size >= _UNITS["g"] else f"{size / _UNITS['m']:.0f} MiB"
