"""The rules of the role monitoring, rendered as Ansible does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from real_cluster import REPO

TEMPLATE = REPO / "roles" / "monitoring" / "templates" / "rules.yml.j2"


def rendered(
    thresholds: Mapping[str, Any], targets: Mapping[str, Any], version: str, cluster: str = "c", runbook: str = ""
) -> dict[str, Any]:
    """The file of rules, as Prometheus reads it."""
    variables = {
        "__monitoring_thresholds": thresholds,
        "__monitoring_targets": targets,
        "flink_cluster_name": cluster,
        "flink_version": version,
        "monitoring_runbook_url": runbook,
    }
    text = Templar(loader=DataLoader(), variables=variables).template(
        trust_as_template(TEMPLATE.read_text(encoding="utf-8"))
    )
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def alerts(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The alerts of a file of rules, by their names."""
    return {rule["alert"]: rule for group in document["groups"] for rule in group["rules"] if "alert" in rule}


def records(document: dict[str, Any]) -> set[str]:
    """The names of the figures that a file of rules records."""
    return {rule["record"] for group in document["groups"] for rule in group["rules"] if "record" in rule}
