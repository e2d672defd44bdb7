# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: locks, digests, and writing so that a reader sees the old content or the new one."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from .errors import FlinkError, NotYet
from .wait import Deadline, wait_for

CHUNK = 1024 * 1024
# A lock is held for one download; a process that waits longer than this waits for one that hangs.
LOCK_SECONDS = 1800.0


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


# -- reading ---------------------------------------------------------------------------------------------------------


def file_digest(path: Path, algorithm: str) -> str:
    # hashlib.file_digest came with Python 3.11.
    digest = hashlib.new(algorithm)
    with path.open("rb", buffering=0) as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def read_text(path: Path) -> str | None:
    """The content of a file, None when it is not there."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def read_json(path: Path) -> Any:
    """The content of a file, None when it is not there."""
    text = read_text(path)
    return None if text is None else json.loads(text)


# -- writing ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def replacing(path: Path, mode: int = 0o600, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A stream whose content becomes the file in one step.

    Until then it is next to its place, readable by its owner only; it is removed when anything fails.

    :arg durable: whether it must survive a power failure, which takes as long as a busy disk needs to write.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            os.fchmod(stream.fileno(), mode)
        put_in_place(temporary, path, durable=durable)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_file(path: Path, content: str | bytes, mode: int = 0o600, *, durable: bool = True) -> None:
    """Put a file in place whole; see replacing()."""
    with replacing(path, mode, durable=durable) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


def put_in_place(temporary: Path, target: Path, *, durable: bool = True) -> None:
    """Give a file that is whole its name."""
    if durable:
        # The name must not appear before the content is safe.
        _sync(temporary)
    temporary.replace(target)
    if durable:
        # Not every file system can do it; the file itself is in its place.
        with contextlib.suppress(OSError):
            _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# -- locks -----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def locked(path: Path, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Hold an exclusive lock, so that two processes that change the same files take turns."""
    try:
        stream = wait_for(partial(_take, path), Deadline(seconds), f"taking the lock {path}", interval=0.02)
    except OSError as error:
        raise file_error("write to", path.parent, error) from error
    # Closing the file releases the lock.
    with stream:
        yield


def _take(path: Path) -> TextIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        stream = path.open("a", encoding="utf-8")
    except FileNotFoundError as error:
        raise NotYet("another process has just removed its directory") from error
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Who held it before may have removed the file: others would then lock a new one.
        if not os.path.samestat(path.stat(), os.fstat(stream.fileno())):
            raise FileNotFoundError
    except (BlockingIOError, FileNotFoundError) as error:
        stream.close()
        raise NotYet("another process holds it") from error
    except BaseException:
        stream.close()
        raise
    return stream
