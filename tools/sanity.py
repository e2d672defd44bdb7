"""Run all of `ansible-test sanity` on a copy of the collection.

    python tools/sanity.py [arguments for ansible-test sanity, for instance --test validate-modules]

ansible-test makes virtual environments of its own below the home directory. They are kept in .cache of the checkout,
so that a second run is quick and nothing is left in a home directory.
"""

from __future__ import annotations

import ast
import configparser
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from ansible_test._internal.python_requirements import get_venv_packages

from export import exported

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".cache" / "sanity"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

# ansible-test fetches a script that puts pip into an empty environment from a server of its own. Python brings one.
GET_PIP = """\
import subprocess
import sys

arguments = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
subprocess.run([sys.executable, "-m", "ensurepip"], check=True)
subprocess.run([sys.executable, "-m", "pip", "install", *arguments], check=True)
"""


def offer_pip() -> None:
    """Lay the script where ansible-test looks before it downloads."""
    version = get_venv_packages(SimpleNamespace(version=PYTHON))["pip"].replace(".", "_")
    script = HOME / ".ansible" / "test" / "cache" / f"get_pip_{version}.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(GET_PIP, encoding="utf-8")


def keep_pip_settings() -> None:
    """Hand on how pip is set up here: ansible-test drops the environment, and the home directory is another one."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    settings = configparser.RawConfigParser()
    for line in listed.splitlines():
        name, _equals, value = line.partition("=")
        section, _dot, key = name.replace(":env:", "global").partition(".")
        if not settings.has_section(section):
            settings.add_section(section)
        settings.set(section, key, ast.literal_eval(value))
    path = HOME / ".config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8") as file:
        settings.write(file)


def main() -> int:
    offer_pip()
    keep_pip_settings()
    with exported() as collection:
        # ansible-test asks git which files there are.
        subprocess.run(["git", "init", "--quiet"], cwd=collection, check=True)
        subprocess.run(["git", "add", "--all"], cwd=collection, check=True)
        command = ["ansible-test", "sanity", "--requirements", "--python", PYTHON, *sys.argv[1:]]
        return subprocess.run(command, cwd=collection, env=os.environ | {"HOME": str(HOME)}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
