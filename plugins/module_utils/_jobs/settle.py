# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an earlier run may have left in the middle: found out, finished and written down before anything new begins."""

from __future__ import annotations

from dataclasses import replace

from .._base.errors import Expired
from .._base.paths import below
from .._base.snapshots import complete_below
from .._base.times import iso_now
from .._base.wait import Deadline
from . import checkpoints as _checkpoints
from . import savepoints as _savepoints
from . import sql_gateway as _sql_gateway
from . import view as _jobs
from .poison import defuse
from .records import Deployment, Step
from .run import Run
from .savepoints import Progress, SavepointFailed, SavepointRequest
from .stop import GRACE, cancelled, end_refused, finish_undone, request_of, stopped
from .view import JobView


def settle(run: Run) -> None:
    """Find out how what was begun has ended, and write it down."""
    current, step = run.record.current, run.record.step
    if current is not None and current.outcome == "submitting":
        _submission(run, current)
    elif current is not None and current.outcome == "refused":
        run.result.settled.append(f"the start of the job {current.job_id} had been refused: {current.message}")
        end_refused(run, current.job_id)
    elif step is not None:
        settlers = {"stop": _stop, "savepoint": _savepoint, "rescale": _rescale, "cancel": _cancel}
        settlers.get(step.kind, _cancel)(run, step)
    _end_strays(run)


def _submission(run: Run, current: Deployment) -> None:
    job = _jobs.look(run.cluster, current.job_id)
    closed = True
    if job is None and current.submitter.get("session"):
        # The gateway may still be trying. Its session ends that, and then there is no more to come.
        endpoint = run.cluster.rest.at(current.submitter["gateway"])
        closed = _sql_gateway.close_session(endpoint, current.submitter["session"])
        job = _jobs.look(run.cluster, current.job_id)
    if job is not None:
        run.result.settled.append(f"the job {job.job_id}, whose submission had not been confirmed, was submitted")
        run.save(run.record.updated(outcome="submitted", submitter={}))
        return
    run.result.settled.append(f"the job {current.job_id}, which was to be submitted, does not run")
    # It may have been submitted, have failed and been forgotten.
    defuse(run, current.job_id)
    record = run.record.archived("not_started")
    if not closed:
        record = replace(record, strays={**record.strays, current.job_id: iso_now()})
    run.save(record)


def _stop(run: Run, step: Step) -> None:
    request = request_of(run, step, stop=True)
    path = _outcome(run, request)
    job = _jobs.look(run.cluster, step.job_id)
    if job is not None and job.alive and path:
        # The savepoint is there, so the job is on its way to its end, or could not stop.
        job = _await_end(run, step.job_id)
    run.keep_savepoints(step, path)
    if job is not None and job.alive:
        complete = path or (complete_below(step.target) or [""])[-1]
        if complete and finish_undone(run, step, complete):
            stopped(run, step, complete)
            return
        run.result.settled.append(f"the stop of the job {step.job_id} had not taken place")
        run.no_step()
        return
    found = path or _savepoint_of_ended(run, step)
    if not found:
        # Not stopped but dead: its checkpoints count, as for any job that has died.
        run.no_step()
        return
    if job is not None:
        _jobs.await_gone(run.cluster, step.job_id, run.name, Deadline(run.options.timeout))
    run.result.settled.append(f"the job {step.job_id} had been stopped with the savepoint {found}")
    stopped(run, step, found)


def _outcome(run: Run, request: SavepointRequest) -> str:
    """The path of a savepoint that was requested; empty when there is none or it is unknown."""
    operation = _savepoints.poll(run.cluster, f"/jobs/{request.job_id}/savepoints/{request.trigger_id}")
    if operation.progress is not Progress.IN_PROGRESS:
        return operation.location
    try:
        return _savepoints.await_savepoint(run.cluster, request, Deadline(run.options.savepoint_timeout))
    except SavepointFailed as error:
        return error.path


def _await_end(run: Run, job_id: str) -> JobView | None:
    """A job that is being ended; it is given up on when it runs on."""
    try:
        return _jobs.await_gone(run.cluster, job_id, run.name, Deadline(GRACE))
    except Expired:
        return _jobs.look(run.cluster, job_id)


def _savepoint_of_ended(run: Run, step: Step) -> str:
    seen = _checkpoints.checkpoints(run.cluster, step.job_id)
    savepoint = seen.savepoint if seen else None
    if savepoint is not None and below(savepoint.path, step.target):
        return savepoint.path
    found = complete_below(step.target)
    return found[-1] if found else ""


def _savepoint(run: Run, step: Step) -> None:
    path = _outcome(run, request_of(run, step, stop=False))
    run.keep_savepoints(step, path)
    run.no_step()


def _rescale(run: Run, _step: Step) -> None:
    # Which parallelism it has been given is unknown: it is given the declared one again.
    run.save(replace(run.record.updated(digest=""), step=None))


def _cancel(run: Run, step: Step) -> None:
    job = _jobs.look(run.cluster, step.job_id)
    if job is not None and job.state in {"CANCELLING", "FAILING"}:
        job = _await_end(run, step.job_id)
    if job is not None and job.alive:
        run.no_step()
        return
    if job is not None:
        _jobs.await_gone(run.cluster, step.job_id, run.name, Deadline(run.options.timeout))
    run.result.settled.append(f"the job {step.job_id} had been cancelled")
    cancelled(run, step)


def _end_strays(run: Run) -> None:
    """Submissions that were not confirmed: should one have come through after all, it is one job too many."""
    for job_id in list(run.record.strays):
        job = _jobs.look(run.cluster, job_id)
        if job is not None and job.alive:
            _jobs.cancel(run.cluster, job_id)
            _jobs.await_gone(run.cluster, job_id, run.name, Deadline(run.options.timeout))
            run.result.settled.append(f"the job {job_id}, started by a submission that came too late, was ended")
            run.result.changed = True
        strays = {key: value for key, value in run.record.strays.items() if key != job_id}
        run.save(replace(run.record, strays=strays))
