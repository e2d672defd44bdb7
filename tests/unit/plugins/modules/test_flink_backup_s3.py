"""flink_backup with a bucket: what a user of the module sees, on a real server."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._backup import s3 as _backup_s3
from ansible_collections.streamops.flink.plugins.module_utils._backup import store as _backup
from ansible_collections.streamops.flink.plugins.modules import flink_backup

from object_store import BUCKET, KEY, SECRET, ObjectStore, object_store

pytestmark = pytest.mark.real
RunModule = Callable[..., dict[str, Any]]
# More than one part of an upload.
LARGE = 9 << 20


@pytest.fixture
def store() -> Iterator[ObjectStore]:
    with object_store() as found:
        yield found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "payments"


@pytest.fixture
def s3(run_module: RunModule, store: ObjectStore, root: Path) -> RunModule:
    given = {"bucket": BUCKET, "prefix": "flink/payments", "endpoint_url": store.url}
    key = {"access_key": KEY, "secret_key": SECRET}

    def call(**arguments: Any) -> dict[str, Any]:
        there = {name: arguments.pop(name) for name in list(arguments) if name in flink_backup.S3}
        there = {**given, **key, **there}
        options = {"state": "uploaded", "root": str(root), "s3": there, **arguments}
        return run_module(flink_backup.main, **{name: one for name, one in options.items() if one is not None})

    return call


@pytest.fixture
def make(root: Path, tmp_path: Path) -> Callable[[], _backup.Backup]:
    place = tmp_path / "savepoint"
    place.mkdir()
    (place / "_metadata").write_bytes(b"\x49\x60\x67\x2d\0\0\0\x04 state")
    (place / "large").write_bytes(bytes(range(256)) * (LARGE // 256))
    jobs = [{"name": "count", "job_id": "a", "savepoint_path": str(place)}]
    return lambda: _backup.make(root, _backup.Request({"flink_version": "1.20.5", "origin": {}}, jobs), "this host")


def test_a_backup_goes_there_and_comes_back_as_it_was(
    s3: RunModule, make: Callable[[], _backup.Backup], store: ObjectStore, root: Path
) -> None:
    backup = make()
    assert s3(check=True)["changed"] is True
    assert store.keys == []
    there = s3()
    assert (there["changed"], there["location"]) == (True, f"s3://{BUCKET}/flink/payments/{backup.id}")
    names = [*backup.files, "manifest.json"]
    assert sorted(store.keys) == sorted(f"flink/payments/{backup.id}/{name}" for name in names)
    assert s3()["changed"] is False
    assert s3(check=True)["changed"] is False
    before = {name: (backup.directory / name).read_bytes() for name in names}

    shutil.rmtree(root)
    assert s3(state="downloaded", check=True)["changed"] is True
    assert not root.exists()
    assert s3(state="downloaded")["changed"] is True
    assert {name: (backup.directory / name).read_bytes() for name in names} == before
    _backup.verify(_backup.read(backup.directory))
    assert s3(state="downloaded", id=backup.id)["changed"] is False


def test_the_manifest_is_the_last_to_come_and_the_first_to_go(
    s3: RunModule, make: Callable[[], _backup.Backup], store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    real = _backup_s3.Store._read_object
    read: list[str] = []

    def remember(self: _backup_s3.Store, key: str, write: Callable[[bytes], object]) -> str:
        read.append(key)
        assert key.endswith("manifest.json") or not any(one.endswith("manifest.json") for one in store.keys)
        return real(self, key, write)

    monkeypatch.setattr(_backup_s3.Store, "_read_object", remember)
    s3()
    assert read[-1].endswith("manifest.json")
    assert len(read) == len(store.keys)


def test_a_store_that_keeps_something_else_gets_no_manifest(
    s3: RunModule, make: Callable[[], _backup.Backup], store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = make()
    monkeypatch.setattr(_backup_s3.Store, "_read_object", lambda *_: "0" * 64)
    answer = s3()
    assert answer["failed"] is True
    assert "so no manifest was written there" in answer["msg"]
    assert f"flink/payments/{backup.id}/manifest.json" not in store.keys


def test_old_backups_go_and_the_newest_and_what_is_needed_stay(
    s3: RunModule, make: Callable[[], _backup.Backup], store: ObjectStore
) -> None:
    first = make()
    s3()
    second = make()
    s3()
    store.client.put_object(Bucket=BUCKET, Key="flink/payments/20200101T000000Z/savepoints/a", Body=b"half")
    store.client.put_object(Bucket=BUCKET, Key="flink/payments/notes.txt", Body=b"of another owner")
    needed = [f"file:/s/restored-{first.id}/count-000"]
    seen = s3(state="pruned", root=None, keep=1, restored_from=needed, check=True)
    assert (seen["removed"], seen["kept"]) == (["20200101T000000Z"], [first.id, second.id])
    assert s3(state="pruned", root=None, keep=1)["removed"] == [first.id, "20200101T000000Z"]
    assert {key.split("/")[2] for key in store.keys} == {second.id, "notes.txt"}
    assert s3(state="pruned", root=None, keep=1)["changed"] is False


def test_a_flipped_bit_in_the_store_is_found_before_anything_is_there(
    s3: RunModule, make: Callable[[], _backup.Backup], store: ObjectStore, root: Path
) -> None:
    backup = make()
    s3()
    store.client.put_object(Bucket=BUCKET, Key=f"flink/payments/{backup.id}/savepoints/000/_metadata", Body=b"flipped")
    shutil.rmtree(root)
    answer = s3(state="downloaded")
    assert "is damaged: savepoints/000/_metadata is not what was written" in answer["msg"]
    assert list(root.iterdir()) == []


def test_a_manifest_that_leads_out_of_the_directory_is_refused(
    s3: RunModule, make: Callable[[], _backup.Backup], store: ObjectStore
) -> None:
    backup = make()
    content = {**backup.content, "files": {"../../evil": {"sha256": "0", "bytes": 1}}}
    content["seal"] = _backup.seal(content)
    key = "flink/payments/20300101T000000Z/manifest.json"
    store.client.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(content).encode())
    assert "which is not a file of a backup" in s3(state="downloaded", id="20300101T000000Z")["msg"]


def test_the_key_can_be_in_a_file(s3: RunModule, make: Callable[[], _backup.Backup], tmp_path: Path) -> None:
    make()
    file = tmp_path / "credentials"
    file.write_text(f"[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n")
    assert s3(access_key=None, secret_key=None, credentials_file=str(file))["changed"] is True


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"bucket": "unknown"}, "s3://unknown/flink/payments cannot be listed: "),
        ({"state": "downloaded"}, "there is no complete backup in s3://backups/flink/payments"),
        ({"state": "downloaded", "id": "20200101T000000Z"}, "there is no backup s3://backups/flink/payments/2020"),
        ({"endpoint_url": "http://127.0.0.1:9"}, "cannot be listed: "),
        ({"endpoint_url": "nonsense"}, "the store nonsense cannot be used: "),
        ({"access_key": None, "secret_key": None, "credentials_file": "/none"}, "/none of the store is not there"),
        ({"id": "20200101T000000Z"}, "there is no backup"),
        ({"state": "pruned"}, "with root or with s3, and not with both"),
        ({"state": "pruned", "root": None, "s3": None}, "with root or with s3, and not with both"),
        ({"state": "verified"}, "state verified does not use s3"),
        ({"s3": None}, "all of the following are missing: s3"),
        ({"root": None}, "all of the following are missing: root"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    s3: RunModule, make: Callable[[], _backup.Backup], arguments: dict[str, Any], said: str
) -> None:
    make()
    answer = s3(**arguments)
    assert answer["failed"] is True
    assert said in answer["msg"]
    assert SECRET not in json.dumps(answer["msg"])


def test_a_host_without_boto3_is_told_what_to_install(s3: RunModule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3.session", None)
    assert "has no boto3: install it there" in s3()["msg"]
