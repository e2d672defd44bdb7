"""Names in pipelines: unique where they are made of others, refused where they cannot be used."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._jobs import sql as _sql
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import declared as _pipeline
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import read as _read
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import sql as _pipeline_sql
from ansible_collections.streamops.flink.plugins.module_utils._pipelines.names import clashes

POSTGRES = {"kind": "postgres-cdc", "hostname": "db1", "database": "shop", "username": "flink", "password": "p"}
MYSQL = {**POSTGRES, "kind": "mysql-cdc"}
KAFKA = {"kind": "kafka", "bootstrap_servers": "k1:9092"}
CSV = {"kind": "csv", "directory": "/srv/out"}
FILES = {"kind": "files", "directory": "/srv/in"}


def job(
    source: dict[str, Any], sink: dict[str, Any], *tables: str | dict[str, Any], name: str = "bank", **more: Any
) -> dict[str, Any]:
    entries = [
        {"columns": {"id": "BIGINT"}, "primary_key": "id", **({"name": one} if isinstance(one, str) else one)}
        for one in tables
    ]
    return {"name": name, "pipeline": {"source": source, "tables": entries, "sink": sink}, **more}


def parsed(*arguments: Any, **more: Any) -> _pipeline.Pipeline:
    return _read.parse(job(*arguments, **more))


CLEAN = [
    ("shop", "orders", "shop_orders"),
    ("shop", "sales.customers", "shop_customers"),
    ("bank_2", "a_b", "bank_2_a_b"),
    ("n" * 80, "t", f"{'n' * 41}_577c4586"),
]


@pytest.mark.parametrize(("name", "table", "slot"), CLEAN)
def test_the_slot_of_names_that_need_no_change_stays_what_it_was(name: str, table: str, slot: str) -> None:
    pipeline = parsed(POSTGRES, CSV, table, name=name)
    assert pipeline.slots == pipeline.publications == {table: slot}


FAMILIES = [
    ("a-b", "a_b"),
    ("a-b", "a_b", "a b", "a.b-", "A_B", "a__b"),
    ("订单", "客户"),
    ("données", "donn_es", "donnees"),
    ("Orders", "orders", "ORDERS"),
    ("sales.orders", "shop.orders"),
    ("orders", "sales.orders"),
    ("x" * 60, "x" * 61, "x" * 60 + "é"),
    ("orders", "orders__out"),
    ("a$b", "a_b"),
]


@pytest.mark.parametrize("tables", FAMILIES)
@pytest.mark.parametrize("source", [POSTGRES, MYSQL])
def test_every_table_has_names_of_its_own(tables: tuple[str, ...], source: dict[str, Any]) -> None:
    entries = [{"name": one, "into": f"t{number}"} for number, one in enumerate(tables)]
    declared = job(source, CSV, *entries)
    pipeline = _read.parse(declared)
    slots = list(pipeline.slots.values())
    assert len(set(slots)) == len(tables)
    assert all(re.fullmatch(r"[a-z0-9_]{1,50}", slot) for slot in slots)
    assert list(clashes([pipeline])) == []
    # The same again, also when the order is another.
    again = _read.parse(job(source, CSV, *reversed(entries)))
    assert again.slots == pipeline.slots
    script = _sql.parse_job_script(_pipeline_sql.render(pipeline, _pipeline_sql.Context("/c")).sql)
    made = [re.match(r"CREATE TABLE `([^`]+)`", statement.text) for statement in script.before]
    assert len({match[1] for match in made if match}) == 2 * len(tables)


def test_pipelines_whose_names_read_alike_have_slots_of_their_own() -> None:
    names = ("bank-a", "bank_a", "bank a", "银行", "客户")
    pipelines = [
        parsed(POSTGRES, {**CSV, "directory": f"/srv/{number}"}, "t", name=name) for number, name in enumerate(names)
    ]
    assert len({slot for one in pipelines for slot in one.slots.values()}) == len(names)
    assert list(clashes(pipelines)) == []


OTHER = {**CSV, "directory": "/srv/other"}
CLASHES: list[tuple[list[dict[str, Any]], str]] = [
    (
        [job(POSTGRES, CSV, "b_c", name="a"), job(POSTGRES, OTHER, "c", name="a_b")],
        "the pipelines a and a_b read the replication slot a_b_c of db1",
    ),
    (
        [job({**POSTGRES, "options": {"slot.name": "mine"}}, CSV, "a", "b")],
        "the tables a and b of the pipeline bank read the replication slot mine of db1",
    ),
    (
        [job({**POSTGRES, "options": {"debezium.publication.name": "mine"}}, CSV, "a", "b")],
        "the tables a and b of the pipeline bank read the publication mine of db1",
    ),
    (
        [
            job(POSTGRES, CSV, "a"),
            job(
                {**POSTGRES, "hostname": "DB1"},
                OTHER,
                {"name": "x", "options": {"debezium.publication.name": "bank_a"}},
                name="z",
            ),
        ],
        "the pipelines bank and z read the publication bank_a of DB1",
    ),
    (
        [job({**MYSQL, "options": {"server-id": "100-103"}}, CSV, "a", "b")],
        "the tables a and b of the pipeline bank use the server id 100 of db1",
    ),
    (
        [job(KAFKA, KAFKA, "b-c", name="a"), job(KAFKA, KAFKA, {"name": "x", "into": "c"}, name="a-b")],
        "the pipelines a and a-b write into Kafka with the same prefix of transactions, a-b-c,",
    ),
    (
        [job(KAFKA, {**KAFKA, "options": {"sink.transactional-id-prefix": "p"}}, "a", "b")],
        "the tables a and b of the pipeline bank write into Kafka with the same prefix of transactions, p,",
    ),
    (
        [job(POSTGRES, CSV, "a"), job(MYSQL, {**CSV, "directory": "file:///srv/out/"}, "a", name="b")],
        "the pipelines bank and b write to file:///srv/out/a",
    ),
]


@pytest.mark.parametrize(("jobs", "message"), CLASHES)
def test_what_two_tables_would_share_is_told(jobs: list[dict[str, Any]], message: str) -> None:
    (problem,) = clashes([_read.parse(one) for one in jobs])
    assert problem.startswith(message)
    assert ": give one of them another " in problem


def test_prefixes_are_free_where_there_are_no_transactions() -> None:
    own = {"sink.transactional-id-prefix": "p", "sink.delivery-guarantee": "at-least-once"}
    assert list(clashes([parsed(KAFKA, {**KAFKA, "options": own}, "a", "b")])) == []


RELATIVE = [
    "out",
    "./out",
    "../out",
    "~/out",
    "$HOME/out",
    "srv/out",
    "file:out",
    "file://out/x",
    "s3:bucket/x",
    "C:\\x",
]


@pytest.mark.parametrize("directory", RELATIVE)
def test_a_directory_that_is_relative_is_refused(directory: str) -> None:
    entry = job(KAFKA, {**CSV, "directory": directory}, "t")
    (problem,) = _read.problems(entry)
    assert problem.startswith(f"the sink of the pipeline bank has directory: {directory!r}, which is not the same")
    for source, tables in (
        ({**FILES, "directory": directory}, ["t"]),
        (FILES, [{"name": "t", "directory": directory}]),
    ):
        (problem,) = _read.problems(job(source, KAFKA, *tables))
        assert f"has directory: {directory!r}" in problem


@pytest.mark.parametrize(
    "directory", ["/srv/out", "/srv/my files/ü", "file:/x", "file:///x", "s3://b/x", "hdfs://n:8020/x"]
)
def test_a_directory_that_all_know_is_taken(directory: str) -> None:
    assert list(_read.problems(job(KAFKA, {**CSV, "directory": directory}, "t"))) == []


BAD: list[tuple[dict[str, Any], str]] = [
    (job(POSTGRES, CSV, "orders_.*"), "the table orders_.*, which reads like a regular expression"),
    (job(MYSQL, CSV, {"name": "a|b", "into": "x"}), "the table a|b, which reads like a regular expression"),
    (job(MYSQL, CSV, "shop.[a-c]+"), "write one entry for each table"),
    (job(POSTGRES, CSV, "a,b"), "the table a,b, which reads like"),
    (job(POSTGRES, CSV, "a\nb"), "has a table 'a\\nb': write its name without line breaks"),
    (job(POSTGRES, CSV, "shop."), "has a table 'shop.'"),
    (job({**POSTGRES, "slot": "Mine-1"}, CSV, "a"), "has slot: 'Mine-1', which PostgreSQL does not take"),
    (
        job({**POSTGRES, "hostname": "db1:5432"}, CSV, "a"),
        "'db1:5432', which cannot be used because it has a port",
    ),
    (job({**POSTGRES, "hostname": "[::1]"}, CSV, "a"), "'[::1]', which cannot be used because it has brackets"),
    (
        job({**POSTGRES, "hostname": "jdbc://db1"}, CSV, "a"),
        "which cannot be used because a scheme",
    ),
    (job({**POSTGRES, "hostname": "db 1"}, CSV, "a"), "'db 1' is not the name of a host or an address: write"),
    (job({**KAFKA, "bootstrap_servers": "PLAINTEXT://k:9092"}, CSV, "a"), "which is not host:port (a scheme has no"),
    (job({**KAFKA, "bootstrap_servers": "::1:9092"}, CSV, "a"), "(an IPv6 address in front of a port is in brackets)"),
    (job(KAFKA, KAFKA, "données"), "has the topic 'données', which Kafka does not take: give the table"),
    (job(KAFKA, KAFKA, {"name": "a", "into": "b c"}), "has the topic 'b c'"),
    (job(KAFKA, {**KAFKA, "topic_prefix": "é"}, "a"), "has the topic 'éa'"),
    (job(KAFKA, CSV, {"name": "a", "into": "../b"}), "goes into '../b', which is not the name of one directory"),
    (job(FILES, CSV, "a/b"), "goes into 'a/b'"),
]


@pytest.mark.parametrize(("entry", "message"), BAD)
def test_a_name_that_cannot_be_used_is_told_in_a_sentence(entry: dict[str, Any], message: str) -> None:
    found = list(_read.problems(entry))
    assert any(message in one for one in found), found
    assert all("\n" not in one for one in found)


GOOD = [
    job({**POSTGRES, "slot": ""}, CSV, "a"),
    job(POSTGRES, CSV, "a-b", "订单", "with space", "V$SESSION"),
    job(KAFKA, CSV, {"name": "t", "topic": "a;b.c"}),
    job(KAFKA, CSV, {"name": "mes données", "options": {"topic-pattern": "x.*"}}),
    job(POSTGRES, {**KAFKA, "options": {"topic": "x"}}, "订单"),
]


@pytest.mark.parametrize("entry", GOOD)
def test_a_name_that_can_be_used_is_taken(entry: dict[str, Any]) -> None:
    assert list(_read.problems(entry)) == []


def test_an_ipv6_address_is_in_brackets_where_a_port_follows() -> None:
    url = "jdbc:postgresql://[fd00::3]:5433/copy"
    jdbc = {"kind": "jdbc", "url": url, "username": "w", "password": "s"}
    pipeline = parsed({**POSTGRES, "hostname": "fd00::1"}, jdbc, "a")
    assert pipeline.addresses == [("fd00::1", 5432), ("fd00::3", 5433)]
    assert "'hostname' = '[fd00::1]'" in _pipeline_sql.render(pipeline, _pipeline_sql.Context("/c")).sql
    assert parsed({**KAFKA, "bootstrap_servers": "[fd00::1]:9092, k2:9092,"}, CSV, "a").addresses == [
        ("fd00::1", 9092),
        ("k2", 9092),
    ]


def test_a_dollar_sign_is_one_to_a_connector_that_reads_patterns() -> None:
    found = _pipeline_sql.render(parsed(MYSQL, CSV, "V$X"), _pipeline_sql.Context("/c")).sql
    assert "'table-name' = 'V\\$X'" in found
    assert "CREATE TABLE `V$X`" in found
