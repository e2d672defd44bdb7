"""Make the virtual environment of this checkout, or leave it alone when it is as it should be.

    python3 tools/environment.py run | docker | test | dev

Each level holds the one before it. What is installed is named in requirements*.txt and pinned, with everything
that it brings along, in constraints.txt. The collections of others that containers need are named here: they come out
of the package `ansible`, of which the rest, a hundred collections, is left. Uses nothing outside the standard library.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BIN = VENV / "bin"
STAMP = VENV / "installed.json"
LINK = VENV / "collections" / "ansible_collections" / "streamops" / "flink"
LINK_TARGET = "../../../.."
# The release of the package `ansible` that belongs to the pinned ansible-core, and what is taken out of it.
BUNDLE = "ansible==12.3.0"
BUNDLED = ("community/docker", "community/library_inventory_filtering_v1")
LEVELS = {
    "run": ["requirements.txt"],
    "docker": ["requirements.txt"],
    "test": ["requirements.txt", "requirements-test.txt"],
    "dev": ["requirements.txt", "requirements-test.txt", "requirements-dev.txt"],
}
# The levels that hold these collections.
WITH_COLLECTIONS = ("docker", "dev")


class SetupError(Exception):
    """Something that a person has to put right; the text is one sentence."""


def wanted(level: str) -> str:
    """Everything the installed packages depend on, as one word."""
    files = ["constraints.txt", *LEVELS[level]]
    parts = [str(VENV), *((ROOT / name).read_text(encoding="utf-8") for name in files)]
    if level in WITH_COLLECTIONS:
        parts += [BUNDLE, *BUNDLED]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def installed() -> dict[str, str]:
    """What earlier runs installed: the level and what it was made from."""
    try:
        found = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def is_usable() -> bool:
    """Whether the interpreter in there runs and belongs to this place (a copied environment points elsewhere)."""
    try:
        answer = subprocess.run(
            [BIN / "python", "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True
        )
        launcher = (BIN / "pip").read_text(encoding="utf-8")
    except (OSError, subprocess.CalledProcessError):
        return False
    return answer.stdout.strip() == str(VENV) and str(VENV) in launcher


def create() -> None:
    """A new, empty environment; a broken one is removed first."""
    # Resolved: where .venv is activated, this very program runs on the link that goes.
    python = Path(sys.executable).resolve()
    if VENV.exists():
        print(f"{VENV} does not work here any more and is made anew", flush=True)
        shutil.rmtree(VENV)
    answer = subprocess.run([python, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if answer.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        reason = " ".join((answer.stderr or answer.stdout).split())
        raise SetupError(
            f"cannot make a virtual environment with {python}: {reason}; install its venv module "
            "(Debian and Ubuntu: apt install python3-venv) or name another one, for instance PYTHON=python3.12"
        )


def install(level: str) -> None:
    """Let pip bring the environment to the pinned versions."""
    files = [part for name in LEVELS[level] for part in ("-r", name)]
    pip = [BIN / "python", "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command = [*pip, "install", "--quiet", "--progress-bar", "off", "-c", "constraints.txt", *files]
    print(f"installing {', '.join(LEVELS[level])} into .venv …", flush=True)
    started = time.monotonic()
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise SetupError(
            f"pip could not install {', '.join(LEVELS[level])} into {VENV} (its own words are above); "
            "is there a way to the Python package index?"
        )
    print(f"… done in {time.monotonic() - started:.0f} s", flush=True)


def unbundle() -> None:
    """Lay the collections of others next to ours."""
    target = VENV / "collections"
    pip = [BIN / "python", "-m", "pip", "--disable-pip-version-check", "--no-input"]
    with tempfile.TemporaryDirectory() as scratch:
        command = [*pip, "download", "--quiet", "--progress-bar", "off", "--no-deps", "--dest", scratch, BUNDLE]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            raise SetupError(
                f"pip could not download {BUNDLE}, which holds {', '.join(BUNDLED)} (its own words are above); "
                "is there a way to the Python package index?"
            )
        (wheel,) = Path(scratch).glob("*.whl")
        tops = tuple(f"ansible_collections/{name}/" for name in BUNDLED)
        for top in tops:
            shutil.rmtree(target / top, ignore_errors=True)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target, [name for name in archive.namelist() if name.startswith(tops)])


def link() -> None:
    """Put the checkout where Ansible looks for a collection; relative, so that it says where it belongs."""
    if LINK.is_symlink() and str(LINK.readlink()) == LINK_TARGET:
        return
    LINK.parent.mkdir(parents=True, exist_ok=True)
    LINK.unlink(missing_ok=True)
    LINK.symlink_to(LINK_TARGET)


def ensure(level: str) -> None:
    """Do what is missing for this level, under a lock: two makes at once must not install into each other."""
    lock = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = installed()
        if stamp.get(level) != wanted(level) or not (BIN / "python").exists():
            if not is_usable():
                create()
                stamp = {}
            install(level)
            if level in WITH_COLLECTIONS:
                unbundle()
            # Whatever a level holds, the levels below it hold as well, but for collections.
            names = list(LEVELS)[: list(LEVELS).index(level) + 1]
            held = [name for name in names if level in WITH_COLLECTIONS or name not in WITH_COLLECTIONS]
            stamp |= {name: wanted(name) for name in held}
            STAMP.write_text(json.dumps(stamp, indent=2) + "\n", encoding="utf-8")
        link()
    finally:
        os.close(lock)


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1] not in LEVELS:
        print(f"usage: python3 tools/environment.py {' | '.join(LEVELS)}", file=sys.stderr)
        return 2
    try:
        ensure(sys.argv[1])
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
