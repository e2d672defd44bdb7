#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lay out a distribution of Flink or ZooKeeper on this machine."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: flink_distribution
short_description: "Lay out a distribution of Flink or ZooKeeper (internal: called by the roles)"
version_added: "1.0.0"
description:
  - Puts one version of Flink or ZooKeeper into a directory. Every file is verified against a checksum.
  - The files of Flink come from PyPI (C(apache-flink-libraries) and C(apache-flink)) and the SQL gateway from a Maven
    repository, or everything comes from an Apache archive. The layout is exactly that of the Apache archive.
  - The files of ZooKeeper come from a Maven repository or from an Apache archive. All jars are in C(lib/). A server is
    started with C(java -cp "<conf>:<dest>/lib/*" org.apache.zookeeper.server.quorum.QuorumPeerMain zoo.cfg). The
    scripts in C(bin/) come with an archive only.
  - The distribution is assembled once in O(cache_dir) and laid out from there by hard links, or by copies where the
    cache is on another file system. It is read-only; daemons keep their configuration and logs elsewhere.
  - A file C(.streamops-manifest.json) in O(dest) records what was put there. With it a second run is decided in
    milliseconds, and missing or changed files are found and replaced.
  - A new directory is made next to its place and moved there whole. An interrupted run leaves nothing that the next one
    does not clean up.
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  product:
    description:
      - What is laid out. An option that only the other product uses is refused.
    type: str
    choices: [flink, zookeeper]
    default: flink
  version:
    description:
      - The version to lay out.
    type: str
    required: true
  dest:
    description:
      - Directory of the distribution. Its parents are created.
      - A directory that holds anything else is refused.
    type: path
  cache_dir:
    description:
      - Directory for downloads and assembled distributions. Processes that share it take turns.
      - A file that is there already, in the place that RV(downloads) names, is not fetched, whatever its source is.
    type: path
    required: true
  cache_kept:
    description:
      - Whether downloads and assembled distributions stay in O(cache_dir) when the work is done. Set it to V(false)
        where files were only brought for one installation.
    type: bool
    default: true
  source:
    description:
      - Where the files come from.
      - V(pypi), for O(product=flink), takes the packages of the Python package index, with the settings of pip on this
        machine. It is the default there.
      - V(maven), for O(product=zookeeper), takes the artefacts of the server and what it needs at run time, with the
        checksums that this collection includes. It is the default there.
      - V(archive) takes O(archive), or the archive of O(mirror).
    type: str
    choices: [pypi, maven, archive]
  archive:
    description:
      - Path or URL of the Apache archive.
    type: str
  archive_checksum:
    description:
      - Checksum of the archive, C(sha512:) and the 128 hexadecimal digits. There is no archive without it.
    type: str
  archive_signature:
    description:
      - Path or URL of the detached signature. The default is that of the archive with C(.asc) behind it.
      - Needs O(archive_keyring).
    type: str
  archive_keyring:
    description:
      - A file with the public keys whose signatures count, as C(gpg --export) writes it or as C(KEYS) of an Apache
        project. When it is given, an archive that none of them has signed is refused.
      - No other key and no key server is asked. A key that has expired since then counts, one that was revoked does
        not.
    type: path
  mirror:
    description:
      - URL or directory of a mirror of Apache's releases, where the archive is under its usual path. O(archive) goes
        before it.
    type: str
  maven_repository:
    description:
      - URL or directory of the Maven repository. The default is that of the Python library C(maven-artifact).
    type: str
  checksums:
    description:
      - Checksums of the packages of O(product=flink) by name (V(apache-flink-libraries), V(apache-flink),
        V(flink-sql-gateway)), each C(sha256:) and the hexadecimal digits.
      - Needed for versions that this collection does not include. They count before the known ones.
    type: dict
    default: {}
  sql_gateway:
    description:
      - Whether the jar of Flink's SQL gateway, which PyPI does not have, is added to C(opt/).
      - An archive holds it already.
    type: bool
    default: true
  sql_gateway_artifact:
    description:
      - Another source for that jar, a Maven coordinate, URL or path. Its checksum must be in O(checksums).
    type: str
  libraries:
    description:
      - Further jars for O(product=flink), for example connectors. Without O(overlay_dir) they are put into O(dest).
    type: list
    elements: dict
    default: []
    suboptions:
      artifact:
        description:
          - A path, URL, Maven coordinate (C(group:artifact:version[:classifier][@extension])) or PyPI requirement
            (C(name==version)).
        type: str
        required: true
      checksum:
        description:
          - Checksum of the file, C(sha256:) or C(sha512:) and the hexadecimal digits.
          - Without it, a URL is asked in every run whether its file has changed. With O(overlay_dir) it is required.
        type: str
      directory:
        description:
          - V(lib), V(opt) or C(plugins/<name>).
        type: str
        default: lib
  overlay_dir:
    description:
      - Leaves O(dest) as it is and puts O(libraries) into a directory of their own below this one. It holds C(lib/) and
        C(plugins/) of the distribution, by hard links, and the further jars among them.
      - Its name follows from the version and the jars, so that another set of jars is another directory, and a running
        daemon keeps its own until it is restarted with E(FLINK_LIB_DIR) and E(FLINK_PLUGINS_DIR) of the next one.
      - O(keep) holds for these directories too.
    type: path
  artifacts:
    description:
      - For O(product=zookeeper), other artefacts for O(source=maven), for a version that this collection does not
        include.
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
  link:
    description:
      - A symbolic link to be set to O(dest) when everything is in place. Daemons do not use it, because they are to be
        restarted on a new version one after another; people and scripts do.
    type: path
  keep:
    description:
      - The number of other versions of the same product next to O(dest) that stay for a roll-back. The one that was
        chosen longest ago goes first.
      - A version that a running process was started from stays in any case, and so does every directory that this
        collection did not make. Without this option nothing is removed.
    type: int
  verify:
    description:
      - Reads every file and compares its checksum, instead of its size, time and mode.
    type: bool
    default: false
  download_only:
    description:
      - Only brings all files into O(cache_dir), verifies them, the signature included, and returns them in
        RV(downloads).
    type: bool
    default: false
  bundle:
    description:
      - With O(download_only=true), also writes all files as one tar below O(cache_dir). Unpacked in C(downloads) of
        another machine's cache, it spares that machine a transfer for every jar.
    type: bool
    default: false
  archive_to:
    description:
      - Writes the distribution of Flink with its libraries as a C(.tar.gz) in the layout of the Apache archive to this
        path, and its sha512 next to it.
    type: path
requirements:
  - pip, when O(source=pypi)
  - requests, for downloads other than pip's
  - maven-artifact, for Maven coordinates without O(maven_repository)
  - gpgv or gpg, with O(archive_keyring)
  - none of them, when O(cache_dir) holds the files already
author:
  - streamops.flink contributors (@streamops)
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.node
seealso:
  - module: streamops.flink.flink_java
"""

EXAMPLES = r"""
- name: Lay out Flink
  streamops.flink.flink_distribution:
    version: 1.20.5
    dest: /opt/flink/flink-1.20.5
    cache_dir: /var/cache/streamops-flink

- name: Lay out Flink, set the link and keep two older versions
  streamops.flink.flink_distribution:
    version: 1.20.5
    dest: /opt/flink/flink-1.20.5
    cache_dir: /var/cache/streamops-flink
    link: /opt/flink/current
    keep: 2

- name: Lay out Flink with a connector in a directory of its own
  streamops.flink.flink_distribution:
    version: 1.20.5
    dest: /opt/flink/flink-1.20.5
    cache_dir: /var/cache/streamops-flink
    overlay_dir: /opt/flink/overlays
    libraries:
      - artifact: org.apache.flink:flink-sql-connector-kafka:3.3.0-1.20
        checksum: sha256:2e4d6d0f8a4c1b7a3e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5

- name: Lay out Flink from an archive that was downloaded by hand
  streamops.flink.flink_distribution:
    version: 1.20.5
    source: archive
    archive: /srv/mirror/flink-1.20.5-bin-scala_2.12.tgz
    archive_checksum: "sha512:{{ lookup('ansible.builtin.file', '/srv/mirror/flink.sha512') | split | first }}"
    dest: /opt/flink/flink-1.20.5
    cache_dir: /var/cache/streamops-flink

- name: Lay out Flink from a mirror, if one of the release managers has signed it
  streamops.flink.flink_distribution:
    version: 1.20.5
    source: archive
    mirror: https://mirror.example.org/apache
    archive_checksum: "sha512:{{ lookup('ansible.builtin.file', '/srv/mirror/flink.sha512') | split | first }}"
    archive_keyring: /etc/streamops/flink-KEYS
    dest: /opt/flink/flink-1.20.5
    cache_dir: /var/cache/streamops-flink

- name: Lay out ZooKeeper
  streamops.flink.flink_distribution:
    product: zookeeper
    version: 3.9.6
    dest: /opt/flink/zookeeper-3.9.6
    cache_dir: /var/cache/streamops-flink

- name: Make an archive for hosts without a network
  streamops.flink.flink_distribution:
    version: 1.20.5
    cache_dir: "{{ lookup('ansible.builtin.env', 'HOME') }}/.cache/streamops-flink"
    archive_to: /srv/mirror/flink-1.20.5.tar.gz
  delegate_to: localhost
"""

RETURN = r"""
home:
  description: The directory of the distribution.
  returned: when O(dest) is given
  type: str
  sample: /opt/flink/flink-1.20.5
version:
  description: The version that is laid out.
  returned: success
  type: str
  sample: 1.20.5
digest:
  description: Names the content without the libraries; the same for the same files wherever they come from.
  returned: success
  type: str
  sample: 6b0f7c52c1f7d9e4
overlay:
  description: The directory that holds the jars of the distribution and the further ones; empty without any.
  returned: when O(dest) is given
  type: str
  sample: /opt/flink/overlays/flink-1.20.5-0c1d2e3f4a5b
reasons:
  description: Why the directories were changed, or would be; empty when they were as they should be.
  returned: when O(dest) is given
  type: list
  elements: str
  sample: [2 of its files are missing or changed]
repaired:
  description: The files that were missing or changed.
  returned: when O(dest) is given
  type: list
  elements: str
  sample: [bin/config.sh]
foreign:
  description: Files that were put there by other programs. They stay; those in lib/ and plugins/ cause a warning.
  returned: when O(dest) is given
  type: list
  elements: str
  sample: []
pruned:
  description: The old versions that were removed, or would be.
  returned: when O(dest) is given
  type: list
  elements: str
  sample: [/opt/flink/flink-1.19.3]
pending:
  description: Whether anything would be changed, for callers that override C(changed).
  returned: in check mode, when O(dest) is given
  type: bool
  sample: true
missing:
  description: Places below C(downloads) of O(cache_dir) whose files would have to be fetched.
  returned: in check mode, when O(dest) is given
  type: list
  elements: str
  sample: [sha256-e6aee62ea1a1fe7b32e28894ad079f3f1a50a372a]
downloads:
  description: The files that the distribution and its libraries are made of, in the cache.
  returned: when O(download_only=true)
  type: list
  elements: dict
  contains:
    path:
      description: The file.
      type: str
      sample: /var/cache/streamops-flink/downloads/sha256-e6aee62ea1a1fe7b32e28894ad079f3f1a50a372a/flink.tar.gz
    slot:
      description: Its place below C(downloads) of any cache.
      type: str
      sample: sha256-e6aee62ea1a1fe7b32e28894ad079f3f1a50a372a
    name:
      description: Its name there.
      type: str
      sample: flink.tar.gz
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
  sample: 118
size:
  description: Their size in bytes.
  returned: when files were placed
  type: int
  sample: 249152711
sql_gateway_note:
  description: Why the SQL gateway is of another version than Flink, where it is.
  returned: when it is
  type: str
  sample: flink-sql-gateway 1.20.5 cannot be had; 1.20.3 is the last of its series that can
archive:
  description: The archive that was requested.
  returned: when O(archive_to) is given
  type: dict
  contains:
    path:
      description: Its path.
      type: str
      sample: /srv/mirror/flink-1.20.5.tar.gz
    checksum:
      description: Its sha512; empty in check mode when it would be written.
      type: str
      sample: sha512:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    size:
      description: Its size in bytes.
      type: int
      sample: 249152711
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.files import file_error
from ansible_collections.streamops.flink.plugins.module_utils._base.options import refuse_foreign
from ansible_collections.streamops.flink.plugins.module_utils._install import assemble as distribution
from ansible_collections.streamops.flink.plugins.module_utils._install import install
from ansible_collections.streamops.flink.plugins.module_utils._install import layout as _layout
from ansible_collections.streamops.flink.plugins.module_utils._install import recipe as _recipe
from ansible_collections.streamops.flink.plugins.module_utils._install import tarball as _tarball
from ansible_collections.streamops.flink.plugins.module_utils._install.fetch import Fetcher
from ansible_collections.streamops.flink.plugins.module_utils._install.source import parse_source
from ansible_collections.streamops.flink.plugins.module_utils._install.versions import Pin, release, zookeeper_pins
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node

# The options of one product alone.
FLINK: dict[str, Any] = {
    "checksums": {"type": "dict", "default": {}},
    "sql_gateway": {"type": "bool", "default": True},
    "sql_gateway_artifact": {"type": "str"},
    "libraries": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "artifact": {"type": "str", "required": True},
            "checksum": {"type": "str"},
            "directory": {"type": "str", "default": "lib"},
        },
    },
    "overlay_dir": {"type": "path"},
    "archive_to": {"type": "path"},
}
ZOOKEEPER: dict[str, Any] = {
    "artifacts": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "artifact": {"type": "str", "required": True},
            "checksum": {"type": "str", "required": True},
        },
    },
}
ARGUMENTS: dict[str, Any] = {
    "product": {"type": "str", "choices": ["flink", "zookeeper"], "default": "flink"},
    "version": {"type": "str", "required": True},
    "dest": {"type": "path"},
    "cache_dir": {"type": "path", "required": True},
    "cache_kept": {"type": "bool", "default": True},
    "source": {"type": "str", "choices": ["pypi", "maven", "archive"]},
    "archive": {"type": "str"},
    "archive_checksum": {"type": "str"},
    "archive_signature": {"type": "str"},
    "archive_keyring": {"type": "path"},
    "mirror": {"type": "str"},
    "maven_repository": {"type": "str"},
    "link": {"type": "path"},
    "keep": {"type": "int"},
    "verify": {"type": "bool", "default": False},
    "download_only": {"type": "bool", "default": False},
    "bundle": {"type": "bool", "default": False},
    **FLINK,
    **ZOOKEEPER,
}
SOURCES = {"flink": ("pypi", "archive"), "zookeeper": ("maven", "archive")}


def recipe(params: dict[str, Any]) -> tuple[_recipe.Recipe, str]:
    """What the distribution is made of, and a remark on it."""
    product, version = params["product"], params["version"]
    source = params["source"] or SOURCES[product][0]
    if source not in SOURCES[product]:
        raise FlinkError(f"source {source} is not for product {product}: use {' or '.join(SOURCES[product])}")
    if source == "archive":
        return _recipe.archive_recipe(version, install.origin(params), product), ""
    if product == "zookeeper":
        given = tuple(Pin(parse_source(entry["artifact"]), entry["checksum"]) for entry in params["artifacts"])
        return _recipe.zookeeper_recipe(version, given or zookeeper_pins(version)), ""
    files = release(version, params["checksums"], params["sql_gateway_artifact"] or "")
    note = files.sql_gateway_reason if params["sql_gateway"] else ""
    return _recipe.pypi_recipe(version, files, sql_gateway=params["sql_gateway"]), note


def libraries(params: dict[str, Any]) -> list[_layout.Library]:
    found = []
    for entry in params["libraries"]:
        if params["overlay_dir"] and not entry["checksum"]:
            raise FlinkError(
                f"cannot add the library {entry['artifact']} without its checksum: give sha256: or sha512:"
            )
        found.append(_layout.Library(entry["artifact"], entry["directory"], entry["checksum"] or ""))
    return found


def optional_path(text: str | None) -> Path | None:
    return Path(text) if text else None


def body(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    if not any(params[name] for name in ("dest", "archive_to", "download_only")):
        # An option that is given without a value passes required_one_of.
        raise FlinkError("nothing to do: give dest, archive_to or both")
    refuse_foreign(params, "product", {"flink": FLINK, "zookeeper": ZOOKEEPER})
    # Every user of the host may read a distribution, whichever account lays it out.
    os.umask(0o022)
    what, note = recipe(params)
    fetcher = Fetcher(Path(params["cache_dir"]), params["maven_repository"], run=module.run_command, log=module.debug)
    dest = optional_path(params["dest"])
    wanted = install.Installation(
        what,
        dest,
        _layout.resolve(libraries(params), fetcher, dest, look=not module.check_mode),
        optional_path(params["overlay_dir"]),
        optional_path(params["link"]),
        params["keep"],
        params["verify"],
    )
    result: dict[str, Any] = {"changed": False, "version": what.version, "digest": what.digest}
    if note:
        result["sql_gateway_note"] = note
    if params["download_only"]:
        return {**result, **({"downloads": []} if module.check_mode else download(wanted, fetcher, params))}
    if dest is not None:
        place(module, wanted, fetcher, dest, result)
    if params["archive_to"]:
        pack(module, what, wanted.libraries, fetcher, Path(params["archive_to"]), result)
    return result


def download(wanted: install.Installation, fetcher: Fetcher, params: dict[str, Any]) -> dict[str, Any]:
    """What is needed to install it elsewhere."""
    files = install.download(wanted, fetcher)
    result: dict[str, Any] = {"downloads": files}
    if params["bundle"]:
        name = f"{wanted.recipe.product}-{wanted.recipe.version}"
        result["bundle"] = str(install.bundle(files, fetcher.cache_dir, name))
    return result


def place(
    module: AnsibleModule, wanted: install.Installation, fetcher: Fetcher, dest: Path, result: dict[str, Any]
) -> None:
    """Bring dest to its wanted state and add to the result what was done."""
    try:
        done = install.bring(wanted, fetcher, check=module.check_mode, log=module.debug)
    except OSError as error:
        raise file_error(f"lay out {wanted.recipe.title} at", dest, error) from error
    finally:
        if not module.params["cache_kept"] and not module.check_mode:
            install.forget_cache(fetcher)
    active = [path for path in done["foreign"] if path.startswith(("lib/", "plugins/"))]
    if active:
        module.warn(
            f"{dest} holds files that this collection did not put there; {wanted.recipe.title} loads them: "
            + ", ".join(active)
        )
    result |= {"home": str(dest), **done}


def pack(
    module: AnsibleModule,
    what: _recipe.Recipe,
    wanted: Sequence[_layout.Library],
    fetcher: Fetcher,
    path: Path,
    result: dict[str, Any],
) -> None:
    """Write the archive unless the right one is there."""
    mark = _tarball.identity(what, wanted)
    archive = _tarball.present_archive(path, mark)
    if archive is not None:
        result["archive"] = {"path": str(path), "checksum": f"sha512:{archive.sha512}", "size": archive.size}
        return
    result["changed"] = True
    result["archive"] = {"path": str(path), "checksum": "", "size": 0}
    if not module.check_mode:
        tree = distribution.assembled(what, fetcher, verify=module.params["verify"])
        archive = _tarball.write_archive(tree, wanted, fetcher, path, mark)
        result["archive"] |= {"checksum": f"sha512:{archive.sha512}", "size": archive.size}


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_one_of=[("dest", "archive_to", "download_only")],
        required_if=[("source", "archive", ("archive", "mirror"), True), ("source", "archive", ("archive_checksum",))],
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
