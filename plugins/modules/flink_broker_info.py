#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a pipeline requires of its Kafka, read from the brokers themselves."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_broker_info
short_description: Ask Kafka brokers whether a pipeline can read and write its topics
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Asks the brokers of a pipeline for its topics, for what may be done with them, and for how long a transaction may
    take, and changes nothing.
  - It does not fail when it finds a problem. All problems are returned, each with what puts it right.
  - It fails when no broker answers. Brokers that require TLS or a password cannot be checked.
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.info_module
requirements:
  - The Python package C(kafka-python)
options:
  bootstrap_servers:
    description: The brokers to begin with, C(host:port) with commas between them.
    type: str
    required: true
  reads:
    description: The topics that are read.
    type: list
    elements: str
    default: []
  writes:
    description: The topics that are written.
    type: list
    elements: str
    default: []
  transaction_timeout:
    description: Milliseconds that a transaction of the pipeline may take. Without it none is written.
    type: int
seealso:
  - module: streamops.flink.flink_source_info
  - plugin: streamops.flink.flink_pipeline_brokers
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Ask whether a topic can be written in transactions of a quarter of an hour
  streamops.flink.flink_broker_info:
    bootstrap_servers: k1:9092,k2:9092
    writes: [counts]
    transaction_timeout: 900000
  register: kafka
  delegate_to: localhost

- name: Show what has to be changed
  ansible.builtin.debug:
    var: kafka.problems
"""

RETURN = r"""
problems:
  description: What keeps the pipeline from its work, one sentence each, with what puts it right.
  type: list
  elements: str
  returned: success
  sample:
    - "Kafka at k1:9092 has no topic counts: kafka-topics.sh --bootstrap-server k1:9092 --create --topic counts, or
      correct tables"
warnings_found:
  description: What could not be known, one sentence each.
  type: list
  elements: str
  returned: success
  sample: []
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import kafka as _broker


def body(module: AnsibleModule) -> dict[str, Any]:
    report = _broker.ask(
        _broker.BrokerUse(
            servers=module.params["bootstrap_servers"],
            reads=tuple(module.params["reads"]),
            writes=tuple(module.params["writes"]),
            transaction_timeout=module.params["transaction_timeout"],
        )
    )
    return {"changed": False, "problems": report.problems, "warnings_found": report.warnings}


def argument_spec() -> dict[str, Any]:
    return {
        "bootstrap_servers": {"type": "str", "required": True},
        "reads": {"type": "list", "elements": "str", "default": []},
        "writes": {"type": "list", "elements": "str", "default": []},
        "transaction_timeout": {"type": "int"},
    }


def main() -> None:
    run_node(AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True), body)


if __name__ == "__main__":
    main()
