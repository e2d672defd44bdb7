"""What Flink's own classes say of a configuration, and what is made of it."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config import ask_flink
from ansible_collections.streamops.flink.plugins.module_utils._config.questions import (
    Answer,
    answers,
    ask,
    refusal,
    urls,
)
from ansible_collections.streamops.flink.plugins.module_utils._config.yaml import render_yaml

from export import ROOT

C = "execution.checkpointing."
E = "restart-strategy.exponential-delay."


def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_ask_flink", ROOT / "tools" / "ask_flink" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def distributions() -> list[Path]:
    """What `make site` has laid out on this machine."""
    return sorted((Path.home() / ".cache" / "streamops-flink" / "distributions").glob("flink-*/lib/flink-dist-*.jar"))


def home() -> Path:
    found = distributions()
    if not found or shutil.which("java") is None:
        pytest.skip("there is no Flink in the cache, or no Java")
    return found[0].parent.parent


def test_the_class_is_of_the_source_next_to_it() -> None:
    assert builder().source_digest() == ask_flink.SOURCE_SHA256, "run tools/ask_flink/build.py"
    assert ask_flink.class_file()[:8] == bytes.fromhex("cafebabe00000034"), "it is not for Java 8"


def test_the_source_compiles_to_the_class() -> None:
    build = builder()
    if build.compiler() != build.COMPILER:
        pytest.skip(f"javac {build.COMPILER} is not on the path")
    assert build.compiled(home()) == ask_flink.class_file()


def asked(tmp_path: Path, options: Mapping[str, Any], flink: Path, **more: Any) -> dict[str, str]:
    def run(command: list[str]) -> tuple[int, str, str]:
        environment = {"FLINK_PLUGINS_DIR": str(flink / "plugins"), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        return done.returncode, done.stdout, done.stderr

    java = shutil.which("java") or "java"
    given = {f"{C}interval": "30 s", **options}
    found = ask(render_yaml(given), given, flink / "lib", java, run, where="conf", scratch=str(tmp_path), **more)
    return {one.question: one.verdict for one in found}


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {
            "restart-strategy.type": "exponential-delay",
            f"{E}initial-backoff": "1 s",
            f"{E}max-backoff": "60 s",
            f"{E}backoff-multiplier": 0.5,
        },
        (
            "Flink refuses the restart strategy: Backoff multiplier must be greater than 1 (with"
            f" {E}backoff-multiplier: 0.5, {E}initial-backoff: '1 s', {E}max-backoff: '60 s');"
            " correct flink_restart_strategy_options"
        ),
    ),
    (
        {"restart-strategy.type": "exponential-delay", f"{E}initial-backoff": "1 min", f"{E}max-backoff": "1 s"},
        "Flink refuses the restart strategy: ",
    ),
    (
        {"restart-strategy.type": "exponential-delay", f"{E}jitter-factor": 2.0},
        "Flink refuses the restart strategy: ",
    ),
    (
        {"restart-strategy.type": "failure-rate", "restart-strategy.failure-rate.max-failures-per-interval": 0},
        "Flink refuses the restart strategy: Maximum number of restart attempts per time unit must be greater than 0",
    ),
    (
        {"restart-strategy.type": "fixed-delay", "restart-strategy.fixed-delay.attempts": -1},
        "Flink refuses the restart strategy: Maximum number of restart attempts must be at least 0",
    ),
    (
        {f"{C}unaligned.enabled": True, f"{C}max-concurrent-checkpoints": 2},
        "Flink refuses the job: maxConcurrentCheckpoints can't be > 1 if UnalignedCheckpoints enabled",
    ),
    ({"parallelism.default": 0}, "Flink refuses the job: Parallelism must be at least one"),
    ({f"{C}dir": "nonsense"}, "Flink refuses the job: The scheme (hdfs://, file://, etc) is null"),
    (
        {"state.backend.type": "rocksdb", "state.backend.rocksdb.memory.write-buffer-ratio": 1.5},
        "Flink refuses the state backend: Invalid configuration: writeBufferRatio 1.5",
    ),
    (
        {f"{C}dir": "s3://bucket/checkpoints"},
        (
            f"the option {C}dir is s3://bucket/checkpoints, and Flink says: Could not find a file system implementation"
            " for scheme 's3'"
        ),
    ),
    (
        {"high-availability.storageDir": "hdfs://nn:8020/ha"},
        (
            "the option high-availability.storageDir is hdfs://nn:8020/ha, and Flink says: Could not find a file system"
            " implementation for scheme 'hdfs'"
        ),
    ),
]


@pytest.mark.real
@pytest.mark.parametrize(("options", "sentence"), REFUSED)
def test_flink_refuses_before_any_daemon_is_started(tmp_path: Path, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(FlinkError) as raised:
        asked(tmp_path, options, home())
    assert raised.value.message.startswith("cannot use the options for conf: ")
    assert sentence in raised.value.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.real
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"restart-strategy.type": "exponential-delay", f"{E}backoff-multiplier": 1.5},
        {f"{C}unaligned.enabled": True, f"{C}max-concurrent-checkpoints": 1},
        {f"{C}mode": "AT_LEAST_ONCE", f"{C}max-concurrent-checkpoints": 3},
        {"state.backend.type": "rocksdb", f"{C}dir": "file:///srv/flink", "parallelism.default": 3},
        # A class that only a job brings is no word of Flink's.
        {"pipeline.registered-kryo-types": ["com.example.Row"]},
    ],
)
def test_what_flink_takes_is_not_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    found = asked(tmp_path, options, home())
    assert set(found) == {"restart strategy", "state backend", "checkpoint storage", "job"}
    assert found["restart strategy"] == "fine"


@pytest.mark.real
@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_where_the_plugins_are_in_an_image_no_file_system_is_asked_for(tmp_path: Path, backend: str) -> None:
    options = {
        "high-availability.storageDir": "s3://bucket/ha",
        f"{C}dir": "s3://bucket/c",
        "state.backend.type": backend,
    }
    options |= {f"{C}savepoint-dir": "hdfs://nn/s", f"{C}unaligned.enabled": True}
    assert set(asked(tmp_path, options, home(), file_systems=False).values()) == {"fine"}


# --- without Java -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, []),
        ({f"{C}dir": "file:///x", "high-availability.storageDir": "/y"}, []),
        (
            {f"{C}dir": "s3://a/c", f"{C}savepoint-dir": "s3://b/s", "jobmanager.archive.fs.dir": "hdfs://nn/a"},
            ["s3://a/c", "hdfs://nn/a"],
        ),
        ({"state.checkpoints.dir": "oss://a"}, ["oss://a"]),
    ],
)
def test_one_url_of_each_scheme_is_asked_for(options: dict[str, Any], found: list[str]) -> None:
    assert urls(options) == found


def test_only_answers_are_read_from_what_java_prints() -> None:
    output = "WARNING: x\nask-flink\tjob\trefused\tno.\nask-flink\tbroken\nask-flink\tstate backend\tfine\t\n"
    assert answers(output) == [Answer("job", "refused", "no"), Answer("state backend", "fine", "")]


def test_a_java_that_does_not_run_the_class_refuses_nothing(tmp_path: Path) -> None:
    def run(_command: list[str]) -> tuple[int, str, str]:
        return 1, "", "Error: UnsupportedClassVersionError"

    assert ask("", {}, tmp_path, "java", run, where="conf", scratch=str(tmp_path)) == []


def test_no_secret_is_in_the_sentence() -> None:
    options = {"restart-strategy.type": "custom", "restart-strategy.custom.password": "hunter2"}
    assert "hunter2" not in refusal(Answer("restart strategy", "refused", "no"), options)
