"""Samples of real answers: what ZooKeeper and each version of Flink say, put together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import RestError, Unreachable
from ansible_collections.streamops.flink.plugins.module_utils._cluster import rest as _rest
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster, Settings
from ansible_collections.streamops.flink.plugins.module_utils._cluster.rest import Call
from ansible_collections.streamops.flink.plugins.module_utils._health import model as _model
from ansible_collections.streamops.flink.plugins.module_utils._health.model import Limits
from ansible_collections.streamops.flink.plugins.module_utils._health.sampler import Sampler
from ansible_collections.streamops.flink.plugins.module_utils._health.verdict import judge
from ansible_collections.streamops.flink.tests.unit.plugins.fakes import FakeEnsemble, install

FIXTURES = Path(__file__).parents[3] / "fixtures" / "rest"
VERSIONS = sorted(path.name for path in FIXTURES.iterdir() if (path / "job.json").is_file())
CHAIN = "Source__src.numRecordsOut"


def recorded(version: str, name: str) -> Any:
    return json.loads((FIXTURES / version / f"{name}.json").read_text())["body"]


class JobManager:
    """Answers with what was recorded; what a test needs otherwise is in `other`."""

    def __init__(self, version: str, ensemble: FakeEnsemble) -> None:
        self.asked: list[str] = []
        self.other: dict[str, Any] = {}
        self.job = recorded(version, "job")
        self.job_id = self.job["jid"]
        self.ensemble = ensemble
        self._plain = {
            "/overview": recorded(version, "overview"),
            "/jobmanager/config": recorded(version, "jobmanager_config"),
            "/jobs/overview": {"jobs": [self.listed()]},
            f"/jobs/{self.job_id}": self.job,
            f"/jobs/{self.job_id}/checkpoints": recorded(version, "job_checkpoints"),
            f"/jobs/{self.job_id}/checkpoints/config": recorded(version, "job_checkpoints_config"),
            f"/jobs/{self.job_id}/metrics": recorded(version, "job_metrics"),
            f"/jobs/{self.job_id}/exceptions": recorded(version, "job_exceptions"),
        }

    def listed(self) -> dict[str, Any]:
        total = sum(vertex["parallelism"] for vertex in self.job["vertices"])
        tasks = {"total": total, "running": total}
        return {"jid": self.job_id, "name": self.job["name"], "state": "RUNNING", "start-time": 1, "tasks": tasks}

    def checkpoint(self, number: int) -> None:
        self.ensemble.add(f"/flink/t/jobs/{self.job_id}/checkpoints/{number:019d}", b"")

    def call(self, one: Call) -> Any:
        self.asked.append(one.path)
        path = one.path
        if path in self.other:
            answer = self.other[path]
            if isinstance(answer, Exception):
                raise answer
            return answer
        if path in self._plain:
            return self._plain[path]
        if path.endswith("/subtasks/metrics"):
            return [{"id": CHAIN, "sum": 7.0}] if one.params else [{"id": CHAIN}, {"id": "busyTimeMsPerSecond"}]
        vertex = next(vertex for vertex in self.job["vertices"] if path.endswith(vertex["id"]))
        subtask = {"subtask": 0, "taskmanager-id": "tm1", "metrics": vertex["metrics"]}
        return {"id": vertex["id"], "subtasks": [subtask] * vertex["parallelism"]}


@pytest.fixture(params=VERSIONS)
def manager(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> JobManager:
    ensemble = install(monkeypatch)
    ensemble.lead("http://jm1:8081")
    one = JobManager(request.param, ensemble)
    one.checkpoint(1)
    monkeypatch.setattr(_rest.Endpoint, "call", lambda _endpoint, call, _deadline=None: one.call(call))
    return one


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sampler(manager: JobManager, clock: Clock) -> Sampler:
    settings = {"zookeeper_quorum": "zk1:2181", "cluster_id": "/t"}
    return Sampler(Cluster(Settings.from_options(settings)), Limits(), clock=clock)


def test_a_sample_holds_what_a_verdict_needs(manager: JobManager, sampler: Sampler) -> None:
    sample = sampler.take()
    assert sample.trouble == ""
    (job,) = sample.jobs.values()
    assert (job.name, job.all_running, job.checkpoints_enabled) == (manager.job["name"], True, True)
    assert job.interval in {2.0, 5.0}
    assert job.restarts is not None
    assert job.checkpoint is not None
    assert sample.slots == 4
    report = judge([sample], Limits(), 4)
    assert report.cluster.verdict == _model.HEALTHY
    assert report.jobs[0].verdict in {_model.HEALTHY, _model.CHECKPOINT_STALLED}


def test_a_job_whose_checkpoints_come_is_asked_for_details_once_a_minute(
    manager: JobManager, sampler: Sampler, clock: Clock
) -> None:
    manager.other[f"/jobs/{manager.job_id}/checkpoints"] = fresh(manager)
    asked = []
    for number in range(2, 14):
        manager.checkpoint(number)
        manager.asked.clear()
        (job,) = sampler.take().jobs.values()
        assert job.checkpoint == max(number, job.checkpoint or 0)
        asked.append(f"/jobs/{manager.job_id}" in manager.asked)
        clock.now += 5
    assert asked[0] is True
    assert sum(asked[1:]) <= 2


def fresh(manager: JobManager) -> dict[str, Any]:
    now = manager.job["now"]
    latest = {
        "id": 1,
        "latest_ack_timestamp": now - 1000,
        "trigger_timestamp": now - 2000,
        "external_path": "file:/x/chk-1",
    }
    return {"counts": {"completed": 1, "in_progress": 1}, "latest": {"completed": latest}, "history": []}


def test_a_job_in_doubt_is_looked_at_down_to_its_subtasks_and_its_operators(
    manager: JobManager, sampler: Sampler, clock: Clock
) -> None:
    manager.other[f"/jobs/{manager.job_id}/checkpoints"] = fresh(manager)
    sampler.take()
    clock.now += 200
    manager.job["now"] += 200_000
    (job,) = sampler.take().jobs.values()
    assert job.units is not None
    # The recorded counters are those of a first question: nought, so that the operators are counted.
    assert {unit.records for unit in job.units} == {7.0}
    assert {unit.taskmanager for unit in job.units} == {"tm1"}
    assert job.stalled is not None
    assert job.stalled > 190


def test_a_checkpoint_from_before_the_job_ran_again_proves_nothing(
    manager: JobManager, sampler: Sampler, clock: Clock
) -> None:
    manager.other[f"/jobs/{manager.job_id}/checkpoints"] = fresh(manager)
    assert [job.proven for job in sampler.take().jobs.values()] == [True]
    clock.now += 60
    manager.job["now"] += 60_000
    manager.job["timestamps"]["RUNNING"] = manager.job["now"] - 500
    assert [job.proven for job in sampler.take().jobs.values()] == [False]
    clock.now += 5
    manager.checkpoint(1 << 30)
    assert [job.proven for job in sampler.take().jobs.values()] == [True]


def test_records_tell_which_jobs_are_declared_and_who_works_on_them(manager: JobManager, sampler: Sampler) -> None:
    record = {
        "format": 1,
        "name": "a/b",
        "state": "running",
        "current": {"job_id": manager.job_id, "outcome": "verified"},
    }
    manager.ensemble.add("/streamops/t/jobs/a%2Fb", json.dumps(record).encode())
    assert sampler.take().declared["a/b"].free is True
    manager.ensemble.add("/streamops/t/locks/jobs/a%2Fb/lock-1", b"")
    assert sampler.take().declared["a/b"].free is False


def test_a_damaged_record_delays_nothing(manager: JobManager, sampler: Sampler) -> None:
    manager.ensemble.add("/streamops/t/jobs/x", b"{")
    sample = sampler.take()
    assert (sample.declared, sample.trouble) == ({}, "")


def test_a_job_that_only_the_store_has_is_not_listed(manager: JobManager, sampler: Sampler) -> None:
    manager.ensemble.add(f"/flink/t/jobgraphs/{'b' * 32}", b"")
    assert sampler.take().jobs["b" * 32].listed is False


@pytest.mark.parametrize(
    "answer", [RestError("none", status=404, errors=["disabled"]), {"interval": 9223372036854775807}]
)
def test_a_job_without_checkpoints_is_one(manager: JobManager, sampler: Sampler, answer: Any) -> None:
    manager.other[f"/jobs/{manager.job_id}/checkpoints/config"] = answer
    (job,) = sampler.take().jobs.values()
    # The largest number that there is would make a window without an end.
    assert (job.checkpoints_enabled, job.interval) == (False, 0.0)


def test_a_leader_that_does_not_answer_is_trouble_and_no_end(manager: JobManager, sampler: Sampler) -> None:
    manager.other["/overview"] = Unreachable("cannot reach http://jm1:8081", url="")
    sample = sampler.take()
    assert (sample.leader, sample.trouble) == (
        "",
        "the leading JobManager does not answer: cannot reach http://jm1:8081",
    )
