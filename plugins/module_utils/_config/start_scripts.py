# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that Flink's start scripts read: Java options quoted for their shell, and what no quotes help."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .._base.errors import FlinkError
from .._base.secrets import masked_assignments

JAVA_OPTIONS = "env.java.opts."
_JAVA_LINES = ("env.java.opts", "env.java.default-opts")
# The command line of Flink splits its options at blanks, and has no shell read them.
_OF_THE_CLIENT = f"{JAVA_OPTIONS}client"

# The one variable of Flink's scripts that its documentation has for Java options: where the daemon logs to.
_PREFIX = "${FLINK_LOG_PREFIX}"
_PREFIXES = re.compile(r"\$FLINK_LOG_PREFIX\b|\$\{FLINK_LOG_PREFIX\}")

# Only these four separate words for the shell; Python knows more of them.
_BLANKS = re.compile(r"[ \t\r\n]+")
_SEGMENT = r"(?:'[^']*'|\"(?:[^\"\\]|\\.)*\")"
# Quotation marks are taken for such where they hold a whole word, or all that follows its name.
_NAME = r"[^ \t\r\n'\"]*[=:]|[-@]"
_QUOTED = re.compile(rf"({_NAME})?((?:{_SEGMENT})+)", re.DOTALL)
_WORD = re.compile(rf"(?:{_NAME})?(?:{_SEGMENT})+(?=[ \t\r\n]|\Z)|[^ \t\r\n]+", re.DOTALL)
# Neither shell nor YAML does anything with these. A colon at the end would make YAML use quotes of its own, which the
# scripts would take for those of the shell.
_PLAIN = re.compile(rf"(?:[\w./+=,@:%-]|{re.escape(_PREFIX)})*(?:[\w./+=,@%-]|{re.escape(_PREFIX)})", re.ASCII)
# A line that begins with a quotation mark would get further ones from YAML: they begin behind the name.
_HEAD = re.compile(r"[\w./+,@%-]*?[=:]|[-@]", re.ASCII)
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")

# Options of Java whose argument is a word of its own.
_WITH_ARGUMENT = frozenset(
    {
        *("-p", "--module-path", "--upgrade-module-path", "--add-modules", "--limit-modules", "--enable-native-access"),
        *("--add-exports", "--add-opens", "--add-reads", "--patch-module", "--illegal-native-access"),
    }
)

# Paths and words that reach the shell as they are.
_PATH = re.compile(r"/[\w./:@%+=,~-]*")
_HOME = re.compile(r"/[A-Za-z0-9_./+=,@;%() -]*[A-Za-z0-9_/+=%)]")
_PATHS = ("env.hadoop.conf.dir", "env.hbase.conf.dir", "env.yarn.conf.dir", "env.log.dir", "env.pid.dir")


def is_java_line(key: str) -> bool:
    """Whether the start scripts of daemons hand an option's value through a shell to Java."""
    return key.startswith(_JAVA_LINES) and key != _OF_THE_CLIENT


def _unquoted(segment: str) -> str:
    inner = segment[1:-1]
    return inner if segment[0] == "'" else re.sub(r'\\([\\"$`])', r"\1", inner)


def _word(written: str) -> str:
    match = _QUOTED.fullmatch(written)
    if match is None:
        word = written
    else:
        word = (match[1] or "") + "".join(_unquoted(one) for one in re.findall(_SEGMENT, match[2], re.DOTALL))
    return _PREFIXES.sub(_PREFIX, word)


def java_words(text: str, where: str) -> list[str]:
    """The options in a line of Java options.

    Blanks separate them; quotation marks around one, or around its value, are removed. All else is literal, except
    the variable FLINK_LOG_PREFIX.

    :arg where: the variable and the option, for the error.
    """
    found: list[str] = []
    for match in _WORD.finditer(text):
        word = _word(match[0])
        _check_word(word, found[-1] if found else "", where)
        found.append(word)
    return found


def _check_word(word: str, before: str, where: str) -> None:
    shown = masked_assignments(word)
    if _BLANKS.search(word):
        raise FlinkError(
            f"cannot use {where}: {shown!r} holds blanks, at which Flink's start scripts split every option of Java;"
            " write it into a file on the hosts, in quotation marks, and give @/path/of/the/file instead"
        )
    if _CONTROL.search(word):
        raise FlinkError(
            f"cannot use {where}: {shown!r} holds a control character, which does not reach Java through Flink's start"
            " scripts; leave it out"
        )
    if not word.startswith(("-", "@")) and before not in _WITH_ARGUMENT:
        raise FlinkError(
            f"cannot use {where}: Java would take {shown!r} for the class that it is to run; options of Java begin with"
            " - and hold no blanks"
        )


def quoted(words: Iterable[str]) -> str:
    """Options of Java as one line that means the same to YAML, to the shell of the start scripts, and to java_words."""
    return " ".join(_shell_word(word) for word in words)


def _shell_word(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    match = _HEAD.match(word)
    head = match[0] if match else ""
    literal = ("'" + part.replace("'", "'\"'\"'") + "'" for part in word[len(head) :].split(_PREFIX))
    # The scripts remove a quotation mark of the other kind from the end of a line: every word ends with this kind.
    return head + f'"{_PREFIX}"'.join(literal)


def quoted_line(value: Any, where: str) -> str:
    """A line of Java options as it is written."""
    return quoted(java_words(str(value), where))


def for_scripts(options: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The options with those of Java quoted; what the scripts would misread is refused."""
    result = dict(options)
    for key, value in options.items():
        if value is None:
            continue
        if is_java_line(key):
            result[key] = quoted_line(value, f"{where}, option {key}")
        else:
            check_path(key, value, f"{where}, option {key}")
    return result


def check_path(key: str, value: Any, where: str) -> None:
    """Refuse a directory that the start scripts would read as another one."""
    if key == "env.java.home" and not _HOME.fullmatch(str(value)):
        raise FlinkError(
            f"cannot use {where}: {str(value)!r} is not an absolute path that Flink's start scripts can read, which"
            " search config.yaml for it without reading YAML; use letters, digits and / . _ - +, or a symbolic link"
        )
    if key in _PATHS and not _PATH.fullmatch(str(value)):
        raise FlinkError(
            f"cannot use {where}: {str(value)!r} has blanks or signs that mean something to the shell of Flink's start"
            " scripts; use letters, digits and / . _ - +, or a symbolic link"
        )
