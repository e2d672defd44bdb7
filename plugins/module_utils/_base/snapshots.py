# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Savepoints and checkpoints as files: what is known about them on a host that may see their storage."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from .paths import METADATA, local_path


class Found(str, Enum):
    """What is known about a path on this host."""

    PRESENT = "present"
    ABSENT = "absent"
    NO_METADATA = "no_metadata"
    ELSEWHERE = "elsewhere"


def inspect(path: str) -> Found:
    """Whether a savepoint is where it should be, as far as this host can see the storage."""
    place = local_path(path)
    if place is None:
        return Found.ELSEWHERE
    try:
        if (place / METADATA).is_file() or (place.name == METADATA and place.is_file()):
            return Found.PRESENT
        if place.exists():
            return Found.NO_METADATA
        return Found.ABSENT if _visible(place) else Found.ELSEWHERE
    except OSError:
        return Found.ELSEWHERE


def _visible(place: Path) -> bool:
    """Whether this host sees the storage: an empty mount point or no directory at all proves nothing."""
    parent, *others = list(place.parents)[:4]
    if parent.is_dir() and any(parent.iterdir()):
        return parent != Path("/")
    # The directory of one savepoint is empty, or gone, when the savepoint is gone. The one above it decides then.
    nearest = next((one for one in others if one.is_dir()), None)
    return nearest is not None and nearest != Path("/") and any(one != parent for one in nearest.iterdir())


def complete_below(target: str) -> list[str]:
    """The complete savepoints in a directory that was made for one of ours, the newest last."""
    place = local_path(target)
    if place is None:
        return []
    try:
        found = [one for one in place.glob(f"*/{METADATA}") if one.is_file()]
        found.sort(key=lambda one: one.stat().st_mtime_ns)
    except OSError:
        return []
    return [f"file:{one.parent}" for one in found]


def directory_of(checkpoint_path: str, job_id: str) -> str:
    """The directory of all checkpoints of a job, derived from one of them; empty when it is shared with other jobs."""
    parent = checkpoint_path.rstrip("/").rpartition("/")[0]
    return parent if parent.rpartition("/")[2] == job_id else ""


def visible(directory: str) -> bool:
    """Whether what is not found in a directory does not exist, as far as this host can see."""
    place = local_path(directory)
    if place is None:
        return False
    try:
        return place.is_dir() or _visible(place)
    except OSError:
        return False


def newest_retained(directory: str) -> str:
    """The newest complete checkpoint in a job's directory, when this host sees the storage; else empty."""
    place = local_path(directory) if directory else None
    if place is None:
        return ""
    numbered: list[tuple[int, Path]] = []
    try:
        for one in place.glob(f"chk-*/{METADATA}"):
            number = one.parent.name.removeprefix("chk-")
            if number.isdigit() and one.is_file():
                numbered.append((int(number), one.parent))
    except OSError:
        return ""
    return f"file:{max(numbered)[1]}" if numbered else ""
