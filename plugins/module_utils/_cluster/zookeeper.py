# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ZooKeeper, on kazoo: opened when first needed, bounded by deadlines, silent, its failures distinguished."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from .._base.addresses import host_port
from .._base.errors import BadVersion, NodeExists, NoNode, ZooKeeperError, ZooKeeperUnavailable
from .._base.wait import Counter, Deadline, OutOfTimeError, Progress, bounded, parallel, seconds_text
from .four_letter import NO_QUORUM, NOT_SERVING, REFUSED, four_letter
from .kazoo_client import Node, abandon, auth_failed, kazoo_exceptions, new_client, node_of, value_of
from .quorum import ZooKeeperSettings, clean_path, parse_quorum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kazoo.client import KazooClient

T = TypeVar("T")

CLOSE_TIMEOUT = 2.0
PROBE_TIMEOUT = 1.0
UNASKED_PATIENCE = 5.0
LOCK_LOOK = 5.0
# What ZooKeeper may take to answer beyond the time for which a client waits in line.
LOCK_ANSWER = 5.0
# Among the details of an error: who holds the lock. Only where it is held by another run.
HOLDER = "holder"


def caller() -> str:
    """This process, as the others know it who wait for a lock that it holds."""
    return f"{socket.gethostname()}:{os.getpid()}"


class ZooKeeper:
    """A connection that is opened by the first call."""

    def __init__(self, settings: ZooKeeperSettings, progress: Progress | None = None) -> None:
        self.settings = settings
        self.servers = parse_quorum(settings.quorum)
        self._counter = Counter()
        self._progress = progress
        self._client: KazooClient | None = None
        self._sessions_lost = 0
        self._interruptions = 0

    @property
    def round_trips(self) -> int:
        return self._counter.value

    def count(self) -> None:
        """A question to a server that did not go through the session."""
        self._counter.add()

    # -- connection --------------------------------------------------------------------------------------------------

    def connect(self, deadline: Deadline | None = None) -> None:
        """Open the session now; every other call does it on its own."""
        self._open(deadline)

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            # Ends the session and with it its locks; a connection that is in trouble is not waited for.
            abandon(client).join(CLOSE_TIMEOUT)

    def __enter__(self) -> ZooKeeper:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def session_id(self) -> int | None:
        return self._client.client_id[0] if self._client is not None and self._client.client_id else None

    def _open(self, given: Deadline | None) -> KazooClient:
        if self._client is not None:
            return self._client
        deadline = given or Deadline(self.settings.timeout)
        client = new_client(self.settings, self.servers)
        client.add_listener(self._on_state)
        live = client.start_async()
        # Some of the time is kept to find out why, should it fail.
        patience = deadline.within(max(deadline.remaining() - PROBE_TIMEOUT, deadline.remaining() / 2))
        looked = given is not None
        while not live.wait(patience.cap(0.1)) and not patience.expired and not auth_failed(client):
            self._report("a ZooKeeper session", f"{self.settings.quorum} has opened none yet", patience)
            # Waiting was not requested: a server that restarts gets its time, a wrong address does not.
            if not looked and patience.elapsed() > UNASKED_PATIENCE:
                looked = True
                if all(what == REFUSED for what in self._probes()):
                    deadline = Deadline(UNASKED_PATIENCE)
                    break
        if not client.connected:
            abandon(client)
            raise self._why_not(auth_failed(client), deadline.seconds)
        self.count()
        self._client = client
        return client

    def _report(self, what: str, seen: str, waiting: Deadline) -> None:
        if self._progress is not None:
            self._progress(what, seen, waiting.elapsed())

    def _on_state(self, state: str) -> None:
        if state != "CONNECTED":
            self._interruptions += 1
        if state == "LOST":
            self._sessions_lost += 1

    def _why_not(self, auth_failed: bool, seconds: float) -> ZooKeeperError:
        """kazoo only says that time ran out: ask the servers themselves why."""
        quorum = self.settings.quorum
        if auth_failed:
            return ZooKeeperError(f"ZooKeeper at {quorum} refused zookeeper_username and zookeeper_password")
        seen = self._probes()
        text = "; ".join(f"{host_port(host, port)} {seen[number]}" for number, (host, port) in enumerate(self.servers))
        if any(what == NO_QUORUM for what in seen):
            return ZooKeeperUnavailable(f"ZooKeeper at {quorum} has no quorum: {text}; start the missing servers")
        if self.settings.tls is not None and any("TLS" in what for what in seen):
            return ZooKeeperUnavailable(
                f"ZooKeeper at {quorum} cannot be reached over TLS: {text}; check zookeeper_tls"
            )
        return ZooKeeperUnavailable(f"cannot reach ZooKeeper at {quorum} within {seconds_text(seconds)} s: {text}")

    def _probes(self) -> list[str]:
        """What each server does when it is asked how it is."""
        return [str(what) for what in parallel([partial(self._probe, host, port) for host, port in self.servers])]

    def _probe(self, host: str, port: int) -> str:
        try:
            answer = four_letter(host, port, "srvr", Deadline(PROBE_TIMEOUT), tls=self.settings.tls)
        except ZooKeeperError as error:
            return str(error.details.get("reason", error.message))
        if NOT_SERVING in answer:
            return NO_QUORUM
        return "answers, but opens no session"

    # -- reading -----------------------------------------------------------------------------------------------------

    def get(self, path: str, deadline: Deadline | None = None) -> Node:
        """The node, or NoNode."""
        found = self.get_many([path], deadline)[0]
        if found is None:
            raise NoNode(f"ZooKeeper at {self.settings.quorum} has no node {path}", path=path)
        return found

    def find(self, path: str, deadline: Deadline | None = None) -> Node | None:
        """The node, or None."""
        return self.get_many([path], deadline)[0]

    def get_many(self, paths: Sequence[str], deadline: Deadline | None = None) -> list[Node | None]:
        """Several nodes in one round trip; None for those that do not exist."""
        return self.read(paths, [], deadline)[0]

    def children(self, path: str, deadline: Deadline | None = None) -> list[str]:
        """The names below a node, sorted; none when the node does not exist."""
        return self.read([], [path], deadline)[1][0]

    def exists(self, path: str, deadline: Deadline | None = None) -> bool:
        return self.find(path, deadline) is not None

    def read(
        self, paths: Sequence[str], parents: Sequence[str], deadline: Deadline | None = None
    ) -> tuple[list[Node | None], list[list[str]]]:
        """Nodes and the children of others, all asked for at once: one round trip."""
        if not paths and not parents:
            return [], []

        def ask(client: KazooClient, limit: Deadline) -> tuple[list[Node | None], list[list[str]]]:
            waiting = [(path, client.get_async(path)) for path in paths]
            listing = [(path, client.get_children_async(path)) for path in parents]
            nodes = [node_of(path, value_of(asked, limit)) for path, asked in waiting]
            names = [sorted(value_of(asked, limit) or []) for _path, asked in listing]
            return nodes, names

        asked = [*paths, *parents]
        more = f" and {len(asked) - 1} more" if len(asked) > 1 else ""
        return self._repeat(ask, f"read {asked[0]}{more}", deadline)

    def tree(self, path: str, deadline: Deadline | None = None) -> list[str]:
        """The paths of a node and of all below it, parents first; one round trip for each level."""
        limit = deadline or Deadline(self.settings.timeout)
        if not self.exists(path, limit):
            return []
        found = [path]
        level = [path]
        while level:
            listings = self.read([], level, limit)[1]
            level = [clean_path(parent, name) for number, parent in enumerate(level) for name in listings[number]]
            found += level
        return found

    # -- writing -----------------------------------------------------------------------------------------------------

    def create(
        self,
        path: str,
        data: bytes = b"",
        *,
        ephemeral: bool = False,
        makepath: bool = True,
        deadline: Deadline | None = None,
    ) -> None:
        """Create a node, or raise NodeExists. A lost answer is looked up: our own node counts as created."""
        doubt = False

        def ask(client: KazooClient, limit: Deadline) -> None:
            nonlocal doubt
            repeated, doubt = doubt, True
            try:
                asked = client.create_async(path, data, ephemeral=ephemeral, makepath=makepath)
                asked.get(timeout=max(0.001, limit.remaining()))
            except kazoo_exceptions().NodeExistsError as error:
                if repeated and self._is_ours(client, path, data, ephemeral, limit):
                    return
                raise NodeExists(f"ZooKeeper at {self.settings.quorum} has {path} already", path=path) from error

        self._repeat(ask, f"create {path}", deadline)

    def _is_ours(self, client: KazooClient, path: str, data: bytes, ephemeral: bool, limit: Deadline) -> bool:
        node = node_of(path, value_of(client.get_async(path), limit))
        if node is None or node.data != data:
            return False
        return node.version == 0 and (not ephemeral or node.owner == client.client_id[0])

    def set(self, path: str, data: bytes, version: int = -1, deadline: Deadline | None = None) -> int:
        """Write a node and return its new version; BadVersion when it is not the version that was read."""
        doubt = False

        def ask(client: KazooClient, limit: Deadline) -> int:
            nonlocal doubt
            repeated, doubt = doubt, True
            exceptions = kazoo_exceptions()
            try:
                status = client.set_async(path, data, version).get(timeout=max(0.001, limit.remaining()))
            except exceptions.NoNodeError as error:
                raise NoNode(f"ZooKeeper at {self.settings.quorum} has no node {path}", path=path) from error
            except exceptions.BadVersionError as error:
                node = node_of(path, value_of(client.get_async(path), limit)) if repeated else None
                if node is not None and node.version == version + 1 and node.data == data:
                    return node.version
                raise BadVersion(
                    f"{path} in ZooKeeper at {self.settings.quorum} was changed by another client meanwhile", path=path
                ) from error
            return int(status.version)

        return self._repeat(ask, f"write {path}", deadline)

    def put(self, path: str, data: bytes, deadline: Deadline | None = None) -> None:
        """Write a node whether it exists or not."""
        try:
            self.set(path, data, deadline=deadline)
        except NoNode:
            try:
                self.create(path, data, deadline=deadline)
            except NodeExists:
                self.set(path, data, deadline=deadline)

    def delete(
        self, path: str, version: int = -1, *, recursive: bool = False, deadline: Deadline | None = None
    ) -> bool:
        """Delete a node; False when it did not exist."""
        limit = deadline or Deadline(self.settings.timeout)
        if recursive:
            gone = [self.delete(name, deadline=limit) for name in reversed(self.tree(path, limit))]
            return any(gone)
        doubt = False

        def ask(client: KazooClient, remaining: Deadline) -> bool:
            nonlocal doubt
            repeated, doubt = doubt, True
            exceptions = kazoo_exceptions()
            try:
                client.delete_async(path, version).get(timeout=max(0.001, remaining.remaining()))
            except exceptions.NoNodeError:
                return repeated
            except exceptions.BadVersionError as error:
                raise BadVersion(
                    f"{path} in ZooKeeper at {self.settings.quorum} was changed by another client meanwhile", path=path
                ) from error
            except exceptions.NotEmptyError as error:
                raise ZooKeeperError(
                    f"{path} in ZooKeeper at {self.settings.quorum} has children and is not deleted", path=path
                ) from error
            return True

        return self._repeat(ask, f"delete {path}", limit)

    def delete_together(self, nodes: Sequence[tuple[str, int]], deadline: Deadline | None = None) -> None:
        """Delete nodes of these versions, all of them or none; BadVersion when one is not as it was read."""
        doubt = False

        def ask(client: KazooClient, limit: Deadline) -> None:
            nonlocal doubt
            repeated, doubt = doubt, True
            exceptions = kazoo_exceptions()
            transaction = client.transaction()
            for path, version in nodes:
                transaction.delete(path, version)
            # What prevented it; the others say only that they were rolled back, or were not tried.
            aside = (exceptions.RolledBackError, exceptions.RuntimeInconsistency)
            answers = transaction.commit_async().get(timeout=max(0.001, limit.remaining()))
            failed = [one for one in answers if isinstance(one, Exception) and not isinstance(one, aside)]
            if failed and not (repeated and isinstance(failed[0], exceptions.NoNodeError)):
                raise BadVersion(
                    f"{nodes[0][0]} in ZooKeeper at {self.settings.quorum}, or what goes with it, was changed by"
                    f" another client meanwhile ({type(failed[0]).__name__})",
                    path=nodes[0][0],
                )

        self._repeat(ask, f"delete {nodes[0][0]}", deadline)

    # -- locking -----------------------------------------------------------------------------------------------------

    @contextmanager
    def lock(self, path: str, who: str, deadline: Deadline | None = None) -> Iterator[Lock]:
        """Hold a lock; it goes with the session when this process dies."""
        limit = deadline or Deadline(self.settings.timeout + 2 * self.settings.session_timeout)
        held = Lock(self, path, who)
        held.acquire(limit)
        try:
            yield held
        finally:
            held.release()

    # -- plumbing ----------------------------------------------------------------------------------------------------

    def _repeat(self, ask: Callable[[KazooClient, Deadline], T], what: str, deadline: Deadline | None) -> T:
        """Ask again after a lost connection, until the deadline; each ask says itself what a repetition means."""
        limit = deadline or Deadline(self.settings.timeout)
        exceptions = kazoo_exceptions()
        given = deadline
        lost = (exceptions.ConnectionLoss, exceptions.SessionExpiredError, exceptions.ConnectionClosedError)
        while True:
            client = self._open(given)
            given = limit
            self.count()
            try:
                return ask(client, limit)
            except client.handler.timeout_exception as error:
                self._forget()
                raise ZooKeeperUnavailable(
                    f"could not {what} in ZooKeeper at {self.settings.quorum}: no answer within"
                    f" {seconds_text(limit.seconds)} s"
                ) from error
            except lost as error:
                # After a mere loss of connection kazoo connects again, and the session keeps its locks.
                if not isinstance(error, exceptions.ConnectionLoss):
                    self._forget()
                if limit.expired:
                    raise ZooKeeperUnavailable(
                        f"could not {what} in ZooKeeper at {self.settings.quorum}: the connection was lost"
                    ) from error
                limit.pause(0.1)
            except exceptions.NoAuthError as error:
                user = self.settings.username
                raise ZooKeeperError(
                    f"could not {what} in ZooKeeper at {self.settings.quorum}: "
                    + (f"the user {user} has no permission" if user else "no permission; give zookeeper_username")
                ) from error
            except exceptions.AuthFailedError as error:
                self._forget()
                raise self._why_not(True, limit.seconds) from error
            except exceptions.KazooException as error:
                raise ZooKeeperError(
                    f"could not {what} in ZooKeeper at {self.settings.quorum}: {type(error).__name__} {error}".rstrip()
                ) from error

    def _forget(self) -> None:
        """A client whose session is in doubt is replaced by a new one."""
        client, self._client = self._client, None
        if client is not None:
            abandon(client)


class Lock:
    """A lock in ZooKeeper. What writes under it calls check() first.

    A place in the line lives as long as its session. So where a connection was lost, and it is unknown whether a place
    was given back, the session is ended with it: else all others would wait for it for as long as this process lives.
    """

    def __init__(self, zookeeper: ZooKeeper, path: str, who: str) -> None:
        self._zookeeper = zookeeper
        self._path = path
        self._who = who
        self._lock: Any = None
        self._client: KazooClient | None = None
        self._lost = 0

    def acquire(self, deadline: Deadline) -> None:
        zookeeper = self._zookeeper
        self._client = client = zookeeper._open(deadline)
        self._lost = zookeeper._sessions_lost
        interruptions = zookeeper._interruptions
        self._lock = client.Lock(self._path, self._who)
        zookeeper.count()
        zookeeper.count()
        try:
            self._stand_in_line(deadline)
        except ZooKeeperError as error:
            # kazoo gives the place back when another run holds the lock, and says nothing when that has failed. In
            # this order: a connection that is there again has been counted as lost before.
            if HOLDER not in error.details or not client.connected or zookeeper._interruptions != interruptions:
                self._leave()
            raise

    def _stand_in_line(self, deadline: Deadline) -> None:
        zookeeper = self._zookeeper
        exceptions = kazoo_exceptions()
        holder: str | None = None
        remaining = deadline.remaining()
        while True:
            look = max(0.001, min(LOCK_LOOK, remaining))
            try:
                # kazoo's own time-out does not bound what it asks ZooKeeper: that waits until ZooKeeper is back.
                if bounded(partial(self._lock.acquire, timeout=look), max(remaining, look) + LOCK_ANSWER):
                    return
            except exceptions.LockTimeout:
                holder = self.holder()
            except OutOfTimeError as error:
                raise ZooKeeperUnavailable(
                    f"could not lock {self._path} in ZooKeeper at {zookeeper.settings.quorum}: no answer within"
                    f" {seconds_text(deadline.seconds)} s"
                ) from error
            except exceptions.KazooException as error:
                raise ZooKeeperError(
                    f"could not lock {self._path} in ZooKeeper at {zookeeper.settings.quorum}:"
                    f" {type(error).__name__} {error}".rstrip()
                ) from error
            # Counted as well: each look takes its time, whatever the clock says.
            remaining = min(remaining - look, deadline.remaining())
            if remaining <= 0:
                raise ZooKeeperError(
                    f"could not lock {self._path} within {seconds_text(deadline.seconds)} s:"
                    f" it is held by {holder or 'another run'}; wait for that run to end and try again",
                    **{HOLDER: holder},
                )
            zookeeper._report(f"the lock {self._path}", f"held by {holder or 'another run'}", deadline)

    def holder(self) -> str | None:
        """Who holds the lock, as far as it is recorded."""
        try:
            contenders = bounded(self._lock.contenders, LOCK_ANSWER)
        except (kazoo_exceptions().KazooException, OutOfTimeError):
            return None
        return str(contenders[0]) if contenders else None

    def check(self) -> None:
        """Raise when the lock may have been lost, because the session was."""
        zookeeper = self._zookeeper
        if self._client is not None and not self._client.connected:
            # Whether the session has survived is known when the connection is back.
            zookeeper.exists(self._path)
        if self._client is None or zookeeper._client is not self._client or zookeeper._sessions_lost != self._lost:
            raise ZooKeeperError(
                f"the lock {self._path} was lost together with the ZooKeeper session: nothing more was done; run again"
            )

    def release(self) -> None:
        if self._lock is None:
            return
        try:
            bounded(self._lock.release, LOCK_ANSWER)
        except (kazoo_exceptions().KazooException, OutOfTimeError):
            self._leave()

    def _leave(self) -> None:
        """End the session, and with it the place in the line."""
        if self._zookeeper._client is self._client:
            self._zookeeper._forget()
