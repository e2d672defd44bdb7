"""The leadership of a JobManager that is dead is released at once; that of one that might be alive never."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from real_cluster import FlinkCluster, eventually, run_module

pytestmark = pytest.mark.real


def lead(cluster: FlinkCluster, **arguments: Any) -> dict[str, Any]:
    found = cluster.module("flink_leader_info", contenders=2, timeout=120, **arguments)
    assert not found.get("failed"), found
    return found


def journal(cluster: FlinkCluster, node: str) -> list[dict[str, Any]]:
    """What the guardian of a node has written."""
    path = cluster.base_dir / "nodes" / node / "guardian" / "guardian.log"
    return [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]


def released(cluster: FlinkCluster, node: str, session: str) -> list[dict[str, Any]]:
    return [one for one in journal(cluster, node) if one["event"] == "released" and session in one["sessions"]]


def known(cluster: FlinkCluster, node: str, session: str) -> bool:
    """Whether the guardian has learnt whose the session is."""
    return any(one["event"] == "learnt" and session in one["sessions"] for one in journal(cluster, node))


def processes_of(cluster: FlinkCluster, node: str) -> int:
    """The only process of a JobManager."""
    (pid,) = eventually(lambda: cluster.pids(node, "jobmanager"), 60, f"the JobManager {node}")
    return int(pid)


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that does nothing for a while, and is killed afterwards: it must not go on where it was."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGKILL)


def check_standby_leads(cluster: FlinkCluster, before: dict[str, Any]) -> dict[str, Any]:
    """The standby leads, the job is the same, and the one that came back waits."""
    after = lead(cluster, changed_from=before["leader"]["leader_session"])
    standby = next(one["name"] for one in cluster.jobmanagers if one["name"] != before["leader"]["name"])
    assert after["leader"]["name"] == standby
    assert [one["leading"] for one in after["contenders"]] == [True, False]
    return after


def jobs_of(cluster: FlinkCluster) -> list[str]:
    answer = cluster.module("flink_job_info")
    assert not answer.get("failed"), answer
    return sorted(job["job_id"] for job in answer["jobs"] if job["state"] == "RUNNING")


def test_a_leader_that_is_killed_is_released_long_before_its_session_ends(cluster: FlinkCluster) -> None:
    before, jobs = lead(cluster), jobs_of(cluster)
    leader, session = before["leader"]["name"], before["leader"]["zookeeper_session"]
    eventually(lambda: known(cluster, leader, session), 60, "the guardian knows the leader's session")
    os.kill(processes_of(cluster, leader), signal.SIGKILL)
    check_standby_leads(cluster, before)
    (done,) = released(cluster, leader, session)
    # The latch and every address that the leader had published: those of its parts, and of each job.
    assert sum("/latch/" in path for path in done["nodes"]) == 1
    assert len([path for path in done["nodes"] if path.endswith("/connection_info")]) >= 3
    # Far below the session, which is the soonest that ZooKeeper itself would have noticed.
    assert done["seconds"] < 5
    eventually(lambda: jobs_of(cluster) == jobs, 120, "the same jobs run again")


def test_a_standby_that_is_killed_loses_its_place_at_once_and_the_leader_stays(cluster: FlinkCluster) -> None:
    before = lead(cluster)
    waiting = before["contenders"][1]["zookeeper_session"]
    standby = next(one["name"] for one in cluster.jobmanagers if one["name"] != before["leader"]["name"])
    eventually(lambda: known(cluster, standby, waiting), 60, "the guardian knows the standby's session")
    os.kill(processes_of(cluster, standby), signal.SIGKILL)
    (done,) = eventually(lambda: released(cluster, standby, waiting), 30, "the release of the standby")
    assert all("/latch/" in path for path in done["nodes"])
    after = lead(cluster)
    assert after["leader"] == before["leader"]
    assert waiting not in [one["zookeeper_session"] for one in after["contenders"]]


def test_a_frozen_leader_is_never_released(cluster: FlinkCluster) -> None:
    before, jobs = lead(cluster), jobs_of(cluster)
    leader, session = before["leader"]["name"], before["leader"]["zookeeper_session"]
    with stopped(processes_of(cluster, leader)):
        # Its session has to time out: only then another may lead.
        cluster.module("flink_leader_info", changed_from=before["leader"]["leader_session"], timeout=120)
        assert released(cluster, leader, session) == []
        assert [one["event"] for one in journal(cluster, leader)][-1] != "died"
    check_standby_leads(cluster, before)
    eventually(lambda: jobs_of(cluster) == jobs, 120, "the same jobs run again")


def test_a_guardian_that_dies_with_its_leader_releases_it_when_it_is_back(cluster: FlinkCluster) -> None:
    before = lead(cluster)
    leader, session = before["leader"]["name"], before["leader"]["zookeeper_session"]
    eventually(lambda: known(cluster, leader, session), 60, "the guardian knows the leader's session")
    (guardian,) = cluster.pids(leader, "guardian")
    os.kill(guardian, signal.SIGKILL)
    os.kill(processes_of(cluster, leader), signal.SIGKILL)
    check_standby_leads(cluster, before)
    assert released(cluster, leader, session)


def supervisor(cluster: FlinkCluster, action: str, daemon: str) -> None:
    """What a daemon that is stopped by hand causes."""
    names = [f"{node}-{daemon}" for node in cluster.hosts[daemon]]
    conf = cluster.base_dir / "supervisor" / "supervisord.conf"
    program = Path(sys.executable).with_name("supervisorctl")
    done = subprocess.run([str(program), "-c", str(conf), action, *names], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def lost(cluster: FlinkCluster, node: str) -> int:
    """How often a JobManager has given up its session."""
    logs = (cluster.base_dir / "nodes" / node / "jobmanager" / "log").glob("*-standalonesession-*.log*")
    return sum(path.read_text(errors="replace").count("State change: LOST") for path in logs)


def test_no_two_lead_when_zookeeper_was_away_for_longer_than_a_session(cluster: FlinkCluster) -> None:
    """By itself Flink has two leaders afterwards, indefinitely: CURATOR-696."""
    before, jobs = lead(cluster), jobs_of(cluster)
    leader = before["leader"]["name"]
    given_up = lost(cluster, leader)
    supervisor(cluster, "stop", "zookeeper")
    try:
        eventually(lambda: lost(cluster, leader) > given_up, 120, "the end of the leader's session")
    finally:
        supervisor(cluster, "start", "zookeeper")
    deposed = eventually(
        lambda: [one for one in journal(cluster, leader) if one["event"] == "deposed"], 60, "the end of its leadership"
    )
    assert before["leader"]["zookeeper_session"] in deposed[-1]["sessions"]
    # The standby may have lost its session too: then its turn to lead without a latch comes next.
    after = eventually(lambda: by_right(cluster), 120, "a leader that owns the first latch")
    eventually(lambda: jobs_of(cluster) == jobs, 120, "the same jobs run again")
    # Two that lead put their addresses in each other's place without end.
    assert lead(cluster)["leader"] == after["leader"]
    now = datetime.now(UTC)
    eventually(lambda: judged(cluster) > now, 90, "a watchdog that is active")


def judged(cluster: FlinkCluster) -> datetime:
    """When a watchdog has last said what it thinks of the cluster."""
    told = cluster.module("flink_status")["status"]["watchdog"]["at"]
    return datetime.fromisoformat(told)


def by_right(cluster: FlinkCluster) -> dict[str, Any] | None:
    """Who leads and owns the first latch, while another one waits behind."""
    found = cluster.module("flink_leader_info", contenders=2, timeout=5)
    leading = [one["leading"] for one in found.get("contenders", ())]
    return found if not found.get("failed") and leading == [True, False] else None


def test_the_archive_on_the_hosts_is_the_one_of_the_controller(cluster: FlinkCluster, tmp_path: Path) -> None:
    built = run_module("flink_guardian_archive", directory=str(tmp_path))
    for node in ("jm1", "jm2"):
        copied = cluster.base_dir / "nodes" / node / "guardian" / "guardian.pyz"
        assert copied.read_bytes() == Path(built["path"]).read_bytes()
