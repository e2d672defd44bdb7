# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the inventory to what Prometheus and Alertmanager read: targets, thresholds of the rules, routes.

Everything here is a pure function.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypedDict

from .._base.addresses import host_port
from .._base.errors import FlinkError
from .._base.options import hint, nearest
from .._base.units import seconds
from .._config.catalogue import catalogue
from .._config.inventory import Node, with_daemon
from .._watchdog.decide import Policy

# Daemon -> the port on which its metrics are read.
METRICS_PORTS = {
    "jobmanager": "jobmanager_metrics_port",
    "taskmanager": "taskmanager_metrics_port",
    "zookeeper": "zookeeper_metrics_port",
    "guardian": "guardian_metrics_port",
}
# A restart strategy with so many attempts or more has no end.
_ENDLESS = 2**31 - 1


class Target(TypedDict):
    """One address of Prometheus' file_sd, with what the inventory knows of it."""

    targets: list[str]
    labels: dict[str, str]


def targets(nodes: Iterable[Node], cluster: str) -> dict[str, list[Target]]:
    """The addresses to be scraped, by daemon."""
    found: dict[str, list[Target]] = {daemon: [] for daemon in METRICS_PORTS}
    for node in nodes:
        ports = node["ports"]
        for daemon, variable in METRICS_PORTS.items():
            if variable in ports:
                found[daemon].append(
                    {
                        "targets": [host_port(node["address"], ports[variable])],
                        "labels": {"cluster": cluster, "daemon": daemon, "node": node["name"]},
                    }
                )
    return found


# --- Thresholds --------------------------------------------------------------------------------------------------

# What does not follow from the inventory.
FIXED: dict[str, float | str] = {
    "not_running_seconds": 120,
    "restarts_warning": 3,
    "restarts_critical": 10,
    "restart_budget_ratio": 0.8,
    "checkpoint_failures": 3,
    "busy": 0.9,
    "backpressure": 0.5,
    "hard_backpressure": 0.9,
    "mailbox": 100,
    "mailbox_latency_seconds": 10,
    "source_lag": 100000,
    "parse_errors": 0,
    "heap": 0.9,
    "metaspace": 0.9,
    "gc_ms": 100,
    "file_descriptors": 0.8,
    "zookeeper_fsync_ms": 100,
    "zookeeper_latency_ms": 100,
    "zookeeper_nodes": 1000000,
    "zookeeper_connections": 50,
    "zookeeper_watches": 10000,
    "watchdog_stale_seconds": 120,
    "backup_age_seconds": 691200,
    "restore_test_age_seconds": 3024000,
    "certificate_seconds": 1209600,
    "leader_changes": 3,
    "lag_metric": "flink_taskmanager_job_task_operator_pendingRecords",
    "parse_error_metric": "flink_taskmanager_job_task_operator_numRecordsInErrors",
    "files_metric": "flink_taskmanager_job_task_operator_successfulCommittables",
}
# What follows from the checkpoint interval, and is not there without one.
CHECKPOINTS = ("checkpoint_stalled_seconds", "checkpoint_slow_seconds", "checkpoint_old_seconds", "files_seconds")
# What follows from the daemons and jobs of the inventory, and from the options of a JobManager.
COUNTED = ("jobmanagers", "taskmanagers", "spare_slots", "jobs", "zookeepers", "quorum", "watchdog_budget")
OF_OPTIONS = (*CHECKPOINTS, "checkpoint_interval_seconds", "restart_budget", "restart_budget_seconds")
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")


def computed(
    nodes: Sequence[Node],
    jobs: Iterable[Mapping[str, Any]],
    options: Mapping[str, Any],
    version: str,
    watchdog_restarts: int = Policy().max_restarts,
) -> dict[str, float]:
    """The thresholds that follow from the inventory.

    :arg options: the options of a JobManager, as _config.compose() makes them.
    :arg watchdog_restarts: how often the watchdog may act upon a job.
    """
    managers, workers = with_daemon(nodes, "jobmanager"), with_daemon(nodes, "taskmanager")
    servers = len(with_daemon(nodes, "zookeeper"))
    running = [job for job in jobs if job.get("state", "running") == "running"]
    found: dict[str, float] = {
        "jobmanagers": len(managers),
        "taskmanagers": len(workers),
        "spare_slots": max((int(node["slots"]) for node in workers), default=0),
        "jobs": len(running),
        "zookeepers": servers,
        "quorum": servers // 2 + 1,
        # One that may do nothing has a budget that is never low.
        "watchdog_budget": min(2, watchdog_restarts),
    }
    interval = _longest(options, running, "execution.checkpointing.interval", 0.0, version)
    timeout = _longest(options, running, "execution.checkpointing.timeout", 600.0, version)
    if interval:
        found["checkpoint_interval_seconds"] = interval
        # A checkpoint that takes the whole of its time-out is slow, and not missing.
        found["checkpoint_stalled_seconds"] = round(max(3 * interval, interval + timeout, 60))
        found["checkpoint_slow_seconds"] = round(0.8 * timeout)
        found["checkpoint_old_seconds"] = 2 * found["checkpoint_stalled_seconds"]
        found["files_seconds"] = round(max(10 * interval, 2 * (interval + timeout), 600))
    budget = _budget(options, version)
    if budget is not None:
        found["restart_budget"] = budget.restarts
        found["restart_budget_seconds"] = budget.window
    return found


def _named(options: Mapping[str, Any], key: str, version: str) -> Any:
    """An option, as this version of Flink or as the newest calls it."""
    return options.get(catalogue(version).name(key) or key, options.get(key))


def _longest(
    options: Mapping[str, Any], jobs: Iterable[Mapping[str, Any]], key: str, otherwise: float, version: str
) -> float:
    """A duration of the cluster, or the longer one that a job has set for itself."""
    given = [_named(one, key, version) for one in (options, *(job.get("configuration") or {} for job in jobs))]
    lengths = [seconds(value) for value in given if value is not None]
    return max((length for length in lengths if length is not None), default=otherwise)


class Budget(NamedTuple):
    """How many restarts Flink allows; within how many seconds, or 0 for as long as the job lives."""

    restarts: float
    window: float


def _budget(options: Mapping[str, Any], version: str) -> Budget | None:
    """What the restart strategy allows, None where it has no end or there is none."""

    def option(key: str) -> Any:
        return _named(options, key, version)

    kind = str(option("restart-strategy.type") or "").replace("_", "-")
    parameters = {
        "fixed-delay": ("attempts", ""),
        "failure-rate": ("max-failures-per-interval", "failure-rate-interval"),
        "exponential-delay": ("attempts-before-reset-backoff", "reset-backoff-threshold"),
    }
    if kind not in parameters:
        return None
    count, window = (option(f"restart-strategy.{kind}.{name}") if name else 0 for name in parameters[kind])
    if count is None or int(count) >= _ENDLESS:
        return None
    return Budget(int(count), round(seconds(window) or 0) if window else 0)


def thresholds(computed_ones: Mapping[str, float], given: Mapping[str, Any]) -> dict[str, float | str]:
    """Those that follow from the inventory, those that are fixed, and over both what the user says."""
    known: dict[str, float | str] = {**FIXED, **computed_ones}
    possible = {*known, *CHECKPOINTS, "restart_budget"}
    for name, value in given.items():
        if name not in possible:
            near = nearest(name, possible)
            said = f"; did you mean {near}?" if near else f": there are {', '.join(sorted(possible))}"
            raise FlinkError(f"cannot use monitoring_thresholds: there is no threshold {name!r}{said}")
        known[name] = _value(str(name), value)
    _check_windows(known, computed_ones)
    return known


def threshold_problems(given: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with thresholds whatever the inventory, before it is read."""
    any_inventory = {**dict.fromkeys((*COUNTED, *OF_OPTIONS), 1.0), "checkpoint_interval_seconds": 0.0}
    for name, value in given.items():
        try:
            thresholds(any_inventory, {name: value})
        except FlinkError as error:
            yield error.message


def _value(name: str, value: Any) -> float | str:
    text = str(value).strip()
    if name.endswith("_metric"):
        if not _METRIC.match(text):
            raise FlinkError(f"cannot use monitoring_thresholds.{name}: {text!r} is not a valid name of a metric")
        return text
    try:
        number = float(text)
    except ValueError as error:
        raise FlinkError(f"cannot use monitoring_thresholds.{name}: it must be a number, not {text!r}") from error
    # Not a number, endless or negative: none of them can be compared with a figure of Prometheus.
    if isinstance(value, bool) or not 0 <= number < float("inf"):
        raise FlinkError(f"cannot use monitoring_thresholds.{name}: it must be a number from 0, not {text!r}")
    return _plain(number)


def _plain(number: float) -> float:
    """As people write it: without the tail of a floating-point number, and whole where it is whole."""
    short = float(f"{number:.10g}")
    return int(short) if short.is_integer() else short


def _check_windows(known: Mapping[str, float | str], follows: Mapping[str, float]) -> None:
    """A window that is shorter than what it waits for says that something is wrong indefinitely."""
    interval = follows.get("checkpoint_interval_seconds", 0)
    for name in ("checkpoint_stalled_seconds", "checkpoint_old_seconds", "files_seconds"):
        if name in known and float(known[name]) <= interval:
            raise FlinkError(
                f"cannot use monitoring_thresholds.{name}: {known[name]} s are no longer than the checkpoint"
                f" interval of {_plain(interval)} s, so that the alert would always fire: make it"
                f" {_plain(3 * interval)}"
            )


# --- Prometheus --------------------------------------------------------------------------------------------------


def prometheus(
    cluster: str, directory: str, address: str, interval: int = 10, alertmanagers: Sequence[str] = ()
) -> dict[str, Any]:
    """The configuration of a Prometheus of our own; each file of targets is its own job."""
    jobs: list[dict[str, Any]] = []
    for daemon in METRICS_PORTS:
        job: dict[str, Any] = {
            "job_name": f"flink-{daemon}" if daemon != "zookeeper" else daemon,
            "file_sd_configs": [{"files": [f"{directory}/targets/{daemon}.json"]}],
        }
        if daemon == "guardian":
            # Its label job is a job of Flink, which every other metric calls job_name.
            job["metric_relabel_configs"] = [
                {"source_labels": ["exported_job"], "regex": "(.+)", "target_label": "job_name"},
                {"regex": "exported_job", "action": "labeldrop"},
            ]
        jobs.append(job)
    jobs.append(
        {
            "job_name": "prometheus",
            "static_configs": [{"targets": [address], "labels": {"cluster": cluster}}],
        }
    )
    return {
        "global": {"scrape_interval": f"{interval}s", "evaluation_interval": f"{interval}s"},
        "rule_files": [f"{directory}/rules.yml"],
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": list(alertmanagers)}]}] if alertmanagers else []
        },
        "scrape_configs": jobs,
    }


# --- Alertmanager ------------------------------------------------------------------------------------------------

SEVERITIES = ("critical", "warning", "info")
# What Alertmanager's documentation knows; newer versions may have more of them.
RECEIVER_KEYS = (
    "name",
    "discord_configs",
    "email_configs",
    "incidentio_configs",
    "jira_configs",
    "mattermost_configs",
    "msteams_configs",
    "msteamsv2_configs",
    "opsgenie_configs",
    "pagerduty_configs",
    "pushover_configs",
    "rocketchat_configs",
    "slack_configs",
    "sns_configs",
    "telegram_configs",
    "victorops_configs",
    "webex_configs",
    "webhook_configs",
    "wechat_configs",
)
# What the alert on the left explains is suppressed.
INHIBITIONS = (
    ("FlinkNoLeader", "FlinkJobsMissing|FlinkTaskManagersMissing|FlinkCheckpointStalled|FlinkStandbyMissing"),
    ("ZooKeeperNoQuorum", "ZooKeeperServerDown|ZooKeeperElections|FlinkNoLeader|FlinkLeaderChanged"),
    ("FlinkTaskManagersMissing", "FlinkNoSpareSlots"),
)


def receiver_problems(receivers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with receivers, whatever Alertmanager makes of their settings."""
    names = [str(receiver.get("name") or "") for receiver in receivers]
    for position, (name, receiver) in enumerate(zip(names, receivers, strict=True), 1):
        if not name or name == UNROUTED or names.count(name) > 1:
            yield f"cannot use monitoring_receivers: receiver {position} needs a name of its own, not {name!r}"
        for key, value in receiver.items():
            if key not in RECEIVER_KEYS and not str(key).endswith("_configs"):
                yield (
                    f"cannot use monitoring_receivers: {key} of receiver {position} ({name}) is not a key of a receiver"
                    f" of Alertmanager: {hint(key, RECEIVER_KEYS)}"
                )
            elif key != "name" and not isinstance(value, list):
                yield (
                    f"cannot use monitoring_receivers: {key} of receiver {position} ({name}) is not a list: write its"
                    " settings below it, each entry with a dash"
                )


def alertmanager(
    receivers: Sequence[Mapping[str, Any]], routes: Mapping[str, Any], defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """Routes by severity to receivers, which are written as Alertmanager's own documentation describes them.

    :arg routes: severity -> names of receivers; what has none is stored but not delivered.
    :arg defaults: Alertmanager's ``global``.
    """
    for problem in receiver_problems(receivers):
        raise FlinkError(problem)
    names = [str(receiver["name"]) for receiver in receivers]
    children: list[dict[str, Any]] = []
    for severity, wanted in routes.items():
        if severity not in SEVERITIES:
            raise FlinkError(
                f"cannot use monitoring_routes: there is no severity {severity!r}, only {', '.join(SEVERITIES)}"
            )
        chosen = [wanted] if isinstance(wanted, str) else list(wanted)
        for number, name in enumerate(chosen):
            if name not in names:
                raise FlinkError(
                    f"cannot use monitoring_routes: {severity} goes to {name!r}, but monitoring_receivers has"
                    f" {', '.join(names) or 'none'}"
                )
            child: dict[str, Any] = {"receiver": name, "matchers": [f'severity="{severity}"']}
            if number + 1 < len(chosen):
                child["continue"] = True
            children.append(child)
    inhibit = [
        {
            "source_matchers": [f'alertname="{source}"'],
            "target_matchers": [f'alertname=~"{suppressed}"'],
            "equal": ["cluster"],
        }
        for source, suppressed in INHIBITIONS
    ]
    document: dict[str, Any] = {
        "route": {
            "receiver": UNROUTED,
            "group_by": ["cluster", "alertname", "job_name"],
            "group_wait": "10s",
            "group_interval": "1m",
            "repeat_interval": "4h",
            "routes": children,
        },
        "receivers": [{"name": UNROUTED}, *(dict(receiver) for receiver in receivers)],
        "inhibit_rules": inhibit,
    }
    return {"global": dict(defaults), **document} if defaults else document


UNROUTED = "unrouted"
