# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a watchdog reads, made of the inventory's variables; and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._base.errors import FlinkError
from .._base.units import duration, seconds
from .._config.flat import flatten
from .._config.inventory import with_daemon
from .._config.variables import flag
from .._health import signs as _signs
from . import receivers as _receivers

PREFIX = "flink_watchdog_"
WATCHED = f"{PREFIX}enabled"
# Each variable without the prefix: the key of the configuration, and the least that can work.
LIMITS: Mapping[str, tuple[str, float]] = {
    "checkpoint_window": ("checkpoint_window", 0),
    "start_grace": ("start_grace", 1),
    "stuck_timeout": ("stuck", 1),
    "missing_timeout": ("missing", 1),
    "leader_timeout": ("leaderless", 1),
    "crash_restarts": ("crashes", 1),
    "crash_window": ("crash_window", 1),
}
# The others are durations.
COUNTS = frozenset({"crash_restarts", "max_restarts"})
POLICY: Mapping[str, tuple[str, float]] = {
    "max_restarts": ("max_restarts", 0),
    "window": ("window", 1),
    "cooldown": ("cooldown", 0),
}
INTERVAL = 10.0
# Every version of Flink calls it so, and knows no other name for it.
INTERVAL_KEY = "execution.checkpointing.interval"


def config_of(variables: Mapping[str, Any], directory: str) -> dict[str, Any]:
    """The configuration as the watchdog reads it; directory is the guardian's."""
    nodes = list(variables["flink_nodes"])
    cluster_name = variables["flink_cluster_name"]
    # Of other machines it can see no process.
    near = [one for one in with_daemon(nodes, "taskmanager") if one["machine"] == variables["flink_machine"]]
    return {
        "connection": {key: value for key, value in variables["flink_connection"].items() if value is not None},
        "name": variables["inventory_hostname"],
        "directory": f"{directory}/watchdog",
        "cache_dir": variables["flink_watchdog_cache_dir"],
        "fence_state": f"{directory}/state.json",
        "interval": _given(variables, "interval", INTERVAL),
        "limits": {key: _given(variables, name) for name, (key, _least) in LIMITS.items() if _has(variables, name)},
        "policy": {key: _given(variables, name) for name, (key, _least) in POLICY.items() if _has(variables, name)},
        "slots": sum(int(one["slots"]) for one in nodes),
        "signs": {
            one["name"]: signs
            for one in variables.get("flink_jobs") or ()
            if (signs := _signs.in_seconds(str(one["name"]), one.get("health")))
        },
        "alerts": dict(_receivers.in_seconds(variables.get(f"{PREFIX}alerts")) or {}),
        "sql_gateways": list(variables.get("flink_sql_gateways") or ()),
        "taskmanagers": {
            str(one["resource_id"]): {
                "service": f"{cluster_name}/{one['name']}/taskmanager",
                "directory": f"{one['node_dir']}/taskmanager",
            }
            for one in near
        },
        "metrics_address": variables["guardian_metrics_address"],
        "metrics_port": int(variables["guardian_metrics_port"]),
        "start_timeout": 300,
    }


def _has(variables: Mapping[str, Any], name: str) -> bool:
    return variables.get(f"{PREFIX}{name}") not in (None, "")


def _given(variables: Mapping[str, Any], name: str, otherwise: float = 0.0) -> float:
    value = variables.get(f"{PREFIX}{name}")
    if value in (None, ""):
        return otherwise
    return float(value) if name in COUNTS else duration(value, PREFIX + name)


def problems(variables: Mapping[str, Any]) -> list[str]:
    """What cannot work, one sentence each; empty where no watchdog is wanted."""
    if not flag({WATCHED: variables.get(WATCHED) or False}, WATCHED):
        return []
    least = {name: low for name, (_key, low) in {**LIMITS, **POLICY}.items()} | {"interval": 1}
    found = []
    for name, low in least.items():
        if _has(variables, name):
            found += _limit_problems(variables, name, low)
    if found:
        return found
    found += _window_problems(variables)
    try:
        found += _receivers.problems(_receivers.in_seconds(variables.get(f"{PREFIX}alerts")) or {})
    except FlinkError as error:
        found.append(error.message)
    for job in variables.get("flink_jobs") or ():
        if isinstance(job, Mapping) and job.get("health") is not None:
            found += _sign_problems(str(job.get("name")), job["health"])
    return found


def _sign_problems(job: str, health: object) -> list[str]:
    try:
        return _signs.problems(job, _signs.in_seconds(job, health))
    except FlinkError as error:
        return [error.message]


def _limit_problems(variables: Mapping[str, Any], name: str, low: float) -> list[str]:
    value = variables[PREFIX + name]
    wanted = f"a number of at least {low:g}" if name in COUNTS else f"a duration of at least {low:g} s"
    try:
        enough = _given(variables, name) >= low
    except FlinkError as error:
        return [error.message]
    except (TypeError, ValueError):
        enough = False
    return [] if enough else [f"{PREFIX}{name}: {value!r} is too small or not a number: write {wanted}"]


def _flat(options: object) -> dict[str, Any]:
    """Options with dotted keys. What cannot be read is reported where options are checked, and not here too."""
    try:
        return flatten(options) if isinstance(options, Mapping) else {}
    except FlinkError:
        return {}


def _own_interval(job: object) -> float:
    """The checkpoint interval that a job sets for itself, 0 where it takes the cluster's."""
    given = job.get("configuration") if isinstance(job, Mapping) else None
    return seconds(_flat(given).get(INTERVAL_KEY)) or 0.0


def _cluster_interval(variables: Mapping[str, Any]) -> tuple[float, str]:
    """The checkpoint interval of jobs that set none, 0 where there is none, and what sets it."""
    options = _flat(variables.get("flink_config"))
    # It comes after the variable; without a value it takes away what the variable says.
    if INTERVAL_KEY in options:
        return seconds(options[INTERVAL_KEY]) or 0.0, f"the {INTERVAL_KEY} of flink_config"
    return seconds(variables.get("flink_checkpoint_interval")) or 0.0, "flink_checkpoint_interval"


def _window_problems(variables: Mapping[str, Any]) -> list[str]:
    found = []
    window = _given(variables, "checkpoint_window")
    interval, origin = _cluster_interval(variables)
    if window and window <= interval:
        found.append(
            f"{PREFIX}checkpoint_window ({window:g} s) is not longer than {origin} ({interval:g} s),"
            " so every job would be taken for stuck between two checkpoints: give three times the interval, or 0 s"
        )
    for job in variables.get("flink_jobs") or ():
        own = _own_interval(job)
        if window and window <= own:
            found.append(
                f"{PREFIX}checkpoint_window ({window:g} s) is not longer than the {INTERVAL_KEY} of the job"
                f" {job.get('name')} ({own:g} s), which would be taken for stuck between two checkpoints: give three"
                " times its interval, or 0 s"
            )
    if window and window < _given(variables, "interval", INTERVAL):
        found.append(
            f"{PREFIX}checkpoint_window ({window:g} s) is shorter than {PREFIX}interval: nothing would be seen"
        )
    budget, cooldown = _given(variables, "max_restarts", 3), _given(variables, "cooldown", 300)
    if budget and cooldown > _given(variables, "window", 3600):
        found.append(f"{PREFIX}cooldown ({cooldown:g} s) is longer than {PREFIX}window, in which it counts: lower it")
    return found
