# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metrics of a guardian, for Prometheus: a page that is served from a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

from .._health import model as _model

if TYPE_CHECKING:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
    from prometheus_client.registry import Collector

PREFIX = "flink_guardian_"
IDLE_SECONDS = 10.0


class Metric(NamedTuple):
    """One line: a name without the prefix, its labels and its value."""

    name: str
    value: float
    labels: Mapping[str, str] = {}


# Every metric with its type and what it says.
CATALOGUE: Mapping[str, tuple[str, str]] = {
    "up": ("gauge", "1 while the guardian's endpoint answers."),
    "watchdog_active": ("gauge", "1 on the one guardian that watches, 0 on those that wait."),
    "watchdog_last_sample_timestamp_seconds": ("gauge", "When the cluster was last looked at."),
    "job_verdict": ("gauge", "1 for the present verdict of a job, 0 for the others."),
    "cluster_verdict": ("gauge", "1 for the present verdict of the cluster, 0 for the others."),
    "job_last_checkpoint_age_seconds": ("gauge", "Seconds since the last completed checkpoint of a job."),
    "job_restart_budget_left": ("gauge", "How often the watchdog may still act upon a job."),
    "leader_changes_total": ("counter", "Changes of the leader that this guardian has seen."),
    "fenced_total": ("counter", "Releases of the leadership of a failed JobManager on this host."),
    "backup_last_success_timestamp_seconds": ("gauge", "When the last backup was made."),
    "backup_last_size_bytes": ("gauge", "How large the last backup is."),
    "restore_test_last_success_timestamp_seconds": ("gauge", "When a restore was last tested and passed."),
    "certificate_not_after_timestamp_seconds": ("gauge", "Until when a certificate is valid."),
    "alerts_failed_total": ("counter", "Attempts to send an alert that have failed."),
    "journal_failed_total": ("counter", "Lines of the journal that could not be written."),
    "maintenance": ("gauge", "1 while a window of maintenance is open."),
}


class GuardianCollector:
    """Passes the samples of a function to the library of Prometheus."""

    def __init__(self, page: Callable[[], Iterable[Metric]]) -> None:
        self._page = page

    def collect(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        """The metrics, grouped by name as the format requires it."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        kinds = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily}
        found: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for one in self._page():
            if one.name not in found:
                kind, words = CATALOGUE[one.name]
                found[one.name] = kinds[kind](PREFIX + one.name, words, labels=list(one.labels))
            found[one.name].add_metric(list(one.labels.values()), one.value)
        return found.values()


def verdicts(report: _model.Report, budget: Callable[[_model.Finding], int]) -> list[Metric]:
    """What a report says."""
    found = [
        Metric("cluster_verdict", float(one == report.cluster.verdict), {"verdict": one})
        for one in _model.CLUSTER_VERDICTS
    ]
    for job in report.jobs:
        # Two jobs of others may share a name; a series must not appear twice.
        if any(one.name == job.name for one in report.jobs if one is not job and one.job_id < job.job_id):
            continue
        labels = {"job": job.name}
        found += [
            Metric("job_verdict", float(one == job.verdict), {**labels, "verdict": one}) for one in _model.JOB_VERDICTS
        ]
        if job.checkpoint_age is not None:
            found.append(Metric("job_last_checkpoint_age_seconds", job.checkpoint_age, labels))
        if job.declared:
            found.append(Metric("job_restart_budget_left", float(budget(job)), labels))
    return found


class Endpoint:
    """Serves what a function gives, until it is closed."""

    def __init__(self, address: str, port: int, page: Callable[[], Iterable[Metric]]) -> None:
        """:raises OSError: the address cannot be listened on."""
        self._server = ThreadingHTTPServer((address, port), _handler(GuardianCollector(page)))
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True, name="metrics").start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(collector: Collector) -> type[BaseHTTPRequestHandler]:
    from prometheus_client import CollectorRegistry, MetricsHandler

    class Handler(MetricsHandler):
        """The library's handler would answer on every path and wait without limit."""

        registry = CollectorRegistry()
        timeout = IDLE_SECONDS
        server_version = "guardian"
        sys_version = ""

        def do_GET(self) -> None:  # noqa: N802  # the name that http.server calls
            if self.path.partition("?")[0] == "/metrics":
                super().do_GET()
            else:
                self.send_error(404, "Only /metrics is here")

    Handler.registry.register(collector)
    return Handler
