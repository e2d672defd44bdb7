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


class FilterModule:
    """The filter for declared jobs."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"flink_job_problems": flink_job_problems}
