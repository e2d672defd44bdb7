# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flink and ZooKeeper in the layout of their Apache archives: assembled in the cache, laid out by hard links."""

from __future__ import annotations

import calendar
import hashlib
import os
import re
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, cast

from .._base.errors import FlinkError
from .._base.files import CHUNK, file_error, locked
from .fetch import Fetcher
from .manifest import FileRecord, Manifest, inspect
from .recipe import JARS, Recipe
from .signature import verify as verify_signature
from .source import LocalFile, require_jar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


# Ends the name of a file that is not yet in its place; Flink's scripts take *.jar only.
UNFINISHED = ".new"
FILE_MODE, _PROGRAM, DIRECTORY_MODE = 0o444, 0o555, 0o755
_BROKEN_ARCHIVE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError)
Places = tuple[tuple[re.Pattern[str], str], ...]
# Where a member of a package belongs in the archive's layout; what matches nothing is left out.
_PLACES: dict[str, Places] = {
    "libraries": (
        (re.compile(r"(?:[^/]+/deps|pyflink)/((?:bin|lib|opt|plugins|licenses)/.+)"), r"\1"),
        (re.compile(r"[^/]+/(?:licenses/)?(LICENSE|NOTICE)"), r"\1"),
        (re.compile(r"(?:[^/]+/)?pyflink/(README\.txt)"), r"\1"),
    ),
    # pyflink-udf-runner belongs to the Python package; the archive keeps it inside a jar.
    "scripts": ((re.compile(r"pyflink/(bin/(?!pyflink-udf-runner).+|conf/.+)"), r"\1"),),
    "archive": ((re.compile(r"[^/]+/(.+)"), r"\1"),),
    # Without its documentation, which is half of it.
    "zookeeper_archive": ((re.compile(r"[^/]+/((?:bin|conf|lib)/.+|[A-Z][^/]*)"), r"\1"),),
}


# --- assembling -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Member:
    name: str
    executable: bool
    mtime: int
    read: Callable[[], BinaryIO]


def assembled(recipe: Recipe, fetcher: Fetcher, *, verify: bool = False) -> Path:
    """The directory in the cache that holds this distribution; made when it is absent or damaged."""
    shelf = fetcher.cache_dir / "distributions"
    directory = shelf / recipe.name
    with locked(shelf / ".locks" / recipe.name):
        if _whole(directory, recipe, verify=verify):
            return directory
        for leftover in (directory, *shelf.glob(f".{recipe.name}.*")):
            remove_tree(leftover)
        scratch = Path(tempfile.mkdtemp(prefix=f".{recipe.name}.", dir=shelf))
        try:
            _assemble(recipe, fetcher, scratch)
            scratch.rename(directory)
        except OSError as error:
            raise file_error(f"assemble {recipe.title} in", scratch, error) from error
        finally:
            remove_tree(scratch)
    return directory


def _whole(directory: Path, recipe: Recipe, *, verify: bool) -> bool:
    manifest = Manifest.load(directory)
    if manifest is None or not manifest.authentic(recipe):
        return False
    damage = inspect(directory, manifest.files, verify=verify)
    return not damage.paths and not damage.foreign


def remove_tree(directory: Path) -> None:
    if directory.exists():
        shutil.rmtree(directory)


def downloaded(recipe: Recipe, fetcher: Fetcher) -> list[Path]:
    """The files of all parts, verified by their checksums."""
    with ThreadPoolExecutor(max_workers=min(8, len(recipe.parts))) as pool:
        return list(pool.map(lambda part: fetcher.fetch(part.source, part.checksum), recipe.parts))


def authenticated(recipe: Recipe, archive: Path, fetcher: Fetcher) -> str:
    """The fingerprint of the key that signed an archive; empty when no signature is asked for."""
    if recipe.signature is None:
        return ""
    if fetcher.run is None:
        raise FlinkError(f"cannot verify the signature of {archive}: programs cannot be run here")
    signature = fetcher.fetch(recipe.signature.source)
    what = str(recipe.parts[0].source)
    try:
        signer = verify_signature(archive, signature, recipe.signature.keyring, fetcher.run, what)
    finally:
        if not isinstance(recipe.signature.source, LocalFile):
            # It has no checksum: the next time it is asked for anew.
            signature.unlink(missing_ok=True)
    expired = ", whose key has expired since" if signer.expired else ""
    fetcher.log(f"{what} was signed by {signer.name} ({signer.fingerprint}){expired}")
    return signer.fingerprint


def _assemble(recipe: Recipe, fetcher: Fetcher, target: Path) -> None:
    downloads = downloaded(recipe, fetcher)
    signer = authenticated(recipe, downloads[0], fetcher)
    target.chmod(DIRECTORY_MODE)
    files: dict[str, FileRecord] = {}
    for part, download in zip(recipe.parts, downloads, strict=True):
        if part.kind in JARS:
            require_jar(download, f"the SQL gateway {part.source}" if part.kind == "sql_gateway" else str(part.source))
            path = f"{JARS[part.kind]}/{download.name}"
            files[path] = _copy(download, target / path)
        else:
            files.update(unpack(download, _PLACES[part.kind], target, str(part.source)))
    if recipe.product == "flink":
        (target / "log").mkdir(exist_ok=True)
    _require_product(recipe, files)
    sources = [{"part": part.kind, "source": str(part.source), "checksum": part.checksum} for part in recipe.parts]
    if recipe.signature is not None:
        sources[0] |= {"signed_by": signer, "keyring": recipe.signature.pin}
    Manifest(recipe.version, recipe.digest, sources, files).save(target)


# What makes a directory what it claims to be, and where its version stands.
_NEEDED = {
    "flink": {"bin/config.sh", "bin/jobmanager.sh", "bin/taskmanager.sh", "bin/flink"},
    "zookeeper": set(),
}
_MAIN_JAR = {
    "flink": re.compile(r"lib/flink-dist(?:_[\d.]+)?-(.+)\.jar"),
    "zookeeper": re.compile(r"lib/zookeeper-(\d.*)\.jar"),
}


def _require_product(recipe: Recipe, files: Iterable[str]) -> None:
    names = set(files)
    origin = " and ".join(str(part.source) for part in recipe.parts[:2])
    if missing := sorted(_NEEDED[recipe.product] - names):
        raise FlinkError(f"{origin} is no {recipe.title} distribution: {', '.join(missing)} is not in it")
    pattern = _MAIN_JAR[recipe.product]
    found = sorted({match[1] for name in names if (match := pattern.fullmatch(name))})
    if found != [recipe.version]:
        jar = {"flink": "flink-dist", "zookeeper": "zookeeper"}[recipe.product]
        raise FlinkError(
            f"{origin} holds {recipe.title} {' and '.join(found) or f'without a {jar} jar'}, but "
            f"{recipe.product}_version is {recipe.version}: make the two agree"
        )


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
                files[path] = _write(stream, target / _safe(path), member.mtime, mode)
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


def _write(source: BinaryIO, target: Path, mtime: int, mode: int) -> FileRecord:
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


def _copy(source: Path, target: Path, mode: int = FILE_MODE) -> FileRecord:
    with source.open("rb") as stream:
        return _write(stream, target, int(source.stat().st_mtime), mode)
