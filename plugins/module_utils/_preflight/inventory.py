# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an inventory, before any host is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from .._base.errors import FlinkError
from .._config.inventory import ZOOKEEPER_SOURCES, Node, with_daemon, zookeeper_address
from .._config.profile import quorum_text
from .addresses import JAVA_URIS, address_problem

K = TypeVar("K")


# --- The inventory ---------------------------------------------------------------------------------------------

LOCAL_SCHEMES = frozenset({"file"})


_CLUSTER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_CLUSTER_ID = re.compile(r"(/[A-Za-z0-9._-]+)+\Z")


@dataclass(frozen=True)
class ClusterDescription:
    """What holds for the whole cluster."""

    cluster_id: str
    version: str
    runtime: str
    runtimes: Sequence[str]
    storage_url: str
    storage_shared: bool = False
    standby_required: bool = True
    zookeeper_source: str = "bundled"
    zookeeper_quorum: str = ""
    even_allowed: bool = False
    cluster_name: str = ""


def inventory_problems(
    nodes: Sequence[Node], cluster: ClusterDescription, check_version: Callable[[str], object]
) -> list[str]:
    """Everything that is wrong with an inventory, without asking any machine.

    :arg check_version: raises FlinkError for a version of Flink that is not known.
    """
    return [
        *_group_problems(nodes, cluster),
        *_myid_problems(nodes),
        *_port_number_problems(nodes),
        *_clash_problems(nodes, cluster.runtime),
        *_address_problems(nodes),
        *_slot_problems(nodes),
        *_cluster_name_problems(cluster),
        *_quorum_problems(nodes, cluster),
        *_choice_problems(cluster, check_version),
        *_storage_problems(cluster, len(machines(nodes))),
    ]


def machines(nodes: Iterable[Node]) -> list[str]:
    return list(dict.fromkeys(node["machine"] for node in nodes))


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _names(nodes: Iterable[Node]) -> str:
    return _and(node["name"] for node in nodes)


def _group_problems(nodes: Sequence[Node], cluster: ClusterDescription) -> Iterator[str]:
    servers, managers = with_daemon(nodes, "zookeeper"), with_daemon(nodes, "jobmanager")
    existing = cluster.zookeeper_source == "existing"
    for group, found in (
        *([] if existing else [("zookeeper", servers)]),
        ("jobmanagers", managers),
        ("taskmanagers", with_daemon(nodes, "taskmanager")),
    ):
        if not found:
            yield f"the group {group} of the inventory is empty: put at least one host into it"
    if existing and servers:
        yield (
            f"the group zookeeper has hosts ({_names(servers)}), but zookeeper_source is existing: take them out of the"
            " group, or choose another source to run servers on them"
        )
    elif existing and not cluster.zookeeper_quorum:
        yield (
            "flink_zookeeper_quorum is empty, but zookeeper_source is existing: name the servers of that ensemble"
            " there, host:port,host:port"
        )
    if cluster.zookeeper_source not in ZOOKEEPER_SOURCES:
        yield f"zookeeper_source {cluster.zookeeper_source!r} is not known: use one of {', '.join(ZOOKEEPER_SOURCES)}"
    if servers and len(servers) % 2 == 0 and not cluster.even_allowed:
        yield (
            f"the group zookeeper has {len(servers)} hosts ({_names(servers)}), an even number, which survives no more"
            f" failures than {len(servers) - 1}: use an odd number, best 3 or 5"
        )
    if len(managers) == 1 and cluster.standby_required:
        yield (
            f"the group jobmanagers has one host only ({_names(managers)}), but without a second one there is none"
            " to take over when it fails: add a host, or set flink_ha_standby_required: false"
        )


def _myid_problems(nodes: Sequence[Node]) -> Iterator[str]:
    servers = with_daemon(nodes, "zookeeper")
    for node in servers:
        myid: Any = node["myid"]
        if not isinstance(myid, int) or not 1 <= myid <= 255:
            given = "no zookeeper_myid" if myid is None else f"zookeeper_myid {myid!r}"
            yield f"{node['name']} has {given}: give every ZooKeeper server a number of its own between 1 and 255"
    for number, users in _shared((node["myid"], node["name"]) for node in servers if node["myid"] is not None):
        yield f"{users} have the same zookeeper_myid {number}: give every ZooKeeper server a number of its own"


def _port_number_problems(nodes: Sequence[Node]) -> Iterator[str]:
    for node in nodes:
        for variable, port in node["ports"].items():
            if not _is_port(port):
                yield f"{node['name']} has {variable} {port!r}: give a port between 1 and 65535"


def _is_port(port: Any) -> bool:
    return isinstance(port, int) and 1 <= port <= 65535


def _shared(users: Iterable[tuple[K, str]]) -> Iterator[tuple[K, str]]:
    """What has more than one user, and who they are."""
    found: dict[K, list[str]] = {}
    for thing, user in users:
        found.setdefault(thing, []).append(user)
    return ((thing, _and(names)) for thing, names in found.items() if len(names) > 1)


def _clash_problems(nodes: Sequence[Node], runtime: str) -> Iterator[str]:
    """What no two daemons of a machine, or of the cluster, may share. Containers have the ports to themselves."""
    ports = (
        ((node["address" if runtime == "docker" else "machine"].lower(), port), f"{variable} of {node['name']}")
        for node in nodes
        for variable, port in node["ports"].items()
        if _is_port(port)
    )
    for (machine, port), users in _shared(ports):
        yield f"port {port} on {machine} is given twice, as {users}: give each its own port"
    for (machine, directory), users in _shared(((node["machine"], node["node_dir"]), node["name"]) for node in nodes):
        yield f"{users} have the same directory {directory} on {machine}: give each its own flink_node_dir"
    for resource, users in _shared((node["resource_id"], node["name"]) for node in with_daemon(nodes, "taskmanager")):
        yield (
            f"{users} have the same taskmanager_resource_id {resource}, and would destroy each other's files:"
            " give each its own"
        )


def _address_problems(nodes: Sequence[Node]) -> Iterator[str]:
    for node in nodes:
        why = address_problem(node["address"], java=any(one in JAVA_URIS for one in node["daemons"]))
        if why:
            yield f"{node['name']} has the address {node['address']!r} (flink_host_address), {why}"
    if len(machines(nodes)) < 2:
        return
    for node in nodes:
        if node["address"] in ("localhost", "::1") or node["address"].startswith("127."):
            yield (
                f"{node['name']} gives {node['address']} as its address, where other machines cannot reach it:"
                " set flink_host_address to a name or address that all of them know"
            )


def _slot_problems(nodes: Sequence[Node]) -> Iterator[str]:
    for node in with_daemon(nodes, "taskmanager"):
        slots: Any = node["slots"]
        if not isinstance(slots, int) or slots < 1:
            yield f"{node['name']} has taskmanager_slots {slots!r}: give a number of at least 1"


def _cluster_id_problems(cluster_id: str) -> Iterator[str]:
    if cluster_id.strip("/") == "default":
        yield (
            "flink_cluster_id is /default, which is that of every Flink cluster without one: set flink_cluster_name, or"
            " flink_cluster_id, to a name that no other cluster has"
        )
    elif not _CLUSTER_ID.match(cluster_id):
        yield (
            f"flink_cluster_id {cluster_id!r} cannot be a path in ZooKeeper: write it like /payments, with letters,"
            " digits, dots, hyphens and underscores"
        )


def _cluster_name_problems(cluster: ClusterDescription) -> Iterator[str]:
    if cluster.cluster_name and not _CLUSTER_NAME.match(cluster.cluster_name):
        yield (
            f"flink_cluster_name {cluster.cluster_name!r} cannot be a part of the names of files, units and containers:"
            " write it like payments, with letters without accents, digits, dots, hyphens and underscores, up to 100"
        )
        if cluster.cluster_id == f"/{cluster.cluster_name}":
            return
    yield from _cluster_id_problems(cluster.cluster_id)


def _quorum_problems(nodes: Sequence[Node], cluster: ClusterDescription) -> Iterator[str]:
    # The default follows from the addresses of the servers, which are checked by themselves.
    if not cluster.zookeeper_quorum or cluster.zookeeper_quorum == ",".join(
        zookeeper_address(node) for node in with_daemon(nodes, "zookeeper")
    ):
        return
    try:
        quorum_text(cluster.zookeeper_quorum)
    except FlinkError as error:
        yield error.message


def _choice_problems(cluster: ClusterDescription, check_version: Callable[[str], object]) -> Iterator[str]:
    try:
        check_version(cluster.version)
    except FlinkError as error:
        yield f"flink_version: {error.message}"
    if cluster.runtime not in cluster.runtimes:
        yield f"flink_runtime {cluster.runtime!r} is not known: use one of {', '.join(sorted(cluster.runtimes))}"


def _storage_problems(cluster: ClusterDescription, machine_count: int) -> Iterator[str]:
    url = cluster.storage_url
    parts = urlsplit(url)
    if not parts.scheme or not (parts.netloc or parts.path.startswith("/")):
        yield (
            f"flink_storage_url {url!r} is not the URL of a directory: write it like file:///srv/flink or"
            " s3://bucket/flink"
        )
    elif "#" in url or "?" in url or any(ord(char) < 32 for char in url):
        yield (
            f"flink_storage_url {url!r} has a sign in it that ends a path in some readers of URLs (# or ?, or a line"
            " break): choose a directory without it"
        )
    elif parts.scheme in LOCAL_SCHEMES and machine_count > 1 and not cluster.storage_shared:
        yield (
            f"flink_storage_url {url} is on the disk of each machine, but the cluster has {machine_count} machines,"
            " and a JobManager finds nothing that another one has stored: mount a shared file system there and set"
            " flink_storage_shared: true, or use an object store"
        )


# Which variable says how much memory a daemon takes.
_MEMORY_VARIABLES = {
    "zookeeper": "zookeeper_heap",
    "jobmanager": "jobmanager_memory_process_size",
    "taskmanager": "taskmanager_memory_process_size",
    "sql_gateway": "sql_gateway_heap",
    "history_server": "history_server_heap",
}


def ensemble_problems(nodes: Sequence[Node], with_data: Collection[str], asked: Collection[str]) -> list[str]:
    """Whether servers that are new could outvote those that hold the data.

    :arg with_data: the nodes whose ZooKeeper server has data already.
    :arg asked: the nodes that were asked for it.
    """
    servers = with_daemon(nodes, "zookeeper")
    new = [node for node in servers if node["name"] not in with_data]
    if len(new) == len(servers) or len(new) * 2 <= len(servers) or any(one["name"] not in asked for one in servers):
        return []
    problem = (
        f"{_names(new)} would be a majority of the {len(servers)} ZooKeeper servers without the data of the others, and"
        " could begin anew without any job: add fewer at a time (an even number in between needs"
        " preflight_even_quorum_allowed)"
    )
    return [problem]


def memory_needs(
    nodes: Iterable[Node], variables: Mapping[str, Mapping[str, Any]], defaults: Mapping[str, Any]
) -> dict[str, str]:
    """The memory of every daemon, by what it is called in problems.

    :arg variables: the variables of every host.
    :arg defaults: what holds where a host does not say otherwise.
    """
    needs: dict[str, str] = {}
    for node in nodes:
        for daemon in node["daemons"]:
            if daemon not in _MEMORY_VARIABLES:
                continue
            variable = _MEMORY_VARIABLES[daemon]
            given = variables[node["name"]].get(variable)
            size = str(defaults[variable] if given is None else given).strip()
            # Empty: the user divides the memory with other options.
            if size:
                needs[f"{daemon} of {node['name']}"] = size
    return needs
