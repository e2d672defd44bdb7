"""What the next failover would do, found out on real clusters before it happens.

prune.yml and support_bundle.yml are run as people run them; flink_checkpoint_prune, flink_support and
flink_support_files do their work.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from counting import build, check, good
from real_cluster import FlinkCluster, deployed, eventually, run_module, smaller

pytestmark = pytest.mark.real

NOWHERE = "savepoints/savepoint-that-does-not-exist"


def local(path: str) -> Path:
    return Path("/" + path.removeprefix("file:").lstrip("/"))


def test_a_healthy_cluster_would_restore_its_job_from_its_newest_checkpoint(cluster: FlinkCluster) -> None:
    made = good(cluster.module("flink_checkpoint", name="transactions"))["checkpoint"]
    audit = good(cluster.module("flink_ha_info"))
    assert (audit["poison"], audit["loss"]) == ([], [])
    (job,) = [one for one in audit["next_failover"] if one["name"] == "transactions"]
    assert job["recovers"] is True
    assert job["checkpoint_id"] >= made["id"]
    assert local(job["path"]).name == f"chk-{job['checkpoint_id']}"
    assert audit["store_empty"] is False
    # The same, with the storage read by a host that has nothing but Python.
    seen = good(run_module("flink_ha_storage_info", places=audit["places"]))
    again = good(cluster.module("flink_ha_info", storage=seen["storage"], pointers=audit["pointers"]))
    assert (again["poison"], again["loss"]) == ([], [])


def test_an_audit_for_another_version_says_what_a_mere_swap_would_lose(cluster: FlinkCluster) -> None:
    audit = good(cluster.module("flink_ha_info", flink_version="2.2.1"))
    assert "does not look for jobs in jobgraphs" in audit["loss"][0]


@pytest.fixture(scope="module")
def newest(new_cluster: Callable[..., FlinkCluster]) -> Iterator[FlinkCluster]:
    """A cluster of the version that can be poisoned."""
    yield from deployed(
        smaller(
            new_cluster(
                flink_version="2.3.0",
                flink_start_timeout="600 s",
                flink_state_backend="rocksdb",
                flink_jobs=[],
                demo_enabled=False,
            )
        )
    )


def poison(cluster: FlinkCluster, jar: Path) -> Path:
    """Start a job from a savepoint that does not exist, past flink_job, which would refuse it."""
    url = good(cluster.module("flink_leader_info"))["leader"]["url"]
    with jar.open("rb") as content:
        sent = requests.post(f"{url}/jars/upload", files={"jarfile": ("x.jar", content)}, timeout=60).json()
    job_id = "f" * 32
    body = {
        "jobId": job_id,
        "savepointPath": f"{cluster.storage_url}/{NOWHERE}",
        "programArgsList": ["--output", f"file://{cluster.base_dir}/nothing", "--rate", "1"],
        "parallelism": 1,
    }
    requests.post(f"{url}/jars/{Path(sent['filename']).name}/run", json=body, timeout=120)
    stores = local(cluster.storage_url) / "ha"
    found: list[Path] = eventually(lambda: list(stores.rglob(f"{job_id}_DIRTY.json")), 60, "the poison")
    return found[0]


@pytest.mark.long
def test_the_poison_of_2_3_is_found_before_a_failover_repaired_and_survived(
    newest: FlinkCluster, tmp_path: Path
) -> None:
    jar = build(newest, tmp_path / "counting.jar")
    first = good(
        newest.module(
            "flink_job",
            name="count",
            jar=str(jar),
            arguments=["--output", f"file://{tmp_path}/out", "--rate", "300"],
            configuration={"execution.checkpointing.interval": "2 s"},
            cache_dir=str(tmp_path / "cache"),
            parallelism=1,
        )
    )
    healthy = good(newest.module("flink_ha_info"))
    assert (healthy["poison"], healthy["loss"]) == ([], []), json.dumps(healthy, indent=1)
    file = poison(newest, jar)
    audit = good(newest.module("flink_ha_info"))
    assert [(one["kind"], one["subject"]) for one in audit["findings"] if one["severity"] == "poison"] == [
        ("dirty_result", str(file))
    ], json.dumps(audit, indent=1)
    (job,) = [one for one in audit["next_failover"] if one["job_id"] == first["job_id"]]
    assert job["recovers"] is False
    # What is about to do something dangerous refuses, and names the repair.
    for name in ("drill.yml", "site.yml"):
        refused = newest.playbook(name)
        assert refused.code != 0
        assert "playbooks/repair.yml" in " ".join(refused.text.split()), refused.text
    asked = newest.playbook("repair.yml")
    assert asked.code != 0
    assert file.exists()
    done = newest.playbook("repair.yml", flink_repair_confirm=newest.variables["flink_cluster_name"])
    assert done.code == 0, done.trouble
    assert not file.exists()
    assert newest.playbook("repair.yml").code == 0
    # The proof: the leader dies, and the job goes on from its state under a leader that lives.
    before = good(newest.module("flink_leader_info"))["leader"]
    newest.kill_daemon(before["name"], "jobmanager")
    good(newest.module("flink_leader_info", changed_from=before["leader_session"], timeout=120.0))
    after = good(newest.module("flink_checkpoint", name="count"))
    assert after["checkpoint"]["path"]
    good(newest.module("flink_leader_info", contenders=2, timeout=120.0))
    assert good(newest.module("flink_ha_info"))["poison"] == []
    stopped = good(newest.module("flink_savepoint", name="count", state="stopped"))
    assert stopped["job_id"] == first["job_id"]
    verdict = check(tmp_path / "out")
    assert verdict.ok, verdict
    assert good(newest.module("flink_ha_info"))["store_empty"] is True


@pytest.mark.long
def test_a_graph_that_is_gone_is_found_and_taken_out_of_the_way(newest: FlinkCluster, tmp_path: Path) -> None:
    """Nothing but the node is left of a job; with it, every JobManager would die."""
    jar = build(newest, tmp_path / "counting.jar")
    started = good(
        newest.module(
            "flink_job",
            name="graph",
            jar=str(jar),
            arguments=["--output", f"file://{tmp_path}/out", "--rate", "300"],
            cache_dir=str(tmp_path / "cache"),
            parallelism=1,
        )
    )
    pointers = good(newest.module("flink_ha_info"))["pointers"]
    (graph,) = [file for node, file in pointers.items() if node.endswith(f"/execution-plans/{started['job_id']}")]
    Path(graph).rename(tmp_path / "graph")
    audit = good(newest.module("flink_ha_info"))
    found = [one for one in audit["findings"] if one["severity"] == "poison"]
    assert [one["kind"] for one in found] == ["missing_graph"]
    repaired = good(newest.module("flink_ha_repair", findings=found))
    back = good(
        newest.module("flink_ha_repair", state="restored", receipts=[one["receipt"] for one in repaired["moved"]])
    )
    assert back["moved"][0]["subject"] == found[0]["subject"]
    assert len(good(newest.module("flink_ha_info"))["poison"]) == 1
    good(newest.module("flink_ha_repair", findings=found))
    before = good(newest.module("flink_leader_info"))["leader"]
    newest.kill_daemon(before["name"], "jobmanager")
    good(newest.module("flink_leader_info", changed_from=before["leader_session"], timeout=120.0))
    good(newest.module("flink_leader_info", contenders=2, timeout=120.0))
    assert good(newest.module("flink_ha_info"))["poison"] == []


def test_a_bundle_holds_what_helps_and_no_secret(cluster: FlinkCluster, tmp_path: Path) -> None:
    canary = "canary-in-the-inventory"
    log = next((cluster.base_dir / "nodes").rglob("log/*.log"))
    with log.open("a") as file:
        file.write(f"INFO an operator has written {canary}-2 into a log\n")
    run = cluster.playbook(
        "support_bundle.yml",
        "-vv",
        "--diff",
        support_bundle_directory=str(tmp_path),
        flink_connection_options={"rest_token": canary},
        vault_database_password=f"{canary}-2",
    )
    assert run.code == 0, run.trouble
    (path,) = tmp_path.glob("*.tar.gz")
    shutil.unpack_archive(path, tmp_path / "bundle")
    top = tmp_path / "bundle"
    texts = {str(one.relative_to(top)): one.read_text() for one in top.rglob("*") if one.is_file()}
    assert not [name for name, text in texts.items() if canary in text]
    assert canary not in run.text.replace("support_bundle.yml", "")
    assert json.loads(texts["audit.json"])["findings"] is not None
    assert "transactions" in texts["jobs.json"]
    names = " ".join(texts)
    for wanted in ("hosts/jm1/", "hosts/tm1/", "config.yaml", ".log", "jobmanagers/jm1/threads.txt", "exceptions.json"):
        assert wanted in names
    assert "an operator has written ******** into a log" in "".join(texts.values())


def test_a_prune_takes_the_directory_of_an_unknown_job_and_no_other(cluster: FlinkCluster) -> None:
    checkpoints = local(cluster.storage_url) / "checkpoints"
    before = {one.name for one in checkpoints.iterdir() if len(one.name) == 32}
    stray = checkpoints / ("0" * 31 + "1")
    (stray / "chk-1").mkdir(parents=True)
    (stray / "chk-1" / "_metadata").write_bytes(b"old")
    at_once = {"flink_prune_unchanged": "0 s", "flink_prune_known_for": "0 s", "flink_prune_trash_kept": "0 s"}
    planned = cluster.playbook("prune.yml", **at_once)
    assert planned.code == 0, planned.trouble
    assert stray.exists()
    for _step in range(2):
        run = cluster.playbook("prune.yml", flink_prune_state="pruned", **at_once)
        assert run.code == 0, run.trouble
    assert not stray.exists()
    audit = good(cluster.module("flink_ha_info"))
    assert audit["loss"] == []
    (job,) = [one for one in audit["next_failover"] if one["name"] == "transactions"]
    left = {one.name for one in checkpoints.iterdir()}
    assert job["job_id"] in left
    assert left <= {*before, ".trash", ".tombstones.json"}
