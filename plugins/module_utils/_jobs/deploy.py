# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings one declared job to its declared state, so that a crash at any point leads to exactly one job afterwards.

A run first settles what an earlier one may have left in the middle, then compares, then acts. Every step is written
into the job's record, under a lock, before it is taken.
"""

from __future__ import annotations

from dataclasses import replace

from .._base.errors import FlinkError
from .._cluster.client import Cluster
from . import rescale as _rescale
from . import targets as _targets
from .plan import Action, Declared, LastState, make_plan
from .records import JobRecord
from .run import Options, Result, Run
from .view import JobView


def recorded(cluster: Cluster, declared: Declared) -> Declared:
    """What ran last under this name, as its record has it."""
    record = _targets.record_of(cluster, declared.name)
    last = record.last if record is not None else None
    if last is None:
        raise FlinkError(
            f"the job {declared.name} cannot be started as it was, because no record says how: declare it with sql,"
            " sql_file or jar"
        )
    allow = declared.allow_non_restored_state or last.allow_non_restored_state
    return replace(declared, spec=last.parsed_spec(), allow_non_restored_state=allow)


class Deployer:
    """One run for one declared job."""

    def __init__(self, cluster: Cluster, declared: Declared, options: Options) -> None:
        self._run = Run(cluster, declared, options)
        # The record as it was found, for the difference.
        self.before = self._run.record

    @property
    def record(self) -> JobRecord:
        return self._run.record

    @property
    def warnings(self) -> list[str]:
        """What should be known of a run, whether it succeeded or not."""
        return self._run.result.warnings

    def run(self, *, check_mode: bool = False) -> Result:
        try:
            return self._bring(check_mode=check_mode)
        except FlinkError as error:
            self._report(error)
            raise

    def _bring(self, *, check_mode: bool) -> Result:
        run = self._run
        run.load()
        self.before = run.record
        if check_mode or run.record.is_settled:
            self._look()
            if check_mode:
                run.result.changed = run.result.plan.changes
            if run.result.plan.action is Action.NOTHING:
                return run.result
        # What is needed only when something is to be done is loaded only then.
        from . import acts as _acts
        from . import settle as _settle

        if check_mode:
            _acts.foresee(run, run.result.plan)
            return run.result
        with run.locked():
            _settle.settle(run)
            job = self._look()
            _acts.ACTS[run.result.plan.action](run, run.result.plan, job)
        run.result.changed = run.result.changed or run.result.plan.changes
        return run.result

    def _look(self) -> JobView | None:
        """Compare what is declared with what is."""
        run = self._run
        job = run.job()
        run.result.job = job
        run.result.plan = make_plan(
            run.declared, run.record, job, lambda: last_state(run, job), lambda: can_rescale(run, job)
        )
        return job

    def _report(self, error: FlinkError) -> None:
        """A failure says what was changed all the same, and where the state is."""
        record = self._run.record
        point = record.state_point
        error.details.setdefault("name", record.name)
        error.details.setdefault("action", self._run.result.plan.action.value)
        error.details.setdefault("changed", _substance(record) != _substance(self.before))
        error.details.setdefault("job_id", record.current.job_id if record.current else None)
        error.details.setdefault("savepoint_path", point.path if point and point.kind == "savepoint" else None)


def _substance(record: JobRecord) -> tuple[object, ...]:
    """What of a record is a change of the world, and not a note about an attempt."""
    job_id = record.current.job_id if record.current is not None else ""
    return job_id, record.state_point, record.savepoints


def last_state(run: Run, job: JobView | None) -> LastState:
    from . import state as _state

    return _state.last_state(run, job)


def can_rescale(run: Run, job: JobView | None) -> bool:
    return job is not None and _rescale.requirements(run.cluster, job.job_id) is not None
