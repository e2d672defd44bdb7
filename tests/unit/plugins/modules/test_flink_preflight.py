"""The module flink_preflight, from its arguments to its JSON."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._preflight import storage as _storage
from ansible_collections.streamops.flink.plugins.modules import flink_preflight

RunModule = Callable[..., dict[str, Any]]


def test_nothing_asked_finds_nothing(run_module: RunModule) -> None:
    assert run_module(flink_preflight.main) == {
        "changed": False,
        "own_processes": [],
        "problems": [],
        "zookeeper_data": [],
        "invocation": run_module(flink_preflight.main)["invocation"],
    }


def test_all_problems_are_returned_and_the_module_does_not_fail(
    run_module: RunModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_storage, "SHARED_SECONDS", 0)
    (tmp_path / "file").touch()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = run_module(
            flink_preflight.main,
            machine="box",
            base_dir=str(tmp_path),
            nodes=[{"name": "jm1", "ports": {"jobmanager_rest_port": port, "jobmanager_rpc_port": "none"}}],
            memory={"jobmanager of jm1": "900t"},
            disk={str(tmp_path): "900000t"},
            writable=[str(tmp_path / "file")],
            python_packages=["no_such_package"],
            supervisor_dir="/" + "x" * 200,
            token_state="found",
            token_dir=str(tmp_path),
            token="t1",
        )

    assert not result.get("failed")
    assert not result["changed"]
    assert len(result["problems"]) == 7
    assert (
        f"port {port} on box, jobmanager_rest_port of jm1, is in use by process {os.getpid()}" in result["problems"][0]
    )
    assert result["memory_needed_mb"] == 900 << 20
    assert 0 < result["memory_available_mb"] < 900 << 20


def test_the_clock_is_told_and_not_judged_here(run_module: RunModule) -> None:
    before = time.time()
    result = run_module(flink_preflight.main, clock_tolerance=5)
    assert before <= result["clock"]["began"] <= result["clock"]["ended"] <= time.time()
    assert (result["clock"]["tolerance"], result["problems"]) == (5, [])


def test_the_token_is_written_found_and_removed(run_module: RunModule, tmp_path: Path) -> None:
    options = {"token_dir": str(tmp_path), "token": "t1"}

    written = run_module(flink_preflight.main, token_state="written", **options)
    found = run_module(flink_preflight.main, token_state="found", **options)
    removed = run_module(flink_preflight.main, token_state="absent", **options)

    assert [one["problems"] for one in (written, found, removed)] == [[], [], []]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("state", ["written", "absent"])
def test_check_mode_touches_no_token(run_module: RunModule, tmp_path: Path, state: str) -> None:
    (tmp_path / ".streamops-old").touch()

    run_module(flink_preflight.main, check=True, token_state=state, token_dir=str(tmp_path), token="old")

    assert [path.name for path in tmp_path.iterdir()] == [".streamops-old"]
    assert (tmp_path / ".streamops-old").read_text() == ""


def test_a_token_needs_a_directory(run_module: RunModule) -> None:
    assert "token_dir" in run_module(flink_preflight.main, token_state="written")["msg"]


def test_a_size_that_is_none_is_one_sentence(run_module: RunModule) -> None:
    result = run_module(flink_preflight.main, memory={"jobmanager of jm1": "much"})

    assert result["msg"] == (
        "the memory of jobmanager of jm1: 'much' is not a valid size: write a number with a unit, such as 1024 m or 2 g"
    )


def test_servers_that_have_data_are_named(run_module: RunModule, tmp_path: Path) -> None:
    (tmp_path / "zk1" / "zookeeper" / "data" / "version-2").mkdir(parents=True)
    nodes = [
        {"name": name, "daemons": daemons, "node_dir": str(tmp_path / name), "ports": {}}
        for name, daemons in (("zk1", ["zookeeper"]), ("zk2", ["zookeeper"]), ("tm1", ["taskmanager"]))
    ]
    assert run_module(flink_preflight.main, nodes=nodes)["zookeeper_data"] == ["zk1"]
