# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with declared jobs before any of them is started. Documented in flink_job_problems.yml."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec
from ansible_collections.streamops.flink.plugins.module_utils._jobs.spec import name_problem
from ansible_collections.streamops.flink.plugins.modules.flink_job import argument_spec
from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors

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
# Keys that others read: the filters of pipelines, and the watchdog.
OF_OTHERS: dict[str, dict[str, Any]] = {"pipeline": {"type": "dict"}, "health": {"type": "dict"}}
WANTED = {
    "bool": ("a valid boolean", "true or false"),
    "int": ("a valid integer", "a whole number"),
    "float": ("a valid number", "a number"),
    "list": ("a list", "its items in brackets, [...]"),
    "dict": ("a dictionary", "its keys below it, one on a line"),
}
TEXT = ("text", "text in quotes")


def keys() -> dict[str, dict[str, Any]]:
    """What an entry of flink_jobs may hold."""
    return {**{key: one for key, one in argument_spec().items() if key not in OF_THE_ROLE}, **OF_OTHERS}


@filter_errors
def flink_job_problems(jobs: Any) -> list[str]:
    """What is wrong with the keys of flink_jobs and their values."""
    if not isinstance(jobs, list):
        return [f"flink_jobs is {jobs!r}, which is not a list: write one entry for each job, each with a dash"]
    known = keys()
    return [problem for number, job in enumerate(jobs, 1) for problem in _entry_problems(number, job, known)]


def _entry_problems(number: int, job: Any, known: Mapping[str, dict[str, Any]]) -> list[str]:
    if not isinstance(job, Mapping):
        return [f"entry {number} of flink_jobs is not a dictionary: write name: and the other keys of a job"]
    if not isinstance(job.get("name"), str) or not job["name"]:
        return [f"entry {number} of flink_jobs has no name that is text: write name: and a name of its own, in quotes"]
    if job.get("state") != "absent" and (why := name_problem(job["name"])):
        return [f"entry {number} of flink_jobs has name: {job['name'][:60]!r}, {why}"]
    found = [_problem(str(key), value, known) for key, value in job.items()]
    return [f"the job {job['name']}: {problem}" for problem in found if problem]


def _problem(key: str, value: Any, known: Mapping[str, dict[str, Any]]) -> str:
    option = known.get(key)
    if option is None:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(sorted(known))}"
        return f"{key} is not a key of flink_jobs: {hint}"
    if value is None or not _errors(key, value, option):
        return ""
    kind = option["type"]
    reason, wanted = WANTED.get(kind, TEXT)
    if "choices" in option:
        reason, wanted = "one of its choices", ", ".join(option["choices"])
    # What was to be a list or a dictionary is long, and may hold a secret.
    shown = f"is {value!r}, which is" if kind not in {"list", "dict"} else "is"
    return f"{key} {shown} not {reason}: write {wanted}"


def _errors(key: str, value: Any, option: Mapping[str, Any]) -> bool:
    kind = option["type"]
    # Ansible makes a dictionary or a list of nearly any text, and text of nearly anything.
    if (kind in {"dict", "list"} and isinstance(value, str)) or (
        kind in {"str", "path"} and isinstance(value, (dict, list))
    ):
        return True
    checked = {name: one for name, one in option.items() if name in {"type", "elements", "choices"}}
    return bool(ArgumentSpecValidator({key: checked}).validate({key: value}).error_messages)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"flink_job_problems": flink_job_problems}
