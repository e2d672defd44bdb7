"""What the watchdog decides: never too soon, never too often, never in a window of maintenance."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._health import model as _model
from ansible_collections.streamops.flink.plugins.module_utils._health.model import Finding, Report
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import decide as _watchdog
from ansible_collections.streamops.flink.plugins.module_utils._watchdog.decide import (
    ACT,
    HOLD,
    JOB,
    PAGE,
    RECOVERED,
    TASKMANAGER,
    Decision,
    JobMemory,
    Policy,
    decide,
)
from hypothesis import given
from hypothesis import strategies as st

POLICY = Policy()
SOUND = Finding("cluster", _model.HEALTHY, "led by jm1")
NOW = 1_795_000_000.0


def finding(verdict: str = _model.ZOMBIE, **more: Any) -> Finding:
    given: dict[str, Any] = {"bad": True, "declared": True, "job_id": "a" * 32, "taskmanagers": ("tm1",), **more}
    return Finding("count", verdict, "it hangs", **given)


WELL = finding(_model.HEALTHY, bad=False)
STARTING = finding(_model.STARTING, bad=False)


class Rounds:
    """One round after the other, ten seconds apart."""

    def __init__(self, **memory: JobMemory) -> None:
        self.memory: dict[str, JobMemory] = dict(memory)
        self.now = NOW

    def go(self, *findings: Finding, cluster: Finding = SOUND, **more: Any) -> list[Decision]:
        found: list[Decision] = []
        for one in findings:
            self.now += 10
            self.memory, decided = decide(self.memory, Report(self.now, cluster, (one,)), self.now, POLICY, **more)
            found += decided
        return found


def kinds(decisions: list[Decision]) -> list[tuple[str, str]]:
    return [(one.kind, one.rung) for one in decisions]


def test_three_bad_verdicts_in_a_row_are_needed() -> None:
    rounds = Rounds()
    assert rounds.go(*[finding()] * 2, WELL, *[finding()] * 2) == []
    assert kinds(rounds.go(finding())) == [(ACT, TASKMANAGER)]


def test_the_ladder_goes_from_the_taskmanager_to_the_job_to_a_person() -> None:
    rounds = Rounds()
    assert kinds(rounds.go(*[finding()] * 130)) == [
        (ACT, TASKMANAGER),
        (HOLD, ""),
        (ACT, JOB),
        (HOLD, ""),
        (ACT, JOB),
        (PAGE, ""),
    ]


@pytest.mark.parametrize("verdict", [_model.CRASH_LOOP, _model.STUCK_STATE, _model.MISSING_JOB])
def test_what_no_taskmanager_can_mend_begins_with_the_job(verdict: str) -> None:
    assert kinds(Rounds().go(*[finding(verdict)] * 3)) == [(ACT, JOB)]


def test_a_stuck_job_whose_taskmanager_is_unknown_begins_with_the_job() -> None:
    assert kinds(Rounds().go(*[finding(taskmanagers=())] * 3)) == [(ACT, JOB)]


def test_a_job_that_has_recovered_is_told_once() -> None:
    rounds = Rounds()
    rounds.go(*[finding()] * 3)
    assert rounds.go(STARTING) == []
    assert kinds(rounds.go(WELL, WELL)) == [(RECOVERED, "")]


@pytest.mark.parametrize(
    ("seconds", "rung"), [(POLICY.cooldown, JOB), (POLICY.window - 60, JOB), (POLICY.window, TASKMANAGER)]
)
def test_what_has_helped_for_a_while_only_is_not_done_twice_within_the_window(seconds: float, rung: str) -> None:
    rounds = Rounds()
    rounds.go(*[finding()] * 3, WELL)
    rounds.now += seconds
    assert kinds(rounds.go(*[finding()] * 3)) == [(ACT, rung)]


def test_the_budget_comes_back_with_time() -> None:
    rounds = Rounds(count=JobMemory(actions=(NOW, NOW, NOW)))
    assert kinds(rounds.go(*[finding()] * 3)) == [(PAGE, "")]
    rounds.now += POLICY.window
    assert kinds(rounds.go(finding())) == [(ACT, TASKMANAGER)]


def test_nothing_is_done_in_maintenance_and_the_row_begins_anew_after_it() -> None:
    rounds = Rounds()
    assert rounds.go(*[finding()] * 20, maintenance=True) == []
    assert rounds.go(*[finding()] * 2) == []
    assert kinds(rounds.go(finding())) == [(ACT, TASKMANAGER)]


def test_nothing_is_done_to_jobs_while_the_cluster_has_other_worries() -> None:
    ill = Finding("cluster", _model.NO_LEADER, "no JobManager leads", alert=True)
    assert Rounds().go(*[finding()] * 20, cluster=ill) == []


def test_a_job_that_is_being_acted_upon_is_left_alone() -> None:
    assert Rounds().go(*[finding()] * 20, busy={"count"}) == []


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (finding(declared=False), "not deployed by this collection"),
        (finding(_model.CHECKPOINT_STALLED, bad=False, alert=True), "a restart does not fix this"),
    ],
)
def test_what_cannot_be_healed_calls_a_person_once(one: Finding, words: str) -> None:
    (decided,) = Rounds().go(*[one] * 50)
    assert (decided.kind, words in decided.reason) == (PAGE, True)


def test_a_job_that_cannot_be_restored_is_never_touched_and_spends_no_budget() -> None:
    rounds = Rounds()
    (decided,) = rounds.go(*[finding()] * 50, restorable=lambda _one: "it has no checkpoint")
    assert (decided.kind, decided.reason) == (PAGE, "it cannot be restored: it has no checkpoint")
    assert rounds.memory["count"].actions == ()


def test_another_watchdog_knows_what_was_spent_and_counts_for_itself() -> None:
    rounds = Rounds()
    rounds.go(*[finding()] * 5)
    taken = _watchdog.from_record(_watchdog.as_record(rounds.memory))
    assert taken["count"] == rounds.memory["count"]._replace(strikes=0, verdict="")
    assert _watchdog.from_record({"count": {"actions": "x"}, "other": 5}) == {}


def test_a_job_that_is_away_for_a_moment_keeps_its_budget() -> None:
    rounds = Rounds()
    rounds.go(*[finding()] * 3)
    rounds.memory, _none = decide(rounds.memory, Report(0, SOUND), rounds.now, POLICY)
    assert rounds.memory["count"].left(POLICY, rounds.now) == 2


FINDINGS = st.builds(
    finding,
    st.sampled_from(_model.JOB_VERDICTS),
    bad=st.booleans(),
    declared=st.booleans(),
    taskmanagers=st.sampled_from([(), ("tm1",)]),
)
ROUNDS = st.lists(st.tuples(FINDINGS, st.booleans(), st.floats(1, 900), st.booleans()), max_size=80)


@given(ROUNDS)
def test_whatever_comes_the_rules_hold(rounds: list[tuple[Finding, bool, float, bool]]) -> None:
    memory: dict[str, JobMemory] = {}
    now, row, acted = NOW, 0, []
    for one, maintenance, seconds, restart in rounds:
        now += seconds
        if restart:
            # Another watchdog takes over.
            memory, row = _watchdog.from_record(_watchdog.as_record(memory)), 0
        row = row + 1 if one.trouble and one.declared and not maintenance else 0
        memory, decisions = decide(memory, Report(now, SOUND, (one,)), now, POLICY, maintenance=maintenance)
        for decided in decisions:
            assert not maintenance
            if decided.kind == ACT:
                assert row >= POLICY.strikes
                assert one.bad
                assert not acted or now - acted[-1] >= POLICY.cooldown
                acted.append(now)
                row = 0
        assert len([at for at in acted if now - at < POLICY.window]) <= POLICY.max_restarts
