#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_ha_repair
short_description: Move what would kill the next leader of a Flink cluster into quarantine
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Moves what M(streamops.flink.flink_ha_info) has named out of the next leader's way. Nothing is deleted; each thing
    that is moved has a receipt, from which it can be put back.
  - A result of a job is moved into a directory next to its store, whose name ends in C(.quarantine), with its receipt
    next to it. A node of ZooKeeper is moved below O(records_root), where it is its own receipt.
  - Each thing is looked at once more before it is moved. What is gone, or has been put in order meanwhile, is left.
  - Files are moved on the host on which the module runs, which must be able to read the storage and needs nothing but
    Python for that. Nodes need ZooKeeper, and with it kazoo.
options:
  state:
    description:
      - V(quarantined) moves O(findings) away, V(restored) puts back what O(receipts) name.
    type: str
    choices: [quarantined, restored]
    default: quarantined
  findings:
    description:
      - Findings as RV(streamops.flink.flink_ha_info#module:findings) has them. Those that are not repaired by moving
        something are refused.
    type: list
    elements: dict
    default: []
  receipts:
    description:
      - RV(moved[].receipt) of earlier runs.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.flink
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - What has been moved is not moved again. A receipt serves once.
seealso:
  - module: streamops.flink.flink_ha_info
"""

EXAMPLES = r"""
- name: Ask what the next failover would do
  streamops.flink.flink_ha_info:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost
  register: audit

- name: Move the results that no leader could read, on a host that can read the storage
  streamops.flink.flink_ha_repair:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    findings: "{{ audit.findings | selectattr('kind', 'equalto', 'dirty_result') }}"
  delegate_to: jm1
  register: repair

- name: Put them back
  streamops.flink.flink_ha_repair:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    state: restored
    receipts: "{{ repair.moved | map(attribute='receipt') }}"
  delegate_to: jm1
"""

RETURN = r"""
moved:
  description: What was moved, or would be in check mode.
  type: list
  elements: dict
  returned: success
  contains:
    subject:
      description: Where it was, or is again.
      type: str
      returned: always
      sample: /srv/flink/ha/job-result-store/payments/8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e_DIRTY.json
    place:
      description: V(storage) or V(zookeeper).
      type: str
      returned: always
      sample: storage
    target:
      description: Where it is in quarantine, or was.
      type: str
      returned: always
      sample: /srv/ha/job-result-store/payments.quarantine/8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e_DIRTY.json
    receipt:
      description: What it can be put back from, for O(receipts).
      type: str
      returned: always
      sample: /srv/ha/job-result-store/payments.quarantine/8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e_DIRTY.json.receipt.json
    sentence:
      description: Why it was moved.
      type: str
      returned: always
      sample: every JobManager that is elected fails because of it
gone:
  description: Subjects of O(findings) that are not there any more, or have been put in order.
  type: list
  elements: str
  returned: success
  sample: []
round_trips:
  description: How often REST and ZooKeeper were asked.
  type: dict
  returned: always
  sample: {rest: 0, zookeeper: 0}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster.zookeeper import caller
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._ha import repair as _ha_repair
from ansible_collections.streamops.flink.plugins.module_utils._ha.repair import STORAGE, Move


def quarantine(cluster: Cluster, findings: list[dict[str, str]], *, dry: bool) -> tuple[list[Move], list[str]]:
    # All of them are looked at before the first is moved.
    for finding in findings:
        _ha_repair.check(finding)
    by = caller()
    moved: list[Move] = []
    gone: list[str] = []
    for finding in findings:
        if finding["place"] == STORAGE:
            move = _ha_repair.quarantine_file(finding, by, dry=dry)
        else:
            move = _ha_repair.quarantine_node(cluster, finding, by, dry=dry)
        if move is None:
            gone.append(finding["subject"])
        else:
            moved.append(move)
    return moved, gone


def restore(cluster: Cluster, receipts: list[str], *, dry: bool) -> list[Move]:
    return [
        _ha_repair.restore_file(one, dry=dry)
        if one.endswith(_ha_repair.RECEIPT)
        else _ha_repair.restore_node(cluster, one, dry=dry)
        for one in receipts
    ]


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    params = module.params
    gone: list[str] = []
    if params["state"] == "restored":
        moved = restore(cluster, params["receipts"], dry=module.check_mode)
        before, after = [one.target for one in moved], [one.subject for one in moved]
    else:
        moved, gone = quarantine(cluster, params["findings"], dry=module.check_mode)
        before, after = [one.subject for one in moved], [one.target for one in moved]
    return {
        "changed": bool(moved),
        "moved": [one.as_dict() for one in moved],
        "gone": gone,
        "diff": {
            "before": "".join(f"{one}\n" for one in before),
            "after": "".join(f"{one}\n" for one in after),
        },
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "state": {"type": "str", "choices": ["quarantined", "restored"], "default": "quarantined"},
            "findings": {"type": "list", "elements": "dict", "default": []},
            "receipts": {"type": "list", "elements": "str", "default": []},
        },
        required_if=[("state", "restored", ["receipts"])],
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
