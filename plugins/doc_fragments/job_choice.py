# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a module is given the job that it is about."""

from __future__ import annotations


class ModuleDocFragment:
    """One of the two options is given."""

    DOCUMENTATION = r"""
options:
  name:
    description:
      - The job, by the name under which M(streamops.flink.flink_job) knows it, or by the name that Flink shows.
    type: str
  job_id:
    description:
      - The job, by Flink's id.
    type: str
"""
