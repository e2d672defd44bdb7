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
  - Writes the guardian, the part of this collection's library that it needs, and kazoo into one archive that Python
    3.9 or newer runs as it is. JobManager hosts need nothing else for it.
  - The same sources give the same archive, byte for byte.
  - It runs on the controller, where kazoo is; the role P(streamops.flink.guardian#role) delivers the file.
requirements:
  - kazoo >= 2.10 for the Python that runs the module
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

import hashlib
import io
import os
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils import (
    _errors,
    _fence,
    _guardian,
    _leader,
    _processes,
    _wait,
    _zookeeper,
)
from ansible_collections.streamops.flink.plugins.module_utils._errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node

PARTS: tuple[ModuleType, ...] = (_errors, _fence, _guardian, _leader, _processes, _wait, _zookeeper)
PACKAGE = "streamops_flink"
START = f"from {PACKAGE}._guardian import main\n\nraise SystemExit(main())\n"
# Kazoo's own tests are of no use on a host.
LEFT_OUT = ("tests", "testing", "__pycache__")
# The oldest time that an archive can hold: what is in it does not depend on when it was made.
WHEN = (1980, 1, 1, 0, 0, 0)


def source(part: ModuleType) -> str:
    """The source of a part of the library, which may lie in the archive that Ansible runs a module from."""
    loader = part.__loader__
    text = loader.get_source(part.__name__) if loader is not None and hasattr(loader, "get_source") else None
    if text is None:
        raise FlinkError(f"cannot build the guardian: the source of {part.__name__} cannot be read")
    return str(text)


def kazoo_files() -> tuple[str, dict[str, bytes]]:
    """The version of kazoo and its files, by their names in the archive."""
    try:
        import kazoo
        from kazoo.version import __version__
    except ImportError as error:
        raise FlinkError(
            f"cannot build the guardian: the Python library kazoo cannot be imported ({error});"
            " install it for the Python that runs this module"
        ) from error
    root = Path(str(kazoo.__file__)).parent
    files = {
        f"kazoo/{path.relative_to(root).as_posix()}": path.read_bytes()
        for path in root.rglob("*.py")
        if not any(name in LEFT_OUT for name in path.relative_to(root).parts)
    }
    return str(__version__), files


def build() -> tuple[str, bytes]:
    """The version of kazoo, and the archive."""
    version, files = kazoo_files()
    files |= {f"{PACKAGE}/{part.__name__.rpartition('.')[2]}.py": source(part).encode() for part in PARTS}
    files |= {f"{PACKAGE}/__init__.py": b"", "__main__.py": START.encode()}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return version, content.getvalue()


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
