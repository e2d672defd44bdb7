# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data of a drill's timeline."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from .recovery import Injection, baseline
from .rows import BEFORE, rates
from .samples import UNKNOWN, Sample, Series, Span, history, series_start, spans, state_in

# -- the timeline ---------------------------------------------------------------------------------------------------


def timeline(series: Series, injection: Injection) -> dict[str, Any]:
    """Everything in seconds since the fault, to be drawn."""
    moment, end = injection.injected, series.end
    start = max(series_start(series), moment - BEFORE)

    def at(when: float) -> float:
        return round(when - moment, 3)

    def steps(kind: str, value: Callable[[Sample], Any]) -> list[Span]:
        found = spans(series.of(kind), value, end)
        return [(max(begin, start), until, what) for begin, until, what in found if until > start]

    leaders = steps("zk", lambda sample: sample["leader"] if sample["ok"] else None)
    answers = steps("rest", lambda sample: bool(sample["ok"]))
    workers = steps("workers", lambda sample: len(sample["ids"]) if sample["ok"] else None)
    names = baseline(series, moment).jobs
    return {
        "from": at(start),
        "to": at(end),
        "fault": {"from": 0.0, "to": at(injection.removed) if injection.removed and injection.fault.until else 0.0},
        # While ZooKeeper is away it is not known who leads.
        "absent": "unknown" if injection.fault.hits == "zookeepers" else "no leader",
        "leaders": [{"from": at(a), "to": at(b), "name": name} for a, b, name in leaders if name],
        "rest": [{"from": at(a), "to": at(b), "ok": ok} for a, b, ok in answers if ok is not None],
        "jobs": {
            name: [
                {"from": at(a), "to": at(b), "state": state or UNKNOWN}
                for a, b, state in steps("rest", partial(state_in, job_id=job_id))
            ]
            for job_id, name in names.items()
        },
        "rows": rates(series, start, moment, next(iter(names.values()), "")),
        "checkpoints": [
            {"at": at(float(one["acked"] or one["triggered"])), "job": name, "id": number, "status": one["status"]}
            for job_id, name in names.items()
            for number, one in sorted(history(series, job_id).items())
            if float(one["acked"] or one["triggered"]) >= start
        ],
        "taskmanagers": [[at(begin), number] for begin, _until, number in workers if number is not None],
        "events": [
            {"at": at(float(sample["t"])), "text": sample["text"]}
            for sample in series.of("event")
            if float(sample["t"]) >= start
        ],
    }
