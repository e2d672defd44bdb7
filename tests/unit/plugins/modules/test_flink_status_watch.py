"""flink_status with watch: some seconds, and a verdict about everything."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_status
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import FakeFlink, connection

RunModule = Callable[..., dict[str, Any]]
SQL = "CREATE TABLE a (n INT) WITH ('connector' = 'x'); INSERT INTO a SELECT 1;"


@pytest.fixture
def judge(run_module: RunModule, flink: FakeFlink, monkeypatch: pytest.MonkeyPatch) -> RunModule:
    monkeypatch.setattr(flink_status, "collect", lambda _cluster, _expected: {"jobs": [], "problems": [], "notes": []})

    def call(**more: Any) -> dict[str, Any]:
        return run_module(flink_status.main, **{**connection(), "watch": 0.3, "interval": 0.1, "slots": 4, **more})

    return call


def test_a_cluster_with_a_job_that_runs_is_healthy(judge: RunModule, deploy: RunModule, flink: FakeFlink) -> None:
    deploy(sql=SQL)
    result = judge()
    assert (result["changed"], result["status"]["problems"]) == (False, [])
    found = result["status"]["health"]
    assert (found["healthy"], found["problems"]) == (True, [])
    (job,) = found["jobs"]
    assert (job["name"], job["declared"], job["bad"]) == ("count", True, False)
    assert found["cluster"]["verdict"] == "HEALTHY"


def test_a_job_that_has_vanished_is_told(judge: RunModule, deploy: RunModule, flink: FakeFlink) -> None:
    lost = flink.jobs[deploy(sql=SQL)["job_id"]]
    del flink.jobs[lost.job_id]
    flink.tidy_up(lost)
    status = judge()["status"]
    found = status["health"]
    assert (found["healthy"], found["jobs"][0]["verdict"]) == (False, "MISSING_JOB")
    assert status["problems"] == found["problems"]
    assert found["problems"][0].startswith("count is MISSING_JOB: it is declared as running")


def test_missing_slots_are_told(judge: RunModule) -> None:
    assert judge(slots=9)["status"]["problems"] == ["cluster is SLOTS_SHORT: 4 of 9 slots are registered."]


@pytest.mark.parametrize("age", [5, "5 s", "5000 ms"])
def test_a_sign_of_life_that_is_missing_is_told(judge: RunModule, deploy: RunModule, tmp_path: Path, age: Any) -> None:
    deploy(sql=SQL)
    signs = {"count": {"fresh_files": {"path": str(tmp_path / "nothing"), "max_age": age}}}
    (job,) = judge(signs=signs)["status"]["health"]["jobs"]
    assert (job["verdict"], "there is no file" in job["reason"]) == ("ZOMBIE", True)


def test_the_verdicts_are_written_where_that_is_asked_for(judge: RunModule, tmp_path: Path) -> None:
    judge(path=str(tmp_path / "health.json"))
    assert json.loads((tmp_path / "health.json").read_text())["health"]["healthy"] is True


def test_without_watch_nothing_is_judged(judge: RunModule) -> None:
    assert judge(watch=0)["status"]["health"] is None


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"watch": -1}, "watch must be 0 or more seconds"),
        ({"interval": 0}, "interval must be more than 0 seconds"),
        ({"interval": 9}, "two samples are needed"),
        ({"checkpoint_window": -1}, "checkpoint_window must be 0 or more"),
        ({"signs": {"count": {"freshness": {}}}}, "declares in health the unknown sign freshness"),
        ({"signs": {"count": {"probe": {"command": "x"}}}}, "probe without a command as a list of words"),
    ],
)
def test_settings_that_cannot_work_are_refused(judge: RunModule, more: dict[str, Any], text: str) -> None:
    found = judge(**more)
    assert found["failed"] is True
    assert text in found["msg"]
