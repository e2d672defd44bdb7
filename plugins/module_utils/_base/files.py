# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: locks, digests, and writing so that a reader sees the old content or the new one."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from .errors import FlinkError, NotYet
from .wait import Deadline, wait_for

CHUNK = 1024 * 1024


# A lock is held for one download; whoever waits longer than this waits for a process that hangs.
LOCK_SECONDS = 1800.0


def file_digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


@contextlib.contextmanager
def locked(path: Path, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Hold an exclusive lock, so that two controllers that share a cache take turns."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("a")
    except OSError as error:
        raise file_error("write to", path.parent, error) from error
    with stream:

        def take() -> None:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in {errno.EAGAIN, errno.EACCES}:
                    raise
                raise NotYet("another process holds it") from error

        wait_for(take, Deadline(seconds), f"taking the lock {path}", interval=0.1)
        # Closing the file releases the lock. The file stays: removing it would let two processes hold "the" lock.
        yield


def file_error(action: str, path: Path, error: OSError) -> FlinkError:
    """The sentence for a failed operation on a file, with the way out where there is one."""
    hints = {
        errno.ENOSPC: "; make room there and run it again",
        errno.EDQUOT: "; make room there and run it again",
        errno.EACCES: "; give this user access",
        errno.EROFS: "; choose a directory on a writable file system",
    }
    reason = (error.strerror or str(error)).lower()
    return FlinkError(f"cannot {action} {path} on {socket.gethostname()}: {reason}{hints.get(error.errno or 0, '')}")


def write_private(path: Path, text: str) -> None:
    """Put a file in place whole, readable by its owner only."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
