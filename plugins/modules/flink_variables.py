#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_variables
short_description: Check the variables of a playbook of this collection (internal)
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - The first task of every playbook of this collection. It runs on the controller, without a connection to a host.
  - It fails when a variable does not exist whose name begins with C(flink_) or with the name of a role of this
    collection, and names the nearest one. It reads the names of the extra variables, and those in the inventory of all
    hosts of the cluster. A name in the inventory that begins with the name of a role and is close to no variable is a
    warning, because it may belong to another collection.
  - It fails when an extra variable, or a variable of the playbook that is set elsewhere, has a value of the wrong type
    or one that is not among the choices.
  - It fails when a variable in the inventory has a value of the wrong type or one that is not among the choices.
  - It fails when an entry of a list or a dictionary has an unknown key, and names the nearest one, in V(flink_jobs) and
    their pipelines, V(flink_libraries), V(flink_watchdog_alerts) and others. What is made of variables of a role is not
    known yet, and is checked by the role.
  - The variables are those of C(meta/argument_specs.yml) of the roles and the playbooks.
options:
  playbook:
    description: The name of the playbook's file, without C(.yml).
    type: str
    required: true
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.info_module
"""

EXAMPLES = r"""
- name: Check the variables
  streamops.flink.flink_variables:
    playbook: status
  register: __flink_playbook
  run_once: true
"""

RETURN = r"""
flink_status_format:
  description:
    - Each variable of the playbook is returned under its own name, with its default and converted to its type. This one
      is a variable of C(playbooks/status.yml).
  returned: success
  type: str
  sample: table
"""
