# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Oracle as the source of a pipeline: archive log, supplemental logging, the rights that LogMiner needs."""

from __future__ import annotations

from .base import DatabaseUse, Query, SourceReport

# What LogMiner needs. SELECT on the views comes with SELECT_CATALOG_ROLE.
PRIVILEGES = (
    "CREATE SESSION",
    "SELECT ANY TABLE",
    "FLASHBACK ANY TABLE",
    "SELECT ANY TRANSACTION",
    "LOGMINING",
)
ROLES = ("SELECT_CATALOG_ROLE", "EXECUTE_CATALOG_ROLE")


def look(use: DatabaseUse, query: Query, told: SourceReport) -> None:
    told.version = str(query("SELECT version FROM product_component_version FETCH FIRST 1 ROWS ONLY")[0][0])
    _rights(use, query, told)
    mode, minimal, all_columns = query(
        "SELECT log_mode, supplemental_log_data_min, supplemental_log_data_all FROM v$database"
    )[0]
    if mode != "ARCHIVELOG":
        told.wrong(
            f"{use.where} keeps no archived log ({mode}), so changes are gone when the redo log is reused",
            "SHUTDOWN IMMEDIATE; STARTUP MOUNT; ALTER DATABASE ARCHIVELOG; ALTER DATABASE OPEN;",
        )
    if minimal == "NO":
        told.wrong(
            f"{use.where} logs no supplemental data, without which LogMiner cannot distinguish rows",
            "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA;",
        )
    for table in use.tables:
        _table(use, query, told, table, logged=all_columns == "YES")


def _rights(use: DatabaseUse, query: Query, told: SourceReport) -> None:
    held = {str(row[0]) for row in query("SELECT privilege FROM session_privs")}
    held |= {str(row[0]) for row in query("SELECT role FROM session_roles")}
    lacking = [one for one in (*PRIVILEGES, *ROLES) if one not in held]
    if lacking:
        told.wrong(
            f"{use.user} lacks {', '.join(lacking)} at {use.where}", f"GRANT {', '.join(lacking)} TO {use.user};"
        )


def _table(use: DatabaseUse, query: Query, told: SourceReport, table: str, *, logged: bool) -> None:
    schema, _dot, bare = table.rpartition(".")
    schema = schema or use.schema
    if not query("SELECT 1 FROM all_tables WHERE owner = :1 AND table_name = :2", schema, bare):
        told.problems.append(
            f"{use.where} has no table {schema}.{bare}: correct tables; Oracle writes names in capitals"
        )
        return
    groups = (
        "SELECT 1 FROM all_log_groups WHERE owner = :1 AND table_name = :2 AND log_group_type = 'ALL COLUMN LOGGING'"
    )
    if not logged and not query(groups, schema, bare):
        told.wrong(
            f"{schema}.{bare} does not log the whole row with a change",
            f"ALTER TABLE {schema}.{bare} ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;",
        )
