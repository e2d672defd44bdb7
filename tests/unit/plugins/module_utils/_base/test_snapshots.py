"""What is known about the path of a savepoint or a checkpoint."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base import snapshots as _snapshots
from ansible_collections.streamops.flink.plugins.module_utils._base.snapshots import Found


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    root = tmp_path / "savepoints"
    for name in ("whole", "torn"):
        (root / name).mkdir(parents=True)
    (root / "whole" / "_metadata").touch()
    return root


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("file://{0}/whole", Found.PRESENT),
        ("file:{0}/whole", Found.PRESENT),
        ("{0}/whole/", Found.PRESENT),
        ("{0}/whole/_metadata", Found.PRESENT),
        ("{0}/torn", Found.NO_METADATA),
        ("file://{0}/none", Found.ABSENT),
        ("{0}/job-1/savepoint-1", Found.ABSENT),
        ("/no/such/storage/here/savepoint-1", Found.ELSEWHERE),
        ("s3://bucket/savepoint-1", Found.ELSEWHERE),
        ("hdfs:///savepoint-1", Found.ELSEWHERE),
        ("savepoint-1", Found.ELSEWHERE),
    ],
)
def test_a_path_is_looked_at_as_far_as_this_host_sees_it(storage: Path, path: str, found: Found) -> None:
    assert _snapshots.inspect(path.format(storage)) is found


def test_an_empty_mount_point_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "mnt").mkdir()
    assert _snapshots.inspect(f"file:{tmp_path}/mnt/savepoints/job-1/savepoint-1") is Found.ELSEWHERE


def test_the_empty_directory_of_a_savepoint_that_was_disposed_of_proves_its_end(storage: Path) -> None:
    (storage / "job-1").mkdir()
    assert _snapshots.inspect(f"file:{storage}/job-1/savepoint-1") is Found.ABSENT


def test_the_savepoints_below_a_target_are_the_complete_ones_the_newest_last(tmp_path: Path) -> None:
    for number, name in enumerate(("b", "a", "torn")):
        (tmp_path / name).mkdir()
        if name != "torn":
            (tmp_path / name / "_metadata").touch()
            os.utime(tmp_path / name / "_metadata", (number, number))
    assert _snapshots.complete_below(f"file://{tmp_path}") == [f"file:{tmp_path}/b", f"file:{tmp_path}/a"]
    assert _snapshots.complete_below("s3://bucket/x") == []


def test_the_newest_retained_checkpoint_is_the_complete_one_with_the_highest_number(tmp_path: Path) -> None:
    for number in (9, 10, 11):
        (tmp_path / f"chk-{number}").mkdir()
    for number in (9, 10):
        (tmp_path / f"chk-{number}" / "_metadata").touch()
    (tmp_path / "chk-x").mkdir()
    assert _snapshots.newest_retained(f"file:{tmp_path}") == f"file:{tmp_path}/chk-10"
    assert _snapshots.newest_retained("s3://bucket") == ""
    assert _snapshots.newest_retained("") == ""


@pytest.mark.parametrize(
    ("path", "directory"),
    [("file:/c/abc/chk-1", "file:/c/abc"), ("file:/c/chk-1", ""), ("", "")],
)
def test_a_jobs_own_directory_is_told_from_one_that_is_shared(path: str, directory: str) -> None:
    assert _snapshots.directory_of(path, "abc") == directory
