# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where ZooKeeper is: its servers, chroot and credentials."""

from __future__ import annotations

from typing import NamedTuple

from .._base.addresses import BadAddress, parse_addresses
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
    try:
        return parse_addresses(text)
    except BadAddress as error:
        raise ZooKeeperError(
            f"zookeeper_quorum {text!r} cannot be read at {error.text!r}: give host:port,host:port without a"
            f" path ({error.reason})"
        ) from error


def clean_path(*parts: str) -> str:
    """Join parts to an absolute path without double or trailing slashes."""
    names = [name for part in parts for name in part.split("/") if name]
    return "/" + "/".join(names)
