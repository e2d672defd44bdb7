# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of Flink and their order."""

from __future__ import annotations

import re

from .errors import FlinkError


def series(version: str) -> tuple[int, int]:
    """The minor version: what state Flink reads depends on it."""
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None:
        raise FlinkError(f"{version!r} is not a valid version of Flink: it must look like 1.20.5")
    return int(found[1]), int(found[2])
