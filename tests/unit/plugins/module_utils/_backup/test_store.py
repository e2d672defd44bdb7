"""A backup is complete or it is none, and what is copied is what was there."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._backup import savepoint_files as _savepoint_files
from ansible_collections.streamops.flink.plugins.module_utils._backup import store as _backup
from ansible_collections.streamops.flink.plugins.module_utils._base import disk as _disk
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.times import stamp

FILE = str(uuid.UUID(int=7))


def utf(text: str) -> bytes:
    return len(text).to_bytes(2, "big") + text.encode()


def reference(name: str, size: int) -> bytes:
    """A reference to a file next to _metadata, as Flink writes it."""
    return b"\x06" + utf(name) + size.to_bytes(8, "big")


def whole(path: str, size: int = 9) -> bytes:
    return b"\x02" + size.to_bytes(8, "big") + utf(path)


def segment(path: str) -> bytes:
    return b"\x0f" + bytes(8) + (9).to_bytes(8, "big") + bytes(4) + utf(path)


def savepoint(directory: Path, *parts: bytes, version: int = 4, files: dict[str, bytes] | None = None) -> Path:
    directory.mkdir(parents=True)
    content = _savepoint_files.MAGIC + version.to_bytes(4, "big") + b"".join(parts)
    (directory / "_metadata").write_bytes(content)
    for name, data in (files or {}).items():
        (directory / name).write_bytes(data)
    return directory


@pytest.fixture
def job(tmp_path: Path) -> dict[str, str]:
    place = savepoint(tmp_path / "storage" / "savepoint-1", reference(FILE, 5), files={FILE: b"state"})
    return {"name": "count", "job_id": "a" * 32, "savepoint_path": f"file:{place}"}


@pytest.fixture
def make(tmp_path: Path, job: dict[str, str]) -> Callable[..., _backup.Backup]:
    def made(**about: str) -> _backup.Backup:
        jar = tmp_path / "one.jar"
        jar.write_bytes(b"jar")
        request = _backup.Request(
            {"flink_version": "1.20.5", **about}, [job], {"inventory.yml": "a: 1\n"}, {"one.jar": jar}
        )
        return _backup.make(tmp_path / "backups", request, "host")

    return made


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(FlinkError) as caught:
        call()
    return caught.value.message


# -- savepoints ------------------------------------------------------------------------------------------------------


def test_a_savepoint_that_is_complete_tells_its_files(tmp_path: Path) -> None:
    found = _savepoint_files.read(savepoint(tmp_path / "s", reference(FILE, 5), version=6, files={FILE: b"state"}))
    assert (found.metadata_version, sorted(found.files)) == (6, sorted([FILE, "_metadata"]))


def test_a_path_in_the_state_of_a_job_ties_a_savepoint_to_no_place(tmp_path: Path) -> None:
    """The file sink keeps the path of its output in its state, which is small and stands in _metadata itself."""
    inline = b"\x01" + utf("handle") + (30).to_bytes(4, "big") + utf("file:/out/shared/part-0")
    assert _savepoint_files.read(savepoint(tmp_path / "s", inline)).size > 0


@pytest.mark.parametrize("reference", [whole("file:/storage/shared/x"), whole("s3://bucket/x"), segment("/mnt/x")])
def test_a_savepoint_that_refers_to_another_place_cannot_be_carried(tmp_path: Path, reference: bytes) -> None:
    said = refused(lambda: _savepoint_files.read(savepoint(tmp_path / "s", b"....", reference)))
    assert "cannot be carried elsewhere" in said


@pytest.mark.parametrize(("files", "said"), [({}, "of 5 bytes is missing"), ({FILE: b"stat"}, "of 5 bytes is 4 bytes")])
def test_a_savepoint_that_lacks_something_is_damaged(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    place = savepoint(tmp_path / "s", reference(FILE, 5), files=files)
    assert said in refused(lambda: _savepoint_files.read(place))


def test_a_savepoint_without_metadata_is_none(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    assert "holds no file _metadata" in refused(lambda: _savepoint_files.read(tmp_path / "s"))
    (tmp_path / "s" / "_metadata").write_bytes(b"what")
    assert "does not begin as Flink writes it" in refused(lambda: _savepoint_files.read(tmp_path / "s"))


# -- making and reading ----------------------------------------------------------------------------------------------


def test_a_backup_is_what_was_put_in(make: Callable[..., _backup.Backup]) -> None:
    made = make()
    read = _backup.newest(made.directory.parent)
    _backup.verify(read)
    assert read.content == made.content
    assert sorted(read.files) == [
        "artefacts/one.jar",
        "inventory.yml",
        f"savepoints/000/{FILE}",
        "savepoints/000/_metadata",
    ]
    (job,) = read.jobs
    assert (job["name"], job["savepoint"]["directory"], job["savepoint"]["metadata_version"]) == (
        "count",
        "savepoints/000",
        4,
    )


def test_two_backups_of_one_second_have_two_names(make: Callable[..., _backup.Backup]) -> None:
    assert make().id < make().id


def test_what_is_interrupted_is_no_backup(
    make: Callable[..., _backup.Backup], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def killed(*_arguments: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(_backup, "_manifest", killed)
    with pytest.raises(KeyboardInterrupt):
        make()
    assert list((tmp_path / "backups").iterdir()) == []
    assert "there is no complete backup" in refused(lambda: _backup.newest(tmp_path / "backups"))


def test_a_full_disk_is_seen_before_anything_is_copied(
    make: Callable[..., _backup.Backup], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(_backup, "MARGIN", 1 << 60)
    assert "of free disk, less than" in refused(make)
    assert list((tmp_path / "backups").iterdir()) == []
    assert "of free disk" in refused(lambda: _backup.check_room(tmp_path, 1, "host"))
    assert _disk.disk_problems


def test_without_its_manifest_a_backup_is_none(make: Callable[..., _backup.Backup]) -> None:
    made = make()
    (made.directory / "manifest.json").unlink()
    assert "is not a complete backup: it has no manifest.json" in refused(lambda: _backup.read(made.directory))
    assert "1 of its directories are not complete backups" in refused(lambda: _backup.newest(made.directory.parent))
    assert "there is no backup" in refused(lambda: _backup.read(made.directory / "what"))


@pytest.mark.parametrize("where", ["artefacts/one.jar", "inventory.yml", "savepoints/000/_metadata"])
def test_a_flipped_bit_is_seen(make: Callable[..., _backup.Backup], where: str) -> None:
    made = make()
    content = bytearray((made.directory / where).read_bytes())
    content[0] ^= 1
    (made.directory / where).write_bytes(content)
    assert f"is damaged: {where} is not what was written" in refused(lambda: _backup.verify(made))


def test_a_missing_and_a_short_file_are_seen(make: Callable[..., _backup.Backup]) -> None:
    made = make()
    (made.directory / "inventory.yml").unlink()
    (made.directory / "artefacts" / "one.jar").write_bytes(b"j")
    assert "one.jar has 1 bytes instead of 3, and 1 more" in refused(lambda: _backup.verify(made))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("1.20.5", "1.20.4"), "it is not what was written"),
        (lambda text: text[:-20], "is damaged (JSONDecodeError)"),
        (lambda _text: json.dumps({"format": 9, "seal": ""}), "has format 9"),
        (lambda _text: "[]", "is damaged"),
    ],
)
def test_a_changed_manifest_is_refused(
    make: Callable[..., _backup.Backup], change: Callable[[str], str], said: str
) -> None:
    made = make()
    path = made.directory / "manifest.json"
    path.write_text(change(path.read_text()))
    assert said in refused(lambda: _backup.read(made.directory))


@pytest.mark.parametrize(
    ("version", "fits"),
    [("1.20.5", True), ("1.20.1", True), ("2.2.1", True), ("1.19.3", False), ("1.9.0", False), ("what", False)],
)
def test_only_an_older_backup_can_be_read(make: Callable[..., _backup.Backup], version: str, fits: bool) -> None:
    made = make()
    if fits:
        _backup.check_version(made, version)
    else:
        assert refused(lambda: _backup.check_version(made, version))


# -- putting back ----------------------------------------------------------------------------------------------------


def test_what_is_put_back_is_the_same_and_a_second_time_changes_nothing(
    make: Callable[..., _backup.Backup], tmp_path: Path
) -> None:
    made = make()
    places = _backup.put_back(made, tmp_path / "new", "host")
    assert places["count"] == tmp_path / "new" / f"restored-{made.id}" / "count-000"
    assert (places["count"] / FILE).read_bytes() == b"state"
    before = (places["count"] / FILE).stat().st_mtime_ns
    assert _backup.put_back(made, tmp_path / "new", "host") == places
    assert (places["count"] / FILE).stat().st_mtime_ns == before


def test_a_bit_that_flips_on_the_way_back_is_seen(make: Callable[..., _backup.Backup], tmp_path: Path) -> None:
    made = make()
    (made.directory / "savepoints" / "000" / FILE).write_bytes(b"stale")
    assert "is damaged" in refused(lambda: _backup.put_back(made, tmp_path / "new", "host"))
    assert not _backup.place_of(tmp_path / "new", made, made.jobs[0]).exists()


# -- retention -------------------------------------------------------------------------------------------------------

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def aged(*days: float) -> list[_backup.Backup]:
    names = (stamp((NOW - timedelta(days=one)).timestamp()) for one in days)
    return [_backup.Backup(Path("/b") / name, {}) for name in names]


@pytest.mark.parametrize(
    ("keep", "max_age", "gone"),
    [
        (0, 0, []),
        (2, 0, [9, 5]),
        (1, 0, [9, 5, 3]),
        (0, 4, [9, 5]),
        (3, 4, [9, 5]),
        (0, 0.5, [9, 5, 3]),  # the newest one stays, however old it is
    ],
)
def test_old_backups_go_and_the_newest_one_never(keep: int, max_age: float, gone: list[float]) -> None:
    found = _backup.superfluous(aged(9, 5, 3, 1), keep=keep, max_age_days=max_age, now=NOW)
    assert [one.id for one in found] == [one.id for one in aged(*gone)]


def test_what_a_running_job_was_restored_from_stays() -> None:
    all_of_them = aged(9, 5, 1)
    needed = f"file:/s/restored-{all_of_them[0].id}/count-000"
    found = _backup.superfluous(all_of_them, keep=1, max_age_days=0, now=NOW, restored_from=[needed])
    assert [one.id for one in found] == [all_of_them[1].id]
    assert "0 or more" in refused(lambda: _backup.superfluous([], keep=-1, max_age_days=0, now=NOW))


def test_a_backup_is_removed_with_its_manifest_first(make: Callable[..., _backup.Backup]) -> None:
    made = make()
    _backup.remove(made.directory)
    assert not made.directory.exists()
    assert "cannot be removed" in refused(lambda: _backup.remove(made.directory))
