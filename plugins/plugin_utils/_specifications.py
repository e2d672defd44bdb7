# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles of the collection declare of their variables: their argument_specs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ansible.module_utils.common.yaml import yaml_load
from ansible_collections.streamops.flink.plugins.module_utils._base.units import duration, size

COLLECTION = Path(__file__).resolve().parents[2]

# How a default is written says what the variable is, because an argument specification has no types for it.
_DURATION = re.compile(r"[0-9]+ (?:ms|s|min|h|d)")
_SIZE = re.compile(r"[0-9]+[kmgt]")

Options = Mapping[str, Mapping[str, Any]]


def specifications(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml_load(path.read_text(encoding="utf-8"))["argument_specs"]
    return found


def role_paths(collection: Path) -> list[Path]:
    return sorted(collection.glob("roles/*/meta/argument_specs.yml"))


@cache
def role_options(collection: Path = COLLECTION) -> Options:
    """The variables of all roles with their descriptions."""
    options: dict[str, Mapping[str, Any]] = {}
    for path in role_paths(collection):
        for entry in specifications(path).values():
            options |= entry.get("options", {})
    return options


def unit_reader(option: Mapping[str, Any]) -> Callable[[Any, str], float] | None:
    """What reads the variable, where it is a duration or a size."""
    default = str(option.get("default"))
    if _DURATION.fullmatch(default):
        return duration
    return size if _SIZE.fullmatch(default) else None
