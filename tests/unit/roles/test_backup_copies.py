"""Backups go to hosts that do not see the storage, and come back from there."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._backup import store as _backup

from real_cluster import PlaybookRun, run_playbook, write_inventory

NAME = "payments"
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
Run = Callable[..., PlaybookRun]


def said(run: PlaybookRun) -> str:
    return " ".join(run.text.split())


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A playbook for a cluster that does not run, with hosts for copies that are no part of it."""
    cluster = write_inventory(tmp_path / "inv", tmp_path / "base", NAME, 25000, demo_enabled=False)
    elsewhere = {
        "vault": LOCAL | {"backup_copy_dir": str(tmp_path / "vault")},
        "cellar": LOCAL | {"backup_copy_dir": str(tmp_path / "cellar")},
        # Nothing listens there.
        "away": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9},
    }
    (cluster.inventory / "elsewhere.yml").write_text(json.dumps({"ungrouped": {"hosts": elsewhere}}))
    (tmp_path / "work").mkdir()
    given = {
        "backup_dir": str(tmp_path / "backups"),
        "backup_copy_work_dir": str(tmp_path / "work"),
        "backup_copy_piece_size": "1m",
    }
    return lambda name, *arguments, **extra: run_playbook(name, cluster.inventory, *arguments, **{**given, **extra})


def backup(tmp_path: Path, host: str, version: str, size: int = 0) -> _backup.Backup:
    place = tmp_path / f"savepoint-{host}-{version}"
    place.mkdir()
    (place / "_metadata").write_bytes(b"\x49\x60\x67\x2d\0\0\0\x04 state")
    artefact = place / "job.jar"
    artefact.write_bytes(os.urandom(size))
    request = _backup.Request(
        {"flink_version": version, "origin": {}},
        [{"name": "count", "job_id": "a", "savepoint_path": str(place)}],
        artefacts={"job.jar": artefact},
    )
    return _backup.make(tmp_path / host / NAME, request, "this host")


def test_a_backup_comes_back_from_a_host_of_copies_in_pieces(run: Run, tmp_path: Path) -> None:
    # What is newer than Flink here is refused as soon as it is read, before anything is deployed.
    newest = backup(tmp_path, "vault", "9.9.9", size=(5 << 19) + 7)
    older = "20260101T000000Z"
    backup(tmp_path, "cellar", "9.9.9").directory.rename(tmp_path / "cellar" / NAME / older)
    root = tmp_path / "backups" / NAME
    given: dict[str, Any] = {"backup_copy_hosts": ["cellar", "away", "nowhere", "vault"]}
    rehearsed = run("restore.yml", "--check", **given)
    assert f"The backup {newest.id} is on vault and not on jm1" in said(rehearsed)
    assert not root.exists()

    refused = run("restore.yml", **given)
    assert "is of Flink 9.9.9, whose state Flink 1.20.5 cannot read" in said(refused), refused.trouble
    assert [path.name for path in root.iterdir()] == [newest.id]
    brought = _backup.read(root / newest.id)
    _backup.verify(brought)
    assert brought.content == newest.content
    for path in (root, *root.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert list((tmp_path / "work").iterdir()) == []

    again = run("restore.yml", **given)
    assert "is of Flink 9.9.9" in said(again)
    assert again.changed == 0
    run("restore.yml", flink_restore_id=older, **given)
    assert [path.name for path in sorted(root.iterdir())] == [older, newest.id]


def test_what_was_damaged_where_it_lay_is_not_brought(run: Run, tmp_path: Path) -> None:
    newest = backup(tmp_path, "vault", "1.20.5", size=1000)
    (newest.directory / "artefacts/job.jar").write_bytes(bytes(1000))
    refused = run("restore.yml", backup_copy_hosts=["vault"])
    assert refused.code != 0
    assert "is not what was sent, and was removed again" in said(refused), refused.text
    assert list((tmp_path / "backups" / NAME).iterdir()) == []
    assert list((tmp_path / "work").iterdir()) == []


@pytest.fixture
def copy(run: Run, tmp_path: Path) -> Callable[..., PlaybookRun]:
    """What comes after a backup was made."""
    play = {
        "hosts": "flink",
        "gather_facts": False,
        "any_errors_fatal": True,
        "tasks": [
            {
                "ansible.builtin.include_role": {"name": "streamops.flink.backup", "tasks_from": "copies"},
                "vars": {"__backup_created": {"backup": "{{ made }}"}},
            }
        ],
    }
    (tmp_path / "copy.yml").write_text(json.dumps([play]))

    def copied(made: _backup.Backup, **extra: Any) -> PlaybookRun:
        return run(str(tmp_path / "copy.yml"), made={"id": made.id, "bytes": made.size}, **extra)

    return copied


def test_a_backup_goes_to_every_host_of_copies(copy: Callable[..., PlaybookRun], tmp_path: Path) -> None:
    made = backup(tmp_path, "backups", "1.20.5", size=(3 << 19) + 1)
    done = copy(made, backup_copy_hosts=["vault", "cellar", "vault"])
    assert done.code == 0, done.trouble
    for host in ("vault", "cellar"):
        there = _backup.newest(tmp_path / host / NAME)
        _backup.verify(there)
        assert there.content == made.content
        assert f"Backup {there.directory} on {host}: compared" in said(done)
    assert list((tmp_path / "work").iterdir()) == []


def test_a_copy_in_the_same_directory_is_told_to_be_none(copy: Callable[..., PlaybookRun], tmp_path: Path) -> None:
    made = backup(tmp_path, "backups", "1.20.5")
    (tmp_path / "vault").symlink_to(tmp_path / "backups")
    refused = copy(made, backup_copy_hosts=["vault"])
    assert refused.code != 0
    assert f"so that the backup {made.id} was made and not copied" in said(refused)
    assert refused.changed == 0


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"backup_copy_hosts": ["vault", "away"]},
            "away of backup_copy_hosts cannot be reached, so no backup",
        ),
        ({"backup_copy_hosts": ["nowhere"]}, "nowhere in backup_copy_hosts is not a host of the inventory"),
        ({"backup_copy_hosts": ["jm1"]}, "jm1 in backup_copy_hosts has the backups already, it is backup_host"),
        ({"backup_copy_hosts": ["vault"], "backup_copy_piece_size": f"{1 << 40}m"}, "of free disk, less than"),
        ({"backup_copy_hosts": ["tm1"], "backup_copy_dir": "{{ flink_base_dir }}/b"}, "is removed with the cluster"),
    ],
)
def test_a_host_that_cannot_take_a_copy_is_told_before_anything(
    run: Run, tmp_path: Path, given: dict[str, Any], sentence: str
) -> None:
    refused = run("backup.yml", **given)
    assert refused.code != 0
    assert sentence in said(refused), refused.trouble
    assert refused.changed == 0
    assert not (tmp_path / "backups").exists()
