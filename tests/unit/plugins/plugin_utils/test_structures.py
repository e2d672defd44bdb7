"""Variables with keys: which are refused before any host is asked, and in which words."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.schema import LATE
from ansible_collections.streamops.flink.plugins.module_utils._monitoring import prometheus
from ansible_collections.streamops.flink.plugins.plugin_utils._specifications import role_options
from ansible_collections.streamops.flink.plugins.plugin_utils._structures import structure_problems

SUM = f"sha256:{'0' * 64}"
JAR = {"artifact": "g:a:1", "checksum": SUM}
SOURCE = {"kind": "postgres-cdc", "hostname": "db", "database": "d", "username": "u", "password": "canary"}
SINK = {"kind": "csv", "directory": "/srv/out"}
HOOK = {"name": "x", "kind": "webhook", "url": "https://a.example.com/hook"}


def pipeline(**change: Any) -> list[dict[str, Any]]:
    return [{"name": "p", "pipeline": {"source": SOURCE, "tables": ["t"], "sink": SINK, **change}}]


def receivers(**change: Any) -> dict[str, Any]:
    return {"receivers": [{**HOOK, **change}]}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        # Libraries
        (
            "flink_libraries",
            [JAR, {**JAR, "chksum": SUM}],
            "entry 2 of flink_libraries: chksum is not a key of flink_libraries: did you mean checksum?",
        ),
        ("flink_libraries", ["g:a:1"], "entry 1 of flink_libraries is not a dictionary: write its keys below it"),
        ("flink_libraries", [{**JAR, "artifact": [1]}], "entry 1 of flink_libraries: artifact is [1], which is not"),
        ("flink_libraries", [{"artifact": "g:a:1"}], "flink_libraries: g:a:1 has no checksum: add checksum"),
        ("flink_plugins", {"s3": JAR}, "flink_plugins, s3: a plugin is a list of jars"),
        ("flink_plugins", {"s3": [{**JAR, "artefact": 1}]}, "has the unknown key artefact: did you mean artifact?"),
        ("zookeeper_artifacts", [{**JAR, "sum": 1}], "entry 1 of zookeeper_artifacts: sum is not a key of zookeeper_"),
        (
            "distribution_checksums",
            {"apache_flink": SUM},
            "apache_flink is not a key of distribution_checksums: did you mean apache-flink?",
        ),
        # Savepoints and connections
        (
            "flink_savepoint_retention",
            {"max_agee": "30 d"},
            "max_agee is not a key of flink_savepoint_retention: did you mean max_age?",
        ),
        (
            "flink_savepoint_retention",
            {"keep": "many"},
            "flink_savepoint_retention: keep is 'many', which is not a valid integer: write a whole number",
        ),
        (
            "flink_savepoint_retention",
            {"max_age": 30},
            "flink_savepoint_retention: max_age: 30 has no unit: write 30 s",
        ),
        (
            "flink_connection_options",
            {"rest_pasword": "canary"},
            "rest_pasword is not a key of flink_connection_options: did you mean rest_password?",
        ),
        (
            "flink_connection_options",
            {"zookeeper_tls": {"certt": "/x", "ca": "/x"}},
            "zookeeper_tls.certt is not a key of flink_connection_options: did you mean zookeeper_tls.cert?",
        ),
        (
            "flink_connection_options",
            {"jobmanagers": [{"name": "a", "url": "b", "port": 1}]},
            "jobmanagers[1].port is not a key of flink_connection_options: the keys are ",
        ),
        (
            "flink_connection_options",
            {"rest_validate_certs": "maybe"},
            "rest_validate_certs is 'maybe', which is not a",
        ),
        ("flink_connection_options", {"rest_password": ["canary"]}, "rest_password is ********, which is not text"),
        ("flink_container_volumes", {"data": ["/x"]}, "flink_container_volumes: data is ['/x'], which is not text"),
        # Backups
        (
            "backup_drill_jobs",
            [{"name": "x", "aguments": []}],
            "entry 1 of backup_drill_jobs (x): aguments is not a key of backup_drill_jobs: did you mean arguments?",
        ),
        ("backup_drill_jobs", [{"name": "x", "live": "often"}], "live is 'often', which is not a valid boolean"),
        (
            "backup_drill_jobs",
            [{"name": "x", "savepoint_path": "s3://x"}],
            "savepoint_path is not a key of backup_drill",
        ),
        (
            "backup_drill_variables",
            {"flink_versoin": 1},
            "backup_drill_variables: flink_versoin is not a variable of this collection: did you mean flink_version?",
        ),
        ("backup_drill_variables", {"taskmanager_slot": 1}, "did you mean taskmanager_slots?"),
        # Receivers of the watchdog
        (
            "flink_watchdog_alerts",
            {"reciever": []},
            "reciever is not a key of flink_watchdog_alerts: did you mean rece",
        ),
        (
            "flink_watchdog_alerts",
            {"receivers": HOOK},
            "flink_watchdog_alerts: receivers is not a list: write its items",
        ),
        (
            "flink_watchdog_alerts",
            {"repeat": "4 h"},
            "flink_watchdog_alerts has the repeat '4 h', which is not a number",
        ),
        (
            "flink_watchdog_alerts",
            receivers(tokn="canary"),
            "unknown option tokn for the kind webhook: did you mean token?",
        ),
        ("flink_watchdog_alerts", receivers(kind="webhok"), "has the unknown kind 'webhok': did you mean webhook?"),
        (
            "flink_watchdog_alerts",
            receivers(validate_certs="maybe"),
            "validate_certs is 'maybe', which is not a valid bo",
        ),
        ("flink_watchdog_alerts", receivers(token=["canary"]), "token is ********, which is not text"),
        # Receivers of Alertmanager
        (
            "monitoring_receivers",
            [{"name": "x", "webhook_config": []}],
            "receiver 1 (x) is not a key of a receiver of Alertmanager: did you mean webhook_configs?",
        ),
        (
            "monitoring_receivers",
            [{"name": "x", "slack_configs": {"channel": "#a"}}],
            "slack_configs of receiver 1 (x) is",
        ),
        ("monitoring_receivers", [{"slack_configs": []}], "receiver 1 needs a name of its own, not ''"),
        ("monitoring_routes", {"critcal": "x"}, "critcal is not a key of monitoring_routes: did you mean critical?"),
        ("monitoring_thresholds", {"hep": 1}, "there is no threshold 'hep'; did you mean heap?"),
        ("monitoring_thresholds", {"heap": "high"}, "monitoring_thresholds.heap: it must be a number, not 'high'"),
        # Jobs
        ("flink_jobs", [{"name": "x", "health": {"prob": {}}}], "the unknown sign prob: did you mean probe?"),
        (
            "flink_jobs",
            [{"name": "x", "health": {"probe": {"command": ["a"], "timout": 3}}}],
            "(timout): did you mean timeout?",
        ),
        ("flink_jobs", pipeline(sinks=SINK), "the pipeline p has the unknown key sinks: did you mean sink?"),
        (
            "flink_jobs",
            pipeline(connectors="givn"),
            "the pipeline p: connectors is matrix (the coll",
        ),
        ("flink_jobs", pipeline(source="db"), "the source of the pipeline p is not a dictionary: write kind"),
        (
            "flink_jobs",
            pipeline(source={**SOURCE, "kind": "postgres"}),
            "; did you mean postgres-cdc?",
        ),
        (
            "flink_jobs",
            pipeline(source={**SOURCE, "usrname": "u"}),
            "has the unknown key usrname: did you mean username?",
        ),
        (
            "flink_jobs",
            pipeline(source={**SOURCE, "hostname": ["a"]}),
            "(postgres-cdc): hostname is ['a'], which is not",
        ),
        ("flink_jobs", pipeline(source={**SOURCE, "password": ["canary"]}), "password is ********, which is not text"),
        ("flink_jobs", pipeline(source={**SOURCE, "options": {"a": [1]}}), "options.a is [1], which is not text"),
        (
            "flink_jobs",
            pipeline(sink={**SINK, "dirctory": "/x"}),
            "has the unknown key dirctory: did you mean directory?",
        ),
        (
            "flink_jobs",
            pipeline(sink={**SINK, "kind": 7}),
            "the sink of the pipeline p has the kind 7: it is one of csv",
        ),
        ("flink_jobs", pipeline(tables=[7]), "the pipeline p has a table without a name: 7"),
        ("flink_jobs", pipeline(tables={"t": {}}), "the pipeline p names no tables"),
        ("flink_jobs", pipeline(tables=[{"name": "t", "colums": {}}]), "unknown key colums: did you mean columns?"),
        (
            "flink_jobs",
            pipeline(tables=[{"name": "t", "columns": {"id": {"type": "INT"}}}]),
            "the pipeline p: the table t: columns.id is {'type': 'INT'}, which is not text",
        ),
        ("flink_jobs", pipeline(tables=[{"name": "t", "select": ["a"]}]), "select is ['a'], which is not text"),
        (
            "flink_jobs",
            pipeline(tables=[{"name": "t", "primary_key": {"id": 1}}]),
            "primary_key is {'id': 1}, which is no",
        ),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_to_write(name: str, value: Any, said: str) -> None:
    found = structure_problems(name, value, role_options()[name])
    assert len(found) == 1, found
    assert said in found[0]
    assert "canary" not in found[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("flink_libraries", [JAR]),
        ("flink_libraries", [{"artifact": LATE, "checksum": SUM}]),
        ("flink_libraries", []),
        ("flink_plugins", {"s3": [JAR]}),
        ("flink_savepoint_retention", {"keep": "3", "max_age": "30 d"}),
        ("flink_savepoint_retention", {"keep": 3, "max_age": None}),
        ("flink_connection_options", {"rest_ca_path": "/ca", "zookeeper_tls": {"verify": "no"}, "request_timeout": 5}),
        ("flink_watchdog_alerts", {}),
        ("flink_watchdog_alerts", {"receivers": None, "repeat": 60}),
        ("flink_watchdog_alerts", receivers(timeout="5", validate_certs=False, level="critical")),
        (
            "monitoring_receivers",
            [{"name": "x", "new_configs": []}, {"name": "y", "slack_configs": [{"channel": "#a"}]}],
        ),
        ("monitoring_routes", {"critical": "x", "info": ["x", "y"]}),
        ("monitoring_thresholds", {"heap": 0.8, "lag_metric": "a_b", "checkpoint_old_seconds": 900, "jobs": 2}),
        ("backup_drill_jobs", [{"name": "x", "live": True}, {"name": "y", "arguments": ["--to", "/x"]}]),
        ("backup_drill_variables", {"taskmanager_slots": 2, "ansible_user": "x"}),
        ("flink_config", {"anything": {"at": "all"}}),
        ("flink_jobs", pipeline()),
        ("flink_jobs", pipeline(source={**SOURCE, "port": "5432", "options": {"a": True, "b": None, "c": 1}})),
        ("flink_jobs", pipeline(tables=["a", {"name": "b", "primary_key": ["id"], "columns": {"id": "INT"}}])),
        ("flink_jobs", [{"name": "x", "state": "suspended", "pipeline": {}}]),
    ],
)
def test_what_people_write_passes(name: str, value: Any) -> None:
    assert structure_problems(name, value, role_options()[name]) == []


def test_every_threshold_of_an_inventory_has_a_name_that_is_known() -> None:
    options = {
        "execution.checkpointing.interval": "30 s",
        "restart-strategy.type": "failure-rate",
        "restart-strategy.failure-rate.max-failures-per-interval": 3,
        "restart-strategy.failure-rate.failure-rate-interval": "1 min",
    }
    computed = prometheus.computed([], [], options, "1.20.5")
    assert computed.keys() <= {*prometheus.COUNTED, *prometheus.OF_OPTIONS}
    assert list(prometheus.threshold_problems(dict.fromkeys(computed, 60))) == []


def test_every_variable_with_named_keys_has_them_described() -> None:
    """Whoever adds a list of dictionaries says which keys they have."""
    free = {"flink_jobs", "backup_drill_jobs", "monitoring_receivers"}
    lists = {name: one for name, one in role_options().items() if one.get("elements") == "dict"}
    assert {name for name, one in lists.items() if not one.get("options")} == free
