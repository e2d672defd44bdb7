# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of an inventory that a configuration is computed from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .._base.errors import FlinkError
from .._base.units import duration, duration_text, size

ROLES = ("zookeeper", "jobmanager", "taskmanager", "sql_gateway", "history_server")


REQUIRED = object()


class Setting(NamedTuple):
    """The value of an option, and the variable or table that it comes from."""

    value: Any
    origin: str


Layer = dict[str, Setting]


# --- Variables ---------------------------------------------------------------------------------------------------

# Every variable that a configuration depends on, with its default. The roles give all of them; a default here serves
# playbooks that use the filters alone, and a test holds it against the roles' argument_specs.
VARIABLES: dict[str, Any] = {
    "flink_version": "1.20.5",
    "flink_cluster_id": REQUIRED,
    "flink_zookeeper_quorum": REQUIRED,
    "flink_zookeeper_root": "/flink",
    "flink_storage_url": REQUIRED,
    "flink_checkpoint_url": "",
    "flink_savepoint_url": "",
    "flink_archive_url": "",
    "flink_upload_dir": "",
    "flink_node_dir": REQUIRED,
    "flink_host_address": REQUIRED,
    "flink_bind_address": "0.0.0.0",  # every address of the host, as a cluster of several hosts needs
    "flink_java_home": "",
    "flink_config": {},
    "flink_config_prefixes": [],
    "flink_failover_profile": "balanced",
    "flink_state_backend": "hashmap",
    "flink_incremental_checkpoints_enabled": True,
    "flink_unaligned_checkpoints_enabled": False,
    "flink_aligned_checkpoint_timeout": "10 s",
    "flink_local_recovery_enabled": False,
    "flink_checkpoint_interval": "30 s",
    "flink_checkpoint_min_pause": "5 s",
    "flink_checkpoint_timeout": "3 min",
    "flink_checkpoint_tolerable_failures": 5,
    "flink_checkpoint_retained": 3,
    "flink_restart_strategy": "exponential-delay",
    "flink_restart_strategy_options": {},
    "flink_scheduler": "default",
    "flink_log_level": "INFO",
    "flink_log_console_level": "WARN",
    "flink_log_files": 10,
    "zookeeper_myid": None,
    "zookeeper_client_port": 2181,
    "zookeeper_tick_time": "2 s",
    "zookeeper_init_limit": 10,
    "zookeeper_sync_limit": 5,
    "zookeeper_min_session_timeout": "",
    "zookeeper_max_session_timeout": "",
    "zookeeper_max_client_connections": 100,
    "zookeeper_heap": "256m",
    "zookeeper_config": {},
    "zookeeper_source": "",
    "zookeeper_metrics_port": 7000,
    "flink_runtime": "process",
    "jobmanager_resource_id": "",
    "jobmanager_rest_port": 8081,
    "jobmanager_rpc_port": 6123,
    "jobmanager_blob_port": 6124,
    "jobmanager_query_port": 6125,
    "jobmanager_metrics_port": 9249,
    "jobmanager_memory_process_size": "1600m",
    "jobmanager_config": {},
    "taskmanager_resource_id": "",
    "taskmanager_rpc_port": 6122,
    "taskmanager_data_port": 6121,
    "taskmanager_query_port": 6126,
    "taskmanager_metrics_port": 9250,
    "taskmanager_slots": 4,
    "taskmanager_memory_process_size": "1728m",
    "taskmanager_config": {},
    "sql_gateway_port": 8083,
    "sql_gateway_heap": "512m",
    "sql_gateway_config": {},
    "history_server_port": 8082,
    "history_server_heap": "512m",
    "history_server_config": {},
    # Ansible's own: the resource ids follow it where they are not set.
    "inventory_hostname": "",
}


# Empty means something here: the user divides the memory with other options.
MAY_BE_EMPTY = frozenset(
    {"jobmanager_memory_process_size", "taskmanager_memory_process_size", "sql_gateway_heap", "history_server_heap"}
)


# Only what these roles need may be missing for the others.
NEEDED: dict[str, tuple[str, ...]] = {
    "zookeeper": ("flink_node_dir", "flink_host_address"),
    "jobmanager": (
        "flink_cluster_id",
        "flink_zookeeper_quorum",
        "flink_storage_url",
        "flink_node_dir",
        "flink_host_address",
    ),
}


NEEDED["taskmanager"] = NEEDED["sql_gateway"] = NEEDED["history_server"] = NEEDED["jobmanager"]


def settings(variables: Mapping[str, Any], role: str) -> dict[str, Any]:
    """The variables with their defaults; a missing one that the role needs is an error."""
    if role not in ROLES:
        raise FlinkError(f"cannot compose a configuration: there is no daemon {role!r}, only {', '.join(ROLES)}")
    unset: dict[str, tuple[Any, ...]] = {name: (None,) if name in MAY_BE_EMPTY else (None, "") for name in VARIABLES}
    result = {
        name: default if variables.get(name) in unset[name] else variables[name] for name, default in VARIABLES.items()
    }
    missing = [name for name in NEEDED[role] if result[name] is REQUIRED or result[name] == ""]
    if missing:
        raise FlinkError(
            f"cannot compose the configuration of a {role}: variable {' and '.join(missing)} is not set",
            missing_variables=missing,
        )
    return result


def flag(values: Mapping[str, Any], name: str) -> bool:
    """A variable that is true or false, also when it came as text from the command line."""
    text = str(values[name]).strip().lower()
    if text in ("true", "yes", "on", "1"):
        return True
    if text in ("false", "no", "off", "0"):
        return False
    raise FlinkError(f"cannot use variable {name}: it must be true or false, not {values[name]!r}")


def number(values: Mapping[str, Any], name: str, low: int = 0, high: int = 2**31 - 1) -> int:
    """A variable that is a whole number within bounds."""
    text = str(values[name]).strip()
    if isinstance(values[name], bool) or not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise FlinkError(f"cannot use variable {name}: it must be a whole number from {low} to {high}, not {text!r}")
    return int(text)


def milliseconds(values: Mapping[str, Any], name: str, low: int, high: int = 2**31 - 1) -> int:
    """A variable that is a duration within bounds, for what counts in milliseconds."""
    found = round(duration(values[name], name) * 1000)
    if not low <= found <= high:
        bounds = f"{duration_text(low)} to {duration_text(high)}"
        raise FlinkError(f"{name}: {values[name]!r} is out of range: write a duration from {bounds}")
    return found


def mebibytes(values: Mapping[str, Any], name: str, low: int = 1) -> int:
    """A variable that is an amount of memory, in the unit that the Java machine is given."""
    found = size(values[name], name) >> 20
    if found < low:
        raise FlinkError(f"{name}: {values[name]!r} is too small: write at least {low}m")
    return found


def port(values: Mapping[str, Any], name: str) -> int:
    """A fixed port: others must know it before the daemon runs."""
    return number(values, name, 1, 65535)


def choice(values: Mapping[str, Any], name: str, known: Mapping[str, Any] | tuple[str, ...]) -> str:
    """A variable with a few possible values."""
    text = str(values[name]).strip().lower()
    if text not in known:
        raise FlinkError(f"cannot use variable {name}: it must be one of {', '.join(known)}, not {text!r}")
    return text


# Those that Log4j and logback both know.
LEVELS = ("OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL")


def level(values: Mapping[str, Any], name: str) -> str:
    """A level of a log: a misspelt one would be DEBUG, or nothing at all, without a word."""
    text = str(values[name]).strip().upper()
    # YAML 1.1 reads off without quotation marks as a truth value.
    text = "OFF" if values[name] is False else text
    if text not in LEVELS:
        raise FlinkError(f"cannot use variable {name}: it must be one of {', '.join(LEVELS)}, not {values[name]!r}")
    return text
