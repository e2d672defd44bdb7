"""flink_broker_info returns what the brokers said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import kafka as _broker
from ansible_collections.streamops.flink.plugins.module_utils._pipelines.sources.base import SourceReport
from ansible_collections.streamops.flink.plugins.modules import flink_broker_info as module

RunModule = Callable[..., dict[str, Any]]


def test_the_answer_is_what_the_brokers_said(monkeypatch: pytest.MonkeyPatch, run_module: RunModule) -> None:
    seen: list[_broker.BrokerUse] = []

    def ask(use: _broker.BrokerUse) -> SourceReport:
        seen.append(use)
        return SourceReport(problems=["no topic: MAKE IT"], warnings=["not told"])

    monkeypatch.setattr(module._broker, "ask", ask)
    answer = run_module(module.main, check=True, bootstrap_servers="k1:9092", writes=["counts"], transaction_timeout=5)
    assert (answer["changed"], answer["problems"], answer["warnings_found"]) == (
        False,
        ["no topic: MAKE IT"],
        ["not told"],
    )
    assert seen == [_broker.BrokerUse("k1:9092", writes=("counts",), transaction_timeout=5)]


def test_brokers_that_do_not_answer_fail_with_their_sentence(
    monkeypatch: pytest.MonkeyPatch, run_module: RunModule
) -> None:
    def ask(_use: _broker.BrokerUse) -> SourceReport:
        raise FlinkError("could not ask Kafka at k1:9092")

    monkeypatch.setattr(module._broker, "ask", ask)
    answer = run_module(module.main, bootstrap_servers="k1:9092")
    assert answer["failed"]
    assert answer["msg"] == "could not ask Kafka at k1:9092"
