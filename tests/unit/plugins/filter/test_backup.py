"""What the drill of a restore starts: nothing by surprise."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.streamops.flink.plugins.filter.backup import FilterModule

FILTERS = FilterModule().filters()
Job = dict[str, Any]


def stored(name: str = "count", **other: Any) -> Job:
    return {"name": name, "state": "RUNNING", "parallelism": 3, "specification": {"kind": "jar"}, **other}


def declared(**other: Any) -> Job:
    return {"name": "count", "jar": "/srv/count.jar", "arguments": ["--output", "/live"], **other}


def plan(wanted: list[Job], inventory: list[Job] | None = None, backup: list[Job] | None = None) -> dict[str, Any]:
    return FILTERS["flink_restore_drill"](
        backup or [stored()], [declared()] if inventory is None else inventory, wanted
    )


def test_nothing_is_started_that_was_not_named() -> None:
    found = plan([], backup=[stored(), stored("other")])
    assert found == {"jobs": [], "started": [], "left": ["count", "other"], "slots": 0, "problems": []}


def test_a_job_with_another_output_is_started_and_the_others_are_left() -> None:
    found = plan([{"name": "count", "arguments": ["--output", "/drill"]}], backup=[stored(), stored("other")])
    assert (found["started"], found["left"], found["slots"], found["problems"]) == (["count"], ["other"], 3, [])
    (job,) = found["jobs"]
    assert (job["jar"], job["arguments"]) == ("/srv/count.jar", ["--output", "/drill"])


def test_a_start_that_fails_never_goes_back_to_the_program_of_the_running_job() -> None:
    (job,) = plan([{"name": "count", "arguments": [], "rollback": True}], [declared(rollback=True)])["jobs"]
    assert (job["rollback"], job["wait_for_checkpoint"], job["state"]) == (False, True, "running")


def test_another_program_takes_nothing_of_the_declared_one() -> None:
    wanted = {"name": "count", "sql": "INSERT INTO nowhere …"}
    (job,) = plan([wanted], [declared(entry_class="a.B", jar_checksum="sha256:0", parallelism=5)])["jobs"]
    assert set(job) == {"name", "sql", "parallelism", "state", "rollback", "wait_for_checkpoint"}
    assert plan([wanted], [declared(parallelism=5)])["slots"] == 5


def test_nothing_of_a_job_points_into_the_storage_of_the_running_one() -> None:
    kept = {"execution.checkpointing.interval": "1 s"}
    inventory = declared(
        savepoint_path="file:/live/s",
        savepoint_directory="file:/live",
        claim_mode="CLAIM",
        configuration={"state.checkpoints.dir": "file:/live", "execution.checkpointing.dir": "file:/live", **kept},
    )
    (job,) = plan([{"name": "count", "live": True, "savepoint_path": "file:/other"}], [inventory])["jobs"]
    assert job["configuration"] == kept
    assert not {"savepoint_path", "savepoint_directory", "claim_mode", "live"} & set(job)


def test_a_job_that_is_not_declared_any_more_can_only_be_live() -> None:
    found = plan([{"name": "count", "live": True}], [])
    assert (found["jobs"], found["started"], found["problems"]) == ([], ["count"], [])


@pytest.mark.parametrize(
    ("wanted", "inventory", "said"),
    [
        ({"name": "count"}, [declared()], "count would read and write where the running job does"),
        ({"name": "count", "parallelism": 1}, [declared()], "would read and write where the running job does"),
        ({"name": "count", "arguments": ["--output", "/live"]}, [declared()], "would read and write where the running"),
        ({"name": "count", "live": False}, [declared()], "would read and write where the running job does"),
        ({"name": "count", "live": True, "sql": "x"}, [declared()], "is called live and yet has sql of its own"),
        ({"name": "gone", "live": True}, [declared()], "gone is not in the backup"),
        ({"live": True}, [declared()], "a job without a name is not in the backup"),
        ({"name": "count", "arguments": []}, [], "is not in flink_jobs"),
        ({"name": "count", "live": True, "parallelism": 1}, [], "is not in flink_jobs"),
        ({"name": "count", "live": True}, [{"name": "count", "pipeline": {"a": 1}}], "replication slot"),
        ({"name": "count", "configuration": {"a": 1}}, [{"name": "count", "pipeline": {"a": 1}}], "replication slot"),
        ({"name": "count", "pipeline": {"a": 1}}, [{"name": "count", "pipeline": {"a": 1}}], "replication slot"),
    ],
)
def test_what_would_do_harm_is_refused(wanted: Job, inventory: list[Job], said: str) -> None:
    found = plan([wanted], inventory)
    (problem,) = found["problems"]
    assert said in problem
    assert found["jobs"] == []


def test_a_pipeline_with_a_program_of_its_own_is_started() -> None:
    inventory = [{"name": "count", "pipeline": {"source": 1}}]
    assert plan([{"name": "count", "sql": "x"}], inventory)["problems"] == []
    assert plan([{"name": "count", "pipeline": {"source": 2}}], inventory)["jobs"][0]["pipeline"] == {"source": 2}


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"specification": None}, "was not deployed by this collection"),
        ({"state": "SUSPENDED"}, "was suspended when the backup was made"),
    ],
)
def test_what_a_restore_would_not_start_is_refused(about: Job, said: str) -> None:
    (problem,) = plan([{"name": "count", "live": True}], backup=[stored(**about)])["problems"]
    assert said in problem


def test_a_job_that_is_named_twice_is_refused() -> None:
    assert "count is named twice" in plan([{"name": "count", "live": True}] * 2)["problems"]


def test_only_what_says_how_jobs_are_executed_goes_along() -> None:
    config = {
        "execution": {"checkpointing.interval": "1 s", "checkpointing.dir": "s3://live/c"},
        "state.backend.rocksdb.localdir": "/mnt/fast",
        "state.backend.type": "rocksdb",
        "high-availability.storageDir": "file:/live",
        "security.ssl.internal.enabled": True,
        "pipeline.jars": ["file:///srv/a.jar"],
        "pipeline.max-parallelism": 64,
    }
    kept = FILTERS["flink_restore_drill_config"](config)
    assert sorted(kept) == ["execution.checkpointing.interval", "pipeline.max-parallelism", "state.backend.type"]


def test_words_of_a_unit_stay_what_they_are() -> None:
    words = FILTERS["flink_unit_words"]
    assert words(["/bin/a b", '100 % "$x"'], command=True) == '"/bin/a b" "100 %% \\"$$x\\""'
    assert words(["A=$x"]) == '"A=$x"'
    with pytest.raises(AnsibleFilterError, match="holds a line break"):
        words(["a\nb"])


def test_settings_that_cannot_be_read_are_an_error_of_ansible() -> None:
    with pytest.raises(AnsibleFilterError, match="is not a valid name of an option"):
        FILTERS["flink_restore_drill_config"]({True: 1})
