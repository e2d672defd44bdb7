#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a pipeline requires of its database, read from the database itself."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_source_info
short_description: Ask a database whether a pipeline can read its changes, and what its tables look like
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Connects to the database of a pipeline as the pipeline will, and reads settings, rights, columns and primary keys.
  - It does not fail when it finds a problem. All problems are returned, each with the statement that puts it right.
  - It fails when the database cannot be reached or does not let the user in.
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.info_module
requirements:
  - The Python package C(pg8000), C(PyMySQL) or C(oracledb), for the database that is asked
options:
  kind:
    description: The kind of the source.
    type: str
    choices: [postgres-cdc, mysql-cdc, oracle-cdc]
    required: true
  hostname:
    description: The host of the database.
    type: str
    required: true
  port:
    description: Its port. Every database has its own default.
    type: int
  database:
    description: The name of the database; for Oracle that of the service.
    type: str
    required: true
  schema:
    description: The schema of tables whose names have none. For PostgreSQL V(public).
    type: str
    default: ""
  username:
    description: The user of the pipeline.
    type: str
    required: true
  password:
    description: The user's password.
    type: str
    required: true
  tables:
    description: The tables that are read.
    type: list
    elements: str
    default: []
  before_images:
    description: Whether the pipeline needs a row as it was before a change, as all sinks for changes do.
    type: bool
    default: true
  columns:
    description: The columns that are read of each table, for tables of which not all are.
    type: dict
    default: {}
  declared_keys:
    description: The columns of the pipeline's primary key of each table, where it is declared. None may be NULL.
    type: dict
    default: {}
  chunk_keys:
    description: The column by which the snapshot of a table is cut into pieces, where that is not its primary key.
    type: dict
    default: {}
  slots:
    description: The replication slot of each table, for PostgreSQL.
    type: dict
    default: {}
  publications:
    description: The publication of each table, for PostgreSQL, where it has not the name of the slot.
    type: dict
    default: {}
  server_ids:
    description: The server ids that the pipeline uses, for MySQL and MariaDB.
    type: list
    elements: int
    default: []
  parallelism:
    description: How many readers read a table at the same time.
    type: int
    default: 1
"""

EXAMPLES = r"""
- name: Ask whether the changes of two tables can be read
  streamops.flink.flink_source_info:
    kind: postgres-cdc
    hostname: db1
    database: shop
    username: flink
    password: "{{ vault_shop_password }}"
    tables: [orders, customers]
  register: shop
  delegate_to: localhost

- name: Show what has to be changed
  ansible.builtin.debug:
    var: shop.problems
"""

RETURN = r"""
version:
  description: The version of the database.
  type: str
  returned: success
  sample: "15.18"
columns:
  description: The columns of each table with their types in Flink.
  type: dict
  returned: success
  sample: {"orders": {"id": "BIGINT NOT NULL", "amount": "DECIMAL(10, 2)"}}
primary_keys:
  description: The primary key of each table.
  type: dict
  returned: success
  sample: {"orders": ["id"]}
problems:
  description: What keeps the pipeline from reading, one sentence each, with the statement that puts it right.
  type: list
  elements: str
  returned: success
  sample:
    - "flink may not replicate shop at db1:5432: ALTER ROLE \"flink\" REPLICATION;"
warnings_found:
  description: What works now and will stop working later, one sentence each.
  type: list
  elements: str
  returned: success
  sample: ["no consumer reads the replication slot old of shop at db1:5432, for which PostgreSQL keeps 2048 MB of log"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node
from ansible_collections.streamops.flink.plugins.module_utils._pipelines.sources import ask as _source
from ansible_collections.streamops.flink.plugins.module_utils._pipelines.sources import base as _base


def use_of(params: dict[str, Any]) -> _base.DatabaseUse:
    return _base.DatabaseUse(
        kind=params["kind"],
        host=params["hostname"],
        port=params["port"] or _base.PORTS[params["kind"]],
        database=params["database"],
        user=params["username"],
        schema=params["schema"],
        tables=tuple(params["tables"]),
        before_images=params["before_images"],
        columns=params["columns"],
        keys=params["declared_keys"],
        chunk_keys=params["chunk_keys"],
        slots={str(key): str(value) for key, value in params["slots"].items()},
        publications={str(key): str(value) for key, value in params["publications"].items()},
        server_ids=tuple(params["server_ids"]),
        parallelism=params["parallelism"],
    )


def refuse_hidden_names(report: _base.SourceReport, password: str) -> None:
    """Ansible hides a password wherever it is in an answer, in the name of a column too."""
    names = [*report.columns, *(name for columns in report.columns.values() for name in columns)]
    if any(password in name for name in names):
        raise FlinkError(
            "the password of the source is a part of the name of a table or column, which Ansible would hide in every"
            " answer: choose another password, or declare columns and primary_key"
        )


def body(module: AnsibleModule) -> dict[str, Any]:
    password = module.params["password"]
    report = _source.ask(use_of(module.params), password)
    refuse_hidden_names(report, password)
    return {
        "changed": False,
        "version": report.version,
        "columns": report.columns,
        "primary_keys": report.primary_keys,
        "problems": report.problems,
        "warnings_found": report.warnings,
    }


def argument_spec() -> dict[str, Any]:
    return {
        "kind": {"type": "str", "choices": ["postgres-cdc", "mysql-cdc", "oracle-cdc"], "required": True},
        "hostname": {"type": "str", "required": True},
        "port": {"type": "int"},
        "database": {"type": "str", "required": True},
        "schema": {"type": "str", "default": ""},
        "username": {"type": "str", "required": True},
        "password": {"type": "str", "required": True, "no_log": True},
        "tables": {"type": "list", "elements": "str", "default": []},
        "before_images": {"type": "bool", "default": True},
        "columns": {"type": "dict", "default": {}},
        "declared_keys": {"type": "dict", "default": {}, "no_log": False},
        "chunk_keys": {"type": "dict", "default": {}, "no_log": False},
        "slots": {"type": "dict", "default": {}},
        "publications": {"type": "dict", "default": {}},
        "server_ids": {"type": "list", "elements": "int", "default": []},
        "parallelism": {"type": "int", "default": 1},
    }


def main() -> None:
    run_node(AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True), body)


if __name__ == "__main__":
    main()
