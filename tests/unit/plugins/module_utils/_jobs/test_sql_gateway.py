"""The SQL gateway: what it means when it says no, and rows that come in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import (
    Doubtful,
    FlinkError,
    RestError,
    Unreachable,
)
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster, Settings
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec
from ansible_collections.streamops.flink.plugins.module_utils._jobs import sql as _sql
from ansible_collections.streamops.flink.plugins.module_utils._jobs import sql_gateway as _sql_gateway
from ansible_collections.streamops.flink.tests.unit.plugins import fake_flink
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import (
    GATEWAY,
    FakeFlink,
    connection,
    install_flink,
)
from hypothesis import given
from hypothesis import strategies as st

STACK = "\n\tat org.apache.flink.Some.where(Some.java:1)\n\t... 3 more\n"
PACKAGE = "org.apache.flink.table.gateway"
LAYERS = [
    f"{PACKAGE}.api.utils.SqlGatewayException: {PACKAGE}.api.utils.SqlGatewayException: Failed to fetchResults.",
    f"Caused by: {PACKAGE}.service.utils.SqlExecutionException: Failed to execute the operation x.",
]
TABLE = "org.apache.flink.table.api"
NOT_FOUND = "From line 2, column 16 to line 2, column 17: Object 'gg' not found"
NO_CONNECTOR = "Table options do not contain an option key 'connector'"
ENCOUNTERED = 'SQL parse failed. Encountered "x" at line 1, column 3.'


# Taken from a gateway of 1.20.5.
@pytest.mark.parametrize(
    ("chain", "message"),
    [
        (
            [
                f"{TABLE}.ValidationException: SQL validation failed. SQL validation failed. {NOT_FOUND}",
                f"org.apache.calcite.runtime.CalciteContextException: {NOT_FOUND}",
                "org.apache.calcite.sql.validate.SqlValidatorException: Object 'gg' not found",
            ],
            f"SQL validation failed. {NOT_FOUND}",
        ),
        (
            [
                f"{TABLE}.TableException: Could not execute CreateTable in path `a`.`b`.`c`",
                f"{TABLE}.ValidationException: {NO_CONNECTOR}",
            ],
            f"Could not execute CreateTable in path `a`.`b`.`c`: {NO_CONNECTOR}",
        ),
        (
            [f"{TABLE}.SqlParserException: {ENCOUNTERED}\nWas expecting one of:\n    <EOF>"],
            f"{ENCOUNTERED} Was expecting one of: <EOF>",
        ),
        ([], "SqlExecutionException: Failed to execute the operation x."),
    ],
)
def test_the_planners_sentence_is_found_among_the_layers(chain: list[str], message: str) -> None:
    lines = [*LAYERS, *(f"Caused by: {one}" for one in chain)]
    text = f"<Exception on server side:\n{STACK.join(lines)}{STACK}\nEnd of exception on server side>"
    assert _sql_gateway.planner_message(["Internal server error.", text]) == message


def test_an_answer_without_a_reason_is_told_so() -> None:
    assert _sql_gateway.planner_message([]) == "no reason was given"


@given(st.lists(st.text(max_size=60)))
def test_any_error_text_gives_some_sentence(errors: list[str]) -> None:
    assert isinstance(_sql_gateway.planner_message(errors), str)


def test_a_duplicate_id_is_known_from_both_names_of_the_exception() -> None:
    for name in ("DuplicateJobSubmissionException", "DuplicateApplicationSubmissionException"):
        assert _sql_gateway.is_duplicate(RestError("no", errors=[f"org.x.{name}: Job has already been submitted."]))
    assert not _sql_gateway.is_duplicate(RestError("no", errors=["Duplicate column"]))


@pytest.fixture
def flink(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeFlink:
    return install_flink(monkeypatch, tmp_path / "storage")


@pytest.fixture
def cluster(flink: FakeFlink) -> Iterator[Cluster]:
    defaults = {key: option.get("default") for key, option in connection_argument_spec().items()}
    with Cluster(Settings.from_options(defaults | connection())) as one:
        yield one


def test_the_first_gateway_that_answers_is_used(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = cluster.rest.at("http://dead:1")

    def refuse(*_arguments: Any, **_options: Any) -> None:
        raise Unreachable("cannot reach http://dead:1: connection refused")

    monkeypatch.setattr(dead, "post", refuse)
    with _sql_gateway.session(cluster, ["http://dead:1", GATEWAY], {}, Deadline(5)) as opened:
        assert opened.url == GATEWAY
    with pytest.raises(FlinkError, match="no SQL gateway can be used: cannot reach http://dead:1"):
        _sql_gateway.open_session(cluster, ["http://dead:1"], {}, Deadline(5))


@pytest.mark.parametrize(
    ("error", "patient"),
    [
        (Unreachable("cannot reach http://dead:1: connection refused"), False),
        (RestError("it answers 404", status=404), False),
        # It is there, and has no time.
        (Doubtful("no answer within 10 s"), True),
        (RestError("it answers 503", status=503), True),
    ],
)
def test_a_gateway_that_listens_and_is_slow_has_until_the_deadline(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, error: RestError, patient: bool
) -> None:
    answers: list[RestError | dict[str, str]] = [error, error, error, {"sessionHandle": "s"}]

    def post(*_arguments: Any, **_options: Any) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, RestError):
            raise answer
        return answer

    monkeypatch.setattr(_sql_gateway, "GATEWAY_SECONDS", 1.5)
    monkeypatch.setattr(cluster.rest.at(GATEWAY), "post", post)
    if patient:
        assert _sql_gateway.open_session(cluster, [GATEWAY], {}, Deadline(30)).handle == "s"
    else:
        with pytest.raises(_sql_gateway.NoGateway, match="no SQL gateway can be used: "):
            _sql_gateway.open_session(cluster, [GATEWAY], {}, Deadline(30))


def test_a_session_is_closed_whatever_happens(cluster: Cluster, flink: FakeFlink) -> None:
    context = _sql_gateway.session(cluster, [GATEWAY], {}, Deadline(5))
    context.__enter__()
    assert flink.sessions
    # The error goes on to its cause.
    assert not context.__exit__(ValueError, ValueError("oops"), None)
    assert flink.sessions == {}
    assert _sql_gateway.close_session(cluster.rest.at(GATEWAY), "none") is True


def test_an_explained_statement_keeps_its_place(cluster: Cluster, flink: FakeFlink) -> None:
    script = _sql.parse_job_script("SET 'a.b' = 'c';\n  INSERT INTO BROKEN SELECT 1")
    with _sql_gateway.session(cluster, [GATEWAY], {}, Deadline(5)) as opened:
        _sql_gateway.prepare(opened, script, Deadline(5))
        with pytest.raises(_sql_gateway.Rejected) as caught:
            _sql_gateway.explain(opened, script, Deadline(5), {})
    assert caught.value.details["line"] == 2


def page(kind: str, fields: list[Any], following: int | None, **more: Any) -> dict[str, Any]:
    data = [{"kind": "INSERT", "fields": fields}] if fields else []
    columns = [{"name": "x", "logicalType": {"type": "INTEGER"}}]
    uri = f"/v2/sessions/s/operations/o/result/{following}?rowFormat=JSON" if following is not None else None
    return {"resultType": kind, "results": {"columns": columns, "data": data}, "nextResultUri": uri, **more}


def test_rows_that_come_in_pieces_are_put_together(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [
        {"resultType": "NOT_READY", "results": None},
        page("PAYLOAD", [1], 1, isQueryResult=True),
        page("PAYLOAD", [], 2),
        page("PAYLOAD", [2], 3),
        page("EOS", [], None),
    ]
    asked: list[str] = []

    def result(_flink: FakeFlink, _call: Any, _session: str, _operation: str, place: str) -> dict[str, Any]:
        asked.append(place)
        return pages.pop(0)

    monkeypatch.setattr(FakeFlink, "result", result)
    monkeypatch.setattr(fake_flink, "GATEWAY_ROUTES", fake_flink.gateway_routes())
    opened = _sql_gateway.open_session(cluster, [GATEWAY], {}, Deadline(5))
    answer = opened.fetch("o", Deadline(5))
    assert answer.records() == [{"x": 1}, {"x": 2}]
    assert answer.is_query
    assert asked == ["0", "0", "1", "2", "3"]


def test_rows_that_are_taken_back_are_gone() -> None:
    rows: list[tuple[Any, ...]] = []
    for kind, fields in (
        ("INSERT", (1,)),
        ("INSERT", (2,)),
        ("UPDATE_BEFORE", (1,)),
        ("UPDATE_AFTER", (3,)),
        ("DELETE", (9,)),
    ):
        _sql_gateway._change(rows, kind, fields)
    assert rows == [(2,), (3,)]


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["results", "data", "columns", "fields", "resultKind", "jobID", "kind"]), inner
            )
        ),
    )
)
def test_whatever_a_page_holds_it_is_collected_or_refused(document: Any) -> None:
    with suppress(FlinkError):
        _sql_gateway._collect(_sql_gateway._Collected(), document if isinstance(document, dict) else {}, 10)
