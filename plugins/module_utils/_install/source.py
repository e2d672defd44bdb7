# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a file comes from: a path, a URL, a Maven coordinate, a package of PyPI; and its checksum."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from .._base.errors import FlinkError

_HEX_LENGTH = {"sha256": 64, "sha512": 128}


_MAVEN = re.compile(r"(?P<g>[\w.-]+):(?P<a>[\w.-]+):(?P<v>[\w.+-]+)(?::(?P<c>[\w.+-]+))?(?:@(?P<e>\w[\w.]*))?")


_PYPI = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[A-Za-z0-9][A-Za-z0-9.!+_-]*)")


_KINDS = (
    "a file, an http(s) or file URL, a Maven coordinate (group:artifact:version[:classifier][@extension]) "
    "or a PyPI requirement (name==version)"
)


@dataclass(frozen=True)
class Checksum:
    algorithm: str
    digest: str

    @classmethod
    def parse(cls, text: str) -> Checksum:
        algorithm, separator, digest = text.strip().partition(":")
        digest = digest.strip().lower()
        length = _HEX_LENGTH.get(algorithm.lower())
        if not separator or length is None or not re.fullmatch(rf"[0-9a-f]{{{length}}}", digest):
            raise FlinkError(
                f"cannot use the checksum {text!r}: it must be sha256: with 64 or sha512: with 128 hexadecimal digits"
            )
        return cls(algorithm.lower(), digest)

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.digest}"


@dataclass(frozen=True)
class LocalFile:
    path: str

    def __str__(self) -> str:
        return self.path

    @property
    def file_name(self) -> str:
        return PurePosixPath(self.path).name


@dataclass(frozen=True)
class Url:
    url: str

    def __str__(self) -> str:
        return self.url

    @property
    def file_name(self) -> str:
        return unquote(PurePosixPath(urlsplit(self.url).path).name) or "download"


@dataclass(frozen=True)
class Maven:
    group: str
    artifact: str
    version: str
    classifier: str = ""
    extension: str = "jar"

    def __str__(self) -> str:
        classifier = f":{self.classifier}" if self.classifier else ""
        extension = "" if self.extension == "jar" else f"@{self.extension}"
        return f"{self.group}:{self.artifact}:{self.version}{classifier}{extension}"

    @property
    def file_name(self) -> str:
        classifier = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{classifier}.{self.extension}"

    @property
    def path(self) -> str:
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.file_name}"


@dataclass(frozen=True)
class PyPI:
    """A file of a release. form is sdist, wheel, or empty for whatever pip takes on this machine.

    platform and python choose among wheels, whatever Python and machine run here.
    """

    name: str
    version: str
    form: str = ""
    platform: str = ""
    python: str = ""

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


Source: TypeAlias = "LocalFile | Url | Maven | PyPI"


def parse_source(text: str) -> Source:
    """Distinguish the four kinds of source by their shape."""
    text = text.strip()
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", text)
    if scheme is not None:
        return _parse_url(text, scheme.group(1).lower())
    if match := _PYPI.fullmatch(text):
        return PyPI(match["name"], match["version"])
    if match := _MAVEN.fullmatch(text):
        return Maven(match["g"], match["a"], match["v"], match["c"] or "", match["e"] or "jar")
    if not text or (":" in text and "/" not in text):
        raise FlinkError(f"cannot use the source {text!r}: it must be {_KINDS}")
    return LocalFile(str(Path(text).expanduser()))


def _parse_url(text: str, scheme: str) -> Source:
    try:
        path = urlsplit(text).path
    except ValueError as error:
        raise FlinkError(f"cannot use the address {text}: {error}; check it") from error
    if scheme == "file":
        return LocalFile(unquote(path))
    if scheme in {"http", "https"}:
        return Url(text)
    raise FlinkError(f"cannot download {text}: {scheme} is not supported; use {_KINDS}")


def require_jar(path: Path, what: str) -> None:
    """A jar is a zip file; an error page or a truncated file is none."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as stream:
            start = stream.read(24)
        raise FlinkError(
            f"{what} is not a valid jar: {path} is not a zip file (it has {path.stat().st_size} bytes and starts with "
            f"{start!r}); check where it comes from"
        )
