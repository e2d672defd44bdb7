# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run for one declared job: what it works with, and the record that it writes before each step."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from .._base.errors import FlinkError
from .._base.snapshots import complete_below
from .._base.times import iso_now
from .._base.wait import Deadline
from .._cluster.client import Cluster, config_of
from .._cluster.zookeeper import Lock
from . import checkpoints as _checkpoints
from . import sql as _sql
from . import view as _jobs
from .plan import Action, Declared, JobPlan
from .records import KIND, JobRecord, StatePoint, Step
from .spec import Jar, Spec
from .view import JobView

RECORD_LIMIT = 700_000
SAVEPOINT_DIRECTORY = ("execution.checkpointing.savepoint-dir", "state.savepoints.dir")
CHECKPOINT_DIRECTORY = ("execution.checkpointing.dir", "state.checkpoints.dir")


def cache_directory(option: str | None) -> Path:
    if option:
        return Path(option)
    base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(base) / "streamops-flink"


@dataclass(frozen=True)
class Options:
    """How a job is brought to its state."""

    sql_gateways: tuple[str, ...] = ()
    # By name, for the places of the SQL script that name them.
    secrets: Mapping[str, str] = field(default_factory=dict)
    cache_dir: Path = Path()
    # Fetches the declared jar and looks into it; called when it is needed only.
    jar: Callable[[], Jar] | None = None
    savepoint_directory: str = ""
    native: bool = False
    drain: bool = False
    wait_for_checkpoint: bool = True
    rollback: bool = True
    timeout: float = 180.0
    savepoint_timeout: float = 600.0
    lock_timeout: float = 300.0
    by: str = ""


@dataclass
class Result:
    """What was found and done."""

    plan: JobPlan
    changed: bool = False
    job: JobView | None = None
    checkpoint: _checkpoints.Completed | None = None
    savepoint_path: str = ""
    settled: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Run:
    """The record of one job, and everything that its steps need."""

    def __init__(
        self, cluster: Cluster, declared: Declared, options: Options, *, kind: str = KIND, record_name: str = ""
    ) -> None:
        self.cluster = cluster
        self.declared = declared
        self.options = options
        # Jobs that others have deployed have records too, for their savepoints; their names need not be unique.
        self.kind = kind
        self.record_name = record_name or declared.name
        self.record = JobRecord(declared.name)
        self.result = Result(JobPlan(Action.NOTHING))
        self.lock: Lock | None = None
        self._version: int | None = None
        self._config: dict[str, str] | None = None
        self._flink_version = ""

    @property
    def name(self) -> str:
        return self.declared.name

    # -- the record --------------------------------------------------------------------------------------------------

    def load(self) -> None:
        found = self.cluster.records.read(self.kind, self.record_name)
        self._version = None if found is None else found.version
        self.record = JobRecord(self.name) if found is None else JobRecord.from_record(self.name, found.content)

    def save(self, record: JobRecord) -> None:
        """Write the record. Raises when the lock is lost, so that nothing is done without it."""
        if self.lock is not None:
            self.lock.check()
        content = record.as_record()
        if len(str(content)) > RECORD_LIMIT:
            # ZooKeeper takes a megabyte. Old scripts are the first that are not needed.
            for one in content["history"]:
                one["spec"].pop("sql", None)
        self._version = self.cluster.records.write(self.kind, self.record_name, content, self._version)
        self.record = record

    @contextmanager
    def locked(self) -> Iterator[None]:
        """No other run works on this job meanwhile; what they did before is read again."""
        limit = Deadline(self.options.lock_timeout)
        with self.cluster.records.lock(self.kind, self.record_name, self.options.by, limit) as self.lock:
            self.load()
            yield
        self.lock = None

    def step(self, kind: str, job_id: str, **more: str) -> Step:
        """Write down what is about to be done."""
        step = Step(kind, job_id, iso_now(), self.options.by, **more)
        self.save(replace(self.record, step=step))
        return step

    def no_step(self) -> None:
        self.save(replace(self.record, step=None))

    def savepoint(self, path: str, step: Step) -> StatePoint:
        """A savepoint of the current deployment."""
        digest = self.record.current.digest if self.record.current else ""
        return StatePoint(path, "savepoint", step.job_id, iso_now(), digest, step.trigger_id, self.options.native)

    def keep_savepoints(self, step: Step, path: str) -> None:
        """Whatever is below the target was made by us and is not forgotten, also when only one was wanted."""
        record = self.record
        for one in [*complete_below(step.target), *([path] if path else [])]:
            if not record.knows(one):
                record = record.with_savepoint(self.savepoint(one, step))
        if record != self.record:
            self.save(record)

    # -- the cluster -------------------------------------------------------------------------------------------------

    def job(self) -> JobView | None:
        """The job of the current deployment, as the cluster has it."""
        current = self.record.current
        return _jobs.look(self.cluster, current.job_id) if current is not None else None

    def configured(self, keys: tuple[str, ...], spec: Spec | None = None) -> str:
        """An option as the job sees it: its script, its configuration, the cluster's."""
        layers: list[Mapping[str, str]] = []
        if spec is not None:
            script = [_sql.parse_job_script(spec.sql).settings] if spec.kind == "sql" else []
            layers = [*script, spec.configuration]
        layers.append(self._cluster_config())
        return next((layer[key] for layer in layers for key in keys if layer.get(key)), "")

    @property
    def flink_version(self) -> str:
        if not self._flink_version:
            self._flink_version = _jobs.flink_version(self.cluster)
        return self._flink_version

    def _cluster_config(self) -> dict[str, str]:
        if self._config is None:
            self._config = config_of(self.cluster.rest.get("/jobmanager/config"))
        return self._config

    def savepoint_target(self, trigger_id: str) -> str:
        """A directory for one savepoint alone: what is in it can only be ours."""
        base = self.options.savepoint_directory or self.configured(SAVEPOINT_DIRECTORY)
        if not base:
            raise FlinkError(
                f"no savepoint of {self.name} can be made: the cluster configures no"
                " execution.checkpointing.savepoint-dir; give savepoint_directory"
            )
        return f"{base.rstrip('/')}/{savepoint_folder(self.name, trigger_id)}"

    def checkpoint_directory(self, spec: Spec, job_id: str) -> str:
        base = self.configured(CHECKPOINT_DIRECTORY, spec).rstrip("/")
        return f"{base}/{job_id}" if base else ""


def savepoint_folder(name: str, trigger_id: str) -> str:
    """The name of a directory for one savepoint, readable and safe in every file system."""
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "job"
    return f"{readable[:80]}-{trigger_id}"
