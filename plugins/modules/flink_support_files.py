#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host has about a cluster, without secrets."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_support_files
short_description: "Collect configurations and logs of a host in one archive (internal: called by the roles)"
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Writes the configurations and the ends of the logs below directories into an archive, which
    M(streamops.flink.flink_support) puts into the bundle of the whole cluster. It connects to nothing.
  - No secret is in the archive, and only its owner may read it. Values of settings that are named like secrets,
    O(secrets), and users and passwords in addresses are hidden, in logs too.
options:
  path:
    description:
      - The archive.
    type: path
    required: true
  directories:
    description:
      - Where to look. Those that do not exist are left out.
    type: list
    elements: path
    default: []
  tail:
    description:
      - The number of bytes at the end of each file that are taken.
    type: int
    default: 200000
  secrets:
    description:
      - Values that must not be in the archive, whatever they belong to.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - streamops.flink.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - Every run writes what it finds.
"""

EXAMPLES = r"""
- name: Collect what this host has
  streamops.flink.flink_support_files:
    directories: [/var/lib/streamops-flink/nodes/jm1]
    path: /var/lib/streamops-flink/support.tar.gz
"""

RETURN = r"""
path:
  description: The archive.
  type: str
  returned: success
  sample: /var/lib/streamops-flink/support.tar.gz
files:
  description: The names of the files in it.
  type: list
  elements: str
  returned: success
  sample: [/var/lib/streamops-flink/nodes/jm1/jobmanager/conf/config.yaml]
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node
from ansible_collections.streamops.flink.plugins.module_utils._operations import support as _support


def body(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    if params["tail"] < 1:
        raise FlinkError(f"tail is {params['tail']}: give the number of bytes of each file that are wanted")
    files = _support.files_of(params["directories"], params["tail"], params["secrets"])
    if not module.check_mode:
        _support.write(Path(params["path"]), files)
    return {"changed": True, "path": params["path"], "files": sorted(files)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "directories": {"type": "list", "elements": "path", "default": []},
            "tail": {"type": "int", "default": 200000},
            "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
        },
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
