"""The action plugin that shows what a module waits for."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from ansible_collections.streamops.flink.plugins.action import flink_progress
from ansible_collections.streamops.flink.plugins.action.flink_progress import ActionModule, new_lines, shown, watch
from ansible_collections.streamops.flink.plugins.module_utils._base.progress import ENVIRONMENT


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    monkeypatch.delenv(ENVIRONMENT, raising=False)


def test_only_whole_lines_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "p"
    assert new_lines(path, 0) == ([], 0)
    path.write_bytes(b"one\ntwo\nthr")
    assert new_lines(path, 0) == (["one", "two"], 8)
    path.write_bytes(b"one\ntwo\nthree\n\xff\n")
    assert new_lines(path, 8) == (["three", "\ufffd"], 16)


def test_lines_are_shown_while_the_module_runs(tmp_path: Path) -> None:
    lines: list[str] = []
    with shown(lines.append, quiet=0, interval=0.01) as path:
        assert os.environ[ENVIRONMENT] == str(path)
        path.write_text("1 of 2\n", encoding="utf-8")
        deadline = time.monotonic() + 5
        while not lines and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        assert lines == ["1 of 2"]
        path.write_text("1 of 2\n2 of 2\n", encoding="utf-8")
    assert lines == ["1 of 2", "2 of 2"]
    assert ENVIRONMENT not in os.environ
    assert list(tmp_path.iterdir()) == []


def test_a_task_that_ends_soon_is_not_watched(tmp_path: Path) -> None:
    done = threading.Event()
    done.set()
    (tmp_path / "p").write_text("never\n", encoding="utf-8")
    watch(tmp_path / "p", pytest.fail, done, 5, 0.1)


def test_the_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "before")
    with pytest.raises(RuntimeError), shown(lambda _line: None):
        raise RuntimeError
    assert os.environ[ENVIRONMENT] == "before"


def action(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> tuple[ActionModule, list[str]]:
    """An action whose module says whether it was given a file."""
    settings = {"transport": "local", "async_val": 0, "no_log": False} | changes
    given: list[str] = []

    def run(_self: Any, _tmp: Any, _task_vars: Any) -> dict[str, Any]:
        given.append(os.environ.get(ENVIRONMENT, ""))
        return {"changed": False}

    monkeypatch.setattr(flink_progress.NormalActionModule, "run", run)
    one = ActionModule.__new__(ActionModule)
    one._connection = SimpleNamespace(transport=settings["transport"])
    one._task = SimpleNamespace(async_val=settings["async_val"], no_log=settings["no_log"])
    return one, given


def test_a_module_that_runs_here_is_given_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    one, given = action(monkeypatch)
    assert one.run(None, {}) == {"changed": False}
    assert Path(given[0]).name.startswith("flink-progress-")


@pytest.mark.parametrize("changes", [{"transport": "ssh"}, {"async_val": 60}, {"no_log": True}])
def test_elsewhere_in_the_background_and_in_secret_nothing_is_shown(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    one, given = action(monkeypatch, **changes)
    assert one.run(None, {}) == {"changed": False}
    assert given == [""]


def test_lines_go_to_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    one, _given = action(monkeypatch)
    told: list[tuple[str, bool]] = []
    one._display = SimpleNamespace(display=lambda line, stderr: told.append((line, stderr)))
    one._show("the start: 1 of 2 tasks run (5 s)")
    assert told == [("... the start: 1 of 2 tasks run (5 s)", True)]
