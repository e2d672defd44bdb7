"""The guardian releases what a dead process has left, and never anything of a process that might be alive."""

from __future__ import annotations

import ast
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base import processes as _processes
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError, NotYet, ZooKeeperError
from ansible_collections.streamops.flink.plugins.module_utils._base.processes import (
    MARK_DIRECTORY,
    MARK_SERVICE,
    Process,
    process,
)
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline, wait_for
from ansible_collections.streamops.flink.plugins.module_utils._cluster.zookeeper import ZooKeeper
from ansible_collections.streamops.flink.plugins.module_utils._guardian import daemon as _guardian
from ansible_collections.streamops.flink.plugins.module_utils._guardian import process_handle as _process_handle
from ansible_collections.streamops.flink.plugins.module_utils._guardian.archive import imported, parts
from ansible_collections.streamops.flink.plugins.module_utils._guardian.daemon import Guardian, release_once
from ansible_collections.streamops.flink.plugins.module_utils._guardian.process_handle import (
    Config,
    ProcessHandle,
    State,
    main_process,
    read_config,
)
from ansible_collections.streamops.flink.tests.unit.plugins.fakes import FakeEnsemble, install

SERVICE = "t/jm1/jobmanager"
# Nothing can listen there.
URL = "http://127.0.0.1:1"
LEADER = "/flink/t/leader"
# The sessions of the JobManager that is guarded, of its standby, and of the one that is started in its place.
OURS, STANDBY, NEXT = 0x100, 0x200, 0x300
OPENED = "INFO ClientCnxn [] - Session establishment complete on server a/1:2, session id = 0x{:x}, negotiated\n"

# A JobManager, and one that hangs when it is asked to end.
WAITING = "import signal; signal.pause()"
HANGING = """
import signal
signal.signal(signal.SIGTERM, lambda *_ignored: print("it is to end", flush=True))
print("it listens", flush=True)
while True:
    signal.pause()
"""

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_guardian, "TICK", 0.02)
    monkeypatch.setattr(_process_handle, "QUICK_LOOK", 0.02)
    monkeypatch.setattr(_process_handle, "SLOW_LOOK", 0.05)


@pytest.fixture
def ensemble(monkeypatch: pytest.MonkeyPatch) -> FakeEnsemble:
    fake = install(monkeypatch)
    fake.lead(URL, OURS)
    fake.contend(1, OURS)
    fake.contend(2, STANDBY)
    return fake


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "log").mkdir()
    return {
        "service": SERVICE,
        "directory": str(tmp_path),
        "log_dir": str(tmp_path / "log"),
        "log_pattern": "*-standalonesession-*.log",
        "url": URL,
        "zookeeper_root": "/flink",
        "cluster_id": "/t",
        "state": str(tmp_path / "state.json"),
        "zookeeper": {"quorum": "127.0.0.1:2181", "username": None, "password": None, "tls": None},
    }


@pytest.fixture
def config(settings: dict[str, Any], tmp_path: Path) -> Config:
    path = tmp_path / "guardian.json"
    path.write_text(json.dumps(settings))
    return read_config(path)


@pytest.fixture
def start(config: Config) -> Iterator[Start]:
    """Start a process that carries the marks of the service."""
    started: list[subprocess.Popen[bytes]] = []

    def run(service: str = SERVICE, session: int | None = None, program: str = WAITING) -> subprocess.Popen[bytes]:
        if session is not None:
            path = Path(config.log_dir) / "flink-t-standalonesession-0-jm1.log"
            path.write_text(OPENED.format(session))
        environment = {**os.environ, MARK_SERVICE: service, MARK_DIRECTORY: config.directory}
        child = subprocess.Popen(
            [sys.executable, "-c", program], env=environment, start_new_session=True, stdout=subprocess.PIPE
        )
        started.append(child)

        def marked() -> None:
            if _processes.environment_of(child.pid).get(MARK_SERVICE) != service:
                raise NotYet("it is not there yet")

        wait_for(marked, Deadline(10), "the start of a process", interval=0.01)
        return child

    yield run
    for child in started:
        child.kill()
        child.wait()


class Journal(list[tuple[str, dict[str, Any]]]):
    def __call__(self, event: str, details: dict[str, Any]) -> None:
        self.append((event, details))

    def events(self) -> list[str]:
        return [event for event, _details in self]


@pytest.fixture
def guard(config: Config) -> Callable[[], tuple[Guardian, Journal]]:
    def new() -> tuple[Guardian, Journal]:
        journal = Journal()
        guardian = Guardian(config, ZooKeeper(config.zookeeper), journal)
        guardian.run(lambda: True)
        return guardian, journal

    return new


Guard = Callable[[], tuple[Guardian, Journal]]


def kill(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()


def owners(ensemble: FakeEnsemble) -> set[int]:
    return {node.owner for node in ensemble.nodes.values() if node.owner}


def steps(guardian: Guardian, count: int) -> None:
    for _number in range(count):
        guardian.step()


# -- what it does ----------------------------------------------------------------------------------------------------


def test_a_leader_that_is_killed_is_released_at_once(ensemble: FakeEnsemble, start: Start, guard: Guard) -> None:
    child = start()
    guardian, journal = guard()
    steps(guardian, 2)
    assert journal.events() == ["started", "watching", "learnt"]
    assert owners(ensemble) == {OURS, STANDBY}
    kill(child)
    guardian.step()
    assert owners(ensemble) == {STANDBY}
    event, details = journal[-1]
    assert (event, details["sessions"]) == ("released", ["0x100"])
    assert len(details["nodes"]) == 4


def test_a_standby_is_known_by_its_log(ensemble: FakeEnsemble, start: Start, guard: Guard) -> None:
    ensemble.lead("http://127.0.0.1:8082", STANDBY)
    child = start(session=OURS)
    guardian, _journal = guard()
    steps(guardian, 2)
    kill(child)
    guardian.step()
    assert owners(ensemble) == {STANDBY}


def test_a_stopped_process_is_alive(ensemble: FakeEnsemble, start: Start, guard: Guard) -> None:
    child = start(session=OURS)
    guardian, journal = guard()
    steps(guardian, 2)
    child.send_signal(signal.SIGSTOP)
    steps(guardian, 3)
    assert owners(ensemble) == {OURS, STANDBY}
    assert "died" not in journal.events()


def test_a_restart_faster_than_the_fence_costs_the_new_process_nothing(
    ensemble: FakeEnsemble, start: Start, guard: Guard
) -> None:
    child = start(session=OURS)
    guardian, _journal = guard()
    steps(guardian, 2)
    kill(child)
    # Before the guardian has seen anything, the next one runs, has its place, and leads already.
    start(session=NEXT)
    ensemble.contend(3, NEXT)
    ensemble.lead(URL, NEXT)
    steps(guardian, 3)
    assert owners(ensemble) == {STANDBY, NEXT}


def test_a_leader_without_a_latch_is_killed_and_released_with_the_session_that_it_had_before(
    ensemble: FakeEnsemble, start: Start, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Curator makes of a leader that was away for longer than its session: CURATOR-696."""
    child = start(session=OURS)
    guardian, journal = guard()
    steps(guardian, 2)
    # ZooKeeper is back and has not ended the old session yet; with the new one it publishes, and creates no latch.
    ensemble.lead(URL, NEXT)
    monkeypatch.setattr(_guardian, "LOOK_SECONDS", 0.0)
    steps(guardian, 3)
    assert child.poll() is None
    monkeypatch.setattr(_guardian, "USURPER_SECONDS", 0.0)
    guardian, journal = guard()
    wait_for(partial(ended, guardian, child), Deadline(10), "the end of the process", interval=0.01)
    assert child.wait() == -signal.SIGKILL
    steps(guardian, 2)
    # The next leader puts its own addresses in the place of those that are left.
    assert {node.owner for path, node in ensemble.nodes.items() if "/latch/" in path} == {STANDBY}
    # Until the kernel has ended it, each look condemns it again.
    events = [event for event, _repeated in groupby(journal.events()) if event != "learnt"]
    assert events == ["started", "watching", "deposed", "died", "released"]


def test_what_a_deposed_leader_has_left_is_not_held_against_its_successor(
    ensemble: FakeEnsemble, start: Start, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_guardian, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(_guardian, "USURPER_SECONDS", 0.0)
    child = start(session=OURS)
    ensemble.lead(URL, NEXT)
    guardian, journal = guard()
    wait_for(partial(ended, guardian, child), Deadline(10), "the end of the process", interval=0.01)
    child.wait()
    # It comes back in line; its address under the old session stays until ZooKeeper has ended that.
    second = start(session=OURS)
    steps(guardian, 5)
    # Also for a guardian that is started anew.
    guardian, later = guard()
    steps(guardian, 5)
    assert second.poll() is None
    assert [*journal.events(), *later.events()].count("deposed") == 1


def ended(guardian: Guardian, child: subprocess.Popen[bytes]) -> None:
    guardian.step()
    if child.poll() is None:
        raise NotYet("it runs")


@pytest.mark.parametrize("what", ["a latch of its own", "another one leads", "it comes back in line", "no latches"])
def test_a_leader_by_right_and_one_that_leads_no_more_are_left_alone(
    ensemble: FakeEnsemble, start: Start, guard: Guard, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(_guardian, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(_guardian, "USURPER_SECONDS", 0.0)
    child = start(session=OURS)
    guardian, journal = guard()
    steps(guardian, 2)
    if what == "a latch of its own":
        ensemble.contend(3, NEXT)
        ensemble.lead(URL, NEXT)
    elif what == "no latches":
        # Another way to elect leaders than this collection knows.
        for path in [path for path in ensemble.nodes if "/latch" in path]:
            del ensemble.nodes[path]
    elif what == "another one leads":
        ensemble.lead("http://127.0.0.1:8082", STANDBY)
    else:
        # Seen once, as it may be in a shutdown, and not again.
        ensemble.lead(URL, NEXT)
        guardian.step()
        ensemble.contend(3, NEXT)
    steps(guardian, 5)
    assert child.poll() is None
    assert "deposed" not in journal.events()


def test_a_process_that_hangs_in_its_shutdown_is_released_when_it_has_been_killed_for_it(
    ensemble: FakeEnsemble, start: Start, guard: Guard
) -> None:
    child = start(session=OURS, program=HANGING)
    guardian, journal = guard()
    steps(guardian, 2)
    assert child.stdout is not None
    assert child.stdout.readline() == b"it listens\n"
    child.terminate()
    assert child.stdout.readline() == b"it is to end\n"
    steps(guardian, 3)
    assert owners(ensemble) == {OURS, STANDBY}
    assert "died" not in journal.events()
    # So does every supervisor when its patience is over.
    kill(child)
    guardian.step()
    assert owners(ensemble) == {STANDBY}


def test_a_guardian_that_comes_back_knows_what_has_died_meanwhile(
    ensemble: FakeEnsemble, start: Start, guard: Guard
) -> None:
    child = start(session=OURS)
    steps(guard()[0], 2)
    kill(child)
    start(session=NEXT)
    ensemble.contend(3, NEXT)
    guardian, journal = guard()
    guardian.step()
    assert owners(ensemble) == {STANDBY, NEXT}
    assert "released" in journal.events()


def test_a_guardian_that_comes_back_goes_on_with_the_same_process(
    ensemble: FakeEnsemble, start: Start, guard: Guard
) -> None:
    child = start(session=OURS)
    steps(guard()[0], 2)
    guardian, journal = guard()
    assert journal == [("started", {"service": SERVICE}), ("watching", {"pid": child.pid})]
    assert owners(ensemble) == {OURS, STANDBY}
    kill(child)
    guardian.step()
    assert owners(ensemble) == {STANDBY}


def test_what_died_unguarded_is_found_by_what_it_has_left(ensemble: FakeEnsemble, start: Start, guard: Guard) -> None:
    kill(start(session=OURS))
    guardian, _journal = guard()
    guardian.step()
    assert owners(ensemble) == {STANDBY}


def test_what_is_left_is_not_touched_when_a_process_is_there_after_the_look(
    ensemble: FakeEnsemble, start: Start, guard: Guard
) -> None:
    guardian, _journal = guard()
    # It starts while the guardian reads what the one before it has left.
    ensemble.on_call = lambda fake: (setattr(fake, "on_call", None), start())[0]
    guardian.step()
    assert owners(ensemble) == {OURS, STANDBY}


def test_what_is_left_is_not_touched_while_a_process_listens_at_its_address(
    ensemble: FakeEnsemble, settings: dict[str, Any], start: Start, tmp_path: Path
) -> None:
    kill(start(session=OURS))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        ensemble.lead(url, OURS)
        (tmp_path / "guardian.json").write_text(json.dumps({**settings, "url": url}))
        config = read_config(tmp_path / "guardian.json")
        guardian = Guardian(config, ZooKeeper(config.zookeeper), Journal())
        steps(guardian, 2)
        release_once(config, ZooKeeper(config.zookeeper), Journal())
        assert owners(ensemble) == {OURS, STANDBY}
    steps(guardian, 8)
    assert owners(ensemble) == {STANDBY}


def test_containers_are_guarded_by_root_only(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "guardian.json").write_text(json.dumps({**settings, "contained": True}))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert _guardian.main(["run", "--config", str(tmp_path / "guardian.json")]) == 1
    assert "let it run as root" in capsys.readouterr().err


def test_zookeeper_that_is_away_is_asked_again(
    ensemble: FakeEnsemble, start: Start, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = start(session=OURS)
    guardian, journal = guard()
    steps(guardian, 2)
    kill(child)
    from kazoo.exceptions import ConnectionLoss

    monkeypatch.setattr(_guardian, "ANSWER_SECONDS", 0.05)
    ensemble.on_call = lambda fake: fake.faults.append(("before", ConnectionLoss()))
    steps(guardian, 2)
    assert owners(ensemble) == {OURS, STANDBY}
    assert [event for event in journal.events() if event == "trouble"] == ["trouble"]
    ensemble.on_call = None
    ensemble.faults.clear()
    guardian.step()
    assert owners(ensemble) == {STANDBY}


def test_an_answer_that_zookeeper_gives_after_the_end_of_the_process_is_not_taken_for_its_own(
    ensemble: FakeEnsemble, start: Start, guard: Guard
) -> None:
    child = start()
    guardian, journal = guard()

    def meanwhile(fake: FakeEnsemble) -> None:
        # ZooKeeper is so slow that the one who leads from the same address by now is another process.
        fake.on_call = None
        kill(child)
        start()
        fake.lead(URL, NEXT)
        fake.contend(3, NEXT)

    ensemble.on_call = meanwhile
    steps(guardian, 4)
    assert owners(ensemble) >= {STANDBY, NEXT}
    assert ("learnt", {"pid": child.pid, "sessions": ["0x300"]}) not in journal
    assert "died" in journal.events()


def test_a_release_whose_answer_comes_too_late_is_repeated_and_touches_nothing_else(
    ensemble: FakeEnsemble, start: Start, guard: Guard
) -> None:
    from kazoo.exceptions import OperationTimeoutError

    child = start(session=OURS)
    guardian, _journal = guard()
    steps(guardian, 2)
    kill(child)
    start()
    ensemble.lead(URL, NEXT)
    ensemble.contend(3, NEXT)

    def slow(fake: FakeEnsemble) -> None:
        # Everything is done, and the answer is lost.
        fake.faults.append(("after", OperationTimeoutError()))

    ensemble.on_call = slow
    steps(guardian, 2)
    ensemble.on_call = None
    ensemble.faults.clear()
    steps(guardian, 2)
    assert owners(ensemble) == {STANDBY, NEXT}


def test_no_clock_is_asked_who_is_dead(
    ensemble: FakeEnsemble, start: Start, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> float:
        raise AssertionError("a clock that may jump was asked")

    # Only the lines of the journal carry the time of day.
    monkeypatch.setattr(time, "time", refuse)
    monkeypatch.setattr(time, "time_ns", refuse)
    monkeypatch.setattr(time, "localtime", refuse)
    child = start(session=OURS)
    guardian, journal = guard()
    steps(guardian, 3)
    assert owners(ensemble) == {OURS, STANDBY}
    kill(child)
    steps(guardian, 2)
    assert owners(ensemble) == {STANDBY}
    assert journal.events() == ["started", "watching", "learnt", "died", "released"]


def test_what_zookeeper_could_not_be_told_outlives_the_guardian(
    ensemble: FakeEnsemble, start: Start, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise ZooKeeperError("it is away")

    child = start(session=OURS)
    guardian, _journal = guard()
    steps(guardian, 2)
    kill(child)
    with monkeypatch.context() as patch:
        patch.setattr(_guardian, "release", refuse)
        guardian.step()
    start(session=NEXT)
    ensemble.contend(3, NEXT)
    assert owners(ensemble) == {OURS, STANDBY, NEXT}
    guard()[0].step()
    assert owners(ensemble) == {STANDBY, NEXT}


def test_two_clusters_on_a_host_are_told_apart(ensemble: FakeEnsemble, start: Start, guard: Guard) -> None:
    child = start(service="u/jm1/jobmanager")
    start(session=OURS)
    guardian, journal = guard()
    steps(guardian, 2)
    kill(child)
    steps(guardian, 2)
    assert owners(ensemble) == {OURS, STANDBY}
    assert "died" not in journal.events()


def test_an_older_process_that_is_left_of_the_service_is_not_taken_for_it(
    ensemble: FakeEnsemble, start: Start, guard: Guard
) -> None:
    # Something that an earlier JobManager has started and that outlived it.
    orphan = start()
    child = start(session=OURS)
    guardian, _journal = guard()
    steps(guardian, 2)
    kill(orphan)
    steps(guardian, 3)
    assert owners(ensemble) == {OURS, STANDBY}
    kill(child)
    steps(guardian, 2)
    assert owners(ensemble) == {STANDBY}


def test_the_others_of_its_time_outlive_the_guardian(ensemble: FakeEnsemble, start: Start, guard: Guard) -> None:
    orphan = start()
    child = start(session=OURS)
    steps(guard()[0], 2)
    kill(orphan)
    guardian, journal = guard()
    steps(guardian, 2)
    assert owners(ensemble) == {OURS, STANDBY}
    assert ("watching", {"pid": child.pid}) in journal


def test_a_process_with_the_same_id_is_another_one(config: Config, start: Start, ensemble: FakeEnsemble) -> None:
    child = start(session=NEXT)
    state = State(Path(config.state), Process(child.pid, "1"), known={OURS})
    state.save()
    journal = Journal()
    guardian = Guardian(config, ZooKeeper(config.zookeeper), journal)
    guardian.run(lambda: True)
    assert ("died", {"pid": child.pid, "sessions": ["0x100"]}) in journal
    guardian.step()
    assert OURS not in owners(ensemble)


def test_an_id_that_was_given_away_before_it_could_be_held_is_not_held(start: Start) -> None:
    child = start()
    assert not ProcessHandle(process(child.pid)).ended(0)
    assert ProcessHandle(Process(child.pid, "1")).ended(0)


def test_after_another_boot_nothing_that_was_known_lives(
    config: Config, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = start()
    now = process(child.pid)
    State(Path(config.state), now, known={OURS}).save()
    assert State.load(config.state).main == now
    monkeypatch.setattr(_process_handle, "boot_id", lambda: "another")
    found = State.load(config.state)
    assert (found.main, found.known) == (None, {OURS})


def test_a_state_that_is_damaged_is_learnt_again(config: Config) -> None:
    for content in ("", "{", "[]", '{"known": ["x"], "dead": [], "ran": []}', '{"known": 1, "dead": 2}'):
        Path(config.state).write_text(content)
        assert State.load(config.state) == State(Path(config.state))


def test_the_end_of_a_process_is_seen_without_the_kernels_help(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid: int) -> int:
        raise OSError

    monkeypatch.setattr(os, "pidfd_open", refuse)
    child = start()
    found = process(child.pid)
    assert found is not None
    handle = ProcessHandle(found)
    assert not handle.ended(0.05)
    kill(child)
    assert handle.ended(0)


def test_the_main_process_is_the_oldest_that_carries_the_marks(config: Config, start: Start) -> None:
    assert main_process(config) is None
    first = start()
    start(service="other")
    found = main_process(config)
    assert found is not None
    assert found.pid == first.pid


# -- the command that systemd calls ----------------------------------------------------------------------------------


def test_the_command_releases_when_nothing_of_the_unit_lives(
    ensemble: FakeEnsemble, config: Config, start: Start
) -> None:
    kill(start(session=OURS))
    journal = Journal()
    release_once(config, ZooKeeper(config.zookeeper), journal)
    assert owners(ensemble) == {STANDBY}
    assert journal.events() == ["released"]


def test_the_command_touches_nothing_while_a_process_lives(
    ensemble: FakeEnsemble, config: Config, start: Start
) -> None:
    child = start(session=OURS)
    journal = Journal()
    release_once(config, ZooKeeper(config.zookeeper), journal)
    assert owners(ensemble) == {OURS, STANDBY}
    assert journal == [("alive", {"pid": child.pid})]


def test_the_command_gives_up_when_zookeeper_is_away(
    ensemble: FakeEnsemble, config: Config, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kazoo.exceptions import ConnectionLoss

    monkeypatch.setattr(_guardian, "ANSWER_SECONDS", 0.05)
    kill(start(session=OURS))
    ensemble.on_call = lambda fake: fake.faults.append(("before", ConnectionLoss()))
    journal = Journal()
    release_once(config, ZooKeeper(config.zookeeper._replace(timeout=0.1)), journal, seconds=0.2)
    assert set(journal.events()) == {"trouble"}
    assert owners(ensemble) == {OURS, STANDBY}


def test_a_configuration_that_is_damaged_is_told_in_one_sentence(tmp_path: Path, settings: dict[str, Any]) -> None:
    path = tmp_path / "guardian.json"
    for content in ("", "[]", json.dumps({**settings, "zookeeper": {"quorum": "a:1", "more": 2}})):
        path.write_text(content)
        with pytest.raises(FlinkError, match=r"guardian's configuration .* cannot be used"):
            read_config(path)
    with pytest.raises(FlinkError, match=r"run site\.yml again"):
        read_config(tmp_path / "none")


FENCING = (
    "_base.addresses",
    "_base.errors",
    "_base.files",
    "_base.processes",
    "_base.secrets",
    "_base.times",
    "_base.wait",
    "_cluster.four_letter",
    "_cluster.kazoo_client",
    "_cluster.leader",
    "_cluster.quorum",
    "_cluster.zookeeper",
    "_guardian.daemon",
    "_guardian.fence",
    "_guardian.process_handle",
)


PARTS = parts()


@pytest.mark.parametrize("part", sorted(PARTS))
def test_the_guardian_is_written_in_the_python_of_older_hosts(part: str) -> None:
    ast.parse(PARTS[part], feature_version=(3, 9) if part in FENCING else (3, 10))


def test_fencing_needs_nothing_of_the_watchdog() -> None:
    """What is imported at the top of a file; the watchdog is loaded only where it runs."""
    for part in FENCING:
        package = part.split(".")[:-1]
        top = [node for node in ast.parse(PARTS[part]).body if isinstance(node, ast.ImportFrom)]
        needed = {".".join(path) for node in top for path in imported(node, package)}
        assert {name for name in needed if name not in FENCING} == {
            name for name in needed if name.rpartition(".")[0] in FENCING
        }


def test_a_line_that_finds_no_room_is_said_to_be_unwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w", encoding="utf-8", buffering=1) as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert [_guardian.write_line("started", {}) for _number in range(3)] == [False] * 3
        monkeypatch.undo()
        with suppress(OSError):
            full.close()
    assert _guardian.write_line("started", {}) is True
