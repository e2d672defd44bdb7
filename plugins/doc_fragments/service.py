# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of every module that keeps a daemon running."""

from __future__ import annotations


class ModuleDocFragment:
    """What a daemon is, and when it is restarted; service_argument_spec() of _module.py holds the same."""

    DOCUMENTATION = r"""
options:
  command:
    description:
      - The command and its arguments, which must stay in the foreground.
      - Without it, the description that the daemon has already is kept.
    type: list
    elements: str
  secret_environment:
    description: More environment variables, whose values are never shown.
    type: dict
    default: {}
  stop_timeout:
    description: Seconds a daemon has to end by itself before it is killed, with all processes that it has started.
    type: int
    default: 30
  digest:
    description: A digest of the daemon's configuration. The daemon is restarted when it changes.
    type: str
    default: ""
  restart:
    description:
      - Whether a daemon that runs may be restarted because it runs otherwise than described. With V(false) it goes on
        as it is, nothing is written, and RV(restart_needed) says that it waits for a restart.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Values of O(secret_environment), and of variables and options that are named like secrets, are hidden.
  idempotent:
    support: partial
    details:
      - With O(state=restarted) every run restarts the daemon.
"""
