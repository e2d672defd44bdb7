"""What would stand in the way of a cluster."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.disk import disk_problems, existing
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config.inventory import Node, nodes
from ansible_collections.streamops.flink.plugins.module_utils._preflight import inventory as _inventory
from ansible_collections.streamops.flink.plugins.module_utils._preflight import machine as _preflight
from ansible_collections.streamops.flink.plugins.module_utils._preflight import network as _network
from ansible_collections.streamops.flink.plugins.module_utils._preflight import storage as _storage
from ansible_collections.streamops.flink.plugins.module_utils._preflight.inventory import (
    ClusterDescription,
    inventory_problems,
    memory_needs,
)
from ansible_collections.streamops.flink.plugins.module_utils._preflight.machine import (
    Clock,
    clock_problems,
    memory_available,
    memory_problems,
    package_problems,
    socket_problems,
    write_problems,
)
from ansible_collections.streamops.flink.plugins.module_utils._preflight.network import (
    Listener,
    WantedPort,
    address_of,
    in_the_way,
    listeners,
    own_processes,
    parse_listeners,
    peer_problems,
    port_problems,
)
from ansible_collections.streamops.flink.plugins.module_utils._preflight.reach import reach_problem
from ansible_collections.streamops.flink.plugins.module_utils._preflight.storage import (
    read_token,
    remove_token,
    write_token,
)

# --- The inventory ---------------------------------------------------------------------------------------------

GROUPS = {
    "zookeeper": ["zk1", "zk2", "zk3"],
    "jobmanagers": ["jm1", "jm2"],
    "taskmanagers": ["tm1", "tm2"],
    "sql_gateways": ["jm1"],
}
DESCRIBED: dict[str, Any] = {
    "cluster_id": "/payments",
    "version": "1.20.5",
    "runtime": "process",
    "runtimes": ["process", "systemd"],
    "storage_url": "s3://bucket/flink",
}


def cluster(hosts: dict[str, dict[str, Any]] | None = None, groups: dict[str, list[str]] | None = None) -> list[Node]:
    """Three ZooKeeper servers, two JobManagers, two TaskManagers, each on a machine of its own."""
    groups = {**GROUPS, **(groups or {})}
    names = {name for members in groups.values() for name in members}
    variables: dict[str, dict[str, Any]] = {name: {} for name in names}
    for name in groups["zookeeper"]:
        variables[name]["zookeeper_myid"] = int(name[-1])
    for name, values in (hosts or {}).items():
        variables[name] |= values
    return nodes(groups, variables, {"base_dir": "/var/lib/flink"})


def known(version: str) -> None:
    if version != "1.20.5":
        raise FlinkError(f"{version} is not known: use 1.20.5")


def problems(found: list[Node], **changes: Any) -> list[str]:
    return inventory_problems(found, ClusterDescription(**{**DESCRIBED, **changes}), known)


def test_a_good_inventory_has_no_problems() -> None:
    assert problems(cluster()) == []
    assert problems(cluster(), storage_url="file:///mnt/flink", storage_shared=True) == []


def test_one_machine_needs_no_shared_storage() -> None:
    one = {
        name: {"ansible_connection": "local", "flink_host_address": "127.0.0.1"}
        for members in GROUPS.values()
        for name in members
    }
    for number, (name, host) in enumerate(one.items()):
        for node in cluster():
            if node["name"] == name:
                host |= {variable: 20000 + number * 10 + place for place, variable in enumerate(node["ports"])}

    assert problems(cluster(one), storage_url="file:///var/lib/flink/storage") == []


LOCAL = {"ansible_connection": "local"}
INVENTORY_PROBLEMS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
    ({}, {"zookeeper": []}, {}, "the group zookeeper of the inventory is empty: put at least one host into it"),
    ({}, {"jobmanagers": []}, {}, "the group jobmanagers of the inventory is empty: put at least one host into it"),
    ({}, {"taskmanagers": []}, {}, "the group taskmanagers of the inventory is empty: put at least one host into it"),
    (
        {},
        {"zookeeper": ["zk1", "zk2"]},
        {},
        (
            "the group zookeeper has 2 hosts (zk1 and zk2), an even number, which survives no more failures than 1:"
            " use an odd number, best 3 or 5"
        ),
    ),
    (
        {},
        {"jobmanagers": ["jm1"]},
        {},
        (
            "the group jobmanagers has one host only (jm1), but without a second one there is none to take over when it"
            " fails: add a host, or set flink_ha_standby_required: false"
        ),
    ),
    (
        {"zk2": {"zookeeper_myid": 1}},
        {},
        {},
        "zk1 and zk2 have the same zookeeper_myid 1: give every ZooKeeper server a number of its own",
    ),
    (
        {"zk2": {"zookeeper_myid": None}},
        {},
        {},
        "zk2 has no zookeeper_myid: give every ZooKeeper server a number of its own between 1 and 255",
    ),
    (
        {"zk2": {"zookeeper_myid": "two"}},
        {},
        {},
        "zk2 has zookeeper_myid 'two': give every ZooKeeper server a number of its own between 1 and 255",
    ),
    (
        {"zk2": {"zookeeper_myid": 256}},
        {},
        {},
        "zk2 has zookeeper_myid 256: give every ZooKeeper server a number of its own between 1 and 255",
    ),
    (
        {"jm2": {"jobmanager_rest_port": "abc"}},
        {},
        {},
        "jm2 has jobmanager_rest_port 'abc': give a port between 1 and 65535",
    ),
    (
        {"jm2": {"jobmanager_rest_port": 0}},
        {},
        {},
        "jm2 has jobmanager_rest_port 0: give a port between 1 and 65535",
    ),
    (
        {"jm2": {"jobmanager_rest_port": 6123}},
        {},
        {},
        (
            "port 6123 on jm2 is given twice, as jobmanager_rest_port of jm2 and jobmanager_rpc_port of jm2: give each"
            " its own port"
        ),
    ),
    (
        {"tm1": {"flink_machine": "m1"}, "tm2": {"flink_machine": "m1", "taskmanager_rpc_port": 7001}},
        {},
        {},
        (
            "port 6121 on m1 is given twice, as taskmanager_data_port of tm1 and taskmanager_data_port of tm2: give"
            " each its own port"
        ),
    ),
    (
        {"tm2": {"taskmanager_resource_id": "tm1"}},
        {},
        {},
        (
            "tm1 and tm2 have the same taskmanager_resource_id tm1, and would destroy each other's files: give each"
            " its own"
        ),
    ),
    (
        {
            "jm1": {"flink_node_dir": "/srv/n", "flink_machine": "m1"},
            "zk1": {"flink_node_dir": "/srv/n", "flink_machine": "m1"},
        },
        {},
        {},
        "zk1 and jm1 have the same directory /srv/n on m1: give each its own flink_node_dir",
    ),
    (
        {"jm1": {"flink_host_address": "127.0.0.1"}},
        {},
        {},
        (
            "jm1 gives 127.0.0.1 as its address, where other machines cannot reach it: set flink_host_address to a"
            " name or address that all of them know"
        ),
    ),
    ({"tm1": {"taskmanager_slots": 0}}, {}, {}, "tm1 has taskmanager_slots 0: give a number of at least 1"),
    (
        {},
        {},
        {"cluster_id": "/default"},
        (
            "flink_cluster_id is /default, which is that of every Flink cluster without one: set flink_cluster_name, or"
            " flink_cluster_id, to a name that no other cluster has"
        ),
    ),
    (
        {},
        {},
        {"cluster_id": "payments"},
        (
            "flink_cluster_id 'payments' cannot be a path in ZooKeeper: write it like /payments, with letters, digits,"
            " dots, hyphens and underscores"
        ),
    ),
    (
        {},
        {},
        {"cluster_id": "/pay ments/"},
        (
            "flink_cluster_id '/pay ments/' cannot be a path in ZooKeeper: write it like /payments, with letters,"
            " digits, dots, hyphens and underscores"
        ),
    ),
    ({}, {}, {"version": "1.2"}, "flink_version: 1.2 is not known: use 1.20.5"),
    ({}, {}, {"runtime": "podman"}, "flink_runtime 'podman' is not known: use one of process, systemd"),
    (
        {},
        {},
        {"storage_url": "file:///var/lib/flink/storage"},
        (
            "flink_storage_url file:///var/lib/flink/storage is on the disk of each machine, but the cluster has 7"
            " machines, and a JobManager finds nothing that another one has stored: mount a shared file system there"
            " and set flink_storage_shared: true, or use an object store"
        ),
    ),
    (
        {},
        {},
        {"storage_url": "/srv/flink"},
        (
            "flink_storage_url '/srv/flink' is not the URL of a directory: write it like file:///srv/flink or"
            " s3://bucket/flink"
        ),
    ),
]


@pytest.mark.parametrize(
    ("hosts", "groups", "changes", "expected"),
    INVENTORY_PROBLEMS,
    ids=[" ".join(problem[-1].split()[:9]) for problem in INVENTORY_PROBLEMS],
)
def test_each_mistake_is_one_sentence_that_says_what_to_do(
    hosts: dict[str, Any], groups: dict[str, Any], changes: dict[str, Any], expected: str
) -> None:
    assert expected in problems(cluster(hosts, groups), **changes)


def test_an_even_number_of_servers_may_be_wanted_for_a_step() -> None:
    found = ensemble(2)
    assert any("an even number" in problem for problem in problems(found))
    assert problems(found, even_allowed=True) == []


def ensemble(count: int) -> list[Node]:
    return cluster(groups={"zookeeper": [f"zk{number}" for number in range(1, count + 1)]})


@pytest.mark.parametrize(
    ("count", "with_data", "refused"),
    [
        (3, [], False),
        (3, ["zk1", "zk2", "zk3"], False),
        (3, ["zk1", "zk2"], False),
        (3, ["zk1"], True),
        (2, ["zk1"], False),
        (5, ["zk1", "zk2", "zk3"], False),
        (5, ["zk1", "zk2"], True),
    ],
)
def test_new_servers_may_not_outvote_those_with_the_data(count: int, with_data: list[str], refused: bool) -> None:
    names = [f"zk{number}" for number in range(1, count + 1)]
    found = _inventory.ensemble_problems(ensemble(count), with_data, names)
    assert bool(found) is refused
    assert _inventory.ensemble_problems(ensemble(count), with_data, names[:1]) == []


def test_a_single_jobmanager_may_be_wanted() -> None:
    assert problems(cluster(groups={"jobmanagers": ["jm1"]}), standby_required=False) == []


def test_all_problems_are_told_at_once() -> None:
    found = problems(cluster({"zk2": {"zookeeper_myid": 1}}), cluster_id="/default", runtime="podman")

    assert len(found) == 3


def test_memory_is_read_from_each_host_or_from_the_defaults() -> None:
    defaults = {
        "zookeeper_heap": "256m",
        "jobmanager_memory_process_size": "1600m",
        "taskmanager_memory_process_size": "1728m",
        "sql_gateway_heap": "512m",
    }
    variables: dict[str, dict[str, Any]] = {node["name"]: {} for node in cluster()}
    variables["zk1"]["zookeeper_heap"] = "128m"
    variables["tm1"]["taskmanager_memory_process_size"] = ""

    needs = memory_needs(cluster(), variables, defaults)

    assert needs == {
        "zookeeper of zk1": "128m",
        "zookeeper of zk2": "256m",
        "zookeeper of zk3": "256m",
        "jobmanager of jm1": "1600m",
        "jobmanager of jm2": "1600m",
        "sql_gateway of jm1": "512m",
        "taskmanager of tm2": "1728m",
    }


def test_a_history_server_needs_memory_and_prometheus_takes_what_it_finds() -> None:
    watching = nodes({"history_servers": ["a"], "monitoring": ["b"]}, {"a": {}, "b": {}}, {})
    assert memory_needs(watching, {"a": {}, "b": {}}, {"history_server_heap": "512m"}) == {
        "history_server of a": "512m"
    }


# --- A machine -------------------------------------------------------------------------------------------------

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0 0 10 0
   2: 0100007F:1F91 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0
"""
TABLE6 = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when
   0: 00000000000000000000000000000000:1F92 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 4714 1
   1: 0000000000000000FFFF00000100007F:1F93 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 4715 1
"""

little_endian = pytest.mark.skipif(sys.byteorder != "little", reason="the recorded tables are of such a machine")


@little_endian
def test_listeners_are_read_from_the_tables_of_the_kernel() -> None:
    assert list(parse_listeners(TABLE)) == [Listener("127.0.0.1", 8081, "4711"), Listener("0.0.0.0", 80, "4712")]
    assert list(parse_listeners(TABLE6)) == [Listener("::", 8082, "4714"), Listener("127.0.0.1", 8083, "4715")]


@little_endian
def test_addresses_are_turned_round() -> None:
    assert address_of("0100007F") == "127.0.0.1"
    assert address_of("00000000000000000000000001000000") == "::1"


@pytest.mark.parametrize(
    ("listens", "bind", "blocked"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("0.0.0.0", "127.0.0.1", True),
        ("::", "127.0.0.1", True),
        ("10.0.0.1", "127.0.0.1", False),
        ("10.0.0.1", "0.0.0.0", True),
        ("127.0.0.1", "localhost", True),
        ("10.0.0.1", "localhost", False),
        ("::1", "::1", True),
        ("::1", "[::1]", True),
        ("::1", "0:0:0:0:0:0:0:1", True),
        ("::1", "127.0.0.1", False),
        ("127.0.0.1", "::", True),
        ("10.0.0.1", "no.such.host.invalid", False),
    ],
)
def test_only_listeners_on_the_same_address_are_in_the_way(listens: str, bind: str, blocked: bool) -> None:
    assert bool(in_the_way(WantedPort(1, "x"), bind, [Listener(listens, 1, "1"), Listener(listens, 2, "2")])) is blocked


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def test_a_port_in_use_says_by_what(port: int) -> None:
    found = port_problems([WantedPort(port, "jobmanager_rest_port of jm1")], "127.0.0.1", "box", [])

    assert len(found) == 1
    assert found[0].startswith(f"port {port} on box, jobmanager_rest_port of jm1, is in use by process {os.getpid()} (")
    assert found[0].endswith("): stop it, or choose another port")


@pytest.mark.parametrize(
    ("account", "who"),
    [(1000, "a process that only root can see"), (0, "a process of another container, or the kernel")],
)
def test_a_port_whose_owner_cannot_be_seen_says_so(
    port: int, monkeypatch: pytest.MonkeyPatch, account: int, who: str
) -> None:
    monkeypatch.setattr(_network, "all_pids", list)
    monkeypatch.setattr(_network.os, "geteuid", lambda: account)

    found = port_problems([WantedPort(port, "x of y")], "0.0.0.0", "box", [])

    assert found == [f"port {port} on box, x of y, is in use by {who}: stop it, or choose another port"]


def test_a_listener_that_has_gone_meanwhile_is_no_problem(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [[Listener("127.0.0.1", port, "1")], []]
    monkeypatch.setattr(_network, "listeners", lambda: seen.pop(0))

    assert port_problems([WantedPort(port, "x of y")], "0.0.0.0", "box", []) == []


def test_a_free_port_is_no_problem(port: int) -> None:
    free = next(number for number in range(20000, 30000) if number not in {one.port for one in listeners()})

    assert port_problems([WantedPort(free, "x")], "0.0.0.0", "box", []) == []


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[int]:
    """A daemon below tmp_path that listens; its port."""
    script = (
        "import signal, socket; server = socket.create_server(('127.0.0.1', 0));"
        " print(server.getsockname()[1], flush=True); signal.pause()"
    )
    environment = {"STREAMOPS_SERVICE": "payments/jm1/jobmanager", "STREAMOPS_DIRECTORY": f"{tmp_path}/nodes/jm1"}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        yield int(child.stdout.readline())
        child.kill()


def test_ports_of_the_running_cluster_are_no_problem_for_itself(daemon: int, tmp_path: Path) -> None:
    own = own_processes(str(tmp_path))

    assert [one.environment["STREAMOPS_SERVICE"] for one in own] == ["payments/jm1/jobmanager"]
    assert port_problems([WantedPort(daemon, "x")], "127.0.0.1", "box", own) == []


def test_ports_of_another_cluster_are_a_problem_and_name_it(daemon: int, tmp_path: Path) -> None:
    own = own_processes(f"{tmp_path}-other")
    found = port_problems([WantedPort(daemon, "x")], "127.0.0.1", "box", own)

    assert own == []
    assert f"(payments/jm1/jobmanager of another cluster, in {tmp_path}/nodes/jm1)" in found[0]


def test_too_little_memory_names_who_needs_how_much() -> None:
    needs = {"jobmanager of jm1": 1 << 30, "taskmanager of tm1": 2 << 30}

    assert list(memory_problems(needs, 3 << 30, "box")) == []
    assert list(memory_problems(needs, 2 << 30, "box")) == [
        (
            "box has 2.0 GiB of memory for daemons that need 3.0 GiB (jobmanager of jm1 1.0 GiB, taskmanager of tm1 2.0"
            " GiB): make them smaller, run fewer, or take a larger machine"
        )
    ]


def test_memory_of_running_daemons_counts_as_available() -> None:
    own = [one for one in (_preflight.Process(os.getpid(), ""),) if one]

    assert memory_available(own) - memory_available([]) > -(64 << 20)
    assert memory_available([]) > 0


def test_a_container_has_no_more_than_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in (
        ("max", "104857600\n"),
        ("current", "52428800\n"),
        ("stat", "anon 1\ninactive_file 10485760\n"),
    ):
        (tmp_path / name).write_text(content)
    files = tuple(str(tmp_path / name) for name in ("max", "current", "stat"))
    monkeypatch.setattr(_preflight, "_MEMORY_GROUPS", (files,))

    assert memory_available([]) == 104857600 - (52428800 - 10485760)


def test_the_cached_files_and_directories_of_a_container_are_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = "anon 100\nactive_file 20000000\ninactive_file 10000000\nslab_reclaimable 5000000\nslab_unreclaimable 7\n"
    for name, content in (("max", "104857600\n"), ("current", "52428800\n"), ("stat", stat)):
        (tmp_path / name).write_text(content)
    files = tuple(str(tmp_path / name) for name in ("max", "current", "stat"))
    monkeypatch.setattr(_preflight, "_MEMORY_GROUPS", (files,))

    assert memory_available([]) == 104857600 - (52428800 - 35000000)


def test_a_container_without_a_limit_has_the_memory_of_its_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in (("max", "max\n"), ("current", "52428800\n"), ("stat", "inactive_file 1\n")):
        (tmp_path / name).write_text(content)
    files = tuple(str(tmp_path / name) for name in ("max", "current", "stat"))
    monkeypatch.setattr(_preflight, "_MEMORY_GROUPS", (files, ("/no", "/such", "/file")))

    assert memory_available([]) > 104857600


def test_a_path_that_does_not_exist_stands_for_the_one_above(tmp_path: Path) -> None:
    assert existing(f"{tmp_path}/a/b/c") == tmp_path
    assert existing("/") == Path("/")


def test_too_little_disk_says_how_much(tmp_path: Path) -> None:
    assert list(disk_problems(f"{tmp_path}/new", 1, "box")) == []
    found = list(disk_problems(f"{tmp_path}/new", 1 << 60, "box"))
    assert found[0].startswith(f"{tmp_path}/new on box has ")
    assert found[0].endswith(" of free disk, less than 1073741824 GiB: make room, or choose another directory")


def test_a_directory_that_cannot_be_written_says_who_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(write_problems(f"{tmp_path}/new/deep", "box")) == []
    real = os.access

    def refuse(path: Path, mode: int) -> bool:
        return mode == os.F_OK and real(path, mode)

    monkeypatch.setattr(os, "access", refuse)
    assert list(write_problems(f"{tmp_path}/new/deep", "box")) == [
        (
            f"{tmp_path} on box cannot be written by user id {os.geteuid()}, but {tmp_path}/new/deep is needed:"
            " give that account the right, set become: true, or choose another directory"
        )
    ]


def test_a_file_in_the_way_of_a_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert list(write_problems(f"{tmp_path}/file", "box")) == [
        f"{tmp_path}/file on box cannot be a directory, because {tmp_path}/file is a file: move it away"
    ]


def test_a_missing_package_says_which_python_lacks_it() -> None:
    assert list(package_problems(["json", "no_such_package"], "box")) == [
        (
            f"{sys.executable} on box lacks the Python package no_such_package: run {sys.executable} -m pip install"
            " no_such_package there"
        )
    ]


def test_an_address_that_refuses_answers_all_the_same(port: int) -> None:
    assert peer_problems([f"127.0.0.1:{port}"], [f"127.0.0.1:{port}"], "box") == []


def test_an_address_of_another_inventory_must_accept() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        peer = f"127.0.0.1:{closed.getsockname()[1]}"
        assert peer_problems([peer], [], "box") == []
        (problem,) = peer_problems([peer], [peer], "box")
    assert problem.startswith(f"box cannot reach {peer} (connection refused): start what should answer there")


def test_an_unknown_name_is_reported_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(_network.socket, "create_connection", unknown)
    (problem,) = peer_problems(["zk9:2181"], [], "box")
    assert problem == (
        "box cannot find the address of zk9 (Name or service not known): put the name into DNS or /etc/hosts, or set "
        "flink_host_address to an address"
    )


def test_silence_is_a_problem_also_where_nothing_has_to_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    def silence(*_arguments: Any) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr(_network.socket, "create_connection", silence)
    (problem,) = peer_problems(["zk2:2181"], [], "box")
    assert problem == (
        "box got no answer from zk2:2181 within 10 s: open the way between the two machines in their firewalls, or,"
        " where it is open, repeat the run when they are less busy"
    )


def test_a_name_server_that_is_slow_is_asked_again_and_not_taken_for_a_wrong_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    busy = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    answers: list[OSError] = [busy, ConnectionRefusedError(111, "Connection refused"), busy, busy]

    def answer(*_arguments: Any) -> None:
        raise answers.pop(0)

    monkeypatch.setattr(_network.socket, "create_connection", answer)
    assert peer_problems(["zk2:2181"], [], "box") == []
    (problem,) = peer_problems(["zk2:2181"], [], "box")
    assert problem.startswith("the name servers of box gave no answer for zk2 (Temporary failure in name resolution): ")


@pytest.mark.parametrize(
    ("peer", "reason"),
    [
        ("zk1", "it has no port: write host:port"),
        ("zk1:2181/flink", "a path has no place in it"),
        ("::1:2181", "an IPv6 address in front of a port is in brackets"),
        ("a..b:1", "'a..b' is not the name of a host"),
    ],
)
def test_an_address_that_cannot_be_read_is_told_and_not_asked(peer: str, reason: str) -> None:
    (problem,) = peer_problems([peer], [], "box")
    assert problem.startswith(f"box cannot be asked about {peer!r}: {reason}")


def test_an_ipv6_address_is_asked_without_its_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def connect(address: Any, _seconds: float) -> Any:
        asked.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(_network.socket, "create_connection", connect)
    assert peer_problems(["[fe80::1]:2181"], [], "box") == []
    assert asked == [("fe80::1", 2181)]


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({}, ""),
        ({"__preflight_machine": {"problems": []}}, ""),
        (
            {"__preflight_machine": {"unreachable": True, "msg": "Failed to connect.\nNo route to host."}},
            "tm1 cannot be reached (No route to host): start it, fix its connection, or take it out of the inventory",
        ),
        (
            {"__preflight_machine": {"failed": True, "msg": "Missing sudo password"}, "ansible_user": "ann"},
            (
                "cannot become root on tm1 (Missing sudo password): let ann use sudo there, or give its password"
                " with --ask-become-pass"
            ),
        ),
        (
            {"__preflight_machine": {"failed": True, "msg": "x", "module_stderr": "Container 1 is not running\n"}},
            (
                "tm1 cannot be reached (Container 1 is not running): start it, fix its connection, or take it out of"
                " the inventory"
            ),
        ),
        (
            {"__preflight_machine": {"failed": True, "msg": "/usr/bin/python3: not found"}},
            "tm1 cannot be asked (/usr/bin/python3: not found): see whether Ansible can run modules there",
        ),
    ],
)
def test_a_host_that_cannot_be_asked_is_one_sentence(variables: dict[str, Any], problem: str) -> None:
    assert reach_problem("tm1", variables) == problem


def test_a_long_path_of_a_socket_is_told() -> None:
    assert list(socket_problems("/" + "x" * 82, "box")) == []
    assert "would have a path of 100 bytes" in next(socket_problems("/" + "x" * 83, "box"))


CLOCKS = [
    # On one clock, however long the way takes, there or back.
    (Clock(0, 0, 0, 0), ""),
    (Clock(0, 60, 61, 61), ""),
    (Clock(0, 1, 2, 600), ""),
    (Clock(0, 600, 2000, 2000), ""),
    # Not certain: all of it may be the way.
    (Clock(0, 45, 46, 60), ""),
    (Clock(100, 75, 76, 101), ""),
    (Clock(0, 45, 46, 1), "the clock of box is at least 45 s ahead of that of the controller, more than 30 s: run"),
    (Clock(100, 55, 56, 101), "the clock of box is at least 45 s behind that of the controller, more than 30 s: run"),
    (Clock(0, 105, 106, 61), "at least 45 s ahead of"),
]


@pytest.mark.parametrize(("clock", "text"), CLOCKS)
def test_a_wrong_clock_says_by_how_much_and_a_slow_answer_is_no_wrong_clock(clock: Clock, text: str) -> None:
    found = list(clock_problems(clock, 30, "box"))

    assert text in found[0] if text else not found


# --- Shared storage --------------------------------------------------------------------------------------------


def test_a_token_is_found_where_the_directory_is_shared(tmp_path: Path) -> None:
    assert write_token(f"{tmp_path}/storage", "t1", "one") == []
    assert read_token(f"{tmp_path}/storage", "t1", "two") == []

    remove_token(f"{tmp_path}/storage", "t1")
    remove_token(f"{tmp_path}/storage", "t1")

    assert list(tmp_path.iterdir()) == []


def test_a_token_that_is_seen_late_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_storage.Deadline, "pause", lambda *_seconds: write_token(str(tmp_path), "t1", "one"))
    assert read_token(str(tmp_path), "t1", "two") == []


def test_a_token_that_is_not_found_means_that_nothing_is_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_storage, "SHARED_SECONDS", 0)
    assert read_token(str(tmp_path), "t1", "two") == [
        (
            f"{tmp_path} on two is not the same as on the other machines, a file written there is not seen here: mount"
            " one shared file system on all of them"
        )
    ]


def test_a_machine_that_sees_the_token_but_cannot_write_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_token(str(tmp_path), "t1", "one")

    def refuse(*arguments: object, **options: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_text", refuse)

    assert read_token(str(tmp_path), "t1", "two") == [
        (
            f"{tmp_path} on two cannot be written (Permission denied): give user id {os.geteuid()} the right to write"
            " there, or choose another directory"
        )
    ]
    assert "cannot be written" in write_token(str(tmp_path), "t1", "one")[0]
