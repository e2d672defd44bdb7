"""A server that does everything a REST client should survive, one behaviour per request."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

Behaviour = Callable[[socket.socket, threading.Event], None]


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Hostile:
    """Answers requests one by one with the given behaviours; the last one is repeated."""

    behaviours: list[Behaviour]
    context: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._closing.set()
        # Wakes the thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(2)
        self._listener.close()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'https' if self.context else 'http'}://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                link, _address = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(link,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(2)
        with contextlib.suppress(OSError, ssl.SSLError), plain:
            link = plain if self.context is None else self.context.wrap_socket(plain, server_side=True)
            with link:
                request = read_request(link)
                if request is None:
                    return
                number = min(len(self.requests), len(self.behaviours) - 1)
                self.requests.append(request)
                self.behaviours[number](link, self._closing)


def read_request(link: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        part = link.recv(65536)
        if not part:
            return None
        data += part
    head, _blank, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        part = link.recv(65536)
        if not part:
            break
        body += part
    method, path, _version = first.split(" ", 2)
    return Request(method, path, headers, body)


# -- behaviours ------------------------------------------------------------------------------------------------------


def says(
    body: bytes | str | dict[str, Any] | list[Any], status: str = "200 OK", headers: str = "", length: int | None = None
) -> Behaviour:
    """A whole answer; a length of its own makes it wrong."""
    data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    size = len(data) if length is None else length

    def behave(link: socket.socket, _closing: threading.Event) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\nConnection: close\r\n{headers}\r\n"
        link.sendall(head.encode() + data)

    return behave


def fails(status: str, *texts: str) -> Behaviour:
    """An error as Flink says it."""
    return says({"errors": list(texts)}, status)


def raw(data: bytes) -> Behaviour:
    def behave(link: socket.socket, _closing: threading.Event) -> None:
        link.sendall(data)

    return behave


def dribbles(head: bytes, byte: bytes = b" ", interval: float = 0.02) -> Behaviour:
    """One byte at a time, without an end."""

    def behave(link: socket.socket, closing: threading.Event) -> None:
        link.sendall(head)
        while not closing.wait(interval):
            link.sendall(byte)

    return behave


def hangs(_link: socket.socket, closing: threading.Event) -> None:
    closing.wait(10)


def hangs_up(_link: socket.socket, _closing: threading.Event) -> None:
    return


def resets(link: socket.socket, _closing: threading.Event) -> None:
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


# -- certificates ----------------------------------------------------------------------------------------------------


def certificate(directory: Path, host: str, days: float = 1) -> tuple[Path, Path]:
    """A self-signed certificate for a name, valid for so many days more (less than 0: it has expired), and its key."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    try:
        alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        alternative = x509.DNSName(host)
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=10))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = directory / f"{host}.crt", directory / f"{host}.key"
    cert_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_file, key_file


def server_context(cert: Path, key: Path, client_ca: Path | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port on which no process listens, kept from others while it is used."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])
