"""Files that are written whole, or not at all, and locks."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base import files as _files
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import Expired, FlinkError, NotYet
from ansible_collections.streamops.flink.plugins.module_utils._base.files import (
    file_digest,
    file_error,
    locked,
    read_json,
    read_text,
    replacing,
    write_file,
)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("content", ["text\u00e9", b"bytes"])
def test_a_file_is_put_in_place_with_its_mode(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    write_file(path, content, 0o644)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert mode_of(path) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_private_unless_said_otherwise(tmp_path: Path) -> None:
    write_file(tmp_path / "file", "secret")
    assert mode_of(tmp_path / "file") == 0o600


def test_until_it_is_whole_a_file_is_hidden_and_private(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with replacing(path, 0o644) as stream:
        stream.write(b"new")
        stream.flush()
        (temporary,) = (one for one in tmp_path.iterdir() if one != path)
        assert (temporary.name.startswith(".file."), mode_of(temporary)) == (True, 0o600)
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_a_failure_leaves_the_old_file_and_nothing_next_to_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def broken() -> None:
        with replacing(path) as stream:
            stream.write(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        broken()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("durable", "synced"), [(True, 2), (False, 0)])
def test_the_file_and_its_directory_reach_the_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, durable: bool, synced: int
) -> None:
    calls: list[int] = []
    monkeypatch.setattr(_files.os, "fsync", calls.append)
    write_file(tmp_path / "file", "text", durable=durable)
    assert len(calls) == synced


def test_a_file_system_that_cannot_sync_directories_is_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(_files.os, "fsync", fsync)
    write_file(tmp_path / "file", "text")
    assert (tmp_path / "file").read_text() == "text"


def test_a_file_that_is_not_there_has_no_content(tmp_path: Path) -> None:
    assert read_text(tmp_path / "file") is None
    assert read_json(tmp_path / "file") is None
    write_file(tmp_path / "file", '{"a": 1}')
    assert read_json(tmp_path / "file") == {"a": 1}


@pytest.mark.parametrize("size", [0, 5, _files.CHUNK + 1])
def test_a_digest_is_of_the_whole_content(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(b"x" * size)
    assert file_digest(tmp_path / "file", "sha256") == hashlib.sha256(b"x" * size).hexdigest()


def test_a_full_disk_is_told_with_the_way_out() -> None:
    error = file_error("write", Path("/srv/file"), OSError(errno.ENOSPC, "No space left on device"))
    assert error.message.startswith("cannot write /srv/file on ")
    assert error.message.endswith("no space left on device; make room there and run it again")


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "below" / "lock"
    with locked(path):
        with pytest.raises(Expired, match="another process holds it"), locked(path, seconds=0.05):
            pytest.fail("two hold the lock")
        with pytest.raises(NotYet), locked(path, seconds=0):
            pytest.fail("two hold the lock")
    with locked(path, seconds=0):
        assert path.exists()


def test_a_lock_whose_file_was_removed_is_taken_anew(tmp_path: Path) -> None:
    path = tmp_path / "home" / "lock"
    order: list[str] = []
    waits = threading.Event()

    def second() -> None:
        waits.set()
        with locked(path, seconds=10):
            order.append("second")
            # Others wait for this file, not for the one that is gone.
            with pytest.raises(NotYet), locked(path, seconds=0):
                pytest.fail("two hold the lock")

    thread = threading.Thread(target=second)
    with locked(path):
        thread.start()
        assert waits.wait(10)
        order.append("first")
        path.unlink()
        path.parent.rmdir()
    thread.join(10)
    assert order[0] == "first"
    assert order[1:] == ["second"]


def test_a_lock_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FlinkError, match=r"cannot write to .*/file"), locked(tmp_path / "file" / "lock"):
        pytest.fail("the lock is held")
