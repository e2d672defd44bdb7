# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flink and ZooKeeper in the layout of their Apache archives: assembled in the cache, laid out by hard links."""

from __future__ import annotations

import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from .._base.errors import FlinkError
from .._base.files import file_error, locked
from .fetch import Fetcher
from .manifest import FileRecord, Manifest, inspect
from .recipe import JARS, Recipe
from .signature import verify as verify_signature
from .source import LocalFile, require_jar
from .unpack import FILE_MODE, Places, unpack, write

if TYPE_CHECKING:
    from collections.abc import Iterable


# Ends the name of a file that is not yet in its place; Flink's scripts take *.jar only.
UNFINISHED = ".new"
DIRECTORY_MODE = 0o755
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
    if manifest is None or not recipe.authentic(manifest.sources):
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
    """The fingerprint of the key that signed an archive; empty when no signature is requested."""
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
        raise FlinkError(f"{origin} is not a {recipe.title} distribution: {', '.join(missing)} is not in it")
    pattern = _MAIN_JAR[recipe.product]
    found = sorted({match[1] for name in names if (match := pattern.fullmatch(name))})
    if found != [recipe.version]:
        jar = {"flink": "flink-dist", "zookeeper": "zookeeper"}[recipe.product]
        raise FlinkError(
            f"{origin} holds {recipe.title} {' and '.join(found) or f'without a {jar} jar'}, but "
            f"{recipe.product}_version is {recipe.version}: make the two agree"
        )


def _copy(source: Path, target: Path, mode: int = FILE_MODE) -> FileRecord:
    with source.open("rb") as stream:
        return write(stream, target, int(source.stat().st_mtime), mode)
