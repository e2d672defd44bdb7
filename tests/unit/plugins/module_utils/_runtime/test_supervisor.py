"""Programs under supervisord: what is pure, and what a real supervisord does."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import xmlrpc.client
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError, NotYet
from ansible_collections.streamops.flink.plugins.module_utils._base.processes import (
    MARK_SUPERVISOR,
    Process,
    command_of,
    environment_of,
    is_alive,
    process,
    processes,
    stop_processes,
)
from ansible_collections.streamops.flink.plugins.module_utils._base.secrets import masked_assignments
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline, wait_for
from ansible_collections.streamops.flink.plugins.module_utils._runtime import supervisor as _supervisor
from ansible_collections.streamops.flink.plugins.module_utils._runtime import supervisor_rpc as _supervisor_rpc
from ansible_collections.streamops.flink.plugins.module_utils._runtime.supervisor import (
    DesiredState,
    ServicePlan,
    Supervisor,
    bring,
    plan,
)
from ansible_collections.streamops.flink.plugins.module_utils._runtime.supervisor_program import (
    Program,
    checked_path,
    render,
    written_definition,
)
from ansible_collections.streamops.flink.plugins.module_utils._runtime.supervisor_rpc import (
    FaultError,
    decode_answer,
    encode_call,
)
from hypothesis import given
from hypothesis import strategies as st
from supervisor.options import ServerOptions

SUPERVISORD = str(Path(sys.executable).with_name("supervisord"))


def program(base: Path, name: str = "one", **changes: Any) -> Program:
    values: dict[str, Any] = {
        "name": name,
        "service_id": f"test/{name}",
        "command": ["/bin/sleep", "1000"],
        "directory": str(base),
        "log": f"{base}/{name}.out",
        "stop_seconds": 5,
    }
    return Program(**{**values, **changes})


def desired(wanted: Program, state: str = "started") -> DesiredState:
    return DesiredState(state, wanted.name, wanted.service_id, render(wanted), wanted.stop_seconds)


# --- What supervisord reads ------------------------------------------------------------------------------------


def as_supervisord_reads(directory: Path, text: str) -> Any:
    """The program of a definition, read by supervisord's own parser."""
    (directory / "conf.d").mkdir(exist_ok=True)
    (directory / "conf.d" / "one.conf").write_text(text, encoding="utf-8")
    main = directory / "supervisord.conf"
    main.write_text("[supervisord]\n[include]\nfiles=conf.d/*.conf\n")
    options = ServerOptions()
    options.configfile = str(main)
    options.here = str(directory)
    options.process_config(do_usage=False)
    return options.process_group_configs[0].process_configs[0]


TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\t"), max_size=20)
AWKWARD = st.sampled_from(
    ["%(here)s", "%", "100%", " ;", " #", "; ", "%s", "%(ENV_HOME)s", "a b", "=", ",", "\\", "$X"]
)


@given(parts=st.lists(TEXT | AWKWARD, max_size=4))
def test_every_argument_of_the_command_arrives_as_it_was_given(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str]
) -> None:
    base = tmp_path_factory.getbasetemp()
    wanted = program(base, command=["/bin/echo", *parts])

    read = as_supervisord_reads(base, render(wanted))

    assert shlex.split(read.command) == ["/bin/echo", *parts]


@given(parts=st.lists(TEXT | AWKWARD, max_size=4))
def test_every_value_of_the_environment_arrives_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str]
) -> None:
    base = tmp_path_factory.getbasetemp()
    value = "".join(parts)
    wanted = program(base, environment={"VALUE": value, "AFTER": "x"})
    edges = (value[:1], value[-1:])
    refused = ("'" in value and '"' in value) or "'" in edges or '"' in edges

    if refused:
        with pytest.raises(FlinkError, match="VALUE cannot be given to supervisord"):
            render(wanted)
        return
    read = as_supervisord_reads(base, render(wanted))

    assert read.environment["VALUE"] == value
    assert read.environment["AFTER"] == "x"


def test_a_definition_restarts_for_ever_and_stops_the_whole_group(tmp_path: Path) -> None:
    read = as_supervisord_reads(tmp_path, render(program(tmp_path, secrets={"TOKEN": "s"}, priority=7, digest="d1")))

    assert (read.autostart, read.startretries, read.stopsignal) == (False, 1_000_000_000, signal.SIGTERM)
    assert (read.stopasgroup, read.killasgroup, read.stopwaitsecs, read.priority) == (True, True, 5, 7)
    assert (read.stdout_logfile, read.redirect_stderr) == (f"{tmp_path}/one.out", True)
    assert (read.stdout_logfile_maxbytes, read.stdout_logfile_backups) == (10 * 1024 * 1024, 3)
    assert read.environment["STREAMOPS_SERVICE"] == "test/one"
    assert read.environment["STREAMOPS_DIRECTORY"] == str(tmp_path)
    assert read.environment["TOKEN"] == "s"


@pytest.mark.parametrize(
    "changes",
    [
        {"digest": "2"},
        {"command": ["/bin/sleep", "2"]},
        {"environment": {"A": "2"}},
        {"secrets": {"A": "2"}},
        {"stop_seconds": 6},
    ],
)
def test_whatever_changes_gives_the_process_another_mark(tmp_path: Path, changes: dict[str, Any]) -> None:
    first = written_definition(render(program(tmp_path)))
    second = written_definition(render(program(tmp_path, **changes)))

    assert len(first) == len(second) == 16
    assert first != second


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"environment": {"A-B": "x"}}, "'A-B' is not a valid name of an environment variable"),
        (
            {"environment": {"A": "x\ny"}},
            "environment variable A cannot be given to supervisord: it holds a line break",
        ),
        ({"command": ["/bin/sh", "a\nb"]}, "argument 'a\\nb' of the command cannot be given"),
        ({"name": "a:b"}, "'a:b' is not a valid name of a service"),
        ({"directory": "relative"}, "the directory 'relative' is not absolute"),
        ({"log": "/var/100%/x"}, "the log '/var/100%/x' cannot be given to supervisord"),
    ],
)
def test_what_supervisord_cannot_hold_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FlinkError) as error:
        render(program(tmp_path, **changes))

    assert message in error.value.message


def test_a_path_loses_its_last_slash() -> None:
    assert checked_path("the directory", "/a/b/") == "/a/b"


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    wanted = program(
        tmp_path,
        environment={"DB_PASSWORD": "geheim1", "JVM_ARGS": "-Dstore.password=geheim2 -Dx=1", "HOME": "/h"},
        secrets={"PLAIN": "geheim3"},
    )

    text = masked_assignments(render(wanted), wanted.secrets)

    assert "geheim" not in text
    assert 'HOME="/h"' in text
    assert "-Dx=1" in text


# --- XML-RPC ---------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.integers(-(2**31), 2**31 - 1) | st.booleans() | st.text(st.characters(codec="ascii", exclude_categories=["Cc"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b&c", "d"]), inner, max_size=3),
    max_leaves=8,
)


@given(value=VALUES)
def test_answers_are_read_as_the_standard_library_writes_them(value: Any) -> None:
    content = xmlrpc.client.dumps((value,), methodresponse=True).encode()

    assert decode_answer(content) == value


def test_a_fault_is_an_error() -> None:
    content = xmlrpc.client.dumps(xmlrpc.client.Fault(10, "BAD_NAME: x")).encode()

    with pytest.raises(FaultError, match="BAD_NAME: x") as fault:
        decode_answer(content)
    assert fault.value.code == FaultError.BAD_NAME


@given(arguments=st.lists(st.text(st.characters(codec="ascii", exclude_categories=["Cc"])) | st.booleans(), max_size=3))
def test_calls_are_written_as_the_standard_library_reads_them(arguments: list[str | bool]) -> None:
    parameters, method = xmlrpc.client.loads(encode_call("supervisor.x", arguments))

    assert (list(parameters), method) == (arguments, "supervisor.x")


# --- Decisions -------------------------------------------------------------------------------------------------

NOTHING = ServicePlan()
RESTART = ServicePlan(stop=True, start=True)


@pytest.mark.parametrize(
    ("wanted", "state", "known", "expected"),
    [
        ("started", None, "no", ServicePlan(define=True, start=True)),
        ("started", None, "same", ServicePlan(start=True)),
        ("started", "running", "same", NOTHING),
        ("started", "starting", "same", NOTHING),
        ("started", "running", "other", ServicePlan(stop=True, define=True, start=True)),
        ("started", "running", "process", RESTART),
        ("started", "backoff", "same", RESTART),
        ("started", "exited", "same", RESTART),
        ("started", "stopped", "same", ServicePlan(start=True)),
        ("started", "fatal", "same", ServicePlan(start=True)),
        ("restarted", "running", "same", RESTART),
        ("restarted", None, "same", ServicePlan(start=True)),
        ("stopped", "running", "same", ServicePlan(stop=True)),
        ("stopped", "stopped", "same", NOTHING),
        ("stopped", None, "other", ServicePlan(define=True)),
        ("absent", "running", "same", ServicePlan(stop=True, remove=True)),
        ("absent", "stopped", "no", ServicePlan(remove=True)),
        ("absent", None, "same", ServicePlan(remove=True)),
        ("absent", None, "no", NOTHING),
    ],
)
def test_the_plan_leads_from_what_is_to_what_is_wanted(
    wanted: str, state: str | None, known: str, expected: ServicePlan
) -> None:
    found = plan(
        wanted,
        state,
        is_defined=known != "no",
        same_definition=known in ("same", "process"),
        runs_definition=known == "same",
    )

    assert found == expected


def test_a_directory_whose_socket_would_be_too_long_is_refused() -> None:
    with pytest.raises(FlinkError, match=r"would have 100 bytes, more than the 99 that work; choose a shorter"):
        Supervisor("/" + "x" * 83, SUPERVISORD, run_command)
    Supervisor("/" + "x" * 82, SUPERVISORD, run_command)


# --- The table of processes ------------------------------------------------------------------------------------


@pytest.fixture
def child(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["/bin/sleep", "1000"], env={"MARK": str(tmp_path)}) as started:
        yield started
        started.kill()


def test_a_process_is_found_by_its_environment(child: subprocess.Popen[bytes], tmp_path: Path) -> None:
    def found() -> list[int]:
        pids = [one.pid for one in processes(lambda environment: environment.get("MARK") == str(tmp_path))]
        if not pids:
            raise NotYet("nothing")
        return pids

    assert wait_for(found, Deadline(5), "the child", 0.01) == [child.pid]
    assert environment_of(child.pid) == {"MARK": str(tmp_path)}
    assert command_of(child.pid) == "/bin/sleep 1000"


def test_this_process_and_its_parents_are_never_found(monkeypatch: pytest.MonkeyPatch) -> None:
    own = processes(lambda environment: True)

    assert not {os.getpid(), os.getppid()} & {one.pid for one in own}


def test_an_ended_process_is_none_even_before_it_is_reaped(child: subprocess.Popen[bytes]) -> None:
    one = process(child.pid)
    assert one is not None

    stop_processes([one], 5)

    assert not is_alive(one)
    assert process(child.pid) is None
    assert child.wait() == -signal.SIGTERM


def test_a_process_that_does_not_end_is_killed(tmp_path: Path) -> None:
    stubborn = ["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1000; done"]
    with subprocess.Popen(stubborn, stdout=subprocess.PIPE, start_new_session=True) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == b"ready\n"
        one = process(started.pid)
        assert one is not None

        stop_processes([one], 0.1)

        assert started.wait() == -signal.SIGKILL
        os.killpg(started.pid, signal.SIGKILL)


def test_another_process_with_the_same_id_is_not_the_same(child: subprocess.Popen[bytes]) -> None:
    assert not is_alive(Process(child.pid, "1"))


# --- A real supervisord ----------------------------------------------------------------------------------------


def run_command(command: list[str]) -> tuple[int, str, str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def all_of(directory: Path) -> list[Process]:
    return processes(lambda environment: environment.get(MARK_SUPERVISOR) == str(directory))


def end(directory: Path) -> None:
    """Whatever a test left."""
    for one in all_of(directory):
        with contextlib.suppress(ProcessLookupError):
            os.kill(one.pid, signal.SIGKILL)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    yield Supervisor(str(tmp_path / "s"), SUPERVISORD, run_command)
    end(tmp_path / "s")


def daemon_pid(supervisor: Supervisor) -> int:
    return int(_supervisor_rpc.call(supervisor.socket, "getPID"))


def until(probe: Callable[[], bool], what: str) -> None:
    def look() -> None:
        if not probe():
            raise NotYet("not so")

    wait_for(look, Deadline(15), what, 0.02)


@pytest.mark.real
def test_a_program_is_started_left_alone_changed_stopped_and_removed(supervisor: Supervisor, tmp_path: Path) -> None:
    wanted = program(tmp_path, digest="1")

    first = bring(supervisor, desired(wanted))
    again = bring(supervisor, desired(wanted))
    changed = bring(supervisor, desired(program(tmp_path, digest="2")))
    restarted = bring(supervisor, DesiredState("restarted", "one", "test/one"))
    stopped = bring(supervisor, DesiredState("stopped", "one", "test/one"))
    stopped_again = bring(supervisor, DesiredState("stopped", "one", "test/one"))
    started = bring(supervisor, DesiredState("started", "one", "test/one"))

    assert (first.changed, first.before[0], first.after[0]) == (True, "absent", "started")
    assert first.info.state in ("starting", "running")
    assert (again.changed, again.info.pid) == (False, first.info.pid)
    assert changed.changed
    assert changed.info.pid != first.info.pid
    assert not Path(f"/proc/{first.info.pid}").exists()
    assert restarted.changed
    assert restarted.info.pid != changed.info.pid
    assert (stopped.changed, stopped.info.state, stopped.info.pid) == (True, "stopped", 0)
    assert not stopped_again.changed
    assert started.changed
    assert "; digest: 2" in (supervisor.definition("one") or "")

    removed = bring(supervisor, DesiredState("absent", "one", "test/one"))
    removed_again = bring(supervisor, DesiredState("absent", "one", "test/one"))

    assert (removed.changed, removed.info.state, removed_again.changed) == (True, "absent", False)
    assert not Path(supervisor.directory).exists()
    assert all_of(tmp_path / "s") == []


@pytest.mark.real
def test_files_and_the_socket_are_for_the_owner_only(supervisor: Supervisor, tmp_path: Path) -> None:
    bring(supervisor, desired(program(tmp_path, secrets={"TOKEN": "geheim"})))

    modes = {
        path.name: oct(path.stat().st_mode & 0o777)
        for path in (tmp_path / "s", tmp_path / "s/supervisor.sock", tmp_path / "s/conf.d/one.conf")
    }

    assert modes == {"s": "0o700", "supervisor.sock": "0o700", "one.conf": "0o600"}


@pytest.mark.real
def test_daemons_do_not_inherit_the_shell_of_the_playbook(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLINK_CONF_DIR", "/somewhere/else")

    info = bring(supervisor, desired(program(tmp_path, environment={"A": "1"}))).info

    def started() -> bool:
        return "A" in environment_of(info.pid)

    until(started, "the environment of the program")
    assert "FLINK_CONF_DIR" not in environment_of(info.pid)
    assert environment_of(info.pid)["PATH"] == os.environ["PATH"]
    assert {environment_of(info.pid)[name] for name in ("LANG", "LC_ALL")} == {"C.UTF-8"}


@pytest.mark.real
def test_a_killed_program_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    first = bring(supervisor, desired(program(tmp_path))).info
    os.kill(first.pid, signal.SIGKILL)

    def back() -> bool:
        info = supervisor.info("one")
        return info is not None and info.state in ("starting", "running") and info.pid != first.pid

    until(back, "the new process")
    assert not bring(supervisor, desired(program(tmp_path))).changed


@pytest.mark.real
def test_children_end_with_a_program_that_does_not_exec(supervisor: Supervisor, tmp_path: Path) -> None:
    command = ["/bin/sh", "-c", "sleep 1000 & echo $! > child; wait"]
    bring(supervisor, desired(program(tmp_path, command=command)))
    until(lambda: bool((tmp_path / "child").exists() and (tmp_path / "child").read_text().strip()), "the child")
    child = process(int((tmp_path / "child").read_text()))
    assert child is not None

    bring(supervisor, DesiredState("stopped", "one", "test/one"))

    until(lambda: not is_alive(child), "the end of the child")


@pytest.mark.real
def test_a_program_that_does_not_stop_is_killed_in_time(supervisor: Supervisor, tmp_path: Path) -> None:
    script = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('r', 'w').close(); signal.pause()"
    stubborn = program(tmp_path, command=[sys.executable, "-c", script], stop_seconds=1)
    info = bring(supervisor, desired(stubborn)).info
    until((tmp_path / "r").exists, "the program's deafness")

    outcome = bring(supervisor, desired(stubborn, "stopped"))

    assert outcome.info.state == "stopped"
    assert not Path(f"/proc/{info.pid}").exists()


@pytest.mark.real
def test_many_hosts_share_one_supervisord(supervisor: Supervisor, tmp_path: Path) -> None:
    def start(number: int) -> _supervisor.ServiceChange:
        own = Supervisor(supervisor.directory, SUPERVISORD, run_command)
        return bring(own, desired(program(tmp_path, f"p{number}")))

    def remove(number: int) -> _supervisor.ServiceChange:
        own = Supervisor(supervisor.directory, SUPERVISORD, run_command)
        return bring(own, DesiredState("absent", f"p{number}", f"test/p{number}", stop_seconds=5))

    with ThreadPoolExecutor(8) as pool:
        started = list(pool.map(start, range(8)))
        assert all(one.info.state in ("starting", "running") for one in started)
        until(lambda: len(all_of(tmp_path / "s")) == 9, "one supervisord and eight programs")
        removed = list(pool.map(remove, range(8)))

    assert all(one.changed for one in removed)
    assert not Path(supervisor.directory).exists()
    assert all_of(tmp_path / "s") == []


@pytest.mark.real
def test_one_may_come_while_the_last_one_goes(supervisor: Supervisor, tmp_path: Path) -> None:
    bring(supervisor, desired(program(tmp_path, "p0")))
    for number in range(3):
        going, coming = f"p{number}", f"p{number + 1}"
        barrier = threading.Barrier(2)

        def remove(name: str = going, gate: threading.Barrier = barrier) -> None:
            gate.wait()
            bring(
                Supervisor(supervisor.directory, SUPERVISORD, run_command), DesiredState("absent", name, f"test/{name}")
            )

        def start(name: str = coming, gate: threading.Barrier = barrier) -> None:
            gate.wait()
            bring(Supervisor(supervisor.directory, SUPERVISORD, run_command), desired(program(tmp_path, name)))

        with ThreadPoolExecutor(2) as pool:
            for done in (pool.submit(remove), pool.submit(start)):
                done.result()
        info = supervisor.info(coming)
        assert info is not None
        assert info.state in ("starting", "running")
        until(lambda: len(all_of(tmp_path / "s")) == 2, "one supervisord and one program")


@pytest.mark.real
def test_what_a_killed_supervisord_left_is_stopped_and_started_anew(supervisor: Supervisor, tmp_path: Path) -> None:
    first = bring(supervisor, desired(program(tmp_path, "p1"))).info
    other = bring(supervisor, desired(program(tmp_path, "p2"))).info
    dead = process(daemon_pid(supervisor))
    assert dead is not None
    os.kill(dead.pid, signal.SIGKILL)
    until(lambda: not is_alive(dead), "the end of supervisord")

    looked = bring(supervisor, desired(program(tmp_path, "p1")), check=True)
    assert looked.changed
    assert [one.pid for one in looked.orphans] == [first.pid]
    assert Path(f"/proc/{first.pid}").exists()

    outcome = bring(supervisor, desired(program(tmp_path, "p1")))

    assert [one.pid for one in outcome.orphans] == [first.pid]
    assert outcome.info.state in ("starting", "running")
    assert process(first.pid) is None
    assert process(other.pid) is not None, "the other program waits for its own turn"
    assert not bring(supervisor, desired(program(tmp_path, "p1"))).changed

    stopped = bring(supervisor, desired(program(tmp_path, "p2"), "stopped"))

    assert (stopped.changed, [one.pid for one in stopped.orphans]) == (True, [other.pid])
    assert process(other.pid) is None


@pytest.mark.real
def test_a_supervisord_whose_directory_was_removed_is_stopped_with_its_programs(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    first = bring(supervisor, desired(program(tmp_path))).info
    lost = daemon_pid(supervisor)
    shutil.rmtree(supervisor.directory)

    outcome = bring(supervisor, desired(program(tmp_path)))

    # A child of it that has not executed its program yet looks the same, and is stopped with it.
    assert lost in [one.pid for one in outcome.stale]
    assert process(lost) is None
    assert process(first.pid) is None
    until(lambda: len(all_of(tmp_path / "s")) == 2, "supervisord and its program")


@pytest.mark.real
def test_check_mode_changes_nothing(supervisor: Supervisor, tmp_path: Path) -> None:
    outcome = bring(supervisor, desired(program(tmp_path)), check=True)

    assert (outcome.changed, outcome.info.state) == (True, "stopped")
    assert not Path(supervisor.directory).exists()

    pid = bring(supervisor, desired(program(tmp_path))).info.pid
    outcome = bring(supervisor, desired(program(tmp_path, digest="2")), check=True)
    gone = bring(supervisor, DesiredState("absent", "one", "test/one"), check=True)

    assert (outcome.changed, outcome.info.pid, gone.changed, gone.info.pid) == (True, pid, True, pid)


@pytest.mark.real
def test_a_definition_that_supervisord_refuses_is_told(supervisor: Supervisor, tmp_path: Path) -> None:
    bring(supervisor, desired(program(tmp_path)))
    wanted = program(tmp_path, log=f"{tmp_path}/missing/x.out")

    with pytest.raises(FlinkError, match=r"supervisord refused to take over the definition of one: .*missing"):
        bring(supervisor, desired(wanted))


@pytest.mark.real
def test_a_program_that_cannot_be_executed_is_told(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(FlinkError, match=r"cannot start one: .*/no/such/thing"):
        bring(supervisor, desired(program(tmp_path, command=["/no/such/thing"])))


def test_a_program_without_a_description_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(FlinkError, match=r"one is not known in .*: say with command how to start it"):
        bring(Supervisor(str(tmp_path / "s"), SUPERVISORD, run_command), DesiredState("restarted", "one", "test/one"))


def test_a_missing_supervisord_says_what_to_install(tmp_path: Path) -> None:
    supervisor = Supervisor(str(tmp_path / "s"), "/no/supervisord", run_command)

    with pytest.raises(FlinkError, match=r"there is no /no/supervisord; install the Python package supervisor"):
        bring(supervisor, desired(program(tmp_path)))


def test_a_directory_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "s" / "conf.d" / "one.conf").mkdir(parents=True)

    with pytest.raises(FlinkError, match=r"cannot bring one to the state started: .*one.conf: Is a directory; see who"):
        bring(Supervisor(str(tmp_path / "s"), SUPERVISORD, run_command), desired(program(tmp_path)))


def test_a_supervisord_that_goes_away_in_the_middle_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor = Supervisor(str(tmp_path / "s"), SUPERVISORD, run_command)
    monkeypatch.setattr(supervisor, "_pid", lambda: 1)

    with pytest.raises(FlinkError, match=r"no supervisord answers at .*supervisor.sock \(.*\); run the playbook again"):
        bring(supervisor, desired(program(tmp_path)))


def test_a_supervisord_that_fails_is_quoted(tmp_path: Path) -> None:
    supervisor = Supervisor(
        str(tmp_path / "s"), SUPERVISORD, lambda command: (2, "", "Error: no such file\nFor help, use -h")
    )

    with pytest.raises(FlinkError, match=r"cannot start supervisord in .*: Error: no such file"):
        bring(supervisor, desired(program(tmp_path)))


@pytest.mark.real
def test_a_supervisord_that_does_not_answer_is_told(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(supervisor, desired(program(tmp_path)))
    frozen = daemon_pid(supervisor)
    os.kill(frozen, signal.SIGSTOP)
    try:
        with pytest.raises(FlinkError, match=r"did not answer getPID within 0.2 s"):
            _supervisor_rpc.call(supervisor.socket, "getPID", seconds=0.2)
    finally:
        os.kill(frozen, signal.SIGCONT)
