# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks options against the catalogue of a Flink version, because Flink itself ignores unknown ones.

This file is private to the collection: no interface for others, it may change at any time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal

from .._base.errors import FlinkError
from .._base.secrets import is_secret
from .._base.units import LARGEST, Value, plain, seconds, size_in_bytes
from .catalogue import REMOVED, TEXT_CONSTANTS, Catalogue, Option, catalogue, is_free, key_words, presence
from .flat import flatten

_INTEGER = re.compile(r"[-+]?[0-9]{1,20}")
_DOUBLE = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:NaN|Infinity)")

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """Something about one option that its author should know."""

    key: str
    severity: Severity
    # Half a sentence that begins with the option: "option x is ...".
    message: str
    # The key to write instead, if there is one.
    suggestion: str = ""


def _is_integer(value: Value, bits: int) -> bool:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    limit = 2 ** (bits - 1)
    return isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit


def _is_double(value: Value) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return True
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str) and _DOUBLE.fullmatch(value.strip()) is not None


def _is_boolean(value: Value) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and value.strip().lower() in ("true", "false"))


def _is_text(value: Value) -> bool:
    if isinstance(value, int | float):
        return math.isfinite(value) if isinstance(value, float) else abs(value) < LARGEST
    return isinstance(value, str)


def _is_map(value: Value) -> bool:
    if isinstance(value, Mapping):
        return True
    if not isinstance(value, str):
        return False
    pairs = [pair for pair in re.split(r",(?=(?:[^'\"]|'[^']*'|\"[^\"]*\")*$)", value) if pair.strip()]
    return all(len(re.split(r":(?=(?:[^'\"]|'[^']*'|\"[^\"]*\")*$)", pair)) == 2 for pair in pairs)


_WANTED: dict[str, tuple[str, str]] = {
    "boolean": ("true or false", ""),
    "int": ("a whole number", "4"),
    "long": ("a whole number", "1000"),
    "double": ("a number", "0.5"),
    "string": ("a text", ""),
    "duration": ("a duration", "30 s, 3 min or 500 ms"),
    "memory": ("an amount of memory", "1600m or 2 gb"),
    "map": ("a map", "{key: value}"),
}


def _fits(kind: str, value: Value, option: Option, known: Catalogue) -> bool:
    if kind.startswith("list:"):
        return _fits_list(kind.removeprefix("list:"), value, option, known)
    if kind == "enum":
        return _is_text(value) and str(value).strip().lower() in {constant.lower() for constant in option.constants}
    checks: dict[str, Callable[[Value], bool]] = {
        "boolean": _is_boolean,
        "int": lambda it: _is_integer(it, 32),
        "long": lambda it: _is_integer(it, 64),
        "double": _is_double,
        "duration": lambda it: seconds(it, iso=not known.version.startswith("1.")) is not None,
        "memory": lambda it: size_in_bytes(it) is not None,
        "map": _is_map,
    }
    return checks.get(kind, _is_text)(value)


def _fits_list(kind: str, value: Value, option: Option, known: Catalogue) -> bool:
    if isinstance(value, str):
        # Flink splits at semicolons, and lists of maps have a grammar of their own.
        return kind == "map" or all(_fits(kind, part, option, known) for part in value.split(";") if part.strip())
    elements = value if isinstance(value, Sequence) and not isinstance(value, bytes) else [value]
    return all(_fits(kind, element, option, known) for element in elements)


def _wanted(option: Option) -> str:
    kind, many = option.type.removeprefix("list:"), option.type.startswith("list:")
    if kind == "enum":
        noun = f"one of {', '.join(option.constants)}"
        return f"a list, each element {noun}" if many else noun
    noun, example = _WANTED[kind]
    if many:
        return f"a list, each element {noun}"
    return f"{noun} such as {example}" if example else noun


def shown(key: str, value: Value) -> str:
    """A value for a message: short, and never a secret."""
    if is_secret(key):
        return "the value given"
    text = "a number with very many digits" if isinstance(value, int) and abs(value) >= LARGEST else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# --- One option -----------------------------------------------------------------------------------------------------


def validate(options: Mapping[Any, Any], version: str, extra_prefixes: Iterable[str] = ()) -> list[Problem]:
    """What is wrong with options, by key; warnings are among the problems.

    :arg options: dotted or nested.
    :arg version: Flink's.
    :arg extra_prefixes: prefixes of keys that only the user's own plugins know.
    """
    known = catalogue(version)
    extra = tuple(extra_prefixes)
    flat = flatten(options)
    return [problem for key in sorted(flat) for problem in _problems(key, flat[key], known, extra)]


def check(
    options: Mapping[Any, Any], version: str, where: str = "flink_config", extra_prefixes: Iterable[str] = ()
) -> list[str]:
    """Refuse wrong options with one sentence; return the warnings."""
    problems = validate(options, version, extra_prefixes)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise FlinkError(
            f"cannot use {where} with Flink {version}: {'; '.join(problem.message for problem in errors)}",
            problems=[
                {"option": problem.key, "message": problem.message, "suggestion": problem.suggestion}
                for problem in errors
            ],
        )
    return [f"{where}: {problem.message}" for problem in problems]


def _problems(key: str, value: Value, known: Catalogue, extra: tuple[str, ...]) -> list[Problem]:
    if key.startswith("$internal."):
        return [Problem(key, "error", f"option {key} belongs to Flink itself; leave it out")]
    option = known.get(key)
    if key in known.aliases:
        # Also where Flink still has the old option of its own: the value is written under the new name.
        names = known.aliases[key]
        return [_deprecated(key, names, known), *_value_problems(key, value, known.options[names[0]], known)]
    if option is not None:
        warnings = [_deprecated(key, (), known)] if option.deprecated else []
        return warnings + _value_problems(key, value, option, known)
    if known.map_of(key) is not None or any(key.startswith(prefix) for prefix in extra):
        return _entry_problems(key, value)
    if is_free(key):
        return _near_template(key, known) + _entry_problems(key, value)
    return [_unknown(key, known)]


def _deprecated(key: str, names: tuple[str, ...], known: Catalogue) -> Problem:
    later = REMOVED.get(key)
    if not names and later is not None and later.replacement and known.get(later.replacement) is not None:
        names = (later.replacement,)
    what = f"write {' and '.join(names)} instead" if names else "later versions do not have it"
    return Problem(
        key,
        "warning",
        f"option {key} is deprecated in Flink {_minor(known.version)}: {what}",
        names[0] if names else "",
    )


def _value_problems(key: str, value: Value, option: Option, known: Catalogue) -> list[Problem]:
    if value is None:
        return []
    if not _fits(option.type, value, option, known):
        message = f"option {key} must be {_wanted(option)}, not {shown(key, value)}"
        if option.type == "string" and not isinstance(value, list | tuple):
            message += "; put it in quotes"
        return [Problem(key, "error", message)]
    if not _is_known_constant(value, TEXT_CONSTANTS.get(option.key, ())):
        names = ", ".join(TEXT_CONSTANTS[option.key])
        return [Problem(key, "error", f"option {key} must be one of {names} or a class, not {shown(key, value)}")]
    return _bare_number(key, value, option)


def _is_known_constant(value: Value, constants: tuple[str, ...]) -> bool:
    """Flink takes fixeddelay for fixed-delay, off for none, and the name of a class everywhere."""
    text = str(value).strip().lower()
    if not constants or "." in text:
        return True
    plain = {name.lower().replace("-", "") for name in constants}
    return text.replace("-", "") in plain or ("none" in plain and text in ("off", "disable"))


def _bare_number(key: str, value: Value, option: Option) -> list[Problem]:
    unit = {"duration": "milliseconds", "memory": "bytes"}.get(option.type)
    text = plain(value)
    if unit and re.fullmatch("[0-9]+", text) and int(text) != 0:
        return [Problem(key, "warning", f"option {key} has no unit, so Flink reads {text} {unit}; write the unit")]
    return []


def _entry_problems(key: str, value: Value) -> list[Problem]:
    if value is None or _is_text(value) or isinstance(value, list):
        return []
    return [Problem(key, "error", f"option {key} must be a text, not {shown(key, value)}; put it in quotes")]


def _near_template(key: str, known: Catalogue) -> list[Problem]:
    """metrics.reporter.prom.factroy.class is legal, for plugins name their own options, but hardly meant."""
    parts = key.split(".")
    for _pattern, template in known.templates:
        names = template.key.split(".")
        real = ".".join(part if name.startswith("<") else name for part, name in zip(parts, names, strict=False))
        if len(names) == len(parts) and SequenceMatcher(None, key, real).ratio() > 0.93:
            return [Problem(key, "warning", f"option {key} is handed to a plugin as it is; is {real} meant?", real)]
    return []


# --- Unknown keys ----------------------------------------------------------------------------------------------------


def _unknown(key: str, known: Catalogue) -> Problem:
    versions = presence(key)
    name = known.name(key)
    removal = REMOVED.get(key)
    if name is not None:
        return Problem(key, "error", f"option {key} is called {name} in Flink {_minor(known.version)}; use that", name)
    if removal is not None and (not versions or _order(versions[-1]) < _order(known.version)):
        return _removed(key, versions, removal, known)
    if versions and _order(versions[0]) > _order(known.version):
        return Problem(
            key,
            "error",
            f"option {key} came with Flink {_minor(versions[0])}, {_minor(known.version)} lacks it; leave it out",
        )
    if versions:
        return _removed(key, versions, None, known)
    near = nearest(key, known)
    return Problem(key, "error", f"option {key} does not exist; did you mean {near}?", near)


def _removed(key: str, versions: tuple[str, ...], removal: Any, known: Catalogue) -> Problem:
    since = f"was removed after Flink {_minor(versions[-1])}" if versions else "was removed long ago"
    replacement: str = removal.replacement if removal and known.get(removal.replacement) is not None else ""
    remark: str = removal.remark if removal else ""
    advice = f"use {replacement}" if replacement else "leave it out"
    return Problem(key, "error", f"option {key} {since}; {advice}{f' ({remark})' if remark else ''}", replacement)


def _order(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def nearest(key: str, known: Catalogue) -> str:
    """The real key that is most like the given one, in spelling or by the words it is made of."""
    words = key_words(key)
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(key.lower())
    bounds = (matcher.real_quick_ratio, matcher.quick_ratio)
    best, best_score = "", -1.0
    # Those with the same words first: with a good one found early, few have to be compared letter by letter.
    for candidate, theirs in sorted(known.words.items(), key=lambda one: -len(words & one[1]) / len(words | one[1])):
        common = len(words & theirs)
        shared = 2 * common / (len(words) + len(theirs))
        # taskmanager.slots is meant to be taskmanager.numberOfTaskSlots.
        known_words = 0.3 * common / (len(words) or 1)
        matcher.set_seq1(candidate.lower())
        if any(max(bound(), shared) + known_words <= best_score for bound in bounds):
            continue
        score = max(matcher.ratio(), shared) + known_words
        if score > best_score:
            best, best_score = candidate, score
    return best


# --- One name for each option -----------------------------------------------------------------------------------------


@dataclass
class Canonical:
    """Options under the names of today."""

    options: dict[str, Value]
    # Name of today -> as it was written.
    written: dict[str, str] = field(default_factory=dict)


def canonical(options: Mapping[str, Value], version: str, where: str = "flink_config") -> Canonical:
    """Write old names as today's, so that an old name replaces what the profile sets under the new one."""
    known = catalogue(version)
    result = Canonical({})
    for key in sorted(options, key=lambda key: (key in known.aliases, key)):
        for name in known.aliases.get(key, (key,)):
            other = result.written.get(name)
            if other is not None and other != key and result.options[name] != options[key]:
                raise FlinkError(
                    f"cannot use {where}: options {other} and {key} are the same option ({name}) with two values;"
                    " keep one",
                    option=name,
                )
            if other is None:
                result.options[name] = options[key]
                result.written[name] = key
    return result
