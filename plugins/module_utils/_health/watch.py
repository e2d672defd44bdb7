# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster is looked at for some seconds and judged once, as the watchdog does it all the time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._base.errors import FlinkError
from .._base.wait import Deadline
from .._cluster.client import Cluster
from . import signs
from .model import Finding, Limits, Report, Sample
from .sampler import Sampler
from .verdict import judge


def check(options: Mapping[str, Any]) -> None:
    """Refuse options of flink_status with which nothing could be judged."""
    if options["watch"] < 0:
        raise FlinkError(f"watch must be 0 or more seconds, not {options['watch']}")
    if options["interval"] <= 0:
        raise FlinkError(f"interval must be more than 0 seconds, not {options['interval']}")
    if 0 < options["watch"] <= options["interval"]:
        raise FlinkError(
            f"interval ({options['interval']}) must be shorter than watch ({options['watch']}): two samples are"
            " needed to see whether anything moves"
        )
    if options["checkpoint_window"] < 0:
        raise FlinkError(f"checkpoint_window must be 0 or more seconds, not {options['checkpoint_window']}")
    signs.check(_declared(options))


def _declared(options: Mapping[str, Any]) -> dict[str, Any]:
    return {job: signs.in_seconds(job, one, bare=True) for job, one in options["signs"].items() if one is not None}


def health(cluster: Cluster, options: Mapping[str, Any]) -> dict[str, Any]:
    """Samples for as long as is requested, and the verdicts about them."""
    report = _watch(cluster, options)
    return {
        "healthy": not report.troubles,
        "cluster": report.cluster.as_dict(),
        "jobs": [one.as_dict() for one in report.jobs],
        "problems": [_sentence(one) for one in report.troubles],
    }


def _watch(cluster: Cluster, options: Mapping[str, Any]) -> Report:
    limits = _limits(options)
    deadline = Deadline(options["watch"])
    watcher = signs.watcher(_declared(options))
    sampler = Sampler(cluster, limits, watch=watcher, close=True, clock=deadline.elapsed)
    series: list[Sample] = [sampler.take()]
    while not deadline.expired:
        deadline.pause(options["interval"])
        series.append(sampler.take())
    return judge(series, limits, options["slots"])


def _limits(options: Mapping[str, Any]) -> Limits:
    """What lasts for as long as it is looked at is taken for lasting."""
    seen = max(0.0, options["watch"] - options["interval"])
    return Limits(
        checkpoint_window=options["checkpoint_window"],
        start_grace=options["start_grace"],
        stuck=seen,
        missing=seen,
        leaderless=seen,
        still=max(seen, 0.001),
    )


def _sentence(finding: Finding) -> str:
    return f"{finding.name} is {finding.verdict}: {finding.reason}."
