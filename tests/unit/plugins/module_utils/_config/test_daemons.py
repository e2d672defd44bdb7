"""Every daemon that an inventory promises is in the list of its host."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.streamops.flink.plugins.module_utils._config.daemons import daemons
from ansible_collections.streamops.flink.plugins.module_utils._config.inventory import DAEMONS, Node, nodes

from export import ROOT

VARIABLES: dict[str, Any] = {
    "base_dir": "/b",
    "cluster_name": "c",
    "runtime": "process",
    "scheme": "http",
    "source": "bundled",
    "container": "c-h",
    "guardian": True,
    "guardian_dir": "/b/nodes/h/guardian",
    "guardian_port": 9259,
    "watchdog": False,
    "config": {"flink_config": {}},
    "prometheus": "package",
    "prometheus_port": 9090,
    "alertmanager": "none",
    "alertmanager_port": 9093,
    "monitoring_dir": "/b/nodes/h/monitoring",
    "monitoring_address": "10.0.0.1",
}


def node(*groups: str, **variables: Any) -> Node:
    found = nodes(
        {group: ["h"] for group in groups}, {"h": {"ansible_host": "10.0.0.1", **variables}}, {"base_dir": "/b"}
    )
    return found[0]


def names(*groups: str, **changes: Any) -> list[str]:
    return [one["daemon"] for one in daemons(node(*groups), {**VARIABLES, **changes})]


@pytest.mark.parametrize(
    ("groups", "changes", "expected"),
    [
        (["zookeeper"], {}, ["zookeeper"]),
        (["zookeeper"], {"source": "existing"}, []),
        (["jobmanagers"], {}, ["jobmanager", "jobmanager_exporter", "guardian"]),
        (["jobmanagers"], {"guardian": "no"}, ["jobmanager", "jobmanager_exporter"]),
        (["jobmanagers"], {"watchdog": "true"}, ["jobmanager", "jobmanager_exporter", "guardian", "watchdog"]),
        (["taskmanagers"], {"watchdog": True}, ["taskmanager", "taskmanager_exporter"]),
        (["sql_gateways"], {}, ["sql_gateway"]),
        (["history_servers"], {}, ["history_server"]),
        (["monitoring"], {}, ["prometheus"]),
        (["monitoring"], {"alertmanager": "package"}, ["prometheus", "alertmanager"]),
        (["monitoring"], {"prometheus": "existing"}, []),
        (["taskmanagers", "sql_gateways"], {}, ["taskmanager", "taskmanager_exporter", "sql_gateway"]),
        # Whoever reports to somebody else has no endpoint.
        (["taskmanagers"], {"config": {"flink_config": {"metrics.reporters": "jmx"}}}, ["taskmanager"]),
        (
            ["taskmanagers"],
            {"config": {"flink_config": {"metrics": {"reporters": "jmx, prom"}}}},
            ["taskmanager", "taskmanager_exporter"],
        ),
        (["taskmanagers"], {"config": {"taskmanager_config": {"metrics.reporters": ["jmx"]}}}, ["taskmanager"]),
        (
            ["taskmanagers"],
            {"config": {"flink_config": None, "jobmanager_config": {"metrics.reporters": "jmx"}}},
            ["taskmanager", "taskmanager_exporter"],
        ),
    ],
)
def test_what_is_to_run_on_a_host(groups: list[str], changes: dict[str, Any], expected: list[str]) -> None:
    assert names(*groups, **changes) == expected


def test_no_daemon_of_an_inventory_is_forgotten() -> None:
    everything = names(*DAEMONS, watchdog=True)
    assert {daemon for daemon, _ports in DAEMONS.values()} <= set(everything)
    assert len(everything) == len(set(everything))


def test_the_role_hands_over_all_that_is_needed() -> None:
    given = yaml.safe_load((ROOT / "roles" / "cluster" / "vars" / "main.yml").read_text(encoding="utf-8"))
    assert set(given["__cluster_daemon_variables"]) == set(VARIABLES)


def test_a_zookeeper_of_its_own_has_an_exporter() -> None:
    found = daemons(node("zookeeper", zookeeper_source="maven"), {**VARIABLES, "source": "maven"})
    assert [(one["daemon"], one["port"]) for one in found] == [("zookeeper", 2181), ("zookeeper_exporter", 7000)]


def test_each_is_found_by_its_marks_and_asked_where_it_listens() -> None:
    (found,) = daemons(node("history_servers", history_server_port="8090"), {**VARIABLES, "scheme": "https"})
    assert found == {
        "daemon": "history_server",
        "title": "history server",
        "service": "c/h/history_server",
        "directory": "/b/nodes/h/history_server",
        "ask": "http",
        "host": "10.0.0.1",
        "port": 8090,
        "path": "/config",
        "logs": ["/b/nodes/h/history_server/log"],
        "log_command": [],
        "required": True,
    }
    (gateway,) = daemons(node("sql_gateways"), {**VARIABLES, "scheme": "https"})
    assert (gateway["ask"], gateway["path"]) == ("https", "/v1/info")


@pytest.mark.parametrize(
    ("runtime", "logs", "command"),
    [
        ("process", "/b/nodes/h/jobmanager/log", []),
        ("systemd", "/b/nodes/h/jobmanager/log", ["journalctl", "--unit", "flink-a-b-h-jobmanager"]),
        ("docker", "/b/logs/h/jobmanager", ["docker", "logs", "--tail"]),
    ],
)
def test_the_logs_are_where_the_runtime_writes_them(runtime: str, logs: str, command: list[str]) -> None:
    found = daemons(node("jobmanagers"), {**VARIABLES, "runtime": runtime, "cluster_name": "a b"})
    assert found[0]["logs"] == [logs]
    assert found[0]["log_command"][:3] == command
    guardian = next(one for one in found if one["daemon"] == "guardian")
    # It stands beside a container, not in it.
    assert guardian["logs"] == ["/b/nodes/h/guardian/guardian.log"]
    assert guardian["log_command"][:1] == (["journalctl"] if runtime == "systemd" else [])
