# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the endpoint of a watchdog serves, and the endpoint itself."""

from __future__ import annotations

import json
from pathlib import Path

from .._base.addresses import host_port
from .._base.wait import Deadline
from .._health.model import Report
from .config_file import Config
from .journal import Journal
from .memory import Memory
from .metrics import Endpoint, Metric, verdicts
from .observed import Observed
from .outbox import Outbox

BIND_SECONDS = 60.0


class Exposition:
    """What is known of now, in metrics."""

    def __init__(self, config: Config, journal: Journal, observed: Observed, memory: Memory, outbox: Outbox) -> None:
        self.active = False
        # Of the last round, and when its sample was taken; replaced as a whole, never changed.
        self.report: Report | None = None
        self.sampled = 0.0
        self._config = config
        self._journal = journal
        self._observed = observed
        self._memory = memory
        self._outbox = outbox
        self._endpoint: Endpoint | None = None
        self._bind = Deadline(0)

    def serve(self) -> None:
        """Open the endpoint, unless it is open; a port that is in use is tried again."""
        if self._endpoint is not None or not self._config.metrics_port or not self._bind.expired:
            return
        try:
            self._endpoint = Endpoint(self._config.metrics_address, self._config.metrics_port, self.metrics)
        except OSError as error:
            self._bind = Deadline(BIND_SECONDS)
            where = host_port(self._config.metrics_address, self._config.metrics_port)
            self._journal.trouble(f"metrics cannot be served at {where}: {error.strerror}; tried again in a minute")

    def metrics(self) -> list[Metric]:
        found = [
            Metric("up", 1.0),
            Metric("watchdog_active", float(self.active)),
            Metric("leader_changes_total", float(self._observed.leader_changes)),
            Metric("alerts_failed_total", float(self._outbox.failed)),
            Metric("journal_failed_total", float(self._journal.unwritten)),
            Metric("fenced_total", float(fenced(self._config.fence_state))),
        ]
        if self.active and self.report is not None:
            found += self._of_the_cluster(self.report)
        return found

    def _of_the_cluster(self, report: Report) -> list[Metric]:
        observed = self._observed
        found = [
            Metric("watchdog_last_sample_timestamp_seconds", self.sampled),
            Metric("maintenance", float(observed.maintenance)),
            *verdicts(report, self._memory.budget),
        ]
        if observed.backup is not None:
            found.append(Metric("backup_last_success_timestamp_seconds", observed.backup.taken))
            found.append(Metric("backup_last_size_bytes", float(observed.backup.size)))
        if observed.restore_test is not None:
            found.append(Metric("restore_test_last_success_timestamp_seconds", observed.restore_test.taken))
        found += [
            Metric("certificate_not_after_timestamp_seconds", end, {"certificate": place})
            for place, end in sorted(observed.certificates.items())
        ]
        return found


def fenced(path: Path) -> int:
    """How often the guardian of this host has released a dead JobManager."""
    try:
        return int(json.loads(path.read_text(encoding="utf-8")).get("fenced", 0))
    except (OSError, ValueError, TypeError, AttributeError):
        return 0
