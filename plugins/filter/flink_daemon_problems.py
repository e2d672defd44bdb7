# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the options of a host's daemons, before anything is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config.compose import compose
from ansible_collections.streamops.flink.plugins.module_utils._config.inventory import DAEMONS
from ansible_collections.streamops.flink.plugins.module_utils._config.variables import ROLES
from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors

DOCUMENTATION = r"""
name: flink_daemon_problems
short_description: What is wrong with the options of a host's daemons
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Composes the configuration of every daemon of a host, as P(streamops.flink.flink_daemon_config#filter) does, and
    returns what is wrong with it instead of failing at the first mistake.
positional: _input, daemons
options:
  _input:
    description: The variables of the host.
    type: dict
    required: true
  daemons:
    description: The daemons that the host runs.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong with the options of a JobManager
  ansible.builtin.debug:
    msg: "{{ variables | streamops.flink.flink_daemon_problems(['jobmanager']) }}"
  vars:
    variables: "{{ {'flink_cluster_id': '/payments', 'flink_config': {'heartbeat.intervall': '3 s'}} }}"
"""

RETURN = r"""
_value:
  description: The problems, one sentence each.
  type: list
  elements: str
"""


# What an inventory has on a host and is not configured by options of Flink.
OTHERS = {daemon for daemon, _ports in DAEMONS.values()} - set(ROLES)


@filter_errors
def flink_daemon_problems(variables: Mapping[str, Any], daemons: Iterable[str]) -> list[str]:
    problems: dict[str, None] = {}
    for daemon in (one for one in daemons if one not in OTHERS):
        try:
            compose(daemon, variables)
        except FlinkError as error:
            problems[error.message] = None
    return list(problems)


class FilterModule:
    """A filter that checks the options of daemons."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"flink_daemon_problems": flink_daemon_problems}
