# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL through the gateway: sessions, statements, rows, and what the planner has to say, with the script's own lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .._base.errors import Doubtful, Expired, FlinkError, NotYet, RestError, Unreachable
from .._base.wait import Deadline, wait_for
from .._cluster.answers import root_cause
from .._cluster.client import Cluster
from .._cluster.rest import Endpoint
from . import sql as _sql

# The first version whose rows can be requested as JSON.
API = "v2"
POLL = 0.1
# DDL is done at once; planning a large statement and submitting it while a leader is elected may take its time.
CALL_TIMEOUT = 30.0
# A gateway that has died is started again by whatever supervises it. For so long none of them may listen.
GATEWAY_SECONDS = 15.0

_HEADLINE = re.compile(r"^(?:Caused by: )?(?:[\w$]+\.)+(?P<name>[A-Z][\w$]*):\s*(?P<text>.*)$")
# The layers of the gateway, which say that something failed and not what.
_LAYERS = (
    "SqlGatewayException",
    "SqlExecutionException",
    "CompletionException",
    "ExecutionException",
    "RestHandlerException",
    "RestClientException",
)


class Rejected(FlinkError):
    """The planner or the gateway refused a statement: nothing of it was executed."""


class NoGateway(FlinkError):
    """No gateway answers: nothing was done."""


@dataclass(frozen=True)
class Column:
    name: str
    type: str


@dataclass(frozen=True)
class Answer:
    """What a statement gave."""

    kind: str = ""
    is_query: bool = False
    job_id: str = ""
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    truncated: bool = False

    def records(self) -> list[dict[str, Any]]:
        return [{column.name: value for column, value in zip(self.columns, row, strict=False)} for row in self.rows]

    @property
    def text(self) -> str:
        return str(self.rows[0][0]) if self.rows and self.rows[0] else ""


@dataclass
class _Collected:
    kind: str = ""
    is_query: bool = False
    job_id: str = ""
    columns: tuple[Column, ...] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    truncated: bool = False

    def answer(self) -> Answer:
        return Answer(self.kind, self.is_query, self.job_id, self.columns, tuple(self.rows), self.truncated)


def causes(errors: Sequence[str]) -> list[tuple[str, str]]:
    """The chain of exceptions in the gateway's error, outermost first: class and message."""
    found: list[tuple[str, str]] = []
    open_message = False
    for line in "\n".join(errors).splitlines():
        match = _HEADLINE.match(line)
        if match is not None:
            found.append((match["name"], match["text"].strip()))
            open_message = True
        elif line.startswith(("\t", "    at ", "End of exception")):
            open_message = False
        elif open_message and found and line.strip():
            name, text = found[-1]
            found[-1] = (name, f"{text} {line.strip()}".strip())
    return found


def planner_message(errors: Sequence[str]) -> str:
    """The sentence of the planner that says most: the first below the gateway's own layers, and the root's."""
    chain = [(name, text) for name, text in causes(errors) if name not in _LAYERS]
    if not chain:
        return root_cause(errors) or "no reason was given"
    first = _without_repetition(chain[0][1])
    last = _without_repetition(chain[-1][1])
    if not first:
        return last or chain[-1][0]
    if not last or last in first or first.endswith(last):
        return first
    if first in last:
        return last
    return f"{first.rstrip('.')}: {last}"


def _without_repetition(text: str) -> str:
    text = " ".join(text.split())
    for lead in ("SQL validation failed. ", "SQL parse failed. "):
        while text.startswith(lead + lead):
            text = text.removeprefix(lead)
    return text[:1500]


def is_duplicate(error: FlinkError) -> bool:
    """Flink refused a job id because it has it."""
    texts = error.errors if isinstance(error, RestError) else []
    return any("Duplicate" in text and "SubmissionException" in text for text in (*texts, error.message))


class Session:
    """An open session. Its job goes on when it is closed."""

    def __init__(
        self, endpoint: Endpoint, handle: str, cluster: Cluster, secrets: Mapping[str, str] | None = None
    ) -> None:
        self.endpoint = endpoint
        self.handle = handle
        self._cluster = cluster
        self._secrets = dict(secrets or {})

    @property
    def url(self) -> str:
        return self.endpoint.url

    def start(self, statement: str, deadline: Deadline, configuration: Mapping[str, str] | None = None) -> str:
        """Submit a statement and return the handle of its operation."""
        body: dict[str, Any] = {"statement": _sql.with_secrets(statement, self._secrets)}
        if configuration:
            body["executionConfig"] = dict(configuration)
        answer = self.endpoint.post(
            f"/{API}/sessions/{self.handle}/statements", body, deadline=deadline, timeout=CALL_TIMEOUT
        )
        return _handle(answer, "operationHandle")

    def execute(
        self,
        statement: str,
        deadline: Deadline,
        configuration: Mapping[str, str] | None = None,
        limit: int = 1000,
        what: str = "the statement",
    ) -> Answer:
        """Run a statement and fetch what it gives."""
        return self.fetch(self.start(statement, deadline, configuration), deadline, limit, what)

    def query(self, statement: str, deadline: Deadline, limit: int, what: str) -> Answer:
        """Rows, as many as come within the limit and the time. Some queries never end by themselves."""
        operation = self.start(statement, deadline)
        found = _Collected()
        try:
            self._fetch(operation, found, deadline, limit, what)
        except Expired:
            if not found.is_query:
                raise
            found.truncated = True
        if found.truncated:
            self.stop(operation)
        return found.answer()

    def fetch(self, operation: str, deadline: Deadline, limit: int = 1000, what: str = "the statement") -> Answer:
        found = _Collected()
        self._fetch(operation, found, deadline, limit, what)
        return found.answer()

    def _fetch(self, operation: str, found: _Collected, deadline: Deadline, limit: int, what: str) -> None:
        place = 0

        def probe() -> bool:
            nonlocal place
            answer = self._result(operation, place, deadline)
            if not isinstance(answer, Mapping):
                raise RestError(f"the SQL gateway at {self.url} gave an answer without a result")
            kind = answer.get("resultType")
            if kind == "NOT_READY":
                raise NotYet(f"{len(found.rows)} rows so far" if found.rows else "no result yet")
            before = len(found.rows)
            _collect(found, answer, limit)
            following = _token(answer.get("nextResultUri"))
            if kind == "EOS" or following is None or found.truncated:
                return True
            idle = following == place or before == len(found.rows)
            place = following
            if idle:
                raise NotYet(f"{len(found.rows)} rows so far")
            return False

        while not wait_for(probe, deadline, what, interval=POLL, progress=self._cluster.progress):
            continue

    def _result(self, operation: str, place: int, deadline: Deadline) -> Any:
        path = f"/{API}/sessions/{self.handle}/operations/{operation}/result/{place}"
        try:
            return self.endpoint.get(path, params={"rowFormat": "JSON"}, deadline=deadline, timeout=CALL_TIMEOUT)
        except Unreachable as error:
            if deadline.expired:
                raise NotYet(error.message) from error
            raise
        except RestError as error:
            raise self._gateway_error(error) from None

    def _gateway_error(self, error: RestError) -> RestError:
        """The same error without the secrets that a statement may have had in it."""
        if not self._secrets:
            return error
        error.message = _sql.without_secrets(error.message, self._secrets)
        error.args = (error.message,)
        error.errors = [_sql.without_secrets(text, self._secrets) for text in error.errors]
        error.root_cause = _sql.without_secrets(error.root_cause, self._secrets)
        return error

    def stop(self, operation: str) -> None:
        """End an operation; a query's job ends with it."""
        path = f"/{API}/sessions/{self.handle}/operations/{operation}/close"
        self.endpoint.delete(path, deadline=Deadline(CALL_TIMEOUT), idempotent=True)

    def close(self) -> None:
        close_session(self.endpoint, self.handle)


def close_session(endpoint: Endpoint, handle: str) -> bool:
    """Close a session; True when it is closed for certain, because the gateway said so or is not there any more."""
    try:
        endpoint.delete(f"/{API}/sessions/{handle}", deadline=Deadline(5.0), idempotent=True)
    except Unreachable:
        return False
    except RestError as error:
        # The gateway answers 500 with "does not exist" for a session that it has closed already.
        return any("does not exist" in text for text in error.errors)
    return True


def _handle(answer: Any, key: str) -> str:
    value = answer.get(key) if isinstance(answer, Mapping) else None
    if not isinstance(value, str):
        raise RestError(f"the answer lacks {key}: is that a SQL gateway?")
    return value


def _token(uri: object) -> int | None:
    match = re.search(r"/result/(\d+)", uri) if isinstance(uri, str) else None
    return int(match[1]) if match else None


def _collect(found: _Collected, answer: Mapping[str, Any], limit: int) -> None:
    results = answer.get("results")
    content: Mapping[str, Any] = results if isinstance(results, Mapping) else {}
    found.kind = str(answer.get("resultKind") or found.kind)
    found.is_query = bool(answer.get("isQueryResult", found.is_query))
    found.job_id = str(answer.get("jobID") or found.job_id)
    if not found.columns:
        found.columns = tuple(_column(one) for one in _objects(content.get("columns")))
    for row in _objects(content.get("data")):
        fields = row.get("fields")
        if not isinstance(fields, list):
            continue
        if len(found.rows) >= limit:
            found.truncated = True
            return
        _change(found.rows, str(row.get("kind") or "INSERT"), tuple(fields))


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """The JSON objects of a list; none of anything else."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _change(rows: list[tuple[Any, ...]], kind: str, fields: tuple[Any, ...]) -> None:
    """Rows of a changing result: what is taken back goes."""
    if kind in {"DELETE", "UPDATE_BEFORE"}:
        if fields in rows:
            rows.remove(fields)
        return
    rows.append(fields)


def _column(document: Mapping[str, Any]) -> Column:
    kind = document.get("logicalType")
    return Column(str(document.get("name", "")), str(kind.get("type", "")) if isinstance(kind, Mapping) else "")


@contextmanager
def session(
    cluster: Cluster,
    urls: Sequence[str],
    properties: Mapping[str, str],
    deadline: Deadline,
    secrets: Mapping[str, str] | None = None,
) -> Iterator[Session]:
    """A session at the first gateway that answers."""
    opened = open_session(cluster, urls, properties, deadline, secrets)
    try:
        yield opened
    finally:
        opened.close()


def open_session(
    cluster: Cluster,
    urls: Sequence[str],
    properties: Mapping[str, str],
    deadline: Deadline,
    secrets: Mapping[str, str] | None = None,
) -> Session:
    """The first gateway that answers. One that listens and is slow has until the deadline: it has only just started."""
    if not urls:
        raise NoGateway("SQL needs a SQL gateway: give the addresses of at least one in sql_gateways")
    silence = deadline.within(GATEWAY_SECONDS)
    refused: list[str] = []

    def probe() -> Session:
        nonlocal silence
        refused.clear()
        for url in urls:
            try:
                return _opened(cluster, url, properties, secrets)
            except RestError as error:
                refused.append(error.message)
                if _listens(error):
                    silence = deadline.within(GATEWAY_SECONDS)
        raise (Expired if silence.expired else NotYet)("; ".join(refused))

    try:
        return wait_for(probe, deadline, "an answer of a SQL gateway", interval=1.0, progress=cluster.progress)
    except Expired as error:
        why = "; ".join(refused)
        raise NoGateway(f"no SQL gateway can be used: {why}; start one, or correct sql_gateways") from error


def _listens(error: RestError) -> bool:
    """Whether a gateway was there and had no time, or was not ready. What answers something else is none."""
    return isinstance(error, Doubtful) or (error.status or 0) >= 500


def _opened(cluster: Cluster, url: str, properties: Mapping[str, str], secrets: Mapping[str, str] | None) -> Session:
    endpoint = cluster.rest.at(url)
    try:
        answer = endpoint.post(f"/{API}/sessions", {"properties": dict(properties)})
    except RestError as error:
        if error.errors and not isinstance(error, (Unreachable, Doubtful)):
            why = planner_message(error.errors)
            raise Rejected(f"the SQL gateway at {url} opened no session: {why}") from error
        raise
    return Session(endpoint, _handle(answer, "sessionHandle"), cluster, secrets)


def rejected(error: RestError, statement: _sql.Statement, where: str = "the SQL script") -> Rejected:
    """The planner's complaint with the line of the script."""
    message = planner_message(error.errors)
    line = _sql.line_of(message, statement)
    located = _sql.in_script(message, statement)
    return Rejected(
        f"line {line} of {where} was refused: {located} (in the statement {statement.title})",
        line=line,
        statement=statement.title,
        planner_message=located,
    )


def run_statement(
    opened: Session, statement: _sql.Statement, deadline: Deadline, configuration: Mapping[str, str] | None = None
) -> Answer:
    """One statement of a script; what is wrong with it is reported with the script's line."""
    try:
        return opened.execute(statement.text, deadline, configuration, what=f"the end of {statement.title}")
    except RestError as error:
        if error.errors and not opened_is_gone(error):
            raise rejected(error, statement) from error
        raise


def opened_is_gone(error: RestError) -> bool:
    return any("Session" in text and "does not exist" in text for text in error.errors)


def prepare(opened: Session, script: _sql.Script, deadline: Deadline) -> None:
    """Everything before the job: tables, functions, settings."""
    for statement in script.before:
        run_statement(opened, statement, deadline)


def explain(opened: Session, script: _sql.Script, deadline: Deadline, configuration: Mapping[str, str]) -> str:
    """Let the planner plan the job without running it."""
    text = script.job.text
    lead = "EXECUTE "
    upper = text.upper()
    if upper.startswith(lead) and not upper.startswith("EXECUTE PLAN"):
        # EXECUTE STATEMENT SET BEGIN … becomes EXPLAIN STATEMENT SET BEGIN …; both words have seven letters.
        text = "EXPLAIN " + text[len(lead) :]
        shift = 0
    elif upper.startswith("INSERT"):
        text = "EXPLAIN " + text
        shift = len("EXPLAIN ")
    else:
        # CREATE TABLE … AS and compiled plans can only be checked by running them.
        return ""
    statement = _sql.Statement(text, script.job.line, script.job.column - shift, script.job.kind, script.job.normal)
    return run_statement(opened, statement, deadline, configuration).text
