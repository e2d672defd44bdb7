# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A distribution laid out for one cluster by hard links."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from .._base.errors import FlinkError
from .._base.files import file_digest, file_error
from .assemble import DIRECTORY_MODE, UNFINISHED, remove_tree
from .fetch import Fetcher
from .libraries import artefact_of
from .manifest import MANIFEST, Damage, FileRecord, Manifest, inspect
from .recipe import Recipe
from .source import LocalFile, Source, Url, parse_source, require_jar
from .unpack import FILE_MODE

_DIRECTORY_NAME = re.compile(r"lib|opt|plugins/[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Library:
    """A further jar. path is its file, once that is known."""

    artifact: str
    directory: str = "lib"
    checksum: str = ""
    path: Path | None = None

    def __post_init__(self) -> None:
        if not _DIRECTORY_NAME.fullmatch(self.directory):
            raise FlinkError(
                f"cannot put {self.artifact} into {self.directory!r}: a library's directory is lib, opt or "
                "plugins/<name>"
            )

    @property
    def source(self) -> Source:
        return parse_source(self.artifact)

    @property
    def fixed(self) -> bool:
        """Whether the same words always mean the same content: nothing has to be looked at again."""
        return bool(self.checksum) or not isinstance(self.source, LocalFile | Url)

    @property
    def declaration(self) -> dict[str, str]:
        return {"artifact": self.artifact, "directory": self.directory, "checksum": self.checksum}


# --- laying out -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LayoutPlan:
    """What a directory lacks. reasons is empty when it is as it should be."""

    reasons: tuple[str, ...]
    before: dict[str, Any]
    after: dict[str, Any]
    present: Manifest | None
    damage: Damage


def plan(dest: Path, recipe: Recipe, libraries: Iterable[Library], *, verify: bool = False) -> LayoutPlan:
    """Compare a directory with what it should hold; nothing is fetched and nothing written."""
    wanted = [library.declaration for library in libraries]
    present = Manifest.load(dest)
    if present is None:
        _require_free(dest, recipe)
        return LayoutPlan(("it is not there",), {}, _summary(recipe.version, recipe.digest, wanted), None, Damage())
    damage = inspect(dest, present.files, verify=verify)
    had = [{key: entry[key] for key in ("artifact", "directory", "checksum")} for entry in present.libraries]
    reasons = []
    if present.digest != recipe.digest:
        was = f"it holds another build ({present.version}, {present.digest})"
        reasons.append(was if present.digest else "an earlier run was interrupted")
    if not recipe.authentic(present.sources):
        reasons.append("its signature has not been verified yet")
    if had != wanted:
        reasons.append("its libraries differ")
    if damage.paths:
        reasons.append(f"{len(damage.paths)} of its files are missing or changed")
    before = _summary(present.version, present.digest, had)
    after = _summary(recipe.version, recipe.digest, wanted)
    if damage.paths:
        before["damaged"], after["damaged"] = damage.paths, []
    return LayoutPlan(tuple(reasons), before, after, present, damage)


def resolve(libraries: Iterable[Library], fetcher: Fetcher, dest: Path | None, *, look: bool = True) -> list[Library]:
    """Find out what the artifacts without a checksum hold at present: a file that changed is another library.

    With look false nothing is fetched: what was found the last time counts.
    """
    present = Manifest.load(dest) if dest is not None else None
    last = {(entry["artifact"], entry["directory"]): entry for entry in present.libraries} if present else {}
    return [
        library if library.fixed else _look_at(library, fetcher, last.get((library.artifact, library.directory)), look)
        for library in libraries
    ]


def _look_at(library: Library, fetcher: Fetcher, last: Mapping[str, str] | None, look: bool) -> Library:
    if not look and not isinstance(library.source, LocalFile):
        return replace(library, checksum=last["checksum"]) if last else library
    path = fetcher.fetch(library.source)
    return replace(library, checksum=f"sha256:{file_digest(path, 'sha256')}", path=path)


def _summary(version: str, digest: str, libraries: list[dict[str, str]]) -> dict[str, Any]:
    return {"version": version, "digest": digest, "libraries": libraries}


def _require_free(dest: Path, recipe: Recipe) -> None:
    if dest.exists() and (not dest.is_dir() or any(dest.iterdir())):
        raise FlinkError(
            f"cannot lay out {recipe.title} at {dest}: something else is there, without this collection's {MANIFEST}; "
            "choose another directory or move it away"
        )


@dataclass(frozen=True)
class LaidOut:
    files: int
    size: int
    linked: bool


def lay_out(
    plan: LayoutPlan,
    tree: Path,
    dest: Path,
    libraries: Iterable[Library],
    fetcher: Fetcher,
    *,
    only: tuple[str, ...] = ("",),
) -> LaidOut:
    """Bring a directory to what a tree and the libraries say.

    :arg tree: an assembled tree, or a directory that was laid out from one.
    :arg only: the beginnings of the paths that are taken from it.
    """
    base = Manifest.load(tree)
    if base is None:
        raise FlinkError(f"cannot lay out {dest} from {tree}: it has just been removed; run it again")
    files = {path: record for path, record in base.files.items() if path.startswith(only)}
    origins = {path: tree / path for path in files}
    wanted = Manifest(base.version, base.digest, base.sources, files)
    for library in libraries:
        add_library(library, wanted, origins, fetcher)
    try:
        linked = _bring(plan, wanted, origins, dest)
    except OSError as error:
        raise file_error("lay out", dest, error) from error
    return LaidOut(len(wanted.files), sum(record.size for record in wanted.files.values()), linked)


def add_library(library: Library, wanted: Manifest, origins: dict[str, Path], fetcher: Fetcher) -> None:
    download = library.path or fetcher.fetch(library.source, library.checksum or None)
    if download.suffix == ".jar":
        require_jar(download, f"the library {library.artifact}")
    path = f"{library.directory}/{download.name}"
    if path in wanted.files:
        raise FlinkError(f"cannot add the library {library.artifact}: {path} is in the distribution already")
    name, version = artefact_of(library.source)
    for other in wanted.files:
        directory, _slash, file = other.rpartition("/")
        if directory == library.directory and version and artefact_of(LocalFile(file))[0] == name:
            raise FlinkError(
                f"cannot add the library {library.artifact}: {other} is another version of the same artefact, and "
                "which of the two Java would load is chance; leave one of them away"
            )
    status = download.stat()
    wanted.files[path] = FileRecord(file_digest(download, "sha256"), status.st_size, int(status.st_mtime), FILE_MODE)
    wanted.libraries.append({**library.declaration, "path": path})
    origins[path] = download


def _bring(plan: LayoutPlan, wanted: Manifest, origins: Mapping[str, Path], dest: Path) -> bool:
    if plan.present is None:
        return _create(wanted, origins, dest)
    damaged = set(plan.damage.paths)
    stale = sorted(set(plan.present.files) - set(wanted.files))
    due = [path for path, record in wanted.files.items() if path in damaged or plan.present.files.get(path) != record]
    # From here to the end the manifest claims the old and the new files: an interrupted run leaves nothing unowned.
    Manifest("", "", files={**plan.present.files, **wanted.files}).save(dest)
    placed = [_place_file(origins[path], dest / path, wanted.files[path]) for path in due]
    abandoned = [path for path in plan.damage.foreign if PurePosixPath(path).name.endswith(UNFINISHED)]
    for path in (*stale, *abandoned):
        (dest / path).unlink(missing_ok=True)
        _prune((dest / path).parent, dest)
    wanted.save(dest)
    return all(placed)


def _create(wanted: Manifest, origins: Mapping[str, Path], dest: Path) -> bool:
    """Made next to its place and moved there whole."""
    dest.parent.mkdir(parents=True, exist_ok=True)
    for leftover in dest.parent.glob(f".{dest.name}.new-*"):
        remove_tree(leftover)
    scratch = Path(tempfile.mkdtemp(prefix=f".{dest.name}.new-", dir=dest.parent))
    try:
        scratch.chmod(DIRECTORY_MODE)
        if "bin/config.sh" in wanted.files:
            (scratch / "log").mkdir()
        placed = [_place_file(origins[path], scratch / path, record) for path, record in wanted.files.items()]
        wanted.save(scratch)
        # Onto an empty directory, if there is one.
        scratch.rename(dest)
    finally:
        remove_tree(scratch)
    return all(placed)


def _place_file(origin: Path, target: Path, record: FileRecord) -> bool:
    """Link or copy a file to its place in one step. True when it was linked.

    Only what already has the time and mode of the record is linked: the user's own file keeps its content to itself.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}{UNFINISHED}")
    temporary.unlink(missing_ok=True)
    linked = record.fits(origin.stat()) and _link(origin, temporary)
    try:
        if not linked:
            shutil.copyfile(origin, temporary)
            os.utime(temporary, (record.mtime, record.mtime))
            temporary.chmod(record.mode)
        temporary.replace(target)
    except OSError:
        # Half a file would only take the room that was missing.
        temporary.unlink(missing_ok=True)
        raise
    # Renaming a link onto a link of the same file does nothing at all.
    temporary.unlink(missing_ok=True)
    return linked


def _link(origin: Path, target: Path) -> bool:
    try:
        target.hardlink_to(origin)
    except OSError:
        # Another file system, one without hard links, or a file of another account.
        return False
    return True


def _prune(directory: Path, root: Path) -> None:
    while directory != root:
        try:
            directory.rmdir()
        except OSError:
            return
        directory = directory.parent
