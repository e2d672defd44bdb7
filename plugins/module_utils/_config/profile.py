# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a production cluster is given before its owner says anything, and the variables that change it.

Options are written under their newest names; compose.py writes them as the cluster's version calls them.
This file is private to the collection: no interface for others, it may change at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._base.addresses import BadAddress, host_port, parse_addresses
from .._base.errors import FlinkError
from .._base.units import duration
from .flat import flatten
from .storage import below_storage, storage_url
from .variables import Layer, Setting, choice, flag

# --- Profile -----------------------------------------------------------------------------------------------------

# Settings that hold for every production cluster. Flink's defaults lose state (retention), keep a broken process
# alive (exceptions, memory), or differ between releases and Java versions (ciphers).
PRODUCTION: dict[str, Any] = {
    "execution.checkpointing.max-concurrent-checkpoints": 1,
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    "jobmanager.execution.failover-strategy": "region",
    "taskmanager.jvm-exit-on-oom": True,
    "cluster.uncaught-exception-handling": "FAIL",
    "security.ssl.algorithms": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
}

_ZOOKEEPER_CLIENT = "high-availability.zookeeper.client"

# How soon a failure is noticed. A short ZooKeeper session brings the standby up sooner, but a long garbage collection
# looks like a crash; TaskManagers must wait longer than the session lasts (see check_coupling in compose.py).
FAILOVER_PROFILES: dict[str, dict[str, Any]] = {
    "fast": {
        f"{_ZOOKEEPER_CLIENT}.session-timeout": "10 s",
        f"{_ZOOKEEPER_CLIENT}.connection-timeout": "5 s",
        f"{_ZOOKEEPER_CLIENT}.retry-wait": "1 s",
        f"{_ZOOKEEPER_CLIENT}.max-retry-attempts": 10,
        f"{_ZOOKEEPER_CLIENT}.tolerate-suspended-connections": True,
        "heartbeat.interval": "1 s",
        "heartbeat.timeout": "20 s",
        "cluster.registration.max-timeout": "5 s",
        "cluster.registration.error-delay": "1 s",
        "cluster.registration.refused-registration-delay": "2 s",
        "restart-strategy.exponential-delay.initial-backoff": "500 ms",
        # For so long REST repeats an old answer, after an election too.
        "web.refresh-interval": "1 s",
    },
    "balanced": {
        f"{_ZOOKEEPER_CLIENT}.session-timeout": "15 s",
        f"{_ZOOKEEPER_CLIENT}.connection-timeout": "5 s",
        f"{_ZOOKEEPER_CLIENT}.retry-wait": "1 s",
        f"{_ZOOKEEPER_CLIENT}.max-retry-attempts": 10,
        f"{_ZOOKEEPER_CLIENT}.tolerate-suspended-connections": True,
        # A TaskManager is given up when this many heartbeats in a row were refused, which only a dead process does.
        "heartbeat.interval": "1 s",
        "heartbeat.rpc-failure-threshold": 3,
        "heartbeat.timeout": "25 s",
        "cluster.registration.max-timeout": "5 s",
        "cluster.registration.error-delay": "1 s",
        "cluster.registration.refused-registration-delay": "2 s",
        "restart-strategy.exponential-delay.initial-backoff": "500 ms",
        # For so long REST repeats an old answer, after an election too.
        "web.refresh-interval": "1 s",
    },
    # As Flink ships it, for comparison and for tuning everything by hand.
    "stock": {},
}

# The parameters that a restart strategy starts from; flink_restart_strategy_options changes them.
RESTART_STRATEGIES: dict[str, dict[str, Any]] = {
    "exponential-delay": {
        "max-backoff": "30 s",
        "backoff-multiplier": 1.5,
        "jitter-factor": 0.1,
        "reset-backoff-threshold": "10 min",
        # Without an end: a job that gives up takes its high-availability data with it.
        "attempts-before-reset-backoff": 2147483647,
    },
    "fixed-delay": {"attempts": 10, "delay": "10 s"},
    "failure-rate": {
        "max-failures-per-interval": 10,
        "failure-rate-interval": "10 min",
        "delay": "10 s",
    },
}

CHECKPOINT_DURATIONS = (
    "flink_aligned_checkpoint_timeout",
    "flink_checkpoint_interval",
    "flink_checkpoint_min_pause",
    "flink_checkpoint_timeout",
)
SCHEDULERS = {"default": "Default", "adaptive": "Adaptive"}
STATE_BACKENDS = ("hashmap", "rocksdb")


def profile(values: Mapping[str, Any]) -> Layer:
    """The production profile with its switches, for daemons that run or submit jobs."""
    layer = {key: Setting(value, "the production profile") for key, value in PRODUCTION.items()}
    layer.update(_checkpoints(values))
    layer.update(_state(values))
    # A failover profile comes after the restart strategy, which it makes quicker.
    layer.update(_restart(values))
    name = choice(values, "flink_failover_profile", FAILOVER_PROFILES)
    backoffs = "restart-strategy.exponential-delay."
    for key, value in FAILOVER_PROFILES[name].items():
        if key.startswith(backoffs) and (key in layer or f"{backoffs}max-backoff" not in layer):
            continue
        layer[key] = Setting(value, f"flink_failover_profile {name}")
    layer["jobmanager.scheduler"] = Setting(
        SCHEDULERS[choice(values, "flink_scheduler", SCHEDULERS)], "flink_scheduler"
    )
    layer["jobmanager.archive.fs.dir"] = Setting(
        below_storage(values, "flink_archive_url", "archive"), "flink_archive_url"
    )
    return layer


def _checkpoints(values: Mapping[str, Any]) -> Layer:
    options = {
        "interval": "flink_checkpoint_interval",
        "min-pause": "flink_checkpoint_min_pause",
        "timeout": "flink_checkpoint_timeout",
        "tolerable-failed-checkpoints": "flink_checkpoint_tolerable_failures",
        "num-retained": "flink_checkpoint_retained",
    }
    for name in CHECKPOINT_DURATIONS:
        duration(values[name], name)
    layer = {f"execution.checkpointing.{key}": Setting(values[name], name) for key, name in options.items()}
    if flag(values, "flink_unaligned_checkpoints_enabled"):
        layer["execution.checkpointing.unaligned.enabled"] = Setting(True, "flink_unaligned_checkpoints_enabled")
        layer["execution.checkpointing.aligned-checkpoint-timeout"] = Setting(
            values["flink_aligned_checkpoint_timeout"], "flink_aligned_checkpoint_timeout"
        )
    return layer


def _state(values: Mapping[str, Any]) -> Layer:
    backend = choice(values, "flink_state_backend", STATE_BACKENDS)
    layer = {"state.backend.type": Setting(backend, "flink_state_backend")}
    if backend == "rocksdb":
        # Only this backend can write the difference to the checkpoint before.
        origin = "flink_incremental_checkpoints_enabled"
        layer["execution.checkpointing.incremental"] = Setting(flag(values, origin), origin)
    if flag(values, "flink_local_recovery_enabled"):
        for key in ("execution.state-recovery.from-local", "execution.checkpointing.local-backup.enabled"):
            layer[key] = Setting(True, "flink_local_recovery_enabled")
    return layer


def _restart(values: Mapping[str, Any]) -> Layer:
    name = choice(values, "flink_restart_strategy", RESTART_STRATEGIES)
    layer = {"restart-strategy.type": Setting(name, "flink_restart_strategy")}
    for key, value in RESTART_STRATEGIES[name].items():
        layer[f"restart-strategy.{name}.{key}"] = Setting(value, "flink_restart_strategy")
    given = values["flink_restart_strategy_options"]
    if not isinstance(given, Mapping):
        raise FlinkError(f"cannot use variable flink_restart_strategy_options: it must be a map, not {given!r}")
    for key, value in flatten(given, "variable flink_restart_strategy_options").items():
        full = f"restart-strategy.{name}.{key.replace('_', '-')}"
        layer[full] = Setting(value, "flink_restart_strategy_options")
    return layer


# --- High availability -------------------------------------------------------------------------------------------


def quorum_text(text: str) -> str:
    """The servers as ZooKeeper's client reads them; spaces and a comma at the end are not part of an address there."""
    try:
        return ",".join(host_port(host, port) for host, port in parse_addresses(text))
    except BadAddress as error:
        raise FlinkError(
            f"flink_zookeeper_quorum {text!r} cannot be used at {error.text!r}, because {error.reason}: write"
            " host:port,host:port, IPv6 addresses like [::1]:2181, and a path into flink_zookeeper_root"
        ) from error


def high_availability(values: Mapping[str, Any]) -> Layer:
    """What must be equal on every node, and where state is."""
    cluster_id = str(values["flink_cluster_id"]).strip()
    if cluster_id.strip("/") in ("", "default"):
        raise FlinkError(
            f"cannot use variable flink_cluster_id: {cluster_id!r} is what every cluster without a name is called;"
            " choose an id of its own, or two clusters take each other's jobs"
        )
    return {
        "high-availability.type": Setting("zookeeper", "high availability"),
        "high-availability.cluster-id": Setting(cluster_id, "flink_cluster_id"),
        "high-availability.zookeeper.quorum": Setting(
            quorum_text(str(values["flink_zookeeper_quorum"])), "flink_zookeeper_quorum"
        ),
        "high-availability.zookeeper.path.root": Setting(str(values["flink_zookeeper_root"]), "flink_zookeeper_root"),
        "high-availability.storageDir": Setting(f"{storage_url(values)}/ha", "flink_storage_url"),
        "execution.checkpointing.dir": Setting(
            below_storage(values, "flink_checkpoint_url", "checkpoints"), "flink_checkpoint_url"
        ),
        "execution.checkpointing.savepoint-dir": Setting(
            below_storage(values, "flink_savepoint_url", "savepoints"), "flink_savepoint_url"
        ),
    }
