# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module flink_health_info and prints the verdicts where that is asked for: a module cannot print."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

MIN_WIDTH, MAX_WIDTH = 100, 180
SHOWN = ("healthy", "cluster", "jobs", "problems")


class ActionModule(ActionBase):
    """Shows the verdicts on the controller's terminal."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        result.update(self._execute_module(task_vars=task_vars))
        if "cluster" in result:
            text = self._text(result)
            if text:
                Display().display(text)
        return result

    def _text(self, found: dict[str, Any]) -> str:
        form = self._task.args.get("format", "none")
        if form == "json":
            return json.dumps({key: found[key] for key in SHOWN}, indent=2)
        if form != "table":
            return ""
        # rich is needed for the table only, so JSON works without it.
        from ansible_collections.streamops.flink.plugins.module_utils._operations.status_view import render_health

        width = min(max(shutil.get_terminal_size((120, 40)).columns, MIN_WIDTH), MAX_WIDTH)
        color = bool(constants.ANSIBLE_FORCE_COLOR or (not constants.ANSIBLE_NOCOLOR and sys.stdout.isatty()))
        return render_health(found, width=width, color=color)
