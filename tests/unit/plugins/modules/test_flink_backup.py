"""flink_backup: what a user of the module sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_backup

RunModule = Callable[..., dict[str, Any]]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    directory = tmp_path / "storage" / "savepoint-1"
    directory.mkdir(parents=True)
    (directory / "_metadata").write_bytes(b"\x49\x60\x67\x2d\0\0\0\x04 state")
    return directory


@pytest.fixture
def backup(run_module: RunModule, tmp_path: Path) -> RunModule:
    return lambda **arguments: run_module(flink_backup.main, root=str(tmp_path / "backups"), **arguments)


@pytest.fixture
def made(backup: RunModule, place: Path) -> dict[str, Any]:
    return backup(
        about={"flink_version": "1.20.5", "origin": {}},
        jobs=[{"name": "count", "job_id": "a", "savepoint_path": f"file:{place}"}],
        documents={"configuration/jm1/config.yaml": "rest.password: canary\nrest.port: 8081\n"},
    )


def test_a_backup_is_made_verified_and_put_back(backup: RunModule, made: dict[str, Any], tmp_path: Path) -> None:
    assert made["changed"] is True
    assert made["backup"]["manifest"]["flink_version"] == "1.20.5"
    seen = backup(state="verified", flink_version="2.2.1")
    assert (seen["changed"], seen["backup"]["id"], seen["backup"]["files"]) == (False, made["backup"]["id"], 2)
    target = str(tmp_path / "new")
    assert backup(state="restored", savepoints=target, check=True)["changed"] is True
    assert not Path(target).exists()
    restored = backup(state="restored", savepoints=target)
    assert restored["changed"] is True
    assert Path(restored["places"]["count"].removeprefix("file:"), "_metadata").is_file()
    assert backup(state="restored", savepoints=target)["changed"] is False


def test_secrets_of_a_configuration_do_not_get_in(made: dict[str, Any]) -> None:
    text = Path(made["backup"]["directory"], "configuration/jm1/config.yaml").read_text()
    assert "canary" not in text
    assert "8081" in text


def test_check_mode_makes_and_removes_nothing(backup: RunModule, made: dict[str, Any], tmp_path: Path) -> None:
    assert backup(about={"flink_version": "1"}, check=True)["changed"] is True
    backup(about={"flink_version": "1.20.5"})
    assert backup(state="pruned", keep=1, check=True)["removed"] == [made["backup"]["directory"]]
    assert len(list((tmp_path / "backups").iterdir())) == 2


def test_pruning_leaves_the_newest_and_what_is_needed(backup: RunModule, made: dict[str, Any], tmp_path: Path) -> None:
    newer = backup(about={"flink_version": "1.20.5"})
    left_over = tmp_path / "backups" / "20200101T000000Z.part"
    left_over.mkdir()
    needed = [f"file:/s/restored-{made['backup']['id']}/count-000"]
    kept = backup(state="pruned", keep=1, restored_from=needed)
    assert (kept["removed"], kept["kept"]) == ([str(left_over)], [made["backup"]["id"], newer["backup"]["id"]])
    gone = backup(state="pruned", keep=1)
    assert (gone["removed"], gone["kept"]) == ([made["backup"]["directory"]], [newer["backup"]["id"]])
    again = backup(state="pruned", keep=1)
    assert (again["changed"], again["kept"]) == (False, [newer["backup"]["id"]])


def test_a_backup_goes_to_another_place_and_is_seen_there(
    backup: RunModule, run_module: RunModule, made: dict[str, Any], tmp_path: Path
) -> None:
    given = {"id": made["backup"]["id"], "carrier": str(tmp_path), "piece_bytes": 1 << 20}
    there = {"root": str(tmp_path / "copies"), **given}
    assert backup(state="cut", check=True, **given)["changed"] is True
    assert not (tmp_path / "piece").exists()
    assert backup(state="cut", **given)["changed"] is True
    assert run_module(flink_backup.main, state="joined", check=True, **there)["changed"] is True
    assert run_module(flink_backup.main, state="listed", root=there["root"])["backups"] == []
    assert run_module(flink_backup.main, state="joined", **there)["backup"]["files"] == 2
    (copy,) = run_module(flink_backup.main, state="listed", root=there["root"])["backups"]
    assert backup(state="listed")["backups"] == [copy]
    assert run_module(flink_backup.main, state="verified", root=there["root"])["backup"]["id"] == copy["id"]
    backup(state="cut", **given)
    assert "is there already" in run_module(flink_backup.main, state="joined", **there)["msg"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"state": "verified", "id": "20200101T000000Z"}, "there is no backup"),
        ({"state": "verified", "flink_version": "1.19.3"}, "is of Flink 1.20.5, whose state Flink 1.19.3 cannot read"),
        ({"state": "restored"}, "say to which directory"),
        ({"state": "room", "bytes": 1 << 60}, "of free disk"),
        ({"state": "pruned", "keep": -1}, "0 or more"),
        ({"jobs": [{"name": "x", "savepoint_path": "/none"}]}, "holds no file _metadata"),
        ({"artefacts": {"a.jar": "/none.jar"}}, "is not there"),
        ({"state": "cut", "id": "../x", "carrier": "/tmp"}, "is not a valid name of a backup"),
        ({"state": "cut", "id": "20200101T000000Z", "carrier": "/tmp"}, "there is no backup"),
        ({"state": "joined", "id": "20200101T000000Z", "carrier": "/none"}, "cannot be put into"),
        ({"state": "joined", "id": "20200101T000000Z"}, "carrier"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    backup: RunModule, made: dict[str, Any], arguments: dict[str, Any], said: str
) -> None:
    assert made["changed"]
    answer = backup(**arguments)
    assert answer["failed"] is True
    assert said in answer["msg"]
