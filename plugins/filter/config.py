# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the variables of a cluster to the configuration of its daemons. Each filter is documented in <name>.yml."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.utils.display import Display
from ansible_collections.streamops.flink.plugins.module_utils._base import secrets as _secrets
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config import compose as _config
from ansible_collections.streamops.flink.plugins.module_utils._config import options as _options
from ansible_collections.streamops.flink.plugins.module_utils._config import zookeeper as _zookeeper
from ansible_collections.streamops.flink.plugins.module_utils._config.agreement import ha_keys
from ansible_collections.streamops.flink.plugins.module_utils._config.flat import flatten
from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors


@filter_errors
def flink_daemon_config(variables: Mapping[str, Any], role: str, select: str = "all") -> dict[str, Any]:
    if not isinstance(variables, Mapping):
        raise FlinkError(f"flink_daemon_config requires the variables of a host, not {variables!r}")
    composed = _config.compose(role, variables)
    for warning in composed.warnings:
        Display().warning(warning)
    if select == "origins":
        return composed.origins
    if select not in ("all", "public", "secret"):
        raise FlinkError(f"flink_daemon_config cannot select {select!r}, only all, public, secret or origins")
    wanted = {"all": (True, False), "public": (False,), "secret": (True,)}[select]
    return {key: value for key, value in composed.options.items() if _secrets.is_secret(key) in wanted}


@filter_errors
def flink_zoo_cfg(variables: Mapping[str, Any], nodes: Iterable[Mapping[str, Any]]) -> str:
    return _zookeeper.zoo_cfg(variables, nodes)


@filter_errors
def flink_zookeeper_files(variables: Mapping[str, Any], nodes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return _zookeeper.zookeeper_files(variables, nodes)


@filter_errors
def flink_quorum(nodes: Iterable[Mapping[str, Any]]) -> str:
    return _zookeeper.quorum(nodes)


@filter_errors
def flink_ha_keys(options: Mapping[str, Any], version: str) -> dict[str, str]:
    return ha_keys(flatten(options), version)


@filter_errors
def flink_option_problems(
    options: Mapping[str, Any], version: str, prefixes: Iterable[str] = ()
) -> list[dict[str, str]]:
    return [
        {
            "option": problem.key,
            "severity": problem.severity,
            "message": problem.message,
            "suggestion": problem.suggestion,
        }
        for problem in _options.validate(options, version, prefixes)
    ]


class FilterModule:
    """Filters that compose and check configurations."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "flink_daemon_config": flink_daemon_config,
            "flink_zoo_cfg": flink_zoo_cfg,
            "flink_zookeeper_files": flink_zookeeper_files,
            "flink_quorum": flink_quorum,
            "flink_ha_keys": flink_ha_keys,
            "flink_option_problems": flink_option_problems,
        }
