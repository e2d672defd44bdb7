"""What has to be done, for every state in which a job can be found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._jobs.plan import (
    SENTENCES,
    Action,
    Declared,
    JobPlan,
    LastState,
    make_plan,
)
from ansible_collections.streamops.flink.plugins.module_utils._jobs.records import Deployment, JobRecord, StatePoint
from ansible_collections.streamops.flink.plugins.module_utils._jobs.spec import Spec
from ansible_collections.streamops.flink.plugins.module_utils._jobs.view import JobView

SPEC = Spec(kind="jar", sha256="1" * 64, parallelism=2)
OTHER = Spec(kind="jar", sha256="2" * 64, parallelism=2)
WIDER = SPEC.with_parallelism(4)
POINT = StatePoint("file:/s/chk-1", "checkpoint", "a" * 32, "2026")
NOTHING = LastState()
STATELESS = {"upgrade_mode": "stateless", "allow_state_loss": "x"}
SOME = LastState(POINT)
LOST = LastState(lost="its checkpoints are gone")


def deployment(outcome: str = "verified", spec: Spec = SPEC) -> Deployment:
    return Deployment("a" * 32, spec.digest, spec.core_digest, spec.as_record(), "submit", "2026", outcome=outcome)


def record(state: str = "running", outcome: str = "verified", **changes: Any) -> JobRecord:
    return JobRecord("x", state=state, current=deployment(outcome), **changes)


def job(state: str = "RUNNING", running: int = 2) -> JobView:
    return JobView("a" * 32, "x", state, tasks={"total": 2, "running": running})


NEVER = JobRecord("x")
SUSPENDED = JobRecord("x", state="suspended", state_point=POINT, history=(deployment("suspended"),))
ABSENT = JobRecord("x", state="absent", history=(deployment("cancelled"),))


def plan(
    declared: Declared, found: JobRecord, view: JobView | None, state: LastState = NOTHING, rescale: bool = False
) -> JobPlan:
    return make_plan(declared, found, view, lambda: state, lambda: rescale)


def running(spec: Spec | None = SPEC, **changes: Any) -> Declared:
    return Declared("x", spec=spec, **changes)


@pytest.mark.parametrize(
    ("declared", "found", "view", "state", "action"),
    [
        (running(), NEVER, None, NOTHING, Action.SUBMIT),
        (running(savepoint_path="file:/g"), NEVER, None, NOTHING, Action.SUBMIT),
        (running(), record(), job(), SOME, Action.NOTHING),
        (running(), record(), job(running=1), SOME, Action.VERIFY),
        (running(), record(), job("RESTARTING", 0), SOME, Action.VERIFY),
        (running(), record(outcome="submitted"), job(), SOME, Action.VERIFY),
        (running(OTHER), record(), job(), SOME, Action.UPGRADE),
        (running(OTHER, upgrade_mode="last_state"), record(), job(), SOME, Action.UPGRADE),
        (running(OTHER, **STATELESS), record(), job(), SOME, Action.UPGRADE),
        (running(WIDER), record(), job(), SOME, Action.UPGRADE),
        (running(), record(), job("FAILED"), SOME, Action.RESTART),
        (running(), record(), None, SOME, Action.RESTART),
        (running(OTHER), record(), job("CANCELED"), SOME, Action.RESTART),
        (running(), record(), job("FINISHED"), LOST, Action.NOTHING),
        (running(), record(outcome="finished"), None, NOTHING, Action.NOTHING),
        (
            running(OTHER, **STATELESS),
            record(),
            job("FINISHED"),
            LOST,
            Action.RESTART,
        ),
        (running(), SUSPENDED, None, SOME, Action.RESUME),
        (running(OTHER), SUSPENDED, None, SOME, Action.RESUME),
        (running(**STATELESS), SUSPENDED, None, SOME, Action.RESTART),
        (running(savepoint_path="file:/g"), SUSPENDED, None, LOST, Action.SUBMIT),
        (running(), ABSENT, None, SOME, Action.RESTART),
        (running(), ABSENT, None, NOTHING, Action.SUBMIT),
        (Declared("x", state="suspended"), NEVER, None, NOTHING, Action.NOTHING),
        (Declared("x", state="suspended"), record(), job(), SOME, Action.SUSPEND),
        (Declared("x", state="suspended"), record(), job("FAILED"), SOME, Action.NOTE),
        (Declared("x", state="suspended"), SUSPENDED, None, SOME, Action.NOTHING),
        (Declared("x", state="absent"), NEVER, None, NOTHING, Action.NOTHING),
        (Declared("x", state="absent"), record(), job(), SOME, Action.CANCEL),
        (Declared("x", state="absent"), record(), None, SOME, Action.NOTE),
        (Declared("x", state="absent"), SUSPENDED, None, SOME, Action.NOTE),
        (Declared("x", state="absent"), ABSENT, None, SOME, Action.NOTHING),
    ],
)
def test_the_right_thing_is_planned(
    declared: Declared, found: JobRecord, view: JobView | None, state: LastState, action: Action
) -> None:
    assert plan(declared, found, view, state).action is action


def test_another_parallelism_alone_is_a_rescale_where_the_scheduler_can() -> None:
    assert plan(running(WIDER), record(), job(), rescale=True).action is Action.RESCALE
    assert plan(running(OTHER), record(), job(), rescale=True).action is Action.UPGRADE
    assert plan(running(SPEC.with_parallelism(None)), record(), job(), rescale=True).action is Action.UPGRADE


def test_state_that_is_lost_stops_a_start_unless_it_is_given_up() -> None:
    with pytest.raises(FlinkError, match="it had state that would be lost: its checkpoints are gone"):
        plan(running(), record(), None, LOST)
    given_up = plan(running(**STATELESS), record(), None, LOST)
    assert (given_up.source, given_up.loses) == (None, "its checkpoints are gone")


@pytest.mark.parametrize(
    ("declared", "found", "view"),
    [
        (running(savepoint_path="file:/g"), record(), None),
        (running(savepoint_path="file:/g"), SUSPENDED, None),
        (running(savepoint_path="file:/g"), record(), job()),
        (running(OTHER, savepoint_path="file:/g"), record(), job()),
        (running(OTHER, savepoint_path="file:/g", upgrade_mode="last_state"), record(), job()),
    ],
)
def test_a_given_savepoint_is_not_passed_over(declared: Declared, found: JobRecord, view: JobView | None) -> None:
    with pytest.raises(FlinkError, match=r"savepoint_path file:/g of the job x would not be used.*remove"):
        plan(declared, found, view, SOME)


@pytest.mark.parametrize("path", ["", "file:/g"])
@pytest.mark.parametrize(
    ("spec", "found", "view", "state"),
    [(OTHER, record(), job(), SOME), (SPEC, record(), None, SOME), (SPEC, SUSPENDED, None, SOME)],
)
def test_state_is_given_up_only_by_the_name_of_the_job(
    spec: Spec, found: JobRecord, view: JobView | None, state: LastState, path: str
) -> None:
    stateless = running(spec, upgrade_mode="stateless", savepoint_path=path)
    with pytest.raises(FlinkError, match="would give up the state in file:/s/chk-1: add allow_state_loss: x"):
        plan(stateless, found, view, state)
    allowed = plan(replace(stateless, allow_state_loss="x"), found, view, state)
    assert (allowed.source.path if allowed.source else "") == path


def test_a_suspended_job_goes_back_to_a_given_savepoint_when_its_name_is_typed() -> None:
    back = plan(running(savepoint_path="file:/g", allow_state_loss="x"), SUSPENDED, None, SOME)
    assert (back.action, back.source and back.source.path, back.kept) == (Action.SUBMIT, "file:/g", POINT)


def test_the_jobs_own_state_counts_more_than_a_savepoint_that_was_used() -> None:
    used = record()
    assert used.current is not None
    used = replace(used, current=replace(used.current, restored_from="file:/g"))
    assert plan(running(savepoint_path="file:/g"), used, None, SOME).source == POINT
    assert plan(running(savepoint_path="file:/g"), used, job()).action is Action.NOTHING
    given = plan(running(savepoint_path="file:/g"), record(), None, LOST).source
    assert given is not None
    assert (given.path, given.kind) == ("file:/g", "given")


def test_what_a_start_was_given_that_never_came_up_is_declared_anew() -> None:
    given = LastState(StatePoint("file:/damaged", "given", "", ""))
    failed = record(outcome="submitted")
    assert plan(running(), failed, job("FAILED"), given).source is None
    better = plan(running(savepoint_path="file:/g"), failed, job("FAILED"), given)
    assert (better.action, better.source and better.source.path) == (Action.SUBMIT, "file:/g")
    assert plan(Declared("x", state="absent"), failed, job("FAILED"), given).source is None
    # A job that has been up continues from there: it may have no other state.
    assert plan(running(), record(), job("FAILED"), given).source == given.point


def test_what_a_stateless_upgrade_gives_up_is_named() -> None:
    declared = running(OTHER, **STATELESS)
    assert plan(declared, record(), job(), SOME).loses == "the state in file:/s/chk-1"
    assert plan(declared, record(), job(), NOTHING).loses == "the state of the running job"


def test_a_job_that_shall_run_must_be_described() -> None:
    with pytest.raises(FlinkError, match="say what it is with sql, sql_file or jar"):
        plan(running(None), NEVER, None)


def test_a_rescale_that_was_interrupted_is_taken_up_again() -> None:
    unknown = record()
    assert unknown.current is not None
    unknown = replace(unknown, current=replace(unknown.current, digest=""))
    assert plan(running(SPEC), unknown, job(), rescale=True).action is Action.RESCALE


@pytest.mark.parametrize("action", list(Action))
def test_every_action_has_words(action: Action) -> None:
    assert SENTENCES[action]
    assert JobPlan(action).text
    assert JobPlan(action).changes is (action not in {Action.NOTHING, Action.VERIFY})
