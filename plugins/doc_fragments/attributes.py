# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module of this collection says about check mode, diff mode and idempotence."""

from __future__ import annotations


class ModuleDocFragment:
    """A module with its own answers takes the plain fragment and adds support and details."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and say what would change without changing anything.
  diff_mode:
    description: Returns what has changed, or would change in check mode, when it runs in diff mode.
  idempotent:
    description: A second run with the same options reports C(changed=false) when nothing else happened in between.
"""

    INFO_MODULE = r"""
attributes:
  check_mode:
    support: full
    details:
      - This module only reads.
  diff_mode:
    support: N/A
    details:
      - This module only reads.
  idempotent:
    support: full
    details:
      - This module only reads.
"""

    FLINK = r"""
attributes:
  action_group:
    description: Belongs to an action group, so that O(ignore:module_defaults) can give its connection options once.
    support: full
    membership:
      - streamops.flink.flink
"""

    NODE = r"""
attributes:
  action_group:
    description: Belongs to an action group, so that O(ignore:module_defaults) can give common options once.
    support: full
    membership:
      - streamops.flink.node
"""
