# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flink's REST API, spoken through failovers.

Every JobManager answers with the leader's data, so an answer proves nothing about leadership: ZooKeeper says where to
ask. Every call is bounded in time and size, whatever the other side does. A call that may have been executed although
no answer came is never repeated blindly: it raises Doubtful.
"""

from __future__ import annotations

import json
import os
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .._base.errors import Doubtful, FlinkError, NotYet, RestError, Unreachable, ZooKeeperUnavailable
from .._base.secrets import mask_url
from .._base.wait import Counter, Deadline, OutOfTimeError, Progress, bounded, parallel, seconds_text
from .answers import Json, excerpt, interpret, root_cause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import BinaryIO

    import requests

__all__ = [
    "Call",
    "Endpoint",
    "Rest",
    "RestSettings",
    "Upload",
    "excerpt",
    "interpret",
    "parallel",
    "root_cause",
]


BODY_LIMIT = 64 * 1024 * 1024
CHUNK = 64 * 1024
RETRY_INTERVAL = 0.25


class RestSettings(NamedTuple):
    """How to speak to a JobManager's REST port or to the proxy before it."""

    username: str | None = None
    password: str | None = None
    token: str | None = None
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    validate_certs: bool = True
    request_timeout: float = 10.0

    def __repr__(self) -> str:
        return f"RestSettings(username={self.username!r}, request_timeout={self.request_timeout!r}, …)"


class Upload(NamedTuple):
    """A file sent as multipart/form-data, read while it is sent."""

    path: str
    filename: str
    form_field: str = "jarfile"
    content_type: str = "application/x-java-archive"


class Call(NamedTuple):
    """One request, wherever it will be sent."""

    method: str
    path: str
    params: Mapping[str, str] | None = None
    body: Json = None
    upload: Upload | None = None
    idempotent: bool = False
    timeout: float | None = None


class _Multipart:
    """A file-like body of a known length, so that a jar of any size is never held in memory."""

    def __init__(self, upload: Upload, boundary: str, stream: BinaryIO) -> None:
        name = upload.filename.translate(dict.fromkeys(map(ord, '\r\n"\\'), "_"))
        self._head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{upload.form_field}"; filename="{name}"\r\n'
            f"Content-Type: {upload.content_type}\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self._file = stream
        self._length = len(self._head) + os.fstat(stream.fileno()).st_size + len(self._tail)

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            return head
        data = self._file.read(size)
        if data:
            return data
        tail, self._tail = self._tail, b""
        return tail


class _Verbs:
    """The verbs, the same for a fixed endpoint and for the one that follows the leader."""

    def call(self, call: Call, deadline: Deadline | None = None) -> Json:
        raise NotImplementedError

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        deadline: Deadline | None = None,
        timeout: float | None = None,
    ) -> Json:
        return self.call(Call("GET", path, params=params, idempotent=True, timeout=timeout), deadline)

    def post(
        self,
        path: str,
        body: Json = None,
        *,
        params: Mapping[str, str] | None = None,
        deadline: Deadline | None = None,
        timeout: float | None = None,
        idempotent: bool = False,
    ) -> Json:
        return self.call(Call("POST", path, params, {} if body is None else body, None, idempotent, timeout), deadline)

    def patch(
        self,
        path: str,
        body: Json = None,
        *,
        params: Mapping[str, str] | None = None,
        deadline: Deadline | None = None,
        timeout: float | None = None,
        idempotent: bool = False,
    ) -> Json:
        return self.call(Call("PATCH", path, params, body, None, idempotent, timeout), deadline)

    def put(
        self,
        path: str,
        body: Json = None,
        *,
        params: Mapping[str, str] | None = None,
        deadline: Deadline | None = None,
        timeout: float | None = None,
        idempotent: bool = True,
    ) -> Json:
        return self.call(Call("PUT", path, params, body, None, idempotent, timeout), deadline)

    def delete(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        deadline: Deadline | None = None,
        timeout: float | None = None,
        idempotent: bool = False,
    ) -> Json:
        return self.call(Call("DELETE", path, params, None, None, idempotent, timeout), deadline)

    def upload(
        self, path: str, upload: Upload, *, deadline: Deadline | None = None, timeout: float | None = None
    ) -> Json:
        return self.call(Call("POST", path, upload=upload, timeout=timeout), deadline)


class _NoTimeError(Unreachable):
    """The deadline had passed before the call was sent."""


class Endpoint(_Verbs):
    """One address. It is asked once per call: whatever fails is said, nothing is repeated."""

    def __init__(self, url: str, settings: RestSettings, counter: Counter | None = None) -> None:
        self.url = url.rstrip("/")
        self._settings = settings
        self._counter = counter or Counter()
        self._open: requests.Session | None = None

    @property
    def round_trips(self) -> int:
        return self._counter.value

    def close(self) -> None:
        session, self._open = self._open, None
        if session is not None:
            session.close()

    def call(self, call: Call, deadline: Deadline | None = None) -> Json:
        limit = call.timeout or self._settings.request_timeout
        seconds = limit if deadline is None else deadline.cap(limit)
        url = self.url + "/" + call.path.lstrip("/")
        doubt = Unreachable if call.idempotent else Doubtful
        if seconds <= 0:
            raise _NoTimeError(f"no time was left for {call.method} {mask_url(url)}", url=url)
        self._counter.add()
        session = self._session()
        try:
            status, location, body = bounded(lambda: _exchange(session, call, url, seconds), seconds)
        except OutOfTimeError:
            self._open = None
            raise doubt(
                f"{call.method} {mask_url(url)} was not answered in full within {seconds_text(seconds)} s", url=url
            ) from None
        except _TooLongError:
            self._open = None
            raise doubt(
                f"{call.method} {mask_url(url)} answered with more than {BODY_LIMIT // 1024 // 1024} MiB", url=url
            ) from None
        except FlinkError:
            raise
        except Exception as error:
            self._open = None
            raise _transport_error(error, call, url, seconds) from error
        return interpret(call.method, url, status, location, body, idempotent=call.idempotent)

    def _session(self) -> requests.Session:
        if self._open is None:
            self._open = _new_session(self._settings)
        return self._open


class _TooLongError(Exception):
    """The answer is longer than anything Flink says."""


def _exchange(session: requests.Session, call: Call, url: str, seconds: float) -> tuple[int, str, bytes]:
    deadline = Deadline(seconds)
    headers = {"Accept": "application/json"}
    with (
        _payload(call, headers) as data,
        session.request(
            call.method,
            url,
            params=dict(call.params) if call.params else None,
            data=data,
            headers=headers,
            timeout=(seconds, seconds),
            allow_redirects=False,
            stream=True,
        ) as response,
    ):
        body = bytearray()
        for chunk in response.iter_content(CHUNK):
            body += chunk
            if len(body) > BODY_LIMIT:
                raise _TooLongError
            if deadline.expired:
                raise OutOfTimeError
        return response.status_code, mask_url(response.headers.get("Location", "")), bytes(body)


@contextmanager
def _payload(call: Call, headers: dict[str, str]) -> Iterator[Any]:
    """What is sent as the body; the headers describe it."""
    if call.upload is not None:
        boundary = uuid.uuid4().hex
        headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
        with _opened(call.upload.path) as stream:
            yield _Multipart(call.upload, boundary, stream)
    elif call.body is not None:
        headers["Content-Type"] = "application/json"
        yield json.dumps(call.body).encode()
    else:
        yield None


def _opened(path: str) -> BinaryIO:
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise FlinkError(f"cannot read {path} for the upload: {error.strerror or error}") from error


def _new_session(settings: RestSettings) -> requests.Session:
    try:
        import requests
        import urllib3
    except ImportError as error:
        raise FlinkError(
            f"the Python library requests cannot be imported ({error}): install it for the Python that runs this module"
        ) from error
    session = requests.Session()
    # Proxies, .netrc and CA bundles of the environment would decide in silence who is asked and with which password.
    session.trust_env = False
    session.verify = (settings.ca_path or True) if settings.validate_certs else False
    if not settings.validate_certs:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    if settings.client_cert:
        session.cert = (settings.client_cert, settings.client_key) if settings.client_key else settings.client_cert
    if settings.token:
        session.headers["Authorization"] = f"Bearer {settings.token.strip()}"
    elif settings.username:
        session.auth = (settings.username, settings.password or "")
    return session


def _transport_error(error: Exception, call: Call, url: str, seconds: float) -> RestError:
    """The sentence and the kind for a call that got no answer."""
    import requests

    where = f"{call.method} {mask_url(url)}"
    doubt: type[RestError] = Unreachable if call.idempotent else Doubtful
    if isinstance(error, requests.exceptions.SSLError):
        return RestError(
            f"{where} failed because TLS could not be agreed on: {_reason(error)};"
            " check rest_ca_path, the host name in the certificate and the client certificate",
            url=url,
        )
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Unreachable(f"{where} failed: no connection within {seconds_text(seconds)} s", url=url)
    if isinstance(error, requests.exceptions.ReadTimeout):
        return doubt(f"{where} was not answered within {seconds_text(seconds)} s", url=url)
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema)):
        return RestError(f"{where} cannot be called: the address is not a valid http:// or https:// URL", url=url)
    if isinstance(error, requests.exceptions.InvalidHeader):
        # The library's own words would show the token.
        return RestError(f"{where} cannot be sent: rest_token holds characters that no header may have", url=url)
    if isinstance(error, requests.exceptions.InvalidSchema):
        return RestError(f"{where} cannot be called: only http:// and https:// are spoken", url=url)
    if isinstance(error, requests.exceptions.RequestException) and _not_sent(error):
        return Unreachable(f"cannot reach {mask_url(url)}: {_reason(error)}", url=url)
    if isinstance(error, requests.exceptions.RequestException):
        return doubt(f"{where} broke off: {_reason(error)}", url=url)
    if isinstance(error, OSError):
        # requests reports a missing CA or client certificate file this way.
        return RestError(f"{where} cannot be sent: {error}", url=url)
    return doubt(f"{where} broke off: {type(error).__name__}: {error}", url=url)


def _chain(error: BaseException | None) -> list[BaseException]:
    """An exception, what it was made of and what it wraps."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < 20:
        current = waiting.pop(0)
        if current is None or current in found:
            continue
        found.append(current)
        waiting.extend(arg for arg in current.args if isinstance(arg, BaseException))
        reason = getattr(current, "reason", None)
        waiting.append(reason if isinstance(reason, BaseException) else None)
        waiting.append(current.__cause__ or current.__context__)
    return found


def _not_sent(error: BaseException) -> bool:
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    return any(isinstance(part, (NewConnectionError, ConnectTimeoutError)) for part in _chain(error))


def _reason(error: BaseException) -> str:
    """The operating system's own words, which are shorter than those of the libraries above it."""
    for part in reversed(_chain(error)):
        if isinstance(part, OSError) and part.strerror:
            return part.strerror[0].lower() + part.strerror[1:]
    return mask_url(str(error))[:300]


class Rest(_Verbs):
    """Speaks to the leader, wherever it is.

    resolve returns where the leader is (it asks ZooKeeper) or raises NotYet or ZooKeeperError; window returns for how
    long a failover is waited for.
    """

    def __init__(
        self,
        resolve: Callable[[Deadline], str],
        settings: RestSettings,
        *,
        window: Callable[[], float],
        fallbacks: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> None:
        self._resolve = resolve
        self._settings = settings
        self._window = window
        self._fallbacks = list(fallbacks)
        self._progress = progress
        self._counter = Counter()
        self._endpoints: dict[str, Endpoint] = {}
        self._leader: str | None = None
        self._was_led = False

    @property
    def round_trips(self) -> int:
        return self._counter.value

    def at(self, url: str) -> Endpoint:
        """The endpoint at a fixed address; it does not follow the leader."""
        key = url.rstrip("/")
        if key not in self._endpoints:
            self._endpoints[key] = Endpoint(key, self._settings, self._counter)
        return self._endpoints[key]

    @property
    def leader(self) -> str | None:
        """The address that is taken for the leader's, None when it is to be requested."""
        return self._leader

    def follow(self, url: str) -> None:
        """Take the address of the leader from a caller that has just read it."""
        self._leader = url
        self._was_led = True

    def close(self) -> None:
        for endpoint in self._endpoints.values():
            endpoint.close()

    def call(self, call: Call, deadline: Deadline | None = None) -> Json:
        window: Deadline | None = None
        last: FlinkError | None = None
        while True:
            try:
                return self._attempt(call, window or deadline)
            except _NoTimeError as error:
                # What went wrong before explains more.
                last = last or error
            except (Unreachable, NotYet) as error:
                # A connection error or an election: the call was not executed.
                last = error
            except ZooKeeperUnavailable as error:
                if not self._was_led:
                    # Nothing was heard of this cluster before: a wrong address more likely than a failover.
                    raise
                last = error
            self._leader = None
            if window is None:
                seconds = self._window()
                window = Deadline(seconds) if deadline is None else deadline.within(seconds)
            if self._progress is not None:
                self._progress("an answer from the leading JobManager", last.message, window.elapsed())
            window.pause(RETRY_INTERVAL)
            if window.expired:
                raise last.extended(f" (tried for {seconds_text(window.seconds)} s)")

    def _attempt(self, call: Call, deadline: Deadline | None) -> Json:
        limit = self._settings.request_timeout
        budget = Deadline(limit) if deadline is None else deadline.within(limit)
        try:
            leader = self._leader or self._resolve(budget)
        except ZooKeeperUnavailable:
            if call.method != "GET" or not self._fallbacks:
                raise
            return self._ask_any(call, deadline)
        self.follow(leader)
        return self.at(leader).call(call, deadline)

    def _ask_any(self, call: Call, deadline: Deadline | None) -> Json:
        """Any JobManager passes a question on to the leader; that does not make it the leader."""
        last: Unreachable | None = None
        for url in self._fallbacks:
            try:
                return self.at(url).call(call, deadline)
            except Unreachable as error:
                last = last if last and isinstance(error, _NoTimeError) else error
        raise last or Unreachable(f"no JobManager can be asked for {call.path}")
