# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An address and a port as one text, and back: IPv6 addresses are in brackets wherever the two meet."""

from __future__ import annotations

import ipaddress
import re

from .errors import FlinkError

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/*/")
_HOST = re.compile(r"[^\s/\[\]@,;:'\"]+")
_LABEL = 63


class BadAddress(FlinkError):
    """An address that cannot be read: why, and what to write."""

    def __init__(self, text: str, reason: str, advice: str) -> None:
        super().__init__(f"{reason}: {advice}")
        self.text, self.reason = text, reason


def bracketed(host: str) -> str:
    """A host as it is written in front of a colon and a port."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def host_port(host: str, port: object) -> str:
    return f"{bracketed(host)}:{port}"


def is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).version == 6
    except ValueError:
        return False


def parse_address(text: str, default: int | None = None) -> tuple[str, int]:
    """The host, without brackets, and the port of 'host:port'.

    :arg default: the port where none is written; without it a port is demanded.
    """
    plain = text.strip()
    number = default or "port"
    example = f"host:{number}"
    if not plain:
        raise BadAddress(plain, "it is empty", f"write {example}")
    if _SCHEME.match(plain):
        raise BadAddress(plain, "a scheme has no place in it", f"write {example}, without {plain.partition(':')[0]}://")
    if "/" in plain:
        raise BadAddress(plain, "a path has no place in it", f"write {example}, without /{plain.partition('/')[2]}")
    host, port = _split(plain, number)
    if host.startswith("["):
        host = host[1:-1]
        if not is_ipv6(host):
            raise BadAddress(
                plain, f"{host} is not an IPv6 address, and only these are in brackets", f"write {example}"
            )
    elif not _HOST.fullmatch(host) or any(not 0 < len(label) <= _LABEL for label in host.removesuffix(".").split(".")):
        raise BadAddress(plain, f"{host!r} is not the name of a host or an address", f"write {example}")
    if not port and default is not None:
        return host, default
    if not port:
        raise BadAddress(plain, "it has no port", f"write {example}")
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536):
        raise BadAddress(plain, f"the port {port!r} is not a number from 1 to 65535", f"write {example}")
    return host, int(port)


def _split(plain: str, number: object) -> tuple[str, str]:
    """The host, with its brackets, and what is behind the colon; empty without one."""
    if plain.startswith("["):
        host, bracket, rest = plain.partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise BadAddress(plain, "its brackets do not match", f"write host:{number}, or [::1]:{number}")
        return f"{host}]", rest[1:]
    host, _colon, port = plain.partition(":")
    if ":" in port:
        raise BadAddress(plain, "an IPv6 address in front of a port is in brackets", f"write it like [::1]:{number}")
    return host, port


def host_fault(text: str) -> str:
    """Why a text is not the name or the address of a host alone; empty when it is."""
    if is_ipv6(text):
        return ""
    if text.startswith("["):
        return "it has brackets"
    try:
        parse_address(text, 1)
    except BadAddress as error:
        return "it has two colons and is not an IPv6 address" if text.count(":") > 1 else error.reason
    return "it has a port" if ":" in text else ""


def parse_addresses(text: str, default: int | None = None) -> list[tuple[str, int]]:
    """The servers of 'host:port,host:port'; spaces and a comma at the end do no harm."""
    parts = text.split(",")
    if len(parts) > 1 and not parts[-1].strip():
        parts.pop()
    return list(dict.fromkeys(parse_address(part, default) for part in parts))
