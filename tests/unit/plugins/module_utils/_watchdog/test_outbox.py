"""Alerts: what each kind of receiver is sent, that nothing is delayed, and that secrets stay secret."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._health import model as _model
from ansible_collections.streamops.flink.plugins.module_utils._health.model import Finding, Report
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import alarms as _alarms
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import decide as _watchdog
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import outbox as _alerts
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import send as _send
from ansible_collections.streamops.flink.plugins.module_utils._watchdog.decide import Decision
from ansible_collections.streamops.flink.plugins.module_utils._watchdog.outbox import Outbox
from ansible_collections.streamops.flink.plugins.module_utils._watchdog.receivers import (
    CRITICAL,
    FIRING,
    RESOLVED,
    WARNING,
    problems,
)
from ansible_collections.streamops.flink.plugins.module_utils._watchdog.send import Message, Unsent, send
from ansible_collections.streamops.flink.tests.unit.plugins.hostile import certificate, server_context

from receivers import MailReceiver

NOW = 1_795_000_000.0
MESSAGE = Message("count", WARNING, FIRING, "ZOMBIE", "Flink job count is ZOMBIE", "It hangs.", "payments", NOW, NOW)


class Receiver:
    """A real HTTP server that keeps what it is sent."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.status = 200
        self.answer: Any = {"errcode": 0}
        self.seen = threading.Condition()
        this = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with this.seen:
                    this.requests.append((self.path, dict(self.headers), body))
                    this.seen.notify_all()
                self.send_response(this.status)
                self.end_headers()
                self.wfile.write(json.dumps(this.answer).encode())

            def log_message(self, *_arguments: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait(self, count: int) -> None:
        with self.seen:
            assert self.seen.wait_for(lambda: len(self.requests) >= count, 60)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


def options(kind: str, url: str, **more: Any) -> dict[str, Any]:
    return {"name": "r", "kind": kind, "url": url, **more}


def test_a_webhook_is_sent_all_that_is_known(receiver: Receiver) -> None:
    send(options("webhook", f"{receiver.url}/hook", token="t0ken"), MESSAGE)
    path, headers, body = receiver.requests[0]
    assert (path, headers["Authorization"]) == ("/hook", "Bearer t0ken")
    assert (body["key"], body["verdict"], body["status"], body["at"]) == (
        "count",
        "ZOMBIE",
        "firing",
        "2026-11-18T11:06:40.000Z",
    )


def test_alertmanager_is_told_when_it_began_and_when_it_is_over(receiver: Receiver) -> None:
    send(options("alertmanager", receiver.url), MESSAGE)
    send(options("alertmanager", receiver.url), MESSAGE._replace(status=RESOLVED, at=NOW + 60))
    (first,), (second,) = receiver.requests[0][2], receiver.requests[1][2]
    assert receiver.requests[0][0] == "/api/v2/alerts"
    assert first["labels"] == second["labels"]
    assert first["labels"]["severity"] == "warning"
    assert first["startsAt"] == second["startsAt"]
    assert (first["endsAt"] > second["endsAt"], second["endsAt"]) == (True, "2026-11-18T11:07:40.000Z")


def test_slack_is_sent_a_text(receiver: Receiver) -> None:
    send(options("slack", receiver.url), MESSAGE._replace(status=RESOLVED))
    assert receiver.requests[0][2] == {"text": "*Resolved: Flink job count is ZOMBIE*\nIt hangs."}


def test_dingtalk_is_signed_as_it_wants_it() -> None:
    # Calculated by the published recipe with OpenSSL.
    url = _send.signed("https://oapi.dingtalk.com/robot/send?access_token=a", "SEC1", 1_700_000_000_000)
    assert url.startswith("https://oapi.dingtalk.com/robot/send?access_token=a&timestamp=1700000000000&sign=")
    assert url.endswith("sign=" + EXPECTED_SIGN)


EXPECTED_SIGN = "ukR4%2BWoOOBTGaOauYqugxVrMSFyr92q4hPxJxuOkiio%3D"


def test_a_mail_says_how_bad_it_is_and_when_it_is_over() -> None:
    with MailReceiver() as server:
        one = {"name": "m", "kind": "mail", "host": "127.0.0.1", "port": server.port, "tls": "none"}
        one |= {"sender": "flink@b.example", "to": ["oncall@b.example"]}
        send(one, MESSAGE)
        send(one, MESSAGE._replace(status=RESOLVED))
        assert server.subjects("count") == [
            "[warning] Flink job count is ZOMBIE",
            "[resolved] Flink job count is ZOMBIE",
        ]
        assert "It hangs." in str(server.mails[0].get_payload())


def mail(port: int, **more: Any) -> dict[str, Any]:
    one = {"name": "m", "kind": "mail", "host": "127.0.0.1", "port": port, "sender": "flink@b.example"}
    return {**one, "to": ["oncall@b.example"], **more}


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_a_mail_goes_over_tls_with_a_login_and_only_to_a_server_that_proves_itself(mode: str, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "127.0.0.1")
    (tmp_path / "password").write_text("canary\n")
    known = {"tls": mode, "ca_path": str(cert), "username": "flink", "password_file": str(tmp_path / "password")}
    tls: dict[str, Any] = {mode: server_context(cert, key)}
    with MailReceiver(**tls, login=("flink", "canary")) as server:
        send(mail(server.port, **known), MESSAGE)
        assert len(server.mails) == 1
        with pytest.raises(Unsent, match="could not be notified: the server answered 535") as told:
            send(mail(server.port, **known | {"password_file": None, "password": "wrong canary"}), MESSAGE)
        assert "canary" not in told.value.message
        with pytest.raises(Unsent, match=r"could not be notified: .*certificate"):
            send(mail(server.port, **known | {"ca_path": None}), MESSAGE)
        assert len(server.mails) == 1


def test_a_mail_server_without_tls_is_given_no_password() -> None:
    with MailReceiver() as server:
        with pytest.raises(Unsent, match="could not be notified"):
            send(mail(server.port, username="flink", password="canary"), MESSAGE)
        assert server.mails == []


def test_dingtalk_says_no_with_the_status_200(receiver: Receiver) -> None:
    one = options("dingtalk", receiver.url, secret="SEC1")
    send(one, MESSAGE)
    receiver.answer = {"errcode": 310000, "errmsg": "sign not match"}
    with pytest.raises(Unsent, match="answered 310000: sign not match"):
        send(one, MESSAGE)


def test_a_secret_comes_from_a_file_and_is_never_told(receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"{receiver.url}/hook?key=canary\n")
    send({"name": "r", "kind": "webhook", "url_file": str(tmp_path / "url")}, MESSAGE)
    assert receiver.requests[0][0] == "/hook?key=canary"
    receiver.close()
    with pytest.raises(Unsent) as told:
        send({"name": "r", "kind": "webhook", "url_file": str(tmp_path / "url")}, MESSAGE)
    assert told.value.message == "the receiver r (webhook) could not be notified: Connection refused"
    with pytest.raises(Unsent, match="cannot be read from"):
        send({"name": "r", "kind": "webhook", "url_file": str(tmp_path / "none")}, MESSAGE)


def test_a_status_that_is_no_success_is_told(receiver: Receiver) -> None:
    receiver.status = 503
    with pytest.raises(Unsent, match="answered with the status 503"):
        send(options("webhook", receiver.url), MESSAGE)


def test_what_could_not_be_sent_is_tried_again_and_survives_the_process(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_alerts, "RETRY_SECONDS", 0.05)
    failed = threading.Event()

    def journal(event: str, line: Mapping[str, Any]) -> None:
        if event == "alert_failed" and line["receiver"] == "dead":
            failed.set()

    dead = options("webhook", "http://127.0.0.1:9/") | {"name": "dead"}
    outbox = Outbox([dead, options("webhook", receiver.url)], tmp_path / "outbox.json", journal)
    outbox.post(MESSAGE)
    # The one that is dead delays no other.
    receiver.wait(1)
    assert failed.wait(60)
    outbox.close()
    assert outbox.pending() >= 1
    again = Outbox([options("webhook", receiver.url) | {"name": "dead"}], tmp_path / "outbox.json", print)
    receiver.wait(2)
    again.close()


def test_a_receiver_is_told_only_what_is_bad_enough(receiver: Receiver, tmp_path: Path) -> None:
    outbox = Outbox([options("webhook", receiver.url, level=CRITICAL)], tmp_path / "outbox.json", lambda *_line: None)
    outbox.post(MESSAGE)
    outbox.post(MESSAGE._replace(level=CRITICAL))
    receiver.wait(1)
    outbox.close()
    assert [body["level"] for _path, _headers, body in receiver.requests] == ["critical"]


@pytest.mark.parametrize(
    ("one", "text"),
    [
        ({"kind": "mail"}, "has no name"),
        ({"name": "a", "kind": "pager"}, "unknown kind 'pager'"),
        ({"name": "a", "kind": "slack"}, "has neither url nor url_file"),
        ({"name": "a", "kind": "slack", "url": "ftp://x"}, "begins with neither"),
        ({"name": "a", "kind": "slack", "url": "http://x", "url_file": "/x"}, "gives both url and url_file"),
        ({"name": "a", "kind": "slack", "url": "http://x", "chanel": "y"}, "unknown option chanel"),
        ({"name": "a", "kind": "slack", "url": "http://x", "level": "loud"}, "unknown level 'loud'"),
        ({"name": "a", "kind": "slack", "url": "http://x", "timeout": 0}, "not a number of seconds above 0"),
        ({"name": "a", "kind": "dingtalk", "url": "http://x"}, "has no secret to sign with"),
        ({"name": "a", "kind": "mail", "sender": "a@b", "to": ["c@d"]}, "has no host"),
        ({"name": "a", "kind": "mail", "host": "h", "sender": "a@b", "to": "c@d"}, "not a list of addresses"),
        ({"name": "a", "kind": "mail", "host": "h", "sender": "a@b", "to": ["c@d"], "username": "u"}, "together"),
        (
            {
                "name": "a",
                "kind": "mail",
                "host": "h",
                "sender": "a",
                "to": ["c"],
                "tls": "none",
                "username": "u",
                "password": "p",
            },
            "in the clear",
        ),
    ],
)
def test_a_receiver_that_cannot_work_is_refused(one: dict[str, Any], text: str) -> None:
    (found,) = problems({"receivers": [one]})
    assert text in found


MAIL = {"name": "a", "kind": "mail", "host": "h", "sender": "a@b", "to": ["c@d"]}
KINDS_OF_HTTP = ["webhook", "slack", "dingtalk", "alertmanager"]


@pytest.mark.parametrize("repeat", ["4h", 0, "0", -1, "nan", "inf", True, [60]])
def test_a_repeat_that_is_no_number_is_refused(repeat: Any) -> None:
    wrong = f"has the repeat {repeat!r}, which is not a number of seconds above 0: give one such as 14400"
    assert problems({"repeat": repeat}) == [f"flink_watchdog_alerts {wrong}"]


@pytest.mark.parametrize("port", ["abc", 0, "0", -1, 65536, "99999", 25.5, True, [25]])
def test_a_mail_port_that_is_none_is_refused(port: Any) -> None:
    wrong = f"has the port {port!r}, which is not a whole number from 1 to 65535: give one such as 587, or leave it out"
    assert problems({"receivers": [{**MAIL, "port": port}]}) == [f"the receiver a of flink_watchdog_alerts {wrong}"]


@pytest.mark.parametrize("kind", KINDS_OF_HTTP)
@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("ftp://canary.example/canary", "has a url that begins with neither http:// nor https://"),
        ("canary.example/canary", "has a url that begins with neither http:// nor https://"),
        ("http://", "has a url without a host"),
        ("https:///canary", "has a url without a host"),
        ("https://:8080/canary", "has a url without a host"),
        ("https://canary.example:canary/", "has a url whose host or port cannot be read"),
        ("https://canary.example:99999/canary", "has a url whose host or port cannot be read"),
        ("https://[canary/", "has a url whose host or port cannot be read"),
    ],
)
def test_an_address_that_nothing_can_be_sent_to_is_refused_and_not_shown(kind: str, url: str, text: str) -> None:
    secret = {"secret": "SEC1"} if kind == "dingtalk" else {}
    assert problems({"receivers": [{"name": "a", "kind": kind, "url": url, **secret}]}) == [
        f"the receiver a of flink_watchdog_alerts {text}: give one such as https://alerts.example.com/flink"
    ]


@pytest.mark.parametrize("timeout", [float("inf"), "inf", "soon"])
def test_a_timeout_that_no_socket_takes_is_refused(timeout: Any) -> None:
    (found,) = problems({"receivers": [{**MAIL, "timeout": timeout}]})
    assert f"has the timeout {timeout!r}, which is not a number of seconds above 0" in found


@pytest.mark.parametrize(
    ("more", "one"),
    [
        ({"repeat": 14400}, MAIL),
        ({"repeat": "14400"}, {**MAIL, "port": "587", "timeout": "2.5"}),
        ({"repeat": None}, {**MAIL, "port": None}),
        ({"repeat": ""}, {**MAIL, "port": ""}),
        ({}, {**MAIL, "port": 65535, "ca_path": "/not/on/this/machine"}),
        ({}, {"name": "a", "kind": "webhook", "url": "HTTPS://user@[::1]:8443/x?y=z"}),
        ({}, {"name": "a", "kind": "alertmanager", "url": "http://alertmanager:9093"}),
    ],
)
def test_settings_that_can_work_are_not_refused(more: dict[str, Any], one: dict[str, Any]) -> None:
    assert problems({**more, "receivers": [one]}) == []


@pytest.mark.parametrize("kind", ["mail", *KINDS_OF_HTTP])
def test_certificates_that_cannot_be_read_are_named_when_something_is_to_be_sent(kind: str, tmp_path: Path) -> None:
    one = {**mail(9), **options(kind, "https://127.0.0.1:9/canary"), "secret": "SEC1", "timeout": 5}
    none = str(tmp_path / "none.pem")
    with pytest.raises(Unsent) as told:
        send({**one, "ca_path": none}, MESSAGE)
    assert told.value.message == f"the ca_path of the receiver r cannot be read from {none}: No such file or directory"
    # Nothing looks at certificates that are not checked.
    with pytest.raises(Unsent, match=r"could not be notified: Connection refused$"):
        send({**one, "ca_path": none, "validate_certs": False}, MESSAGE)


def test_without_tls_no_certificates_are_read(receiver: Receiver) -> None:
    send(options("webhook", receiver.url, ca_path="/not/there.pem"), MESSAGE)
    assert len(receiver.requests) == 1


def test_all_that_is_wrong_with_a_receiver_is_told_at_once() -> None:
    found = problems({"repeat": "4h", "receivers": [{"name": "a", "kind": "dingtalk", "url": "http://"}]})
    assert [text.partition(":")[0].rpartition("alerts ")[2] for text in found] == [
        "has the repeat '4h', which is not a number of seconds above 0",
        "has a url without a host",
        "has no secret to sign with",
    ]


def test_settings_that_are_no_settings_are_refused() -> None:
    assert problems([]) == ["flink_watchdog_alerts is not a dictionary: give receivers"]
    twice = [{"name": "a", "kind": "slack", "url": "http://x"}] * 2
    assert problems({"receivers": twice}) == ["two receivers of alerts are called a"]
    assert problems({"reciever": []}) == [
        "flink_watchdog_alerts has the unknown key reciever: it takes receivers and repeat"
    ]


# -- what is sent, and when ------------------------------------------------------------------------------------------

WELL = Finding("cluster", _model.HEALTHY, "led by jm1")
ILL = Finding("cluster", _model.NO_QUORUM, "ZooKeeper has no quorum", alert=True)
JOB = Finding("count", _model.ZOMBIE, "nothing has moved", bad=True, declared=True)


def tell(
    alarms: dict[str, Any], cluster: Finding = WELL, job: Finding | None = JOB, *decisions: Decision, **more: Any
) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    given: dict[str, Any] = {"lasting": True, **more}
    now = given.pop("now", NOW)
    report = Report(0, cluster, (job,) if job else ())
    alerts = _alarms.decide_alerts(alarms, report, decisions, now, cluster="payments", **given)
    return alerts.alarms, [(one.key, one.level, one.status) for one in alerts.messages]


def test_an_action_is_a_warning_a_page_is_critical_and_both_are_over_when_the_job_is_well() -> None:
    alarms, told = tell({}, WELL, JOB, Decision(_watchdog.ACT, JOB, "bad", "taskmanager", 2))
    assert told == [("count", WARNING, FIRING)]
    alarms, told = tell(alarms, WELL, JOB, Decision(_watchdog.PAGE, JOB, "the budget is over"))
    assert told == [("count", CRITICAL, FIRING)]
    alarms, told = tell(alarms, WELL, JOB)
    assert told == []
    alarms, told = tell(alarms, WELL, JOB._replace(verdict=_model.STARTING, bad=False))
    assert told == []
    alarms, told = tell(alarms, WELL, JOB._replace(verdict=_model.HEALTHY, bad=False))
    assert (told, alarms) == ([("count", CRITICAL, RESOLVED)], {})


def test_a_cluster_that_is_ill_is_told_once_and_again_after_a_while() -> None:
    assert tell({}, ILL, None, lasting=False)[1] == []
    alarms, told = tell({}, ILL, None)
    assert told == [("cluster", CRITICAL, FIRING)]
    assert tell(alarms, ILL, None, now=NOW + 60)[1] == []
    assert tell(alarms, ILL, None, now=NOW + 5 * 3600)[1] == [("cluster", CRITICAL, FIRING)]
    assert tell(alarms, WELL, None, now=NOW + 60)[1] == [("cluster", CRITICAL, RESOLVED)]


def test_a_job_that_is_not_to_run_any_more_is_over_too_but_not_while_it_is_unknown() -> None:
    alarms, _told = tell({}, WELL, JOB, Decision(_watchdog.PAGE, JOB, "the budget is over"))
    assert tell(alarms, ILL, None, lasting=False)[1] == []
    assert tell(alarms, WELL, None)[1] == [("count", CRITICAL, RESOLVED)]


def test_alarms_are_remembered_by_the_next_watchdog() -> None:
    alarms, _told = tell({}, ILL, None)
    assert _alarms.from_record(_alarms.as_record(alarms)) == alarms
    assert _alarms.from_record({"x": {"y": 1}}) == {}
