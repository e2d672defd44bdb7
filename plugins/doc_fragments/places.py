# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a cluster keeps things, for every module that looks there."""

from __future__ import annotations


class ModuleDocFragment:
    """The directories that a cluster's storage has."""

    DOCUMENTATION = r"""
options:
  places:
    description:
      - Where the cluster keeps things. It is needed only where no JobManager answers, because JobManagers say it
        themselves, and what they say goes first.
    type: dict
    suboptions:
      ha:
        description: C(high-availability.storageDir) with the cluster id.
        type: str
        default: ""
      results:
        description: The directory of the results of jobs.
        type: str
        default: ""
      application_results:
        description: The directory of the results of applications.
        type: str
        default: ""
      checkpoints:
        description: C(execution.checkpointing.dir).
        type: str
        default: ""
      savepoints:
        description: C(execution.checkpointing.savepoint-dir).
        type: str
        default: ""
"""
