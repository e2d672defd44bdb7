"""The dashboards are what their description makes, Grafana's library reads them, and their metrics exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._monitoring.prometheus import FIXED
from ansible_collections.streamops.flink.plugins.module_utils._watchdog.metrics import CATALOGUE, PREFIX
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

import dashboards
from alert_rules import alerts, records
from export import ROOT
from prometheus import promtool
from promql import DASHBOARDS as FILES
from promql import PENDING, every_rule, metrics, of_rules, panels
from promql import of_dashboard as expressions

RECORDED = ROOT / "tests" / "unit" / "fixtures" / "metrics"
VERSIONS = sorted(path.stem for path in RECORDED.glob("*.txt"))
# What Prometheus itself makes, and what the guardian exports.
OTHERS = {"up", "ALERTS"} | {PREFIX + name for name in CATALOGUE}


def existing(version: str) -> set[str]:
    return set((RECORDED / f"{version}.txt").read_text(encoding="utf-8").split()) | OTHERS


def test_there_is_a_dashboard_for_everything() -> None:
    assert [path.stem for path in FILES] == ["checkpoints", "cluster", "failover", "job", "zookeeper"]
    assert sorted(dashboards.DASHBOARDS) == [path.stem for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_dashboard_is_what_its_description_makes(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == dashboards.built(path.stem), "run: python tools/dashboards.py"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_grafanas_own_model_reads_the_dashboard_and_loses_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    again = JSONEncoder(sort_keys=True, indent=2).encode(Dashboard.from_json(json.loads(text)))
    assert json.loads(again) == json.loads(text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_panel_has_a_place_and_a_name_of_its_own(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    drawn = [panel for panel in panels(document) if panel["type"] != "row"]
    assert len(drawn) > 5
    places = [tuple(panel["gridPos"][key] for key in ("x", "y")) for panel in drawn]
    assert len(set(places)) == len(places)
    assert len({panel["title"] for panel in drawn}) == len(drawn)
    assert len({panel["id"] for panel in drawn if "id" in panel}) in (0, len(drawn))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_metric_of_a_dashboard_exists(path: Path, version: str) -> None:
    asked = {name for expr in expressions(path) for name in metrics(expr)}
    assert asked
    assert sorted(asked - existing(version)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_figure_of_a_dashboard_is_recorded(path: Path) -> None:
    used = set(re.findall(r"\bcluster\w*:\w+:\w+", " ".join(expressions(path))))
    assert used <= records(every_rule(VERSIONS[-1]))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_prometheus_can_read_every_query(path: Path, tmp_path: Path) -> None:
    rules = [
        {"record": f"query:number:{number}", "expr": expr.replace("$cluster", "c").replace("$job", ".*")}
        for number, expr in enumerate(expressions(path))
    ]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    done = promtool("check", "rules", tmp_path / "rules.yml")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_every_metric_of_the_rules_exists(version: str) -> None:
    asked = {name for expr in of_rules(every_rule(version)) for name in metrics(expr)}
    assert sorted(asked - existing(version)) == [PENDING]


def test_the_page_about_monitoring_explains_every_alert() -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    explained = alerts(every_rule(VERSIONS[-1]))
    for name, alert in explained.items():
        severity, texts = alert["labels"]["severity"], alert["annotations"]
        row = f'| <a id="{name.lower()}"></a>`{name}` | {severity} | {texts["description"]} | {texts["action"]} |'
        assert row in page.splitlines()
    assert page.count("<a id=") == len(explained)


def test_the_page_about_monitoring_names_every_threshold() -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    assert [name for name in FIXED if f"`{name}`" not in page] == []
