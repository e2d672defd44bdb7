"""flink_gate: nothing passes before the cluster is whole and its jobs make progress."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._operations import gate as _gate
from ansible_collections.streamops.flink.plugins.module_utils._operations.status import Expected
from ansible_collections.streamops.flink.plugins.modules import flink_gate

RunModule = Callable[..., dict[str, Any]]
JOB = "a" * 32
ALONE = "This ZooKeeper instance is not currently serving requests"
PORTS = {"zookeeper_client_port": 2181}


def node(name: str, *daemons: str, slots: int = 0) -> dict[str, Any]:
    return {
        "name": name,
        "machine": name,
        "address": name,
        "daemons": list(daemons),
        "ports": PORTS if "zookeeper" in daemons else {},
        "myid": 1 if "zookeeper" in daemons else None,
        "resource_id": name if "taskmanager" in daemons else None,
        "slots": slots,
        "node_dir": f"/srv/{name}",
    }


NODES = [
    node("zk1", "zookeeper"),
    node("jm1", "jobmanager"),
    node("jm2", "jobmanager"),
    node("tm1", "taskmanager", slots=2),
    node("tm2", "taskmanager", slots=2),
]
OPTIONS = {
    "zookeeper_quorum": "zk1:2181",
    "cluster_id": "/payments",
    "jobmanagers": [{"name": "jm1", "url": "http://jm1:8081"}, {"name": "jm2", "url": "http://jm2:8081"}],
    "nodes": NODES,
    "timeout": 5.0,
}
WHOLE: dict[str, Any] = {
    "leader": {"name": "jm1", "url": "http://jm1:8081"},
    "contenders": 2,
    "zookeeper": [{"name": "zk1", "address": "zk1:2181", "mode": "standalone", "error": None}],
    "jobmanagers": [{"name": "jm1", "role": "leader", "says": ""}, {"name": "jm2", "role": "standby", "says": ""}],
    "slots": {"total": 4, "available": 3},
    "taskmanagers": [{"name": "tm1", "registered": True}, {"name": "tm2", "registered": True}],
    "jobs": [{"id": JOB, "name": "count", "state": "RUNNING", "tasks_running": 2, "tasks_total": 2}],
}


def without_taskmanager(status: dict[str, Any]) -> None:
    status["taskmanagers"][1]["registered"] = False
    status["slots"]["total"] = 2


def without_standby(status: dict[str, Any]) -> None:
    status["jobmanagers"][1] |= {"role": "unreachable", "says": "connection refused"}
    status["contenders"] = 1


def without_server(status: dict[str, Any]) -> None:
    status["zookeeper"][0] |= {"mode": None, "error": "connection refused"}


def leading(status: dict[str, Any]) -> None:
    status["zookeeper"][0]["mode"] = "leader"


def without_leader(status: dict[str, Any]) -> None:
    status |= {"leader": None, "jobs": [], "taskmanagers": []}


def restarting(status: dict[str, Any]) -> None:
    status["jobs"][0]["state"] = "RESTARTING"


def half(status: dict[str, Any]) -> None:
    status["jobs"][0]["tasks_running"] = 1


def forgotten(status: dict[str, Any]) -> None:
    status["jobs"] = []


def failed(status: dict[str, Any]) -> None:
    status["jobs"][0]["state"] = "FAILED"


@pytest.fixture
def run(run_module: RunModule, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Run the module against a series of statuses, each a change of the whole one; the last one stays."""
    made: list[str] = []

    def start(*series: Callable[[dict[str, Any]], None] | None, **options: Any) -> dict[str, Any]:
        left = list(series or [None])

        def collect(_cluster: Any, expected: Expected) -> dict[str, Any]:
            status = copy.deepcopy(WHOLE)
            for server in status["zookeeper"]:
                server["name"] = expected.zookeepers.get(server["address"], server["address"])
            change = left.pop(0) if len(left) > 1 else left[0]
            if change is not None:
                change(status)
            return status

        def check_jobs(_cluster: Any, jobs: list[dict[str, Any]], _deadline: Any) -> list[dict[str, Any]]:
            made.extend(job["id"] for job in jobs)
            return [{"job_id": job["id"], "name": job["name"], "checkpoint_id": 7} for job in jobs]

        monkeypatch.setattr(_gate, "collect", collect)
        monkeypatch.setattr(_gate, "check_jobs", check_jobs)
        made.clear()
        result = run_module(flink_gate.main, **OPTIONS | options)
        return {**result, "made": list(made)}

    return start


def test_a_whole_cluster_passes_with_a_checkpoint_of_every_job(run: RunModule) -> None:
    result = run()
    assert result["changed"] is False
    assert result["jobs"] == [{"job_id": JOB, "name": "count", "checkpoint_id": 7}]
    assert (result["leader"]["name"], result["absent"], result["slots_available"]) == ("jm1", [], 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_taskmanager, "Not registered: TaskManager tm2"),
        (without_standby, "JobManager jm2 does not answer"),
        (without_server, "ZooKeeper zk1"),
        (without_leader, "No JobManager leads"),
        (restarting, "Job count is RESTARTING"),
        (half, "1 of 2 tasks running"),
    ],
)
def test_it_waits_until_what_was_missing_is_there(run: RunModule, change: Any, message: str) -> None:
    assert run(change, change, None)["made"] == [JOB]
    closed = run(change, timeout=0.2)
    assert closed["failed"] is True
    assert message in closed["msg"]
    assert closed["made"] == []


def test_what_breaks_while_the_checkpoint_is_made_closes_the_gate(run: RunModule) -> None:
    assert "Not registered" in run(None, without_taskmanager, timeout=0.2)["msg"]


@pytest.mark.parametrize(("change", "name"), [(without_taskmanager, "tm2"), (without_standby, "jm2")])
def test_a_node_that_is_excused_may_be_absent(run: RunModule, change: Any, name: str) -> None:
    result = run(change, excused=[name])
    assert (result.get("msg"), result["absent"]) == (None, [name])


@pytest.mark.parametrize(
    ("modes", "behind", "passes"),
    [
        # Two servers became three, and the last one does not know it yet.
        ((ALONE, "leader", "follower"), ["zk1"], True),
        # It waits for no restart: it has to serve.
        ((ALONE, "leader", "follower"), [], False),
        # Another server is in line too, and might be taken from the quorum first.
        ((ALONE, "leader", "follower"), ["zk1", "zk2"], False),
        # There is no quorum.
        ((ALONE, ALONE, "leader"), ["zk1", "zk2"], False),
        # It is not there at all.
        (("connection refused", "leader", "follower"), ["zk1"], False),
    ],
)
def test_a_server_that_only_its_restart_can_bring_back_is_not_waited_for(
    run: RunModule, modes: tuple[str, ...], behind: list[str], passes: bool
) -> None:
    servers = [node(f"zk{number}", "zookeeper") for number in (1, 2, 3)]

    def three(status: dict[str, Any]) -> None:
        status["zookeeper"] = [
            {
                "name": one["name"],
                "address": f"{one['name']}:2181",
                "mode": mode if mode in {"leader", "follower"} else None,
                "error": mode,
            }
            for one, mode in zip(servers, modes, strict=True)
        ]

    result = run(three, nodes=[*servers, *NODES[1:]], behind=behind, timeout=0.2)
    assert ("msg" not in result) is passes, result


@pytest.mark.parametrize("excused", [[], ["zk1"]])
def test_the_zookeeper_that_leads_is_named_whether_it_is_excused_or_not(run: RunModule, excused: list[str]) -> None:
    assert run(leading, excused=excused)["zookeeper_leader"] == "zk1"


def test_a_job_that_has_to_go_on_is_waited_for_and_its_failure_ends_the_wait(run: RunModule) -> None:
    assert run(forgotten, None, jobs=[JOB])["made"] == [JOB]
    assert f"Job {JOB} has not been recovered" in run(forgotten, jobs=[JOB], timeout=0.2)["msg"]
    assert "the job count" in run(failed, jobs=[JOB], timeout=60.0)["msg"]
    assert run(failed)["made"] == []


def test_jobs_are_left_out_when_a_change_is_to_mend_them(run: RunModule) -> None:
    result = run(restarting, jobs=[JOB], check_jobs=False)
    assert (result.get("msg"), result["made"]) == (None, [])


def test_check_mode_looks_once_and_triggers_nothing(run: RunModule) -> None:
    assert run(check=True)["made"] == []
    assert "Not registered" in run(without_taskmanager, None, check=True)["msg"]


def test_nodes_of_another_shape_are_refused(run_module: RunModule) -> None:
    result = run_module(flink_gate.main, **OPTIONS | {"nodes": [{"name": "jm1"}]})
    assert "entry 1 has no address, daemons" in result["msg"]
