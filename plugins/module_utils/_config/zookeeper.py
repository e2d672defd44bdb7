# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""zoo.cfg, the quorum, and the files of a ZooKeeper server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from .._base.addresses import host_port
from .._base.errors import FlinkError
from .._base.secrets import masked_assignments
from .flat import flatten
from .inventory import MAINTAINED_SOURCES, zookeeper_source
from .node import daemon_dir
from .properties import property_key, property_value
from .variables import level, milliseconds, number, settings
from .yaml import text

# --- How long to wait --------------------------------------------------------------------------------------------


def session_bounds(values: Mapping[str, Any]) -> tuple[int, int, int]:
    """ZooKeeper's tick and the shortest and longest session it grants, in milliseconds."""
    tick = milliseconds(values, "zookeeper_tick_time", 100, 60000)
    low = values["zookeeper_min_session_timeout"]
    high = values["zookeeper_max_session_timeout"]
    return (
        tick,
        2 * tick if low == "" else milliseconds(values, "zookeeper_min_session_timeout", tick),
        20 * tick if high == "" else milliseconds(values, "zookeeper_max_session_timeout", tick),
    )


# --- ZooKeeper ---------------------------------------------------------------------------------------------------

# What monitoring and the collection ask a server; nothing that changes anything.
_FOUR_LETTER_WORDS = "ruok,srvr,mntr,conf,isro"


_WILDCARDS = ("0.0.0.0", "::", "[::]", "*", "")


def servers(nodes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The ZooKeeper servers of a cluster, ordered by myid.

    :arg nodes: name, address, myid and ports of hosts, as the filter flink_nodes gives them; hosts that run no
        ZooKeeper are passed over.
    """
    found: dict[int, dict[str, Any]] = {}
    for host in nodes:
        if "zookeeper" not in host.get("daemons", ("zookeeper",)):
            continue
        name = host.get("name", host.get("address"))
        myid = str(host.get("myid") if host.get("myid") is not None else "").strip()
        if not (myid.isascii() and myid.isdigit() and 1 <= int(myid) <= 255):
            raise FlinkError(
                f"cannot form a ZooKeeper ensemble: host {name} has zookeeper_myid {myid!r}; give each host of the"
                " group zookeeper a number of its own from 1 to 255"
            )
        if int(myid) in found:
            raise FlinkError(
                f"cannot form a ZooKeeper ensemble: hosts {found[int(myid)]['name']} and {name} both have"
                f" zookeeper_myid {myid}; give each host a number of its own"
            )
        ports = host.get("ports", {})
        found[int(myid)] = {
            "name": str(name),
            "address": str(host["address"]),
            "myid": int(myid),
            "client_port": ports.get("zookeeper_client_port", 2181),
            "peer_port": ports.get("zookeeper_peer_port", 2888),
            "election_port": ports.get("zookeeper_election_port", 3888),
        }
    if not found:
        raise FlinkError("cannot form a ZooKeeper ensemble: the group zookeeper of the inventory is empty")
    return [found[myid] for myid in sorted(found)]


def quorum(nodes: Iterable[Mapping[str, Any]]) -> str:
    """host:port of all ZooKeeper servers, in the order of their myid: the same text on every node."""
    return ",".join(host_port(server["address"], server["client_port"]) for server in servers(nodes))


def zoo_cfg(variables: Mapping[str, Any], nodes: Iterable[Mapping[str, Any]]) -> str:
    """zoo.cfg of the ZooKeeper server on one host."""
    values = settings(variables, "zookeeper")
    ensemble = servers(nodes)
    myid = number(values, "zookeeper_myid", 1, 255) if values["zookeeper_myid"] is not None else None
    if myid not in [server["myid"] for server in ensemble]:
        raise FlinkError(
            f"cannot write zoo.cfg: zookeeper_myid {myid} of this host is not among the servers"
            f" {', '.join(str(server['myid']) for server in ensemble)}; set it for each host of the group zookeeper"
        )
    bind = str(values["flink_bind_address"]).strip()
    tick, low, high = session_bounds(values)
    lines: dict[str, Any] = {
        "tickTime": tick,
        "initLimit": number(values, "zookeeper_init_limit", 1),
        "syncLimit": number(values, "zookeeper_sync_limit", 1),
        "minSessionTimeout": low,
        "maxSessionTimeout": high,
        "dataDir": f"{daemon_dir(values, 'zookeeper')}/data",
        "clientPort": number(values, "zookeeper_client_port", 1, 65535),
        "maxClientCnxns": number(values, "zookeeper_max_client_connections"),
        "4lw.commands.whitelist": _FOUR_LETTER_WORDS,
        "admin.enableServer": "false",
        "autopurge.snapRetainCount": 3,
        "autopurge.purgeInterval": 1,
    }
    if bind not in _WILDCARDS:
        lines["clientPortAddress"] = bind
    if maintained(values):
        lines |= _metrics_provider(values, bind)
    if len(ensemble) > 1:
        # A server listens for the others on the address they know it by; behind NAT or in a container that address
        # is not its own.
        lines["quorumListenOnAllIPs"] = str(bind in _WILDCARDS).lower()
        for server in ensemble:
            lines[f"server.{server['myid']}"] = (
                f"{host_port(server['address'], server['peer_port'])}:{server['election_port']}"
            )
    # One server alone is written without a server line: it starts without an election, as the mode standalone.
    lines.update(_zookeeper_options(values, set(lines)))
    written = [f"{property_key(key)}={property_value(str(lines[key]))}" for key in sorted(lines)]
    return "\n".join(["# Written by the Ansible collection streamops.flink: changes are lost.", *written, ""])


def maintained(values: Mapping[str, Any]) -> bool:
    """Whether the server is a ZooKeeper of its own, with a metrics provider and the logging that it ships with."""
    return zookeeper_source(values) in MAINTAINED_SOURCES


def _metrics_provider(values: Mapping[str, Any], bind: str) -> dict[str, Any]:
    provider = "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider"
    return {
        "metricsProvider.className": provider,
        "metricsProvider.exportJvmInfo": "true",
        "metricsProvider.httpHost": "0.0.0.0" if bind in _WILDCARDS else bind,
        "metricsProvider.httpPort": number(values, "zookeeper_metrics_port", 1, 65535),
    }


# What Debian's ZooKeeper logs with; the others bring logback.
_LOG4J = """\
# Written by the Ansible collection streamops.flink: changes are lost.
log4j.rootLogger={level}, file, console
log4j.appender.file=org.apache.log4j.RollingFileAppender
log4j.appender.file.File={directory}/zookeeper.log
log4j.appender.file.MaxFileSize=100MB
log4j.appender.file.MaxBackupIndex={files}
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=%d{{ISO8601}} %-5p [%t] %c - %m%n
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.Threshold={console}
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{{ISO8601}} %-5p [%t] %c - %m%n
"""


_LOGBACK = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- Written by the Ansible collection streamops.flink: changes are lost. -->
<configuration>
  <appender name="file" class="ch.qos.logback.core.rolling.RollingFileAppender">
    <file>{directory}/zookeeper.log</file>
    <rollingPolicy class="ch.qos.logback.core.rolling.FixedWindowRollingPolicy">
      <fileNamePattern>{directory}/zookeeper.log.%i</fileNamePattern>
      <minIndex>1</minIndex>
      <maxIndex>{files}</maxIndex>
    </rollingPolicy>
    <triggeringPolicy class="ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy">
      <maxFileSize>100MB</maxFileSize>
    </triggeringPolicy>
    <encoder>
      <pattern>%date{{ISO8601}} %-5level [%thread] %logger - %msg%n</pattern>
    </encoder>
  </appender>
  <appender name="console" class="ch.qos.logback.core.ConsoleAppender">
    <filter class="ch.qos.logback.classic.filter.ThresholdFilter">
      <level>{console}</level>
    </filter>
    <encoder>
      <pattern>%date{{ISO8601}} %-5level [%thread] %logger - %msg%n</pattern>
    </encoder>
  </appender>
  <root level="{level}">
    <appender-ref ref="file"/>
    <appender-ref ref="console"/>
  </root>
</configuration>
"""


# logback does not roll further than this in a fixed window.
_LOGBACK_FILES = 20


def zookeeper_files(variables: Mapping[str, Any], nodes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Every file of the configuration directory of a ZooKeeper server, by its name."""
    values = settings(variables, "zookeeper")
    source = zookeeper_source(values)
    if source == "existing":
        raise FlinkError("cannot configure a ZooKeeper server: with zookeeper_source existing there is none of ours")
    if source == "image":
        _check_java_options(variables.get("zookeeper_java_options") or ())
    files = {"zoo.cfg": zoo_cfg(variables, nodes)}
    rotated = number(values, "flink_log_files", 1, 1000)
    directory = f"{daemon_dir(values, 'zookeeper')}/log"
    filled = {
        "directory": escape(directory) if maintained(values) else property_value(directory),
        "files": str(min(rotated, _LOGBACK_FILES) if maintained(values) else rotated),
        "level": level(values, "flink_log_level"),
        "console": level(values, "flink_log_console_level"),
    }
    if maintained(values):
        files["logback.xml"] = _LOGBACK.format(**filled)
    elif source == "package":
        files["log4j.properties"] = _LOG4J.format(**filled)
    return files


def _check_java_options(options: Iterable[Any]) -> None:
    """The starter of an image has one line of options, and splits it at blanks."""
    for option in options:
        if len(str(option).split()) != 1:
            shown = masked_assignments(str(option))
            raise FlinkError(
                f"cannot use variable zookeeper_java_options: {shown!r} is empty or holds blanks, at which the start"
                " script of flink_zookeeper_image splits every option; write one option without blanks in each item"
            )


_OWN_ZOOKEEPER_KEYS = {
    "metricsProvider.httpPort": "zookeeper_metrics_port",
    "clientPort": "zookeeper_client_port",
    "clientPortAddress": "flink_bind_address",
    "dataDir": "flink_node_dir",
    "tickTime": "zookeeper_tick_time",
    "initLimit": "zookeeper_init_limit",
    "syncLimit": "zookeeper_sync_limit",
    "minSessionTimeout": "zookeeper_min_session_timeout",
    "maxSessionTimeout": "zookeeper_max_session_timeout",
    "maxClientCnxns": "zookeeper_max_client_connections",
}


def _zookeeper_options(values: Mapping[str, Any], ours: set[str]) -> dict[str, str]:
    given = values["zookeeper_config"]
    if not isinstance(given, Mapping):
        raise FlinkError(f"cannot use variable zookeeper_config: it must be a map of settings, not {given!r}")
    flat = flatten(given, "zookeeper_config")
    for key in sorted(flat):
        if key in _OWN_ZOOKEEPER_KEYS or key.startswith("server."):
            variable = _OWN_ZOOKEEPER_KEYS.get(key, "the hosts of the group zookeeper")
            raise FlinkError(f"cannot use zookeeper_config: {key} has a variable of its own; set {variable} instead")
        near = {name.lower(): name for name in ours | set(_OWN_ZOOKEEPER_KEYS)}.get(key.lower(), key)
        if near != key:
            raise FlinkError(f"cannot use zookeeper_config: ZooKeeper has no option {key}; did you mean {near}?")
    return {key: text(value) for key, value in flat.items() if value is not None}
