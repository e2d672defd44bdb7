"""The module flink_service with runtime systemd, from its arguments to its JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._runtime import systemd as _systemd
from ansible_collections.streamops.flink.plugins.module_utils._runtime.systemd import mark_of
from ansible_collections.streamops.flink.plugins.modules import flink_service

RunModule = Callable[..., dict[str, Any]]
NAME = "flink-payments-jm1-jobmanager"


@dataclass
class FakeSystemd:
    """Answers systemctl as systemd does."""

    directory: Path
    calls: list[list[str]] = field(default_factory=list)
    active: str = "inactive"
    enabled: bool = False
    # The definition of the process that runs.
    mark: str = ""
    refusal: str = ""

    def __call__(self, _module: AnsibleModule, command: list[str], **_options: Any) -> tuple[int, str, str]:
        self.calls.append(command)
        if command[1] == "show":
            return 0, self.properties(), ""
        verb = command[2]
        if self.refusal and verb == self.refusal:
            return 1, "", "Job failed because the control process exited.\nSee the journal.\n"
        if verb in ("start", "restart"):
            self.active, self.mark = "active", mark_of((self.directory / f"{NAME}.service").read_text())
        elif verb == "stop":
            self.active, self.mark = "inactive", ""
        elif verb in ("enable", "disable"):
            self.enabled = verb == "enable"
        return 0, "", ""

    def properties(self) -> str:
        pid = 4711 if self.active == "active" else 0
        state = "enabled" if self.enabled else ""
        since = "Sat 2026-03-01 12:00:00 UTC" if pid else ""
        return (
            f"LoadState=loaded\nActiveState={self.active}\nSubState=x\nMainPID={pid}\nUnitFileState={state}\n"
            f"ActiveEnterTimestamp={since}\n"
        )

    def verbs(self) -> list[str]:
        found = [call[2] for call in self.calls if call[1] == "--quiet"]
        self.calls.clear()
        return found


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSystemd:
    fake = FakeSystemd(tmp_path)
    monkeypatch.setattr(_systemd, "UNIT_DIR", tmp_path)
    monkeypatch.setattr(_systemd, "RUNS_HERE", tmp_path)
    monkeypatch.setattr(_systemd.os, "geteuid", lambda: 0)
    monkeypatch.setattr(_systemd, "environment_of", lambda _pid: {_systemd.MARK_DEFINITION: fake.mark})

    def run_command(module: AnsibleModule, command: list[str], **options: Any) -> tuple[int, str, str]:
        return fake(module, command, **options)

    monkeypatch.setattr(AnsibleModule, "run_command", run_command)
    return fake


@pytest.fixture
def arguments(tmp_path: Path) -> dict[str, Any]:
    return {
        "runtime": "systemd",
        "name": NAME,
        "command": ["/bin/sleep", "1000"],
        "directory": str(tmp_path),
        "digest": "1",
    }


def test_one_call_writes_enables_and_starts(
    run_module: RunModule, systemd: FakeSystemd, arguments: dict[str, Any]
) -> None:
    first = run_module(flink_service.main, diff=True, **arguments)
    assert systemd.verbs() == ["daemon-reload", "enable", "start"]
    second = run_module(flink_service.main, diff=True, **arguments)

    assert (first["changed"], first["state"], first["pid"]) == (True, "active", 4711)
    assert first["since"] == "2026-03-01T12:00:00Z"
    assert 'ExecStart="/bin/sleep" "1000"' in first["diff"]["after"]
    assert (systemd.directory / f"{NAME}.service").stat().st_mode & 0o777 == 0o644
    assert (second["changed"], systemd.verbs()) == (False, [])
    assert second["diff"]["before"] == second["diff"]["after"]


def test_a_new_digest_restarts(run_module: RunModule, systemd: FakeSystemd, arguments: dict[str, Any]) -> None:
    run_module(flink_service.main, **arguments)
    systemd.verbs()

    changed = run_module(flink_service.main, diff=True, **{**arguments, "digest": "2"})

    assert changed["changed"]
    assert systemd.verbs() == ["daemon-reload", "restart"]
    assert changed["diff"]["after"].endswith("# restart\n")


def test_a_restart_that_was_interrupted_is_made_up_for(
    run_module: RunModule, systemd: FakeSystemd, arguments: dict[str, Any]
) -> None:
    run_module(flink_service.main, **arguments)
    systemd.verbs()
    systemd.mark = "0" * 32

    assert run_module(flink_service.main, **arguments)["changed"]
    assert systemd.verbs() == ["restart"]


def test_without_restart_a_running_daemon_is_left_alone(
    run_module: RunModule, systemd: FakeSystemd, arguments: dict[str, Any]
) -> None:
    run_module(flink_service.main, **arguments)
    before = (systemd.directory / f"{NAME}.service").read_text()
    systemd.verbs()

    found = run_module(flink_service.main, restart=False, **{**arguments, "digest": "2"})

    assert (found["changed"], found["restart_needed"]) == (False, True)
    assert (systemd.verbs(), (systemd.directory / f"{NAME}.service").read_text()) == ([], before)


def test_secrets_are_for_root_only_and_go_when_they_are_not_needed(
    run_module: RunModule, systemd: FakeSystemd, arguments: dict[str, Any]
) -> None:
    first = run_module(flink_service.main, diff=True, secret_environment={"WORD": "geheim"}, **arguments)
    secrets = systemd.directory / f"{NAME}.secrets"
    assert secrets.read_text() == 'WORD="geheim"\n'
    assert secrets.stat().st_mode & 0o777 == 0o600
    assert "geheim" not in str(first)

    run_module(flink_service.main, **arguments)
    assert not secrets.exists()


@pytest.mark.parametrize("state", ["started", "absent"])
def test_the_unit_of_another_cluster_is_not_replaced(
    run_module: RunModule, systemd: FakeSystemd, arguments: dict[str, Any], state: str
) -> None:
    run_module(flink_service.main, service_id='a/b-c/"x" $y', **arguments)
    assert not run_module(flink_service.main, service_id='a/b-c/"x" $y', **arguments)["changed"]
    before = (systemd.directory / f"{NAME}.service").read_text()
    systemd.verbs()

    found = run_module(flink_service.main, service_id="a-b/c/jobmanager", state=state, **arguments)

    assert found["failed"]
    assert f"the unit {NAME} on " in found["msg"]
    assert "which a-b/c/jobmanager would replace: set service_unit for one of them" in found["msg"]
    assert ((systemd.directory / f"{NAME}.service").read_text(), systemd.verbs()) == (before, [])


def test_check_mode_changes_nothing(run_module: RunModule, systemd: FakeSystemd, arguments: dict[str, Any]) -> None:
    found = run_module(flink_service.main, check=True, diff=True, **{**arguments, "command": ["/nowhere/java"]})

    assert (found["changed"], found["state"]) == (True, "inactive")
    assert systemd.verbs() == []
    assert list(systemd.directory.iterdir()) == []


def test_a_unit_can_be_restarted_stopped_and_removed_by_its_name(
    run_module: RunModule, systemd: FakeSystemd, arguments: dict[str, Any]
) -> None:
    run_module(flink_service.main, **arguments)
    systemd.verbs()

    assert run_module(flink_service.main, runtime="systemd", name=NAME, state="restarted")["changed"]
    assert systemd.verbs() == ["restart"]
    assert run_module(flink_service.main, runtime="systemd", name=NAME, state="stopped")["state"] == "inactive"
    assert systemd.verbs() == ["stop", "disable"]
    removed = run_module(flink_service.main, runtime="systemd", name=NAME, state="absent")
    assert (removed["changed"], removed["state"]) == (True, "absent")
    assert not (systemd.directory / f"{NAME}.service").exists()
    assert not run_module(flink_service.main, runtime="systemd", name=NAME, state="absent")["changed"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"command": ["sleep"]}, "does not begin with an absolute path"),
        ({"command": ["/nowhere/java"]}, "cannot run /nowhere/java"),
        ({"directory": "/nowhere"}, "the directory /nowhere, below which it writes, is not on"),
        ({"user": "nobody-of-this-name"}, "has no such account"),
        ({"environment": {"A B": "1"}}, "cannot set the environment variable 'A B'"),
        ({"limits": {"files": 1}}, "cannot set the limit files"),
        ({"name": "a b"}, "is not a valid name of a unit"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_is_touched(
    run_module: RunModule, systemd: FakeSystemd, arguments: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    found = run_module(flink_service.main, **{**arguments, **change})

    assert found["failed"]
    assert words in found["msg"]
    assert systemd.verbs() == []


def test_a_unit_that_is_not_there_cannot_be_started_by_name(run_module: RunModule, systemd: FakeSystemd) -> None:
    assert "it has no unit yet" in run_module(flink_service.main, runtime="systemd", name=NAME)["msg"]
    assert systemd.verbs() == []


def test_a_start_that_fails_names_the_journal(
    run_module: RunModule, systemd: FakeSystemd, arguments: dict[str, Any]
) -> None:
    systemd.refusal = "start"
    found = run_module(flink_service.main, **arguments)
    assert f"cannot start {NAME} on " in found["msg"]
    assert found["msg"].endswith(f"the control process exited: see journalctl -u {NAME}")


def test_without_systemd_or_root_one_sentence_says_so(
    run_module: RunModule, systemd: FakeSystemd, arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_systemd.os, "geteuid", lambda: 1000)
    assert "set flink_become: true" in run_module(flink_service.main, **arguments)["msg"]
    monkeypatch.setattr(_systemd, "RUNS_HERE", Path("/nowhere"))
    assert "systemd does not run there" in run_module(flink_service.main, **arguments)["msg"]
