# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that talk to a cluster: the options of the connection, and the client that their bodies are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._base.errors import FlinkError
from ._base.progress import Progress
from ._cluster.client import Cluster, Settings
from ._module import Result, finish

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible.module_utils.basic import AnsibleModule


def connection_argument_spec() -> dict[str, Any]:
    """The options of the doc fragment streamops.flink.connection."""
    return {
        "zookeeper_quorum": {"type": "str", "required": True},
        "zookeeper_root": {"type": "str", "default": "/flink"},
        "cluster_id": {"type": "str", "required": True},
        "records_root": {"type": "str", "default": "/streamops"},
        "zookeeper_username": {"type": "str"},
        "zookeeper_password": {"type": "str", "no_log": True},
        "zookeeper_tls": {
            "type": "dict",
            "options": {
                "ca": {"type": "path"},
                "cert": {"type": "path"},
                "key": {"type": "path", "no_log": False},
                "verify": {"type": "bool", "default": True},
            },
        },
        "jobmanagers": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "url": {"type": "str", "required": True},
            },
        },
        "rest_username": {"type": "str"},
        "rest_password": {"type": "str", "no_log": True},
        "rest_token": {"type": "str", "no_log": True},
        "rest_ca_path": {"type": "path"},
        "rest_client_cert": {"type": "path"},
        "rest_client_key": {"type": "path", "no_log": False},
        "rest_validate_certs": {"type": "bool", "default": True},
        "request_timeout": {"type": "float", "default": 10.0},
        "failover_timeout": {"type": "float"},
    }


CONNECTION_OPTIONS = frozenset(connection_argument_spec())


def run(module: AnsibleModule, body: Callable[[AnsibleModule, Cluster], Result]) -> None:
    """Run the body against the cluster of the connection options, then end the module."""
    finish(module, lambda: _with_cluster(module, body))


def _with_cluster(module: AnsibleModule, body: Callable[[AnsibleModule, Cluster], Result]) -> Result:
    settings = Settings.from_options({key: module.params[key] for key in CONNECTION_OPTIONS})
    with Cluster(settings, progress=Progress.from_environment()) as cluster:
        try:
            result = body(module, cluster)
        except FlinkError as error:
            error.details.setdefault("round_trips", cluster.round_trips())
            raise
        result.setdefault("round_trips", cluster.round_trips())
    return result
