"""Signatures, with GnuPG itself and a key made for the moment."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._install import signature

import throwaway_keys as keys


def run(args: list[str], *, environ_update: dict[str, str] | None = None) -> tuple[int, str, str]:
    assert environ_update is None
    done = subprocess.run(args, check=False, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[keys.Key]:
    with keys.made(tmp_path_factory.mktemp("gpg"), "Release Manager <rm@example.org>") as key:
        yield key


@pytest.fixture
def archive(tmp_path: Path, signer: keys.Key) -> Path:
    path = tmp_path / "archive.tgz"
    path.write_bytes(b"content")
    signer.sign(path)
    return path


def verify(archive: Path, keyring: Path) -> signature.Signer:
    return signature.verify(archive, archive.with_name("archive.tgz.asc"), keyring, run, "the archive")


@pytest.mark.parametrize("armoured", [True, False])
def test_the_signer_is_named(tmp_path: Path, archive: Path, signer: keys.Key, armoured: bool) -> None:
    keyring = signer.export(tmp_path / "KEYS", armoured=armoured)
    found = verify(archive, keyring)
    assert (found.fingerprint, found.name) == (signer.fingerprint, "Release Manager <rm@example.org>")
    assert found.expired is False


def test_gpg_serves_where_gpgv_is_missing(
    tmp_path: Path, archive: Path, signer: keys.Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = signature.shutil.which
    monkeypatch.setattr(signature.shutil, "which", lambda name: None if name == "gpgv" else which(name))
    assert verify(archive, signer.export(tmp_path / "KEYS")).fingerprint == signer.fingerprint


def test_without_either_of_them_the_reader_is_told_what_to_install(
    tmp_path: Path, archive: Path, signer: keys.Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = signer.export(tmp_path / "KEYS")
    monkeypatch.setattr(signature.shutil, "which", lambda _name: None)
    with pytest.raises(FlinkError, match="there is neither gpgv nor gpg; install one of them"):
        verify(archive, keyring)


def exchanged(archive: Path, _tmp_path: Path, keyring: Path) -> Path:
    archive.write_bytes(b"something else")
    return keyring


def by_another_key(_archive: Path, tmp_path: Path, _keyring: Path) -> Path:
    with keys.made(tmp_path / "other", "Other <x@example.org>") as other:
        return other.export(tmp_path / "OTHER")


def no_signature(archive: Path, _tmp_path: Path, keyring: Path) -> Path:
    archive.with_name("archive.tgz.asc").write_text("<html>not found</html>")
    return keyring


def no_keys(_archive: Path, _tmp_path: Path, keyring: Path) -> Path:
    keyring.write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----\nhalf of it")
    return keyring


def no_keyring(_archive: Path, tmp_path: Path, _keyring: Path) -> Path:
    return tmp_path / "nowhere"


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (exchanged, "refused the archive: the signature does not belong to this file"),
        (by_another_key, "refused the archive: the key [0-9A-F]+ that made it is not in the keyring"),
        (no_signature, "is not a signature that .* can read"),
        (no_keys, "there is no public key in it"),
        (no_keyring, "cannot read the keyring .*: no such file or directory"),
    ],
)
def test_anything_else_is_refused(
    tmp_path: Path,
    archive: Path,
    signer: keys.Key,
    damage: Callable[[Path, Path, Path], Path],
    sentence: str,
) -> None:
    keyring = damage(archive, tmp_path, signer.export(tmp_path / "KEYS"))
    with pytest.raises(FlinkError, match=sentence) as caught:
        verify(archive, keyring)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("REVKEYSIG 50CA Other", "was revoked"),
        ("EXPSIG 50CA Other", "has expired"),
    ],
)
def test_what_gnupg_says_of_old_keys_counts(tmp_path: Path, archive: Path, status: str, sentence: str) -> None:
    (tmp_path / "keys.gpg").write_bytes(b"keys")
    said = f"[GNUPG:] {status}\n[GNUPG:] VALIDSIG AB 1 2 3 4 5 6 7 8 CD\n"
    with pytest.raises(FlinkError, match=sentence):
        signature.verify(archive, archive, tmp_path / "keys.gpg", lambda *_, **__: (0, said, ""), "it")


def test_a_release_stays_good_when_its_key_expires(tmp_path: Path, archive: Path) -> None:
    (tmp_path / "keys.gpg").write_bytes(b"keys")
    said = "[GNUPG:] EXPKEYSIG 50CA Other\n[GNUPG:] VALIDSIG AB 1 2 3 4 5 6 7 8 CD\n"
    found = signature.verify(archive, archive, tmp_path / "keys.gpg", lambda *_, **__: (0, said, ""), "it")
    assert found == signature.Signer("CD", "Other", expired=True)
