"""The modules of a job's life on a real cluster of each version: each one's way and each one's errors."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from counting import build, check, good
from real_cluster import REPO, FlinkCluster

pytestmark = pytest.mark.real

COUNT = """
-- Counts numbers by their last digit.
CREATE TABLE numbers (n BIGINT, digit AS MOD(n, 10))
WITH ('connector' = 'datagen', 'rows-per-second' = '50', 'fields.n.kind' = 'random', 'fields.n.min' = '0');
CREATE TABLE counts (digit BIGINT, amount BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO counts SELECT digit, COUNT(*) FROM numbers GROUP BY digit;
"""
Call = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def jar(flink: FlinkCluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(flink, tmp_path_factory.mktemp("jar") / "counting.jar")


@pytest.fixture
def name(flink: FlinkCluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A job's name of the test's own; the job is gone afterwards."""
    own = f"{request.node.name[:60]}-{os.getpid()}"
    yield own
    good(flink.module("flink_job", name=own, state="absent"))


@pytest.fixture
def sql(flink: FlinkCluster, name: str) -> Call:
    """Declare a SQL job."""
    return lambda **options: flink.module(
        "flink_job", **{"name": name, "sql": COUNT, "sql_gateways": flink.sql_gateways, "parallelism": 1, **options}
    )


@pytest.fixture
def counting(flink: FlinkCluster, name: str, jar: Path, tmp_path: Path) -> Call:
    """Declare a job from a jar that writes every count, exactly once."""

    def declare(*arguments: str, **options: Any) -> dict[str, Any]:
        return flink.module(
            "flink_job",
            **{
                "name": name,
                "jar": str(jar),
                "arguments": ["--output", f"file://{tmp_path}/out", "--rate", "300", *arguments],
                "configuration": {"execution.checkpointing.interval": "3 s"},
                "cache_dir": str(tmp_path / "cache"),
                "parallelism": 1,
                **options,
            },
        )

    return declare


def alive(flink: FlinkCluster, name: str) -> list[str]:
    jobs = requests.get(f"{flink.jobmanagers[0]['url']}/jobs/overview", timeout=10).json()["jobs"]
    return [job["jid"] for job in jobs if job["name"] == name and job["end-time"] < 0]


def local(path: str) -> Path:
    return Path("/" + path.removeprefix("file:").lstrip("/"))


def test_a_script_is_submitted_left_alone_upgraded_suspended_continued_and_cancelled(
    flink: FlinkCluster, name: str, sql: Call
) -> None:
    assert good(sql(_ansible_check_mode=True))["plan"]["action"] == "submit"
    assert alive(flink, name) == []
    first = good(sql())
    assert (first["changed"], first["flink_state"]) == (True, "RUNNING")
    assert first["checkpoint"]["path"]
    assert alive(flink, name) == [first["job_id"]]
    same = good(sql(sql=COUNT.replace("-- Counts", "-- We count")))
    assert (same["changed"], same["job_id"]) == (False, first["job_id"])
    assert sum(same["round_trips"].values()) <= 4
    changed = COUNT.replace("'50'", "'60'")
    upgraded = good(sql(sql=changed))
    assert upgraded["action"] == "upgrade"
    assert upgraded["restored_from"] == upgraded["savepoint_path"]
    suspended = good(sql(state="suspended"))
    assert good(sql(state="suspended"))["changed"] is False
    assert alive(flink, name) == []
    resumed = good(sql(sql=changed))
    assert resumed["restored_from"] == suspended["savepoint_path"]
    assert alive(flink, name) == [resumed["job_id"]]
    (info,) = good(flink.module("flink_job_info", name=name))["jobs"]
    assert (info["state"], info["flink_state"]) == ("running", "RUNNING")
    assert info["restored_from"]["path"] == suspended["savepoint_path"]
    assert [one["outcome"] for one in info["history"]] == ["suspended", "upgraded"]
    assert good(sql(state="absent"))["changed"] is True
    assert good(sql(state="absent"))["changed"] is False
    assert alive(flink, name) == []


def test_flinks_own_command_line_agrees(flink: FlinkCluster, sql: Call) -> None:
    job_id = good(sql())["job_id"]
    program = (flink.base_dir / "supervisor/conf.d/jm1-jobmanager.conf").read_text()
    java = re.search(r"JAVA_HOME=\"?([^\",]+)", program)
    assert java is not None
    done = subprocess.run(
        [str(flink.base_dir / f"flink-{flink.version}" / "bin" / "flink"), "list", "--running"],
        env={
            **os.environ,
            "JAVA_HOME": java[1],
            "FLINK_CONF_DIR": str(flink.base_dir / "nodes/jm1/jobmanager/conf"),
            "FLINK_LOG_DIR": str(flink.base_dir),
        },
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    listed = set(re.findall(r": ([0-9a-f]{32}) : ", done.stdout))
    ours = {job["job_id"] for job in flink.module("flink_job_info")["jobs"] if job["flink_state"] == "RUNNING"}
    assert listed == ours
    assert job_id in listed


def test_a_jar_loses_nothing_through_upgrades_and_a_rollback(
    flink: FlinkCluster, name: str, counting: Call, tmp_path: Path
) -> None:
    good(counting("--version", "1"))
    good(counting("--version", "2"))
    good(counting("--version", "3", upgrade_mode="last_state"))
    failed = counting("--version", "4", "--fail", "open")
    assert failed["rolled_back"] is True
    assert "told to fail when its tasks open" in failed["msg"]
    (info,) = flink.module("flink_job_info", name=name)["jobs"]
    assert info["job_id"] == failed["job_id"]
    assert "--version 3" in " ".join(info["deployment"]["spec"]["arguments"])
    good(counting(state="suspended"))
    verdict = check(tmp_path / "out")
    assert verdict.ok, verdict
    assert verdict.versions == ["1", "2", "3"]


def test_another_state_is_refused_and_what_ran_before_runs_on(flink: FlinkCluster, name: str, counting: Call) -> None:
    good(counting())
    failed = counting("--uid", "another")
    assert failed["rolled_back"] is True
    assert "Cannot map checkpoint/savepoint state" in failed["msg"]
    assert alive(flink, name) == [failed["job_id"]]
    dropped = good(counting("--uid", "another", allow_non_restored_state=True))
    assert dropped["changed"] is True


def test_a_program_that_fails_in_its_main_method_stops_nothing(counting: Call) -> None:
    before = good(counting())
    failed = counting("--fail", "main")
    assert "told to fail in its main method" in failed["msg"]
    assert failed["changed"] is False
    assert failed["job_id"] == before["job_id"]


@pytest.mark.parametrize(
    ("then", "said"),
    [("fail", "told to fail after its start"), ("again", "more than one execute() or executeAsync()")],
    ids=["fail", "again"],
)
def test_a_main_method_may_fail_after_its_job(
    flink: FlinkCluster, name: str, counting: Call, then: str, said: str
) -> None:
    refused = counting("--then", then)
    assert said in refused["msg"]
    assert alive(flink, name) == []
    (info,) = good(flink.module("flink_job_info", name=name))["jobs"]
    assert (info["state"], info["history"][0]["outcome"]) == ("absent", "failed")
    good(counting())
    back = counting("--then", then)
    assert said in back["msg"]
    assert back["rolled_back"] is True
    assert alive(flink, name) == [back["job_id"]]
    assert good(counting())["changed"] is False


def test_a_job_that_fails_at_once_tells_its_root_cause(flink: FlinkCluster, name: str, counting: Call) -> None:
    once = {"execution.checkpointing.interval": "3 s", "restart-strategy.type": "disable"}
    failed = counting("--fail", "open", configuration=once)
    assert "told to fail when its tasks open" in failed["root_cause"]
    assert failed["root_cause"] in failed["msg"]
    assert alive(flink, name) == []
    (info,) = flink.module("flink_job_info", name=name)["jobs"]
    assert "told to fail when its tasks open" in json.dumps(info)


def test_a_job_that_was_cancelled_continues_from_its_last_checkpoint(
    flink: FlinkCluster, counting: Call, tmp_path: Path
) -> None:
    first = good(counting())
    url = flink.jobmanagers[0]["url"]
    requests.patch(f"{url}/jobs/{first['job_id']}", params={"mode": "cancel"}, timeout=10)
    again = good(counting())
    assert again["action"] == "restart"
    assert first["job_id"] in again["restored_from"]
    good(counting(state="suspended"))
    assert check(tmp_path / "out").ok


def test_two_controllers_at_once_start_one_job(flink: FlinkCluster, name: str, counting: Call) -> None:
    with ThreadPoolExecutor(3) as pool:
        answers = [good(one.result()) for one in [pool.submit(counting) for _attempt in range(3)]]
    assert sorted(answer["changed"] for answer in answers) == [False, False, True]
    assert len({answer["job_id"] for answer in answers}) == 1
    assert alive(flink, name) == [answers[0]["job_id"]]


def test_savepoints_are_made_listed_and_disposed_of(flink: FlinkCluster, name: str, sql: Call) -> None:
    good(sql())
    made = good(flink.module("flink_savepoint", name=name))
    path = local(made["savepoint_path"])
    assert (path / "_metadata").is_file()
    (listed,) = good(flink.module("flink_savepoint", name=name, state="listed"))["savepoints"]
    assert listed["exists"] is True
    assert good(flink.module("flink_savepoint", state="absent", path=made["savepoint_path"]))["changed"] is True
    assert not path.exists()
    stopped = good(flink.module("flink_savepoint", name=name, state="stopped", savepoint_format="native"))
    refused = flink.module("flink_savepoint", state="absent", path=stopped["savepoint_path"])
    assert "continues from it" in refused["msg"]
    assert good(sql())["restored_from"] == stopped["savepoint_path"]
    failed = flink.module("flink_savepoint", name=name, savepoint_directory="file:///proc/nothing")
    assert "Failed to create savepoint directory" in failed["failure_cause"]


def test_a_long_savepoint_and_a_long_checkpoint_tell_how_far_they_are(
    flink: FlinkCluster, name: str, counting: Call
) -> None:
    good(counting("--snapshot", "7"))
    for module, what in (("flink_savepoint", "the savepoint of"), ("flink_checkpoint", "a completed checkpoint of")):
        command = [str(Path(sys.executable).with_name("ansible")), "localhost", "--connection=local"]
        command += ["--extra-vars", json.dumps({"ansible_python_interpreter": sys.executable})]
        command += ["--module-name", f"streamops.flink.{module}"]
        command += ["--args", json.dumps({**flink.connection, "name": name})]
        environment = {**os.environ, "ANSIBLE_CONFIG": str(REPO / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
        done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        told = rf"\.\.\. {what} .*: \d of \d subtasks acknowledged, \d+ bytes \(\d+ s\)"
        assert re.search(told, done.stderr), done.stderr


def test_a_checkpoint_is_made_on_request(flink: FlinkCluster, name: str, sql: Call) -> None:
    good(sql())
    first = good(flink.module("flink_checkpoint", name=name))["checkpoint"]
    second = good(flink.module("flink_checkpoint", name=name))["checkpoint"]
    assert second["id"] > first["id"]


@pytest.mark.parametrize("module", ["flink_savepoint", "flink_checkpoint"])
def test_an_unknown_job_is_refused(flink: FlinkCluster, module: str) -> None:
    failed = flink.module(module, name="unknown-job")
    assert failed["failed"] is True
    assert "unknown-job" in failed["msg"]


def test_jars_are_kept_by_their_digest(flink: FlinkCluster, jar: Path, tmp_path: Path) -> None:
    first = good(flink.module("flink_jar", jar=str(jar)))
    assert first["jar"]["main_class"] == "CountingJob"
    assert good(flink.module("flink_jar", jar=str(jar)))["changed"] is False
    digest = first["jar"]["sha256"]
    assert digest in [one["sha256"] for one in good(flink.module("flink_jar", state="listed"))["jars"]]
    assert good(flink.module("flink_jar", sha256=digest, state="absent"))["changed"] is True
    assert good(flink.module("flink_jar", sha256=digest, state="absent"))["changed"] is False
    fake = tmp_path / "fake.jar"
    fake.write_text("no archive")
    assert str(fake) in flink.module("flink_jar", jar=str(fake))["msg"]


def test_statements_give_rows_and_jobs(flink: FlinkCluster) -> None:
    def run(text: str, **options: Any) -> dict[str, Any]:
        return flink.module("flink_sql", sql=text, sql_gateways=flink.sql_gateways, **options)

    batch = "SET 'execution.runtime-mode' = 'batch';\n"
    summed = good(run(batch + "SELECT SUM(x) AS total FROM (VALUES (1), (2), (3)) AS t (x);"))
    assert summed["rows"] == [{"total": 6}]
    assert summed["changed"] is False
    endless = "CREATE TABLE n (x INT) WITH ('connector' = 'datagen');\nSELECT x FROM n;"
    cut = good(run(endless, limit=3, timeout=120, configuration={"execution.checkpointing.interval": "1 s"}))
    assert len(cut["rows"]) == 3
    assert cut["statements"][-1]["truncated"] is True
    wrong = run("SHOW TABLES;\n\nSELECT y FROM nowhere;")
    assert wrong["line"] == 3
    assert "nowhere" in wrong["msg"]
    started = good(run("CREATE TABLE s (x INT) WITH ('connector' = 'blackhole'); INSERT INTO s VALUES (1), (2);"))
    assert len(started["job_ids"]) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sql": COUNT.replace("FROM numbers", "FROM nowhere")}, "line 6 of the SQL script was refused"),
        ({"sql": COUNT.replace("'blackhole'", "'nosuch'")}, "nosuch"),
        ({"configuration": {"execution.checkpointing.intervall": "5 s"}}, "did you mean execution.checkpointing.inter"),
        ({"savepoint_path": "file:///tmp/no-such-savepoint"}, "cannot be started from savepoint_path"),
        ({"sql_gateways": ["http://127.0.0.1:1"]}, "no SQL gateway can be used: cannot reach http://127.0.0.1:1"),
        ({"parallelism": 40, "timeout": 30.0}, "slots are free"),
    ],
)
def test_bad_input_is_one_sentence(
    flink: FlinkCluster, name: str, sql: Call, options: dict[str, Any], message: str
) -> None:
    failed = sql(**options)
    assert failed["failed"] is True
    assert message in failed["msg"]
    assert "\n" not in failed["msg"]
    assert "Traceback" not in failed["msg"]
    if "slots" not in message:
        # It never ran, so it is not missing.
        told = good(flink.module("flink_job_info", name=name))["jobs"]
        assert {job["state"] for job in told} <= {"absent"}
        assert alive(flink, name) == []


def test_a_directory_that_is_no_savepoint_is_told(flink: FlinkCluster, name: str, sql: Call) -> None:
    empty = local(flink.storage_url.removeprefix("file:")) / "savepoints" / f"empty-{os.getpid()}"
    empty.mkdir(parents=True)
    failed = sql(savepoint_path=f"file:{empty}")
    assert "holds no file _metadata" in failed["msg"]
    assert failed["changed"] is False
    assert alive(flink, name) == []


def test_a_page_instead_of_a_jar_and_a_jar_without_a_main_class_are_told(
    flink: FlinkCluster, name: str, counting: Call, tmp_path: Path
) -> None:
    (tmp_path / "page.jar").write_text("<html>not found</html>")
    assert "is not a valid jar" in counting(jar=str(tmp_path / "page.jar"))["msg"]
    bare = build(flink, tmp_path / "bare.jar", main_class="")
    assert "has no main class" in counting(jar=str(bare))["msg"]
    assert alive(flink, name) == []
    assert good(counting(jar=str(bare), entry_class="CountingJob"))["flink_state"] == "RUNNING"


def test_the_playbook_takes_a_savepoint_of_every_declared_job(cluster: FlinkCluster) -> None:
    run = cluster.playbook("savepoint.yml")
    assert run.code == 0, run.trouble
    assert "transactions: file:" in run.text


def test_the_status_module_sees_the_cluster_as_a_whole(cluster: FlinkCluster) -> None:
    status = good(cluster.module("flink_status", slots=12, taskmanagers=["tm1", "tm2", "tm3"]))["status"]
    assert status["leader"]["name"] in {"jm1", "jm2"}
    assert status["problems"] == []
