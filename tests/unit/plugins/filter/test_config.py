"""The filters that compose and check configurations."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display
from ansible_collections.streamops.flink.plugins.filter import config

VARIABLES: dict[str, Any] = {
    "flink_cluster_id": "/payments",
    "flink_zookeeper_quorum": "zk1:2181",
    "flink_storage_url": "file:///srv/flink/storage",
    "flink_node_dir": "/srv/flink/nodes/n1",
    "flink_host_address": "n1",
}
NODES = [
    {"name": "zk2", "address": "zk2", "daemons": ["zookeeper"], "myid": 2, "ports": {"zookeeper_client_port": 2182}},
    {"name": "zk1", "address": "zk1", "daemons": ["zookeeper"], "myid": 1, "ports": {}},
]


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []

    def keep(_display: Display, message: str, *_rest: Any, **_named: Any) -> None:
        found.append(message)

    monkeypatch.setattr(Display, "warning", keep)
    return found


def test_every_filter_has_its_documentation() -> None:
    assert set(config.FilterModule().filters()) == {
        "flink_daemon_config",
        "flink_ha_keys",
        "flink_option_problems",
        "flink_quorum",
        "flink_zoo_cfg",
        "flink_zookeeper_files",
    }


def test_the_options_of_a_daemon_are_given_as_one_map(warnings: list[str]) -> None:
    options = config.flink_daemon_config(VARIABLES, "taskmanager")
    assert options["taskmanager.host"] == "n1"
    assert options["high-availability.storageDir"] == "file:///srv/flink/storage/ha"
    assert warnings == []


def test_secrets_are_kept_apart() -> None:
    variables = {**VARIABLES, "flink_config": {"security.ssl.rest.key-password": "hunter2"}}
    public = config.flink_daemon_config(variables, "jobmanager", "public")
    secret = config.flink_daemon_config(variables, "jobmanager", "secret")
    assert secret == {"security.ssl.rest.key-password": "hunter2"}
    assert {**public, **secret} == config.flink_daemon_config(variables, "jobmanager")


def test_the_origin_of_each_option_can_be_asked_for() -> None:
    origins = config.flink_daemon_config(
        {**VARIABLES, "flink_config": {"web.timeout": "1 min"}}, "jobmanager", "origins"
    )
    assert origins["web.timeout"] == "flink_config"
    assert origins["rest.port"] == "jobmanager_rest_port"
    assert origins["heartbeat.timeout"] == "flink_failover_profile balanced"
    assert origins["taskmanager.jvm-exit-on-oom"] == "the production profile"


def test_old_names_are_warned_of(warnings: list[str]) -> None:
    config.flink_daemon_config({**VARIABLES, "flink_config": {"state.backend": "rocksdb"}}, "jobmanager")
    assert warnings == [
        "flink_config: option state.backend is deprecated in Flink 1.20: write state.backend.type instead"
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (({**VARIABLES, "flink_config": {"rest.prt": 1}}, "jobmanager"), "did you mean rest.port?"),
        (("text", "jobmanager"), "flink_daemon_config requires the variables of a host, not 'text'"),
        ((VARIABLES, "worker"), "there is no daemon 'worker'"),
        ((VARIABLES, "jobmanager", "some"), "cannot select 'some', only all, public, secret or origins"),
    ],
)
def test_errors_are_one_sentence_of_ansibles_kind(arguments: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        config.flink_daemon_config(*arguments)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_quorum_and_zoo_cfg_come_from_the_nodes() -> None:
    assert config.flink_quorum(NODES) == "zk1:2181,zk2:2182"
    text = config.flink_zoo_cfg({**VARIABLES, "zookeeper_myid": 2, "zookeeper_client_port": 2182}, NODES)
    assert "\nclientPort=2182\n" in text
    assert "\nserver.2=zk2:2888:3888\n" in text
    with pytest.raises(AnsibleFilterError, match="the group zookeeper of the inventory is empty"):
        config.flink_quorum([])


def test_ha_keys_are_picked_from_nested_options_too() -> None:
    keys = config.flink_ha_keys(
        {"high-availability": {"cluster-id": "/a", "jobmanager.port": 1}, "rest.port": 2}, "2.2.1"
    )
    assert keys == {"high-availability.cluster-id": "/a"}


def test_problems_are_told_one_by_one() -> None:
    problems = config.flink_option_problems({"jobmanager.heap.size": "1g", "my.plugin": 1}, "2.2.1", ["my."])
    assert problems == [
        {
            "option": "jobmanager.heap.size",
            "severity": "error",
            "message": "option jobmanager.heap.size was removed after Flink 1.20; use jobmanager.memory.process.size",
            "suggestion": "jobmanager.memory.process.size",
        }
    ]
