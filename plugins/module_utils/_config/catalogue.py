# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of each Flink version: what exists, of which type, and under which other names.

The data is written by tools/catalogue/generate.py; what a distribution does not contain is in the tables here.
This file is private to the collection: no interface for others, it may change at any time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import NamedTuple

from .._base.errors import FlinkError
from .catalogue_data import DATA, VERSIONS


@dataclass(frozen=True)
class Option:
    """One option of one Flink version."""

    key: str
    type: str
    constants: tuple[str, ...] = ()
    default: str = ""
    # Old names that Flink still accepts.
    deprecated_keys: tuple[str, ...] = ()
    # Other options whose value Flink takes when this one is not set.
    fallback_keys: tuple[str, ...] = ()
    deprecated: bool = False


class Prefix(NamedTuple):
    """Keys that cannot be listed, because a plugin or the user names them."""

    start: str
    meaning: str


class Removal(NamedTuple):
    """A key that Flink no longer has, and what takes its place (none: nothing does)."""

    replacement: str
    remark: str = ""


# <name> stands for one part of a key. Known keys below such a prefix are checked like any other.
FREE_PREFIXES = (
    Prefix("metrics.reporter.<name>.", "options of a metrics reporter"),
    Prefix("traces.reporter.<name>.", "options of a trace reporter"),
    Prefix("events.reporter.<name>.", "options of an event reporter"),
    Prefix("external-resource.<name>.", "amount, driver and parameters of an external resource such as a GPU"),
    Prefix("security.delegation.token.provider.<name>.", "options of a delegation token provider"),
    Prefix("security.delegation.token.receiver.<name>.", "options of a delegation token receiver"),
    Prefix("containerized.master.env.", "environment variables of JobManagers in containers"),
    Prefix("containerized.taskmanager.env.", "environment variables of TaskManagers in containers"),
    Prefix("flink.hadoop.", "handed to Hadoop without the prefix"),
    Prefix("flink.yarn.", "handed to YARN without the prefix"),
    Prefix("fs.s3a.", "the S3 file system of Hadoop"),
    Prefix("fs.s3.", "the S3 file systems"),
    Prefix("s3.", "the S3 file systems"),
    Prefix("s3a.", "the S3 file system of Hadoop"),
    Prefix("s3p.", "the S3 file system of Presto"),
    Prefix("presto.s3.", "the S3 file system of Presto"),
    Prefix("fs.oss.", "the Alibaba OSS file system"),
    Prefix("fs.azure.", "the Azure file systems"),
    Prefix("fs.gs.", "the Google Cloud Storage file system"),
    Prefix("gs.", "the Google Cloud Storage file system"),
    Prefix("fs.hdfs.", "the Hadoop file system"),
    Prefix("dfs.", "the Hadoop file system"),
    Prefix("fs.<scheme>.limit.", "limits of the connections to one file system"),
    Prefix("sql-gateway.endpoint.hiveserver2.", "the HiveServer2 endpoint of the SQL gateway"),
    Prefix("table.catalog-store.<kind>.", "options of a catalog store"),
    Prefix("table.secret-store.<kind>.", "options of a secret store"),
    Prefix("job.autoscaler.", "the standalone autoscaler, which reads the configuration of the cluster"),
    Prefix("kubernetes.operator.", "the Kubernetes operator; legal, without effect here"),
)

# Options which Flink keeps as text although only these values (or the name of a class) make sense.
TEXT_CONSTANTS: dict[str, tuple[str, ...]] = {
    "state.backend.type": ("hashmap", "rocksdb", "forst", "jobmanager", "filesystem"),
    "high-availability.type": ("NONE", "zookeeper", "kubernetes"),
    "restart-strategy.type": ("none", "fixed-delay", "failure-rate", "exponential-delay"),
    "cleanup-strategy.type": ("none", "fixed-delay", "exponential-delay"),
    "execution.checkpointing.storage": ("jobmanager", "filesystem"),
    "jobmanager.execution.failover-strategy": ("full", "region"),
    "classloader.resolve-order": ("child-first", "parent-first"),
    "high-availability.zookeeper.client.acl": ("open", "creator"),
}

_REPLACED_BUFFERS = Removal("taskmanager.network.memory.buffer-debloat.enabled", "Flink sizes its buffers by itself")
_HEARTBEATS = Removal("heartbeat.timeout", "Flink has its own heartbeats")
_SERIALIZERS = Removal("pipeline.serialization-config")
_NO_BACKPRESSURE_SAMPLING = Removal("", "back pressure is measured all the time")
_NETTY = Removal("", "Flink chooses it by itself")

# What the fallback keys of the catalogues do not contain: gone without an option that accepts the old name.
REMOVED: dict[str, Removal] = {
    "akka.watch.heartbeat.interval": _HEARTBEATS,
    "akka.watch.heartbeat.pause": _HEARTBEATS,
    "akka.watch.threshold": _HEARTBEATS,
    "cluster.evenly-spread-out-slots": Removal("taskmanager.load-balance.mode", "its value SLOTS does the same"),
    "execution.async-state.buffer-size": Removal("execution.async-state.active-buffer-size"),
    "execution.async-state.buffer-timeout": Removal("execution.async-state.active-buffer-timeout"),
    "execution.async-state.in-flight-records-limit": Removal("execution.async-state.total-buffer-size"),
    "execution.checkpointing.force": Removal("", "a job that cannot take checkpoints cannot be made to"),
    "fine-grained.shuffle-mode.all-blocking": Removal("execution.batch-shuffle-mode"),
    "high-availability.job.delay": Removal("", "jobs are recovered without a delay"),
    "high-availability.zookeeper.path.running-registry": Removal("job-result-store.storage-path"),
    "jobmanager.heap.mb": Removal("jobmanager.memory.process.size"),
    "jobmanager.heap.size": Removal("jobmanager.memory.process.size"),
    "jobmanager.web.backpressure.cleanup-interval": _NO_BACKPRESSURE_SAMPLING,
    "jobmanager.web.backpressure.delay-between-samples": _NO_BACKPRESSURE_SAMPLING,
    "jobmanager.web.backpressure.num-samples": _NO_BACKPRESSURE_SAMPLING,
    "jobmanager.web.backpressure.refresh-interval": _NO_BACKPRESSURE_SAMPLING,
    "jobmanager.web.ssl.enabled": Removal("security.ssl.rest.enabled"),
    "local.number-resourcemanager": Removal(""),
    "pipeline.auto-type-registration": Removal("", "types are always registered"),
    "pipeline.default-kryo-serializers": _SERIALIZERS,
    "pipeline.registered-kryo-types": _SERIALIZERS,
    "pipeline.registered-pojo-types": _SERIALIZERS,
    "pipeline.time-characteristic": Removal("", "jobs choose event time with a watermark strategy"),
    "recovery.job.delay": Removal("", "jobs are recovered without a delay"),
    "resourcemanager.taskmanager-release.wait.result.consumed": Removal(""),
    "security.ssl.enabled": Removal(
        "security.ssl.internal.enabled", "and security.ssl.rest.enabled for the REST interface"
    ),
    "sql-client.display.max-column-width": Removal("table.display.max-column-width"),
    "source.file.records.fetch-size": Removal("", "files are read by the bytes of source.file.stream.io-fetch-size"),
    "state.backend.async": Removal("", "checkpoints are always asynchronous"),
    "table.exec.legacy-transformation-uids": Removal("table.exec.uid.generation"),
    "table.exec.shuffle-mode": Removal("execution.batch-shuffle-mode"),
    "table.optimizer.source.aggregate-pushdown-enabled": Removal(""),
    "table.optimizer.source.predicate-pushdown-enabled": Removal(""),
    "taskmanager.exit-on-fatal-akka-error": Removal(""),
    "taskmanager.heap.mb": Removal("taskmanager.memory.process.size"),
    "taskmanager.heap.size": Removal("taskmanager.memory.process.size"),
    "taskmanager.initial-registration-pause": Removal("cluster.registration.initial-timeout"),
    "taskmanager.max-registration-pause": Removal("cluster.registration.max-timeout"),
    "taskmanager.refused-registration-pause": Removal("cluster.registration.refused-registration-delay"),
    "taskmanager.registration.initial-backoff": Removal("cluster.registration.initial-timeout"),
    "taskmanager.registration.max-backoff": Removal("cluster.registration.max-timeout"),
    "taskmanager.registration.refused-backoff": Removal("cluster.registration.refused-registration-delay"),
    "taskmanager.net.client.numThreads": _NETTY,
    "taskmanager.net.num-arenas": _NETTY,
    "taskmanager.net.sendReceiveBufferSize": _NETTY,
    "taskmanager.net.server.backlog": _NETTY,
    "taskmanager.net.server.numThreads": _NETTY,
    "taskmanager.net.transport": _NETTY,
    "taskmanager.network.netty.client.numThreads": _NETTY,
    "taskmanager.network.netty.num-arenas": _NETTY,
    "taskmanager.network.netty.sendReceiveBufferSize": _NETTY,
    "taskmanager.network.netty.server.backlog": _NETTY,
    "taskmanager.network.netty.server.numThreads": _NETTY,
    "taskmanager.network.netty.transport": _NETTY,
    "taskmanager.network.batch-shuffle.compression.enabled": Removal(
        "taskmanager.network.compression.codec", "its value NONE switches compression off"
    ),
    "taskmanager.network.blocking-shuffle.compression.enabled": Removal(
        "taskmanager.network.compression.codec", "its value NONE switches compression off"
    ),
    "taskmanager.network.blocking-shuffle.type": Removal("", "results are always written to files"),
    "taskmanager.network.hybrid-shuffle.enable-new-mode": Removal("", "the new mode is the only one"),
    "taskmanager.network.hybrid-shuffle.num-retained-in-memory-regions-max": Removal(""),
    "taskmanager.network.hybrid-shuffle.spill-index-region-group-size": Removal(""),
    "taskmanager.network.hybrid-shuffle.spill-index-segment-size": Removal(""),
    "taskmanager.network.max-num-tcp-connections": _NETTY,
    "taskmanager.network.memory.buffers-per-channel": _REPLACED_BUFFERS,
    "taskmanager.network.memory.floating-buffers-per-gate": _REPLACED_BUFFERS,
    "taskmanager.network.memory.max-buffers-per-channel": _REPLACED_BUFFERS,
    "taskmanager.network.memory.max-overdraft-buffers-per-gate": _REPLACED_BUFFERS,
    "taskmanager.network.numberOfBuffers": Removal("taskmanager.memory.network.max"),
    "taskmanager.network.sort-shuffle.min-parallelism": Removal("", "results are always sorted"),
    "traces.report-events-as-spans": Removal("events.reporters"),
    "web.backpressure.cleanup-interval": _NO_BACKPRESSURE_SAMPLING,
    "web.backpressure.delay-between-samples": _NO_BACKPRESSURE_SAMPLING,
    "web.backpressure.num-samples": _NO_BACKPRESSURE_SAMPLING,
    "web.backpressure.refresh-interval": _NO_BACKPRESSURE_SAMPLING,
    "web.ssl.enabled": Removal("security.ssl.rest.enabled"),
    # Older than the oldest catalogue, yet in many a tutorial.
    "containerized.heap-cutoff-min": Removal("taskmanager.memory.jvm-overhead.min"),
    "containerized.heap-cutoff-ratio": Removal("taskmanager.memory.jvm-overhead.fraction"),
    "taskmanager.memory.fraction": Removal("taskmanager.memory.managed.fraction"),
    "taskmanager.memory.off-heap": Removal("", "managed memory is always off the heap"),
    "taskmanager.memory.preallocate": Removal("", "managed memory is taken when it is needed"),
    "jobmanager.rpc.ssl.enabled": Removal("pekko.ssl.enabled"),
    "state.backend.rocksdb.timer-service.impl": Removal("state.backend.rocksdb.timer-service.factory"),
}


def _pattern(template: str) -> str:
    """A key or prefix with placeholders such as <name>, each of which stands for one part."""
    return "".join("[^.]+" if part.startswith("<") else re.escape(part) for part in re.split("(<[^>]+>)", template))


_FREE = re.compile("|".join(f"(?:{_pattern(prefix.start)}.)" for prefix in FREE_PREFIXES))


def is_free(key: str) -> bool:
    """Whether the key is of a kind that cannot be listed."""
    return _FREE.match(key) is not None


def key_words(key: str) -> frozenset[str]:
    """The words of a key: parts, and what stands between hyphens, underscores and capitals in them."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", key)
    return frozenset(word.lower() for word in re.split(r"[\s._-]+", spaced) if word)


@dataclass(frozen=True)
class Catalogue:
    """All options of one Flink version."""

    version: str
    options: dict[str, Option]
    # A key with a placeholder, such as metrics.reporter.<name>.interval, as a pattern.
    templates: tuple[tuple[re.Pattern[str], Option], ...] = field(repr=False, default=())

    @cached_property
    def aliases(self) -> dict[str, tuple[str, ...]]:
        """Old name -> the options that still accept it."""
        found: dict[str, tuple[str, ...]] = {}
        for option in self.options.values():
            for old in (*option.deprecated_keys, *option.fallback_keys):
                current = self.options.get(old)
                # An option of its own is not an alias, unless it says itself that it is on its way out.
                if current is None or (current.deprecated and old in option.deprecated_keys):
                    found[old] = (*found.get(old, ()), option.key)
        return found

    @cached_property
    def words(self) -> dict[str, frozenset[str]]:
        """The words that each key is made of."""
        return {key: key_words(key) for key in self.options}

    def get(self, key: str) -> Option | None:
        """The option of a key that is spelt as Flink knows it today: no alias, no free prefix."""
        option = self.options.get(key)
        if option is not None:
            return option
        for pattern, template in self.templates:
            if pattern.fullmatch(key):
                return template
        return None

    def map_of(self, key: str) -> Option | None:
        """The option that holds a map and of which the key is one entry."""
        start = key
        while "." in start:
            start = start.rpartition(".")[0]
            option = self.options.get(start)
            if option is not None and option.type == "map":
                return option
        return None

    def name(self, key: str) -> str | None:
        """How this version calls an option which a newer or an older version calls like this."""
        if key in self.options:
            return key
        if key in self.aliases:
            return self.aliases[key][0]
        for version in VERSIONS:
            other = catalogue_of(version)
            option = other.options.get(key)
            for old in option.deprecated_keys if option else ():
                if old in self.options:
                    return old
            for new in other.aliases.get(key, ()):
                if new in self.options:
                    return new
        return None


@cache
def catalogue_of(version: str) -> Catalogue:
    """The catalogue of a version that the data holds."""
    column = str(VERSIONS.index(version))
    options: dict[str, Option] = {}
    templates: list[tuple[re.Pattern[str], Option]] = []
    for line in DATA.replace("\n  ", " ").splitlines():
        key, columns, text = line.split(" ", 2)
        if column not in columns:
            continue
        option = _option(key, text)
        if "<" in key:
            templates.append((re.compile(_pattern(key)), option))
        else:
            options[key] = option
    return Catalogue(version, options, tuple(templates))


def _option(key: str, text: str) -> Option:
    text, _equals, default = f"{text} ".partition(" = ")
    kind, *words = text.split()
    return Option(
        key=key,
        type=kind,
        constants=tuple(word[1:] for word in words if word.startswith(":")),
        default=default.strip(),
        deprecated_keys=tuple(word[1:] for word in words if word.startswith("<")),
        fallback_keys=tuple(word[1:] for word in words if word.startswith("~")),
        deprecated="deprecated" in words,
    )


def catalogue(version: str) -> Catalogue:
    """The catalogue of a Flink version, or of its nearest relative with the same major and minor number."""
    text = str(version).strip()
    if text in VERSIONS:
        return catalogue_of(text)
    wanted = re.fullmatch(r"(\d+)\.(\d+)(?:\.(\d+))?(?:[-.].*)?", text)
    if wanted is None:
        raise FlinkError(
            f"cannot check options of Flink {text!r}: that is not a valid version, write it like {VERSIONS[-1]}"
        )
    near = [known for known in VERSIONS if known.split(".")[:2] == [wanted[1], wanted[2]]]
    if not near:
        raise FlinkError(
            f"cannot check options of Flink {text}: the option catalogue holds {', '.join(VERSIONS)};"
            " set flink_version to one of these minor versions, or add yours with tools/catalogue/generate.py",
            known_versions=list(VERSIONS),
        )
    patch = int(wanted[3] or 0)
    return catalogue_of(min(near, key=lambda known: abs(int(known.split(".")[2]) - patch)))


def presence(key: str) -> tuple[str, ...]:
    """The versions in which a key is an option, or an accepted old name of one."""
    found = []
    for version in VERSIONS:
        known = catalogue_of(version)
        if known.get(key) is not None or key in known.aliases:
            found.append(version)
    return tuple(found)
