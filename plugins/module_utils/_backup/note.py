# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last backup of a cluster and the last test of a restore, noted in ZooKeeper.

The watchdog reports how old they are, wherever the files are and the test was run.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from .._base.errors import FlinkError
from .._base.times import stamp_moment
from .._base.wait import Deadline
from .._cluster.client import Cluster

KIND, BACKUP, RESTORE_TEST = "backups", "last", "last_restore_test"


class Note(NamedTuple):
    """A backup that is complete, or a test of a restore that has passed; named after its time."""

    id: str
    size: int

    @property
    def taken(self) -> float:
        """Seconds since 1970."""
        return stamp_moment(self.id).timestamp()


def checked(note: Note) -> Note:
    try:
        _taken = note.taken
    except ValueError as error:
        raise FlinkError(
            f"{note.id!r} is neither a name of a backup nor the time of a test: it must look like 20261127T021530Z"
        ) from error
    return note


def last(cluster: Cluster, what: str, deadline: Deadline | None = None) -> Note | None:
    """None when none was ever noted, or when the note cannot be read: the next one is written over it."""
    found = cluster.zk.find(cluster.records.path(KIND, what), deadline)
    if found is None:
        return None
    try:
        content = json.loads(found.data)
        return checked(Note(str(content["id"]), int(content["bytes"])))
    except (FlinkError, ValueError, KeyError, TypeError):
        return None


def write(cluster: Cluster, what: str, note: Note, *, check_mode: bool = False) -> bool:
    """Note it, unless a newer one is known; whether that changed anything."""
    checked(note)
    before = last(cluster, what)
    if before is not None and before.id >= note.id:
        return False
    if not check_mode:
        content = {"id": note.id, "bytes": note.size}
        cluster.zk.put(cluster.records.path(KIND, what), json.dumps(content).encode())
    return True
