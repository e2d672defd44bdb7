"""The drill of a restore starts nothing by surprise, and takes its cluster away whatever happens."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.streamops.flink.plugins.module_utils._backup import store as _backup

from object_store import BUCKET, KEY, SECRET, object_store
from real_cluster import PlaybookRun, free_base, run_playbook, write_inventory

# In the place of ansible-playbook: writes down how it was called, and restores or fails as it is configured.
STUB = """
import json, pathlib, sys
calls = pathlib.Path(sys.argv[1])
inventory = pathlib.Path(sys.argv[sys.argv.index("-i") + 1])
book = next(pathlib.Path(one).name for one in sys.argv if one.endswith(("restore.yml", "reset.yml")))
text = inventory.read_text()
with calls.open("a") as log:
    log.write(json.dumps({"book": book, "text": text, "mode": oct(inventory.stat().st_mode)[-3:]}) + chr(10))
told = json.loads(text)["flink"]["vars"]
backups = pathlib.Path(told.get("backup_dir", "none"))
with calls.with_suffix(".files").open("w") as log:
    log.write("".join(f"{path.relative_to(backups)}" + chr(10) for path in sorted(backups.rglob("*_metadata"))))
if told.get("stuck") and book == "reset.yml":
    print('fatal: [zk1]: FAILED! => {"msg": "ZooKeeper is away"}')
    sys.exit(2)
if book == "restore.yml" and not told.get("refused"):
    (inventory.parent / "base").mkdir()
if book == "restore.yml":
    if told.get("fails") or told.get("refused"):
        print('fatal: [jm1]: FAILED! => {"changed": false, "msg": "the port is taken"}')
        print("PLAY RECAP ***")
        sys.exit(2)
    seconds = {"read": 1.0, "deploy": 20.5, "copy": 2.0, "start": 9.0}
    report = {"bytes": 100, "files": 3, "seconds": seconds, "restored": [one["name"] for one in told["flink_jobs"]]}
    pathlib.Path(told["backup_report"]).write_text(json.dumps(report))
"""
CANARY = "canary-7f3a9c"
NOTE = "Write down that a restore was tested"


@dataclass
class Drilled:
    run: PlaybookRun
    calls: list[dict[str, Any]]
    root: Path

    @property
    def said(self) -> str:
        return " ".join(self.run.text.split())

    @property
    def books(self) -> list[str]:
        return [call["book"] for call in self.calls]

    @property
    def variables(self) -> dict[str, Any]:
        return dict(json.loads(self.calls[0]["text"])["flink"]["vars"])


class Drill:
    def __init__(self, tmp_path: Path) -> None:
        self.top = tmp_path
        self.root = tmp_path / "drill" / "payments"
        self.backups = tmp_path / "backups"
        savepoint = tmp_path / "savepoint"
        savepoint.mkdir()
        (savepoint / "_metadata").write_bytes(b"\x49\x60\x67\x2d\0\0\0\x04 state")
        jobs = [
            {"name": name, "job_id": name, "state": "RUNNING", "savepoint_path": str(savepoint), "parallelism": 2}
            | {"specification": {"kind": "sql"}}
            for name in ("count", "other")
        ]
        request = _backup.Request({"flink_version": "1.20.5", "origin": {}}, jobs)
        self.backup = _backup.make(self.backups / "payments", request, "this host")
        (tmp_path / "stub.py").write_text(STUB)

    def __call__(self, *arguments: str, **extra: Any) -> Drilled:
        cluster = write_inventory(
            self.top / "inv",
            self.top / "base",
            "payments",
            # Its ZooKeeper is away, whatever else runs on this machine.
            free_base(),
            backup_dir=str(self.backups),
            backup_drill_dir=str(self.top / "drill"),
            flink_jobs=[{"name": "count", "sql": "INSERT INTO live …", "secrets": {"key": CANARY}}],
            flink_checkpoint_url="s3://live/checkpoints",
            demo_enabled=False,
        )
        calls = self.top / "calls"
        command = [sys.executable, str(self.top / "stub.py"), str(calls), "-i", str(self.root / "hosts.yml")]
        run = run_playbook(
            "restore_drill.yml", cluster.inventory, *arguments, **{"__backup_drill_command": command, **extra}
        )
        told = [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []
        return Drilled(run, told, self.root)


@pytest.fixture
def drill(tmp_path: Path) -> Drill:
    return Drill(tmp_path)


def test_without_a_word_no_job_is_started_and_the_drill_says_so(drill: Drill) -> None:
    done = drill()
    assert done.run.code == 0, done.run.text
    assert done.books == ["restore.yml", "reset.yml"]
    assert not done.root.exists()
    told = done.variables
    assert (told["flink_jobs"], told["backup_left_suspended"]) == ([], ["count", "other"])
    assert (told["flink_restore_id"], told["backup_cluster"]) == (drill.backup.id, "payments")
    assert "other was not started, so that nothing proves that Flink reads its state" in done.said
    assert "A restore takes about 32 s" in done.said
    # What was not read is no proof for monitoring either.
    assert "This is not noted as a test of the restore of payments: no job was started" in done.said
    assert NOTE not in done.run.text
    assert CANARY not in done.run.text


def test_the_scratch_cluster_has_nothing_of_the_real_one(drill: Drill) -> None:
    text = drill().calls[0]["text"]
    assert "s3://live" not in text
    assert not {"flink_checkpoint_url", "flink_storage_url", "flink_zookeeper_quorum"} & set(
        json.loads(text)["flink"]["vars"]
    )
    assert json.loads(text)["flink"]["vars"]["flink_cluster_name"] == "payments-restore-drill"
    assert set(yaml.safe_load(text)["flink"]["children"]) == {
        *("zookeeper", "jobmanagers", "taskmanagers", "sql_gateways")
    }


def test_a_named_job_is_started_with_its_own_program_and_its_secrets_are_not_shown(drill: Drill) -> None:
    wanted = {"name": "count", "sql": "INSERT INTO {{ '{{' }} nowhere", "secrets": {"key": CANARY}}
    done = drill("--diff", backup_drill_jobs=[wanted])
    assert done.run.code == 0, done.run.text
    call = done.calls[0]
    (job,) = done.variables["flink_jobs"]
    # What looks like a template is kept from being one a second time.
    assert job["sql"] == "INSERT INTO {{ '{{' }} nowhere"
    assert (job["rollback"], done.variables["taskmanager_slots"], call["mode"]) == (False, 2, "600")
    assert done.variables["backup_left_suspended"] == ["other"]
    assert CANARY in call["text"]
    assert CANARY not in done.run.text
    assert "count runs from the backup" in done.said


def test_a_test_that_cannot_be_noted_has_passed_nevertheless(drill: Drill) -> None:
    done = drill(backup_drill_jobs=[{"name": "count", "live": True}])
    assert done.run.code == 0, done.run.text
    assert done.books == ["restore.yml", "reset.yml"]
    assert NOTE in done.run.text
    assert "could not be noted in payments" in done.said
    assert "ZooKeeper" in done.said.partition("could not be noted in payments")[2]


def test_the_backup_of_another_cluster_is_not_noted_here(drill: Drill) -> None:
    (drill.backups / "payments").rename(drill.backups / "orders")
    done = drill(backup_cluster="orders", backup_drill_jobs=[{"name": "count", "live": True}])
    assert done.run.code == 0, done.run.text
    assert "not noted as a test of the restore of orders: this is the inventory of payments" in done.said
    assert NOTE not in done.run.text


def test_a_restore_that_fails_is_one_sentence_and_leaves_nothing(drill: Drill) -> None:
    done = drill(backup_drill_variables={"fails": True}, backup_drill_jobs=[{"name": "count", "live": True}])
    assert done.run.code != 0
    assert done.books == ["restore.yml", "reset.yml"]
    assert not done.root.exists()
    assert "could not be restored into the scratch cluster payments-restore-drill" in done.said
    assert "which is removed again: the port is taken (all that it said is in" in done.said
    # What the restore said is shown once, as its sentence.
    assert done.run.text.count("PLAY RECAP") == 1
    assert "PLAY RECAP" in done.root.with_suffix(".log").read_text()
    assert NOTE not in done.run.text


def test_what_was_refused_before_it_was_deployed_has_nothing_to_stop(drill: Drill) -> None:
    done = drill(backup_drill_variables={"refused": True})
    assert (done.run.code != 0, done.books) == (True, ["restore.yml"])
    assert not done.root.exists()


def test_a_cluster_that_cannot_be_removed_is_left_to_the_next_drill(drill: Drill) -> None:
    done = drill(backup_drill_variables={"fails": True, "stuck": True})
    assert done.run.code != 0
    assert "could not be removed; the next drill tries it again: ZooKeeper is away" in done.said
    assert "(The restore has failed too: the port is taken" in done.said
    assert (done.root / "hosts.yml").is_file()


def test_what_a_killed_drill_has_left_goes_first(drill: Drill) -> None:
    (drill.root / "base").mkdir(parents=True)
    (drill.root / "hosts.yml").write_text(json.dumps({"flink": {"vars": {}}}))
    done = drill()
    assert done.run.code == 0, done.run.text
    assert done.books == ["reset.yml", "restore.yml", "reset.yml"]


def test_a_backup_that_the_controller_may_not_read_is_fetched(drill: Drill) -> None:
    done = drill(__backup_drill_direct=False)
    assert done.run.code == 0, done.run.text
    assert done.variables["backup_dir"] == str(done.root / "backups")
    fetched = (drill.top / "calls.files").read_text().splitlines()
    assert fetched == [f"payments/{drill.backup.id}/savepoints/{number}/_metadata" for number in ("000", "001")]
    # Into a directory that is closed to others already.
    assert done.run.text.index("Make its directory") < done.run.text.index("Bring it to the controller")
    assert not done.root.exists()


def test_a_backup_comes_from_the_object_store(drill: Drill) -> None:
    with object_store() as store:
        settings = {
            "backup_s3_bucket": BUCKET,
            "backup_s3_endpoint": store.url,
            "backup_s3_access_key": KEY,
            "backup_s3_secret_key": SECRET,
        }
        for name in (*drill.backup.files, "manifest.json"):
            key = f"streamops-flink/payments/{drill.backup.id}/{name}"
            store.client.upload_file(str(drill.backup.directory / name), BUCKET, key)
        shutil.rmtree(drill.backups)
        done = drill("--diff", "-vvv", **settings)
    assert done.run.code == 0, done.run.text
    assert (done.books, done.variables["flink_restore_id"]) == (["restore.yml", "reset.yml"], drill.backup.id)
    assert not [name for name in done.variables if name.startswith("backup_s3_")]
    assert SECRET not in done.run.text


@pytest.mark.parametrize("wanted", [{"name": "count"}, {"name": "gone", "live": True}])
def test_what_would_do_harm_is_refused_before_anything_is_started(drill: Drill, wanted: dict[str, Any]) -> None:
    done = drill(backup_drill_jobs=[wanted])
    assert done.run.code != 0
    assert "nothing was started" in done.said
    assert done.calls == []


def test_a_damaged_backup_and_a_rehearsal_start_nothing(drill: Drill) -> None:
    rehearsed = drill("--check", backup_drill_jobs=[{"name": "count", "live": True}])
    assert (rehearsed.run.code, NOTE in rehearsed.run.text) == (0, False)
    (drill.backup.directory / "savepoints/000/_metadata").write_bytes(b"flipped")
    done = drill()
    assert done.run.code != 0
    assert "is damaged" in done.said
    assert done.calls == []
