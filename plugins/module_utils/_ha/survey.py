# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the next leader would find: ZooKeeper, the HA storage, the result stores and the running jobs read together.

Nothing is judged here (see _ha_findings) and nothing is changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from .._base.errors import Expired, FlinkError, NotYet
from .._base.paths import plain_path, uris
from .._base.times import iso_now
from .._base.wait import Deadline, parallel, wait_for
from .._cluster.client import Cluster, Contender, Leader, config_of
from .._cluster.kazoo_client import Node
from .._cluster.leader import ForeignLeader, TwoLeaders
from .._cluster.quorum import clean_path
from .._jobs import targets as _targets
from .._jobs import view as _jobs
from .._jobs.records import KIND, OTHERS, JobRecord
from .._jobs.view import CHECKPOINT_NODES, PLAN_NODES, JobView
from . import storage as _ha_storage
from .storage import Places, Storage, places_of

CONFIG_SECONDS = 5.0
# For how long a leader may not yet list a job that it is about to recover.
RECOVERY_SECONDS = 15.0
_IDS = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_ID_BYTES = re.compile(_IDS.pattern.encode())
JAVA_STREAM = b"\xac\xed\x00\x05"


@dataclass(frozen=True)
class Pointer:
    """A node of Flink's that points at a file. kind is jobgraphs, execution-plans, applications or checkpoints."""

    node: str
    kind: str
    job_id: str
    number: int = 0
    file: str = ""
    damaged: bool = False
    # Whether it pointed at the same file before and after the storage was read. Of any other, nothing can be said.
    confirmed: bool = False


@dataclass(frozen=True)
class Survey:
    """Everything that was read. What could not be read is in unread, by what it is."""

    cluster_id: str
    at: str
    flink_version: str = ""
    leader: Leader | None = None
    leader_error: str = ""
    foreign_leader: bool = False
    contenders: tuple[Contender, ...] = ()
    expected_contenders: int = 0
    places: Places = field(default_factory=Places)
    pointers: tuple[Pointer, ...] = ()
    # Ids that have any node at all.
    checkpoint_nodes: tuple[str, ...] = ()
    jobs: tuple[JobView, ...] | None = None
    records: tuple[JobRecord, ...] = ()
    other_records: tuple[JobRecord, ...] = ()
    storage: Storage | None = None
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def plans(self) -> tuple[Pointer, ...]:
        """The jobs that a leader would recover."""
        return tuple(one for one in self.pointers if one.kind in PLAN_NODES)

    def checkpoints(self, job_id: str) -> tuple[Pointer, ...]:
        """The checkpoints of a job in the store, the newest first."""
        found = [one for one in self.pointers if one.kind == "checkpoints" and one.job_id == job_id]
        return tuple(sorted(found, key=lambda one: -one.number))

    @property
    def jobs_in_store(self) -> tuple[str, ...]:
        """The ids of all jobs that have left anything in the store."""
        return tuple(sorted({*(one.job_id for one in self.plans), *self.checkpoint_nodes}))

    @property
    def empty(self) -> bool:
        """Whether no job is left in the HA store, so that the binaries may be swapped."""
        return not self.jobs_in_store

    def job(self, job_id: str) -> JobView | None:
        return next((one for one in self.jobs or () if one.job_id == job_id), None)

    def name_of(self, job_id: str) -> str:
        """The name of a job, from the leader or from the records."""
        job = self.job(job_id)
        if job is not None and job.name:
            return job.name
        for record in (*self.records, *self.other_records):
            known = [record.current, record.good, *record.history]
            if any(one is not None and one.job_id == job_id for one in known):
                return record.name
        return ""

    def pointers_as_dict(self) -> dict[str, str]:
        """The nodes and their files, so that a later look can determine which of them have stayed."""
        return {one.node: one.file for one in self.pointers}


def survey(
    cluster: Cluster,
    *,
    places: Places | None = None,
    storage: Storage | None = None,
    earlier: Mapping[str, str] | None = None,
    storage_wanted: bool = True,
) -> Survey:
    """Read everything.

    places are used where no JobManager answers. storage was read on another host, after the pointers that are given as
    earlier; without it, it is read on this host.
    """
    unread: dict[str, str] = {}
    leadership = cluster.leadership()
    foreign = isinstance(leadership.error, ForeignLeader | TwoLeaders)
    config = _configuration(cluster)
    known = _known_places(config, places, cluster.settings.cluster_id)
    pointers, nodes = read_pointers(cluster)
    jobs: tuple[JobView, ...] | None = None
    version = ""
    if leadership.leader is None:
        unread["jobs"] = str(leadership.error or "there is no leader")
    else:
        try:
            jobs, version = tuple(_listing(cluster)), _jobs.flink_version(cluster)
        except FlinkError as error:
            unread["jobs"] = error.message
    if storage is None and storage_wanted:
        storage = _ha_storage.read(known)
        earlier = {one.node: one.file for one in pointers}
    if earlier is not None:
        pointers, nodes = read_pointers(cluster)
        pointers = [replace(one, confirmed=earlier.get(one.node) == one.file) for one in pointers]
    records, others = _records(cluster, unread)
    if storage is not None:
        unread |= {f"storage_{name}": why for name, why in storage.unread.items()}
    return Survey(
        cluster_id=cluster.settings.cluster_id,
        at=iso_now(),
        flink_version=version,
        leader=leadership.leader,
        leader_error=str(leadership.error or ""),
        foreign_leader=foreign,
        contenders=leadership.contenders,
        expected_contenders=len(cluster.jobmanagers),
        places=known,
        pointers=tuple(pointers),
        checkpoint_nodes=tuple(nodes),
        jobs=jobs,
        records=records,
        other_records=others,
        storage=storage,
        unread=unread,
    )


def _configuration(cluster: Cluster) -> dict[str, str]:
    """Any JobManager says where things are: the configuration must be the same on all."""
    limit = Deadline(CONFIG_SECONDS)
    asked = [partial(cluster.rest.at(one.url).get, "/jobmanager/config", deadline=limit) for one in cluster.jobmanagers]
    found = [config_of(answer) for answer in parallel(asked)]
    if not asked:
        try:
            found = [config_of(cluster.rest.get("/jobmanager/config"))]
        except FlinkError:
            found = []
    return next((one for one in found if one.get("high-availability.storageDir")), {})


def _known_places(config: Mapping[str, str], given: Places | None, cluster_id: str) -> Places:
    stated = places_of(config, cluster_id).as_dict() if config else {}
    wanted = given.as_dict() if given is not None else {}
    return Places.from_dict({key: stated.get(key) or wanted.get(key, "") for key in Places().as_dict()})


def _listing(cluster: Cluster) -> list[JobView]:
    """The jobs of the leader. One that was just elected gets the time to list what it recovers."""
    last: list[JobView] = []

    def probe() -> list[JobView]:
        nonlocal last
        last = _jobs.listing(cluster)
        kept = {name for kind in _jobs.JOB_NODES for name in cluster.zk.children(cluster.path(kind))}
        absent = kept - {one.job_id for one in last}
        if absent:
            raise NotYet(f"the leading JobManager does not list {' and '.join(sorted(absent))}")
        return last

    try:
        return wait_for(probe, Deadline(RECOVERY_SECONDS), "the list of all jobs", _jobs.POLL, cluster.progress)
    except Expired:
        # What is never listed is what this is to find out.
        return last


def read_pointers(cluster: Cluster) -> tuple[list[Pointer], list[str]]:
    """The nodes that point at files, and the ids of the jobs that have checkpoint nodes."""
    root = cluster.root
    plans: list[tuple[str, str, str, int]] = []
    parents = [cluster.path(kind) for kind in (*PLAN_NODES, CHECKPOINT_NODES)]
    listings = cluster.zk.read([], parents)[1]
    for kind, names in zip(PLAN_NODES, listings, strict=False):
        plans += [(f"{root}/{kind}/{name}", kind, name, 0) for name in names]
    ids = listings[-1]
    numbers = cluster.zk.read([], [f"{root}/{CHECKPOINT_NODES}/{name}/checkpoints" for name in ids])[1]
    for job_id, names in zip(ids, numbers, strict=True):
        plans += [
            (f"{root}/{CHECKPOINT_NODES}/{job_id}/checkpoints/{name}", "checkpoints", job_id, int(name))
            for name in names
            if name.isdecimal()
        ]
    nodes = cluster.zk.get_many([path for path, *_others in plans]) if plans else []
    found = [
        _pointer(node, kind, job_id, number)
        for node, (_path, kind, job_id, number) in zip(nodes, plans, strict=True)
        if node is not None
    ]
    return found, list(ids)


def _pointer(node: Node, kind: str, job_id: str, number: int) -> Pointer:
    addresses = uris(node.data)
    return Pointer(
        node=node.path,
        kind=kind,
        job_id=job_id,
        number=number,
        file=plain_path(addresses[0]) if addresses else "",
        damaged=not node.data.startswith(JAVA_STREAM),
    )


def _records(cluster: Cluster, unread: dict[str, str]) -> tuple[tuple[JobRecord, ...], tuple[JobRecord, ...]]:
    try:
        return tuple(_targets.records(cluster, KIND)), tuple(_targets.records(cluster, OTHERS))
    except FlinkError as error:
        unread["records"] = error.message
        return (), ()


def references(cluster: Cluster, found: Survey) -> list[str]:
    """Every id of a job that ZooKeeper, a JobManager, a record or a result mentions, of neighbours too.

    Raises when anything that may refer to one does not answer: nothing is proved then.
    """
    if found.jobs is None or found.unread.get("records"):
        why = found.unread.get("jobs") or found.unread.get("records")
        raise FlinkError(f"it is not known which checkpoints are needed: {why}")
    asked = [partial(cluster.rest.at(one.url).get, "/jobs/overview") for one in cluster.jobmanagers]
    for one, answer in zip(cluster.jobmanagers, parallel(asked), strict=True):
        if isinstance(answer, FlinkError):
            raise FlinkError(f"it is not known which checkpoints are needed: {one.name} does not answer: {answer}")
    known = {one.job_id for one in found.jobs}
    known |= {one.job_id for one in (found.storage.results if found.storage is not None else ())}
    for root in (cluster.settings.zookeeper_root, cluster.settings.records_root):
        paths = cluster.zk.tree(clean_path(root))
        known |= set(_IDS.findall("\n".join(paths)))
        for node in cluster.zk.get_many(paths):
            known |= {one.decode() for one in _ID_BYTES.findall(node.data)} if node is not None else set()
    return sorted(known)


def summary(found: Survey) -> dict[str, Any]:
    """A survey as a module returns it."""
    return {
        "cluster_id": found.cluster_id,
        "checked_at": found.at,
        "flink_version": found.flink_version or None,
        "leader": found.leader.as_dict() if found.leader else None,
        "contenders": len(found.contenders),
        "places": found.places.as_dict(),
        "pointers": found.pointers_as_dict(),
        "store_empty": found.empty,
        "jobs_in_store": list(found.jobs_in_store),
        "unread": dict(found.unread),
    }
