"""A Flink cluster in memory, for the tests of the modules that work on jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_job
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import (
    GATEWAY,
    FakeFlink,
    connection,
    install_flink,
)


@pytest.fixture
def flink(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeFlink:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return install_flink(monkeypatch, tmp_path / "storage")


@pytest.fixture
def deploy(run_module: Callable[..., dict[str, Any]], flink: FakeFlink) -> Callable[..., dict[str, Any]]:
    """Declare the job `count`."""
    return lambda **arguments: run_module(
        flink_job.main, **{**connection(), "name": "count", "sql_gateways": [GATEWAY], **arguments}
    )
