# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a watchdog is configured with. Each filter is documented in <name>.yml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._watchdog.config import config_of, problems
from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors


@filter_errors
def flink_watchdog_config(variables: Mapping[str, Any], directory: str) -> dict[str, Any]:
    return config_of(variables, directory)


@filter_errors
def flink_watchdog_problems(variables: Mapping[str, Any]) -> list[str]:
    return problems(variables)


class FilterModule:
    """Filters for the watchdog."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"flink_watchdog_config": flink_watchdog_config, "flink_watchdog_problems": flink_watchdog_problems}
