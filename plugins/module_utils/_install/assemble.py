# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Flink and ZooKeeper in the layout of their Apache archives: assembled in the cache, laid out by hard links."""

from __future__ import annotations

import calendar
import gzip
import hashlib
import json
import os
import re
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from .._base.errors import FlinkError
from .fetch import (
    CHUNK,
    Checksum,
    Fetcher,
    LocalFile,
    Source,
    Url,
    file_digest,
    file_error,
    locked,
    parse_source,
    require_jar,
)
from .libraries import artefact_of
from .signature import verify as verify_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from .versions import Pin, Release

MANIFEST = ".streamops-manifest.json"
# Raise it when the same downloads are to be assembled differently.
_LAYOUT = 1
# Ends the name of a file that is not yet in its place; Flink's scripts take *.jar only.
_NEW = ".new"
_FILE, _PROGRAM, _DIRECTORY = 0o444, 0o555, 0o755
_DIRECTORY_NAME = re.compile(r"lib|opt|plugins/[A-Za-z0-9][A-Za-z0-9._-]*")
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
# Jars that are no archive to look into.
_JARS = {"sql_gateway": "opt", "library": "lib"}
# Where an archive lies below the root of a mirror of Apache's releases.
_MIRRORED = {
    "flink": "flink/flink-{0}/flink-{0}-bin-scala_2.12.tgz",
    "zookeeper": "zookeeper/zookeeper-{0}/apache-zookeeper-{0}-bin.tar.gz",
}


@dataclass(frozen=True)
class Part:
    """One file that a distribution is made of. kind says how: a key of _PLACES or _JARS."""

    kind: str
    source: Source
    checksum: str


@dataclass(frozen=True)
class Signature:
    """Where the signature of an archive is, and whose signatures count."""

    source: Source
    keyring: Path

    @property
    def pin(self) -> str:
        """Another keyring is another question: what the old one has answered does not count."""
        try:
            return file_digest(self.keyring, "sha256")
        except OSError as error:
            raise file_error("read the keyring", self.keyring, error) from error


@dataclass(frozen=True)
class Recipe:
    version: str
    parts: tuple[Part, ...]
    product: str = "flink"
    signature: Signature | None = None

    @property
    def digest(self) -> str:
        """The same for the same content, wherever it is fetched from."""
        content = [_LAYOUT, self.version, sorted([part.kind, part.checksum] for part in self.parts)]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        return f"{self.product}-{self.version}-{self.digest}"

    @property
    def title(self) -> str:
        return {"flink": "Flink", "zookeeper": "ZooKeeper"}[self.product]


def pypi_recipe(version: str, release: Release, *, sql_gateway: bool = True) -> Recipe:
    parts = [
        Part("libraries", release.libraries.source, release.libraries.checksum),
        Part("scripts", release.scripts.source, release.scripts.checksum),
    ]
    if sql_gateway:
        gateway = release.sql_gateway
        if not gateway.checksum:
            raise FlinkError(
                f"cannot add the SQL gateway {gateway.source} to Flink {version}: its sha256 is not known; give it in "
                "distribution_checksums with the key flink-sql-gateway, or set distribution_sql_gateway_enabled: false"
            )
        parts.append(Part("sql_gateway", gateway.source, gateway.checksum))
    return Recipe(version, tuple(parts))


@dataclass(frozen=True)
class Origin:
    """An Apache archive: by its address, or by the mirror that has it. Its sha512 is always known."""

    archive: str = ""
    mirror: str = ""
    checksum: str = ""
    signature: str = ""
    keyring: str = ""


def archive_recipe(version: str, origin: Origin, product: str = "flink") -> Recipe:
    """The recipe for an archive; a signature is asked for by naming a keyring."""
    archive = origin.archive or f"{origin.mirror.rstrip('/')}/{_MIRRORED[product].format(version)}"
    if not origin.archive and not origin.mirror:
        raise FlinkError(f"cannot take {product} {version} from an archive: give archive, its path or URL, or a mirror")
    if not origin.checksum.strip().lower().startswith("sha512:"):
        raise FlinkError(
            f"cannot use {archive} without its sha512: give it as archive_checksum, sha512: and the 128 hexadecimal "
            f"digits that Apache publishes beside the archive (not {origin.checksum!r})"
        )
    checksum = str(Checksum.parse(origin.checksum))
    signature = None
    if origin.keyring:
        signature = Signature(parse_source(origin.signature or f"{archive}.asc"), Path(origin.keyring).expanduser())
    elif origin.signature:
        raise FlinkError(f"cannot verify the signature of {archive} without a keyring: give archive_keyring too")
    kind = "archive" if product == "flink" else f"{product}_archive"
    return Recipe(version, (Part(kind, parse_source(archive), checksum),), product, signature)


def zookeeper_recipe(version: str, pins: Iterable[Pin]) -> Recipe:
    """ZooKeeper from the artefacts of a Maven repository: what `java -cp lib/*` needs."""
    return Recipe(version, tuple(Part("library", pin.source, pin.checksum) for pin in pins), "zookeeper")


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


@dataclass(frozen=True)
class Record:
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
    """What lies in a directory. libraries: the artifact, directory and checksum of each, and the file it became."""

    version: str
    digest: str
    sources: list[dict[str, str]] = field(default_factory=list)
    files: dict[str, Record] = field(default_factory=dict)
    libraries: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def load(cls, directory: Path) -> Manifest | None:
        try:
            content = json.loads((directory / MANIFEST).read_text())
            files = {path: Record(**record) for path, record in content.pop("files").items()}
            return cls(files=files, **content)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def authentic(self, recipe: Recipe) -> bool:
        """Whether the signature was verified against the same keyring, where one is asked for."""
        if recipe.signature is None:
            return True
        pin = recipe.signature.pin
        return any(source.get("keyring") == pin for source in self.sources)

    def save(self, directory: Path) -> None:
        temporary = directory / f"{MANIFEST}.new"
        temporary.write_text(json.dumps(asdict(self), indent=1, sort_keys=True))
        temporary.replace(directory / MANIFEST)


@dataclass(frozen=True)
class Damage:
    """How a directory differs from its manifest."""

    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    # Files that nobody of us put there. They stay.
    foreign: tuple[str, ...] = ()

    @property
    def paths(self) -> list[str]:
        return sorted((*self.missing, *self.changed))


def inspect(directory: Path, files: Mapping[str, Record], *, verify: bool = False) -> Damage:
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
                # Flink's own programs write there when nobody tells them otherwise.
                if path != "log":
                    yield from _walk(root, path)
            elif path not in {MANIFEST, f"{MANIFEST}.new"}:
                yield path, entry.stat(follow_symlinks=False)


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
            _remove(leftover)
        scratch = Path(tempfile.mkdtemp(prefix=f".{recipe.name}.", dir=shelf))
        try:
            _assemble(recipe, fetcher, scratch)
            scratch.rename(directory)
        except OSError as error:
            raise file_error(f"assemble {recipe.title} in", scratch, error) from error
        finally:
            _remove(scratch)
    return directory


def _whole(directory: Path, recipe: Recipe, *, verify: bool) -> bool:
    manifest = Manifest.load(directory)
    if manifest is None or not manifest.authentic(recipe):
        return False
    damage = inspect(directory, manifest.files, verify=verify)
    return not damage.paths and not damage.foreign


def _remove(directory: Path) -> None:
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
    target.chmod(_DIRECTORY)
    files: dict[str, Record] = {}
    for part, download in zip(recipe.parts, downloads, strict=True):
        if part.kind in _JARS:
            require_jar(download, f"the SQL gateway {part.source}" if part.kind == "sql_gateway" else str(part.source))
            path = f"{_JARS[part.kind]}/{download.name}"
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


def unpack(archive: Path, places: Places, target: Path, what: str) -> dict[str, Record]:
    """Extract the files of a tar or zip archive to where their names belong."""
    files: dict[str, Record] = {}
    try:
        for member in _members(archive):
            path = _place(member.name, places)
            if path is None:
                continue
            mode = _PROGRAM if member.executable or _is_program(path) else _FILE
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


def _write(source: BinaryIO, target: Path, mtime: int, mode: int) -> Record:
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
    return Record(digest.hexdigest(), size, mtime, mode)


def _copy(source: Path, target: Path, mode: int = _FILE) -> Record:
    with source.open("rb") as stream:
        return _write(stream, target, int(source.stat().st_mtime), mode)


# --- laying out -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """What a directory lacks. reasons is empty when it is as it should be."""

    reasons: tuple[str, ...]
    before: dict[str, Any]
    after: dict[str, Any]
    present: Manifest | None
    damage: Damage


def plan(dest: Path, recipe: Recipe, libraries: Iterable[Library], *, verify: bool = False) -> Plan:
    """Compare a directory with what it should hold; nothing is fetched and nothing written."""
    wanted = [library.declaration for library in libraries]
    present = Manifest.load(dest)
    if present is None:
        _require_free(dest, recipe)
        return Plan(("it is not there",), {}, _summary(recipe.version, recipe.digest, wanted), None, Damage())
    damage = inspect(dest, present.files, verify=verify)
    had = [{key: entry[key] for key in ("artifact", "directory", "checksum")} for entry in present.libraries]
    reasons = []
    if present.digest != recipe.digest:
        was = f"it holds another build ({present.version}, {present.digest})"
        reasons.append(was if present.digest else "an earlier run was interrupted")
    if not present.authentic(recipe):
        reasons.append("its signature has not been verified yet")
    if had != wanted:
        reasons.append("its libraries differ")
    if damage.paths:
        reasons.append(f"{len(damage.paths)} of its files are missing or changed")
    before = _summary(present.version, present.digest, had)
    after = _summary(recipe.version, recipe.digest, wanted)
    if damage.paths:
        before["damaged"], after["damaged"] = damage.paths, []
    return Plan(tuple(reasons), before, after, present, damage)


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
class Outcome:
    files: int
    size: int
    linked: bool


def lay_out(
    plan: Plan, tree: Path, dest: Path, libraries: Iterable[Library], fetcher: Fetcher, *, only: tuple[str, ...] = ("",)
) -> Outcome:
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
        _add_library(library, wanted, origins, fetcher)
    try:
        linked = _bring(plan, wanted, origins, dest)
    except OSError as error:
        raise file_error("lay out", dest, error) from error
    return Outcome(len(wanted.files), sum(record.size for record in wanted.files.values()), linked)


def _add_library(library: Library, wanted: Manifest, origins: dict[str, Path], fetcher: Fetcher) -> None:
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
    wanted.files[path] = Record(file_digest(download, "sha256"), status.st_size, int(status.st_mtime), _FILE)
    wanted.libraries.append({**library.declaration, "path": path})
    origins[path] = download


def _bring(plan: Plan, wanted: Manifest, origins: Mapping[str, Path], dest: Path) -> bool:
    if plan.present is None:
        return _create(wanted, origins, dest)
    damaged = set(plan.damage.paths)
    stale = sorted(set(plan.present.files) - set(wanted.files))
    due = [path for path, record in wanted.files.items() if path in damaged or plan.present.files.get(path) != record]
    # From here to the end the manifest claims the old and the new files: an interrupted run leaves nothing unowned.
    Manifest("", "", files={**plan.present.files, **wanted.files}).save(dest)
    placed = [_place_file(origins[path], dest / path, wanted.files[path]) for path in due]
    abandoned = [path for path in plan.damage.foreign if PurePosixPath(path).name.endswith(_NEW)]
    for path in (*stale, *abandoned):
        (dest / path).unlink(missing_ok=True)
        _prune((dest / path).parent, dest)
    wanted.save(dest)
    return all(placed)


def _create(wanted: Manifest, origins: Mapping[str, Path], dest: Path) -> bool:
    """Made beside its place and moved there whole."""
    dest.parent.mkdir(parents=True, exist_ok=True)
    for leftover in dest.parent.glob(f".{dest.name}.new-*"):
        _remove(leftover)
    scratch = Path(tempfile.mkdtemp(prefix=f".{dest.name}.new-", dir=dest.parent))
    try:
        scratch.chmod(_DIRECTORY)
        if "bin/config.sh" in wanted.files:
            (scratch / "log").mkdir()
        placed = [_place_file(origins[path], scratch / path, record) for path, record in wanted.files.items()]
        wanted.save(scratch)
        # Onto an empty directory, if there is one.
        scratch.rename(dest)
    finally:
        _remove(scratch)
    return all(placed)


def _place_file(origin: Path, target: Path, record: Record) -> bool:
    """Link or copy a file to its place in one step. True when it was linked.

    Only what already has the time and mode of the record is linked: the user's own file keeps its content to itself.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}{_NEW}")
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
        # Another file system, one without hard links, or somebody else's file.
        return False
    return True


def _prune(directory: Path, root: Path) -> None:
    while directory != root:
        try:
            directory.rmdir()
        except OSError:
            return
        directory = directory.parent


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
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".archive-", dir=path.parent) as scratch:
        content = Manifest(base.version, base.digest, files=dict(base.files))
        origins = {name: tree / name for name in base.files}
        for library in libraries:
            _add_library(library, content, origins, fetcher)
        temporary = Path(scratch) / path.name
        try:
            digest = _write_tar(temporary, f"flink-{base.version}", content.files, origins, mark)
            _sidecar(path).unlink(missing_ok=True)
            temporary.replace(path)
            _sidecar(path).write_text(f"{digest}  {path.name}\n")
        except OSError as error:
            raise file_error("write the archive", path, error) from error
    return Archive(path, digest, path.stat().st_size, True)


def _sidecar(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha512")


def _write_tar(path: Path, top: str, files: Mapping[str, Record], origins: Mapping[str, Path], mark: str) -> str:
    newest = max((record.mtime for record in files.values()), default=0)
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents if str(parent) != "."} | {"log"}
    with path.open("wb") as raw:
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
        info.type, info.mode = tarfile.DIRTYPE, _DIRECTORY
    return info
