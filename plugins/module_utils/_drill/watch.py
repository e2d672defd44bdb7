# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at a cluster twenty times a second before, during and after a fault, and writes down what it sees.

The watch runs in parallel with the play that injects the fault. Both talk through files in one directory: the watch
writes samples.jsonl and state.json, the play writes fault.json, removed.json and stop. Whatever becomes of the play,
the watch ends by itself, and with it the process that feeds rows as long as the file running is there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError, NotYet, RestError
from .._base.files import read_json
from .._base.wait import Deadline, Progress, wait_for
from .._cluster.client import Cluster
from .._cluster.quorum import parse_quorum
from .._cluster.rest import Endpoint
from .._jobs import savepoints as _savepoints
from .._jobs import view as _jobs
from .faults import CATALOGUE, Fault
from .look import (
    LOOK_SECONDS,
    REST_SECONDS,
    RowCounter,
    look_at_checkpoints,
    look_at_jobs,
    look_at_leader,
    look_at_servers,
    look_at_workers,
)
from .recorder import FAULT, REMOVED, SAMPLES, STATE, STOP, Recorder, write_json
from .recovery import CHECKPOINTS, Injection, lacking, may_be_removed
from .samples import Series, alive_jobs, completed_after, job_state

INTERVAL = 0.05
SLOW = 0.25
TRIGGER_EVERY = 2.0
# In the end, for what was requested last.
HEAR_SECONDS = 5.0
DEAD_AFTER = 20.0
# A controller that is busy may need as long to start it.
START_WITHIN = 60.0

# The state of the watch has not been read for so long: the play was interrupted.
ABANDONED_AFTER = 90.0

# Touched by the module that waits for the watch; and there as long as rows are to be fed.
ASKED, RUNNING = "asked", "running"


@dataclass(frozen=True)
class WatchPlan:
    """What is watched, and for how long."""

    directory: Path
    fault: Fault
    watch: float = 60.0
    before: float = 5.0
    deadline: float = 300.0
    held: float = 0.0
    trigger: bool = True
    rows: Path | None = None
    servers: Mapping[str, str] = field(default_factory=dict)


# -- the watch ------------------------------------------------------------------------------------------------------


class Watch:
    """The threads that look, and the loop that decides when it is over."""

    def __init__(self, cluster: Cluster, plan: WatchPlan) -> None:
        self._cluster = cluster
        self._plan = plan
        self._over = threading.Event()
        self._recorder = Recorder(plan.directory / SAMPLES)
        self._servers = parse_quorum(cluster.settings.zookeeper.quorum)
        self._url = ""
        self._injection: Injection | None = None
        self._triggered: dict[str, float] = {}
        # Checkpoints that were requested, and whose outcome was not fetched yet.
        self._unheard: set[str] = set()
        self._settled: float | None = None
        self._reported: set[str] = set()

    def run(self) -> dict[str, Any]:
        """Look until it is over; what happened is in the files."""
        looks: list[tuple[Callable[[], None], float]] = [
            (self._look_at_leader, INTERVAL),
            (_with_endpoint(self, self._look_at_jobs), INTERVAL),
            (_with_endpoint(self, self._look_at_workers), SLOW),
            (_with_endpoint(self, self._look_at_checkpoints), SLOW),
            (self._look_at_servers, SLOW),
        ]
        if self._plan.rows is not None:
            looks.append((partial(self._look_at_rows, RowCounter(self._plan.rows)), INTERVAL))
        threads = [threading.Thread(target=self._repeat, args=look, daemon=True) for look in looks]
        for thread in threads:
            thread.start()
        try:
            return self._follow(threads)
        finally:
            self._over.set()
            for thread in threads:
                thread.join(2 * LOOK_SECONDS)
            self._hear_the_last()
            self._recorder.close()
            (self._plan.directory / RUNNING).unlink(missing_ok=True)

    def _repeat(self, look: Callable[[], None], interval: float) -> None:
        while not self._over.is_set():
            begun = time.monotonic()
            look()
            self._over.wait(max(0.005, interval - (time.monotonic() - begun)))

    # Looking.

    def _look_at_leader(self) -> None:
        at = time.time()
        seen = look_at_leader(self._cluster)
        url = seen.pop("url")
        if url and url != self._url:
            self._url = url
            self._recorder.add("event", text=f"{seen['leader']} leads")
        # The answer came now; who leads was true at some time in between.
        self._recorder.add("zk", time.time() if seen["ok"] else at, **seen)

    def _look_at_jobs(self, endpoint: Endpoint) -> None:
        seen = look_at_jobs(endpoint)
        self._recorder.add("rest", **seen)

    def _look_at_workers(self, endpoint: Endpoint) -> None:
        self._recorder.add("workers", **look_at_workers(endpoint))

    def _look_at_servers(self) -> None:
        self._recorder.add("servers", **look_at_servers(self._servers, self._plan.servers))

    def _look_at_rows(self, counter: RowCounter) -> None:
        counter.look()
        self._recorder.add("rows", written=counter.written, cut=counter.cut)

    def _look_at_checkpoints(self, endpoint: Endpoint) -> None:
        self._hear(endpoint)
        listing = self._recorder.last("rest")
        if listing is None or not listing["ok"]:
            return
        for job in listing["jobs"]:
            if job["id"] not in alive_jobs(listing):
                continue
            seen = look_at_checkpoints(endpoint, job["id"])
            if seen is not None:
                self._recorder.add("checkpoints", **seen)
                self._trigger(endpoint, job)

    def _trigger(self, endpoint: Endpoint, job: Mapping[str, Any]) -> None:
        """Ask for a checkpoint of a job that runs again, as often as it takes until enough are seen."""
        injection, now = self._injection, time.time()
        if not self._plan.trigger or injection is None or job_state(job) != "RUNNING":
            return
        if now - self._triggered.get(job["id"], 0.0) < TRIGGER_EVERY:
            return
        if len(completed_after(self._recorder.series(), job["id"], injection.quiet_from)) > CHECKPOINTS:
            return
        self._triggered[job["id"]] = now
        path, trigger_id = f"/jobs/{job['id']}/checkpoints", _jobs.new_id()
        # Also when the answer is lost.
        self._unheard.add(f"{path}/{trigger_id}")
        try:
            endpoint.post(path, {"checkpointType": "CONFIGURED", "triggerId": trigger_id}, timeout=REST_SECONDS)
        except FlinkError:
            return  # asked again soon

    def _hear(self, endpoint: Endpoint) -> None:
        """Fetch what has become of the checkpoints that were triggered.

        Until that was done, a JobManager that is asked to end does not give its leadership back: Flink halts it
        after five seconds. The next fault would last longer because of the watch of this one.
        """
        for path in sorted(self._unheard):
            try:
                answer = endpoint.get(path, timeout=REST_SECONDS)
                done = _savepoints.parse_operation(answer).progress is not _savepoints.Progress.IN_PROGRESS
            except RestError as error:
                # What was requested of another leader is not known any more.
                done = error.status == 404
            except FlinkError:
                done = False
            if done:
                self._unheard.discard(path)

    def _hear_the_last(self) -> None:
        limit = Deadline(HEAR_SECONDS)
        while self._unheard and not limit.expired:
            self._hear(Endpoint(self._url, self._cluster.settings.rest))
            limit.pause(SLOW)

    # Deciding.

    def _follow(self, threads: Sequence[threading.Thread]) -> dict[str, Any]:
        begun, limit = time.time(), Deadline(self._plan.deadline)
        while True:
            phase, text = self._phase(begun)
            if limit.expired and phase != "ended":
                phase, text = "ended", f"the watch ended after {self._plan.deadline:.0f} s: {text}"
            if (self._plan.directory / STOP).exists():
                phase, text = "ended", "the watch was stopped"
            if self._abandoned(begun):
                phase, text = "ended", "no process waits for the watch any more"
            if not all(thread.is_alive() for thread in threads):
                phase, text = "ended", "the watch broke off: one of its threads has died"
            write_json(
                self._plan.directory / STATE,
                {
                    "phase": phase,
                    "text": text,
                    "settled": self._settled is not None,
                    "settled_at": self._settled,
                    "at": time.time(),
                },
            )
            if phase == "ended":
                return {"settled": self._settled is not None, "text": text}
            self._over.wait(SLOW)

    def _abandoned(self, begun: float) -> bool:
        try:
            asked = (self._plan.directory / ASKED).stat().st_mtime
        except FileNotFoundError:
            asked = begun
        return time.time() - max(asked, begun) > ABANDONED_AFTER

    def _phase(self, begun: float) -> tuple[str, str]:
        """baseline, watching (the fault is there), removable, recovering (it is gone), settled, ended."""
        series, now = self._recorder.series(), time.time()
        injection = self._read_injection()
        if injection is None:
            missing = self._not_ready(series, now - begun)
            return ("baseline", missing) if missing else ("ready", "the cluster is watched")
        if self._settled is not None:
            left = self._settled + self._plan.watch - now
            if left > 0:
                return "settled", f"recovered; watched for another {left:.0f} s"
            return "ended", "recovered, and it stayed so"
        if injection.fault.until and injection.removed is None:
            missing_yet = may_be_removed(series, injection, self._plan.held, now)
            self._report("; ".join(missing_yet))
            return ("watching", ", ".join(missing_yet)) if missing_yet else ("removable", "it is to be removed")
        missing_yet = lacking(series, injection)
        if missing_yet:
            return "recovering", ", ".join(missing_yet)
        self._settled = now
        self._recorder.add("settled", now)
        self._recorder.add("event", now, text="everything has recovered")
        return "settled", "recovered"

    def _report(self, text: str) -> None:
        """An event that happens once."""
        if text == "" and "removable" not in self._reported:
            self._reported.add("removable")
            self._recorder.add("event", text="the fault has done what it was to do")

    def _not_ready(self, series: Series, elapsed: float) -> str:
        if elapsed < self._plan.before:
            return f"{self._plan.before - elapsed:.0f} s of the time before the fault are left"
        for kind, what in (("zk", "ZooKeeper"), ("rest", "REST"), ("workers", "the TaskManagers"), ("servers", "srvr")):
            if not series.good(kind):
                return f"no sample of {what} yet"
        return ""

    def _read_injection(self) -> Injection | None:
        injected = read_json(self._plan.directory / FAULT)
        if injected is None:
            return None
        removed = read_json(self._plan.directory / REMOVED)
        if self._injection is None:
            self._recorder.add("event", float(injected["injected"]), text=injected["what"])
        if removed is not None and "removed" not in self._reported:
            self._reported.add("removed")
            if removed.get("removed") is not None:
                self._recorder.add("event", float(removed["removed"]), text="the fault was removed")
        self._injection = injection_of(injected, removed)
        return self._injection


def _with_endpoint(watch: Watch, look: Callable[[Endpoint], None]) -> Callable[[], None]:
    """Give a look an endpoint of its own that follows the leader; sessions are not shared between threads."""
    endpoints: dict[str, Endpoint] = {}

    def do() -> None:
        url = watch._url
        if url:
            if url not in endpoints:
                endpoints[url] = Endpoint(url, watch._cluster.settings.rest)
            look(endpoints[url])

    return do


def injection_of(injected: Mapping[str, Any], removed: Mapping[str, Any] | None, **more: Any) -> Injection:
    """What the play has written down."""
    gone = removed or {}
    return Injection(
        fault=CATALOGUE[injected["fault"]],
        targets=injected["targets"],
        injected=float(injected["injected"]),
        what=injected["what"],
        began=float(injected["began"]),
        removed=gone.get("removed"),
        uncertainty=float(injected["uncertainty"]),
        left=gone.get("left"),
        **more,
    )


# -- the other side -------------------------------------------------------------------------------------------------


def clock_offset(before: float, after: float, begin: float, end: float, *, same_clock: bool) -> tuple[float, float]:
    """How far the clock of a host is ahead of ours, and how uncertain that is.

    Between before and after of our clock the host has read begin and end of its own. When both may show the same
    time, they are taken to do so: clocks are synchronised more closely than a task's round trip could measure.
    """
    if same_clock:
        return 0.0, 0.0
    low, high = end - after, begin - before
    if low <= 0.0 <= high:
        return 0.0, round(max(-low, high), 3)
    return (low + high) / 2, round(abs(high - low) / 2, 3)


def await_phase(
    directory: Path, wanted: frozenset[str], deadline: Deadline, what: str, progress: Progress | None
) -> dict[str, Any]:
    """Wait until the watch has come so far. Its end is always far enough."""
    begun = time.time()

    def probe() -> dict[str, Any]:
        (directory / ASKED).touch()
        state = read_json(directory / STATE)
        if state is None:
            if time.time() - begun > START_WITHIN:
                raise FlinkError(f"{what} cannot be awaited: the watch did not start, {directory} has no {STATE}")
            raise NotYet("the watch has not started yet")
        if state["phase"] in wanted or state["phase"] == "ended":
            return dict(state)
        if time.time() - float(state["at"]) > DEAD_AFTER:
            raise FlinkError(
                f"{what} cannot be awaited: the watch has not been heard of for {DEAD_AFTER:g} s; see the result of its"
                " task in ~/.ansible_async"
            )
        raise NotYet(str(state["text"]))

    return wait_for(probe, deadline, what, interval=0.1, progress=progress)
