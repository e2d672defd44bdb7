"""Java options through Flink's own start scripts: every character arrives as it was written, or is refused."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config.start_scripts import (
    for_scripts,
    java_words,
    quoted,
    quoted_line,
)
from ansible_collections.streamops.flink.plugins.module_utils._config.yaml import render_yaml, with_java_options

ALL = "env.java.opts.all"
SIGNS = "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum())
LETTERS = "éß漢😀\u00a0\u200b\u3000"
# As people write it -> the options that Java has to get.
WRITTEN = {
    "-Dc=a;b": ["-Dc=a;b"],
    "-Da='xy'": ["-Da=xy"],
    '-Da="xy"': ["-Da=xy"],
    "'-Da=x;y'": ["-Da=x;y"],
    "-Dhome=$HOME": ["-Dhome=$HOME"],
    "-Drun=`id`": ["-Drun=`id`"],
    "-Drun=$(id)": ["-Drun=$(id)"],
    "-Dall=*": ["-Dall=*"],
    "-Xlog:gc*:file=/x/gc.log": ["-Xlog:gc*:file=/x/gc.log"],
    r"-Dpath=C:\temp\new": [r"-Dpath=C:\temp\new"],
    r"-Dslash=\\host": [r"-Dslash=\\host"],
    '-Djson={"a":1,"b":[2]}': ['-Djson={"a":1,"b":[2]}'],
    "-Djson='{\"a\":1}'": ['-Djson={"a":1}'],
    '-Djson="{\\"a\\":1}"': ['-Djson={"a":1}'],
    "-Dname=it's": ["-Dname=it's"],
    '-Dinch=3"': ['-Dinch=3"'],
    "-Dp=x#y": ["-Dp=x#y"],
    "-Dp=#": ["-Dp=#"],
    "-Dends=colon: -Dd=1": ["-Dends=colon:", "-Dd=1"],
    "-Dbraces={a,b}": ["-Dbraces={a,b}"],
    "-Dtilde=~/x": ["-Dtilde=~/x"],
    "-Da=1\t-Db=2\n-Dc=3\r\n": ["-Da=1", "-Db=2", "-Dc=3"],
    "-XX:OnOutOfMemoryError=kill": ["-XX:OnOutOfMemoryError=kill"],
    "--add-opens java.base/java.lang=ALL-UNNAMED": ["--add-opens", "java.base/java.lang=ALL-UNNAMED"],
    "@/etc/flink/java.options": ["@/etc/flink/java.options"],
    "-Dname=Größe": ["-Dname=Größe"],
    "-Demoji=😀": ["-Demoji=😀"],
    "-Dempty=''": ["-Dempty="],
    "-Dempty=": ["-Dempty="],
    "-Da=b&c|d>e<f(g)": ["-Da=b&c|d>e<f(g)"],
    "-Dbang=!x!": ["-Dbang=!x!"],
    "-Dpercent=100%d": ["-Dpercent=100%d"],
    "": [],
    "  ": [],
}
# As people write it -> what the sentence has to say.
REFUSED = {
    "-Da='x y'": "'-Da=x y' holds blanks",
    '-Da="x\ty"': "holds blanks",
    "-XX:OnOutOfMemoryError='kill -9 %p'": "holds blanks",
    "-Dp=x #y": "Java would take '#y' for the class",
    "-Da=1 ; rm": "Java would take ';' for the class",
    "org.example.Main": "Java would take 'org.example.Main' for the class",
    "-Da=x\0y": "control character",
    "-Da=x\x1by": "control character",
    "-Da=x\x85y": "control character",
    "-Da=x\u2028y": "control character",
    "-Da=x\ufeffy": "control character",
    "-Da=x\ud800y": "control character",
}
WHERE = "variable flink_config, option env.java.opts.all"


@pytest.mark.parametrize("text", WRITTEN, ids=repr)
def test_java_options_are_read_and_written_the_same(text: str) -> None:
    words = java_words(text, WHERE)
    assert words == WRITTEN[text]
    # A second quoting, by the module after the filter, changes nothing.
    assert java_words(quoted(words), WHERE) == words
    assert quoted_line(quoted_line(text, WHERE), WHERE) == quoted_line(text, WHERE)


@pytest.mark.parametrize("text", REFUSED, ids=repr)
def test_what_cannot_reach_java_is_refused(text: str) -> None:
    with pytest.raises(FlinkError) as error:
        quoted_line(text, WHERE)
    assert str(error.value).startswith(f"cannot use {WHERE}: ")
    assert REFUSED[text] in str(error.value)


@pytest.mark.parametrize("sign", [*SIGNS, *LETTERS])
def test_every_sign_survives_a_second_quoting(sign: str) -> None:
    words = [f"-Da=x{sign}y", f"-Db={sign}", f"-Dc={sign}{sign}x"]
    if sign in "'\"":
        words = words[:1]
    assert java_words(" ".join(words), WHERE) == words
    assert java_words(quoted(words), WHERE) == words


def test_a_secret_is_not_shown_when_it_is_refused() -> None:
    with pytest.raises(FlinkError) as error:
        quoted_line("-Djavax.net.ssl.keyStorePassword='hunter2 x'", WHERE)
    assert "hunter2" not in str(error.value)


def test_only_lines_that_a_shell_reads_are_quoted() -> None:
    given = {"env.java.opts.client": "-Da=b;c", "rest.address": "a;b", "env.ssh.opts": "-o X=y", "io.tmp.dirs": None}
    assert for_scripts(given, "flink_config") == given


@pytest.mark.parametrize("written", ["$FLINK_LOG_PREFIX", "${FLINK_LOG_PREFIX}"])
def test_the_prefix_of_the_logs_is_left_to_the_scripts(written: str) -> None:
    assert quoted_line(f"-Xlog:gc:file={written}.gc", WHERE) == "-Xlog:gc:file=${FLINK_LOG_PREFIX}.gc"
    line = quoted_line(f"-Xlog:gc*:file={written}", WHERE)
    assert line == "-Xlog:'gc*:file='\"${FLINK_LOG_PREFIX}\"''"
    assert quoted_line(line, WHERE) == line
    assert "'" in quoted_line("-Dx=$FLINK_LOG_PREFIXES", WHERE)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("env.java.home", "/opt/jdk#17"),
        ("env.java.home", "/opt/jdk~17"),
        ("env.java.home", "/opt/größe"),
        ("env.java.home", "opt/jdk"),
        ("env.java.home", "/opt/jdk:17"),
        ("env.hadoop.conf.dir", "/etc/my hadoop"),
        ("env.hadoop.conf.dir", "/etc/*"),
        ("env.yarn.conf.dir", "/etc/x;id"),
        ("env.hbase.conf.dir", "$HOME/hbase"),
    ],
)
def test_a_directory_that_the_scripts_would_misread_is_refused(key: str, value: str) -> None:
    with pytest.raises(FlinkError, match=f"^cannot use flink_config, option {key}: '") as error:
        for_scripts({key: value}, "flink_config")
    assert value in str(error.value)


@pytest.mark.parametrize("value", ["/opt/jdk-17.0.2+8", "/usr/lib/jvm/java 17", "/opt/x_y/(1)"])
def test_other_homes_of_java_are_read(value: str) -> None:
    assert for_scripts({"env.java.home": value}, "flink_config") == {"env.java.home": value}
    assert f"env.java.home: {value}\n" in render_yaml({"env.java.home": value})


# --- Flink's own scripts ---------------------------------------------------------------------------------------------

_FAKE_JAVA = """#!/bin/bash
for word in "$@"; do case "$word" in *BashJavaUtils|-XshowSettings*) exec "{java}" "$@";; esac; done
printf '%s\\0' "$@" > "$CAPTURED"
"""
DAEMONS = {
    "jobmanager.sh": "env.java.opts.jobmanager",
    "taskmanager.sh": "env.java.opts.taskmanager",
    "historyserver.sh": "env.java.opts.historyserver",
    "sql-gateway.sh": "env.java.opts.sql-gateway",
}


def distributions() -> list[Path]:
    base = Path(os.environ.get("FLINK_TEST_CACHE", Path.home() / ".cache/streamops-flink")) / "distributions"
    return sorted(path for path in base.glob("flink-*") if (path / "bin/config.sh").is_file())


Start = Callable[..., list[str]]


@pytest.fixture(params=distributions() or [None], ids=lambda path: path.name if path else "none")
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    home: Path | None = request.param
    java = shutil.which("java")
    if home is None or java is None:
        pytest.skip("there is no distribution of Flink in the cache, or no Java")
    fake = tmp_path / "java/bin/java"
    fake.parent.mkdir(parents=True)
    fake.write_text(_FAKE_JAVA.format(java=java))
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    captured = tmp_path / "captured"
    conf = tmp_path / "conf"
    conf.mkdir()

    def run(script: str, options: dict[str, Any]) -> list[str]:
        settings = {"env.java.home": str(tmp_path / "java"), "taskmanager.memory.process.size": "1728m"}
        settings |= {"jobmanager.memory.process.size": "1600m", "jobmanager.rpc.address": "localhost"} | options
        (conf / "config.yaml").write_text(render_yaml(settings), encoding="utf-8")
        captured.unlink(missing_ok=True)
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "CAPTURED": str(captured)}
        environment |= {f"FLINK_{name}_DIR": str(tmp_path) for name in ("LOG", "PID")}
        environment["FLINK_CONF_DIR"] = str(conf)
        command = ["nice", "-n", "19", str(home / "bin" / script), "start-foreground"]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )
        assert captured.is_file(), done.stderr + done.stdout
        return captured.read_text(encoding="utf-8").split("\0")

    return run


@pytest.mark.real
@pytest.mark.parametrize("script", DAEMONS)
def test_java_gets_every_option_as_it_was_written(start: Start, script: str, tmp_path: Path) -> None:
    own = [word for words in WRITTEN.values() for word in words if not word.startswith("@")]
    own += [f"-Dm{number}=x{sign}y" for number, sign in enumerate(SIGNS + LETTERS)]
    own += [f"-De{number}={sign}" for number, sign in enumerate(SIGNS + LETTERS)]
    # A file that a pattern of the shell could be taken for.
    (tmp_path / "-Dall=file").touch()
    shared = [word for word in own if word != "-Dall=*"]
    options = with_java_options({ALL: quoted(shared), DAEMONS[script]: quoted([*shared, '-Dlast="'])}, "-Dshipped=1")
    got = start(script, options)
    begin = got.index("-Dshipped=1")
    assert got[begin : begin + 1 + 2 * len(shared) + 1] == ["-Dshipped=1", *shared, *shared, '-Dlast="']


@pytest.mark.real
def test_the_scripts_put_in_the_prefix_of_the_logs(start: Start, tmp_path: Path) -> None:
    got = start("jobmanager.sh", for_scripts({ALL: "-Xlog:gc*:file=$FLINK_LOG_PREFIX.gc -Dx=1"}, "flink_config"))
    assert any(word.startswith(f"-Xlog:gc*:file={tmp_path}/flink-") and word.endswith(".gc") for word in got)
    assert "-Dx=1" in got


@pytest.mark.real
def test_without_quotes_the_scripts_execute_or_drop_what_is_written(start: Start, tmp_path: Path) -> None:
    """What the quoting is for; a version of Flink that no longer does this needs none."""
    start("jobmanager.sh", {ALL: f"-Dc=a;touch {tmp_path}/executed"})
    assert (tmp_path / "executed").exists()
    assert "-Dkept=1" not in start("jobmanager.sh", {ALL: "-Dkept=1 -Dc=it's"})
