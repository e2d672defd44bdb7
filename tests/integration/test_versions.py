"""Every day a short look at each of the other versions; all tests of the modules run on them in `make test-long`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import promql
from counting import build, check, good
from real_cluster import OTHERS, FlinkCluster

pytestmark = [
    pytest.mark.real,
    # The first test of a version deploys its cluster.
    pytest.mark.parametrize("flink", OTHERS, indirect=True, scope="session"),
]
GOES_BESIDE_OTHERS = True

NAME = "short"
COUNT = """
CREATE TABLE numbers (n BIGINT, k AS MOD(n, 10)) WITH ('connector' = 'datagen', 'rows-per-second' = '50');
CREATE TABLE counts (k BIGINT, amount BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO counts SELECT k, COUNT(*) FROM numbers GROUP BY k;
"""


def test_the_cluster_tells_about_itself(flink: FlinkCluster) -> None:
    leader = good(flink.module("flink_leader_info", contenders=2, timeout=60.0))["leader"]
    assert {"name": leader["name"], "url": leader["url"]} in flink.jobmanagers
    info = good(flink.module("flink_cluster_info", taskmanagers=1, slots=4, timeout=60.0))
    assert (info["version"], info["drift"]) == (flink.version, {})
    assert good(flink.module("zookeeper_info"))["quorum"] is True


def test_a_job_lives(flink: FlinkCluster) -> None:
    wish = {"name": NAME, "sql": COUNT, "parallelism": 1, "sql_gateways": flink.sql_gateways}
    good(flink.module("flink_job", **wish))
    same = good(flink.module("flink_job", **wish))
    assert same["changed"] is False
    assert sum(same["round_trips"].values()) <= 4
    assert good(flink.module("flink_checkpoint", name=NAME))["checkpoint"]["id"] > 0
    made = good(flink.module("flink_savepoint", name=NAME))["savepoint_path"]
    upgraded = good(flink.module("flink_job", **{**wish, "sql": COUNT.replace("'50'", "'60'")}))
    assert upgraded["restored_from"] == upgraded["savepoint_path"] != made
    (info,) = good(flink.module("flink_job_info", name=NAME))["jobs"]
    assert (info["flink_state"], info["restored_from"]["path"]) == ("RUNNING", upgraded["savepoint_path"])
    assert good(flink.module("flink_savepoint", state="absent", path=made))["changed"] is True
    good(flink.module("flink_job", name=NAME, state="absent"))
    query = {"sql": "SHOW CATALOGS; SELECT 1 AS n;", "sql_gateways": flink.sql_gateways}
    assert good(flink.module("flink_sql", **query))["rows"] == [{"n": 1}]


def test_another_parallelism_alone_rescales_the_running_job_where_the_scheduler_can(flink: FlinkCluster) -> None:
    wish = {"name": "wide", "sql": COUNT, "parallelism": 1, "sql_gateways": flink.sql_gateways}
    before = good(flink.module("flink_job", **wish))
    wider = good(flink.module("flink_job", **{**wish, "parallelism": 2}))
    if flink.variables.get("flink_scheduler") == "adaptive":
        assert (wider["action"], wider["job_id"]) == ("rescale", before["job_id"])
    else:
        assert wider["action"] == "upgrade"
    (info,) = good(flink.module("flink_job_info", name="wide"))["jobs"]
    assert max(one["parallelism"] for one in info["vertices"]) == 2
    assert good(flink.module("flink_job", **{**wish, "parallelism": 2}))["changed"] is False
    good(flink.module("flink_job", name="wide", state="absent"))


@pytest.fixture
def jar_job(flink: FlinkCluster, tmp_path: Path) -> dict[str, Any]:
    return {
        "name": f"counting-{os.getpid()}",
        "jar": str(build(flink, tmp_path / "counting.jar")),
        "arguments": ["--output", f"file://{tmp_path}/out"],
        "configuration": {"execution.checkpointing.interval": "3 s"},
        "cache_dir": str(tmp_path / "cache"),
        "parallelism": 1,
    }


def test_every_metric_of_rules_and_dashboards_is_there(flink: FlinkCluster, jar_job: dict[str, Any]) -> None:
    wanted = promql.asked(promql.every_rule(flink.version), promql.DASHBOARDS) - {"up"} - promql.BACKUPS
    zookeeper = promql.of_zookeeper(wanted)
    assert len(zookeeper) > 5
    assert len(wanted) > 60
    if not any("zookeeper_metrics_port" in server for server in flink.hosts["zookeeper"].values()):
        wanted -= zookeeper
    # Under a name of its own: the next one of the same name would go on where this one has ended.
    job = {**jar_job, "name": "measured"}
    good(flink.module("flink_job", **job))
    try:
        promql.await_export(wanted, lambda: promql.exported(flink))
    finally:
        good(flink.module("flink_job", name=job["name"], state="absent"))


def test_a_savepoint_that_is_none_neither_starts_a_job_nor_stops_the_next_leader(
    flink: FlinkCluster, jar_job: dict[str, Any], tmp_path: Path
) -> None:
    """Flink 2.3 remembers a job that could not be initialised in a way that kills the next leader and all after it."""
    missing = flink.module("flink_job", **jar_job, savepoint_path=f"file://{tmp_path}/nothing")
    assert "there is no such directory" in missing["msg"]
    assert flink.module("flink_job_info", name=jar_job["name"])["jobs"] == []

    # This one looks like a savepoint, so only Flink can find that it is none.
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "_metadata").write_bytes(b"\x49\x60\x67\x2e\0\0\0\x03 not what it says")
    damaged = flink.module("flink_job", **jar_job, savepoint_path=f"file://{tmp_path}/damaged")
    assert damaged["failed"] is True, damaged
    assert "Unexpected magic number" in damaged["msg"]
    left = [path.parent.name for path in flink.base_dir.glob("storage/ha/**/*_DIRTY.json")]
    assert all(name.endswith(".quarantine") for name in left), left

    before = good(flink.module("flink_leader_info"))["leader"]
    flink.kill_daemon(before["name"], "jobmanager")
    after = good(flink.module("flink_leader_info", changed_from=before["leader_session"], contenders=2, timeout=180.0))[
        "leader"
    ]
    assert after["leader_session"] != before["leader_session"]
    good(flink.module("flink_job", **jar_job))
    good(flink.module("flink_job", name=jar_job["name"], state="suspended"))
    assert check(tmp_path / "out").ok
