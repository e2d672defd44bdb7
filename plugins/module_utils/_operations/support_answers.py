# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster reports for a support bundle, without secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from .._base.errors import FlinkError
from .._base.secrets import MASK, is_secret
from .._base.wait import parallel
from .._cluster.client import Cluster


def said(cluster: Cluster) -> dict[str, str]:
    """Jobs with their exceptions, configurations, thread dumps. What cannot be read is replaced by the reason."""
    asked: dict[str, Callable[[], Any]] = {}
    for one in cluster.jobmanagers:
        endpoint = cluster.rest.at(one.url)
        asked[f"jobmanagers/{one.name}/config.json"] = partial(endpoint.get, "/jobmanager/config")
        asked[f"jobmanagers/{one.name}/threads.txt"] = partial(endpoint.get, "/jobmanager/thread-dump")
    asked["overview.json"] = partial(cluster.rest.get, "/overview")
    asked["jobs.json"] = partial(cluster.rest.get, "/jobs/overview")
    asked["taskmanagers.json"] = partial(cluster.rest.get, "/taskmanagers")
    answers = _asked(asked)
    more: dict[str, Callable[[], Any]] = {}
    for job in _list(answers["jobs.json"], "jobs"):
        for what in ("exceptions", "checkpoints", "config"):
            more[f"jobs/{job.get('jid')}/{what}.json"] = partial(cluster.rest.get, f"/jobs/{job.get('jid')}/{what}")
    for worker in _list(answers["taskmanagers.json"], "taskmanagers"):
        path = f"/taskmanagers/{worker.get('id')}/thread-dump"
        more[f"taskmanagers/{worker.get('id')}/threads.txt"] = partial(cluster.rest.get, path)
    answers |= _asked(more)
    return {name: _as_text(name, answer) for name, answer in answers.items()}


def _asked(calls: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    return dict(zip(calls, parallel(list(calls.values())), strict=True))


def _list(answer: Any, key: str) -> list[Mapping[str, Any]]:
    found = answer.get(key) if isinstance(answer, Mapping) else None
    return [one for one in found or () if isinstance(one, Mapping)]


def _as_text(name: str, answer: Any) -> str:
    if isinstance(answer, FlinkError):
        return f"{answer}\n"
    if name.endswith("threads.txt"):
        return "\n".join(str(one.get("stringifiedThreadInfo", "")) for one in _list(answer, "threadInfos"))
    if name.startswith("jobmanagers/") and isinstance(answer, list):
        answer = {str(one.get("key")): str(one.get("value")) for one in answer if isinstance(one, Mapping)}
    return json.dumps(hidden(answer), indent=2, sort_keys=True) + "\n"


def hidden(content: Any) -> Any:
    """JSON with the values of keys that are named like secrets hidden."""
    if isinstance(content, Mapping):
        return {
            key: MASK if isinstance(value, str) and is_secret(str(key)) else hidden(value)
            for key, value in content.items()
        }
    return [hidden(one) for one in content] if isinstance(content, list) else content
