# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that must agree on all JobManagers and do not."""

from __future__ import annotations

from collections.abc import Mapping

from .._base.secrets import MASK, is_secret, mask_url

# A standby takes over with its own configuration: where these differ, the cluster changes with its leader.
_MUST_AGREE = (
    "high-availability",
    "application-result-store.",
    "classloader.",
    "cluster.",
    "execution.",
    "fs.",
    "heartbeat.",
    "job-result-store.",
    "jobmanager.adaptive-scheduler.",
    "jobmanager.archive.",
    "jobmanager.execution.",
    "jobmanager.memory.",
    "jobmanager.scheduler",
    "parallelism.default",
    "pipeline.",
    "resourcemanager.",
    "restart-strategy",
    "s3.",
    "s3a.",
    "security.",
    "slotmanager.",
    "state.",
    "table.",
    "web.cancel.",
    "web.rescale.",
    "web.submit.",
)
# These name a place on the node itself.
_MAY_DIFFER = ("high-availability.jobmanager.port", "state.backend.rocksdb.localdir")
_MAY_DIFFER_ENDS = ("keystore", "truststore", "working-dir", "tmp-dir", "tmp-dirs", "local-dir", "local-dirs")


def masked(key: str, value: str) -> str:
    """A value fit to be shown."""
    return MASK if is_secret(key) else mask_url(value)


def must_agree(key: str) -> bool:
    return key.startswith(_MUST_AGREE) and key not in _MAY_DIFFER and not key.endswith(_MAY_DIFFER_ENDS)


def find_drift(configurations: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str | None]]:
    """The keys that must agree and do not: key -> JobManager -> value."""
    keys = sorted({key for one in configurations.values() for key in one})
    found: dict[str, dict[str, str | None]] = {}
    for key in keys:
        if not must_agree(key):
            continue
        here = {name: one.get(key) for name, one in configurations.items()}
        if len(set(here.values())) > 1:
            found[key] = {name: None if value is None else masked(key, value) for name, value in here.items()}
    return found
