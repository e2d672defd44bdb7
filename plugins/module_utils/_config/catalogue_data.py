# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option of the Flink versions below. Written by tools/catalogue/generate.py: do not edit.

A line: key, versions (positions in VERSIONS), type, then words: deprecated, :constant of an enum, <old name
that is still accepted, ~option whose value is taken when this one is not set; after = the default. A line
that starts with two spaces continues the one before. This file is private to the collection.
"""

from __future__ import annotations

VERSIONS = ("1.19.3", "1.20.5", "2.2.1", "2.3.0")

DATA = """\
akka.client.timeout 01 string deprecated = 60 s
akka.watch.heartbeat.interval 01 string deprecated = 10 s
akka.watch.heartbeat.pause 01 string deprecated = 60 s
akka.watch.threshold 01 int deprecated = 12
application-result-store.delete-on-commit 3 boolean = true
application-result-store.storage-path 3 string
blob.client.connect.timeout 0123 int = 0
blob.client.socket.timeout 0123 int = 300000
blob.fetch.backlog 0123 int = 1000
blob.fetch.num-concurrent 0123 int = 50
blob.fetch.retries 0123 int = 5
blob.offload.minsize 0123 int = 1048576
blob.server.port 0123 string = 0
blob.service.cleanup.interval 0123 long <library-cache-manager.cleanup.interval = 3600
blob.service.ssl.enabled 0123 boolean = true
blob.storage.directory 0123 string
classloader.check-leaked-classloader 0123 boolean = true
classloader.fail-on-metaspace-oom-error 0123 boolean = true
classloader.parent-first-patterns.additional 0123 list:string
classloader.parent-first-patterns.default 0123 list:string <classloader.parent-first-patterns
classloader.resolve-order 0123 string = child-first
cleanup-strategy.exponential-delay.attempts 0123 int = 2147483647
cleanup-strategy.exponential-delay.initial-backoff 0123 duration = 1 s
cleanup-strategy.exponential-delay.max-backoff 0123 duration = 1 h
cleanup-strategy.fixed-delay.attempts 0123 int = 2147483647
cleanup-strategy.fixed-delay.delay 0123 duration = 1 min
cleanup-strategy.type 0123 string <cleanup-strategy = exponential-delay
client.heartbeat.interval 0 long = 30000
client.heartbeat.interval 123 duration = 30 s
client.heartbeat.timeout 0 long = 180000
client.heartbeat.timeout 123 duration = 3 min
client.retry-period 0123 duration = 2 s
client.timeout 0123 duration <akka.client.timeout = 1 min
cluster.evenly-spread-out-slots 01 boolean deprecated = false
cluster.id 3 string = 00000000000000000000000000000000
cluster.intercept-user-system-exit 0123 enum :DISABLED :LOG :THROW = DISABLED
cluster.io-pool.size 0123 int
cluster.processes.halt-on-fatal-error 0123 boolean = false
cluster.registration.error-delay 0 long = 10000
cluster.registration.error-delay 123 duration = 10 s
cluster.registration.initial-timeout 0 long = 100
cluster.registration.initial-timeout 123 duration = 100 ms
cluster.registration.max-timeout 0 long = 30000
cluster.registration.max-timeout 123 duration = 30 s
cluster.registration.refused-registration-delay 0 long = 30000
cluster.registration.refused-registration-delay 123 duration = 30 s
cluster.services.shutdown-timeout 0 long = 30000
cluster.services.shutdown-timeout 123 duration = 30 s
cluster.thread-dump.stacktrace-max-depth 0123 int = 50
cluster.uncaught-exception-handling 0123 enum :LOG :FAIL = LOG
collect-sink.batch-size.max 0123 memory = 2 mb
collect-sink.socket-timeout 0123 duration = 10 s
compiler.delimited-informat.max-line-samples 0123 int = 10
compiler.delimited-informat.max-sample-len 0123 int = 2097152
compiler.delimited-informat.min-line-samples 0123 int = 2
completed-application-store.cache-size 3 long <jobstore.cache-size = 52428800
completed-application-store.expiration-time 3 duration = 1 h
completed-application-store.max-capacity 3 int <jobstore.max-capacity = 2147483647
completed-application-store.type 3 enum :File :Memory <jobstore.type = File
dstl.dfs.base-path 0 string
dstl.dfs.batch.persist-delay 0 duration = 10 ms
dstl.dfs.batch.persist-size-threshold 0 memory = 10 mb
dstl.dfs.compression.enabled 0 boolean = false
dstl.dfs.discard.num-threads 0 int = 1
dstl.dfs.download.local-cache.idle-timeout-ms 0 duration = 10 min
dstl.dfs.preemptive-persist-threshold 0 memory = 5 mb
dstl.dfs.upload.buffer-size 0 memory = 1 mb
dstl.dfs.upload.max-attempts 0 int = 3
dstl.dfs.upload.max-in-flight 0 memory = 100 mb
dstl.dfs.upload.next-attempt-delay 0 duration = 500 ms
dstl.dfs.upload.num-threads 0 int = 5
dstl.dfs.upload.retry-policy 0 string = fixed
dstl.dfs.upload.timeout 0 duration = 1 s
env.hadoop.conf.dir 0123 string
env.hbase.conf.dir 0123 string
env.java.default-opts.all 0123 string
env.java.default-opts.jobmanager 0123 string
env.java.default-opts.taskmanager 0123 string
env.java.home 0123 string
env.java.opts.all 0123 string <env.java.opts
env.java.opts.client 0123 string
env.java.opts.historyserver 0123 string
env.java.opts.jobmanager 0123 string
env.java.opts.sql-gateway 0123 string
env.java.opts.taskmanager 0123 string
env.log.dir 0123 string
env.log.level 0123 string = INFO
env.log.max 0123 int = 10
env.pid.dir 0123 string = /tmp
env.ssh.opts 0123 string
env.stdout-err.redirect-to-file 0123 boolean = false
env.yarn.conf.dir 0123 string
events.reporter.<name>.factory.class 23 string
events.reporter.<name>.filter.excludes 23 list:string
events.reporter.<name>.filter.includes 23 list:string = *:*:*
events.reporter.<name>.scope.delimiter 23 string = .
events.reporter.<name>.scope.variables.additional 23 map
events.reporter.<name>.scope.variables.excludes 23 string = .
events.reporters 23 string
execution.async-state.active-buffer-size 23 int = 1000
execution.async-state.active-buffer-timeout 23 long = 1000
execution.async-state.buffer-size 1 int = 1000
execution.async-state.buffer-timeout 1 long = 1000
execution.async-state.in-flight-records-limit 1 int = 6000
execution.async-state.total-buffer-size 23 int = 6000
execution.attached 0123 boolean = false
execution.batch-shuffle-mode 0123 enum :ALL_EXCHANGES_PIPELINED :ALL_EXCHANGES_BLOCKING :ALL_EXCHANGES_HYBRID_FULL
  :ALL_EXCHANGES_HYBRID_SELECTIVE = ALL_EXCHANGES_BLOCKING
execution.batch-state-backend.enabled 0123 boolean = true
execution.batch.adaptive.auto-parallelism.avg-data-volume-per-task 0123 memory
  <jobmanager.adaptive-batch-scheduler.avg-data-volume-per-task = 16 mb
execution.batch.adaptive.auto-parallelism.default-source-parallelism 0123 int
  <jobmanager.adaptive-batch-scheduler.default-source-parallelism
execution.batch.adaptive.auto-parallelism.enabled 0123 boolean = true
execution.batch.adaptive.auto-parallelism.max-parallelism 0123 int
  <jobmanager.adaptive-batch-scheduler.max-parallelism = 128
execution.batch.adaptive.auto-parallelism.min-parallelism 0123 int
  <jobmanager.adaptive-batch-scheduler.min-parallelism = 1
execution.batch.adaptive.stream-graph-optimization.strategies 23 list:string
execution.batch.job-recovery.enabled 123 boolean = false
execution.batch.job-recovery.previous-worker.recovery.timeout 123 duration = 30 s
execution.batch.job-recovery.snapshot.min-pause 123 duration = 3 min
execution.batch.speculative.block-slow-node-duration 0123 duration
  <jobmanager.adaptive-batch-scheduler.speculative.block-slow-node-duration = 1 min
execution.batch.speculative.enabled 0123 boolean <jobmanager.adaptive-batch-scheduler.speculative.enabled = false
execution.batch.speculative.max-concurrent-executions 0123 int
  <jobmanager.adaptive-batch-scheduler.speculative.max-concurrent-executions = 2
execution.buffer-timeout.enabled 0123 boolean = true
execution.buffer-timeout.interval 0123 duration <execution.buffer-timeout = 100 ms
execution.checkpointing.aligned-checkpoint-timeout 0123 duration <execution.checkpointing.alignment-timeout = 0 ms
execution.checkpointing.alignment-timeout 01 duration deprecated = 0 ms
execution.checkpointing.approximate-local-recovery 0 boolean = false
execution.checkpointing.approximate-local-recovery 1 boolean deprecated = false
execution.checkpointing.checkpoints-after-tasks-finish 123 boolean
  <execution.checkpointing.checkpoints-after-tasks-finish.enabled = true
execution.checkpointing.checkpoints-after-tasks-finish.enabled 01 boolean = true
execution.checkpointing.cleaner.parallel-mode 123 boolean <state.checkpoint.cleaner.parallel-mode = true
execution.checkpointing.create-subdir 123 boolean <state.checkpoints.create-subdir = true
execution.checkpointing.data-inline-threshold 123 memory <state.storage.fs.memory-threshold
  <state.backend.fs.memory-threshold = 20 kb
execution.checkpointing.dir 123 string <state.checkpoints.dir <state.backend.fs.checkpointdir
execution.checkpointing.during-recovery.enabled 3 boolean = false
execution.checkpointing.externalized-checkpoint-retention 0123 enum :DELETE_ON_CANCELLATION :RETAIN_ON_CANCELLATION
  :NO_EXTERNALIZED_CHECKPOINTS = NO_EXTERNALIZED_CHECKPOINTS
execution.checkpointing.file-merging.across-checkpoint-boundary 123 boolean = false
execution.checkpointing.file-merging.enabled 123 boolean = false
execution.checkpointing.file-merging.max-file-size 123 memory = 32 mb
execution.checkpointing.file-merging.max-space-amplification 123 double = 2.0
execution.checkpointing.file-merging.max-subtasks-per-file 123 int = 4
execution.checkpointing.file-merging.pool-blocking 123 boolean = false
execution.checkpointing.force 01 boolean deprecated = false
execution.checkpointing.incremental 123 boolean <state.backend.incremental = false
execution.checkpointing.interval 0123 duration
execution.checkpointing.interval-during-backlog 0123 duration
execution.checkpointing.local-backup.dirs 123 string <taskmanager.state.local.root-dirs
execution.checkpointing.local-backup.enabled 123 boolean <state.backend.local-recovery
  ~execution.state-recovery.from-local = false
execution.checkpointing.max-concurrent-checkpoints 0123 int = 1
execution.checkpointing.min-pause 0123 duration = 0 ms
execution.checkpointing.mode 0123 enum :EXACTLY_ONCE :AT_LEAST_ONCE = EXACTLY_ONCE
execution.checkpointing.num-retained 123 int <state.checkpoints.num-retained = 1
execution.checkpointing.recover-without-channel-state.checkpoint-id 0 long = -1
execution.checkpointing.recover-without-channel-state.checkpoint-id 1 long deprecated = -1
execution.checkpointing.savepoint-dir 123 string <state.savepoints.dir <savepoints.state.backend.fs.dir
execution.checkpointing.snapshot-compression 0123 boolean = false
execution.checkpointing.storage 123 string <state.checkpoint-storage
execution.checkpointing.timeout 0123 duration = 10 min
execution.checkpointing.tolerable-failed-checkpoints 0123 int = 0
execution.checkpointing.unaligned.enabled 0123 boolean <execution.checkpointing.unaligned = false
execution.checkpointing.unaligned.forced 0123 boolean = false
execution.checkpointing.unaligned.interruptible-timers.enabled 123 boolean = false
execution.checkpointing.unaligned.max-subtasks-per-channel-state-file 0123 int = 5
execution.checkpointing.unaligned.recover-output-on-downstream.enabled 3 boolean = false
execution.checkpointing.write-buffer-size 123 int <state.storage.fs.write-buffer-size
  <state.backend.fs.write-buffer-size = 4096
execution.job-listeners 0123 list:string
execution.job-status-changed-listeners 23 list:string
execution.program-config.enabled 0123 boolean <execution.allow-client-job-configurations = true
execution.program-config.wildcards 0123 list:string
execution.runtime-mode 0123 enum :STREAMING :BATCH :AUTOMATIC = STREAMING
execution.savepoint-restore-mode 01 enum :CLAIM :NO_CLAIM :LEGACY = NO_CLAIM
execution.savepoint.ignore-unclaimed-state 01 boolean = false
execution.savepoint.path 01 string
execution.shutdown-on-application-finish 0123 boolean = true
execution.shutdown-on-attached-exit 0123 boolean = false
execution.sort-keyed-partition.memory 123 memory = 128 mb
execution.sort-partition.memory 123 memory = 128 mb
execution.sorted-inputs.enabled 0123 boolean = true
execution.sorted-inputs.memory 0123 memory = 128 mb
execution.state-recovery.approximate-local-recovery 123 boolean <execution.checkpointing.approximate-local-recovery =
  false
execution.state-recovery.claim-mode 123 enum :CLAIM :NO_CLAIM :LEGACY <execution.savepoint-restore-mode = NO_CLAIM
execution.state-recovery.from-local 123 boolean <state.backend.local-recovery = false
execution.state-recovery.ignore-unclaimed-state 123 boolean <execution.savepoint.ignore-unclaimed-state = false
execution.state-recovery.path 123 string <execution.savepoint.path
execution.state-recovery.without-channel-state.checkpoint-id 123 long
  <execution.checkpointing.recover-without-channel-state.checkpoint-id = -1
execution.submit-failed-job-on-application-error 012 boolean = false
execution.submit-failed-job-on-application-error 3 boolean deprecated = false
execution.target 0123 string
execution.terminate-application-on-any-job-terminated-exceptionally 3 boolean = true
external-resource.<resource_name>.amount 0123 long
external-resource.<resource_name>.driver-factory.class 0123 string
external-resource.<resource_name>.kubernetes.config-key 0123 string
external-resource.<resource_name>.param.discovery-script.args 0123 string
external-resource.<resource_name>.param.discovery-script.path 0123 string =
  plugins/external-resource-gpu/nvidia-gpu-discovery.sh
external-resource.<resource_name>.yarn.config-key 0123 string
external-resources 0123 list:string
fine-grained.shuffle-mode.all-blocking 0 boolean = false
fine-grained.shuffle-mode.all-blocking 1 boolean deprecated = false
fs.allowed-fallback-filesystems 0123 string
fs.default-scheme 0123 string
fs.output.always-create-directory 0123 boolean = false
fs.overwrite-files 0123 boolean = false
heartbeat.interval 0 long = 10000
heartbeat.interval 123 duration = 10 s
heartbeat.rpc-failure-threshold 0123 int = 2
heartbeat.timeout 0 long = 50000
heartbeat.timeout 123 duration = 50 s
high-availability.cluster-id 0123 string <high-availability.zookeeper.path.namespace
  <recovery.zookeeper.path.namespace = /default
high-availability.job.delay 01 string deprecated <recovery.job.delay
high-availability.jobmanager.port 0123 string <recovery.jobmanager.port = 0
high-availability.kubernetes.leader-election.lease-duration 0123 duration = 15 s
high-availability.kubernetes.leader-election.renew-deadline 0123 duration = 15 s
high-availability.kubernetes.leader-election.retry-period 0123 duration = 5 s
high-availability.storageDir 0123 string <high-availability.zookeeper.storageDir <recovery.zookeeper.storageDir
high-availability.type 0123 string <recovery.mode <high-availability = NONE
high-availability.zookeeper.client.acl 0123 string = open
high-availability.zookeeper.client.authorization 123 map
high-availability.zookeeper.client.connection-timeout 0 int <recovery.zookeeper.client.connection-timeout = 15000
high-availability.zookeeper.client.connection-timeout 123 duration <recovery.zookeeper.client.connection-timeout = 15
  s
high-availability.zookeeper.client.ensemble-tracker 0123 boolean = true
high-availability.zookeeper.client.max-close-wait 123 duration
high-availability.zookeeper.client.max-retry-attempts 0123 int <recovery.zookeeper.client.max-retry-attempts = 3
high-availability.zookeeper.client.max-retry-wait 23 duration = 1 min
high-availability.zookeeper.client.retry-wait 0 int <recovery.zookeeper.client.retry-wait = 5000
high-availability.zookeeper.client.retry-wait 123 duration <recovery.zookeeper.client.retry-wait = 5 s
high-availability.zookeeper.client.session-timeout 0 int <recovery.zookeeper.client.session-timeout = 60000
high-availability.zookeeper.client.session-timeout 123 duration <recovery.zookeeper.client.session-timeout = 1 min
high-availability.zookeeper.client.simulated-session-expiration-percent 123 int
high-availability.zookeeper.client.tolerate-suspended-connections 0123 boolean = false
high-availability.zookeeper.path.applications 3 string = /applications
high-availability.zookeeper.path.execution-plans 23 string <recovery.zookeeper.path.jobgraphs
  <high-availability.zookeeper.path.jobgraphs = /execution-plans
high-availability.zookeeper.path.jobgraphs 01 string <recovery.zookeeper.path.jobgraphs = /jobgraphs
high-availability.zookeeper.path.root 0123 string <recovery.zookeeper.path.root = /flink
high-availability.zookeeper.path.running-registry 01 string deprecated = /running_job_registry/
high-availability.zookeeper.quorum 0123 string <recovery.zookeeper.quorum
historyserver.archive.clean-expired-applications 3 boolean = false
historyserver.archive.clean-expired-jobs 0123 boolean = false
historyserver.archive.fs.dir 0123 string
historyserver.archive.fs.refresh-interval 0 long = 10000
historyserver.archive.fs.refresh-interval 123 duration = 10 s
historyserver.archive.retained-applications 3 int = -1
historyserver.archive.retained-jobs 0123 int = -1
historyserver.archive.retained-ttl 23 duration
historyserver.log.jobmanager.url-pattern 0123 string
historyserver.log.taskmanager.url-pattern 0123 string
historyserver.web.address 0123 string
historyserver.web.port 0123 int = 8082
historyserver.web.refresh-interval 0 long = 10000
historyserver.web.refresh-interval 123 duration = 10 s
historyserver.web.ssl.enabled 0123 boolean = false
historyserver.web.tmpdir 0123 string
io.tmp.dirs 0123 string <taskmanager.tmp.dirs = /tmp
jmx.server.port 0123 string
job-event.store.write-buffer.flush-interval 123 duration = 1 s
job-event.store.write-buffer.size 123 memory = 1 mb
job-result-store.delete-on-commit 012 boolean = true
job-result-store.delete-on-commit 3 boolean deprecated = true
job-result-store.storage-path 0123 string
jobmanager.adaptive-batch-scheduler.avg-data-volume-per-task 01 memory deprecated = 1 gb
jobmanager.adaptive-batch-scheduler.default-source-parallelism 01 int deprecated = 1
jobmanager.adaptive-batch-scheduler.max-parallelism 01 int deprecated = 128
jobmanager.adaptive-batch-scheduler.min-parallelism 01 int deprecated = 1
jobmanager.adaptive-batch-scheduler.speculative.block-slow-node-duration 01 duration deprecated = 1 min
jobmanager.adaptive-batch-scheduler.speculative.enabled 01 boolean deprecated = false
jobmanager.adaptive-batch-scheduler.speculative.max-concurrent-executions 01 int deprecated = 2
jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling 23 duration
  <jobmanager.adaptive-scheduler.scaling-interval.min = 30 s
jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout 23 duration = 1 min
jobmanager.adaptive-scheduler.min-parallelism-increase 01 int = 1
jobmanager.adaptive-scheduler.min-parallelism-increase 23 int deprecated = 1
jobmanager.adaptive-scheduler.prefer-minimal-taskmanagers 0123 boolean = true
jobmanager.adaptive-scheduler.rescale-trigger.max-checkpoint-failures 23 int = 2
jobmanager.adaptive-scheduler.rescale-trigger.max-delay 23 duration
jobmanager.adaptive-scheduler.resource-stabilization-timeout 01 duration = 10 s
jobmanager.adaptive-scheduler.resource-stabilization-timeout 23 duration deprecated = 10 s
jobmanager.adaptive-scheduler.resource-wait-timeout 01 duration = 5 min
jobmanager.adaptive-scheduler.resource-wait-timeout 23 duration deprecated = 5 min
jobmanager.adaptive-scheduler.scaling-interval.max 01 duration
jobmanager.adaptive-scheduler.scaling-interval.max 23 duration deprecated
jobmanager.adaptive-scheduler.scaling-interval.min 01 duration = 30 s
jobmanager.adaptive-scheduler.scaling-interval.min 23 duration deprecated = 30 s
jobmanager.adaptive-scheduler.submission.resource-stabilization-timeout 23 duration
  <jobmanager.adaptive-scheduler.resource-stabilization-timeout = 10 s
jobmanager.adaptive-scheduler.submission.resource-wait-timeout 23 duration
  <jobmanager.adaptive-scheduler.resource-wait-timeout = 5 min
jobmanager.archive.fs.dir 0123 string
jobmanager.bind-host 0123 string
jobmanager.execution.attempts-history-size 0123 int <job-manager.max-attempts-history-size = 16
jobmanager.execution.failover-strategy 0123 string = region
jobmanager.failure-enrichers 0123 string
jobmanager.future-pool.size 0123 int
jobmanager.heap.mb 01 int deprecated
jobmanager.heap.size 01 memory deprecated
jobmanager.io-pool.size 0123 int
jobmanager.memory.enable-jvm-direct-memory-limit 0123 boolean = false
jobmanager.memory.flink.size 0123 memory
jobmanager.memory.heap.size 0123 memory
jobmanager.memory.jvm-metaspace.size 0123 memory = 256 mb
jobmanager.memory.jvm-overhead.fraction 0123 double = 0.1
jobmanager.memory.jvm-overhead.max 0123 memory = 1 gb
jobmanager.memory.jvm-overhead.min 0123 memory = 192 mb
jobmanager.memory.off-heap.size 0123 memory = 128 mb
jobmanager.memory.process.size 0123 memory
jobmanager.partition.hybrid.partition-data-consume-constraint 0123 enum :ALL_PRODUCERS_FINISHED
  :ONLY_FINISHED_PRODUCERS :UNFINISHED_PRODUCERS
jobmanager.partition.release-during-job-execution 0123 boolean = true
jobmanager.resource-id 0123 string
jobmanager.retrieve-taskmanager-hostname 0123 boolean = true
jobmanager.rpc.address 0123 string
jobmanager.rpc.bind-port 0123 int
jobmanager.rpc.port 0123 int = 6123
jobmanager.scheduler 01 enum :Ng :Default :Adaptive :AdaptiveBatch = Default
jobmanager.scheduler 23 enum :Default :Adaptive :AdaptiveBatch = Default
jobmanager.task-deployment.offload-shuffle-descriptors-to-blob-server.threshold-num 0123 int = 4194304
jobmanager.web.address 01 string deprecated
jobstore.cache-size 012 long = 52428800
jobstore.cache-size 3 long deprecated = 52428800
jobstore.expiration-time 012 long = 3600
jobstore.expiration-time 3 long deprecated = 3600
jobstore.max-capacity 012 int = 2147483647
jobstore.max-capacity 3 int deprecated = 2147483647
jobstore.type 012 enum :File :Memory = File
jobstore.type 3 enum deprecated :File :Memory = File
kubernetes.artifacts.local-upload-enabled 123 boolean = false
kubernetes.artifacts.local-upload-overwrite 123 boolean = false
kubernetes.artifacts.local-upload-target 123 string
kubernetes.client.io-pool.size 0123 int = 4
kubernetes.client.user-agent 0123 string = flink
kubernetes.cluster-id 0123 string
kubernetes.config.file 0123 string
kubernetes.container.image.pull-policy 0123 enum :IfNotPresent :Always :Never = IfNotPresent
kubernetes.container.image.pull-secrets 0123 list:string
kubernetes.container.image.ref 0 string <kubernetes.container.image = apache/flink:1.19.3-scala_2.12
kubernetes.container.image.ref 1 string <kubernetes.container.image = apache/flink:1.20.5-scala_2.12
kubernetes.container.image.ref 2 string <kubernetes.container.image = apache/flink:2.2.1-scala_2.12
kubernetes.container.image.ref 3 string <kubernetes.container.image = apache/flink:2.3.0-scala_2.12
kubernetes.context 0123 string
kubernetes.decorator.hadoop-conf-mount.enabled 0123 boolean = true
kubernetes.decorator.kerberos-mount.enabled 0123 boolean = true
kubernetes.entry.path 0123 string = /docker-entrypoint.sh
kubernetes.env.secretKeyRef 0123 list:map
kubernetes.flink.conf.dir 0123 string = /opt/flink/conf
kubernetes.flink.log.dir 0123 string
kubernetes.hadoop.conf.config-map.name 0123 string
kubernetes.hostnetwork.enabled 0123 boolean = false
kubernetes.internal-service.annotations 123 map
kubernetes.internal-service.labels 23 map
kubernetes.jobmanager.annotations 0123 map
kubernetes.jobmanager.cpu.amount 0123 double <kubernetes.jobmanager.cpu = 1.0
kubernetes.jobmanager.cpu.limit-factor 0123 double = 1.0
kubernetes.jobmanager.entrypoint.args 0123 string
kubernetes.jobmanager.labels 0123 map
kubernetes.jobmanager.memory.limit-factor 0123 double = 1.0
kubernetes.jobmanager.node-selector 0123 map
kubernetes.jobmanager.owner.reference 0123 list:map
kubernetes.jobmanager.replicas 0123 int = 1
kubernetes.jobmanager.service-account 0123 string ~kubernetes.service-account = default
kubernetes.jobmanager.tolerations 0123 list:map
kubernetes.namespace 0123 string = default
kubernetes.node-name-label 0123 string = kubernetes.io/hostname
kubernetes.persistent-volume-claim-read-only 3 boolean = false
kubernetes.persistent-volume-claims 3 map
kubernetes.pod-template-file.default 0123 string <kubernetes.pod-template-file
kubernetes.pod-template-file.jobmanager 0123 string ~kubernetes.pod-template-file
  ~kubernetes.pod-template-file.default
kubernetes.pod-template-file.taskmanager 0123 string ~kubernetes.pod-template-file
  ~kubernetes.pod-template-file.default
kubernetes.rest-service.annotations 0123 map
kubernetes.rest-service.exposed.node-port-address-type 0123 enum :InternalIP :ExternalIP = InternalIP
kubernetes.rest-service.exposed.type 0123 enum :ClusterIP :NodePort :LoadBalancer :Headless_ClusterIP = ClusterIP
kubernetes.rest-service.labels 23 map
kubernetes.secrets 0123 map
kubernetes.service-account 0123 string = default
kubernetes.taskmanager.annotations 0123 map
kubernetes.taskmanager.cpu.amount 0123 double <kubernetes.taskmanager.cpu = -1.0
kubernetes.taskmanager.cpu.limit-factor 0123 double = 1.0
kubernetes.taskmanager.entrypoint.args 0123 string
kubernetes.taskmanager.labels 0123 map
kubernetes.taskmanager.memory.limit-factor 0123 double = 1.0
kubernetes.taskmanager.node-selector 0123 map
kubernetes.taskmanager.service-account 0123 string ~kubernetes.service-account = default
kubernetes.taskmanager.tolerations 0123 list:map
kubernetes.transactional-operation.initial-retry-delay 123 duration = 50 ms
kubernetes.transactional-operation.max-retries 0 int = 5
kubernetes.transactional-operation.max-retries 123 int = 15
kubernetes.transactional-operation.max-retry-delay 123 duration = 1 min
local.number-resourcemanager 01 int deprecated = 1
materialized-table.default-freshness.continuous 23 duration = 3 min
materialized-table.default-freshness.full 23 duration = 1 h
materialized-table.default-start-mode 3 enum :FROM_BEGINNING :FROM_NOW :FROM_TIMESTAMP :RESUME_OR_FROM_BEGINNING
  :RESUME_OR_FROM_NOW :RESUME_OR_FROM_TIMESTAMP = FROM_BEGINNING
materialized-table.refresh-mode.freshness-threshold 123 duration = 30 min
metrics.fetcher.update-interval 0 long = 10000
metrics.fetcher.update-interval 123 duration = 10 s
metrics.internal.query-service.port 0123 string = 0
metrics.internal.query-service.thread-priority 0123 int = 1
metrics.job.status.enable 0123 list:enum :STATE :CURRENT_TIME :TOTAL_TIME = CURRENT_TIME
metrics.latency.granularity 0123 string = operator
metrics.latency.history-size 0123 int = 128
metrics.latency.interval 0 long = 0
metrics.latency.interval 123 duration = 0 ms
metrics.reporter.<name>.factory.class 0123 string
metrics.reporter.<name>.filter.excludes 0123 list:string
metrics.reporter.<name>.filter.includes 0123 list:string = *:*:*
metrics.reporter.<name>.interval 0123 duration = 10 s
metrics.reporter.<name>.scope.delimiter 0123 string = .
metrics.reporter.<name>.scope.variables.additional 0123 map
metrics.reporter.<name>.scope.variables.excludes 0123 string = .
metrics.reporters 0123 string
metrics.scope.delimiter 0123 string = .
metrics.scope.jm 0123 string = <host>.jobmanager
metrics.scope.jm-job 0123 string <metrics.scope.jm.job = <host>.jobmanager.<job_name>
metrics.scope.jm-operator 0123 string = <host>.jobmanager.<job_name>.<operator_name>
metrics.scope.operator 0123 string = <host>.taskmanager.<tm_id>.<job_name>.<operator_name>.<subtask_index>
metrics.scope.task 0123 string = <host>.taskmanager.<tm_id>.<job_name>.<task_name>.<subtask_index>
metrics.scope.tm 0123 string = <host>.taskmanager.<tm_id>
metrics.scope.tm-job 0123 string <metrics.scope.tm.job = <host>.taskmanager.<tm_id>.<job_name>
metrics.system-resource 0123 boolean = false
metrics.system-resource-probing-interval 0 long = 5000
metrics.system-resource-probing-interval 123 duration = 5 s
minicluster.number-of-taskmanagers 0123 int <local.number-taskmanager = 1
parallelism.default 0123 int = 1
pekko.ask.callstack 0123 boolean <akka.ask.callstack = true
pekko.ask.timeout 0123 duration <akka.ask.timeout = 10 s
pekko.client-socket-worker-pool.pool-size-factor 0123 double <akka.client-socket-worker-pool.pool-size-factor = 1.0
pekko.client-socket-worker-pool.pool-size-max 0123 int <akka.client-socket-worker-pool.pool-size-max = 2
pekko.client-socket-worker-pool.pool-size-min 0123 int <akka.client-socket-worker-pool.pool-size-min = 1
pekko.fork-join-executor.parallelism-factor 0123 double <akka.fork-join-executor.parallelism-factor = 2.0
pekko.fork-join-executor.parallelism-max 0123 int <akka.fork-join-executor.parallelism-max = 64
pekko.fork-join-executor.parallelism-min 0123 int <akka.fork-join-executor.parallelism-min = 8
pekko.framesize 0123 string <akka.framesize = 10485760b
pekko.jvm-exit-on-fatal-error 0123 boolean <akka.jvm-exit-on-fatal-error = true
pekko.log.lifecycle.events 0123 boolean <akka.log.lifecycle.events = false
pekko.lookup.timeout 0123 duration <akka.lookup.timeout = 10 s
pekko.remote-fork-join-executor.parallelism-factor 0123 double = 2.0
pekko.remote-fork-join-executor.parallelism-max 0123 int = 16
pekko.remote-fork-join-executor.parallelism-min 0123 int = 8
pekko.retry-gate-closed-for 0123 long <akka.retry-gate-closed-for = 50
pekko.rpc.force-invocation-serialization 0123 boolean <akka.rpc.force-invocation-serialization = false
pekko.server-socket-worker-pool.pool-size-factor 0123 double <akka.server-socket-worker-pool.pool-size-factor = 1.0
pekko.server-socket-worker-pool.pool-size-max 0123 int <akka.server-socket-worker-pool.pool-size-max = 2
pekko.server-socket-worker-pool.pool-size-min 0123 int <akka.server-socket-worker-pool.pool-size-min = 1
pekko.ssl.enabled 0123 boolean <akka.ssl.enabled = true
pekko.startup-timeout 0 string <akka.startup-timeout
pekko.startup-timeout 123 duration <akka.startup-timeout
pekko.tcp.timeout 0 string <akka.tcp.timeout = 20 s
pekko.tcp.timeout 123 duration <akka.tcp.timeout = 20 s
pekko.throughput 0123 int <akka.throughput = 15
pipeline.auto-generate-uids 0123 boolean = true
pipeline.auto-type-registration 01 boolean deprecated = true
pipeline.auto-watermark-interval 0123 duration = 200 ms
pipeline.cached-files 0123 list:string
pipeline.cep.sharedbuffer.cache.entry-slots 0123 int = 1024
pipeline.cep.sharedbuffer.cache.event-slots 0123 int = 1024
pipeline.cep.sharedbuffer.cache.statistics-interval 0123 duration = 30 min
pipeline.classpaths 0123 list:string
pipeline.closure-cleaner-level 0123 enum :NONE :TOP_LEVEL :RECURSIVE = RECURSIVE
pipeline.default-kryo-serializers 01 list:string deprecated
pipeline.force-avro 0123 boolean = false
pipeline.force-kryo 0123 boolean = false
pipeline.force-kryo-avro 123 boolean
pipeline.generic-types 0123 boolean = true
pipeline.global-job-parameters 0123 map
pipeline.jars 0123 list:string
pipeline.jobvertex-parallelism-overrides 0123 map
pipeline.max-parallelism 0123 int = -1
pipeline.name 0123 string
pipeline.object-reuse 0123 boolean = false
pipeline.operator-chaining.chain-operators-with-different-max-parallelism 0123 boolean = true
pipeline.operator-chaining.enabled 0123 boolean <pipeline.operator-chaining = true
pipeline.registered-kryo-types 01 list:string deprecated
pipeline.registered-pojo-types 01 list:string deprecated
pipeline.serialization-config 0123 list:string
pipeline.sources.pause-until-first-checkpoint 3 boolean = false
pipeline.time-characteristic 01 enum deprecated :ProcessingTime :IngestionTime :EventTime = EventTime
pipeline.vertex-description-mode 0123 enum :TREE :CASCADING = TREE
pipeline.vertex-name-include-index-prefix 0123 boolean = false
pipeline.watermark-alignment.allow-unaligned-source-splits 0123 boolean = false
pipeline.watermark-alignment.buffer-size 3 int = 3
plugin.classloader.parent-first-patterns.additional 0123 list:string
plugin.classloader.parent-first-patterns.default 0123 list:string
process.jobmanager.working-dir 0123 string ~process.working-dir
process.taskmanager.working-dir 0123 string ~process.working-dir
process.working-dir 0123 string
python.archives 0123 string
python.client.executable 0123 string = python
python.executable 0123 string = python
python.execution-mode 0123 string = process
python.files 0123 string
python.fn-execution.arrow.batch.size 0123 int = 1000
python.fn-execution.bundle.size 0123 int = 1000
python.fn-execution.bundle.time 0123 long = 1000
python.fn-execution.memory.managed 0123 boolean = true
python.internal.archives-key-map 0123 map
python.internal.files-key-map 0123 map
python.internal.requirements-file-key 0123 map
python.job-options 0123 map
python.logging.default.level 3 string = INFO
python.logging.level.overrides 3 map
python.loopback-server.address 0123 string
python.map-state.iterate-response-batch-size 0123 int = 1000
python.map-state.read-cache-size 0123 int = 1000
python.map-state.write-cache-size 0123 int = 1000
python.metric.enabled 0123 boolean = true
python.operator-chaining.enabled 0123 boolean = true
python.profile.enabled 0123 boolean = false
python.pythonpath 0123 string
python.requirements 0123 string
python.state.cache-size 0123 int = 1000
python.systemenv.enabled 0123 boolean = true
queryable-state.client.network-threads 0123 int <query.client.network-threads = 0
queryable-state.enable 0123 boolean = false
queryable-state.proxy.network-threads 0123 int <query.proxy.network-threads = 0
queryable-state.proxy.ports 0123 string <query.proxy.ports = 9069
queryable-state.proxy.query-threads 0123 int <query.proxy.query-threads = 0
queryable-state.server.network-threads 0123 int <query.server.network-threads = 0
queryable-state.server.ports 0123 string <query.server.ports = 9067
queryable-state.server.query-threads 0123 int <query.server.query-threads = 0
resourcemanager.job.timeout 0 string = 5 minutes
resourcemanager.job.timeout 123 duration = 5 min
resourcemanager.previous-worker.recovery.timeout 0123 duration = 0 ms
resourcemanager.rpc.port 0123 int = 0
resourcemanager.standalone.start-up-time 0 long = -1
resourcemanager.standalone.start-up-time 123 duration
resourcemanager.start-worker.max-failure-rate 0123 double = 10.0
resourcemanager.start-worker.retry-interval 0123 duration = 3 s
resourcemanager.taskmanager-registration.timeout 0123 duration ~taskmanager.registration.timeout = 5 min
resourcemanager.taskmanager-release.wait.result.consumed 01 boolean deprecated = true
resourcemanager.taskmanager-timeout 0 long <slotmanager.taskmanager-timeout = 30000
resourcemanager.taskmanager-timeout 123 duration <slotmanager.taskmanager-timeout = 30 s
rest.address 0123 string ~jobmanager.rpc.address
rest.async.store-duration 0123 duration = 5 min
rest.await-leader-timeout 0 long = 30000
rest.await-leader-timeout 123 duration = 30 s
rest.bind-address 0123 string <jobmanager.web.address ~web.address
rest.bind-port 0123 string <web.port <jobmanager.web.port ~rest.port = 8081
rest.cache.checkpoint-statistics.size 0123 int = 1000
rest.cache.checkpoint-statistics.timeout 0123 duration ~web.refresh-interval = 3 s
rest.cache.execution-graph.timeout 3 duration
rest.client.max-content-length 0123 int = 104857600
rest.connection-timeout 0 long = 15000
rest.connection-timeout 123 duration = 15 s
rest.flamegraph.cleanup-interval 0123 duration = 10 min
rest.flamegraph.delay-between-samples 0123 duration = 50 ms
rest.flamegraph.enabled 0123 boolean = false
rest.flamegraph.num-samples 0123 int = 100
rest.flamegraph.refresh-interval 0123 duration = 1 min
rest.flamegraph.stack-depth 0123 int = 100
rest.idleness-timeout 0 long = 300000
rest.idleness-timeout 123 duration = 5 min
rest.path 0123 string
rest.port 0123 int <web.port = 8081
rest.profiling.dir 0123 string = /tmp
rest.profiling.duration-max 0123 duration = 5 min
rest.profiling.enabled 0123 boolean = false
rest.profiling.history-size 0123 int = 10
rest.retry.delay 0 long = 3000
rest.retry.delay 123 duration = 3 s
rest.retry.max-attempts 0123 int = 20
rest.server.max-content-length 0123 int = 104857600
rest.server.numThreads 0123 int = 4
rest.server.thread-priority 0123 int = 5
rest.url-prefix 0123 string = /
restart-strategy.exponential-delay.attempts-before-reset-backoff 0123 int = 2147483647
restart-strategy.exponential-delay.backoff-multiplier 0123 double = 1.5
restart-strategy.exponential-delay.initial-backoff 0123 duration = 1 s
restart-strategy.exponential-delay.jitter-factor 0123 double = 0.1
restart-strategy.exponential-delay.max-backoff 0123 duration = 1 min
restart-strategy.exponential-delay.reset-backoff-threshold 0123 duration = 1 h
restart-strategy.failure-rate.delay 0123 duration = 1 s
restart-strategy.failure-rate.failure-rate-interval 0123 duration = 1 min
restart-strategy.failure-rate.max-failures-per-interval 0123 int = 1
restart-strategy.fixed-delay.attempts 0123 int = 1
restart-strategy.fixed-delay.delay 0123 duration = 1 s
restart-strategy.type 0123 string <restart-strategy
scheduler-mode 0123 enum :REACTIVE
security.context.factory.classes 0123 list:string
security.delegation.token.provider.<serviceName>.enabled 0123 boolean = true
security.delegation.tokens.enabled 0123 boolean <security.kerberos.fetch.delegation-token = true
security.delegation.tokens.renewal.retry.backoff 0123 duration <security.kerberos.tokens.renewal.retry.backoff = 1 h
security.delegation.tokens.renewal.time-ratio 0123 double <security.kerberos.tokens.renewal.time-ratio = 0.75
security.kerberos.access.hadoopFileSystems 0123 list:string <yarn.security.kerberos.additionalFileSystems
security.kerberos.fetch.delegation-token 01 boolean deprecated = true
security.kerberos.krb5-conf.path 0123 string
security.kerberos.login.contexts 0123 string
security.kerberos.login.keytab 0123 string <security.keytab
security.kerberos.login.principal 0123 string <security.principal
security.kerberos.login.use-ticket-cache 0123 boolean = true
security.kerberos.relogin.period 0123 duration = 1 min
security.kerberos.tokens.renewal.retry.backoff 01 duration deprecated = 1 h
security.kerberos.tokens.renewal.time-ratio 01 double deprecated = 0.75
security.module.factory.classes 0123 list:string
security.ssl.algorithms 0 string = TLS_RSA_WITH_AES_128_CBC_SHA
security.ssl.algorithms 123 string = TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
security.ssl.enabled 01 boolean deprecated = false
security.ssl.internal.cert.fingerprint 0123 string
security.ssl.internal.close-notify-flush-timeout 0123 int <security.ssl.close-notify-flush-timeout = -1
security.ssl.internal.enabled 0123 boolean = false
security.ssl.internal.handshake-timeout 0123 int <security.ssl.handshake-timeout = -1
security.ssl.internal.key-password 0123 string
security.ssl.internal.keystore 0123 string
security.ssl.internal.keystore-password 0123 string
security.ssl.internal.keystore-type 123 string = pkcs12
security.ssl.internal.session-cache-size 0123 int <security.ssl.session-cache-size = -1
security.ssl.internal.session-timeout 0123 int <security.ssl.session-timeout = -1
security.ssl.internal.truststore 0123 string
security.ssl.internal.truststore-password 0123 string
security.ssl.internal.truststore-type 123 string = pkcs12
security.ssl.key-password 0123 string
security.ssl.keystore 0123 string
security.ssl.keystore-password 0123 string
security.ssl.protocol 0123 string = TLSv1.2
security.ssl.provider 0123 string = JDK
security.ssl.rest.authentication-enabled 0123 boolean = false
security.ssl.rest.cert.fingerprint 0123 string
security.ssl.rest.enabled 0123 boolean = false
security.ssl.rest.key-password 0123 string
security.ssl.rest.keystore 0123 string
security.ssl.rest.keystore-password 0123 string
security.ssl.rest.keystore-type 123 string = pkcs12
security.ssl.rest.truststore 0123 string
security.ssl.rest.truststore-password 0123 string
security.ssl.rest.truststore-type 123 string = pkcs12
security.ssl.rest.verify-hostname 3 boolean = false
security.ssl.truststore 0123 string
security.ssl.truststore-password 0123 string
security.ssl.verify-hostname 012 boolean = true
security.ssl.verify-hostname 3 boolean deprecated = false
shuffle-service-factory.class 0123 string = org.apache.flink.runtime.io.network.NettyShuffleServiceFactory
sink.committer.retries 0123 int = 10
slot.idle.timeout 0 long = 50000
slot.idle.timeout 123 duration = 50 s
slot.request.max-interval 23 duration = 20 ms
slot.request.timeout 0 long = 300000
slot.request.timeout 123 duration = 5 min
slotmanager.declare-needed-resource.delay 0123 duration = 50 ms
slotmanager.max-total-resource.cpu 0123 double
slotmanager.max-total-resource.memory 0123 memory
slotmanager.min-total-resource.cpu 0123 double
slotmanager.min-total-resource.memory 0123 memory
slotmanager.number-of-slots.max 0123 int = 2147483647
slotmanager.number-of-slots.min 0123 int = 0
slotmanager.redundant-taskmanager-num 0123 int = 0
slotmanager.requirement-check.delay 0123 duration = 50 ms
slotmanager.taskmanager-timeout 01 long deprecated = 30000
slow-task-detector.check-interval 0123 duration = 1 s
slow-task-detector.execution-time.baseline-lower-bound 0123 duration = 1 min
slow-task-detector.execution-time.baseline-multiplier 0123 double = 1.5
slow-task-detector.execution-time.baseline-ratio 0123 double = 0.75
source.file.records.fetch-size 01 int = 128
source.file.stream.io-fetch-size 0123 memory = 1 mb
source.reader.close.timeout 0123 long = 30000
source.reader.element.queue.capacity 0123 int = 2
sql-client.display.color-schema 0123 string = DEFAULT
sql-client.display.max-column-width 0 int ~table.display.max-column-width = 30
sql-client.display.max-column-width 1 int deprecated ~table.display.max-column-width = 30
sql-client.display.print-time-cost 0123 boolean = true
sql-client.display.show-line-numbers 0123 boolean = false
sql-client.execution.max-table-result.rows 0123 int = 1000000
sql-client.execution.result-mode 0123 enum :TABLE :CHANGELOG :TABLEAU = TABLE
sql-client.verbose 0123 boolean = false
sql-gateway.endpoint.rest.address 0123 string
sql-gateway.endpoint.rest.bind-address 0123 string
sql-gateway.endpoint.rest.bind-port 0123 string = 8083
sql-gateway.endpoint.rest.port 0123 int = 8083
sql-gateway.endpoint.type 0123 list:string = rest
sql-gateway.session.check-interval 0123 duration = 1 min
sql-gateway.session.idle-timeout 0123 duration = 10 min
sql-gateway.session.max-num 0123 int = 1000000
sql-gateway.session.plan-cache.enabled 0123 boolean = false
sql-gateway.session.plan-cache.size 0123 int = 100
sql-gateway.session.plan-cache.ttl 0123 duration = 1 h
sql-gateway.worker.keepalive-time 0123 duration = 5 min
sql-gateway.worker.threads.max 0123 int = 500
sql-gateway.worker.threads.min 0123 int = 5
state.backend.async 01 boolean deprecated = true
state.backend.changelog.enabled 0 boolean = false
state.backend.changelog.max-failures-allowed 0 int = 3
state.backend.changelog.periodic-materialize.enabled 0 boolean = true
state.backend.changelog.periodic-materialize.interval 0 duration = 10 min
state.backend.changelog.storage 0 string = memory
state.backend.forst.block.blocksize 23 memory = 4 kb
state.backend.forst.block.cache-size 23 memory = 8 mb
state.backend.forst.block.metadata-blocksize 23 memory = 4 kb
state.backend.forst.bloom-filter.bits-per-key 23 double = 10.0
state.backend.forst.bloom-filter.block-based-mode 23 boolean = false
state.backend.forst.cache.dir 23 string
state.backend.forst.cache.lru.access-before-promote 23 int = 6
state.backend.forst.cache.lru.promote-limit 23 int = 3
state.backend.forst.cache.reserve-size 23 memory = 256 mb
state.backend.forst.cache.size-based-limit 23 memory = 0 bytes
state.backend.forst.compaction.filter.periodic-compaction-time 23 duration = 720 h
state.backend.forst.compaction.filter.query-time-after-num-entries 23 long = 1000
state.backend.forst.compaction.level.max-size-level-base 23 memory = 256 mb
state.backend.forst.compaction.level.target-file-size-base 23 memory = 64 mb
state.backend.forst.compaction.level.use-dynamic-size 23 boolean = false
state.backend.forst.compaction.style 23 enum :LEVEL :UNIVERSAL :FIFO :NONE = LEVEL
state.backend.forst.compression.per.level 23 list:enum :NO_COMPRESSION :SNAPPY_COMPRESSION :ZLIB_COMPRESSION
  :BZLIB2_COMPRESSION :LZ4_COMPRESSION :LZ4HC_COMPRESSION :XPRESS_COMPRESSION :ZSTD_COMPRESSION
  :DISABLE_COMPRESSION_OPTION = SNAPPY_COMPRESSION
state.backend.forst.executor.inline-coordinator 23 boolean = false
state.backend.forst.executor.inline-write 23 boolean = true
state.backend.forst.executor.read-io-parallelism 23 int = 3
state.backend.forst.executor.write-io-parallelism 23 int = 1
state.backend.forst.files.open 23 int = -1
state.backend.forst.local-dir 23 string
state.backend.forst.log.dir 23 string
state.backend.forst.log.file-num 23 int = 4
state.backend.forst.log.level 23 enum :DEBUG_LEVEL :INFO_LEVEL :WARN_LEVEL :ERROR_LEVEL :FATAL_LEVEL :HEADER_LEVEL
  :NUM_INFO_LOG_LEVELS = INFO_LEVEL
state.backend.forst.log.max-file-size 23 memory = 25 mb
state.backend.forst.memory.fixed-per-slot 23 memory
state.backend.forst.memory.fixed-per-tm 23 memory
state.backend.forst.memory.high-prio-pool-ratio 23 double = 0.1
state.backend.forst.memory.managed 23 boolean = true
state.backend.forst.memory.partitioned-index-filters 23 boolean = true
state.backend.forst.memory.write-buffer-ratio 23 double = 0.5
state.backend.forst.metrics.actual-delayed-write-rate 23 boolean = false
state.backend.forst.metrics.background-errors 23 boolean = false
state.backend.forst.metrics.block-cache-capacity 23 boolean = false
state.backend.forst.metrics.block-cache-hit 23 boolean = false
state.backend.forst.metrics.block-cache-miss 23 boolean = false
state.backend.forst.metrics.block-cache-pinned-usage 23 boolean = false
state.backend.forst.metrics.block-cache-usage 23 boolean = false
state.backend.forst.metrics.bloom-filter-full-positive 23 boolean = false
state.backend.forst.metrics.bloom-filter-full-true-positive 23 boolean = false
state.backend.forst.metrics.bloom-filter-useful 23 boolean = false
state.backend.forst.metrics.bytes-read 23 boolean = false
state.backend.forst.metrics.bytes-written 23 boolean = false
state.backend.forst.metrics.column-family-as-variable 23 boolean = false
state.backend.forst.metrics.compaction-pending 23 boolean = false
state.backend.forst.metrics.compaction-read-bytes 23 boolean = false
state.backend.forst.metrics.compaction-write-bytes 23 boolean = false
state.backend.forst.metrics.cur-size-active-mem-table 23 boolean = false
state.backend.forst.metrics.cur-size-all-mem-tables 23 boolean = false
state.backend.forst.metrics.estimate-live-data-size 23 boolean = false
state.backend.forst.metrics.estimate-num-keys 23 boolean = false
state.backend.forst.metrics.estimate-pending-compaction-bytes 23 boolean = false
state.backend.forst.metrics.estimate-table-readers-mem 23 boolean = false
state.backend.forst.metrics.is-write-stopped 23 boolean = false
state.backend.forst.metrics.iter-bytes-read 23 boolean = false
state.backend.forst.metrics.live-sst-files-size 23 boolean = false
state.backend.forst.metrics.mem-table-flush-pending 23 boolean = false
state.backend.forst.metrics.num-deletes-active-mem-table 23 boolean = false
state.backend.forst.metrics.num-deletes-imm-mem-tables 23 boolean = false
state.backend.forst.metrics.num-entries-active-mem-table 23 boolean = false
state.backend.forst.metrics.num-entries-imm-mem-tables 23 boolean = false
state.backend.forst.metrics.num-files-at-level 23 boolean = false
state.backend.forst.metrics.num-immutable-mem-table 23 boolean = false
state.backend.forst.metrics.num-live-versions 23 boolean = false
state.backend.forst.metrics.num-running-compactions 23 boolean = false
state.backend.forst.metrics.num-running-flushes 23 boolean = false
state.backend.forst.metrics.num-snapshots 23 boolean = false
state.backend.forst.metrics.size-all-mem-tables 23 boolean = false
state.backend.forst.metrics.stall-micros 23 boolean = false
state.backend.forst.metrics.total-sst-files-size 23 boolean = false
state.backend.forst.options-factory 23 string
state.backend.forst.primary-dir 23 string = checkpoint-dir
state.backend.forst.rescaling.use-delete-files-in-range 23 boolean = false
state.backend.forst.restore-overlap-fraction-threshold 23 double = 0.0
state.backend.forst.sync.enforce-local 23 boolean = true
state.backend.forst.thread.num 23 int = 2
state.backend.forst.timer-service.cache-size 23 int = 128
state.backend.forst.timer-service.factory 23 enum :HEAP :ForStDB = ForStDB
state.backend.forst.use-bloom-filter 23 boolean = false
state.backend.forst.use-ingest-db-restore-mode 23 boolean = false
state.backend.forst.write-batch-size 23 memory = 2 mb
state.backend.forst.writebuffer.count 23 int = 2
state.backend.forst.writebuffer.number-to-merge 23 int = 1
state.backend.forst.writebuffer.size 23 memory = 64 mb
state.backend.incremental 0 boolean = false
state.backend.latency-track.history-size 0 int = 128
state.backend.latency-track.history-size 1 int deprecated = 128
state.backend.latency-track.keyed-state-enabled 0 boolean = false
state.backend.latency-track.keyed-state-enabled 1 boolean deprecated = false
state.backend.latency-track.sample-interval 0 int = 100
state.backend.latency-track.sample-interval 1 int deprecated = 100
state.backend.latency-track.state-name-as-variable 0 boolean = true
state.backend.latency-track.state-name-as-variable 1 boolean deprecated = true
state.backend.local-recovery 0 boolean = false
state.backend.local-recovery 1 boolean deprecated = false
state.backend.rocksdb.block.blocksize 0123 memory = 4 kb
state.backend.rocksdb.block.cache-size 0123 memory = 8 mb
state.backend.rocksdb.block.metadata-blocksize 0123 memory = 4 kb
state.backend.rocksdb.bloom-filter.bits-per-key 0123 double = 10.0
state.backend.rocksdb.bloom-filter.block-based-mode 0123 boolean = false
state.backend.rocksdb.checkpoint.transfer.thread.num 0123 int = 4
state.backend.rocksdb.compaction.filter.periodic-compaction-time 23 duration = 720 h
state.backend.rocksdb.compaction.filter.query-time-after-num-entries 23 long = 1000
state.backend.rocksdb.compaction.level.max-size-level-base 0123 memory = 256 mb
state.backend.rocksdb.compaction.level.target-file-size-base 0123 memory = 64 mb
state.backend.rocksdb.compaction.level.use-dynamic-size 0123 boolean = false
state.backend.rocksdb.compaction.style 0123 enum :LEVEL :UNIVERSAL :FIFO :NONE = LEVEL
state.backend.rocksdb.compression.per.level 0123 list:enum :NO_COMPRESSION :SNAPPY_COMPRESSION :ZLIB_COMPRESSION
  :BZLIB2_COMPRESSION :LZ4_COMPRESSION :LZ4HC_COMPRESSION :XPRESS_COMPRESSION :ZSTD_COMPRESSION
  :DISABLE_COMPRESSION_OPTION = SNAPPY_COMPRESSION
state.backend.rocksdb.files.open 0123 int = -1
state.backend.rocksdb.incremental-restore-async-compact-after-rescale 123 boolean = false
state.backend.rocksdb.localdir 01 string <state.backend.rocksdb.checkpointdir
state.backend.rocksdb.localdir 23 string
state.backend.rocksdb.log.dir 0123 string
state.backend.rocksdb.log.file-num 0123 int = 4
state.backend.rocksdb.log.level 0123 enum :DEBUG_LEVEL :INFO_LEVEL :WARN_LEVEL :ERROR_LEVEL :FATAL_LEVEL :HEADER_LEVEL
  :NUM_INFO_LOG_LEVELS = INFO_LEVEL
state.backend.rocksdb.log.max-file-size 0123 memory = 25 mb
state.backend.rocksdb.manual-compaction.max-auto-compactions 123 int = 30
state.backend.rocksdb.manual-compaction.max-file-size-to-compact 123 memory = 50 kb
state.backend.rocksdb.manual-compaction.max-files-to-compact 123 int = 30
state.backend.rocksdb.manual-compaction.max-output-file-size 123 memory = 64 mb
state.backend.rocksdb.manual-compaction.max-parallel-compactions 123 int = 5
state.backend.rocksdb.manual-compaction.min-files-to-compact 123 int = 5
state.backend.rocksdb.manual-compaction.min-interval 123 duration = 0 ms
state.backend.rocksdb.memory.fixed-per-slot 0123 memory
state.backend.rocksdb.memory.fixed-per-tm 0123 memory
state.backend.rocksdb.memory.high-prio-pool-ratio 0123 double = 0.1
state.backend.rocksdb.memory.managed 0123 boolean = true
state.backend.rocksdb.memory.partitioned-index-filters 0123 boolean = false
state.backend.rocksdb.memory.write-buffer-ratio 0123 double = 0.5
state.backend.rocksdb.metrics.actual-delayed-write-rate 0123 boolean = false
state.backend.rocksdb.metrics.background-errors 0123 boolean = false
state.backend.rocksdb.metrics.block-cache-capacity 0123 boolean = false
state.backend.rocksdb.metrics.block-cache-hit 0123 boolean = false
state.backend.rocksdb.metrics.block-cache-miss 0123 boolean = false
state.backend.rocksdb.metrics.block-cache-pinned-usage 0123 boolean = false
state.backend.rocksdb.metrics.block-cache-usage 0123 boolean = false
state.backend.rocksdb.metrics.bloom-filter-full-positive 123 boolean = false
state.backend.rocksdb.metrics.bloom-filter-full-true-positive 123 boolean = false
state.backend.rocksdb.metrics.bloom-filter-useful 123 boolean = false
state.backend.rocksdb.metrics.bytes-read 0123 boolean = false
state.backend.rocksdb.metrics.bytes-written 0123 boolean = false
state.backend.rocksdb.metrics.column-family-as-variable 0123 boolean = false
state.backend.rocksdb.metrics.compaction-pending 0123 boolean = false
state.backend.rocksdb.metrics.compaction-read-bytes 0123 boolean = false
state.backend.rocksdb.metrics.compaction-write-bytes 0123 boolean = false
state.backend.rocksdb.metrics.cur-size-active-mem-table 0123 boolean = false
state.backend.rocksdb.metrics.cur-size-all-mem-tables 0123 boolean = false
state.backend.rocksdb.metrics.estimate-live-data-size 0123 boolean = false
state.backend.rocksdb.metrics.estimate-num-keys 0123 boolean = false
state.backend.rocksdb.metrics.estimate-pending-compaction-bytes 0123 boolean = false
state.backend.rocksdb.metrics.estimate-table-readers-mem 0123 boolean = false
state.backend.rocksdb.metrics.is-write-stopped 0123 boolean = false
state.backend.rocksdb.metrics.iter-bytes-read 0123 boolean = false
state.backend.rocksdb.metrics.live-sst-files-size 0123 boolean = false
state.backend.rocksdb.metrics.mem-table-flush-pending 0123 boolean = false
state.backend.rocksdb.metrics.num-deletes-active-mem-table 0123 boolean = false
state.backend.rocksdb.metrics.num-deletes-imm-mem-tables 0123 boolean = false
state.backend.rocksdb.metrics.num-entries-active-mem-table 0123 boolean = false
state.backend.rocksdb.metrics.num-entries-imm-mem-tables 0123 boolean = false
state.backend.rocksdb.metrics.num-files-at-level 123 boolean = false
state.backend.rocksdb.metrics.num-immutable-mem-table 0123 boolean = false
state.backend.rocksdb.metrics.num-live-versions 0123 boolean = false
state.backend.rocksdb.metrics.num-running-compactions 0123 boolean = false
state.backend.rocksdb.metrics.num-running-flushes 0123 boolean = false
state.backend.rocksdb.metrics.num-snapshots 0123 boolean = false
state.backend.rocksdb.metrics.size-all-mem-tables 0123 boolean = false
state.backend.rocksdb.metrics.stall-micros 0123 boolean = false
state.backend.rocksdb.metrics.total-sst-files-size 0123 boolean = false
state.backend.rocksdb.options-factory 0123 string
state.backend.rocksdb.predefined-options 0123 string = DEFAULT
state.backend.rocksdb.rescaling.use-delete-files-in-range 123 boolean = false
state.backend.rocksdb.restore-overlap-fraction-threshold 0123 double = 0.0
state.backend.rocksdb.thread.num 0123 int = 2
state.backend.rocksdb.timer-service.cache-size 0123 int = 128
state.backend.rocksdb.timer-service.factory 0123 enum :HEAP :ROCKSDB = ROCKSDB
state.backend.rocksdb.use-bloom-filter 0123 boolean = false
state.backend.rocksdb.use-ingest-db-restore-mode 123 boolean = false
state.backend.rocksdb.write-batch-size 0123 memory = 2 mb
state.backend.rocksdb.writebuffer.count 0123 int = 2
state.backend.rocksdb.writebuffer.number-to-merge 0123 int = 1
state.backend.rocksdb.writebuffer.size 0123 memory = 64 mb
state.backend.type 0123 string <state.backend = hashmap
state.changelog.dstl.dfs.base-path 123 string <dstl.dfs.base-path
state.changelog.dstl.dfs.batch.persist-delay 123 duration <dstl.dfs.batch.persist-delay = 10 ms
state.changelog.dstl.dfs.batch.persist-size-threshold 123 memory <dstl.dfs.batch.persist-size-threshold = 10 mb
state.changelog.dstl.dfs.compression.enabled 123 boolean <dstl.dfs.compression.enabled = false
state.changelog.dstl.dfs.discard.num-threads 123 int <dstl.dfs.discard.num-threads = 1
state.changelog.dstl.dfs.download.local-cache.idle-timeout-ms 123 duration
  <dstl.dfs.download.local-cache.idle-timeout-ms = 10 min
state.changelog.dstl.dfs.preemptive-persist-threshold 123 memory <dstl.dfs.preemptive-persist-threshold = 5 mb
state.changelog.dstl.dfs.upload.buffer-size 123 memory <dstl.dfs.upload.buffer-size = 1 mb
state.changelog.dstl.dfs.upload.max-attempts 123 int <dstl.dfs.upload.max-attempts = 3
state.changelog.dstl.dfs.upload.max-in-flight 123 memory <dstl.dfs.upload.max-in-flight = 100 mb
state.changelog.dstl.dfs.upload.next-attempt-delay 123 duration <dstl.dfs.upload.next-attempt-delay = 500 ms
state.changelog.dstl.dfs.upload.num-threads 123 int <dstl.dfs.upload.num-threads = 5
state.changelog.dstl.dfs.upload.retry-policy 123 string <dstl.dfs.upload.retry-policy = fixed
state.changelog.dstl.dfs.upload.timeout 123 duration <dstl.dfs.upload.timeout = 1 s
state.changelog.enabled 123 boolean <state.backend.changelog.enabled = false
state.changelog.max-failures-allowed 123 int <state.backend.changelog.max-failures-allowed = 3
state.changelog.periodic-materialize.enabled 123 boolean <state.backend.changelog.periodic-materialize.enabled = true
state.changelog.periodic-materialize.interval 123 duration <state.backend.changelog.periodic-materialize.interval = 10
  min
state.changelog.storage 123 string <state.backend.changelog.storage = memory
state.checkpoint-storage 0 string
state.checkpoint.cleaner.parallel-mode 0 boolean = true
state.checkpoints.create-subdir 0 boolean = true
state.checkpoints.dir 0 string <state.backend.fs.checkpointdir
state.checkpoints.num-retained 0 int = 1
state.latency-track.history-size 123 int <state.backend.latency-track.history-size = 128
state.latency-track.keyed-state-enabled 123 boolean <state.backend.latency-track.keyed-state-enabled = false
state.latency-track.sample-interval 123 int <state.backend.latency-track.sample-interval = 100
state.latency-track.state-name-as-variable 123 boolean <state.backend.latency-track.state-name-as-variable = true
state.savepoints.dir 0 string <savepoints.state.backend.fs.dir
state.size-track.history-size 23 int = 128
state.size-track.keyed-state-enabled 23 boolean = false
state.size-track.sample-interval 23 int = 100
state.size-track.state-name-as-variable 23 boolean = true
state.storage.fs.memory-threshold 0 memory <state.backend.fs.memory-threshold = 20 kb
state.storage.fs.write-buffer-size 0 int <state.backend.fs.write-buffer-size = 4096
table.builtin-catalog-name 0123 string = default_catalog
table.builtin-database-name 0123 string = default_database
table.catalog-modification.listeners 0123 list:string
table.catalog-store.file.path 0123 string
table.catalog-store.kind 0123 string = generic_in_memory
table.column-expansion-strategy 0123 list:enum :EXCLUDE_ALIASED_VIRTUAL_METADATA_COLUMNS
  :EXCLUDE_DEFAULT_VIRTUAL_METADATA_COLUMNS
table.display.max-column-width 0123 int = 30
table.dml-sync 0123 boolean = false
table.dynamic-table-options.enabled 0123 boolean = true
table.exec.async-lookup.buffer-capacity 0123 int = 100
table.exec.async-lookup.key-ordered-enabled 23 boolean = false
table.exec.async-lookup.output-mode 0123 enum :ORDERED :ALLOW_UNORDERED = ORDERED
table.exec.async-lookup.timeout 0123 duration = 3 min
table.exec.async-ml-predict.max-concurrent-operations 23 int = 10
table.exec.async-ml-predict.output-mode 23 enum :ORDERED :ALLOW_UNORDERED = ORDERED
table.exec.async-ml-predict.timeout 23 duration = 3 min
table.exec.async-scalar.buffer-capacity 01 int = 10
table.exec.async-scalar.max-attempts 0123 int = 3
table.exec.async-scalar.max-concurrent-operations 23 int <table.exec.async-scalar.buffer-capacity = 10
table.exec.async-scalar.retry-delay 0123 duration = 100 ms
table.exec.async-scalar.retry-strategy 0123 enum :NO_RETRY :FIXED_DELAY = FIXED_DELAY
table.exec.async-scalar.timeout 0123 duration = 3 min
table.exec.async-state.enabled 23 boolean = false
table.exec.async-table.max-concurrent-operations 23 int = 10
table.exec.async-table.max-retries 23 int = 3
table.exec.async-table.retry-delay 23 duration = 100 ms
table.exec.async-table.retry-strategy 23 enum :NO_RETRY :FIXED_DELAY = FIXED_DELAY
table.exec.async-table.timeout 23 duration = 3 min
table.exec.async-vector-search.max-concurrent-operations 23 int = 10
table.exec.async-vector-search.output-mode 23 enum :ORDERED :ALLOW_UNORDERED = ORDERED
table.exec.async-vector-search.timeout 23 duration = 3 min
table.exec.deduplicate.insert-update-after-sensitive-enabled 01 boolean
  <table.exec.deduplicate.insert-and-updateafter-sensitive.enabled = true
table.exec.deduplicate.insert-update-after-sensitive-enabled 23 boolean = true
table.exec.deduplicate.mini-batch.compact-changes-enabled 01 boolean
  <table.exec.deduplicate.mini-batch.compact-changes.enabled = false
table.exec.deduplicate.mini-batch.compact-changes-enabled 23 boolean = false
table.exec.delta-join.cache-enabled 23 boolean = true
table.exec.delta-join.left.cache-size 23 long = 10000
table.exec.delta-join.right.cache-size 23 long = 10000
table.exec.disabled-operators 0123 string
table.exec.dynamic-filtering.threshold 0123 memory = 8 mb
table.exec.interval-join.min-cleanup-interval 0123 duration = 0 ms
table.exec.legacy-cast-behaviour 0123 enum :ENABLED :DISABLED = DISABLED
table.exec.legacy-transformation-uids 01 boolean deprecated = false
table.exec.local-hash-agg.adaptive.distinct-value-rate-threshold 123 double = 0.5
table.exec.local-hash-agg.adaptive.enabled 123 boolean = true
table.exec.local-hash-agg.adaptive.sampling-threshold 123 long = 500000
table.exec.mini-batch.allow-latency 0123 duration = 0 ms
table.exec.mini-batch.enabled 0123 boolean = false
table.exec.mini-batch.size 0123 long = -1
table.exec.operator-fusion-codegen.enabled 0123 boolean = false
table.exec.rank.topn-cache-size 01 long <table.exec.topn-cache-size = 10000
table.exec.rank.topn-cache-size 23 long = 10000
table.exec.resource.default-parallelism 0123 int = -1
table.exec.resource.external-buffer-memory 0123 memory = 10 mb
table.exec.resource.hash-agg.memory 0123 memory = 128 mb
table.exec.resource.hash-join.memory 0123 memory = 128 mb
table.exec.resource.sort.memory 0123 memory = 128 mb
table.exec.shuffle-mode 01 string deprecated
table.exec.simplify-operator-name-enabled 0123 boolean = true
table.exec.sink.keyed-shuffle 0123 enum :NONE :AUTO :FORCE = AUTO
table.exec.sink.nested-constraint-enforcer 23 enum :IGNORE :ROWS :ROWS_AND_COLLECTIONS = IGNORE
table.exec.sink.not-null-enforcer 0123 enum :ERROR :DROP = ERROR
table.exec.sink.require-on-conflict 3 boolean = true
table.exec.sink.rowtime-inserter 0123 enum :ENABLED :DISABLED = ENABLED
table.exec.sink.type-length-enforcer 01 enum :IGNORE :TRIM_PAD = IGNORE
table.exec.sink.type-length-enforcer 23 enum :IGNORE :TRIM_PAD :ERROR = IGNORE
table.exec.sink.upsert-materialize 0123 enum :NONE :AUTO :FORCE = AUTO
table.exec.sink.upsert-materialize-strategy.adaptive.threshold.high 23 long
table.exec.sink.upsert-materialize-strategy.adaptive.threshold.low 23 long
table.exec.sink.upsert-materialize-strategy.type 23 enum :LEGACY :MAP :VALUE :ADAPTIVE = LEGACY
table.exec.sort.async-merge-enabled 0123 boolean = true
table.exec.sort.default-limit 0123 int = -1
table.exec.sort.max-num-file-handles 0123 int = 128
table.exec.source.cdc-events-duplicate 0123 boolean = false
table.exec.source.idle-timeout 0123 duration = 0 ms
table.exec.spill-compression.block-size 0123 memory = 64 kb
table.exec.spill-compression.enabled 0123 boolean = true
table.exec.state.ttl 0123 duration = 0 ms
table.exec.uid.format 0123 string = <id>_<transformation>
table.exec.uid.generation 0123 enum :PLAN_ONLY :ALWAYS :DISABLED = PLAN_ONLY
table.exec.unbounded-over.version 23 int = 2
table.exec.window-agg.buffer-size-limit 0123 int = 100000
table.generated-code.max-length 0123 int = 4000
table.generated-code.max-members 0123 int = 10000
table.legacy-nested-row-nullability 23 boolean = false
table.local-time-zone 0123 string = default
table.optimizer.adaptive-broadcast-join.strategy 23 enum :auto :runtime_only :none = auto
table.optimizer.agg-phase-strategy 0 string = AUTO
table.optimizer.agg-phase-strategy 123 enum :AUTO :ONE_PHASE :TWO_PHASE = AUTO
table.optimizer.bushy-join-reorder-threshold 0123 int = 12
table.optimizer.delta-join.strategy 23 enum :AUTO :FORCE :NONE = AUTO
table.optimizer.distinct-agg.split.bucket-num 0123 int = 1024
table.optimizer.distinct-agg.split.enabled 0123 boolean = false
table.optimizer.dynamic-filtering.enabled 0123 boolean = true
table.optimizer.incremental-agg-enabled 123 boolean = true
table.optimizer.join-reorder-enabled 0123 boolean = false
table.optimizer.join.broadcast-threshold 0123 long = 1048576
table.optimizer.multi-join.enabled 23 boolean = false
table.optimizer.multiple-input-enabled 0123 boolean = true
table.optimizer.non-deterministic-update.strategy 0123 enum :TRY_RESOLVE :IGNORE = IGNORE
table.optimizer.ptf.max-tables 23 int = 20
table.optimizer.reuse-optimize-block-with-digest-enabled 123 boolean = false
table.optimizer.reuse-sink-enabled 23 boolean = true
table.optimizer.reuse-source-enabled 0123 boolean = true
table.optimizer.reuse-sub-plan-enabled 0123 boolean = true
table.optimizer.runtime-filter.enabled 0123 boolean = false
table.optimizer.runtime-filter.max-build-data-size 0123 memory = 150 mb
table.optimizer.runtime-filter.min-filter-ratio 0123 double = 0.5
table.optimizer.runtime-filter.min-probe-data-size 0123 memory = 10 gb
table.optimizer.skewed-join-optimization.skewed-factor 23 double = 4.0
table.optimizer.skewed-join-optimization.skewed-threshold 23 memory = 256 mb
table.optimizer.skewed-join-optimization.strategy 23 enum :auto :forced :none = auto
table.optimizer.source.aggregate-pushdown-enabled 0 boolean = true
table.optimizer.source.aggregate-pushdown-enabled 1 boolean deprecated = true
table.optimizer.source.predicate-pushdown-enabled 0 boolean = true
table.optimizer.source.predicate-pushdown-enabled 1 boolean deprecated = true
table.optimizer.source.report-statistics-enabled 0123 boolean = true
table.optimizer.sql2rel.project-merge.enabled 01 boolean <table.optimizer.sql-to-rel.project.merge.enabled = false
table.optimizer.sql2rel.project-merge.enabled 23 boolean = false
table.optimizer.union-all-as-breakpoint-enabled 123 boolean = true
table.plan.compile.catalog-objects 0123 enum :ALL :SCHEMA :IDENTIFIER = ALL
table.plan.force-recompile 0123 boolean = false
table.plan.restore.catalog-objects 0123 enum :ALL :ALL_ENFORCED :IDENTIFIER = ALL
table.resources.download-dir 0123 string = /tmp
table.rtas-ctas.atomicity-enabled 0123 boolean = false
table.secret-store.kind 3 string = generic_in_memory
table.sql-dialect 0123 string = default
task.cancellation.interval 0 long <task.cancellation-interval = 30000
task.cancellation.interval 123 duration <task.cancellation-interval = 30 s
task.cancellation.timeout 0 long = 180000
task.cancellation.timeout 123 duration = 3 min
task.cancellation.timers.timeout 0 long <timerservice.exceptional.shutdown.timeout = 7500
task.cancellation.timers.timeout 123 duration <timerservice.exceptional.shutdown.timeout = 7500 ms
taskmanager.bind-host 0123 string
taskmanager.collect-sink.port 0123 int = 0
taskmanager.compute.numa 0123 boolean
taskmanager.cpu.cores 0123 double
taskmanager.data.bind-port 0123 string
taskmanager.data.port 0123 int = 0
taskmanager.data.ssl.enabled 0123 boolean = true
taskmanager.debug.memory.log 0123 boolean <taskmanager.debug.memory.startLogThread = false
taskmanager.debug.memory.log-interval 0 long <taskmanager.debug.memory.logIntervalMs = 5000
taskmanager.debug.memory.log-interval 123 duration <taskmanager.debug.memory.logIntervalMs = 5 s
taskmanager.exit-on-fatal-akka-error 01 boolean deprecated = false
taskmanager.heap.mb 01 int deprecated
taskmanager.heap.size 01 memory deprecated
taskmanager.host 0123 string
taskmanager.jvm-exit-on-oom 0123 boolean = false
taskmanager.load-balance.mode 01 enum :NONE :SLOTS = NONE
taskmanager.load-balance.mode 23 enum :NONE :SLOTS :MIN_RESOURCES :TASKS = NONE
taskmanager.log.path 0123 string
taskmanager.memory.flink.size 0123 memory
taskmanager.memory.framework.heap.size 0123 memory = 128 mb
taskmanager.memory.framework.off-heap.batch-shuffle.size 0123 memory = 64 mb
taskmanager.memory.framework.off-heap.size 0123 memory = 128 mb
taskmanager.memory.jvm-metaspace.size 0123 memory = 256 mb
taskmanager.memory.jvm-overhead.fraction 0123 double = 0.1
taskmanager.memory.jvm-overhead.max 0123 memory = 1 gb
taskmanager.memory.jvm-overhead.min 0123 memory = 192 mb
taskmanager.memory.managed.consumer-weights 0123 map = OPERATOR:70,PYTHON:30,STATE_BACKEND:70
taskmanager.memory.managed.fraction 0123 double = 0.4
taskmanager.memory.managed.size 0123 memory <taskmanager.memory.size
taskmanager.memory.min-segment-size 0123 memory = 256 bytes
taskmanager.memory.network.fraction 0123 double <taskmanager.network.memory.fraction = 0.1
taskmanager.memory.network.max 0123 memory <taskmanager.network.memory.max = 9223372036854775807 bytes
taskmanager.memory.network.min 0123 memory <taskmanager.network.memory.min = 64 mb
taskmanager.memory.process.size 0123 memory
taskmanager.memory.segment-size 0123 memory = 32 kb
taskmanager.memory.starting-segment-size 23 memory = 1 kb
taskmanager.memory.task.heap.size 0123 memory
taskmanager.memory.task.off-heap.size 0123 memory = 0 bytes
taskmanager.network.adaptive-partitioner.enabled 3 boolean = false
taskmanager.network.adaptive-partitioner.max-traverse-size 3 int = 4
taskmanager.network.batch-shuffle.compression.enabled 0 boolean
  <taskmanager.network.blocking-shuffle.compression.enabled = true
taskmanager.network.batch-shuffle.compression.enabled 1 boolean deprecated
  <taskmanager.network.blocking-shuffle.compression.enabled = true
taskmanager.network.bind-policy 0123 string = ip
taskmanager.network.blocking-shuffle.type 0 string = file
taskmanager.network.blocking-shuffle.type 1 string deprecated = file
taskmanager.network.compression.codec 0 string = LZ4
taskmanager.network.compression.codec 123 enum :NONE :LZ4 :LZO :ZSTD = LZ4
taskmanager.network.detailed-metrics 0123 boolean = false
taskmanager.network.hybrid-shuffle.enable-new-mode 0 boolean = true
taskmanager.network.hybrid-shuffle.enable-new-mode 1 boolean deprecated = true
taskmanager.network.hybrid-shuffle.external-remote-tier-factory.class 123 string
taskmanager.network.hybrid-shuffle.num-retained-in-memory-regions-max 0 long = 1048576
taskmanager.network.hybrid-shuffle.num-retained-in-memory-regions-max 1 long deprecated = 1048576
taskmanager.network.hybrid-shuffle.remote.path 0123 string
taskmanager.network.hybrid-shuffle.spill-index-region-group-size 0 int
  <taskmanager.network.hybrid-shuffle.spill-index-segment-size = 1024
taskmanager.network.hybrid-shuffle.spill-index-region-group-size 1 int deprecated
  <taskmanager.network.hybrid-shuffle.spill-index-segment-size = 1024
taskmanager.network.max-num-tcp-connections 0 int = 1
taskmanager.network.max-num-tcp-connections 1 int deprecated = 1
taskmanager.network.memory.buffer-debloat.enabled 0123 boolean = false
taskmanager.network.memory.buffer-debloat.period 0123 duration = 200 ms
taskmanager.network.memory.buffer-debloat.samples 0123 int = 20
taskmanager.network.memory.buffer-debloat.target 0123 duration = 1 s
taskmanager.network.memory.buffer-debloat.threshold-percentages 0123 int = 25
taskmanager.network.memory.buffers-per-channel 0 int = 2
taskmanager.network.memory.buffers-per-channel 1 int deprecated = 2
taskmanager.network.memory.buffers-request-timeout 123 duration
  <taskmanager.network.memory.exclusive-buffers-request-timeout-ms = 30 s
taskmanager.network.memory.exclusive-buffers-request-timeout-ms 0 long = 30000
taskmanager.network.memory.exclusive-buffers-request-timeout-ms 1 long deprecated = 30000
taskmanager.network.memory.floating-buffers-per-gate 0 int = 8
taskmanager.network.memory.floating-buffers-per-gate 1 int deprecated = 8
taskmanager.network.memory.fraction 01 double deprecated = 0.1
taskmanager.network.memory.max 01 string deprecated = 1gb
taskmanager.network.memory.max-buffers-per-channel 0 int = 10
taskmanager.network.memory.max-buffers-per-channel 1 int deprecated = 10
taskmanager.network.memory.max-overdraft-buffers-per-gate 0 int = 5
taskmanager.network.memory.max-overdraft-buffers-per-gate 1 int deprecated = 5
taskmanager.network.memory.min 01 string deprecated = 64mb
taskmanager.network.memory.read-buffer.required-per-gate.max 0123 int
taskmanager.network.netty.client.connectTimeoutSec 0123 int <taskmanager.net.client.connectTimeoutSec = 120
taskmanager.network.netty.client.numThreads 0 int <taskmanager.net.client.numThreads = -1
taskmanager.network.netty.client.numThreads 1 int deprecated <taskmanager.net.client.numThreads = -1
taskmanager.network.netty.client.tcp.keepCount 0123 int
taskmanager.network.netty.client.tcp.keepIdleSec 0123 int
taskmanager.network.netty.client.tcp.keepIntervalSec 0123 int
taskmanager.network.netty.num-arenas 0 int <taskmanager.net.num-arenas = -1
taskmanager.network.netty.num-arenas 1 int deprecated <taskmanager.net.num-arenas = -1
taskmanager.network.netty.sendReceiveBufferSize 0 int <taskmanager.net.sendReceiveBufferSize = 0
taskmanager.network.netty.sendReceiveBufferSize 1 int deprecated <taskmanager.net.sendReceiveBufferSize = 0
taskmanager.network.netty.server.backlog 0 int <taskmanager.net.server.backlog = 0
taskmanager.network.netty.server.backlog 1 int deprecated <taskmanager.net.server.backlog = 0
taskmanager.network.netty.server.numThreads 0 int <taskmanager.net.server.numThreads = -1
taskmanager.network.netty.server.numThreads 1 int deprecated <taskmanager.net.server.numThreads = -1
taskmanager.network.netty.transport 0 string <taskmanager.net.transport = auto
taskmanager.network.netty.transport 1 string deprecated <taskmanager.net.transport = auto
taskmanager.network.numberOfBuffers 01 int deprecated = 2048
taskmanager.network.partition-request-timeout 0123 duration = 10 s
taskmanager.network.request-backoff.initial 0123 int <taskmanager.net.request-backoff.initial = 100
taskmanager.network.request-backoff.max 0123 int <taskmanager.net.request-backoff.max = 10000
taskmanager.network.retries 0123 int <taskmanager.network.retries = 0
taskmanager.network.sort-shuffle.min-buffers 0123 int = 512
taskmanager.network.sort-shuffle.min-parallelism 0 int = 1
taskmanager.network.sort-shuffle.min-parallelism 1 int deprecated = 1
taskmanager.network.tcp-connection.enable-reuse-across-jobs 0123 boolean = true
taskmanager.numberOfTaskSlots 0123 int = 1
taskmanager.registration.initial-backoff 01 duration deprecated <taskmanager.initial-registration-pause = 500 ms
taskmanager.registration.max-backoff 01 duration deprecated <taskmanager.max-registration-pause = 30 s
taskmanager.registration.refused-backoff 01 duration deprecated <taskmanager.refused-registration-pause = 10 s
taskmanager.registration.timeout 0123 duration <taskmanager.maxRegistrationDuration = 5 min
taskmanager.resource-id 0123 string
taskmanager.rpc.bind-port 0123 int
taskmanager.rpc.port 0123 string = 0
taskmanager.runtime.fs-timeout 0123 duration <taskmanager.runtime.fs_timeout = 0 ms
taskmanager.runtime.hashjoin-bloom-filters 0123 boolean = false
taskmanager.runtime.large-record-handler 0123 boolean = false
taskmanager.runtime.max-fan 0123 int = 128
taskmanager.runtime.sort-spilling-threshold 0123 double = 0.8
taskmanager.slot.timeout 0123 duration ~pekko.ask.timeout = 10 s
taskmanager.state.local.root-dirs 0 string
taskmanager.system-out.log.cache-upper-size 0123 memory = 100 kb
taskmanager.system-out.log.thread-name.enabled 0123 boolean = false
taskmanager.system-out.mode 0123 enum :DEFAULT :LOG :IGNORE = DEFAULT
traces.checkpoint.span-detail-level 23 enum :SPAN_PER_CHECKPOINT :SPAN_PER_CHECKPOINT_WITH_TASKS
  :CHILDREN_SPANS_PER_TASK :CHILDREN_SPANS_PER_SUBTASK = SPAN_PER_CHECKPOINT
traces.report-events-as-spans 1 boolean deprecated = false
traces.reporter.<name>.factory.class 0123 string
traces.reporter.<name>.filter.excludes 23 list:string
traces.reporter.<name>.filter.includes 23 list:string = *:*:*
traces.reporter.<name>.scope.delimiter 23 string = .
traces.reporter.<name>.scope.variables.additional 0123 map
traces.reporter.<name>.scope.variables.excludes 23 string = .
traces.reporters 0123 string
user.artifacts.artifact-list 0123 list:string
user.artifacts.base-dir 0123 string = /opt/flink/artifacts
user.artifacts.http-headers 0123 map
user.artifacts.raw-http-enabled 0123 boolean = false
web.access-control-allow-origin 0123 string <jobmanager.web.access-control-allow-origin = *
web.adaptive-scheduler.rescale-history.size 3 int = 0
web.address 01 string deprecated <jobmanager.web.address
web.backpressure.cleanup-interval 01 int deprecated <jobmanager.web.backpressure.cleanup-interval = 600000
web.backpressure.delay-between-samples 01 int deprecated <jobmanager.web.backpressure.delay-between-samples = 50
web.backpressure.num-samples 01 int deprecated <jobmanager.web.backpressure.num-samples = 100
web.backpressure.refresh-interval 01 int deprecated <jobmanager.web.backpressure.refresh-interval = 60000
web.cancel.enable 0123 boolean = true
web.checkpoints.history 0123 int <jobmanager.web.checkpoints.history = 10
web.exception-history-size 0123 int = 16
web.history 0123 int <jobmanager.web.history = 5
web.log.path 0123 string <jobmanager.web.log.path
web.port 01 int deprecated <jobmanager.web.port = 8081
web.refresh-interval 0 long <jobmanager.web.refresh-interval = 3000
web.refresh-interval 123 duration <jobmanager.web.refresh-interval = 3 s
web.rescale.enable 0123 boolean = true
web.ssl.enabled 01 boolean deprecated <jobmanager.web.ssl.enabled = true
web.submit.enable 0123 boolean <jobmanager.web.submit.enable = true
web.timeout 0 long = 600000
web.timeout 123 duration = 10 min
web.tmpdir 0123 string <jobmanager.web.tmpdir = /tmp
web.upload.dir 0123 string <jobmanager.web.upload.dir
workflow-scheduler.type 123 string
yarn.application-attempt-failures-validity-interval 0123 long = 10000
yarn.application-attempts 0 string
yarn.application-attempts 123 int
yarn.application-master.port 0123 string = 0
yarn.application.id 0123 string
yarn.application.name 0123 string
yarn.application.node-label 0123 string
yarn.application.priority 0123 int = -1
yarn.application.queue 0123 string
yarn.application.type 0123 string
yarn.appmaster.vcores 0123 int = 1
yarn.classpath.include-user-jar 0123 enum :DISABLED :FIRST :LAST :ORDER <yarn.per-job-cluster.include-user-jar = ORDER
yarn.container-start-command-template 0123 string = %java% %jvmmem% %jvmopts% %logging% %class% %args% %redirects%
yarn.containers.vcores 0123 int = -1
yarn.file-replication 0123 int = -1
yarn.flink-dist-jar 0123 string
yarn.heartbeat.container-request-interval 0 int = 500
yarn.heartbeat.container-request-interval 123 duration = 500 ms
yarn.heartbeat.interval 0123 int <yarn.heartbeat-delay = 5
yarn.modify.acls 0123 string
yarn.properties-file.location 0123 string
yarn.provided.lib.dirs 0123 list:string
yarn.provided.usrlib.dir 0123 string
yarn.rolled-logs.exclude-pattern 23 string
yarn.rolled-logs.include-pattern 23 string
yarn.security.appmaster.delegation.token.services 123 list:string = hadoopfs
yarn.security.kerberos.localized-keytab-path 0123 string = krb5.keytab
yarn.security.kerberos.ship-local-keytab 0123 boolean = true
yarn.ship-archives 0123 list:string
yarn.ship-files 0123 list:string <yarn.ship-directories
yarn.staging-directory 0123 string
yarn.tags 0123 string
yarn.taskmanager.node-label 0123 string
yarn.view.acls 0123 string
zookeeper.heap.mb 0123 int
zookeeper.sasl.disable 0123 boolean = false
zookeeper.sasl.login-context-name 0123 string = Client
zookeeper.sasl.service-name 0123 string = zookeeper
"""
