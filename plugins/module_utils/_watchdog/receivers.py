# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receivers of alerts, and what is wrong with their settings."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .._base.options import nearest
from .._base.schema import value_problem
from .._base.units import duration

WARNING, CRITICAL = "warning", "critical"


LEVELS = (WARNING, CRITICAL)


FIRING, RESOLVED = "firing", "resolved"


MAIL, WEBHOOK, SLACK, DINGTALK, ALERTMANAGER = "mail", "webhook", "slack", "dingtalk", "alertmanager"


HTTP_OPTIONS = ("url", "url_file", "ca_path", "validate_certs", "token", "token_file")


KINDS: Mapping[str, tuple[str, ...]] = {
    MAIL: ("host", "port", "tls", "username", "password", "password_file", "sender", "to", "ca_path", "validate_certs"),
    WEBHOOK: HTTP_OPTIONS,
    SLACK: HTTP_OPTIONS,
    DINGTALK: (*HTTP_OPTIONS, "secret", "secret_file"),
    ALERTMANAGER: HTTP_OPTIONS,
}


COMMON = ("name", "kind", "level", "timeout")


# Options that are not text, and those that are checked with more than a type.
TYPES = {"validate_certs": "bool", **dict.fromkeys(("port", "timeout", "level", "tls", "to", "kind"), "raw")}


SECRETS = ("password", "token", "secret", "url")


TLS_MODES = ("starttls", "implicit", "none")


DEFAULT_TIMEOUT = 10.0


# -- settings --------------------------------------------------------------------------------------------------------


def in_seconds(settings: Any) -> Any:
    """The settings of alerts as they are declared, with times in seconds, and without what is set to nothing."""
    if not isinstance(settings, Mapping):
        return {} if settings is None else settings
    result = _without_nothing(settings)
    if "repeat" in result:
        result["repeat"] = duration(result["repeat"], "repeat of flink_watchdog_alerts")
    if isinstance(result.get("receivers"), list):
        result["receivers"] = [_receiver_in_seconds(one) for one in result["receivers"]]
    return result


def _without_nothing(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value is not None and value != ""}


def _receiver_in_seconds(one: Any) -> Any:
    if not isinstance(one, Mapping):
        return one
    result = _without_nothing(one)
    if "timeout" in result:
        where = f"timeout of the receiver {one.get('name')} of flink_watchdog_alerts"
        result["timeout"] = duration(result["timeout"], where)
    return result


def problems(settings: object) -> list[str]:
    """What is wrong with the settings of alerts, one sentence each. Asks no host."""
    if not isinstance(settings, Mapping):
        return ["flink_watchdog_alerts is not a dictionary: give receivers"]
    found = [
        f"flink_watchdog_alerts has the unknown key {key}: it takes receivers and repeat"
        for key in settings
        if key not in {"receivers", "repeat"}
    ]
    repeat = settings.get("repeat")
    if _is_given(repeat) and not _is_positive(repeat):
        found.append(
            f"flink_watchdog_alerts has the repeat {repeat!r}, which is not a number of seconds above 0:"
            " give one such as 14400"
        )
    receivers = settings.get("receivers") or []
    if not isinstance(receivers, list):
        return [*found, "flink_watchdog_alerts.receivers is not a list"]
    names = [str(one.get("name")) for one in receivers if isinstance(one, Mapping)]
    found += [f"two receivers of alerts are called {name}" for name in sorted({n for n in names if names.count(n) > 1})]
    return found + [text for number, one in enumerate(receivers, 1) for text in _receiver_problems(number, one)]


def _instead(name: object, known: tuple[str, ...], otherwise: str) -> str:
    near = nearest(name, known)
    return f"did you mean {near}?" if near else f"{otherwise} {', '.join(known)}"


def _receiver_problems(number: int, one: object) -> list[str]:
    where = f"receiver {number} of flink_watchdog_alerts"
    if not isinstance(one, Mapping):
        return [f"{where} is not a dictionary"]
    if not one.get("name"):
        return [f"{where} has no name"]
    where = f"the receiver {one['name']} of flink_watchdog_alerts"
    kind = str(one.get("kind"))
    if kind not in KINDS:
        return [f"{where} has the unknown kind {kind!r}: {_instead(kind, tuple(KINDS), 'it can be')}"]
    known = (*COMMON, *KINDS[kind])
    found = [
        f"{where} has the unknown option {key} for the kind {kind}: {_instead(key, known, 'it takes')}"
        for key in one
        if key not in known
    ]
    types = [value_problem(key, one.get(key), {"type": TYPES.get(key, "str")}) for key in known]
    if any(types):
        return [*found, *(f"{where}: {problem}" for problem in types if problem)]
    if one.get("level", WARNING) not in LEVELS:
        found.append(f"{where} has the unknown level {one.get('level')!r}: it can be {' or '.join(LEVELS)}")
    if not _is_positive(one.get("timeout", DEFAULT_TIMEOUT)):
        found.append(f"{where} has the timeout {one.get('timeout')!r}, which is not a number of seconds above 0")
    found += [f"{where} gives both {key} and {key}_file" for key in SECRETS if one.get(key) and one.get(f"{key}_file")]
    return found + [f"{where} {text}" for text in (_mail_problems(one) if kind == MAIL else _http_problems(kind, one))]


def _mail_problems(one: Mapping[str, Any]) -> list[str]:
    found = [f"has no {key}" for key in ("host", "sender", "to") if not one.get(key)]
    port = one.get("port")
    if _is_given(port) and not _is_port(port):
        found.append(
            f"has the port {port!r}, which is not a whole number from 1 to 65535: give one such as 587, or leave it out"
        )
    if one.get("tls", "starttls") not in TLS_MODES:
        found.append(f"has the unknown tls {one.get('tls')!r}: it can be {', '.join(TLS_MODES)}")
    if one.get("to") and not isinstance(one["to"], list):
        found.append("has a to that is not a list of addresses")
    has_password = bool(one.get("password") or one.get("password_file"))
    if bool(one.get("username")) != has_password:
        found.append("needs username and password together")
    if one.get("username") and one.get("tls", "starttls") == "none":
        found.append("would send its password in the clear: set tls")
    return found


def _http_problems(kind: str, one: Mapping[str, Any]) -> list[str]:
    if not one.get("url") and not one.get("url_file"):
        return ["has neither url nor url_file"]
    found = []
    if one.get("url") and (wrong := _url_problem(str(one["url"]))):
        found.append(f"{wrong}: give one such as https://alerts.example.com/flink")
    if kind == DINGTALK and not one.get("secret") and not one.get("secret_file"):
        found.append("has no secret to sign with")
    return found


def _url_problem(url: str) -> str:
    """Why nothing can be sent to an address, which may hold a token: nothing of it is shown."""
    try:
        parts = urlsplit(url)
        # A port is read, and refused, only when it is requested.
        _port = parts.port
    except ValueError:
        return "has a url whose host or port cannot be read"
    if parts.scheme not in {"http", "https"}:
        return "has a url that begins with neither http:// nor https://"
    return "" if parts.hostname else "has a url without a host"


def _is_given(value: object) -> bool:
    return value is not None and value != ""


def _is_positive(value: object) -> bool:
    try:
        return 0 < float(str(value)) < math.inf
    except ValueError:
        return False


def _is_port(value: object) -> bool:
    text = str(value).strip()
    return re.fullmatch("[0-9]{1,5}", text) is not None and 1 <= int(text) <= 65535
