"""flink_job_info returns what is, what was deployed and what was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_job_info
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import (
    FakeFlink,
    connection,
)

SQL = "INSERT INTO t SELECT 1;"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def info(run_module: Run, flink: FakeFlink) -> Run:
    return lambda **arguments: run_module(flink_job_info.main, **{**connection(), **arguments})


@pytest.mark.parametrize("check", [False, True])
def test_a_running_job_is_told_in_full(deploy: Run, info: Run, check: bool) -> None:
    deployed = deploy(sql=SQL)
    result = info(name="count", check=check)
    assert result["changed"] is False
    (job,) = result["jobs"]
    assert (job["name"], job["job_id"], job["declared"]) == ("count", deployed["job_id"], True)
    assert (job["state"], job["flink_state"], job["restarts"]) == ("running", "RUNNING", 0)
    assert job["tasks"] == {"running": 1, "total": 1}
    assert job["vertices"][0]["name"] == "count"
    assert job["checkpoints"]["latest"]["id"] == 1
    assert job["deployment"]["outcome"] == "verified"
    assert job["deployment"]["digest"] == deployed["digest"]
    assert "sql" not in job["deployment"]["spec"]
    assert (job["restored_from"], job["last_failure"], job["step"]) == (None, None, None)


def test_a_suspended_job_tells_where_its_state_is(deploy: Run, info: Run) -> None:
    deploy(sql=SQL)
    path = deploy(state="suspended")["savepoint_path"]
    (job,) = info(name="count")["jobs"]
    assert (job["state"], job["job_id"], job["state_kept"]) == ("suspended", None, path)
    assert [one["path"] for one in job["savepoints"]] == [path]
    assert [one["outcome"] for one in job["history"]] == ["suspended"]


def test_a_restored_job_tells_from_what(deploy: Run, info: Run) -> None:
    deploy(sql=SQL)
    path = deploy(state="suspended")["savepoint_path"]
    deploy(sql=SQL)
    (job,) = info(name="count")["jobs"]
    assert job["restored_from"]["path"] == path


def test_a_job_that_failed_tells_its_first_root_cause(deploy: Run, info: Run, flink: FakeFlink) -> None:
    job_id = deploy(sql=SQL)["job_id"]
    flink.jobs[job_id].causes = ["a.B: x\n\tat y\nCaused by: java.io.IOException: no disk\n\tat z"]
    flink.end(flink.jobs[job_id], "FAILED")
    (job,) = info(name="count")["jobs"]
    assert job["state"] == "failed"
    assert job["last_failure"]["cause"] == "IOException: no disk"


def test_a_declared_job_that_is_not_known_any_more_is_lost(deploy: Run, info: Run, flink: FakeFlink) -> None:
    job_id = deploy(sql=SQL)["job_id"]
    flink.end(flink.jobs[job_id], "FAILED")
    flink.change_leader()
    (job,) = info(name="count")["jobs"]
    assert (job["state"], job["job_id"]) == ("lost", None)


def test_all_jobs_are_told_declared_or_not(deploy: Run, info: Run, flink: FakeFlink) -> None:
    deploy(sql=SQL)
    flink.start("b" * 32, "by hand", {}, "", 1)
    flink.start("c" * 32, "ended", {}, "", 1)
    flink.end(flink.jobs["c" * 32], "FINISHED")
    assert [(job["name"], job["declared"]) for job in info()["jobs"]] == [("by hand", False), ("count", True)]
    assert [job["name"] for job in info(ended=True)["jobs"]] == ["by hand", "count", "ended"]
    assert [job["job_id"] for job in info(name="by hand")["jobs"]] == ["b" * 32]
    assert [job["name"] for job in info(job_id="b" * 32)["jobs"]] == ["by hand"]


def test_a_job_that_does_not_exist_is_an_empty_list(info: Run) -> None:
    assert info(name="none")["jobs"] == []
    assert info(job_id="d" * 32)["jobs"] == []


def test_an_id_that_is_none_is_refused(info: Run) -> None:
    assert "is not a valid job id" in info(job_id="x")["msg"]


def test_a_damaged_record_is_told(info: Run, flink: FakeFlink) -> None:
    flink.ensemble.add("/streamops/t/jobs/count", b"not json")
    assert "is damaged" in info(name="count")["msg"]
