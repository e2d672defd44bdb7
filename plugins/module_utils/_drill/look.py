# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at leader, jobs, workers, checkpoints, ZooKeeper and rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .._base.addresses import host_port
from .._base.errors import FlinkError
from .._base.wait import Deadline
from .._cluster.client import Cluster
from .._cluster.four_letter import four_letter
from .._cluster.rest import Endpoint, parallel
from .._cluster.taskmanagers import parse_taskmanagers
from .._jobs import view as _jobs

REST_SECONDS = 0.5


LOOK_SECONDS = 1.0


KNOCK_SECONDS = 0.4


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
        workers = parse_taskmanagers(endpoint.get("/taskmanagers", timeout=REST_SECONDS))
    except FlinkError as error:
        return {"ok": False, "ids": [], "slots": 0, "why": _short(error)}
    return {"ok": True, "ids": [one.id for one in workers], "slots": sum(one.slots for one in workers)}


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
        address = host_port(host, port)
        return names.get(address, address) if "Mode: " in answer else ""

    answers = parallel([partial(ask, host, port) for host, port in servers])
    return {"serving": sorted(one for one in answers if isinstance(one, str) and one)}


class RowCounter:
    """Counts the rows that are added to the files below a directory, those included that are not to be read yet.

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
