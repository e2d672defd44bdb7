"""One fault on a cluster of local processes, with the modules of the drill and without its play, which takes longer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from real_cluster import FlinkCluster, eventually, run_module

Watching = Callable[..., dict[str, Any]]


class NotDrilledError(Exception):
    """The fault was not injected, or the drill itself broke off."""


def good(answer: dict[str, Any]) -> dict[str, Any]:
    if answer.get("failed"):
        raise NotDrilledError(answer["msg"])
    return answer


def nodes_of(cluster: FlinkCluster) -> list[dict[str, Any]]:
    """The inventory as the roles hand it to the modules."""
    from ansible_collections.streamops.flink.plugins.module_utils._config.inventory import nodes

    shared = {"base_dir": str(cluster.base_dir), "slots": cluster.variables["taskmanager_slots"]}
    local = {"ansible_connection": "local", "flink_host_address": "127.0.0.1"}
    variables = {name: local | host for group in cluster.hosts.values() for name, host in group.items()}
    return [dict(node) for node in nodes(cluster.hosts, variables, shared)]


def registered(cluster: FlinkCluster) -> dict[str, list[str]]:
    """The names under which TaskManagers are registered, by RPC port; also of one that is dead and not missed."""
    found: dict[str, list[str]] = {}
    for one in requests.get(f"{cluster.jobmanagers[0]['url']}/taskmanagers", timeout=5).json().get("taskmanagers", []):
        found.setdefault(re.sub(r".*:(\d+)/.*", r"\1", one["path"]), []).append(one["id"])
    return found


def named_as_registered(cluster: FlinkCluster) -> list[dict[str, Any]]:
    """The nodes with the names of their TaskManagers, which Flink may have drawn, when each has but one."""
    nodes = nodes_of(cluster)
    ports = {str(node["ports"]["taskmanager_rpc_port"]) for node in nodes if "taskmanager" in node["daemons"]}

    def settled() -> dict[str, list[str]] | None:
        names = registered(cluster)
        return names if set(names) == ports and all(len(ids) == 1 for ids in names.values()) else None

    names = eventually(settled, 300, "the registration of each TaskManager under one name")
    return [
        {**node, "resource_id": names.get(str(node["ports"].get("taskmanager_rpc_port")), [node["resource_id"]])[0]}
        for node in nodes
    ]


@contextmanager
def watched(watching: Watching, directory: Path, **options: Any) -> Any:
    """The watch in parallel with whatever is done meanwhile; it ends when that has ended, whatever becomes of it."""
    with ThreadPoolExecutor(1) as parallel:
        watch = parallel.submit(watching, state="watching", **options)
        try:
            good(watching(state="ready", timeout=120))
            yield
        finally:
            (directory / "stop").touch()
        good(watch.result())


def drill(cluster: FlinkCluster, fault: str, directory: Path, *, rows: Path, fenced: bool) -> dict[str, Any]:
    """Inject a fault and return the verdict on how it was survived, without limits and without a look at the rows."""
    planned = good(
        cluster.module(
            "flink_drill_plan",
            fault=fault,
            nodes=named_as_registered(cluster),
            fencing=fenced,
            watch=1,
            required=True,
            timeout=300,
        )
    )
    if not planned["possible"]:
        raise NotDrilledError(f"{fault}: {planned['reason']}")
    directory.mkdir(parents=True)

    def watching(**options: Any) -> dict[str, Any]:
        return cluster.module(
            "flink_drill_watch", **{"fault": fault, "directory": str(directory), "watch": 1, "before": 3, **options}
        )

    def act(target: dict[str, Any], **options: Any) -> dict[str, Any]:
        daemon = f"{target['host']}/{target['service']}"
        told = run_module(
            "flink_fault",
            service_id=f"{cluster.variables['flink_cluster_name']}/{daemon}",
            service_directory=f"{cluster.base_dir}/nodes/{daemon}",
            directory=f"{cluster.base_dir}/drill",
            **options,
        )
        return target | good(told)

    deadline, targets = planned["deadline"], planned["targets"]
    with watched(watching, directory, rows_directory=str(rows), hold=planned["hold"], timeout=deadline):
        asked = time.time()
        try:
            shots = [act(target, action=planned["action"], lease=deadline) for target in targets]
            good(
                watching(
                    state="recovered",
                    injections=shots,
                    asked_at=asked,
                    began=planned["looked_at"],
                    timeout=deadline / 2,
                )
            )
        finally:
            removed = [act(target, state="absent") for target in targets]
        good(watching(state="settled", removals=removed, timeout=deadline + 30))
    unlimited = dict.fromkeys(planned["limits"], deadline)
    found = good(watching(state="judged", removals=removed, limits=unlimited))
    return dict(found["result"])
