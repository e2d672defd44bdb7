"""What is in the HA storage is read as it is, and what cannot be read is reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._ha.storage import (
    Places,
    Storage,
    places_of,
    read,
    result_of,
)
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import JAVA_STREAM, java_text, java_uri

JOB = "a" * 32


@pytest.fixture
def places(tmp_path: Path) -> Places:
    for name in ("ha/t/blob/job_x", "checkpoints/.keep"):
        (tmp_path / name).mkdir(parents=True)
    return places_of(
        {
            "high-availability.storageDir": f"file://{tmp_path}/ha/",
            "execution.checkpointing.dir": f"file://{tmp_path}/checkpoints",
        },
        "/t",
    )


def test_the_places_follow_from_the_configuration() -> None:
    found = places_of({"high-availability.storageDir": "s3://b/ha/", "state.checkpoints.dir": "s3://b/c/"}, "/t")
    assert found == Places(
        "s3://b/ha/t", "s3://b/ha/job-result-store/t", "s3://b/ha/application-result-store/t", "s3://b/c"
    )
    own = places_of({"job-result-store.storage-path": "file:/r"}, "/t")
    assert (own.ha, own.results, own.application_results) == ("", "file:/r", "")


def test_everything_is_found(places: Places, tmp_path: Path) -> None:
    state = f"file:{tmp_path}/checkpoints/{JOB}/shared/one"
    other = f"file:{tmp_path}/checkpoints/{JOB}/shared/two"
    (tmp_path / "checkpoints" / JOB / "shared").mkdir(parents=True)
    (tmp_path / "checkpoints" / JOB / "shared" / "one").touch()
    for number in (3, 12):
        (tmp_path / "checkpoints" / JOB / f"chk-{number}").mkdir()
    (tmp_path / "checkpoints" / JOB / "chk-12" / "_metadata").touch()
    # Small state is kept in the file itself, under the name that it would have had.
    words = java_text("file:/not/a/checkpoint/of/flink") + java_text(f"file:{tmp_path}/checkpoints/{JOB}/shared/small")
    (tmp_path / "ha/t/completedCheckpoint1").write_bytes(JAVA_STREAM + java_uri(state) + java_uri(other) + words)
    (tmp_path / "ha/job-result-store/t").mkdir(parents=True)
    (tmp_path / f"ha/job-result-store/t/{JOB}.json").write_text('{"result": {"id": "x"}}')
    found = read(places)
    (file,) = found.files
    assert file.addresses[:3] == (state, other, "file:/not/a/checkpoint/of/flink")
    assert file.missing == (other,)
    (result,) = found.results
    assert (result.job_id, result.dirty, result.problem) == (JOB, False, "")
    (directory,) = found.directories
    assert (directory.job_id, directory.complete) == (JOB, (12,))
    assert found.blobs == ("job_x",)
    assert found.unread == {}
    assert Storage.from_dict(json.loads(json.dumps(found.as_dict()))) == found


@pytest.mark.parametrize(
    ("content", "problem", "application"),
    [
        ("torn {", "it is not valid JSON", ""),
        ("[]", "it holds no result", ""),
        ('{"result": []}', "it holds no result", ""),
        ('{"result": {"id": "x"}}', "", ""),
        ('{"result": {"application-id": "y"}}', "", "y"),
    ],
)
def test_a_result_says_whether_it_can_be_read(tmp_path: Path, content: str, problem: str, application: str) -> None:
    path = tmp_path / f"{JOB}_DIRTY.json"
    path.write_text(content)
    found = result_of(path)
    assert found is not None
    assert (found.job_id, found.dirty, found.problem, found.application_id) == (JOB, True, problem, application)
    path.unlink()
    assert result_of(path) is None


@pytest.mark.parametrize(
    ("ha", "why"),
    [
        ("s3://bucket/ha", "s3://bucket/ha is not a directory of a host"),
        ("", "its place is not known"),
        ("file:///nowhere/at/all", "/nowhere/at/all is not there, or this host cannot read that storage"),
    ],
)
def test_what_cannot_be_read_is_told(ha: str, why: str) -> None:
    assert why in read(Places(ha=ha)).unread["ha"]


def test_an_empty_mount_point_is_no_empty_storage(tmp_path: Path) -> None:
    (tmp_path / "mnt" / "ha").mkdir(parents=True)
    assert "ha" in read(Places(ha=f"file:{tmp_path}/mnt/ha")).unread
    (tmp_path / "mnt" / "checkpoints").mkdir()
    assert "ha" not in read(Places(ha=f"file:{tmp_path}/mnt/ha")).unread
