"""Record what a real cluster's REST API answers, for the unit tests.

    .venv/bin/python tools/record_rest.py --quorum 127.0.0.1:2181 --cluster-id /try [--job NAME --savepoints DIR]
                                          [--jar FILE] [--replace /base/dir=/opt/flink] [--out DIR]

Without --job and --jar it only asks. With --job it also takes checkpoints and savepoints of that job, makes some of
them fail, and stops it at the end; with --jar it uploads and runs that jar. Use a cluster that is not needed.

Every call becomes <out>/<version>/<name>.json: the request, the status and the body. Addresses of JobManagers become
http://127.0.0.1:8081 and so on; --replace does the same for directories of the machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".venv" / "collections"))

from ansible_collections.streamops.flink.plugins.module_utils._base.errors import NotYet  # comes first
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline, wait_for
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster, Settings  # the path

NO_JOB = "0" * 32
READS = {
    "config": "/config",
    "overview": "/overview",
    "taskmanagers": "/taskmanagers",
    "jobmanager_config": "/jobmanager/config",
    "jobs": "/jobs",
    "jobs_overview": "/jobs/overview",
    "jars": "/jars",
    "unknown_path": "/no/such/path",
    "web_interface": "/",
    "job_unknown": f"/jobs/{NO_JOB}",
    "job_malformed": "/jobs/xyz",
    "job_checkpoints_unknown": f"/jobs/{NO_JOB}/checkpoints",
}
JOB_READS = {
    "job": "/jobs/{job}",
    "job_status": "/jobs/{job}/status",
    "job_config": "/jobs/{job}/config",
    "job_checkpoints": "/jobs/{job}/checkpoints",
    "job_checkpoints_config": "/jobs/{job}/checkpoints/config",
    "job_exceptions": "/jobs/{job}/exceptions",
    "job_metrics": "/jobs/{job}/metrics?get=numRestarts,uptime,numberOfCompletedCheckpoints",
    "job_plan": "/jobs/{job}/plan",
    "job_resource_requirements": "/jobs/{job}/resource-requirements",
    "job_execution_result": "/jobs/{job}/execution-result",
    "savepoint_unknown": "/jobs/{job}/savepoints/" + NO_JOB,
}


@dataclass
class Recorder:
    """Asks one JobManager and writes down what it says."""

    base: str
    out: Path
    replacements: Sequence[tuple[str, str]]
    session: requests.Session = field(default_factory=requests.Session)

    def ask(self, name: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Make a call, record it, and return its JSON."""
        answer = self.session.request(method, self.base + path, json=body, timeout=60, **more)
        self.write(name, {"method": method, "path": path, "body": body}, answer)
        try:
            return answer.json()
        except ValueError:
            return None

    def write(self, name: str, request: Mapping[str, Any], answer: requests.Response) -> None:
        try:
            body: Any = answer.json()
        except ValueError:
            body = answer.text[:500]
        text = json.dumps(
            {"request": request, "status": answer.status_code, "body": body}, indent=1, ensure_ascii=False
        )
        for old, new in self.replacements:
            text = text.replace(old, new)
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{answer.status_code} {request['method']:6} {request['path']} -> {name}.json")

    def poll(self, name: str, path: str) -> Any:
        """Record an operation while it goes on, if it can be caught, and when it is over."""

        def probe() -> Any:
            answer = self.session.get(self.base + path, timeout=60)
            state = answer.json().get("status", {}).get("id")
            if state != "COMPLETED":
                if not (self.out / f"{name}_in_progress.json").exists():
                    self.write(f"{name}_in_progress", {"method": "GET", "path": path, "body": None}, answer)
                raise NotYet(f"{path} is {state}")
            return self.ask(f"{name}_completed", "GET", path)

        return wait_for(probe, Deadline(120), f"the end of {path}", interval=0.1)


def running_job(recorder: Recorder, name: str) -> str:
    """The id of a job whose tasks all run and which has completed a checkpoint."""
    for one in recorder.session.get(f"{recorder.base}/jobs/overview", timeout=60).json()["jobs"]:
        if one["name"] == name and one["state"] == "RUNNING" and one["tasks"]["running"] == one["tasks"]["total"]:
            counts = recorder.session.get(f"{recorder.base}/jobs/{one['jid']}/checkpoints", timeout=60).json()["counts"]
            if counts["completed"]:
                return str(one["jid"])
    raise NotYet(f"no job {name} runs with a completed checkpoint")


def disturb_job(recorder: Recorder, job: str, savepoints: str) -> None:
    """Checkpoint, savepoint, savepoints that fail, rescale, stop."""

    def trigger(name: str, path: str, **body: Any) -> Any:
        wanted = uuid.uuid4().hex
        recorder.ask(f"{name}_trigger", "POST", f"/jobs/{job}/{path}", {**body, "triggerId": wanted})
        place = "checkpoints" if path == "checkpoints" else "savepoints"
        return recorder.poll(name, f"/jobs/{job}/{place}/{wanted}")

    trigger("checkpoint", "checkpoints", checkpointType="FULL")
    taken = trigger("savepoint", "savepoints", **{"target-directory": savepoints, "formatType": "CANONICAL"})
    trigger("savepoint_failed", "savepoints", **{"target-directory": "file:///proc/none", "formatType": "NATIVE"})
    trigger("stop_failed", "stop", targetDirectory="file:///proc/none", drain=False, formatType="NATIVE")
    vertices = recorder.session.get(f"{recorder.base}/jobs/{job}", timeout=60).json()["vertices"]
    wanted = {one["id"]: {"parallelism": {"lowerBound": 1, "upperBound": 1}} for one in vertices}
    recorder.ask("resource_requirements_put", "PUT", f"/jobs/{job}/resource-requirements", wanted)
    disposal = recorder.ask(
        "savepoint_disposal_trigger", "POST", "/savepoint-disposal", {"savepoint-path": taken["operation"]["location"]}
    )
    recorder.poll("savepoint_disposal", f"/savepoint-disposal/{disposal['request-id']}")
    disposal = recorder.ask(
        "disposal_failed_trigger", "POST", "/savepoint-disposal", {"savepoint-path": "file:///no/such"}
    )
    recorder.poll("disposal_failed", f"/savepoint-disposal/{disposal['request-id']}")
    trigger("stop", "stop", targetDirectory=savepoints, drain=False, formatType="CANONICAL")

    def ended() -> None:
        state = recorder.session.get(f"{recorder.base}/jobs/{job}", timeout=60).json().get("state")
        if state != "FINISHED":
            raise NotYet(f"the job is {state}")

    wait_for(ended, Deadline(60), "the end of the job")
    recorder.ask("job_finished", "GET", f"/jobs/{job}")
    recorder.ask("job_finished_execution_result", "GET", f"/jobs/{job}/execution-result")
    recorder.ask("job_finished_cancel", "PATCH", f"/jobs/{job}?mode=cancel")
    recorder.ask("jobs_overview_finished", "GET", "/jobs/overview")


def disturb_jars(recorder: Recorder, jar: Path) -> None:
    """Upload, run twice with one id, cancel, delete, run what is gone."""
    with jar.open("rb") as stream:
        answer = recorder.session.post(
            f"{recorder.base}/jars/upload",
            files={"jarfile": (jar.name, stream, "application/x-java-archive")},
            timeout=60,
        )
    recorder.write("jar_upload", {"method": "POST", "path": "/jars/upload", "body": None}, answer)
    jar_id = Path(answer.json()["filename"]).name
    recorder.ask("jars_uploaded", "GET", "/jars")
    recorder.ask("jar_plan", "POST", f"/jars/{jar_id}/plan", {"programArgsList": []})
    recorder.ask("jar_run_no_class", "POST", f"/jars/{jar_id}/run", {"entryClass": "no.such.Class"})
    body = {"jobId": uuid.uuid4().hex, "parallelism": 1, "programArgsList": []}
    job = recorder.ask("jar_run", "POST", f"/jars/{jar_id}/run", body)
    recorder.ask("jar_run_duplicate", "POST", f"/jars/{jar_id}/run", body)
    if job and "jobid" in job:
        recorder.ask("job_cancel", "PATCH", f"/jobs/{job['jobid']}?mode=cancel")
    recorder.ask("jar_delete", "DELETE", f"/jars/{jar_id}")
    recorder.ask("jar_run_deleted", "POST", f"/jars/{jar_id}/run", body)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quorum", required=True)
    parser.add_argument("--cluster-id", required=True)
    parser.add_argument("--root", default="/flink")
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "unit" / "fixtures" / "rest")
    parser.add_argument("--replace", action="append", default=[], metavar="OLD=NEW")
    parser.add_argument("--job", help="the name of a running job that may be stopped")
    parser.add_argument("--savepoints", help="a directory for its savepoints, as a URL")
    parser.add_argument("--jar", type=Path)
    options = parser.parse_args()
    if bool(options.job) != bool(options.savepoints):
        parser.error("--job and --savepoints belong together")
    settings = Settings.from_options(
        {"zookeeper_quorum": options.quorum, "cluster_id": options.cluster_id, "zookeeper_root": options.root}
    )
    with Cluster(settings) as cluster:
        leader = cluster.leader().url
        version = cluster.rest.get("/config")["flink-version"]
    replacements = [(leader, "http://127.0.0.1:8081"), *(tuple(pair.split("=", 1)) for pair in options.replace)]
    recorder = Recorder(leader, options.out / version, replacements)
    for name, path in READS.items():
        recorder.ask(name, "GET", path)
    if options.jar:
        disturb_jars(recorder, options.jar)
    if options.job:
        job = wait_for(lambda: running_job(recorder, options.job), Deadline(60), f"the start of {options.job}")
        for name, path in JOB_READS.items():
            recorder.ask(name, "GET", path.format(job=job))
        disturb_job(recorder, job, options.savepoints)
    return 0


if __name__ == "__main__":
    sys.exit(main())
