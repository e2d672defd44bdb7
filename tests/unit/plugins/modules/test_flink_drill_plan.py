"""flink_drill_plan: nothing is injected into a cluster that is not fit for it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._drill.faults import CATALOGUE
from ansible_collections.streamops.flink.plugins.module_utils._operations import gate as _gate
from ansible_collections.streamops.flink.plugins.modules import flink_drill_plan

RunModule = Callable[..., dict[str, Any]]


def node(name: str, daemon: str, **ports: int) -> dict[str, Any]:
    return {
        "name": name,
        "machine": name,
        "address": name,
        "daemons": [daemon],
        "ports": ports,
        "myid": 1,
        "resource_id": name if daemon == "taskmanager" else None,
        "slots": 4 if daemon == "taskmanager" else 0,
        "node_dir": f"/srv/{name}",
    }


OPTIONS = {
    "zookeeper_quorum": "zk1:2181",
    "cluster_id": "/payments",
    "jobmanagers": [{"name": "jm1", "url": "http://jm1:8081"}, {"name": "jm2", "url": "http://jm2:8081"}],
    "nodes": [
        node("zk1", "zookeeper", zookeeper_client_port=2181),
        node("jm1", "jobmanager", jobmanager_rpc_port=6123, jobmanager_blob_port=6124),
        node("jm2", "jobmanager", jobmanager_rpc_port=6123, jobmanager_blob_port=6124),
        node("tm1", "taskmanager", taskmanager_rpc_port=6122),
        node("tm2", "taskmanager", taskmanager_rpc_port=6122),
    ],
}
STATUS = {
    "leader": {"name": "jm1", "url": "http://jm1:8081"},
    "zookeeper": [{"name": "zk1", "mode": "standalone"}],
    "jobmanagers": [{"name": "jm1", "role": "leader"}, {"name": "jm2", "role": "standby"}],
    "contenders": 2,
    "taskmanagers": [
        {"name": "tm1", "registered": True, "slots": 4, "free": 2},
        {"name": "tm2", "registered": True, "slots": 4, "free": 4},
    ],
}
CONFIG = [{"key": "high-availability.zookeeper.client.session-timeout", "value": "15 s"}]
JOBS = [{"job_id": "a" * 32, "name": "count", "checkpoint_id": 7}]


@pytest.fixture
def run(run_module: RunModule, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    def start(
        *, jobs: list[dict[str, Any]] | None = None, wrong: str = "", check: bool = False, **options: Any
    ) -> dict[str, Any]:
        def pass_gate(_cluster: Any, demand: _gate.Demand, _deadline: Any) -> dict[str, Any]:
            if wrong:
                raise FlinkError(wrong)
            assert demand.checkpoint is not check
            return {"jobs": JOBS if jobs is None else jobs}

        endpoint = SimpleNamespace(get=lambda path, **_more: CONFIG)
        monkeypatch.setattr(_gate, "pass_gate", pass_gate)
        monkeypatch.setattr(flink_drill_plan, "collect", lambda _cluster, _expected: STATUS)
        monkeypatch.setattr(
            Cluster, "rest", SimpleNamespace(at=lambda _url: endpoint, round_trips=0, close=lambda: None)
        )
        return run_module(flink_drill_plan.main, check=check, **{**OPTIONS, **options})

    return start


def test_names_become_single_faults(run: Callable[..., dict[str, Any]]) -> None:
    result = run(faults=["zookeeper_kill", "leader_kill"])
    assert [one["name"] for one in result["faults"]] == [
        "zookeeper_kill_follower",
        "zookeeper_kill_leader",
        "leader_kill",
    ]
    assert "possible" not in result


def test_faults_are_drawn_from_those_that_the_cluster_can_do_and_the_seed_draws_them_again(
    run: Callable[..., dict[str, Any]],
) -> None:
    drawn = run(draw=40, seed=7)["faults"]
    assert [one["place"] for one in drawn] == [f"{number:03d}-{one['name']}" for number, one in enumerate(drawn, 1)]
    # It has one ZooKeeper server only, and no network of its own.
    assert {one["name"] for one in drawn} == set(CATALOGUE) - {
        "partition_leader",
        "partition_taskmanager",
        "zookeeper_kill_follower",
        "zookeeper_kill_leader",
    }
    assert len({one["pause"] for one in drawn}) > 20
    again, another = run(draw=40, seed=7)["faults"], run(draw=40, seed=8)["faults"]
    told = [[(one["name"], one["pause"]) for one in faults] for faults in (drawn, again, another)]
    assert told[0] == told[1] != told[2]


def test_nothing_is_drawn_where_nothing_can_be_done(run: Callable[..., dict[str, Any]]) -> None:
    assert "this cluster can do none of those" in run(faults=["partition"], draw=3)["msg"]
    assert "draw must be the number of faults" in run(draw=-1)["msg"]


def test_without_a_draw_each_fault_comes_once_and_at_once(run: Callable[..., dict[str, Any]]) -> None:
    (one,) = run(faults=["leader_kill"])["faults"]
    assert (one["place"], one["pause"]) == ("leader_kill", 0.0)


def test_a_cluster_that_is_whole_is_fit_for_the_fault(run: Callable[..., dict[str, Any]]) -> None:
    result = run(fault="leader_kill", fencing=True)
    assert (result["possible"], result["changed"], result["reason"]) == (True, False, "")
    assert result["targets"] == [{"host": "jm1", "service": "jobmanager", "peers": []}]
    assert (result["action"], result["lasting"], result["limits"]["leader"]) == ("kill", False, 3.0)
    assert (result["timing"]["session"], result["jobs"]) == (15.0, JOBS)


def test_without_a_guardian_a_dead_leader_costs_the_session(run: Callable[..., dict[str, Any]]) -> None:
    assert run(fault="leader_kill")["limits"]["leader"] == 20.0


def test_limits_are_wider_for_a_machine_that_is_busy(run: Callable[..., dict[str, Any]]) -> None:
    result = run(fault="leader_kill", limit_factor=1.5, fencing=True)
    assert result["limits"]["leader"] == 4.5
    assert run(fault="standby_kill", limit_factor=1.5)["limits"]["running"] == 0.0


def test_a_partition_comes_with_what_it_cuts(run: Callable[..., dict[str, Any]]) -> None:
    result = run(fault="partition_leader", runtime="systemd")
    assert result["targets"][0]["peers"] == [{"address": "zk1", "ports": [2181], "own_ports": []}]
    assert result["lasting"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"wrong": "Not registered: TaskManager tm2."}, "Not registered: TaskManager tm2"),
        ({"jobs": []}, "no job runs, so that nothing would be proved"),
        ({"jobs": [JOBS[0] | {"checkpoint_id": None}]}, "no job makes checkpoints"),
    ],
)
def test_a_cluster_that_is_not_fit_is_left_alone(
    run: Callable[..., dict[str, Any]], options: dict[str, Any], reason: str
) -> None:
    result = run(fault="leader_kill", **options)
    assert (result["possible"], result["able"], result["targets"]) == (False, True, [])
    assert result["reason"].startswith(reason)
    assert result["result"]["status"] == "refused"
    assert "failed" not in result


@pytest.mark.parametrize("required", [False, True])
def test_what_the_runtime_cannot_do_spoils_a_drill_only_when_it_was_asked_for(
    run: Callable[..., dict[str, Any]], required: bool
) -> None:
    result = run(fault="partition_leader", required=required)
    assert (result["possible"], result["able"]) == (False, False)
    assert result["result"]["status"] == ("refused" if required else "skipped")


def test_check_mode_triggers_no_checkpoint(run: Callable[..., dict[str, Any]]) -> None:
    assert run(fault="leader_kill", check=True, jobs=[JOBS[0] | {"checkpoint_id": None}])["possible"]


@pytest.mark.parametrize("name", ["leader_kil", "zookeeper_kill"])
def test_a_fault_that_is_none_is_refused(run: Callable[..., dict[str, Any]], name: str) -> None:
    result = run(fault=name)
    assert result["failed"]
    assert name in result["msg"]
