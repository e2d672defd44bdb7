# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the guardian in Ansible's own process: a module would be sent all that goes into it, only to pack it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalActionModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._guardian.archive import LibraryMissing, packed
from ansible_collections.streamops.flink.plugins.modules.flink_guardian_archive import OPTIONS


class ActionModule(NormalActionModule):
    """The module, but here, where that can be done."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        if getattr(self._connection, "transport", "") == "local" and not self._task.become:
            _validation, given = self.validate_argument_spec(OPTIONS)
            try:
                return packed(Path(given["directory"]), self._task.check_mode)
            except LibraryMissing:
                # The Python that modules run on may have them.
                pass
            except FlinkError as error:
                return {"failed": True, "msg": str(error)}
        return dict(super().run(tmp, task_vars))
