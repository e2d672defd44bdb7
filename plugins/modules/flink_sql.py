#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SQL statements through the gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_sql
short_description: Run SQL statements through the Flink SQL gateway
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Runs the statements of a script one after the other in one session of the SQL gateway, and returns their rows and
    the ids of the jobs that they start.
  - A query ends when it has no more rows, or when O(limit) or O(timeout) is reached. A query that never ends by itself
    is stopped then.
  - A job that an C(INSERT) starts goes on after the module has ended, and no record of it is kept. For a job that is to
    be kept up use M(streamops.flink.flink_job).
options:
  sql:
    description:
      - The statements.
    type: str
  sql_file:
    description:
      - A file on the host that runs the module, with the statements.
    type: path
  sql_gateways:
    description:
      - Addresses of SQL gateways. The first that answers is used.
    type: list
    elements: str
    required: true
  configuration:
    description:
      - Flink options of the session, dotted or nested.
    type: dict
    default: {}
  limit:
    description:
      - The number of rows of each query that are returned at most.
    type: int
    default: 1000
  timeout:
    description:
      - Seconds for each statement.
    type: float
    default: 60
extends_documentation_fragment:
  - streamops.flink.connection
  - streamops.flink.attributes
  - streamops.flink.attributes.flink
attributes:
  check_mode:
    support: partial
    details:
      - The statements are read and returned, and nothing is run.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - The statements are run every time. RV(ignore:changed) is false when all of them only ask.
seealso:
  - module: streamops.flink.flink_job
"""

EXAMPLES = r"""
- name: Ask for the sum of some numbers
  streamops.flink.flink_sql:
    sql: |
      SET 'execution.runtime-mode' = 'batch';
      SELECT SUM(x) AS total FROM (VALUES (1), (2), (3)) AS t (x);
    sql_gateways: ["http://jm1:8083"]
    zookeeper_quorum: zk1:2181,zk2:2181,zk3:2181
    cluster_id: /payments
  delegate_to: localhost
  register: sum

- name: Show it
  ansible.builtin.debug:
    msg: "{{ sum.rows[0].total }}"
"""

RETURN = r"""
statements:
  description: One entry a statement, in order.
  type: list
  elements: dict
  returned: always
  contains:
    line:
      description: Where the statement begins in the script.
      type: int
      returned: always
      sample: 2
    statement:
      description: The beginning of the statement.
      type: str
      returned: always
      sample: SELECT SUM(x) AS total FROM (VALUES (1), (2), (3)) AS t (x)
    columns:
      description: Names and types of the columns.
      type: list
      elements: dict
      returned: when it was run
      sample: [{"name": "total", "type": "INTEGER"}]
    rows:
      description: The rows. Of a changing result those that are left.
      type: list
      elements: dict
      returned: when it was run
      sample: [{"total": 6}]
    truncated:
      description: Whether there were more rows than O(limit), or more time than O(timeout) was needed.
      type: bool
      returned: when it was run
      sample: false
    job_id:
      description: The job that the statement started, null for none.
      type: str
      returned: when it was run
      sample: 8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e
rows:
  description: The rows of the last query.
  type: list
  elements: dict
  returned: success
  sample: [{"total": 6}]
job_ids:
  description: The jobs that were started and go on.
  type: list
  elements: str
  returned: always
  sample: [8f3d3e1a7a7c4c0c9a5f2f1f6b1d2c3e]
gateway:
  description: The gateway that was used.
  type: str
  returned: success, not in check mode
  sample: http://jm1:8083
line:
  description: The line that was refused.
  type: int
  returned: when a statement was refused
  sample: 3
planner_message:
  description: What the planner says about it.
  type: str
  returned: when a statement was refused
  sample: "SQL validation failed. From line 3, column 15 to line 3, column 16: Object 'gg' not found"
round_trips:
  description: How often the network was asked.
  type: dict
  returned: always
  sample: {"rest": 9, "zookeeper": 0}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import (
    Doubtful,
    Expired,
    FlinkError,
    RestError,
    Unreachable,
)
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import connection_argument_spec, run
from ansible_collections.streamops.flink.plugins.module_utils._jobs import spec as _spec
from ansible_collections.streamops.flink.plugins.module_utils._jobs import sql as _sql
from ansible_collections.streamops.flink.plugins.module_utils._jobs import sql_gateway as _sql_gateway
from ansible_collections.streamops.flink.plugins.module_utils._jobs import view as _jobs
from ansible_collections.streamops.flink.plugins.module_utils._jobs.sql import Statement
from ansible_collections.streamops.flink.plugins.module_utils._jobs.sql_gateway import Answer, Session

# Statements that only ask, by their first word; SET and its like change nothing but the session.
ASKING = frozenset({"SHOW", "DESCRIBE", "DESC", "EXPLAIN", "SELECT", "WITH", "VALUES", "SET", "RESET", "USE", "HELP"})


def only_asks(statement: Statement) -> bool:
    first = statement.normal.split(None, 1)[0].upper().strip("(")
    return statement.kind is _sql.Kind.QUERY or first in ASKING


def execute(cluster: Cluster, opened: Session, statement: Statement, params: dict[str, Any]) -> Answer:
    """Run one statement and report its failure with the line of the script."""
    deadline = Deadline(params["timeout"])
    what = f"the end of {statement.title}"
    try:
        if statement.kind is not _sql.Kind.JOB:
            return opened.query(statement.text, deadline, params["limit"], what)
        return start_job(cluster, opened, statement, deadline, what)
    except Expired as error:
        raise error.extended(f" (line {statement.line} of the SQL script)") from error
    except RestError as error:
        if error.errors and not isinstance(error, (Unreachable, Doubtful)):
            raise _sql_gateway.rejected(error, statement) from error
        raise error.extended(f" (in line {statement.line} of the SQL script)") from error


def start_job(cluster: Cluster, opened: Session, statement: Statement, deadline: Deadline, what: str) -> Answer:
    """The job gets an id of ours, so that it can be found when the answer is lost."""
    job_id = _jobs.new_id()
    try:
        return opened.execute(statement.text, deadline, {"$internal.pipeline.job-id": job_id}, what=what)
    except (Unreachable, Doubtful):
        if _jobs.look(cluster, job_id) is None:
            raise
        return Answer(job_id=job_id)


def shown(statement: Statement, answer: Answer | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"line": statement.line, "statement": statement.title}
    if answer is None:
        return entry
    return entry | {
        "columns": [{"name": column.name, "type": column.type} for column in answer.columns],
        "rows": answer.records(),
        "truncated": answer.truncated,
        "job_id": answer.job_id or None,
    }


def body(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    params = module.params
    script = params["sql"] if params["sql"] is not None else _sql.read_script(params["sql_file"])
    statements = _sql.split(script)
    if not statements:
        raise FlinkError("the SQL script holds no statement")
    if params["limit"] < 0:
        raise FlinkError(f"limit must not be negative, it is {params['limit']}")
    changes = not all(only_asks(statement) for statement in statements)
    answer: dict[str, Any] = {"changed": changes, "rows": [], "job_ids": []}
    if module.check_mode:
        return answer | {"statements": [shown(statement, None) for statement in statements]}
    done: list[dict[str, Any]] = []
    configuration = _spec.flat_configuration(params["configuration"])
    with _sql_gateway.session(cluster, params["sql_gateways"], configuration, Deadline(params["timeout"])) as opened:
        for statement in statements:
            try:
                found = execute(cluster, opened, statement, params)
            except FlinkError as error:
                changed = any(not only_asks(one) for one in statements[: len(done)])
                error.details |= {"statements": done, "job_ids": answer["job_ids"], "changed": changed}
                raise
            done.append(shown(statement, found))
            if found.is_query:
                answer["rows"] = found.records()
            elif found.job_id:
                answer["job_ids"].append(found.job_id)
        return answer | {"statements": done, "gateway": opened.url}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_argument_spec(),
            "sql": {"type": "str"},
            "sql_file": {"type": "path"},
            "sql_gateways": {"type": "list", "elements": "str", "required": True},
            "configuration": {"type": "dict", "default": {}},
            "limit": {"type": "int", "default": 1000},
            "timeout": {"type": "float", "default": 60.0},
        },
        mutually_exclusive=[("sql", "sql_file")],
        required_one_of=[("sql", "sql_file")],
        supports_check_mode=True,
    )
    run(module, body)


if __name__ == "__main__":
    main()
