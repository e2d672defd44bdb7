# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Free space on the disk that holds a directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .units import size_text


def existing(path: str) -> Path:
    """The directory itself, or the nearest one above it that exists and may be looked at."""
    candidates = (Path(path), *Path(path).parents)
    return next((one for one in candidates if os.access(one, os.F_OK)), candidates[-1])


def disk_problems(path: str, needed: int, machine: str) -> Iterator[str]:
    try:
        state = os.statvfs(existing(path))
    except OSError as error:
        yield f"the disk of {path} on {machine} cannot be read ({error.strerror}): see whether it is mounted"
        return
    free = state.f_bavail * state.f_frsize
    if free < needed:
        yield (
            f"{path} on {machine} has {size_text(free)} of free disk, less than {size_text(needed)}:"
            " make room, or choose another directory"
        )
