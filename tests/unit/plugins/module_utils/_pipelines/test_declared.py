"""Declared pipelines are read, checked and turned into SQL."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._jobs import sql as _sql
from ansible_collections.streamops.flink.plugins.module_utils._jobs.spec import Spec
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import declared as _pipeline
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import read as _read
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import settings as _pipeline_settings
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import sql as _pipeline_sql
from ansible_collections.streamops.flink.plugins.module_utils._pipelines.names import clashes

POSTGRES = {"kind": "postgres-cdc", "hostname": "db1", "database": "shop", "username": "flink", "password": "p"}
MYSQL = {**POSTGRES, "kind": "mysql-cdc"}
ORACLE = {**POSTGRES, "kind": "oracle-cdc", "schema": "APP"}
KAFKA = {"kind": "kafka", "bootstrap_servers": "k1:9092,k2:9092"}
CSV = {"kind": "csv", "directory": "/srv/out"}
ORDERS = {"name": "orders", "columns": {"id": "BIGINT", "note": "STRING"}, "primary_key": "id"}


def job(source: dict[str, Any], sink: dict[str, Any], *tables: Any, **more: Any) -> dict[str, Any]:
    return {"name": "shop", "pipeline": {"source": source, "tables": list(tables) or [ORDERS], "sink": sink}, **more}


def rendered(declared: dict[str, Any], **context: Any) -> _pipeline_sql.Rendered:
    return _pipeline_sql.render(_read.parse(declared), _pipeline_sql.Context("/payments", **context))


SOURCES = {"postgres": POSTGRES, "mysql": MYSQL, "oracle": ORACLE, "kafka": KAFKA}
SINKS = {
    "csv": CSV,
    "kafka": KAFKA,
    "jdbc": {"kind": "jdbc", "url": "jdbc:postgresql://db2/copy", "username": "w", "password": "s"},
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("sink", SINKS)
def test_every_source_goes_with_every_sink_and_is_a_script_of_one_job(source: str, sink: str) -> None:
    found = rendered(job(SOURCES[source], SINKS[sink]))
    script = _sql.parse_job_script(found.sql)
    assert len(script.before) == 2
    assert script.job.text.startswith("INSERT INTO `orders__out`")


def test_several_tables_are_one_job() -> None:
    found = rendered(job(MYSQL, CSV, ORDERS, {**ORDERS, "name": "customers"}))
    script = _sql.parse_job_script(found.sql)
    assert script.job.text.startswith("EXECUTE STATEMENT SET BEGIN")
    assert script.job.text.count("INSERT INTO") == 2


def test_the_password_is_in_no_script_no_digest_and_no_record() -> None:
    one, other = (rendered(job({**POSTGRES, "password": text}, CSV)) for text in ("secret-1", "secret-2"))
    assert one == other
    assert one.secrets == ("source_password",)
    assert "secret-1" not in str(Spec(kind="sql", sql=one.sql).as_record())
    assert "'password' = '${secret:source_password}'" in one.sql


def test_a_change_is_a_row_that_says_what_happened() -> None:
    sql = rendered(job(POSTGRES, CSV)).sql
    assert "`__op` STRING METADATA FROM 'row_kind' VIRTUAL" in sql
    assert "'scan.read-changelog-as-append-only.enabled' = 'true'" in sql
    assert "SELECT `__op`, CURRENT_ROW_TIMESTAMP(), `__committed_at`, `id`, `note`" in sql


@pytest.mark.parametrize("source", ["postgres", "oracle"])
def test_a_decimal_keeps_its_digits_in_a_file_and_its_type_elsewhere(source: str) -> None:
    table = {"name": "orders", "columns": {"id": "BIGINT", "sum": "DECIMAL(10, 2)"}, "primary_key": "id"}
    sql = rendered(job(SOURCES[source], CSV, table)).sql
    assert "`sum` DECIMAL(10, 2)" in sql.partition("CREATE TABLE `orders__out`")[0]
    assert "`sum` STRING" in sql.partition("CREATE TABLE `orders__out`")[2]
    assert "`id`, CAST(`sum` AS STRING)" in sql
    assert "CAST(`sum`" not in rendered(job(SOURCES[source], SINKS["jdbc"], table)).sql


def test_the_decimals_of_a_select_are_found_by_their_place() -> None:
    table = {"name": "orders", "columns": {"id": "BIGINT"}, "select": "SELECT id, 1.5", "result": {"a": "INT"}}
    plain = rendered(job(KAFKA, CSV, table)).sql
    assert "SELECT *, DATE_FORMAT(" in plain
    sql = rendered(job(KAFKA, CSV, {**table, "result": {"a": "INT", "b": "NUMERIC(3, 1)"}})).sql
    assert "SELECT `a`, CAST(`b` AS STRING), DATE_FORMAT(" in sql
    assert sql.rstrip().rstrip(";").endswith(") AS `__result` (`a`, `b`)")


def test_oracle_counts_what_a_window_has_changed_because_its_connector_cannot_say_it() -> None:
    sql = rendered(job({**ORACLE, "window": "30 s"}, CSV)).sql
    assert "row_kind" not in sql
    assert "INTERVAL '30' SECOND(5)" in sql
    assert "CASE WHEN `__n` > 0 THEN '+I' ELSE '-D' END" in sql


def test_each_table_of_postgresql_has_a_slot_and_a_publication_of_its_own() -> None:
    sql = rendered(job(POSTGRES, CSV, ORDERS, {**ORDERS, "name": "sales.customers"})).sql
    for slot in ("shop_orders", "shop_customers"):
        assert f"'slot.name' = '{slot}'" in sql
        assert f"'debezium.publication.name' = '{slot}'" in sql
    assert "'schema-name' = 'sales'" in sql


def test_a_long_name_makes_a_slot_that_postgresql_does_not_cut() -> None:
    pipeline = _read.parse({**job(POSTGRES, CSV), "name": "n" * 80})
    (slot,) = pipeline.slots.values()
    assert len(slot) <= 50


def test_the_readers_of_mysql_have_server_ids_of_their_own() -> None:
    pipeline = _read.parse(job(MYSQL, CSV, ORDERS, {**ORDERS, "name": "customers"}, parallelism=8))
    rows = [set(row) for row in pipeline.server_ids.values()]
    assert [len(row) for row in rows] == [8, 8]
    assert not rows[0] & rows[1]
    assert all(0 < number < 2**32 for row in rows for number in row)


def test_the_transactions_of_kafka_are_named_by_cluster_job_and_table() -> None:
    sql = rendered(job(KAFKA, KAFKA)).sql
    assert "'sink.transactional-id-prefix' = 'payments-shop-orders'" in sql
    assert "'sink.delivery-guarantee' = 'exactly-once'" in sql
    assert "'format' = 'json'" in sql
    assert "'key.fields' = 'id'" in sql


def test_changes_go_into_kafka_as_changes() -> None:
    assert "'format' = 'debezium-json'" in rendered(job(ORACLE, KAFKA)).sql


def test_options_of_the_inventory_win_and_null_takes_one_away() -> None:
    options = {"heartbeat.interval.ms": "1 s", "debezium.slot.max.retries": None, "scan.startup.mode": "latest-offset"}
    sql = rendered(job({**POSTGRES, "options": options}, CSV)).sql
    assert "'heartbeat.interval.ms' = '1 s'" in sql
    assert "debezium.slot.max.retries" not in sql
    assert "'scan.startup.mode' = 'latest-offset'" in sql


def test_a_select_counts_on_the_way() -> None:
    table = {
        "name": "events",
        "columns": {"account": "STRING"},
        "select": "SELECT account, COUNT(*) OVER (PARTITION BY account ORDER BY `__seen`) AS n FROM events;",
        "result": {"account": "STRING", "n": "BIGINT"},
        "into": "counts",
    }
    sql = rendered(job(KAFKA, KAFKA, table)).sql
    assert "`__seen` AS PROCTIME()" in sql
    assert "'topic' = 'counts'" in sql
    assert ";\n)" not in sql


@pytest.mark.parametrize("kind", ["minute", "hour", "day"])
def test_the_directory_of_a_time_gives_way_to_a_column_of_its_name(kind: str) -> None:
    sink = {**CSV, "partition": kind}
    assert f"PARTITIONED BY (`{kind}`)" in rendered(job(KAFKA, sink)).sql
    table = {"name": "t", "columns": {kind: "STRING"}}
    assert f"PARTITIONED BY (`captured_{kind}`)" in rendered(job(KAFKA, sink, table)).sql


def test_without_partitions_there_are_none() -> None:
    assert "PARTITIONED BY" not in rendered(job(KAFKA, {**CSV, "partition": "none"})).sql


def test_columns_come_from_the_catalogue_where_none_are_declared() -> None:
    catalogue = {"orders": {"columns": {"id": "BIGINT NOT NULL"}, "primary_key": ["id"]}}
    sql = rendered(job(POSTGRES, CSV, "orders"), catalogue=catalogue).sql
    assert "`id` BIGINT NOT NULL" in sql
    assert "PRIMARY KEY (`id`) NOT ENFORCED" in sql


def test_without_a_catalogue_columns_are_asked_for() -> None:
    with pytest.raises(FlinkError, match="nothing is known of the columns of orders"):
        rendered(job(POSTGRES, CSV, "orders"))


def test_a_table_without_a_key_is_refused_unless_a_column_cuts_it() -> None:
    table = {"name": "log", "columns": {"id": "BIGINT"}}
    with pytest.raises(FlinkError, match="has no primary key"):
        rendered(job(POSTGRES, CSV, table))
    cut = {**table, "options": {"scan.incremental.snapshot.chunk.key-column": "id"}}
    assert "'scan.incremental.snapshot.chunk.key-column' = 'id'" in rendered(job(POSTGRES, CSV, cut)).sql


def test_a_lost_connection_restarts_the_job_for_ever_unless_the_job_says_otherwise() -> None:
    assert rendered(job(POSTGRES, CSV)).configuration == _pipeline_settings.RESTARTS
    own = {"restart-strategy.type": "fixed-delay"}
    assert rendered(job(POSTGRES, CSV), configuration=own).configuration == own
    assert rendered(job(KAFKA, CSV)).configuration == {}


def test_latest_warns_of_what_is_not_captured() -> None:
    (warning,) = rendered(job({**POSTGRES, "startup": "latest"}, CSV)).warnings
    assert "is not captured" in warning


def test_a_transaction_that_ends_before_a_checkpoint_warns() -> None:
    sink = {**KAFKA, "transaction_timeout": "30 s"}
    (warning,) = rendered(job(KAFKA, sink), checkpoint_interval="20 s").warnings
    assert "raise transaction_timeout" in warning
    assert rendered(job(KAFKA, KAFKA)).warnings == ()


@pytest.mark.parametrize("interval", ["1 m", "1 minute", "PT30S"])
def test_a_checkpoint_interval_is_read_as_flink_reads_it(interval: str) -> None:
    assert rendered(job(KAFKA, KAFKA), checkpoint_interval=interval).warnings == ()
    (warning,) = rendered(job(KAFKA, {**KAFKA, "transaction_timeout": "59 s"}), checkpoint_interval=interval).warnings
    assert f"there is a checkpoint every {interval}" in warning


def test_a_job_may_give_the_option_of_flink_without_a_unit() -> None:
    sink = {**KAFKA, "transaction_timeout": "59 s"}
    (warning,) = rendered(job(KAFKA, sink), configuration={"execution.checkpointing.interval": "30000"}).warnings
    assert "there is a checkpoint every 30000" in warning


@pytest.mark.parametrize(
    ("context", "name"),
    [
        ({"checkpoint_interval": "30 parsecs"}, "flink_checkpoint_interval"),
        (
            {"configuration": {"execution.checkpointing.interval": "30 parsecs"}},
            "execution.checkpointing.interval of the pipeline shop",
        ),
    ],
)
def test_a_checkpoint_interval_that_is_not_valid_is_refused_by_its_name(context: dict[str, Any], name: str) -> None:
    with pytest.raises(FlinkError) as refused:
        rendered(job(KAFKA, KAFKA), **context)
    assert refused.value.message == (
        f"{name}: '30 parsecs' is not a valid duration: write a number with a unit, such as 30 s, 15 min or 4 h"
    )


ORACLE_SETTINGS = {
    "connect.timeout": "120 s",
    "connect.max-retries": "20",
    "debezium.database.oracle.jdbc.ReadTimeout": "1800000",
    "debezium.database.oracle.net.keepAlive": "true",
    "debezium.log.mining.batch.size.min": "500",
    "debezium.log.mining.batch.size.default": "2000",
    "debezium.log.mining.batch.size.max": "20000",
    "debezium.log.mining.sleep.time.default.ms": "500",
    "debezium.log.mining.sleep.time.max.ms": "5000",
    "debezium.log.mining.restart.connection": "true",
    "debezium.log.mining.transaction.retention.hours": "4",
    "debezium.log.mining.strategy": "online_catalog",
}


@pytest.mark.parametrize(("key", "value"), ORACLE_SETTINGS.items())
def test_oracle_has_the_settings_of_production(key: str, value: str) -> None:
    assert f"'{key}' = '{value}'" in rendered(job(ORACLE, CSV)).sql


def test_every_setting_says_why() -> None:
    for row in (*_pipeline_settings.SOURCES.values(), *_pipeline_settings.SINKS.values()):
        assert all(one.why and one.value for one in row)


def broken(**change: Any) -> dict[str, Any]:
    declared = copy.deepcopy(job(POSTGRES, CSV))
    for path, value in change.items():
        *way, last = path.split("__")
        place = declared["pipeline"]
        for step in way:
            place = place[step]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return declared


BAD = [
    ({"source__kind": "db2-cdc"}, "has the kind 'db2-cdc': it is one of postgres-cdc"),
    ({"source__hostname": None}, "lacks hostname"),
    ({"source__hostnam": "x"}, "has the unknown key hostnam"),
    ({"source__password": None}, "has no password: give password"),
    ({"source__startup": "earliest"}, "startup: earliest, but it is one of initial or latest"),
    ({"source__options": "fast"}, "must name options"),
    ({"source__port": 70000}, "has the port 70000"),
    ({"sink__kind": "parquet"}, "has the kind 'parquet'"),
    ({"sink__partition": "week"}, "partition: week"),
    ({"tables": []}, "names no tables"),
    ({"tables": "orders"}, "names no tables"),
    ({"tables": [{"columns": {}}]}, "a table without a name"),
    ({"tables": ["orders", "orders"]}, "reads orders twice"),
    ({"tables": [{"name": "a", "colums": {}}]}, "the unknown key colums"),
    ({"tables": [{"name": "a", "columns": ["id"]}]}, "names columns and their types"),
    ({"tables": [{**ORDERS, "primary_key": "nr"}]}, "names nr, which is none of its columns"),
    ({"tables": [{**ORDERS, "select": "SELECT 1"}]}, "needs result"),
    ({"source": {**ORACLE}, "tables": ["T"]}, "needs columns, because oracle-cdc"),
    ({"source": {**MYSQL, "server_id": "many"}}, "server_id: many"),
    ({"source": {**KAFKA, "bootstrap_servers": "k1"}, "tables": [ORDERS]}, "which is not host:port"),
    ({"source": {**KAFKA, "format": "debezium-json"}, "tables": [ORDERS]}, "cannot say that a row was changed"),
    ({"sink": {**KAFKA, "transaction_timeout": "long"}}, "transaction_timeout: 'long' is not a valid duration"),
    ({"source": {**ORACLE, "window": "short"}}, "window: 'short' is not a valid duration"),
    ({"sink": {**SINKS["jdbc"], "url": "postgres://x"}}, "begins with jdbc:"),
    ({"connectors": "mine"}, "connectors is matrix"),
    ({"sources": {}}, "the unknown key sources"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_a_declaration_that_cannot_work_is_told_in_a_sentence(change: dict[str, Any], message: str) -> None:
    found = list(_read.problems(broken(**change)))
    assert any(message in one for one in found), found
    assert all(one.startswith(("the pipeline shop", "the source of", "the sink of")) for one in found)


def test_a_pipeline_that_is_no_mapping_is_told() -> None:
    assert list(_read.problems({"name": "x", "pipeline": "fast"})) == [
        "the pipeline x is 'fast', but it must have source, tables and sink"
    ]


def named(declared: dict[str, Any], name: str) -> _pipeline.Pipeline:
    return _read.parse({**declared, "name": name})


def test_two_pipelines_on_one_slot_are_refused() -> None:
    one = job({**POSTGRES, "slot": "mine"}, CSV)
    other = job({**POSTGRES, "slot": "mine"}, {**CSV, "directory": "/srv/other"})
    (problem,) = clashes([named(one, "a"), named(other, "b")])
    assert problem.startswith("the pipelines a and b read the replication slot mine_orders of db1")


def test_two_pipelines_on_one_server_id_are_refused() -> None:
    one = job({**MYSQL, "server_id": 100}, CSV)
    other = job({**MYSQL, "server_id": 102}, {**CSV, "directory": "/srv/other"})
    (problem,) = clashes([named(one, "a"), named(other, "b")])
    assert "use the server id 102 of db1" in problem


def test_two_pipelines_in_one_directory_are_refused_and_others_are_not() -> None:
    (problem,) = clashes([named(job(POSTGRES, CSV), "a"), named(job(POSTGRES, CSV), "b")])
    assert "write to /srv/out/orders" in problem
    assert list(clashes([named(job(POSTGRES, KAFKA), "a"), named(job(MYSQL, KAFKA), "b")])) == []


def test_the_addresses_are_those_that_taskmanagers_need() -> None:
    pipeline = _read.parse(job(ORACLE, SINKS["jdbc"]))
    assert pipeline.addresses == [("db1", 1521), ("db2", 5432)]
    assert _read.parse(job(KAFKA, CSV)).addresses == [("k1", 9092), ("k2", 9092)]
