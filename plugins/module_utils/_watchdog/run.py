# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The watchdog at work: one of them is active, by a lock in ZooKeeper; it looks, decides, writes down, acts and tells.

It is a process of its own beside the guardian that fences, so that neither can hold up or break the other. Actions run
in threads with connections of their own, so that the others jobs are watched meanwhile.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from .._backup import note as _backup_note
from .._base.errors import FlinkError, ZooKeeperError, ZooKeeperUnavailable
from .._base.times import iso_now
from .._base.wait import Deadline
from .._cluster import maintenance as _maintenance
from .._cluster.client import Cluster
from .._cluster.quorum import clean_path
from .._cluster.zookeeper import HOLDER, Lock
from .._health import model as _model
from .._health import signs as _signs
from .._health import verdict as _health
from .._health.model import Finding, Report, Sample
from .._health.sampler import Sampler
from . import alarms as _alarms
from . import certificates as _certificates
from . import decide as _watchdog
from .config_file import Config
from .decide import Decision, JobMemory
from .metrics import Endpoint, Metric, verdicts
from .outbox import Outbox
from .receivers import CRITICAL, FIRING
from .send import Message, Unsent, send

KIND, MEMORY, STATUS, LOCK = "watchdog", "memory", "status", "lock"
SHOWN_DECISIONS = 20
STATUS_SECONDS = 30.0
WRITE_SECONDS = 5.0
# For how long one that waits stands in line, and what it rests between two tries.
TURN_SECONDS, PAUSE_SECONDS = 5.0, 1.0
BIND_SECONDS = 60.0
# Backups are made once a day, and tested less often.
BACKUP_SECONDS = 60.0
# Certificates last for months, and are replaced at any time.
CERTIFICATES_SECONDS = 300.0

# Says whether the line could be written.
Journal = Callable[[str, dict[str, Any]], bool]


class ActionResult(NamedTuple):
    """What became of an action."""

    decision: Decision
    text: str
    failed: bool = False


class Watchdog:
    """Waits for its turn; when it is active, one round after the other."""

    def __init__(self, config: Config, journal: Journal, stopped: threading.Event) -> None:
        self._config = config
        self._journal_line = journal
        self._stopped = stopped
        self._unwritten = 0
        receivers = config.alerts.get("receivers") or []
        self._outbox = Outbox(receivers, config.directory / "outbox.json", self._journal)
        self._repeat = float(config.alerts.get("repeat") or _alarms.REPEAT_SECONDS)
        self._cluster_name = config.connection.cluster_id.strip("/")
        self._endpoint: Endpoint | None = None
        self._bind = Deadline(0)
        # What is known of now, for the endpoint; replaced as a whole, never changed.
        self._report: Report | None = None
        self._sampled = 0.0
        self._active = False
        self._maintenance = False
        self._backup: _backup_note.Note | None = None
        self._restore_test: _backup_note.Note | None = None
        self._backup_due = Deadline(0)
        self._certificates: Mapping[str, float] = {}
        self._certificates_due = Deadline(0)
        self._leader = ""
        self._leader_changes = 0
        self._memory: dict[str, JobMemory] = {}
        self._alarms: dict[str, _alarms.Alarm] = {}
        self._decisions: deque[dict[str, Any]] = deque(maxlen=SHOWN_DECISIONS)
        self._outcomes: queue.Queue[ActionResult] = queue.Queue()
        self._busy: dict[str, Decision] = {}
        self._kept = ""
        self._shown = ""
        self._shown_at = Deadline(0)
        self._cluster_strikes = 0
        self._trouble = ""

    # -- whose turn it is --------------------------------------------------------------------------------------------

    def run(self) -> None:
        self._journal("started", {"name": self._config.name})
        with Cluster(self._config.connection) as cluster:
            path = clean_path(cluster.records.root, KIND, LOCK)
            while not self._stopped.is_set():
                self._serve()
                try:
                    with cluster.zk.lock(path, f"{self._config.name} {os.getpid()}", Deadline(TURN_SECONDS)) as lock:
                        self._lead(cluster, lock)
                except ZooKeeperError as error:
                    # That another one is active is nothing to tell.
                    if HOLDER not in error.details:
                        self._tell_trouble(error.message)
                finally:
                    self._active = False
                self._stopped.wait(PAUSE_SECONDS)
        self._outbox.close()

    def _lead(self, cluster: Cluster, lock: Lock) -> None:
        self._active = True
        self._journal("active", {"name": self._config.name})
        self._recall(cluster)
        sampler = Sampler(cluster, self._config.limits, watch=_signs.watcher(self._config.signs))
        series: deque[Sample] = deque()
        while not self._stopped.is_set():
            self._serve()
            began = time.monotonic()
            sample = sampler.take()
            self._sampled = time.time()
            self._see_leader(sample)
            series.append(sample)
            while series and series[0].at < sample.at - sampler.limits.horizon:
                series.popleft()
            report = _health.judge(list(series), sampler.limits, self._config.slots)
            self._report = report
            holds = self._holds(lock)
            if holds is False:
                self._journal("passive", {"what": "another watchdog may be active"})
                return
            self._round(cluster, lock, report, fit=holds is True)
            self._stopped.wait(max(0.0, self._config.interval - (time.monotonic() - began)))

    @staticmethod
    def _holds(lock: Lock) -> bool | None:
        """Whether the lock is still ours; None while nobody can tell."""
        try:
            lock.check()
        except ZooKeeperUnavailable:
            return None
        except ZooKeeperError:
            return False
        return True

    # -- one round ---------------------------------------------------------------------------------------------------

    def _round(self, cluster: Cluster, lock: Lock, report: Report, *, fit: bool) -> None:
        now = time.time()
        self._collect(now)
        memory = self._memory
        decisions: list[Decision] = []
        if fit:
            try:
                windows = _maintenance.open_windows(cluster, now, Deadline(WRITE_SECONDS))
                self._see_maintenance(windows)
                means = partial(self._unrestorable, cluster)
                memory, decisions = _watchdog.decide(
                    self._memory,
                    report,
                    now,
                    self._config.policy,
                    maintenance=self._maintenance,
                    busy=tuple(self._busy),
                    restorable=means,
                )
            except FlinkError as error:
                # Without an answer nothing is decided.
                self._tell_trouble(error.message)
                fit = False
        # A cluster that is only being built has no leader to miss.
        told_of = report.cluster.told and bool(self._leader or report.cluster.verdict != _model.NO_LEADER)
        self._cluster_strikes = self._cluster_strikes + 1 if told_of else 0
        told = self._tell(report, decisions, now)
        if fit and self._remember(cluster, memory, told.alarms):
            self._memory = memory
        elif fit:
            # What could not be written down is neither done nor told: the next round decides it again.
            decisions, fit = [], False
            told = self._tell(report, decisions, now)
        self._alarms = told.alarms
        for message in told.messages:
            self._outbox.post(message)
        for decided in decisions:
            self._note("decision", decided.as_dict())
            if decided.kind == _watchdog.ACT:
                self._act(decided, lock)
        if fit:
            self._publish(cluster, report)
            self._see_backups(cluster)
        self._see_certificates()

    def _tell(self, report: Report, decisions: Sequence[Decision], now: float) -> _alarms.AlarmRound:
        if self._maintenance:
            return _alarms.AlarmRound(dict(self._alarms), [])
        lasting = self._cluster_strikes >= self._config.policy.strikes
        return _alarms.tell(
            self._alarms, report, decisions, now, cluster=self._cluster_name, lasting=lasting, repeat=self._repeat
        )

    def _see_leader(self, sample: Sample) -> None:
        if sample.leader and sample.leader != self._leader:
            if self._leader:
                self._leader_changes += 1
                self._journal("leader_changed", {"leader": sample.leader_name})
            self._leader = sample.leader

    def _see_maintenance(self, windows: Sequence[_maintenance.Window]) -> None:
        if bool(windows) != self._maintenance:
            self._maintenance = bool(windows)
            event = "maintenance_begins" if windows else "maintenance_ends"
            self._note(event, {"windows": [one.as_dict() for one in windows]})

    def _see_backups(self, cluster: Cluster) -> None:
        if not self._backup_due.expired:
            return
        self._backup_due = Deadline(BACKUP_SECONDS)
        try:
            deadline = Deadline(WRITE_SECONDS)
            self._backup = _backup_note.last(cluster, _backup_note.BACKUP, deadline)
            self._restore_test = _backup_note.last(cluster, _backup_note.RESTORE_TEST, deadline)
        except ZooKeeperError as error:
            self._tell_trouble(error.message)

    def _see_certificates(self) -> None:
        if not self._certificates_due.expired:
            return
        self._certificates_due = Deadline(CERTIFICATES_SECONDS)
        if _certificates.places(self._config.connection):
            # A server that does not answer holds up nobody.
            threading.Thread(target=self._read_certificates, daemon=True, name="certificates").start()

    def _read_certificates(self) -> None:
        seen = _certificates.look(self._config.connection)
        for one in seen:
            if one.trouble:
                self._tell_trouble(one.trouble)
        # One that cannot be read now still ends when it was seen to end.
        self._certificates = {
            one.place: end for one in seen if (end := one.not_after or self._certificates.get(one.place)) is not None
        }

    # -- acting ------------------------------------------------------------------------------------------------------

    def _means(self) -> Any:
        # What starts jobs is large, and mostly there is nothing to start.
        from . import heal as _heal

        config = self._config
        return _heal.Means(
            config.directory,
            config.cache_dir,
            config.sql_gateways,
            config.taskmanagers,
            config.name,
            config.start_timeout,
        )

    def _unrestorable(self, cluster: Cluster, finding: Finding) -> str:
        from . import heal as _heal

        return _heal.unrestorable(cluster, finding, self._means())

    def _act(self, decided: Decision, lock: Lock) -> None:
        key = _watchdog.key_of(decided.finding)
        self._busy[key] = decided
        threading.Thread(target=self._action, args=(decided, lock), daemon=True, name=f"heal {key}").start()

    def _action(self, decided: Decision, lock: Lock) -> None:
        outcome = ActionResult(decided, "it broke off", failed=True)
        try:
            outcome = self._heal(decided, lock)
        except FlinkError as error:
            outcome = ActionResult(decided, error.message, failed=True)
        finally:
            # Whatever has happened: the job is not held up for ever.
            self._outcomes.put(outcome)

    def _heal(self, decided: Decision, lock: Lock) -> ActionResult:
        from . import heal as _heal

        finding, means = decided.finding, self._means()
        with Cluster(self._config.connection) as cluster:
            dumps = _heal.thread_dumps(cluster, finding, means, self._tell_trouble)
            if dumps:
                self._note("thread_dump", {"job": finding.name, "files": dumps})
            lock.check()
            if decided.rung == _watchdog.TASKMANAGER:
                killed = _heal.kill_taskmanager(finding, means)
                if killed:
                    return ActionResult(decided, f"killed {killed}, on which {', '.join(finding.stuck)} hangs")
                # It is on another host: what can be reached from here is the job.
            job_id = _heal.resubmit(cluster, finding, means, lock.check)
            return ActionResult(decided, f"started it again as {job_id}")

    def _collect(self, now: float) -> None:
        """What has become of actions that were begun in earlier rounds."""
        while not self._outcomes.empty():
            outcome = self._outcomes.get()
            key = _watchdog.key_of(outcome.decision.finding)
            self._busy.pop(key, None)
            name = outcome.decision.finding.name
            self._note("failed" if outcome.failed else "done", {"job": name, "what": outcome.text})
            if outcome.failed:
                told = _alarms.failed(self._alarms, key, name, outcome.text, now, cluster=self._cluster_name)
                self._alarms = told.alarms
                for message in told.messages:
                    self._outbox.post(message)

    # -- what is remembered ------------------------------------------------------------------------------------------

    def _recall(self, cluster: Cluster) -> None:
        """What the one that was active before has remembered."""
        self._kept = self._shown = ""
        try:
            found = cluster.records.read(KIND, MEMORY, Deadline(WRITE_SECONDS))
            shown = cluster.records.read(KIND, STATUS, Deadline(WRITE_SECONDS))
        except ZooKeeperError:
            raise
        except FlinkError as error:
            self._tell_trouble(error.message)
            return
        if found is not None:
            self._memory = _watchdog.from_record(found.content.get("jobs") or {})
            self._alarms = _alarms.from_record(found.content.get("alarms") or {})
        if shown is not None and isinstance(shown.content.get("decisions"), list):
            self._leader = str(shown.content.get("leader") or "")
            self._decisions = deque(shown.content["decisions"], maxlen=SHOWN_DECISIONS)

    def _remember(self, cluster: Cluster, memory: Mapping[str, JobMemory], alarms: _alarms.Alarms) -> bool:
        """Write down what may be done before it is done; False when it could not be written."""
        lasting = {key: one._replace(strikes=0, verdict="") for key, one in memory.items() if one.actions or one.ailing}
        record = {"jobs": _watchdog.as_record(lasting), "alarms": _alarms.as_record(alarms)}
        text = json.dumps(record, sort_keys=True)
        if text == self._kept:
            return True
        try:
            cluster.zk.put(cluster.records.path(KIND, MEMORY), text.encode(), Deadline(WRITE_SECONDS))
        except ZooKeeperError as error:
            self._tell_trouble(error.message)
            return False
        self._kept = text
        return True

    def _publish(self, cluster: Cluster, report: Report) -> None:
        """What `make status` shows."""
        findings = [one.as_dict() for one in (report.cluster, *report.jobs)]
        core = [[one["name"], one["job_id"], one["verdict"], one["bad"]] for one in findings]
        text = json.dumps([core, list(self._decisions), self._maintenance])
        if text == self._shown and not self._shown_at.expired:
            return
        record = {
            "at": iso_now(),
            "by": self._config.name,
            "interval": self._config.interval,
            "leader": self._leader,
            "maintenance": self._maintenance,
            "cluster": findings[0],
            "jobs": findings[1:],
            "decisions": list(self._decisions),
        }
        try:
            data = json.dumps(record).encode()
            cluster.zk.put(cluster.records.path(KIND, STATUS), data, Deadline(WRITE_SECONDS))
        except ZooKeeperError as error:
            self._tell_trouble(error.message)
            return
        self._shown, self._shown_at = text, Deadline(max(STATUS_SECONDS, self._config.interval))

    # -- what is told ------------------------------------------------------------------------------------------------

    def _journal(self, event: str, details: Mapping[str, Any]) -> None:
        # What people have to know of is told by alerts and metrics too, so that a full disk stops nothing.
        if not self._journal_line(event, dict(details)):
            self._unwritten += 1

    def _note(self, event: str, details: Mapping[str, Any]) -> None:
        """A line of the journal that the status shows too."""
        self._decisions.append({"at": iso_now(), "event": event, **details})
        self._journal(event, details)

    def _tell_trouble(self, text: str) -> None:
        if text != self._trouble:
            self._trouble = text
            self._journal("trouble", {"what": text})

    # -- the endpoint ------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        if self._endpoint is not None or not self._config.metrics_port or not self._bind.expired:
            return
        try:
            self._endpoint = Endpoint(self._config.metrics_address, self._config.metrics_port, self.metrics)
        except OSError as error:
            self._bind = Deadline(BIND_SECONDS)
            where = f"{self._config.metrics_address}:{self._config.metrics_port}"
            self._tell_trouble(f"metrics cannot be served at {where}: {error.strerror}; tried again in a minute")

    def metrics(self) -> list[Metric]:
        found = [
            Metric("up", 1.0),
            Metric("watchdog_active", float(self._active)),
            Metric("leader_changes_total", float(self._leader_changes)),
            Metric("alerts_failed_total", float(self._outbox.failed)),
            Metric("journal_failed_total", float(self._unwritten)),
            Metric("fenced_total", float(fenced(self._config.fence_state))),
        ]
        report = self._report
        if self._active and report is not None:
            found.append(Metric("watchdog_last_sample_timestamp_seconds", self._sampled))
            found.append(Metric("maintenance", float(self._maintenance)))
            found += verdicts(report, self._budget)
            if self._backup is not None:
                found.append(Metric("backup_last_success_timestamp_seconds", self._backup.taken))
                found.append(Metric("backup_last_size_bytes", float(self._backup.size)))
            if self._restore_test is not None:
                found.append(Metric("restore_test_last_success_timestamp_seconds", self._restore_test.taken))
            found += [
                Metric("certificate_not_after_timestamp_seconds", end, {"certificate": place})
                for place, end in sorted(self._certificates.items())
            ]
        return found

    def _budget(self, finding: Finding) -> int:
        memory = self._memory.get(_watchdog.key_of(finding), JobMemory())
        return int(memory.left(self._config.policy, time.time()))


def fenced(path: Path) -> int:
    """How often the guardian of this host has released a dead JobManager."""
    try:
        return int(json.loads(path.read_text(encoding="utf-8")).get("fenced", 0))
    except (OSError, ValueError, TypeError, AttributeError):
        return 0


def alert_test(config: Config) -> list[str]:
    """Send a message to every receiver now; what went wrong, one sentence each."""
    now = time.time()
    name = config.connection.cluster_id.strip("/")
    text = f"This is a test of the alerts of the watchdog on {config.name}. Nothing is wrong."
    message = Message("test", CRITICAL, FIRING, "TEST", f"Test of the alerts of {name}", text, name, now, now)
    return [text for one in config.alerts.get("receivers") or [] if (text := _tried(one, message))]


def _tried(receiver: Mapping[str, Any], message: Message) -> str:
    try:
        send(receiver, message)
    except Unsent as error:
        return error.message
    return ""
