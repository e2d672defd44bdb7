"""What travels to a host with each task is small: a module carries what it uses, and nothing of what it does not."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml

import payload
from export import ROOT

GROUPS: dict[str, list[str]] = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))[
    "action_groups"
]
NODE, CLUSTER = GROUPS["node"], GROUPS["flink"]

# The most files and lines of the library, a little above what is needed now. Before one is raised, check whether the
# module uses what it carries, and whether that cannot be lower.
MOST_ON_A_NODE = (12, 2250)
MOST_OF_A_CLUSTER = (35, 6350)
# Modules that ask ZooKeeper or Flink and know nothing of declared jobs.
MOST_WITHOUT_JOBS = (22, 3550)
WITHOUT_JOBS = {
    "flink_cluster_info",
    "flink_ha_repair",
    "flink_leader_info",
    "flink_maintenance",
    "zookeeper_info",
}
SPECIAL = {
    # The catalogue of Flink's options, half of it; the quoting for the start scripts; the class that asks Flink's own.
    "flink_config": (16, 3300),
    # Fetching, verifying and assembling a product.
    "flink_distribution": (21, 3350),
    # Backups in a directory, in pieces and in a bucket.
    "flink_backup": (16, 2100),
    # Both of the runtimes that run on a node itself.
    "flink_service": (14, 2350),
    # The record of an upgrade, and nothing of its phases.
    "flink_cluster_id": (29, 4650),
    # What a drill watches and judges.
    "flink_drill_plan": (36, 6350),
    "flink_drill_watch": (38, 6650),
    # What a host tells for a bundle, and nothing of the cluster.
    "flink_support_files": (6, 750),
    # The page shows what a gate need not know: daemons that only their hosts can be asked for, failed jobs.
    "flink_status": (37, 6600),
    # They stop jobs.
    "flink_job_archive": (41, 7300),
    "flink_savepoint": (37, 6600),
    "flink_upgrade": (49, 9250),
    # All that can be done with a job, and the catalogue of options.
    "flink_job": (51, 10600),
}
# Of the packages, what any module of a node may carry, and what one carries because it is its own.
ON_NODES = {"_backup", "_base", "_config", "_drill", "_install", "_module.py", "_pipelines", "_runtime"}
OWN = {
    "flink_checkpoint_prune": {"_jobs"},
    "flink_guardian_archive": {"_guardian"},
    "flink_ha_storage_info": {"_ha"},
    "flink_preflight": {"_preflight"},
    "flink_support_files": {"_operations"},
}


def most(module: str) -> tuple[int, int]:
    if module in SPECIAL:
        return SPECIAL[module]
    if module in NODE:
        return MOST_ON_A_NODE
    return MOST_WITHOUT_JOBS if module in WITHOUT_JOBS else MOST_OF_A_CLUSTER


def test_the_rules_name_only_modules_that_exist() -> None:
    assert not {*WITHOUT_JOBS, *SPECIAL, *OWN} - {*NODE, *CLUSTER}


def test_what_is_counted_is_what_ansible_packs() -> None:
    some = ["flink_cluster_id", "flink_config", "flink_job"]
    command = [sys.executable, payload.__file__, *some]
    packed = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    assert packed == {name: payload.carried(name) for name in some}


@pytest.mark.parametrize("module", [*NODE, *CLUSTER])
def test_a_module_carries_little(module: str) -> None:
    found = payload.carried(module)
    files, lines = most(module)
    assert len(found) <= files, f"{module} carries {len(found)} files, more than {files}: {', '.join(sorted(found))}"
    assert sum(found.values()) <= lines, f"{module} carries {sum(found.values())} lines, more than {lines}"


@pytest.mark.parametrize("module", NODE)
def test_a_module_of_a_node_carries_nothing_of_the_cluster(module: str) -> None:
    packages = {name.partition("/")[0] for name in payload.carried(module)}
    assert packages <= ON_NODES | OWN.get(module, set())


@pytest.mark.parametrize("module", sorted(WITHOUT_JOBS))
def test_a_module_that_knows_no_jobs_carries_nothing_of_them(module: str) -> None:
    assert not [name for name in payload.carried(module) if name.startswith("_jobs/")]
