"""Which metrics expressions ask for, and which the daemons of a cluster export."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._monitoring import prometheus as _monitoring

from alert_rules import rendered
from real_cluster import REPO, FlinkCluster, eventually

DASHBOARDS = sorted((REPO / "roles" / "monitoring" / "files" / "dashboards").glob("*.json"))
# Only a source has it that knows how much is left.
PENDING = "flink_taskmanager_job_task_operator_pendingRecords"
# What is looked for elsewhere, because not every cluster has it.
ELSEWHERE = {
    # In test_pipelines.py, with a source that reads from Kafka.
    PENDING,
    # Only a cluster that speaks TLS: the unit tests of the watchdog, with a real certificate.
    "flink_guardian_certificate_not_after_timestamp_seconds",
}
# Only a cluster that was backed up, and whose restore was tested.
BACKUPS = {
    "flink_guardian_backup_last_success_timestamp_seconds",
    "flink_guardian_restore_test_last_success_timestamp_seconds",
}

# Keywords and labels are words too; a metric of ours and of Flink has an underscore in its name.
_LABELS = re.compile(r'"[^"]*"|\b(?:by|on|ignoring|without) *\([^)]*\)|\[[^]]*\]')
_WORD = re.compile(r"(?<![\w:$.])[a-zA-Z_:][\w:]*(?![\w:]| *\(| *=| *!=)")


def metrics(expression: str) -> set[str]:
    """The names of metrics, but not those that recording rules make."""
    found = set(_WORD.findall(_LABELS.sub("", expression)))
    return {word for word in found if ("_" in word or word == "up") and not word.startswith("cluster")}


def panels(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in document["panels"]:
        yield panel
        yield from panel.get("panels", [])


def of_dashboard(path: Path) -> list[str]:
    """The expressions of a dashboard."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return [target["expr"] for panel in panels(document) for target in panel.get("targets", [])]


def of_rules(document: dict[str, Any]) -> list[str]:
    """The expressions of a file of rules."""
    return [rule["expr"] for group in document["groups"] for rule in group["rules"]]


def every_rule(version: str) -> dict[str, Any]:
    """The rules of a cluster that has all that any of them needs."""
    options = {
        "execution.checkpointing.interval": "1 s",
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": 1,
    }
    values = _monitoring.thresholds(_monitoring.computed([], [{"name": "j"}], options, version), {})
    return rendered(values, {"zookeeper": ["zk1:7000"], "guardian": ["jm1:9259"]}, version)


def asked(rules: dict[str, Any], dashboards: Iterable[Path]) -> set[str]:
    """The metrics that rules and dashboards ask for, and that every cluster has."""
    expressions = [*of_rules(rules), *(one for path in dashboards for one in of_dashboard(path))]
    return {name for one in expressions for name in metrics(one)} - ELSEWHERE


def of_zookeeper(names: Iterable[str]) -> set[str]:
    """Those of its own provider, which put no word before its names."""
    return {name for name in names if not name.startswith("flink_") and name != "up"}


def exported(cluster: FlinkCluster) -> set[str]:
    """The metrics that are on the pages of all daemons of a cluster."""
    hosts = [host for group in cluster.hosts.values() for host in group.values()]
    ports = {port for host in hosts for key, port in host.items() if key.endswith("_metrics_port")}
    return {name for port in ports for name in on_page(port)}


def on_page(port: int) -> set[str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return set(re.findall(r"^[a-zA-Z_:][\w:]*", answer.read().decode(), re.MULTILINE))


def await_export(wanted: set[str], seen: Callable[[], set[str]], seconds: float = 60) -> None:
    """Wait until all of them are there; a failure says which are not."""
    try:
        eventually(lambda: wanted <= seen(), seconds, "the export")
    except AssertionError as late:
        raise AssertionError(f"{late}; missing: {sorted(wanted - seen())}") from None
