# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message to a receiver of alerts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import smtplib
import ssl
import time
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlsplit

from .._base.errors import FlinkError
from .._base.times import iso
from .receivers import ALERTMANAGER, DEFAULT_TIMEOUT, DINGTALK, FIRING, MAIL, RESOLVED, SLACK

# How long Alertmanager holds an alert that is not renewed.
HOLD_SECONDS = 6 * 3600.0


class Message(NamedTuple):
    """One alert as it is sent."""

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
        return {**self._asdict(), "at": iso(self.at), "since": iso(self.since)}


class Unsent(FlinkError):
    """A receiver did not take a message."""


def secret(options: Mapping[str, Any], key: str) -> str:
    """A secret that is given, or the content of a file; read anew each time, so that it can be changed."""
    path = options.get(f"{key}_file")
    if not path:
        return str(options.get(key) or "")
    try:
        return Path(str(path)).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Unsent(f"the {key} of the receiver {options['name']} cannot be read from {path}: {reason}") from error


# -- sending ---------------------------------------------------------------------------------------------------------


def send(options: Mapping[str, Any], message: Message) -> None:
    """Deliver one message to one receiver. Raises Unsent."""
    kind, name = str(options["kind"]), str(options["name"])
    try:
        if kind == MAIL:
            _mail(options, message)
        else:
            _post(kind, options, message)
    except Unsent:
        raise
    except Exception as error:
        # An address may hold a token, so that nothing is shown but the operating system's own message.
        raise Unsent(f"the receiver {name} ({kind}) could not be notified: {_reason(error)}") from error


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
    mail.set_content(f"{message.text}\n\ncluster: {message.cluster}\nat: {iso(message.at)}\n")
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
    """The certificates that a server has to prove itself by; empty where the system's do, or they are not checked.

    Like the file of a secret, they are on the host that sends, and are looked for each time.
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
        answer = json.loads(content)
        code, words = answer["errcode"], str(answer.get("errmsg", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        code, words = None, "an answer that is not DingTalk's"
    if code != 0:
        raise Unsent(f"the receiver {options['name']} (dingtalk) answered {code}: {words[:200]}")


def signed(url: str, key: str, milliseconds: int) -> str:
    """DingTalk requires the time and the key, hashed with the key."""
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
                "startsAt": iso(message.since),
                "endsAt": iso(ends),
            }
        ]
    return message.as_dict()
