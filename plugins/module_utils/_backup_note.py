# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no interface for others, may change at any time.
"""The last backup of a cluster, noted in ZooKeeper: the watchdog tells how old it is, wherever its files lie."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import NamedTuple

from ._cluster import Cluster
from ._errors import FlinkError
from ._wait import Deadline

KIND, LAST = "backups", "last"
ID_FORMAT = "%Y%m%dT%H%M%SZ"


class Note(NamedTuple):
    """A backup that is complete."""

    id: str
    size: int

    @property
    def taken(self) -> float:
        """Seconds since 1970."""
        return datetime.strptime(self.id, ID_FORMAT).replace(tzinfo=timezone.utc).timestamp()


def checked(note: Note) -> Note:
    try:
        _taken = note.taken
    except ValueError as error:
        raise FlinkError(f"{note.id!r} is no name of a backup: it must look like 20261127T021530Z") from error
    return note


def last(cluster: Cluster, deadline: Deadline | None = None) -> Note | None:
    """None when none was ever noted, or when the note cannot be read: the next backup writes it anew."""
    found = cluster.zk.find(cluster.records.path(KIND, LAST), deadline)
    if found is None:
        return None
    try:
        content = json.loads(found.data)
        return checked(Note(str(content["id"]), int(content["bytes"])))
    except (FlinkError, ValueError, KeyError, TypeError):
        return None


def write(cluster: Cluster, note: Note, *, check_mode: bool = False) -> bool:
    """Note a backup, unless a newer one is known; whether that changed anything."""
    checked(note)
    before = last(cluster)
    if before is not None and before.id >= note.id:
        return False
    if not check_mode:
        content = {"id": note.id, "bytes": note.size}
        cluster.zk.put(cluster.records.path(KIND, LAST), json.dumps(content).encode())
    return True
