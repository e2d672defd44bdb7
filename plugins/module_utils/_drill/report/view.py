# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the templates of a drill's reports show and do not compute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from . import words
from .bench import Bench
from .result import Drill, Fault, Timing

_ORDER = tuple(words.SHORT)


@dataclass(frozen=True)
class Figure:
    value: str
    label: str
    more: str


def figures(drill: Drill, bench: Bench | None) -> list[Figure]:
    """The few numbers that people remember."""
    found = [*_best(bench), *_longest(drill)]
    rows = words.total_rows(drill)
    if rows is not None:
        bad = (rows.lost or 0) + (rows.doubled or 0)
        of = f"of {words.plural(rows.expected, 'row')}" if rows.expected else ""
        found.append(Figure(f"{bad:,}", "rows lost or doubled", of))
    return found


def _best(bench: Bench | None) -> Iterator[Figure]:
    best = max(bench.pairs if bench else (), key=lambda pair: pair.factor, default=None)
    if best and best.factor > 1:
        value = words.faster(best.ours, best.stock).removesuffix(" faster")
        more = f"in a bench here: {words.seconds(best.ours)} instead of {words.seconds(best.stock)} ({best.fault})"
        yield Figure(value, f"faster than Flink's defaults: {best.label}", more)


def _longest(drill: Drill) -> Iterator[Figure]:
    for name, label in (("leader", "at most to a new leader"), ("stalled", "at most without a row")):
        times = [(time.seconds, fault) for fault in drill.faults for time in fault.times if time.name == name]
        known = [(seconds, fault.name) for seconds, fault in times if seconds is not None]
        if known:
            seconds, which = max(known)
            yield Figure(words.seconds(seconds), label, which)


def columns(drill: Drill) -> list[tuple[str, str]]:
    """The times of all faults, each with its heading."""
    labels = {time.name: time.label for fault in drill.faults for time in fault.times}
    order = sorted(labels, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))
    return [(name, words.SHORT.get(name, labels[name])) for name in order]


def share(time: Timing) -> str:
    """How much of its limit a time has used, in hundredths."""
    if time.limit is None or time.seconds is None or time.seconds > time.limit:
        return "100"
    return f"{max(1.0, 100 * time.seconds / time.limit):.0f}" if time.seconds > 0 else "0"


def reasons(fault: Fault) -> list[str]:
    return [reason for reason in (words.complaints(fault) if fault.status != "passed" else [fault.reason]) if reason]


def done(fault: Fault) -> list[str]:
    """What was done to which daemon, and when."""
    target = "" if fault.host and fault.host in fault.what else " on ".join(filter(None, (fault.service, fault.host)))
    found = [
        fault.what,
        f"target: {target}" if target else "",
        f"injected at {fault.injected:%H:%M:%S} UTC" if fault.injected else "nothing was injected",
        f"times exact to {words.seconds(fault.uncertainty)}" if fault.uncertainty else "",
    ]
    return [part for part in found if part]


def named_facts(drill: Drill) -> list[tuple[str, str]]:
    """The facts as properties of a test suite."""
    return [(name.lower().replace(" ", "_"), value) for name, value in words.facts(drill)]


def properties(fault: Fault) -> list[tuple[str, str]]:
    """Plain numbers, for a server that draws them over many runs."""
    found: list[tuple[str, str]] = [("target", f"{fault.service} on {fault.host}")] if fault.host else []
    for time in fault.times:
        for key, value in (("seconds", time.seconds), ("limit", time.limit)):
            if value is not None:
                found.append((f"{time.name}.{key}", f"{value:g}"))
    if fault.rows is not None:
        rows = {"expected": fault.rows.expected, "lost": fault.rows.lost, "doubled": fault.rows.doubled}
        found += [(f"rows.{key}", str(count)) for key, count in rows.items() if count is not None]
    return found


def protocol(fault: Fault) -> str:
    """Everything that was measured and checked, one line each."""
    lines = [fault.what, *(words.timing_sentence(time) for time in fault.times)]
    lines += [f"{words.CHECKS[check.passed]}: {words.check_sentence(check)}" for check in fault.checks]
    return "\n".join(line for line in lines if line)
