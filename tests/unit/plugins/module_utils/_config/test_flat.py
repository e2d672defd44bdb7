"""Nested options as dotted ones."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config.flat import flatten
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import examples


def test_nested_and_dotted_options_become_dotted() -> None:
    nested = {"rest": {"port": 8081, "bind": {"x": 1}}, "rest.address": "jm1", "state": {"backend.type": "hashmap"}}
    assert flatten(nested) == {
        "rest.port": 8081,
        "rest.bind.x": 1,
        "rest.address": "jm1",
        "state.backend.type": "hashmap",
    }


def test_an_option_that_is_given_twice_is_an_error() -> None:
    with pytest.raises(FlinkError) as caught:
        flatten({"rest.port": 1, "rest": {"port": 2}}, "flink_config")
    assert str(caught.value) == (
        "cannot read flink_config: option rest.port is given twice, dotted and nested or in two spellings; keep one"
    )


@pytest.mark.parametrize("name", [None, True, "", "  ", "."])
def test_what_can_be_no_name_of_an_option_is_refused(name: Any) -> None:
    with pytest.raises(FlinkError, match="is not a valid name of an option"):
        flatten({"rest": {name: 1}})


names = st.sampled_from(["a", "b", "c-d", "e"])
leaf = st.integers(0, 9)
trees = st.dictionaries(
    names, leaf | st.dictionaries(names, leaf | st.dictionaries(names, leaf, min_size=1), min_size=1)
)


@given(trees)
@settings(max_examples=examples(40), deadline=None)
def test_flattening_keeps_every_value(tree: dict[str, Any]) -> None:
    def leaves(node: Any) -> list[Any]:
        return [leaf for one in node.values() for leaf in leaves(one)] if isinstance(node, dict) else [node]

    flat = flatten(tree)
    assert sorted(map(repr, flat.values())) == sorted(map(repr, leaves(tree)))
    assert flatten(flat) == flat
