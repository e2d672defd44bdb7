# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module flink_drill_watch does for each of its states."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._base.errors import Expired, FlinkError
from .._base.files import read_json
from .._base.processes import boot_id
from .._base.wait import Deadline
from .._cluster.client import Cluster
from . import faults as _faults
from . import recorder as _recorder
from . import verdict as _verdict
from . import watch as _watch

Params = Mapping[str, Any]
# What each state waits for; the end of the watch is always far enough.
PHASES = {
    "ready": frozenset({"ready"}),
    "recovered": frozenset({"removable", "recovering", "settled"}),
    "settled": frozenset({"ended"}),
    "stopped": frozenset({"ended"}),
}
WHAT = {
    "ready": "the time before the fault",
    "recovered": "what the fault is to do",
    "settled": "the recovery",
    "stopped": "the end of the watch",
}


def injection_record(params: Params, now: float) -> dict[str, Any]:
    """What the watch has to know of the fault, in times of the controller's clock."""
    injections = params["injections"]
    if not injections or any(not (one.get("clock") or {}).get("event") for one in injections):
        raise FlinkError("cannot add the fault to the watch: injections does not say when it was injected")
    fault = _faults.CATALOGUE[params["fault"]]
    asked = params["asked_at"] if params["asked_at"] is not None else now
    # The first one counts: from then on the cluster is disturbed.
    clocks = [one["clock"] for one in injections]
    offsets = [
        _watch.clock_offset(
            asked, now, float(one["begin"]), float(one["end"]), same_clock=one["boot_id"] == boot_id() != ""
        )
        for one in clocks
    ]
    events = [float(one["event"]) - offset for one, (offset, _unsure) in zip(clocks, offsets, strict=True)]
    targets = [{key: one.get(key) for key in ("host", "service", "pid", "start_time")} for one in injections]
    return {
        "fault": fault.name,
        "targets": targets,
        "injected": min(events),
        "uncertainty": max(unsure for _offset, unsure in offsets),
        "what": _faults.describe(fault, targets),
        "began": params["began"] if params["began"] is not None else asked,
        "offsets": [offset for offset, _unsure in offsets],
    }


def removal_record(params: Params, injected: dict[str, Any]) -> dict[str, Any]:
    """When the fault was gone, in the controller's clock, and what is left of it."""
    pairs = list(zip(params["removals"], injected["offsets"], strict=False))
    times = [float(one["clock"]["event"]) - offset for one, offset in pairs if (one.get("clock") or {}).get("event")]
    return {
        "removed": max(times, default=None),
        "left": [text for one in params["removals"] for text in one.get("left", ())] if params["removals"] else None,
    }


def plan_of(params: Params) -> _watch.WatchPlan:
    rows = params["rows_directory"]
    return _watch.WatchPlan(
        directory=Path(params["directory"]),
        fault=_faults.CATALOGUE[params["fault"]],
        watch=params["watch"],
        before=params["before"],
        deadline=params["timeout"],
        held=params["hold"],
        trigger=params["triggered"],
        rows=Path(rows) if rows else None,
        servers=params["zookeepers"],
    )


def watching(params: Params, cluster: Cluster) -> dict[str, Any]:
    directory = Path(params["directory"])
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name in (_recorder.SAMPLES, _recorder.STATE, _recorder.FAULT, _recorder.REMOVED, _recorder.STOP):
            (directory / name).unlink(missing_ok=True)
        return _watch.Watch(cluster, plan_of(params)).run()
    except OSError as error:
        raise FlinkError(f"cannot watch: {error.filename or directory}: {error.strerror}") from error


def waiting(params: Params, cluster: Cluster, now: float) -> dict[str, Any]:
    state, directory = params["state"], Path(params["directory"])
    if state == "recovered":
        _recorder.write_json(directory / _recorder.FAULT, injection_record(params, now))
    elif state == "settled":
        injected = read_json(directory / _recorder.FAULT)
        if injected is None:
            raise FlinkError(f"the watch in {directory} has no record of a fault that could be removed")
        _recorder.write_json(directory / _recorder.REMOVED, removal_record(params, injected))
    elif state == "stopped":
        if not (directory / _recorder.STATE).exists():
            return {"phase": "ended", "settled": False, "text": "there was no watch"}
        (directory / _recorder.STOP).touch()
    try:
        found = _watch.await_phase(directory, PHASES[state], Deadline(params["timeout"]), WHAT[state], cluster.progress)
    except Expired as error:
        if state != "recovered":
            raise
        # The fault is removed all the same, and the verdict says what did not happen.
        found = {"phase": "watching", "settled": False, "text": error.message}
    if state == "ready" and found["phase"] == "ended":
        raise FlinkError(f"nothing was injected: {found['text']}")
    return {key: found.get(key) for key in ("phase", "settled", "settled_at", "text")}


def judged(params: Params) -> dict[str, Any]:
    directory = Path(params["directory"])
    injected = read_json(directory / _recorder.FAULT)
    if injected is None:
        raise FlinkError(f"cannot judge: the watch in {directory} has no record of a fault")
    removed = read_json(directory / _recorder.REMOVED) or {}
    if params["removals"]:
        removed = removal_record(params, injected) | ({"removed": removed["removed"]} if removed.get("removed") else {})
    injection = _watch.injection_of(
        injected, removed, rows=params["rows"], rows_reason=params["rows_reason"], ended=time.time()
    )
    samples = _recorder.read_samples(directory)
    limits = {name: float(seconds) for name, seconds in params["limits"].items()}
    return {"result": _verdict.judge(samples, injection, limits, watch=params["watch"])}


def done(params: Params, cluster: Cluster) -> dict[str, Any]:
    """Do what the state requires; with the time at which it was done."""
    now = time.time()
    if params["fault"] not in _faults.CATALOGUE:
        raise FlinkError(f"there is no fault {params['fault']!r}: use one of {', '.join(_faults.CATALOGUE)}")
    if params["state"] == "watching":
        result = watching(params, cluster)
    elif params["state"] == "judged":
        result = judged(params)
    else:
        result = waiting(params, cluster, now)
    return {**result, "now": time.time()}
