# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Markup that cannot be broken by what it shows: a plain text is escaped, only markup is not."""

from __future__ import annotations

import unicodedata
from typing import TypeAlias
from xml.sax.saxutils import escape

# Elements that have no content in HTML. They are closed all the same, so that a page is XML as well.
_VOID = frozenset({"meta", "link", "br", "hr", "col"})
_SVG_EMPTY = frozenset({"rect", "line", "path", "circle", "use", "polygon"})
_QUOTES = {'"': "&quot;", "'": "&#39;"}


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


# Markup is a text too.
Content: TypeAlias = "str | None"


def safe(content: Content) -> str:
    if content is None:
        return ""
    return str(content) if isinstance(content, Markup) else escape(content, _QUOTES)


def join(*contents: Content, between: str = "") -> Markup:
    return Markup(between.join(safe(content) for content in contents))


def tag(element: str, /, *contents: Content, **attributes: str | float | None) -> Markup:
    """An element. Attributes that are None are left out; class_ is class, aria_label is aria-label."""
    opened = element + "".join(
        f' {_attribute(key)}="{escape(_value(value), _QUOTES)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if element in _VOID or (element in _SVG_EMPTY and not contents):
        return Markup(f"<{opened}/>")
    return Markup(f"<{opened}>{join(*contents)}</{element}>")


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(value: str | float) -> str:
    """A tenth of a pixel is enough for everybody."""
    return value if isinstance(value, str) else f"{round(float(value), 1):.1f}".removesuffix(".0")


def width_of(text: str, size: float) -> float:
    """About how wide a text is in a usual sans-serif font: generous rather than too small."""
    return size * sum(_char(char) for char in text)


def _char(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    return 0.7 if char.isupper() else 0.57


def fit(text: str, width: float, size: float) -> str:
    """The text, or as much of its beginning as fits; empty when that says nothing."""
    if width_of(text, size) <= width:
        return text
    short = text
    while short and width_of(short + "…", size) > width:
        short = short[:-1]
    return f"{short.rstrip()}…" if len(short) >= 5 else ""


def fit_middle(text: str, width: float, size: float) -> str:
    """The text with as much left out of its middle as does not fit: names differ at their ends."""
    short, left = text, len(text)
    while width_of(short, size) > width and left > 2:
        left -= 1
        short = f"{text[: (left + 1) // 2]}…{text[len(text) - left // 2 :]}"
    return short
