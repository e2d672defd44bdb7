"""What status.yml calls wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Leadership
from ansible_collections.streamops.flink.plugins.module_utils._cluster.leader import Contender, Leader
from ansible_collections.streamops.flink.plugins.module_utils._cluster.taskmanagers import parse_taskmanagers
from ansible_collections.streamops.flink.plugins.module_utils._operations.status import (
    Expected,
    _leader_problems,
    job_entry,
    judge,
    spare_slots,
    taskmanagers,
)

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
EXPECTED = Expected(taskmanagers=("tm1", "tm2"), slots=8, jobs=("transactions",))


def job(name: str = "transactions", state: str = "RUNNING", running: int = 4, number: int = 1) -> dict[str, Any]:
    return {"name": name, "id": f"id{number}", "state": state, "tasks_running": running, "tasks_total": 4}


def status(**changes: Any) -> dict[str, Any]:
    return {
        "checked_at": "2026-11-21T12:00:00Z",
        "leader": {"name": "jm1"},
        "leader_age": 3600.0,
        "contenders": 2,
        "zookeeper": [{"name": "zk1", "address": "zk1:2181", "mode": "standalone", "error": None}],
        "jobmanagers": [{"name": "jm1", "role": "leader", "says": ""}, {"name": "jm2", "role": "standby", "says": ""}],
        "slots": {"total": 8, "available": 4},
        "taskmanagers": [{"name": "tm1", "registered": True}, {"name": "tm2", "registered": True}],
        "jobs": [job()],
    } | changes


def test_a_whole_cluster_has_no_problem() -> None:
    assert judge(status(), EXPECTED) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"zookeeper": [{"name": "zk1", "address": "zk1:2181", "mode": None, "error": "refused"}]},
            "ZooKeeper zk1 (zk1:2181) does not serve: refused.",
        ),
        (
            {"jobmanagers": [{"name": "jm2", "role": "unreachable", "says": "refused"}]},
            "JobManager jm2 does not answer: refused.",
        ),
        ({"contenders": 1}, "Only 1 of 2 JobManagers contend"),
        ({"taskmanagers": [{"name": "tm2", "registered": False}]}, "Not registered: TaskManager tm2."),
        ({"slots": {"total": 4, "available": 0}}, "4 of 8 slots are registered."),
        ({"jobs": []}, "Job transactions is declared as running and does not run."),
        ({"jobs": [job(state="FAILED")]}, "Job transactions is declared as running and does not run."),
        ({"jobs": [job(), job(number=2)]}, "Job transactions runs 2 times: id1, id2."),
        ({"jobs": [job(state="RESTARTING")]}, "Job transactions is RESTARTING."),
        ({"jobs": [job(running=3)]}, "Job transactions has 3 of 4 tasks running."),
    ],
)
def test_every_fault_is_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    problems = judge(status(**changes), EXPECTED)
    assert any(problem.startswith(sentence) for problem in problems), problems


def watched(at: str, job_id: str = "id1", bad: bool = True) -> dict[str, Any]:
    one = {"name": "transactions", "job_id": job_id, "verdict": "ZOMBIE", "reason": "nothing has moved", "bad": bad}
    return status(watchdog={"at": at, "by": "jm1", "interval": 10.0, "jobs": [one]})


def test_a_job_that_runs_and_hangs_is_a_problem_as_long_as_the_watchdog_says_so() -> None:
    sentence = "Job transactions is RUNNING, and the watchdog calls it ZOMBIE: nothing has moved."
    assert judge(watched("2026-11-21T11:59:30.000Z"), EXPECTED) == [sentence]
    assert judge(watched("2026-11-21T11:30:00.000Z"), EXPECTED) == []
    assert judge(watched("2026-11-21T11:59:30.000Z", job_id="the one before"), EXPECTED) == []
    assert judge(watched("2026-11-21T11:59:30.000Z", bad=False), EXPECTED) == []
    assert judge(watched("a while ago"), EXPECTED) == []


WATCHED = replace(EXPECTED, watchdog=True)


@pytest.mark.parametrize(
    ("told", "changes", "sentence"),
    [
        ({"at": "2026-11-21T11:58:30.000Z"}, {}, ""),
        ({"at": "2026-11-21T11:30:00.000Z"}, {}, "No watchdog has been heard of for 30 min: "),
        ({"at": "2026-11-21T11:50:00.000Z", "interval": 300.0}, {}, ""),
        ({"at": "a while ago"}, {}, "No watchdog has been heard of yet: "),
        (None, {}, "No watchdog has been heard of yet: "),
        # It is only being built.
        (None, {"leader_age": 20.0}, ""),
    ],
)
def test_a_watchdog_that_is_silent_is_a_problem_where_one_is_to_watch(
    told: dict[str, Any] | None, changes: dict[str, Any], sentence: str
) -> None:
    seen = status(watchdog=told, **changes)
    assert judge(seen, EXPECTED) == []
    problems = judge(seen, WATCHED)
    assert len(problems) == (sentence != "")
    assert all(one.startswith(sentence) for one in problems)


@pytest.mark.parametrize(
    ("workers", "missing"),
    [
        ([(4, 2), (4, 2)], 0),
        ([(4, 0), (4, 4)], 0),
        ([(4, 0), (4, 3)], 1),
        ([(2, 0), (8, 2)], 6),
        ([(4, 3)], 1),
        ([(4, 4)], 0),
        ([], 0),
    ],
)
def test_slots_that_would_be_missing_are_told_before_they_are(workers: list[tuple[int, int]], missing: int) -> None:
    registered = [
        {"name": f"tm{number}", "registered": True, "slots": slots, "free": free}
        for number, (slots, free) in enumerate(workers)
    ]
    away = {"name": "away", "registered": False, "slots": 0, "free": 0}
    notes = spare_slots({"taskmanagers": [*registered, away]})
    assert len(notes) == (missing > 0)
    assert all(f" {missing} slot(s) would be missing" in note for note in notes)


def test_a_job_that_is_not_declared_is_no_problem_as_long_as_it_runs() -> None:
    assert judge(status(jobs=[job(), job("other")]), EXPECTED) == []


def test_an_ended_job_of_the_same_name_does_not_count_as_a_second_one() -> None:
    assert judge(status(jobs=[job(), job(state="CANCELED", number=2)]), EXPECTED) == []


def test_without_a_leader_nothing_is_said_of_what_only_a_leader_knows() -> None:
    assert judge(status(leader=None, jobs=[], taskmanagers=[], slots={"total": None}), EXPECTED) == []


def test_taskmanagers_of_the_inventory_that_are_away_are_listed() -> None:
    worker = {
        "id": "tm1",
        "path": "pekko.tcp://flink@127.0.0.1:6122/user/rpc/taskmanager_0",
        "slotsNumber": 4,
        "freeSlots": 1,
        "timeSinceLastHeartbeat": round(NOW.timestamp() * 1000) - 1500,
    }
    found = taskmanagers(parse_taskmanagers({"taskmanagers": [worker]}), ["tm1", "tm2"], NOW)
    assert [(one["name"], one["registered"]) for one in found] == [("tm1", True), ("tm2", False)]
    assert found[0]["address"] == "127.0.0.1:6122"
    assert found[0]["heartbeat_age"] == pytest.approx(1.5)


def test_a_job_is_told_with_its_last_checkpoint() -> None:
    overview = {
        "jid": "abc",
        "name": "transactions",
        "state": "RUNNING",
        "duration": 9000,
        "tasks": {"running": 4, "total": 4},
    }
    completed = {
        "id": 7,
        "latest_ack_timestamp": NOW.timestamp() * 1000 - 3000,
        "state_size": 2048,
        "external_path": "file:/chk-7",
    }
    detail = {"checkpoints": {"latest": {"completed": completed}}, "metrics": [{"id": "numRestarts", "value": "2"}]}
    entry = job_entry(overview, detail, NOW)
    assert (entry["restarts"], entry["duration"]) == (2, 9.0)
    assert entry["checkpoint"] == {"id": 7, "age": pytest.approx(3.0), "size": 2048, "path": "file:/chk-7"}


def test_a_job_that_told_nothing_more_has_neither_restarts_nor_checkpoint() -> None:
    entry = job_entry({"jid": "abc", "name": "j", "state": "CREATED"}, {}, NOW)
    assert (entry["restarts"], entry["checkpoint"], entry["tasks_total"]) == (None, None, 0)


def test_a_leader_without_a_latch_is_a_problem() -> None:
    leader = Leader("http://127.0.0.1:8081", "jm1", "s", "0x9", "2026-03-14T09:26:53.589Z")

    def contender(session: str, leading: bool) -> Contender:
        return Contender("n", 1, session, "2026-03-14T09:26:53.589Z", leading)

    assert _leader_problems(Leadership(leader, (contender("0x9", True),))) == []
    (problem,) = _leader_problems(Leadership(leader, (contender("0x2", False),)))
    assert problem.startswith("JobManager jm1 leads and has no latch in ZooKeeper")
