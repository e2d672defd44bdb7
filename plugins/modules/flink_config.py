#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that one daemon reads when it starts."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_config
short_description: Write the configuration directory of a Flink or ZooKeeper daemon
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
    version_added: 1.1.0
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
  - module: streamops.flink.flink_process
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
  version_added: 1.1.0
pending:
  description: Whether anything was changed, or would be in check mode, for whoever overrides C(changed).
  type: bool
  returned: always
  sample: true
  version_added: 1.1.0
memory_checked:
  description: Whether Flink's parser was asked in this run.
  type: bool
  returned: always
  sample: true
"""

import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.secrets import MASK
from ansible_collections.streamops.flink.plugins.module_utils._config import compose as _config
from ansible_collections.streamops.flink.plugins.module_utils._config import options as _options
from ansible_collections.streamops.flink.plugins.module_utils._config import yaml as _yaml
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node

CONFIG = "config.yaml"
LEGACY = "flink-conf.yaml"
# Short-lived: compiling and collecting garbage thoroughly would cost more than it saves.
JAVA_FLAGS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
CHECKS = {"jobmanager": "GET_JM_RESOURCE_PARAMS", "taskmanager": "GET_TM_RESOURCE_PARAMS"}


@dataclass(frozen=True)
class PlannedFiles:
    """What the directory is to hold."""

    version: str
    options: dict[str, Any]
    contents: dict[str, str]
    # Those among the files that are copies.
    shipped: dict[str, str]
    warnings: list[str]


# --- What is wanted ----------------------------------------------------------------------------------------------


def distribution_version(home: Path) -> str:
    """The version in the name of the distribution's jar."""
    jars = sorted((home / "lib").glob("flink-dist-*.jar"))
    if not jars:
        raise FlinkError(
            f"cannot configure a daemon: there is no Flink in {home} (lib/flink-dist-*.jar); install it first"
        )
    return re.sub(r"^flink-dist(?:_[0-9.]+)?-", "", jars[0].stem)


# What daemons in the foreground log with.
LOGGING = "log4j-console.properties"
_QUIET = """
# Flink CDC writes the password of a PostgreSQL source into the log of the TaskManager, at INFO and in this class only.
logger.cdc_postgres.name = org.apache.flink.cdc.connectors.postgres.source.fetch.PostgresSourceFetchTaskContext
logger.cdc_postgres.level = WARN
"""


def shipped(home: Path) -> dict[str, str]:
    """The files of the distribution's conf that a daemon reads beside its configuration."""
    found = [*(home / "conf").glob("log4j*.properties"), *(home / "conf").glob("logback*.xml")]
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(found)}
    if LOGGING in files:
        files[LOGGING] += _QUIET
    return files


def java_options(home: Path) -> str:
    file = home / "conf" / CONFIG
    return _yaml.shipped_java_options(file.read_text(encoding="utf-8")) if file.is_file() else ""


def plan(params: dict[str, Any], check_mode: bool) -> PlannedFiles:
    if not params["flink_home"]:
        if params["config"] or params["secrets"]:
            raise FlinkError(f"cannot write the options for {params['path']} without Flink: give flink_home too")
        return PlannedFiles("", {}, {**extra_files(params["files"]), **extra_files(params["secret_files"])}, {}, [])
    home = Path(params["flink_home"])
    installed = home.is_dir()
    if not installed and not check_mode:
        raise FlinkError(f"cannot configure a daemon: there is no Flink in {home}; install it first")
    version = params["version"] or distribution_version(home)
    where = f"the options for {params['path']}"
    options = _options.flatten(params["config"], where)
    for key, value in _options.flatten(params["secrets"], where).items():
        if key in options:
            raise FlinkError(f"cannot use {where}: option {key} stands in config and in secrets; keep one")
        options[key] = value
    options = {key: value for key, value in options.items() if value is not None}
    if params["java_home"]:
        options["env.java.home"] = params["java_home"]
    warnings = _options.check(options, version, where, params["extra_prefixes"])
    if installed:
        options = _yaml.with_java_options(options, java_options(home))
    copies = shipped(home) if installed else {}
    contents = {**copies, **extra_files(params["files"])}
    contents.update(extra_files(params["secret_files"]))
    contents[CONFIG] = _yaml.render_yaml(options)
    return PlannedFiles(version, options, contents, copies, warnings)


def extra_files(files: dict[str, Any]) -> dict[str, str]:
    for name, content in files.items():
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) or name in (CONFIG, LEGACY):
            raise FlinkError(f"cannot write {name!r} into the configuration directory: give the name of one other file")
        if not isinstance(content, str):
            raise FlinkError(f"cannot write {name}: its content is {type(content).__name__}, not text")
    return dict(files)


def digest(contents: dict[str, str]) -> str:
    total = hashlib.sha256()
    for name in sorted(contents):
        total.update(f"{name}\0{contents[name]}\0".encode())
    return f"sha256:{total.hexdigest()}"


# --- Flink's own parser ------------------------------------------------------------------------------------------


def java(module: AnsibleModule, options: dict[str, Any]) -> str:
    """The Java that was named for checks, or the one that Flink's scripts will use."""
    named = module.params["checking_java_home"]
    for home in (named, options.get("env.java.home"), os.environ.get("JAVA_HOME")):
        if home and os.access(f"{home}/bin/java", os.X_OK):
            return f"{home}/bin/java"
    found = module.get_bin_path("java")
    if not found:
        raise FlinkError("cannot check the memory of the daemon: no Java was found on this host; set java_home")
    return str(found)


def check_memory(module: AnsibleModule, wanted: PlannedFiles) -> bool:
    """Have Flink read the new configuration before any daemon does; False when there is no Flink yet."""
    daemon, home = module.params["validate_memory"], Path(module.params["flink_home"])
    if daemon == "none" or not home.is_dir():
        return False
    jars = [home / "bin" / "bash-java-utils.jar", *(home / "lib").glob("flink-dist*.jar")]
    directory = tempfile.mkdtemp(dir=module.tmpdir)
    try:
        (Path(directory) / CONFIG).write_text(wanted.contents[CONFIG], encoding="utf-8")
        command = [java(module, wanted.options), *JAVA_FLAGS, "-classpath", ":".join(str(jar) for jar in jars)]
        command += ["org.apache.flink.runtime.util.bash.BashJavaUtils", CHECKS[daemon], "--configDir", directory]
        code, output, errors = module.run_command(command)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    lines = f"{output}\n{errors}".splitlines()
    if code != 0:
        raise FlinkError(
            f"cannot use the options for {module.params['path']}: Flink refuses the memory of the {daemon}: "
            f"{reason(lines) or f'exit code {code}'}; raise {daemon}.memory.process.size or give a part less",
            flink_output=[line for line in lines if line and not re.match(r"INFO|\s", line)],
        )
    for line in lines:
        if line.startswith("WARN"):
            module.warn(f"{module.params['path']}: {readable(line.partition(' - ')[2])}")
    return True


def reason(lines: list[str]) -> str:
    """The innermost cause in Java's output, without the names of classes."""
    causes = [match[1] for line in lines if (match := re.search(r"(?:Caused by:|in thread \S+) [\w.$]+: (.+)", line))]
    return readable(causes[-1]) if causes else ""


def readable(text: str) -> str:
    """Flink writes each amount twice and repeats the definition of an option."""
    text = re.sub(r"([kmgt]b) \(\d+ bytes\)", r"\1", text)
    text = re.sub(r" \(Key: '([^']*)' , default: .*? \(fallback keys: \[[^]]*\]\)\)", r" (\1)", text)
    text = re.sub(r"(\d+\.\d+)([kmgt]b)", lambda match: f"{float(match[1]):g} {match[2]}", text)
    return text.strip().rstrip(".")


# --- Changing the host -------------------------------------------------------------------------------------------


class Changes:
    """What differs, and how to make it equal; in check mode nothing is touched."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.changed = False
        self.files: list[str] = []
        self.directories: list[str] = []
        self.diff: list[dict[str, str]] = []

    def attributes(self, path: Path, mode: str | None = None, owner: str | None = None) -> None:
        """Owner, group and mode."""
        wanted = self.module.load_file_common_arguments(self.module.params, path=str(path))
        if mode is not None:
            wanted["mode"] = mode
        if owner is not None:
            wanted["owner"] = owner
        if path.exists():
            before = self.changed
            self.changed = bool(self.module.set_fs_attributes_if_different(wanted, False)) or before

    def directory(self, path: Path, mode: str, owner: str | None = None) -> None:
        if not path.is_dir():
            if path.exists():
                raise FlinkError(f"cannot make the directory {path}: something else has this name")
            self.changed = True
            self.directories.append(str(path))
            if not self.module.check_mode:
                try:
                    path.mkdir(mode=0o755, parents=True)
                except OSError as error:
                    raise FlinkError(f"cannot make the directory {path}: {error.strerror}") from error
        self.attributes(path, mode, owner)

    def show(self, path: Path, before: str, after: str) -> None:
        old, new = _config.masked(before), _config.masked(after)
        if old == new:
            # Only hidden values differ: say so, or the diff would be empty.
            new = new.replace(MASK, f"{MASK} (another value)")
        self.diff.append({"before_header": str(path), "after_header": str(path), "before": old, "after": new})

    def write(self, path: Path, before: str | None, content: str, copied: bool) -> None:
        if before != content:
            self.changed = True
            self.files.append(path.name)
            if path.name in self.module.params["secret_files"]:
                self.show(path, f"{MASK}\n" if before else "", f"{MASK}\n")
            else:
                note = f"(as in {self.module.params['flink_home']}/conf)\n"
                self.show(path, before or "", note if copied else content)
            if not self.module.check_mode:
                handle, temporary = tempfile.mkstemp(dir=self.module.tmpdir)
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(content)
                self.module.atomic_move(temporary, str(path), unsafe_writes=self.module.params["unsafe_writes"])
        self.attributes(path)

    def remove(self, path: Path) -> None:
        if path.exists() or path.is_symlink():
            self.changed = True
            self.files.append(path.name)
            self.show(path, read(path) or "", "")
            if not self.module.check_mode:
                path.unlink()


def lacking(directory: Path, brought: dict[str, str], module: AnsibleModule) -> list[str]:
    """Those of the files that something else brings that are not there with the content that they are to have."""
    return [name for name, wanted in sorted(brought.items()) if module.sha256(str(directory / name)) != wanted]


def read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FlinkError(f"cannot read {path}: {error.strerror}; become the owner of the configuration") from error


def body(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    path = Path(params["path"])
    wanted = plan(params, module.check_mode)
    # Whatever goes wrong from here on, no message may show them.
    module.no_log_values.update(_config.secrets(wanted.options))
    for warning in wanted.warnings:
        module.warn(warning)
    present = {name: read(path / name) for name in wanted.contents}
    checked = present.get(CONFIG) != wanted.contents.get(CONFIG) and check_memory(module, wanted)
    changes = Changes(module)
    # Parents of directories that have to be made are for everybody to pass through.
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
        "ha_fingerprint": _config.ha_fingerprint(wanted.options, wanted.version) if wanted.version else "",
        "changed_files": changes.files,
        "created_directories": changes.directories,
        "missing_files": lacking(path, params["brought_files"], module),
        "pending": changes.changed,
        "memory_checked": checked,
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
            "mode": {"type": "raw", "default": "0640"},
        },
        add_file_common_args=True,
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
