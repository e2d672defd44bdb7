# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the storage of a cluster, as one host sees it. Neither Flink nor ZooKeeper is asked, nothing is judged.

It runs on hosts, too, which have Python 3.9 or newer and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from .._base.paths import METADATA, java_files, local_path, uris
from .._base.wait import Deadline

T = TypeVar("T")

RESULTS = "job-result-store"
APPLICATION_RESULTS = "application-result-store"
PATIENCE = 3.0
# What is larger is not a pointer of Flink's; its addresses are not read.
READ_LIMIT = 256 * 1024 * 1024
_CHECKPOINT = re.compile(r"chk-(\d+)")
_JOB = re.compile(r"[0-9a-f]{32}")
_DIRTY = "_DIRTY.json"


@dataclass(frozen=True)
class Places:
    """Where a cluster keeps things, as its configuration writes it."""

    ha: str = ""
    results: str = ""
    application_results: str = ""
    checkpoints: str = ""
    savepoints: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Places:
        return cls(**{one.name: str(content.get(one.name) or "").rstrip("/") for one in fields(cls)})


def places_of(config: Mapping[str, str], cluster_id: str) -> Places:
    """The places that a JobManager's configuration names."""
    storage = config.get("high-availability.storageDir", "").rstrip("/")
    own = config.get("high-availability.cluster-id", cluster_id).strip("/")

    def store(key: str, name: str) -> str:
        return (config.get(key) or (f"{storage}/{name}/{own}" if storage else "")).rstrip("/")

    def first(*keys: str) -> str:
        return next((config[key] for key in keys if config.get(key)), "").rstrip("/")

    return Places(
        ha=f"{storage}/{own}" if storage else "",
        results=store("job-result-store.storage-path", RESULTS),
        application_results=store("application-result-store.storage-path", APPLICATION_RESULTS),
        checkpoints=first("execution.checkpointing.dir", "state.checkpoints.dir"),
        savepoints=first("execution.checkpointing.savepoint-dir", "state.savepoints.dir"),
    )


@dataclass(frozen=True)
class StoredFile:
    """A file of the HA storage: a job's graph or a completed checkpoint. missing are the files it needs in vain."""

    path: str
    size: int = 0
    addresses: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoredResult:
    """The result of a job. problem says why it is not a result that Flink could read."""

    path: str
    job_id: str
    dirty: bool
    application_id: str = ""
    problem: str = ""


@dataclass(frozen=True)
class JobDirectory:
    """A directory of one job's checkpoints; the numbers of those that are complete."""

    path: str
    job_id: str
    complete: tuple[int, ...] = ()


@dataclass(frozen=True)
class Storage:
    """Everything together. unread maps a place to the reason why it could not be read."""

    places: Places = field(default_factory=Places)
    files: tuple[StoredFile, ...] = ()
    results: tuple[StoredResult, ...] = ()
    directories: tuple[JobDirectory, ...] = ()
    blobs: tuple[str, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Storage:
        def each(kind: Any, name: str) -> tuple[Any, ...]:
            return tuple(kind(**_tuples(one)) for one in content.get(name) or ())

        return cls(
            places=Places.from_dict(content.get("places") or {}),
            files=each(StoredFile, "files"),
            results=each(StoredResult, "results"),
            directories=each(JobDirectory, "directories"),
            blobs=tuple(content.get("blobs") or ()),
            unread={str(key): str(value) for key, value in (content.get("unread") or {}).items()},
        )


def _tuples(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in content.items()}


def read(places: Places) -> Storage:
    """Look at every place. What cannot be read is reported in the result."""
    unread: dict[str, str] = {}

    def each(name: str, url: str, look: Callable[[Path], list[T]]) -> tuple[T, ...]:
        try:
            directory = _directory(name, url, unread)
            return tuple(look(directory)) if directory is not None else ()
        except OSError as error:
            unread[name] = f"{error.filename or url} cannot be read ({error.strerror or error})"
            return ()

    results = each("results", places.results, _results)
    return Storage(
        places=places,
        files=each("ha", places.ha, _files),
        results=results + each("application_results", places.application_results, _results),
        directories=each("checkpoints", places.checkpoints, _directories),
        blobs=each("ha", places.ha, lambda ha: _names(ha / "blob")),
        unread=unread,
    )


def _directory(name: str, url: str, unread: dict[str, str]) -> Path | None:
    if not url:
        if name in {"ha", "checkpoints"}:
            unread[name] = "its place is not known"
        return None
    place = local_path(url)
    if place is None:
        unread[name] = f"{url} is not a directory of a host, and no other storage can be read here"
        return None
    if name not in {"ha", "checkpoints"}:
        # Flink makes these when the first job ends.
        return place
    # An empty mount point looks like a storage without anything in it.
    if not place.is_dir() or not any(place.iterdir()):
        above = place.parent
        if not above.is_dir() or not any(one != place for one in above.iterdir()):
            unread[name] = f"{place} is not there, or this host cannot read that storage"
            return None
    return place


def _names(directory: Path) -> list[str]:
    try:
        return sorted(one.name for one in directory.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _files(directory: Path) -> list[StoredFile]:
    found = []
    for name in _names(directory):
        path = directory / name
        try:
            if not path.is_file():
                continue
            size = path.stat().st_size
            content = path.read_bytes() if size <= READ_LIMIT else b""
        except FileNotFoundError:
            # It has gone in this moment; what needs it will report that.
            continue
        found.append(StoredFile(str(path), size, tuple(uris(content)), tuple(missing(java_files(content)))))
    return found


def missing(addresses: Sequence[str]) -> list[str]:
    """Those of the files that this host would see, and that are not there."""
    gone = []
    for address in addresses:
        place = local_path(address)
        if place is not None and _is_state(place) and not place.exists():
            gone.append(address)
    return gone


def _is_state(place: Path) -> bool:
    """Whether an address is one of a checkpoint's own files, not a text that a user's state happens to hold."""
    parts = place.parts
    return any(part in {"shared", "taskowned"} or _CHECKPOINT.fullmatch(part) for part in parts) or any(
        part.startswith("savepoint-") for part in parts
    )


def _results(directory: Path) -> list[StoredResult]:
    paths = [directory / name for name in _names(directory) if name.endswith(".json")]
    deadline = Deadline(PATIENCE)
    while True:
        found = [one for path in paths if (one := result_of(path)) is not None]
        # One that is just being written, or of a job whose end Flink is busy with, is another or gone in a moment.
        if deadline.expired or not any(one.problem or (one.dirty and not one.application_id) for one in found):
            return found
        deadline.pause(0.25)


def result_of(path: Path) -> StoredResult | None:
    """What a file of a result store says; None when it has gone."""
    dirty = path.name.endswith(_DIRTY)
    job_id = path.name.removesuffix(_DIRTY).removesuffix(".json")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        return StoredResult(str(path), job_id, dirty, problem="it is not valid JSON")
    result = content.get("result") if isinstance(content, dict) else None
    if not isinstance(result, dict):
        return StoredResult(str(path), job_id, dirty, problem="it holds no result")
    application = result.get("application-id")
    return StoredResult(str(path), job_id, dirty, application_id=str(application or ""))


def _directories(directory: Path) -> list[JobDirectory]:
    found = []
    for name in _names(directory):
        if _JOB.fullmatch(name) is None:
            continue
        complete = [
            int(match[1])
            for one in _names(directory / name)
            if (match := _CHECKPOINT.fullmatch(one)) and (directory / name / one / METADATA).is_file()
        ]
        found.append(JobDirectory(str(directory / name), name, tuple(sorted(complete))))
    return found
