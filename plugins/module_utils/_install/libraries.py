# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jars that a cluster adds to Flink: flink_libraries and flink_plugins, what is wrong with them, where they go.

They never change a distribution. Each set of them has a directory of its own next to it, named by what is in it, so
that a running daemon keeps its jars until it is restarted on the next set.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._base.errors import FlinkError
from .._base.options import hint
from .source import Checksum, LocalFile, Maven, PyPI, Source, parse_source

_PLUGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# The version begins at the first digit behind a hyphen, as Maven writes names of files.
_VERSIONED = re.compile(r"(?P<name>.+?)-(?P<version>\d[\w.+-]*)\.jar")
_SHAPE = "write it as {artifact: …, checksum: sha256:…}"


def artefact_of(source: Source) -> tuple[str, str]:
    """Name and version of a jar; the version is empty where its name does not contain it."""
    if isinstance(source, Maven):
        return source.artifact + (f":{source.classifier}" if source.classifier else ""), source.version
    if isinstance(source, PyPI):
        return source.name, source.version
    match = _VERSIONED.fullmatch(source.file_name)
    return (match["name"], match["version"]) if match else (source.file_name, "")


def declared(libraries: Sequence[Any], plugins: Mapping[str, Any]) -> list[dict[str, str]]:
    """All jars with the directories they belong to, as the module flink_distribution takes them."""
    found = [(entry, "lib") for entry in libraries]
    found += [(entry, f"plugins/{name}") for name in sorted(plugins) for entry in plugins[name]]
    problems = list(library_problems(libraries, plugins))
    if problems:
        raise FlinkError(f"cannot use the jars of this cluster: {problems[0]}", problems=problems)
    return [
        {"artifact": str(entry["artifact"]), "checksum": str(entry["checksum"]), "directory": directory}
        for entry, directory in found
    ]


def overlay_name(jars: Sequence[Mapping[str, str]], version: str) -> str:
    """The directory of one set of jars; empty when there are none."""
    if not jars:
        return ""
    # The order says nothing; where a file comes from does not change what it is.
    content = sorted([jar["directory"], _file_name(jar["artifact"]), str(jar["checksum"])] for jar in jars)
    return f"flink-{version}-{hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]}"


def _file_name(artifact: str) -> str:
    source = parse_source(artifact)
    return str(source) if isinstance(source, PyPI) else source.file_name


def library_problems(libraries: Any, plugins: Any) -> Iterator[str]:
    """What is wrong with the two variables, one sentence each."""
    if not isinstance(libraries, Sequence) or isinstance(libraries, str):
        yield f"flink_libraries is {libraries!r}, but it must be a list of jars: {_SHAPE}"
        libraries = []
    if not isinstance(plugins, Mapping):
        yield f"flink_plugins is {plugins!r}, but it must hold a list of jars for the name of each plugin"
        plugins = {}
    yield from _list_problems("flink_libraries", libraries)
    for name in sorted(plugins, key=str):
        where = f"flink_plugins, {name}"
        if not _PLUGIN.fullmatch(str(name)):
            yield f"{where}: the name of a plugin becomes a directory: use letters, digits, dots and hyphens"
        elif not isinstance(plugins[name], Sequence) or isinstance(plugins[name], str) or not plugins[name]:
            yield f"{where}: a plugin is a list of jars: {_SHAPE}"
        else:
            yield from _list_problems(where, plugins[name])


def _list_problems(where: str, entries: Sequence[Any]) -> Iterator[str]:
    seen: dict[str, tuple[str, str]] = {}
    for entry in entries:
        problem = _entry_problem(entry)
        if problem:
            yield f"{where}: {problem}"
            continue
        artifact = str(entry["artifact"])
        name, version = artefact_of(parse_source(artifact))
        if name in seen:
            other, other_version = seen[name]
            if version == other_version:
                yield f"{where}: {name} is given twice, as {other} and {artifact}: leave one of them away"
            else:
                yield (
                    f"{where}: {name} is given in two versions, {other_version or other} and {version or artifact}, "
                    "and which of them Java would load is chance: leave one of them away"
                )
        seen.setdefault(name, (artifact, version))


def _entry_problem(entry: Any) -> str:
    if not isinstance(entry, Mapping) or not str(entry.get("artifact") or "").strip():
        return f"{entry!r} is not a valid jar: {_SHAPE}"
    artifact = str(entry["artifact"])
    if unknown := sorted(set(entry) - {"artifact", "checksum"}, key=str):
        return f"{artifact} has the unknown key {unknown[0]}: {hint(unknown[0], ('artifact', 'checksum'))}, {_SHAPE}"
    if not entry.get("checksum"):
        return f"{artifact} has no checksum: add checksum: sha256:… or sha512:… of the file"
    try:
        Checksum.parse(str(entry["checksum"]))
        source = parse_source(artifact)
    except FlinkError as error:
        return f"{artifact}: {error.message}"
    if isinstance(source, LocalFile) and not source.path.startswith("/"):
        return f"{artifact} is a relative path: write the whole path of the file on the controller"
    if not isinstance(source, PyPI) and not source.file_name.endswith(".jar"):
        return f"{artifact} is not a jar, its name ends in something else: give the .jar itself"
    return ""
