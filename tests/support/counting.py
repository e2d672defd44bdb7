"""The job that writes every count exactly once: its jar, and the verdict on what it has written."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from real_cluster import REPO, FlinkCluster

JOBS = REPO / "tests" / "jobs"


def load(path: Path) -> ModuleType:
    """A program that is in no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look for themselves there.
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


check = load(JOBS / "check.py").check
_building = load(JOBS / "build.py")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "streamops-flink"


def build(cluster: FlinkCluster, target: Path, **options: Any) -> Path:
    """The jar, compiled against the Flink of a cluster."""
    built: Path = _building.build(cluster.base_dir / f"flink-{cluster.version}", target, cache_dir=CACHE, **options)
    return built


def compiler() -> list[str]:
    """The command line of a Java compiler."""
    words: list[str] = _building.compiler(CACHE)
    return words


def good(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer of a module that has succeeded."""
    assert not answer.get("failed"), answer.get("msg")
    return answer
