# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recording and alerting rules of a cluster, as data for Prometheus.

An expression names what is put into it in angle brackets: <c> is the cluster's own selector, everything else a
threshold of prometheus.py. Three things are true of Flink's metrics and shape every expression: a standby exports
nothing but its own process, so that "nobody leads" is an absence and never a zero; every counter starts again with a
failover, so that only increase() and rate() may count; and a task's series carry its attempt, so that they are summed.
This file is private to the collection: no interface for others, it may change at any time.
"""

from __future__ import annotations

from dataclasses import dataclass

SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True)
class Record:
    """A figure that Prometheus keeps, for alerts and dashboards."""

    name: str
    expr: str


@dataclass(frozen=True)
class Alert:
    """One alert: when, how urgent, what it means, and what to do."""

    name: str
    expr: str
    wait: str
    severity: str
    summary: str
    meaning: str
    action: str
    # What a cluster must have for the alert to make sense, of the traits that _monitoring.traits() finds.
    needs: tuple[str, ...] = ()


RECORDS = (
    Record(
        "cluster:flink_registered_taskmanagers:max",
        "max by (cluster) (flink_jobmanager_numRegisteredTaskManagers{<c>})",
    ),
    Record(
        "cluster:flink_slots_available:max",
        "max by (cluster) (flink_jobmanager_taskSlotsAvailable{<c>})",
    ),
    Record(
        "cluster:flink_running_jobs:max",
        "max by (cluster) (flink_jobmanager_numRunningJobs{<c>})",
    ),
    Record(
        "cluster_job:flink_restarts:increase10m",
        "max by (cluster, job_name) (increase(flink_jobmanager_job_numRestarts{<c>}[10m]))",
    ),
    Record(
        "cluster_job:flink_checkpoints_completed:increase10m",
        "max by (cluster, job_name) (increase(flink_jobmanager_job_numberOfCompletedCheckpoints{<c>}[10m]))",
    ),
    Record(
        "cluster_job:flink_checkpoints_failed:increase10m",
        "max by (cluster, job_name) (increase(flink_jobmanager_job_numberOfFailedCheckpoints{<c>}[10m]))",
    ),
    # Operators and not tasks: a job of one chain has task counters that stand still for ever.
    Record(
        "cluster_job_task:flink_records:rate5m",
        "sum by (cluster, job_name, task_name) (rate(flink_taskmanager_job_task_operator_numRecordsIn{<c>}[5m])"
        " + rate(flink_taskmanager_job_task_operator_numRecordsOut{<c>}[5m]))",
    ),
    Record(
        "cluster_job:flink_records:rate5m",
        "sum by (cluster, job_name) (cluster_job_task:flink_records:rate5m{<c>})",
    ),
    Record(
        "cluster_job_task:flink_busy:max",
        "max by (cluster, job_name, task_name) (flink_taskmanager_job_task_busyTimeMsPerSecond{<c>}) / 1000",
    ),
    Record(
        "cluster_job_task:flink_backpressured:max",
        "max by (cluster, job_name, task_name) (flink_taskmanager_job_task_backPressuredTimeMsPerSecond{<c>}) / 1000",
    ),
)

_CLUSTER = (
    Alert(
        "FlinkNoLeader",
        "absent(flink_jobmanager_numRegisteredTaskManagers{<c>}) == 1",
        "1m",
        "critical",
        "No JobManager leads cluster {{ $labels.cluster }}",
        "For a minute no JobManager has exported what only a leader exports: jobs go on for the heartbeat time-out, and"
        " then they stop.",
        "Look at ZooKeeper first (make status); without its quorum do not restart JobManagers. With it, look at the"
        " JobManagers' logs.",
    ),
    Alert(
        "FlinkSplitBrain",
        "count by (cluster) (flink_jobmanager_numRegisteredTaskManagers{<c>}) > 1",
        "30s",
        "critical",
        "{{ $value }} JobManagers of cluster {{ $labels.cluster }} act as leader",
        "More than one JobManager exports what only a leader exports, for longer than a failover takes.",
        "Read the leader from ZooKeeper (make status) and kill the other one; never continue one that was stopped.",
    ),
    Alert(
        "FlinkStandbyMissing",
        "(count by (cluster) (flink_jobmanager_Status_JVM_CPU_Time{<c>})) < <jobmanagers>",
        "2m",
        "warning",
        "Only {{ $value }} of <jobmanagers> JobManagers of cluster {{ $labels.cluster }} run",
        "The next failure of the leader may find nobody to take over.",
        "Start the JobManager that FlinkJobManagerDown names, with site.yml.",
    ),
    Alert(
        "FlinkJobManagerDown",
        'up{<c>,daemon="jobmanager"} == 0',
        "1m",
        "warning",
        "JobManager {{ $labels.node }} ({{ $labels.instance }}) does not answer",
        "Prometheus cannot read the metrics of this JobManager: it is down, hangs, or cannot be reached.",
        "Look at its log and at the host; site.yml starts it again.",
    ),
    Alert(
        "FlinkJobManagerRestarted",
        "resets(flink_jobmanager_Status_JVM_CPU_Time{<c>}[10m]) > 0",
        "0s",
        "info",
        "JobManager {{ $labels.node }} has been started again",
        "Its process is a new one: it has crashed, was killed, or was restarted by somebody.",
        "Nothing, if it was you; else look in its log for what ended the process before.",
    ),
    Alert(
        "FlinkLeaderChanged",
        "count by (cluster) (max_over_time(flink_jobmanager_numRegisteredTaskManagers{<c>}[10m])) > 1",
        "0s",
        "info",
        "Another JobManager leads cluster {{ $labels.cluster }} now",
        "Within ten minutes more than one JobManager has led: a failover has happened.",
        "See that the jobs run and complete checkpoints (make status), then look why the leader before has gone.",
    ),
    Alert(
        "FlinkTaskManagersMissing",
        "cluster:flink_registered_taskmanagers:max{<c>} < <taskmanagers>",
        "1m",
        "critical",
        "Only {{ $value }} of <taskmanagers> TaskManagers are registered in cluster {{ $labels.cluster }}",
        "Jobs run on fewer hosts than planned, or wait for slots.",
        "FlinkTaskManagerLost says which one; look at its log and host, then site.yml.",
    ),
    Alert(
        "FlinkTaskManagerLost",
        'up{<c>,daemon="taskmanager"} == 0',
        "1m",
        "warning",
        "TaskManager {{ $labels.node }} on {{ $labels.instance }} is lost",
        "Prometheus cannot read the metrics of this TaskManager: it is down, hangs, or cannot be reached.",
        "Look at its log and at the host; jobs have moved to spare slots if there were any.",
    ),
    Alert(
        "FlinkTaskManagerRestarted",
        "resets(flink_taskmanager_Status_JVM_CPU_Time{<c>}[10m]) > 0",
        "0s",
        "info",
        "TaskManager {{ $labels.node }} on {{ $labels.host }} has been started again",
        "Its process is a new one, so every job on it was restarted from its last checkpoint.",
        "Nothing, if it was you; else look in its log for the reason (memory, disk, a killed process).",
    ),
    Alert(
        "FlinkNoSpareSlots",
        "cluster:flink_slots_available:max{<c>} < <spare_slots>",
        "5m",
        "warning",
        "{{ $value }} slots are free in cluster {{ $labels.cluster }}: too few to lose a TaskManager",
        "When the largest TaskManager dies, its tasks find no slots, and jobs stand still until it is back.",
        "Add a TaskManager to the inventory and run site.yml, or lower the parallelism of a job.",
    ),
    Alert(
        "FlinkJobsMissing",
        "cluster:flink_running_jobs:max{<c>} < <jobs>",
        "2m",
        "critical",
        "{{ $value }} of <jobs> declared jobs run in cluster {{ $labels.cluster }}",
        "A declared job has failed, was cancelled, or is restarting for longer than two minutes.",
        "make status says which; site.yml brings it back from its last checkpoint.",
        needs=("jobs",),
    ),
)

_JOBS = (
    Alert(
        "FlinkJobNotRunning",
        "max by (cluster, job_name) (flink_jobmanager_job_restartingTime{<c>} + flink_jobmanager_job_failingTime{<c>}"
        " + flink_jobmanager_job_initializingTime{<c>} + flink_jobmanager_job_deployingTime{<c>})"
        " > <not_running_seconds> * 1000",
        "1m",
        "critical",
        "Job {{ $labels.job_name }} has not been running for {{ $value | humanize }} ms",
        "The job is restarting, failing, initialising or deploying, and does not come out of it.",
        "Look at the exception (flink_job_info) and at free slots; a restore of large state may need more time.",
    ),
    Alert(
        "FlinkJobRestarted",
        "cluster_job:flink_restarts:increase10m{<c>} > 0",
        "0s",
        "info",
        "The attempt of job {{ $labels.job_name }} has changed",
        "Flink has restarted the job from its last checkpoint.",
        "Nothing, if it stays the only one; flink_job_info tells the cause.",
    ),
    Alert(
        "FlinkRestarting",
        "cluster_job:flink_restarts:increase10m{<c>} > <restarts_warning>",
        "0s",
        "warning",
        "Job {{ $labels.job_name }} was restarted {{ $value | humanize }} times in ten minutes",
        "Something fails again and again: data, a dependency, or a host.",
        "Read the exceptions (flink_job_info) before the job gives up.",
    ),
    Alert(
        "FlinkCrashLoop",
        "cluster_job:flink_restarts:increase10m{<c>} > <restarts_critical>",
        "0s",
        "critical",
        "Job {{ $labels.job_name }} fails on every start: {{ $value | humanize }} restarts in ten minutes",
        "The job makes no progress; each restart reads the same input and fails.",
        "Mend the cause (flink_job_info names it); after an upgrade, go back to the version before.",
    ),
    Alert(
        "FlinkRestartBudgetLow",
        "<budget_spent> >= <restart_budget_ratio> * <restart_budget>",
        "0s",
        "warning",
        "Job {{ $labels.job_name }} has used {{ $value | humanize }} of its <restart_budget> restarts",
        "When they are used up Flink gives the job up, and takes its high-availability data away.",
        "Mend the cause now; stop the job with a savepoint and start it again to get the whole budget back.",
        needs=("restart_budget",),
    ),
    Alert(
        "FlinkCheckpointStalled",
        "<checkpoint_stalled_expr>",
        "1m",
        "critical",
        "Job {{ $labels.job_name }} has completed no checkpoint for <checkpoint_stalled_seconds> s",
        "Whatever is processed now would have to be processed again after a failure, and exactly-once sinks commit "
        "nothing.",
        "See what checkpoints wait for (back pressure, a stuck operator, storage); the watchdog restarts zombies.",
        needs=("checkpoint_stalled_seconds",),
    ),
    Alert(
        "FlinkCheckpointsFailing",
        "cluster_job:flink_checkpoints_failed:increase10m{<c>} > <checkpoint_failures>",
        "0s",
        "warning",
        "{{ $value | humanize }} checkpoints of job {{ $labels.job_name }} failed in ten minutes",
        "More failures than Flink tolerates in a row restart the job.",
        "The web interface names the reason of each; usually storage, or a time-out under back pressure.",
    ),
    Alert(
        "FlinkCheckpointSlow",
        "max by (cluster, job_name) (flink_jobmanager_job_lastCheckpointDuration{<c>})"
        " > <checkpoint_slow_seconds> * 1000",
        "3m",
        "warning",
        "Checkpoints of job {{ $labels.job_name }} take {{ $value | humanize }} ms",
        "They come near their time-out, after which they fail.",
        "Look for back pressure and slow storage; unaligned or incremental checkpoints may help.",
        needs=("checkpoint_slow_seconds",),
    ),
)

_TASKS = (
    Alert(
        "FlinkZombieTask",
        "(cluster_job_task:flink_records:rate5m{<c>} == 0) and cluster_job_task:flink_busy:max{<c>} > <busy>",
        "3m",
        "critical",
        "Task {{ $labels.task_name }} of job {{ $labels.job_name }} is busy but moves no records",
        "The job says RUNNING and an operator hangs in its own code, for example in a lost connection.",
        "Take a thread dump of the TaskManager; the watchdog restarts the job from its last checkpoint.",
    ),
    Alert(
        "FlinkBackpressure",
        "cluster_job_task:flink_backpressured:max{<c>} > <backpressure>",
        "10m",
        "warning",
        "Task {{ $labels.task_name }} of job {{ $labels.job_name }} is held back {{ $value | humanizePercentage }}",
        "What comes after this task is too slow; lag grows and checkpoints take longer.",
        "Find the first busy task after it: more parallelism, or a faster dependency.",
    ),
    Alert(
        "FlinkHardBackpressure",
        "max by (cluster, job_name, task_name) (flink_taskmanager_job_task_hardBackPressuredTimeMsPerSecond{<c>})"
        " > <hard_backpressure> * 1000",
        "5m",
        "critical",
        "Task {{ $labels.task_name }} of job {{ $labels.job_name }} is blocked",
        "The task cannot even react to checkpoints or cancellation while it waits for buffers.",
        "Find the first busy task after it; if that one moves no records, see FlinkZombieTask.",
    ),
    Alert(
        "FlinkMailboxStuck",
        "max by (cluster, job_name, task_name) (flink_taskmanager_job_task_mailboxQueueSize{<c>}) > <mailbox>"
        " or max by (cluster, job_name, task_name)"
        ' (flink_taskmanager_job_task_mailboxLatencyMs{<c>,quantile="0.99"}) > <mailbox_latency_seconds> * 1000',
        "5m",
        "warning",
        "The mailbox of task {{ $labels.task_name }} of job {{ $labels.job_name }} is not worked off",
        "Timers, checkpoints and cancellation wait behind a call that takes long.",
        "Take a thread dump of the TaskManager and look for blocking calls in the job's code.",
    ),
    Alert(
        "FlinkWatermarkStuck",
        "(max by (cluster, job_name, task_name)"
        " (changes(flink_taskmanager_job_task_currentInputWatermark{<c>}[10m])) == 0)"
        " and (max by (cluster, job_name, task_name)"
        " (flink_taskmanager_job_task_currentInputWatermark{<c>}) > 0 < 9e18)"
        " and on (cluster, job_name) cluster_job:flink_records:rate5m{<c>} > 0",
        "5m",
        "warning",
        "Event time stands still at task {{ $labels.task_name }} of job {{ $labels.job_name }}",
        "Records flow, but windows do not close: a partition without data, or a clock that is wrong.",
        "Set an idle time-out for the source (table.exec.source.idle-timeout), or look for the silent partition.",
    ),
    Alert(
        "FlinkSourceLag",
        "max by (cluster, job_name) (<lag_metric>{<c>}) > <source_lag>",
        "10m",
        "warning",
        "Job {{ $labels.job_name }} is {{ $value | humanize }} records behind",
        "The source has more than the job can take.",
        "Look for back pressure; raise the parallelism, or wait if it catches up after an outage.",
    ),
    Alert(
        "FlinkParseErrors",
        "sum by (cluster, job_name) (increase(<parse_error_metric>{<c>}[10m])) > <parse_errors>",
        "0s",
        "warning",
        "Job {{ $labels.job_name }} could not read {{ $value | humanize }} records in ten minutes",
        "Records are dropped, or sent to where errors go.",
        "Look at one of them; the format upstream has probably changed.",
    ),
    Alert(
        "FlinkNoFilesCommitted",
        "(sum by (cluster, job_name) (increase(<files_metric>{<c>}[<files_seconds>s])) == 0)"
        " and on (cluster, job_name) (sum by (cluster, job_name) (<files_metric>{<c>} offset <files_seconds>s))"
        " and on (cluster, job_name) cluster_job:flink_records:rate5m{<c>} > 0",
        "1m",
        "critical",
        "Job {{ $labels.job_name }} has finished no file for <files_seconds> s",
        "Records flow, and nothing that others could read has come out.",
        "See whether checkpoints complete: files are finished with them; then look at the sink's directory.",
        needs=("files_seconds",),
    ),
)

_PROCESSES = (
    Alert(
        "FlinkHeapFull",
        "max by (cluster, node) (flink_taskmanager_Status_JVM_Memory_Heap_Used{<c>}"
        " / flink_taskmanager_Status_JVM_Memory_Heap_Max{<c>}"
        " or flink_jobmanager_Status_JVM_Memory_Heap_Used{<c>} / flink_jobmanager_Status_JVM_Memory_Heap_Max{<c>})"
        " > <heap>",
        "5m",
        "warning",
        "The heap on {{ $labels.node }} is {{ $value | humanizePercentage }} full",
        "Garbage collections become long, and look like a dead process to the others.",
        "Give the process more memory (…_memory_process_size), or the job less state on the heap.",
    ),
    Alert(
        "FlinkMetaspaceFull",
        "max by (cluster, node) (flink_taskmanager_Status_JVM_Memory_Metaspace_Used{<c>}"
        " / flink_taskmanager_Status_JVM_Memory_Metaspace_Max{<c>}"
        " or flink_jobmanager_Status_JVM_Memory_Metaspace_Used{<c>}"
        " / flink_jobmanager_Status_JVM_Memory_Metaspace_Max{<c>})"
        " > <metaspace>",
        "5m",
        "warning",
        "The metaspace on {{ $labels.node }} is {{ $value | humanizePercentage }} full",
        "Classes of jobs that are gone stay loaded: the process ends when it is full.",
        "Restart it in a quiet hour (rolling_restart.yml); put the libraries of jobs beside Flink's own.",
    ),
    Alert(
        "FlinkGarbageCollection",
        "max by (cluster, node) (rate(flink_taskmanager_Status_JVM_GarbageCollector_All_Time{<c>}[5m])"
        " or rate(flink_jobmanager_Status_JVM_GarbageCollector_All_Time{<c>}[5m])) > <gc_ms>",
        "5m",
        "warning",
        "{{ $labels.node }} spends {{ $value | humanize }} ms of every second on garbage collection",
        "Work and heartbeats are late; beyond the heartbeat time-out the process counts as dead.",
        "Give it more memory, or look for the job that fills the heap.",
    ),
    Alert(
        "FlinkFileDescriptors",
        "max by (cluster, node) (flink_taskmanager_Status_JVM_FileDescriptor_Open{<c>}"
        " / flink_taskmanager_Status_JVM_FileDescriptor_Max{<c>}"
        " or flink_jobmanager_Status_JVM_FileDescriptor_Open{<c>}"
        " / flink_jobmanager_Status_JVM_FileDescriptor_Max{<c>})"
        " > <file_descriptors>",
        "5m",
        "warning",
        "{{ $labels.node }} uses {{ $value | humanizePercentage }} of its file descriptors",
        "Without free ones no connection and no file can be opened, and tasks fail.",
        "Raise the limit of open files of the service, or look for what leaks them.",
        needs=("file_descriptors",),
    ),
)

_ZOOKEEPER = (
    Alert(
        "ZooKeeperServerDown",
        'up{<c>,daemon="zookeeper"} == 0',
        "1m",
        "warning",
        "ZooKeeper server {{ $labels.node }} ({{ $labels.instance }}) does not answer",
        "The ensemble has one server less to lose.",
        "Look at its log and host; site.yml starts it again.",
        needs=("zookeeper",),
    ),
    Alert(
        "ZooKeeperNoQuorum",
        'sum by (cluster) (up{<c>,daemon="zookeeper"}) < <quorum>',
        "30s",
        "critical",
        "Only {{ $value }} of <zookeepers> ZooKeeper servers of cluster {{ $labels.cluster }} answer: no quorum",
        "Nobody can become leader, and no job can be submitted; running jobs go on for a while.",
        "Bring servers back before anything else; do not restart JobManagers meanwhile.",
        needs=("zookeeper",),
    ),
    Alert(
        "ZooKeeperElections",
        "increase(election_time_count{<c>}[5m]) > 0",
        "0s",
        "info",
        "ZooKeeper server {{ $labels.node }} has taken part in an election",
        "The leader of the ensemble was lost or restarted.",
        "Nothing, if it was you; else look at the server that led.",
        needs=("zookeeper",),
    ),
    Alert(
        "ZooKeeperSlowDisk",
        "rate(fsynctime_sum{<c>}[5m]) > <zookeeper_fsync_ms>",
        "5m",
        "warning",
        "ZooKeeper server {{ $labels.node }} spends {{ $value | humanize }} ms of every second writing to its disk",
        "Slow writes delay every session, and sessions that time out are failovers.",
        "Give its transaction log a disk of its own.",
        needs=("zookeeper",),
    ),
    Alert(
        "ZooKeeperSlow",
        "avg_latency{<c>} > <zookeeper_latency_ms>",
        "5m",
        "warning",
        "ZooKeeper server {{ $labels.node }} answers after {{ $value | humanize }} ms",
        "Sessions come near their time-out.",
        "Look at its disk, memory and the number of its clients.",
        needs=("zookeeper",),
    ),
    Alert(
        "ZooKeeperFileDescriptors",
        "open_file_descriptor_count{<c>} / max_file_descriptor_count{<c>} > <file_descriptors>",
        "5m",
        "warning",
        "ZooKeeper server {{ $labels.node }} uses {{ $value | humanizePercentage }} of its file descriptors",
        "Without free ones no client can connect.",
        "Raise the limit of open files of the service.",
        needs=("zookeeper",),
    ),
    Alert(
        "ZooKeeperManyNodes",
        "znode_count{<c>} > <zookeeper_nodes>",
        "5m",
        "warning",
        "ZooKeeper server {{ $labels.node }} keeps {{ $value | humanize }} nodes",
        "They all lie in memory; something writes and does not clean up.",
        "Look below the roots of clusters that are gone.",
        needs=("zookeeper",),
    ),
    Alert(
        "ZooKeeperManyConnections",
        "num_alive_connections{<c>} > <zookeeper_connections>",
        "5m",
        "warning",
        "ZooKeeper server {{ $labels.node }} has {{ $value | humanize }} connections",
        "Near the limit new JobManagers and TaskManagers are refused.",
        "Look which clients leak connections, or raise zookeeper_max_client_connections.",
        needs=("zookeeper",),
    ),
    Alert(
        "ZooKeeperManyWatches",
        "watch_count{<c>} > <zookeeper_watches>",
        "5m",
        "warning",
        "ZooKeeper server {{ $labels.node }} keeps {{ $value | humanize }} watches",
        "A client sets them again and again.",
        "Look which client it is; Flink needs some dozens.",
        needs=("zookeeper",),
    ),
    Alert(
        "ZooKeeperSessionsExpired",
        "increase(stale_sessions_expired{<c>}[10m]) > 0",
        "0s",
        "info",
        "Sessions have expired on ZooKeeper server {{ $labels.node }}",
        "A client was silent for longer than its session: the usual cause of a failover that nobody wanted.",
        "Look for long garbage collections or network trouble at that time.",
        needs=("zookeeper",),
    ),
)

_BAD = 'verdict!~"HEALTHY|IDLE|STARTING"'

_GUARDIAN = (
    Alert(
        "FlinkGuardianDown",
        'up{<c>,daemon="guardian"} == 0',
        "1m",
        "warning",
        "The guardian on {{ $labels.node }} does not answer",
        "A JobManager that dies there is fenced late, and the watchdog has one place less to run.",
        "Look at its log; site.yml starts it again.",
        needs=("guardian",),
    ),
    Alert(
        "FlinkWatchdogAbsent",
        "(sum by (cluster) (flink_guardian_watchdog_active{<c>})"
        ' or sum by (cluster) (up{<c>,daemon="guardian"}) * 0) < 1',
        "2m",
        "critical",
        "Nobody watches the jobs of cluster {{ $labels.cluster }}",
        "No guardian is the active watchdog: zombie jobs are neither found nor healed.",
        "Look at the guardians' logs, and whether they reach ZooKeeper.",
        needs=("guardian",),
    ),
    Alert(
        "FlinkWatchdogTwice",
        "sum by (cluster) (flink_guardian_watchdog_active{<c>}) > 1",
        "1m",
        "critical",
        "{{ $value }} watchdogs of cluster {{ $labels.cluster }} are active",
        "Two of them could act on the same job.",
        "Stop one of the guardians and look at its log.",
        needs=("guardian",),
    ),
    Alert(
        "FlinkWatchdogStale",
        "time() - max by (cluster) (flink_guardian_watchdog_last_sample_timestamp_seconds{<c>} > 0)"
        " > <watchdog_stale_seconds>",
        "1m",
        "critical",
        "The watchdog of cluster {{ $labels.cluster }} has not looked for {{ $value | humanizeDuration }}",
        "It runs and does not see: verdicts are old.",
        "Look at its journal: it says what it cannot reach.",
        needs=("guardian",),
    ),
    Alert(
        "FlinkJobUnhealthy",
        f"max by (cluster, job_name, verdict) (flink_guardian_job_verdict{{<c>,{_BAD}}}) == 1",
        "1m",
        "critical",
        "Job {{ $labels.job_name }}: {{ $labels.verdict }}",
        "This is the watchdog's verdict on the job; what it did is in its journal.",
        "docs/watchdog.md has a table: sign, verdict, what it does, what you do.",
        needs=("guardian",),
    ),
    Alert(
        "FlinkClusterUnhealthy",
        f"max by (cluster, verdict) (flink_guardian_cluster_verdict{{<c>,{_BAD}}}) == 1",
        "1m",
        "critical",
        "Cluster {{ $labels.cluster }}: {{ $labels.verdict }}",
        "This is the watchdog's verdict on the cluster.",
        "docs/watchdog.md has a table: sign, verdict, what it does, what you do.",
        needs=("guardian",),
    ),
    Alert(
        "FlinkCheckpointOld",
        "max by (cluster, job_name) (flink_guardian_job_last_checkpoint_age_seconds{<c>}) > <checkpoint_old_seconds>",
        "1m",
        "critical",
        "The last checkpoint of job {{ $labels.job_name }} is {{ $value | humanizeDuration }} old",
        "So much would have to be processed again after a failure; a failover does not reset this figure.",
        "As FlinkCheckpointStalled.",
        needs=("guardian", "checkpoint_old_seconds"),
    ),
    Alert(
        "FlinkWatchdogBudgetLow",
        "min by (cluster, job_name) (flink_guardian_job_restart_budget_left{<c>}) < <watchdog_budget>",
        "0s",
        "warning",
        "The watchdog may restart job {{ $labels.job_name }} {{ $value }} more time(s) within the hour",
        "It has healed the job again and again; when the budget is used up it only tells.",
        "Find the cause; its journal has a thread dump of every time.",
        needs=("guardian",),
    ),
    Alert(
        "FlinkFenced",
        "increase(flink_guardian_fenced_total{<c>}[10m]) > 0",
        "0s",
        "info",
        "The guardian on {{ $labels.node }} has released the leadership of a dead JobManager",
        "A JobManager has died, and the standby did not have to wait for ZooKeeper's session.",
        "Look in the JobManager's log for what ended it.",
        needs=("guardian",),
    ),
    Alert(
        "FlinkLeaderFlapping",
        "max by (cluster) (increase(flink_guardian_leader_changes_total{<c>}[10m])) > <leader_changes>",
        "0s",
        "critical",
        "The leadership of cluster {{ $labels.cluster }} has changed {{ $value | humanize }} times in ten minutes",
        "No job gets far between two changes.",
        "Look at ZooKeeper and at long garbage collections; restart the JobManagers one behind the other.",
        needs=("guardian",),
    ),
    Alert(
        "FlinkBackupOld",
        "time() - max by (cluster) (flink_guardian_backup_last_success_timestamp_seconds{<c>}) > <backup_age_seconds>",
        "10m",
        "warning",
        "The last backup of cluster {{ $labels.cluster }} is {{ $value | humanizeDuration }} old",
        "Backups were made, and are made no more: so much would be lost with the storage.",
        "See why playbooks/backup.yml does not run or fails; a longer pace is set with backup_age_seconds.",
        needs=("guardian",),
    ),
    Alert(
        "FlinkRestoreUntested",
        "time() - max by (cluster) (flink_guardian_restore_test_last_success_timestamp_seconds{<c>})"
        " > <restore_test_age_seconds>",
        "10m",
        "warning",
        "The last test of a restore of cluster {{ $labels.cluster }} is {{ $value | humanizeDuration }} old",
        "Restores were tested, and are tested no more: nobody knows whether the backups of today can be restored.",
        "Run playbooks/restore_drill.yml with backup_drill_jobs; a longer pace is set with restore_test_age_seconds.",
        needs=("guardian",),
    ),
    Alert(
        "FlinkCertificateExpires",
        "min by (cluster, certificate) (flink_guardian_certificate_not_after_timestamp_seconds{<c>}) - time()"
        " < <certificate_seconds>",
        "10m",
        "warning",
        "The certificate {{ $labels.certificate }} of cluster {{ $labels.cluster }} is valid for"
        " {{ $value | humanizeDuration }} more",
        "When it has expired, no client and no other node speaks to whoever shows it.",
        "Renew it and restart what reads it with rolling_restart.yml; other notice is set with certificate_seconds.",
        needs=("guardian",),
    ),
    Alert(
        "FlinkJournalUnwritten",
        "increase(flink_guardian_journal_failed_total{<c>}[15m]) > 0",
        "0s",
        "warning",
        "The watchdog on {{ $labels.node }} cannot write its journal",
        "It goes on, and what it decides is lost for whoever asks later why.",
        "Make room on the disk of its journal.",
        needs=("guardian",),
    ),
    Alert(
        "FlinkAlertsUndelivered",
        "increase(flink_guardian_alerts_failed_total{<c>}[15m]) > 0",
        "0s",
        "warning",
        "The guardian on {{ $labels.node }} could not deliver alerts",
        "Mail or a webhook is broken: the next alert may reach nobody.",
        "Its journal names receiver and reason; send a test message when it is mended.",
        needs=("guardian",),
    ),
)

GROUPS: dict[str, tuple[Alert, ...]] = {
    "cluster": _CLUSTER,
    "jobs": _JOBS,
    "tasks": _TASKS,
    "processes": _PROCESSES,
    "zookeeper": _ZOOKEEPER,
    "guardian": _GUARDIAN,
}
ALERTS = tuple(alert for group in GROUPS.values() for alert in group)
