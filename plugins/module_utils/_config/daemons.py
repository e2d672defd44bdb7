# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every daemon of a host by what finds it and what it is asked: the entries of the module flink_daemon_info."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .flat import flatten
from .inventory import Node
from .variables import flag

# Daemon of the inventory -> what people call it, the port that it is asked at, how, and what for.
TITLES: dict[str, tuple[str, str, str, str]] = {
    "zookeeper": ("ZooKeeper server", "zookeeper_client_port", "zookeeper", ""),
    "jobmanager": ("JobManager", "jobmanager_rest_port", "rest", "/config"),
    "taskmanager": ("TaskManager", "taskmanager_rpc_port", "tcp", ""),
    "sql_gateway": ("SQL gateway", "sql_gateway_port", "rest", "/v1/info"),
    "history_server": ("history server", "history_server_port", "http", "/config"),
}
EXPORTERS = {
    "zookeeper": "zookeeper_metrics_port",
    "jobmanager": "jobmanager_metrics_port",
    "taskmanager": "taskmanager_metrics_port",
}


def daemons(node: Node, variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The daemons of one node, in the order in which they are started.

    :arg variables: those of the host, by the names that the role cluster hands over.
    """
    own = _Host(node, variables)
    found: list[dict[str, Any]] = []
    for daemon, (title, port, how, path) in TITLES.items():
        if daemon in node["daemons"] and not (daemon == "zookeeper" and variables["source"] == "existing"):
            scheme = variables["scheme"] if how == "rest" else how
            found.append(own.entry(daemon, title, scheme, node["ports"][port], path))
            found += own.exporter(daemon, title)
    if "jobmanager" in node["daemons"]:
        found += own.guards()
    if "prometheus" in node["daemons"]:
        found += own.monitoring()
    return found


class _Host:
    """What the entries of one host have in common."""

    def __init__(self, node: Node, variables: Mapping[str, Any]) -> None:
        self._node = node
        self._given = variables
        self._address = node["address"]
        self._docker = str(variables["runtime"]) == "docker"

    def entry(self, daemon: str, title: str, how: str, port: Any, path: str = "", **more: Any) -> dict[str, Any]:
        directory = str(more.pop("directory", "") or f"{self._node['node_dir']}/{daemon}")
        contained = self._docker and daemon in TITLES
        logs = f"{self._given['base_dir']}/logs/{self._node['name']}/{daemon}" if contained else f"{directory}/log"
        return {
            "daemon": daemon,
            "title": title,
            "service": f"{self._given['cluster_name']}/{self._node['name']}/{daemon}",
            "directory": directory,
            "ask": how,
            "host": self._address,
            "port": port,
            "path": path,
            "logs": [logs],
            "log_command": self._log_command(daemon, contained=contained),
            "required": True,
            **more,
        }

    def _log_command(self, daemon: str, *, contained: bool) -> list[str]:
        """How to read what a daemon prints, where that is not a file."""
        if contained:
            return ["docker", "logs", "--tail", "50", str(self._given["container"])]
        if str(self._given["runtime"]) != "systemd":
            return []
        unit = f"flink-{self._given['cluster_name']}-{self._node['name']}-{daemon}"
        unit = re.sub(r"[^A-Za-z0-9_.-]", "-", unit)
        return ["journalctl", "--unit", unit, "--lines", "50", "--output", "cat", "--no-pager"]

    def exporter(self, daemon: str, title: str) -> list[dict[str, Any]]:
        """The endpoint of a daemon's metrics, which Flink goes on without when its port is in use."""
        port = self._node["ports"].get(EXPORTERS.get(daemon, ""))
        if port is None or (daemon != "zookeeper" and not self._reports(daemon)):
            return []
        of_daemon = self.entry(daemon, f"exporter of the {title}", "http", port, "/metrics")
        return [of_daemon | {"daemon": f"{daemon}_exporter"}]

    def _reports(self, daemon: str) -> bool:
        options = [self._given["config"].get(name) or {} for name in ("flink_config", f"{daemon}_config")]
        flat = {key: value for one in options if isinstance(one, Mapping) for key, value in flatten(one).items()}
        reporters = flat.get("metrics.reporters")
        names = reporters.split(",") if isinstance(reporters, str) else reporters
        return not isinstance(names, Sequence) or "prom" in [str(one).strip() for one in names]

    def guards(self) -> list[dict[str, Any]]:
        """What runs next to a JobManager: both are one file, and write one log each."""
        found = []
        guardian = str(self._given["guardian_dir"])
        if flag(self._given, "guardian"):
            one = self.entry("guardian", "guardian", "process", 0, directory=guardian)
            found.append(one | {"logs": [f"{guardian}/guardian.log"]})
        if flag(self._given, "watchdog"):
            directory = f"{guardian}/watchdog"
            port = self._given["guardian_port"]
            one = self.entry("watchdog", "watchdog", "http", port, "/metrics", directory=directory)
            found.append(one | {"logs": [f"{directory}/watchdog.log"]})
        return found

    def monitoring(self) -> list[dict[str, Any]]:
        """What monitoring.yml brings: it may not have been run yet."""
        found = []
        for daemon, title in (("prometheus", "Prometheus"), ("alertmanager", "Alertmanager")):
            if self._given[daemon] == "package":
                port, directory = self._given[f"{daemon}_port"], self._given["monitoring_dir"]
                one = self.entry(daemon, title, "http", port, "/-/ready", directory=directory, required=False)
                found.append(one | {"host": self._given["monitoring_address"]})
        return found
