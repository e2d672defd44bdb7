"""What a real cluster was seen to do while jobs hung in it: who is acted upon, when, and who is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._health import model as _model
from ansible_collections.streamops.flink.plugins.module_utils._health import verdict as _health
from ansible_collections.streamops.flink.plugins.module_utils._watchdog.decide import JOB, TASKMANAGER

from recorded_health import Hang, Recording, operator_acts, read, unhealed, watchdog_acts, write

FIXTURES = Path(__file__).parents[3] / "fixtures" / "health"
FILES = sorted(FIXTURES.glob("*.json"))
RECORDINGS = [read(path) for path in FILES]
HANGS = [pytest.param(one, hang, id=hang.job) for one in RECORDINGS for hang in one.hangs]
LONG = 1800.0


def job_verdicts(recording: Recording, name: str) -> set[str]:
    """All verdicts of a job while it was recorded."""
    found = set()
    for number in range(1, len(recording.samples) + 1):
        report = _health.judge(recording.samples[:number], recording.limits, recording.slots)
        found |= {one.verdict for one in report.jobs if one.name == name}
    return found


@pytest.mark.parametrize(("recording", "hang"), HANGS)
def test_a_job_that_hung_is_acted_upon_soon_after_its_window_and_no_other_is(recording: Recording, hang: Hang) -> None:
    series = unhealed(recording, hang, LONG)
    acts = watchdog_acts(series, recording.limits, recording.slots)
    ours = [one for one in acts if one.job_id == hang.job_id]
    assert ours[0].rung == TASKMANAGER
    (job,) = [one for one in series[-1].jobs.values() if one.job_id == hang.job_id]
    window = _health.window_of(recording.limits, job.interval, job.slowest)
    # A checkpoint may have been completed just before; then the window, and three samples after it.
    assert 3 * 10 < ours[0].at - hang.hung < window + job.interval + 4 * 10
    known = {one.job_id for one in recording.hangs}
    assert {one.job_id for one in acts} <= known


@pytest.mark.parametrize(("recording", "hang"), HANGS)
def test_the_same_job_is_found_ten_times_as_late_by_checkpoints_alone(recording: Recording, hang: Hang) -> None:
    series = unhealed(recording, hang, LONG)
    found = operator_acts(series, hang.job_id)
    assert found is not None
    assert 1200 - 30 < found - hang.hung < 1200 + 30
    # No patience applies to a job whose checkpoints come.
    assert operator_acts(recording.samples, hang.job_id) is None


@pytest.mark.parametrize("recording", RECORDINGS, ids=[path.stem for path in FILES])
def test_idle_and_slow_jobs_beside_them_were_never_bad(recording: Recording) -> None:
    good = {_model.HEALTHY, _model.IDLE, _model.STARTING}
    suspected = good | {_model.CHECKPOINT_STALLED}
    idle = job_verdicts(recording, "idle")
    assert _model.IDLE in idle
    assert idle <= good
    assert job_verdicts(recording, "slow") <= suspected
    for hang in recording.hangs:
        found = job_verdicts(recording, hang.job)
        assert _model.ZOMBIE in found
        assert found <= suspected | {_model.ZOMBIE}


def test_a_source_that_waits_for_a_slow_task_makes_no_zombie() -> None:
    """It was held up from the first second on, and had its time to start."""
    recording = read(FIXTURES / "hanging.json")
    stalled = []
    for number, sample in enumerate(recording.samples, 1):
        report = _health.judge(recording.samples[:number], recording.limits, recording.slots)
        if any((one.name, one.verdict) == ("slow", _model.CHECKPOINT_STALLED) for one in report.jobs):
            stalled.append(next(job for job in sample.jobs.values() if job.name == "slow"))
    assert len(stalled) > 3
    sources = [one.units[0] for one in stalled if one.units]
    assert {one.label for one in sources} == {"Source: numbers -> Map"}
    assert max(one.records for one in sources) - min(one.records for one in sources) < 10
    assert sources[-1].held - sources[0].held > 10_000


def test_who_fails_on_every_start_is_acted_upon_and_a_failover_changes_nothing_for_the_others() -> None:
    recording = read(FIXTURES / "failover.json")
    assert recording.flink.startswith("2.")
    assert len({one.leader for one in recording.samples if one.leader}) == 2
    assert _model.CRASH_LOOP in job_verdicts(recording, "crashing")
    well = {_model.HEALTHY, _model.IDLE, _model.STARTING}
    assert job_verdicts(recording, "steady") <= well
    names = {job.job_id: job.name for sample in recording.samples for job in sample.jobs.values()}
    acts = watchdog_acts(recording.samples, recording.limits, recording.slots)
    assert acts
    assert {(names[one.job_id], one.rung) for one in acts} == {("crashing", JOB)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_recording_is_read_as_it_was_written(path: Path, tmp_path: Path) -> None:
    write(tmp_path / path.name, read(path))
    assert (tmp_path / path.name).read_text() == path.read_text()
