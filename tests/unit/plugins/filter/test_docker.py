"""The filters of the runtime docker, as roles call them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.streamops.flink.plugins.filter import docker
from ansible_collections.streamops.flink.plugins.module_utils._config.inventory import Node, nodes

HOSTVARS: dict[str, dict[str, Any]] = {
    "jm1": {"flink_host_address": "10.0.0.2", "flink_published_ports": ["8081:8081"], "ansible_connection": "local"},
    "jm2": {"flink_host_address": "10.0.0.3", "flink_container": "standby", "ansible_connection": "local"},
}


def cluster() -> list[Node]:
    return nodes({"jobmanagers": list(HOSTVARS)}, HOSTVARS, {"flink_runtime": "docker"})


def test_every_filter_is_there() -> None:
    assert len(docker.FilterModule().filters()) == 7


def test_nodes_without_a_name_get_the_prefix() -> None:
    answer = {"containers": [{"Names": ["/flink-jm1"], "Ports": [{"PublicPort": 8081}]}]}
    assert docker.flink_docker_problems(cluster(), HOSTVARS, answer, "10.0.0.0/24", "flink-") == []
    (problem,) = docker.flink_docker_problems(cluster(), HOSTVARS, answer, "10.0.0.0/24", "other-")
    assert "is in use by the container flink-jm1" in problem


def test_the_engine_is_told_with_the_nodes() -> None:
    found = docker.flink_docker_problems(cluster(), HOSTVARS, {"failed": True, "msg": "x"}, "10.1.0.0/24")
    assert len(found) == 3


def test_the_default_memory_counts_against_a_limit() -> None:
    limited = {name: {**own, "service_limits": {"memory": "1g"}} for name, own in HOSTVARS.items()}
    found = docker.flink_docker_problems(cluster(), limited, {}, "10.0.0.0/24")
    assert [one for one in found if "service_limits.memory 1.0 GiB, less than the 1.6 GiB" in one] == found
    assert len(found) == 2


def test_ports_of_the_machine_are_the_published_ones() -> None:
    found = docker.flink_docker_ports(cluster(), HOSTVARS, {}, "flink-")
    assert [list(one["ports"].values()) for one in found] == [[8081], []]


def test_errors_are_those_of_ansible() -> None:
    with pytest.raises(AnsibleFilterError, match="never made"):
        docker.flink_container_step(None, None, "started")
    with pytest.raises(AnsibleFilterError, match="is not a valid port to publish"):
        docker.flink_container({**SERVICE, "published": ["x"]})


SERVICE: dict[str, Any] = {
    **dict.fromkeys(("cluster", "id", "image", "image_id", "digest", "user", "hostname", "network", "address"), "x"),
    **{key: {} for key in ("environment", "secrets", "ports", "volumes", "own_volumes", "limits")},
    **{key: [] for key in ("command", "published", "readable", "writable")},
    **dict.fromkeys(("flink_home", "image_home", "directory", "logs_volume"), "/x"),
    **dict.fromkeys(("stop_timeout", "log_max_bytes", "log_backups"), 1),
    "restart_policy": "always",
}


def test_an_image_is_judged_by_what_it_printed() -> None:
    answer = {"container": {"Output": 'flink=/f/lib/flink-dist-2.2.1.jar\njava=openjdk version "21"\nbash=/bin/bash'}}
    assert docker.flink_image_problems(answer, "img", "/f", "2.2.1") == []
    assert docker.flink_image_ids([{"Id": "1", "RepoTags": ["img:1"]}]) == {"img:1": "1"}


def test_a_collection_is_there_or_not() -> None:
    assert docker.flink_has_collection("streamops.flink")
    assert not docker.flink_has_collection("unknown.nothing")
    assert not docker.flink_has_collection("streamops.nothing")
