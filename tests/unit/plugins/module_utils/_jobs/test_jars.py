"""Jars: what a manifest says, and what is kept of what was deployed."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import Doubtful, FlinkError, RestError
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline
from ansible_collections.streamops.flink.plugins.module_utils._jobs import jars as _jars
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import make_jar
from hypothesis import given
from hypothesis import strategies as st

RECORDED = Path(__file__).parents[3] / "fixtures" / "rest"
VERSIONS = sorted(path.name for path in RECORDED.iterdir())


@pytest.mark.parametrize(
    ("manifest", "name"),
    [
        ("Manifest-Version: 1.0\nMain-Class: a.B\n\n", "a.B"),
        ("Manifest-Version: 1.0\r\nMain-Class: a.B\r\n\r\n", "a.B"),
        ("Main-Class: a.very.long.name.that.goes.on.in.the.next.line.because.it.is.l\n ong.B\n", "a.very.long.name."),
        ("Main-Class: a.B\nprogram-class: c.D\n", "c.D"),
        ("main-class: a.B\n", "a.B"),
        ("Main-Class:\n", ""),
        ("Manifest-Version: 1.0\n\nName: x\nMain-Class: a.B\n", ""),
        ("", ""),
    ],
)
def test_the_main_class_is_read_as_java_and_flink_read_it(manifest: str, name: str) -> None:
    assert _jars.main_class(manifest).startswith(name)
    assert bool(_jars.main_class(manifest)) is bool(name)


@given(st.text())
def test_any_manifest_is_read(manifest: str) -> None:
    assert isinstance(_jars.main_class(manifest), str)


def test_a_jar_is_looked_into(tmp_path: Path) -> None:
    jar = _jars.inspect(make_jar(tmp_path / "job.jar", main_class="a.B"), "job.jar")
    assert jar.main_class == "a.B"
    assert len(jar.sha256) == 64


def test_a_jar_of_the_same_content_is_kept_once(tmp_path: Path) -> None:
    jar = _jars.inspect(make_jar(tmp_path / "job.jar"), "job.jar")
    kept = _jars.keep(jar, tmp_path / "cache")
    stamp = kept.stat().st_mtime_ns
    assert _jars.keep(jar, tmp_path / "cache") == kept
    assert kept.stat().st_mtime_ns == stamp
    assert kept.read_bytes() == jar.path.read_bytes()
    assert [path.name for path in kept.parent.iterdir()] == [f"{jar.sha256}.jar"]


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    jar = _jars.inspect(make_jar(tmp_path / "job.jar"), "job.jar")
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(FlinkError, match="cannot keep a copy of"):
        _jars.keep(jar, tmp_path / "cache")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_list_of_jars_is_understood(version: str) -> None:
    document = json.loads((RECORDED / version / "jars_uploaded.json").read_text(encoding="utf-8"))["body"]
    jars = _jars.parse_list(document)
    assert jars
    assert all(jar.jar_id.endswith(jar.name) for jar in jars)


def test_a_digest_is_known_only_of_jars_that_carry_it() -> None:
    digest = "a1" * 32
    ours = _jars.Uploaded("x", f"{digest}-job.jar", 5, "a.B").as_dict()
    assert (ours["name"], ours["sha256"]) == ("job.jar", digest)
    other = _jars.Uploaded("x", "job-1.0.jar", 5, "").as_dict()
    assert (other["name"], other["sha256"], other["main_class"]) == ("job-1.0.jar", None, None)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["files", "id", "name", "entry", "uploaded"]), inner)
        ),
    )
)
def test_whatever_a_list_of_jars_holds_it_is_understood_or_refused(document: Any) -> None:
    with suppress(FlinkError):
        _jars.parse_list(document)


def test_the_body_of_a_run_names_what_is_given_and_nothing_else() -> None:
    plain = _jars.run_body("a" * 32, entry_class="", arguments=(), parallelism=None, configuration={})
    assert plain == {"jobId": "a" * 32, "programArgsList": []}
    full = _jars.run_body(
        "a" * 32,
        entry_class="a.B",
        arguments=("--x", "y z"),
        parallelism=2,
        configuration={"k": "v"},
        savepoint_path="file:/s",
        allow_non_restored_state=True,
        claim_mode="NO_CLAIM",
    )
    assert full == {
        "jobId": "a" * 32,
        "programArgsList": ["--x", "y z"],
        "entryClass": "a.B",
        "parallelism": 2,
        "flinkConfiguration": {"k": "v"},
        "savepointPath": "file:/s",
        "allowNonRestoredState": True,
        "claimMode": "NO_CLAIM",
    }


def test_a_missing_jar_is_told_from_other_errors() -> None:
    text = "org.apache.flink.runtime.rest.handler.RestHandlerException: Jar file /tmp/x.jar does not exist"
    assert _jars.missing(RestError("no", status=500, errors=[text]))
    assert not _jars.missing(RestError("no", status=500, errors=["Session does not exist"]))


class Leaders:
    """A cluster whose leader changes with each question."""

    progress = None

    def __init__(self, *urls: str) -> None:
        self.urls = list(urls)
        self.rest = SimpleNamespace(at=lambda url: SimpleNamespace(url=url))

    def await_leader(self, _deadline: Deadline) -> Any:
        return SimpleNamespace(url=self.urls.pop(0) if len(self.urls) > 1 else self.urls[0])

    def failover_timeout(self) -> float:
        return 0.6


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where a jar was sent. The JobManager that is called old dies of it."""
    sent: list[str] = []

    def upload(endpoint: Any, _path: Path, _name: str, _deadline: Deadline) -> str:
        sent.append(endpoint.url)
        if endpoint.url == "old":
            raise Doubtful("the upload broke off")
        return "jar-1"

    monkeypatch.setattr(_jars, "upload", upload)
    return sent


def test_an_upload_that_broke_off_is_done_again_at_the_next_leader(tmp_path: Path, uploads: list[str]) -> None:
    holder = _jars.Holder(cast(Any, Leaders("old", "old", "new")), _jars.Jar(tmp_path / "job.jar", "a", "A"))
    assert holder.place(Deadline(5.0))[1] == "jar-1"
    assert holder.place(Deadline(5.0))[1] == "jar-1"
    assert uploads == ["old", "old", "new"]


def test_an_upload_that_never_succeeds_is_given_up_after_the_time_of_a_failover(
    tmp_path: Path, uploads: list[str]
) -> None:
    holder = _jars.Holder(cast(Any, Leaders("old")), _jars.Jar(tmp_path / "job.jar", "a", "A"))
    with pytest.raises(Doubtful, match="the upload broke off"):
        holder.place(Deadline(30.0))
    assert 1 < len(uploads) < 5
