# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether hosts share a directory: a token that one writes and all read."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from .._base.disk import existing
from .._base.errors import Expired, NotYet
from .._base.wait import Deadline, wait_for

# --- Shared storage --------------------------------------------------------------------------------------------


def _token_file(directory: Path, token: str) -> Path:
    return directory / f".streamops-{token}"


def write_token(directory: str, token: str, machine: str) -> list[str]:
    """Leave a token in a directory, or in the nearest one above it that exists."""
    try:
        _token_file(existing(directory), token).write_text(token, encoding="ascii")
    except OSError as error:
        return [_not_writable(directory, machine, error)]
    return []


# For so long a client of NFS may answer from its memory what is in a directory.
SHARED_SECONDS = 10.0


def _where(directory: str, token: str) -> Path:
    """The directory that the token is in."""
    for candidate in (Path(directory), *Path(directory).parents):
        with suppress(OSError):
            # Reading the directory asks the server, where a look for the file alone may not.
            os.scandir(candidate).close()
        if os.access(_token_file(candidate, token), os.F_OK):
            return candidate
    raise NotYet(f"{token} is not below {directory}")


def read_token(directory: str, token: str, machine: str) -> list[str]:
    """See whether the token that another machine has left is here, and whether this one can write, too."""
    try:
        found = wait_for(lambda: _where(directory, token), Deadline(SHARED_SECONDS), "the token", interval=0.5)
    except (NotYet, Expired):
        problem = (
            f"{directory} on {machine} is not the same as on the other machines, a file written there is not seen here:"
            " mount one shared file system on all of them"
        )
        return [problem]
    own = _token_file(found, f"{token}-{os.getpid()}")
    try:
        own.write_text(machine, encoding="utf-8")
        own.unlink()
    except OSError as error:
        return [_not_writable(directory, machine, error)]
    return []


def remove_token(directory: str, token: str) -> None:
    for candidate in (Path(directory), *Path(directory).parents):
        if os.access(_token_file(candidate, token), os.F_OK):
            _token_file(candidate, token).unlink()


def _not_writable(directory: str, machine: str, error: OSError) -> str:
    return (
        f"{directory} on {machine} cannot be written ({error.strerror}): give user id {os.geteuid()} the right to write"
        " there, or choose another directory"
    )
