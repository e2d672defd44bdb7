# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no interface for others, may change at any time.
"""Tells people: by mail, by webhooks, by Slack, DingTalk and Alertmanager.

Each receiver has a thread and a queue of its own, so that one that is slow or broken holds up neither the others nor
the watchdog. What could not be sent lies in a file and is tried again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import re
import smtplib
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlsplit

from .._base.errors import FlinkError

WARNING, CRITICAL = "warning", "critical"
LEVELS = (WARNING, CRITICAL)
FIRING, RESOLVED = "firing", "resolved"

MAIL, WEBHOOK, SLACK, DINGTALK, ALERTMANAGER = "mail", "webhook", "slack", "dingtalk", "alertmanager"
HTTP_OPTIONS = ("url", "url_file", "ca_path", "validate_certs", "token", "token_file")
KINDS: Mapping[str, tuple[str, ...]] = {
    MAIL: ("host", "port", "tls", "username", "password", "password_file", "sender", "to", "ca_path", "validate_certs"),
    WEBHOOK: HTTP_OPTIONS,
    SLACK: HTTP_OPTIONS,
    DINGTALK: (*HTTP_OPTIONS, "secret", "secret_file"),
    ALERTMANAGER: HTTP_OPTIONS,
}
COMMON = ("name", "kind", "level", "timeout")
SECRETS = ("password", "token", "secret", "url")
TLS_MODES = ("starttls", "implicit", "none")

DEFAULT_TIMEOUT = 10.0
# Between two tries, from the first to the longest.
RETRY_SECONDS, RETRY_LIMIT = 5.0, 300.0
# A receiver that is away for days is not told everything.
QUEUE_LIMIT = 200
# How long Alertmanager holds an alert that nobody renews.
HOLD_SECONDS = 6 * 3600.0

Journal = Callable[[str, dict[str, Any]], None]


class Message(NamedTuple):
    """One thing that people are told."""

    key: str
    level: str
    status: str
    verdict: str
    title: str
    text: str
    cluster: str
    at: float
    since: float

    def as_dict(self) -> dict[str, Any]:
        return {**self._asdict(), "at": rfc3339(self.at), "since": rfc3339(self.since)}


def rfc3339(at: float) -> str:
    return datetime.fromtimestamp(at, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Unsent(FlinkError):
    """A receiver did not take a message."""


# -- settings --------------------------------------------------------------------------------------------------------


def problems(settings: object) -> list[str]:
    """What is wrong with the settings of alerts, one sentence each. Asks nobody."""
    if not isinstance(settings, Mapping):
        return ["flink_watchdog_alerts is no dictionary: give receivers"]
    found = [
        f"flink_watchdog_alerts has the unknown key {key}: it takes receivers and repeat"
        for key in settings
        if key not in {"receivers", "repeat"}
    ]
    repeat = settings.get("repeat")
    if _is_given(repeat) and not _is_positive(repeat):
        found.append(
            f"flink_watchdog_alerts has the repeat {repeat!r}, which is no number of seconds above 0:"
            " give one such as 14400"
        )
    receivers = settings.get("receivers") or []
    if not isinstance(receivers, list):
        return [*found, "flink_watchdog_alerts.receivers is no list"]
    names = [str(one.get("name")) for one in receivers if isinstance(one, Mapping)]
    found += [f"two receivers of alerts are called {name}" for name in sorted({n for n in names if names.count(n) > 1})]
    return found + [text for number, one in enumerate(receivers, 1) for text in _receiver_problems(number, one)]


def _receiver_problems(number: int, one: object) -> list[str]:
    where = f"receiver {number} of flink_watchdog_alerts"
    if not isinstance(one, Mapping):
        return [f"{where} is no dictionary"]
    if not one.get("name"):
        return [f"{where} has no name"]
    where = f"the receiver {one['name']} of flink_watchdog_alerts"
    kind = str(one.get("kind"))
    if kind not in KINDS:
        return [f"{where} has the unknown kind {kind!r}: it can be {', '.join(KINDS)}"]
    known = {*COMMON, *KINDS[kind]}
    found = [f"{where} has the unknown option {key} for the kind {kind}" for key in one if key not in known]
    if one.get("level", WARNING) not in LEVELS:
        found.append(f"{where} has the unknown level {one.get('level')!r}: it can be {' or '.join(LEVELS)}")
    if not _is_positive(one.get("timeout", DEFAULT_TIMEOUT)):
        found.append(f"{where} has the timeout {one.get('timeout')!r}, which is no number of seconds above 0")
    found += [f"{where} gives both {key} and {key}_file" for key in SECRETS if one.get(key) and one.get(f"{key}_file")]
    return found + [f"{where} {text}" for text in (_mail_problems(one) if kind == MAIL else _http_problems(kind, one))]


def _mail_problems(one: Mapping[str, Any]) -> list[str]:
    found = [f"has no {key}" for key in ("host", "sender", "to") if not one.get(key)]
    port = one.get("port")
    if _is_given(port) and not _is_port(port):
        found.append(
            f"has the port {port!r}, which is no whole number from 1 to 65535: give one such as 587, or leave it out"
        )
    if one.get("tls", "starttls") not in TLS_MODES:
        found.append(f"has the unknown tls {one.get('tls')!r}: it can be {', '.join(TLS_MODES)}")
    if one.get("to") and not isinstance(one["to"], list):
        found.append("has a to that is no list of addresses")
    has_password = bool(one.get("password") or one.get("password_file"))
    if bool(one.get("username")) != has_password:
        found.append("needs username and password together")
    if one.get("username") and one.get("tls", "starttls") == "none":
        found.append("would send its password in the clear: set tls")
    return found


def _http_problems(kind: str, one: Mapping[str, Any]) -> list[str]:
    if not one.get("url") and not one.get("url_file"):
        return ["has neither url nor url_file"]
    found = []
    if one.get("url") and (wrong := _url_problem(str(one["url"]))):
        found.append(f"{wrong}: give one such as https://alerts.example.com/flink")
    if kind == DINGTALK and not one.get("secret") and not one.get("secret_file"):
        found.append("has no secret to sign with")
    return found


def _url_problem(url: str) -> str:
    """Why nothing can be sent to an address, which may hold a token: nothing of it is shown."""
    try:
        parts = urlsplit(url)
        # A port is read, and refused, only when it is asked for.
        _port = parts.port
    except ValueError:
        return "has a url whose host or port cannot be read"
    if parts.scheme not in {"http", "https"}:
        return "has a url that begins with neither http:// nor https://"
    return "" if parts.hostname else "has a url without a host"


def _is_given(value: object) -> bool:
    return value is not None and value != ""


def _is_positive(value: object) -> bool:
    try:
        return 0 < float(str(value)) < math.inf
    except ValueError:
        return False


def _is_port(value: object) -> bool:
    text = str(value).strip()
    return re.fullmatch("[0-9]{1,5}", text) is not None and 1 <= int(text) <= 65535


def secret(options: Mapping[str, Any], key: str) -> str:
    """A secret that is given, or the content of a file; read anew each time, so that it can be changed."""
    path = options.get(f"{key}_file")
    if not path:
        return str(options.get(key) or "")
    try:
        return Path(str(path)).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise Unsent(f"the {key} of the receiver {options['name']} cannot be read from {path}: {reason}") from error


# -- sending ---------------------------------------------------------------------------------------------------------


def send(options: Mapping[str, Any], message: Message) -> None:
    """Hand one message to one receiver. Raises Unsent."""
    kind, name = str(options["kind"]), str(options["name"])
    try:
        if kind == MAIL:
            _mail(options, message)
        else:
            _post(kind, options, message)
    except Unsent:
        raise
    except Exception as error:
        # An address may hold a token, so that nothing is told but the operating system's own words.
        raise Unsent(f"the receiver {name} ({kind}) could not be told: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    seen: BaseException | None = error
    words = ""
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            words = seen.strerror
        seen = seen.__cause__ or seen.__context__
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"the server answered {error.smtp_code} {text}"
    return words or type(error).__name__


def _mail(options: Mapping[str, Any], message: Message) -> None:
    mail = EmailMessage()
    mail["Subject"] = f"[{message.level if message.status == FIRING else RESOLVED}] {message.title}"
    mail["From"] = str(options["sender"])
    mail["To"] = ", ".join(str(one) for one in options["to"])
    mail.set_content(f"{message.text}\n\ncluster: {message.cluster}\nat: {rfc3339(message.at)}\n")
    seconds = float(options.get("timeout") or DEFAULT_TIMEOUT)
    mode = str(options.get("tls") or "starttls")
    host, port = str(options["host"]), int(options.get("port") or (465 if mode == "implicit" else 587))
    context = _tls(options)
    server: smtplib.SMTP
    if mode == "implicit":
        server = smtplib.SMTP_SSL(host, port, timeout=seconds, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=seconds)
    with server:
        if mode == "starttls":
            server.starttls(context=context)
        if options.get("username"):
            server.login(str(options["username"]), secret(options, "password"))
        server.send_message(mail)


def _tls(options: Mapping[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=_ca_path(options) or None)
    if options.get("validate_certs") is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _ca_path(options: Mapping[str, Any]) -> str:
    """The certificates that a server has to prove itself by; empty where the system's do, or nobody looks at them.

    Like the file of a secret, they lie on the host that sends, and are looked for each time.
    """
    path = str(options.get("ca_path") or "")
    if not path or options.get("validate_certs") is False:
        return ""
    try:
        if not Path(path).is_dir():
            Path(path).open("rb").close()
    except OSError as error:
        raise Unsent(
            f"the ca_path of the receiver {options['name']} cannot be read from {path}: {error.strerror}"
        ) from error
    return path


def _post(kind: str, options: Mapping[str, Any], message: Message) -> None:
    import requests

    url = secret(options, "url")
    if kind == DINGTALK:
        url = signed(url, secret(options, "secret"), int(time.time() * 1000))
    if kind == ALERTMANAGER:
        url = f"{url.rstrip('/')}/api/v2/alerts"
    token = secret(options, "token")
    with requests.Session() as session:
        session.trust_env = False
        # Without TLS nothing is to be proved.
        known = _ca_path(options) if urlsplit(url).scheme == "https" else ""
        session.verify = known or options.get("validate_certs") is not False
        answer = session.post(
            url,
            json=body(kind, message),
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=float(options.get("timeout") or DEFAULT_TIMEOUT),
            allow_redirects=False,
        )
    if not 200 <= answer.status_code < 300:
        raise Unsent(f"the receiver {options['name']} ({kind}) answered with the status {answer.status_code}")
    if kind == DINGTALK:
        _check_dingtalk(options, answer.content)


def _check_dingtalk(options: Mapping[str, Any], content: bytes) -> None:
    """It answers 200 whatever was wrong."""
    try:
        told = json.loads(content)
        code, words = told["errcode"], str(told.get("errmsg", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        code, words = None, "an answer that is not DingTalk's"
    if code != 0:
        raise Unsent(f"the receiver {options['name']} (dingtalk) answered {code}: {words[:200]}")


def signed(url: str, key: str, milliseconds: int) -> str:
    """DingTalk wants the time and the key, hashed with the key."""
    text = f"{milliseconds}\n{key}"
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    sign = quote_plus(base64.b64encode(digest).decode())
    return f"{url}{'&' if '?' in url else '?'}timestamp={milliseconds}&sign={sign}"


def body(kind: str, message: Message) -> Any:
    """What a kind of receiver reads."""
    title = message.title if message.status == FIRING else f"Resolved: {message.title}"
    if kind == SLACK:
        return {"text": f"*{title}*\n{message.text}"}
    if kind == DINGTALK:
        return {"msgtype": "markdown", "markdown": {"title": title, "text": f"#### {title}\n\n{message.text}"}}
    if kind == ALERTMANAGER:
        ends = message.at if message.status == RESOLVED else message.at + HOLD_SECONDS
        return [
            {
                "labels": {
                    "alertname": "FlinkWatchdog",
                    "cluster": message.cluster,
                    "subject": message.key,
                    "severity": message.level,
                },
                "annotations": {"summary": title, "description": message.text},
                "startsAt": rfc3339(message.since),
                "endsAt": rfc3339(ends),
            }
        ]
    return message.as_dict()


# -- the queue -------------------------------------------------------------------------------------------------------


class Outbox:
    """Messages on their way, each receiver's in order. They survive the end of the process in a file."""

    def __init__(self, receivers: Sequence[Mapping[str, Any]], path: Path, journal: Journal) -> None:
        self._receivers = {str(one["name"]): one for one in receivers}
        self._path = path
        self._journal = journal
        self._lock = threading.Condition()
        self._waiting: dict[str, list[Message]] = {name: [] for name in self._receivers}
        self._ended = False
        self.failed = 0
        self._load()
        for name in self._receivers:
            threading.Thread(target=self._work, args=(name,), daemon=True, name=f"alerts to {name}").start()

    def post(self, message: Message) -> None:
        """Never waits, never fails."""
        with self._lock:
            for name, options in self._receivers.items():
                wanted = str(options.get("level") or WARNING)
                # What was told is also told to be over.
                if LEVELS.index(message.level) >= LEVELS.index(wanted):
                    self._waiting[name] = [*self._waiting[name], message][-QUEUE_LIMIT:]
            self._save()
            self._lock.notify_all()

    def pending(self) -> int:
        with self._lock:
            return sum(len(one) for one in self._waiting.values())

    def close(self) -> None:
        with self._lock:
            self._ended = True
            self._lock.notify_all()

    def _work(self, name: str) -> None:
        pause = RETRY_SECONDS
        while True:
            with self._lock:
                while not self._waiting[name] and not self._ended:
                    self._lock.wait()
                if self._ended:
                    return
                message = self._waiting[name][0]
            try:
                send(self._receivers[name], message)
            except Unsent as error:
                self.failed += 1
                self._journal("alert_failed", {"receiver": name, "what": error.message, "again_in": pause})
                with self._lock:
                    if not self._ended:
                        self._lock.wait_for(lambda: self._ended, pause)
                pause = min(RETRY_LIMIT, pause * 2)
                continue
            pause = RETRY_SECONDS
            self._journal("alert_sent", {"receiver": name, "title": message.title, "status": message.status})
            with self._lock:
                if self._waiting[name] and self._waiting[name][0] == message:
                    del self._waiting[name][0]
                self._save()

    def _save(self) -> None:
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            content = {name: [one._asdict() for one in waiting] for name, waiting in self._waiting.items()}
            beside.write_text(json.dumps(content) + "\n", encoding="utf-8")
            beside.chmod(0o600)
            beside.replace(self._path)
        except OSError as error:
            # They are still sent; only the end of this process would now lose them.
            self._journal("trouble", {"what": f"unsent alerts cannot be kept in {self._path}: {error.strerror}"})

    def _load(self) -> None:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            for name in self._waiting:
                self._waiting[name] = [Message(**one) for one in found.get(name, [])]
        except (OSError, ValueError, TypeError, AttributeError):
            return
