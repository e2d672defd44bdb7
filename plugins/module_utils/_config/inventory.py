# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory as plain data: who runs which daemon, where, on which ports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from .._base.addresses import host_port
from .variables import flag

# Daemons by inventory group, with the ports each of them opens: variable -> default.
# The defaults are those of the daemon roles; a host's own variables win.
DAEMONS: dict[str, tuple[str, dict[str, int]]] = {
    "zookeeper": (
        "zookeeper",
        {"zookeeper_client_port": 2181, "zookeeper_peer_port": 2888, "zookeeper_election_port": 3888},
    ),
    "jobmanagers": (
        "jobmanager",
        {
            "jobmanager_rest_port": 8081,
            "jobmanager_rpc_port": 6123,
            "jobmanager_blob_port": 6124,
            "jobmanager_query_port": 6125,
            "jobmanager_metrics_port": 9249,
        },
    ),
    "taskmanagers": (
        "taskmanager",
        {
            "taskmanager_rpc_port": 6122,
            "taskmanager_data_port": 6121,
            "taskmanager_query_port": 6126,
            "taskmanager_metrics_port": 9250,
        },
    ),
    "sql_gateways": ("sql_gateway", {"sql_gateway_port": 8083}),
    "history_servers": ("history_server", {"history_server_port": 8082}),
    "monitoring": ("prometheus", {"monitoring_prometheus_port": 9090}),
}


# How a host comes by its ZooKeeper. Flink's own is old and serves a cluster on one machine; existing is not ours.
ZOOKEEPER_SOURCES = ("bundled", "maven", "archive", "package", "image", "existing")
# A ZooKeeper of its own, with a metrics provider and the logging that it ships with.
MAINTAINED_SOURCES = ("maven", "archive", "image")
_SOURCE_OF_RUNTIME = {"process": "bundled", "docker": "image"}
_ZOOKEEPER_METRICS_PORT = 7000
_GUARDIAN_METRICS_PORT = 9259


def zookeeper_source(variables: Mapping[str, Any]) -> str:
    """The source that holds: the one that is set, or else the one that suits the runtime."""
    given = str(variables.get("zookeeper_source") or "").strip()
    if given:
        return given
    return _SOURCE_OF_RUNTIME.get(str(variables.get("flink_runtime") or "process"), "maven")


class Node(TypedDict):
    """One inventory host of the cluster."""

    name: str
    machine: str
    address: str
    daemons: list[str]
    ports: dict[str, int]
    myid: int | None
    resource_id: str | None
    slots: int
    node_dir: str


def _int(value: Any) -> Any:
    """A whole number where the text is one; anything else goes on to preflight, which names it."""
    text = str(value).strip()
    return int(text) if text.lstrip("-").isdigit() else value


def nodes(
    groups: Mapping[str, Iterable[str]], hostvars: Mapping[str, Mapping[str, Any]], shared: Mapping[str, Any]
) -> list[Node]:
    """Every host of the cluster's groups, in the order of the inventory.

    :arg groups: Ansible's ``groups``.
    :arg hostvars: Ansible's ``hostvars``.
    :arg shared: values that hold where a host does not say otherwise
        (``base_dir``, ``slots``).
    :returns: one entry a host; ``machine`` is equal for hosts that are the same machine.
    """
    names: dict[str, None] = {}
    for group in DAEMONS:
        for name in groups.get(group, ()):
            names.setdefault(str(name))
    return [_node(name, groups, hostvars[name], shared) for name in names]


def _node(
    name: str, groups: Mapping[str, Iterable[str]], variables: Mapping[str, Any], shared: Mapping[str, Any]
) -> Node:
    daemons: list[str] = []
    ports: dict[str, int] = {}
    for group, (daemon, defaults) in DAEMONS.items():
        if name in groups.get(group, ()):
            daemons.append(daemon)
            ports.update({key: _int(variables.get(key, default)) for key, default in defaults.items()})
    if "zookeeper" in daemons and zookeeper_source({**shared, **variables}) in MAINTAINED_SOURCES:
        ports["zookeeper_metrics_port"] = _int(variables.get("zookeeper_metrics_port", _ZOOKEEPER_METRICS_PORT))
    watched = {"flink_watchdog_enabled": variables.get("flink_watchdog_enabled") or False}
    if "jobmanager" in daemons and flag(watched, "flink_watchdog_enabled"):
        ports["guardian_metrics_port"] = _int(variables.get("guardian_metrics_port", _GUARDIAN_METRICS_PORT))
    address = str(variables.get("flink_host_address") or variables.get("ansible_host") or name)
    local = variables.get("ansible_connection") == "local"
    # Containers have addresses of their own: their machine is where their Docker Engine is asked.
    docker = str(variables.get("flink_runtime") or shared.get("flink_runtime") or "") == "docker"
    asked = str(variables.get("ansible_host") or name) if docker else address
    machine = str(variables.get("flink_machine") or ("localhost" if local else asked))
    myid = variables.get("zookeeper_myid") if "zookeeper" in daemons else None
    base_dir = str(variables.get("flink_base_dir") or shared.get("base_dir") or "")
    return {
        "name": name,
        "machine": machine,
        "address": address,
        "daemons": daemons,
        "ports": ports,
        "myid": None if myid is None else _int(myid),
        "resource_id": str(variables.get("taskmanager_resource_id") or name) if "taskmanager" in daemons else None,
        "slots": _int(variables.get("taskmanager_slots", shared.get("slots", 4))) if "taskmanager" in daemons else 0,
        "node_dir": str(variables.get("flink_node_dir") or f"{base_dir}/nodes/{name}"),
    }


def with_daemon(cluster: Iterable[Node], daemon: str) -> list[Node]:
    """The nodes that run one daemon, ZooKeeper servers ordered by their ``myid``."""
    found = [node for node in cluster if daemon in node["daemons"]]
    if daemon == "zookeeper":
        found.sort(key=lambda node: (node["myid"] is None, str(node["myid"]).rjust(9)))
    return found


def urls(cluster: Iterable[Node], daemon: str, port: str, scheme: str = "http") -> list[dict[str, str]]:
    """Name and address of one daemon's HTTP interface on every node that runs it."""
    return [
        {"name": node["name"], "url": f"{scheme}://{host_port(node['address'], node['ports'][port])}"}
        for node in with_daemon(cluster, daemon)
    ]


def zookeeper_address(node: Node) -> str:
    """Where clients reach the ZooKeeper server of a node, as the quorum has it."""
    return host_port(node["address"], node["ports"]["zookeeper_client_port"])


def expected(cluster: Sequence[Node], jobs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the inventory promises, as the options of flink_status."""
    servers = with_daemon(cluster, "zookeeper")
    return {
        "zookeepers": {zookeeper_address(node): node["name"] for node in servers},
        "taskmanagers": [str(node["resource_id"]) for node in with_daemon(cluster, "taskmanager")],
        "slots": sum(node["slots"] for node in cluster),
        "jobs": [str(job["name"]) for job in jobs if job.get("state", "running") == "running"],
    }
