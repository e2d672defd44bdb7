# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered about an upgrade of a whole cluster, and what can be upgraded to what.

Its record is written before each phase, so that whoever comes after a crash goes on where it ended: forward, until the
new version is proved to work, or back. Nothing is asked and nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._backup.store import series
from .._base.errors import FlinkError
from .._install.versions import RELEASES

KIND = "upgrade"
NAME = "current"
FORMAT = 1
# In this order. What is at rest needs nobody to go on.
FORWARD = ("prepared", "stopping", "stopped", "swapping", "starting", "soaking", "done")
BACK = ("rolling_back", "cleared", "returned", "rolled_back")
AT_REST = frozenset({"", "prepared", "done", "rolled_back"})


@dataclass(frozen=True)
class Moved:
    """A job on its way: the savepoint with which it was stopped, and its record as it was then."""

    name: str
    job_id: str
    savepoint: str
    record: Mapping[str, Any]
    # Seconds since 1970: when its end was asked for, and when the first checkpoint after was complete.
    down_at: float = 0.0
    up_at: float = 0.0

    @property
    def downtime(self) -> float | None:
        return round(self.up_at - self.down_at, 1) if self.up_at and self.down_at else None

    def as_record(self) -> dict[str, Any]:
        return {**vars(self), "record": dict(self.record)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Moved:
        return cls(
            name=str(record["name"]),
            job_id=str(record["job_id"]),
            savepoint=str(record["savepoint"]),
            record=dict(record["record"]),
            down_at=float(record.get("down_at", 0.0)),
            up_at=float(record.get("up_at", 0.0)),
        )


@dataclass(frozen=True)
class Upgrade:
    """One upgrade, from its beginning to one of its two good ends."""

    old: str
    new: str
    phase: str = ""
    jobs: tuple[Moved, ...] = ()
    began: str = ""
    ended: str = ""
    why: str = ""
    # Whether processes of the new version may run.
    swapped: bool = False

    @property
    def unfinished(self) -> bool:
        """Whether the cluster is between two versions, so that somebody has to go on."""
        return self.phase not in AT_REST

    @property
    def back(self) -> bool:
        return self.phase in BACK

    def reached(self, phase: str) -> bool:
        """Whether a phase lies behind, or is the present one."""
        order = BACK if phase in BACK else FORWARD
        return self.phase in order and order.index(self.phase) >= order.index(phase)

    def job(self, name: str) -> Moved | None:
        return next((one for one in self.jobs if one.name == name), None)

    def with_job(self, job: Moved) -> Upgrade:
        others = [one for one in self.jobs if one.name != job.name]
        return replace(self, jobs=tuple(sorted((*others, job), key=lambda one: one.name)))

    def as_record(self) -> dict[str, Any]:
        return {**vars(self), "format": FORMAT, "jobs": [one.as_record() for one in self.jobs]}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Upgrade:
        if record.get("format") != FORMAT:
            raise FlinkError(
                f"the record of the upgrade has format {record.get('format')!r}, this version of the collection reads"
                f" format {FORMAT}: use the version that wrote it"
            )
        try:
            return cls(
                old=str(record["old"]),
                new=str(record["new"]),
                phase=str(record["phase"]),
                jobs=tuple(Moved.from_record(one) for one in record["jobs"]),
                began=str(record.get("began", "")),
                ended=str(record.get("ended", "")),
                why=str(record.get("why", "")),
                swapped=bool(record.get("swapped", False)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise FlinkError(
                f"the record of the upgrade is damaged ({type(error).__name__} {error}): nothing was changed"
            ) from error

    def shown(self) -> dict[str, Any]:
        """For people."""
        jobs = [
            {"name": one.name, "job_id": one.job_id, "savepoint": one.savepoint, "downtime": one.downtime}
            for one in self.jobs
        ]
        told = {key: value for key, value in vars(self).items() if key != "jobs"}
        return told | {"jobs": jobs, "unfinished": self.unfinished, "back": self.back}


@dataclass(frozen=True)
class JobFacts:
    """What decides whether a job can be moved."""

    name: str
    declared: bool
    kind: str = ""
    running: bool = True
    allow_non_restored_state: bool = False


def problems(old: str, new: str, jobs: Sequence[JobFacts], *, sql_allowed: bool = False) -> list[str]:
    """Why a cluster cannot go from one version to another, one sentence each; empty when it can."""
    found: list[str] = []
    if new not in RELEASES:
        found.append(f"Flink {new} is not among the versions that this collection knows ({', '.join(RELEASES)})")
    if series(new) < series(old):
        found.append(f"Flink {new} cannot read the state of Flink {old}, which is newer: restore a backup instead")
    across = series(new) != series(old)
    for job in jobs:
        if not job.declared:
            found.append(
                f"the job {job.name} was not deployed by this collection, which cannot start it again: declare it in"
                " flink_jobs, or cancel it"
            )
        elif job.running and job.allow_non_restored_state:
            found.append(
                f"the job {job.name} allows state to be left behind, so state that does not fit would be lost in"
                " silence: take allow_non_restored_state out"
            )
        elif across and job.kind == "sql" and not sql_allowed:
            found.append(
                f"the job {job.name} is SQL, whose state Flink does not promise to read in another minor version: to"
                " try it, and go back when it does not fit, say -e flink_upgrade_sql_state_allowed=true"
            )
    return found


def check(old: str, new: str, jobs: Sequence[JobFacts], *, sql_allowed: bool = False) -> None:
    found = problems(old, new, jobs, sql_allowed=sql_allowed)
    if found:
        raise FlinkError(
            f"the upgrade from Flink {old} to {new} is not possible: {'; '.join(found)}. Nothing was changed",
            problems=found,
        )


def check_resumed(found: Upgrade | None, wanted: str) -> None:
    """An upgrade that is half done is finished before another one begins."""
    if found is not None and found.unfinished and wanted != found.new:
        raise FlinkError(
            f"an upgrade from Flink {found.old} to {found.new} is half done (it is {found.phase}), so none to {wanted}"
            f" can begin; nothing was changed: finish it with -e flink_upgrade_version={found.new}",
            phase=found.phase,
        )


def refuse_swap(
    cluster_id: str, found: Upgrade | None, deployed: str, wanted: str, jobs: Sequence[str], suspended: Sequence[str]
) -> None:
    """What site.yml must not do: put other binaries under jobs, or go on where an upgrade has stopped."""
    if found is not None and found.unfinished:
        raise FlinkError(
            f"an upgrade of cluster {cluster_id} from Flink {found.old} to {found.new} is half done (it is"
            f" {found.phase}); nothing was changed: run playbooks/upgrade.yml -e flink_upgrade_version={found.new}"
            " again, which finishes it or takes it back",
            phase=found.phase,
        )
    if not deployed or deployed == wanted:
        return
    older = series(wanted) < series(deployed)
    held = [*jobs, *(suspended if older else ())]
    if held:
        way = (
            "its state cannot be read by an older Flink"
            if older
            else f"to go to {wanted}, run playbooks/upgrade.yml -e flink_upgrade_version={wanted} with it"
        )
        raise FlinkError(
            f"cluster {cluster_id} runs Flink {deployed} with {len(held)} job(s) ({', '.join(held)}), and the inventory"
            f" says flink_version {wanted}: with other binaries they would be lost; nothing was changed: set"
            f" flink_version: {deployed}; {way}",
            deployed=deployed,
            jobs=list(held),
        )
