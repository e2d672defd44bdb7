# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guardian as one file that needs nothing but Python."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError
from .._base.files import write_file

PACKAGE = "streamops_flink"
START_AT = "_guardian.daemon"
START = f"from {PACKAGE}.{START_AT} import main\n\nraise SystemExit(main())\n"
LIBRARIES = (
    # ZooKeeper
    "kazoo",
    # JobManagers, and receivers of alerts
    "requests",
    "urllib3",
    "certifi",
    "idna",
    "charset_normalizer",
    # Certificates
    "asn1crypto",
    # Metrics
    "prometheus_client",
)
SUFFIXES = (".py", ".pem")
# Tests of libraries and their commands are of no use on a host.
LEFT_OUT = ("tests", "testing", "__pycache__", "emscripten", "cli")
# The oldest time that an archive can hold: what is in it does not depend on when it was made.
WHEN = (1980, 1, 1, 0, 0, 0)


def module_at(name: str) -> str | None:
    """The source of a module, which may be in the archive that Ansible runs a module from; None where it is none."""
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:  # the name of a definition in a module
        return None
    if found is None or found.submodule_search_locations is not None:
        return None
    loader = found.loader
    text = loader.get_source(name) if loader is not None and hasattr(loader, "get_source") else None
    if text is None:
        raise FlinkError(f"cannot build the guardian: the source of {name} cannot be read")
    # Ansible's own loader gives what it has read, others what it means.
    return text.decode() if isinstance(text, bytes) else str(text)


def imported(node: ast.AST, package: list[str]) -> Iterator[list[str]]:
    """What a part imports when it runs, as paths of names; the last names may be those of definitions.

    :arg package: the package of the part.
    """
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    if isinstance(node, ast.ImportFrom) and node.level:
        start = [*package[: len(package) - node.level + 1], *(node.module.split(".") if node.module else [])]
        yield from ([*start, alias.name] for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from imported(child, package)


def parts() -> dict[str, str]:
    """The guardian and all that it imports from this library, by their dotted names below it."""
    root = __name__.rsplit(".", 2)[0]
    found: dict[str, str] = {}
    waiting = [START_AT.split(".")]
    while waiting:
        path = waiting.pop()
        name = ".".join(path)
        if name in found:
            continue
        text = module_at(f"{root}.{name}")
        if text is None:
            waiting += [path[:-1]] if path[:-1] else []
            continue
        found[name] = text
        waiting += imported(ast.parse(text), path[:-1])
    return found


class LibraryMissing(FlinkError):
    """A library that the guardian needs is not there for the Python that builds it."""


def library_files(name: str) -> dict[str, bytes]:
    """The files of a library, by their names in the archive."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise LibraryMissing(
            f"cannot build the guardian: there is no Python library {name};"
            " install it for the Python that runs this module"
        )
    root = Path(found.origin).parent
    return {
        f"{name}/{path.relative_to(root).as_posix()}": path.read_bytes()
        for path in root.rglob("*")
        if path.suffix in SUFFIXES and not any(part in LEFT_OUT for part in path.relative_to(root).parts)
    }


def version_of(name: str) -> str:
    return str(importlib.import_module(f"{name}.version").__version__)


def build() -> tuple[str, bytes]:
    """The version of kazoo, and the archive."""
    files: dict[str, bytes] = {}
    for library in LIBRARIES:
        files |= library_files(library)
    for name, text in parts().items():
        path = Path(PACKAGE, *name.split("."))
        files[f"{path.as_posix()}.py"] = text.encode()
        files |= {f"{package.as_posix()}/__init__.py": b"" for package in path.parents if package.name}
    files["__main__.py"] = START.encode()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return version_of("kazoo"), content.getvalue()


def write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, content, 0o644)
    except OSError as error:
        raise FlinkError(f"cannot write the guardian to {path}: {error.strerror}") from error


def packed(directory: Path, check_mode: bool) -> dict[str, Any]:
    """Build it, and write it where it is not there yet: what the module returns."""
    version, content = build()
    digest = hashlib.sha256(content).hexdigest()
    path = directory / f"guardian-{digest[:12]}.pyz"
    try:
        changed = not path.is_file() or path.read_bytes() != content
    except OSError as error:
        raise FlinkError(f"cannot read {path}: {error.strerror}") from error
    if changed and not check_mode:
        write(path, content)
    return {
        "changed": changed,
        "path": str(path),
        "sha256": digest,
        "kazoo_version": version,
        "diff": {"before": "" if changed else f"{path}\n", "after": f"{path}\n"},
    }
