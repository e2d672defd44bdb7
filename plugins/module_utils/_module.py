# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place where the library meets Ansible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._base.errors import FlinkError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible.module_utils.basic import AnsibleModule

    from ._cluster.client import Cluster

Result = dict[str, Any]


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


def places_argument_spec(*, required: bool = False) -> dict[str, Any]:
    """Where a cluster keeps things, for the modules that look at its storage."""
    names = ("ha", "results", "application_results", "checkpoints", "savepoints")
    return {
        "type": "dict",
        "required": required,
        "options": {name: {"type": "str", "default": ""} for name in names},
    }


CONNECTION_OPTIONS = frozenset(connection_argument_spec())


def run(module: AnsibleModule, body: Callable[[AnsibleModule, Cluster], Result]) -> None:
    """Run the body against the cluster of the connection options, then end the module."""
    # Modules that change a host end here too and do without the library of the cluster.
    from ._base.progress import Progress
    from ._cluster.client import Cluster, Settings

    try:
        settings = Settings.from_options({key: module.params[key] for key in CONNECTION_OPTIONS})
        with Cluster(settings, progress=Progress.from_environment()) as cluster:
            try:
                result = body(module, cluster)
            except FlinkError as error:
                error.details.setdefault("round_trips", cluster.round_trips())
                raise
            result.setdefault("round_trips", cluster.round_trips())
    except FlinkError as error:
        _fail(module, error)
    else:
        result.setdefault("changed", False)
        module.exit_json(**result)


def run_node(module: AnsibleModule, body: Callable[[AnsibleModule], Result]) -> None:
    """Run a body that needs no cluster, then end the module."""
    try:
        result = body(module)
    except FlinkError as error:
        _fail(module, error)
    else:
        result.setdefault("changed", False)
        module.exit_json(**result)


def _fail(module: AnsibleModule, error: FlinkError) -> None:
    details = {key: value for key, value in error.details.items() if key not in {"msg", "failed"}}
    module.fail_json(msg=error.message, **details)
