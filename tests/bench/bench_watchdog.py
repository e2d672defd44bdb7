"""How soon is a job that hangs healed, and what does it cost to look?

  heal   samples of a real cluster in which jobs were made to hang, recorded once (--record), are judged twice: by the
         code of the watchdog, and by the documented logic of Flink's operator for Kubernetes with Flink's defaults.
         What comes after the decision took as long as it took on the recorded cluster, for both.
  cost   the watchdog's own process with 1, 20 and 100 jobs of a JobManager that is simulated, with a real ZooKeeper:
         its memory, and its CPU in a minute in which all is well.

Prints medians, the ratio, and JSON. Aims: ten times as soon; 60 MB and 2 % of a core with 100 jobs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests
from rich.console import Console
from rich.table import Table

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "support"), str(Path(sys.prefix) / "collections")]

from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster, Settings
from ansible_collections.streamops.flink.plugins.module_utils._health.model import (
    CHECKPOINT_STALLED,
    CRASH_LOOP,
    Limits,
    Sample,
)
from ansible_collections.streamops.flink.plugins.module_utils._health.sampler import Sampler
from ansible_collections.streamops.flink.plugins.module_utils._health.verdict import judge
from bench_failover import usage

import counting
from real_cluster import REPO, FlinkCluster, eventually, free_base, run_module, smaller, write_inventory
from recorded_health import Hang, Recording, operator_acts, read, unhealed, watchdog_acts, write
from simulated_flink import simulated

FIXTURES = REPO / "tests" / "unit" / "fixtures" / "health"
RECORDING, FAILOVER = FIXTURES / "hanging.json", FIXTURES / "failover.json"
INTERVAL = 10.0
# The operator waits for 20 minutes; that is not recorded but goes on as it was.
LONG_ENOUGH = 1800.0
SOONER, MEGABYTES, PERCENT = 10, 60, 2.0
SIZES = (1, 20, 100)
MEASURE_SECONDS = 60.0
# Each after the one before is well again; the second one is a chain in a single task.
HANGING: dict[str, list[str]] = {"hang-1": [], "hang-2": ["--chained", "true", "--keys", "1"], "hang-3": []}
IDLE, SLOW = "idle", "slow"
# For so many samples the slow one has to be in doubt: more than would be needed to act.
SUSPECTED = 6
# So long it is looked at after a failover: more samples than the window and three strikes have.
AFTERWARDS = 12
STEADY, CRASHING = "steady", "crashing"
QUICK = {"execution.checkpointing.interval": "10 s"}
# It is to be seen within minutes that a job fails on every start.
SOON = {
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "1000",
    "restart-strategy.fixed-delay.delay": "3 s",
}


# -- recording -------------------------------------------------------------------------------------------------------


class Recorder:
    """Takes samples in parallel with the watchdog, as it takes them."""

    def __init__(self, cluster: FlinkCluster) -> None:
        self.samples: list[Sample] = []
        self._cluster = Cluster(Settings.from_options(cluster.connection))
        self._sampler = Sampler(self._cluster, Limits())
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Recorder:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._cluster.close()

    @property
    def limits(self) -> Limits:
        return self._sampler.limits

    def verdicts(self, name: str) -> list[str]:
        """What was thought of a job, sample by sample."""
        seen = list(self.samples)
        reports = [judge(seen[: number + 1], self.limits) for number in range(len(seen))]
        return [one.verdict for report in reports for one in report.jobs if one.name == name]

    def _work(self) -> None:
        while not self._stopped.is_set():
            began = time.monotonic()
            self.samples.append(self._sampler.take())
            self._stopped.wait(max(0.0, INTERVAL - (time.monotonic() - began)))


def submit(cluster: FlinkCluster, work: Path, name: str, *arguments: str, **more: Any) -> dict[str, Any]:
    """Start a job that counts, or try to."""
    output, block = work / name, work / f"{name}.hang"
    # Of an option that is given twice, the first counts.
    given = [*arguments, "--output", f"file://{output}", "--rate", "300", "--block", str(block)]
    job = {"name": name, "jar": str(work / "counting.jar"), "arguments": given, "parallelism": 1}
    return cluster.module("flink_job", **job, cache_dir=str(work / "cache"), **{"configuration": QUICK, **more})


def start(cluster: FlinkCluster, work: Path, name: str, *arguments: str, **more: Any) -> str:
    """A job that counts; its id."""
    return str(counting.good(submit(cluster, work, name, *arguments, **more))["job_id"])


def start_idle(cluster: FlinkCluster, work: Path) -> None:
    (work / "in").mkdir()
    sql = (
        "CREATE TABLE a (n INT) WITH ('connector' = 'filesystem', 'format' = 'csv', 'source.monitor-interval' = '1 s',"
        f" 'path' = 'file://{work}/in'); CREATE TABLE b (n INT) WITH ('connector' = 'blackhole');"
        " INSERT INTO b SELECT n FROM a;"
    )
    job = {"name": IDLE, "sql": sql, "sql_gateways": cluster.sql_gateways, "parallelism": 1, "configuration": QUICK}
    counting.good(cluster.module("flink_job", **job))


def told(cluster: FlinkCluster, job: str, event: str, decision: str = "") -> bool:
    """Whether a watchdog has written this down."""
    for path in cluster.base_dir.glob("nodes/*/guardian/watchdog/watchdog.log"):
        for line in path.read_text().splitlines():
            one = json.loads(line) if line.startswith("{") else {}
            if (one.get("job"), one.get("event"), one.get("decision", "")) == (job, event, decision):
                return True
    return False


def hang(cluster: FlinkCluster, work: Path, name: str, job_id: str) -> Hang:
    """Make a job hang, and wait until it is healed."""

    def rows() -> int:
        return int(counting.check(work / name).rows) if (work / name).exists() else 0

    eventually(lambda: rows() > 0, 120, f"the first rows of {name}")
    block = work / f"{name}.hang"
    block.write_text("")
    eventually(lambda: not block.exists(), 60, f"{name} hangs")
    hung = time.monotonic()
    eventually(lambda: told(cluster, name, "decision", "act"), 300, f"the watchdog acts upon {name}")
    acted, before = time.monotonic(), rows()
    eventually(lambda: rows() > before, 300, f"new rows of {name}")
    healed = time.monotonic()
    eventually(lambda: told(cluster, name, "decision", "recovered"), 120, f"{name} is called well again")
    print(f"{name}: acted after {acted - hung:.1f} s, healed after {healed - hung:.1f} s", file=sys.stderr, flush=True)
    return Hang(name, job_id, hung, acted, healed)


def record(path: Path) -> None:
    """Make jobs of a real cluster hang, together with an idle one and a slow one, and keep what was seen."""
    with deployed(flink_watchdog_enabled=True) as (cluster, work):
        counting.build(cluster, work / "counting.jar")
        start_idle(cluster, work)
        start(cluster, work, SLOW, "--slow", "200", "--rate", "100000", wait_for_checkpoint=False)
        hangs = []
        with Recorder(cluster) as recorder:
            # Killing TaskManagers starts the slow one anew, so that it is looked at before.
            eventually(lambda: recorder.verdicts(SLOW).count(CHECKPOINT_STALLED) >= SUSPECTED, 600, "doubts about slow")
            for name, arguments in HANGING.items():
                job_id = start(cluster, work, name, *arguments)
                hangs.append(hang(cluster, work, name, job_id))
                counting.good(cluster.module("flink_job", name=name, state="suspended"))
                found = counting.check(work / name)
                if not found.ok:
                    raise SystemExit(f"{name} was healed, and not exactly: {found}")
        write(
            path, Recording(cluster.version, recorder.limits, slots_of(cluster), tuple(recorder.samples), tuple(hangs))
        )


def record_failover(path: Path, flink: str) -> None:
    """A job that fails on every start and the death of the leader, with jobs that are well; nothing is healed."""
    with deployed(flink_watchdog_enabled=False, flink_version=flink) as (cluster, work):
        counting.build(cluster, work / "counting.jar")
        start_idle(cluster, work)
        start(cluster, work, SLOW, "--slow", "200", "--rate", "100000", wait_for_checkpoint=False)
        start(cluster, work, STEADY)
        start(cluster, work, CRASHING)
        counting.good(cluster.module("flink_job", name=CRASHING, state="suspended"))
        failing = {"configuration": {**QUICK, **SOON}, "wait_for_checkpoint": False, "rollback": False, "timeout": 20}
        if not submit(cluster, work, CRASHING, "--fail", "open", **failing).get("failed"):
            raise SystemExit(f"{CRASHING} was to fail and did not")
        with Recorder(cluster) as recorder:
            eventually(lambda: CRASH_LOOP in recorder.verdicts(CRASHING), 300, f"{CRASHING} is found")
            leader = counting.good(cluster.module("flink_leader_info"))["leader"]["name"]
            before = recorder.samples[-1].leader
            cluster.kill_daemon(leader, "jobmanager")

            def after() -> int:
                return sum(bool(one.leader) and one.leader != before for one in recorder.samples)

            eventually(lambda: after() >= AFTERWARDS, 400, "it was looked at for a while after the failover")
        write(path, Recording(cluster.version, recorder.limits, slots_of(cluster), tuple(recorder.samples), ()))


def slots_of(cluster: FlinkCluster) -> int:
    return sum(int(host.get("taskmanager_slots", 4)) for host in cluster.hosts["taskmanagers"].values())


@contextmanager
def deployed(*, one_taskmanager: bool = False, **variables: Any) -> Iterator[tuple[FlinkCluster, Path]]:
    """A cluster of local processes without jobs, and a directory for what it makes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        work = Path(name)
        given = {"flink_jobs": [], "demo_enabled": False, "flink_start_timeout": "900 s", **variables}
        cluster = write_inventory(work / "inv", work / "base", "bench-watchdog", free_base(), **given)
        cluster = smaller(cluster) if one_taskmanager else cluster
        try:
            run = cluster.playbook("site.yml")
            if run.code:
                raise SystemExit(run.trouble)
            yield cluster, work
        finally:
            cluster.playbook("reset.yml", flink_reset_confirm="bench-watchdog", flink_reset_running_jobs=True)


# -- how soon --------------------------------------------------------------------------------------------------------


def heal_times(recording: Recording, one: Hang) -> dict[str, float]:
    """Seconds from the stall until the job is healed, for each of the two."""
    series = unhealed(recording, one, LONG_ENOUGH, INTERVAL)
    ours = [act.at for act in watchdog_acts(series, recording.limits, recording.slots) if act.job_id == one.job_id]
    operator = operator_acts(series, one.job_id)
    if not ours or operator is None:
        raise SystemExit(f"{one.job}: nothing would have acted within {LONG_ENOUGH:.0f} s")
    recovery = one.healed - one.acted
    return {
        "watchdog": ours[0] - one.hung + recovery,
        "operator": operator - one.hung + recovery,
        "recovery": recovery,
        "measured": one.healed - one.hung,
    }


# -- what it costs ---------------------------------------------------------------------------------------------------


@contextmanager
def watching(cluster: FlinkCluster, work: Path, archive: str, count: int) -> Iterator[subprocess.Popen[bytes]]:
    """The process that is deployed on hosts, with so many jobs."""
    cluster_id, directory = f"/simulated-{count}", work / f"watchdog-{count}"
    directory.mkdir()
    port = free_base()
    config = {
        "connection": {"zookeeper_quorum": cluster.quorum, "cluster_id": cluster_id},
        "name": "jm1",
        "directory": str(directory),
        "cache_dir": str(directory),
        "fence_state": str(directory / "state.json"),
        "interval": INTERVAL,
        "limits": {},
        "policy": {},
        "slots": None,
        "signs": {},
        "alerts": {},
        "sql_gateways": [],
        "taskmanagers": {},
        "metrics_address": "127.0.0.1",
        "metrics_port": port,
        "start_timeout": 300,
    }
    path = directory / "watchdog.json"
    path.write_text(json.dumps(config))
    command = [sys.executable, "-I", archive, "watchdog", "--config", str(path)]
    with (directory / "watchdog.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            eventually(lambda: well(port) == count, 120, f"{count} jobs are called well")
            yield process
        finally:
            process.terminate()
            process.wait(30)


def well(port: int) -> int:
    page = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    good = ('verdict="HEALTHY"} 1', 'verdict="IDLE"} 1')
    return sum(line.endswith(good) for line in page.splitlines() if line.startswith("flink_guardian_job_verdict{"))


def costs(sizes: list[int]) -> dict[int, dict[str, float]]:
    """Of one process for each size, all in the same minute."""
    with ExitStack() as stack:
        cluster, work = stack.enter_context(deployed(one_taskmanager=True, flink_watchdog_enabled=False))
        built = run_module("flink_guardian_archive", directory=str(work / "archive"))
        archive = str(counting.good(built)["path"])
        pids = {}
        for count in sizes:
            stack.enter_context(simulated(cluster.quorum, f"/simulated-{count}", count))
            pids[count] = stack.enter_context(watching(cluster, work, archive, count)).pid
        began = {count: (time.monotonic(), usage(pid)[1]) for count, pid in pids.items()}
        threading.Event().wait(MEASURE_SECONDS)
        found = {}
        for count, pid in pids.items():
            megabytes, cpu = usage(pid)
            at, before = began[count]
            found[count] = {"megabytes": megabytes, "cpu_percent": 100 * (cpu - before) / (time.monotonic() - at)}
        return found


# -- telling ---------------------------------------------------------------------------------------------------------


def report(times: dict[str, dict[str, float]], found: dict[int, dict[str, float]], flink: str) -> bool:
    console = Console(width=110, highlight=False)
    met = []
    told: dict[str, Any] = {"machine": f"{os.cpu_count()} cores, {platform.machine()}", "flink": flink}
    if times:
        medians = {key: statistics.median(one[key] for one in times.values()) for key in next(iter(times.values()))}
        table = Table(title=f"From the stall to new rows, {len(times)} jobs that hang, recorded on Flink {flink}")
        for name in ("", "watchdog", "operator, Flink's defaults", "recovery, in both", "seen during the recording"):
            table.add_column(name, justify="right" if name else "left")
        for name, one in {**times, "median": medians}.items():
            table.add_row(name, *(f"{one[key]:.1f} s" for key in ("watchdog", "operator", "recovery", "measured")))
        console.print(table)
        ratio = medians["operator"] / medians["watchdog"]
        met.append(ratio >= SOONER)
        console.print(f"{ratio:.1f} times as soon (aim: {SOONER} or more, {'met' if met[-1] else 'MISSED'})")
        told |= {"heal": times, "medians": medians, "ratio": ratio}
    if found:
        table = Table(title=f"The watchdog's process, a sample every {INTERVAL:.0f} s")
        for name in ("jobs", "MB", "% of a core"):
            table.add_column(name, justify="right")
        for count, one in found.items():
            table.add_row(str(count), f"{one['megabytes']:.0f}", f"{one['cpu_percent']:.2f}")
        console.print(table)
        largest = found[max(found)]
        met += [largest["megabytes"] <= MEGABYTES, largest["cpu_percent"] <= PERCENT]
        console.print(
            f"with {max(found)} jobs: {largest['megabytes']:.0f} MB (aim: {MEGABYTES} or less,"
            f" {'met' if met[-2] else 'MISSED'}), {largest['cpu_percent']:.2f} % of a core (aim: {PERCENT:g} or less,"
            f" {'met' if met[-1] else 'MISSED'})"
        )
        told["cost"] = found
    print(json.dumps(told))
    return all(met)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="make jobs of a real cluster hang, and keep what is seen")
    parser.add_argument("--record-failover", metavar="VERSION", help="record a crash loop and a failover of that Flink")
    parser.add_argument("--recording", type=Path, default=RECORDING, help="the file of it")
    parser.add_argument("--jobs", default=",".join(map(str, SIZES)), help="how many jobs, or none (%(default)s)")
    options = parser.parse_args()
    if options.record:
        record(options.recording)
    if options.record_failover:
        record_failover(FAILOVER, options.record_failover)
    recording = read(options.recording)
    times = {one.job: heal_times(recording, one) for one in recording.hangs}
    sizes = [int(one) for one in options.jobs.split(",") if one.strip()]
    if not report(times, costs(sizes) if sizes else {}, recording.flink):
        raise SystemExit("an aim was missed")


if __name__ == "__main__":
    main()
