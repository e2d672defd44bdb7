# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drill's watch has seen, as series over time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

Sample = Mapping[str, Any]


ENDED = frozenset({"FINISHED", "CANCELED", "FAILED"})


UNKNOWN = "UNKNOWN"


# A sample says nothing about what is later than this.
HOLD = 3.0


@dataclass
class Series:
    """Samples by kind, in the order of their times."""

    samples: Iterable[Sample]
    kinds: dict[str, list[Sample]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for sample in self.samples:
            self.kinds.setdefault(str(sample["kind"]), []).append(sample)
        for found in self.kinds.values():
            found.sort(key=lambda sample: float(sample["t"]))

    def of(self, kind: str) -> list[Sample]:
        return self.kinds.get(kind, [])

    def good(self, kind: str) -> list[Sample]:
        """Those in which the question was answered."""
        return [sample for sample in self.of(kind) if sample.get("ok", True)]

    def last_before(self, kind: str, moment: float) -> Sample | None:
        found = self.good(kind)
        index = bisect_right([float(sample["t"]) for sample in found], moment)
        return found[index - 1] if index else None

    def after(self, kind: str, moment: float) -> list[Sample]:
        return [sample for sample in self.good(kind) if float(sample["t"]) > moment]

    @cached_property
    def end(self) -> float:
        return max((float(found[-1]["t"]) for found in self.kinds.values()), default=0.0)

    @property
    def settled(self) -> float | None:
        found = self.of("settled")
        return float(found[0]["t"]) if found else None


def covered(samples: Sequence[Sample], begin: float, end: float, hold: float = HOLD) -> bool:
    """Whether samples were taken all the time."""
    times = [float(sample["t"]) for sample in samples if begin - hold <= float(sample["t"]) <= end + hold]
    if not times or times[0] > begin + hold or times[-1] < end - hold:
        return False
    return all(later - earlier <= hold for earlier, later in pairwise(times))


Span = tuple[float, float, Any]


def spans(samples: Sequence[Sample], value: Callable[[Sample], Any], end: float, hold: float = HOLD) -> list[Span]:
    """A step function: from, to, value. What was not sampled for too long has the value None."""
    found: list[Span] = []

    def add(begin: float, until: float, what: Any) -> None:
        if until <= begin:
            return
        if found and found[-1][2] == what and abs(found[-1][1] - begin) < 1e-9:
            found[-1] = (found[-1][0], until, what)
        else:
            found.append((begin, until, what))

    for index, sample in enumerate(samples):
        begin = float(sample["t"])
        until = float(samples[index + 1]["t"]) if index + 1 < len(samples) else max(begin, end)
        add(begin, min(until, begin + hold), value(sample))
        add(begin + hold, until, None)
    return found


# -- jobs -----------------------------------------------------------------------------------------------------------


def job_state(job: Mapping[str, Any] | None) -> str:
    """RUNNING only when all tasks run."""
    if job is None:
        return UNKNOWN
    state = str(job["state"])
    if state == "RUNNING" and (not job["total"] or job["running"] < job["total"]):
        return "DEPLOYING"
    return state


def state_in(sample: Sample, job_id: str) -> str:
    if not sample.get("ok"):
        return UNKNOWN
    return job_state(next((job for job in sample["jobs"] if job["id"] == job_id), None))


def alive_jobs(sample: Sample | None) -> dict[str, str]:
    """Id and name of the jobs that have not ended."""
    return {str(job["id"]): str(job["name"]) for job in (sample or {}).get("jobs", ()) if job["state"] not in ENDED}


def history(series: Series, job_id: str) -> dict[int, Mapping[str, Any]]:
    """Every checkpoint of a job that was ever shown, by its number, as it was shown last."""
    found: dict[int, Mapping[str, Any]] = {}
    for sample in series.of("checkpoints"):
        if sample["job"] == job_id:
            found.update({int(one["id"]): one for one in sample["history"]})
    return found


def completed_after(series: Series, job_id: str, moment: float) -> list[Mapping[str, Any]]:
    """Checkpoints that were triggered later and have completed, the first one first."""
    found = [
        one
        for one in history(series, job_id).values()
        if one["status"] == "COMPLETED" and float(one["triggered"]) > moment
    ]
    return sorted(found, key=lambda one: float(one["acked"]))


def failed_after(series: Series, job_id: str, moment: float) -> list[Mapping[str, Any]]:
    found = history(series, job_id).values()
    return [one for one in found if one["status"] == "FAILED" and float(one["triggered"]) > moment]


def last_completed(series: Series, job_id: str, moment: float) -> int | None:
    """The newest checkpoint that had completed by then."""
    found = [
        number
        for number, one in history(series, job_id).items()
        if one["status"] == "COMPLETED" and float(one["acked"]) <= moment
    ]
    return max(found, default=None)


def restored(series: Series, job_id: str, moment: float) -> Mapping[str, Any] | None:
    """The newest restore that happened later."""
    found = [
        sample["restored"]
        for sample in series.of("checkpoints")
        if sample["job"] == job_id and sample["restored"] and float(sample["restored"]["at"]) > moment
    ]
    return found[-1] if found else None


def makes_checkpoints(series: Series, job_id: str) -> bool:
    return any(sample["job"] == job_id for sample in series.of("checkpoints"))


def series_start(series: Series) -> float:
    return min((float(found[0]["t"]) for found in series.kinds.values() if found), default=0.0)
