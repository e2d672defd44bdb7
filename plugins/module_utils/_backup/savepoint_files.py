# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of one savepoint, and the proof that they can be carried elsewhere.

Flink writes a reference to a file into _metadata either as a name next to it or as a whole path. One whole path ties
the savepoint to the place where it was made. State that is small is written into _metadata itself and may hold any
text, also paths of the job's own, so that a search for text would prove nothing: what is searched for is a reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .._base.errors import FlinkError
from .._base.paths import METADATA

MAGIC = b"\x49\x60\x67\x2d"
# As Flink writes them: a mark, the size, and the path as a text with its length before it; a mark, the name, the size.
_WHOLE_PATH = re.compile(rb"\x02(?P<size>\0\0[\0-\xff]{6})(?P<length>[\0-\xff]{2})(?P<path>(?:[a-z][a-z0-9+.-]*:)?/)")
_SEGMENT = re.compile(
    rb"\x0f(?P<start>\0\0[\0-\xff]{6})(?P<size>\0\0[\0-\xff]{6})\0\0\0[\0-\x0f](?P<length>[\0-\xff]{2})"
    rb"(?P<path>(?:[a-z][a-z0-9+.-]*:)?/)"
)
_BESIDE = re.compile(rb"\x06\0(?P<length>[\x01-\xff])(?P<name>[0-9A-Za-z_.-]+)")


@dataclass(frozen=True)
class SavepointFiles:
    """metadata_version is the version of the format of _metadata; files are names and sizes."""

    directory: Path
    metadata_version: int
    files: dict[str, int]

    @property
    def size(self) -> int:
        return sum(self.files.values())


def read(directory: Path) -> SavepointFiles:
    """The files of a savepoint that is complete and refers to nothing outside of its own directory."""
    metadata = directory / METADATA
    if not metadata.is_file():
        raise FlinkError(f"{directory} holds no file _metadata, so it is not a complete savepoint")
    try:
        content = metadata.read_bytes()
        files = {
            str(path.relative_to(directory)): path.stat().st_size for path in directory.rglob("*") if path.is_file()
        }
    except OSError as error:
        raise FlinkError(f"the savepoint {directory} cannot be read: {error.strerror or error}") from error
    if content[:4] != MAGIC or len(content) < 8:
        raise FlinkError(f"{metadata} is damaged: it does not begin as Flink writes it")
    outside = whole_paths(content)
    if outside:
        raise FlinkError(
            f"the savepoint {directory} cannot be carried elsewhere, because it refers to {outside[0]}: make one in the"
            " canonical format",
            references=outside,
        )
    for name, size in names_beside(content).items():
        if files.get(name) != size:
            found = f"{files[name]} bytes" if name in files else "missing"
            raise FlinkError(f"the savepoint {directory} is damaged: its file {name} of {size} bytes is {found}")
    return SavepointFiles(directory, int.from_bytes(content[4:8], "big"), files)


def whole_paths(content: bytes) -> list[str]:
    """The references to files that are written as a whole path."""
    found = []
    for pattern in (_WHOLE_PATH, _SEGMENT):
        for match in pattern.finditer(content):
            start = match.start("path")
            text = content[start : start + int.from_bytes(match["length"], "big")]
            if text.isascii() and text.decode("ascii").isprintable():
                found.append(text.decode("ascii"))
    return found


def names_beside(content: bytes) -> dict[str, int]:
    """The references to files that are next to _metadata, with their sizes."""
    found = {}
    for match in _BESIDE.finditer(content):
        start, length = match.start("name"), match["length"][0]
        name, size = content[start : start + length], content[start + length : start + length + 8]
        # Flink calls such a file by a random UUID; anything else is a coincidence in the state.
        if re.fullmatch(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", name) and len(size) == 8:
            found[name.decode("ascii")] = int.from_bytes(size, "big")
    return found
