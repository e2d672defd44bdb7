# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a cluster id is: checked before anything is changed, claimed by site.yml, given back by reset.yml."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, field
from typing import Any

from .._base.errors import FlinkError, NotYet
from .._base.wait import Deadline, wait_for
from .client import Cluster
from .leader import ForeignLeader
from .quorum import clean_path, parse_quorum

OWNER = "owner"
# Where Flink keeps the jobs that the next leader would recover: 1.x, 2.x, and 2.3's applications.
JOB_NODES = ("jobgraphs", "execution-plans", "applications")
KNOCK_SECONDS = 1.0
LOOK_SECONDS = 10.0


@dataclass(frozen=True)
class Found:
    """What ZooKeeper says about a cluster id."""

    reachable: bool
    owner: list[str] | None = None
    contenders: int = 0
    jobs: list[str] = field(default_factory=list)
    # The Flink that was deployed last, as far as it was written down.
    flink_version: str = ""


def any_server_listens(quorum: str) -> bool:
    """Whether any server of the quorum accepts a connection; without one it is not there yet, which needs no wait."""
    for host, port in parse_quorum(quorum):
        try:
            with socket.create_connection((host, port), timeout=KNOCK_SECONDS):
                return True
        except OSError:
            continue
    return False


def our_urls(cluster: Cluster) -> list[str]:
    return sorted(one.url for one in cluster.jobmanagers)


def read_owner(cluster: Cluster, deadline: Deadline) -> list[str] | None:
    """The JobManagers of the inventory that claimed the id; None when not claimed."""
    path = clean_path(cluster.records.root, OWNER)
    node = cluster.zk.find(path, deadline)
    if node is None:
        return None
    try:
        found = json.loads(node.data)["jobmanagers"]
        return sorted(str(url) for url in found)
    except (ValueError, KeyError, TypeError) as error:
        raise FlinkError(
            f"the record {path} in ZooKeeper at {cluster.zk.settings.quorum} is damaged, so that the owner of"
            " this cluster id is not known: look at it with zkCli and remove it when the cluster is yours"
        ) from error


def read_version(cluster: Cluster, deadline: Deadline) -> str:
    """The Flink that the cluster was deployed with last; empty when not recorded."""
    node = cluster.zk.find(clean_path(cluster.records.root, OWNER), deadline)
    return "" if node is None else str(json.loads(node.data).get("flink_version", ""))


def check(cluster: Cluster, *, takeover: bool) -> Found:
    """Read whose the id is; a FlinkError when it is another cluster's."""
    if not any_server_listens(cluster.settings.zookeeper.quorum):
        return Found(reachable=False)
    deadline = Deadline(LOOK_SECONDS)
    owner = read_owner(cluster, deadline)
    ours = our_urls(cluster)
    if owner is not None and ours and not set(owner) & set(ours) and not takeover:
        raise FlinkError(
            f"cluster id {cluster.settings.cluster_id} in ZooKeeper at {cluster.settings.zookeeper.quorum} belongs to"
            f" another cluster, whose JobManagers are {', '.join(owner)}: choose another flink_cluster_name, or set"
            " flink_cluster_id_takeover when that cluster is gone and its state is to be taken over",
            owner=owner,
        )
    leadership = cluster.leadership(deadline)
    if isinstance(leadership.error, ForeignLeader) and not takeover:
        raise leadership.error
    jobs = sorted({job for kind in JOB_NODES for job in cluster.zk.children(cluster.path(kind), deadline)})
    version = read_version(cluster, deadline) if owner is not None else ""
    return Found(True, owner, len(leadership.contenders), jobs, version)


def claim(cluster: Cluster, flink_version: str = "") -> None:
    content = json.dumps({"jobmanagers": our_urls(cluster), "flink_version": flink_version}, separators=(",", ":"))
    cluster.zk.put(clean_path(cluster.records.root, OWNER), content.encode())


def release(cluster: Cluster, timeout: float) -> list[str]:
    """Remove all nodes of the cluster. Refuses while a process could still write to them."""

    def none_holds_a_session() -> None:
        contenders = cluster.contenders()
        if contenders:
            raise NotYet(f"{len(contenders)} JobManager(s) still hold a session")

    wait_for(
        none_holds_a_session,
        Deadline(timeout),
        f"the end of the last JobManager of {cluster.settings.cluster_id}",
        progress=cluster.progress,
    )
    return [path for path in (cluster.root, cluster.records.root) if cluster.zk.delete(path, recursive=True)]


def as_result(found: Found) -> dict[str, Any]:
    return {
        "reachable": found.reachable,
        "owner": found.owner,
        "contenders": found.contenders,
        "jobs": found.jobs,
        "flink_version": found.flink_version or None,
    }
