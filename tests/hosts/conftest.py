"""Hosts of their own for the tests: containers with systemd, made by tools/hosts.py."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

import hosts


@pytest.fixture(scope="session")
def engine() -> Iterator[None]:
    """A Docker Engine for the whole session; it is stopped afterwards if it was started for that."""
    if os.geteuid() != 0 and not hosts.engine_answers():
        pytest.fail("tests on hosts of their own need root, or a Docker Engine that this account may use")
    hosts.ensure_engine()
    hosts.ensure_image()
    yield
    hosts.stop_engine()
