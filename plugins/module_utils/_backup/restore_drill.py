# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which jobs of a backup are started in the drill of a restore, and as what.

A restored job does what the running one does: it writes into the same sink, and reads as the same member of a group,
from the same replication slot, with the same server id. So nothing is started that was not named, and nothing goes
on as it is that is not called live.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._config.flat import flatten

PROGRAMS = ("sql", "sql_file", "jar", "pipeline")
# What is said about one program says nothing about another one.
_OF_A_PROGRAM = (*PROGRAMS, "sql_template", "entry_class", "jar_checksum", "arguments")
# What may send the output of a job elsewhere; a different parallelism does not.
_REDIRECTING = (*PROGRAMS, "arguments", "configuration", "secrets")
# What would start a job from elsewhere, or write its state to elsewhere.
OF_THE_CLUSTER = ("state", "savepoint_path", "savepoint_directory", "claim_mode", "upgrade_mode", "drain")
_DIRECTORIES = (
    "state.checkpoints.dir",
    "state.savepoints.dir",
    "execution.checkpointing.dir",
    "execution.checkpointing.savepoint-dir",
)
# A start that fails must not go back to what ran before, which has the sinks of the running job; and a start without a
# checkpoint proves nothing.
_ALWAYS = {"state": "running", "rollback": False, "wait_for_checkpoint": True}
# What says how jobs are executed; all else belongs to the hosts, addresses and storage of a cluster.
_PREFIXES = ("classloader.", "execution.", "pipeline.", "state.backend", "table.", "parallelism.")


def plan(
    stored: Sequence[Mapping[str, Any]], declared: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The jobs to declare and the names to leave suspended; problems are reasons to start nothing at all.

    stored are the jobs of the backup, declared those of the inventory, wanted those that are to be started.
    """
    by_name = {str(job["name"]): job for job in stored}
    of_inventory = {str(job["name"]): job for job in declared}
    jobs, problems, slots = [], [], 0
    counted = Counter(str(entry.get("name", "")) for entry in wanted)
    problems += [f"{name} is named twice" for name, count in counted.items() if count > 1]
    for entry in wanted:
        name = str(entry.get("name", ""))
        known = of_inventory.get(name)
        problem = _problem(entry, by_name.get(name), known)
        if problem:
            problems.append(f"{name or 'a job without a name'} {problem}")
            continue
        job = _merged(known or {}, entry)
        slots += max(int(job.get("parallelism") or 0), int(by_name[name].get("parallelism") or 0), 1)
        # Without a word about its program it is started from its record.
        if any(key in job for key in PROGRAMS):
            jobs.append(job)
    return {
        "jobs": jobs,
        "started": [name for name in by_name if name in counted],
        "left": [name for name in by_name if name not in counted],
        "slots": slots,
        "problems": problems,
    }


def _problem(entry: Mapping[str, Any], stored: Mapping[str, Any] | None, known: Mapping[str, Any] | None) -> str:
    live = bool(entry.get("live", False))
    own = [key for key in _REDIRECTING if key in entry and entry[key] != (known or {}).get(key)]
    replaced = any(key in own for key in PROGRAMS)
    if stored is None:
        return "is not in the backup"
    if not stored.get("specification"):
        return "was not deployed by this collection, so that no record shows how to start it"
    if stored.get("state") == "SUSPENDED":
        return "was suspended when the backup was made, and a restore leaves it so"
    if known is not None and "pipeline" in known and not replaced:
        return (
            "is a pipeline, which would take the replication slot or the server id of the running one away: give it a"
            " pipeline, sql or jar of its own"
        )
    if live and own:
        return f"is called live and yet has {' and '.join(own)} of its own: say one of the two"
    if not live and not own:
        return (
            "would read and write where the running job does: give it another program, arguments or configuration, or"
            " say live: true when that does no harm"
        )
    if known is None and not replaced and set(entry) - {"name", "live"}:
        return "is not in flink_jobs, so that it can only be started wholly as it was, or with a program of its own"
    return ""


def _merged(declared: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """What is declared, with what the drill says instead."""
    gone = set(OF_THE_CLUSTER)
    if any(key in entry for key in PROGRAMS):
        gone |= set(_OF_A_PROGRAM)
    job = {key: value for key, value in declared.items() if key not in gone}
    if "configuration" in job:
        job["configuration"] = {key: value for key, value in job["configuration"].items() if key not in _DIRECTORIES}
    job |= {key: value for key, value in entry.items() if key not in (*OF_THE_CLUSTER, "live")}
    return job | _ALWAYS


def settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a cluster's own settings says how jobs are executed, without places."""
    return {
        key: value
        for key, value in flatten(config).items()
        if key.startswith(_PREFIXES) and key not in _DIRECTORIES and not _is_place(value)
    }


def _is_place(value: Any) -> bool:
    texts: Iterable[Any] = value if isinstance(value, list | tuple) else [value]
    return any(isinstance(one, str) and (one.startswith("/") or ":/" in one) for one in texts)
