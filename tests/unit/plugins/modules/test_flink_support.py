"""flink_support: everything in one archive, also when half of it cannot be asked, and no secret in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._operations import status as _status
from ansible_collections.streamops.flink.plugins.module_utils._operations.support import read, write
from ansible_collections.streamops.flink.plugins.modules import flink_support
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import FakeFlink, connection

Run = Callable[..., dict[str, Any]]
CANARY = "canary-4711"


@pytest.fixture
def bundle(run_module: Run, flink: FakeFlink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(_status, "collect", lambda _cluster, _expected: {"problems": [f"token={CANARY}"]})
    path = str(tmp_path / "bundle.tar.gz")
    given = {**connection(), "path": path}
    return lambda **arguments: run_module(flink_support.main, **{**given, **arguments})


def test_no_secret_is_in_it(bundle: Run, deploy: Run, flink: FakeFlink, tmp_path: Path) -> None:
    flink.options["s3.secret-key"] = CANARY
    job_id = deploy(sql="INSERT INTO t SELECT 1;")["job_id"]
    flink.jobs[job_id].causes.append(f"java.lang.X: cannot open jdbc:x?password={CANARY}")
    write(tmp_path / "jm1.tar.gz", {"jm.log": f"hidden by name {CANARY}\n"})
    done = bundle(parts={"jm1": str(tmp_path / "jm1.tar.gz")}, secrets=[CANARY])
    assert done["changed"] is True
    found = read(tmp_path / "bundle.tar.gz")
    assert {"audit.json", "status.json", f"jobs/{job_id}/exceptions.json", "hosts/jm1/jm.log"} <= set(found)
    assert CANARY not in json.dumps(found)
    assert json.loads(found["audit.json"])["next_failover"][0]["job_id"] == job_id


def test_what_cannot_be_asked_is_told_in_its_place(bundle: Run, flink: FakeFlink, tmp_path: Path) -> None:
    flink.away.add("http://jm1:8081")
    bundle()
    found = read(tmp_path / "bundle.tar.gz")
    assert "cannot reach" in found["jobmanagers/jm1/config.json"]


def test_check_mode_writes_nothing(bundle: Run, flink: FakeFlink, tmp_path: Path) -> None:
    assert "audit.json" in bundle(check=True)["files"]
    assert not (tmp_path / "bundle.tar.gz").exists()


def test_a_part_that_is_no_archive_is_one_sentence(bundle: Run, flink: FakeFlink, tmp_path: Path) -> None:
    assert "cannot be read" in bundle(parts={"jm1": str(tmp_path / "none.tar.gz")})["msg"]


def test_a_bundle_needs_a_cluster(run_module: Run, tmp_path: Path) -> None:
    failed = run_module(flink_support.main, path=str(tmp_path / "x"))
    assert "missing required arguments: cluster_id, zookeeper_quorum" in failed["msg"]
