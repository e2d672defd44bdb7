"""A backup on its way to another host arrives whole, or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._backup import carry as _backup_carry
from ansible_collections.streamops.flink.plugins.module_utils._backup import store as _backup
from ansible_collections.streamops.flink.plugins.module_utils._backup.carry import Span
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError

FILES = {"b": {"bytes": 5}, "a": {"bytes": 3}, "empty": {"bytes": 0}, "c/d": {"bytes": 4}}


@pytest.fixture
def carrier(tmp_path: Path) -> Path:
    directory = tmp_path / "carrier"
    directory.mkdir()
    return directory


@pytest.fixture
def backup(tmp_path: Path) -> _backup.Backup:
    """With files of all kinds: larger than a piece, as small as nothing, and in directories of their own."""
    place = tmp_path / "storage"
    place.mkdir()
    (place / "_metadata").write_bytes(b"\x49\x60\x67\x2d\0\0\0\x04 state")
    jar = tmp_path / "job.jar"
    jar.write_bytes(bytes(range(256)) * 40)
    request = _backup.Request(
        about={"flink_version": "1.20.5"},
        jobs=[{"name": "count", "job_id": "a", "savepoint_path": str(place)}],
        documents={"inventory.yml": "a: 1\n", "configuration/jm1/empty": ""},
        artefacts={"job.jar": jar},
    )
    return _backup.make(tmp_path / "from", request, "here")


def carried(backup: _backup.Backup, root: Path, carrier: Path, piece_bytes: int) -> list[_backup.Backup | None]:
    found = []
    for number in range(_backup_carry.count(backup.size, piece_bytes)):
        _backup_carry.cut(backup, carrier, number, piece_bytes)
        found.append(_backup_carry.join(root, backup.id, carrier, number, piece_bytes))
    return found


@pytest.mark.parametrize(
    ("number", "piece_bytes", "expected"),
    [
        (0, 100, [Span("a", 0, 3), Span("b", 0, 5), Span("c/d", 0, 4)]),
        (0, 4, [Span("a", 0, 3), Span("b", 0, 1)]),
        (1, 4, [Span("b", 1, 4)]),
        (2, 4, [Span("c/d", 0, 4)]),
        (3, 4, []),
        (4, 1, [Span("b", 1, 1)]),
    ],
)
def test_a_piece_is_what_lies_between_two_places(number: int, piece_bytes: int, expected: list[Span]) -> None:
    assert list(_backup_carry.spans(FILES, number, piece_bytes)) == expected


@pytest.mark.parametrize(("size", "piece_bytes", "expected"), [(0, 4, 1), (4, 4, 1), (5, 4, 2), (12, 4, 3)])
def test_there_is_always_a_piece_for_the_manifest(size: int, piece_bytes: int, expected: int) -> None:
    assert _backup_carry.count(size, piece_bytes) == expected


@pytest.mark.parametrize("piece_bytes", [1000, 4096, 1 << 20])
def test_every_byte_arrives_and_no_other_account_can_read_it(
    backup: _backup.Backup, tmp_path: Path, carrier: Path, piece_bytes: int
) -> None:
    root = tmp_path / "to"
    *before, last = carried(backup, root, carrier, piece_bytes)
    assert set(before) <= {None}
    assert last is not None
    assert last.content == backup.content
    assert _backup.newest(root) == last
    _backup.verify(last)
    for path in (root, *root.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    for path in backup.directory.rglob("*"):
        assert path.is_dir() or path.read_bytes() == (last.directory / path.relative_to(backup.directory)).read_bytes()
    assert list(carrier.iterdir()) == []


def test_what_is_on_its_way_is_no_backup_and_can_be_begun_anew(
    backup: _backup.Backup, tmp_path: Path, carrier: Path
) -> None:
    root = tmp_path / "to"
    _backup_carry.cut(backup, carrier, 0, 1000)
    assert _backup_carry.join(root, backup.id, carrier, 0, 1000) is None
    assert _backup.everything(root) == ([], [root / f"{backup.id}.part"])
    assert carried(backup, root, carrier, 1 << 20)[-1] is not None
    assert [path.name for path in root.iterdir()] == [backup.id]


def test_a_piece_is_for_its_carrier_only(backup: _backup.Backup, tmp_path: Path, carrier: Path) -> None:
    # A link that was put there is not followed.
    (carrier / "piece").symlink_to(tmp_path / "elsewhere")
    piece = _backup_carry.cut(backup, carrier, 0, 1000)
    assert stat.S_IMODE(piece.stat().st_mode) == 0o600
    assert not (tmp_path / "elsewhere").exists()
    piece.rename(tmp_path / "elsewhere")
    piece.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FlinkError, match="cannot be put into"):
        _backup_carry.join(tmp_path / "to", backup.id, carrier, 0, 1000)


def test_what_was_changed_on_the_way_is_removed_again(backup: _backup.Backup, tmp_path: Path, carrier: Path) -> None:
    root = tmp_path / "to"
    piece = _backup_carry.cut(backup, carrier, 0, 1 << 20)
    content = bytearray(piece.read_bytes())
    content[-1] ^= 1
    piece.write_bytes(content)
    with pytest.raises(FlinkError, match="is not what was sent, and was removed again"):
        _backup_carry.join(root, backup.id, carrier, 0, 1 << 20)
    assert list(root.iterdir()) == []


def test_a_lost_piece_is_seen(backup: _backup.Backup, tmp_path: Path, carrier: Path) -> None:
    root = tmp_path / "to"
    total = _backup_carry.count(backup.size, 4096)
    for number in (0, total - 1):
        _backup_carry.cut(backup, carrier, number, 4096)
        if number:
            with pytest.raises(FlinkError, match="is not what was written"):
                _backup_carry.join(root, backup.id, carrier, number, 4096)
        else:
            _backup_carry.join(root, backup.id, carrier, number, 4096)
    assert _backup.everything(root) == ([], [])


def test_a_piece_that_ends_too_early_is_one_sentence(backup: _backup.Backup, tmp_path: Path, carrier: Path) -> None:
    piece = _backup_carry.cut(backup, carrier, 0, 1000)
    piece.write_bytes(piece.read_bytes()[:-10])
    with pytest.raises(FlinkError, match="ends 10 bytes too early"):
        _backup_carry.join(tmp_path / "to", backup.id, carrier, 0, 1000)


@pytest.mark.parametrize("head", [b"", b"x\n", b"999999\n{}"])
def test_what_is_no_first_piece_is_refused(tmp_path: Path, carrier: Path, head: bytes) -> None:
    (carrier / "piece").write_bytes(head)
    with pytest.raises(FlinkError, match=r"not the first piece|damaged"):
        _backup_carry.join(tmp_path / "to", "20261127T021530Z", carrier, 0, 1000)


def test_the_source_is_looked_at_again_when_it_is_cut(backup: _backup.Backup, carrier: Path) -> None:
    (backup.directory / "artefacts/job.jar").write_bytes(b"")
    with pytest.raises(FlinkError, match="bytes too early"):
        _backup_carry.cut(backup, carrier, 0, 1 << 20)
