"""What does it cost to keep the state of jobs, against the same by hand?

files: round by round, on files of random bytes in the shape of a savepoint, of which both sides read what the round
before has left in the memory of the machine:
  backup   flink_backup, which copies, computes and writes down the sha256 of every file, against `tar -cf`;
  restore  flink_backup, which copies and compares every byte, against `tar -xf`.
Aim: at most 1.5 times as long as tar.

jobs, upgrade: for how long a job that writes 2000 records a second, exactly once, stands still (its output has not
grown for more than half a second), on one cluster of local processes:
  jobs     a changed job, by flink_job, against Flink's own program: stop with a savepoint, run from it;
  upgrade  1.19.3 to 1.20.5, by upgrade.yml, against the same, with all daemons stopped and started in between.
           Everything that can be prepared is there already; each step is waited for, with no pause in between.
By hand a savepoint and the cancellation are one step, `flink stop`, as Flink's documentation has it: two would write
what comes between them a second time. In the end no row may be lost or doubled. Aim: at most half as long as by hand.

Prints medians and ratios, and JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from bench_deploy import programs, wait
from bench_deploy import rest as ask
from bench_roll import Watch, growing

import counting
from counting import good
from real_cluster import FlinkCluster, free_base, run_module, smaller, write_inventory

AIM, HALF = 1.5, 0.5
BLOCK = 1 << 24
OLD, NEW = "1.19.3", "1.20.5"
NAME = "bench-state"
PARALLELISM = 2
CONSOLE = Console(width=100, highlight=False)
DAEMONS = ("jobmanager", "taskmanager", "sql_gateway")


def savepoint(directory: Path, megabytes: int, files: int) -> Path:
    """A directory that looks like a savepoint of so many files."""
    directory.mkdir(parents=True)
    size = (megabytes << 20) // files
    references = []
    for _number in range(files):
        name = str(uuid.uuid4())
        with (directory / name).open("wb") as stream:
            for start in range(0, size, BLOCK):
                stream.write(os.urandom(min(BLOCK, size - start)))
        references.append(b"\x06" + len(name).to_bytes(2, "big") + name.encode() + size.to_bytes(8, "big"))
    (directory / "_metadata").write_bytes(b"\x49\x60\x67\x2d\0\0\0\x04" + b"".join(references))
    return directory


def timed(call: Callable[[], Any]) -> float:
    began = time.monotonic()
    call()
    # Whatever one side has left to be written must not slow the other down.
    os.sync()
    return time.monotonic() - began


def one_round(work: Path, source: Path, number: int) -> dict[str, float]:
    """Each side once; who comes first changes from round to round."""
    root, packed = work / "backups", work / "plain.tar"
    job = {"name": "count", "job_id": "a" * 32, "savepoint_path": f"file:{source}"}

    def backup() -> None:
        good(run_module("flink_backup", root=str(root), about={"flink_version": "1.20.5"}, jobs=[job]))

    def restore() -> None:
        good(run_module("flink_backup", root=str(root), state="restored", savepoints=str(work / "restored")))

    def pack() -> None:
        subprocess.run(["tar", "-C", str(source), "-cf", str(packed), "."], check=True)

    def unpack() -> None:
        (work / "unpacked").mkdir()
        subprocess.run(["tar", "-C", str(work / "unpacked"), "-xf", str(packed)], check=True)

    sides = [("backup", backup), ("tar -cf", pack), ("restore", restore), ("tar -xf", unpack)]
    order = sides if number % 2 == 0 else [sides[1], sides[0], sides[3], sides[2]]
    seconds = {name: timed(call) for name, call in order}
    for path in (root, work / "restored", work / "unpacked"):
        shutil.rmtree(path)
    packed.unlink()
    return seconds


def report_files(rounds: list[dict[str, float]], megabytes: int) -> dict[str, Any]:
    medians = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    table = Table(title=f"{megabytes} MB of state, median of {len(rounds)} rounds")
    for name in ("", "seconds", "seconds for 1 GB"):
        table.add_column(name, justify="right" if name else "left")
    for name, seconds in medians.items():
        table.add_row(name, f"{seconds:.2f}", f"{seconds * 1024 / megabytes:.2f}")
    CONSOLE.print(table)
    ratios = {
        "backup": medians["backup"] / medians["tar -cf"],
        "restore": medians["restore"] / medians["tar -xf"],
    }
    for name, ratio in ratios.items():
        CONSOLE.print(f"{name} / tar: {verdict(ratio, AIM)}")
    return {"megabytes": megabytes, "medians": medians, "rounds": rounds, "ratios": ratios}


def verdict(ratio: float, aim: float) -> str:
    return f"{ratio:.2f} (aim: {aim} or less, {'met' if ratio <= aim else 'MISSED'})"


# -- how long a job stands still -------------------------------------------------------------------------------------


@dataclass
class Bench:
    """A cluster with one job at a time that counts."""

    work: Path
    cluster: FlinkCluster
    jar: Path
    rate: int
    # The daemons' configuration on the new version, as it would be prepared.
    prepared: Path

    def out(self, name: str) -> Path:
        return self.work / "out" / name

    def declared(self, name: str, version: str = "1") -> dict[str, Any]:
        return {
            "name": name,
            "jar": str(self.jar),
            "arguments": ["--output", f"file://{self.out(name)}", "--rate", str(self.rate), "--version", version],
            "configuration": {"execution.checkpointing.interval": "5 s"},
            "parallelism": PARALLELISM,
        }

    def site(self, version: str) -> None:
        runs(self.cluster, version)
        played(self.cluster, "site.yml")

    def deploy(self, name: str, version: str = "1") -> None:
        cache = {"cache_dir": str(self.work / "cache")}
        good(self.cluster.module("flink_job", **self.declared(name, version), **cache))

    def measured(self, name: str, change: Callable[[], None]) -> float:
        """Seconds in which the job stands still while something is changed; it runs before and after."""
        watch = Watch(self.out(name))
        watch.start()
        growing(watch)
        change()
        growing(watch)
        return watch.stop()[0]

    def ended(self, name: str, *, by_hand: bool, version: str = "1") -> None:
        """Stop the job and count what it has written, up to the version that it should be by now."""
        if by_hand:
            self.hand().stop(name)
        else:
            good(self.cluster.module("flink_savepoint", name=name, state="stopped"))
        good(self.cluster.module("flink_job", name=name, state="absent"))
        told = counting.check(self.out(name))
        if not told.ok:
            raise SystemExit(f"{name}: {told.lost} of {told.rows} rows were lost, {told.doubled} doubled")
        if version not in told.versions:
            raise SystemExit(f"{name}: version {version} of the job has written nothing")

    def hand(self) -> Hand:
        return Hand(self.work, self.cluster)


def runs(cluster: FlinkCluster, version: str) -> None:
    """Say so in the inventory, where upgrade.yml changes it."""
    cluster.variables["flink_version"] = version
    (cluster.inventory / "group_vars" / "flink.yml").write_text(yaml.safe_dump(cluster.variables, sort_keys=False))


def played(cluster: FlinkCluster, name: str, **extra: Any) -> None:
    run = cluster.playbook(name, **extra)
    if run.code:
        raise SystemExit(run.trouble)


@dataclass(frozen=True)
class Hand:
    """What is typed without the collection: Flink's own program, and that of the supervisor."""

    work: Path
    cluster: FlinkCluster

    @property
    def url(self) -> str:
        return self.cluster.jobmanagers[0]["url"]

    def daemons(self) -> dict[str, dict[str, str]]:
        """The environments of Flink's daemons by the names that the supervisor knows."""
        found = programs(self.cluster.base_dir)
        return {name: environment for name, _command, environment, _directory in found if name.endswith(DAEMONS)}

    def flink(self, *arguments: str) -> str:
        environment = next(one for name, one in self.daemons().items() if name.endswith("jobmanager"))
        home = self.cluster.base_dir / f"flink-{self.cluster.version}"
        environment = {**os.environ, **environment, "FLINK_LOG_DIR": str(self.work)}
        done = subprocess.run(
            [str(home / "bin" / "flink"), *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"flink {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def supervisor(self, *arguments: str) -> None:
        command = [str(Path(sys.executable).with_name("supervisorctl")), "-c"]
        command += [str(self.cluster.base_dir / "supervisor" / "supervisord.conf"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"supervisorctl {' '.join(arguments)}: {done.stdout}{done.stderr}")

    def job_id(self, name: str) -> str:
        listed = (ask(f"{self.url}/jobs/overview") or {}).get("jobs", [])
        return next((str(one["jid"]) for one in listed if one["name"] == name and one["state"] == "RUNNING"), "")

    def stop(self, name: str) -> str:
        """With a savepoint; where it is."""
        job_id = wait(lambda: self.job_id(name), 60, f"the listing of {name}")
        said = self.flink("stop", "--savepointPath", f"file://{self.work}/by-hand", job_id)
        found = re.search(r"Savepoint completed. Path: (\S+)", said)
        if found is None:
            raise SystemExit(f"flink stop has said nothing of a savepoint: {said}")
        return found[1]

    def start(self, declared: dict[str, Any], savepoint: str) -> None:
        settings = [f"-D{key}={value}" for key, value in declared["configuration"].items()]
        given = ["-Dpipeline.name=" + declared["name"], *settings, "-p", str(declared["parallelism"])]
        self.flink("run", "-d", "-s", savepoint, *given, declared["jar"], *declared["arguments"])
        wait(lambda: self.job_id(declared["name"]), 120, f"the start of {declared['name']}")

    def swap(self, prepared: Path, version: str) -> None:
        """Stop all daemons, and start them with the configuration of the new version."""
        names = sorted(self.daemons())
        self.supervisor("stop", *names)
        shutil.copytree(prepared, self.cluster.base_dir, dirs_exist_ok=True)
        runs(self.cluster, version)
        self.supervisor("update")
        self.supervisor("start", *names)
        wait(lambda: (ask(f"{self.url}/overview") or {}).get("slots-total", 0) >= PARALLELISM, 180, "the slots")


def keep_configuration(cluster: FlinkCluster, target: Path) -> Path:
    """What the daemons of Flink read, and what the supervisor knows about them."""
    base = cluster.base_dir
    found = [path for name in DAEMONS for path in base.glob(f"nodes/*/{name}/conf")]
    found += [path for path in base.glob("supervisor/conf.d/*.conf") if path.stem.endswith(DAEMONS)]
    for path in found:
        place = target / path.relative_to(base)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, place)
        else:
            shutil.copy2(path, place)
    return target


def upgrade_round(bench: Bench, number: int) -> dict[str, float]:
    """A whole cluster to another version: by the playbook, which prepares by hand for the second side too."""
    ours, theirs = f"ours-{number}", f"by-hand-{number}"
    bench.site(OLD)
    bench.deploy(ours)

    def playbook() -> None:
        to = {"flink_upgrade_version": NEW, "upgrade_backup_enabled": False, "upgrade_soak_time": "5 s"}
        played(bench.cluster, "upgrade.yml", **to, flink_jobs=[bench.declared(ours)])

    seconds = {"ours": bench.measured(ours, playbook)}
    runs(bench.cluster, NEW)
    bench.ended(ours, by_hand=False)
    if not bench.prepared.exists():
        keep_configuration(bench.cluster, bench.prepared)
    bench.site(OLD)
    bench.deploy(theirs)

    def by_hand() -> None:
        hand = bench.hand()
        savepoint = hand.stop(theirs)
        hand.swap(bench.prepared, NEW)
        hand.start(bench.declared(theirs), savepoint)

    seconds["by hand"] = bench.measured(theirs, by_hand)
    bench.ended(theirs, by_hand=True)
    return seconds


def job_round(bench: Bench, number: int) -> dict[str, float]:
    """One job to another specification; who comes first changes from round to round."""

    def ours() -> float:
        name = f"ours-{number}"
        bench.deploy(name)
        found = bench.measured(name, lambda: bench.deploy(name, "2"))
        bench.ended(name, by_hand=False, version="2")
        return found

    def by_hand() -> float:
        name = f"by-hand-{number}"
        bench.deploy(name)
        hand = bench.hand()
        found = bench.measured(name, lambda: hand.start(bench.declared(name, "2"), hand.stop(name)))
        bench.ended(name, by_hand=True, version="2")
        return found

    sides = [("ours", ours), ("by hand", by_hand)]
    return {name: call() for name, call in (sides if number % 2 else reversed(sides))}


def downtime(work: Path, part: str, rounds: int, rate: int) -> list[dict[str, float]]:
    cluster = smaller(
        write_inventory(work / "inv", work / "base", NAME, free_base(), flink_jobs=[], demo_enabled=False)
    )
    bench = Bench(work, cluster, work / "counting.jar", rate, work / "prepared")
    try:
        bench.site(OLD if part == "upgrade" else NEW)
        counting.build(cluster, bench.jar)
        one = upgrade_round if part == "upgrade" else job_round
        return [one(bench, number + 1) for number in range(rounds)]
    finally:
        cluster.playbook("reset.yml", flink_reset_confirm=NAME, flink_reset_running_jobs=True)


def report_downtime(what: str, rounds: list[dict[str, float]]) -> dict[str, Any]:
    medians = {side: statistics.median(one[side] for one in rounds) for side in ("ours", "by hand")}
    table = Table(title=f"{what}: seconds for which the job stood still, {len(rounds)} round(s)")
    for name in ("", "median", "least", "most"):
        table.add_column(name, justify="right" if name else "left")
    for side, median in medians.items():
        found = [one[side] for one in rounds]
        table.add_row(side, f"{median:.1f}", f"{min(found):.1f}", f"{max(found):.1f}")
    CONSOLE.print(table)
    ratio = medians["ours"] / medians["by hand"]
    CONSOLE.print(f"ours / by hand: {verdict(ratio, HALF)}")
    return {"medians": medians, "rounds": rounds, "ratio": ratio}


TITLES = {"jobs": "A changed job", "upgrade": f"Flink {OLD} to {NEW}"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["files", "jobs", "upgrade"], help="one part; all three without it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--rate", type=int, default=2000)
    options = parser.parse_args()
    told: dict[str, Any] = {}
    for part in (options.only,) if options.only else ("files", "jobs", "upgrade"):
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            work = Path(name)
            if part == "files":
                source = savepoint(work / "storage" / "savepoint-1", options.megabytes, options.files)
                rounds = [one_round(work, source, number) for number in range(options.rounds + 1)]
                # The first one warms up.
                told[part] = report_files(rounds[1:], options.megabytes)
            else:
                told[part] = report_downtime(TITLES[part], downtime(work, part, options.rounds, options.rate))
    print(json.dumps(told))


if __name__ == "__main__":
    main()
