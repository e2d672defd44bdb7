# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a job failed, and how often it was restarted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._base.errors import RestError
from .._base.times import iso_utc
from .._cluster.answers import root_cause
from .._cluster.client import Cluster
from .view import unknown_job

# -- why a job failed ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Failure:
    """What Flink says about a job's failures: the newest first."""

    cause: str = ""
    causes: tuple[str, ...] = ()
    at: int = 0
    task: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {"cause": self.cause, "at": iso_utc(self.at) if self.at else "", "task": self.task}


def parse_failures(document: Any) -> Failure:
    """The answer of GET /jobs/:id/exceptions. 1.x names a root exception, 2.x has the history only."""
    if not isinstance(document, Mapping):
        return Failure()
    history = document.get("exceptionHistory")
    entries = history.get("entries") if isinstance(history, Mapping) else None
    found = [one for one in entries or () if isinstance(one, Mapping)]
    causes = tuple(cause for one in found if (cause := _cause(one.get("stacktrace"), one.get("exceptionName"))))
    first: Mapping[str, Any] = found[0] if found else {}
    root = _cause(document.get("root-exception"), "")
    at = document.get("timestamp") if root else first.get("timestamp")
    return Failure(
        cause=root or (causes[0] if causes else ""),
        causes=causes or ((root,) if root else ()),
        at=at if isinstance(at, int) and at > 0 else 0,
        task=str(first.get("taskName") or ""),
    )


def _cause(stack: object, name: object) -> str:
    if isinstance(stack, str) and stack.strip():
        return root_cause([stack])
    return str(name) if name else ""


def failures(cluster: Cluster, job_id: str) -> Failure:
    """Why a job fails; empty when unknown."""
    try:
        answer = cluster.rest.get(f"/jobs/{job_id}/exceptions", params={"maxExceptions": "10"})
    except RestError as error:
        if unknown_job(error):
            return Failure()
        raise
    return parse_failures(answer)


def parse_result(document: Any) -> str:
    """The cause in the answer of GET /jobs/:id/execution-result; empty for a job that goes on or did not fail."""
    result = document.get("job-execution-result") if isinstance(document, Mapping) else None
    cause = result.get("failure-cause") if isinstance(result, Mapping) else None
    return _cause(cause.get("stack-trace"), cause.get("class")) if isinstance(cause, Mapping) else ""


def why_failed(cluster: Cluster, job_id: str) -> str:
    """Why a job has failed for good. One that did not even get tasks has no history of failures, only a result."""
    cause = failures(cluster, job_id).cause
    if cause:
        return cause
    try:
        return parse_result(cluster.rest.get(f"/jobs/{job_id}/execution-result"))
    except RestError as error:
        if error.status == 404:
            return ""
        raise


RESTARTS = "numRestarts"


def restarts(cluster: Cluster, job_id: str) -> int | None:
    """How often a job was restarted since its JobManager leads; None when not counted."""
    try:
        answer = cluster.rest.get(f"/jobs/{job_id}/metrics", params={"get": RESTARTS})
    except RestError as error:
        if error.status == 404:
            return None
        raise
    for one in answer if isinstance(answer, list) else ():
        value = one.get("value") if isinstance(one, Mapping) else None
        if isinstance(value, str) and value.lstrip("-").isdigit():
            return max(0, int(value))
    return None
