"""The action plugin that compares the clock of a machine with that of the controller."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.plugins.action.normal import ActionModule as NormalActionModule
from ansible_collections.streamops.flink.plugins.action import flink_preflight as _action


class Machine:
    """A module that answers after a while, from a machine whose clock is somewhere else."""

    def __init__(self, ahead: float, there: float, back: float) -> None:
        self.now, self.ahead, self.there, self.back = 1000.0, ahead, there, back

    def run(self, *_given: Any) -> dict[str, Any]:
        self.now += self.there
        clock = {"began": self.now + self.ahead, "ended": self.now + 1 + self.ahead, "tolerance": 30}
        self.now += 1 + self.back
        return {"problems": ["another"], "clock": clock}


def asked(monkeypatch: pytest.MonkeyPatch, machine: Any, **answer: Any) -> dict[str, Any]:
    run = (lambda *_given: answer) if answer else machine.run
    monkeypatch.setattr(NormalActionModule, "run", run)
    clock = SimpleNamespace(time=lambda: machine.now, monotonic=lambda: machine.now)
    monkeypatch.setattr(_action, "time", clock)
    task = SimpleNamespace(args={"machine": "box"}, become=False, check_mode=False, action="", async_val=0)
    parts: dict[str, Any] = dict.fromkeys(("play_context", "loader", "templar", "shared_loader_obj", "connection"))
    return _action.ActionModule(task=task, **parts).run()


@pytest.mark.parametrize(("there", "back"), [(0, 0), (31, 0), (0, 31), (600, 600)])
def test_hosts_that_share_one_clock_have_no_problem_however_slow_they_are(
    monkeypatch: pytest.MonkeyPatch, there: float, back: float
) -> None:
    assert asked(monkeypatch, Machine(0, there, back))["problems"] == ["another"]


@pytest.mark.parametrize(
    ("ahead", "there", "back", "text"),
    [
        (100, 5, 5, "the clock of box is at least 95 s ahead of"),
        (-100, 5, 5, "the clock of box is at least 95 s behind"),
    ],
)
def test_what_the_way_does_not_explain_is_told(
    monkeypatch: pytest.MonkeyPatch, ahead: float, there: float, back: float, text: str
) -> None:
    _other, problem = asked(monkeypatch, Machine(ahead, there, back))["problems"]
    assert problem.startswith(text)


@pytest.mark.parametrize("answer", [{"failed": True, "msg": "x"}, {"unreachable": True}, {"problems": []}])
def test_an_answer_without_a_clock_goes_through(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> None:
    assert asked(monkeypatch, SimpleNamespace(now=time.time()), **answer) == answer
