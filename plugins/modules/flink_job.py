#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One declared job."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_job
short_description: Bring a Flink job to its declared state
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Submits, upgrades, rescales, suspends or cancels one job, from a SQL script or a jar, until it is what is declared.
  - A job is known by its O(name). A digest of its specification decides. When nothing has changed, nothing is done.
    When only O(parallelism) has changed and the cluster runs Flink's adaptive scheduler, the running job is rescaled.
    Otherwise the job is stopped with a savepoint and started from it.
  - C(running) means that all tasks run and that a checkpoint has been completed which was requested after that. When an
    upgrade does not get that far, what ran before is started again from the same savepoint, and the task fails.
  - What is deployed is recorded in ZooKeeper below O(records_root), under a lock, before each step. A run that was
    interrupted anywhere, a lost answer or a second controller lead to one job on the next run, not to two and not to
    none.
  - State is never lost in silence. A job that had state is never started empty, unless O(allow_state_loss) says so.
options:
  name:
    description:
      - The name of the job. It is how the job is found again, and the name that Flink shows for a SQL job.
    type: str
    required: true
  state:
    description:
      - V(running) submits the job, upgrades it, or leaves it alone.
      - V(suspended) stops the job with a savepoint, from which the next start continues.
      - V(absent) cancels the job. Retained checkpoints and savepoints stay, and a later V(running) continues from the
        newest of them.
    type: str
    choices: [running, suspended, absent]
    default: running
  sql:
    description:
      - A SQL script that starts one job, with one C(INSERT INTO), C(CREATE TABLE ... AS) or C(EXECUTE STATEMENT SET).
      - Comments and layout do not count as a change.
    type: str
  sql_file:
    description:
      - A file on the host that runs the module, with such a script.
    type: path
  jar:
    description:
      - A jar. A file on the host that runs the module, an http(s) URL, or a Maven coordinate
        (C(group:artifact:version[:classifier])).
    type: str
  jar_checksum:
    description:
      - The checksum of O(jar), as C(sha256:...) or C(sha512:...). With C(sha256) a jar from elsewhere is downloaded
        only when it is deployed.
    type: str
  entry_class:
    description:
      - The class with the main method. By default the one that the jar's manifest names.
    type: str
  arguments:
    description:
      - The arguments of the main method.
    type: list
    elements: str
    default: []
  recorded:
    description:
      - Start what ran last under this name, as its record has it, instead of a declared program. So a job goes back to
        what it was, and a restored one starts.
    type: bool
    default: false
    version_added: 1.0.0
  parallelism:
    description:
      - The job's default parallelism. By default the cluster's.
    type: int
  configuration:
    description:
      - Flink options of this job, dotted or nested. Unknown options are refused.
      - A C(SET) in a SQL script is applied later and wins.
    type: dict
    default: {}
  upgrade_mode:
    description:
      - How a running job gives its state to the one that replaces it.
      - V(savepoint) stops it with a savepoint. When it does not run, because it keeps failing, its last checkpoint is
        used, if Flink retains it.
      - V(last_state) cancels it and continues from its last retained checkpoint. This is faster than a savepoint.
      - V(stateless) cancels it and starts empty, or from O(savepoint_path). Where there is state, this needs
        O(allow_state_loss).
    type: str
    choices: [savepoint, last_state, stateless]
    default: savepoint
  savepoint_path:
    description:
      - A savepoint or checkpoint from which the job is started when it has no state of its own. It is checked before.
      - When the job has state of its own and has never been started from this path, the task fails. To go back to it,
        suspend the job, then start it with O(allow_state_loss).
    type: str
  allow_non_restored_state:
    description:
      - Start even if some of the state belongs to operators that the job does not have any more. That state is dropped.
    type: bool
    default: false
  claim_mode:
    description:
      - What becomes of O(savepoint_path). With V(no_claim) it stays as it is. With V(claim) Flink owns it and deletes
        it when it is not needed any more.
      - Savepoints of this module are never claimed, because a failed upgrade goes back to them.
    type: str
    choices: [no_claim, claim]
    default: no_claim
  allow_state_loss:
    description:
      - The name of the job, if a start may give up its state, with O(upgrade_mode=stateless) or O(savepoint_path).
      - Remove it afterwards.
    type: str
    default: ""
    version_added: 1.0.0
  savepoint_directory:
    description:
      - Where savepoints are made, as Flink sees it. By default the cluster's C(execution.checkpointing.savepoint-dir).
      - Each savepoint gets a directory of its own in it.
    type: str
  savepoint_format:
    description:
      - The format of savepoints. V(native) is faster, V(canonical) also fits another state backend.
    type: str
    choices: [canonical, native]
    default: canonical
  drain:
    description:
      - Let the job's windows and timers fire before it is stopped, as if its input had ended. Only for a job that will
        not be continued.
    type: bool
    default: false
  secrets:
    description:
      - Values for the places of a SQL script that read C(${secret:NAME}), by name. They are put in when a statement is
        handed to the gateway, so that the specification, its digest, its record and the difference hold names only.
      - The gateway keeps them for its session, and Flink keeps the options of a table in the graph of the job.
    type: dict
    default: {}
  sql_gateways:
    description:
      - Addresses of SQL gateways. The first that answers is used.
    type: list
    elements: str
    default: []
  cache_dir:
    description:
      - A directory on the host that runs the module, for downloads and for the jars that have been deployed.
      - By default C(streamops-flink) in the user's cache directory.
    type: path
  maven_repository:
    description:
      - The Maven repository for coordinates in O(jar), a URL or a directory. By default Maven Central.
    type: str
  wait_for_checkpoint:
    description:
      - Whether a start is only good when a first checkpoint has been completed.
    type: bool
    default: true
  rollback:
    description:
      - Whether a failed upgrade goes back to what ran before.
    type: bool
    default: true
  timeout:
    description:
      - Seconds for a job to start, or to end.
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
    details:
      - The plan is returned in RV(plan). A SQL script is planned by the gateway in a session of its own, and its
        C(CREATE) statements are executed there.
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: streamops.flink.flink_job_info
  - module: streamops.flink.flink_savepoint
"""

EXAMPLES = r"""
- name: Run a SQL script as a job
  streamops.flink.flink_job:
    name: transactions
    sql_file: /srv/jobs/transactions.sql
    parallelism: 2
    sql_gateways: ["http://jm1:8083", "http://jm2:8083"]
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost

- name: Run a jar from a Maven repository, with the connection options given once
  module_defaults:
    group/streamops.flink.flink:
      zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
      cluster_id: /payments
  delegate_to: localhost
  block:
    - name: Run the job
      streamops.flink.flink_job:
        name: word-count
        jar: org.apache.flink:flink-examples-streaming:1.20.5
        entry_class: org.apache.flink.streaming.examples.wordcount.WordCount
        arguments: [--input, "file:///srv/in", --discovery-interval, 1s]
        configuration:
          execution.checkpointing.interval: 10 s

- name: Stop a job with a savepoint; the next start continues from it
  streamops.flink.flink_job:
    name: transactions
    state: suspended
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost
"""

RETURN = r"""
name:
  description: The name of the job.
  type: str
  returned: always
  sample: transactions
state:
  description: V(running), V(suspended), V(absent), or V(finished) for a job that has come to its end.
  type: str
  returned: success
  sample: running
action:
  description:
    - What was done, V(nothing), V(verify), V(submit), V(resume), V(restart), V(rescale), V(upgrade), V(suspend),
      V(cancel) or V(note), which is a note in the record that the job ended by itself.
  type: str
  returned: always
  sample: upgrade
plan:
  description: What was done, or would be done in check mode, and why.
  type: dict
  returned: success
  contains:
    action:
      description: In words.
      type: str
      returned: always
      sample: upgrade from savepoint
    reason:
      description: Why.
      type: str
      returned: always
      sample: its specification differs
    changes:
      description: The parts of the specification that differ.
      type: list
      elements: str
      returned: always
      sample: [parallelism, sql]
    source:
      description: The savepoint or checkpoint that a start begins with, as far as it is known beforehand.
      type: str
      returned: always
      sample: file:/srv/flink/savepoints/transactions-0b3c/savepoint-8f3d3e-4b825dc642cb
    loses:
      description: The state that would be given up.
      type: str
      returned: always
      sample: the state in file:/srv/flink/checkpoints/8f3d3e1a/chk-7
job_id:
  description: The id of the job that runs, null when none does.
  type: str
  returned: always
  sample: 8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e
flink_state:
  description: The job's state as Flink calls it.
  type: str
  returned: success
  sample: RUNNING
digest:
  description: The digest of the specification that runs.
  type: str
  returned: success
  sample: sha256:5d41402abc4b2a76b9719d911017c592ae2a1c2a8dbd6b6f2a0f0d7d3c3f2e11
jar_sha256:
  description: The checksum of the jar that runs, null for a SQL script. O(cache_dir) has a copy under this name.
  type: str
  returned: success
  sample: 5d41402abc4b2a76b9719d911017c592ae2a1c2a8dbd6b6f2a0f0d7d3c3f2e11
restored_from:
  description: The savepoint or checkpoint from which the running job was started, null for none.
  type: str
  returned: success
  sample: file:/srv/flink/savepoints/transactions-0b3c/savepoint-8f3d3e-4b825dc642cb
checkpoint:
  description: The checkpoint whose completion was waited for.
  type: dict
  returned: when one was waited for
  sample: {"id": 7, "path": "file:/srv/flink/checkpoints/8f3d3e1a/chk-7"}
savepoint_path:
  description: The savepoint that this run has made, or when the task failed the last one that exists.
  type: str
  returned: always
  sample: file:/srv/flink/savepoints/transactions-0b3c/savepoint-8f3d3e-4b825dc642cb
state_kept:
  description: For a job that does not run, the savepoint or checkpoint with which the next start continues.
  type: str
  returned: success
  sample: file:/srv/flink/checkpoints/8f3d3e1a/chk-7
settled:
  description: What an earlier run had left in the middle, and how that ended.
  type: list
  elements: str
  returned: success
  sample:
    - the job 1c0ffee2b6f44d6d8f3b6f3f5a7d9e01, whose submission had not been confirmed, was submitted
rolled_back:
  description: Whether what ran before runs again.
  type: bool
  returned: when an upgrade failed
  sample: true
root_cause:
  description: The innermost cause of a job's failure.
  type: str
  returned: when the job failed
  sample: "FileNotFoundException: /srv/in (No such file or directory)"
line:
  description: The line of the SQL script that was refused.
  type: int
  returned: when a SQL script was refused
  sample: 12
round_trips:
  description: How often the network was asked.
  type: dict
  returned: always
  sample: {"rest": 1, "zookeeper": 3}
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster.zookeeper import caller
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._jobs import spec as _spec
from ansible_collections.streamops.flink.plugins.module_utils._jobs import sql as _sql
from ansible_collections.streamops.flink.plugins.module_utils._jobs.deploy import Deployer, recorded
from ansible_collections.streamops.flink.plugins.module_utils._jobs.outcome import shown
from ansible_collections.streamops.flink.plugins.module_utils._jobs.plan import Declared
from ansible_collections.streamops.flink.plugins.module_utils._jobs.run import Options, cache_directory
from ansible_collections.streamops.flink.plugins.module_utils._jobs.spec import Spec

if TYPE_CHECKING:
    from ansible_collections.streamops.flink.plugins.module_utils._jobs.jar_source import JarSource


def spec_of(params: dict[str, Any], jar: JarSource | None) -> Spec | None:
    """What is declared; None when only the state is."""
    configuration = _spec.flat_configuration(params["configuration"])
    if jar is not None:
        spec = Spec(
            kind="jar",
            artifact=jar.text,
            sha256=jar.sha256,
            entry_class=params["entry_class"] or "",
            arguments=tuple(params["arguments"]),
            parallelism=params["parallelism"],
            configuration=configuration,
        )
    elif params["sql"] is not None or params["sql_file"]:
        script = params["sql"] if params["sql"] is not None else _sql.read_script(params["sql_file"])
        spec = Spec(kind="sql", sql=script, parallelism=params["parallelism"], configuration=configuration)
    else:
        return None
    _spec.check(spec)
    return spec


def jar_source(module: AnsibleModule, directory: Path) -> JarSource | None:
    if not module.params["jar"]:
        return None
    # What fetches jars and looks into them is loaded for a job that is one.
    from ansible_collections.streamops.flink.plugins.module_utils._jobs import jar_source as _jar_source

    return _jar_source.JarSource(module.params, directory, module.run_command, module.log)


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    params = module.params
    if params["state"] == "running" and (why := _spec.name_problem(params["name"])):
        raise FlinkError(f"name is {params['name'][:60]!r}, {why}")
    directory = cache_directory(params["cache_dir"])
    jar = jar_source(module, directory)
    declared = Declared(
        name=params["name"],
        state=params["state"],
        # A job that is not to run needs no jar and no script.
        spec=spec_of(params, jar) if params["state"] == "running" else None,
        upgrade_mode=params["upgrade_mode"],
        savepoint_path=params["savepoint_path"] or "",
        allow_non_restored_state=params["allow_non_restored_state"],
        claim_mode=params["claim_mode"],
        allow_state_loss=params["allow_state_loss"],
    )
    if declared.allow_state_loss not in {"", declared.name}:
        raise FlinkError(
            f"allow_state_loss is {declared.allow_state_loss}, which is not the name of the job: write"
            f" allow_state_loss: {declared.name} if its state may be lost"
        )
    if params["recorded"] and params["state"] == "running":
        declared = recorded(cluster, declared)
    options = Options(
        sql_gateways=tuple(params["sql_gateways"]),
        secrets={str(key): str(value) for key, value in params["secrets"].items()},
        cache_dir=directory,
        jar=jar.get if jar is not None else None,
        savepoint_directory=params["savepoint_directory"] or "",
        native=params["savepoint_format"] == "native",
        drain=params["drain"],
        wait_for_checkpoint=params["wait_for_checkpoint"],
        rollback=params["rollback"],
        timeout=params["timeout"],
        savepoint_timeout=params["savepoint_timeout"],
        lock_timeout=params["lock_timeout"],
        by=caller(),
    )
    deployer = Deployer(cluster, declared, options)
    try:
        result = deployer.run(check_mode=module.check_mode)
    finally:
        for warning in deployer.warnings:
            module.warn(warning)
    return shown(deployer, result, declared)


def argument_spec() -> dict[str, Any]:
    return {
        **connection_argument_spec(),
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["running", "suspended", "absent"], "default": "running"},
        "sql": {"type": "str"},
        "sql_file": {"type": "path"},
        "jar": {"type": "str"},
        "jar_checksum": {"type": "str"},
        "entry_class": {"type": "str"},
        "arguments": {"type": "list", "elements": "str", "default": []},
        "recorded": {"type": "bool", "default": False},
        "parallelism": {"type": "int"},
        "configuration": {"type": "dict", "default": {}},
        "upgrade_mode": {
            "type": "str",
            "choices": ["savepoint", "last_state", "stateless"],
            "default": "savepoint",
        },
        "savepoint_path": {"type": "str"},
        "allow_non_restored_state": {"type": "bool", "default": False},
        "claim_mode": {"type": "str", "choices": ["no_claim", "claim"], "default": "no_claim"},
        "allow_state_loss": {"type": "str", "default": ""},
        "savepoint_directory": {"type": "str"},
        "savepoint_format": {"type": "str", "choices": ["canonical", "native"], "default": "canonical"},
        "drain": {"type": "bool", "default": False},
        "secrets": {"type": "dict", "default": {}, "no_log": True},
        "sql_gateways": {"type": "list", "elements": "str", "default": []},
        "cache_dir": {"type": "path"},
        "maven_repository": {"type": "str"},
        "wait_for_checkpoint": {"type": "bool", "default": True},
        "rollback": {"type": "bool", "default": True},
        "timeout": {"type": "float", "default": 180.0},
        "savepoint_timeout": {"type": "float", "default": 600.0},
        "lock_timeout": {"type": "float", "default": 300.0},
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec=argument_spec(),
        mutually_exclusive=[("sql", "sql_file", "jar")],
        required_by={"jar_checksum": ["jar"], "entry_class": ["jar"]},
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
