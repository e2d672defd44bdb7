# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a page about a cluster shows beyond its health: daemons that only their hosts can be asked for, failed jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .status import ENDED

# Daemons that the cluster itself is asked for have a row already.
IN_ROWS = frozenset({"zookeeper", "jobmanager", "taskmanager"})


def complete(status: dict[str, Any], daemons: Sequence[Mapping[str, Any]], jobs: Sequence[str]) -> None:
    """Add daemons and failed jobs to a status, with what is wrong with them.

    :arg daemons: what the module flink_daemon_info has returned on the hosts, each with the name of its host.
    :arg jobs: names of the jobs that are to run, whose absence is a problem already.
    """
    status["daemons"] = [dict(one) for one in daemons if one["daemon"] not in IN_ROWS]
    failed = [job for job in status["jobs"] if job["state"] == "FAILED"]
    status["problems"] += _unknown(daemons)
    status["problems"] += [
        f"The {one['title']} of {one['name']}{_place(one)} {_silence(one)}."
        for one in status["daemons"]
        if not one["answers"] and one["required"] and not one.get("unknown")
    ]
    status["problems"] += [
        f"Job {job['name']} ({job['id']}) has FAILED: the web UI of the leader shows its exception, until Flink forgets"
        " the job after jobstore.expiration-time."
        for job in failed
        if job["name"] not in jobs and not _successor(job, status["jobs"])
    ]
    status["notes"] += [
        f"Job {job['name']} ({job['id']}) has FAILED, and {_successor(job, status['jobs'])} has taken its place."
        for job in failed
        if _successor(job, status["jobs"])
    ]
    status["notes"] += [
        f"The {one['title']} of {one['name']} is not deployed: run monitoring.yml."
        for one in status["daemons"]
        if not one["answers"] and not one["required"] and not one.get("unknown")
    ]


def _unknown(daemons: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence for each host that could not be asked."""
    hosts: dict[str, list[Mapping[str, Any]]] = {}
    for one in daemons:
        if one.get("unknown"):
            hosts.setdefault(str(one["name"]), []).append(one)
    return [
        f"The host {name} cannot be asked whether its {', '.join(str(one['title']) for one in found)} run:"
        f" {str(found[0]['says']).rstrip('.')}."
        for name, found in hosts.items()
    ]


def _place(one: Mapping[str, Any]) -> str:
    return f" ({one['address']})" if one["address"] else ""


def _silence(one: Mapping[str, Any]) -> str:
    why = str(one["says"]).rstrip(".") or "it gave no reason"
    return f"does not {'answer' if one['address'] else 'run'}: {why}"


def _successor(job: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]]) -> str:
    """The id of a job of the same name that runs, or that has come later and ended well."""
    for other in jobs:
        if other["name"] == job["name"] and (
            other["state"] not in ENDED or (other["state"] == "FINISHED" and other["started"] > job["started"])
        ):
            return str(other["id"])
    return ""
