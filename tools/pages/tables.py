"""The tables of the pages, as Markdown."""

from __future__ import annotations

import re
from typing import Any

import yaml

from . import sources
from .markdown import code, prose, sentence, table

# A default in which variables are put, and nothing else, is shown as it is written.
READABLE = re.compile(r"(?:[^{}]|\{\{ \w+ \}\})*")
COMPUTED = "computed"


def default(option: dict[str, Any]) -> str:
    """A default as a reader writes it; what is computed is given in the description."""
    if option.get("required"):
        return "**required**"
    value = option.get("default")
    if value in ("", None):
        return "empty"
    if isinstance(value, str):
        return code(value) if READABLE.fullmatch(value) else COMPUTED
    return code(yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("...\n").strip())


def _type(option: dict[str, Any]) -> str:
    return f"{option['type']} of {option['elements']}" if "elements" in option else str(option["type"])


def _meaning(option: dict[str, Any]) -> str:
    choices = ", ".join(code(choice) for choice in option.get("choices", []))
    return prose(option["description"]) + (f" One of {choices}." if choices else "")


def _options(options: dict[str, dict[str, Any]]) -> str:
    rows = ([code(name), _type(option), default(option), _meaning(option)] for name, option in options.items())
    return table(["variable", "type", "default", "meaning"], rows)


def variables(role: str) -> str:
    """The variables of a role, under their topics where it has some."""
    topics = sources.topics(role)
    groups: dict[str, dict[str, dict[str, Any]]] = {}
    for name, option in sources.variables(role).items():
        groups.setdefault(topics.get(name, ""), {})[name] = option
    return "\n\n".join((f"### {topic}\n\n" if topic else "") + _options(group) for topic, group in groups.items())


def entry_points(role: str) -> str:
    rows = (
        [code(name), f"{sentence(prose(entry['short_description']))} {prose(entry['description'])}"]
        for name, entry in sources.entry_points(role).items()
    )
    arguments = "".join(
        f"\n\nThe entry point {code(name)} also takes:\n\n{_options(options)}"
        for name, options in sources.arguments(role).items()
    )
    return table(["entry point", "does"], rows) + arguments


def all_variables() -> str:
    """What users set: first what all daemons share, then role by role."""
    shared = "cluster"
    others = [name for name in sources.roles() if name != shared and not sources.is_internal(name)]
    parts = (f"### Role {code(name)}\n\n{sentence(sources.about(name))}\n\n{variables(name)}" for name in others)
    return "\n\n".join([variables(shared), *parts])


def roles() -> str:
    rows = ([f"[{code(name)}](../roles/{name}/README.md)", sources.about(name)] for name in sources.roles())
    return table(["role", "does"], rows)


def playbooks() -> str:
    rows = (
        [code(one.path), one.purpose, ", ".join(code(option) for option in one.options)] for one in sources.playbooks()
    )
    return table(["playbook", "does", "options"], rows)


def modules() -> str:
    described = sources.modules()
    internal = {name for name, about in described.items() if sources.INTERNAL.search(about)}
    rows = {name: [code(name), prose(sources.INTERNAL.sub("", about))] for name, about in described.items()}
    head = ["module", "does"]
    public = table(head, (row for name, row in rows.items() if name not in internal))
    if not internal:
        return public
    return f"{public}\n\nCalled by the roles only:\n\n{table(head, (rows[name] for name in sorted(internal)))}"


def library() -> str:
    """Every file of the library, from the lowest layer upwards."""
    parts = (
        f"### {code(package)}\n\n"
        + table(["file", "what it is for"], ([code(path), about] for path, about in sources.files(package).items()))
        for package in sources.packages()
    )
    return "\n\n".join(parts)


def words() -> str:
    return table(["not", "write"], ([entry["not"], entry["write"]] for entry in sources.words()))
