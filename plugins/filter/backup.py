# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the drill of a restore and the timer of the backups are made of. Each filter is documented in <name>.yml."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._backup import restore_drill as _restore_drill
from ansible_collections.streamops.flink.plugins.module_utils._runtime import systemd as _systemd
from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors


@filter_errors
def flink_restore_drill(
    stored: Sequence[Mapping[str, Any]], declared: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    return _restore_drill.plan(stored, declared, wanted)


@filter_errors
def flink_restore_drill_config(config: Mapping[str, Any]) -> dict[str, Any]:
    return _restore_drill.settings(config)


@filter_errors
def flink_unit_words(words: Sequence[Any], command: bool = False) -> str:
    return " ".join(_systemd.quoted(str(word), command=command) for word in words)


class FilterModule:
    """Filters for playbooks/restore_drill.yml and playbooks/backup_timer.yml."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "flink_restore_drill": flink_restore_drill,
            "flink_restore_drill_config": flink_restore_drill_config,
            "flink_unit_words": flink_unit_words,
        }
