"""What filters tell when they fail."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors

FILTERS = sorted((Path(__file__).parents[4] / "plugins" / "filter").glob("*.py"))


@filter_errors
def half(number: int) -> int:
    """An example."""
    if number % 2:
        raise FlinkError(f"{number} is odd")
    return number // 2


def test_an_expected_error_is_one_sentence_of_ansible() -> None:
    with pytest.raises(AnsibleFilterError) as failed:
        half(3)
    assert failed.value.message == "3 is odd"


def test_a_result_comes_through() -> None:
    assert half(number=4) == 2
    assert half.__doc__ == "An example."


@pytest.mark.parametrize("path", FILTERS, ids=lambda path: path.stem)
def test_every_filter_tells_its_errors_this_way(path: Path) -> None:
    found = [one for one in ast.parse(path.read_text()).body if isinstance(one, ast.FunctionDef)]
    bare = [one.name for one in found if one.name.startswith("flink_") and "filter_errors" not in ast.dump(one)]
    assert bare == []
