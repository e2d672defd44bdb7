# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One start of a job, from a SQL script or a jar, under an id that was recorded before.

Whatever happens to the answer: the id is looked up before anything is repeated, and a repetition uses the same id, so
that Flink itself refuses a second job.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from .._base.errors import Doubtful, FlinkError, RestError, Unreachable
from .._base.wait import Deadline
from .._cluster.answers import root_cause
from .._cluster.client import Cluster
from . import jars as _jars
from . import sql as _sql
from . import sql_gateway as _sql_gateway
from . import view as _jobs
from .spec import Spec
from .view import JobView

RETRY_INTERVAL = 0.5

# What a client inside the gateway or the JobManager says when it met an election.
_PASSING = re.compile(
    r"ConnectException|Connection refused|Connection reset|ConnectionClosed|ConnectTimeout"
    r"|ongoing leader election|RecipientUnreachable|FencingToken|LeaderRetrieval|LeaderElection|LeadershipLost"
    r"|Number of retries has been exhausted|RetryException|TimeoutException|Could not connect|ChannelException"
    r"|UnavailableDispatcherOperation|Dispatcher is shut ?down"
    r"|Service temporarily unavailable"
)
# The planner was content; what failed came after it.
_SUBMITTED = re.compile(r"JobSubmissionException|JobInitializationException|Failed to execute job")


class StartFailed(FlinkError):
    """The job did not start, or started and failed; why is in the message."""


class GivenUp(StartFailed):
    """The job was neither refused nor is it known: it may come yet."""


@dataclass(frozen=True)
class Start:
    """Everything about one start."""

    name: str
    job_id: str
    spec: Spec
    savepoint_path: str = ""
    allow_non_restored_state: bool = False
    claim_mode: str = "no_claim"

    @property
    def execution(self) -> dict[str, str]:
        """The options of this start for a SQL statement."""
        options = {
            "pipeline.name": self.name,
            "$internal.pipeline.job-id": self.job_id,
            "table.dml-sync": "false",
        }
        if self.spec.parallelism is not None:
            options["parallelism.default"] = str(self.spec.parallelism)
        if self.savepoint_path:
            options |= {
                "execution.state-recovery.path": self.savepoint_path,
                "execution.state-recovery.ignore-unclaimed-state": str(self.allow_non_restored_state).lower(),
                "execution.state-recovery.claim-mode": self.claim_mode.upper(),
            }
        return options


class Submitter(Protocol):
    """Knows one way to start a job."""

    def check(self, start: Start, deadline: Deadline) -> None:
        """Find out what would make the start fail, without starting anything."""

    def attempt(self, start: Start, deadline: Deadline) -> None:
        """Try once. Raises what went wrong; the caller looks the id up."""


class SqlSubmitter:
    """Starts a script's job through the SQL gateway."""

    def __init__(
        self,
        cluster: Cluster,
        gateways: Sequence[str],
        started: Callable[[Mapping[str, str]], None],
        secrets: Mapping[str, str] | None = None,
    ) -> None:
        self._cluster = cluster
        self._gateways = gateways
        self._started = started
        self._secrets = secrets

    def check(self, start: Start, deadline: Deadline) -> None:
        script = _sql.parse_job_script(start.spec.sql)
        with self._session(start, deadline) as opened:
            _sql_gateway.prepare(opened, script, deadline)
            # The state is left out: a plan needs none.
            _sql_gateway.explain(opened, script, deadline, {"pipeline.name": start.name})

    def attempt(self, start: Start, deadline: Deadline) -> None:
        script = _sql.parse_job_script(start.spec.sql)
        with self._session(start, deadline) as opened:
            _sql_gateway.prepare(opened, script, deadline)
            # The session is recorded before the statement is sent: a later run can end it.
            self._started({"gateway": opened.url, "session": opened.handle})
            operation = opened.start(script.job.text, deadline, start.execution)
            try:
                answer = opened.fetch(operation, deadline, what=f"the submission of {start.name}")
            except RestError as error:
                if not error.errors or _passing(error) or _sql_gateway.is_duplicate(error):
                    raise
                if any(_SUBMITTED.search(text) for text in error.errors):
                    raise _refused(start, error) from error
                raise _sql_gateway.rejected(error, script.job) from error
        if answer.job_id and answer.job_id != start.job_id:
            raise WrongId(start, answer.job_id)

    def _session(self, start: Start, deadline: Deadline) -> AbstractContextManager[_sql_gateway.Session]:
        return _sql_gateway.session(self._cluster, self._gateways, start.spec.configuration, deadline, self._secrets)


class JarSubmitter:
    """Starts a jar on the JobManager that leads."""

    def __init__(self, cluster: Cluster, holder: _jars.Holder) -> None:
        self._cluster = cluster
        self._holder = holder

    def check(self, start: Start, deadline: Deadline) -> None:
        """Flink runs the main method up to the job's plan."""
        body = _body(start)
        endpoint, jar_id = self._holder.place(deadline)
        try:
            endpoint.post(f"/jars/{jar_id}/plan", body, deadline=deadline, timeout=_jars.RUN_TIMEOUT, idempotent=True)
        except RestError as error:
            if isinstance(error, Unreachable) or _passing(error) or _jars.missing(error):
                # An election has come between: nothing is known about the jar, so nothing is held against it.
                return
            raise _refused(start, error) from error

    def attempt(self, start: Start, deadline: Deadline) -> None:
        endpoint, jar_id = self._holder.place(deadline)
        try:
            answer = endpoint.post(f"/jars/{jar_id}/run", _body(start), deadline=deadline, timeout=_jars.RUN_TIMEOUT)
        except RestError as error:
            if _jars.missing(error):
                self._holder.forget()
                raise Unreachable(error.message, url=error.url, errors=error.errors) from error
            if error.errors and not _passing(error) and not _sql_gateway.is_duplicate(error):
                raise _refused(start, error) from error
            raise
        job_id = answer.get("jobid") if isinstance(answer, Mapping) else None
        if isinstance(job_id, str) and job_id != start.job_id:
            raise WrongId(start, job_id)


class WrongId(FlinkError):
    """Flink gave the job another id than the one that was requested: it could not be found again after a crash."""

    def __init__(self, start: Start, job_id: str) -> None:
        super().__init__(
            f"the job {start.name} was started as {job_id} instead of {start.job_id}: this Flink ignores the id that"
            " is given to it, so it could be started twice; the job was cancelled"
        )
        self.job_id = job_id


def _body(start: Start) -> dict[str, object]:
    return _jars.run_body(
        start.job_id,
        entry_class=start.spec.entry_class,
        arguments=start.spec.arguments,
        parallelism=start.spec.parallelism,
        # The name counts when the program gives none; it is in the list of jobs, for people.
        configuration={"pipeline.name": start.name, **start.spec.configuration},
        savepoint_path=start.savepoint_path,
        allow_non_restored_state=start.allow_non_restored_state,
        claim_mode=start.claim_mode.upper(),
    )


def _passing(error: RestError) -> bool:
    """Whether an election explains the error, so that trying again may help."""
    if isinstance(error, (Unreachable, Doubtful)):
        return True
    # Only what the exceptions say counts: the frames of every stack name handlers that retrieve leaders.
    return any(_PASSING.search(f"{name}: {text}") for name, text in _sql_gateway.causes(error.errors))


def _refused(start: Start, error: RestError) -> StartFailed:
    cause = root_cause(error.errors) or error.message
    return StartFailed(f"Flink refused to start the job {start.name}: {cause}", root_cause=cause)


def submit(cluster: Cluster, submitter: Submitter, start: Start, deadline: Deadline) -> JobView:
    """Start a job and return it as soon as Flink has it. Tries again, with the same id, while leaders change."""
    while True:
        problem = _attempt(cluster, submitter, start, deadline)
        if isinstance(problem, (StartFailed, _sql_gateway.Rejected)):
            # Also with a job that runs: a main method may fail after its first execute().
            raise problem
        job = _jobs.look(cluster, start.job_id)
        if job is not None:
            return job
        if deadline.expired:
            raise _given_up(start, problem)
        if cluster.progress is not None:
            seen = problem.message if problem is not None else "Flink took it and does not show it"
            cluster.progress(f"the submission of {start.name}", seen, deadline.elapsed())
        deadline.pause(RETRY_INTERVAL)


def _attempt(cluster: Cluster, submitter: Submitter, start: Start, deadline: Deadline) -> FlinkError | None:
    """Try once; what went wrong, if the job may run all the same or may be started by another try."""
    try:
        submitter.attempt(start, deadline)
    except _sql_gateway.NoGateway as error:
        raise StartFailed(f"the job {start.name} was not started: {error.message}") from error
    except (StartFailed, _sql_gateway.Rejected) as error:
        return error
    except WrongId as error:
        _jobs.cancel(cluster, error.job_id)
        raise
    except RestError as error:
        if not _passing(error) and not _sql_gateway.is_duplicate(error):
            raise
        return error
    return None


def _given_up(start: Start, problem: FlinkError | None) -> FlinkError:
    last = problem.message if problem is not None else "it was accepted, and neither the leader nor the HA store has it"
    return GivenUp(f"the job {start.name} could not be submitted in time: {last}", root_cause=last)
