# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line of a daemon's log that says why it ended, or what it did last."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from .._base.patience import sizes
from .._base.secrets import masked_assignments

TAIL_BYTES = 32 * 1024
LINES = 200
LONGEST = 300

# What precedes a line: time, level, thread and class.
_HEAD = re.compile(
    r"^(?:\d{4}-\d\d-\d\d[T ])?(?:\d\d:\d\d:\d\d[.,]\d+Z?\s+)?(?:\[[^\]]*\]\s+)?(?:ERROR|FATAL|WARN|INFO|DEBUG)\s+"
    r"(?:[\w.$-]+\s+)?(?:\[[^\]]*\]\s*)?(?:[\w.$]+\s+)?-?\s*"
)
_CAUSE = re.compile(r"^(?:Caused by: |Exception in thread \"[^\"]*\" )?(?:[a-z_][\w$]*\.)+[A-Z][\w$]*: (?P<text>.+)$")
_TROUBLE = re.compile(
    r"error|fatal|exception|invalid|unrecognized|cannot|could not|failed|refused|denied|no such", re.IGNORECASE
)
# The Java machine ends with these, whatever was wrong.
_TRAILERS = ("Could not create the Java Virtual Machine", "A fatal exception has occurred", "End of exception")


def newest(directories: Sequence[str]) -> list[Path]:
    """The logs of a daemon, the one that was written to last first; garbage collection has logs of its own."""
    found = [
        path
        for directory in directories
        for path in (Path(directory).glob("*") if Path(directory).is_dir() else [Path(directory)])
        if path.suffix in (".log", ".out") and not path.name.startswith("gc")
    ]
    known = {path: path.stat().st_mtime for path in sizes(found)}
    return sorted(known, key=lambda path: (-known[path], path.name))


def tail(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - TAIL_BYTES))
            return stream.read().decode(errors="replace")
    except OSError:
        return ""


def last_words(text: str) -> str:
    """The last line that names a trouble, or else the last one; without what precedes it, and no secret."""
    lines = [line.rstrip() for line in text.splitlines()[-LINES:] if line.strip()]
    plain = [line for line in lines if not line.startswith((" ", "\t")) and not any(one in line for one in _TRAILERS)]
    causes = [index for index, line in enumerate(plain) if _CAUSE.match(line)]
    troubles = [index for index, line in enumerate(plain) if _TROUBLE.search(line) and " INFO " not in line]
    if not plain:
        return ""
    # The innermost cause of the last exception says more than the line in the log that it follows.
    chosen = plain[max([*causes, *troubles], default=len(plain) - 1)]
    cause = _CAUSE.match(chosen)
    said = cause["text"] if cause else _HEAD.sub("", chosen)
    return masked_assignments(" ".join(said.split()))[:LONGEST].rstrip(".")
