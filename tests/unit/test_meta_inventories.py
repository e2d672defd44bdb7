"""The inventories that come with the collection use names that exist, and describe clusters that preflight accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager
from ansible_collections.streamops.flink.plugins.module_utils._config import inventory as _inventory
from ansible_collections.streamops.flink.plugins.module_utils._install import versions as _versions
from ansible_collections.streamops.flink.plugins.module_utils._preflight import inventory as _checks

REPO = Path(__file__).resolve().parents[2]
INVENTORIES = sorted(path.parent for path in (REPO / "inventories").glob("*/hosts.yml"))
OWN = ("ansible_", "local_", "docker_")


def options() -> set[str]:
    names: set[str] = set()
    for path in (REPO / "roles").glob("*/meta/argument_specs.yml"):
        for entry in yaml.safe_load(path.read_text())["argument_specs"].values():
            names |= set(entry.get("options") or {})
    return names


def host_variables(path: Path) -> tuple[dict[str, list[str]], dict[str, dict[str, Any]]]:
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(path)])
    variables = VariableManager(loader=loader, inventory=inventory)
    hosts = {host.name: variables.get_vars(host=host) for host in inventory.get_hosts("flink")}
    return inventory.get_groups_dict(), hosts


@pytest.mark.parametrize("path", INVENTORIES, ids=lambda path: path.name)
def test_every_variable_is_one_of_a_role(path: Path) -> None:
    known = options()
    told = set(yaml.safe_load((path / "group_vars" / "flink.yml").read_text()))
    for host in host_variables(path)[1].values():
        told |= {name for name in host if name.startswith(("flink_", "zookeeper_", "jobmanager_", "taskmanager_"))}
    assert sorted(name for name in told - known if not name.startswith(OWN)) == []


@pytest.mark.parametrize("path", INVENTORIES, ids=lambda path: path.name)
def test_preflight_has_nothing_against_the_nodes(path: Path) -> None:
    groups, hosts = host_variables(path)
    nodes = _inventory.nodes(groups, hosts, {"base_dir": "/srv/flink"})
    assert len(nodes) >= 6
    told = yaml.safe_load((path / "group_vars" / "flink.yml").read_text())
    described = _checks.ClusterDescription(
        cluster_id=f"/{path.name}",
        version=told.get("flink_version", "1.20.5"),
        runtime=told["flink_runtime"],
        runtimes=[one.stem.removeprefix("runtime_") for one in (REPO / "roles/service/tasks").glob("runtime_*.yml")],
        storage_url=told.get("flink_storage_url", f"file://{told.get('flink_storage_dir', '/srv/flink')}"),
        storage_shared=told["flink_storage_shared"],
        zookeeper_source="maven",
    )
    assert _checks.inventory_problems(nodes, described, _versions.java_versions) == []
