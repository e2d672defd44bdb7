# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared pipelines, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from .._base.errors import FlinkError
from .._base.options import nearest
from .._base.schema import Option, key_problems, value_problem
from .._base.units import duration
from .declared import (
    CDC,
    CHANGELOG_FORMATS,
    CHECKED,
    OF_TEXTS,
    PARTITIONS,
    PIPELINE,
    SINKS,
    SOURCES,
    STARTUPS,
    TABLE,
    Pipeline,
    PipelineEnd,
    Table,
    broker_addresses,
    jdbc_database,
    option_texts,
)
from .names import name_problems

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


def _endpoint(values: Mapping[str, Any]) -> PipelineEnd:
    return PipelineEnd(str(values["kind"]), {key: value for key, value in values.items() if key != "kind"})


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
    yield from _unknown(where, declared, PIPELINE, "it has source, tables, sink and connectors")
    if str(declared.get("connectors") or "matrix") not in {"matrix", "given"}:
        yield f"{where}: connectors is matrix (the collection's) or given (those of flink_libraries)"
    yield from _end_problems(f"the source of {where}", declared.get("source"), SOURCES)
    yield from _end_problems(f"the sink of {where}", declared.get("sink"), SINKS)
    before, after = _known(declared.get("source"), SOURCES), _known(declared.get("sink"), SINKS)
    tables = declared.get("tables")
    if not isinstance(tables, Sequence) or isinstance(tables, str) or not tables:
        yield f"{where} names no tables: tables is a list of names, or of entries with a name"
        return
    if before and after and not _mistyped(declared["source"], SOURCES) and not _mistyped(declared["sink"], SINKS):
        yield from _way_problems(where, declared)
    for entry in tables:
        yield from _table_problems(where, entry, str(declared["source"].get("kind")) if before else "", declared)
    readable = [_table(one) for one in tables if _readable(one)]
    yield from _twice(where, readable)
    if before and after:
        yield from name_problems(where, _endpoint(declared["source"]), _endpoint(declared["sink"]), readable)


def _named(entry: Any) -> bool:
    return isinstance(entry, str) or (isinstance(entry, Mapping) and bool(entry.get("name")))


_Kinds = Mapping[str, tuple[frozenset[str], frozenset[str]]]


def _readable(entry: Any) -> bool:
    """Whether a table can be looked at more closely: what is wrong with its shape is reported before."""
    if not _named(entry):
        return False
    return isinstance(entry, str) or all(
        entry.get(key) is None or isinstance(entry[key], Mapping) for key in ("columns", "result")
    )


def _known(values: Any, kinds: _Kinds) -> bool:
    return isinstance(values, Mapping) and isinstance(values.get("kind"), str) and values["kind"] in kinds


def _unknown(where: str, values: Mapping[Any, Any], known: frozenset[str], otherwise: str = "") -> Iterator[str]:
    for key in values:
        if key not in known:
            near = nearest(key, known)
            said = f"did you mean {near}?" if near else otherwise or f"it takes {', '.join(sorted(known))}"
            yield f"{where} has the unknown key {key}: {said}"


def _types(values: Mapping[Any, Any], known: frozenset[str]) -> list[str]:
    """Values that are not of the type of their key, whatever kind of source, sink or table they belong to."""
    found: list[str] = []
    for key, value in values.items():
        if key not in known:
            continue
        if key in OF_TEXTS and isinstance(value, Mapping):
            option: Option = {"type": "dict", "elements": "str"}
            found += key_problems("", {key: value}, {key: option})
        elif key == "primary_key" and isinstance(value, list | tuple):
            found += key_problems("", {key: value}, {key: {"type": "list", "elements": "str"}})
        elif key == "primary_key" or key not in CHECKED | OF_TEXTS:
            found.append(value_problem(str(key), value, {"type": "str"}))
    return [problem for problem in found if problem]


def _mistyped(values: Mapping[str, Any], kinds: _Kinds) -> list[str]:
    required, allowed = kinds[values["kind"]]
    return _types(values, required | allowed)


def _end_problems(where: str, values: Any, kinds: _Kinds) -> Iterator[str]:
    if not isinstance(values, Mapping):
        yield f"{where} is not a dictionary: write kind: and its other keys below it"
        return
    if not _known(values, kinds):
        kind = values.get("kind")
        near = nearest(kind, kinds)
        yield f"{where} has the kind {kind!r}: it is one of {', '.join(kinds)}" + (near and f"; did you mean {near}?")
        return
    required, allowed = kinds[str(values["kind"])]
    missing = sorted(key for key in required if values.get(key) in (None, ""))
    if missing:
        yield f"{where} ({values['kind']}) lacks {', '.join(missing)}"
    takes = f"it takes {', '.join(sorted(required | allowed))}; options of the connector itself go into options"
    yield from _unknown(f"{where} ({values['kind']})", values, required | allowed | {"kind"}, takes)
    yield from (f"{where} ({values['kind']}): {problem}" for problem in _mistyped(values, kinds))
    if "password_file" in allowed and not values.get("password") and not values.get("password_file"):
        yield f"{where} has no password: give password (from Ansible Vault) or password_file (a file on the hosts)"
    if str(values.get("startup") or "initial") not in STARTUPS:
        yield f"{where} has startup: {values['startup']}, but it is one of {' or '.join(STARTUPS)}"
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
    for end, key in ((source, "window"), (sink, "transaction_timeout")):
        if end.values.get(key) is not None:
            yield from _failures(f"{where}: ", partial(duration, end.values[key], key))
    if sink.kind == "jdbc" and not jdbc_database(sink):
        yield f"the sink of {where} has the url {sink.text('url')!r}: it begins with jdbc: and the kind of the database"
    server_id = source.values.get("server_id")
    if server_id is not None and not 0 < _number(server_id, 0) < 2**32 - 1000:
        yield f"the source of {where} has server_id: {server_id}, but it is the first of a row of numbers, 1 to 2^32"
    if sink.kind == "csv" and source.text("format") in CHANGELOG_FORMATS:
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
        yield from _unknown(f"{where}: the table {entry['name']}", entry, TABLE)
        if wrong := _types(entry, TABLE):
            yield from (f"{where}: the table {entry['name']}: {problem}" for problem in wrong)
            return
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
        yield f"{where}: the table {table.name} needs primary_key, by which its rows are distinguished"
    if table.select and not table.result:
        yield f"{where}: the table {table.name} has a select, so it needs result: the columns that the select gives"
    if keyed and table.columns and not table.primary_key:
        yield f"{where}: the table {table.name} needs primary_key, by which the sink jdbc finds the row to change"


def _twice(where: str, tables: Sequence[Table]) -> Iterator[str]:
    for what, names in (("reads", [one.name for one in tables]), ("writes", [one.into for one in tables])):
        for name in sorted({one for one in names if names.count(one) > 1}):
            yield f"{where} {what} {name} twice: give each table a name of its own (into, for the other side)"
