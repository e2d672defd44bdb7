"""The files that a drill leaves behind."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_drill_report

import drill_samples as samples

Call = Callable[..., dict[str, Any]]
FILES = ["drill.html", "drill.json", "drill.md", "drill.xml"]


@pytest.fixture
def report(run_module: Call, tmp_path: Path) -> Call:
    def call(**options: Any) -> dict[str, Any]:
        given = {"result": samples.failed(), "directory": str(tmp_path / "reports"), **options}
        return run_module(flink_drill_report.main, **given)

    return call


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_four_files_are_written_and_their_paths_returned(report: Call, tmp_path: Path) -> None:
    result = report()
    directory = tmp_path / "reports"
    assert result["changed"] is True
    assert names(directory) == result["changed_files"] == FILES
    assert result["paths"] == {
        "journal": str(directory / "drill.json"),
        "junit": str(directory / "drill.xml"),
        "markdown": str(directory / "drill.md"),
        "page": str(directory / "drill.html"),
    }
    assert json.loads((directory / "drill.json").read_text(encoding="utf-8"))["status"] == "aborted"
    assert {oct(path.stat().st_mode & 0o7777) for path in directory.iterdir()} == {"0o644"}


def test_the_verdict_is_returned_with_all_that_speaks_against_it(report: Call) -> None:
    result = report()
    assert result["verdict"] == "failed"
    assert result["summary"].startswith("2 of 3 faults passed, 1 aborted, 1 skipped")
    assert result["complaints"][0].startswith("taskmanager_freeze: to RUNNING: 27.6 s, limit 25 s")
    assert result["complaints"][3].startswith("all_jobmanagers_kill: jm2 could not be reached any more")


def test_a_second_time_nothing_changes(report: Call) -> None:
    report()
    result = report()
    assert (result["changed"], result["changed_files"], result["diff"]) == (False, [], [])


def test_check_mode_writes_nothing_and_tells_the_same(report: Call, tmp_path: Path) -> None:
    planned = report(check=True, diff=True)
    assert planned["changed"] is True
    assert not (tmp_path / "reports").exists()
    done = report(diff=True)
    assert {key: planned[key] for key in ("changed_files", "diff", "paths")} == {
        key: done[key] for key in ("changed_files", "diff", "paths")
    }


def test_the_diff_shows_markdown_as_it_is_and_the_rest_by_checksum(report: Call) -> None:
    report(result=samples.passed())
    shown = {Path(one["after_header"]).suffix: one for one in report(diff=True)["diff"]}
    assert shown[".md"]["before"].startswith("# Failover drill of local\n\n✅ **Passed.**")
    assert shown[".md"]["after"].startswith("# Failover drill of local\n\n❌ **Failed.**")
    assert shown[".html"]["before"].startswith("sha256:")
    assert shown[".html"]["before"] != shown[".html"]["after"]


def test_only_what_differs_is_written(report: Call, tmp_path: Path) -> None:
    report()
    page = tmp_path / "reports" / "drill.html"
    page.write_text("touched", encoding="utf-8")
    assert report()["changed_files"] == ["drill.html"]
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_mode_is_set_and_kept(report: Call, tmp_path: Path) -> None:
    report(mode="0640")
    assert {oct(path.stat().st_mode & 0o7777) for path in (tmp_path / "reports").iterdir()} == {"0o640"}
    planned = report(mode="0644", check=True)
    assert (planned["changed"], planned["changed_files"]) == (True, [])
    assert report(mode="0644")["changed"] is True
    assert report(mode="0644")["changed"] is False


def test_the_files_can_be_called_otherwise(report: Call, tmp_path: Path) -> None:
    report(name="drill-2026-11-21")
    assert names(tmp_path / "reports") == [f"drill-2026-11-21.{end}" for end in ("html", "json", "md", "xml")]


@pytest.mark.parametrize("name", ["../drill", "a/b", "", ".hidden", "two\nlines"])
def test_a_name_is_no_path(report: Call, tmp_path: Path, name: str) -> None:
    result = report(name=name)
    assert result["msg"].startswith(f"cannot call the reports {name!r}: give a name of letters")
    assert not (tmp_path / "reports").exists()


def test_a_result_that_is_none_is_one_sentence_and_leaves_the_old_reports(report: Call, tmp_path: Path) -> None:
    report()
    before = {path: path.read_bytes() for path in (tmp_path / "reports").iterdir()}
    broken = samples.failed()
    del broken["faults"][1]["ended"]
    result = report(result=broken)
    assert result["msg"].startswith("cannot write a report of this result: faults[1].ended is missing")
    assert {path: path.read_bytes() for path in (tmp_path / "reports").iterdir()} == before


@pytest.mark.parametrize("check", [False, True])
def test_a_file_in_the_place_of_the_directory_is_told(report: Call, tmp_path: Path, check: bool) -> None:
    (tmp_path / "reports").write_text("a file", encoding="utf-8")
    result = report(check=check)
    assert result["msg"].endswith(f"reports: {tmp_path / 'reports'} is no directory; give another one")


@pytest.mark.parametrize("check", [False, True])
def test_a_directory_that_cannot_be_written_is_told(
    report: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: bool
) -> None:
    # Root may write everywhere, so the answer of the system is given here.
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    assert f"{tmp_path} is not writable for this user" in report(check=check)["msg"]


def test_a_directory_in_the_place_of_a_report_is_told(report: Call, tmp_path: Path) -> None:
    (tmp_path / "reports" / "drill.md").mkdir(parents=True)
    assert "cannot replace" in report()["msg"]
    assert names(tmp_path / "reports") == ["drill.md"]


def test_a_full_disk_leaves_nothing_half_written(report: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report(result=samples.passed())
    before = {path: path.read_bytes() for path in (tmp_path / "reports").iterdir()}
    opened = os.fdopen
    seen = []

    def third_time_full(handle: int, mode: str) -> Any:
        seen.append(handle)
        if len(seen) == 3:
            os.close(handle)
            raise OSError(28, "No space left on device")
        return opened(handle, mode)

    monkeypatch.setattr(flink_drill_report.os, "fdopen", third_time_full)
    result = report()
    assert "No space left on device; make room there" in result["msg"]
    assert {path: path.read_bytes() for path in (tmp_path / "reports").iterdir()} == before


def test_a_password_in_a_url_gets_into_no_report(report: Call, tmp_path: Path) -> None:
    fault = samples.leader_kill() | {"what": "POST https://admin:s3cret@jm1:8081/jobs"}
    report(result=samples.drill(fault))
    for path in (tmp_path / "reports").iterdir():
        text = path.read_text(encoding="utf-8")
        assert "s3cret" not in text
        assert "***" in text.replace("\\", "")
