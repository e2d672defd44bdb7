# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster consists of: its JobManagers, TaskManagers and slots, and whether they are enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .._base.errors import FlinkError, NotYet
from .._base.secrets import mask_url
from .._base.wait import Deadline, parallel, wait_for
from .client import Cluster, JobManager, Leadership, config_of
from .drift import find_drift, masked


@dataclass(frozen=True)
class Expected:
    """What is waited for, and how the inventory calls the TaskManagers, by their resource ids."""

    taskmanagers: int | None = None
    slots: int | None = None
    names: Mapping[str, Any] = field(default_factory=dict)


def number(document: object, key: str, what: str) -> int:
    """A number that Flink always returns."""
    value = document.get(key) if isinstance(document, dict) else None
    if not isinstance(value, int) or abs(value) >= 2**63:
        raise FlinkError(f"the leader's answer to {what} has no number {key!r}: is that a Flink JobManager?")
    return value


def slots_of(overview: object) -> dict[str, int]:
    return {
        "total": number(overview, "slots-total", "/overview"),
        "available": number(overview, "slots-available", "/overview"),
    }


def jobs_of(overview: object) -> dict[str, int]:
    return {
        state: number(overview, f"jobs-{state}", "/overview")
        for state in ("running", "finished", "cancelled", "failed")
    }


def taskmanagers_of(answer: object, names: Mapping[str, Any], now: float) -> list[dict[str, Any]]:
    """The TaskManagers in the order of their names."""
    found = answer.get("taskmanagers") if isinstance(answer, dict) else None
    if not isinstance(found, list) or any(not isinstance(one, dict) for one in found):
        raise FlinkError(
            "the leader's answer to /taskmanagers has no list of TaskManagers: is that a Flink JobManager?"
        )
    return sorted((taskmanager_of(one, names, now) for one in found), key=lambda one: str(one["resource_id"]))


def taskmanager_of(one: Mapping[str, Any], names: Mapping[str, Any], now: float) -> dict[str, Any]:
    resource_id = str(one.get("id", ""))
    authority = str(one.get("path", "")).partition("://")[2].partition("/")[0]
    memory = one.get("memoryConfiguration")
    return {
        "resource_id": resource_id,
        "name": names.get(resource_id) if names else resource_id,
        "address": authority.rpartition("@")[2],
        # In spite of its name this is the moment of the last heartbeat, in milliseconds.
        "heartbeat_age": max(0.0, round(now - number(one, "timeSinceLastHeartbeat", "/taskmanagers") / 1000, 3)),
        "slots_total": number(one, "slotsNumber", "/taskmanagers"),
        "slots_available": number(one, "freeSlots", "/taskmanagers"),
        "data_port": one.get("dataPort"),
        "process_memory": memory.get("totalProcessMemory") if isinstance(memory, dict) else None,
    }


def missing(names: Mapping[str, Any], present: Sequence[Mapping[str, Any]]) -> list[str]:
    """The expected TaskManagers that are not registered."""
    there = {one["resource_id"] for one in present}
    return sorted(str(name) for resource_id, name in names.items() if resource_id not in there)


def check_counts(
    overview: object,
    taskmanagers: Sequence[Mapping[str, Any]],
    wanted: Mapping[str, int | None],
    lacking: Sequence[str],
) -> None:
    """NotYet, with how far it is, until enough TaskManagers and slots are there."""
    present = {"TaskManagers": len(taskmanagers), "slots": slots_of(overview)["total"]}
    targets = {what: count for what, count in wanted.items() if count is not None}
    if all(present[what] >= count for what, count in targets.items()):
        return
    far = " and ".join(f"{present[what]} of {count} {what}" for what, count in targets.items())
    raise NotYet(f"{far} are registered" + (f"; missing: {', '.join(lacking)}" if lacking else ""))


def jobmanager_of(one: JobManager, answer: object, leader_url: str, configuration: bool) -> dict[str, Any]:
    """A JobManager as it describes itself, or why it did not answer."""
    error = ""
    if isinstance(answer, FlinkError):
        error = answer.message
    elif not config_of(answer):
        error = f"{mask_url(one.url)}/jobmanager/config holds no configuration"
    entry: dict[str, Any] = {
        "name": one.name,
        "url": mask_url(one.url),
        "reachable": not error,
        "leading": one.url.rstrip("/") == leader_url.rstrip("/"),
        "error": error,
    }
    if configuration and not error:
        entry["configuration"] = {key: masked(key, value) for key, value in config_of(answer).items()}
    return entry


def led(cluster: Cluster) -> Leadership:
    """Who leads and who waits; a running election is waited for."""
    seen = cluster.leadership()
    if seen.leader is not None:
        return seen
    if seen.error is not None and not isinstance(seen.error, NotYet):
        raise seen.error
    cluster.await_leader()
    return cluster.leadership()


def look(cluster: Cluster, expected: Expected, timeout: float, *, configuration: bool = False) -> dict[str, Any]:
    """What the cluster is, as soon as it is as expected.

    :arg configuration: whether the whole configuration of each JobManager is returned.
    """
    leadership = led(cluster)
    ask_leader: list[Callable[[], Any]] = [partial(cluster.rest.get, path) for path in ("/overview", "/taskmanagers")]
    ask_each: list[Callable[[], Any]] = [
        partial(cluster.rest.at(one.url).get, "/jobmanager/config") for one in cluster.jobmanagers
    ]
    first = parallel([*ask_leader, *ask_each])
    answers, configs = first[:2], first[2:]
    waiting: list[list[Any]] = [answers]
    wanted = {"TaskManagers": expected.taskmanagers, "slots": expected.slots}

    def probe() -> tuple[Any, list[dict[str, Any]]]:
        overview, listing = waiting.pop() if waiting else parallel(ask_leader)
        for answer in (overview, listing):
            if isinstance(answer, FlinkError):
                raise answer
        taskmanagers = taskmanagers_of(listing, expected.names, time.time())
        check_counts(overview, taskmanagers, wanted, missing(expected.names, taskmanagers))
        return overview, taskmanagers

    what = " and ".join(f"the registration of {count} {what}" for what, count in wanted.items() if count is not None)
    overview, taskmanagers = wait_for(probe, Deadline(timeout), what, progress=cluster.progress)

    if leadership.leader is None or cluster.rest.leader != leadership.leader.url:
        # It has changed while we asked.
        leadership = led(cluster)
    leader_url = leadership.leader.url if leadership.leader else ""
    configurations = {one.name: config_of(answer) for one, answer in zip(cluster.jobmanagers, configs, strict=True)}
    return {
        "version": str(overview.get("flink-version", "")),
        "leader": leadership.leader.as_dict() if leadership.leader else None,
        "contenders": [one.as_dict() for one in leadership.contenders],
        "slots": slots_of(overview),
        "jobs": jobs_of(overview),
        "taskmanagers": taskmanagers,
        "missing_taskmanagers": missing(expected.names, taskmanagers),
        "jobmanagers": [
            jobmanager_of(one, answer, leader_url, configuration)
            for one, answer in zip(cluster.jobmanagers, configs, strict=True)
        ],
        "drift": find_drift({name: configuration for name, configuration in configurations.items() if configuration}),
    }
