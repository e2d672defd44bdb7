"""A JobManager that only seems to lead: it answers with what was recorded, for as many jobs as one likes.

What it publishes and the checkpoints of its jobs are in a real ZooKeeper, so that a watchdog has the same work as
with a real cluster.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._cluster.leader import COMPONENTS
from ansible_collections.streamops.flink.tests.unit.plugins.fakes import connection_info
from kazoo.client import KazooClient

from real_cluster import REPO

RECORDED = REPO / "tests" / "unit" / "fixtures" / "rest" / "1.20.5"
INTERVAL = 10.0
KEPT = 3


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())["body"]


class SimulatedFlink:
    """So many jobs, each of which completes a checkpoint every ten seconds."""

    def __init__(self, cluster_id: str, count: int, zookeeper: KazooClient) -> None:
        self.cluster_id, self._zookeeper = cluster_id, zookeeper
        self.jobs = [f"{number:032x}" for number in range(1, count + 1)]
        self._began = time.time()
        self._completed = dict.fromkeys(self.jobs, self._began)
        self._numbers = dict.fromkeys(self.jobs, 0)
        self._job = recorded("job")
        self._checkpoints = recorded("job_checkpoints")
        self._config = {**recorded("job_checkpoints_config"), "interval": int(INTERVAL * 1000)}
        self._metrics, self._exceptions = recorded("job_metrics"), recorded("job_exceptions")
        self._plain = {
            "/overview": recorded("overview"),
            "/jobmanager/config": recorded("jobmanager_config"),
            "/jobs/overview": {"jobs": [self._listed(job_id) for job_id in self.jobs]},
        }
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.answer))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # -- ZooKeeper ---------------------------------------------------------------------------------------------------

    def publish(self) -> None:
        """The leader, and the records of the jobs as a deployment writes them."""
        root = f"/flink{self.cluster_id}/leader"
        for component in COMPONENTS:
            address = self.url if component == "rest_server" else f"pekko.tcp://flink@127.0.0.1:6123/{component}"
            path = f"{root}/{component}/connection_info"
            self._zookeeper.create(path, connection_info(address), ephemeral=True, makepath=True)
        for job_id in self.jobs:
            record = {
                "format": 1,
                "name": name_of(job_id),
                "state": "running",
                "current": {"job_id": job_id, "outcome": "verified", "spec": {"sql": "SELECT 1;" * 200}},
            }
            path = f"/streamops{self.cluster_id}/jobs/{name_of(job_id)}"
            self._zookeeper.create(path, json.dumps(record).encode(), makepath=True)
            self._zookeeper.create(f"/flink{self.cluster_id}/jobgraphs/{job_id}", b"", makepath=True)
            self._checkpoint(job_id)

    def work(self, stopped: threading.Event) -> None:
        """Checkpoints, spread over the interval, until it is stopped."""
        while not stopped.is_set():
            for job_id in self.jobs:
                self._checkpoint(job_id)
                if stopped.wait(INTERVAL / len(self.jobs)):
                    return

    def _checkpoint(self, job_id: str) -> None:
        self._numbers[job_id] += 1
        number, parent = self._numbers[job_id], f"/flink{self.cluster_id}/jobs/{job_id}/checkpoints"
        self._zookeeper.create(f"{parent}/{number:019d}", b"", makepath=True)
        if number > KEPT:
            self._zookeeper.delete(f"{parent}/{number - KEPT:019d}")
        self._completed[job_id] = time.time()

    # -- REST --------------------------------------------------------------------------------------------------------

    def _listed(self, job_id: str) -> dict[str, Any]:
        total = sum(vertex["parallelism"] for vertex in self._job["vertices"])
        tasks = {"total": total, "running": total}
        return {"jid": job_id, "name": name_of(job_id), "state": "RUNNING", "start-time": 1, "tasks": tasks}

    def answer(self, path: str) -> Any:
        """What Flink says to a path; None where it has nothing."""
        if path in self._plain:
            return self._plain[path]
        _empty, jobs, job_id, *rest = path.split("/")
        if jobs != "jobs" or job_id not in self._numbers:
            return None
        if not rest:
            stamps = {**self._job["timestamps"], "RUNNING": int(self._began * 1000)}
            now = int(time.time() * 1000)
            return {**self._job, "jid": job_id, "name": name_of(job_id), "now": now, "timestamps": stamps}
        if rest == ["checkpoints"]:
            made = {"id": self._numbers[job_id], "latest_ack_timestamp": int(self._completed[job_id] * 1000)}
            latest = {**self._checkpoints["latest"], "completed": {**self._checkpoints["latest"]["completed"], **made}}
            return {**self._checkpoints, "latest": latest}
        if rest == ["checkpoints", "config"]:
            return self._config
        if rest[0] == "vertices":
            # No job hangs here: of a vertex nothing is asked but at the start.
            return [] if rest[-1] == "metrics" else {"id": rest[1], "subtasks": []}
        return {"metrics": self._metrics, "exceptions": self._exceptions}.get(rest[0])


def name_of(job_id: str) -> str:
    return f"job-{int(job_id, 16)}"


def _handler(answer: Any) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = answer(self.path.partition("?")[0])
            content = json.dumps({"errors": ["Not found"]} if found is None else found).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: Any) -> None:
            return

    return Handler


@contextmanager
def simulated(quorum: str, cluster_id: str, count: int) -> Iterator[SimulatedFlink]:
    """It leads and works while the block runs."""
    zookeeper = KazooClient(hosts=quorum)
    zookeeper.start()
    stopped = threading.Event()
    try:
        one = SimulatedFlink(cluster_id, count, zookeeper)
        try:
            one.publish()
            worker = threading.Thread(target=one.work, args=(stopped,), daemon=True)
            worker.start()
            yield one
            stopped.set()
            worker.join()
        finally:
            one.close()
    finally:
        stopped.set()
        zookeeper.stop()
        zookeeper.close()
