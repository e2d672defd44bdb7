"""flink_service and the role service: daemons that outlive the playbook, under a real supervisord."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.processes import process

from real_cluster import FlinkCluster, PlaybookRun, eventually, run_playbook

pytestmark = pytest.mark.real
GOES_BESIDE_OTHERS = True

# Commands that need no Flink: what a service is does not matter to the role.
PLAYBOOK = """---
- name: Run a service on every TaskManager host
  hosts: taskmanagers
  gather_facts: false
  tasks:
    - name: Run it
      ansible.builtin.include_role:
        name: streamops.flink.service
      vars:
        service_name: sleeper
        service_command: ["/bin/sh", "-c", "echo started; sleep 1000 & wait"]
        service_environment: {GREETING: "it's 100% ; # done"}
        service_secrets: {PASSWORD: geheim}
        service_stop_timeout: 5 s
"""


class Services:
    """The playbook, and what it left on the machine."""

    def __init__(self, cluster: FlinkCluster, playbook: Path) -> None:
        self.cluster = cluster
        self.playbook = playbook
        self.supervisor_dir = cluster.base_dir / "supervisor"

    def run(self, *arguments: str, **extra: Any) -> PlaybookRun:
        return run_playbook(str(self.playbook), self.cluster.inventory, *arguments, **extra)

    def pids(self) -> dict[str, list[int]]:
        return {node: sorted(self.cluster.pids(node, "sleeper")) for node in self.cluster.hosts["taskmanagers"]}

    def supervisord(self) -> int:
        return int((self.supervisor_dir / "supervisord.pid").read_text())


@pytest.fixture(scope="module")
def services(new_cluster: Callable[..., FlinkCluster]) -> Iterator[Services]:
    planned = new_cluster()
    playbook = planned.inventory.parent / "service.yml"
    playbook.write_text(PLAYBOOK)
    found = Services(planned, playbook)
    yield found
    gone = found.run(service_state="absent")
    assert gone.code == 0, gone.trouble


@pytest.fixture
def running(services: Services) -> Services:
    run = services.run()
    assert run.code == 0, run.trouble
    eventually(
        lambda: all(len(pids) == 2 for pids in services.pids().values()), 15, "a shell and its child on each node"
    )
    return services


def test_three_nodes_share_one_supervisord_and_a_second_run_changes_nothing(running: Services) -> None:
    before = running.pids()
    again = running.run()
    foreseen = running.run("--check", "--diff")

    assert (again.code, again.changed) == (0, 0), again.trouble
    assert (foreseen.code, foreseen.changed) == (0, 0), foreseen.trouble
    assert running.pids() == before
    assert len(list(running.supervisor_dir.glob("conf.d/*.conf"))) == 3


def test_the_environment_arrives_and_output_goes_to_the_log(running: Services) -> None:
    pid = running.pids()["tm1"][0]
    environment = Path(f"/proc/{pid}/environ").read_text().split("\0")
    log = running.cluster.base_dir / "nodes/tm1/sleeper/log/sleeper.out"

    assert "GREETING=it's 100% ; # done" in environment
    assert "PASSWORD=geheim" in environment
    assert "started" in log.read_text()


def test_a_changed_digest_restarts_and_secrets_are_never_shown(running: Services) -> None:
    before = running.pids()
    changed = running.run("--diff", "-vvv", service_digest="2")

    assert (changed.code, changed.changed) == (0, 3), changed.text
    assert "+; digest: 2" in changed.text
    assert "geheim" not in changed.text.replace("geheim}", "")
    eventually(lambda: all(len(pids) == 2 for pids in running.pids().values()), 15, "new processes")
    assert all(not set(pids) & set(before[node]) for node, pids in running.pids().items())


def test_a_killed_service_is_started_again_by_itself(running: Services) -> None:
    before = running.pids()["tm2"]
    for pid in before:
        os.kill(pid, signal.SIGKILL)

    eventually(lambda: len(set(running.pids()["tm2"]) - set(before)) == 2, 15, "new processes of tm2")
    assert running.run().changed == 0


def test_services_that_a_killed_supervisord_left_are_started_anew_and_named(running: Services) -> None:
    before = running.pids()
    os.kill(running.supervisord(), signal.SIGKILL)

    run = running.run()

    assert (run.code, run.changed) == (0, 3), run.text
    assert run.text.count("ran without supervision") == 3
    eventually(lambda: all(len(pids) == 2 for pids in running.pids().values()), 15, "new processes, and only these")
    assert all(not set(pids) & set(before[node]) for node, pids in running.pids().items())
    assert running.run().changed == 0


def test_one_node_can_be_restarted_stopped_and_removed_alone(running: Services) -> None:
    before = running.pids()

    restarted = running.run("--limit", "tm1", service_state="restarted")
    assert (restarted.code, restarted.changed) == (0, 1), restarted.text
    eventually(lambda: len(running.pids()["tm1"]) == 2, 15, "tm1 again")
    assert not set(running.pids()["tm1"]) & set(before["tm1"])

    assert running.run("--limit", "tm1", service_state="stopped").changed == 1
    assert running.run("--limit", "tm1", service_state="stopped").changed == 0
    assert running.run("--limit", "tm1", service_state="absent").changed == 1
    assert running.pids() == {**before, "tm1": []}


def test_nothing_is_left_when_the_last_service_is_removed(running: Services) -> None:
    supervisord = running.supervisord()

    removed = running.run(service_state="absent")

    assert (removed.code, removed.changed) == (0, 3), removed.text
    assert not any(running.pids().values())
    assert process(supervisord) is None
    assert not running.supervisor_dir.exists()
    assert running.run(service_state="absent").changed == 0


def test_check_mode_foresees_services_and_starts_none(services: Services) -> None:
    services.run(service_state="absent")

    run = services.run("--check", "--diff")

    assert (run.code, run.changed) == (0, 3), run.text
    assert "+state: started" in run.text
    assert not services.supervisor_dir.exists()


def test_a_runtime_that_does_not_exist_is_refused_with_those_that_do(services: Services) -> None:
    run = services.run(flink_runtime="podman")

    assert run.code != 0
    assert run.changed == 0
    assert "podman" in run.text
    assert "process" in run.text
