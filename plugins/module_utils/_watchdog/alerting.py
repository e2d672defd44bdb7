# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which alerts a round gives, and a test of the receivers."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from .._health import model as _model
from .._health.model import Report
from . import alarms as _alarms
from . import decide as _decide
from .actions import ActionResult
from .config_file import Config
from .decide import Decision
from .memory import Memory
from .observed import Observed
from .outbox import Outbox
from .receivers import CRITICAL, FIRING
from .send import Message, Unsent, send


class Alerting:
    """Decides which alerts are to be sent, and passes them to the outbox when they may be sent."""

    def __init__(self, config: Config, outbox: Outbox, memory: Memory, observed: Observed) -> None:
        self._outbox = outbox
        self._memory = memory
        self._observed = observed
        self._cluster_name = config.connection.cluster_id.strip("/")
        self._repeat = float(config.alerts.get("repeat") or _alarms.REPEAT_SECONDS)
        self._lasting_after = config.policy.strikes
        self._cluster_strikes = 0

    def see(self, report: Report) -> None:
        """Count for how many rounds something is wrong with the cluster as a whole."""
        # A cluster that is only being built has no leader to miss.
        led_once = self._observed.leader or report.cluster.verdict != _model.NO_LEADER
        self._cluster_strikes = self._cluster_strikes + 1 if report.cluster.alert and led_once else 0

    def decide(self, report: Report, decisions: Sequence[Decision], now: float) -> _alarms.AlarmRound:
        """The alerts of a round; none while a window of maintenance is open."""
        alarms = self._memory.alarms
        if self._observed.maintenance:
            return _alarms.AlarmRound(dict(alarms), [])
        lasting = self._cluster_strikes >= self._lasting_after
        return _alarms.decide_alerts(
            alarms, report, decisions, now, cluster=self._cluster_name, lasting=lasting, repeat=self._repeat
        )

    def failed(self, outcome: ActionResult, now: float) -> None:
        """An action has failed."""
        finding = outcome.decision.finding
        key = _decide.key_of(finding)
        self.post(_alarms.failed(self._memory.alarms, key, finding.name, outcome.text, now, cluster=self._cluster_name))

    def post(self, alerts: _alarms.AlarmRound) -> None:
        self._memory.alarms = alerts.alarms
        for message in alerts.messages:
            self._outbox.post(message)


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
