"""Options that do not go together, and those that nothing reads."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config.compose import compose
from ansible_collections.streamops.flink.plugins.module_utils._config.couplings import conflicts, without_effect

C = "execution.checkpointing."
ON = {f"{C}unaligned.enabled": True}
BASE = {
    "flink_cluster_id": "/payments",
    "flink_zookeeper_quorum": "zk1:2181",
    "flink_storage_url": "file:///srv/flink",
    "flink_node_dir": "/srv/flink/nodes/jm1",
    "flink_host_address": "jm1",
}


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        ({}, []),
        (ON, []),
        (ON | {f"{C}max-concurrent-checkpoints": 1, f"{C}mode": "EXACTLY_ONCE"}, []),
        (ON | {f"{C}max-concurrent-checkpoints": 2}, ["max-concurrent-checkpoints"]),
        (ON | {f"{C}max-concurrent-checkpoints": "3"}, ["max-concurrent-checkpoints"]),
        (ON | {f"{C}mode": "AT_LEAST_ONCE"}, ["mode"]),
        (ON | {f"{C}mode": " at_least_once"}, ["mode"]),
        (
            ON | {f"{C}mode": "AT_LEAST_ONCE", f"{C}max-concurrent-checkpoints": 9},
            ["max-concurrent-checkpoints", "mode"],
        ),
        # The name that it had before.
        ({f"{C}unaligned": "true", f"{C}mode": "AT_LEAST_ONCE"}, ["mode"]),
        ({f"{C}unaligned.enabled": False, f"{C}max-concurrent-checkpoints": 2}, []),
        ({f"{C}max-concurrent-checkpoints": 2, f"{C}mode": "AT_LEAST_ONCE"}, []),
    ],
)
def test_what_does_not_go_together(options: dict[str, Any], keys: list[str]) -> None:
    assert [one.key.removeprefix(C) for one in conflicts(options)] == keys


@pytest.mark.parametrize(
    ("version", "variables", "sentence"),
    [
        (
            version,
            {"flink_unaligned_checkpoints_enabled": True, "flink_config": {f"{C}{key}": value}},
            (
                f"cannot use variable flink_config: option {C}{key} is {value} (flink_config), which does not go with"
                f" {C}unaligned.enabled (flink_unaligned_checkpoints_enabled): "
            ),
        )
        for version in ("1.20.5", "2.2.1")
        for key, value in (("max-concurrent-checkpoints", 2), ("mode", "AT_LEAST_ONCE"))
    ],
)
def test_both_variables_are_named_before_anything_is_deployed(
    version: str, variables: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(FlinkError) as raised:
        compose("jobmanager", {**BASE, "flink_version": version, **variables})
    assert raised.value.message.startswith(sentence)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, []),
        ({"kubernetes.cluster-id": "x"}, ["option kubernetes.cluster-id has no effect: it is for Flink on Kubernetes"]),
        (
            {"yarn.application.name": "x", "kubernetes.namespace": "y"},
            ["option kubernetes.namespace has no effect", "option yarn.application.name has no effect"],
        ),
        ({f"{C}incremental": True, "state.backend.type": "hashmap"}, [f"option {C}incremental has no effect with"]),
        (
            {"state.backend.incremental": "true", "state.backend": "hashmap"},
            ["option state.backend.incremental has no"],
        ),
        ({f"{C}incremental": True, "state.backend.type": "rocksdb"}, []),
        ({f"{C}incremental": False, "state.backend.type": "hashmap"}, []),
        ({"state.changelog.enabled": True}, ["option state.changelog.enabled keeps the changelog in the memory"]),
        (
            {"state.backend.changelog.enabled": True, "state.backend.changelog.storage": "memory"},
            ["option state.backend.changelog.enabled keeps the changelog in the memory"],
        ),
        ({"state.changelog.enabled": True, "state.changelog.storage": "filesystem"}, []),
        ({"state.changelog.enabled": False}, []),
    ],
)
def test_what_has_no_effect_is_a_warning(options: dict[str, Any], words: list[str]) -> None:
    found = without_effect(options)
    assert len(found) == len(words)
    assert all(one.startswith(word) for one, word in zip(found, words, strict=True))


def test_the_warning_comes_once_and_names_the_variable() -> None:
    variables = {**BASE, "flink_config": {"yarn.application.name": "x"}}
    assert compose("jobmanager", variables).warnings == [
        (
            "flink_config: option yarn.application.name has no effect: it is for Flink on YARN, and this cluster is"
            " standalone; leave it out"
        )
    ]
    assert compose("taskmanager", variables).warnings == []
