# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drill as a Chaos Toolkit journal: one experiment that holds all faults."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from . import words
from .result import Drill, Fault

Entry = dict[str, Any]
EXTENSION = "streamops.flink"
PLAYBOOK = "streamops.flink.drill"


def render(drill: Drill) -> str:
    return json.dumps(journal(drill), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def journal(drill: Drill) -> Entry:
    begun = [fault for fault in drill.faults if fault.status != "skipped"]
    injected = [fault for fault in begun if fault.injected]
    return {
        "chaoslib-version": "streamops.flink",
        "platform": f"Flink {drill.flink_version}, runtime {drill.runtime}",
        "node": drill.cluster,
        "experiment": experiment(drill),
        "start": words.rfc3339(drill.started),
        "end": words.rfc3339(drill.ended),
        "duration": round(drill.duration, 3),
        "status": _status(drill),
        # Only what was found after a fault is a deviation; a cluster that was not healthy before it is none.
        "deviated": any(fault.status == "failed" for fault in injected),
        "steady_states": {
            "before": _steady([_before(fault) for fault in begun]),
            "after": _steady([_after(fault) for fault in injected]),
            "during": [],
        },
        "run": [entry for fault in injected for entry in _run(fault)],
        "rollbacks": [_rollback(fault) for fault in begun if fault.removed],
        "extensions": [{"name": EXTENSION, "verdict": drill.verdict, "drill": drill.source}],
    }


def _status(drill: Drill) -> str:
    if drill.count("aborted"):
        return "aborted"
    return "completed" if drill.count("passed", "failed") else "failed"


def experiment(drill: Drill) -> Entry:
    """What was to be done: skipped faults belong to it, and have no entry in the run."""
    names = ", ".join(fault.name for fault in drill.faults)
    return {
        "version": "1.0.0",
        "title": drill.title,
        "description": f"Does the Flink cluster {drill.cluster} recover in time and without loss from: {names or '-'}?",
        "tags": [tag for tag in ("flink", "failover", drill.runtime, drill.profile) if tag],
        "contributions": {"availability": "high", "reliability": "high", "durability": "high"},
        "steady-state-hypothesis": {
            "title": "The cluster is healthy: one leader, all jobs running, new checkpoints, nothing lost or doubled",
            "probes": [_healthy(fault) for fault in drill.faults],
        },
        "method": [activity for fault in drill.faults for activity in (_inject(fault), _watch(fault))],
        "rollbacks": [_remove(fault) for fault in drill.faults],
    }


def _activity(kind: str, name: str, fault: Fault, **more: Any) -> Entry:
    arguments = f"{PLAYBOOK} -e flink_drill_faults={fault.name}"
    provider = {"type": "process", "path": "ansible-playbook", "arguments": arguments}
    return {"type": kind, "name": name, "provider": provider, **more}


def _inject(fault: Fault) -> Entry:
    return _activity("action", f"inject {fault.name}", fault)


def _watch(fault: Fault) -> Entry:
    return _activity("probe", f"watch the recovery from {fault.name}", fault)


def _remove(fault: Fault) -> Entry:
    return _activity("action", f"remove {fault.name}", fault)


def _healthy(fault: Fault) -> Entry:
    return _activity("probe", f"healthy before and after {fault.name}", fault, tolerance=True)


def _outcome(activity: Entry, start: datetime, end: datetime, output: str, *, succeeded: bool = True) -> Entry:
    return {
        "activity": activity,
        "status": "succeeded" if succeeded else "failed",
        "start": words.rfc3339(start),
        "end": words.rfc3339(max(start, end)),
        "duration": round(max(0.0, (end - start).total_seconds()), 3),
        "output": output,
    }


def _steady(probes: list[Entry]) -> Entry:
    return {"steady_state_met": bool(probes) and all(probe["tolerance_met"] for probe in probes), "probes": probes}


def _before(fault: Fault) -> Entry:
    met = fault.injected is not None
    text = "all preconditions were met" if met else fault.reason or "nothing was injected"
    end = fault.injected or fault.ended
    return {**_outcome(_healthy(fault), fault.began, end, text, succeeded=met), "tolerance_met": met}


def _after(fault: Fault) -> Entry:
    text = "; ".join(words.complaints(fault)) or "every check passed, and every time kept its limit"
    start = fault.removed or fault.injected or fault.began
    probe = _outcome(_healthy(fault), start, fault.ended, text, succeeded=fault.status != "aborted")
    return {**probe, "tolerance_met": fault.status == "passed"}


def _run(fault: Fault) -> list[Entry]:
    start = fault.injected or fault.began
    times = "; ".join(words.timing_sentence(time) for time in fault.times)
    watched = fault.status != "aborted"
    return [
        _outcome(_inject(fault), start, start, fault.what),
        _outcome(_watch(fault), start, fault.ended, times or fault.reason, succeeded=watched),
    ]


def _rollback(fault: Fault) -> Entry:
    end = fault.removed or fault.ended
    return _outcome(_remove(fault), end, end, "the fault was removed")
