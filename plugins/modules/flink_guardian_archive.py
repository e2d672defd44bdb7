#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guardian as one file that needs nothing but Python."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_guardian_archive
short_description: "Build the guardian as one file (internal: called by the roles)"
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
  - module: streamops.flink.flink_service
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

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._guardian.archive import packed
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node

OPTIONS = {"directory": {"type": "path", "required": True}}


def body(module: AnsibleModule) -> dict[str, Any]:
    return packed(Path(module.params["directory"]), module.check_mode)


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    run_node(module, body)


if __name__ == "__main__":
    main()
