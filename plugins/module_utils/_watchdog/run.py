# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The watchdog at work: one of them is active, by a lock in ZooKeeper; it samples, decides, records, acts and alerts.

It is a process of its own next to the guardian that fences, so that neither can hold up or break the other.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from functools import partial

from .._base.errors import FlinkError, ZooKeeperError, ZooKeeperUnavailable
from .._base.wait import Deadline
from .._cluster import maintenance as _maintenance
from .._cluster.client import Cluster
from .._cluster.quorum import clean_path
from .._cluster.zookeeper import HOLDER, Lock
from .._health import signs as _signs
from .._health import verdict as _health
from .._health.model import Report, Sample
from .._health.sampler import Sampler
from . import decide as _decide
from .actions import Actions
from .alerting import Alerting
from .config_file import Config
from .decide import Decision, JobMemory
from .exposition import Exposition
from .journal import Journal, WriteLine
from .memory import KIND, WRITE_SECONDS, Memory
from .observed import Observed
from .outbox import Outbox

LOCK = "lock"
# For how long a standby watchdog waits for the lock, and how long it pauses between two tries.
TURN_SECONDS, PAUSE_SECONDS = 5.0, 1.0


class Watchdog:
    """Waits for its turn; when it is active, one round after the other."""

    def __init__(self, config: Config, write: WriteLine, stopped: threading.Event) -> None:
        self.config = config
        self.stopped = stopped
        self.journal = Journal(write)
        self.observed = Observed(config, self.journal)
        self.memory = Memory(config, self.journal, self.observed)
        self.actions = Actions(config, self.journal)
        receivers = config.alerts.get("receivers") or []
        self.outbox = Outbox(receivers, config.directory / "outbox.json", self.journal.line)
        self.alerting = Alerting(config, self.outbox, self.memory, self.observed)
        self.exposition = Exposition(config, self.journal, self.observed, self.memory, self.outbox)

    # -- whose turn it is --------------------------------------------------------------------------------------------

    def run(self) -> None:
        self.journal.line("started", {"name": self.config.name})
        with Cluster(self.config.connection) as cluster:
            path = clean_path(cluster.records.root, KIND, LOCK)
            while not self.stopped.is_set():
                self.exposition.serve()
                try:
                    with cluster.zk.lock(path, f"{self.config.name} {os.getpid()}", Deadline(TURN_SECONDS)) as lock:
                        self._lead(cluster, lock)
                except ZooKeeperError as error:
                    # That another one is active is not reported.
                    if HOLDER not in error.details:
                        self.journal.trouble(error.message)
                finally:
                    self.exposition.active = False
                self.stopped.wait(PAUSE_SECONDS)
        self.outbox.close()

    def _lead(self, cluster: Cluster, lock: Lock) -> None:
        self.exposition.active = True
        self.journal.line("active", {"name": self.config.name})
        self.memory.recall(cluster)
        sampler = Sampler(cluster, self.config.limits, watch=_signs.watcher(self.config.signs))
        series: deque[Sample] = deque()
        while not self.stopped.is_set():
            self.exposition.serve()
            began = time.monotonic()
            sample = sampler.take()
            self.exposition.sampled = time.time()
            self.observed.see_leader(sample)
            series.append(sample)
            while series and series[0].at < sample.at - sampler.limits.horizon:
                series.popleft()
            report = _health.judge(list(series), sampler.limits, self.config.slots)
            self.exposition.report = report
            holds = _holds(lock)
            if holds is False:
                self.journal.line("passive", {"what": "another watchdog may be active"})
                return
            self.round(cluster, lock, report, fit=holds is True)
            self.stopped.wait(max(0.0, self.config.interval - (time.monotonic() - began)))

    # -- one round ---------------------------------------------------------------------------------------------------

    def round(self, cluster: Cluster, lock: Lock, report: Report, *, fit: bool) -> None:
        """Decide upon a report, and do it.

        :arg fit: whether ZooKeeper says that this watchdog is the active one.
        """
        now = time.time()
        for outcome in self.actions.ended():
            if outcome.failed:
                self.alerting.failed(outcome, now)
        jobs = self.memory.jobs
        decisions: list[Decision] = []
        if fit:
            try:
                jobs, decisions = self._decide(cluster, report, now)
            except FlinkError as error:
                # Without an answer nothing is decided.
                self.journal.trouble(error.message)
                fit = False
        self.alerting.see(report)
        alerts = self.alerting.decide(report, decisions, now)
        if fit and not self.memory.remember(cluster, jobs, alerts.alarms):
            # What could not be written down is neither done nor reported: the next round decides it again.
            decisions, fit = [], False
            alerts = self.alerting.decide(report, decisions, now)
        self.alerting.post(alerts)
        for decided in decisions:
            self.journal.note("decision", decided.as_dict())
            if decided.kind == _decide.ACT:
                self.actions.begin(decided, lock)
        if fit:
            self.memory.publish(cluster, report)
            self.observed.see_backups(cluster)
        self.observed.see_certificates()

    def _decide(self, cluster: Cluster, report: Report, now: float) -> tuple[dict[str, JobMemory], list[Decision]]:
        self.observed.see_maintenance(_maintenance.open_windows(cluster, now, Deadline(WRITE_SECONDS)))
        return _decide.decide(
            self.memory.jobs,
            report,
            now,
            self.config.policy,
            maintenance=self.observed.maintenance,
            busy=tuple(self.actions.busy),
            restorable=partial(self.actions.unrestorable, cluster),
        )


def _holds(lock: Lock) -> bool | None:
    """Whether the lock is still ours; None while unknown."""
    try:
        lock.check()
    except ZooKeeperUnavailable:
        return None
    except ZooKeeperError:
        return False
    return True
