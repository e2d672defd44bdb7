"""Submissions: which errors may pass, and what is done about an answer that never came."""

from __future__ import annotations

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import Doubtful, RestError, Unreachable
from ansible_collections.streamops.flink.plugins.module_utils._jobs import submit as _submit
from ansible_collections.streamops.flink.plugins.module_utils._jobs.spec import Spec
from ansible_collections.streamops.flink.plugins.module_utils._jobs.submit import Start

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
