"""The production profile and the variables that change it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base import units as _units
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config import catalogue as _catalogue
from ansible_collections.streamops.flink.plugins.module_utils._config import node as _node
from ansible_collections.streamops.flink.plugins.module_utils._config import profile as _profile
from ansible_collections.streamops.flink.plugins.module_utils._config import storage as _storage
from ansible_collections.streamops.flink.plugins.module_utils._config import variables as _variables
from ansible_collections.streamops.flink.plugins.module_utils._config.catalogue_data import VERSIONS


def values(**changed: Any) -> dict[str, Any]:
    given = {
        "flink_cluster_id": "/payments",
        "flink_zookeeper_quorum": "zk1:2181",
        "flink_storage_url": "file:///srv/flink/storage",
        "flink_node_dir": "/srv/flink/nodes/n1",
        "flink_host_address": "n1",
        **changed,
    }
    return _variables.settings(given, "jobmanager")


def plain(layer: _variables.Layer) -> dict[str, Any]:
    return {key: setting.value for key, setting in layer.items()}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", sorted(_profile.FAILOVER_PROFILES))
def test_every_option_of_the_profile_exists_in_every_version(version: str, name: str) -> None:
    layer = plain(_profile.profile(values(flink_failover_profile=name, flink_local_recovery_enabled=True)))
    assert [key for key in layer if _catalogue.catalogue_of(version).name(key) is None] == []


@pytest.mark.parametrize("key", sorted(_node.PROTECTED))
def test_every_protected_option_is_a_real_one(key: str) -> None:
    newest = _catalogue.catalogue_of(VERSIONS[-1])
    assert newest.get(key) is not None or _catalogue.is_free(key)


@pytest.mark.parametrize("advice", sorted(set(_node.PROTECTED.values())))
def test_the_advice_for_a_protected_option_names_variables_that_exist(advice: str) -> None:
    named = re.findall(r"\b(?:flink|jobmanager|taskmanager|sql_gateway|zookeeper|history_server)_[a-z_]+", advice)
    assert all(name in _variables.VARIABLES for name in named)
    assert named or "zookeeper" in advice.lower()


def test_the_profile_keeps_state_and_ends_broken_processes() -> None:
    layer = plain(_profile.profile(values()))
    wanted = {
        "execution.checkpointing.interval": "30 s",
        "execution.checkpointing.min-pause": "5 s",
        "execution.checkpointing.timeout": "3 min",
        "execution.checkpointing.max-concurrent-checkpoints": 1,
        "execution.checkpointing.tolerable-failed-checkpoints": 5,
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "execution.checkpointing.num-retained": 3,
        "restart-strategy.type": "exponential-delay",
        "restart-strategy.exponential-delay.attempts-before-reset-backoff": 2147483647,
        "jobmanager.execution.failover-strategy": "region",
        "taskmanager.jvm-exit-on-oom": True,
        "cluster.uncaught-exception-handling": "FAIL",
        "state.backend.type": "hashmap",
    }
    assert {key: layer.get(key) for key in wanted} == wanted


@pytest.mark.parametrize(
    ("switches", "options"),
    [
        ({"flink_state_backend": "rocksdb"}, {"execution.checkpointing.incremental": True}),
        (
            {"flink_state_backend": "RocksDB", "flink_incremental_checkpoints_enabled": "false"},
            {"state.backend.type": "rocksdb", "execution.checkpointing.incremental": False},
        ),
        ({"flink_state_backend": "hashmap"}, {"execution.checkpointing.incremental": None}),
        (
            {"flink_unaligned_checkpoints_enabled": True, "flink_aligned_checkpoint_timeout": "20 s"},
            {
                "execution.checkpointing.unaligned.enabled": True,
                "execution.checkpointing.aligned-checkpoint-timeout": "20 s",
            },
        ),
        (
            {"flink_unaligned_checkpoints_enabled": False},
            {
                "execution.checkpointing.unaligned.enabled": None,
                "execution.checkpointing.aligned-checkpoint-timeout": None,
            },
        ),
        (
            {"flink_local_recovery_enabled": "yes"},
            {
                "execution.state-recovery.from-local": True,
                "execution.checkpointing.local-backup.enabled": True,
            },
        ),
        ({"flink_scheduler": "adaptive"}, {"jobmanager.scheduler": "Adaptive"}),
        (
            {"flink_restart_strategy": "fixed-delay", "flink_restart_strategy_options": {"attempts": 3}},
            {
                "restart-strategy.type": "fixed-delay",
                "restart-strategy.fixed-delay.attempts": 3,
                "restart-strategy.fixed-delay.delay": "10 s",
                "restart-strategy.exponential-delay.initial-backoff": None,
                "restart-strategy.exponential-delay.attempts-before-reset-backoff": None,
            },
        ),
        (
            {
                "flink_restart_strategy": "failure-rate",
                "flink_restart_strategy_options": {"max_failures_per_interval": 7},
            },
            {
                "restart-strategy.failure-rate.max-failures-per-interval": 7,
                "restart-strategy.failure-rate.failure-rate-interval": "10 min",
            },
        ),
        (
            {"flink_restart_strategy_options": {"initial-backoff": "5 s"}},
            {
                "restart-strategy.exponential-delay.initial-backoff": "5 s",
                "restart-strategy.exponential-delay.max-backoff": "30 s",
            },
        ),
        ({"flink_failover_profile": "fast"}, {"heartbeat.interval": "1 s", "heartbeat.timeout": "20 s"}),
        (
            {"flink_failover_profile": "stock"},
            {"heartbeat.timeout": None, "high-availability.zookeeper.client.session-timeout": None},
        ),
        ({"flink_checkpoint_interval": "1 min"}, {"execution.checkpointing.interval": "1 min"}),
        ({"flink_archive_url": "s3://bucket/jobs/"}, {"jobmanager.archive.fs.dir": "s3://bucket/jobs"}),
    ],
)
def test_a_switch_sets_its_options(switches: dict[str, Any], options: dict[str, Any]) -> None:
    layer = plain(_profile.profile(values(**switches)))
    assert {key: layer.get(key) for key in options} == options


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"flink_state_backend": "memory"}, "flink_state_backend: it must be one of hashmap, rocksdb, not 'memory'"),
        ({"flink_scheduler": "fair"}, "flink_scheduler: it must be one of default, adaptive, not 'fair'"),
        (
            {"flink_restart_strategy": "never"},
            "flink_restart_strategy: it must be one of exponential-delay, fixed-delay, failure-rate, not 'never'",
        ),
        (
            {"flink_failover_profile": "quick"},
            "flink_failover_profile: it must be one of fast, balanced, stock, not 'quick'",
        ),
        (
            {"flink_unaligned_checkpoints_enabled": "maybe"},
            "flink_unaligned_checkpoints_enabled: it must be true or false, not 'maybe'",
        ),
        ({"flink_restart_strategy_options": [1]}, "flink_restart_strategy_options: it must be a map, not [1]"),
        ({"flink_storage_url": "/srv"}, "flink_storage_url: '/srv' is not a valid URL; write file:///path for a"),
        ({"flink_storage_url": "file://srv"}, "flink_storage_url: 'file://srv' is not a valid URL"),
        ({"flink_archive_url": "archive"}, "flink_archive_url: 'archive' is not a valid URL"),
    ],
)
def test_a_wrong_switch_is_told_with_what_it_wants(variables: dict[str, Any], sentence: str) -> None:
    with pytest.raises(FlinkError, match=re.escape(f"cannot use variable {sentence}")):
        _profile.profile(values(**variables))


@pytest.mark.parametrize("cluster_id", ["/default", "default", "/", " / "])
def test_the_cluster_id_of_everyone_is_refused(cluster_id: str) -> None:
    with pytest.raises(FlinkError, match="choose an id of its own, or two clusters take each other's jobs"):
        _profile.high_availability(values(flink_cluster_id=cluster_id))


def test_places_of_state_lie_below_the_storage_unless_they_have_their_own() -> None:
    layer = plain(_profile.high_availability(values(flink_checkpoint_url="s3://bucket/chk")))
    assert layer["high-availability.storageDir"] == "file:///srv/flink/storage/ha"
    assert layer["execution.checkpointing.dir"] == "s3://bucket/chk"
    assert layer["execution.checkpointing.savepoint-dir"] == "file:///srv/flink/storage/savepoints"


@pytest.mark.parametrize(
    ("variables", "directory"),
    [
        ({}, "/srv/flink/storage/upload"),
        ({"flink_storage_url": "s3://bucket/flink"}, "/d/data/upload"),
        ({"flink_upload_dir": "/mnt/jars"}, "/mnt/jars"),
    ],
)
def test_uploaded_jars_are_shared_where_storage_is_a_directory(variables: dict[str, Any], directory: str) -> None:
    assert _storage.upload_dir(values(**variables), "/d") == directory


@pytest.mark.parametrize("port", ["x", 0, 65536, -1, True, "8081-8090", "²"])
def test_a_port_is_one_fixed_number(port: Any) -> None:
    with pytest.raises(FlinkError, match="jobmanager_rest_port: it must be a whole number from 1 to 65535"):
        _node.node(values(jobmanager_rest_port=port), "jobmanager")


def test_numbers_may_come_as_text_from_the_command_line() -> None:
    assert plain(_node.node(values(jobmanager_rest_port="9081"), "jobmanager"))["rest.port"] == 9081


def test_a_missing_variable_is_named_for_the_role_that_needs_it() -> None:
    with pytest.raises(FlinkError, match="variable flink_cluster_id and flink_storage_url is not set"):
        _variables.settings(
            {"flink_node_dir": "/d", "flink_host_address": "n", "flink_zookeeper_quorum": "z:1"}, "taskmanager"
        )
    assert _variables.settings({"flink_node_dir": "/d", "flink_host_address": "n"}, "zookeeper")


@pytest.mark.parametrize(
    ("quorum", "written"),
    [
        ("zk1:2181, zk2:2181 ,zk3:2181,", "zk1:2181,zk2:2181,zk3:2181"),
        ("[fd00::1]:2181", "[fd00::1]:2181"),
        ("ZK1.Example.com:2181", "ZK1.Example.com:2181"),
    ],
)
def test_a_quorum_is_written_as_zookeepers_client_reads_it(quorum: str, written: str) -> None:
    layer = plain(_profile.high_availability(values(flink_zookeeper_quorum=quorum)))
    assert layer["high-availability.zookeeper.quorum"] == written


def test_a_quorum_that_cannot_be_read_is_refused_by_its_variable() -> None:
    with pytest.raises(FlinkError) as refused:
        _profile.high_availability(values(flink_zookeeper_quorum="zk1:2181/flink"))
    assert refused.value.message == (
        "flink_zookeeper_quorum 'zk1:2181/flink' cannot be used at 'zk1:2181/flink', because a path has no place in it:"
        " write host:port,host:port, IPv6 addresses like [::1]:2181, and a path into flink_zookeeper_root"
    )


@pytest.mark.parametrize(
    "directory",
    [
        "nodes/n1",
        "~/nodes",
        "/srv/my nodes",
        "/srv/$HOME",
        "/srv/a;b",
        "/",
        # Flink takes each of these for two directories.
        "/srv/nodes/::1",
        "/srv/a,b",
    ],
)
def test_a_directory_that_flinks_scripts_would_split_is_refused(directory: str) -> None:
    with pytest.raises(FlinkError, match=r"cannot use variable flink_node_dir: .* Flink or its scripts would split it"):
        _node.daemon_dir({"flink_node_dir": directory}, "jobmanager")


def test_an_unknown_daemon_is_refused() -> None:
    with pytest.raises(FlinkError, match="there is no daemon 'historyserver'"):
        _variables.settings({}, "historyserver")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"inventory_hostname": "jm1"}, "jm1"),
        ({"jobmanager_resource_id": "first", "inventory_hostname": "jm1"}, "first"),
        ({}, "n1"),
    ],
)
def test_the_resource_id_is_stable(variables: dict[str, Any], expected: str) -> None:
    assert plain(_node.node(values(**variables), "jobmanager"))["jobmanager.resource-id"] == expected


def test_memory_can_be_left_to_other_options() -> None:
    layer = _node.node(values(taskmanager_memory_process_size=""), "taskmanager")
    assert "taskmanager.memory.process.size" not in layer


@pytest.mark.parametrize("name", ["fast", "balanced"])
def test_tuned_profiles_keep_the_coupling_of_heartbeat_and_session(name: str) -> None:
    tuned = _profile.FAILOVER_PROFILES[name]
    session = _units.seconds(tuned["high-availability.zookeeper.client.session-timeout"])
    timeout = _units.seconds(tuned["heartbeat.timeout"])
    assert session is not None
    assert timeout is not None
    assert timeout >= session + 2 + 5
