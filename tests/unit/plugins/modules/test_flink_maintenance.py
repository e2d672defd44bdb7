"""flink_maintenance: windows with a name and an end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_maintenance
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import FakeFlink, connection

RunModule = Callable[..., dict[str, Any]]


@pytest.fixture
def announce(run_module: RunModule, flink: FakeFlink) -> RunModule:
    return lambda **more: run_module(flink_maintenance.main, **{**connection(), "name": "roll", **more})


def names(found: dict[str, Any]) -> list[str]:
    return [one["name"] for one in found["windows"]]


def test_a_window_is_opened_once(announce: RunModule) -> None:
    first, second = announce(reason="new jars"), announce(reason="new jars")
    assert (first["changed"], second["changed"]) == (True, False)
    assert (names(second), second["windows"][0]["reason"]) == (["roll"], "new jars")
    assert first["diff"] == {"before": "", "after": "roll new jars\n"}


def test_a_window_is_made_longer_and_never_shorter(announce: RunModule) -> None:
    first = announce(duration=600)
    assert announce(duration=60)["until"] == first["until"]
    longer = announce(duration=6000)
    assert (longer["changed"], longer["until"] > first["until"]) == (True, True)


def test_each_ends_its_own_window_only(announce: RunModule) -> None:
    announce(name="upgrade")
    announce(name="roll")
    assert names(announce(name="roll", state="absent")) == ["upgrade"]
    assert announce(name="roll", state="absent")["changed"] is False


def test_a_window_that_is_over_is_not_open_and_can_be_opened_again(announce: RunModule) -> None:
    announce(duration=0.000001)
    assert names(announce(name="other", state="absent")) == []
    assert announce()["changed"] is True


def test_check_mode_announces_nothing(announce: RunModule) -> None:
    assert announce(check=True)["changed"] is True
    assert names(announce(name="other", state="absent", check=True)) == []


@pytest.mark.parametrize(("more", "text"), [({"name": " "}, "name is empty"), ({"duration": 0}, "more than 0 seconds")])
def test_settings_that_cannot_work_are_refused(announce: RunModule, more: dict[str, Any], text: str) -> None:
    assert text in announce(**more)["msg"]


def test_a_damaged_window_is_told(announce: RunModule, flink: FakeFlink) -> None:
    announce()
    (path,) = [path for path in flink.ensemble.nodes if path.endswith("/maintenance/roll")]
    flink.ensemble.nodes[path].data = b'{"begun": "then"}'
    assert "the maintenance window roll in ZooKeeper is damaged" in announce()["msg"]
    assert announce(state="absent")["changed"] is True
    assert announce()["changed"] is True
