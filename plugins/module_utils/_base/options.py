# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of options: the nearest to an unknown one, and those that belong to one choice of another option."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
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


def nearest(name: object, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The known name that looks most like this one; empty where none does."""
    return next(iter(difflib.get_close_matches(str(name), sorted(known), n=1, cutoff=cutoff)), "")


def hint(name: object, known: Iterable[str]) -> str:
    """What to write instead of an unknown key."""
    names = sorted(known)
    near = nearest(name, names)
    return f"did you mean {near}?" if near else f"the keys are {', '.join(names)}"
