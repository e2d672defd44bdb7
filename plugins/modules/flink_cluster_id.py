#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose a cluster id in ZooKeeper is."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_cluster_id
short_description: "Check, claim and give back a Flink cluster id in ZooKeeper (internal: called by the roles)"
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Two clusters with one O(cluster_id) in one ZooKeeper take each other's jobs. This module returns whose an id is,
    from a record that it keeps below O(records_root) and from the leader that Flink has published.
  - With O(state=checked) nothing is changed. A ZooKeeper that does not answer is not an error, because it may be about
    to be installed.
  - With O(state=released) all nodes of the cluster are removed, those of Flink and the records of this collection. It
    refuses while a JobManager holds a session. The files in the storage directory stay.
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description:
      - V(checked) fails when the id is another cluster's.
      - V(claimed) also records that it is ours.
      - V(released) removes all nodes of the cluster from ZooKeeper.
    type: str
    choices: [checked, claimed, released]
    default: checked
  takeover:
    description: Accept an id that another cluster has claimed, because that cluster is gone for good.
    type: bool
    default: false
  timeout:
    description: Seconds to wait for the last JobManager's session to end, for O(state=released).
    type: float
    default: 90
  flink_version:
    description:
      - The version of Flink that is about to be deployed, or was. With V(claimed) it is recorded. With V(checked) it is
        compared with what is recorded, and another version is refused while there are jobs that it would lose, or an
        upgrade is half done.
    type: str
    version_added: 1.0.0
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.flink
seealso:
  - module: streamops.flink.flink_leader_info
"""

EXAMPLES = r"""
- name: Make sure that no other cluster uses this id
  streamops.flink.flink_cluster_id:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    jobmanagers:
      - {name: jm1, url: "http://jm1:8081"}
      - {name: jm2, url: "http://jm2:8081"}
  delegate_to: localhost
  run_once: true

- name: Give the id of a stopped cluster back
  streamops.flink.flink_cluster_id:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    state: released
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
reachable:
  description: Whether a ZooKeeper server accepted a connection.
  type: bool
  returned: always
  sample: true
owner:
  description: The JobManagers that the id was claimed for; null when it is not claimed.
  type: list
  elements: str
  returned: always
  sample: ["http://jm1:8081", "http://jm2:8081"]
contenders:
  description: How many JobManagers lead or wait to lead under this id.
  type: int
  returned: always
  sample: 2
jobs:
  description: Ids of the jobs that Flink keeps for the next leader.
  type: list
  elements: str
  returned: always
  sample: [8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e]
flink_version:
  description: The version of Flink that was deployed last; null when none is recorded.
  type: str
  returned: always
  sample: 1.20.5
removed:
  description: The nodes that were removed with all below them.
  type: list
  elements: str
  returned: when O(state=released)
  sample: [/flink/payments, /streamops/payments]
round_trips:
  description: How often REST and ZooKeeper were asked.
  type: dict
  returned: always
  sample: {rest: 0, zookeeper: 7}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster.ownership import (
    Found,
    as_result,
    check,
    claim,
    our_urls,
    release,
)
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._jobs.view import flink_version as running_version
from ansible_collections.streamops.flink.plugins.module_utils._upgrade.swap import refuse_site


def refuse_swap(cluster: Cluster, found: Found, wanted: str) -> None:
    """A cluster that was deployed may have jobs that other binaries would lose."""
    deployed = found.flink_version
    if not deployed and found.jobs and found.contenders:
        deployed = running_version(cluster)
    refuse_site(cluster, wanted, deployed, found.jobs)


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    state = module.params["state"]
    found = check(cluster, takeover=module.params["takeover"])
    result = as_result(found)
    version = module.params["flink_version"] or ""
    if state == "checked":
        if version and found.reachable and found.owner is not None:
            refuse_swap(cluster, found, version)
        return result
    if not found.reachable:
        raise FlinkError(
            f"cluster id {cluster.settings.cluster_id} cannot be {state}: nothing listens on"
            f" {cluster.settings.zookeeper.quorum}, start ZooKeeper first"
        )
    if state == "claimed":
        wanted = our_urls(cluster)
        version = version or found.flink_version
        before = {"owner": found.owner, "flink_version": found.flink_version}
        after = {"owner": wanted, "flink_version": version}
        result["changed"] = before != after
        result["diff"] = {"before": before, "after": after}
        if result["changed"] and not module.check_mode:
            claim(cluster, version)
            result |= {"owner": wanted, "flink_version": version or None}
        return result
    present = [path for path in (cluster.root, cluster.records.root) if cluster.zk.exists(path)]
    result["changed"] = bool(present)
    result["removed"] = present
    result["diff"] = {"before": {"nodes": present}, "after": {"nodes": []}}
    if present and not module.check_mode:
        result["removed"] = release(cluster, module.params["timeout"])
    return result


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "state": {"type": "str", "choices": ["checked", "claimed", "released"], "default": "checked"},
            "takeover": {"type": "bool", "default": False},
            "flink_version": {"type": "str"},
            "timeout": {"type": "float", "default": 90},
        },
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
