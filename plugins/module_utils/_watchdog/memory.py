# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a watchdog keeps in ZooKeeper: what the next one has to know, and what `make status` shows."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from .._base.errors import FlinkError, ZooKeeperError
from .._base.times import iso_utc
from .._base.wait import Deadline
from .._cluster.client import Cluster
from .._health.model import Finding, Report
from . import alarms as _alarms
from . import decide as _decide
from .config_file import Config
from .decide import JobMemory
from .journal import Journal
from .observed import Observed

KIND, MEMORY, STATUS = "watchdog", "memory", "status"
STATUS_SECONDS = 30.0
WRITE_SECONDS = 5.0


class Memory:
    """The jobs and the alarms of the rounds before. It is written before anything is done."""

    def __init__(self, config: Config, journal: Journal, observed: Observed) -> None:
        self.jobs: dict[str, JobMemory] = {}
        self.alarms: _alarms.Alarms = {}
        self._config = config
        self._journal = journal
        self._observed = observed
        self._kept = ""
        self._shown = ""
        self._shown_at = Deadline(0)

    def recall(self, cluster: Cluster) -> None:
        """Take over what the one that was active before has remembered."""
        self._kept = self._shown = ""
        try:
            found = cluster.records.read(KIND, MEMORY, Deadline(WRITE_SECONDS))
            shown = cluster.records.read(KIND, STATUS, Deadline(WRITE_SECONDS))
        except ZooKeeperError:
            raise
        except FlinkError as error:
            self._journal.trouble(error.message)
            return
        if found is not None:
            self.jobs = _decide.from_record(found.content.get("jobs") or {})
            self.alarms = _alarms.from_record(found.content.get("alarms") or {})
        if shown is not None and isinstance(shown.content.get("decisions"), list):
            self._observed.leader = str(shown.content.get("leader") or "")
            self._journal.resume(shown.content["decisions"])

    def remember(self, cluster: Cluster, jobs: Mapping[str, JobMemory], alarms: _alarms.Alarms) -> bool:
        """Write down what may be done before it is done; False when it could not be written."""
        lasting = {key: one._replace(strikes=0, verdict="") for key, one in jobs.items() if one.actions or one.ailing}
        record = {"jobs": _decide.as_record(lasting), "alarms": _alarms.as_record(alarms)}
        text = json.dumps(record, sort_keys=True)
        if text != self._kept:
            try:
                cluster.zk.put(cluster.records.path(KIND, MEMORY), text.encode(), Deadline(WRITE_SECONDS))
            except ZooKeeperError as error:
                self._journal.trouble(error.message)
                return False
            self._kept = text
        self.jobs = dict(jobs)
        return True

    def publish(self, cluster: Cluster, report: Report) -> None:
        """What `make status` shows."""
        findings = [one.as_dict() for one in (report.cluster, *report.jobs)]
        core = [[one["name"], one["job_id"], one["verdict"], one["bad"]] for one in findings]
        decisions = list(self._journal.decisions)
        text = json.dumps([core, decisions, self._observed.maintenance])
        if text == self._shown and not self._shown_at.expired:
            return
        record = {
            "at": iso_utc(int(time.time() * 1000)),
            "by": self._config.name,
            "interval": self._config.interval,
            "leader": self._observed.leader,
            "maintenance": self._observed.maintenance,
            "cluster": findings[0],
            "jobs": findings[1:],
            "decisions": decisions,
        }
        try:
            data = json.dumps(record).encode()
            cluster.zk.put(cluster.records.path(KIND, STATUS), data, Deadline(WRITE_SECONDS))
        except ZooKeeperError as error:
            self._journal.trouble(error.message)
            return
        self._shown, self._shown_at = text, Deadline(max(STATUS_SECONDS, self._config.interval))

    def budget(self, finding: Finding) -> int:
        """How often something may still be done about a job."""
        one = self.jobs.get(_decide.key_of(finding), JobMemory())
        return int(one.left(self._config.policy, time.time()))
