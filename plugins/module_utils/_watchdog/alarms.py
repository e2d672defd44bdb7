# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which alerts are sent, and when: once when it begins, again when it gets worse or lasts, and once when it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._health.model import HEALTHY, IDLE, SLOTS_SHORT, Finding, Report
from .decide import ACT, PAGE, TASKMANAGER, Decision, key_of
from .receivers import CRITICAL, FIRING, RESOLVED, WARNING
from .send import Message

CLUSTER = "cluster"
REPEAT_SECONDS = 4 * 3600.0


class Alarm(NamedTuple):
    """Something for which an alert was sent and that is not over."""

    level: str
    verdict: str
    title: str
    text: str
    since: float
    told: float


Alarms = Mapping[str, Alarm]


class AlarmRound(NamedTuple):
    """The alarms that are open after a round, and the messages that it makes."""

    alarms: dict[str, Alarm]
    messages: list[Message]


def as_record(alarms: Alarms) -> dict[str, Any]:
    return {key: one._asdict() for key, one in alarms.items()}


def from_record(record: Mapping[str, Any]) -> dict[str, Alarm]:
    try:
        return {str(key): Alarm(**one) for key, one in record.items()}
    except (TypeError, AttributeError):
        return {}


class _Round:
    """What one round makes of the alarms that are open."""

    def __init__(self, alarms: Alarms, cluster: str, now: float) -> None:
        self.after = dict(alarms)
        self.messages: list[Message] = []
        self._cluster = cluster
        self._now = now

    def fire(self, key: str, level: str, verdict: str, title: str, text: str) -> None:
        known = self.after.get(key)
        since = known.since if known is not None else self._now
        self.after[key] = Alarm(level, verdict, title, text, since, self._now)
        self.messages.append(Message(key, level, FIRING, verdict, title, text, self._cluster, self._now, since))

    def resolve(self, key: str, text: str) -> None:
        one = self.after.pop(key, None)
        if one is not None:
            fields = (one.level, RESOLVED, one.verdict, one.title, text, self._cluster, self._now, one.since)
            self.messages.append(Message(key, *fields))

    def decision(self, decided: Decision) -> None:
        finding, key = decided.finding, key_of(decided.finding)
        title = f"Flink job {finding.name} of {self._cluster} is {finding.verdict}"
        seen = sentence(finding.reason)
        if decided.kind == ACT:
            what = "its TaskManager" if decided.rung == TASKMANAGER else "the job from its last checkpoint"
            left = f"{decided.left} more restarts are allowed"
            self.fire(key, WARNING, finding.verdict, title, f"{seen} The watchdog restarts {what}; {left}.")
        elif decided.kind == PAGE:
            text = f"{seen} The watchdog does nothing: {decided.reason}."
            self.fire(key, CRITICAL, finding.verdict, title, text)

    def cluster(self, found: Finding, *, lasting: bool) -> None:
        if found.verdict == HEALTHY:
            self.resolve(CLUSTER, f"The cluster is {HEALTHY}: {found.reason}.")
        elif found.alert and lasting:
            known = self.after.get(CLUSTER)
            if known is None or known.verdict != found.verdict:
                level = WARNING if found.verdict == SLOTS_SHORT else CRITICAL
                title = f"Flink cluster {self._cluster} is {found.verdict}"
                self.fire(CLUSTER, level, found.verdict, title, sentence(found.reason))

    def jobs(self, report: Report) -> None:
        """An alert about a job is over when it is well, or is not to run any more."""
        if report.cluster.verdict != HEALTHY:
            return
        seen = {key_of(one): one for one in report.jobs}
        for key in [key for key in self.after if key != CLUSTER]:
            one = seen.get(key)
            if one is None:
                self.resolve(key, "It does not run any more, and need not.")
            elif one.verdict in {HEALTHY, IDLE}:
                self.resolve(key, f"It is {one.verdict}: {one.reason}.")

    def remind(self, repeat: float) -> None:
        for key, one in list(self.after.items()):
            if self._now - one.told >= repeat:
                self.fire(key, one.level, one.verdict, one.title, one.text)


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def decide_alerts(
    alarms: Alarms,
    report: Report,
    decisions: Sequence[Decision],
    now: float,
    *,
    cluster: str,
    lasting: bool,
    repeat: float = REPEAT_SECONDS,
) -> AlarmRound:
    """One round. lasting: the cluster's verdict was bad several times in a row."""
    this = _Round(alarms, cluster, now)
    for decided in decisions:
        this.decision(decided)
    this.cluster(report.cluster, lasting=lasting)
    this.jobs(report)
    this.remind(repeat)
    return AlarmRound(this.after, this.messages)


def failed(alarms: Alarms, key: str, name: str, why: str, now: float, *, cluster: str) -> AlarmRound:
    """What the watchdog has tried and not achieved."""
    this = _Round(alarms, cluster, now)
    title = f"Flink job {name} of {cluster} was not restarted"
    this.fire(key, CRITICAL, "ACTION_FAILED", title, sentence(why.rstrip(".")))
    return AlarmRound(this.after, this.messages)
