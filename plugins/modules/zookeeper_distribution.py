#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lay out ZooKeeper on this machine."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: zookeeper_distribution
short_description: Lay out a ZooKeeper distribution
version_added: "1.0.0"
description:
  - Puts one version of ZooKeeper into a directory, from the artefacts of a Maven repository or from an Apache archive.
    Every file is verified against a checksum.
  - All jars lie in C(lib/). A server is started with C(java -cp "<conf>:<dest>/lib/*"
    org.apache.zookeeper.server.quorum.QuorumPeerMain zoo.cfg). The scripts in C(bin/) come with an archive only.
  - A file C(.streamops-manifest.json) in O(dest) records what was put there, as with
    M(streamops.flink.flink_distribution).
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  dest:
    description:
      - Directory of the distribution. Its parents are created.
      - A directory that holds anything else is refused.
    type: path
    required: true
  source:
    description:
      - V(maven) takes the artefacts of the server and what it needs at run time, with the checksums that this
        collection knows.
      - V(archive) takes O(archive), or the archive of O(mirror).
    type: str
    choices: [maven, archive]
    default: maven
  artifacts:
    description:
      - Other artefacts for O(source=maven), for a version that this collection does not know.
    type: list
    elements: dict
    default: []
    suboptions:
      artifact:
        description: A Maven coordinate, URL or path of a jar.
        type: str
        required: true
      checksum:
        description: Its checksum, C(sha256:) or C(sha512:) and the hexadecimal digits.
        type: str
        required: true
  bundle:
    description:
      - With O(download_only=true), also writes all files as one tar below O(cache_dir). Unpacked in C(downloads) of
        another machine's cache, it spares that machine a transfer for every jar.
    type: bool
    default: false
author:
  - streamops.flink contributors (@streamops)
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.node
  - streamops.flink.installation
seealso:
  - module: streamops.flink.flink_distribution
"""

EXAMPLES = r"""
- name: Lay out ZooKeeper
  streamops.flink.zookeeper_distribution:
    version: 3.9.6
    dest: /opt/flink/zookeeper-3.9.6
    cache_dir: /var/cache/streamops-flink

- name: Lay out ZooKeeper from an archive that one of its release managers has signed
  streamops.flink.zookeeper_distribution:
    version: 3.9.6
    source: archive
    mirror: https://mirror.example.org/apache
    archive_checksum: "sha512:{{ lookup('ansible.builtin.file', '/srv/mirror/zookeeper.sha512') | split | first }}"
    archive_keyring: /etc/streamops/zookeeper-KEYS
    dest: /opt/flink/zookeeper-3.9.6
    cache_dir: /var/cache/streamops-flink
"""

RETURN = r"""
zookeeper_home:
  description: The directory of the distribution.
  returned: success
  type: str
  sample: /opt/flink/zookeeper-3.9.6
version:
  description: The version of ZooKeeper.
  returned: success
  type: str
  sample: 3.9.6
digest:
  description: Names the content.
  returned: success
  type: str
  sample: 6b0f7c52c1f7d9e4
reasons:
  description: Why the directory was changed, or would be; empty when it was as it should be.
  returned: unless O(download_only=true)
  type: list
  elements: str
  sample: [it is not there]
repaired:
  description: The files that were missing or changed.
  returned: unless O(download_only=true)
  type: list
  elements: str
  sample: []
foreign:
  description: Files that somebody else put there. They stay; those in lib/ cause a warning.
  returned: unless O(download_only=true)
  type: list
  elements: str
  sample: []
pruned:
  description: The old versions that were removed, or would be.
  returned: unless O(download_only=true)
  type: list
  elements: str
  sample: []
pending:
  description: Whether anything would be changed, for whoever overrides C(changed).
  returned: in check mode, when O(dest) is given
  type: bool
  sample: true
missing:
  description: Places below C(downloads) of O(cache_dir) whose files would have to be fetched.
  returned: in check mode
  type: list
  elements: str
  sample: [sha256-e6aee62ea1a1fe7b32e28894ad079f3f1a50a372a]
downloads:
  description: The files that the distribution is made of, in the cache.
  returned: when O(download_only=true)
  type: list
  elements: dict
  contains:
    path:
      description: The file.
      type: str
      sample: /var/cache/streamops-flink/downloads/sha256-0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f60718293/zookeeper.jar
    slot:
      description: Its place below C(downloads) of any cache.
      type: str
      sample: sha256-0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f60718293
    name:
      description: Its name there.
      type: str
      sample: zookeeper.jar
bundle:
  description: The tar of all files, below O(cache_dir).
  returned: when O(bundle=true) and O(download_only=true), not in check mode
  type: str
  sample: /var/cache/streamops-flink/bundles/zookeeper-3.9.6-6b0f7c52c1f7d9e4.tar
method:
  description: How the files came to their place.
  returned: when files were placed
  type: str
  sample: hardlink
file_count:
  description: Number of files in the distribution.
  returned: when files were placed
  type: int
  sample: 33
size:
  description: Their size in bytes.
  returned: when files were placed
  type: int
  sample: 19152711
"""

import os
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.files import file_error
from ansible_collections.streamops.flink.plugins.module_utils._install import install
from ansible_collections.streamops.flink.plugins.module_utils._install import recipe as _recipe
from ansible_collections.streamops.flink.plugins.module_utils._install.fetch import Fetcher
from ansible_collections.streamops.flink.plugins.module_utils._install.source import parse_source
from ansible_collections.streamops.flink.plugins.module_utils._install.versions import Pin, zookeeper_pins
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node

ARGUMENTS: dict[str, Any] = {
    **install.arguments(),
    "dest": {"type": "path", "required": True},
    "source": {"type": "str", "choices": ["maven", "archive"], "default": "maven"},
    "artifacts": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "artifact": {"type": "str", "required": True},
            "checksum": {"type": "str", "required": True},
        },
    },
    "bundle": {"type": "bool", "default": False},
}


def recipe(params: dict[str, Any]) -> _recipe.Recipe:
    """What ZooKeeper is made of."""
    if params["source"] == "archive":
        return _recipe.archive_recipe(params["version"], install.origin(params), "zookeeper")
    given = tuple(Pin(parse_source(entry["artifact"]), entry["checksum"]) for entry in params["artifacts"])
    return _recipe.zookeeper_recipe(params["version"], given or zookeeper_pins(params["version"]))


def download(wanted: install.Installation, fetcher: Fetcher, params: dict[str, Any]) -> dict[str, Any]:
    """What is needed to install it elsewhere."""
    files = install.download(wanted, fetcher)
    result: dict[str, Any] = {"downloads": files}
    if params["bundle"]:
        result["bundle"] = str(install.bundle(files, fetcher.cache_dir, f"zookeeper-{wanted.recipe.version}"))
    return result


def body(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    # Every user of the host may read it, whoever lays it out.
    os.umask(0o022)
    what = recipe(params)
    dest = Path(params["dest"])
    fetcher = Fetcher(Path(params["cache_dir"]), params["maven_repository"], run=module.run_command, log=module.debug)
    link = Path(params["link"]) if params["link"] else None
    wanted = install.Installation(what, dest, link=link, keep=params["keep"], verify=params["verify"])
    result = {"changed": False, "version": what.version, "digest": what.digest, "zookeeper_home": str(dest)}
    if params["download_only"]:
        return {**result, **({"downloads": []} if module.check_mode else download(wanted, fetcher, params))}
    try:
        done = install.bring(wanted, fetcher, check=module.check_mode, log=module.debug)
    except OSError as error:
        raise file_error("lay out ZooKeeper at", dest, error) from error
    finally:
        if not params["cache_kept"] and not module.check_mode:
            install.forget_cache(fetcher)
    active = [path for path in done["foreign"] if path.startswith("lib/")]
    if active:
        module.warn(f"{dest} holds jars that this collection did not put there; it loads them: {', '.join(active)}")
    # There are no further jars, hence no directory for them.
    del done["overlay"]
    return {**result, **done}


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_if=[("source", "archive", ("archive", "mirror"), True), ("source", "archive", ("archive_checksum",))],
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
