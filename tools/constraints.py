"""Write constraints.txt anew: the newest versions that requirements*.txt allow, with all that they bring along.

    make constraints

Run it with the oldest supported Python, whose versions suit the newer ones too.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADER = """\
# Every package, at the version that this project was tested with. Written by `make constraints`; do not edit.
"""


def names_only(path: Path) -> list[str]:
    """The requirements of a file, without its comments and its reference to the present constraints."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def resolve(requirements: list[str]) -> list[str]:
    """Ask pip what it would install, in an environment of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        venv.create(scratch, with_pip=True)
        report = Path(scratch) / "report.json"
        pip = [Path(scratch) / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
        options = ["--dry-run", "--ignore-installed", "--quiet", "--report", report]
        subprocess.run([*pip, "install", *options, *requirements], check=True)
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    pins = {re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower(): item["metadata"]["version"] for item in found}
    return [f"{name}=={version}" for name, version in sorted(pins.items())]


def main() -> int:
    if sys.version_info[:2] != (3, 11):
        print("error: the pins are made with Python 3.11: make constraints PYTHON=python3.11", file=sys.stderr)
        return 1
    requirements = [line for path in sorted(ROOT.glob("requirements*.txt")) for line in names_only(path)]
    pins = resolve(requirements)
    (ROOT / "constraints.txt").write_text(HEADER + "\n".join(pins) + "\n", encoding="utf-8")
    print(f"constraints.txt: {len(pins)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
