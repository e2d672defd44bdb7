"""flink_distribution, run as Ansible runs it."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._install import assemble as distribution
from ansible_collections.streamops.flink.plugins.module_utils._install import layout as _layout
from ansible_collections.streamops.flink.plugins.module_utils._install import unpack as _unpack
from ansible_collections.streamops.flink.plugins.modules import flink_distribution as module

import flink_packages as packages
import throwaway_keys as keys
from file_server import serving

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(run_module: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The module with a tiny Flink instead of the real one."""
    release = packages.write_release(tmp_path / "packages", "1.20.5")
    monkeypatch.setattr(module, "release", lambda *_arguments: release)

    def call(**arguments: Any) -> dict[str, Any]:
        defaults = {"version": "1.20.5", "dest": str(tmp_path / "flink"), "cache_dir": str(tmp_path / "cache")}
        return run_module(module.main, **{**defaults, **arguments})

    return call


def test_flink_is_laid_out_and_a_second_run_changes_nothing(run: Run, tmp_path: Path) -> None:
    first = run()
    assert first["changed"] is True
    assert first["home"] == str(tmp_path / "flink")
    assert (first["method"], first["file_count"]) == ("hardlink", 16)
    assert first["diff"]["before"] == {}
    assert first["diff"]["after"]["version"] == "1.20.5"
    assert (tmp_path / "flink/bin/flink").exists()
    second = run()
    assert second["changed"] is False
    assert second["reasons"] == []
    assert second["diff"]["before"] == second["diff"]["after"]


def test_check_mode_says_what_would_change_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    result = run(check=True)
    assert result["changed"] is True
    assert result["reasons"] == ["it is not there"]
    assert not (tmp_path / "flink").exists()
    assert not (tmp_path / "cache").exists()
    run()
    assert run(check=True)["changed"] is False


def test_check_mode_names_the_damage(run: Run, tmp_path: Path) -> None:
    run()
    (tmp_path / "flink/bin/flink").unlink()
    result = run(check=True)
    assert result["changed"] is True
    assert result["repaired"] == ["bin/flink"]
    assert result["diff"]["before"]["damaged"] == ["bin/flink"]
    assert result["diff"]["after"]["damaged"] == []
    assert not (tmp_path / "flink/bin/flink").exists()
    assert run()["repaired"] == ["bin/flink"]
    assert (tmp_path / "flink/bin/flink").exists()


def test_libraries_show_in_the_diff(run: Run, tmp_path: Path) -> None:
    run()
    jar = tmp_path / "connector.jar"
    jar.write_bytes(packages.jar())
    checksum = f"sha256:{hashlib.sha256(jar.read_bytes()).hexdigest()}"
    result = run(libraries=[{"artifact": str(jar), "directory": "plugins/x", "checksum": checksum}])
    assert result["diff"]["before"]["libraries"] == []
    assert result["diff"]["after"]["libraries"] == [
        {"artifact": str(jar), "directory": "plugins/x", "checksum": checksum}
    ]
    assert (tmp_path / "flink/plugins/x/connector.jar").exists()


def test_a_foreign_jar_that_flink_would_load_is_a_warning(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(module.AnsibleModule, "warn", lambda _module, text: warnings.append(text))
    run()
    assert warnings == []
    (tmp_path / "flink/lib/mine.jar").write_bytes(b"")
    result = run()
    assert result["changed"] is False
    assert result["foreign"] == ["lib/mine.jar"]
    assert len(warnings) == 1
    assert "lib/mine.jar" in warnings[0]


def test_an_archive_is_written_once(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "out" / "flink.tar.gz"
    planned = run(dest=None, archive_to=str(path), check=True)
    assert (planned["changed"], planned["archive"]["checksum"]) == (True, "")
    assert not path.exists()
    first = run(dest=None, archive_to=str(path))
    assert first["changed"] is True
    assert first["archive"]["checksum"] == f"sha512:{hashlib.sha512(path.read_bytes()).hexdigest()}"
    assert first["archive"]["size"] == path.stat().st_size
    second = run(dest=None, archive_to=str(path))
    assert (second["changed"], second["archive"]) == (False, first["archive"])


def test_flink_comes_from_an_archive(run: Run, tmp_path: Path) -> None:
    path = packages.write_archive(tmp_path, "1.20.4")
    checksum = f"sha512:{hashlib.sha512(path.read_bytes()).hexdigest()}"
    arguments = {"version": "1.20.4", "source": "archive", "archive": str(path), "archive_checksum": checksum}
    assert run(**arguments)["changed"] is True
    assert (tmp_path / "flink/lib/flink-dist-1.20.4.jar").exists()
    assert run(**arguments)["changed"] is False


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"dest": None}, "nothing to do: give dest, archive_to or both"),
        ({"source": "archive"}, "any of the following are missing: archive, mirror"),
        (
            {"source": "archive", "archive": "/nowhere/flink.tgz", "archive_checksum": "sha512:" + "0" * 128},
            "cannot use /nowhere/flink.tgz: there is no such file",
        ),
        ({"libraries": [{"artifact": "/nowhere/a.jar"}]}, "cannot use /nowhere/a.jar: there is no such file"),
        ({"libraries": [{"artifact": "nonsense:x"}]}, "cannot use the source 'nonsense:x'"),
        ({"libraries": [{"artifact": "/a.jar", "directory": "bin"}]}, "a library's directory is lib, opt or"),
        ({"libraries": [{"artifact": "/a.jar", "checksum": "md5:1"}]}, "cannot use the checksum 'md5:1'"),
    ],
)
def test_bad_input_is_a_sentence_and_changes_nothing(
    run: Run, tmp_path: Path, arguments: dict[str, Any], sentence: str
) -> None:
    result = run(**arguments)
    assert result["failed"] is True
    assert sentence in result["msg"]
    assert "\n" not in result["msg"]
    assert not (tmp_path / "flink").exists()


def test_a_damaged_package_is_refused_and_nothing_is_laid_out(run: Run, tmp_path: Path) -> None:
    sdist = tmp_path / "packages" / "apache_flink_libraries-1.20.5.tar.gz"
    sdist.write_bytes(sdist.read_bytes()[:-1])
    result = run()
    assert "expected sha256:" in result["msg"]
    assert not (tmp_path / "flink").exists()


def test_an_unknown_version_is_told_what_to_do(run_module: Run, tmp_path: Path) -> None:
    result = run_module(module.main, version="1.13.0", dest=str(tmp_path / "f"), cache_dir=str(tmp_path / "c"))
    assert "Flink 1.13.0 is not among the versions" in result["msg"]


def test_the_gateway_of_another_version_is_explained(run_module: Run, tmp_path: Path) -> None:
    arguments = {"version": "1.20.5", "dest": str(tmp_path / "f"), "cache_dir": str(tmp_path / "c")}
    assert "1.20.3" in run_module(module.main, check=True, **arguments)["sql_gateway_note"]
    assert "sql_gateway_note" not in run_module(module.main, check=True, sql_gateway=False, **arguments)


def test_a_place_that_cannot_be_written_is_a_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = run(dest=str(tmp_path / "file" / "flink"))
    assert f"cannot write to {tmp_path}/file on" in result["msg"]
    assert result["failed"] is True


def test_all_users_may_read_it_whatever_the_umask(run: Run, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        run()
    finally:
        os.umask(before)
    directories = [path for path in (tmp_path / "flink").rglob("*") if path.is_dir()]
    assert {path.stat().st_mode & 0o777 for path in directories} == {0o755}


# --- the archive, over http -------------------------------------------------------------------------------------------


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A mirror of Apache's releases: its directory and its address."""
    root = tmp_path / "mirror"
    archive = packages.write_archive(root / "flink/flink-1.20.5", "1.20.5")
    with serving(root) as address:
        yield archive, address


def from_mirror(archive: Path, address: str, **arguments: Any) -> dict[str, Any]:
    checksum = f"sha512:{hashlib.sha512(archive.read_bytes()).hexdigest()}"
    return {"source": "archive", "mirror": address, "archive_checksum": checksum, **arguments}


def test_flink_comes_from_a_mirror(run: Run, tmp_path: Path, mirror: tuple[Path, str]) -> None:
    arguments = from_mirror(*mirror)
    assert run(**arguments)["changed"] is True
    assert (tmp_path / "flink/lib/flink-dist-1.20.5.jar").exists()
    mirror[0].unlink()
    assert run(**arguments)["changed"] is False


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda content: content[:-3] + b"xyz", "expected sha512:"),
        (lambda content: content[: len(content) // 2], "expected sha512:"),
        (lambda _content: b"<html>", "expected sha512:"),
    ],
    ids=["tampered", "truncated", "another page"],
)
def test_an_archive_that_is_not_the_one_is_refused_and_leaves_nothing(
    run: Run, tmp_path: Path, mirror: tuple[Path, str], damage: Callable[[bytes], bytes], sentence: str
) -> None:
    arguments = from_mirror(*mirror)
    whole = mirror[0].read_bytes()
    mirror[0].write_bytes(damage(whole))
    result = run(**arguments)
    assert result["failed"] is True
    assert sentence in result["msg"]
    assert "\n" not in result["msg"]
    assert not (tmp_path / "flink").exists()
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.parent.name != ".locks"] == []
    mirror[0].write_bytes(whole)
    assert run(**arguments)["changed"] is True


def test_an_archive_without_the_signature_that_was_asked_for_is_refused(
    run: Run, tmp_path: Path, mirror: tuple[Path, str]
) -> None:
    with keys.made(tmp_path / "gpg", "Release Manager <rm@example.org>") as signer:
        arguments = from_mirror(*mirror, archive_keyring=str(signer.export(tmp_path / "KEYS")))
        result = run(**arguments)
        assert "404" in result["msg"]
        assert not (tmp_path / "flink").exists()
        with keys.made(tmp_path / "other", "Other <x@example.org>") as other:
            other.sign(mirror[0])
        assert "is not in the keyring" in run(**arguments)["msg"]
        assert not (tmp_path / "flink").exists()
        signer.sign(mirror[0])
        assert run(**arguments)["changed"] is True
        assert run(**arguments)["changed"] is False


# --- next to each other -----------------------------------------------------------------------------------------------


def library(tmp_path: Path, name: str, directory: str = "lib") -> dict[str, str]:
    jar = tmp_path / name
    jar.write_bytes(packages.jar(name))
    return {
        "artifact": str(jar),
        "checksum": f"sha256:{hashlib.sha256(jar.read_bytes()).hexdigest()}",
        "directory": directory,
    }


def test_further_jars_get_a_directory_of_their_own(run: Run, tmp_path: Path) -> None:
    jars = [library(tmp_path, "kafka-3.3.0.jar"), library(tmp_path, "s3-1.20.5.jar", "plugins/s3")]
    planned = run(libraries=jars, overlay_dir=str(tmp_path / "overlays"), check=True)
    assert planned["changed"] is True
    assert not (tmp_path / "overlays").exists()
    first = run(libraries=jars, overlay_dir=str(tmp_path / "overlays"))
    overlay = Path(first["overlay"])
    assert first["overlay"] == planned["overlay"]
    found = {str(path.relative_to(overlay)) for path in overlay.rglob("*.jar")}
    assert found == {
        "lib/flink-dist-1.20.5.jar",
        "lib/kafka-3.3.0.jar",
        "lib/log4j-core-2.24.3.jar",
        "plugins/metrics-jmx/flink-metrics-jmx-1.20.5.jar",
        "plugins/s3/s3-1.20.5.jar",
    }
    assert (overlay / "lib/flink-dist-1.20.5.jar").samefile(tmp_path / "flink/lib/flink-dist-1.20.5.jar")
    assert not list((tmp_path / "flink").rglob("kafka*"))
    assert run(libraries=jars, overlay_dir=str(tmp_path / "overlays"))["changed"] is False
    fewer = run(libraries=jars[:1], overlay_dir=str(tmp_path / "overlays"))
    assert fewer["overlay"] != first["overlay"]
    assert not list(Path(fewer["overlay"]).rglob("s3*"))
    none = run(overlay_dir=str(tmp_path / "overlays"), keep=1)
    assert (none["overlay"], none["pruned"]) == ("", [first["overlay"]])
    assert run(overlay_dir=str(tmp_path / "overlays"), keep=1)["changed"] is False


def test_a_damaged_jar_of_the_cluster_is_replaced(run: Run, tmp_path: Path) -> None:
    jars = [library(tmp_path, "kafka-3.3.0.jar")]
    overlay = Path(run(libraries=jars, overlay_dir=str(tmp_path / "overlays"))["overlay"])
    (overlay / "lib/kafka-3.3.0.jar").unlink()
    result = run(libraries=jars, overlay_dir=str(tmp_path / "overlays"))
    assert result["reasons"] == ["its jars: 1 of its files are missing or changed"]
    assert (overlay / "lib/kafka-3.3.0.jar").exists()


def test_versions_stand_side_by_side_with_a_link_and_the_oldest_goes(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Made once each: a package that is made again a second later has another digest.
    releases = {
        version: packages.write_release(tmp_path / "packages", version) for version in ("1.19.3", "1.20.5", "2.2.1")
    }

    def lay_out(version: str, **arguments: Any) -> dict[str, Any]:
        monkeypatch.setattr(module, "release", lambda *_arguments: releases[version])
        dest, link = str(tmp_path / f"flink-{version}"), str(tmp_path / "current")
        return run(version=version, dest=dest, link=link, keep=1, **arguments)

    assert lay_out("1.19.3")["pruned"] == []
    assert str((tmp_path / "current").readlink()) == "flink-1.19.3"
    assert lay_out("1.20.5")["pruned"] == []
    planned = lay_out("2.2.1", check=True)
    assert planned["pruned"] == [str(tmp_path / "flink-1.19.3")]
    assert str((tmp_path / "current").readlink()) == "flink-1.20.5"
    assert lay_out("2.2.1")["pruned"] == [str(tmp_path / "flink-1.19.3")]
    assert sorted(path.name for path in tmp_path.glob("flink-*")) == ["flink-1.20.5", "flink-2.2.1"]
    assert str((tmp_path / "current").readlink()) == "flink-2.2.1"
    assert lay_out("2.2.1")["changed"] is False
    # Back again: nothing has to be fetched or unpacked.
    back = lay_out("1.20.5")
    assert (back["changed"], back["reasons"]) == (True, [])
    assert str((tmp_path / "current").readlink()) == "flink-1.20.5"


# --- files that are given ---------------------------------------------------------------------------------------------


def test_a_machine_without_a_network_is_given_what_it_lacks(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jars = [library(tmp_path, "kafka-3.3.0.jar")]
    there = {"libraries": jars, "overlay_dir": str(tmp_path / "overlays"), "cache_dir": str(tmp_path / "there")}
    lacks = run(**there, check=True)["missing"]
    assert len(lacks) == 4
    assert run(**there, check=True)["pending"] is True
    brought = run(libraries=jars, overlay_dir=str(tmp_path / "overlays"), dest=None, download_only=True)
    assert brought["changed"] is False
    assert sorted(one["slot"] for one in brought["downloads"]) == sorted(lacks)
    for one in brought["downloads"]:
        slot = tmp_path / "there/downloads" / one["slot"]
        slot.mkdir(parents=True)
        Path(one["path"]).rename(slot / one["name"])
    assert run(**there, check=True)["missing"] == []
    done = run(**there, cache_kept=False)
    assert done["changed"] is True
    assert (Path(done["overlay"]) / "lib/kafka-3.3.0.jar").exists()
    assert list((tmp_path / "there").iterdir()) == []
    again = run(**there, cache_kept=False)
    assert again["changed"] is False


def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(_unpack, "write", full)
        result = run()
    assert "no space left on device; make room there and run it again" in result["msg"]
    assert not (tmp_path / "flink").exists()
    assert [path.name for path in (tmp_path / "cache/distributions").iterdir()] == [".locks"]
    with monkeypatch.context() as patched:
        patched.setattr(_layout, "_link", lambda *_: False)
        patched.setattr(distribution.shutil, "copyfile", full)
        result = run()
    assert f"cannot lay out {tmp_path}/flink" in result["msg"]
    assert [path.name for path in tmp_path.glob("*flink*")] == [".flink.lock"]
    assert run()["changed"] is True
