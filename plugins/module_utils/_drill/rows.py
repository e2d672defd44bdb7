# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows that a job writes while a drill watches."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from .recovery import Injection
from .samples import Series

BEFORE = 10.0


BUCKET = 0.5


# -- rows -----------------------------------------------------------------------------------------------------------


def increments(series: Series) -> list[tuple[float, int]]:
    """When rows were written, and how many."""
    found: list[tuple[float, int]] = []
    last: int | None = None
    for sample in series.of("rows"):
        written = int(sample["written"])
        if last is not None and written > last:
            found.append((float(sample["t"]), written - last))
        last = written
    return found


@dataclass(frozen=True)
class RowsSeen:
    """seconds to the first row after the interruption, the longest time without a row, the usual one before."""

    row: float | None
    stalled: float | None
    usual: float


def look_at_rows(series: Series, injection: Injection, until: float, again: float | None = None) -> RowsSeen | None:
    """When rows came again. None when none came before the fault, so that nothing can be said.

    :arg again: when the jobs were restarted: rows from before that moment are rolled back and count as none.
    """
    moment = injection.injected
    times = [at for at, _number in increments(series)]
    before = [at for at in times if moment - BEFORE <= at <= moment]
    if len(before) < 2:
        return None
    usual = max(later - earlier for earlier, later in pairwise(before))
    after = [at for at in times if at > moment]
    if not after:
        return RowsSeen(None, max(until, series.end) - before[-1], usual)
    points = [before[-1], *(at for at in after if at <= until)]
    later_one = next((at for at in after if at > until), None)
    points += [later_one] if later_one is not None else []
    gaps = [(later - earlier, later) for earlier, later in pairwise(points)]
    limit = max(2 * usual, usual + 1.0, 1.5)
    long = [at for length, at in gaps if length > limit]
    row = next((at for at in after if at >= (long[-1] if long else after[0]) and at > (again or moment)), None)
    return RowsSeen(None if row is None else row - moment, max(length for length, _at in gaps), usual)


def rates(series: Series, start: float, moment: float, name: str) -> dict[str, list[list[float]]]:
    """Rows a second, for each interval. The directory that is counted belongs to one job."""
    samples = [sample for sample in series.of("rows") if float(sample["t"]) >= start]
    if len(samples) < 2:
        return {}
    found: list[list[float]] = []
    first = samples[0]
    for sample in samples[1:]:
        length = float(sample["t"]) - float(first["t"])
        if length >= BUCKET:
            rate = (int(sample["written"]) - int(first["written"])) / length
            found.append([round(float(sample["t"]) - moment, 2), round(rate, 1)])
            first = sample
    return {name: found}
