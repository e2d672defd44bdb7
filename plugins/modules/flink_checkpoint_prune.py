#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_checkpoint_prune
short_description: Remove the checkpoint directories of jobs that are not needed any more
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Removes whole directories of jobs from the directory of checkpoints, and never anything inside of one that is
    needed, because the age of a file says nothing about whether an incremental checkpoint refers to it.
  - A directory is needed when O(references) or O(roots) mention it, or the metadata of any directory that is needed.
  - It is first remembered, moved into the trash by a later run, and deleted from there by a still later one. What is
    mentioned again is put back from the trash.
  - Run it where the storage is mounted. It needs nothing but Python.
options:
  state:
    description:
      - V(planned) only says what would be done. V(pruned) does it.
    type: str
    choices: [planned, pruned]
    default: planned
  directory:
    description:
      - The directory of checkpoints, as C(execution.checkpointing.dir) has it.
    type: str
    required: true
  references:
    description:
      - The ids of all known jobs, as RV(streamops.flink.flink_ha_info#module:references) has them.
    type: list
    elements: str
    required: true
  roots:
    description:
      - Directories whose savepoints, HA files, results and manifests of backups are kept, so that what they mention
        stays. Those that are not directories of the host are left out.
    type: list
    elements: str
    default: []
  unchanged:
    description:
      - Only directories in which nothing was written for so long may go.
    type: str
    default: 1 d
  known:
    description:
      - Only directories that an earlier run has seen as unneeded, so long ago, may go.
    type: str
    default: 1 h
  trash_kept:
    description:
      - For how long a directory stays in the trash.
    type: str
    default: 7 d
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.node
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - A later run goes one step further, when the times that were requested have passed.
seealso:
  - module: streamops.flink.flink_ha_info
"""

EXAMPLES = r"""
- name: Read everything that is referred to
  streamops.flink.flink_ha_info:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    references: true
  delegate_to: localhost
  register: audit

- name: Say what could go
  streamops.flink.flink_checkpoint_prune:
    directory: "{{ audit.places.checkpoints }}"
    references: "{{ audit.references }}"
    roots: ["{{ audit.places.ha }}", "{{ audit.places.savepoints }}"]
  delegate_to: jm1
"""

RETURN = r"""
kept:
  description: The directories that stay, and why.
  type: dict
  returned: success
  sample: {8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e: "ZooKeeper, a leader or a record names it"}
seen:
  description: The names of those that were seen to be unneeded and may go in a later run.
  type: list
  elements: str
  returned: success
  sample: []
trashed:
  description: The directories that were moved into the trash, or would be.
  type: list
  elements: str
  returned: success
  sample: [/srv/flink/checkpoints/0c9a5f2f1f6b1d2c3e8f3d3e1a7a7c4c]
put_back:
  description: The directories that were put back from the trash, or would be.
  type: list
  elements: str
  returned: success
  sample: []
deleted:
  description: What was deleted from the trash, or would be.
  type: list
  elements: str
  returned: success
  sample: []
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.units import duration
from ansible_collections.streamops.flink.plugins.module_utils._jobs.prune import Limits, prune
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node


def body(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    if not params["references"]:
        raise FlinkError(
            "references is empty: no cluster has a job, so that nothing is proved; take those of flink_ha_info with"
            " references, and remove a storage that belongs to no cluster any more by hand"
        )
    limits = Limits(
        unchanged=duration(params["unchanged"], "unchanged"),
        known=duration(params["known"], "known"),
        trash=duration(params["trash_kept"], "trash_kept"),
    )
    act = params["state"] == "pruned" and not module.check_mode
    result = prune(params["directory"], params["references"], params["roots"], limits, act=act)
    if params["state"] == "planned":
        result["changed"] = False
    gone = [*result["trashed"], *result["deleted"]]
    return {
        **result,
        "diff": {
            "before": "".join(f"{one}\n" for one in gone),
            "after": "".join(f"{one}\n" for one in result["put_back"]),
        },
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["planned", "pruned"], "default": "planned"},
            "directory": {"type": "str", "required": True},
            "references": {"type": "list", "elements": "str", "required": True},
            "roots": {"type": "list", "elements": "str", "default": []},
            "unchanged": {"type": "str", "default": "1 d"},
            "known": {"type": "str", "default": "1 h"},
            "trash_kept": {"type": "str", "default": "7 d"},
        },
        supports_check_mode=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
