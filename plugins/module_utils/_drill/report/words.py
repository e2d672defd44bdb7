# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every form of the report says in the same words."""

from __future__ import annotations

from datetime import datetime, timedelta

from .result import BAD, Check, Drill, Fault, Job, Rows, Timing

VERDICTS = {"passed": "Passed", "failed": "Failed", "nothing": "Nothing proved"}
CHECKS = {True: "passed", False: "failed", None: "not judged"}
# Where there is no room for a label such as "to the first row written afterwards".
SHORT = {
    "leader": "new leader",
    "running": "running",
    "row": "first row",
    "checkpoint": "new checkpoint",
    "stalled": "without a row",
}
# These do not begin with the fault, and are not a mark on an axis.
DURATIONS = frozenset({"stalled"})
TIMES = "\N{MULTIPLICATION SIGN}"
# What the sampler cannot distinguish; a time below it is only known to be less.
RESOLUTION = 0.05


def plural(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def seconds(value: float | None, missing: str = "never") -> str:
    """With as many digits as there is to know: the sampler looks every 50 ms."""
    if value is None:
        return missing
    size = abs(value)
    if value == 0:
        return "0 s"
    if size < 10:
        return f"{value:.2f} s"
    if size < 100:
        return f"{value:.1f} s"
    return f"{value:,.0f} s"


def limit(value: float | None) -> str:
    """A figure that a person has chosen: as short as it was written, as far as that says anything."""
    if value is None:
        return "none"
    size = abs(value)
    return f"{value:,.0f} s" if size >= 100 else f"{round(value, 2 if size < 10 else 1):g} s"


def offset(value: float) -> str:
    """A place on the time axis."""
    sign = "\N{MINUS SIGN}" if value < 0 else "+" if value else ""
    return f"{sign}{seconds(abs(value))}"


def factor(measured: float, stock: float) -> float | None:
    """How many times sooner than with Flink's defaults; below 1 it is later. No time at all has no multiple."""
    return max(stock, RESOLUTION) / max(measured, RESOLUTION) if measured > 0 else None


def faster(measured: float, stock: float) -> str:
    """How many times sooner than with Flink's defaults, in words."""
    ratio = factor(measured, stock)
    if ratio is None:
        return "no outage"
    if ratio < 0.95:
        return f"{_times(1 / ratio)} {TIMES} slower"
    if ratio < 1.05:
        return "as fast"
    least = "over " if measured < RESOLUTION else ""
    return f"{least}{_times(ratio)} {TIMES} faster"


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"


def length(value: float) -> str:
    """How long the whole took."""
    if value < 90:
        return f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 90:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return str(timedelta(seconds=round(value)))


def moment(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S} UTC"


def rfc3339(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def verdict(drill: Drill) -> str:
    """The whole drill in one sentence."""
    done = drill.count("passed", "failed")
    parts = []
    if not done and not drill.count("aborted"):
        parts.append("No fault was injected")
    if done:
        parts.append(f"{drill.count('passed')} of {plural(done, 'fault')} passed")
    parts += [f"{count} {word}" for word in ("aborted", "refused", "skipped") if (count := drill.count(word))]
    if done and (rows := total_rows(drill)) is not None:
        parts.append(rows_lost(rows))
    if drill.verdict == "failed" and not drill.count(*BAD):
        parts.append("the drill as a whole did not pass")
    return ", ".join(parts) + "."


def total_rows(drill: Drill) -> Rows | None:
    """The rows of all faults together; None where no job could be checked."""
    found = [fault.rows for fault in drill.faults if fault.rows is not None]
    if not found:
        return None
    return Rows(
        sum(rows.expected or 0 for rows in found),
        sum(rows.lost or 0 for rows in found),
        sum(rows.doubled or 0 for rows in found),
    )


def rows_lost(rows: Rows) -> str:
    lost, doubled = rows.lost or 0, rows.doubled or 0
    if not lost and not doubled:
        return f"no row of {rows.expected:,} lost or doubled" if rows.expected else "no row lost or doubled"
    total = f" of {rows.expected:,}" if rows.expected else ""
    return f"{plural(lost, 'row')}{total} lost and {doubled:,} doubled"


def timing_sentence(time: Timing) -> str:
    """A time in words, for those who cannot see the table."""
    if time.seconds is None:
        text = f"{time.label}: did not happen" if time.passed is False else f"{time.label}: not measured"
    else:
        text = f"{time.label}: {seconds(time.seconds)}"
    return text if time.limit is None else f"{text}, limit {limit(time.limit)}"


def check_sentence(check: Check) -> str:
    return f"{check.label}: {check.detail}" if check.detail else check.label


def complaints(fault: Fault) -> list[str]:
    """Everything that speaks against a fault's recovery, one sentence each."""
    own = (*(f"{time.label}: " for time in fault.late), *(f"{check.label}: " for check in fault.broken))
    # The reason of a failure may be nothing but all that has failed, put together: once is enough.
    said = [part for part in fault.reason.split("; ") if part and not part.startswith(own)] if own else [fault.reason]
    found = ["; ".join(said)] if any(said) else []
    found += [timing_sentence(time) for time in fault.late]
    found += [check_sentence(check) for check in fault.broken]
    return found


def restored(job: Job) -> str:
    """Where a job went on from."""
    if not job.restored_from and job.restored_id is None:
        return "not restored: it went on running"
    which = f"checkpoint {job.restored_id}" if job.restored_id is not None else "a checkpoint"
    before = job.last_checkpoint_before
    return f"restored from {which}" + (f"; the last before the fault was {before}" if before is not None else "")


def facts(drill: Drill) -> list[tuple[str, str]]:
    """What was drilled, where and when."""
    found = [
        ("Cluster", drill.cluster),
        ("Cluster id", drill.cluster_id),
        ("Flink", drill.flink_version),
        ("Runtime", drill.runtime),
        ("Failover profile", drill.profile),
        ("Seed", drill.seed),
        ("Started", moment(drill.started)),
        ("Took", length(drill.duration)),
    ]
    return [(name, value) for name, value in found if value]
