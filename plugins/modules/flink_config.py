#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that one daemon reads when it starts."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_config
short_description: "Write the configuration directory of a Flink or ZooKeeper daemon (internal: called by the roles)"
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - In one call it makes the daemon's directories, writes C(config.yaml) and the other files of its configuration
    directory, and removes a left-over C(flink-conf.yaml), which Flink 1.x would read instead.
  - Every option is checked against the catalogue of options of the Flink version, and the memory with Flink's own
    parser, before anything is changed. Files are replaced as a whole and at once, so that a daemon never reads half of
    one.
  - The C(env.java.opts.all) that the distribution ships is kept in front of yours, because newer versions of Java
    refuse to run Flink without it. The logging files of the distribution are copied unless O(files) holds others.
  - It restarts nothing. RV(config_digest) changes with everything that the daemon reads at its start.
attributes:
  check_mode:
    support: full
    details:
      - Where O(flink_home) does not exist yet, the prediction lacks what comes from it, and memory is not checked.
  diff_mode:
    support: full
    details:
      - Values of options that are named like secrets are hidden.
  idempotent:
    support: full
options:
  path:
    description: The configuration directory of the daemon, C(FLINK_CONF_DIR) of Flink's scripts.
    type: path
    required: true
  config:
    description:
      - The options of C(config.yaml), dotted or nested, for example from P(streamops.flink.flink_daemon_config#filter).
      - An option that is null is left out.
      - Required with O(flink_home).
    type: dict
    default: {}
  secrets:
    description: More options of C(config.yaml), whose values are never shown.
    type: dict
    default: {}
  files:
    description: More files for the directory, name and content, for example C(zoo.cfg).
    type: dict
    default: {}
  secret_files:
    description: More files for the directory, whose contents are never shown, for example with passwords for JAAS.
    type: dict
    default: {}
  directories:
    description:
      - Directories to make, path and mode, for example for logs and data. O(path) is made in any case, with the mode
        V(0750) unless it is named here.
      - Missing parents are made with the mode V(0755).
    type: dict
    default: {}
  directories_owner:
    description:
      - Owner of O(directories), the account of a daemon that may write there and only read its configuration. The
        default is O(owner), and that of O(path) is O(owner) unless it is named among O(directories).
    type: str
  brought_files:
    description:
      - Files of O(path) that something else brings, name and sha256. This module gives those that are there their
        owner and permissions, and RV(missing_files) says which ones have to be brought.
    type: dict
    default: {}
    version_added: 1.0.0
  flink_home:
    description:
      - The Flink distribution on the host.
      - Without it, only O(files) and O(secret_files) are written, for a server that is none of Flink's.
    type: path
  java_home:
    description:
      - The Java that the daemon runs on, written as C(env.java.home). Without it, Flink's scripts look for one.
    type: path
  checking_java_home:
    description:
      - The Java that Flink's own parser runs on for O(validate_memory), where it is another one than O(java_home).
        Daemons in containers have the Java of their image.
    type: path
  version:
    description: The version of Flink. The default is that of O(flink_home).
    type: str
  extra_prefixes:
    description: Beginnings of options that only your own plugins know.
    type: list
    elements: str
    default: []
  validate_memory:
    description:
      - Checks with Flink's own parser that the memory of this daemon adds up, whenever C(config.yaml) changes.
    type: str
    choices: [none, jobmanager, taskmanager]
    default: none
  validate_options:
    description:
      - Asks Flink's own classes, whenever C(config.yaml) changes, what they would refuse when a job starts, which are
        those of the restart strategy, the state backend, checkpoints and file systems.
    type: bool
    default: false
    version_added: 1.0.0
  validate_file_systems:
    description:
      - Whether the plugins that the daemon starts with are on this host, so that O(validate_options) may ask for the
        file systems of the storage. In a container they may be in its image.
    type: bool
    default: true
    version_added: 1.0.0
  lib_dir:
    description: The jars that the daemon starts with, C(FLINK_LIB_DIR), for O(validate_options).
    type: path
    version_added: 1.0.0
  plugins_dir:
    description: The plugins that the daemon starts with, C(FLINK_PLUGINS_DIR), for O(validate_options).
    type: path
    version_added: 1.0.0
  mode:
    description: Permissions of the files.
    default: "0640"
extends_documentation_fragment:
  - ansible.builtin.files
  - streamops.flink.attributes
  - streamops.flink.attributes.node
seealso:
  - plugin: streamops.flink.flink_daemon_config
    plugin_type: filter
  - module: streamops.flink.flink_service
"""

EXAMPLES = r"""
- name: Write the configuration of a TaskManager
  streamops.flink.flink_config:
    path: /srv/flink/nodes/tm1/taskmanager/conf
    flink_home: /srv/flink/flink-1.20.5
    java_home: /usr/lib/jvm/java-17-openjdk-amd64
    config: "{{ variables | streamops.flink.flink_daemon_config('taskmanager', 'public') }}"
    secrets: "{{ variables | streamops.flink.flink_daemon_config('taskmanager', 'secret') }}"
    validate_memory: taskmanager
    directories:
      /srv/flink/nodes/tm1/taskmanager/log: "0750"
      /srv/flink/nodes/tm1/taskmanager/tmp: "0700"
    # The daemon may read its configuration, passwords included, and write below its directories only.
    owner: root
    group: flink
    directories_owner: flink
  vars:
    variables:
      flink_version: 1.20.5
      flink_cluster_id: /payments
      flink_zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
      flink_storage_url: file:///srv/flink/storage
      flink_node_dir: /srv/flink/nodes/tm1
      flink_host_address: tm1
  register: taskmanager_config

- name: Write the configuration of a ZooKeeper server
  streamops.flink.flink_config:
    path: /srv/flink/nodes/zk1/zookeeper/conf
    flink_home: /srv/flink/flink-1.20.5
    config:
      env.log.dir: /srv/flink/nodes/zk1/zookeeper/log
      zookeeper.heap.mb: 256
    files:
      zoo.cfg: |
        tickTime=2000
        dataDir=/srv/flink/nodes/zk1/zookeeper/data
        clientPort=2181
"""

RETURN = r"""
path:
  description: The configuration directory.
  type: str
  returned: always
  sample: /srv/flink/nodes/tm1/taskmanager/conf
version:
  description: The version of Flink that the options were checked for; empty without O(flink_home).
  type: str
  returned: always
  sample: 1.20.5
config_digest:
  description:
    - Digest over all files of the directory that this module writes. A daemon is to be restarted when it changes.
  type: str
  returned: always
  sample: sha256:5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592
ha_fingerprint:
  description: Digest over the options that must be equal on all nodes of a cluster.
  type: str
  returned: always
  sample: 7d793037a0760186574b0282f2f435e77d793037a0760186574b0282f2f435e7
changed_files:
  description: Files that were written or removed, or would be in check mode.
  type: list
  elements: str
  returned: always
  sample: [config.yaml]
created_directories:
  description: Directories that were made, or would be in check mode.
  type: list
  elements: str
  returned: always
  sample: [/srv/flink/nodes/tm1/taskmanager/conf]
missing_files:
  description: Those of O(brought_files) that are not there, or have another content.
  type: list
  elements: str
  returned: always
  sample: [guardian.pyz]
  version_added: 1.0.0
pending:
  description: Whether anything was changed, or would be in check mode, for callers that override C(changed).
  type: bool
  returned: always
  sample: true
  version_added: 1.0.0
memory_checked:
  description: Whether Flink's parser was asked in this run.
  type: bool
  returned: always
  sample: true
questions:
  description: What Flink's classes were asked in this run, each with C(fine), or C(unsure) without an answer.
  type: dict
  returned: always
  sample: {restart strategy: fine, state backend: fine, job: fine}
  version_added: 1.0.0
"""

import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.secrets import all_forms, secret_values
from ansible_collections.streamops.flink.plugins.module_utils._config import memory as _memory
from ansible_collections.streamops.flink.plugins.module_utils._config import questions as _questions
from ansible_collections.streamops.flink.plugins.module_utils._config.agreement import ha_fingerprint
from ansible_collections.streamops.flink.plugins.module_utils._config.changes import Changes, lacking, read
from ansible_collections.streamops.flink.plugins.module_utils._config.daemon_files import (
    CONFIG,
    LEGACY,
    PlannedFiles,
    digest,
    plan,
)
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node


class Host:
    """Changes files as every module of Ansible does."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module

    def attributes(self, path: Path, mode: str | None, owner: str | None) -> bool:
        wanted = self._module.load_file_common_arguments(self._module.params, path=str(path))
        wanted.update({name: value for name, value in (("mode", mode), ("owner", owner)) if value is not None})
        return bool(self._module.set_fs_attributes_if_different(wanted, False))

    def replace(self, path: Path, content: str) -> None:
        handle, temporary = tempfile.mkstemp(dir=self._module.tmpdir)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        self._module.atomic_move(temporary, str(path), unsafe_writes=self._module.params["unsafe_writes"])


def java_of(module: AnsibleModule, wanted: PlannedFiles) -> str:
    homes = (module.params["checking_java_home"], wanted.options.get("env.java.home"), os.environ.get("JAVA_HOME"))
    return _memory.java(homes, partial(module.get_bin_path, "java"))


def check_memory(module: AnsibleModule, wanted: PlannedFiles) -> bool:
    """False when there is no Flink yet."""
    params, daemon, home = module.params, module.params["validate_memory"], Path(module.params["flink_home"])
    if daemon == "none" or not home.is_dir():
        return False
    java = java_of(module, wanted)
    content, path = wanted.contents[CONFIG], params["path"]
    run, scratch = module.run_command, module.tmpdir
    for text in _memory.check_memory(content, daemon, home, java, run, where=path, scratch=scratch):
        module.warn(f"{path}: {text}")
    return True


def ask_flink(module: AnsibleModule, wanted: PlannedFiles) -> dict[str, str]:
    """What Flink's classes say to each question; nothing where there is no Flink yet, or not its jars."""
    params = module.params
    libraries = Path(params["lib_dir"] or f"{params['flink_home']}/lib")
    if not params["validate_options"] or not libraries.is_dir():
        return {}
    plugins = Path(params["plugins_dir"] or f"{params['flink_home']}/plugins")
    answers = _questions.ask(
        wanted.contents[CONFIG],
        wanted.options,
        libraries,
        java_of(module, wanted),
        partial(module.run_command, environ_update={"FLINK_PLUGINS_DIR": str(plugins)}),
        where=params["path"],
        scratch=module.tmpdir,
        file_systems=params["validate_file_systems"] and plugins.is_dir(),
    )
    return {one.question: one.verdict for one in answers}


def body(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    path = Path(params["path"])
    wanted = plan(params, module.check_mode)
    # Whatever goes wrong from here on, no message may show them.
    module.no_log_values.update(all_forms(secret_values(wanted.options)))
    for warning in wanted.warnings:
        module.warn(warning)
    present = {name: read(path / name) for name in wanted.contents}
    differs = present.get(CONFIG) != wanted.contents.get(CONFIG)
    checked = differs and check_memory(module, wanted)
    asked = ask_flink(module, wanted) if differs else {}
    changes = Changes(
        Host(module),
        check_mode=module.check_mode,
        secret=params["secret_files"],
        shipped=f"{params['flink_home']}/conf",
    )
    # Parents of directories that have to be made are passable for every account.
    os.umask(0o022)
    named = {Path(directory): str(mode) for directory, mode in params["directories"].items()}
    for directory, mode in sorted({path: "0750", **named}.items()):
        changes.directory(directory, mode, params["directories_owner"] if directory in named else None)
    changes.remove(path / LEGACY)
    for name in sorted(wanted.contents):
        copied = wanted.contents[name] == wanted.shipped.get(name)
        changes.write(path / name, present[name], wanted.contents[name], copied)
    for name in sorted(params["brought_files"]):
        changes.attributes(path / name)
    return {
        "changed": changes.changed,
        "path": str(path),
        "version": wanted.version,
        "config_digest": digest(wanted.contents),
        "ha_fingerprint": ha_fingerprint(wanted.options, wanted.version) if wanted.version else "",
        "changed_files": changes.files,
        "created_directories": changes.directories,
        "missing_files": lacking(path, params["brought_files"], module.sha256),
        "pending": changes.changed,
        "memory_checked": checked,
        "questions": asked,
        "diff": changes.diff,
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "config": {"type": "dict", "default": {}},
            "secrets": {"type": "dict", "default": {}, "no_log": True},
            "files": {"type": "dict", "default": {}},
            "secret_files": {"type": "dict", "default": {}, "no_log": True},
            "directories": {"type": "dict", "default": {}},
            "directories_owner": {"type": "str"},
            "brought_files": {"type": "dict", "default": {}},
            "flink_home": {"type": "path"},
            "java_home": {"type": "path"},
            "checking_java_home": {"type": "path"},
            "version": {"type": "str"},
            "extra_prefixes": {"type": "list", "elements": "str", "default": []},
            "validate_memory": {"type": "str", "choices": ["none", "jobmanager", "taskmanager"], "default": "none"},
            "validate_options": {"type": "bool", "default": False},
            "validate_file_systems": {"type": "bool", "default": True},
            "lib_dir": {"type": "path"},
            "plugins_dir": {"type": "path"},
            "mode": {"type": "raw", "default": "0640"},
        },
        add_file_common_args=True,
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
