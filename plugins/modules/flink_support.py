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
  - Asks for the status, the audit, the jobs with their exceptions and checkpoints, the JobManagers' configurations and
    all thread dumps, and puts them into one archive together with those that M(streamops.flink.flink_support_files) has
    written on the hosts. What cannot be read is replaced by the reason, so that there is a bundle also of a cluster
    that is down.
  - No secret is in the archive, and only its owner may read it. Values of settings that are named like secrets,
    O(secrets), the passwords among the connection options, and users and passwords in addresses are hidden, in logs
    too.
options:
  path:
    description:
      - The archive.
    type: path
    required: true
  parts:
    description:
      - Archives of hosts, by the names of the hosts.
    type: dict
    default: {}
  secrets:
    description:
      - Values that must not be in the archive, whatever they belong to.
    type: list
    elements: str
    default: []
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
- name: Write down what the cluster says
  streamops.flink.flink_support:
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
  returned: success
  sample: {rest: 20, zookeeper: 12}
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._ha import findings, survey
from ansible_collections.streamops.flink.plugins.module_utils._ha.storage import Places
from ansible_collections.streamops.flink.plugins.module_utils._module import places_argument_spec
from ansible_collections.streamops.flink.plugins.module_utils._operations import status as _status
from ansible_collections.streamops.flink.plugins.module_utils._operations import support as _support
from ansible_collections.streamops.flink.plugins.module_utils._operations.support_answers import said


def audit(cluster: Cluster, options: dict[str, str] | None) -> dict[str, Any]:
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


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    params = module.params
    files = {
        "status.json": answered(lambda: _status.collect(cluster, _status.Expected())),
        "audit.json": answered(lambda: audit(cluster, params["places"])),
        **said(cluster),
    }
    for host, part in params["parts"].items():
        files |= {f"hosts/{host}/{name}": text for name, text in _support.read(Path(part)).items()}
    own = [params[name] for name in ("zookeeper_password", "rest_password", "rest_token") if params[name]]
    secrets = [*params["secrets"], *own]
    clean = {name: _support.clean(text, secrets) for name, text in files.items()}
    if not module.check_mode:
        _support.write(Path(params["path"]), clean)
    return {"changed": True, "path": params["path"], "files": sorted(clean)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "path": {"type": "path", "required": True},
            "parts": {"type": "dict", "default": {}},
            "places": places_argument_spec(),
            "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
        },
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
