"""What a watchdog reads, and what is refused before anything is changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config.catalogue import catalogue
from ansible_collections.streamops.flink.plugins.module_utils._config.catalogue_data import VERSIONS
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import config_file as _config_file
from ansible_collections.streamops.flink.plugins.module_utils._watchdog.config import config_of, problems

RECEIVER = {"name": "x", "kind": "slack", "url": "http://x"}
OTHER = {**RECEIVER, "name": "y"}
ENABLED = {"flink_watchdog_enabled": True, "flink_checkpoint_interval": "30 s", "flink_jobs": []}


def node(name: str, daemon: str, machine: str) -> dict[str, Any]:
    worker = daemon == "taskmanager"
    return {
        "name": name,
        "machine": machine,
        "daemons": [daemon],
        "slots": 2 if worker else 0,
        "resource_id": name if worker else None,
        "node_dir": f"/srv/nodes/{name}",
    }


VARIABLES: dict[str, Any] = {
    "flink_nodes": [node("jm1", "jobmanager", "a"), node("tm1", "taskmanager", "a"), node("tm2", "taskmanager", "b")],
    "flink_machine": "a",
    "flink_cluster_name": "payments",
    "flink_connection": {"zookeeper_quorum": "zk1:2181", "cluster_id": "/payments", "zookeeper_password": None},
    "flink_jobs": [{"name": "count", "health": {"source_lag": {"max": 5}}}, {"name": "other"}],
    "flink_sql_gateways": ["http://gw:8083"],
    "flink_watchdog_cache_dir": "/var/cache/x",
    "flink_watchdog_max_restarts": "2",
    "flink_watchdog_stuck_timeout": "30 s",
    "guardian_metrics_address": "0.0.0.0",
    "guardian_metrics_port": "9259",
    "inventory_hostname": "jm1",
}


def test_the_watchdog_reads_what_the_role_writes(tmp_path: Path) -> None:
    path = tmp_path / "watchdog.json"
    path.write_text(json.dumps(config_of(VARIABLES, "/srv/guardian")))
    config = _config_file.read_config(path)
    assert config.connection.cluster_id == "/payments"
    assert (config.policy.max_restarts, config.limits.stuck, config.interval, config.slots) == (2, 30.0, 10.0, 4)
    assert config.signs == {"count": {"source_lag": {"max": 5}}}
    assert (config.metrics_port, config.directory) == (9259, Path("/srv/guardian/watchdog"))


def test_only_taskmanagers_of_the_same_machine_can_be_killed() -> None:
    places = config_of(VARIABLES, "/srv/guardian")["taskmanagers"]
    assert places == {"tm1": {"service": "payments/tm1/taskmanager", "directory": "/srv/nodes/tm1/taskmanager"}}


def test_a_configuration_that_is_not_the_roles_is_told_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "watchdog.json"
    for content in ("", "[]", "{}"):
        path.write_text(content)
        with pytest.raises(FlinkError, match=r"the watchdog's configuration .* cannot be used"):
            _config_file.read_config(path)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"flink_watchdog_checkpoint_window": "30 s"}, "is not longer than flink_checkpoint_interval (30 s)"),
        (
            {
                "flink_watchdog_checkpoint_window": "60 s",
                "flink_jobs": [{"name": "slow", "configuration": {"execution.checkpointing.interval": "5 min"}}],
            },
            "is not longer than the execution.checkpointing.interval of the job slow (300 s)",
        ),
        (
            {"flink_watchdog_checkpoint_window": "40 s", "flink_watchdog_interval": "50 s"},
            "is shorter than flink_watchdog_interval",
        ),
        (
            {"flink_watchdog_interval": "0 s"},
            "flink_watchdog_interval: '0 s' is too small or not a number: write a duration of at least 1 s",
        ),
        ({"flink_watchdog_interval": 10}, "flink_watchdog_interval: 10 has no unit: write 10 s or 10 ms"),
        (
            {"flink_watchdog_enabled": "on", "flink_watchdog_window": "soon"},
            "flink_watchdog_window: 'soon' is not a valid duration",
        ),
        ({"flink_watchdog_max_restarts": "many"}, "flink_watchdog_max_restarts: 'many' is too small or not a number"),
        ({"flink_watchdog_cooldown": "7200 s"}, "flink_watchdog_cooldown (7200 s) is longer than"),
        ({"flink_watchdog_alerts": {"receivers": [{"name": "x", "kind": "pager"}]}}, "has the unknown kind 'pager'"),
        ({"flink_jobs": [{"name": "count", "health": {"pulse": {}}}]}, "the unknown sign pulse"),
        (
            {"flink_watchdog_alerts": {"repeat": 14400}},
            "repeat of flink_watchdog_alerts: 14400 has no unit: write 14400 s or 14400 ms",
        ),
        (
            {"flink_watchdog_alerts": {"receivers": [{**RECEIVER, "timeout": "5"}]}},
            "timeout of the receiver x of flink_watchdog_alerts: 5 has no unit: write 5 s or 5 ms",
        ),
        (
            {"flink_watchdog_alerts": {"receivers": [{**RECEIVER, "timeout": "soon"}]}},
            "timeout of the receiver x of flink_watchdog_alerts: 'soon' is not a valid duration",
        ),
        (
            {"flink_watchdog_alerts": {"receivers": [{**RECEIVER, "timeout": "0 s"}]}},
            "has the timeout 0, which is not",
        ),
        (
            {"flink_jobs": [{"name": "count", "health": {"probe": {"command": ["/x"], "timeout": 10}}}]},
            "timeout of health.probe of the job count: 10 has no unit: write 10 s or 10 ms",
        ),
        (
            {"flink_jobs": [{"name": "count", "health": {"fresh_files": {"path": "/x", "max_age": "old"}}}]},
            "max_age of health.fresh_files of the job count: 'old' is not a valid duration",
        ),
        ({"flink_jobs": [{"name": "count", "health": {"fresh_files": {"path": "/x"}}}]}, "max_age None, which is not"),
    ],
)
def test_what_cannot_work_is_told(more: dict[str, Any], text: str) -> None:
    (found,) = problems({**ENABLED, **more})
    assert text in found


def test_times_in_sections_have_a_unit_and_nothing_means_not_set() -> None:
    jobs = [
        {"name": "a", "health": {"probe": {"command": ["/x"], "timeout": "1500 ms"}, "source_lag": None}},
        {
            "name": "b",
            "health": {
                "fresh_files": {"path": "/x", "max_age": "10 min"},
                "probe": {"command": ["/x"], "timeout": None},
            },
        },
        {"name": "c", "health": None},
        {"name": "d", "health": {"probe": None}},
    ]
    alerts = {"repeat": "4 h", "receivers": [{**RECEIVER, "timeout": "2 s", "token": None, "level": None}, OTHER]}
    variables = {**ENABLED, "flink_jobs": jobs, "flink_watchdog_alerts": alerts}
    assert problems(variables) == []
    found = config_of({**VARIABLES, **variables}, "/d")
    assert found["signs"] == {
        "a": {"probe": {"command": ["/x"], "timeout": 1.5}},
        "b": {"fresh_files": {"path": "/x", "max_age": 600}, "probe": {"command": ["/x"]}},
    }
    assert found["alerts"] == {"repeat": 14400, "receivers": [{**RECEIVER, "timeout": 2}, OTHER]}
    for nothing in (None, {}, {"receivers": None}, {"repeat": "", "receivers": []}):
        assert problems({**variables, "flink_watchdog_alerts": nothing}) == []
        assert not config_of({**VARIABLES, **variables, "flink_watchdog_alerts": nothing}, "/d")["alerts"].get("repeat")


KEY = "execution.checkpointing.interval"
NESTED = {"execution": {"checkpointing": {"interval": "5 min"}}}


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"flink_config": {KEY: "5 min"}}, f"the {KEY} of flink_config (300 s)"),
        ({"flink_config": NESTED}, f"the {KEY} of flink_config (300 s)"),
        ({"flink_config": {"execution.checkpointing": {"interval": 300000}}}, f"the {KEY} of flink_config (300 s)"),
        ({"flink_config": {KEY: "PT5M"}}, f"the {KEY} of flink_config (300 s)"),
        ({"flink_checkpoint_interval": "PT5M"}, "flink_checkpoint_interval (300 s)"),
        ({"flink_jobs": [{"name": "slow", "configuration": NESTED}]}, f"the {KEY} of the job slow (300 s)"),
    ],
)
def test_a_window_must_be_longer_than_what_counts_in_the_end(more: dict[str, Any], text: str) -> None:
    (found,) = problems({**ENABLED, "flink_watchdog_checkpoint_window": "60 s", **more})
    assert found.startswith(f"flink_watchdog_checkpoint_window (60 s) is not longer than {text}")


@pytest.mark.parametrize(
    "more",
    [
        {"flink_config": {KEY: "10 s"}},
        # Taken away: the cluster makes no checkpoints by itself.
        {"flink_config": {KEY: None}},
    ],
)
def test_flink_config_comes_after_the_variable(more: dict[str, Any]) -> None:
    variables = {**ENABLED, "flink_checkpoint_interval": "5 min", "flink_watchdog_checkpoint_window": "60 s", **more}
    assert problems(variables) == []


@pytest.mark.parametrize("options", [None, "text", [], {None: 1}, {KEY: "5 min", **NESTED}, {KEY: "often"}])
def test_options_that_cannot_be_read_are_left_to_the_check_of_options(options: Any) -> None:
    more = {"flink_config": options, "flink_jobs": [{"name": "count", "configuration": options}]}
    assert problems({**ENABLED, "flink_watchdog_checkpoint_window": "60 s", **more}) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_interval_has_the_same_name_in_every_version(version: str) -> None:
    known = catalogue(version)
    assert KEY in known.options
    assert [old for old, names in known.aliases.items() if KEY in names] == []


class Noting(dict[str, Any]):
    """Variables that know which of them were asked for."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


def test_preflight_hands_over_all_that_is_looked_at() -> None:
    variables = Noting({**ENABLED, "flink_watchdog_checkpoint_window": "60 s"})
    problems(variables)
    roles = Path(__file__).resolve().parents[5] / "roles"
    names = yaml.safe_load((roles / "preflight" / "vars" / "main.yml").read_text())["__preflight_watchdog_names"]
    own = {name for name in variables.asked if not name.startswith("flink_watchdog_")}
    assert own
    assert {name for name in own if f"'{name}'" not in names} == set()


def test_what_can_work_is_not_and_without_a_watchdog_nothing_is() -> None:
    assert problems({**ENABLED, "flink_watchdog_checkpoint_window": "90 s"}) == []
    assert problems({"flink_watchdog_enabled": False, "flink_watchdog_interval": "0 s"}) == []
