# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes samples of a cluster's health: from ZooKeeper all that is there, from the leader no more than is needed.

The HA store names the newest checkpoint of every job in one round trip. A job whose checkpoints come in time is asked
for its counters once a minute; one whose checkpoints do not is looked at closely, down to its subtasks.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote

from .._base.errors import FlinkError, NotYet, RestError, ZooKeeperUnavailable
from .._base.units import seconds
from .._base.wait import Deadline
from .._cluster.client import Cluster, config_of
from .._cluster.kazoo_client import Node
from .._cluster.leader import TwoLeaders
from .._cluster.quorum import clean_path
from .._cluster.rest import Endpoint
from .._jobs import checkpoints as _checkpoints
from .._jobs import failures as _failures
from .._jobs import view as _jobs
from .._jobs.records import KIND
from .model import DeclaredJob, JobSample, Limits, Sample, Sign, Unit
from .verdict import window_of

ANSWER_SECONDS = 5.0
# How often a job that seems well is asked for its counters.
CALM_SECONDS = 60.0
# Of a job whose tasks are chained to one, so many operators are asked.
OPERATORS = 20
# How a watchdog signs its steps, and what it calls the end of a job that it starts again.
WATCHDOG, HEALED = "watchdog", "healed"
METRICS_KEY = "metrics.fetcher.update-interval"

# Asks for the signs of life of a job; the second argument gives the largest value of a metric by the end of its name.
Watch = Callable[[str, Callable[[str], "float | None"]], Sequence[Sign]]


@dataclass
class _Known:
    """What is remembered about a job between two samples."""

    checkpoint: int | None = None
    # When the newest checkpoint was completed or restored, when one was completed, and when the job began to run.
    completed_at: float | None = None
    made_at: float | None = None
    since: float | None = None
    asked_at: float = float("-inf")
    path: str = ""
    enabled: bool = True
    interval: float | None = None
    slowest: float = 0.0
    hangs: bool = True
    restarts: int | None = None
    failure: str = ""
    operators: dict[str, list[str]] = field(default_factory=dict)


class Sampler:
    """Takes one sample after the other. close: look at every job as closely as at one that is in doubt."""

    def __init__(
        self,
        cluster: Cluster,
        limits: Limits,
        *,
        watch: Watch | None = None,
        close: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cluster = cluster
        self.limits = limits
        self._watch = watch
        self._close = close
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._records: dict[str, tuple[int, DeclaredJob]] = {}
        self._leader = ""

    def take(self) -> Sample:
        """One look. Never raises because something is away: the sample says so."""
        at = self._clock()
        deadline = Deadline(ANSWER_SECONDS)
        try:
            leader = self._cluster.leader(deadline)
        except ZooKeeperUnavailable as error:
            return Sample(at, quorum=False, trouble=error.message)
        except TwoLeaders as error:
            return Sample(at, two_leaders=True, trouble=error.message)
        except NotYet as error:
            return Sample(at, trouble=error.message)
        except FlinkError as error:
            return Sample(at, quorum=False, trouble=error.message)
        if leader.leader_session != self._leader:
            self._begin(leader.leader_session, leader.url)
        try:
            return self._ask(at, leader.leader_session, leader.name or leader.url, leader.url)
        except ZooKeeperUnavailable as error:
            return Sample(at, quorum=False, trouble=error.message)
        except FlinkError as error:
            return Sample(at, trouble=f"the leading JobManager does not answer: {error.message}")

    def _begin(self, leader: str, url: str) -> None:
        """A new leader counts from nought, and may be configured differently."""
        self._leader = leader
        self._known.clear()
        try:
            config = config_of(self._cluster.rest.at(url).get("/jobmanager/config", timeout=ANSWER_SECONDS))
        except FlinkError:
            return
        interval = seconds(config.get(METRICS_KEY))
        if interval:
            self.limits = self.limits._replace(metrics=interval)

    def _ask(self, at: float, session: str, name: str, url: str) -> Sample:
        endpoint = self._cluster.rest.at(url)
        stored, declared = self._read_zookeeper()
        overview = endpoint.get("/overview", timeout=ANSWER_SECONDS)
        listed = _jobs.parse_listing(endpoint.get("/jobs/overview", timeout=ANSWER_SECONDS))
        alive = [one.job_id for one in listed if one.alive]
        newest = self._newest_checkpoints(alive)
        jobs: dict[str, JobSample] = {}
        for one in listed:
            jobs[one.job_id] = (
                self._job(endpoint, one, at, newest.get(one.job_id))
                if one.alive
                else JobSample(at, one.job_id, one.name, one.state, failure=self._why(endpoint, one))
            )
        names = {one.job_id: one.name for one in declared.values()}
        for job_id in stored:
            jobs.setdefault(job_id, JobSample(at, job_id, names.get(job_id, job_id), "", listed=False))
        for gone in set(self._known) - set(alive):
            del self._known[gone]
        return Sample(
            at,
            leader=session,
            leader_name=name,
            slots=_whole(overview.get("slots-total")),
            free_slots=_whole(overview.get("slots-available")),
            jobs=jobs,
            declared=declared,
        )

    # -- ZooKeeper ---------------------------------------------------------------------------------------------------

    def _read_zookeeper(self) -> tuple[list[str], dict[str, DeclaredJob]]:
        """The jobs that the next leader would recover, and those that are declared."""
        cluster, records = self._cluster, self._cluster.records
        locks = clean_path(records.path("locks"), KIND)
        parents = [*(cluster.path(kind) for kind in _jobs.JOB_NODES), records.path(KIND), locks]
        *stored, names, locked = cluster.zk.read([], parents, Deadline(ANSWER_SECONDS))[1]
        holders = [name for name in locked if name]
        nodes = cluster.zk.get_many([clean_path(records.path(KIND), name) for name in names], Deadline(ANSWER_SECONDS))
        held = set(holders)
        if holders:
            waiting = cluster.zk.read([], [clean_path(locks, name) for name in holders], Deadline(ANSWER_SECONDS))[1]
            held = {unquote(name) for name, children in zip(holders, waiting, strict=True) if children}
        found = [self._declared(node, held) for node in nodes if node is not None]
        return sorted({name for listed in stored for name in listed}), {one.name: one for one in found if one}

    def _declared(self, node: Node, held: set[str]) -> DeclaredJob | None:
        """A record is read again only when it has changed."""
        known = self._records.get(node.path)
        if known is None or known[0] != node.version:
            try:
                known = (node.version, declared_job(unquote(node.path.rpartition("/")[2]), json.loads(node.data)))
            except (ValueError, KeyError, TypeError, AttributeError):
                # What works with the record reports what is wrong with it.
                return None
            self._records[node.path] = known
        job = known[1]
        return job._replace(free=False) if job.name in held else job

    def _newest_checkpoints(self, job_ids: Sequence[str]) -> dict[str, int | None]:
        paths = [self._cluster.path(_jobs.CHECKPOINT_NODES, one, "checkpoints") for one in job_ids]
        children = self._cluster.zk.read([], paths, Deadline(ANSWER_SECONDS))[1]
        return {
            job_id: max((int(name) for name in names if name.isdigit()), default=None)
            for job_id, names in zip(job_ids, children, strict=True)
        }

    # -- one job -----------------------------------------------------------------------------------------------------

    def _job(self, endpoint: Endpoint, job: _jobs.JobView, at: float, newest: int | None) -> JobSample:
        known = self._known.setdefault(job.job_id, _Known())
        if newest is not None and known.checkpoint is not None and newest > known.checkpoint:
            known.completed_at = known.made_at = at
        known.checkpoint = newest if newest is not None else known.checkpoint
        units: tuple[Unit, ...] | None = None
        if self._due(job, known, at):
            try:
                units = self._details(endpoint, job, known, at)
            except RestError as error:
                # It has ended meanwhile, or the leader is busy: the next look shows it.
                if not _jobs.unknown_job(error) and error.status is None:
                    raise
        begun = _latest(known.completed_at, known.since)
        return JobSample(
            at,
            job.job_id,
            job.name,
            job.state,
            running=job.working,
            total=job.total,
            checkpoint=known.checkpoint,
            stalled=None if begun is None else max(0.0, at - begun),
            checkpoint_age=None if known.completed_at is None else max(0.0, at - known.completed_at),
            checkpoint_path=known.path,
            checkpoints_enabled=known.enabled,
            proven=known.made_at is not None and (known.since is None or known.made_at >= known.since),
            interval=known.interval or 0.0,
            slowest=known.slowest,
            hangs=known.hangs,
            units=units,
            restarts=known.restarts,
            failure=known.failure,
            signs=self._signs(endpoint, job),
        )

    def _signs(self, endpoint: Endpoint, job: _jobs.JobView) -> tuple[Sign, ...]:
        if self._watch is None or not job.all_running:
            return ()
        return tuple(self._watch(job.name, lambda ending: self._largest(endpoint, job.job_id, ending)))

    @staticmethod
    def _largest(endpoint: Endpoint, job_id: str, ending: str) -> float | None:
        """The largest value of the metrics whose names end so, among all tasks; None when there is none."""
        ask = partial(endpoint.get, timeout=ANSWER_SECONDS)
        found: list[float] = []
        try:
            for vertex in ask(f"/jobs/{job_id}").get("vertices") or ():
                path = f"/jobs/{job_id}/vertices/{vertex['id']}/subtasks/metrics"
                names = [str(one["id"]) for one in ask(path) if str(one["id"]).endswith(ending)]
                if names:
                    answer = ask(path, params={"get": ",".join(names[:OPERATORS]), "agg": "max"})
                    found += [_number(one.get("max")) for one in answer]
        except (RestError, KeyError, TypeError, AttributeError):
            return None
        return max(found, default=None)

    def _late(self, known: _Known, at: float) -> bool:
        """Whether a checkpoint should have come by now."""
        begun = _latest(known.completed_at, known.since)
        if begun is None or known.interval is None or not known.enabled:
            return True
        window = window_of(self.limits, known.interval, known.slowest)
        return at - begun > min(max(1.5 * known.interval, window / 4), window / 2)

    def _due(self, job: _jobs.JobView, known: _Known, at: float) -> bool:
        if self._close or not job.all_running or self._late(known, at):
            return True
        return at - known.asked_at >= CALM_SECONDS

    def _details(self, endpoint: Endpoint, job: _jobs.JobView, known: _Known, at: float) -> tuple[Unit, ...] | None:
        """What the leader knows about a job beyond its state."""
        ask = partial(endpoint.get, timeout=ANSWER_SECONDS)
        base = f"/jobs/{job.job_id}"
        document = ask(base)
        now = float(document.get("now") or 0) / 1000
        running = float((document.get("timestamps") or {}).get("RUNNING") or 0) / 1000
        known.since = at - max(0.0, now - running) if running else None
        self._checkpoints(ask, base, known, now, at)
        known.restarts = self._restarts(ask, base)
        known.asked_at = at
        if not job.all_running:
            known.failure = self._failure(ask, base)
            return None
        vertices = [one for one in document.get("vertices") or () if isinstance(one, Mapping)]
        late = self._close or self._late(known, at)
        found = [unit for one in vertices for unit in self._units(ask, base, one, known, late=late)]
        return tuple(found)

    def _checkpoints(self, ask: Callable[..., Any], base: str, known: _Known, now: float, at: float) -> None:
        if known.interval is None:
            try:
                known.interval = _checkpoints.checkpoint_interval(ask(f"{base}/checkpoints/config"))
                known.enabled = known.interval > 0
            except RestError as error:
                if error.status != 404:
                    raise
                known.interval, known.enabled = 0.0, False
        if not known.enabled:
            return
        document = ask(f"{base}/checkpoints")
        seen = _checkpoints.parse_checkpoints(document)
        latest = (document.get("latest") or {}) if isinstance(document, Mapping) else {}
        completed, restored = latest.get("completed") or {}, latest.get("restored") or {}
        made, begun = (
            _moment(one, now, at) for one in (completed.get("latest_ack_timestamp"), restored.get("restore_timestamp"))
        )
        known.made_at = _latest(known.made_at, made)
        known.completed_at = _latest(known.completed_at, made, begun)
        if seen.newest is not None:
            known.path = seen.newest.path
            known.checkpoint = max(known.checkpoint or 0, seen.newest.id)
        elif restored.get("external_path"):
            known.path = str(restored["external_path"])
        summary = ((document.get("summary") or {}).get("end_to_end_duration") or {}).get("p99")
        known.slowest = _number(summary) / 1000 if _number(summary) == _number(summary) else 0.0
        known.hangs = seen.counts.get("in_progress", 0) > 0 or "expired" in seen.failed_reason.lower()

    @staticmethod
    def _restarts(ask: Callable[..., Any], base: str) -> int | None:
        answer = ask(f"{base}/metrics", params={"get": _failures.RESTARTS})
        values = [one.get("value") for one in answer if isinstance(one, Mapping)] if isinstance(answer, list) else []
        return next((int(one) for one in values if isinstance(one, str) and one.isdigit()), None)

    @staticmethod
    def _failure(ask: Callable[..., Any], base: str) -> str:
        return _failures.parse_failures(ask(f"{base}/exceptions", params={"maxExceptions": "3"})).cause[:300]

    def _why(self, endpoint: Endpoint, job: _jobs.JobView) -> str:
        """Why a job has failed for good; asked for once a job."""
        if job.state != "FAILED":
            return ""
        known = self._known.get(job.job_id)
        if known is not None and known.failure:
            return known.failure
        try:
            return self._failure(partial(endpoint.get, timeout=ANSWER_SECONDS), f"/jobs/{job.job_id}")
        except RestError:
            return ""

    # -- its parts ---------------------------------------------------------------------------------------------------

    def _units(
        self, ask: Callable[..., Any], base: str, vertex: Mapping[str, Any], known: _Known, *, late: bool
    ) -> list[Unit]:
        """A vertex and, where a checkpoint is late, its subtasks."""
        key, name = str(vertex.get("id")), _short(str(vertex.get("name", "")))
        metrics = vertex.get("metrics") or {}
        whole = Unit(key, name, _records(metrics), _busy(metrics), held=_held(metrics))
        if not late:
            return [whole]
        if not whole.records:
            # All of its operators are chained to one task, which reads from no other and writes to none.
            whole = whole._replace(records=self._operators(ask, f"{base}/vertices/{key}", key, known))
        parts = [one for one in ask(f"{base}/vertices/{key}").get("subtasks") or () if isinstance(one, Mapping)]
        subtasks = [
            Unit(
                f"{key}/{one.get('subtask')}",
                f"{name} ({int(one.get('subtask') or 0) + 1}/{len(parts)})",
                _records(one.get("metrics") or {}),
                _busy(one.get("metrics") or {}),
                str(one.get("taskmanager-id") or ""),
                _held(one.get("metrics") or {}),
            )
            for one in parts
        ]
        if len(subtasks) == 1 or not any(one.records for one in subtasks):
            # Only the vertex as a whole can be counted; where its busy subtasks are is known all the same.
            busiest = max(subtasks, key=lambda one: one.busy or 0.0, default=None)
            return [whole._replace(taskmanager=busiest.taskmanager if busiest is not None else "")]
        return [whole, *subtasks]

    def _operators(self, ask: Callable[..., Any], path: str, key: str, known: _Known) -> float:
        """The records of a chain, counted where they pass from one of its operators to the next."""
        if key not in known.operators:
            names = [str(one.get("id")) for one in ask(f"{path}/subtasks/metrics") if isinstance(one, Mapping)]
            chained = [one for one in names if one.endswith((".numRecordsIn", ".numRecordsOut"))]
            if not chained:
                return 0.0
            known.operators[key] = chained[:OPERATORS]
        wanted = ",".join(known.operators[key])
        answer = ask(f"{path}/subtasks/metrics", params={"get": wanted, "agg": "sum"})
        return sum(_number(one.get("sum")) for one in answer if isinstance(one, Mapping))


def declared_job(name: str, record: Mapping[str, Any]) -> DeclaredJob:
    """What matters of a job's record."""
    current = record.get("current") or {}
    step = record.get("step") or {}
    # What another watchdog has begun may be ended by this one; what a person has begun is his.
    begun = bool(step) and not str(step.get("by", "")).startswith(WATCHDOG)
    busy = begun or record.get("strays") or current.get("outcome") in {"submitting", "refused"}
    history = record.get("history") or [{}]
    return DeclaredJob(
        str(record.get("name") or name),
        str(current.get("job_id") or ""),
        str(record.get("state") or ""),
        free=not busy,
        finished=current.get("outcome") == "finished",
        interrupted=not current and history[0].get("outcome") == HEALED,
    )


def _moment(milliseconds: Any, now: float, at: float) -> float | None:
    """A moment by the clock of the samples; now is Flink's own at the same time."""
    return at - max(0.0, now - milliseconds / 1000) if now and milliseconds and milliseconds > 0 else None


def _latest(*moments: float | None) -> float | None:
    return max((one for one in moments if one is not None), default=None)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _number(value: Any) -> float:
    """Flink writes NaN as a text."""
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return 0.0


def _records(metrics: Mapping[str, Any]) -> float:
    return _number(metrics.get("read-records")) + _number(metrics.get("write-records"))


def _busy(metrics: Mapping[str, Any]) -> float | None:
    total = _number(metrics.get("accumulated-busy-time")) + _number(metrics.get("accumulated-backpressured-time"))
    return None if math.isnan(total) else total


def _held(metrics: Mapping[str, Any]) -> float:
    return _number(metrics.get("accumulated-backpressured-time"))


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:57]}..."
