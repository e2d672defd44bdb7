"""zookeeper_info: what the servers say, and what is missing for a quorum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import ZooKeeperError
from ansible_collections.streamops.flink.plugins.module_utils._cluster import servers as _servers
from ansible_collections.streamops.flink.plugins.modules import zookeeper_info

Run = Callable[..., dict[str, Any]]

MNTR = (
    "zk_version\t3.8.4-9316c2a7a97e1666d8f4593f34dd6fc36ecc436c, built on 2024-02-12 22:16 UTC\n"
    "zk_server_state\t{mode}\nzk_min_latency\t0\nzk_avg_latency\t0.4446\nzk_max_latency\t21\n"
    "zk_num_alive_connections\t5\nzk_outstanding_requests\t0\nzk_znode_count\t47\n"
)
LEADER = MNTR.format(mode="leader") + "zk_followers\t2\nzk_synced_followers\t2\nzk_learners\t2\n"
FOLLOWER = MNTR.format(mode="follower")
SRVR = (
    "Zookeeper version: 3.8.4-9316c2a7, built on 2024-02-12 22:16 UTC\nLatency min/avg/max: 0/0.4446/21\n"
    "Received: 1\nSent: 1\nConnections: 5\nOutstanding: 0\nZxid: 0x100000021\nMode: follower\nNode count: 47\n"
)
NO_QUORUM = "This ZooKeeper instance is not currently serving requests\n"


def refused(server: str) -> ZooKeeperError:
    return ZooKeeperError(f"ZooKeeper at {server}, asked mntr, refuses the connection", reason="refuses")


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What each server answers to a word, or the error that asking it raises; a list is used up one by one."""
    answers: dict[str, Any] = {"zk1": FOLLOWER, "zk2": LEADER, "zk3": FOLLOWER}

    def four_letter(host: str, port: int, word: str, _deadline: object, _tls: object = None) -> str:
        answer = answers[host]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, dict):
            answer = answer[word]
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    monkeypatch.setattr(_servers, "four_letter", four_letter)
    return answers


@pytest.fixture
def run(run_module: Run, servers: dict[str, Any]) -> Run:
    connection = {"zookeeper_quorum": "zk1:2181,zk2:2181,zk3:2181", "cluster_id": "/t"}
    return lambda **arguments: run_module(zookeeper_info.main, **{**connection, **arguments})


@pytest.mark.parametrize("check", [False, True])
def test_the_ensemble_is_described(run: Run, check: bool) -> None:
    result = run(check=check)
    assert (result["changed"], result["quorum"], result["serving"]) == (False, True, 3)
    assert (result["leader"], result["followers_synced"]) == ("zk2:2181", 2)
    assert result["servers"][1] == {
        "address": "zk2:2181",
        "serving": True,
        "error": "",
        "mode": "leader",
        "version": "3.8.4",
        "latency_min": 0.0,
        "latency_avg": 0.4446,
        "latency_max": 21.0,
        "connections": 5,
        "outstanding": 0,
        "znodes": 47,
        "followers": 2,
        "followers_synced": 2,
    }
    assert result["servers"][0]["followers"] is None
    assert result["round_trips"] == {"rest": 0, "zookeeper": 3}


def test_a_server_that_allows_only_srvr_is_asked_that(run: Run, servers: dict[str, Any]) -> None:
    servers["zk1"] = {"mntr": ZooKeeperError("not allowed", allowed=False), "srvr": SRVR}
    result = run()
    assert (result["servers"][0]["mode"], result["servers"][0]["znodes"]) == ("follower", 47)
    assert result["round_trips"]["zookeeper"] == 4


@pytest.mark.parametrize(
    ("changes", "quorum", "serving", "leader"),
    [
        ({"zk1": refused("zk1:2181")}, True, 2, "zk2:2181"),
        ({"zk2": refused("zk2:2181")}, False, 2, None),
        ({"zk1": NO_QUORUM, "zk2": NO_QUORUM, "zk3": refused("zk3:2181")}, False, 0, None),
        ({"zk1": refused("zk1:2181"), "zk3": NO_QUORUM}, False, 1, "zk2:2181"),
        ({"zk1": LEADER}, False, 3, None),
        ({"zk1": "<html>"}, True, 2, "zk2:2181"),
        ({"zk3": MNTR.format(mode="read-only")}, True, 2, "zk2:2181"),
    ],
)
def test_a_quorum_needs_a_leader_and_more_than_half(
    run: Run, servers: dict[str, Any], changes: dict[str, Any], quorum: bool, serving: int, leader: str | None
) -> None:
    servers.update(changes)
    result = run()
    assert (result["quorum"], result["serving"], result["leader"]) == (quorum, serving, leader)
    assert all(one["serving"] or one["error"] for one in result["servers"])


def test_a_single_server_stands_alone(run: Run, servers: dict[str, Any]) -> None:
    servers["zk1"] = MNTR.format(mode="standalone")
    result = run(zookeeper_quorum="zk1:2181", wait_for_quorum=True)
    assert (result["quorum"], result["leader"]) == (True, "zk1:2181")


def test_a_quorum_is_waited_for(run: Run, servers: dict[str, Any]) -> None:
    servers["zk2"] = [NO_QUORUM, LEADER]
    assert run(wait_for_quorum=True, servers=3, timeout=30)["quorum"] is True


@pytest.mark.parametrize(
    ("changes", "arguments", "message"),
    [
        (
            {"zk2": NO_QUORUM, "zk3": refused("zk3:2181")},
            {"wait_for_quorum": True},
            (
                "there is no quorum: 1 of 3 servers serve; zk2:2181 runs but does not serve: it has no quorum;"
                " ZooKeeper at zk3:2181, asked mntr, refuses the connection"
            ),
        ),
        (
            {"zk3": refused("zk3:2181")},
            {"servers": 3, "timeout": 0.1},
            (
                "the start of 3 ZooKeeper servers did not happen within 0.1 s; last seen: 2 of 3 servers serve;"
                " ZooKeeper at zk3:2181, asked mntr, refuses the connection"
            ),
        ),
        ({}, {"servers": 4}, "servers is 4, but zookeeper_quorum names 3: give 1 to 3"),
        (
            {},
            {"zookeeper_quorum": "zk1"},
            "zookeeper_quorum 'zk1' cannot be read at 'zk1': give host:port,host:port without a path (it has no port)",
        ),
    ],
)
def test_it_fails_with_one_sentence(
    run: Run, servers: dict[str, Any], changes: dict[str, Any], arguments: dict[str, Any], message: str
) -> None:
    servers.update(changes)
    result = run(**arguments)
    assert (result["failed"], result["msg"]) == (True, message)


def test_a_failure_shows_every_server(run: Run, servers: dict[str, Any]) -> None:
    servers["zk3"] = refused("zk3:2181")
    assert [one["serving"] for one in run(servers=3)["servers"]] == [True, True, False]
