# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Release the leadership of a JobManager that is dead.

ZooKeeper keeps the latch of a killed process until its session times out, and there is no leader meanwhile. What
knows that the process is dead can delete the latch at once. To delete that of a process that lives makes leadership
flap without end, so everything here requires the ZooKeeper sessions of dead processes, and touches no other node.

A session is known to belong to a process in two ways:

- The process has logged it when ZooKeeper opened it.
- It owns a connection_info that names the address of the process: only one process at a time can have that address.

Both show whose a session can be at most: it belongs to this process or to one before it in the same place. That is
enough, because those before it are dead as well. It has to be learnt while no later process runs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from .._base.errors import FlinkError
from .._base.wait import Deadline
from .._cluster.kazoo_client import Node
from .._cluster.leader import REST_SERVER, parse_connection_info, same_address, session_text
from .._cluster.quorum import clean_path
from .._cluster.zookeeper import ZooKeeper

# Flink's log configuration keeps this class at INFO whatever the level of everything else is.
SESSION_OPENED = re.compile(
    rb"Session establishment complete on server .*?, session ?id = (0x[0-9a-f]+)", re.IGNORECASE
)
# No line of it is longer.
LINE_BYTES = 4096
_MASK = 0xFFFFFFFFFFFFFFFF


class Released(NamedTuple):
    """What was deleted: the paths of the nodes, and the sessions that owned them."""

    paths: list[str]
    sessions: list[str]


def sessions_logged(content: bytes) -> set[int]:
    """The sessions that a JobManager says it was given."""
    return {int(found, 16) for found in SESSION_OPENED.findall(content)}


class SessionLog:
    """Reads the growing log of a JobManager, each byte once. Another file of the same name is begun anew."""

    def __init__(self, directory: str | Path, pattern: str) -> None:
        self._directory = Path(directory)
        self._pattern = pattern
        # Of each file: which one it is, and how far it has been read.
        self._seen: dict[str, tuple[int, int]] = {}

    def read(self) -> set[int]:
        """The sessions in what was written since the last call; the log may be missing, or not ours to read."""
        found: set[int] = set()
        try:
            for path in sorted(self._directory.glob(self._pattern)):
                found |= self._read(path)
        except OSError:
            return found
        return found

    def _read(self, path: Path) -> set[int]:
        with path.open("rb") as file:
            inode, size = os.fstat(file.fileno()).st_ino, file.seek(0, os.SEEK_END)
            known, offset = self._seen.get(str(path), (inode, 0))
            if known != inode or size < offset:
                offset = 0
            self._seen[str(path)] = inode, size
            if size == offset:
                return set()
            # A line that was half written the last time is read again.
            file.seek(max(0, offset - LINE_BYTES))
            content = file.read(size)
        return sessions_logged(content)


def leader_path(root: str, cluster_id: str) -> str:
    return clean_path(root, cluster_id, "leader")


def published_by(zookeeper: ZooKeeper, leader: str, url: str, deadline: Deadline | None = None) -> set[int]:
    """The session that has published this address as that of the leader."""
    node = zookeeper.find(clean_path(leader, REST_SERVER, "connection_info"), deadline)
    if node is None or not node.owner or not node.data:
        return set()
    try:
        info = parse_connection_info(node.data)
    except FlinkError:
        return set()
    return {node.owner & _MASK} if same_address(info.address, url) else set()


def leads_without_latch(zookeeper: ZooKeeper, leader: str, session: int, deadline: Deadline | None = None) -> bool:
    """Whether a session whose process has published itself as the leader has no latch.

    A leader has its latch before it publishes anything, and ZooKeeper shows no later write without those before
    it: the latch is gone for good. Its process leads on all the same, in parallel with the next elected one. Curator
    before 5.7, and Flink 1.19 to 2.2 bring 5.4, makes such leaders (CURATOR-696): one that was away for longer
    than its session finds the latch of that session, which ZooKeeper has not ended yet, and takes it for its own.
    """
    latch = clean_path(leader, "latch")
    names = zookeeper.children(latch, deadline)
    parent, *nodes = zookeeper.get_many([latch, *(clean_path(latch, name) for name in names)], deadline)
    # Where there is no latch at all, leaders are elected in another way than this knows.
    return parent is not None and session not in {node.owner & _MASK for node in nodes if node is not None}


def owned_nodes(
    zookeeper: ZooKeeper, leader: str, sessions: Collection[int], deadline: Deadline | None = None
) -> tuple[list[Node], list[Node]]:
    """The latches and the published addresses that belong to these sessions."""
    latch = clean_path(leader, "latch")
    components, latches = zookeeper.read([], [leader, latch], deadline)[1]
    paths = [clean_path(latch, name) for name in latches]
    infos = [clean_path(leader, name, "connection_info") for name in components if name != "latch"]
    nodes = zookeeper.get_many([*paths, *infos], deadline)

    def ours(some: Iterable[Node | None]) -> list[Node]:
        return [node for node in some if node is not None and node.owner and node.owner & _MASK in sessions]

    return ours(nodes[: len(paths)]), ours(nodes[len(paths) :])


def release(zookeeper: ZooKeeper, leader: str, sessions: Collection[int], deadline: Deadline | None = None) -> Released:
    """Delete what dead sessions own below the leader's node.

    The addresses go together with the latch, or not at all: while the latch is there no other process has published
    an address in their place.

    :raises BadVersion: something has changed in between; look again.
    :raises ZooKeeperUnavailable: ZooKeeper is away; the sessions stay dead, so that it can be tried later.
    """
    latches, infos = owned_nodes(zookeeper, leader, sessions, deadline)
    gone: list[Node] = []
    for latch in latches:
        together = [latch, *(info for info in infos if info.owner == latch.owner)]
        zookeeper.delete_together([(node.path, node.version) for node in reversed(together)], deadline)
        gone += together
    return Released([node.path for node in gone], sorted({session_text(node.owner) for node in gone}))


def texts(sessions: Iterable[int]) -> list[str]:
    return sorted(session_text(one) for one in sessions)


def numbers(sessions: Sequence[str]) -> set[int]:
    return {int(one, 16) & _MASK for one in sessions}
