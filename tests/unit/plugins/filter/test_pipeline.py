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
    # What is wrong with the variable is told elsewhere, with its own words.
    assert pipeline.flink_pipeline_libraries([JOB], "1.20.5", "x") == "x"


def test_problems_of_all_pipelines_are_found_together() -> None:
    assert pipeline.flink_pipeline_problems([JOB, *OTHERS], "1.20.5") == []
    (problem,) = pipeline.flink_pipeline_problems([JOB], "2.2.1")
    assert "there is no connector for postgres-cdc on Flink 2.2.1" in problem
    assert len(pipeline.flink_pipeline_problems([JOB, {**JOB, "name": "copy"}], "1.20.5")) == 1


def test_the_question_is_what_flink_source_info_takes() -> None:
    found = pipeline.flink_pipeline_question(JOB)
    assert found["slots"] == {"orders": "shop_orders"}
    assert (found["port"], found["parallelism"]) == (5432, 2)
    assert "s3cret" not in str(found)
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
