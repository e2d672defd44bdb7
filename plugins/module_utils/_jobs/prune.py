# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories of checkpoints that are not needed any more: whole ones only, proved, seen twice, into the trash first.

The age of a file says nothing: an incremental checkpoint refers to files of long ago. So nothing inside of a directory
that is needed is ever touched, and what is needed is read from everything that is kept: whatever mentions the name of
a directory needs it. It runs on hosts, which have Python 3.9 or newer and nothing else.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError
from .._base.files import write_file
from .._base.paths import METADATA, local_path

TRASH = ".trash"
TOMBSTONES = ".tombstones.json"
MANIFEST = "manifest.json"
CHUNK = 1 << 20
_NAME = re.compile(r"[0-9a-f]{32}")
_MENTION = re.compile(rb"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_TRASHED = re.compile(r"([0-9a-f]{32})\.(\d+)")


@dataclass(frozen=True)
class Limits:
    """In seconds: how long nothing has changed, how long it has been known to be unneeded, how long trash is kept."""

    unchanged: float
    known: float
    trash: float


@dataclass
class PrunePlan:
    """What is to happen. kept maps the name of a directory to the reason why it stays."""

    kept: dict[str, str] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)
    trash: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    delete: list[str] = field(default_factory=list)


def mentions(path: Path) -> set[str]:
    """Every name of a job's directory that a file, or its name, mentions, read piece by piece."""
    found = {match[0].decode() for match in _MENTION.finditer(path.name.encode())}
    with path.open("rb") as file:
        rest = b""
        while True:
            part = file.read(CHUNK)
            data = rest + part
            # A name may span two pieces; what touches the end is looked at with the next one.
            found |= {match[0].decode() for match in _MENTION.finditer(data) if match.end() < len(data) or not part}
            if not part:
                return found
            rest = data[-64:]


def names(directory: Path) -> list[str]:
    return sorted(one.name for one in directory.iterdir() if _NAME.fullmatch(one.name) and one.is_dir())


def needed(checkpoints: Path, references: Iterable[str], roots: Sequence[Path]) -> dict[str, str]:
    """The directories that must stay, and why: what is referred to, and whatever that refers to in turn."""
    there = {*names(checkpoints), *(name for _entry, name, _since in _trashed(checkpoints))}
    found = {one: "ZooKeeper, a leader or a record names it" for one in references if one in there}
    for path in _kept_files(roots, checkpoints):
        found |= {one: f"{path} refers to it" for one in mentions(path) & there if one not in found}
    waiting = list(found)
    while waiting:
        name = waiting.pop()
        for path in sorted((checkpoints / name).glob(f"*/{METADATA}")):
            new = (mentions(path) & there) - set(found)
            found |= dict.fromkeys(new, f"{path} refers to it")
            waiting += sorted(new)
    return found


def _kept_files(roots: Sequence[Path], checkpoints: Path) -> Iterator[Path]:
    """The metadata of savepoints, the files of the HA storage, the manifests of backups."""
    for root in roots:
        for path in sorted(root.rglob("*")):
            inside = checkpoints in path.parents or "blob" in path.relative_to(root).parts
            wanted = path.name in {METADATA, MANIFEST} or path.parent == root or path.suffix == ".json"
            if wanted and not inside and path.is_file():
                yield path


def last_change(directory: Path) -> float:
    """When anything in a directory was written last."""
    found = directory.stat().st_mtime
    for path in directory.rglob("*"):
        found = max(found, path.lstat().st_mtime)
    return found


def plan(
    checkpoints: Path,
    references: Iterable[str],
    roots: Sequence[Path],
    limits: Limits,
    now: float,
) -> PrunePlan:
    """Look at everything and decide. A file that cannot be read ends it: nothing is proved then."""
    result = PrunePlan(kept=needed(checkpoints, references, roots))
    before = read_tombstones(checkpoints)
    for name in names(checkpoints):
        if name in result.kept:
            continue
        changed = now - last_change(checkpoints / name)
        if changed < limits.unchanged:
            result.kept[name] = f"something in it was written {changed:.0f} s ago"
            continue
        first = before.get(name, now)
        result.seen[name] = first
        if name in before and now - first >= limits.known:
            result.trash.append(name)
    for entry, name, since in _trashed(checkpoints):
        if name in result.kept:
            result.back.append(entry)
        elif now - since >= limits.trash:
            result.delete.append(entry)
    return result


def _trashed(checkpoints: Path) -> Iterator[tuple[str, str, int]]:
    trash = checkpoints / TRASH
    for path in sorted(trash.iterdir()) if trash.is_dir() else ():
        match = _TRASHED.fullmatch(path.name)
        if match is not None:
            yield path.name, match[1], int(match[2])


def read_tombstones(checkpoints: Path) -> dict[str, float]:
    """When each directory was first seen to be unneeded. A damaged list is as good as none: one run more is needed."""
    try:
        content = json.loads((checkpoints / TOMBSTONES).read_text(encoding="utf-8"))
        return {str(name): float(since) for name, since in content.items()}
    except (FileNotFoundError, ValueError, AttributeError, TypeError):
        return {}


def carry_out(checkpoints: Path, todo: PrunePlan, now: float) -> None:
    """Trash first, then forget; what is in the trash for long enough is deleted."""
    trash = checkpoints / TRASH
    for entry in todo.back:
        place = checkpoints / entry.partition(".")[0]
        if not place.exists():
            (trash / entry).rename(place)
    for name in todo.trash:
        trash.mkdir(exist_ok=True)
        (checkpoints / name).rename(trash / f"{name}.{int(now)}")
    for entry in todo.delete:
        shutil.rmtree(trash / entry)
    left = {name: since for name, since in todo.seen.items() if name not in todo.trash}
    path = checkpoints / TOMBSTONES
    if left != read_tombstones(checkpoints):
        write_file(path, json.dumps(left, indent=1, sort_keys=True) + "\n", 0o644)


def prune(
    directory: str,
    references: Sequence[str],
    roots: Sequence[str],
    limits: Limits,
    *,
    act: bool,
) -> dict[str, Any]:
    """Everything that is done, or would be."""
    checkpoints = local_path(directory)
    if checkpoints is None or not checkpoints.is_dir() or checkpoints == Path("/"):
        raise FlinkError(
            f"nothing was pruned: {directory or 'the directory of checkpoints'} is not a directory of this host; run it"
            " on a host that can read the storage"
        )
    places = [place for one in roots if (place := local_path(one)) is not None and place.is_dir()]
    moment = time.time()
    try:
        todo = plan(checkpoints, references, places, limits, moment)
        before = read_tombstones(checkpoints)
        if act:
            carry_out(checkpoints, todo, moment)
    except OSError as error:
        raise FlinkError(
            f"nothing more was pruned: {error.filename or checkpoints} cannot be read or moved"
            f" ({error.strerror or error}), so nothing is proved"
        ) from error
    return _result(checkpoints, todo, before)


def _result(checkpoints: Path, todo: PrunePlan, before: Mapping[str, float]) -> dict[str, Any]:
    left = {name for name in todo.seen if name not in todo.trash}
    return {
        "changed": bool(todo.trash or todo.back or todo.delete or left != set(before)),
        "kept": todo.kept,
        "seen": sorted(left),
        "trashed": [str(checkpoints / name) for name in todo.trash],
        "put_back": [str(checkpoints / name.partition(".")[0]) for name in todo.back],
        "deleted": [str(checkpoints / TRASH / name) for name in todo.delete],
    }
