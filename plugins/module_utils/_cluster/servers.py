# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the servers of a ZooKeeper ensemble are, one by one and together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from .._base.addresses import host_port
from .._base.errors import FlinkError, NotYet, ZooKeeperError
from .._base.wait import Deadline, parallel, wait_for
from .client import Cluster
from .four_letter import NOT_SERVING, Tls, four_letter
from .quorum import parse_quorum

ANSWER_TIMEOUT = 5.0
SERVING_MODES = ("leader", "follower", "observer", "standalone")
LEADING_MODES = ("leader", "standalone")
_LATENCY = "Latency min/avg/max"


def parse_mntr(text: str) -> dict[str, Any]:
    """The answer to mntr: a name and a value on each line."""
    fields = dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)
    return {
        "mode": fields.get("zk_server_state"),
        "version": version_of(fields.get("zk_version", "")),
        "latency_min": as_float(fields.get("zk_min_latency")),
        "latency_avg": as_float(fields.get("zk_avg_latency")),
        "latency_max": as_float(fields.get("zk_max_latency")),
        "connections": as_int(fields.get("zk_num_alive_connections")),
        "outstanding": as_int(fields.get("zk_outstanding_requests")),
        "znodes": as_int(fields.get("zk_znode_count")),
        "followers": as_int(fields.get("zk_followers", fields.get("zk_learners"))),
        "followers_synced": as_int(fields.get("zk_synced_followers")),
    }


def parse_srvr(text: str) -> dict[str, Any]:
    """The answer to srvr, which every server allows."""
    fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    latency = fields.get(_LATENCY, "").split("/")
    if len(latency) != 3:
        latency = ["", "", ""]
    return {
        "mode": fields.get("Mode"),
        "version": version_of(fields.get("Zookeeper version", "")),
        "latency_min": as_float(latency[0]),
        "latency_avg": as_float(latency[1]),
        "latency_max": as_float(latency[2]),
        "connections": as_int(fields.get("Connections")),
        "outstanding": as_int(fields.get("Outstanding")),
        "znodes": as_int(fields.get("Node count")),
        "followers": None,
        "followers_synced": None,
    }


def version_of(text: str) -> str | None:
    """'3.7.2' of '3.7.2-1d8ab8e…, built on …'."""
    version = text.partition("-")[0].partition(",")[0].strip()
    return version if version[:1].isdecimal() else None


def as_float(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def as_int(text: str | None) -> int | None:
    number = as_float(text)
    # ZooKeeper writes some counts as '2.0'; infinity and the like are not counts.
    return int(number) if number is not None and abs(number) < 2**63 else None


def describe(address: str, fields: Mapping[str, Any], error: str = "") -> dict[str, Any]:
    """One server, in the form that is returned."""
    mode = fields.get("mode")
    serving = not error and mode in SERVING_MODES
    if not serving and not error:
        error = f"{address} serves read-only" if mode else f"{address} does not answer like a ZooKeeper server"
    return {"address": address, "serving": serving, "error": error, **(fields or parse_srvr(""))}


def ask(cluster: Cluster, host: str, port: int, deadline: Deadline, tls: Tls | None) -> dict[str, Any]:
    """Ask one server; mntr knows more than srvr, but is not always allowed."""
    address = host_port(host, port)
    try:
        cluster.zk.count()
        try:
            text, parse = four_letter(host, port, "mntr", deadline, tls), parse_mntr
        except ZooKeeperError as error:
            if error.details.get("allowed", True):
                raise
            cluster.zk.count()
            text, parse = four_letter(host, port, "srvr", deadline, tls), parse_srvr
    except ZooKeeperError as error:
        return describe(address, {}, error.message)
    if NOT_SERVING in text:
        return describe(address, {}, f"{address} runs but does not serve: it has no quorum")
    return describe(address, parse(text))


def summary(servers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the servers are together."""
    leaders = [one for one in servers if one["serving"] and one["mode"] in LEADING_MODES]
    serving = sum(1 for one in servers if one["serving"])
    return {
        "quorum": len(leaders) == 1 and 2 * serving > len(servers),
        "leader": leaders[0]["address"] if len(leaders) == 1 else None,
        "serving": serving,
        "followers_synced": leaders[0]["followers_synced"] if len(leaders) == 1 else None,
        "servers": list(servers),
    }


def check(seen: Mapping[str, Any], wait_for_quorum: bool, wanted: int | None) -> None:
    """NotYet, with what is wrong, until it is as requested."""
    count = len(seen["servers"])
    troubles = "; ".join(one["error"] for one in seen["servers"] if one["error"])
    far = f"{seen['serving']} of {count} servers serve" + (f"; {troubles}" if troubles else "")
    if wait_for_quorum and not seen["quorum"]:
        raise NotYet(f"there is no quorum: {far}", **seen)
    if wanted is not None and seen["serving"] < wanted:
        raise NotYet(far, **seen)


def look(cluster: Cluster) -> dict[str, Any]:
    """Ask all servers at once."""
    settings, limit = cluster.settings.zookeeper, Deadline(ANSWER_TIMEOUT)
    hosts = parse_quorum(settings.quorum)
    answers = parallel([partial(ask, cluster, host, port, limit, settings.tls) for host, port in hosts])
    for answer in answers:
        if isinstance(answer, FlinkError):
            raise answer
    return summary([one for one in answers if isinstance(one, dict)])


def await_servers(cluster: Cluster, timeout: float, *, quorum: bool, wanted: int | None) -> dict[str, Any]:
    """What the servers are, as soon as they are as requested."""

    def probe() -> dict[str, Any]:
        seen = look(cluster)
        check(seen, quorum, wanted)
        return seen

    what = f"the start of {wanted} ZooKeeper servers" if wanted is not None else "a quorum of ZooKeeper servers"
    return wait_for(probe, Deadline(timeout), what, interval=0.5, progress=cluster.progress)
