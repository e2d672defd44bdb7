"""Check mode on hosts where nothing exists: it ends, says what would be done, and claims nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from export import ROOT
from real_cluster import PlaybookRun, run_playbook

PLAY = """
- name: Install packages
  hosts: all
  gather_facts: false
  tasks:
    - name: Install them
      ansible.builtin.include_role:
        name: streamops.flink.{role}
        tasks_from: {tasks}
"""
# As dpkg-query does it: a line for each package that is known, and 1 when one of them is not.
DPKG_QUERY = """#!/bin/sh
shift 3
code=0
for package; do
  case " $KNOWN " in *" $package "*) echo installed;; *" -$package "*) echo config-files;; *) code=1;; esac
done
exit $code
"""


def run(directory: Path, role: str, tasks: str, **variables: Any) -> PlaybookRun:
    told = {
        "ansible_connection": "local",
        # Without python3-apt: the module apt cannot look.
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        # The role cluster has nothing to read here.
        "__cluster_nodes": [],
        "flink_machine_first": True,
    }
    (directory / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"h1": {**told, **variables}}}}))
    (directory / "play.yml").write_text(PLAY.format(role=role, tasks=tasks))
    return run_playbook(str(directory / "play.yml"), directory / "hosts.yml", "--check")


@pytest.fixture(autouse=True)
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dpkg-query").write_text(DPKG_QUERY)
    (tmp_path / "dpkg-query").chmod(0o755)
    # Without apt-get nothing can be installed by itself.
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")


@pytest.mark.parametrize(
    ("known", "wanted", "changed"),
    [
        ("", ["a"], 1),
        ("a", ["a"], 0),
        ("a", ["a", "b"], 1),
        ("a b", ["a=1.2-3", "b"], 0),
        # Removed, and its configuration is still there.
        ("-a", ["a"], 1),
    ],
)
def test_packages_that_are_missing_would_be_installed_without_python3_apt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: str, wanted: list[str], changed: int
) -> None:
    monkeypatch.setenv("KNOWN", known)
    done = run(tmp_path, "cluster", "packages", cluster_packages=wanted)
    assert (done.code, done.changed) == (0, changed), done.text


def test_all_roles_install_packages_of_debian_that_way() -> None:
    """What needs python3-apt in check mode is in one file, which is not reached then."""
    files = [path for path in (ROOT / "roles").rglob("tasks/*.yml") if "ansible.builtin.apt:" in path.read_text()]
    assert [str(path.relative_to(ROOT)) for path in files] == ["roles/cluster/tasks/packages.yml"]
    (task,) = [one for one in yaml.safe_load(files[0].read_text()) if "ansible.builtin.apt" in one]
    assert task["when"] == "not ansible_check_mode"


def last(playbook: str) -> Any:
    """The last thing that a playbook says."""
    plays = yaml.safe_load((ROOT / "playbooks" / f"{playbook}.yml").read_text())
    return [task for play in plays for task in play.get("tasks", []) if "ansible.builtin.debug" in task][-1]


SPOKEN = """
- name: Speak
  hosts: all
  gather_facts: false
  tasks:
    - name: Say it
      ansible.builtin.debug: {debug}
      vars: {given}
"""


@pytest.mark.parametrize(
    ("arguments", "said", "unsaid"),
    [
        (
            ["--check"],
            "Nothing was changed in check mode: tm3, tm4 would be removed from cluster payments.",
            "no longer",
        ),
        ([], "tm3, tm4 no longer belongs to cluster payments: take it out of the inventory", "check mode"),
    ],
)
def test_scale_says_that_a_node_has_gone_only_when_it_has(
    tmp_path: Path, arguments: list[str], said: str, unsaid: str
) -> None:
    (tmp_path / "play.yml").write_text(SPOKEN.format(debug=last("scale")["ansible.builtin.debug"], given={}))
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"h1": {}}}}))
    given = {"flink_scale_nodes": ["tm3", "tm4"], "flink_cluster_name": "payments"}
    text = " ".join(run_playbook(str(tmp_path / "play.yml"), tmp_path / "hosts.yml", *arguments, **given).text.split())
    assert said in text
    assert unsaid not in text


def test_site_says_what_it_would_start(tmp_path: Path) -> None:
    plays = yaml.safe_load((ROOT / "playbooks" / "site.yml").read_text())
    (task,) = [
        one
        for play in plays
        for one in play.get("tasks", [])
        if one["name"] == "Say what would be done where there is no cluster yet"
    ]
    play = SPOKEN.format(debug=task["ansible.builtin.debug"], given=task["vars"])
    (tmp_path / "play.yml").write_text(play)
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"h1": {}}}}))
    given = {
        "flink_cluster_name": "payments",
        "flink_version": "1.20.5",
        "flink_nodes": [
            {"name": "jm1", "daemons": ["zookeeper", "jobmanager"]},
            {"name": "tm1", "daemons": ["taskmanager"]},
        ],
        "flink_jobs": [{"name": "count"}, {"name": "old", "state": "absent"}, {"name": "sum", "state": "running"}],
        "__flink_playbook": {"flink_site_jobs_enabled": True},
    }
    done = run_playbook(str(tmp_path / "play.yml"), tmp_path / "hosts.yml", "--check", **given)
    text = " ".join(done.text.split())
    assert done.code == 0, done.text
    for said in (
        "Nothing was changed in check mode. No JobManager of the cluster payments runs yet",
        "jm1 with zookeeper, jobmanager",
        "tm1 with taskmanager",
        "Jobs that would be started: count, sum",
    ):
        assert said in text
