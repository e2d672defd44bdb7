# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in pipelines: those that cannot be used, and those that two readers or writers would share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .._base.addresses import host_fault
from .._base.paths import plain_path
from .declared import CDC, Pipeline, PipelineEnd, Table, broker_addresses

# -- one pipeline ------------------------------------------------------------------------------------------------------

_SLOT = re.compile(r"[a-z0-9_]{1,63}")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
# An absolute path, or the URL of a store; file: names no host.
_PLACE = re.compile(r"/.*|file:(/|///)[^/].*|(?!file:)[A-Za-z][A-Za-z0-9+.-]*://[^/].*", re.DOTALL)
# What has a meaning in a regular expression and is rare in names; dots and dollar signs are not.
_PATTERN = re.compile(r"[*+?|()\[\]{}^\\,]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def name_problems(where: str, source: PipelineEnd, sink: PipelineEnd, tables: Sequence[Table]) -> Iterator[str]:
    """What cannot be the name of what it names, one sentence each."""
    slot = source.values.get("slot")
    if slot not in (None, "") and not _SLOT.fullmatch(str(slot)):
        yield (
            f"the source of {where} has slot: {str(slot)!r}, which PostgreSQL does not take: write it with small"
            " letters without accents, digits and underscores, like shop_orders"
        )
    for end, what in ((source, "source"), (sink, "sink")):
        if end.kind in {"files", "csv"}:
            yield from _place_problems(f"the {what} of {where}", end.values.get("directory"))
    host = source.values.get("hostname")
    if source.kind in CDC and isinstance(host, str) and host and (why := host_fault(host)):
        yield (
            f"the source of {where} has hostname: {host!r}, which cannot be used because {why}: write a name or an"
            " address alone, and its port as port"
        )
    for table in tables:
        yield from _table_problems(where, source, sink, table)


def _place_problems(where: str, directory: object) -> Iterator[str]:
    if directory in (None, "") or (_PLACE.fullmatch(str(directory)) and not _CONTROL.search(str(directory))):
        return
    yield (
        f"{where} has directory: {str(directory)!r}, which is not the same place for every TaskManager: write an"
        " absolute path like /srv/flink/changes, or the URL of a store like s3://bucket/changes"
    )


def _table_problems(where: str, source: PipelineEnd, sink: PipelineEnd, table: Table) -> Iterator[str]:
    if _CONTROL.search(table.name) or not table.bare.strip():
        yield f"{where} has a table {table.name!r}: write its name without line breaks and other control characters"
        return
    if source.kind in CDC and _PATTERN.search(table.name):
        yield (
            f"{where} has the table {table.name}, which reads like a regular expression: tables are not chosen by"
            " patterns, because each has a slot, columns and a target of its own; write one entry for each table"
        )
    if source.kind == "files":
        yield from _place_problems(f"{where}: the table {table.name}", table.values.get("directory"))
    if source.kind == "kafka" and not {"topic", "topic-pattern"} & {*source.options, *table.options}:
        yield from _topic_problems(where, table, str(table.values.get("topic") or table.name).split(";"), "topic")
    if sink.kind == "kafka" and "topic" not in sink.options:
        yield from _topic_problems(where, table, [f"{sink.text('topic_prefix')}{table.into}"], "into")
    if sink.kind == "csv" and ("/" in table.into or table.into in {".", ".."}):
        yield (
            f"{where}: the table {table.name} goes into {table.into!r}, which is not the name of one directory: give"
            " the table into, a name without a slash"
        )


def _topic_problems(where: str, table: Table, topics: Sequence[str], key: str) -> Iterator[str]:
    for topic in topics:
        if not _TOPIC.fullmatch(topic) or topic in {".", ".."}:
            yield (
                f"{where}: the table {table.name} has the topic {topic!r}, which Kafka does not take: give the table"
                f" {key}, up to 249 letters without accents, digits, dots, hyphens and underscores"
            )


# -- all pipelines of an inventory -------------------------------------------------------------------------------------


def clashes(pipelines: Sequence[Pipeline], suspended: Sequence[Pipeline] = ()) -> Iterator[str]:
    """Two readers of one replication slot or server id end each other's connection again and again.

    :arg suspended: pipelines that do not run, and whose slots hold what they will read when they go on.
    """
    taken: dict[tuple[object, ...], tuple[str, str]] = {}
    told: set[tuple[object, ...]] = set()
    for one in (*pipelines, *suspended):
        for table in one.tables:
            for key, problem in _claims(one, table):
                if key[0] != "slot" and one in suspended:
                    continue
                pipeline, other = taken.setdefault(key, (one.name, table.name))
                if (pipeline, other) == (one.name, table.name):
                    continue
                who = (
                    f"the pipelines {pipeline} and {one.name}"
                    if pipeline != one.name
                    else f"the tables {other} and {table.name} of the pipeline {one.name}"
                )
                if (who, key[0]) not in told:
                    told.add((who, key[0]))
                    yield f"{who} {problem}"


def _claims(pipeline: Pipeline, table: Table) -> Iterator[tuple[tuple[object, ...], str]]:
    """What a table of a pipeline must have for itself, and what is wrong when another has it too."""
    host, port = pipeline.source.text("hostname"), pipeline.source.port
    if pipeline.source.kind == "postgres-cdc":
        slot, publication = pipeline.slots[table.name], pipeline.publications[table.name]
        yield (
            ("slot", host.lower(), port, slot),
            (
                f"read the replication slot {slot} of {host}, which gives each change to one of them only: give"
                " one of them another slot"
            ),
        )
        # Those that share a slot share the publication of its name too: both are of one kind, and one is reported.
        yield (
            ("slot", host.lower(), port, pipeline.source.text("database"), publication),
            (
                f"read the publication {publication} of {host}, out of which each takes the tables of the other:"
                " give one of them another debezium.publication.name in options"
            ),
        )
    if pipeline.source.kind == "mysql-cdc":
        for number in pipeline.server_ids[table.name]:
            yield (
                ("server id", host.lower(), port, number),
                (
                    f"use the server id {number} of {host}, so the database ends the connection of one when the other"
                    " opens its own: give one of them another server_id"
                ),
            )
    if pipeline.sink.kind == "csv":
        place = pipeline.directory_for(table)
        yield ("directory", plain_path(place)), f"write to {place}: give one of them another directory"
    if prefix := pipeline.transactions_of(table):
        brokers = tuple(sorted(broker_addresses(pipeline.sink.text("bootstrap_servers"))))
        yield (
            ("transactions", brokers, prefix),
            (
                f"write into Kafka with the same prefix of transactions, {prefix}, and would end each other's: give one"
                " of them another name or another sink.transactional-id-prefix in options"
            ),
        )
