"""The REST client, against a server that does everything wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import (
    Doubtful,
    FlinkError,
    NotYet,
    RestError,
    Unreachable,
    ZooKeeperUnavailable,
)
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline
from ansible_collections.streamops.flink.plugins.module_utils._cluster import rest as _rest
from ansible_collections.streamops.flink.plugins.module_utils._cluster.answers import excerpt, interpret, root_cause
from ansible_collections.streamops.flink.plugins.module_utils._cluster.rest import Endpoint, Rest, RestSettings, Upload
from ansible_collections.streamops.flink.tests.unit.plugins.hostile import (
    Behaviour,
    Hostile,
    certificate,
    closed_port,
    dribbles,
    fails,
    hangs,
    hangs_up,
    raw,
    resets,
    says,
    server_context,
)
from hypothesis import given
from hypothesis import strategies as st

ELECTION = "Service temporarily unavailable due to an ongoing leader election. Please refresh."
UNREACHABLE = (
    "org.apache.flink.runtime.rpc.exceptions.RecipientUnreachableException: Could not send message"
    " [RemoteFencedMessage(…)] from sender [unknown] to recipient [pekko.tcp://flink@127.0.0.1:6123], because the"
    " recipient is unreachable. This can either mean that the recipient has been terminated or that the remote"
    " RpcService is currently not reachable.\n\tat org.apache.flink.runtime.rpc.pekko.PekkoRpcActor.x(P.java)"
)
ASK_TIMEOUT = (
    "<Exception on server side:\njava.util.concurrent.TimeoutException: Invocation of [RemoteRpcInvocation("
    "DispatcherGateway.submitJob(JobGraph, Time))] at recipient timed out.\n\tat x.y(Z.java:1)\n"
    "End of exception on server side>"
)
STACK = """<Exception on server side:
org.apache.flink.client.deployment.application.executors.X: first
<tab>at org.apache.flink.A.b(A.java:1)
Caused by: java.util.concurrent.CompletionException: org.apache.flink.util.FlinkException: in the middle
<tab>at org.apache.flink.A.b(A.java:2)
<tab>... 12 more
Caused by: org.apache.flink.table.api.ValidationException: Could not find any factory for identifier 'kafak'

Available factory identifiers are:
blackhole
datagen
<tab>at org.apache.flink.table.factories.FactoryUtil.discoverFactory(FactoryUtil.java:1)
<tab>... 3 more

End of exception on server side>""".replace("<tab>", "\t")


# A busy machine needs its time to answer; a server that never answers is waited for only briefly.
PATIENT, HASTY = 10.0, 0.2


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_rest, "RETRY_INTERVAL", 0.01)


def ask(behaviour: Behaviour, call: Callable[[Endpoint], Any], timeout: float = PATIENT) -> Any:
    with Hostile([behaviour]) as server:
        endpoint = Endpoint(server.url, RestSettings(request_timeout=timeout))
        try:
            return call(endpoint)
        finally:
            endpoint.close()


def get(endpoint: Endpoint) -> Any:
    return endpoint.get("/jobs")


def post(endpoint: Endpoint) -> Any:
    return endpoint.post("/jars/x/run", {"parallelism": 2})


# -- what an answer means --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("errors", "cause"),
    [
        ([], ""),
        (["Not found: /nix"], "Not found: /nix"),
        (
            ["Internal server error.", STACK],
            (
                "ValidationException: Could not find any factory for identifier 'kafak' Available factory identifiers"
                " are: blackhole datagen"
            ),
        ),
        (
            ["org.apache.flink.runtime.rest.NotFoundException: Job 1 not found\n\tat a.b(C.java)"],
            "NotFoundException: Job 1 not found",
        ),
        (
            ["Internal server error.", "<Exception on server side:\na.b.CompletionException: c.d.E: why\n\tat x"],
            "E: why",
        ),
        (["12:30: no class name"], "12:30: no class name"),
        (["java.lang.NullPointerException"], "NullPointerException"),
    ],
)
def test_the_root_cause_is_the_innermost_one(errors: list[str], cause: str) -> None:
    assert root_cause(errors) == cause


@given(st.lists(st.text(max_size=200), max_size=4))
def test_the_root_cause_of_anything_is_one_line(errors: list[str]) -> None:
    assert len(root_cause(errors).splitlines()) <= 1


@given(st.binary(max_size=600))
def test_an_excerpt_of_anything_is_short_and_printable(body: bytes) -> None:
    assert excerpt(body).isprintable()
    assert len(excerpt(body)) <= 90


@given(st.sampled_from(["GET", "POST"]), st.integers(100, 599), st.binary(max_size=300), st.booleans())
def test_any_answer_is_json_or_an_expected_error(method: str, status: int, body: bytes, idempotent: bool) -> None:
    try:
        document = interpret(method, "http://jm1:8081/x", status, "", body, idempotent=idempotent)
    except FlinkError as error:
        message = error.message
    else:
        assert document == json.loads(body)
        return
    assert "http://jm1:8081/x" in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    ("status", "errors", "idempotent", "kind"),
    [
        (503, [ELECTION], False, Unreachable),
        (500, [UNREACHABLE], False, Unreachable),
        (500, [ASK_TIMEOUT], True, Unreachable),
        (500, [ASK_TIMEOUT], False, Doubtful),
        (502, [], False, Doubtful),
        (504, [], True, Unreachable),
        (500, ["java.lang.IllegalStateException: no"], False, RestError),
        (404, ["Job not found"], True, RestError),
        (400, ["Job has already been submitted."], False, RestError),
        (200, ["half an answer"], True, RestError),
    ],
)
def test_errors_say_whether_the_call_was_executed(
    status: int, errors: list[str], idempotent: bool, kind: type[RestError]
) -> None:
    body = json.dumps({"errors": errors}).encode()
    with pytest.raises(RestError) as caught:
        interpret("POST", "http://jm1:8081/x", status, "", body, idempotent=idempotent)
    assert caught.type is kind
    assert caught.value.status == status


def test_an_error_keeps_the_whole_text_and_shows_the_cause() -> None:
    body = json.dumps({"errors": ["Internal server error.", STACK]}).encode()
    with pytest.raises(RestError) as caught:
        interpret("POST", "http://u:p@jm1:8081/x", 500, "", body, idempotent=False)
    error = caught.value
    assert error.message.startswith(
        "POST http://***@jm1:8081/x failed with 500 Internal Server Error: ValidationException: Could not find"
    )
    assert error.errors[1] == STACK
    assert error.root_cause.startswith("ValidationException")


# -- a hostile server, asked once ------------------------------------------------------------------------------------


def test_an_answer_is_parsed() -> None:
    assert ask(says({"jobs": []}), get) == {"jobs": []}
    assert ask(says([{"id": "numRestarts", "value": "0"}]), get) == [{"id": "numRestarts", "value": "0"}]


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        (says("<html><body>Sign in</body></html>"), "answered 200 OK with HTML instead of JSON (<html><body>Sign in"),
        (says('{"jobs": ['), 'answered 200 OK with something that is not JSON ({"jobs": [)'),
        (says(""), "answered 200 OK with an empty body"),
        (says("   "), "answered 200 OK with an empty body"),
        (says("42"), "answered 200 OK with unexpected content (42)"),
        (says(b"\xff\xfe\x00garbage"), "answered 200 OK with something that is not JSON (\ufffd\ufffd?garbage)"),
        (says("[" * 100_000), "answered 200 OK with something that is not JSON ([[["),
        (says("<h1>Bad Gateway</h1>", "502 Bad Gateway"), "answered 502 Bad Gateway with HTML instead of JSON"),
        (says("nope", "418 I'm a Teapot"), "answered 418 I'm a Teapot with something that is not JSON (nope)"),
        (says("", "401 Unauthorized"), "was refused with 401 Unauthorized: check rest_username and rest_password"),
        (says("{}", "403 Forbidden"), "was refused with 403 Forbidden: check rest_username and rest_password"),
        (
            says("", "302 Found", "Location: https://anna:pw@login/\r\n"),
            "answered 302 Found, a redirect to 'https://***@login/' that is not followed",
        ),
        (says("", "307 Temporary Redirect"), "a redirect to 'nowhere' that is not followed"),
        (says('{"jobs"', length=1000), "broke off:"),
        (hangs_up, "broke off: "),
        (resets, "broke off: connection reset by peer"),
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "broke off: "),
        (raw(b"HTTP/1.1 abc\r\n\r\n"), "broke off: "),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "broke off: "),
        (says(b"no gzip", headers="Content-Encoding: gzip\r\n"), "broke off: "),
        (fails("404 Not Found", "Job 1 not found"), "failed with 404 Not Found: Job 1 not found"),
    ],
)
def test_a_bad_answer_is_one_sentence(behaviour: Behaviour, sentence: str) -> None:
    with pytest.raises(RestError) as caught:
        ask(behaviour, get)
    assert sentence in caught.value.message
    assert caught.value.message.startswith("GET http://127.0.0.1:")
    assert len(caught.value.message.splitlines()) == 1


@pytest.mark.parametrize(
    "behaviour",
    [
        hangs,
        dribbles(b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        dribbles(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"),
        dribbles(b"HTTP/1.1 200 OK\r\n\r\n"),
        dribbles(b"", b"H"),
    ],
)
def test_a_slow_answer_is_not_waited_for_beyond_the_deadline(behaviour: Behaviour) -> None:
    start = time.monotonic()
    with pytest.raises(Unreachable, match=r"was not answered (in full )?within 0\.2 s$"):
        ask(behaviour, get, HASTY)
    with pytest.raises(Doubtful, match=r"was not answered (in full )?within 0\.2 s$"):
        ask(behaviour, post, HASTY)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    "behaviour",
    [
        hangs_up,
        resets,
        says('{"jobid"', length=99),
        says("<html>"),
        says("", "502 Bad Gateway"),
        raw(b"garbage\n"),
    ],
)
def test_a_call_whose_answer_is_lost_is_in_doubt(behaviour: Behaviour) -> None:
    with pytest.raises(Doubtful):
        ask(behaviour, post)


@pytest.mark.parametrize("behaviour", [hangs_up, resets, says('{"jobid"', length=99)])
def test_a_question_whose_answer_is_lost_can_be_asked_again(behaviour: Behaviour) -> None:
    with pytest.raises(Unreachable):
        ask(behaviour, get)


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_rest, "BODY_LIMIT", 1024 * 1024)
    with pytest.raises(RestError, match="answered with more than 1 MiB"):
        ask(says(b"[" + b" " * 3_000_000 + b"]"), get)


def test_where_no_process_listens_nothing_was_executed() -> None:
    with (
        closed_port() as port,
        pytest.raises(Unreachable, match=r"^cannot reach http://127\.0\.0\.1:\d+/jars/x/run: connection refused$"),
    ):
        post(Endpoint(f"http://127.0.0.1:{port}", RestSettings()))


def test_a_name_that_does_not_exist_was_not_asked() -> None:
    with pytest.raises(Unreachable, match=r"^cannot reach http://jm1\.invalid:8081/jobs: "):
        get(Endpoint("http://jm1.invalid:8081", RestSettings()))


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("jm1:8081", "only http:// and https:// are spoken"),
        ("//jm1", "not a valid http:// or https:// URL"),
        ("http://", "not a valid http:// or https:// URL"),
        ("http://jm1:port", "not a valid http:// or https:// URL"),
        ("ftp://jm1", "only http:// and https:// are spoken"),
    ],
)
def test_an_address_that_is_none_is_said_so(url: str, sentence: str) -> None:
    with pytest.raises(RestError, match=sentence):
        get(Endpoint(url, RestSettings(request_timeout=1)))


def test_a_deadline_that_has_passed_sends_nothing() -> None:
    with Hostile([says({})]) as server:
        with pytest.raises(Unreachable, match="no time was left"):
            Endpoint(server.url, RestSettings()).get("/jobs", deadline=Deadline(0))
        assert server.requests == []


def test_a_deadline_shortens_the_time_of_a_request() -> None:
    start = time.monotonic()
    with pytest.raises(RestError, match=r"within 0\.\d s"):
        ask(hangs, lambda endpoint: endpoint.get("/jobs", deadline=Deadline(0.2)), timeout=30)
    assert time.monotonic() - start < 3


# -- what is sent ----------------------------------------------------------------------------------------------------


def sent(settings: RestSettings, call: Callable[[Endpoint], Any]) -> Any:
    with Hostile([says({})]) as server:
        call(Endpoint(server.url, settings))
        return server.requests[0]


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (lambda one: one.get("/jobs", params={"a": "b c"}), "GET", "/jobs?a=b+c", b""),
        (lambda one: one.post("jars/x/run", {"parallelism": 2}), "POST", "/jars/x/run", b'{"parallelism": 2}'),
        (lambda one: one.post("/jobs/1/stop"), "POST", "/jobs/1/stop", b"{}"),
        (lambda one: one.patch("/jobs/1", params={"mode": "cancel"}), "PATCH", "/jobs/1?mode=cancel", b""),
        (
            lambda one: one.put("/jobs/1/resource-requirements", {"v": 1}),
            "PUT",
            "/jobs/1/resource-requirements",
            b'{"v": 1}',
        ),
        (lambda one: one.delete("/jars/x"), "DELETE", "/jars/x", b""),
    ],
)
def test_the_verbs_say_what_they_should(call: Callable[[Endpoint], Any], method: str, path: str, body: bytes) -> None:
    request = sent(RestSettings(), call)
    assert (request.method, request.path, request.body) == (method, path, body)


@pytest.mark.parametrize(
    ("settings", "header"),
    [
        (RestSettings(), None),
        (RestSettings(username="anna", password="s3cret"), "Basic YW5uYTpzM2NyZXQ="),
        (RestSettings(token="t0ken\n"), "Bearer t0ken"),
        (RestSettings(username="anna", password="s3cret", token="t0ken"), "Bearer t0ken"),
    ],
)
def test_a_proxy_gets_the_user_or_the_token(settings: RestSettings, header: str | None) -> None:
    assert sent(settings, get).headers.get("authorization") == header


def test_the_environment_does_not_decide_who_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login eve password stolen\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert "authorization" not in sent(RestSettings(), get).headers


def test_a_token_that_no_header_can_hold_is_not_shown() -> None:
    with pytest.raises(RestError, match="rest_token holds characters") as caught:
        get(Endpoint("http://127.0.0.1:9", RestSettings(token="se\ncret")))
    assert "se" not in caught.value.message.split("rest_token")[1].split("holds")[0]
    assert "cret" not in caught.value.message


def test_secrets_are_in_no_representation() -> None:
    assert "s3cret" not in repr(RestSettings(username="anna", password="s3cret", token="s3cret"))


def test_a_file_is_sent_as_a_form_without_reading_it_whole(tmp_path: Path) -> None:
    jar = tmp_path / "job.jar"
    jar.write_bytes(bytes(range(256)) * 2000)
    request = sent(RestSettings(), lambda one: one.upload("/jars/upload", Upload(str(jar), 'my "job".jar')))
    boundary = request.headers["content-type"].partition("boundary=")[2].encode()
    head, content = request.body.split(b"\r\n\r\n", 1)
    assert b'name="jarfile"; filename="my _job_.jar"' in head
    assert content == jar.read_bytes() + b"\r\n--" + boundary + b"--\r\n"
    assert int(request.headers["content-length"]) == len(request.body)


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(FlinkError, match=r"^cannot read .*/missing\.jar for the upload: No such file or directory$"):
        sent(RestSettings(), lambda one: one.upload("/jars/upload", Upload(str(tmp_path / "missing.jar"), "x.jar")))


# -- TLS -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    directory = tmp_path_factory.mktemp("certificates")
    made = {host: certificate(directory, host) for host in ("127.0.0.1", "other.example.org")}
    return {host: (str(cert), str(key)) for host, (cert, key) in made.items()}


@pytest.mark.parametrize(
    ("host", "trusts", "settings", "reason"),
    [
        ("127.0.0.1", "127.0.0.1", {}, None),
        ("other.example.org", None, {"validate_certs": False}, None),
        ("127.0.0.1", None, {}, "self-signed certificate"),
        ("other.example.org", "other.example.org", {}, "IP address mismatch"),
    ],
)
def test_a_certificate_must_match(
    certificates: dict[str, tuple[str, str]],
    host: str,
    trusts: str | None,
    settings: dict[str, Any],
    reason: str | None,
) -> None:
    ca = certificates[trusts][0] if trusts else None
    with Hostile([says({"ok": 1})], server_context(*map(Path, certificates[host]))) as server:
        endpoint = Endpoint(server.url, RestSettings(ca_path=ca, **settings))
        if reason is None:
            assert get(endpoint) == {"ok": 1}
            return
        with pytest.raises(RestError, match=reason) as caught:
            get(endpoint)
    assert caught.type is RestError
    assert "TLS could not be agreed on" in caught.value.message
    assert len(caught.value.message.splitlines()) == 1


def test_a_client_certificate_is_shown_to_who_asks_for_it(certificates: dict[str, tuple[str, str]]) -> None:
    cert, key = certificates["127.0.0.1"]
    context = server_context(Path(cert), Path(key), client_ca=Path(cert))
    with Hostile([says({"ok": 1})], context) as server:
        trusted = RestSettings(ca_path=cert, client_cert=cert, client_key=key)
        assert get(Endpoint(server.url, trusted)) == {"ok": 1}
        with pytest.raises(RestError, match=r"certificate required|TLS|broke off"):
            get(Endpoint(server.url, RestSettings(ca_path=cert, request_timeout=2)))


@pytest.mark.parametrize("option", ["ca_path", "client_cert"])
def test_a_missing_certificate_file_is_named(option: str) -> None:
    with pytest.raises(RestError, match=r"/nowhere/x\.pem"):
        get(Endpoint("https://127.0.0.1:9", RestSettings(**{option: "/nowhere/x.pem"})))


# -- following the leader --------------------------------------------------------------------------------------------


class Leadership:
    """Who leads, one answer per question; the last one is repeated."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, _deadline: Deadline) -> str:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def make() -> Iterator[Callable[..., Rest]]:
    made: list[Rest] = []

    def build(leadership: Leadership, *, window: float = 30.0, timeout: float = PATIENT, **more: Any) -> Rest:
        made.append(Rest(leadership, RestSettings(request_timeout=timeout), window=lambda: window, **more))
        return made[-1]

    yield build
    for one in made:
        one.close()


@pytest.mark.parametrize(
    "trouble",
    [fails("503 Service Unavailable", ELECTION), fails("500 Internal Server Error", UNREACHABLE)],
    ids=["election", "unreachable"],
)
@pytest.mark.parametrize("call", [get, post], ids=["get", "post"])
def test_an_election_is_waited_for(make: Callable[..., Rest], trouble: Behaviour, call: Callable[[Any], Any]) -> None:
    with Hostile([trouble, trouble, says({"ok": 1})]) as server:
        rest = make(Leadership(server.url))
        assert call(rest) == {"ok": 1}
        assert rest.round_trips == 3


@pytest.mark.parametrize("call", [get, post], ids=["get", "post"])
def test_a_call_goes_to_the_new_leader_when_the_old_one_is_gone(
    make: Callable[..., Rest], call: Callable[[Any], Any]
) -> None:
    with closed_port() as port, Hostile([says({"ok": 1})]) as server:
        leadership = Leadership(f"http://127.0.0.1:{port}", NotYet("no JobManager leads"), server.url)
        assert call(make(leadership)) == {"ok": 1}
        assert leadership.asked == 3


@pytest.mark.parametrize("trouble", [hangs_up, hangs, says('{"x"', length=50)])
def test_a_question_is_asked_again_when_its_answer_was_lost(make: Callable[..., Rest], trouble: Behaviour) -> None:
    with Hostile([trouble, says({"ok": 1})]) as server:
        assert get(make(Leadership(server.url), timeout=1 if trouble is hangs else PATIENT)) == {"ok": 1}


@pytest.mark.parametrize(
    "trouble", [hangs_up, hangs, says('{"x"', length=50), fails("500 Internal Server Error", ASK_TIMEOUT)]
)
def test_a_command_in_doubt_is_sent_only_once(make: Callable[..., Rest], trouble: Behaviour) -> None:
    with Hostile([trouble, says({"ok": 1})]) as server:
        with pytest.raises(Doubtful):
            post(make(Leadership(server.url), timeout=HASTY if trouble is hangs else PATIENT))
        assert len(server.requests) == 1


def test_a_command_that_may_be_repeated_is(make: Callable[..., Rest]) -> None:
    with Hostile([hangs_up, says({"request-id": "1"})]) as server:
        rest = make(Leadership(server.url))
        assert rest.post("/jobs/1/savepoints", {"triggerId": "1"}, idempotent=True) == {"request-id": "1"}


@pytest.mark.parametrize(
    "trouble", [fails("404 Not Found", "no such job"), says("<html>"), says("", "401 Unauthorized")]
)
def test_an_answer_that_will_not_change_is_not_asked_for_again(make: Callable[..., Rest], trouble: Behaviour) -> None:
    with Hostile([trouble, says({"ok": 1})]) as server:
        with pytest.raises(RestError):
            get(make(Leadership(server.url)))
        assert len(server.requests) == 1


def test_a_failover_that_does_not_end_is_given_up_after_its_time(make: Callable[..., Rest]) -> None:
    start = time.monotonic()
    with closed_port() as port:
        rest = make(Leadership(f"http://127.0.0.1:{port}"), window=0.3)
        with pytest.raises(Unreachable, match=r"(connection refused|within [\d.]+ s) \(tried for 0\.3 s\)$"):
            get(rest)
    assert 0.25 < time.monotonic() - start < 3


def test_the_deadline_of_a_call_ends_the_wait_for_a_failover(make: Callable[..., Rest]) -> None:
    start = time.monotonic()
    with pytest.raises(NotYet, match="no JobManager leads"):
        make(Leadership(NotYet("no JobManager leads")), window=60).get("/jobs", deadline=Deadline(0.2))
    assert time.monotonic() - start < 3


def test_a_long_failover_is_told_of(make: Callable[..., Rest]) -> None:
    told: list[str] = []
    rest = make(
        Leadership(NotYet("no JobManager leads")),
        window=0.1,
        progress=lambda what, seen, _time: told.append(f"{what}: {seen}"),
    )
    with pytest.raises(NotYet):
        get(rest)
    assert set(told) == {"an answer from the leading JobManager: no JobManager leads"}


def test_a_zookeeper_that_was_never_reached_is_not_waited_for(make: Callable[..., Rest]) -> None:
    leadership = Leadership(ZooKeeperUnavailable("refused"))
    with pytest.raises(ZooKeeperUnavailable):
        post(make(leadership, window=60))
    assert leadership.asked == 1


def test_questions_may_go_to_any_jobmanager_while_zookeeper_is_away(make: Callable[..., Rest]) -> None:
    with closed_port() as port, Hostile([says({"ok": 1})]) as server:
        fallbacks = [f"http://127.0.0.1:{port}", server.url]
        rest = make(Leadership(ZooKeeperUnavailable("refused")), fallbacks=fallbacks)
        assert get(rest) == {"ok": 1}
        assert rest.leader is None


def test_commands_never_go_to_any_jobmanager(make: Callable[..., Rest]) -> None:
    with Hostile([says({"ok": 1})]) as server:
        with pytest.raises(ZooKeeperUnavailable):
            post(make(Leadership(ZooKeeperUnavailable("refused")), fallbacks=[server.url]))
        assert server.requests == []


def test_a_zookeeper_that_goes_away_in_a_failover_is_waited_for(make: Callable[..., Rest]) -> None:
    with closed_port() as port, Hostile([says({"ok": 1})]) as server:
        leadership = Leadership(f"http://127.0.0.1:{port}", ZooKeeperUnavailable("lost"), server.url)
        assert post(make(leadership)) == {"ok": 1}


def test_the_leader_is_asked_for_once_and_kept(make: Callable[..., Rest]) -> None:
    with Hostile([says({})]) as server:
        leadership = Leadership(server.url)
        rest = make(leadership)
        get(rest)
        get(rest)
        assert leadership.asked == 1
        assert rest.leader == server.url
