# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which connector jars a pipeline needs on which Flink, pinned; which combination does not exist, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._base.errors import FlinkError
from .._install.libraries import artefact_of
from .._install.source import parse_source


@dataclass(frozen=True)
class Connector:
    """A jar for lib/."""

    artifact: str
    sha256: str

    @property
    def name(self) -> str:
        return artefact_of(parse_source(self.artifact))[0]

    def as_library(self) -> dict[str, str]:
        return {"artifact": self.artifact, "checksum": f"sha256:{self.sha256}"}


_CDC = "org.apache.flink:flink-sql-connector-{0}-cdc:3.5.0"
_POSTGRES_CDC = Connector(_CDC.format("postgres"), "8c5b78d279a51676ad27e9730db37477c1cbf6691dd2382c6fa653b3fe293262")
_MYSQL_CDC = Connector(_CDC.format("mysql"), "aa1946f26be3c831f03e22b3f6b4f2ad70b02878817b8648177c3fe1c8d1f440")
_ORACLE_CDC = Connector(_CDC.format("oracle"), "3f5497925a0e9c303ed1a96618cfe82dc1a06994f1100e6195f7c60cdd89451b")
# Licences keep the drivers of MySQL and Oracle out of the connectors.
_MYSQL_DRIVER = Connector(
    "com.mysql:mysql-connector-j:8.0.33", "e2a3b2fc726a1ac64e998585db86b30fa8bf3f706195b78bb77c5f99bf877bd9"
)
_ORACLE_DRIVER = Connector(
    "com.oracle.database.jdbc:ojdbc8:19.3.0.0", "a66d27a14f3adee484427cc4de008af85a5c3e78e2e3285a4dba1277332978a5"
)
_POSTGRES_DRIVER = Connector(
    "org.postgresql:postgresql:42.7.3", "a2644cbfba1baa145ff7e8c8ef582a6eed7a7ec4ca792f7f054122bdec756268"
)
_KAFKA = "org.apache.flink:flink-sql-connector-kafka:{0}"

# What each series of Flink takes: the jars of a kind of source or sink.
MATRIX: Mapping[str, Mapping[str, tuple[Connector, ...]]] = {
    "1.20": {
        "postgres-cdc": (_POSTGRES_CDC,),
        "mysql-cdc": (_MYSQL_CDC, _MYSQL_DRIVER),
        "oracle-cdc": (_ORACLE_CDC, _ORACLE_DRIVER),
        "kafka": (
            Connector(_KAFKA.format("3.2.0-1.19"), "c3eda3cd295c1cdfb1dcbae4e0fd318d82e2dd6f073328e30cd79f1d9a990775"),
        ),
        "jdbc": (
            Connector(
                "org.apache.flink:flink-connector-jdbc:3.3.0-1.20",
                "50d243cf0e1aac67c2c81c9fb2e9b32bb7d7124b9594df009efa8122e3df1c75",
            ),
        ),
    },
    "2.2": {
        "kafka": (
            Connector(_KAFKA.format("5.0.0-2.2"), "5605c691d11a501382c383fecba37a7a552467da5ab7ba904ef5d6f3d62c5616"),
        ),
    },
}
# Of the sink jdbc: the driver of each database, and the dialect where it is a jar of its own.
DRIVERS: Mapping[str, Connector] = {
    "postgresql": _POSTGRES_DRIVER,
    "mysql": _MYSQL_DRIVER,
    "oracle": _ORACLE_DRIVER,
}
# Kinds that Flink itself brings along.
BUILT_IN = frozenset({"files", "csv"})
_ABSENT = {
    "cdc": "the CDC connectors of this collection's matrix are built for Flink 1.20",
    "jdbc": "no JDBC connector in this collection's matrix is built for it",
    "kafka": "no Kafka connector in this collection's matrix is built for it",
}


def series(version: str) -> str:
    return ".".join(version.split(".")[:2])


def needed(kinds: Iterable[str], version: str) -> list[Connector]:
    """The jars for kinds of sources and sinks; jdbc:<database> names the database of a sink."""
    found: dict[str, Connector] = {}
    for kind in kinds:
        for one in _of_kind(kind, version):
            found.setdefault(one.name, one)
    _drop_bundled(found)
    return list(found.values())


def _drop_bundled(found: dict[str, Connector]) -> None:
    """The CDC connector for PostgreSQL has PostgreSQL's driver in it: a second one would be there twice."""
    if _POSTGRES_CDC.name in found:
        found.pop(_POSTGRES_DRIVER.name, None)


def _of_kind(kind: str, version: str) -> tuple[Connector, ...]:
    base, _separator, database = kind.partition(":")
    if base in BUILT_IN:
        return ()
    jars = MATRIX.get(series(version), {}).get(base)
    if jars is None:
        why = _ABSENT["cdc" if base.endswith("-cdc") else base]
        raise FlinkError(
            f"there is no connector for {base} on Flink {version}: {why}; use Flink 1.20, or name a jar that you trust"
            " in flink_libraries and set connectors: given in the pipeline"
        )
    if not database:
        return jars
    if database not in DRIVERS:
        raise FlinkError(
            f"the sink jdbc writes to {', '.join(sorted(DRIVERS))}, and not to {database}: name its driver and"
            " connector in flink_libraries and set connectors: given in the pipeline"
        )
    return (*jars, DRIVERS[database])


def missing(kinds: Iterable[str], version: str, libraries: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The jars of the matrix that flink_libraries does not name itself, as further entries of it."""
    given = {artefact_of(parse_source(str(one["artifact"])))[0] for one in libraries if one.get("artifact")}
    return [one.as_library() for one in needed(kinds, version) if one.name not in given]


# What has the same classes in it: Java takes those of the jar that it happens to find first.
_SAME = (
    ("flink-connector-kafka", "flink-sql-connector-kafka"),
    ("flink-connector-postgres-cdc", "flink-sql-connector-postgres-cdc"),
    ("flink-connector-mysql-cdc", "flink-sql-connector-mysql-cdc"),
    ("flink-connector-oracle-cdc", "flink-sql-connector-oracle-cdc"),
    ("flink-connector-jdbc", "flink-connector-jdbc-core"),
    ("postgresql", "flink-sql-connector-postgres-cdc"),
    ("mysql-connector-j", "mysql-connector-java"),
    ("ojdbc8", "ojdbc11"),
)
_FOR_FLINK = re.compile(r".*-(?P<series>[12]\.\d+)")


def _readable(artifact: str) -> bool:
    """A jar whose name is not one is reported where flink_libraries is checked."""
    try:
        parse_source(artifact)
    except FlinkError:
        return False
    return True


def library_problems(kinds: Iterable[str], version: str, libraries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with the connectors of a cluster, those of the matrix included, one sentence each."""
    named = [one for one in libraries if _readable(str(one.get("artifact") or ""))]
    try:
        jars = [*named, *missing(kinds, version, named)]
    except FlinkError:
        # A combination that does not exist is reported for the pipeline that needs it.
        jars = named
    found = dict(artefact_of(parse_source(str(one["artifact"]))) for one in jars)
    for one, other in _SAME:
        if one in found and other in found:
            yield (
                f"the jars of this cluster have the same classes twice, in {one} and {other}, and which of them Java"
                " would load is chance: leave one of them out of flink_libraries"
            )
    pinned = {jar.artifact for kinds_of in MATRIX.values() for row in kinds_of.values() for jar in row}
    for jar in named:
        name, its_version = artefact_of(parse_source(str(jar["artifact"])))
        match = _FOR_FLINK.fullmatch(its_version)
        known = str(jar["artifact"]) in pinned and jar["artifact"] in {
            one.artifact for row in MATRIX.get(series(version), {}).values() for one in row
        }
        if match and match["series"] != series(version) and not known:
            yield f"{name} {its_version} is built for Flink {match['series']}, this is Flink {version}: take another"
        elif name.endswith("-cdc") and version.startswith("2.") and its_version.startswith(("2.", "3.0", "3.5")):
            yield f"{name} {its_version} is built for Flink 1.20, this is Flink {version}: use flink_version 1.20.5"
