# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How plugins of the controller report what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from ansible.errors import AnsibleFilterError
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def filter_errors(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """A filter whose FlinkError becomes one sentence: Ansible shows the message of its own exception only."""

    @wraps(function)
    def call(*arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        try:
            return function(*arguments, **named)
        except FlinkError as error:
            raise AnsibleFilterError(error.message) from error

    return call
