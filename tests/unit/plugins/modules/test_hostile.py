"""Every module against a JobManager that is none: one sentence, no traceback, and an end in time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._cluster.rest import Endpoint, RestSettings
from ansible_collections.streamops.flink.plugins.modules import (
    flink_checkpoint,
    flink_cluster_info,
    flink_jar,
    flink_job,
    flink_job_info,
    flink_savepoint,
    flink_sql,
)
from ansible_collections.streamops.flink.tests.unit.plugins import fakes
from ansible_collections.streamops.flink.tests.unit.plugins.hostile import (
    Behaviour,
    Hostile,
    dribbles,
    fails,
    hangs,
    hangs_up,
    raw,
    resets,
    says,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examples import examples

SQL = "INSERT INTO t SELECT 1;"
CALLS: list[tuple[ModuleType, dict[str, Any]]] = [
    (flink_cluster_info, {}),
    (flink_job, {"name": "a", "sql": SQL}),
    (flink_job, {"name": "a", "state": "suspended"}),
    (flink_job_info, {}),
    (flink_savepoint, {"name": "a"}),
    (flink_savepoint, {"state": "absent", "path": "s3://bucket/savepoint-1"}),
    (flink_checkpoint, {"name": "a"}),
    (flink_jar, {"state": "listed"}),
    (flink_sql, {"sql": SQL}),
]
BEHAVIOURS: dict[str, Behaviour] = {
    "HTML": says("<html><body>Welcome</body></html>"),
    "half a body": says('{"jobs": [', length=4000),
    "nothing": says(""),
    "garbage": raw(b"\x16\x03\x01\x00garbage\r\n\r\n"),
    "a redirect": says("", "302 Found", "Location: https://login.example/\r\n"),
    "401 of a proxy": says("<h1>Unauthorized</h1>", "401 Unauthorized", "WWW-Authenticate: Basic\r\n"),
    "other JSON": says({"hello": ["world", None, 1.5]}),
    "a list": says([1, "two", None]),
    "an election": fails(
        "503 Service Unavailable", "Service temporarily unavailable due to an ongoing leader election"
    ),
    "hanging up": hangs_up,
    "a reset": resets,
    "silence": hangs,
    "a slow drip": dribbles(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"),
}


@pytest.mark.parametrize(("module", "arguments"), CALLS, ids=[f"{one.__name__[-15:]} {two}" for one, two in CALLS])
@pytest.mark.parametrize("behaviour", BEHAVIOURS.values(), ids=BEHAVIOURS)
def test_whatever_answers_in_a_jobmanagers_place_the_module_says_one_sentence_in_time(
    monkeypatch: pytest.MonkeyPatch,
    run_module: Callable[..., dict[str, Any]],
    module: ModuleType,
    arguments: dict[str, Any],
    behaviour: Behaviour,
) -> None:
    ensemble = fakes.install(monkeypatch)
    with Hostile([behaviour]) as server:
        ensemble.lead(server.url)
        wish = dict(arguments)
        if module in (flink_job, flink_sql):
            wish["sql_gateways"] = [server.url]
        if module is not flink_job_info and module is not flink_cluster_info and module is not flink_jar:
            wish["timeout"] = 0.5
        start = time.monotonic()
        result = run_module(
            module.main,
            zookeeper_quorum="zk1:2181",
            cluster_id="t",
            request_timeout=0.2,
            failover_timeout=0.3,
            **wish,
        )
        seconds = time.monotonic() - start
    # A job of which nothing is known needs nothing to be suspended.
    assert result.get("failed") or arguments.get("state") == "suspended", result
    message = result.get("msg", "")
    assert len(message.splitlines()) <= 1
    assert "Traceback" not in json.dumps(result)
    assert seconds < 8, message


STATUS = st.sampled_from([b"200 OK", b"503 x", b"204 No Content", b"100 Continue"]) | st.binary(max_size=9)
HEADERS = st.sampled_from(
    [
        b"Content-Length: 5",
        b"Content-Length: -1",
        b"Content-Length: 99999999999999999999",
        b"Transfer-Encoding: chunked",
        b"Content-Encoding: gzip",
        b"Content-Encoding: deflate, br",
        b"Location: \xff\xfe",
    ]
) | st.binary(max_size=60)


def answer(status: bytes, headers: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 " + status + b"\r\n" + headers + b"\r\n\r\n" + body


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300) | st.builds(answer, STATUS, HEADERS, st.binary(max_size=120)))
def test_whatever_bytes_come_back_the_client_gives_json_or_one_sentence_in_time(data: bytes) -> None:
    message = "none"
    start = time.monotonic()
    with Hostile([raw(data)]) as server:
        endpoint = Endpoint(server.url, RestSettings(request_timeout=0.5))
        try:
            assert isinstance(endpoint.get("/jobs"), (dict, list))
        except FlinkError as error:
            message = error.message
        endpoint.close()
    assert len(message.splitlines()) == 1
    assert time.monotonic() - start < 5
