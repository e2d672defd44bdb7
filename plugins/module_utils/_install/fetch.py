# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files from elsewhere: a local path, a URL, a Maven coordinate or a PyPI requirement; verified, cached, resumed."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http
import importlib
import importlib.util
import json
import os
import socket
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from .._base.errors import FlinkError
from .._base.files import file_digest, file_error, locked, put_in_place
from .._base.wait import Deadline
from .pip import pip, pip_failure, pip_options, pip_worth_repeating, plain, wrong_checksum
from .source import Checksum, LocalFile, Maven, PyPI, Source, Url, parse_source

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

# What is lost of a transfer that breaks off.
_NETWORK_CHUNK = 64 * 1024
FILE_MODE = 0o444
_PART = ".part"
_ORIGIN = ".origin.json"
# Answers that may be better in a moment.
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


class Runner(Protocol):
    """Runs a program as AnsibleModule.run_command does."""

    def __call__(self, args: list[str], *, environ_update: dict[str, str] | None = None) -> tuple[int, str, str]: ...


@dataclass(frozen=True)
class Retry:
    tries: int = 3
    pause: float = 1.0
    connect_timeout: float = 15.0
    read_timeout: float = 60.0


@dataclass
class _BrokenTransferError(Exception):
    """A transfer that may be taken up again."""

    reason: str


@dataclass
class _Transfer:
    resumed: bool = False
    unchanged: bool = False
    validators: dict[str, str] = field(default_factory=dict)


def _silent(_message: str) -> None:
    return None


@dataclass(frozen=True)
class Fetcher:
    """Brings files into a cache directory and verifies them. Safe for several processes at once.

    run is needed for PyPI only: AnsibleModule.run_command. maven_repository is a URL or a directory;
    without one, the default of the library maven-artifact counts.
    """

    cache_dir: Path
    maven_repository: str | None = None
    run: Runner | None = None
    python: str = sys.executable
    log: Callable[[str], None] = _silent
    retry: Retry = Retry()

    @property
    def downloads(self) -> Path:
        return self.cache_dir / "downloads"

    def fetch(self, source: str | Source, checksum: str | Checksum | None = None) -> Path:
        """The file of a source, its checksum verified when one is given."""
        what = parse_source(source) if isinstance(source, str) else source
        wanted = Checksum.parse(checksum) if isinstance(checksum, str) else checksum
        if wanted is not None and (present := self.held(wanted)) is not None:
            # It may have been placed there: neither the network nor what finds addresses is needed.
            return present
        if isinstance(what, LocalFile):
            return _local(what, wanted)
        if isinstance(what, Maven):
            located = self._locate(what)
            if isinstance(located, LocalFile):
                return _local(located, wanted)
            url = located.url
        else:
            url = str(what)
        try:
            return self._cached(what, url, wanted)
        except OSError as error:
            raise file_error("write to", self.downloads, error) from error

    def slot(self, wanted: Checksum) -> Path:
        """The directory of the cache that holds the one file with this checksum."""
        return self.downloads / str(wanted).replace(":", "-")[:48]

    def held(self, wanted: Checksum) -> Path | None:
        """The file with this checksum, if the cache holds it whole."""
        try:
            present = _content(self.slot(wanted))
            return present if present and file_digest(present, wanted.algorithm) == wanted.digest else None
        except OSError:
            return None

    def _locate(self, coordinate: Maven) -> LocalFile | Url:
        if coordinate.version.endswith("-SNAPSHOT"):
            raise FlinkError(f"cannot fetch {coordinate}: a SNAPSHOT has no fixed content; name a release")
        base = (self.maven_repository or _default_maven_repository(coordinate)).rstrip("/")
        if "://" not in base:
            base = Path(base).expanduser().resolve().as_uri()
        located = parse_source(f"{base}/{coordinate.path}")
        return cast("LocalFile | Url", located)

    def _cached(self, source: Source, url: str, wanted: Checksum | None) -> Path:
        unnamed = self.downloads / f"source-{hashlib.sha256(url.encode()).hexdigest()}"[:48]
        slot = self.slot(wanted) if wanted else unnamed
        with locked(self.downloads / ".locks" / slot.name):
            slot.mkdir(parents=True, exist_ok=True)
            try:
                return self._fill(source, url, wanted, slot)
            except OSError as error:
                if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                    # The half that was written would only take the room that is missing.
                    for part in slot.glob(f".*{_PART}"):
                        part.unlink()
                raise
            finally:
                # Nothing stays of a download that was refused.
                with contextlib.suppress(OSError):
                    slot.rmdir()

    def _fill(self, source: Source, url: str, wanted: Checksum | None, slot: Path) -> Path:
        present = _content(slot)
        if present is not None and wanted is not None:
            if file_digest(present, wanted.algorithm) == wanted.digest:
                return present
            self.log(f"{present} is damaged; {source} is fetched anew")
            present.unlink()
        if isinstance(source, PyPI):
            if present is not None:
                return present
            return self._from_pypi(source, wanted, slot)
        if wanted is None:
            return self._refreshed(source, url, slot, present)
        return self._verified(source, url, wanted, slot)

    # --- http -----------------------------------------------------------------------------------------------------

    def _verified(self, source: Url | Maven | LocalFile, url: str, wanted: Checksum, slot: Path) -> Path:
        target = slot / source.file_name
        part = slot / f".{source.file_name}{_PART}"
        found = ""
        # A second round is due only when the first one was pieced together: a wrong piece is not the source's fault.
        for last in (False, True):
            transfer = self._download(source, url, part, resume=True, validators={})
            found = file_digest(part, wanted.algorithm)
            if found == wanted.digest:
                return _keep(part, target)
            part.unlink()
            if last or not transfer.resumed:
                break
            self.log(f"the pieces of {url} do not fit together; it is fetched anew")
        raise wrong_checksum(str(source), url, wanted, found)

    def _refreshed(self, source: Url | Maven | LocalFile, url: str, slot: Path, present: Path | None) -> Path:
        """Without a checksum: a release in a Maven repository never changes, any other URL is asked whether it has."""
        if present is not None and isinstance(source, Maven):
            return present
        origin = slot / _ORIGIN
        validators = _read_json(origin) if present is not None else {}
        part = slot / f".{source.file_name}{_PART}"
        part.unlink(missing_ok=True)
        try:
            transfer = self._download(source, url, part, resume=False, validators=validators)
        except FlinkError:
            part.unlink(missing_ok=True)
            raise
        if transfer.unchanged and present is not None:
            return present
        target = _keep(part, slot / source.file_name)
        origin.write_text(json.dumps(transfer.validators))
        return target

    def _download(self, source: Source, url: str, part: Path, *, resume: bool, validators: dict[str, str]) -> _Transfer:
        import requests

        what = str(source) if str(source) != url else "the file"
        reasons: list[str] = []
        transfer = _Transfer(validators=dict(validators))
        with requests.Session() as session:
            for attempt in range(self.retry.tries):
                if attempt:
                    self.log(f"downloading {url} broke off ({reasons[-1]}); going on")
                    Deadline(self.retry.pause * attempt).pause(self.retry.pause * attempt)
                try:
                    self._transfer(session, url, part, resume=resume, transfer=transfer)
                    return transfer
                except _BrokenTransferError as broken:
                    reasons.append(broken.reason)
                except requests.RequestException as error:
                    reasons.append(_reason(error))
                    if not _worth_repeating(error):
                        raise FlinkError(f"cannot download {what} from {url}: {reasons[-1]}{_hint(source)}") from error
        raise FlinkError(
            f"cannot download {what} from {url}: tried {self.retry.tries} times, the last one failed with "
            f"{reasons[-1]}; check the network and run it again{', it goes on where it broke off' if resume else ''}"
        )

    def _transfer(self, session: requests.Session, url: str, part: Path, *, resume: bool, transfer: _Transfer) -> None:
        """One request: writes what comes behind what is there, or from the start."""
        have = part.stat().st_size if resume and part.exists() else 0
        # Compressed transfers have no length that could be compared.
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        elif transfer.validators.get("etag"):
            headers["If-None-Match"] = transfer.validators["etag"]
        elif transfer.validators.get("last_modified"):
            headers["If-Modified-Since"] = transfer.validators["last_modified"]
        timeout = (self.retry.connect_timeout, self.retry.read_timeout)
        with session.get(url, headers=headers, stream=True, timeout=timeout) as response:
            if response.status_code == http.HTTPStatus.NOT_MODIFIED:
                transfer.unchanged = True
                return
            if response.status_code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
                # What is there is no beginning of this file.
                part.unlink()
                raise _BrokenTransferError(f"HTTP {response.status_code}")
            if response.status_code in _TRANSIENT:
                raise _BrokenTransferError(f"HTTP {response.status_code} {response.reason}")
            response.raise_for_status()
            continued = response.status_code == http.HTTPStatus.PARTIAL_CONTENT and _continues_at(response, have)
            transfer.resumed = transfer.resumed or continued
            transfer.validators = _validators(response)
            _write(response, part, have if continued else 0)

    # --- pip ------------------------------------------------------------------------------------------------------

    def _from_pypi(self, source: PyPI, wanted: Checksum | None, slot: Path) -> Path:
        if self.run is None:
            raise FlinkError(f"cannot fetch {source}: pip is not at hand here; give a file or a URL instead")
        command = [*pip(self.python), *pip_options(source)]
        outcome = ""
        for attempt in range(self.retry.tries):
            with tempfile.TemporaryDirectory(prefix=".pip-", dir=slot) as scratch:
                outcome = self._run_pip(command, source, wanted, Path(scratch))
                found = _content(Path(scratch))
                if not outcome and found is not None:
                    if wanted is not None and (digest := file_digest(found, wanted.algorithm)) != wanted.digest:
                        raise wrong_checksum(str(source), "the package index", wanted, digest)
                    return _keep(found, slot / found.name)
            if not pip_worth_repeating(outcome):
                break
            self.log(f"pip could not download {source} (try {attempt + 1} of {self.retry.tries})")
        raise pip_failure(source, wanted, outcome)

    def _run_pip(self, command: list[str], source: PyPI, wanted: Checksum | None, scratch: Path) -> str:
        """Empty when pip succeeded, else what it said. pip verifies the hash before it looks into a file."""
        if self.run is None:
            return "pip is not at hand"
        requirement = scratch / ".requirements.txt"
        pin = f" --hash={wanted}" if wanted else ""
        requirement.write_text(f"{source}{pin}\n")
        code, out, err = self.run(
            [*command, "--dest", str(scratch), "--requirement", str(requirement)],
            # Newer pips resume a broken transfer; older ones ignore the variable.
            environ_update={"PIP_RESUME_RETRIES": "5"},
        )
        return "" if code == 0 else (err or out or f"exit code {code}")


def fetch(
    source: str | Source,
    *,
    cache_dir: str | Path,
    checksum: str | None = None,
    maven_repository: str | None = None,
    run: Runner | None = None,
    log: Callable[[str], None] = _silent,
) -> Path:
    """One file; see Fetcher."""
    return Fetcher(Path(cache_dir), maven_repository, run, log=log).fetch(source, checksum)


def _default_maven_repository(coordinate: Maven) -> str:
    try:
        resolver = importlib.import_module("maven_artifact.resolver")
    except ImportError as error:
        raise FlinkError(
            f"cannot fetch {coordinate}: the Python library maven-artifact is missing in {sys.executable} on "
            f"{socket.gethostname()}; install it there or set flink_maven_repository to a repository's URL"
        ) from error
    return str(resolver.Resolver.default().base)


def _local(source: LocalFile, wanted: Checksum | None) -> Path:
    path = Path(source.path)
    try:
        if path.is_dir():
            raise FlinkError(f"cannot use {path} on {socket.gethostname()}: it is a directory, a file is needed")
        found = file_digest(path, wanted.algorithm if wanted else "sha256")
    except FileNotFoundError as error:
        raise FlinkError(f"cannot use {path}: there is no such file on {socket.gethostname()}") from error
    except OSError as error:
        raise file_error("read", path, error) from error
    if wanted is not None and found != wanted.digest:
        raise FlinkError(
            f"cannot use {path}: expected {wanted}, found {wanted.algorithm}:{found}; the file is damaged or the "
            "checksum is not its own"
        )
    return path


def _hint(source: Source) -> str:
    if isinstance(source, Maven):
        return "; check the coordinate, or set flink_maven_repository to a repository that has it"
    return "; check the address"


def _content(directory: Path) -> Path | None:
    """The file of a cache slot; what begins with a dot is ours."""
    return next((path for path in sorted(directory.iterdir()) if not path.name.startswith(".")), None)


def _keep(part: Path, target: Path) -> Path:
    part.chmod(FILE_MODE)
    # Whole seconds survive every file system and archive.
    moment = int(part.stat().st_mtime)
    os.utime(part, (moment, moment))
    put_in_place(part, target)
    return target


def _write(response: requests.Response, part: Path, offset: int) -> None:
    length = response.headers.get("Content-Length")
    expected = None if length is None or not length.isdigit() else int(length)
    written = 0
    with part.open("r+b" if offset else "wb") as stream:
        stream.seek(offset)
        for chunk in response.iter_content(_NETWORK_CHUNK):
            stream.write(chunk)
            written += len(chunk)
        stream.truncate()
    if expected is not None and written != expected:
        raise _BrokenTransferError(f"{written} bytes instead of {expected}")


def _continues_at(response: requests.Response, have: int) -> bool:
    """A server may answer a range with another one."""
    if not response.headers.get("Content-Range", "").replace(" ", "").startswith(f"bytes{have}-"):
        raise _BrokenTransferError("a range that was not asked for")
    return True


def _validators(response: requests.Response) -> dict[str, str]:
    names = {"etag": "ETag", "last_modified": "Last-Modified"}
    return {key: response.headers[name] for key, name in names.items() if name in response.headers}


def _worth_repeating(error: requests.RequestException) -> bool:
    import requests

    if isinstance(error, requests.exceptions.SSLError | requests.exceptions.ProxyError):
        return False
    return isinstance(error, requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError)


def _reason(error: requests.RequestException) -> str:
    import requests

    if isinstance(error, requests.HTTPError):
        return f"the server answered HTTP {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.TooManyRedirects):
        return "it redirects in a circle"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return plain(str(error))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
