"""The filter that lists the hosts that could not be reached."""

from __future__ import annotations

from ansible_collections.streamops.flink.plugins.filter.preflight import FilterModule

reach_problems = FilterModule().filters()["flink_reach_problems"]


def test_only_hosts_that_could_not_be_asked_are_named() -> None:
    hostvars = {"tm1": {"__preflight_machine": {"unreachable": True, "msg": "down"}}, "tm2": {}}
    assert reach_problems(["tm1", "tm2"], hostvars) == [
        "tm1 cannot be reached (down): start it, fix its connection, or take it out of the inventory"
    ]
