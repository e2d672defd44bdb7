"""Put the collection on the import path, as Ansible does, and the tests' own helpers."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from hypothesis import settings

from examples import examples

REPO = Path(__file__).resolve().parents[1]
for directory in (REPO / "tests" / "support", REPO / ".venv" / "collections"):
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))

# How long an example takes is a matter of the machine, and no test asserts it.
settings.register_profile("collection", deadline=None, max_examples=examples(100))
settings.load_profile("collection")

# Thousands of small tests: to look for circles of objects so often would take a tenth of their time.
gc.set_threshold(50_000, 20, 20)
