"""flink_job_archive: no job runs twice, and none goes on without its state."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._backup import job_archive as _job_archive
from ansible_collections.streamops.flink.plugins.modules import flink_job_archive, flink_savepoint
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import FakeFlink, connection

SQL = "INSERT INTO t SELECT 1;"
SECRET = "CREATE TABLE t (n INT) WITH ('connector' = 'x', 'password' = 'canary'); INSERT INTO t SELECT 1;"
OTHER = "b" * 32
ID = "20261127T021530Z"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def archive(run_module: Run, flink: FakeFlink) -> Run:
    return lambda **arguments: run_module(flink_job_archive.main, **{**connection(), **arguments})


@pytest.fixture
def stop(run_module: Run, flink: FakeFlink) -> Run:
    return lambda **arguments: run_module(flink_savepoint.main, **{**connection(), "name": "count", **arguments})


def lost(flink: FakeFlink) -> None:
    """Everything is destroyed but the files of the backup."""
    flink.jobs.clear()
    for path in [
        path for path in flink.ensemble.nodes if path.startswith(("/streamops", "/flink/t/job", "/flink/t/e"))
    ]:
        del flink.ensemble.nodes[path]


def backed_up(flink: FakeFlink, archive: Run, stop: Run) -> list[dict[str, Any]]:
    (job,) = archive()["jobs"]
    made = stop()["savepoint_path"].removeprefix("file:")
    place = flink.storage / "savepoints" / f"restored-{ID}" / "count-000"
    place.parent.mkdir()
    place.mkdir()
    shutil.copy(Path(made) / "_metadata", place)
    return [{**job, "savepoint_path": f"file:{place}"}]


def test_every_job_is_told(deploy: Run, archive: Run, flink: FakeFlink) -> None:
    deploy(sql=SQL)
    flink.start(OTHER, "by hand", {}, "", 1)
    others, ours = archive()["jobs"]
    assert (others["name"], others["declared"], others["specification"]) == ("by hand", False, None)
    assert (ours["name"], ours["declared"], ours["state"]) == ("count", True, "RUNNING")
    assert ours["specification"]["kind"] == "sql"
    assert ours["vertices"][0]["id"]


def test_a_suspended_job_is_told_with_its_savepoint(deploy: Run, archive: Run, stop: Run) -> None:
    deploy(sql=SQL)
    path = stop(state="stopped")["savepoint_path"]
    (job,) = archive()["jobs"]
    assert (job["state"], job["savepoint_path"]) == ("SUSPENDED", path)


def test_secrets_stay_where_they_are(deploy: Run, archive: Run) -> None:
    deploy(sql=SECRET)
    told = archive()
    assert told["jobs"][0]["secrets_hidden"] is True
    assert "canary" not in json.dumps(told)
    spec = _job_archive.Spec.from_record(told["jobs"][0]["specification"])
    assert "canary" not in spec.sql


def test_a_restored_job_goes_on_from_the_backup(
    deploy: Run, archive: Run, stop: Run, flink: FakeFlink, run_module: Run
) -> None:
    deploy(sql=SQL)
    jobs = backed_up(flink, archive, stop)
    lost(flink)
    assert archive(state="restored", jobs=jobs, backup_id=ID, check=True)["changed"] is True
    assert archive()["jobs"] == []
    assert archive(state="restored", jobs=jobs, backup_id=ID)["restored"] == ["count"]
    assert archive(state="restored", jobs=jobs, backup_id=ID)["changed"] is False
    started = deploy(recorded=True)
    assert started["restored_from"] == jobs[0]["savepoint_path"]
    # A second run of the same restore finds it running and leaves it alone.
    assert archive(state="checked", jobs=jobs, backup_id=ID)["changed"] is False
    other = archive(state="checked", jobs=jobs, backup_id="20270101T000000Z")
    assert "runs 1 job(s): count" in other["msg"]


def test_what_has_no_secrets_left_is_started_from_its_declaration_only(
    deploy: Run, archive: Run, stop: Run, flink: FakeFlink
) -> None:
    deploy(sql=SECRET)
    jobs = backed_up(flink, archive, stop)
    lost(flink)
    archive(state="restored", jobs=jobs, backup_id=ID)
    assert "no record says how: declare it" in deploy(recorded=True)["msg"]
    assert deploy(sql=SECRET)["restored_from"] == jobs[0]["savepoint_path"]


def test_the_state_of_a_suspended_job_is_not_forgotten(deploy: Run, archive: Run, stop: Run, flink: FakeFlink) -> None:
    deploy(sql=SQL)
    jobs = backed_up(flink, archive, stop)
    stop(state="stopped")
    said = archive(state="restored", jobs=jobs, backup_id=ID)
    assert "has a suspended job count, whose state in" in said["msg"]


def test_a_savepoint_that_is_not_there_is_not_written_down(
    deploy: Run, archive: Run, stop: Run, flink: FakeFlink
) -> None:
    deploy(sql=SQL)
    jobs = backed_up(flink, archive, stop)
    lost(flink)
    gone = {**jobs[0], "savepoint_path": f"file:{flink.storage}/savepoints/restored-{ID}/gone"}
    said = archive(state="restored", jobs=[gone], backup_id=ID)
    assert "is not there; nothing was restored" in said["msg"]
    assert archive()["jobs"] == []


def test_the_cluster_of_the_backup_is_asked_whether_it_still_has_the_job(
    archive: Run, flink: FakeFlink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_job_archive, "any_server_listens", lambda _quorum: True)
    flink.ensemble.add(f"/flink/old/jobgraphs/{OTHER}")
    origin = {"zookeeper_quorum": "zk9:2181", "zookeeper_root": "/flink", "cluster_id": "/old"}
    jobs = [{"name": "count", "job_id": OTHER, "specification": None}]
    said = archive(state="checked", jobs=jobs, backup_id=ID, origin=origin)
    assert f"still has the job count ({OTHER}), so it would run twice" in said["msg"]
    monkeypatch.setattr(_job_archive, "any_server_listens", lambda _quorum: False)
    assert archive(state="checked", jobs=jobs, backup_id=ID, origin=origin)["changed"] is False


def test_a_backup_is_noted_once_and_only_under_its_name(archive: Run, flink: FakeFlink) -> None:
    told = archive(state="noted", backup_id="yesterday")
    assert "'yesterday' is neither a name of a backup" in told["msg"]
    assert archive(state="noted", backup_id=ID, bytes=7, check=True)["changed"] is True
    assert archive(state="noted", backup_id=ID, bytes=7)["changed"] is True
    assert archive(state="noted", backup_id=ID, bytes=7)["changed"] is False


def test_a_test_of_a_restore_is_noted_once_and_is_no_backup(archive: Run, flink: FakeFlink) -> None:
    def notes() -> list[str]:
        return [path.rpartition("/")[2] for path in flink.ensemble.nodes if "/backups/" in path]

    assert archive(state="tested", tested_at=ID, bytes=7, check=True)["changed"] is True
    assert notes() == []
    assert archive(state="tested", tested_at=ID, bytes=7)["changed"] is True
    assert archive(state="tested", tested_at=ID, bytes=7)["changed"] is False
    assert archive(state="tested", tested_at="20261120T021530Z")["changed"] is False
    assert notes() == ["last_restore_test"]
    assert archive(state="noted", backup_id=ID)["changed"] is True
    assert (
        "'yesterday' is neither a name of a backup nor the time of a test"
        in archive(state="tested", tested_at="yesterday")["msg"]
    )
    assert "tested_at" in archive(state="tested")["msg"]
