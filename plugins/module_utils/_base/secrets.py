# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is a secret, and how text is shown without it.

One list of names decides for options, variables, arguments, SQL and files. It holds what Flink itself hides
(GlobalConfiguration.SENSITIVE_KEYS) and what the libraries that get their options from Flink call their secrets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

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
# Several of them make one value: 'it''s' of YAML and SQL, 'it'"'"'s' and 'it'\''s' of a shell. One that is not closed,
# for its last sign is a backslash where none escapes, goes to the end of the line.
_VALUE = rf"(?:{_QUOTED})(?:{_QUOTED}|\\['\"])*|[\"'][^\n]*|[^\s\"',;}}\]]+"
_ASSIGNED = re.compile(rf"(?P<name>[\w.-]*(?:{_NAME})[\w.-]*[\"']?\s*[=:]\s*)(?P<value>{_VALUE})", re.IGNORECASE)

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


def written_forms(value: str) -> set[str]:
    """A secret as it is written into files and shown in messages: with the quotes and escapes of each format."""
    # JSON, YAML, Python, shells, systemd, supervisord, java.util.Properties, XML and HTML, URLs.
    escaped = value.replace("\\", "\\\\")
    in_double = re.sub(r'([\\"$`])', r"\\\1", value)
    unit = escaped.replace('"', '\\"').replace("%", "%%")
    forms = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1], in_double}
    forms |= {value.replace("'", other) for other in ("''", "'\"'\"'", "'\\''")}
    forms |= {unit, unit.replace("$", "$$"), value.replace("%", "%%"), value.replace("$", "$$")}
    forms |= {escaped, re.sub(r"([:=#! ])", r"\\\1", escaped), json.dumps(value)[1:-1].replace('\\"', '"')}
    for double, single in (('"', "'"), ("&quot;", "'"), ("&quot;", "&#x27;"), ("&#34;", "&#39;")):
        forms.add(escape(value).replace('"', double).replace("'", single))
    if not re.search("[\ud800-\udfff]", value):
        forms |= {quote(value), quote(value, safe=""), quote_plus(value)}
    return {one for one in forms if is_worth_hiding(one)} if is_worth_hiding(value) else set()


def all_forms(values: Iterable[str]) -> list[str]:
    """Every form of secrets, those first that hold others."""
    return sorted({form for value in values for form in written_forms(value)}, key=lambda one: (-len(one), one))


def hide(text: str, values: Iterable[str]) -> str:
    """A text without secrets that are known, however they are written in it."""
    for form in all_forms(values):
        text = text.replace(form, MASK)
    return text


def masked_definition(text: str, secrets: Mapping[str, str]) -> str:
    """The definition of a service without the secrets, by name, in its environment."""
    return masked_assignments(hide(text, map(str, secrets.values())), secrets)
