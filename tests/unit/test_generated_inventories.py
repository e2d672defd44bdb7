"""Random inventories: whatever people write is used as it is written, or a sentence says why not."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.action.flink_variables import declared, setting_problems
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config import compose as _compose
from ansible_collections.streamops.flink.plugins.module_utils._config import options as _options
from ansible_collections.streamops.flink.plugins.module_utils._config import questions as _questions
from ansible_collections.streamops.flink.plugins.module_utils._config import zookeeper as _zookeeper
from ansible_collections.streamops.flink.plugins.module_utils._config.yaml import render_yaml
from ansible_collections.streamops.flink.plugins.module_utils._watchdog import config as _watchdog
from hypothesis import HealthCheck, event, given, settings

from examples import examples
from generated_inventories import BASE, inventories

REPO = Path(__file__).resolve().parents[2]
KNOWN = declared(REPO)
ROLES = ("zookeeper", "jobmanager", "taskmanager", "sql_gateway", "history_server")
# What Python says of itself.
OF_PYTHON = re.compile(
    r"Traceback|invalid literal|object (?:has no attribute|is not)|not supported between|NoneType|unhashable"
    r"|list index|could not convert string|unsupported operand|codec can't|must be str|expected str|<class '|KeyError"
)


def is_a_sentence(text: str) -> None:
    assert text
    assert "\n" not in text, text
    assert not OF_PYTHON.search(text), text


def first_task(variables: Mapping[str, Any]) -> list[str]:
    """What `site.yml` says before anything else."""
    names = [name for name in variables if name in KNOWN.options]
    return setting_problems({"n1": {name: variables[name] for name in names}}, KNOWN)


def composed(variables: Mapping[str, Any]) -> dict[str, _compose.Composed]:
    nodes = [{"name": f"zk{number}", "myid": number, "address": f"zk{number}"} for number in (1, 2, 3)]
    found = {role: _compose.compose(role, variables) for role in ROLES}
    _zookeeper.zookeeper_files(variables, nodes)
    for problem in _watchdog.problems(variables):
        raise FlinkError(problem)
    return found


def outcome(variables: Mapping[str, Any]) -> dict[str, _compose.Composed] | None:
    """The configurations of an inventory, or None where a sentence has refused it."""
    problems = first_task(variables)
    for problem in problems:
        is_a_sentence(problem)
    if problems:
        event("refused in the first task")
        return None
    # What is not set has its default.
    given_values = {name: value for name, value in variables.items() if value not in (None, "")}
    try:
        found = composed({**BASE, **given_values})
    except FlinkError as error:
        is_a_sentence(error.message)
        event("refused in preflight")
        return None
    event("accepted")
    return found


def distribution() -> Path | None:
    """A Flink that is laid out on this machine."""
    cache = Path.home() / ".cache" / "streamops-flink" / "distributions"
    return next((path.parents[1] for path in sorted(cache.glob("flink-1.20*/lib/flink-dist-*.jar"))), None)


def accepted_by_flink(found: Mapping[str, _compose.Composed], home: Path) -> None:
    """Flink's own classes plan a job with the configuration of the JobManager."""
    options = found["jobmanager"].options

    def run(command: list[str]) -> tuple[int, str, str]:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    with tempfile.TemporaryDirectory() as scratch:
        try:
            asked = _questions.ask(
                render_yaml(options),
                options,
                home / "lib",
                "java",
                run,
                where="n1",
                scratch=scratch,
                file_systems=False,
            )
        except FlinkError as error:
            # The plan refuses it before a daemon is started: with a sentence.
            is_a_sentence(error.message)
        else:
            assert {one.question for one in asked} >= {"restart strategy", "state backend", "job"}
            # A class of the user's own, which is not on the class path here, is no refusal of Flink's.
            assert {one.verdict for one in asked} <= {"fine", "unsure"}


@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.too_slow])
@given(inventories())
def test_an_inventory_is_used_or_a_sentence_says_why_not(variables: dict[str, Any]) -> None:
    found = outcome(variables)
    version = str(variables.get("flink_version") or "1.20.5")
    for one in (found or {}).values():
        assert [two for two in _options.validate(one.options, version) if two.severity == "error"] == []


@pytest.mark.real
@pytest.mark.parametrize(
    "examples", [pytest.param(20, id="short"), pytest.param(2000, id="whole", marks=pytest.mark.long)]
)
def test_what_is_accepted_is_accepted_by_flinks_own_classes(examples: int) -> None:
    home = distribution()
    if home is None or shutil.which("java") is None:
        pytest.skip("no Flink is laid out on this machine, or there is no Java")

    @settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
    @given(inventories())
    def check(variables: dict[str, Any]) -> None:
        found = outcome({**variables, "flink_version": "1.20.5"})
        if found is not None:
            accepted_by_flink(found, home)

    check()
