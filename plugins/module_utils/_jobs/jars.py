# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jars: what is in them, and how they get to the JobManager that runs them.

An uploaded jar is on one JobManager only. A run uploads it to the leader first, and again after a change
of the leader.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from .._base.errors import Doubtful, FlinkError, NotYet, RestError, Unreachable
from .._base.files import file_digest, replacing
from .._base.times import iso_utc
from .._base.wait import Deadline, wait_for
from .._cluster.client import Cluster
from .._cluster.rest import Endpoint, Upload
from .._install.source import require_jar
from .spec import Jar

MANIFEST = "META-INF/MANIFEST.MF"
# Flink looks for its own attribute before the one of Java.
MAIN_ATTRIBUTES = ("program-class", "main-class")
UPLOAD_TIMEOUT = 600.0
# The jar's main method runs inside this call, on the JobManager.
RUN_TIMEOUT = 120.0


def main_class(manifest: str) -> str:
    """The class that a manifest names; lines longer than 72 bytes go on after a space."""
    text = manifest.replace("\r\n", "\n").replace("\r", "\n").replace("\n ", "")
    main_section = text.split("\n\n", 1)[0]
    attributes = {
        name.strip().lower(): value.strip()
        for name, separator, value in (line.partition(":") for line in main_section.split("\n"))
        if separator
    }
    return next((attributes[name] for name in MAIN_ATTRIBUTES if attributes.get(name)), "")


def inspect(path: Path, what: str, entry_class: str = "") -> Jar:
    """Look into a jar before it goes anywhere."""
    require_jar(path, what)
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            found = main_class(archive.read(MANIFEST).decode("utf-8", "replace")) if MANIFEST in names else ""
    except (OSError, zipfile.BadZipFile, RuntimeError) as error:
        raise FlinkError(f"{what} is not a valid jar: {path} cannot be read as a zip file ({error})") from error
    if not entry_class and not found:
        raise FlinkError(
            f"{what} has no main class: the manifest of {path} names neither Main-Class nor program-class;"
            " name the class in entry_class"
        )
    if not any(name.endswith(".class") for name in names) and not entry_class:
        raise FlinkError(f"{what} is not a program: {path} holds no classes")
    return Jar(path, file_digest(path, "sha256"), found)


# -- the jars of this controller, kept so that an upgrade can be taken back -----------------------------------------


def kept_jar(cache_dir: Path, sha256: str) -> Path:
    return cache_dir / "jars" / f"{sha256}.jar"


def keep(jar: Jar, cache_dir: Path) -> Path:
    """Keep what was deployed under its digest: tomorrow the same path may hold another jar."""
    target = kept_jar(cache_dir, jar.sha256)
    if target.is_file() and target.stat().st_size == jar.path.stat().st_size:
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with jar.path.open("rb") as content, replacing(target, 0o444) as stream:
            shutil.copyfileobj(content, stream)
    except OSError as error:
        raise FlinkError(f"cannot keep a copy of {jar.path} in {target.parent}: {error.strerror or error}") from error
    return target


# -- on a JobManager -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Uploaded:
    """A jar that is on a JobManager."""

    jar_id: str
    name: str
    uploaded: int
    main_class: str

    @property
    def sha256(self) -> str:
        """Jars that flink_jar uploads carry their digest in the name."""
        head, separator, _rest = self.name.partition("-")
        return head if separator and len(head) == 64 and all(char in "0123456789abcdef" for char in head) else ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.jar_id,
            "name": self.name.removeprefix(f"{self.sha256}-") if self.sha256 else self.name,
            "sha256": self.sha256 or None,
            "uploaded_at": iso_utc(self.uploaded),
            "main_class": self.main_class or None,
        }


def parse_list(document: Any) -> list[Uploaded]:
    """The answer of GET /jars."""
    try:
        return [
            Uploaded(
                jar_id=str(one["id"]),
                name=str(one["name"]),
                uploaded=int(one.get("uploaded", 0)),
                main_class=str(one["entry"][0]["name"]) if one.get("entry") else "",
            )
            for one in document["files"]
        ]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise RestError(f"the list of jars lacks what every Flink returns ({type(error).__name__} {error})") from error


def listed(endpoint: Endpoint, deadline: Deadline | None = None) -> list[Uploaded]:
    try:
        return parse_list(endpoint.get("/jars", deadline=deadline))
    except RestError as error:
        raise _explained(error) from error


def upload(endpoint: Endpoint, path: Path, filename: str, deadline: Deadline | None = None) -> str:
    """Send a jar and return its id there."""
    try:
        answer = endpoint.upload("/jars/upload", Upload(str(path), filename), deadline=deadline, timeout=UPLOAD_TIMEOUT)
    except RestError as error:
        raise _explained(error) from error
    stored = answer.get("filename") if isinstance(answer, Mapping) else None
    if not isinstance(stored, str) or not stored:
        raise RestError(f"the JobManager at {endpoint.url} took {filename} and did not say where it is")
    return stored.replace("\\", "/").rsplit("/", 1)[-1]


def delete(endpoint: Endpoint, jar_id: str, deadline: Deadline | None = None) -> bool:
    """Remove a jar; False when there was none of that id."""
    try:
        endpoint.delete(f"/jars/{jar_id}", deadline=deadline, idempotent=True)
    except RestError as error:
        if missing(error):
            return False
        raise
    return True


def missing(error: RestError) -> bool:
    """The JobManager does not have this jar."""
    return any("does not exist" in text and "ar file" in text for text in error.errors)


def _explained(error: RestError) -> RestError:
    """Without web.submit.enable Flink has no handler for jars and says 404 without a reason."""
    if error.status == 404:
        return RestError(
            f"{error.message}: does that JobManager take jars? web.submit.enable must be true",
            status=404,
            url=error.url,
            errors=error.errors,
        )
    return error


class Holder:
    """A jar on the leader. It is uploaded when it is needed and removed in the end."""

    def __init__(self, cluster: Cluster, jar: Jar) -> None:
        self._cluster = cluster
        self._jar = jar
        self._placed: dict[str, str] = {}

    def __enter__(self) -> Holder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def place(self, deadline: Deadline) -> tuple[Endpoint, str]:
        """The leader and the jar's id there.

        An upload that broke off is done again: at worst there is one copy more on a JobManager that has died.
        """
        failover: Deadline | None = None

        def probe() -> tuple[Endpoint, str]:
            nonlocal failover
            leader = self._cluster.await_leader(deadline)
            endpoint = self._cluster.rest.at(leader.url)
            try:
                if leader.url not in self._placed:
                    self._placed[leader.url] = upload(endpoint, self._jar.path, self._jar.path.name, deadline)
            except (Unreachable, Doubtful) as error:
                failover = failover or deadline.within(self._cluster.failover_timeout())
                if failover.expired:
                    raise
                raise NotYet(error.message) from error
            return endpoint, self._placed[leader.url]

        return wait_for(probe, deadline, f"the upload of {self._jar.path.name}", 0.5, self._cluster.progress)

    def forget(self) -> None:
        """A JobManager said that it does not have the jar any more."""
        self._placed.clear()

    def remove(self) -> None:
        placed, self._placed = self._placed, {}
        for url, jar_id in placed.items():
            # A JobManager that has died since took the jar with it.
            with suppress(FlinkError):
                delete(self._cluster.rest.at(url), jar_id, Deadline(5.0))


def run_body(
    job_id: str,
    *,
    entry_class: str,
    arguments: tuple[str, ...],
    parallelism: int | None,
    configuration: Mapping[str, str],
    savepoint_path: str = "",
    allow_non_restored_state: bool = False,
    claim_mode: str = "",
) -> dict[str, Any]:
    """The body of POST /jars/:id/run. programArgs, the other form of the arguments, is ignored by 2.x in silence."""
    body: dict[str, Any] = {"jobId": job_id, "programArgsList": list(arguments)}
    if entry_class:
        body["entryClass"] = entry_class
    if parallelism is not None:
        body["parallelism"] = parallelism
    if configuration:
        body["flinkConfiguration"] = dict(configuration)
    if savepoint_path:
        body |= {"savepointPath": savepoint_path, "allowNonRestoredState": allow_non_restored_state}
        if claim_mode:
            body["claimMode"] = claim_mode
    return body
