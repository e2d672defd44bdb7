"""flink_sql: statements in, rows and job ids out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_sql
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import (
    GATEWAY,
    FakeFlink,
    connection,
)

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(run_module: Run, flink: FakeFlink) -> Run:
    return lambda **arguments: run_module(flink_sql.main, **{**connection(), "sql_gateways": [GATEWAY], **arguments})


def test_a_query_gives_its_rows(run: Run, flink: FakeFlink) -> None:
    result = run(sql="SET 'a.b' = 'c';\nSELECT c FROM t")
    assert result["changed"] is False
    assert result["rows"] == [{"c": 1}, {"c": 2}, {"c": 3}]
    assert [one["line"] for one in result["statements"]] == [1, 2]
    assert result["statements"][1]["columns"] == [{"name": "c", "type": "INTEGER"}]
    assert result["gateway"] == GATEWAY
    assert flink.sessions == {}


def test_the_limit_cuts_a_query_and_ends_it(run: Run, flink: FakeFlink) -> None:
    result = run(sql="SELECT c FROM t", limit=2)
    assert result["rows"] == [{"c": 1}, {"c": 2}]
    assert result["statements"][0]["truncated"] is True
    assert any(line.endswith("/close") for line in flink.log)


def test_an_insert_gives_the_id_of_its_job(run: Run, flink: FakeFlink) -> None:
    result = run(sql="CREATE TABLE t (x INT); INSERT INTO t SELECT 1")
    assert result["changed"] is True
    assert result["job_ids"] == list(flink.jobs)


def test_a_file_may_hold_the_statements(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ask.sql").write_text("SHOW TABLES;")
    assert run(sql_file=str(tmp_path / "ask.sql"))["changed"] is False


def test_check_mode_runs_nothing(run: Run, flink: FakeFlink) -> None:
    result = run(sql="INSERT INTO t SELECT 1; SHOW TABLES", check=True)
    assert result["changed"] is True
    assert [one["statement"] for one in result["statements"]] == ["INSERT INTO t SELECT 1", "SHOW TABLES"]
    assert flink.log == []


def test_a_statement_that_is_refused_tells_its_line_and_what_was_done_before(run: Run, flink: FakeFlink) -> None:
    result = run(sql="INSERT INTO t SELECT 1;\n\nSELECT\n  BROKEN")
    assert result["failed"] is True
    assert result["line"] == 4
    assert "line 4 of the SQL script was refused" in result["msg"]
    assert result["job_ids"] == list(flink.jobs)
    assert result["changed"] is True
    assert len(result["statements"]) == 1
    assert flink.sessions == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "one of the following is required: sql, sql_file"),
        ({"sql": " -- nothing"}, "holds no statement"),
        ({"sql": "SELECT 1", "limit": -1}, "limit must not be negative"),
        ({"sql": "SELECT 1", "sql_gateways": []}, "SQL needs a SQL gateway"),
    ],
)
def test_bad_input_is_one_sentence(run: Run, arguments: dict[str, Any], message: str) -> None:
    assert message in run(**arguments)["msg"]
