# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's parallelism, changed while it runs."""

from __future__ import annotations

from collections.abc import Mapping

from .._base.errors import RestError
from .._base.wait import Deadline
from .._cluster.client import Cluster
from .view import strange

# -- rescaling -------------------------------------------------------------------------------------------------------


def requirements(cluster: Cluster, job_id: str) -> dict[str, dict[str, int]] | None:
    """Bounds of each vertex; None when the cluster's scheduler cannot rescale a running job."""
    try:
        answer = cluster.rest.get(f"/jobs/{job_id}/resource-requirements")
    except RestError as error:
        if any("UnsupportedOperationException" in text for text in error.errors):
            return None
        raise
    try:
        return {
            str(vertex): {
                "lower": int(one["parallelism"]["lowerBound"]),
                "upper": int(one["parallelism"]["upperBound"]),
            }
            for vertex, one in answer.items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise strange("about resource requirements", error) from error


def rescaled(bounds: Mapping[str, Mapping[str, int]], old: int, new: int) -> dict[str, dict[str, int]]:
    """Vertices of the job's own parallelism follow it; those that have one of their own keep it."""
    return {
        vertex: {"lower": min(one["lower"], new), "upper": new} if one["upper"] == old else dict(one)
        for vertex, one in bounds.items()
    }


def put_requirements(
    cluster: Cluster, job_id: str, bounds: Mapping[str, Mapping[str, int]], deadline: Deadline | None = None
) -> None:
    body = {
        vertex: {"parallelism": {"lowerBound": one["lower"], "upperBound": one["upper"]}}
        for vertex, one in bounds.items()
    }
    cluster.rest.put(f"/jobs/{job_id}/resource-requirements", body)
