# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows in which a cluster is worked on, announced in ZooKeeper: a watchdog acts in none of them.

Each has a name and an end. Several may be open at a time, so that one piece of work within another ends its own only,
and what is forgotten ends by itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from .._base.errors import BadVersion, FlinkError, NodeExists
from .._base.times import iso
from .._base.wait import Deadline
from .client import Cluster
from .quorum import clean_path
from .records import Records

KIND = "maintenance"
# An open window that ends this much earlier than what is requested is long enough.
SLACK = 0.1


class Window(NamedTuple):
    """One announcement. Times are seconds since 1970, by the clock of the announcing host."""

    name: str
    begun: float
    until: float
    by: str
    reason: str = ""

    def is_open(self, now: float) -> bool:
        return self.begun - 60 <= now < self.until

    def as_record(self) -> dict[str, Any]:
        return dict(self._asdict())

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "begun": iso(self.begun),
            "until": iso(self.until),
            "by": self.by,
            "reason": self.reason,
        }


def parse(name: str, record: Mapping[str, Any]) -> Window:
    try:
        return Window(
            str(record.get("name") or name),
            float(record["begun"]),
            float(record["until"]),
            str(record.get("by") or ""),
            str(record.get("reason") or ""),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FlinkError(
            f"the maintenance window {name} in ZooKeeper is damaged ({type(error).__name__} {error}): end it with"
            " flink_maintenance, state: absent"
        ) from error


def windows(cluster: Cluster, deadline: Deadline | None = None) -> list[Window]:
    """All that were announced and not ended, also those that are over. One that cannot be read delays nothing."""
    parent = cluster.records.path(KIND)
    names = cluster.zk.children(parent, deadline)
    if not names:
        return []
    nodes = cluster.zk.get_many([clean_path(parent, name) for name in names], deadline)
    found = []
    for node in nodes:
        if node is not None:
            with suppress(FlinkError):
                found.append(parse(node.path.rpartition("/")[2], Records.parse(node).content))
    return found


def open_windows(cluster: Cluster, now: float | None = None, deadline: Deadline | None = None) -> list[Window]:
    moment = time.time() if now is None else now
    return [one for one in windows(cluster, deadline) if one.is_open(moment)]


def announce(cluster: Cluster, window: Window, *, check_mode: bool = False) -> tuple[bool, Window]:
    """Open a window or make it longer; whether that changed anything, and what holds now."""
    for _attempt in range(5):
        found = cluster.records.read(KIND, window.name)
        before = parse(window.name, found.content) if found is not None else None
        if before is not None and before.is_open(window.begun):
            if before.until >= window.until - SLACK * (window.until - window.begun):
                return False, before
            window = window._replace(begun=before.begun)
        if check_mode:
            return True, window
        try:
            cluster.records.write(KIND, window.name, window.as_record(), None if found is None else found.version)
        except (BadVersion, NodeExists):
            # Another run has announced the same at the same moment.
            continue
        return True, window
    raise FlinkError(f"the maintenance window {window.name} is being written by other clients all the time: run again")


def end(cluster: Cluster, name: str, *, check_mode: bool = False) -> bool:
    """End one window; those of others stay."""
    if check_mode:
        return cluster.records.read(KIND, name) is not None
    return cluster.records.remove(KIND, name)
