# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a declared job, as flink_job returns it."""

from __future__ import annotations

from typing import Any

from . import spec as _spec
from .deploy import Deployer
from .plan import Action, Declared
from .records import JobRecord
from .run import Result
from .spec import Spec


def view(record: JobRecord, spec: Spec | None, state: str) -> dict[str, Any]:
    """One side of the difference."""
    return {"name": record.name, "state": state, "specification": spec.shown() if spec is not None else None}


def running_spec(record: JobRecord) -> Spec | None:
    return record.current.parsed_spec() if record.current is not None else None


def state_of(record: JobRecord) -> str:
    if record.current is not None and record.current.outcome == "finished":
        return "finished"
    return record.state or "absent"


def difference(before: JobRecord, declared: Declared, changed: bool) -> dict[str, Any]:
    """What the job was and what it is to be."""
    old = view(before, running_spec(before), state_of(before))
    if not changed:
        return {"before": old, "after": old}
    wanted = declared.spec if declared.state == "running" else None
    return {"before": old, "after": view(before, wanted, declared.state)}


def shown(deployer: Deployer, result: Result, declared: Declared) -> dict[str, Any]:
    record = deployer.record
    current = record.current
    differs = _spec.changes(running_spec(deployer.before), declared.spec) if declared.spec is not None else []
    answer: dict[str, Any] = {
        "changed": result.changed,
        "name": declared.name,
        "state": state_of(record),
        "action": result.plan.action.value,
        "plan": {
            "action": result.plan.text,
            "reason": result.plan.reason,
            "changes": differs if result.plan.action in {Action.UPGRADE, Action.RESCALE, Action.RESTART} else [],
            "source": result.plan.source.path if result.plan.source is not None else None,
            "loses": result.plan.loses or None,
        },
        "job_id": current.job_id if current is not None else None,
        "flink_state": result.job.state if result.job is not None else None,
        "digest": current.digest if current is not None else None,
        "jar_sha256": (current.parsed_spec().sha256 or None) if current is not None else None,
        "restored_from": (current.restored_from or None) if current is not None else None,
        "savepoint_path": result.savepoint_path or None,
        "state_kept": record.state_point.path if current is None and record.state_point is not None else None,
        "settled": result.settled,
        "diff": difference(deployer.before, declared, result.changed),
    }
    if result.checkpoint is not None:
        answer["checkpoint"] = result.checkpoint.as_dict()
    return answer
