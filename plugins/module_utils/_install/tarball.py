# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A distribution as one archive."""

from __future__ import annotations

import gzip
import hashlib
import json
import stat
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from .._base.errors import FlinkError
from .._base.files import file_digest, file_error, replacing, write_file
from .assemble import DIRECTORY_MODE
from .fetch import Fetcher
from .layout import Library, add_library
from .manifest import FileRecord, Manifest
from .recipe import Recipe

# --- archive ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Archive:
    path: Path
    sha512: str
    size: int
    written: bool


class _Hashing:
    """A file that is hashed while it is written."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = hashlib.sha512()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._stream.write(data)

    def flush(self) -> None:
        self._stream.flush()


def identity(recipe: Recipe, libraries: Iterable[Library]) -> str:
    content = [recipe.digest, [library.declaration for library in libraries]]
    return f"streamops.flink {hashlib.sha256(json.dumps(content).encode()).hexdigest()}"


def present_archive(path: Path, mark: str) -> Archive | None:
    """The archive that is there already, if it is whole and was made of the same parts."""
    try:
        with tarfile.open(path, "r:gz") as content:
            if content.pax_headers.get("comment") != mark:
                return None
        recorded = _sidecar(path).read_text().split()[0]
        found = file_digest(path, "sha512")
    except (OSError, EOFError, IndexError, tarfile.TarError, zlib.error):
        return None
    return Archive(path, found, path.stat().st_size, False) if found == recorded else None


def write_archive(tree: Path, libraries: Iterable[Library], fetcher: Fetcher, path: Path, mark: str) -> Archive:
    """A tar.gz in the layout of the Apache archive, byte for byte the same for the same content."""
    base = Manifest.load(tree)
    if base is None:
        raise FlinkError(f"cannot make {path} from {tree}: it has just been removed; run it again")
    content = Manifest(base.version, base.digest, files=dict(base.files))
    origins = {name: tree / name for name in base.files}
    for library in libraries:
        add_library(library, content, origins, fetcher)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Its digest is next to it: one that a power failure has damaged is made again.
        with replacing(path, 0o644, durable=False) as stream:
            digest = _write_tar(stream, f"flink-{base.version}", content.files, origins, mark)
            _sidecar(path).unlink(missing_ok=True)
        write_file(_sidecar(path), f"{digest}  {path.name}\n", 0o644)
    except OSError as error:
        raise file_error("write the archive", path, error) from error
    return Archive(path, digest, path.stat().st_size, True)


def _sidecar(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha512")


def _write_tar(raw: BinaryIO, top: str, files: Mapping[str, FileRecord], origins: Mapping[str, Path], mark: str) -> str:
    newest = max((record.mtime for record in files.values()), default=0)
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents if str(parent) != "."} | {"log"}
    hashing = _Hashing(raw)
    # Jars are compressed already: the lowest level costs a third of the time for the same size.
    zipped = gzip.GzipFile("", "wb", compresslevel=1, fileobj=cast("BinaryIO", hashing), mtime=0)
    with (
        zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": mark}) as content,
    ):
        content.addfile(_tar_info(top, newest, directory=True))
        for name in sorted({*files, *folders}):
            if name in folders:
                content.addfile(_tar_info(f"{top}/{name}", newest, directory=True))
                continue
            record = files[name]
            info = _tar_info(f"{top}/{name}", record.mtime, directory=False)
            info.size, info.mode = record.size, record.mode | stat.S_IWUSR
            with origins[name].open("rb") as stream:
                content.addfile(info, stream)
    return hashing.digest.hexdigest()


def _tar_info(name: str, mtime: int, *, directory: bool) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mtime = mtime
    info.uname = info.gname = "root"
    if directory:
        info.type, info.mode = tarfile.DIRTYPE, DIRECTORY_MODE
    return info
