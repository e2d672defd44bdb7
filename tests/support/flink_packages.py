"""Tiny packages in the shape of those that Flink is assembled from."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

from ansible_collections.streamops.flink.plugins.module_utils._install.source import LocalFile
from ansible_collections.streamops.flink.plugins.module_utils._install.versions import Pin, Release

SCRIPTS = ("config.sh", "flink", "jobmanager.sh", "taskmanager.sh", "pyflink-udf-runner.sh", "pyflink-udf-runner.bat")


def jar(name: str = "content") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), name)
    return buffer.getvalue()


def pin(path: Path) -> Pin:
    return Pin(LocalFile(str(path)), f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}")


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2026, 5, 3, 9, 6, 0))
            info.external_attr = (0o100755 if name.endswith((".sh", "bin/java")) else 0o100644) << 16
            archive.writestr(info, content)
    return path


def write_tar(path: Path, members: dict[str, bytes], mtime: int = 1_780_000_000) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), mtime
            archive.addfile(info, io.BytesIO(content))
    return path


def libraries(version: str) -> dict[str, bytes]:
    return {
        "bin/bash-java-utils.jar": jar(),
        f"lib/flink-dist-{version}.jar": jar(f"dist {version}"),
        "lib/log4j-core-2.24.3.jar": jar("log4j"),
        "licenses/LICENSE.asm": b"asm",
        f"opt/flink-python-{version}.jar": jar("python"),
        f"plugins/metrics-jmx/flink-metrics-jmx-{version}.jar": jar("jmx"),
        "plugins/README.txt": b"plugins",
    }


def write_release(directory: Path, version: str) -> Release:
    """The packages of a version: those of Flink 1 a source archive, those of Flink 2 a wheel."""
    directory.mkdir(parents=True, exist_ok=True)
    members = libraries(version)
    if version.startswith("1."):
        top = f"apache_flink_libraries-{version}"
        content = {f"{top}/deps/{name}": data for name, data in members.items()}
        content |= {f"{top}/{name}": name.encode() for name in ("LICENSE", "NOTICE", "PKG-INFO", "setup.py")}
        content[f"{top}/pyflink/README.txt"] = b"read me"
        packed = write_tar(directory / f"{top}.tar.gz", content)
    else:
        info = f"apache_flink_libraries-{version}.dist-info"
        content = {f"pyflink/{name}": data for name, data in members.items()}
        content |= {f"{info}/licenses/{name}": name.encode() for name in ("LICENSE", "NOTICE")}
        content |= {f"{info}/METADATA": b"", "pyflink/README.txt": b"read me"}
        packed = write_zip(directory / f"apache_flink_libraries-{version}.whl", content)
    scripts = {f"pyflink/bin/{name}": f"#!/bin/bash\n# {name}\n".encode() for name in SCRIPTS}
    scripts |= {"pyflink/conf/config.yaml": b"env: {}\n", "pyflink/table/table.py": b"", "pyflink/log/empty.txt": b""}
    wheel = write_zip(directory / f"apache_flink-{version}.whl", scripts)
    gateway = directory / f"flink-sql-gateway-{version}.jar"
    gateway.write_bytes(jar("gateway"))
    return Release(pin(packed), pin(wheel), pin(gateway))


def write_archive(directory: Path, version: str, *, extra: dict[str, bytes] | None = None) -> Path:
    """An Apache archive."""
    directory.mkdir(parents=True, exist_ok=True)
    members = libraries(version) | {f"bin/{name}": b"#!/bin/bash\n" for name in SCRIPTS[:4]}
    members |= {"conf/config.yaml": b"env: {}\n", "LICENSE": b"LICENSE"} | (extra or {})
    content = {f"flink-{version}/{name}": data for name, data in members.items()}
    return write_tar(directory / f"flink-{version}-bin-scala_2.12.tgz", content)
