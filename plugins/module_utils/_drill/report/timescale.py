# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Positions on the time axis of a fault, and which part of it is worth a closer look."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import words
from .result import Fault, Series, Span, Timeline

# Without these the recovery cannot be seen at all; others may be so late that they would only press it together.
_ESSENTIAL = frozenset({"leader", "running", "row"})
# So much of a timeline in the close-up, and there is nothing left that an overview could add.
_NEARLY_ALL = 0.6


@dataclass(frozen=True)
class Scale:
    """Seconds to pixels."""

    start: float
    end: float
    left: float
    right: float

    def __call__(self, at: float) -> float:
        inside = min(max(at, self.start), self.end)
        return self.left + (inside - self.start) / (self.end - self.start) * (self.right - self.left)

    def holds(self, at: float) -> bool:
        return self.start <= at <= self.end

    def ticks(self, distance: float) -> list[float]:
        """Round numbers, about so many pixels from each other."""
        step = nice((self.end - self.start) * distance / (self.right - self.left))
        first, last = math.ceil(self.start / step), math.floor(self.end / step)
        return [number * step for number in range(first, last + 1)]


def nice(value: float, factors: Sequence[float] = (1, 2, 5)) -> float:
    """The next 1, 2 or 5 with any number of zeros."""
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (*factors, 10) if factor * power >= value * 0.999)


def window(fault: Fault, line: Timeline) -> tuple[float, float]:
    """The moment around the fault in which things happen; the whole timeline when that is nearly all of it."""
    marks = {time.name: time.seconds for time in fault.times if time.name not in words.DURATIONS}
    if any(at is None for name, at in marks.items() if name in _ESSENTIAL):
        # It never recovered: every moment may be the one that explains it.
        return line.start, line.end
    needed = [at for name, at in marks.items() if name in _ESSENTIAL and at is not None]
    last = max(2.0, line.fault.end, *needed)
    changes = [edge for span in _spans(line) for edge in (span.start, span.end)]
    changes += [at for at in marks.values() if at is not None]
    for at in sorted(changes):
        # What comes after a long silence is not part of it, and the overview shows it.
        if at >= line.end or at > last + max(3.0, 1.5 * last):
            break
        last = max(last, at)
    end = min(last * 1.25 + 0.2, line.end)
    start = max(-max(0.2 * end, 0.5), line.start)
    if end <= start or end - start >= _NEARLY_ALL * (line.end - line.start):
        return line.start, line.end
    return start, end


def _spans(line: Timeline) -> Iterable[Span]:
    yield from line.leaders
    yield from line.rest
    for spans in line.jobs.values():
        yield from spans


def unled(line: Timeline) -> list[Span]:
    """The times without a known leader. Before the first answer no node was asked."""
    first = min((span.start for span in line.leaders), default=line.start)
    return gaps(line.leaders, max(first, line.start), line.end, line.absent)


def gaps(spans: Sequence[Span], start: float, end: float, text: str) -> list[Span]:
    """The times that no span covers."""
    found, at = [], start
    for span in sorted(spans, key=lambda one: one.start):
        if span.start > at:
            found.append(Span(at, min(span.start, end), text))
        at = max(at, span.end)
    if at < end:
        found.append(Span(at, end, text))
    return found


def inside(spans: Iterable[Span], start: float, end: float) -> list[Span]:
    return [span for span in spans if span.end > start and span.start < end]


def stacked(spans: Sequence[Span]) -> list[list[Span]]:
    """Rows in which nothing overlaps: more than one row of leaders is a split brain, and should look like one."""
    rows: list[list[Span]] = []
    for span in sorted(spans, key=lambda one: one.start):
        free = next((row for row in rows if row[-1].end <= span.start), None)
        if free is None:
            rows.append([span])
        else:
            free.append(span)
    return rows


def thinned(series: Series, start: float, end: float, columns: int) -> Series:
    """What is in the window, with the neighbours at its edges; of many points only the extremes of each column."""
    before = [pair for pair in series if pair[0] < start][-1:]
    within = [pair for pair in series if start <= pair[0] <= end]
    after = [pair for pair in series if pair[0] > end][:1]
    if len(within) > 2 * columns:
        width = (end - start) / columns
        buckets: dict[int, list[tuple[float, float]]] = {}
        for pair in within:
            buckets.setdefault(int((pair[0] - start) / width), []).append(pair)
        within = []
        for bucket in buckets.values():
            ends = (min(bucket, key=lambda pair: pair[1]), max(bucket, key=lambda pair: pair[1]))
            within += sorted(set(ends))
    return (*before, *within, *after)


def describe(fault: Fault, line: Timeline) -> str:
    """The plot in words, for those who cannot see it."""
    parts = [f"From {words.offset(line.start)} to {words.offset(line.end)} around the fault."]
    leaders = sorted([*line.leaders, *unled(line)], key=lambda span: span.start)
    parts.append(f"Who led: {_listed(leaders)}.")
    parts += [f"State of {name}: {_listed(spans)}." for name, spans in line.jobs.items()]
    parts += [f"{words.timing_sentence(time)}." for time in fault.times]
    return " ".join(parts)


def _listed(spans: Sequence[Span], most: int = 8) -> str:
    said = [f"{span.text or 'nothing'} from {words.offset(span.start)}" for span in spans[:most]]
    more = len(spans) - most
    return ", ".join([*said, f"and {words.plural(more, 'more change')}"] if more > 0 else said) or "not seen"
