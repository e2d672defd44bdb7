"""flink_leader_info: what it returns, what it waits for, and every sentence with which it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_leader_info
from ansible_collections.streamops.flink.tests.unit.plugins.fakes import LEADER_SESSION, FakeEnsemble, install
from kazoo import exceptions

JM1, JM2 = "http://127.0.0.1:8081", "http://127.0.0.1:8082"
CONNECTION = {
    "zookeeper_quorum": "zk1:2181",
    "cluster_id": "/t",
    "jobmanagers": [{"name": "jm1", "url": JM1}, {"name": "jm2", "url": JM2}],
}

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def ensemble(monkeypatch: pytest.MonkeyPatch) -> FakeEnsemble:
    fake = install(monkeypatch)
    fake.lead(JM1, owner=0x100)
    fake.contend(1, owner=0x100)
    fake.contend(2, owner=0x200)
    return fake


@pytest.fixture
def run(run_module: Run) -> Run:
    return lambda **arguments: run_module(flink_leader_info.main, **{**CONNECTION, **arguments})


@pytest.mark.parametrize("check", [False, True])
def test_the_leader_and_the_contenders_are_returned(run: Run, ensemble: FakeEnsemble, check: bool) -> None:
    result = run(check=check)
    assert result["changed"] is False
    assert result["leader"] == {
        "name": "jm1",
        "url": JM1,
        "leader_session": LEADER_SESSION,
        "zookeeper_session": "0x100",
        "since": "2026-05-28T20:26:41.500Z",
    }
    assert [(one["position"], one["leading"], one["name"]) for one in result["contenders"]] == [
        (1, True, "jm1"),
        (2, False, None),
    ]
    assert result["zookeeper_path"] == "/flink/t"


def test_three_round_trips_to_zookeeper_and_none_to_flink_are_enough(run: Run, ensemble: FakeEnsemble) -> None:
    assert run()["round_trips"] == {"rest": 0, "zookeeper": 3}


@pytest.mark.parametrize("before", ["jm2", JM2, "0x200", "11111111-2222-3333-4444-555555555555"])
def test_a_change_that_has_happened_is_not_waited_for(run: Run, ensemble: FakeEnsemble, before: str) -> None:
    assert run(changed_from=before, timeout=60)["leader"]["name"] == "jm1"


@pytest.mark.parametrize("before", ["jm1", JM1 + "/", "0x100", LEADER_SESSION])
def test_a_change_is_waited_for(run: Run, ensemble: FakeEnsemble, before: str) -> None:
    def fail_over(one: FakeEnsemble) -> None:
        if len(one.calls) == 7:
            one.lead(JM2, owner=0x200)
            one.nodes["/flink/t/leader/rest_server/connection_info"].data = one.nodes[
                "/flink/t/leader/rest_server/connection_info"
            ].data.replace(b"\x43\x57\x97\x19", b"\x11\x11\x11\x11")

    ensemble.on_call = fail_over
    assert run(changed_from=before, timeout=30)["leader"]["name"] == "jm2"


def test_contenders_are_waited_for(run: Run, ensemble: FakeEnsemble) -> None:
    ensemble.on_call = lambda one: one.contend(3, owner=0x300) if len(one.calls) == 9 else None
    assert len(run(contenders=3, timeout=30)["contenders"]) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"changed_from": "jm1"}, "jm1 still leads, since 2026-05-28T20:26:41.500Z"),
        (
            {"changed_from": "jm1", "timeout": 0.1},
            (
                "a change of leader from jm1 did not happen within 0.1 s; last seen: jm1 still leads,"
                " since 2026-05-28T20:26:41.500Z"
            ),
        ),
        ({"contenders": 3}, "jm1 leads and 2 of 3 JobManagers contend"),
        (
            {"contenders": 1, "timeout": 0.1},
            (
                "the election of a leader and the presence of 1 contenders did not happen within 0.1 s;"
                " last seen: jm1 leads and 2 of 1 JobManagers contend"
            ),
        ),
        ({"contenders": 0}, "timeout must not be negative, and contenders must be 1 or more"),
        ({"timeout": -1}, "timeout must not be negative, and contenders must be 1 or more"),
        ({"cluster_id": "/"}, "cluster_id '/' is empty: give the cluster's high-availability.cluster-id"),
        (
            {"zookeeper_quorum": "zk1"},
            "zookeeper_quorum 'zk1' cannot be read at 'zk1': give host:port,host:port without a path (it has no port)",
        ),
        (
            {"cluster_id": "/other"},
            "no JobManager leads: /flink/other/leader has no connection_info of the rest_server",
        ),
        (
            {"jobmanagers": [{"name": "jm9", "url": "http://jm9:8081"}], "timeout": 30},
            (
                "the leader http://127.0.0.1:8081 is not one of the inventory's JobManagers (jm9 http://jm9:8081):"
                " another cluster uses this cluster_id, or rest.address of that JobManager is wrong"
            ),
        ),
    ],
)
def test_it_fails_with_one_sentence(run: Run, ensemble: FakeEnsemble, arguments: dict[str, Any], message: str) -> None:
    result = run(**arguments)
    assert result["failed"] is True
    assert result["msg"] == message


def test_two_leaders_are_an_error(run: Run, ensemble: FakeEnsemble) -> None:
    ensemble.lead(JM2, owner=0x200, components=("dispatcher",))
    assert run()["msg"] == (
        "two JobManagers lead: below /flink/t/leader the session 0x100 has published the rest_server (http://127.0.0.1:8081)"
        " and the session 0x200 the dispatcher"
    )


def test_a_damaged_node_is_an_error(run: Run, ensemble: FakeEnsemble) -> None:
    ensemble.add("/flink/t/leader/rest_server/connection_info", b"<html>", owner=0x100)
    assert run()["msg"] == (
        "connection_info in ZooKeeper cannot be read (6 bytes, beginning with '3c 68 74 6d 6c 3e'):"
        " it does not begin with the header of a Java stream"
    )


def test_a_missing_permission_is_an_error(run: Run, ensemble: FakeEnsemble) -> None:
    ensemble.faults = [("before", exceptions.NoAuthError())]
    result = run(zookeeper_username="anna", zookeeper_password="s3cret")
    assert result["msg"].endswith("in ZooKeeper at zk1:2181: the user anna has no permission")
    assert "s3cret" not in str(result["msg"])


def test_a_failure_shows_who_contends(run: Run, ensemble: FakeEnsemble) -> None:
    result = run(contenders=3)
    assert [one["zookeeper_session"] for one in result["contenders"]] == ["0x100", "0x200"]
    assert result["leader"]["name"] == "jm1"
    assert result["round_trips"] == {"rest": 0, "zookeeper": 3}
