"""Which metrics an expression asks for."""

from __future__ import annotations

import re

# Keywords and labels are words too; a metric of ours and of Flink has an underscore in its name.
_LABELS = re.compile(r'"[^"]*"|\b(?:by|on|ignoring|without) *\([^)]*\)|\[[^]]*\]')
_WORD = re.compile(r"(?<![\w:$.])[a-zA-Z_:][\w:]*(?![\w:]| *\(| *=| *!=)")


def metrics(expression: str) -> set[str]:
    """The names of metrics, but not those that recording rules make."""
    found = set(_WORD.findall(_LABELS.sub("", expression)))
    return {word for word in found if ("_" in word or word == "up") and not word.startswith("cluster")}
