"""Every playbook can be found by a reader and costs no more than it must."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from export import ROOT

PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_the_playbook_is_described(path: Path) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "docs").rglob("*.rst")]
    assert any(f"playbooks/{path.name}" in page.read_text(encoding="utf-8") for page in pages)


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_every_play_says_whether_it_gathers_facts(path: Path) -> None:
    plays = yaml.safe_load(path.read_text(encoding="utf-8"))
    silent = [play.get("name") for play in plays if "hosts" in play and "gather_facts" not in play]
    assert not silent


def test_playbooks_are_named_with_underscores() -> None:
    assert not [path.name for path in PLAYBOOKS if "-" in path.name]
