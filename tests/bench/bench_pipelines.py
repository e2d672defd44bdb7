"""How fast does a declared pipeline bring changes into files, against the same tables with Flink's defaults?

On one cluster and one PostgreSQL, one side after the other:
  pipeline  an entry of flink_jobs with the settings of this collection;
  by hand   the same SQL with nothing but what the connectors require, and Flink's own rolling.
Rows of the first snapshot per second, from the first one that is written to the last; who comes first changes from
round to round, because the first job of a cluster pays for what all later ones find warm. Then, once for each side and
under pgbench, the time from the commit of a change to its capture, and to the file that holds it being closed. Prints
medians and ratios, and JSON.
Aims: rows within the checkpoint interval + 5 s, closed within 2 min, throughput at least 90 % of that by hand.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import re
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

for place in (
    Path(__file__).resolve().parents[1] / "support",
    Path(__file__).resolve().parents[2] / ".venv/collections",
):
    sys.path.insert(0, str(place))

from ansible_collections.streamops.flink.plugins.filter.pipeline import flink_pipeline

from databases import PASSWORD, Postgres
from real_cluster import FlinkCluster, eventually, free_base, smaller, write_inventory

NAME = "bench-pipelines"
SIDES = ("pipeline", "by hand")
INTERVAL = 10
SCALE = 5
ROWS = SCALE * 100_000
TICK = 0.2
# What is no requirement of a connector, and no part of the pipeline's own meaning.
OURS = re.compile(r"\n  '(?:sink\.rolling|heartbeat|connect\.|debezium\.slot|scan\.lsn)[^']*' = '[^']*',?")


def job(database: Postgres, output: Path) -> dict[str, Any]:
    return {
        "name": NAME,
        "parallelism": 1,
        "configuration": {"execution.checkpointing.interval": f"{INTERVAL} s"},
        "pipeline": {
            "source": {
                "kind": "postgres-cdc",
                "hostname": "127.0.0.1",
                "port": database.port,
                "database": "shop",
                "username": "flink",
                "password": PASSWORD,
                "slot": output.name,
            },
            "tables": [
                {
                    "name": "pgbench_accounts",
                    "columns": {"aid": "INT NOT NULL", "bid": "INT", "abalance": "INT", "filler": "STRING"},
                    "primary_key": "aid",
                }
            ],
            "sink": {"kind": "csv", "directory": str(output)},
        },
    }


def by_hand(sql: str) -> str:
    """The same without the settings of the collection; a comma too many is taken away."""
    return re.sub(r",\n\) WITH|,\n\);", lambda match: match.group().replace(",", "", 1), OURS.sub("", sql))


def lines(output: Path) -> int:
    """Lines of all files, those that are open too."""
    total = 0
    for path in output.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                total += sum(chunk.count(b"\n") for chunk in iter(lambda stream=stream: stream.read(1 << 20), b""))
    return total


def moment(text: str) -> float:
    return datetime.datetime.fromisoformat(text).timestamp()


def snapshot(output: Path) -> float:
    """Rows per second of the first snapshot."""
    first: tuple[float, int] | None = None
    pause = threading.Event()
    deadline = time.monotonic() + 600
    while (count := lines(output)) < ROWS:
        now = time.monotonic()
        if now > deadline:
            raise SystemExit(f"{count} of {ROWS} rows of the snapshot were written in ten minutes")
        if first is None and count:
            first = now, count
        pause.wait(TICK)
    if first is None:
        raise SystemExit("the snapshot was over before it was seen: it needs more rows")
    return (ROWS - first[1]) / (time.monotonic() - first[0])


def measure(
    cluster: FlinkCluster, database: Postgres, side: str, directory: Path, number: int, seconds: int
) -> dict[str, Any]:
    """One round of a side; the latencies only where seconds of load are asked for."""
    output = directory / f"{side.replace(' ', '_')}_{number}"
    declared = job(database, output)
    rendered = flink_pipeline(declared, cluster.cluster_id)
    sql = rendered["sql"] if side == "pipeline" else by_hand(rendered["sql"])
    # Under a name of its own: what has run under one is never started again without its state.
    name = f"{NAME}-{output.name}"
    told = cluster.module(
        "flink_job",
        name=name,
        sql=sql,
        parallelism=1,
        configuration=rendered["configuration"],
        secrets={"source_password": PASSWORD},
        sql_gateways=cluster.sql_gateways,
        wait_for_checkpoint=False,
    )
    assert not told.get("failed"), told
    found = {"rows_per_second": snapshot(output)}
    if seconds:
        found |= latencies(database, output, seconds)
    cluster.module("flink_job", name=name, state="absent")
    return found


def latencies(database: Postgres, output: Path, seconds: int) -> dict[str, Any]:
    """Seconds from a commit to the capture of the change, and to its file being closed, under load."""
    closed: dict[Path, float] = {}
    bench = database.pgbench("-n", "-c", "1", "-T", str(seconds), "-R", "50")
    deadline = time.monotonic() + seconds + 4 * INTERVAL

    def watched() -> bool:
        for path in output.rglob("part-*"):
            closed.setdefault(path, time.time())
        return time.monotonic() > deadline

    eventually(watched, seconds + 300, "the end of the watch")
    bench.wait(timeout=60)
    captured, visible = [], []
    for path in output.rglob("*"):
        if not path.is_file():
            continue
        with path.open(newline="") as stream:
            for row in csv.reader(stream):
                if len(row) == 7 and row[0] == "+U":
                    committed = moment(row[2])
                    captured.append(moment(row[1]) - committed)
                    if path in closed:
                        visible.append(closed[path] - committed)
    return {
        "captured": statistics.median(captured) if captured else None,
        "closed": statistics.median(visible) if visible else None,
        "closed_max": max(visible) if visible else None,
    }


def shown(value: float | None, unit: str) -> str:
    return "not within the watch" if value is None else f"{value:.1f} {unit}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=60, help="seconds of load for the latencies")
    given = parser.parse_args()
    database = Postgres()
    directory = Path(tempfile.mkdtemp(prefix=f"{NAME}-"))
    cluster = smaller(write_inventory(directory / "inv", directory / "base", NAME, free_base(), demo_enabled=False))
    try:
        assert database.pgbench("-i", "-s", str(SCALE), "-q").wait(timeout=300) == 0
        database.execute("ALTER TABLE pgbench_accounts REPLICA IDENTITY FULL")
        libraries = [
            {
                "artifact": "org.apache.flink:flink-sql-connector-postgres-cdc:3.5.0",
                "checksum": "sha256:8c5b78d279a51676ad27e9730db37477c1cbf6691dd2382c6fa653b3fe293262",
            }
        ]
        run = cluster.playbook("site.yml", flink_jobs=[], flink_libraries=libraries)
        assert run.code == 0, run.trouble
        rounds: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
        for number in range(given.rounds):
            for side in SIDES if number % 2 else reversed(SIDES):
                load = given.seconds if number == given.rounds - 1 else 0
                rounds[side].append(measure(cluster, database, side, directory / "out", number, load))
        results = {
            side: found[-1] | {"rows_per_second": statistics.median(one["rows_per_second"] for one in found)}
            for side, found in rounds.items()
        }
    finally:
        cluster.playbook("reset.yml", flink_reset_confirm=NAME, flink_reset_running_jobs=True)
        database.close()
    table = Table("side", "snapshot", "commit to capture", "commit to closed file", "the longest")
    for side, one in results.items():
        table.add_row(
            side,
            f"{one['rows_per_second']:.0f} rows/s",
            shown(one["captured"], "s"),
            shown(one["closed"], "s"),
            shown(one["closed_max"], "s"),
        )
    console = Console(width=120)
    console.print(table)
    ratio = results["pipeline"]["rows_per_second"] / results["by hand"]["rows_per_second"]
    console.print(f"throughput, pipeline / by hand: {ratio:.2f} (aim: at least 0.9)")
    print(json.dumps({**results, "ratio": ratio}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
