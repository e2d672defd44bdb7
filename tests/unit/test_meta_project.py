"""The project's own set-up: pins, targets, and the archive that users get."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from constraints import names_only
from export import ROOT, build


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    return dict(line.split("==") for line in names_only(ROOT / "constraints.txt"))


def test_every_requirement_is_pinned() -> None:
    wanted = {
        canonical(re.split(r"[<>=~!\[ ;]", line)[0])
        for path in ROOT.glob("requirements*.txt")
        for line in names_only(path)
    }
    assert wanted <= set(pins())


def test_what_is_installed_here_is_what_is_pinned() -> None:
    # pip came with Python and is not ours to choose, and setuptools only comes along with the development tools.
    installed = {canonical(found.name): found.version for found in importlib.metadata.distributions()}
    assert {name: version for name, version in installed.items() if name not in ("pip", "setuptools")}.items() <= (
        pins().items()
    )


@pytest.mark.real
def test_the_archive_holds_the_collection_and_nothing_of_the_workshop(tmp_path: Path) -> None:
    assert build(tmp_path) == 0
    (archive,) = tmp_path.glob("streamops-flink-*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {Path(name).parts[0] for name in opened.getnames()}
    expected = {
        *(".ansible-lint", ".yamllint"),
        *("CHANGELOG.rst", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "COPYING", "LICENSES", "README.md", "SECURITY.md"),
        *("FILES.json", "MANIFEST.json", "REUSE.toml", "requirements.txt"),
        *("changelogs", "docs", "inventories", "meta", "playbooks", "plugins", "roles"),
    }
    assert names == expected
    assert archive.stat().st_size < 2_000_000


def test_ansible_builder_reads_what_an_execution_environment_needs() -> None:
    # It comes with the development tools, which `make test` does without.
    introspect = pytest.importorskip("ansible_builder._target_scripts.introspect")
    python, system = introspect.process_collection(str(ROOT))
    assert python == names_only(ROOT / "requirements.txt")
    assert {line.split()[0] for line in system} >= {"gpgv", "gnupg2"}


@pytest.mark.real
@pytest.mark.parametrize("inventory", ["docker", "local", "production"])
def test_an_inventory_is_read_without_a_warning(inventory: str) -> None:
    # Whatever is below its directory is taken for a source of hosts.
    read = subprocess.run(
        [Path(sys.executable).with_name("ansible-inventory"), "-i", ROOT / "inventories" / inventory, "--list"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
    )
    assert read.returncode == 0, read.stderr
    assert "WARNING" not in read.stderr
    assert "flink" in json.loads(read.stdout)
