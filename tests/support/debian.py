"""Programs from Debian's packages, without installing them: fetched once, unpacked into the cache, run from there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ansible_collections.streamops.flink.plugins.module_utils._base.files import locked

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "streamops-flink" / "debian"


def unpacked(name: str, packages: list[str]) -> Path:
    """A directory with the packages, and with all that they need and this machine has not."""
    target = CACHE / name
    # Tests that run side by side may want the same.
    with locked(CACHE / ".locks" / name):
        if not target.is_dir():
            _unpack(packages, target)
    return target


def _unpack(packages: list[str], target: Path) -> None:
    scratch = Path(tempfile.mkdtemp(dir=CACHE, prefix=f".{target.name}-"))
    try:
        wanted = _missing(packages)
        if not wanted:
            # Lists of packages come with an update, and only root may fetch them.
            subprocess.run(["apt-get", "update", "-qq"], check=True, capture_output=True, timeout=300)
            wanted = _missing(packages)
        subprocess.run(
            ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", *wanted],
            cwd=scratch,
            check=True,
            capture_output=True,
            timeout=600,
        )
        root = scratch / "root"
        for package in sorted(scratch.glob("*.deb")):
            subprocess.run(["dpkg", "-x", str(package), str(root)], check=True, timeout=300)
            package.unlink()
        # The programs may run as another user.
        for directory in (CACHE.parent, CACHE, root):
            directory.chmod(0o755)
        root.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _missing(packages: list[str]) -> list[str]:
    """What apt would install, in its own words; the packages themselves also when they are installed."""
    done = subprocess.run(
        ["apt-get", "-s", "install", "--no-install-recommends", *packages],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    found = re.findall(r"^Inst (\S+)", done.stdout, re.MULTILINE)
    return sorted({*found, *packages}) if done.returncode == 0 else []


def library_path(root: Path) -> str:
    """Where the programs of a directory find their libraries."""
    return ":".join(str(path) for path in sorted(root.glob("usr/lib/*-linux-gnu")))
