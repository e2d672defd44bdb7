"""Kafka brokers for the tests: from Maven Central's artefacts, KRaft, on the loopback interface, gone afterwards."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._install.fetch import fetch

from real_cluster import eventually, free_base

JARS = Path(__file__).with_name("kafka_jars.txt")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "streamops-flink"


def class_path() -> str:
    lines = [line.split() for line in JARS.read_text().splitlines() if not line.startswith("#")]
    return ":".join(str(fetch(name, cache_dir=CACHE, checksum=f"sha256:{digest}")) for name, digest in lines)


class Kafka:
    """One broker, or several that replicate every topic."""

    def __init__(self, java: str = "java", brokers: int = 1, authorizer: bool = False, **options: Any) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="streamops-kafka-"))
        self.java = java
        self.base = free_base()
        self.numbers = range(1, brokers + 1)
        self.processes: dict[int, subprocess.Popen[bytes]] = {}
        self.class_path = class_path()
        self.options = options
        if authorizer:
            # Whatever is not denied is allowed; without this no rights are checked.
            self.options |= {
                "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "allow.everyone.if.no.acl.found": "true",
            }
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        for number in self.numbers:
            self._write(number)
            self._java(number, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._file(number)))
        for number in self.numbers:
            self.start(number)

    def port(self, number: int) -> int:
        return self.base + 2 * number

    @property
    def bootstrap(self) -> str:
        return ",".join(f"127.0.0.1:{self.port(number)}" for number in self.numbers)

    def _file(self, number: int) -> Path:
        return self.directory / f"{number}.properties"

    def _write(self, number: int) -> None:
        copies = len(self.numbers)
        voters = ",".join(f"{one}@127.0.0.1:{self.port(one) + 1}" for one in self.numbers)
        options = {
            "process.roles": "broker,controller",
            "node.id": number,
            "controller.quorum.voters": voters,
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port(number)},CONTROLLER://127.0.0.1:{self.port(number) + 1}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port(number)}",
            "log.dirs": self.directory / f"log-{number}",
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": 3,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": max(1, copies - 1),
            "transaction.state.log.num.partitions": 3,
            "default.replication.factor": copies,
            "min.insync.replicas": max(1, copies - 1),
            "group.initial.rebalance.delay.ms": 0,
            "auto.create.topics.enable": "false",
            "num.partitions": 2,
            **self.options,
        }
        self._file(number).write_text("".join(f"{key}={value}\n" for key, value in options.items()))

    def _command(self, main: str, *arguments: str) -> list[str]:
        return [self.java, "-Xmx256m", "-cp", self.class_path, main, *arguments]

    def _java(self, number: int, main: str, *arguments: str) -> None:
        with (self.directory / f"{number}.out").open("ab") as log:
            done = subprocess.run(
                self._command(main, *arguments), stdout=log, stderr=log, cwd=self.directory, timeout=120, check=False
            )
        assert done.returncode == 0, self.log(number)

    def log(self, number: int) -> str:
        return (self.directory / f"{number}.out").read_text(errors="replace")

    def start(self, number: int) -> None:
        with (self.directory / f"{number}.out").open("ab") as log:
            self.processes[number] = subprocess.Popen(
                self._command("kafka.Kafka", str(self._file(number))),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.directory,
                start_new_session=True,
            )

    def kill(self, number: int) -> None:
        process = self.processes[number]
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=30)

    def restart(self, number: int) -> None:
        """Kill a broker, start it, and wait until it listens: clients look for it at ever longer intervals."""
        self.kill(number)
        self.start(number)
        eventually(lambda: self._listens(number), 120, f"broker {number} listens again")

    def _listens(self, number: int) -> bool:
        assert self.processes[number].poll() is None, self.log(number)
        socket.create_connection(("127.0.0.1", self.port(number)), timeout=5).close()
        return True

    def create(self, *topics: str, partitions: int = 2) -> None:
        from kafka.admin import KafkaAdminClient, NewTopic

        def made() -> bool:
            try:
                admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
            except Exception as error:
                raise OSError(str(error)) from error
            try:
                admin.create_topics([NewTopic(topic, partitions, len(self.numbers)) for topic in topics])
            finally:
                admin.close()
            return True

        eventually(made, 90, "the broker makes topics")

    def deny(self, topic: str, operation: str) -> None:
        """Take a right on a topic away from all accounts."""
        from kafka.admin import ACL, ACLOperation, ACLPermissionType, KafkaAdminClient, ResourcePattern, ResourceType

        pattern = ResourcePattern(ResourceType.TOPIC, topic)
        rights = [
            ACL("User:*", "*", ACLOperation.DESCRIBE, ACLPermissionType.ALLOW, pattern),
            ACL("User:*", "*", ACLOperation[operation], ACLPermissionType.DENY, pattern),
        ]
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            assert not admin.create_acls(rights)["failed"]
        finally:
            admin.close()

    def send(self, topic: str, values: list[bytes]) -> None:
        from kafka import KafkaProducer

        producer = KafkaProducer(bootstrap_servers=self.bootstrap, enable_idempotence=True)
        try:
            for value in values:
                producer.send(topic, value)
            producer.flush(timeout=120)
        finally:
            producer.close()

    def committed(self, topic: str, partitions: int = 2, wait: float = 5.0) -> list[bytes]:
        """All that a reader sees who reads what is committed."""
        from kafka import KafkaConsumer, TopicPartition

        consumer: Any = KafkaConsumer(
            bootstrap_servers=self.bootstrap,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            consumer_timeout_ms=int(wait * 1000),
        )
        try:
            consumer.assign([TopicPartition(topic, number) for number in range(partitions)])
            return [message.value for message in consumer]
        finally:
            consumer.close()

    def close(self) -> None:
        for number in self.processes:
            self.kill(number)
        shutil.rmtree(self.directory, ignore_errors=True)
