"""Declared jobs, with a controller or a leader that dies at every single call of every operation."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster, Settings
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec
from ansible_collections.streamops.flink.plugins.module_utils._health.sampler import declared_job
from ansible_collections.streamops.flink.plugins.module_utils._jobs import jars as _jars
from ansible_collections.streamops.flink.plugins.module_utils._jobs import start as _start
from ansible_collections.streamops.flink.plugins.module_utils._jobs.deploy import Deployer
from ansible_collections.streamops.flink.plugins.module_utils._jobs.plan import Action, Declared
from ansible_collections.streamops.flink.plugins.module_utils._jobs.records import KIND, JobRecord
from ansible_collections.streamops.flink.plugins.module_utils._jobs.run import Options, Result
from ansible_collections.streamops.flink.plugins.module_utils._jobs.spec import Spec
from ansible_collections.streamops.flink.plugins.module_utils._jobs.submit import GivenUp
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import (
    GATEWAY,
    Crash,
    FakeFlink,
    FakeJob,
    connection,
    error,
    install_flink,
    make_jar,
    not_found,
)

NAME = "count"


class World:
    """A cluster, a controller, and a job that is declared there."""

    def __init__(self, flink: FakeFlink, work: Path) -> None:
        self.flink = flink
        self.jar = make_jar(work / "job.jar")
        self.cache = work / "cache"
        self.options = Options(
            sql_gateways=(GATEWAY,),
            cache_dir=self.cache,
            jar=lambda: _jars.inspect(self.jar, "job.jar"),
            by="controller:1",
        )

    def cluster(self) -> Cluster:
        defaults = {key: option.get("default") for key, option in connection_argument_spec().items()}
        return Cluster(Settings.from_options(defaults | connection()))

    def spec(self, *arguments: str, parallelism: int | None = None) -> Spec:
        sha256 = hashlib.sha256(self.jar.read_bytes()).hexdigest()
        return Spec(kind="jar", artifact="job.jar", sha256=sha256, arguments=arguments, parallelism=parallelism)

    def sql(self, text: str, **changes: Any) -> Spec:
        return Spec(kind="sql", sql=f"CREATE TABLE t (x INT);\n{text}", **changes)

    def declared(self, spec: Spec | None = None, **changes: Any) -> Declared:
        return Declared(NAME, spec=spec if spec is not None else self.spec("one"), **changes)

    def apply(self, declared: Declared | None = None, *, check: bool = False, **options: Any) -> Result:
        with self.cluster() as cluster:
            deployer = Deployer(cluster, declared or self.declared(), replace(self.options, **options))
            return deployer.run(check_mode=check)

    def interrupted(self, declared: Declared, call: int, happens: str, **options: Any) -> bool:
        """Apply with something happening at a call; False when there was no such call any more."""
        self.flink.calls = 0
        self.flink.fault = (call, happens)
        try:
            self.apply(declared, **options)
        except Crash:
            pass
        except FlinkError:
            assert happens.startswith("leader") or self.flink.on_start or self.flink.after_start
        reached = self.flink.calls >= call
        self.flink.revive()
        return reached

    @property
    def record(self) -> JobRecord:
        with self.cluster() as cluster:
            found = cluster.records.read(KIND, NAME)
        return JobRecord.from_record(NAME, found.content) if found is not None else JobRecord(NAME)

    @property
    def alive(self) -> list[FakeJob]:
        return [job for job in self.flink.jobs.values() if job.alive]

    @property
    def running(self) -> FakeJob:
        (job,) = self.alive
        return job

    def savepoints_on_disk(self) -> set[str]:
        return {f"file:{path.parent}" for path in (self.flink.storage / "savepoints").rglob("_metadata")}

    def nothing_is_wrong(self, spec: Spec) -> None:
        """What must be true after an ordinary run."""
        job = self.running
        record = self.record
        assert record.current is not None
        assert record.current.job_id == job.job_id
        assert record.current.digest == spec.digest
        assert record.current.outcome == "verified"
        assert record.step is None
        if spec.kind == "jar":
            assert job.spec["arguments"] == list(spec.arguments)
        # Nothing that was ever written is ahead of the job: it was started from the newest state.
        assert job.value >= self.flink.furthest()
        assert self.savepoints_on_disk() <= {one.path for one in record.savepoints}
        assert self.flink.poisoned == []
        assert not self.flink.jars, "an upload was left behind"


@pytest.fixture
def scratch() -> Iterator[Path]:
    """Thousands of small files are made and removed here: in memory, where there is such a place."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as directory:
        yield Path(directory)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, scratch: Path) -> World:
    (scratch / "work").mkdir()
    return World(install_flink(monkeypatch, scratch / "storage"), scratch / "work")


# -- the ordinary ways -----------------------------------------------------------------------------------------------


def test_a_job_that_never_ran_is_submitted_and_verified(world: World) -> None:
    result = world.apply()
    assert result.plan.action is Action.SUBMIT
    assert result.changed
    assert result.checkpoint is not None
    world.nothing_is_wrong(world.spec("one"))
    assert world.running.name == NAME


def test_a_job_that_runs_as_declared_is_left_alone_in_four_round_trips(world: World) -> None:
    world.apply()
    before = list(world.flink.log)
    with world.cluster() as cluster:
        result = Deployer(cluster, world.declared(), world.options).run()
        trips = cluster.round_trips()
    assert result.plan.action is Action.NOTHING
    assert not result.changed
    assert world.flink.log[len(before) :] == ["GET /jobs/overview"]
    assert sum(trips.values()) <= 4


def test_a_changed_job_is_upgraded_through_a_savepoint(world: World) -> None:
    world.apply()
    value = world.running.value
    result = world.apply(world.declared(world.spec("two")))
    assert result.plan.action is Action.UPGRADE
    assert world.running.restored_from == result.savepoint_path
    assert world.running.value > value
    world.nothing_is_wrong(world.spec("two"))
    assert [one.outcome for one in world.record.history] == ["upgraded"]


def test_a_script_is_run_through_the_gateway_and_comments_are_no_change(world: World) -> None:
    world.apply(world.declared(world.sql("INSERT INTO t SELECT 1")))
    assert world.running.spec["sql"] == "INSERT INTO t SELECT 1"
    result = world.apply(world.declared(world.sql("-- a remark\nINSERT   INTO t\nSELECT 1;")))
    assert result.plan.action is Action.NOTHING
    assert not world.flink.sessions, "a session was left open"


def test_a_suspended_job_continues_from_its_savepoint(world: World) -> None:
    world.apply()
    suspended = world.apply(Declared(NAME, state="suspended"))
    assert suspended.changed
    assert not world.alive
    assert not world.apply(Declared(NAME, state="suspended")).changed
    result = world.apply()
    assert result.plan.action is Action.RESUME
    assert world.running.restored_from == suspended.savepoint_path
    world.nothing_is_wrong(world.spec("one"))


def test_a_job_that_was_cancelled_continues_from_its_retained_checkpoint(world: World) -> None:
    world.apply()
    assert world.apply(Declared(NAME, state="absent")).changed
    assert not world.alive
    assert not world.apply(Declared(NAME, state="absent")).changed
    assert world.apply().plan.action is Action.RESTART
    assert "/chk-1" in world.running.restored_from
    world.nothing_is_wrong(world.spec("one"))


@pytest.mark.parametrize("remembered", [True, False])
@pytest.mark.parametrize("state", ["FAILED", "CANCELED"])
def test_a_job_that_has_died_is_started_from_its_last_checkpoint(world: World, state: str, remembered: bool) -> None:
    world.apply()
    job = world.running
    for _number in range(4):
        world.flink.checkpoint(job)
    world.flink.end(job, state)
    if not remembered:
        world.flink.change_leader()
    result = world.apply()
    assert result.plan.action is Action.RESTART
    assert world.running.restored_from.endswith("/chk-5")
    world.nothing_is_wrong(world.spec("one"))


def test_a_job_that_has_finished_is_not_started_again(world: World) -> None:
    world.apply()
    world.flink.end(world.running, "FINISHED")
    result = world.apply()
    assert result.plan.action is Action.NOTHING
    assert result.plan.reason == "it has finished"


def test_a_last_state_upgrade_uses_the_newest_checkpoint(world: World) -> None:
    world.apply()
    world.flink.checkpoint(world.running)
    world.apply(world.declared(world.spec("two"), upgrade_mode="last_state"))
    assert world.running.restored_from.endswith("/chk-2")
    assert not world.savepoints_on_disk()
    world.nothing_is_wrong(world.spec("two"))


def test_a_stateless_upgrade_names_what_it_gives_up(world: World) -> None:
    world.apply()
    declared = world.declared(world.spec("two"), upgrade_mode="stateless", allow_state_loss=NAME)
    foreseen = world.apply(declared, check=True)
    assert "/chk-1" in foreseen.plan.loses
    world.apply(declared)
    assert world.running.restored_from == ""


def test_only_another_parallelism_is_a_rescale_where_the_scheduler_can(world: World) -> None:
    world.flink.adaptive = True
    world.apply(world.declared(world.spec("one", parallelism=1)))
    job_id = world.running.job_id
    result = world.apply(world.declared(world.spec("one", parallelism=3)))
    assert result.plan.action is Action.RESCALE
    assert (world.running.job_id, world.running.parallelism) == (job_id, 3)
    assert world.apply(world.declared(world.spec("one", parallelism=3))).plan.action is Action.NOTHING


def test_only_another_parallelism_is_an_upgrade_where_the_scheduler_cannot(world: World) -> None:
    world.apply(world.declared(world.spec("one", parallelism=1)))
    result = world.apply(world.declared(world.spec("one", parallelism=3)))
    assert result.plan.action is Action.UPGRADE
    assert world.running.parallelism == 3


def test_a_job_that_keeps_failing_is_upgraded_from_its_last_checkpoint(world: World) -> None:
    world.apply()
    world.running.state = "RESTARTING"
    result = world.apply(world.declared(world.spec("two")))
    assert "/chk-1" in world.running.restored_from
    assert any("last checkpoint" in warning for warning in result.warnings)
    world.nothing_is_wrong(world.spec("two"))


# -- what goes wrong -------------------------------------------------------------------------------------------------


def fail_in_a_loop(job: FakeJob) -> None:
    if "two" in job.spec.get("arguments", []):
        job.state = "RESTARTING"
        job.causes = [
            "java.lang.RuntimeException: wrapped\n\tat a.B\nCaused by: java.io.IOException: no disk\n\tat c.D"
        ] * 3


def fail_at_once(job: FakeJob) -> None:
    fail_in_a_loop(job)
    if job.causes:
        job.state = "FAILED"


def crash_between_checkpoints(world: World, *, terminal: bool) -> None:
    """Whenever it is looked at, its tasks run for a moment."""

    def fails(job: FakeJob) -> str:
        if "two" not in job.spec.get("arguments", []):
            return ""
        job.causes = [*job.causes, "java.io.IOException: no disk\n\tat c.D"]
        if terminal:
            world.flink.end(job, "FAILED")
            raise not_found(job.job_id)
        return "CheckpointException: Not all required tasks are currently running."

    world.flink.on_checkpoint = fails


@pytest.mark.parametrize(
    ("terminal", "said"), [(True, "failed while it was starting"), (False, "failed 3 times while")]
)
def test_a_job_that_never_comes_to_a_checkpoint_is_given_up_when_that_is_known(
    world: World, terminal: bool, said: str
) -> None:
    world.apply()
    crash_between_checkpoints(world, terminal=terminal)
    began = time.monotonic()
    with pytest.raises(FlinkError, match=rf"{said}.*IOException: no disk; what ran before runs again"):
        world.apply(world.declared(world.spec("two")), timeout=300.0)
    assert time.monotonic() - began < 60
    assert world.running.spec["arguments"] == ["one"]


def refuse_state(job: FakeJob) -> None:
    if "two" in job.spec.get("arguments", []):
        raise error(400, "java.lang.IllegalStateException: Failed to rollback to savepoint: no disk\n\tat x.Y")


@pytest.mark.parametrize("failure", [fail_in_a_loop, fail_at_once, refuse_state])
def test_a_failed_upgrade_goes_back_to_what_ran_before_from_the_same_savepoint(world: World, failure: Any) -> None:
    world.apply()
    world.flink.on_start = failure
    with pytest.raises(FlinkError, match="no disk") as caught:
        world.apply(world.declared(world.spec("two")))
    assert "what ran before runs again from" in caught.value.message
    assert caught.value.details["rolled_back"] is True
    assert caught.value.details["changed"] is True
    assert world.running.restored_from == caught.value.details["savepoint_path"]
    world.nothing_is_wrong(world.spec("one"))
    outcomes = [(one.reason, one.outcome) for one in world.record.history]
    assert outcomes == [("upgrade", "failed"), ("submit", "upgraded")]


def test_a_failed_upgrade_stays_where_it_is_without_rollback(world: World) -> None:
    world.apply()
    world.flink.on_start = fail_in_a_loop
    with pytest.raises(FlinkError, match="IOException: no disk") as caught:
        world.apply(world.declared(world.spec("two")), rollback=False)
    assert "savepoint" in str(caught.value.details["savepoint_path"])
    assert world.running.state == "RESTARTING"


def test_what_a_failed_start_leaves_behind_on_flink_23_is_moved_out_of_the_next_leaders_way(world: World) -> None:
    world.apply()
    world.flink.version = "2.3.0"
    store = world.flink.storage / "ha" / "job-result-store" / "t"
    store.mkdir(parents=True)

    def poison(job: FakeJob) -> None:
        if "two" in job.spec.get("arguments", []):
            (store / f"{job.job_id}_DIRTY.json").write_text('{"result": {}}')
            raise error(400, "java.lang.IllegalStateException: cannot map the state\n\tat x.Y")

    world.flink.on_start = poison
    with pytest.raises(FlinkError, match="cannot map the state; what ran before runs again"):
        world.apply(world.declared(world.spec("two")))
    assert list(store.iterdir()) == []
    assert len(list(store.with_name("t.quarantine").iterdir())) == 1


def test_a_job_that_fails_at_once_tells_its_root_cause(world: World) -> None:
    world.flink.on_start = fail_at_once
    with pytest.raises(FlinkError, match="failed while it was starting: IOException: no disk"):
        world.apply(world.declared(world.spec("two")))


def test_a_program_that_fails_to_plan_stops_nothing(world: World) -> None:
    world.apply()
    with pytest.raises(FlinkError, match="IllegalStateException: told to fail") as caught:
        world.apply(world.declared(world.spec("--fail")))
    assert caught.value.details["changed"] is False
    assert world.running.restored_from == ""


def test_a_script_that_the_planner_refuses_stops_nothing(world: World) -> None:
    world.apply(world.declared(world.sql("INSERT INTO t SELECT 1")))
    with pytest.raises(FlinkError, match=r"line 3 of the SQL script was refused: .*line 3, column 3") as caught:
        world.apply(world.declared(world.sql("INSERT INTO t\n  BROKEN")))
    assert caught.value.details["line"] == 3
    assert len(world.alive) == 1


@pytest.mark.parametrize("sql", [True, False])
def test_a_new_job_that_flink_refuses_is_not_reported_as_missing(world: World, sql: bool) -> None:
    refused = world.sql("INSERT INTO t\n  BROKEN") if sql else world.spec("--fail")
    for _twice in range(2):
        with pytest.raises(FlinkError, match=r"refused"):
            world.apply(world.declared(refused))
        record = world.record
        assert (record.state, record.current, record.history[0].outcome) == ("absent", None, "failed")
        assert record.is_settled
        assert declared_job(NAME, record.as_record()).state == "absent"
    assert world.apply(world.declared(state="absent")).changed is False
    good = world.sql("INSERT INTO t SELECT 1") if sql else world.spec("one")
    assert world.apply(world.declared(good)).changed is True
    world.nothing_is_wrong(good)


def fail_after_the_start(job: FakeJob) -> None:
    if "two" in json.dumps(job.spec):
        raise error(400, "java.lang.IllegalStateException: no second job\n\tat x.Y")


@pytest.mark.parametrize("sql", [True, False])
def test_what_a_new_job_leaves_that_fails_after_its_start_is_cancelled(world: World, sql: bool) -> None:
    world.flink.after_start = fail_after_the_start
    spec = world.sql("INSERT INTO two SELECT 1") if sql else world.spec("two")
    with pytest.raises(FlinkError, match="Flink refused to start the job count: IllegalStateException: no second job"):
        world.apply(world.declared(spec))
    assert [job.state for job in world.flink.jobs.values()] == ["CANCELED"]
    record = world.record
    assert (record.state, record.current, record.history[0].outcome) == ("absent", None, "failed")
    assert "no second job" in record.history[0].message
    assert record.is_settled
    assert world.apply(world.declared()).plan.action is Action.SUBMIT
    world.nothing_is_wrong(world.spec("one"))


@pytest.mark.parametrize("rollback", [True, False])
def test_an_upgrade_that_fails_after_its_start_goes_back(world: World, rollback: bool) -> None:
    world.apply()
    world.flink.after_start = fail_after_the_start
    with pytest.raises(FlinkError, match="no second job") as caught:
        world.apply(world.declared(world.spec("two")), rollback=rollback)
    assert bool(caught.value.details.get("rolled_back")) is rollback
    if not rollback:
        assert not world.alive
        world.apply()
    assert world.running.restored_from == caught.value.details["savepoint_path"]
    world.nothing_is_wrong(world.spec("one"))


@pytest.mark.parametrize("happens", ["crash before", "crash after"])
def test_what_a_refused_start_leaves_is_ended_by_the_next_run(world: World, scratch: Path, happens: str) -> None:
    operation = {"arguments": "two", "refused": True}
    for wanted in every_call(world, operation, happens, scratch / "snapshot"):
        known = world.record.current is not None and world.record.current.outcome == "refused"
        left = world.record.current.job_id if known and world.record.current else ""
        world.flink.after_start = None
        world.apply(Declared(NAME, spec=wanted))
        assert left != world.running.job_id
        assert world.record.is_settled


def test_a_new_job_that_may_come_yet_is_still_looked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_answer(*_arguments: Any) -> None:
        raise GivenUp("the job count could not be submitted in time")

    monkeypatch.setattr(_start, "submit", no_answer)
    with pytest.raises(FlinkError, match="in time"):
        world.apply()
    assert declared_job(NAME, world.record.as_record()).state == "running"


def test_a_job_that_has_run_and_is_refused_now_stays_missing(world: World) -> None:
    world.apply()
    world.flink.cancel(None, world.running.job_id)
    with pytest.raises(FlinkError, match="refused"):
        world.apply(world.declared(world.spec("--fail")))
    assert world.record.state == "running"


def test_a_savepoint_that_fails_stops_nothing_and_tells_why(world: World) -> None:
    world.apply()
    world.flink.on_savepoint = lambda _job: "no space left"
    with pytest.raises(FlinkError, match="CheckpointException: no space left; the job was not stopped"):
        world.apply(world.declared(world.spec("two")))
    assert world.running.spec["arguments"] == ["one"]
    assert world.record.step is None


def test_a_savepoint_that_fails_for_a_passing_reason_is_tried_again(world: World) -> None:
    world.apply()
    reasons = ["Checkpoint triggering task x is not being executed. Not all required tasks are currently running."]
    world.flink.on_savepoint = lambda _job: reasons.pop() if reasons else ""
    world.apply(world.declared(world.spec("two")))
    world.nothing_is_wrong(world.spec("two"))


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [("", "there is no such directory"), ("empty", "holds no file _metadata")],
)
def test_a_path_that_is_no_savepoint_never_reaches_flink(world: World, prepare: str, reason: str) -> None:
    path = world.flink.storage / "savepoints" / "nothing"
    if prepare:
        path.mkdir()
    with pytest.raises(FlinkError, match=reason):
        world.apply(world.declared(savepoint_path=f"file://{path}"))
    assert world.flink.poisoned == []
    assert not world.flink.jobs


def test_a_path_that_cannot_be_checked_never_reaches_flink(world: World) -> None:
    with pytest.raises(FlinkError, match="cannot read that storage"):
        world.apply(world.declared(savepoint_path="s3://bucket/savepoint-1"))
    assert not world.flink.jobs


def test_a_first_start_from_a_given_savepoint_is_restored_from_it(world: World) -> None:
    path = world.flink.write(world.flink.storage / "savepoints" / "given", FakeJob("x", "x", value=7))
    world.apply(world.declared(savepoint_path=path))
    assert world.running.value > 7


def test_a_job_goes_back_to_a_savepoint_only_with_its_name_and_keeps_its_state_until_it_runs(world: World) -> None:
    path = world.flink.write(world.flink.storage / "savepoints" / "given", FakeJob("x", "x", value=7))
    world.apply()
    with pytest.raises(FlinkError, match=r"would not be used, because the job has state of its own \(it runs\)"):
        world.apply(world.declared(savepoint_path=path))
    own = world.apply(Declared(NAME, state="suspended")).savepoint_path
    back = world.declared(world.spec("two"), savepoint_path=path, allow_state_loss=NAME)
    world.flink.on_start = refuse_state
    with pytest.raises(FlinkError, match="no disk"):
        world.apply(back)
    assert world.record.state_point is not None
    assert world.record.state_point.path == own
    world.flink.on_start = None
    assert world.apply(back).plan.loses == f"the state in {own}"
    assert world.running.restored_from == path
    assert world.apply(replace(back, allow_state_loss="")).plan.action is Action.NOTHING


@pytest.mark.parametrize("path", [True, False])
def test_a_stateless_upgrade_needs_the_name_and_uses_a_given_savepoint(world: World, path: bool) -> None:
    given = world.flink.write(world.flink.storage / "savepoints" / "given", FakeJob("x", "x", value=7)) if path else ""
    world.apply()
    declared = world.declared(world.spec("two"), upgrade_mode="stateless", savepoint_path=given)
    with pytest.raises(FlinkError, match=r"would give up the state in .*: add allow_state_loss: count"):
        world.apply(declared)
    assert world.running.spec["arguments"] == ["one"]
    world.apply(replace(declared, allow_state_loss=NAME))
    assert world.running.restored_from == given


def test_state_that_is_lost_is_named_and_nothing_is_started_empty(world: World) -> None:
    world.apply()
    job = world.running
    world.flink.retain = False
    world.flink.cancel(None, job.job_id)
    world.flink.change_leader()
    with pytest.raises(FlinkError, match=r"it had state that would be lost: its checkpoints .*upgrade_mode: stateless"):
        world.apply()
    assert not world.alive
    world.apply(world.declared(upgrade_mode="stateless", allow_state_loss=NAME))
    assert world.running.restored_from == ""


def test_checkpoints_that_flink_would_delete_are_no_state_to_upgrade_from(world: World) -> None:
    world.apply()
    world.flink.retain = False
    with pytest.raises(FlinkError, match="Flink would delete its checkpoints"):
        world.apply(world.declared(world.spec("two"), upgrade_mode="last_state"))
    assert world.running.spec["arguments"] == ["one"]


def test_a_namesake_that_was_started_otherwise_is_not_doubled(world: World) -> None:
    world.flink.start("a" * 32, NAME, {}, "", 1)
    with pytest.raises(FlinkError, match="runs already, and it was not deployed by this collection"):
        world.apply()
    assert len(world.alive) == 1


def test_an_unknown_option_of_the_job_is_refused_before_anything_is_stopped(world: World) -> None:
    world.apply()
    wrong = replace(world.spec("two"), configuration={"execution.checkpointing.intervall": "5 s"})
    with pytest.raises(FlinkError, match=r"did you mean execution\.checkpointing\.interval"):
        world.apply(world.declared(wrong))
    assert world.running.spec["arguments"] == ["one"]


def test_a_lock_that_another_controller_holds_is_told(world: World) -> None:
    world.flink.ensemble.locked_by["/streamops/t/locks/jobs/count"] = "other:7"
    with pytest.raises(FlinkError, match="held by other:7"):
        world.apply()
    assert not world.flink.jobs


def test_a_submission_that_came_too_late_is_ended(world: World) -> None:
    world.apply()
    record = world.record
    world.flink.start("b" * 32, NAME, {}, "", 1)
    with world.cluster() as cluster:
        cluster.records.write(KIND, NAME, replace(record, strays={"b" * 32: "now"}).as_record(), -1)
    result = world.apply()
    assert result.changed
    assert len(world.alive) == 1
    assert world.record.strays == {}


@pytest.mark.parametrize("mode", ["savepoint", "last_state", "stateless"])
def test_nothing_is_started_before_the_ha_store_has_forgotten_what_ran_before(world: World, mode: str) -> None:
    world.flink.lag = 60
    world.apply()
    # The cluster itself checks it: a start while a node of the old job is left is an assertion there.
    world.apply(world.declared(world.spec("two"), upgrade_mode=mode, allow_state_loss=NAME))
    world.nothing_is_wrong(world.spec("two"))


@pytest.mark.parametrize("lag", [10, 30, 60])
def test_an_empty_list_just_after_an_election_is_no_missing_job(world: World, lag: int) -> None:
    world.apply()
    job_id = world.running.job_id
    world.flink.lag = lag
    world.flink.change_leader()
    result = world.apply()
    assert result.plan.action is Action.NOTHING
    assert world.running.job_id == job_id


def crash_of_the_controller(world: World) -> Any:
    def crash(_job: FakeJob) -> None:
        world.flink.dead = True

    return crash


@pytest.mark.parametrize("waits", [True, False])
def test_a_job_that_makes_no_checkpoints_by_itself_is_started_and_told(world: World, waits: bool) -> None:
    world.flink.periodic = False
    (warning,) = world.apply(wait_for_checkpoint=waits).warnings
    assert warning.startswith("the job count makes no checkpoints by itself: ")
    assert world.running.state == "RUNNING"
    assert not world.apply().warnings


@pytest.mark.parametrize("controller_dies", [False, True])
def test_a_job_that_comes_back_from_before_the_savepoint_of_its_stop_is_ended(
    world: World, controller_dies: bool
) -> None:
    world.apply()
    first = world.running
    world.flink.on_undone = crash_of_the_controller(world) if controller_dies else lambda _job: None
    declared = world.declared(world.spec("two"))
    if controller_dies:
        with pytest.raises(Crash):
            world.apply(declared)
        world.flink.revive()
    result = world.apply(declared)
    (path,) = world.savepoints_on_disk()
    assert world.running.restored_from == path
    assert first.state == "CANCELED"
    assert "was ended before it committed anything" in " ".join(result.settled)
    assert not result.warnings
    world.nothing_is_wrong(world.spec("two"))


@pytest.mark.parametrize("controller_dies", [False, True])
def test_a_job_that_came_back_and_has_committed_since_is_told(world: World, controller_dies: bool) -> None:
    world.apply()

    def commits(job: FakeJob) -> None:
        world.flink.checkpoint(job)
        world.flink.dead = controller_dies

    world.flink.on_undone = commits
    declared = world.declared(world.spec("two"))
    if controller_dies:
        with pytest.raises(Crash):
            world.apply(declared)
        world.flink.revive()
    result = world.apply(declared)
    assert "may be in its output twice" in " ".join(result.warnings)
    # What it has committed since is in no other state than its own.
    assert len(world.savepoints_on_disk()) == 2
    world.nothing_is_wrong(world.spec("two"))


def test_the_jar_of_before_is_kept_for_the_way_back(world: World) -> None:
    world.apply()
    first = world.spec("one")
    world.jar = make_jar(world.jar, "another")
    world.flink.on_start = fail_in_a_loop
    with pytest.raises(FlinkError, match="what ran before runs again"):
        world.apply(world.declared(world.spec("two")))
    assert _jars.kept_jar(world.cache, first.sha256).is_file()
    world.nothing_is_wrong(first)


# -- check mode ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "action"),
    [
        ({}, "nothing"),
        ({"arguments": "two"}, "upgrade from savepoint"),
        ({"arguments": "two", "upgrade_mode": "last_state"}, "upgrade from last state"),
        ({"arguments": "two", "upgrade_mode": "stateless", "allow_state_loss": NAME}, "cancel and start without state"),
        ({"state": "suspended"}, "suspend"),
        ({"state": "absent"}, "cancel"),
    ],
)
def test_check_mode_tells_what_would_be_done_and_does_nothing(
    world: World, changes: dict[str, str], action: str
) -> None:
    world.apply()
    jobs = {job.job_id: job.value for job in world.flink.jobs.values()}
    record = world.record
    arguments = changes.pop("arguments", "one")
    result = world.apply(world.declared(world.spec(arguments), **changes), check=True)
    assert result.plan.text == action
    assert result.changed is (action != "nothing")
    assert {job.job_id: job.value for job in world.flink.jobs.values()} == jobs
    assert world.record == record


def test_check_mode_plans_a_script_without_running_it(world: World) -> None:
    with pytest.raises(FlinkError, match="line 2 of the SQL script was refused"):
        world.apply(world.declared(world.sql("INSERT INTO BROKEN SELECT 1")), check=True)
    world.apply(world.declared(world.sql("INSERT INTO t SELECT 1")), check=True)
    assert not world.flink.jobs
    assert not world.flink.sessions


# -- death at every call ---------------------------------------------------------------------------------------------

# Each operation begins with a running job "one" and declares something; afterwards "two" or "one" is declared.
OPERATIONS: dict[str, dict[str, Any]] = {
    "submit": {"fresh": True},
    "submit a script": {"fresh": True, "sql": True},
    "upgrade": {"arguments": "two"},
    "upgrade a script": {"sql": True, "arguments": "two"},
    "upgrade from the last state": {"arguments": "two", "upgrade_mode": "last_state"},
    "fail to upgrade": {"arguments": "two", "fails": True},
    "fail after the start": {"arguments": "two", "refused": True},
    "suspend": {"state": "suspended"},
    "cancel": {"state": "absent"},
    "resume": {"before": "suspended"},
    "restart": {"before": "dead"},
    "rescale": {"adaptive": True, "parallelism": 3},
}
CALLS = range(1, 400)


def prepared(world: World, operation: dict[str, Any]) -> tuple[Declared, Spec]:
    """The world before an operation, the declaration of it, and what is declared after it."""

    def spec(argument: str, parallelism: int | None = None) -> Spec:
        if operation.get("sql"):
            return world.sql(f"INSERT INTO {argument} SELECT 1")
        return world.spec(argument, parallelism=parallelism)

    world.flink.adaptive = operation.get("adaptive", False)
    if not operation.get("fresh"):
        world.apply(world.declared(spec("one", 1)))
    if operation.get("before") == "suspended":
        world.apply(Declared(NAME, state="suspended"))
    elif operation.get("before") == "dead":
        world.flink.end(world.running, "FAILED")
    wanted = spec(operation.get("arguments", "one"), operation.get("parallelism", 1))
    mode = operation.get("upgrade_mode", "savepoint")
    return Declared(NAME, operation.get("state", "running"), wanted, mode), wanted


def every_call(world: World, operation: dict[str, Any], happens: str, directory: Path) -> Iterator[Spec]:
    """The world after each way of being interrupted, one call after the other."""
    declared, wanted = prepared(world, operation)
    start = snapshot(world, directory)
    for call in CALLS:
        start()
        world.flink.on_start = fail_in_a_loop if operation.get("fails") else None
        world.flink.after_start = fail_after_the_start if operation.get("refused") else None
        if not world.interrupted(declared, call, happens):
            return
        yield wanted
    raise AssertionError("an operation without an end")


def snapshot(world: World, directory: Path) -> Any:
    """Remember the whole world; the returned function brings it back."""
    flink = world.flink
    flink.revive()
    shutil.copytree(flink.storage, directory)
    kept = copy.deepcopy(
        (flink.jobs, flink.triggers, flink.jars, flink.sessions, flink.ensemble.nodes, flink.answers, flink.poisoned)
    )

    def back() -> None:
        shutil.rmtree(flink.storage)
        shutil.copytree(directory, flink.storage)
        jobs, triggers, jars, sessions, nodes, answers, poisoned = copy.deepcopy(kept)
        flink.jobs, flink.triggers, flink.jars, flink.sessions = jobs, triggers, jars, sessions
        flink.ensemble.nodes, flink.answers, flink.poisoned = nodes, answers, poisoned
        flink.later.clear()
        flink.hidden.clear()

    return back


@pytest.mark.parametrize("happens", ["crash before", "crash after", "leader before", "leader after"])
@pytest.mark.parametrize("name", list(OPERATIONS))
def test_one_more_ordinary_run_puts_everything_right(world: World, scratch: Path, name: str, happens: str) -> None:
    rounds = 0
    for wanted in every_call(world, OPERATIONS[name], happens, scratch / "snapshot"):
        # What made jobs fail is repaired.
        world.flink.on_start = world.flink.after_start = None
        for job in world.alive:
            job.state, job.causes = "RUNNING", []
        # What a dead controller has uploaded stays until its JobManager ends.
        if happens.startswith("crash"):
            world.flink.jars.clear()
        world.apply(Declared(NAME, spec=wanted))
        world.nothing_is_wrong(wanted)
        assert world.apply(Declared(NAME, spec=wanted)).plan.action is Action.NOTHING
        rounds += 1
    assert rounds > 3
