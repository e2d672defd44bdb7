# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether hosts share a directory: a token that one writes and all read."""

from __future__ import annotations

import os
from pathlib import Path

from .._base.disk import existing

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


def read_token(directory: str, token: str, machine: str) -> list[str]:
    """See whether the token that another machine has left is here, and whether this one can write, too."""
    for candidate in (Path(directory), *Path(directory).parents):
        if os.access(_token_file(candidate, token), os.F_OK):
            own = _token_file(candidate, f"{token}-{os.getpid()}")
            try:
                own.write_text(machine, encoding="utf-8")
                own.unlink()
            except OSError as error:
                return [_not_writable(directory, machine, error)]
            return []
    problem = (
        f"{directory} on {machine} is not the same as on the other machines, a file written there is not seen here:"
        " mount one shared file system on all of them"
    )
    return [problem]


def remove_token(directory: str, token: str) -> None:
    for candidate in (Path(directory), *Path(directory).parents):
        if os.access(_token_file(candidate, token), os.F_OK):
            _token_file(candidate, token).unlink()


def _not_writable(directory: str, machine: str, error: OSError) -> str:
    return (
        f"{directory} on {machine} cannot be written ({error.strerror}): give user id {os.geteuid()} the right to write"
        " there, or choose another directory"
    )
