# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a watchdog does about jobs, in threads with connections of their own: the other jobs are watched meanwhile."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from .._base.errors import FlinkError
from .._cluster.client import Cluster
from .._cluster.zookeeper import Lock
from .._health.model import Finding
from . import decide as _decide
from .config_file import Config
from .decide import Decision
from .journal import Journal

if TYPE_CHECKING:
    from .heal import Means


class ActionResult(NamedTuple):
    """What became of an action."""

    decision: Decision
    text: str
    failed: bool = False


class Actions:
    """Those that are under way, one a job, and those that have ended."""

    def __init__(self, config: Config, journal: Journal) -> None:
        self.busy: dict[str, Decision] = {}
        self._config = config
        self._journal = journal
        self._outcomes: queue.Queue[ActionResult] = queue.Queue()

    def unrestorable(self, cluster: Cluster, finding: Finding) -> str:
        """Why a job could not be started again; empty when it can."""
        from . import heal as _heal

        return _heal.unrestorable(cluster, finding, self._means())

    def begin(self, decided: Decision, lock: Lock) -> None:
        key = _decide.key_of(decided.finding)
        self.busy[key] = decided
        threading.Thread(target=self._act, args=(decided, lock), daemon=True, name=f"heal {key}").start()

    def ended(self) -> Iterator[ActionResult]:
        """What has become of actions that were begun in earlier rounds."""
        while not self._outcomes.empty():
            outcome = self._outcomes.get()
            self.busy.pop(_decide.key_of(outcome.decision.finding), None)
            name = outcome.decision.finding.name
            self._journal.note("failed" if outcome.failed else "done", {"job": name, "what": outcome.text})
            yield outcome

    def _means(self) -> Means:
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

    def _act(self, decided: Decision, lock: Lock) -> None:
        outcome = ActionResult(decided, "it broke off", failed=True)
        try:
            outcome = self._heal(decided, lock)
        except FlinkError as error:
            outcome = ActionResult(decided, error.message, failed=True)
        finally:
            # Whatever has happened: the job is not held up without limit.
            self._outcomes.put(outcome)

    def _heal(self, decided: Decision, lock: Lock) -> ActionResult:
        from . import heal as _heal

        finding, means = decided.finding, self._means()
        with Cluster(self._config.connection) as cluster:
            dumps = _heal.thread_dumps(cluster, finding, means, self._journal.trouble)
            if dumps:
                self._journal.note("thread_dump", {"job": finding.name, "files": dumps})
            lock.check()
            if decided.rung == _decide.TASKMANAGER:
                killed = _heal.kill_taskmanager(finding, means)
                if killed:
                    return ActionResult(decided, f"killed {killed}, on which {', '.join(finding.stuck)} hangs")
                # It is on another host: what can be reached from here is the job.
            job_id = _heal.resubmit(cluster, finding, means, lock.check)
            return ActionResult(decided, f"started it again as {job_id}")
