# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration file of the watchdog."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .._base.errors import FlinkError
from .._cluster.client import Settings
from .._health import signs as _signs
from .._health.model import Limits
from .decide import Policy
from .receivers import problems as alert_problems


class ProcessMarks(NamedTuple):
    """The marks that the processes of a TaskManager carry."""

    service: str
    directory: str


class Config(NamedTuple):
    """What the role guardian has written."""

    connection: Settings
    name: str
    directory: Path
    cache_dir: Path
    limits: Limits
    policy: Policy
    interval: float
    slots: int | None
    signs: Mapping[str, Mapping[str, Any]]
    alerts: Mapping[str, Any]
    sql_gateways: tuple[str, ...]
    taskmanagers: Mapping[str, ProcessMarks]
    metrics_address: str
    metrics_port: int
    # Where the guardian that fences keeps what it knows.
    fence_state: Path
    start_timeout: float = 300.0


def read_config(path: str | Path) -> Config:
    """:raises FlinkError: the file is missing, or not what the role has written."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        marks = {str(key): ProcessMarks(**one) for key, one in found["taskmanagers"].items()}
        config = Config(
            connection=Settings.from_options(found["connection"]),
            name=str(found["name"]),
            directory=Path(found["directory"]),
            cache_dir=Path(found["cache_dir"]),
            limits=Limits(**_numbers(found["limits"])),
            policy=Policy(**_numbers(found["policy"])),
            interval=float(found["interval"]),
            slots=found.get("slots"),
            signs=dict(found["signs"]),
            alerts=dict(found["alerts"]),
            sql_gateways=tuple(found["sql_gateways"]),
            taskmanagers=marks,
            metrics_address=str(found["metrics_address"]),
            metrics_port=int(found["metrics_port"]),
            fence_state=Path(found["fence_state"]),
            start_timeout=float(found["start_timeout"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FlinkError(
            f"the watchdog's configuration {path} cannot be used ({type(error).__name__}: {error}): run site.yml again"
        ) from error
    wrong = alert_problems(config.alerts)
    wrong += [text for job, declared in sorted(config.signs.items()) for text in _signs.problems(job, declared)]
    if wrong:
        raise FlinkError(f"the watchdog's configuration {path} cannot be used: {'; '.join(wrong)}")
    return config


def _numbers(found: Mapping[str, Any]) -> dict[str, Any]:
    """Inventories may hold numbers as texts."""
    return {
        str(key): int(value) if key in {"crashes", "strikes", "max_restarts"} else float(value)
        for key, value in found.items()
    }
