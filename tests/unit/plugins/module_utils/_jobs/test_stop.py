"""Whether a job whose stop was undone has committed something again."""

from __future__ import annotations

from typing import Any, cast

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._jobs import checkpoints as _checkpoints
from ansible_collections.streamops.flink.plugins.module_utils._jobs import stop as _stop
from ansible_collections.streamops.flink.plugins.module_utils._jobs.checkpoints import Checkpoints, Completed
from ansible_collections.streamops.flink.plugins.module_utils._jobs.run import Run

PATH = "file:/srv/savepoints/count/savepoint-1"


class AnyRun:
    cluster = None


def checkpoint(number: int) -> Completed:
    return Completed(number, f"file:/srv/checkpoints/chk-{number}", is_savepoint=False, triggered=number)


def savepoint(number: int, path: str = PATH) -> Completed:
    return Completed(number, path, is_savepoint=True, triggered=number)


@pytest.mark.parametrize(
    ("seen", "again"),
    [
        (None, False),
        (Checkpoints(), False),
        # A new leader knows only what it has restored, or that it has restored nothing.
        (Checkpoints(completed=checkpoint(7), restored=checkpoint(7)), False),
        (Checkpoints(completed=checkpoint(9), restored=checkpoint(7)), True),
        (Checkpoints(completed=checkpoint(9)), True),
        # The leader that has made the savepoint still lists the checkpoints before it, and never restored the job.
        (Checkpoints(completed=checkpoint(7), savepoint=savepoint(8)), False),
        (Checkpoints(completed=checkpoint(9), savepoint=savepoint(8)), True),
        (Checkpoints(completed=checkpoint(7), savepoint=savepoint(8), restored=checkpoint(3)), False),
        (Checkpoints(completed=checkpoint(9), savepoint=savepoint(8), restored=checkpoint(7)), True),
        # The savepoint of another day.
        (Checkpoints(completed=checkpoint(9), savepoint=savepoint(5, "file:/srv/old"), restored=checkpoint(9)), False),
    ],
)
def test_only_a_checkpoint_after_the_savepoint_commits_again(
    monkeypatch: pytest.MonkeyPatch, seen: Checkpoints | None, again: bool
) -> None:
    def checkpoints(*_: Any) -> Checkpoints | None:
        return seen

    monkeypatch.setattr(_checkpoints, "checkpoints", checkpoints)
    assert _stop._committed_again(cast(Run, AnyRun()), "a" * 32, PATH.replace("file:", "file://")) is again
