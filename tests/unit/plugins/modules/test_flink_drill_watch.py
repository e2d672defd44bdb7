"""flink_drill_watch: the watch and the play talk through files, and the watch always ends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.processes import boot_id
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster, Settings
from ansible_collections.streamops.flink.plugins.module_utils._drill import watch as _drill_watch
from ansible_collections.streamops.flink.plugins.module_utils._drill.faults import CATALOGUE
from ansible_collections.streamops.flink.plugins.module_utils._drill.watch import Watch, WatchPlan
from ansible_collections.streamops.flink.plugins.modules import flink_drill_watch

RunModule = Callable[..., dict[str, Any]]
JOB = "a" * 32
CONNECTION = {
    "zookeeper_quorum": "zk1:2181",
    "cluster_id": "/payments",
    "jobmanagers": [{"name": "jm1", "url": "http://jm1:8081"}],
}


class World:
    """A cluster that can be disturbed."""

    def __init__(self) -> None:
        self.session = "0x1"
        self.sessions = ["0x1", "0x2"]
        self.state = "RUNNING"
        self.restored: dict[str, Any] | None = None
        self.checkpoints = [self.checkpoint(17)]
        self.triggers = 0

    @staticmethod
    def checkpoint(number: int) -> dict[str, Any]:
        return {"id": number, "status": "COMPLETED", "triggered": time.time(), "acked": time.time()}

    def leader(self, _cluster: Any) -> dict[str, Any]:
        return {
            "ok": True,
            "leader": "jm1" if self.session == "0x1" else "jm2",
            "session": self.session,
            "sessions": self.sessions,
            "url": "http://jm1:8081",
        }

    def jobs(self, _endpoint: Any) -> dict[str, Any]:
        running = 5 if self.state == "RUNNING" else 0
        return {"ok": True, "jobs": [{"id": JOB, "name": "t", "state": self.state, "running": running, "total": 5}]}

    def workers(self, _endpoint: Any) -> dict[str, Any]:
        return {"ok": True, "ids": ["tm1"], "slots": 4}

    def servers(self, _servers: Any, _names: Any) -> dict[str, Any]:
        return {"serving": ["zk1"]}

    def history(self, _endpoint: Any, _job: str) -> dict[str, Any]:
        return {"job": JOB, "restored": self.restored, "history": [*self.checkpoints]}

    def post(self, path: str, _body: Any, **_more: Any) -> None:
        assert path == f"/jobs/{JOB}/checkpoints"
        self.triggers += 1
        self.checkpoints.append(self.checkpoint(17 + self.triggers))

    def fail_over(self) -> None:
        self.session, self.sessions = "0x2", ["0x2", "0x3"]
        self.restored = {"id": 17, "at": time.time(), "path": "p"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    found = World()
    monkeypatch.setattr(_drill_watch, "look_at_leader", found.leader)
    monkeypatch.setattr(_drill_watch, "look_at_jobs", found.jobs)
    monkeypatch.setattr(_drill_watch, "look_at_workers", found.workers)
    monkeypatch.setattr(_drill_watch, "look_at_servers", found.servers)
    monkeypatch.setattr(_drill_watch, "look_at_checkpoints", found.history)
    monkeypatch.setattr(_drill_watch.Endpoint, "post", found.post)
    monkeypatch.setattr(_drill_watch, "TRIGGER_EVERY", 0.1)
    return found


@contextmanager
def watching(directory: Path, **plan: Any) -> Iterator[dict[str, Any]]:
    """Run a watch in parallel with the test, as the asynchronous task does."""
    outcome: dict[str, Any] = {}
    settings = Settings.from_options(CONNECTION)
    told = WatchPlan(directory, CATALOGUE["leader_kill"], **{"watch": 0.5, "before": 0.3, "deadline": 20.0, **plan})
    thread = threading.Thread(target=lambda: outcome.update(Watch(Cluster(settings), told).run()))
    thread.start()
    yield outcome
    (directory / "stop").touch()
    thread.join(20)
    assert not thread.is_alive()


def injection(**more: Any) -> dict[str, Any]:
    now = time.time()
    clock = {"begin": now, "end": now, "event": now, "boot_id": boot_id()}
    return {"host": "jm1", "service": "jobmanager", "pid": 4711, "clock": clock, **more}


@pytest.fixture
def play(run_module: RunModule, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def call(state: str, **options: Any) -> dict[str, Any]:
        fixed = {"state": state, "directory": str(tmp_path), "fault": "leader_kill", "watch": 0.5, "timeout": 15.0}
        return run_module(flink_drill_watch.main, **{**CONNECTION, **fixed, **options})

    return call


def test_a_fault_is_watched_from_before_it_to_after_it(
    world: World, play: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "running").touch()
    with watching(tmp_path) as outcome:
        assert play("ready")["phase"] == "ready"
        shot = injection()
        world.fail_over()
        assert play("recovered", injections=[shot])["phase"] in ("recovering", "settled")
        ended = play("settled", removals=[{"clock": {}, "left": []}])
        assert (ended["phase"], ended["settled"]) == ("ended", True)
    assert outcome == {"settled": True, "text": "recovered, and it stayed so"}
    # The process that feeds rows ends with the watch.
    assert not (tmp_path / "running").exists()
    limits = {"leader": 3.0, "running": 12.0}
    result = play("judged", limits=limits, removals=[{"clock": {}, "left": []}])["result"]
    assert (result["status"], result["reason"]) == ("passed", "")
    assert result["what"] == "SIGKILL to process 4711 of jobmanager on jm1"
    assert [one["name"] for one in result["times"]] == ["leader", "running"]
    assert world.triggers >= 2


def test_without_recovery_the_watch_ends_at_its_deadline(
    world: World, play: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    with watching(tmp_path, deadline=2.0):
        play("ready")
        play("recovered", injections=[injection()])
        ended = play("settled")
    assert not ended["settled"]
    assert "no other JobManager leads yet" in ended["text"]
    result = play("judged", limits={"leader": 3.0})["result"]
    assert result["status"] == "failed"
    assert "not recovered when the watch ended" in result["reason"]


def test_a_watch_that_is_not_waited_for_ends(
    world: World, play: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_drill_watch, "ABANDONED_AFTER", 0.5)
    with watching(tmp_path) as outcome:
        assert play("settled", timeout=10.0)["failed"]  # it has no record of a fault
        limit = time.monotonic() + 10
        while not outcome and time.monotonic() < limit:
            threading.Event().wait(0.05)
    assert outcome["text"] == "no process waits for the watch any more"


def test_a_watch_that_is_stopped_ends_at_once(
    world: World, play: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    assert play("stopped")["text"] == "there was no watch"
    with watching(tmp_path):
        play("ready")
        assert play("stopped")["text"] == "the watch was stopped"


def test_a_thread_that_dies_ends_the_watch(
    world: World, play: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _arguments: None)
    monkeypatch.setattr(_drill_watch, "look_at_servers", lambda *_arguments: 1 / 0)
    with watching(tmp_path):
        result = play("ready")
    assert result["failed"]
    assert "one of its threads has died" in result["msg"]


def test_a_watch_that_is_not_heard_of_is_not_waited_for(
    play: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_drill_watch, "START_WITHIN", 0.3)
    assert "the watch did not start" in play("ready")["msg"]
    (tmp_path / "state.json").write_text(json.dumps({"phase": "baseline", "text": "", "settled": False, "at": 1.0}))
    assert "has not been heard of" in play("ready")["msg"]


@pytest.mark.parametrize("injections", [[], [{"host": "jm1", "clock": {"event": None}}]])
def test_a_fault_without_a_time_is_none(play: Callable[..., dict[str, Any]], injections: list[Any]) -> None:
    assert "does not say when it was injected" in play("recovered", injections=injections)["msg"]


def test_a_fault_that_is_none_is_refused(play: Callable[..., dict[str, Any]]) -> None:
    assert "there is no fault 'flood'" in play("ready", fault="flood")["msg"]


def test_nothing_is_judged_that_was_not_watched(play: Callable[..., dict[str, Any]]) -> None:
    assert "has no record of a fault" in play("judged")["msg"]


def test_times_of_another_host_are_told_in_ours(play: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    asked = time.time()
    clock = {"begin": asked + 100.1, "end": asked + 100.3, "event": asked + 100.2, "boot_id": "another"}
    (tmp_path / "state.json").write_text(
        json.dumps({"phase": "ended", "text": "", "settled": False, "at": time.time()})
    )
    play("recovered", injections=[injection(clock=clock)], asked_at=asked)
    told = json.loads((tmp_path / "fault.json").read_text())
    assert abs(told["injected"] - asked) <= told["uncertainty"] + 0.2
    assert told["uncertainty"] > 0


def test_an_unwritable_directory_is_said(run_module: RunModule) -> None:
    options = {**CONNECTION, "state": "watching", "directory": "/proc/nowhere", "fault": "leader_kill"}
    assert "cannot watch" in run_module(flink_drill_watch.main, **options)["msg"]
