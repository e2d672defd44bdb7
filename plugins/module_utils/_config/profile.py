# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a production cluster is given before its owner says anything, and the variables that change it.

Options are written under their newest names; compose.py writes them as the cluster's version calls them.
This file is private to the collection: no interface for others, it may change at any time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .._base.errors import FlinkError

ROLES = ("zookeeper", "jobmanager", "taskmanager", "sql_gateway", "history_server")

REQUIRED = object()


class Setting(NamedTuple):
    """The value of an option, and the variable or table that it comes from."""

    value: Any
    origin: str


Layer = dict[str, Setting]

# --- Variables ---------------------------------------------------------------------------------------------------

# Every variable that a configuration depends on, with its default. The roles give all of them; a default here serves
# whoever uses the filters alone.
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
    "zookeeper_tick_time": 2000,
    "zookeeper_init_limit": 10,
    "zookeeper_sync_limit": 5,
    "zookeeper_min_session_timeout": "",
    "zookeeper_max_session_timeout": "",
    "zookeeper_max_client_connections": 100,
    "zookeeper_heap": 256,
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
    result = {name: default if variables.get(name) is None else variables[name] for name, default in VARIABLES.items()}
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
    raise FlinkError(f"cannot use variable {name}: it wants true or false, not {values[name]!r}")


def number(values: Mapping[str, Any], name: str, low: int = 0, high: int = 2**31 - 1) -> int:
    """A variable that is a whole number within bounds."""
    text = str(values[name]).strip()
    if isinstance(values[name], bool) or not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise FlinkError(f"cannot use variable {name}: it wants a whole number from {low} to {high}, not {text!r}")
    return int(text)


def port(values: Mapping[str, Any], name: str) -> int:
    """A fixed port: others must know it before the daemon runs."""
    return number(values, name, 1, 65535)


def choice(values: Mapping[str, Any], name: str, known: Mapping[str, Any] | tuple[str, ...]) -> str:
    """A variable with a few possible values."""
    text = str(values[name]).strip().lower()
    if text not in known:
        raise FlinkError(f"cannot use variable {name}: it wants one of {', '.join(known)}, not {text!r}")
    return text


# --- Profile -----------------------------------------------------------------------------------------------------

# Settings that hold for every production cluster. Flink's defaults lose state (retention), keep a broken process
# alive (exceptions, memory), or differ between releases and Java versions (ciphers).
PRODUCTION: dict[str, Any] = {
    "execution.checkpointing.max-concurrent-checkpoints": 1,
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    "jobmanager.execution.failover-strategy": "region",
    "taskmanager.jvm-exit-on-oom": True,
    "cluster.uncaught-exception-handling": "FAIL",
    "security.ssl.algorithms": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
}

_ZOOKEEPER_CLIENT = "high-availability.zookeeper.client"

# How soon a failure is noticed. A short ZooKeeper session brings the standby up sooner, but a long garbage collection
# looks like a crash; TaskManagers must wait longer than the session lasts (see check_coupling in compose.py).
FAILOVER_PROFILES: dict[str, dict[str, Any]] = {
    "fast": {
        f"{_ZOOKEEPER_CLIENT}.session-timeout": "10 s",
        f"{_ZOOKEEPER_CLIENT}.connection-timeout": "5 s",
        f"{_ZOOKEEPER_CLIENT}.retry-wait": "1 s",
        f"{_ZOOKEEPER_CLIENT}.max-retry-attempts": 10,
        f"{_ZOOKEEPER_CLIENT}.tolerate-suspended-connections": True,
        "heartbeat.interval": "1 s",
        "heartbeat.timeout": "20 s",
        "cluster.registration.max-timeout": "5 s",
        "cluster.registration.error-delay": "1 s",
        "cluster.registration.refused-registration-delay": "2 s",
        "restart-strategy.exponential-delay.initial-backoff": "500 ms",
        # For so long REST repeats an old answer, after an election too.
        "web.refresh-interval": "1 s",
    },
    "balanced": {
        f"{_ZOOKEEPER_CLIENT}.session-timeout": "15 s",
        f"{_ZOOKEEPER_CLIENT}.connection-timeout": "5 s",
        f"{_ZOOKEEPER_CLIENT}.retry-wait": "1 s",
        f"{_ZOOKEEPER_CLIENT}.max-retry-attempts": 10,
        f"{_ZOOKEEPER_CLIENT}.tolerate-suspended-connections": True,
        # A TaskManager is given up when this many heartbeats in a row were refused, which only a dead process does.
        "heartbeat.interval": "1 s",
        "heartbeat.rpc-failure-threshold": 3,
        "heartbeat.timeout": "25 s",
        "cluster.registration.max-timeout": "5 s",
        "cluster.registration.error-delay": "1 s",
        "cluster.registration.refused-registration-delay": "2 s",
        "restart-strategy.exponential-delay.initial-backoff": "500 ms",
        # For so long REST repeats an old answer, after an election too.
        "web.refresh-interval": "1 s",
    },
    # As Flink ships it, for comparison and for whoever tunes everything alone.
    "stock": {},
}

# The parameters that a restart strategy starts from; flink_restart_strategy_options changes them.
RESTART_STRATEGIES: dict[str, dict[str, Any]] = {
    "exponential-delay": {
        "max-backoff": "30 s",
        "backoff-multiplier": 1.5,
        "jitter-factor": 0.1,
        "reset-backoff-threshold": "10 min",
        # Without an end: a job that gives up takes its high-availability data with it.
        "attempts-before-reset-backoff": 2147483647,
    },
    "fixed-delay": {"attempts": 10, "delay": "10 s"},
    "failure-rate": {
        "max-failures-per-interval": 10,
        "failure-rate-interval": "10 min",
        "delay": "10 s",
    },
}

SCHEDULERS = {"default": "Default", "adaptive": "Adaptive"}
STATE_BACKENDS = ("hashmap", "rocksdb")


def profile(values: Mapping[str, Any]) -> Layer:
    """The production profile with its switches, for daemons that run or submit jobs."""
    layer = {key: Setting(value, "the production profile") for key, value in PRODUCTION.items()}
    layer.update(_checkpoints(values))
    layer.update(_state(values))
    # A failover profile comes after the restart strategy, which it makes quicker.
    layer.update(_restart(values))
    name = choice(values, "flink_failover_profile", FAILOVER_PROFILES)
    backoffs = "restart-strategy.exponential-delay."
    for key, value in FAILOVER_PROFILES[name].items():
        if key.startswith(backoffs) and (key in layer or f"{backoffs}max-backoff" not in layer):
            continue
        layer[key] = Setting(value, f"flink_failover_profile {name}")
    layer["jobmanager.scheduler"] = Setting(
        SCHEDULERS[choice(values, "flink_scheduler", SCHEDULERS)], "flink_scheduler"
    )
    layer["jobmanager.archive.fs.dir"] = Setting(
        below_storage(values, "flink_archive_url", "archive"), "flink_archive_url"
    )
    return layer


def _checkpoints(values: Mapping[str, Any]) -> Layer:
    options = {
        "interval": "flink_checkpoint_interval",
        "min-pause": "flink_checkpoint_min_pause",
        "timeout": "flink_checkpoint_timeout",
        "tolerable-failed-checkpoints": "flink_checkpoint_tolerable_failures",
        "num-retained": "flink_checkpoint_retained",
    }
    layer = {f"execution.checkpointing.{key}": Setting(values[name], name) for key, name in options.items()}
    if flag(values, "flink_unaligned_checkpoints_enabled"):
        layer["execution.checkpointing.unaligned.enabled"] = Setting(True, "flink_unaligned_checkpoints_enabled")
        layer["execution.checkpointing.aligned-checkpoint-timeout"] = Setting(
            values["flink_aligned_checkpoint_timeout"], "flink_aligned_checkpoint_timeout"
        )
    return layer


def _state(values: Mapping[str, Any]) -> Layer:
    backend = choice(values, "flink_state_backend", STATE_BACKENDS)
    layer = {"state.backend.type": Setting(backend, "flink_state_backend")}
    if backend == "rocksdb":
        # Only this backend can write the difference to the checkpoint before.
        origin = "flink_incremental_checkpoints_enabled"
        layer["execution.checkpointing.incremental"] = Setting(flag(values, origin), origin)
    if flag(values, "flink_local_recovery_enabled"):
        for key in ("execution.state-recovery.from-local", "execution.checkpointing.local-backup.enabled"):
            layer[key] = Setting(True, "flink_local_recovery_enabled")
    return layer


def _restart(values: Mapping[str, Any]) -> Layer:
    name = choice(values, "flink_restart_strategy", RESTART_STRATEGIES)
    layer = {"restart-strategy.type": Setting(name, "flink_restart_strategy")}
    for key, value in RESTART_STRATEGIES[name].items():
        layer[f"restart-strategy.{name}.{key}"] = Setting(value, "flink_restart_strategy")
    given = values["flink_restart_strategy_options"]
    if not isinstance(given, Mapping):
        raise FlinkError(f"cannot use variable flink_restart_strategy_options: it wants a map, not {given!r}")
    for key, value in given.items():
        full = f"restart-strategy.{name}.{str(key).replace('_', '-')}"
        layer[full] = Setting(value, "flink_restart_strategy_options")
    return layer


# --- Storage -----------------------------------------------------------------------------------------------------


def storage_url(values: Mapping[str, Any], name: str = "flink_storage_url") -> str:
    """The URL of storage which every node reaches under the same name."""
    text = str(values[name]).strip().rstrip("/")
    parts = urlsplit(text)
    if not parts.scheme or (parts.scheme == "file" and not parts.path.startswith("/")):
        raise FlinkError(
            f"cannot use variable {name}: {text!r} is no URL; write file:///path for a directory that all nodes share,"
            " or the URL of an object store or of HDFS"
        )
    return text


def below_storage(values: Mapping[str, Any], name: str, directory: str) -> str:
    """The URL in a variable of its own, or a directory below the common one."""
    if values[name]:
        return storage_url(values, name)
    return f"{storage_url(values)}/{directory}"


def upload_dir(values: Mapping[str, Any], daemon_dir: str) -> str:
    """Where JobManagers keep uploaded jars: shared if possible, or a standby knows nothing of them."""
    if values["flink_upload_dir"]:
        return str(values["flink_upload_dir"])
    parts = urlsplit(storage_url(values))
    return f"{parts.path}/upload" if parts.scheme == "file" and not parts.netloc else f"{daemon_dir}/data/upload"


# --- High availability -------------------------------------------------------------------------------------------


def high_availability(values: Mapping[str, Any]) -> Layer:
    """What must be equal on every node, and where state lies."""
    cluster_id = str(values["flink_cluster_id"]).strip()
    if cluster_id.strip("/") in ("", "default"):
        raise FlinkError(
            f"cannot use variable flink_cluster_id: {cluster_id!r} is what every cluster without a name is called;"
            " choose an id of its own, or two clusters take each other's jobs"
        )
    return {
        "high-availability.type": Setting("zookeeper", "high availability"),
        "high-availability.cluster-id": Setting(cluster_id, "flink_cluster_id"),
        "high-availability.zookeeper.quorum": Setting(str(values["flink_zookeeper_quorum"]), "flink_zookeeper_quorum"),
        "high-availability.zookeeper.path.root": Setting(str(values["flink_zookeeper_root"]), "flink_zookeeper_root"),
        "high-availability.storageDir": Setting(f"{storage_url(values)}/ha", "flink_storage_url"),
        "execution.checkpointing.dir": Setting(
            below_storage(values, "flink_checkpoint_url", "checkpoints"), "flink_checkpoint_url"
        ),
        "execution.checkpointing.savepoint-dir": Setting(
            below_storage(values, "flink_savepoint_url", "savepoints"), "flink_savepoint_url"
        ),
    }


# --- The node ----------------------------------------------------------------------------------------------------

_LEAVE_OUT = "leave it out: a cluster of this collection always stands on ZooKeeper"
_ADDRESS = "set flink_host_address instead"
_BIND = "set flink_bind_address instead"
_DIRECTORY = "set flink_node_dir instead"

# Options that say who a node is. Set behind the inventory's back they would break what others rely on: the leader's
# address, the firewall, the monitoring, the preflight checks.
PROTECTED: dict[str, str] = {
    "high-availability.type": _LEAVE_OUT,
    "high-availability.cluster-id": "set flink_cluster_id instead",
    "high-availability.storageDir": "set flink_storage_url instead",
    "high-availability.zookeeper.quorum": "put the servers into the group zookeeper of the inventory instead",
    "high-availability.zookeeper.path.root": "set flink_zookeeper_root instead",
    "high-availability.jobmanager.port": "set jobmanager_rpc_port instead",
    "execution.checkpointing.dir": "set flink_checkpoint_url instead",
    "execution.checkpointing.savepoint-dir": "set flink_savepoint_url instead",
    "jobmanager.rpc.address": _ADDRESS,
    "jobmanager.rpc.port": "set jobmanager_rpc_port instead",
    "jobmanager.bind-host": _BIND,
    "jobmanager.rpc.bind-port": "set jobmanager_rpc_port instead",
    "jobmanager.resource-id": "set jobmanager_resource_id instead",
    "jobmanager.memory.process.size": "set jobmanager_memory_process_size instead",
    "rest.address": _ADDRESS,
    "rest.bind-address": _BIND,
    "rest.port": "set jobmanager_rest_port instead",
    "rest.bind-port": "set jobmanager_rest_port instead",
    "blob.server.port": "set jobmanager_blob_port instead",
    "metrics.internal.query-service.port": "set jobmanager_query_port and taskmanager_query_port instead",
    "metrics.reporter.prom.port": "set jobmanager_metrics_port and taskmanager_metrics_port instead",
    "taskmanager.host": _ADDRESS,
    "taskmanager.bind-host": _BIND,
    "taskmanager.rpc.port": "set taskmanager_rpc_port instead",
    "taskmanager.rpc.bind-port": "set taskmanager_rpc_port instead",
    "taskmanager.data.port": "set taskmanager_data_port instead",
    "taskmanager.data.bind-port": "set taskmanager_data_port instead",
    "taskmanager.resource-id": "set taskmanager_resource_id instead",
    "taskmanager.numberOfTaskSlots": "set taskmanager_slots instead",
    "taskmanager.memory.process.size": "set taskmanager_memory_process_size instead",
    "sql-gateway.endpoint.rest.address": _ADDRESS,
    "sql-gateway.endpoint.rest.bind-address": _BIND,
    "sql-gateway.endpoint.rest.port": "set sql_gateway_port instead",
    "sql-gateway.endpoint.rest.bind-port": "set sql_gateway_port instead",
    "historyserver.archive.fs.dir": "set flink_archive_url instead",
    "historyserver.web.address": _BIND,
    "historyserver.web.port": "set history_server_port instead",
    "historyserver.web.tmpdir": _DIRECTORY,
    "process.working-dir": _DIRECTORY,
    "process.jobmanager.working-dir": _DIRECTORY,
    "process.taskmanager.working-dir": _DIRECTORY,
    "env.log.dir": _DIRECTORY,
    "env.pid.dir": _DIRECTORY,
    "env.java.home": "set flink_java_home instead",
    "zookeeper.heap.mb": "set zookeeper_heap instead",
}


def daemon_dir(values: Mapping[str, Any], role: str) -> str:
    """The directory that holds everything one daemon of this node writes."""
    directory = str(values["flink_node_dir"]).rstrip("/")
    if not re.fullmatch(r"(?:/[\w.,:@%+=~-]+)+", directory):
        raise FlinkError(
            f"cannot use variable flink_node_dir: {directory!r} is no absolute path without spaces and signs that mean"
            " something to a shell; Flink's scripts would split it"
        )
    return f"{directory}/{role}"


def process(values: Mapping[str, Any], role: str) -> Layer:
    """What Flink's start scripts read for any daemon."""
    directory = daemon_dir(values, role)
    layer = {
        "env.log.dir": Setting(f"{directory}/log", "flink_node_dir"),
        "env.pid.dir": Setting(f"{directory}/pid", "flink_node_dir"),
        "env.log.max": Setting(number(values, "flink_log_files", 1, 1000), "flink_log_files"),
        "env.log.level": Setting(str(values["flink_log_level"]).upper(), "flink_log_level"),
    }
    if values["flink_java_home"]:
        layer["env.java.home"] = Setting(str(values["flink_java_home"]), "flink_java_home")
    return layer


# ZooKeeper's start script adds no options of its own.
_DAEMON_OPTIONS = {
    "zookeeper": "env.java.opts.all",
    "jobmanager": "env.java.opts.jobmanager",
    "taskmanager": "env.java.opts.taskmanager",
    "sql_gateway": "env.java.opts.sql-gateway",
    "history_server": "env.java.opts.historyserver",
}


def java_options(values: Mapping[str, Any], role: str) -> dict[str, str]:
    """Options of the Java machine; what the user sets for the same key is put behind them."""
    # The supervisor keeps what is printed, Flink's rolling file keeps everything: one of them is enough for INFO.
    options = {"env.java.opts.all": f"-Dconsole.log.level={str(values['flink_log_console_level']).upper()}"}
    # Libraries and the table planner unpack themselves where Java says, whatever Flink's own options are.
    own = [f"-Djava.io.tmpdir={daemon_dir(values, role)}/tmp"]
    # Without a limit these two would take a quarter of the host's memory.
    if role in ("sql_gateway", "history_server") and values[f"{role}_heap"]:
        own.append(f"-Xmx{values[f'{role}_heap']}")
    key = _DAEMON_OPTIONS[role]
    options[key] = " ".join([options[key], *own] if key in options else own)
    return options


def scratch(values: Mapping[str, Any], role: str) -> Layer:
    """Local directories. They come before the user's options: another disk may be better for them."""
    directory = daemon_dir(values, role)
    layer = {"io.tmp.dirs": Setting(f"{directory}/tmp", "flink_node_dir")}
    if role == "jobmanager":
        layer["web.upload.dir"] = Setting(upload_dir(values, directory), "flink_upload_dir")
    return layer


def node(values: Mapping[str, Any], role: str) -> Layer:
    """Who this node is: addresses, ports, names, memory."""
    parts = {
        "zookeeper": _zookeeper,
        "jobmanager": _jobmanager,
        "taskmanager": _taskmanager,
        "sql_gateway": _sql_gateway,
        "history_server": _history_server,
    }
    return {**process(values, role), **parts[role](values)}


def _zookeeper(values: Mapping[str, Any]) -> Layer:
    return {"zookeeper.heap.mb": Setting(number(values, "zookeeper_heap", 32), "zookeeper_heap")}


def _metrics(values: Mapping[str, Any], role: str) -> Layer:
    query, reporter = f"{role}_query_port", f"{role}_metrics_port"
    factory = "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
    return {
        "metrics.internal.query-service.port": Setting(port(values, query), query),
        "metrics.reporter.prom.factory.class": Setting(factory, "the production profile"),
        "metrics.reporter.prom.port": Setting(port(values, reporter), reporter),
        # Names of jobs and hosts as they are: alerts name them, and the guardian's metrics go by them.
        "metrics.reporter.prom.filterLabelValueCharacters": Setting(False, "the production profile"),
    }


def _resource_id(values: Mapping[str, Any], name: str) -> Setting:
    return Setting(str(values[name] or values["inventory_hostname"] or values["flink_host_address"]), name)


def _memory(values: Mapping[str, Any], name: str, key: str) -> Layer:
    # Empty: the user divides the memory with other options.
    return {key: Setting(values[name], name)} if values[name] else {}


def _jobmanager(values: Mapping[str, Any]) -> Layer:
    address = Setting(str(values["flink_host_address"]), "flink_host_address")
    bind = Setting(str(values["flink_bind_address"]), "flink_bind_address")
    rpc = Setting(port(values, "jobmanager_rpc_port"), "jobmanager_rpc_port")
    return {
        "jobmanager.rpc.address": address,
        "jobmanager.rpc.port": rpc,
        "jobmanager.bind-host": bind,
        "high-availability.jobmanager.port": rpc,
        "jobmanager.resource-id": _resource_id(values, "jobmanager_resource_id"),
        "rest.address": address,
        "rest.bind-address": bind,
        "rest.port": Setting(port(values, "jobmanager_rest_port"), "jobmanager_rest_port"),
        "blob.server.port": Setting(port(values, "jobmanager_blob_port"), "jobmanager_blob_port"),
        **_metrics(values, "jobmanager"),
        "process.working-dir": Setting(f"{daemon_dir(values, 'jobmanager')}/data", "flink_node_dir"),
        **_memory(values, "jobmanager_memory_process_size", "jobmanager.memory.process.size"),
    }


def _taskmanager(values: Mapping[str, Any]) -> Layer:
    return {
        "taskmanager.host": Setting(str(values["flink_host_address"]), "flink_host_address"),
        "taskmanager.bind-host": Setting(str(values["flink_bind_address"]), "flink_bind_address"),
        "taskmanager.rpc.port": Setting(port(values, "taskmanager_rpc_port"), "taskmanager_rpc_port"),
        "taskmanager.data.port": Setting(port(values, "taskmanager_data_port"), "taskmanager_data_port"),
        "taskmanager.resource-id": _resource_id(values, "taskmanager_resource_id"),
        "taskmanager.numberOfTaskSlots": Setting(number(values, "taskmanager_slots", 1), "taskmanager_slots"),
        **_metrics(values, "taskmanager"),
        "process.working-dir": Setting(f"{daemon_dir(values, 'taskmanager')}/data", "flink_node_dir"),
        **_memory(values, "taskmanager_memory_process_size", "taskmanager.memory.process.size"),
    }


def _sql_gateway(values: Mapping[str, Any]) -> Layer:
    return {
        "sql-gateway.endpoint.rest.address": Setting(str(values["flink_host_address"]), "flink_host_address"),
        "sql-gateway.endpoint.rest.bind-address": Setting(str(values["flink_bind_address"]), "flink_bind_address"),
        "sql-gateway.endpoint.rest.port": Setting(port(values, "sql_gateway_port"), "sql_gateway_port"),
    }


def _history_server(values: Mapping[str, Any]) -> Layer:
    return {
        # Where JobManagers leave what there is to know of a job that has ended.
        "historyserver.archive.fs.dir": Setting(
            below_storage(values, "flink_archive_url", "archive"), "flink_archive_url"
        ),
        "historyserver.web.address": Setting(str(values["flink_bind_address"]), "flink_bind_address"),
        "historyserver.web.port": Setting(port(values, "history_server_port"), "history_server_port"),
        "historyserver.web.tmpdir": Setting(f"{daemon_dir(values, 'history_server')}/data", "flink_node_dir"),
    }
