"""Variables that nothing reads, and values that cannot be used, wherever an inventory may hold them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from export import ROOT
from real_cluster import run_playbook

HOSTS = """
[zookeeper]
zk1 zookeeper_myd=1 flink_libraries='[{"artifact": "g:a:1", "chksum": "x"}]'

[jobmanagers]
jm1

[taskmanagers]
tm1

[flink:children]
zookeeper
jobmanagers
taskmanagers

[flink:vars]
ansible_connection=local
flink_jbs=[]
flink_savepoint_retention='{"keep": 3}'
"""
GROUP: dict[str, Any] = {
    "flink_jobs": [
        {"name": "count", "sql_file": "{{ flink_base_dir }}/count.sql", "paralellism": 3},
        {
            "name": "orders",
            "pipeline": {
                "source": {
                    "kind": "mysql-cdc",
                    "hostnme": "db",
                    "database": "d",
                    "username": "u",
                    "password": "canary",
                },
                "tables": ["orders"],
                "sink": {"kind": "csv", "directory": "/srv/out"},
            },
        },
    ],
    "flink_watchdog_alerts": {"receivers": [{"name": "chat", "kind": "slak", "url": "https://a.example.com"}]},
}
HOST = {"taskmanager_slots": "four", "flink_failover_profile": "quick", "flink_config": ["rest.port: 8081"]}
EXTRA = {"flink_versoin": "1.20.5", "monitoring_routes": {"crit": "chat"}}
SAID = (
    "flink_versoin is not a variable of this collection: did you mean flink_version?",
    "crit is not a key of monitoring_routes: did you mean critical?",
    "zookeeper_myd (inventory, host zk1) is not a variable of this collection: did you mean zookeeper_myid?",
    "entry 1 of flink_libraries: chksum is not a key of flink_libraries: did you mean checksum? (inventory, host zk1)",
    "flink_jbs (inventory, host zk1 and 2 more) is not a variable of this collection: did you mean flink_jobs?",
    "flink_savepoint_retention is not a dictionary: write its keys below it, one on a line, in a YAML file of the inve",
    "the job count: paralellism is not a key of flink_jobs: did you mean parallelism? (inventory, host zk1 and 2 more)",
    "the source of the pipeline orders (mysql-cdc) lacks hostname",
    "(mysql-cdc) has the unknown key hostnme: did you mean hostname?",
    "the receiver chat of flink_watchdog_alerts has the unknown kind 'slak': did you mean slack?",
    "taskmanager_slots is 'four', which is not a valid integer: write a whole number (inventory, host tm1)",
    "flink_failover_profile is 'quick', which is not one of its choices: write fast, balanced, stock (inventory, host",
    "flink_config is not a dictionary: write its keys below it",
)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the first task of a playbook says of all of them, without line breaks."""
    top = tmp_path_factory.mktemp("variables")
    for directory, name, given in (("group_vars", "flink", GROUP), ("host_vars", "tm1", HOST)):
        (top / directory).mkdir()
        (top / directory / f"{name}.yml").write_text(yaml.safe_dump(given))
    (top / "hosts.ini").write_text(HOSTS)
    run = run_playbook(str(ROOT / "playbooks" / "status.yml"), top / "hosts.ini", **EXTRA)
    assert run.code != 0
    return " ".join(run.text.split()).replace("''", "'")


@pytest.mark.parametrize("sentence", SAID)
def test_it_is_refused_by_the_first_task(output: str, sentence: str) -> None:
    assert sentence in output
    assert "canary" not in output
    assert "Traceback" not in output


def test_all_are_told_in_one_go_and_nothing_else_is_done(output: str, tmp_path: Path) -> None:
    assert output.count("FAILED!") == 1
    assert "ok=0 changed=0" in output
