# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a variable with keys may hold: unknown keys, wrong choices and wrong types, one sentence each.

Options are described as in an argument specification, with type, choices, elements and options. The elements of a
dictionary are its values, and a type may also be duration.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .errors import FlinkError
from .options import nearest
from .public import public
from .secrets import MASK, is_secret, masked_assignments
from .units import duration

Option = Mapping[str, Any]
Options = Mapping[str, Option]

# By type: what a value is not, and what to write.
_WANTED = {
    "bool": ("a valid boolean", "true or false"),
    "int": ("a valid integer", "a whole number"),
    "float": ("a valid number", "a number"),
    "list": ("a list", "its items in brackets, [...]"),
    "dict": ("a dictionary", "its keys below it, one on a line"),
}
_TEXT = ("text", "text in quotes")
# More of a value does not help to find it.
LONGEST = 80
_PLAIN = re.compile(r"[\w.@:/-]+")
_BOOLEANS = frozenset({"true", "yes", "on", "1", "y", "t", "false", "no", "off", "0", "n", "f"})


class Late:
    """A value that is made of what is not known yet, and is checked where it is used."""

    def __repr__(self) -> str:
        return "a value that is not known yet"


LATE = Late()


def is_late(value: object) -> bool:
    """Whether anything in it is not known yet."""
    if isinstance(value, Mapping):
        return any(is_late(one) for one in value.values())
    return any(is_late(one) for one in value) if isinstance(value, list | tuple) else isinstance(value, Late)


def value_problem(label: str, value: object, option: Option) -> str:
    """Why a value cannot be used, empty when it can. None is a value that is not set."""
    kind = option.get("type", "str")
    if value is None or isinstance(value, Late):
        return ""
    if kind == "duration":
        return _duration_problem(label, value)
    # A list may hold some of its choices.
    given = value if isinstance(value, list) and kind == "list" else [value]
    choices = option.get("choices")
    if fits(value, kind) and (not choices or all(_chosen(one, choices) for one in given)):
        return ""
    reason, wanted = _WANTED.get(kind, _TEXT)
    if choices:
        reason, wanted = "one of its choices", ", ".join(str(one) for one in choices)
    # What was to be a list or a dictionary is long, and may hold a secret.
    shown = "" if kind in {"list", "dict"} else f" {_shown(label, value)}, which is"
    return f"{label} is{shown} not {reason}: write {wanted}"


def _shown(label: str, value: object) -> str:
    text = MASK if is_secret(label) else masked_assignments(repr(public(value)))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _named(key: object) -> str:
    """A key as it is written; one that is not a plain word in quotes, so that its ends can be seen."""
    return key if isinstance(key, str) and _PLAIN.fullmatch(key) else repr(key)[:LONGEST]


def _duration_problem(label: str, value: object) -> str:
    try:
        if value != "":
            duration(value, label)
    except FlinkError as error:
        return error.message
    return ""


def key_problems(of: str, values: Mapping[Any, Any], options: Options, *, above: str = "") -> Iterator[str]:
    """What is wrong with the keys of a dictionary; of names it, and above is the key that it is the value of."""
    for key, value in values.items():
        label = f"{above}{_named(key)}"
        option = options.get(key) if isinstance(key, str) else None
        if option is None:
            near = nearest(key, options)
            said = f"did you mean {above}{near}?" if near else f"the keys are {', '.join(sorted(options))}"
            yield f"{label} is not a key of {of}: {said}"
        else:
            yield from _nested(of, label, value, option)


def problems(name: str, value: object, option: Option) -> Iterator[str]:
    """What is wrong with a whole variable. An entry of a list is named by its place, and by its name."""
    if problem := value_problem(name, value, option):
        yield problem
    elif isinstance(value, list):
        for number, entry in enumerate(value, 1):
            yield from _entry_problems(name, number, entry, option)
    elif isinstance(value, Mapping):
        for problem in _dictionary(name, "", value, option):
            yield problem if problem.endswith("?") or " is not a key of " in problem else f"{name}: {problem}"


def _entry_problems(name: str, number: int, entry: object, option: Option) -> Iterator[str]:
    element = _element(option)
    where = f"entry {number} of {name}"
    if problem := value_problem(where, entry, element):
        yield problem
    elif isinstance(entry, Mapping):
        called = entry.get("name")
        lead = f"{where} ({called})" if isinstance(called, str) and called else where
        yield from (f"{lead}: {problem}" for problem in _dictionary(name, "", entry, element))


def _element(option: Option) -> Option:
    return {"type": option.get("elements", "raw"), "options": option.get("options")}


def _nested(of: str, label: str, value: object, option: Option) -> Iterator[str]:
    if problem := value_problem(label, value, option):
        yield problem
    elif isinstance(value, Mapping):
        yield from _dictionary(of, f"{label}.", value, option)
    elif isinstance(value, list):
        for number, entry in enumerate(value, 1):
            yield from _nested(of, f"{label}[{number}]", entry, _element(option))


def _dictionary(of: str, above: str, value: Mapping[Any, Any], option: Option) -> Iterator[str]:
    if option.get("options"):
        yield from key_problems(of, value, option["options"], above=above)
    elif option.get("elements"):
        for key, one in value.items():
            yield from _nested(of, f"{above}{_named(key)}", one, {"type": option["elements"]})


def fits(value: object, kind: str) -> bool:
    """Whether a value is of a type, or text that is read as one."""
    if kind == "raw":
        return True
    check = _CHECKS.get(kind)
    # Ansible makes text of nearly anything.
    return check(value) if check else not isinstance(value, list | tuple | Mapping)


def _chosen(value: object, choices: Iterable[object]) -> bool:
    """YAML makes booleans of yes and no, which may be among the choices."""
    names = {str(one) for one in choices}
    if isinstance(value, bool):
        return bool(names & ({"yes", "on", "true", "True"} if value else {"no", "off", "false", "False"}))
    return str(value) in names


def _is_whole(value: object) -> bool:
    try:
        return not isinstance(value, bool) and float(int(str(value))) == float(str(value))
    except (ValueError, OverflowError):
        return isinstance(value, float) and value.is_integer()


def _is_number(value: object) -> bool:
    try:
        return not isinstance(value, bool) and math.isfinite(float(str(value)))
    except ValueError:
        return False


_CHECKS: Mapping[str, Callable[[object], bool]] = {
    "bool": lambda value: str(value).lower() in _BOOLEANS,
    "int": _is_whole,
    "float": _is_number,
    "list": lambda value: isinstance(value, list | tuple),
    "dict": lambda value: isinstance(value, Mapping),
}
