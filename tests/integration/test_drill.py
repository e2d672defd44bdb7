"""Faults are injected into a running cluster, removed, and judged from what was seen.

playbooks/drill.yml is run as people run it; flink_drill_plan, flink_fault and flink_drill_watch do the work in it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from real_cluster import PLAYBOOK, REPO, FlinkCluster, PlaybookRun, eventually

pytestmark = pytest.mark.real

FAULTS = [
    "standby_kill",
    "leader_terminate",
    "leader_kill",
    "leader_freeze",
    "taskmanager_kill",
    "taskmanager_freeze",
]
# Other tests may have made the machine busy; what is tested here is that faults are survived, not how fast.
QUICK = {"drill_before_time": "3 s", "drill_watch_time": "3 s", "drill_limit_factor": 4.0}


# What is run every day; all that a cluster of processes can do takes some minutes.
SHORT = ["leader_kill", "taskmanager_kill"]


@pytest.fixture(
    scope="module", params=[pytest.param(SHORT, id="short"), pytest.param(FAULTS, id="all", marks=pytest.mark.long)]
)
def faults(request: pytest.FixtureRequest) -> list[str]:
    return list(request.param)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drill")


@pytest.fixture(scope="module")
def run(cluster: FlinkCluster, report: Path, faults: list[str]) -> PlaybookRun:
    return cluster.playbook("drill.yml", flink_drill_faults=faults, drill_directory=str(report), **QUICK)


@pytest.fixture
def results(run: PlaybookRun, report: Path) -> dict[str, dict[str, Any]]:
    written = report / "result.json"
    assert written.is_file(), run.trouble
    return {one["name"]: one for one in json.loads(written.read_text())["faults"]}


def leader(cluster: FlinkCluster) -> str:
    return str(cluster.module("flink_leader_info", timeout=60.0)["leader"]["name"])


def bring(cluster: FlinkCluster, node: str, state: str) -> None:
    """Stop or start a JobManager on its host."""
    arguments = {
        "runtime": "process",
        "name": f"{node}-jobmanager",
        "service_id": f"{cluster.variables['flink_cluster_name']}/{node}/jobmanager",
        "supervisor_dir": f"{cluster.base_dir}/supervisor",
        "state": state,
    }
    subprocess.run(
        [sys.executable, str(REPO / "plugins" / "modules" / "flink_service.py")],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        env={**os.environ, "PYTHONPATH": str(REPO / ".venv" / "collections")},
        stdout=subprocess.DEVNULL,
        text=True,
        timeout=120,
        check=True,
    )


def process_ids(cluster: FlinkCluster) -> dict[str, list[int]]:
    return {name: cluster.pids(name) for name in ("zk1", "jm1", "jm2", "tm1", "tm2", "tm3")}


def test_the_drill_is_passed_and_says_so_with_its_exit_code(
    run: PlaybookRun, results: dict[str, dict[str, Any]], faults: list[str]
) -> None:
    assert {name: (one["status"], one["reason"]) for name, one in results.items()} == dict.fromkeys(
        faults, ("passed", "")
    )
    assert run.code == 0, run.trouble


def test_the_four_reports_are_written(run: PlaybookRun, report: Path) -> None:
    assert sorted(path.name for path in report.glob("drill.*")) == ["drill.html", "drill.json", "drill.md", "drill.xml"]
    assert run.code == 0 or "is not passed" in run.text


def test_every_promise_was_judged_and_nothing_was_lost(results: dict[str, dict[str, Any]]) -> None:
    for name, one in results.items():
        assert (name, [check for check in one["checks"] if check["passed"] is not True]) == (name, [])
        assert one["rows"]["expected"] > 500
        assert (one["rows"]["lost"], one["rows"]["doubled"]) == (0, 0)
        assert all(job["name"] == "transactions" for job in one["jobs"])
        assert all(time_of["seconds"] <= time_of["limit"] for time_of in one["times"])


def test_the_job_came_back_from_its_last_checkpoint(results: dict[str, dict[str, Any]]) -> None:
    for name in results.keys() - {"standby_kill"}:
        (job,) = results[name]["jobs"]
        assert job["restored_id"] >= job["last_checkpoint_before"] > 0, name


def test_another_jobmanager_leads_from_the_fault_on(results: dict[str, dict[str, Any]]) -> None:
    for one in (one for name, one in results.items() if name.startswith("leader_")):
        spans = one["timeline"]["leaders"]
        assert next(span["name"] for span in spans) == one["target"]["host"]
        assert len({span["name"] for span in spans}) == 2
        assert any(event["at"] == 0 for event in one["timeline"]["events"])


def test_a_cluster_that_is_not_whole_is_left_alone(cluster: FlinkCluster, report: Path) -> None:
    first = leader(cluster)
    standby = next(one["name"] for one in cluster.jobmanagers if one["name"] != first)
    bring(cluster, standby, "stopped")
    before = process_ids(cluster)
    try:
        refused = cluster.playbook(
            "drill.yml",
            flink_drill_faults="leader_kill",
            drill_directory=str(report / "unfit"),
            drill_ready_timeout="5 s",
            **QUICK,
        )
        assert (refused.code != 0, process_ids(cluster)) == (True, before), refused.trouble
        (told,) = json.loads((report / "unfit" / "result.json").read_text())["faults"]
        assert (told["status"], told["injected"]) == ("refused", None)
        assert f"JobManager {standby} does not answer" in told["reason"]
        assert leader(cluster) == first
    finally:
        bring(cluster, standby, "started")
        cluster.module("flink_leader_info", contenders=2, timeout=60.0)


def test_a_cluster_in_production_wants_its_name_typed(cluster: FlinkCluster, report: Path) -> None:
    before = process_ids(cluster)
    refused = cluster.playbook(
        "drill.yml", flink_drill_faults="leader_kill", drill_production=True, drill_directory=str(report / "production")
    )
    assert refused.code != 0
    assert f"flink_drill_confirm={cluster.variables['flink_cluster_name']}" in " ".join(refused.text.split())
    assert process_ids(cluster) == before
    assert not (report / "production").exists()


def test_check_mode_says_what_would_be_hit_and_hits_nothing(cluster: FlinkCluster, report: Path) -> None:
    before = process_ids(cluster)
    told = cluster.playbook(
        "drill.yml", "--check", "-v", flink_drill_faults="leader_kill", drill_directory=str(report / "rehearsal")
    )
    assert told.code == 0, told.trouble
    assert any(f"pid: {pid}" in told.text for pid in cluster.pids(leader(cluster), "jobmanager"))
    assert process_ids(cluster) == before


def test_a_fault_is_removed_when_the_drill_is_killed(cluster: FlinkCluster, report: Path) -> None:
    victim = leader(cluster)
    place = report / "killed"
    options = {
        "flink_drill_faults": ["leader_freeze"],
        "drill_directory": str(place),
        "drill_lease_time": "10 s",
        **QUICK,
    }
    command = [str(PLAYBOOK), "-i", str(cluster.inventory), str(REPO / "playbooks" / "drill.yml")]
    with subprocess.Popen(
        [*command, "-e", json.dumps({**cluster.extra, **options})],
        cwd=REPO,
        env={**os.environ, "ANSIBLE_CONFIG": str(REPO / "ansible.cfg")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as play:
        try:
            (before, *_more) = eventually(lambda: frozen(cluster, victim), 90, "the leader is frozen")
        finally:
            # The play with all that it has started in the foreground.
            os.killpg(play.pid, signal.SIGKILL)
    # Only the host itself is left to remove it.
    eventually(lambda: before not in cluster.pids(victim), 40, "the frozen leader is killed")
    eventually(lambda: not (cluster.base_dir / "drill").exists(), 20, "the record of the fault is gone")
    eventually(lambda: cluster.pids(victim, "jobmanager"), 20, "another process takes its place")
    # The watch that is left ends as well, and with it the process that feeds rows.
    (place / "leader_freeze" / "stop").touch()
    eventually(lambda: not (place / "leader_freeze" / "running").exists(), 15, "the watch ends")
    cluster.module("flink_leader_info", contenders=2, timeout=60.0)
    # Its window of maintenance ends by itself, but not before other tests want the watchdog.
    ended = cluster.module("flink_maintenance", name="drill", state="absent")
    assert ended["changed"] is True


def frozen(cluster: FlinkCluster, node: str) -> list[int]:
    """The processes of a JobManager that are stopped by a signal."""
    return [pid for pid in cluster.pids(node, "jobmanager") if state_of(pid) == "T"]


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
