"""flink_status: asks every daemon, and lists those that did not answer."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Leadership
from ansible_collections.streamops.flink.plugins.module_utils._cluster.leader import Leader
from ansible_collections.streamops.flink.plugins.module_utils._operations import status as _status
from ansible_collections.streamops.flink.plugins.modules import flink_status

RunModule = Callable[..., dict[str, Any]]


@pytest.fixture
def closed_port() -> str:
    """An address where no process listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def options(closed_port: str) -> dict[str, Any]:
    return {
        "zookeeper_quorum": closed_port,
        "cluster_id": "/payments",
        "jobmanagers": [{"name": "jm1", "url": f"http://{closed_port}"}],
        "zookeepers": {closed_port: "zk1"},
    }


def test_a_cluster_that_is_away_is_described_and_not_an_error(run_module: RunModule, options: dict[str, Any]) -> None:
    result = run_module(flink_status.main, **options)
    status = result["status"]
    assert (result["changed"], status["leader"], status["jobs"]) == (False, None, [])
    assert [(one["name"], one["mode"]) for one in status["zookeeper"]] == [("zk1", None)]
    assert [one["role"] for one in status["jobmanagers"]] == ["unreachable"]
    assert any("accepts no connection" in problem for problem in status["problems"])
    assert any(problem.startswith("JobManager jm1 does not answer") for problem in status["problems"])


def test_the_status_is_written_to_a_file_but_not_in_check_mode(
    run_module: RunModule, options: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "status.json"
    run_module(flink_status.main, check=True, path=str(path), **options)
    assert not path.exists()
    status = run_module(flink_status.main, path=str(path), **options)["status"]
    assert json.loads(path.read_text())["cluster_id"] == status["cluster_id"]


def test_a_file_that_cannot_be_written_is_told_in_a_sentence(
    run_module: RunModule, options: dict[str, Any], tmp_path: Path
) -> None:
    result = run_module(flink_status.main, path=str(tmp_path / "no" / "where"), **options)
    assert result["failed"] is True
    assert "cannot be written" in result["msg"]


def test_what_the_inventory_promises_reaches_the_judgement(
    run_module: RunModule, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[_status.Expected] = []

    def collect(_cluster: object, expected: _status.Expected) -> dict[str, Any]:
        seen.append(expected)
        return {"jobs": [], "problems": [], "notes": []}

    monkeypatch.setattr(flink_status, "collect", collect)
    run_module(flink_status.main, taskmanagers=["tm1"], slots=4, jobs=["a"], **options)
    assert (seen[0].taskmanagers, seen[0].slots, seen[0].jobs) == (["tm1"], 4, ["a"])


def test_a_watchdog_whose_word_cannot_be_read_is_not_called_silent(
    run_module: RunModule, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_given: object) -> None:
        raise FlinkError("the record /streamops/watchdog/status is not valid JSON")

    leader = Leader("http://127.0.0.1:8081", "jm1", "s1", "0x1", "2026-11-21T11:00:00.000Z")
    monkeypatch.setattr(_status, "_leadership", lambda _cluster: Leadership(leader, (), None))
    monkeypatch.setattr(_status, "_ask_leader", lambda *_given: [])
    monkeypatch.setattr(_status, "_watchdog", lambda _cluster: None)
    silent = run_module(flink_status.main, watchdog=True, **options)["status"]["problems"]
    assert any(one.startswith("No watchdog has been heard of yet") for one in silent)
    monkeypatch.setattr(_status, "_watchdog", lost)
    problems = run_module(flink_status.main, watchdog=True, **options)["status"]["problems"]
    assert [one for one in problems if "watchdog" in one] == [
        "What the watchdog has said last cannot be read: the record /streamops/watchdog/status is not valid JSON."
    ]
