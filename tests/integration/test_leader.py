"""flink_leader_info on a real cluster, before, during and after the death of its leader."""

from __future__ import annotations

import json
import os
import signal
import socket
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


def leader_info(cluster: FlinkCluster, **arguments: Any) -> dict[str, Any]:
    return ask(cluster, "streamops.flink.flink_leader_info", **arguments)


def test_the_leader_is_one_of_the_inventory_and_the_first_contender(cluster: FlinkCluster) -> None:
    found = leader_info(cluster, contenders=2, timeout=60)
    leader = found["leader"]
    assert {"name": leader["name"], "url": leader["url"]} in cluster.jobmanagers
    assert [one["leading"] for one in found["contenders"]] == [True, False]
    assert found["contenders"][0]["zookeeper_session"] == leader["zookeeper_session"]
    assert requests.get(f"{leader['url']}/overview", timeout=10).ok
    assert found["round_trips"] == {"rest": 0, "zookeeper": 3}


def test_a_leader_of_another_cluster_is_refused(cluster: FlinkCluster) -> None:
    found = leader_info(cluster, jobmanagers=[{"name": "jm9", "url": "http://127.0.0.1:1"}])
    assert found["failed"]
    assert "is not one of the inventory's JobManagers (jm9 http://127.0.0.1:1)" in found["msg"]


def test_a_cluster_that_does_not_exist_has_no_leader(cluster: FlinkCluster) -> None:
    found = leader_info(cluster, cluster_id="/no-such-cluster")
    assert found["failed"]
    assert found["msg"].startswith("no JobManager leads: ")


def test_a_zookeeper_that_is_not_there_is_said_so(cluster: FlinkCluster) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        found = leader_info(cluster, zookeeper_quorum=address)
    assert found["failed"]
    assert found["msg"].endswith(f"{address} refuses the connection: nothing listens there")
    assert "\n" not in found["msg"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_a_change_of_leader_is_followed(cluster: FlinkCluster, number: signal.Signals) -> None:
    before = leader_info(cluster, contenders=2, timeout=120)["leader"]
    cluster.kill(before["name"], number)

    # In the middle of the failover: the call waits for the new leader instead of failing.
    info = ask(cluster, "streamops.flink.flink_cluster_info", failover_timeout=120)
    assert not info["failed"], info["msg"]

    after = leader_info(cluster, changed_from=before["leader_session"], contenders=2, timeout=120)
    assert not after["failed"], after["msg"]
    assert after["leader"]["leader_session"] != before["leader_session"]
    assert after["leader"]["since"] > before["since"]
    assert {"name": after["leader"]["name"], "url": after["leader"]["url"]} in cluster.jobmanagers
