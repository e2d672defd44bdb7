"""The demo's feeder and the check of its every row."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FILES = Path(__file__).resolve().parents[3] / "roles" / "demo" / "files"


def run(script: str, *arguments: object) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(FILES / script), *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else {"error": done.stderr}


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    source, sink = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    sink.mkdir()
    return source, sink


def answers(source: Path) -> list[str]:
    """What a correct job would write."""
    counts: dict[str, int] = {}
    cents: dict[str, int] = {}
    made = []
    for path in sorted(source.glob("*.csv")):
        for line in path.read_text().splitlines():
            txn_id, account, amount, booked = line.split(",")
            counts[account] = counts.get(account, 0) + 1
            cents[account] = cents.get(account, 0) + round(float(amount) * 100)
            made.append(f'{txn_id},{account},{amount},"{booked}",{counts[account]},{cents[account] / 100:.2f}\n')
    return made


def test_files_are_numbered_on_and_the_same_rows_come_again(places: tuple[Path, Path], tmp_path: Path) -> None:
    source, _sink = places
    assert run("feed.py", source, "--rows", 3, "--files", 2)[1] == {"files": 2, "rows": 6, "rows_total": 6}
    assert run("feed.py", source, "--rows", 3)[1]["rows_total"] == 9
    other = tmp_path / "other"
    other.mkdir()
    run("feed.py", other, "--rows", 9)
    assert "".join(path.read_text() for path in sorted(source.iterdir())) == next(other.iterdir()).read_text()


def test_the_directories_of_the_pipeline_are_made_when_it_is_told_so(tmp_path: Path) -> None:
    source, sink = tmp_path / "demo/in", tmp_path / "demo/out"
    assert "there is no directory" in run("feed.py", source, "--once")[1]["error"]
    assert run("feed.py", source, "--once", "--make", source, sink)[1]["files"] == 1
    assert sink.is_dir()


def test_the_first_file_is_put_in_once(places: tuple[Path, Path]) -> None:
    source, _sink = places
    assert run("feed.py", source, "--once")[1]["rows"] == 500
    assert run("feed.py", source, "--once")[1] == {"files": 0, "rows": 0, "rows_total": 500}


def test_a_directory_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    code, said = run("feed.py", tmp_path / "nowhere")
    assert code == 1
    assert "there is no directory" in said["error"]


def test_rows_that_came_through_once_are_in_order(places: tuple[Path, Path]) -> None:
    source, sink = places
    run("feed.py", source, "--rows", 20, "--files", 2)
    rows = answers(source)
    (sink / "part-0").write_text("".join(rows[:30]))
    (sink / ".part-1.inprogress").write_text("".join(rows[30:]))
    code, said = run("check.py", source, sink)
    assert (code, said["ok"], said["rows_closed"], said["rows_open"]) == (0, True, 30, 10)
    assert run("check.py", source, sink, "--closed")[0] == 1


def test_what_an_earlier_attempt_left_open_is_not_counted_once_more(places: tuple[Path, Path]) -> None:
    source, sink = places
    run("feed.py", source, "--rows", 40)
    rows = answers(source)
    (sink / "part-0").write_text("".join(rows[:20]))
    left, written = sink / ".part-1.inprogress", sink / ".part-2.inprogress"
    left.write_text("".join(rows[15:35]))
    written.write_text("".join(rows[20:]))
    os.utime(left, (1000, 1000))
    assert run("check.py", source, sink)[1]["ok"] is True
    assert run("check.py", source, sink, "--since", "2000")[1]["rows_out"] == 40
    # A row that is only in what is never read is lost.
    written.write_text("".join(rows[20:30]))
    assert run("check.py", source, sink, "--since", "2000")[1]["missing"] == 10


def test_the_feeder_goes_on_as_long_as_a_file_is_there(places: tuple[Path, Path], tmp_path: Path) -> None:
    source, _sink = places
    assert run("feed.py", source, "--files", 5, "--while", tmp_path / "sign")[1]["files"] == 0
    (tmp_path / "sign").touch()
    assert run("feed.py", source, "--files", 2, "--rows", 3, "--while", tmp_path / "sign")[1]["rows"] == 6


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (lambda rows: rows[:-1], "missing"),
        (lambda rows: [*rows, rows[5]], "doubled"),
        (lambda rows: [*rows[:-1], rows[-1].replace("ACC", "ABC")], "altered"),
        (lambda rows: [*rows[:-1], rows[-1].replace("\n", "1\n")], "wrong_balances"),
        (lambda rows: [*rows, "x,y,z,1,2,3\n"], "unreadable"),
        (lambda rows: [*rows, '999,NEW,1.00,"t",1,1.00\n'], "unknown"),
    ],
)
def test_every_kind_of_damage_is_found(places: tuple[Path, Path], damage: Any, fault: str) -> None:
    source, sink = places
    run("feed.py", source, "--rows", 30)
    (sink / "part-0").write_text("".join(damage(answers(source))))
    code, said = run("check.py", source, sink)
    assert code == 1
    assert said[fault] >= 1
    assert said["ok"] is False


def test_no_rows_at_all_is_not_a_success(places: tuple[Path, Path]) -> None:
    assert run("check.py", *places)[1]["ok"] is False
