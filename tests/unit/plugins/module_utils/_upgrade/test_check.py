"""What can be upgraded to what."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._upgrade.check import JobFacts, check, problems

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
    assert problems(old, new, [JAR]) == []


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
    (problem,) = problems(old, new, jobs)
    assert said in problem
    with pytest.raises(FlinkError, match="Nothing was changed"):
        check(old, new, jobs)


def test_sql_is_taken_along_where_its_owner_says_so_and_within_a_minor_version() -> None:
    assert problems("1.20.5", "2.2.1", [SQL], sql_allowed=True) == []
    assert problems("1.20.1", "1.20.5", [SQL]) == []


def test_a_suspended_job_that_allowed_losses_once_is_not_in_the_way() -> None:
    suspended = replace(JAR, running=False, allow_non_restored_state=True)
    assert problems("1.20.5", "2.2.1", [suspended]) == []
