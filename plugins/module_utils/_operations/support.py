# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The support bundle: what helps to find a fault in one archive, without secrets."""

from __future__ import annotations

import io
import json
import re
import tarfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from .._base.errors import FlinkError
from .._base.files import replacing
from .._base.secrets import hide, is_secret, is_worth_hiding, mask_url, masked_assignments, masked_file

PATTERNS = ("*.yaml", "*.yml", "*.properties", "*.cfg", "*.log", "*.out", "*.err", "*.xml")
# What may follow an old log's name: .1, .2026-01-01.
_LOG = re.compile(r"\.(log|out|err)(\.[\w.-]+)?$")
_VALUE = re.compile(r"^\s*[\"']?(?P<key>[\w.$-]+)[\"']?\s*[:=]\s*(?P<value>[^\n]*?)[;,]?\s*$", re.MULTILINE)


def values_of(text: str) -> set[str]:
    """The values of the settings in a configuration that are named like secrets."""
    found = {_unquoted(match["value"].strip()) for match in _VALUE.finditer(text) if is_secret(match["key"])}
    return {one for one in found if is_worth_hiding(one)}


def _unquoted(written: str) -> str:
    """A value of YAML or properties without its quotation marks."""
    if len(written) < 2 or written[0] != written[-1] or written[0] not in "\"'":
        return written.strip("\"'")
    if written[0] == "'":
        return written[1:-1].replace("''", "'")
    try:
        return str(json.loads(written))
    except ValueError:
        return written[1:-1]


def clean(text: str, secrets: Iterable[str]) -> str:
    """A text without secrets: by the names of settings, by what is known to be one, and those of addresses."""
    lines = masked_file(hide(text, secrets)).split("\n")
    return "\n".join(masked_assignments(mask_url(line)) for line in lines)


def tail(path: Path, limit: int) -> str:
    """The end of a file, beginning with a whole line."""
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - limit))
        text = file.read(limit).decode("utf-8", "replace")
    if size <= limit:
        return text
    return f"[the first {size - limit} bytes are left out]\n" + text.partition("\n")[2]


def files_of(directories: Sequence[str], limit: int, secrets: Iterable[str]) -> dict[str, str]:
    """The configurations and the ends of the logs below directories, without secrets, by their paths."""
    found: dict[str, str] = {}
    problems: list[str] = []
    for directory in directories:
        for path in sorted(Path(directory).rglob("*")):
            if not (any(path.match(one) for one in PATTERNS) or _LOG.search(path.name)):
                continue
            try:
                if path.is_file():
                    found[str(path)] = tail(path, limit)
            except OSError as error:
                problems.append(f"{path} cannot be read: {error.strerror or error}")
    known = set(secrets)
    for name, text in found.items():
        if not _LOG.search(name):
            known |= values_of(text)
    cleaned = {name: clean(text, known) for name, text in found.items()}
    if problems:
        cleaned["problems.txt"] = "\n".join(problems) + "\n"
    return cleaned


def write(path: Path, files: Mapping[str, str]) -> None:
    """One archive, which only its owner may read."""
    moment = int(time.time())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as stream, tarfile.open(fileobj=stream, mode="w:gz") as archive:
            for name in sorted(files):
                content = files[name].encode()
                entry = tarfile.TarInfo(name.lstrip("/"))
                entry.size, entry.mtime, entry.mode = len(content), moment, 0o600
                archive.addfile(entry, io.BytesIO(content))
    except OSError as error:
        raise FlinkError(f"the bundle cannot be written to {path}: {error.strerror or error}") from error


def read(path: Path) -> dict[str, str]:
    """The files of an archive that write() has made."""
    try:
        with tarfile.open(path) as archive:
            members = [one for one in archive.getmembers() if one.isfile()]
            return {one.name: _text(archive, one) for one in members}
    except (OSError, tarfile.TarError) as error:
        raise FlinkError(f"{path} cannot be read, so that it is not in the bundle: {error}") from error


def _text(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    content = archive.extractfile(member)
    return content.read().decode("utf-8", "replace") if content is not None else ""
