"""The watchdog at work: what is written down before it acts, what it does without ZooKeeper, and what it serves."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import ZooKeeperUnavailable
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._health import model as _model
from ansible_collections.streamops.flink.plugins.module_utils._health.model import Finding, Report
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import alerting as _alerting
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import config_file as _config_file
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import run as _watchdog_run
from ansible_collections.streamops.flink.plugins.module_utils._watchdog.metrics import (
    Endpoint,
    GuardianCollector,
    Metric,
)
from ansible_collections.streamops.flink.plugins.module_utils._watchdog.send import Unsent
from ansible_collections.streamops.flink.plugins.modules import flink_job, flink_job_archive
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import (
    GATEWAY,
    FakeFlink,
    connection,
    install_flink,
)
from ansible_collections.streamops.flink.tests.unit.plugins.hostile import certificate
from prometheus_client import generate_latest

SQL = "CREATE TABLE a (n INT) WITH ('connector' = 'x'); INSERT INTO a SELECT 1;"
WELL = Finding("cluster", _model.HEALTHY, "led by jm1")


class FreeLock:
    """A lock that is never lost."""

    @staticmethod
    def check() -> None:
        return


class Bench:
    """A watchdog whose rounds are made one by one."""

    def __init__(self, tmp_path: Path, **more: Any) -> None:
        path = tmp_path / "watchdog.json"
        directory = str(tmp_path)
        given = {
            "connection": connection(),
            "name": "jm1",
            "directory": directory,
            "cache_dir": directory,
            "fence_state": f"{directory}/state.json",
            "interval": 1,
            "limits": {},
            "policy": {"cooldown": 0},
            "slots": 4,
            "signs": {},
            "alerts": {},
            "sql_gateways": [GATEWAY],
            "taskmanagers": {},
            "metrics_address": "127.0.0.1",
            "metrics_port": 0,
            "start_timeout": 30,
        }
        path.write_text(json.dumps({**given, **more}))
        self.lines: list[tuple[str, dict[str, Any]]] = []
        self.config = _config_file.read_config(path)
        # As on a disk that is full.
        self.full = False
        self.dog = _watchdog_run.Watchdog(self.config, self.write, threading.Event())
        self.cluster = Cluster(self.config.connection)

    def write(self, event: str, details: dict[str, Any]) -> bool:
        self.lines.append((event, details))
        return not self.full

    def rounds(self, finding: Finding, count: int = 3, *, fit: bool = True) -> None:
        lock: Any = FreeLock()
        for _number in range(count):
            report = Report(0, WELL, (finding,))
            self.dog.exposition.report, self.dog.exposition.active = report, True
            self.dog.round(self.cluster, lock, report, fit=fit)

    def finish(self) -> None:
        for thread in threading.enumerate():
            if thread.name.startswith("heal "):
                thread.join(60)

    def page(self) -> str:
        return text_of(self.dog.exposition.metrics())

    def events(self) -> list[str]:
        return [event for event, _line in self.lines]


@pytest.fixture
def flink(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeFlink:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return install_flink(monkeypatch, tmp_path / "storage")


@pytest.fixture
def job(run_module: Callable[..., dict[str, Any]], flink: FakeFlink) -> str:
    answer = run_module(flink_job.main, **connection(), name="count", sql_gateways=[GATEWAY], sql=SQL)
    return str(answer["job_id"])


@pytest.fixture
def bench(tmp_path: Path, flink: FakeFlink) -> Iterator[Bench]:
    one = Bench(tmp_path)
    yield one
    one.finish()


def text_of(metrics: list[Metric]) -> str:
    return generate_latest(GuardianCollector(lambda: metrics)).decode()


def ill(job_id: str) -> Finding:
    return Finding("count", _model.ZOMBIE, "it hangs", bad=True, job_id=job_id, declared=True)


def test_a_job_is_healed_and_the_journal_and_zookeeper_say_so(bench: Bench, flink: FakeFlink, job: str) -> None:
    bench.rounds(ill(job))
    bench.finish()
    assert flink.jobs[job].state == "CANCELED"
    (new,) = [one for one in flink.jobs.values() if one.alive]
    bench.rounds(ill(new.job_id)._replace(bad=False, verdict=_model.HEALTHY), 2)
    assert bench.events() == ["decision", "done", "decision"]
    status = bench.cluster.records.read("watchdog", "status")
    assert status is not None
    assert [one["event"] for one in status.content["decisions"]] == ["decision", "done", "decision"]
    memory = bench.cluster.records.read("watchdog", "memory")
    assert memory is not None
    assert len(memory.content["jobs"]["count"]["actions"]) == 1


def test_a_full_disk_stops_nothing_and_is_counted(bench: Bench, job: str, tmp_path: Path) -> None:
    bench.full = True
    bench.rounds(ill(job))
    bench.finish()
    bench.rounds(ill(job), 1)
    assert "done" in bench.events()
    (line,) = [one for one in bench.page().splitlines() if one.startswith("flink_guardian_journal")]
    assert float(line.split()[1]) > 0


def test_what_cannot_be_written_down_is_not_done(
    bench: Bench, flink: FakeFlink, job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: Any, **_more: Any) -> None:
        raise ZooKeeperUnavailable("ZooKeeper has no quorum")

    with monkeypatch.context() as patched:
        patched.setattr(bench.cluster.zk, "put", refuse)
        bench.rounds(ill(job), 10)
    assert flink.jobs[job].state == "RUNNING"
    assert set(bench.events()) == {"trouble"}
    bench.rounds(ill(job), 3)
    bench.finish()
    assert flink.jobs[job].state == "CANCELED"


def test_without_zookeeper_nothing_is_decided(bench: Bench, flink: FakeFlink, job: str) -> None:
    bench.rounds(ill(job), 10, fit=False)
    assert bench.events() == []
    assert flink.jobs[job].state == "RUNNING"


def test_another_watchdog_goes_on_with_the_budget(bench: Bench, flink: FakeFlink, job: str, tmp_path: Path) -> None:
    bench.rounds(ill(job))
    bench.finish()
    other = Bench(tmp_path)
    other.dog.memory.recall(other.cluster)
    (new,) = [one for one in flink.jobs.values() if one.alive]
    finding = ill(new.job_id)
    assert other.dog.memory.budget(finding) == 2
    assert [one["event"] for one in other.dog.journal.decisions] == ["decision"]


def test_an_action_that_fails_is_told_and_the_job_is_not_held_up(bench: Bench, flink: FakeFlink, job: str) -> None:
    # It was declared anew between the verdict and the action.
    bench.rounds(ill("b" * 32))
    bench.finish()
    bench.rounds(ill(job), 1)
    assert "failed" in bench.events()
    assert bench.dog.actions.busy == {}
    assert bench.dog.memory.alarms["count"].level == "critical"


def test_the_endpoint_serves_what_prometheus_reads(bench: Bench, job: str, flink: FakeFlink, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"fenced": 3}')
    bench.rounds(ill(job)._replace(checkpoint_age=12.5), 1)
    page = bench.page()
    for line in (
        "flink_guardian_up 1.0",
        "flink_guardian_watchdog_active 1.0",
        "flink_guardian_fenced_total 3.0",
        'flink_guardian_job_verdict{job="count",verdict="ZOMBIE"} 1.0',
        'flink_guardian_job_verdict{job="count",verdict="HEALTHY"} 0.0',
        'flink_guardian_cluster_verdict{verdict="HEALTHY"} 1.0',
        'flink_guardian_job_last_checkpoint_age_seconds{job="count"} 12.5',
        'flink_guardian_job_restart_budget_left{job="count"} 3.0',
        "# TYPE flink_guardian_leader_changes_total counter",
    ):
        assert line in page.splitlines()


def test_the_endpoint_tells_of_the_last_backup(
    bench: Bench, job: str, flink: FakeFlink, run_module: Callable[..., dict[str, Any]]
) -> None:
    def told() -> list[str]:
        bench.dog.observed._backup_due = Deadline(0)
        bench.rounds(ill(job), 1)
        return [line for line in bench.page().splitlines() if line.startswith("flink_guardian_backup")]

    assert told() == []
    noted = {**connection(), "state": "noted", "bytes": 4096}
    assert run_module(flink_job_archive.main, **noted, backup_id="20261127T021530Z")["changed"] is True
    assert told() == [
        "flink_guardian_backup_last_success_timestamp_seconds 1.79574573e+09",
        "flink_guardian_backup_last_size_bytes 4096.0",
    ]
    # An older one, as it might be copied from elsewhere, is not the last.
    assert run_module(flink_job_archive.main, **noted, backup_id="20261120T021530Z")["changed"] is False
    path = bench.cluster.records.path("backups", "last")
    flink.ensemble.add(path, b"{")
    assert told() == []


def test_the_endpoint_tells_of_the_last_test_of_a_restore_and_another_watchdog_does_too(
    bench: Bench, job: str, flink: FakeFlink, run_module: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    def told(by: Bench) -> list[str]:
        by.dog.observed._backup_due = Deadline(0)
        by.rounds(ill(job), 1)
        return [line for line in by.page().splitlines() if line.startswith("flink_guardian_restore")]

    tested = {**connection(), "state": "tested"}
    run_module(flink_job_archive.main, **tested, tested_at="20261127T021530Z", check=True)
    assert told(bench) == []
    assert run_module(flink_job_archive.main, **tested, tested_at="20261127T021530Z")["changed"] is True
    line = "flink_guardian_restore_test_last_success_timestamp_seconds 1.79574573e+09"
    assert told(bench) == [line]
    # A test is no backup.
    assert "flink_guardian_backup" not in bench.page()
    assert told(Bench(tmp_path)) == [line]


def test_the_end_of_a_certificate_is_exported_also_when_it_cannot_be_read_any_more(
    tmp_path: Path, flink: FakeFlink
) -> None:
    own, key = certificate(tmp_path, "client", 5)
    files = {"rest_client_cert": str(own), "rest_client_key": str(key)}
    managers = [{"name": "jm1", "url": "https://127.0.0.1:9"}]
    bench = Bench(tmp_path, connection={**connection(), **files, "jobmanagers": managers})

    def told() -> list[str]:
        bench.dog.observed._certificates_due = Deadline(0)
        bench.rounds(WELL, 1)
        for thread in threading.enumerate():
            if thread.name == "certificates":
                thread.join(60)
        page = bench.page()
        return [line for line in page.splitlines() if line.startswith("flink_guardian_certificate")]

    (line,) = told()
    assert line.startswith(f'flink_guardian_certificate_not_after_timestamp_seconds{{certificate="{own}"}} 1')
    own.unlink()
    assert told() == [line]
    said = [details["what"] for event, details in bench.lines if event == "trouble"]
    assert f"the certificate of {own} cannot be read (No such file or directory)" in said


def test_one_that_waits_says_no_more_than_that(bench: Bench) -> None:
    page = bench.page()
    assert "flink_guardian_watchdog_active 0" in page
    assert "verdict" not in page


def test_names_are_escaped() -> None:
    assert 'job="a\\"b\\\\c"' in text_of([Metric("job_restart_budget_left", 1.0, {"job": 'a"b\\c'})])


def test_the_port_answers_for_metrics_only_and_a_taken_port_stops_nothing(tmp_path: Path, flink: FakeFlink) -> None:
    endpoint = Endpoint("127.0.0.1", 0, lambda: [Metric("up", 1.0)])
    try:
        base = f"http://127.0.0.1:{endpoint.port}"
        with urllib.request.urlopen(f"{base}/metrics", timeout=30) as answer:
            assert answer.read().endswith(b"flink_guardian_up 1.0\n")
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{base}/", timeout=30)
        second = Bench(tmp_path, metrics_port=endpoint.port)
        second.dog.exposition.serve()
        assert second.events() == ["trouble"]
    finally:
        endpoint.close()


def test_a_test_of_the_alerts_names_every_receiver_that_could_not_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flink: FakeFlink
) -> None:
    told: list[str] = []

    def post(options: dict[str, Any], message: Any) -> None:
        if options["name"] == "dead":
            raise Unsent("the receiver dead (slack) could not be notified: Connection refused")
        told.append(message.text)

    monkeypatch.setattr(_alerting, "send", post)
    receivers = [{"name": name, "kind": "slack", "url": "http://127.0.0.1:9/"} for name in ("dead", "alive")]
    bench = Bench(tmp_path, alerts={"receivers": receivers})
    wrong = _alerting.alert_test(bench.config)
    assert wrong == ["the receiver dead (slack) could not be notified: Connection refused"]
    assert told == ["This is a test of the alerts of the watchdog on jm1. Nothing is wrong."]
