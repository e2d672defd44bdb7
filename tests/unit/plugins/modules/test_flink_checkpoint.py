"""flink_checkpoint triggers one and waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_checkpoint
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import FakeFlink, connection

JOB = "a" * 32
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(run_module: Run, flink: FakeFlink) -> Run:
    flink.start(JOB, "count", {}, "", 1)
    return lambda **arguments: run_module(flink_checkpoint.main, **{**connection(), **arguments})


@pytest.mark.parametrize("how", [{"name": "count"}, {"job_id": JOB}])
def test_a_checkpoint_is_made_and_told(run: Run, how: dict[str, str]) -> None:
    result = run(kind="full", **how)
    assert (result["changed"], result["job_id"], result["name"]) == (True, JOB, "count")
    assert result["checkpoint"]["id"] == 1
    assert result["checkpoint"]["path"].endswith("/chk-1")


def test_check_mode_makes_none(run: Run, flink: FakeFlink) -> None:
    assert run(name="count", check=True)["changed"] is True
    assert flink.jobs[JOB].number == 0


def test_a_leader_that_dies_meanwhile_costs_only_time(run: Run, flink: FakeFlink) -> None:
    for call in range(1, 12):
        flink.calls = 0
        flink.fault = (call, "leader after")
        assert run(name="count")["checkpoint"]["id"] > 0
        flink.revive()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "one of the following is required: name, job_id"),
        ({"name": "none"}, "there is no job called none"),
        ({"job_id": "c" * 32}, "does not run: it is unknown"),
    ],
)
def test_bad_input_is_one_sentence(run: Run, arguments: dict[str, str], message: str) -> None:
    assert message in run(**arguments)["msg"]


def test_a_job_that_has_ended_is_told(run: Run, flink: FakeFlink) -> None:
    flink.end(flink.jobs[JOB], "FAILED")
    assert "does not run: it is FAILED" in run(job_id=JOB)["msg"]
