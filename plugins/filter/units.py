# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables with units as numbers. Each filter is documented in <name>.yml."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._base.units import duration, size
from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors
from ansible_collections.streamops.flink.plugins.plugin_utils._specifications import role_options


def _given(value: Any, name: str) -> Any:
    """The value, or the default of the variable where it is not set."""
    return value if value not in (None, "") else role_options().get(name, {}).get("default", value)


@filter_errors
def flink_seconds(value: Any, name: str) -> int | float:
    found = duration(_given(value, name), name)
    return int(found) if found == int(found) else found


@filter_errors
def flink_bytes(value: Any, name: str) -> int:
    return size(_given(value, name), name)


class FilterModule:
    """Filters for durations and sizes."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"flink_seconds": flink_seconds, "flink_bytes": flink_bytes}
