"""For every rule the series under which it fires, under which it is quiet, and a failover that it survives.

A sample every 15 s. A failover happens at 5 min: what jm1 exported ends, and jm2 begins to count from nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

Series = list[dict[str, str]]

JOB = {"job_id": "j1", "job_name": "count"}
TASK = {**JOB, "task_name": "map", "subtask_index": "0", "tm_id": "tm1", "task_attempt_num": "0"}
OPERATOR = {**TASK, "operator_name": "map"}
J, T, OP = "flink_jobmanager_job_", "flink_taskmanager_job_task_", "flink_taskmanager_job_task_operator_"
G = "flink_guardian_"
FAILOVER = 20


def one(metric: str, values: str, node: str = "jm1", **labels: str) -> Series:
    pairs = {"cluster": "c", "node": node, **labels}
    inner = ",".join(f'{key}="{value}"' for key, value in pairs.items())
    return [{"series": f"{metric}{{{inner}}}", "values": values}]


def moved(metric: str, before: str, after: str, **labels: str) -> Series:
    """A leader's series: jm1 until the failover, then jm2."""
    return one(metric, f"{before}x{FAILOVER} stale", "jm1", **labels) + one(
        metric, f"_x{FAILOVER} {after}", "jm2", **labels
    )


def attempts(metric: str, before: str, after: str, **labels: str) -> Series:
    """A task's series: another attempt begins with the failover."""
    first, second = {**labels, "task_attempt_num": "0"}, {**labels, "task_attempt_num": "1"}
    return one(metric, f"{before}x{FAILOVER} stale", "tm1", **first) + one(
        metric, f"_x{FAILOVER} {after}", "tm1", **second
    )


def restarted(metric: str, before: str, after: str, node: str, **labels: str) -> Series:
    """The series of a process that was started again: the same one, from nothing."""
    return one(metric, f"{before}x{FAILOVER} _x2 {after}", node, **labels)


def up(daemon: str, *values: str) -> Series:
    letters = {"jobmanager": "jm", "taskmanager": "tm", "zookeeper": "zk", "guardian": "jm"}
    return [
        series
        for number, value in enumerate(values, 1)
        for series in one("up", value, f"{letters[daemon]}{number}", daemon=daemon, job=daemon, instance=f"h{number}:1")
    ]


@dataclass(frozen=True)
class Case:
    """How one alert is shown to be right."""

    fires: Series
    quiet: Series
    failover: Series
    labels: str = '{cluster="c"}'
    at: str = "15m"
    # An alert about the failover itself is to fire then, and to end.
    reports_failover: bool = False
    version: str = "1.20.5"
    values: dict[str, Any] = field(default_factory=dict)


CLUSTER, OF_JOB, OF_TASK = (
    '{cluster="c"}',
    '{cluster="c",job_name="count"}',
    '{cluster="c",job_name="count",task_name="map"}',
)


def node(name: str) -> str:
    return f'{{cluster="c",node="{name}"}}'


def gauge(metric: str, bad: str, good: str, labels: dict[str, str], shown: str, **more: Any) -> Case:
    """A figure of the leader that is bad or good."""
    steady = f"{good}+0x60"
    return Case(
        one(metric, f"{bad}+0x60", **labels),
        one(metric, steady, **labels),
        moved(metric, f"{good}+0", steady, **labels),
        shown,
        **more,
    )


def of_task(metric: str, bad: str, good: str, **more: Any) -> Case:
    labels = {**TASK, **more.pop("extra", {})}
    steady = f"{good}+0x60"
    return Case(
        one(metric, f"{bad}+0x60", "tm1", **labels),
        one(metric, steady, "tm1", **labels),
        attempts(metric, f"{good}+0", steady, **labels),
        OF_TASK,
        **more,
    )


def of_process(name: tuple[str, str], bad: str, good: str, **more: Any) -> list[Case]:
    """Used against its maximum, of a TaskManager while a JobManager is as well as ever, and the other way round."""
    cases = []
    for ill, well in (("task", "job"), ("job", "task")):
        used, most = (f"flink_{ill}manager_Status_{one_name}" for one_name in name)
        at, there = (f"{kind[0]}m1" for kind in (ill, well))
        other = one(used.replace(ill, well, 1), "1+0x60", there) + one(most.replace(ill, well, 1), "100+0x60", there)
        limit = one(most, "100+0x60", at)
        again = restarted(used, f"{good}+0", f"{good}+0x40", at) + restarted(most, "100+0", "100+0x40", at)
        cases.append(
            Case(
                one(used, f"{bad}+0x60", at) + limit + other,
                one(used, f"{good}+0x60", at) + limit + other,
                again + other,
                node(at),
                **more,
            )
        )
    return cases


def collecting(manager: str) -> Case:
    """Garbage collections, in accumulated milliseconds."""
    metric, at = f"flink_{manager}manager_Status_JVM_GarbageCollector_All_Time", f"{manager[0]}m1"
    return Case(
        one(metric, "0+7500x60", at),
        one(metric, "0+15x60", at),
        restarted(metric, "900000+15", "0+15x40", at),
        node(at),
    )


def of_server(metric: str, bad: str, good: str) -> Case:
    """A figure of a ZooKeeper server that is bad or good."""
    return Case(
        one(metric, f"{bad}+0x60", "zk1"),
        one(metric, f"{good}+0x60", "zk1"),
        restarted(metric, f"{good}+0", f"{good}+0x40", "zk1"),
        node("zk1"),
    )


def of_guardian(metric: str, bad: str, good: str, shown: str, **labels: str) -> Case:
    return Case(
        one(G + metric, f"{bad}+0x60", **labels),
        one(G + metric, f"{good}+0x60", **labels),
        moved(G + metric, f"{good}+0", f"{good}+0x60", **labels),
        shown,
    )


def stamped(what: str, **more: Any) -> Case:
    """When the active guardian has last seen something happen: long ago, or just now."""
    metric = f"{G}{what}_timestamp_seconds"
    return Case(one(metric, "10+0x60"), one(metric, "0+15x60"), moved(metric, "0+15", "0+0x4 375+15x60"), **more)


def workers(busy: str, records: str) -> Series:
    return one(f"{T}busyTimeMsPerSecond", busy, "tm1", **TASK) + [
        series for name in ("In", "Out") for series in one(f"{OP}numRecords{name}", records, "tm1", **OPERATOR)
    ]


REGISTERED = "flink_jobmanager_numRegisteredTaskManagers"
CPU = "flink_jobmanager_Status_JVM_CPU_Time"
BOTH = one(CPU, "0+1x60", "jm1") + one(CPU, "0+1x60", "jm2")
# The killed JobManager is back after a minute.
BACK = one(CPU, f"0+1x{FAILOVER} stale _x3 0+1x40", "jm1") + one(CPU, "0+1x60", "jm2")
LEADING = moved(REGISTERED, "3+0", "3+0x60")
ALIVE = "1+0x60"
BLINK = f"1+0x{FAILOVER} 0 0 1+0x40"
MOVING = [s for name in ("In", "Out") for s in one(f"{OP}numRecords{name}", "0+100x60", "tm1", **OPERATOR)]
MOVED = [s for name in ("In", "Out") for s in attempts(f"{OP}numRecords{name}", "0+100", "0+100x60", **OPERATOR)]
COMPLETED, STAMP, RESTARTS = (
    f"{J}numberOfCompletedCheckpoints",
    f"{J}lastCheckpointCompletedTimestamp",
    f"{J}numRestarts",
)
FILES = f"{OP}successfulCommittables"


def growing(metric: str, bad: str, good: str, labels: dict[str, str], shown: str, **more: Any) -> Case:
    """A counter of the leader; after a failover it begins at nothing, far below where it was."""
    return Case(
        one(metric, bad, **labels),
        one(metric, good, **labels),
        moved(metric, f"{more.pop('before', '100')}+0", "0+0x60", **labels),
        shown,
        **more,
    )


STATES = [f"{J}{name}Time" for name in ("restarting", "failing", "initializing", "deploying")]

CASES: dict[str, list[Case]] = {
    "FlinkNoLeader": [Case(BOTH, one(REGISTERED, "3+0x60"), LEADING)],
    "FlinkSplitBrain": [
        Case(one(REGISTERED, "3+0x60", "jm1") + one(REGISTERED, "3+0x60", "jm2"), one(REGISTERED, "3+0x60"), LEADING)
    ],
    "FlinkStandbyMissing": [Case(one(CPU, "0+1x60"), BOTH, BACK)],
    "FlinkJobManagerDown": [
        Case(
            up("jobmanager", ALIVE, "0+0x60"),
            up("jobmanager", ALIVE, ALIVE),
            up("jobmanager", BLINK, ALIVE),
            node("jm2"),
        )
    ],
    "FlinkJobManagerRestarted": [
        Case(
            one(CPU, "100+1x50 0+1x20") + one(CPU, "0+1x60", "jm2"),
            BOTH,
            one(CPU, "100+1x20 _x3 0+1x80") + one(CPU, "0+1x100", "jm2"),
            node("jm1"),
            reports_failover=True,
        )
    ],
    "FlinkLeaderChanged": [
        Case(
            one(REGISTERED, "3+0x40 stale") + one(REGISTERED, "_x40 3+0x40", "jm2"),
            one(REGISTERED, "3+0x60"),
            LEADING,
            reports_failover=True,
        )
    ],
    "FlinkTaskManagersMissing": [gauge(REGISTERED, "2", "3", {}, CLUSTER)],
    "FlinkTaskManagerLost": [
        Case(
            up("taskmanager", ALIVE, "0+0x60"),
            up("taskmanager", ALIVE, ALIVE),
            up("taskmanager", ALIVE, BLINK),
            node("tm2"),
        )
    ],
    "FlinkTaskManagerRestarted": [
        Case(
            one("flink_taskmanager_Status_JVM_CPU_Time", "100+1x50 0+1x20", "tm1", host="h1"),
            one("flink_taskmanager_Status_JVM_CPU_Time", "100+1x60", "tm1", host="h1"),
            one("flink_taskmanager_Status_JVM_CPU_Time", "100+1x20 _x3 0+1x80", "tm1", host="h1"),
            '{cluster="c",node="tm1"}',
            reports_failover=True,
        )
    ],
    "FlinkNoSpareSlots": [gauge("flink_jobmanager_taskSlotsAvailable", "3", "4", {}, CLUSTER)],
    "FlinkJobsMissing": [gauge("flink_jobmanager_numRunningJobs", "1", "2", {}, CLUSTER)],
    # Each of its states can last.
    "FlinkJobNotRunning": [
        Case(
            [s for name in STATES for s in one(name, "0+15000x60" if name == bad else "0+0x60", **JOB)],
            [s for name in STATES for s in one(name, "0+0x60", **JOB)],
            [s for name in STATES[:2] for s in moved(name, "0+0", "0+0x60", **JOB)]
            # It initialises for a minute and runs again.
            + moved(STATES[2], "0+0", "0+15000x4 0+0x60", **JOB)
            + moved(STATES[3], "0+0", "0+0x60", **JOB),
            OF_JOB,
        )
        for bad in STATES
    ],
    "FlinkJobRestarted": [growing(RESTARTS, "0+0x50 1+0x10", "4+0x60", JOB, OF_JOB)],
    "FlinkRestarting": [growing(RESTARTS, "0+0x40 1+1x20", "0+0x50 1+0x10", JOB, OF_JOB)],
    "FlinkCrashLoop": [growing(RESTARTS, "0+1x60", "0+0x40 1+1x4 5+0x20", JOB, OF_JOB)],
    "FlinkRestartBudgetLow": [
        growing(
            RESTARTS,
            "8+0x60",
            "7+0x60",
            JOB,
            OF_JOB,
            before="7",
            values={"restart_budget": 10, "restart_budget_seconds": 0},
        ),
        # A rate: what is before the window does not count.
        growing(
            RESTARTS,
            "0+0x40 1+1x20",
            "90+0x60",
            JOB,
            OF_JOB,
            values={"restart_budget": 10, "restart_budget_seconds": 600},
        ),
    ],
    "FlinkCheckpointStalled": [
        Case(
            one(COMPLETED, "7+0x60", **JOB),
            one(COMPLETED, "7+1x60", **JOB),
            moved(COMPLETED, "7+1", "0+0x8 1+1x60", **JOB),
            OF_JOB,
        ),
        Case(
            one(STAMP, "10000+0x60", **JOB),
            one(STAMP, "0+15000x60", **JOB),
            moved(STAMP, "0+15000", "-1+0x4 390000+15000x60", **JOB),
            OF_JOB,
            version="2.2.1",
        ),
        # It has never completed one.
        Case(
            one(STAMP, "-1+0x60", **JOB) + one(COMPLETED, "0+0x60", **JOB),
            one(STAMP, "-1+0x4 75000+15000x60", **JOB) + one(COMPLETED, "0+0x4 1+1x60", **JOB),
            moved(STAMP, "0+15000", "-1+0x4 390000+15000x60", **JOB) + moved(COMPLETED, "7+1", "0+0x4 1+1x60", **JOB),
            OF_JOB,
            version="2.2.1",
        ),
    ],
    "FlinkCheckpointsFailing": [growing(f"{J}numberOfFailedCheckpoints", "0+0x40 1+1x20", "9+0x60", JOB, OF_JOB)],
    "FlinkCheckpointSlow": [gauge(f"{J}lastCheckpointDuration", "150000", "2000", JOB, OF_JOB)],
    "FlinkZombieTask": [
        Case(
            workers("1000+0x60", "500+0x60"),
            workers("1000+0x60", "0+100x60"),
            attempts(f"{T}busyTimeMsPerSecond", "1000+0", "1000+0x60", **TASK) + MOVED,
            OF_TASK,
        ),
        # No input: the same counters, but no task is busy.
        Case(
            workers("1000+0x60", "500+0x60"),
            workers("0+0x60", "500+0x60"),
            attempts(f"{T}busyTimeMsPerSecond", "0+0", "0+0x60", **TASK)
            + attempts(f"{OP}numRecordsIn", "500+0", "0+0x60", **OPERATOR)
            + attempts(f"{OP}numRecordsOut", "500+0", "0+0x60", **OPERATOR),
            OF_TASK,
        ),
    ],
    "FlinkBackpressure": [of_task(f"{T}backPressuredTimeMsPerSecond", "800", "100")],
    "FlinkHardBackpressure": [of_task(f"{T}hardBackPressuredTimeMsPerSecond", "1000", "100")],
    "FlinkMailboxStuck": [
        of_task(f"{T}mailboxQueueSize", "200", "2"),
        of_task(f"{T}mailboxLatencyMs", "20000", "10", extra={"quantile": "0.99"}),
    ],
    "FlinkWatermarkStuck": [
        Case(
            one(f"{T}currentInputWatermark", "1000+0x60", "tm1", **TASK) + MOVING,
            one(f"{T}currentInputWatermark", "1000+15000x60", "tm1", **TASK) + MOVING,
            attempts(f"{T}currentInputWatermark", "1000+15000", "1000+15000x60", **TASK) + MOVED,
            OF_TASK,
        )
    ],
    "FlinkSourceLag": [
        Case(
            one(f"{OP}pendingRecords", "200000+0x60", "tm1", **OPERATOR),
            one(f"{OP}pendingRecords", "5+0x60", "tm1", **OPERATOR),
            # It catches up after the failover.
            attempts(f"{OP}pendingRecords", "5+0", "150000-20000x7 5+0x60", **OPERATOR),
            OF_JOB,
        )
    ],
    "FlinkParseErrors": [
        Case(
            one(f"{OP}numRecordsInErrors", "0+0x40 1+1x20", "tm1", **OPERATOR),
            one(f"{OP}numRecordsInErrors", "9+0x60", "tm1", **OPERATOR),
            attempts(f"{OP}numRecordsInErrors", "9+0", "0+0x60", **OPERATOR),
            OF_JOB,
        )
    ],
    "FlinkNoFilesCommitted": [
        Case(
            one(FILES, "9+0x60", "tm1", **OPERATOR) + MOVING,
            one(FILES, "0+1x60", "tm1", **OPERATOR) + MOVING,
            attempts(FILES, "0+1", "0+0x20 1+1x60", **OPERATOR) + MOVED,
            OF_JOB,
        )
    ],
    "FlinkHeapFull": of_process(("JVM_Memory_Heap_Used", "JVM_Memory_Heap_Max"), "95", "50"),
    "FlinkMetaspaceFull": of_process(("JVM_Memory_Metaspace_Used", "JVM_Memory_Metaspace_Max"), "95", "50"),
    "FlinkGarbageCollection": [collecting("task"), collecting("job")],
    "FlinkFileDescriptors": of_process(
        ("JVM_FileDescriptor_Open", "JVM_FileDescriptor_Max"), "95", "50", version="2.2.1"
    ),
    "ZooKeeperServerDown": [
        Case(
            up("zookeeper", ALIVE, "0+0x60", ALIVE),
            up("zookeeper", ALIVE, ALIVE, ALIVE),
            up("zookeeper", BLINK, ALIVE, ALIVE),
            node("zk2"),
        )
    ],
    "ZooKeeperNoQuorum": [
        Case(
            up("zookeeper", "0+0x60", "0+0x60", ALIVE),
            up("zookeeper", ALIVE, "0+0x60", ALIVE),
            up("zookeeper", BLINK, ALIVE, ALIVE),
        )
    ],
    "ZooKeeperElections": [
        Case(
            one("election_time_count", "1+0x50 2+0x10", "zk1"),
            one("election_time_count", "7+0x60", "zk1"),
            restarted("election_time_count", "7+0", "0+0x40", "zk1"),
            node("zk1"),
        )
    ],
    "ZooKeeperSlowDisk": [
        Case(
            one("fsynctime_sum", "0+7500x60", "zk1"),
            one("fsynctime_sum", "0+15x60", "zk1"),
            restarted("fsynctime_sum", "900000+15", "0+15x40", "zk1"),
            node("zk1"),
        )
    ],
    "ZooKeeperSlow": [of_server("avg_latency", "200", "1")],
    "ZooKeeperFileDescriptors": [
        Case(
            one("open_file_descriptor_count", "95+0x60", "zk1") + one("max_file_descriptor_count", "100+0x60", "zk1"),
            one("open_file_descriptor_count", "9+0x60", "zk1") + one("max_file_descriptor_count", "100+0x60", "zk1"),
            restarted("open_file_descriptor_count", "9+0", "9+0x40", "zk1")
            + restarted("max_file_descriptor_count", "100+0", "100+0x40", "zk1"),
            node("zk1"),
        )
    ],
    "ZooKeeperManyNodes": [of_server("znode_count", "2000000", "100")],
    "ZooKeeperManyConnections": [of_server("num_alive_connections", "90", "9")],
    "ZooKeeperManyWatches": [of_server("watch_count", "20000", "30")],
    "ZooKeeperSessionsExpired": [
        Case(
            one("stale_sessions_expired", "0+0x50 1+0x10", "zk1"),
            one("stale_sessions_expired", "7+0x60", "zk1"),
            restarted("stale_sessions_expired", "7+0", "0+0x40", "zk1"),
            node("zk1"),
        )
    ],
    "FlinkGuardianDown": [
        Case(up("guardian", ALIVE, "0+0x60"), up("guardian", ALIVE, ALIVE), up("guardian", BLINK, ALIVE), node("jm2"))
    ],
    "FlinkWatchdogAbsent": [
        Case(
            one(f"{G}watchdog_active", "0+0x60") + up("guardian", ALIVE),
            one(f"{G}watchdog_active", "0+0x60") + one(f"{G}watchdog_active", "1+0x60", "jm2"),
            moved(f"{G}watchdog_active", "1+0", "0+0x3 1+0x60"),
        ),
        # No guardian answers at all.
        Case(
            up("guardian", "0+0x60", "0+0x60"),
            up("guardian", ALIVE) + one(f"{G}watchdog_active", "1+0x60"),
            moved(f"{G}watchdog_active", "1+0", "1+0x60"),
        ),
    ],
    "FlinkWatchdogTwice": [
        Case(
            one(f"{G}watchdog_active", "1+0x60", "jm1") + one(f"{G}watchdog_active", "1+0x60", "jm2"),
            one(f"{G}watchdog_active", "1+0x60", "jm1") + one(f"{G}watchdog_active", "0+0x60", "jm2"),
            one(f"{G}watchdog_active", f"1+0x{FAILOVER} 1 0+0x40", "jm1")
            + one(f"{G}watchdog_active", f"0+0x{FAILOVER} 1+0x40", "jm2"),
        )
    ],
    "FlinkWatchdogStale": [stamped("watchdog_last_sample")],
    "FlinkJobUnhealthy": [
        Case(
            one(f"{G}job_verdict", "1+0x60", job_name="count", verdict="ZOMBIE"),
            one(f"{G}job_verdict", "1+0x60", job_name="count", verdict="IDLE")
            + one(f"{G}job_verdict", "0+0x60", job_name="count", verdict="ZOMBIE"),
            moved(f"{G}job_verdict", "1+0", "1+0x60", job_name="count", verdict="STARTING"),
            '{cluster="c",job_name="count"}',
        )
    ],
    "FlinkClusterUnhealthy": [
        Case(
            one(f"{G}cluster_verdict", "1+0x60", verdict="NO_QUORUM"),
            one(f"{G}cluster_verdict", "1+0x60", verdict="HEALTHY"),
            moved(f"{G}cluster_verdict", "1+0", "1+0x60", verdict="HEALTHY")
            + one(f"{G}cluster_verdict", f"0+0x{FAILOVER} 1 1 0+0x40", "jm2", verdict="NO_LEADER"),
        )
    ],
    "FlinkCheckpointOld": [
        of_guardian("job_last_checkpoint_age_seconds", "900", "30", OF_JOB, job_name="count"),
    ],
    "FlinkWatchdogBudgetLow": [
        of_guardian("job_restart_budget_left", "1", "3", OF_JOB, job_name="count"),
        replace(
            of_guardian("job_restart_budget_left", "0", "1", OF_JOB, job_name="count"), values={"watchdog_budget": 1}
        ),
    ],
    "FlinkFenced": [
        Case(
            one(f"{G}fenced_total", "0+0x50 1+0x10"),
            one(f"{G}fenced_total", "7+0x60"),
            restarted(f"{G}fenced_total", "7+0", "0+0x40", "jm1"),
            node("jm1"),
        )
    ],
    "FlinkLeaderFlapping": [growing(f"{G}leader_changes_total", "0+1x60", "0+0x50 1+0x10", {}, CLUSTER)],
    "FlinkBackupOld": [stamped("backup_last_success", values={"backup_age_seconds": 120})],
    "FlinkRestoreUntested": [
        stamped("restore_test_last_success", values={"restore_test_age_seconds": 120}),
        # Where backups are made and no restore was ever tested, nothing is reported.
        Case(
            one(f"{G}restore_test_last_success_timestamp_seconds", "10+0x60"),
            one(f"{G}backup_last_success_timestamp_seconds", "10+0x60"),
            moved(f"{G}backup_last_success_timestamp_seconds", "10+0", "10+0x60"),
            values={"restore_test_age_seconds": 120, "backup_age_seconds": 691200},
        ),
    ],
    "FlinkCertificateExpires": [
        Case(
            one(f"{G}certificate_not_after_timestamp_seconds", "90000+0x120", certificate="jm1:8081"),
            one(f"{G}certificate_not_after_timestamp_seconds", "90000+0x20 900000+0x100", certificate="jm1:8081"),
            moved(f"{G}certificate_not_after_timestamp_seconds", "900000+0", "900000+0x60", certificate="jm1:8081"),
            '{certificate="jm1:8081",cluster="c"}',
            values={"certificate_seconds": 172800},
        )
    ],
    "FlinkJournalUnwritten": [
        Case(
            one(f"{G}journal_failed_total", "0+0x50 1+0x10"),
            one(f"{G}journal_failed_total", "7+0x60"),
            restarted(f"{G}journal_failed_total", "7+0", "0+0x40", "jm1"),
            node("jm1"),
        )
    ],
    "FlinkAlertsUndelivered": [
        Case(
            one(f"{G}alerts_failed_total", "0+0x50 1+0x10"),
            one(f"{G}alerts_failed_total", "7+0x60"),
            restarted(f"{G}alerts_failed_total", "7+0", "0+0x40", "jm1"),
            node("jm1"),
        )
    ],
}

# Recording rules: series, time, and the value that comes out.
RECORDED: dict[str, tuple[Series, str, str, float]] = {
    "cluster:flink_registered_taskmanagers:max": (LEADING, "8m", CLUSTER, 3),
    "cluster:flink_slots_available:max": (
        moved("flink_jobmanager_taskSlotsAvailable", "4+0", "6+0x60"),
        "8m",
        CLUSTER,
        6,
    ),
    "cluster:flink_running_jobs:max": (moved("flink_jobmanager_numRunningJobs", "2+0", "1+0x60"), "8m", CLUSTER, 1),
    # Ten minutes that begin before the failover: what jm1 counted before counts no more than what it added.
    "cluster_job:flink_restarts:increase10m": (moved(RESTARTS, "100+0", "0+0x60", **JOB), "12m", OF_JOB, 0),
    "cluster_job:flink_checkpoints_completed:increase10m": (one(COMPLETED, "50+1x60", **JOB), "15m", OF_JOB, 40),
    "cluster_job:flink_checkpoints_failed:increase10m": (
        moved(f"{J}numberOfFailedCheckpoints", "9+0", "0+0x60", **JOB),
        "12m",
        OF_JOB,
        0,
    ),
    "cluster_job_task:flink_records:rate5m": (MOVED, "15m", OF_TASK, 2 * 100 / 15),
    "cluster_job:flink_records:rate5m": (MOVED, "15m", OF_JOB, 2 * 100 / 15),
    "cluster_job_task:flink_busy:max": (
        attempts(f"{T}busyTimeMsPerSecond", "900+0", "400+0x60", **TASK),
        "15m",
        OF_TASK,
        0.4,
    ),
    "cluster_job_task:flink_backpressured:max": (
        attempts(f"{T}backPressuredTimeMsPerSecond", "900+0", "400+0x60", **TASK),
        "15m",
        OF_TASK,
        0.4,
    ),
}
