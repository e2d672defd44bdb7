"""flink_source_info returns what the database said, and never the password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._pipelines.sources import base as _base
from ansible_collections.streamops.flink.plugins.modules import flink_source_info as module

RunModule = Callable[..., dict[str, Any]]
OPTIONS = {"kind": "postgres-cdc", "hostname": "db1", "database": "shop", "username": "flink", "password": "s3cret"}


def test_the_answer_is_what_the_database_said(monkeypatch: pytest.MonkeyPatch, run_module: RunModule) -> None:
    seen: list[_base.DatabaseUse] = []

    def ask(use: _base.DatabaseUse, password: str) -> _base.SourceReport:
        seen.append(use)
        assert password == "s3cret"
        return _base.SourceReport(version="15", columns={"t": {"id": "INT"}}, problems=["flink may not: DO IT;"])

    monkeypatch.setattr(module._source, "ask", ask)
    answer = run_module(module.main, **OPTIONS, tables=["t"])
    assert (answer["changed"], answer["version"]) == (False, "15")
    assert answer["problems"] == ["flink may not: DO IT;"]
    assert seen[0].port == 5432


def test_a_database_that_refuses_fails_with_its_sentence(
    monkeypatch: pytest.MonkeyPatch, run_module: RunModule
) -> None:
    def ask(_use: _base.DatabaseUse, _password: str) -> _base.SourceReport:
        raise FlinkError("flink could not connect to shop at db1:5432: no route")

    monkeypatch.setattr(module._source, "ask", ask)
    answer = run_module(module.main, **OPTIONS)
    assert answer["failed"]
    assert answer["msg"] == "flink could not connect to shop at db1:5432: no route"


def test_a_password_that_is_a_part_of_a_name_is_refused(monkeypatch: pytest.MonkeyPatch, run_module: RunModule) -> None:
    monkeypatch.setattr(
        module._source, "ask", lambda _use, _password: _base.SourceReport(columns={"t": {"s3cret_id": "INT"}})
    )
    assert "choose another password" in run_module(module.main, **OPTIONS)["msg"]
