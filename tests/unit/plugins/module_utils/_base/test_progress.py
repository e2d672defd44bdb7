"""Lines about long waits, on their way from a module to a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.progress import ENVIRONMENT, Progress


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def test_the_first_seconds_of_a_wait_are_quiet(tmp_path: Path) -> None:
    progress = Progress(str(tmp_path / "p"))
    progress("the start", "1 of 2 tasks run", 4.9)
    assert not (tmp_path / "p").exists()


def test_a_long_wait_writes_a_line_now_and_then(tmp_path: Path) -> None:
    clock = Clock()
    progress = Progress(str(tmp_path / "p"), clock=clock)
    for second in range(5, 17):
        clock.now = 100.0 + second
        progress("the start", f"{second} of 20 tasks\nrun", second)
    assert lines(tmp_path / "p") == [
        "the start: 5 of 20 tasks run (5 s)",
        "the start: 10 of 20 tasks run (10 s)",
        "the start: 15 of 20 tasks run (15 s)",
    ]


@pytest.mark.parametrize("path", [None, ""])
def test_nothing_is_written_without_a_file(monkeypatch: pytest.MonkeyPatch, path: str | None) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    if path is not None:
        monkeypatch.setenv(ENVIRONMENT, path)
    assert Progress.from_environment() is None


def test_the_file_is_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "p"))
    progress = Progress.from_environment()
    assert progress is not None
    progress("the start", "nothing", 60)
    assert lines(tmp_path / "p") == ["the start: nothing (60 s)"]


def test_a_file_that_cannot_be_written_does_not_disturb_the_work(tmp_path: Path) -> None:
    progress = Progress(str(tmp_path / "missing" / "p"), period=0)
    progress("the start", "nothing", 60)
    progress("the start", "nothing", 70)
    assert not (tmp_path / "missing").exists()
