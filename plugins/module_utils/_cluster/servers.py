# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ZooKeeper's servers tell of themselves: the answers to the four-letter words mntr and srvr."""

from __future__ import annotations

from typing import Any

_LATENCY = "Latency min/avg/max"


def parse_mntr(text: str) -> dict[str, Any]:
    """The answer to mntr: a name and a value on each line."""
    told = dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)
    return {
        "mode": told.get("zk_server_state"),
        "version": version_of(told.get("zk_version", "")),
        "latency_min": _as_float(told.get("zk_min_latency")),
        "latency_avg": _as_float(told.get("zk_avg_latency")),
        "latency_max": _as_float(told.get("zk_max_latency")),
        "connections": _as_int(told.get("zk_num_alive_connections")),
        "outstanding": _as_int(told.get("zk_outstanding_requests")),
        "znodes": _as_int(told.get("zk_znode_count")),
        "followers": _as_int(told.get("zk_followers", told.get("zk_learners"))),
        "followers_synced": _as_int(told.get("zk_synced_followers")),
    }


def parse_srvr(text: str) -> dict[str, Any]:
    """The answer to srvr, which every server allows."""
    told = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    latency = told.get(_LATENCY, "").split("/")
    if len(latency) != 3:
        latency = ["", "", ""]
    return {
        "mode": told.get("Mode"),
        "version": version_of(told.get("Zookeeper version", "")),
        "latency_min": _as_float(latency[0]),
        "latency_avg": _as_float(latency[1]),
        "latency_max": _as_float(latency[2]),
        "connections": _as_int(told.get("Connections")),
        "outstanding": _as_int(told.get("Outstanding")),
        "znodes": _as_int(told.get("Node count")),
        "followers": None,
        "followers_synced": None,
    }


def version_of(text: str) -> str | None:
    """'3.7.2' of '3.7.2-1d8ab8e…, built on …'."""
    version = text.partition("-")[0].partition(",")[0].strip()
    return version if version[:1].isdecimal() else None


def _as_float(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def _as_int(text: str | None) -> int | None:
    number = _as_float(text)
    # ZooKeeper writes some counts as '2.0'; infinity and the like are no counts.
    return int(number) if number is not None and abs(number) < 2**63 else None
