# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job is made of, and the digest that shows whether two of them are the same."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError
from .._base.secrets import masked_arguments, masked_options, masked_sql
from .._config.flat import flatten
from . import sql as _sql

# Options that this collection sets itself, and what a user writes instead.
_OWN_OPTION = "which flink_job sets itself: use the option {0}"
RESERVED = {
    "pipeline.name": _OWN_OPTION.format("name"),
    "parallelism.default": _OWN_OPTION.format("parallelism"),
    "execution.state-recovery.path": _OWN_OPTION.format("savepoint_path"),
    "execution.savepoint.path": _OWN_OPTION.format("savepoint_path"),
    "execution.state-recovery.ignore-unclaimed-state": _OWN_OPTION.format("allow_non_restored_state"),
    "execution.savepoint.ignore-unclaimed-state": _OWN_OPTION.format("allow_non_restored_state"),
    "execution.state-recovery.claim-mode": _OWN_OPTION.format("claim_mode"),
    "execution.savepoint-restore-mode": _OWN_OPTION.format("claim_mode"),
    "table.dml-sync": "which flink_job sets itself, because a deployed job must outlive the run that deployed it",
    "pipeline.fixed-job-id": "which would give every start the same id, so that runs could not be distinguished",
    "$internal.pipeline.job-id": "which flink_job sets itself to find a job again whose submission was not answered",
    "high-availability.cluster-id": "which belongs to the cluster, not to a job",
}


LONGEST_NAME = 200


def name_problem(name: str) -> str:
    """What is wrong with the name of a job, and what to write; empty when nothing is.

    Slashes, dots, quotes and letters of any script are welcome: what is made of a name encodes them.
    """
    if not name.strip():
        return "which is empty: write a name of its own"
    if not name.isprintable():
        return "which has a line break or another character that cannot be shown: write it on one line without it"
    if name != name.strip():
        return "which begins or ends with a space: write it without"
    if len(name) > LONGEST_NAME:
        return (
            f"which has {len(name)} characters: write {LONGEST_NAME} at the most, it is a label in metrics and alerts"
        )
    return ""


@dataclass(frozen=True)
class Jar:
    """A jar on this host that has been looked into."""

    path: Path
    sha256: str
    main_class: str


@dataclass(frozen=True)
class Spec:
    """Everything that makes one job differ from another. Two specs of one digest need no restart between them."""

    kind: str
    sql: str = ""
    artifact: str = ""
    sha256: str = ""
    entry_class: str = ""
    arguments: tuple[str, ...] = ()
    parallelism: int | None = None
    configuration: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        return _digest(self._identity() | {"parallelism": self.parallelism})

    @property
    def core_digest(self) -> str:
        """The digest without the parallelism: equal when a rescale is all that is to do."""
        return _digest(self._identity())

    def _identity(self) -> dict[str, Any]:
        configuration = {str(key): str(value) for key, value in self.configuration.items()}
        if self.kind == "sql":
            return {"kind": "sql", "sql": _sql.parse_job_script(self.sql).normal, "configuration": configuration}
        # Where a jar comes from does not matter, what it is does.
        return {
            "kind": "jar",
            "sha256": self.sha256,
            "entry_class": self.entry_class,
            "arguments": list(self.arguments),
            "configuration": configuration,
        }

    def as_record(self) -> dict[str, Any]:
        """For the record: complete, so that this very job can be started again."""
        record: dict[str, Any] = {"kind": self.kind, "parallelism": self.parallelism}
        if self.configuration:
            record["configuration"] = dict(self.configuration)
        if self.kind == "sql":
            record["sql"] = base64.b64encode(zlib.compress(self.sql.encode(), 9)).decode()
        else:
            record |= {"artifact": self.artifact, "sha256": self.sha256, "entry_class": self.entry_class}
            record["arguments"] = list(self.arguments)
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Spec:
        try:
            sql = zlib.decompress(base64.b64decode(record["sql"], validate=True)).decode() if "sql" in record else ""
            parallelism = record.get("parallelism")
            return cls(
                kind=str(record["kind"]),
                sql=sql,
                artifact=str(record.get("artifact", "")),
                sha256=str(record.get("sha256", "")),
                entry_class=str(record.get("entry_class", "")),
                arguments=tuple(str(one) for one in record.get("arguments", ())),
                parallelism=None if parallelism is None else int(parallelism),
                configuration={str(key): str(value) for key, value in record.get("configuration", {}).items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error, zlib.error) as error:
            raise FlinkError(f"the record of the job holds a specification that cannot be read ({error})") from error

    def shown(self) -> dict[str, Any]:
        """For people: readable, and without secrets."""
        view: dict[str, Any] = {"kind": self.kind, "parallelism": self.parallelism}
        if self.kind == "sql":
            view["sql"] = masked_sql(self.sql.strip())
        else:
            view |= {
                "artifact": self.artifact,
                "sha256": self.sha256,
                "entry_class": self.entry_class or None,
                "arguments": masked_arguments(self.arguments),
            }
        view["configuration"] = masked_options(self.configuration)
        return view

    def with_parallelism(self, parallelism: int | None) -> Spec:
        return replace(self, parallelism=parallelism)


def _digest(identity: Mapping[str, Any]) -> str:
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def flat_configuration(options: Mapping[str, Any] | None) -> dict[str, str]:
    """Dotted keys and texts, as Flink reads them; nested maps are joined."""
    if not options:
        return {}
    flat = flatten(options, "configuration")
    return {
        key: ";".join(_text(one) for one in value) if isinstance(value, list | tuple) else _text(value)
        for key, value in flat.items()
        if value is not None
    }


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def refuse_reserved(options: Mapping[str, str], where: str) -> None:
    """Options that would make a job impossible to find, to restore or to leave alone."""
    for key in sorted(options):
        if reason := RESERVED.get(key):
            raise FlinkError(f"{where} sets {key}, {reason}")


def check(spec: Spec) -> None:
    """What can be checked in a specification without a connection."""
    if spec.parallelism is not None and spec.parallelism < 1:
        raise FlinkError(f"parallelism must be at least 1, not {spec.parallelism}")
    refuse_reserved(spec.configuration, "configuration")
    if spec.kind == "sql":
        script = _sql.parse_job_script(spec.sql)
        for statement in script.before:
            pair = _sql.setting(statement) if statement.kind is _sql.Kind.SET else None
            if pair is not None:
                refuse_reserved({pair[0]: pair[1]}, f"line {statement.line} of the SQL script")


def changes(before: Spec | None, after: Spec | None) -> list[str]:
    """The names of the parts that differ, for messages."""
    old, new = (before.shown() if before else {}), (after.shown() if after else {})
    same_sql = before is not None and after is not None and before.kind == after.kind == "sql"
    names = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key) and key != "artifact"]
    if same_sql and before is not None and after is not None and _same_script(before, after):
        return [name for name in names if name != "sql"]
    return names


def _same_script(before: Spec, after: Spec) -> bool:
    return _sql.parse_job_script(before.sql).normal == _sql.parse_job_script(after.sql).normal
