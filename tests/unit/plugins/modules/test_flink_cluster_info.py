"""flink_cluster_info: recorded answers in, a tidy picture out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._cluster.drift import find_drift, masked, must_agree
from ansible_collections.streamops.flink.plugins.module_utils._cluster.overview import (
    jobs_of,
    missing,
    slots_of,
    taskmanagers_of,
)
from ansible_collections.streamops.flink.plugins.modules import flink_cluster_info
from ansible_collections.streamops.flink.tests.unit.plugins.fakes import FakeEnsemble, install
from ansible_collections.streamops.flink.tests.unit.plugins.hostile import Behaviour, Hostile, closed_port, says
from hypothesis import given
from hypothesis import strategies as st

RECORDED = Path(__file__).parents[2] / "fixtures" / "rest"
VERSIONS = sorted(path.name for path in RECORDED.iterdir())

Run = Callable[..., dict[str, Any]]


def recorded(name: str, version: str = "1.20.5") -> Any:
    return json.loads((RECORDED / version / f"{name}.json").read_text(encoding="utf-8"))["body"]


def answers(version: str = "1.20.5") -> dict[str, Any]:
    return {
        "/overview": recorded("overview", version),
        "/taskmanagers": recorded("taskmanagers", version),
        "/jobmanager/config": recorded("jobmanager_config", version),
    }


class JobManager(Hostile):
    """Answers each path with what was recorded, unless a test says otherwise."""

    def __init__(self, version: str = "1.20.5") -> None:
        super().__init__([self.answer])
        self.answers = answers(version)

    def answer(self, *arguments: Any) -> None:
        path = self.requests[-1].path
        answer: Behaviour = self.answers[path] if callable(self.answers[path]) else says(self.answers[path])
        answer(*arguments)


@pytest.fixture
def jobmanager() -> Iterator[JobManager]:
    with JobManager() as one:
        yield one


@pytest.fixture
def run(run_module: Run, jobmanager: JobManager, monkeypatch: pytest.MonkeyPatch) -> Run:
    ensemble: FakeEnsemble = install(monkeypatch)
    ensemble.lead(jobmanager.url, owner=0x100)
    ensemble.contend(1, owner=0x100)
    connection = {
        "zookeeper_quorum": "zk1:2181",
        "cluster_id": "/t",
        "jobmanagers": [{"name": "jm1", "url": jobmanager.url}],
        "request_timeout": 2,
        "failover_timeout": 1,
    }
    return lambda **arguments: run_module(flink_cluster_info.main, **{**connection, **arguments})


@pytest.mark.parametrize("check", [False, True])
def test_the_cluster_is_described(run: Run, jobmanager: JobManager, check: bool) -> None:
    result = run(check=check)
    assert result["changed"] is False
    assert result["version"] == "1.20.5"
    assert result["leader"]["name"] == "jm1"
    assert result["slots"] == {"total": 4, "available": recorded("overview")["slots-available"]}
    assert set(result["jobs"]) == {"running", "finished", "cancelled", "failed"}
    (taskmanager,) = result["taskmanagers"]
    assert taskmanager.pop("heartbeat_age") > 0
    assert taskmanager == {
        "resource_id": "tm1",
        "name": "tm1",
        "address": "127.0.0.1:6122",
        "data_port": 6121,
        "slots_total": 4,
        "slots_available": recorded("taskmanagers")["taskmanagers"][0]["freeSlots"],
        "process_memory": 1073741824,
    }
    assert result["jobmanagers"] == [
        {"name": "jm1", "url": jobmanager.url, "reachable": True, "leading": True, "error": ""}
    ]
    assert result["drift"] == {}
    assert result["missing_taskmanagers"] == []
    assert result["round_trips"] == {"rest": 3, "zookeeper": 3}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_version_is_understood(version: str) -> None:
    found = answers(version)
    (taskmanager,) = taskmanagers_of(found["/taskmanagers"], {}, 2e9)
    assert taskmanager["slots_total"] == slots_of(found["/overview"])["total"]
    assert set(jobs_of(found["/overview"])) == {"running", "finished", "cancelled", "failed"}


def test_jobmanagers_that_disagree_or_are_away_are_told(run: Run, jobmanager: JobManager) -> None:
    with JobManager() as other, closed_port() as port:
        config = [one for one in other.answers["/jobmanager/config"] if one["key"] != "state.checkpoints.dir"]
        config.append({"key": "high-availability.zookeeper.client.authorization.digest", "value": "flink:s3cret"})
        config.append({"key": "rest.port", "value": "1"})
        other.answers["/jobmanager/config"] = config
        result = run(
            jobmanagers=[
                {"name": "jm1", "url": jobmanager.url},
                {"name": "jm2", "url": other.url},
                {"name": "jm3", "url": f"http://127.0.0.1:{port}"},
            ]
        )
    assert result["drift"] == {
        "high-availability.zookeeper.client.authorization.digest": {"jm1": None, "jm2": "********"},
        "state.checkpoints.dir": {"jm1": "file:///opt/flink/ck", "jm2": None},
    }
    away = result["jobmanagers"][2]
    assert (away["name"], away["reachable"], away["leading"]) == ("jm3", False, False)
    assert away["error"].endswith("/jobmanager/config: connection refused")


def test_the_configuration_is_returned_on_request_without_secrets(run: Run, jobmanager: JobManager) -> None:
    jobmanager.answers["/jobmanager/config"].append({"key": "s3.secret-key", "value": "s3cret"})
    result = run(configuration=True)
    configuration = result["jobmanagers"][0]["configuration"]
    assert configuration["high-availability.cluster-id"] == "/t"
    assert configuration["s3.secret-key"] == "********"


def test_names_come_from_the_inventory(run: Run) -> None:
    result = run(taskmanager_names={"tm1": "worker-1", "tm2": "worker-2"})
    assert result["taskmanagers"][0]["name"] == "worker-1"
    assert result["missing_taskmanagers"] == ["worker-2"]
    assert run(taskmanager_names={"tm2": "worker-2"})["taskmanagers"][0]["name"] is None


def test_taskmanagers_and_slots_are_waited_for(run: Run, jobmanager: JobManager) -> None:
    later, count = dict(recorded("overview"), **{"slots-total": 8}), {"looks": 0}

    def overview(*arguments: Any) -> None:
        count["looks"] += 1
        says(later if count["looks"] > 2 else recorded("overview"))(*arguments)

    jobmanager.answers["/overview"] = overview
    assert run(taskmanagers=1, slots=8, timeout=30)["slots"]["total"] == 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"slots": 8}, "4 of 8 slots are registered"),
        (
            {"taskmanagers": 2, "slots": 8, "timeout": 0.1, "taskmanager_names": {"tm1": "tm1", "tm2": "tm2"}},
            (
                "the registration of 2 TaskManagers and the registration of 8 slots did not happen within 0.1 s;"
                " last seen: 1 of 2 TaskManagers and 4 of 8 slots are registered; missing: tm2"
            ),
        ),
    ],
)
def test_what_does_not_come_is_one_sentence(run: Run, arguments: dict[str, Any], message: str) -> None:
    result = run(**arguments)
    assert (result["failed"], result["msg"]) == (True, message)


@pytest.mark.parametrize(
    ("path", "answer", "message"),
    [
        ("/overview", {}, "the leader's answer to /overview has no number 'slots-total': is that a Flink JobManager?"),
        ("/overview", [], "the leader's answer to /overview has no number 'slots-total': is that a Flink JobManager?"),
        (
            "/taskmanagers",
            {},
            "the leader's answer to /taskmanagers has no list of TaskManagers: is that a Flink JobManager?",
        ),
        (
            "/taskmanagers",
            {"taskmanagers": [{}]},
            "the leader's answer to /taskmanagers has no number 'timeSinceLastHeartbeat': is that a Flink JobManager?",
        ),
    ],
)
def test_an_answer_that_is_not_flinks_is_one_sentence(
    run: Run, jobmanager: JobManager, path: str, answer: Any, message: str
) -> None:
    jobmanager.answers[path] = answer
    result = run()
    assert (result["failed"], result["msg"]) == (True, message)


def test_a_leader_that_does_not_answer_is_one_sentence(run: Run, jobmanager: JobManager) -> None:
    jobmanager.answers["/overview"] = says("<html>Sign in</html>")
    message = run()["msg"]
    assert message == (
        f"GET {jobmanager.url}/overview answered 200 OK with HTML instead of JSON (<html>Sign in</html>):"
        " is this the REST port of a Flink JobManager?"
    )


def test_a_cluster_without_a_leader_is_one_sentence(run: Run) -> None:
    result = run(cluster_id="/other", failover_timeout=0.2)
    assert result["msg"] == (
        "the election of a leader did not happen within 0.2 s; last seen:"
        " no JobManager leads: /flink/other/leader has no connection_info of the rest_server"
    )


# -- pure parts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "agrees"),
    [
        ("high-availability.storageDir", True),
        ("high-availability.type", True),
        ("high-availability", True),
        ("high-availability.jobmanager.port", False),
        ("execution.checkpointing.interval", True),
        ("state.savepoints.dir", True),
        ("security.ssl.rest.enabled", True),
        ("security.ssl.rest.keystore", False),
        ("rest.address", False),
        ("jobmanager.rpc.address", False),
        ("io.tmp.dirs", False),
        ("env.pid.dir", False),
    ],
)
def test_only_what_names_the_node_may_differ(key: str, agrees: bool) -> None:
    assert must_agree(key) is agrees


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("high-availability.zookeeper.client.authorization", "digest:a:b", "********"),
        ("s3.access-key", "AKIA", "********"),
        ("security.ssl.rest.keystore-password", "x", "********"),
        ("state.savepoints.dir", "s3://anna:pw@bucket/x", "s3://***@bucket/x"),
        ("parallelism.default", "4", "4"),
    ],
)
def test_secrets_are_masked(key: str, value: str, shown: str) -> None:
    assert masked(key, value) == shown


def test_drift_names_every_jobmanager() -> None:
    both = {"state.backend.type": "rocksdb", "rest.port": "1"}
    assert find_drift({"a": both, "b": both | {"rest.port": "2"}}) == {}
    assert find_drift({"a": both, "b": {}}) == {"state.backend.type": {"a": "rocksdb", "b": None}}
    assert find_drift({}) == {}


def test_missing_taskmanagers_are_named() -> None:
    assert missing({"1": "one", "2": "two"}, [{"resource_id": "1"}]) == ["two"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["taskmanagers", "id", "path"]), inner),
    max_leaves=8,
)


@given(JSON)
def test_any_json_is_taskmanagers_or_an_expected_error(answer: Any) -> None:
    try:
        found = taskmanagers_of(answer, {}, 0.0)
    except FlinkError as error:
        message = error.message
    else:
        assert found == []
        return
    assert "is that a Flink JobManager?" in message
