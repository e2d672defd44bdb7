# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be the address of a host, and what Java alone refuses."""

from __future__ import annotations

import re

from .._base.addresses import host_fault, is_ipv6

# Daemons that are addressed by URIs of Java, whose names of hosts have no underscores.
JAVA_URIS = frozenset({"jobmanager", "taskmanager", "sql_gateway"})
_NUMBERS = re.compile(r"[0-9.]+")
_OCTET = re.compile(r"0|[1-9][0-9]{0,2}")


def address_problem(address: str, *, java: bool) -> str:
    """Why a text is not the address of a host, and what to write; empty when it is one."""
    if is_ipv6(address):
        return ""
    if not address.isascii():
        return "which has letters that names of hosts do not have: write it as DNS has it, beginning with xn--"
    if fault := host_fault(address):
        return f"which cannot be used because {fault}: write a name or an address alone, like jm1 or fd00::17"
    if _NUMBERS.fullmatch(address) and not _is_ipv4(address):
        return "which looks like an IPv4 address and is none: write it like 10.0.0.17"
    if java and "_" in address:
        return (
            "which has an underscore, and Java takes no such name in a URI: set flink_host_address to a name without"
            " one, or to an IP address"
        )
    return ""


def _is_ipv4(address: str) -> bool:
    octets = address.split(".")
    return len(octets) == 4 and all(_OCTET.fullmatch(one) and int(one) < 256 for one in octets)
