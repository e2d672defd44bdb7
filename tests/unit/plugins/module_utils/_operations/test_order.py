"""The leader is restarted last, and never more TaskManagers than the free slots can replace."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._config.inventory import Node
from ansible_collections.streamops.flink.plugins.module_utils._operations.order import order


def node(name: str, *daemons: str, slots: int = 0, myid: int | None = None) -> Node:
    return {
        "name": name,
        "machine": name,
        "address": name,
        "daemons": list(daemons),
        "ports": {},
        "myid": myid,
        "resource_id": name,
        "slots": slots,
        "node_dir": f"/srv/{name}",
    }


NODES = [
    *(node(f"zk{number}", "zookeeper", myid=number) for number in (1, 2, 3)),
    node("jm1", "jobmanager", "sql_gateway"),
    node("jm2", "jobmanager"),
    *(node(f"tm{number}", "taskmanager", slots=4) for number in (1, 2, 3)),
]
ALL = {one["name"]: one["daemons"] for one in NODES}
GATE: dict[str, Any] = {
    "leader": {"name": "jm1"},
    "zookeeper_leader": "zk2",
    "absent": [],
    "slots_available": 10,
}


def test_those_who_lead_come_last() -> None:
    found = order(NODES, ALL, GATE)
    assert found["zookeeper"] == ["zk1", "zk3", "zk2"]
    assert found["jobmanager"] == ["jm2", "jm1"]
    assert found["taskmanager"] == ["tm1", "tm2", "tm3"]


def test_only_those_that_wait_are_named() -> None:
    found = order(NODES, {"jm1": ["jobmanager"], "tm2": ["taskmanager"]}, GATE)
    assert (found["zookeeper"], found["jobmanager"], found["taskmanager"]) == ([], ["jm1"], ["tm2"])


def test_those_that_do_not_serve_come_first() -> None:
    assert order(NODES, ALL, GATE | {"absent": ["tm3", "zk2"]})["taskmanager"] == ["tm3", "tm1", "tm2"]


def test_before_any_answer_the_order_is_that_of_the_inventory() -> None:
    assert order(NODES, ALL, {})["jobmanager"] == ["jm1", "jm2"]


@pytest.mark.parametrize(
    ("asked", "free", "batch"), [(1, 12, 1), (2, 12, 2), (3, 8, 2), (3, 7, 1), (3, 0, 1), (3, None, 1)]
)
def test_as_many_taskmanagers_go_at_once_as_the_free_slots_can_replace(
    asked: int, free: int | None, batch: int
) -> None:
    assert order(NODES, ALL, GATE | {"slots_available": free}, asked)["batch"] == batch
