"""The watchdog on a real cluster: what hangs is found and healed, what is well or slow is left alone."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from counting import build, check, good
from real_cluster import FlinkCluster, eventually, smaller
from receivers import HttpReceiver, MailReceiver

pytestmark = pytest.mark.real

INTERVAL, WINDOW, COOLDOWN = 1, 8, 5
# Checkpoints and counters that are as quick as the windows are short.
QUICK = {
    "flink_jobs": [],
    "demo_enabled": False,
    "flink_start_timeout": "900 s",
    "flink_checkpoint_interval": "1 s",
    "flink_checkpoint_min_pause": "0 s",
    "flink_checkpoint_timeout": "60 s",
    "flink_config": {
        "metrics.fetcher.update-interval": 1000,
        "restart-strategy.exponential-delay.initial-backoff": "500 ms",
        "restart-strategy.exponential-delay.max-backoff": "1 s",
    },
    "flink_failover_profile": "fast",
    "flink_watchdog_interval": f"{INTERVAL} s",
    "flink_watchdog_checkpoint_window": f"{WINDOW} s",
    "flink_watchdog_start_grace": "25 s",
    "flink_watchdog_stuck_timeout": "40 s",
    "flink_watchdog_missing_timeout": "5 s",
    "flink_watchdog_crash_restarts": 4,
    "flink_watchdog_crash_window": "60 s",
    "flink_watchdog_cooldown": f"{COOLDOWN} s",
}


def test_the_demo_is_well_and_its_verdict_is_in_the_status_and_in_the_metrics(cluster: FlinkCluster) -> None:
    """Other tests kill leaders meanwhile; what the watchdog says is waited for."""

    def told() -> dict[str, Any]:
        status = good(cluster.module("flink_status"))["status"]
        jobs = (status["watchdog"] or {}).get("jobs") or []
        return {job["name"]: job["verdict"] for job in jobs if job["verdict"] in {"HEALTHY", "IDLE"}}

    assert "transactions" in eventually(told, 240, "a good verdict about the demo")
    active = eventually(
        lambda: [one for one in pages(cluster) if sample(one, "watchdog_active") == 1], 60, "an active one"
    )
    assert len(active) == 1
    assert sample(active[0], 'job_restart_budget_left{job="transactions"}') == 3
    found = good(cluster.module("flink_status", watch=12, interval=4, slots=12))["status"]["health"]
    assert found["problems"] == []
    assert [job["declared"] for job in found["jobs"] if job["name"] == "transactions"] == [True]


def test_a_window_of_maintenance_is_announced_seen_and_ended(cluster: FlinkCluster) -> None:
    opened = good(cluster.module("flink_maintenance", name="test", duration=120, reason="a test"))
    assert (opened["changed"], [one["name"] for one in opened["windows"]]) == (True, ["test"])
    assert good(cluster.module("flink_maintenance", name="test", duration=120))["changed"] is False
    eventually(lambda: any(sample(one, "maintenance") == 1 for one in pages(cluster)), 120, "the watchdog sees it")
    assert good(cluster.module("flink_maintenance", name="test", state="absent"))["windows"] == []


def test_health_is_judged_once_by_the_playbook(cluster: FlinkCluster, tmp_path: Path) -> None:
    run = cluster.playbook(
        "health.yml",
        flink_health_duration="8 s",
        flink_health_interval="3 s",
        flink_health_path=str(tmp_path / "h.json"),
    )
    assert run.code == 0, run.trouble
    assert run.changed == 0
    assert re.search(r"transactions +[0-9a-f]{32} +(HEALTHY|IDLE)", run.text), run.text
    assert json.loads((tmp_path / "h.json").read_text())["health"]["healthy"] is True


def pages(cluster: FlinkCluster) -> list[str]:
    """The metrics of every watchdog that answers."""
    ports = [host["guardian_metrics_port"] for host in cluster.hosts["jobmanagers"].values()]
    found = []
    for port in ports:
        try:
            found.append(requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text)
        except requests.ConnectionError:
            continue
    return found


def sample(page: str, name: str) -> float | None:
    """The value of one line of a page."""
    match = re.search(rf"^flink_guardian_{re.escape(name)} (\S+)$", page, re.MULTILINE)
    return float(match[1]) if match else None


# -- a cluster whose windows are short -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def http() -> Iterator[HttpReceiver]:
    with HttpReceiver() as one:
        yield one


@pytest.fixture(scope="module")
def mail() -> Iterator[MailReceiver]:
    with MailReceiver() as one:
        yield one


@pytest.fixture(scope="module")
def quick(new_cluster: Callable[..., FlinkCluster], http: HttpReceiver, mail: MailReceiver) -> Iterator[FlinkCluster]:
    receivers = [
        {"name": "hook", "kind": "webhook", "url": http.url},
        {
            "name": "post",
            "kind": "mail",
            "host": "127.0.0.1",
            "port": mail.port,
            "tls": "none",
            "sender": "a@b.example",
            "to": ["oncall@b.example"],
        },
        {"name": "dead", "kind": "slack", "url": "http://127.0.0.1:9/"},
    ]
    one = smaller(new_cluster(**QUICK, flink_watchdog_alerts={"receivers": receivers}))
    try:
        run = one.playbook("site.yml")
        assert run.code == 0, run.trouble
        yield one
    finally:
        gone = one.playbook(
            "reset.yml", flink_reset_confirm=one.variables["flink_cluster_name"], flink_reset_running_jobs=True
        )
        assert gone.code == 0, gone.trouble


class Counting:
    """A job that writes every count exactly once, and hangs on command."""

    def __init__(self, cluster: FlinkCluster, name: str, jar: Path, directory: Path) -> None:
        self.cluster, self.name, self.jar, self.directory = cluster, name, jar, directory
        self.block = directory / "hang"
        self.output = directory / "out"

    def run(self, *arguments: str, **options: Any) -> str:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "streamops-flink"
        # Of an option that is given twice, the first counts.
        given = [*arguments, "--output", f"file://{self.output}", "--rate", "300", "--block", str(self.block)]
        answer = self.cluster.module(
            "flink_job",
            **{
                "name": self.name,
                "jar": str(self.jar),
                "arguments": given,
                "cache_dir": str(cache),
                "parallelism": 1,
                **options,
            },
        )
        return str(good(answer)["job_id"])

    def hang(self) -> None:
        self.block.write_text("")
        eventually(lambda: not self.block.exists(), 60, "the job hangs")

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        return [one for one in journals(self.cluster) if one.get("job") == self.name and one["event"] in kinds]

    def acted(self) -> list[dict[str, Any]]:
        return [one for one in self.events("decision") if one["decision"] == "act"]

    def decided(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.events("decision") if one["decision"] == kind]

    def verdict(self) -> str:
        status = good(self.cluster.module("flink_status"))["status"]
        jobs = (status["watchdog"] or {}).get("jobs") or []
        return next((str(job["verdict"]) for job in jobs if job["name"] == self.name), "")

    def rows(self) -> int:
        return int(check(self.output).highest) if self.output.exists() else 0

    def goes_on(self, seconds: float = 120) -> None:
        before = self.rows()
        eventually(lambda: self.rows() > before, seconds, f"more rows of {self.name}")

    def is_exact(self) -> None:
        good(self.cluster.module("flink_job", name=self.name, state="suspended"))
        found = check(self.output)
        assert found.ok, found


def journals(cluster: FlinkCluster) -> list[dict[str, Any]]:
    """What all watchdogs have written, in order."""
    lines = []
    for path in cluster.base_dir.glob("nodes/*/guardian/watchdog/watchdog.log"):
        lines += [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]
    return sorted(lines, key=lambda one: str(one["at"]))


def looked(cluster: FlinkCluster) -> float:
    """When the active watchdog has last looked."""
    return max(sample(one, "watchdog_last_sample_timestamp_seconds") or 0.0 for one in pages(cluster))


@pytest.fixture(scope="module")
def jar(quick: FlinkCluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(quick, tmp_path_factory.mktemp("jar") / "counting.jar")


@pytest.fixture
def job(quick: FlinkCluster, jar: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Counting]:
    one = Counting(quick, request.node.name.replace("test_", "")[:40], jar, tmp_path)
    yield one
    good(quick.module("flink_job", name=one.name, state="absent"))


def test_a_job_that_hangs_is_healed_and_people_are_told(
    quick: FlinkCluster, job: Counting, http: HttpReceiver, mail: MailReceiver
) -> None:
    job.run()
    job.goes_on()
    job.hang()
    (acted,) = eventually(job.acted, 120, "the watchdog acts")
    assert (acted["rung"], acted["verdict"], acted["budget_left"]) == ("taskmanager", "ZOMBIE", 2)
    # It was the third sample after the window, and none was let pass.
    assert acted["why"] == "bad 3 times in a row"
    (done,) = eventually(lambda: job.events("done"), 60, "the action is done")
    assert done["what"].startswith("killed tm")
    (dump,) = job.events("thread_dump")
    assert "CountingJob$Hang.pass" in Path(dump["files"][0]).read_text()
    job.goes_on()
    eventually(lambda: job.decided("recovered"), 120, "the watchdog says that it is well again")
    # Firing and resolved, to both that listen; the third receiver is dead and delays no other.
    eventually(lambda: http.told(job.name) == ["firing", "resolved"], 60, "the webhook got both")
    eventually(lambda: len(mail.subjects(job.name)) == 2, 60, "the mails have come")
    assert [subject.split("]")[0] for subject in mail.subjects(job.name)] == ["[warning", "[resolved"]
    assert [one for one in journals(quick) if one["event"] == "alert_failed" and one["receiver"] == "dead"]
    assert len(job.acted()) == 1
    job.is_exact()


def test_a_job_in_one_chained_task_is_healed_and_left_alone_before(job: Counting) -> None:
    job.run("--chained", "true", "--keys", "1")
    job.goes_on()
    eventually(lambda: job.verdict() == "HEALTHY", 60, "its verdict")
    job.hang()
    eventually(job.acted, 120, "the watchdog acts")
    job.goes_on()
    eventually(lambda: job.decided("recovered"), 120, "it is well again")
    job.is_exact()


def test_a_job_that_hangs_again_is_started_anew_from_its_checkpoint(quick: FlinkCluster, job: Counting) -> None:
    """Killing the TaskManager has not helped: the next action ends the job and starts it by its record."""
    first = job.run()
    job.goes_on()
    job.hang()
    eventually(job.acted, 180, "the watchdog acts")
    # It hangs before the watchdog has called it well, so that the ladder goes on.
    job.block.write_text("")
    eventually(lambda: len(job.acted()) == 2, 300, "the watchdog acts again")
    assert [one["rung"] for one in job.acted()] == ["taskmanager", "job"]
    eventually(lambda: len(job.events("done")) == 2, 240, "the action is done")
    job.goes_on()
    (found,) = good(quick.module("flink_job_info", name=job.name))["jobs"]
    assert found["job_id"] != first
    assert re.search(rf"/{first}/chk-\d+$", found["restored_from"]["path"])
    job.is_exact()


def test_a_job_lost_from_a_healthy_cluster_is_started_again_and_never_empty(quick: FlinkCluster, job: Counting) -> None:
    lost = job.run()
    job.goes_on()
    cluster_lost(quick, lost)
    (acted,) = eventually(job.acted, 120, "the watchdog acts")
    assert (acted["verdict"], acted["rung"]) == ("MISSING_JOB", "job")
    eventually(lambda: job.events("done"), 180, "the job is started again")
    job.goes_on()
    eventually(lambda: job.decided("recovered"), 120, "it is well again")
    job.is_exact()


def cluster_lost(cluster: FlinkCluster, job_id: str) -> None:
    """Delete what the next leader would recover, then kill the leader: as an upgrade gone wrong would leave it."""
    from kazoo.client import KazooClient

    client = KazooClient(hosts=cluster.quorum)
    client.start()
    try:
        leader = good(cluster.module("flink_leader_info"))["leader"]["name"]
        for kind in ("jobgraphs", "execution-plans"):
            path = f"{cluster.root}{cluster.cluster_id}/{kind}/{job_id}"
            if client.exists(path):
                client.delete(path, recursive=True)
        cluster.kill_daemon(leader, "jobmanager")
    finally:
        client.stop()
        client.close()


def test_slow_and_idle_jobs_are_left_alone(quick: FlinkCluster, job: Counting, tmp_path: Path) -> None:
    """A slow one under back pressure completes no checkpoint, but its records move; an idle one has nothing to do.

    The source of the slow one is held up from its first second on, and stands still for minutes.
    """
    (tmp_path / "in").mkdir()
    sql = (
        "CREATE TABLE a (n INT) WITH ('connector' = 'filesystem', 'format' = 'csv', 'source.monitor-interval' = '1 s',"
        f" 'path' = 'file://{tmp_path}/in'); CREATE TABLE b (n INT) WITH ('connector' = 'blackhole');"
        " INSERT INTO b SELECT n FROM a;"
    )
    idle = f"{job.name}-idle"
    try:
        good(quick.module("flink_job", name=idle, sql=sql, sql_gateways=quick.sql_gateways, parallelism=1))
        job.run("--slow", "200", "--rate", "100000", wait_for_checkpoint=False)
        eventually(lambda: job.verdict() == "CHECKPOINT_STALLED", 180, "the slow job is suspected")
        (told,) = eventually(lambda: job.decided("page"), 120, "the slow job is reported")
        assert "its records still move" in told["seen"]
        assert job.acted() == []
        decisions = [one for one in journals(quick) if one.get("job") == idle and one["event"] == "decision"]
        assert decisions == []
    finally:
        good(quick.module("flink_job", name=idle, state="absent"))


def test_a_job_that_crashes_all_the_time_uses_up_its_budget_and_calls_a_person(
    quick: FlinkCluster, job: Counting, http: HttpReceiver
) -> None:
    job.run()
    job.goes_on()
    good(quick.module("flink_job", name=job.name, state="suspended"))
    answer = quick.module(
        "flink_job",
        name=job.name,
        jar=str(job.jar),
        arguments=["--output", f"file://{job.output}", "--rate", "300", "--fail", "open"],
        parallelism=1,
        wait_for_checkpoint=False,
        rollback=False,
        timeout=20,
    )
    assert answer.get("failed")
    eventually(lambda: job.decided("page"), 400, "the budget is over")
    acted = job.acted()
    assert (len(acted), [one["budget_left"] for one in acted]) == (3, [2, 1, 0])
    assert {one["verdict"] for one in acted} <= {"CRASH_LOOP", "STUCK_STATE"}
    eventually(lambda: "critical" in http.levels(job.name), 60, "the pager was called")
    # It goes on looking, and does nothing any more.
    seen = looked(quick)
    eventually(lambda: looked(quick) > seen + 4 * COOLDOWN, 300, "the watchdog has looked for several cool-downs")
    assert len(job.acted()) == 3


def test_the_active_watchdog_is_killed_and_another_heals(quick: FlinkCluster, job: Counting) -> None:
    job.run()
    job.goes_on()
    active = next(
        name
        for name, host in quick.hosts["jobmanagers"].items()
        if sample(
            requests.get(f"http://127.0.0.1:{host['guardian_metrics_port']}/metrics", timeout=10).text,
            "watchdog_active",
        )
    )
    (pid,) = quick.pids(active, "watchdog")
    job.hang()
    os.kill(pid, signal.SIGKILL)
    eventually(job.acted, 180, "another watchdog acts")
    job.goes_on()
    assert len(job.acted()) == 1
    job.is_exact()


def test_the_leader_changes_in_the_middle(quick: FlinkCluster, job: Counting) -> None:
    job.run()
    job.goes_on()
    job.hang()
    leader = good(quick.module("flink_leader_info"))["leader"]["name"]
    quick.kill_daemon(leader, "jobmanager")
    # The failover has restarted the job already, or else the watchdog does.
    job.goes_on(240)
    assert len(job.acted()) <= 1
    job.is_exact()


def test_the_leader_dies_while_a_job_is_ended_and_started_again(quick: FlinkCluster, job: Counting) -> None:
    """What the watchdog has begun is brought to its end: one job, with everything that it had counted."""
    first = job.run()
    job.goes_on()
    job.hang()
    eventually(job.acted, 180, "the watchdog acts")
    job.goes_on()
    job.hang()
    eventually(lambda: [one for one in job.acted() if one["rung"] == "job"], 180, "the watchdog acts again")
    quick.kill_daemon(good(quick.module("flink_leader_info"))["leader"]["name"], "jobmanager")
    job.goes_on(300)
    eventually(lambda: job.decided("recovered"), 120, "it is well again")
    assert len(job.acted()) <= 3
    (found,) = good(quick.module("flink_job_info", name=job.name))["jobs"]
    assert found["job_id"] != first
    alive = [one for one in good(quick.module("flink_status"))["status"]["jobs"] if one["name"] == job.name]
    assert [one["state"] for one in alive if one["state"] not in {"CANCELED", "FAILED", "FINISHED"}] == ["RUNNING"]
    job.is_exact()


def test_a_job_without_checkpoints_that_hangs_is_told_and_left_alone(quick: FlinkCluster, job: Counting) -> None:
    first = job.run("--checkpoints", "none", wait_for_checkpoint=False)
    job.hang()
    (told,) = eventually(lambda: job.decided("page"), 180, "the watchdog reports it")
    assert told["verdict"] == "ZOMBIE"
    assert "it makes no checkpoints, so it cannot be healed" in told["seen"]
    assert job.acted() == []
    (found,) = good(quick.module("flink_job_info", name=job.name))["jobs"]
    assert (found["job_id"], found["state"]) == (first, "running")


@pytest.mark.long
def test_a_sign_of_life_that_is_missing_is_acted_upon(quick: FlinkCluster, tmp_path: Path) -> None:
    """What Flink cannot see: all its tasks run and checkpoint, and what the owner expects of it is not there."""
    name, proof = "declared-with-a-sign", tmp_path / "proof"
    proof.write_text("")
    sql = (
        "CREATE TABLE a (n INT) WITH ('connector' = 'datagen', 'rows-per-second' = '10'); CREATE TABLE b (n INT) WITH"
        " ('connector' = 'blackhole'); INSERT INTO b SELECT n FROM a;"
    )
    health = {"probe": {"command": ["/usr/bin/test", "-e", str(proof)], "timeout": "10 s"}}
    declared = {"name": name, "sql": sql, "parallelism": 1, "health": health}

    def told(kind: str) -> list[dict[str, Any]]:
        lines = journals(quick)
        return [one for one in lines if one.get("job") == name and one.get("decision") == kind]

    run = quick.playbook("site.yml", flink_jobs=[declared])
    assert run.code == 0, run.trouble
    assert told("act") == []
    proof.unlink()
    (acted,) = eventually(lambda: told("act"), 120, "the watchdog acts")
    assert (acted["verdict"], acted["rung"]) == ("ZOMBIE", "job")
    assert "probe" in acted["seen"]
    proof.write_text("")
    eventually(lambda: told("recovered"), 120, "it is well again")
    run = quick.playbook("site.yml", flink_jobs=[{"name": name, "state": "absent"}])
    assert run.code == 0, run.trouble


def test_nothing_is_done_in_a_window_of_maintenance(quick: FlinkCluster, job: Counting) -> None:
    job.run()
    job.goes_on()
    good(quick.module("flink_maintenance", name="test", duration=600))
    eventually(lambda: any(sample(one, "maintenance") == 1 for one in pages(quick)), 60, "the watchdog sees it")
    job.hang()
    eventually(lambda: job.verdict() == "ZOMBIE", 120, "the verdict is reported all the same")
    problems = good(quick.module("flink_status"))["status"]["problems"]
    assert [one for one in problems if one.startswith(f"Job {job.name} is RUNNING, and the watchdog calls it ZOMBIE")]
    assert job.acted() == []
    good(quick.module("flink_maintenance", name="test", state="absent"))
    eventually(job.acted, 120, "the watchdog acts when the window is over")
    job.goes_on()
    job.is_exact()


@pytest.mark.long
def test_the_status_says_that_no_watchdog_runs_any_more(quick: FlinkCluster) -> None:
    """All watchdogs are frozen, so that no service manager starts them again."""
    pids = [pid for name in quick.hosts["jobmanagers"] for pid in quick.pids(name, "watchdog")]
    assert len(pids) == 2

    def told() -> bool:
        run = quick.playbook("status.yml")
        assert run.code == 0, run.trouble
        return "No watchdog has been heard of for" in " ".join(run.text.split())

    assert not told()
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        eventually(told, 300, "the status says so")
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    eventually(lambda: not told(), 120, "the status says nothing more about it")
