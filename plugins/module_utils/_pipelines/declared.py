# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no interface for others, may change at any time.
"""Pipelines as the inventory declares them: read, checked, and told what is wrong in one sentence."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .._base.errors import FlinkError

CDC = frozenset({"postgres-cdc", "mysql-cdc", "oracle-cdc"})
PORTS = {"postgres-cdc": 5432, "mysql-cdc": 3306, "oracle-cdc": 1521}
# The keys of each kind: those that it must have, and those that it may have.
_SOURCES: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
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
_SINKS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "csv": (frozenset({"directory"}), frozenset({"partition", "options"})),
    "kafka": (
        frozenset({"bootstrap_servers"}),
        frozenset({"format", "topic_prefix", "transaction_timeout", "options"}),
    ),
    "jdbc": (frozenset({"url", "username"}), frozenset({"password", "password_file", "options"})),
}
_TABLE = frozenset({"name", "topic", "directory", "columns", "primary_key", "select", "result", "into", "options"})
_PIPELINE = frozenset({"source", "tables", "sink", "connectors"})
# How a directory of a time is named, as DATE_FORMAT of Flink writes it.
PARTITIONS = {"minute": "yyyy-MM-dd--HH-mm", "hour": "yyyy-MM-dd--HH", "day": "yyyy-MM-dd", "none": ""}
_STARTUPS = ("initial", "latest")
_CHANGELOG_FORMATS = frozenset({"debezium-json", "canal-json", "maxwell-json", "ogg-json"})
_COMPUTED = re.compile(r"^AS\s|\sMETADATA\b", re.IGNORECASE)
_DURATION = re.compile(r"(?P<number>\d+)\s*(?P<unit>ms|s|min|h|d)")
_MILLISECONDS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True)
class Endpoint:
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
        """Whether brokers want TLS or a password."""
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
    source: Endpoint
    sink: Endpoint
    tables: tuple[Table, ...]
    parallelism: int | None = None
    connectors_given: bool = False

    @property
    def is_cdc(self) -> bool:
        return self.source.kind in CDC

    @property
    def changes(self) -> bool:
        """Whether rows are changed and deleted, and not only added."""
        return self.is_cdc or self.source.text("format") in _CHANGELOG_FORMATS

    @property
    def kinds(self) -> list[str]:
        """Sources and sinks as the matrix of connectors names them."""
        return [self.source.kind, f"jdbc:{jdbc_database(self.sink)}" if self.sink.kind == "jdbc" else self.sink.kind]

    def chunk_key(self, table: Table) -> str:
        """The column by which the snapshot of a table is cut into pieces, where one is named."""
        key = "scan.incremental.snapshot.chunk.key-column"
        return table.options.get(key) or self.source.options.get(key) or ""

    @property
    def slots(self) -> dict[str, str]:
        """The replication slot of each table: a slot is read by one reader only."""
        base = self.source.text("slot") or identifier(self.name)
        names = {table.name: f"{base}_{identifier(table.bare)}" for table in self.tables}
        # PostgreSQL cuts names after 63 characters; the connector adds a number for its snapshots.
        return {
            table: name if len(name) <= 50 else f"{name[:41]}_{zlib.crc32(name.encode()):08x}"
            for table, name in names.items()
        }

    @property
    def server_ids(self) -> dict[str, range]:
        """The server ids of each table: every reader of a table is a replica of its own to the database."""
        width = max(self.parallelism or 1, 4)
        given = self.source.text("server_id")
        # Without one, a number that depends on the name only, in a range where administrators have no servers.
        first = int(given) if given else 500_000_000 + zlib.crc32(self.name.encode()) % 100_000_000 * 16
        return {
            table.name: range(first + place * width, first + (place + 1) * width)
            for place, table in enumerate(self.tables)
        }

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """What the TaskManagers must reach."""
        found: list[tuple[str, int]] = []
        for end in (self.source, self.sink):
            if end.kind in CDC:
                found.append((end.text("hostname"), end.port))
            elif end.kind == "kafka":
                found += broker_addresses(end.text("bootstrap_servers"))
            elif end.kind == "jdbc" and (match := re.search(r"//([^:/,]+)(?::(\d+))?", end.text("url"))):
                default = {"postgresql": 5432, "mysql": 3306}.get(jdbc_database(end), 1521)
                found.append((match[1], int(match[2] or default)))
        return list(dict.fromkeys(found))

    @property
    def transaction_timeout(self) -> int:
        """Milliseconds, of a sink that writes transactions into Kafka. The connector's option wins, as in the SQL."""
        given = self.sink.options.get("properties.transaction.timeout.ms", "")
        return int(given) if given.isdigit() else milliseconds(self.sink.text("transaction_timeout", "15 min"))

    def topic_of(self, table: Table) -> str:
        """The topic that a table is read from."""
        return str(table.values.get("topic") or table.name)

    def topic_for(self, table: Table) -> str:
        """The topic that a table is written into."""
        return f"{self.sink.text('topic_prefix')}{table.into}"

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

        Brokers that want to know who asks are left out: their passwords are with the JVMs, not with who asks here.
        """
        found: dict[str, dict[str, Any]] = {}

        def asked(end: Endpoint) -> dict[str, Any]:
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
        """Directories of files that every TaskManager must see, as far as they are no URL of a store."""
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


def identifier(name: str) -> str:
    """A name that every database takes without quotation marks."""
    return re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_") or "pipeline"


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


def jdbc_database(sink: Endpoint) -> str:
    """postgresql of jdbc:postgresql://…"""
    match = re.match(r"jdbc:(\w+):", sink.text("url"))
    return {"mariadb": "mysql"}.get(match[1], match[1]) if match else ""


def broker_addresses(servers: str) -> list[tuple[str, int]]:
    found = []
    for server in servers.split(","):
        host, separator, port = server.strip().rpartition(":")
        if not separator or not port.isdigit() or not host:
            raise FlinkError(f"bootstrap_servers names {server.strip()!r}, which is no host:port")
        found.append((host, int(port)))
    return found


def milliseconds(text: str) -> int:
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise FlinkError(f"{text!r} is no duration: write it like 30 s, 15 min or 4 h")
    return int(match["number"]) * _MILLISECONDS[match["unit"]]


def duration_text(number: int) -> str:
    """Milliseconds as a person writes them: in the largest unit that gives a whole number."""
    unit = next(one for one in ("d", "h", "min", "s", "ms") if number % _MILLISECONDS[one] == 0)
    return f"{number // _MILLISECONDS[unit]} {unit}"


# -- reading ---------------------------------------------------------------------------------------------------------


def parse(job: Mapping[str, Any]) -> Pipeline:
    """The pipeline of an entry of flink_jobs. Says all that is wrong with it at once."""
    found = list(problems(job))
    if found:
        raise FlinkError(found[0] if len(found) == 1 else "; ".join(found), problems=found)
    declared = job["pipeline"]
    return Pipeline(
        name=str(job["name"]),
        source=_endpoint(declared["source"]),
        sink=_endpoint(declared["sink"]),
        tables=tuple(_table(one) for one in declared["tables"]),
        parallelism=job.get("parallelism"),
        connectors_given=declared.get("connectors") == "given",
    )


def _endpoint(values: Mapping[str, Any]) -> Endpoint:
    return Endpoint(str(values["kind"]), {key: value for key, value in values.items() if key != "kind"})


def _table(entry: Any) -> Table:
    values: Mapping[str, Any] = {"name": entry} if isinstance(entry, str) else entry
    key = values.get("primary_key") or ()
    return Table(
        name=str(values["name"]),
        values=values,
        columns={str(name): str(kind) for name, kind in (values.get("columns") or {}).items()},
        primary_key=(key,) if isinstance(key, str) else tuple(str(one) for one in key),
        select=str(values.get("select") or "").strip().rstrip(";"),
        result={str(name): str(kind) for name, kind in (values.get("result") or {}).items()},
    )


def problems(job: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a declaration, one sentence each."""
    where = f"the pipeline {job.get('name')}"
    declared = job.get("pipeline")
    if not isinstance(declared, Mapping):
        yield f"{where} is {declared!r}, but it must have source, tables and sink"
        return
    if unknown := sorted(set(declared) - _PIPELINE):
        yield f"{where} has the unknown key {', '.join(unknown)}: it has source, tables, sink and connectors"
    if declared.get("connectors", "matrix") not in {"matrix", "given"}:
        yield f"{where}: connectors is matrix (the collection's) or given (those of flink_libraries)"
    yield from _end_problems(f"the source of {where}", declared.get("source"), _SOURCES)
    yield from _end_problems(f"the sink of {where}", declared.get("sink"), _SINKS)
    before, after = _known(declared.get("source"), _SOURCES), _known(declared.get("sink"), _SINKS)
    tables = declared.get("tables")
    if not isinstance(tables, Sequence) or isinstance(tables, str) or not tables:
        yield f"{where} names no tables: tables is a list of names, or of entries with a name"
        return
    if before and after:
        yield from _way_problems(where, declared)
    for entry in tables:
        yield from _table_problems(where, entry, str(declared["source"].get("kind")) if before else "", declared)
    yield from _twice(where, [_table(one) for one in tables if _readable(one)])


def _named(entry: Any) -> bool:
    return isinstance(entry, str) or (isinstance(entry, Mapping) and bool(entry.get("name")))


_Kinds = Mapping[str, tuple[frozenset[str], frozenset[str]]]


def _readable(entry: Any) -> bool:
    """Whether a table can be looked at more closely: what is wrong with its shape is told before."""
    if not _named(entry):
        return False
    return isinstance(entry, str) or all(
        entry.get(key) is None or isinstance(entry[key], Mapping) for key in ("columns", "result")
    )


def _known(values: Any, kinds: _Kinds) -> bool:
    return isinstance(values, Mapping) and values.get("kind") in kinds


def _end_problems(where: str, values: Any, kinds: _Kinds) -> Iterator[str]:
    if not _known(values, kinds):
        kind = values.get("kind") if isinstance(values, Mapping) else values
        yield f"{where} has the kind {kind!r}: it is one of {', '.join(kinds)}"
        return
    required, allowed = kinds[str(values["kind"])]
    missing = sorted(key for key in required if values.get(key) in (None, ""))
    if missing:
        yield f"{where} ({values['kind']}) lacks {', '.join(missing)}"
    if unknown := sorted(set(values) - required - allowed - {"kind"}):
        yield (
            f"{where} ({values['kind']}) has the unknown key {', '.join(unknown)}: it knows"
            f" {', '.join(sorted(required | allowed))}; options of the connector itself go into options"
        )
    if "password_file" in allowed and not values.get("password") and not values.get("password_file"):
        yield f"{where} has no password: give password (from Ansible Vault) or password_file (a file on the hosts)"
    if values.get("startup", "initial") not in _STARTUPS:
        yield f"{where} has startup: {values['startup']}, but it is one of {' or '.join(_STARTUPS)}"
    if "options" in values:
        yield from _failures(f"{where}: ", partial(option_texts, values["options"]))


def _failures(lead: str, call: Callable[[], object]) -> Iterator[str]:
    try:
        call()
    except FlinkError as error:
        yield lead + error.message


def _way_problems(where: str, declared: Mapping[str, Any]) -> Iterator[str]:
    source, sink = _endpoint(declared["source"]), _endpoint(declared["sink"])
    if sink.text("partition", "hour") not in PARTITIONS:
        yield f"the sink of {where} has partition: {sink.text('partition')}, but it is one of {', '.join(PARTITIONS)}"
    for end in (source, sink):
        if end.kind == "kafka":
            yield from _failures(f"{where}: ", partial(broker_addresses, end.text("bootstrap_servers")))
        if end.kind in CDC and not 0 < _number(end.values.get("port"), 1) < 65536:
            yield f"the source of {where} has the port {end.text('port')}, which is none"
    if sink.kind == "kafka":
        yield from _failures(f"{where}: ", partial(milliseconds, sink.text("transaction_timeout", "15 min")))
    if sink.kind == "jdbc" and not jdbc_database(sink):
        yield f"the sink of {where} has the url {sink.text('url')!r}: it begins with jdbc: and the kind of the database"
    server_id = source.values.get("server_id")
    if server_id is not None and not 0 < _number(server_id, 0) < 2**32 - 1000:
        yield f"the source of {where} has server_id: {server_id}, but it is the first of a row of numbers, 1 to 2^32"
    if sink.kind == "csv" and source.text("format") in _CHANGELOG_FORMATS:
        yield (
            f"{where} reads {source.text('format')} and writes csv, which cannot say that a row was changed: read the"
            " topic with format: json and write what the messages hold, or take the sink kafka or jdbc"
        )


def _number(value: Any, default: int) -> int:
    try:
        return int(value if value is not None else default)
    except (TypeError, ValueError):
        return -1


def _table_problems(where: str, entry: Any, kind: str, declared: Mapping[str, Any]) -> Iterator[str]:
    if not _named(entry):
        yield f"{where} has a table without a name: {entry!r}"
        return
    if isinstance(entry, Mapping):
        if unknown := sorted(set(entry) - _TABLE):
            yield f"{where}: the table {entry['name']} has the unknown key {', '.join(unknown)}"
        for key in ("columns", "result"):
            if entry.get(key) is not None and not isinstance(entry[key], Mapping):
                yield f"{where}: {key} of the table {entry['name']} names columns and their types in Flink"
                return
    sink = declared.get("sink")
    jdbc = isinstance(sink, Mapping) and sink.get("kind") == "jdbc"
    yield from _column_problems(where, _table(entry), kind, keyed=jdbc)


def _column_problems(where: str, table: Table, kind: str, *, keyed: bool) -> Iterator[str]:
    if kind and kind not in {"postgres-cdc", "mysql-cdc"} and not table.columns:
        yield f"{where}: the table {table.name} needs columns, because {kind} has no catalogue that is read here"
    if unknown := [name for name in table.primary_key if table.columns and name not in table.columns]:
        yield f"{where}: the primary key of {table.name} names {', '.join(unknown)}, which is none of its columns"
    if kind == "oracle-cdc" and not table.primary_key:
        yield f"{where}: the table {table.name} needs primary_key, by which its rows are told from each other"
    if table.select and not table.result:
        yield f"{where}: the table {table.name} has a select, so it needs result: the columns that the select gives"
    if keyed and table.columns and not table.primary_key:
        yield f"{where}: the table {table.name} needs primary_key, by which the sink jdbc finds the row to change"


def _twice(where: str, tables: Sequence[Table]) -> Iterator[str]:
    for what, names in (("reads", [one.name for one in tables]), ("writes", [one.into for one in tables])):
        for name in sorted({one for one in names if names.count(one) > 1}):
            yield f"{where} {what} {name} twice: give each table a name of its own (into, for the other side)"


# -- all pipelines of an inventory -------------------------------------------------------------------------------------


def clashes(pipelines: Sequence[Pipeline]) -> Iterator[str]:
    """Two readers of one replication slot or server id end each other's connection again and again."""
    taken: dict[tuple[object, ...], str] = {}
    for one in pipelines:
        told: set[tuple[str, str]] = set()
        for key, problem in _claims(one):
            other = taken.setdefault(key, one.name)
            if other != one.name and (other, str(key[0])) not in told:
                told.add((other, str(key[0])))
                yield f"the pipelines {other} and {one.name} {problem}"


def _claims(pipeline: Pipeline) -> Iterator[tuple[tuple[object, ...], str]]:
    """What one pipeline must have for itself, and what is wrong when another has it too."""
    host, port = pipeline.source.text("hostname"), pipeline.source.port
    if pipeline.source.kind == "postgres-cdc":
        for slot in pipeline.slots.values():
            yield (
                ("slot", host, port, slot),
                (
                    f"read the replication slot {slot} of {host}, which gives each change to one of them only: give"
                    " one of them another slot"
                ),
            )
    if pipeline.source.kind == "mysql-cdc":
        for number in (number for row in pipeline.server_ids.values() for number in row):
            yield (
                ("server id", host, port, number),
                (
                    f"use the server id {number} of {host}, so the database ends the connection of one when the other"
                    " opens its own: give one of them another server_id"
                ),
            )
    for table in pipeline.tables if pipeline.sink.kind == "csv" else ():
        place = f"{pipeline.sink.text('directory').rstrip('/')}/{table.into}"
        yield ("directory", place), f"write to {place}: give one of them another directory"
