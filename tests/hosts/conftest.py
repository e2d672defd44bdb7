"""Hosts of their own for the tests: containers with systemd, made by tools/hosts.py."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

import hosts

# That of molecule/default, which adds another host for one scenario.
BED = "molecule"
NODES = ["node1", "node2", "node3"]


@pytest.fixture(scope="session")
def engine() -> Iterator[None]:
    """A Docker Engine for the whole session; it is stopped afterwards if it was started for that."""
    if os.geteuid() != 0 and not hosts.engine_answers():
        pytest.fail("tests on hosts of their own need root, or a Docker Engine that this account may use")
    hosts.ensure_engine()
    hosts.ensure_image()
    yield
    hosts.stop_engine()


@pytest.fixture(scope="session")
def bed(engine: None) -> Iterator[str]:
    """The hosts of all tests of a run: what each of them does to the hosts, it takes away again."""
    # A run that was ended by force may have left some, with whatever runs on them.
    if hosts.hosts_of(BED):
        hosts.down(BED)
    try:
        hosts.up(BED, NODES)
        yield BED
    finally:
        hosts.down(BED)
