# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings that a source of each kind gets, and why. The inventory's options come after them and win."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """An option of a connector, with the reason for its value."""

    key: str
    value: str
    why: str


# Flink CDC 3.5.0 has Debezium 1.9.8 in it. What its documentation of later versions calls database.query.timeout.ms,
# connect.keep.alive or errors.max.retries does not exist there and would be ignored without a word: here stand
# the options that have the effect.
ORACLE = (
    Setting("connect.timeout", "120 s", "a listener behind a firewall or in a failover answers late"),
    Setting("connect.max-retries", "20", "a database that is being restarted is asked for again, not given up"),
    Setting(
        "debezium.database.oracle.net.CONNECT_TIMEOUT",
        "120000",
        "the same 120 s for the connection that mines the log, which the driver opens by itself",
    ),
    Setting(
        "debezium.database.oracle.jdbc.ReadTimeout",
        "1800000",
        "a query of LogMiner may take long, but after 30 min without a byte the connection is closed: without this"
        " the job shows RUNNING and never reads anything again",
    ),
    Setting(
        "debezium.database.oracle.net.keepAlive",
        "true",
        "TCP keep-alive: firewalls forget connections on which LogMiner says nothing for a while",
    ),
    Setting("debezium.log.mining.strategy", "online_catalog", "no dictionary is written into the redo log"),
    Setting("debezium.log.mining.continuous.mine", "false", "Oracle 19c has no continuous mining any more"),
    Setting("debezium.log.mining.batch.size.min", "500", "the range of SCNs of one query, at the least"),
    Setting("debezium.log.mining.batch.size.default", "2000", "the range to begin with"),
    Setting("debezium.log.mining.batch.size.max", "20000", "the range when the source lags behind"),
    Setting("debezium.log.mining.sleep.time.default.ms", "500", "the pause between two queries that found something"),
    Setting("debezium.log.mining.sleep.time.max.ms", "5000", "the pause when there is nothing to read"),
    Setting(
        "debezium.log.mining.restart.connection",
        "true",
        "a new connection at each switch of the redo log, against the memory that sessions of LogMiner gather; "
        "Debezium takes it from 2.4 on, with 1.9.8 the next setting does this work",
    ),
    Setting(
        "debezium.log.mining.session.max.ms",
        "3600000",
        "a mining session ends after an hour also where the redo log is rarely switched",
    ),
    Setting(
        "debezium.log.mining.transaction.retention.hours",
        "4",
        "a transaction that is never ended would hold all changes after it in memory; those of one that is open for"
        " longer than 4 h are given up, and are missing",
    ),
    Setting(
        "debezium.log.mining.archive.log.hours",
        "0",
        "all archived logs are looked at, so that a job that stood still for long finds its place; a number limits it",
    ),
    Setting(
        "debezium.log.mining.archive.log.only.mode",
        "false",
        "the online redo log is read too: with true changes come only when a log has been archived",
    ),
)
POSTGRES = (
    Setting("decoding.plugin.name", "pgoutput", "part of PostgreSQL since 10; decoderbufs would have to be installed"),
    Setting(
        "scan.incremental.snapshot.enabled",
        "true",
        "the snapshot is read in parallel, without a lock, and goes on after a failure where it was",
    ),
    Setting(
        "heartbeat.interval.ms",
        "10 s",
        "the slot moves on although the tables of the pipeline are quiet: else a busy neighbour fills the disk",
    ),
    Setting(
        "scan.lsn-commit.checkpoints-num-delay",
        "3",
        "the slot lets go of the log three checkpoints late, so that one of the last three checkpoints can be restored",
    ),
    Setting("connect.timeout", "60 s", "time for a failover of the database"),
    Setting("connect.max-retries", "20", "a database that is being restarted is asked for again, not given up"),
    Setting("debezium.slot.max.retries", "20", "the slot is still taken for a while after a TaskManager has died"),
    Setting("debezium.slot.retry.delay.ms", "3000", "the pause between two of these tries"),
    Setting(
        "debezium.publication.autocreate.mode",
        "filtered",
        "a publication for the tables of this pipeline only, where the user may make one; else make it and name it",
    ),
)
MYSQL = (
    Setting(
        "heartbeat.interval",
        "10 s",
        "the position moves on although the tables are quiet: else the log that it names is purged",
    ),
    Setting("connect.timeout", "60 s", "time for a failover of the database"),
    Setting("connect.max-retries", "20", "a database that is being restarted is asked for again, not given up"),
    Setting(
        "debezium.snapshot.locking.mode",
        "none",
        "the incremental snapshot needs no lock; with another value FLUSH TABLES WITH READ LOCK would stop all writers",
    ),
)
KAFKA_SOURCE = (
    Setting("properties.isolation.level", "read_committed", "what a transaction has given up is not read"),
    Setting("scan.topic-partition-discovery.interval", "60 s", "partitions that are added later are read too"),
)
KAFKA_SINK = (
    Setting("sink.delivery-guarantee", "exactly-once", "rows are written in transactions that end with checkpoints"),
    Setting(
        "properties.transaction.timeout.ms",
        "900000",
        "longer than a checkpoint and a failover together, not longer than transaction.max.timeout.ms of the broker",
    ),
    Setting("properties.acks", "all", "a row counts as written when all replicas in sync have it"),
)
FILES = (Setting("source.monitor-interval", "5 s", "how soon a new file is seen; without it the job ends"),)
CSV_SINK = (
    Setting("sink.rolling-policy.rollover-interval", "30 s", "a file is closed after 30 s"),
    Setting("sink.rolling-policy.file-size", "20 MB", "or when it has 20 MB, whichever comes first"),
    Setting("sink.rolling-policy.check-interval", "5 s", "how often that is looked at"),
    Setting("csv.null-literal", "\\N", "a NULL is not the same as an empty text"),
)
JDBC_SINK = (
    Setting("sink.buffer-flush.max-rows", "500", "rows of one statement"),
    Setting("sink.buffer-flush.interval", "1 s", "how long a row waits at the most"),
    Setting("sink.max-retries", "5", "a database that is being restarted is asked for again"),
)

SOURCES: Mapping[str, tuple[Setting, ...]] = {
    "postgres-cdc": POSTGRES,
    "mysql-cdc": MYSQL,
    "oracle-cdc": ORACLE,
    "kafka": KAFKA_SOURCE,
    "files": FILES,
}
SINKS: Mapping[str, tuple[Setting, ...]] = {"csv": CSV_SINK, "kafka": KAFKA_SINK, "jdbc": JDBC_SINK}
# A connector gives up at once when its connection breaks: what tries again is Flink, from the last checkpoint.
RESTARTS: Mapping[str, str] = {
    "restart-strategy.type": "exponential-delay",
    "restart-strategy.exponential-delay.initial-backoff": "2 s",
    "restart-strategy.exponential-delay.max-backoff": "2 min",
    "restart-strategy.exponential-delay.backoff-multiplier": "2.0",
    "restart-strategy.exponential-delay.reset-backoff-threshold": "10 min",
}


def values(settings: tuple[Setting, ...]) -> dict[str, str]:
    return {one.key: one.value for one in settings}
