# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pipeline requires of its database, read from the database itself: columns, keys, rights, settings.

Each problem comes with the statement that puts it right. The drivers are pure Python and asked for only here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ..._base.errors import FlinkError
from .base import DatabaseUse, Query, SourceReport

CONNECT_SECONDS = 10.0


def ask(use: DatabaseUse, password: str) -> SourceReport:
    """Ask the database. Raises when it cannot be reached or does not let the user in."""
    client = _CLIENTS[use.kind]
    told = SourceReport()
    with _connected(use, password, client) as query:
        client.look()(use, query, told)
    return told


def driver(name: str, package: str, where: str, instead: str) -> ModuleType:
    """The client of a database or broker, or the sentence that says how to get it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise FlinkError(
            f"{where} cannot be asked, because the Python package {package} is not installed on the machine that"
            f" asks: install it there (pip install {package}), or {instead}"
        ) from error


def _refused(use: DatabaseUse, error: Exception) -> FlinkError:
    if _is_late(error):
        return FlinkError(
            f"{use.where} gave no answer within {CONNECT_SECONDS:.0f} s: open the way to it in the firewalls, or, where"
            " it is open, repeat the run when the database is less busy"
        )
    said = _words(error)
    return FlinkError(f"{use.user} could not connect to {use.where}: {said}")


def _is_late(error: BaseException | None) -> bool:
    """Whether time ran out, in whatever a driver has wrapped that."""
    while error is not None:
        if isinstance(error, TimeoutError) or isinstance(getattr(error, "original_exception", None), TimeoutError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _words(error: Exception) -> str:
    """The message of a driver's exception, which is a dictionary or a pair with some of them."""
    if error.args and isinstance(error.args[0], Mapping):
        return str(error.args[0].get("M") or error.args[0])
    if len(error.args) > 1 and isinstance(error.args[0], int):
        return str(error.args[1])
    cause = f" ({error.__cause__})" if error.__cause__ is not None else ""
    return f"{str(error) or type(error).__name__}{cause}"


@contextmanager
def _query_on(connection: Any, use: DatabaseUse, failure: type[Exception]) -> Iterator[Query]:
    def query(sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        cursor = connection.cursor()
        try:
            cursor.execute(sql, list(parameters))
            return [tuple(row) for row in cursor.fetchall()]
        except failure as error:
            asked = " ".join(sql.split())[:60]
            raise FlinkError(f"{use.where} did not answer {asked!r}: {_words(error)}") from error

    try:
        yield query
    finally:
        connection.close()


@contextmanager
def _connected(use: DatabaseUse, password: str, client: _Client) -> Iterator[Query]:
    library = driver(client.module, client.package, use.where, "declare columns and primary_key")
    try:
        connection = library.connect(
            user=use.user, password=password, host=use.host, port=use.port, **client.arguments(use)
        )
    except (library.Error, OSError) as error:
        raise _refused(use, error) from error
    with _query_on(connection, use, library.Error) as query:
        yield query


def _postgres(use: DatabaseUse) -> dict[str, object]:
    return {"database": use.database, "timeout": CONNECT_SECONDS, "application_name": "streamops.flink"}


def _mysql(_use: DatabaseUse) -> dict[str, object]:
    return {"connect_timeout": int(CONNECT_SECONDS), "read_timeout": int(CONNECT_SECONDS)}


def _oracle(use: DatabaseUse) -> dict[str, object]:
    return {"service_name": use.database, "tcp_connect_timeout": CONNECT_SECONDS}


Look = Callable[[DatabaseUse, Query, SourceReport], None]


def _look_postgres() -> Look:
    from .postgres import look

    return look


def _look_mysql() -> Look:
    from .mysql import look

    return look


def _look_oracle() -> Look:
    from .oracle import look

    return look


@dataclass(frozen=True)
class _Client:
    """How a kind of database is asked: through which driver, with which arguments besides user, host and port."""

    module: str
    package: str
    arguments: Callable[[DatabaseUse], dict[str, object]]
    look: Callable[[], Look]


_CLIENTS: Mapping[str, _Client] = {
    "postgres-cdc": _Client("pg8000.dbapi", "pg8000", _postgres, _look_postgres),
    "mysql-cdc": _Client("pymysql", "PyMySQL", _mysql, _look_mysql),
    "oracle-cdc": _Client("oracledb", "oracledb", _oracle, _look_oracle),
}
