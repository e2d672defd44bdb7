# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order the daemons of a cluster are restarted, so that it never stands still."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypedDict

from .._config.inventory import Node, with_daemon

# ZooKeeper first: JobManagers that have just moved must not lose it once more.
DAEMONS = ("zookeeper", "jobmanager", "taskmanager")


class Order(TypedDict):
    """The nodes whose daemon is restarted, in order, and how many TaskManagers go at once."""

    zookeeper: list[str]
    jobmanager: list[str]
    taskmanager: list[str]
    batch: int


def order(
    nodes: Sequence[Node],
    waiting: Mapping[str, Collection[str]],
    gate: Mapping[str, Any],
    batch: int = 1,
) -> Order:
    """The order of restarts.

    :arg waiting: the daemons that wait for a restart, by node.
    :arg gate: what the gate saw before: ``leader``, ``zookeeper_leader``, ``absent``, ``slots_available``.
    :arg batch: how many TaskManagers may be restarted at once when enough slots are left without them.
    """
    leaders = {"zookeeper": gate.get("zookeeper_leader"), "jobmanager": (gate.get("leader") or {}).get("name")}
    absent = gate.get("absent") or ()

    def ordered(daemon: str) -> list[str]:
        names = [node["name"] for node in with_daemon(nodes, daemon) if daemon in waiting.get(node["name"], ())]
        # A daemon that does not serve loses nothing by a restart; the leader goes last, so that leadership moves once.
        return sorted(names, key=lambda name: (name not in absent, name == leaders.get(daemon)))

    found: Order = {
        "zookeeper": ordered("zookeeper"),
        "jobmanager": ordered("jobmanager"),
        "taskmanager": ordered("taskmanager"),
        "batch": 1,
    }
    largest = max((node["slots"] for node in nodes if node["name"] in found["taskmanager"]), default=0)
    if largest > 0:
        fits = int(gate.get("slots_available") or 0) // largest
        found["batch"] = max(1, min(batch, fits))
    return found
