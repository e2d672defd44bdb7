# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kazoo, the client of ZooKeeper, as this collection uses it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from .._base.addresses import host_port
from .._base.errors import FlinkError
from .._base.wait import Deadline
from .four_letter import tls_context
from .quorum import ZooKeeperSettings

if TYPE_CHECKING:
    from kazoo.client import KazooClient


class Node(NamedTuple):
    """What is in a node, and the parts of its status that matter here."""

    path: str
    data: bytes
    version: int
    owner: int
    created_ms: int
    modified_ms: int


# -- kazoo -----------------------------------------------------------------------------------------------------------


def kazoo_exceptions() -> Any:
    try:
        from kazoo import exceptions
    except ImportError as error:
        raise FlinkError(
            f"the Python library kazoo cannot be imported ({error}): install it for the Python that runs this module"
        ) from error
    return exceptions


def _silent_logger() -> logging.Logger:
    logger = logging.getLogger("streamops.flink.kazoo")
    logger.propagate = False
    logger.disabled = True
    return logger


def new_client(settings: ZooKeeperSettings, servers: Sequence[tuple[str, int]]) -> KazooClient:
    kazoo_exceptions()
    from kazoo.client import KazooClient
    from kazoo.retry import KazooRetry

    hosts = ",".join(host_port(host, port) for host, port in servers)
    options: dict[str, Any] = {}
    if settings.username:
        from kazoo.security import CREATOR_ALL_ACL

        options["auth_data"] = [("digest", f"{settings.username}:{settings.password or ''}")]
        # What a user creates, locks included, belongs to that user alone.
        options["default_acl"] = CREATOR_ALL_ACL
    if settings.tls is not None:
        tls_context(settings.tls)  # unreadable files are reported here, not as a connection that never comes
        options |= {
            "use_ssl": True,
            "ca": settings.tls.ca,
            "certfile": settings.tls.cert,
            "keyfile": settings.tls.key or settings.tls.cert,
            "verify_certs": settings.tls.verify,
            "check_hostname": settings.tls.verify,
        }
    return KazooClient(
        hosts=hosts,
        timeout=settings.session_timeout,
        logger=_silent_logger(),
        connection_retry=KazooRetry(max_tries=-1, delay=0.1, backoff=1.5, max_delay=1.0, max_jitter=0.1),
        **options,
    )


def auth_failed(client: KazooClient) -> bool:
    return "AUTH_FAILED" in str(getattr(client, "_state", ""))


def _discard(client: KazooClient) -> None:
    """End the session properly, so that its ephemeral nodes go at once."""
    # kazoo raises whatever its threads met while the connection was going away; there is nothing left to do then.
    with suppress(Exception):
        client.stop()
        client.close()


def abandon(client: KazooClient) -> threading.Thread:
    """End a session without waiting for it."""
    thread = threading.Thread(target=_discard, args=(client,), daemon=True)
    thread.start()
    return thread


def value_of(asked: Any, deadline: Deadline) -> Any:
    """The answer to an asynchronous call, None when there is no such node."""
    try:
        return asked.get(timeout=max(0.001, deadline.remaining()))
    except kazoo_exceptions().NoNodeError:
        return None


def node_of(path: str, answer: Any) -> Node | None:
    if answer is None:
        return None
    data, status = answer
    return Node(
        path=path,
        data=data or b"",
        version=status.version,
        owner=status.ephemeralOwner,
        created_ms=status.ctime,
        modified_ms=status.mtime,
    )
