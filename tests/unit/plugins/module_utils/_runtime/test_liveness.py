"""Daemons are asked, waited for as long as they move, and given up with the line of their log."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.patience import Patience
from ansible_collections.streamops.flink.plugins.module_utils._base.processes import Process, process
from ansible_collections.streamops.flink.plugins.module_utils._runtime import liveness
from ansible_collections.streamops.flink.plugins.module_utils._runtime.liveness import Daemon, Seen, Watch


def daemon(**changes: Any) -> Daemon:
    return Daemon(
        **{"daemon": "history_server", "title": "history server", "ask": "http", "host": "127.0.0.1", **changes}
    )


def quiet(_command: list[str]) -> tuple[int, str, str]:
    return 1, "", ""


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A server that sends one answer to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _peer = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(4096)
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("how", "answer", "silence"),
    [
        ("http", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""),
        # Whoever asks for a name or does not know the page is there.
        ("http", b"HTTP/1.1 401 Unauthorized\r\n\r\n", ""),
        ("http", b"HTTP/1.1 404 Not Found\r\n\r\n", ""),
        ("http", b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "it answers with HTTP status 503"),
        ("http", b"SSH-2.0-OpenSSH\r\n", "the answer is not HTTP"),
        ("http", b"", "the answer is not HTTP"),
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", "TLS failed"),
        ("tcp", b"", ""),
        ("zookeeper", b"Zookeeper version: 3.9\nMode: follower\n", ""),
        ("zookeeper", b"This ZooKeeper instance is not currently serving requests", "it does not serve requests"),
        ("zookeeper", b"srvr is not executed because it is not in the whitelist.", ""),
        ("zookeeper", b"", ""),
    ],
)
def test_what_counts_as_an_answer(how: str, answer: bytes, silence: str) -> None:
    with answering(answer) as port:
        found = liveness.ask(daemon(ask=how, port=port))
    assert found.startswith(silence)
    assert bool(found) == bool(silence)


def test_nobody_listens_or_the_name_is_unknown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert liveness.ask(daemon(port=port)) == "connection refused"
    assert "cannot be resolved" in liveness.ask(daemon(host="no-such-host.invalid", port=1))


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"ask": "http", "host": "hs1", "port": 8082, "path": "/config"}, "http://hs1:8082/config"),
        ({"ask": "https", "host": "::1", "port": 8082, "path": "/config"}, "https://[::1]:8082/config"),
        ({"ask": "tcp", "host": "tm1", "port": 6122}, "tm1:6122"),
        ({"ask": "process"}, ""),
    ],
)
def test_the_address_is_shown_as_it_was_asked(given: dict[str, Any], address: str) -> None:
    assert daemon(**given).address == address


# --- waiting ------------------------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def started(number: int) -> Process:
    """One that has run for long."""
    return Process(2**30 + number, "0")


OLD = started(0)
SILENT, GONE, UP = Seen([OLD], "connection refused"), Seen([], "connection refused"), Seen([OLD])


def watched(looks: Sequence[Seen], seconds: float = 10, **changes: Any) -> Watch:
    clock = Clock()
    watch = Watch(daemon(service="c/h/history_server", **changes), seconds, Patience(seconds, clock=clock))
    for seen in looks:
        watch.take(seen)
        clock.now += 5
    return watch


@pytest.mark.parametrize(
    ("looks", "ready", "trouble"),
    [
        ([UP], True, ""),
        ([SILENT], False, ""),
        ([SILENT] * 3, False, "does not become ready: connection refused, and nothing of it has moved for 15 s"),
        ([GONE] * 3, False, "does not run: connection refused for 15 s"),
        # It ends again and again; nobody waits for the tenth start.
        (
            [Seen([started(number)], "connection refused") for number in range(1, 6)],
            False,
            "was started 5 times while it was waited for, and ended each time",
        ),
        ([Seen([started(number)], "connection refused") for number in range(1, 4)], False, ""),
        # Its processes cannot be seen: its answer has to do.
        ([Seen()], True, ""),
        ([GONE, SILENT, UP], True, ""),
    ],
)
def test_a_daemon_is_waited_for_and_given_up(looks: Sequence[Seen], ready: bool, trouble: str) -> None:
    watch = watched(looks)
    assert (watch.ready, "" if watch.ready else watch.trouble()) == (ready, trouble)


def test_one_that_ends_after_long_lives_is_waited_for_as_long_as_it_moves() -> None:
    # On a busy machine one of Flink's own time-outs may end it; it may be lucky the next time.
    looks = [Seen([started(number // 7)], "connection refused") for number in range(42)]
    assert watched(looks, seconds=40).trouble() == ""


@pytest.fixture
def young() -> Iterator[Process]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as run:
        yield process(run.pid) or OLD
        run.kill()


def test_one_that_has_only_just_started_is_not_steady_yet(young: Process) -> None:
    for ask in ("http", "process"):
        watch = watched([Seen([young])], ask=ask)
        assert not watch.ready
        assert watch.trouble() == ""
    assert watched([UP], ask="process").ready


def wait(looks: Sequence[Sequence[Seen]], *daemons: Daemon, seconds: float = 0) -> list[dict[str, Any]]:
    rounds = iter(looks)
    return liveness.wait(daemons, "hs1", seconds, quiet, lambda _all: list(next(rounds)))


def test_all_have_to_answer_in_one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "PAUSE", 0)
    both = (daemon(port=1), daemon(daemon="guardian", title="guardian", ask="process"))
    # The first one answers, and has gone when the second one does.
    found = wait([[UP, GONE], [GONE, UP], [UP, UP]], *both, seconds=60)
    assert [one["answers"] for one in found] == [True, True]


def test_each_that_is_not_there_is_named_with_the_line_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "flink-c-historyserver-0-hs1.out"
    log.write_text("Invalid maximum heap size: -Xmx1gb\nError: Could not create the Java Virtual Machine.\n")
    one = daemon(service="c/hs1/history_server", port=8082, path="/config", logs=[str(tmp_path)])
    two = daemon(daemon="guardian", title="guardian", ask="process", service="c/hs1/guardian", logs=["/none"])
    with pytest.raises(FlinkError) as raised:
        wait([[GONE, Seen([], "no process of it runs")]], one, two)
    assert raised.value.message == (
        "cannot go on: the history server of hs1 (http://127.0.0.1:8082/config) does not run: connection refused for"
        f" 0 s; its log says: Invalid maximum heap size: -Xmx1gb ({log}); the guardian of hs1 does not run: no process"
        " of it runs for 0 s; its logs in /none say nothing; correct what the log names and run the playbook again"
    )


def test_what_is_in_no_file_is_read_by_a_command() -> None:
    one = daemon(log_command=["journalctl", "--unit", "flink-c-hs1-history_server"])
    said = liveness.words_of(one, lambda _command: (0, "x\nUnrecognized option: -Xfoo\n", ""))
    assert said == ("Unrecognized option: -Xfoo", "journalctl --unit flink-c-hs1-history_server")


# --- looking ------------------------------------------------------------------------------------------------------


def test_one_look_finds_processes_by_their_marks_and_fails_at_nothing(tmp_path: Path) -> None:
    marks = {"STREAMOPS_SERVICE": "c/h/guardian", "STREAMOPS_DIRECTORY": str(tmp_path)}
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **marks}) as run:
        assert run.stdout is not None
        run.stdout.readline()
        daemons = [
            daemon(daemon="guardian", ask="process", service="c/h/guardian", directory=str(tmp_path)),
            # Of another cluster with the same name.
            daemon(daemon="other", ask="process", service="c/h/guardian", directory="/elsewhere"),
            daemon(daemon="prometheus", port=1, directory="/not/deployed", required=False),
        ]
        found = liveness.look_once(daemons, quiet)
        run.kill()
    assert [(one["daemon"], one["answers"], one["pid"], one["required"]) for one in found] == [
        ("guardian", True, run.pid, True),
        ("other", False, None, True),
        ("prometheus", False, None, False),
    ]
    assert found[1]["says"] == "no process of it runs"


def test_what_was_deployed_is_required(tmp_path: Path) -> None:
    one = daemon(daemon="prometheus", port=1, directory=str(tmp_path), required=False)
    assert liveness.row(one, GONE)["required"]
