"""Records of jobs: they come back as they were, and nothing that exists is forgotten."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.paths import same_path
from ansible_collections.streamops.flink.plugins.module_utils._jobs.records import (
    Deployment,
    JobRecord,
    StatePoint,
    Step,
)
from ansible_collections.streamops.flink.plugins.module_utils._jobs.spec import Spec
from hypothesis import given
from hypothesis import strategies as st

POINT = StatePoint("file:/s/savepoint-1", "savepoint", "a" * 32, "2026-01-01T00:00:00Z", "sha256:1", "t" * 32, True)
SPEC = Spec(kind="jar", artifact="j.jar", sha256="1" * 64)


def deployment(job_id: str = "a" * 32, **changes: Any) -> Deployment:
    return Deployment(job_id, SPEC.digest, SPEC.core_digest, SPEC.as_record(), "submit", "2026", **changes)


FULL = JobRecord(
    name="x",
    state="running",
    current=deployment(restored_from="file:/s", restored_kind="savepoint", submitter={"session": "s"}),
    good=deployment("b" * 32, outcome="verified", checkpoint_path="file:/c/chk-1", checkpoint_dir="file:/c"),
    state_point=POINT,
    step=Step("stop", "a" * 32, "2026", "me", "t" * 32, "file:/t", "upgrade"),
    strays={"c" * 32: "2026"},
    savepoints=(POINT,),
    history=(deployment("d" * 32, message="why", ended_at="2026", allow_non_restored_state=True),),
)


@pytest.mark.parametrize("record", [JobRecord("x"), FULL])
def test_a_record_comes_back_as_it_was(record: JobRecord) -> None:
    assert JobRecord.from_record("x", record.as_record()) == record


def test_a_record_of_another_format_is_not_touched() -> None:
    with pytest.raises(FlinkError, match="has format 2, this version of the collection reads format 1"):
        JobRecord.from_record("x", FULL.as_record() | {"format": 2})


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(FULL.as_record())), ANY)
def test_a_damaged_record_is_told_or_read(key: str, value: Any) -> None:
    with suppress(FlinkError):
        JobRecord.from_record("x", FULL.as_record() | {key: value})


def test_only_the_last_ten_deployments_are_remembered() -> None:
    record = JobRecord("x")
    for number in range(15):
        record = record.began(deployment(f"{number:032d}"))
    assert record.current is not None
    assert record.current.job_id == f"{14:032d}"
    assert [one.job_id for one in record.history] == [f"{number:032d}" for number in range(13, 3, -1)]
    assert all(one.ended_at for one in record.history)


def test_what_was_verified_is_what_an_upgrade_goes_back_to() -> None:
    record = JobRecord("x").began(deployment()).verified()
    assert record.good == record.current
    later = record.began(deployment("b" * 32))
    assert later.good is not None
    assert later.good.job_id == "a" * 32


def test_a_change_of_the_deployment_that_runs_reaches_what_an_upgrade_goes_back_to() -> None:
    record = JobRecord("x").began(deployment()).verified().updated(checkpoint_path="file:/c/chk-9")
    assert record.good is not None
    assert record.good.checkpoint_path == "file:/c/chk-9"


def test_a_savepoint_is_remembered_once_and_forgotten_only_by_its_path() -> None:
    record = JobRecord("x").with_savepoint(POINT).with_savepoint(replace(POINT, path="file:///s/savepoint-1/"))
    assert len(record.savepoints) == 1
    assert record.knows("/s/savepoint-1")
    assert len(record.without_savepoint("file:/other").savepoints) == 1
    gone = replace(record, state_point=POINT).without_savepoint("file:///s/savepoint-1")
    assert (gone.savepoints, gone.state_point) == ((), None)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("file:/a/b", "file:///a/b", True),
        ("file:///a/b/", "/a/b", True),
        ("s3://a/b", "s3://a/b/", True),
        ("s3://a/b", "s3://a/c", False),
        ("/a/b", "hdfs:///a/b", False),
    ],
)
def test_a_path_may_be_written_in_several_ways(one: str, other: str, same: bool) -> None:
    assert same_path(one, other) is same


def test_a_deployment_is_shown_without_its_script_and_its_session() -> None:
    sql = Spec(kind="sql", sql="INSERT INTO t SELECT 1")
    shown = replace(deployment(submitter={"session": "s"}), spec=sql.as_record()).shown()
    assert "submitter" not in shown
    assert shown["spec"] == {"kind": "sql", "parallelism": None, "configuration": {}}
