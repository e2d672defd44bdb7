"""The tables that people read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._operations.status_view import age, render, size


def status(**changes: Any) -> dict[str, Any]:
    return {
        "cluster_id": "/local",
        "version": "1.20.5",
        "leader": {"name": "jm1", "url": "http://127.0.0.1:8081"},
        "leader_age": 61.0,
        "slots": {"total": 12, "available": 10},
        "zookeeper": [
            {"name": "zk1", "address": "127.0.0.1:2181", "mode": "standalone", "version": "3.7.1", "latency": 0}
        ],
        "jobmanagers": [{"name": "jm1", "role": "leader", "url": "http://127.0.0.1:8081"}],
        "taskmanagers": [
            {"name": "tm1", "registered": True, "slots": 4, "free": 2, "heartbeat_age": 0.4, "address": "127.0.0.1"},
            {"name": "tm2", "registered": False},
        ],
        "jobs": [
            {
                "name": "transactions",
                "id": "abc",
                "state": "RUNNING",
                "tasks_running": 4,
                "tasks_total": 4,
                "restarts": 0,
                "duration": 7200,
                "checkpoint": {"id": 7, "age": 12.0, "size": 2048},
            }
        ],
        "problems": [],
    } | changes


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (0.25, "250 ms"), (12, "12 s"), (125, "2 min"), (7200, "2 h"), (200000, "2 d"), (-3, "0 ms")],
)
def test_ages_are_said_as_people_say_them(seconds: float | None, text: str) -> None:
    assert age(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(None, "-"), (12, "12 B"), (2048, "2.0 KB"), (5 * 1024**4, "5.0 TB")])
def test_sizes_are_said_as_people_say_them(count: int | None, text: str) -> None:
    assert size(count) == text


def test_the_table_names_leader_nodes_and_jobs() -> None:
    text = render(status())
    for word in (
        "led by jm1",
        "12 slots, 10 free",
        "transactions",
        "4/4",
        "#7, 12 s ago",
        "missing",
        "Nothing is wrong.",
    ):
        assert word in text
    assert "\x1b[" not in text


def test_what_is_wrong_is_red() -> None:
    text = render(status(leader=None, problems=["tm2 is not registered"]), color=True)
    assert "\x1b[1;31mhas no leader" in text
    assert "\x1b[1;31m!! tm2 is not registered" in text


def test_a_server_that_does_not_serve_says_why() -> None:
    broken = [{"name": "zk1", "address": "127.0.0.1:2181", "mode": None, "error": "connection refused"}]
    assert "connection refused" in render(status(zookeeper=broken))


def test_a_cluster_without_jobs_is_no_error() -> None:
    assert "none" in render(status(jobs=[]))


def test_verdicts_stand_in_a_table_of_their_own() -> None:
    job_id = "8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e"
    cluster = {"name": "cluster", "verdict": "HEALTHY", "reason": "led by jm1", "bad": False}
    job = {"name": "count", "job_id": job_id, "verdict": "ZOMBIE", "reason": "nothing has moved", "bad": True}
    health = {"cluster": cluster, "jobs": [{**job, "checkpoint_age": 94.2}]}
    text = render(status(health=health, problems=["count is ZOMBIE: nothing has moved."]))
    line = next(line for line in text.splitlines() if job_id in line and "ZOMBIE" in line)
    assert line.split() == ["count", job_id, "ZOMBIE", "2", "min", "ago", "nothing", "has", "moved"]
    assert "Nothing is wrong." not in text


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "answers"),
        ({"address": ""}, "runs"),
        ({"answers": False, "says": "connection refused"}, "silent"),
        ({"answers": False, "address": "", "says": "no process of it runs"}, "not running"),
        ({"answers": False, "required": False}, "not deployed"),
        ({"answers": False, "address": "", "unknown": True}, "unknown"),
    ],
)
def test_every_daemon_has_a_row_of_its_own(changes: dict[str, Any], word: str) -> None:
    one = {"name": "hs1", "daemon": "history_server", "title": "history server", "address": "http://hs1:8082"}
    one |= {"answers": True, "required": True, "says": "", **changes}
    row = next(line for line in render(status(daemons=[one])).splitlines() if "history server" in line)
    assert word in row
    assert one["says"] in row
