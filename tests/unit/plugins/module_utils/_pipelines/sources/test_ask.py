"""Databases are asked what a pipeline needs of them, and each problem names the statement that puts it right."""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._pipelines.sources import ask as _source
from ansible_collections.streamops.flink.plugins.module_utils._pipelines.sources import base as _base
from ansible_collections.streamops.flink.plugins.module_utils._pipelines.sources import mysql as _source_mysql
from ansible_collections.streamops.flink.plugins.module_utils._pipelines.sources import oracle as _source_oracle
from ansible_collections.streamops.flink.plugins.module_utils._pipelines.sources import postgres as _source_postgres
from ansible_collections.streamops.flink.plugins.module_utils._pipelines.types import SourceColumn, flink_type

Answers = dict[str, Any]


def asked(look: Callable[..., None], use: _base.DatabaseUse, answers: Answers) -> _base.SourceReport:
    """Ask a database that answers the query which has one of these words in it."""
    told = _base.SourceReport()

    def query(sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        for word, rows in answers.items():
            if word in sql:
                return list(rows(*parameters) if callable(rows) else rows)
        raise AssertionError(sql)

    look(use, query, told)
    return told


POSTGRES = _base.DatabaseUse(
    "postgres-cdc", "db1", 5432, "shop", "flink", tables=("orders",), slots={"orders": "shop_orders"}
)
GOOD_POSTGRES: Answers = {
    "SHOW server_version_num": [("150018",)],
    "SHOW server_version": [("15.18",)],
    "SHOW wal_level": [("logical",)],
    "SHOW max_replication_slots": [("10",)],
    "SHOW max_slot_wal_keep_size": [("50GB",)],
    "has_database_privilege": [(True,)],
    "pg_roles": [(True,)],
    "FROM pg_class": [(7, "r", "f", True, True, "flink")],
    "pg_publication": [],
    "FROM pg_attribute": [("id", "bigint", False, "b"), ("mood", "mood", True, "e"), ("n", "numeric(10,2)", True, "b")],
    "FROM pg_index": [("id",)],
    "pg_replication_slots": [],
}


def test_a_postgresql_that_is_ready_has_no_problems_and_tells_its_columns() -> None:
    told = asked(_source_postgres.look, POSTGRES, GOOD_POSTGRES)
    assert (told.problems, told.warnings) == ([], [])
    assert told.columns == {"orders": {"id": "BIGINT NOT NULL", "mood": "STRING", "n": "DECIMAL(10, 2)"}}
    assert told.primary_keys == {"orders": ["id"]}


BAD_POSTGRES = [
    ({"SHOW wal_level": [("replica",)]}, "ALTER SYSTEM SET wal_level = 'logical';"),
    ({"pg_roles": [(False,)]}, 'ALTER ROLE "flink" REPLICATION;'),
    ({"FROM pg_class": []}, "has no table public.orders"),
    ({"FROM pg_class": [(7, "v", "f", True, True, "flink")]}, "is not a table"),
    ({"FROM pg_class": [(7, "r", "d", True, True, "flink")]}, 'ALTER TABLE "public"."orders" REPLICA IDENTITY FULL;'),
    ({"FROM pg_class": [(7, "r", "f", False, True, "flink")]}, 'GRANT SELECT ON "public"."orders" TO "flink";'),
    ({"FROM pg_class": [(7, "r", "f", True, False, "owner")]}, 'CREATE PUBLICATION "shop_orders" FOR TABLE'),
    ({"FROM pg_attribute": [("at", "point", True, "b")]}, "the column at has the type point"),
    ({"SHOW max_replication_slots": [("1",)]}, "ALTER SYSTEM SET max_replication_slots = 2"),
    ({"SHOW server_version_num": [("90600",)]}, "pgoutput is there from 10 on"),
    ({"pg_publication": [(False, "sales.orders, items")]}, "for sales.orders, items and not for public.orders"),
    ({"pg_replication_slots": [("shop_orders", True, "other", "pgoutput", "reserved", 0)]}, "belongs to other"),
    ({"pg_replication_slots": [("shop_orders", False, "shop", "pgoutput", "lost", 0)]}, "pg_drop_replication_slot"),
]


@pytest.mark.parametrize(("change", "message"), BAD_POSTGRES)
def test_what_postgresql_lacks_is_told_with_its_statement(change: Answers, message: str) -> None:
    told = asked(_source_postgres.look, POSTGRES, {**GOOD_POSTGRES, **change})
    assert any(message in problem for problem in told.problems), told.problems


def test_a_publication_that_is_there_needs_no_owner() -> None:
    change = {"FROM pg_class": [(7, "r", "f", True, False, "owner")], "pg_publication": [(True, "orders")]}
    assert asked(_source_postgres.look, POSTGRES, {**GOOD_POSTGRES, **change}).problems == []


@pytest.mark.parametrize("found", [(True, "orders, items"), (False, None)])
def test_a_publication_for_the_table_among_others_or_for_all_is_no_problem(found: tuple[bool, str | None]) -> None:
    assert asked(_source_postgres.look, POSTGRES, {**GOOD_POSTGRES, "pg_publication": [found]}).problems == []


def test_the_publication_that_options_name_is_the_one_that_is_looked_for() -> None:
    names: list[object] = []

    def publication(_oid: object, name: object) -> list[tuple[object, ...]]:
        names.append(name)
        return []

    use = replace(POSTGRES, publications={"orders": "all_of_shop"})
    asked(_source_postgres.look, use, {**GOOD_POSTGRES, "pg_publication": publication})
    assert names == ["all_of_shop"]


def test_a_slot_without_a_reader_is_reported_with_what_it_costs() -> None:
    change = {
        "pg_replication_slots": [("old", False, "shop", "pgoutput", "extended", 3 << 30)],
        "SHOW max_slot_wal_keep_size": [("-1",)],
    }
    slot, limit = asked(_source_postgres.look, POSTGRES, {**GOOD_POSTGRES, **change}).warnings
    assert "keeps 3072 MB of log" in slot
    assert "SELECT pg_drop_replication_slot('old');" in slot
    assert "max_slot_wal_keep_size" in limit


def described(**use: Any) -> list[str]:
    """What is wrong with the table orders: id is its key, mood may be NULL, tags cannot be read."""
    columns = [("id", "bigint", False, "b"), ("mood", "mood", True, "e"), ("tags", "text[]", True, "b")]
    keyed = GOOD_POSTGRES | {"FROM pg_attribute": columns, "FROM pg_index": use.pop("key", [("id",)])}
    return asked(_source_postgres.look, replace(POSTGRES, **use), keyed).problems


def test_a_column_that_cannot_be_read_is_no_problem_when_it_is_left_out() -> None:
    (problem,) = described()
    assert "the column tags has the type text[]" in problem
    assert described(columns={"orders": ["id", "mood"]}) == []


def test_a_declared_column_that_is_not_there_is_told_with_those_that_are() -> None:
    (problem,) = described(columns={"orders": ["id", "modd"]})
    assert problem == "orders of shop at db1:5432 has no column modd: correct columns, it has id, mood, tags"


def test_a_key_that_may_be_null_is_told_with_its_statement() -> None:
    columns = {"orders": ["id", "mood"]}
    assert described(columns=columns, keys={"orders": ["id"]}) == []
    for use in ({"keys": {"orders": ["mood"]}}, {"chunk_keys": {"orders": "mood"}}):
        (problem,) = described(columns=columns, **use)
        assert 'ALTER TABLE "orders" ALTER COLUMN "mood" SET NOT NULL;' in problem


def test_a_table_without_a_key_is_told_unless_a_column_cuts_its_snapshot() -> None:
    columns = {"orders": ["id"]}
    (problem,) = described(columns=columns, keys={"orders": ["id"]}, key=[])
    assert "scan.incremental.snapshot.chunk.key-column" in problem
    assert described(columns=columns, chunk_keys={"orders": "id"}, key=[]) == []


MYSQL = _base.DatabaseUse("mysql-cdc", "db2", 3306, "shop", "flink", tables=("orders",), server_ids=(100, 101))
VARIABLES = {
    "version": "10.11.19-MariaDB",
    "log_bin": "ON",
    "binlog_format": "ROW",
    "binlog_row_image": "FULL",
    "server_id": "1",
    "expire_logs_days": "7.000000",
}
GRANT = "GRANT SELECT, REPLICATION SLAVE, BINLOG MONITOR ON *.* TO `flink`@`%`"


def mysql(
    grants: tuple[str, ...] = (GRANT,), tables: bool = True, replicas: Any = (), **variables: str
) -> _base.SourceReport:
    answers: Answers = {
        "SHOW GLOBAL VARIABLES": list({**VARIABLES, **variables}.items()),
        "SHOW GRANTS": [(grant,) for grant in grants],
        "SHOW REPLICAS": replicas,
        "SHOW SLAVE HOSTS": replicas,
        "CURRENT_USER": [("flink@%",)],
        "KEY_COLUMN_USAGE": [("id",)],
        "COLUMNS": [("id", "int(11) unsigned", "NO"), ("big", "decimal(65,2)", "YES")] if tables else [],
    }
    return asked(_source_mysql.look, MYSQL, answers)


def test_a_mariadb_that_is_ready_has_no_problems_and_tells_its_columns() -> None:
    told = mysql()
    assert (told.problems, told.warnings) == ([], [])
    assert told.columns == {"orders": {"id": "BIGINT NOT NULL", "big": "STRING"}}


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (mysql(log_bin="OFF"), "set log_bin = binlog"),
        (mysql(binlog_format="MIXED"), "SET GLOBAL binlog_format = 'ROW';"),
        (mysql(binlog_row_image="MINIMAL"), "SET GLOBAL binlog_row_image = 'FULL';"),
        (mysql(server_id="101"), "has itself the server id 101"),
        (mysql(replicas=[(101, "db9", 3306, 1)]), "a replica of shop at db2:3306, db9, has the server id 101"),
        (mysql(replicas=[(101, "", 3306, 1)]), "a replica of shop at db2:3306 has the server id 101"),
        (mysql(tables=False), "has no table shop.orders"),
        (mysql(grants=("GRANT SELECT ON `shop`.* TO `flink`@`%`",)), "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON"),
        (mysql(grants=("GRANT USAGE ON *.* TO `flink`@`%`",)), "lacks SELECT and REPLICATION SLAVE and"),
    ],
)
def test_what_mysql_lacks_is_told_with_its_statement(told: _base.SourceReport, message: str) -> None:
    assert any(message in problem for problem in told.problems), told.problems


def test_replicas_that_may_not_be_listed_or_have_other_ids_are_no_problem() -> None:
    def refused() -> list[Any]:
        raise FlinkError("Access denied")

    assert mysql(replicas=refused).problems == []
    assert mysql(replicas=[(9, "db9", 3306, 1)]).problems == []


def test_all_privileges_are_enough() -> None:
    assert mysql(grants=("GRANT ALL PRIVILEGES ON *.* TO `flink`@`%`",)).problems == []


def test_a_log_that_is_purged_soon_and_a_missing_gtid_are_told() -> None:
    log, gtid = mysql(binlog_expire_logs_seconds="7200", gtid_mode="OFF").warnings
    assert "keeps its log for 2 h" in log
    assert "gtid_mode = OFF" in gtid


ORACLE = _base.DatabaseUse("oracle-cdc", "db3", 1521, "SHOP", "C##FLINK", schema="APP", tables=("ORDERS",))


def oracle(mode: str = "ARCHIVELOG", minimal: str = "YES", lacking: str = "", **tables: Any) -> _base.SourceReport:
    held = [(one,) for one in (*_source_oracle.PRIVILEGES, *_source_oracle.ROLES) if one != lacking]
    answers: Answers = {
        "product_component_version": [("19.0.0.0.0",)],
        "session_privs": held,
        "session_roles": held,
        "v$database": [(mode, minimal, "NO")],
        "all_tables": tables.get("tables", [(1,)]),
        "all_log_groups": tables.get("groups", [(1,)]),
    }
    return asked(_source_oracle.look, ORACLE, answers)


def test_an_oracle_that_is_ready_has_no_problems() -> None:
    assert oracle().problems == []


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (oracle(mode="NOARCHIVELOG"), "ALTER DATABASE ARCHIVELOG;"),
        (oracle(minimal="NO"), "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA;"),
        (oracle(lacking="LOGMINING"), "GRANT LOGMINING TO C##FLINK;"),
        (oracle(tables=[]), "has no table APP.ORDERS"),
        (oracle(groups=[]), "ALTER TABLE APP.ORDERS ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;"),
    ],
)
def test_what_oracle_lacks_is_told_with_its_statement(told: _base.SourceReport, message: str) -> None:
    assert any(message in problem for problem in told.problems), told.problems


def test_a_driver_that_is_missing_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(_source.importlib, "import_module", missing)
    with pytest.raises(FlinkError, match="pip install oracledb"):
        _source.ask(ORACLE, "p")


def test_a_database_that_cannot_be_reached_is_named() -> None:
    use = _base.DatabaseUse("postgres-cdc", "127.0.0.1", 1, "shop", "flink")
    with pytest.raises(FlinkError, match=r"flink could not connect to shop at 127\.0\.0\.1:1: "):
        _source.ask(use, "p")


@pytest.mark.parametrize("kind", ["postgres-cdc", "mysql-cdc"])
def test_a_database_that_is_slow_is_not_told_to_be_wrong(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the real drivers, in front of a port that takes a connection and never says a word."""
    if importlib.util.find_spec({"postgres-cdc": "pg8000", "mysql-cdc": "pymysql"}[kind]) is None:
        pytest.skip("the driver is not installed")
    monkeypatch.setattr(_source, "CONNECT_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(FlinkError) as refused:
            _source.ask(_base.DatabaseUse(kind, "127.0.0.1", port, "shop", "flink"), "p")
    assert refused.value.message == (
        f"shop at 127.0.0.1:{port} gave no answer within 1 s: open the way to it in the firewalls, or, where it is"
        " open, repeat the run when the database is less busy"
    )


def test_an_ipv6_address_is_shown_in_brackets() -> None:
    assert _base.DatabaseUse("postgres-cdc", "::1", 5432, "shop", "flink").where == "shop at [::1]:5432"


TYPES = [
    ("postgres-cdc", "numeric", None, None, "STRING"),
    ("postgres-cdc", "numeric(40,2)", None, None, "STRING"),
    ("postgres-cdc", "timestamp(3) without time zone", None, None, "TIMESTAMP(3)"),
    ("postgres-cdc", "timestamp with time zone", None, None, "TIMESTAMP_LTZ(6)"),
    ("postgres-cdc", "time without time zone", None, None, "TIME(3)"),
    ("postgres-cdc", "character varying(20)", None, None, "STRING"),
    ("postgres-cdc", "character(84)", None, None, "STRING"),
    ("postgres-cdc", "jsonb", None, None, "STRING"),
    ("mysql-cdc", "tinyint(1)", None, None, "BOOLEAN"),
    ("mysql-cdc", "bigint(20) unsigned", None, None, "DECIMAL(20, 0)"),
    ("mysql-cdc", "decimal(10,2)", None, None, "DECIMAL(10, 2)"),
    ("mysql-cdc", "datetime(6)", None, None, "TIMESTAMP(6)"),
    ("mysql-cdc", "timestamp", None, None, "TIMESTAMP_LTZ(0)"),
    ("mysql-cdc", "enum('a','b')", None, None, "STRING"),
    ("oracle-cdc", "NUMBER", 1, 0, "BOOLEAN"),
    ("oracle-cdc", "NUMBER", 9, 0, "INT"),
    ("oracle-cdc", "NUMBER", 18, 0, "BIGINT"),
    ("oracle-cdc", "NUMBER", 20, 0, "DECIMAL(20, 0)"),
    ("oracle-cdc", "NUMBER", 10, 2, "DECIMAL(10, 2)"),
    ("oracle-cdc", "NUMBER", None, None, "STRING"),
    ("oracle-cdc", "TIMESTAMP(6) WITH LOCAL TIME ZONE", None, None, "TIMESTAMP_LTZ(6)"),
    ("oracle-cdc", "DATE", None, None, "TIMESTAMP(0)"),
]


@pytest.mark.parametrize(("kind", "name", "precision", "scale", "wanted"), TYPES)
def test_types_are_mapped(kind: str, name: str, precision: int | None, scale: int | None, wanted: str) -> None:
    assert flink_type(kind, SourceColumn("c", name, precision, scale)) == wanted


@pytest.mark.parametrize(
    ("kind", "name"), [("postgres-cdc", "integer[]"), ("mysql-cdc", "geometry"), ("oracle-cdc", "LONG RAW")]
)
def test_a_type_that_cannot_be_read_says_what_to_do(kind: str, name: str) -> None:
    with pytest.raises(FlinkError, match="leave it out by naming the columns"):
        flink_type(kind, SourceColumn("c", name))
