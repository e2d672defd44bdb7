"""How long does a job process nothing while a changed configuration goes round?

On one cluster of local processes, round by round:
  roll     site.yml with a changed option, which restarts one daemon after the other behind gates;
  restart  site.yml with another changed option that restarts all JobManagers and TaskManagers at once
           (-e service_restart=true), as playbooks without a roll do.
A job writes 2000 records a second to files, exactly once. Whenever its output has not grown for more than half a
second, it counts as standing still. In the end no row may be lost or doubled. Prints medians and the ratio, and JSON.
Aim: roll / restart at most 1/5.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import counting
from real_cluster import FlinkCluster, free_base, write_inventory

STILL = 0.5
TICK = 0.05
AIM = 0.2
NAME = "bench-roll"


class Watch(threading.Thread):
    """Notes the moments at which the files of the job grow."""

    def __init__(self, output: Path) -> None:
        super().__init__(daemon=True)
        self.output = output
        self.moments = [time.monotonic()]
        self.ended = threading.Event()

    def size(self) -> int:
        total = 0
        for path in self.output.rglob("*"):
            try:
                total += path.stat().st_size if path.is_file() else 0
            except FileNotFoundError:
                # Committed meanwhile, under another name.
                return -1
        return total

    def run(self) -> None:
        last = self.size()
        while not self.ended.wait(TICK):
            size = self.size()
            if size >= 0 and size != last:
                self.moments.append(time.monotonic())
                last = size

    def stop(self) -> tuple[float, float]:
        """Seconds in which it stood still, and the longest of them in a row."""
        self.ended.set()
        self.join()
        gaps = [after - before for before, after in zip(self.moments, self.moments[1:], strict=False)]
        still = [gap for gap in gaps if gap > STILL]
        return sum(still), max(still, default=0.0)


def change(cluster: FlinkCluster, output: Path, number: int, **extra: Any) -> dict[str, float]:
    """site.yml with a configuration that nothing runs with yet."""
    watch = Watch(output)
    watch.start()
    began = time.monotonic()
    run = cluster.playbook("site.yml", flink_config={"web.history": number}, **extra)
    seconds = time.monotonic() - began
    if run.code:
        raise SystemExit(run.trouble)
    growing(watch)
    still, longest = watch.stop()
    return {"still": still, "longest": longest, "seconds": seconds}


def growing(watch: Watch) -> None:
    """Wait until the job writes again, however the playbook has ended."""
    count = len(watch.moments)
    deadline = time.monotonic() + 120
    while len(watch.moments) < count + 10:
        if time.monotonic() > deadline:
            raise SystemExit("the job did not go on within 120 s after the change")
        watch.ended.wait(TICK)


def report(rows: dict[str, list[dict[str, float]]], verdict: Any) -> None:
    console = Console(width=110, highlight=False)
    table = Table(title="A changed configuration goes round")
    for name in ("", "stood still", "longest in a row", "whole playbook"):
        table.add_column(name, justify="right" if name else "left")
    medians = {
        side: {key: statistics.median(one[key] for one in found) for key in found[0]} for side, found in rows.items()
    }
    for side, told in medians.items():
        table.add_row(side, *(f"{told[key]:.1f} s" for key in ("still", "longest", "seconds")))
    console.print(table)
    ratio = medians["roll"]["still"] / medians["restart"]["still"]
    console.print(f"roll / restart: {ratio:.2f} (aim: {AIM} or less, {'met' if ratio <= AIM else 'MISSED'})")
    console.print(f"{verdict.rows} rows, {verdict.lost} lost, {verdict.doubled} doubled")
    print(json.dumps({"medians": medians, "rounds": rows, "ratio": ratio, "rows": verdict.rows}))
    if not verdict.ok:
        raise SystemExit("rows were lost or doubled")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=int, default=2000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        work = Path(name)
        cluster = write_inventory(work / "inv", work / "base", NAME, free_base(), flink_jobs=[], demo_enabled=False)
        try:
            first = cluster.playbook("site.yml")
            if first.code:
                raise SystemExit(first.trouble)
            job: dict[str, Any] = {
                "name": NAME,
                "jar": str(counting.build(cluster, work / "counting.jar")),
                "arguments": ["--output", f"file://{work}/out", "--rate", str(options.rate)],
                "configuration": {"execution.checkpointing.interval": "5 s"},
                "cache_dir": str(work / "cache"),
                "parallelism": 2,
            }
            counting.good(cluster.module("flink_job", **job))
            rows: dict[str, list[dict[str, float]]] = {"roll": [], "restart": []}
            for number in range(options.rounds):
                rows["roll"].append(change(cluster, work / "out", 10 + 2 * number))
                rows["restart"].append(change(cluster, work / "out", 11 + 2 * number, service_restart=True))
            counting.good(cluster.module("flink_job", **job, state="suspended"))
            report(rows, counting.check(work / "out"))
        finally:
            cluster.playbook("reset.yml", flink_reset_confirm=NAME, flink_reset_running_jobs=True)


if __name__ == "__main__":
    main()
