# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is a secret, and how text is shown without it.

One list of names decides for options, variables, arguments, SQL and files. It holds what Flink itself hides
(GlobalConfiguration.SENSITIVE_KEYS) and what the libraries that get their options from Flink call their secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MASK = "********"
# Shorter values, and words such as true, would black out half of every text.
SHORTEST = 4
_WORDS = frozenset({"true", "false", "none", "null"})

_NAME = (
    r"passw(?:or)?d|pass-?phrase|(?<!old)pwd(?![a-z])|secret(?!-store)"
    r"|(?:api|access|private|service|account|signing|encryption|shared)[._-]?key(?!-?store)"
    r"|auth-params|basic-auth|jaas\.config|http-headers|client\.authorization|credential(?!s?[._-]provider)"
    r"|(?<!delegation\.)(?<!delegation-)(?<!kerberos\.)token(?!s?[._-](?:enabled|renewal|provider))"
)
_SECRET = re.compile(_NAME, re.IGNORECASE)
_USERINFO = re.compile(r"(\b[a-zA-Z][a-zA-Z0-9+.-]*://)[^/@\s]+@")
_IN_SQL = re.compile(rf"('[^']*(?:{_NAME})[^']*'\s*=\s*)'(?:[^']|'')*'", re.IGNORECASE)
# NAME="value" of an environment, -Dname=value of a command, name: value of a log's line.
_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_ASSIGNED = re.compile(
    rf"(?P<name>[\w.-]*(?:{_NAME})[\w.-]*[\"']?\s*[=:]\s*)(?P<value>{_QUOTED}|[^\s\"',;}}\]]+)", re.IGNORECASE
)

# name: value or name=value, as a line of a configuration.
_SETTING = re.compile(r"^(?P<name>\s*[\w.$\"'-]+?\s*[:=]\s*)(?P<value>\S.*)$")


def is_secret(key: str) -> bool:
    """Whether the value of an option, a variable, a property or an argument of this name must not be shown."""
    return _SECRET.search(key) is not None


def is_worth_hiding(value: str) -> bool:
    """Whether a secret's value can be looked for in other text without hiding half of it."""
    return len(value) >= SHORTEST and value.lower() not in _WORDS


def mask_url(text: str) -> str:
    """Hide the user and password of every URL in a text."""
    return _USERINFO.sub(r"\1***@", text) if "@" in text else text


def masked_sql(text: str) -> str:
    """A script without the values of options such as 'password'."""
    return _IN_SQL.sub(rf"\1'{MASK}'", text)


def masked_options(options: Mapping[str, str]) -> dict[str, str]:
    """Options of Flink, sorted, without the values of secret ones."""
    return {key: MASK if is_secret(key) else value for key, value in sorted(options.items())}


def masked_arguments(arguments: Iterable[str]) -> list[str]:
    """Arguments of a program: --db-password x and --db-password=x both lose their x."""
    shown: list[str] = []
    hide = False
    for argument in arguments:
        name, separator, _value = argument.partition("=")
        if hide and not argument.startswith("-"):
            shown.append(MASK)
        elif separator and is_secret(name):
            shown.append(f"{name}={MASK}")
        else:
            shown.append(argument)
        hide = argument.startswith("-") and not separator and is_secret(argument)
    return shown


def masked_assignments(text: str, names: Iterable[str] = ()) -> str:
    """A command, a definition of a service or a line of a log without the values that are given to secret names.

    :arg names: further names whose values, in quotation marks, are secret whatever they are called.
    """
    for name in names:
        text = re.sub(rf"(\b{re.escape(name)}=)(?:{_QUOTED})", rf'\1"{MASK}"', text)
    return _ASSIGNED.sub(_mask_value, text)


def _mask_value(found: re.Match[str]) -> str:
    quote = found["value"][:1] if found["value"][:1] in "\"'" else ""
    return f"{found['name']}{quote}{MASK}{quote}"


def masked_file(content: str) -> str:
    """A file as it may be shown: the values of secret settings are hidden."""
    return "\n".join(_masked_line(line) for line in content.split("\n"))


def _masked_line(line: str) -> str:
    match = _SETTING.match(line)
    if match is not None and is_secret(match["name"]):
        return f"{match['name']}{MASK}"
    return masked_assignments(line)


def secret_values(options: Mapping[str, Any]) -> set[str]:
    """The secret values among options, to keep them out of every output."""
    found = set()
    for key, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            if is_secret(key) and isinstance(one, str) and is_worth_hiding(one):
                found.add(one)
    return found


def public(value: Any) -> Any:
    """Variables without the values of secret keys, and without these values wherever else they stand."""
    return _hidden(value, sorted(set(_secrets(value)), key=len, reverse=True))


def _secrets(value: Any, *, secret: bool = False) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _secrets(one, secret=secret or is_secret(str(key)))
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _secrets(one, secret=secret)
    elif secret and isinstance(value, str) and is_worth_hiding(value):
        yield value


def _hidden(value: Any, known: list[str], *, secret: bool = False) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _hidden(one, known, secret=secret or is_secret(str(key))) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hidden(one, known, secret=secret) for one in value]
    if secret and value not in ("", None) and not isinstance(value, bool):
        return MASK
    if isinstance(value, str):
        text = masked_sql(mask_url(value))
        for one in known:
            text = text.replace(one, MASK)
        return text
    return value
