"""The filter that checks an inventory."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.streamops.flink.plugins.filter.inventory import FilterModule as InventoryFilters
from ansible_collections.streamops.flink.plugins.filter.preflight import FilterModule

INVENTORY = InventoryFilters().filters()
FILTERS = FilterModule().filters()
check = FILTERS["flink_inventory_problems"]
CLUSTER: dict[str, Any] = {
    "cluster_id": "/payments",
    "version": "1.20.5",
    "runtime": "process",
    "runtimes": ["process"],
    "storage_url": "file:///srv/flink",
}


def test_the_filter_returns_sentences() -> None:
    assert "the group zookeeper of the inventory is empty: put at least one host into it" in check([], **CLUSTER)


def test_the_versions_are_those_that_the_catalogue_knows() -> None:
    found = check([], **{**CLUSTER, "version": "0.9.1"})

    assert any(problem.startswith("flink_version: ") and "0.9.1" in problem for problem in found)


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(AnsibleFilterError, match=r"flink_inventory_problems: .*'storage_url'"):
        check([], **{key: value for key, value in CLUSTER.items() if key != "storage_url"})


def test_memory_comes_from_the_hosts_and_from_the_collections_defaults() -> None:
    nodes = [{"name": "tm1", "daemons": ["taskmanager"]}, {"name": "zk1", "daemons": ["zookeeper"]}]

    found = FILTERS["flink_memory_needs"](nodes, {"tm1": {"taskmanager_memory_process_size": "2g"}, "zk1": {}})

    assert found == {"taskmanager of tm1": "2g", "zookeeper of zk1": "256m"}


def test_an_ensemble_that_exists_needs_no_hosts_but_its_servers_named() -> None:
    existing = {**CLUSTER, "zookeeper_source": "existing"}
    assert not [one for one in check([], **existing, zookeeper_quorum="zk:2181") if "zookeeper" in one]
    assert any("flink_zookeeper_quorum is empty" in one for one in check([], **existing))
    groups = {"zookeeper": ["zk1"]}
    nodes = INVENTORY["flink_nodes"](groups, {"zk1": {"zookeeper_myid": 1}}, {})
    found = check(nodes, **existing, zookeeper_quorum="zk:2181")
    assert any("the group zookeeper has hosts (zk1), but zookeeper_source is existing" in one for one in found)


def test_an_unknown_source_of_zookeeper_is_named() -> None:
    found = check([], **CLUSTER, zookeeper_source="snap")
    assert any(one.startswith("zookeeper_source 'snap' is not known: use one of bundled, maven,") for one in found)
