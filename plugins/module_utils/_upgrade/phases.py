# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The phases of an upgrade that touch the cluster, each of which can be repeated."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from .._backup import job_archive as _job_archive
from .._base.errors import FlinkError, NotYet
from .._base.times import iso_now
from .._base.wait import Deadline, parallel, wait_for
from .._cluster import ownership as _cluster_id
from .._cluster.client import Cluster
from .._cluster.quorum import clean_path
from .._ha.findings import findings, poisonous
from .._ha.survey import survey
from .._jobs import checkpoints as _checkpoints
from .._jobs import failures as _failures
from .._jobs import savepoints as _savepoints
from .._jobs import stop as _stop
from .._jobs import targets as _targets
from .._jobs import view as _jobs
from .._jobs.plan import Declared
from .._jobs.records import JobRecord
from .._jobs.run import Options, Run
from .._jobs.settle import settle
from .check import JobFacts, check
from .record import KIND, NAME, Moved, Upgrade, check_resumed

QUARANTINE = "quarantine"
# How long a cluster that is to be given up is asked to end its jobs itself.
CANCEL_SECONDS = 60.0
POLL = 0.5


@dataclass(frozen=True)
class Soak:
    """What the new version has to show: so many checkpoints of each job, and no restart for so many seconds."""

    checkpoints: int
    window: float
    timeout: float


class Conductor:
    """One run of an upgrade. It holds a lock, so that two of them do not disturb each other."""

    def __init__(self, cluster: Cluster, options: Options) -> None:
        self.cluster = cluster
        self.options = options
        self._version: int | None = None
        self.upgrade = Upgrade("", "")
        self._load()

    def _load(self) -> None:
        found = self.cluster.records.read(KIND, NAME)
        if found is not None:
            self._version = found.version
            self.upgrade = Upgrade.from_record(found.content)

    def save(self, upgrade: Upgrade) -> None:
        self._version = self.cluster.records.write(KIND, NAME, upgrade.as_record(), self._version)
        self.upgrade = upgrade

    def phase(self, phase: str, **more: Any) -> None:
        if self.upgrade.phase != phase or more:
            self.save(replace(self.upgrade, phase=phase, **more))

    def begin(self, phase: str, **more: Any) -> None:
        """Record a phase, unless it is complete."""
        if not self.upgrade.reached(phase):
            self.phase(phase, **more)

    # -- before ------------------------------------------------------------------------------------------------------

    def foresee(self, wanted: str, *, sql_allowed: bool) -> Upgrade:
        """What would be done; a FlinkError says why it cannot be."""
        check_resumed(self.upgrade, wanted)
        if self.upgrade.unfinished:
            return self.upgrade
        current = _jobs.flink_version(self.cluster)
        if current != wanted:
            self._audit(current)
        found = _job_archive.everything(self.cluster)
        if current != wanted:
            check(current, wanted, [_facts(one) for one in found], sql_allowed=sql_allowed)
        return Upgrade(current, wanted, phase="prepared", began=iso_now())

    def prepare(self, wanted: str, *, sql_allowed: bool) -> bool:
        """Write down what is begun; False when that version runs already and nothing is half done."""
        foreseen = self.foresee(wanted, sql_allowed=sql_allowed)
        if self.upgrade.unfinished:
            return True
        if foreseen.old == foreseen.new:
            return False
        self.save(foreseen)
        return True

    # -- forward -----------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop all jobs with savepoints, side by side, and prove that the store holds none."""
        if self.upgrade.reached("stopped"):
            return
        self.phase("stopping")
        running = [one for one in _job_archive.everything(self.cluster) if one.job is not None]
        # Who was stopped by an earlier run has its place in the record already, or is found by its record.
        names = sorted(
            {one.name for one in running if one.record is not None} | {one.name for one in self.upgrade.jobs}
        )
        began = {name: time.time() for name in names}
        for name in names:
            if self.upgrade.job(name) is None:
                self.save(self.upgrade.with_job(Moved(name, "", "", {}, began[name])))
        answers = parallel([partial(self._stop_one, name) for name in names])
        # What was stopped is written down, whatever became of the others.
        for moved in [one for one in answers if isinstance(one, Moved)]:
            self.save(self.upgrade.with_job(moved))
        for answer in answers:
            if isinstance(answer, FlinkError):
                raise answer
        self._await_empty_store()
        self._audit(self.upgrade.new)
        self.phase("stopped")

    def _stop_one(self, name: str) -> Moved:
        known = self.upgrade.job(name)
        run = Run(self.cluster, Declared(name), self.options)
        with run.locked():
            settle(run)
            job = run.job()
            if job is not None and job.alive:
                _stop.suspend(run, job)
            record = run.record
        point = record.state_point
        if point is None or record.last is None:
            raise FlinkError(f"the job {name} was stopped, and no savepoint of it is known: nothing else was changed")
        down_at = known.down_at if known is not None else time.time()
        # Of its history only what it goes back to: a node of ZooKeeper takes a megabyte for all jobs together.
        kept = replace(record, history=record.history[:1])
        return Moved(name, record.last.job_id, point.path, kept.as_record(), down_at)

    def _audit(self, version: str) -> None:
        """Nothing that would make the next leader, of this version, fail."""
        poison = poisonous(findings(survey(self.cluster), version))
        if poison:
            raise FlinkError(
                f"cluster {self.cluster.settings.cluster_id} would not survive a new leader of Flink {version}:"
                f" {poison[0].sentence}; {poison[0].remedy}",
                findings=[one.as_dict() for one in poison],
            )

    def _await_empty_store(self) -> None:
        def probe() -> None:
            left = self._stored()
            if left:
                raise NotYet(f"it still has {', '.join(sorted(left))}")

        limit = Deadline(self.options.timeout)
        wait_for(probe, limit, "the end of all jobs in the HA store", interval=POLL, progress=self.cluster.progress)

    def _stored(self) -> set[str]:
        kinds = _cluster_id.JOB_NODES
        return {name for kind in kinds for name in self.cluster.zk.children(self.cluster.path(kind))}

    def started(self) -> None:
        """Note when each job was up again, which is when the first checkpoint after its start was complete."""
        for moved in self.upgrade.jobs:
            if not moved.up_at:
                job = self._running(moved.name)
                if job is not None:
                    self.save(self.upgrade.with_job(replace(moved, up_at=time.time())))

    def _running(self, name: str) -> _jobs.JobView | None:
        record = _targets.record_of(self.cluster, name)
        return _jobs.look(self.cluster, record.current.job_id) if record is not None and record.current else None

    def soak(self, wanted: Soak) -> None:
        """Watch the jobs on the new version: each runs, completes checkpoints, and does not restart."""
        self.started()
        self.begin("soaking")
        limit = Deadline(wanted.timeout)
        for answer in parallel([partial(self._soak_one, one.name, wanted, limit) for one in self.upgrade.jobs]):
            if isinstance(answer, FlinkError):
                raise answer

    def _soak_one(self, name: str, wanted: Soak, limit: Deadline) -> None:
        record = _targets.record_of(self.cluster, name)
        if record is not None and record.state in {"suspended", "absent"} and record.current is None:
            # It is declared not to run any more.
            return
        job = self._running(name)
        if job is None:
            raise FlinkError(f"the job {name} does not run on the new version")
        before = _failures.restarts(self.cluster, job.job_id)
        window = Deadline(wanted.window)
        # A job that has ended or restarts completes no checkpoint: that is reported at once, not at the end of the
        # time.
        healthy = partial(self._healthy, name, job.job_id, before)
        for _number in range(wanted.checkpoints):
            healthy()
            _savepoints.await_checkpoint(self.cluster, job.job_id, name, limit, watch=healthy)
        seen = _checkpoints.checkpoints(self.cluster, job.job_id)
        moved = self.upgrade.job(name)
        restored = seen.restored if seen is not None else None
        if moved is not None and restored is None:
            raise FlinkError(f"the job {name} runs, but was not restored from {moved.savepoint}")
        while not window.expired:
            healthy()
            window.pause(POLL)
        healthy()

    def _healthy(self, name: str, job_id: str, before: int | None) -> None:
        job = _jobs.look(self.cluster, job_id)
        if job is None or job.terminal:
            why = _failures.why_failed(self.cluster, job_id) if job is not None else ""
            raise FlinkError(f"the job {name} ended on the new version{': ' + why if why else ''}")
        after = _failures.restarts(self.cluster, job_id)
        if after is not None and before is not None and after > before:
            cause = _failures.failures(self.cluster, job_id).cause
            raise FlinkError(f"the job {name} restarted on the new version{': ' + cause if cause else ''}")

    def finish(self) -> None:
        _cluster_id.claim(self.cluster, self.upgrade.new)
        self.phase("done", ended=iso_now())

    # -- back --------------------------------------------------------------------------------------------------------

    def give_up(self, why: str) -> None:
        """From here it goes back only. What runs of the new version is cancelled; its state is not kept."""
        if not self.upgrade.back:
            self.phase("rolling_back", why=why or "no reason is given")
        if self.upgrade.reached("cleared") or not self.upgrade.swapped:
            return
        # A cluster that does not answer is stopped as it is, and its store is cleared after that.
        with suppress(FlinkError):
            self._cancel_all(Deadline(CANCEL_SECONDS))

    def _cancel_all(self, limit: Deadline) -> None:
        self.cluster.await_leader(limit.within(10.0))
        for job in _jobs.listing(self.cluster):
            if job.alive:
                _jobs.cancel(self.cluster, job.job_id)
                _jobs.await_gone(self.cluster, job.job_id, job.name, limit)

    def clear(self) -> None:
        """All processes are stopped: move what is left of jobs of the new version out of the store."""
        if self.upgrade.reached("cleared"):
            return
        if not self.upgrade.swapped:
            # The old version has never ended, and neither have those of its jobs that were not stopped yet.
            self.phase("cleared")
            return

        def none_leads() -> None:
            found = self.cluster.contenders()
            if found:
                raise NotYet(f"{len(found)} JobManager(s) still hold a session")

        wait_for(none_leads, Deadline(self.options.timeout), "the end of the last JobManager", interval=POLL)
        for kind in (*_cluster_id.JOB_NODES, "jobs"):
            for name in self.cluster.zk.children(self.cluster.path(kind)):
                self._quarantine(kind, name)
        self.phase("cleared")

    def _quarantine(self, kind: str, name: str) -> None:
        """Kept next to our records, where no JobManager reads it."""
        zk, path = self.cluster.zk, self.cluster.path(kind, name)
        node = zk.find(path)
        if node is not None and node.data:
            zk.put(clean_path(self.cluster.records.root, QUARANTINE, kind, name), node.data)
        zk.delete(path, recursive=True)

    def return_jobs(self) -> None:
        """Put the records of the jobs back as they were when they were stopped: suspended, with their savepoints."""
        if self.upgrade.reached("returned"):
            return
        for moved in self.upgrade.jobs:
            if moved.record:
                self._return_one(moved)
        self.phase("returned")

    def _return_one(self, moved: Moved) -> None:
        before = JobRecord.from_record(moved.name, moved.record)
        run = Run(self.cluster, Declared(moved.name), self.options)
        with run.locked():
            # Savepoints that were made since are not forgotten.
            record = replace(before, state="suspended")
            for point in run.record.savepoints:
                if not record.knows(point.path):
                    record = record.with_savepoint(point)
            run.save(record)

    def rolled_back(self) -> None:
        self.started()
        _cluster_id.claim(self.cluster, self.upgrade.old)
        self.phase("rolled_back", ended=iso_now())


PHASES: dict[str, Callable[[Conductor], None]] = {
    "stopped": Conductor.stop,
    "swapping": lambda conductor: conductor.begin("swapping", swapped=True),
    "starting": lambda conductor: conductor.begin("starting"),
    "done": Conductor.finish,
    "cleared": Conductor.clear,
    "returned": Conductor.return_jobs,
    "rolled_back": Conductor.rolled_back,
}


def _facts(known: _job_archive.Known) -> JobFacts:
    deployment = known.deployment
    return JobFacts(
        name=known.name,
        declared=known.record is not None,
        kind=deployment.parsed_spec().kind if deployment is not None else "",
        running=known.job is not None,
        allow_non_restored_state=deployment.allow_non_restored_state if deployment is not None else False,
    )
