"""Entries of flink_jobs: which keys and values are refused, and in which words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.filter.jobs import flink_declared_jobs, flink_job_problems
from ansible_collections.streamops.flink.plugins.plugin_utils._structures import OF_OTHERS, job_keys

DEPLOY = Path(__file__).resolve().parents[4] / "roles" / "jobs" / "tasks" / "deploy.yml"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"paralellism": 3}, "the job x: paralellism is not a key of flink_jobs: did you mean parallelism?"),
        ({"zzz": 3}, "zzz is not a key of flink_jobs: the keys are allow_non_restored_state, "),
        ({"sql_gateways": []}, "sql_gateways is not a key of flink_jobs"),
        ({"parallelism": "three"}, "parallelism is 'three', which is not a valid integer: write a whole number"),
        ({"timeout": "long"}, "timeout: 'long' is not a valid duration: write a number with a unit, such as 30 s"),
        ({"timeout": 60}, "timeout: 60 has no unit: write 60 s or 60 ms, whichever is meant"),
        ({"timeout": [60]}, "timeout: [60] is not a valid duration"),
        ({"parallelism": 2.5}, "parallelism is 2.5, which is not a valid integer: write a whole number"),
        ({"parallelism": True}, "parallelism is True, which is not a valid integer"),
        (
            {"secrets": {"password": ["hidden"]}},
            "secrets.password is ********, which is not text: write text",
        ),
        ({"upgrade_mode": "savepont"}, "upgrade_mode is 'savepont', which is not one of its choices: write "),
        ({7: "x"}, "7 is not a key of flink_jobs"),
        ({"timeout": True}, "timeout: True is not a valid duration"),
        ({"drain": "maybe"}, "drain is 'maybe', which is not a valid boolean: write true or false"),
        ({"state": "runing"}, "state is 'runing', which is not one of its choices: write running, suspended, absent"),
        ({"configuration": "a: b"}, "configuration is not a dictionary: write its keys below it"),
        ({"secrets": "hidden"}, "secrets is not a dictionary"),
        ({"arguments": {"a": 1}}, "arguments is not a list: write its items in brackets"),
        ({"sql": ["SELECT 1"]}, "sql is ['SELECT 1'], which is not text: write text in quotes"),
        ({"pipeline": "x"}, "pipeline is not a dictionary"),
    ],
)
def test_a_fault_in_an_entry_names_the_job_and_the_key(entry: dict[str, Any], said: str) -> None:
    (problem,) = flink_job_problems([{"name": "x", **entry}])
    assert said in problem
    assert "hidden" not in problem


@pytest.mark.parametrize(
    ("jobs", "said"),
    [
        ({"name": "x"}, "flink_jobs is {'name': 'x'}, which is not a list"),
        (["x"], "entry 1 of flink_jobs is not a dictionary"),
        ([{"name": "x"}, {"sql": "SELECT 1"}], "entry 2 of flink_jobs has no name that is text"),
        ([{"name": 7}], "entry 1 of flink_jobs has no name that is text"),
    ],
)
def test_what_is_no_entry_is_told_by_its_number(jobs: Any, said: str) -> None:
    (problem,) = flink_job_problems(jobs)
    assert problem.startswith(said)


def test_what_people_write_passes() -> None:
    entry = {
        "name": "x",
        "sql": "SELECT 1",
        "parallelism": "3",
        "timeout": "60 s",
        "drain": "yes",
        "configuration": {"a": {"b": 1}},
        "arguments": ["--a", 1],
        "savepoint_path": None,
        "health": {"lag": 1},
    }
    assert flink_job_problems([entry]) == []


def test_every_key_is_read() -> None:
    read = set(re.findall(r"__jobs_job\.(\w+)", DEPLOY.read_text(encoding="utf-8")))
    assert read == job_keys().keys() - OF_OTHERS.keys()


@pytest.mark.parametrize("timeout", ["5 min", "90 s", "PT5M", "", None])
def test_a_timeout_is_a_duration_as_all_others(timeout: Any) -> None:
    assert flink_job_problems([{"name": "x", "timeout": timeout}]) == []


def test_a_key_that_is_set_to_nothing_is_not_set() -> None:
    nothing = dict.fromkeys(job_keys(), None) | {"name": "x"}
    assert flink_job_problems([nothing]) == []
    assert flink_declared_jobs([nothing, {"name": "y", "drain": False, "arguments": []}]) == [
        {"name": "x"},
        {"name": "y", "drain": False, "arguments": []},
    ]
    tasks = "".join(path.read_text(encoding="utf-8") for path in DEPLOY.parent.glob("*.yml"))
    assert not re.search(r"loop:.*flink_jobs", tasks)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (" ", "which is empty"),
        ("a\nb", "which has a line break"),
        ("a\tb", "which has a line break or another character"),
        ("a\u200b", "which has a line break or another character"),
        (" a", "which begins or ends with a space"),
        ("订" * 201, "which has 201 characters: write 200 at the most"),
    ],
)
def test_a_name_that_cannot_be_shown_or_told_apart_is_refused(name: str, why: str) -> None:
    (problem,) = flink_job_problems([{"name": name, "sql": "x"}])
    assert problem.startswith(f"entry 1 of flink_jobs has name: {name[:60]!r}, {why}")
    # A job that was started under such a name before must be possible to take away.
    assert flink_job_problems([{"name": name, "state": "absent"}]) == []


@pytest.mark.parametrize("name", ["a/b", ".", "..", "it's", 'say "x"', "订单", "a b", "{x}", "%2F", "x" * 200])
def test_a_name_may_have_what_people_write(name: str) -> None:
    assert flink_job_problems([{"name": name, "sql": "x"}]) == []
