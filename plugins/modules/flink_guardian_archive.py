#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guardian as one file that needs nothing but Python."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_guardian_archive
short_description: Build the guardian as one file
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Writes the guardian, the part of this collection's library that it needs, kazoo and requests into one archive that
    Python runs as it is, 3.9 or newer to fence, 3.10 or newer to watch over jobs. JobManager hosts need nothing else
    for it.
  - The same sources give the same archive, byte for byte.
  - It runs on the controller, where kazoo is; the role P(streamops.flink.guardian#role) delivers the file.
requirements:
  - kazoo >= 2.10 and requests >= 2.31 for the Python that runs the module
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  directory:
    description: Directory of the archive, made when it is missing.
    type: path
    required: true
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.node
seealso:
  - module: streamops.flink.flink_process
"""

EXAMPLES = r"""
- name: Build the guardian
  streamops.flink.flink_guardian_archive:
    directory: /var/cache/streamops-flink/guardian
  delegate_to: localhost
  register: archive

- name: Bring it to the JobManagers
  ansible.builtin.copy:
    src: "{{ archive.path }}"
    dest: /opt/flink/guardian.pyz
    mode: "0644"
"""

RETURN = r"""
path:
  description: The archive. Its name holds the beginning of its checksum.
  type: str
  returned: always
  sample: /var/cache/streamops-flink/guardian/guardian-3f1c9d02a4be.pyz
sha256:
  description: Checksum of the archive, hexadecimal.
  type: str
  returned: always
  sample: 3f1c9d02a4be87610e3ab0f2c3a5d3b1c2f40be1b1dbb0de2d4f1c57d6a6f0aa
kazoo_version:
  description: The version of kazoo in it.
  type: str
  returned: always
  sample: 2.10.0
"""

import ast
import hashlib
import importlib
import importlib.util
import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils import _guardian
from ansible_collections.streamops.flink.plugins.module_utils._errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node

PACKAGE = "streamops_flink"
START = f"from {PACKAGE}._guardian import main\n\nraise SystemExit(main())\n"
# What speaks to ZooKeeper, and what speaks to JobManagers and receivers of alerts; all of it is Python.
LIBRARIES = ("kazoo", "requests", "urllib3", "certifi", "idna", "charset_normalizer")
SUFFIXES = (".py", ".pem")
# Tests of libraries and their commands are of no use on a host.
LEFT_OUT = ("tests", "testing", "__pycache__", "emscripten", "cli")
# The oldest time that an archive can hold: what is in it does not depend on when it was made.
WHEN = (1980, 1, 1, 0, 0, 0)


def source(name: str) -> str:
    """The source of a part of the library, which may lie in the archive that Ansible runs a module from."""
    found = importlib.util.find_spec(name)
    loader = found.loader if found is not None else None
    text = loader.get_source(name) if loader is not None and hasattr(loader, "get_source") else None
    if text is None:
        raise FlinkError(f"cannot build the guardian: the source of {name} cannot be read")
    return str(text)


def imported(node: ast.AST) -> Iterator[str]:
    """The parts of the library that a part needs when it runs."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    if isinstance(node, ast.ImportFrom) and node.level == 1:
        yield from [node.module] if node.module else [alias.name for alias in node.names]
    for child in ast.iter_child_nodes(node):
        yield from imported(child)


def parts() -> dict[str, str]:
    """The guardian and all that it imports from this library, by name."""
    package, _dot, first = _guardian.__name__.rpartition(".")
    found: dict[str, str] = {}
    waiting = [first]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = source(f"{package}.{name}")
            waiting += imported(ast.parse(found[name]))
    return found


def library_files(name: str) -> dict[str, bytes]:
    """The files of a library, by their names in the archive."""
    try:
        library = importlib.import_module(name)
    except ImportError as error:
        raise FlinkError(
            f"cannot build the guardian: the Python library {name} cannot be imported ({error});"
            " install it for the Python that runs this module"
        ) from error
    root = Path(str(library.__file__)).parent
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
    files |= {f"{PACKAGE}/{name}.py": text.encode() for name, text in parts().items()}
    files |= {f"{PACKAGE}/__init__.py": b"", "__main__.py": START.encode()}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return version_of("kazoo"), content.getvalue()


def write(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.chmod(0o644)
        beside.replace(path)
    except OSError as error:
        raise FlinkError(f"cannot write the guardian to {path}: {error.strerror}") from error


def body(module: AnsibleModule) -> dict[str, Any]:
    version, content = build()
    digest = hashlib.sha256(content).hexdigest()
    path = Path(module.params["directory"]) / f"guardian-{digest[:12]}.pyz"
    try:
        changed = not path.is_file() or path.read_bytes() != content
    except OSError as error:
        raise FlinkError(f"cannot read {path}: {error.strerror}") from error
    if changed and not module.check_mode:
        write(path, content)
    return {
        "changed": changed,
        "path": str(path),
        "sha256": digest,
        "kazoo_version": version,
        "diff": {"before": "" if changed else f"{path}\n", "after": f"{path}\n"},
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={"directory": {"type": "path", "required": True}},
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
