"""What a dead JobManager leaves in ZooKeeper is released, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import BadVersion
from ansible_collections.streamops.flink.plugins.module_utils._cluster.quorum import ZooKeeperSettings
from ansible_collections.streamops.flink.plugins.module_utils._cluster.zookeeper import ZooKeeper
from ansible_collections.streamops.flink.plugins.module_utils._guardian.fence import (
    SessionLog,
    leader_path,
    numbers,
    owned_nodes,
    published_by,
    release,
    sessions_logged,
    texts,
)
from ansible_collections.streamops.flink.tests.unit.plugins.fakes import FakeEnsemble, install, is_child
from hypothesis import given
from hypothesis import strategies as st

DEAD, ALIVE, OTHER = 0x100, 0x200, 0x300
LEADER = "/flink/t/leader"
URL = "http://127.0.0.1:8081"
OPENED = (
    "2026-11-21 16:55:19,013 INFO  org.apache.flink.shaded.zookeeper3.org.apache.zookeeper.ClientCnxn [] - Session"
    " establishment complete on server localhost/127.0.0.1:24100, session id = 0x{:x}, negotiated timeout = 15000\n"
)


@pytest.fixture
def ensemble(monkeypatch: pytest.MonkeyPatch) -> FakeEnsemble:
    """jm1 leads and its session is the dead one, jm2 waits; another cluster next to them has sessions of its own."""
    fake = install(monkeypatch)
    fake.lead(URL, DEAD)
    fake.add(f"{LEADER}/{'a' * 32}/connection_info", b"job master", DEAD)
    fake.contend(1, DEAD)
    fake.contend(2, ALIVE)
    fake.lead("http://127.0.0.1:9999", OTHER, root="/flink/u")
    fake.contend(1, OTHER, root="/flink/u")
    return fake


@pytest.fixture
def zookeeper(ensemble: FakeEnsemble) -> ZooKeeper:
    return ZooKeeper(ZooKeeperSettings("127.0.0.1:2181"))


def owners(ensemble: FakeEnsemble) -> dict[int, int]:
    """How many nodes each session owns."""
    found: dict[int, int] = {}
    for node in ensemble.nodes.values():
        if node.owner:
            found[node.owner] = found.get(node.owner, 0) + 1
    return found


def test_the_latch_and_the_addresses_of_a_dead_leader_go(ensemble: FakeEnsemble, zookeeper: ZooKeeper) -> None:
    before = owners(ensemble)
    done = release(zookeeper, LEADER, {DEAD})
    assert done.sessions == ["0x100"]
    assert len(done.paths) == before[DEAD] == 5
    assert owners(ensemble) == {owner: count for owner, count in before.items() if owner != DEAD}


def test_a_dead_standby_loses_its_place_and_the_leader_nothing(ensemble: FakeEnsemble, zookeeper: ZooKeeper) -> None:
    before = owners(ensemble)
    assert len(release(zookeeper, LEADER, {ALIVE}).paths) == 1
    assert owners(ensemble) == {owner: count for owner, count in before.items() if owner != ALIVE}


def test_a_session_that_owns_nothing_costs_nothing(ensemble: FakeEnsemble, zookeeper: ZooKeeper) -> None:
    before = dict(ensemble.nodes)
    assert release(zookeeper, LEADER, {0x999, OTHER}).paths == []
    assert ensemble.nodes == before


def test_where_no_cluster_ever_was_there_is_nothing_to_release(zookeeper: ZooKeeper) -> None:
    assert release(zookeeper, "/flink/none/leader", {DEAD}).paths == []
    assert published_by(zookeeper, "/flink/none/leader", URL) == set()


def test_nothing_goes_when_the_session_expires_and_another_leads_in_between(
    ensemble: FakeEnsemble, zookeeper: ZooKeeper
) -> None:
    def take_over(fake: FakeEnsemble) -> None:
        if fake.calls[-1][0] != "transaction":
            return
        fake.on_call = None
        for path in [path for path, node in fake.nodes.items() if node.owner == DEAD]:
            del fake.nodes[path]
        fake.lead("http://127.0.0.1:8082", ALIVE)

    ensemble.on_call = take_over
    with pytest.raises(BadVersion):
        release(zookeeper, LEADER, {DEAD})
    assert ensemble.nodes[f"{LEADER}/rest_server/connection_info"].owner == ALIVE
    assert release(zookeeper, LEADER, {DEAD}).paths == []


def test_a_lost_answer_is_not_taken_for_a_change(ensemble: FakeEnsemble, zookeeper: ZooKeeper) -> None:
    from kazoo.exceptions import ConnectionLoss

    def lose(fake: FakeEnsemble) -> None:
        if fake.calls[-1][0] == "transaction":
            fake.on_call = None
            fake.faults.append(("after", ConnectionLoss()))

    ensemble.on_call = lose
    assert release(zookeeper, LEADER, {DEAD}).sessions == ["0x100"]
    assert DEAD not in owners(ensemble)


def test_session_ids_above_half_of_their_range_are_the_same_in_logs_and_nodes(
    ensemble: FakeEnsemble, zookeeper: ZooKeeper
) -> None:
    # Java's long is signed, what the log writes is not.
    session = 0xFF0000194BC0012
    high = session | 1 << 63
    ensemble.contend(3, high - (1 << 64))
    assert sessions_logged(OPENED.format(high).encode()) == {high}
    assert len(release(zookeeper, LEADER, {high}).paths) == 1


def test_who_has_published_an_address_is_known(ensemble: FakeEnsemble, zookeeper: ZooKeeper) -> None:
    assert published_by(zookeeper, LEADER, URL + "/") == {DEAD}
    assert published_by(zookeeper, LEADER, "http://127.0.0.1:8082") == set()
    ensemble.add(f"{LEADER}/rest_server/connection_info", b"not Java's", DEAD)
    assert published_by(zookeeper, LEADER, URL) == set()


def test_the_path_is_that_of_the_cluster() -> None:
    assert leader_path("/flink/", "/t") == LEADER


@given(st.sets(st.integers(0, 2**64 - 1)))
def test_sessions_are_read_back_from_their_text(sessions: set[int]) -> None:
    assert numbers(texts(sessions)) == sessions


@given(st.lists(st.sampled_from([DEAD, ALIVE, OTHER, 0]), max_size=6), st.sets(st.sampled_from([DEAD, ALIVE, OTHER])))
def test_only_what_a_dead_session_owns_is_ever_named(latches: list[int], dead: set[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        fake = install(patch)
        for number, owner in enumerate(latches):
            fake.contend(number, owner)
        found, infos = owned_nodes(ZooKeeper(ZooKeeperSettings("127.0.0.1:2181")), LEADER, dead)
        assert [node.owner for node in found] == [owner for owner in latches if owner in dead]
        assert infos == []
        assert all(is_child(node.path, f"{LEADER}/latch/") for node in found)


# -- the log ---------------------------------------------------------------------------------------------------------


def test_each_session_in_a_growing_log_is_read_once(tmp_path: Path) -> None:
    log = SessionLog(tmp_path, "*-standalonesession-*.log")
    assert log.read() == set()
    path = tmp_path / "flink-local-standalonesession-0-jm1.log"
    (tmp_path / "flink-local-taskexecutor-0-tm1.log").write_text(OPENED.format(7))
    path.write_text("Starting\n" + OPENED.format(1))
    assert log.read() == {1}
    assert log.read() == set()
    half = OPENED.format(2)
    with path.open("a") as file:
        file.write(half[:120])
    assert log.read() <= {1}
    with path.open("a") as file:
        file.write(half[120:])
    assert 2 in log.read()


def test_a_new_log_of_the_same_name_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "flink-local-standalonesession-0-jm1.log"
    path.write_text("x" * 10000 + "\n" + OPENED.format(1))
    log = SessionLog(tmp_path, "*-standalonesession-*.log")
    assert log.read() == {1}
    path.rename(tmp_path / f"{path.name}.1")
    path.write_text("x" * 20000 + "\n" + OPENED.format(2) + "x" * 20000)
    assert log.read() == {2}


def test_a_log_that_cannot_be_read_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "a-standalonesession-0.log").mkdir()
    assert SessionLog(tmp_path, "*-standalonesession-*.log").read() == set()


@given(st.binary(max_size=500))
def test_any_bytes_are_a_log(content: bytes) -> None:
    assert all(one >= 0 for one in sessions_logged(content))
