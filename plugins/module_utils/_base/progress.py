# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A line for people who watch a long wait.

A module has no way to print while it runs. The action plugin of this collection names a file in the environment;
the module appends lines to it, and the action plugin shows them. Without that file nothing is written.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ENVIRONMENT = "STREAMOPS_FLINK_PROGRESS"
QUIET = 5.0
PERIOD = 5.0


class Progress:
    """Appends lines to a file: the first one after a quiet time, then not too many."""

    def __init__(
        self,
        path: str | None,
        *,
        quiet: float = QUIET,
        period: float = PERIOD,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._quiet = quiet
        self._period = period
        self._clock = clock
        self._next = 0.0
        self._last = ""

    @classmethod
    def from_environment(cls) -> Progress | None:
        """None when no output is shown, so that no request is made only to show progress."""
        path = os.environ.get(ENVIRONMENT)
        return cls(path) if path else None

    def __call__(self, what: str, seen: str, elapsed: float) -> None:
        now = self._clock()
        if self._path is None or elapsed < self._quiet or now < self._next:
            return
        self._next = now + self._period
        self._write(f"{what}: {seen} ({elapsed:.0f} s)")

    def _write(self, line: str) -> None:
        if self._path is None:
            return
        try:
            with Path(self._path).open("a", encoding="utf-8") as stream:
                stream.write(" ".join(line.split()) + "\n")
        except OSError:
            # Progress is a courtesy: a full disk must not fail the work it reports.
            self._path = None
