"""Copy what belongs to the project (what git knows or would add) to a place where Ansible's tools accept it.

    python tools/export.py --build build      the collection's archive, in the directory build

A working copy holds more than the project, and is at no path that ends in ansible_collections/streamops/flink;
ansible-test and ansible-galaxy therefore work on a copy.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def project_files() -> list[Path]:
    """Relative paths of all files that are committed, or would be by `git add --all`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [Path(name) for name in listed.split("\0") if name]
    # git still lists a file that was deleted and not yet committed.
    return [path for path in paths if (ROOT / path).is_symlink() or (ROOT / path).is_file()]


def copy_to(target: Path) -> None:
    for path in project_files():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target / path, follow_symlinks=False)


@contextmanager
def exported() -> Iterator[Path]:
    """A copy of the project at …/ansible_collections/streamops/flink, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="streamops-flink-") as scratch:
        target = Path(scratch).resolve() / "ansible_collections" / "streamops" / "flink"
        target.mkdir(parents=True)
        copy_to(target)
        yield target


def build(output: Path) -> int:
    output.mkdir(parents=True, exist_ok=True)
    with exported() as collection:
        command = ["ansible-galaxy", "collection", "build", "--force", "--output-path", output.resolve()]
        return subprocess.run(command, cwd=collection, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the archive of this collection.")
    parser.add_argument("--build", type=Path, required=True, metavar="DIRECTORY")
    return build(parser.parse_args().build)


if __name__ == "__main__":
    sys.exit(main())
