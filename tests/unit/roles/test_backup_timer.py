"""The timer of the backups is what systemd understands, and can be taken away again."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from real_cluster import PlaybookRun, run_playbook, write_inventory

NAME = "streamops-flink-backup-payments"
# Stands for a manager that runs: records its arguments, and knows of no unit yet.
SYSTEMCTL = """#!/bin/sh
echo "$@" >> "$SYSTEMCTL_CALLS"
case "$*" in
*is-enabled*) test -e "$SYSTEMCTL_CALLS.enabled" && echo enabled || { echo disabled; exit 1; } ;;
*disable*) rm -f "$SYSTEMCTL_CALLS.enabled" ;;
*enable*) touch "$SYSTEMCTL_CALLS.enabled" ;;
*show*) test -e "$SYSTEMCTL_CALLS.enabled" && active=active || active=inactive
  printf 'Id=x\\nLoadState=loaded\\nActiveState=%s\\nSubState=dead\\n' "$active" ;;
esac
"""
ANALYZE = shutil.which("systemd-analyze")
Set = Callable[..., PlaybookRun]


@pytest.fixture
def units(tmp_path: Path) -> Path:
    return tmp_path / "home/.config/systemd/user"


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return tmp_path / "calls"


@pytest.fixture
def set_timer(tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch) -> Set:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "systemctl").write_text(SYSTEMCTL)
    if ANALYZE is None:  # what it says is looked at where it is there
        (tools / "systemd-analyze").write_text("#!/bin/sh\n")
    for tool in tools.iterdir():
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache of 100 %"))
    monkeypatch.setenv("SYSTEMCTL_CALLS", str(calls))
    (tmp_path / "home").mkdir()
    cluster = write_inventory(tmp_path / "inv", tmp_path / "base", "payments", 25000, demo_enabled=False)
    return lambda *arguments, **extra: run_playbook("backup_timer.yml", cluster.inventory, *arguments, **extra)


def test_the_timer_is_written_once_and_removed(set_timer: Set, units: Path, calls: Path, tmp_path: Path) -> None:
    given = {"backup_timer_enabled": True, "backup_timer_arguments": ["-e", "note=100 % $x"]}
    assert set_timer("--check", **given).code == 0
    assert not units.exists()
    run = set_timer(**given)
    assert run.code == 0, run.text
    assert "loginctl enable-linger" in run.text
    service = (units / f"{NAME}.service").read_text()
    (command,) = [line for line in service.splitlines() if line.startswith("ExecStart=")]
    assert f'"-m" "ansible" "playbook" "-i" "{tmp_path / "inv"}" "-e" "note=100 %% $$x"' in command
    assert command.endswith('/playbooks/backup.yml"')
    assert f'Environment="XDG_CACHE_HOME={tmp_path}/cache of 100 %%"' in service
    assert "User=" not in service
    assert "OnCalendar=*-*-* 02:15:00\n" in (units / f"{NAME}.timer").read_text()
    assert f"--user enable {NAME}.timer" in calls.read_text()
    assert f"--user restart {NAME}.timer" in calls.read_text() or f"--user start {NAME}.timer" in calls.read_text()
    assert set_timer(**given).changed == 0

    gone = set_timer()
    assert gone.code == 0, gone.text
    assert list(units.iterdir()) == []
    assert f"--user disable {NAME}.timer" in calls.read_text()
    assert set_timer().changed == 0


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not here")
def test_systemd_understands_the_units_of_a_machine(set_timer: Set, units: Path, calls: Path) -> None:
    units.mkdir(parents=True)
    # As on a machine, without its rights and its directory.
    place = {"__backup_timer_units": str(units), "__backup_timer_become": False}
    run = set_timer(backup_timer_enabled=True, backup_timer_scope="system", backup_timer_user="daemon", **place)
    assert run.code == 0, run.text
    text = (units / f"{NAME}.service").read_text()
    assert "User=daemon\n" in text
    assert "After=network-online.target\n" in text
    assert "--user" not in calls.read_text()
    service, timer = units / f"{NAME}.service", units / f"{NAME}.timer"
    found = subprocess.run([str(ANALYZE), "verify", service, timer], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")
    assert NAME not in found.stderr


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not here")
def test_a_time_that_systemd_does_not_understand_changes_nothing(set_timer: Set, units: Path) -> None:
    run = set_timer(backup_timer_enabled=True, backup_timer_calendar="every now and then")
    assert run.code != 0
    assert 'does not understand backup_timer_calendar "every now and then"' in " ".join(run.text.split())
    assert not units.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"backup_timer_scope": "system"}, {"backup_timer_host": "jm1"}, {"backup_timer_scope": "global"}],
)
def test_a_timer_that_would_not_know_what_to_run_is_refused(set_timer: Set, units: Path, wrong: dict[str, str]) -> None:
    assert set_timer(backup_timer_enabled=True, **wrong).code != 0
    assert not units.exists()
