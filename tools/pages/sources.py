"""What the code says about itself: argument_specs, playbooks' first comments, and docstrings."""

from __future__ import annotations

import ast
import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from export import ROOT

# A short description says so of what only the roles of this collection call.
INTERNAL = re.compile(r"\s*\(internal\b[^)]*\)")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# --- Roles ---------------------------------------------------------------------------------------------------------


def roles() -> list[str]:
    return sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())


@functools.cache
def entry_points(role: str) -> dict[str, dict[str, Any]]:
    """The entry points of a role by their names, `main` first."""
    specs: dict[str, dict[str, Any]] = yaml.safe_load(read(ROOT / "roles" / role / "meta" / "argument_specs.yml"))
    return specs["argument_specs"]


def about(role: str) -> str:
    """One line about a role, as Galaxy shows it."""
    return str(yaml.safe_load(read(ROOT / "roles" / role / "meta" / "main.yml"))["galaxy_info"]["description"])


def is_internal(role: str) -> bool:
    return bool(INTERNAL.search(entry_points(role)["main"]["short_description"]))


def variables(role: str) -> dict[str, dict[str, Any]]:
    """The variables that a user may set."""
    return entry_points(role)["main"].get("options") or {}


def arguments(role: str) -> dict[str, dict[str, dict[str, Any]]]:
    """What only entry points other than `main` take, by their names."""
    others = {
        name: {key: option for key, option in (entry.get("options") or {}).items() if key not in variables(role)}
        for name, entry in entry_points(role).items()
    }
    return {name: options for name, options in others.items() if options}


def topics(role: str) -> dict[str, str]:
    """The topic of each variable: the comment above its group in the defaults."""
    found: dict[str, str] = {}
    topic = ""
    for line in read(ROOT / "roles" / role / "defaults" / "main.yml").splitlines():
        if line.startswith("# "):
            topic = line.removeprefix("# ")
        elif name := re.match(r"\w+(?=:)", line):
            found[name[0]] = topic
    return found


# --- Playbooks and modules -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Playbook:
    """What the first comment of a playbook says: what it does, and below that its options, one a line."""

    path: Path
    purpose: str
    options: list[str]


def playbooks() -> list[Playbook]:
    return [_playbook(path) for path in sorted((ROOT / "playbooks").glob("*.yml"))]


def _playbook(path: Path) -> Playbook:
    comment = re.match(r"---\n((?:#.*\n)*)", read(path))
    lines = [line.removeprefix("#") for line in comment[1].splitlines()] if comment else []
    first = next((number for number, line in enumerate(lines) if line.startswith(" -")), len(lines))
    # An option and its meaning are in columns; what is indented further belongs to the line before.
    options = [re.split(r" {2,}", line.strip())[0] for line in lines[first:] if line.startswith(" -")]
    return Playbook(path.relative_to(ROOT), " ".join(" ".join(lines[:first]).split()), options)


def modules() -> dict[str, str]:
    """The short description of each module."""
    return {path.stem: _short_description(path) for path in sorted((ROOT / "plugins" / "modules").glob("*.py"))}


def _short_description(path: Path) -> str:
    for node in ast.parse(read(path)).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION":
            return str(yaml.safe_load(ast.literal_eval(node.value))["short_description"])
    raise ValueError(f"{path.relative_to(ROOT)} has no DOCUMENTATION")


# --- The library ---------------------------------------------------------------------------------------------------


def packages() -> list[str]:
    """The packages of the library from the lowest layer upwards, as import-linter keeps them."""
    contracts = tomllib.loads(read(ROOT / "pyproject.toml"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [name for layer in reversed(layers) for name in layer.split(" | ")]


def files(package: str) -> dict[str, str]:
    """The files of a package, and the first line of what each says about itself."""
    top = ROOT / "plugins" / "module_utils"
    paths = sorted((top / package).rglob("*.py")) or [top / f"{package}.py"]
    return {
        str(path.relative_to(top)): (ast.get_docstring(ast.parse(read(path))) or "").split("\n")[0] for path in paths
    }


# --- Words ---------------------------------------------------------------------------------------------------------


def words() -> list[dict[str, str]]:
    """What to avoid, what to write instead, and the pattern that finds it."""
    listed: list[dict[str, str]] = yaml.safe_load(read(ROOT / "tools" / "words.yml"))
    return listed
