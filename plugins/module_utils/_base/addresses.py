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
    """An address that cannot be read; the message says why, and what to write."""


def bracketed(host: str) -> str:
    """A host as it stands in front of a colon and a port."""
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
    example = f"host:{default or 2181}"
    if not plain:
        raise BadAddress(f"an address is empty: write {example}")
    if _SCHEME.match(plain):
        raise BadAddress(f"a scheme has no place in it: write {example}, without {plain.partition(':')[0]}://")
    if "/" in plain:
        raise BadAddress(f"a path has no place in it: write {example}, without /{plain.partition('/')[2]}")
    host, port = _split(plain, example)
    if host.startswith("["):
        host = host[1:-1]
        if not is_ipv6(host):
            raise BadAddress(f"{host} is not an IPv6 address, and only these are in brackets: write {example}")
    elif not _HOST.fullmatch(host) or any(not 0 < len(label) <= _LABEL for label in host.rstrip(".").split(".")):
        raise BadAddress(f"{host!r} is not the name of a host or an address: write {example}")
    if not port and default is not None:
        return host, default
    if not port:
        raise BadAddress(f"it has no port: write {example}")
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536):
        raise BadAddress(f"the port {port!r} is not a number from 1 to 65535: write {example}")
    return host, int(port)


def _split(plain: str, example: str) -> tuple[str, str]:
    """The host, with its brackets, and what is behind the colon; empty without one."""
    if plain.startswith("["):
        host, bracket, rest = plain.partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise BadAddress(f"its brackets do not match: write {example}, or [::1]:{example.rpartition(':')[2]}")
        return f"{host}]", rest[1:]
    host, _colon, port = plain.partition(":")
    if ":" in port:
        number = example.rpartition(":")[2]
        raise BadAddress(f"an IPv6 address in front of a port is in brackets: write it like [::1]:{number}")
    return host, port


def parse_addresses(text: str, default: int | None = None) -> list[tuple[str, int]]:
    """The servers of 'host:port,host:port'; spaces and a comma at the end do no harm."""
    found = [parse_address(part, default) for part in text.split(",") if part.strip()]
    if not found:
        raise BadAddress(f"no server is named: write host:{default or 2181},host:{default or 2181}")
    return list(dict.fromkeys(found))
