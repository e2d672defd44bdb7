"""A ZooKeeper in memory, behind the interface of kazoo's client that the library uses."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._cluster import zookeeper as _zookeeper
from ansible_collections.streamops.flink.plugins.module_utils._cluster.leader import COMPONENTS
from kazoo import exceptions

LEADER_SESSION = "43579719-9cf6-4cc0-a78a-10210bcc8131"
# Taken from a JobManager: what follows the address is a serialised java.util.UUID.
_UUID_CLASS = bytes.fromhex(
    "7372000e6a6176612e7574696c2e55554944bc9903f7986d852f0200024a000c6c65617374536967426974734a000b6d6f73745369674269"
    "74737870"
)


def connection_info(address: str, session: str = LEADER_SESSION) -> bytes:
    """What a leader publishes."""
    text = address.encode()
    block = len(text).to_bytes(2, "big") + text
    half = uuid.UUID(session).bytes
    return b"\xac\xed\x00\x05\x77" + bytes([len(block)]) + block + _UUID_CLASS + half[8:] + half[:8]


@dataclass
class FakeNode:
    data: bytes
    owner: int = 0
    version: int = 0
    created_ms: int = 1_780_000_000_000
    modified_ms: int = 1_780_000_001_500

    def status(self) -> SimpleNamespace:
        return SimpleNamespace(
            version=self.version, ephemeralOwner=self.owner, ctime=self.created_ms, mtime=self.modified_ms
        )


@dataclass
class FakeEnsemble:
    """The tree, and the faults that the next calls meet: ('before' | 'after', exception)."""

    nodes: dict[str, FakeNode] = field(default_factory=dict)
    faults: list[tuple[str, Exception]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    locked_by: dict[str, str] = field(default_factory=dict)
    on_call: Callable[[FakeEnsemble], None] | None = None
    sessions: int = 0
    reachable: bool = True
    refuses_user: bool = False

    def add(self, path: str, data: bytes = b"", owner: int = 0) -> None:
        parts = path.strip("/").split("/")
        for depth in range(1, len(parts)):
            self.nodes.setdefault("/" + "/".join(parts[:depth]), FakeNode(b""))
        self.nodes[path] = FakeNode(data, owner)

    def lead(
        self, url: str, owner: int = 0x100, root: str = "/flink/t", components: tuple[str, ...] = COMPONENTS
    ) -> None:
        """Publish a leader, as Flink does it."""
        for component in components:
            address = url if component == "rest_server" else f"pekko.tcp://flink@127.0.0.1:6123/user/rpc/{component}"
            self.add(f"{root}/leader/{component}/connection_info", connection_info(address), owner)

    def contend(self, number: int, owner: int, root: str = "/flink/t") -> None:
        self.add(f"{root}/leader/latch/_c_{uuid.UUID(int=number)}-latch-{number:010d}", owner=owner)


class FakeResult:
    """The answer to an asynchronous call."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        return self._call()


class FakeTimeoutError(Exception):
    """kazoo's handlers bring a time-out exception of their own."""


class FakeLock:
    def __init__(self, ensemble: FakeEnsemble, path: str, identifier: str) -> None:
        self._ensemble = ensemble
        self._path = path
        self._identifier = identifier

    def acquire(self, timeout: float) -> bool:
        if self._path in self._ensemble.locked_by:
            raise exceptions.LockTimeout
        self._ensemble.locked_by[self._path] = self._identifier
        return True

    def release(self) -> None:
        del self._ensemble.locked_by[self._path]

    def contenders(self) -> list[str]:
        return [self._ensemble.locked_by[self._path]]


class FakeClient:
    """The part of kazoo's client that the library uses."""

    def __init__(self, ensemble: FakeEnsemble) -> None:
        self.ensemble = ensemble
        self.handler = SimpleNamespace(timeout_exception=FakeTimeoutError)
        self.connected = False
        self._state = "CLOSED"
        self.client_id: tuple[int, bytes] | None = None
        self.listeners: list[Callable[[str], None]] = []
        self.stopped = False
        self.Lock = partial(FakeLock, ensemble)

    def add_listener(self, listener: Callable[[str], None]) -> None:
        self.listeners.append(listener)

    def start_async(self) -> threading.Event:
        live = threading.Event()
        if self.ensemble.refuses_user:
            self._state = "AUTH_FAILED"
        elif self.ensemble.reachable:
            self.ensemble.sessions += 1
            self.client_id = (0x900 + self.ensemble.sessions, b"")
            self.connected = True
            live.set()
        return live

    def stop(self) -> None:
        self.stopped = True

    def close(self) -> None:
        return

    def lose_session(self) -> None:
        for listener in self.listeners:
            listener("LOST")

    def _run(self, name: str, path: str, change: Callable[[], Any]) -> FakeResult:
        def call() -> Any:
            ensemble = self.ensemble
            ensemble.calls.append((name, path))
            if ensemble.on_call is not None:
                ensemble.on_call(ensemble)
            when, error = ensemble.faults.pop(0) if ensemble.faults else ("", None)
            if when == "before" and error is not None:
                raise error
            result = change()
            if error is not None:
                raise error
            return result

        return FakeResult(call)

    def _node(self, path: str) -> FakeNode:
        if path not in self.ensemble.nodes:
            raise exceptions.NoNodeError
        return self.ensemble.nodes[path]

    def get_async(self, path: str) -> FakeResult:
        return self._run("get", path, lambda: (self._node(path).data, self._node(path).status()))

    def get_children_async(self, path: str) -> FakeResult:
        def change() -> list[str]:
            self._node(path)
            prefix = path.rstrip("/") + "/"
            return [name.removeprefix(prefix) for name in self.ensemble.nodes if is_child(name, prefix)]

        return self._run("children", path, change)

    def create_async(self, path: str, data: bytes, *, ephemeral: bool, makepath: bool) -> FakeResult:
        def change() -> str:
            if path in self.ensemble.nodes:
                raise exceptions.NodeExistsError
            self.ensemble.add(path, data, self.client_id[0] if ephemeral and self.client_id else 0)
            return path

        return self._run("create", path, change)

    def set_async(self, path: str, data: bytes, version: int) -> FakeResult:
        def change() -> SimpleNamespace:
            node = self._node(path)
            if version not in (-1, node.version):
                raise exceptions.BadVersionError
            node.data, node.version = data, node.version + 1
            return node.status()

        return self._run("set", path, change)

    def delete_async(self, path: str, version: int) -> FakeResult:
        def change() -> None:
            node = self._node(path)
            if version not in (-1, node.version):
                raise exceptions.BadVersionError
            if any(name.startswith(path + "/") for name in self.ensemble.nodes):
                raise exceptions.NotEmptyError
            del self.ensemble.nodes[path]

        return self._run("delete", path, change)

    def transaction(self) -> FakeTransaction:
        return FakeTransaction(self)


class FakeTransaction:
    """All or nothing; the answers are those of kazoo."""

    def __init__(self, client: FakeClient) -> None:
        self._client = client
        self._steps: list[tuple[str, int]] = []

    def delete(self, path: str, version: int) -> None:
        self._steps.append((path, version))

    def commit_async(self) -> FakeResult:
        def change() -> list[Any]:
            nodes = self._client.ensemble.nodes
            answers: list[Any] = []
            for path, version in self._steps:
                if path not in nodes:
                    answers.append(exceptions.NoNodeError())
                elif nodes[path].version != version:
                    answers.append(exceptions.BadVersionError())
                else:
                    answers.append(True)
            if all(answer is True for answer in answers):
                for path, _version in self._steps:
                    del nodes[path]
                return answers
            first = next(number for number, answer in enumerate(answers) if answer is not True)
            before = [exceptions.RolledBackError()] * first
            after = [exceptions.RuntimeInconsistency()] * (len(answers) - first - 1)
            return [*before, answers[first], *after]

        return self._client._run("transaction", self._steps[0][0], change)


def is_child(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and "/" not in name.removeprefix(prefix)


def install(monkeypatch: pytest.MonkeyPatch) -> FakeEnsemble:
    """An empty ZooKeeper that every connection of the test reaches."""
    fake = FakeEnsemble()
    monkeypatch.setattr(_zookeeper, "new_client", lambda _settings, _servers: FakeClient(fake))
    return fake
