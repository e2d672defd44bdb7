# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends a running job and keeps its state: with a savepoint, or with its last checkpoint."""

from __future__ import annotations

from dataclasses import replace

from .._base.errors import Expired, FlinkError, NotYet
from .._base.paths import same_path
from .._base.wait import Deadline, wait_for
from . import checkpoints as _checkpoints
from . import savepoints as _savepoints
from . import view as _jobs
from .poison import defuse
from .records import StatePoint, Step
from .run import Run
from .savepoints import SavepointFailed, SavepointRequest, StopUndone
from .state import last_state, origin, recorded_state
from .view import JobView

# Time for a job that is between two states to become one of which a savepoint can be made.
GRACE = 30.0
RETRY_INTERVAL = 1.0


def request_of(run: Run, step: Step, *, stop: bool) -> SavepointRequest:
    return SavepointRequest(
        step.job_id,
        run.name,
        step.trigger_id,
        step.target,
        native=run.options.native,
        stop=stop,
        drain=stop and run.options.drain,
    )


def await_stoppable(run: Run, job: JobView | None) -> bool:
    """Whether the job runs, or will in a moment."""
    if job is None:
        return False

    def probe() -> bool:
        seen = _jobs.look(run.cluster, job.job_id)
        if seen is None or seen.terminal:
            return False
        if not seen.all_running:
            raise NotYet(f"it is {seen.seen}")
        return True

    what = f"a moment in which {run.name} can be stopped"
    limit = Deadline(min(GRACE, run.options.timeout))
    try:
        return wait_for(probe, limit, what, interval=_jobs.POLL, progress=run.cluster.progress)
    except Expired:
        return False


def make_savepoint(run: Run, job_id: str, deadline: Deadline, *, stop: bool, goal: str) -> tuple[Step, str]:
    """A savepoint, written down before and after it is made; tried again for reasons that pass by themselves."""
    while True:
        trigger_id = _jobs.new_id()
        target = run.savepoint_target(trigger_id)
        step = run.step("stop" if stop else "savepoint", job_id, trigger_id=trigger_id, target=target, goal=goal)
        try:
            request = request_of(run, step, stop=stop)
            _savepoints.trigger(run.cluster, request)
            path = _savepoints.await_savepoint(run.cluster, request, deadline)
        except StopUndone as error:
            if finish_undone(run, step, error.path):
                return step, error.path
            run.no_step()
        except SavepointFailed as error:
            run.keep_savepoints(step, error.path)
            run.no_step()
            if not error.passing or deadline.expired:
                error.extended("; the job was not stopped" if stop else "")
                raise
            deadline.pause(RETRY_INTERVAL)
        else:
            run.keep_savepoints(step, path)
            return step, path


def finish_undone(run: Run, step: Step, path: str) -> bool:
    """End a job that runs on from before the savepoint of its stop; False when that is too late.

    A stop with a savepoint commits what the sinks have written, and only then the job ends. When its leader dies or one
    of its tasks fails between the two, Flink brings the job back from the checkpoint before: what it commits, is
    committed twice. So it ends before its next checkpoint, and goes on from the savepoint.
    """
    run.keep_savepoints(step, path)
    ended = not _committed_again(run, step.job_id, path)
    if ended:
        _jobs.cancel(run.cluster, step.job_id)
        _jobs.await_gone(run.cluster, step.job_id, run.name, Deadline(run.options.timeout))
    # A checkpoint may have been faster than the cancellation.
    if ended and not _committed_again(run, step.job_id, path):
        run.result.settled.append(
            f"the job {step.job_id} of {run.name} had not ended after the savepoint of its stop, because its leader"
            " died or one of its tasks failed, and was ended before it committed anything"
        )
        return True
    run.result.warnings.append(
        f"the job {step.job_id} of {run.name} did not end after the savepoint {path} of its stop, because its leader"
        " died or one of its tasks failed, and has completed a checkpoint since: what it wrote between the checkpoint"
        " before that savepoint and the savepoint may be in its output twice"
    )
    return ended


def _committed_again(run: Run, job_id: str, path: str) -> bool:
    """Whether a job has completed a checkpoint since a savepoint of it, or, for a new leader, since it was restored."""
    seen = _checkpoints.checkpoints(run.cluster, job_id)
    if seen is None or seen.completed is None:
        return False
    known = seen.savepoint is not None and same_path(seen.savepoint.path, path)
    since = seen.savepoint if known else seen.restored
    return since is None or seen.completed.id > since.id


def stop(run: Run, goal: str) -> StatePoint:
    """Stop with a savepoint, and write down where it is before anything else happens."""
    current = run.record.current
    if current is None:
        raise FlinkError(f"the job {run.name} does not run")
    step, path = make_savepoint(run, current.job_id, Deadline(run.options.savepoint_timeout), stop=True, goal=goal)
    _jobs.await_gone(run.cluster, current.job_id, run.name, Deadline(run.options.timeout))
    return stopped(run, step, path)


def stopped(run: Run, step: Step, path: str) -> StatePoint:
    """The job has ended with a savepoint: write it down."""
    point = run.savepoint(path, step)
    outcome = {"suspend": "suspended", "upgrade": "upgraded"}.get(step.goal, "stopped")
    state = "suspended" if step.goal == "suspend" else "running"
    record = replace(run.record.archived(outcome), state_point=point, step=None, state=state)
    run.save(record.with_savepoint(point))
    run.result.savepoint_path = path
    return point


def cancel(run: Run, goal: str, outcome: str = "cancelled", message: str = "") -> None:
    """Cancel the current job, wait until it is gone and write down where its last state is."""
    current = run.record.current
    if current is None:
        return
    step = run.step("cancel", current.job_id, goal=goal)
    _jobs.cancel(run.cluster, current.job_id)
    _jobs.await_gone(run.cluster, current.job_id, run.name, Deadline(run.options.timeout))
    cancelled(run, step, outcome, message)


def cancelled(run: Run, step: Step, outcome: str = "cancelled", message: str = "") -> None:
    """The job has ended without a savepoint: write down what is left of it."""
    found = last_state(run, _jobs.look(run.cluster, step.job_id)).point
    state = {"absent": "absent", "suspend": "suspended"}.get(step.goal, run.record.state)
    run.save(replace(run.record.archived(outcome, message), state=state, step=None, state_point=found))


def end_refused(run: Run, job_id: str) -> None:
    """End what a refused start has left: the jobs of a main method that failed after its first execute() run on."""
    job = _jobs.look(run.cluster, job_id)
    if job is not None and job.alive:
        _jobs.cancel(run.cluster, job_id)
    if job is not None:
        # What Flink has listed must be gone before the next try.
        _jobs.await_gone(run.cluster, job_id, run.name, Deadline(run.options.timeout))
    defuse(run, job_id)
    run.save(run.record.archived("failed"))


def cancel_for_state(run: Run, goal: str, outcome: str) -> StatePoint | None:
    """Cancel the job and return its last checkpoint, or what it was started from itself; None if it never had any."""
    current = run.record.current
    if current is None:
        return None
    seen = _checkpoints.checkpoints(run.cluster, current.job_id)
    completed = seen is not None and seen.completed is not None
    if completed and not _checkpoints.keeps_checkpoints(run.cluster, current.job_id):
        raise FlinkError(
            f"the job {run.name} is not cancelled, because Flink would delete its checkpoints with it: set"
            " execution.checkpointing.externalized-checkpoint-retention to RETAIN_ON_CANCELLATION, or use"
            " upgrade_mode: savepoint while it runs"
        )
    stateless = not completed and origin(current) is None and not current.checkpoint_path
    cancel(run, goal, outcome)
    if stateless:
        # It never had any state: nothing can be lost.
        return None
    found = recorded_state(run)
    if found.point is None:
        raise FlinkError(
            f"the job {run.name} was cancelled, and its last checkpoint cannot be found"
            f" ({found.lost or 'nothing is recorded'}): give it as savepoint_path"
        )
    return found.point


def take_state(run: Run, job: JobView | None, given: StatePoint | None) -> StatePoint | None:
    """End the running job for an upgrade; the state for the next one, None for an empty start that was requested."""
    mode = run.declared.upgrade_mode
    if mode == "stateless":
        cancel(run, "upgrade", "upgraded")
        run.save(replace(run.record, state_point=None))
        return given
    if mode == "savepoint":
        if await_stoppable(run, job):
            return stop(run, "upgrade")
        run.result.warnings.append(
            f"the job {run.name} does not run, so no savepoint can be made: it goes on from its last checkpoint"
        )
    return cancel_for_state(run, "upgrade", "upgraded")


def suspend(run: Run, job: JobView | None) -> None:
    if await_stoppable(run, job):
        stop(run, "suspend")
    elif run.declared.upgrade_mode == "last_state":
        cancel_for_state(run, "suspend", "suspended")
    else:
        seen = job.seen if job is not None else "gone"
        raise FlinkError(
            f"the job {run.name} cannot be suspended with a savepoint, because it does not run (it is {seen}): with"
            " upgrade_mode: last_state it is cancelled, and the next start continues from its last checkpoint"
        )
