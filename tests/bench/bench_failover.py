"""How long does a failure last, with Flink's own settings and with ours?

Clusters of local processes on one machine, each with three ZooKeeper servers, two JobManagers and two TaskManagers, and
each with the same job, which writes 1000 records a second to files, exactly once, with a checkpoint every 5 s:
  stock     flink_failover_profile: stock, no guardian, and TaskManagers whose ids Flink draws: Flink's defaults. Its
            processes are started again when they die, as ours are;
  balanced  what this collection does by itself: the guardian and the default profile;
  fast      the guardian and the profile fast.
Round by round each of them is hit by the same fault, one after the other, and the watch of the drill takes the times.
Prints medians, how many times faster than stock, what the guardian costs at rest, and JSON. In the end no row may be
lost or doubled. The medians are kept for the page of a drill, which compares with nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "support"), str(Path(sys.prefix) / "collections")]

import counting
from drilling import NotDrilledError, drill, registered
from real_cluster import FlinkCluster, eventually, free_base, with_quorum, write_inventory

SIDES: dict[str, dict[str, Any]] = {
    "stock": {"flink_failover_profile": "stock", "flink_fencing_enabled": False},
    "balanced": {"flink_failover_profile": "balanced"},
    "fast": {"flink_failover_profile": "fast"},
}
FAULTS = {
    "leader_kill": "leader SIGKILL",
    "leader_terminate": "leader SIGTERM",
    "leader_freeze": "leader SIGSTOP",
    "taskmanager_kill": "TaskManager SIGKILL",
    "zookeeper_kill_leader": "ZooKeeper leader SIGKILL",
}
TIMES = {"leader": "new leader", "row": "first row", "running": "RUNNING", "checkpoint": "new checkpoint"}
# How many times faster than stock the default has to be.
AIMS = {("leader_kill", "leader"): 50, ("leader_kill", "running"): 25, ("taskmanager_kill", "running"): 4}
# The watch looks every 50 ms: a time below that is only known to be less.
RESOLUTION = 0.05
# What is as fast is now and then a little slower.
SLOWER = 0.9
REST_SECONDS = 30.0
GUARDIAN_MB = 40
MACHINE = f"{os.cpu_count()} cores, {platform.machine()}"
# Where the role drill looks for it.
KEPT = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "streamops-flink" / "bench" / "failover.json"

Rounds = dict[str, dict[str, list[dict[str, float | None]]]]


def describe(work: Path, side: str) -> FlinkCluster:
    """A cluster with a quorum, with as many TaskManagers as a fault needs, and without a SQL gateway."""
    variables = {
        "flink_jobs": [],
        "demo_enabled": False,
        "zookeeper_heap": "64m",
        "flink_start_timeout": "900 s",
        **SIDES[side],
    }
    place = work / side
    cluster = with_quorum(write_inventory(place / "inv", place / "base", f"bench-{side}", free_base(), **variables))
    path = cluster.inventory / "hosts.yml"
    hosts = yaml.safe_load(path.read_text())
    groups = hosts["flink"]["children"]
    del groups["taskmanagers"]["hosts"]["tm3"], cluster.hosts["taskmanagers"]["tm3"]
    groups["sql_gateways"]["hosts"] = cluster.hosts["sql_gateways"] = {}
    path.write_text(yaml.safe_dump(hosts, sort_keys=False))
    return cluster


def draw_ids(cluster: FlinkCluster) -> None:
    """Let Flink draw the ids of TaskManagers, as it does by itself; the roles set them whatever the profile."""
    for name in cluster.hosts["taskmanagers"]:
        path = cluster.base_dir / "nodes" / name / "taskmanager" / "conf" / "config.yaml"
        lines = path.read_text().splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith("taskmanager.resource-id:")]
        assert len(kept) == len(lines) - 1, f"{path} names no resource id"
        path.write_text("".join(kept))
        cluster.kill_daemon(name, "taskmanager")

    def drawn() -> bool:
        names = {one for ids in registered(cluster).values() for one in ids}
        return len(names) == len(cluster.hosts["taskmanagers"]) and not names & set(cluster.hosts["taskmanagers"])

    eventually(drawn, 120, "the return of TaskManagers under ids that Flink has drawn")


def deploy(cluster: FlinkCluster, work: Path, side: str, rate: int) -> dict[str, Any]:
    """Bring the cluster up and return its job."""
    run = cluster.playbook("site.yml")
    if run.code:
        raise SystemExit(run.trouble)
    if side == "stock":
        draw_ids(cluster)
    job: dict[str, Any] = {
        "name": "counting",
        "jar": str(counting.build(cluster, work / side / "counting.jar")),
        "arguments": ["--output", f"file://{work}/{side}/out", "--rate", str(rate)],
        "configuration": {"execution.checkpointing.interval": "5 s"},
        "cache_dir": str(work / "cache"),
        "parallelism": 2,
    }
    counting.good(cluster.module("flink_job", **job))
    return job


# -- what the guardian costs ----------------------------------------------------------------------------------------


def usage(pid: int) -> tuple[float, float]:
    """Megabytes in memory, and seconds of CPU so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return resident / 1024, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def guardian_cost(cluster: FlinkCluster) -> dict[str, float]:
    """Of the costliest guardian of a cluster, while nothing happens."""
    pids = [pid for node in cluster.hosts["jobmanagers"] for pid in cluster.pids(node, "guardian")]
    before = {pid: usage(pid)[1] for pid in pids}
    threading.Event().wait(REST_SECONDS)
    after = {pid: usage(pid) for pid in pids}
    return {
        "megabytes": max(megabytes for megabytes, _cpu in after.values()),
        "cpu_percent": max(100 * (after[pid][1] - before[pid]) / REST_SECONDS for pid in pids),
    }


# -- rounds ---------------------------------------------------------------------------------------------------------


def measure(cluster: FlinkCluster, side: str, fault: str, place: Path, rows: Path) -> dict[str, float | None]:
    """The times of one fault, None for what did not happen; restarts says whether the job was restarted."""
    began = time.monotonic()
    try:
        found = drill(cluster, fault, place, rows=rows, fenced=side != "stock")
    except (NotDrilledError, AssertionError) as error:
        print(f"{side} {fault}: {error}", file=sys.stderr, flush=True)
        return {}
    told: dict[str, float | None] = {one["name"]: one["seconds"] for one in found["times"]}
    told["restarts"] = float(sum(job["restarted"] for job in found["jobs"]))
    seconds = ", ".join(f"{key} {value}" for key, value in told.items())
    print(f"{fault:22} {side:9} {seconds}; {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return told


def median(found: list[dict[str, float | None]], name: str) -> float | None:
    """Of a time that is missing once, nothing is known: it may have been the longest."""
    values = [one.get(name) for one in found]
    known = [value for value in values if value is not None]
    return statistics.median(known) if known and len(known) == len(values) else None


def whole(rounds: Rounds) -> int:
    """How many rounds have every fault on every side."""
    return min(len(found) for sides in rounds.values() for found in sides.values())


def keep(rounds: Rounds, version: str) -> None:
    """Keep the medians for the pages of drills on this machine."""
    if not whole(rounds):
        return
    kept = {
        "format": 1,
        "host": platform.node(),
        "machine": MACHINE,
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "flink_version": version,
        "rounds": whole(rounds),
        "medians": {
            fault: {side: {name: median(found, name) for name in TIMES} for side, found in sides.items()}
            for fault, sides in rounds.items()
        },
    }
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    KEPT.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    print(f"kept in {KEPT}", file=sys.stderr, flush=True)


def ratio(rounds: Rounds, fault: str, side: str, name: str) -> float | None:
    stock, ours = (median(rounds[fault][one], name) for one in ("stock", side))
    if stock is None or ours is None or stock < RESOLUTION > ours:
        return None
    return stock / max(ours, RESOLUTION)


def cell(rounds: Rounds, fault: str, side: str, name: str) -> str:
    value = median(rounds[fault][side], name)
    if value is None:
        return "-"
    times = ratio(rounds, fault, side, name) if side != "stock" else None
    return f"{value:.2f} s" + (f" ({times:.1f} x)" if times else "")


def report(rounds: Rounds, costs: dict[str, dict[str, float]], rows: dict[str, Any]) -> bool:
    console = Console(width=130, highlight=False)
    table = Table(title=f"Medians of {whole(rounds)} round(s), and how many times faster than stock")
    for name in ("fault", "", *TIMES.values(), "restarts"):
        table.add_column(name, justify="left" if name in ("fault", "") else "right", no_wrap=True)
    for fault, sides in rounds.items():
        for side, found in sides.items():
            cells = [cell(rounds, fault, side, name) for name in TIMES]
            restarts = f"{sum(one.get('restarts') or 0 for one in found):.0f} of {len(found)}"
            table.add_row(FAULTS[fault] if side == next(iter(sides)) else "", side, *cells, restarts)
        table.add_section()
    console.print(table)
    ours = next(side for side in rows if side != "stock")
    met = [aim(console, rounds, fault, ours, name, wanted) for (fault, name), wanted in AIMS.items() if fault in rounds]
    met += [never_slower(console, rounds), never_restarted(console, rounds)]
    for side, cost in costs.items():
        fine = cost["megabytes"] <= GUARDIAN_MB
        met.append(fine)
        console.print(
            f"guardian of {side}: {cost['megabytes']:.0f} MB"
            f" (aim: {GUARDIAN_MB} or less, {'met' if fine else 'MISSED'}),"
            f" {cost['cpu_percent']:.2f} % of a core in {REST_SECONDS:.0f} s at rest"
        )
    for side, verdict in rows.items():
        console.print(f"{side}: {verdict.rows} rows, {verdict.lost} lost, {verdict.doubled} doubled")
    told = {side: {"rows": one.rows, "lost": one.lost, "doubled": one.doubled} for side, one in rows.items()}
    print(json.dumps({"machine": MACHINE, "rounds": rounds, "guardian": costs, "rows": told}))
    return all(met) and all(one.ok for one in rows.values())


def aim(console: Console, rounds: Rounds, fault: str, side: str, name: str, wanted: int) -> bool:
    found = ratio(rounds, fault, side, name)
    met = found is not None and found >= wanted
    told = "not measured" if found is None else f"{found:.0f} x faster"
    console.print(
        f"{FAULTS[fault]}, {TIMES[name]}, {side}: {told} (aim: {wanted} or more, {'met' if met else 'MISSED'})"
    )
    return met


def never_slower(console: Console, rounds: Rounds) -> bool:
    slower = [
        f"{FAULTS[fault]}, {label}, {side}: {times:.2f} x"
        for fault, sides in rounds.items()
        for side in sides
        for name, label in TIMES.items()
        if side != "stock" and (times := ratio(rounds, fault, side, name)) is not None and times < SLOWER
    ]
    console.print(
        f"slower than stock: {'; '.join(slower) or 'nothing'} (aim: nothing, {'MISSED' if slower else 'met'})"
    )
    return not slower


def never_restarted(console: Console, rounds: Rounds) -> bool:
    """The loss of a ZooKeeper server is not to be felt by a job."""
    sides = rounds.get("zookeeper_kill_leader", {})
    felt = sum(one.get("restarts") or 0 for side, found in sides.items() if side != "stock" for one in found)
    console.print(f"restarts for a ZooKeeper server: {felt:.0f} (aim: 0, {'MISSED' if felt else 'met'})")
    return not felt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--faults", default=",".join(FAULTS), help="some of %(default)s")
    parser.add_argument("--sides", default=",".join(SIDES), help="some of %(default)s, stock first")
    options = parser.parse_args()
    sides, faults = options.sides.split(","), options.faults.split(",")
    if sides[0] != "stock" or len(sides) < 2 or not set(sides) <= set(SIDES) or not set(faults) <= set(FAULTS):
        parser.error(f"faults are some of {', '.join(FAULTS)}; sides are stock and some of {', '.join(SIDES)}")
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        work = Path(name)
        clusters: dict[str, FlinkCluster] = {}
        try:
            jobs = {}
            for side in sides:
                clusters[side] = describe(work, side)
                jobs[side] = deploy(clusters[side], work, side, options.rate)
            costs = {side: guardian_cost(clusters[side]) for side in sides if side != "stock"}
            # It can be interrupted at any time, and prints what was measured so far.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            rounds: Rounds = {fault: {side: [] for side in sides} for fault in faults}
            try:
                for number, fault, side in product(range(options.rounds), faults, sides):
                    place = work / side / f"{number}-{fault}"
                    rounds[fault][side].append(measure(clusters[side], side, fault, place, work / side / "out"))
            except KeyboardInterrupt:
                print("stopped before its end", file=sys.stderr, flush=True)
            rows = {}
            for side in sides:
                counting.good(clusters[side].module("flink_job", **jobs[side], state="suspended"))
                rows[side] = counting.check(work / side / "out")
            keep(rounds, clusters["stock"].version)
            fine = report(rounds, costs, rows)
        finally:
            for side, cluster in clusters.items():
                cluster.playbook("reset.yml", flink_reset_confirm=f"bench-{side}", flink_reset_running_jobs=True)
    if not fine:
        raise SystemExit("an aim was missed, or rows were lost or doubled")


if __name__ == "__main__":
    main()
