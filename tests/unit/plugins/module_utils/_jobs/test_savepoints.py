"""Savepoints: what is known about a path, what an operation came to, and which failures pass by themselves."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError, RestError
from ansible_collections.streamops.flink.plugins.module_utils._jobs import savepoints as _savepoints
from ansible_collections.streamops.flink.plugins.module_utils._jobs.savepoints import Operation, Progress
from hypothesis import given
from hypothesis import strategies as st

RECORDED = Path(__file__).parents[3] / "fixtures" / "rest"
VERSIONS = sorted(path.name for path in RECORDED.iterdir())


def recorded(version: str, name: str) -> Any:
    return json.loads((RECORDED / version / f"{name}.json").read_text(encoding="utf-8"))["body"]


# -- operations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_a_completed_savepoint_has_a_location(version: str) -> None:
    for name in ("savepoint_completed", "stop_completed"):
        operation = _savepoints.parse_operation(recorded(version, name))
        assert operation.progress is Progress.COMPLETED
        assert operation.location.startswith("file:")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_completed_checkpoint_has_a_number(version: str) -> None:
    operation = _savepoints.parse_operation(recorded(version, "checkpoint_completed"))
    assert operation.progress is Progress.COMPLETED
    assert operation.checkpoint_id is not None


@pytest.mark.parametrize("version", VERSIONS)
def test_a_completed_operation_with_a_failure_is_a_failure(version: str) -> None:
    operation = _savepoints.parse_operation(recorded(version, "savepoint_failed_completed"))
    assert operation.progress is Progress.FAILED
    assert operation.failure
    assert "\n" not in operation.failure
    assert "\tat " not in operation.failure


# What a JobManager of 2.2.1 said when a checkpoint was asked for while the job restarted.
NOT_RUNNING = (
    "java.util.concurrent.CompletionException: org.apache.flink.runtime.checkpoint.CheckpointException: Checkpoint"
    " triggering task Source (1/1) is not being executed at the moment. Aborting checkpoint. Failure reason: Not all"
    " required tasks are currently running.\n\tat java.base/x.Y\n"
)


@pytest.mark.parametrize("key", ["failure-cause", "failureCause"])
def test_savepoints_and_checkpoints_call_their_failure_differently(key: str) -> None:
    cause = {"class": "java.util.concurrent.CompletionException", "stack-trace": NOT_RUNNING}
    operation = _savepoints.parse_operation({"status": {"id": "COMPLETED"}, "operation": {key: cause}})
    assert operation.progress is Progress.FAILED
    assert operation.failure.startswith("CheckpointException: Checkpoint triggering task")
    assert _savepoints.passes(operation.failure)


@pytest.mark.parametrize(
    ("failure", "passes"),
    [
        ("CheckpointException: The maximum number of queued checkpoint requests exceeded", True),
        ("CheckpointException: Checkpoint Coordinator is suspending.", True),
        ("UnavailableDispatcherOperationException: Unable to get JobMasterGateway for initializing job.", True),
        ("RecipientUnreachableException: Could not send message [RemoteFencedMessage]", True),
        ("IOException: No space left on device", False),
        ("CheckpointException: Checkpoint expired before completing.", False),
    ],
)
def test_failures_that_pass_by_themselves_are_known(failure: str, passes: bool) -> None:
    assert _savepoints.passes(failure) is passes


def test_a_savepoint_of_a_job_that_could_not_stop_is_not_thrown_away() -> None:
    text = (
        "org.apache.flink.runtime.scheduler.stopwithsavepoint.StopWithSavepointStoppingException: A savepoint has been"
        " created at: file:/s/savepoint-1-2, but the corresponding job 0a didn't terminate successfully.\n\tat x.Y"
    )
    cause = {"class": "java.util.concurrent.CompletionException", "stack-trace": text}
    operation = _savepoints.parse_operation({"status": {"id": "COMPLETED"}, "operation": {"failure-cause": cause}})
    assert operation.progress is Progress.FAILED
    assert operation.location == "file:/s/savepoint-1-2"


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ({"class": "a.b.C", "stack-trace": "a.b.C: first\n\tat x\nCaused by: d.E: second\n\tat y"}, "C: E: second"),
        ({"class": "a.b.C", "stack-trace": "a.b.C: first\n\tat x"}, "C: first"),
        ({"class": "a.b.C"}, "C"),
        ({}, "no reason was given"),
        ("a text", "a text"),
    ],
)
def test_a_failure_is_its_class_and_its_first_cause(cause: Any, text: str) -> None:
    assert _savepoints.failure_text(cause) == text


@pytest.mark.parametrize("document", [None, [], {}, {"status": 5}, {"status": {"id": "ODD"}}])
def test_an_answer_that_is_none_is_refused(document: Any) -> None:
    with pytest.raises(RestError):
        _savepoints.parse_operation(document)


@given(
    st.recursive(
        st.none() | st.text(max_size=8) | st.integers(),
        lambda inner: (
            st.dictionaries(
                st.sampled_from(["failure-cause", "failureCause", "location", "checkpointId", "class", "stack-trace"]),
                inner,
            )
            | st.lists(inner, max_size=2)
        ),
    )
)
def test_whatever_an_operation_holds_it_is_understood(operation: Any) -> None:
    with suppress(FlinkError):
        found = _savepoints.parse_operation({"status": {"id": "COMPLETED"}, "operation": operation})
        assert isinstance(found, Operation)
