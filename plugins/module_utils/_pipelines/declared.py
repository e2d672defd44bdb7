# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipelines as the inventory declares them: read and checked, with one sentence for what is wrong."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._base.addresses import BadAddress, parse_addresses
from .._base.errors import FlinkError
from .._base.names import derived_name
from .._base.units import duration
from .sources.base import PORTS

CDC = frozenset({"postgres-cdc", "mysql-cdc", "oracle-cdc"})
# The keys of each kind: those that it must have, and those that it may have.
SOURCES: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "postgres-cdc": (
        frozenset({"hostname", "database", "username"}),
        frozenset({"port", "schema", "password", "password_file", "slot", "startup", "options"}),
    ),
    "mysql-cdc": (
        frozenset({"hostname", "database", "username"}),
        frozenset({"port", "password", "password_file", "server_id", "time_zone", "startup", "options"}),
    ),
    "oracle-cdc": (
        frozenset({"hostname", "database", "schema", "username"}),
        frozenset({"port", "password", "password_file", "pdb", "window", "startup", "options"}),
    ),
    "kafka": (frozenset({"bootstrap_servers"}), frozenset({"format", "group_id", "startup", "options"})),
    "files": (frozenset({"directory"}), frozenset({"format", "options"})),
}
SINKS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "csv": (frozenset({"directory"}), frozenset({"partition", "options"})),
    "kafka": (
        frozenset({"bootstrap_servers"}),
        frozenset({"format", "topic_prefix", "transaction_timeout", "options"}),
    ),
    "jdbc": (frozenset({"url", "username"}), frozenset({"password", "password_file", "options"})),
}
TABLE = frozenset({"name", "topic", "directory", "columns", "primary_key", "select", "result", "into", "options"})
PIPELINE = frozenset({"source", "tables", "sink", "connectors"})
# What is a dictionary of texts, and what is checked with more than a type; all other keys are texts.
OF_TEXTS = frozenset({"options", "columns", "result"})
CHECKED = frozenset({"port", "server_id", "startup", "partition", "window", "transaction_timeout", "primary_key"})
# How a directory of a time is named, as DATE_FORMAT of Flink writes it.
PARTITIONS = {"minute": "yyyy-MM-dd--HH-mm", "hour": "yyyy-MM-dd--HH", "day": "yyyy-MM-dd", "none": ""}
STARTUPS = ("initial", "latest")
CHANGELOG_FORMATS = frozenset({"debezium-json", "canal-json", "maxwell-json", "ogg-json"})
# As the connector writes them; more than it has readers are not looked at.
_SERVER_IDS = re.compile(r"\s*(\d{1,10})\s*(?:-\s*(\d{1,10})\s*)?")
MOST_SERVER_IDS = 1000
_JDBC_HOST = re.compile(r"//(\[[^]]+\]|[^:/,?]+)(?::(\d+))?")
_COMPUTED = re.compile(r"^AS\s|\sMETADATA\b", re.IGNORECASE)


@dataclass(frozen=True)
class PipelineEnd:
    """A source or a sink: its kind and what the inventory says of it."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self, key: str, default: str = "") -> str:
        value = self.values.get(key)
        return default if value is None else str(value)

    @property
    def options(self) -> dict[str, str]:
        return option_texts(self.values.get("options"))

    @property
    def is_guarded(self) -> bool:
        """Whether brokers require TLS or a password."""
        return self.options.get("properties.security.protocol", "PLAINTEXT") != "PLAINTEXT"

    @property
    def port(self) -> int:
        return int(self.values.get("port") or PORTS.get(self.kind, 0))


@dataclass(frozen=True)
class Table:
    """One table on its way. columns are empty when the catalogue of the source is to be asked."""

    name: str
    values: Mapping[str, Any]
    columns: Mapping[str, str] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    select: str = ""
    result: Mapping[str, str] = field(default_factory=dict)

    @property
    def physical(self) -> list[str]:
        """The declared columns that the source has, without those that Flink computes."""
        return [name for name, kind in self.columns.items() if not _COMPUTED.search(kind)]

    @property
    def bare(self) -> str:
        """The name without a schema."""
        return self.name.rpartition(".")[2]

    @property
    def schema(self) -> str:
        return self.name.rpartition(".")[0]

    @property
    def into(self) -> str:
        """The name on the other side."""
        return str(self.values.get("into") or self.bare)

    @property
    def options(self) -> dict[str, str]:
        return option_texts(self.values.get("options"))


@dataclass(frozen=True)
class Pipeline:
    """A source, the tables that are read from it, and where they go. All are one job."""

    name: str
    source: PipelineEnd
    sink: PipelineEnd
    tables: tuple[Table, ...]
    parallelism: int | None = None
    connectors_given: bool = False

    @property
    def is_cdc(self) -> bool:
        return self.source.kind in CDC

    @property
    def changes(self) -> bool:
        """Whether rows are changed and deleted, and not only added."""
        return self.is_cdc or self.source.text("format") in CHANGELOG_FORMATS

    @property
    def kinds(self) -> list[str]:
        """Sources and sinks as the matrix of connectors names them."""
        return [self.source.kind, f"jdbc:{jdbc_database(self.sink)}" if self.sink.kind == "jdbc" else self.sink.kind]

    def chunk_key(self, table: Table) -> str:
        """The column by which the snapshot of a table is cut into pieces, where one is named."""
        key = "scan.incremental.snapshot.chunk.key-column"
        return table.options.get(key) or self.source.options.get(key) or ""

    @property
    def labels(self) -> dict[str, str]:
        """What each table is called in the SQL: by its bare name, unless tables of two schemas share that."""
        bare = [table.bare for table in self.tables]
        return {table.name: table.bare if bare.count(table.bare) == 1 else table.name for table in self.tables}

    @property
    def outputs(self) -> dict[str, str]:
        """What the other side of each table is called in the SQL."""
        labels = self.labels
        found = {name: f"{label}__out" for name, label in labels.items()}
        return {name: f"{output}_" if output in labels.values() else output for name, output in found.items()}

    def given(self, table: Table, key: str) -> str | None:
        """An option of the source's connector that the inventory sets itself."""
        return {**self.source.options, **table.options}.get(key)

    def _slot(self, table: Table) -> str:
        base = self.source.text("slot") or self.name
        # PostgreSQL cuts names after 63 characters; the connector adds a number for its snapshots.
        return derived_name(f"{base}_{self.labels[table.name]}", "a-z0-9_", "_", 50, lower=True)

    @property
    def slots(self) -> dict[str, str]:
        """The replication slot of each table: a slot is read by one reader only."""
        return {table.name: self.given(table, "slot.name") or self._slot(table) for table in self.tables}

    @property
    def publications(self) -> dict[str, str]:
        """The publication of each table: with one for all, each reader would take the others' tables out of it."""
        key = "debezium.publication.name"
        return {table.name: self.given(table, key) or self._slot(table) for table in self.tables}

    @property
    def server_ids(self) -> dict[str, range]:
        """The server ids of each table: every reader of a table is a replica of its own to the database."""
        width = max(self.parallelism or 1, 4)
        given = self.source.text("server_id")
        # Without one, a number that depends on the name only, in a range where administrators have no servers.
        first = int(given) if given else 500_000_000 + zlib.crc32(self.name.encode()) % 100_000_000 * 16
        found = {
            table.name: range(first + place * width, first + (place + 1) * width)
            for place, table in enumerate(self.tables)
        }
        for table in self.tables:
            if match := _SERVER_IDS.fullmatch(self.given(table, "server-id") or ""):
                first = int(match[1])
                found[table.name] = range(first, min(int(match[2] or first), first + MOST_SERVER_IDS) + 1)
        return found

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """What the TaskManagers must reach."""
        found: list[tuple[str, int]] = []
        for end in (self.source, self.sink):
            if end.kind in CDC:
                found.append((end.text("hostname"), end.port))
            elif end.kind == "kafka":
                found += broker_addresses(end.text("bootstrap_servers"))
            elif end.kind == "jdbc" and (match := _JDBC_HOST.search(end.text("url"))):
                default = {"postgresql": 5432, "mysql": 3306}.get(jdbc_database(end), 1521)
                found.append((match[1].strip("[]"), int(match[2] or default)))
        return list(dict.fromkeys(found))

    @property
    def transaction_timeout(self) -> int:
        """Milliseconds, of a sink that writes transactions into Kafka. The connector's option wins, as in the SQL."""
        given = self.sink.options.get("properties.transaction.timeout.ms", "")
        if given.isdigit():
            return int(given)
        return round(duration(self.sink.text("transaction_timeout", "15 min"), "transaction_timeout") * 1000)

    @property
    def window(self) -> int:
        """Seconds for which the changes of a source without kinds of changes are counted."""
        return max(1, int(duration(self.source.text("window", "10 s"), "window")))

    def topic_of(self, table: Table) -> str:
        """The topic that a table is read from."""
        return str(table.values.get("topic") or table.name)

    def topic_for(self, table: Table) -> str:
        """The topic that a table is written into."""
        return f"{self.sink.text('topic_prefix')}{table.into}"

    def directory_for(self, table: Table) -> str:
        """The directory that a table is written into."""
        return self.sink.options.get("path") or f"{self.sink.text('directory').rstrip('/')}/{table.into}"

    def transactions_of(self, table: Table) -> str:
        """The prefix of a table's transactions in Kafka, without the id of the cluster; empty where there are none."""
        own = self.sink.options
        if self.sink.kind != "kafka" or own.get("sink.delivery-guarantee", "exactly-once") != "exactly-once":
            return ""
        return own.get("sink.transactional-id-prefix") or f"{self.name}-{table.into}"

    @property
    def _topics_read(self) -> list[str]:
        options = [(table, {**self.source.options, **table.options}) for table in self.tables]
        # Topics of a pattern are known to the brokers only.
        return [
            topic
            for table, own in options
            if not own.get("topic-pattern")
            for topic in (own.get("topic") or self.topic_of(table)).split(";")
        ]

    @property
    def brokers(self) -> list[dict[str, Any]]:
        """What is asked of the brokers of each end, as the options of flink_broker_info.

        Brokers that require authentication are left out: their passwords are with the JVMs, not on this host.
        """
        found: dict[str, dict[str, Any]] = {}

        def asked(end: PipelineEnd) -> dict[str, Any]:
            servers = end.text("bootstrap_servers")
            return found.setdefault(servers, {"bootstrap_servers": servers, "reads": [], "writes": []})

        if self.source.kind == "kafka" and not self.source.is_guarded:
            asked(self.source)["reads"] = self._topics_read
        if self.sink.kind == "kafka" and not self.sink.is_guarded:
            own = self.sink.options
            asked(self.sink)["writes"] = [own.get("topic") or self.topic_for(table) for table in self.tables]
            if own.get("sink.delivery-guarantee", "exactly-once") == "exactly-once":
                asked(self.sink)["transaction_timeout"] = self.transaction_timeout
        return list(found.values())

    @property
    def shared_directories(self) -> list[str]:
        """Directories of files that every TaskManager must see, as far as they are not a URL of a store."""
        found = [self.sink.text("directory")] if self.sink.kind == "csv" else []
        if self.source.kind == "files":
            found += [str(table.values.get("directory") or self.source.text("directory")) for table in self.tables]
        local = [one.removeprefix("file://") for one in found]
        return list(dict.fromkeys(one.rstrip("/") or "/" for one in local if one.startswith("/")))

    def warnings(self) -> list[str]:
        """What works and may surprise."""
        found = []
        if self.source.text("startup", "initial") == "latest":
            found.append(
                f"the pipeline {self.name} starts with startup: latest: what is in its tables already, and what changes"
                " before its first start, is not captured"
            )
        for end, what in ((self.source, "source"), (self.sink, "sink")):
            if end.is_guarded:
                found.append(
                    f"the brokers of the {what} of the pipeline {self.name} speak"
                    f" {end.options['properties.security.protocol']}, so they are not asked for topics, rights and"
                    " transaction.max.timeout.ms: what lacks is the root cause of the job's failure"
                )
            if end.values.get("password") and end.values.get("password_file"):
                found.append(
                    f"the {what} of the pipeline {self.name} has a password and a password_file: the file wins"
                )
        return found


def option_texts(options: object) -> dict[str, str]:
    """Options as Flink reads them. null takes a setting of the collection away."""
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        raise FlinkError(f"options is {options!r}, but it must name options of the connector and their values")
    return {
        str(key): "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in options.items()
    }


def jdbc_database(sink: PipelineEnd) -> str:
    """postgresql of jdbc:postgresql://…"""
    match = re.match(r"jdbc:(\w+):", sink.text("url"))
    return {"mariadb": "mysql"}.get(match[1], match[1]) if match else ""


def broker_addresses(servers: str) -> list[tuple[str, int]]:
    try:
        return parse_addresses(servers)
    except BadAddress as error:
        raise FlinkError(
            f"bootstrap_servers names {error.text!r}, which is not host:port ({error.reason}): write it like k1:9092"
        ) from error
