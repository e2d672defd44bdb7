"""Submissions: which errors may pass, and what is done about an answer that never came."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import (
    Doubtful,
    FlinkError,
    RestError,
    Unreachable,
)
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._jobs import submit as _submit
from ansible_collections.streamops.flink.plugins.module_utils._jobs.spec import Spec
from ansible_collections.streamops.flink.plugins.module_utils._jobs.submit import Start, StartFailed
from ansible_collections.streamops.flink.plugins.module_utils._jobs.view import JobView

# Every stack of a REST server of Flink has such frames.
FRAMES = (
    "\n\tat org.apache.flink.runtime.rest.handler.LeaderRetrievalHandler.channelRead0(LeaderRetrievalHandler.java:85)"
    "\n\tat org.apache.flink.runtime.rest.handler.AbstractHandler.respondAsLeader(AbstractHandler.java:196)\n"
)


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (Unreachable("no"), True),
        (Doubtful("no"), True),
        (
            RestError("no", errors=[f"a.B: x{FRAMES}Caused by: java.net.ConnectException: Connection refused{FRAMES}"]),
            True,
        ),
        (RestError("no", errors=[f"a.B: x{FRAMES}Caused by: c.D: ongoing leader election{FRAMES}"]), True),
        (
            RestError("no", errors=[f"a.B: x{FRAMES}Caused by: c.SqlValidatorException: Object 'x' not found{FRAMES}"]),
            False,
        ),
        (RestError("no", errors=["Internal server error."]), False),
        (RestError("no"), False),
    ],
)
def test_only_an_election_passes(error: RestError, passes: bool) -> None:
    assert _submit._passing(error) is passes


def test_a_start_tells_flink_what_belongs_to_it() -> None:
    plain = Start("count", "a" * 32, Spec(kind="sql", sql="INSERT INTO t SELECT 1"))
    assert plain.execution == {
        "pipeline.name": "count",
        "$internal.pipeline.job-id": "a" * 32,
        "table.dml-sync": "false",
    }
    restored = Start("count", "a" * 32, plain.spec.with_parallelism(3), "file:/s", allow_non_restored_state=True)
    assert restored.execution == {
        **plain.execution,
        "parallelism.default": "3",
        "execution.state-recovery.path": "file:/s",
        "execution.state-recovery.ignore-unclaimed-state": "true",
        "execution.state-recovery.claim-mode": "NO_CLAIM",
    }


ID = "a" * 32
REFUSED = StartFailed("Flink refused to start the job count: IllegalStateException: no second job")
DUPLICATE = RestError("no", errors=["x.DuplicateJobSubmissionException: Job has already been submitted."])


@pytest.mark.parametrize(
    ("answers", "failure"),
    [
        ([None], ""),
        ([REFUSED], "no second job"),
        ([Doubtful("broke off"), DUPLICATE], ""),
        ([Doubtful("broke off"), REFUSED], "no second job"),
    ],
)
def test_only_a_duplicate_is_a_success(
    monkeypatch: pytest.MonkeyPatch, answers: list[FlinkError | None], failure: str
) -> None:
    """Each attempt starts the job, which is not seen before the last answer."""

    class Attempts:
        def check(self, start: Start, deadline: Deadline) -> None:
            raise AssertionError

        def attempt(self, start: Start, deadline: Deadline) -> None:
            answer = answers.pop(0)
            if answer is not None:
                raise answer

    seen = JobView(ID, "count", "RUNNING")
    monkeypatch.setattr(_submit._jobs, "look", lambda _cluster, _id: None if answers else seen)
    monkeypatch.setattr(Deadline, "pause", lambda _self, _seconds: None)
    cluster = cast(Cluster, SimpleNamespace(progress=None))
    start = Start("count", ID, Spec(kind="jar"))
    if failure:
        with pytest.raises(StartFailed, match=failure):
            _submit.submit(cluster, Attempts(), start, Deadline(5.0))
    else:
        assert _submit.submit(cluster, Attempts(), start, Deadline(5.0)) is seen
    assert not answers
