"""What a user can get wrong: one sentence each, and nothing is changed."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from real_cluster import FlinkCluster, PlaybookRun
from receivers import HttpReceiver

pytestmark = pytest.mark.real
GOES_BESIDE_OTHERS = True

Describe = Callable[..., FlinkCluster]


def said(run: PlaybookRun) -> str:
    """The output without the line breaks that Ansible puts into messages."""
    return " ".join(run.text.split())


def refused(planned: FlinkCluster, sentence: str, **extra: Any) -> None:
    run = planned.playbook("site.yml", **extra)
    assert run.code != 0, run.text
    assert sentence in said(run), run.text
    assert "Traceback" not in run.text
    assert run.changed == 0, run.text
    assert not planned.base_dir.exists()


def edit(planned: FlinkCluster, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the inventory's hosts."""
    path = planned.inventory / "hosts.yml"
    hosts = yaml.safe_load(path.read_text())
    change(hosts["flink"]["children"])
    path.write_text(yaml.safe_dump(hosts, sort_keys=False))


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"flink_config": {"execution.checkpointing.intervall": "10 s"}}, "execution.checkpointing.interval"),
        ({"flink_config": {"jobmanager.heap.size": "1g"}, "flink_version": "2.2.1"}, "jobmanager.memory.process.size"),
        ({"flink_config": {"taskmanager.numberOfTaskSlots": "four"}}, "must be a whole number such as 4, not 'four'"),
        ({"flink_config": {"heartbeat.interval": "often"}}, "heartbeat.interval"),
        ({"flink_config": {"rest.port": 9999}}, "jobmanager_rest_port"),
        ({"flink_config": {"high-availability.cluster-id": "/x"}}, "flink_cluster_id"),
        ({"flink_config": {"heartbeat.timeout": "8 s"}}, "heartbeat.timeout"),
        (
            {
                "flink_unaligned_checkpoints_enabled": True,
                "flink_config": {"execution.checkpointing.max-concurrent-checkpoints": 2},
            },
            "Flink starts no job with both",
        ),
        (
            {
                "flink_unaligned_checkpoints_enabled": True,
                "flink_config": {"execution.checkpointing.mode": "AT_LEAST_ONCE"},
            },
            "unaligned checkpoints can only be used with EXACTLY_ONCE",
        ),
        ({"flink_cluster_name": "default"}, "flink_cluster_id is /default"),
        (
            {"flink_cluster_name": "my cluster"},
            "'my cluster' cannot be a part of the names of files",
        ),
        ({"flink_zookeeper_quorum": "zk1:2181/flink"}, "because a path has no place in it: write host:port,host:port"),
        ({"flink_zookeeper_quorum": "::1:2181"}, "because an IPv6 address in front of a port is in brackets"),
        ({"flink_host_address": "jm_1"}, "which has an underscore, and Java takes no such name in a URI"),
        ({"flink_version": "9.9.9"}, "flink_version"),
        ({"flink_runtime": "kubernetes"}, "flink_runtime"),
        ({"flink_state_backend": "memory"}, "flink_state_backend"),
        ({"jobmanager_memory_process_size": "900g"}, "memory"),
        ({"preflight_disk_free": "900t"}, "disk"),
        ({"flink_java_home": "/nowhere"}, "/nowhere"),
        ({"flink_config": {"env.java.opts.all": "-Da='x y'"}}, "option env.java.opts.all: '-Da=x y' holds blanks"),
        ({"flink_config": {"env.java.opts.all": "-Dp=x #y"}}, "Java would take '#y' for the class that it is to run"),
    ],
)
def test_a_wrong_variable_is_told_before_anything_is_changed(
    new_cluster: Describe, variables: dict[str, Any], sentence: str
) -> None:
    refused(new_cluster(), sentence, **variables)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"flink_jbos": []}, "flink_jbos is not a variable of this collection: did you mean flink_jobs?"),
        ({"demo_enabled": "maybe"}, "demo_enabled is 'maybe', which is not a valid boolean: write true or false"),
        ({"flink_site_jobs_enabled": [1]}, "which is not a valid boolean: write true or false"),
        ({"flink_jobs": [{"name": "x", "sql": "SELECT 1", "paralellism": 3}]}, "did you mean parallelism?"),
        ({"flink_libraries": [{"artifact": "g:a:1", "chksum": "x"}]}, "did you mean checksum?"),
        ({"flink_watchdog_alerts": {"receivers": [{"name": "x", "kind": "slak"}]}}, "did you mean slack?"),
        ({"flink_savepoint_retention": {"keep": "many"}}, "keep is 'many', which is not a valid integer"),
        ({"flink_connection_options": {"rest_ca_pth": "/ca"}}, "did you mean rest_ca_path?"),
        ({"flink_log_level": "warning"}, "which is not one of its choices: write OFF, ERROR, WARN, INFO, DEBUG, TRACE"),
    ],
)
def test_names_and_values_are_checked_before_the_hosts_are_asked(
    new_cluster: Describe, variables: dict[str, Any], sentence: str
) -> None:
    """By flink_variables, the first task."""
    refused(new_cluster(), sentence, **variables)


def test_a_variable_of_the_inventory_that_nothing_reads_is_told_with_its_host(new_cluster: Describe) -> None:
    planned = new_cluster()
    edit(planned, lambda groups: groups["taskmanagers"]["hosts"]["tm2"].update(taskmanager_slot=2))
    sentence = "(inventory, host tm2) is not a variable of this collection: did you mean taskmanager_slots?"
    refused(planned, sentence)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"taskmanager_memory_process_size": "400m"}, "Flink refuses the memory of the taskmanager"),
        (
            {
                "flink_restart_strategy_options": {
                    "initial-backoff": "1 s",
                    "max-backoff": "60 s",
                    "backoff-multiplier": 0.5,
                }
            },
            "Flink refuses the restart strategy: Backoff multiplier must be greater than 1",
        ),
        (
            {"flink_checkpoint_url": "s3://bucket/checkpoints"},
            "Could not find a file system implementation for scheme 's3'",
        ),
    ],
)
def test_what_flink_itself_refuses_is_told_by_its_own_classes_before_anything_runs(
    new_cluster: Describe, variables: dict[str, Any], sentence: str
) -> None:
    planned = new_cluster()
    run = planned.playbook("site.yml", **variables)
    assert run.code != 0
    assert sentence in said(run), run.text
    assert not (planned.base_dir / "nodes").exists()
    assert not (planned.base_dir / "supervisor").exists()
    reset = planned.playbook("reset.yml", flink_reset_confirm=planned.variables["flink_cluster_name"])
    assert reset.code == 0, reset.trouble
    assert not planned.base_dir.exists()


def test_every_problem_of_an_inventory_is_told_in_one_go(new_cluster: Describe) -> None:
    planned = new_cluster()

    def change(groups: dict[str, Any]) -> None:
        servers = groups["zookeeper"]["hosts"]
        servers["zk2"] = dict(servers["zk1"])
        groups["jobmanagers"]["hosts"].pop("jm2")
        workers = groups["taskmanagers"]["hosts"]
        workers["tm2"]["taskmanager_resource_id"] = "tm1"
        workers["tm3"]["taskmanager_data_port"] = workers["tm1"]["taskmanager_data_port"]

    edit(planned, change)
    run = planned.playbook("site.yml")
    assert run.code != 0
    for sentence in (
        "an even number",
        "have the same zookeeper_myid 1",
        "the group jobmanagers has one host only",
        "have the same taskmanager_resource_id tm1",
        "is given twice, as taskmanager_data_port of tm1 and taskmanager_data_port of tm3",
    ):
        assert sentence in said(run), run.text
    assert run.changed == 0
    assert not planned.base_dir.exists()


def test_a_port_in_use_is_told_with_the_process_that_has_it(new_cluster: Describe) -> None:
    planned = new_cluster()
    port = planned.hosts["jobmanagers"]["jm2"]["jobmanager_rest_port"]
    with socket.create_server(("127.0.0.1", port)):
        refused(planned, f"port {port} on")
        run = planned.playbook("site.yml")
    assert f"is in use by process {os.getpid()}" in said(run), run.text


def test_storage_that_is_not_writable_is_told(new_cluster: Describe, tmp_path: Path) -> None:
    wall = tmp_path / "file"
    wall.write_text("no directory")
    refused(new_cluster(), str(wall), flink_storage_dir=str(wall / "storage"))


def test_storage_on_several_machines_must_be_said_to_be_shared(new_cluster: Describe) -> None:
    planned = new_cluster(flink_storage_shared=False)
    edit(planned, lambda groups: groups["taskmanagers"]["hosts"]["tm3"].update(flink_machine="elsewhere"))
    refused(planned, "flink_storage_shared")


def test_a_watchdog_that_could_not_work_is_refused(new_cluster: Describe) -> None:
    sentence = "(20 s) is not longer than flink_checkpoint_interval (30 s)"
    refused(new_cluster(), sentence, flink_watchdog_checkpoint_window="20 s")
    alerts = {"receivers": [{"name": "x", "kind": "pager"}]}
    refused(new_cluster(), "has the unknown kind 'pager'", flink_watchdog_alerts=alerts)


def test_receivers_of_alerts_are_told_on_request_and_one_that_is_dead_is_found(new_cluster: Describe) -> None:
    planned = new_cluster()
    with HttpReceiver() as alive:
        dead = {"name": "dead", "kind": "slack", "url": "http://127.0.0.1:9/"}
        alerts = {"receivers": [{"name": "alive", "kind": "webhook", "url": alive.url}, dead]}
        sentence = "the receiver dead (slack) could not be notified: Connection refused; nothing was changed"
        refused(planned, sentence, flink_watchdog_alert_test=True, flink_watchdog_alerts=alerts)
    # Either of them may be the one that has to send alerts.
    assert alive.told("test") == ["firing"] * 2
    assert {re.search(r"watchdog on (\w+)\.", one["text"])[1] for one in alive.messages} == {"jm1", "jm2"}


def test_a_script_that_is_no_template_is_named_with_its_line(new_cluster: Describe, tmp_path: Path) -> None:
    script = tmp_path / "balances.sql"
    script.write_text("SELECT 1;\nSELECT '{# not a comment';\n")
    sentence = f"cannot use sql_file {script} of the job balances: line 2 is not a valid part of a template"
    refused(new_cluster(), sentence, flink_jobs=[{"name": "balances", "sql_file": str(script)}])


def test_two_declared_jobs_of_one_name_are_refused(new_cluster: Describe) -> None:
    job = {"name": "twice", "sql": "SELECT 1"}
    refused(new_cluster(), "declares a job more than once (twice, twice)", flink_jobs=[job, job])


def test_a_job_without_a_program_is_refused(new_cluster: Describe) -> None:
    refused(new_cluster(), "The job empty names no program", flink_jobs=[{"name": "empty"}])


def test_a_cluster_id_that_another_cluster_uses_is_refused(cluster: FlinkCluster, new_cluster: Describe) -> None:
    other = new_cluster(flink_cluster_name=cluster.variables["flink_cluster_name"])
    refused(other, "belongs to another cluster", flink_zookeeper_quorum=cluster.quorum)


def test_broken_sql_is_told_with_the_planners_words_and_the_line(cluster: FlinkCluster) -> None:
    script = "CREATE TABLE t (a INT) WITH ('connector' = 'datagen');\n\nINSERT INTO nowhere\nSELECT b FROM t;\n"
    run = cluster.playbook("site.yml", flink_jobs=[{"name": "broken", "sql": script}])
    assert run.code != 0
    assert "line 3" in said(run) or "line 4" in said(run), run.text
    assert "nowhere" in said(run) or "'b'" in said(run), run.text
    assert "Traceback" not in run.text
    # It stays declared, and would be missed, until it is declared as not wanted.
    assert cluster.module("flink_job", name="broken", state="absent").get("failed") is not True


# Every day it is flink_job that is tried with such a jar, not the whole playbook.
@pytest.mark.long
def test_a_jar_that_is_none_is_refused_before_it_is_uploaded(cluster: FlinkCluster, tmp_path: Path) -> None:
    fake = tmp_path / "job.jar"
    fake.write_text("this is no archive")
    run = cluster.playbook("site.yml", flink_jobs=[{"name": "fake", "jar": str(fake)}])
    assert run.code != 0
    assert str(fake) in said(run), run.text
    assert "Traceback" not in run.text
