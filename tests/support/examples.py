"""How many examples a property is tried with: all of them in `make test`, some in the inner loop."""

from __future__ import annotations

import os


def examples(most: int) -> int:
    """What `max_examples` is given. `make test-fast` sets STREAMOPS_QUICK."""
    return max(5, most // 5) if os.environ.get("STREAMOPS_QUICK") else most
