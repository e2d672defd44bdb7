# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of Debian packages, without root: unpacked into a cache, where they are not installed already.

Apt verifies what it downloads by the signature of its release, as it does for an installation.
This file is private to the collection: no interface for others, it may change at any time.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from .._base.errors import FlinkError
from .._base.files import locked

# Runs a command in a directory: exit code, output, errors.
Runner = Callable[[Sequence[str], Path], tuple[int, str, str]]


class Found(NamedTuple):
    """Where the programs of a package are."""

    programs: dict[str, str]
    # installed: on the PATH; unpacked: in the cache, from before or from now.
    origin: str
    changed: bool


def provide(package: str, programs: Sequence[str], cache: Path, run: Runner, *, check: bool = False) -> Found:
    """The programs of a package: those of this machine, or those that are unpacked into the cache.

    :arg check: only say where they would be.
    """
    here = {name: shutil.which(name) for name in programs}
    if all(here.values()):
        return Found({name: str(path) for name, path in here.items()}, "installed", False)
    home = cache / "debian" / package
    there = {name: str(home / "usr" / "bin" / name) for name in programs}
    if home.is_dir():
        return Found(there, "unpacked", False)
    if not check:
        with locked(cache / "debian" / ".locks" / package):
            if not home.is_dir():
                _unpack(package, programs, home, run)
    return Found(there, "unpacked", True)


def _unpack(package: str, programs: Sequence[str], home: Path, run: Runner) -> None:
    what = f"cannot get {' and '.join(programs)} from Debian's package {package}"
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            raise FlinkError(f"{what}: this machine has no {tool}; put the programs on the PATH yourself")
    with tempfile.TemporaryDirectory(dir=home.parent) as scratch:
        directory = Path(scratch)
        code, _out, errors = run(["apt-get", "--quiet", "--quiet", "download", package], directory)
        archives = list(directory.glob("*.deb"))
        if code or len(archives) != 1:
            raise FlinkError(
                f"{what}: apt-get download says {_last(errors)}; run apt-get update as root, or install {package}"
            )
        code, _out, errors = run(["dpkg", "--extract", str(archives[0]), str(directory / "root")], directory)
        missing = [name for name in programs if not (directory / "root" / "usr" / "bin" / name).is_file()]
        if code or missing:
            why = _last(errors) if code else f"there is no {missing[0]} in {archives[0].name}"
            raise FlinkError(f"{what}: {why}")
        (directory / "root").chmod(0o755)
        (directory / "root").rename(home)


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("W:")]
    return lines[-1] if lines else "nothing"
