"""ZooKeeper: what is read and written, what a lost answer means, and why there is no connection."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import (
    BadVersion,
    FlinkError,
    NodeExists,
    NoNode,
    ZooKeeperError,
    ZooKeeperUnavailable,
)
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline
from ansible_collections.streamops.flink.plugins.module_utils._cluster import zookeeper as _zookeeper
from ansible_collections.streamops.flink.plugins.module_utils._cluster.four_letter import Tls, four_letter
from ansible_collections.streamops.flink.plugins.module_utils._cluster.quorum import (
    ZooKeeperSettings,
    clean_path,
    parse_quorum,
)
from ansible_collections.streamops.flink.plugins.module_utils._cluster.zookeeper import ZooKeeper
from ansible_collections.streamops.flink.tests.unit.plugins.fakes import (
    FakeClient,
    FakeEnsemble,
    FakeTimeoutError,
    install,
)
from ansible_collections.streamops.flink.tests.unit.plugins.hostile import certificate, closed_port, server_context
from hypothesis import given
from hypothesis import strategies as st
from kazoo import exceptions


@pytest.fixture
def ensemble(monkeypatch: pytest.MonkeyPatch) -> FakeEnsemble:
    return install(monkeypatch)


@pytest.fixture
def zk(ensemble: FakeEnsemble) -> Iterator[ZooKeeper]:
    with ZooKeeper(ZooKeeperSettings("zk1:2181")) as zookeeper:
        yield zookeeper


# -- addresses and paths ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("zk1:2181", [("zk1", 2181)]),
        ("zk1:2181, zk2:2182", [("zk1", 2181), ("zk2", 2182)]),
        ("[::1]:2181", [("::1", 2181)]),
    ],
)
def test_a_quorum_is_a_list_of_servers(text: str, servers: list[tuple[str, int]]) -> None:
    assert parse_quorum(text) == servers


@pytest.mark.parametrize(
    "text",
    [
        "",
        "zk1",
        "zk1:",
        ":2181",
        "zk1:0",
        "zk1:65536",
        "zk1:2181/flink",
        "zk1:2181,,zk2:2181",
        "a b:1",
        "zk1:²",
        "::1:2181",
    ],
)
def test_a_quorum_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ZooKeeperError, match=r"^zookeeper_quorum .* cannot be read at .*: give host:port"):
        parse_quorum(text)


@given(st.text(max_size=40))
def test_any_quorum_gives_servers_or_an_expected_error(text: str) -> None:
    try:
        servers = parse_quorum(text)
    except FlinkError as error:
        message = error.message
    else:
        assert all(host and 0 < port < 65536 for host, port in servers)
        return
    assert "zookeeper_quorum" in message


@pytest.mark.parametrize(
    ("parts", "path"),
    [(("/flink", "/t"), "/flink/t"), (("flink/", "//t//"), "/flink/t"), (("/",), "/"), (("", "a", "b/c"), "/a/b/c")],
)
def test_paths_have_no_needless_slashes(parts: tuple[str, ...], path: str) -> None:
    assert clean_path(*parts) == path


# -- reading and writing ---------------------------------------------------------------------------------------------


def test_nothing_is_opened_before_it_is_needed(ensemble: FakeEnsemble) -> None:
    with ZooKeeper(ZooKeeperSettings("zk1:2181")) as zookeeper:
        assert (ensemble.sessions, zookeeper.round_trips) == (0, 0)


def test_several_nodes_are_read_in_one_round_trip(zk: ZooKeeper, ensemble: FakeEnsemble) -> None:
    ensemble.add("/a/x", b"1", owner=7)
    ensemble.add("/a/y", b"2")
    nodes, (names, none) = zk.read(["/a/x", "/a/z"], ["/a", "/nix"])
    first, missing = nodes
    assert first is not None
    assert (first.data, first.owner, first.version) == (b"1", 7, 0)
    assert (missing, names, none) == (None, ["x", "y"], [])
    assert zk.round_trips == 2  # the connection and the question


def test_a_missing_node_is_none_or_an_error_as_it_was_asked_for(zk: ZooKeeper) -> None:
    assert zk.find("/nix") is None
    assert zk.exists("/nix") is False
    assert zk.children("/nix") == []
    with pytest.raises(NoNode, match=r"^ZooKeeper at zk1:2181 has no node /nix$"):
        zk.get("/nix")


def test_a_node_is_written_only_over_the_version_that_was_read(zk: ZooKeeper) -> None:
    zk.create("/a/b", b"1")
    assert zk.set("/a/b", b"2", version=0) == 1
    with pytest.raises(BadVersion, match="changed by another client"):
        zk.set("/a/b", b"3", version=0)
    with pytest.raises(NodeExists):
        zk.create("/a/b", b"1")
    with pytest.raises(NoNode):
        zk.set("/nix", b"1")
    zk.put("/a/b", b"4")
    zk.put("/a/c", b"5")
    assert (zk.get("/a/b").data, zk.get("/a/c").data) == (b"4", b"5")


def test_a_tree_is_deleted_from_the_leaves(zk: ZooKeeper, ensemble: FakeEnsemble) -> None:
    ensemble.add("/a/b/c", b"")
    ensemble.add("/a/d", b"")
    assert zk.tree("/a") == ["/a", "/a/b", "/a/d", "/a/b/c"]
    with pytest.raises(ZooKeeperError, match="has children"):
        zk.delete("/a")
    assert zk.delete("/a", recursive=True) is True
    assert zk.delete("/a", recursive=True) is False
    assert zk.delete("/a") is False
    assert ensemble.nodes == {}


# -- lost answers ----------------------------------------------------------------------------------------------------


def test_a_question_is_asked_again_over_the_same_connection_or_a_new_one(zk: ZooKeeper, ensemble: FakeEnsemble) -> None:
    ensemble.add("/a", b"1")
    ensemble.faults = [("before", exceptions.ConnectionLoss())]
    assert zk.get("/a").data == b"1"
    assert ensemble.sessions == 1
    ensemble.faults = [("before", exceptions.SessionExpiredError())]
    assert zk.get("/a").data == b"1"
    assert ensemble.sessions == 2


WRITES: dict[str, tuple[Callable[[ZooKeeper], object], object, bytes | None]] = {
    "create": (lambda zk: zk.create("/a/new", b"1"), None, b"1"),
    "set": (lambda zk: zk.set("/a/old", b"2", version=0), 1, b"2"),
    "set anyway": (lambda zk: zk.set("/a/old", b"2"), 2, b"2"),
    "delete": (lambda zk: zk.delete("/a/old"), True, None),
}


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_write_whose_answer_is_lost_is_done_once(zk: ZooKeeper, ensemble: FakeEnsemble, name: str, when: str) -> None:
    write, result, data = WRITES[name]
    ensemble.add("/a/old", b"1")
    ensemble.faults = [(when, exceptions.ConnectionLoss())]
    answer = write(zk)
    assert answer == (1 if name == "set anyway" and when == "before" else result)
    node = ensemble.nodes.get("/a/new" if name == "create" else "/a/old")
    assert (node.data if node else None) == data


def test_a_node_of_another_process_is_not_taken_for_ours_after_a_lost_answer(
    zk: ZooKeeper, ensemble: FakeEnsemble
) -> None:
    ensemble.faults = [("before", exceptions.ConnectionLoss())]
    ensemble.on_call = lambda one: one.add("/a/new", b"theirs")
    with pytest.raises(NodeExists):
        zk.create("/a/new", b"ours")


def test_a_change_of_another_process_is_not_taken_for_ours_after_a_lost_answer(
    zk: ZooKeeper, ensemble: FakeEnsemble
) -> None:
    ensemble.add("/a", b"1")
    ensemble.faults = [("after", exceptions.ConnectionLoss())]

    def interfere(one: FakeEnsemble) -> None:
        if len(one.calls) == 2:
            one.nodes["/a"].data, one.nodes["/a"].version = b"theirs", 2

    ensemble.on_call = interfere
    with pytest.raises(BadVersion):
        zk.set("/a", b"ours", version=0)


# -- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "settings", "sentence"),
    [
        (
            exceptions.NoAuthError(),
            {},
            "could not read /a in ZooKeeper at zk1:2181: no permission; give zookeeper_username",
        ),
        (
            exceptions.NoAuthError(),
            {"username": "anna", "password": "s3cret"},
            "could not read /a in ZooKeeper at zk1:2181: the user anna has no permission",
        ),
        (exceptions.AuthFailedError(), {}, "ZooKeeper at zk1:2181 refused zookeeper_username and zookeeper_password"),
        (exceptions.InvalidACLError("why"), {}, "could not read /a in ZooKeeper at zk1:2181: InvalidACLError why"),
        (FakeTimeoutError(), {}, "could not read /a in ZooKeeper at zk1:2181: no answer within 1 s"),
    ],
)
def test_a_refusal_is_one_sentence(
    ensemble: FakeEnsemble, fault: Exception, settings: dict[str, str], sentence: str
) -> None:
    ensemble.add("/a")
    ensemble.faults = [("before", fault)]
    with ZooKeeper(ZooKeeperSettings("zk1:2181", **settings)) as zookeeper, pytest.raises(ZooKeeperError) as caught:
        zookeeper.get("/a", Deadline(1))
    assert caught.value.message == sentence


def test_a_connection_that_stays_lost_is_given_up(zk: ZooKeeper, ensemble: FakeEnsemble) -> None:
    ensemble.faults = [("before", exceptions.ConnectionLoss())] * 100
    with pytest.raises(ZooKeeperUnavailable, match="the connection was lost"):
        zk.get("/a", Deadline(0.15))


def test_a_user_who_is_refused_is_told_at_once(ensemble: FakeEnsemble) -> None:
    ensemble.refuses_user = True
    start = time.monotonic()
    with pytest.raises(ZooKeeperError, match="refused zookeeper_username"):
        ZooKeeper(ZooKeeperSettings("zk1:2181", "anna", "s3cret")).connect(Deadline(30))
    assert time.monotonic() - start < 3


# -- no connection, and why ------------------------------------------------------------------------------------------


@contextmanager
def word_server(answer: bytes, cert: tuple[Path, Path] | None = None, dribble: bool = False) -> Iterator[int]:
    """Answers every connection with the same bytes."""
    listener = socket.create_server(("127.0.0.1", 0))
    closing = threading.Event()

    def serve() -> None:
        while True:
            try:
                link, _address = listener.accept()
                with link:
                    secured = server_context(*cert).wrap_socket(link, server_side=True) if cert else link
                    with secured:
                        secured.recv(100)
                        secured.sendall(answer)
                        while dribble and not closing.wait(0.02):
                            secured.sendall(b"x")
            except OSError:
                if closing.is_set():
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        closing.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(2)


def refusal(ensemble: FakeEnsemble, port: int, tls: Tls | None = None) -> str:
    ensemble.reachable = False
    with pytest.raises(ZooKeeperUnavailable) as caught:
        ZooKeeper(ZooKeeperSettings(f"127.0.0.1:{port}", tls=tls)).get("/a", Deadline(0.2))
    return caught.value.message.replace(str(port), "PORT")


def test_where_no_server_listens_it_is_said(ensemble: FakeEnsemble) -> None:
    with closed_port() as port:
        assert refusal(ensemble, port) == (
            "cannot reach ZooKeeper at 127.0.0.1:PORT within 0.2 s:"
            " 127.0.0.1:PORT refuses the connection: nothing listens there"
        )


def test_a_wrong_address_is_not_waited_for_as_long_as_a_server_that_is_slow(
    ensemble: FakeEnsemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_zookeeper, "UNASKED_PATIENCE", 0.2)
    ensemble.reachable = False
    start = time.monotonic()
    with closed_port() as port, pytest.raises(ZooKeeperUnavailable, match=r"within 0\.2 s: .*nothing listens there$"):
        ZooKeeper(ZooKeeperSettings(f"127.0.0.1:{port}")).get("/a")
    assert time.monotonic() - start < 5


def test_a_server_without_a_quorum_is_told_from_none(ensemble: FakeEnsemble) -> None:
    with word_server(b"This ZooKeeper instance is not currently serving requests\n") as port:
        assert refusal(ensemble, port) == (
            "ZooKeeper at 127.0.0.1:PORT has no quorum: 127.0.0.1:PORT runs without a quorum; start the missing servers"
        )


def test_a_server_that_answers_but_opens_no_session_is_said(ensemble: FakeEnsemble) -> None:
    with word_server(b"Zookeeper version: 3.8.4\nMode: follower\n") as port:
        assert refusal(ensemble, port).endswith("127.0.0.1:PORT answers, but opens no session")


def test_a_port_that_closes_the_connection_is_doubted(ensemble: FakeEnsemble) -> None:
    with word_server(b"") as port:
        assert refusal(ensemble, port).endswith("closes the connection without an answer: is that the client port?")


def test_a_server_without_tls_is_told_from_one_with(ensemble: FakeEnsemble) -> None:
    with word_server(b"no TLS here") as port:
        message = refusal(ensemble, port, Tls())
    assert message.startswith("ZooKeeper at 127.0.0.1:PORT cannot be reached over TLS: 127.0.0.1:PORT TLS failed")
    assert message.endswith("; check zookeeper_tls")


def test_missing_certificate_files_are_named() -> None:
    with pytest.raises(ZooKeeperError, match=r"^cannot read the files of zookeeper_tls \(ca /nowhere/ca\.pem"):
        ZooKeeper(ZooKeeperSettings("127.0.0.1:9", tls=Tls(ca="/nowhere/ca.pem"))).get("/a", Deadline(1))


def test_a_server_that_never_answers_delays_nothing() -> None:
    """The real client against a server that says nothing useful, byte by byte."""
    start = time.monotonic()
    with word_server(b"", dribble=True) as port, pytest.raises(ZooKeeperUnavailable, match="cannot reach ZooKeeper"):
        ZooKeeper(ZooKeeperSettings(f"127.0.0.1:{port}")).get("/a", Deadline(0.5))
    assert time.monotonic() - start < 4


# -- four-letter words -----------------------------------------------------------------------------------------------


def test_a_word_gets_its_answer() -> None:
    with word_server(b"imok") as port:
        assert four_letter("127.0.0.1", port, "ruok", Deadline(2)) == "imok"


def test_a_word_can_be_asked_over_tls(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "127.0.0.1")
    with word_server(b"imok", (cert, key)) as port:
        assert four_letter("127.0.0.1", port, "ruok", Deadline(2), Tls(ca=str(cert))) == "imok"
        with pytest.raises(ZooKeeperError, match="TLS failed"):
            four_letter("127.0.0.1", port, "ruok", Deadline(2), Tls())
        assert four_letter("127.0.0.1", port, "ruok", Deadline(2), Tls(verify=False)) == "imok"


def test_a_word_that_is_not_allowed_is_said() -> None:
    with (
        word_server(b"mntr is not executed because it is not in the whitelist.\n") as port,
        pytest.raises(ZooKeeperError, match=r"does not allow mntr: add it to 4lw\.commands\.whitelist") as caught,
    ):
        four_letter("127.0.0.1", port, "mntr", Deadline(2))
    assert caught.value.details["allowed"] is False


def test_a_word_is_not_waited_for_longer_than_its_deadline() -> None:
    start = time.monotonic()
    with (
        word_server(b"im", dribble=True) as port,
        pytest.raises(ZooKeeperError, match=r"does not answer within 0\.2 s"),
    ):
        four_letter("127.0.0.1", port, "ruok", Deadline(0.2))
    assert time.monotonic() - start < 3


def test_a_name_that_cannot_be_resolved_is_said() -> None:
    with pytest.raises(ZooKeeperError, match="has a name that cannot be resolved"):
        four_letter("zk1.invalid", 2181, "ruok", Deadline(5))


# -- locks -----------------------------------------------------------------------------------------------------------


def test_a_lock_is_held_and_given_back(zk: ZooKeeper, ensemble: FakeEnsemble) -> None:
    with zk.lock("/locks/a", "anna@host") as lock:
        lock.check()
        assert ensemble.locked_by == {"/locks/a": "anna@host"}
    assert ensemble.locked_by == {}


def test_a_lock_that_is_held_says_by_whom(zk: ZooKeeper, ensemble: FakeEnsemble) -> None:
    ensemble.locked_by["/locks/a"] = "otto@elsewhere"
    with (
        pytest.raises(ZooKeeperError, match=r"could not lock /locks/a within 0\.1 s: it is held by otto@elsewhere;"),
        zk.lock("/locks/a", "anna@host", Deadline(0.1)),
    ):
        pytest.fail("the lock was given twice")


def test_a_lock_that_is_waited_for_says_for_whom(ensemble: FakeEnsemble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_zookeeper, "LOCK_LOOK", 0.05)
    ensemble.locked_by["/locks/a"] = "otto@elsewhere"
    told: list[tuple[str, str]] = []

    def progress(what: str, seen: str, _elapsed: float) -> None:
        told.append((what, seen))
        ensemble.locked_by.clear()

    with ZooKeeper(ZooKeeperSettings("zk1:2181"), progress) as one, one.lock("/locks/a", "anna@host", Deadline(30)):
        assert ensemble.locked_by == {"/locks/a": "anna@host"}
    assert told == [("the lock /locks/a", "held by otto@elsewhere")]


def test_a_lock_is_lost_with_its_session(
    zk: ZooKeeper, monkeypatch: pytest.MonkeyPatch, ensemble: FakeEnsemble
) -> None:
    client = FakeClient(ensemble)
    monkeypatch.setattr(_zookeeper, "new_client", lambda _settings, _servers: client)
    with zk.lock("/locks/a", "anna@host") as lock:
        client.lose_session()
        with pytest.raises(ZooKeeperError, match="was lost together with the ZooKeeper session"):
            lock.check()


def test_a_lock_outlives_a_lost_connection_but_not_its_session(
    zk: ZooKeeper, monkeypatch: pytest.MonkeyPatch, ensemble: FakeEnsemble
) -> None:
    clients = [FakeClient(ensemble), FakeClient(ensemble)]
    later = iter(clients)
    monkeypatch.setattr(_zookeeper, "new_client", lambda _settings, _servers: next(later))
    with zk.lock("/locks/a", "anna@host") as lock:
        clients[0].connected = False
        lock.check()
        ensemble.faults = [("before", exceptions.ConnectionLoss())]
        lock.check()
        ensemble.faults = [("before", exceptions.SessionExpiredError())]
        with pytest.raises(ZooKeeperError, match="was lost together with the ZooKeeper session"):
            lock.check()


class TroubledLock:
    """A lock of kazoo's whose steps do what the test requires."""

    def __init__(self, acquire: Callable[[], bool], release: Callable[[], None] = lambda: None) -> None:
        self._acquire = acquire
        self.release = release

    def acquire(self, timeout: float) -> bool:
        return self._acquire()

    def contenders(self) -> list[str]:
        return ["otto@elsewhere"]


def timed_out() -> bool:
    raise exceptions.LockTimeout


@pytest.fixture
def clients(ensemble: FakeEnsemble, monkeypatch: pytest.MonkeyPatch) -> list[FakeClient]:
    """The clients in the order in which they are opened."""
    opened: list[FakeClient] = []

    def new_client(_settings: ZooKeeperSettings, _servers: object) -> FakeClient:
        opened.append(FakeClient(ensemble))
        return opened[-1]

    monkeypatch.setattr(_zookeeper, "new_client", new_client)
    monkeypatch.setattr(_zookeeper, "LOCK_ANSWER", 0.05)
    return opened


def stand_in_line(zk: ZooKeeper, clients: list[FakeClient], lock: TroubledLock) -> None:
    zk.connect()
    vars(clients[0])["Lock"] = lambda _path, _who: lock
    with zk.lock("/locks/a", "anna@host", Deadline(0.05)):
        pass


def ended(client: FakeClient) -> bool:
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and "_discard" in thread.name:
            thread.join()
    return client.stopped


def test_who_stood_in_line_in_vain_keeps_its_session(zk: ZooKeeper, clients: list[FakeClient]) -> None:
    with pytest.raises(ZooKeeperError, match="it is held by otto@elsewhere"):
        stand_in_line(zk, clients, TroubledLock(timed_out))
    zk.exists("/a")
    assert len(clients) == 1
    assert not ended(clients[0])


@pytest.mark.parametrize("back", [True, False])
def test_a_place_in_line_that_may_be_left_behind_goes_with_its_session(
    zk: ZooKeeper, clients: list[FakeClient], back: bool
) -> None:
    def interrupted() -> bool:
        clients[0].connected = back
        for listener in clients[0].listeners:
            listener("SUSPENDED")
            listener("CONNECTED")
        return timed_out()

    with pytest.raises(ZooKeeperError, match="it is held by otto@elsewhere"):
        stand_in_line(zk, clients, TroubledLock(interrupted))
    zk.exists("/a")
    assert len(clients) == 2
    assert ended(clients[0])


def test_a_line_that_does_not_answer_is_left_in_time(zk: ZooKeeper, clients: list[FakeClient]) -> None:
    for_ever = threading.Event()
    with pytest.raises(ZooKeeperUnavailable, match=r"could not lock /locks/a .* no answer within 0\.1 s"):
        stand_in_line(zk, clients, TroubledLock(for_ever.wait))
    for_ever.set()
    assert ended(clients[0])


def test_a_client_that_is_closed_is_not_asked_again(zk: ZooKeeper, clients: list[FakeClient]) -> None:
    def closed() -> bool:
        raise exceptions.ConnectionClosedError

    with pytest.raises(ZooKeeperError, match="could not lock /locks/a in ZooKeeper at zk1:2181: ConnectionClosedError"):
        stand_in_line(zk, clients, TroubledLock(closed))
    with zk.lock("/locks/a", "anna@host") as lock:
        lock.check()
    assert len(clients) == 2


@pytest.mark.parametrize("trouble", ["lost", "silent"])
def test_a_lock_that_could_not_be_given_back_goes_with_its_session(
    zk: ZooKeeper, clients: list[FakeClient], trouble: str
) -> None:
    for_ever = threading.Event()

    def release() -> None:
        if trouble == "lost":
            raise exceptions.ConnectionClosedError
        for_ever.wait()

    stand_in_line(zk, clients, TroubledLock(lambda: True, release))
    for_ever.set()
    assert ended(clients[0])


def test_secrets_are_in_no_representation() -> None:
    assert "s3cret" not in repr(ZooKeeperSettings("zk1:2181", "anna", "s3cret"))
