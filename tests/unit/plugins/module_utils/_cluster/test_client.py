"""The front door: settings, leadership, the failover time-out and the records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import (
    BadVersion,
    FlinkError,
    NodeExists,
    NotYet,
    ZooKeeperError,
)
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import (
    Cluster,
    Settings,
    config_of,
)
from ansible_collections.streamops.flink.plugins.module_utils._cluster.leader import ForeignLeader, NoLeader, TwoLeaders
from ansible_collections.streamops.flink.plugins.module_utils._cluster.records import Records
from ansible_collections.streamops.flink.tests.unit.plugins.fakes import FakeEnsemble, install
from ansible_collections.streamops.flink.tests.unit.plugins.hostile import Hostile, closed_port, says

JM1 = "http://127.0.0.1:8081"
JOBMANAGERS = [{"name": "jm1", "url": JM1}, {"name": "jm2", "url": "http://127.0.0.1:8082"}]


@pytest.fixture
def ensemble(monkeypatch: pytest.MonkeyPatch) -> FakeEnsemble:
    return install(monkeypatch)


def options(**changes: Any) -> dict[str, Any]:
    return {"zookeeper_quorum": "zk1:2181", "cluster_id": "/t", "jobmanagers": JOBMANAGERS} | changes


def connect(**changes: Any) -> Cluster:
    return Cluster(Settings.from_options(options(**changes)))


@pytest.fixture
def cluster(ensemble: FakeEnsemble) -> Iterator[Cluster]:
    with connect() as one:
        yield one


# -- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"zookeeper_quorum": "zk1"}, "zookeeper_quorum 'zk1' cannot be read"),
        ({"cluster_id": " "}, "cluster_id '' is empty"),
        ({"cluster_id": "/"}, "cluster_id '/' is empty"),
        ({"request_timeout": 0}, "request_timeout must be more than 0 seconds, not 0"),
        ({"failover_timeout": -1}, "failover_timeout must be more than 0 seconds, not -1"),
        ({"zookeeper_password": "x"}, "zookeeper_password is given without zookeeper_username"),
    ],
)
def test_options_that_make_no_sense_are_named(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(FlinkError, match=sentence):
        Settings.from_options(options(**changes))


def test_no_secret_is_in_the_representation_of_the_settings() -> None:
    settings = Settings.from_options(
        options(zookeeper_username="u", zookeeper_password="s3cret", rest_password="s3cret", rest_token="s3cret")
    )
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in repr(settings.rest)
    assert (settings.rest.token, settings.zookeeper.password) == ("s3cret", "s3cret")


@pytest.mark.parametrize(
    ("changes", "root"),
    [
        ({}, "/flink/t"),
        ({"zookeeper_root": "/a/b/", "cluster_id": "c"}, "/a/b/c"),
        ({"zookeeper_root": "/", "cluster_id": "/c"}, "/c"),
    ],
)
def test_the_paths_are_those_of_flink(changes: dict[str, Any], root: str) -> None:
    with connect(**changes) as one:
        assert one.root == root
        assert one.path("leader", "latch") == f"{root}/leader/latch"


# -- leadership ------------------------------------------------------------------------------------------------------


def test_the_leader_is_read_in_one_round_trip(cluster: Cluster, ensemble: FakeEnsemble) -> None:
    ensemble.lead(JM1)
    assert cluster.leader().name == "jm1"
    assert cluster.round_trips() == {"rest": 0, "zookeeper": 2}


def test_the_leader_and_all_contenders_are_read_in_two_round_trips(cluster: Cluster, ensemble: FakeEnsemble) -> None:
    ensemble.lead(JM1, owner=0x100)
    ensemble.contend(12, owner=0x200)
    ensemble.contend(9, owner=0x100)
    seen = cluster.leadership()
    assert seen.error is None
    assert [(one.position, one.leading, one.name) for one in seen.contenders] == [(1, True, "jm1"), (2, False, None)]
    assert cluster.round_trips() == {"rest": 0, "zookeeper": 3}


@pytest.mark.parametrize(
    ("prepare", "kind"),
    [
        (lambda one: None, NoLeader),
        (lambda one: one.lead(JM1, components=("rest_server",)), NoLeader),
        (lambda one: (one.lead(JM1), one.lead(JM1, owner=0x200, components=("dispatcher",))), TwoLeaders),
        (lambda one: one.lead("http://elsewhere:8081"), ForeignLeader),
        (lambda one: one.add("/flink/t/leader/rest_server/connection_info", b"garbage"), FlinkError),
    ],
)
def test_what_is_wrong_with_the_leadership_is_told(
    cluster: Cluster, ensemble: FakeEnsemble, prepare: Any, kind: type[FlinkError]
) -> None:
    prepare(ensemble)
    with pytest.raises(kind):
        cluster.leader()
    seen = cluster.leadership()
    assert seen.leader is None
    assert isinstance(seen.error, kind)


def test_a_leader_is_waited_for(cluster: Cluster, ensemble: FakeEnsemble) -> None:
    ensemble.on_call = lambda one: one.lead(JM1) if len(one.calls) == 4 else None
    assert cluster.await_leader(Deadline(5)).url == JM1


def test_calls_go_to_the_leader_that_zookeeper_names(ensemble: FakeEnsemble) -> None:
    with Hostile([says({"slots-total": 4})]) as server, connect(jobmanagers=[]) as one:
        ensemble.lead(server.url)
        assert one.leader().url == server.url
        assert one.rest.get("/overview") == {"slots-total": 4}
        assert one.round_trips() == {"rest": 1, "zookeeper": 2}


# -- the failover time-out -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("session", ["10 s", "PT10S", "10000"])
def test_the_failover_timeout_follows_the_session_of_the_jobmanagers(session: str) -> None:
    config = [{"key": "high-availability.zookeeper.client.session-timeout", "value": session}]
    with closed_port() as port, Hostile([says(config)]) as server:
        jobmanagers = [{"name": "jm1", "url": f"http://127.0.0.1:{port}"}, {"name": "jm2", "url": server.url}]
        with connect(jobmanagers=jobmanagers) as one:
            assert (one.failover_timeout(), one.failover_timeout()) == (40.0, 40.0)
            assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("changes", "seconds"), [({"failover_timeout": 5.0}, 5.0), ({"jobmanagers": []}, 90.0), ({}, 90.0)]
)
def test_without_an_answer_the_longest_session_is_taken(changes: dict[str, Any], seconds: float) -> None:
    with closed_port() as port:
        jobmanagers = [{"name": "jm1", "url": f"http://127.0.0.1:{port}"}]
        with connect(**({"jobmanagers": jobmanagers} | changes)) as one:
            assert one.failover_timeout() == seconds


@pytest.mark.parametrize("answer", [{}, None, "x", [1, "x", {}], [{"value": "x"}]])
def test_an_answer_that_is_no_configuration_is_an_empty_one(answer: object) -> None:
    assert config_of(answer) == {}


# -- records ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def records(cluster: Cluster) -> Records:
    return cluster.records


@pytest.mark.parametrize("name", ["payments", "a/b", "..", "mit Umlaut ä und Leerzeichen", "50%"])
def test_a_record_is_kept_under_any_name(records: Records, ensemble: FakeEnsemble, name: str) -> None:
    assert records.read("jobs", name) is None
    assert records.write("jobs", name, {"digest": "1"}) == 0
    record = records.read("jobs", name)
    assert record is not None
    assert (record.content, record.version) == ({"digest": "1"}, 0)
    assert records.write("jobs", name, {"digest": "2"}, record.version) == 1
    assert records.names("jobs") == [name]
    assert all(path.startswith("/streamops/t/jobs/") for path in ensemble.nodes if path.count("/") > 3)
    assert records.remove("jobs", name) is True
    assert records.names("jobs") == []


def test_a_record_that_another_run_wrote_is_not_overwritten(records: Records) -> None:
    records.write("jobs", "a", {"by": "them"})
    with pytest.raises(NodeExists):
        records.write("jobs", "a", {"by": "us"})
    records.write("jobs", "a", {"by": "them"}, 0)
    with pytest.raises(BadVersion):
        records.write("jobs", "a", {"by": "us"}, 0)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_a_damaged_record_is_named(records: Records, ensemble: FakeEnsemble, data: bytes) -> None:
    ensemble.add("/streamops/t/jobs/a", data)
    with pytest.raises(FlinkError, match=r"^the record /streamops/t/jobs/a in ZooKeeper is damaged"):
        records.read("jobs", "a")


def test_one_run_at_a_time_works_on_a_name(records: Records, ensemble: FakeEnsemble) -> None:
    with records.lock("jobs", "a/b", "anna@host") as lock:
        lock.check()
        assert ensemble.locked_by == {"/streamops/t/locks/jobs/a%2Fb": "anna@host"}
        with (
            pytest.raises(ZooKeeperError, match="held by anna@host"),
            records.lock("jobs", "a/b", "otto", Deadline(0.1)),
        ):
            pytest.fail("the lock was given twice")
    assert ensemble.locked_by == {}


@pytest.mark.parametrize(
    "url",
    ["jm1:8081", "http://::1:8081", "http://[::1", "http://jm1:x", "http://jm1:99999", "ftp://jm1", "http://", ""],
)
def test_an_address_of_a_jobmanager_that_cannot_be_read_is_one_sentence(url: str) -> None:
    with pytest.raises(FlinkError) as refused:
        Settings.from_options(options(jobmanagers=[{"name": "jm1", "url": url}]))
    assert refused.value.message == (
        f"jobmanagers has the url {url!r} for jm1, which cannot be read: write it like http://jm1:8081 or"
        " http://[fd00::1]:8081"
    )


NAMES = [
    "a/b",
    "a%2Fb",
    "a.b",
    ".",
    "..",
    "%2E",
    "it's",
    'a "b"',
    "订单",
    "a b",
    " ",
    "{x}",
    "a\\b",
    "zookeeper",
    "é" * 200,
]


def test_every_name_of_a_job_has_a_record_and_a_lock_of_its_own(records: Records, ensemble: FakeEnsemble) -> None:
    paths = {name: records.path("jobs", name) for name in NAMES}
    assert len(set(paths.values())) == len(NAMES)
    locks = set()
    for name in NAMES:
        records.write("jobs", name, {"name": name})
        with records.lock("jobs", name, "anna@host"):
            locks |= set(ensemble.locked_by)
    assert sorted(records.names("jobs")) == sorted(NAMES)
    assert len(locks) == len(NAMES)
    for path in (*paths.values(), *locks):
        assert path.rpartition("/")[0] in {"/streamops/t/jobs", "/streamops/t/locks/jobs"}
        assert path.rpartition("/")[2] not in {"", ".", ".."}


def test_a_leader_that_is_none_yet_is_not_an_unexpected_error(cluster: Cluster) -> None:
    with pytest.raises(NotYet):
        cluster.leader()
