"""The module flink_daemon_info, from its arguments to its JSON."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.streamops.flink.plugins.modules import flink_daemon_info

Run = Callable[..., dict[str, Any]]


def entry(port: int, **changes: Any) -> dict[str, Any]:
    one = {"daemon": "taskmanager", "title": "TaskManager", "ask": "tcp", "host": "127.0.0.1", "port": port}
    return {**one, **changes}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_daemon_that_answers_is_found_and_nothing_is_changed(run_module: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = run_module(flink_daemon_info.main, daemons=[entry(port)], wait=True, check=True)
    assert found["changed"] is False
    assert found["daemons"] == [
        {
            "daemon": "taskmanager",
            "title": "TaskManager",
            "address": f"127.0.0.1:{port}",
            "answers": True,
            "pid": None,
            "age": None,
            "required": True,
            "says": "",
        }
    ]


def test_one_look_fails_at_nothing(run_module: Run, tmp_path: Path) -> None:
    (tmp_path / "a.out").write_text("Invalid maximum heap size: -Xmx1gb\n")
    command = ["no-such-program-anywhere", "x"]
    found = run_module(flink_daemon_info.main, daemons=[entry(free_port(), logs=[str(tmp_path)], log_command=command)])
    assert not found.get("failed")
    assert found["daemons"][0]["says"] == "connection refused; its log says: Invalid maximum heap size: -Xmx1gb"


def test_waiting_in_vain_is_one_sentence_with_the_line_of_the_log(run_module: Run, tmp_path: Path) -> None:
    (tmp_path / "a.out").write_text("Invalid maximum heap size: -Xmx1gb\n")
    one = entry(free_port(), service="c/hs1/none", directory="/none", logs=[str(tmp_path)])
    found = run_module(flink_daemon_info.main, name="hs1", daemons=[one], wait=True, timeout=0.1)
    assert found["failed"]
    assert "the TaskManager of hs1 (127.0.0.1:" in found["msg"]
    assert "does not run: connection refused for " in found["msg"]
    assert "its log says: Invalid maximum heap size: -Xmx1gb" in found["msg"]
    assert found["daemons"][0]["answers"] is False


def test_a_host_without_daemons_has_nothing_to_wait_for(run_module: Run) -> None:
    assert run_module(flink_daemon_info.main, daemons=[], wait=True)["daemons"] == []
