"""Injects random faults into a cluster that works, until so many have been survived or one has not.

An embedded cluster with three ZooKeeper servers, on ports and in a directory of its own, runs the demo pipeline and is
fed all the time. playbooks/drill.yml draws the faults, the moments between them, and judges each; after each every row
that went in is compared with what came out. The watchdog is awake, in no window of maintenance: what it does or reports
while no fault is at work is a false alarm. The cluster is removed in the end. The same seed repeats the same faults:
what a failure needs to be looked at is kept in reports/soak. On a cluster that is there already,
make drill ARGS='-e flink_drill_random=30 -e flink_drill_seed=7' does the same.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "support"), str(Path(sys.prefix) / "collections")]

from real_cluster import PLAYBOOK, REPO, FlinkCluster, free_base, with_quorum, write_inventory
from receivers import HttpReceiver

# Of all faults, whatever else a drill learns to inject: a seed always draws the same ones.
DRAWN = [
    "leader_terminate",
    "leader_kill",
    "leader_freeze",
    "standby_kill",
    "taskmanager_kill",
    "taskmanager_freeze",
    "zookeeper_kill",
    "zookeeper_outage",
    "disk_full",
    "all_jobmanagers_kill",
]
# What is proved is that faults are survived; how fast is what bench-failover measures.
QUICK = {
    "drill_before_time": "2 s",
    "drill_watch_time": "3 s",
    "drill_limit_factor": 4.0,
    "drill_ready_timeout": "180 s",
}
AWAKE = {"drill_maintenance_enabled": False}
TOLD = re.compile(r"msg: '?(.+: (?:passed|failed|refused|skipped|aborted)\b.*)")


def drill(cluster: FlinkCluster, options: dict[str, Any], log: Path) -> int:
    """playbooks/drill.yml with its verdicts as they come."""
    command = [str(PLAYBOOK), "-i", str(cluster.inventory), str(REPO / "playbooks" / "drill.yml")]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(REPO / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    with (
        log.open("w") as kept,
        subprocess.Popen(
            [*command, "-e", json.dumps(options)],
            cwd=REPO,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as play,
    ):
        assert play.stdout is not None
        number = 0
        for line in play.stdout:
            kept.write(line)
            if found := TOLD.search(line):
                number += 1
                print(f"{number:3} {found[1]}", flush=True)
    return play.returncode


def rows(cluster: FlinkCluster) -> dict[str, Any]:
    """Every row that went in against every row that came out, once more when all is over."""
    demo = cluster.base_dir / "demo"
    program = REPO / "roles" / "demo" / "files" / "check.py"
    done = subprocess.run(
        [sys.executable, str(program), str(demo / "in"), str(demo / "out"), "--wait", "120"],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return dict(json.loads(done.stdout))


def keep_logs(cluster: FlinkCluster, place: Path) -> None:
    for log in cluster.base_dir.glob("nodes/*/*/log"):
        shutil.copytree(log, place / "logs" / log.relative_to(cluster.base_dir / "nodes"), dirs_exist_ok=True)


class Alarms(NamedTuple):
    """What watchdogs have done to jobs, and whom they have told what, during a fault and at all other times."""

    caused: list[str]
    false: list[str]


def alarms(cluster: FlinkCluster, faults: Sequence[Mapping[str, Any]]) -> Alarms:
    """A fault is at work from its injection to the end of its watch."""
    windows = [(one["injected"], one["ended"]) for one in faults if one.get("injected")]
    found = Alarms([], [])
    for path in cluster.base_dir.glob("nodes/*/guardian/watchdog/watchdog.log"):
        for line in path.read_text().splitlines():
            one = json.loads(line) if line.startswith("{") else {}
            told = one.get("event") == "alert_sent" and one["status"] == "firing"
            if told or one.get("decision") in {"act", "page"}:
                caused = any(begin <= one["at"] <= end for begin, end in windows)
                (found.caused if caused else found.false).append(json.dumps(one))
    return found


def soak(cluster: FlinkCluster, options: argparse.Namespace, place: Path) -> str:
    """What is wrong; nothing when all was survived."""
    deployed = cluster.playbook("site.yml")
    if deployed.code:
        return deployed.trouble
    told = {"flink_drill_faults": DRAWN, "flink_drill_random": options.faults, "flink_drill_seed": options.seed}
    told |= {"drill_directory": str(place), **QUICK, **AWAKE}
    code = drill(cluster, told, place / "drill.log")
    written = place / "result.json"
    if not written.is_file():
        return f"the drill broke off, see {place / 'drill.log'}"
    faults = json.loads(written.read_text())["faults"]
    found = rows(cluster)
    for (name, status), number in sorted(Counter((one["name"], one["status"]) for one in faults).items()):
        print(f"{name:24} {status:8} {number}")
    lost, doubled = found["missing"], found["doubled"]
    caused, false = alarms(cluster, faults)
    print(f"{len(faults)} faults, {found['rows_in']} rows, {lost} lost, {doubled} doubled", flush=True)
    print(f"{len(false)} false alarms of the watchdog, {len(caused)} alarms with a cause", flush=True)
    for one in caused:
        print(f"    {one}", flush=True)
    wrong = [f"{one['name']}: {one['status']}: {one['reason']}" for one in faults if one["status"] != "passed"]
    if code and not wrong:
        wrong = [f"the drill ended with {code}, see {place / 'drill.log'}"]
    wrong += [f"the watchdog has acted or told without a cause: {one}" for one in false]
    if not found["ok"]:
        wrong.append(f"the rows are not what went in: {json.dumps(found)}")
    if len(faults) != options.faults:
        wrong.append(f"{len(faults)} of {options.faults} faults were injected")
    return "; ".join(wrong)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--flink", default="1.20.5", help="the version of Flink")
    options = parser.parse_args()
    name = f"soak-{options.seed}"
    place = REPO / "reports" / "soak" / f"seed-{options.seed}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="soak-") as directory:
        work = Path(directory)
        with HttpReceiver() as receiver:
            hook = {"receivers": [{"name": "hook", "kind": "webhook", "url": receiver.url}]}
            variables = {
                "flink_version": options.flink,
                "zookeeper_heap": "64m",
                "flink_start_timeout": "900 s",
                "flink_watchdog_alerts": hook,
            }
            cluster = with_quorum(write_inventory(work / "inv", work / "base", name, free_base(), **variables))
            try:
                wrong = soak(cluster, options, place)
                if wrong:
                    keep_logs(cluster, place)
            finally:
                cluster.playbook("reset.yml", flink_reset_confirm=name, flink_reset_running_jobs=True)
    if wrong:
        raise SystemExit(
            f"{wrong}\nAll that was seen is in {place}."
            f" To repeat it: make soak FAULTS={options.faults} SEED={options.seed}"
        )


if __name__ == "__main__":
    main()
