# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The times of all faults beside those of stock Flink, on a logarithmic axis, as SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass

from . import words
from .markup import Markup, fit_middle, tag, width_of
from .result import RESOLUTION, Drill, Fault, Timing

ROW = 24.0
SIZE = 12.0


@dataclass(frozen=True)
class Look:
    """One width of the picture; wide, the name of the fault has a column of its own."""

    name: str
    width: float
    names: float
    labels: float
    ratios: float


WIDE = Look("wide", 920, 170, 104, 128)
NARROW = Look("narrow", 400, 0, 106, 52)


@dataclass(frozen=True)
class LogScale:
    low: float
    high: float
    left: float
    right: float

    def __call__(self, seconds: float) -> float:
        inside = min(max(seconds, self.low), self.high)
        part = math.log(inside / self.low) / math.log(self.high / self.low)
        return self.left + part * (self.right - self.left)


def _decades(low: float, high: float) -> list[float]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    return [10.0**power for power in range(first, last + 1)]


def comparable(drill: Drill) -> list[tuple[Fault, list[Timing]]]:
    """The faults that have something to compare."""
    found = ((fault, [time for time in fault.times if time.comparable]) for fault in drill.faults)
    return [(fault, times) for fault, times in found if times]


def figure(drill: Drill, look: Look) -> Markup:
    groups = comparable(drill)
    scale = _scale(groups, look)
    parts: list[Markup] = []
    y = 4.0
    for index, (fault, times) in enumerate(groups):
        if index:
            y += 6
            parts.append(tag("line", class_="rule", x1=0, x2=look.width, y1=y, y2=y))
            y += 6
        name = fit_middle(fault.name, (look.names or look.width) - 8, SIZE)
        parts.append(tag("text", tag("title", fault.name), name, class_="name", x=0, y=y + 16))
        y += 0 if look.names else 20
        for time in times:
            parts += _row(time, scale, look, y)
            y += ROW
    bottom = y + 4
    grid = []
    for value in _decades(scale.low, scale.high):
        x = scale(value)
        grid.append(tag("line", class_="grid", x1=x, x2=x, y1=0, y2=bottom))
        parts.append(tag("text", f"{value:g} s", class_="tick", x=x, y=bottom + 14, text_anchor="middle"))
    ids = f"stock-{look.name}-title", f"stock-{look.name}-description"
    return tag(
        "svg",
        tag("title", "Times against stock Flink", id=ids[0]),
        tag("desc", _description(groups), id=ids[1]),
        *grid,
        *parts,
        class_=f"plot compare {look.name}",
        viewBox=f"0 0 {look.width:g} {bottom + 20:g}",
        role="img",
        aria_labelledby=" ".join(ids),
    )


def _scale(groups: list[tuple[Fault, list[Timing]]], look: Look) -> LogScale:
    values = [
        max(value, RESOLUTION)
        for _fault, times in groups
        for time in times
        for value in (time.seconds, time.stock)
        if value is not None
    ]
    low, high = min(values) * 0.45, max(values) * 1.15
    if not _decades(low, high):
        # An axis needs at least one figure.
        low = 10.0 ** math.floor(math.log10(low))
    return LogScale(low, high, look.names + look.labels + 52, look.width - look.ratios - 44)


def _row(time: Timing, scale: LogScale, look: Look, y: float) -> list[Markup]:
    ours, stock = max(time.seconds or 0.0, RESOLUTION), time.stock or 0.0
    middle = y + ROW / 2
    sooner = ours <= stock
    looks = "sooner" if sooner else "later"
    label = words.SHORT.get(time.name, time.label)
    left, right = sorted((scale(ours), scale(stock)))
    late = time.passed is False
    measured = f"{words.seconds(time.seconds)} ✗" if late else words.seconds(time.seconds)
    ratio = words.faster(time) if look.names else words.faster(time).removesuffix(" faster")
    name = fit_middle(label, look.labels - 8, SIZE)
    found = [
        tag(
            "text",
            tag("title", time.label),
            name,
            class_="label",
            x=look.names + look.labels,
            y=middle + 4,
            text_anchor="end",
        ),
        tag(
            "line",
            tag("title", words.timing_sentence(time)),
            class_=f"bridge {looks}",
            x1=left,
            x2=right,
            y1=middle,
            y2=middle,
        ),
    ]
    if time.limit is not None and time.limit > 0:
        x, title = scale(time.limit), f"limit {words.limit(time.limit)}"
        found.append(tag("line", tag("title", title), class_="limit", x1=x, x2=x, y1=middle - 7, y2=middle + 7))
    found += [
        tag("circle", class_="stock", cx=scale(stock), cy=middle, r=4.5),
        tag("circle", class_="ours late" if late else f"ours {looks}", cx=scale(ours), cy=middle, r=5),
        _value(measured, scale(ours), middle, before=sooner, looks="value ours-value"),
        _value(words.limit(stock), scale(stock), middle, before=not sooner, looks="value"),
        tag("text", ratio, class_=f"ratio {looks}", x=look.width, y=middle + 4, text_anchor="end"),
    ]
    return found


def _value(text: str, x: float, y: float, *, before: bool, looks: str) -> Markup:
    side, anchor = (-9, "end") if before and x - 9 - width_of(text, 11) > 0 else (9, "start")
    return tag("text", text, class_=looks, x=x + side, y=y + 4, text_anchor=anchor)


def _description(groups: list[tuple[Fault, list[Timing]]]) -> str:
    return " ".join(
        f"{fault.name}: {'; '.join(words.timing_sentence(time) for time in times)}." for fault, times in groups
    )
