#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a whole cluster is."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_status
short_description: Show a whole Flink cluster in one table, and judge it on request
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Asks ZooKeeper, every JobManager and the leader at the same time, and shows nodes and roles, slots, jobs with their
    restarts and checkpoints, and everything that is wrong.
  - Who leads is read from ZooKeeper. Unreachable nodes are listed with the reason, so the module does not fail when
    half of the cluster is away. Fail on RV(status.problems) where that is wanted.
  - With O(watch) it looks for some seconds and also gives one verdict for the cluster and one for each job. A job that
    is C(RUNNING) is not taken for well. It is when checkpoints are completed, or when it has not run for long. That is
    the judgement of the watchdog of P(streamops.flink.guardian#role), made once; what a short look cannot distinguish
    is distinguished by a watchdog that has looked for longer. Jobs that others have deployed are judged too.
  - It runs on the controller. The table is printed by the action plugin of the same name and needs the Python package
    C(rich) there.
options:
  zookeepers:
    description: Names of the ZooKeeper servers, as a dictionary of C(host:port) to name.
    type: dict
    default: {}
  taskmanagers:
    description: Resource ids of the TaskManagers that are to be registered.
    type: list
    elements: str
    default: []
  slots:
    description: How many slots are to be registered.
    type: int
  jobs:
    description: Names of the jobs that are to run.
    type: list
    elements: str
    default: []
  watchdog:
    description:
      - Whether a watchdog is to watch over the jobs. One that has not been heard of for two minutes, or for three of
        its intervals, is a problem.
    type: bool
    default: false
  daemons:
    description:
      - What M(streamops.flink.flink_daemon_info) has returned on the hosts, each entry with the C(name) of its host.
        Those that the cluster itself is not asked for get a row of their own, and are a problem when they do not
        answer.
    type: list
    elements: dict
    default: []
  watch:
    description:
      - For how many seconds the cluster is watched and judged. With V(0) nothing is judged. Flink renews the counters
        of a job every 10 seconds, so that less cannot show that nothing has moved; V(30) is a good choice.
    type: float
    default: 0
  interval:
    description: Seconds between two samples, for O(watch).
    type: float
    default: 5
  checkpoint_window:
    description:
      - For how many seconds a job may go without a completed checkpoint, for O(watch). With V(0) each job's own
        checkpoints decide, three times the interval, twice the slowest, at least a minute.
    type: float
    default: 0
  start_grace:
    description: For how many seconds a job may run before its first checkpoint is completed, for O(watch).
    type: float
    default: 300
  signs:
    description:
      - Signs of life that are declared by the name of a job, as in C(health) of an entry of C(flink_jobs), for
        O(watch). Files and commands are looked at on the host that runs the module.
    type: dict
    default: {}
  format:
    description: What is printed. V(none) prints nothing and only returns.
    type: str
    choices: [table, json, none]
    default: table
  path:
    description: A file on the controller that the status is also written to, as JSON.
    type: path
  hints:
    description: Lines that are printed below the table.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.info_module
  - streamops.flink.attributes.flink
seealso:
  - module: streamops.flink.flink_leader_info
  - module: streamops.flink.flink_cluster_info
  - module: streamops.flink.flink_maintenance
"""

EXAMPLES = r"""
- name: Show the cluster and fail when something is wrong
  streamops.flink.flink_status:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    jobmanagers:
      - {name: jm1, url: "http://jm1:8081"}
      - {name: jm2, url: "http://jm2:8081"}
    taskmanagers: [tm1, tm2, tm3]
    jobs: [transactions]
  register: found
  failed_when: found.status.problems | length > 0
  delegate_to: localhost
  run_once: true

- name: Judge the cluster and its jobs, and fail when something is wrong
  streamops.flink.flink_status:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    jobmanagers:
      - {name: jm1, url: "http://jm1:8081"}
      - {name: jm2, url: "http://jm2:8081"}
    watch: 30
    signs:
      transactions:
        fresh_files: {path: /srv/flink/out, max_age: 10 min}
  register: found
  failed_when: not found.status.health.healthy
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
status:
  description: Everything that was seen. Ages and durations are in seconds, sizes in bytes.
  type: dict
  returned: always
  contains:
    cluster_id:
      description: The cluster's id in ZooKeeper.
      type: str
      returned: always
      sample: /payments
    checked_at:
      description: When it was looked, UTC.
      type: str
      returned: always
      sample: "2026-11-21T14:00:00Z"
    version:
      description: Flink's version.
      type: str
      returned: always
      sample: 1.20.5
    leader:
      description: The leading JobManager, as M(streamops.flink.flink_leader_info) returns it; null without a leader.
      type: dict
      returned: always
      sample: {name: jm1, url: "http://jm1:8081", since: "2026-11-21T13:00:00.000Z"}
    leader_age:
      description: For how long it has led.
      type: float
      returned: always
      sample: 3600.0
    contenders:
      description: How many JobManagers lead or wait to lead.
      type: int
      returned: always
      sample: 2
    zookeeper:
      description: Every server with its mode, version and average latency in milliseconds, or the error.
      type: list
      elements: dict
      returned: always
      sample: [{name: zk1, address: "zk1:2181", mode: leader, version: 3.9.5, latency: "0.2", error: null}]
    jobmanagers:
      description: Every JobManager of the inventory with its role, V(leader), V(standby) or V(unreachable).
      type: list
      elements: dict
      returned: always
      sample: [{name: jm1, url: "http://jm1:8081", role: leader, version: 1.20.5, says: "session 0x1000"}]
    slots:
      description: Registered and free slots.
      type: dict
      returned: always
      sample: {total: 12, available: 10}
    taskmanagers:
      description: Every TaskManager with its slots and the age of its last heartbeat.
      type: list
      elements: dict
      returned: always
      sample: [{name: tm1, registered: true, address: "tm1:6122", slots: 4, free: 2, heartbeat_age: 1.2}]
    daemons:
      description: Those of O(daemons) that have no other row, SQL gateways, history servers, guardians and so on.
      type: list
      elements: dict
      returned: always
      sample: [{name: jm1, daemon: guardian, title: guardian, address: "", answers: true, says: ""}]
    jobs:
      description: Every job that the leader knows, with state, tasks, restarts and last completed checkpoint.
      type: list
      elements: dict
      returned: always
      sample:
        - name: transactions
          id: 8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e
          state: RUNNING
          tasks_running: 4
          tasks_total: 4
          restarts: 0
          started: 1795269000.0
          duration: 360.0
          checkpoint: {id: 12, age: 8.1, size: 20480, path: "file:/srv/flink/checkpoints/8f3d/chk-12"}
    watchdog:
      description: What the watchdog has said last, verdicts and decisions; null without one.
      type: dict
      returned: always
      sample: {by: jm1, at: "2026-11-21T14:00:00.000Z", maintenance: false, jobs: [], decisions: []}
    health:
      description: The verdicts; null without O(watch).
      type: dict
      returned: always
      sample: {healthy: true, cluster: {name: cluster, verdict: HEALTHY}, jobs: [], problems: []}
      contains:
        healthy:
          description: Whether no verdict is bad.
          type: bool
          sample: true
        cluster:
          description: The verdict about the cluster, with the same keys as one about a job.
          type: dict
          sample: {name: cluster, verdict: HEALTHY, reason: led by jm1, bad: false}
        jobs:
          description: A verdict about each job.
          type: list
          elements: dict
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
                  V(MISSING_JOB); of the cluster V(HEALTHY), V(NO_LEADER), V(SPLIT_BRAIN), V(NO_QUORUM) or
                  V(SLOTS_SHORT).
              type: str
              sample: ZOMBIE
            reason:
              description: Why, in one sentence.
              type: str
              sample: no checkpoint has been completed for 94 s, and nothing has moved in count
            bad:
              description: Whether manual intervention is required.
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
          description: The bad verdicts, one sentence each.
          type: list
          elements: str
          sample: ["transactions is ZOMBIE: no checkpoint has been completed for 94 s, and nothing has moved in count."]
    problems:
      description: What is wrong, one sentence each, bad verdicts included.
      type: list
      elements: str
      returned: always
      sample: ["Not registered: TaskManager tm2."]
    notes:
      description: What is not wrong and should be known, one sentence each, such as that there are no spare slots.
      type: list
      elements: str
      returned: always
      sample: []
round_trips:
  description: How often REST and ZooKeeper were asked.
  type: dict
  returned: always
  sample: {rest: 7, zookeeper: 2}
"""

import json
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._health import watch as _watch
from ansible_collections.streamops.flink.plugins.module_utils._operations.page import complete
from ansible_collections.streamops.flink.plugins.module_utils._operations.status import Expected, collect


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    options = module.params
    _watch.check(options)
    health = _watch.health(cluster, options) if options["watch"] else None
    status = collect(
        cluster,
        Expected(
            options["zookeepers"],
            options["taskmanagers"],
            options["slots"],
            options["jobs"],
            options["watchdog"],
        ),
    )
    complete(status, options["daemons"], options["jobs"])
    status["health"] = health
    if health is not None:
        status["problems"] += health["problems"]
    if options["path"] and not module.check_mode:
        write(Path(options["path"]), status)
    return {"changed": False, "status": status}


def write(path: Path, status: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(status, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise FlinkError(
            f"the status cannot be written to {path}: {error.strerror}; give a path that is writable", status=status
        ) from error


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "zookeepers": {"type": "dict", "default": {}},
            "taskmanagers": {"type": "list", "elements": "str", "default": []},
            "slots": {"type": "int"},
            "jobs": {"type": "list", "elements": "str", "default": []},
            "watchdog": {"type": "bool", "default": False},
            "daemons": {"type": "list", "elements": "dict", "default": []},
            "watch": {"type": "float", "default": 0.0},
            "interval": {"type": "float", "default": 5.0},
            "checkpoint_window": {"type": "float", "default": 0.0},
            "start_grace": {"type": "float", "default": 300.0},
            "signs": {"type": "dict", "default": {}},
            "format": {"type": "str", "choices": ["table", "json", "none"], "default": "table"},
            "path": {"type": "path"},
            "hints": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
