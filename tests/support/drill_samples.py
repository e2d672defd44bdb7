"""Results of drills as the role hands them to the report: made up, but with the figures of a small real cluster."""

from __future__ import annotations

import platform
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Result = dict[str, Any]
START = datetime(2026, 11, 21, 21, 0, 0, 123000, tzinfo=UTC)
JOB = "8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e"
LABELS = {
    "leader": "to the new leader",
    "running": "to RUNNING",
    "row": "to the first row after the fault",
    "checkpoint": "to a new checkpoint",
    "stalled": "longest time without a row",
}


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def time(name: str, seconds: float | None, limit: float | None) -> Result:
    passed = limit is None or (seconds is not None and seconds <= limit)
    return {
        "name": name,
        "label": LABELS[name],
        "seconds": seconds,
        "limit": limit,
        "passed": passed,
    }


def check(name: str, label: str, detail: str = "", *, passed: bool | None = True) -> Result:
    return {"name": name, "label": label, "passed": passed, "detail": detail}


def spans(key: str, *steps: tuple[float, Any], end: float) -> list[Result]:
    """(0, "a"), (2, None), (3, "b") becomes blocks; None is a gap."""
    edges = [*(at for at, _what in steps[1:]), end]
    return [
        {"from": at, "to": until, key: what} for (at, what), until in zip(steps, edges, strict=True) if what is not None
    ]


def rows(seed: int, end: float, stalls: list[tuple[float, float]], *, mean: float = 480.0) -> list[list[float]]:
    """A steady stream that stops during the stalls and catches up after each."""
    noise = random.Random(seed)
    found: list[list[float]] = []
    for step in range(-19, round(end * 2) + 1):
        at = step / 2
        rate = mean + noise.uniform(-40, 40)
        for start, until in stalls:
            missed = min(at, until) - max(at - 0.5, start)
            if missed > 0:
                rate *= 1 - missed / 0.5
            elif 0 <= at - 0.5 - until < 1.0:
                rate *= 1 + min(until - start, 3.0) * 0.6
        found.append([at, round(rate, 1)])
    return found


def checkpoints(first: int, times: list[float], failed: tuple[float, ...] = ()) -> list[Result]:
    return [
        {"at": at, "job": "transactions", "id": first + index, "status": "FAILED" if at in failed else "COMPLETED"}
        for index, at in enumerate(times)
    ]


def fault(name: str, after: float, lasted: float, **more: Any) -> Result:
    began = START + timedelta(seconds=after)
    injected = began + timedelta(seconds=10)
    return {
        "name": name,
        "title": name,
        "what": "",
        "target": {"host": "jm1", "service": "jobmanager", "pid": 4711},
        "status": "passed",
        "reason": "",
        "began": iso(began),
        "injected": iso(injected),
        "removed": None,
        "ended": iso(injected + timedelta(seconds=lasted)),
        "times": [],
        "checks": [],
        "rows": None,
        "jobs": [],
        "timeline": None,
    } | more


def job(restored: int | None, before: int) -> Result:
    return {
        "id": JOB,
        "name": "transactions",
        "restored_from": f"file:/srv/flink/checkpoints/{JOB}/chk-{restored}" if restored else "",
        "restored_id": restored,
        "last_checkpoint_before": before,
    }


def leader_kill() -> Result:
    end = 75.2
    return fault(
        "leader_kill",
        0,
        end,
        title="Kill the leading JobManager",
        what="SIGKILL to process 4711 of jobmanager on jm1",
        times=[
            time("leader", 0.21, 3),
            time("running", 1.14, 10),
            time("row", 1.32, 10),
            time("checkpoint", 3.08, 20),
            time("stalled", 1.41, 10),
        ],
        checks=[
            check("one_leader", "exactly one leader, and the same for the minute after", "jm2 from 0.2 s on"),
            check("same_job", "the job kept its id", JOB),
            check("restored", "restored from the last checkpoint before the fault", "checkpoint 12"),
            check("checkpoints", "two new checkpoints completed", "13 and 14"),
            check("standby", "the returned node is standby", "jm1 contends again since 6.4 s"),
            check("finished", "finished jobs did not rise again"),
            check("rows", "no row lost, none doubled", "40,812 rows compared"),
        ],
        rows={"expected": 40812, "lost": 0, "doubled": 0},
        jobs=[job(12, 12)],
        timeline={
            "from": -10.0,
            "to": end,
            "fault": {"from": 0.0, "to": 0.0},
            "leaders": spans("name", (-10, "jm1"), (0.05, None), (0.21, "jm2"), end=end),
            "rest": spans("ok", (-10, True), (0.05, False), (0.31, True), end=end),
            "jobs": {
                "transactions": spans(
                    "state",
                    (-10, "RUNNING"),
                    (0.05, "UNKNOWN"),
                    (0.31, "INITIALIZING"),
                    (0.42, "CREATED"),
                    (0.58, "DEPLOYING"),
                    (1.14, "RUNNING"),
                    end=end,
                )
            },
            "rows": {"transactions": rows(1, end, [(-0.09, 1.32)])},
            "checkpoints": checkpoints(9, [-9.2, -7.2, -5.2, -3.2, 3.08, *(5.1 + 2 * n for n in range(35))]),
            "taskmanagers": [[-10.0, 3], [0.05, 0], [0.36, 2], [0.41, 3]],
            "events": [
                {"at": 0.0, "text": "SIGKILL to jm1 (4711)"},
                {"at": 0.12, "text": "the guardian of jm1 released its latch and leader nodes"},
                {"at": 1.2, "text": "supervisor started jm1 again"},
                {"at": 6.4, "text": "jm1 contends for leadership again"},
            ],
        },
    )


def taskmanager_freeze() -> Result:
    end = 92.0
    return fault(
        "taskmanager_freeze",
        100,
        end,
        title="Freeze a TaskManager that runs tasks",
        what="SIGSTOP to process 4802 of taskmanager on tm2, SIGCONT after 30 s",
        target={"host": "tm2", "service": "taskmanager", "pid": 4802},
        status="failed",
        reason="",
        removed=iso(START + timedelta(seconds=140)),
        times=[
            time("running", 27.6, 25),
            time("row", 27.9, 27),
            time("checkpoint", 31.4, 45),
            time("stalled", 28.1, 30),
        ],
        checks=[
            check("one_leader", "exactly one leader, and the same for the minute after", "jm2 all the time"),
            check("same_job", "the job kept its id", JOB),
            check("restored", "restored from the last checkpoint before the fault", "checkpoint 51"),
            check("checkpoints", "two new checkpoints completed", "52 and 53"),
            check("left_behind", "nothing left behind", "process 4802 on tm2 stayed stopped for 0.6 s", passed=False),
            check("rows", "no row lost, none doubled", "the job has no sequence to compare", passed=None),
        ],
        jobs=[job(51, 51)],
        timeline={
            "from": -10.0,
            "to": end,
            "fault": {"from": 0.0, "to": 30.0},
            "leaders": spans("name", (-10, "jm2"), end=end),
            "rest": spans("ok", (-10, True), end=end),
            "jobs": {
                "transactions": spans(
                    "state",
                    (-10, "RUNNING"),
                    (25.1, "FAILING"),
                    (25.4, "RESTARTING"),
                    (26.5, "DEPLOYING"),
                    (27.6, "RUNNING"),
                    end=end,
                )
            },
            "rows": {"transactions": rows(2, end, [(0.1, 27.9)])},
            "checkpoints": checkpoints(
                48, [-9.4, -7.4, -5.4, -3.4, -1.4, 0.6, *(31.4 + 2 * n for n in range(30))], failed=(0.6,)
            ),
            "taskmanagers": [[-10.0, 3], [25.1, 2], [33.2, 3]],
            "events": [
                {"at": 0.0, "text": "SIGSTOP to tm2 (4802)"},
                {"at": 25.1, "text": "heartbeat of tm2 timed out"},
                {"at": 30.0, "text": "SIGCONT to tm2 (4802)"},
                {"at": 30.6, "text": "tm2 ended itself: it had been declared dead"},
                {"at": 33.2, "text": "tm2 registered again"},
            ],
        },
    )


def zookeeper_kill() -> Result:
    end = 68.0
    return fault(
        "zookeeper_kill",
        210,
        end,
        title="Kill the leading ZooKeeper server",
        what="SIGKILL to process 4650 of zookeeper on zk2",
        target={"host": "zk2", "service": "zookeeper", "pid": 4650},
        times=[time("stalled", 0.24, 3), time("checkpoint", 1.2, 20)],
        checks=[
            check("one_leader", "exactly one leader, and the same for the minute after", "jm2 all the time"),
            check("no_restart", "no job was restarted", "transactions: 0 restarts"),
            check("checkpoints", "two new checkpoints completed", "83 and 84"),
            check("rows", "no row lost, none doubled", "37,401 rows compared"),
        ],
        rows={"expected": 37401, "lost": 0, "doubled": 0},
        jobs=[job(None, 82)],
        timeline={
            "from": -10.0,
            "to": end,
            "fault": {"from": 0.0, "to": 0.0},
            "leaders": spans("name", (-10, "jm2"), end=end),
            "rest": spans("ok", (-10, True), end=end),
            "jobs": {"transactions": spans("state", (-10, "RUNNING"), end=end)},
            "rows": {"transactions": rows(3, end, [(0.02, 0.26)])},
            "checkpoints": checkpoints(78, [-8.8 + 2 * n for n in range(38)]),
            "taskmanagers": [[-10.0, 3]],
            "events": [
                {"at": 0.0, "text": "SIGKILL to zk2 (4650)"},
                {"at": 0.3, "text": "zk3 leads the ensemble"},
                {"at": 1.1, "text": "supervisor started zk2 again"},
                {"at": 2.0, "text": "zk2 follows"},
            ],
        },
    )


def partition() -> Result:
    return fault(
        "partition",
        300,
        0,
        title="Cut the leader off from ZooKeeper",
        status="skipped",
        reason="the runtime process cannot part nodes from each other; systemd and docker can",
        target={"host": "jm2", "service": "jobmanager", "pid": None},
        injected=None,
    )


def all_jobmanagers_kill() -> Result:
    end = 12.4
    return fault(
        "all_jobmanagers_kill",
        310,
        end,
        title="Kill all JobManagers at once",
        what="SIGKILL to 2 processes of jobmanager on jm1 and jm2",
        status="aborted",
        reason="jm2 could not be reached any more while its process was awaited: connection timed out",
        times=[time("leader", None, 12), time("running", None, 20)],
        checks=[check("one_leader", "exactly one leader, and the same for the minute after", "not seen", passed=None)],
        timeline={
            "from": -10.0,
            "to": end,
            "fault": {"from": 0.0, "to": 0.0},
            "leaders": spans("name", (-10, "jm2"), (0.05, None), end=end),
            "rest": spans("ok", (-10, True), (0.05, False), end=end),
            "jobs": {"transactions": spans("state", (-10, "RUNNING"), (0.05, "UNKNOWN"), end=end)},
            "rows": {},
            "checkpoints": [],
            "taskmanagers": [[-10.0, 3], [0.05, 0]],
            "events": [{"at": 0.0, "text": "SIGKILL to jm1 (4999) and jm2 (5011)"}],
        },
    )


def drill(*faults: Result, **more: Any) -> Result:
    """A whole result, which passed when no fault failed."""
    ended = max((one["ended"] for one in faults if "ended" in one), default=iso(START))
    return {
        "format": 1,
        "title": "Failover drill of local",
        "cluster": "local",
        "cluster_id": "/local",
        "flink_version": "1.20.5",
        "runtime": "process",
        "profile": "balanced",
        "started": iso(START),
        "ended": ended,
        "seed": None,
        "passed": all(one["status"] in ("passed", "skipped") for one in faults),
        "faults": list(faults),
    } | more


def passed() -> Result:
    return drill(leader_kill(), zookeeper_kill(), partition())


def failed() -> Result:
    return drill(leader_kill(), taskmanager_freeze(), zookeeper_kill(), partition(), all_jobmanagers_kill())


def bench() -> Result:
    """What the bench has measured of both sides on this machine."""
    return {
        "format": 1,
        "host": platform.node(),
        "machine": "2 cores, x86_64",
        "measured": "2026-11-20T04:00:00Z",
        "flink_version": "1.20.5",
        "rounds": 5,
        "medians": {
            "leader_kill": {
                "stock": {"leader": 37.71, "row": 38.1, "running": 38.11, "checkpoint": 41.14},
                "balanced": {"leader": 0.53, "row": 1.52, "running": 1.51, "checkpoint": 2.28},
                "fast": {"leader": 0.56, "row": 1.53, "running": 1.51, "checkpoint": 2.21},
            },
            "zookeeper_kill": {
                "stock": {"leader": None, "row": 2.2, "running": 2.17, "checkpoint": 3.9},
                "balanced": {"leader": None, "row": 0.0, "running": 0.0, "checkpoint": 4.1},
            },
        },
    }


def main(directory: str) -> None:
    """Write the reports of both, to look at them."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".venv" / "collections"))
    from ansible_collections.streamops.flink.plugins.filter.drill import flink_drill_reports

    templates = str(Path(__file__).resolve().parents[2] / "roles" / "drill" / "templates")
    for name, result in (("passed", passed()), ("failed", failed())):
        for ending, text in flink_drill_reports(result, templates, bench()).items():
            path = Path(directory) / f"{name}.{ending}"
            path.write_text(text, encoding="utf-8")
            print(path, f"{len(text):,}")


if __name__ == "__main__":
    main(sys.argv[1])
