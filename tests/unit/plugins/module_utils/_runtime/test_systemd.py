"""What a unit says, and what is done to bring it to its state."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._runtime import systemd as _systemd
from ansible_collections.streamops.flink.plugins.module_utils._runtime.systemd import (
    Status,
    Steps,
    Unit,
    define,
    limits,
    mark_of,
    plan,
    quoted,
    shell_quoted,
)

UNIT = Unit(
    name="flink-payments-jm1-jobmanager",
    description="Flink jobmanager jm1 of cluster payments",
    service_id="payments/jm1/jobmanager",
    command=["/opt/flink/bin/jobmanager.sh", "start-foreground"],
    directory="/var/lib/flink/nodes/jm1/jobmanager",
    user="flink",
    group="flink",
    environment={"HOSTNAME": "jm1"},
    writable=["/srv/flink/payments"],
    after=["flink-payments-jm1-zookeeper"],
    digest="sha256:1",
)
RUNNING = Status("loaded", "active", "running", 4711, True, "today", "a" * 32)
WAITING = replace(RUNNING, active="activating", sub="auto-restart", pid=0, mark="")
STOPPED = replace(RUNNING, active="inactive", sub="dead", pid=0, mark="")


def settings(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and line[0] not in "#["]


@pytest.mark.parametrize(
    "line",
    [
        "User=flink",
        "Group=flink",
        "Restart=always",
        "StartLimitIntervalSec=0",
        "KillMode=control-group",
        "SuccessExitStatus=143",
        "LimitNOFILE=65536",
        "TasksMax=infinity",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "PrivateTmp=yes",
        "StandardOutput=journal",
        "TimeoutStopSec=30",
        "WantedBy=multi-user.target",
        "CapabilityBoundingSet=",
        'ExecStart="/opt/flink/bin/jobmanager.sh" "start-foreground"',
        'Environment="HOSTNAME=jm1"',
        'Environment="STREAMOPS_SERVICE=payments/jm1/jobmanager"',
        'ReadWritePaths="/var/lib/flink/nodes/jm1/jobmanager"',
        'ReadWritePaths="/srv/flink/payments"',
        'RequiresMountsFor="/var/lib/flink/nodes/jm1/jobmanager" "/srv/flink/payments"',
        "After=network-online.target time-sync.target flink-payments-jm1-zookeeper.service",
    ],
)
def test_the_unit_says(line: str) -> None:
    assert line in settings(define(UNIT).text)


def test_a_unit_without_extras_has_no_empty_ones() -> None:
    text = define(replace(UNIT, user="", group="")).text
    names = {line.partition("=")[0] for line in settings(text)}
    assert not names & {"User", "Group", "ExecStopPost", "EnvironmentFile", "MemoryMax", "CPUQuota"}


def test_a_command_after_the_end_is_kept_apart_from_the_daemon() -> None:
    text = define(replace(UNIT, post_stop=["/usr/bin/python3", "/opt/fence.py"])).text
    assert 'ExecStopPost="/usr/bin/python3" "/opt/fence.py"' in settings(text)


def test_hardening_can_be_replaced_and_added_to() -> None:
    found = settings(define(replace(UNIT, hardening={"ProtectHome": "no", "IPAddressDeny": "any"})).text)
    assert "ProtectHome=no" in found
    assert "ProtectHome=read-only" not in found
    assert "IPAddressDeny=any" in found


def test_secrets_stand_in_a_file_of_their_own() -> None:
    found = define(replace(UNIT, secrets={"PASSWORD": 'a"b$c'}))
    assert "a" not in found.secrets.partition("=")[0]
    assert found.secrets == 'PASSWORD="a\\"b\\$c"\n'
    assert "PASSWORD" not in found.text
    assert "EnvironmentFile=/etc/systemd/system/flink-payments-jm1-jobmanager.secrets" in settings(found.text)


@pytest.mark.parametrize(
    "change",
    [{"digest": "sha256:2"}, {"secrets": {"WORD": "x"}}, {"environment": {"HOSTNAME": "jm2"}}, {"stop_seconds": 31}],
)
def test_the_mark_changes_with_all_that_the_daemon_is_started_from(change: dict[str, Any]) -> None:
    before, after = define(UNIT), define(replace(UNIT, **change))
    assert before.mark != after.mark
    assert mark_of(after.text) == after.mark


def test_the_mark_of_something_else_is_empty() -> None:
    assert mark_of("[Service]\nExecStart=/bin/true\n") == ""


@pytest.mark.parametrize(
    ("word", "command", "expected"),
    [
        ("plain", False, '"plain"'),
        ("100%", False, '"100%%"'),
        ("-Dx=${y}", True, '"-Dx=$${y}"'),
        ("A=$y", False, '"A=$y"'),
        ('say "hi"\\', False, '"say \\"hi\\"\\\\"'),
    ],
)
def test_words_are_quoted_as_systemd_reads_them(word: str, command: bool, expected: str) -> None:
    assert quoted(word, command=command) == expected


def test_a_line_break_is_refused() -> None:
    with pytest.raises(FlinkError, match="line break"):
        quoted("a\nb")
    with pytest.raises(FlinkError, match="line break"):
        shell_quoted("a\nb", "TOKEN")


def test_limits_are_translated() -> None:
    found = limits({"open_files": "1024", "memory": "2g", "cpus": "1.5"})
    assert found == {"LimitNOFILE": "1024", "TasksMax": "infinity", "MemoryMax": "2G", "CPUQuota": "150%"}


@pytest.mark.parametrize(
    ("given", "words"), [({"files": "1"}, "cannot set the limit files"), ({"cpus": "many"}, "limit cpus to 'many'")]
)
def test_a_limit_that_is_none_is_refused(given: dict[str, str], words: str) -> None:
    with pytest.raises(FlinkError, match=words):
        limits(given)


A, B = "a" * 32, "b" * 32


@pytest.mark.parametrize(
    ("wanted", "found", "described", "same", "restart", "expected"),
    [
        ("started", Status(), A, False, True, Steps(write=True, enable=True, act="start")),
        ("started", RUNNING, A, True, True, Steps()),
        ("started", RUNNING, B, False, True, Steps(write=True, act="restart")),
        ("started", RUNNING, B, False, False, Steps(restart_needed=True)),
        # An earlier run was interrupted after it had written: the files are right, the process is not.
        ("started", RUNNING, B, True, True, Steps(act="restart")),
        ("started", RUNNING, B, True, False, Steps(restart_needed=True)),
        ("started", replace(RUNNING, enabled=False), A, True, True, Steps(enable=True)),
        ("started", STOPPED, A, True, True, Steps(act="start")),
        ("started", STOPPED, B, False, False, Steps(write=True, act="start")),
        # Between two starts: what comes next comes from the files.
        ("started", WAITING, A, True, True, Steps()),
        ("started", WAITING, B, False, True, Steps(write=True, act="restart")),
        ("started", WAITING, B, False, False, Steps(restart_needed=True)),
        ("started", RUNNING, "", True, True, Steps()),
        ("restarted", RUNNING, "", True, True, Steps(act="restart")),
        ("restarted", RUNNING, B, False, False, Steps(write=True, act="restart")),
        ("stopped", RUNNING, "", True, True, Steps(act="stop", enable=False)),
        ("stopped", replace(STOPPED, enabled=False), "", True, True, Steps()),
        ("absent", RUNNING, "", True, True, Steps(act="stop", enable=False, remove=True)),
        ("absent", WAITING, "", True, True, Steps(act="stop", enable=False, remove=True)),
    ],
)
def test_the_steps_follow_from_what_is_and_what_is_wanted(
    wanted: str, found: Status, described: str, same: bool, restart: bool, expected: Steps
) -> None:
    assert plan(wanted, found, described=described, same_files=same, exists=True, restart=restart) == expected


def test_nothing_is_done_for_a_unit_that_is_gone() -> None:
    assert not plan("absent", Status(), described="", same_files=True, exists=False, restart=True).changes


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="only systemd itself can say whether it understands"
)
def test_systemd_understands_the_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_systemd, "UNIT_DIR", tmp_path)
    unit = replace(UNIT, command=["/bin/sleep", "1000"], limits={"memory": "2g", "cpus": "1.5"}, user="", group="")
    path = tmp_path / unit.file
    path.write_text(define(unit).text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True, check=False, env=os.environ
    )
    assert [line for line in done.stderr.splitlines() if unit.file in line] == []


# --- What systemd reads ------------------------------------------------------------------------------------------

NASTY = [
    *(
        "plain",
        "a;b",
        ";",
        "a # b",
        "#a",
        "100%",
        "%h",
        "%%",
        "$HOME",
        "${HOME}",
        "$$",
        "`id`",
        "'a b'",
        '"a b"',
        "it's",
    ),
    *(
        "a\\b",
        "a\\",
        "\\n",
        "\\\\",
        "\\x41",
        "*",
        "?",
        "[a]",
        "a\tb",
        " a",
        "a ",
        "größe",
        "漢字",
        "😀",
        "\u00a0a",
        "-x",
        "+x",
    ),
    *("@x", "!x", "=", "a=b", "~", "{a,b}", "a|b&c<d>e", "\\;", ""),
]
REFUSED = ["a\nb", "a\rb", "a\0b", "a\x01b", "a\x1bb", "a\x7fb", "a\ud800b", "a\ufdd0b", "a\uffffb"]


@pytest.mark.parametrize("value", REFUSED, ids=ascii)
def test_what_systemd_would_drop_in_silence_is_refused(value: str) -> None:
    for change in ({"environment": {"X": value}}, {"command": ["/bin/x", value]}, {"description": value}):
        with pytest.raises(FlinkError, match="line break or another control character"):
            define(replace(UNIT, **change))
    with pytest.raises(FlinkError, match="the secret TOKEN into the environment of a unit") as error:
        define(replace(UNIT, secrets={"TOKEN": f"geheim{value}"}))
    assert "geheim" not in str(error.value)


def test_a_backslash_at_the_end_of_a_line_is_refused() -> None:
    with pytest.raises(FlinkError, match="continued line"):
        define(replace(UNIT, description="jobmanager of a\\"))


@pytest.fixture
def as_systemd_reads() -> Iterator[Callable[[Unit], list[str]]]:
    """The lines in which systemd shows a unit that it has read; as root it refuses to only show."""
    manager = next((path for path in ("/usr/lib/systemd/systemd", "/lib/systemd/systemd") if Path(path).exists()), "")
    if not manager:
        pytest.skip("only systemd itself can say how it reads")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for path in (directory, directory / "run"):
            path.mkdir(exist_ok=True)
            path.chmod(0o777)
        for target in ("basic", "shutdown", "default"):
            (directory / f"{target}.target").write_text("[Unit]\nDescription=x\nDefaultDependencies=no\n")

        def read(unit: Unit) -> list[str]:
            text = define(unit).text.replace("[Unit]\n", "[Unit]\nDefaultDependencies=no\n")
            (directory / unit.file).write_text(text, encoding="utf-8")
            environment = {"XDG_RUNTIME_DIR": f"{directory}/run", "HOME": "/home/nasty", "SYSTEMD_UNIT_PATH": name}
            environment |= {"SYSTEMD_LOG_TARGET": "console", "LC_ALL": "C.UTF-8"}
            account = {"user": "nobody"} if os.geteuid() == 0 else {}
            command = [manager, "--user", "--test", f"--unit={unit.file}"]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, **account)
            assert done.returncode == 0, done.stderr
            return done.stdout.split("\n")

        yield read


@pytest.mark.real
def test_systemd_reads_every_value_as_it_was_given(as_systemd_reads: Callable[[Unit], list[str]]) -> None:
    given = {f"VALUE_{number}": value for number, value in enumerate(NASTY)}
    unit = replace(UNIT, environment=given, command=["/bin/echo", *NASTY], description="100% größe", secrets={})
    lines = [line.strip("\t") for line in as_systemd_reads(unit)]
    found = [line.removeprefix("Environment: ") for line in lines if line.startswith("Environment: VALUE_")]
    assert sorted(found) == sorted(f"{name}={value}" for name, value in given.items())
    assert "Description: 100% größe" in lines
    # The words of a command are shown quoted for a shell; a dollar sign is still to be read then.
    (shown,) = (line.removeprefix("Command Line: ") for line in lines if line.startswith("Command Line: "))
    assert _words(shown) == ["/bin/echo", *(value.replace("$", "$$") for value in NASTY)]


def _words(shown: str) -> list[str]:
    """systemd shows a word in double quotation marks where a shell would read it as another one, else as it is."""
    words = re.findall(r'"((?:[^"\\]|\\.)*)"(?= |$)|([^ ]+)', shown)
    return [bare or re.sub(r"\\(.)", r"\1", inner.replace("\\t", "\t")) for inner, bare in words]


@pytest.mark.parametrize("value", NASTY, ids=ascii)
def test_a_secret_is_read_as_a_shell_reads_it(tmp_path: Path, value: str) -> None:
    path = tmp_path / "unit.secrets"
    path.write_text(define(replace(UNIT, secrets={"TOKEN": value})).secrets, encoding="utf-8")
    script = f'. {path}; printf %s "$TOKEN"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    assert done.stdout.decode() == value
