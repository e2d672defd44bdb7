# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a module that belong to one choice of another option."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import FlinkError


def refuse_foreign(params: Mapping[str, Any], option: str, choices: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse what only another choice reads: it would be ignored in silence.

    choices has the argument spec of each choice's own options.
    """
    chosen = params[option]
    for choice, spec in choices.items():
        given = [name for name, about in spec.items() if params[name] != about.get("default")]
        foreign = [name for name in given if name not in choices.get(chosen, {})]
        if foreign:
            raise FlinkError(
                f"{foreign[0]} is given with {option} {chosen}, but only {option} {choice} uses it:"
                f" leave it out or set {option}: {choice}"
            )
