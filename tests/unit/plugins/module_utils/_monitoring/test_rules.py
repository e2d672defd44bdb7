"""Every rule through promtool: it fires, it is quiet, and a failover does not make it cry wolf."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._monitoring import prometheus as _monitoring

from alert_rules import alerts, records, rendered
from prometheus import check_rules, promtool
from rule_cases import CASES, RECORDED, Case, Series

pytestmark = pytest.mark.real

VALUES: dict[str, Any] = {
    "jobmanagers": 2,
    "taskmanagers": 3,
    "spare_slots": 4,
    "jobs": 2,
    "zookeepers": 3,
    "quorum": 2,
    "watchdog_budget": 2,
    "checkpoint_interval_seconds": 30,
    "checkpoint_stalled_seconds": 210,
    "checkpoint_slow_seconds": 144,
    "checkpoint_old_seconds": 420,
    "files_seconds": 600,
    "restart_budget": 10,
    "restart_budget_seconds": 0,
}
TARGETS = {"zookeeper": ["zk1:7000"], "guardian": ["jm1:9259"]}
# Just after the failover, while it is worked on, and long after.
MOMENTS = ("5m", "5m15s", "5m45s", "6m15s", "7m", "8m30s", "10m", "12m", "15m", "18m")


@functools.cache
def rules(version: str = "1.20.5", **values: Any) -> dict[str, Any]:
    every = _monitoring.thresholds(VALUES, {}) | values
    return rendered(every, TARGETS, version, runbook="https://example.org/monitoring.md")


def firing(alert: str, labels: str) -> str:
    by = ", ".join(re.findall(r"(\w+)=", labels))
    return f'group by ({by}) (ALERTS{{alertname="{alert}",alertstate="firing"}})'


def asked(series: Series, alert: str, moments: tuple[str, ...], labels: str, fires: bool) -> dict[str, Any]:
    expected = [{"labels": labels, "value": 1}] if fires else []
    expr = firing(alert, labels)
    return {
        "interval": "15s",
        "input_series": series,
        "promql_expr_test": [{"expr": expr, "eval_time": moment, "exp_samples": expected} for moment in moments],
    }


def only(document: dict[str, Any], alert: str) -> dict[str, Any]:
    """The figures and one alert: the others would only take time."""
    figures, *groups = document["groups"]
    chosen = [rule for group in groups for rule in group["rules"] if rule["alert"] == alert]
    return {"groups": [figures, {"name": "one", "rules": chosen}]}


@pytest.mark.parametrize(
    ("alert", "case"), [pytest.param(name, case, id=name) for name, cases in CASES.items() for case in cases]
)
def test_an_alert_fires_is_quiet_and_survives_a_failover(alert: str, case: Case, tmp_path: Path) -> None:
    tests = [
        asked(case.fires, alert, (case.at,), case.labels, fires=True),
        asked(case.quiet, alert, ("5m", "10m", case.at), case.labels, fires=False),
    ]
    if case.reports_failover:
        tests.append(asked(case.failover, alert, ("6m30s",), case.labels, fires=True))
        tests.append(asked(case.failover, alert, ("20m",), case.labels, fires=False))
    else:
        tests.append(asked(case.failover, alert, MOMENTS, case.labels, fires=False))
    document = only(rules(case.version, **case.values), alert)
    assert check_rules(tmp_path, document, tests) == ""


def test_the_loss_of_a_taskmanager_says_which_one_and_on_which_host(tmp_path: Path) -> None:
    document = only(rules(), "FlinkTaskManagerLost")
    (rule,) = document["groups"][1]["rules"]
    labels = {"cluster": "c", "daemon": "taskmanager", "job": "taskmanager", "node": "tm2", "severity": "warning"}
    told = {**rule["annotations"], "summary": "TaskManager tm2 on h2:1 is lost"}
    test = {
        "interval": "15s",
        "input_series": CASES["FlinkTaskManagerLost"][0].fires,
        "alert_rule_test": [
            {
                "eval_time": "15m",
                "alertname": "FlinkTaskManagerLost",
                "exp_alerts": [{"exp_labels": {**labels, "instance": "h2:1"}, "exp_annotations": told}],
            }
        ],
    }
    assert check_rules(tmp_path, document, [test]) == ""


@pytest.mark.parametrize("record", RECORDED)
def test_a_recording_rule_gives_the_figure_also_after_a_failover(record: str, tmp_path: Path) -> None:
    series, moment, labels, value = RECORDED[record]
    samples = [{"labels": record + labels, "value": value}]
    test = {
        "interval": "15s",
        "input_series": series,
        "promql_expr_test": [{"expr": record, "eval_time": moment, "exp_samples": samples}],
    }
    assert check_rules(tmp_path, rules(), [test]) == ""


def test_every_rule_has_its_tests() -> None:
    # The newest line of Flink has every one of them.
    document = rules("2.2.1")
    assert set(CASES) == set(alerts(document))
    assert set(RECORDED) == records(document)


@pytest.mark.parametrize("version", ["1.20.5", "2.2.1"])
def test_promtool_has_nothing_against_the_rules(version: str, tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text(json.dumps(rules(version)))
    done = promtool("check", "rules", tmp_path / "rules.json")
    assert done.returncode == 0, done.stdout + done.stderr
