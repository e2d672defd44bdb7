"""Write Grafana's dashboards anew, from the descriptions below.

    python tools/dashboards.py

They are built with Grafana's own library, which knows the schema of a dashboard, so that nothing can be written that
Grafana does not read. A test compares what is committed with what this makes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as models

TARGET = Path(__file__).resolve().parents[1] / "roles" / "monitoring" / "files" / "dashboards"
SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
C = 'cluster="$cluster"'
J = f'{C},job_name=~"$job"'
JM, TM = "flink_jobmanager", "flink_taskmanager"
JOB, TASK, OPERATOR = f"{JM}_job", f"{TM}_job_task", f"{TM}_job_task_operator"
BY_JOB, BY_TASK, BY_NODE = "by (job_name)", "by (job_name, task_name)", "by (node)"


@dataclass(frozen=True)
class Panel:
    """Lines over time, or the newest figure."""

    title: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    about: str = ""
    figure: bool = False
    # From which value on a figure is bad; below 0, up to which.
    bad: float | None = None
    width: int = 12


def figure(title: str, expr: str, unit: str = "short", bad: float | None = None, about: str = "") -> Panel:
    return Panel(title, [(expr, "")], unit, about, figure=True, bad=bad, width=4)


def lines(title: str, *queries: tuple[str, str], unit: str = "short", about: str = "") -> Panel:
    return Panel(title, queries, unit, about)


def of_most(metric: str) -> str:
    """How much of what there is at most is used, by node."""
    return f"max {BY_NODE} ({metric}_Used{{{C}}} / {metric}_Max{{{C}}})"


Rows = dict[str, Sequence[Panel]]

CLUSTER: Rows = {
    "Now": (
        figure("Leaders", f"count({JM}_numRegisteredTaskManagers{{{C}}}) or vector(0)", bad=-0.5),
        figure("JobManagers", f"count({JM}_Status_JVM_CPU_Time{{{C}}}) or vector(0)", bad=-1.5),
        figure("TaskManagers", f"cluster:flink_registered_taskmanagers:max{{{C}}}", bad=-0.5),
        figure("Free slots", f"cluster:flink_slots_available:max{{{C}}}", bad=-0.5),
        figure("Running jobs", f"cluster:flink_running_jobs:max{{{C}}}", bad=-0.5),
        figure("Alerts", f'count(ALERTS{{{C},alertstate="firing",severity!="info"}}) or vector(0)', bad=1),
    ),
    "Capacity": (
        lines(
            "Slots",
            (f"max({JM}_taskSlotsTotal{{{C}}})", "all"),
            (f"cluster:flink_slots_available:max{{{C}}}", "free"),
        ),
        lines("Processes that answer", (f"sum by (daemon) (up{{{C}}})", "{{daemon}}")),
    ),
    "Processes": (
        lines(
            "Heap of TaskManagers",
            (of_most(f"{TM}_Status_JVM_Memory_Heap"), "{{node}}"),
            unit="percentunit",
        ),
        lines(
            "Heap of JobManagers",
            (of_most(f"{JM}_Status_JVM_Memory_Heap"), "{{node}}"),
            unit="percentunit",
        ),
        lines(
            "Garbage collection",
            (f"max {BY_NODE} (rate({TM}_Status_JVM_GarbageCollector_All_Time{{{C}}}[5m])) / 1000", "{{node}}"),
            (f"max {BY_NODE} (rate({JM}_Status_JVM_GarbageCollector_All_Time{{{C}}}[5m])) / 1000", "{{node}}"),
            unit="percentunit",
        ),
        lines(
            "Processor",
            (f"max {BY_NODE} (rate({TM}_Status_JVM_CPU_Time{{{C}}}[5m])) / 1e9", "{{node}}"),
            (f"max {BY_NODE} (rate({JM}_Status_JVM_CPU_Time{{{C}}}[5m])) / 1e9", "{{node}}"),
            about="Cores in use.",
        ),
        lines(
            "Metaspace",
            (of_most(f"{TM}_Status_JVM_Memory_Metaspace"), "{{node}}"),
            unit="percentunit",
        ),
        lines("Threads", (f"max {BY_NODE} ({TM}_Status_JVM_Threads_Count{{{C}}})", "{{node}}")),
    ),
}

JOBS: Rows = {
    "Now": (
        figure("Records per second", f"sum(cluster_job:flink_records:rate5m{{{J}}})", "cps"),
        figure("Restarts in 10 min", f"sum(cluster_job:flink_restarts:increase10m{{{J}}})", bad=1),
        figure("Busiest task", f"max(cluster_job_task:flink_busy:max{{{J}}})", "percentunit", bad=0.9),
        figure("Most held back", f"max(cluster_job_task:flink_backpressured:max{{{J}}})", "percentunit", bad=0.5),
        figure("Parse errors in 10 min", f"sum(increase({OPERATOR}_numRecordsInErrors{{{J}}}[10m]))", bad=1),
        figure("Running for", f"min({JOB}_runningTime{{{J}}})", "ms"),
    ),
    "Flow": (
        lines("Records by job", (f"cluster_job:flink_records:rate5m{{{J}}}", "{{job_name}}"), unit="cps"),
        lines("Records by task", (f"cluster_job_task:flink_records:rate5m{{{J}}}", "{{task_name}}"), unit="cps"),
        lines("Busy", (f"cluster_job_task:flink_busy:max{{{J}}}", "{{task_name}}"), unit="percentunit"),
        lines(
            "Held back",
            (f"cluster_job_task:flink_backpressured:max{{{J}}}", "{{task_name}}"),
            unit="percentunit",
            about="Waiting for what comes after.",
        ),
        lines(
            "Event time behind the clock",
            (f"max {BY_JOB} ({OPERATOR}_currentEmitEventTimeLag{{{J}}} > 0)", "{{job_name}}"),
            unit="ms",
            about="At the source, of the newest record.",
        ),
        lines(
            "Mailbox",
            (f"max {BY_TASK} ({TASK}_mailboxQueueSize{{{J}}})", "{{task_name}}"),
            about="Timers, checkpoints and cancellation that wait.",
        ),
    ),
    "State of the job": (
        lines(
            "Not running for",
            (f"max {BY_JOB} ({JOB}_restartingTime{{{J}}})", "{{job_name}} restarting"),
            (f"max {BY_JOB} ({JOB}_failingTime{{{J}}})", "{{job_name}} failing"),
            (f"max {BY_JOB} ({JOB}_initializingTime{{{J}}})", "{{job_name}} initialising"),
            (f"max {BY_JOB} ({JOB}_deployingTime{{{J}}})", "{{job_name}} deploying"),
            unit="ms",
        ),
        lines(
            "Files finished",
            (f"sum {BY_JOB} (increase({OPERATOR}_successfulCommittables{{{J}}}[5m]))", "{{job_name}}"),
            about="In five minutes, by sinks that commit.",
        ),
    ),
}

COMPLETED = f"sum(increase({JOB}_numberOfCompletedCheckpoints{{{J}}}[1h]))"
FAILED = f"sum(increase({JOB}_numberOfFailedCheckpoints{{{J}}}[1h]))"
SUCCESS = f"{COMPLETED} / ({COMPLETED} + {FAILED})"
CHECKPOINTS: Rows = {
    "Now": (
        figure("Completed in 10 min", f"sum(cluster_job:flink_checkpoints_completed:increase10m{{{J}}})", bad=-0.5),
        figure("Failed in 10 min", f"sum(cluster_job:flink_checkpoints_failed:increase10m{{{J}}})", bad=1),
        figure("In progress", f"sum({JOB}_numberOfInProgressCheckpoints{{{J}}})"),
        figure("Slowest", f"max({JOB}_lastCheckpointDuration{{{J}}})", "ms"),
        figure("State", f"sum({JOB}_lastCheckpointFullSize{{{J}}})", "bytes"),
        figure("Success", SUCCESS, "percentunit", bad=-0.99, about="Within the hour."),
    ),
    "Time and size": (
        lines("Duration", (f"max {BY_JOB} ({JOB}_lastCheckpointDuration{{{J}}})", "{{job_name}}"), unit="ms"),
        lines(
            "Size",
            (f"max {BY_JOB} ({JOB}_lastCheckpointFullSize{{{J}}})", "{{job_name}} whole"),
            (f"max {BY_JOB} ({JOB}_lastCheckpointSize{{{J}}})", "{{job_name}} written"),
            unit="bytes",
        ),
        lines(
            "Alignment",
            (f"max {BY_TASK} ({TASK}_checkpointAlignmentTime{{{J}}}) / 1e9", "{{task_name}}"),
            unit="s",
            about="Waiting for the barriers of the other inputs.",
        ),
        lines(
            "Delay of the start",
            (f"max {BY_TASK} ({TASK}_checkpointStartDelayNanos{{{J}}}) / 1e9", "{{task_name}}"),
            unit="s",
            about="From the trigger to the task: mostly back pressure.",
        ),
    ),
    "Counts": (
        lines(
            "Completed by job",
            (f"cluster_job:flink_checkpoints_completed:increase10m{{{J}}}", "{{job_name}}"),
        ),
        lines("Failed by job", (f"cluster_job:flink_checkpoints_failed:increase10m{{{J}}}", "{{job_name}}")),
    ),
}

FAILOVER: Rows = {
    "Now": (
        figure("Leaders", f"count({JM}_numRegisteredTaskManagers{{{C}}}) or vector(0)", bad=-0.5),
        figure("Leaders in 1 h", f"count(max_over_time({JM}_numRegisteredTaskManagers{{{C}}}[1h]))", bad=2),
        figure("JobManagers down", f'count(up{{{C},daemon="jobmanager"}} == 0) or vector(0)', bad=1),
        figure("TaskManagers down", f'count(up{{{C},daemon="taskmanager"}} == 0) or vector(0)', bad=1),
        figure("Watchdogs active", "sum(flink_guardian_watchdog_active{" + C + "})", bad=-0.5),
        figure("Fenced in 1 h", f"sum(increase(flink_guardian_fenced_total{{{C}}}[1h]))"),
        figure("Last backup", f"time() - max(flink_guardian_backup_last_success_timestamp_seconds{{{C}}})", "s"),
        figure(
            "Last test of a restore",
            f"time() - max(flink_guardian_restore_test_last_success_timestamp_seconds{{{C}}})",
            "s",
        ),
    ),
    "Who": (
        lines(
            "Who leads",
            (f"max {BY_NODE} ({JM}_numRegisteredTaskManagers{{{C}}} >= bool 0)", "{{node}}"),
            about="A line for each leader. Two lines at one time are a split brain.",
        ),
        lines("JobManagers that answer", (f'up{{{C},daemon="jobmanager"}}', "{{node}}")),
        lines("TaskManagers that answer", (f'up{{{C},daemon="taskmanager"}}', "{{node}}")),
        lines("Registered TaskManagers", (f"cluster:flink_registered_taskmanagers:max{{{C}}}", "registered")),
    ),
    "What jobs feel": (
        lines("Restarts in 10 min", (f"cluster_job:flink_restarts:increase10m{{{C}}}", "{{job_name}}")),
        lines("Records", (f"cluster_job:flink_records:rate5m{{{C}}}", "{{job_name}}"), unit="cps"),
        lines(
            "Verdicts of the watchdog",
            (f"max by (job_name, verdict) (flink_guardian_job_verdict{{{C}}} == 1)", "{{job_name}} {{verdict}}"),
        ),
        lines(
            "Age of the last checkpoint",
            (f"max {BY_JOB} (flink_guardian_job_last_checkpoint_age_seconds{{{C}}})", "{{job_name}}"),
            unit="s",
        ),
        lines(
            "Restarts that the watchdog has left",
            (f"min {BY_JOB} (flink_guardian_job_restart_budget_left{{{C}}})", "{{job_name}}"),
        ),
        lines(
            "Changes of the leader in 10 min",
            (f"max(increase(flink_guardian_leader_changes_total{{{C}}}[10m]))", "changes"),
        ),
    ),
}

ZOOKEEPER: Rows = {
    "Now": (
        figure("Servers", f'sum(up{{{C},daemon="zookeeper"}})', bad=-0.5),
        figure("Latency", f"max(avg_latency{{{C}}})", "ms", bad=100),
        figure("Connections", f"sum(num_alive_connections{{{C}}})"),
        figure("Nodes", f"max(znode_count{{{C}}})"),
        figure("Watches", f"sum(watch_count{{{C}}})"),
        figure("Sessions expired in 1 h", f"sum(increase(stale_sessions_expired{{{C}}}[1h]))", bad=1),
    ),
    "Servers": (
        lines("Latency by server", (f"avg_latency{{{C}}}", "{{node}}"), unit="ms"),
        lines("Requests that wait", (f"outstanding_requests{{{C}}}", "{{node}}")),
        lines("Time for writing to disk", (f"rate(fsynctime_sum{{{C}}}[5m]) / 1000", "{{node}}"), unit="percentunit"),
        lines("Elections", (f"increase(election_time_count{{{C}}}[5m])", "{{node}}")),
        lines("Packets", (f"rate(packets_received{{{C}}}[5m])", "{{node}}"), unit="cps"),
        lines(
            "File descriptors",
            (f"open_file_descriptor_count{{{C}}} / max_file_descriptor_count{{{C}}}", "{{node}}"),
            unit="percentunit",
        ),
    ),
}

DASHBOARDS: dict[str, tuple[str, Rows]] = {
    "cluster": ("Flink: cluster", CLUSTER),
    "job": ("Flink: jobs", JOBS),
    "checkpoints": ("Flink: checkpoints", CHECKPOINTS),
    "failover": ("Flink: failover", FAILOVER),
    "zookeeper": ("Flink: ZooKeeper", ZOOKEEPER),
}


def built_panel(panel: Panel) -> stat.Panel | timeseries.Panel:
    """A panel, as Grafana's library builds it."""
    if panel.figure:
        made: stat.Panel | timeseries.Panel = (
            stat.Panel()
            .height(4)
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
            .color_mode(kinds.BigValueColorMode.BACKGROUND)
            .graph_mode(kinds.BigValueGraphMode.NONE)
        )
    else:
        made = (
            timeseries.Panel()
            .height(8)
            .fill_opacity(10)
            .legend(
                common.VizLegendOptions()
                .show_legend(True)
                .display_mode(kinds.LegendDisplayMode.LIST)
                .placement(kinds.LegendPlacement.BOTTOM)
            )
        )
    made = made.title(panel.title).description(panel.about).unit(panel.unit).span(panel.width).datasource(SOURCE)
    made = made.thresholds(_limits(panel.bad)) if panel.figure else made.min(0)
    for number, (expr, legend) in enumerate(panel.queries):
        query = prometheus.Dataquery().expr(expr).legend_format(legend).ref_id(chr(ord("A") + number))
        made = made.with_target((query.instant() if panel.figure else query.range()).datasource(SOURCE))
    return made


def _limits(bad: float | None) -> dashboard.ThresholdsConfig:
    """Green where it is good; from `bad` on red, or where it is negative up to it."""
    good, wrong = ("green", "red") if bad is None or bad >= 0 else ("red", "green")
    # Grafana takes the first step for everything below the next one.
    steps = [models.Threshold(value=0, color=good)]
    if bad is not None:
        steps.append(models.Threshold(value=abs(bad), color=wrong))
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def variable(name: str, query: str, several: bool) -> dashboard.QueryVariable:
    made = (
        dashboard.QueryVariable(name)
        .label(name.capitalize())
        .datasource(SOURCE)
        .query(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )
    return made.multi(True).include_all(True) if several else made


def built(name: str) -> str:
    """A dashboard as the text of its file."""
    title, rows = DASHBOARDS[name]
    made = (
        dashboard.Dashboard(title)
        .uid(f"flink-{name}")
        .tags(["flink", "streamops"])
        .timezone("browser")
        .time("now-1h", "now")
        .refresh("10s")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .with_variable(variable("cluster", f"label_values({JM}_Status_JVM_CPU_Time, cluster)", False))
    )
    if any(J in query[0] for panels in rows.values() for panel in panels for query in panel.queries):
        made = made.with_variable(variable("job", f"label_values({JOB}_numRestarts{{{C}}}, job_name)", True))
    for row, panels in rows.items():
        made = made.with_row(dashboard.Row(row))
        for panel in panels:
            made = made.with_panel(built_panel(panel))
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def main() -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in DASHBOARDS:
        (TARGET / f"{name}.json").write_text(built(name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
