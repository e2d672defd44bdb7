"""The module flink_service: what does not depend on the runtime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_service

RunModule = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("runtime", "option", "message"),
    [
        ("systemd", {"log": "/tmp/out"}, "log is given with runtime systemd, but only runtime process uses it"),
        ("systemd", {"log_backups": 4}, "log_backups is given with runtime systemd"),
        (
            "process",
            {"limits": {"memory": "2g"}},
            "limits is given with runtime process, but only",
        ),
    ],
)
def test_an_option_of_the_other_runtime_is_refused(
    run_module: RunModule, tmp_path: Path, runtime: str, option: dict[str, Any], message: str
) -> None:
    own = {"supervisor_dir": str(tmp_path)} if runtime == "process" else {}
    found = run_module(flink_service.main, runtime=runtime, name="jm1", **own, **option)
    assert found["failed"]
    assert message in found["msg"]


def test_supervisord_needs_a_directory(run_module: RunModule) -> None:
    found = run_module(flink_service.main, runtime="process", name="jm1", state="absent")
    assert "runtime is process but all of the following are missing: supervisor_dir" in found["msg"]
