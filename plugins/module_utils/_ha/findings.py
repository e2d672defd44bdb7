# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the next failover would do, judged from a survey. Nothing is asked and nothing is changed here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from .._base.paths import plain_path
from .._jobs.records import Deployment
from .storage import Storage, StoredFile, StoredResult
from .survey import Pointer, Survey

# From this version on, a result must name its application.
APPLICATIONS = (2, 3)
REPAIR = "run flink_ha_repair (playbooks/repair.yml), which moves it into quarantine, before a JobManager fails"
_CHECKPOINT = re.compile(r"(?P<place>.*/(?:chk-\d+|savepoint-[^/]+))/_metadata$")


class Severity(StrEnum):
    """poison: the next leader fails. loss: a job or its state is lost, or runs twice. note: no harm by itself."""

    POISON = "poison"
    LOSS = "loss"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be. place says where the subject is: storage, zookeeper, or neither."""

    kind: str
    severity: Severity
    subject: str
    sentence: str
    remedy: str
    job_id: str = ""
    place: str = ""

    def as_dict(self) -> dict[str, str]:
        return {key: str(value) for key, value in asdict(self).items()}


@dataclass(frozen=True)
class Forecast:
    """What the next leader would do with a job."""

    job_id: str
    name: str
    state: str
    recovers: bool
    checkpoint_id: int | None
    path: str
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def version_of(text: str) -> tuple[int, int]:
    """(2, 3) of '2.3.0'; (0, 0) of what is not a version."""
    found = re.match(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def read_kinds(version: str) -> frozenset[str]:
    """The kinds of nodes from which a version recovers jobs; all of them when the version is unknown."""
    if version_of(version) == (0, 0):
        return frozenset({"jobgraphs", "execution-plans", "applications"})
    if version_of(version) < (2, 0):
        return frozenset({"jobgraphs"})
    return frozenset(
        {"execution-plans", "applications"} if version_of(version) >= APPLICATIONS else {"execution-plans"}
    )


def findings(survey: Survey, flink_version: str = "") -> list[Finding]:
    """Everything, the worst first. flink_version is the version of the next leader, when it is to be another one."""
    version = flink_version or survey.flink_version
    found = [
        *_of_results(survey, version),
        *_of_plans(survey, version),
        *_of_checkpoints(survey),
        *_of_registry(survey),
        *_of_leftovers(survey),
        *_of_contenders(survey),
        *_of_unread(survey),
    ]
    order = list(Severity)
    return sorted(found, key=lambda one: (order.index(one.severity), one.kind, one.subject))


def poisonous(found: list[Finding]) -> list[Finding]:
    return [one for one in found if one.severity is Severity.POISON]


def _storage(survey: Survey, place: str) -> Storage | None:
    """The storage, when that place of it was read."""
    return survey.storage if survey.storage is not None and place not in survey.storage.unread else None


def files_of(survey: Survey) -> Mapping[str, StoredFile] | None:
    """The files of the HA storage by their paths; None when they were not read."""
    storage = _storage(survey, "ha")
    return None if storage is None else {plain_path(one.path): one for one in storage.files}


# How many checkpoints one sentence names.
SHOWN = 3

# -- results ---------------------------------------------------------------------------------------------------------


def _of_results(survey: Survey, version: str) -> Iterator[Finding]:
    for result in survey.storage.results if survey.storage else ():
        poison = _poison(result, version)
        if poison:
            yield Finding(
                "dirty_result",
                Severity.POISON,
                result.path,
                f"{result.path} is the result of the job {result.job_id}, and {poison}: every JobManager that is"
                " elected ends with it",
                REPAIR,
                result.job_id,
                "storage",
            )
        elif result.dirty and _alive(survey, result.job_id):
            yield Finding(
                "dirty_result",
                Severity.LOSS,
                result.path,
                f"{result.path} says that the job {result.job_id} has ended, and it runs: the next leader would not"
                " recover it",
                "stop the job with a savepoint and start it again from there",
                result.job_id,
                "storage",
            )
        elif not result.dirty:
            yield Finding(
                "old_result",
                Severity.NOTE,
                result.path,
                f"{result.path} is the result of the job {result.job_id}, which has ended: Flink starts no job of that"
                " id again",
                "nothing, unless a job with this very id is to be started: then remove the file",
                result.job_id,
                "storage",
            )


def _poison(result: StoredResult, version: str) -> str:
    if not result.dirty:
        return ""
    if result.problem:
        return result.problem
    if version_of(version) >= APPLICATIONS and not result.application_id:
        return f"Flink {version} cannot read it, because it names no application"
    return ""


def _alive(survey: Survey, job_id: str) -> bool:
    job = survey.job(job_id)
    return job is not None and job.alive


# -- jobs ------------------------------------------------------------------------------------------------------------


def _of_plans(survey: Survey, version: str) -> Iterator[Finding]:
    files = files_of(survey)
    for plan in survey.plans:
        name = _named(survey, plan.job_id)
        if plan.damaged:
            yield _node_finding("damaged_graph", plan, f"the node of {name} holds no pointer of Flink's")
        elif files is not None and _is_gone(survey, plan, files):
            yield _node_finding("missing_graph", plan, f"{plan.file}, the graph of {name}, is not there")
        else:
            yield from _of_version(survey, plan, version, name)
        yield from _unknown(survey, plan, name)


def _node_finding(kind: str, plan: Pointer, why: str) -> Finding:
    return Finding(
        kind,
        Severity.POISON,
        plan.node,
        f"{why}, but {plan.node} in ZooKeeper names it: every JobManager that is elected fails because of it",
        REPAIR,
        plan.job_id,
        "zookeeper",
    )


def _of_version(survey: Survey, plan: Pointer, version: str, name: str) -> Iterator[Finding]:
    remedy = "stop the job with a savepoint on the version that wrote it, and start it again from there"
    if plan.kind not in read_kinds(version):
        yield Finding(
            "other_version",
            Severity.LOSS,
            plan.node,
            f"Flink {version} does not look for jobs in {plan.kind}: the next leader would come up without {name}",
            remedy,
            plan.job_id,
            "zookeeper",
        )
        return
    written = _written_by(survey, plan.job_id)
    if written and version and version_of(written) != version_of(version):
        yield Finding(
            "other_version",
            Severity.POISON,
            plan.node,
            f"the graph of {name} was written by Flink {written}, and the next leader is to be Flink {version}, which"
            " cannot be trusted to read it",
            remedy,
            plan.job_id,
            "zookeeper",
        )


def _written_by(survey: Survey, job_id: str) -> str:
    """The version that wrote a job's graph: that of the leader that runs it, or that of the record."""
    if _alive(survey, job_id) and survey.flink_version:
        return survey.flink_version
    deployment = _deployment(survey, job_id)
    return deployment.flink_version if deployment is not None else ""


def _deployment(survey: Survey, job_id: str) -> Deployment | None:
    for record in survey.records:
        for one in (record.current, record.good, *record.history):
            if one is not None and one.job_id == job_id:
                return one
    return None


def _unknown(survey: Survey, plan: Pointer, name: str) -> Iterator[Finding]:
    if survey.jobs is None or plan.kind == "applications" or survey.job(plan.job_id) is not None:
        return
    yield Finding(
        "orphan_job",
        Severity.LOSS,
        plan.node,
        f"{name} is in the HA store, and the leader does not run it: the next leader would start it in addition"
        " to whatever has replaced it",
        "run flink_ha_repair with kinds orphan_job (playbooks/repair.yml) when the job is not wanted any more",
        plan.job_id,
        "zookeeper",
    )


def _named(survey: Survey, job_id: str) -> str:
    name = survey.name_of(job_id)
    return f"the job {name} ({job_id})" if name else f"the job {job_id}"


def _is_gone(survey: Survey, pointer: Pointer, files: Mapping[str, StoredFile]) -> bool:
    """Whether the file of a pointer is not there. Only what would have been seen counts."""
    if not pointer.confirmed or not pointer.file:
        return False
    inside = pointer.file.startswith(plain_path(survey.places.ha) + "/")
    return inside and pointer.file not in files


# -- checkpoints -----------------------------------------------------------------------------------------------------


def _of_checkpoints(survey: Survey) -> Iterator[Finding]:
    files = files_of(survey)
    if files is None:
        return
    for job_id in {one.job_id for one in survey.pointers if one.kind == "checkpoints"}:
        pointers = survey.checkpoints(job_id)
        gone = [one for one in pointers if one.damaged or _is_gone(survey, one, files)]
        name = _named(survey, job_id)
        for one in gone:
            yield Finding(
                "missing_checkpoint",
                Severity.LOSS,
                one.node,
                f"{one.file or 'the pointer'} of checkpoint {one.number} of {name} is not there, but {one.node} in"
                " ZooKeeper names it: the next leader could not recover the job and would give it up",
                "stop the job with a savepoint now, while it runs, and start it again from there",
                job_id,
                "zookeeper",
            )
        newest = pointers[0]
        lost = files[newest.file].missing if newest.confirmed and newest.file in files else ()
        if lost:
            yield Finding(
                "missing_state",
                Severity.LOSS,
                newest.node,
                f"checkpoint {newest.number} of {name} needs {lost[0]}"
                + (f" and {len(lost) - 1} more files" if len(lost) > 1 else "")
                + ", which is not there: the next leader could not restore the job from it",
                "stop the job with a savepoint now, while it runs, and start it again from there",
                job_id,
                "zookeeper",
            )


# -- a ZooKeeper that is new ------------------------------------------------------------------------------------------


def _of_registry(survey: Survey) -> Iterator[Finding]:
    """ZooKeeper has nothing of the jobs that have left their files in the cluster's own part of the storage."""
    known = survey.pointers or survey.checkpoint_nodes or survey.records or any(one.alive for one in survey.jobs or ())
    files = files_of(survey)
    if known or not files or "records" in survey.unread:
        return
    storage = _storage(survey, "checkpoints")
    newest = [
        f"{plain_path(one.path)}/chk-{max(one.complete)}"
        for one in (storage.directories if storage is not None else ())
        if one.complete
    ]
    more = f" and {len(newest) - SHOWN} more" if len(newest) > SHOWN else ""
    yield Finding(
        "lost_registry",
        Severity.LOSS,
        plain_path(survey.places.ha),
        f"ZooKeeper has no job of cluster {survey.cluster_id} and no record of one, but {plain_path(survey.places.ha)}"
        f" has {len(files)} file(s) of jobs: ZooKeeper's data were lost, or it is another ensemble, and jobs that are"
        " started now begin without their state"
        + (f" (newest complete checkpoints: {', '.join(newest[:SHOWN])}{more})" if newest else ""),
        "bring ZooKeeper's data back, restore a backup (playbooks/restore.yml), or start each job from its newest"
        " checkpoint with savepoint_path",
        place="storage",
    )


# -- what is left ----------------------------------------------------------------------------------------------------


def _of_leftovers(survey: Survey) -> Iterator[Finding]:
    planned = {one.job_id for one in survey.plans}
    applications = any(one.kind == "applications" for one in survey.plans)
    for job_id in survey.checkpoint_nodes:
        if job_id not in planned and not applications and not _alive(survey, job_id):
            yield Finding(
                "orphan_checkpoints",
                Severity.NOTE,
                f"jobs/{job_id}",
                f"ZooKeeper has checkpoints of {_named(survey, job_id)}, and no leader would recover that job",
                "nothing: it does no harm unless a job with this very id is started",
                job_id,
                "zookeeper",
            )
    files = files_of(survey)
    if files is None or survey.jobs is None:
        return
    named = {one.file for one in survey.pointers}
    idle = sorted(path for path in files if path not in named)
    if idle and all(one.confirmed for one in survey.pointers):
        size = sum(files[path].size for path in idle)
        yield Finding(
            "orphan_files",
            Severity.NOTE,
            plain_path(survey.places.ha),
            f"{len(idle)} file(s) with {size} bytes in {plain_path(survey.places.ha)} belong to no node in ZooKeeper",
            "nothing: they only take up space",
            place="storage",
        )


def _of_contenders(survey: Survey) -> Iterator[Finding]:
    if survey.foreign_leader:
        yield Finding(
            "contender",
            Severity.POISON,
            survey.cluster_id,
            survey.leader_error,
            "stop the JobManager that is not in the inventory, or give it another cluster id",
        )
    elif survey.expected_contenders and len(survey.contenders) > survey.expected_contenders:
        yield Finding(
            "contender",
            Severity.LOSS,
            survey.cluster_id,
            f"{len(survey.contenders)} JobManagers lead or wait to lead {survey.cluster_id}, and the inventory has"
            f" {survey.expected_contenders}: one from elsewhere could take over, unless it is one that has just died",
            "look again after the time-out of the ZooKeeper session; then find the process and stop it",
        )


def _of_unread(survey: Survey) -> Iterator[Finding]:
    for what, why in survey.unread.items():
        yield Finding(
            "unread",
            Severity.NOTE,
            what,
            f"nothing can be said about the {what.replace('_', ' ')}: {why}",
            "run the audit where it can be read, or when it is back",
        )


# -- the next failover -----------------------------------------------------------------------------------------------


def next_failover(survey: Survey, flink_version: str = "") -> list[Forecast]:
    """What would become of every job that runs or is in the store."""
    found = findings(survey, flink_version)
    poison = poisonous(found)
    ids = dict.fromkeys([one.job_id for one in survey.plans if one.kind != "applications"])
    ids |= dict.fromkeys([job.job_id for job in survey.jobs or () if job.alive])
    return [_forecast(survey, job_id, found, poison) for job_id in ids]


def _forecast(survey: Survey, job_id: str, found: list[Finding], poison: list[Finding]) -> Forecast:
    job = survey.job(job_id)
    newest = next(iter(survey.checkpoints(job_id)), None)
    path = checkpoint_path(survey, newest) if newest is not None else ""
    harm = next((one for one in found if one.job_id == job_id and one.severity is Severity.LOSS), None)
    recovers = False
    if poison:
        sentence = f"no JobManager would survive its election: {poison[0].sentence}"
    elif harm is not None and harm.kind != "orphan_job":
        sentence = harm.sentence
    elif not any(one.job_id == job_id for one in survey.plans) and not _has_application(survey):
        sentence = "it is not in the HA store, so no leader would recover it"
    else:
        recovers = True
        sentence = _from_where(newest, path)
    return Forecast(
        job_id=job_id,
        name=survey.name_of(job_id),
        state=job.state if job is not None else "",
        recovers=recovers,
        checkpoint_id=newest.number if newest is not None else None,
        path=path,
        sentence=sentence,
    )


def _has_application(survey: Survey) -> bool:
    return any(one.kind == "applications" for one in survey.plans)


def _from_where(newest: Pointer | None, path: str) -> str:
    if newest is None:
        return "it would start from the beginning: no checkpoint of it is complete"
    return f"it would be restored from checkpoint {newest.number}" + (f" at {path}" if path else "")


def checkpoint_path(survey: Survey, pointer: Pointer) -> str:
    """Where a completed checkpoint is, as its own file says."""
    stored = (files_of(survey) or {}).get(pointer.file)
    for address in stored.addresses if stored is not None else ():
        match = _CHECKPOINT.match(address)
        if match is not None:
            return match["place"]
    return ""
