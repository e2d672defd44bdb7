# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes of an inventory, and what follows from them. Each filter is documented in <name>.yml."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._base.addresses import (
    BadAddress,
    host_port,
    parse_addresses,
)
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.public import public
from ansible_collections.streamops.flink.plugins.module_utils._config.daemons import daemons
from ansible_collections.streamops.flink.plugins.module_utils._config.inventory import Node, expected, nodes, urls
from ansible_collections.streamops.flink.plugins.module_utils._operations.order import Order, order
from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors


@filter_errors
def flink_nodes(
    groups: Mapping[str, Iterable[str]],
    hostvars: Mapping[str, Mapping[str, Any]],
    shared: Mapping[str, Any] | None = None,
) -> list[Node]:
    if not isinstance(groups, Mapping):
        raise FlinkError(f"flink_nodes requires Ansible's groups, got {type(groups).__name__}")
    return nodes(groups, hostvars, shared or {})


@filter_errors
def flink_urls(cluster: list[Node], daemon: str, port: str, scheme: str = "http") -> list[dict[str, str]]:
    return urls(cluster, daemon, port, scheme)


@filter_errors
def flink_expected(cluster: list[Node], jobs: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    return expected(cluster, jobs)


@filter_errors
def flink_host_daemons(cluster: list[Node], name: str, variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for node in cluster if node["name"] == name for one in daemons(node, variables)]


@filter_errors
def flink_roll_order(
    cluster: list[Node], hostvars: Mapping[str, Mapping[str, Any]], gate: Mapping[str, Any], batch: int = 1
) -> Order:
    waiting = {node["name"]: hostvars[node["name"]].get("flink_restarts_needed") or () for node in cluster}
    return order(cluster, waiting, gate, int(batch))


@filter_errors
def flink_host_port(host: Any, port: Any) -> str:
    return host_port(str(host), port)


@filter_errors
def flink_servers(quorum: Any) -> list[str]:
    """What cannot be read is reported where the inventory is checked."""
    try:
        return [host_port(host, port) for host, port in parse_addresses(str(quorum))]
    except BadAddress:
        return []


@filter_errors
def flink_public(variables: Any) -> Any:
    return public(variables)


class FilterModule:
    """Filters that read the inventory."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "flink_nodes": flink_nodes,
            "flink_urls": flink_urls,
            "flink_expected": flink_expected,
            "flink_host_daemons": flink_host_daemons,
            "flink_roll_order": flink_roll_order,
            "flink_host_port": flink_host_port,
            "flink_servers": flink_servers,
            "flink_public": flink_public,
        }
