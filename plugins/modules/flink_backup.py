#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups of a cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_backup
short_description: Make, verify, put back and remove backups of a Flink cluster
version_added: 1.1.0
author: streamops.flink contributors (@streamops)
description:
  - A backup is a directory of the name of its time, with the savepoints of the jobs, their jars and scripts, the
    configuration, and a manifest with the sha256 of every file. The manifest is written last, so that half a backup
    never looks like one.
  - A savepoint goes into a backup only when it is proved that it can be carried elsewhere, which is when it refers to
    no file outside of its own directory, and when each file that it refers to is there.
  - It runs on a host that sees both the storage of the cluster and the directory of the backups.
options:
  root:
    description:
      - The directory of the backups of one cluster.
    type: path
    required: true
  state:
    description:
      - V(room) only checks that the disk takes O(bytes).
      - V(created) makes a new backup.
      - V(verified) reads a backup wholly and compares every byte.
      - V(restored) copies the savepoints of a backup into O(savepoints), and compares every byte on the way.
      - V(pruned) removes old backups and what is left of interrupted ones.
      - V(listed) says which complete backups there are.
      - V(cut) writes one piece of a backup into O(carrier), for the way to another host.
      - V(joined) puts such a piece where it belongs. With the last one every byte is compared with the manifest, and
        what has come gets the name of a backup only then.
    type: str
    choices: [room, created, verified, restored, pruned, listed, cut, joined]
    default: created
  id:
    description:
      - The backup, for V(verified) and V(restored), and which the newest one is by default; for V(cut) and V(joined).
    type: str
  bytes:
    description:
      - So much will be needed, for O(state=room).
    type: int
    default: 0
  about:
    description:
      - What else the manifest says, such as C(flink_version), C(cluster_id) and C(origin).
    type: dict
    default: {}
  jobs:
    description:
      - The jobs with their C(savepoint_path), as M(streamops.flink.flink_job_archive) tells about them.
    type: list
    elements: dict
    default: []
  documents:
    description:
      - Texts by the names of the files that hold them in the backup. What looks like a secret in one is hidden.
    type: dict
    default: {}
  artefacts:
    description:
      - Files on this host by their names in the backup.
    type: dict
    default: {}
  flink_version:
    description:
      - The version that shall read the backup, for V(verified) and V(restored). A newer backup is refused.
    type: str
  savepoints:
    description:
      - The directory to which savepoints are restored.
    type: path
  owner:
    description:
      - Who shall own what is restored.
    type: str
  group:
    description:
      - The group of what is restored.
    type: str
  carrier:
    description:
      - A directory of whoever carries the pieces, for V(cut) and V(joined). It holds one at a time, named C(piece),
        which nobody else can read.
    type: path
  piece:
    description:
      - The number of the piece, from 0 on, for V(cut) and V(joined).
    type: int
    default: 0
  piece_bytes:
    description:
      - How large a piece is, for V(cut) and V(joined); the same on both sides.
    type: int
    default: 268435456
extends_documentation_fragment:
  - streamops.flink.retention
  - streamops.flink.attributes
  - streamops.flink.attributes.node
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - O(state=created) makes a new backup every time, V(cut) a new piece.
seealso:
  - module: streamops.flink.flink_job_archive
"""

EXAMPLES = r"""
- name: Prove that the newest backup is what was written
  streamops.flink.flink_backup:
    root: /var/backups/streamops-flink/payments
    state: verified

- name: Keep a week of backups
  streamops.flink.flink_backup:
    root: /var/backups/streamops-flink/payments
    state: pruned
    keep: 14
    max_age: 7
"""

RETURN = r"""
backup:
  description: The backup.
  type: dict
  returned: for V(created), V(verified), V(restored) and the last piece of V(joined), not in check mode of V(created)
  contains:
    id:
      description: Its name.
      type: str
      sample: 20261127T021530Z
    directory:
      description: Where it is.
      type: str
      sample: /var/backups/streamops-flink/payments/20261127T021530Z
    bytes:
      description: Size of all its files.
      type: int
      sample: 104857600
    files:
      description: Number of its files.
      type: int
      sample: 12
    manifest:
      description: The manifest without its list of files.
      type: dict
      sample: {"flink_version": 1.20.5, "cluster_id": /payments, "jobs": []}
backups:
  description: The complete backups, the oldest first.
  type: list
  elements: dict
  returned: for O(state=listed)
  sample: [{"id": "20261127T021530Z", "bytes": 104857600, "seal": "9b1f…"}]
  contains:
    id:
      description: Its name.
      type: str
      sample: 20261127T021530Z
    bytes:
      description: Size of all its files.
      type: int
      sample: 104857600
    seal:
      description: The digest of its manifest. Two backups with the same one are the same.
      type: str
      sample: 9b1f…
seconds:
  description: How long it took.
  type: float
  returned: always
  sample: 1.2
places:
  description: Where the savepoint of each job is now.
  type: dict
  returned: for O(state=restored)
  sample: {"transactions": "file:/srv/flink/savepoints/restored-20261127T021530Z/transactions-000"}
removed:
  description: What was removed.
  type: list
  elements: str
  returned: for O(state=pruned)
  sample: [/var/backups/streamops-flink/payments/20261101T021530Z]
kept:
  description: The backups that are there now, the oldest first.
  type: list
  elements: str
  returned: for O(state=pruned)
  sample: [20261126T021530Z, 20261127T021530Z]
"""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._backup import carry as _backup_carry
from ansible_collections.streamops.flink.plugins.module_utils._backup import store as _backup
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.secrets import masked_file
from ansible_collections.streamops.flink.plugins.module_utils._base.snapshots import inspect
from ansible_collections.streamops.flink.plugins.module_utils._module import retention_argument_spec, run_node


def told(backup: _backup.Backup) -> dict[str, Any]:
    manifest = {key: value for key, value in backup.content.items() if key not in ("files", "seal")}
    about = {"id": backup.id, "directory": str(backup.directory), "bytes": backup.size, "files": len(backup.files)}
    return about | {"manifest": manifest}


def chosen(module: AnsibleModule) -> _backup.Backup:
    """The backup that is meant; the version is looked at before its files are read."""
    root, name, version = Path(module.params["root"]), module.params["id"], module.params["flink_version"]
    backup = _backup.read(root / name) if name else _backup.newest(root)
    if version:
        _backup.check_version(backup, version)
    return backup


def create(module: AnsibleModule, machine: str) -> dict[str, Any]:
    params = module.params
    request = _backup.Request(
        about=params["about"],
        jobs=params["jobs"],
        documents={name: masked_file(str(text)) for name, text in params["documents"].items()},
        artefacts={name: Path(str(path)) for name, path in params["artefacts"].items()},
    )
    if module.check_mode:
        return {"changed": True}
    return {"changed": True, "backup": told(_backup.make(Path(params["root"]), request, machine))}


def restore(module: AnsibleModule, machine: str) -> dict[str, Any]:
    params = module.params
    backup = chosen(module)
    savepoints = Path(params["savepoints"])
    places = {str(job["name"]): _backup.place_of(savepoints, backup, job) for job in backup.jobs}
    missing = [place for place in places.values() if inspect(str(place)) != "present"]
    if missing and not module.check_mode:
        _backup.put_back(backup, savepoints, machine, params["owner"] or "", params["group"] or "")
    urls = {name: f"file:{place}" for name, place in places.items()}
    return {"changed": bool(missing), "backup": told(backup), "places": urls}


def prune(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    complete, rest = _backup.everything(Path(params["root"]))
    gone = _backup.superfluous(
        complete,
        keep=params["keep"],
        max_age_days=params["max_age"],
        now=datetime.now(UTC),
        restored_from=params["restored_from"],
    )
    # What has no manifest may be a backup that is being made: only what is older than the newest one is left over.
    left = [path for path in rest if complete and path.name < complete[-1].id and path.name.endswith(_backup.PART)]
    removed = [one.directory for one in gone] + left
    if not module.check_mode:
        for directory in removed:
            _backup.remove(directory)
    kept = [one.id for one in complete if one not in gone]
    return {"changed": bool(removed), "removed": [str(one) for one in removed], "kept": kept}


def listed(module: AnsibleModule) -> dict[str, Any]:
    complete, _rest = _backup.everything(Path(module.params["root"]))
    backups = [{"id": one.id, "bytes": one.size, "seal": one.content["seal"]} for one in complete]
    return {"changed": False, "backups": backups}


def carry(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    root, name, carrier = Path(params["root"]), params["id"], Path(params["carrier"])
    if not _backup.is_id(name):
        raise FlinkError(f"{name!r} is no name of a backup: it must look like 20261127T021530Z")
    if module.check_mode:
        return {"changed": True}
    if params["state"] == "cut":
        _backup_carry.cut(_backup.read(root / name), carrier, params["piece"], params["piece_bytes"])
        return {"changed": True}
    complete = _backup_carry.join(root, name, carrier, params["piece"], params["piece_bytes"])
    return {"changed": True} | ({"backup": told(complete)} if complete else {})


def body(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    began = time.monotonic()
    machine = "this host"
    if params["state"] == "room":
        _backup.check_room(Path(params["root"]), params["bytes"], machine)
        result: dict[str, Any] = {"changed": False}
    elif params["state"] == "created":
        result = create(module, machine)
    elif params["state"] == "verified":
        backup = chosen(module)
        _backup.verify(backup)
        result = {"changed": False, "backup": told(backup)}
    elif params["state"] == "restored":
        if not params["savepoints"]:
            raise FlinkError("say to which directory the savepoints are restored, with savepoints")
        result = restore(module, machine)
    elif params["state"] == "listed":
        result = listed(module)
    elif params["state"] in ("cut", "joined"):
        result = carry(module)
    else:
        result = prune(module)
    return result | {"seconds": round(time.monotonic() - began, 3)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **retention_argument_spec(),
            "root": {"type": "path", "required": True},
            "state": {
                "type": "str",
                "choices": ["room", "created", "verified", "restored", "pruned", "listed", "cut", "joined"],
                "default": "created",
            },
            "id": {"type": "str"},
            "bytes": {"type": "int", "default": 0},
            "about": {"type": "dict", "default": {}},
            "jobs": {"type": "list", "elements": "dict", "default": []},
            "documents": {"type": "dict", "default": {}},
            "artefacts": {"type": "dict", "default": {}},
            "flink_version": {"type": "str"},
            "savepoints": {"type": "path"},
            "owner": {"type": "str"},
            "group": {"type": "str"},
            "carrier": {"type": "path"},
            "piece": {"type": "int", "default": 0},
            "piece_bytes": {"type": "int", "default": 256 << 20},
        },
        required_if=[("state", state, ["id", "carrier"]) for state in ("cut", "joined")],
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
