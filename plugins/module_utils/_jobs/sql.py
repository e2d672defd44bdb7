# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL scripts as plain data: statements with their place in the script, and which of them starts a job."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from .._base.errors import FlinkError
from .._base.secrets import hide


class Kind(StrEnum):
    """What a statement does to a session."""

    SET = "set"
    RESET = "reset"
    PREPARATION = "preparation"
    JOB = "job"
    QUERY = "query"
    OTHER = "other"


@dataclass(frozen=True)
class Token:
    """A piece of a script. kind: word, quoted, comment, semicolon, space, symbol."""

    kind: str
    text: str
    offset: int


@dataclass(frozen=True)
class Statement:
    """One statement, exactly as it is written in the script, and where it begins there."""

    text: str
    line: int
    column: int
    kind: Kind
    normal: str

    @property
    def title(self) -> str:
        """Enough of the statement to recognise it."""
        return self.normal if len(self.normal) <= 60 else f"{self.normal[:57]}..."


_TOKEN = re.compile(
    r"""
      (?P<hint>/\*\+)
    | (?P<comment>(?:--|//)[^\n\r]*|/\*\*[^/].*?\*/|/\*(?!\*[^/]).*?\*/)
    | (?P<quoted>'(?:[^']|'')*'|`(?:[^`]|``)*`|"(?:[^"]|"")*")
    | (?P<open>/\*|['`"])
    | (?P<semicolon>;)
    | (?P<space>\s+)
    | (?P<word>[^\W\d]\w*)
    | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_OPEN = {"'": "a text that begins with '", "`": "a name that begins with `", '"': 'a text that begins with "'}

# The first words that start a job which goes on without the session.
_JOB = (
    ("INSERT",),
    ("EXECUTE", "STATEMENT", "SET"),
    ("EXECUTE", "INSERT"),
    ("EXECUTE", "PLAN"),
    ("COMPILE", "AND", "EXECUTE"),
    ("UPDATE",),
    ("DELETE",),
)
# The first words of statements whose job ends with the session, because the rows have to be fetched.
_QUERY = (("SELECT",), ("WITH",), ("VALUES",), ("TABLE",), ("EXECUTE", "SELECT"))
# Statements that change the session or a catalog and run nothing. A statement that is in none of these lists is
# taken for one that may run something: Flink gets new ones with every version.
_PREPARING = (
    ("USE",),
    ("LOAD", "MODULE"),
    ("UNLOAD", "MODULE"),
    ("ADD", "JAR"),
    ("REMOVE", "JAR"),
    ("SHOW",),
    ("DESCRIBE",),
    ("DESC",),
    ("EXPLAIN",),
)
_DEFINING = {"CREATE", "ALTER", "DROP", "REPLACE"}
_DEFINED = {"TABLE", "VIEW", "FUNCTION", "CATALOG", "DATABASE", "MODEL"}
# CREATE OR REPLACE TEMPORARY SYSTEM FUNCTION
_QUALIFYING = {"OR", "REPLACE", "ALTER", "TEMPORARY", "SYSTEM"}
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def read_script(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise FlinkError(f"cannot read the SQL script {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise FlinkError(f"cannot read the SQL script {path}: it is not UTF-8 text") from error


def line_and_column(script: str, offset: int) -> tuple[int, int]:
    """Where an offset is in a script, counted from one as editors and the planner do."""
    before = script[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def tokens(script: str) -> Iterator[Token]:
    """Cut a script into tokens. Everything is kept, so that joining them gives the script again."""
    for match in _TOKEN.finditer(script):
        if not match.start() and match.group() == _BYTE_ORDER_MARK:
            yield Token("space", match.group(), 0)
            continue
        kind = match.lastgroup or "symbol"
        if kind == "open":
            line, column = line_and_column(script, match.start())
            what = _OPEN.get(match.group(), "a comment that begins with /*")
            message = f"the SQL script has {what} in line {line}, column {column} that is never closed"
            raise FlinkError(message, line=line)
        # A hint looks like a comment to an editor, but the planner reads it, texts with */ in it included.
        yield Token("symbol" if kind == "hint" else kind, match.group(), match.start())


def split(script: str) -> list[Statement]:
    """The statements of a script, cut as Flink's own client does; a statement set counts as one."""
    statements: list[Statement] = []
    current: list[Token] = []
    inside = False
    for token in tokens(script):
        if token.kind != "semicolon":
            current.append(token)
            continue
        if not inside and _opens_set(_words(current)):
            inside = True
        if inside and not _closes_set(current):
            current.append(token)
            continue
        inside = False
        _append(statements, script, current)
        current = []
    if (inside or _opens_set(_words(current))) and not _closes_set(current):
        line, _column = line_and_column(script, _first(current).offset)
        raise FlinkError(f"the statement set that begins in line {line} of the SQL script has no END", line=line)
    _append(statements, script, current)
    return statements


def _append(statements: list[Statement], script: str, current: list[Token]) -> None:
    significant = [token for token in current if token.kind not in {"space", "comment"}]
    if not significant:
        return
    start, last = significant[0], significant[-1]
    text = script[start.offset : last.offset + len(last.text)]
    words = _words(significant)
    if words[:3] == ["BEGIN", "STATEMENT", "SET"]:
        text = _as_one_statement(text, significant)
        significant = [token for token in tokens(text) if token.kind not in {"space", "comment"}]
        words = _words(significant)
    line, column = line_and_column(script, start.offset)
    statements.append(Statement(text, line, column, _kind(words, significant), normalise(significant)))


def _as_one_statement(text: str, significant: list[Token]) -> str:
    """BEGIN STATEMENT SET; a; b; END is four statements to a session; written so, it is one and can have a job id."""
    semicolon = next(token for token in significant if token.kind == "semicolon")
    start = significant[0].offset
    head = text[: semicolon.offset - start]
    # The line breaks stay, so that the planner's line numbers still fit the script.
    return "EXECUTE STATEMENT SET BEGIN" + "\n" * head.count("\n") + text[semicolon.offset - start + 1 :]


def _first(current: list[Token]) -> Token:
    return next(token for token in current if token.kind not in {"space", "comment"})


def _words(current: Iterable[Token]) -> list[str]:
    """The leading words of a statement, in capitals."""
    words: list[str] = []
    for token in current:
        if token.kind == "word":
            words.append(token.text.upper())
        elif token.kind not in {"space", "comment"}:
            break
    return words


def _opens_set(words: list[str]) -> bool:
    if words[:1] == ["EXPLAIN"]:
        words = words[1:]
    if words[:1] == ["EXECUTE"]:
        words = words[1:]
        return words[:3] == ["STATEMENT", "SET", "BEGIN"]
    return words[:3] in (["BEGIN", "STATEMENT", "SET"], ["STATEMENT", "SET", "BEGIN"])


def _closes_set(current: list[Token]) -> bool:
    significant = [token for token in current if token.kind not in {"space", "comment"}]
    if len(significant) < 2 or significant[-1].text.upper() != "END":
        return False
    before = significant[-2]
    return before.kind == "semicolon" or before.text.upper() == "BEGIN"


def _kind(words: list[str], significant: list[Token]) -> Kind:
    if words[:1] == ["SET"]:
        return Kind.SET
    if words[:1] == ["RESET"]:
        return Kind.RESET
    if significant[0].text == "(" or _begins(words, _QUERY):
        return Kind.QUERY
    if _begins(words, _JOB):
        return Kind.JOB
    if _begins(words, _PREPARING):
        return Kind.PREPARATION
    return _kind_of_definition(words, significant)


def _begins(words: list[str], starts: Iterable[tuple[str, ...]]) -> bool:
    return any(tuple(words[: len(start)]) == start for start in starts)


def _kind_of_definition(words: list[str], significant: list[Token]) -> Kind:
    """CREATE TABLE … AS starts a job; a materialized table starts one that Flink keeps by itself."""
    what = _defined(words)
    if what is None:
        return Kind.OTHER
    outside = _outside_of_parentheses(significant)
    if words[0] == "ALTER":
        return Kind.OTHER if "COMPACT" in outside else Kind.PREPARATION
    # A view is only a name for its query, and a function's AS is followed by its class.
    if what in {"TABLE", "MODEL"} and "AS" in outside:
        return Kind.JOB if what == "TABLE" else Kind.OTHER
    return Kind.PREPARATION


def _defined(words: list[str]) -> str | None:
    """What a statement creates, alters or drops: TABLE, VIEW and the like; None for other statements."""
    if words[:1] and words[0] in _DEFINING:
        rest = next((word for word in words[1:] if word not in _QUALIFYING), None)
        return rest if rest in _DEFINED else None
    return None


def _outside_of_parentheses(significant: list[Token]) -> list[str]:
    depth = 0
    words: list[str] = []
    for token in significant:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.kind == "word" and depth == 0:
            words.append(token.text.upper())
    return words


def normalise(significant: Iterable[Token]) -> str:
    """A statement without comments and with single spaces: equal for scripts that differ in their layout only."""
    parts: list[str] = []
    previous: Token | None = None
    for token in significant:
        if token.kind in {"space", "comment"}:
            continue
        if previous is not None and token.offset > previous.offset + len(previous.text):
            parts.append(" ")
        parts.append(token.text)
        previous = token
    return "".join(parts)


def lasting_change(statements: Iterable[Statement]) -> Statement | None:
    """The first statement that changes a catalog which may outlive the session.

    Flink's own catalog is kept in memory and goes with the session; what a script creates or uses may be a metastore.
    """
    elsewhere = False
    for statement in statements:
        words = [word.strip("`").upper() for word in statement.normal.split()]
        what = _defined(words)
        if words[:2] == ["USE", "CATALOG"] or what == "CATALOG":
            elsewhere = True
        elif elsewhere and what is not None and "TEMPORARY" not in words[:4]:
            return statement
    return None


_UNICODE = re.compile(r"\\(?:(?P<itself>\\)|(?P<code>[0-9A-Fa-f]{4}))")


def _literal(found: list[Token]) -> str:
    """What a name or value is: the text within quotation marks, 'it''s' or U&'\\0041'; everything else as it stands."""
    kinds = [token.kind for token in found]
    if kinds == ["quoted"] and found[0].text[0] == "'":
        return found[0].text[1:-1].replace("''", "'")
    if kinds == ["word", "symbol", "quoted"] and "".join(token.text for token in found[:2]).upper() == "U&":
        text = found[2].text[1:-1].replace("''", "'")
        return _UNICODE.sub(lambda match: match["itself"] or chr(int(match["code"], 16)), text)
    return normalise(found)


def _arguments(statement: Statement) -> list[Token]:
    """The tokens after the first word."""
    return [token for token in tokens(statement.normal) if token.kind != "space"][1:]


def setting(statement: Statement) -> tuple[str, str] | None:
    """Key and value of SET 'key' = 'value'; None for a SET that only shows something."""
    found = _arguments(statement)
    place = next((index for index, token in enumerate(found) if token.text == "="), None)
    return None if place is None else (_literal(found[:place]), _literal(found[place + 1 :]))


def settings(statements: Iterable[Statement]) -> dict[str, str]:
    """Every option that the script sets and does not reset, as it is when the job starts."""
    found: dict[str, str] = {}
    for statement in statements:
        if statement.kind is Kind.SET and (pair := setting(statement)) is not None:
            found[pair[0]] = pair[1]
        elif statement.kind is Kind.RESET:
            key = _literal(_arguments(statement))
            # Without a key, RESET takes back all of them.
            found = {name: value for name, value in found.items() if key and name != key}
    return found


@dataclass(frozen=True)
class Script:
    """A script that starts exactly one job, with its last statement."""

    before: tuple[Statement, ...]
    job: Statement

    @property
    def normal(self) -> str:
        return ";\n".join(statement.normal for statement in (*self.before, self.job))

    @property
    def settings(self) -> dict[str, str]:
        return settings(self.before)


def parse_job_script(script: str) -> Script:
    """A script for one declared job; anything else is refused with the way to write it."""
    statements = split(script)
    for statement in statements:
        if statement.kind is Kind.QUERY:
            raise FlinkError(
                f"line {statement.line} of the SQL script is a query ({statement.title}) whose rows are not fetched: "
                "write them into a table with INSERT INTO, or ask with the module flink_sql",
                line=statement.line,
            )
        if statement.kind is Kind.OTHER:
            raise FlinkError(
                f"line {statement.line} of the SQL script ({statement.title}) is not a statement that prepares or "
                "starts the job: what it runs could be neither rehearsed nor recorded; run it with the module "
                "flink_sql before, and keep SET, USE, LOAD MODULE, ADD JAR, CREATE, ALTER and DROP in the script",
                line=statement.line,
            )
    jobs = [index for index, statement in enumerate(statements) if statement.kind is Kind.JOB]
    if not jobs:
        raise FlinkError(
            "the SQL script starts no job: it needs one INSERT INTO, CREATE TABLE … AS or EXECUTE STATEMENT SET"
        )
    if len(jobs) > 1:
        places = " and ".join(str(statements[index].line) for index in jobs)
        raise FlinkError(
            f"the SQL script starts {len(jobs)} jobs, in lines {places}: one declared job is one Flink job; "
            "put the INSERTs between EXECUTE STATEMENT SET BEGIN and END;, or declare a job for each",
            line=statements[jobs[1]].line,
        )
    place = jobs[0]
    if place + 1 < len(statements):
        late = statements[place + 1]
        raise FlinkError(
            f"line {late.line} of the SQL script ({late.title}) stands after the statement that starts the job, where"
            " it has no effect: put it before",
            line=late.line,
        )
    return Script(tuple(statements[:place]), statements[place])


# What the planner says about a place: "From line 2, column 16 to line 2, column 17", "at line 1, column 8".
_PLACE = re.compile(r"\bline (?P<line>\d+), column (?P<column>\d+)")


_SECRET = re.compile(r"\$\{secret:(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)\}")


def with_secrets(text: str, secrets: Mapping[str, str]) -> str:
    """Put the secrets into a statement that is about to be sent. Until then only their names are in it."""

    def value(match: re.Match[str]) -> str:
        if match["name"] not in secrets:
            raise FlinkError(
                f"the SQL script names the secret {match['name']}, and no value was given for it: give it in secrets"
            )
        return secrets[match["name"]].replace("'", "''")

    return _SECRET.sub(value, text)


def without_secrets(text: str, secrets: Mapping[str, str]) -> str:
    """What Flink says about a statement may repeat what is in it."""
    return hide(text, secrets.values())


def in_script(message: str, statement: Statement) -> str:
    """The planner counts lines from the start of the statement; people look at the script."""

    def moved(match: re.Match[str]) -> str:
        line, column = int(match["line"]), int(match["column"])
        if line == 1:
            column += statement.column - 1
        return f"line {line + statement.line - 1}, column {column}"

    return _PLACE.sub(moved, message)


def line_of(message: str, statement: Statement) -> int:
    """The line of the script that the planner complains of; where it names none, the statement's first."""
    match = _PLACE.search(message)
    return statement.line + (int(match["line"]) - 1 if match else 0)
