"""What can be upgraded to what, and what is remembered on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._upgrade import record as _upgrade
from ansible_collections.streamops.flink.plugins.module_utils._upgrade.record import JobFacts, Moved, Upgrade

JAR = JobFacts("count", declared=True, kind="jar")
SQL = JobFacts("sums", declared=True, kind="sql")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1.19.3", "1.20.5"),
        ("1.19.3", "2.2.1"),
        ("1.20.5", "2.2.1"),
        ("2.2.1", "2.3.0"),
        ("1.20.1", "1.20.5"),
        ("1.20.9", "1.20.5"),
    ],
)
def test_jars_go_to_any_newer_version_and_within_a_minor_one(old: str, new: str) -> None:
    assert _upgrade.problems(old, new, [JAR]) == []


@pytest.mark.parametrize(
    ("old", "new", "jobs", "said"),
    [
        ("2.2.1", "1.20.5", [], "cannot read the state of Flink 2.2.1, which is newer"),
        ("1.20.5", "1.19.3", [], "which is newer"),
        ("1.20.5", "9.9.9", [], "is not among the versions"),
        ("1.20.5", "2.2.1", [replace(JAR, declared=False)], "was not deployed by this collection"),
        ("1.20.5", "2.2.1", [replace(JAR, allow_non_restored_state=True)], "would be lost in silence"),
        ("1.20.5", "2.2.1", [SQL], "-e flink_upgrade_sql_state_allowed=true"),
    ],
)
def test_what_would_lose_state_is_refused(old: str, new: str, jobs: list[JobFacts], said: str) -> None:
    (problem,) = _upgrade.problems(old, new, jobs)
    assert said in problem
    with pytest.raises(FlinkError, match="Nothing was changed"):
        _upgrade.check(old, new, jobs)


def test_sql_is_taken_along_where_its_owner_says_so_and_within_a_minor_version() -> None:
    assert _upgrade.problems("1.20.5", "2.2.1", [SQL], sql_allowed=True) == []
    assert _upgrade.problems("1.20.1", "1.20.5", [SQL]) == []


def test_a_suspended_job_that_allowed_losses_once_is_not_in_the_way() -> None:
    suspended = replace(JAR, running=False, allow_non_restored_state=True)
    assert _upgrade.problems("1.20.5", "2.2.1", [suspended]) == []


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


@pytest.mark.parametrize(
    ("deployed", "wanted", "jobs", "suspended", "said"),
    [
        ("", "2.2.1", ["a"], [], ""),
        ("1.20.5", "1.20.5", ["a"], ["b"], ""),
        ("1.20.5", "2.2.1", [], ["b"], ""),  # a suspended job starts from its savepoint, which a newer Flink reads
        ("1.20.5", "2.2.1", ["a"], [], "playbooks/upgrade.yml -e flink_upgrade_version=2.2.1"),
        ("2.2.1", "1.20.5", ["a"], [], "set flink_version: 2.2.1"),
        ("2.2.1", "1.20.5", [], ["b"], "cannot be read by an older Flink"),
        ("2.2.1", "1.20.5", [], [], ""),
    ],
)
def test_site_never_puts_other_binaries_under_jobs(
    deployed: str, wanted: str, jobs: list[str], suspended: list[str], said: str
) -> None:
    if not said:
        _upgrade.refuse_swap("/t", None, deployed, wanted, jobs, suspended)
        return
    with pytest.raises(FlinkError, match="nothing was changed") as caught:
        _upgrade.refuse_swap("/t", None, deployed, wanted, jobs, suspended)
    assert said in caught.value.message


def test_site_does_not_go_on_where_an_upgrade_has_stopped() -> None:
    with pytest.raises(FlinkError, match="is half done"):
        _upgrade.refuse_swap("/t", Upgrade("1.20.5", "2.2.1", "swapping"), "1.20.5", "1.20.5", [], [])
