# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pipeline wants of its database, asked of the database itself: columns, keys, rights, settings.

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
from .base import Query, Told, Wish

CONNECT_SECONDS = 10.0


def ask(wish: Wish, password: str) -> Told:
    """Ask the database. Raises when it cannot be reached or does not let the user in."""
    client = _CLIENTS[wish.kind]
    told = Told()
    with _connected(wish, password, client) as query:
        client.look()(wish, query, told)
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


def _refused(wish: Wish, error: Exception) -> FlinkError:
    said = _words(error)
    return FlinkError(f"{wish.user} could not connect to {wish.where}: {said}")


def _words(error: Exception) -> str:
    """The message of a driver's exception, which is a dictionary or a pair with some of them."""
    if error.args and isinstance(error.args[0], Mapping):
        return str(error.args[0].get("M") or error.args[0])
    if len(error.args) > 1 and isinstance(error.args[0], int):
        return str(error.args[1])
    cause = f" ({error.__cause__})" if error.__cause__ is not None else ""
    return f"{str(error) or type(error).__name__}{cause}"


@contextmanager
def _query_on(connection: Any, wish: Wish, failure: type[Exception]) -> Iterator[Query]:
    def query(sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        cursor = connection.cursor()
        try:
            cursor.execute(sql, list(parameters))
            return [tuple(row) for row in cursor.fetchall()]
        except failure as error:
            asked = " ".join(sql.split())[:60]
            raise FlinkError(f"{wish.where} did not answer {asked!r}: {_words(error)}") from error

    try:
        yield query
    finally:
        connection.close()


@contextmanager
def _connected(wish: Wish, password: str, client: _Client) -> Iterator[Query]:
    library = driver(client.module, client.package, wish.where, "declare columns and primary_key")
    try:
        connection = library.connect(
            user=wish.user, password=password, host=wish.host, port=wish.port, **client.arguments(wish)
        )
    except (library.Error, OSError) as error:
        raise _refused(wish, error) from error
    with _query_on(connection, wish, library.Error) as query:
        yield query


def _postgres(wish: Wish) -> dict[str, object]:
    return {"database": wish.database, "timeout": CONNECT_SECONDS, "application_name": "streamops.flink"}


def _mysql(_wish: Wish) -> dict[str, object]:
    return {"connect_timeout": int(CONNECT_SECONDS), "read_timeout": int(CONNECT_SECONDS)}


def _oracle(wish: Wish) -> dict[str, object]:
    return {"service_name": wish.database, "tcp_connect_timeout": CONNECT_SECONDS}


Look = Callable[[Wish, Query, Told], None]


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
    arguments: Callable[[Wish], dict[str, object]]
    look: Callable[[], Look]


_CLIENTS: Mapping[str, _Client] = {
    "postgres-cdc": _Client("pg8000.dbapi", "pg8000", _postgres, _look_postgres),
    "mysql-cdc": _Client("pymysql", "PyMySQL", _mysql, _look_mysql),
    "oracle-cdc": _Client("oracledb", "oracledb", _oracle, _look_oracle),
}
