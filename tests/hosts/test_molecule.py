"""Every molecule scenario, from nothing to nothing: one scenario is one promise to a user.

`systemd_cluster` tries the module flink_unit, the others what their molecule.yml says.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

REPO = Path(__file__).resolve().parents[2]
MOLECULE = Path(sys.executable).with_name("molecule")
# `default` holds the hosts that all others share and promises nothing.
SCENARIOS = sorted(
    path.parent.name for path in (REPO / "molecule").glob("*/molecule.yml") if path.parent.name != "default"
)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("playbook", ["converge", "verify", "cleanup"])
def test_the_scenario_has_the_playbook(scenario: str, playbook: str) -> None:
    # molecule itself only warns, and goes on as if the promise had been kept.
    assert yaml.safe_load((REPO / "molecule" / scenario / f"{playbook}.yml").read_text())


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_scenario_keeps_its_promise(engine: None, scenario: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": f"{MOLECULE.parent}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    # molecule writes a configuration of its own, from .config/molecule/config.yml.
    environment.pop("ANSIBLE_CONFIG", None)
    # What molecule remembers of an earlier run, for instance that hosts were made, is not to be relied on.
    environment["MOLECULE_EPHEMERAL_DIRECTORY"] = str(tmp_path)
    done = subprocess.run(
        [MOLECULE, "test", "--no-command-borders", "--scenario-name", scenario],
        cwd=REPO,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20000:]
