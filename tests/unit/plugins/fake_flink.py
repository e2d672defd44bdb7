"""A Flink cluster with a SQL gateway in memory, whose leader and whose caller can die at any call.

Its state is real as far as it matters: checkpoints and savepoints are files that hold how far the job has come, a job
that is started from one goes on from there, and a job that is started from a path that is not there poisons the
cluster, as Flink 2.3.0 does.
"""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base import wait as _wait
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import Doubtful, RestError, Unreachable
from ansible_collections.streamops.flink.plugins.module_utils._cluster import answers as _answers
from ansible_collections.streamops.flink.plugins.module_utils._cluster import rest as _rest
from ansible_collections.streamops.flink.plugins.module_utils._cluster.rest import Call
from ansible_collections.streamops.flink.tests.unit.plugins.fakes import FakeEnsemble, install

LEADER = "http://jm1:8081"
GATEWAY = "http://gw1:8083"
ROOT = "/flink/t"
VERTEX = "cbc357ccb763df2852fee8c4fc7d55f2"
SAVEPOINT_FAILED = "org.apache.flink.runtime.checkpoint.CheckpointException"


JAVA_STREAM = b"\xac\xed\x00\x05"


def java_text(text: str) -> bytes:
    """A text as Java and Flink write it."""
    return b"t" + len(text.encode()).to_bytes(2, "big") + text.encode()


def java_uri(address: str) -> bytes:
    """A java.net.URI in a Java stream that has written one before."""
    return b"sq\x00~\x00\x15" + java_text(address) + b"x"


class Crash(BaseException):
    """The controller is killed: nothing is caught, nothing is tidied up."""


@dataclass
class FakeJob:
    job_id: str
    name: str
    state: str = "RUNNING"
    # What was submitted, to distinguish specifications.
    spec: dict[str, Any] = field(default_factory=dict)
    restored_from: str = ""
    # How far it has come; a start without state begins at nought.
    value: int = 0
    number: int = 0
    # The checkpoint that the leader restored: it lists none that is older.
    recovered: int = 0
    savepoint: str = ""
    parallelism: int = 1
    running: bool = True
    causes: list[str] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        return self.state not in {"FINISHED", "FAILED", "CANCELED"}


def error(status: int, text: str) -> RestError:
    """What the library makes of an answer with errors."""
    return RestError(
        f"failed with {status}: {text}", status=status, errors=[text], root_cause=_answers.root_cause([text])
    )


def not_found(job_id: str) -> RestError:
    return error(404, f"org.apache.flink.runtime.rest.NotFoundException: Job {job_id} not found")


@dataclass
class FakeFlink:
    """The cluster. calls counts REST calls and ZooKeeper calls; at one of them something may happen."""

    ensemble: FakeEnsemble
    storage: Path
    version: str = "1.20.5"
    jobs: dict[str, FakeJob] = field(default_factory=dict)
    triggers: dict[str, dict[str, Any]] = field(default_factory=dict)
    jars: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, dict[str, str]] = field(default_factory=dict)
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    calls: int = 0
    fault: tuple[int, str] | None = None
    dead: bool = False
    adaptive: bool = False
    retain: bool = True
    # Whether jobs make checkpoints by themselves.
    periodic: bool = True
    poisoned: list[str] = field(default_factory=list)
    # Decides what becomes of a start: nothing, or a function that changes the new job or raises.
    on_start: Callable[[FakeJob], None] | None = None
    # What a main method does after its first execute(): nothing, or a function that raises.
    after_start: Callable[[FakeJob], None] | None = None
    on_savepoint: Callable[[FakeJob], str] | None = None
    on_checkpoint: Callable[[FakeJob], str] | None = None
    restarts: int = 0
    # The leader dies when the savepoint of a stop is complete and its job has not ended yet; what happens then.
    on_undone: Callable[[FakeJob], None] | None = None
    web_submit: bool = True
    refuses_disposal: bool = False
    # Addresses of JobManagers that do not answer.
    away: set[str] = field(default_factory=set)
    # More of the cluster's configuration.
    options: dict[str, str] = field(default_factory=dict)
    # What happens some calls later: Flink tidies up after a job has ended, and recovers jobs after an election.
    later: list[tuple[int, Callable[[], None]]] = field(default_factory=list)
    lag: int = 8
    hidden: set[str] = field(default_factory=set)

    # -- faults ------------------------------------------------------------------------------------------------------

    def count(self, *, rest: bool) -> str:
        """One more call; what happens at it. A leader can only die where it is asked."""
        if self.dead:
            raise Crash
        if not rest and self.fault is not None and self.fault[1].startswith("leader"):
            return ""
        self.calls += 1
        for due in [one for one in self.later if one[0] <= self.calls]:
            self.later.remove(due)
            due[1]()
        if self.fault is not None and self.calls == self.fault[0]:
            return self.fault[1]
        return ""

    def zookeeper_call(self, ensemble: FakeEnsemble) -> None:
        happens = self.count(rest=False)
        if happens in {"crash before", "crash after"}:
            faults: list[tuple[str, BaseException]] = [(happens.removeprefix("crash "), Crash())]
            ensemble.faults[:0] = faults
            if happens == "crash before":
                self.dead = True

    def revive(self) -> None:
        """Another controller comes. Locks went with the session of the one that died."""
        self.dead = False
        self.fault = None
        self.calls = 0
        for _due, change in self.later:
            change()
        self.later.clear()
        self.ensemble.faults.clear()
        self.ensemble.locked_by.clear()

    def change_leader(self) -> None:
        """Triggers, uploaded jars and jobs that have ended are forgotten; jobs go on from their last checkpoint."""
        self.triggers.clear()
        self.jars.clear()
        for job in list(self.jobs.values()):
            if not job.alive:
                del self.jobs[job.job_id]
            else:
                job.value = self.stored(job) or job.value
                job.recovered = job.number
                self.hidden.add(job.job_id)
        self.in_a_while(self.hidden.clear)

    def in_a_while(self, change: Callable[[], None]) -> None:
        self.later.append((self.calls + self.lag, change))

    def stored(self, job: FakeJob) -> int:
        found = [int(json.loads(path.read_text())["value"]) for path in self.checkpoint_root(job).glob("*/_metadata")]
        return max(found, default=0)

    # -- files -------------------------------------------------------------------------------------------------------

    def checkpoint_root(self, job: FakeJob) -> Path:
        return self.storage / "checkpoints" / job.job_id

    def write(self, directory: Path, job: FakeJob) -> str:
        directory.mkdir(parents=True)
        (directory / "_metadata").write_text(json.dumps({"value": job.value, "job": job.job_id}))
        return f"file:{directory}"

    def furthest(self) -> int:
        """How far any state that is on the disk has come."""
        return max((int(json.loads(path.read_text())["value"]) for path in self.storage.rglob("_metadata")), default=0)

    # -- the REST API ------------------------------------------------------------------------------------------------

    def call(self, url: str, call: Call) -> Any:
        self.log.append(f"{call.method} {call.path}")
        happens = self.count(rest=True)
        if happens == "crash before":
            self.dead = True
            raise Crash
        if happens in {"leader before", "leader after"}:
            return self.through_change(url, call, executed=happens == "leader after")
        answer = self.answer(url, call)
        if happens == "crash after":
            self.dead = True
            raise Crash
        return answer

    def through_change(self, url: str, call: Call, *, executed: bool) -> Any:
        """The leader dies during this call, before or after it has done what was asked."""
        if url == GATEWAY:
            # The gateway lives; its own calls to the leader go to the new one.
            self.change_leader()
            return self.answer(url, call)
        if executed:
            self.answer(url, call)
        self.change_leader()
        if call.idempotent or not executed:
            raise Unreachable(f"cannot reach {url}: connection refused", url=url)
        raise Doubtful(f"{call.method} {call.path} broke off", url=url)

    def answer(self, url: str, call: Call) -> Any:
        if url in self.away:
            raise Unreachable(f"cannot reach {url}: connection refused", url=url)
        routes = GATEWAY_ROUTES if url == GATEWAY else ROUTES
        for method, pattern, route in routes:
            match = pattern.fullmatch(call.path)
            if match is not None and method == call.method:
                return route(self, call, *match.groups())
        raise error(404, f"Not found: {call.method} {call.path}")

    def job(self, job_id: str) -> FakeJob:
        if job_id not in self.jobs or job_id in self.hidden:
            raise not_found(job_id)
        return self.jobs[job_id]

    def config(self, _call: Call) -> Any:
        return {"flink-version": self.version, "features": {"web-submit": True}}

    def overview(self, _call: Call) -> Any:
        return {"slots-total": 4, "slots-available": 2}

    def jobmanager_config(self, _call: Call) -> Any:
        options = {
            "execution.checkpointing.dir": f"file://{self.storage}/checkpoints",
            "execution.checkpointing.savepoint-dir": f"file://{self.storage}/savepoints",
            "high-availability.storageDir": f"file://{self.storage}/ha",
            "high-availability.cluster-id": "/t",
            **self.options,
        }
        return [{"key": key, "value": value} for key, value in options.items()]

    def listing(self, _call: Call) -> Any:
        return {"jobs": [self.listed(job) for job in self.jobs.values() if job.job_id not in self.hidden]}

    def listed(self, job: FakeJob) -> dict[str, Any]:
        running = job.parallelism if job.state == "RUNNING" and job.running else 0
        return {
            "jid": job.job_id,
            "name": job.name,
            "state": job.state,
            "start-time": 1_795_000_000_000,
            "end-time": -1 if job.alive else 1_795_000_001_000,
            "tasks": {"total": job.parallelism, "running": running},
        }

    def details(self, _call: Call, job_id: str) -> Any:
        job = self.job(job_id)
        vertex = {
            "id": VERTEX,
            "name": "count",
            "parallelism": job.parallelism,
            "maxParallelism": 128,
            "status": job.state,
            "tasks": {"RUNNING": job.parallelism if job.running else 0},
        }
        clock = {"now": 1_795_000_000_200, "timestamps": {"RUNNING": 1_795_000_000_000}}
        return {**self.listed(job), **clock, "vertices": [vertex]}

    def exceptions(self, _call: Call, job_id: str) -> Any:
        job = self.job(job_id)
        entries = [{"stacktrace": cause, "timestamp": 1_795_000_000_500, "taskName": "count"} for cause in job.causes]
        return {"exceptionHistory": {"entries": entries, "truncated": False}}

    def metrics(self, _call: Call, job_id: str) -> Any:
        self.job(job_id)
        return [{"id": "numRestarts", "value": str(self.restarts)}]

    def cancel(self, _call: Call, job_id: str) -> Any:
        job = self.job(job_id)
        if job.alive:
            self.end(job, "CANCELED")
            if not self.retain:
                shutil.rmtree(self.checkpoint_root(job), ignore_errors=True)
        return {}

    def end(self, job: FakeJob, state: str) -> None:
        job.state = state
        self.in_a_while(lambda: self.tidy_up(job))
        if state == "FINISHED":
            shutil.rmtree(self.checkpoint_root(job), ignore_errors=True)

    def tidy_up(self, job: FakeJob) -> None:
        own = (f"{ROOT}/jobgraphs/{job.job_id}", f"{ROOT}/jobs/{job.job_id}")
        for path in [path for path in self.ensemble.nodes if f"{path}/".startswith(tuple(f"{one}/" for one in own))]:
            del self.ensemble.nodes[path]
        for file in self.ha.glob(f"*-{job.job_id}*"):
            file.unlink()

    @property
    def ha(self) -> Path:
        return self.storage / "ha" / "t"

    def point_at(self, node: str, name: str, content: bytes = b"") -> Path:
        """A node that points at a file of the HA storage, as Flink writes both."""
        self.ha.mkdir(parents=True, exist_ok=True)
        (self.ha / name).write_bytes(JAVA_STREAM + content)
        self.ensemble.add(f"{ROOT}/{node}", JAVA_STREAM + java_text(f"file:{self.ha / name}"))
        return self.ha / name

    def keep_graph(self, job_id: str) -> Path:
        return self.point_at(f"jobgraphs/{job_id}", f"submittedJobGraph-{job_id}")

    def keep_checkpoint(self, job_id: str, number: int) -> Path:
        place = f"file:{self.storage}/checkpoints/{job_id}/chk-{number}"
        return self.point_at(
            f"jobs/{job_id}/checkpoints/{number:019d}",
            f"completedCheckpoint-{job_id}-{number}",
            java_text(f"{place}/_metadata") + java_text(place),
        )

    # -- checkpoints and savepoints ----------------------------------------------------------------------------------

    def checkpoint(self, job: FakeJob) -> int:
        job.number += 1
        job.value += 1
        root = self.checkpoint_root(job)
        self.write(root / f"chk-{job.number}", job)
        self.keep_checkpoint(job.job_id, job.number)
        old = root / f"chk-{job.number - 3}"
        if old.exists():
            shutil.rmtree(old)
            self.ensemble.nodes.pop(f"{ROOT}/jobs/{job.job_id}/checkpoints/{job.number - 3:019d}", None)
            (self.ha / f"completedCheckpoint-{job.job_id}-{job.number - 3}").unlink(missing_ok=True)
        return job.number

    def trigger_checkpoint(self, call: Call, job_id: str) -> Any:
        job = self.job(job_id)
        trigger = call.body["triggerId"]
        cause = self.on_checkpoint(job) if self.on_checkpoint is not None else ""
        if cause:
            failure = {"class": SAVEPOINT_FAILED, "stack-trace": f"{SAVEPOINT_FAILED}: {cause}\n\tat x.Y"}
            self.triggers[trigger] = {"failure-cause": failure}
        if trigger not in self.triggers:
            self.triggers[trigger] = {"checkpointId": self.checkpoint(job)}
        return {"request-id": trigger}

    def checkpoints(self, _call: Call, job_id: str) -> Any:
        job = self.job(job_id)
        latest: dict[str, Any] = {"completed": None, "savepoint": None, "restored": None, "failed": None}
        path = self.checkpoint_root(job) / f"chk-{job.number}"
        if job.number > job.recovered:
            latest["completed"] = self.point(job.number, f"file:{path}")
        if job.savepoint:
            latest["savepoint"] = self.point(job.number + 1, job.savepoint, savepoint=True)
        path = path.with_name(f"chk-{job.recovered}")
        restored = self.point(job.recovered, f"file:{path}" if job.recovered else job.restored_from)
        if restored["external_path"]:
            latest["restored"] = restored | {"restore_timestamp": 1_795_000_000_000}
        completed = job.number - job.recovered
        return {"counts": {"completed": completed, "restored": 0}, "latest": latest, "history": []}

    @staticmethod
    def point(number: int, path: str, *, savepoint: bool = False) -> dict[str, Any]:
        return {
            "id": number,
            "external_path": path,
            "is_savepoint": savepoint,
            "trigger_timestamp": 1_795_000_000_000,
            "latest_ack_timestamp": 1_795_000_000_100,
        }

    def checkpoint_config(self, _call: Call, job_id: str) -> Any:
        self.job(job_id)
        # Flink writes the largest number for a job that makes none by itself.
        interval = 10_000 if self.periodic else 2**63 - 1
        return {
            "interval": interval,
            "externalization": {"enabled": True, "delete_on_cancellation": not self.retain},
        }

    def trigger_savepoint(self, call: Call, job_id: str) -> Any:
        return self.savepoint(self.job(job_id), call.body["target-directory"], call.body["triggerId"], stop=False)

    def stop(self, call: Call, job_id: str) -> Any:
        return self.savepoint(self.job(job_id), call.body["targetDirectory"], call.body["triggerId"], stop=True)

    def savepoint(self, job: FakeJob, target: str, trigger: str, *, stop: bool) -> Any:
        if trigger in self.triggers:
            return {"request-id": trigger}
        cause = self.on_savepoint(job) if self.on_savepoint is not None else ""
        if not job.alive:
            cause = "FlinkException: the job has ended"
        if cause:
            self.triggers[trigger] = {
                "failure-cause": {"class": SAVEPOINT_FAILED, "stack-trace": f"{SAVEPOINT_FAILED}: {cause}\n\tat x.Y"}
            }
            return {"request-id": trigger}
        job.value += 1
        directory = Path(target.removeprefix("file://")) / f"savepoint-{job.job_id[:6]}-{len(self.triggers):012d}"
        location = self.write(directory, job)
        self.triggers[trigger] = {"location": location}
        if stop and self.on_undone is not None:
            happens, self.on_undone = self.on_undone, None
            self.change_leader()
            happens(job)
        elif stop:
            job.savepoint = location
            self.end(job, "FINISHED")
        return {"request-id": trigger}

    def outcome(self, _call: Call, _job_id: str, trigger: str) -> Any:
        if trigger not in self.triggers:
            raise error(404, f"There is no savepoint operation with triggerId={trigger}")
        return {"status": {"id": "COMPLETED"}, "operation": self.triggers[trigger]}

    def dispose(self, call: Call) -> Any:
        trigger = f"{len(self.triggers):032d}"
        directory = Path("/" + call.body["savepoint-path"].removeprefix("file:").lstrip("/"))
        self.triggers[trigger] = {}
        if directory.is_dir() and not self.refuses_disposal:
            shutil.rmtree(directory)
        else:
            self.triggers[trigger] = {"failure-cause": {"class": "java.io.IOException", "stack-trace": "no such file"}}
        return {"request-id": trigger}

    def disposal(self, call: Call, trigger: str) -> Any:
        return self.outcome(call, "", trigger)

    # -- rescaling ---------------------------------------------------------------------------------------------------

    def requirements(self, _call: Call, job_id: str) -> Any:
        job = self.job(job_id)
        if not self.adaptive:
            raise error(500, "java.lang.UnsupportedOperationException: The DefaultScheduler does not support it")
        return {VERTEX: {"parallelism": {"lowerBound": 1, "upperBound": job.parallelism}}}

    def put_requirements(self, call: Call, job_id: str) -> Any:
        self.job(job_id).parallelism = call.body[VERTEX]["parallelism"]["upperBound"]
        return {}

    # -- jars --------------------------------------------------------------------------------------------------------

    def upload(self, call: Call) -> Any:
        if not self.web_submit:
            raise error(404, "Not found: /jars/upload")
        assert call.upload is not None
        jar_id = f"{len(self.jars)}-{len(self.log)}_{call.upload.filename}"
        self.jars[jar_id] = Path(call.upload.path).read_bytes().hex()
        return {"filename": f"/tmp/flink-web-upload/{jar_id}", "status": "success"}

    def list_jars(self, _call: Call) -> Any:
        files = [
            {"id": jar, "name": jar.partition("_")[2], "uploaded": number, "entry": [{"name": "Main"}]}
            for number, jar in enumerate(self.jars)
        ]
        return {"address": LEADER, "files": files}

    def delete_jar(self, _call: Call, jar_id: str) -> Any:
        if jar_id not in self.jars:
            raise error(500, f"Jar file {jar_id} does not exist")
        del self.jars[jar_id]
        return {}

    def plan_jar(self, call: Call, jar_id: str) -> Any:
        self.jar(jar_id)
        self.refuse(call.body["programArgsList"])
        return {"plan": {}}

    def run_jar(self, call: Call, jar_id: str) -> Any:
        body = call.body
        spec = {"jar": self.jar(jar_id), "arguments": body["programArgsList"], "parallelism": body.get("parallelism")}
        self.refuse(body["programArgsList"])
        name = body["flinkConfiguration"]["pipeline.name"]
        self.start(body["jobId"], name, spec, body.get("savepointPath", ""), body.get("parallelism"))
        return {"jobid": body["jobId"]}

    def jar(self, jar_id: str) -> str:
        if jar_id not in self.jars:
            raise error(500, f"Jar file /tmp/flink-web-upload/{jar_id} does not exist")
        return self.jars[jar_id]

    @staticmethod
    def refuse(arguments: list[str]) -> None:
        if "--fail" in arguments:
            raise error(
                400,
                "org.apache.flink.client.program.ProgramInvocationException: The main method caused an error\n\tat x\n"
                "Caused by: java.lang.IllegalStateException: told to fail\n\tat y",
            )

    def start(self, job_id: str, name: str, spec: dict[str, Any], source: str, parallelism: Any) -> None:
        if job_id in self.jobs:
            text = "org.apache.flink.runtime.client.DuplicateJobSubmissionException: Job has already been submitted."
            raise error(400, text)
        left = [job.job_id for job in self.jobs.values() if not job.alive and self.in_store(job.job_id)]
        assert not any(self.jobs[one].name == name for one in left), "the next leader would start the job twice"
        job = FakeJob(job_id, name, spec=spec, restored_from=source, parallelism=parallelism or 1)
        if source:
            metadata = Path("/" + source.removeprefix("file:").lstrip("/")) / "_metadata"
            if not metadata.is_file():
                self.poisoned.append(source)
                raise error(400, f"java.io.FileNotFoundException: Cannot find checkpoint or savepoint {source}")
            job.value = int(json.loads(metadata.read_text())["value"])
        if self.on_start is not None:
            self.on_start(job)
        self.jobs[job_id] = job
        if job.alive:
            self.keep_graph(job_id)
            self.ensemble.add(f"{ROOT}/jobs/{job_id}")
        if self.after_start is not None:
            self.after_start(job)

    def in_store(self, job_id: str) -> bool:
        return f"{ROOT}/jobgraphs/{job_id}" in self.ensemble.nodes

    # -- the SQL gateway ---------------------------------------------------------------------------------------------

    def open_session(self, call: Call) -> Any:
        handle = f"session-{len(self.log)}"
        self.sessions[handle] = dict(call.body["properties"])
        return {"sessionHandle": handle}

    def close_session(self, _call: Call, handle: str) -> Any:
        if handle not in self.sessions:
            raise error(500, f"Session '{handle}' does not exist")
        del self.sessions[handle]
        return {}

    def statement(self, call: Call, handle: str) -> Any:
        if handle not in self.sessions:
            raise error(500, f"Session '{handle}' does not exist")
        operation = f"operation-{len(self.log)}"
        self.answers[operation] = self.execute(call.body["statement"], call.body.get("executionConfig", {}))
        return {"operationHandle": operation}

    def execute(self, text: str, options: dict[str, str]) -> list[dict[str, Any]]:
        if "BROKEN" in text:
            line = text[: text.index("BROKEN")].count("\n") + 1
            place = f"From line {line}, column 3 to line {line}, column 8"
            cause = f"SQL validation failed. {place}: Object 'BROKEN' not found"
            chain = [
                "org.apache.flink.table.gateway.api.utils.SqlGatewayException: Failed to fetchResults.",
                f"Caused by: org.apache.flink.table.api.ValidationException: {cause}",
                "Caused by: org.apache.calcite.sql.validate.SqlValidatorException: Object 'BROKEN' not found",
            ]
            return [{"error": "Internal server error.\n" + "\n\tat x.Y\n".join(chain)}]
        if text.upper().startswith(("INSERT", "EXECUTE")):
            job_id = options["$internal.pipeline.job-id"]
            spec = {"sql": text, "parallelism": options.get("parallelism.default")}
            source = options.get("execution.state-recovery.path", "")
            try:
                self.start(job_id, options.get("pipeline.name", "insert"), spec, source, 1)
            except RestError as failed:
                return [{"error": "Caused by: JobSubmissionException: no\nCaused by: " + failed.errors[0]}]
            return rows([[job_id]], job_id=job_id)
        if text.upper().startswith("SELECT"):
            return rows([[1], [2], [3]], query=True)
        return rows([["OK"]])

    def result(self, _call: Call, _session: str, operation: str, place: str) -> Any:
        answer = self.answers[operation][min(int(place), len(self.answers[operation]) - 1)]
        if "error" in answer:
            raise error(500, answer["error"])
        return answer

    def close_operation(self, _call: Call, _session: str, operation: str) -> Any:
        self.answers.pop(operation, None)
        return {}


def rows(data: list[list[Any]], *, job_id: str = "", query: bool = False) -> list[dict[str, Any]]:
    columns = [{"name": "c", "logicalType": {"type": "INTEGER" if query else "VARCHAR"}}]
    kind = {"isQueryResult": query, "resultKind": "SUCCESS_WITH_CONTENT", **({"jobID": job_id} if job_id else {})}
    payload = {"columns": columns, "data": [{"kind": "INSERT", "fields": row} for row in data]}
    return [
        {**kind, "resultType": "PAYLOAD", "results": payload, "nextResultUri": "/v2/x/result/1?rowFormat=JSON"},
        {**kind, "resultType": "EOS", "results": {"columns": columns, "data": []}},
    ]


def _routes(table: list[tuple[str, str, Any]]) -> list[tuple[str, re.Pattern[str], Any]]:
    return [(method, re.compile(pattern), route) for method, pattern, route in table]


ROUTES = _routes(
    [
        ("GET", "/config", FakeFlink.config),
        ("GET", "/overview", FakeFlink.overview),
        ("GET", "/jobmanager/config", FakeFlink.jobmanager_config),
        ("GET", "/jobs/overview", FakeFlink.listing),
        ("GET", "/jobs/([^/]+)", FakeFlink.details),
        ("PATCH", "/jobs/([^/]+)", FakeFlink.cancel),
        ("GET", "/jobs/([^/]+)/exceptions", FakeFlink.exceptions),
        ("GET", "/jobs/([^/]+)/metrics", FakeFlink.metrics),
        ("GET", "/jobs/([^/]+)/checkpoints", FakeFlink.checkpoints),
        ("POST", "/jobs/([^/]+)/checkpoints", FakeFlink.trigger_checkpoint),
        ("GET", "/jobs/([^/]+)/checkpoints/config", FakeFlink.checkpoint_config),
        ("GET", "/jobs/([^/]+)/checkpoints/([^/]+)", FakeFlink.outcome),
        ("POST", "/jobs/([^/]+)/savepoints", FakeFlink.trigger_savepoint),
        ("POST", "/jobs/([^/]+)/stop", FakeFlink.stop),
        ("GET", "/jobs/([^/]+)/savepoints/([^/]+)", FakeFlink.outcome),
        ("GET", "/jobs/([^/]+)/resource-requirements", FakeFlink.requirements),
        ("PUT", "/jobs/([^/]+)/resource-requirements", FakeFlink.put_requirements),
        ("POST", "/savepoint-disposal", FakeFlink.dispose),
        ("GET", "/savepoint-disposal/([^/]+)", FakeFlink.disposal),
        ("POST", "/jars/upload", FakeFlink.upload),
        ("GET", "/jars", FakeFlink.list_jars),
        ("DELETE", "/jars/([^/]+)", FakeFlink.delete_jar),
        ("POST", "/jars/([^/]+)/plan", FakeFlink.plan_jar),
        ("POST", "/jars/([^/]+)/run", FakeFlink.run_jar),
    ]
)


def gateway_routes() -> list[tuple[str, re.Pattern[str], Any]]:
    return _routes(
        [
            ("POST", "/v2/sessions", FakeFlink.open_session),
            ("DELETE", "/v2/sessions/([^/]+)", FakeFlink.close_session),
            ("POST", "/v2/sessions/([^/]+)/statements", FakeFlink.statement),
            ("GET", "/v2/sessions/([^/]+)/operations/([^/]+)/result/([0-9]+)", FakeFlink.result),
            ("DELETE", "/v2/sessions/([^/]+)/operations/([^/]+)/close", FakeFlink.close_operation),
        ]
    )


GATEWAY_ROUTES = gateway_routes()


def install_flink(monkeypatch: pytest.MonkeyPatch, storage: Path) -> FakeFlink:
    """A cluster that every call of the library reaches, in which waiting takes no time."""
    ensemble = install(monkeypatch)
    ensemble.lead(LEADER)
    for directory in ("checkpoints", "savepoints"):
        (storage / directory).mkdir(parents=True)
        # A storage that is empty could as well be a mount point without anything mounted.
        (storage / directory / ".keep").touch()
    flink = FakeFlink(ensemble, storage)
    ensemble.on_call = flink.zookeeper_call

    def call(endpoint: _rest.Endpoint, one: Call, deadline: Any = None) -> Any:
        endpoint._counter.add()
        return flink.call(endpoint.url, one)

    monkeypatch.setattr(_rest.Endpoint, "call", call)
    # Waiting advances the clock instead of taking time.
    clock = {"now": 0.0}
    monkeypatch.setattr(_wait.Deadline.__init__, "__defaults__", (lambda: clock["now"],))
    monkeypatch.setattr(
        _wait.Deadline, "pause", lambda self, seconds: clock.update(now=clock["now"] + max(seconds, 0.01))
    )
    return flink


def connection() -> dict[str, Any]:
    return {
        "zookeeper_quorum": "zk1:2181",
        "cluster_id": "/t",
        "jobmanagers": [{"name": "jm1", "url": LEADER}],
        "failover_timeout": 5.0,
    }


def make_jar(path: Path, content: str = "one", main_class: str = "Main") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        main = f"Main-Class: {main_class}\n" if main_class else ""
        archive.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\n{main}\n")
        archive.writestr("Main.class", content)
    return path
