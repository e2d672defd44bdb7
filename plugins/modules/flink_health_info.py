#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A verdict about a cluster and each of its jobs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_health_info
short_description: Judge whether a Flink cluster and its jobs are well
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Looks at the cluster for some seconds and gives one verdict for it and one for each job. A job that is C(RUNNING)
    is not taken for well. It is when checkpoints are completed, or when it has not run for long.
  - It is the judgement of the watchdog of P(streamops.flink.guardian#role), made once. What a single look cannot tell
    apart is told apart by a watchdog that has looked for longer.
  - It only reads. Jobs that others have deployed are judged too.
options:
  duration:
    description:
      - For how many seconds it looks. Flink renews the counters of a job every 10 seconds, so that a shorter look
        cannot tell that nothing has moved.
    type: float
    default: 30
  interval:
    description: Seconds between two samples.
    type: float
    default: 5
  checkpoint_window:
    description:
      - For how many seconds a job may go without a completed checkpoint. With V(0) each job's own checkpoints decide,
        three times the interval, twice the slowest, at least a minute.
    type: float
    default: 0
  start_grace:
    description: For how many seconds a job may run before its first checkpoint is completed.
    type: float
    default: 300
  slots:
    description: How many slots are to be registered.
    type: int
  signs:
    description:
      - Signs of life that are declared by the name of a job, as in C(health) of an entry of C(flink_jobs). Files and
        commands are looked at on the host that runs the module.
    type: dict
    default: {}
  format:
    description: What is printed. V(table) needs the Python package C(rich) on the controller.
    type: str
    choices: [none, table, json]
    default: none
  path:
    description: A file that the verdicts are also written to, as JSON.
    type: path
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.info_module
  - streamops.flink.attributes.flink
seealso:
  - module: streamops.flink.flink_status
  - module: streamops.flink.flink_maintenance
"""

EXAMPLES = r"""
- name: Judge the cluster, and fail when something is wrong
  streamops.flink.flink_health_info:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    jobmanagers:
      - {name: jm1, url: "http://jm1:8081"}
      - {name: jm2, url: "http://jm2:8081"}
    signs:
      transactions:
        fresh_files: {path: /srv/flink/out, max_age: 600}
  register: found
  failed_when: not found.healthy
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
healthy:
  description: Whether nothing is wrong.
  type: bool
  returned: success
  sample: true
cluster:
  description: The verdict about the cluster, with the same keys as one about a job.
  type: dict
  returned: success
  sample: {name: cluster, verdict: HEALTHY, reason: led by jm1, bad: false}
jobs:
  description: A verdict about each job.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: The name of the job.
      type: str
      sample: transactions
    job_id:
      description: Flink's id of the job.
      type: str
      sample: 8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e
    verdict:
      description:
        - V(HEALTHY), V(IDLE), V(STARTING), V(CHECKPOINT_STALLED), V(ZOMBIE), V(CRASH_LOOP), V(STUCK_STATE) or
          V(MISSING_JOB); of the cluster V(HEALTHY), V(NO_LEADER), V(SPLIT_BRAIN), V(NO_QUORUM) or V(SLOTS_SHORT).
      type: str
      sample: ZOMBIE
    reason:
      description: Why, in one sentence.
      type: str
      sample: no checkpoint has been completed for 94 s, and nothing has moved in count
    bad:
      description: Whether somebody has to do something.
      type: bool
      sample: true
    declared:
      description: Whether this collection has deployed it, so that a watchdog could heal it.
      type: bool
      sample: true
    checkpoint_age:
      description: Seconds since the last completed checkpoint, null when none is known.
      type: float
      sample: 94.2
    stuck:
      description: The parts of the job in which nothing moves.
      type: list
      elements: str
      sample: ["count (2/4)"]
problems:
  description: What is wrong, one sentence each.
  type: list
  elements: str
  returned: success
  sample: ["transactions is ZOMBIE: no checkpoint has been completed for 94 s, and nothing has moved in count."]
round_trips:
  description: How often REST and ZooKeeper were asked.
  type: dict
  returned: always
  sample: {rest: 40, zookeeper: 24}
"""

import json
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._health import signs as _signs
from ansible_collections.streamops.flink.plugins.module_utils._health.model import Finding, Limits, Report, Sample
from ansible_collections.streamops.flink.plugins.module_utils._health.sampler import Sampler
from ansible_collections.streamops.flink.plugins.module_utils._health.verdict import judge


def limits_of(params: dict[str, Any]) -> Limits:
    """What lasts for as long as it is looked at is taken for lasting."""
    seen = max(0.0, params["duration"] - params["interval"])
    return Limits(
        checkpoint_window=params["checkpoint_window"],
        start_grace=params["start_grace"],
        stuck=seen,
        missing=seen,
        leaderless=seen,
        still=max(seen, 0.001),
    )


def check(params: dict[str, Any]) -> None:
    for option in ("duration", "interval"):
        if params[option] <= 0:
            raise FlinkError(f"{option} must be more than 0 seconds, not {params[option]}")
    if params["interval"] >= params["duration"]:
        raise FlinkError(
            f"interval ({params['interval']}) must be shorter than duration ({params['duration']}): two samples are"
            " needed to see whether anything moves"
        )
    if params["checkpoint_window"] < 0:
        raise FlinkError(f"checkpoint_window must be 0 or more seconds, not {params['checkpoint_window']}")
    _signs.check(params["signs"])


def look(cluster: Cluster, params: dict[str, Any]) -> Report:
    """Samples for as long as was asked for, and what they mean together."""
    limits = limits_of(params)
    deadline = Deadline(params["duration"])
    watch = _signs.watcher(params["signs"])
    sampler = Sampler(cluster, limits, watch=watch, close=True, clock=deadline.elapsed)
    series: list[Sample] = [sampler.take()]
    while not deadline.expired:
        deadline.pause(params["interval"])
        series.append(sampler.take())
    return judge(series, limits, params["slots"])


def sentence(finding: Finding) -> str:
    return f"{finding.name} is {finding.verdict}: {finding.reason}."


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    check(module.params)
    report = look(cluster, module.params)
    found = {
        "healthy": not report.troubles,
        "cluster": report.cluster.as_dict(),
        "jobs": [one.as_dict() for one in report.jobs],
        "problems": [sentence(one) for one in report.troubles],
    }
    if module.params["path"] and not module.check_mode:
        write(Path(module.params["path"]), found)
    return {"changed": False, **found}


def write(path: Path, found: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise FlinkError(
            f"the verdicts cannot be written to {path}: {error.strerror}; give a path that is writable", **found
        ) from error


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "duration": {"type": "float", "default": 30.0},
            "interval": {"type": "float", "default": 5.0},
            "checkpoint_window": {"type": "float", "default": 0.0},
            "start_grace": {"type": "float", "default": 300.0},
            "slots": {"type": "int"},
            "signs": {"type": "dict", "default": {}},
            "format": {"type": "str", "choices": ["none", "table", "json"], "default": "none"},
            "path": {"type": "path"},
        },
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
