# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that must be equal on all nodes of a cluster."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from .._base.secrets import is_secret
from .._base.units import Value
from .options import canonical
from .yaml import text

# Different on every JobManager.
_NOT_SHARED = ("high-availability.jobmanager.port",)
_SHARED = (
    "execution.checkpointing.dir",
    "execution.checkpointing.savepoint-dir",
    "job-result-store.storage-path",
    "application-result-store.storage-path",
)


def ha_keys(options: Mapping[str, Value], version: str) -> dict[str, str]:
    """The options that must agree on all nodes, under today's names, as Flink's REST interface writes values."""
    today = canonical(dict(options), version, "the configuration").options
    return {
        key: text(value)
        for key, value in sorted(today.items())
        if (key.startswith("high-availability.") and key not in _NOT_SHARED and not is_secret(key)) or key in _SHARED
    }


def ha_fingerprint(options: Mapping[str, Value], version: str) -> str:
    """Equal fingerprints, equal high availability."""
    return hashlib.sha256(json.dumps(ha_keys(options, version), sort_keys=True).encode()).hexdigest()
