"""Every playbook can be found by a reader and costs no more than it must."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.streamops.flink.plugins.action.flink_variables import REGISTERED, declared

from export import ROOT, project_files

PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
TASKS = [*PLAYBOOKS, *sorted((ROOT / "roles").glob("*/tasks/*.yml"))]
DECLARED = declared(ROOT)
# Others import it: by itself it finds nothing to do.
IMPORTED = "roll"
WRITTEN = re.compile(r"""(?:-e |--extra-vars=)(?:'\{"(\w+)"|(\w+)=)""")
WHERE = ("Makefile", "README.md", "docs", "inventories", "playbooks", "plugins", "roles")
BOOLEANS = "|".join(name for name, option in DECLARED.options.items() if option.get("type") in ("bool", "raw"))
# As an operand, all that a condition is, or the argument of a filter.
OPERAND = re.compile(
    rf"(?:\b(?:not|and|or|if) |\b(?:when|that): )(?:{BOOLEANS})\b(?! *:)(?!(?: \| default\([^)]*\))? \| bool)"
    rf"|(?<![\w.])(?:{BOOLEANS})(?: \| default\([^)]*\))? (?:and|or|else)\b"
    rf"|(?:^\s*|[,=] ?)(?:{BOOLEANS})\) \}}\}}"
)


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


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_the_playbook_checks_its_variables_first(path: Path) -> None:
    if path.stem == IMPORTED:
        return
    play = yaml.safe_load(path.read_text(encoding="utf-8"))[0]
    assert "pre_tasks" in play or "roles" not in play
    task = (play.get("pre_tasks") or play["tasks"])[0]
    assert task["streamops.flink.flink_variables"] == {"playbook": path.stem}
    assert (task["register"], task["run_once"]) == (REGISTERED, True)


def test_every_playbook_declares_its_variables_under_its_name() -> None:
    assert sorted(DECLARED.playbooks) == [path.stem for path in PLAYBOOKS]
    wrong = {
        name
        for playbook, own in DECLARED.playbooks.items()
        for name in own
        if not name.startswith(f"flink_{playbook}_")
    }
    assert not wrong


def test_every_extra_variable_that_is_written_somewhere_exists() -> None:
    """In the documentation, in sentences that say what to write, and in the Makefile."""
    paths = [path for path in project_files() if path.parts[0] in WHERE and path.suffix != ".png"]
    texts = {str(path): (ROOT / path).read_text(encoding="utf-8") for path in paths}
    found = {(path, one or other) for path, text in texts.items() for one, other in WRITTEN.findall(text)}
    assert len(found) > 20
    assert not {(path, name) for path, name in found if name not in DECLARED.options}


@pytest.mark.parametrize(
    "path", [*TASKS, *sorted((ROOT / "roles").glob("*/vars/*.yml"))], ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_boolean_that_may_come_as_text_is_converted(path: Path) -> None:
    """An extra variable that is given as name=false is the text false, which is true."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert not [line.strip() for line in lines if OPERAND.search(line) and not line.lstrip().startswith("#")]
