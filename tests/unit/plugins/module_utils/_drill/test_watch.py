"""The watch's parts: what it writes down, how it counts rows, how far another clock may be off."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError, RestError
from ansible_collections.streamops.flink.plugins.module_utils._drill import look as _look
from ansible_collections.streamops.flink.plugins.module_utils._drill import recorder as _recorder
from ansible_collections.streamops.flink.plugins.module_utils._drill import watch as _drill_watch
from ansible_collections.streamops.flink.plugins.module_utils._drill.faults import CATALOGUE
from ansible_collections.streamops.flink.plugins.module_utils._drill.look import RowCounter
from ansible_collections.streamops.flink.plugins.module_utils._drill.recorder import Recorder
from hypothesis import given
from hypothesis import strategies as st

RECORDED = Path(__file__).resolve().parents[3] / "fixtures" / "rest"
VERSIONS = sorted(path.name for path in RECORDED.iterdir())


class Endpoint:
    """Answers with what a real Flink has answered."""

    def __init__(self, version: str = VERSIONS[0], name: str = "", error: FlinkError | None = None) -> None:
        self._answer = json.loads((RECORDED / version / f"{name}.json").read_text())["body"] if name else None
        self._error = error

    def get(self, _path: str, **_more: Any) -> Any:
        if self._error:
            raise self._error
        return self._answer


def stand_in(version: str, name: str) -> Any:
    return Endpoint(version, name)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_flink_says_of_jobs_is_understood(version: str) -> None:
    seen = _look.look_at_jobs(stand_in(version, "jobs_overview"))
    assert seen["ok"]
    assert {"id", "name", "state", "running", "total"} == set(seen["jobs"][0])


@pytest.mark.parametrize("version", VERSIONS)
def test_what_flink_says_of_taskmanagers_is_understood(version: str) -> None:
    seen = _look.look_at_workers(stand_in(version, "taskmanagers"))
    assert seen["ok"]
    assert seen["slots"] > 0 < len(seen["ids"])


@pytest.mark.parametrize("version", VERSIONS)
def test_what_flink_says_of_checkpoints_is_understood(version: str) -> None:
    endpoint: Any = Endpoint(version, "job_checkpoints")
    seen = _look.look_at_checkpoints(endpoint, "a" * 32)
    assert seen is not None
    newest = seen["history"][-1]
    assert newest["status"] == "COMPLETED"
    assert 1.7e9 < newest["triggered"] <= newest["acked"] < 1.9e9


def test_who_does_not_answer_is_written_down_as_such() -> None:
    endpoint: Any = Endpoint(error=RestError("no server is there"))
    assert _look.look_at_jobs(endpoint) == {"ok": False, "jobs": [], "why": "no server is there"}
    assert not _look.look_at_workers(endpoint)["ok"]
    assert _look.look_at_checkpoints(endpoint, "a" * 32) is None


def test_changes_are_written_at_once_and_the_rest_now_and_then(tmp_path: Path) -> None:
    now = iter([0.0, 0.1, 0.2, 0.3, 0.8, 0.9])
    recorder = Recorder(tmp_path / "samples.jsonl", clock=lambda: next(now))
    for value in (1, 1, 2, 2, 2, 2):
        recorder.add("x", value=value)
    recorder.close()
    assert [(one["t"], one["value"]) for one in _recorder.read_samples(tmp_path)] == [(0.0, 1), (0.2, 2), (0.8, 2)]
    assert len(recorder.series().of("x")) == 3


def test_half_a_line_at_the_end_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "samples.jsonl").write_text('{"t": 1, "kind": "x"}\n{"t": 2, "ki')
    assert _recorder.read_samples(tmp_path) == [{"t": 1, "kind": "x"}]
    (tmp_path / "samples.jsonl").write_text('{"t": 1, "ki\n{"t": 2, "kind": "x"}\n')
    with pytest.raises(FlinkError, match="line 1"):
        _recorder.read_samples(tmp_path)
    with pytest.raises(FlinkError, match="no samples"):
        _recorder.read_samples(tmp_path / "elsewhere")


def test_rows_are_counted_as_they_come(tmp_path: Path) -> None:
    old, part = tmp_path / "part-1", tmp_path / "day" / ".part-2.inprogress"
    part.parent.mkdir()
    old.write_text("a\nb\n")
    part.write_text("c\n")
    counter = RowCounter(tmp_path)
    counter.look()
    assert counter.written == 0
    part.write_text("c\nd\ne\n")
    (tmp_path / ".part-3.inprogress").write_text("f\n")
    counter.look()
    assert counter.written == 3
    # Its final name, with a last row.
    with part.open("a") as stream:
        stream.write("g\n")
    part.rename(tmp_path / "part-2")
    counter.look()
    counter.look()
    assert (counter.written, counter.cut) == (4, 0)


def test_a_file_that_is_cut_back_counts_what_comes_anew(tmp_path: Path) -> None:
    part = tmp_path / ".part.inprogress"
    part.write_text("a\nb\nc\n")
    counter = RowCounter(tmp_path)
    counter.look()
    part.write_text("a\n")
    counter.look()
    part.write_text("a\nb\n")
    counter.look()
    assert (counter.written, counter.cut) == (1, 1)


def test_a_directory_that_is_not_there_yet_has_no_rows(tmp_path: Path) -> None:
    counter = RowCounter(tmp_path / "later")
    counter.look()
    assert counter.written == 0


def test_hosts_with_one_kernel_have_one_clock() -> None:
    assert _drill_watch.clock_offset(10.0, 11.0, 99.0, 99.1, same_clock=True) == (0.0, 0.0)


@given(st.floats(-100, 100), st.floats(0, 2), st.floats(0, 2), st.floats(0, 2))
def test_the_offset_of_a_clock_is_as_good_as_is_said(real: float, there: float, work: float, back: float) -> None:
    before, after = 1000.0, 1000.0 + there + work + back
    begin, end = before + there + real, before + there + work + real
    offset, uncertainty = _drill_watch.clock_offset(before, after, begin, end, same_clock=False)
    assert abs(offset - real) <= uncertainty + 0.002


def test_a_clock_that_may_be_right_is_taken_to_be() -> None:
    assert _drill_watch.clock_offset(10.0, 11.0, 10.2, 10.4, same_clock=False) == (0.0, 0.6)


@pytest.fixture
def watch(tmp_path: Path) -> Any:
    """One whose fault was injected a moment ago, of a job that runs."""
    settings = SimpleNamespace(zookeeper=SimpleNamespace(quorum="zk1:2181"), rest=None)
    cluster: Any = SimpleNamespace(settings=settings)
    found = _drill_watch.Watch(cluster, _drill_watch.WatchPlan(tmp_path, CATALOGUE["leader_kill"]))
    told = {"fault": "leader_kill", "targets": [], "injected": 1.0, "what": "", "began": 1.0, "uncertainty": 0.0}
    found._injection = _drill_watch.injection_of(told, None)
    return found


class Answering(Endpoint):
    """Takes triggers, and answers one after the other when it is asked what has become of them."""

    def __init__(self, *answers: str | FlinkError) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[str] = []

    def post(self, path: str, body: Any, **_more: Any) -> Any:
        self.asked.append(f"{path}/{body['triggerId']}")

    def get(self, path: str, **_more: Any) -> Any:
        assert path == self.asked[-1]
        answer = self.answers.pop(0)
        if isinstance(answer, FlinkError):
            raise answer
        return json.loads((RECORDED / VERSIONS[0] / f"{answer}.json").read_text())["body"]


RUNNING: dict[str, Any] = {"id": "a" * 32, "state": "RUNNING", "running": 2, "total": 2}


@pytest.mark.parametrize("last", ["checkpoint_completed", RestError("there is no such operation", status=404)])
def test_the_outcome_of_a_checkpoint_that_was_asked_for_is_fetched(watch: Any, last: str | FlinkError) -> None:
    """A JobManager that is asked to end waits for it."""
    endpoint = Answering("checkpoint_in_progress", RestError("it does not answer"), last)
    watch._trigger(endpoint, RUNNING)
    assert len(endpoint.asked) == 1
    for number in range(3):
        assert watch._unheard == set(endpoint.asked), number
        watch._hear(endpoint)
    assert watch._unheard == set()


def test_the_outcome_of_the_last_checkpoint_is_waited_for(watch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Answering("checkpoint_in_progress", "checkpoint_completed")
    monkeypatch.setattr(_drill_watch, "Endpoint", lambda _url, _settings: endpoint)
    watch._trigger(endpoint, RUNNING)
    watch._url = "http://jm1:8081"
    watch._hear_the_last()
    assert endpoint.answers == []
    assert watch._unheard == set()
