# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the watchdog decides, from verdicts and from what it remembers. Nothing is asked and nothing is done here.

A job is acted upon when its verdict was bad three times in a row, it may be acted upon so soon and so often, and it can
be restored. What is remembered is written down before anything is done, so that no crash and no other watchdog makes
more of it than is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from .._health import model as _model
from .._health.model import Finding, Report

# What is done, the gentlest first.
TASKMANAGER, JOB = "taskmanager", "job"
# What is decided about a job, for the journal and the status.
ACT, HOLD, PAGE, RECOVERED = "act", "hold", "page", "recovered"

Restorable = Callable[[Finding], str]


class Policy(NamedTuple):
    """How often, how soon and how much. Seconds."""

    strikes: int = 3
    max_restarts: int = 3
    window: float = 3600.0
    cooldown: float = 300.0


class JobMemory(NamedTuple):
    """What is remembered about a job: verdicts in a row, when it was acted upon, and what was reported."""

    strikes: int = 0
    verdict: str = ""
    actions: tuple[float, ...] = ()
    # The last action, as long as it is counted: what has helped for a moment only is not done twice.
    last: str = ""
    # The reason for which it is held or paged, reported once.
    told: str = ""
    ailing: bool = False

    def left(self, policy: Policy, now: float) -> int:
        """How many actions the budget still allows."""
        return max(0, policy.max_restarts - len(self._recent(policy, now)))

    def _recent(self, policy: Policy, now: float) -> tuple[float, ...]:
        # A clock that was set back does not give the budget anew.
        return tuple(at for at in self.actions if abs(now - at) < policy.window)

    def pruned(self, policy: Policy, now: float) -> JobMemory:
        recent = self._recent(policy, now)
        return self._replace(actions=recent, last=self.last if recent else "")


class Decision(NamedTuple):
    """What is to be done about a job, and why."""

    kind: str
    finding: Finding
    reason: str
    rung: str = ""
    left: int = 0

    def as_dict(self) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "decision": self.kind,
            "job": self.finding.name,
            "job_id": self.finding.job_id,
            "verdict": self.finding.verdict,
            "why": self.reason,
            "seen": self.finding.reason,
            "budget_left": self.left,
        }
        return {**entry, "rung": self.rung} if self.rung else entry


Memory = Mapping[str, JobMemory]


def key_of(finding: Finding) -> str:
    """Declared jobs are known by their names, those of others may share one."""
    return finding.name if finding.declared else f"{finding.name} ({finding.job_id})"


def as_record(memory: Memory) -> dict[str, Any]:
    return {key: one._asdict() for key, one in memory.items()}


def from_record(record: Mapping[str, Any]) -> dict[str, JobMemory]:
    """What another watchdog has remembered. Its row of verdicts is not continued: it may be long ago."""
    found = {str(key): _remembered(one) for key, one in record.items()}
    return {key: one for key, one in found.items() if one is not None}


def _remembered(record: Any) -> JobMemory | None:
    """What cannot be read is not remembered."""
    try:
        return JobMemory(
            actions=tuple(float(at) for at in record["actions"]),
            last=str(record.get("last", "")),
            told=str(record.get("told", "")),
            ailing=bool(record.get("ailing")),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def decide(
    memory: Memory,
    report: Report,
    now: float,
    policy: Policy,
    *,
    maintenance: bool = False,
    busy: Collection[str] = (),
    restorable: Restorable = lambda _finding: "",
) -> tuple[dict[str, JobMemory], list[Decision]]:
    """One round. now is the time of day; busy are the keys of jobs that are being acted upon."""
    after: dict[str, JobMemory] = {}
    decisions: list[Decision] = []
    sound = report.cluster.verdict in {_model.HEALTHY, _model.SLOTS_SHORT}
    for finding in report.jobs:
        key = key_of(finding)
        before = memory.get(key, JobMemory()).pruned(policy, now)
        if maintenance or not sound or key in busy:
            after[key] = before._replace(strikes=0, verdict=finding.verdict)
            continue
        after[key], decided = _job(before, finding, now, policy, restorable)
        decisions += decided
    # A job that is not seen now is not forgotten: its budget is still spent.
    for key, one in memory.items():
        if key not in after:
            left = one.pruned(policy, now)._replace(strikes=0)
            if left.actions or left.ailing:
                after[key] = left
    return after, decisions


def _job(
    before: JobMemory, finding: Finding, now: float, policy: Policy, restorable: Restorable
) -> tuple[JobMemory, list[Decision]]:
    left = before.left(policy, now)
    if not finding.trouble:
        well = finding.verdict in {_model.HEALTHY, _model.IDLE}
        calm = before._replace(strikes=0, verdict=finding.verdict)
        if well and before.ailing:
            healed = Decision(RECOVERED, finding, "it is well again", left=left)
            return calm._replace(ailing=False, told=""), [healed]
        return calm, []
    strikes = before.strikes + 1
    seen = before._replace(strikes=strikes, verdict=finding.verdict)
    if strikes < policy.strikes:
        return seen, []
    seen = seen._replace(ailing=True)
    refusal = _refusal(seen, finding, now, policy, restorable)
    if refusal is not None:
        kind, why = refusal
        if before.told == f"{kind} {why}":
            return seen, []
        return seen._replace(told=f"{kind} {why}"), [Decision(kind, finding, why, left=left)]
    rung = TASKMANAGER if _is_first(seen, finding) else JOB
    why = f"bad {strikes} times in a row"
    acted = seen._replace(strikes=0, actions=(*seen.actions, now), last=rung, told="")
    return acted, [Decision(ACT, finding, why, rung, left - 1)]


def _is_first(memory: JobMemory, finding: Finding) -> bool:
    """Whether the TaskManager of the task that hangs comes first: Flink itself then restores the job."""
    return not memory.last and finding.verdict == _model.ZOMBIE and bool(finding.taskmanagers)


def _refusal(
    memory: JobMemory, finding: Finding, now: float, policy: Policy, restorable: Restorable
) -> tuple[str, str] | None:
    """Why nothing is done though it should be: hold waits, page sends an alert."""
    if not finding.bad:
        return PAGE, "a restart does not fix this"
    if not finding.declared:
        return PAGE, "it was not deployed by this collection, so it is not known how to start it again"
    if memory.left(policy, now) <= 0:
        return PAGE, f"it was acted upon {policy.max_restarts} times within {policy.window:.0f} s, which is all"
    if memory.actions and abs(now - max(memory.actions)) < policy.cooldown:
        return HOLD, "the last action is too short a time ago"
    why = restorable(finding)
    if why:
        return PAGE, f"it cannot be restored: {why}"
    return None


def shown(decisions: Iterable[Decision]) -> list[dict[str, Any]]:
    return [one.as_dict() for one in decisions]
