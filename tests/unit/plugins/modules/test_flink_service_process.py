"""The module flink_service with runtime process, from its arguments to its JSON."""

from __future__ import annotations

import contextlib
import getpass
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.processes import MARK_SUPERVISOR, processes
from ansible_collections.streamops.flink.plugins.module_utils._runtime.supervisor_service import account, program
from ansible_collections.streamops.flink.plugins.modules import flink_service

RunModule = Callable[..., dict[str, Any]]


@pytest.fixture
def arguments(tmp_path: Path) -> Iterator[dict[str, Any]]:
    yield {
        "runtime": "process",
        "name": "jm1-jobmanager",
        "supervisor_dir": str(tmp_path / "s"),
        "command": ["/bin/sleep", "1000"],
        "directory": str(tmp_path / "daemon"),
        "log": str(tmp_path / "daemon" / "log" / "out"),
        "stop_timeout": 5,
    }
    for one in processes(lambda environment: environment.get(MARK_SUPERVISOR) == str(tmp_path / "s")):
        with contextlib.suppress(ProcessLookupError):
            os.kill(one.pid, signal.SIGKILL)


def without(arguments: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name not in names}


@pytest.mark.real
def test_one_call_makes_directories_and_starts_the_daemon(run_module: RunModule, arguments: dict[str, Any]) -> None:
    first = run_module(flink_service.main, diff=True, **arguments)
    second = run_module(flink_service.main, **arguments)

    assert first["changed"]
    assert first["state"] in ("starting", "running")
    assert first["since"].endswith("Z")
    assert first["stopped_processes"] == []
    assert first["diff"]["before"] == "state: absent\n"
    assert "command=/bin/sleep 1000" in first["diff"]["after"]
    assert Path(arguments["log"]).parent.is_dir()
    assert (second["changed"], second["pid"]) == (False, first["pid"])
    assert second["diff"]["before"] == second["diff"]["after"]


@pytest.mark.real
def test_a_restart_needs_no_description(run_module: RunModule, arguments: dict[str, Any]) -> None:
    first = run_module(flink_service.main, **arguments)
    bare = without(arguments, "command", "directory", "log")

    restarted = run_module(flink_service.main, diff=True, state="restarted", **bare)
    removed = run_module(flink_service.main, state="absent", **bare)

    assert restarted["changed"]
    assert restarted["pid"] != first["pid"]
    assert restarted["diff"]["after"].endswith("; restarted\n")
    assert (removed["changed"], removed["state"], removed["pid"]) == (True, "absent", 0)


@pytest.mark.real
def test_a_changed_secret_restarts_and_stays_hidden(run_module: RunModule, arguments: dict[str, Any]) -> None:
    run_module(flink_service.main, secret_environment={"WORD": "geheim-eins"}, **arguments)

    changed = run_module(flink_service.main, diff=True, secret_environment={"WORD": "geheim-zwei"}, **arguments)

    assert changed["changed"]
    assert "geheim" not in str(changed)


@pytest.mark.real
def test_orphans_of_a_killed_supervisord_cause_a_warning(
    run_module: RunModule, arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda module, warning: warnings.append(warning))
    first = run_module(flink_service.main, **arguments)
    pid = int((Path(arguments["supervisor_dir"]) / "supervisord.pid").read_text())
    os.kill(pid, signal.SIGKILL)

    again = run_module(flink_service.main, **arguments)

    assert again["stopped_processes"] == [first["pid"]]
    assert warnings == [
        (
            f"processes {first['pid']} of jm1-jobmanager ran without supervision, because what had started them was"
            " killed; they were stopped"
        )
    ]


def test_check_mode_says_what_would_be_started_and_writes_nothing(
    run_module: RunModule, arguments: dict[str, Any], tmp_path: Path
) -> None:
    result = run_module(flink_service.main, check=True, diff=True, **arguments)

    assert (result["changed"], result["state"], result["pid"]) == (True, "stopped", 0)
    assert "state: started" in result["diff"]["after"]
    assert list(tmp_path.iterdir()) == []


def test_an_absent_daemon_stays_absent(run_module: RunModule, arguments: dict[str, Any], tmp_path: Path) -> None:
    result = run_module(flink_service.main, state="absent", **arguments)

    assert (result["changed"], result["state"]) == (False, "absent")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"command": ["/no/such/thing"]}, "cannot run /no/such/thing: there is no such executable on this host"),
        ({"command": ["sleep", "1"]}, "does not begin with an absolute path"),
        ({"command": []}, "the command is empty"),
        ({"user": "nobody-of-this-name"}, "there is no such account on this host"),
        ({"environment": {"A": "x\ny"}}, "environment variable A cannot be given to supervisord"),
        ({"supervisor_dir": "/" + "x" * 90}, "choose a shorter flink_base_dir"),
        ({"directory": "/dev/null/x"}, "cannot make the directory /dev/null/x of jm1-jobmanager: Not a directory"),
        ({"supervisord": "/no/supervisord"}, "install the Python package supervisor"),
    ],
)
def test_what_cannot_work_is_one_sentence(
    run_module: RunModule, arguments: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    result = run_module(flink_service.main, **{**arguments, **changes})

    assert result["failed"]
    assert message in result["msg"]
    assert "Traceback" not in result["msg"]


def test_a_command_needs_a_directory_and_a_log(run_module: RunModule, arguments: dict[str, Any]) -> None:
    no_log = run_module(flink_service.main, **without(arguments, "log"))
    no_directory = run_module(flink_service.main, **without(arguments, "directory"))

    assert no_log["msg"].startswith("log is missing: with runtime process a command needs a file")
    assert no_directory["msg"] == "missing parameter(s) required by 'command': directory"


def test_the_account_of_the_module_needs_no_change_of_user() -> None:
    assert account(getpass.getuser()) is None
    assert account(None) is None


def test_another_account_is_for_root_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)

    with pytest.raises(Exception, match="cannot run a daemon as root: only root can"):
        account("root")


def test_root_gives_a_daemon_the_home_of_its_account(
    arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    owner = account("nobody")
    defaults = {"environment": {}, "secret_environment": {}, "log_max_bytes": 1, "log_backups": 1, "priority": 1}
    assert owner is not None

    found = program({**arguments, **defaults, "digest": "", "service_id": None}, owner)

    assert found.user == "nobody"
    assert found.environment == {"HOME": owner.pw_dir, "USER": "nobody", "LOGNAME": "nobody"}
    assert found.service_id == f"{arguments['supervisor_dir']}/jm1-jobmanager"
