# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a watchdog says of itself: every event in a journal, and the last of them in the status."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .._base.times import iso_utc

SHOWN_DECISIONS = 20

# Says whether the line could be written.
WriteLine = Callable[[str, dict[str, Any]], bool]


class Journal:
    """Lines for people. What they have to know is in alerts and metrics too, so a full disk stops nothing."""

    def __init__(self, write: WriteLine) -> None:
        self.unwritten = 0
        self.decisions: deque[dict[str, Any]] = deque(maxlen=SHOWN_DECISIONS)
        self._write = write
        self._trouble = ""

    def line(self, event: str, details: Mapping[str, Any]) -> None:
        if not self._write(event, dict(details)):
            self.unwritten += 1

    def note(self, event: str, details: Mapping[str, Any]) -> None:
        """A line that the status shows too."""
        self.decisions.append({"at": iso_utc(int(time.time() * 1000)), "event": event, **details})
        self.line(event, details)

    def trouble(self, text: str) -> None:
        """What goes wrong, once for as long as it is the same."""
        if text != self._trouble:
            self._trouble = text
            self.line("trouble", {"what": text})

    def resume(self, decisions: Iterable[dict[str, Any]]) -> None:
        """Go on with what the status of another watchdog shows."""
        self.decisions = deque(decisions, maxlen=SHOWN_DECISIONS)
