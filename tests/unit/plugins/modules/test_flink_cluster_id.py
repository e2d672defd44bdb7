"""Whose a cluster id is."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._cluster import ownership as _cluster_id
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster, Leadership
from ansible_collections.streamops.flink.plugins.module_utils._cluster.kazoo_client import Node
from ansible_collections.streamops.flink.plugins.module_utils._cluster.leader import Contender, ForeignLeader
from ansible_collections.streamops.flink.plugins.module_utils._cluster.zookeeper import ZooKeeper
from ansible_collections.streamops.flink.plugins.modules import flink_cluster_id

RunModule = Callable[..., dict[str, Any]]
OURS = [{"name": "jm1", "url": "http://jm1:8081"}, {"name": "jm2", "url": "http://jm2:8081"}]


class Tree:
    """ZooKeeper as a dictionary."""

    def __init__(self) -> None:
        self.nodes: dict[str, bytes] = {}

    def find(self, path: str, _deadline: object = None) -> Node | None:
        data = self.nodes.get(path)
        return None if data is None else Node(path=path, data=data, version=0, owner=0, created_ms=0, modified_ms=0)

    def children(self, path: str, _deadline: object = None) -> list[str]:
        return sorted({name[len(path) + 1 :].split("/")[0] for name in self.nodes if name.startswith(path + "/")})

    def exists(self, path: str, _deadline: object = None) -> bool:
        return any(name == path or name.startswith(path + "/") for name in self.nodes)

    def put(self, path: str, data: bytes) -> None:
        self.nodes[path] = data

    def delete(self, path: str, *, recursive: bool) -> bool:
        gone = [name for name in self.nodes if name == path or (recursive and name.startswith(path + "/"))]
        for name in gone:
            del self.nodes[name]
        return bool(gone)


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()
        server.settimeout(0.1)

        def accept() -> None:
            while not stop.is_set():
                try:
                    server.accept()[0].close()
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1]
        stop.set()
        thread.join()


@pytest.fixture
def tree(monkeypatch: pytest.MonkeyPatch) -> Tree:
    made = Tree()
    for name in ("find", "children", "exists", "put", "delete"):
        monkeypatch.setattr(ZooKeeper, name, lambda _self, *args, _name=name, **kw: getattr(made, _name)(*args, **kw))
    monkeypatch.setattr(Cluster, "leadership", lambda _self, _deadline=None: Leadership(None, ()))
    monkeypatch.setattr(Cluster, "contenders", lambda _self, _deadline=None: [])
    return made


@pytest.fixture
def call(run_module: RunModule, port: int) -> RunModule:
    def with_connection(**options: Any) -> dict[str, Any]:
        control = {key: options.pop(key) for key in ("check", "diff") if key in options}
        return run_module(
            flink_cluster_id.main,
            **control,
            **{"zookeeper_quorum": f"127.0.0.1:{port}", "cluster_id": "/payments", "jobmanagers": OURS, **options},
        )

    return with_connection


def owner(*urls: str) -> bytes:
    return json.dumps({"jobmanagers": list(urls)}).encode()


def contender() -> Contender:
    return Contender("latch-1", 1, "0x1", "2026-11-21T12:00:00.000Z", leading=True)


def test_a_zookeeper_that_is_not_there_yet_is_no_error(call: RunModule, tree: Tree) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    result = call(zookeeper_quorum=f"127.0.0.1:{free}")
    assert (result["reachable"], result["changed"], result["jobs"]) == (False, False, [])


def test_an_id_that_is_not_used_is_free(call: RunModule, tree: Tree) -> None:
    result = call()
    assert (result["reachable"], result["owner"], result["contenders"]) == (True, None, 0)


def test_the_jobs_that_a_next_leader_would_recover_are_named(call: RunModule, tree: Tree) -> None:
    tree.nodes["/flink/payments/jobgraphs/aa"] = b""
    tree.nodes["/flink/payments/execution-plans/bb"] = b""
    assert call()["jobs"] == ["aa", "bb"]


def test_another_clusters_id_is_refused_before_anything_is_changed(call: RunModule, tree: Tree) -> None:
    tree.nodes["/streamops/payments/owner"] = owner("http://other:8081")
    result = call(state="claimed")
    assert result["failed"] is True
    assert "belongs to another cluster, whose JobManagers are http://other:8081" in result["msg"]
    assert tree.nodes["/streamops/payments/owner"] == owner("http://other:8081")


def test_a_takeover_is_possible_when_it_is_said(call: RunModule, tree: Tree) -> None:
    tree.nodes["/streamops/payments/owner"] = owner("http://other:8081")
    assert call(state="claimed", takeover=True)["changed"] is True
    assert json.loads(tree.nodes["/streamops/payments/owner"])["jobmanagers"] == [one["url"] for one in OURS]


def test_a_leader_from_elsewhere_is_refused(call: RunModule, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = Leadership(None, (contender(),), ForeignLeader("the leader http://other:8081 is not one of ours"))
    monkeypatch.setattr(Cluster, "leadership", lambda _self, _deadline=None: foreign)
    assert "is not one of ours" in call()["msg"]


def test_claiming_twice_changes_once_and_check_mode_changes_nothing(call: RunModule, tree: Tree) -> None:
    planned = call(state="claimed", check=True, diff=True)
    assert (planned["changed"], planned["diff"]["before"], tree.nodes) == (
        True,
        {"owner": None, "flink_version": ""},
        {},
    )
    assert call(state="claimed")["changed"] is True
    assert call(state="claimed")["changed"] is False


def test_a_cluster_that_gained_a_jobmanager_is_still_the_same(call: RunModule, tree: Tree) -> None:
    tree.nodes["/streamops/payments/owner"] = owner("http://jm1:8081")
    assert call(state="claimed")["changed"] is True


def test_a_damaged_record_is_told(call: RunModule, tree: Tree) -> None:
    tree.nodes["/streamops/payments/owner"] = b"\xff not json"
    assert "is damaged" in call()["msg"]


def test_releasing_removes_flinks_nodes_and_ours(call: RunModule, tree: Tree) -> None:
    for path in ("/flink/payments/jobgraphs/aa", "/streamops/payments/jobs/x", "/flink/other/leader"):
        tree.nodes[path] = b""
    assert call(state="released", check=True)["removed"] == ["/flink/payments", "/streamops/payments"]
    assert len(tree.nodes) == 3
    assert call(state="released")["changed"] is True
    assert list(tree.nodes) == ["/flink/other/leader"]
    assert call(state="released")["changed"] is False


def test_releasing_is_refused_while_a_jobmanager_holds_a_session(
    call: RunModule, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.nodes["/flink/payments/jobgraphs/aa"] = b""
    monkeypatch.setattr(Cluster, "contenders", lambda _self, _deadline=None: [contender()])
    result = call(state="released", timeout=0.1)
    assert "1 JobManager(s) still hold a session" in result["msg"]
    assert tree.nodes


@pytest.mark.parametrize("state", ["claimed", "released"])
def test_without_zookeeper_nothing_can_be_claimed_or_released(
    call: RunModule, tree: Tree, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(_cluster_id, "any_server_listens", lambda _quorum: False)
    assert f"cannot be {state}: nothing listens on" in call(state=state)["msg"]
