"""Random faults, one after the other, on a cluster that works all the time: nothing is lost, nothing is doubled."""

from __future__ import annotations

import subprocess
import sys

import pytest

from real_cluster import REPO

pytestmark = [pytest.mark.real, pytest.mark.long]

FAULTS = 10


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_faults_by_chance_lose_and_double_no_row(seed: int) -> None:
    program = REPO / "tests" / "soak" / "soak.py"
    done = subprocess.run(
        [sys.executable, str(program), "--faults", str(FAULTS), "--seed", str(seed)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert f"{FAULTS} faults, " in done.stdout
    assert " 0 lost, 0 doubled" in done.stdout
    assert "\n0 false alarms" in done.stdout
