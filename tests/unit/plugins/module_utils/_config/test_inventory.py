"""The inventory as plain data."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._config.inventory import (
    nodes,
    urls,
    with_daemon,
    zookeeper_source,
)

GROUPS = {
    "zookeeper": ["zk2", "zk10", "zk1"],
    "jobmanagers": ["jm1", "jm2"],
    "taskmanagers": ["tm1"],
    "sql_gateways": ["jm1"],
}


def hostvars(**changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    names = {name for group in GROUPS.values() for name in group}
    every: dict[str, dict[str, Any]] = {name: {"ansible_host": f"10.0.0.{len(name)}"} for name in names}
    for number, name in ((2, "zk2"), (10, "zk10"), (1, "zk1")):
        every[name]["zookeeper_myid"] = number
    for name, values in changes.items():
        every[name] = every[name] | values
    return every


def test_a_host_in_two_groups_is_one_node_with_two_daemons() -> None:
    jm1 = next(node for node in nodes(GROUPS, hostvars(), {}) if node["name"] == "jm1")
    assert jm1["daemons"] == ["jobmanager", "sql_gateway"]
    assert jm1["ports"]["jobmanager_rest_port"] == 8081
    assert jm1["ports"]["sql_gateway_port"] == 8083


def test_what_watches_a_cluster_and_shows_its_past_is_part_of_it() -> None:
    found = nodes({"history_servers": ["a"], "monitoring": ["b"]}, {"a": {"history_server_port": 8090}, "b": {}}, {})
    assert [(node["name"], node["daemons"], node["ports"]) for node in found] == [
        ("a", ["history_server"], {"history_server_port": 8090}),
        ("b", ["prometheus"], {"monitoring_prometheus_port": 9090}),
    ]


def test_zookeeper_servers_are_ordered_by_their_number_and_not_by_their_name() -> None:
    assert [node["name"] for node in with_daemon(nodes(GROUPS, hostvars(), {}), "zookeeper")] == ["zk1", "zk2", "zk10"]


def test_hosts_with_a_local_connection_are_one_machine() -> None:
    local = {name: {"ansible_connection": "local", "flink_host_address": "127.0.0.1"} for name in ("jm1", "jm2")}
    found = {node["name"]: node["machine"] for node in nodes(GROUPS, hostvars(**local), {})}
    assert found["jm1"] == found["jm2"] == "localhost"
    assert found["tm1"] == "10.0.0.3"


def test_an_explicit_machine_wins() -> None:
    found = nodes(GROUPS, hostvars(tm1={"flink_machine": "rack1"}), {})
    assert next(node for node in found if node["name"] == "tm1")["machine"] == "rack1"


def test_text_that_is_a_number_becomes_one_and_other_text_is_left_for_preflight_to_name() -> None:
    found = nodes(GROUPS, hostvars(jm1={"jobmanager_rest_port": "9001"}, jm2={"jobmanager_rest_port": "web"}), {})
    ports = {node["name"]: node["ports"].get("jobmanager_rest_port") for node in found}
    assert (ports["jm1"], ports["jm2"]) == (9001, "web")


def test_urls_name_every_daemon_of_a_kind() -> None:
    found = nodes(GROUPS, hostvars(jm2={"flink_host_address": "jm2.example", "jobmanager_rest_port": 9002}), {})
    assert urls(found, "jobmanager", "jobmanager_rest_port", "https") == [
        {"name": "jm1", "url": "https://10.0.0.3:8081"},
        {"name": "jm2", "url": "https://jm2.example:9002"},
    ]


def test_the_directory_of_a_node_follows_the_base_directory() -> None:
    found = nodes(GROUPS, hostvars(tm1={"flink_base_dir": "/data"}), {"base_dir": "/srv"})
    assert {node["name"]: node["node_dir"] for node in found} | {"tm1": "/data/nodes/tm1"} == {
        node["name"]: node["node_dir"] for node in found
    }
    assert next(node for node in found if node["name"] == "jm1")["node_dir"] == "/srv/nodes/jm1"


@pytest.mark.parametrize(
    ("variables", "source"),
    [
        ({}, "bundled"),
        ({"flink_runtime": "process"}, "bundled"),
        ({"flink_runtime": "systemd"}, "maven"),
        ({"flink_runtime": "systemd", "zookeeper_source": ""}, "maven"),
        ({"flink_runtime": "systemd", "zookeeper_source": "package"}, "package"),
        ({"zookeeper_source": "existing"}, "existing"),
    ],
)
def test_the_source_of_zookeeper_follows_the_runtime(variables: dict[str, str], source: str) -> None:
    assert zookeeper_source(variables) == source


@pytest.mark.parametrize(
    ("shared", "own", "port"),
    [
        ({}, {}, None),
        ({"flink_runtime": "systemd"}, {}, 7000),
        ({"flink_runtime": "systemd"}, {"zookeeper_metrics_port": "7001"}, 7001),
        ({}, {"zookeeper_source": "archive"}, 7000),
        ({"flink_runtime": "systemd"}, {"zookeeper_source": "package"}, None),
    ],
)
def test_a_server_with_metrics_opens_a_port_for_them(
    shared: dict[str, str], own: dict[str, str], port: int | None
) -> None:
    found = next(node for node in nodes(GROUPS, hostvars(zk1=own), shared) if node["name"] == "zk1")
    assert found["ports"].get("zookeeper_metrics_port") == port
