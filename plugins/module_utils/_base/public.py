# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables as they may be shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .secrets import MASK, all_forms, is_secret, is_worth_hiding, mask_url, masked_sql


def public(value: Any) -> Any:
    """Variables without the values of secret keys, and without these values wherever else they stand."""
    return _hidden(value, all_forms(_secrets(value)))


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
