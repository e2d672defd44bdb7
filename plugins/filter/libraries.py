# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jars that a cluster adds to Flink. Each filter is documented in <name>.yml."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._install import libraries as _libraries
from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors


@filter_errors
def flink_jars(libraries: Sequence[Any], plugins: Mapping[str, Any] | None = None) -> list[dict[str, str]]:
    return _libraries.declared(libraries, plugins or {})


@filter_errors
def flink_jar_problems(libraries: Any, plugins: Any = None) -> list[str]:
    return list(_libraries.library_problems(libraries, {} if plugins is None else plugins))


@filter_errors
def flink_overlay(jars: Sequence[Mapping[str, str]], version: str) -> str:
    return _libraries.overlay_name(jars, version)


class FilterModule:
    """Filters for further jars."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"flink_jars": flink_jars, "flink_jar_problems": flink_jar_problems, "flink_overlay": flink_overlay}
