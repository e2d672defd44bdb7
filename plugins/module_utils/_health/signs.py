# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signs of life that the owner of a job declares: fresh files, the lag of its source, a command of their own.

They show what Flink cannot: a source that has silently lost its server looks like one without input.
"""

from __future__ import annotations

import difflib
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError
from .._base.units import duration
from .model import Sign

FRESH_FILES, SOURCE_LAG, PROBE = "fresh_files", "source_lag", "probe"
KINDS: Mapping[str, tuple[str, ...]] = {
    FRESH_FILES: ("path", "max_age"),
    SOURCE_LAG: ("metric", "max"),
    PROBE: ("command", "timeout"),
}
# What Flink's sources call the records that wait for them.
LAG_METRIC = "pendingRecords"
PROBE_SECONDS = 10.0


_TIMES: Mapping[str, str] = {FRESH_FILES: "max_age", PROBE: "timeout"}


def in_seconds(job: str, signs: object, *, bare: bool = False) -> Any:
    """The signs that a job declares with their times in seconds, and without what is set to nothing.

    :arg bare: whether numbers without a unit are seconds already.
    """
    if not isinstance(signs, Mapping):
        return signs
    result: dict[str, Any] = {}
    for kind, options in signs.items():
        if not isinstance(options, Mapping):
            result |= {} if options is None else {kind: options}
            continue
        kept = {key: value for key, value in options.items() if value is not None and value != ""}
        key = _TIMES.get(kind, "")
        if key in kept and not (bare and isinstance(kept[key], (int, float))):
            kept[key] = duration(kept[key], f"{key} of health.{kind} of the job {job}")
        result[kind] = kept
    return result


def problems(job: str, signs: object) -> list[str]:
    """What is wrong with the signs that a job declares, one sentence each."""
    where = f"the job {job} declares in health"
    if not isinstance(signs, Mapping):
        return [f"{where} no dictionary: give {', '.join(KINDS)}"]
    found = [f"{where} the unknown sign {kind}: {_instead(kind, KINDS)}" for kind in signs if kind not in KINDS]
    for kind, options in signs.items():
        if kind not in KINDS:
            continue
        if not isinstance(options, Mapping):
            found.append(f"{where} {kind} without options: give {' and '.join(KINDS[kind])}")
            continue
        found += [
            f"{where} {kind} with unknown options ({one}): {_instead(one, KINDS[kind])}"
            for one in options
            if one not in KINDS[kind]
        ]
        found += [f"{where} {text}" for text in _option_problems(kind, options)]
    return found


def _instead(name: object, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(name), known, n=1)
    return f"did you mean {near[0]}?" if near else f"it can be {', '.join(known)}"


def _option_problems(kind: str, options: Mapping[str, Any]) -> list[str]:
    found = []
    if kind == FRESH_FILES and not str(options.get("path") or "").startswith("/"):
        found.append("fresh_files without an absolute path")
    if kind == PROBE and not (isinstance(options.get("command"), list) and options["command"]):
        found.append("probe without a command as a list of words")
    numbers = {FRESH_FILES: "max_age", SOURCE_LAG: "max", PROBE: "timeout"}
    value = options.get(numbers[kind], PROBE_SECONDS if kind == PROBE else None)
    if not _is_positive(value):
        found.append(f"{kind} with {numbers[kind]} {value!r}, which is not a number above 0")
    return found


def _is_positive(value: object) -> bool:
    try:
        return float(str(value)) > 0
    except ValueError:
        return False


def check(signs: Mapping[str, Any]) -> None:
    found = [text for job, declared in sorted(signs.items()) for text in problems(job, declared)]
    if found:
        raise FlinkError("; ".join(found))


def watcher(signs: Mapping[str, Mapping[str, Any]]) -> Callable[[str, Callable[[str], float | None]], Sequence[Sign]]:
    """What the sampler calls for each job."""

    def watch(job: str, largest: Callable[[str], float | None]) -> Sequence[Sign]:
        declared = signs.get(job) or {}
        found = []
        if FRESH_FILES in declared:
            found.append(fresh_files(declared[FRESH_FILES], time.time()))
        if SOURCE_LAG in declared:
            found.append(source_lag(declared[SOURCE_LAG], largest))
        if PROBE in declared:
            found.append(probe(declared[PROBE]))
        return found

    return watch


def fresh_files(options: Mapping[str, Any], now: float) -> Sign:
    """The newest of the files that a pattern names, or that are below a directory."""
    path, limit = str(options["path"]), float(options["max_age"])
    newest = max((_modified(one) for one in _files(path)), default=0.0)
    if not newest:
        return Sign(FRESH_FILES, False, f"there is no file {path}")
    age = max(0.0, now - newest)
    return Sign(FRESH_FILES, age <= limit, f"the newest file of {path} is {age:.0f} s old, {limit:.0f} s are allowed")


def _files(path: str) -> list[Path]:
    if any(char in path for char in "*?["):
        return [one for one in Path("/").glob(path.lstrip("/")) if one.is_file()]
    if Path(path).is_dir():
        return [one for one in Path(path).rglob("*") if one.is_file()]
    return [Path(path)]


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def source_lag(options: Mapping[str, Any], largest: Callable[[str], float | None]) -> Sign:
    metric, limit = str(options.get("metric") or LAG_METRIC), float(options["max"])
    lag = largest(metric)
    if lag is None:
        # Nothing is concluded from a metric that is not there (yet).
        return Sign(SOURCE_LAG, True, f"no task reports {metric}", when_quiet=True)
    text = f"{metric} is {lag:.0f}, {limit:.0f} are allowed while nothing moves"
    return Sign(SOURCE_LAG, lag <= limit, text, when_quiet=True)


def probe(options: Mapping[str, Any]) -> Sign:
    """A command that ends with 0 when the job does its work."""
    command = [str(one) for one in options["command"]]
    seconds = float(options.get("timeout") or PROBE_SECONDS)
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return Sign(PROBE, False, f"{command[0]} did not end within {seconds:.0f} s")
    except OSError as error:
        # A probe that cannot be run says nothing about the job.
        return Sign(PROBE, True, f"{command[0]} cannot be run: {error.strerror}")
    words = " ".join((done.stdout + done.stderr).split())[:200]
    return Sign(
        PROBE, done.returncode == 0, f"{command[0]} ended with {done.returncode}" + (f": {words}" if words else "")
    )
