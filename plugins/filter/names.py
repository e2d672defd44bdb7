# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that are made of other names. Documented in flink_derived_name.yml."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._base.names import derived_name
from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors


@filter_errors
def flink_derived_name(text: Any) -> str:
    return derived_name(str(text))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"flink_derived_name": flink_derived_name}
