"""From the inventory to targets, thresholds, rules and routes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.streamops.flink.plugins.filter import monitoring as filters
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config import inventory as _inventory
from ansible_collections.streamops.flink.plugins.module_utils._monitoring import prometheus as _monitoring

from alert_rules import alerts, rendered
from prometheus import program, promtool
from promql import every_rule

GROUPS = {
    "zookeeper": ["zk1", "zk2", "zk3"],
    "jobmanagers": ["jm1", "jm2"],
    "taskmanagers": ["tm1", "tm2"],
}
HOSTS: dict[str, dict[str, Any]] = {
    name: {"flink_host_address": f"{name}.example"} for names in GROUPS.values() for name in names
}
HOSTS["tm2"]["taskmanager_slots"] = 6
VARIABLES = {
    "flink_version": "1.20.5",
    "flink_cluster_id": "/c",
    "flink_zookeeper_quorum": "zk1:2181",
    "flink_storage_url": "file:///srv/flink",
    "flink_node_dir": "/srv/n",
    "flink_host_address": "mon1",
}
JOBS = [{"name": "a"}, {"name": "b", "state": "absent"}]


def nodes(**shared: Any) -> list[_inventory.Node]:
    found = _inventory.nodes(GROUPS, HOSTS, {"zookeeper_source": "maven", "flink_runtime": "systemd", **shared})
    # As with a watchdog on one of them.
    next(node for node in found if node["name"] == "jm1")["ports"]["guardian_metrics_port"] = 9259
    return found


def document_of(
    thresholds: dict[str, Any] | None = None,
    jobs: Any = None,
    hosts: list[_inventory.Node] | None = None,
    cluster: str = "c",
    runbook: str = "",
    **more: Any,
) -> dict[str, Any]:
    """The file of rules as the role makes it."""
    found, variables = nodes() if hosts is None else hosts, {**VARIABLES, **more}
    values = filters.flink_prometheus_thresholds(found, variables, JOBS if jobs is None else jobs, thresholds)
    targets = filters.flink_prometheus_targets(found, cluster)
    return rendered(values, targets, variables["flink_version"], cluster, runbook)


def rules(thresholds: dict[str, Any] | None = None, jobs: Any = None, **variables: Any) -> dict[str, dict[str, Any]]:
    return alerts(document_of(thresholds, jobs, **variables))


def test_every_daemon_is_a_target_under_the_name_of_the_inventory() -> None:
    found = filters.flink_prometheus_targets(nodes(), "c")
    assert {daemon: [one["targets"][0] for one in ones] for daemon, ones in found.items()} == {
        "jobmanager": ["jm1.example:9249", "jm2.example:9249"],
        "taskmanager": ["tm1.example:9250", "tm2.example:9250"],
        "zookeeper": ["zk1.example:7000", "zk2.example:7000", "zk3.example:7000"],
        "guardian": ["jm1.example:9259"],
    }
    assert found["taskmanager"][1]["labels"] == {"cluster": "c", "daemon": "taskmanager", "node": "tm2"}


def test_a_zookeeper_without_metrics_is_no_target_and_has_no_alerts() -> None:
    bundled = _inventory.nodes(GROUPS, HOSTS, {"flink_runtime": "process"})
    assert filters.flink_prometheus_targets(bundled, "c")["zookeeper"] == []
    document = document_of(hosts=bundled)
    assert "flink-c-zookeeper" not in [group["name"] for group in document["groups"]]


def test_thresholds_follow_from_the_inventory() -> None:
    found = rules()
    assert found["FlinkStandbyMissing"]["expr"].endswith("< 2")
    assert found["FlinkTaskManagersMissing"]["expr"].endswith("< 2")
    # A failure of the largest TaskManager takes as many slots as it has.
    assert found["FlinkNoSpareSlots"]["expr"].endswith("< 6")
    assert found["FlinkJobsMissing"]["expr"].endswith("< 1")
    assert found["ZooKeeperNoQuorum"]["expr"].endswith("< 2")
    assert "[210s]" in found["FlinkCheckpointStalled"]["expr"]
    assert found["FlinkCheckpointSlow"]["expr"].endswith("> 144 * 1000")


def test_the_time_without_a_checkpoint_follows_the_slowest_job_and_the_users_options() -> None:
    slow = [{"name": "a", "configuration": {"execution.checkpointing.interval": "10 min"}}, {"name": "b"}]
    assert "[1800s]" in rules(jobs=slow)["FlinkCheckpointStalled"]["expr"]
    options = {"execution.checkpointing.interval": "5 min"}
    assert "[900s]" in rules(flink_config=options)["FlinkCheckpointStalled"]["expr"]


@pytest.mark.parametrize(
    ("variables", "thresholds", "left"),
    [
        ({"flink_checkpoint_interval": "0 s"}, {}, set()),
        ({"flink_config": {"execution.checkpointing.interval": None}}, {}, set()),
        # Who names a time himself has its alert.
        ({"flink_checkpoint_interval": "0 s"}, {"checkpoint_stalled_seconds": 300}, {"FlinkCheckpointStalled"}),
        ({}, {}, {"FlinkCheckpointStalled", "FlinkCheckpointSlow", "FlinkCheckpointOld", "FlinkNoFilesCommitted"}),
    ],
)
def test_a_cluster_without_a_checkpoint_interval_has_no_alerts_on_it(
    variables: dict[str, Any], thresholds: dict[str, Any], left: set[str]
) -> None:
    about = {"FlinkCheckpointStalled", "FlinkCheckpointSlow", "FlinkCheckpointOld", "FlinkNoFilesCommitted"}
    assert about & set(rules(thresholds, **variables)) == left


@pytest.mark.parametrize(("restarts", "budget"), [(None, 2), (3, 2), ("1", 1), (0, 0)])
def test_the_watchdogs_budget_is_low_only_where_it_has_one(restarts: Any, budget: int) -> None:
    found = rules(flink_watchdog_max_restarts=restarts)["FlinkWatchdogBudgetLow"]["expr"]
    assert found.endswith(f"< {budget}")


def test_versions_of_flink_are_asked_by_their_own_metrics() -> None:
    assert "lastCheckpointCompletedTimestamp" in rules(flink_version="2.2.1")["FlinkCheckpointStalled"]["expr"]
    assert "numberOfCompletedCheckpoints" in rules()["FlinkCheckpointStalled"]["expr"]
    assert "FlinkFileDescriptors" in rules(flink_version="2.2.1")
    assert "FlinkFileDescriptors" not in rules()


@pytest.mark.parametrize(
    ("variables", "expr"),
    [
        (
            {"flink_restart_strategy": "fixed-delay"},
            'max by (cluster, job_name) (flink_jobmanager_job_numRestarts{cluster="c"}) >= 0.8 * 10',
        ),
        (
            {"flink_restart_strategy": "failure-rate"},
            'max by (cluster, job_name) (increase(flink_jobmanager_job_numRestarts{cluster="c"}[600s])) >= 0.8 * 10',
        ),
        (
            {"flink_restart_strategy_options": {"attempts-before-reset-backoff": 20}},
            'max by (cluster, job_name) (increase(flink_jobmanager_job_numRestarts{cluster="c"}[600s])) >= 0.8 * 20',
        ),
        # Without an end there is no budget.
        ({}, None),
    ],
)
@pytest.mark.parametrize("version", ["1.19.3", "1.20.5", "2.2.1"])
def test_the_restart_budget_is_that_of_the_restart_strategy(
    version: str, variables: dict[str, Any], expr: str | None
) -> None:
    found = rules(flink_version=version, **variables).get("FlinkRestartBudgetLow")
    assert (found and found["expr"]) == expr


def test_a_threshold_of_the_user_comes_over_the_computed_one() -> None:
    found = rules({"spare_slots": 1, "lag_metric": "my_lag", "source_lag": "7"})
    assert found["FlinkNoSpareSlots"]["expr"].endswith("< 1")
    assert found["FlinkSourceLag"]["expr"] == 'max by (cluster, job_name) (my_lag{cluster="c"}) > 7'


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ({"sourcelag": 5}, "there is no threshold 'sourcelag'; did you mean source_lag?"),
        ({"qqq": 5}, "there is no threshold 'qqq': there are backpressure,"),
        ({"heap": "much"}, "monitoring_thresholds.heap: it must be a number, not 'much'"),
        ({"heap": -1}, "it must be a number from 0, not '-1'"),
        ({"heap": "nan"}, "it must be a number from 0, not 'nan'"),
        ({"heap": True}, "it must be a number"),
        ({"lag_metric": "a b"}, "monitoring_thresholds.lag_metric: 'a b' is not a valid name of a metric"),
        ({"checkpoint_stalled_seconds": 20}, "20 s are no longer than the checkpoint interval of 30 s"),
        ({"files_seconds": 30}, "so that the alert would always fire: make it 90"),
    ],
)
def test_a_threshold_that_cannot_work_is_refused(thresholds: dict[str, Any], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match="cannot use monitoring_thresholds") as caught:
        rules(thresholds)
    assert message in str(caught.value)


def test_alerts_name_their_page_only_where_there_is_one() -> None:
    assert "runbook_url" not in rules()["FlinkNoLeader"]["annotations"]
    document = document_of(runbook="https://docs.example/monitoring")
    first = document["groups"][1]["rules"][0]
    assert first["annotations"]["runbook_url"] == "https://docs.example/monitoring#flinknoleader"


def test_a_name_with_quotes_stays_inside_of_its_selector(tmp_path: Path) -> None:
    document = document_of(cluster='c"} or vector(1) #')
    (tmp_path / "rules.yml").write_text(json.dumps(document))
    done = promtool("check", "rules", tmp_path / "rules.yml")
    assert done.returncode == 0, done.stderr
    assert 'cluster=\\"c\\\\\\"} or' in (tmp_path / "rules.yml").read_text()


def test_promtool_takes_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(json.dumps(document_of()))
    (tmp_path / "targets").mkdir()
    for daemon, content in filters.flink_prometheus_targets(nodes(), "c").items():
        (tmp_path / "targets" / f"{daemon}.json").write_text(json.dumps(content))
    document = filters.flink_prometheus_config("c", str(tmp_path), "mon1:9090", interval=5, alertmanagers=["am1:9093"])
    (tmp_path / "prometheus.yml").write_text(json.dumps(document))
    done = promtool("check", "config", tmp_path / "prometheus.yml")
    assert done.returncode == 0, done.stderr
    assert "does not point to an existing file" not in done.stdout
    assert [job["job_name"] for job in document["scrape_configs"]] == [
        "flink-jobmanager",
        "flink-taskmanager",
        "zookeeper",
        "flink-guardian",
        "prometheus",
    ]


RECEIVERS = [
    {"name": "pager", "webhook_configs": [{"url": "http://pager.example/"}]},
    {"name": "mail", "email_configs": [{"to": "ops@example.org"}]},
]
MAIL = {"smtp_smarthost": "mail.example:25", "smtp_from": "flink@example.org"}


def routed(document: dict[str, Any], path: Path, **labels: str) -> list[str]:
    """Whom amtool says that an alert goes to."""
    import subprocess

    path.write_text(json.dumps(document))
    words = [program("amtool", "prometheus-alertmanager"), "config", "routes", "test", f"--config.file={path}"]
    done = subprocess.run(
        [*words, *(f"{key}={value}" for key, value in labels.items())], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().split(",")


def test_alerts_go_to_the_receivers_of_their_severity(tmp_path: Path) -> None:
    routes = {"critical": ["pager", "mail"], "warning": "mail"}
    document = filters.flink_alertmanager_config(RECEIVERS, routes, MAIL)
    assert routed(document, tmp_path / "a.yml", severity="critical") == ["pager", "mail"]
    assert routed(document, tmp_path / "a.yml", severity="warning") == ["mail"]
    assert routed(document, tmp_path / "a.yml", severity="info") == ["unrouted"]


@pytest.mark.parametrize(
    ("receivers", "routes", "message"),
    [
        (RECEIVERS, {"urgent": ["mail"]}, "there is no severity 'urgent', only critical, warning, info"),
        (RECEIVERS, {"info": ["slack"]}, "info goes to 'slack', but monitoring_receivers has pager, mail"),
        ([], {"info": ["slack"]}, "info goes to 'slack', but monitoring_receivers has none"),
        ([{"webhook_configs": []}], {}, "receiver 1 needs a name of its own, not ''"),
        ([RECEIVERS[0], RECEIVERS[0]], {}, "receiver 1 needs a name of its own, not 'pager'"),
    ],
)
def test_routes_that_lead_nowhere_are_refused(receivers: Any, routes: Any, message: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        filters.flink_alertmanager_config(receivers, routes)
    assert message in str(caught.value)


def test_every_alert_that_silences_another_exists() -> None:
    names = set(alerts(every_rule("2.2.1")))
    for source, told in _monitoring.INHIBITIONS:
        assert {source, *told.split("|")} <= names


def test_thresholds_are_an_error_of_the_library_itself() -> None:
    with pytest.raises(FlinkError):
        _monitoring.thresholds({}, {"nothing": 1})


def test_an_ipv6_address_is_scraped_in_brackets() -> None:
    found = [{**node, "address": "fd00::1"} for node in nodes()]
    for daemon in filters.flink_prometheus_targets(found, "c").values():
        for target in daemon:
            assert target["targets"][0].startswith("[fd00::1]:")
