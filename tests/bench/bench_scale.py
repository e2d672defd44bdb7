"""How do time and memory of the controller grow with the number of hosts?

For each number of inventory hosts the controller reads the inventory, composes the configuration of every daemon and
checks it, as site.yml does before it changes anything; no host is asked. An empty play over the same hosts is measured
in the same run, round by round, so that what Ansible itself costs can be distinguished from what this collection costs.
The cost of a host is time of processors, of all processes that Ansible starts: what else runs on the machine does not
count. Prints medians, the cost of each host and a plot, and the same as JSON. Aim: the cost of a host is flat or falls.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from rich.console import Console
from rich.table import Table

REPO = Path(__file__).resolve().parents[2]
PLAY = Path(__file__).with_name("scale.yml")
EMPTY = [{"name": "Nothing", "hosts": "flink", "gather_facts": False, "tasks": [{"ansible.builtin.meta": "noop"}]}]
WIDTH = 40


def inventory(directory: Path, count: int) -> Path:
    """Three ZooKeeper servers, two JobManagers and as many TaskManagers as are left."""
    names = [f"node{number:03d}" for number in range(1, count + 1)]
    groups: dict[str, Any] = {
        "zookeeper": {"hosts": {name: {"zookeeper_myid": number} for number, name in enumerate(names[:3], 1)}},
        "jobmanagers": {"hosts": {name: {} for name in names[3:5]}},
        "taskmanagers": {"hosts": {name: {} for name in names[5:]}},
    }
    path = directory / f"hosts-{count}.yml"
    told = {"flink_cluster_name": "scale", "flink_storage_url": "s3://scale/flink", "flink_config": {"web.history": 7}}
    path.write_text(yaml.safe_dump({"flink": {"children": groups, "vars": told}}))
    return path


class Cost(NamedTuple):
    """Of one run of ansible-playbook: seconds by the clock and of processors, the largest resident memory in MB."""

    seconds: float
    processor: float
    memory: float


def measure(play: Path, hosts: Path) -> Cost:
    environment = {**os.environ, "ANSIBLE_CONFIG": str(REPO / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    # A shell of its own asks the kernel for the memory, so that one run does not count for the next.
    code = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)\n"
        "sys.stderr.write(done.stdout if done.returncode else '')\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss)\n"
    )
    playbook = Path(sys.executable).with_name("ansible-playbook")
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code, str(playbook), "-i", str(hosts), str(play)],
        env=environment,
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    status, processor, memory = done.stdout.split()
    if status != "0":
        raise SystemExit(f"ansible-playbook failed for {hosts.name}:\n{done.stderr}")
    return Cost(seconds, float(processor), int(memory) * resource_unit() / 1e6)


def resource_unit() -> int:
    """getrusage counts bytes on macOS and kilobytes elsewhere."""
    return 1 if sys.platform == "darwin" else 1024


def report(rows: list[dict[str, float]]) -> None:
    console = Console(width=130, highlight=False)
    table = Table(title="Configuration and checks on the controller, by number of hosts")
    for name in ("hosts", "seconds", "empty play", "own cost / host", "memory", "MB / host", ""):
        table.add_column(name, justify="left" if not name else "right")
    largest = max(row["host_ms"] for row in rows)
    for row in rows:
        table.add_row(
            f"{row['hosts']:.0f}",
            f"{row['seconds']:.1f} s",
            f"{row['empty']:.1f} s",
            f"{row['host_ms']:.0f} ms",
            f"{row['memory']:.0f} MB",
            f"{row['memory'] / row['hosts']:.1f}",
            "█" * max(1, round(WIDTH * row["host_ms"] / largest)),
        )
    console.print(table)
    first, last = rows[0], rows[-1]
    ratio = last["host_ms"] / first["host_ms"]
    verdict = "met" if ratio <= 1 else "MISSED"
    what = f"cost of a host with {last['hosts']:.0f} hosts / with {first['hosts']:.0f}"
    console.print(f"{what}: {ratio:.2f} (aim: 1 or less, {verdict})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, nargs="+", default=[10, 50, 100, 200])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-") as work:
        empty = Path(work) / "empty.yml"
        empty.write_text(yaml.safe_dump(EMPTY))
        for count in options.hosts:
            hosts = inventory(Path(work), count)
            pairs = [(measure(empty, hosts), measure(PLAY, hosts)) for _round in range(options.rounds)]
            rows.append(
                {
                    "hosts": float(count),
                    "seconds": statistics.median(own.seconds for _empty, own in pairs),
                    "empty": statistics.median(empty.seconds for empty, _own in pairs),
                    "host_ms": 1000
                    * statistics.median(own.processor - empty.processor for empty, own in pairs)
                    / count,
                    "memory": statistics.median(own.memory for _empty, own in pairs),
                }
            )
    report(rows)
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
