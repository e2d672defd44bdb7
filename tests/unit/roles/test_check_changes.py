"""The replay of a change log finds every change that is lost or doubled."""

from __future__ import annotations

import datetime
import importlib.util
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).resolve().parents[3] / "roles" / "jobs" / "files" / "check_changes.py"


@pytest.fixture(scope="module")
def check() -> Any:
    spec = importlib.util.spec_from_file_location("check_changes", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LOG = ["+I,t,c,1,a", "+I,t,c,2,b", "-U,t,c,1,a", "+U,t,c,1,z", "-D,t,c,2,b"]


def written(tmp_path: Path, lines: list[str]) -> Path:
    (tmp_path / "hour=1").mkdir()
    (tmp_path / "hour=1" / "part-0").write_text("\n".join(lines) + "\n")
    (tmp_path / "hour=1" / ".part-1.inprogress").write_text("+I,t,c,9,never read\n")
    return tmp_path


def judged(check: Any, directory: Path) -> dict[str, int]:
    found, _changes, broken = check.replay(directory)
    assert broken == 0
    result: dict[str, int] = check.judge([("1", "z")], found)
    return result


def test_a_whole_log_gives_the_table(check: Any, tmp_path: Path) -> None:
    assert judged(check, written(tmp_path, LOG)) == {"missing": 0, "doubled": 0}


@pytest.mark.parametrize("place", range(len(LOG)))
def test_a_change_that_is_lost_or_doubled_is_found(check: Any, tmp_path: Path, place: int) -> None:
    lost, doubled = LOG[:place] + LOG[place + 1 :], [*LOG, LOG[place]]
    for number, lines in enumerate((lost, doubled)):
        directory = tmp_path / str(number)
        directory.mkdir()
        assert sum(judged(check, written(directory, lines)).values()) > 0


def test_a_line_that_is_no_change_is_counted(check: Any, tmp_path: Path) -> None:
    assert check.replay(written(tmp_path, ["half a li"]))[2] == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "\\N"),
        (True, "true"),
        (Decimal("1E+1"), "10"),
        (datetime.datetime.fromisoformat("2026-01-02T03:04:05"), "2026-01-02 03:04:05"),
        (datetime.datetime(2026, 1, 2, 3, 4, 5, 100, datetime.UTC), "2026-01-02 03:04:05.0001Z"),
    ],
)
def test_values_are_compared_as_flink_writes_them(check: Any, value: object, text: str) -> None:
    assert check.same(check.as_text(value)) == text
