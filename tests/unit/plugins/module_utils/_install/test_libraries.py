"""The jars that a cluster adds to Flink."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._install import libraries
from ansible_collections.streamops.flink.plugins.module_utils._install.source import parse_source

SUM = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
KAFKA = "org.apache.flink:flink-sql-connector-kafka:3.3.0-1.20"


def jar(artifact: str, checksum: str = SUM) -> dict[str, str]:
    return {"artifact": artifact, "checksum": checksum}


@pytest.mark.parametrize(
    ("source", "name", "version"),
    [
        (KAFKA, "flink-sql-connector-kafka", "3.3.0-1.20"),
        ("g:a:1.0:tests", "a:tests", "1.0"),
        ("/srv/flink-scala_2.12-1.20.5.jar", "flink-scala_2.12", "1.20.5"),
        ("https://example.org/x/mysql-connector-j-8.4.0.jar", "mysql-connector-j", "8.4.0"),
        ("/srv/mine.jar", "mine.jar", ""),
        ("flink-python==1.20.5", "flink-python", "1.20.5"),
    ],
)
def test_an_artefact_has_a_name_and_a_version(source: str, name: str, version: str) -> None:
    assert libraries.artefact_of(parse_source(source)) == (name, version)


def test_libraries_and_plugins_become_one_list() -> None:
    plugins = {"s3": [jar("g:s3:1")], "a": [jar("/srv/a.jar", OTHER)]}
    assert libraries.declared([jar(KAFKA)], plugins) == [
        {"artifact": KAFKA, "checksum": SUM, "directory": "lib"},
        {"artifact": "/srv/a.jar", "checksum": OTHER, "directory": "plugins/a"},
        {"artifact": "g:s3:1", "checksum": SUM, "directory": "plugins/s3"},
    ]


def test_the_name_of_a_set_follows_from_what_is_in_it() -> None:
    one = libraries.declared([jar("g:a:1"), jar("g:b:1", OTHER)], {})
    name = libraries.overlay_name(one, "1.20.5")
    assert name.startswith("flink-1.20.5-")
    assert libraries.overlay_name(one[::-1], "1.20.5") == name
    moved = libraries.declared([jar("https://example.org/a-1.jar"), jar("/srv/b-1.jar", OTHER)], {})
    assert libraries.overlay_name(moved, "1.20.5") == name
    assert libraries.overlay_name(one[:1], "1.20.5") != name
    assert libraries.overlay_name(libraries.declared([jar("g:a:1", OTHER), jar("g:b:1")], {}), "1.20.5") != name
    assert libraries.overlay_name(one, "2.2.1") != name
    assert libraries.overlay_name([], "1.20.5") == ""


@pytest.mark.parametrize(
    ("given", "plugins", "sentence"),
    [
        ("x", {}, "flink_libraries is 'x', but it must be a list of jars"),
        ([], [], "flink_plugins is [], but it must hold a list of jars for the name of each plugin"),
        (["g:a:1"], {}, "flink_libraries: 'g:a:1' is not a valid jar: write it as"),
        ([{"artifact": "g:a:1"}], {}, "flink_libraries: g:a:1 has no checksum: add checksum"),
        ([jar("g:a:1", "md5:1")], {}, "flink_libraries: g:a:1: cannot use the checksum 'md5:1'"),
        ([jar("nonsense:x")], {}, "cannot use the source 'nonsense:x'"),
        ([jar("jars/a.jar")], {}, "jars/a.jar is a relative path"),
        ([jar("/srv/a.tgz")], {}, "/srv/a.tgz is not a jar, its name ends in something else"),
        ([jar("g:a:1") | {"directory": "lib"}], {}, "has the unknown key directory"),
        ([jar("g:a:1"), jar("g:a:2")], {}, "flink_libraries: a is given in two versions, 1 and 2, and which of them"),
        ([jar("g:a:1"), jar("/srv/a-2.jar")], {}, "a is given in two versions, 1 and 2"),
        ([jar("g:a:1"), jar("/srv/a-1.jar")], {}, "a is given twice, as g:a:1 and /srv/a-1.jar"),
        ([], {"../x": [jar("g:a:1")]}, "flink_plugins, ../x: the name of a plugin becomes a directory"),
        ([], {"x": []}, "flink_plugins, x: a plugin is a list of jars"),
        ([], {"x": [jar("g:a:1"), jar("g:a:2")]}, "flink_plugins, x: a is given in two versions"),
    ],
)
def test_what_cannot_work_is_a_sentence(given: Any, plugins: Any, sentence: str) -> None:
    found = list(libraries.library_problems(given, plugins))
    assert len(found) == 1
    assert sentence in found[0]


def test_one_artefact_may_be_in_the_libraries_and_in_a_plugin() -> None:
    assert not list(libraries.library_problems([jar("g:a:1")], {"x": [jar("g:a:2")], "y": [jar("g:a:3")]}))


def test_jars_that_cannot_work_are_not_handed_on() -> None:
    with pytest.raises(FlinkError, match=r"cannot use the jars of this cluster: .* has no checksum"):
        libraries.declared([{"artifact": "g:a:1"}], {})
