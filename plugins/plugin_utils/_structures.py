# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the variables with keys may hold, and what is wrong with them before any host is asked.

Most are described by the argument_specs of the roles. Entries that a role hands to a module have the options of that
module; what depends on the kind of an entry is checked by the package that reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._backup.restore_drill import OF_THE_CLUSTER
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.options import hint, nearest
from ansible_collections.streamops.flink.plugins.module_utils._base.schema import (
    LATE,
    Option,
    Options,
    is_late,
    key_problems,
    problems,
    value_problem,
)
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec
from ansible_collections.streamops.flink.plugins.module_utils._health import signs as _signs
from ansible_collections.streamops.flink.plugins.module_utils._install.libraries import library_problems
from ansible_collections.streamops.flink.plugins.module_utils._jobs.spec import name_problem
from ansible_collections.streamops.flink.plugins.module_utils._monitoring import prometheus as _prometheus
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import read as _read
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import receivers as _receivers
from ansible_collections.streamops.flink.plugins.modules.flink_job import argument_spec
from ansible_collections.streamops.flink.plugins.plugin_utils._specifications import role_options

# Options of flink_job that the role jobs sets itself, the same for every job.
OF_THE_ROLE = frozenset(
    {
        *connection_argument_spec(),
        "sql_gateways",
        "cache_dir",
        "maven_repository",
        "recorded",
        "savepoint_timeout",
        "lock_timeout",
    }
)
# Keys that others read: the filters of pipelines, the watchdog, and the lookup of scripts.
OF_OTHERS: dict[str, Option] = {
    "pipeline": {"type": "dict"},
    "health": {"type": "dict"},
    "sql_template": {"type": "bool"},
}
# What else a scratch cluster's inventory may hold belongs to others, unless it looks like a variable of a role.
CLOSE = 0.85
# What the role converts before the module gets it.
OF_A_DURATION = frozenset({"timeout"})


@cache
def job_keys() -> Options:
    """What an entry of flink_jobs may hold."""
    own = {key: one for key, one in argument_spec().items() if key not in OF_THE_ROLE}
    secrets = {**own["secrets"], "elements": "str"}
    return {**own, **{key: {"type": "duration"} for key in OF_A_DURATION}, "secrets": secrets, **OF_OTHERS}


@cache
def _schemas() -> Options:
    """What is described elsewhere than in the argument_specs of the roles, which say list or dict only."""
    connection: Option = {"type": "dict", "options": connection_argument_spec()}
    replaced = {key: one for key, one in job_keys().items() if key not in OF_THE_CLUSTER}
    return {
        "flink_connection": connection,
        "flink_connection_options": connection,
        "flink_container_volumes": {"type": "dict", "elements": "str"},
        "backup_drill_jobs": {
            "type": "list",
            "elements": "dict",
            "options": {**replaced, "live": {"type": "bool"}},
        },
    }


def job_problems(jobs: Any, content: Callable[[Mapping[str, Any]], Iterable[str]] | None = None) -> list[str]:
    """What is wrong with the keys of flink_jobs and their values.

    :arg content: what else is checked of a job whose keys are right.
    """
    if not isinstance(jobs, list):
        return [f"flink_jobs is {jobs!r}, which is not a list: write one entry for each job, each with a dash"]
    found: list[str] = []
    for number, job in enumerate(jobs, 1):
        own = list(_job_problems(number, job))
        found += own
        if content and not own and not is_late(job):
            found += content(job)
    return found


def _job_problems(number: int, job: Any) -> Iterator[str]:
    if job is LATE:
        return
    where = f"entry {number} of flink_jobs"
    if not isinstance(job, Mapping):
        yield f"{where} is not a dictionary: write name: and the other keys of a job"
        return
    name = job.get("name")
    if name is LATE:
        lead = where
    elif not isinstance(name, str) or not name:
        yield f"{where} has no name that is text: write name: and a name of its own, in quotes"
        return
    elif job.get("state") != "absent" and (why := name_problem(name)):
        yield f"{where} has name: {name[:60]!r}, {why}"
        return
    else:
        lead = f"the job {name}"
    yield from (f"{lead}: {problem}" for problem in key_problems("flink_jobs", job, job_keys()))


def _of_job(job: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the pipeline and the signs of life of a job."""
    if job.get("pipeline") is not None and job.get("state", "running") == "running":
        yield from _read.problems(job)
    if job.get("health") is not None:
        yield from _signs.problems(job["name"], job["health"])


def _of_variables(given: Any) -> Iterator[str]:
    known = role_options()
    for name in given:
        if name not in known and (str(name).startswith("flink_") or nearest(name, known, CLOSE)):
            yield f"backup_drill_variables: {name} is not a variable of this collection: {hint(name, known)}"


def _of_retention(given: Any) -> Iterator[str]:
    if problem := value_problem("max_age", given.get("max_age"), {"type": "duration"}):
        yield f"flink_savepoint_retention: {problem}"


# What is wrong with the content of a variable that has the right type.
_CONTENTS: Mapping[str, Callable[[Any], Iterable[str]]] = {
    "flink_libraries": lambda given: library_problems(given, {}),
    "flink_plugins": lambda given: library_problems([], given),
    "flink_savepoint_retention": _of_retention,
    "flink_watchdog_alerts": _receivers.problems,
    "backup_drill_variables": _of_variables,
    "monitoring_receivers": _prometheus.receiver_problems,
    "monitoring_thresholds": _prometheus.threshold_problems,
}


def structure_problems(name: str, value: Any, option: Option) -> list[str]:
    """What is wrong with the content of a variable that is a list or a dictionary."""
    if not isinstance(value, list | Mapping):
        return []
    if name == "flink_jobs":
        return job_problems(value, _of_job)
    found = list(problems(name, value, _schemas().get(name, option)))
    if found or is_late(value) or name not in _CONTENTS:
        return found
    try:
        return list(_CONTENTS[name](value))
    except FlinkError as error:
        return [error.message]
