# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a drill's watch writes while it runs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError
from .._base.files import write_file
from .samples import Series

# A sample that says nothing new is written down so often all the same: silence must mean that no sample was taken.
AT_LEAST = 0.5


SAMPLES, STATE, FAULT, REMOVED, STOP = "samples.jsonl", "state.json", "fault.json", "removed.json", "stop"


# -- files between the watch and the play ---------------------------------------------------------------------------


def write_json(path: Path, content: Any) -> None:
    """Several times a second, of use only as long as the watch runs: the disk need not keep up."""
    write_file(path, json.dumps(content), 0o644, durable=False)


def read_samples(directory: Path) -> list[dict[str, Any]]:
    """What the watch has written. The last line may be half written when it was killed."""
    try:
        lines = (directory / SAMPLES).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise FlinkError(f"cannot judge the fault: the watch has left no samples in {directory}") from error
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(json.loads(line))
        except ValueError as error:
            if number < len(lines):
                raise FlinkError(f"line {number} of {directory / SAMPLES} is not a sample: {error}") from error
    return found


class Recorder:
    """Keeps samples and writes them down: each change, and what does not change often enough."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._stream = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._clock = clock
        self._last: dict[tuple[str, str], tuple[float, Mapping[str, Any]]] = {}
        self._samples: list[dict[str, Any]] = []

    def add(self, kind: str, at: float | None = None, **content: Any) -> None:
        """at is when the question was asked, for the answer is not younger."""
        now = self._clock() if at is None else at
        key = (kind, str(content.get("job", "")))
        with self._lock:
            before = self._last.get(key)
            if kind != "event" and before and before[1] == content and now - before[0] < AT_LEAST:
                return
            self._last[key] = (now, content)
            sample = {"t": round(now, 4), "kind": kind, **content}
            self._samples.append(sample)
            if not self._stream.closed:
                self._stream.write(json.dumps(sample) + "\n")
                self._stream.flush()

    def series(self) -> Series:
        with self._lock:
            return Series(list(self._samples))

    def last(self, kind: str) -> dict[str, Any] | None:
        with self._lock:
            return next((sample for sample in reversed(self._samples) if sample["kind"] == kind), None)

    def close(self) -> None:
        with self._lock:
            self._stream.close()
