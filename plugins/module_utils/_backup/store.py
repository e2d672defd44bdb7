# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups of a cluster: directories whose manifest is written last, so that half a backup never looks like one."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from .._base.disk import disk_problems
from .._base.errors import FlinkError
from .._base.files import file_digest, write_file
from .._base.paths import METADATA, plain_path
from .._base.times import stamp, stamp_moment
from .._base.versions import series
from . import savepoint_files as _savepoint_files

FORMAT = 1
MANIFEST = "manifest.json"
SAVEPOINTS = "savepoints"
ARTEFACTS = "artefacts"
PART = ".part"
CHUNK = 1 << 20
# Files are copied side by side: one is read while another's digest is computed.
WORKERS = 4
_ID = re.compile(r"\d{8}T\d{6}Z")
# What a backup needs in addition to its files, with a reserve.
MARGIN = 64 << 20


@dataclass(frozen=True)
class Backup:
    """One backup that is complete, by its manifest."""

    directory: Path
    content: dict[str, Any]

    @property
    def id(self) -> str:
        return self.directory.name

    @property
    def taken(self) -> datetime:
        return stamp_moment(self.id)

    @property
    def flink_version(self) -> str:
        return str(self.content["flink_version"])

    @property
    def jobs(self) -> list[dict[str, Any]]:
        return list(self.content["jobs"])

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        return dict(self.content["files"])

    @property
    def size(self) -> int:
        return sum(int(one["bytes"]) for one in self.files.values())


@dataclass(frozen=True)
class Request:
    """What a backup is made of. documents are texts by the name of their file, artefacts files by theirs."""

    about: Mapping[str, Any]
    jobs: Sequence[Mapping[str, Any]] = ()
    documents: Mapping[str, str] = field(default_factory=dict)
    artefacts: Mapping[str, Path] = field(default_factory=dict)


# -- digests and copies ----------------------------------------------------------------------------------------------


def copy(source: Path, target: Path) -> str:
    """Copy a file and return the sha256 of what was copied, in one pass."""
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    buffer = memoryview(bytearray(CHUNK))
    with source.open("rb", buffering=0) as reader, target.open("wb", buffering=0) as writer:
        while count := reader.readinto(buffer):
            digest.update(buffer[:count])
            writer.write(buffer[:count])
    return digest.hexdigest()


def side_by_side(work: Callable[[str], str], names: Iterable[str]) -> dict[str, str]:
    """The digest of every file, by its name."""
    listed = list(names)
    with ThreadPoolExecutor(WORKERS) as pool:
        return dict(zip(listed, pool.map(work, listed), strict=True))


def seal(content: Mapping[str, Any]) -> str:
    """The digest of a manifest, so that a flipped bit in it is seen too."""
    text = json.dumps({key: value for key, value in content.items() if key != "seal"}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


# -- making ----------------------------------------------------------------------------------------------------------


def check_room(root: Path, needed: int, machine: str) -> None:
    """Whether the disk takes it, before anything is done."""
    for problem in disk_problems(str(root), needed + MARGIN, machine):
        raise FlinkError(f"no backup was made: {problem}")


def new_id(root: Path) -> str:
    """The time is the name; the second of two backups in one second gets the next one."""
    moment = int(time.time())
    while any(root.glob(stamp(moment) + "*")):
        moment += 1
    return stamp(moment)


def make(root: Path, request: Request, machine: str) -> Backup:
    """Data first, the manifest last, and then the name."""
    sources = {
        f"{SAVEPOINTS}/{number:03d}": _savepoint_files.read(Path(plain_path(str(job["savepoint_path"]))))
        for number, job in enumerate(request.jobs)
    }
    for name, path in request.artefacts.items():
        if not path.is_file():
            raise FlinkError(f"no backup was made: the artefact {path} ({name}) is not there")
    copies = {f"{ARTEFACTS}/{name}": path for name, path in request.artefacts.items()}
    for place, found in sources.items():
        copies |= {f"{place}/{name}": found.directory / name for name in found.files}
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_room(root, sum(path.stat().st_size for path in copies.values()), machine)
        name = new_id(root)
        part = root / f"{name}{PART}"
        part.mkdir(mode=0o700)
        try:
            digests = side_by_side(lambda one: copy(copies[one], part / one), copies)
            for one, text in request.documents.items():
                path = part / one
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                digests[one] = file_digest(path, "sha256")
            content = _manifest(request, sources, digests, part)
            os.sync()
            write_file(part / MANIFEST, json.dumps(content, indent=1, sort_keys=True) + "\n")
            part.replace(root / name)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    except OSError as error:
        raise FlinkError(f"no backup was made in {root} on {machine}: {error.strerror or error}") from error
    return Backup(root / name, content)


def _manifest(
    request: Request,
    sources: Mapping[str, _savepoint_files.SavepointFiles],
    digests: Mapping[str, str],
    part: Path,
) -> dict[str, Any]:
    jobs = []
    for (place, found), job in zip(sources.items(), request.jobs, strict=True):
        about = {"directory": place, "bytes": found.size, "metadata_version": found.metadata_version}
        jobs.append({**job, "savepoint": about})
    files = {
        name: {"sha256": digest, "bytes": (part / name).stat().st_size} for name, digest in sorted(digests.items())
    }
    content = {**request.about, "format": FORMAT, "jobs": jobs, "files": files}
    return content | {"seal": seal(content)}


# -- reading ---------------------------------------------------------------------------------------------------------


def read(directory: Path) -> Backup:
    """A backup by its manifest; a FlinkError when it is none."""
    path = directory / MANIFEST
    if not directory.is_dir():
        raise FlinkError(f"there is no backup {directory}: see which there are with playbooks/backup.yml or ls")
    if not path.is_file():
        raise FlinkError(f"{directory} is not a complete backup: it has no {MANIFEST}, which is written last")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise FlinkError(f"the manifest {path} is damaged ({type(error).__name__}): use another backup") from error
    return Backup(directory, parse(text, str(directory)))


def parse(text: str | bytes, where: str) -> dict[str, Any]:
    """The content of a manifest; a FlinkError when it is not what was written."""
    path = f"{where}/{MANIFEST}"
    try:
        content: dict[str, Any] = json.loads(text)
        sealed = content["seal"] == seal(content)
        known = content["format"] == FORMAT
    except (ValueError, KeyError, TypeError) as error:
        raise FlinkError(f"the manifest {path} is damaged ({type(error).__name__}): use another backup") from error
    if not known:
        raise FlinkError(f"the backup {where} has format {content['format']}, this collection reads {FORMAT}")
    if not sealed:
        raise FlinkError(f"the manifest {path} is damaged: it is not what was written; use another backup")
    for one in content["files"]:
        parts = PurePosixPath(one)
        if parts.is_absolute() or ".." in parts.parts:
            raise FlinkError(f"the manifest {path} names {one}, which is not a file of a backup")
    return content


def verify(backup: Backup) -> None:
    """Every file is there and is what was written."""
    wrong = []
    for name, about in backup.files.items():
        path = backup.directory / name
        if not path.is_file():
            wrong.append(f"{name} is missing")
        elif path.stat().st_size != about["bytes"]:
            wrong.append(f"{name} has {path.stat().st_size} bytes instead of {about['bytes']}")
    if not wrong:
        digests = side_by_side(lambda one: file_digest(backup.directory / one, "sha256"), backup.files)
        wrong = [f"{name} is not what was written" for name, found in digests.items() if found != _sha256(backup, name)]
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise FlinkError(f"the backup {backup.directory} is damaged: {wrong[0]}{more}; use another backup", wrong=wrong)


def _sha256(backup: Backup, name: str) -> str:
    return str(backup.files[name]["sha256"])


def check_version(backup: Backup, version: str) -> None:
    """Flink reads the state of older versions, never that of newer ones."""
    if series(backup.flink_version) > series(version):
        raise FlinkError(
            f"the backup {backup.directory} is of Flink {backup.flink_version}, whose state Flink {version} cannot"
            f" read; nothing was changed: restore it with flink_version {backup.flink_version} or a newer one"
        )


def is_id(name: str) -> bool:
    return _ID.fullmatch(name) is not None


def everything(root: Path) -> tuple[list[Backup], list[Path]]:
    """The complete backups below a directory, the oldest first, and what is there of others."""
    complete, rest = [], []
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        if _ID.fullmatch(path.name) and path.is_dir():
            try:
                complete.append(read(path))
            except FlinkError:
                rest.append(path)
        elif path.name.endswith(PART) and _ID.fullmatch(path.name.removesuffix(PART)):
            rest.append(path)
    return complete, rest


def newest(root: Path) -> Backup:
    complete, rest = everything(root)
    if not complete:
        why = f"; {len(rest)} of its directories are not complete backups" if rest else ""
        raise FlinkError(f"there is no complete backup in {root}{why}: make one with playbooks/backup.yml")
    return complete[-1]


# -- putting back ----------------------------------------------------------------------------------------------------


def place_of(savepoints: Path, backup: Backup, job: Mapping[str, Any]) -> Path:
    """Where the savepoint of a job is put: one place for each backup, so that a second try finds the first."""
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", str(job["name"])).strip("-.") or "job"
    number = str(job["savepoint"]["directory"]).rpartition("/")[2]
    return savepoints / f"restored-{backup.id}" / f"{readable[:80]}-{number}"


def put_back(backup: Backup, savepoints: Path, machine: str, owner: str = "", group: str = "") -> dict[str, Path]:
    """Copy the savepoints to where Flink finds them, and compare every byte on its way; by the name of the job."""
    places = {str(job["name"]): place_of(savepoints, backup, job) for job in backup.jobs}
    wanted: dict[str, Path] = {}
    for job in backup.jobs:
        place, source = places[str(job["name"])], str(job["savepoint"]["directory"])
        if not (place / METADATA).is_file():
            prefix = f"{source}/"
            part = place.with_name(place.name + PART)
            wanted |= {name: part / name.removeprefix(prefix) for name in backup.files if name.startswith(prefix)}
    needed = sum(int(backup.files[name]["bytes"]) for name in wanted)
    for problem in disk_problems(str(savepoints), needed + MARGIN, machine):
        raise FlinkError(f"nothing was restored: {problem}")
    try:
        digests = side_by_side(lambda one: copy(backup.directory / one, wanted[one]), wanted)
        damaged = [name for name, found in digests.items() if found != _sha256(backup, name)]
        if damaged:
            raise FlinkError(f"the backup {backup.directory} is damaged: {damaged[0]} is not what was written")
        if wanted and (owner or group):
            _give(savepoints / f"restored-{backup.id}", owner, group)
        for place in places.values():
            part = place.with_name(place.name + PART)
            if part.is_dir():
                part.replace(place)
    except (OSError, LookupError) as error:
        raise FlinkError(
            f"the savepoints of {backup.directory} cannot be put into {savepoints} on {machine}:"
            f" {getattr(error, 'strerror', None) or error}"
        ) from error
    return places


def _give(directory: Path, owner: str, group: str) -> None:
    """Flink reads what is restored, and it is disposed of later."""
    for path in (directory, *directory.rglob("*")):
        if owner:
            shutil.chown(path, user=owner)
        if group:
            shutil.chown(path, group=group)


# -- retention -------------------------------------------------------------------------------------------------------


def needed_by(backup: Backup, restored_from: Collection[str]) -> bool:
    """Whether a job that runs, or is declared to, was started from this backup."""
    mark = f"/restored-{backup.id}/"
    return any(mark in plain_path(path) + "/" for path in restored_from)


def superfluous(
    backups: Sequence[Backup], *, keep: int, max_age_days: float, now: datetime, restored_from: Collection[str] = ()
) -> list[Backup]:
    """What goes: beyond the number, or older than the age. The newest one stays, and what a job was restored from.

    keep 0 means any number, max_age_days 0 means any age.
    """
    if keep < 0 or max_age_days < 0:
        raise FlinkError("the retention of backups must be a number and an age of 0 or more: 0 means without limit")
    ordered = sorted(backups, key=lambda one: one.id)
    gone = []
    for position, one in enumerate(reversed(ordered)):
        too_many = bool(keep) and position >= keep
        too_old = bool(max_age_days) and (now - one.taken).total_seconds() > max_age_days * 86400
        if position > 0 and (too_many or too_old) and not needed_by(one, restored_from):
            gone.append(one)
    return list(reversed(gone))


def remove(directory: Path) -> None:
    """Without its manifest first, so that what is left of an interrupted removal is not a backup any more."""
    try:
        (directory / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(directory)
    except OSError as error:
        raise FlinkError(f"the backup {directory} cannot be removed: {error.strerror or error}") from error
