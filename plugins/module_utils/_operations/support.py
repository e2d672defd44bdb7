# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody needs who is to help: everything in one archive, and no secret in it."""

from __future__ import annotations

import io
import json
import re
import tarfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError
from .._base.files import replacing
from .._base.secrets import MASK, is_secret, is_worth_hiding, mask_url, masked_assignments
from .._base.wait import parallel
from .._cluster.client import Cluster
from .._config.compose import masked

PATTERNS = ("*.yaml", "*.yml", "*.properties", "*.cfg", "*.log", "*.out", "*.err", "*.xml")
# What may follow an old log's name: .1, .2026-01-01.
_LOG = re.compile(r"\.(log|out|err)(\.[\w.-]+)?$")
_VALUE = re.compile(r"^\s*[\"']?(?P<key>[\w.$-]+)[\"']?\s*[:=]\s*[\"']?(?P<value>[^\"'\n]*?)[\"']?\s*$", re.MULTILINE)


def values_of(text: str) -> set[str]:
    """The values of the settings in a configuration that are named like secrets."""
    found = {match["value"].strip() for match in _VALUE.finditer(text) if is_secret(match["key"])}
    return {one for one in found if is_worth_hiding(one)}


def clean(text: str, secrets: Iterable[str]) -> str:
    """A text without secrets: by the names of settings, by what is known to be one, and those of addresses."""
    for value in sorted({one for one in secrets if is_worth_hiding(one)}, key=len, reverse=True):
        text = text.replace(value, MASK)
    lines = masked(text).split("\n")
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
    told = {name: clean(text, known) for name, text in found.items()}
    if problems:
        told["problems.txt"] = "\n".join(problems) + "\n"
    return told


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


# -- what the cluster says -------------------------------------------------------------------------------------------


def said(cluster: Cluster) -> dict[str, str]:
    """Jobs with their exceptions, configurations, thread dumps. Whatever cannot be asked is told in its place."""
    asked: dict[str, Callable[[], Any]] = {}
    for one in cluster.jobmanagers:
        endpoint = cluster.rest.at(one.url)
        asked[f"jobmanagers/{one.name}/config.json"] = partial(endpoint.get, "/jobmanager/config")
        asked[f"jobmanagers/{one.name}/threads.txt"] = partial(endpoint.get, "/jobmanager/thread-dump")
    asked["overview.json"] = partial(cluster.rest.get, "/overview")
    asked["jobs.json"] = partial(cluster.rest.get, "/jobs/overview")
    asked["taskmanagers.json"] = partial(cluster.rest.get, "/taskmanagers")
    answers = _asked(asked)
    more: dict[str, Callable[[], Any]] = {}
    for job in _list(answers["jobs.json"], "jobs"):
        for what in ("exceptions", "checkpoints", "config"):
            more[f"jobs/{job.get('jid')}/{what}.json"] = partial(cluster.rest.get, f"/jobs/{job.get('jid')}/{what}")
    for worker in _list(answers["taskmanagers.json"], "taskmanagers"):
        path = f"/taskmanagers/{worker.get('id')}/thread-dump"
        more[f"taskmanagers/{worker.get('id')}/threads.txt"] = partial(cluster.rest.get, path)
    answers |= _asked(more)
    return {name: _as_text(name, answer) for name, answer in answers.items()}


def _asked(calls: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    return dict(zip(calls, parallel(list(calls.values())), strict=True))


def _list(answer: Any, key: str) -> list[Mapping[str, Any]]:
    found = answer.get(key) if isinstance(answer, Mapping) else None
    return [one for one in found or () if isinstance(one, Mapping)]


def _as_text(name: str, answer: Any) -> str:
    if isinstance(answer, FlinkError):
        return f"{answer}\n"
    if name.endswith("threads.txt"):
        return "\n".join(str(one.get("stringifiedThreadInfo", "")) for one in _list(answer, "threadInfos"))
    if name.startswith("jobmanagers/") and isinstance(answer, list):
        answer = {str(one.get("key")): str(one.get("value")) for one in answer if isinstance(one, Mapping)}
    return json.dumps(hidden(answer), indent=2, sort_keys=True) + "\n"


def hidden(content: Any) -> Any:
    """JSON with the values of keys that are named like secrets hidden."""
    if isinstance(content, Mapping):
        return {
            key: MASK if isinstance(value, str) and is_secret(str(key)) else hidden(value)
            for key, value in content.items()
        }
    return [hidden(one) for one in content] if isinstance(content, list) else content
