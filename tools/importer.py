"""Ask galaxy-importer whether Galaxy would take the archive; any warning or error of it fails.

python tools/importer.py build      the directory that holds the archive
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
COMPLAINTS = ("WARNING", "ERROR", "CRITICAL", "Traceback")


def archive(directory: Path) -> Path:
    about = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    return directory.resolve() / f"{about['namespace']}-{about['name']}-{about['version']}.tar.gz"


def dependencies(directory: Path) -> Path:
    """Fill a directory with the collections that ours depends on, and not with this checkout."""
    about = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    there = ROOT / ".venv" / "collections" / "ansible_collections"
    for name in about["dependencies"]:
        namespace, collection = name.split(".")
        home = directory / "ansible_collections" / namespace
        home.mkdir(parents=True, exist_ok=True)
        (home / collection).symlink_to(there / namespace / collection)
    return directory


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: python tools/importer.py DIRECTORY", file=sys.stderr)
        return 2
    path = archive(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory(prefix="streamops-flink-") as scratch:
        # Without our ansible.cfg: the importer looks at the archive, not at this checkout.
        environment = {name: value for name, value in os.environ.items() if name != "ANSIBLE_CONFIG"}
        environment |= {
            # The importer sets the path of collections itself; Ansible looks where Python does as well.
            "PYTHONPATH": str(dependencies(Path(scratch) / "dependencies")),
            "GALAXY_IMPORTER_ANSIBLE_LOCAL_TMP": scratch,
            "GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true",
            "GALAXY_IMPORTER_REQUIRE_V1_OR_GREATER": "true",
            "GALAXY_IMPORTER_TMP_ROOT_DIR": scratch,
        }
        answer = subprocess.run(
            [sys.executable, "-m", "galaxy_importer.main", path],
            cwd=scratch,  # it leaves importer_result.json where it runs
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    print(answer.stdout, end="")
    complaints = [line for line in answer.stdout.splitlines() if line.startswith(COMPLAINTS)]
    if answer.returncode or complaints:
        print(f"error: galaxy-importer has {len(complaints)} complaints about {path.name}", file=sys.stderr)
        return 1
    print(f"galaxy-importer: {path.name} is clean ({path.stat().st_size // 1024} KiB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
