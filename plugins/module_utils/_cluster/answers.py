# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Flink's REST answers mean: JSON, errors, root causes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from .._base.errors import Doubtful, FlinkError, RestError, Unreachable
from .._base.secrets import mask_url

Json = Any


EXCERPT = 80


# Flink rejected the call before it reached the component that would have executed it.
_NOT_EXECUTED = (
    "ongoing leader election",
    "RecipientUnreachableException",
    "FencingTokenException",
    "RpcConnectionException",
    "LeadershipLostException",
    "UnavailableDispatcherOperationException",
)


# Flink gave up waiting for the component that executes the call; it may still do so.
_PERHAPS_EXECUTED = ("AskTimeoutException", "java.util.concurrent.TimeoutException", "RpcTimeoutException")


# Where the text of a cause ends and its stack begins.
_STACK = ("at ", "... ", "Suppressed: ", "End of exception", "Caused by: ")


_WRAPPERS = ("CompletionException: ", "ExecutionException: ", "RestHandlerException: ")


def number(document: object, key: str, what: str) -> int:
    """A number that Flink always returns.

    :arg what: the path that was requested.
    """
    value = document.get(key) if isinstance(document, dict) else None
    if not isinstance(value, int) or abs(value) >= 2**63:
        raise FlinkError(f"the leader's answer to {what} has no number {key!r}: is that a Flink JobManager?")
    return value


def root_cause(errors: Sequence[str]) -> str:
    """The innermost cause that Flink's error texts name, on one line."""
    text = "\n".join(errors)
    lines = text.splitlines()
    starts = [index for index, line in enumerate(lines) if line.startswith("Caused by: ")]
    if starts:
        return _first_cause(lines[starts[-1]].removeprefix("Caused by: "), lines[starts[-1] + 1 :])
    marker = "<Exception on server side:"
    for index, line in enumerate(lines):
        if line.strip() == marker and index + 1 < len(lines):
            return _first_cause(lines[index + 1], lines[index + 2 :])
    return _first_cause(lines[0], lines[1:]) if lines else ""


def _first_cause(first: str, rest: Sequence[str]) -> str:
    """A cause's message may have several lines; it ends where the stack begins."""
    parts = [first]
    for line in rest:
        if line.lstrip().startswith(_STACK) or len(parts) > 20:
            break
        parts.append(line)
    cause = " ".join(" ".join(parts).split())
    while True:
        short = _without_package(cause)
        for wrapper in _WRAPPERS:
            short = short.removeprefix(wrapper)
        if short == cause:
            return cause[:2000]
        cause = short


def _without_package(cause: str) -> str:
    """'FlinkException: why' of 'org.apache.flink.util.FlinkException: why'."""
    name, colon, rest = cause.partition(":")
    package, dot, simple = name.rpartition(".")
    if not dot or not package.replace(".", "").replace("_", "").isalnum() or not simple[:1].isupper():
        return cause
    return simple + colon + rest


def excerpt(body: bytes) -> str:
    """The first bytes of an answer, fit for a message."""
    text = " ".join(body[: EXCERPT * 4].decode("utf-8", "replace").split())
    shown = text[:EXCERPT] + ("…" if len(text) > EXCERPT or len(body) > EXCERPT * 4 else "")
    return mask_url("".join(char if char.isprintable() else "?" for char in shown))


def _status_text(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _error_texts(document: Json) -> list[str]:
    if isinstance(document, dict) and isinstance(document.get("errors"), list):
        return [str(text) for text in document["errors"] if text]
    return []


def interpret(method: str, url: str, status: int, location: str, body: bytes, *, idempotent: bool) -> Json:
    """What an answer means: its JSON, or the error to raise."""
    where = f"{method} {mask_url(url)}"
    if 300 <= status < 400:
        raise RestError(
            f"{where} answered {_status_text(status)}, a redirect to {location or 'nowhere'!r} that is not followed:"
            " give the address of the JobManager itself",
            status=status,
            url=url,
        )
    if status in (401, 403, 407):
        raise RestError(
            f"{where} was refused with {_status_text(status)}:"
            " check rest_username and rest_password, rest_token or the client certificate",
            status=status,
            url=url,
        )
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    errors = _error_texts(document)
    if 200 <= status < 300 and isinstance(document, (dict, list)) and not errors:
        return document
    cause = root_cause(errors)
    text = "\n".join(errors)
    kind: type[RestError] = RestError
    if any(sign in text for sign in _NOT_EXECUTED):
        kind = Unreachable
    elif status in (502, 503, 504) or (status >= 500 and any(sign in text for sign in _PERHAPS_EXECUTED)):
        kind = Unreachable if idempotent else Doubtful
    if errors:
        raise kind(
            f"{where} failed with {_status_text(status)}: {cause}",
            status=status,
            url=url,
            errors=errors,
            root_cause=cause,
        )
    what = _describe(body, document)
    if 200 <= status < 300 and not idempotent:
        # The call was accepted by something that is not Flink: it is unknown what it did.
        kind = Doubtful
    raise kind(
        f"{where} answered {_status_text(status)} with {what}: is this the REST port of a Flink JobManager?",
        status=status,
        url=url,
    )


def _describe(body: bytes, document: Json) -> str:
    if not body.strip():
        return "an empty body"
    if document is not None:
        return f"unexpected content ({excerpt(body)})"
    if body.lstrip()[:1] == b"<":
        return f"HTML instead of JSON ({excerpt(body)})"
    return f"something that is not JSON ({excerpt(body)})"
