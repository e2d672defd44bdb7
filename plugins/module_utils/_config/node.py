# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that one node has for itself: addresses, directories, memory, metrics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._base.errors import FlinkError
from .._base.units import size
from .storage import below_storage, upload_dir
from .variables import Layer, Setting, level, mebibytes, number, port

# --- The node ----------------------------------------------------------------------------------------------------

_LEAVE_OUT = "leave it out: a cluster of this collection always uses ZooKeeper"


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
    # A comma or a colon separates directories, and a percent sign is a pattern of logs and of supervisord.
    if not re.fullmatch(r"(?:/[\w.@+=~-]+)+", directory):
        raise FlinkError(
            f"cannot use variable flink_node_dir: {directory!r} is not an absolute path of letters, digits and"
            " _ . @ + = ~ -, and Flink or its scripts would split it; without a value of its own it is made of"
            " flink_base_dir and the host's name"
        )
    return f"{directory}/{role}"


def process(values: Mapping[str, Any], role: str) -> Layer:
    """What Flink's start scripts read for any daemon."""
    directory = daemon_dir(values, role)
    layer = {
        "env.log.dir": Setting(f"{directory}/log", "flink_node_dir"),
        "env.pid.dir": Setting(f"{directory}/pid", "flink_node_dir"),
        "env.log.max": Setting(number(values, "flink_log_files", 1, 1000), "flink_log_files"),
        "env.log.level": Setting(level(values, "flink_log_level"), "flink_log_level"),
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


# Java before 18 takes both from the locale, and text that is not ASCII is lost with that of an empty environment.
ENCODING = ("-Dfile.encoding=UTF-8", "-Dsun.jnu.encoding=UTF-8")


def java_options(values: Mapping[str, Any], role: str) -> dict[str, str]:
    """Options of the Java machine; what the user sets for the same key is put behind them."""
    # The supervisor keeps what is printed, Flink's rolling file keeps everything: one of them is enough for INFO.
    console = f"-Dconsole.log.level={level(values, 'flink_log_console_level')}"
    options = {"env.java.opts.all": " ".join([console, *ENCODING])}
    # Libraries and the table planner unpack themselves where Java says, whatever Flink's own options are.
    own = [f"-Djava.io.tmpdir={daemon_dir(values, role)}/tmp"]
    # Without a limit these two would take a quarter of the host's memory.
    if role in ("sql_gateway", "history_server") and values[f"{role}_heap"]:
        own.append(f"-Xmx{mebibytes(values, f'{role}_heap')}m")
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
    return {"zookeeper.heap.mb": Setting(mebibytes(values, "zookeeper_heap", 32), "zookeeper_heap")}


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
    if values[name] == "":
        return {}
    size(values[name], name)
    return {key: Setting(values[name], name)}


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
