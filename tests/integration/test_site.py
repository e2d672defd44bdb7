"""site.yml, status.yml and reset.yml on the embedded default, looked at from outside."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from kazoo.client import KazooClient
from kazoo.exceptions import NoNodeError

from real_cluster import FlinkCluster, eventually

pytestmark = pytest.mark.real
GOES_BESIDE_OTHERS = True


@pytest.fixture(scope="module")
def zookeeper(cluster: FlinkCluster) -> Iterator[KazooClient]:
    client = KazooClient(cluster.quorum)
    client.start()
    yield client
    client.stop()
    client.close()


def leader_url(client: KazooClient, cluster: FlinkCluster) -> str:
    """Who leads, read here without the collection's own code."""
    data, _stat = client.get(f"{cluster.root}{cluster.cluster_id}/leader/rest_server/connection_info")
    length = struct.unpack(">H", data[6:8])[0]
    return data[8 : 8 + length].decode()


def get(url: str) -> Any:
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    return answer.json()


def the_job(cluster: FlinkCluster) -> dict[str, Any]:
    listed = get(f"{cluster.jobmanagers[0]['url']}/jobs/overview")["jobs"]
    jobs = [job for job in listed if job["name"] == "transactions"]
    assert len(jobs) == 1, jobs
    return jobs[0]


def config_of(cluster: FlinkCluster, node: str, daemon: str) -> dict[str, Any]:
    path = cluster.base_dir / "nodes" / node / daemon / "conf" / "config.yaml"
    return yaml.safe_load(path.read_text())


def daemons(cluster: FlinkCluster) -> list[tuple[str, str]]:
    groups = {"jobmanagers": "jobmanager", "taskmanagers": "taskmanager", "sql_gateways": "sql_gateway"}
    return [(node, daemon) for group, daemon in groups.items() for node in cluster.hosts[group]]


def test_zookeeper_names_a_leader_of_the_inventory_and_one_standby_waits(
    cluster: FlinkCluster, zookeeper: KazooClient
) -> None:
    assert leader_url(zookeeper, cluster) in [one["url"] for one in cluster.jobmanagers]
    assert len(zookeeper.get_children(f"{cluster.root}{cluster.cluster_id}/leader/latch")) == 2


def test_three_taskmanagers_with_their_inventory_names_offer_twelve_slots(cluster: FlinkCluster) -> None:
    overview = get(f"{cluster.jobmanagers[1]['url']}/overview")
    assert (overview["taskmanagers"], overview["slots-total"]) == (3, 12)
    workers = get(f"{cluster.jobmanagers[1]['url']}/taskmanagers")["taskmanagers"]
    assert sorted(worker["id"] for worker in workers) == sorted(cluster.hosts["taskmanagers"])


def test_the_demo_job_runs_and_has_completed_a_checkpoint(cluster: FlinkCluster) -> None:
    job = the_job(cluster)
    assert job["state"] == "RUNNING"
    assert get(f"{cluster.jobmanagers[0]['url']}/jobs/{job['jid']}/checkpoints")["counts"]["completed"] >= 1


def test_the_keys_of_high_availability_are_the_same_on_every_node(cluster: FlinkCluster) -> None:
    seen = [
        {key: value for key, value in config_of(cluster, node, daemon).items() if key.startswith("high-availability")}
        for node, daemon in daemons(cluster)
    ]
    shared = [{k: v for k, v in one.items() if k != "high-availability.jobmanager.port"} for one in seen]
    assert len(shared) == 6
    assert all(one == shared[0] for one in shared)
    assert shared[0]["high-availability.cluster-id"] == cluster.cluster_id


def test_no_left_over_configuration_file_can_win_over_ours(cluster: FlinkCluster) -> None:
    assert not list(cluster.base_dir.glob("**/flink-conf.yaml"))


def test_a_second_run_changes_nothing(cluster: FlinkCluster) -> None:
    run = cluster.playbook("site.yml")
    assert (run.code, run.changed) == (0, 0), run.trouble


def test_check_mode_on_the_running_cluster_foresees_no_change(cluster: FlinkCluster) -> None:
    run = cluster.playbook("site.yml", "--check", "--diff")
    assert (run.code, run.changed) == (0, 0), run.trouble


def test_status_shows_nodes_roles_slots_and_the_job_as_a_table(cluster: FlinkCluster) -> None:
    run = cluster.playbook("status.yml")
    assert run.code == 0, run.trouble
    for word in ("zk1", "jm1", "jm2", "tm1", "tm3", "leader", "standby", "12 slots", "transactions", "RUNNING"):
        assert word in run.text
    assert run.changed == 0


def test_status_gives_json_on_request(cluster: FlinkCluster, tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    run = cluster.playbook("status.yml", flink_status_format="json", flink_status_path=str(path))
    assert run.code == 0, run.trouble
    status = json.loads(path.read_text())
    assert status["slots"] == {"total": 12, "available": 10}
    assert sorted(one["role"] for one in status["jobmanagers"]) == ["leader", "standby"]
    assert [(job["name"], job["state"]) for job in status["jobs"]] == [("transactions", "RUNNING")]
    assert status["problems"] == []


def test_rows_that_are_fed_come_out_once_with_the_right_balance(cluster: FlinkCluster) -> None:
    fed = cluster.playbook("feed.yml", demo_files=3, demo_rows=200)
    assert fed.code == 0, fed.trouble
    verified = cluster.playbook("site.yml")
    assert (verified.code, verified.changed) == (0, 0), verified.trouble


def test_status_has_a_row_for_every_daemon_of_the_inventory(cluster: FlinkCluster, tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    run = cluster.playbook("status.yml", flink_status_format="json", flink_status_path=str(path))
    assert run.code == 0, run.trouble
    rows = {(one["name"], one["daemon"]): one["answers"] for one in json.loads(path.read_text())["daemons"]}
    wanted = [(name, "sql_gateway") for name in cluster.hosts["sql_gateways"]]
    wanted += [(name, "guardian") for name in cluster.hosts["jobmanagers"]]
    wanted += [(name, "jobmanager_exporter") for name in cluster.hosts["jobmanagers"]]
    wanted += [(name, "taskmanager_exporter") for name in cluster.hosts["taskmanagers"]]
    assert {one: rows.get(one) for one in wanted} == dict.fromkeys(wanted, True)


def test_a_daemon_that_dies_makes_the_run_red_with_the_line_of_its_log(cluster: FlinkCluster) -> None:
    # A module of the collection finds it: flink_daemon_info.
    broken = {"sql_gateway_config": {"env.java.opts.sql-gateway": "-Xmx1gb"}, "flink_verify_timeout": "30 s"}
    run = cluster.playbook("site.yml", **broken)
    assert run.code != 0
    assert "the SQL gateway of" in run.text
    assert "Invalid maximum heap size: -Xmx1gb" in run.text
    again = cluster.playbook("site.yml")
    assert again.code == 0, again.trouble


def test_a_killed_taskmanager_is_started_again_and_registers_under_its_name(cluster: FlinkCluster) -> None:
    before = cluster.kill("tm2")
    assert before
    eventually(lambda: set(cluster.pids("tm2")) - set(before), 60, "a new process of tm2")
    eventually(lambda: get(f"{cluster.jobmanagers[0]['url']}/overview")["slots-total"] == 12, 120, "12 slots again")
    eventually(lambda: the_job(cluster)["state"] == "RUNNING", 120, "the job RUNNING again")


def test_the_standby_takes_over_from_a_killed_leader_with_the_same_job(
    cluster: FlinkCluster, zookeeper: KazooClient
) -> None:
    first = leader_url(zookeeper, cluster)
    job = the_job(cluster)["jid"]
    name = next(one["name"] for one in cluster.jobmanagers if one["url"] == first)
    cluster.kill_daemon(name, "jobmanager")

    def taken_over() -> bool:
        try:
            return leader_url(zookeeper, cluster) != first
        except NoNodeError:
            return False

    eventually(taken_over, 120, "another leader")
    second = leader_url(zookeeper, cluster)

    def runs_restored() -> bool:
        answer = requests.get(f"{second}/jobs/{job}", timeout=10)
        if not answer.ok or answer.json()["state"] != "RUNNING":
            return False
        # A new leader says RUNNING out of its cache of before, while the job is only being initialized.
        told = requests.get(f"{second}/jobs/{job}/checkpoints", timeout=10)
        return told.ok and told.json()["latest"]["restored"] is not None

    eventually(runs_restored, 120, "the same job RUNNING, restored from a checkpoint")
    healed = cluster.playbook("site.yml")
    assert (healed.code, healed.changed) == (0, 0), healed.trouble


def test_reset_without_the_typed_name_changes_nothing(cluster: FlinkCluster) -> None:
    run = cluster.playbook("reset.yml", flink_reset_confirm="something else")
    assert run.code != 0
    assert f"flink_reset_confirm={cluster.variables['flink_cluster_name']}" in run.text.replace("\n", " ")
    assert the_job(cluster)["state"] == "RUNNING"


def test_reset_refuses_while_a_job_runs(cluster: FlinkCluster) -> None:
    run = cluster.playbook("reset.yml", flink_reset_confirm=cluster.variables["flink_cluster_name"])
    assert run.code != 0
    assert "still runs 1 job" in run.text
    assert the_job(cluster)["state"] == "RUNNING"


@pytest.mark.parametrize("version", ["1.20.5", "2.2.1"])
def test_check_mode_on_an_empty_host_foresees_changes_and_makes_none(
    new_cluster: Callable[..., FlinkCluster], version: str
) -> None:
    planned = new_cluster()
    run = planned.playbook("site.yml", "--check", "--diff", flink_version=version)
    assert run.code == 0, run.trouble
    assert run.changed > 0
    assert "Nothing was changed in check mode. No JobManager of the cluster" in " ".join(run.text.split())
    assert not planned.base_dir.exists()


# Every day it is a smaller cluster of each other version that is deployed, in test_versions.
@pytest.mark.long
def test_the_other_major_version_runs_with_one_variable_and_reset_leaves_nothing(
    new_cluster: Callable[..., FlinkCluster],
) -> None:
    other = new_cluster()
    other.extra["flink_version"] = "2.2.1"
    run = other.playbook("site.yml")
    try:
        assert run.code == 0, run.trouble
        assert get(f"{other.jobmanagers[0]['url']}/config")["flink-version"] == "2.2.1"
        assert the_job(other)["state"] == "RUNNING"
        again = other.playbook("site.yml")
        assert (again.code, again.changed) == (0, 0), again.trouble
    finally:
        gone = other.playbook(
            "reset.yml", flink_reset_confirm=other.variables["flink_cluster_name"], flink_reset_running_jobs=True
        )
    assert gone.code == 0, gone.trouble
    assert not other.base_dir.exists()
    assert [pid for group in other.hosts.values() for node in group for pid in other.pids(node)] == []
    assert all(other.port_is_free(port) for port in other.ports())
