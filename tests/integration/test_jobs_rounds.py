"""Leaders and controllers are killed in the middle of flink_job and flink_savepoint, and nothing is lost or doubled.

After each round one more ordinary run must end with exactly one job, of the right specification, that was restored and
not started empty; every complete savepoint on the disk must be in the records; and in the end the files that the job
has committed must hold every count exactly once.
"""

from __future__ import annotations

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster, Settings

from counting import build, check, good
from real_cluster import PLAYBOOK, REPO, FlinkCluster

pytestmark = pytest.mark.real

MODULES = REPO / "plugins" / "modules"
# What flink_job says when rows may have been doubled by a job that came back.
TWICE = "may be in its output twice"
CONNECTION_DEFAULTS: dict[str, Any] = {
    "zookeeper_root": "/flink",
    "records_root": "/streamops",
    "jobmanagers": [],
    "rest_validate_certs": True,
    "request_timeout": 10.0,
}


@dataclass
class Outcome:
    """How a run of a module ended; answer is empty when it was killed."""

    answer: dict[str, Any]
    seconds: float

    @property
    def failed(self) -> bool:
        return not self.answer or bool(self.answer.get("failed"))

    @property
    def message(self) -> str:
        return str(self.answer.get("msg", ""))


@dataclass
class Rounds:
    """A job, and faults in what it depends on."""

    cluster: FlinkCluster
    work: Path
    jar: Path
    draw: random.Random
    # A name of its own each time: under an old one the job would go on where the last test has left it.
    name: str = "rounds"
    version: int = 1
    durations: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    # Stops whose savepoint was complete when the leader died, and whose job came back and committed something again.
    undone: int = 0

    @property
    def output(self) -> Path:
        return self.work / "out"

    def declared(self, **changes: Any) -> dict[str, Any]:
        return {
            "name": self.name,
            "jar": str(self.jar),
            "arguments": ["--output", f"file://{self.output}", "--rate", "400", "--version", str(self.version)],
            "parallelism": 2,
            "configuration": {"execution.checkpointing.interval": "3 s"},
            "cache_dir": str(self.work / "cache"),
            **changes,
        }

    def start(self, module: str, arguments: dict[str, Any]) -> subprocess.Popen[str]:
        """A module as a process of its own, as Ansible starts it."""
        process = subprocess.Popen(
            [sys.executable, str(MODULES / f"{module}.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(REPO / ".venv" / "collections")},
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": {**self.cluster.connection, **arguments}}))
        process.stdin.close()
        process.stdin = None
        return process

    def finish(self, process: subprocess.Popen[str], begin: float) -> Outcome:
        out, err = process.communicate(timeout=400)
        lines = out.strip().splitlines()
        if process.returncode == -signal.SIGKILL:
            return Outcome({}, time.monotonic() - begin)
        assert lines, f"no answer but a crash: {err}"
        answer = json.loads(lines[-1])
        assert "Traceback" not in out + err, out + err
        if TWICE in lines[-1]:
            self.undone += 1
        return Outcome(answer, time.monotonic() - begin)

    def run(self, module: str, arguments: dict[str, Any]) -> Outcome:
        begin = time.monotonic()
        return self.finish(self.start(module, arguments), begin)

    def ordinary(self) -> dict[str, Any]:
        outcome = self.run("flink_job", self.declared())
        assert not outcome.failed, outcome.message or outcome.answer
        if outcome.answer["changed"]:
            self.durations.append(outcome.seconds)
        return outcome.answer

    # -- a round -----------------------------------------------------------------------------------------------------

    def round(self, number: int) -> None:
        module, arguments, what = self.action()
        savepoints = self.savepoints_on_disk()
        fault = self.draw.choice(["leader KILL", "leader TERM", "controller", "leader KILL and controller"])
        self.await_standby()
        # Any moment of the run that is to come, and a little after it.
        delay = self.draw.uniform(0.2, 1.3 * statistics.median(self.durations[-5:]))
        begin = time.monotonic()
        process = self.start(module, arguments)
        threading.Event().wait(delay)
        if "leader" in fault:
            self.kill_leader(signal.SIGTERM if "TERM" in fault else signal.SIGKILL)
            if "controller" in fault:
                threading.Event().wait(self.draw.uniform(0.0, 3.0))
        if "controller" in fault and process.poll() is None:
            process.kill()
        outcome = self.finish(process, begin)
        line = f"round {number}: {what}, {fault} after {delay:.1f} s"
        line += f": {'killed' if not outcome.answer else outcome.message or 'ok'}"
        self.say(line)
        self.settle()
        # No round needs more than one. A second one is that of a stop that had to be asked for again.
        if len(self.savepoints_on_disk() - savepoints) > 1:
            self.undone += 1
            self.say("  the leader died between the savepoint of a stop and the end of its job, which came back")

    def action(self) -> tuple[str, dict[str, Any], str]:
        kind = self.draw.choice(["upgrade", "upgrade", "last_state", "suspend", "savepoint", "stop", "nothing"])
        if kind in {"upgrade", "last_state"}:
            self.version += 1
            mode = "savepoint" if kind == "upgrade" else "last_state"
            return "flink_job", self.declared(upgrade_mode=mode), f"{kind} to version {self.version}"
        if kind == "suspend":
            return "flink_job", {"name": self.name, "state": "suspended"}, kind
        if kind == "nothing":
            return "flink_job", self.declared(), kind
        state = "created" if kind == "savepoint" else "stopped"
        return "flink_savepoint", {"name": self.name, "state": state}, f"flink_savepoint {state}"

    def await_standby(self) -> None:
        """A kill of the only JobManager waits for its start, which is another test."""
        good(self.cluster.module("flink_leader_info", contenders=2, timeout=180.0))

    def kill_leader(self, number: int) -> None:
        options = {**CONNECTION_DEFAULTS, **self.cluster.connection}
        with Cluster(Settings.from_options(options)) as cluster:
            leader = cluster.await_leader()
        assert leader.name is not None
        self.cluster.kill_daemon(leader.name, "jobmanager", number)

    def settle(self) -> None:
        """The ordinary run after the storm, and what must be true after it."""
        answer = self.ordinary()
        assert answer["state"] == "running"
        assert answer["flink_state"] == "RUNNING"
        again = self.ordinary()
        assert again["changed"] is False, again
        assert again["job_id"] == answer["job_id"]
        info = self.run("flink_job_info", {"name": self.name}).answer["jobs"][0]
        deployment = info["deployment"]
        assert f"--version {self.version}" in " ".join(deployment["spec"]["arguments"])
        assert deployment["outcome"] == "verified"
        assert info["step"] is None
        assert info["job_id"] == answer["job_id"]
        if self.version > 1 or deployment["reason"] != "submit":
            assert info["restored_from"] is not None, "the job was started without its state"
        assert self.alive() == [answer["job_id"]]
        forgotten = self.savepoints_on_disk() - {plain(one["path"]) for one in info["savepoints"]}
        assert not forgotten, f"savepoints that no record has: {forgotten}"
        self.say(f"  then {answer['action']}, {'; '.join(answer['settled']) or 'nothing to settle'}")

    def alive(self) -> list[str]:
        """The jobs of this name that the leader has, through an election if there is one."""
        urls = [one["url"] for one in self.cluster.jobmanagers]
        for url in urls * 60:
            try:
                jobs = requests.get(f"{url}/jobs/overview", timeout=5).json()["jobs"]
            except (requests.RequestException, KeyError, ValueError):
                threading.Event().wait(0.5)
                continue
            return [one["jid"] for one in jobs if one["name"] == self.name and one["end-time"] < 0]
        raise AssertionError("no JobManager lists its jobs")

    def savepoints_on_disk(self) -> set[str]:
        root = Path(self.cluster.storage_url.removeprefix("file://")) / "savepoints"
        return {str(path.parent) for path in root.glob(f"{self.name}-*/*/_metadata")}

    def say(self, line: str) -> None:
        self.told.append(line)
        print(line, flush=True)

    # -- the whole ---------------------------------------------------------------------------------------------------

    def play(self, count: int) -> None:
        first = self.ordinary()
        assert first["changed"] is True
        for number in range(1, count + 1):
            self.round(number)
        self.finish_well()

    def finish_well(self) -> None:
        """Every count is in the files of the sink, once.

        There is one exception, and it is Flink's. A stop with a savepoint commits what the sinks have written before
        the job ends. When the leader dies between the two, the next one recovers the job from the checkpoint before
        the savepoint (FLINK-26783). flink_job ends that job before it commits anything again; when it comes too late,
        because the controller was dead too, it says so.
        """
        done = self.run("flink_job", {"name": self.name, "state": "suspended"})
        assert not done.failed, done.message
        verdict = check(self.output)
        self.say(f"rows {verdict.rows}, lost {verdict.lost}, doubled {verdict.doubled}")
        assert verdict.ok or (self.undone and verdict.rows and not verdict.lost), verdict


def plain(path: str) -> str:
    return "/" + path.removeprefix("file:").strip("/")


def draw() -> tuple[int, random.Random]:
    seed = int(os.environ.get("STREAMOPS_SEED") or random.SystemRandom().randrange(10**9))
    print(f"seed {seed}: repeat with STREAMOPS_SEED={seed}", flush=True)
    return seed, random.Random(seed)


@contextmanager
def rounds_on(cluster: FlinkCluster, work: Path) -> Iterator[Rounds]:
    seed, chance = draw()
    jar = build(cluster, work / "counting.jar")
    rounds = Rounds(cluster, work, jar, chance, f"rounds-{seed}-{os.getpid()}")
    try:
        yield rounds
    finally:
        rounds.run("flink_job", {"name": rounds.name, "state": "absent"})
        # The tests that come next want one too.
        rounds.await_standby()


@pytest.mark.timeout(1800)
def test_a_job_survives_ten_rounds_of_dying_leaders_and_controllers(cluster: FlinkCluster, tmp_path: Path) -> None:
    with rounds_on(cluster, tmp_path) as rounds:
        rounds.play(10)


@pytest.mark.long
@pytest.mark.timeout(5400)
def test_a_job_survives_thirty_rounds_of_dying_leaders_and_controllers(flink: FlinkCluster, tmp_path: Path) -> None:
    with rounds_on(flink, tmp_path) as rounds:
        rounds.play(30)


def test_a_playbook_that_deploys_again_and_again_ends_well_while_leaders_die(
    cluster: FlinkCluster, tmp_path: Path
) -> None:
    with rounds_on(cluster, tmp_path) as rounds:
        rounds.version = 4
        wish = rounds.declared()
        # Every version twice: an upgrade and a run without a change.
        wish["arguments"][-1] = "{{ (item + 1) // 2 }}"
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "module_defaults": {"group/streamops.flink.flink": cluster.connection},
            "tasks": [{"streamops.flink.flink_job": wish, "loop": list(range(1, 2 * rounds.version + 1))}],
        }
        (tmp_path / "loop.yml").write_text(yaml.safe_dump([play]))
        over = threading.Event()
        killer = threading.Thread(target=keep_killing, args=(rounds, over))
        killer.start()
        done = subprocess.run(
            [str(PLAYBOOK), "-i", "localhost,", str(tmp_path / "loop.yml")],
            env={**os.environ, "ANSIBLE_CONFIG": str(REPO / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        over.set()
        killer.join()
        assert done.returncode == 0, done.stdout + done.stderr
        rounds.settle()
        # One for each version but the first, unless a stop had to be asked for again.
        rounds.undone = max(0, len(rounds.savepoints_on_disk()) - (rounds.version - 1)) + done.stdout.count(TWICE)
        rounds.finish_well()


def keep_killing(rounds: Rounds, over: threading.Event) -> None:
    """The leader dies, by turns in two ways, whenever there has been a standby for a while."""
    numbers = cycle((signal.SIGTERM, signal.SIGKILL))
    while not over.wait(rounds.draw.uniform(8.0, 20.0)):
        rounds.await_standby()
        if not over.is_set():
            number = next(numbers)
            rounds.kill_leader(number)
            rounds.say(f"leader {number.name}")
