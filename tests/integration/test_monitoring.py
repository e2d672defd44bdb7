"""A real Prometheus and a real Alertmanager on a real cluster.

What rules and dashboards ask for is there, a failover can be seen, and every receiver gets its alerts.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.streamops.flink.plugins.module_utils._base.times import iso
from ansible_collections.streamops.flink.plugins.module_utils._monitoring.prometheus import INHIBITIONS
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import receivers as _receivers
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import send as _send

import promql
from counting import build, good
from prometheus import alertmanager_path
from real_cluster import FlinkCluster, eventually, is_free, smaller, with_zookeeper_metrics
from receivers import HttpReceiver

pytestmark = pytest.mark.real


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


@dataclass
class Prometheus:
    """A running Prometheus, asked over its interface."""

    cluster: FlinkCluster
    port: int
    variables: dict[str, Any]

    def get(self, path: str, **arguments: str) -> Any:
        query = urllib.parse.urlencode(arguments)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}?{query}", timeout=10) as answer:
            return json.load(answer)["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("query", query=expression)["result"]
        return found

    def state(self, alert: str) -> str:
        """Of an alert: inactive, pending or firing."""
        (rule,) = [rule for group in self.get("rules")["groups"] for rule in group["rules"] if rule["name"] == alert]
        return str(rule["state"])

    def has_fired(self, alert: str) -> bool:
        return bool(self.query(f'max_over_time(ALERTS{{alertname="{alert}",alertstate="firing"}}[5m])'))

    @contextmanager
    def at_once(self, alert: str) -> Iterator[None]:
        """An alert that fires as soon as what it asks is true, for what does not last as long as it would wait."""
        path = self.directory / "rules.yml"
        text = path.read_text()
        document = yaml.safe_load(text)
        for rule in (rule for group in document["groups"] for rule in group["rules"] if rule.get("alert") == alert):
            rule["for"] = "0s"
        try:
            self.use_rules(yaml.safe_dump(document))
            yield
        finally:
            self.use_rules(text)

    def use_rules(self, text: str) -> None:
        (self.directory / "rules.yml").write_text(text)
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/-/reload", method="POST")
        with urllib.request.urlopen(asked, timeout=30):
            pass

    def names(self) -> set[str]:
        return set(self.get("label/__name__/values"))

    def playbook(self, **extra: Any) -> Any:
        return self.cluster.playbook("monitoring.yml", **self.variables, **extra)

    @property
    def directory(self) -> Path:
        return self.cluster.base_dir / "nodes" / "jm1" / "monitoring"


@dataclass
class Alertmanager:
    """A running Alertmanager, asked over its interface, and what it sends."""

    url: str
    hook: HttpReceiver

    def alerts(self, **labels: str) -> list[dict[str, Any]]:
        query = urllib.parse.urlencode([("filter", f'{name}="{value}"') for name, value in labels.items()])
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts?{query}", timeout=10) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found

    def post(self, *labels: dict[str, str]) -> None:
        content = json.dumps([{"labels": one} for one in labels]).encode()
        asked = urllib.request.Request(
            f"{self.url}/api/v2/alerts", content, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(asked, timeout=10):
            pass

    def told(self) -> list[dict[str, Any]]:
        """The alerts that have come to the webhook."""
        return [alert for message in list(self.hook.messages) for alert in message["alerts"]]


def free_ports(above: int) -> Iterator[int]:
    return (port for port in range(above, above + 100) if is_free(port))


@pytest.fixture(scope="module")
def hook() -> Iterator[HttpReceiver]:
    with HttpReceiver() as one:
        yield one


@pytest.fixture(scope="module")
def watched(flink: FlinkCluster, hook: HttpReceiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus and an Alertmanager next to the cluster, and a job with all that rules ask for."""
    port, alerts_port = islice(free_ports(max(flink.ports()) + 1), 2)
    programs = tmp_path_factory.mktemp("programs")
    path = alertmanager_path(programs)
    variables = {
        "monitoring_prometheus_port": port,
        "monitoring_prometheus_arguments": ["--web.enable-lifecycle"],
        "monitoring_scrape_interval": "1 s",
        "monitoring_alertmanager": "package" if path else "none",
        "monitoring_alertmanager_port": alerts_port,
        "monitoring_receivers": [{"name": "hook", "webhook_configs": [{"url": hook.url}]}],
        "monitoring_routes": {"warning": ["hook"]},
        # One alert that needs no fault: not to have restarted is 0 of 10 already.
        "monitoring_thresholds": {"restart_budget": 10, "restart_budget_ratio": 0},
    }
    work = tmp_path_factory.mktemp("counting")
    jar = build(flink, work / "counting.jar")
    arguments = ["--output", str(work / "out"), "--rate", "200"]
    wish = {"name": "watched-job", "jar": str(jar), "parallelism": 1, "arguments": arguments}
    configuration = {"execution.checkpointing.interval": "2 s", "execution.checkpointing.min-pause": "0 s"}
    prometheus = Prometheus(flink, port, variables)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", path or os.environ["PATH"])
        try:
            # Older than any that is made here.
            good(flink.module("flink_job_archive", state="noted", backup_id="20260101T000000Z"))
            good(flink.module("flink_job_archive", state="tested", tested_at="20260101T000000Z"))
            good(flink.module("flink_job", **wish, configuration=configuration))
            done = prometheus.playbook()
            assert done.code == 0, done.trouble
            yield prometheus
        finally:
            flink.module("flink_job", name="watched-job", state="absent")
            gone = prometheus.playbook(flink_monitoring_removed=True)
            assert gone.code == 0, gone.trouble
            assert not prometheus.directory.exists()
            assert flink.pids("jm1", "prometheus") == flink.pids("jm1", "alertmanager") == []


@pytest.fixture
def alertmanager(watched: Prometheus, hook: HttpReceiver) -> Alertmanager:
    if watched.variables["monitoring_alertmanager"] == "none":
        pytest.skip("Debian's Alertmanager must be installed, or one must be allowed to mount")
    return Alertmanager(f"http://127.0.0.1:{watched.variables['monitoring_alertmanager_port']}", hook)


def test_prometheus_comes_out_of_debians_package(watched: Prometheus) -> None:
    (pid,) = watched.cluster.pids("jm1", "prometheus")
    program = Path(f"/proc/{pid}/cmdline").read_text().partition("\0")[0]
    assert "prometheus, version" in run([program, "--version"])
    # What this machine has is taken; else the role has unpacked it.
    assert program == shutil.which("prometheus") or Path(program).parts[-3:] == ("monitoring", "bin", "prometheus")


def test_every_metric_that_rules_and_dashboards_ask_for_is_there(watched: Prometheus) -> None:
    rules = yaml.safe_load((watched.directory / "rules.yml").read_text())
    wanted = promql.asked(rules, (watched.directory / "grafana" / "dashboards").glob("*.json"))
    # The server that Flink brings along has none: test_versions.py asks another one for them.
    wanted -= promql.of_zookeeper(wanted)
    assert len(wanted) > 50
    # The watchdog looks for a backup once a minute.
    promql.await_export(wanted, watched.names, 120)


def test_jobs_and_hosts_are_called_as_people_call_them(watched: Prometheus) -> None:
    found = eventually(
        lambda: watched.query('flink_jobmanager_job_numRestarts{job_name="watched-job",host="127.0.0.1"}'),
        60,
        "the metrics of the job under its own name",
    )
    assert found[0]["metric"]["node"] in watched.cluster.hosts["jobmanagers"]
    assert found[0]["metric"]["cluster"] == watched.cluster.variables["flink_cluster_name"]


def test_a_second_run_changes_nothing_and_check_mode_says_so(watched: Prometheus) -> None:
    again = watched.playbook()
    assert (again.code, again.changed) == (0, 0), again.trouble


def test_an_alert_goes_to_the_receiver_of_its_severity(watched: Prometheus, alertmanager: Alertmanager) -> None:
    labels = {
        "alertname": "FlinkRestartBudgetLow",
        "cluster": watched.cluster.variables["flink_cluster_name"],
        "job_name": "watched-job",
        "severity": "warning",
    }
    (told,) = eventually(lambda: [one for one in alertmanager.told() if one["labels"] == labels][:1], 60, "the message")
    assert told["status"] == "firing"
    assert told["annotations"]["summary"] == "Job watched-job has used 0 of its 10 restarts"


def test_what_the_watchdog_tells_is_there_with_its_labels_until_it_is_over(alertmanager: Alertmanager) -> None:
    subject = "job orders"
    receiver = {"name": "alertmanager", "kind": "alertmanager", "url": alertmanager.url}
    began = time.time() - 60
    message = _send.Message(
        subject, "critical", _receivers.FIRING, "ZOMBIE", "Job orders hangs", "It was.", "c", began + 60, began
    )
    _send.send(receiver, message)
    (found,) = eventually(lambda: alertmanager.alerts(subject=subject), 30, "the alert")
    wanted = {"alertname": "FlinkWatchdog", "cluster": "c", "subject": subject, "severity": "critical"}
    assert found["labels"] == wanted
    # Alerts without a route are stored but not delivered.
    assert [one["name"] for one in found["receivers"]] == ["unrouted"]
    assert found["annotations"] == {"summary": "Job orders hangs", "description": "It was."}
    assert (found["startsAt"], found["status"]["state"]) == (iso(began), "active")
    _send.send(receiver, message._replace(status=_receivers.RESOLVED, at=time.time()))
    eventually(lambda: alertmanager.alerts(subject=subject) == [], 30, "the end of the alert")


@pytest.mark.parametrize(("source", "explained"), INHIBITIONS, ids=[source for source, _explained in INHIBITIONS])
def test_what_another_alert_explains_is_not_delivered(alertmanager: Alertmanager, source: str, explained: str) -> None:
    names = explained.split("|")
    alertmanager.post(*({"alertname": name, "cluster": f"c-{source}"} for name in [source, *names]))
    alertmanager.post(*({"alertname": name, "cluster": f"other-{source}"} for name in names))

    def states(cluster: str) -> dict[str, str]:
        return {one["labels"]["alertname"]: one["status"]["state"] for one in alertmanager.alerts(cluster=cluster)}

    wanted = {source: "active", **dict.fromkeys(names, "suppressed")}
    eventually(lambda: states(f"c-{source}") == wanted, 30, f"the silence of {explained}")
    assert states(f"other-{source}") == dict.fromkeys(names, "active")


def test_the_killed_leader_is_seen_as_a_missing_standby_until_it_is_back(watched: Prometheus) -> None:
    cluster = watched.cluster
    eventually(lambda: watched.state("FlinkStandbyMissing") == "inactive", 60, "a calm alert before the fault")
    leader = good(cluster.module("flink_leader_info"))["leader"]["name"]
    # It is back long before an alert would be sent.
    with watched.at_once("FlinkStandbyMissing"):
        assert not watched.has_fired("FlinkStandbyMissing")
        assert cluster.kill_daemon(leader, "jobmanager", signal.SIGKILL)
        eventually(lambda: watched.has_fired("FlinkStandbyMissing"), 90, "the alert after the leader was killed")
        eventually(lambda: watched.state("FlinkStandbyMissing") == "inactive", 240, "the end of the alert")
    # One leader at any time, and it is said who led.
    assert (
        watched.query("max_over_time(count(flink_jobmanager_numRegisteredTaskManagers)[5m:1s])")[0]["value"][1] == "1"
    )
    eventually(lambda: watched.state("FlinkLeaderChanged") == "firing", 60, "the word of another leader")
    assert watched.state("FlinkNoLeader") != "firing"
    assert watched.state("FlinkSplitBrain") != "firing"


@pytest.mark.long
def test_a_jobmanager_that_stays_away_is_told_until_it_is_back(watched: Prometheus) -> None:
    cluster = watched.cluster
    leader = good(cluster.module("flink_leader_info"))["leader"]["name"]
    standby = next(name for name in cluster.hosts["jobmanagers"] if name != leader)
    assert cluster.kill_daemon(standby, "jobmanager", signal.SIGSTOP)
    try:
        eventually(lambda: watched.state("FlinkStandbyMissing") == "firing", 300, "the alert")
    finally:
        # What hung is ended, never continued.
        cluster.kill_daemon(standby, "jobmanager", signal.SIGKILL)
    eventually(lambda: watched.state("FlinkStandbyMissing") == "inactive", 240, "the end of the alert")


@pytest.fixture(scope="module")
def whole(new_cluster: Callable[..., FlinkCluster]) -> Iterator[FlinkCluster]:
    """A small cluster with a history server, and a ZooKeeper that has metrics."""
    new = new_cluster(zookeeper_source="maven", demo_enabled=False, flink_jobs=[])
    cluster = with_zookeeper_metrics(smaller(new))
    path = cluster.inventory / "hosts.yml"
    hosts = yaml.safe_load(path.read_text())
    (history_port,) = islice(free_ports(max(cluster.ports()) + 1), 1)
    group = {"hosts": {"jm1": {"history_server_port": history_port}}}
    hosts["flink"]["children"]["history_servers"] = group
    cluster.hosts["history_servers"] = group["hosts"]
    path.write_text(yaml.safe_dump(hosts, sort_keys=False))
    try:
        done = cluster.playbook("site.yml")
        assert done.code == 0, done.trouble
        yield cluster
    finally:
        gone = cluster.playbook("reset.yml", flink_reset_confirm=cluster.variables["flink_cluster_name"])
        assert gone.code == 0, gone.trouble
        assert not cluster.base_dir.exists()


@pytest.mark.long
def test_the_past_of_a_job_survives_a_failover(whole: FlinkCluster, tmp_path: Path) -> None:
    wish = {"name": "past", "jar": str(build(whole, tmp_path / "counting.jar")), "parallelism": 1}
    arguments = ["--output", str(tmp_path / "out"), "--rate", "50"]
    job = good(whole.module("flink_job", **wish, arguments=arguments))["job_id"]
    good(whole.module("flink_job", name="past", state="absent"))
    leader = good(whole.module("flink_leader_info"))["leader"]["name"]
    whole.kill_daemon(leader, "jobmanager")
    good(whole.module("flink_leader_info", contenders=2, timeout=300))
    port = whole.hosts["history_servers"]["jm1"]["history_server_port"]

    def past() -> list[tuple[str, str]]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/jobs/overview", timeout=10) as answer:
            return [(one["jid"], one["state"]) for one in json.load(answer)["jobs"]]

    assert eventually(past, 120, "the history") == [(job, "CANCELED")]
    before = whole.pids("jm1", "history_server")
    rolled = whole.playbook("rolling_restart.yml", flink_rolling_restart_daemons=["history_server"])
    assert rolled.code == 0, rolled.trouble
    assert whole.pids("jm1", "history_server") != before
    assert eventually(past, 120, "the history after a restart") == [(job, "CANCELED")]


@pytest.mark.long
def test_every_metric_of_zookeeper_that_rules_and_dashboards_ask_for_is_there(whole: FlinkCluster) -> None:
    port = next(free_ports(max(whole.ports()) + 10))
    prometheus = Prometheus(whole, port, {"monitoring_prometheus_port": port, "monitoring_scrape_interval": "1 s"})
    done = prometheus.playbook()
    assert done.code == 0, done.trouble
    wanted = promql.of_zookeeper(promql.asked(promql.every_rule(whole.version), promql.DASHBOARDS))
    assert len(wanted) > 5
    promql.await_export(wanted, prometheus.names)
    assert prometheus.state("ZooKeeperNoQuorum") == "inactive"
    whole.kill_daemon("zk1", "zookeeper")
    eventually(lambda: prometheus.state("ZooKeeperNoQuorum") != "inactive", 60, "the alert")
    eventually(lambda: prometheus.state("ZooKeeperNoQuorum") == "inactive", 240, "the end of the alert")
