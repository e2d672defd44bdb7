"""A changed configuration is rolled through a running cluster: one at a time, the leader last, and the job goes on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import requests

from real_cluster import FlinkCluster, PlaybookRun

pytestmark = pytest.mark.real

GATE = "Gate | Wait until the cluster is whole again"


def restarted(run: PlaybookRun) -> list[str]:
    """The nodes in the order in which the roll came to them."""
    rolls = run.text.partition("PLAY [Decide what is restarted")[2].partition("PLAY [Verify the cluster")[0]
    return list(dict.fromkeys(re.findall(r"^changed: \[(\w+)\]", rolls, re.MULTILINE)))


def leader(cluster: FlinkCluster) -> str:
    return str(cluster.module("flink_leader_info", timeout=60.0)["leader"]["name"])


def the_job(cluster: FlinkCluster) -> dict[str, Any]:
    (job,) = (
        job
        for job in requests.get(f"{cluster.jobmanagers[0]['url']}/jobs/overview", timeout=10).json()["jobs"]
        if job["name"] == "transactions"
    )
    return dict(job)


def standby(cluster: FlinkCluster) -> str:
    return next(one["name"] for one in cluster.jobmanagers if one["name"] != leader(cluster))


# Every day it is a molecule scenario that tries this, on hosts of their own.
@pytest.mark.long
def test_a_change_goes_round_one_by_one_and_the_leader_comes_last(cluster: FlinkCluster) -> None:
    first, before = leader(cluster), the_job(cluster)
    other = standby(cluster)
    # For all tests that follow: a change back would go round once more.
    cluster.extra["flink_config"] = {"web.history": 7}
    planned = cluster.playbook("site.yml", "--check", "--diff")
    assert planned.code == 0, planned.trouble
    assert restarted(planned) == [other, first, "tm1", "tm2", "tm3"]
    assert leader(cluster) == first
    run = cluster.playbook("site.yml")
    assert run.code == 0, run.trouble
    assert restarted(run) == [other, first, "tm1", "tm2", "tm3"]
    assert run.text.count(GATE) == 5
    after = the_job(cluster)
    assert (after["jid"], after["state"], leader(cluster)) == (before["jid"], "RUNNING", other)


# Every day it is a molecule scenario that tries this, on hosts of their own.
@pytest.mark.long
def test_a_node_that_does_not_come_back_stops_the_roll_and_the_next_run_goes_on(
    cluster: FlinkCluster, tmp_path: Path
) -> None:
    before = the_job(cluster)
    options = {**cluster.variables["taskmanager_config"], "env.java.opts.taskmanager": "-javaagent:/no/such.jar"}
    run = cluster.playbook("site.yml", taskmanager_config=options, roll_timeout="30 s", flink_report_dir=str(tmp_path))
    assert run.code != 0
    said = " ".join(run.text.split())
    assert "The TaskManager tm1 was to be restarted, and the roll stops here" in said
    assert "Not registered: TaskManager tm1" in said
    assert list((tmp_path / "roll-tm1-taskmanager").iterdir())
    job = the_job(cluster)
    assert (job["jid"], job["state"]) == (before["jid"], "RUNNING")
    # Those that were not reached run with what is right again, so only the first one is left.
    repaired = cluster.playbook("site.yml")
    assert repaired.code == 0, repaired.trouble
    assert restarted(repaired) == ["tm1"]
    assert the_job(cluster)["jid"] == before["jid"]


def test_rolling_restart_restarts_what_it_is_asked_for_and_nothing_else(cluster: FlinkCluster) -> None:
    nodes = {"zk1": "zookeeper", "jm1": "jobmanager", "jm2": "jobmanager", "tm1": "taskmanager", "tm2": "taskmanager"}
    pids = {node: cluster.pids(node, daemon) for node, daemon in nodes.items()}
    run = cluster.playbook("rolling_restart.yml", "--limit", "tm1,jm1", flink_rolling_restart_daemons=["taskmanager"])
    assert run.code == 0, run.trouble
    assert restarted(run) == ["tm1"]
    assert {node for node, before in pids.items() if cluster.pids(node, nodes[node]) != before} == {"tm1"}


def test_the_gate_says_what_it_waits_for(cluster: FlinkCluster) -> None:
    nodes = [
        {
            "name": "tm9",
            "machine": "tm9",
            "address": "127.0.0.1",
            "daemons": ["taskmanager"],
            "ports": {},
            "myid": None,
            "resource_id": "tm9",
            "slots": 4,
            "node_dir": "/srv/tm9",
        }
    ]
    closed = cluster.module("flink_gate", nodes=nodes, timeout=1.0)
    assert "Not registered: TaskManager tm9" in closed["msg"]
    passed = cluster.module("flink_gate", nodes=nodes, excused=["tm9"], timeout=60.0)
    assert [job["name"] for job in passed["jobs"]] == ["transactions"]
    assert passed["jobs"][0]["checkpoint_id"] > 0


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("tm9", "the inventory has no such node"),
        ("jm2", "1 JobManager(s) would be left and there is none to take over"),
        ("zk1", "which is not a majority"),
        ("tm1,tm2,tm3", "the jobs use 2 slots and 0 would be left"),
    ],
)
def test_what_the_cluster_would_not_survive_is_not_removed(cluster: FlinkCluster, names: str, message: str) -> None:
    run = cluster.playbook("scale.yml", flink_scale_remove=names)
    assert run.code != 0
    assert run.changed == 0
    assert message in " ".join(run.text.split())


def test_a_taskmanager_that_would_be_taken_out_stays_and_nothing_says_that_it_has_gone(cluster: FlinkCluster) -> None:
    run = cluster.playbook("scale.yml", "--check", flink_scale_remove="tm3")
    assert run.code == 0, run.trouble
    assert "Nothing was changed in check mode: tm3 would be removed from cluster" in " ".join(run.text.split())
    assert "no longer belongs" not in run.text
    assert cluster.pids("tm3") != []


def test_a_taskmanager_is_taken_out_and_joins_again(cluster: FlinkCluster) -> None:
    before = the_job(cluster)
    run = cluster.playbook("scale.yml", flink_scale_remove="tm3")
    assert run.code == 0, run.trouble
    assert restarted(run) == ["tm3"]
    overview = requests.get(f"{cluster.jobmanagers[0]['url']}/overview", timeout=10).json()
    assert (overview["taskmanagers"], overview["slots-total"]) == (2, 8)
    assert cluster.pids("tm3") == []
    assert the_job(cluster)["jid"] == before["jid"]
    joined = cluster.playbook("site.yml")
    assert joined.code == 0, joined.trouble
    assert {host for host, figures in joined.stats.items() if figures["changed"]} == {"tm3"}
    overview = requests.get(f"{cluster.jobmanagers[0]['url']}/overview", timeout=10).json()
    assert (overview["taskmanagers"], overview["slots-total"]) == (3, 12)
