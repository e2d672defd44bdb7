# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nested options as dotted ones, which is the form that Flink reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._base.errors import FlinkError
from .._base.units import Value

# Nothing that cannot be seen, and no line breaks.
_NAME = re.compile(r"[^\0-\x1f\x7f-\x9f\u200b-\u200f\u2028\u2029\ufeff]+")


def flatten(nested: Mapping[Any, Any], where: str = "the options") -> dict[str, Value]:
    """Nested maps and dotted keys, as people mix them, to dotted keys only."""
    flat: dict[str, Value] = {}
    _flatten(nested, "", flat, where)
    return flat


def _flatten(nested: Mapping[Any, Any], prefix: str, flat: dict[str, Value], where: str) -> None:
    for name, value in nested.items():
        text = str(name).strip()
        if name is None or isinstance(name, bool | bytes) or not text.strip(" .") or not _NAME.fullmatch(text):
            place = f" below {prefix[:-1]}" if prefix else ""
            raise FlinkError(
                f"cannot read {where}: {name!r}{place} is not a valid name of an option; put the name in quotes,"
                " and no line breaks into it"
            )
        key = f"{prefix}{text}"
        if isinstance(value, Mapping):
            _flatten(value, f"{key}.", flat, where)
        elif key in flat:
            raise FlinkError(
                f"cannot read {where}: option {key} is given twice, dotted and nested or in two spellings; keep one",
                option=key,
            )
        else:
            flat[key] = value
