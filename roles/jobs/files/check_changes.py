# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replay the change log that a pipeline has written as CSV files, and compare what comes out with the tables.

Every row of a file says what happened (+I and +U: the row is there, -U and -D: it is gone), when, and the row as it was
or is. So each row counts one up or one down, and in the end every row of the table must count one, and everything else
nothing. A change that is lost or doubled leaves a count that is wrong. Files that are open (hidden) do not count: a job
that was restored leaves some behind that are never read.

    check_changes.py --kind postgres-cdc --host db1 --port 5432 --database shop --user flink \
        --password-file /etc/flink/shop.password --wait 60 public.orders=/srv/out/orders …

Prints one JSON object; exit status 0 only when nothing is missing, doubled or wrong.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

# Of each row: what happened, when it was captured, when it was committed; then its columns.
HEAD = 3
SIGNS = {"+I": 1, "+U": 1, "-U": -1, "-D": -1}
NULL = "\\N"
Row = tuple[str, ...]


def as_text(value: Any) -> str:
    """A value as Flink writes it into a CSV file."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        zone = "Z" if value.tzinfo else ""
        return (value.astimezone(datetime.UTC) if value.tzinfo else value).strftime("%Y-%m-%d %H:%M:%S.%f") + zone
    return str(value)


def same(text: str) -> str:
    """Zeros at the end of the fraction of a second are written or not."""
    head, dot, fraction = text.rpartition(".")
    if dot and len(head) == 19 and head[4] == head[7] == "-":
        digits = fraction.rstrip("Z").rstrip("0")
        return head + (f".{digits}" if digits else "") + ("Z" if fraction.endswith("Z") else "")
    return text


def files(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.name.startswith((".", "_")):
            yield path


def replay(directory: Path) -> tuple[Counter[Row], int, int]:
    """How often each row is there after all changes, the number of changes, and of lines that are none."""
    found: Counter[Row] = Counter()
    changes = broken = 0
    for path in files(directory):
        with path.open(newline="") as stream:
            for line in csv.reader(stream):
                if len(line) <= HEAD or line[0] not in SIGNS:
                    broken += 1
                    continue
                changes += 1
                found[tuple(same(value) for value in line[HEAD:])] += SIGNS[line[0]]
    return found, changes, broken


def judge(wanted: Iterable[Row], found: Counter[Row]) -> dict[str, int]:
    """Rows that lack, and rows that are there too often; both are nothing when every change came once."""
    difference = Counter(found)
    difference.subtract(wanted)
    return {
        "missing": -sum(count for count in difference.values() if count < 0),
        "doubled": sum(count for count in difference.values() if count > 0),
    }


def table_rows(connection: Any, table: str, quote: str) -> list[Row]:
    name = ".".join(f"{quote}{part}{quote}" for part in table.split("."))
    cursor = connection.cursor()
    cursor.execute(f"SELECT * FROM {name}")
    return [tuple(same(as_text(value)) for value in row) for row in cursor.fetchall()]


def connect(given: argparse.Namespace) -> Any:
    password = given.password_file.read_text().strip() if given.password_file else os.environ.get("SOURCE_PASSWORD", "")
    if given.kind == "postgres-cdc":
        import pg8000.dbapi

        return pg8000.dbapi.connect(
            user=given.user, password=password, host=given.host, port=given.port, database=given.database
        )
    import pymysql

    return pymysql.connect(
        user=given.user, password=password, host=given.host, port=given.port, database=given.database
    )


def check(given: argparse.Namespace) -> dict[str, Any]:
    result: dict[str, Any] = {"rows_in": 0, "changes": 0, "missing": 0, "doubled": 0, "unreadable": 0, "tables": {}}
    connection = connect(given)
    try:
        for pair in given.tables:
            table, _equals, directory = pair.partition("=")
            wanted = table_rows(connection, table, '"' if given.kind == "postgres-cdc" else "`")
            found, changes, broken = replay(Path(directory))
            counts = {"rows_in": len(wanted), "changes": changes, **judge(wanted, found), "unreadable": broken}
            result["tables"][table] = counts
            for key, number in counts.items():
                result[key] += number
    finally:
        connection.close()
    result["ok"] = result["missing"] == result["doubled"] == result["unreadable"] == 0 and result["changes"] > 0
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=["postgres-cdc", "mysql-cdc"], required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--password-file", type=Path, help="else the variable SOURCE_PASSWORD of the environment")
    parser.add_argument("--wait", type=float, default=0.0, help="seconds to wait for changes that are on their way")
    parser.add_argument("tables", nargs="+", help="table=directory")
    given = parser.parse_args()
    deadline = time.monotonic() + given.wait
    pause = threading.Event()
    result = check(given)
    while not result["ok"] and time.monotonic() < deadline:
        pause.wait(1.0)
        result = check(given)
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
