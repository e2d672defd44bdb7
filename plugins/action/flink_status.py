# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module flink_status and prints what it found: a module cannot print, an action can."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

MIN_WIDTH, MAX_WIDTH = 100, 180


class ActionModule(ActionBase):
    """Shows the status of a cluster on the controller's terminal."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        result.update(self._execute_module(task_vars=task_vars))
        if "status" in result:
            text = self._text(result["status"])
            if text:
                Display().display(text)
        return result

    def _text(self, status: dict[str, Any]) -> str:
        form = self._task.args.get("format", "table")
        if form == "none":
            return ""
        if form == "json":
            return json.dumps(status, indent=2)
        # rich is needed for the table only, so JSON works without it.
        from ansible_collections.streamops.flink.plugins.module_utils._operations.status_view import render

        width = min(max(shutil.get_terminal_size((120, 40)).columns, MIN_WIDTH), MAX_WIDTH)
        color = bool(constants.ANSIBLE_FORCE_COLOR or (not constants.ANSIBLE_NOCOLOR and sys.stdout.isatty()))
        return "\n".join([render(status, width=width, color=color), *self._task.args.get("hints", [])])
