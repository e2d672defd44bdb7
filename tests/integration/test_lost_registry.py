"""ZooKeeper's data are lost, and the state of the jobs is still there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest

from counting import good
from real_cluster import FlinkCluster, deployed, eventually, smaller

pytestmark = pytest.mark.real
GOES_BESIDE_OTHERS = True


@pytest.fixture
def small(new_cluster: Callable[..., FlinkCluster]) -> Iterator[FlinkCluster]:
    yield from deployed(smaller(new_cluster(flink_start_timeout="600 s", flink_checkpoint_interval="2 s")))


def jobs(cluster: FlinkCluster) -> list[str]:
    return [job["name"] for job in good(cluster.module("flink_status"))["status"]["jobs"]]


def test_a_cluster_whose_zookeeper_is_new_starts_no_job_without_its_state(small: FlinkCluster) -> None:
    good(small.module("flink_checkpoint", name="transactions"))
    # It starts again with an empty directory, and JobManagers that know of no job take the leadership there.
    small.kill("zk1")
    shutil.rmtree(small.base_dir / "nodes" / "zk1" / "zookeeper" / "data" / "version-2", ignore_errors=True)
    for node in ("jm1", "jm2"):
        small.kill(node)
    eventually(lambda: not small.module("flink_leader_info").get("failed"), 300, "a leader")
    assert jobs(small) == []

    run = small.playbook("site.yml")
    assert run.code == 2
    assert "No job was started: ZooKeeper has no job of cluster" in run.trouble
    assert f"pass -e flink_site_state_loss_confirm={small.variables['flink_cluster_name']}" in " ".join(
        run.trouble.split()
    )
    assert jobs(small) == []
    run = small.playbook("site.yml", flink_site_state_loss_confirm="another")
    assert run.code == 2
    assert jobs(small) == []

    # Only rows that have come since then would be in the output of a job that begins anew.
    run = small.playbook(
        "site.yml", flink_site_state_loss_confirm=small.variables["flink_cluster_name"], demo_enabled=False
    )
    assert run.code == 0, run.trouble
    assert jobs(small) == ["transactions"]
