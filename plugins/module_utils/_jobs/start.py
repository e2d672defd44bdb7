# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a job, waits until it is really up, and goes back to what ran before when it does not come up."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from .._base.errors import Expired, FlinkError, NotYet
from .._base.times import iso_now
from .._base.wait import Deadline, wait_for
from .._config import options as _options
from . import checkpoints as _checkpoints
from . import failures as _failures
from . import jars as _jars
from . import savepoints as _savepoints
from . import sql as _sql
from . import sql_gateway as _sql_gateway
from . import view as _jobs
from .checkpoints import Checkpoints
from .poison import defuse
from .records import Deployment, StatePoint
from .run import Run
from .savepoints import SavepointFailed
from .spec import Jar, Spec
from .state import check_source
from .stop import cancel, end_refused
from .submit import GivenUp, JarSubmitter, SqlSubmitter, Start, StartFailed, Submitter, submit

RUNTIME_MODE = ("execution.runtime-mode",)
# As often a job may fail by itself while it starts, before the wait for it is given up.
FAILURES = 3
_NO_SLOTS = "NoResourceAvailable"

# Failures that are the cluster's, not the job's: it may well run once the cluster is whole again.
_OF_THE_CLUSTER = re.compile(
    r"NoResourceAvailable|Could not acquire the minimum required resources|TaskManager|TaskExecutor|JobMaster|heartbeat"
    r"|Connection (refused|reset|timed out)|RemoteTransportException|ResourceManager|leadership|Lost connection"
    r"|PartitionNotFound|Checkpoint expired|Exceeded checkpoint tolerable"
)
# What says that this start has failed, and not the cluster or the ground below it.
FAILED = (StartFailed, _sql_gateway.Rejected, Expired)


# -- before ----------------------------------------------------------------------------------------------------------


def check_configuration(run: Run, spec: Spec) -> None:
    """Flink ignores unknown options, so a spelling mistake would stay unseen."""
    settings = _sql.parse_job_script(spec.sql).settings if spec.kind == "sql" else {}
    if not settings and not spec.configuration:
        return
    version, job = run.flink_version, f"of the job {run.name}"
    run.result.warnings += _options.check(spec.configuration, version, f"the configuration {job}")
    run.result.warnings += _options.check(settings, version, f"the SQL script {job}")


def check_start(run: Run, spec: Spec) -> None:
    """Let Flink plan the job without running it."""
    with jar_holder(run, spec) as holder:
        _submitter(run, holder).check(Start(run.name, _jobs.new_id(), spec), Deadline(run.options.timeout))


def jar_holder(run: Run, spec: Spec) -> AbstractContextManager[_jars.Holder | None]:
    if spec.kind == "sql":
        return nullcontext(None)
    declared = run.declared.spec
    if run.options.jar is not None and declared is not None and spec.sha256 == declared.sha256:
        jar = run.options.jar()
        # Tomorrow the same path may hold another jar, and an upgrade may have to be taken back.
        _jars.keep(jar, run.options.cache_dir)
    else:
        jar = _kept_jar(run, spec)
    return _jars.Holder(run.cluster, jar)


def _kept_jar(run: Run, spec: Spec) -> Jar:
    path = _jars.kept_jar(run.options.cache_dir, spec.sha256)
    if not path.is_file():
        raise FlinkError(
            f"the jar {spec.artifact} (sha256 {spec.sha256}) that the job {run.name} ran before is not in {path.parent}"
            " on this host"
        )
    return Jar(path, spec.sha256, "")


def _submitter(run: Run, holder: _jars.Holder | None) -> Submitter:
    if holder is not None:
        return JarSubmitter(run.cluster, holder)
    return SqlSubmitter(
        run.cluster,
        run.options.sql_gateways,
        lambda submitter: run.save(run.record.updated(submitter=dict(submitter))),
        run.options.secrets,
    )


# -- the start -------------------------------------------------------------------------------------------------------


def start(run: Run, spec: Spec, source: StatePoint | None, reason: str) -> None:
    """Start the job and wait until it is up; go back to what ran before when it does not come up."""
    good = run.record.good
    try:
        _start_once(run, spec, source, reason)
    except FAILED as error:
        if good is None or source is None or not _can_go_back(run, good, spec, source):
            raise
        _go_back(run, good, source, error)


def defuse_failed(run: Run, job_id: str) -> None:
    """A job that has failed for good may have left something that makes the next leader fail."""
    job = _jobs.look(run.cluster, job_id)
    if job is not None and job.alive:
        return
    if job is not None:
        _jobs.await_gone(run.cluster, job_id, run.name, Deadline(run.options.timeout))
    defuse(run, job_id)


def _start_once(
    run: Run, spec: Spec, source: StatePoint | None, reason: str, *, back_to: Deployment | None = None
) -> None:
    before = run.record
    if source is not None:
        check_source(run, source)
    given = source is not None and source.kind == "given"
    allow = run.declared.allow_non_restored_state if back_to is None else back_to.allow_non_restored_state
    start = Start(
        name=run.name,
        job_id=_jobs.new_id(),
        spec=spec,
        savepoint_path=source.path if source is not None else "",
        allow_non_restored_state=allow,
        # A savepoint of ours is what a failed start goes back to, so the job must not own it.
        claim_mode=run.declared.claim_mode if given else "no_claim",
    )
    with jar_holder(run, spec) as holder:
        deadline = Deadline(run.options.timeout)
        record = run.record.began(
            Deployment(
                job_id=start.job_id,
                digest=spec.digest,
                core_digest=spec.core_digest,
                spec=spec.as_record(),
                reason=reason,
                started_at=iso_now(),
                restored_from=start.savepoint_path,
                restored_kind=source.kind if source is not None else "",
                allow_non_restored_state=start.allow_non_restored_state,
                flink_version=run.flink_version,
                checkpoint_dir=run.checkpoint_directory(spec, start.job_id),
            )
        )
        run.save(replace(record, state_point=source) if source is not None and not given else record)
        try:
            submit(run.cluster, _submitter(run, holder), start, deadline)
        except (StartFailed, _sql_gateway.Rejected) as error:
            if isinstance(error, GivenUp):
                defuse_failed(run, start.job_id)
                run.save(run.record.archived("failed", error.message))
                raise
            refused = run.record.updated(outcome="refused", message=error.message)
            # A job that did not run before, and that Flink does not take, is not reported as missing.
            run.save(replace(refused, state="absent") if before.state in {"", "absent"} else refused)
            end_refused(run, start.job_id)
            raise
        run.save(run.record.updated(outcome="submitted", submitter={}))
    try:
        verify(run, start.job_id)
    except StartFailed:
        defuse_failed(run, start.job_id)
        raise


def _can_go_back(run: Run, good: Deployment, spec: Spec, source: StatePoint) -> bool:
    """Only to another specification, and only with the state that it has made itself."""
    if not run.options.rollback or good.digest == spec.digest or source.digest != good.digest:
        return False
    previous = good.parsed_spec()
    if previous.kind == "jar" and not _jars.kept_jar(run.options.cache_dir, previous.sha256).is_file():
        run.result.warnings.append(
            f"there is no way back: the jar {previous.artifact} that ran before is not in the cache of this host"
        )
        return False
    return True


def _go_back(run: Run, good: Deployment, source: StatePoint, error: FlinkError) -> None:
    cancel(run, "rollback", "failed", error.message)
    run.save(replace(run.record, state_point=source))
    try:
        _start_once(run, good.parsed_spec(), source, "rollback", back_to=good)
    except FAILED as second:
        raise FlinkError(
            f"the upgrade of {run.name} failed ({error.message}), and what ran before could not be started again from"
            f" {source.path} ({second.message}): the state is kept in {source.path}",
            **{**error.details, "rolled_back": False, "savepoint_path": source.path},
        ) from second
    back = f" as {run.record.current.job_id}" if run.record.current is not None else ""
    raise FlinkError(
        f"the upgrade of {run.name} failed: {error.message}; what ran before runs again from {source.path}{back}",
        **{**error.details, "rolled_back": True, "savepoint_path": source.path},
    ) from error


# -- waiting until it is up ------------------------------------------------------------------------------------------


def verify(run: Run, job_id: str) -> None:
    """Wait until all tasks run and a checkpoint is complete that was requested after that."""
    deadline = Deadline(run.options.timeout)
    batch = _is_batch(run)
    if _await_running(run, job_id, deadline, batch=batch):
        run.save(run.record.updated(outcome="finished"))
        run.result.job = run.job()
        return
    wait = run.options.wait_for_checkpoint and not batch
    seen = _await_first_checkpoint(run, job_id, deadline) if wait else None
    run.result.job = run.job()
    record = run.record
    if seen is not None and seen.completed is not None:
        run.result.checkpoint = seen.completed
        record = record.updated(checkpoint_path=seen.completed.path)
    if seen is not None and not seen.enabled:
        record = record.updated(checkpoint_dir="")
    if not batch and not _checkpoints.makes_checkpoints(run.cluster, job_id):
        run.result.warnings.append(
            f"the job {run.name} makes no checkpoints by itself: what it does from now on is lost when it fails, and"
            " the watchdog cannot heal it; set execution.checkpointing.interval"
        )
    run.save(record.verified())


def _is_batch(run: Run) -> bool:
    """A batch job runs its tasks one after the other and makes no checkpoints."""
    current = run.record.current
    mode = run.configured(RUNTIME_MODE, current.parsed_spec()) if current is not None else ""
    return mode.upper() == "BATCH"


def _await_running(run: Run, job_id: str, deadline: Deadline, *, batch: bool) -> bool:
    """True when the job has finished already, as bounded jobs do."""

    def probe() -> bool:
        job = _jobs.look(run.cluster, job_id)
        if job is None:
            raise StartFailed(
                f"the job {run.name} ({job_id}) ended while it was starting, and the JobManager that knew why does not"
                " lead any more"
            )
        if job.state == "FINISHED":
            return True
        if job.terminal:
            raise _failure(run, job_id, job.state)
        if job.all_running or (batch and job.state == "RUNNING"):
            return False
        if job.state in {"RESTARTING", "FAILING"}:
            _give_up_on_repetition(run, job_id)
        raise NotYet(f"it is {job.seen}")

    what = f"the start of the job {run.name} ({job_id})"
    try:
        return wait_for(probe, deadline, what, interval=_jobs.POLL, progress=run.cluster.progress)
    except Expired as error:
        cause = _failures.failures(run.cluster, job_id).cause
        tail = f"; its last failure: {cause}" if cause else ""
        raise error.extended(tail if cause and _NO_SLOTS not in cause else tail + free_slots(run)) from error


def free_slots(run: Run) -> str:
    """A job that waits for slots says nothing about it, and one that gave up waiting does not say how many."""
    overview = run.cluster.rest.get("/overview")
    return f"; {overview.get('slots-available')} of {overview.get('slots-total')} slots are free"


def _failure(run: Run, job_id: str, state: str) -> StartFailed:
    text = f"the job {run.name} ({job_id})"
    if state == "CANCELED":
        return StartFailed(f"{text} was cancelled by another client while it was starting")
    cause = _failures.why_failed(run.cluster, job_id)
    reason = cause or f"it is {state} and Flink gives no cause"
    return StartFailed(f"{text} failed while it was starting: {reason}", root_cause=cause)


def _give_up_on_repetition(run: Run, job_id: str) -> None:
    """With a restart strategy without an end a job that cannot run fails without end."""
    own = [cause for cause in _failures.failures(run.cluster, job_id).causes if not _OF_THE_CLUSTER.search(cause)]
    if len(own) >= FAILURES:
        raise StartFailed(
            f"the job {run.name} ({job_id}) failed {len(own)} times while it was starting: {own[0]}", root_cause=own[0]
        )


def _await_first_checkpoint(run: Run, job_id: str, deadline: Deadline) -> Checkpoints | None:
    """What the job says about its checkpoints after one that was requested; None when it finished before."""
    before = _checkpoints.checkpoints(run.cluster, job_id)
    if before is not None and not before.enabled:
        return before

    def watch() -> None:
        job = _jobs.look(run.cluster, job_id)
        if job is not None and job.terminal:
            raise SavepointFailed(f"no checkpoint of {run.name} can be made: the job {job_id} is {job.state}")
        if job is not None:
            # Between two failures its tasks may run for a moment: it is looked at whatever its state is now.
            _give_up_on_repetition(run, job_id)

    try:
        checkpoint_id = _savepoints.await_checkpoint(run.cluster, job_id, run.name, deadline, watch=watch)
    except (SavepointFailed, Expired) as error:
        _without_checkpoint(run, job_id, error)
        return None
    seen = _checkpoints.await_listing(run.cluster, job_id, run.name, checkpoint_id, deadline)
    current = run.record.current
    if current is not None and current.restored_from and seen.restored is None:
        raise StartFailed(f"the job {run.name} ({job_id}) runs, but was not restored from {current.restored_from}")
    return seen


def _without_checkpoint(run: Run, job_id: str, error: FlinkError) -> None:
    """No checkpoint was completed: because the job has finished, because it failed, or because it cannot."""
    job = _jobs.look(run.cluster, job_id)
    if job is not None and job.state == "FINISHED":
        return
    if job is not None and job.terminal:
        raise _failure(run, job_id, job.state) from error
    cause = _failures.failures(run.cluster, job_id).cause
    text = f"{error.message}; the job's last failure: {cause}" if cause else error.message
    raise StartFailed(f"the job {run.name} runs and completes no checkpoint: {text}", root_cause=cause) from error
