"""What does a backup cost beside a plain copy of the same bytes?

Round by round, on files of random bytes in the shape of a savepoint:
  backup   flink_backup, which copies, computes and writes down the sha256 of every file, against `tar -cf`;
  restore  flink_backup, which copies and compares every byte, against `tar -xf`.
Both read what the round before has left in the memory of the machine. Prints medians and the ratios, and JSON.
Aim: at most 1.5 times as long as tar.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from counting import good
from real_cluster import run_module

AIM = 1.5
BLOCK = 1 << 24


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


def report(rounds: list[dict[str, float]], megabytes: int) -> None:
    medians = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    console = Console(width=100, highlight=False)
    table = Table(title=f"{megabytes} MB of state, median of {len(rounds)} rounds")
    for name in ("", "seconds", "seconds for 1 GB"):
        table.add_column(name, justify="right" if name else "left")
    for name, seconds in medians.items():
        table.add_row(name, f"{seconds:.2f}", f"{seconds * 1024 / megabytes:.2f}")
    console.print(table)
    ratios = {
        "backup": medians["backup"] / medians["tar -cf"],
        "restore": medians["restore"] / medians["tar -xf"],
    }
    for name, ratio in ratios.items():
        verdict = "met" if ratio <= AIM else "MISSED"
        console.print(f"{name} / tar: {ratio:.2f} (aim: {AIM} or less, {verdict})")
    print(json.dumps({"megabytes": megabytes, "medians": medians, "rounds": rounds, "ratios": ratios}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--files", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        work = Path(name)
        source = savepoint(work / "storage" / "savepoint-1", options.megabytes, options.files)
        rounds = [one_round(work, source, number) for number in range(options.rounds + 1)]
        # The first one warms up.
        report(rounds[1:], options.megabytes)


if __name__ == "__main__":
    main()
