"""flink_jar: jars by their digest, on the JobManager that leads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_jar
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import (
    FakeFlink,
    connection,
    make_jar,
)

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(run_module: Run, flink: FakeFlink) -> Run:
    return lambda **arguments: run_module(flink_jar.main, **{**connection(), **arguments})


@pytest.fixture
def jar(tmp_path: Path) -> Path:
    return make_jar(tmp_path / "job.jar")


def test_a_jar_is_uploaded_once_and_deleted_once(run: Run, flink: FakeFlink, jar: Path) -> None:
    digest = hashlib.sha256(jar.read_bytes()).hexdigest()
    assert run(jar=str(jar), check=True)["changed"] is True
    assert flink.jars == {}
    first = run(jar=str(jar))
    assert first["changed"] is True
    assert (first["jar"]["name"], first["jar"]["sha256"]) == ("job.jar", digest)
    assert first["leader"]["name"] == "jm1"
    assert run(jar=str(jar))["changed"] is False
    assert [one["sha256"] for one in run(state="listed")["jars"]] == [digest]
    assert run(state="absent", sha256=digest, check=True)["changed"] is True
    gone = run(state="absent", jar=str(jar))
    assert (gone["changed"], gone["jars"], flink.jars) == (True, [], {})
    assert run(state="absent", jar=str(jar))["changed"] is False


def test_a_jar_of_another_owner_is_deleted_by_its_id(run: Run, flink: FakeFlink) -> None:
    flink.jars["1-1_other.jar"] = "00"
    (listed,) = run(state="listed")["jars"]
    assert (listed["id"], listed["sha256"]) == ("1-1_other.jar", None)
    assert run(state="absent", id="1-1_other.jar")["changed"] is True


def test_a_new_leader_gets_the_jar_too(run: Run, flink: FakeFlink, jar: Path) -> None:
    run(jar=str(jar))
    flink.change_leader()
    assert run(jar=str(jar))["changed"] is True


@pytest.mark.parametrize("happens", ["leader before", "leader after"])
def test_a_leader_that_dies_meanwhile_is_followed(run: Run, flink: FakeFlink, jar: Path, happens: str) -> None:
    for call in range(1, 4):
        flink.jars.clear()
        flink.calls = 0
        flink.fault = (call, happens)
        result = run(jar=str(jar))
        flink.revive()
        assert result.get("failed") is not True, result
        assert len(flink.jars) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "state is present but all of the following are missing: jar"),
        ({"state": "absent"}, "state is absent but any of the following are missing"),
        ({"jar": "/no/such.jar"}, "there is no such file"),
    ],
)
def test_bad_input_is_one_sentence(run: Run, arguments: dict[str, str], message: str) -> None:
    assert message in run(**arguments)["msg"]


def test_a_jobmanager_that_takes_no_jars_says_why(run: Run, flink: FakeFlink, jar: Path) -> None:
    flink.web_submit = False
    assert "web.submit.enable must be true" in run(jar=str(jar))["msg"]
