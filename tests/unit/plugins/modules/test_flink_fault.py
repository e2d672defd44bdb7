"""flink_fault, on processes of this machine that carry the mark of a daemon."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._drill import inject as _fault
from ansible_collections.streamops.flink.plugins.modules import flink_fault

RunModule = Callable[..., dict[str, Any]]
REPO = Path(__file__).resolve().parents[4]


@pytest.fixture
def service() -> str:
    return f"test/{uuid.uuid4().hex}/jobmanager"


@pytest.fixture
def daemon(service: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "1000"], env={**os.environ, "STREAMOPS_SERVICE": service}) as started:
        wait_for(lambda: bool(_fault.find(_fault.Daemon(service, "process", "/tmp"))))
        yield started
        started.kill()


@pytest.fixture
def options(service: str, tmp_path: Path) -> dict[str, Any]:
    return {"service_id": service, "directory": str(tmp_path / "drill")}


def wait_for(probe: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not probe():
        assert time.monotonic() < deadline, "it did not happen in time"
        os.sched_yield()


@pytest.mark.parametrize(("action", "number"), [("kill", signal.SIGKILL), ("terminate", signal.SIGTERM)])
def test_a_signal_ends_the_daemon_and_its_time_is_told(
    run_module: RunModule,
    options: dict[str, Any],
    daemon: subprocess.Popen[bytes],
    action: str,
    number: signal.Signals,
) -> None:
    before = time.time()
    result = run_module(flink_fault.main, action=action, **options)
    assert daemon.wait(10) == -number
    assert (result["changed"], result["pid"], result["pids"]) == (True, daemon.pid, [daemon.pid])
    assert before <= result["clock"]["begin"] <= result["clock"]["event"] <= result["clock"]["end"] <= time.time()
    assert result["injected"].endswith("Z")
    assert result["clock"]["boot_id"]
    assert not Path(options["directory"]).exists()


def test_check_mode_says_who_would_be_hit(
    run_module: RunModule, options: dict[str, Any], daemon: subprocess.Popen[bytes]
) -> None:
    result = run_module(flink_fault.main, check=True, action="kill", **options)
    assert (result["pid"], result["injected"], daemon.poll()) == (daemon.pid, None, None)
    assert result["command"] == "sleep 1000"


@pytest.mark.parametrize("action", ["kill", "freeze", "disk_full"])
def test_where_nothing_runs_nothing_is_done(run_module: RunModule, options: dict[str, Any], action: str) -> None:
    result = run_module(flink_fault.main, action=action, **options)
    assert result["failed"]
    assert "no process of it runs on this host" in result["msg"]
    assert not Path(options["directory"]).exists()


def test_a_frozen_daemon_is_killed_and_never_continued(
    run_module: RunModule, options: dict[str, Any], daemon: subprocess.Popen[bytes]
) -> None:
    run_module(flink_fault.main, action="freeze", **options)
    wait_for(lambda: _fault.is_frozen(daemon.pid))
    again = run_module(flink_fault.main, action="kill", **options)
    assert "an earlier fault still lasts" in again["msg"]
    result = run_module(flink_fault.main, state="absent", **options)
    assert daemon.wait(10) == -signal.SIGKILL
    assert (result["changed"], result["action"], result["pid"], result["left"]) == (True, "freeze", daemon.pid, [])
    assert not Path(options["directory"]).exists()


def test_removing_what_is_not_there_changes_nothing(run_module: RunModule, options: dict[str, Any]) -> None:
    result = run_module(flink_fault.main, state="absent", **options)
    assert (result["changed"], result["action"], result["removed"], result["left"]) == (False, None, None, [])


def test_check_mode_removes_nothing(
    run_module: RunModule, options: dict[str, Any], daemon: subprocess.Popen[bytes]
) -> None:
    run_module(flink_fault.main, action="freeze", **options)
    wait_for(lambda: _fault.is_frozen(daemon.pid))
    result = run_module(flink_fault.main, check=True, state="absent", **options)
    assert _fault.is_frozen(daemon.pid)
    assert len(result["left"]) == 2
    run_module(flink_fault.main, state="absent", **options)


def test_a_daemon_without_room_may_write_again_afterwards(
    run_module: RunModule, options: dict[str, Any], daemon: subprocess.Popen[bytes]
) -> None:
    before = resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE)
    run_module(flink_fault.main, action="disk_full", **options)
    assert resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE) == (0, before[1])
    result = run_module(flink_fault.main, state="absent", **options)
    assert resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE) == before
    assert (daemon.poll(), result["left"]) == (None, [])


def test_a_fault_that_is_not_removed_is_removed_by_the_host(
    options: dict[str, Any], daemon: subprocess.Popen[bytes]
) -> None:
    done = subprocess.run(
        [sys.executable, str(REPO / "plugins" / "modules" / "flink_fault.py")],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": {"action": "freeze", "lease": 1.0, **options}}),
        env={**os.environ, "PYTHONPATH": str(REPO / ".venv" / "collections")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # It has answered and ended long before: nothing waits for the process that stays behind.
    assert json.loads(done.stdout)["pid"] == daemon.pid
    assert daemon.wait(20) == -signal.SIGKILL
    wait_for(lambda: not Path(options["directory"]).exists())


def test_a_daemon_of_another_cluster_of_the_same_name_is_not_hit(
    run_module: RunModule, options: dict[str, Any], service: str
) -> None:
    marks = {"STREAMOPS_SERVICE": service, "STREAMOPS_DIRECTORY": "/srv/theirs"}
    with subprocess.Popen(["sleep", "1000"], env={**os.environ, **marks}) as theirs:
        wait_for(lambda: bool(_fault.find(_fault.Daemon(service, "process", "/tmp"))))
        result = run_module(flink_fault.main, action="kill", service_directory="/srv/ours", **options)
        assert "no process of it runs on this host" in result["msg"]
        assert theirs.poll() is None
        assert (
            run_module(flink_fault.main, action="kill", service_directory="/srv/theirs", **options)["pid"] == theirs.pid
        )


def test_stopping_wants_to_know_what_the_runtime_calls_it(run_module: RunModule, options: dict[str, Any]) -> None:
    result = run_module(flink_fault.main, action="stop", **options)
    assert "name and supervisor_dir must be given" in result["msg"]


def test_nodes_that_share_a_network_are_not_cut_off(
    run_module: RunModule, options: dict[str, Any], daemon: subprocess.Popen[bytes]
) -> None:
    result = run_module(flink_fault.main, action="partition", peers=[{"address": "zk1", "ports": [2181]}], **options)
    assert "share the network" in result["msg"]
    assert not Path(options["directory"]).exists()


class Iptables:
    """Keeps rules as iptables does, and says them as iptables -S does."""

    def __init__(self, failing: int = 0) -> None:
        self.rules: list[str] = []
        self.calls: list[list[str]] = []
        self._failing = failing

    def __call__(self, command: list[str]) -> tuple[int, str, str]:
        self.calls.append(command)
        words = command[command.index("-w") + 1 :]
        if words[0] == "-S":
            rules = [f'-A {rule} --comment "other" -j DROP' for rule in ("INPUT -m comment",)] + self.rules
            return 0, "\n".join(rules) if "iptables" in command else "", ""
        if words[0] == "-I":
            if len(self.rules) + 1 == self._failing:
                return 1, "", "iptables: no chain"
            self.rules.append("-A " + " ".join(words[1:]))
        else:
            self.rules.remove("-A " + " ".join(words[1:]))
        return 0, "", ""


PEERS = ({"address": "10.0.0.1", "ports": [2181], "own_ports": [6122]},)


def test_a_partition_drops_packets_both_ways_and_is_healed_by_its_mark(
    service: str, tmp_path: Path, daemon: subprocess.Popen[bytes]
) -> None:
    tables = Iptables()
    victim = _fault.Daemon(service, "systemd", str(tmp_path / "drill"), peers=PEERS)
    told = _fault.inject(victim, "partition", tables, lease=60.0)
    assert told["pid"] == daemon.pid
    assert [" ".join(call[:4]) for call in tables.calls] == [f"nsenter -t {daemon.pid} -n"] * 4
    assert [rule.split(" -m ")[0] for rule in tables.rules] == [
        "-A OUTPUT -p tcp -d 10.0.0.1 --dport 2181",
        "-A INPUT -p tcp -s 10.0.0.1 --sport 2181",
        "-A INPUT -p tcp -s 10.0.0.1 --dport 6122",
        "-A OUTPUT -p tcp -d 10.0.0.1 --sport 6122",
    ]
    assert all(rule.endswith(f"-m comment --comment streamops-drill:{service} -j DROP") for rule in tables.rules)
    assert len(_fault.traces_of(victim, tables)) == 5
    removed = _fault.remove(victim, tables)
    assert (removed["action"], removed["left"], tables.rules) == ("partition", [], [])


def test_half_a_partition_is_none(service: str, tmp_path: Path, daemon: subprocess.Popen[bytes]) -> None:
    tables = Iptables(failing=3)
    victim = _fault.Daemon(service, "systemd", str(tmp_path / "drill"), peers=PEERS)
    with pytest.raises(FlinkError, match=r"cannot cut .* off with iptables: iptables: no chain"):
        _fault.inject(victim, "partition", tables, lease=60.0)
    assert tables.rules == []
    assert not victim.record.exists()
    assert _fault.traces_of(victim, tables) == []


@pytest.mark.parametrize(("runtime", "tool"), [("systemd", "systemctl"), ("docker", "docker")])
def test_a_service_is_stopped_and_started_by_its_runtime(
    service: str, tmp_path: Path, daemon: subprocess.Popen[bytes], runtime: str, tool: str
) -> None:
    calls: list[list[str]] = []

    def run_command(command: list[str]) -> tuple[int, str, str]:
        calls.append(command)
        return 0, "", ""

    victim = _fault.Daemon(service, runtime, str(tmp_path / "drill"), name="zk1")
    _fault.inject(victim, "stop", run_command, lease=60.0)
    assert _fault.remove(victim, run_command)["left"] == []
    assert calls == [[tool, "stop", "zk1"], [tool, "start", "zk1"]]


def test_the_process_that_a_script_started_is_the_daemon(service: str) -> None:
    script = "sleep 1000 & wait"
    with subprocess.Popen(["sh", "-c", script], env={**os.environ, "STREAMOPS_SERVICE": service}) as shell:
        wanted = _fault.Daemon(service, "process", "/tmp")
        wait_for(lambda: len(_fault.find(wanted)) == 2)
        found = _fault.find(wanted)
        assert found[0].pid == shell.pid
        assert _fault.main_process(found).pid != shell.pid
        for one in found:
            os.kill(one.pid, signal.SIGKILL)
