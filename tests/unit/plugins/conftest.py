"""Run a module's main() in this process and hand back the JSON that Ansible would read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args


@pytest.fixture
def run_module(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    def call(main: Callable[[], None], *, check: bool = False, diff: bool = False, **arguments: Any) -> dict[str, Any]:
        capsys.readouterr()
        control = {"_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": "/tmp"}
        with patch_module_args({**arguments, **control}), pytest.raises(SystemExit):
            main()
        return json.loads(capsys.readouterr().out.strip().splitlines()[-1])

    return call
