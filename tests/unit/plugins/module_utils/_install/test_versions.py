"""What this collection knows of Flink's versions."""

from __future__ import annotations

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._install import versions
from ansible_collections.streamops.flink.plugins.module_utils._install.source import Checksum, Maven

A, B, C = (f"sha256:{digit * 64}" for digit in "abc")


@pytest.mark.parametrize("version", ["1.20.5", "2.2.1", "2.3.0"])
def test_the_promised_versions_are_known(version: str) -> None:
    assert version in versions.RELEASES


@pytest.mark.parametrize("version", versions.RELEASES)
def test_every_file_of_a_known_version_is_pinned(version: str) -> None:
    release = versions.release(version)
    for pin in (release.libraries, release.scripts, release.sql_gateway):
        assert Checksum.parse(pin.checksum).algorithm == "sha256"


@pytest.mark.parametrize("version", versions.RELEASES)
def test_a_gateway_of_another_version_is_of_the_same_series_and_has_a_reason(version: str) -> None:
    release = versions.RELEASES[version]
    gateway = release.sql_gateway.source
    assert isinstance(gateway, Maven)
    assert gateway.version.rpartition(".")[0] == version.rpartition(".")[0]
    assert bool(release.sql_gateway_reason) == (gateway.version != version)


@pytest.mark.parametrize("version", versions.RELEASES)
def test_there_is_a_java_to_install_for_every_known_version(version: str) -> None:
    for platform in ("linux-x86_64", "macosx-x86_64", "macosx-aarch64"):
        choice = versions.jre(version, platform)
        assert choice is not None
        assert choice[0] == 17


def test_where_java_17_cannot_be_had_another_one_serves() -> None:
    choice = versions.jre("2.2.1", "linux-aarch64")
    assert choice is not None
    assert choice[0] == 21
    assert versions.jre("1.20.5", "linux-aarch64") is None
    assert versions.jre("1.20.5", "linux-x86_64", 8) is None


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", "linux-x86_64"),
        ("Linux", "AMD64", "linux-x86_64"),
        ("Linux", "aarch64", "linux-aarch64"),
        ("Darwin", "arm64", "macosx-aarch64"),
        ("FreeBSD", "riscv64", "freebsd-riscv64"),
    ],
)
def test_a_platform_has_one_name(system: str, machine: str, name: str) -> None:
    assert versions.platform_name(system, machine) == name


@pytest.mark.parametrize(("version", "java"), [("1.20.5", (17, 11, 8)), ("2.2.1", (17, 21, 11)), ("3.0", (17, 21, 11))])
def test_the_java_versions_depend_on_the_major_version(version: str, java: tuple[int, ...]) -> None:
    assert versions.java_versions(version) == java


def test_an_unknown_version_is_told_the_known_ones_and_what_to_give() -> None:
    with pytest.raises(FlinkError) as caught:
        versions.release("1.18.1", {"apache-flink": A})
    for word in ("1.18.1", "1.20.5", "distribution_checksums", "missing: apache-flink-libraries", "archive"):
        assert word in caught.value.message
    assert "\n" not in caught.value.message


def test_an_unknown_version_is_possible_with_checksums_by_hand() -> None:
    release = versions.release("1.18.1", {"apache-flink-libraries": A, "apache-flink": B, "flink-sql-gateway": C})
    assert [str(pin.source) for pin in (release.libraries, release.scripts, release.sql_gateway)] == [
        "apache-flink-libraries==1.18.1",
        "apache-flink==1.18.1",
        "org.apache.flink:flink-sql-gateway:1.18.1",
    ]
    assert [pin.checksum for pin in (release.libraries, release.scripts, release.sql_gateway)] == [A, B, C]


def test_checksums_by_hand_count_before_the_pins() -> None:
    release = versions.release("1.20.5", {"apache-flink": A.upper()})
    assert release.scripts.checksum == A
    assert release.libraries == versions.RELEASES["1.20.5"].libraries


def test_another_gateway_needs_its_checksum() -> None:
    with pytest.raises(FlinkError, match="without its checksum"):
        versions.release("1.20.5", {}, "org.example:gateway:1")
    release = versions.release("1.20.5", {"flink-sql-gateway": A}, "org.example:gateway:1")
    assert str(release.sql_gateway.source) == "org.example:gateway:1"
    assert release.sql_gateway_reason == ""


def test_a_checksum_for_something_else_is_refused() -> None:
    with pytest.raises(FlinkError, match="flink-dist: distribution_checksums has apache-flink-libraries"):
        versions.release("1.20.5", {"flink-dist": A})


@pytest.mark.parametrize("version", ["", "latest", "v1.20"])
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(FlinkError, match=r"must look like 1\.20\.5"):
        versions.java_versions(version)


def test_the_source_of_the_jars_depends_on_the_major_version() -> None:
    assert versions.libraries_source("1.20.5").form == "sdist"
    assert versions.libraries_source("2.2.1").form == "wheel"
