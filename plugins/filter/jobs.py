# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with declared jobs before any of them is started. Documented in flink_job_problems.yml."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors
from ansible_collections.streamops.flink.plugins.plugin_utils._structures import job_problems


@filter_errors
def flink_job_problems(jobs: Any) -> list[str]:
    return job_problems(jobs)


@filter_errors
def flink_declared_jobs(jobs: Any) -> list[dict[str, Any]]:
    """The entries of flink_jobs without the keys that are set to nothing."""
    return [{key: value for key, value in job.items() if value is not None} for job in jobs]


class FilterModule:
    """The filter for declared jobs."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"flink_job_problems": flink_job_problems, "flink_declared_jobs": flink_declared_jobs}
