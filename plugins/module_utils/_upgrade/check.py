# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be upgraded to what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._base.errors import FlinkError
from .._base.versions import series
from .._install.versions import RELEASES


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
        found.append(f"Flink {new} is not among the versions that this collection supports ({', '.join(RELEASES)})")
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
                " try it, and go back when it does not fit, pass -e flink_upgrade_sql_state_allowed=true"
            )
    return found


def check(old: str, new: str, jobs: Sequence[JobFacts], *, sql_allowed: bool = False) -> None:
    found = problems(old, new, jobs, sql_allowed=sql_allowed)
    if found:
        raise FlinkError(
            f"the upgrade from Flink {old} to {new} is not possible: {'; '.join(found)}. Nothing was changed",
            problems=found,
        )
