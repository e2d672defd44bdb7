# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done about a difference between a declared job and the one that runs. Loaded when there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from .._base.errors import Expired, FlinkError, NotYet
from .._base.wait import Deadline, wait_for
from . import failures as _failures
from . import rescale as _rescale
from . import sql as _sql
from . import view as _jobs
from .plan import Action, JobPlan
from .records import JobRecord
from .run import Run
from .spec import Spec
from .start import check_configuration, check_start, defuse_failed, free_slots, start, verify
from .state import check_source
from .stop import cancel, suspend, take_state
from .submit import StartFailed
from .view import JobView

STARTING = frozenset({Action.SUBMIT, Action.RESUME, Action.RESTART, Action.UPGRADE})
# The adaptive scheduler cools down before it rescales: for up to 90 s with Flink's own settings.
RESCALE_SECONDS = 150.0

Act = Callable[[Run, JobPlan, "JobView | None"], None]


def wanted(run: Run) -> Spec:
    if run.declared.spec is None:
        raise FlinkError(f"the job {run.name} is declared as running: say what it is with sql, sql_file or jar")
    return run.declared.spec


def foresee(run: Run, plan: JobPlan) -> None:
    """In check mode: find out what would stop the plan."""
    if plan.source is not None:
        check_source(run, plan.source)
    if plan.action not in STARTING:
        return
    spec = wanted(run)
    check_configuration(run, spec)
    if spec.kind == "sql":
        rehearse_sql(run, spec)
    elif run.options.jar is not None:
        # To plan a jar Flink would have to be given it; it is looked into here only.
        run.options.jar()


def rehearse_sql(run: Run, spec: Spec) -> None:
    """Let the planner plan the job; what stands before it is executed for that, so it must go with the session."""
    lasting = _sql.lasting_change(_sql.parse_job_script(spec.sql).before)
    if lasting is None:
        check_start(run, spec)
    else:
        run.result.warnings.append(
            f"the job {run.name} was not planned: line {lasting.line} of its SQL script ({lasting.title}) may change a"
            " catalog that outlives the session, which check mode must not do"
        )


def act_nothing(_run: Run, _plan: JobPlan, _job: JobView | None) -> None:
    return


def act_verify(run: Run, _plan: JobPlan, job: JobView | None) -> None:
    if job is not None:
        verify(run, job.job_id)


def act_submit(run: Run, plan: JobPlan, job: JobView | None) -> None:
    check_configuration(run, wanted(run))
    ours = {one.job_id for one in run.record.history}
    for one in _jobs.everything(run.cluster):
        if one.alive and one.name == run.name and one.job_id not in ours:
            raise FlinkError(
                f"a job called {run.name} ({one.job_id}) runs already, and it was not deployed by this collection:"
                " cancel it, or stop it with a savepoint and give that as savepoint_path, or choose another name",
                job_id=one.job_id,
            )
    if plan.source is not None:
        check_source(run, plan.source)
    if run.record.current is not None:
        # What is given up is known until the job runs: the start may fail.
        run.save(replace(ended(run, job), state_point=plan.kept or run.record.state_point))
    start(run, wanted(run), plan.source, "submit")


def act_start(run: Run, plan: JobPlan, job: JobView | None) -> None:
    """Start a job that has run before."""
    check_configuration(run, wanted(run))
    if plan.source is not None:
        check_source(run, plan.source)
    if run.record.current is not None:
        run.save(replace(ended(run, job), state_point=plan.source))
    start(run, wanted(run), plan.source, plan.action.value)


def ended(run: Run, job: JobView | None) -> JobRecord:
    """The record of a job that runs no more, with the reason."""
    if job is None:
        return run.record.archived("gone")
    cause = _failures.why_failed(run.cluster, job.job_id) if job.state == "FAILED" else ""
    defuse_failed(run, job.job_id)
    return run.record.archived(job.state.lower(), cause)


def act_upgrade(run: Run, plan: JobPlan, job: JobView | None) -> None:
    spec = wanted(run)
    # Whatever can be found out without stopping anything is found out first.
    check_configuration(run, spec)
    check_start(run, spec)
    if plan.source is not None:
        check_source(run, plan.source)
    start(run, spec, take_state(run, job, plan.source), "upgrade")


def act_suspend(run: Run, _plan: JobPlan, job: JobView | None) -> None:
    suspend(run, job)
    run.result.job = None


def act_cancel(run: Run, _plan: JobPlan, _job: JobView | None) -> None:
    cancel(run, "absent")
    run.result.job = None


def act_note(run: Run, plan: JobPlan, job: JobView | None) -> None:
    """The job is gone already; the record says so, and where its state is."""
    run.save(replace(ended(run, job), state=run.declared.state, state_point=plan.source))


def act_rescale(run: Run, _plan: JobPlan, job: JobView | None) -> None:
    spec, current = wanted(run), run.record.current
    if job is None or current is None or spec.parallelism is None:
        return
    before = _rescale.requirements(run.cluster, job.job_id) or {}
    old = current.parsed_spec().parallelism or max((one["upper"] for one in before.values()), default=1)
    after = _rescale.rescaled(before, old, spec.parallelism)
    run.step("rescale", job.job_id, goal=str(spec.parallelism))
    _rescale.put_requirements(run.cluster, job.job_id, after)
    try:
        _await_parallelism(run, job.job_id, {key: one["upper"] for key, one in after.items()})
    except Expired as error:
        _rescale.put_requirements(run.cluster, job.job_id, before)
        run.no_step()
        raise error.extended(f"{free_slots(run)}; it was given its old parallelism again") from error
    updated = run.record.updated(digest=spec.digest, core_digest=spec.core_digest, spec=spec.as_record())
    run.save(replace(updated, step=None))
    verify(run, job.job_id)


def _await_parallelism(run: Run, job_id: str, upper: Mapping[str, int]) -> None:
    def probe() -> None:
        job = _jobs.details(run.cluster, job_id)
        if job is None:
            raise NotYet("the leading JobManager does not show it")
        if job.terminal:
            raise StartFailed(f"the job {run.name} ended while it was rescaled")
        other = any(upper.get(one.id, one.parallelism) != one.parallelism for one in job.vertices)
        if other or not job.all_running:
            shown = ", ".join(str(one.parallelism) for one in job.vertices)
            raise NotYet(f"it is {job.state} with the parallelism {shown}")

    what = f"the rescaling of {run.name} to {max(upper.values(), default=0)}"
    limit = Deadline(max(run.options.timeout, RESCALE_SECONDS))
    wait_for(probe, limit, what, interval=_jobs.POLL, progress=run.cluster.progress)


ACTS: dict[Action, Act] = {
    Action.NOTHING: act_nothing,
    Action.VERIFY: act_verify,
    Action.SUBMIT: act_submit,
    Action.RESUME: act_start,
    Action.RESTART: act_start,
    Action.RESCALE: act_rescale,
    Action.UPGRADE: act_upgrade,
    Action.SUSPEND: act_suspend,
    Action.CANCEL: act_cancel,
    Action.NOTE: act_note,
}
