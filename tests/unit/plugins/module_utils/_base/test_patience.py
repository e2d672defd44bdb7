"""Patience is over when nothing moves, not when a machine is slow."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base import patience
from ansible_collections.streamops.flink.plugins.module_utils._base.patience import (
    Patience,
    age,
    demand,
    signs_of_life,
    sizes,
)
from ansible_collections.streamops.flink.plugins.module_utils._base.processes import Process, process
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def expired_at(signs: list[dict[str, float]], seconds: float = 10, step: float = 2) -> float | None:
    """When patience was over, with one look every few seconds; None when it never was."""
    clock = Clock()
    waiting = Patience(seconds, clock=clock)
    for one in signs:
        waiting.note(one)
        clock.now += step
        if waiting.expired:
            return waiting.waited
    return None


@pytest.mark.parametrize(
    ("signs", "over"),
    [
        ([{}] * 10, 10),
        ([{"cpu": 3.0}] * 10, 10),
        # Far longer than the time: as long as something moves.
        ([{"cpu": float(number)} for number in range(15)], None),
        ([{"log": 100.0 * number} for number in range(15)], None),
        # It has moved, and then no more.
        ([{"cpu": 1.0}, {"cpu": 2.0}, {"cpu": 3.0}, *[{"cpu": 3.0}] * 9], 14),
        # Less than a step at a time adds up to one.
        ([{"cpu": 0.6 * number} for number in range(15)], None),
        # What an idle process uses is no movement.
        ([{"cpu": 0.1 * number} for number in range(9)], 10),
        # Another process, another file.
        ([*[{"1 1": 5.0}] * 2, *[{"2 9": 0.0}] * 9], 14),
        # What is no longer seen is not a movement.
        ([{"cpu": 5.0}, *[{}] * 9], 10),
        # A process that goes on for ever is not waited for as long.
        ([{"cpu": float(number)} for number in range(50)], 100),
    ],
)
def test_patience_begins_anew_whenever_something_has_moved(signs: list[dict[str, float]], over: float | None) -> None:
    assert expired_at(signs) == over


def test_without_time_there_is_no_patience() -> None:
    assert Patience(0).expired
    assert Patience(-5).expired


@pytest.fixture
def busy() -> Iterator[Process]:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as started:
        yield process(started.pid) or Process(0, "")
        started.kill()


@pytest.fixture
def idle() -> Iterator[Process]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as started:
        yield process(started.pid) or Process(0, "")
        started.kill()


def test_a_process_that_wants_the_cpu_moves_and_one_that_waits_does_not(busy: Process, idle: Process) -> None:
    before = [demand(one.pid) for one in (busy, idle)]
    # The time that it waited for a busy machine counts too, so that the load does not matter.
    deadline = Deadline(60)
    while demand(busy.pid) - before[0] < 1.0 and not deadline.expired:
        deadline.pause(0.05)
    assert not deadline.expired
    assert demand(idle.pid) - before[1] < 0.9


def test_a_process_that_has_gone_has_no_demand_and_is_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert demand(2**30) == 0.0
    # It ends between two looks at it.
    monkeypatch.setattr(patience, "stat_of", lambda _pid: ["0"] * 20)
    assert demand(2**30) == 0.0


def test_the_age_of_a_process_is_that_of_its_start(busy: Process) -> None:
    assert 0 <= age(busy) < 60
    assert age(Process(2**30, "0")) > 0


def test_logs_move_only_as_long_as_a_process_is_there(tmp_path: Path, idle: Process) -> None:
    log = tmp_path / "a.log"
    log.write_text("line\n")
    found = signs_of_life([idle], [log, tmp_path / "none.log"], 10)
    assert set(found) == {f"{idle.pid} {idle.started}", str(log)}
    assert found[str(log)] == 5
    assert signs_of_life([], [log], 10) == {}


def test_files_that_are_not_there_have_no_size(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"123")
    assert sizes([tmp_path / "x", tmp_path / "y"]) == {tmp_path / "x": 3}


def test_the_own_process_has_a_demand() -> None:
    sum(range(10**6))
    assert demand(os.getpid()) > 0
