"""The line of a log that says why a daemon ended."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._runtime.last_words import last_words, newest, tail

HEAP = """\
Invalid maximum heap size: -Xmx1gb
Error: Could not create the Java Virtual Machine.
Error: A fatal exception has occurred. Program will exit.
"""
FLINK = """\
2026-11-21 12:00:00,101 INFO  org.apache.flink.runtime.webmonitor.history.HistoryServer [] - Starting failed jobs view
2026-11-21 12:00:01,202 ERROR org.apache.flink.runtime.webmonitor.history.HistoryServer      [] - Could not start it.
java.lang.IllegalStateException: no archive
\tat org.apache.flink.runtime.Main.main(Main.java:3)
Caused by: java.net.BindException: Address already in use
\t... 3 more
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("\n \n", ""),
        (HEAP, "Invalid maximum heap size: -Xmx1gb"),
        (HEAP * 5, "Invalid maximum heap size: -Xmx1gb"),
        (HEAP.replace("Invalid maximum heap size", "Unrecognized VM option"), "Unrecognized VM option: -Xmx1gb"),
        ("Error: Could not find or load main class x.Y\n", "Error: Could not find or load main class x.Y"),
        (FLINK, "Address already in use"),
        (
            'Exception in thread "main" java.lang.IllegalArgumentException: bad port.\n\tat a.b(C.java:1)\n',
            "bad port",
        ),
        # The last trouble, not the last line.
        ("ERROR a.B [] - the disk is full\n12:00:00,000 INFO a.B [] - Shutting down\n", "the disk is full"),
        # An earlier exception that it went on after.
        (f"{FLINK}2026-11-21 12:09:00,000 ERROR a.B [] - Cannot go on.\n", "Cannot go on"),
        # Nothing is wrong: what it did last.
        ("2026-11-21 12:00:00,000 INFO  a.b.C [] - Loading plugins\n", "Loading plugins"),
        (
            "Traceback (most recent call last):\n  File x\nModuleNotFoundError: No module named 'kazoo'\n",
            "ModuleNotFoundError: No module named 'kazoo'",
        ),
        (
            "bin/x.sh: line 3: /opt/java/bin/java: No such file or directory\n",
            "bin/x.sh: line 3: /opt/java/bin/java: No such file or directory",
        ),
    ],
)
def test_the_line_that_says_why(text: str, words: str) -> None:
    assert last_words(text) == words


def test_no_secret_and_not_too_much_is_said() -> None:
    said = last_words(f"ERROR cannot use -Ds3.secret-key=abcdefgh {'x' * 1000}\n")
    assert "abcdefgh" not in said
    assert len(said) <= 300


def test_the_log_that_was_written_last_comes_first(tmp_path: Path) -> None:
    for number, name in enumerate(["old.log", "gc.log", "new.out", "state.json"]):
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (1000 + number, 1000 + number))
    single = tmp_path / "one" / "guardian.log"
    assert [path.name for path in newest([str(tmp_path), str(single)])] == ["new.out", "old.log"]
    single.parent.mkdir()
    single.write_text("x")
    assert newest([str(single)]) == [single]


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"ERROR first\n" + b"x" * 100_000 + b"\n\xff last\n")
    assert "first" not in tail(path)
    assert tail(path).endswith("last\n")
    assert tail(tmp_path / "none") == ""
