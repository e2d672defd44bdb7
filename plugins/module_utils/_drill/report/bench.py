# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests/bench/bench_failover.py has measured on this machine: Flink's defaults next to a failover profile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ..._base.errors import FlinkError
from . import words
from .read import MalformedError, Part, clean
from .result import Drill

FORMAT = 1
STOCK = "stock"


@dataclass(frozen=True)
class Pair:
    """One time of a fault as both sides of the bench have taken it, in seconds."""

    fault: str
    name: str
    stock: float
    ours: float

    @property
    def label(self) -> str:
        return words.SHORT.get(self.name, self.name)

    @property
    def factor(self) -> float:
        """How many times sooner; 0 where nothing was interrupted."""
        return words.factor(self.ours, self.stock) or 0.0


@dataclass(frozen=True)
class Bench:
    host: str
    measured: datetime
    flink_version: str
    machine: str
    rounds: int
    profile: str
    pairs: tuple[Pair, ...]

    @property
    def origin(self) -> str:
        """Of two figures side by side, people believe that they come from this drill."""
        return (
            f"Not measured in this drill: medians of {words.plural(self.rounds, 'round')} of bench_failover.py on"
            f" {self.host} ({self.machine}), Flink {self.flink_version}, {words.moment(self.measured)}."
        )


def read(measured: object, drill: Drill, host: str) -> Bench | None:
    """The faults of the drill that were measured on this host, with its profile and with Flink's defaults."""
    try:
        part = Part.of(clean(measured, "it"))
        if not part.source:
            return None
        if part.number("format") != FORMAT:
            raise MalformedError(part.place("format"), f"is {part.source.get('format')!r}, and only {FORMAT} is known")
        if part.text("host", needed=True) != host:
            return None
        pairs = tuple(_pairs(part, drill))
        if not pairs:
            return None
        return Bench(
            host=host,
            measured=part.moment("measured"),
            flink_version=part.text("flink_version", needed=True),
            machine=part.text("machine", needed=True),
            rounds=part.whole("rounds") or 0,
            profile=drill.profile,
            pairs=pairs,
        )
    except MalformedError as error:
        raise FlinkError(
            f"cannot compare with what the bench has measured: {error}; run make bench-failover again, or set"
            " drill_bench_file to another file"
        ) from error


def _pairs(part: Part, drill: Drill) -> Iterator[Pair]:
    medians = part.part("medians")
    for fault in dict.fromkeys(one.name for one in drill.faults):
        sides = medians.part(fault) if medians else None
        stock, ours = (sides.part(STOCK), sides.part(drill.profile)) if sides else (None, None)
        if stock is None or ours is None or drill.profile == STOCK:
            continue
        for name in words.SHORT:
            before, after = stock.number(name), ours.number(name)
            if before is not None and before > 0 and after is not None:
                yield Pair(fault, name, before, after)
