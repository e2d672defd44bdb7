# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup on its way to another host: its files one after the other, cut into pieces that any connection carries.

Neither side holds more than one piece in addition to the backup. The first piece begins with the manifest; what arrives
gets the name of a backup when every byte was compared with it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple

from .._base.errors import FlinkError
from . import store as _backup
from .store import CHUNK, MANIFEST, PART, Backup

PIECE = "piece"


class Span(NamedTuple):
    """A part of one file."""

    name: str
    start: int
    length: int


def count(size: int, piece_bytes: int) -> int:
    """How many pieces there are; the manifest travels in the first one, so that there is always one."""
    if piece_bytes < 1:
        raise FlinkError(f"a backup cannot be carried in pieces of {piece_bytes} bytes: a piece needs 1 or more")
    return max(1, -(-size // piece_bytes))


def spans(files: Mapping[str, Mapping[str, Any]], number: int, piece_bytes: int) -> Iterator[Span]:
    """What is in one piece, in the order of the names."""
    begin, end = number * piece_bytes, (number + 1) * piece_bytes
    position = 0
    for name in sorted(files):
        size = int(files[name]["bytes"])
        first, last = max(begin, position), min(end, position + size)
        if first < last:
            yield Span(name, first - position, last - first)
        position += size


def _pass_on(reader: BinaryIO, writer: BinaryIO, length: int, what: str) -> None:
    left = length
    while left:
        chunk = reader.read(min(CHUNK, left))
        if not chunk:
            raise FlinkError(f"{what} ends {left} bytes too early")
        writer.write(chunk)
        left -= len(chunk)


def _new(path: Path) -> BinaryIO:
    """A file that no other account reads, and that did not exist before."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")


def cut(backup: Backup, carrier: Path, number: int, piece_bytes: int) -> Path:
    """Write one piece into the directory of the account that carries it, and make it theirs."""
    total = count(backup.size, piece_bytes)
    if not 0 <= number < total:
        raise FlinkError(f"the backup {backup.directory} has no piece {number}: there are {total}, from 0 on")
    piece = carrier / PIECE
    try:
        about = carrier.stat()
        piece.unlink(missing_ok=True)
        with _new(piece) as writer:
            if number == 0:
                text = (backup.directory / MANIFEST).read_bytes()
                writer.write(b"%d\n" % len(text) + text)
            for span in spans(backup.files, number, piece_bytes):
                path = backup.directory / span.name
                with path.open("rb") as reader:
                    reader.seek(span.start)
                    _pass_on(reader, writer, span.length, f"{path}, which the manifest says is longer,")
            if os.geteuid() == 0:
                os.fchown(writer.fileno(), about.st_uid, about.st_gid)
    except OSError as error:
        raise FlinkError(
            f"piece {number} of the backup {backup.directory} cannot be put into {carrier}: {error.strerror or error}"
        ) from error
    return piece


def join(root: Path, name: str, carrier: Path, number: int, piece_bytes: int) -> Backup | None:
    """Put one piece where it belongs; the backup when it was the last one and every byte is what was written."""
    part, target = root / f"{name}{PART}", root / name
    if target.exists():
        raise FlinkError(f"{target} is there already, so nothing was put there: move it away")
    try:
        piece = os.fdopen(os.open(carrier / PIECE, os.O_RDONLY | os.O_NOFOLLOW), "rb")
        with piece:
            content = _begin(root, part, piece) if number == 0 else _announced(part)
            for span in spans(content["files"], number, piece_bytes):
                with (part / span.name).open("r+b") as writer:
                    writer.seek(span.start)
                    _pass_on(piece, writer, span.length, f"piece {number} of the backup {name}")
        (carrier / PIECE).unlink()
        arrived = Backup(part, content)
        if number + 1 < count(arrived.size, piece_bytes):
            return None
        _finish(arrived, target)
    except OSError as error:
        raise FlinkError(f"the backup {name} cannot be put into {root}: {error.strerror or error}") from error
    return Backup(target, content)


def _begin(root: Path, part: Path, piece: BinaryIO) -> dict[str, Any]:
    """All files with nothing in them, and the manifest under a name that is none yet."""
    head = piece.readline(32)
    if not head.strip().isdigit():
        raise FlinkError(f"what came for {part} is not the first piece of a backup")
    text = piece.read(int(head))
    content = _backup.parse(text, str(part))
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(mode=0o700)
    for name in content["files"]:
        for above in reversed(PurePosixPath(name).parents):
            (part / above).mkdir(mode=0o700, exist_ok=True)
        _new(part / name).close()
    with _new(part / f".{MANIFEST}") as writer:
        writer.write(text)
    return content


def _announced(part: Path) -> dict[str, Any]:
    path = part / f".{MANIFEST}"
    if not path.is_file():
        raise FlinkError(f"the first piece of {part} has not come, so no other can be put there: carry it again")
    return _backup.parse(path.read_bytes(), str(part))


def _finish(arrived: Backup, target: Path) -> None:
    try:
        _backup.verify(arrived)
    except FlinkError as error:
        shutil.rmtree(arrived.directory, ignore_errors=True)
        raise FlinkError(f"what came for {target} is not what was sent, and was removed again: {error}") from error
    os.sync()
    (arrived.directory / f".{MANIFEST}").replace(arrived.directory / MANIFEST)
    arrived.directory.replace(target)
