#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups of a cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_backup
short_description: "Make, verify, carry, restore and remove backups of a Flink cluster (internal: called by the roles)"
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - A backup is a directory of the name of its time, with the savepoints of the jobs, their jars and scripts, the
    configuration, and a manifest with the sha256 of every file. The manifest is written last, so that half a backup
    never looks like one.
  - A savepoint goes into a backup only when it is proved that it can be carried elsewhere, which is when it refers to
    no file outside of its own directory, and when each file that it refers to is there.
  - It runs on a host that can read both the storage of the cluster and the directory of the backups.
  - In a bucket the manifest is written last too, and every object is read back and compared with its sha256.
requirements:
  - The Python package C(boto3), with O(s3)
options:
  root:
    description:
      - The directory of the backups of one cluster. Required unless O(state=pruned) is done in a bucket.
    type: path
  state:
    description:
      - V(room) only checks that the disk takes O(bytes).
      - V(created) makes a new backup.
      - V(verified) reads a backup wholly and compares every byte.
      - V(restored) copies the savepoints of a backup into O(savepoints), and compares every byte on the way.
      - V(pruned) removes old backups and what is left of interrupted ones, either from O(root) or from the bucket of
        O(s3).
      - V(listed) says which complete backups there are.
      - V(cut) writes one piece of a backup into O(carrier), for the way to another host.
      - V(joined) puts such a piece where it belongs. With the last one every byte is compared with the manifest, and
        what has come gets the name of a backup only then.
      - V(uploaded) copies a backup into the bucket of O(s3).
      - V(downloaded) copies one from there into O(root), unless it is there already.
    type: str
    choices: [room, created, verified, restored, pruned, listed, cut, joined, uploaded, downloaded]
    default: created
  id:
    description:
      - The backup, for V(verified), V(restored), V(uploaded) and V(downloaded), the newest one by default; for V(cut)
        and V(joined), which have no default.
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
      - The jobs with their C(savepoint_path), as M(streamops.flink.flink_job_archive) returns them.
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
      - The version that is to read the backup, for V(verified) and V(restored). A newer backup is refused.
    type: str
  savepoints:
    description:
      - The directory to which savepoints are restored.
    type: path
  owner:
    description:
      - The owner of what is restored.
    type: str
  group:
    description:
      - The group of what is restored.
    type: str
  carrier:
    description:
      - A directory of the account that carries the pieces, for V(cut) and V(joined). It holds one at a time, named
        C(piece), which no other account can read.
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
  keep:
    description:
      - So many backups stay, for O(state=pruned). V(0) is any number.
    type: int
    default: 0
  max_age:
    description:
      - Days after which a backup goes, for O(state=pruned). V(0) is never. The newest one always stays.
    type: float
    default: 0
  restored_from:
    description:
      - The states that running jobs were started from. A backup that one of them comes from stays.
    type: list
    elements: str
    default: []
  s3:
    description:
      - A bucket in a store that speaks S3. Required for V(uploaded) and V(downloaded).
    type: dict
    suboptions:
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
          - The name of the key. Without it C(boto3) looks into O(s3.credentials_file), the environment, and the role of
            the machine.
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

- name: Carry the newest backup away
  streamops.flink.flink_backup:
    state: uploaded
    root: /var/backups/streamops-flink/payments
    s3: &bucket
      bucket: backups
      prefix: flink/payments
      endpoint_url: https://s3.example.org
      credentials_file: /etc/streamops-flink/s3-credentials

- name: Fetch one
  streamops.flink.flink_backup:
    state: downloaded
    root: /var/backups/streamops-flink/payments
    id: 20261127T021530Z
    s3: *bucket

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
  returned: for all states that are about one backup, for V(joined) with the last piece, not in check mode of V(created)
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
location:
  description: Where the backup is in the store.
  type: str
  returned: for V(uploaded) and V(downloaded)
  sample: s3://backups/flink/payments/20261127T021530Z
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
  description: What was removed, the paths of directories or the names of backups in the bucket.
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
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._backup.states import IN_BUCKET, STATES
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node

S3 = {
    "bucket": {"type": "str", "required": True},
    "prefix": {"type": "str", "default": ""},
    "endpoint_url": {"type": "str"},
    "region": {"type": "str"},
    "access_key": {"type": "str", "no_log": True},
    "secret_key": {"type": "str", "no_log": True},
    "session_token": {"type": "str", "no_log": True},
    "credentials_file": {"type": "path", "no_log": False},
    "ca_path": {"type": "path"},
}


def body(module: AnsibleModule) -> dict[str, Any]:
    state = module.params["state"]
    if module.params["s3"] and state not in IN_BUCKET:
        raise FlinkError(f"state {state} does not use s3, only {', '.join(IN_BUCKET)} do: leave it out")
    began = time.monotonic()
    result = STATES[state](module.params, module.check_mode)
    return result | {"seconds": round(time.monotonic() - began, 3)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path"},
            "state": {
                "type": "str",
                "choices": list(STATES),
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
            "keep": {"type": "int", "default": 0},
            "max_age": {"type": "float", "default": 0},
            "restored_from": {"type": "list", "elements": "str", "default": []},
            "s3": {"type": "dict", "options": S3, "required_together": [("access_key", "secret_key")]},
        },
        required_if=[
            *(("state", state, ["root"]) for state in STATES if state != "pruned"),
            *(("state", state, ["id", "carrier"]) for state in ("cut", "joined")),
            *(("state", state, ["s3"]) for state in ("uploaded", "downloaded")),
        ],
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
