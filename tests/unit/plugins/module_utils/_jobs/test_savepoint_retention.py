"""Savepoints go by number and age, and the one that matters always stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._jobs.records import (
    Deployment,
    JobRecord,
    StatePoint,
    Step,
)
from ansible_collections.streamops.flink.plugins.module_utils._jobs.savepoint_retention import Retention, superfluous
from hypothesis import given
from hypothesis import strategies as st

JOB = "a" * 32
NOW = datetime(2026, 6, 10, tzinfo=UTC)


def point(day: int) -> StatePoint:
    return StatePoint(f"file:/s/{day}", "savepoint", JOB, f"2026-06-{day:02d}T00:00:00Z")


def deployment(**changes: str) -> Deployment:
    return Deployment(
        **{"job_id": JOB, "digest": "d", "core_digest": "c", "reason": "", "started_at": "", **changes}, spec={}
    )


RECORD = JobRecord("x", "running", deployment(outcome="verified"), savepoints=tuple(point(day) for day in (3, 1, 2, 4)))


def gone(record: JobRecord, keep: int | None = None, age: str | None = None, missing: str = "") -> list[str]:
    found = superfluous(record, Retention.of(keep, age), NOW, lambda path: path != missing)
    return [one.path.rpartition("/")[2] for one in found]


@pytest.mark.parametrize(
    ("keep", "age", "wanted"),
    [
        (2, None, ["1", "2"]),
        (9, None, []),
        (None, "7 d", ["1", "2"]),
        (3, "7 d", ["1", "2"]),
        (None, "1 d", ["1", "2", "3"]),
    ],
)
def test_number_and_age_say_which_go(keep: int | None, age: str | None, wanted: list[str]) -> None:
    assert gone(RECORD, keep, age) == wanted


def test_the_newest_that_exists_stays_and_what_does_not_exist_counts_for_nothing() -> None:
    assert gone(RECORD, 1, missing="file:/s/4") == ["1", "2"]


@pytest.mark.parametrize(
    "record",
    [
        replace(RECORD, current=deployment(outcome="verified", restored_from="file:///s/1")),
        replace(RECORD, good=deployment(outcome="verified", restored_from="file:/s/1")),
        replace(RECORD, current=None, state="suspended", state_point=point(1)),
    ],
)
def test_what_a_job_came_from_or_would_go_on_from_stays(record: JobRecord) -> None:
    assert gone(record, 1) == ["2", "3"]


@pytest.mark.parametrize(
    "record",
    [
        replace(RECORD, current=deployment(outcome="submitted")),
        replace(RECORD, step=Step("stop", JOB, "", "me")),
        replace(RECORD, strays={JOB: "2026"}),
    ],
)
def test_nothing_goes_while_something_is_being_done(record: JobRecord) -> None:
    assert gone(record, 1) == []


def test_a_savepoint_of_a_job_that_was_given_up_may_go() -> None:
    assert gone(replace(RECORD, current=None, state="absent", state_point=point(1)), 1) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("keep", "age", "message"),
    [
        (None, None, "say how many"),
        (0, None, "never disposed of"),
        (1, "soon", "max_age: 'soon' is not a valid duration"),
        (None, "0 d", "give more than 0"),
    ],
)
def test_a_retention_that_makes_no_sense_is_one_sentence(keep: int | None, age: str | None, message: str) -> None:
    with pytest.raises(FlinkError, match=message):
        Retention.of(keep, age)


@given(st.lists(st.integers(1, 9), min_size=1, unique=True), st.integers(1, 5), st.sets(st.integers(1, 9)))
def test_whatever_is_asked_the_newest_good_one_stays(days: list[int], keep: int, missing: set[int]) -> None:
    record = replace(RECORD, savepoints=tuple(point(day) for day in days))
    there = sorted(set(days) - missing)
    lost = {f"file:/s/{day}" for day in missing}
    found = superfluous(record, Retention.of(keep, "1 ms"), NOW, lambda path: path not in lost)
    left = [day for day in there if f"file:/s/{day}" not in [one.path for one in found]]
    assert left == there[-1:]
