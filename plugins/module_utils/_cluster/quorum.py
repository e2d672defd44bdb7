# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where ZooKeeper is: its servers, chroot and credentials."""

from __future__ import annotations

from typing import NamedTuple

from .._base.errors import ZooKeeperError
from .four_letter import Tls

# A dead controller's locks go with its session, so the session is short.
SESSION_TIMEOUT = 10.0
DEFAULT_TIMEOUT = 15.0


class ZooKeeperSettings(NamedTuple):
    quorum: str
    username: str | None = None
    password: str | None = None
    tls: Tls | None = None
    session_timeout: float = SESSION_TIMEOUT
    timeout: float = DEFAULT_TIMEOUT

    def __repr__(self) -> str:
        return f"ZooKeeperSettings(quorum={self.quorum!r}, username={self.username!r}, …)"


def parse_quorum(text: str) -> list[tuple[str, int]]:
    """The servers of 'host:port,host:port'."""
    servers: list[tuple[str, int]] = []
    for part in text.split(","):
        host, _colon, port = part.strip().rpartition(":")
        plain = host[1:-1] if host.startswith("[") and host.endswith("]") else host.replace(":", "/")
        if not _is_host(plain) or not _is_port(port):
            raise ZooKeeperError(
                f"zookeeper_quorum {text!r} cannot be read at {part.strip()!r}: give host:port,host:port without a path"
            )
        servers.append((plain, int(port)))
    return servers


def _is_host(text: str) -> bool:
    return bool(text) and not any(char.isspace() or char in "/[]@," for char in text)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 5 and 0 < int(text) < 65536


def clean_path(*parts: str) -> str:
    """Join parts to an absolute path without double or trailing slashes."""
    names = [name for part in parts for name in part.split("/") if name]
    return "/" + "/".join(names)
