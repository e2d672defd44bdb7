# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From declared pipelines to SQL, connectors and what has to be asked. Each filter is documented in <name>.yml."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from ansible_collections.streamops.flink.plugins.module_utils._base.addresses import host_port
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._jobs import spec as _spec
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import connectors as _connectors
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import declared as _pipeline
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import names as _names
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import read as _read
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import sql as _pipeline_sql
from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors


def _declared(jobs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The jobs that are pipelines and are declared to run. An entry that is not a dictionary is refused elsewhere."""
    entries = [job for job in jobs if isinstance(job, Mapping)] if isinstance(jobs, list | tuple) else []
    return [job for job in entries if "pipeline" in job and job.get("state", "running") == "running"]


def _sound(jobs: Sequence[Mapping[str, Any]]) -> list[_pipeline.Pipeline]:
    """The pipelines that are declared to run. What is wrong with the others is reported elsewhere."""
    return [_read.parse(job) for job in _declared(jobs) if not any(_read.problems(job))]


def _suspended(jobs: Sequence[Mapping[str, Any]]) -> list[_pipeline.Pipeline]:
    """The pipelines that will go on: nothing else may read their slots meanwhile."""
    waiting = [job for job in jobs if "pipeline" in job and job.get("state") == "suspended"]
    return [_read.parse(job) for job in waiting if not any(_read.problems(job))]


@filter_errors
def flink_pipeline(
    job: Mapping[str, Any],
    cluster_id: str,
    catalogue: Mapping[str, Any] | None = None,
    checkpoint_interval: str = "30 s",
) -> dict[str, Any]:
    """The SQL of a pipeline with names in the places of its secrets."""
    found = catalogue or {}
    columns, keys = found.get("columns") or {}, found.get("primary_keys") or {}
    context = _pipeline_sql.Context(
        cluster_id=cluster_id,
        catalogue={table: {"columns": columns[table], "primary_key": list(keys.get(table) or ())} for table in columns},
        configuration=_spec.flat_configuration(job.get("configuration")),
        checkpoint_interval=checkpoint_interval,
    )
    rendered = _pipeline_sql.render(_read.parse(job), context)
    return {
        "sql": rendered.sql,
        "configuration": dict(rendered.configuration),
        "secrets": list(rendered.secrets),
        "warnings": list(rendered.warnings),
    }


@filter_errors
def flink_pipeline_libraries(jobs: Sequence[Mapping[str, Any]], version: str, libraries: Any = ()) -> list[Any]:
    """flink_libraries and the connectors that the pipelines need besides."""
    kinds = _kinds(jobs)
    given = _named(libraries)
    # What is wrong with the variable is reported where its jars are read.
    if kinds and isinstance(libraries, Sequence) and len(given) == len(libraries):
        with suppress(FlinkError):
            return [*given, *_connectors.missing(kinds, version, given)]
    return cast("list[Any]", libraries)


def _kinds(jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The sources and sinks of all pipelines that leave their connectors to the matrix."""
    kinds: list[str] = []
    for pipeline in _sound(jobs):
        kinds += [] if pipeline.connectors_given else pipeline.kinds
    return kinds


def _named(libraries: Any) -> list[Mapping[str, Any]]:
    if not isinstance(libraries, Sequence) or isinstance(libraries, str):
        return []
    return [one for one in libraries if isinstance(one, Mapping) and one.get("artifact")]


@filter_errors
def flink_pipeline_problems(jobs: Sequence[Mapping[str, Any]], version: str, libraries: Any = ()) -> list[str]:
    """What is wrong with the declared pipelines, one sentence each."""
    found: list[str] = []
    sound: list[_pipeline.Pipeline] = []
    for job in _declared(jobs):
        wrong = list(_read.problems(job))
        found += wrong
        if not wrong:
            sound.append(_read.parse(job))
    for pipeline in sound:
        if not pipeline.connectors_given:
            try:
                _connectors.needed(pipeline.kinds, version)
            except FlinkError as error:
                found.append(f"the pipeline {pipeline.name}: {error.message}")
    jars = _connectors.library_problems(_kinds(jobs), version, _named(libraries))
    return [*found, *_names.clashes(sound, _suspended(jobs)), *jars]


@filter_errors
def flink_pipeline_question(job: Mapping[str, Any]) -> dict[str, Any]:
    """What the database of a pipeline is to be asked, as the options of flink_source_info without the password."""
    pipeline = _read.parse(job)
    source = pipeline.source
    if not pipeline.is_cdc:
        return {}
    ids = [number for row in pipeline.server_ids.values() for number in row] if source.kind == "mysql-cdc" else []
    return {
        "kind": source.kind,
        "hostname": source.text("hostname"),
        "port": source.port,
        "database": source.text("database"),
        "schema": source.text("schema"),
        "username": source.text("username"),
        "tables": [table.name for table in pipeline.tables],
        "columns": {table.name: physical for table in pipeline.tables if (physical := table.physical)},
        "declared_keys": {table.name: list(table.primary_key) for table in pipeline.tables if table.primary_key},
        "chunk_keys": {table.name: column for table in pipeline.tables if (column := pipeline.chunk_key(table))},
        "slots": pipeline.slots if source.kind == "postgres-cdc" else {},
        "publications": pipeline.publications if source.kind == "postgres-cdc" else {},
        "server_ids": ids,
        "parallelism": pipeline.parallelism or 1,
        # Oracle is asked only where all is declared, and a driver is there; the others return their columns too.
        "columns_wanted": any(not table.columns for table in pipeline.tables),
    }


@filter_errors
def flink_pipeline_addresses(jobs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What every TaskManager must reach: databases and brokers."""
    found = {(host, port): pipeline.name for pipeline in _sound(jobs) for host, port in pipeline.addresses}
    return [
        {"host": host, "port": port, "address": host_port(host, port), "pipeline": name}
        for (host, port), name in found.items()
    ]


@filter_errors
def flink_pipeline_brokers(jobs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the brokers of all pipelines are to be asked, as the options of flink_broker_info."""
    return [{"pipeline": one.name, **asked} for one in _sound(jobs) for asked in one.brokers]


@filter_errors
def flink_pipeline_directories(jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The directories that every TaskManager must see as the same."""
    return list(dict.fromkeys(directory for one in _sound(jobs) for directory in one.shared_directories))


class FilterModule:
    """Filters for pipelines."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "flink_pipeline": flink_pipeline,
            "flink_pipeline_addresses": flink_pipeline_addresses,
            "flink_pipeline_brokers": flink_pipeline_brokers,
            "flink_pipeline_directories": flink_pipeline_directories,
            "flink_pipeline_libraries": flink_pipeline_libraries,
            "flink_pipeline_problems": flink_pipeline_problems,
            "flink_pipeline_question": flink_pipeline_question,
        }
