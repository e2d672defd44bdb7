# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one path from the variables of a cluster to the configuration of each daemon.

Production profile, then high availability, then the user's options, then the node's own addresses. Everything here is
a pure function. This file is private to the collection: no interface for others, it may change at any time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._base.errors import FlinkError
from .._base.units import Value, seconds
from .catalogue import Catalogue, Option, catalogue, is_free
from .couplings import conflicts, without_effect
from .flat import flatten
from .node import PROTECTED, java_options, node, scratch
from .options import Problem, canonical, check, validate
from .profile import high_availability, profile
from .start_scripts import check_path, is_java_line, quoted_line
from .variables import Layer, Setting, settings
from .zookeeper import session_bounds

SESSION_TIMEOUT = "high-availability.zookeeper.client.session-timeout"


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
    :arg variables: the variables of the host, by the names of VARIABLES in variables.py; others are ignored.
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
    origins = {key: layer[key].origin for key in options}
    if role == "jobmanager":
        _check_conflicts(options, origins)
        # What nothing reads is reported once, not by each daemon.
        warnings += [f"flink_config: {text}" for text in without_effect(options)]
    return Composed(options, origins, warnings)


def _check_conflicts(options: Mapping[str, Value], origins: Mapping[str, str]) -> None:
    found = [
        f"option {one.key} is {options[one.key]} ({origins[one.key]}), which does not go with {one.other}"
        f" ({origins[one.other]}): {one.why}; {one.advice}, or switch unaligned checkpoints off"
        for one in conflicts(options)
    ]
    if found:
        raise FlinkError(f"cannot use {_origin_text(origins[conflicts(options)[0].key])}: {'; '.join(found)}")


def user_options(role: str, values: Mapping[str, Any]) -> tuple[Layer, list[str]]:
    """flink_config and the daemon's own map, checked, under the names of the cluster's version."""
    version = str(values["flink_version"])
    layer: Layer = {}
    warnings: list[str] = []
    for name in ("flink_config", f"{role}_config"):
        given = {} if name == "zookeeper_config" else values[name]
        if not isinstance(given, Mapping):
            raise FlinkError(f"cannot use variable {name}: it must be a map of options, not {given!r}")
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
        if is_java_line(key):
            line = quoted_line(setting.value, f"{_origin_text(setting.origin)}, option {key}")
            result[key] = Setting(f"{ours[key]} {line}".strip() if key in ours else line, setting.origin)
        else:
            option = f", option {key}" if setting.origin.endswith("_config") else ""
            check_path(key, setting.value, _origin_text(setting.origin) + option)
    return result


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
