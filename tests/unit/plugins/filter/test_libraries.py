"""The filters for further jars."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.streamops.flink.plugins.filter.libraries import FilterModule

FILTERS = FilterModule().filters()
JAR = {"artifact": "g:a:1", "checksum": "sha256:" + "a" * 64}


def test_jars_come_with_their_directories() -> None:
    assert FILTERS["flink_jars"]([JAR], {"x": [JAR]}) == [JAR | {"directory": "lib"}, JAR | {"directory": "plugins/x"}]
    assert FILTERS["flink_jars"]([]) == []


def test_jars_that_cannot_work_are_an_error_of_ansible() -> None:
    with pytest.raises(AnsibleFilterError, match="g:a:1 has no checksum"):
        FILTERS["flink_jars"]([{"artifact": "g:a:1"}])


def test_preflight_tells_all_problems() -> None:
    assert FILTERS["flink_jar_problems"]([JAR], {"x": [JAR]}) == []
    assert len(FILTERS["flink_jar_problems"]([JAR, JAR], {"x": "y"})) == 2


def test_no_jars_have_no_directory() -> None:
    assert FILTERS["flink_overlay"]([], "1.20.5") == ""
    assert FILTERS["flink_overlay"]([JAR | {"directory": "lib"}], "1.20.5").startswith("flink-1.20.5-")
