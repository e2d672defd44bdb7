"""Until when certificates are valid: of servers that speak TLS, of files, and of what cannot be read."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Settings
from ansible_collections.streamops.flink.plugins.module_utils._watchdog.certificates import Seen, look
from ansible_collections.streamops.flink.tests.unit.plugins.hostile import certificate, closed_port, server_context

DAY = 86400


@contextmanager
def https(cert: Path, key: Path, client_ca: Path | None = None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = server_context(cert, key, client_ca).wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def settings(port: int, scheme: str = "https", quorum: str = "127.0.0.1:2181", **more: Any) -> Settings:
    managers = [{"name": "jm1", "url": f"{scheme}://127.0.0.1:{port}"}]
    return Settings.from_options(
        {"zookeeper_quorum": quorum, "cluster_id": "/c", "jobmanagers": managers, **more},
    )


def days_left(seen: Seen) -> float:
    assert seen.not_after is not None, seen.trouble
    return round((seen.not_after - time.time()) / DAY, 2)


@pytest.mark.parametrize("days", [30, -3])
def test_a_server_shows_its_certificate_whether_it_has_expired_or_not(tmp_path: Path, days: float) -> None:
    with https(*certificate(tmp_path, "127.0.0.1", days)) as port:
        (seen,) = look(settings(port))
    assert seen.place == f"127.0.0.1:{port}"
    assert days_left(seen) == days


def test_a_server_that_wants_to_know_its_clients_is_shown_ours_which_ends_too(tmp_path: Path) -> None:
    own, own_key = certificate(tmp_path, "client", 5)
    cert, key = certificate(tmp_path, "127.0.0.1", 30)
    with https(cert, key, own) as port:
        served, ours = look(settings(port, rest_client_cert=str(own), rest_client_key=str(own_key)))
    assert days_left(served) == 30
    assert (ours.place, days_left(ours)) == (str(own), 5)


def test_zookeeper_is_asked_where_it_speaks_tls(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "127.0.0.1", 7)
    with https(cert, key) as port:
        quorum = f"127.0.0.1:{port}"
        (seen,) = look(settings(8081, "http", quorum, zookeeper_tls={"ca": str(cert)}))
        assert look(settings(8081, "http", quorum)) == []
    assert (seen.place, days_left(seen)) == (quorum, 7)


def test_of_a_chain_the_first_to_end_counts(tmp_path: Path) -> None:
    chain = tmp_path / "chain.pem"
    texts = [
        certificate(tmp_path, name, days)[index].read_text()
        for name, days, index in [("leaf", 20, 0), ("leaf", 20, 1), ("middle", 3, 0), ("root", 400, 0)]
    ]
    chain.write_text("".join(texts))
    with closed_port() as port:
        served, ours = look(settings(port, rest_client_cert=str(chain)))
    assert days_left(ours) == 3
    assert served.not_after is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        (b"", "it holds no certificate"),
        (b"no certificate", "it holds no certificate"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "it holds no certificate"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "it holds no certificate"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "client.pem"
    if content is not None:
        path.write_bytes(content)
    with closed_port() as port:
        served, ours = look(settings(port, rest_client_cert=str(path)))
    assert served == Seen(served.place, None, served.trouble)
    assert f"the certificate of 127.0.0.1:{port} cannot be read (" in served.trouble
    assert ours.not_after is None
    assert ours.trouble.startswith(f"the certificate of {path} cannot be read (")
    assert reason in ours.trouble
    assert "\n" not in ours.trouble
