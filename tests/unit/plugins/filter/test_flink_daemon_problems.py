"""What is wrong with the options of a host's daemons."""

from __future__ import annotations

from typing import Any

from ansible_collections.streamops.flink.plugins.filter.flink_daemon_problems import FilterModule

check = FilterModule().filters()["flink_daemon_problems"]
VARIABLES: dict[str, Any] = {
    "flink_cluster_id": "/payments",
    "flink_zookeeper_quorum": "zk1:2181",
    "flink_storage_url": "file:///srv/flink",
    "flink_node_dir": "/var/lib/flink/nodes/jm1",
    "flink_host_address": "jm1",
    "inventory_hostname": "jm1",
}


def test_a_good_host_has_no_problem() -> None:
    assert check(VARIABLES, ["jobmanager", "sql_gateway"]) == []


def test_prometheus_on_a_host_of_the_cluster_has_no_options_of_flink() -> None:
    assert check(VARIABLES, ["jobmanager", "prometheus"]) == []
    assert "there is no daemon 'jobmanger'" in check(VARIABLES, ["jobmanger"])[0]


def test_a_mistake_that_all_daemons_share_is_told_once() -> None:
    wrong = VARIABLES | {"flink_config": {"execution.checkpointing.intervall": "1 s"}}
    problems = check(wrong, ["jobmanager", "taskmanager"])
    assert len(problems) == 1
    assert "execution.checkpointing.interval" in problems[0]


def test_mistakes_of_several_daemons_are_told_together() -> None:
    problems = check(
        VARIABLES | {"jobmanager_rest_port": "web", "taskmanager_data_port": "x"}, ["jobmanager", "taskmanager"]
    )
    assert len(problems) == 2
