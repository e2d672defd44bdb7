"""How long does site.yml take, against the same processes started by a shell script?

Each round measures, one after the other on this machine with all downloads cached:
  a  the floor: a shell script starts the same commands with the same configuration, until all slots are registered;
  b  site.yml from nothing to the job's first completed checkpoint;
  c  site.yml again, with nothing to change.
Prints medians and ratios as a table and as JSON, and the memory that the cluster takes at rest.
"""

from __future__ import annotations

import argparse
import configparser
import json
import os
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from real_cluster import FlinkCluster, free_base, write_inventory

TICK = threading.Event()


def rest(url: str) -> Any:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return json.load(answer)
    except OSError:
        return None


def wait(probe: Any, seconds: float, what: str) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = probe()
        if found:
            return found
        TICK.wait(0.1)
    raise SystemExit(f"{what} did not happen within {seconds:.0f} s")


def programs(base_dir: Path) -> list[tuple[str, list[str], dict[str, str], str]]:
    """Every daemon as the service role runs it: name, command, environment, directory."""
    found = []
    for path in sorted(base_dir.glob("supervisor/conf.d/*.conf")):
        parser = configparser.RawConfigParser()
        parser.read(path)
        for section in parser.sections():
            if section.startswith("program:"):
                values = dict(parser[section])
                environment = dict(
                    pair.split("=", 1) for pair in shlex.split(values.get("environment", "").replace(",", " "))
                )
                found.append(
                    (
                        section.partition(":")[2],
                        shlex.split(values["command"].replace("%%", "%")),
                        {key: value.replace("%%", "%") for key, value in environment.items()},
                        values.get("directory", "/"),
                    )
                )
    return found


def memory(cluster: FlinkCluster) -> float:
    """Resident memory of all processes of the cluster in MB."""
    page = os.sysconf("SC_PAGE_SIZE")
    pids = {pid for group in cluster.hosts.values() for name in group for pid in cluster.pids(name)}
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page for pid in pids) / 1e6


def slots(cluster: FlinkCluster) -> int:
    overview = rest(f"{cluster.jobmanagers[0]['url']}/overview")
    return overview["slots-total"] if overview else 0


def floor(cluster: FlinkCluster, commands: list[Any], work: Path) -> float:
    """Start everything at once with a shell script, as one would by hand; seconds until all slots are there."""
    script = ["#!/bin/sh"]
    for name, command, environment, directory in commands:
        words = " ".join(f"{key}={shlex.quote(value)}" for key, value in environment.items())
        script.append(
            f"(cd {shlex.quote(directory)} && exec env {words} {shlex.join(command)}) > {work}/{name}.out 2>&1 &"
        )
    script.append("wait")
    path = work / "start.sh"
    path.write_text("\n".join(script) + "\n")
    began = time.monotonic()
    process = subprocess.Popen(["/bin/sh", str(path)], start_new_session=True)
    try:
        wait(lambda: slots(cluster) >= 12, 180, "12 registered slots")
        return time.monotonic() - began
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def playbook(cluster: FlinkCluster, name: str, **extra: Any) -> tuple[float, int]:
    began = time.monotonic()
    run = cluster.playbook(name, **extra)
    seconds = time.monotonic() - began
    if run.code:
        raise SystemExit(run.text)
    return seconds, run.changed


def first_checkpoint(cluster: FlinkCluster, began: float, found: list[float], stop: threading.Event) -> None:
    """Note the moment at which the job has its first checkpoint, while site.yml goes on."""
    url = cluster.jobmanagers[0]["url"]
    while not stop.wait(0.1):
        for job in (rest(f"{url}/jobs") or {}).get("jobs", []):
            counts = (rest(f"{url}/jobs/{job['id']}/checkpoints") or {}).get("counts", {})
            if counts.get("completed"):
                found.append(time.monotonic() - began)
                return


def one_round(number: int, version: str) -> dict[str, float]:
    work = Path(tempfile.mkdtemp(prefix="bench-"))
    cluster = write_inventory(work / "inv", work / "base", f"bench-{number}", free_base(), flink_version=version)
    confirm = {"flink_reset_confirm": f"bench-{number}", "flink_reset_running_jobs": True}
    try:
        found: list[float] = []
        stop = threading.Event()
        began = time.monotonic()
        watcher = threading.Thread(target=first_checkpoint, args=(cluster, began, found, stop))
        watcher.start()
        whole, _changed = playbook(cluster, "site.yml")
        stop.set()
        watcher.join()
        again, changed = playbook(cluster, "site.yml")
        resident = memory(cluster)
        commands = programs(cluster.base_dir)
        saved = work / "saved"
        without = shutil.ignore_patterns("*.sock", "storage", "data")
        shutil.copytree(cluster.base_dir, saved, symlinks=True, ignore=without)
        playbook(cluster, "reset.yml", **confirm)
        shutil.move(saved, cluster.base_dir)
        for node in cluster.base_dir.glob("nodes/*/*"):
            (node / "data").mkdir(exist_ok=True)
        base = floor(cluster, [entry for entry in commands if "sql_gateway" not in entry[0]], work)
    finally:
        if (cluster.base_dir / "supervisor").exists():
            cluster.playbook("reset.yml", **confirm)
        shutil.rmtree(work, ignore_errors=True)
    return {
        "a_floor_s": base,
        "b_first_checkpoint_s": found[0],
        "b_site_s": whole,
        "c_site_again_s": again,
        "c_changed": changed,
        "resident_mb": resident,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--version", default="1.20.5")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    rounds = [one_round(number, given.version) for number in range(1, given.rounds + 1)]
    median = {key: statistics.median(entry[key] for entry in rounds) for key in rounds[0]}
    ratios = {
        "b/a": statistics.median(entry["b_first_checkpoint_s"] / entry["a_floor_s"] for entry in rounds),
        "c/a": statistics.median(entry["c_site_again_s"] / entry["a_floor_s"] for entry in rounds),
    }
    print(f"{'figure':<34}{'median':>10}{'ratio to a':>12}")
    for label, key, ratio in (
        ("a  shell script to 12 slots, s", "a_floor_s", None),
        ("b  site.yml to first checkpoint, s", "b_first_checkpoint_s", "b/a"),
        ("   site.yml to its end, s", "b_site_s", None),
        ("c  site.yml again, s", "c_site_again_s", "c/a"),
        ("   changed tasks in c", "c_changed", None),
        ("   resident memory, MB", "resident_mb", None),
    ):
        print(f"{label:<34}{median[key]:>10.1f}{(f'{ratios[ratio]:.2f}' if ratio else ''):>12}")
    report = {"version": given.version, "rounds": rounds, "median": median, "ratios": ratios}
    print(json.dumps(report))
    if given.json:
        given.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
