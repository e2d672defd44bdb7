# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an inventory, before any machine is asked. Each filter is documented in <name>.yml."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config.catalogue import catalogue
from ansible_collections.streamops.flink.plugins.module_utils._config.inventory import Node
from ansible_collections.streamops.flink.plugins.module_utils._config.variables import VARIABLES
from ansible_collections.streamops.flink.plugins.module_utils._preflight.inventory import (
    ClusterDescription,
    ensemble_problems,
    inventory_problems,
    memory_needs,
)
from ansible_collections.streamops.flink.plugins.module_utils._preflight.reach import reach_problem
from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors


@filter_errors
def flink_inventory_problems(nodes: Iterable[Node], **cluster: Any) -> list[str]:
    try:
        described = ClusterDescription(**cluster)
    except TypeError as error:
        raise FlinkError(f"flink_inventory_problems: {error}") from error
    return inventory_problems(list(nodes), described, catalogue)


@filter_errors
def flink_memory_needs(nodes: Iterable[Node], hostvars: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return memory_needs(nodes, hostvars, VARIABLES)


@filter_errors
def flink_reach_problems(hosts: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[str]:
    problems = (reach_problem(host, hostvars[host]) for host in hosts)
    return [problem for problem in problems if problem]


@filter_errors
def flink_ensemble_problems(nodes: Iterable[Node], with_data: Iterable[str], asked: Iterable[str]) -> list[str]:
    return ensemble_problems(list(nodes), set(with_data), set(asked))


class FilterModule:
    """Filters that preflight needs."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "flink_ensemble_problems": flink_ensemble_problems,
            "flink_inventory_problems": flink_inventory_problems,
            "flink_memory_needs": flink_memory_needs,
            "flink_reach_problems": flink_reach_problems,
        }
