"""The filters for pipelines, as roles call them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.streamops.flink.plugins.filter import pipeline

JOB: dict[str, Any] = {
    "name": "shop",
    "parallelism": 2,
    "pipeline": {
        "source": {
            "kind": "postgres-cdc",
            "hostname": "db1",
            "database": "shop",
            "username": "flink",
            "password": "s3cret",
        },
        "tables": ["orders"],
        "sink": {"kind": "csv", "directory": "/srv/out"},
    },
}
TOLD = {"columns": {"orders": {"id": "BIGINT NOT NULL"}}, "primary_keys": {"orders": ["id"]}}
OTHERS = [{"name": "a", "sql": "x"}, {**JOB, "name": "off", "state": "suspended"}]


def test_a_pipeline_becomes_sql_without_its_password() -> None:
    found = pipeline.flink_pipeline(JOB, "/payments", TOLD)
    assert "s3cret" not in str(found)
    assert found["secrets"] == ["source_password"]
    assert found["configuration"]["restart-strategy.type"] == "exponential-delay"


def test_a_pipeline_that_cannot_work_is_one_sentence_for_ansible() -> None:
    with pytest.raises(AnsibleFilterError, match="it must have source, tables and sink"):
        pipeline.flink_pipeline({"name": "x", "pipeline": 1}, "/payments")


def test_the_connectors_of_running_pipelines_are_added_and_nothing_else_is_touched() -> None:
    own = [{"artifact": "org.example:mine:1", "checksum": "sha256:1"}]
    found = pipeline.flink_pipeline_libraries([JOB, *OTHERS], "1.20.5", own)
    assert [one["artifact"] for one in found] == [
        "org.example:mine:1",
        "org.apache.flink:flink-sql-connector-postgres-cdc:3.5.0",
    ]
    assert pipeline.flink_pipeline_libraries(OTHERS, "1.20.5", own) == own
    assert pipeline.flink_pipeline_libraries([JOB], "2.2.1", own) == own
    # What is wrong with the variable is reported elsewhere, with its own message.
    assert pipeline.flink_pipeline_libraries([JOB], "1.20.5", "x") == "x"


def test_problems_of_all_pipelines_are_found_together() -> None:
    assert pipeline.flink_pipeline_problems([JOB, *OTHERS], "1.20.5") == []
    (problem,) = pipeline.flink_pipeline_problems([JOB], "2.2.1")
    assert "there is no connector for postgres-cdc on Flink 2.2.1" in problem
    assert len(pipeline.flink_pipeline_problems([JOB, {**JOB, "name": "copy"}], "1.20.5")) == 1


def test_a_suspended_pipeline_keeps_its_slot() -> None:
    source = {**JOB["pipeline"]["source"], "slot": "shop"}
    waiting = {"name": "copy", "pipeline": {**JOB["pipeline"], "source": source}, "state": "suspended"}
    (problem,) = pipeline.flink_pipeline_problems([JOB, waiting], "1.20.5")
    assert problem.startswith("the pipelines shop and copy read the replication slot shop_orders of db1")
    assert pipeline.flink_pipeline_problems([JOB, {**waiting, "state": "absent"}], "1.20.5") == []


def test_the_question_is_what_flink_source_info_takes() -> None:
    found = pipeline.flink_pipeline_question(JOB)
    assert found["slots"] == found["publications"] == {"orders": "shop_orders"}
    assert (found["port"], found["parallelism"]) == (5432, 2)
    assert "s3cret" not in str(found)
    # Columns that Flink computes are none of the source's.
    declared = {"id": "BIGINT", "at": "TIMESTAMP_LTZ(3) METADATA FROM 'op_ts' VIRTUAL", "day": "AS DATE '2026-01-01'"}
    chunk = {"scan.incremental.snapshot.chunk.key-column": "id"}
    table = {"name": "orders", "columns": declared, "primary_key": "id", "options": chunk}
    found = pipeline.flink_pipeline_question({**JOB, "pipeline": {**JOB["pipeline"], "tables": [table]}})
    assert (found["columns"], found["declared_keys"]) == ({"orders": ["id"]}, {"orders": ["id"]})
    assert found["chunk_keys"] == {"orders": "id"}
    kafka = {"kind": "kafka", "bootstrap_servers": "k:1"}
    table = {"name": "t", "columns": {"x": "INT"}}
    assert (
        pipeline.flink_pipeline_question({"name": "k", "pipeline": {"source": kafka, "tables": [table], "sink": kafka}})
        == {}
    )


def test_the_addresses_are_those_of_running_pipelines() -> None:
    assert pipeline.flink_pipeline_addresses([JOB, *OTHERS]) == [
        {"host": "db1", "port": 5432, "address": "db1:5432", "pipeline": "shop"}
    ]


def kafka_job(source: dict[str, Any] | None = None, **sink: Any) -> dict[str, Any]:
    return {
        "name": "count",
        "pipeline": {
            "source": source or {"kind": "kafka", "bootstrap_servers": "k:1"},
            "tables": [{"name": "events", "columns": {"x": "INT"}, "into": "counts"}],
            "sink": {"kind": "kafka", "bootstrap_servers": "k:1", **sink},
        },
    }


def test_the_brokers_are_asked_for_what_the_pipeline_does_with_them() -> None:
    asked = {"pipeline": "count", "bootstrap_servers": "k:1", "reads": ["events"], "writes": ["counts"]}
    assert pipeline.flink_pipeline_brokers([kafka_job(), *OTHERS]) == [{**asked, "transaction_timeout": 900_000}]
    # What is declared as an option of the connector wins, here as in the SQL.
    limit = {"properties.transaction.timeout.ms": "60000"}
    assert pipeline.flink_pipeline_brokers([kafka_job(options=limit)])[0]["transaction_timeout"] == 60_000
    at_least = {"sink.delivery-guarantee": "at-least-once"}
    assert pipeline.flink_pipeline_brokers([kafka_job(options=at_least)]) == [asked]


def test_two_kafkas_are_asked_one_by_one_and_topics_by_what_the_connector_reads() -> None:
    source = {"kind": "kafka", "bootstrap_servers": "a:1", "options": {"topic": "x;y"}}
    first, second = pipeline.flink_pipeline_brokers([kafka_job(source)])
    assert (first["reads"], first["writes"]) == (["x", "y"], [])
    assert (second["reads"], second["writes"]) == ([], ["counts"])
    pattern = {**source, "options": {"topic": None, "topic-pattern": "x.*"}}
    assert pipeline.flink_pipeline_brokers([kafka_job(pattern)])[0]["reads"] == []


def test_brokers_that_want_a_password_are_not_asked_and_that_is_said() -> None:
    job = kafka_job(options={"properties.security.protocol": "SASL_SSL"})
    (asked,) = pipeline.flink_pipeline_brokers([job])
    assert (asked["reads"], asked["writes"]) == (["events"], [])
    assert "transaction_timeout" not in asked
    assert any("speak SASL_SSL, so they are not asked" in one for one in pipeline.flink_pipeline(job, "/c")["warnings"])


def test_directories_are_those_that_are_no_url() -> None:
    def job(source: str, sink: str) -> dict[str, Any]:
        tables = [{"name": "t", "columns": {"x": "INT"}}]
        return {
            "name": "files",
            "pipeline": {
                "source": {"kind": "files", "directory": source},
                "tables": tables,
                "sink": {"kind": "csv", "directory": sink},
            },
        }

    assert pipeline.flink_pipeline_directories([job("/in/", "file:///out/x")]) == ["/out/x", "/in"]
    assert pipeline.flink_pipeline_directories([job("s3://a/in", "s3://a/out"), *OTHERS]) == []
    assert pipeline.flink_pipeline_directories([JOB]) == ["/srv/out"]
