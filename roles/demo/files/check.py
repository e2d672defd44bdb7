# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare what the demo job wrote with what it was given, row by row.

Every transaction must be in the output exactly once, and the count and balance next to it must be those of
a keyed state that missed nothing and saw nothing twice. Rows in files that are still open (hidden until
they roll) count as ``open``: the job has written them, a reader of the directory does not see them yet.

A job that was restored leaves behind the open files of its earlier attempt, which is never read. What is
in a file that is closed, or in an open one that was written later, is therefore not counted once more; and with
``--since`` an open file does not count at all when it has not been written to since.
Prints one JSON object; exit status 0 only when nothing is missing, doubled or wrong.
"""

from __future__ import annotations

import argparse
import csv
import json
import threading
import time
from collections import defaultdict
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any


def read_input(directory: Path) -> dict[int, tuple[str, Decimal]]:
    rows: dict[int, tuple[str, Decimal]] = {}
    for path in sorted(directory.glob("transactions-*.csv")):
        with path.open(newline="") as file:
            for row in csv.reader(file):
                rows[int(row[0])] = (row[1], Decimal(row[2]))
    return rows


def rows_of(path: Path) -> list[list[str]]:
    """The rows of a file. The last line of an open one may be half written."""
    with path.open(newline="") as file:
        return [row for row in csv.reader(file) if len(row) == 6]


def read_output(directory: Path, since: float = 0.0) -> tuple[list[list[str]], list[list[str]], int]:
    """Rows of closed files, rows of open files, and the number of closed files."""
    closed: list[list[str]] = []
    open_files: list[Path] = []
    files = 0
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path.name.startswith((".", "_")):
            open_files.append(path)
        elif path.is_file():
            files += 1
            closed += rows_of(path)
    if since:
        return closed, [row for path in open_files if path.stat().st_mtime >= since for row in rows_of(path)], files
    opened: list[list[str]] = []
    known = {row[0] for row in closed}
    for path in sorted(open_files, key=lambda path: path.stat().st_mtime, reverse=True):
        fresh = [row for row in rows_of(path) if row[0] not in known]
        known |= {row[0] for row in fresh}
        opened += fresh
    return closed, opened, files


def judge(given: dict[int, tuple[str, Decimal]], written: list[list[str]]) -> dict[str, Any]:
    """What is missing, doubled or wrong in the written rows."""
    seen: dict[int, int] = defaultdict(int)
    steps: dict[str, list[tuple[int, Decimal, Decimal]]] = defaultdict(list)
    broken = altered = 0
    for row in written:
        try:
            txn_id, account, amount, count, balance = int(row[0]), row[1], Decimal(row[2]), int(row[4]), Decimal(row[5])
        except (ValueError, InvalidOperation):
            broken += 1
            continue
        seen[txn_id] += 1
        altered += given.get(txn_id, (account, amount)) != (account, amount)
        steps[account].append((count, amount, balance))
    wrong = 0
    for trail in steps.values():
        running = Decimal(0)
        for expected, (count, amount, balance) in enumerate(sorted(trail), start=1):
            running += amount
            wrong += count != expected or balance != running
    return {
        "missing": len(given.keys() - seen.keys()),
        "doubled": sum(times - 1 for times in seen.values()),
        "unknown": len(seen.keys() - given.keys()),
        "altered": altered,
        "wrong_balances": wrong,
        "unreadable": broken,
        "accounts": len(steps),
    }


def check(source: Path, sink: Path, since: float = 0.0) -> dict[str, Any]:
    given = read_input(source)
    closed, opened, files = read_output(sink, since)
    found = judge(given, closed + opened)
    faults = sum(found[key] for key in ("missing", "doubled", "unknown", "altered", "wrong_balances", "unreadable"))
    return {
        "rows_in": len(given),
        "rows_out": len(closed) + len(opened),
        "rows_closed": len(closed),
        "rows_open": len(opened),
        "files_closed": files,
        **found,
        "ok": faults == 0 and len(given) > 0,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="the directory that the feeder fills")
    parser.add_argument("sink", type=Path, help="the directory that the job writes to")
    parser.add_argument("--wait", type=float, default=0.0, help="seconds to wait for rows that are on their way")
    parser.add_argument("--since", type=float, default=0.0, help="leave out open files not written to since this time")
    parser.add_argument("--closed", action="store_true", help="rows in open files do not count as written")
    given = parser.parse_args()

    def look() -> dict[str, Any]:
        result = check(given.source, given.sink, given.since)
        if given.closed and result["rows_open"]:
            result["ok"] = False
        return result

    deadline = time.monotonic() + given.wait
    pause = threading.Event()
    result = look()
    while not result["ok"] and time.monotonic() < deadline:
        pause.wait(0.5)
        result = look()
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
