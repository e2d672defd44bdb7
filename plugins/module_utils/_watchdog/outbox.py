# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends alerts: by mail, by webhooks, by Slack, DingTalk and Alertmanager.

Each receiver has a thread and a queue of its own, so that one that is slow or broken holds up neither the others nor
the watchdog. What could not be sent is in a file and is tried again.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._base.files import write_file
from .receivers import LEVELS, WARNING
from .send import Message, Unsent, send

# Between two tries, from the first to the longest.
RETRY_SECONDS, RETRY_LIMIT = 5.0, 300.0
# A receiver that is away for days does not get everything.
QUEUE_LIMIT = 200

Journal = Callable[[str, dict[str, Any]], None]


# -- the queue -------------------------------------------------------------------------------------------------------


class Outbox:
    """Messages on their way, each receiver's in order. They survive the end of the process in a file."""

    def __init__(self, receivers: Sequence[Mapping[str, Any]], path: Path, journal: Journal) -> None:
        self._receivers = {str(one["name"]): one for one in receivers}
        self._path = path
        self._journal = journal
        self._lock = threading.Condition()
        self._waiting: dict[str, list[Message]] = {name: [] for name in self._receivers}
        self._ended = False
        self.failed = 0
        self._load()
        for name in self._receivers:
            threading.Thread(target=self._work, args=(name,), daemon=True, name=f"alerts to {name}").start()

    def post(self, message: Message) -> None:
        """Never waits, never fails."""
        with self._lock:
            for name, options in self._receivers.items():
                wanted = str(options.get("level") or WARNING)
                # What was sent is also reported as resolved.
                if LEVELS.index(message.level) >= LEVELS.index(wanted):
                    self._waiting[name] = [*self._waiting[name], message][-QUEUE_LIMIT:]
            self._save()
            self._lock.notify_all()

    def pending(self) -> int:
        with self._lock:
            return sum(len(one) for one in self._waiting.values())

    def close(self) -> None:
        with self._lock:
            self._ended = True
            self._lock.notify_all()

    def _work(self, name: str) -> None:
        pause = RETRY_SECONDS
        while True:
            with self._lock:
                while not self._waiting[name] and not self._ended:
                    self._lock.wait()
                if self._ended:
                    return
                message = self._waiting[name][0]
            try:
                send(self._receivers[name], message)
            except Unsent as error:
                self.failed += 1
                self._journal("alert_failed", {"receiver": name, "what": error.message, "again_in": pause})
                with self._lock:
                    if not self._ended:
                        self._lock.wait_for(lambda: self._ended, pause)
                pause = min(RETRY_LIMIT, pause * 2)
                continue
            pause = RETRY_SECONDS
            self._journal("alert_sent", {"receiver": name, "title": message.title, "status": message.status})
            with self._lock:
                if self._waiting[name] and self._waiting[name][0] == message:
                    del self._waiting[name][0]
                self._save()

    def _save(self) -> None:
        try:
            content = {name: [one._asdict() for one in waiting] for name, waiting in self._waiting.items()}
            write_file(self._path, json.dumps(content) + "\n")
        except OSError as error:
            # They are still sent; only the end of this process would now lose them.
            self._journal("trouble", {"what": f"unsent alerts cannot be kept in {self._path}: {error.strerror}"})

    def _load(self) -> None:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            for name in self._waiting:
                self._waiting[name] = [Message(**one) for one in found.get(name, [])]
        except (OSError, ValueError, TypeError, AttributeError):
            return
