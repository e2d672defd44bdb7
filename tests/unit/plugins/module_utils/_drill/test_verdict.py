"""The verdict on made-up series of samples: what was not seen is never taken for good."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._drill import recovery as _recovery
from ansible_collections.streamops.flink.plugins.module_utils._drill import rows as _rows
from ansible_collections.streamops.flink.plugins.module_utils._drill import samples as _samples
from ansible_collections.streamops.flink.plugins.module_utils._drill import verdict as _drill_verdict
from ansible_collections.streamops.flink.plugins.module_utils._drill.faults import CATALOGUE
from ansible_collections.streamops.flink.plugins.module_utils._drill.recovery import Injection
from ansible_collections.streamops.flink.plugins.module_utils._drill.samples import Series
from hypothesis import given
from hypothesis import strategies as st

JOB = "a" * 32
T0 = 1000.0
LIMITS = {"leader": 3.0, "running": 12.0, "row": 15.0, "stalled": 15.0, "checkpoint": 22.0}
WATCH = 20.0
Samples = list[dict[str, Any]]


def job(state: str = "RUNNING", running: int = 5) -> dict[str, Any]:
    return {"id": JOB, "name": "transactions", "state": state, "running": running, "total": 5}


def checkpoint(number: int, triggered: float, status: str = "COMPLETED") -> dict[str, Any]:
    acked = triggered + 0.3 if status == "COMPLETED" else 0.0
    return {"id": number, "status": status, "triggered": T0 + triggered, "acked": T0 + acked if acked else 0.0}


def injection(name: str = "leader_kill", **more: Any) -> Injection:
    host, service = {
        "jobmanager": ("jm1", "jobmanager"),
        "taskmanager": ("tm1", "taskmanager"),
        "zookeeper": ("zk1", "zookeeper"),
    }[CATALOGUE[name].service]
    told: dict[str, Any] = {
        "targets": [{"host": host, "service": service, "pid": 4711}],
        "what": "SIGKILL",
        "began": T0 - 8,
        "left": [],
        "rows": {"expected": 100, "lost": 0, "doubled": 0, "wrong": 0},
    }
    return Injection(CATALOGUE[name], injected=T0, **{**told, **more})


def every(step: float, begin: float, end: float) -> list[float]:
    return [begin + step * number for number in range(round((end - begin) / step) + 1)]


def scene_zk(at: float) -> dict[str, Any]:
    if at <= 0:
        return {"ok": True, "leader": "jm1", "session": "0x1", "sessions": ["0x1", "0x2"]}
    if at < 0.2:
        return {"ok": True, "leader": None, "session": None, "sessions": ["0x2"]}
    return {"ok": True, "leader": "jm2", "session": "0x2", "sessions": ["0x2"] + (["0x3"] if at > 6 else [])}


def scene_rest(at: float) -> dict[str, Any]:
    if 0 < at < 0.4:
        return {"ok": False, "jobs": []}
    return {"ok": True, "jobs": [job("CREATED", 0) if 0.4 <= at < 1 else job()]}


def scene_checkpoints(at: float) -> dict[str, Any]:
    if at < 0.4:
        return {"job": JOB, "restored": None, "history": [checkpoint(16, -20), checkpoint(17, -4)]}
    back = {"id": 17, "at": T0 + 0.7, "path": "file:/ck/chk-17"}
    new = [checkpoint(18, 1.5), checkpoint(19, 4.0)]
    return {"job": JOB, "restored": back, "history": [one for one in new if one["acked"] <= T0 + at]}


SCENE: dict[str, Callable[[float], dict[str, Any]]] = {
    "zk": scene_zk,
    "rest": scene_rest,
    "workers": lambda at: {"ok": True, "ids": ["tm1", "tm2"]},
    "servers": lambda at: {"serving": ["zk1"]},
    "rows": lambda at: {"written": round(100 * (at + 10 - min(max(at - 0.4, 0.0), 0.8)))},
    "checkpoints": scene_checkpoints,
}


def scene(**changes: Callable[[float], dict[str, Any]]) -> Samples:
    """A leader that is killed at 0 s, a new one at 0.2 s, the job back at 1 s, the node at 6 s; settled at 8 s."""
    looks = SCENE | changes
    samples = [
        {"t": T0 + at, "kind": kind, **look(at)} for kind, look in looks.items() for at in every(0.25, -10.0, 30.0)
    ]
    return [*samples, {"t": T0 + 8.0, "kind": "settled"}, {"t": T0, "kind": "event", "text": "SIGKILL to jm1"}]


def judge(samples: Samples, given_injection: Injection | None = None) -> dict[str, Any]:
    return _drill_verdict.judge(samples, given_injection or injection(), LIMITS, watch=WATCH)


def check_of(result: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in result["checks"] if one["name"] == name)


def time_of(result: dict[str, Any], name: str) -> Any:
    return next(one["seconds"] for one in result["times"] if one["name"] == name)


def quiet() -> dict[str, Callable[[float], dict[str, Any]]]:
    """A cluster that feels nothing."""
    return {
        "zk": lambda at: {
            "ok": True,
            "leader": "jm2",
            "session": "0x2",
            "sessions": ["0x1", "0x2"] if at < 0.5 else ["0x2"] if at < 6 else ["0x2", "0x3"],
        },
        "rest": lambda at: {"ok": True, "jobs": [job()]},
        "rows": lambda at: {"written": round(100 * (at + 10))},
        "checkpoints": lambda at: {
            "job": JOB,
            "restored": None,
            "history": [
                one for one in (checkpoint(17, -4), checkpoint(18, 1.5), checkpoint(19, 4.0)) if one["acked"] <= T0 + at
            ],
        },
    }


def test_a_failover_as_it_should_be_is_passed() -> None:
    result = judge(scene())
    assert (result["status"], result["reason"]) == ("passed", "")
    assert [one["name"] for one in result["times"]] == ["leader", "running", "row", "stalled", "checkpoint"]
    assert time_of(result, "leader") == 0.25
    assert time_of(result, "running") == 1.0
    assert time_of(result, "checkpoint") == 1.8
    assert result["jobs"] == [
        {
            "id": JOB,
            "name": "transactions",
            "restarted": True,
            "restored_from": "file:/ck/chk-17",
            "restored_id": 17,
            "last_checkpoint_before": 17,
        }
    ]
    assert result["rows"] == {"expected": 100, "lost": 0, "doubled": 0}
    assert result["injected"] == "1970-01-01T00:16:40.000Z"


def test_the_timeline_is_relative_to_the_fault() -> None:
    line = judge(scene())["timeline"]
    assert (line["from"], line["to"], line["fault"]) == (-10.0, 30.0, {"from": 0.0, "to": 0.0})
    assert line["leaders"] == [{"from": -10.0, "to": 0.25, "name": "jm1"}, {"from": 0.25, "to": 30.0, "name": "jm2"}]
    assert [one["state"] for one in line["jobs"]["transactions"]] == ["RUNNING", "UNKNOWN", "CREATED", "RUNNING"]
    assert [one["ok"] for one in line["rest"]] == [True, False, True]
    assert {one["id"] for one in line["checkpoints"]} == {17, 18, 19}
    assert line["taskmanagers"] == [[-10.0, 2]]
    assert line["events"] == [{"at": 0.0, "text": "SIGKILL to jm1"}]
    assert len(line["rows"]["transactions"]) > 50


def test_a_standby_that_dies_is_not_felt() -> None:
    result = judge(scene(**quiet()), injection("standby_kill"))
    assert (result["status"], result["reason"]) == ("passed", "")
    assert check_of(result, "undisturbed")["passed"] is True
    assert time_of(result, "running") == 0.0


def changed(kind: str, change: Callable[[float, dict[str, Any]], dict[str, Any] | None]) -> Samples:
    """The scene with the samples of one kind changed, or left out."""
    found: Samples = []
    for sample in scene():
        if sample["kind"] != kind:
            found.append(sample)
        elif (new := change(sample["t"] - T0, sample)) is not None:
            found.append(new)
    return found


BAD: dict[str, tuple[str, Samples, dict[str, Any]]] = {
    "leadership moves once more in the minute after": (
        "one_leader",
        changed("zk", lambda at, one: one | {"leader": "jm1", "session": "0x3"} if at > 20 else one),
        {},
    ),
    "no JobManager leads for a moment in the minute after": (
        "one_leader",
        changed("zk", lambda at, one: one | {"leader": None, "session": None} if 20 < at < 21 else one),
        {},
    ),
    "the job has another id": (
        "same_job",
        changed("rest", lambda at, one: one | {"jobs": [job() | {"id": "b" * 32}]} if at > 1 else one),
        {},
    ),
    "a job that was not there before comes up": (
        "ended_stay",
        changed("rest", lambda at, one: one | {"jobs": [job(), job() | {"id": "b" * 32}]} if at > 1 else one),
        {},
    ),
    "restored from an older checkpoint": (
        "restored",
        changed(
            "checkpoints", lambda at, one: one | {"restored": one["restored"] | {"id": 16}} if one["restored"] else one
        ),
        {},
    ),
    "begun with an empty state": (
        "restored",
        changed("checkpoints", lambda at, one: one | {"restored": None}),
        {},
    ),
    "one new checkpoint only": (
        "checkpoints",
        changed("checkpoints", lambda at, one: one | {"history": one["history"][:1]} if at > 1 else one),
        {},
    ),
    "the node does not come back": (
        "returned",
        changed("zk", lambda at, one: one | {"sessions": ["0x2"]} if at > 1 else one),
        {},
    ),
    "a process is left frozen": ("nothing_left", scene(), {"left": ["process 7 is frozen"]}),
    "a row is lost": ("rows", scene(), {"rows": {"expected": 100, "lost": 1, "doubled": 0}}),
    "a row is doubled": ("rows", scene(), {"rows": {"expected": 100, "lost": 0, "doubled": 1}}),
    "no row was there to be checked": ("rows", scene(), {"rows": {"expected": 0, "lost": 0, "doubled": 0}}),
}


@pytest.mark.parametrize("what", BAD)
def test_a_broken_promise_is_not_passed(what: str) -> None:
    name, samples, more = BAD[what]
    result = judge(samples, injection(**more))
    assert result["status"] == "failed"
    assert check_of(result, name)["passed"] is False
    assert check_of(result, name)["label"] in result["reason"]


@pytest.mark.parametrize("kind", ["zk", "rest", "checkpoints", "settled"])
def test_nothing_is_passed_without_samples(kind: str) -> None:
    result = judge([sample for sample in scene() if sample["kind"] != kind])
    assert result["status"] == "failed"
    assert result["reason"]


@pytest.mark.parametrize("kind", ["zk", "rest"])
def test_a_hole_in_the_samples_is_not_passed(kind: str) -> None:
    result = judge(changed(kind, lambda at, one: None if 12 < at < 18 else one))
    assert result["status"] == "failed"
    assert check_of(result, "watched")["passed"] is None


def test_a_watch_that_ended_early_is_not_passed() -> None:
    result = judge([sample for sample in scene() if sample["t"] < T0 + 15])
    assert result["status"] == "failed"
    assert check_of(result, "watched")["passed"] is None


def test_a_host_that_was_not_asked_what_is_left_is_not_passed() -> None:
    assert judge(scene(), injection(left=None))["status"] == "failed"


def test_data_that_cannot_be_checked_does_not_fail_a_cluster() -> None:
    result = judge(scene(), injection(rows=None, rows_reason="no check"))
    assert result["status"] == "passed"
    assert check_of(result, "rows") | {"label": ""} == {
        "name": "rows",
        "label": "",
        "passed": None,
        "detail": "no check",
    }
    assert result["rows"] is None


def test_a_recovery_beyond_its_limit_is_not_passed() -> None:
    late = changed("rest", lambda at, one: one | {"ok": True, "jobs": [job("RESTARTING", 0)]} if 0 < at < 14 else one)
    result = judge(late)
    assert result["status"] == "failed"
    assert "RUNNING again: 14.00 s, more than 12 s" in result["reason"]


def test_a_second_restart_in_the_minute_after_counts() -> None:
    again = changed("rest", lambda at, one: one | {"jobs": [job("RESTARTING", 0)]} if 20 < at < 21 else one)
    assert time_of(judge(again), "running") == 21.0


def test_an_answer_that_fails_to_come_is_no_restart() -> None:
    hiccup = changed("rest", lambda at, one: one | {"ok": False, "jobs": []} if 20 < at < 20.6 else one)
    assert judge(hiccup)["status"] == "passed"


def test_a_fault_without_an_effect_proves_nothing() -> None:
    result = judge(scene(**quiet() | {"zk": lambda at: scene_leader()}), injection("standby_kill"))
    assert result["status"] == "failed"
    assert check_of(result, "acted")["passed"] is False


def scene_leader() -> dict[str, Any]:
    return {"ok": True, "leader": "jm2", "session": "0x2", "sessions": ["0x1", "0x2"]}


def test_a_job_that_restarts_for_a_zookeeper_server_is_not_passed() -> None:
    def servers(at: float) -> dict[str, Any]:
        return {"serving": ["zk2"] if 0 < at < 4 else ["zk1", "zk2"]}

    steady = quiet() | {"zk": lambda at: scene_leader(), "servers": servers}
    assert judge(scene(**steady), injection("zookeeper_kill_leader"))["status"] == "passed"
    shaken = steady | {"rest": lambda at: {"ok": True, "jobs": [job("RESTARTING", 0) if 1 < at < 2 else job()]}}
    result = judge(scene(**shaken), injection("zookeeper_kill_leader"))
    assert check_of(result, "undisturbed")["passed"] is False
    assert check_of(result, "undisturbed")["detail"].startswith(
        "transactions was restarted; ZooKeeper had no quorum for 4 s"
    )
    served = shaken | {"servers": lambda at: {"serving": ["zk1", "zk2"]}}
    assert check_of(judge(scene(**served), injection("zookeeper_kill_leader")), "undisturbed")["detail"] == (
        "transactions was restarted"
    )


def test_a_taskmanager_that_comes_back_too_soon_to_be_missed_is_known_by_the_restore() -> None:
    def checkpoints(at: float) -> dict[str, Any]:
        back = {"id": 17, "at": T0 + 0.7, "path": "p"} if at > 1 else None
        known = [checkpoint(17, -4), checkpoint(18, 1.5), checkpoint(19, 4.0)]
        return {"job": JOB, "restored": back, "history": [one for one in known if one["acked"] <= T0 + at]}

    steady = quiet() | {"zk": lambda at: scene_leader(), "checkpoints": checkpoints}
    result = judge(scene(**steady), injection("taskmanager_kill"))
    assert (result["status"], result["reason"]) == ("passed", "")
    assert time_of(result, "running") == 0.7


@pytest.mark.parametrize(
    ("before", "now", "missing"),
    [
        (["tm1", "tm2"], ["tm1", "tm2"], []),
        (["tm1", "tm2"], ["tm2"], ["tm1"]),
        (["tm1", "tm2"], ["tm2", "tm3"], ["tm1"]),
        (["tm1", "tm2"], ["tm2", "h:6122-0a1b2c"], ["tm1"]),
        (["h:6122-0a1b2c", "tm2"], ["h:6122-ffffff", "tm2"], []),
        (["h:6122-0a1b2c", "tm2"], ["tm2", "tm3"], ["h:6122-0a1b2c"]),
        (["tm1", "tm2"], [], ["tm1", "tm2"]),
    ],
)
def test_a_taskmanager_is_back_under_its_name_or_under_another_one_that_flink_has_drawn(
    before: list[str], now: list[str], missing: list[str]
) -> None:
    later = changed("workers", lambda at, one: one | {"ids": now if at > 0 else before})
    baseline = _recovery.baseline(Series(later), T0)
    told = _recovery.not_returned(Series(later), injection("taskmanager_kill"), baseline)
    assert told == [f"the TaskManager {name} is not registered" for name in missing]


def test_what_is_lacking_is_told_while_it_lasts() -> None:
    early = [sample for sample in scene() if sample["t"] <= T0 + 0.1 and sample["kind"] != "settled"]
    assert _recovery.lacking(Series(early), injection()) == ["no other JobManager leads yet"]
    later = [sample for sample in scene() if sample["t"] <= T0 + 0.6 and sample["kind"] != "settled"]
    assert _recovery.lacking(Series(later), injection()) == [
        "transactions is CREATED",
        "jm1 does not contend for leadership yet",
    ]
    last = [sample for sample in scene() if sample["t"] <= T0 + 5 and sample["kind"] != "settled"]
    assert _recovery.lacking(Series(last), injection()) == ["jm1 does not contend for leadership yet"]
    assert _recovery.lacking(Series(scene()), injection()) == []


def test_a_frozen_leader_may_be_killed_when_the_job_runs_again() -> None:
    frozen = injection("leader_freeze")
    early = [sample for sample in scene() if sample["t"] <= T0 + 1.6]
    assert _recovery.may_be_removed(Series(early), frozen, 6.0, T0 + 1.6) == ["0 of 1 new checkpoints of transactions"]
    later = [sample for sample in scene() if sample["t"] <= T0 + 2]
    assert _recovery.may_be_removed(Series(later), frozen, 6.0, T0 + 2) == []


def test_an_outage_lasts_as_long_as_it_is_to() -> None:
    outage = injection("zookeeper_outage")
    assert _recovery.may_be_removed(Series(scene()), outage, 6.0, T0 + 4) == ["2 s of 6 s are left"]
    assert _recovery.may_be_removed(Series(scene()), outage, 6.0, T0 + 6) == []


@pytest.mark.parametrize("deposed", [5.0, 99.0])
def test_a_leader_without_a_latch_is_not_the_new_leader(deposed: float) -> None:
    usurper = {"ok": True, "leader": "jm1", "session": "0x9", "sessions": ["0x1", "0x2"]}
    series = Series(scene(zk=lambda at: usurper if 0.2 <= at < deposed else scene_zk(at)))
    loss = injection("zookeeper_loss")
    at = _recovery.new_leader_at(series, loss, _recovery.baseline(series, T0))
    assert at == (T0 + deposed if deposed < 30 else None)
    lacking = _recovery.lacking(series, loss)
    assert ("no other JobManager leads yet" in lacking) is (at is None)


def test_after_a_loss_of_zookeeper_every_jobmanager_has_to_contend_again() -> None:
    loss = injection("zookeeper_loss")
    early = Series([sample for sample in scene() if sample["t"] <= T0 + 5])
    before = _recovery.baseline(early, T0)
    assert _recovery.not_returned(early, loss, before) == ["not every JobManager contends for leadership yet"]
    assert _recovery.not_returned(Series(scene()), loss, before) == []


def test_a_full_disk_lasts_until_a_checkpoint_has_failed() -> None:
    full = injection("disk_full")
    assert _recovery.may_be_removed(Series(scene()), full, 6.0, T0 + 4) == ["no checkpoint has failed yet"]
    failed = changed("checkpoints", lambda at, one: one | {"history": [*one["history"], checkpoint(20, 2.0, "FAILED")]})
    assert _recovery.may_be_removed(Series(failed), full, 6.0, T0 + 4) == []


def test_rows_that_stand_still_are_measured_to_their_end() -> None:
    still = changed("rows", lambda at, one: one | {"written": 1000 if 0 <= at < 5 else one["written"] + 2000})
    seen = _rows.look_at_rows(Series(still), injection(), T0 + 8)
    assert seen is not None
    assert seen.row == 5.0
    assert seen.stalled is not None
    assert 5.0 <= seen.stalled <= 5.5


def test_rows_that_will_be_rolled_back_are_not_the_first_ones() -> None:
    # The job of a dead leader goes on writing until its successor, which starts it anew, is elected.
    steady = [dict(sample) for sample in scene() if sample["kind"] != "rows"]
    steady += [{"kind": "rows", "t": T0 + tick / 10, "written": 1000 + tick, "cut": 0} for tick in range(-50, 80)]
    seen = _rows.look_at_rows(Series(steady), injection(), T0 + 8)
    assert seen is not None
    assert seen.row == pytest.approx(0.1)
    restarted = _rows.look_at_rows(Series(steady), injection(), T0 + 8, again=T0 + 4.04)
    assert restarted is not None
    assert restarted.row == pytest.approx(4.1)
    assert time_of(judge(steady), "row") > time_of(judge(steady), "leader")
    never = _rows.look_at_rows(Series(steady), injection(), T0 + 8, again=T0 + 9)
    assert never is not None
    assert never.row is None


def test_rows_that_never_come_again_are_not_passed() -> None:
    result = judge(changed("rows", lambda at, one: one | {"written": 1000 if at >= 0 else one["written"]}))
    assert result["status"] == "failed"
    assert time_of(result, "row") is None


def test_without_rows_before_the_fault_nothing_is_said_of_rows() -> None:
    result = judge(changed("rows", lambda at, one: one | {"written": 0}))
    assert "row" not in [one["name"] for one in result["times"]]


@pytest.mark.parametrize("name", ["skipped", "refused", "aborted"])
def test_what_was_not_injected_has_its_reason(name: str) -> None:
    entry = _drill_verdict.not_injected(CATALOGUE["leader_kill"], name, "why", began=T0, ended=T0 + 1)
    assert (entry["status"], entry["reason"], entry["injected"], entry["checks"]) == (name, "why", None, [])


@pytest.mark.parametrize(
    ("statuses", "wanted"),
    [
        ([], False),
        (["skipped"], False),
        (["passed", "skipped"], True),
        (["passed", "failed"], False),
        (["passed", "aborted"], False),
        (["passed", "refused"], False),
    ],
)
def test_a_drill_is_passed_when_something_was_proved_and_nothing_was_not(statuses: list[str], wanted: bool) -> None:
    assert _drill_verdict.passed([{"status": status} for status in statuses]) is wanted


@given(st.randoms(use_true_random=False))
def test_the_order_in_which_samples_were_written_does_not_matter(order: random.Random) -> None:
    samples = scene()
    order.shuffle(samples)
    assert judge(samples) == judge(scene())


@given(st.sets(st.integers(0, len(scene()) - 1), max_size=400))
def test_samples_that_are_missing_never_make_a_bad_drill_good(gone: set[int]) -> None:
    samples = BAD["leadership moves once more in the minute after"][1]
    kept = [sample for number, sample in enumerate(samples) if number not in gone]
    assert judge(kept)["status"] == "failed"


@given(st.lists(st.tuples(st.floats(0, 50), st.booleans()), min_size=1, max_size=30))
def test_spans_never_overlap_and_never_claim_what_was_not_seen(points: list[tuple[float, bool]]) -> None:
    samples = [{"t": at, "value": value} for at, value in sorted(points)]
    found = _samples.spans(samples, lambda sample: sample["value"], 60.0)
    for earlier, later in pairwise(found):
        assert earlier[1] <= later[0] + 1e-9
    for begin, end, value in found:
        if value is not None:
            assert any(begin - 1e-9 <= sample["t"] <= end and sample["value"] == value for sample in samples)
