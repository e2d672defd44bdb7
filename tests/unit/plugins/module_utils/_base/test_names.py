"""Names that are made of other names tell them apart."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.names import derived_name

ODD = [
    *("a-b", "a_b", "a.b", "a b", "a/b", "a:b", "A-B", "ab", "a--b", "-a-b", "a-b-", "", " ", "-", "name"),
    *("données", "donnees", "订单", "客户", "заказы", "🦀", "a\nb", "x" * 199, "x" * 200, "x" * 201, "x" * 202),
    *("é" * 300, "é" * 301, "a\u0301", "á", "\ud800"),
]


@pytest.mark.parametrize("text", ["a", "a-b", "flink-shop-jm1-jobmanager", "A.b_c-9", "x" * 200])
def test_a_name_that_is_one_already_stays(text: str) -> None:
    assert derived_name(text) == text


@pytest.mark.parametrize(("allowed", "joint", "lower"), [("A-Za-z0-9_.-", "-", False), ("a-z0-9_", "_", True)])
def test_names_are_different_as_what_they_are_made_of(allowed: str, joint: str, lower: bool) -> None:
    names = {text: derived_name(text, allowed, joint, 50, lower=lower) for text in ODD}
    for one, other in combinations(ODD, 2):
        assert names[one] != names[other], (one, other)
    assert all(re.fullmatch(f"[{allowed}]{{1,50}}", name) for name in names.values())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a b", "a-b-806c5cd3"),
        ("订单", "name-"),
        ("jm 1/x", "jm-1-x-"),
    ],
)
def test_a_name_begins_with_what_can_be_read(text: str, name: str) -> None:
    assert derived_name(text).startswith(name)
