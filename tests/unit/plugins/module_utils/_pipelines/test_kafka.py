"""Brokers are asked what a pipeline needs of them, and each problem says what puts it right."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import kafka as _broker
from ansible_collections.streamops.flink.plugins.module_utils._pipelines.sources import ask as _source

USE = _broker.BrokerUse("k1:9092,k2:9092", reads=("events",), writes=("counts",), transaction_timeout=900_000)
ALL = {"READ", "WRITE", "DESCRIBE"}


def facts(limit: str = "900000", makes: str = "false", **change: Any) -> _broker.Facts:
    good: dict[str, Any] = {
        "brokers": {"1": {_broker.TRANSACTION_LIMIT: "900000"}, "2": {_broker.TRANSACTION_LIMIT: limit}},
        "errors": {"events": 0, "counts": 0},
        "allowed": {"events": ALL, "counts": ALL},
    }
    good["brokers"]["1"][_broker.MAKES_TOPICS] = makes
    return _broker.Facts(**{**good, **change})


def test_brokers_that_are_ready_have_no_problems() -> None:
    told = _broker.judge(USE, facts())
    assert (told.problems, told.warnings) == ([], [])


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (facts(limit="600000"), "may take 15 min, and Kafka at k1:9092,k2:9092 allows 10 min"),
        (facts(limit="600000"), "set transaction_timeout: 10 min, or transaction.max.timeout.ms=900000"),
        (facts(errors={"events": 3, "counts": 0}), "--create --topic events"),
        (facts(errors={"events": 3, "counts": 0}, makes="true"), "--create --topic events"),
        (facts(errors={"events": 0}), "--create --topic counts"),
        (facts(errors={"events": 29, "counts": 0}), "does not permit Read and Describe on the topic events"),
        (facts(allowed={"counts": {"READ", "DESCRIBE"}}), "--operation Write --topic counts"),
        (facts(allowed={"events": {"DESCRIBE"}}), "--operation Read --topic events"),
    ],
)
def test_what_the_brokers_lack_is_told_with_what_puts_it_right(found: _broker.Facts, message: str) -> None:
    (problem,) = _broker.judge(USE, found).problems
    assert message in problem


def test_a_topic_that_the_brokers_make_by_themselves_may_be_missing_for_a_writer() -> None:
    assert _broker.judge(USE, facts(errors={"events": 0}, makes="true")).problems == []


def test_without_transactions_their_limit_does_not_matter() -> None:
    use = _broker.BrokerUse("k1:9092", reads=("events",))
    assert _broker.judge(use, facts(limit="1")).problems == []


def test_a_limit_that_is_not_told_is_a_warning() -> None:
    (warning,) = _broker.judge(USE, facts(brokers={})).warnings
    assert "whether transactions of 15 min are allowed" in warning


class Admin:
    """Answers as kafka-python's admin client does, which is given in place of it."""

    def __init__(self, **settings: Any) -> None:
        assert settings["bootstrap_servers"] == ["k1:9092", "k2:9092"]
        self.asked: list[Any] = []

    def describe_topics(self, topics: list[str]) -> list[dict[str, Any]]:
        return [{"name": name, "error_code": 0, "authorized_operations": ["READ", "WRITE"]} for name in topics]

    def describe_cluster(self) -> dict[str, Any]:
        return {"brokers": [{"broker_id": 1, "is_fenced": False}, {"broker_id": 2, "is_fenced": True}]}

    def describe_configs(self, asked: list[tuple[str, ...]], config_filter: str) -> dict[str, Any]:
        assert config_filter == "ALL"
        assert [one[:2] for one in asked] == [("BROKER", "1")]
        return {"broker": {"1": {_broker.TRANSACTION_LIMIT: {"value": "60000"}}}}

    def close(self) -> None:
        """Nothing is open."""


class Failure(Exception):
    """As kafka.errors.KafkaError."""


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    known = SimpleNamespace(KafkaAdminClient=Admin, ConfigResource=lambda *parts: parts, KafkaError=Failure)
    monkeypatch.setattr(_source.importlib, "import_module", lambda _name: known)
    return known


@pytest.mark.usefixtures("library")
def test_brokers_that_are_down_are_not_asked() -> None:
    (problem,) = _broker.ask(USE).problems
    assert "allows 1 min" in problem


def test_brokers_that_do_not_answer_are_named(library: SimpleNamespace) -> None:
    def refuse(**_settings: Any) -> None:
        raise Failure("no route")

    library.KafkaAdminClient = refuse
    with pytest.raises(FlinkError, match=r"none of the brokers answered \(no route\): correct bootstrap_servers"):
        _broker.ask(USE)


def test_a_library_that_is_missing_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(_source.importlib, "import_module", missing)
    with pytest.raises(FlinkError, match="pip install kafka-python"):
        _broker.ask(USE)
