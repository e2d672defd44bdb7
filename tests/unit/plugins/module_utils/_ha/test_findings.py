"""What a survey means: what kills the next leader, what loses a job, what is merely left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._cluster.leader import Contender
from ansible_collections.streamops.flink.plugins.module_utils._ha.findings import (
    Finding,
    findings,
    next_failover,
    poisonous,
    read_kinds,
)
from ansible_collections.streamops.flink.plugins.module_utils._ha.storage import (
    JobDirectory,
    Places,
    Storage,
    StoredFile,
    StoredResult,
)
from ansible_collections.streamops.flink.plugins.module_utils._ha.survey import Pointer, Survey
from ansible_collections.streamops.flink.plugins.module_utils._jobs.records import Deployment, JobRecord
from ansible_collections.streamops.flink.plugins.module_utils._jobs.view import JobView

JOB = "a" * 32
GRAPH = Pointer(f"/flink/t/jobgraphs/{JOB}", "jobgraphs", JOB, file="/s/ha/t/graph", confirmed=True)
CHECKPOINT = Pointer(f"/flink/t/jobs/{JOB}/checkpoints/7", "checkpoints", JOB, 7, "/s/ha/t/done7", confirmed=True)
PLACE = f"file:/s/checkpoints/{JOB}/chk-7"
STORAGE = Storage(
    places=Places("file:/s/ha/t", "file:/s/r", "", "file:/s/checkpoints"),
    files=(StoredFile("/s/ha/t/graph"), StoredFile("/s/ha/t/done7", addresses=(f"{PLACE}/1", f"{PLACE}/_metadata"))),
)
HEALTHY = Survey(
    cluster_id="/t",
    at="2026",
    flink_version="1.20.5",
    expected_contenders=2,
    places=STORAGE.places,
    pointers=(GRAPH, CHECKPOINT),
    checkpoint_nodes=(JOB,),
    jobs=(JobView(JOB, "count", "RUNNING"),),
    storage=STORAGE,
)


def result(**changes: Any) -> StoredResult:
    return StoredResult(**{"path": f"/s/r/{JOB}_DIRTY.json", "job_id": JOB, "dirty": True, **changes})


def stored(**changes: Any) -> Survey:
    return replace(HEALTHY, storage=replace(STORAGE, **changes))


def only(survey: Survey, version: str = "") -> Finding:
    (found,) = findings(survey, version)
    return found


def test_a_healthy_cluster_has_nothing_to_tell_and_would_restore_its_job() -> None:
    assert findings(HEALTHY) == []
    (forecast,) = next_failover(HEALTHY)
    assert (forecast.name, forecast.recovers, forecast.checkpoint_id, forecast.path) == ("count", True, 7, PLACE)
    assert forecast.sentence == f"it would be restored from checkpoint 7 at {PLACE}"


@pytest.mark.parametrize(
    ("version", "one", "severity"),
    [
        ("2.3.0", result(), "poison"),
        ("2.3.0", result(application_id="x"), "loss"),
        ("2.3.0", result(problem="it is not valid JSON"), "poison"),
        ("1.20.5", result(problem="it is not valid JSON"), "poison"),
        ("1.20.5", result(), "loss"),
        ("2.3.0", result(dirty=False), "note"),
    ],
)
def test_a_result_kills_loses_or_lies_there(version: str, one: StoredResult, severity: str) -> None:
    survey = replace(stored(results=(one,)), flink_version=version, pointers=())
    (found,) = [one for one in findings(survey) if one.place == "storage" and "result" in one.kind]
    assert found.severity == severity
    assert found.job_id == JOB


def test_a_result_without_its_application_kills_whatever_leads_after_the_upgrade() -> None:
    survey = replace(stored(results=(result(),)), jobs=())
    assert poisonous(findings(survey)) == []
    assert poisonous(findings(survey, "2.3.0"))[0].kind == "dirty_result"


def test_a_job_whose_result_is_being_tidied_up_is_no_trouble() -> None:
    survey = replace(stored(results=(result(),)), jobs=(JobView(JOB, "count", "FINISHED"),))
    assert findings(survey) == []


def test_a_graph_without_its_file_kills_the_next_leader() -> None:
    found = only(stored(files=STORAGE.files[1:]))
    assert (found.kind, found.severity, found.subject) == ("missing_graph", "poison", GRAPH.node)
    assert "/s/ha/t/graph" in found.sentence
    (forecast,) = next_failover(stored(files=STORAGE.files[1:]))
    assert forecast.recovers is False
    assert forecast.sentence.startswith("no JobManager would survive its election")


def test_a_node_that_is_no_pointer_kills_the_next_leader() -> None:
    survey = replace(HEALTHY, pointers=(replace(GRAPH, damaged=True), CHECKPOINT))
    assert next(iter(findings(survey))).kind == "damaged_graph"


@pytest.mark.parametrize("change", [{"confirmed": False}, {"file": ""}, {"file": "/elsewhere/graph"}])
def test_what_may_have_changed_meanwhile_or_lies_elsewhere_is_not_judged(change: dict[str, Any]) -> None:
    survey = replace(stored(files=STORAGE.files[1:]), pointers=(replace(GRAPH, **change), CHECKPOINT))
    assert poisonous(findings(survey)) == []


def test_a_checkpoint_without_its_file_loses_the_job() -> None:
    survey = stored(files=STORAGE.files[:1])
    assert (only(survey).kind, only(survey).severity) == ("missing_checkpoint", "loss")
    assert next_failover(survey)[0].recovers is False


def test_a_checkpoint_whose_state_has_been_deleted_loses_the_job() -> None:
    gone = (f"file:/s/checkpoints/{JOB}/shared/1", f"file:/s/checkpoints/{JOB}/shared/2")
    survey = stored(files=(STORAGE.files[0], replace(STORAGE.files[1], missing=gone)))
    assert only(survey).kind == "missing_state"
    assert f"needs {gone[0]} and 1 more files" in only(survey).sentence
    assert next_failover(survey)[0].recovers is False


@pytest.mark.parametrize(
    ("kind", "version", "severity"),
    [("jobgraphs", "2.2.1", "loss"), ("execution-plans", "1.20.5", "loss"), ("execution-plans", "2.3.0", "poison")],
)
def test_the_graph_of_another_version_is_not_recovered(kind: str, version: str, severity: str) -> None:
    now = "1.20.5" if kind == "jobgraphs" else "2.2.1"
    survey = replace(HEALTHY, flink_version=now, pointers=(replace(GRAPH, kind=kind), CHECKPOINT))
    found = only(survey, version)
    assert (found.kind, found.severity) == ("other_version", severity)
    assert next_failover(survey, version)[0].recovers is False


def test_the_record_has_the_version_that_wrote_a_graph_without_a_job() -> None:
    deployment = Deployment(JOB, "d", "c", {}, "submit", "2026", flink_version="2.2.1")
    survey = replace(
        HEALTHY,
        flink_version="2.3.0",
        jobs=None,
        pointers=(replace(GRAPH, kind="execution-plans"),),
        records=(JobRecord("count", current=deployment),),
    )
    assert poisonous(findings(survey))[0].kind == "other_version"
    assert next_failover(survey)[0].name == "count"


def test_a_job_that_the_leader_does_not_run_would_be_started_again() -> None:
    survey = replace(HEALTHY, jobs=())
    found = [one for one in findings(survey) if one.severity == "loss"]
    assert [one.kind for one in found] == ["orphan_job"]
    assert next_failover(survey)[0].recovers is True


def test_a_job_that_runs_and_is_not_in_the_store_is_not_recovered() -> None:
    (forecast,) = next_failover(replace(HEALTHY, pointers=()))
    assert forecast.sentence == "it is not in the HA store, so no leader would recover it"


def test_a_job_without_a_checkpoint_begins_anew() -> None:
    (forecast,) = next_failover(replace(HEALTHY, pointers=(GRAPH,)))
    assert forecast.sentence == "it would start from the beginning: no checkpoint of it is complete"


LOST = replace(HEALTHY, jobs=(), pointers=(), checkpoint_nodes=())


def test_state_that_a_new_zookeeper_does_not_know_is_a_loss() -> None:
    survey = replace(LOST, storage=replace(STORAGE, directories=(JobDirectory("/s/checkpoints/x", "x", (6, 7)),)))
    lost, idle = findings(survey)
    assert (lost.kind, lost.severity.value, idle.kind) == ("lost_registry", "loss", "orphan_files")
    assert "ZooKeeper has no job of cluster /t and no record of one, but /s/ha/t has 2 file(s) of jobs" in lost.sentence
    assert lost.sentence.endswith("(newest complete checkpoints: /s/checkpoints/x/chk-7)")


@pytest.mark.parametrize(
    "known",
    [
        {"records": (JobRecord(name="count"),)},
        {"pointers": (GRAPH,)},
        {"checkpoint_nodes": (JOB,)},
        {"jobs": (JobView(JOB, "count", "RUNNING"),)},
        {"unread": {"records": "no answer"}},
        {"storage": replace(STORAGE, files=())},
        {"storage": replace(STORAGE, unread={"ha": "not mounted"})},
        {"storage": None},
    ],
)
def test_zookeeper_has_lost_nothing_where_it_knows_a_job_or_there_is_no_file(known: dict[str, Any]) -> None:
    assert "lost_registry" not in {one.kind for one in findings(replace(LOST, **known))}


def test_what_is_left_of_ended_jobs_is_noted() -> None:
    survey = replace(HEALTHY, jobs=(), pointers=())
    assert {(one.kind, one.severity.value) for one in findings(survey)} == {
        ("orphan_checkpoints", "note"),
        ("orphan_files", "note"),
    }


def test_more_contenders_than_the_inventory_has_are_told() -> None:
    contenders = tuple(Contender(f"n{n}", n, f"0x{n}", "", False) for n in range(3))
    assert only(replace(HEALTHY, contenders=contenders)).severity == "loss"
    assert only(replace(HEALTHY, foreign_leader=True, leader_error="the leader is foreign")).severity == "poison"


def test_what_could_not_be_read_is_told_and_not_judged() -> None:
    survey = replace(
        stored(files=(), unread={"ha": "s3://b is not a directory of a host"}),
        jobs=None,
        unread={"jobs": "no JobManager leads", "storage_ha": "s3://b is not a directory of a host"},
    )
    assert [(one.kind, one.severity.value) for one in findings(survey)] == [("unread", "note")] * 2
    assert next_failover(survey)[0].sentence == "it would be restored from checkpoint 7"


@pytest.mark.parametrize(
    ("version", "kinds"),
    [
        ("1.20.5", {"jobgraphs"}),
        ("2.2.1", {"execution-plans"}),
        ("2.3.0", {"execution-plans", "applications"}),
        ("", {"jobgraphs", "execution-plans", "applications"}),
    ],
)
def test_each_version_looks_for_jobs_in_its_own_nodes(version: str, kinds: set[str]) -> None:
    assert read_kinds(version) == kinds


def test_the_store_is_empty_only_when_no_job_has_left_a_node() -> None:
    assert not HEALTHY.empty
    assert not replace(HEALTHY, pointers=()).empty
    assert replace(HEALTHY, pointers=(), checkpoint_nodes=()).empty
