# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Until when the certificates of a cluster are valid: those that its servers show, and those that we show them.

Nothing is trusted here: a certificate that has expired must be read as well as one that has not.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from .._base.addresses import host_port
from .._base.errors import FlinkError
from .._base.wait import parallel
from .._cluster.quorum import parse_quorum

if TYPE_CHECKING:
    from .._cluster.client import Settings

CONNECT_SECONDS = 5.0


class CertificateSource(NamedTuple):
    """Where a certificate is found: a server, or a file of this host."""

    name: str
    address: tuple[str, int] | None = None
    # What a server requests before it serves a client.
    own: str | None = None
    key: str | None = None


class Seen(NamedTuple):
    """One certificate, until when it is valid in seconds since 1970, or why it could not be read."""

    place: str
    not_after: float | None
    trouble: str = ""


def places(settings: Settings) -> list[CertificateSource]:
    """The REST ports with TLS, ZooKeeper's with TLS, and the certificates that we show them."""
    rest, tls = settings.rest_options, settings.zookeeper.tls
    found = [
        CertificateSource(one.netloc, (one.hostname, one.port or 443), rest.get("client_cert"), rest.get("client_key"))
        for one in (urlsplit(manager.url) for manager in settings.jobmanagers)
        if one.scheme == "https" and one.hostname
    ]
    files = [rest.get("client_cert")] if found else []
    if tls is not None:
        servers = parse_quorum(settings.zookeeper.quorum)
        found += [CertificateSource(host_port(host, port), (host, port), tls.cert, tls.key) for host, port in servers]
        files.append(tls.cert)
    return found + [CertificateSource(name) for name in dict.fromkeys(files) if name]


def look(settings: Settings) -> list[Seen]:
    """Ask all of them at once."""
    found = places(settings)
    answers = parallel([partial(_look, place) for place in found])
    return [one for one in answers if isinstance(one, Seen)]


def _look(place: CertificateSource) -> Seen:
    try:
        content = Path(place.name).read_bytes() if place.address is None else _shown(place)
        return Seen(place.name, _not_after(content))
    except (OSError, FlinkError) as error:
        return Seen(place.name, None, f"the certificate of {place.name} cannot be read ({_reason(error)})")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _shown(place: CertificateSource) -> bytes:
    """What a server shows its clients."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if place.own:
        context.load_cert_chain(place.own, place.key)
    host = place.address[0] if place.address else ""
    with (
        socket.create_connection(place.address or ("", 0), timeout=CONNECT_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as link,
    ):
        return link.getpeercert(binary_form=True) or b""


def _certificates(content: bytes) -> Iterator[bytes]:
    from asn1crypto import pem

    if pem.detect(content):
        yield from (body for kind, _headers, body in pem.unarmor(content, multiple=True) if kind == "CERTIFICATE")
    else:
        yield content


def _not_after(content: bytes) -> float:
    """The end of the one that ends first: a chain is worth no more than its weakest link.

    :raises FlinkError: there is no certificate.
    """
    from asn1crypto import x509

    try:
        ends = [x509.Certificate.load(one).not_valid_after.timestamp() for one in _certificates(content)]
    except (ValueError, TypeError, KeyError):
        ends = []
    if not ends:
        raise FlinkError("it holds no certificate")
    return float(min(ends))
