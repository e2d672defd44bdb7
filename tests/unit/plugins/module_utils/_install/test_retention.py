"""Versions side by side, the link to one of them, and which of the others go."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._install import retention
from ansible_collections.streamops.flink.plugins.module_utils._install.manifest import MANIFEST


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Four versions, chosen in this order, and directories of others."""
    for age, name in enumerate(("flink-1.17.2", "flink-1.18.1", "flink-1.19.3", "flink-1.20.5")):
        (tmp_path / name / "lib").mkdir(parents=True)
        (tmp_path / name / MANIFEST).write_text("{}")
        os.utime(tmp_path / name / MANIFEST, (1_780_000_000 + age, 1_780_000_000 + age))
    (tmp_path / "flink-of-others").mkdir()
    (tmp_path / "nodes").mkdir()
    return tmp_path


def superfluous(base: Path, keep: int) -> list[str]:
    return [path.name for path in retention.superfluous(base, "flink", keep, [base / "flink-1.20.5"])]


@pytest.mark.parametrize(
    ("keep", "names"),
    [(0, ["flink-1.19.3", "flink-1.18.1", "flink-1.17.2"]), (1, ["flink-1.18.1", "flink-1.17.2"]), (3, []), (9, [])],
)
def test_the_versions_chosen_last_stay(base: Path, keep: int, names: list[str]) -> None:
    assert superfluous(base, keep) == names


def test_a_version_that_was_rolled_back_to_counts_as_new(base: Path) -> None:
    retention.chosen(base / "flink-1.17.2")
    assert superfluous(base, 1) == ["flink-1.19.3", "flink-1.18.1"]


@pytest.mark.parametrize("told_by", ["arguments", "environment"])
def test_a_version_that_a_process_runs_from_stays(base: Path, told_by: str) -> None:
    jar = f"{base}/flink-1.17.2/lib/flink-dist.jar"
    arguments, environment = ([jar], {}) if told_by == "arguments" else ([], {"FLINK_LIB_DIR": jar})
    code = "import sys; print('up', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **environment}
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        assert superfluous(base, 0) == ["flink-1.19.3", "flink-1.18.1"]
    assert superfluous(base, 0) == ["flink-1.19.3", "flink-1.18.1", "flink-1.17.2"]


def test_a_version_goes_as_a_whole(base: Path) -> None:
    (base / ".flink-1.17.2.old" / "lib").mkdir(parents=True)
    retention.remove(base / "flink-1.17.2")
    assert not [path for path in base.iterdir() if "1.17" in path.name]


def test_the_link_is_set_in_one_step_and_stays_short(base: Path) -> None:
    link = base / "current"
    assert retention.linked(link) == ""
    retention.set_link(link, retention.link_target(link, base / "flink-1.19.3"))
    assert retention.linked(link) == "flink-1.19.3"
    retention.set_link(link, retention.link_target(link, Path("/opt/flink-1.20.5")))
    assert retention.linked(link) == "/opt/flink-1.20.5"
    assert not list(base.glob(".*"))


def test_a_link_does_not_replace_what_others_put_there(base: Path) -> None:
    with pytest.raises(FlinkError, match="something else has this name; move it away"):
        retention.linked(base / "nodes")
