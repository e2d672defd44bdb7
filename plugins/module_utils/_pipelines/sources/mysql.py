# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MySQL and MariaDB as the source of a pipeline: the binary log, rights, server ids, how long the log is kept."""

from __future__ import annotations

import re
from contextlib import suppress

from ..._base.errors import FlinkError
from ..types import SourceColumn
from .base import DatabaseUse, Query, SourceReport

_COLUMNS = """
    SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s ORDER BY ORDINAL_POSITION
"""
_KEY = """
    SELECT COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE
    WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s AND CONSTRAINT_NAME = 'PRIMARY' ORDER BY ORDINAL_POSITION
"""
# What must be so, and what makes it so until the next restart; my.cnf makes it last.
_WANTED = {
    "binlog_format": ("ROW", "SET GLOBAL binlog_format = 'ROW';"),
    "binlog_row_image": ("FULL", "SET GLOBAL binlog_row_image = 'FULL';"),
}
# The names of rights in both databases; MariaDB has renamed one of them.
_RIGHTS = {
    "SELECT": ("SELECT",),
    "REPLICATION SLAVE": ("REPLICATION SLAVE",),
    "REPLICATION CLIENT": ("REPLICATION CLIENT", "BINLOG MONITOR"),
}
_DAY = 86_400


def look(use: DatabaseUse, query: Query, told: SourceReport) -> None:
    variables = {str(name).lower(): str(value) for name, value in query("SHOW GLOBAL VARIABLES")}
    told.version = variables.get("version", "")
    _log(use, told, variables)
    _rights(use, query, told)
    own = int(variables.get("server_id", "0"))
    if own in use.server_ids:
        told.problems.append(f"{use.where} has itself the server id {own}: give the pipeline another server_id")
    for taken, replica in _replicas(use, query):
        told.problems.append(
            f"a replica of {use.where}{replica} has the server id {taken}: give the pipeline another server_id"
        )
    for table in use.tables:
        _table(use, query, told, table)


def _replicas(use: DatabaseUse, query: Query) -> list[tuple[int, str]]:
    """The replicas that are registered with an id of the pipeline; its own readers do not register."""
    for statement in ("SHOW REPLICAS", "SHOW SLAVE HOSTS"):
        # Each exists in some versions only, and needs a right that reading does not.
        with suppress(FlinkError):
            rows = [(int(row[0]), f", {row[1]}," if row[1] else "") for row in query(statement)]
            return [one for one in rows if one[0] in use.server_ids]
    return []


def _log(use: DatabaseUse, told: SourceReport, variables: dict[str, str]) -> None:
    if variables.get("log_bin") != "ON":
        told.wrong(
            f"{use.where} writes no binary log, from which changes are read",
            "set log_bin = binlog and server_id in my.cnf and restart the database",
        )
        return
    for name, (wanted, statement) in _WANTED.items():
        value = variables.get(name, wanted).upper()
        if value != wanted:
            told.wrong(
                f"{use.where} has {name} = {value}, with which a change does not hold the whole row",
                f"{statement} and the same in my.cnf; sessions that are open keep the old value",
            )
    seconds = int(float(variables.get("binlog_expire_logs_seconds") or 0))
    seconds = seconds or int(float(variables.get("expire_logs_days") or 0) * _DAY)
    if 0 < seconds < _DAY:
        told.warnings.append(
            f"{use.where} keeps its log for {seconds // 3600} h, and a job that stands still for longer cannot go on:"
            " SET GLOBAL binlog_expire_logs_seconds = 259200;"
        )
    if variables.get("gtid_mode", "ON") == "OFF":
        told.warnings.append(
            f"{use.where} has gtid_mode = OFF: after a failover to a replica the place in its log is not known:"
            " SET GLOBAL gtid_mode, step by step, as the manual of MySQL describes"
        )


def _rights(use: DatabaseUse, query: Query, told: SourceReport) -> None:
    grants = [str(row[0]).upper() for row in query("SHOW GRANTS")]
    granted = [match for grant in grants if (match := re.match(r"GRANT (?P<what>.+?) ON (?P<where>\S+) TO", grant))]
    everywhere = ", ".join(match["what"] for match in granted if match["where"] == "*.*")
    anywhere = ", ".join(match["what"] for match in granted)
    if "ALL PRIVILEGES" in everywhere:
        return
    lacking = [
        right
        for right, names in _RIGHTS.items()
        # Reading may be granted for the database or the tables alone, replication only for all.
        if not any(name in (anywhere if right == "SELECT" else everywhere) for name in names)
        and not (right == "SELECT" and "ALL PRIVILEGES" in anywhere)
    ]
    if lacking:
        (user,) = query("SELECT CURRENT_USER()")
        name, _at, host = str(user[0]).rpartition("@")
        told.wrong(
            f"{use.user} lacks {' and '.join(lacking)} at {use.where}",
            f"GRANT {', '.join(lacking)} ON *.* TO '{name}'@'{host}';",
        )


def _table(use: DatabaseUse, query: Query, told: SourceReport, table: str) -> None:
    schema, _dot, bare = table.rpartition(".")
    schema = schema or use.database
    rows = query(_COLUMNS, schema, bare)
    if not rows:
        told.problems.append(
            f"{use.where} has no table {schema}.{bare}, or {use.user} may not read it: correct tables, or"
            f" GRANT SELECT ON `{schema}`.* TO '{use.user}';"
        )
        return
    columns = [SourceColumn(str(name), str(kind), nullable=nullable == "YES") for name, kind, nullable in rows]
    told.describe(use, table, columns, [str(row[0]) for row in query(_KEY, schema, bare)])
