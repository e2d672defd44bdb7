# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module as Ansible itself does, and shows what it waits for when that takes more than a few seconds.

A module cannot speak before it ends. This plugin names a file in the module's environment, the module appends a line
now and then, and the lines are shown while it runs. meta/runtime.yml names this plugin for every module that may have
to wait.
"""

from __future__ import annotations

import os
import threading
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible import constants
from ansible.plugins.action.normal import ActionModule as NormalActionModule
from ansible_collections.streamops.flink.plugins.module_utils._base.progress import ENVIRONMENT, QUIET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INTERVAL = 0.5


class ActionModule(NormalActionModule):
    """The ordinary action, watched."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        if not self._can_show():
            return dict(super().run(tmp, task_vars))
        with shown(self._show):
            return dict(super().run(tmp, task_vars))

    def _can_show(self) -> bool:
        """Whether the module runs here, in the foreground, and may be talked about."""
        here = getattr(self._connection, "transport", "") == "local"
        return here and not self._task.async_val and not self._task.no_log

    def _show(self, line: str) -> None:
        # Standard error, so that output which a machine reads stays as it is.
        self._display.display(f"... {line}", stderr=True)


@contextmanager
def shown(show: Callable[[str], None], quiet: float = QUIET, interval: float = INTERVAL) -> Iterator[Path]:
    """Show the lines that a child process appends to the file which its environment names."""
    path = Path(str(constants.DEFAULT_LOCAL_TMP)) / f"flink-progress-{uuid.uuid4().hex}"
    before = os.environ.get(ENVIRONMENT)
    os.environ[ENVIRONMENT] = str(path)
    done = threading.Event()
    watcher = threading.Thread(target=watch, args=(path, show, done, quiet, interval), daemon=True)
    watcher.start()
    try:
        yield path
    finally:
        done.set()
        watcher.join()
        path.unlink(missing_ok=True)
        if before is None:
            del os.environ[ENVIRONMENT]
        else:
            os.environ[ENVIRONMENT] = before


def watch(path: Path, show: Callable[[str], None], done: threading.Event, quiet: float, interval: float) -> None:
    """Nearly every task ends before there is anything to look for."""
    if done.wait(quiet):
        return
    offset = 0
    ended = False
    while not ended:
        # The last look comes after the end, so that no line is lost.
        ended = done.wait(interval)
        lines, offset = new_lines(path, offset)
        for line in lines:
            show(line)


def new_lines(path: Path, offset: int) -> tuple[list[str], int]:
    """The complete lines behind the offset, and the offset behind them."""
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            data = stream.read()
    except OSError:
        return [], offset
    complete = data[: data.rfind(b"\n") + 1]
    lines = [line for line in complete.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines, offset + len(complete)
