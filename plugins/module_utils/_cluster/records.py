# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of this collection in ZooKeeper, next to Flink's own nodes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from .._base.errors import FlinkError
from .._base.wait import Deadline
from .kazoo_client import Node
from .quorum import clean_path
from .zookeeper import Lock, ZooKeeper


class Record(NamedTuple):
    """A JSON document in ZooKeeper and the version that was read."""

    content: dict[str, Any]
    version: int


def _lock_name(name: str) -> str:
    """A node of ZooKeeper may have dots in its name, but not only dots."""
    text = quote(name, safe="")
    return text if text.strip(".") else text.replace(".", "%2E")


class Records:
    """What this collection remembers about a cluster, as JSON next to Flink's own nodes: <root>/<kind>/<name>."""

    def __init__(self, zookeeper: ZooKeeper, root: str) -> None:
        self._zookeeper = zookeeper
        self.root = root

    def path(self, kind: str, name: str = "") -> str:
        # A job may be called anything; a node's name may not hold a slash.
        return clean_path(self.root, kind, quote(name, safe=" ").replace(".", "%2E") if name else "")

    def names(self, kind: str, deadline: Deadline | None = None) -> list[str]:
        return sorted(unquote(name) for name in self._zookeeper.children(self.path(kind), deadline))

    def read(self, kind: str, name: str, deadline: Deadline | None = None) -> Record | None:
        """The record, or None when there is none."""
        node = self._zookeeper.find(self.path(kind, name), deadline)
        return None if node is None else self.parse(node)

    @staticmethod
    def parse(node: Node) -> Record:
        try:
            content = json.loads(node.data)
        except (ValueError, RecursionError) as error:
            raise FlinkError(f"the record {node.path} in ZooKeeper is damaged: it is not JSON") from error
        if not isinstance(content, dict):
            raise FlinkError(f"the record {node.path} in ZooKeeper is damaged: it is not a JSON object")
        return Record(content, node.version)

    def write(
        self,
        kind: str,
        name: str,
        content: Mapping[str, Any],
        version: int | None = None,
        deadline: Deadline | None = None,
    ) -> int:
        """Write the record and return its version.

        version is that of the Record that was read, or None for a record that must not exist yet. BadVersion and
        NodeExists say that another client was faster.
        """
        data = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        path = self.path(kind, name)
        if version is not None:
            return self._zookeeper.set(path, data, version, deadline)
        self._zookeeper.create(path, data, deadline=deadline)
        return 0

    def remove(self, kind: str, name: str, version: int = -1, deadline: Deadline | None = None) -> bool:
        return self._zookeeper.delete(self.path(kind, name), version, deadline=deadline)

    @contextmanager
    def lock(self, kind: str, name: str, who: str, deadline: Deadline | None = None) -> Iterator[Lock]:
        """Only one run at a time works on a name. The lock goes with this process."""
        with self._zookeeper.lock(clean_path(self.path("locks", kind), _lock_name(name)), who, deadline) as held:
            yield held
