"""Signs of life that the owner of a job declares."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._health import signs as _signs

NOW = 1_795_000_000.0


@pytest.mark.parametrize(("age", "good"), [(5, True), (500, False)])
@pytest.mark.parametrize("pattern", ["", "/part-*", "/part-1", "/*/../part-?"])
def test_the_newest_file_counts(tmp_path: Path, age: int, good: bool, pattern: str) -> None:
    (tmp_path / "sub").mkdir()
    for name, old in (("part-1", age), ("sub/part-2", 5000)):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (NOW - old, NOW - old))
    sign = _signs.fresh_files({"path": f"{tmp_path}{pattern}", "max_age": 60}, NOW)
    assert sign.good is good


def test_no_file_at_all_is_no_fresh_file(tmp_path: Path) -> None:
    assert not _signs.fresh_files({"path": str(tmp_path), "max_age": 60}, NOW).good


@pytest.mark.parametrize(("lag", "good"), [(None, True), (10.0, True), (11.0, False)])
def test_a_lag_counts_where_there_is_one(lag: float | None, good: bool) -> None:
    sign = _signs.source_lag({"max": 10}, lambda metric: lag if metric == "pendingRecords" else None)
    assert (sign.good, sign.when_quiet) == (good, True)


@pytest.mark.parametrize(
    ("command", "good", "text"),
    [
        ([sys.executable, "-c", ""], True, "ended with 0"),
        ([sys.executable, "-c", "import sys; sys.exit('no rows')"], False, "ended with 1: no rows"),
        ([sys.executable, "-c", "import time; time.sleep(60)"], False, "did not end within 1 s"),
        (["/nowhere/probe"], True, "cannot be run"),
    ],
)
def test_a_probe_says_by_its_end_whether_all_is_well(command: list[str], good: bool, text: str) -> None:
    sign = _signs.probe({"command": command, "timeout": 1})
    assert sign.good is good
    assert text in sign.text


def test_only_what_is_declared_is_asked(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    os.utime(tmp_path / "out", (time.time(), time.time()))
    watch = _signs.watcher({"count": {"fresh_files": {"path": str(tmp_path / "out"), "max_age": 60}}})
    assert [one.name for one in watch("count", lambda _metric: None)] == ["fresh_files"]
    assert watch("another", lambda _metric: None) == []


@pytest.mark.parametrize(
    ("signs", "text"),
    [
        ([], "no dictionary"),
        ({"probe": None}, "probe without options"),
        ({"fresh_files": {"path": "out", "max_age": 3}}, "without an absolute path"),
        ({"fresh_files": {"path": "/out", "max_age": "soon"}}, "max_age 'soon', which is not a number"),
        ({"fresh_files": {"path": "/out", "max_age": 3, "age": 1}}, "unknown options (age)"),
        ({"source_lag": {}}, "max None, which is not a number"),
    ],
)
def test_what_cannot_work_is_told(signs: Any, text: str) -> None:
    assert any(text in problem for problem in _signs.problems("count", signs))


def test_what_can_work_is_not() -> None:
    signs = {
        "fresh_files": {"path": "/out", "max_age": 3},
        "source_lag": {"max": 1},
        "probe": {"command": ["/bin/true"]},
    }
    assert _signs.problems("count", signs) == []
