# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ZooKeeper's four-letter words, in the clear and over TLS."""

from __future__ import annotations

import socket
import ssl
from typing import NamedTuple

from .._base.addresses import host_port
from .._base.errors import ZooKeeperError
from .._base.wait import Deadline, OutOfTimeError, bounded, seconds_text

FOUR_LETTER_LIMIT = 4 * 1024 * 1024


NOT_SERVING = "This ZooKeeper instance is not currently serving requests"


NOT_ALLOWED = "is not executed because it is not in the whitelist"


class Tls(NamedTuple):
    """Files for TLS to ZooKeeper; without a CA the system's CAs are trusted."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    verify: bool = True


# -- four-letter words -----------------------------------------------------------------------------------------------

NO_QUORUM = "runs without a quorum"


REFUSED = "refuses the connection: nothing listens there"


def four_letter(host: str, port: int, word: str, deadline: Deadline, tls: Tls | None = None) -> str:
    """Ask one server a four-letter word. details['reason'] of the error says what happened in a few words."""
    where = host_port(host, port)
    try:
        # In a thread of its own, because the resolution of a name knows no time-out.
        answer = bounded(lambda: _ask_word(host, port, word, deadline, tls), deadline.remaining())
    except ssl.SSLError as error:
        raise _word_error(where, word, f"TLS failed ({error.reason or error})") from error
    except (TimeoutError, OutOfTimeError) as error:
        raise _word_error(where, word, f"does not answer within {seconds_text(deadline.seconds)} s") from error
    except socket.gaierror as error:
        raise _word_error(where, word, "has a name that cannot be resolved") from error
    except ConnectionRefusedError as error:
        raise _word_error(where, word, REFUSED) from error
    except OSError as error:
        text = error.strerror or str(error)
        raise _word_error(where, word, f"cannot be reached ({text.lower()})") from error
    if NOT_ALLOWED in answer:
        raise _word_error(where, word, f"does not allow {word}: add it to 4lw.commands.whitelist", allowed=False)
    if not answer.strip():
        raise _word_error(where, word, "closes the connection without an answer: is that the client port?")
    return answer


def _word_error(where: str, word: str, reason: str, *, allowed: bool = True) -> ZooKeeperError:
    return ZooKeeperError(f"ZooKeeper at {where}, asked {word}, {reason}", reason=reason, allowed=allowed)


def _ask_word(host: str, port: int, word: str, deadline: Deadline, tls: Tls | None) -> str:
    with socket.create_connection((host, port), timeout=max(0.001, deadline.remaining())) as plain:
        link = plain if tls is None else tls_context(tls).wrap_socket(plain, server_hostname=host)
        with link:
            link.sendall(word.encode("ascii"))
            answer = bytearray()
            while len(answer) < FOUR_LETTER_LIMIT:
                if deadline.expired:
                    raise TimeoutError
                link.settimeout(max(0.001, deadline.remaining()))
                part = link.recv(65536)
                if not part:
                    break
                answer += part
    return answer.decode("utf-8", "replace")


def tls_context(tls: Tls) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca)
        if tls.cert:
            context.load_cert_chain(tls.cert, tls.key)
    except (OSError, ssl.SSLError) as error:
        raise ZooKeeperError(
            f"cannot read the files of zookeeper_tls (ca {tls.ca}, cert {tls.cert}, key {tls.key}): {error}"
        ) from error
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
