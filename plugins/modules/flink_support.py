#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that helps to understand a cluster, without secrets."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_support
short_description: "Collect what helps to understand a Flink cluster in one archive (internal: called by the roles)"
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - On a host, O(state=collected) writes the configurations and the ends of the logs below directories into an archive.
  - On the controller, O(state=bundled) reads the status, the audit, the jobs with their exceptions and checkpoints,
    the JobManagers' configurations and all thread dumps, and puts them into one archive together with those of the
    hosts. What cannot be read is replaced by the reason, so that there is a bundle also of a cluster that is down.
  - No secret is in an archive, and only its owner may read it. Values of settings that are named like secrets,
    O(secrets), the passwords among the connection options, and users and passwords in addresses are hidden, in logs
    too.
options:
  state:
    description:
      - V(collected) connects to nothing and needs none of the connection options.
      - V(bundled) speaks to the cluster.
    type: str
    choices: [collected, bundled]
    required: true
  path:
    description:
      - The archive.
    type: path
    required: true
  directories:
    description:
      - Where to look, for O(state=collected). Those that do not exist are left out.
    type: list
    elements: path
    default: []
  tail:
    description:
      - The number of bytes at the end of each file that are taken, for O(state=collected).
    type: int
    default: 200000
  parts:
    description:
      - Archives of hosts, by the names of the hosts, for O(state=bundled).
    type: dict
    default: {}
  secrets:
    description:
      - Values that must not be in the archive, whatever they belong to.
    type: list
    elements: str
    default: []
  zookeeper_quorum:
    description:
      - The ZooKeeper servers as C(host:port,host:port), without a path. Required for O(state=bundled).
    type: str
    required: false
  cluster_id:
    description:
      - Flink's C(high-availability.cluster-id). It names the cluster below O(zookeeper_root). Required for
        O(state=bundled).
    type: str
    required: false
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.flink
  - streamops.flink.places
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - Every run writes what it finds.
"""

EXAMPLES = r"""
- name: Collect what this host knows
  streamops.flink.flink_support:
    state: collected
    directories: [/var/lib/streamops-flink/nodes/jm1]
    path: /var/lib/streamops-flink/support.tar.gz

- name: Write down what the cluster says
  streamops.flink.flink_support:
    state: bundled
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    jobmanagers:
      - name: jm1
        url: http://jm1:8081
    path: reports/support.tar.gz
  delegate_to: localhost
"""

RETURN = r"""
path:
  description: The archive.
  type: str
  returned: success
  sample: reports/support.tar.gz
files:
  description: The names of the files in it.
  type: list
  elements: str
  returned: success
  sample: [audit.json, jobs.json, status.json]
round_trips:
  description: How often REST and ZooKeeper were asked.
  type: dict
  returned: for O(state=bundled)
  sample: {rest: 20, zookeeper: 12}
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.options import refuse_foreign
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._module import places_argument_spec, run_node
from ansible_collections.streamops.flink.plugins.module_utils._operations import support as _support

if TYPE_CHECKING:
    from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster

COLLECTED: dict[str, Any] = {
    "directories": {"type": "list", "elements": "path", "default": []},
    "tail": {"type": "int", "default": 200000},
}
BUNDLED: dict[str, Any] = {
    "parts": {"type": "dict", "default": {}},
    "places": places_argument_spec(),
}
CHOICES = {"collected": COLLECTED, "bundled": BUNDLED}


def collect(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    refuse_foreign(params, "state", CHOICES)
    if params["tail"] < 1:
        raise FlinkError(f"tail is {params['tail']}: give the number of bytes of each file that are wanted")
    return written(module, _support.files_of(params["directories"], params["tail"], params["secrets"]))


def audit(cluster: Cluster, options: dict[str, str] | None) -> dict[str, Any]:
    # The hosts, whose Python may be older, do without the library of the cluster.
    from ansible_collections.streamops.flink.plugins.module_utils._ha import findings, survey
    from ansible_collections.streamops.flink.plugins.module_utils._ha.storage import Places

    found = survey.survey(cluster, places=Places.from_dict(options) if options else None)
    return {
        **survey.summary(found),
        "findings": [one.as_dict() for one in findings.findings(found)],
        "next_failover": [one.as_dict() for one in findings.next_failover(found)],
    }


def answered(ask: Callable[[], Any]) -> str:
    try:
        return json.dumps(ask(), indent=2, sort_keys=True) + "\n"
    except FlinkError as error:
        return f"{error}\n"


def bundle(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    from ansible_collections.streamops.flink.plugins.module_utils._operations import status
    from ansible_collections.streamops.flink.plugins.module_utils._operations.support_answers import said

    params = module.params
    refuse_foreign(params, "state", CHOICES)
    files = {
        "status.json": answered(lambda: status.collect(cluster, status.Expected())),
        "audit.json": answered(lambda: audit(cluster, params["places"])),
        **said(cluster),
    }
    for host, part in params["parts"].items():
        files |= {f"hosts/{host}/{name}": text for name, text in _support.read(Path(part)).items()}
    own = [params[name] for name in ("zookeeper_password", "rest_password", "rest_token") if params[name]]
    secrets = [*params["secrets"], *own]
    return written(module, {name: _support.clean(text, secrets) for name, text in files.items()})


def written(module: AnsibleModule, files: dict[str, str]) -> dict[str, Any]:
    if not module.check_mode:
        _support.write(Path(module.params["path"]), files)
    return {"changed": True, "path": module.params["path"], "files": sorted(files)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "zookeeper_quorum": {"type": "str"},
            "cluster_id": {"type": "str"},
            "state": {"type": "str", "choices": ["collected", "bundled"], "required": True},
            "path": {"type": "path", "required": True},
            "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
            **COLLECTED,
            **BUNDLED,
        },
        required_if=[("state", "bundled", ["zookeeper_quorum", "cluster_id"])],
        supports_check_mode=True,
    )
    if module.params["state"] == "collected":
        run_node(module, collect)
    else:
        run(module, bundle)


if __name__ == "__main__":
    main()
