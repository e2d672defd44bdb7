# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the clocks: only the controller knows when the module was asked, and when its answer was there."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalActionModule
from ansible_collections.streamops.flink.plugins.module_utils._preflight.machine import Clock, clock_problems


class ActionModule(NormalActionModule):
    """The module, between two looks at the controller's clock."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        asked, started = time.time(), time.monotonic()
        result = dict(super().run(tmp, task_vars))
        told = result.get("clock")
        if told and not result.get("failed"):
            clock = Clock(asked, told["began"], told["ended"], asked + time.monotonic() - started)
            args = self._task.args
            machine = args.get("machine") or "this machine"
            result["problems"] = [*result["problems"], *clock_problems(clock, told["tolerance"], machine)]
        return result
