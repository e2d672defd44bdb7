# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the watchdog does about a job that is stuck: writes down why, then restarts as little as helps.

A job is started again only from state that it has made itself, by the record of its deployment and under the lock that
every run takes that works on it.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from .._base.errors import FlinkError, RestError
from .._base.names import derived_name
from .._base.processes import marked, send
from .._base.times import stamp
from .._base.wait import Deadline
from .._cluster.client import Cluster
from .._health.model import Finding
from .._health.sampler import HEALED, WATCHDOG
from .._jobs.acts import ended
from .._jobs.plan import Declared
from .._jobs.records import JobRecord, StatePoint
from .._jobs.run import Options, Run
from .._jobs.settle import settle
from .._jobs.start import check_start, start
from .._jobs.state import check_source, last_state, recorded_state
from .._jobs.stop import cancel_for_state
from .config_file import ProcessMarks

# A run that works on the job goes first.
LOCK_SECONDS = 2.0
DUMP_SECONDS = 20.0
DUMPS_KEPT = 20


class Means(NamedTuple):
    """What a watchdog can use on its host."""

    directory: Path
    cache_dir: Path
    sql_gateways: tuple[str, ...] = ()
    taskmanagers: Mapping[str, ProcessMarks] = {}
    by: str = WATCHDOG
    timeout: float = 300.0


def unrestorable(cluster: Cluster, finding: Finding, means: Means) -> str:
    """Why a job cannot be started again from state of its own; empty when it can."""
    try:
        run = _run(cluster, finding.name, means)
        run.load()
        source = _source(run, finding)
        if source is None:
            return "it has no checkpoint"
        check_source(run, source)
    except FlinkError as error:
        return error.message
    return ""


def thread_dumps(cluster: Cluster, finding: Finding, means: Means, report: Callable[[str], None]) -> list[str]:
    """What the threads of the TaskManagers do, in files next to the journal; the newest are kept.

    To know why is worth much, to go on is worth more: what went wrong is reported, and delays nothing.
    """
    directory = means.directory / "dumps"
    written: list[str] = []
    for taskmanager in finding.taskmanagers:
        try:
            answer = cluster.rest.get(f"/taskmanagers/{taskmanager}/thread-dump", deadline=Deadline(DUMP_SECONDS))
            directory.mkdir(mode=0o750, exist_ok=True)
            safe = derived_name(f"{stamp(time.time())}-{finding.name}-{taskmanager}")
            path = directory / f"{safe}.txt"
            path.write_text(dump_text(answer), encoding="utf-8")
            written.append(str(path))
        except RestError as error:
            report(f"no thread dump of {taskmanager} could be had: {error.message}")
        except OSError as error:
            report(
                f"the thread dump of {taskmanager} cannot be written to {directory}: {error.strerror}; make room there"
            )
    with suppress(OSError):
        for old in sorted(directory.glob("*.txt"))[:-DUMPS_KEPT]:
            old.unlink()
    return written


def dump_text(answer: Any) -> str:
    infos = answer.get("threadInfos") if isinstance(answer, Mapping) else None
    return "\n".join(str(one.get("stringifiedThreadInfo", "")) for one in infos or () if isinstance(one, Mapping))


def kill_taskmanager(finding: Finding, means: Means) -> str:
    """Kill the TaskManagers that the stuck tasks are on, where they are on this host; empty where none is.

    A stopped task cannot be asked to end. The service manager starts the process again, and Flink restores the job.
    """
    killed = []
    for taskmanager in finding.taskmanagers:
        place = means.taskmanagers.get(taskmanager)
        found = marked(place.service, place.directory) if place is not None else []
        if found:
            send(found, signal.SIGKILL)
            killed.append(taskmanager)
    return ", ".join(killed)


def resubmit(cluster: Cluster, finding: Finding, means: Means, allowed: Callable[[], None]) -> str:
    """Start a job from the latest state that it has made, ending it before if it still runs; its new id.

    allowed raises when this watchdog may not act any more.
    """
    run = _run(cluster, finding.name, means)
    with run.locked():
        if not _ours(run.record, finding):
            raise FlinkError(f"the job {finding.name} was not touched: it was changed by another client meanwhile")
        settle(run)
        source = _source(run, finding)
        if source is None:
            raise FlinkError(f"the job {finding.name} was not touched: it has no checkpoint to start from")
        check_source(run, source)
        spec_of = run.record.current or run.record.history[0]
        spec = spec_of.parsed_spec()
        try:
            # What cannot be started again is better left as it is: a jar may not be here, a gateway not answer.
            check_start(run, spec)
        except FlinkError as error:
            raise FlinkError(
                f"the job {finding.name} was not touched: it could not be started again: {error}"
            ) from error
        allowed()
        job = run.job()
        if job is not None and job.alive:
            newest = cancel_for_state(run, "upgrade", HEALED)
            source = newest or source
        elif run.record.current is not None:
            run.save(replace(ended(run, job), state_point=source))
        start(run, spec, source, WATCHDOG)
        current = run.record.current
    return current.job_id if current is not None else ""


def _run(cluster: Cluster, name: str, means: Means) -> Run:
    options = Options(
        sql_gateways=means.sql_gateways,
        cache_dir=means.cache_dir,
        timeout=means.timeout,
        lock_timeout=LOCK_SECONDS,
        by=f"{WATCHDOG} {means.by}",
    )
    return Run(cluster, Declared(name, upgrade_mode="last_state"), options)


def _ours(record: JobRecord, finding: Finding) -> bool:
    """Whether the record still says what the verdict was about."""
    if record.state != "running":
        return False
    if record.current is not None:
        return record.current.job_id == finding.job_id
    return not finding.job_id and bool(record.history)


def _source(run: Run, finding: Finding) -> StatePoint | None:
    """The state to begin with. What another job had begun with itself is state too."""
    current = run.record.current
    if current is None:
        return recorded_state(run).point
    return last_state(run, run.job()).point
