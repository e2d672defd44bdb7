# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the types of databases to those of Flink. What cannot be mapped says so, and what to write instead."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._base.errors import FlinkError


@dataclass(frozen=True)
class SourceColumn:
    """A column as the catalogue of a database describes it."""

    name: str
    type: str
    precision: int | None = None
    scale: int | None = None
    nullable: bool = True


def flink_type(kind: str, column: SourceColumn) -> str:
    """The type of a column in Flink."""
    found = _MAPPERS[kind](column)
    if found is None:
        raise FlinkError(
            f"the column {column.name} has the type {column.type}, which the connector {kind} cannot read: leave it out"
            f" by naming the columns of the table in columns, or show it as text with a view of the database"
        )
    return found


def _decimal(precision: int | None, scale: int | None) -> str:
    """Flink's decimals have 38 digits; what may have more comes as text."""
    if precision is None or precision > 38 or (scale or 0) > precision or (scale or 0) < 0:
        return "STRING"
    return f"DECIMAL({precision}, {scale or 0})"


_POSTGRES = {
    "boolean": "BOOLEAN",
    "smallint": "SMALLINT",
    "integer": "INT",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double precision": "DOUBLE",
    "date": "DATE",
    "bytea": "BYTES",
    "text": "STRING",
    "character": "STRING",
    "character varying": "STRING",
    "uuid": "STRING",
    "json": "STRING",
    "jsonb": "STRING",
    "xml": "STRING",
    "inet": "STRING",
    "cidr": "STRING",
    "macaddr": "STRING",
    "citext": "STRING",
    "oid": "BIGINT",
    '"char"': "STRING",
    "name": "STRING",
}


def _postgres(column: SourceColumn) -> str | None:
    """Names as format_type() of PostgreSQL writes them."""
    name = column.type.lower().strip()
    bare = re.sub(r"\([^)]*\)", "", name)
    digits = [int(part) for part in re.findall(r"\d+", re.sub(r"^[^(]*", "", name))]
    if bare == "numeric":
        return _decimal(digits[0] if digits else None, digits[1] if len(digits) > 1 else 0)
    precision = digits[0] if digits else 6
    if bare == "timestamp without time zone":
        return f"TIMESTAMP({precision})"
    if bare == "timestamp with time zone":
        return f"TIMESTAMP_LTZ({precision})"
    if bare == "time without time zone":
        # Flink reads and writes times of the day to the millisecond.
        return f"TIME({min(precision, 3)})"
    return _POSTGRES.get(bare)


_MYSQL = {
    "tinyint": ("TINYINT", "SMALLINT"),
    "smallint": ("SMALLINT", "INT"),
    "mediumint": ("INT", "BIGINT"),
    "int": ("INT", "BIGINT"),
    "bigint": ("BIGINT", "DECIMAL(20, 0)"),
    "float": ("FLOAT", "FLOAT"),
    "double": ("DOUBLE", "DOUBLE"),
}
_MYSQL_OTHERS = {
    "date": "DATE",
    "year": "INT",
    "char": "STRING",
    "varchar": "STRING",
    "tinytext": "STRING",
    "text": "STRING",
    "mediumtext": "STRING",
    "longtext": "STRING",
    "enum": "STRING",
    "json": "STRING",
    "binary": "BYTES",
    "varbinary": "BYTES",
    "tinyblob": "BYTES",
    "blob": "BYTES",
    "mediumblob": "BYTES",
    "longblob": "BYTES",
}


def _mysql(column: SourceColumn) -> str | None:
    """Types as COLUMN_TYPE of information_schema writes them: int(11) unsigned, decimal(10,2)."""
    name = column.type.lower().strip()
    bare = re.split(r"[\s(]", name, maxsplit=1)[0]
    if name.startswith(("tinyint(1)", "bit(1)")):
        return "BOOLEAN"
    if bare in _MYSQL:
        signed, unsigned = _MYSQL[bare]
        return unsigned if "unsigned" in name else signed
    inner = re.search(r"\((\d+)(?:,(\d+))?\)", name)
    if bare in {"decimal", "numeric"} and inner:
        return _decimal(int(inner[1]), int(inner[2] or 0))
    precision = int(inner[1]) if inner else 0
    if bare == "datetime":
        return f"TIMESTAMP({precision})"
    if bare == "timestamp":
        return f"TIMESTAMP_LTZ({precision})"
    if bare == "time":
        return f"TIME({min(precision, 3)})"
    return _MYSQL_OTHERS.get(bare)


_ORACLE = {
    "FLOAT": "FLOAT",
    "BINARY_FLOAT": "FLOAT",
    "BINARY_DOUBLE": "DOUBLE",
    "CHAR": "STRING",
    "NCHAR": "STRING",
    "VARCHAR2": "STRING",
    "NVARCHAR2": "STRING",
    "CLOB": "STRING",
    "NCLOB": "STRING",
    "XMLTYPE": "STRING",
    "BLOB": "BYTES",
    "DATE": "TIMESTAMP(0)",
}


def _oracle(column: SourceColumn) -> str | None:
    """Types as DATA_TYPE of ALL_TAB_COLUMNS: NUMBER, TIMESTAMP(6) WITH LOCAL TIME ZONE."""
    name = column.type.upper().strip()
    if name == "NUMBER":
        return _oracle_number(column.precision, column.scale)
    inner = re.search(r"TIMESTAMP\((\d)\)", name)
    precision = int(inner[1]) if inner else 6
    if name.endswith("WITH LOCAL TIME ZONE"):
        return f"TIMESTAMP_LTZ({precision})"
    if name.startswith("TIMESTAMP") and not name.endswith("TIME ZONE"):
        return f"TIMESTAMP({precision})"
    return _ORACLE.get(re.sub(r"\([^)]*\)", "", name))


def _oracle_number(precision: int | None, scale: int | None) -> str:
    if precision is None and scale is None:
        return "STRING"
    if scale is not None and scale > 0:
        return _decimal(max(precision or 38, scale), scale)
    # NUMBER(p, -s) is a whole number of p + s digits; INTEGER has a scale and no precision.
    digits = (precision or 38) - (scale or 0)
    for limit, name in ((1, "BOOLEAN"), (3, "TINYINT"), (5, "SMALLINT"), (10, "INT"), (19, "BIGINT")):
        if digits < limit or (limit == 1 and digits == 1 and not scale):
            return name
    return f"DECIMAL({digits}, 0)" if digits <= 38 else "STRING"


_MAPPERS = {"postgres-cdc": _postgres, "mysql-cdc": _mysql, "oracle-cdc": _oracle}
