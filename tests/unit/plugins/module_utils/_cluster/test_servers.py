"""What ZooKeeper's servers tell of themselves."""

from __future__ import annotations

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._cluster.servers import (
    parse_mntr,
    parse_srvr,
    version_of,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "version"),
    [("3.8.4-9316c2a7, built on 2024-02-12", "3.8.4"), ("3.9.5", "3.9.5"), ("", None), ("unknown", None)],
)
def test_the_version_is_the_number(text: str, version: str | None) -> None:
    assert version_of(text) == version


@given(st.text(max_size=300))
def test_any_answer_is_parsed_to_the_same_keys(text: str) -> None:
    assert parse_mntr(text).keys() == parse_srvr(text).keys()


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "x", "1e400", ""])
def test_a_count_that_is_none_is_nothing(value: str) -> None:
    assert parse_mntr(f"zk_znode_count\t{value}\n")["znodes"] is None
