# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered about an upgrade of a whole cluster.

Its record is written before each phase, so that the next run after a crash goes on where it ended: forward, until the
new version is proved to work, or back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._base.errors import FlinkError
from .._cluster.client import Cluster

KIND = "upgrade"
NAME = "current"
FORMAT = 1
# In this order. What is at rest needs no further run.
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
    # Seconds since 1970: when its end was requested, and when the first checkpoint after was complete.
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
        """Whether the cluster is between two versions, so that the upgrade has to go on."""
        return self.phase not in AT_REST

    @property
    def back(self) -> bool:
        return self.phase in BACK

    def reached(self, phase: str) -> bool:
        """Whether a phase is complete, or is the present one."""
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
        entry = {key: value for key, value in vars(self).items() if key != "jobs"}
        return entry | {"jobs": jobs, "unfinished": self.unfinished, "back": self.back}


def check_resumed(found: Upgrade | None, wanted: str) -> None:
    """An upgrade that is half done is finished before another one begins."""
    if found is not None and found.unfinished and wanted != found.new:
        raise FlinkError(
            f"an upgrade from Flink {found.old} to {found.new} is half done (it is {found.phase}), so none to {wanted}"
            f" can begin; nothing was changed: finish it with -e flink_upgrade_version={found.new}",
            phase=found.phase,
        )


def read(cluster: Cluster) -> Upgrade | None:
    found = cluster.records.read(KIND, NAME)
    return None if found is None else Upgrade.from_record(found.content)
