"""flink_savepoint: none is forgotten, none that is needed is disposed of."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_savepoint
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import (
    Crash,
    FakeFlink,
    connection,
)

SQL = "INSERT INTO t SELECT 1;"
OTHER = "b" * 32
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def savepoint(run_module: Run, flink: FakeFlink) -> Run:
    return lambda **arguments: run_module(flink_savepoint.main, **{**connection(), **arguments})


def on_disk(flink: FakeFlink) -> set[str]:
    return {f"file:{path.parent}" for path in (flink.storage / "savepoints").rglob("_metadata")}


def test_a_savepoint_is_made_and_listed(deploy: Run, savepoint: Run, flink: FakeFlink) -> None:
    deploy(sql=SQL)
    result = savepoint(name="count", savepoint_format="native")
    assert result["changed"] is True
    assert on_disk(flink) == {result["savepoint_path"]}
    (listed,) = savepoint(name="count", state="listed")["savepoints"]
    assert listed["path"] == result["savepoint_path"]
    assert (listed["format"], listed["exists"], listed["needed"]) == ("native", True, None)
    assert [job.state for job in flink.jobs.values()] == ["RUNNING"]
    assert savepoint(name="unknown", state="listed")["savepoints"] == []


def test_check_mode_makes_none(deploy: Run, savepoint: Run, flink: FakeFlink) -> None:
    deploy(sql=SQL)
    assert savepoint(name="count", check=True)["changed"] is True
    assert savepoint(name="count", state="stopped", check=True)["changed"] is True
    assert on_disk(flink) == set()


def test_a_declared_job_that_is_stopped_is_suspended(deploy: Run, savepoint: Run) -> None:
    deploy(sql=SQL)
    stopped = savepoint(name="count", state="stopped")
    again = savepoint(name="count", state="stopped")
    assert (stopped["changed"], again["changed"]) == (True, False)
    assert stopped["savepoint_path"] == again["savepoint_path"]
    assert stopped["savepoints"][0]["needed"] == "count is suspended and continues from it"
    assert deploy(sql=SQL)["restored_from"] == stopped["savepoint_path"]


@pytest.mark.parametrize("how", [{"name": "by hand"}, {"job_id": OTHER}])
@pytest.mark.parametrize("state", ["created", "stopped"])
def test_jobs_that_others_have_deployed_have_savepoints_too(
    savepoint: Run, flink: FakeFlink, how: dict[str, str], state: str
) -> None:
    flink.start(OTHER, "by hand", {}, "", 1)
    result = savepoint(state=state, **how)
    assert on_disk(flink) == {result["savepoint_path"]}
    assert flink.jobs[OTHER].alive is (state == "created")
    (listed,) = savepoint(state="listed")["savepoints"]
    assert (listed["name"], listed["job_id"]) == ("by hand", OTHER)
    assert savepoint(state="absent", path=result["savepoint_path"])["changed"] is True
    assert savepoint(state="listed")["savepoints"] == []


def test_a_savepoint_is_disposed_of_once(deploy: Run, savepoint: Run, flink: FakeFlink) -> None:
    deploy(sql=SQL)
    path = savepoint(name="count")["savepoint_path"]
    assert savepoint(state="absent", path=path, check=True)["changed"] is True
    assert on_disk(flink) == {path}
    gone = savepoint(state="absent", path=path)
    assert (gone["changed"], gone["savepoints"]) == (True, [])
    assert on_disk(flink) == set()
    assert savepoint(state="absent", path=path)["changed"] is False


def test_a_savepoint_that_a_job_needs_stays_unless_it_is_forced(deploy: Run, savepoint: Run, flink: FakeFlink) -> None:
    deploy(sql=SQL)
    path = savepoint(name="count", state="stopped")["savepoint_path"]
    refused = savepoint(state="absent", path=path)
    assert refused["failed"] is True
    assert "count is suspended and continues from it; use force" in refused["msg"]
    assert on_disk(flink) == {path}
    assert savepoint(state="absent", path=path, force=True)["changed"] is True


def test_a_directory_that_is_no_savepoint_is_not_deleted(savepoint: Run, flink: FakeFlink) -> None:
    place = flink.storage / "savepoints" / "precious"
    place.mkdir()
    assert "holds no file _metadata, so it is not a savepoint" in savepoint(state="absent", path=f"file:{place}")["msg"]
    assert place.is_dir()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "say which job the savepoint is to be made of"),
        ({"name": "none"}, "there is no job called none"),
        ({"job_id": "x"}, "is not a valid job id"),
        ({"job_id": "c" * 32}, "does not run: it is unknown"),
        ({"state": "absent"}, "state is absent but all of the following are missing: path"),
        ({"name": "a", "job_id": OTHER}, "mutually exclusive"),
    ],
)
def test_bad_input_is_one_sentence(savepoint: Run, arguments: dict[str, str], message: str) -> None:
    result = savepoint(**arguments)
    assert result["failed"] is True
    assert message in result["msg"]


def test_two_jobs_of_one_name_are_told_apart_by_their_id(savepoint: Run, flink: FakeFlink) -> None:
    for job_id in ("a" * 32, OTHER):
        flink.start(job_id, "twins", {}, "", 1)
    assert "there are 2 jobs called twins" in savepoint(name="twins")["msg"]
    assert savepoint(job_id=OTHER)["changed"] is True


def test_a_failure_is_its_class_and_its_cause(deploy: Run, savepoint: Run, flink: FakeFlink) -> None:
    deploy(sql=SQL)
    flink.on_savepoint = lambda _job: "no space left"
    result = savepoint(name="count")
    assert result["failed"] is True
    assert result["failure_cause"] == "CheckpointException: no space left"
    assert on_disk(flink) == set()


@pytest.mark.parametrize("state", ["created", "stopped"])
@pytest.mark.parametrize("happens", ["crash before", "crash after", "leader before", "leader after"])
def test_whatever_dies_at_whichever_call_no_savepoint_is_forgotten(
    deploy: Run, savepoint: Run, flink: FakeFlink, state: str, happens: str
) -> None:
    deploy(sql=SQL)
    calls = 0
    while True:
        calls += 1
        flink.calls = 0
        flink.fault = (calls, happens)
        with suppress(Crash):
            savepoint(name="count", state=state)
        reached = flink.calls >= calls
        flink.revive()
        if not reached:
            break
        assert deploy(sql=SQL)["flink_state"] == "RUNNING"
        listed = {one["path"] for one in savepoint(name="count", state="listed")["savepoints"]}
        assert on_disk(flink) <= listed
        assert len([job for job in flink.jobs.values() if job.alive]) == 1
    assert calls > 5


def test_retention_keeps_the_newest_and_what_the_job_came_from(deploy: Run, savepoint: Run, flink: FakeFlink) -> None:
    deploy(sql=SQL)
    source = savepoint(name="count", state="stopped")["savepoint_path"]
    deploy(sql=SQL)
    made = [savepoint(name="count")["savepoint_path"] for _number in range(3)]
    planned = savepoint(state="retained", keep=1, check=True, diff=True)
    assert planned["disposed"] == made[:2]
    assert on_disk(flink) == {source, *made}
    assert savepoint(state="retained", keep=1)["disposed"] == made[:2]
    assert on_disk(flink) == {source, made[2]}
    assert [one["path"] for one in savepoint(state="listed")["savepoints"]] == [source, made[2]]
    assert savepoint(state="retained", keep=1)["changed"] is False


def test_a_job_without_a_checkpoint_of_its_own_keeps_all(deploy: Run, savepoint: Run, flink: FakeFlink) -> None:
    job_id = deploy(sql=SQL)["job_id"]
    for _number in range(3):
        savepoint(name="count")
    flink.jobs[job_id].number = 0
    assert savepoint(state="retained", keep=1)["changed"] is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "say how many savepoints stay"),
        ({"keep": 0}, "never disposed of"),
        ({"max_age": "soon"}, "is not a valid duration"),
    ],
)
def test_a_retention_that_makes_no_sense_deletes_nothing(
    savepoint: Run, arguments: dict[str, Any], message: str
) -> None:
    assert message in savepoint(state="retained", **arguments)["msg"]


def test_a_savepoint_that_flink_cannot_delete_is_not_forgotten(deploy: Run, savepoint: Run, flink: FakeFlink) -> None:
    deploy(sql=SQL)
    for _number in range(2):
        savepoint(name="count")
    flink.refuses_disposal = True
    failed = savepoint(state="retained", keep=1)
    assert "could not be disposed of" in failed["msg"]
    assert len(savepoint(state="listed")["savepoints"]) == 2
