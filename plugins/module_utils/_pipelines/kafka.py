# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pipeline requires of its Kafka, read from the brokers: topics, rights, how long a transaction may take.

A topic that lacks, a right that lacks or a transaction that is longer than the brokers allow ends a job some minutes
after its start, in the words of Kafka's client. Here each is a sentence before anything is changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .._base.addresses import host_port, parse_addresses
from .._base.errors import FlinkError
from .._base.units import duration_text
from .sources.ask import driver
from .sources.base import SourceReport

ANSWER_MILLISECONDS = 10_000
TRANSACTION_LIMIT = "transaction.max.timeout.ms"
MAKES_TOPICS = "auto.create.topics.enable"
# Error codes of the protocol, in what a broker says of a topic.
_UNKNOWN_TOPIC, _TOPIC_REFUSED = 3, 29


@dataclass(frozen=True)
class BrokerUse:
    """What a pipeline is going to do with the brokers."""

    servers: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    # Milliseconds; None where the pipeline writes no transactions.
    transaction_timeout: int | None = None

    @property
    def where(self) -> str:
        return f"Kafka at {self.servers}"


@dataclass(frozen=True)
class Facts:
    """What the brokers said."""

    # Of each broker that returns its configuration: its number, and the values that were requested.
    brokers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # Of each topic: an error code of the protocol, and what may be done with it; None where that is not returned.
    errors: Mapping[str, int] = field(default_factory=dict)
    allowed: Mapping[str, Collection[str] | None] = field(default_factory=dict)


def ask(use: BrokerUse) -> SourceReport:
    """Ask the brokers. Raises when none of them answers."""
    instead = "set flink_jobs_sources_enabled: false"
    library = driver("kafka.admin", "kafka-python", use.where, instead)
    errors = driver("kafka.errors", "kafka-python", use.where, instead)
    with _connected(use, library, errors) as admin:
        return judge(use, _facts(use, library, admin))


# -- asking ------------------------------------------------------------------------------------------------------------


@contextmanager
def _connected(use: BrokerUse, library: Any, errors: Any) -> Iterator[Any]:
    try:
        admin = library.KafkaAdminClient(
            bootstrap_servers=[host_port(host, port) for host, port in parse_addresses(use.servers)],
            client_id="streamops.flink",
            bootstrap_timeout_ms=ANSWER_MILLISECONDS,
            request_timeout_ms=ANSWER_MILLISECONDS,
        )
        try:
            yield admin
        finally:
            admin.close()
    except (errors.KafkaError, OSError) as error:
        raise FlinkError(
            f"could not ask {use.where} about the topics of the pipeline, because none of the brokers answered"
            f" ({error}): correct bootstrap_servers, or start them"
        ) from error


def _facts(use: BrokerUse, library: Any, admin: Any) -> Facts:
    topics = admin.describe_topics(sorted({*use.reads, *use.writes}))
    return Facts(
        brokers=_configurations(library, admin),
        errors={one["name"]: int(one["error_code"]) for one in topics},
        allowed={one["name"]: one.get("authorized_operations") for one in topics},
    )


def _configurations(library: Any, admin: Any) -> dict[str, dict[str, str]]:
    # A broker that is down is fenced, and asking it would only take time.
    numbers = [str(one["broker_id"]) for one in admin.describe_cluster()["brokers"] if not one.get("is_fenced")]
    asked = [library.ConfigResource("BROKER", number, [TRANSACTION_LIMIT, MAKES_TOPICS]) for number in numbers]
    told = admin.describe_configs(asked, config_filter="ALL").get("broker", {})
    return {
        number: {key: str(one["value"]) for key, one in values.items()} for number, values in told.items() if values
    }


# -- judging -----------------------------------------------------------------------------------------------------------


def judge(use: BrokerUse, facts: Facts) -> SourceReport:
    told = SourceReport()
    _transactions(use, facts, told)
    for topic in dict.fromkeys((*use.reads, *use.writes)):
        _topic(use, facts, told, topic)
    return told


def _transactions(use: BrokerUse, facts: Facts, told: SourceReport) -> None:
    if use.transaction_timeout is None:
        return
    limits = [int(values[TRANSACTION_LIMIT]) for values in facts.brokers.values() if TRANSACTION_LIMIT in values]
    mine = duration_text(use.transaction_timeout)
    if not limits:
        told.warnings.append(
            f"{use.where} does not report its {TRANSACTION_LIMIT}, so it is not known whether transactions of {mine}"
            " are allowed: kafka-acls.sh --add --allow-principal User:<who asks> --operation DescribeConfigs --cluster"
        )
    elif use.transaction_timeout > min(limits):
        told.problems.append(
            f"transactions of the pipeline may take {mine}, and {use.where} allows {duration_text(min(limits))}"
            f" ({TRANSACTION_LIMIT} = {min(limits)}) and would refuse every one: set transaction_timeout:"
            f" {duration_text(min(limits))}, or {TRANSACTION_LIMIT}={use.transaction_timeout} in the properties of"
            " every broker"
        )


def _topic(use: BrokerUse, facts: Facts, told: SourceReport, topic: str) -> None:
    code = facts.errors.get(topic, _UNKNOWN_TOPIC)
    if code == _TOPIC_REFUSED:
        _refused(use, told, topic, [*_needed(use, topic), "Describe"])
    elif code == _UNKNOWN_TOPIC:
        makes = [values[MAKES_TOPICS] for values in facts.brokers.values() if MAKES_TOPICS in values]
        # A topic is made for a writer; for a reader a missing one is an error.
        if topic in use.reads or "true" not in makes:
            told.wrong(
                f"{use.where} has no topic {topic}",
                f"kafka-topics.sh --bootstrap-server {use.servers} --create --topic {topic}, or correct tables",
            )
    else:
        allowed = facts.allowed.get(topic)
        lacking = [] if allowed is None else [one for one in _needed(use, topic) if one.upper() not in allowed]
        if lacking:
            _refused(use, told, topic, lacking)


def _needed(use: BrokerUse, topic: str) -> list[str]:
    return ["Read"] * (topic in use.reads) + ["Write"] * (topic in use.writes)


def _refused(use: BrokerUse, told: SourceReport, topic: str, operations: list[str]) -> None:
    rights = " ".join(f"--operation {one}" for one in operations)
    told.wrong(
        f"{use.where} does not permit {' and '.join(operations)} on the topic {topic}",
        f"kafka-acls.sh --bootstrap-server {use.servers} --add --allow-principal User:<of the pipeline> {rights}"
        f" --topic {topic}",
    )
