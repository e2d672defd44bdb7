"""Series of health samples in a file: recorded once from a real cluster, judged again as often as one likes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.streamops.flink.plugins.module_utils._health import verdict as _health
from ansible_collections.streamops.flink.plugins.module_utils._health.model import (
    DeclaredJob,
    JobSample,
    Limits,
    Sample,
    Unit,
)
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import decide as _watchdog

# The operator of Flink for Kubernetes, as its documentation and its ClusterHealthEvaluator have it: a job is unhealthy
# when its completed checkpoints have not become more for the longer of interval and time-out, times the tolerable
# failures and two. Flink's own settings are a time-out of 10 minutes and no tolerable failure.
FLINK_CHECKPOINT_TIMEOUT = 600.0
FLINK_TOLERABLE_FAILURES = 0


class Hang(NamedTuple):
    """A job that was made to hang: when, when the watchdog that ran with it acted, and when new rows were committed."""

    job: str
    job_id: str
    hung: float
    acted: float
    healed: float


class Recording(NamedTuple):
    """What was seen of one cluster. Times are seconds since the first sample."""

    flink: str
    limits: Limits
    slots: int
    samples: tuple[Sample, ...]
    hangs: tuple[Hang, ...]


def _plain(one: Any) -> dict[str, Any]:
    """What differs from the defaults."""
    fields = one._asdict()
    return {key: value for key, value in fields.items() if value != one._field_defaults.get(key, ...)}


def _seconds(value: float) -> float:
    return round(value, 2)


def _job(one: JobSample, begin: float) -> dict[str, Any]:
    found = _plain(one._replace(at=_seconds(one.at - begin), checkpoint_path="", signs=()))
    for key in ("stalled", "checkpoint_age", "slowest"):
        if found.get(key) is not None:
            found[key] = _seconds(found[key])
    if one.units is not None:
        found["units"] = [_plain(unit) for unit in one.units]
    return found


def write(path: Path, recording: Recording) -> None:
    """Without where it was recorded: paths are left out, and time begins with the first sample."""
    begin = recording.samples[0].at
    samples = [
        {
            **_plain(one),
            "at": _seconds(one.at - begin),
            "jobs": [_job(job, begin) for job in one.jobs.values()],
            "declared": [_plain(job) for job in one.declared.values()],
        }
        for one in recording.samples
    ]
    moments = ("hung", "acted", "healed")
    hangs = [one._replace(**{key: _seconds(getattr(one, key) - begin) for key in moments}) for one in recording.hangs]
    content = {
        "flink": recording.flink,
        "limits": _plain(recording.limits),
        "slots": recording.slots,
        "hangs": [one._asdict() for one in hangs],
    }
    # One sample a line, so that a new recording can be compared with the old one.
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in samples)
    head = json.dumps(content, indent=1).removesuffix("\n}")
    path.write_text(f'{head},\n "samples": [\n{lines}\n]}}\n')


def read(path: Path) -> Recording:
    found = json.loads(path.read_text())
    samples = []
    for one in found["samples"]:
        jobs = [JobSample(**job | {"units": _units(job.get("units"))}) for job in one.pop("jobs")]
        declared = [DeclaredJob(**job) for job in one.pop("declared")]
        by_id, by_name = {job.job_id: job for job in jobs}, {job.name: job for job in declared}
        samples.append(Sample(**one, jobs=by_id, declared=by_name))
    hangs = tuple(Hang(**one) for one in found["hangs"])
    return Recording(found["flink"], Limits(**found["limits"]), found["slots"], tuple(samples), hangs)


def _units(found: Sequence[dict[str, Any]] | None) -> tuple[Unit, ...] | None:
    return None if found is None else tuple(Unit(**one) for one in found)


# -- what would have been --------------------------------------------------------------------------------------------


def unhealed(recording: Recording, hang: Hang, seconds: float, step: float = 10.0) -> list[Sample]:
    """The samples until the watchdog that ran with it acted, and then the same as long as nothing acts.

    A job that hangs does not change any more: only the time goes on, and what is counted in it.
    """
    series = list(takewhile(lambda one: one.at < hang.acted, recording.samples))
    now, previous = series[-1], series[-2]
    last, before = now.jobs[hang.job_id], previous.jobs[hang.job_id]
    for number in range(1, int(seconds / step) + 1):
        later = number * step
        held = last._replace(
            at=last.at + later,
            stalled=None if last.stalled is None else last.stalled + later,
            checkpoint_age=None if last.checkpoint_age is None else last.checkpoint_age + later,
            units=_held(last, before, later),
        )
        others = {key: _going_on(job, previous.jobs.get(key), later) for key, job in now.jobs.items()}
        series.append(now._replace(at=now.at + later, jobs={**others, hang.job_id: held}))
    return series


def _going_on(last: JobSample, before: JobSample | None, later: float) -> JobSample:
    """A job that does not hang does what it has done."""
    return last._replace(at=last.at + later, units=last.units if before is None else _held(last, before, later))


def _held(last: JobSample, before: JobSample, later: float) -> tuple[Unit, ...] | None:
    if last.units is None or before.units is None:
        return last.units
    earlier = {one.key: one for one in before.units}
    found = []
    for one in last.units:
        known, share = earlier.get(one.key, one), later / max(last.at - before.at, 1.0)
        busy = None if one.busy is None or known.busy is None else one.busy + (one.busy - known.busy) * share
        held, records = one.held + (one.held - known.held) * share, one.records + (one.records - known.records) * share
        found.append(one._replace(busy=busy, held=held, records=records))
    return tuple(found)


class Act(NamedTuple):
    """An action that the watchdog would have taken."""

    at: float
    job_id: str
    rung: str


def watchdog_acts(samples: Iterable[Sample], limits: Limits, slots: int) -> list[Act]:
    """What the watchdog decides on a series, with the code that it runs."""
    series: list[Sample] = []
    memory: dict[str, _watchdog.JobMemory] = {}
    acts = []
    for sample in samples:
        series = [one for one in (*series, sample) if one.at >= sample.at - limits.horizon]
        report = _health.judge(series, limits, slots)
        memory, decisions = _watchdog.decide(memory, report, sample.at, _watchdog.Policy())
        acts += [Act(sample.at, one.finding.job_id, one.rung) for one in decisions if one.kind == _watchdog.ACT]
    return acts


def operator_acts(
    samples: Iterable[Sample],
    job_id: str,
    timeout: float = FLINK_CHECKPOINT_TIMEOUT,
    tolerable: int = FLINK_TOLERABLE_FAILURES,
) -> float | None:
    """When the operator on Kubernetes would have found the same job unhealthy; None when it never does."""
    newest, since = None, 0.0
    for sample in samples:
        job = sample.jobs.get(job_id)
        if job is None or job.checkpoint is None:
            continue
        if newest is None or job.checkpoint > newest:
            newest, since = job.checkpoint, sample.at
        elif sample.at - since > max(job.interval, timeout) * (tolerable + 2):
            return sample.at
    return None
