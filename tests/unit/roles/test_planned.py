"""A configuration that its plan found as it is to be is left alone, unless the plan was one of another version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLES = Path(__file__).resolve().parents[3] / "roles"


@pytest.mark.parametrize("role", ["jobmanager", "taskmanager"])
@pytest.mark.parametrize(
    ("planned", "kept"),
    [
        (None, False),
        ({"pending": True, "version": "1.20.5"}, False),
        ({"pending": False, "version": "1.20.5"}, True),
        ({"pending": False, "version": "1.19.3"}, False),
        ({"skipped": True}, False),
    ],
)
def test_only_what_was_planned_for_this_version_is_kept(role: str, planned: dict[str, Any] | None, kept: bool) -> None:
    named = yaml.safe_load((ROLES / role / "vars" / "main.yml").read_text())
    variables = {
        "flink_version": "1.20.5",
        f"__{role}_written": {"digest": "written"},
        **({f"__{role}_planned": {"digest": "planned", **planned}} if planned is not None else {}),
        **{name: trust_as_template(named[name]) for name in (f"__{role}_as_planned", f"__{role}_configuration")},
    }
    templar = Templar(loader=DataLoader(), variables=variables)
    assert templar.template(trust_as_template(f"{{{{ __{role}_as_planned }}}}")) is kept
    used = templar.template(trust_as_template(f"{{{{ __{role}_configuration.digest }}}}"))
    assert used == ("planned" if kept else "written")
