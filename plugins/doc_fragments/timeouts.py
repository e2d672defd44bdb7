# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long modules that change jobs wait."""

from __future__ import annotations


class ModuleDocFragment:
    """Each is a fragment of its own, because few modules wait for everything."""

    LOCK = r"""
options:
  lock_timeout:
    description:
      - Seconds to wait for another run that works on the same job or upgrade.
    type: float
    default: 300
"""

    SAVEPOINT = r"""
options:
  savepoint_timeout:
    description:
      - Seconds for a savepoint.
    type: float
    default: 600
"""
