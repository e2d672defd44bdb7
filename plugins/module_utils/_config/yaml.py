# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""config.yaml as Flink's parsers read it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from .._base.units import Value
from .catalogue import is_free
from .start_scripts import JAVA_OPTIONS, java_words, quoted


def text(value: Value) -> str:
    """A value as Flink reports it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ";".join(text(element) for element in value)
    return str(value)


# --- config.yaml -------------------------------------------------------------------------------------------------

# Texts that mean the same to every reader of YAML, and to the sed of Flink's scripts, without quotes.
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9 _./+=,@;%()-]*[A-Za-z0-9_/+=%)]|[A-Za-z/]|[0-9]+ ?[A-Za-z]{1,12}")


_URL = re.compile(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9_./@:-]*[A-Za-z0-9_/]")


_JAVA = re.compile(r"-[A-Za-z-][A-Za-z0-9 _./+=,@;%:-]*[A-Za-z0-9_/+=]")


_HOST = r"(?:[A-Za-z][A-Za-z0-9._-]*|[0-9]+(?:\.[0-9]+){3})"


_HOSTS = re.compile(rf"{_HOST}(?::[0-9]+)?(?:,{_HOST}:[0-9]+)*")


_RESERVED = re.compile(r"true|false|yes|no|on|off|null|y|n|~|[0-9]+ ?[eExXoO]|\.?(nan|inf)", re.IGNORECASE)


_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def yaml_scalar(value: Value) -> str:
    """One value of config.yaml."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        # 1e-07 is a number to some readers of YAML only, 1.0e-07 to all.
        return re.sub(r"^(-?[0-9]+)e", r"\1.0e", str(value))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{yaml_scalar(str(key))}: {yaml_scalar(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return "[" + ", ".join(_quoted(one) if isinstance(one, str) else yaml_scalar(one) for one in value) + "]"
    return _plain_or_quoted(str(value))


def _plain_or_quoted(value: str) -> str:
    colons = ": " in value or " #" in value
    plain = any(form.fullmatch(value) for form in (_PLAIN, _URL, _JAVA, _HOSTS))
    return value if plain and not colons and not _RESERVED.fullmatch(value) else _quoted(value)


def _quoted(value: str) -> str:
    def escape(match: re.Match[str]) -> str:
        return f"\\u{ord(match[0]):04x}"

    return _ESCAPED.sub(escape, json.dumps(value, ensure_ascii=False))


def render_yaml(options: Mapping[str, Value]) -> str:
    """config.yaml: sorted, one dotted key a line, so that Flink's scripts and people find each with grep."""
    lines = [f"{_plain_or_quoted(key)}: {yaml_scalar(_as_plugins_read(key, options[key]))}" for key in sorted(options)]
    return "\n".join(["# Written by the Ansible collection streamops.flink: changes are lost.", *lines, ""])


def _as_plugins_read(key: str, value: Value) -> Value:
    """Text for plugins: the Prometheus reporter overlooks a port that is a number, and takes 9249 without a word."""
    return text(value) if is_free(key) and isinstance(value, bool | int | float) else value


# --- Java options of the distribution ----------------------------------------------------------------------------


def shipped_java_options(config_yaml: str) -> str:
    """env.java.opts.all of a config.yaml as Flink ships it: without it newer Javas refuse to run Flink."""
    path: list[tuple[int, str]] = []
    for line in config_yaml.splitlines():
        match = re.fullmatch(r"(\s*)([A-Za-z][A-Za-z0-9_.-]*)\s*:(?:\s+(.*))?", line)
        if match is None:
            continue
        indent, key, value = len(match[1]), match[2], (match[3] or "").strip()
        while path and path[-1][0] >= indent:
            path.pop()
        if ".".join([*(name for _indent, name in path), key]) == f"{JAVA_OPTIONS}all":
            return value.strip("'\"")
        path.append((indent, key))
    return ""


def with_java_options(options: Mapping[str, Value], shipped: str) -> dict[str, Value]:
    """The options with the distribution's Java options in front of env.java.opts.all, none of them twice."""
    key = f"{JAVA_OPTIONS}all"
    ours = java_words(str(options.get(key, "")), f"option {key}")
    words = [word for word in shipped.split() if word not in ours] + ours
    return {**options, key: quoted(words)} if words else dict(options)
