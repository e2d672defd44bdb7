# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has Flink's own classes say what they would refuse when a job starts, before any daemon is started with it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .._base.errors import FlinkError
from .ask_flink import class_file
from .daemon_files import CONFIG
from .memory import JAVA_FLAGS, Runner
from .options import shown

MARK = "ask-flink"
# Options that hold a URL of storage, under the names of all versions.
STORAGE = (
    "high-availability.storageDir",
    "execution.checkpointing.dir",
    "state.checkpoints.dir",
    "execution.checkpointing.savepoint-dir",
    "state.savepoints.dir",
    "jobmanager.archive.fs.dir",
)
_PLUGIN = (
    "name the plugin of that scheme in flink_plugins, for example {'s3': [the URL of flink-s3-fs-hadoop]}, or its jar"
    " in flink_libraries"
)
# Question -> what decides it, and what to do. The answers name the rest.
QUESTIONS = {
    "restart strategy": (("restart-strategy.",), "correct flink_restart_strategy_options or flink_config"),
    "state backend": (("state.backend.",), "correct flink_state_backend or flink_config"),
    "checkpoint storage": (("state.checkpoint", "execution.checkpointing.storage"), "correct flink_config"),
    "job": (("execution.checkpointing.", "parallelism.default"), "correct flink_config"),
}


class Answer(NamedTuple):
    """What Flink says to one question."""

    question: str
    verdict: str
    text: str


def urls(options: Mapping[str, Any]) -> list[str]:
    """One URL of each scheme that is not a local disk's."""
    found: dict[str, str] = {}
    for key in STORAGE:
        scheme = urlsplit(str(options.get(key) or "")).scheme
        if scheme and scheme != "file":
            found.setdefault(scheme, str(options[key]))
    return list(found.values())


def answers(output: str) -> list[Answer]:
    fields = (line.split("\t") for line in output.splitlines())
    return [Answer(one[1], one[2], one[3].rstrip(".")) for one in fields if one[0] == MARK and len(one) == 4]


def refusal(answer: Answer, options: Mapping[str, Any]) -> str:
    """Half a sentence for one refusal: the question, Flink's words, what was given and what to do."""
    if answer.question.startswith("file system of "):
        url = answer.question.removeprefix("file system of ")
        keys = [key for key in STORAGE if str(options.get(key)) == url]
        first = answer.text.partition(". ")[0]
        return f"the option {' and '.join(keys) or 'for storage'} is {url}, and Flink says: {first}; {_PLUGIN}"
    prefixes, advice = QUESTIONS.get(answer.question, ((), "correct flink_config"))
    given = [f"{key}: {shown(key, options[key])}" for key in sorted(options) if key.startswith(prefixes)]
    chosen = str(options.get("restart-strategy.type", ""))
    if answer.question == "restart strategy":
        given = [one for one in given if one.startswith(f"restart-strategy.{chosen}.")]
    return f"Flink refuses the {answer.question}: {answer.text} (with {', '.join(given) or 'no option'}); {advice}"


def ask(
    content: str,
    options: Mapping[str, Any],
    libraries: Path,
    program: str,
    run: Runner,
    *,
    where: str,
    scratch: str,
    file_systems: bool = True,
) -> list[Answer]:
    """Refuse what Flink refuses; what it was asked.

    :arg content: of config.yaml.
    :arg libraries: the directory of jars that the daemon starts with.
    :arg where: the directory that the configuration is for, for the error.
    :arg scratch: a directory for files that are needed meanwhile.
    :arg file_systems: whether the plugins that the daemon starts with are on this host.
    """
    directory = tempfile.mkdtemp(dir=scratch)
    try:
        (Path(directory) / CONFIG).write_text(content, encoding="utf-8")
        (Path(directory) / "AskFlink.class").write_bytes(class_file())
        command = [program, *JAVA_FLAGS, "-classpath", f"{directory}:{libraries}/*", "AskFlink", directory]
        _code, output, _errors = run([*command, *(urls(options) if file_systems else [])])
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    # Where the class does not run, on a Java that is too old for instance, there is no answer, and no refusal.
    found = answers(output)
    refused = [refusal(one, options) for one in found if one.verdict == "refused"]
    if refused:
        raise FlinkError(
            f"cannot use the options for {where}: {'; '.join(refused)}",
            refused=[one._asdict() for one in found if one.verdict == "refused"],
        )
    return found
