"""flink_checkpoint_prune: only whole directories that nothing mentions, seen twice, into the trash first."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._jobs import prune as _prune
from ansible_collections.streamops.flink.plugins.modules import flink_checkpoint_prune, flink_ha_info
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import FakeFlink, connection, java_text

Run = Callable[..., dict[str, Any]]
RUNNING, SHARED, DEEP, BACKED, IDLE = (letter * 32 for letter in "abcde")
DAY = 86400.0


class World:
    """A directory of checkpoints, and a clock."""

    def __init__(self, run_module: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run_module = run_module
        self.root = path
        self.now = time.time()
        monkeypatch.setattr(_prune.time, "time", lambda: self.now)
        self.job(RUNNING, "chk-7", f"file:{path}/checkpoints/{SHARED}/shared/1")
        self.job(SHARED, "chk-3", f"file:{path}/checkpoints/{DEEP}/shared/1")
        self.job(DEEP, "chk-1")
        self.job(BACKED, "chk-1")
        self.job(IDLE, "chk-1")
        (path / "backups" / "1").mkdir(parents=True)
        (path / "backups" / "1" / "manifest.json").write_text(json.dumps({"jobs": [{"job_id": BACKED}]}))
        self.age(100 * DAY)

    def job(self, name: str, checkpoint: str, *addresses: str) -> None:
        place = self.root / "checkpoints" / name / checkpoint
        place.mkdir(parents=True)
        (place.parent / "shared").mkdir()
        (place.parent / "shared" / "1").write_text("state")
        # What Flink writes is long: the mention spans two pieces that are read.
        (place / "_metadata").write_bytes(b"x" * (_prune.CHUNK - 40) + b"".join(map(java_text, addresses)))

    def age(self, seconds: float) -> None:
        for path in [self.root / "checkpoints", *(self.root / "checkpoints").rglob("*")]:
            os.utime(path, (self.now - seconds, self.now - seconds))

    def names(self) -> set[str]:
        return {one.name for one in (self.root / "checkpoints").iterdir() if len(one.name) == 32}

    def __call__(self, **arguments: Any) -> dict[str, Any]:
        given = {
            "directory": f"file://{self.root}/checkpoints",
            "references": [RUNNING],
            "roots": [str(self.root / "backups"), "s3://bucket/savepoints"],
            "state": "pruned",
        }
        return self.run_module(flink_checkpoint_prune.main, **{**given, **arguments})


@pytest.fixture
def world(run_module: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(run_module, tmp_path, monkeypatch)


def test_what_is_mentioned_anywhere_stays_for_ever_and_the_rest_goes_in_three_steps(world: World) -> None:
    first = world()
    assert first["seen"] == [IDLE]
    assert set(first["kept"]) == {RUNNING, SHARED, DEEP, BACKED}
    assert (first["trashed"], first["deleted"]) == ([], [])
    assert "manifest.json refers to it" in first["kept"][BACKED]
    assert world()["changed"] is False
    world.now += 3601
    second = world()
    assert second["trashed"] == [f"{world.root}/checkpoints/{IDLE}"]
    assert world.names() == {RUNNING, SHARED, DEEP, BACKED}
    assert world()["changed"] is False
    world.now += 7 * DAY
    third = world()
    assert len(third["deleted"]) == 1
    assert list((world.root / "checkpoints" / ".trash").iterdir()) == []
    assert world.names() == {RUNNING, SHARED, DEEP, BACKED}
    world.now += 1000 * DAY
    assert world()["changed"] is False
    assert {path.name for path in (world.root / "checkpoints" / SHARED / "shared").iterdir()} == {"1"}


def test_a_plan_and_check_mode_write_nothing(world: World) -> None:
    before = sorted(world.root.rglob("*"))
    planned = world(state="planned")
    assert (planned["changed"], planned["seen"]) == (False, [IDLE])
    assert world(check=True)["changed"] is True
    assert sorted(world.root.rglob("*")) == before


def test_what_comes_back_to_life_is_forgotten_and_put_back_from_the_trash(world: World) -> None:
    world()
    assert world(references=[RUNNING, IDLE])["seen"] == []
    world.now += 3601
    # It was needed in between, so that it has to be seen twice once more.
    assert world()["trashed"] == []
    world.now += 3601
    assert world()["trashed"] != []
    back = world(references=[RUNNING, IDLE])
    assert back["put_back"] == [f"{world.root}/checkpoints/{IDLE}"]
    assert IDLE in world.names()


def test_a_directory_in_which_something_was_written_lately_stays(world: World) -> None:
    (world.root / "checkpoints" / IDLE / "shared" / "2").touch()
    assert "was written" in world()["kept"][IDLE]


def test_a_damaged_list_costs_one_run_more(world: World) -> None:
    world()
    world.now += 3601
    (world.root / "checkpoints" / ".tombstones.json").write_text("torn")
    assert world()["trashed"] == []


def test_what_cannot_be_read_proves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world()
    world.now += 3601

    def refused(path: Path) -> set[str]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(_prune, "mentions", refused)
    assert "cannot be read or moved (Permission denied), so nothing is proved" in world()["msg"]
    assert IDLE in world.names()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"references": []}, "no cluster has a job"),
        ({"directory": "s3://bucket/checkpoints"}, "is not a directory of this host"),
        ({"directory": "/no/such/place"}, "is not a directory of this host"),
        ({"directory": "/"}, "is not a directory of this host"),
        ({"known": "soon"}, "known: 'soon' is not a valid duration"),
    ],
)
def test_bad_input_is_one_sentence(world: World, arguments: dict[str, Any], message: str) -> None:
    assert message in world(**arguments)["msg"]
    assert IDLE in world.names()


def test_every_id_that_is_mentioned_is_a_reference(run_module: Run, deploy: Run, flink: FakeFlink) -> None:
    job_id = deploy(sql="INSERT INTO t SELECT 1;")["job_id"]
    flink.ensemble.add(f"/flink/neighbour/execution-plans/{SHARED}")
    flink.ensemble.add("/streamops/neighbour/jobs/x", json.dumps({"path": f"file:/s/{DEEP}/chk-1"}).encode())
    known = run_module(flink_ha_info.main, **connection(), references=True)["references"]
    assert {job_id, SHARED, DEEP} <= set(known)


def test_nothing_is_proved_while_a_jobmanager_is_away(run_module: Run, flink: FakeFlink) -> None:
    managers = [*connection()["jobmanagers"], {"name": "jm2", "url": "http://127.0.0.1:1"}]
    flink.away.add("http://127.0.0.1:1")
    failed = run_module(flink_ha_info.main, **{**connection(), "jobmanagers": managers}, references=True)
    assert "it is not known which checkpoints are needed: jm2 does not answer" in failed["msg"]
