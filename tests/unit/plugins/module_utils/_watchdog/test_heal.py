"""How a job is healed: from state of its own, by its record, under its lock, and never empty."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._cluster import rest as _rest
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster, Settings
from ansible_collections.streamops.flink.plugins.module_utils._health import sampler as _health_sample
from ansible_collections.streamops.flink.plugins.module_utils._health.model import ZOMBIE, Finding
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import heal as _heal
from ansible_collections.streamops.flink.plugins.module_utils._watchdog.config_file import ProcessMarks
from ansible_collections.streamops.flink.plugins.modules import flink_job
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import (
    GATEWAY,
    FakeFlink,
    connection,
    install_flink,
    make_jar,
)

SQL = "CREATE TABLE a (n INT) WITH ('connector' = 'x'); INSERT INTO a SELECT 1;"


@pytest.fixture
def flink(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeFlink:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return install_flink(monkeypatch, tmp_path / "storage")


@pytest.fixture
def declare(run_module: Callable[..., dict[str, Any]], flink: FakeFlink) -> Callable[..., dict[str, Any]]:
    return lambda **more: run_module(
        flink_job.main, **{**connection(), "name": "count", "sql_gateways": [GATEWAY], "sql": SQL, **more}
    )


@pytest.fixture
def cluster(flink: FakeFlink) -> Cluster:
    return Cluster(Settings.from_options(connection()))


@pytest.fixture
def means(tmp_path: Path) -> _heal.Means:
    return _heal.Means(tmp_path, tmp_path / "cache", (GATEWAY,), {}, "jm1", 30.0)


def stuck(job_id: str) -> Finding:
    return Finding("count", ZOMBIE, "it hangs", bad=True, job_id=job_id, declared=True)


def lose(flink: FakeFlink, job_id: str) -> None:
    flink.tidy_up(flink.jobs.pop(job_id))


def allowed() -> None:
    return


def test_a_job_that_hangs_is_ended_and_goes_on_from_its_last_checkpoint(
    declare: Any, flink: FakeFlink, cluster: Cluster, means: _heal.Means
) -> None:
    old = flink.jobs[declare()["job_id"]]
    flink.checkpoint(old)
    assert _heal.unrestorable(cluster, stuck(old.job_id), means) == ""
    new = flink.jobs[_heal.resubmit(cluster, stuck(old.job_id), means, allowed)]
    assert old.state == "CANCELED"
    assert new.restored_from.endswith(f"/{old.job_id}/chk-{old.number}")
    # For the next run it is as if it had been declared again.
    assert declare()["action"] == "nothing"


def test_a_job_that_is_lost_goes_on_from_its_last_checkpoint(
    declare: Any, flink: FakeFlink, cluster: Cluster, means: _heal.Means
) -> None:
    old = flink.jobs[declare()["job_id"]]
    lose(flink, old.job_id)
    new = flink.jobs[_heal.resubmit(cluster, stuck(old.job_id), means, allowed)]
    assert new.restored_from.endswith(f"/{old.job_id}/chk-{old.number}")


def test_a_job_whose_checkpoints_are_gone_is_never_started_empty(
    declare: Any, flink: FakeFlink, cluster: Cluster, means: _heal.Means
) -> None:
    old = flink.jobs[declare()["job_id"]]
    lose(flink, old.job_id)
    shutil.rmtree(flink.checkpoint_root(old))
    assert _heal.unrestorable(cluster, stuck(old.job_id), means) == "it has no checkpoint"
    with pytest.raises(FlinkError, match="was not touched: it has no checkpoint"):
        _heal.resubmit(cluster, stuck(old.job_id), means, allowed)
    assert flink.jobs == {}


@pytest.mark.parametrize("change", ["suspended", "upgraded"])
def test_a_job_that_was_changed_meanwhile_is_not_touched(
    change: str, declare: Any, flink: FakeFlink, cluster: Cluster, means: _heal.Means
) -> None:
    old = declare()["job_id"]
    declare(**({"state": "suspended"} if change == "suspended" else {"parallelism": 2}))
    with pytest.raises(FlinkError, match="it was changed by another client meanwhile"):
        _heal.resubmit(cluster, stuck(old), means, allowed)


def test_a_watchdog_that_may_not_act_any_more_does_not(
    declare: Any, flink: FakeFlink, cluster: Cluster, means: _heal.Means
) -> None:
    old = flink.jobs[declare()["job_id"]]

    def lost() -> None:
        raise FlinkError("the lock was lost")

    with pytest.raises(FlinkError, match="the lock was lost"):
        _heal.resubmit(cluster, stuck(old.job_id), means, lost)
    assert old.state == "RUNNING"


def test_a_job_that_could_not_be_started_again_is_not_ended(
    run_module: Callable[..., dict[str, Any]], flink: FakeFlink, cluster: Cluster, means: _heal.Means, tmp_path: Path
) -> None:
    jar = make_jar(tmp_path / "job.jar")
    given = {**connection(), "name": "count", "jar": str(jar), "cache_dir": str(tmp_path / "elsewhere")}
    answer = run_module(flink_job.main, **given)
    old = flink.jobs[answer["job_id"]]
    flink.checkpoint(old)
    with pytest.raises(FlinkError, match=r"the job count was not touched: .*job\.jar .* is not in .* on this host"):
        _heal.resubmit(cluster, stuck(old.job_id), means, allowed)
    assert old.state == "RUNNING"
    assert len(flink.jobs) == 1


def test_what_a_watchdog_has_begun_another_one_ends(
    declare: Any, flink: FakeFlink, cluster: Cluster, means: _heal.Means, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = flink.jobs[declare()["job_id"]]

    def dies(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(_heal, "start", dies)
        with pytest.raises(KeyboardInterrupt):
            _heal.resubmit(cluster, stuck(old.job_id), means, allowed)
    record = cluster.records.read("jobs", "count")
    assert record is not None
    job = _health_sample.declared_job("count", record.content)
    assert (job.job_id, job.interrupted, job.free) == ("", True, True)
    new = flink.jobs[_heal.resubmit(cluster, stuck(""), means, allowed)]
    assert new.restored_from.endswith(f"/{old.job_id}/chk-{old.number}")


def test_a_thread_dump_is_what_its_threads_say() -> None:
    answer = {"threadInfos": [{"stringifiedThreadInfo": '"main" RUNNABLE'}, {"stringifiedThreadInfo": '"two" WAITING'}]}
    assert _heal.dump_text(answer) == '"main" RUNNABLE\n"two" WAITING'
    assert _heal.dump_text(None) == ""


def test_a_thread_dump_that_finds_no_room_is_reported_and_delays_nothing(
    cluster: Cluster, means: _heal.Means, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: Any, **_options: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_rest.Rest, "get", lambda *_arguments, **_options: {"threadInfos": []})
    monkeypatch.setattr(Path, "write_text", full)
    told: list[str] = []
    assert _heal.thread_dumps(cluster, stuck("a" * 32)._replace(taskmanagers=("tm1",)), means, told.append) == []
    (text,) = told
    assert text.startswith("the thread dump of tm1 cannot be written to ")
    assert text.endswith("dumps: No space left on device; make room there")


def test_a_taskmanager_of_another_host_is_not_killed(means: _heal.Means) -> None:
    finding = stuck("a" * 32)._replace(taskmanagers=("tm1", "tm2"))
    near = means._replace(taskmanagers={"tm1": ProcessMarks("unknown/tm1/taskmanager", "/nowhere")})
    assert _heal.kill_taskmanager(finding, near) == ""
