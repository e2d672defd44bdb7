"""flink_ha_info: the whole audit on a cluster in memory, and what it says when it cannot see."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._ha import storage as _ha_storage
from ansible_collections.streamops.flink.plugins.modules import flink_ha_info, flink_ha_storage_info
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import LEADER, ROOT, FakeFlink, connection
from ansible_collections.streamops.flink.tests.unit.plugins.fakes import FakeEnsemble

Run = Callable[..., dict[str, Any]]
SQL = "CREATE TABLE t (x INT) WITH ('connector' = 'blackhole'); INSERT INTO t VALUES (1);"


@pytest.fixture
def audit(run_module: Run, flink: FakeFlink) -> Run:
    return lambda **arguments: run_module(flink_ha_info.main, **{**connection(), **arguments})


@pytest.fixture
def job_id(deploy: Run) -> str:
    return str(deploy(sql=SQL)["job_id"])


def test_the_next_failover_of_a_healthy_cluster_is_told(audit: Run, flink: FakeFlink, job_id: str) -> None:
    result = audit()
    assert result["changed"] is False
    assert result["findings"] == []
    assert result["store_empty"] is False
    assert result["storage_read"] is True
    (forecast,) = result["next_failover"]
    number = flink.jobs[job_id].number
    assert (forecast["name"], forecast["recovers"], forecast["checkpoint_id"]) == ("count", True, number)
    assert forecast["path"] == f"file:{flink.storage}/checkpoints/{job_id}/chk-{number}"


def test_an_empty_cluster_says_that_its_store_is_empty(audit: Run, flink: FakeFlink) -> None:
    result = audit()
    assert result["store_empty"] is True
    assert result["next_failover"] == []


def test_poison_is_told_with_what_to_do(audit: Run, flink: FakeFlink, job_id: str) -> None:
    flink.version = "2.3.0"
    file = flink.storage / "ha" / "job-result-store" / "t" / f"{'f' * 32}_DIRTY.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"result": {"id": "f" * 32}}))
    result = audit()
    first = result["findings"][0]
    assert (first["kind"], first["severity"], first["subject"]) == ("dirty_result", "poison", str(file))
    assert "flink_ha_repair" in first["remedy"]
    assert str(file) in result["poison"][0]


def test_a_storage_that_was_read_on_another_host_is_judged_here(
    audit: Run, run_module: Run, flink: FakeFlink, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = audit()["places"]
    storage = run_module(flink_ha_storage_info.main, places=places)["storage"]
    (flink.ha / f"submittedJobGraph-{job_id}").unlink()
    broken = run_module(flink_ha_storage_info.main, places=places)["storage"]
    before = audit(storage=storage, pointers={})
    assert before["poison"] == []

    def never(_places: object) -> None:
        raise AssertionError("the storage is read here")

    monkeypatch.setattr(_ha_storage, "read", never)
    pointers = before["pointers"]
    assert audit(storage=storage, pointers=pointers)["poison"] == []
    assert len(audit(storage=broken, pointers=pointers)["poison"]) == 1
    # A node that was not seen before the storage was read says nothing.
    assert audit(storage=broken, pointers={})["poison"] == []


def test_a_storage_that_is_no_directory_is_told(audit: Run, flink: FakeFlink) -> None:
    flink.options["high-availability.storageDir"] = "s3://bucket/ha"
    result = audit()
    assert result["storage_read"] is False
    assert "s3://bucket/ha/t is not a directory of a host" in result["unread"]["storage_ha"]
    assert {one["kind"] for one in result["findings"]} == {"unread"}


def test_a_cluster_without_a_leader_is_judged_by_its_store(
    audit: Run, flink: FakeFlink, ensemble_of: FakeEnsemble, job_id: str
) -> None:
    places = audit()["places"]
    for path in [path for path in ensemble_of.nodes if path.startswith(f"{ROOT}/leader")]:
        del ensemble_of.nodes[path]
    (flink.ha / f"submittedJobGraph-{job_id}").unlink()
    result = audit(places=places)
    assert result["leader"] is None
    assert "jobs" in result["unread"]
    assert result["findings"][0]["kind"] == "missing_graph"


@pytest.fixture
def ensemble_of(flink: FakeFlink) -> FakeEnsemble:
    return flink.ensemble


def test_a_leader_that_is_not_in_the_inventory_is_poison(audit: Run, flink: FakeFlink) -> None:
    result = audit(jobmanagers=[{"name": "jm9", "url": "http://jm9:8081"}])
    assert LEADER in result["poison"][0]


def test_the_storage_comes_with_the_pointers_that_were_there_before(audit: Run, flink: FakeFlink) -> None:
    assert "required together: storage, pointers" in audit(storage={"places": {}})["msg"]


def test_a_job_that_does_not_run_is_found_though_the_leader_may_still_recover_it(audit: Run, flink: FakeFlink) -> None:
    flink.keep_graph("e" * 32)
    result = audit()
    assert [one["kind"] for one in result["findings"]] == ["orphan_job"]
    assert result["jobs_in_store"] == ["e" * 32]
