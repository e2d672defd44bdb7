"""What samples mean: a job that is RUNNING is well only if checkpoints or counters say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._health import model as _model
from ansible_collections.streamops.flink.plugins.module_utils._health.model import (
    DeclaredJob,
    Finding,
    JobSample,
    Limits,
    Sample,
    Sign,
    Unit,
)
from ansible_collections.streamops.flink.plugins.module_utils._health.verdict import judge
from hypothesis import given
from hypothesis import strategies as st

JOB = "a" * 32
STEP = 10.0
LIMITS = Limits()
DECLARED = {"count": DeclaredJob("count", JOB, "running")}


def unit(records: float, busy: float | None, key: str = "v1") -> Unit:
    return Unit(key, key, records, busy, "tm1")


def sample(number: int, *jobs: JobSample, **more: Any) -> Sample:
    given: dict[str, Any] = {"leader": "l1", "leader_name": "jm1", "slots": 4, "declared": DECLARED, **more}
    return Sample(number * STEP, jobs={job.job_id: job for job in jobs}, **given)


def job(number: int, **more: Any) -> JobSample:
    given: dict[str, Any] = {
        "state": "RUNNING",
        "running": 2,
        "total": 2,
        "checkpoint": 7,
        "stalled": 5.0,
        "interval": 30.0,
        "restarts": 0,
        **more,
    }
    return JobSample(number * STEP, JOB, "count", **given)


def series(count: int, make: Callable[[int], Mapping[str, Any]], **more: Any) -> list[Sample]:
    return [sample(number, job(number, **make(number)), **more) for number in range(count)]


def verdict(samples: list[Sample], limits: Limits = LIMITS) -> Finding:
    (found,) = judge(samples, limits, 4).jobs
    return found


def hanging(number: int) -> dict[str, Any]:
    """Checkpoints have stopped; one task is busy and has moved nothing, the other waits."""
    busy = number * STEP * 1000
    return {"stalled": 10.0 + number * STEP, "units": (unit(500, busy, "count"), unit(900, 0, "sink"))}


def test_a_job_that_completes_checkpoints_is_healthy_whatever_its_counters_say() -> None:
    assert verdict(series(12, lambda _n: {"units": (unit(0, None),)})).verdict == _model.HEALTHY


def test_a_job_without_input_whose_checkpoints_complete_is_idle() -> None:
    found = verdict(series(20, lambda _n: {"units": (unit(500, 0.0),)}))
    assert (found.verdict, found.trouble) == (_model.IDLE, False)


def test_a_task_that_is_busy_and_moves_nothing_while_checkpoints_stop_is_a_zombie() -> None:
    found = verdict(series(12, hanging))
    assert (found.verdict, found.bad) == (_model.ZOMBIE, True)
    assert found.stuck == ("count",)
    assert found.taskmanagers == ("tm1",)
    assert found.reason == "no checkpoint has been completed for 120 s, and nothing has moved in count"


def test_a_zombie_is_one_only_after_the_window_of_its_checkpoints() -> None:
    assert verdict(series(8, hanging)).verdict == _model.HEALTHY
    assert verdict(series(12, lambda n: {**hanging(n), "interval": 60.0})).verdict == _model.HEALTHY
    assert verdict(series(12, lambda n: {**hanging(n), "slowest": 70.0})).verdict == _model.HEALTHY


def test_a_window_is_never_shorter_than_the_pace_of_the_job_itself() -> None:
    """Others may deploy jobs with an interval of their own, which no inventory knows."""
    limits = Limits(checkpoint_window=60)
    found = series(25, lambda n: hanging(n) | {"interval": 300.0, "slowest": 1.0})
    assert verdict(found, limits).verdict != _model.ZOMBIE
    assert verdict(series(25, hanging), limits).verdict == _model.ZOMBIE


def test_one_task_of_many_that_hangs_is_found_while_the_others_go_on() -> None:
    def one(number: int) -> dict[str, Any]:
        return {**hanging(number), "units": (*hanging(number)["units"][:1], unit(number * 100, number * 5000, "other"))}

    found = verdict(series(12, one))
    assert (found.verdict, found.stuck) == (_model.ZOMBIE, ("count",))


def test_a_task_that_is_held_up_by_the_one_that_hangs_counts_as_stuck_too() -> None:
    def held(number: int) -> dict[str, Any]:
        return {
            "stalled": 10 + number * STEP,
            "units": (unit(5, number * 9900, "source"), unit(5, number * 9950, "map")),
        }

    assert verdict(series(12, held)).stuck == ("source", "map")


def test_only_the_process_of_the_task_that_hangs_is_to_blame() -> None:
    def chain(number: int) -> dict[str, Any]:
        busy = number * STEP * 1000
        source = Unit("source", "source", 5, busy, "tm1", held=busy)
        return {"stalled": 10.0 + number * STEP, "units": (source, Unit("count", "count", 5, busy, "tm2"))}

    found = verdict(series(12, chain))
    assert (found.stuck, found.taskmanagers) == (("source", "count"), ("tm2",))


def test_a_task_that_is_held_up_by_a_slow_one_does_not_hang() -> None:
    """Its buffers are full, and each empties in minutes only."""

    def slow(number: int) -> dict[str, Any]:
        busy = number * STEP * 1000
        source = Unit("source", "source", 5000, busy, "tm1", held=busy)
        sink = Unit("sink", "sink", 1, 0.0, "tm2")
        return {"stalled": 10.0 + number * STEP, "units": (source, Unit("count", "count", number, busy, "tm2"), sink)}

    found = verdict(series(12, slow))
    assert (found.verdict, found.stuck) == (_model.CHECKPOINT_STALLED, ())
    assert "still move" in found.reason


def test_a_slow_job_whose_records_move_is_told_and_never_acted_upon() -> None:
    def slow(number: int) -> dict[str, Any]:
        return {"stalled": 10.0 + number * STEP, "units": (unit(number, number * 10000), unit(1, 0, "sink"))}

    early, late = verdict(series(12, slow)), verdict(series(40, slow))
    assert (early.verdict, early.trouble) == (_model.CHECKPOINT_STALLED, False)
    assert (late.verdict, late.bad, late.alert) == (_model.CHECKPOINT_STALLED, False, True)


def test_an_idle_job_whose_storage_takes_no_checkpoints_is_not_restarted() -> None:
    def full(number: int) -> dict[str, Any]:
        return {"stalled": 10.0 + number * STEP, "units": (unit(500, 0),), "hangs": False}

    found = verdict(series(40, full))
    assert (found.verdict, found.bad, found.alert) == (_model.CHECKPOINT_STALLED, False, True)
    assert "storage" in found.reason


def test_counters_that_begin_anew_after_a_failover_are_no_standstill() -> None:
    samples = series(12, hanging)
    fresh = [one._replace(leader="l2") for one in samples[-2:]]
    assert verdict([*samples[:-2], *fresh]).verdict == _model.CHECKPOINT_STALLED


def test_counters_that_begin_anew_after_a_restart_are_no_standstill() -> None:
    samples = series(12, lambda n: {**hanging(n), "restarts": int(n > 10)})
    assert verdict(samples).verdict == _model.CHECKPOINT_STALLED


def test_a_job_that_starts_has_time_for_its_first_checkpoint() -> None:
    def first(number: int) -> dict[str, Any]:
        return {**hanging(number), "checkpoint": None}

    assert verdict(series(12, first)).verdict == _model.STARTING
    assert verdict(series(40, first)).verdict == _model.ZOMBIE


def test_a_job_that_was_started_again_is_well_only_with_a_checkpoint_of_its_own() -> None:
    """The one that it was restored from is from before: it may hang again at once."""
    assert verdict(series(3, lambda _n: {"proven": False})).verdict == _model.STARTING
    found = verdict(series(12, lambda number: hanging(number) | {"proven": False}))
    assert (found.verdict, found.bad) == (_model.ZOMBIE, True)


def test_a_job_without_checkpoints_is_told_and_cannot_be_healed() -> None:
    moving = series(40, lambda n: {"units": (unit(n, n * 10000),), "checkpoints_enabled": False, "stalled": None})
    assert (verdict(moving).verdict, verdict(moving).trouble) == (_model.HEALTHY, False)
    stuck = series(40, lambda n: {"units": (unit(5, n * 10000),), "checkpoints_enabled": False, "stalled": None})
    found = verdict(stuck)
    assert (found.verdict, found.bad, found.alert) == (_model.ZOMBIE, False, True)
    assert "cannot be healed" in found.reason


@pytest.mark.parametrize("state", ["RESTARTING", "INITIALIZING", "CANCELLING", "FAILING", "CREATED"])
def test_a_job_between_two_states_is_stuck_after_five_minutes(state: str) -> None:
    assert verdict(series(20, lambda _n: {"state": state})).verdict == _model.STARTING
    found = verdict(series(32, lambda _n: {"state": state, "failure": "no route"}))
    assert (found.verdict, found.bad) == (_model.STUCK_STATE, True)
    assert found.reason.endswith("no route")


def test_a_job_that_waits_for_slots_is_not_restarted() -> None:
    samples = series(32, lambda _n: {"state": "CREATED"}, slots=2)
    report = judge(samples, LIMITS, 4)
    assert report.cluster.verdict == _model.SLOTS_SHORT
    assert (report.jobs[0].verdict, report.jobs[0].bad) == (_model.STUCK_STATE, False)


def test_restarts_are_counted_through_a_counter_that_begins_anew() -> None:
    counts = [0, 3, 6, 9, 1, 2]
    assert verdict(series(6, lambda n: {"restarts": counts[n]})).verdict == _model.HEALTHY
    found = verdict(series(6, lambda n: {"restarts": counts[n] + 3 * (n == 5)}))
    assert (found.verdict, found.reason) == (_model.CRASH_LOOP, "it was restarted 13 times within 600 s")


def test_restarts_of_long_ago_are_forgotten() -> None:
    assert verdict(series(80, lambda n: {"restarts": min(n, 12)})).verdict == _model.HEALTHY


def test_a_declared_job_that_does_not_run_is_missing_after_a_minute() -> None:
    assert judge([sample(n) for n in range(4)], LIMITS).jobs[0].bad is False
    (found,) = judge([sample(n) for n in range(8)], LIMITS).jobs
    assert (found.verdict, found.bad) == (_model.MISSING_JOB, True)


def test_a_job_that_the_store_has_is_on_its_way_and_not_missing() -> None:
    stored = [sample(n, JobSample(n * STEP, JOB, "count", "", listed=False)) for n in range(20)]
    assert verdict(stored).verdict == _model.STARTING


def test_an_empty_list_just_after_an_election_is_no_missing_job() -> None:
    samples = [sample(n, job(n)) for n in range(10)] + [sample(n, leader="l2") for n in range(10, 14)]
    assert verdict(samples).bad is False


@pytest.mark.parametrize(
    ("declared", "bad", "words"),
    [
        (DeclaredJob("count", JOB, "running", free=False), False, "another run works on it"),
        (DeclaredJob("count", "", "running"), False, "its last start has failed"),
    ],
)
def test_a_job_that_a_run_works_on_is_left_to_it(declared: DeclaredJob, bad: bool, words: str) -> None:
    found = verdict([sample(n, declared={"count": declared}) for n in range(20)])
    assert (found.bad, words in found.reason) == (bad, True)


def test_a_job_that_hangs_while_a_run_works_on_it_is_left_to_it() -> None:
    declared = {"count": DeclaredJob("count", JOB, "running", free=False)}
    found = verdict(series(12, hanging, declared=declared))
    assert (found.verdict, found.trouble, found.reason.endswith("another run works on it")) == (
        _model.ZOMBIE,
        False,
        True,
    )


@pytest.mark.parametrize("state", ["suspended", "absent"])
def test_a_job_that_is_not_to_run_is_not_missing(state: str) -> None:
    declared = {"count": DeclaredJob("count", "", state)}
    assert judge([sample(n, declared=declared) for n in range(20)], LIMITS).jobs == ()


def test_a_finished_job_is_well_and_a_failed_one_is_missing() -> None:
    ended = {"running": 0}
    assert verdict(series(3, lambda _n: {**ended, "state": "FINISHED"})).trouble is False
    failed = verdict(series(3, lambda _n: {**ended, "state": "FAILED", "failure": "boom"}))
    assert (failed.verdict, failed.bad, failed.reason) == (_model.MISSING_JOB, True, "it has failed for good: boom")


def test_a_job_that_was_cancelled_is_reported_and_stays_cancelled() -> None:
    samples = series(3, lambda _n: {"state": "CANCELED", "running": 0})
    assert (verdict(samples).verdict, verdict(samples).bad, verdict(samples).alert) == (_model.MISSING_JOB, False, True)
    later = [*samples, *(sample(n) for n in range(3, 20))]
    assert (verdict(later).bad, verdict(later).alert) == (False, True)


def test_signs_of_life_tell_what_flink_cannot() -> None:
    stale = (Sign("fresh_files", False, "the newest file is 900 s old"),)
    found = verdict(series(12, lambda _n: {"signs": stale}))
    assert (found.verdict, found.bad) == (_model.ZOMBIE, True)
    assert verdict(series(4, lambda _n: {"signs": stale})).bad is False


def test_a_long_queue_is_a_sign_only_when_nothing_moves() -> None:
    lag = (Sign("source_lag", False, "pendingRecords is 900", when_quiet=True),)
    assert verdict(series(20, lambda n: {"signs": lag, "units": (unit(n, 0),)})).bad is False
    assert verdict(series(20, lambda _n: {"signs": lag, "units": (unit(7, 0),)})).bad is True


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"quorum": False, "leader": "", "trouble": "no quorum"}, _model.NO_QUORUM),
        ({"two_leaders": True, "leader": ""}, _model.SPLIT_BRAIN),
        ({"leader": "", "trouble": "no JobManager leads"}, _model.NO_LEADER),
        ({"slots": 2}, _model.SLOTS_SHORT),
        ({}, _model.HEALTHY),
    ],
)
def test_the_cluster_has_a_verdict_of_its_own(more: dict[str, Any], expected: str) -> None:
    report = judge([sample(n, **more) for n in range(12)], LIMITS, 4)
    assert report.cluster.verdict == expected
    assert report.cluster.alert is (expected != _model.HEALTHY)
    assert not report.cluster.bad


def test_nothing_is_said_about_jobs_while_there_is_no_leader() -> None:
    samples = [*series(12, hanging), sample(12, leader="", trouble="no JobManager leads")]
    assert judge(samples, LIMITS).jobs == ()


def test_leaders_that_come_and_go_are_a_split_brain() -> None:
    samples = [sample(n // 2, leader=f"l{n}") for n in range(10)]
    assert judge(samples, LIMITS).cluster.verdict == _model.SPLIT_BRAIN


MOMENTS = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["RUNNING", "RESTARTING", "FAILED", "CANCELED", "FINISHED"]),
        "running": st.integers(0, 2),
        "stalled": st.none() | st.floats(0, 500),
        "checkpoint": st.none() | st.integers(1, 9),
        "units": st.none() | st.lists(st.builds(unit, st.integers(0, 3), st.none() | st.floats(0, 1e6))).map(tuple),
        "restarts": st.none() | st.integers(0, 30),
        "checkpoints_enabled": st.booleans(),
        "hangs": st.booleans(),
    }
)


@given(st.lists(MOMENTS, min_size=1, max_size=12))
def test_whatever_is_seen_there_is_one_verdict_with_a_reason(moments: list[dict[str, Any]]) -> None:
    report = judge(series(len(moments), moments.__getitem__), LIMITS, 4)
    for found in report.jobs:
        assert found.verdict in _model.JOB_VERDICTS
        assert found.reason
        assert not (found.bad and found.alert)


@given(st.lists(MOMENTS, min_size=1, max_size=12), st.floats(0, 60))
def test_a_job_that_has_just_completed_a_checkpoint_is_never_bad(moments: list[dict[str, Any]], ago: float) -> None:
    well = {
        "state": "RUNNING",
        "running": 2,
        "checkpoint": 9,
        "stalled": ago,
        "checkpoints_enabled": True,
        "restarts": 0,
    }
    samples = series(len(moments), lambda n: {**moments[n], "restarts": 0, **(well if n == len(moments) - 1 else {})})
    assert not verdict(samples).bad
