#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_ha_storage_info
short_description: "Read what is in the HA storage of a Flink cluster (internal: called by the roles)"
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Reads the HA storage, the result stores and the checkpoint directories of a cluster on a host that can read them,
    for M(streamops.flink.flink_ha_info), which judges it.
  - It needs nothing but Python, because hosts have nothing else.
  - Only directories of the host can be read. Any other storage is named in RV(storage.unread).
options:
  places:
    description:
      - Where the cluster keeps things, as M(streamops.flink.flink_ha_info) returns it.
    required: true
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.info_module
  - streamops.flink.attributes.node
  - streamops.flink.places
seealso:
  - module: streamops.flink.flink_ha_info
"""

EXAMPLES = r"""
- name: Ask ZooKeeper and the leader
  streamops.flink.flink_ha_info:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost
  register: audit

- name: Read the storage where it is mounted
  streamops.flink.flink_ha_storage_info:
    places: "{{ audit.places }}"
  delegate_to: jm1
  register: seen
  when: not audit.storage_read
"""

RETURN = r"""
storage:
  description: What was found. It is meant for O(streamops.flink.flink_ha_info#module:storage).
  type: dict
  returned: success
  contains:
    places:
      description: Where it was looked for.
      type: dict
      returned: success
      sample: {ha: "file:///srv/flink/ha/payments", checkpoints: "file:///srv/flink/checkpoints"}
    files:
      description: The files of the HA storage with the addresses that they hold, and those of them that are missing.
      type: list
      elements: dict
      returned: success
      sample: [{path: /srv/flink/ha/payments/submittedJobGraph1f2e, size: 4096, addresses: [], missing: []}]
    results:
      description: The results of jobs.
      type: list
      elements: dict
      returned: success
      sample: []
    directories:
      description: The directories of jobs' checkpoints, and the numbers of those that are complete.
      type: list
      elements: dict
      returned: success
      sample: [{path: /srv/flink/checkpoints/8f3d3e, job_id: 8f3d3e, complete: [11, 12]}]
    blobs:
      description: The names below the blob store.
      type: list
      elements: str
      returned: success
      sample: [job_8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e]
    unread:
      description: The places that could not be read, and why.
      type: dict
      returned: success
      sample: {}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._ha.storage import Places, read
from ansible_collections.streamops.flink.plugins.module_utils._module import places_argument_spec, run_node


def body(module: AnsibleModule) -> dict[str, Any]:
    return {"storage": read(Places.from_dict(module.params["places"])).as_dict()}


def main() -> None:
    module = AnsibleModule(argument_spec={"places": places_argument_spec(required=True)}, supports_check_mode=True)
    run_node(module, body)


if __name__ == "__main__":
    main()
