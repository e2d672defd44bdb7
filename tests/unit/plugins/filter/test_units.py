"""Variables with units as numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.streamops.flink.plugins.filter.units import FilterModule

FILTERS: dict[str, Callable[..., Any]] = FilterModule().filters()


@pytest.mark.parametrize(
    ("given", "found"),
    [("5 min", 300), ("500 ms", 0.5), ("0 s", 0), ("PT30S", 30), ("1 h", 3600), (None, 300), ("", 300)],
)
def test_a_duration_becomes_seconds(given: Any, found: float) -> None:
    """Null and empty are the default of the role."""
    assert FILTERS["flink_seconds"](given, "roll_timeout") == found


@pytest.mark.parametrize(
    ("given", "found"),
    [("128m", 128 << 20), ("1gb", 1 << 30), ("1 g", 1 << 30), (None, 256 << 20), ("", 256 << 20)],
)
def test_a_size_becomes_bytes(given: Any, found: int) -> None:
    assert FILTERS["flink_bytes"](given, "zookeeper_heap") == found


def test_whole_seconds_are_an_integer() -> None:
    """Ansible's retries takes nothing else."""
    assert isinstance(FILTERS["flink_seconds"]("2 min", "flink_verify_timeout"), int)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("flink_seconds", 300, "x: 300 has no unit: write 300 s or 300 ms, whichever is meant"),
        ("flink_seconds", "300", "x: 300 has no unit: write 300 s or 300 ms, whichever is meant"),
        ("flink_seconds", "soon", "x: 'soon' is not a valid duration"),
        ("flink_seconds", None, "x: None is not a valid duration"),
        ("flink_bytes", 256, "x: 256 has no unit: write 256m or 256g, whichever is meant"),
        ("flink_bytes", "1gib", "x: '1gib' is not a valid size"),
        ("flink_bytes", [], r"x: \[\] is not a valid size"),
    ],
)
def test_what_cannot_be_read_is_refused_by_the_name_of_the_variable(name: str, given: Any, said: str) -> None:
    with pytest.raises(AnsibleFilterError, match=said):
        FILTERS[name](given, "x")
