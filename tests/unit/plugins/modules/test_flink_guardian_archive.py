"""The guardian as one file: always the same, and it runs where nothing but Python is."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_guardian_archive

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def build(run_module: Run, tmp_path: Path) -> Run:
    return lambda **more: run_module(flink_guardian_archive.main, directory=str(tmp_path / "cache"), **more)


def test_the_second_run_changes_nothing(build: Run) -> None:
    first, second = build(), build()
    assert (first["changed"], second["changed"]) == (True, False)
    assert first["path"] == second["path"]
    assert hashlib.sha256(Path(first["path"]).read_bytes()).hexdigest() == first["sha256"]
    assert first["sha256"][:12] in first["path"]


def test_check_mode_writes_nothing_and_names_the_file(build: Run, tmp_path: Path) -> None:
    assert build(check=True)["changed"] is True
    assert not (tmp_path / "cache").exists()


def test_a_damaged_archive_is_written_anew(build: Run) -> None:
    path = Path(build()["path"])
    path.write_bytes(path.read_bytes()[:100])
    assert build()["changed"] is True
    assert zipfile.ZipFile(path).testzip() is None


def test_it_runs_on_a_python_without_any_package(build: Run, tmp_path: Path) -> None:
    # -I and -S: nothing of this environment is seen.
    command = [sys.executable, "-I", "-S", build()["path"]]
    assert "release" in subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout
    config = tmp_path / "guardian.json"
    config.write_text(json.dumps({}))
    done = subprocess.run(
        [*command, "run", "--config", str(config)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.startswith("the guardian's configuration")
    assert "Traceback" not in done.stderr


def test_a_directory_that_cannot_be_made_is_told(run_module: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run_module(flink_guardian_archive.main, directory=str(tmp_path / "file" / "cache"))
    assert result["failed"] is True
    assert "cannot write the guardian to" in result["msg"]
