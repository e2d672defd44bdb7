"""Jobs as three versions of Flink describe them."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError, RestError
from ansible_collections.streamops.flink.plugins.module_utils._jobs import checkpoints as _checkpoints
from ansible_collections.streamops.flink.plugins.module_utils._jobs import failures as _failures
from ansible_collections.streamops.flink.plugins.module_utils._jobs import rescale as _rescale
from ansible_collections.streamops.flink.plugins.module_utils._jobs import view as _jobs
from hypothesis import given
from hypothesis import strategies as st

RECORDED = Path(__file__).parents[3] / "fixtures" / "rest"
VERSIONS = sorted(path.name for path in RECORDED.iterdir())


def recorded(version: str, name: str) -> Any:
    return json.loads((RECORDED / version / f"{name}.json").read_text(encoding="utf-8"))["body"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_job_is_understood(version: str) -> None:
    job = _jobs.parse_job(recorded(version, "job"))
    assert _jobs.is_job_id(job.job_id)
    assert (job.state, job.alive, job.all_running) == ("RUNNING", True, True)
    assert job.total == sum(vertex.parallelism for vertex in job.vertices) == job.working
    assert job.seen == f"RUNNING, {job.total} of {job.total} tasks running"
    assert set(job.vertices[0].as_dict()) == {"id", "name", "parallelism", "max_parallelism", "status", "tasks"}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_list_of_jobs_is_understood(version: str) -> None:
    jobs = _jobs.parse_listing(recorded(version, "jobs_overview"))
    assert [job.alive for job in jobs if job.state == "RUNNING"]
    ended = _jobs.parse_listing(recorded(version, "jobs_overview_finished"))
    assert all(job.terminal for job in ended if job.state in {"FINISHED", "CANCELED"})


@pytest.mark.parametrize("version", VERSIONS)
def test_checkpoints_are_understood(version: str) -> None:
    seen = _checkpoints.parse_checkpoints(recorded(version, "job_checkpoints"))
    assert seen.completed is not None
    assert seen.newest is not None
    assert seen.counts["completed"] >= 1
    assert seen.as_dict()["latest"]["triggered_at"].endswith("Z")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_job_that_never_failed_has_no_cause(version: str) -> None:
    assert _failures.parse_failures(recorded(version, "job_exceptions")) == _failures.Failure()


STACK = "org.x.Wrapper: outer\n\tat a.B\nCaused by: java.io.IOException: no disk\n\tat c.D\n"
ENTRY = {"exceptionName": "org.x.Wrapper", "stacktrace": STACK, "timestamp": 1_795_000_000_000, "taskName": "Source"}


@pytest.mark.parametrize(
    ("document", "cause", "count"),
    [
        ({"root-exception": STACK, "timestamp": 5, "exceptionHistory": {"entries": []}}, "IOException: no disk", 1),
        ({"exceptionHistory": {"entries": [ENTRY, ENTRY]}}, "IOException: no disk", 2),
        ({"exceptionHistory": {"entries": [{"exceptionName": "org.x.Y", "timestamp": 1}]}}, "org.x.Y", 1),
        ({"exceptionHistory": {"entries": []}}, "", 0),
        ({}, "", 0),
        ([], "", 0),
    ],
)
def test_the_root_cause_is_found_in_both_shapes(document: Any, cause: str, count: int) -> None:
    failure = _failures.parse_failures(document)
    assert failure.cause == cause
    assert len(failure.causes) == count


@pytest.mark.parametrize("version", VERSIONS)
def test_a_job_that_goes_on_or_has_succeeded_has_no_cause_in_its_result(version: str) -> None:
    assert _failures.parse_result(recorded(version, "job_execution_result")) == ""
    assert _failures.parse_result(recorded(version, "job_finished_execution_result")) == ""


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ({"class": "org.x.Wrapper", "stack-trace": STACK}, "IOException: no disk"),
        ({"class": "org.x.Wrapper"}, "org.x.Wrapper"),
        ({}, ""),
        ("no", ""),
        (None, ""),
    ],
)
def test_the_result_of_a_job_that_never_got_tasks_tells_why(cause: Any, text: str) -> None:
    assert _failures.parse_result({"job-execution-result": {"failure-cause": cause}}) == text


def point(number: int, path: str = "file:/c/chk", *, savepoint: bool = False) -> dict[str, Any]:
    return {"id": number, "external_path": path, "is_savepoint": savepoint, "trigger_timestamp": 1}


@pytest.mark.parametrize(
    ("latest", "path"),
    [
        ({"completed": point(3, "file:/c"), "savepoint": None}, "file:/c"),
        ({"completed": point(3, "file:/c"), "savepoint": point(4, "file:/s", savepoint=True)}, "file:/s"),
        ({"completed": point(5, "file:/c"), "savepoint": point(4, "file:/s", savepoint=True)}, "file:/c"),
        ({"completed": point(5, "<checkpoint-not-externally-addressable>")}, None),
        ({}, None),
    ],
)
def test_the_newest_state_is_the_one_with_the_highest_number(latest: dict[str, Any], path: str | None) -> None:
    newest = _checkpoints.parse_checkpoints({"latest": latest}).newest
    assert (newest.path if newest else None) == path


def test_a_savepoint_in_progress_tells_how_far_it_is() -> None:
    history = [{"status": "IN_PROGRESS", "num_acknowledged_subtasks": 3, "num_subtasks": 8, "state_size": 1024}]
    seen = _checkpoints.parse_checkpoints({"latest": {}, "history": history})
    assert seen.acknowledged == "3 of 8 subtasks acknowledged, 1024 bytes"


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["jid", "state", "jobs", "vertices", "latest", "completed", "tasks"]), inner)
    ),
    max_leaves=10,
)


@given(ANY)
def test_whatever_an_answer_holds_it_is_understood_or_refused(document: Any) -> None:
    for parse in (_jobs.parse_job, _jobs.parse_listing, _checkpoints.parse_checkpoints):
        with suppress(FlinkError):
            parse(document)
    _failures.parse_failures(document)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_unknown_job_is_told_from_any_other_missing_page(version: str) -> None:
    texts = recorded(version, "job_unknown")["errors"]
    assert _jobs.unknown_job(RestError("no", status=404, errors=texts))
    assert not _jobs.unknown_job(RestError("no", status=404))
    assert not _jobs.unknown_job(RestError("no", status=500, errors=texts))


@pytest.mark.parametrize(
    ("bounds", "old", "new", "expected"),
    [
        ({"a": {"lower": 1, "upper": 2}}, 2, 4, {"a": {"lower": 1, "upper": 4}}),
        ({"a": {"lower": 1, "upper": 2}, "b": {"lower": 1, "upper": 1}}, 2, 4, None),
        ({"a": {"lower": 3, "upper": 4}}, 4, 2, {"a": {"lower": 2, "upper": 2}}),
    ],
)
def test_only_vertices_of_the_jobs_own_parallelism_follow_it(
    bounds: dict[str, dict[str, int]], old: int, new: int, expected: dict[str, dict[str, int]] | None
) -> None:
    found = _rescale.rescaled(bounds, old, new)
    assert found == (expected or {"a": {"lower": 1, "upper": 4}, "b": {"lower": 1, "upper": 1}})


def test_ids_are_new_each_time() -> None:
    assert _jobs.is_job_id(_jobs.new_id())
    assert _jobs.new_id() != _jobs.new_id()
    assert not _jobs.is_job_id("x" * 32)
