#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jars on the leading JobManager."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_jar
short_description: Upload, list and delete jars on the leading Flink JobManager
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Manages the jars on the JobManager that leads, because that is the one that will run them. An uploaded jar is on
    one JobManager only, unless all share one C(web.upload.dir).
  - Jars are distinguished by their sha256, which becomes a part of the uploaded name.
  - M(streamops.flink.flink_job) uploads what it needs by itself and removes it again. This module is for jars that
    people run from Flink's web page or with other tools.
options:
  state:
    description:
      - V(present) uploads O(jar), unless the leader has it.
      - V(absent) deletes the jar that O(jar), O(sha256) or O(id) means.
      - V(listed) only returns which jars the leader has.
    type: str
    choices: [present, absent, listed]
    default: present
  jar:
    description:
      - A file on the host that runs the module, an http(s) URL, or a Maven coordinate
        (C(group:artifact:version[:classifier])).
    type: str
  jar_checksum:
    description:
      - The checksum of O(jar), as C(sha256:...) or C(sha512:...).
    type: str
  entry_class:
    description:
      - The class with the main method, for a jar whose manifest names none. It is only used to check the jar.
    type: str
  sha256:
    description:
      - The digest of the jar to delete.
    type: str
  id:
    description:
      - Flink's id of the jar to delete.
    type: str
  cache_dir:
    description:
      - A directory on the host that runs the module, for downloads.
      - By default C(streamops-flink) in the user's cache directory.
    type: path
  maven_repository:
    description:
      - The Maven repository for coordinates, a URL or a directory. By default Maven Central.
    type: str
  timeout:
    description:
      - Seconds for the upload.
    type: float
    default: 600
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.flink
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A change of the leader is a change for this module too, because the new leader has other jars.
seealso:
  - module: streamops.flink.flink_job
"""

EXAMPLES = r"""
- name: Put a jar on the leader
  streamops.flink.flink_jar:
    jar: /srv/jobs/pipeline.jar
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost

- name: Remove it again
  streamops.flink.flink_jar:
    jar: /srv/jobs/pipeline.jar
    state: absent
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost
"""

RETURN = r"""
jar:
  description: The jar that was uploaded or found, null when there is none any more.
  type: dict
  returned: success
  sample: {"id": "5c2c6f3d-9a51-4f0b-8a54-2b1f_pipeline.jar", "name": "pipeline.jar",
           "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
           "uploaded_at": "2026-01-20T08:15:30.000Z", "main_class": "org.example.Pipeline"}
leader:
  description: The JobManager whose jars these are.
  type: dict
  returned: success
  sample: {"name": "jm1", "url": "http://jm1:8081"}
jars:
  description: All jars that the leader has, the newest first. The digest is known of those that this module uploaded.
  type: list
  elements: dict
  returned: success
  sample:
    - id: 3b1f0c52-0d1a-4a43-9f0e-6a0f2f6f7d6e_5d41402abc4b.jar
      name: transactions.jar
      sha256: 5d41402abc4b2a76b9719d911017c592ae2a1c2a8dbd6b6f2a0f0d7d3c3f2e11
      uploaded_at: "2026-03-14T09:26:53.002Z"
      main_class: org.example.Transactions
round_trips:
  description: How often the network was asked.
  type: dict
  returned: always
  sample: {"rest": 2, "zookeeper": 2}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import (
    Doubtful,
    FlinkError,
    NotYet,
    Unreachable,
)
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline, seconds_text, wait_for
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster.leader import Leader
from ansible_collections.streamops.flink.plugins.module_utils._cluster.rest import Endpoint
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._jobs import jars as _jars
from ansible_collections.streamops.flink.plugins.module_utils._jobs.jar_source import JarSource
from ansible_collections.streamops.flink.plugins.module_utils._jobs.run import cache_directory


def chosen(jars: list[_jars.Uploaded], sha256: str, jar_id: str) -> list[_jars.Uploaded]:
    return [one for one in jars if (jar_id and one.jar_id == jar_id) or (sha256 and one.sha256 == sha256)]


def present(module: AnsibleModule, endpoint: Endpoint, source: JarSource, deadline: Deadline) -> dict[str, Any]:
    jars = _jars.listed(endpoint, deadline)
    found = chosen(jars, source.sha256, "")
    if found:
        return result_of(jars, found[0], changed=False)
    jar = source.get()
    name = f"{jar.sha256}-{jar.path.name}"
    if module.check_mode:
        return result_of(jars, None, changed=True)
    jar_id = _jars.upload(endpoint, jar.path, name, deadline)
    jars = _jars.listed(endpoint, deadline)
    return result_of(jars, next((one for one in jars if one.jar_id == jar_id), None), changed=True)


def absent(module: AnsibleModule, endpoint: Endpoint, sha256: str, jar_id: str, deadline: Deadline) -> dict[str, Any]:
    jars = _jars.listed(endpoint, deadline)
    found = chosen(jars, sha256, jar_id)
    if found and not module.check_mode:
        for one in found:
            _jars.delete(endpoint, one.jar_id, deadline)
        jars = [one for one in jars if one not in found]
    return result_of(jars, None, changed=bool(found))


def result_of(jars: list[_jars.Uploaded], jar: _jars.Uploaded | None, *, changed: bool) -> dict[str, Any]:
    shown = [one.as_dict() for one in sorted(jars, key=lambda one: -one.uploaded)]
    return {"changed": changed, "jar": jar.as_dict() if jar is not None else None, "jars": shown}


def once(module: AnsibleModule, cluster: Cluster, leader: Leader, deadline: Deadline) -> dict[str, Any]:
    params = module.params
    endpoint = cluster.rest.at(leader.url)
    directory = cache_directory(params["cache_dir"])
    source = JarSource(params, directory, module.run_command, module.log) if params["jar"] else None
    if params["state"] == "listed":
        return result_of(_jars.listed(endpoint, deadline), None, changed=False)
    if params["state"] == "absent":
        sha256 = params["sha256"] or (source.sha256 if source is not None else "")
        return absent(module, endpoint, sha256.lower(), params["id"] or "", deadline)
    if source is None:
        raise FlinkError("say which jar is to be uploaded, with jar")
    return present(module, endpoint, source, deadline)


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    deadline = Deadline(module.params["timeout"])
    failover: Deadline | None = None

    def probe() -> dict[str, Any]:
        nonlocal failover
        try:
            leader = cluster.leader(deadline)
            answer = once(module, cluster, leader, deadline)
        except (Unreachable, Doubtful, NotYet) as error:
            # Whatever was uploaded to a leader that is lost is of no use. The next leader is asked what it has.
            failover = failover or deadline.within(cluster.failover_timeout())
            if failover.expired:
                raise error.extended(f" (tried for {seconds_text(failover.seconds)} s)") from error
            raise NotYet(error.message) from error
        return answer | {"leader": {"name": leader.name, "url": leader.url}}

    return wait_for(probe, deadline, "the change of the leader's jars", interval=0.5, progress=cluster.progress)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "state": {"type": "str", "choices": ["present", "absent", "listed"], "default": "present"},
            "jar": {"type": "str"},
            "jar_checksum": {"type": "str"},
            "entry_class": {"type": "str"},
            "sha256": {"type": "str"},
            "id": {"type": "str"},
            "cache_dir": {"type": "path"},
            "maven_repository": {"type": "str"},
            "timeout": {"type": "float", "default": 600.0},
        },
        required_by={"jar_checksum": ["jar"]},
        required_if=[("state", "present", ["jar"]), ("state", "absent", ["jar", "sha256", "id"], True)],
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
