"""Assembling and laying out, with tiny packages."""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._install import assemble as distribution
from ansible_collections.streamops.flink.plugins.module_utils._install import layout as _layout
from ansible_collections.streamops.flink.plugins.module_utils._install import manifest as _manifest
from ansible_collections.streamops.flink.plugins.module_utils._install import recipe as _recipe
from ansible_collections.streamops.flink.plugins.module_utils._install import tarball as _tarball
from ansible_collections.streamops.flink.plugins.module_utils._install.fetch import Fetcher
from ansible_collections.streamops.flink.plugins.module_utils._install.signature import Signer
from ansible_collections.streamops.flink.plugins.module_utils._install.source import LocalFile

import flink_packages as packages

VERSIONS = ("1.20.5", "2.2.1")
LAYOUT = {
    "LICENSE",
    "NOTICE",
    "README.txt",
    "bin/bash-java-utils.jar",
    "bin/config.sh",
    "bin/flink",
    "bin/jobmanager.sh",
    "bin/taskmanager.sh",
    "conf/config.yaml",
    "lib/flink-dist-V.jar",
    "lib/log4j-core-2.24.3.jar",
    "licenses/LICENSE.asm",
    "opt/flink-python-V.jar",
    "opt/flink-sql-gateway-V.jar",
    "plugins/README.txt",
    "plugins/metrics-jmx/flink-metrics-jmx-V.jar",
}


@pytest.fixture
def fetcher(tmp_path: Path) -> Fetcher:
    return Fetcher(tmp_path / "cache")


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    return tmp_path / "base" / "flink"


@pytest.fixture
def recipe(tmp_path: Path) -> _recipe.Recipe:
    return make(tmp_path, "1.20.5")


def make(tmp_path: Path, version: str) -> _recipe.Recipe:
    return _recipe.pypi_recipe(version, packages.write_release(tmp_path / "packages", version))


def bring(
    recipe: _recipe.Recipe,
    fetcher: Fetcher,
    dest: Path,
    libraries: list[_layout.Library] | None = None,
    *,
    verify: bool = False,
) -> _layout.LayoutPlan:
    """What the module does."""
    wanted = _layout.resolve(libraries or [], fetcher, dest)
    due = _layout.plan(dest, recipe, wanted, verify=verify)
    if due.reasons:
        _layout.lay_out(due, distribution.assembled(recipe, fetcher, verify=verify), dest, wanted, fetcher)
    return due


def names(directory: Path, version: str = "1.20.5") -> set[str]:
    found = (str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())
    return {name.replace(version, "V") for name in found} - {_manifest.MANIFEST}


def damage(path: Path, content: bytes = b"damaged") -> None:
    path.chmod(0o644)
    path.write_bytes(content)


def content(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.name != _manifest.MANIFEST
    }


# --- assembling -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_both_generations_of_packages_become_the_layout_of_the_archive(
    tmp_path: Path, fetcher: Fetcher, version: str
) -> None:
    tree = distribution.assembled(make(tmp_path, version), fetcher)
    assert names(tree, version) == LAYOUT
    assert (tree / "log").is_dir()
    assert (tree / "lib").is_dir()
    assert not (tree / "lib").is_symlink()


def test_programs_are_executable_and_nothing_is_writable(recipe: _recipe.Recipe, fetcher: Fetcher) -> None:
    tree = distribution.assembled(recipe, fetcher)
    modes = {str(path.relative_to(tree)): path.stat().st_mode & 0o777 for path in tree.rglob("*")}
    del modes[_manifest.MANIFEST]
    assert {name for name, mode in modes.items() if mode == 0o555} == {
        "bin/config.sh",
        "bin/flink",
        "bin/jobmanager.sh",
        "bin/taskmanager.sh",
    }
    assert {mode for name, mode in modes.items() if (tree / name).is_dir()} == {0o755}
    assert modes["lib/flink-dist-1.20.5.jar"] == 0o444


def test_an_assembled_tree_is_used_again(recipe: _recipe.Recipe, fetcher: Fetcher) -> None:
    tree = distribution.assembled(recipe, fetcher)
    stamp = tree.stat().st_ino
    assert distribution.assembled(recipe, fetcher) == tree
    assert tree.stat().st_ino == stamp


@pytest.mark.parametrize(
    "spoil",
    [
        lambda tree: damage(tree / "bin/flink"),
        lambda tree: (tree / "lib/flink-dist-1.20.5.jar").unlink(),
        lambda tree: (tree / "lib/other.jar").write_bytes(b""),
        lambda tree: (tree / _manifest.MANIFEST).unlink(),
        lambda tree: (tree / _manifest.MANIFEST).write_text("{"),
    ],
)
def test_a_tree_that_is_not_whole_is_assembled_anew(
    recipe: _recipe.Recipe, fetcher: Fetcher, spoil: Callable[[Path], Any]
) -> None:
    before = content(distribution.assembled(recipe, fetcher))
    spoil(fetcher.cache_dir / "distributions" / recipe.name)
    assert content(distribution.assembled(recipe, fetcher)) == before


def test_what_an_interrupted_run_left_is_removed(recipe: _recipe.Recipe, fetcher: Fetcher) -> None:
    leftover = fetcher.cache_dir / "distributions" / f".{recipe.name}.abc"
    leftover.mkdir(parents=True)
    (leftover / "half").write_text("")
    distribution.assembled(recipe, fetcher)
    assert not leftover.exists()


def test_the_digest_depends_on_the_content_and_not_on_the_place(recipe: _recipe.Recipe) -> None:
    moved = replace(
        recipe, parts=tuple(replace(part, source=LocalFile("/elsewhere")) for part in reversed(recipe.parts))
    )
    assert moved.digest == recipe.digest
    other = replace(recipe, parts=(replace(recipe.parts[0], checksum="sha256:" + "0" * 64), *recipe.parts[1:]))
    assert other.digest != recipe.digest


def test_without_the_gateway_it_is_another_distribution(tmp_path: Path, fetcher: Fetcher) -> None:
    release = packages.write_release(tmp_path / "packages", "1.20.5")
    plain = _recipe.pypi_recipe("1.20.5", release, sql_gateway=False)
    assert plain.digest != _recipe.pypi_recipe("1.20.5", release).digest
    assert names(distribution.assembled(plain, fetcher)) == LAYOUT - {"opt/flink-sql-gateway-V.jar"}


def test_a_gateway_whose_checksum_is_unknown_is_refused(tmp_path: Path) -> None:
    release = packages.write_release(tmp_path / "packages", "1.20.5")
    unknown = replace(release, sql_gateway=replace(release.sql_gateway, checksum=""))
    with pytest.raises(FlinkError, match=r"its sha256 is not known.*distribution_sql_gateway_enabled: false"):
        _recipe.pypi_recipe("1.20.5", unknown)


def test_a_gateway_that_is_no_jar_is_refused(tmp_path: Path, fetcher: Fetcher) -> None:
    release = packages.write_release(tmp_path / "packages", "1.20.5")
    page = tmp_path / "flink-sql-gateway.jar"
    page.write_text("<html>")
    wrong = replace(release, sql_gateway=packages.pin(page))
    with pytest.raises(FlinkError, match=r"the SQL gateway .* is not a valid jar"):
        distribution.assembled(_recipe.pypi_recipe("1.20.5", wrong), fetcher)
    assert [path.name for path in (fetcher.cache_dir / "distributions").iterdir()] == [".locks"]


# --- the Apache archive -----------------------------------------------------------------------------------------------


def from_archive(path: Path, version: str = "1.20.5") -> _recipe.Recipe:
    checksum = f"sha512:{hashlib.sha512(path.read_bytes()).hexdigest()}"
    return _recipe.archive_recipe(version, _recipe.Origin(str(path), checksum=checksum))


def test_an_archive_is_unpacked_as_it_is(tmp_path: Path, fetcher: Fetcher) -> None:
    path = packages.write_archive(tmp_path, "1.20.5", extra={"examples/streaming/WordCount.jar": packages.jar()})
    tree = distribution.assembled(from_archive(path), fetcher)
    assert names(tree) >= {"bin/flink", "conf/config.yaml", "LICENSE", "examples/streaming/WordCount.jar"}


def test_a_tampered_archive_is_refused(tmp_path: Path, fetcher: Fetcher) -> None:
    path = packages.write_archive(tmp_path, "1.20.5")
    recipe = from_archive(path)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(FlinkError, match=r"expected sha512:.*, found sha512:"):
        distribution.assembled(recipe, fetcher)


def test_a_truncated_archive_is_refused(tmp_path: Path, fetcher: Fetcher) -> None:
    path = packages.write_archive(tmp_path, "1.20.5")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(FlinkError, match=r"cannot unpack .*tgz.*it is damaged"):
        distribution.assembled(from_archive(path), fetcher)
    assert [entry.name for entry in (fetcher.cache_dir / "distributions").iterdir()] == [".locks"]


def test_an_archive_of_something_else_is_refused(tmp_path: Path, fetcher: Fetcher) -> None:
    path = packages.write_tar(tmp_path / "kafka.tgz", {"kafka-4/bin/kafka.sh": b""})
    with pytest.raises(FlinkError, match=r"is not a Flink distribution: bin/config.sh, bin/flink"):
        distribution.assembled(from_archive(path), fetcher)


def test_an_archive_of_another_version_is_refused(tmp_path: Path, fetcher: Fetcher) -> None:
    path = packages.write_archive(tmp_path, "1.20.4")
    with pytest.raises(FlinkError, match=r"holds Flink 1\.20\.4, but flink_version is 1\.20\.5"):
        distribution.assembled(from_archive(path), fetcher)


@pytest.mark.parametrize("name", ["flink-1.20.5/../../evil", "flink-1.20.5//etc/evil"])
def test_an_archive_that_leads_out_of_its_directory_is_refused(tmp_path: Path, fetcher: Fetcher, name: str) -> None:
    path = packages.write_tar(tmp_path / "evil.tgz", {name: b"evil"})
    with pytest.raises(FlinkError, match="leads out of the archive"):
        distribution.assembled(from_archive(path), fetcher)


def test_an_archive_with_links_is_refused(tmp_path: Path, fetcher: Fetcher) -> None:
    path = tmp_path / "links.tgz"
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo("flink-1.20.5/bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/bin"
        archive.addfile(link)
    with pytest.raises(FlinkError, match="neither a file nor a directory"):
        distribution.assembled(from_archive(path), fetcher)


# --- laying out -------------------------------------------------------------------------------------------------------


def test_a_distribution_is_laid_out_by_hard_links(recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path) -> None:
    assert bring(recipe, fetcher, dest).reasons == ("it is not there",)
    assert names(dest) == LAYOUT
    assert (dest / "log").is_dir()
    assert (dest / "bin/flink").stat().st_nlink == 2
    assert dest.stat().st_mode & 0o777 == 0o755


def test_a_second_run_finds_nothing_to_do(recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path) -> None:
    bring(recipe, fetcher, dest)
    due = bring(recipe, fetcher, dest)
    assert due.reasons == ()
    assert due.before == due.after


def test_across_file_systems_files_are_copied(
    recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_arguments: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    due = _layout.plan(dest, recipe, [])
    tree = distribution.assembled(recipe, fetcher)
    assert not _layout.lay_out(due, tree, dest, [], fetcher).linked
    assert content(dest) == content(tree)
    assert bring(recipe, fetcher, dest).reasons == ()


@pytest.mark.parametrize("spoil", ["change", "remove", "mode", "touch", "link"])
def test_a_damaged_file_is_found_and_repaired(recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path, spoil: str) -> None:
    bring(recipe, fetcher, dest)
    before = content(dest)
    path = dest / "lib/flink-dist-1.20.5.jar"
    if spoil == "change":
        damage(path)
    elif spoil == "mode":
        path.chmod(0o600)
    elif spoil == "touch":
        os.utime(path)
    else:
        path.unlink()
        if spoil == "link":
            path.symlink_to("log4j-core-2.24.3.jar")
    due = bring(recipe, fetcher, dest)
    assert due.damage.paths == ["lib/flink-dist-1.20.5.jar"]
    assert due.reasons == ("1 of its files are missing or changed",)
    assert content(dest) == before
    assert bring(recipe, fetcher, dest).reasons == ()


def test_damage_that_only_the_content_shows_is_found_by_verify(
    recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path
) -> None:
    bring(recipe, fetcher, dest)
    path = dest / "bin/flink"
    before, status = path.read_bytes(), path.stat()
    damage(path, before[:-1] + b"x")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    path.chmod(0o555)
    assert bring(recipe, fetcher, dest).reasons == ()
    assert bring(recipe, fetcher, dest, verify=True).damage.paths == ["bin/flink"]
    assert path.read_bytes() == before


def test_another_version_replaces_the_files_of_the_first(tmp_path: Path, fetcher: Fetcher, dest: Path) -> None:
    bring(make(tmp_path, "1.20.5"), fetcher, dest)
    due = bring(make(tmp_path, "2.2.1"), fetcher, dest)
    assert "another build (1.20.5" in due.reasons[0]
    assert names(dest, "2.2.1") == LAYOUT


def test_an_interrupted_change_is_completed_and_leaves_nothing(
    tmp_path: Path, fetcher: Fetcher, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = make(tmp_path, "1.20.5"), make(tmp_path, "2.2.1")
    bring(old, fetcher, dest)
    place = _layout._place_file
    done: list[Path] = []

    def interrupted(origin: Path, target: Path, record: _manifest.FileRecord) -> bool:
        if len(done) == 3:
            target.with_name(f".{target.name}.new").write_text("half")
            raise OSError(28, "No space left on device")
        done.append(target)
        return place(origin, target, record)

    monkeypatch.setattr(_layout, "_place_file", interrupted)
    with pytest.raises(FlinkError, match=f"cannot lay out {dest} on .*: no space left on device; make room"):
        bring(new, fetcher, dest)
    monkeypatch.setattr(_layout, "_place_file", place)
    assert bring(old, fetcher, dest).reasons[0] == "an earlier run was interrupted"
    assert names(dest) == LAYOUT


def test_a_first_layout_that_is_interrupted_leaves_nothing(
    recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> bool:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_layout, "_place_file", full)
    with pytest.raises(FlinkError, match="make room"):
        bring(recipe, fetcher, dest)
    assert list(dest.parent.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_what_belongs_to_others_is_not_touched(recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path, kind: str) -> None:
    if kind == "file":
        dest.parent.mkdir(parents=True)
        dest.write_text("mine")
    else:
        dest.mkdir(parents=True)
        (dest / "mine").write_text("mine")
    with pytest.raises(FlinkError, match=f"cannot lay out Flink at {dest}: something else is there"):
        bring(recipe, fetcher, dest)


def test_an_empty_directory_is_taken(recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path) -> None:
    dest.mkdir(parents=True)
    bring(recipe, fetcher, dest)
    assert names(dest) == LAYOUT


def test_files_of_others_stay_and_are_named(recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path) -> None:
    bring(recipe, fetcher, dest)
    (dest / "lib/mine.jar").write_bytes(b"mine")
    (dest / "log/flink.log").write_text("a log does not matter")
    due = bring(recipe, fetcher, dest)
    assert due.reasons == ()
    assert due.damage.foreign == ("lib/mine.jar",)


# --- libraries --------------------------------------------------------------------------------------------------------


@pytest.fixture
def connector(tmp_path: Path) -> Path:
    path = tmp_path / "connector-1.jar"
    path.write_bytes(packages.jar("connector"))
    return path


@pytest.mark.parametrize("directory", ["lib", "opt", "plugins/s3-fs-presto"])
def test_a_library_is_added_and_removed(
    recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path, connector: Path, directory: str
) -> None:
    bring(recipe, fetcher, dest)
    library = _layout.Library(str(connector), directory)
    assert bring(recipe, fetcher, dest, [library]).reasons == ("its libraries differ",)
    assert names(dest) == LAYOUT | {f"{directory}/connector-1.jar"}
    assert bring(recipe, fetcher, dest, [library]).reasons == ()
    assert bring(recipe, fetcher, dest).reasons == ("its libraries differ",)
    assert names(dest) == LAYOUT
    assert not (dest / "plugins/s3-fs-presto").exists()


def test_the_file_of_the_user_shares_nothing_with_the_distribution(
    recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path, connector: Path
) -> None:
    bring(recipe, fetcher, dest, [_layout.Library(str(connector))])
    assert connector.stat().st_nlink == 1
    assert (dest / "lib/connector-1.jar").stat().st_mode & 0o777 == 0o444


def test_the_libraries_of_one_directory_are_not_those_of_another(
    recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path, connector: Path
) -> None:
    bring(recipe, fetcher, dest, [_layout.Library(str(connector))])
    other = dest.with_name("other")
    bring(recipe, fetcher, other)
    assert names(other) == LAYOUT


def test_a_library_without_a_checksum_that_changed_is_replaced(
    recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path, connector: Path
) -> None:
    bring(recipe, fetcher, dest, [_layout.Library(str(connector))])
    connector.write_bytes(packages.jar("next build"))
    assert bring(recipe, fetcher, dest, [_layout.Library(str(connector))]).reasons == ("its libraries differ",)
    assert (dest / "lib/connector-1.jar").read_bytes() == packages.jar("next build")


def test_a_look_that_may_not_fetch_trusts_what_was_found_last(fetcher: Fetcher, dest: Path) -> None:
    library = _layout.Library("http://127.0.0.1:1/a.jar")
    assert _layout.resolve([library], fetcher, dest, look=False) == [library]
    dest.mkdir(parents=True)
    entry = {**library.declaration, "checksum": "sha256:" + "a" * 64, "path": "lib/a.jar"}
    _manifest.Manifest("1.20.5", "x", libraries=[entry]).save(dest)
    assert _layout.resolve([library], fetcher, dest, look=False)[0].checksum == "sha256:" + "a" * 64


def test_a_damaged_library_is_repaired(recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path, connector: Path) -> None:
    library = _layout.Library(str(connector))
    bring(recipe, fetcher, dest, [library])
    damage(dest / "lib/connector-1.jar")
    assert bring(recipe, fetcher, dest, [library]).damage.paths == ["lib/connector-1.jar"]
    assert (dest / "lib/connector-1.jar").read_bytes() == connector.read_bytes()


@pytest.mark.parametrize("directory", ["", "bin", "../lib", "plugins", "plugins/a/b", "/lib"])
def test_a_library_belongs_into_certain_directories(directory: str) -> None:
    with pytest.raises(FlinkError, match=r"lib, opt or plugins/<name>"):
        _layout.Library("g:a:1", directory)


def test_a_library_that_is_no_jar_is_refused_and_nothing_changes(
    recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path, connector: Path
) -> None:
    bring(recipe, fetcher, dest)
    connector.write_text("<html>")
    with pytest.raises(FlinkError, match=r"the library .*connector-1.jar is not a valid jar"):
        bring(recipe, fetcher, dest, [_layout.Library(str(connector))])
    assert bring(recipe, fetcher, dest).reasons == ()


def test_a_library_does_not_replace_a_file_of_flink(
    recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path, tmp_path: Path
) -> None:
    path = tmp_path / "flink-dist-1.20.5.jar"
    path.write_bytes(packages.jar())
    with pytest.raises(FlinkError, match=r"lib/flink-dist-1\.20\.5\.jar is in the distribution already"):
        bring(recipe, fetcher, dest, [_layout.Library(str(path))])


# --- the archive for other hosts --------------------------------------------------------------------------------------


def pack(
    recipe: _recipe.Recipe, fetcher: Fetcher, path: Path, libraries: list[_layout.Library] | None = None
) -> _tarball.Archive:
    wanted = _layout.resolve(libraries or [], fetcher, None)
    mark = _tarball.identity(recipe, wanted)
    present = _tarball.present_archive(path, mark)
    return present or _tarball.write_archive(distribution.assembled(recipe, fetcher), wanted, fetcher, path, mark)


def test_an_archive_is_the_same_byte_for_byte(recipe: _recipe.Recipe, fetcher: Fetcher, tmp_path: Path) -> None:
    first = pack(recipe, fetcher, tmp_path / "a" / "flink.tar.gz")
    second = pack(recipe, fetcher, tmp_path / "b" / "flink.tar.gz")
    assert first.sha512 == second.sha512
    assert first.path.read_bytes() == second.path.read_bytes()
    assert (tmp_path / "a" / "flink.tar.gz.sha512").read_text() == f"{first.sha512}  flink.tar.gz\n"


def test_an_archive_that_is_there_is_kept(recipe: _recipe.Recipe, fetcher: Fetcher, tmp_path: Path) -> None:
    path = tmp_path / "flink.tar.gz"
    first = pack(recipe, fetcher, path)
    second = pack(recipe, fetcher, path)
    assert (first.written, second.written) == (True, False)
    assert first.sha512 == second.sha512


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-10]),
        lambda path: path.write_bytes(b"no archive"),
        lambda path: path.with_name("flink.tar.gz.sha512").unlink(),
        lambda path: path.unlink(),
    ],
)
def test_an_archive_that_is_not_whole_is_written_again(
    recipe: _recipe.Recipe, fetcher: Fetcher, tmp_path: Path, spoil: Callable[[Path], Any]
) -> None:
    path = tmp_path / "flink.tar.gz"
    first = pack(recipe, fetcher, path)
    spoil(path)
    second = pack(recipe, fetcher, path)
    assert second.written
    assert second.sha512 == first.sha512


def test_an_archive_of_other_content_is_written_again(
    recipe: _recipe.Recipe, fetcher: Fetcher, tmp_path: Path, connector: Path
) -> None:
    path = tmp_path / "flink.tar.gz"
    pack(recipe, fetcher, path)
    assert pack(recipe, fetcher, path, [_layout.Library(str(connector))]).written
    with tarfile.open(path) as archive:
        assert "flink-1.20.5/lib/connector-1.jar" in archive.getnames()


def test_an_archive_leads_to_the_same_tree(
    recipe: _recipe.Recipe, fetcher: Fetcher, tmp_path: Path, dest: Path
) -> None:
    archive = pack(recipe, fetcher, tmp_path / "flink.tar.gz")
    with tarfile.open(archive.path) as opened:
        assert {(item.uname, item.uid) for item in opened} == {("root", 0)}
        assert "flink-1.20.5/log" in opened.getnames()
    bring(from_archive(archive.path), fetcher, dest)
    tree = distribution.assembled(recipe, fetcher)
    assert content(dest) == content(tree)
    for path in ("bin/flink", "bin/config.sh", "lib/flink-dist-1.20.5.jar"):
        assert (dest / path).stat().st_mode == (tree / path).stat().st_mode


# --- signatures -------------------------------------------------------------------------------------------------------


@pytest.fixture
def signed(tmp_path: Path) -> Callable[..., _recipe.Recipe]:
    """An archive with its signature, and a keyring of our own making."""
    archive = packages.write_archive(tmp_path / "mirror", "1.20.5")
    (archive.parent / f"{archive.name}.asc").write_text("signature")
    (tmp_path / "KEYS").write_text("keys")

    def recipe(keyring: str = "KEYS") -> _recipe.Recipe:
        checksum = f"sha512:{hashlib.sha512(archive.read_bytes()).hexdigest()}"
        origin = _recipe.Origin(str(archive), checksum=checksum, keyring=str(tmp_path / keyring))
        return _recipe.archive_recipe("1.20.5", origin)

    return recipe


def test_a_signature_is_verified_once_for_each_keyring(
    signed: Callable[..., _recipe.Recipe], tmp_path: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def verify(_archive: Path, signature: Path, keyring: Path, *_: Any) -> Signer:
        asked.append(f"{signature.name} {keyring.name}")
        return Signer("ABCD", "Other", expired=False)

    monkeypatch.setattr(distribution, "verify_signature", verify)
    fetcher = Fetcher(tmp_path / "cache", run=lambda *_, **__: (0, "", ""))
    bring(signed(), fetcher, dest)
    bring(signed(), fetcher, dest)
    assert asked == ["flink-1.20.5-bin-scala_2.12.tgz.asc KEYS"]
    (tmp_path / "KEYS2").write_text("other keys")
    assert bring(signed("KEYS2"), fetcher, dest).reasons == ("its signature has not been verified yet",)
    assert asked[1:] == ["flink-1.20.5-bin-scala_2.12.tgz.asc KEYS2"]
    manifest = _manifest.Manifest.load(dest)
    assert manifest is not None
    assert manifest.sources[0]["signed_by"] == "ABCD"


def test_an_archive_whose_signature_is_refused_leaves_nothing(
    signed: Callable[..., _recipe.Recipe], tmp_path: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verify(*_: Any) -> Signer:
        raise FlinkError("refused")

    monkeypatch.setattr(distribution, "verify_signature", verify)
    fetcher = Fetcher(tmp_path / "cache", run=lambda *_, **__: (0, "", ""))
    with pytest.raises(FlinkError, match="refused"):
        bring(signed(), fetcher, dest)
    assert not dest.exists()
    assert [path.name for path in (tmp_path / "cache/distributions").iterdir()] == [".locks"]


@pytest.mark.parametrize(
    ("origin", "sentence"),
    [
        (_recipe.Origin("/a.tgz"), "without its sha512"),
        (_recipe.Origin("/a.tgz", checksum="sha256:" + "0" * 64), "without its sha512"),
        (_recipe.Origin("/a.tgz", checksum="sha512:12"), "with 128 hexadecimal digits"),
        (_recipe.Origin(checksum="sha512:" + "0" * 128), "give archive, its path or URL, or a mirror"),
        (_recipe.Origin("/a.tgz", checksum="sha512:" + "0" * 128, signature="/a.asc"), "without a keyring"),
    ],
)
def test_an_archive_needs_its_checksum_and_a_signature_its_keyring(origin: _recipe.Origin, sentence: str) -> None:
    with pytest.raises(FlinkError, match=sentence):
        _recipe.archive_recipe("1.20.5", origin)


@pytest.mark.parametrize(
    ("product", "path"),
    [
        ("flink", "flink/flink-1.2.3/flink-1.2.3-bin-scala_2.12.tgz"),
        ("zookeeper", "zookeeper/zookeeper-1.2.3/apache-zookeeper-1.2.3-bin.tar.gz"),
    ],
)
def test_a_mirror_has_archives_where_apache_has_them(product: str, path: str) -> None:
    origin = _recipe.Origin(mirror="https://mirror.example.org/apache/", checksum="sha512:" + "0" * 128)
    (part,) = _recipe.archive_recipe("1.2.3", origin, product).parts
    assert str(part.source) == f"https://mirror.example.org/apache/{path}"


# --- ZooKeeper --------------------------------------------------------------------------------------------------------


def test_zookeeper_comes_from_its_artefacts(tmp_path: Path, fetcher: Fetcher, dest: Path) -> None:
    jars = [tmp_path / name for name in ("zookeeper-3.9.6.jar", "zookeeper-jute-3.9.6.jar")]
    for jar in jars:
        jar.write_bytes(packages.jar(jar.name))
    recipe = _recipe.zookeeper_recipe("3.9.6", [packages.pin(jar) for jar in jars])
    bring(recipe, fetcher, dest)
    assert names(dest) == {"lib/zookeeper-3.9.6.jar", "lib/zookeeper-jute-3.9.6.jar"}
    assert not (dest / "log").exists()
    with pytest.raises(FlinkError, match=r"holds ZooKeeper 3\.9\.6, but zookeeper_version is 3\.9\.5"):
        distribution.assembled(_recipe.zookeeper_recipe("3.9.5", [packages.pin(jar) for jar in jars]), fetcher)


def test_zookeeper_comes_from_its_archive_without_the_documentation(
    tmp_path: Path, fetcher: Fetcher, dest: Path
) -> None:
    top = "apache-zookeeper-3.9.6-bin"
    members = {f"{top}/lib/zookeeper-3.9.6.jar": packages.jar(), f"{top}/bin/zkServer.sh": b"#!/bin/sh\n"}
    members |= {
        f"{top}/docs/index.html": b"<html>",
        f"{top}/LICENSE.txt": b"Apache",
        f"{top}/conf/logback.xml": b"<x/>",
    }
    path = packages.write_tar(tmp_path / f"{top}.tar.gz", members)
    checksum = f"sha512:{hashlib.sha512(path.read_bytes()).hexdigest()}"
    origin = _recipe.Origin(str(path), checksum=checksum)
    bring(_recipe.archive_recipe("3.9.6", origin, "zookeeper"), fetcher, dest)
    assert names(dest) == {"lib/zookeeper-3.9.6.jar", "bin/zkServer.sh", "LICENSE.txt", "conf/logback.xml"}


def test_an_artefact_in_another_version_than_flink_has_is_refused(
    recipe: _recipe.Recipe, fetcher: Fetcher, dest: Path, tmp_path: Path
) -> None:
    jar = tmp_path / "log4j-core-2.17.0.jar"
    jar.write_bytes(packages.jar())
    with pytest.raises(FlinkError, match=r"lib/log4j-core-2\.24\.3\.jar is another version of the same artefact"):
        bring(recipe, fetcher, dest, [_layout.Library(str(jar))])
