"""Prometheus' own programs, out of Debian's package, and what promtool says of rules."""

from __future__ import annotations

import functools
import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

from debian import unpacked


@functools.cache
def program(name: str, package: str = "prometheus") -> str:
    """A program of a Debian package: the one of this machine, or one that is unpacked into the cache."""
    return shutil.which(name) or str(unpacked(package, [package]) / "usr" / "bin" / name)


def alertmanager_path(directory: Path) -> str | None:
    """A PATH with an Alertmanager that starts; None where none is installed and nothing can be mounted.

    Debian's reads its templates from one place only. One that is not installed sees the directory of its package there,
    and no other process does.
    """
    path = os.environ["PATH"]
    package, names = "prometheus-alertmanager", ("prometheus-alertmanager", "amtool")
    programs = {name: program(name, package) for name in names}
    if all(shutil.which(name) for name in names):
        return path
    shared = Path(programs[package]).parents[1] / "share"
    bound = ["unshare", "--map-root-user", "--mount", "sh", "-c", 'mount --bind "$0" /usr/share && exec "$@"']
    if subprocess.run([*bound, shared, "true"], check=False, capture_output=True).returncode:
        return None
    starter = directory / package
    starter.write_text(f'#!/bin/sh\nexec {shlex.join([*bound, str(shared), programs[package]])} "$@"\n')
    starter.chmod(0o755)
    (directory / "amtool").symlink_to(programs["amtool"])
    return f"{directory}{os.pathsep}{path}"


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    words = [program("promtool"), *(str(word) for word in arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def check_rules(directory: Path, rules: dict[str, Any], tests: list[dict[str, Any]]) -> str:
    """What promtool has against these rules under these tests; empty when it has nothing."""
    (directory / "rules.json").write_text(json.dumps(rules))
    document = {"rule_files": ["rules.json"], "evaluation_interval": "15s", "tests": tests}
    (directory / "tests.json").write_text(json.dumps(document))
    done = promtool("test", "rules", directory / "tests.json")
    return "" if done.returncode == 0 else done.stdout + done.stderr
