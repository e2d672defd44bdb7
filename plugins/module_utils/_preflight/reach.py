# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a host could not be asked, from what Ansible, its connection and its interpreter have said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# A container that is down is not an unreachable host, to Ansible.
_DOWN = re.compile(r"is not running|no such container", re.IGNORECASE)
_NO_ROOT = re.compile(r"sudo|become|password|doas|\bsu\b", re.IGNORECASE)
# What connections, shells and interpreters say around the line that matters.
_NOISE = re.compile(
    r"(shared )?connection to .* closed"
    r"|warning: permanently added .*"
    r"|pseudo-terminal will not be allocated.*"
    r"|traceback \(most recent call last\):?"
    r"|current thread 0x.*"
    r"|thread 0x.*"
    r"|<no python frame>"
    r"|python runtime state: .*"
    r"|python path configuration:?"
    r"|extension modules: .*"
    r"|file \"[^\"]*\", line \d+.*"
    r"|[\^~\s]+"
    r"|module failure.*|see stdout/stderr .*|module result deserialization failed.*"
    r"|the above exception was the direct cause.*|during handling of the above exception.*",
    re.IGNORECASE,
)
_RAISED = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Warning)(?::.*)?")
_FATAL = re.compile(r"Fatal Python error: .*")


def reach_problem(host: str, variables: Mapping[str, Any]) -> str:
    """Why a host could not be asked, from what the role preflight has registered; empty when it could."""
    answer = variables.get("__preflight_machine") or {}
    if not answer.get("failed") and not answer.get("unreachable"):
        return ""
    # What the way to the machine has said counts before what Ansible makes of it. With a terminal, all of it is output.
    why = useful_line(answer.get("module_stderr"), answer.get("module_stdout"), answer.get("msg"))
    if answer.get("unreachable") or _DOWN.search(why):
        return f"{host} cannot be reached ({why}): start it, fix its connection, or take it out of the inventory"
    if _NO_ROOT.search(why):
        who = variables.get("ansible_user") or "Ansible's account"
        return (
            f"cannot become root on {host} ({why}): let {who} use sudo there, or give its password with"
            " --ask-become-pass"
        )
    return f"{host} cannot be asked ({why}): see whether Ansible can run modules there"


def useful_line(*texts: Any) -> str:
    """The one line that says why, out of the first text that has one."""
    for text in texts:
        lines = [line.strip(" \t\r.>") for line in str(text or "").splitlines()]
        lines = [line for line in lines if line and not _NOISE.fullmatch(line)]
        raised = [line for line in lines if _RAISED.fullmatch(line)]
        fatal = [line for line in lines if _FATAL.fullmatch(line)]
        if found := raised or fatal or lines:
            return found[-1]
    return "no reason is given"
