# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has Flink read a configuration and lay out the memory of a daemon, before any daemon does."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from .._base.errors import FlinkError
from .daemon_files import CONFIG

# Short-lived: compiling and collecting garbage thoroughly would cost more than it saves.
JAVA_FLAGS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
CHECKS = {"jobmanager": "GET_JM_RESOURCE_PARAMS", "taskmanager": "GET_TM_RESOURCE_PARAMS"}
Runner = Callable[[list[str]], tuple[int, str, str]]


def java(homes: Iterable[str | None], on_path: Callable[[], str | None]) -> str:
    """The program of the first home that has one, else that on the PATH."""
    for home in homes:
        if home and os.access(f"{home}/bin/java", os.X_OK):
            return f"{home}/bin/java"
    found = on_path()
    if not found:
        raise FlinkError("cannot check the memory of the daemon: no Java was found on this host; set java_home")
    return str(found)


def check_memory(
    content: str, daemon: str, home: Path, program: str, run: Runner, *, where: str, scratch: str
) -> list[str]:
    """Refuse what Flink refuses; what it warns of.

    :arg content: of config.yaml.
    :arg where: the directory that the configuration is for, for the error.
    :arg scratch: a directory for files that are needed meanwhile.
    """
    jars = [home / "bin" / "bash-java-utils.jar", *(home / "lib").glob("flink-dist*.jar")]
    directory = tempfile.mkdtemp(dir=scratch)
    try:
        (Path(directory) / CONFIG).write_text(content, encoding="utf-8")
        command = [program, *JAVA_FLAGS, "-classpath", ":".join(str(jar) for jar in jars)]
        command += ["org.apache.flink.runtime.util.bash.BashJavaUtils", CHECKS[daemon], "--configDir", directory]
        code, output, errors = run(command)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    lines = f"{output}\n{errors}".splitlines()
    if code != 0:
        raise FlinkError(
            f"cannot use the options for {where}: Flink refuses the memory of the {daemon}: "
            f"{reason(lines) or f'exit code {code}'}; raise {daemon}.memory.process.size or give a part less",
            flink_output=[line for line in lines if line and not re.match(r"INFO|\s", line)],
        )
    return [readable(line.partition(" - ")[2]) for line in lines if line.startswith("WARN")]


def reason(lines: list[str]) -> str:
    """The innermost cause in Java's output, without the names of classes."""
    causes = [match[1] for line in lines if (match := re.search(r"(?:Caused by:|in thread \S+) [\w.$]+: (.+)", line))]
    return readable(causes[-1]) if causes else ""


def readable(text: str) -> str:
    """Flink writes each amount twice and repeats the definition of an option."""
    text = re.sub(r"([kmgt]b) \(\d+ bytes\)", r"\1", text)
    text = re.sub(r" \(Key: '([^']*)' , default: .*? \(fallback keys: \[[^]]*\]\)\)", r" (\1)", text)
    text = re.sub(r"(\d+\.\d+)([kmgt]b)", lambda match: f"{float(match[1]):g} {match[2]}", text)
    return text.strip().rstrip(".")
