# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Savepoints and checkpoints: triggered with ids of our own, found again after lost answers, never taken on trust."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .._base.errors import FlinkError, NotYet, RestError
from .._base.paths import local_path, plain_path
from .._base.snapshots import Found, complete_below, inspect
from .._base.wait import Deadline, wait_for
from .._cluster.answers import root_cause
from .._cluster.client import Cluster
from . import checkpoints as _checkpoints
from . import view as _jobs

REPORT_SECONDS = 3.0
_OWN_FOLDER = re.compile(r"-[0-9a-f]{32}$")
_KEPT = re.compile(r"savepoint has been created at:?\s+(?P<path>\S+?),")
# Reasons that pass by themselves: tasks that are still starting, another savepoint, a failover in between.
_PASSING = re.compile(
    r"[Nn]ot all required tasks are currently running"
    r"|Checkpoint [Cc]oordinator is (suspending|shutdown)"
    r"|job is (currently )?(restarting|being restarted)"
    r"|[Tt]ask(s)? (has|have) not been (running|ready)"
    r"|Some tasks of the job have already finished"
    r"|tasks? (is|are) not (yet )?running"
    r"|Task local checkpoint failure: TaskNotRunning|CHECKPOINT_DECLINED_TASK_NOT_READY|was not running"
    r"|[Tt]he maximum number of queued checkpoint requests exceeded"
    r"|minimum (time|pause) between checkpoints"
    r"|UnavailableDispatcherOperation|RecipientUnreachable|ongoing leader election"
    r"|FlinkJobTerminatedWithoutCancellationException|FencingTokenException"
    r"|Connection state: (SUSPENDED|LOST)"
    r"|Job .* is not running|An Exception occurred while triggering the checkpoint",
)


class SavepointFailed(FlinkError):
    """Flink tried and failed. path is set when the savepoint exists all the same."""

    def __init__(self, message: str, *, passing: bool = False, path: str = "", **details: object) -> None:
        super().__init__(message, **details)
        self.passing = passing
        self.path = path


class StopUndone(SavepointFailed):
    """The savepoint of a stop is complete, and its job runs all the same: it was brought back before it had ended."""


def passes(failure: str) -> bool:
    """Whether trying again in a moment may help."""
    return _PASSING.search(failure) is not None


# -- triggers --------------------------------------------------------------------------------------------------------


class Progress(StrEnum):
    UNKNOWN = "unknown"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True)
class Operation:
    """How far a triggered operation is."""

    progress: Progress
    location: str = ""
    checkpoint_id: int | None = None
    failure: str = ""


def parse_operation(document: Any) -> Operation:
    """The answer about a trigger id. A failure is HTTP 200 and COMPLETED too."""
    if not isinstance(document, Mapping) or not isinstance(document.get("status"), Mapping):
        raise RestError("the answer about a triggered operation lacks its status: is that the REST port of Flink?")
    status = document["status"].get("id")
    if status == "IN_PROGRESS":
        return Operation(Progress.IN_PROGRESS)
    if status != "COMPLETED":
        raise RestError(f"the answer about a triggered operation has the unknown status {status!r}")
    operation = document.get("operation")
    content: Mapping[str, Any] = operation if isinstance(operation, Mapping) else {}
    # Savepoints call it one thing, checkpoints another.
    cause = content.get("failure-cause", content.get("failureCause"))
    if cause is not None:
        return Operation(Progress.FAILED, location=kept_path(cause), failure=failure_text(cause))
    location = content.get("location")
    checkpoint = content.get("checkpointId")
    return Operation(
        Progress.COMPLETED,
        location=location if isinstance(location, str) else "",
        checkpoint_id=checkpoint if isinstance(checkpoint, int) else None,
    )


def failure_text(cause: object) -> str:
    """The class of a failure and the first line of its innermost cause."""
    if not isinstance(cause, Mapping):
        return " ".join(str(cause).split())[:500]
    name = str(cause.get("class") or "").rsplit(".", 1)[-1]
    stack = cause.get("stack-trace")
    innermost = root_cause([stack]) if isinstance(stack, str) and stack.strip() else ""
    if not innermost:
        return name or "no reason was given"
    return innermost if innermost.startswith(name) or name.endswith("CompletionException") else f"{name}: {innermost}"


def kept_path(cause: object) -> str:
    """A job that could not stop after its savepoint was made: the savepoint exists and is named in the failure."""
    stack = cause.get("stack-trace") if isinstance(cause, Mapping) else None
    match = _KEPT.search(stack) if isinstance(stack, str) else None
    return match["path"] if match else ""


def poll(cluster: Cluster, path: str) -> Operation:
    """Ask about a trigger id; UNKNOWN after a change of the leader."""
    try:
        return parse_operation(cluster.rest.get(path))
    except RestError as error:
        if error.status == 404 and error.errors:
            return Operation(Progress.UNKNOWN)
        raise


def _triggered(post: Callable[[], Any]) -> bool:
    """Whether Flink took the trigger; False when it does not know the job (any more)."""
    try:
        post()
    except RestError as error:
        if _jobs.unknown_job(error):
            return False
        raise
    return True


@dataclass(frozen=True)
class SavepointRequest:
    """A savepoint that is to be made. The target is a directory for this savepoint alone."""

    job_id: str
    name: str
    trigger_id: str
    target: str
    native: bool = False
    stop: bool = False
    drain: bool = False

    @property
    def what(self) -> str:
        return f"the savepoint of {self.name} ({self.job_id})"


def trigger(cluster: Cluster, request: SavepointRequest) -> bool:
    """Ask for a savepoint. The trigger id is ours, so asking the same leader twice makes one savepoint."""
    form = "NATIVE" if request.native else "CANONICAL"
    if request.stop:
        body: dict[str, Any] = {"targetDirectory": request.target, "drain": request.drain}
        path = f"/jobs/{request.job_id}/stop"
    else:
        body = {"target-directory": request.target, "cancel-job": False}
        path = f"/jobs/{request.job_id}/savepoints"
    body |= {"formatType": form, "triggerId": request.trigger_id}
    return _triggered(lambda: cluster.rest.post(path, body, idempotent=True))


class _HowFar:
    """How far a savepoint or a checkpoint is. It costs a call, which is only made while a person waits."""

    def __init__(self, cluster: Cluster, job_id: str) -> None:
        self._cluster = cluster
        self._job_id = job_id
        self._fresh = Deadline(REPORT_SECONDS)
        self._text = "it is in progress"

    def seen(self) -> str:
        if self._cluster.progress is not None and self._fresh.expired:
            seen = _checkpoints.checkpoints(self._cluster, self._job_id)
            self._text = (seen.acknowledged if seen else "") or self._text
            self._fresh = Deadline(REPORT_SECONDS)
        return self._text


def await_savepoint(cluster: Cluster, request: SavepointRequest, deadline: Deadline) -> str:
    """The path of a savepoint that was requested, through changes of the leader; SavepointFailed when there is none."""
    how_far = _HowFar(cluster, request.job_id)

    def probe() -> str:
        operation = poll(cluster, f"/jobs/{request.job_id}/savepoints/{request.trigger_id}")
        if operation.progress is Progress.COMPLETED and operation.location:
            return operation.location
        if operation.progress is Progress.FAILED:
            raise _failed(request, operation)
        if operation.progress is Progress.UNKNOWN:
            return _after_change(cluster, request)
        raise NotYet(how_far.seen())

    return wait_for(probe, deadline, request.what, interval=_jobs.POLL, progress=cluster.progress)


def _failed(request: SavepointRequest, operation: Operation) -> SavepointFailed:
    kept = f"; the savepoint itself exists at {operation.location}" if operation.location else ""
    return SavepointFailed(
        f"{request.what} failed: {operation.failure}{kept}",
        passing=passes(operation.failure),
        path=operation.location,
        failure_cause=operation.failure,
        savepoint_path=operation.location or None,
    )


def _after_change(cluster: Cluster, request: SavepointRequest) -> str:
    """The leader that was asked is gone, and its knowledge of the trigger with it: look what has become of it."""
    job = _jobs.look(cluster, request.job_id)
    ended = job is None or job.terminal
    found = complete_below(request.target)
    if found and (ended or not request.stop):
        return found[-1]
    if found:
        raise StopUndone(
            f"{request.what} is complete, and the job was brought back before it had ended",
            passing=True,
            path=found[-1],
        )
    if not ended:
        if trigger(cluster, request):
            raise NotYet("the leader has changed, the new one was asked again")
        raise NotYet("the leader has changed")
    remembered = _checkpoints.checkpoints(cluster, request.job_id)
    savepoint = remembered.savepoint if remembered else None
    if savepoint is not None and plain_path(savepoint.path).startswith(plain_path(request.target)):
        return savepoint.path
    raise SavepointFailed(
        f"{request.what} was asked for, the job has ended, and no savepoint of it can be found from here:"
        f" look below {request.target} and give what is there as savepoint_path",
        target=request.target,
    )


def await_checkpoint(
    cluster: Cluster,
    job_id: str,
    name: str,
    deadline: Deadline,
    kind: str = "CONFIGURED",
    watch: Callable[[], None] = lambda: None,
) -> int:
    """Trigger a checkpoint and wait until it is complete, through changes of the leader; its id.

    watch is called when Flink refuses one for the moment, or does not know the job; it may know why there will never be
    one.
    """
    trigger_id = ""
    refused = ""
    how_far = _HowFar(cluster, job_id)

    def probe() -> int:
        nonlocal trigger_id, refused
        if not trigger_id:
            trigger_id = _jobs.new_id()
            body = {"checkpointType": kind, "triggerId": trigger_id}
            path = f"/jobs/{job_id}/checkpoints"
            if not _triggered(lambda: cluster.rest.post(path, body, idempotent=True)):
                trigger_id = ""
                if _jobs.look(cluster, job_id) is None:
                    raise FlinkError(f"no checkpoint of {name} can be made: the job {job_id} does not exist any more")
                watch()
                raise NotYet("the leader does not know the job yet")
        operation = poll(cluster, f"/jobs/{job_id}/checkpoints/{trigger_id}")
        if operation.progress is Progress.COMPLETED and operation.checkpoint_id is not None:
            return operation.checkpoint_id
        if operation.progress is Progress.IN_PROGRESS:
            raise NotYet(refused or how_far.seen())
        trigger_id = ""
        if operation.progress is Progress.FAILED:
            refused = operation.failure
            if not passes(refused):
                raise SavepointFailed(f"the checkpoint of {name} ({job_id}) failed: {refused}", failure_cause=refused)
        watch()
        raise NotYet(refused or "the leader has changed")

    what = f"a completed checkpoint of {name} ({job_id})"
    return wait_for(probe, deadline, what, interval=_jobs.POLL, progress=cluster.progress)


def dispose(cluster: Cluster, path: str, deadline: Deadline) -> None:
    """Let Flink delete a savepoint with all its files."""
    answer = cluster.rest.post("/savepoint-disposal", {"savepoint-path": path}, idempotent=True)
    request_id = answer.get("request-id") if isinstance(answer, Mapping) else None
    if not isinstance(request_id, str):
        raise RestError("the answer to a savepoint's disposal lacks its request id")

    def probe() -> None:
        operation = poll(cluster, f"/savepoint-disposal/{request_id}")
        if operation.progress is Progress.IN_PROGRESS:
            raise NotYet("it is in progress")
        if operation.progress is Progress.FAILED:
            raise SavepointFailed(f"the savepoint {path} could not be disposed of: {operation.failure}")
        if operation.progress is Progress.UNKNOWN and inspect(path) is Found.PRESENT:
            raise SavepointFailed(
                f"the leader changed while the savepoint {path} was disposed of, and it still exists: run again"
            )

    wait_for(probe, deadline, f"the disposal of {path}", interval=_jobs.POLL, progress=cluster.progress)
    _remove_folder(path)


def _remove_folder(path: str) -> None:
    """Flink leaves the directory that was made for this savepoint alone; it is removed if it is empty."""
    place = local_path(path)
    if place is not None and _OWN_FOLDER.search(place.parent.name) is not None:
        with suppress(OSError):
            place.parent.rmdir()
