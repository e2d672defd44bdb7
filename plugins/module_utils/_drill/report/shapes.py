# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes of a picture as data, which a template draws and escapes, and how much text fits into them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Union

Value = Union[str, float]


@dataclass(frozen=True)
class Shape:
    """One element of an SVG; its title is shown when the pointer rests on it."""

    element: str
    text: str
    title: str
    attributes: Mapping[str, str]


def shape(element: str, text: str = "", *, title: str = "", **attributes: Value) -> Shape:
    """The attribute class_ is written as class, text_anchor as text-anchor."""
    named = {key.rstrip("_").replace("_", "-"): _value(value) for key, value in attributes.items()}
    return Shape(element, text, title, named)


def _value(value: Value) -> str:
    """A tenth of a pixel is exact enough."""
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
