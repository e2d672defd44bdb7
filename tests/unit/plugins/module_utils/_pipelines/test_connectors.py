"""Connectors come by a matrix of versions; what does not exist, or is there twice, is reported beforehand."""

from __future__ import annotations

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._install.source import Checksum
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import connectors as _connectors

ALL = ["postgres-cdc", "mysql-cdc", "oracle-cdc", "kafka", "jdbc:postgresql", "jdbc:mysql", "csv", "files"]


def jar(artifact: str) -> dict[str, str]:
    return {"artifact": artifact, "checksum": "sha256:" + "0" * 64}


def test_every_jar_of_the_matrix_has_a_checksum() -> None:
    for row in _connectors.MATRIX.values():
        for jars in row.values():
            for one in jars:
                Checksum.parse(one.as_library()["checksum"])


def test_each_jar_is_there_once_however_many_pipelines_need_it() -> None:
    names = [one.name for one in _connectors.needed([*ALL, *ALL], "1.20.5")]
    assert len(names) == len(set(names))
    # PostgreSQL's driver is inside its CDC connector.
    assert "postgresql" not in names
    assert "postgresql" in [one.name for one in _connectors.needed(["jdbc:postgresql"], "1.20.5")]


def test_the_sets_of_the_matrix_have_no_classes_twice() -> None:
    assert list(_connectors.library_problems(ALL, "1.20.5", [])) == []


@pytest.mark.parametrize("kind", ["postgres-cdc", "mysql-cdc", "oracle-cdc", "jdbc:mysql"])
def test_a_combination_that_does_not_exist_says_so(kind: str) -> None:
    with pytest.raises(FlinkError, match="there is no connector for"):
        _connectors.needed([kind], "2.2.1")


def test_a_database_without_a_driver_is_told() -> None:
    with pytest.raises(FlinkError, match="and not to db2"):
        _connectors.needed(["jdbc:db2"], "1.20.5")


def test_a_jar_that_the_inventory_names_is_not_added_again() -> None:
    own = jar("org.apache.flink:flink-sql-connector-postgres-cdc:3.4.0")
    assert _connectors.missing(["postgres-cdc"], "1.20.5", [own]) == []


@pytest.mark.parametrize(
    ("artifact", "message"),
    [
        (
            "org.apache.flink:flink-connector-kafka:3.4.0-1.20",
            "have the same classes twice, in flink-connector-kafka and",
        ),
        ("org.postgresql:postgresql:42.7.3", "have the same classes twice, in postgresql and"),
        ("org.apache.flink:flink-sql-connector-kafka:4.0.1-2.0", "is built for Flink 2.0, this is Flink 1.20.5"),
    ],
)
def test_a_jar_that_does_not_fit_is_told(artifact: str, message: str) -> None:
    found = list(_connectors.library_problems(["postgres-cdc", "kafka"], "1.20.5", [jar(artifact)]))
    assert any(message in one for one in found), found


def test_the_connector_of_the_matrix_is_no_problem_although_its_name_says_another_flink() -> None:
    (kafka,) = _connectors.needed(["kafka"], "1.20.5")
    assert list(_connectors.library_problems(["kafka"], "1.20.5", [kafka.as_library()])) == []


def test_a_cdc_connector_on_flink_2_is_told() -> None:
    own = jar("org.apache.flink:flink-sql-connector-mysql-cdc:3.5.0")
    (problem,) = _connectors.library_problems([], "2.2.1", [own])
    assert "use flink_version 1.20.5" in problem
