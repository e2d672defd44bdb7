"""A cluster goes to another version with its jobs and their state, or back, whatever happens on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from counting import build, check, good
from real_cluster import PLAYBOOK, REPO, FlinkCluster, PlaybookRun, eventually, smaller

pytestmark = pytest.mark.real
NAME = "counting"
SHORT = {"upgrade_soak_time": "5 s", "upgrade_backup_enabled": False, "upgrade_timeout": "120 s"}
# A line that is printed when the phase begins.
PHASES = [
    "TASK [streamops.flink.upgrade : Stop | Stop all jobs",
    "PLAY [Stop the old version]",
    "PLAY [Start the new version]",
    "TASK [streamops.flink.jobs : Deploy | Submit",
    "PLAY [Bring up what the jobs have not waited for]",
    "TASK [streamops.flink.upgrade : Soak | Watch them",
]


def said(run: PlaybookRun) -> str:
    return " ".join(run.text.split())


def version(cluster: FlinkCluster) -> str:
    answer = requests.get(f"{cluster.jobmanagers[0]['url']}/config", timeout=10)
    return str(answer.json()["flink-version"])


def grows(out: Path) -> None:
    before = check(out).rows
    eventually(lambda: check(out).rows > before + 200, 120, "the growth of the output")


def killed_at(cluster: FlinkCluster, marker: str, **extra: Any) -> None:
    """Run the upgrade and kill the controller when it says this."""
    environment = {**os.environ, "ANSIBLE_CONFIG": str(REPO / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "COLUMNS": "160"}
    command = [str(PLAYBOOK), "-i", str(cluster.inventory), str(REPO / "playbooks" / "upgrade.yml")]
    command += ["-e", json.dumps({**cluster.extra, **extra})]
    with subprocess.Popen(
        command,
        cwd=REPO,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        seen = []
        for line in process.stdout:
            seen.append(line)
            if marker in line:
                os.killpg(process.pid, signal.SIGKILL)
                return
    raise AssertionError(f"{marker!r} was never said: {''.join(seen)[-4000:]}")


@pytest.fixture
def counting(new_cluster: Callable[..., FlinkCluster], tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A cluster of an older version with a job that counts."""
    old, backend = request.param
    cluster = smaller(new_cluster(flink_version=old, flink_state_backend=backend, flink_jobs=[], demo_enabled=False))
    try:
        assert (run := cluster.playbook("site.yml")).code == 0, run.trouble
        cluster.extra["flink_jobs"] = [
            {
                "name": NAME,
                "jar": str(build(cluster, tmp_path / "counting.jar")),
                "arguments": ["--output", f"file://{tmp_path}/out", "--rate", "500"],
                "parallelism": 2,
                "configuration": {"execution.checkpointing.interval": "3 s"},
            }
        ]
        assert (run := cluster.playbook("site.yml")).code == 0, run.trouble
        yield cluster, tmp_path / "out"
    finally:
        confirm = {"flink_reset_confirm": cluster.variables["flink_cluster_name"], "flink_reset_running_jobs": True}
        cluster.playbook("reset.yml", **confirm)


def announced(cluster: FlinkCluster) -> set[str]:
    """The windows of maintenance that watchdogs have seen."""
    logs = [path.read_text() for path in cluster.base_dir.glob("nodes/*/guardian/watchdog/watchdog.log")]
    lines = [json.loads(line) for log in logs for line in log.splitlines() if line.startswith("{")]
    return {one["name"] for line in lines if line["event"] == "maintenance_begins" for one in line["windows"]}


def with_arguments(cluster: FlinkCluster, *more: str) -> list[dict[str, Any]]:
    (job,) = cluster.extra["flink_jobs"]
    return [{**job, "arguments": [*job["arguments"], *more]}]


def test_other_binaries_do_not_come_under_a_job_and_sql_is_not_taken_along_unasked(cluster: FlinkCluster) -> None:
    plain = cluster.playbook("site.yml", flink_version="2.2.1")
    assert plain.code != 0
    assert "run playbooks/upgrade.yml -e flink_upgrade_version=2.2.1" in said(plain)
    assert plain.changed == 0
    unasked = cluster.playbook("upgrade.yml", flink_upgrade_version="2.2.1")
    assert unasked.code != 0
    assert "the job transactions is SQL" in said(unasked)
    assert unasked.changed == 0
    assert good(cluster.module("flink_upgrade"))["upgrade"] is None


@pytest.mark.long
@pytest.mark.parametrize("counting", [("1.19.3", "rocksdb")], indirect=True)
def test_an_older_minor_version_is_upgraded_with_nothing_lost_or_doubled(counting: Any) -> None:
    cluster, out = counting
    grows(out)
    run = cluster.playbook("upgrade.yml", flink_upgrade_version="1.20.5", upgrade_soak_time="5 s")
    assert run.code == 0, run.trouble
    assert version(cluster) == "1.20.5"
    assert "Now set flink_version: 1.20.5 in the inventory" in said(run)
    # The watchdog has kept still, and may act again.
    assert "upgrade" in announced(cluster)
    assert good(cluster.module("flink_maintenance", name="upgrade", state="absent"))["changed"] is False
    grows(out)
    refused = cluster.playbook("site.yml")
    assert refused.code != 0
    assert "runs Flink 1.20.5 with 1 job(s)" in said(refused)
    assert refused.changed == 0
    cluster.extra["flink_version"] = "1.20.5"
    again = cluster.playbook("site.yml")
    assert again.code == 0, again.trouble
    good(cluster.module("flink_savepoint", name=NAME, state="stopped"))
    assert check(out).ok


@pytest.mark.long
@pytest.mark.parametrize("counting", [("1.20.5", "hashmap")], indirect=True)
def test_an_upgrade_that_fails_goes_back(counting: Any) -> None:
    cluster, out = counting
    to = {"flink_upgrade_version": "2.2.1", **SHORT}
    crashing = cluster.playbook("upgrade.yml", **to, flink_jobs=with_arguments(cluster, "--fail", "open"))
    assert crashing.code != 0
    assert "was taken back, and the jobs run on the old version again" in said(crashing)
    assert "told to fail when its tasks open" in said(crashing)
    assert version(cluster) == "1.20.5"
    grows(out)

    unfit = cluster.playbook("upgrade.yml", **to, flink_jobs=with_arguments(cluster, "--uid", "other"))
    assert unfit.code != 0
    assert "was taken back" in said(unfit)
    assert version(cluster) == "1.20.5"
    grows(out)
    good(cluster.module("flink_savepoint", name=NAME, state="stopped"))
    assert check(out).ok


@pytest.mark.long
@pytest.mark.parametrize("counting", [("1.20.5", "hashmap")], indirect=True)
def test_an_upgrade_that_is_killed_goes_on(counting: Any) -> None:
    cluster, out = counting
    to = {"flink_upgrade_version": "2.2.1", **SHORT}
    for number, marker in enumerate(PHASES):
        killed_at(cluster, marker, **to)
        if number == 0:
            half = cluster.playbook("site.yml")
            assert half.code != 0
            assert "is half done" in said(half)
            other = cluster.playbook("upgrade.yml", **{**to, "flink_upgrade_version": "2.3.0"})
            assert other.code != 0
            assert "is half done" in said(other)
    last = cluster.playbook("upgrade.yml", **to)
    assert last.code == 0, last.trouble
    assert version(cluster) == "2.2.1"
    nothing = cluster.playbook("upgrade.yml", **to)
    assert (nothing.code, nothing.changed) == (0, 0), nothing.trouble
    grows(out)
    good(cluster.module("flink_savepoint", name=NAME, state="stopped"))
    assert check(out).ok
