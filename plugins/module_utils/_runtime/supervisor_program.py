# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program of supervisord: its definition, written and read."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .._base.errors import FlinkError
from .._base.processes import (
    MARK_DEFINITION,
    MARK_DIRECTORY,
    MARK_SERVICE,
)

# A process that ends earlier is restarted after 1, 2, 3 … seconds; one that ends later, at once. A JobManager
# without ZooKeeper gives up after half a minute and must be started again without limit.
START_SECONDS = 10


START_RETRIES = 1_000_000_000


# --- The definition of a program -------------------------------------------------------------------------------

# Expands to nothing: keeps what supervisord would read as the start of a comment, or as %(here)s, from being one.
_NOTHING = "%(program_name).0s"


_COMMENT = re.compile(r"(\s)([;#])")


_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")


def _escaped(text: str) -> str:
    text = text.replace("%", "%%").replace("%%(here)s", f"%%{_NOTHING}(here)s")
    return _COMMENT.sub(rf"\1{_NOTHING}\2", text)


def _clean(what: str, text: str) -> str:
    if _CONTROL.search(text):
        raise FlinkError(f"{what} cannot be given to supervisord: it holds a line break or another control character")
    return text


def ini_environment(environment: Mapping[str, str]) -> str:
    """Environment variables as supervisord reads them: quoted, sorted, comments and percent signs made harmless."""
    pairs = []
    for name, value in sorted(environment.items()):
        if not _VARIABLE.match(name):
            raise FlinkError(
                f"{name!r} is not a valid name of an environment variable: use letters, digits and underscores only"
            )
        _clean(f"environment variable {name}", value)
        quote = "'" if '"' in value else '"'
        if quote in value or value[:1] in ("'", '"') or value[-1:] in ("'", '"'):
            raise FlinkError(
                f"environment variable {name} cannot be given to supervisord: "
                "its value begins or ends with a quotation mark, or holds both kinds; put it into a file instead"
            )
        pairs.append(f"{name}={quote}{_escaped(value)}{quote}")
    return ",".join(pairs)


def ini_command(command: Sequence[str]) -> str:
    for argument in command:
        _clean(f"argument {argument!r} of the command", argument)
    return _escaped(shlex.join(command))


def checked_path(what: str, path: str) -> str:
    """A path that survives supervisord's file format, where some are expanded once, some twice, some as patterns."""
    if not path.startswith("/"):
        raise FlinkError(f"{what} {path!r} is not absolute: give the whole path")
    if _CONTROL.search(path) or _COMMENT.search(path) or path != path.strip() or any(sign in path for sign in "%*?["):
        raise FlinkError(
            f"{what} {path!r} cannot be given to supervisord: choose a path without "
            "percent signs, wildcards, line breaks, and blanks before ; or #"
        )
    return path.rstrip("/") or "/"


@dataclass(frozen=True)
class Program:
    """One daemon as supervisord is to run it."""

    name: str
    service_id: str
    command: Sequence[str]
    directory: str
    log: str
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    log_bytes: int = 10 * 1024 * 1024
    log_backups: int = 3
    stop_seconds: int = 30
    priority: int = 999
    digest: str = ""
    user: str = ""


def render(program: Program) -> str:
    """The whole content of conf.d/<name>.conf."""
    environment = {
        **program.environment,
        **program.secrets,
        MARK_SERVICE: program.service_id,
        MARK_DIRECTORY: program.directory,
    }
    options = {
        "command": ini_command(program.command),
        "directory": checked_path("the directory", program.directory),
        "user": program.user,
        "priority": str(program.priority),
        "autostart": "false",
        "autorestart": "true",
        "startsecs": str(START_SECONDS),
        "startretries": str(START_RETRIES),
        "stopsignal": "TERM",
        "stopwaitsecs": str(program.stop_seconds),
        "stopasgroup": "true",
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": checked_path("the log", program.log),
        "stdout_logfile_maxbytes": str(program.log_bytes),
        "stdout_logfile_backups": str(program.log_backups),
    }
    head = [
        "; Written by streamops.flink, do not edit.",
        f"; digest: {_clean('the digest', program.digest)}",
        f"[program:{checked_name(program.name)}]",
    ]
    body = [f"{key}={value}" for key, value in options.items() if value]
    definition = definition_of("\n".join([*head, *body, ini_environment(environment)]))
    return "\n".join([*head, *body, f"environment={ini_environment({**environment, MARK_DEFINITION: definition})}", ""])


def definition_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def checked_name(name: str) -> str:
    if not _NAME.match(name):
        raise FlinkError(
            f"{name!r} is not a valid name of a service: use letters, digits, dots, hyphens and underscores only"
        )
    return name


def written_definition(text: str) -> str:
    """The mark that processes started from this definition carry."""
    found = re.search(rf'{MARK_DEFINITION}="(\w+)"', text)
    return found[1] if found else ""
