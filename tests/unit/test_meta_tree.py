"""What must stand in no file of the project, and what every file of a kind must have."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from export import ROOT, project_files

FILES = [path for path in project_files() if not (ROOT / path).is_symlink()]
HERE = Path(__file__).resolve().relative_to(ROOT)

HOSTS = ("pypi.org", "pythonhosted.org", "repo1.maven.org", "repo.maven.apache.org", "deb.debian.org", "crates.io")
FORBIDDEN = {
    "the host name of a package registry": re.compile("|".join(re.escape(host) for host in HOSTS)),
    "a path of one particular machine": re.compile(r"(?<![\w.}])/(?:work/(?:main|shared)|tmp/probe|root/)"),
    "work that is left": re.compile(r"\b(?:TODO|FIXME|XXX)\b"),
    # A process that only has to be there, for a test, sleeps for so long that nothing waits for it: that is no pause.
    "a fixed pause instead of a condition": re.compile(
        r"\btime\.sleep\b(?!\(\d{2,}\))|from time import .*\bsleep\b|\bsleep \d{1,2}\b"
    ),
    "an error that is ignored": re.compile(r"\bignore_errors:|failed_when:\s*false\b"),
    "a linter that is silenced without a reason": re.compile(r"# (?:noqa|type: ignore)(?!.*# \w+)"),
}


def text_of(path: Path) -> str:
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = [
        f"{path}:{number}: {line.strip()}"
        for path in FILES
        if path != HERE
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]
    assert not found, f"{what}:\n" + "\n".join(found)


def test_every_plugin_names_its_licence() -> None:
    # REUSE-IgnoreStart
    header = ("# GNU General Public License v3.0+", "# SPDX-License-Identifier: GPL-3.0-or-later")
    # REUSE-IgnoreEnd
    plugins = [path for path in FILES if path.parts[0] == "plugins" and path.suffix == ".py"]
    bare = [str(path) for path in plugins if not all(line in text_of(path)[:400] for line in header)]
    assert not bare


def test_every_python_file_postpones_annotations() -> None:
    bare = [
        str(path)
        for path in FILES
        if path.suffix == ".py" and text_of(path).strip() and "from __future__ import annotations" not in text_of(path)
    ]
    assert not bare


def test_only_programs_are_executable() -> None:
    wrong = [
        str(path)
        for path in FILES
        if (ROOT / path).stat().st_mode & stat.S_IXUSR and not text_of(path).startswith("#!")
    ]
    assert not wrong


def test_yaml_files_end_in_yml() -> None:
    named_by_their_tools = {
        *(Path("changelogs/config.yaml"), Path("changelogs/changelog.yaml")),
        Path(".pre-commit-config.yaml"),
    }
    assert not [path for path in FILES if path.suffix == ".yaml" and path not in named_by_their_tools]
