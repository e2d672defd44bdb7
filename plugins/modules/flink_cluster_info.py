#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_cluster_info
short_description: Tell what a Flink cluster consists of and whether its parts agree
version_added: "1.0.0"
author:
  - streamops.flink contributors (@streamops)
description:
  - Asks the leader for the version, the slots, the jobs' number and the TaskManagers.
  - Asks every JobManager of O(jobmanagers) for its own configuration, and reports the settings that must agree on all
    JobManagers and do not.
  - Can wait for a number of TaskManagers and of slots.
  - A JobManager that does not answer is reported, it is no error.
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.info_module
  - streamops.flink.attributes.flink
options:
  taskmanagers:
    description:
      - Wait until at least so many TaskManagers are registered.
    type: int
  slots:
    description:
      - Wait until at least so many slots are registered, used or free.
    type: int
  timeout:
    description:
      - The seconds to wait for O(taskmanagers) and O(slots). V(0) looks once.
    type: float
    default: 0.0
  taskmanager_names:
    description:
      - The inventory's name of each C(taskmanager.resource-id).
      - Without it the resource id is taken for the name, as the roles of this collection set it.
    type: dict
    default: {}
  configuration:
    description:
      - Also return the whole configuration of each JobManager. The values of secret settings are masked.
    type: bool
    default: false
seealso:
  - module: streamops.flink.flink_leader_info
  - module: streamops.flink.zookeeper_info
"""

EXAMPLES = r"""
- name: Wait until three TaskManagers with twelve slots are registered
  streamops.flink.flink_cluster_info:
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
    jobmanagers:
      - name: jm1
        url: http://jm1.example.org:8081
      - name: jm2
        url: http://jm2.example.org:8081
    taskmanagers: 3
    slots: 12
    timeout: 120
  delegate_to: localhost
  register: cluster

- name: Refuse to go on when the JobManagers disagree
  ansible.builtin.assert:
    that: cluster.drift | length == 0
    fail_msg: "These settings differ between JobManagers: {{ cluster.drift }}"
"""

RETURN = r"""
version:
  description: The leader's Flink version.
  returned: success
  type: str
  sample: 1.20.5
leader:
  description: The JobManager that leads, as M(streamops.flink.flink_leader_info) returns it.
  returned: success
  type: dict
  sample:
    leader_session: 43579719-9cf6-4cc0-a78a-10210bcc8131
    name: jm1
    since: "2026-03-14T09:26:53.589Z"
    url: http://jm1.example.org:8081
    zookeeper_session: "0x100001bf3570001"
slots:
  description: The slots of the cluster.
  returned: success
  type: dict
  contains:
    total:
      description: All registered slots.
      returned: success
      type: int
      sample: 12
    available:
      description: Those that no job uses.
      returned: success
      type: int
      sample: 8
jobs:
  description: The number of jobs the leader knows, by their state.
  returned: success
  type: dict
  sample:
    cancelled: 0
    failed: 0
    finished: 2
    running: 1
taskmanagers:
  description: The TaskManagers that are registered with the leader.
  returned: success
  type: list
  elements: dict
  contains:
    resource_id:
      description: The C(taskmanager.resource-id).
      returned: success
      type: str
      sample: tm1
    name:
      description: The name in O(taskmanager_names), or the resource id when that was not given.
      returned: success
      type: str
      sample: tm1
    address:
      description: The RPC address.
      returned: success
      type: str
      sample: tm1.example.org:6122
    heartbeat_age:
      description: The seconds since the leader last heard of it, by the clock of the host that runs this module.
      returned: success
      type: float
      sample: 1.532
    slots_total:
      description: Its slots.
      returned: success
      type: int
      sample: 4
    slots_available:
      description: Its slots that no job uses.
      returned: success
      type: int
      sample: 2
    data_port:
      description: The port for data between TaskManagers.
      returned: success
      type: int
      sample: 6121
    process_memory:
      description: The configured total memory of the process in bytes; null when it is not known.
      returned: success
      type: int
      sample: 1811939328
missing_taskmanagers:
  description: The names in O(taskmanager_names) that are not registered.
  returned: success
  type: list
  elements: str
  sample: []
jobmanagers:
  description: The JobManagers of O(jobmanagers), each asked for itself.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name in the inventory.
      returned: success
      type: str
      sample: jm1
    url:
      description: The address that was asked.
      returned: success
      type: str
      sample: http://jm1.example.org:8081
    reachable:
      description: Whether it told its configuration.
      returned: success
      type: bool
      sample: true
    leading:
      description: Whether it leads, according to ZooKeeper.
      returned: success
      type: bool
      sample: true
    error:
      description: Why it is not reachable; empty when it is.
      returned: success
      type: str
      sample: ""
    configuration:
      description: Its configuration, secrets masked.
      returned: when O(configuration=true) and it is reachable
      type: dict
      sample:
        high-availability.cluster-id: /payments
contenders:
  description: Who leads and who waits to, as M(streamops.flink.flink_leader_info) returns it.
  returned: success
  type: list
  elements: dict
  sample:
    - leading: true
      name: jm1
      node: _c_b39b2975-17ce-432b-bb2e-0648f19432d8-latch-0000000000
      position: 1
      since: "2026-03-14T09:26:53.002Z"
      url: http://jm1.example.org:8081
      zookeeper_session: "0x100001bf3570001"
drift:
  description:
    - The settings that must agree on all JobManagers and do not, each with the value of every JobManager that answered.
    - A setting that a JobManager does not have is null there. Values of secret settings are masked.
  returned: success
  type: dict
  sample:
    state.checkpoints.dir:
      jm1: s3://flink/checkpoints
      jm2: s3://flink/checkpoint
round_trips:
  description: How often ZooKeeper and the REST API were asked.
  returned: always
  type: dict
  sample:
    rest: 4
    zookeeper: 3
"""

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError, NotYet
from ansible_collections.streamops.flink.plugins.module_utils._base.secrets import MASK, is_secret, mask_url
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline, parallel, wait_for
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import config_of
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._module import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster, JobManager, Leadership


# A standby takes over with its own configuration: where these differ, the cluster changes with its leader.
_MUST_AGREE = (
    "high-availability",
    "application-result-store.",
    "classloader.",
    "cluster.",
    "execution.",
    "fs.",
    "heartbeat.",
    "job-result-store.",
    "jobmanager.adaptive-scheduler.",
    "jobmanager.archive.",
    "jobmanager.execution.",
    "jobmanager.memory.",
    "jobmanager.scheduler",
    "parallelism.default",
    "pipeline.",
    "resourcemanager.",
    "restart-strategy",
    "s3.",
    "s3a.",
    "security.",
    "slotmanager.",
    "state.",
    "table.",
    "web.cancel.",
    "web.rescale.",
    "web.submit.",
)
# These name a place on the node itself.
_MAY_DIFFER = ("high-availability.jobmanager.port", "state.backend.rocksdb.localdir")
_MAY_DIFFER_ENDS = ("keystore", "truststore", "working-dir", "tmp-dir", "tmp-dirs", "local-dir", "local-dirs")


def masked(key: str, value: str) -> str:
    """A value fit to be shown."""
    return MASK if is_secret(key) else mask_url(value)


def must_agree(key: str) -> bool:
    return key.startswith(_MUST_AGREE) and key not in _MAY_DIFFER and not key.endswith(_MAY_DIFFER_ENDS)


def find_drift(configurations: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str | None]]:
    """The keys that must agree and do not: key -> JobManager -> value."""
    keys = sorted({key for one in configurations.values() for key in one})
    found: dict[str, dict[str, str | None]] = {}
    for key in keys:
        if not must_agree(key):
            continue
        here = {name: one.get(key) for name, one in configurations.items()}
        if len(set(here.values())) > 1:
            found[key] = {name: None if value is None else masked(key, value) for name, value in here.items()}
    return found


def number(document: object, key: str, what: str) -> int:
    """A number that Flink always tells."""
    value = document.get(key) if isinstance(document, dict) else None
    if not isinstance(value, int) or abs(value) >= 2**63:
        raise FlinkError(f"the leader's answer to {what} has no number {key!r}: is that a Flink JobManager?")
    return value


def slots_of(overview: object) -> dict[str, int]:
    return {
        "total": number(overview, "slots-total", "/overview"),
        "available": number(overview, "slots-available", "/overview"),
    }


def jobs_of(overview: object) -> dict[str, int]:
    return {
        state: number(overview, f"jobs-{state}", "/overview")
        for state in ("running", "finished", "cancelled", "failed")
    }


def taskmanagers_of(answer: object, names: Mapping[str, Any], now: float) -> list[dict[str, Any]]:
    """The TaskManagers in the order of their names."""
    found = answer.get("taskmanagers") if isinstance(answer, dict) else None
    if not isinstance(found, list) or any(not isinstance(one, dict) for one in found):
        raise FlinkError(
            "the leader's answer to /taskmanagers has no list of TaskManagers: is that a Flink JobManager?"
        )
    return sorted((taskmanager_of(one, names, now) for one in found), key=lambda one: str(one["resource_id"]))


def taskmanager_of(one: Mapping[str, Any], names: Mapping[str, Any], now: float) -> dict[str, Any]:
    resource_id = str(one.get("id", ""))
    authority = str(one.get("path", "")).partition("://")[2].partition("/")[0]
    memory = one.get("memoryConfiguration")
    return {
        "resource_id": resource_id,
        "name": names.get(resource_id) if names else resource_id,
        "address": authority.rpartition("@")[2],
        # In spite of its name this is the moment of the last heartbeat, in milliseconds.
        "heartbeat_age": max(0.0, round(now - number(one, "timeSinceLastHeartbeat", "/taskmanagers") / 1000, 3)),
        "slots_total": number(one, "slotsNumber", "/taskmanagers"),
        "slots_available": number(one, "freeSlots", "/taskmanagers"),
        "data_port": one.get("dataPort"),
        "process_memory": memory.get("totalProcessMemory") if isinstance(memory, dict) else None,
    }


def missing(names: Mapping[str, Any], present: Sequence[Mapping[str, Any]]) -> list[str]:
    """The expected TaskManagers that are not registered."""
    there = {one["resource_id"] for one in present}
    return sorted(str(name) for resource_id, name in names.items() if resource_id not in there)


def jobmanager_of(one: JobManager, answer: object, leader_url: str, configuration: bool) -> dict[str, Any]:
    """A JobManager as it told about itself, or why it did not."""
    error = ""
    if isinstance(answer, FlinkError):
        error = answer.message
    elif not config_of(answer):
        error = f"{mask_url(one.url)}/jobmanager/config holds no configuration"
    told: dict[str, Any] = {
        "name": one.name,
        "url": mask_url(one.url),
        "reachable": not error,
        "leading": one.url.rstrip("/") == leader_url.rstrip("/"),
        "error": error,
    }
    if configuration and not error:
        told["configuration"] = {key: masked(key, value) for key, value in config_of(answer).items()}
    return told


def check_counts(
    overview: object,
    taskmanagers: Sequence[Mapping[str, Any]],
    wanted: Mapping[str, int | None],
    lacking: Sequence[str],
) -> None:
    """NotYet, with how far it is, until enough TaskManagers and slots are there."""
    present = {"TaskManagers": len(taskmanagers), "slots": slots_of(overview)["total"]}
    targets = {what: count for what, count in wanted.items() if count is not None}
    if all(present[what] >= count for what, count in targets.items()):
        return
    far = " and ".join(f"{present[what]} of {count} {what}" for what, count in targets.items())
    raise NotYet(f"{far} are registered" + (f"; missing: {', '.join(lacking)}" if lacking else ""))


def led(cluster: Cluster) -> Leadership:
    """Who leads and who waits; a running election is waited for."""
    seen = cluster.leadership()
    if seen.leader is not None:
        return seen
    if seen.error is not None and not isinstance(seen.error, NotYet):
        raise seen.error
    cluster.await_leader()
    return cluster.leadership()


def body(module: AnsibleModule, cluster: Cluster) -> Result:
    params = module.params
    names: dict[str, Any] = params["taskmanager_names"]
    wanted = {"TaskManagers": params["taskmanagers"], "slots": params["slots"]}
    leadership = led(cluster)

    ask_leader: list[Callable[[], Any]] = [partial(cluster.rest.get, path) for path in ("/overview", "/taskmanagers")]
    ask_each: list[Callable[[], Any]] = [
        partial(cluster.rest.at(one.url).get, "/jobmanager/config") for one in cluster.jobmanagers
    ]
    first = parallel([*ask_leader, *ask_each])
    answers, configs = first[:2], first[2:]
    waiting: list[list[Any]] = [answers]

    def probe() -> tuple[Any, list[dict[str, Any]]]:
        overview, listing = waiting.pop() if waiting else parallel(ask_leader)
        for answer in (overview, listing):
            if isinstance(answer, FlinkError):
                raise answer
        taskmanagers = taskmanagers_of(listing, names, time.time())
        check_counts(overview, taskmanagers, wanted, missing(names, taskmanagers))
        return overview, taskmanagers

    what = " and ".join(f"the registration of {count} {what}" for what, count in wanted.items() if count is not None)
    overview, taskmanagers = wait_for(probe, Deadline(params["timeout"]), what, progress=cluster.progress)

    if leadership.leader is None or cluster.rest.leader != leadership.leader.url:
        # It has changed while we asked.
        leadership = led(cluster)
    leader_url = leadership.leader.url if leadership.leader else ""
    told = {one.name: config_of(answer) for one, answer in zip(cluster.jobmanagers, configs, strict=True)}
    return {
        "version": str(overview.get("flink-version", "")),
        "leader": leadership.leader.as_dict() if leadership.leader else None,
        "contenders": [one.as_dict() for one in leadership.contenders],
        "slots": slots_of(overview),
        "jobs": jobs_of(overview),
        "taskmanagers": taskmanagers,
        "missing_taskmanagers": missing(names, taskmanagers),
        "jobmanagers": [
            jobmanager_of(one, answer, leader_url, params["configuration"])
            for one, answer in zip(cluster.jobmanagers, configs, strict=True)
        ],
        "drift": find_drift({name: configuration for name, configuration in told.items() if configuration}),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "taskmanagers": {"type": "int"},
            "slots": {"type": "int"},
            "timeout": {"type": "float", "default": 0.0},
            "taskmanager_names": {"type": "dict", "default": {}},
            "configuration": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
