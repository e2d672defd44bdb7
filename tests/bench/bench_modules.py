"""What does a module cost that finds nothing to do, against ansible.builtin.ping on the same host?

One playbook runs ping and flink_leader_info, then ping and a flink_job without a change, again and again, so that each
is measured together with a ping of its own. Ansible itself takes the times, of whole tasks. Prints medians, the medians
of the ratios pair by pair, and how often each module of the collection asks the network.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from real_cluster import PLAYBOOK, REPO, FlinkCluster, free_base, write_inventory

NAME = "bench"
SCRIPT = """
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10');
CREATE TABLE seen (n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO seen SELECT n FROM numbers;
"""
# The first task of a module in a run also packs it.
WARM_UP = 2
# [host] play: the task's name, perhaps its arguments
TASK = re.compile(r"\] \S+: (\w+) (\w+) (\d+)")


def module(cluster: FlinkCluster, called: str, /, **arguments: Any) -> dict[str, Any]:
    answer = cluster.module(called, **arguments)
    if answer.get("failed"):
        raise SystemExit(f"{called}: {answer['msg']}")
    return answer


def declared(cluster: FlinkCluster) -> dict[str, Any]:
    return {"name": NAME, "sql": SCRIPT, "parallelism": 1, "sql_gateways": cluster.sql_gateways}


def calls(cluster: FlinkCluster) -> list[tuple[str, str, dict[str, Any]]]:
    """Each module of the collection that speaks to a cluster, where possible with nothing to do."""
    gateway = {"sql_gateways": cluster.sql_gateways}
    return [
        ("flink_leader_info", "", {}),
        ("flink_cluster_info", "", {}),
        ("flink_job", "no change", declared(cluster)),
        ("flink_job", "no change, suspended", {"name": "unknown", "state": "suspended"}),
        ("flink_job_info", "one job", {"name": NAME}),
        ("flink_checkpoint", "one checkpoint", {"name": NAME}),
        ("flink_savepoint", "listed", {"name": NAME, "state": "listed"}),
        ("flink_savepoint", "created", {"name": NAME}),
        ("flink_jar", "listed", {"state": "listed"}),
        ("flink_sql", "one query", {"sql": "SELECT 1 AS n;", **gateway}),
        ("zookeeper_info", "", {}),
    ]


def round_trips(cluster: FlinkCluster) -> list[dict[str, Any]]:
    return [
        {"module": name, "call": what, **module(cluster, name, **arguments)["round_trips"]}
        for name, what, arguments in calls(cluster)
    ]


def write_playbook(path: Path, cluster: FlinkCluster, rounds: int) -> None:
    tasks: list[dict[str, Any]] = []
    for number in range(rounds + WARM_UP):
        for label, task in (
            ("leader", {"streamops.flink.flink_leader_info": {}}),
            ("job", {"streamops.flink.flink_job": declared(cluster)}),
        ):
            tasks.append({"name": f"ping {label} {number}", "ansible.builtin.ping": {}})
            tasks.append(
                {"name": f"{label} {label} {number}", **task, "failed_when": "found is changed or found.failed"}
            )
            tasks[-1]["register"] = "found"
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "module_defaults": {"group/streamops.flink.flink": cluster.connection},
        "tasks": tasks,
    }
    path.write_text(yaml.safe_dump([play], sort_keys=False))


def run_playbook(playbook: Path, reports: Path) -> None:
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(REPO / "ansible.cfg"),
        "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit",
        "JUNIT_OUTPUT_DIR": str(reports),
        "ANSIBLE_NOCOLOR": "1",
    }
    done = subprocess.run(
        [str(PLAYBOOK), "-i", "localhost,", str(playbook)],
        cwd=REPO,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout[-3000:] + done.stderr[-3000:])


def seconds(reports: Path) -> dict[tuple[str, str], list[float]]:
    """The times of ('ping', 'leader'), ('leader', 'leader') and so on, in the order of the rounds."""
    found: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for report in reports.glob("*.xml"):
        for case in ElementTree.parse(report).iter("testcase"):
            task = TASK.search(case.attrib["name"])
            if task is not None:
                found.setdefault((task[1], task[2]), []).append((int(task[3]), float(case.attrib["time"])))
    return {key: [time for number, time in sorted(times) if number >= WARM_UP] for key, times in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--version", default="1.20.5")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="bench-"))
    cluster = write_inventory(work / "inv", work / "base", "bench-modules", free_base(), flink_version=given.version)
    try:
        run = cluster.playbook("site.yml")
        if run.code:
            raise SystemExit(run.text)
        report = measure(cluster, work, given.rounds)
    finally:
        cluster.playbook("reset.yml", flink_reset_confirm="bench-modules", flink_reset_running_jobs=True)
        shutil.rmtree(work, ignore_errors=True)
    show(report)
    print(json.dumps(report))
    if given.json:
        given.json.write_text(json.dumps(report, indent=2) + "\n")


def measure(cluster: FlinkCluster, work: Path, rounds: int) -> dict[str, Any]:
    module(cluster, "flink_job", **declared(cluster))
    playbook, reports = work / "bench.yml", work / "reports"
    reports.mkdir()
    write_playbook(playbook, cluster, rounds)
    run_playbook(playbook, reports)
    times = seconds(reports)
    figures = {}
    for label in ("leader", "job"):
        pings, modules = times["ping", label], times[label, label]
        figures[label] = {
            "ping_s": statistics.median(pings),
            "module_s": statistics.median(modules),
            "ratio": statistics.median(one / ping for one, ping in zip(modules, pings, strict=True)),
        }
    return {"rounds": rounds, "figures": figures, "round_trips": round_trips(cluster)}


def show(report: dict[str, Any]) -> None:
    print(f"{'module, nothing to do':<34}{'ping, s':>10}{'module, s':>11}{'ratio':>8}")
    for label, name in (("leader", "flink_leader_info"), ("job", "flink_job")):
        one = report["figures"][label]
        print(f"{name:<34}{one['ping_s']:>10.3f}{one['module_s']:>11.3f}{one['ratio']:>8.2f}")
    print(f"\n{'round trips':<34}{'REST':>10}{'ZooKeeper':>11}{'all':>8}")
    for one in report["round_trips"]:
        label = one["module"] + (f" ({one['call']})" if one["call"] else "")
        print(f"{label:<34}{one['rest']:>10}{one['zookeeper']:>11}{one['rest'] + one['zookeeper']:>8}")


if __name__ == "__main__":
    main()
