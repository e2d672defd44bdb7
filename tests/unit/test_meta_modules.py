"""Every module is tested, grouped, and built on a library that knows no Ansible."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from export import ROOT

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
UTILS = ROOT / "plugins" / "module_utils"
LIBRARY = sorted(UTILS.rglob("*.py"))
# Some can be tried on hosts of their own only.
INTEGRATION = [
    path
    for directory in ("tests/integration", "tests/hosts", "molecule")
    for path in (ROOT / directory).rglob("*")
    if path.suffix in (".py", ".yml")
]


def action_groups() -> dict[str, list[str]]:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    return runtime["action_groups"]


def imported(path: Path) -> Iterator[str]:
    """The absolute names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


@pytest.mark.parametrize("module", MODULES)
def test_the_module_has_a_unit_test_file(module: str) -> None:
    assert (ROOT / "tests" / "unit" / "plugins" / "modules" / f"test_{module}.py").is_file()


@pytest.mark.parametrize("module", MODULES)
def test_the_module_is_in_exactly_one_action_group(module: str) -> None:
    groups = [group for group, members in action_groups().items() if module in members]
    assert groups in (["flink"], ["node"])


def test_the_action_groups_name_only_modules_that_exist() -> None:
    named = [member for members in action_groups().values() for member in members]
    assert sorted(named) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_the_module_has_an_integration_test(module: str) -> None:
    texts = (path.read_text(encoding="utf-8") for path in INTEGRATION)
    assert any(re.search(rf"\b{module}\b", text) for text in texts)


def test_the_rules_below_see_the_library() -> None:
    assert len(LIBRARY) > 50


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: str(path.relative_to(UTILS)))
def test_the_library_knows_no_ansible(path: Path) -> None:
    if path.name in ("_module.py", "_cluster_module.py"):  # the border between the two
        return
    assert not [name for name in imported(path) if name.split(".")[0] == "ansible"]


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: str(path.relative_to(UTILS)))
def test_the_library_imports_itself_relatively(path: Path) -> None:
    assert not [name for name in imported(path) if name.split(".")[0] in ("ansible_collections", "plugins")]


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: str(path.relative_to(UTILS)))
def test_a_session_takes_no_proxy_from_the_environment(path: Path) -> None:
    if path.parent.name == "_install":  # downloads come from the internet, through the proxy that leads there
        return
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\brequests\.(?:get|post|put|patch|delete|request)\(", text)
    opened = len(re.findall(r"\brequests\.Session\(\)", text))
    assert text.count(".trust_env = False") == opened
