"""What can be upgraded to what, and what is remembered on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._upgrade import record as _upgrade
from ansible_collections.streamops.flink.plugins.module_utils._upgrade.record import Moved, Upgrade


def test_the_record_survives_its_way_through_zookeeper() -> None:
    moved = Moved("count", "a" * 32, "file:/s", {"name": "count"}, 100.0, 121.26)
    upgrade = Upgrade("1.20.5", "2.2.1", "soaking", (moved,), "then", swapped=True)
    assert Upgrade.from_record(upgrade.as_record()) == upgrade
    assert upgrade.shown()["jobs"][0]["downtime"] == 21.3
    assert upgrade.shown()["unfinished"] is True


@pytest.mark.parametrize(("record", "said"), [({"format": 9}, "has format 9"), ({"format": 1, "old": "1"}, "damaged")])
def test_a_damaged_record_is_one_sentence(record: dict[str, object], said: str) -> None:
    with pytest.raises(FlinkError, match=said):
        Upgrade.from_record(record)


@pytest.mark.parametrize(
    ("phase", "unfinished", "back", "passed"),
    [
        ("", False, False, []),
        ("prepared", False, False, ["prepared"]),
        ("stopping", True, False, ["prepared", "stopping"]),
        ("soaking", True, False, ["stopped", "swapping", "starting", "soaking"]),
        ("done", False, False, ["soaking", "done"]),
        ("rolling_back", True, True, ["rolling_back"]),
        ("returned", True, True, ["rolling_back", "cleared", "returned"]),
        ("rolled_back", False, True, ["rolled_back"]),
    ],
)
def test_a_phase_says_what_lies_behind(phase: str, unfinished: bool, back: bool, passed: list[str]) -> None:
    upgrade = Upgrade("1", "2", phase)
    assert (upgrade.unfinished, upgrade.back) == (unfinished, back)
    assert all(upgrade.reached(one) for one in passed)
    assert not upgrade.reached("done") or phase == "done"


def test_an_upgrade_that_is_half_done_is_finished_first() -> None:
    half = Upgrade("1.20.5", "2.2.1", "stopped")
    _upgrade.check_resumed(half, "2.2.1")
    _upgrade.check_resumed(replace(half, phase="done"), "2.3.0")
    _upgrade.check_resumed(None, "2.3.0")
    with pytest.raises(FlinkError, match=r"flink_upgrade_version=2\.2\.1"):
        _upgrade.check_resumed(half, "2.3.0")
