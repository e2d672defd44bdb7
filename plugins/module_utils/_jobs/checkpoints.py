# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's checkpoints and their settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._base.errors import NotYet, RestError
from .._base.times import iso_utc
from .._base.wait import Deadline, wait_for
from .._cluster.client import Cluster
from .view import POLL, strange, unknown_job

# -- checkpoints -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Completed:
    """A completed checkpoint or savepoint."""

    id: int
    path: str
    is_savepoint: bool
    triggered: int
    size: int = 0
    duration: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "path": self.path,
            "is_savepoint": self.is_savepoint,
            "triggered_at": iso_utc(self.triggered) if self.triggered > 0 else "",
            "size": self.size,
            "duration_ms": self.duration,
        }


@dataclass(frozen=True)
class Checkpoints:
    """What a job says about its checkpoints. enabled is False when it makes none."""

    enabled: bool = True
    counts: Mapping[str, int] = field(default_factory=dict)
    completed: Completed | None = None
    savepoint: Completed | None = None
    restored: Completed | None = None
    failed_id: int | None = None
    failed_reason: str = ""
    acknowledged: str = ""

    @property
    def newest(self) -> Completed | None:
        """The newest state: a savepoint of a stopped job is newer than its checkpoints."""
        found = [one for one in (self.completed, self.savepoint) if one is not None and one.path]
        return max(found, key=lambda one: one.id, default=None)

    def as_dict(self) -> dict[str, Any]:
        return {
            "enabled": self.enabled,
            "counts": dict(self.counts),
            "latest": self.completed.as_dict() if self.completed else None,
            "latest_savepoint": self.savepoint.as_dict() if self.savepoint else None,
            "latest_failure": {"id": self.failed_id, "reason": self.failed_reason} if self.failed_id else None,
        }


def parse_checkpoints(document: Any) -> Checkpoints:
    """The answer of GET /jobs/:id/checkpoints."""
    try:
        latest = document.get("latest") or {}
        failed = latest.get("failed") or {}
        return Checkpoints(
            counts={str(key): int(value) for key, value in (document.get("counts") or {}).items()},
            completed=_completed(latest.get("completed")),
            savepoint=_completed(latest.get("savepoint")),
            restored=_completed(latest.get("restored"), "restore_timestamp"),
            failed_id=failed.get("id"),
            failed_reason=" ".join(str(failed.get("failure_message") or "").split())[:500],
            acknowledged=_acknowledged(document.get("history") or ()),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise strange("about checkpoints", error) from error


def _completed(document: Any, time_key: str = "trigger_timestamp") -> Completed | None:
    if not document:
        return None
    return Completed(
        id=int(document["id"]),
        path=_external(document.get("external_path")),
        is_savepoint=bool(document.get("is_savepoint")),
        triggered=int(document.get(time_key) or 0),
        size=int(document.get("state_size") or 0),
        duration=int(document.get("end_to_end_duration") or 0),
    )


def _external(path: object) -> str:
    """Flink writes <checkpoint-not-externally-addressable> where there is none."""
    return path if isinstance(path, str) and not path.startswith("<") else ""


def _acknowledged(history: Sequence[Any]) -> str:
    for one in history:
        if isinstance(one, Mapping) and one.get("status") == "IN_PROGRESS":
            acknowledged, total = one.get("num_acknowledged_subtasks"), one.get("num_subtasks")
            return f"{acknowledged} of {total} subtasks acknowledged, {one.get('state_size', 0)} bytes"
    return ""


def checkpoints(cluster: Cluster, job_id: str) -> Checkpoints | None:
    """What is known about a job's checkpoints; None when the job is unknown.

    A new leader lists none of the checkpoints that the job has completed before, only the one that it restored.
    """
    try:
        seen = parse_checkpoints(cluster.rest.get(f"/jobs/{job_id}/checkpoints"))
        own = seen.restored is not None and f"/{job_id}/" in seen.restored.path
        return replace(seen, completed=seen.restored) if own and seen.completed is None else seen
    except RestError as error:
        if unknown_job(error):
            return None
        if error.status == 404 and any("heckpointing" in text for text in error.errors):
            return Checkpoints(enabled=False)
        raise


def keeps_checkpoints(cluster: Cluster, job_id: str) -> bool:
    """Whether a job's checkpoints outlive its cancellation."""
    answer = _checkpoint_config(cluster, job_id)
    external = answer.get("externalization") if isinstance(answer, Mapping) else None
    if not isinstance(external, Mapping):
        return False
    return external.get("enabled") is True and external.get("delete_on_cancellation") is False


def checkpoint_interval(config: Any) -> float:
    """The seconds between the checkpoints that a job makes by itself, of GET /jobs/:id/checkpoints/config; 0 without.

    Flink writes the largest number that there is for a job that makes none.
    """
    try:
        milliseconds = float(config.get("interval") or 0)
    except (AttributeError, TypeError, ValueError) as error:
        raise strange("about the settings of checkpoints", error) from error
    return milliseconds / 1000 if 0 < milliseconds < 1e15 else 0.0


def makes_checkpoints(cluster: Cluster, job_id: str) -> bool:
    """Whether a job makes checkpoints by itself. One that is requested can be had of any streaming job."""
    return checkpoint_interval(_checkpoint_config(cluster, job_id)) > 0


def _checkpoint_config(cluster: Cluster, job_id: str) -> Any:
    """The settings of a job's checkpoints; empty where Flink returns none."""
    try:
        return cluster.rest.get(f"/jobs/{job_id}/checkpoints/config")
    except RestError as error:
        if error.status == 404:
            return {}
        raise


def await_listing(cluster: Cluster, job_id: str, name: str, checkpoint_id: int, deadline: Deadline) -> Checkpoints:
    """What the job says about its checkpoints, as soon as it is as new as one that is known to be complete."""

    def probe() -> Checkpoints:
        seen = checkpoints(cluster, job_id)
        if seen is None or seen.completed is None or seen.completed.id < checkpoint_id:
            raise NotYet("Flink does not list it yet")
        return seen

    what = f"the listing of the checkpoint {checkpoint_id} of {name}"
    return wait_for(probe, deadline, what, interval=POLL, progress=cluster.progress)
