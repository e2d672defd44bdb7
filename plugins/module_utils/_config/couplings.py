# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that are valid one by one and do not go together, and those that nothing reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

# Where Flink runs for options of that beginning; the clusters of this collection are standalone.
ELSEWHERE = {"kubernetes.": "Kubernetes", "yarn.": "YARN", "containerized.": "YARN or Kubernetes"}
UNALIGNED = ("execution.checkpointing.unaligned.enabled", "execution.checkpointing.unaligned")
CONCURRENT = ("execution.checkpointing.max-concurrent-checkpoints",)
MODE = ("execution.checkpointing.mode",)
INCREMENTAL = ("execution.checkpointing.incremental", "state.backend.incremental")
BACKEND = ("state.backend.type", "state.backend")
CHANGELOG = ("state.changelog.enabled", "state.backend.changelog.enabled")
CHANGELOG_STORAGE = ("state.changelog.storage", "state.backend.changelog.storage")


class Conflict(NamedTuple):
    """An option, the other one that it does not go with, why, and what to write."""

    key: str
    other: str
    why: str
    advice: str


def _value(options: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, str]:
    """The name and the value of an option, under whichever of its names it is set; empty when it is not."""
    return next(((name, str(options[name]).strip().lower()) for name in names if name in options), (names[0], ""))


def conflicts(options: Mapping[str, Any]) -> list[Conflict]:
    """What Flink refuses when a job starts, or switches off without a word."""
    unaligned, enabled = _value(options, UNALIGNED)
    if enabled != "true":
        return []
    found = []
    key, number = _value(options, CONCURRENT)
    if number.isdigit() and int(number) > 1:
        found.append(Conflict(key, unaligned, "Flink starts no job with both", "write 1"))
    key, mode = _value(options, MODE)
    if mode.replace("-", "_") == "at_least_once":
        why = "unaligned checkpoints can only be used with EXACTLY_ONCE, and Flink would switch them off"
        found.append(Conflict(key, unaligned, why, "write EXACTLY_ONCE"))
    return found


def without_effect(options: Mapping[str, Any]) -> list[str]:
    """What is allowed and does not do what it seems to, one sentence each."""
    found = [
        f"option {key} has no effect: it is for Flink on {place}, and this cluster is standalone; leave it out"
        for key in sorted(options)
        for beginning, place in ELSEWHERE.items()
        if key.startswith(beginning)
    ]
    key, incremental = _value(options, INCREMENTAL)
    _backend, backend = _value(options, BACKEND)
    if incremental == "true" and backend in ("hashmap", "jobmanager", "filesystem"):
        found.append(
            f"option {key} has no effect with the state backend {backend}: its checkpoints are always full ones; set"
            " flink_state_backend to rocksdb, or leave it out"
        )
    key, enabled = _value(options, CHANGELOG)
    storage, kind = _value(options, CHANGELOG_STORAGE)
    if enabled == "true" and kind in ("", "memory"):
        found.append(
            f"option {key} keeps the changelog in the memory of the TaskManagers ({storage} is memory), which is lost"
            f" with one of them and is for tests; set {storage} to filesystem and dstl.dfs.base-path to shared storage"
        )
    return found
