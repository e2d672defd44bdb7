"""The page of the guardian has the names, labels and figures that it had before a library wrote it."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Callable, Iterable, Iterator

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import metrics as _metrics
from ansible_collections.streamops.flink.plugins.module_utils._watchdog.metrics import Endpoint, Metric
from prometheus_client import Metric as Family
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

METRICS = [
    Metric("up", 1.0),
    Metric("watchdog_active", 1.0),
    Metric("leader_changes_total", 2.0),
    Metric("alerts_failed_total", 0.0),
    Metric("journal_failed_total", 0.0),
    Metric("fenced_total", 3.0),
    Metric("watchdog_last_sample_timestamp_seconds", 1795745730.25),
    Metric("maintenance", 0.0),
    Metric("cluster_verdict", 1.0, {"verdict": "HEALTHY"}),
    Metric("job_verdict", 0.0, {"job": "count", "verdict": "HEALTHY"}),
    Metric("job_verdict", 1.0, {"job": "count", "verdict": "ZOMBIE"}),
    Metric("job_last_checkpoint_age_seconds", 12.5, {"job": "count"}),
    Metric("job_restart_budget_left", 3.0, {"job": 'a"b\\c'}),
    Metric("backup_last_success_timestamp_seconds", 1795745730.0),
    Metric("backup_last_size_bytes", 4096.0),
    Metric("restore_test_last_success_timestamp_seconds", 1795745730.0),
    Metric("certificate_not_after_timestamp_seconds", 1800000000.0, {"certificate": "jm1:8081"}),
]
# What was served for them when the page was written by hand.
PAGE = r"""
# HELP flink_guardian_up 1 while the guardian's endpoint answers.
# TYPE flink_guardian_up gauge
flink_guardian_up 1
# HELP flink_guardian_watchdog_active 1 on the one guardian that watches, 0 on those that wait.
# TYPE flink_guardian_watchdog_active gauge
flink_guardian_watchdog_active 1
# HELP flink_guardian_leader_changes_total Changes of the leader that this guardian has seen.
# TYPE flink_guardian_leader_changes_total counter
flink_guardian_leader_changes_total 2
# HELP flink_guardian_alerts_failed_total Attempts to send an alert that have failed.
# TYPE flink_guardian_alerts_failed_total counter
flink_guardian_alerts_failed_total 0
# HELP flink_guardian_journal_failed_total Lines of the journal that could not be written.
# TYPE flink_guardian_journal_failed_total counter
flink_guardian_journal_failed_total 0
# HELP flink_guardian_fenced_total Releases of the leadership of a failed JobManager on this host.
# TYPE flink_guardian_fenced_total counter
flink_guardian_fenced_total 3
# HELP flink_guardian_watchdog_last_sample_timestamp_seconds When the cluster was last looked at.
# TYPE flink_guardian_watchdog_last_sample_timestamp_seconds gauge
flink_guardian_watchdog_last_sample_timestamp_seconds 1795745730.25
# HELP flink_guardian_maintenance 1 while a window of maintenance is open.
# TYPE flink_guardian_maintenance gauge
flink_guardian_maintenance 0
# HELP flink_guardian_cluster_verdict 1 for the present verdict of the cluster, 0 for the others.
# TYPE flink_guardian_cluster_verdict gauge
flink_guardian_cluster_verdict{verdict="HEALTHY"} 1
# HELP flink_guardian_job_verdict 1 for the present verdict of a job, 0 for the others.
# TYPE flink_guardian_job_verdict gauge
flink_guardian_job_verdict{job="count",verdict="HEALTHY"} 0
flink_guardian_job_verdict{job="count",verdict="ZOMBIE"} 1
# HELP flink_guardian_job_last_checkpoint_age_seconds Seconds since the last completed checkpoint of a job.
# TYPE flink_guardian_job_last_checkpoint_age_seconds gauge
flink_guardian_job_last_checkpoint_age_seconds{job="count"} 12.5
# HELP flink_guardian_job_restart_budget_left How often the watchdog may still act upon a job.
# TYPE flink_guardian_job_restart_budget_left gauge
flink_guardian_job_restart_budget_left{job="a\"b\\c"} 3
# HELP flink_guardian_backup_last_success_timestamp_seconds When the last backup was made.
# TYPE flink_guardian_backup_last_success_timestamp_seconds gauge
flink_guardian_backup_last_success_timestamp_seconds 1795745730
# HELP flink_guardian_backup_last_size_bytes How large the last backup is.
# TYPE flink_guardian_backup_last_size_bytes gauge
flink_guardian_backup_last_size_bytes 4096
# HELP flink_guardian_restore_test_last_success_timestamp_seconds When a restore was last tested and passed.
# TYPE flink_guardian_restore_test_last_success_timestamp_seconds gauge
flink_guardian_restore_test_last_success_timestamp_seconds 1795745730
# HELP flink_guardian_certificate_not_after_timestamp_seconds Until when a certificate is valid.
# TYPE flink_guardian_certificate_not_after_timestamp_seconds gauge
flink_guardian_certificate_not_after_timestamp_seconds{certificate="jm1:8081"} 1800000000
"""


def told(families: Iterable[Family]) -> list[tuple[object, ...]]:
    return [
        (family.name, family.type, family.documentation, sample.name, sample.labels, sample.value)
        for family in families
        for sample in family.samples
    ]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    one = Endpoint("127.0.0.1", 0, lambda: METRICS)
    yield one
    one.close()


def test_there_is_a_sample_of_every_metric() -> None:
    assert {one.name for one in METRICS} == set(_metrics.CATALOGUE)


@pytest.mark.parametrize(
    ("accept", "parse"),
    [
        ("*/*", plain_text),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5", open_metrics),
    ],
    ids=["text", "OpenMetrics"],
)
def test_the_page_says_the_same_in_every_format(
    endpoint: Endpoint, accept: str, parse: Callable[[str], Iterable[Family]]
) -> None:
    asked = urllib.request.Request(f"http://127.0.0.1:{endpoint.port}/metrics", headers={"Accept": accept})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        page = answer.read().decode()
    assert told(parse(page)) == told(plain_text(PAGE.strip() + "\n"))


def test_who_connects_and_asks_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_metrics, "IDLE_SECONDS", 0.2)
    endpoint = Endpoint("127.0.0.1", 0, list)
    try:
        with socket.create_connection(("127.0.0.1", endpoint.port), timeout=30) as silent:
            assert silent.recv(1) == b""
    finally:
        endpoint.close()
