# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the files of tar and zip archives to where they belong."""

from __future__ import annotations

import calendar
import hashlib
import os
import re
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, cast

from .._base.errors import FlinkError
from .._base.files import CHUNK
from .manifest import FileRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILE_MODE, _PROGRAM = 0o444, 0o555
_BROKEN_ARCHIVE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError)
# Which member belongs where, as a pattern of its name and what becomes of it; what matches nothing is left out.
Places = tuple[tuple[re.Pattern[str], str], ...]


@dataclass(frozen=True)
class _Member:
    name: str
    executable: bool
    mtime: int
    read: Callable[[], BinaryIO]


def unpack(archive: Path, places: Places, target: Path, what: str) -> dict[str, FileRecord]:
    """Extract the files of a tar or zip archive to where their names belong."""
    files: dict[str, FileRecord] = {}
    try:
        for member in _members(archive):
            path = _place(member.name, places)
            if path is None:
                continue
            mode = _PROGRAM if member.executable or _is_program(path) else FILE_MODE
            with member.read() as stream:
                files[path] = write(stream, target / _safe(path), member.mtime, mode)
    except _BROKEN_ARCHIVE as error:
        raise FlinkError(
            f"cannot unpack {what} ({archive}): it is damaged or no tar or zip archive ({error})"
        ) from error
    return files


def _members(archive: Path) -> Iterator[_Member]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as content:
            for info in content.infolist():
                if not info.is_dir():
                    executable = bool(info.external_attr >> 16 & 0o100)
                    yield _Member(info.filename, executable, _zip_time(info), _zip_reader(content, info))
    else:
        with tarfile.open(archive, "r|*") as stream:
            for item in stream:
                if item.isreg():
                    yield _Member(item.name, bool(item.mode & 0o100), int(item.mtime), _tar_reader(stream, item))
                elif not item.isdir():
                    raise ValueError(f"{item.name} is neither a file nor a directory")


def _zip_time(info: zipfile.ZipInfo) -> int:
    # A zip file knows no time zone: the same everywhere.
    return calendar.timegm((*info.date_time, 0, 0, 0))


def _zip_reader(content: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    return lambda: cast("BinaryIO", content.open(info))


def _tar_reader(content: tarfile.TarFile, item: tarfile.TarInfo) -> Callable[[], BinaryIO]:
    return lambda: cast("BinaryIO", content.extractfile(item))


def _place(name: str, places: Places) -> str | None:
    name = name.removeprefix("./")
    for pattern, replacement in places:
        if match := pattern.fullmatch(name):
            return match.expand(replacement)
    return None


def _safe(path: str) -> str:
    if path.startswith("/") or ".." in PurePosixPath(path).parts:
        raise ValueError(f"{path} leads out of the archive")
    return path


def _is_program(path: str) -> bool:
    return path.endswith(".sh") or (path.startswith("bin/") and "." not in PurePosixPath(path).name)


def write(source: BinaryIO, target: Path, mtime: int, mode: int) -> FileRecord:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    size = 0
    with target.open("xb") as stream:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            stream.write(chunk)
            size += len(chunk)
    os.utime(target, (mtime, mtime))
    target.chmod(mode)
    return FileRecord(digest.hexdigest(), size, mtime, mode)
