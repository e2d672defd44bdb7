"""flink_cluster_info and zookeeper_info on a real cluster, compared with other sources."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from real_cluster import FlinkCluster

pytestmark = pytest.mark.real

REPO = Path(__file__).resolve().parents[2]


def ask(cluster: FlinkCluster, module: str, **arguments: Any) -> dict[str, Any]:
    """Run one module on this machine, as a playbook would."""
    command = [str(Path(sys.executable).with_name("ansible")), "localhost", "--connection=local"]
    command += ["--extra-vars", json.dumps({"ansible_python_interpreter": sys.executable})]
    command += ["--module-name", module, "--args", json.dumps({**cluster.connection, **arguments})]
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(REPO / ".venv" / "collections"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_LOCALHOST_WARNING": "0",
    }
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=300)
    status, arrow, text = done.stdout.partition("=> ")
    assert arrow, done.stdout + done.stderr
    return {"failed": "FAILED" in status, **json.loads(text)}


def cluster_info(cluster: FlinkCluster, **arguments: Any) -> dict[str, Any]:
    return ask(cluster, "streamops.flink.flink_cluster_info", **arguments)


def zookeeper_info(cluster: FlinkCluster, **arguments: Any) -> dict[str, Any]:
    return ask(cluster, "streamops.flink.zookeeper_info", **arguments)


@pytest.fixture(scope="module")
def expected(cluster: FlinkCluster) -> dict[str, Any]:
    """What the REST API says, asked without the collection's own code."""
    answer = requests.get(f"{cluster.jobmanagers[0]['url']}/overview", timeout=10)
    return dict(answer.json())


def test_the_cluster_is_whole_and_its_jobmanagers_agree(cluster: FlinkCluster, expected: dict[str, Any]) -> None:
    found = cluster_info(cluster, taskmanagers=expected["taskmanagers"], slots=expected["slots-total"], timeout=120)
    assert not found["failed"], found["msg"]
    assert found["version"] == cluster.version
    assert found["slots"]["total"] == expected["slots-total"]
    assert found["drift"] == {}
    assert [(one["name"], one["reachable"]) for one in found["jobmanagers"]] == [
        (one["name"], True) for one in cluster.jobmanagers
    ]
    assert sum(one["leading"] for one in found["jobmanagers"]) == 1
    assert found["round_trips"] == {"rest": 4, "zookeeper": 3}


def test_taskmanagers_are_alive_and_known_by_name(cluster: FlinkCluster, expected: dict[str, Any]) -> None:
    found = cluster_info(cluster, taskmanagers=expected["taskmanagers"], timeout=120)["taskmanagers"]
    assert len({one["name"] for one in found}) == expected["taskmanagers"]
    assert all(0 <= one["heartbeat_age"] < 60 for one in found)
    assert all(one["process_memory"] > 2**28 for one in found)


def test_the_configuration_of_each_jobmanager_is_its_own(cluster: FlinkCluster) -> None:
    found = cluster_info(cluster, configuration=True)["jobmanagers"]
    ports = {one["configuration"]["rest.port"] for one in found}
    assert ports == {one["url"].rpartition(":")[2] for one in cluster.jobmanagers}
    assert {one["configuration"]["high-availability.cluster-id"] for one in found} == {cluster.cluster_id}


def test_taskmanagers_that_do_not_come_are_counted(cluster: FlinkCluster, expected: dict[str, Any]) -> None:
    found = cluster_info(cluster, taskmanagers=99, timeout=1)
    assert found["failed"]
    assert found["msg"].endswith(f"last seen: {expected['taskmanagers']} of 99 TaskManagers are registered")


def test_zookeeper_has_a_quorum(cluster: FlinkCluster) -> None:
    count = len(cluster.quorum.split(","))
    found = zookeeper_info(cluster, wait_for_quorum=True, servers=count, timeout=60)
    assert not found["failed"], found["msg"]
    assert (found["quorum"], found["serving"]) == (True, count)
    assert all(one["serving"] and one["version"] and one["znodes"] > 0 for one in found["servers"])
    assert found["leader"] in cluster.quorum.split(",")


def test_a_zookeeper_that_is_away_is_told_and_fails_only_who_waits_for_it(cluster: FlinkCluster) -> None:
    quorum = f"{cluster.quorum},127.0.0.1:1"
    found = zookeeper_info(cluster, zookeeper_quorum=quorum)
    assert not found["failed"]
    assert found["servers"][-1]["error"].endswith("refuses the connection: nothing listens there")
    count = len(quorum.split(","))
    assert zookeeper_info(cluster, zookeeper_quorum=quorum, servers=count)["failed"]
