"""From variables to the configuration of each daemon."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config import compose as _config
from ansible_collections.streamops.flink.plugins.module_utils._config import options as _options
from ansible_collections.streamops.flink.plugins.module_utils._config import yaml as _yaml
from ansible_collections.streamops.flink.plugins.module_utils._config import zookeeper as _zookeeper
from ansible_collections.streamops.flink.plugins.module_utils._config.agreement import ha_fingerprint, ha_keys
from ansible_collections.streamops.flink.plugins.module_utils._config.catalogue_data import VERSIONS
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import examples

GOLDEN = Path(__file__).parent / "fixtures" / "golden"
ROLES = ("zookeeper", "jobmanager", "taskmanager", "sql_gateway", "history_server")

VARIABLES: dict[str, Any] = {
    "inventory_hostname": "n1",
    "flink_cluster_id": "/payments",
    "flink_zookeeper_quorum": "zk1:2181,zk2:2181,zk3:2181",
    "flink_storage_url": "file:///srv/flink/storage",
    "flink_node_dir": "/srv/flink/nodes/n1",
    "flink_host_address": "n1.example.org",
    "flink_java_home": "/usr/lib/jvm/java-17",
    "flink_state_backend": "rocksdb",
    "flink_unaligned_checkpoints_enabled": True,
    "flink_local_recovery_enabled": True,
    "flink_config": {
        "state": {"checkpoints": {"num-retained": 5}},
        "env.java.opts.all": "-Dsome.thing=1",
        "jobmanager.archive.fs.dir": None,
    },
}


def compose(role: str = "jobmanager", **changed: Any) -> _config.Composed:
    return _config.compose(role, {**VARIABLES, **changed})


def refused(role: str = "jobmanager", **changed: Any) -> str:
    with pytest.raises(FlinkError) as caught:
        compose(role, **changed)
    return str(caught.value)


# --- The path --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_composed_configuration_is_the_recorded_one(version: str, role: str) -> None:
    text = _yaml.render_yaml(compose(role, flink_version=version).options)
    file = GOLDEN / f"{version}-{role}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("failover", ["fast", "balanced", "stock"])
def test_what_is_composed_has_neither_errors_nor_old_names(version: str, role: str, failover: str) -> None:
    composed = compose(role, flink_version=version, flink_failover_profile=failover)
    assert _options.validate(composed.options, version) == []


def test_the_users_options_come_after_the_profile() -> None:
    composed = compose(flink_config={"execution.checkpointing.interval": "5 min", "web.submit.enable": False})
    assert composed.options["execution.checkpointing.interval"] == "5 min"
    assert composed.options["web.submit.enable"] is False
    assert composed.origins["execution.checkpointing.interval"] == "flink_config"


def test_an_old_name_of_the_users_replaces_what_the_profile_sets_under_the_new_one() -> None:
    composed = compose(flink_config={"state.checkpoints.num-retained": 7})
    assert composed.options["execution.checkpointing.num-retained"] == 7
    assert "state.checkpoints.num-retained" not in composed.options
    [warning] = composed.warnings
    assert warning == (
        "flink_config: option state.checkpoints.num-retained is deprecated in Flink 1.20: "
        "write execution.checkpointing.num-retained instead"
    )


def test_the_map_of_a_daemon_comes_after_that_of_all() -> None:
    both = {"flink_config": {"rest.retry.delay": "1 s"}, "jobmanager_config": {"rest.retry.delay": "2 s"}}
    assert compose("jobmanager", **both).options["rest.retry.delay"] == "2 s"
    assert compose("taskmanager", **both).options["rest.retry.delay"] == "1 s"


def test_null_takes_an_option_of_the_profile_away() -> None:
    assert "jobmanager.archive.fs.dir" in compose(flink_config={}).options
    assert "jobmanager.archive.fs.dir" not in compose(flink_config={"jobmanager.archive.fs.dir": None}).options


def test_java_options_add_up_with_the_users_last() -> None:
    options = compose(flink_config={"env.java.opts": "-Dconsole.log.level=INFO  -Xlog:gc"}).options
    assert options["env.java.opts.all"] == (
        "-Dconsole.log.level=WARN -Dfile.encoding=UTF-8 -Dsun.jnu.encoding=UTF-8 -Dconsole.log.level=INFO -Xlog:gc"
    )
    gateway = compose("sql_gateway", sql_gateway_config={"env.java.opts.sql-gateway": "-Xmx1g"}).options
    assert (
        gateway["env.java.opts.sql-gateway"] == "-Djava.io.tmpdir=/srv/flink/nodes/n1/sql_gateway/tmp -Xmx512m -Xmx1g"
    )


@pytest.mark.parametrize("daemon", ["zookeeper", "jobmanager", "taskmanager", "sql_gateway", "history_server"])
def test_java_reads_and_writes_utf_8_whatever_its_environment_is(daemon: str) -> None:
    words = compose(daemon).options["env.java.opts.all"].split()
    assert {"-Dfile.encoding=UTF-8", "-Dsun.jnu.encoding=UTF-8"} <= set(words)


def test_java_options_are_quoted_for_the_shell_of_the_start_scripts() -> None:
    options = compose(flink_config={"env.java.opts.all": "-Dc=a;b -Dd=$HOME\n", "env.java.default-opts.all": "-De=*"})
    assert options.options["env.java.opts.all"].endswith(" -Dc='a;b' -Dd='$HOME'")
    assert options.options["env.java.default-opts.all"] == "-De='*'"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"flink_config": {"env.java.opts": "-Da='x y'"}},
            "cannot use variable flink_config, option env.java.opts.all: '-Da=x y' holds blanks",
        ),
        (
            {"jobmanager_config": {"env.java.opts.jobmanager": "-Dp=x #y"}},
            "cannot use variable jobmanager_config, option env.java.opts.jobmanager: Java would take '#y'",
        ),
        (
            {"flink_config": {"env.java.default-opts.jobmanager": "rm"}},
            "cannot use variable flink_config, option env.java.default-opts.jobmanager: Java would take 'rm'",
        ),
        (
            {"flink_java_home": "/opt/jdk#17"},
            "cannot use variable flink_java_home: '/opt/jdk#17' is not an absolute path",
        ),
        (
            {"flink_config": {"env.hadoop.conf.dir": "/etc/a b"}},
            "cannot use variable flink_config, option env.hadoop.conf.dir: '/etc/a b' has blanks",
        ),
        ({"flink_node_dir": "/srv/a,b"}, "cannot use variable flink_node_dir: '/srv/a,b' is not"),
        ({"flink_node_dir": "/srv/a:b"}, "cannot use variable flink_node_dir: '/srv/a:b' is not"),
        ({"flink_node_dir": "/srv/100%d"}, "cannot use variable flink_node_dir: '/srv/100%d' is not"),
        (
            {"flink_log_level": "warning"},
            "cannot use variable flink_log_level: it must be one of OFF, ERROR, WARN, INFO, DEBUG, TRACE, ALL, not",
        ),
        ({"flink_log_console_level": "inof"}, "cannot use variable flink_log_console_level: it must be one of OFF"),
        ({"flink_log_level": True}, "cannot use variable flink_log_level: it must be one of OFF"),
    ],
)
def test_what_a_start_script_would_misread_is_refused(variables: dict[str, Any], sentence: str) -> None:
    with pytest.raises(FlinkError) as error:
        compose("jobmanager", **variables)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize(("written", "level"), [("debug", "DEBUG"), (" Warn ", "WARN"), (False, "OFF"), ("off", "OFF")])
def test_a_level_of_a_log_is_written_as_log4j_spells_it(written: Any, level: str) -> None:
    options = compose(flink_log_level=written, flink_log_console_level=written).options
    assert options["env.log.level"] == level
    assert f"-Dconsole.log.level={level}" in options["env.java.opts.all"].split()


def test_zookeeper_takes_only_what_its_start_script_reads() -> None:
    options = compose("zookeeper", flink_config={"rest.retry.delay": "1 s", "env.ssh.opts": "-v"}).options
    assert set(options) == {
        "env.java.home",
        "env.java.opts.all",
        "env.log.dir",
        "env.log.level",
        "env.log.max",
        "env.pid.dir",
        "env.ssh.opts",
        "zookeeper.heap.mb",
    }


def test_every_daemon_of_a_cluster_has_the_same_high_availability() -> None:
    roles = ("jobmanager", "taskmanager", "sql_gateway", "history_server")
    prints = {ha_fingerprint(compose(role, flink_host_address=role).options, "1.20.5") for role in roles}
    assert len(prints) == 1


def test_numbers_that_came_as_text_are_written_as_numbers() -> None:
    composed = compose(flink_checkpoint_retained="4", flink_config={"web.submit.enable": "False"})
    assert composed.options["execution.checkpointing.num-retained"] == 4
    assert composed.options["web.submit.enable"] is False


def test_nothing_of_a_daemon_is_written_to_a_common_temporary_directory() -> None:
    for role in ("jobmanager", "taskmanager", "sql_gateway", "history_server"):
        text = _yaml.render_yaml(compose(role).options)
        assert f"-Djava.io.tmpdir=/srv/flink/nodes/n1/{role}/tmp" in text


# --- Bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"rest.port": 8081}, "option rest.port comes from the inventory; set jobmanager_rest_port instead"),
        ({"web.port": 8081}, "option web.port comes from the inventory; set jobmanager_rest_port instead"),
        (
            {"high-availability": "zookeeper"},
            "option high-availability comes from the inventory; leave it out: a cluster of this collection always",
        ),
        (
            {"high-availability": {"storageDir": "s3://x"}},
            "option high-availability.storageDir comes from the inventory; set flink_storage_url instead",
        ),
        (
            {"taskmanager.numberOfTaskSlots": None},
            "option taskmanager.numberOfTaskSlots comes from the inventory; set taskmanager_slots instead",
        ),
        (
            {"metrics.reporter.prom.port": 9000},
            "option metrics.reporter.prom.port comes from the inventory; set jobmanager_metrics_port and",
        ),
    ],
)
def test_an_option_that_says_who_a_node_is_leads_to_its_variable(options: dict[str, Any], sentence: str) -> None:
    assert refused(flink_config=options).startswith(f"cannot use flink_config: {sentence}")


def test_protection_follows_the_names_of_the_version() -> None:
    message = refused(flink_version="1.19.3", flink_config={"state.checkpoints.dir": "s3://x"})
    assert "option state.checkpoints.dir comes from the inventory; set flink_checkpoint_url instead" in message


def test_a_misspelt_option_is_refused_with_the_nearest() -> None:
    assert refused("taskmanager", taskmanager_config={"taskmanager.memory.managed.fracton": 0.4}) == (
        "cannot use taskmanager_config with Flink 1.20.5: option taskmanager.memory.managed.fracton does not exist; "
        "did you mean taskmanager.memory.managed.fraction?"
    )


def test_a_wrong_value_in_a_variable_names_the_variable() -> None:
    assert refused(flink_checkpoint_interval="soon") == (
        "flink_checkpoint_interval: 'soon' is not a valid duration: write a number with a unit, such as 30 s, 15 min or"
        " 4 h"
    )


def test_an_unknown_parameter_of_a_restart_strategy_is_refused_with_the_nearest() -> None:
    message = refused(flink_restart_strategy="fixed-delay", flink_restart_strategy_options={"attemps": 3})
    assert message == (
        "cannot use variable flink_restart_strategy_options: option restart-strategy.fixed-delay.attemps does not "
        "exist; did you mean restart-strategy.fixed-delay.attempts?"
    )


@pytest.mark.parametrize("given", [["rest.port"], "rest.port: 1", 5])
def test_options_that_are_no_map_are_refused(given: Any) -> None:
    assert "cannot use variable flink_config: it must be a map of options" in refused(flink_config=given)


# --- How long to wait ------------------------------------------------------------------------------------------------


def test_a_heartbeat_shorter_than_the_election_is_refused_with_the_sum() -> None:
    assert refused(flink_config={"heartbeat.timeout": "20 s"}) == (
        "cannot use heartbeat.timeout 20 s with a ZooKeeper session of 15 s: TaskManagers would give up before a "
        "standby leads; set heartbeat.timeout to 22 s or more (session + tick + 5 s), shorten "
        "high-availability.zookeeper.client.session-timeout, or set flink_failover_profile to stock"
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"flink_config": {"heartbeat.timeout": "22 s"}},
        {
            "flink_config": {
                "heartbeat.timeout": "13 s",
                "high-availability.zookeeper.client.session-timeout": "1 s",
            }
        },
        {"flink_failover_profile": "stock", "flink_config": {"heartbeat.timeout": "8 s"}},
        {
            "flink_version": "1.19.3",
            "flink_config": {
                "heartbeat.timeout": 22000,
                "high-availability.zookeeper.client.session-timeout": 15000,
            },
        },
    ],
    ids=["just enough", "session is raised to two ticks", "stock", "milliseconds"],
)
def test_a_heartbeat_long_enough_is_accepted(changed: dict[str, Any]) -> None:
    assert compose(**changed).options


def test_a_longer_session_is_granted_only_up_to_zookeepers_bound() -> None:
    long = {"high-availability.zookeeper.client.session-timeout": "60 s", "heartbeat.timeout": "47 s"}
    assert compose(flink_config=long).options
    assert "session of 60 s" in refused(flink_config=long, zookeeper_max_session_timeout="1 min")


def test_a_heartbeat_interval_as_long_as_the_timeout_is_refused() -> None:
    assert "the interval must be shorter" in refused(flink_config={"heartbeat.interval": "25 s"})


# --- What must be equal ----------------------------------------------------------------------------------------------


def test_ha_keys_compare_a_file_with_what_flink_reports() -> None:
    options = compose().options
    reported = {key: _yaml.text(value) for key, value in options.items()}
    reported["jobmanager.memory.heap.size"] = "1073741824b"
    assert ha_keys(reported, "1.20.5") == ha_keys(options, "1.20.5")
    assert ha_keys(options, "1.20.5")["high-availability.cluster-id"] == "/payments"


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"jobmanager_rpc_port": 7000}, True),
        ({"flink_host_address": "other"}, True),
        ({"flink_zookeeper_root": "/elsewhere"}, False),
        ({"flink_savepoint_url": "s3://bucket/s"}, False),
        ({"flink_failover_profile": "fast"}, False),
        ({"flink_config": {"high-availability.zookeeper.client.authorization": {"digest": "a:b"}}}, True),
    ],
    ids=str,
)
def test_the_fingerprint_changes_with_what_must_be_equal(change: dict[str, Any], same: bool) -> None:
    before = ha_fingerprint(compose().options, "1.20.5")
    assert (ha_fingerprint(compose(**change).options, "1.20.5") == before) is same


# --- config.yaml -----------------------------------------------------------------------------------------------------


def test_the_scripts_of_flink_find_the_home_of_java_without_quotes() -> None:
    # bin/bash-java-utils.sh reads it with sed, before anything understands YAML.
    text = _yaml.render_yaml(compose().options)
    assert re.findall(r"^env\.java\.home: ([^#\n]*)$", text, re.MULTILINE) == ["/usr/lib/jvm/java-17"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (8081, "8081"),
        (0.1, "0.1"),
        ("30 s", "30 s"),
        ("true", '"true"'),
        ("1600", '"1600"'),
        ("1e3", '"1e3"'),
        ("1:30", '"1:30"'),
        ("null", '"null"'),
        ("", '""'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("p@ss#w:x'\"", '"p@ss#w:x\'\\""'),
        ("file:///srv/x", "file:///srv/x"),
        ("zk1:2181,zk2:2181", "zk1:2181,zk2:2181"),
        ("127.0.0.1", "127.0.0.1"),
        ("--add-opens=java.base/java.lang=ALL-UNNAMED -Dx=1", "--add-opens=java.base/java.lang=ALL-UNNAMED -Dx=1"),
        (["a", 1], '["a", 1]'),
    ],
)
def test_values_are_quoted_only_where_a_reader_could_err(value: Any, written: str) -> None:
    assert _yaml.yaml_scalar(value) == written


scalars = st.booleans() | st.integers(-(2**40), 2**40) | st.text() | st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}(\.[a-z-]{1,8}){0,2}", fullmatch=True), scalars | st.lists(scalars)))
@settings(max_examples=examples(60), deadline=None)
def test_what_is_written_is_read_back(options: dict[str, Any]) -> None:
    read = yaml.safe_load(_yaml.render_yaml({f"x.{key}": value for key, value in options.items()}))
    assert (read or {}) == {f"x.{key}": value for key, value in options.items()}


def test_plugins_get_text_because_the_prometheus_reporter_overlooks_a_number() -> None:
    assert 'metrics.reporter.prom.port: "9249"\n' in _yaml.render_yaml({"metrics.reporter.prom.port": 9249})
    assert "rest.port: 8081\n" in _yaml.render_yaml({"rest.port": 8081})


def test_a_float_stays_a_number_for_flink() -> None:
    assert math.isclose(float(_yaml.yaml_scalar(1e-7)), 1e-7)


# --- Java options of the distribution --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "env:\n  java:\n    opts:\n      all: --add-exports=a/b=ALL --add-opens=c/d=ALL\nrest:\n  port: 1\n",
        "# a comment\nenv.java.opts.all: --add-exports=a/b=ALL --add-opens=c/d=ALL\n",
        'env:\n  # more\n\n  java.opts:\n      all: "--add-exports=a/b=ALL --add-opens=c/d=ALL"\n',
        "a:\n  all: no\nenv:\n  java:\n    opts:\n      cli: x\n      all: --add-exports=a/b=ALL --add-opens=c/d=ALL",
    ],
    ids=["nested", "flat", "mixed", "among others"],
)
def test_the_shipped_java_options_are_found_in_every_form(text: str) -> None:
    assert _yaml.shipped_java_options(text) == "--add-exports=a/b=ALL --add-opens=c/d=ALL"


@pytest.mark.parametrize("text", ["", "env:\n  java:\n    home: /x\n", "opts:\n  all: x\n"])
def test_a_distribution_without_java_options_adds_none(text: str) -> None:
    assert _yaml.shipped_java_options(text) == ""


def test_shipped_java_options_come_first_and_none_twice() -> None:
    options = {"env.java.opts.all": "-Dx=1 --add-opens=c/d=ALL"}
    merged = _yaml.with_java_options(options, "--add-exports=a/b=ALL --add-opens=c/d=ALL")
    assert merged["env.java.opts.all"] == "--add-exports=a/b=ALL -Dx=1 --add-opens=c/d=ALL"
    assert _yaml.with_java_options(merged, "--add-exports=a/b=ALL --add-opens=c/d=ALL") == merged
    assert _yaml.with_java_options({}, "") == {}


# --- ZooKeeper -------------------------------------------------------------------------------------------------------


def host(myid: Any, name: str | None = None, **ports: int) -> dict[str, Any]:
    name = name or f"zk{myid}"
    return {"name": name, "address": f"{name}.example.org", "daemons": ["zookeeper"], "myid": myid, "ports": ports}


def test_the_quorum_is_ordered_by_myid_whatever_the_order_of_hosts() -> None:
    hosts = [host(10), host(2, zookeeper_client_port=2200), {"name": "jm", "address": "jm", "daemons": ["jobmanager"]}]
    assert _zookeeper.quorum(hosts) == "zk2.example.org:2200,zk10.example.org:2181"


def test_an_ensemble_with_ipv6_addresses_has_them_in_brackets() -> None:
    hosts = [{**host(number), "address": f"fd00::{number}"} for number in (1, 2, 3)]
    assert _zookeeper.quorum(hosts) == "[fd00::1]:2181,[fd00::2]:2181,[fd00::3]:2181"
    text = _zookeeper.zoo_cfg({"flink_node_dir": "/d", "flink_host_address": "fd00::1", "zookeeper_myid": 1}, hosts)
    assert "server.2=[fd00::2]:2888:3888\n" in text


@pytest.mark.parametrize(
    ("hosts", "sentence"),
    [
        ([], "the group zookeeper of the inventory is empty"),
        ([host(None, "zk1")], "host zk1 has zookeeper_myid ''; give each host of the group zookeeper a number"),
        ([host("one", "zk1")], "host zk1 has zookeeper_myid 'one'"),
        ([host(0, "zk1")], "host zk1 has zookeeper_myid '0'"),
        ([host(256, "zk1")], "host zk1 has zookeeper_myid '256'"),
        ([host(1, "zk1"), host("1", "zk2")], "hosts zk1 and zk2 both have zookeeper_myid 1; give each host a number"),
    ],
)
def test_servers_without_a_number_of_their_own_are_refused(hosts: list[dict[str, Any]], sentence: str) -> None:
    with pytest.raises(FlinkError, match=re.escape(f"cannot form a ZooKeeper ensemble: {sentence}")):
        _zookeeper.servers(hosts)


def zoo(myid: int = 1, count: int = 3, **changed: Any) -> dict[str, str]:
    variables = {"flink_node_dir": "/d", "flink_host_address": "zk1", "zookeeper_myid": myid, **changed}
    text = _zookeeper.zoo_cfg(variables, [host(number + 1) for number in range(count)])
    return dict(line.split("=", 1) for line in text.splitlines() if not line.startswith("#"))


def zookeeper_files(**changed: Any) -> dict[str, str]:
    variables = {"flink_node_dir": "/d", "flink_host_address": "zk1", "zookeeper_myid": 1, **changed}
    return _zookeeper.zookeeper_files(variables, [host(1)])


def test_a_server_of_an_ensemble_knows_all_and_listens_for_them() -> None:
    assert zoo() == {
        "4lw.commands.whitelist": "ruok,srvr,mntr,conf,isro",
        "admin.enableServer": "false",
        "autopurge.purgeInterval": "1",
        "autopurge.snapRetainCount": "3",
        "clientPort": "2181",
        "dataDir": "/d/zookeeper/data",
        "initLimit": "10",
        "maxClientCnxns": "100",
        "maxSessionTimeout": "40000",
        "minSessionTimeout": "4000",
        "quorumListenOnAllIPs": "true",
        "server.1": "zk1.example.org:2888:3888",
        "server.2": "zk2.example.org:2888:3888",
        "server.3": "zk3.example.org:2888:3888",
        "syncLimit": "5",
        "tickTime": "2000",
    }


def test_a_server_alone_runs_without_an_election() -> None:
    assert not [key for key in zoo(count=1) if key.startswith(("server.", "quorum"))]


def test_a_server_on_loopback_listens_nowhere_else() -> None:
    lines = zoo(flink_bind_address="127.0.0.1")
    assert (lines["clientPortAddress"], lines["quorumListenOnAllIPs"]) == ("127.0.0.1", "false")


def test_bounds_of_sessions_follow_the_tick_unless_they_are_given() -> None:
    lines = zoo(zookeeper_tick_time="1 s", zookeeper_max_session_timeout="1 min")
    assert (lines["minSessionTimeout"], lines["maxSessionTimeout"]) == ("2000", "60000")


def test_further_settings_are_taken_over() -> None:
    lines = zoo(zookeeper_config={"snapCount": 50000, "autopurge": {"snapRetainCount": 5}})
    assert (lines["snapCount"], lines["autopurge.snapRetainCount"]) == ("50000", "5")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"myid": 4}, "zookeeper_myid 4 of this host is not among the servers 1, 2, 3"),
        ({"zookeeper_config": {"clientPort": 1}}, "clientPort has a variable of its own; set zookeeper_client_port"),
        (
            {"zookeeper_config": {"server": {"1": "x"}}},
            "server.1 has a variable of its own; set the hosts of the group",
        ),
        ({"zookeeper_config": {"autopurge.purgeinterval": 2}}, "did you mean autopurge.purgeInterval?"),
        ({"zookeeper_config": ["x"]}, "zookeeper_config: it must be a map of settings"),
        ({"zookeeper_tick_time": "slow"}, "zookeeper_tick_time: 'slow' is not a valid duration"),
    ],
)
def test_wrong_settings_of_zookeeper_are_refused(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(FlinkError, match=re.escape(sentence)):
        zoo(**changed)


@pytest.mark.parametrize("source", ["maven", "archive"])
def test_a_maintained_server_has_metrics_and_rotates_its_own_log(source: str) -> None:
    given = {"zookeeper_source": source, "zookeeper_metrics_port": "7001", "flink_log_files": 50}
    lines = zoo(**given)
    assert lines["metricsProvider.className"].endswith(".PrometheusMetricsProvider")
    assert (lines["metricsProvider.httpHost"], lines["metricsProvider.httpPort"]) == ("0.0.0.0", "7001")
    assert lines["admin.enableServer"] == "false"
    files = zookeeper_files(**given)
    assert sorted(files) == ["logback.xml", "zoo.cfg"]
    log = ElementTree.fromstring(files["logback.xml"])
    assert [one.text for one in log.iter("file")] == ["/d/zookeeper/log/zookeeper.log"]
    # More would be refused by logback.
    assert [one.text for one in log.iter("maxIndex")] == ["20"]
    assert [one.text for one in log.iter("level")] == ["WARN"]


def test_metrics_of_a_server_on_loopback_are_seen_there_only() -> None:
    lines = zoo(zookeeper_source="maven", flink_bind_address="127.0.0.1")
    assert (lines["metricsProvider.httpHost"], lines["metricsProvider.httpPort"]) == ("127.0.0.1", "7000")


def test_a_server_of_the_operating_system_logs_with_what_it_has() -> None:
    files = zookeeper_files(zookeeper_source="package", flink_log_level="debug")
    assert sorted(files) == ["log4j.properties", "zoo.cfg"]
    assert "log4j.rootLogger=DEBUG, file, console" in files["log4j.properties"].splitlines()
    assert "%d{ISO8601} %-5p [%t] %c - %m%n" in files["log4j.properties"]
    assert "metricsProvider" not in files["zoo.cfg"]


def test_the_server_that_flink_brings_reads_the_logging_files_of_flink() -> None:
    assert sorted(zookeeper_files()) == ["zoo.cfg"]
    assert sorted(zookeeper_files(flink_runtime="systemd")) == ["logback.xml", "zoo.cfg"]


def test_an_ensemble_of_another_inventory_is_not_configured() -> None:
    with pytest.raises(FlinkError, match="with zookeeper_source existing there is none of ours"):
        zookeeper_files(zookeeper_source="existing")
