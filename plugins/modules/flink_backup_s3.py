#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups in a store that speaks S3."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_backup_s3
short_description: Carry backups to a store that speaks S3, and back
version_added: 1.1.0
author: streamops.flink contributors (@streamops)
description:
  - Copies a backup of M(streamops.flink.flink_backup) into a bucket, its manifest last, so that half a backup never
    looks like one there either. Every object is read back and compared with the sha256 of the manifest.
  - It runs on the host that has the directory of the backups.
requirements:
  - The Python package C(boto3)
options:
  root:
    description:
      - The directory of the backups of one cluster on this host. Required for V(uploaded) and V(downloaded).
    type: path
  state:
    description:
      - V(uploaded) copies a backup into the bucket.
      - V(downloaded) copies one from there into O(root), unless it is there already.
      - V(pruned) removes old backups from the bucket, and what is left of interrupted ones.
    type: str
    choices: [uploaded, downloaded, pruned]
    default: uploaded
  id:
    description:
      - The backup, for V(uploaded) and V(downloaded). The newest one by default.
    type: str
  bucket:
    description:
      - The bucket, which must be there.
    type: str
    required: true
  prefix:
    description:
      - What comes before the name of the backup in the keys of its objects.
    type: str
    default: ""
  endpoint_url:
    description:
      - The address of the store. AWS by default.
    type: str
  region:
    description:
      - The region. By default what the environment or the profile says, or C(us-east-1).
    type: str
  access_key:
    description:
      - The name of the key. Without it C(boto3) looks into O(credentials_file), the environment, and the role of the
        machine.
    type: str
  secret_key:
    description:
      - The secret of the key.
    type: str
  session_token:
    description:
      - The token that belongs to a key for a short time.
    type: str
  credentials_file:
    description:
      - A file on this host with a key, in the form of C(~/.aws/credentials).
    type: path
  ca_path:
    description:
      - A file on this host with the certificates of authorities that the store's certificate is checked with.
    type: path
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
    support: full
seealso:
  - module: streamops.flink.flink_backup
"""

EXAMPLES = r"""
- name: Carry the newest backup away
  streamops.flink.flink_backup_s3:
    root: /var/backups/streamops-flink/payments
    bucket: backups
    prefix: flink/payments
    endpoint_url: https://s3.example.org
    credentials_file: /etc/streamops-flink/s3-credentials

- name: Fetch one
  streamops.flink.flink_backup_s3:
    state: downloaded
    root: /var/backups/streamops-flink/payments
    id: 20261127T021530Z
    bucket: backups
    prefix: flink/payments
"""

RETURN = r"""
location:
  description: Where the backup is in the store.
  type: str
  returned: for V(uploaded) and V(downloaded)
  sample: s3://backups/flink/payments/20261127T021530Z
id:
  description: The name of the backup.
  type: str
  returned: for V(uploaded) and V(downloaded)
  sample: 20261127T021530Z
bytes:
  description: Size of all its files.
  type: int
  returned: for V(uploaded) and V(downloaded)
  sample: 104857600
removed:
  description: What was removed from the bucket.
  type: list
  elements: str
  returned: for O(state=pruned)
  sample: [20261101T021530Z]
kept:
  description: The backups that are in the bucket now, the oldest first.
  type: list
  elements: str
  returned: for O(state=pruned)
  sample: [20261126T021530Z, 20261127T021530Z]
seconds:
  description: How long it took.
  type: float
  returned: always
  sample: 1.2
"""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._backup import s3 as _backup_s3
from ansible_collections.streamops.flink.plugins.module_utils._backup import store as _backup
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._module import retention_argument_spec, run_node


def upload(module: AnsibleModule, store: _backup_s3.Store) -> dict[str, Any]:
    root, name = Path(module.params["root"]), module.params["id"]
    backup = _backup.read(root / name) if name else _backup.newest(root)
    if module.check_mode:
        return told(store, backup, changed=_backup.MANIFEST not in store.keys(backup.id))
    return told(store, backup, changed=store.upload(backup))


def download(module: AnsibleModule, store: _backup_s3.Store) -> dict[str, Any]:
    root, name = Path(module.params["root"]), module.params["id"]
    backup = store.read(name) if name else store.newest()
    target = root / backup.id
    if (target / _backup.MANIFEST).is_file():
        if _backup.read(target).content["seal"] != backup.content["seal"]:
            raise FlinkError(f"{target} is another backup than {store.where(backup.id)}: move one of them away")
        return told(store, backup, changed=False)
    if target.exists():
        raise FlinkError(f"{target} is there and is no complete backup, so nothing was downloaded: move it away")
    if not module.check_mode:
        store.download(backup, root, "this host")
    return told(store, backup, changed=True)


def told(store: _backup_s3.Store, backup: _backup.Backup, *, changed: bool) -> dict[str, Any]:
    return {"changed": changed, "id": backup.id, "bytes": backup.size, "location": store.where(backup.id)}


def prune(module: AnsibleModule, store: _backup_s3.Store) -> dict[str, Any]:
    params = module.params
    complete, rest = store.everything()
    gone = _backup.superfluous(
        complete,
        keep=params["keep"],
        max_age_days=params["max_age"],
        now=datetime.now(UTC),
        restored_from=params["restored_from"],
    )
    # What has no manifest may be on its way: only what is older than the newest one is left over. What has a manifest
    # that cannot be read is for people to look at.
    left = [name for name in rest if complete and name < complete[-1].id and _backup.MANIFEST not in store.keys(name)]
    removed = [one.id for one in gone] + left
    if not module.check_mode:
        for name in removed:
            store.remove(name)
    kept = [one.id for one in complete if one not in gone]
    return {"changed": bool(removed), "removed": removed, "kept": kept}


def body(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    began = time.monotonic()
    names = ("region", "access_key", "secret_key", "session_token", "credentials_file", "ca_path")
    access = _backup_s3.Access(params["endpoint_url"] or "", **{name: params[name] or "" for name in names})
    store = _backup_s3.Store(_backup_s3.connect(access), params["bucket"], params["prefix"])
    work = {"uploaded": upload, "downloaded": download, "pruned": prune}[params["state"]]
    return work(module, store) | {"seconds": round(time.monotonic() - began, 3)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **retention_argument_spec(),
            "root": {"type": "path"},
            "state": {"type": "str", "choices": ["uploaded", "downloaded", "pruned"], "default": "uploaded"},
            "id": {"type": "str"},
            "bucket": {"type": "str", "required": True},
            "prefix": {"type": "str", "default": ""},
            "endpoint_url": {"type": "str"},
            "region": {"type": "str"},
            "access_key": {"type": "str", "no_log": True},
            "secret_key": {"type": "str", "no_log": True},
            "session_token": {"type": "str", "no_log": True},
            "credentials_file": {"type": "path", "no_log": False},
            "ca_path": {"type": "path"},
        },
        required_if=[("state", "uploaded", ["root"]), ("state", "downloaded", ["root"])],
        required_together=[("access_key", "secret_key")],
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
