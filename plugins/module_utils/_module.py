# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the library meets Ansible: how every module ends, and the options that several modules share.

Ansible sends a module with all that it imports, also in functions and below TYPE_CHECKING. Modules that work on a host
need no library of the cluster, so what needs it is in _cluster_module.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._base.errors import FlinkError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible.module_utils.basic import AnsibleModule

Result = dict[str, Any]


def places_argument_spec(*, required: bool = False) -> dict[str, Any]:
    """Where a cluster keeps things, for the modules that look at its storage."""
    names = ("ha", "results", "application_results", "checkpoints", "savepoints")
    return {
        "type": "dict",
        "required": required,
        "options": {name: {"type": "str", "default": ""} for name in names},
    }


def run_node(module: AnsibleModule, body: Callable[[AnsibleModule], Result]) -> None:
    """Run a body that needs no cluster, then end the module."""
    finish(module, lambda: body(module))


def finish(module: AnsibleModule, work: Callable[[], Result]) -> None:
    """Do the work and end the module with its result, or with the sentence of what failed."""
    try:
        result = work()
    except FlinkError as error:
        details = {key: value for key, value in error.details.items() if key not in {"msg", "failed"}}
        module.fail_json(msg=error.message, **details)
    else:
        result.setdefault("changed", False)
        module.exit_json(**result)
