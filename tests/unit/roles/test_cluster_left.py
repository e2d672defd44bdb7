"""What a node that was taken out leaves goes; what others keep on its machine, and the cluster's state, stays."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from real_cluster import run_playbook

PLAY = """
- name: Take nodes out
  hosts: flink
  gather_facts: false
  roles:
    - role: streamops.flink.cluster
      run_once: true
  tasks:
    - name: Remove what they have left
      ansible.builtin.include_role:
        name: streamops.flink.cluster
        tasks_from: left
      vars:
        cluster_left_nodes: [guest, state, pair1]
"""
# Which of them have a machine of their own; pair2 stays in the cluster, on the machine of pair1.
MACHINES = {"guest": "m2", "state": "m3", "pair1": "m4", "pair2": "m4"}


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The base directory of every machine, after the nodes have gone."""
    top = tmp_path_factory.mktemp("left")
    hosts: dict[str, dict[str, str]] = {}
    for name, machine in MACHINES.items():
        base = top / machine
        for directory in ("flink-1.20.5/lib", "cache", "overlays", f"nodes/{name}/taskmanager"):
            (base / directory).mkdir(parents=True, exist_ok=True)
        hosts[name] = {"flink_machine": machine, "flink_base_dir": str(base)}
    (top / "m2/nodes/other/taskmanager").mkdir(parents=True)
    (top / "m3/shared/storage/ha").mkdir(parents=True)
    hosts["state"]["flink_storage_dir"] = str(top / "m3/shared/storage")
    told = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    inventory, playbook = top / "hosts.yml", top / "left.yml"
    inventory.write_text(yaml.safe_dump({"flink": {"children": {"taskmanagers": {"hosts": hosts}}, "vars": told}}))
    playbook.write_text(PLAY)
    run = run_playbook(str(playbook), inventory)
    assert run.code == 0, run.text
    return {name: top / machine for name, machine in MACHINES.items()}


def test_what_another_cluster_uses_stays(bases: dict[str, Path]) -> None:
    assert sorted(path.name for path in bases["guest"].iterdir()) == ["cache", "flink-1.20.5", "nodes", "overlays"]
    assert [path.name for path in (bases["guest"] / "nodes").iterdir()] == ["other"]


def test_the_state_of_the_cluster_stays(bases: dict[str, Path]) -> None:
    assert [path.name for path in bases["state"].iterdir()] == ["shared"]
    assert (bases["state"] / "shared/storage/ha").is_dir()


def test_a_machine_with_another_node_of_the_cluster_keeps_what_that_one_needs(bases: dict[str, Path]) -> None:
    assert (bases["pair2"] / "flink-1.20.5/lib").is_dir()
    assert [path.name for path in (bases["pair2"] / "nodes").iterdir()] == ["pair2"]
