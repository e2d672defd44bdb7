# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a fault: the whole in small, and the moment around the fault in large, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import lanes, words
from . import timescale as timeline
from .lanes import GUTTER, SIZE, WIDTH, Sheet
from .result import Checkpoint, Fault, Timeline
from .shapes import Shape, fit_middle, shape, width_of
from .timescale import Scale

FLAG_ROWS = 4
FLAG_HEIGHT = 17.0
EVENT_ROWS = 3
# About so many pixels between two labels of the axis.
TICKS = 84


@dataclass(frozen=True)
class Picture:
    """The shapes in the order in which they are drawn, the picture in words, and what its looks mean."""

    width: str
    height: str
    description: str
    shapes: list[Shape]
    legend: list[tuple[str, Shape]]


def picture(fault: Fault, line: Timeline) -> Picture:
    start, end = timeline.window(fault, line)
    edges = (GUTTER, WIDTH - 8)
    sheet = Sheet(Scale(start, end, *edges))
    if (start, end) != (line.start, line.end):
        _overview(sheet, line, Scale(line.start, line.end, *edges))
    _detail(sheet, fault, line)
    description = timeline.describe(fault, line)
    return Picture(f"{WIDTH:g}", f"{sheet.y:g}", description, sheet.shapes, legend(line))


# --- The whole, small --------------------------------------------------------------------------------------------


def _overview(sheet: Sheet, line: Timeline, scale: Scale) -> None:
    """A strip with everything, and the part of it that is drawn large below."""
    top = sheet.y = 4.0
    sheet.add("text", "the whole", class_="label", x=sheet.left - 10, y=top + 24, text_anchor="end")
    colours = lanes.hues(line)
    if line.leaders:
        lanes.blocks(sheet, scale, [*line.leaders, *timeline.unled(line)], 7, colours, labels=False)
        sheet.y += 9
    for spans in list(line.jobs.values())[:3]:
        lanes.blocks(sheet, scale, spans, 7, {}, labels=False)
        sheet.y += 9
    lanes.curves(sheet, scale, line, 24)
    sheet.y += 26
    bottom = sheet.y
    x, width = scale(line.fault.start), scale(line.fault.end) - scale(line.fault.start)
    sheet.add("rect", class_="span-fault", x=x, y=top, width=max(width, 1.5), height=bottom - top)
    near, far = scale(sheet.scale.start), scale(sheet.scale.end)
    sheet.add("rect", class_="lens", x=near, y=top - 3, width=far - near, height=bottom - top + 3, rx=3)
    sheet.y += 30
    corners = ((near, bottom), (far, bottom), (sheet.right, sheet.y), (sheet.left, sheet.y))
    sheet.add("polygon", class_="beam", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in corners))
    for at in scale.ticks(90):
        sheet.add("text", _tick(at), class_="tick", x=scale(at), y=bottom + 12, text_anchor=_anchor(scale, at))
    sheet.y += 4


# --- The moment around the fault ---------------------------------------------------------------------------------


def _detail(sheet: Sheet, fault: Fault, line: Timeline) -> None:
    flags = _placed(sheet, _flags(fault, line, sheet.scale))
    head, behind = sheet.y, len(sheet.shapes)
    top = sheet.y = head + FLAG_HEIGHT * (1 + max((flag.row for flag in flags), default=-1)) + 4
    sheet.y += 4
    lanes.leaders(sheet, line)
    if line.rest:
        sheet.label("REST", 14)
        lanes.blocks(sheet, sheet.scale, line.rest, 14, {})
        sheet.y += 20
    for name, spans in line.jobs.items():
        sheet.label(name, 22)
        lanes.blocks(sheet, sheet.scale, spans, 22, {})
        sheet.y += 28
    lanes.checkpoints(sheet, line)
    if any(line.rows.values()):
        lanes.rows(sheet, line)
    lanes.taskmanagers(sheet, line)
    _events(sheet, line)
    # Now it is known how far down the lanes go: what is behind all of them.
    sheet.shapes[behind:behind] = [*_shade(sheet, line, top), *_grid(sheet, top), *_poles(sheet, flags, head)]
    _names(sheet, flags, head)
    _axis(sheet)


def _shade(sheet: Sheet, line: Timeline, top: float) -> list[Shape]:
    x = sheet.scale(line.fault.start)
    width = sheet.scale(line.fault.end) - x
    if width < 1:
        return []
    title = f"the fault, from {words.offset(line.fault.start)} to {words.offset(line.fault.end)}"
    return [shape("rect", title=title, class_="span-fault", x=x, y=top, width=width, height=sheet.y - top)]


def _events(sheet: Sheet, line: Timeline) -> None:
    """Numbers only: the list below the picture says what they mean."""
    shown = [(number, event) for number, event in enumerate(line.events, 1) if sheet.scale.holds(event.at)]
    if not shown:
        return
    sheet.label("Events", 18)
    ends = [sheet.left - 20.0] * EVENT_ROWS
    used = 0
    for number, event in shown:
        x = min(max(sheet.scale(event.at), sheet.left + 8), sheet.right - 8)
        row = next((row for row, end in enumerate(ends) if x - end >= 18), None)
        if row is None:
            continue
        ends[row], used = x, max(used, row)
        y = sheet.y + 9 + row * 18
        title = f"{words.offset(event.at)}: {event.text}"
        sheet.add("circle", title=title, class_="badge", cx=x, cy=y, r=8)
        sheet.add("text", str(number), title=title, class_="number", x=x, y=y + 3.5, text_anchor="middle")
    sheet.y += 18 * (used + 1) + 4


@dataclass
class Flag:
    """A moment with a name above the lanes."""

    at: float
    text: str
    looks: str
    row: int = 0
    x: float = 0.0
    before: bool = False


def _flags(fault: Fault, line: Timeline, scale: Scale) -> list[Flag]:
    found = [Flag(line.fault.start, "fault", "flag-fault")]
    if line.fault.end > line.fault.start:
        found.append(Flag(line.fault.end, f"removed {words.seconds(line.fault.end)}", "flag-fault"))
    for time in fault.times:
        # What took no time at all is not a moment: it went on.
        if time.seconds and time.name not in words.DURATIONS:
            name = fit_middle(words.SHORT.get(time.name, time.label), 120, SIZE)
            found.append(Flag(time.seconds, f"{name} {words.seconds(time.seconds)}", "flag"))
    for flag in found:
        if flag.at > scale.end:
            flag.text += " \N{RIGHTWARDS ARROW}"
    return [flag for flag in found if flag.at >= scale.start]


def _placed(sheet: Sheet, flags: Sequence[Flag]) -> list[Flag]:
    """From right to left, each as low as it goes: so no pole crosses the name of a later flag.

    A name that has no room behind its pole stands before it, above all others.
    """
    taken: list[list[tuple[float, float]]] = [[] for _row in range(FLAG_ROWS)]
    for flag in flags:
        flag.x = sheet.scale(flag.at)
        flag.before = flag.x + _wide(flag) > sheet.right
    for flag in sorted(flags, key=lambda one: (one.before, -one.at)):
        left = flag.x - _wide(flag) if flag.before else flag.x
        right = left + _wide(flag)
        lowest = max((row for row, spans in enumerate(taken) if spans), default=0) if flag.before else 0
        free = [
            row for row, spans in enumerate(taken) if row >= lowest and all(right <= a or left >= b for a, b in spans)
        ]
        flag.row = free[0] if free else FLAG_ROWS - 1
        taken[flag.row].append((left, right))
    return list(flags)


def _wide(flag: Flag) -> float:
    return width_of(flag.text, SIZE) * 1.08 + 8


def _height(flags: Sequence[Flag], flag: Flag, head: float) -> float:
    return head + (max(one.row for one in flags) - flag.row) * FLAG_HEIGHT


def _poles(sheet: Sheet, flags: Sequence[Flag], head: float) -> list[Shape]:
    return [
        shape("line", class_=f"{flag.looks}-line", x1=flag.x, x2=flag.x, y1=_height(flags, flag, head) + 2, y2=sheet.y)
        for flag in flags
        if sheet.scale.holds(flag.at)
    ]


def _names(sheet: Sheet, flags: Sequence[Flag], head: float) -> None:
    for flag in sorted(flags, key=lambda one: one.at):
        y = _height(flags, flag, head) + 12
        side, anchor = (-4, "end") if flag.before else (4, "start")
        sheet.add("text", flag.text, class_=flag.looks, x=flag.x + side, y=y, text_anchor=anchor)


# --- The axis ----------------------------------------------------------------------------------------------------


def _grid(sheet: Sheet, top: float) -> list[Shape]:
    places = [sheet.scale(at) for at in sheet.scale.ticks(TICKS)]
    return [shape("line", class_="grid", x1=x, x2=x, y1=top, y2=sheet.y + 4) for x in places]


def _axis(sheet: Sheet) -> None:
    sheet.add("line", class_="axis", x1=sheet.left, x2=sheet.right, y1=sheet.y, y2=sheet.y)
    for at in sheet.scale.ticks(TICKS):
        anchor = _anchor(sheet.scale, at)
        sheet.add("text", _tick(at), class_="tick", x=sheet.scale(at), y=sheet.y + 16, text_anchor=anchor)
    sheet.y += 20


def _anchor(scale: Scale, at: float) -> str:
    """A label at the edge stays inside."""
    if scale(at) > scale.right - 22:
        return "end"
    return "start" if scale(at) < scale.left + 18 else "middle"


def _tick(at: float) -> str:
    if abs(at) < 1e-9:
        return "0"
    sign = "\N{MINUS SIGN}" if at < 0 else "+"
    return f"{sign}{abs(at):g} s"


# --- Legend ------------------------------------------------------------------------------------------------------


def legend(line: Timeline) -> list[tuple[str, Shape]]:
    """Only what the picture holds."""
    entries: dict[str, str] = {name: f"block {hue}" for name, hue in lanes.hues(line).items()}
    if line.leaders and timeline.unled(line):
        entries[f"leader: {line.absent}"] = f"block {lanes.kind(line.absent)}"
    for spans in line.jobs.values():
        for span in spans:
            entries.setdefault(span.text, f"block {lanes.kind(span.text)}")
    if any(span.text == "no answer" for span in line.rest):
        entries.setdefault("REST does not answer", "block bad")
    found = [
        (name, shape("rect", class_=looks, x=1, y=2, width=18, height=10, rx=2)) for name, looks in entries.items()
    ]
    for status in dict.fromkeys(one.status.upper() for one in line.checkpoints):
        mark = lanes.diamond(Checkpoint(0.0, "", None, status), 10, 7)
        found.append((f"checkpoint {status.lower().replace('_', ' ')}", mark))
    if len(line.rows) > 1:
        for index, name in enumerate(line.rows):
            curve = shape("path", class_=f"curve curve{index % lanes.HUES}", d="M1 7H19")
            found.append((f"rows of {name}", curve))
    return found
