"""Scripts of jobs on the controller: as they are, as templates, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.streamops.flink.plugins.lookup.flink_sql_file import LookupModule

ADVICE = "set sql_template: false for this job, which reads the script as it is"


def look_up(path: Path | str, variables: dict[str, Any] | None = None, **options: Any) -> list[str]:
    loader = DataLoader()
    known = variables or {}
    plugin = LookupModule(loader=loader, templar=Templar(loader=loader, variables=known))
    return [str(one) for one in plugin.run([str(path)], known, **options)]


def written(directory: Path, text: str) -> Path:
    path = directory / "balances.sql"
    path.write_bytes(text.encode())
    return path


def test_a_script_is_a_template(tmp_path: Path) -> None:
    path = written(tmp_path, "INSERT INTO {{ table }} {# a remark #}SELECT 1;\n")
    assert look_up(path, {"table": "t"}) == ["INSERT INTO t SELECT 1;\n"]
    assert look_up(path, {"table": "t"}, problems=True) == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT '{# not a comment';\n",
        "SELECT '{{ x }}';\n",
        "SELECT * FROM t WHERE a LIKE '{%';\n",
        "INSERT INTO a SELECT MAP['k','{{']; -- }}\r\n",
        "{% raw %}\n",
        "",
        "SELECT 'größe {#';",
    ],
)
def test_a_script_that_is_no_template_is_read_as_it_is(tmp_path: Path, text: str) -> None:
    assert look_up(written(tmp_path, text), template=False) == [text]
    assert look_up(written(tmp_path, text), template="no") == [text]
    assert look_up(written(tmp_path, text), template=False, problems=True) == []


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("SELECT 1;\nSELECT '{# x';\n", 2, "comment"),
        ("SELECT 1;\n\nSELECT 'a' LIKE '{%';\n\n", 3, "unexpected char"),
        ("SELECT '{{';\n", 1, "unexpected char"),
        ("SELECT 1;\n{% nope %}\n", 2, "unknown tag"),
        ("{{ known }}\nSELECT '{{ 1 + }}';\n", 2, "expected"),
        ("{{ known }}\nSELECT 1;\nSELECT '{{ missing }}';\n", 3, "'missing' is undefined"),
        ("SELECT 1;\nSELECT '{{ known | nope }}';\n", 2, "nope"),
        ("SELECT 1;\n{% for x in known %}\nSELECT 1;\n", 2, "end of template"),
    ],
)
def test_a_script_that_is_not_a_valid_template_is_named_with_its_line(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    path = written(tmp_path, text)
    (problem,) = look_up(path, {"known": "k"}, job="balances", problems=True)
    assert problem.startswith(f"cannot use sql_file {path} of the job balances: line {line} is not a valid part of a")
    assert reason.lower() in problem.lower()
    assert problem.endswith(ADVICE)
    assert "\n" not in problem
    with pytest.raises(AnsibleError) as error:
        look_up(path, {"known": "k"}, job="balances")
    assert str(path) in str(error.value)
    assert ADVICE in str(error.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing.sql"
    assert look_up(missing, job="a", problems=True) == [
        f"cannot use sql_file {missing} of the job a: there is no such file on the controller"
    ]
    latin = tmp_path / "latin.sql"
    latin.write_bytes("SELECT 'größe'".encode("latin-1"))
    assert look_up(latin, problems=True) == [f"cannot use sql_file {latin}: it is not text in UTF-8; save it as such"]
    assert look_up(tmp_path, problems=True) == [f"cannot use sql_file {tmp_path}: is a directory"]
