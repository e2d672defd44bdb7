# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one path from the variables of a cluster to the configuration of each daemon.

Production profile, then high availability, then the user's options, then the node's own addresses. Everything here is
a pure function. This file is private to the collection: no interface for others, it may change at any time.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._base.errors import FlinkError
from .catalogue import Catalogue, Option, catalogue, is_free
from .inventory import MAINTAINED_SOURCES, zookeeper_source
from .options import Problem, Value, canonical, check, flatten, is_secret, seconds, validate
from .profile import (
    PROTECTED,
    Layer,
    Setting,
    daemon_dir,
    high_availability,
    java_options,
    node,
    number,
    profile,
    scratch,
    settings,
)

SESSION_TIMEOUT = "high-availability.zookeeper.client.session-timeout"
JAVA_OPTIONS = "env.java.opts."


@dataclass(frozen=True)
class Composed:
    """The configuration of one daemon."""

    options: dict[str, Value]
    # Option -> the variable, profile or table that its value comes from.
    origins: dict[str, str]
    warnings: list[str]


def compose(role: str, variables: Mapping[str, Any]) -> Composed:
    """The options of one daemon.

    :arg role: zookeeper, jobmanager, taskmanager or sql_gateway.
    :arg variables: the variables of the host, by the names of VARIABLES in profile.py; others are ignored.
    """
    values = settings(variables, role)
    known = catalogue(str(values["flink_version"]))
    user, warnings = user_options(role, values)
    if role == "zookeeper":
        # Flink's scripts start ZooKeeper too: they read what a Java machine is started with, nothing else.
        user = {key: setting for key, setting in user.items() if key.startswith("env.")}
        before: Layer = {}
    else:
        before = {**_named(profile(values), known), **_named(high_availability(values), known)}
        before.update(_named(scratch(values, role), known))
    own = _named(node(values, role), known)
    _check_own({**before, **own}, known)
    layer = {**before, **user, **own}
    layer = {key: setting for key, setting in layer.items() if setting.value is not None}
    layer.update(_java_options(java_options(values, role), layer))
    options = {key: _typed(layer[key].value, known.get(key)) for key in sorted(layer)}
    if role in ("jobmanager", "taskmanager") and str(values["flink_failover_profile"]).lower() != "stock":
        check_coupling(options, known, values)
    return Composed(options, {key: layer[key].origin for key in options}, warnings)


def user_options(role: str, values: Mapping[str, Any]) -> tuple[Layer, list[str]]:
    """flink_config and the daemon's own map, checked, under the names of the cluster's version."""
    version = str(values["flink_version"])
    layer: Layer = {}
    warnings: list[str] = []
    for name in ("flink_config", f"{role}_config"):
        given = {} if name == "zookeeper_config" else values[name]
        if not isinstance(given, Mapping):
            raise FlinkError(f"cannot use variable {name}: it wants a map of options, not {given!r}")
        flat = flatten(given, name)
        warnings += check(flat, version, name, values["flink_config_prefixes"])
        found = canonical(flat, version, name)
        _refuse_identity(found.written, name, catalogue(version))
        layer.update({key: Setting(value, name) for key, value in found.options.items()})
    return layer, warnings


def _refuse_identity(written: Mapping[str, str], where: str, known: Catalogue) -> None:
    refused: dict[str, str] = {}
    for key, advice in PROTECTED.items():
        name = known.name(key) or key
        if name in written:
            refused.setdefault(written[name], advice)
    if refused:
        sentences = "; ".join(f"option {key} comes from the inventory; {advice}" for key, advice in refused.items())
        raise FlinkError(
            f"cannot use {where}: {sentences}",
            problems=[{"option": key, "message": advice} for key, advice in refused.items()],
        )


def _named(layer: Layer, known: Catalogue) -> Layer:
    """A layer as one version of Flink writes it: older names, and milliseconds where it had no durations yet."""
    result: Layer = {}
    for key, setting in layer.items():
        name = key if known.get(key) is not None or is_free(key) else known.name(key)
        # Unknown to this version: the check that follows says so, with what is nearest.
        name = name or key
        option = known.get(name)
        value = setting.value
        if option is not None and option.type in ("int", "long") and isinstance(value, str):
            length = seconds(value)
            value = value if length is None else round(length * 1000)
        result[name] = Setting(value, setting.origin)
    return result


def _typed(value: Value, option: Option | None) -> Value:
    """Numbers and truth values that came as text (from the command line) as what they are."""
    if isinstance(value, list | tuple):
        return [_typed(one, None) for one in value]
    if isinstance(value, str):
        kind, plain = (option.type if option else "string"), value.strip()
        if kind in ("int", "long") and re.fullmatch("-?[0-9]{1,19}", plain):
            return int(plain)
        if kind == "boolean" and plain.lower() in ("true", "false"):
            return plain.lower() == "true"
        # A text of Ansible's own type becomes a plain one.
        return str(value)
    return value


def _check_own(layer: Layer, known: Catalogue) -> None:
    """The variables' values must fit as well as the user's options."""
    problems: list[Problem] = validate({key: setting.value for key, setting in layer.items()}, known.version)
    for problem in problems:
        if problem.severity == "error":
            origin = layer[problem.key].origin
            raise FlinkError(f"cannot use {_origin_text(origin)}: {problem.message}", variable=origin)


def _origin_text(origin: str) -> str:
    return origin if " " in origin else f"variable {origin}"


def _java_options(ours: Mapping[str, str], layer: Layer) -> Layer:
    """Options of the Java machine add up; the last of two equal ones wins, hence the user's come last."""
    result = {key: Setting(value, "the production profile") for key, value in ours.items()}
    for key, setting in layer.items():
        if key.startswith(JAVA_OPTIONS):
            text = " ".join(str(setting.value).split())
            result[key] = Setting(f"{ours[key]} {text}".strip() if key in ours else text, setting.origin)
    return result


# --- How long to wait --------------------------------------------------------------------------------------------


def session_bounds(values: Mapping[str, Any]) -> tuple[int, int, int]:
    """ZooKeeper's tick and the shortest and longest session it grants, in milliseconds."""
    tick = number(values, "zookeeper_tick_time", 100, 60000)
    low = values["zookeeper_min_session_timeout"]
    high = values["zookeeper_max_session_timeout"]
    return (
        tick,
        2 * tick if low == "" else number(values, "zookeeper_min_session_timeout", tick),
        20 * tick if high == "" else number(values, "zookeeper_max_session_timeout", tick),
    )


def _seconds(options: Mapping[str, Value], key: str, known: Catalogue) -> float:
    option = known.options[key]
    return seconds(options.get(key, option.default)) or 0.0


def check_coupling(options: Mapping[str, Value], known: Catalogue, values: Mapping[str, Any]) -> None:
    """TaskManagers must outwait the election, or the failure of a JobManager stops the data as well."""
    tick, low, high = (milliseconds / 1000 for milliseconds in session_bounds(values))
    asked = _seconds(options, SESSION_TIMEOUT, known)
    session = min(max(asked, low), high)
    timeout = _seconds(options, "heartbeat.timeout", known)
    interval = _seconds(options, "heartbeat.interval", known)
    least = session + tick + 5
    if timeout < least:
        raise FlinkError(
            f"cannot use heartbeat.timeout {timeout:g} s with a ZooKeeper session of {session:g} s: TaskManagers would"
            f" give up before a standby leads; set heartbeat.timeout to {least:g} s or more (session + tick + 5 s),"
            f" shorten {SESSION_TIMEOUT}, or set flink_failover_profile to stock",
            least_seconds=least,
        )
    if interval >= timeout:
        raise FlinkError(
            f"cannot use heartbeat.interval {interval:g} s with heartbeat.timeout {timeout:g} s: the interval must be"
            " shorter"
        )


# --- What must be equal on all nodes -----------------------------------------------------------------------------

# Different on every JobManager.
_NOT_SHARED = ("high-availability.jobmanager.port",)
_SHARED = (
    "execution.checkpointing.dir",
    "execution.checkpointing.savepoint-dir",
    "job-result-store.storage-path",
    "application-result-store.storage-path",
)


def ha_keys(options: Mapping[str, Value], version: str) -> dict[str, str]:
    """The options that must agree on all nodes, under today's names, as Flink's REST interface writes values."""
    today = canonical(dict(options), version, "the configuration").options
    return {
        key: text(value)
        for key, value in sorted(today.items())
        if (key.startswith("high-availability.") and key not in _NOT_SHARED and not is_secret(key)) or key in _SHARED
    }


def ha_fingerprint(options: Mapping[str, Value], version: str) -> str:
    """Equal fingerprints, equal high availability."""
    return hashlib.sha256(json.dumps(ha_keys(options, version), sort_keys=True).encode()).hexdigest()


def text(value: Value) -> str:
    """A value as Flink reports it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ";".join(text(element) for element in value)
    return str(value)


# --- config.yaml -------------------------------------------------------------------------------------------------

# Texts that mean the same to every reader of YAML, and to the sed of Flink's scripts, without quotes.
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9 _./+=,@;%()-]*[A-Za-z0-9_/+=%)]|[A-Za-z/]|[0-9]+ ?[A-Za-z]{1,12}")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9_./@:-]*[A-Za-z0-9_/]")
_JAVA = re.compile(r"-[A-Za-z-][A-Za-z0-9 _./+=,@;%:-]*[A-Za-z0-9_/+=]")
_HOST = r"(?:[A-Za-z][A-Za-z0-9._-]*|[0-9]+(?:\.[0-9]+){3})"
_HOSTS = re.compile(rf"{_HOST}(?::[0-9]+)?(?:,{_HOST}:[0-9]+)*")
_RESERVED = re.compile(r"true|false|yes|no|on|off|null|y|n|~|[0-9]+ ?[eExXoO]|\.?(nan|inf)", re.IGNORECASE)
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def yaml_scalar(value: Value) -> str:
    """One value of config.yaml."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        # 1e-07 is a number to some readers of YAML only, 1.0e-07 to all.
        return re.sub(r"^(-?[0-9]+)e", r"\1.0e", str(value))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{yaml_scalar(str(key))}: {yaml_scalar(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return "[" + ", ".join(_quoted(one) if isinstance(one, str) else yaml_scalar(one) for one in value) + "]"
    return _plain_or_quoted(str(value))


def _plain_or_quoted(value: str) -> str:
    colons = ": " in value or " #" in value
    plain = any(form.fullmatch(value) for form in (_PLAIN, _URL, _JAVA, _HOSTS))
    return value if plain and not colons and not _RESERVED.fullmatch(value) else _quoted(value)


def _quoted(value: str) -> str:
    def escape(match: re.Match[str]) -> str:
        return f"\\u{ord(match[0]):04x}"

    return _ESCAPED.sub(escape, json.dumps(value, ensure_ascii=False))


def render_yaml(options: Mapping[str, Value]) -> str:
    """config.yaml: sorted, one dotted key a line, so that Flink's scripts and people find each with grep."""
    lines = [f"{_plain_or_quoted(key)}: {yaml_scalar(_as_plugins_read(key, options[key]))}" for key in sorted(options)]
    return "\n".join(["# Written by the Ansible collection streamops.flink: changes are lost.", *lines, ""])


def _as_plugins_read(key: str, value: Value) -> Value:
    """Text for plugins: the Prometheus reporter overlooks a port that is a number, and takes 9249 without a word."""
    return text(value) if is_free(key) and isinstance(value, bool | int | float) else value


# --- Java options of the distribution ----------------------------------------------------------------------------


def shipped_java_options(config_yaml: str) -> str:
    """env.java.opts.all of a config.yaml as Flink ships it: without it newer Javas refuse to run Flink."""
    path: list[tuple[int, str]] = []
    for line in config_yaml.splitlines():
        match = re.fullmatch(r"(\s*)([A-Za-z][A-Za-z0-9_.-]*)\s*:(?:\s+(.*))?", line)
        if match is None:
            continue
        indent, key, value = len(match[1]), match[2], (match[3] or "").strip()
        while path and path[-1][0] >= indent:
            path.pop()
        if ".".join([*(name for _indent, name in path), key]) == f"{JAVA_OPTIONS}all":
            return value.strip("'\"")
        path.append((indent, key))
    return ""


def with_java_options(options: Mapping[str, Value], shipped: str) -> dict[str, Value]:
    """The options with the distribution's Java options in front of env.java.opts.all, none of them twice."""
    ours = str(options.get(f"{JAVA_OPTIONS}all", "")).split()
    words = [word for word in shipped.split() if word not in ours] + ours
    return {**options, f"{JAVA_OPTIONS}all": " ".join(words)} if words else dict(options)


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
    return ",".join(f"{server['address']}:{server['client_port']}" for server in servers(nodes))


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
            lines[f"server.{server['myid']}"] = f"{server['address']}:{server['peer_port']}:{server['election_port']}"
    # One server alone is written without a server line: it starts without an election, as the mode standalone.
    lines.update(_zookeeper_options(values, set(lines)))
    written = [f"{key}={lines[key]}" for key in sorted(lines)]
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
    files = {"zoo.cfg": zoo_cfg(variables, nodes)}
    rotated = number(values, "flink_log_files", 1, 1000)
    filled = {
        "directory": f"{daemon_dir(values, 'zookeeper')}/log",
        "files": str(min(rotated, _LOGBACK_FILES) if maintained(values) else rotated),
        "level": str(values["flink_log_level"]).upper(),
        "console": str(values["flink_log_console_level"]).upper(),
    }
    if maintained(values):
        files["logback.xml"] = _LOGBACK.format(**filled)
    elif source == "package":
        files["log4j.properties"] = _LOG4J.format(**filled)
    return files


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
        raise FlinkError(f"cannot use variable zookeeper_config: it wants a map of settings, not {given!r}")
    flat = flatten(given, "zookeeper_config")
    for key in sorted(flat):
        if key in _OWN_ZOOKEEPER_KEYS or key.startswith("server."):
            variable = _OWN_ZOOKEEPER_KEYS.get(key, "the hosts of the group zookeeper")
            raise FlinkError(f"cannot use zookeeper_config: {key} has a variable of its own; set {variable} instead")
        near = {name.lower(): name for name in ours | set(_OWN_ZOOKEEPER_KEYS)}.get(key.lower(), key)
        if near != key:
            raise FlinkError(f"cannot use zookeeper_config: ZooKeeper does not know {key}; did you mean {near}?")
    return {key: text(value) for key, value in flat.items() if value is not None}


# --- Secrets in what is shown ------------------------------------------------------------------------------------

_ASSIGNMENT = re.compile(r"^(?P<name>\s*[\w.$\"'-]+?\s*[:=]\s*)(?P<value>\S.*)$")
_JAVA_SECRET = re.compile(r"(-D[^\s=]*(?:password|secret|token|credential)[^\s=]*=)[^\s'\"]+", re.IGNORECASE)
HIDDEN = "********"


def masked(content: str) -> str:
    """A file as it may be shown: the values of secret settings are hidden."""
    return "\n".join(_masked_line(line) for line in content.split("\n"))


def _masked_line(line: str) -> str:
    match = _ASSIGNMENT.match(line)
    if match is not None and is_secret(match["name"]):
        return f"{match['name']}{HIDDEN}"
    return _JAVA_SECRET.sub(rf"\g<1>{HIDDEN}", line)


def secrets(options: Mapping[str, Value]) -> set[str]:
    """The secret values among options, to keep them out of every output."""
    found = set()
    for key, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            # Short words such as true or 10 would black out half of every message.
            if (
                is_secret(key)
                and isinstance(one, str)
                and len(one) >= 4
                and one.lower() not in ("true", "false", "none")
            ):
                found.add(one)
    return found
