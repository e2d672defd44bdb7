"""flink_distribution with product zookeeper, run as Ansible runs it."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_distribution as module

import flink_packages as packages
import throwaway_keys as keys

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(run_module: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The module with two tiny jars instead of the real ones."""

    def pins(version: str) -> list[Any]:
        jars = [tmp_path / f"{name}-{version}.jar" for name in ("zookeeper", "zookeeper-jute")]
        for jar in jars:
            jar.write_bytes(packages.jar(jar.name))
        return [packages.pin(jar) for jar in jars]

    monkeypatch.setattr(module, "zookeeper_pins", pins)

    def call(**arguments: Any) -> dict[str, Any]:
        version = arguments.get("version", "3.9.6")
        defaults = {"product": "zookeeper", "version": version, "dest": str(tmp_path / f"zookeeper-{version}")}
        return run_module(module.main, **{**defaults, "cache_dir": str(tmp_path / "cache"), **arguments})

    return call


def archive(tmp_path: Path, version: str = "3.9.6") -> dict[str, str]:
    top = f"apache-zookeeper-{version}-bin"
    members = {f"{top}/lib/zookeeper-{version}.jar": packages.jar(), f"{top}/bin/zkServer.sh": b"#!/bin/sh\n"}
    path = packages.write_tar(tmp_path / f"{top}.tar.gz", members)
    return {"archive": str(path), "archive_checksum": f"sha512:{hashlib.sha512(path.read_bytes()).hexdigest()}"}


def test_zookeeper_is_laid_out_and_a_second_run_changes_nothing(run: Run, tmp_path: Path) -> None:
    assert run(check=True)["changed"] is True
    assert not (tmp_path / "zookeeper-3.9.6").exists()
    first = run()
    assert (first["changed"], first["home"]) == (True, str(tmp_path / "zookeeper-3.9.6"))
    jars = sorted(path.name for path in (tmp_path / "zookeeper-3.9.6/lib").iterdir())
    assert jars == ["zookeeper-3.9.6.jar", "zookeeper-jute-3.9.6.jar"]
    second = run()
    assert (second["changed"], second["reasons"]) == (False, [])


def test_it_comes_from_a_signed_archive(run: Run, tmp_path: Path) -> None:
    given = {"source": "archive", **archive(tmp_path)}
    with keys.made(tmp_path / "gpg", "Release Manager <rm@example.org>") as signer:
        given["archive_keyring"] = str(signer.export(tmp_path / "KEYS"))
        assert "there is no such file" in run(**given)["msg"]
        signer.sign(Path(given["archive"]))
    assert run(**given)["changed"] is True
    assert (tmp_path / "zookeeper-3.9.6/bin/zkServer.sh").stat().st_mode & 0o111
    assert run(**given)["changed"] is False


def test_artefacts_of_ones_own_count_instead_of_the_known_ones(run: Run, tmp_path: Path) -> None:
    jar = tmp_path / "zookeeper-3.9.7.jar"
    jar.write_bytes(packages.jar())
    given = [{"artifact": str(jar), "checksum": f"sha256:{hashlib.sha256(jar.read_bytes()).hexdigest()}"}]
    assert run(version="3.9.7", artifacts=given)["changed"] is True
    assert [path.name for path in (tmp_path / "zookeeper-3.9.7/lib").iterdir()] == ["zookeeper-3.9.7.jar"]


def test_old_versions_go(run: Run, tmp_path: Path) -> None:
    for version in ("3.9.4", "3.9.5"):
        run(version=version, keep=1)
    assert run(keep=1)["pruned"] == [str(tmp_path / "zookeeper-3.9.4")]
    assert not (tmp_path / "zookeeper-3.9.4").exists()
    assert run(keep=1)["changed"] is False


def test_files_are_brought_to_machines_without_a_network(run: Run, tmp_path: Path) -> None:
    lacks = run(cache_dir=str(tmp_path / "there"), check=True)["missing"]
    for one in run(download_only=True)["downloads"]:
        assert one["slot"] in lacks
        slot = tmp_path / "there/downloads" / one["slot"]
        slot.mkdir(parents=True)
        (slot / one["name"]).write_bytes(Path(one["path"]).read_bytes())
    assert run(cache_dir=str(tmp_path / "there"), cache_kept=False)["changed"] is True
    assert list((tmp_path / "there").iterdir()) == []


def test_one_bundle_brings_all_files(run: Run, tmp_path: Path) -> None:
    there = tmp_path / "there"
    brought = run(download_only=True, bundle=True)
    with tarfile.open(brought["bundle"]) as content:
        assert {(one.uid, one.mode) for one in content} == {(0, 0o444)}
    shutil.unpack_archive(brought["bundle"], there / "downloads", format="tar")
    # The next run writes the same file again.
    assert run(download_only=True, bundle=True)["bundle"] == brought["bundle"]
    assert run(cache_dir=str(there), check=True)["missing"] == []
    assert "bundle" not in run(download_only=True, bundle=True, check=True)
    assert run(cache_dir=str(there), cache_kept=False)["changed"] is True


def test_a_bundle_that_cannot_be_written_is_a_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "bundles").write_text("in the way")
    assert "cannot write the bundle" in run(download_only=True, bundle=True)["msg"]


def test_a_foreign_jar_that_it_would_load_is_a_warning(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(module.AnsibleModule, "warn", lambda _module, text: warnings.append(text))
    run()
    (tmp_path / "zookeeper-3.9.6/lib/mine.jar").write_bytes(b"")
    assert run()["foreign"] == ["lib/mine.jar"]
    assert "lib/mine.jar" in warnings[0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"source": "pypi"}, "source pypi is not for product zookeeper: use maven or archive"),
        ({"overlay_dir": "/jars"}, "overlay_dir is given with product zookeeper, but only product flink uses it"),
        ({"product": "flink", "source": "maven"}, "source maven is not for product flink: use pypi or archive"),
        ({"source": "archive"}, "any of the following are missing: archive, mirror"),
        ({"source": "archive", "archive": "/a.tgz"}, "all of the following are missing: archive_checksum"),
        ({"source": "archive", "archive": "/a.tgz", "archive_checksum": "sha256:1"}, "without its sha512"),
    ],
)
def test_bad_input_is_a_sentence(run: Run, arguments: dict[str, Any], sentence: str) -> None:
    assert sentence in run(**arguments)["msg"]


def test_an_unknown_version_is_told_what_to_do(run_module: Run, tmp_path: Path) -> None:
    where = {"dest": str(tmp_path / "z"), "cache_dir": str(tmp_path / "c")}
    result = run_module(module.main, product="zookeeper", version="3.4.0", **where)
    assert (
        "ZooKeeper 3.4.0 is not among the versions whose artefacts this collection has on record (3.9.5, 3.9.6)"
        in result["msg"]
    )
