# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lanes of a fault's picture: one for what leads, one for each job, the rows, the TaskManagers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from . import timescale as timeline
from . import words
from .result import Checkpoint, Series, Span, Timeline
from .shapes import Shape, Value, fit, fit_middle, shape, width_of
from .timescale import Scale

# The picture in pixels, before the page scales it; names of lanes are in the gutter.
WIDTH = 920.0
GUTTER = 118.0
SIZE = 12.0

# How a state looks. What is named here looks different without colour too.
STATES = {
    "RUNNING": "good",
    "FINISHED": "done",
    "DEPLOYING": "rising",
    "INITIALIZING": "early",
    "CREATED": "early",
    "RECONCILING": "early",
    "RESTARTING": "warn",
    "FAILING": "bad",
    "CANCELLING": "bad",
    "FAILED": "bad",
    "CANCELED": "bad",
    "SUSPENDED": "bad",
    "answers": "good",
    "no answer": "bad",
    "no leader": "bad",
}
HUES = 4


@dataclass
class Sheet:
    """What is drawn so far, and how far down."""

    scale: Scale
    y: float = 0.0
    shapes: list[Shape] = field(default_factory=list)

    @property
    def left(self) -> float:
        return self.scale.left

    @property
    def right(self) -> float:
        return self.scale.right

    def add(self, element: str, text: str = "", *, title: str = "", **attributes: Value) -> None:
        self.shapes.append(shape(element, text, title=title, **attributes))

    def label(self, text: str, height: float) -> None:
        """The name of a lane, next to it."""
        shown, y = fit_middle(text, GUTTER - 12, SIZE), self.y + height / 2 + 4
        self.add("text", shown, title=text, class_="label", x=self.left - 10, y=y, text_anchor="end")

    def track(self, height: float) -> None:
        self.add("rect", class_="track", x=self.left, y=self.y, width=self.right - self.left, height=height, rx=3)


def kind(state: str) -> str:
    return STATES.get(state.upper(), STATES.get(state, "idle"))


def hues(line: Timeline) -> dict[str, str]:
    """Each leader keeps its colour through the picture and its legend."""
    names = dict.fromkeys(span.text for span in line.leaders)
    return {name: f"hue{index % HUES}" for index, name in enumerate(names)}


# --- Blocks: what stays the same for a while --------------------------------------------------------------------------


def leaders(sheet: Sheet, line: Timeline) -> None:
    if not line.leaders:
        return
    colours = hues(line)
    sheet.label("Leader", 24)
    rows = timeline.stacked(line.leaders)
    height = 24.0 if len(rows) == 1 else 18.0
    for index, row in enumerate(rows):
        blocks(sheet, sheet.scale, [*row, *([] if index else timeline.unled(line))], height, colours)
        sheet.y += height + 2
    sheet.y += 4


def blocks(
    sheet: Sheet, scale: Scale, spans: Iterable[Span], height: float, colours: dict[str, str], *, labels: bool = True
) -> None:
    """One lane: what stayed the same for a while is one block."""
    sheet.track(height)
    for span in timeline.inside(spans, scale.start, scale.end):
        x = scale(span.start)
        width = max(scale(span.end) - x, 1.5)
        looks = f"block {colours.get(span.text) or kind(span.text)}"
        sheet.add("rect", title=_span_title(span), class_=looks, x=x, y=sheet.y, width=width, height=height, rx=2)
        shown = fit(span.text, width - 10, 11) if labels else ""
        if shown:
            sheet.add("text", shown, class_="inside", x=x + 6, y=sheet.y + height / 2 + 4)


def _span_title(span: Span) -> str:
    lasted = words.seconds(span.end - span.start)
    return f"{span.text}: {words.offset(span.start)} to {words.offset(span.end)} ({lasted})"


def checkpoints(sheet: Sheet, line: Timeline) -> None:
    if not line.checkpoints:
        return
    sheet.label("Checkpoints", 20)
    sheet.track(20)
    free = sheet.left
    for one in sorted(line.checkpoints, key=lambda one: one.at):
        if not sheet.scale.holds(one.at):
            continue
        x, y = sheet.scale(one.at), sheet.y + 10
        sheet.shapes.append(diamond(one, x, y))
        number = "" if one.id is None else str(one.id)
        if number and x >= free and x + 10 + width_of(number, 11) < sheet.right:
            sheet.add("text", number, class_="inside", x=x + 9, y=y + 4)
            free = x + 22 + width_of(number, 11)
    sheet.y += 26


def diamond(one: Checkpoint, x: float, y: float) -> Shape:
    title = f"checkpoint {one.id if one.id is not None else '?'} of {one.job}: {one.status}, {words.offset(one.at)}"
    looks = {"COMPLETED": "mark-good", "FAILED": "mark-bad"}.get(one.status.upper(), "mark-open")
    if looks == "mark-bad":
        path = f"M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10"
    else:
        path = f"M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z"
    return shape("path", title=title, class_=looks, d=path)


# --- Curves ------------------------------------------------------------------------------------------------------


def rows(sheet: Sheet, line: Timeline) -> None:
    sheet.y += 4
    height = 84.0
    sheet.label("Rows per second", height)
    sheet.track(height)
    top = _highest(line, sheet.scale)
    for part in (0.5, 1.0):
        y = sheet.y + height - part * height
        sheet.add("line", class_="grid", x1=sheet.left, x2=sheet.right, y1=y, y2=y)
    curves(sheet, sheet.scale, line, height)
    for part, shift in ((0.5, 4.0), (1.0, 11.0)):
        y = sheet.y + height - part * height + shift
        sheet.add("text", _count(top * part), class_="scale", x=sheet.right - 4, y=y, text_anchor="end")
    sheet.y += height + 6


def _highest(line: Timeline, scale: Scale) -> float:
    values = [value for pairs in line.rows.values() for at, value in pairs if scale.holds(at)]
    return timeline.nice(max([1.0, *values]) / 2, (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8)) * 2


def _count(value: float) -> str:
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:g}{name}"
    return f"{value:g}"


def curves(sheet: Sheet, scale: Scale, line: Timeline, height: float) -> None:
    top = _highest(line, scale)
    bottom = sheet.y + height
    for index, (name, series) in enumerate(line.rows.items()):
        points = timeline.thinned(series, scale.start, scale.end, int(scale.right - scale.left))
        if not points:
            continue
        path = _steps(points, scale, bottom, height / top)
        first, last = scale(points[0][0]), scale(points[-1][0])
        if len(line.rows) == 1:
            area = f"{path}L{last:.1f} {bottom:.1f}L{first:.1f} {bottom:.1f}z"
            sheet.add("path", class_="area", d=area)
        looks = f"curve curve{index % HUES}"
        sheet.add("path", title=f"rows per second of {name}", class_=looks, d=path)


def _steps(points: Series, scale: Scale, bottom: float, factor: float) -> str:
    """A rate holds for the interval that ends at its time."""
    path = f"M{scale(points[0][0]):.1f} {bottom - max(points[0][1], 0) * factor:.1f}"
    for at, value in points[1:]:
        path += f"V{bottom - min(max(value, 0) * factor, 1e4):.1f}H{scale(at):.1f}"
    return path


def taskmanagers(sheet: Sheet, line: Timeline) -> None:
    steps = line.taskmanagers
    if not steps:
        return
    height = 30.0
    sheet.label("TaskManagers", height)
    sheet.track(height)
    scale, low = sheet.scale, min(value for _at, value in steps)
    unit = (height - 16) / max(max(value for _at, value in steps) - low, 1.0)
    level = [sheet.y + height - 4 - (value - low) * unit for _at, value in steps]
    path, free = "", sheet.left
    for index, (at, value) in enumerate(steps):
        until = steps[index + 1][0] if index + 1 < len(steps) else line.end
        if until <= scale.start or at > scale.end:
            continue
        x, y = scale(at), level[index]
        path += f"{'V' if path else f'M{x:.1f} '}{y:.1f}H{scale(until):.1f}"
        text = f"{value:g}"
        if x >= free and x + 4 + width_of(text, 11) <= scale(until):
            sheet.add("text", text, class_="inside", x=x + 4, y=y - 3)
            free = x + 6 + width_of(text, 11)
    if path:
        sheet.add("path", title="registered TaskManagers", class_="curve steps", d=path)
    sheet.y += height + 6
