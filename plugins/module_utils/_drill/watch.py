# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no interface for others, may change at any time.
"""Looks at a cluster twenty times a second before, during and after a fault, and writes down what it sees.

The watch runs beside the play that injects the fault. Both talk through files in one directory: the watch writes
samples.jsonl and state.json, the play writes fault.json, removed.json and stop. Whatever becomes of the play, the
watch ends by itself, and with it whoever feeds rows as long as the file running is there.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError, NotYet, RestError
from .._base.wait import Deadline, Progress, wait_for
from .._cluster.client import Cluster
from .._cluster.rest import Endpoint, parallel
from .._cluster.zookeeper import four_letter, parse_quorum
from .._jobs import savepoints as _savepoints
from .._jobs import view as _jobs
from .faults import CATALOGUE, Fault
from .verdict import (
    CHECKPOINTS,
    Injection,
    Series,
    alive_jobs,
    completed_after,
    job_state,
    lacking,
    may_be_removed,
)

INTERVAL = 0.05
SLOW = 0.25
# A sample that says nothing new is written down so often all the same: silence must mean that nobody looked.
AT_LEAST = 0.5
REST_SECONDS = 0.5
LOOK_SECONDS = 1.0
KNOCK_SECONDS = 0.4
TRIGGER_EVERY = 2.0
# In the end, for what was asked for last.
HEAR_SECONDS = 5.0
DEAD_AFTER = 20.0
# A controller that is busy may need as long to start it.
START_WITHIN = 60.0

# Nobody has asked how far the watch has come for so long: the play was interrupted.
ABANDONED_AFTER = 90.0

SAMPLES, STATE, FAULT, REMOVED, STOP = "samples.jsonl", "state.json", "fault.json", "removed.json", "stop"
# Touched by whoever waits for the watch; and there as long as rows are to be fed.
ASKED, RUNNING = "asked", "running"


@dataclass(frozen=True)
class Plan:
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


# -- files between the watch and the play ---------------------------------------------------------------------------


def write_json(path: Path, content: Any) -> None:
    """Put a file in place whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    temporary.write_text(json.dumps(content), encoding="utf-8")
    temporary.replace(path)


def read_json(path: Path) -> Any:
    """The content of a file, None when it is not there."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def read_samples(directory: Path) -> list[dict[str, Any]]:
    """What the watch has written. The last line may be half written when it was killed."""
    try:
        lines = (directory / SAMPLES).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise FlinkError(f"cannot judge the fault: the watch has left no samples in {directory}") from error
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(json.loads(line))
        except ValueError as error:
            if number < len(lines):
                raise FlinkError(f"line {number} of {directory / SAMPLES} is no sample: {error}") from error
    return found


class Recorder:
    """Keeps samples and writes them down: each change, and what does not change often enough."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._stream = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._clock = clock
        self._last: dict[tuple[str, str], tuple[float, Mapping[str, Any]]] = {}
        self._samples: list[dict[str, Any]] = []

    def add(self, kind: str, at: float | None = None, **content: Any) -> None:
        """at is when the question was asked, for the answer is not younger."""
        now = self._clock() if at is None else at
        key = (kind, str(content.get("job", "")))
        with self._lock:
            before = self._last.get(key)
            if kind != "event" and before and before[1] == content and now - before[0] < AT_LEAST:
                return
            self._last[key] = (now, content)
            sample = {"t": round(now, 4), "kind": kind, **content}
            self._samples.append(sample)
            if not self._stream.closed:
                self._stream.write(json.dumps(sample) + "\n")
                self._stream.flush()

    def series(self) -> Series:
        with self._lock:
            return Series(list(self._samples))

    def last(self, kind: str) -> dict[str, Any] | None:
        with self._lock:
            return next((sample for sample in reversed(self._samples) if sample["kind"] == kind), None)

    def close(self) -> None:
        with self._lock:
            self._stream.close()


# -- what is looked at ----------------------------------------------------------------------------------------------


def look_at_leader(cluster: Cluster) -> dict[str, Any]:
    """Who leads and who contends."""
    try:
        seen = cluster.leadership(Deadline(LOOK_SECONDS))
    except FlinkError as error:
        return {"ok": False, "leader": None, "session": None, "sessions": [], "url": None, "why": _short(error)}
    leader = seen.leader
    return {
        "ok": True,
        "leader": (leader.name or leader.url) if leader else None,
        "session": leader.zookeeper_session if leader else None,
        "sessions": sorted(one.zookeeper_session for one in seen.contenders),
        "url": leader.url if leader else None,
    }


def _short(error: FlinkError) -> str:
    return " ".join(error.message.split())[:200]


def look_at_jobs(endpoint: Endpoint) -> dict[str, Any]:
    """All jobs as the leader lists them, which no cache delays."""
    try:
        found = _jobs.parse_listing(endpoint.get("/jobs/overview", timeout=REST_SECONDS))
    except FlinkError as error:
        return {"ok": False, "jobs": [], "why": _short(error)}
    return {
        "ok": True,
        "jobs": [
            {"id": job.job_id, "name": job.name, "state": job.state, "running": job.working, "total": job.total}
            for job in found
        ],
    }


def look_at_workers(endpoint: Endpoint) -> dict[str, Any]:
    try:
        found = endpoint.get("/taskmanagers", timeout=REST_SECONDS)
        workers = found["taskmanagers"]
        return {
            "ok": True,
            "ids": sorted(str(one["id"]) for one in workers),
            "slots": sum(int(one["slotsNumber"]) for one in workers),
        }
    except (FlinkError, KeyError, TypeError) as error:
        return {"ok": False, "ids": [], "slots": 0, "why": str(error)[:200]}


def look_at_checkpoints(endpoint: Endpoint, job_id: str) -> dict[str, Any] | None:
    """The checkpoints of a job with the times that Flink gives them; None when it makes none, or does not say."""
    try:
        answer = endpoint.get(f"/jobs/{job_id}/checkpoints", timeout=REST_SECONDS)
        back = (answer.get("latest") or {}).get("restored")
        shown = [*(answer.get("history") or ())]
        newest = (answer.get("latest") or {}).get("completed")
        shown += [newest] if newest else []
        return {
            "job": job_id,
            "restored": back
            and {
                "id": int(back["id"]),
                "at": int(back["restore_timestamp"]) / 1000,
                "path": str(back.get("external_path") or ""),
            },
            "history": sorted(({**_checkpoint(one)} for one in shown), key=lambda one: int(one["id"])),
        }
    except (FlinkError, AttributeError, KeyError, TypeError, ValueError):
        return None


def _checkpoint(one: Mapping[str, Any]) -> dict[str, Any]:
    acked = int(one.get("latest_ack_timestamp") or 0)
    return {
        "id": int(one["id"]),
        "status": str(one["status"]),
        "triggered": int(one["trigger_timestamp"]) / 1000,
        "acked": max(0, acked) / 1000,
    }


def look_at_servers(servers: Sequence[tuple[str, int]], names: Mapping[str, str]) -> dict[str, Any]:
    """Which ZooKeeper servers serve."""

    def ask(host: str, port: int) -> str:
        answer = four_letter(host, port, "srvr", Deadline(KNOCK_SECONDS))
        return names.get(f"{host}:{port}", f"{host}:{port}") if "Mode: " in answer else ""

    answers = parallel([partial(ask, host, port) for host, port in servers])
    return {"serving": sorted(one for one in answers if isinstance(one, str) and one)}


class RowCounter:
    """Counts the rows that are added to the files below a directory, those included that nobody is to read yet.

    Flink cuts an open file back to its last checkpoint when it restores; the rows that follow are new ones.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._sizes: dict[int, int] = {}
        self._closed: set[int] = set()
        self._begun = False
        self.written = 0
        self.cut = 0

    def look(self) -> None:
        for entry in _files(self._directory):
            try:
                self._look_at(entry)
            except FileNotFoundError:
                continue  # renamed since it was listed
        self._begun = True

    def _look_at(self, entry: os.DirEntry[str]) -> None:
        number = entry.inode()
        if number in self._closed:
            return
        size = entry.stat().st_size
        known = self._sizes.get(number, 0 if self._begun else size)
        if size < known:
            self.cut += 1
        elif size > known:
            self.written += _lines(Path(entry.path), known, size)
        self._sizes[number] = size
        if not entry.name.startswith((".", "_")):
            # What has its final name does not change any more.
            self._closed.add(number)
            del self._sizes[number]


def _files(directory: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as found:
            entries = list(found)
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield entry


def _lines(path: Path, begin: int, end: int) -> int:
    with path.open("rb") as stream:
        stream.seek(begin)
        return stream.read(end - begin).count(b"\n")


# -- the watch ------------------------------------------------------------------------------------------------------


class Watch:
    """The threads that look, and the loop that decides when it is over."""

    def __init__(self, cluster: Cluster, plan: Plan) -> None:
        self._cluster = cluster
        self._plan = plan
        self._over = threading.Event()
        self._recorder = Recorder(plan.directory / SAMPLES)
        self._servers = parse_quorum(cluster.settings.zookeeper.quorum)
        self._url = ""
        self._injection: Injection | None = None
        self._triggered: dict[str, float] = {}
        # Checkpoints that were asked for, and whose outcome was not fetched yet.
        self._unheard: set[str] = set()
        self._settled: float | None = None
        self._told: set[str] = set()

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
        """Fetch what has become of the checkpoints that were asked for.

        Until somebody has done so, a JobManager that is asked to end does not give its leadership back: Flink halts it
        after five seconds. The next fault would last longer because of the watch of this one.
        """
        for path in sorted(self._unheard):
            try:
                answer = endpoint.get(path, timeout=REST_SECONDS)
                done = _savepoints.parse_operation(answer).progress is not _savepoints.Progress.IN_PROGRESS
            except RestError as error:
                # What another leader was asked for, nobody knows any more.
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
                phase, text = "ended", "nobody waits for the watch any more"
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
            self._tell("; ".join(missing_yet))
            return ("watching", ", ".join(missing_yet)) if missing_yet else ("removable", "it is to be removed")
        missing_yet = lacking(series, injection)
        if missing_yet:
            return "recovering", ", ".join(missing_yet)
        self._settled = now
        self._recorder.add("settled", now)
        self._recorder.add("event", now, text="everything has recovered")
        return "settled", "recovered"

    def _tell(self, text: str) -> None:
        """An event that happens once."""
        if text == "" and "removable" not in self._told:
            self._told.add("removable")
            self._recorder.add("event", text="the fault has done what it was to do")

    def _not_ready(self, series: Series, elapsed: float) -> str:
        if elapsed < self._plan.before:
            return f"{self._plan.before - elapsed:.0f} s of the time before the fault are left"
        for kind, what in (("zk", "ZooKeeper"), ("rest", "REST"), ("workers", "the TaskManagers"), ("servers", "srvr")):
            if not series.good(kind):
                return f"no sample of {what} yet"
        return ""

    def _read_injection(self) -> Injection | None:
        told = read_json(self._plan.directory / FAULT)
        if told is None:
            return None
        removed = read_json(self._plan.directory / REMOVED)
        if self._injection is None:
            self._recorder.add("event", float(told["injected"]), text=told["what"])
        if removed is not None and "removed" not in self._told:
            self._told.add("removed")
            if removed.get("removed") is not None:
                self._recorder.add("event", float(removed["removed"]), text="the fault was removed")
        self._injection = injection_of(told, removed)
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


def injection_of(told: Mapping[str, Any], removed: Mapping[str, Any] | None, **more: Any) -> Injection:
    """What the play has written down."""
    gone = removed or {}
    return Injection(
        fault=CATALOGUE[told["fault"]],
        targets=told["targets"],
        injected=float(told["injected"]),
        what=told["what"],
        began=float(told["began"]),
        removed=gone.get("removed"),
        uncertainty=float(told["uncertainty"]),
        left=gone.get("left"),
        **more,
    )


# -- the other side -------------------------------------------------------------------------------------------------


def clock_offset(before: float, after: float, begin: float, end: float, *, same_clock: bool) -> tuple[float, float]:
    """How far the clock of a host is ahead of ours, and how uncertain that is.

    Between before and after of our clock the host has read begin and end of its own. When both may show the same
    time, they are taken to do so: clocks are synchronised more closely than a task's round trip could tell.
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
