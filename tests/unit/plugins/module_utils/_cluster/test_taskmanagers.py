"""The TaskManagers that a leader reports."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._cluster.taskmanagers import (
    TaskManager,
    parse_taskmanagers,
)

TOLD = {
    "id": "tm1",
    "path": "pekko.tcp://flink@127.0.0.1:6122/user/rpc/taskmanager_0",
    "slotsNumber": 4,
    "freeSlots": 1,
    "timeSinceLastHeartbeat": 1_700_000_000_500,
    "dataPort": 6121,
    "memoryConfiguration": {"totalProcessMemory": 1 << 30},
}


def test_taskmanagers_are_in_the_order_of_their_ids() -> None:
    found = parse_taskmanagers({"taskmanagers": [{**TOLD, "id": "tm2"}, TOLD]})
    assert [one.id for one in found] == ["tm1", "tm2"]
    assert found[0] == TaskManager("tm1", "127.0.0.1:6122", 4, 1, 1_700_000_000.5, 6121, 1 << 30)


def test_a_heartbeat_of_a_clock_that_is_ahead_is_of_now() -> None:
    (one,) = parse_taskmanagers({"taskmanagers": [TOLD]})
    assert one.heartbeat_age(1_700_000_002.0) == 1.5
    assert one.heartbeat_age(1_700_000_000.0) == 0.0


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"taskmanagers": None}, {"taskmanagers": ["tm1"]}, {"taskmanagers": [{"id": "tm1"}]}]
)
def test_an_answer_of_something_else_is_refused(answer: Any) -> None:
    with pytest.raises(FlinkError, match="is that a Flink JobManager"):
        parse_taskmanagers(answer)
