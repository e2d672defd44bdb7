"""A backup holds all that a new cluster needs, and what is restored goes on where it was."""

from __future__ import annotations

import json
import shutil
import socket
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from counting import build, check, good
from object_store import BUCKET, KEY, SECRET, object_store
from real_cluster import REPO, FlinkCluster, PlaybookRun, eventually, free_base, run_module, smaller

pytestmark = pytest.mark.real
NAME = "counting"
CANARY = "canary-7f3a9c"
# What is small is written into _metadata itself; here everything is a file of its own.
SETTINGS = {"execution.checkpointing.interval": "3 s"}
LOCALLY = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}


def said(run: PlaybookRun) -> str:
    return " ".join(run.text.split())


def backups(cluster: FlinkCluster) -> list[Path]:
    root = Path(cluster.extra["backup_dir"]) / cluster.variables["flink_cluster_name"]
    return sorted(path for path in root.iterdir() if (path / "manifest.json").is_file())


def manifest(backup: Path) -> dict[str, Any]:
    return dict(json.loads((backup / "manifest.json").read_text()))


def test_a_backup_of_the_demo_holds_its_state_and_no_secret(cluster: FlinkCluster, tmp_path: Path) -> None:
    cluster.extra["backup_dir"] = str(tmp_path)
    try:
        run = cluster.playbook("backup.yml", flink_connection_options={"rest_password": CANARY, "rest_username": "u"})
        assert run.code == 0, run.trouble
        (backup,) = backups(cluster)
        (job,) = manifest(backup)["jobs"]
        assert (job["name"], job["state"], job["savepoint"]["metadata_version"]) == ("transactions", "RUNNING", 4)
        assert (backup / "configuration" / "jm1" / "jobmanager.config.yaml").is_file()
        assert "flink_jobs" in (backup / "inventory.yml").read_text()
        for path in backup.rglob("*"):
            assert path.is_dir() or CANARY.encode() not in path.read_bytes(), path
        root = str(backup.parent)
        assert good(run_module("flink_backup", root=root, state="verified"))["backup"]["id"] == backup.name
        # The watchdog knows of it.
        assert good(cluster.module("flink_job_archive", state="noted", backup_id=backup.name))["changed"] is False
        (told,) = good(cluster.module("flink_job_archive"))["jobs"]
        assert (told["job_id"], told["declared"]) == (job["job_id"], True)
        # Nothing is left in the storage of the cluster.
        assert list(cluster.base_dir.glob("storage/savepoints/*/*")) == []
        again = cluster.playbook("restore.yml")
        assert again.code != 0
        assert "runs 1 job(s): transactions" in said(again)
        assert again.changed == 0
    finally:
        del cluster.extra["backup_dir"]


@pytest.mark.long
def test_a_drill_restores_into_a_scratch_cluster_and_leaves_no_trace(cluster: FlinkCluster, tmp_path: Path) -> None:
    script = (REPO / "roles/demo/templates/transactions.sql.j2").read_text()
    redirected = script.replace("{{ demo_output_dir }}", str(tmp_path / "out"))
    # The path of a socket may have some hundred bytes only.
    place = cluster.base_dir.parent / "d"
    port = free_base()
    settings = {"backup_drill_dir": str(place), "backup_drill_port": port}
    # A host that is not a node of the cluster and sees its storage.
    vault = cluster.inventory / "vault.yml"
    vault.write_text(json.dumps({"ungrouped": {"hosts": {"vault": LOCALLY}}}))
    cluster.extra |= {"backup_dir": str(tmp_path / "backups"), "backup_host": "vault", **settings}
    try:
        with object_store() as store:
            carried = {
                "backup_s3_bucket": BUCKET,
                "backup_s3_endpoint": store.url,
                "backup_s3_access_key": KEY,
                "backup_s3_secret_key": SECRET,
            }
            run = cluster.playbook("backup.yml", **carried)
            assert run.code == 0, run.trouble
            assert SECRET not in run.text
            # The manifest is in the store too, and no key in what is there.
            (backup,) = backups(cluster)
            root = f"streamops-flink/{cluster.variables['flink_cluster_name']}"
            assert f"{root}/{backup.name}/manifest.json" in store.keys
            assert all(SECRET.encode() not in store.text(key) for key in store.keys)
            shutil.rmtree(backup)
            key = {"access_key": KEY, "secret_key": SECRET}
            there = {"bucket": BUCKET, "prefix": root, "endpoint_url": store.url, **key}
            good(run_module("flink_backup", state="downloaded", root=str(backup.parent), s3=there))
            assert backups(cluster) == [backup]
        before = good(cluster.module("flink_job_info"))["jobs"]
        rows = written(cluster)

        wanted = [{"name": "transactions", "sql": redirected}]
        began = datetime.now(UTC)
        run = cluster.playbook("restore_drill.yml", backup_drill_jobs=wanted)
        assert run.code == 0, run.text
        assert "transactions runs from the backup, which its latest.restored says" in said(run)
        assert "A restore takes about" in said(run)
        assert [path for path in place.rglob("*") if path.is_file()] == []
        assert all(cluster.port_is_free(port + offset) for offset in range(20))

        # The watchdog knows of it.
        assert is_news(cluster, began) is False
        ended = datetime.now(UTC) + timedelta(seconds=1)

        with socket.create_server(("127.0.0.1", port + 3)):
            failed = cluster.playbook("restore_drill.yml", backup_drill_jobs=wanted)
        assert failed.code != 0
        assert f"{port + 3}" in said(failed)
        assert "which is removed again" in said(failed)
        assert [path.name for path in place.rglob("*")] == [f"{cluster.variables['flink_cluster_name']}.log"]
        # What has failed is not noted: the test before is still the last one.
        assert is_news(cluster, ended) is True

        # The cluster of the backup has seen nothing of it.
        after = good(cluster.module("flink_job_info"))["jobs"]
        assert [(job["job_id"], job["restarts"]) for job in after] == [
            (job["job_id"], job["restarts"]) for job in before
        ]
        assert written(cluster) == rows
    finally:
        vault.unlink()
        for name in ("backup_dir", "backup_host", *settings):
            del cluster.extra[name]


def is_news(cluster: FlinkCluster, at: datetime) -> bool:
    """Note a test of a restore; whether none was known that is as new."""
    note = cluster.module("flink_job_archive", state="tested", tested_at=f"{at:%Y%m%dT%H%M%SZ}")
    return bool(good(note)["changed"])


def written(cluster: FlinkCluster) -> int:
    return sum(path.read_text().count("\n") for path in cluster.base_dir.glob("demo/out/**/*") if path.is_file())


@pytest.mark.long
@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_after_the_loss_of_everything_the_count_goes_on(
    new_cluster: Callable[..., FlinkCluster], tmp_path: Path, backend: str
) -> None:
    first = smaller(new_cluster(flink_state_backend=backend, flink_jobs=[], demo_enabled=False))
    # A host that is no part of the cluster, and is not lost with it.
    (first.inventory / "vault.yml").write_text(json.dumps({"ungrouped": {"hosts": {"vault": LOCALLY}}}))
    vault = tmp_path / "vault"
    first.extra |= {
        "backup_dir": str(tmp_path / "backups"),
        "backup_copy_hosts": ["vault"],
        "backup_copy_dir": str(vault),
    }
    out = tmp_path / "out"
    confirm = {"flink_reset_confirm": first.variables["flink_cluster_name"], "flink_reset_running_jobs": True}
    try:
        assert (run := first.playbook("site.yml")).code == 0, run.trouble
        job = {
            "name": NAME,
            "jar": str(build(first, tmp_path / "counting.jar")),
            "arguments": ["--output", f"file://{out}", "--rate", "500"],
            "parallelism": 2,
            "configuration": SETTINGS,
        }
        first.extra["flink_jobs"] = [job]
        assert (run := first.playbook("site.yml")).code == 0, run.trouble
        eventually(lambda: check(out).rows > 500, 120, "the first counts")
        assert (run := first.playbook("backup.yml")).code == 0, run.trouble
        (made,) = backups(first)
        copy = vault / made.parent.name
        good(run_module("flink_backup", root=str(copy), id=made.name, state="verified"))
        assert manifest(copy / made.name) == manifest(made)
        assert {stat.S_IMODE(path.stat().st_mode) for path in copy.rglob("*")} == {0o700, 0o600}

        # What is committed after the backup would be counted again: the job is stopped there, as by a fire.
        assert (run := first.playbook("reset.yml", **confirm)).code == 0, run.trouble
        assert not first.base_dir.exists()
        shutil.rmtree(tmp_path / "backups")
        later = tmp_path / "later"
        shutil.move(out, later)
        # With what was still open at the backup, and was committed by the next checkpoint.
        counted = check(later).highest

        # From the other host, and without its declaration, as when the inventory is lost too.
        first.extra["flink_jobs"] = []
        assert (run := first.playbook("restore.yml")).code == 0, run.trouble
        (info,) = good(first.module("flink_job_info", name=NAME))["jobs"]
        assert info["restored_from"]["path"].endswith(f"restored-{backups(first)[-1].name}/{NAME}-000")
        eventually(lambda: check(out).rows > 500, 120, "the counts after the restore")
        good(first.module("flink_savepoint", name=NAME, state="stopped"))
        after = [int(line.split(",")[2]) for file in out.rglob("part-*") for line in file.read_text().splitlines()]
        assert 1 < min(after) <= counted + 1
        again = first.playbook("restore.yml")
        assert again.code != 0 or again.changed == 0
    finally:
        first.playbook("reset.yml", **confirm)
