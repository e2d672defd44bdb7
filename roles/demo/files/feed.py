# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put CSV files of invented bank transactions into a directory that a Flink job watches.

Every file appears whole (it is renamed into place) and the numbers go on where the last file ended, so
the feeder can be run again at any time. Prints one line of JSON: files and rows written, rows in all.
"""

from __future__ import annotations

import argparse
import json
import random
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

ACCOUNTS = 40
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def existing(directory: Path) -> list[Path]:
    return sorted(directory.glob("transactions-*.csv"))


def rows_of(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _line in file)


def lines(first_id: int, count: int) -> str:
    """The rows with the ids from ``first_id``: the same ids always give the same rows."""
    made = []
    for txn_id in range(first_id, first_id + count):
        draw = random.Random(txn_id)
        account = f"ACC-{draw.randrange(ACCOUNTS):03d}"
        cents = draw.randrange(-50_000, 100_000)
        booked = EPOCH + timedelta(seconds=txn_id)
        made.append(f"{txn_id},{account},{cents / 100:.2f},{booked:%Y-%m-%d %H:%M:%S}.000\n")
    return "".join(made)


def write(directory: Path, first_id: int, count: int) -> None:
    name = f"transactions-{first_id:012d}.csv"
    # Flink ignores names that begin with a dot.
    hidden = directory / f".{name}.tmp"
    hidden.write_text(lines(first_id, count))
    hidden.rename(directory / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="the directory that the job watches")
    parser.add_argument("--rows", type=int, default=500, help="rows a file")
    parser.add_argument("--files", type=int, default=1, help="how many files")
    parser.add_argument("--interval", type=float, default=0.0, help="seconds between two files")
    parser.add_argument("--while", dest="sign", type=Path, help="go on only as long as this file is there")
    parser.add_argument("--once", action="store_true", help="only if the directory has no file yet")
    parser.add_argument("--make", type=Path, nargs="+", default=[], help="directories to make where they are missing")
    given = parser.parse_args()

    for path in given.make:
        path.mkdir(mode=0o755, parents=True, exist_ok=True)
    if not given.directory.is_dir():
        parser.exit(1, f"there is no directory {given.directory} to put files into: run site.yml first\n")
    present = existing(given.directory)
    total = sum(rows_of(path) for path in present)
    next_id = total + 1
    wanted = 0 if given.once and present else given.files
    pause = threading.Event()
    written = 0
    while written < wanted and (given.sign is None or given.sign.exists()):
        if written and given.interval:
            pause.wait(given.interval)
        write(given.directory, next_id, given.rows)
        next_id += given.rows
        written += 1
    print(json.dumps({"files": written, "rows": written * given.rows, "rows_total": next_id - 1}))


if __name__ == "__main__":
    main()
