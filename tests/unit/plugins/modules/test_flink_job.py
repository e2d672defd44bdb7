"""flink_job from its options to its JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.streamops.flink.plugins.doc_fragments.timeouts import ModuleDocFragment
from ansible_collections.streamops.flink.plugins.modules import flink_job
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import (
    FakeFlink,
    FakeJob,
    make_jar,
)

SQL = "CREATE TABLE t (x INT);\nINSERT INTO t SELECT 1;"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def jar(tmp_path: Path) -> Path:
    return make_jar(tmp_path / "job.jar")


def test_a_script_becomes_a_running_job(deploy: Run, flink: FakeFlink) -> None:
    result = deploy(sql=SQL, parallelism=3)
    assert result["changed"] is True
    assert (result["state"], result["action"], result["flink_state"]) == ("running", "submit", "RUNNING")
    assert result["plan"]["action"] == "submit"
    assert result["checkpoint"]["path"].endswith("/chk-1")
    assert flink.jobs[result["job_id"]].spec["parallelism"] == "3"
    again = deploy(sql=SQL, parallelism=3)
    assert again["changed"] is False
    assert again["digest"] == result["digest"]
    assert sum(again["round_trips"].values()) <= 4


def test_a_script_may_be_a_file(deploy: Run, tmp_path: Path) -> None:
    (tmp_path / "job.sql").write_text(SQL)
    assert deploy(sql_file=str(tmp_path / "job.sql"))["state"] == "running"


def test_a_jar_becomes_a_running_job_and_its_upload_is_removed(deploy: Run, flink: FakeFlink, jar: Path) -> None:
    result = deploy(
        jar=str(jar), arguments=["--x", "1"], configuration={"execution": {"checkpointing.interval": "5 s"}}
    )
    assert result["state"] == "running"
    assert flink.jobs[result["job_id"]].spec["arguments"] == ["--x", "1"]
    assert flink.jars == {}


def test_check_mode_and_diff_tell_what_would_be_done(deploy: Run, flink: FakeFlink) -> None:
    first = deploy(sql=SQL, check=True, diff=True)
    assert (first["changed"], first["plan"]["action"], first["job_id"]) == (True, "submit", None)
    assert first["diff"]["before"] == {"name": "count", "state": "absent", "specification": None}
    assert first["diff"]["after"]["specification"]["sql"] == SQL
    assert not flink.jobs
    deploy(sql=SQL)
    second = deploy(sql=SQL.replace("SELECT 1", "SELECT 2"), check=True, diff=True)
    assert second["plan"] == {
        "action": "upgrade from savepoint",
        "reason": "its specification differs",
        "changes": ["sql"],
        "source": None,
        "loses": None,
    }
    assert second["diff"]["before"]["specification"]["sql"] == SQL
    assert "SELECT 2" in second["diff"]["after"]["specification"]["sql"]


def test_no_change_is_no_difference(deploy: Run) -> None:
    deploy(sql=SQL)
    result = deploy(sql=SQL, diff=True)
    assert result["diff"]["before"] == result["diff"]["after"]


def test_a_job_is_suspended_continued_and_cancelled_by_its_name_alone(deploy: Run, flink: FakeFlink) -> None:
    deploy(sql=SQL)
    suspended = deploy(state="suspended")
    assert (suspended["state"], suspended["action"], suspended["job_id"]) == ("suspended", "suspend", None)
    assert suspended["savepoint_path"] == suspended["state_kept"]
    resumed = deploy(sql=SQL)
    assert resumed["restored_from"] == suspended["savepoint_path"]
    absent = deploy(state="absent")
    assert (absent["state"], absent["changed"]) == ("absent", True)
    assert absent["state_kept"].endswith("/chk-1")
    assert not [job for job in flink.jobs.values() if job.alive]
    assert deploy(state="absent")["changed"] is False


def test_a_failed_upgrade_tells_everything_that_was_changed(deploy: Run, flink: FakeFlink, jar: Path) -> None:
    deploy(jar=str(jar))

    def fail(job: FakeJob) -> None:
        if job.spec["arguments"]:
            job.state = "FAILED"
            job.causes = ["a.B: x\n\tat y\nCaused by: java.io.IOException: no disk\n\tat z"]

    flink.on_start = fail
    result = deploy(jar=str(jar), arguments=["two"])
    assert result["failed"] is True
    assert result["changed"] is True
    assert result["rolled_back"] is True
    assert result["root_cause"] == "IOException: no disk"
    assert result["savepoint_path"] in result["msg"]
    assert result["job_id"] in flink.jobs
    assert "round_trips" in result


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "the job count is declared as running: say what it is with sql, sql_file or jar"),
        ({"sql": SQL, "jar": "x.jar"}, "parameters are mutually exclusive: sql|sql_file|jar"),
        ({"sql": SQL, "jar_checksum": "sha256:1"}, "missing parameter.* required by 'jar_checksum': jar"),
        ({"sql_file": "/no/such.sql"}, "cannot read the SQL script /no/such.sql: No such file"),
        ({"sql": "SELECT 'x"}, "a text that begins with ' in line 1, column 8"),
        ({"sql": "CREATE TABLE t (x INT)"}, "starts no job"),
        ({"sql": "INSERT INTO a SELECT 1; INSERT INTO b SELECT 2"}, "starts 2 jobs, in lines 1 and 1"),
        ({"sql": "SET 'pipeline.name' = 'x'; INSERT INTO a SELECT 1"}, "line 1 .* sets pipeline.name, .* option name"),
        ({"sql": SQL, "parallelism": 0}, "parallelism must be at least 1"),
        ({"sql": SQL, "configuration": {"parallelism.default": 3}}, "use the option parallelism"),
        ({"sql": SQL, "configuration": {"taskmanager.numberOfTaskSlotz": 3}}, "did you mean taskmanager.numberOfTask"),
        ({"sql": "CREATE TABLE t (x INT);\nINSERT INTO t\nBROKEN"}, "line 3 of the SQL script was refused: .*line 3"),
        ({"sql": SQL, "allow_state_loss": "all"}, "allow_state_loss is all, which is not the name of the job: write"),
        ({"sql": SQL, "savepoint_path": "s3://b/savepoint-1"}, "cannot be started from savepoint_path s3://b/savep"),
        ({"sql": SQL, "sql_gateways": []}, "SQL needs a SQL gateway"),
        ({"jar": "/no/such.jar"}, "there is no such file"),
        ({"jar": "org.example:job:1.0@war"}, "is not a jar: the coordinate asks for a war file"),
        ({"jar": "x", "jar_checksum": "md5:1"}, "cannot use the checksum"),
        ({"sql": SQL, "cluster_id": "/"}, "cluster_id '/' is empty"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_started(
    deploy: Run, flink: FakeFlink, arguments: dict[str, Any], message: str
) -> None:
    result = deploy(**arguments)
    assert result["failed"] is True
    assert re.search(message, result["msg"]), result["msg"]
    assert "Traceback" not in json.dumps(result)
    assert not flink.jobs


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "is not a valid jar: .* is not a zip file"), ("", "has no main class: .*name the class in entry_class")],
)
def test_a_jar_that_is_none_is_told_before_anything_is_uploaded(
    deploy: Run, flink: FakeFlink, tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "bad.jar"
    if content is None:
        path.write_text("<html>404</html>")
    else:
        make_jar(path, main_class="")
    result = deploy(jar=str(path))
    assert re.search(message, result["msg"]), result["msg"]
    assert "POST /jars/upload" not in flink.log


def test_a_jar_without_a_main_class_runs_when_the_class_is_named(deploy: Run, tmp_path: Path) -> None:
    path = make_jar(tmp_path / "bare.jar", main_class="")
    assert deploy(jar=str(path), entry_class="org.example.Job")["state"] == "running"


def test_a_jobmanager_that_takes_no_jars_says_why(deploy: Run, flink: FakeFlink, jar: Path) -> None:
    flink.web_submit = False
    assert "web.submit.enable must be true" in deploy(jar=str(jar))["msg"]


def test_a_jar_of_a_known_digest_is_fetched_only_when_it_is_deployed(
    deploy: Run, jar: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hashlib

    from ansible_collections.streamops.flink.plugins.module_utils._jobs import jar_source as _jar_source

    digest = hashlib.sha256(jar.read_bytes()).hexdigest()
    fetched: list[str] = []

    def fetch(_self: object, source: object, _checksum: object) -> Path:
        fetched.append(str(source))
        return jar

    monkeypatch.setattr(_jar_source.Fetcher, "fetch", fetch)
    arguments = {"jar": "https://example.org/job.jar", "jar_checksum": f"sha256:{digest}"}
    assert deploy(**arguments)["changed"] is True
    assert fetched == ["https://example.org/job.jar"]
    assert deploy(**arguments)["changed"] is False
    assert len(fetched) == 1


def test_a_record_of_a_newer_version_is_not_touched(deploy: Run, flink: FakeFlink) -> None:
    flink.ensemble.add("/streamops/t/jobs/count", b'{"format": 7}')
    assert "has format 7" in deploy(sql=SQL)["msg"]
    assert not flink.jobs


def test_the_documentation_has_the_options_of_the_module() -> None:
    texts = (flink_job.DOCUMENTATION, ModuleDocFragment.LOCK, ModuleDocFragment.SAVEPOINT)
    documented = {name for text in texts for name in yaml.safe_load(text)["options"]}
    assert documented | set(flink_job.connection_argument_spec()) == set(flink_job.argument_spec())


SECRET_SQL = "CREATE TABLE t (x INT) WITH ('connector' = 'x', 'password' = '${secret:db}');\nINSERT INTO t SELECT 1;"


def test_a_secret_is_sent_and_kept_nowhere(deploy: Run, flink: FakeFlink, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    execute = flink.execute
    monkeypatch.setattr(flink, "execute", lambda text, *rest: sent.append(text) or execute(text, *rest))
    result = deploy(sql=SECRET_SQL, secrets={"db": "it's secret"}, diff=True)
    assert "'password' = 'it''s secret'" in sent[0]
    assert "it's secret" not in json.dumps({key: value for key, value in result.items() if key != "invocation"})
    assert deploy(sql=SECRET_SQL, secrets={"db": "another one"})["changed"] is False


def test_a_secret_without_a_value_is_asked_for(deploy: Run) -> None:
    assert "names the secret db, and no value was given for it" in deploy(sql=SECRET_SQL)["msg"]
