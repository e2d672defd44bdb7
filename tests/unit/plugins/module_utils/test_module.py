"""How a module ends that needs no cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node

Run = Callable[..., dict[str, Any]]


def test_a_module_without_a_cluster_ends_the_same_way(run_module: Run) -> None:
    def fail(_module: AnsibleModule) -> dict[str, Any]:
        raise FlinkError("no", path="/opt")

    def main(body: Callable[[AnsibleModule], dict[str, Any]]) -> Callable[[], None]:
        return lambda: run_node(AnsibleModule(argument_spec={}), body)

    assert run_module(main(lambda _module: {"path": "/opt"}))["changed"] is False
    failed = run_module(main(fail))
    assert (failed["failed"], failed["msg"], failed["path"]) == (True, "no", "/opt")
