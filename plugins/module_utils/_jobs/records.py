# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered about a declared job: what runs, what is being done, where its state is.

The record is written before each step, so that the next run after a crash knows what may have happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._base.errors import FlinkError
from .._base.paths import same_path
from .._base.times import iso_now
from .spec import Spec

KIND = "jobs"
# Savepoints of jobs that were not deployed by this collection, by job id.
OTHERS = "savepoints"
FORMAT = 1
HISTORY_LENGTH = 10


@dataclass(frozen=True)
class StatePoint:
    """Where a job's state is."""

    path: str
    kind: str
    job_id: str
    at: str
    digest: str = ""
    trigger_id: str = ""
    native: bool = False

    def as_record(self) -> dict[str, Any]:
        record: dict[str, Any] = {"path": self.path, "kind": self.kind, "job_id": self.job_id, "at": self.at}
        for key in ("digest", "trigger_id"):
            if getattr(self, key):
                record[key] = getattr(self, key)
        if self.native:
            record["native"] = True
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> StatePoint:
        return cls(
            path=str(record["path"]),
            kind=str(record["kind"]),
            job_id=str(record.get("job_id", "")),
            at=str(record.get("at", "")),
            digest=str(record.get("digest", "")),
            trigger_id=str(record.get("trigger_id", "")),
            native=bool(record.get("native", False)),
        )


@dataclass(frozen=True)
class Deployment:
    """One start of the job: a specification, the id it was given, and what became of it."""

    job_id: str
    digest: str
    core_digest: str
    spec: Mapping[str, Any]
    reason: str
    started_at: str
    restored_from: str = ""
    restored_kind: str = ""
    allow_non_restored_state: bool = False
    flink_version: str = ""
    # submitting, submitted, refused, verified, finished; in the history also what ended it: suspended, upgraded,
    # cancelled, failed, gone, not_started.
    outcome: str = "submitting"
    ended_at: str = ""
    message: str = ""
    # The last checkpoint that was seen to complete, and where this job's checkpoints are: state that may be lost.
    checkpoint_path: str = ""
    checkpoint_dir: str = ""
    # What the next run needs to stop a submission that is still under way.
    submitter: Mapping[str, str] = field(default_factory=dict)

    def as_record(self) -> dict[str, Any]:
        record: dict[str, Any] = {
            "job_id": self.job_id,
            "digest": self.digest,
            "core_digest": self.core_digest,
            "spec": dict(self.spec),
            "reason": self.reason,
            "started_at": self.started_at,
            "outcome": self.outcome,
        }
        for key in (
            "restored_from",
            "restored_kind",
            "flink_version",
            "ended_at",
            "message",
            "checkpoint_path",
            "checkpoint_dir",
        ):
            if getattr(self, key):
                record[key] = getattr(self, key)
        if self.allow_non_restored_state:
            record["allow_non_restored_state"] = True
        if self.submitter:
            record["submitter"] = dict(self.submitter)
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Deployment:
        return cls(
            job_id=str(record["job_id"]),
            digest=str(record["digest"]),
            core_digest=str(record.get("core_digest", "")),
            spec=dict(record["spec"]),
            reason=str(record.get("reason", "")),
            started_at=str(record.get("started_at", "")),
            restored_from=str(record.get("restored_from", "")),
            restored_kind=str(record.get("restored_kind", "")),
            allow_non_restored_state=bool(record.get("allow_non_restored_state", False)),
            flink_version=str(record.get("flink_version", "")),
            outcome=str(record.get("outcome", "")),
            ended_at=str(record.get("ended_at", "")),
            message=str(record.get("message", "")),
            checkpoint_path=str(record.get("checkpoint_path", "")),
            checkpoint_dir=str(record.get("checkpoint_dir", "")),
            submitter={str(key): str(value) for key, value in record.get("submitter", {}).items()},
        )

    def parsed_spec(self) -> Spec:
        return Spec.from_record(self.spec)

    def shown(self) -> dict[str, Any]:
        """For people: without the script, which is long, and without secrets."""
        view = self.as_record()
        view.pop("submitter", None)
        spec = self.parsed_spec().shown()
        spec.pop("sql", None)
        return view | {"spec": spec}


@dataclass(frozen=True)
class Step:
    """What is being done right now. kind: stop, savepoint, cancel, rescale."""

    kind: str
    job_id: str
    at: str
    by: str
    trigger_id: str = ""
    target: str = ""
    goal: str = ""

    def as_record(self) -> dict[str, str]:
        return {key: value for key, value in vars(self).items() if value}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Step:
        known = {
            key: str(record.get(key, "")) for key in ("kind", "job_id", "at", "by", "trigger_id", "target", "goal")
        }
        return cls(**known)


@dataclass(frozen=True)
class JobRecord:
    """Everything that is remembered about one declared job."""

    name: str
    state: str = ""
    current: Deployment | None = None
    good: Deployment | None = None
    state_point: StatePoint | None = None
    step: Step | None = None
    # Ids whose submission may still be under way somewhere, and since when.
    strays: Mapping[str, str] = field(default_factory=dict)
    savepoints: tuple[StatePoint, ...] = ()
    history: tuple[Deployment, ...] = ()

    def as_record(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "name": self.name,
            "state": self.state,
            "current": self.current.as_record() if self.current else None,
            "good": self.good.as_record() if self.good else None,
            "state_point": self.state_point.as_record() if self.state_point else None,
            "step": self.step.as_record() if self.step else None,
            "strays": dict(self.strays),
            "savepoints": [one.as_record() for one in self.savepoints],
            "history": [one.as_record() for one in self.history],
        }

    @classmethod
    def from_record(cls, name: str, record: Mapping[str, Any]) -> JobRecord:
        if record.get("format") != FORMAT:
            raise FlinkError(
                f"the record of the job {name} has format {record.get('format')!r}, this version of the collection"
                f" reads format {FORMAT}: use the version that wrote it"
            )
        try:
            return cls(
                name=str(record.get("name") or name),
                state=str(record.get("state", "")),
                current=_maybe(Deployment.from_record, record.get("current")),
                good=_maybe(Deployment.from_record, record.get("good")),
                state_point=_maybe(StatePoint.from_record, record.get("state_point")),
                step=_maybe(Step.from_record, record.get("step")),
                strays={str(key): str(value) for key, value in record.get("strays", {}).items()},
                savepoints=tuple(StatePoint.from_record(one) for one in record.get("savepoints", ())),
                history=tuple(Deployment.from_record(one) for one in record.get("history", ())),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FlinkError(
                f"the record of the job {name} is damaged ({type(error).__name__} {error}): nothing was changed"
            ) from error

    @property
    def is_settled(self) -> bool:
        """Whether every step that was begun is known to have ended."""
        unsettled = self.current is not None and self.current.outcome in {"submitting", "refused"}
        return self.step is None and not unsettled and not self.strays

    @property
    def last(self) -> Deployment | None:
        """What runs, or ran last; the one that was good counts more than the one that was tried."""
        return self.current or self.good or (self.history[0] if self.history else None)

    # -- what happens to it ------------------------------------------------------------------------------------------

    def began(self, deployment: Deployment) -> JobRecord:
        """A new start is about to be tried; what was there before goes into the history."""
        return replace(self.archived(), current=deployment, step=None, state="running")

    def archived(self, outcome: str = "", message: str = "") -> JobRecord:
        """The current deployment is over; the last ten are remembered."""
        if self.current is None:
            return self
        ended = replace(
            self.current,
            outcome=outcome or self.current.outcome,
            message=message or self.current.message,
            ended_at=self.current.ended_at or iso_now(),
            submitter={},
        )
        kept = [one for one in self.history if one.job_id != ended.job_id]
        return replace(self, current=None, step=None, history=(ended, *kept)[:HISTORY_LENGTH])

    def updated(self, **changes: Any) -> JobRecord:
        """The current deployment with some fields changed."""
        if self.current is None:
            return self
        current = replace(self.current, **changes)
        good = current if self.good is not None and self.good.job_id == current.job_id else self.good
        return replace(self, current=current, good=good)

    def verified(self) -> JobRecord:
        """The current deployment runs and is what a failed upgrade goes back to."""
        if self.current is None:
            return self
        current = replace(self.current, outcome="verified", submitter={})
        return replace(self, current=current, good=current, step=None)

    def with_savepoint(self, point: StatePoint) -> JobRecord:
        """A savepoint that exists is never forgotten."""
        others = [one for one in self.savepoints if not same_path(one.path, point.path)]
        return replace(self, savepoints=(*others, point))

    def without_savepoint(self, path: str) -> JobRecord:
        kept = tuple(one for one in self.savepoints if not same_path(one.path, path))
        point = None if self.state_point is not None and same_path(self.state_point.path, path) else self.state_point
        return replace(self, savepoints=kept, state_point=point)

    def knows(self, path: str) -> bool:
        """Whether Flink itself reported this path to us."""
        points = (*self.savepoints, *([self.state_point] if self.state_point else []))
        return any(same_path(one.path, path) for one in points)


def _maybe(parse: Any, record: Any) -> Any:
    return None if record is None else parse(record)
