"""What a page about a cluster says of daemons without a row of Flink's own, and of failed jobs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._operations.page import complete


def job(number: int, state: str, name: str = "count") -> dict[str, Any]:
    return {"name": name, "id": f"id{number}", "state": state, "started": float(number)}


def daemon(daemon: str = "history_server", **changes: Any) -> dict[str, Any]:
    one = {"name": "hs1", "daemon": daemon, "title": "history server", "address": "http://hs1:8082/config"}
    return {**one, "answers": True, "required": True, "says": "", **changes}


def page(jobs: list[dict[str, Any]], daemons: list[dict[str, Any]], declared: list[str]) -> dict[str, Any]:
    status: dict[str, Any] = {"jobs": jobs, "problems": [], "notes": []}
    complete(status, daemons, declared)
    return status


FAILED = "Job count (id1) has FAILED: "
BEFORE = "Job count (id1) has FAILED, and id2 has taken its place."


@pytest.mark.parametrize(
    ("jobs", "declared", "problem", "note"),
    [
        ([], [], "", ""),
        ([job(1, "RUNNING")], [], "", ""),
        # What was ended by somebody is no fault.
        ([job(1, "CANCELED")], [], "", ""),
        ([job(1, "FINISHED")], [], "", ""),
        ([job(1, "FAILED")], [], FAILED, ""),
        ([job(1, "FAILED")], ["other"], FAILED, ""),
        # That it does not run is told already.
        ([job(1, "FAILED")], ["count"], "", ""),
        ([job(1, "FAILED"), job(2, "RUNNING")], [], "", BEFORE),
        ([job(1, "FAILED"), job(2, "RUNNING")], ["count"], "", BEFORE),
        ([job(1, "FAILED"), job(2, "RESTARTING")], [], "", BEFORE),
        ([job(1, "FAILED"), job(2, "FINISHED")], [], "", BEFORE),
        # The success came first.
        ([job(1, "FAILED"), job(0, "FINISHED")], [], FAILED, ""),
        ([job(1, "FAILED"), job(2, "CANCELED")], [], FAILED, ""),
        ([job(1, "FAILED"), job(2, "RUNNING", "other")], [], FAILED, ""),
    ],
)
def test_a_failed_job_and_nothing_is_wrong_are_not_on_one_page(
    jobs: list[dict[str, Any]], declared: list[str], problem: str, note: str
) -> None:
    found = page(jobs, [], declared)
    assert len(found["problems"]) == bool(problem)
    assert all(one.startswith(problem) for one in found["problems"])
    assert found["notes"] == ([note] if note else [])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, ""),
        (
            {"answers": False, "says": "connection refused; its log says: Invalid maximum heap size: -Xmx1gb"},
            (
                "The history server of hs1 (http://hs1:8082/config) does not answer: connection refused; its log says:"
                " Invalid maximum heap size: -Xmx1gb."
            ),
        ),
        (
            {
                "daemon": "guardian",
                "title": "guardian",
                "address": "",
                "answers": False,
                "says": "no process of it runs",
            },
            "The guardian of hs1 does not run: no process of it runs.",
        ),
    ],
)
def test_a_daemon_that_does_not_answer_is_a_problem(changes: dict[str, Any], problem: str) -> None:
    found = page([], [daemon(**changes)], [])
    assert found["problems"] == ([problem] if problem else [])
    assert [one["name"] for one in found["daemons"]] == ["hs1"]


def test_what_no_playbook_has_brought_yet_is_a_note() -> None:
    found = page([], [daemon("prometheus", title="Prometheus", answers=False, required=False)], [])
    assert (found["problems"], found["notes"]) == (
        [],
        ["The Prometheus of hs1 is not deployed: run monitoring.yml."],
    )


def test_what_has_a_row_of_its_own_gets_no_second_one() -> None:
    rows = [daemon(name) for name in ("zookeeper", "jobmanager", "taskmanager", "taskmanager_exporter", "guardian")]
    assert [one["daemon"] for one in page([], rows, [])["daemons"]] == ["taskmanager_exporter", "guardian"]


def test_a_host_that_cannot_be_asked_is_one_sentence() -> None:
    away = {"answers": False, "address": "", "unknown": True, "says": "timed out."}
    rows = [daemon("taskmanager", title="TaskManager", **away), daemon(**away)]
    rows.append(daemon("prometheus", title="Prometheus", required=False, **away))
    found = page([], rows, [])
    assert found["problems"] == [
        "The host hs1 cannot be asked whether its TaskManager, history server, Prometheus run: timed out."
    ]
    assert found["notes"] == []
