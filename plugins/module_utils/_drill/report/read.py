# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a drill as it was handed over: checked and cleaned once, so that no report has to doubt it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..._base.errors import FlinkError
from ..._base.secrets import mask_url
from .result import STATUSES, Check, Checkpoint, Drill, Event, Fault, Job, Rows, Series, Span, Timeline, Timing

FORMAT = 1
# Neither XML nor a terminal accepts control characters, and direction marks let one name look like another.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
# Longer than any drill, and more rows than any job writes: whatever is beyond comes from a broken clock.
_LARGEST = 1e15
# In less than this nothing can be drawn: the sampler looks every 50 ms.
_SHORTEST = 1e-3


class MalformedError(Exception):
    """One place of what was handed over is wrong: where, and why."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{printable(where.removeprefix('it.'))} {printable(why)}")


def read(result: object) -> Drill:
    """Check the result and make it safe to show."""
    try:
        return _drill(Part.of(clean(result, "it")))
    except MalformedError as error:
        raise FlinkError(
            f"cannot write a report of this result: {error}; pass what the role drill has registered"
        ) from error


def _drill(part: Part) -> Drill:
    if part.number("format") != FORMAT:
        raise MalformedError(part.place("format"), f"is {part.source.get('format')!r}, and only {FORMAT} is known")
    cluster = part.text("cluster", needed=True)
    started = part.moment("started")
    return Drill(
        title=part.text("title") or f"Failover drill of {cluster}",
        cluster=cluster,
        cluster_id=part.text("cluster_id"),
        flink_version=part.text("flink_version"),
        runtime=part.text("runtime"),
        profile=part.text("profile"),
        started=started,
        ended=part.moment("ended"),
        seed=part.text("seed"),
        passed=part.flag("passed") is True,
        faults=tuple(_fault(fault, started) for fault in part.parts("faults", needed=True)),
        source=dict(part.source),
    )


@dataclass(frozen=True)
class Part:
    """One dictionary within the result; every question names the place when the answer is none."""

    source: Mapping[str, Any]
    where: str

    @classmethod
    def of(cls, source: object) -> Part:
        if not isinstance(source, Mapping):
            raise MalformedError("it", f"is {_kind(source)}, not a dictionary")
        return cls(source, "")

    def place(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def text(self, key: str, *, needed: bool = False) -> str:
        value = self.source.get(key)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return str(value)
        if value is None and not needed:
            return ""
        raise MalformedError(self.place(key), f"is {_kind(value)}, not a text")

    def number(self, key: str) -> float | None:
        value = self.source.get(key)
        return None if value is None else _number(value, self.place(key))

    def at(self, key: str) -> float:
        return _number(self.source.get(key), self.place(key))

    def whole(self, key: str) -> int | None:
        value = self.number(key)
        return None if value is None else round(value)

    def flag(self, key: str) -> bool | None:
        value = self.source.get(key)
        if value is None or isinstance(value, bool):
            return value
        raise MalformedError(self.place(key), f"is {_kind(value)}, not true or false")

    def moment(self, key: str) -> datetime:
        found = self.maybe_moment(key)
        if found is None:
            raise MalformedError(self.place(key), "is missing, and should be a time such as 2026-11-21T21:00:00Z")
        return found

    def maybe_moment(self, key: str) -> datetime | None:
        text = self.text(key)
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
            return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
        except (ValueError, OverflowError):
            raise MalformedError(self.place(key), f"is {text!r}, not a time such as 2026-11-21T21:00:00Z") from None

    def part(self, key: str) -> Part | None:
        value = self.source.get(key)
        if not value:
            return None
        if not isinstance(value, Mapping):
            raise MalformedError(self.place(key), f"is {_kind(value)}, not a dictionary")
        return Part(value, self.place(key))

    def list(self, key: str, *, needed: bool = False) -> Iterator[tuple[str, Any]]:
        """Each entry of a list, and where it stands."""
        value = self.source.get(key)
        if value is None and not needed:
            return
        if not isinstance(value, (list, tuple)):
            raise MalformedError(self.place(key), f"is {_kind(value)}, not a list")
        for index, entry in enumerate(value):
            yield f"{self.place(key)}[{index}]", entry

    def parts(self, key: str, *, needed: bool = False) -> Iterator[Part]:
        for where, entry in self.list(key, needed=needed):
            if not isinstance(entry, Mapping):
                raise MalformedError(where, f"is {_kind(entry)}, not a dictionary")
            yield Part(entry, where)

    def spans(self, key: str, text: str) -> tuple[Span, ...]:
        found = (Span(one.at("from"), one.at("to"), one.text(text)) for one in self.parts(key))
        return tuple(sorted((span for span in found if span.end >= span.start), key=lambda span: span.start))

    def series(self, key: str) -> Series:
        pairs = []
        for where, entry in self.list(key):
            if not isinstance(entry, (list, tuple)) or len(entry) != 2:
                raise MalformedError(where, "is not a pair of a time and a number")
            pairs.append((_number(entry[0], where), _number(entry[1], where)))
        return tuple(sorted(pairs))


def _fault(part: Part, started: datetime) -> Fault:
    status = part.text("status", needed=True)
    if status == "skipped" and part.flag("refused"):
        status = "refused"
    if status not in STATUSES:
        raise MalformedError(part.place("status"), f"is {status!r}, and should be one of {', '.join(STATUSES)}")
    name = part.text("name", needed=True)
    target, rows, timeline = part.part("target"), part.part("rows"), part.part("timeline")
    service = target.text("service") if target else ""
    if status in ("passed", "failed"):
        began, ended = part.moment("began"), part.moment("ended")
    else:
        # A fault that broke off may not have come so far as to look at the clock, and is to be reported all the same.
        began = part.maybe_moment("began") or started
        ended = part.maybe_moment("ended") or began
    return Fault(
        name=name,
        title=part.text("title") or name,
        what=part.text("what"),
        host=target.text("host") if target else "",
        service=service,
        status=status,
        reason=part.text("reason"),
        began=began,
        injected=part.maybe_moment("injected"),
        uncertainty=part.number("clock_uncertainty"),
        removed=part.maybe_moment("removed"),
        ended=ended,
        times=tuple(_timing(one) for one in part.parts("times")),
        checks=tuple(_check(one) for one in part.parts("checks")),
        rows=Rows(rows.whole("expected"), rows.whole("lost"), rows.whole("doubled")) if rows else None,
        jobs=tuple(_job(one) for one in part.parts("jobs")),
        timeline=_timeline(timeline, "not seen" if service == "zookeeper" else "no leader") if timeline else None,
    )


def _timing(part: Part) -> Timing:
    name = part.text("name", needed=True)
    return Timing(
        name=name,
        label=part.text("label") or name,
        seconds=part.number("seconds"),
        limit=part.number("limit"),
        passed=part.flag("passed"),
    )


def _check(part: Part) -> Check:
    name = part.text("name", needed=True)
    return Check(name, part.text("label") or name, part.flag("passed"), part.text("detail"))


def _job(part: Part) -> Job:
    return Job(
        id=part.text("id"),
        name=part.text("name"),
        restored_from=part.text("restored_from"),
        restored_id=part.whole("restored_id"),
        last_checkpoint_before=part.whole("last_checkpoint_before"),
    )


def _timeline(part: Part, absent: str) -> Timeline | None:
    start, end = part.at("from"), part.at("to")
    if end - start < _SHORTEST:
        return None
    fault = part.part("fault")
    jobs, rows = part.part("jobs"), part.part("rows")
    rest = (
        Span(one.at("from"), one.at("to"), "answers" if one.flag("ok") else "no answer") for one in part.parts("rest")
    )
    return Timeline(
        start=start,
        end=end,
        fault=Span(fault.at("from"), fault.at("to"), "fault") if fault else Span(0.0, 0.0, "fault"),
        leaders=tuple(span for span in part.spans("leaders", "name") if span.text),
        rest=tuple(span for span in rest if span.end >= span.start),
        jobs={name: jobs.spans(name, "state") for name in jobs.source} if jobs else {},
        rows={name: rows.series(name) for name in rows.source} if rows else {},
        checkpoints=tuple(
            Checkpoint(one.at("at"), one.text("job"), one.whole("id"), one.text("status"))
            for one in part.parts("checkpoints")
        ),
        taskmanagers=part.series("taskmanagers"),
        events=tuple(
            sorted((Event(one.at("at"), one.text("text")) for one in part.parts("events")), key=lambda one: one.at)
        ),
        absent=absent,
    )


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise MalformedError(where, f"is {_kind(value)}, not a number")
    if abs(value) > _LARGEST:
        raise MalformedError(where, "is larger than anything that a drill measures")
    return float(value)


def clean(value: Any, where: str) -> Any:
    """The same without secrets and without invisible characters."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {printable(str(key)): clean(one, f"{where}.{key}") for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(one, f"{where}[{index}]") for index, one in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise MalformedError(where, f"is {value}, not a number that can be written")
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return printable(str(value))


def printable(text: str) -> str:
    return mask_url(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n")))


def _kind(value: object) -> str:
    if value is None:
        return "missing"
    names = {
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "a dictionary",
    }
    shown = f"{value!r}"
    return f"{names.get(type(value), type(value).__name__)} ({shown[:40]}{'…' if len(shown) > 40 else ''})"
