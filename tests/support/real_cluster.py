"""Real clusters for tests and benchmarks, deployed by the collection's own site.yml."""

from __future__ import annotations

import fcntl
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import yaml

REPO = Path(__file__).resolve().parents[2]
LOCAL = REPO / "inventories" / "local"
# The versions of Flink on which the modules are tested, the collection's default first.
LONG_TERM, *OTHERS = ("1.20.5", "2.2.1", "2.3.0")
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")


# The locks of the ports that tests of this process have taken. They are held until it ends.
_TAKEN: list[IO[str]] = []


def free_base() -> int:
    """The first of a hundred ports that nothing listens on, below the range of outgoing connections.

    What a test has taken is its own also while its cluster is down: several runs of tests go on at a time.
    """
    directory = Path(tempfile.gettempdir()) / f"streamops-flink-ports-{os.getuid()}"
    directory.mkdir(exist_ok=True)
    for base in random.Random().sample(range(20000, 31000, 100), 110):
        lock = (directory / str(base)).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        if all(is_free(base + offset) for offset in range(100)):
            _TAKEN.append(lock)
            return base
        lock.close()
    raise RuntimeError("no hundred free ports in a row between 20000 and 31000")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def eventually(probe: Callable[[], Any], seconds: float, what: str) -> Any:
    """Look until the probe is true; a refused connection counts as not yet."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        try:
            found = probe()
        except OSError:
            found = None
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {seconds:.0f} s")
        pause.wait(0.2)


@dataclass
class PlaybookRun:
    """What ansible-playbook said, as people and as programs read it."""

    code: int
    text: str
    stats: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        return sum(host["changed"] for host in self.stats.values())

    @property
    def trouble(self) -> str:
        """The tasks that changed something or failed, with all that they said: what a failed test has to show."""
        tasks = re.split(r"\n(?=(?:TASK|PLAY|RUNNING HANDLER) )", self.text)
        told = [
            task
            for task in tasks
            if re.search(r"^(?:changed|failed|fatal|unreachable): |\[ERROR\]", task, re.MULTILINE)
        ]
        return "\n".join([*told, f"exit code {self.code}, {self.changed} changed"])


def run_playbook(name: str, inventory: Path, *arguments: str, timeout: float = 900, **extra: Any) -> PlaybookRun:
    """Run a playbook of the collection and count what changed."""
    environment = {**os.environ, "ANSIBLE_CONFIG": str(REPO / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "COLUMNS": "160"}
    command = [str(PLAYBOOK), "-i", str(inventory), str(REPO / "playbooks" / name), *arguments]
    if extra:
        command += ["-e", json.dumps(extra)]
    done = subprocess.run(
        command, cwd=REPO, env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )
    text = done.stdout + done.stderr
    return PlaybookRun(done.returncode, text, recap(text))


def recap(text: str) -> dict[str, dict[str, int]]:
    stats: dict[str, dict[str, int]] = {}
    for line in text.partition("PLAY RECAP")[2].splitlines():
        host, colon, figures = line.partition(" : ")
        if colon:
            stats[host.strip()] = {key: int(value) for key, value in (pair.split("=") for pair in figures.split())}
    return stats


def run_module(module: str, /, **arguments: Any) -> dict[str, Any]:
    """Run one module of the collection, as Ansible starts it, and return its answer."""
    done = subprocess.run(
        [sys.executable, str(REPO / "plugins" / "modules" / f"{module}.py")],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        env={**os.environ, "PYTHONPATH": str(REPO / ".venv" / "collections")},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if not done.stdout.strip() or "Traceback" in done.stdout + done.stderr:
        raise AssertionError(f"{module} ended with a crash: {done.stdout}{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


@dataclass
class FlinkCluster:
    """A running cluster and the means to disturb it."""

    inventory: Path
    base_dir: Path
    variables: dict[str, Any]
    hosts: dict[str, dict[str, Any]]
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> str:
        return str({**self.variables, **self.extra}.get("flink_version", "1.20.5"))

    @property
    def quorum(self) -> str:
        return ",".join(f"127.0.0.1:{host['zookeeper_client_port']}" for host in self.hosts["zookeeper"].values())

    @property
    def root(self) -> str:
        return "/flink"

    @property
    def cluster_id(self) -> str:
        return f"/{self.variables['flink_cluster_name']}"

    @property
    def storage_url(self) -> str:
        return f"file://{self.base_dir}/storage"

    @property
    def jobmanagers(self) -> list[dict[str, str]]:
        return [
            {"name": name, "url": f"http://127.0.0.1:{host['jobmanager_rest_port']}"}
            for name, host in self.hosts["jobmanagers"].items()
        ]

    @property
    def sql_gateways(self) -> list[str]:
        return [f"http://127.0.0.1:{host['sql_gateway_port']}" for host in self.hosts["sql_gateways"].values()]

    @property
    def connection(self) -> dict[str, Any]:
        return {
            "zookeeper_quorum": self.quorum,
            "zookeeper_root": self.root,
            "cluster_id": self.cluster_id,
            "jobmanagers": self.jobmanagers,
        }

    def playbook(self, name: str, *arguments: str, **extra: Any) -> PlaybookRun:
        return run_playbook(name, self.inventory, *arguments, **{**self.extra, **extra})

    def module(self, module: str, /, **arguments: Any) -> dict[str, Any]:
        """Run one module of the collection against this cluster."""
        return run_module(module, **{**self.connection, **arguments})

    def pids(self, node: str, daemon: str = "") -> list[int]:
        """The processes of one node, by the marks that the service role leaves in their environment.

        Another run of the tests, from another checkout, has clusters of the same names in other directories.
        """
        mark = f"STREAMOPS_SERVICE={self.variables['flink_cluster_name']}/{node}/{daemon}".encode()
        place = f"STREAMOPS_DIRECTORY={self.base_dir}/".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    environment = (entry / "environ").read_bytes()
                except OSError:
                    continue
                parts = environment.split(b"\0")
                if all(any(part.startswith(wanted) for part in parts) for wanted in (mark, place)):
                    found.append(int(entry.name))
        return found

    def kill_daemon(self, node: str, daemon: str, number: int = signal.SIGKILL) -> list[int]:
        """Send a signal to one daemon of a node and to nothing else."""
        pids = self.pids(node, daemon)
        for pid in pids:
            os.kill(pid, number)
        return pids

    def ports(self) -> list[int]:
        return [
            value
            for group in self.hosts.values()
            for host in group.values()
            for key, value in host.items()
            if key.endswith("_port")
        ]

    @staticmethod
    def port_is_free(port: int) -> bool:
        return is_free(port)

    def kill(self, node: str, number: int = signal.SIGKILL) -> list[int]:
        """Send a signal to every process of a node; only to those that this cluster started."""
        pids = self.pids(node)
        for pid in pids:
            os.kill(pid, number)
        return pids


def write_inventory(directory: Path, base_dir: Path, name: str, base_port: int, **variables: Any) -> FlinkCluster:
    """The embedded default with ports and directories of its own."""
    hosts = yaml.safe_load((LOCAL / "hosts.yml").read_text())
    port = iter(range(base_port, base_port + 50))
    groups: dict[str, dict[str, Any]] = {}
    for group, content in hosts["flink"]["children"].items():
        groups[group] = content["hosts"]
        for host in content["hosts"].values():
            for key in host:
                if key.endswith("_port"):
                    host[key] = next(port)
    (directory / "group_vars").mkdir(parents=True, exist_ok=True)
    (directory / "hosts.yml").write_text(yaml.safe_dump(hosts, sort_keys=False))
    local = yaml.safe_load((LOCAL / "group_vars" / "flink.yml").read_text())
    local |= {
        "flink_cluster_name": name,
        "flink_base_dir": str(base_dir),
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        **variables,
    }
    (directory / "group_vars" / "flink.yml").write_text(yaml.safe_dump(local, sort_keys=False))
    return FlinkCluster(directory, base_dir, local, groups)


def smaller(cluster: FlinkCluster) -> FlinkCluster:
    """The same with one TaskManager, for tests that need no more."""
    path = cluster.inventory / "hosts.yml"
    hosts = yaml.safe_load(path.read_text())
    for group in (hosts["flink"]["children"]["taskmanagers"]["hosts"], cluster.hosts["taskmanagers"]):
        for name in list(group)[1:]:
            del group[name]
    path.write_text(yaml.safe_dump(hosts, sort_keys=False))
    return cluster


def with_zookeeper_metrics(cluster: FlinkCluster) -> FlinkCluster:
    """The same with ports for what ZooKeeper exports; the server that Flink brings along exports nothing."""
    path = cluster.inventory / "hosts.yml"
    hosts = yaml.safe_load(path.read_text())
    servers = hosts["flink"]["children"]["zookeeper"]["hosts"]
    for port, server in enumerate(servers.values(), max(cluster.ports()) + 1):
        server["zookeeper_metrics_port"] = port
    cluster.hosts["zookeeper"] = servers
    path.write_text(yaml.safe_dump(hosts, sort_keys=False))
    return cluster


def with_quorum(cluster: FlinkCluster) -> FlinkCluster:
    """The same with three small ZooKeeper servers, of which any may die."""
    path = cluster.inventory / "hosts.yml"
    hosts = yaml.safe_load(path.read_text())
    servers = hosts["flink"]["children"]["zookeeper"]["hosts"]
    port = iter(range(max(cluster.ports()) + 1, max(cluster.ports()) + 50))
    for number in (2, 3):
        ports = {f"zookeeper_{kind}_port": next(port) for kind in ("client", "peer", "election")}
        servers[f"zk{number}"] = {"zookeeper_myid": number, **ports}
    cluster.hosts["zookeeper"] = servers
    path.write_text(yaml.safe_dump(hosts, sort_keys=False))
    return cluster


def deployed(cluster: FlinkCluster) -> Iterator[FlinkCluster]:
    """A cluster from its first site.yml to its reset."""
    try:
        run = cluster.playbook("site.yml")
        assert run.code == 0, run.trouble
        yield cluster
    finally:
        gone = cluster.playbook(
            "reset.yml", flink_reset_confirm=cluster.variables["flink_cluster_name"], flink_reset_running_jobs=True
        )
        assert gone.code == 0, gone.trouble
        assert not cluster.base_dir.exists()
