"""The names of units, processes and files."""

from __future__ import annotations

from ansible_collections.streamops.flink.plugins.filter.names import FilterModule


def test_two_hosts_have_two_names_and_a_plain_one_keeps_its_own() -> None:
    name = FilterModule().filters()["flink_derived_name"]
    assert name("flink-shop-jm1") == "flink-shop-jm1"
    assert len({name(host) for host in ("tm 1", "tm:1", "tm-1", "tm/1", "fe80::1", "fe80:1", 1)}) == 7
