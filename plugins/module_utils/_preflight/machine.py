# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no interface for others, may change at any time.
"""What would stand in the way of a cluster: in its inventory, and on its machines. Asks, changes nothing.

Every problem is one sentence that says what to do about it.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from .._base.errors import FlinkError
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
from .._config.inventory import ZOOKEEPER_SOURCES, Node, with_daemon
from .._runtime.supervisor import SOCKET_NAME, SOCKET_PATH_MAX, masked

K = TypeVar("K")

# --- The inventory ---------------------------------------------------------------------------------------------

LOCAL_SCHEMES = frozenset({"file"})
_CLUSTER_ID = re.compile(r"(/[A-Za-z0-9._-]+)+\Z")


@dataclass(frozen=True)
class ClusterWish:
    """What holds for the whole cluster."""

    cluster_id: str
    version: str
    runtime: str
    runtimes: Sequence[str]
    storage_url: str
    storage_shared: bool = False
    standby_required: bool = True
    zookeeper_source: str = "bundled"
    zookeeper_quorum: str = ""
    even_allowed: bool = False


def inventory_problems(
    nodes: Sequence[Node], cluster: ClusterWish, check_version: Callable[[str], object]
) -> list[str]:
    """Everything that is wrong with an inventory, without asking any machine.

    :arg check_version: raises FlinkError for a version of Flink that is not known.
    """
    return [
        *_group_problems(nodes, cluster),
        *_myid_problems(nodes),
        *_port_number_problems(nodes),
        *_clash_problems(nodes, cluster.runtime),
        *_address_problems(nodes),
        *_slot_problems(nodes),
        *_cluster_id_problems(cluster.cluster_id),
        *_choice_problems(cluster, check_version),
        *_storage_problems(cluster, len(machines(nodes))),
    ]


def machines(nodes: Iterable[Node]) -> list[str]:
    return list(dict.fromkeys(node["machine"] for node in nodes))


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _names(nodes: Iterable[Node]) -> str:
    return _and(node["name"] for node in nodes)


def _group_problems(nodes: Sequence[Node], cluster: ClusterWish) -> Iterator[str]:
    servers, managers = with_daemon(nodes, "zookeeper"), with_daemon(nodes, "jobmanager")
    existing = cluster.zookeeper_source == "existing"
    for group, found in (
        *([] if existing else [("zookeeper", servers)]),
        ("jobmanagers", managers),
        ("taskmanagers", with_daemon(nodes, "taskmanager")),
    ):
        if not found:
            yield f"the group {group} of the inventory is empty: put at least one host into it"
    if existing and servers:
        yield (
            f"the group zookeeper has hosts ({_names(servers)}), but zookeeper_source is existing: take them out of the"
            " group, or choose another source to run servers on them"
        )
    elif existing and not cluster.zookeeper_quorum:
        yield (
            "flink_zookeeper_quorum is empty, but zookeeper_source is existing: name the servers of that ensemble"
            " there, host:port,host:port"
        )
    if cluster.zookeeper_source not in ZOOKEEPER_SOURCES:
        yield f"zookeeper_source {cluster.zookeeper_source!r} is not known: use one of {', '.join(ZOOKEEPER_SOURCES)}"
    if servers and len(servers) % 2 == 0 and not cluster.even_allowed:
        yield (
            f"the group zookeeper has {len(servers)} hosts ({_names(servers)}), an even number, which survives no more"
            f" failures than {len(servers) - 1}: use an odd number, best 3 or 5"
        )
    if len(managers) == 1 and cluster.standby_required:
        yield (
            f"the group jobmanagers has one host only ({_names(managers)}), but without a second one nobody takes over"
            " when it fails: add a host, or set flink_ha_standby_required: false"
        )


def _myid_problems(nodes: Sequence[Node]) -> Iterator[str]:
    servers = with_daemon(nodes, "zookeeper")
    for node in servers:
        myid: Any = node["myid"]
        if not isinstance(myid, int) or not 1 <= myid <= 255:
            given = "no zookeeper_myid" if myid is None else f"zookeeper_myid {myid!r}"
            yield f"{node['name']} has {given}: give every ZooKeeper server a number of its own between 1 and 255"
    for number, users in _shared((node["myid"], node["name"]) for node in servers if node["myid"] is not None):
        yield f"{users} have the same zookeeper_myid {number}: give every ZooKeeper server a number of its own"


def _port_number_problems(nodes: Sequence[Node]) -> Iterator[str]:
    for node in nodes:
        for variable, port in node["ports"].items():
            if not _is_port(port):
                yield f"{node['name']} has {variable} {port!r}: give a port between 1 and 65535"


def _is_port(port: Any) -> bool:
    return isinstance(port, int) and 1 <= port <= 65535


def _shared(users: Iterable[tuple[K, str]]) -> Iterator[tuple[K, str]]:
    """What has more than one user, and who they are."""
    found: dict[K, list[str]] = {}
    for thing, user in users:
        found.setdefault(thing, []).append(user)
    return ((thing, _and(names)) for thing, names in found.items() if len(names) > 1)


def _clash_problems(nodes: Sequence[Node], runtime: str) -> Iterator[str]:
    """What no two daemons of a machine, or of the cluster, may share. Containers have the ports to themselves."""
    ports = (
        ((node["address" if runtime == "docker" else "machine"], port), f"{variable} of {node['name']}")
        for node in nodes
        for variable, port in node["ports"].items()
        if _is_port(port)
    )
    for (machine, port), users in _shared(ports):
        yield f"port {port} on {machine} is given twice, as {users}: give each its own port"
    for (machine, directory), users in _shared(((node["machine"], node["node_dir"]), node["name"]) for node in nodes):
        yield f"{users} have the same directory {directory} on {machine}: give each its own flink_node_dir"
    for resource, users in _shared((node["resource_id"], node["name"]) for node in with_daemon(nodes, "taskmanager")):
        yield (
            f"{users} have the same taskmanager_resource_id {resource}, and would destroy each other's files:"
            " give each its own"
        )


def _address_problems(nodes: Sequence[Node]) -> Iterator[str]:
    if len(machines(nodes)) < 2:
        return
    for node in nodes:
        if node["address"] in ("localhost", "::1") or node["address"].startswith("127."):
            yield (
                f"{node['name']} gives {node['address']} as its address, where other machines cannot reach it:"
                " set flink_host_address to a name or address that all of them know"
            )


def _slot_problems(nodes: Sequence[Node]) -> Iterator[str]:
    for node in with_daemon(nodes, "taskmanager"):
        slots: Any = node["slots"]
        if not isinstance(slots, int) or slots < 1:
            yield f"{node['name']} has taskmanager_slots {slots!r}: give a number of at least 1"


def _cluster_id_problems(cluster_id: str) -> Iterator[str]:
    if cluster_id.strip("/") == "default":
        yield (
            "flink_cluster_id is /default, which is that of every Flink cluster without one: set flink_cluster_name, or"
            " flink_cluster_id, to a name that no other cluster has"
        )
    elif not _CLUSTER_ID.match(cluster_id):
        yield (
            f"flink_cluster_id {cluster_id!r} cannot be a path in ZooKeeper: write it like /payments, with letters,"
            " digits, dots, hyphens and underscores"
        )


def _choice_problems(cluster: ClusterWish, check_version: Callable[[str], object]) -> Iterator[str]:
    try:
        check_version(cluster.version)
    except FlinkError as error:
        yield f"flink_version: {error.message}"
    if cluster.runtime not in cluster.runtimes:
        yield f"flink_runtime {cluster.runtime!r} is not known: use one of {', '.join(sorted(cluster.runtimes))}"


def _storage_problems(cluster: ClusterWish, machine_count: int) -> Iterator[str]:
    url = cluster.storage_url
    parts = urlsplit(url)
    if not parts.scheme or not (parts.netloc or parts.path.startswith("/")):
        yield f"flink_storage_url {url!r} is no URL of a directory: write it like file:///srv/flink or s3://bucket/flink"
    elif parts.scheme in LOCAL_SCHEMES and machine_count > 1 and not cluster.storage_shared:
        yield (
            f"flink_storage_url {url} lies on the disk of each machine, but the cluster has {machine_count} machines,"
            " and a JobManager finds nothing that another one has stored: mount a shared file system there and set"
            " flink_storage_shared: true, or use an object store"
        )


# Which variable says how much memory a daemon takes, and in which unit a bare number is meant.
_MEMORY_VARIABLES = {
    "zookeeper": ("zookeeper_heap", "m"),
    "jobmanager": ("jobmanager_memory_process_size", ""),
    "taskmanager": ("taskmanager_memory_process_size", ""),
    "sql_gateway": ("sql_gateway_heap", ""),
    "history_server": ("history_server_heap", ""),
}


def ensemble_problems(nodes: Sequence[Node], with_data: Collection[str], asked: Collection[str]) -> list[str]:
    """Whether servers that are new could outvote those that hold the data.

    :arg with_data: the nodes whose ZooKeeper server has data already.
    :arg asked: the nodes that were asked for it.
    """
    servers = with_daemon(nodes, "zookeeper")
    new = [node for node in servers if node["name"] not in with_data]
    if len(new) == len(servers) or len(new) * 2 <= len(servers) or any(one["name"] not in asked for one in servers):
        return []
    problem = (
        f"{_names(new)} would be a majority of the {len(servers)} ZooKeeper servers without the data of the others, and"
        " could begin anew without any job: add fewer at a time (an even number in between needs"
        " preflight_even_quorum_allowed)"
    )
    return [problem]


def memory_needs(
    nodes: Iterable[Node], variables: Mapping[str, Mapping[str, Any]], defaults: Mapping[str, Any]
) -> dict[str, str]:
    """The memory of every daemon, by what it is called in problems.

    :arg variables: the variables of every host.
    :arg defaults: what holds where a host does not say otherwise.
    """
    needs: dict[str, str] = {}
    for node in nodes:
        for daemon in node["daemons"]:
            if daemon not in _MEMORY_VARIABLES:
                continue
            variable, unit = _MEMORY_VARIABLES[daemon]
            size = str(variables[node["name"]].get(variable, defaults[variable])).strip()
            # Empty: the user divides the memory with other options.
            if size:
                needs[f"{daemon} of {node['name']}"] = f"{size}{unit}" if size.isdigit() else size
    return needs


# A container that is down is no host that is unreachable, to Ansible.
_DOWN = re.compile(r"is not running|no such container", re.IGNORECASE)
_NO_ROOT = re.compile(r"sudo|become|password|doas|\bsu\b", re.IGNORECASE)


def reach_problem(host: str, variables: Mapping[str, Any]) -> str:
    """Why a host could not be asked, from what the role preflight has registered; empty when it could."""
    answer = variables.get("__preflight_machine") or {}
    if not answer.get("failed") and not answer.get("unreachable"):
        return ""
    # What the way to the machine has said counts before what Ansible makes of it.
    why = _last_line(answer.get("module_stderr") or answer.get("msg"))
    if answer.get("unreachable") or _DOWN.search(why):
        return f"{host} cannot be reached ({why}): start it, mend the way to it, or take it out of the inventory"
    if _NO_ROOT.search(why):
        who = variables.get("ansible_user") or "Ansible's account"
        return (
            f"nobody can become root on {host} ({why}): let {who} use sudo there, or give its password with"
            " --ask-become-pass"
        )
    return f"{host} cannot be asked ({why}): see whether Ansible can run modules there"


def _last_line(text: Any) -> str:
    lines = [line.strip(" .>") for line in str(text or "").splitlines() if line.strip(" .>")]
    return lines[-1] if lines else "no reason is given"


# --- A machine -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Listener:
    """A TCP socket that waits for connections."""

    address: str
    port: int
    inode: str


@dataclass(frozen=True)
class PortWish:
    port: int
    use: str


_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZE = re.compile(r"(\d+)\s*([bkmgt]?)[a-z]*\Z")
_WILDCARDS = frozenset({"0.0.0.0", "::"})
_LISTENS = "0A"


def size_of(text: str) -> int:
    """A memory size as Flink writes it, in bytes."""
    found = _SIZE.match(text.strip().lower())
    if not found:
        raise FlinkError(f"{text!r} is no size of memory: write it like 1024m or 2g")
    return int(found[1]) * _UNITS[found[2]]


def size_text(size: int) -> str:
    if size >= 10 * _UNITS["g"]:
        return f"{size / _UNITS['g']:.0f} GiB"
    return f"{size / _UNITS['g']:.1f} GiB" if size >= _UNITS["g"] else f"{size / _UNITS['m']:.0f} MiB"


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


def in_the_way(wish: PortWish, bind: str, found: Iterable[Listener]) -> list[Listener]:
    """Who listens where a daemon is to listen."""
    return [
        one
        for one in found
        if one.port == wish.port
        and (bind in _WILDCARDS or one.address in _WILDCARDS or bind in (one.address, "localhost"))
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
    command = masked(command_of(pid))
    if len(command) > 100:
        command = f"{command[:40]} … {command[-50:]}"
    return f"process {pid} ({command})"


def port_problems(wishes: Sequence[PortWish], bind: str, machine: str, own: Sequence[Process]) -> list[str]:
    found = listeners()
    blocked = [(wish, one) for wish in wishes for one in in_the_way(wish, bind, found)[:1]]
    if not blocked:
        return []
    inodes = {one.inode for _wish, one in blocked}
    ours = owners(inodes, [one.pid for one in own])
    others = owners(inodes - set(ours), all_pids()) if inodes - set(ours) else {}
    problems = []
    for wish, one in blocked:
        if one.inode in ours:
            continue
        who = described(others[one.inode]) if one.inode in others else "a process that only root can see"
        problems.append(
            f"port {wish.port} on {machine}, {wish.use}, is in use by {who}: stop it, or choose another port"
        )
    return problems


def memory_available(own: Sequence[Process]) -> int:
    """What daemons can get on this machine, that of our running ones included."""
    info = {
        name: int(amount.split()[0]) * 1024
        for name, _colon, amount in (
            line.partition(":") for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        )
    }
    available = info.get("MemAvailable", info["MemFree"])
    limit, used = _memory_limit()
    return min(available, max(0, limit - used)) + sum(_resident(one.pid) for one in own)


# The limit of a container and what it uses of it, by version of the control groups.
_MEMORY_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "/sys/fs/cgroup/memory/memory.stat",
    ),
)


def _memory_limit() -> tuple[int, int]:
    for limit_file, used_file, stat_file in _MEMORY_GROUPS:
        try:
            limit = Path(limit_file).read_text(encoding="ascii").strip()
            used = int(Path(used_file).read_text(encoding="ascii"))
            stat = dict(line.split() for line in Path(stat_file).read_text(encoding="ascii").splitlines())
        except OSError:
            continue
        if limit.isdigit():
            # Cached files are given back when memory is needed.
            return int(limit), used - int(stat.get("total_inactive_file", stat.get("inactive_file", 0)))
    return sys.maxsize, 0


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def memory_problems(needs: Mapping[str, int], available: int, machine: str) -> Iterator[str]:
    needed = sum(needs.values())
    if needed > available:
        shares = ", ".join(f"{who} {size_text(size)}" for who, size in needs.items())
        yield (
            f"{machine} has {size_text(available)} of memory for daemons that need {size_text(needed)} ({shares}):"
            " make them smaller, run fewer, or take a larger machine"
        )


def existing(path: str) -> Path:
    """The directory itself, or the nearest one above it that exists and may be looked at."""
    candidates = (Path(path), *Path(path).parents)
    return next((one for one in candidates if os.access(one, os.F_OK)), candidates[-1])


def disk_problems(path: str, needed: int, machine: str) -> Iterator[str]:
    try:
        state = os.statvfs(existing(path))
    except OSError as error:
        yield f"the disk of {path} on {machine} cannot be read ({error.strerror}): see whether it is mounted"
        return
    free = state.f_bavail * state.f_frsize
    if free < needed:
        yield (
            f"{path} on {machine} has {size_text(free)} of free disk, less than {size_text(needed)}:"
            " make room, or choose another directory"
        )


def write_problems(path: str, machine: str) -> Iterator[str]:
    nearest = existing(path)
    if not nearest.is_dir():
        yield f"{path} on {machine} cannot be a directory, because {nearest} is a file: move it away"
    elif not os.access(nearest, os.W_OK | os.X_OK):
        yield (
            f"{nearest} on {machine} cannot be written by user id {os.geteuid()}, but {path} is needed:"
            " give that account the right, set become: true, or choose another directory"
        )


def package_problems(packages: Iterable[str], machine: str) -> Iterator[str]:
    for name in packages:
        if find_spec(name) is None:
            python = sys.executable
            yield f"{python} on {machine} lacks the Python package {name}: run {python} -m pip install {name} there"


def socket_problems(supervisor_dir: str, machine: str) -> Iterator[str]:
    length = len(os.fsencode(f"{supervisor_dir}/{SOCKET_NAME}"))
    if length > SOCKET_PATH_MAX:
        yield (
            f"the socket of supervisord in {supervisor_dir} on {machine} would have a path of {length} bytes, more than"
            f" the {SOCKET_PATH_MAX} that work: choose a shorter flink_base_dir"
        )


def systemd_problems(machine: str) -> Iterator[str]:
    if not Path("/run/systemd/system").is_dir():
        yield f"systemd does not run on {machine}, but flink_runtime is systemd: use another flink_runtime"


def clock_problems(controller: float, tolerance: float, machine: str) -> Iterator[str]:
    """The controller's time was read a moment ago, so a small lead of the machine is natural."""
    ahead = time.time() - controller
    if abs(ahead) > tolerance:
        direction = "ahead of" if ahead > 0 else "behind"
        yield (
            f"the clock of {machine} is {abs(ahead):.0f} s {direction} that of the controller, more than"
            f" {tolerance:.0f} s: run a time service such as chrony on both"
        )


# --- Other machines --------------------------------------------------------------------------------------------

PEER_SECONDS = 3.0


def peer_problems(peers: Sequence[str], required: Collection[str], machine: str) -> list[str]:
    """Whether the addresses that the daemons of this machine will talk to can be reached from it.

    :arg peers: ``host:port``; before a daemon runs, its port refuses the connection, which is an answer as well.
    :arg required: those of them that must accept a connection, because they are not ours to start.
    """
    with ThreadPoolExecutor(max_workers=max(1, len(peers))) as pool:
        answers = pool.map(_knock, peers)
    problems = []
    for peer, answer in zip(peers, answers, strict=True):
        if isinstance(answer, socket.gaierror):
            host = peer.rpartition(":")[0]
            problems.append(
                f"{machine} cannot find the address of {host} ({answer.strerror}): put the name into DNS or /etc/hosts,"
                " or set flink_host_address to an address"
            )
        elif answer is not None and (peer in required or not isinstance(answer, ConnectionRefusedError)):
            reason = (answer.strerror or str(answer)).lower()
            problems.append(
                f"{machine} cannot reach {peer} ({reason}): start what should answer there, or open the way between the"
                " two machines"
            )
    return problems


def _knock(peer: str) -> OSError | None:
    """Why an address does not accept a connection; None when it does."""
    host, _colon, port = peer.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), PEER_SECONDS):
            return None
    except OSError as error:
        return error


# --- Shared storage --------------------------------------------------------------------------------------------


def _token_file(directory: Path, token: str) -> Path:
    return directory / f".streamops-{token}"


def write_token(directory: str, token: str, machine: str) -> list[str]:
    """Leave a token in a directory, or in the nearest one above it that exists."""
    try:
        _token_file(existing(directory), token).write_text(token, encoding="ascii")
    except OSError as error:
        return [_not_writable(directory, machine, error)]
    return []


def read_token(directory: str, token: str, machine: str) -> list[str]:
    """See whether the token that another machine has left is here, and whether this one can write, too."""
    for candidate in (Path(directory), *Path(directory).parents):
        if os.access(_token_file(candidate, token), os.F_OK):
            own = _token_file(candidate, f"{token}-{os.getpid()}")
            try:
                own.write_text(machine, encoding="utf-8")
                own.unlink()
            except OSError as error:
                return [_not_writable(directory, machine, error)]
            return []
    problem = (
        f"{directory} on {machine} is not the same as on the other machines, a file written there is not seen here:"
        " mount one shared file system on all of them"
    )
    return [problem]


def remove_token(directory: str, token: str) -> None:
    for candidate in (Path(directory), *Path(directory).parents):
        if os.access(_token_file(candidate, token), os.F_OK):
            _token_file(candidate, token).unlink()


def _not_writable(directory: str, machine: str, error: OSError) -> str:
    return (
        f"{directory} on {machine} cannot be written ({error.strerror}): give user id {os.geteuid()} the right to write"
        " there, or choose another directory"
    )
