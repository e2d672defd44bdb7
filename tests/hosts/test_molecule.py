"""Every molecule scenario, from nothing to nothing: one scenario is one promise to a user.

`systemd_cluster` tries the module flink_service, the others what their molecule.yml says.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import hosts

REPO = Path(__file__).resolve().parents[2]
MOLECULE = Path(sys.executable).with_name("molecule")
# `default` holds the hosts that all others share and promises nothing. The first one proves that hosts need Python and
# sudo only; packages of the operating system, such as Java, stay when a cluster goes.
SCENARIOS = sorted(
    (path.parent.name for path in (REPO / "molecule").glob("*/molecule.yml") if path.parent.name != "default"),
    key=lambda name: (name != "systemd_cluster", name),
)
# Drills and whole lives of a cluster take their time, and are not for every day.
LONG = {"backup_restore", "failover_docker", "failover_systemd", "upgrade", "watchdog_systemd"}


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("playbook", ["converge", "verify", "cleanup"])
def test_the_scenario_has_the_playbook(scenario: str, playbook: str) -> None:
    # molecule itself only warns, and goes on as if the promise had been kept.
    assert yaml.safe_load((REPO / "molecule" / scenario / f"{playbook}.yml").read_text())


def molecule(command: str, scenario: str, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{MOLECULE.parent}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    # molecule writes a configuration of its own, from .config/molecule/config.yml.
    environment.pop("ANSIBLE_CONFIG", None)
    # What molecule remembers of an earlier run, for instance that hosts were made, is not to be relied on.
    environment["MOLECULE_EPHEMERAL_DIRECTORY"] = str(directory)
    return subprocess.run(
        [MOLECULE, command, "--no-command-borders", "--scenario-name", scenario, *arguments],
        cwd=REPO,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "scenario", [pytest.param(name, marks=pytest.mark.long if name in LONG else ()) for name in SCENARIOS]
)
def test_the_scenario_keeps_its_promise(bed: str, scenario: str, tmp_path: Path) -> None:
    # Its own clean-up proves that nothing is left on the hosts, so that the next one can have them.
    done = molecule("test", scenario, tmp_path, "--destroy=never")
    if done.returncode:
        molecule("cleanup", scenario, tmp_path)
        hosts.down(bed)
    assert done.returncode == 0, done.stdout[-20000:]
