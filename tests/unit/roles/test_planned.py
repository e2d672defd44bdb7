"""A configuration that its plan found as it is to be is left alone, unless the plan was one of another version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLE = Path(__file__).resolve().parents[3] / "roles" / "daemon"
# Whatever else the host runs is another matter.
OTHER = {"digest": "other", "ha_fingerprint": "", "version": "1.20.5", "kept": True}


def templar(**variables: Any) -> Templar:
    named = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())
    known = {name: trust_as_template(value) for name, value in named.items() if isinstance(value, str)}
    known["__daemon_configuration"] = {
        key: trust_as_template(value) for key, value in named["__daemon_configuration"].items()
    }
    return Templar(loader=DataLoader(), variables={"daemon_name": "taskmanager", **known, **variables})


def template(templar: Templar, text: str) -> Any:
    return templar.template(trust_as_template(text))


def remembered(planning: bool, pending: bool, version: str) -> Any:
    """What stays of a call of flink_config."""
    result = {"config_digest": "d", "ha_fingerprint": "f", "version": version, "pending": pending}
    return template(templar(__daemon_planning=planning, __daemon_written=result), "{{ __daemon_configuration }}")


@pytest.mark.parametrize(
    ("planned", "kept"),
    [
        (None, False),
        ((True, True, "1.20.5"), False),
        ((True, False, "1.20.5"), True),
        ((True, False, "1.19.3"), False),
        # What was written, and not planned, is written again.
        ((False, False, "1.20.5"), False),
    ],
)
def test_only_what_was_planned_for_this_version_is_kept(planned: tuple[bool, bool, str] | None, kept: bool) -> None:
    found = {"jobmanager": OTHER, **({"taskmanager": remembered(*planned)} if planned else {})}
    known = templar(flink_version="1.20.5", flink_configurations=found)
    assert template(known, "{{ __daemon_as_planned }}") is kept


@pytest.mark.parametrize(
    ("daemon", "planning", "known", "checked"),
    [
        ("taskmanager", True, {}, "taskmanager"),
        ("taskmanager", False, {}, "taskmanager"),
        ("taskmanager", False, {"taskmanager": OTHER}, "none"),
        ("taskmanager", True, {"taskmanager": OTHER}, "taskmanager"),
        ("jobmanager", False, {"taskmanager": OTHER}, "jobmanager"),
        ("sql_gateway", False, {}, "none"),
    ],
)
def test_flink_reads_the_memory_of_what_was_not_planned(
    daemon: str, planning: bool, known: dict[str, Any], checked: str
) -> None:
    variables = templar(daemon_name=daemon, __daemon_planning=planning, flink_configurations=known)
    assert template(variables, "{{ __daemon_checked }}") == checked


@pytest.mark.parametrize(
    ("options", "differs"),
    [
        ({}, False),
        ({"taskmanager.memory.managed.size": "64m", "env.java.opts.taskmanager": "-Dstate.x=1"}, False),
        ({"state.backend.type": "rocksdb"}, True),
        ({"state": {"backend": {"type": "rocksdb"}}}, True),
        ({"execution.checkpointing.dir": "s3://a"}, True),
        ({"s3.endpoint": "http://x"}, True),
        ({"fs.s3a.endpoint": "http://x"}, True),
    ],
)
def test_a_taskmanager_is_asked_about_only_where_it_has_options_of_its_own(
    options: dict[str, Any], differs: bool
) -> None:
    assert template(templar(taskmanager_config=options), "{{ __daemon_differs }}") is differs
