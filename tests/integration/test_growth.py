"""An ensemble and its JobManagers grow and are replaced on a running cluster: quorum, leadership and numbers stay."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from kazoo.client import KazooClient

from real_cluster import FlinkCluster, PlaybookRun, smaller

pytestmark = [pytest.mark.real, pytest.mark.long]

MARK = "/left-before"
SQL = (
    "CREATE TABLE ticks (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10');\n"
    "CREATE TABLE nowhere (n BIGINT) WITH ('connector' = 'blackhole');\n"
    "INSERT INTO nowhere SELECT n FROM ticks;\n"
)
PORTS = {
    "zookeeper": ("client", "peer", "election", "metrics"),
    "jobmanager": ("rest", "rpc", "blob", "query", "metrics"),
}
GROUPS = {"zookeeper": "zookeeper", "jobmanager": "jobmanagers"}


class Growing:
    """A cluster whose inventory changes while it runs."""

    def __init__(self, cluster: FlinkCluster) -> None:
        self.cluster = cluster
        # Of the hundred that the cluster was given, those that are free.
        self.port = max(cluster.ports()) + 10

    def edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        path = self.cluster.inventory / "hosts.yml"
        hosts = yaml.safe_load(path.read_text())
        groups = hosts["flink"]["children"]
        change(groups)
        path.write_text(yaml.safe_dump(hosts, sort_keys=False))
        for group, content in groups.items():
            self.cluster.hosts[group] = content["hosts"]

    def add(self, daemon: str, name: str, **variables: Any) -> None:
        ports = {f"{daemon}_{kind}_port": self.port + number for number, kind in enumerate(PORTS[daemon])}
        self.port += len(ports)
        self.edit(lambda groups: groups[GROUPS[daemon]]["hosts"].update({name: {**ports, **variables}}))

    def take_out(self, daemon: str, name: str) -> None:
        self.edit(lambda groups: groups[GROUPS[daemon]]["hosts"].pop(name))

    def site(self, **extra: Any) -> PlaybookRun:
        run = self.cluster.playbook("site.yml", **extra)
        assert run.code == 0, run.trouble
        return run

    def numbers(self) -> dict[str, str]:
        """The number with which every server runs, from its own directory."""
        nodes = self.cluster.base_dir / "nodes"
        return {
            name: (nodes / name / "zookeeper" / "data" / "myid").read_text().strip()
            for name in self.cluster.hosts["zookeeper"]
        }

    def elections(self) -> int:
        """How often the ensemble has had to agree on a leader; ZooKeeper counts it in every server's data."""
        nodes = self.cluster.base_dir / "nodes"
        return max(
            int((nodes / name / "zookeeper" / "data" / "version-2" / "currentEpoch").read_text())
            for name in self.cluster.hosts["zookeeper"]
        )

    def whole(self) -> list[str]:
        """The modes of all servers, each of which has what was left before the first of these changes."""
        servers = self.cluster.module("zookeeper_info")["servers"]
        assert len(servers) == len(self.cluster.hosts["zookeeper"])
        for server in self.cluster.quorum.split(","):
            client = KazooClient(server)
            client.start(timeout=30)
            try:
                assert client.get(MARK)[0] == b"kept"
            finally:
                client.stop()
                client.close()
        return sorted(str(server["mode"]) for server in servers)

    def mode(self, name: str) -> str:
        address = f"127.0.0.1:{self.cluster.hosts['zookeeper'][name]['zookeeper_client_port']}"
        servers = self.cluster.module("zookeeper_info")["servers"]
        return next(str(server["mode"]) for server in servers if server["address"] == address)

    def leader(self) -> dict[str, Any]:
        return dict(self.cluster.module("flink_leader_info", timeout=60.0)["leader"])

    def job(self) -> str:
        (job,) = self.cluster.module("flink_job_info", name="ticks")["jobs"]
        assert job["flink_state"] == "RUNNING"
        assert job["checkpoints"]["counts"]["completed"] > 0
        return str(job["job_id"])

    def pids(self) -> dict[str, list[int]]:
        return {
            f"{daemon} {name}": self.cluster.pids(name, daemon)
            for daemon, group in {**GROUPS, "taskmanager": "taskmanagers"}.items()
            for name in self.cluster.hosts[group]
        }

    def kept_running(self, before: dict[str, list[int]]) -> bool:
        after = self.pids()
        return all(after[name] == pids for name, pids in before.items() if name in after)


@pytest.fixture(scope="module")
def growing(new_cluster: Callable[..., FlinkCluster]) -> Iterator[Growing]:
    """One ZooKeeper server, two JobManagers, one TaskManager and a job."""
    cluster = smaller(
        new_cluster(
            zookeeper_source="maven",
            zookeeper_heap="64m",
            flink_start_timeout="900 s",
            roll_timeout="900 s",
            demo_enabled=False,
            flink_jobs=[{"name": "ticks", "sql": SQL}],
            flink_checkpoint_interval="2 s",
            flink_checkpoint_min_pause="500 ms",
        )
    )
    grown = Growing(cluster)
    grown.edit(lambda groups: groups["zookeeper"]["hosts"]["zk1"].update(zookeeper_metrics_port=grown.port - 5))
    try:
        grown.site()
        client = KazooClient(cluster.quorum)
        client.start(timeout=30)
        client.create(MARK, b"kept")
        client.stop()
        client.close()
        yield grown
    finally:
        gone = cluster.playbook(
            "reset.yml", flink_reset_confirm=cluster.variables["flink_cluster_name"], flink_reset_running_jobs=True
        )
        assert gone.code == 0, gone.trouble


def test_a_jobmanager_joins_and_no_other_daemon_is_restarted(growing: Growing) -> None:
    job, before, first = growing.job(), growing.pids(), growing.leader()
    growing.add("jobmanager", "jm3")
    growing.site()
    assert growing.kept_running(before)
    assert growing.leader()["leader_session"] == first["leader_session"]
    contenders = growing.cluster.module("flink_leader_info", contenders=3, timeout=60.0)
    assert not contenders.get("failed"), contenders["msg"]
    assert growing.job() == job


def test_a_jobmanager_is_replaced_even_when_it_leads(growing: Growing) -> None:
    job, before, first = growing.job(), growing.pids(), growing.leader()
    run = growing.cluster.playbook("scale.yml", flink_scale_remove=first["name"])
    assert run.code == 0, run.trouble
    growing.take_out("jobmanager", first["name"])
    growing.site()
    assert growing.kept_running(before)
    assert growing.leader()["name"] != first["name"]
    assert growing.job() == job


def test_two_more_servers_at_once_would_outvote_the_first(growing: Growing) -> None:
    path = growing.cluster.inventory / "hosts.yml"
    content = path.read_text()
    growing.add("zookeeper", "zk2", zookeeper_myid=2)
    growing.add("zookeeper", "zk3", zookeeper_myid=3)
    run = growing.cluster.playbook("site.yml", preflight_even_quorum_allowed=True)
    path.write_text(content)
    growing.edit(lambda groups: None)
    assert run.code != 0
    assert run.changed == 0
    assert "zk2 and zk3 would be a majority of the 3 ZooKeeper servers" in " ".join(run.text.split())


def test_one_server_becomes_three_by_way_of_two(growing: Growing) -> None:
    job = growing.job()
    growing.add("zookeeper", "zk2", zookeeper_myid=2)
    growing.site(preflight_even_quorum_allowed=True)
    assert growing.whole() == ["follower", "leader"]
    assert growing.job() == job
    growing.add("zookeeper", "zk3", zookeeper_myid=3)
    growing.site()
    assert growing.whole() == ["follower", "follower", "leader"]
    assert growing.numbers() == {"zk1": "1", "zk2": "2", "zk3": "3"}
    assert growing.job() == job


def test_a_server_whose_disk_was_lost_comes_back_under_its_number_and_no_other_is_restarted(
    growing: Growing,
) -> None:
    job, before, first = growing.job(), growing.pids(), growing.leader()
    growing.cluster.kill("zk2")
    shutil.rmtree(growing.cluster.base_dir / "nodes" / "zk2" / "zookeeper" / "data" / "version-2")
    growing.site()
    del before["zookeeper zk2"]
    assert growing.kept_running(before)
    assert growing.whole() == ["follower", "follower", "leader"]
    assert growing.numbers()["zk2"] == "2"
    assert growing.leader()["leader_session"] == first["leader_session"]
    assert growing.job() == job


def test_a_server_is_replaced_by_another_one_and_no_step_costs_the_quorum(growing: Growing) -> None:
    job, first = growing.job(), growing.elections()
    growing.add("zookeeper", "zk4", zookeeper_myid=4)
    growing.site(preflight_even_quorum_allowed=True)
    assert growing.whole() == ["follower", "follower", "follower", "leader"]
    # The leader goes last, and nothing else makes the ensemble vote.
    second = growing.elections()
    assert second == first + 1
    led = growing.mode("zk2") == "leader"
    run = growing.cluster.playbook("scale.yml", flink_scale_remove="zk2")
    assert run.code == 0, run.trouble
    assert growing.cluster.pids("zk2") == []
    growing.take_out("zookeeper", "zk2")
    growing.site()
    # Once when leadership is taken from the one that goes, once when the leader of those that stay learns of it.
    assert growing.elections() == second + 1 + led
    assert growing.whole() == ["follower", "follower", "leader"]
    assert growing.numbers() == {"zk1": "1", "zk3": "3", "zk4": "4"}
    assert growing.job() == job
