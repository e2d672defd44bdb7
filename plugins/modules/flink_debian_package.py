#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find programs on this machine, or unpack the Debian package that has them."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: flink_debian_package
short_description: Find programs, or unpack them from a Debian package
version_added: "1.1.0"
description:
  - Looks for programs on the E(PATH). When one of them is missing, the Debian package that has them is downloaded with
    C(apt-get) and unpacked into O(cache_dir). Nothing is installed and no root is needed.
  - C(apt-get) verifies the package by the signature of its release. What was unpacked once is taken from then on.
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  name:
    description:
      - Name of the package.
    type: str
    required: true
  programs:
    description:
      - Names of the programs.
    type: list
    elements: str
    required: true
  cache_dir:
    description:
      - Directory for what is unpacked, below C(debian).
    type: path
    required: true
author:
  - streamops.flink contributors (@streamops)
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.node
"""

EXAMPLES = r"""
- name: Find or unpack Prometheus
  streamops.flink.flink_debian_package:
    name: prometheus
    programs: [prometheus, promtool]
    cache_dir: /var/cache/streamops-flink
  register: prometheus
"""

RETURN = r"""
programs:
  description: The path of each program.
  returned: success
  type: dict
  sample:
    prometheus: /usr/bin/prometheus
    promtool: /usr/bin/promtool
origin:
  description: V(installed) on the E(PATH), or V(unpacked) in O(cache_dir); in check mode, where it would be.
  returned: success
  type: str
  sample: installed
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._install.debian import provide
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node


def body(module: AnsibleModule) -> dict[str, Any]:
    """What was found, or has been unpacked."""
    params = module.params
    found = provide(
        params["name"],
        params["programs"],
        Path(params["cache_dir"]),
        lambda command, directory: module.run_command(list(command), cwd=str(directory)),
        check=module.check_mode,
    )
    return {"changed": found.changed, "programs": found.programs, "origin": found.origin}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "programs": {"type": "list", "elements": "str", "required": True},
            "cache_dir": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
