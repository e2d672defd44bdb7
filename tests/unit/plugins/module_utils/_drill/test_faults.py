"""The catalogue of faults: what stands for what, who is hit, when nothing may be injected, how long it may take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config.profile import FAILOVER_PROFILES
from ansible_collections.streamops.flink.plugins.module_utils._drill import faults as _drill
from ansible_collections.streamops.flink.plugins.module_utils._drill.faults import CATALOGUE, Timing
from hypothesis import given
from hypothesis import strategies as st

BALANCED = Timing(15.0, 2.0, 3.0, 25.0, 2, 1.0, 5.0, 30.0, False)
FENCED = Timing(15.0, 2.0, 3.0, 25.0, 2, 1.0, 5.0, 30.0, True)


def node(name: str, daemon: str, **ports: int) -> Any:
    return {
        "name": name,
        "machine": name,
        "address": f"{name}.example",
        "daemons": [daemon],
        "ports": ports,
        "myid": 1,
        "resource_id": name if daemon == "taskmanager" else None,
        "slots": 4 if daemon == "taskmanager" else 0,
        "node_dir": f"/srv/{name}",
    }


def nodes(zookeepers: int = 3, jobmanagers: int = 2, taskmanagers: int = 2) -> list[Any]:
    return [
        *(node(f"zk{number + 1}", "zookeeper", zookeeper_client_port=2181) for number in range(zookeepers)),
        *(
            node(f"jm{number + 1}", "jobmanager", jobmanager_rpc_port=6123, jobmanager_blob_port=6124)
            for number in range(jobmanagers)
        ),
        *(node(f"tm{number + 1}", "taskmanager", taskmanager_rpc_port=6122) for number in range(taskmanagers)),
    ]


def status(**changes: Any) -> dict[str, Any]:
    return {
        "zookeeper": [
            {"name": "zk1", "mode": "follower"},
            {"name": "zk2", "mode": "leader"},
            {"name": "zk3", "mode": "follower"},
        ],
        "jobmanagers": [{"name": "jm1", "role": "standby"}, {"name": "jm2", "role": "leader"}],
        "contenders": 2,
        "taskmanagers": [
            {"name": "tm1", "registered": True, "slots": 4, "free": 3},
            {"name": "tm2", "registered": True, "slots": 4, "free": 2},
        ],
        **changes,
    }


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["leader_kill"], ["leader_kill"]),
        (["standby_kill", "leader_kill", "standby_kill"], ["standby_kill", "leader_kill"]),
        (["zookeeper_kill"], ["zookeeper_kill_follower", "zookeeper_kill_leader"]),
        (["partition"], ["partition_leader", "partition_taskmanager"]),
        (["all"], list(CATALOGUE)),
    ],
)
def test_names_stand_for_single_faults(names: list[str], wanted: list[str]) -> None:
    assert _drill.asked(names) == wanted


@pytest.mark.parametrize("names", [["leader_kil"], [], [""]])
def test_an_unknown_fault_is_refused_with_the_known_ones(names: list[str]) -> None:
    with pytest.raises(FlinkError, match=r"nothing was injected.*leader_kill"):
        _drill.asked(names)


@pytest.mark.parametrize(
    ("fault", "runtime", "cluster", "reason"),
    [
        ("partition_leader", "process", nodes(), "no network of their own"),
        ("partition_leader", "systemd", nodes(zookeepers=0), "does not say where"),
        ("zookeeper_kill_leader", "systemd", nodes(zookeepers=1), "quorum"),
        ("zookeeper_kill_follower", "systemd", nodes(zookeepers=2), "quorum"),
        ("leader_kill", "process", nodes(jobmanagers=1), "one JobManager only"),
        ("taskmanager_kill", "process", nodes(taskmanagers=1), "one TaskManager only"),
    ],
)
def test_what_a_cluster_can_never_do_is_said(fault: str, runtime: str, cluster: list[Any], reason: str) -> None:
    assert reason in _drill.impossible(CATALOGUE[fault], runtime, cluster, "bundled")


@pytest.mark.parametrize("fault", ["leader_kill", "standby_kill", "taskmanager_kill", "zookeeper_outage", "disk_full"])
def test_the_embedded_default_can_do_it(fault: str) -> None:
    assert _drill.impossible(CATALOGUE[fault], "process", nodes(zookeepers=1), "bundled") == ""


def test_a_zookeeper_of_others_is_not_touched() -> None:
    reason = _drill.impossible(CATALOGUE["zookeeper_outage"], "process", nodes(), "existing")
    assert "not run by this collection" in reason


@pytest.mark.parametrize(
    ("fault", "hosts"),
    [
        ("leader_kill", ["jm2"]),
        ("standby_kill", ["jm1"]),
        ("all_jobmanagers_kill", ["jm2", "jm1"]),
        ("taskmanager_kill", ["tm2"]),
        ("zookeeper_kill_leader", ["zk2"]),
        ("zookeeper_kill_follower", ["zk1"]),
        ("zookeeper_outage", ["zk1", "zk2", "zk3"]),
        ("disk_full", ["jm2"]),
    ],
)
def test_whom_a_fault_hits(fault: str, hosts: list[str]) -> None:
    assert [one.host for one in _drill.choose(CATALOGUE[fault], status(), nodes())] == hosts


@pytest.mark.parametrize(
    ("fault", "changes", "reason"),
    [
        ("leader_kill", {"jobmanagers": [{"name": "jm2", "role": "leader"}]}, "no standby"),
        ("standby_kill", {"contenders": 1}, "no standby"),
        (
            "zookeeper_kill_leader",
            {"zookeeper": [{"name": "a", "mode": "leader"}, {"name": "b", "mode": "follower"}, {"mode": None}]},
            "quorum",
        ),
        (
            "taskmanager_kill",
            {"taskmanagers": [{"name": "tm1", "registered": True, "slots": 4, "free": 4}]},
            "would prove nothing",
        ),
        (
            "taskmanager_freeze",
            {
                "taskmanagers": [
                    {"name": "tm1", "registered": True, "slots": 4, "free": 0},
                    {"name": "tm2", "registered": True, "slots": 4, "free": 1},
                ]
            },
            "would find no place",
        ),
    ],
)
def test_nothing_is_hit_that_the_cluster_needs(fault: str, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(FlinkError, match=reason):
        _drill.choose(CATALOGUE[fault], status(**changes), nodes())


def test_a_partition_names_the_connections_that_it_cuts() -> None:
    leader = _drill.cut(CATALOGUE["partition_leader"], _drill.Target("jm1", "jobmanager"), nodes(zookeepers=1))
    assert leader == [{"address": "zk1.example", "ports": [2181], "own_ports": []}]
    worker = _drill.cut(CATALOGUE["partition_taskmanager"], _drill.Target("tm1", "taskmanager"), nodes(jobmanagers=1))
    assert worker == [{"address": "jm1.example", "ports": [6123, 6124], "own_ports": [6122]}]
    assert _drill.cut(CATALOGUE["leader_kill"], _drill.Target("jm1", "jobmanager"), nodes()) == []


def test_the_settings_of_a_running_jobmanager_are_read() -> None:
    config = {
        "high-availability.zookeeper.client.session-timeout": "15 s",
        "heartbeat.interval": "3 s",
        "heartbeat.timeout": "25 s",
        "restart-strategy.type": "exponential-delay",
        "restart-strategy.exponential-delay.initial-backoff": "500 ms",
        "cluster.registration.max-timeout": "5 s",
        "execution.checkpointing.interval": "30 s",
    }
    found = _drill.timing(config, tick=2.0, fenced=True)
    assert found == Timing(15.0, 2.0, 3.0, 25.0, 2, 0.5, 5.0, 30.0, True)


def test_the_session_is_what_the_servers_grant() -> None:
    assert _drill.timing({}, tick=2.0, fenced=False).session == 40.0
    short = {"high-availability.zookeeper.client.session-timeout": "1 s"}
    assert _drill.timing(short, tick=2.0, fenced=False).session == 4.0


def test_a_dead_process_costs_the_session_only_where_nothing_fences() -> None:
    kill = CATALOGUE["leader_kill"]
    assert _drill.limits(kill, FENCED)["leader"] == 3.0
    assert _drill.limits(kill, BALANCED)["leader"] == 20.0
    # What may be alive is never fenced.
    for times in (FENCED, BALANCED):
        assert _drill.limits(CATALOGUE["leader_freeze"], times)["leader"] == 20.0


def test_faults_that_are_not_felt_have_no_time_at_all() -> None:
    for name in ("standby_kill", "zookeeper_kill_leader", "zookeeper_outage"):
        assert _drill.limits(CATALOGUE[name], FENCED)["running"] == 0.0


durations = st.floats(min_value=0.1, max_value=120, allow_nan=False)


@given(
    st.builds(Timing, durations, durations, durations, durations, st.integers(1, 5), durations, durations, durations)
)
def test_limits_are_in_the_order_of_what_happens(times: Timing) -> None:
    for fault in CATALOGUE.values():
        found = _drill.limits(fault, times)
        assert found.get("leader", 0.0) <= found["running"] <= found["row"] <= found["stalled"]
        assert found["running"] <= found.get("checkpoint", found["running"])
        assert all(seconds >= 0 for seconds in found.values())
        assert _drill.deadline_seconds(fault, times, 60.0) > max(found.values()) + 60.0
        held = _drill.hold_seconds(fault, times)
        assert held > times.session if fault.new_leader else held < max(times.session, 2.1)


def test_a_guardian_makes_no_fault_slower() -> None:
    for fault in CATALOGUE.values():
        with_it, without = _drill.limits(fault, FENCED), _drill.limits(fault, BALANCED)
        assert all(with_it[name] <= without[name] for name in without)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("leader_kill", "SIGKILL to process 7 of jobmanager on jm1"),
        ("zookeeper_outage", "stopped process 7 of jobmanager on jm1"),
        ("partition_leader", "dropped all packets between process 7 of jobmanager on jm1 and ZooKeeper"),
    ],
)
def test_what_was_done_is_one_line(fault: str, text: str) -> None:
    target = {"host": "jm1", "service": "jobmanager", "pid": 7}
    assert _drill.describe(CATALOGUE[fault], [target]) == text


def promised(fault: str, profile: str) -> str:
    """What the documentation has to say."""
    config = {key: str(value).lower() for key, value in FAILOVER_PROFILES[profile].items()}
    found = _drill.limits(CATALOGUE[fault], _drill.timing(config, tick=2.0, fenced=profile != "stock"))
    if not found["running"]:
        return "jobs may restart" if profile == "stock" else "nothing happens"
    return ", ".join(f"{found[name]:g} s" for name in ("leader", "running") if name in found)


def test_the_documentation_promises_what_the_drill_asks_for() -> None:
    table = (Path(__file__).parents[5] / "docs" / "failover.md").read_text().partition("### What each promises")[2]
    told = 0
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for fault in re.findall(r"`(\w+)`", cells[0]) if len(cells) == 4 else ():
            assert cells[1:] == [promised(fault, profile) for profile in ("fast", "balanced", "stock")], fault
            told += 1
    assert told == 11
