"""SQL scripts: cut where the planner would cut them, refused with the line where something is wrong."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._jobs import sql as _sql
from ansible_collections.streamops.flink.plugins.module_utils._jobs.sql import Kind
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("script", "statements"),
    [
        ("", []),
        (" ;;\n; ", []),
        ("-- nothing\n/* at ; all */", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';'; SELECT 'it''s; fine'", ["SELECT ';'", "SELECT 'it''s; fine'"]),
        ("SELECT `a;b`", ["SELECT `a;b`"]),
        ('SELECT "a;b"', ['SELECT "a;b"']),
        ("SELECT 1 -- ; not here\n, 2;", ["SELECT 1 -- ; not here\n, 2"]),
        ("SELECT /* ; ' ` */ 1; -- it's over", ["SELECT /* ; ' ` */ 1"]),
        (
            "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END; SELECT 3",
            ["EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END", "SELECT 3"],
        ),
        (
            "begin statement set;\nINSERT INTO a SELECT 1;\nend;",
            ["EXECUTE STATEMENT SET BEGIN\nINSERT INTO a SELECT 1;\nend"],
        ),
        (
            "EXPLAIN STATEMENT SET BEGIN INSERT INTO a SELECT 1; END",
            ["EXPLAIN STATEMENT SET BEGIN INSERT INTO a SELECT 1; END"],
        ),
        ("INSERT INTO a SELECT end_ FROM b; SELECT 1", ["INSERT INTO a SELECT end_ FROM b", "SELECT 1"]),
        (
            "INSERT INTO a SELECT CASE x WHEN 1 THEN 2 END; SELECT 1",
            ["INSERT INTO a SELECT CASE x WHEN 1 THEN 2 END", "SELECT 1"],
        ),
    ],
)
def test_a_script_is_cut_at_the_semicolons_that_count(script: str, statements: list[str]) -> None:
    assert [one.text for one in _sql.split(script)] == statements


def test_each_statement_knows_where_it_begins() -> None:
    script = "-- a remark\n\n  CREATE TABLE t (x INT);  INSERT INTO t\nSELECT 1;"
    first, second = _sql.split(script)
    assert (first.line, first.column) == (3, 3)
    assert (second.line, second.column) == (3, 28)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("SELECT 'a", "a text that begins with ' in line 1, column 8"),
        ("SELECT 1;\n  SELECT `a", "a name that begins with ` in line 2, column 10"),
        ("SELECT 1;\n/* a", r"a comment that begins with /\* in line 2, column 1"),
        ('SELECT "a', 'a text that begins with " in line 1, column 8'),
    ],
)
def test_what_is_never_closed_is_told_with_its_place(script: str, message: str) -> None:
    with pytest.raises(FlinkError, match=f"has {message} that is never closed"):
        _sql.split(script)


@pytest.mark.parametrize("begin", ["EXECUTE STATEMENT SET BEGIN", "BEGIN STATEMENT SET;"])
def test_a_statement_set_without_an_end_is_told_with_its_line(begin: str) -> None:
    with pytest.raises(FlinkError, match="begins in line 2 of the SQL script has no END"):
        _sql.split(f"SELECT 1;\n{begin}\nINSERT INTO a SELECT 1;")


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SET 'a' = 'b'", Kind.SET),
        ("RESET 'a'", Kind.RESET),
        ("insert into a select 1", Kind.JOB),
        ("INSERT OVERWRITE a SELECT 1", Kind.JOB),
        ("EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; END", Kind.JOB),
        ("COMPILE AND EXECUTE PLAN 'x' FOR INSERT INTO a SELECT 1", Kind.JOB),
        ("EXECUTE PLAN 'x'", Kind.JOB),
        ("EXECUTE INSERT INTO a SELECT 1", Kind.JOB),
        ("SELECT 1", Kind.QUERY),
        ("WITH a AS (SELECT 1) SELECT * FROM a", Kind.QUERY),
        ("VALUES (1)", Kind.QUERY),
        ("EXECUTE SELECT 1", Kind.QUERY),
        ("(SELECT 1)", Kind.QUERY),
        ("((SELECT 1) UNION ALL (SELECT 2))", Kind.QUERY),
        ("TABLE a", Kind.QUERY),
        ("CREATE TABLE a (x INT)", Kind.PREPARATION),
        ("CREATE TABLE a (x INT, y AS x + 1) COMMENT 'made AS SELECT'", Kind.PREPARATION),
        ("CREATE TEMPORARY SYSTEM FUNCTION f AS 'org.example.F' LANGUAGE JAVA USING JAR '/f.jar'", Kind.PREPARATION),
        ("CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1", Kind.PREPARATION),
        ("CREATE CATALOG c WITH ('type' = 'hive')", Kind.PREPARATION),
        ("ALTER TABLE a ADD (y INT)", Kind.PREPARATION),
        ("DROP TABLE IF EXISTS a", Kind.PREPARATION),
        ("SHOW TABLES", Kind.PREPARATION),
        ("USE CATALOG c", Kind.PREPARATION),
        ("LOAD MODULE hive", Kind.PREPARATION),
        ("EXPLAIN PLAN FOR INSERT INTO a SELECT 1", Kind.PREPARATION),
        ("ADD JAR '/x.jar'", Kind.PREPARATION),
        ("CREATE TABLE a WITH ('connector' = 'x') AS SELECT 1", Kind.JOB),
        ("CREATE TABLE a AS (SELECT 1)", Kind.JOB),
        ("CREATE TABLE a AS TABLE b", Kind.JOB),
        ("CREATE TABLE a AS VALUES (1)", Kind.JOB),
        ("CREATE TABLE IF NOT EXISTS a /* as */ AS\nWITH b AS (SELECT 1) SELECT * FROM b", Kind.JOB),
        ("REPLACE TABLE a AS SELECT 1", Kind.JOB),
        ("CREATE OR REPLACE TABLE a AS (SELECT 1)", Kind.JOB),
        ("DELETE FROM a WHERE x = 1", Kind.JOB),
        ("UPDATE a SET x = 1", Kind.JOB),
        ("CREATE MATERIALIZED TABLE a FRESHNESS = INTERVAL '30' SECOND AS SELECT 1", Kind.OTHER),
        ("CREATE OR ALTER MATERIALIZED TABLE a AS SELECT 1", Kind.OTHER),
        ("ALTER MATERIALIZED TABLE a RESUME", Kind.OTHER),
        ("ALTER TABLE a COMPACT", Kind.OTHER),
        ("CREATE MODEL m AS SELECT 1", Kind.OTHER),
        ("CALL sys.compact('a')", Kind.OTHER),
        ("ANALYZE TABLE a COMPUTE STATISTICS", Kind.OTHER),
        ("TRUNCATE TABLE a", Kind.OTHER),
        ("COMPILE PLAN '/p.json' FOR INSERT INTO a SELECT 1", Kind.OTHER),
        ("STOP JOB 'x'", Kind.OTHER),
        ("EXECUTE IMMEDIATE 'x'", Kind.OTHER),
        ("something new", Kind.OTHER),
        ("/* hi */ -- there\n INSERT INTO a SELECT 1", Kind.JOB),
    ],
)
def test_a_statement_is_told_by_its_first_words(statement: str, kind: Kind) -> None:
    assert [one.kind for one in _sql.split(statement)] == [kind]


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("DROP TABLE t; CREATE TABLE t (x INT)", None),
        ("CREATE CATALOG c WITH ('type' = 'hive'); CREATE TEMPORARY TABLE t (x INT)", None),
        ("CREATE CATALOG c WITH ('type' = 'hive');\nDROP TABLE t", 2),
        ("use catalog `c`;\nSET 'a' = 'b';\ncreate table t (x INT)", 3),
        ("USE CATALOG c;\nALTER DATABASE d SET ('a' = 'b')", 2),
    ],
)
def test_what_may_outlive_the_session_is_known(script: str, line: int | None) -> None:
    found = _sql.lasting_change(_sql.split(script))
    assert (found.line if found is not None else None) == line


@pytest.mark.parametrize(
    "script",
    [
        "\N{ZERO WIDTH NO-BREAK SPACE}INSERT INTO t SELECT 1",
        "INSERT INTO t -- a;b it's\r SELECT 1",
        "INSERT INTO t // a;b it's\r\n SELECT 1;\r\n",
        "INSERT INTO t /* a;b it's */ SELECT 1 -- the end",
        "\r\n\tINSERT INTO\r\nt\fSELECT 1\v",
    ],
)
def test_the_surroundings_of_a_statement_are_no_part_of_it(script: str) -> None:
    (one,) = _sql.split(script)
    assert (one.kind, one.normal) == (Kind.JOB, "INSERT INTO t SELECT 1")


@pytest.mark.parametrize(
    ("statement", "pair"),
    [
        ("SET 'a.b' = 'c'", ("a.b", "c")),
        ("set a.b=c", ("a.b", "c")),
        ("SET 'a' = 'it''s'", ("a", "it's")),
        ("SET 'a' = ''", ("a", "")),
        ("SET a.b = 5 s", ("a.b", "5 s")),
        ("SET'a'='b'", ("a", "b")),
        ("SET 'a=b' = 'c=d'", ("a=b", "c=d")),
        (r"SET 'a' = U&'\0041\\b'", ("a", r"A\b")),
        ("SET /* ; */ 'a' /* it's */ = -- ; it's\n 'b'", ("a", "b")),
        ("SET", None),
    ],
)
def test_a_setting_is_read(statement: str, pair: tuple[str, str] | None) -> None:
    (one,) = _sql.split(statement)
    assert _sql.setting(one) == pair


def test_comments_and_layout_are_no_difference_but_hints_and_texts_are() -> None:
    def normal(script: str) -> str:
        return _sql.parse_job_script(script).normal

    first = normal("SET 'a' = 'b';\nINSERT INTO t\n  SELECT x -- all\n FROM s;")
    assert first == normal("SET   'a' = 'b' ; /* hi */ INSERT INTO t SELECT x FROM s")
    assert first != normal("SET 'a' = 'c'; INSERT INTO t SELECT x FROM s")
    assert normal("INSERT INTO t SELECT ' a  b '") != normal("INSERT INTO t SELECT ' a b '")
    assert normal("INSERT INTO t SELECT x FROM s /*+ OPTIONS('a'='1') */") != normal("INSERT INTO t SELECT x FROM s")


def test_a_hint_ends_where_the_planner_ends_it_and_so_does_a_block_of_three_stars() -> None:
    hinted = "INSERT INTO t SELECT x FROM s /*+ OPTIONS('path'='a*/b;c') */ WHERE x > 0; SET 'a' = 'b'"
    assert [one.kind for one in _sql.split(hinted)] == [Kind.JOB, Kind.SET]
    (one,) = _sql.split("/***/ INSERT INTO t SELECT 1; */ SET 'a' = 'b'")
    assert one.kind is Kind.SET


def test_what_is_reset_is_not_set() -> None:
    def settings(script: str) -> dict[str, str]:
        return _sql.settings(_sql.split(script))

    assert settings("SET 'a' = 'b'; SET 'c' = 'd'; RESET 'a'") == {"c": "d"}
    assert settings("SET 'a' = 'b'; RESET a; SET 'a' = 'c'") == {"a": "c"}
    assert settings("SET 'a' = 'b'; SET 'c' = 'd'; RESET; SET 'e' = 'f'") == {"e": "f"}


def test_a_job_script_is_taken_apart() -> None:
    script = _sql.parse_job_script("SET 'a' = 'b'; CREATE TABLE t (x INT); INSERT INTO t SELECT 1;;")
    assert [one.kind for one in script.before] == [Kind.SET, Kind.PREPARATION]
    assert script.job.text == "INSERT INTO t SELECT 1"
    assert script.settings == {"a": "b"}


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("CREATE TABLE t (x INT)", "starts no job"),
        ("INSERT INTO a SELECT 1;\nCALL sys.compact('a')", "line 2 .*CALL .* is not a statement that prepares"),
        ("(SELECT * FROM s);\nINSERT INTO a SELECT 1", "line 1 of the SQL script is a query"),
        ("", "starts no job"),
        ("INSERT INTO a SELECT 1;\nINSERT INTO b SELECT 2;", r"starts 2 jobs, in lines 1 and 2.*EXECUTE STATEMENT SET"),
        ("INSERT INTO a SELECT 1;\nSELECT 2", "line 2 of the SQL script is a query"),
        ("INSERT INTO a SELECT 1;\nSET 'a' = 'b'", "line 2 .* stands after the statement that starts the job"),
    ],
)
def test_a_script_that_is_not_one_job_is_refused_with_the_way_to_write_it(script: str, message: str) -> None:
    with pytest.raises(FlinkError, match=message):
        _sql.parse_job_script(script)


def test_the_planners_place_is_moved_to_the_script() -> None:
    (_table, job) = _sql.split("CREATE TABLE t (x INT);\n\n  INSERT INTO t\nSELECT gg")
    message = "From line 2, column 8 to line 2, column 9: no gg; at line 1, column 3"
    assert _sql.in_script(message, job) == "From line 4, column 8 to line 4, column 9: no gg; at line 3, column 5"
    assert _sql.line_of(message, job) == 4
    assert _sql.line_of("no place", job) == 3


def test_a_script_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(FlinkError, match=r"cannot read the SQL script .*No such file"):
        _sql.read_script(str(tmp_path / "none.sql"))
    (tmp_path / "binary.sql").write_bytes(b"\xff\xfe")
    with pytest.raises(FlinkError, match="it is not UTF-8 text"):
        _sql.read_script(str(tmp_path / "binary.sql"))


SCRIPTS = st.lists(
    st.sampled_from(
        [
            "SELECT",
            "'a;b'",
            "`c`",
            '"d"',
            ";",
            "--x\n",
            "/*y;*/",
            "/*+ h */",
            " ",
            "\n",
            "END",
            "BEGIN",
            "STATEMENT",
            "1",
        ]
    ),
    max_size=30,
).map(" ".join)


@given(SCRIPTS | st.text(max_size=60))
def test_any_text_is_cut_or_refused_and_nothing_is_lost(script: str) -> None:
    with suppress(FlinkError):
        assert "".join(token.text for token in _sql.tokens(script)) == script
        for statement in _sql.split(script):
            assert statement.text
            assert 1 <= statement.line <= script.count("\n") + 1
            assert statement.kind in Kind
            _sql.setting(statement)


def test_secrets_are_put_in_as_texts_of_sql_and_hidden_in_what_comes_back() -> None:
    secrets = {"a": "o'hara", "b": "xy"}
    assert _sql.with_secrets("'${secret:a}' ${other}", secrets) == "'o''hara' ${other}"
    assert _sql.without_secrets("no o'hara, no xy", secrets) == "no ********, no xy"
