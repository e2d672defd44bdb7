"""flink_upgrade: killed anywhere, it goes on, and each job runs once with its state."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._cluster import ownership as _cluster_id
from ansible_collections.streamops.flink.plugins.modules import flink_cluster_id, flink_upgrade
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import (
    Crash,
    FakeFlink,
    FakeJob,
    connection,
    install_flink,
    not_found,
)

SQL = "INSERT INTO t SELECT 1;"
OLD, NEW = "1.20.5", "2.2.1"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def upgrade(run_module: Run, flink: FakeFlink) -> Run:
    def call(phase: str, **arguments: Any) -> dict[str, Any]:
        return run_module(flink_upgrade.main, **{**connection(), "phase": phase, "window": 1.0, **arguments})

    return call


@pytest.fixture
def prepared(upgrade: Run) -> Callable[[], dict[str, Any]]:
    return lambda: upgrade("prepared", version=NEW, sql_state_allowed=True)


def forward(flink: FakeFlink, upgrade: Run, prepared: Callable[[], dict[str, Any]], deploy: Run) -> dict[str, Any]:
    """What the playbook does; swapping the processes is to say another version."""
    steps: list[Callable[[], dict[str, Any]]] = [
        prepared,
        lambda: upgrade("stopped"),
        lambda: upgrade("swapping"),
        lambda: swap(flink, NEW),
        lambda: upgrade("starting"),
        lambda: deploy(sql=SQL, rollback=False),
        lambda: upgrade("soaked"),
        lambda: upgrade("done"),
    ]
    answer: dict[str, Any] = {}
    for step in steps:
        answer = step()
        assert not answer.get("failed"), answer["msg"]
    return answer


def swap(flink: FakeFlink, version: str) -> dict[str, Any]:
    flink.version = version
    return {}


def running(flink: FakeFlink) -> list[Any]:
    return [job for job in flink.jobs.values() if job.alive]


def no_contenders(flink: FakeFlink) -> None:
    for path in [path for path in flink.ensemble.nodes if "/latch/_c_" in path]:
        del flink.ensemble.nodes[path]


def test_a_job_is_taken_along_with_its_state(flink: FakeFlink, upgrade: Run, prepared: Any, deploy: Run) -> None:
    deploy(sql=SQL)
    before = running(flink)[0].job_id
    done = forward(flink, upgrade, prepared, deploy)["upgrade"]
    (job,) = running(flink)
    (told,) = done["jobs"]
    assert (done["phase"], done["old"], done["new"], done["unfinished"]) == ("done", OLD, NEW, False)
    assert (told["job_id"], told["savepoint"], job.restored_from) == (before, job.restored_from, told["savepoint"])
    assert told["downtime"] is not None
    assert upgrade("read")["upgrade"] == done
    assert upgrade("prepared", version=NEW)["needed"] is False


def test_check_mode_foresees_and_changes_nothing(flink: FakeFlink, upgrade: Run, deploy: Run) -> None:
    deploy(sql=SQL)
    nodes = {path: node.data for path, node in flink.ensemble.nodes.items()}
    foreseen = upgrade("prepared", version=NEW, sql_state_allowed=True, check=True)
    assert (foreseen["needed"], foreseen["upgrade"]["old"]) == (True, OLD)
    assert upgrade("stopped", check=True)["changed"] is True
    assert {path: node.data for path, node in flink.ensemble.nodes.items()} == nodes
    assert upgrade("read")["upgrade"] is None


@pytest.mark.parametrize(
    ("version", "said"),
    [("1.19.3", "which is newer"), (NEW, "flink_upgrade_sql_state_allowed"), ("9.9.9", "not among")],
)
def test_what_is_not_possible_is_said_before_anything_is_changed(
    flink: FakeFlink, upgrade: Run, deploy: Run, version: str, said: str
) -> None:
    deploy(sql=SQL)
    answer = upgrade("prepared", version=version)
    assert said in answer["msg"]
    assert len(running(flink)) == 1
    assert upgrade("read")["upgrade"] is None


def test_another_target_waits_until_the_first_is_reached(upgrade: Run, prepared: Any, deploy: Run) -> None:
    deploy(sql=SQL)
    prepared()
    upgrade("stopped")
    assert "is half done (it is stopped)" in upgrade("prepared", version="2.3.0")["msg"]
    assert prepared()["needed"] is True


@pytest.mark.parametrize("happens", ["crash before", "crash after"])
def test_killed_at_any_call_it_goes_on_and_ends_well(
    flink: FakeFlink, upgrade: Run, prepared: Any, deploy: Run, happens: str, tmp_path: Any, monkeypatch: Any
) -> None:
    deploy(sql=SQL)
    flink.calls = 0
    forward(flink, upgrade, prepared, deploy)
    crashes = 0
    for number in range(2, flink.calls, 5):
        fresh = install_flink(monkeypatch, tmp_path / f"{number}")
        deploy(sql=SQL)
        fresh.calls, fresh.fault = 0, (number, happens)
        try:
            done = forward(fresh, upgrade, prepared, deploy)["upgrade"]
        except Crash:
            crashes += 1
            fresh.revive()
            done = forward(fresh, upgrade, prepared, deploy)["upgrade"]
        (job,) = running(fresh)
        assert done["phase"] == "done"
        assert job.restored_from == done["jobs"][0]["savepoint"]
    assert crashes > 10


def back(flink: FakeFlink, upgrade: Run, deploy: Run) -> dict[str, Any]:
    given_up = upgrade("rolling_back", why="it crashes")
    assert not given_up.get("failed"), given_up["msg"]
    no_contenders(flink)
    answer: dict[str, Any] = {}
    steps: list[Callable[[], dict[str, Any]]] = [
        lambda: upgrade("cleared"),
        lambda: upgrade("returned"),
        lambda: swap(flink, OLD),
        lambda: deploy(recorded=True, rollback=False),
        lambda: upgrade("rolled_back"),
    ]
    for step in steps:
        answer = step()
        assert not answer.get("failed"), answer["msg"]
    return answer


def test_what_does_not_work_is_taken_back(flink: FakeFlink, upgrade: Run, prepared: Any, deploy: Run) -> None:
    deploy(sql=SQL)
    prepared()
    savepoint = upgrade("stopped")["upgrade"]["jobs"][0]["savepoint"]
    upgrade("swapping")
    swap(flink, NEW)
    upgrade("starting")
    # Another program of the same name, as a new release brings it.
    deploy(sql="INSERT INTO t SELECT 2;", rollback=False)
    gone = back(flink, upgrade, deploy)["upgrade"]
    (job,) = running(flink)
    assert (gone["phase"], gone["why"], job.restored_from) == ("rolled_back", "it crashes", savepoint)
    assert deploy(sql=SQL)["changed"] is False
    assert json.loads(flink.ensemble.nodes["/streamops/t/owner"].data)["flink_version"] == OLD
    # And then it can be tried again.
    assert forward(flink, upgrade, prepared, deploy)["upgrade"]["phase"] == "done"


def test_a_failure_before_the_swap_leaves_running_jobs_alone(
    flink: FakeFlink, upgrade: Run, prepared: Any, deploy: Run
) -> None:
    deploy(sql=SQL)
    flink.on_savepoint = lambda _job: "the disk is full"
    prepared()
    assert "the disk is full" in upgrade("stopped")["msg"]
    before = running(flink)[0].job_id
    flink.on_savepoint = None
    back(flink, upgrade, deploy)
    assert [job.job_id for job in running(flink)] == [before]


def test_what_the_new_version_leaves_in_the_store_is_kept_aside(
    flink: FakeFlink, upgrade: Run, prepared: Any, deploy: Run
) -> None:
    deploy(sql=SQL)
    prepared()
    upgrade("stopped")
    upgrade("swapping")
    left = "c" * 32
    flink.ensemble.add(f"/flink/t/execution-plans/{left}", b"plan")
    upgrade("rolling_back", why="x")
    flink.ensemble.contend(1, 0x1)
    assert "still hold a session" in upgrade("cleared", timeout=1.0)["msg"]
    no_contenders(flink)
    upgrade("cleared")
    assert f"/flink/t/execution-plans/{left}" not in flink.ensemble.nodes
    assert flink.ensemble.nodes[f"/streamops/t/quarantine/execution-plans/{left}"].data == b"plan"


def moved(upgrade: Run, prepared: Any, deploy: Run) -> None:
    """The job on the new version, before its soak."""
    deploy(sql=SQL)
    prepared()
    for phase in ("stopped", "swapping", "starting"):
        upgrade(phase)
    deploy(sql=SQL)


def test_a_job_that_fails_on_the_new_version_does_not_pass_the_soak(
    flink: FakeFlink, upgrade: Run, prepared: Any, deploy: Run
) -> None:
    moved(upgrade, prepared, deploy)
    running(flink)[0].state = "FAILED"
    assert "the job count ended on the new version" in upgrade("soaked")["msg"]


@pytest.mark.parametrize(
    ("terminal", "said"),
    [
        (True, "the job count ended on the new version: IOException: no disk"),
        (False, "the job count restarted on the new version: IOException: no disk"),
    ],
)
def test_a_job_that_fails_while_a_checkpoint_is_awaited_is_given_up_at_once(
    flink: FakeFlink, upgrade: Run, prepared: Any, deploy: Run, terminal: bool, said: str
) -> None:
    moved(upgrade, prepared, deploy)

    def fails(job: FakeJob) -> str:
        job.causes = ["java.io.IOException: no disk\n\tat c.D"]
        if terminal:
            job.state = "FAILED"
            raise not_found(job.job_id)
        flink.restarts += 1
        # As Flink says it of a job that is being restarted, which may be over in a moment.
        return "CheckpointException: Not all required tasks are currently running."

    flink.on_checkpoint = fails
    began = time.monotonic()
    assert said in upgrade("soaked", timeout=300.0)["msg"]
    assert time.monotonic() - began < 60


def test_site_is_told_that_an_upgrade_is_half_done(
    run_module: Run, upgrade: Run, prepared: Any, deploy: Run, flink: FakeFlink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_cluster_id, "any_server_listens", lambda _quorum: True)
    claimed = run_module(flink_cluster_id.main, **connection(), state="claimed", flink_version=OLD)
    assert claimed["changed"] is True
    deploy(sql=SQL)
    swapped = run_module(flink_cluster_id.main, **connection(), flink_version=NEW)
    assert "with other binaries they would be lost" in swapped["msg"]
    prepared()
    assert not run_module(flink_cluster_id.main, **connection(), flink_version=OLD).get("failed")
    upgrade("stopped")
    assert "is half done" in run_module(flink_cluster_id.main, **connection(), flink_version=OLD)["msg"]
