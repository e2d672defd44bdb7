#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_ha_info
short_description: Show what the next failover of a Flink cluster would do
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Reads ZooKeeper, the HA storage, the result stores, the checkpoint directories and the running jobs together, and
    says for each job from which checkpoint the next leader would restore it, or why it would not.
  - Finds what would kill the next leader (V(poison)), what would lose a job or its state or run it twice (V(loss)), and
    what does no harm by itself (V(note)).
  - Looks at nodes and files twice where a running cluster changes them meanwhile, so that nothing is reported that was
    only on its way.
  - Storage other than directories of a host, such as S3, cannot be read; RV(unread) and a finding say so.
options:
  storage:
    description:
      - What M(streamops.flink.flink_ha_storage_info) has read on a host that can read the storage. Without it, the
        storage is read on the host on which this module runs.
    type: dict
  pointers:
    description:
      - The RV(pointers) that this module returned before O(storage) was read. Only nodes that were there before and
        after say something about the storage.
    type: dict
  flink_version:
    description:
      - Judge for a next leader of this version, instead of the version that leads now.
    type: str
  references:
    description:
      - Also return RV(references), which M(streamops.flink.flink_checkpoint_prune) needs. Fails when ZooKeeper or the
        REST API of any JobManager is away, because nothing is proved then.
    type: bool
    default: false
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.info_module
  - streamops.flink.attributes.flink
  - streamops.flink.places
seealso:
  - module: streamops.flink.flink_ha_repair
  - module: streamops.flink.flink_ha_storage_info
"""

EXAMPLES = r"""
- name: Ask what the next failover would do
  streamops.flink.flink_ha_info:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    jobmanagers:
      - name: jm1
        url: http://jm1:8081
  delegate_to: localhost
  register: audit

- name: Read the storage where it is mounted, when the controller does not see it
  streamops.flink.flink_ha_storage_info:
    places: "{{ audit.places }}"
  delegate_to: jm1
  register: seen
  when: not audit.storage_read

- name: Judge both together
  streamops.flink.flink_ha_info:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    storage: "{{ seen.storage }}"
    pointers: "{{ audit.pointers }}"
  delegate_to: localhost
  register: audit
  when: seen.storage is defined
"""

RETURN = r"""
findings:
  description: What is not as it should be, the worst first.
  type: list
  elements: dict
  returned: success
  contains:
    kind:
      description:
        - V(dirty_result), V(old_result), V(damaged_graph), V(missing_graph), V(other_version), V(orphan_job),
          V(missing_checkpoint), V(missing_state), V(lost_registry), V(orphan_checkpoints), V(orphan_files),
          V(contender) or V(unread).
      type: str
      returned: always
      sample: dirty_result
    severity:
      description: V(poison), V(loss) or V(note).
      type: str
      returned: always
      sample: poison
    subject:
      description: The file or the node.
      type: str
      returned: always
      sample: /srv/flink/ha/job-result-store/payments/8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e_DIRTY.json
    sentence:
      description: What is wrong, in one sentence.
      type: str
      returned: always
      sample: "…_DIRTY.json is the result of the job 8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e, and Flink 2.3.0 cannot read it,
        because it names no application: every JobManager that is elected fails because of it"
    remedy:
      description: What to do about it.
      type: str
      returned: always
      sample: run flink_ha_repair (playbooks/repair.yml), which moves it into quarantine, before a JobManager fails
    job_id:
      description: The job that it is about; empty when it is about none.
      type: str
      returned: always
      sample: 8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e
    place:
      description: V(storage) or V(zookeeper), where the subject is; empty when it is in neither.
      type: str
      returned: always
      sample: storage
poison:
  description: The sentences of the findings that would kill the next leader.
  type: list
  elements: str
  returned: success
  sample: []
loss:
  description: The sentences of the findings that would lose a job or its state, or run a job twice.
  type: list
  elements: str
  returned: success
  sample: []
next_failover:
  description: What the next leader would do with every job.
  type: list
  elements: dict
  returned: success
  contains:
    job_id:
      description: The job.
      type: str
      returned: always
      sample: 8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e
    name:
      description: Its name; empty when unknown.
      type: str
      returned: always
      sample: transactions
    state:
      description: Its state now; empty when the leader does not list it.
      type: str
      returned: always
      sample: RUNNING
    recovers:
      description: Whether it would run again.
      type: bool
      returned: always
      sample: true
    checkpoint_id:
      description: The newest checkpoint in the HA store; null when there is none.
      type: int
      returned: always
      sample: 12
    path:
      description: Where that checkpoint is; empty when it could not be read.
      type: str
      returned: always
      sample: file:/srv/flink/checkpoints/8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e/chk-12
    sentence:
      description: The same in words.
      type: str
      returned: always
      sample: it would be restored from checkpoint 12 at file:/srv/flink/checkpoints/8f3d/chk-12
store_empty:
  description: Whether no job is left in the HA store, so that another version may take over.
  type: bool
  returned: success
  sample: false
jobs_in_store:
  description: The ids of the jobs that have left anything in the HA store.
  type: list
  elements: str
  returned: success
  sample: [8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e]
storage_read:
  description: Whether the HA storage was read, here or by M(streamops.flink.flink_ha_storage_info).
  type: bool
  returned: success
  sample: true
places:
  description: Where the cluster keeps things.
  type: dict
  returned: success
  sample:
    ha: file:///srv/flink/ha/payments
    results: file:///srv/flink/ha/job-result-store/payments
    application_results: file:///srv/flink/ha/application-result-store/payments
    checkpoints: file:///srv/flink/checkpoints
    savepoints: file:///srv/flink/savepoints
pointers:
  description: The nodes that point at files, for O(pointers).
  type: dict
  returned: success
  sample: {/flink/payments/jobgraphs/8f3d3e: /srv/flink/ha/payments/submittedJobGraph1f2e}
references:
  description: The ids of all jobs that are referred to, of this cluster and of all others below the same roots.
  type: list
  elements: str
  returned: when O(references) is V(true)
  sample: [8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e]
unread:
  description: What could not be read, and why.
  type: dict
  returned: success
  sample: {}
cluster_id:
  description: The cluster.
  type: str
  returned: success
  sample: /payments
checked_at:
  description: When it was looked at.
  type: str
  returned: success
  sample: "2026-11-21T13:00:00.000Z"
flink_version:
  description: The version of the leader; null when none answers.
  type: str
  returned: success
  sample: 1.20.5
leader:
  description: The leading JobManager, as M(streamops.flink.flink_leader_info) returns it; null when there is no leader.
  type: dict
  returned: success
  sample: {name: jm1, url: "http://jm1:8081", since: "2026-11-21T13:00:00.000Z"}
contenders:
  description: How many JobManagers lead or wait to lead.
  type: int
  returned: success
  sample: 2
round_trips:
  description: How often REST and ZooKeeper were asked.
  type: dict
  returned: always
  sample: {rest: 5, zookeeper: 9}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._ha.findings import (
    Severity,
    findings,
    next_failover,
)
from ansible_collections.streamops.flink.plugins.module_utils._ha.storage import Places, Storage
from ansible_collections.streamops.flink.plugins.module_utils._ha.survey import references, summary, survey
from ansible_collections.streamops.flink.plugins.module_utils._module import places_argument_spec


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    params = module.params
    found = survey(
        cluster,
        places=Places.from_dict(params["places"]) if params["places"] else None,
        storage=Storage.from_dict(params["storage"]) if params["storage"] else None,
        earlier=params["pointers"],
    )
    version = params["flink_version"] or ""
    judged = findings(found, version)
    known = {"references": references(cluster, found)} if params["references"] else {}
    return {
        **summary(found),
        **known,
        "storage_read": found.storage is not None and "ha" not in found.storage.unread,
        "findings": [one.as_dict() for one in judged],
        "poison": [one.sentence for one in judged if one.severity is Severity.POISON],
        "loss": [one.sentence for one in judged if one.severity is Severity.LOSS],
        "next_failover": [one.as_dict() for one in next_failover(found, version)],
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "places": places_argument_spec(),
            "storage": {"type": "dict"},
            "pointers": {"type": "dict"},
            "flink_version": {"type": "str"},
            "references": {"type": "bool", "default": False},
        },
        required_together=[("storage", "pointers")],
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
