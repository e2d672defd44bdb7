# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL as the source of a pipeline: wal_level, rights, replica identity, slots and how far they lag."""

from __future__ import annotations

from ..types import SourceColumn
from .base import DatabaseUse, Query, SourceReport

# From here on a slot without a consumer is worth a warning: it keeps all of the log since.
ABANDONED = 1 << 30

_TABLE = """
    SELECT c.oid, c.relkind, c.relreplident, has_table_privilege(c.oid, 'SELECT'),
           pg_has_role(c.relowner, 'USAGE'), pg_get_userbyid(c.relowner)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relname = %s
"""
_COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, t.typtype
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_KEY = """
    SELECT a.attname FROM pg_index i
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = %s AND i.indisprimary ORDER BY array_position(i.indkey, a.attnum)
"""
# A publication: whether this table is in it, and which tables are, where they are named one by one.
_PUBLICATION = """
    SELECT coalesce(bool_or(r.prrelid = %s), false), string_agg(r.prrelid::regclass::text, ', ')
    FROM pg_publication p LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid
    WHERE p.pubname = %s GROUP BY p.oid
"""
_SLOTS = """
    SELECT slot_name, active, database, plugin, coalesce(wal_status, ''),
           coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint
    FROM pg_replication_slots
"""


def look(use: DatabaseUse, query: Query, told: SourceReport) -> None:
    told.version = str(query("SHOW server_version")[0][0])
    _server(use, query, told)
    may_publish = bool(query("SELECT has_database_privilege(current_database(), 'CREATE')")[0][0])
    for table in use.tables:
        _table(use, query, told, table, may_publish=may_publish)
    _slots(use, query, told)


def _server(use: DatabaseUse, query: Query, told: SourceReport) -> None:
    if int(query("SHOW server_version_num")[0][0]) < 100000:
        told.problems.append(
            f"{use.where} is PostgreSQL {told.version}, and pgoutput is there from 10 on: upgrade it, or install"
            " decoderbufs and set decoding.plugin.name in options"
        )
    level = str(query("SHOW wal_level")[0][0])
    if level != "logical":
        told.wrong(
            f"{use.where} has wal_level = {level}, from which no changes can be read",
            "ALTER SYSTEM SET wal_level = 'logical'; and restart PostgreSQL",
        )
    (rights,) = query("SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user")
    if not rights[0]:
        told.wrong(f"{use.user} may not replicate {use.where}", f'ALTER ROLE "{use.user}" REPLICATION;')


def _table(use: DatabaseUse, query: Query, told: SourceReport, table: str, *, may_publish: bool) -> None:
    schema, _dot, bare = table.rpartition(".")
    schema = schema or use.schema or "public"
    name = f'"{schema}"."{bare}"'
    found = query(_TABLE, schema, bare)
    if not found:
        told.problems.append(f"{use.where} has no table {schema}.{bare}: correct tables, or create it")
        return
    oid, kind, identity, readable, owned, owner = found[0]
    if kind not in {"r", "p"}:
        told.problems.append(f"{schema}.{bare} of {use.where} is not a table, and only tables have changes")
    if not readable:
        told.wrong(f"{use.user} may not read {schema}.{bare}", f'GRANT SELECT ON {name} TO "{use.user}";')
    if use.before_images and identity != "f":
        told.wrong(
            f"{schema}.{bare} does not log how a row was before a change, so the first UPDATE would end the job",
            f"ALTER TABLE {name} REPLICA IDENTITY FULL;",
        )
    publication = use.publications.get(table) or use.slots.get(table, "")
    published = query(_PUBLICATION, oid, publication) if publication else [(True, None)]
    if published and published[0][1] and not published[0][0]:
        told.problems.append(
            f"the publication {publication} of {use.where} is there already, for {published[0][1]} and not for"
            f" {schema}.{bare}, so another reader's tables would be taken out of it: give the pipeline another slot, or"
            " drop the publication if nothing reads it"
        )
    if not published and not (owned and may_publish):
        told.wrong(
            f"{use.user} may not make the publication {publication}, which needs CREATE on the database and the owner"
            f" of {schema}.{bare}, {owner}",
            f'CREATE PUBLICATION "{publication}" FOR TABLE {name};',
        )
    columns = [
        # An enumeration comes as its text.
        SourceColumn(str(row[0]), "text" if row[3] == "e" else str(row[1]), nullable=bool(row[2]))
        for row in query(_COLUMNS, oid)
    ]
    told.describe(use, table, columns, [str(row[0]) for row in query(_KEY, oid)])


def _slots(use: DatabaseUse, query: Query, told: SourceReport) -> None:
    rows = query(_SLOTS)
    mine = set(use.slots.values())
    for name, active, database, plugin, status, lag in rows:
        if name in mine and (database != use.database or plugin not in {"pgoutput", "decoderbufs"}):
            told.problems.append(
                f"the replication slot {name} of {use.where} belongs to {database or 'a standby'} ({plugin}): give the"
                " pipeline another slot"
            )
        elif name in mine and status == "lost":
            told.problems.append(
                f"the replication slot {name} of {use.where} has lost log that was not read yet, so changes are"
                f" missing: SELECT pg_drop_replication_slot('{name}'); and start the job without its state"
                " (upgrade_mode: stateless and allow_state_loss: its name), which reads the tables anew"
            )
        elif not active and int(lag) > ABANDONED:
            told.warnings.append(
                f"no consumer reads the replication slot {name} of {use.where}, for which PostgreSQL keeps"
                f" {int(lag) >> 20} MB of log: start its job, or SELECT pg_drop_replication_slot('{name}');"
            )
    limit = int(query("SHOW max_replication_slots")[0][0])
    present = {row[0] for row in rows}
    # While a table is read for the first time each reader has a slot for a moment.
    wanted = len(mine - present) + len(use.tables) * use.parallelism
    if mine - present and len(present) + wanted > limit:
        told.wrong(
            f"{use.where} has {limit} replication slots, {len(present)} are taken, and the pipeline needs {wanted}",
            f"ALTER SYSTEM SET max_replication_slots = {len(present) + wanted}; and restart PostgreSQL",
        )
    if str(query("SHOW max_slot_wal_keep_size")[0][0]) == "-1":
        told.warnings.append(
            f"{use.where} keeps the log of a slot without a consumer without any limit, until the disk is full: ALTER"
            " SYSTEM SET max_slot_wal_keep_size = '50GB'; (a pipeline that lags behind by more must be started anew)"
        )
