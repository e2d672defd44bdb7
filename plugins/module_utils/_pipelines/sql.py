# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a declared pipeline to the SQL of its job.

A file is only ever added to, so a change of a row is written as a row of its own: what happened (+I, -U, +U, -D), when
it was captured, when it was committed, and the row as it was or is. Passwords are in the SQL as ${secret:…}; they
are put in when a statement is handed to the gateway, so that no digest, record or difference holds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from .._base.addresses import bracketed
from .._base.errors import FlinkError
from .._base.units import duration, duration_text, seconds
from . import settings
from .declared import PARTITIONS, Pipeline, PipelineEnd, Table

# What the source itself says of a change, and what the file says of it.
OP, CAPTURED, COMMITTED, SEEN = "__op", "__captured_at", "__committed_at", "__seen"
CHECKPOINT_INTERVAL = "execution.checkpointing.interval"
SOURCE_SECRET, SINK_SECRET = "source_password", "sink_password"


@dataclass(frozen=True)
class Rendered:
    """A job: its script, its options, the names of the secrets in it."""

    sql: str
    configuration: Mapping[str, str]
    secrets: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """What a pipeline has to know of its cluster."""

    cluster_id: str
    # Columns and primary keys of tables that the inventory does not describe.
    catalogue: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    configuration: Mapping[str, str] = field(default_factory=dict)
    checkpoint_interval: str = "30 s"


def render(pipeline: Pipeline, context: Context) -> Rendered:
    tables = [_described(pipeline, table, context) for table in pipeline.tables]
    statements = [
        statement
        for table in tables
        for statement in (
            _create(pipeline.labels[table.name], _source_columns(pipeline, table), _source_options(pipeline, table)),
            _create(
                pipeline.outputs[table.name],
                _sink_columns(pipeline, table),
                _sink_options(pipeline, table, context),
                partition=_partition(pipeline, table),
            ),
        )
    ]
    inserts = [_insert(pipeline, table) for table in tables]
    job = inserts[0] if len(inserts) == 1 else "EXECUTE STATEMENT SET BEGIN\n" + ";\n".join(inserts) + ";\nEND"
    sql = ";\n\n".join([*statements, job]) + ";\n"
    defaults = dict(settings.RESTARTS) if pipeline.is_cdc else {}
    own = dict(context.configuration)
    if any(key.startswith("restart-strategy") for key in own):
        defaults = {}
    return Rendered(
        sql=sql,
        configuration={**defaults, **own},
        secrets=tuple(name for name in (SOURCE_SECRET, SINK_SECRET) if f"${{secret:{name}}}" in sql),
        warnings=(*pipeline.warnings(), *_timeout_warnings(pipeline, context)),
    )


def _timeout_warnings(pipeline: Pipeline, context: Context) -> Iterator[str]:
    if pipeline.sink.kind != "kafka":
        return
    own = context.configuration.get(CHECKPOINT_INTERVAL)
    interval = own or context.checkpoint_interval
    name = f"{CHECKPOINT_INTERVAL} of the pipeline {pipeline.name}" if own else "flink_checkpoint_interval"
    # An option of Flink may be a bare number; the variable may not.
    length = seconds(own)
    if pipeline.transaction_timeout < 2000 * (duration(interval, name) if length is None else length):
        yield (
            f"the transactions of the pipeline {pipeline.name} end after"
            f" {duration_text(pipeline.transaction_timeout)}, and there is a checkpoint every {interval}: a failover"
            " that takes longer than the rest loses rows that a checkpoint has counted as written; raise"
            " transaction_timeout"
        )


# -- what is known of a table ----------------------------------------------------------------------------------------


def _described(pipeline: Pipeline, table: Table, context: Context) -> Table:
    """The table with its columns and its key, from the inventory or from the catalogue."""
    found = context.catalogue.get(table.name, {})
    columns, key = found.get("columns"), found.get("primary_key")
    if not table.columns and not isinstance(columns, Mapping):
        raise FlinkError(
            f"nothing is known of the columns of {table.name}, a table of the pipeline {pipeline.name}: declare columns"
            " and primary_key, or let its catalogue be read"
        )
    if not table.columns and isinstance(columns, Mapping):
        table = replace(table, columns={str(name): str(kind) for name, kind in columns.items()})
        if not table.primary_key and isinstance(key, (list, tuple)):
            table = replace(table, primary_key=tuple(str(one) for one in key))
    if pipeline.is_cdc and not table.primary_key and not pipeline.chunk_key(table):
        raise FlinkError(
            f"the table {table.name} of the pipeline {pipeline.name} has no primary key, so its snapshot cannot be cut"
            " into pieces: give it one, or name a column in options: scan.incremental.snapshot.chunk.key-column"
        )
    if pipeline.sink.kind == "jdbc" and not table.primary_key:
        raise FlinkError(f"the table {table.name} of the pipeline {pipeline.name} has no primary key, which jdbc needs")
    return table


def _name(text: str) -> str:
    return "`" + text.replace("`", "``") + "`"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _names(names: Iterable[str]) -> str:
    return ", ".join(_name(name) for name in names)


def _create(name: str, columns: list[str], options: Mapping[str, str], partition: str = "") -> str:
    body = ",\n  ".join(columns)
    behind = f" PARTITIONED BY ({_name(partition)})" if partition else ""
    given = ",\n  ".join(f"{_text(key)} = {_text(value)}" for key, value in options.items() if value != "")
    return f"CREATE TABLE {_name(name)} (\n  {body}\n){behind} WITH (\n  {given}\n)"


def _columns(columns: Mapping[str, str]) -> list[str]:
    return [f"{_name(name)} {kind}" for name, kind in columns.items()]


def _primary_key(table: Table) -> list[str]:
    return [f"PRIMARY KEY ({_names(table.primary_key)}) NOT ENFORCED"] if table.primary_key else []


# -- sources ---------------------------------------------------------------------------------------------------------


def _writes_changes(pipeline: Pipeline) -> bool:
    """Files hold changes as rows; other sinks take changes as they are."""
    return pipeline.is_cdc and pipeline.sink.kind == "csv"


def _says_kind(pipeline: Pipeline) -> bool:
    """The connectors for PostgreSQL and MySQL can emit a change as a row that says what happened."""
    return _writes_changes(pipeline) and pipeline.source.kind != "oracle-cdc"


def _source_columns(pipeline: Pipeline, table: Table) -> list[str]:
    columns = _columns(table.columns)
    if _says_kind(pipeline):
        columns += [
            f"{_name(OP)} STRING METADATA FROM 'row_kind' VIRTUAL",
            f"{_name(COMMITTED)} TIMESTAMP_LTZ(3) METADATA FROM 'op_ts' VIRTUAL",
        ]
    elif _writes_changes(pipeline) or table.select:
        columns.append(f"{_name(SEEN)} AS PROCTIME()")
    # A key of a source that is only added to would be a promise that is not kept.
    return [*columns, *(_primary_key(table) if pipeline.is_cdc else [])]


def _source_options(pipeline: Pipeline, table: Table) -> dict[str, str]:
    source = pipeline.source
    fixed = {
        "postgres-cdc": _postgres,
        "mysql-cdc": _mysql,
        "oracle-cdc": _oracle,
        "kafka": _kafka_source,
        "files": _files,
    }[source.kind](pipeline, table)
    # What is declared wins over the settings of the collection, and the options over both.
    return {**fixed, **settings.values(settings.SOURCES[source.kind]), **fixed, **source.options, **table.options}


def _startup(source: PipelineEnd, initial: str, latest: str) -> str:
    return latest if source.text("startup", "initial") == "latest" else initial


def _database(source: PipelineEnd, connector: str) -> dict[str, str]:
    return {
        "connector": connector,
        # The connectors put it into a URL as it is.
        "hostname": bracketed(source.text("hostname")),
        "port": str(source.port),
        "username": source.text("username"),
        "password": f"${{secret:{SOURCE_SECRET}}}",
        "database-name": source.text("database"),
    }


def _pattern(name: str) -> str:
    """The connectors for databases take the name of a table as a regular expression."""
    return name.replace("$", "\\$")


def _postgres(pipeline: Pipeline, table: Table) -> dict[str, str]:
    source = pipeline.source
    found = _database(source, "postgres-cdc") | {
        "schema-name": table.schema or source.text("schema", "public"),
        "table-name": _pattern(table.bare),
        "slot.name": pipeline.slots[table.name],
        "scan.startup.mode": _startup(source, "initial", "latest-offset"),
        "debezium.publication.name": pipeline.publications[table.name],
    }
    if _says_kind(pipeline):
        found["scan.read-changelog-as-append-only.enabled"] = "true"
    return found


def _mysql(pipeline: Pipeline, table: Table) -> dict[str, str]:
    source = pipeline.source
    ids = pipeline.server_ids[table.name]
    found = _database(source, "mysql-cdc") | {
        "table-name": _pattern(table.bare),
        "server-id": f"{ids.start}-{ids.stop - 1}",
        "scan.startup.mode": _startup(source, "initial", "latest-offset"),
    }
    if source.text("time_zone"):
        found["server-time-zone"] = source.text("time_zone")
    if table.schema:
        found["database-name"] = table.schema
    if _says_kind(pipeline):
        found["scan.read-changelog-as-append-only.enabled"] = "true"
    return found


def _oracle(pipeline: Pipeline, table: Table) -> dict[str, str]:
    source = pipeline.source
    found = _database(source, "oracle-cdc") | {
        "schema-name": table.schema or source.text("schema"),
        "table-name": _pattern(table.bare),
        "scan.startup.mode": _startup(source, "initial", "latest-offset"),
    }
    if source.text("pdb"):
        found["debezium.database.pdb.name"] = source.text("pdb")
    return found


def _kafka_source(pipeline: Pipeline, table: Table) -> dict[str, str]:
    source = pipeline.source
    return {
        "connector": "kafka",
        "topic": pipeline.topic_of(table),
        "properties.bootstrap.servers": source.text("bootstrap_servers"),
        "properties.group.id": source.text("group_id", f"streamops-{pipeline.name}"),
        "format": source.text("format", "json"),
        "scan.startup.mode": _startup(source, "earliest-offset", "latest-offset"),
    }


def _files(pipeline: Pipeline, table: Table) -> dict[str, str]:
    directory = str(table.values.get("directory") or f"{pipeline.source.text('directory').rstrip('/')}/{table.name}")
    return {
        "connector": "filesystem",
        "path": _url(directory),
        "format": pipeline.source.text("format", "csv"),
    }


def _url(directory: str) -> str:
    return f"file://{directory}" if directory.startswith("/") else directory


# -- sinks -----------------------------------------------------------------------------------------------------------


def _output(table: Table) -> Mapping[str, str]:
    return table.result if table.select else table.columns


def _partition(pipeline: Pipeline, table: Table) -> str:
    """The column whose value becomes a directory."""
    kind = pipeline.sink.text("partition", "hour")
    if pipeline.sink.kind != "csv" or kind == "none":
        return ""
    return f"captured_{kind}" if kind in _output(table) else kind


def _is_decimal(kind: str) -> bool:
    return re.match(r"\s*(DEC|DECIMAL|NUMERIC)\b", kind, re.IGNORECASE) is not None


def _sink_columns(pipeline: Pipeline, table: Table) -> list[str]:
    output = _output(table)
    if pipeline.sink.kind == "csv":
        output = {name: "STRING" if _is_decimal(kind) else kind for name, kind in output.items()}
    columns = _columns(output)
    if pipeline.sink.kind != "jdbc":
        # With NOT NULL Flink looks at every row, and a file or a topic has no use for that.
        columns = [column.removesuffix(" NOT NULL") for column in columns]
    if _writes_changes(pipeline) and not table.select:
        columns = [
            f"{_name(OP)} STRING",
            f"{_name(CAPTURED)} TIMESTAMP_LTZ(3)",
            f"{_name(COMMITTED)} TIMESTAMP_LTZ(3)",
            *columns,
        ]
    if partition := _partition(pipeline, table):
        columns.append(f"{_name(partition)} STRING")
    return [*columns, *(_primary_key(table) if pipeline.sink.kind == "jdbc" else [])]


def _sink_options(pipeline: Pipeline, table: Table, context: Context) -> dict[str, str]:
    sink = pipeline.sink
    fixed = {"csv": _csv, "kafka": _kafka_sink, "jdbc": _jdbc}[sink.kind](pipeline, table, context)
    return {**fixed, **settings.values(settings.SINKS[sink.kind]), **fixed, **sink.options}


def _csv(pipeline: Pipeline, table: Table, _context: Context) -> dict[str, str]:
    return {
        "connector": "filesystem",
        "path": f"{_url(pipeline.sink.text('directory').rstrip('/'))}/{table.into}",
        "format": "csv",
    }


def _kafka_sink(pipeline: Pipeline, table: Table, context: Context) -> dict[str, str]:
    sink = pipeline.sink
    found = {
        "connector": "kafka",
        "topic": pipeline.topic_for(table),
        "properties.bootstrap.servers": sink.text("bootstrap_servers"),
        "properties.transaction.timeout.ms": str(pipeline.transaction_timeout),
        "format": sink.text("format", "debezium-json" if pipeline.changes else "json"),
        # Two writers of one prefix would end each other's transactions.
        "sink.transactional-id-prefix": f"{context.cluster_id.strip('/')}-{pipeline.name}-{table.into}",
    }
    key = [name for name in table.primary_key if name in _output(table)]
    if key:
        found |= {"key.format": "json", "key.fields": ";".join(key)}
    return found


def _jdbc(pipeline: Pipeline, table: Table, _context: Context) -> dict[str, str]:
    sink = pipeline.sink
    return {
        "connector": "jdbc",
        "url": sink.text("url"),
        "table-name": table.into,
        "username": sink.text("username"),
        "password": f"${{secret:{SINK_SECRET}}}",
    }


# -- from one to the other -------------------------------------------------------------------------------------------


def _insert(pipeline: Pipeline, table: Table) -> str:
    target = f"INSERT INTO {_name(pipeline.outputs[table.name])}"
    moment = _moment(pipeline, table)
    if table.select:
        columns = _values(pipeline, table.result)
        what = "*" if columns == _names(table.result) else columns
        known = "" if what == "*" else f" AS `__result` ({_names(table.result)})"
        return f"{target}\nSELECT {what}{f', {moment}' if moment else ''} FROM (\n{table.select}\n){known}"
    if _writes_changes(pipeline) and not _says_kind(pipeline):
        return f"{target}\n{_net_changes(pipeline, table, moment)}"
    columns = _values(pipeline, table.columns)
    head = f"{_name(OP)}, CURRENT_ROW_TIMESTAMP(), {_name(COMMITTED)}, " if _says_kind(pipeline) else ""
    tail = f", {moment}" if moment else ""
    return f"{target}\nSELECT {head}{columns}{tail}\nFROM {_name(pipeline.labels[table.name])}"


def _values(pipeline: Pipeline, columns: Mapping[str, str]) -> str:
    """The columns as they are written. In files Flink would write the decimal 100.00 as 1E+2, and 1.50 as 1.5."""
    if pipeline.sink.kind != "csv":
        return _names(columns)
    return ", ".join(
        f"CAST({_name(name)} AS STRING)" if _is_decimal(kind) else _name(name) for name, kind in columns.items()
    )


def _moment(pipeline: Pipeline, table: Table) -> str:
    """The directory of a row that is captured now."""
    if not _partition(pipeline, table):
        return ""
    return f"DATE_FORMAT(CURRENT_ROW_TIMESTAMP(), {_text(PARTITIONS[pipeline.sink.text('partition', 'hour')])})"


def _net_changes(pipeline: Pipeline, table: Table, moment: str) -> str:
    """The connector for Oracle cannot say what kind of change a row is, but counts of rows can.

    Within a window each row counts one up when it comes and one down when it goes. What is left is what the window
    has changed: the rows that are gone and the rows that are there, each once.
    """
    columns = _names(table.columns)
    tail = f", {moment}" if moment else ""
    return (
        f"SELECT CASE WHEN `__n` > 0 THEN '+I' ELSE '-D' END, CAST(`window_end` AS TIMESTAMP_LTZ(3)),\n"
        f"  CAST(NULL AS TIMESTAMP_LTZ(3)), {_values(pipeline, table.columns)}{tail}\n"
        f"FROM (\n"
        f"  SELECT `window_start`, `window_end`, {columns}, COUNT(*) AS `__n`\n"
        f"  FROM TABLE(TUMBLE(TABLE {_name(pipeline.labels[table.name])}, DESCRIPTOR({_name(SEEN)}),"
        f" INTERVAL '{pipeline.window}' SECOND(5)))\n"
        f"  GROUP BY `window_start`, `window_end`, {columns}\n"
        f")\nWHERE `__n` <> 0"
    )
