# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Prometheus and Alertmanager read about a cluster. Each filter is documented in <name>.yml."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._config import compose as _config
from ansible_collections.streamops.flink.plugins.module_utils._config.inventory import Node
from ansible_collections.streamops.flink.plugins.module_utils._monitoring import prometheus as _monitoring
from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors


@filter_errors
def flink_prometheus_targets(nodes: Sequence[Node], cluster: str) -> dict[str, list[_monitoring.Target]]:
    return _monitoring.targets(nodes, cluster)


@filter_errors
def flink_prometheus_thresholds(
    nodes: Sequence[Node],
    variables: Mapping[str, Any],
    jobs: Sequence[Mapping[str, Any]] = (),
    thresholds: Mapping[str, Any] | None = None,
) -> dict[str, float | str]:
    options = _config.compose("jobmanager", variables).options
    restarts = variables.get("flink_watchdog_max_restarts")
    known = {} if restarts is None else {"watchdog_restarts": int(restarts)}
    follows = _monitoring.computed(nodes, jobs, options, str(variables["flink_version"]), **known)
    return _monitoring.thresholds(follows, thresholds or {})


@filter_errors
def flink_prometheus_config(cluster: str, directory: str, address: str, **options: Any) -> dict[str, Any]:
    return _monitoring.prometheus(cluster, directory, address, **options)


@filter_errors
def flink_alertmanager_config(
    receivers: Sequence[Mapping[str, Any]], routes: Mapping[str, Any], defaults: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    return _monitoring.alertmanager(receivers, routes, defaults or {})


class FilterModule:
    """Filters for monitoring."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "flink_prometheus_targets": flink_prometheus_targets,
            "flink_prometheus_thresholds": flink_prometheus_thresholds,
            "flink_prometheus_config": flink_prometheus_config,
            "flink_alertmanager_config": flink_alertmanager_config,
        }
