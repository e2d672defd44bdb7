# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be done for a declared job. Nothing is asked and nothing is changed here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from .._base.errors import FlinkError
from .._base.paths import same_path
from .records import Deployment, JobRecord, StatePoint
from .spec import Spec
from .view import JobView


class Action(StrEnum):
    NOTHING = "nothing"
    VERIFY = "verify"
    SUBMIT = "submit"
    RESUME = "resume"
    RESTART = "restart"
    RESCALE = "rescale"
    UPGRADE = "upgrade"
    SUSPEND = "suspend"
    CANCEL = "cancel"
    NOTE = "note"


# Who does it, in words; check mode says the same.
SENTENCES = {
    Action.NOTHING: "nothing",
    Action.VERIFY: "wait until it runs",
    Action.SUBMIT: "submit",
    Action.RESUME: "start from the savepoint of its suspension",
    Action.RESTART: "restart from last state",
    Action.RESCALE: "rescale",
    Action.UPGRADE: "upgrade from savepoint",
    Action.SUSPEND: "suspend",
    Action.CANCEL: "cancel",
    Action.NOTE: "nothing but a note in its record",
}
# Actions that change nothing on the cluster or in the record.
QUIET = frozenset({Action.NOTHING, Action.VERIFY})


@dataclass(frozen=True)
class Declared:
    """One job as its owner declares it."""

    name: str
    state: str = "running"
    spec: Spec | None = None
    upgrade_mode: str = "savepoint"
    savepoint_path: str = ""
    allow_non_restored_state: bool = False
    claim_mode: str = "no_claim"
    # The name of the job, typed to give up its state.
    allow_state_loss: str = ""


@dataclass(frozen=True)
class JobPlan:
    """action with the state it starts from; loses names what would be gone, kept is that state while it is known."""

    action: Action
    reason: str = ""
    source: StatePoint | None = None
    loses: str = ""
    kept: StatePoint | None = None

    @property
    def changes(self) -> bool:
        return self.action not in QUIET

    @property
    def text(self) -> str:
        text = SENTENCES[self.action]
        if self.action is Action.UPGRADE and self.source is not None and self.source.kind == "given":
            text = "cancel and start from savepoint_path"
        elif self.action is Action.UPGRADE and self.source is None and self.loses:
            text = "cancel and start without state"
        elif self.action is Action.UPGRADE and self.source is not None:
            text = "upgrade from last state"
        elif self.action is Action.RESTART and self.source is None:
            text = "start again without state"
        return text


@dataclass(frozen=True)
class LastState:
    """What is left of a job that does not run. lost says that there was state which cannot be found any more."""

    point: StatePoint | None = None
    lost: str = ""


def make_plan(
    declared: Declared,
    record: JobRecord,
    job: JobView | None,
    last_state: Callable[[], LastState],
    can_rescale: Callable[[], bool],
) -> JobPlan:
    """Compare what is declared with what is, as the record and the cluster show it."""
    current = record.current
    if job is not None and job.alive and current is not None:
        return _alive(declared, record, current, job, last_state, can_rescale)
    if declared.state == "absent":
        if record.state in {"", "absent"}:
            return JobPlan(Action.NOTHING, "it does not exist")
        return JobPlan(Action.NOTE, "it does not run any more", _own(current, last_state()).point)
    if declared.state == "suspended":
        if record.state in {"", "absent", "suspended"}:
            return JobPlan(Action.NOTHING, "it does not run")
        return JobPlan(Action.NOTE, "it does not run any more", _own(current, last_state()).point)
    return _start(declared, record, job, last_state)


def _alive(
    declared: Declared,
    record: JobRecord,
    current: Deployment,
    job: JobView,
    last_state: Callable[[], LastState],
    can_rescale: Callable[[], bool],
) -> JobPlan:
    if declared.state == "absent":
        return JobPlan(Action.CANCEL, f"it is {job.state}")
    if declared.state == "suspended":
        return JobPlan(Action.SUSPEND, f"it is {job.state}")
    spec = _wanted(declared)
    if current.digest == spec.digest:
        _refuse_passed_over(declared, record, "it runs")
        if current.outcome == "verified" and job.all_running:
            return JobPlan(Action.NOTHING, "it runs as declared")
        return JobPlan(Action.VERIFY, f"it is {job.seen}")
    same_core = bool(current.core_digest) and current.core_digest == spec.core_digest
    if same_core and spec.parallelism is not None and can_rescale():
        _refuse_passed_over(declared, record, "it runs")
        return JobPlan(Action.RESCALE, f"only the parallelism differs, it becomes {spec.parallelism}")
    reason = "its specification differs"
    if _stateless(declared):
        loses = _loss(last_state()) or "the state of the running job"
        _require_word(declared, loses)
        return JobPlan(Action.UPGRADE, reason, source=_given(declared), loses=loses)
    _refuse_passed_over(declared, record, "it runs")
    if declared.upgrade_mode == "last_state":
        point = last_state().point
        return JobPlan(Action.UPGRADE, reason, source=point)
    return JobPlan(Action.UPGRADE, reason)


def _start(declared: Declared, record: JobRecord, job: JobView | None, last_state: Callable[[], LastState]) -> JobPlan:
    """The job does not run and is declared to."""
    spec = _wanted(declared)
    current = record.current
    if current is not None and current.digest == spec.digest and _finished(current, job):
        return JobPlan(Action.NOTHING, "it has finished")
    found = _own(current, last_state())
    again = current is not None or bool(record.history)
    given, loses = _given(declared), _loss(found)
    if given is not None and found.point is not None and (declared.allow_state_loss or _stateless(declared)):
        _require_word(declared, loses)
        return JobPlan(Action.SUBMIT, "it does not run", source=given, loses=loses, kept=found.point)
    if _stateless(declared) and given is None:
        if loses:
            _require_word(declared, loses)
        action = Action.RESTART if again else Action.SUBMIT
        return JobPlan(action, "it does not run", loses=loses)
    if found.point is not None:
        _refuse_passed_over(declared, record, loses)
        action = Action.RESUME if record.state == "suspended" else Action.RESTART
        return JobPlan(action, _gone(current, job), source=found.point)
    if given is not None:
        return JobPlan(Action.SUBMIT, "it does not run", source=given)
    if found.lost:
        raise FlinkError(
            f"the job {declared.name} is not started, because it had state that would be lost: {found.lost};"
            " give a savepoint or checkpoint of it as savepoint_path, or start it empty with upgrade_mode: stateless"
            f" and allow_state_loss: {declared.name}",
            lost=found.lost,
        )
    return JobPlan(Action.SUBMIT, _gone(current, job) if again else "it has never run")


def _stateless(declared: Declared) -> bool:
    return declared.upgrade_mode == "stateless"


def _given(declared: Declared) -> StatePoint | None:
    return StatePoint(declared.savepoint_path, "given", "", "") if declared.savepoint_path else None


def _require_word(declared: Declared, loses: str) -> None:
    """A mode that is in an inventory must not give up state years later."""
    if declared.allow_state_loss != declared.name:
        raise FlinkError(
            f"the job {declared.name} is left as it is, because this start would give up {loses}: add"
            f" allow_state_loss: {declared.name} if that is meant",
            lost=loses,
        )


def _refuse_passed_over(declared: Declared, record: JobRecord, own: str) -> None:
    """A savepoint_path that would not be used is refused, unless the job has been started from it before."""
    path = declared.savepoint_path
    starts = [one for one in (record.current, record.good, *record.history) if one is not None]
    if path and not any(same_path(one.restored_from, path) for one in starts if one.restored_from):
        raise FlinkError(
            f"savepoint_path {path} of the job {declared.name} would not be used, because the job has state of its own"
            f" ({own}): remove savepoint_path to go on from that, or go back to it with state: suspended first and then"
            f" with savepoint_path and allow_state_loss: {declared.name}",
            savepoint_path=path,
        )


def _own(current: Deployment | None, found: LastState) -> LastState:
    """Without what a start that never came up was given: what to begin with is declared each time anew."""
    never_up = current is not None and current.outcome != "verified"
    return LastState() if never_up and found.point is not None and found.point.kind == "given" else found


def _wanted(declared: Declared) -> Spec:
    if declared.spec is None:
        raise FlinkError(f"the job {declared.name} is declared as running: say what it is with sql, sql_file or jar")
    return declared.spec


def _finished(current: Deployment, job: JobView | None) -> bool:
    return current.outcome == "finished" or (job is not None and job.state == "FINISHED")


def _gone(current: Deployment | None, job: JobView | None) -> str:
    if job is not None:
        return f"it is {job.state}"
    if current is not None and current.outcome in {"submitting", "submitted", "verified"}:
        return "it is gone"
    return "it does not run"


def _loss(found: LastState) -> str:
    if found.point is not None:
        return f"the state in {found.point.path}"
    return found.lost
