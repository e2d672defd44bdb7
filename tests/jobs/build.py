"""Compiles the test jobs against a Flink distribution; javac where there is one, else Eclipse's compiler on any JRE."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

SOURCES = Path(__file__).with_name("src")
ECJ = "org.eclipse.jdt:ecj:3.33.0"
ECJ_CHECKSUM = "sha256:f7686c4960cf70c2ebc5c500a73a8cfc04541b730c18f1c5c21329889b137f45"
# A fixed time, so that the same source gives the same jar, and the same digest.
EPOCH = (2026, 1, 1, 0, 0, 0)


def build(
    flink_home: Path, target: Path, *, cache_dir: Path, main_class: str = "CountingJob", version: str = ""
) -> Path:
    """The jar of all test jobs. An empty main_class gives a jar without one; version gives it another digest."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        classes = Path(scratch) / "classes"
        classes.mkdir()
        compile_sources(flink_home, classes, cache_dir)
        pack(classes, target, main_class, version)
    return target


def compile_sources(flink_home: Path, classes: Path, cache_dir: Path) -> None:
    class_path = ":".join(str(jar) for jar in sorted((flink_home / "lib").glob("*.jar")))
    sources = [str(source) for source in sorted(SOURCES.glob("*.java"))]
    done = subprocess.run(
        [*compiler(cache_dir), "-cp", class_path, "-d", str(classes), *sources],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the test jobs do not compile: {done.stdout}{done.stderr}")


def compiler(cache_dir: Path) -> list[str]:
    javac = shutil.which("javac")
    if javac:
        return [javac, "--release", "11", "-nowarn"]
    java = shutil.which("java")
    if java is None:
        raise RuntimeError("there is neither javac nor java on the path, so the test jobs cannot be compiled")
    return [java, "-jar", str(ecj(cache_dir)), "-11", "-nowarn", "-proc:none", "-genericsignature"]


def ecj(cache_dir: Path) -> Path:
    from ansible_collections.streamops.flink.plugins.module_utils._install.fetch import fetch

    return fetch(ECJ, cache_dir=cache_dir, checksum=ECJ_CHECKSUM)


def pack(classes: Path, target: Path, main_class: str, version: str) -> None:
    manifest = "Manifest-Version: 1.0\n" + (f"Main-Class: {main_class}\n" if main_class else "")
    if version:
        manifest += f"Implementation-Version: {version}\n"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("META-INF/MANIFEST.MF", EPOCH), manifest + "\n")
        for file in sorted(classes.rglob("*.class")):
            archive.writestr(zipfile.ZipInfo(str(file.relative_to(classes)), EPOCH), file.read_bytes())


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".venv" / "collections"))
    home, target = Path(sys.argv[1]), Path(sys.argv[2])
    built = build(home, target, cache_dir=Path("~/.cache/streamops-flink").expanduser())
    print(f"{built} sha256:{hashlib.sha256(built.read_bytes()).hexdigest()}")
