#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phases of an upgrade of a whole cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_upgrade
short_description: "Take a Flink cluster through the phases of an upgrade, or back (internal: called by the roles)"
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Does what an upgrade needs of the jobs and of ZooKeeper, one phase a call, and writes down each phase before it
    begins, so that an upgrade that was interrupted anywhere goes on. The playbook C(playbooks/upgrade.yml) calls it,
    and does on the hosts what has to be done between.
  - Every phase can be repeated, and a complete one changes nothing.
options:
  phase:
    description:
      - V(read) only returns the last upgrade.
      - V(prepared) begins one, when it is possible.
      - V(stopped) stops all jobs with savepoints, side by side, and proves that the HA store holds none.
      - V(swapping) and V(starting) note that processes, and jobs, of the new version are started now.
      - V(soaked) watches the jobs, see O(checkpoints) and O(window).
      - V(done) ends the upgrade.
      - V(rolling_back) notes that it goes back, and cancels what runs of the new version.
      - V(cleared) takes what is left of jobs out of the HA store, once no JobManager runs.
      - V(returned) puts the records of the jobs back, so that each continues from the savepoint taken before.
      - V(rolled_back) ends the way back.
    type: str
    choices:
      [read, prepared, stopped, swapping, starting, soaked, done, rolling_back, cleared, returned, rolled_back]
    default: read
  version:
    description:
      - The version to upgrade to, for O(phase=prepared).
    type: str
  sql_state_allowed:
    description:
      - Whether jobs in SQL may be taken to another minor version, for which Flink does not promise that their state can
        be read.
    type: bool
    default: false
  why:
    description:
      - Why it goes back, for O(phase=rolling_back).
    type: str
  checkpoints:
    description:
      - So many new checkpoints each job has to complete, for O(phase=soaked).
    type: int
    default: 2
  window:
    description:
      - So many seconds no job may restart, for O(phase=soaked).
    type: float
    default: 30
  timeout:
    description:
      - Seconds for everything else that is waited for.
    type: float
    default: 180
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.timeouts.lock
  - streamops.flink.timeouts.savepoint
  - streamops.flink.attributes
  - streamops.flink.attributes.flink
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
seealso:
  - module: streamops.flink.flink_backup
  - module: streamops.flink.flink_job
"""

EXAMPLES = r"""
- name: See whether an upgrade is half done
  streamops.flink.flink_upgrade:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost
  register: last

- name: Stop all jobs with savepoints
  streamops.flink.flink_upgrade:
    phase: stopped
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost
"""

RETURN = r"""
upgrade:
  description: The upgrade as it is recorded now; null when there was never one.
  type: dict
  returned: always
  contains:
    old:
      description: The version that it comes from.
      type: str
      sample: 1.20.5
    new:
      description: The version that it goes to.
      type: str
      sample: 2.2.1
    phase:
      description: How far it is.
      type: str
      sample: soaking
    unfinished:
      description: Whether the cluster is between two versions.
      type: bool
      sample: true
    back:
      description: Whether it goes back, or went.
      type: bool
      sample: false
    swapped:
      description: Whether processes of the new version may run.
      type: bool
      sample: true
    why:
      description: Why it goes back.
      type: str
      sample: the job transactions restarted on the new version
    began:
      description: When it began.
      type: str
      sample: "2026-11-27T02:15:30.000Z"
    ended:
      description: When it ended.
      type: str
      sample: "2026-11-27T02:16:30.000Z"
    jobs:
      description: The jobs with the savepoint that was taken before, and the seconds for which each did not run.
      type: list
      elements: dict
      sample: [{"name": transactions, "job_id": 8f3d3e1a, "savepoint": "file:/srv/s", "downtime": 21.5}]
needed:
  description: Whether there is anything to do; false when that version runs already.
  type: bool
  returned: for O(phase=prepared)
  sample: true
round_trips:
  description: How often the network was asked.
  type: dict
  returned: always
  sample: {"rest": 8, "zookeeper": 9}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster.zookeeper import caller
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._jobs.run import Options
from ansible_collections.streamops.flink.plugins.module_utils._upgrade import phases as _upgrade_run
from ansible_collections.streamops.flink.plugins.module_utils._upgrade.phases import Conductor, Soak
from ansible_collections.streamops.flink.plugins.module_utils._upgrade.record import KIND, NAME, Upgrade, read


def options_of(params: dict[str, Any]) -> Options:
    return Options(
        savepoint_timeout=params["savepoint_timeout"],
        timeout=params["timeout"],
        lock_timeout=params["lock_timeout"],
        by=caller(),
    )


def shown(upgrade: Upgrade | None) -> dict[str, Any] | None:
    return upgrade.shown() if upgrade is not None and upgrade.phase else None


def act(conductor: Conductor, params: dict[str, Any]) -> dict[str, Any]:
    """One phase; what it returns in addition to the record."""
    phase = params["phase"]
    if phase == "prepared":
        needed = conductor.prepare(params["version"], sql_allowed=params["sql_state_allowed"])
        return {"needed": needed}
    if phase == "soaked":
        conductor.soak(Soak(params["checkpoints"], params["window"], params["timeout"]))
    elif phase == "rolling_back":
        conductor.give_up(params["why"] or "")
    else:
        _upgrade_run.PHASES[phase](conductor)
    return {}


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    params = module.params
    if params["phase"] == "read":
        return {"upgrade": shown(read(cluster))}
    options = options_of(params)
    if module.check_mode:
        conductor = Conductor(cluster, options)
        answer: dict[str, Any] = {"changed": True, "upgrade": shown(conductor.upgrade)}
        if params["phase"] == "prepared":
            foreseen = conductor.foresee(params["version"], sql_allowed=params["sql_state_allowed"])
            needed = foreseen.old != foreseen.new
            answer |= {"changed": needed, "needed": needed, "upgrade": shown(foreseen)}
        return answer
    with cluster.records.lock(KIND, NAME, options.by, Deadline(options.lock_timeout)):
        conductor = Conductor(cluster, options)
        before = conductor.upgrade
        answer = act(conductor, params)
        return {"changed": conductor.upgrade != before, "upgrade": shown(conductor.upgrade), **answer}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "phase": {
                "type": "str",
                "choices": ["read", "prepared", "soaked", "rolling_back", *_upgrade_run.PHASES],
                "default": "read",
            },
            "version": {"type": "str"},
            "sql_state_allowed": {"type": "bool", "default": False},
            "why": {"type": "str"},
            "checkpoints": {"type": "int", "default": 2},
            "window": {"type": "float", "default": 30.0},
            "savepoint_timeout": {"type": "float", "default": 600.0},
            "timeout": {"type": "float", "default": 180.0},
            "lock_timeout": {"type": "float", "default": 300.0},
        },
        required_if=[("phase", "prepared", ["version"])],
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
