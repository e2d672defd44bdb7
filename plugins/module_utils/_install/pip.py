# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files from the Python package index, through pip."""

from __future__ import annotations

import importlib
import importlib.util
import re
import shutil
import socket
import sys
from collections.abc import Sequence

from .._base.errors import FlinkError
from .source import Checksum, PyPI


def pip_options(source: PyPI) -> list[str]:
    """The arguments with which pip downloads exactly this file, whatever Python and machine run here."""
    options = [
        "download",
        "--no-deps",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        # The file is cached here already.
        "--no-cache-dir",
        "--progress-bar=off",
    ]
    if source.form == "sdist":
        return [*options, "--no-binary=:all:", "--ignore-requires-python"]
    if source.form == "wheel":
        options += ["--only-binary=:all:", f"--python-version={source.python or '3.11'}"]
        if source.platform:
            options += [f"--platform={source.platform}"]
            options += ["--implementation=cp"] if source.python else []
        return options
    return [*options, "--prefer-binary"]


def pip_failure(source: PyPI, wanted: Checksum | None, output: str) -> FlinkError:
    """One sentence out of what pip says in fifty lines."""
    if "DO NOT MATCH THE HASHES" in output and wanted is not None:
        match = re.search(r"Got\s+([0-9a-f]{64,128})", output)
        return wrong_checksum(str(source), "the package index", wanted, match.group(1) if match else "another one")
    if _pip_unreachable(output):
        causes = re.findall(r"after connection broken by (.*)", output)
        cause = plain(causes[-1]) if causes else "no connection"
        return FlinkError(
            f"cannot download {source} with pip: the package index cannot be reached ({cause}); check the network, "
            "or point pip to a mirror (pip.conf or PIP_INDEX_URL)"
        )
    if _pip_broke_off(output):
        return FlinkError(
            f"cannot download {source} with pip: the transfer from the package index broke off again and again; check "
            "the network and run it again"
        )
    errors = [line.removeprefix("ERROR:").strip() for line in output.splitlines() if line.startswith("ERROR:")]
    tail = output.strip().splitlines()
    reason = errors[-1] if errors else (tail[-1].strip() if tail else "it left no file")
    return FlinkError(
        f"cannot download {source} with pip: {reason.rstrip('.')}; check that the package index that pip uses has it"
    )


def _pip_unreachable(output: str) -> bool:
    return "Retrying (Retry(" in output and "No matching distribution" in output


def _pip_broke_off(output: str) -> bool:
    signs = ("Connection broken", "IncompleteRead", "incomplete-download", "Read timed out", "Connection reset")
    return any(sign in output for sign in signs)


def pip_worth_repeating(output: str) -> bool:
    # An old pip takes a truncated file for a whole one and complains of its hash.
    return not output or "DO NOT MATCH" in output or _pip_broke_off(output)


def pip(python: str) -> list[str]:
    if python != sys.executable or importlib.util.find_spec("pip") is not None:
        return [python, "-m", "pip"]
    for name in ("pip3", "pip"):
        if found := shutil.which(name):
            return [found]
    raise FlinkError(
        f"cannot download from PyPI: {python} on {socket.gethostname()} has no pip; install pip for it, or give "
        "files or URLs instead"
    )


def wrong_checksum(what: str, where: str, wanted: Checksum, found: str) -> FlinkError:
    origin = where if what == where else f"{what} from {where}"
    return FlinkError(
        f"refused {origin}: expected {wanted}, found {wanted.algorithm}:{found}; it was damaged or exchanged on its "
        "way, or the checksum is not its own; nothing of it was kept",
        expected=str(wanted),
        found=f"{wanted.algorithm}:{found}",
    )


def plain(text: str) -> str:
    """What the network libraries say, in words."""
    known: Sequence[tuple[str, str]] = (
        ("Cannot connect to proxy", "the proxy cannot be reached"),
        ("Connection refused", "connection refused"),
        ("Name or service not known", "unknown host name"),
        ("Temporary failure in name resolution", "unknown host name"),
        ("nodename nor servname", "unknown host name"),
        ("CERTIFICATE_VERIFY_FAILED", "the server's certificate is not trusted"),
        ("IncompleteRead", "the connection was closed before the end"),
        ("Connection aborted", "the connection was closed without an answer"),
        ("Connection reset", "the connection was reset"),
    )
    return next((plain for sign, plain in known if sign in text), text)
