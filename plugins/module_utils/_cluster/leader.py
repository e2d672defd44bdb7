# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who leads, read from ZooKeeper: the only reliable source."""

from __future__ import annotations

import ipaddress
import uuid
from typing import TYPE_CHECKING, NamedTuple

from .._base.addresses import BadAddress, host_port, is_ipv6, parse_address
from .._base.errors import FlinkError, NotYet
from .._base.secrets import mask_url
from .._base.times import iso_utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .kazoo_client import Node

REST_SERVER = "rest_server"
COMPONENTS = (REST_SERVER, "dispatcher", "resource_manager")

_STREAM_HEADER = b"\xac\xed\x00\x05"
_BLOCK_DATA = 0x77
_BLOCK_DATA_LONG = 0x7A
_UUID_CLASS = b"java.util.UUID"
_LATCH = "-latch-"


class ConnectionInfo(NamedTuple):
    """What a leader publishes: where it is and the id of its leadership."""

    address: str
    session: str


class Leader(NamedTuple):
    """The leading JobManager."""

    url: str
    name: str | None
    leader_session: str
    zookeeper_session: str
    since: str

    def as_dict(self) -> dict[str, str | None]:
        return {**self._asdict(), "url": mask_url(self.url)}


class Contender(NamedTuple):
    """One process that leads or waits to lead. name and url are known of the leader only."""

    node: str
    position: int
    zookeeper_session: str
    since: str
    leading: bool
    name: str | None = None
    url: str | None = None

    def as_dict(self) -> dict[str, object]:
        return {**self._asdict(), "url": mask_url(self.url) if self.url else None}


class NoLeader(NotYet):
    """There is no leader."""


class TwoLeaders(NotYet):
    """The components of the leader were published by different processes."""


class ForeignLeader(FlinkError):
    """The leader is not in the inventory."""


def parse_connection_info(data: bytes) -> ConnectionInfo:
    """Read Java's serialisation of an address and a UUID; FlinkError when it is anything else."""
    if not data.startswith(_STREAM_HEADER):
        raise _corrupt(data, "it does not begin with the header of a Java stream")
    rest = data[len(_STREAM_HEADER) :]
    if rest[:1] == bytes([_BLOCK_DATA]) and len(rest) >= 2:
        length, rest = rest[1], rest[2:]
    elif rest[:1] == bytes([_BLOCK_DATA_LONG]) and len(rest) >= 5:
        length, rest = int.from_bytes(rest[1:5], "big"), rest[5:]
    else:
        raise _corrupt(data, "it holds no block of data")
    if len(rest) < length or length < 2:
        raise _corrupt(data, "it ends in the middle of the address")
    block, rest = rest[:length], rest[length:]
    text_length = int.from_bytes(block[:2], "big")
    if len(block) != 2 + text_length:
        raise _corrupt(data, "the length of the address is wrong")
    try:
        address = block[2:].decode("utf-8")
    except UnicodeDecodeError as error:
        raise _corrupt(data, "the address is not text") from error
    if not address or any(not char.isprintable() or char.isspace() for char in address):
        raise _corrupt(data, "the address is not an address")
    if _UUID_CLASS not in rest or len(rest) < len(_UUID_CLASS) + 16:
        raise _corrupt(data, "the leader's session id is missing")
    # Java writes the class, then the two halves in the order of their names: leastSigBits before mostSigBits.
    least, most = rest[-16:-8], rest[-8:]
    return ConnectionInfo(address, str(uuid.UUID(bytes=most + least)))


def _corrupt(data: bytes, why: str) -> FlinkError:
    return FlinkError(
        f"connection_info in ZooKeeper cannot be read ({len(data)} bytes, beginning with {data[:12].hex(' ')!r}): {why}"
    )


def session_text(owner: int) -> str:
    """A session id as ZooKeeper's logs write it."""
    return f"{owner & 0xFFFFFFFFFFFFFFFF:#x}"


def same_address(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _plain(url: str) -> str:
    """Without user, with port, in small letters."""
    text = url.strip().rstrip("/").lower()
    scheme, separator, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    try:
        host, port = parse_address(authority.rpartition("@")[2], {"http": 80, "https": 443}.get(scheme))
    except BadAddress:
        return text
    # An IPv6 address has many spellings.
    host = str(ipaddress.ip_address(host)) if is_ipv6(host) and "%" not in host else host
    return f"{scheme}{separator}{host_port(host, port)}{slash}{path}"


def name_of(url: str, jobmanagers: Sequence[tuple[str, str]]) -> str | None:
    """The inventory's name of an address."""
    for name, known in jobmanagers:
        if same_address(url, known):
            return name
    return None


def find_leader(
    nodes: dict[str, Node | None], jobmanagers: Sequence[tuple[str, str]], where: str, *, check_name: bool = True
) -> Leader:
    """The leader that the connection_info nodes name, or what is wrong with them.

    nodes maps a component to its connection_info; only those that were read are in it.
    """
    node = nodes.get(REST_SERVER)
    if node is None or not node.data:
        raise NoLeader(f"no JobManager leads: {where} has no connection_info of the rest_server")
    info = parse_connection_info(node.data)
    others = {key: other for key, other in nodes.items() if key != REST_SERVER and other is not None and other.data}
    for component, other in others.items():
        if other.owner != node.owner:
            raise TwoLeaders(
                f"two JobManagers lead: below {where} the session {session_text(node.owner)} has published the"
                f" rest_server ({mask_url(info.address)}) and the session {session_text(other.owner)} the {component}"
            )
    missing = [component for component in nodes if component != REST_SERVER and component not in others]
    if missing:
        raise NoLeader(
            f"the JobManager at {mask_url(info.address)} does not lead yet:"
            f" {where} has no connection_info of the {' and the '.join(missing)}"
        )
    name = name_of(info.address, jobmanagers)
    if check_name and jobmanagers and name is None:
        known = ", ".join(f"{known} {mask_url(url)}" for known, url in jobmanagers)
        raise ForeignLeader(
            f"the leader {mask_url(info.address)} is not one of the inventory's JobManagers ({known}):"
            " another cluster uses this cluster_id, or rest.address of that JobManager is wrong",
            leader_url=mask_url(info.address),
        )
    return Leader(
        url=info.address,
        name=name,
        leader_session=info.session,
        zookeeper_session=session_text(node.owner),
        since=iso_utc(node.modified_ms),
    )


def latch_order(names: Sequence[str]) -> list[str]:
    """The nodes of the latch in the order in which they will lead."""
    numbered = [(name.rpartition(_LATCH)[2], name) for name in names if _LATCH in name]
    return [name for _number, name in sorted((int(text), name) for text, name in numbered if text.isdecimal())]


def contenders_of(latches: Sequence[Node], leader: Leader | None) -> list[Contender]:
    """Who contends, in order. A latch says whose it is only through its session."""
    found: list[Contender] = []
    for position, node in enumerate(latches, start=1):
        session = session_text(node.owner)
        leading = leader is not None and leader.zookeeper_session == session
        found.append(
            Contender(
                node=node.path.rsplit("/", 1)[-1],
                position=position,
                zookeeper_session=session,
                since=iso_utc(node.created_ms),
                leading=leading,
                name=leader.name if leader is not None and leading else None,
                url=leader.url if leader is not None and leading else None,
            )
        )
    return found
