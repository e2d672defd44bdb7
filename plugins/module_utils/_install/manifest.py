# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of a distribution's files, with which damage is found."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .._base.files import file_digest, write_file

MANIFEST = ".streamops-manifest.json"


@dataclass(frozen=True)
class FileRecord:
    """What is known of a file."""

    sha256: str
    size: int
    mtime: int
    mode: int

    def fits(self, status: os.stat_result) -> bool:
        return (
            stat.S_ISREG(status.st_mode)
            and status.st_size == self.size
            and status.st_mtime_ns == self.mtime * 1_000_000_000
            and stat.S_IMODE(status.st_mode) == self.mode
        )


@dataclass
class Manifest:
    """What is in a directory. libraries: the artifact, directory and checksum of each, and the file it became."""

    version: str
    digest: str
    sources: list[dict[str, str]] = field(default_factory=list)
    files: dict[str, FileRecord] = field(default_factory=dict)
    libraries: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def load(cls, directory: Path) -> Manifest | None:
        try:
            content = json.loads((directory / MANIFEST).read_text())
            files = {path: FileRecord(**record) for path, record in content.pop("files").items()}
            return cls(files=files, **content)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def save(self, directory: Path) -> None:
        # Files that a power failure has damaged are found by their sizes, with or without a manifest on the disk.
        write_file(directory / MANIFEST, json.dumps(asdict(self), indent=1, sort_keys=True), 0o644, durable=False)


@dataclass(frozen=True)
class Damage:
    """How a directory differs from its manifest."""

    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    # Files that this collection did not put there. They stay.
    foreign: tuple[str, ...] = ()

    @property
    def paths(self) -> list[str]:
        return sorted((*self.missing, *self.changed))


def inspect(directory: Path, files: Mapping[str, FileRecord], *, verify: bool = False) -> Damage:
    """Compare names, sizes, times and modes; with verify, every byte."""
    seen = dict(_walk(directory))
    changed = [
        path
        for path, record in files.items()
        if path in seen
        and (not record.fits(seen[path]) or (verify and file_digest(directory / path, "sha256") != record.sha256))
    ]
    return Damage(
        missing=tuple(sorted(set(files) - set(seen))),
        changed=tuple(sorted(changed)),
        foreign=tuple(sorted(set(seen) - set(files))),
    )


def _walk(root: Path, below: str = "") -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(root / below) as entries:
        for entry in entries:
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False):
                # Flink's own programs write there unless configured otherwise.
                if path != "log":
                    yield from _walk(root, path)
            elif path not in {MANIFEST, f"{MANIFEST}.new"}:
                yield path, entry.stat(follow_symlinks=False)
