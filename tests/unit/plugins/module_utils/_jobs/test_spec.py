"""Specifications of jobs: what makes them differ, what is kept of them and what is shown."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.secrets import MASK
from ansible_collections.streamops.flink.plugins.module_utils._jobs import spec as _spec
from ansible_collections.streamops.flink.plugins.module_utils._jobs.spec import Spec
from hypothesis import given
from hypothesis import strategies as st

SQL = Spec(kind="sql", sql="SET 'a' = 'b';\nINSERT INTO t SELECT 1;", parallelism=2)
JAR = Spec(kind="jar", artifact="/x/job.jar", sha256="1" * 64, entry_class="a.B", arguments=("x", "y"), parallelism=1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (SQL, Spec(kind="sql", sql="SET 'a' = 'b'; -- hi\n INSERT INTO t SELECT 1", parallelism=2), True),
        (SQL, Spec(kind="sql", sql="SET 'a' = 'c'; INSERT INTO t SELECT 1", parallelism=2), False),
        (SQL, SQL.with_parallelism(3), False),
        (JAR, Spec(**{**vars(JAR), "artifact": "https://elsewhere/job.jar"}), True),
        (JAR, Spec(**{**vars(JAR), "sha256": "2" * 64}), False),
        (JAR, Spec(**{**vars(JAR), "entry_class": "a.C"}), False),
        (JAR, Spec(**{**vars(JAR), "arguments": ("y", "x")}), False),
        (JAR, Spec(**{**vars(JAR), "configuration": {"a": "1"}}), False),
    ],
)
def test_the_digest_tells_what_makes_a_difference(one: Spec, other: Spec, same: bool) -> None:
    assert (one.digest == other.digest) is same


def test_the_core_digest_leaves_the_parallelism_out() -> None:
    assert JAR.core_digest == JAR.with_parallelism(7).core_digest
    assert JAR.core_digest != Spec(**{**vars(JAR), "arguments": ()}).core_digest


@pytest.mark.parametrize("spec", [SQL, JAR, Spec(kind="sql", sql="INSERT INTO t SELECT 'é'", configuration={"a": "b"})])
def test_a_specification_comes_back_from_its_record_as_it_was(spec: Spec) -> None:
    back = Spec.from_record(spec.as_record())
    assert back == spec
    assert back.digest == spec.digest


@pytest.mark.parametrize(
    "record",
    [{}, {"kind": "sql", "sql": "not base64!"}, {"kind": "sql", "sql": "eA=="}, {"kind": "jar", "parallelism": "x"}],
)
def test_a_damaged_record_is_told(record: dict[str, Any]) -> None:
    with pytest.raises(FlinkError, match="a specification that cannot be read"):
        Spec.from_record(record)


@given(st.dictionaries(st.text(max_size=8), st.none() | st.text(max_size=8) | st.integers() | st.lists(st.integers())))
def test_any_record_is_read_or_told(record: dict[str, Any]) -> None:
    with suppress(FlinkError):
        Spec.from_record({"kind": "sql", **record})


def test_secrets_are_not_shown() -> None:
    sql = Spec(kind="sql", sql="CREATE TABLE t (x INT) WITH ('password' = 'geheim', 'a' = 'b'); INSERT INTO t SELECT 1")
    assert "geheim" not in str(sql.shown())
    assert "'a' = 'b'" in sql.shown()["sql"]
    jar = Spec(
        kind="jar",
        arguments=("--db-password", "geheim", "--token=geheim", "--x", "y", "--secret", "--z"),
        configuration={"s3.secret-key": "geheim", "a": "b"},
    )
    shown = jar.shown()
    assert "geheim" not in str(shown)
    assert shown["arguments"] == ["--db-password", MASK, f"--token={MASK}", "--x", "y", "--secret", "--z"]
    assert shown["configuration"] == {"a": "b", "s3.secret-key": MASK}


def test_a_configuration_may_be_nested_and_becomes_text() -> None:
    options = {"a": {"b": True, "c.d": 5}, "e.f": None, "g": ["x", 1], "h": "5 s"}
    assert _spec.flat_configuration(options) == {"a.b": "true", "a.c.d": "5", "g": "x;1", "h": "5 s"}


@pytest.mark.parametrize("key", sorted(_spec.RESERVED))
def test_options_that_would_defeat_the_module_are_refused(key: str) -> None:
    with pytest.raises(FlinkError, match=f"configuration sets {key}".replace("$", r"\$").replace(".", r"\.")):
        _spec.check(Spec(kind="jar", configuration={key: "x"}))
    with pytest.raises(FlinkError, match="line 2 of the SQL script sets"):
        _spec.check(Spec(kind="sql", sql=f"CREATE TABLE t (x INT);\nSET '{key}' = 'x'; INSERT INTO t SELECT 1"))


def test_a_parallelism_below_one_is_refused() -> None:
    with pytest.raises(FlinkError, match="at least 1, not 0"):
        _spec.check(Spec(kind="jar", parallelism=0))


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        (JAR, JAR, []),
        (JAR, JAR.with_parallelism(9), ["parallelism"]),
        (JAR, Spec(**{**vars(JAR), "artifact": "/y.jar", "sha256": "3" * 64}), ["sha256"]),
        (SQL, Spec(kind="sql", sql="SET 'a'='b'; INSERT INTO t SELECT 2", parallelism=2), ["sql"]),
        (SQL, Spec(kind="sql", sql="SET  'a' = 'b';-- x\nINSERT INTO t SELECT 1", parallelism=2), []),
        (None, SQL, ["configuration", "kind", "parallelism", "sql"]),
    ],
)
def test_the_parts_that_differ_are_named(before: Spec | None, after: Spec | None, names: list[str]) -> None:
    assert _spec.changes(before, after) == names
