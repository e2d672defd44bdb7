"""Every playbook can be found by a reader and costs no more than it must."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from export import ROOT

PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
TASKS = [*PLAYBOOKS, *sorted((ROOT / "roles").glob("*/tasks/*.yml"))]


def parts(given: Any) -> Iterator[dict[str, Any]]:
    """Every play, block and task of a file."""
    if isinstance(given, list):
        for one in given:
            yield from parts(one)
    elif isinstance(given, dict):
        yield given
        for key in ("pre_tasks", "tasks", "post_tasks", "handlers", "block", "rescue", "always"):
            yield from parts(given.get(key))


def goes_on(block: dict[str, Any]) -> bool:
    """Whether the play goes on when the block has failed."""
    return "rescue" in block and "ansible.builtin.fail" not in block["rescue"][-1]


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


@pytest.mark.parametrize("path", TASKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_rescued_is_not_run_once(path: Path) -> None:
    """When a task with run_once fails in a rescued block, Ansible rescues one host and drops all others in silence."""
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    rescued = [task for block in parts(given) if goes_on(block) for task in parts(block["block"])]
    assert not [task.get("name") for task in rescued if task.get("run_once")]
