# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no interface for others, may change at any time.
"""Variables of an inventory without what nobody should read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._base.errors import mask_url
from .._jobs.spec import MASK, masked_sql
from .options import is_secret

# Shorter ones, and words such as true, would black out half of every text.
LEAST = 4
_WORDS = frozenset({"true", "false", "none", "null"})


def public(value: Any) -> Any:
    """The same without the values of secret keys, and without these values wherever else they stand."""
    known = sorted(set(_secrets(value)), key=len, reverse=True)
    return _hidden(value, known)


def _secrets(value: Any, *, secret: bool = False) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _secrets(one, secret=secret or is_secret(str(key)))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _secrets(one, secret=secret)
    elif secret and isinstance(value, str) and len(value) >= LEAST and value.lower() not in _WORDS:
        yield value


def _hidden(value: Any, known: list[str], *, secret: bool = False) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _hidden(one, known, secret=secret or is_secret(str(key))) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(one, known, secret=secret) for one in value]
    if secret and value not in ("", None) and not isinstance(value, bool):
        return MASK
    if isinstance(value, str):
        text = masked_sql(mask_url(value))
        for one in known:
            text = text.replace(one, MASK)
        return text
    return value
