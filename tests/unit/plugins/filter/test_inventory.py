"""The filters that read the inventory."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.streamops.flink.plugins.filter.inventory import FilterModule


def test_the_filters_have_the_names_that_playbooks_use() -> None:
    assert set(FilterModule().filters()) == {
        "flink_nodes",
        "flink_urls",
        "flink_expected",
        "flink_host_daemons",
        "flink_roll_order",
        "flink_public",
        "flink_host_port",
        "flink_servers",
    }


def test_anything_but_groups_is_refused_in_a_sentence() -> None:
    with pytest.raises(AnsibleFilterError, match="requires Ansible's groups, got list"):
        FilterModule().filters()["flink_nodes"]([], {})


def test_nodes_and_urls_fit_together() -> None:
    filters = FilterModule().filters()
    found = filters["flink_nodes"]({"jobmanagers": ["jm1"]}, {"jm1": {}})
    assert filters["flink_urls"](found, "jobmanager", "jobmanager_rest_port") == [
        {"name": "jm1", "url": "http://jm1:8081"}
    ]


def test_only_jobs_that_are_to_run_are_expected() -> None:
    filters = FilterModule().filters()
    groups = {"zookeeper": ["zk1"], "taskmanagers": ["tm1", "tm2"]}
    found = filters["flink_nodes"](groups, {"zk1": {}, "tm1": {"taskmanager_slots": "2"}, "tm2": {}})
    jobs = [{"name": "a"}, {"name": "b", "state": "suspended"}, {"name": "c", "state": "running"}]
    assert filters["flink_expected"](found, jobs) == {
        "zookeepers": {"zk1:2181": "zk1"},
        "taskmanagers": ["tm1", "tm2"],
        "slots": 6,
        "jobs": ["a", "c"],
    }


def test_the_order_of_a_roll_is_read_from_what_the_hosts_wait_for() -> None:
    filters = FilterModule().filters()
    groups = {"jobmanagers": ["jm1", "jm2"], "taskmanagers": ["tm1"]}
    hostvars = {
        "jm1": {"flink_restarts_needed": ["jobmanager"]},
        "jm2": {"flink_restarts_needed": ["jobmanager"]},
        "tm1": {},
    }
    order = filters["flink_roll_order"](filters["flink_nodes"](groups, hostvars), hostvars, {"leader": {"name": "jm1"}})
    assert order == {"zookeeper": [], "jobmanager": ["jm2", "jm1"], "taskmanager": [], "batch": 1}


def test_secrets_are_hidden_wherever_they_stand() -> None:
    shown = FilterModule().filters()["flink_public"](
        {
            "flink_connection_options": {"rest_password": "canary", "rest_username": "u"},
            "flink_config": {"s3.secret-key": "hidden-too", "env.java.opts": "-Dx=canary", "port": 1},
            "flink_jobs": [{"sql": "WITH ('password' = 'third')", "arguments": ["--user", "u:canary"]}],
            "mirror": "https://me:fourth@example.org/",
        }
    )
    text = str(shown)
    assert not [secret for secret in ("canary", "hidden-too", "third", "fourth") if secret in text]
    assert shown["flink_connection_options"]["rest_username"] == "u"
    assert shown["flink_config"]["port"] == 1


@pytest.mark.parametrize(
    ("host", "text"),
    [("jm1", "jm1:8081"), ("::1", "[::1]:8081"), ("[::1]", "[::1]:8081"), ("10.0.0.1", "10.0.0.1:8081")],
)
def test_an_address_in_front_of_a_port_has_brackets_where_it_needs_them(host: str, text: str) -> None:
    assert FilterModule().filters()["flink_host_port"](host, 8081) == text


@pytest.mark.parametrize(
    ("quorum", "servers"),
    [("zk1:2181, zk2:2181,", ["zk1:2181", "zk2:2181"]), ("[::1]:1", ["[::1]:1"]), ("zk1", []), ("", []), (None, [])],
)
def test_the_servers_of_a_quorum_are_read_or_none_are(quorum: str | None, servers: list[str]) -> None:
    assert FilterModule().filters()["flink_servers"](quorum) == servers
