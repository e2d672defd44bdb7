"""Flink 2.3 leaves a result behind that the next leader dies of; it is moved away, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster, Settings
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec
from ansible_collections.streamops.flink.plugins.module_utils._jobs.plan import Declared
from ansible_collections.streamops.flink.plugins.module_utils._jobs.poison import defuse
from ansible_collections.streamops.flink.plugins.module_utils._jobs.run import Options, Run
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import FakeFlink, connection, install_flink

JOB = "a" * 32


@pytest.fixture
def flink(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeFlink:
    found = install_flink(monkeypatch, tmp_path / "storage")
    found.version = "2.3.0"
    return found


def defused(job_id: str = JOB) -> Run:
    defaults = {key: option.get("default") for key, option in connection_argument_spec().items()}
    with Cluster(Settings.from_options(defaults | connection())) as cluster:
        run = Run(cluster, Declared("x"), Options())
        defuse(run, job_id)
        return run


def left(flink: FakeFlink, content: Any) -> Path:
    file = flink.storage / "ha" / "job-result-store" / "t" / f"{JOB}_DIRTY.json"
    file.parent.mkdir(parents=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


@pytest.mark.parametrize("content", [{"result": {"id": JOB}, "version": 1}, [], "torn {"])
def test_a_result_that_no_leader_can_read_is_moved_away(flink: FakeFlink, content: Any) -> None:
    file = left(flink, content)
    run = defused()
    assert not file.exists()
    assert (file.parent.with_name("t.quarantine") / file.name).is_file()
    assert "it was moved to" in run.result.warnings[0]


def test_a_result_that_is_in_order_stays(flink: FakeFlink) -> None:
    file = left(flink, {"result": {"id": JOB, "application-id": JOB}, "version": 1})
    assert defused().result.warnings == []
    assert file.exists()


@pytest.mark.parametrize("version", ["1.20.5", "2.2.1"])
def test_older_versions_read_their_results_and_are_left_alone(flink: FakeFlink, version: str) -> None:
    flink.version = version
    file = left(flink, {"result": {"id": JOB}, "version": 1})
    assert defused().result.warnings == []
    assert file.exists()


def test_nothing_left_behind_is_nothing_to_tell(flink: FakeFlink) -> None:
    left(flink, {}).unlink()
    assert defused().result.warnings == []


def test_a_storage_that_this_host_does_not_see_is_told(flink: FakeFlink) -> None:
    flink.options["high-availability.storageDir"] = "s3://bucket/ha"
    (warning,) = defused().result.warnings
    assert f"s3://bucket/ha/job-result-store/t/{JOB}_DIRTY.json" in warning
    assert "move the file away" in warning
