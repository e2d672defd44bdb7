# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which backups stay, for every module that removes old ones."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of O(state=pruned)."""

    DOCUMENTATION = r"""
options:
  keep:
    description:
      - So many backups stay, for O(state=pruned). V(0) is any number.
    type: int
    default: 0
  max_age:
    description:
      - Days after which a backup goes, for O(state=pruned). V(0) is never. The newest one always stays.
    type: float
    default: 0
  restored_from:
    description:
      - The states that running jobs were started from. A backup that one of them comes from stays.
    type: list
    elements: str
    default: []
"""
