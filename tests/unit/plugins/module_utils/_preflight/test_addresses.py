"""Addresses of hosts, the quorum and the name of a cluster are checked before anything is changed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._config.inventory import expected, nodes, urls
from ansible_collections.streamops.flink.plugins.module_utils._preflight.inventory import (
    ClusterDescription,
    inventory_problems,
)

GROUPS = {"zookeeper": ["zk1"], "jobmanagers": ["jm1", "jm2"], "taskmanagers": ["tm1"]}


def problems(hosts: dict[str, dict[str, Any]] | None = None, **cluster: Any) -> list[str]:
    variables = {name: {"zookeeper_myid": 1, **(hosts or {}).get(name, {})} for name in ("zk1", "jm1", "jm2", "tm1")}
    found = nodes(GROUPS, variables, {"base_dir": "/var/lib/flink"})
    described = {
        "cluster_id": "/payments",
        "version": "1.20.5",
        "runtime": "process",
        "runtimes": ["process"],
        "storage_url": "s3://bucket/flink",
    }
    return inventory_problems(found, ClusterDescription(**{**described, **cluster}), str)


@pytest.mark.parametrize(
    "address", ["jm1", "JM1.Example.COM", "10.0.0.17", "::17", "fd00::17", "fe80::1%eth0", "xn--bcher-kva.example"]
)
def test_an_address_that_can_be_used_is_no_problem(address: str) -> None:
    assert problems({"jm1": {"flink_host_address": address}}) == []


def test_a_name_that_differs_from_the_address_is_no_problem() -> None:
    assert problems({"jm1": {"ansible_host": "10.0.0.17"}, "zk1": {"ansible_host": "fd00::1"}}) == []


BAD = [
    ("jm_1", "which has an underscore, and Java takes no such name in a URI: set flink_host_address"),
    ("jm1:8081", "which cannot be used because it has a port: write a name or an address alone"),
    ("[::1]", "which cannot be used because it has brackets"),
    ("http://jm1", "which cannot be used because a scheme has no place in it"),
    ("jm 1", "which cannot be used because 'jm 1' is not the name of a host"),
    ("jm..1", "which cannot be used because 'jm..1' is not the name of a host"),
    ("bücher", "which has letters that names of hosts do not have: write it as DNS has it"),
    ("10.0.0.256", "which looks like an IPv4 address and is none"),
    ("10.0.0", "which looks like an IPv4 address and is none"),
    ("1:2:3", "which cannot be used because it has two colons and is not an IPv6 address"),
]


@pytest.mark.parametrize(("address", "why"), BAD)
def test_an_address_that_cannot_be_used_is_told_with_its_variable(address: str, why: str) -> None:
    (problem,) = problems({"jm1": {"flink_host_address": address}})
    assert problem.startswith(f"jm1 has the address {address!r} (flink_host_address), {why}")


def test_one_machine_is_known_in_capitals_too() -> None:
    address = {"jm1": {"flink_host_address": "Node1"}, "jm2": {"flink_host_address": "node1"}}
    assert any("port 8081 on node1 is given twice" in problem for problem in problems(address))


def test_an_underscore_is_no_problem_for_a_host_that_runs_only_zookeeper() -> None:
    assert problems({"zk1": {"flink_host_address": "zk_1"}}) == []


@pytest.mark.parametrize("quorum", ["zk1:2181", "zk1:2181, zk2:2181", "zk1:2181,", "[::1]:2181,[fd00::1]:2182"])
def test_a_quorum_that_can_be_read_is_no_problem(quorum: str) -> None:
    assert problems(zookeeper_quorum=quorum) == []


@pytest.mark.parametrize(
    ("quorum", "why"),
    [
        ("zk1", "at 'zk1', because it has no port"),
        ("zk1:2181,zk2:2181/kafka", "at 'zk2:2181/kafka', because a path has no place in it"),
        ("zk://zk1:2181", "because a scheme has no place in it"),
        ("zk1:2181;zk2:2181", "at 'zk1:2181;zk2:2181', because an IPv6 address in front of a port is in brackets"),
        ("zk1:2181 zk2:2181", "because an IPv6 address"),
        ("::1:2181", "because an IPv6 address in front of a port is in brackets"),
        ("['zk1:2181', 'zk2:2181']", "because its brackets do not match"),
        ("zk1:2181,,zk2:2181", "at '', because it is empty"),
        ("zk1:abc", "because the port 'abc' is not a number"),
    ],
)
def test_a_quorum_that_cannot_be_read_says_what_to_write(quorum: str, why: str) -> None:
    (problem,) = problems(zookeeper_quorum=quorum)
    assert problem.startswith(f"flink_zookeeper_quorum {quorum!r} cannot be used at ")
    assert why in problem
    assert problem.endswith(
        "write host:port,host:port, IPv6 addresses like [::1]:2181, and a path into flink_zookeeper_root"
    )


@pytest.mark.parametrize("name", ["my cluster", "a/b", "zahlungen-ä", "订单", "a\nb", "x" * 101, ".x"])
def test_a_cluster_name_that_files_cannot_have_is_told_once(name: str) -> None:
    (problem,) = problems(cluster_name=name, cluster_id=f"/{name}")
    assert problem.startswith(
        f"flink_cluster_name {name!r} cannot be a part of the names of files, units and containers"
    )


def test_a_cluster_name_of_letters_is_no_problem() -> None:
    assert problems(cluster_name="payments-2.eu_1") == []


@pytest.mark.parametrize("url", ["file:///srv/a#b", "file:///srv/a?b", "file:///srv/a\nb"])
def test_a_storage_that_readers_of_urls_cut_is_told(url: str) -> None:
    (problem,) = problems(storage_url=url, storage_shared=True)
    assert problem.startswith(f"flink_storage_url {url!r} has a sign in it")


@pytest.mark.parametrize("url", ["file:///srv/my flink", "file:///srv/ü"])
def test_a_storage_with_spaces_or_other_letters_is_taken(url: str) -> None:
    assert problems(storage_url=url, storage_shared=True) == []


def test_ipv6_addresses_are_in_brackets_in_all_that_follows_from_the_inventory() -> None:
    hosts = {
        name: {"flink_host_address": f"fd00::{number}"} for number, name in enumerate(("zk1", "jm1", "jm2", "tm1"))
    }
    found = nodes(GROUPS, hosts, {})
    assert expected(found, ())["zookeepers"] == {"[fd00::0]:2181": "zk1"}
    assert [one["url"] for one in urls(found, "jobmanager", "jobmanager_rest_port")] == [
        "http://[fd00::1]:8081",
        "http://[fd00::2]:8081",
    ]
