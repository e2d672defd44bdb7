# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drill as Markdown, for a pull request, a ticket or a chat."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from . import words
from .result import BAD, Drill, Fault, Timing

MARKS = {"passed": "✅", "failed": "❌", "skipped": "⏭️", "aborted": "⚠️", "refused": "⛔", "nothing": "❔"}
_SPECIAL = re.compile(r"[\\`*\[\]|~#$]|(?<!\w)_|_(?!\w)")


def render(drill: Drill) -> str:
    blocks = [
        f"# {text(drill.title)}",
        f"{MARKS[drill.verdict]} **{words.VERDICTS[drill.verdict]}.** {text(words.verdict(drill))}",
        text(" · ".join(f"{name} {value}" for name, value in words.facts(drill))),
    ]
    if drill.faults:
        blocks.append("\n".join(_faults(drill)))
    if any(fault.times for fault in drill.faults):
        blocks += ["## Times", "\n".join(_times(drill)), words.STOCK_ORIGIN]
    bad = [fault for fault in drill.faults if fault.status in BAD]
    if bad:
        blocks += ["## What went wrong", *("\n".join(_complaints(fault)) for fault in bad)]
    return "\n\n".join(blocks) + "\n"


def text(value: str) -> str:
    """What a user has named stays what it is: no markup, no table cell, nobody called by an @."""
    plain = " ".join(value.split())
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", plain).replace("@", "&#64;")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _faults(drill: Drill) -> Iterator[str]:
    yield _row(("Fault", "Verdict", "What was done", "Rows"))
    yield _row(("---", "---", "---", "---"))
    for fault in drill.faults:
        rows = words.rows_lost(fault.rows) if fault.rows is not None else "-"
        did = fault.reason if fault.status in ("skipped", "refused") else fault.what
        yield _row((text(fault.name), f"{MARKS[fault.status]} {fault.status}", text(did) or "-", rows))


def _times(drill: Drill) -> Iterator[str]:
    yield _row(("Fault", "Time", "Measured", "Limit", "Stock", "Against stock"))
    yield _row(("---", "---", "--:", "--:", "--:", "---"))
    for fault in drill.faults:
        for time in fault.times:
            yield _row(_time(fault, time))


def _time(fault: Fault, time: Timing) -> tuple[str, ...]:
    measured = words.seconds(time.seconds, "never" if time.passed is False else "-")
    return (
        text(fault.name),
        text(time.label),
        f"**{measured}** ❌" if time.passed is False else measured,
        words.limit(time.limit) if time.limit is not None else "-",
        words.limit(time.stock) if time.stock is not None else "-",
        words.faster(time) or "-",
    )


def _complaints(fault: Fault) -> Iterator[str]:
    yield f"**{text(fault.title)}** ({text(fault.name)}): {fault.status}"
    yield ""
    yield from (f"- {text(complaint)}" for complaint in words.complaints(fault) or ["no reason was given"])
