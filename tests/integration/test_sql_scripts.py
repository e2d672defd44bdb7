"""What a SQL script says, compared with Flink's own SQL client; and that check mode runs none of it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._jobs import sql as _sql

from counting import compiler, good
from real_cluster import FlinkCluster

pytestmark = pytest.mark.real

# Every script sets options whose names begin with "case.", and the client lists them afterwards.
SAME = {
    "plain": "SET 'case.a' = 'x';",
    "line ends of Windows": "SET 'case.a' = 'x';\r\nSET 'case.b' = 'y';\r\n",
    "a semicolon and comments in a text": "SET 'case.a' = 'x;y -- no /* no */ // no';",
    "a doubled apostrophe": "SET 'case.a' = 'it''s';",
    "a comment": "-- a ; comment\nSET 'case.a' = 'x';",
    "an apostrophe in a comment": "-- it's ; a comment\nSET 'case.a' = 'x';",
    "slashes": "// a ; comment\nSET 'case.a' = 'x';",
    "a block": "/* a ; 'b'\n ; */ SET 'case.a' = 'x';",
    "an apostrophe in a block": "/* it's ; */ SET 'case.a' = 'x';",
    "comments within": "SET /* ; */ 'case.a' /* it's */ = -- ; it's\n 'x';",
    "a comment before the semicolon": "SET 'case.a' = 'x' -- after\n;",
    "a block does not nest": "/* a /* b */ SET 'case.a' = 'x';",
    "an empty block": "/**/SET 'case.a' = 'x';",
    "a block that three stars begin": "/***/ a ; b */ SET 'case.a' = 'x';",
    "an empty comment": "--\nSET 'case.a' = 'x';",
    "no space": "SET'case.a'='x';",
    "no semicolon": "SET 'case.a' = 'x'",
    "unusual spaces": "\tSET\t'case.a'\f=\v'x'\t;",
    "small letters": "set 'case.a' = 'x';",
    "no quotation marks": "SET case.a = x;",
    "Chinese": "SET 'case.a' = '\u4e2d\u6587\uff1bx';",
    "a line separator ends no comment": "-- c\u2028SET 'case.b' = 'y';\nSET 'case.a' = 'x';",
    "backslashes": "SET 'case.a' = 'a\\nb\\';",
    "a text of code points": "SET 'case.a' = U&'\\0041\\\\';",
    "an option that is reset": "SET 'case.a' = 'x';\nRESET 'case.a';\nSET 'case.b' = 'y';",
    "all options reset": "SET 'case.a' = 'x';\nRESET;\nSET 'case.b' = 'y';",
    "an empty text": "SET 'case.a' = '';",
    "a quoted name": "CREATE TABLE `a;b``c` (`it's` INT) WITH ('connector'='datagen');\nSET 'case.a' = 'x';",
}
# What the client refuses, because it reads whole lines and sends what ends in a semicolon, or because it is not SQL.
# Files that people have are read here nevertheless; the second of each pair is what becomes of it.
WIDER: dict[str, tuple[str, dict[str, str] | str]] = {
    "a byte order mark": ("\ufeffSET 'case.a' = 'x';", {"case.a": "x"}),
    "lone carriage returns": ("SET 'case.a' = 'x';\rSET 'case.b' = 'y';", {"case.a": "x", "case.b": "y"}),
    "a comment behind a semicolon": (
        "SET 'case.a' = 'x'; -- it's\nSET 'case.b' = 'y';",
        {"case.a": "x", "case.b": "y"},
    ),
    "two on a line": ("SET 'case.a' = 'x'; SET 'case.b' = 'y';", {"case.a": "x", "case.b": "y"}),
    "empty statements": (";;\nSET 'case.a' = 'x';;\n;", {"case.a": "x"}),
    "an open block": ("SET 'case.a' = 'x';\n/* open", "a comment that begins with /* in line 2, column 1"),
    "an open text": ("SET 'case.a' = 'x';\nSET 'case.b' = 'y", "a text that begins with ' in line 2, column 16"),
}
ROW = re.compile(r"^\|\s+(case\.\S+)\s+\|\s*(.*?)\s*\|$", re.MULTILINE)


def ours(script: str) -> dict[str, str] | str:
    try:
        return _sql.settings(_sql.split(script))
    except FlinkError as error:
        return error.message


@pytest.fixture(scope="module")
def client(cluster: FlinkCluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """What Flink's own client has set at the end of each script, in one JVM for all of them."""
    directory = tmp_path_factory.mktemp("client")
    home = cluster.base_dir / f"flink-{cluster.version}"
    classes = os.pathsep.join([str(directory), f"{home}/lib/*", f"{home}/opt/*"])
    source = Path(__file__).resolve().parents[1] / "support" / "java" / "SqlClientRuns.java"
    subprocess.run([*compiler(), "-cp", jars(home), "-d", str(directory), str(source)], check=True)
    scripts = {name: directory / f"{place}.sql" for place, name in enumerate([*SAME, *WIDER])}
    for name, path in scripts.items():
        text = SAME[name] if name in SAME else WIDER[name][0]
        path.write_bytes((text if text.endswith("\n") else f"{text}\n").encode())
        with path.open("ab") as file:
            file.write(b"" if text.rstrip().endswith(";") else b";\n")
            file.write(b"SET;\n")
    address = cluster.sql_gateways[0].removeprefix("http://")
    # Without its directory, the client takes the plugins of this collection for those of Flink.
    places = {"FLINK_CONF_DIR": str(home / "conf"), "FLINK_PLUGINS_DIR": str(home / "plugins")}
    subprocess.run(
        ["java", "-Dfile.encoding=UTF-8", "-cp", classes, "SqlClientRuns", address, *map(str, scripts.values())],
        check=True,
        env={**os.environ, **places},
        cwd=directory,
        capture_output=True,
    )
    said = {name: path.with_name(f"{path.name}.out").read_text(errors="replace") for name, path in scripts.items()}
    assert all("Flink SQL>" in text for text in said.values()), said
    return {name: dict(ROW.findall(text)) for name, text in said.items()}


def jars(home: Path) -> str:
    return os.pathsep.join(str(jar) for part in ("lib", "opt") for jar in sorted((home / part).glob("*.jar")))


@pytest.mark.parametrize("name", SAME)
def test_a_script_says_what_it_says_to_flinks_own_client(client: dict[str, dict[str, str]], name: str) -> None:
    assert client[name], "the client has set nothing"
    assert ours(SAME[name]) == client[name]


@pytest.mark.parametrize("name", WIDER)
def test_what_flinks_own_client_refuses_is_read_or_refused_with_its_line(
    client: dict[str, dict[str, str]], name: str
) -> None:
    script, expected = WIDER[name]
    assert client[name] == {}
    found = ours(script)
    if isinstance(expected, dict):
        assert found == expected
    else:
        assert isinstance(found, str)
        assert expected in found


ENDLESS = "CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1');\n"
SINK = "CREATE TABLE sink (n BIGINT) WITH ('connector' = 'blackhole');\n"
BLACKHOLE = "WITH ('connector' = 'blackhole')"
# Scripts that run something, each written in another way; the second of each pair is what is said of it, if anything.
RUNNING: dict[str, tuple[str, str | None]] = {
    "insert": ("INSERT INTO sink SELECT n FROM numbers", None),
    "a comment first": ("/* it's */ -- ;\n INSERT INTO sink SELECT n FROM numbers", None),
    "a set": ("EXECUTE STATEMENT SET BEGIN INSERT INTO sink SELECT n FROM numbers; END", None),
    "a set of the client": ("BEGIN STATEMENT SET; INSERT INTO sink SELECT n FROM numbers; END", None),
    "execute": ("EXECUTE INSERT INTO sink SELECT n FROM numbers", None),
    "a table as": (f"CREATE TABLE made {BLACKHOLE} AS SELECT n FROM numbers", None),
    "replace": (f"CREATE OR REPLACE TABLE made {BLACKHOLE} AS SELECT n FROM numbers", None),
    "parentheses": ("(SELECT n FROM numbers)", "is a query"),
    "a query": ("SELECT n FROM numbers", "is a query"),
    "with": ("WITH t AS (SELECT n FROM numbers) SELECT n FROM t", "is a query"),
    "values": ("VALUES (1), (2)", "is a query"),
    "execute a query": ("EXECUTE (SELECT n FROM numbers)", "is not a statement that prepares"),
    "call": ("CALL sys.anything()", "is not a statement that prepares"),
    "a materialized table": (
        "CREATE MATERIALIZED TABLE m FRESHNESS = INTERVAL '1' MINUTE AS SELECT n FROM numbers",
        "is not a statement that prepares",
    ),
    "truncate": ("TRUNCATE TABLE sink", "is not a statement that prepares"),
    "analyze": ("ANALYZE TABLE sink COMPUTE STATISTICS", "is not a statement that prepares"),
}


def started(cluster: FlinkCluster) -> set[str]:
    answer = requests.get(f"{cluster.jobmanagers[0]['url']}/jobs/overview", timeout=30).json()
    return {job["jid"] for job in answer["jobs"]}


@pytest.mark.parametrize("name", RUNNING)
def test_check_mode_starts_nothing_whatever_a_script_says(cluster: FlinkCluster, name: str) -> None:
    text, refusal = RUNNING[name]
    before = started(cluster)
    answer: dict[str, Any] = cluster.module(
        "flink_job",
        name=f"rehearsed {name}",
        sql=ENDLESS + SINK + text,
        sql_gateways=cluster.sql_gateways,
        parallelism=1,
        _ansible_check_mode=True,
    )
    if refusal is None:
        assert good(answer)["plan"]["action"] == "submit"
    else:
        assert answer["failed"]
        assert "line 3 of the SQL script" in answer["msg"]
        assert refusal in answer["msg"]
    assert started(cluster) == before
