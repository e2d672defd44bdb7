# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a source, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..._base.addresses import host_port
from ..._base.errors import FlinkError
from ..types import SourceColumn, flink_type

PORTS = {"postgres-cdc": 5432, "mysql-cdc": 3306, "oracle-cdc": 1521}


class Query(Protocol):
    """Runs one query of the catalogue and returns all rows."""

    def __call__(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]: ...


@dataclass(frozen=True)
class DatabaseUse:
    """What a pipeline is going to do with a database."""

    kind: str
    host: str
    port: int
    database: str
    user: str
    schema: str = ""
    tables: tuple[str, ...] = ()
    # Whether rows have to be known as they were before a change.
    before_images: bool = True
    # Of tables that the inventory describes: the columns that are read, and the primary key of the pipeline.
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # The column by which the snapshot of a table is cut into pieces, where that is not its primary key.
    chunk_keys: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, str] = field(default_factory=dict)
    # Where they are not named as the slots are.
    publications: Mapping[str, str] = field(default_factory=dict)
    server_ids: tuple[int, ...] = ()
    parallelism: int = 1

    @property
    def where(self) -> str:
        return f"{self.database} at {host_port(self.host, self.port)}"


@dataclass
class SourceReport:
    """What the database said."""

    version: str = ""
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    primary_keys: dict[str, list[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def wrong(self, problem: str, statement: str) -> None:
        self.problems.append(f"{problem}: {statement}")

    def describe(self, use: DatabaseUse, table: str, columns: Sequence[SourceColumn], key: Sequence[str]) -> None:
        """Map the columns of a table that are read; those that cannot be mapped are each a problem."""
        found: dict[str, str] = {}
        read = use.columns.get(table) or [column.name for column in columns]
        self._missing(use, table, columns, read)
        self._keys(use, table, columns, key)
        for column in columns:
            if column.name not in read:
                continue
            try:
                kind = flink_type(use.kind, column)
            except FlinkError as error:
                self.problems.append(f"{table}: {error.message}")
                continue
            found[column.name] = kind if column.nullable and column.name not in key else f"{kind} NOT NULL"
        self.columns[table] = found
        self.primary_keys[table] = list(key)

    def _missing(self, use: DatabaseUse, table: str, columns: Sequence[SourceColumn], read: Sequence[str]) -> None:
        present = [column.name for column in columns]
        if missing := [name for name in read if name not in present]:
            self.problems.append(
                f"{table} of {use.where} has no column {', '.join(missing)}: correct columns, it has"
                f" {', '.join(present)}"
            )

    def _keys(self, use: DatabaseUse, table: str, columns: Sequence[SourceColumn], key: Sequence[str]) -> None:
        """A row whose key is NULL is in none of the pieces of a snapshot, and has no place in a copy."""
        chunk = use.chunk_keys.get(table)
        if not key and not chunk:
            self.problems.append(
                f"{table} of {use.where} has no primary key, so its snapshot cannot be cut into pieces: give it one,"
                " or name a column in options: scan.incremental.snapshot.chunk.key-column"
            )
        wanted = {*use.keys.get(table, ()), *([chunk] if chunk else [])} - set(key)
        for column in columns:
            if column.name in wanted and column.nullable:
                self.wrong(
                    f"{column.name} of {table} at {use.where} may be NULL, and a row whose key is NULL is"
                    " left out or ends the job",
                    f"{not_null(use, table, column)}, or choose another key",
                )


def not_null(use: DatabaseUse, table: str, column: SourceColumn) -> str:
    """The statement that forbids NULL."""
    if use.kind == "postgres-cdc":
        name = ".".join(f'"{part}"' for part in table.split("."))
        return f'ALTER TABLE {name} ALTER COLUMN "{column.name}" SET NOT NULL;'
    return f"ALTER TABLE {table} MODIFY {column.name} {column.type} NOT NULL;"
