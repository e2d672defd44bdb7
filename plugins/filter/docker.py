# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Daemons as containers. Each filter is documented in <name>.yml."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._config.inventory import Node
from ansible_collections.streamops.flink.plugins.module_utils._config.variables import VARIABLES
from ansible_collections.streamops.flink.plugins.module_utils._preflight.inventory import memory_needs
from ansible_collections.streamops.flink.plugins.module_utils._runtime import docker as _docker
from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors


@filter_errors
def flink_container(service: Mapping[str, Any]) -> _docker.Container:
    return _docker.container(service)


@filter_errors
def flink_container_step(
    wanted: _docker.Container | None, found: Mapping[str, Any] | None, state: str, restart: bool = True
) -> _docker.Step:
    return _docker.step(state, wanted or None, bool(restart), found or None)


def _settings(
    nodes: Iterable[Node], hostvars: Mapping[str, Mapping[str, Any]], prefix: str
) -> dict[str, _docker.ContainerSettings]:
    found: dict[str, _docker.ContainerSettings] = {}
    for node in nodes:
        variables = hostvars[node["name"]]
        memory = memory_needs([node], hostvars, VARIABLES)
        found[node["name"]] = {
            "container": str(variables.get("flink_container") or f"{prefix}{node['name']}"),
            "published": list(variables.get("flink_published_ports") or ()),
            "limits": variables.get("service_limits") or {},
            "memory": next(iter(memory.values()), ""),
        }
    return found


@filter_errors
def flink_docker_problems(
    nodes: list[Node],
    hostvars: Mapping[str, Mapping[str, Any]],
    answer: Mapping[str, Any],
    subnet: str,
    prefix: str = "",
) -> list[str]:
    machine = nodes[0]["machine"] if nodes else ""
    found = _docker.engine_problems(answer, machine)
    settings = _settings(nodes, hostvars, prefix)
    return found + _docker.node_problems(nodes, settings, answer.get("containers") or (), subnet)


@filter_errors
def flink_docker_ports(
    nodes: list[Node], hostvars: Mapping[str, Mapping[str, Any]], answer: Mapping[str, Any], prefix: str = ""
) -> list[dict[str, Any]]:
    return _docker.host_ports(nodes, _settings(nodes, hostvars, prefix), answer.get("containers") or ())


@filter_errors
def flink_image_problems(answer: Mapping[str, Any], image: str, home: str, version: str) -> list[str]:
    return _docker.image_problems(image, answer, home, version)


@filter_errors
def flink_image_ids(images: list[Mapping[str, Any]]) -> dict[str, str]:
    return _docker.image_ids(images)


@filter_errors
def flink_has_collection(name: str) -> bool:
    try:
        return find_spec(f"ansible_collections.{name}") is not None
    except ModuleNotFoundError:
        return False


class FilterModule:
    """Filters of the runtime docker."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "flink_container": flink_container,
            "flink_container_step": flink_container_step,
            "flink_docker_problems": flink_docker_problems,
            "flink_docker_ports": flink_docker_ports,
            "flink_has_collection": flink_has_collection,
            "flink_image_ids": flink_image_ids,
            "flink_image_problems": flink_image_problems,
        }
