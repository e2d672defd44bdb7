# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions side by side: the link to the current one, and which of the others have to go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .._base.errors import FlinkError
from .._base.processes import all_pids
from .manifest import MANIFEST


def linked(link: Path) -> str:
    """What a link says; empty where there is none."""
    if link.is_symlink():
        return str(link.readlink())
    if link.exists():
        raise FlinkError(f"cannot make the link {link}: something else has this name; move it away")
    return ""


def link_target(link: Path, dest: Path) -> str:
    """Relative where it can be: the whole directory may be mounted elsewhere."""
    return dest.name if link.parent == dest.parent else str(dest)


def set_link(link: Path, target: str) -> None:
    """In one step: readers find the old or the new one."""
    temporary = link.with_name(f".{link.name}.new")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)


@dataclass(frozen=True)
class Version:
    """A directory that this collection laid out, and when it was last chosen."""

    path: Path
    used: int


def versions(parent: Path, product: str) -> list[Version]:
    """The versions of a product in a directory, the one chosen last first. Others' directories are not among them."""
    found = []
    for path in parent.glob(f"{product}-*"):
        try:
            if not path.is_symlink():
                found.append(Version(path, (path / MANIFEST).stat().st_mtime_ns))
        except OSError:
            continue
    return sorted(found, key=lambda one: (-one.used, one.path.name))


def chosen(dest: Path) -> None:
    """Remember that this version was chosen now: a roll-back makes an old one the newest."""
    os.utime(dest / MANIFEST)


def in_use(directories: Iterable[Path]) -> set[Path]:
    """The directories that a running process was started from, as far as this account may see."""
    marks = {directory: f"{directory}/".encode() for directory in directories}
    found: set[Path] = set()
    for pid in all_pids() if marks else ():
        if pid == os.getpid():
            continue
        said = _said(pid)
        found |= {directory for directory, mark in marks.items() if mark in said}
    return found


def _said(pid: int) -> bytes:
    content = b""
    for name in ("cmdline", "environ"):
        try:
            content += Path(f"/proc/{pid}/{name}").read_bytes()
        except OSError:
            continue
    return content


def superfluous(parent: Path, product: str, keep: int, protected: Iterable[Path]) -> list[Path]:
    """The versions beyond those that are kept; a running daemon keeps its own, whatever the number."""
    safe = set(protected)
    others = [one.path for one in versions(parent, product) if one.path not in safe]
    candidates = others[keep:]
    used = in_use(candidates)
    return [path for path in candidates if path not in used]


def remove(directory: Path) -> None:
    """Rename first: half a version must not look like one."""
    doomed = directory.with_name(f".{directory.name}.old")
    if doomed.exists():
        shutil.rmtree(doomed)
    directory.rename(doomed)
    shutil.rmtree(doomed)
