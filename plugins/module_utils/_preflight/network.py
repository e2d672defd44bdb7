# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports: who listens, who is in the way, who can be reached."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .._base.addresses import BadAddress, parse_address
from .._base.processes import (
    MARK_DIRECTORY,
    MARK_SERVICE,
    MARK_SUPERVISOR,
    Process,
    all_pids,
    command_of,
    environment_of,
    processes,
)
from .._base.secrets import masked_assignments

# --- A machine -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Listener:
    """A TCP socket that waits for connections."""

    address: str
    port: int
    inode: str


@dataclass(frozen=True)
class WantedPort:
    port: int
    use: str


_WILDCARDS = frozenset({"0.0.0.0", "::"})


_LISTENS = "0A"


def address_of(text: str) -> str:
    """An address of /proc/net/tcp or tcp6, whose words are in the byte order of the machine."""
    words = [text[start : start + 8] for start in range(0, len(text), 8)]
    packed = b"".join(int(word, 16).to_bytes(4, sys.byteorder) for word in words)
    if len(packed) == 4:
        return socket.inet_ntop(socket.AF_INET, packed)
    address = socket.inet_ntop(socket.AF_INET6, packed)
    return address.removeprefix("::ffff:") if "." in address else address


def parse_listeners(text: str) -> Iterator[Listener]:
    """The listening sockets of a table /proc/net/tcp or tcp6."""
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 9 and fields[3] == _LISTENS:
            address, _colon, port = fields[1].rpartition(":")
            yield Listener(address_of(address), int(port, 16), fields[9])


def listeners() -> list[Listener]:
    found: list[Listener] = []
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if table.exists():
            found += parse_listeners(table.read_text(encoding="ascii"))
    return found


def bound_addresses(bind: str) -> set[str]:
    """The addresses that a daemon listens on, as the kernel writes them."""
    plain = bind.strip().strip("[]")
    try:
        return {str(ipaddress.ip_address(plain))}
    except ValueError:
        pass
    try:
        return {str(one[4][0]) for one in socket.getaddrinfo(plain, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        # Whether the name is known is another question.
        return {plain}


def in_the_way(port: WantedPort, bind: str, found: Iterable[Listener]) -> list[Listener]:
    """Who listens where a daemon is to listen."""
    wanted = bound_addresses(bind)
    return [
        one
        for one in found
        if one.port == port.port and (wanted & _WILDCARDS or one.address in _WILDCARDS or one.address in wanted)
    ]


def owners(inodes: Iterable[str], pids: Iterable[int]) -> dict[str, int]:
    """Which process holds a socket, as far as this account may see."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[str, int] = {}
    for pid in pids:
        if not wanted:
            break
        for link in _open_files(pid):
            inode = wanted.pop(link, None)
            if inode is not None:
                found[inode] = pid
    return found


def _open_files(pid: int) -> Iterator[str]:
    try:
        entries = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return
    for entry in entries:
        try:
            yield str(entry.readlink())
        except OSError:
            continue  # closed in between


def is_below(path: str, base: str) -> bool:
    return bool(base) and (path == base or path.startswith(base.rstrip("/") + "/"))


def own_processes(base_dir: str) -> list[Process]:
    """Every daemon, and every supervisor, that was started below a base directory."""
    return processes(
        lambda environment: (
            is_below(environment.get(MARK_DIRECTORY, ""), base_dir)
            or is_below(environment.get(MARK_SUPERVISOR, ""), base_dir)
        )
    )


def described(pid: int) -> str:
    """A process, for people: by its mark when another cluster started it, otherwise by its command."""
    environment = environment_of(pid)
    if MARK_SERVICE in environment:
        where = environment.get(MARK_DIRECTORY, "another directory")
        return f"process {pid} ({environment[MARK_SERVICE]} of another cluster, in {where})"
    command = masked_assignments(command_of(pid))
    if len(command) > 100:
        command = f"{command[:40]} … {command[-50:]}"
    return f"process {pid} ({command})"


def port_problems(ports: Sequence[WantedPort], bind: str, machine: str, own: Sequence[Process]) -> list[str]:
    found = listeners()
    blocked = [(port, one) for port in ports for one in in_the_way(port, bind, found)[:1]]
    if not blocked:
        return []
    inodes = {one.inode for _port, one in blocked}
    ours = owners(inodes, [one.pid for one in own])
    others = owners(inodes - set(ours), all_pids()) if inodes - set(ours) else {}
    # What has gone meanwhile is in nobody's way.
    lasting = {one.inode for one in listeners()} if inodes - set(ours) - set(others) else inodes
    unseen = "a process that only root can see" if os.geteuid() else "a process of another container, or the kernel"
    return [
        f"port {port.port} on {machine}, {port.use}, is in use by"
        f" {described(others[one.inode]) if one.inode in others else unseen}: stop it, or choose another port"
        for port, one in blocked
        if one.inode not in ours and (one.inode in others or one.inode in lasting)
    ]


# --- Other machines --------------------------------------------------------------------------------------------

# Time for three packets that are lost on the way, each sent again by the kernel.
PEER_SECONDS = 10.0


def peer_problems(peers: Sequence[str], required: Collection[str], machine: str) -> list[str]:
    """Whether the addresses that the daemons of this machine will talk to can be reached from it.

    :arg peers: ``host:port``; before a daemon runs, its port refuses the connection, which is an answer as well.
    :arg required: those of them that must accept a connection, because they are not ours to start.
    """
    with ThreadPoolExecutor(max_workers=max(1, len(peers))) as pool:
        found = list(pool.map(lambda peer: (peer, _knock(peer)), peers))
    return [
        _peer_problem(peer, answer, machine)
        for peer, answer in found
        if answer is not None and (peer in required or not isinstance(answer, ConnectionRefusedError))
    ]


def _peer_problem(peer: str, answer: Exception, machine: str) -> str:
    if isinstance(answer, BadAddress):
        return f"{machine} cannot be asked about {peer!r}: {answer.message}"
    host = parse_address(peer)[0]
    if isinstance(answer, socket.gaierror) and answer.errno == socket.EAI_AGAIN:
        return (
            f"the name servers of {machine} gave no answer for {host} ({answer.strerror}): see whether"
            " /etc/resolv.conf there names servers that answer, or put the name into /etc/hosts"
        )
    if isinstance(answer, socket.gaierror):
        return (
            f"{machine} cannot find the address of {host} ({answer.strerror}): put the name into DNS or /etc/hosts,"
            " or set flink_host_address to an address"
        )
    if isinstance(answer, TimeoutError):
        return (
            f"{machine} got no answer from {peer} within {PEER_SECONDS:.0f} s: open the way between the two machines in"
            " their firewalls, or, where it is open, repeat the run when they are less busy"
        )
    reason = ((isinstance(answer, OSError) and answer.strerror) or str(answer)).lower()
    return (
        f"{machine} cannot reach {peer} ({reason}): start what should answer there, or open the way between the"
        " two machines"
    )


def _knock(peer: str) -> Exception | None:
    """Why an address does not accept a connection; None when it does."""
    try:
        address = parse_address(peer)
        try:
            _connect(address)
        except socket.gaierror as error:
            if error.errno != socket.EAI_AGAIN:
                raise
            # A name server that was busy is asked once more.
            _connect(address)
    except (BadAddress, OSError) as error:
        return error
    return None


def _connect(address: tuple[str, int]) -> None:
    socket.create_connection(address, PEER_SECONDS).close()
