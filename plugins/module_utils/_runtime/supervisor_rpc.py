# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""supervisord's XML-RPC, over its socket."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from typing import Any
from xml.parsers import expat

from .._base.errors import FlinkError

# A UNIX socket's path may have 107 bytes; supervisord binds "<path>.<its pid>" first and then links it.
SOCKET_NAME = "supervisor.sock"
SOCKET_PATH_MAX = 107 - len(".4194304")
ANSWER_SECONDS = 20.0


# --- XML-RPC over a UNIX socket --------------------------------------------------------------------------------
# The client of the standard library costs 30 ms of start-up, and this module starts once a daemon and playbook.


class GoneError(FlinkError):
    """No supervisord listens there, or it is about to end."""

    def __init__(self, path: str, reason: object) -> None:
        super().__init__(f"no supervisord answers at {path} ({reason}); run the playbook again")


class FaultError(Exception):
    """supervisord refused a call."""

    SHUTDOWN = 6
    BAD_NAME = 10
    NOT_RUNNING = 70
    ALREADY_STARTED = 60
    STILL_RUNNING = 91

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def encode_call(method: str, arguments: Sequence[str | bool]) -> bytes:
    def value(argument: str | bool) -> str:
        if isinstance(argument, bool):
            return f"<boolean>{int(argument)}</boolean>"
        text = argument.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f"<string>{text}</string>"

    parameters = "".join(f"<param><value>{value(argument)}</value></param>" for argument in arguments)
    return (
        f"<?xml version='1.0'?><methodCall><methodName>{method}</methodName><params>{parameters}</params></methodCall>"
    ).encode()


class _Decoder:
    """Builds the value of an answer while its XML is read."""

    def __init__(self) -> None:
        self.stack: list[list[Any]] = [[]]
        self._text: list[str] = []

    def decode(self, content: bytes) -> Any:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.Parse(content, True)
        return self.stack[0][0] if self.stack[0] else None

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._text.clear()
        if tag in ("array", "struct"):
            self.stack.append([])

    def _end(self, tag: str) -> None:
        content = "".join(self._text)
        self._text.clear()
        if tag in ("int", "i4", "i8"):
            self.stack[-1].append(int(content))
        elif tag == "boolean":
            self.stack[-1].append(content.strip() == "1")
        elif tag in ("string", "name"):
            self.stack[-1].append(content)
        elif tag == "array":
            elements = self.stack.pop()
            self.stack[-1].append(elements)
        elif tag == "struct":
            members = self.stack.pop()
            self.stack[-1].append(dict(zip(members[::2], members[1::2], strict=True)))
        elif tag == "fault":
            why = self.stack[-1].pop()
            raise FaultError(int(why["faultCode"]), str(why["faultString"]))


def decode_answer(content: bytes) -> Any:
    """The value of an answer.

    :raises FaultError: supervisord refused.
    """
    return _Decoder().decode(content)


def call(path: str, method: str, *arguments: str | bool, seconds: float = ANSWER_SECONDS) -> Any:
    """Ask the supervisord that listens on a UNIX socket.

    :raises GoneError: none listens there, or it is shutting down.
    :raises FaultError: it refused.
    """
    body = encode_call(f"supervisor.{method}", arguments)
    head = f"POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    answer = bytearray()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        try:
            connection.connect(path)
            connection.sendall(head + body)
            while chunk := connection.recv(65536):
                answer += chunk
        except (FileNotFoundError, ConnectionError) as error:
            raise GoneError(path, error) from error
        except PermissionError as error:
            raise FlinkError(
                f"cannot reach supervisord at {path}: its socket belongs to another account; "
                "run the playbook as the account that started it, or become root"
            ) from error
        except TimeoutError as error:
            raise FlinkError(
                f"supervisord at {path} did not answer {method} within {seconds:g} s; "
                "see whether it is stopped or overloaded (its log is next to the socket)"
            ) from error
    status, separator, content = bytes(answer).partition(b"\r\n\r\n")
    if not separator:
        raise GoneError(path, "the connection was closed without an answer")
    if status.split(b" ", 2)[1:2] != [b"200"]:
        raise FlinkError(f"supervisord at {path} answered {method} with {status.splitlines()[0].decode()!r}")
    try:
        return decode_answer(content)
    except FaultError as fault:
        if fault.code == FaultError.SHUTDOWN:
            raise GoneError(path, "it is shutting down") from fault
        raise
