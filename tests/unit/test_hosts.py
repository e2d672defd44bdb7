"""The tool that makes hosts, without a Docker Engine."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import hosts

ADDRESSES = {
    "jm1": "172.30.0.11",
    "jm2": "172.30.0.12",
    "tm1": "172.30.0.13",
    "zk1": "172.30.0.14",
    "zk2": "172.30.0.15",
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(hosts, "CACHE", tmp_path)
    return tmp_path


def test_the_names_of_hosts_tell_their_groups() -> None:
    found = hosts.inventory("bed", ADDRESSES)
    groups = found["flink"]["children"]
    assert groups["zookeeper"]["hosts"] == {"zk1": {"zookeeper_myid": 1}, "zk2": {"zookeeper_myid": 2}}
    assert list(groups["jobmanagers"]["hosts"]) == ["jm1", "jm2"]
    assert list(groups["taskmanagers"]["hosts"]) == ["tm1"]
    assert list(groups["sql_gateways"]["hosts"]) == ["jm1"]
    assert found["flink"]["vars"]["flink_runtime"] == "systemd"
    assert found["all"]["hosts"]["jm1"] == {"ansible_host": "bed-jm1", "flink_host_address": "172.30.0.11"}


def test_hosts_with_other_names_get_their_groups_from_the_caller() -> None:
    found = hosts.inventory("bed", {"node1": "172.30.0.11"})
    assert list(found) == ["all"]
    assert set(found["all"]["vars"]) == {"ansible_connection", "ansible_user", "ansible_python_interpreter"}


def test_the_inventory_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    target = tmp_path / "new" / "hosts.yml"
    hosts.write_inventory(target, hosts.inventory("bed", ADDRESSES))
    assert json.loads(target.read_text())["all"]["hosts"].keys() == ADDRESSES.keys()


@pytest.mark.parametrize("words", [["up", "Host_1"], ["up", "--bed", "a b"], ["down", "--bed", "-x"], ["sideways"]])
def test_a_name_that_is_none_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        hosts.arguments(words)
    assert "error: " in capsys.readouterr().err


def test_the_default_bed_is_a_whole_cluster() -> None:
    assert hosts.arguments(["up"]).hosts == list(hosts.DEFAULT_HOSTS)


def test_the_image_changes_with_what_it_is_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "mirror", lambda _suite: [])
    monkeypatch.setattr(hosts, "apt_settings", lambda: "")
    monkeypatch.setattr(hosts, "release", lambda: "bookworm")
    before = hosts.recipe()
    assert hosts.recipe() == before
    monkeypatch.setattr(hosts, "PACKAGES", [*hosts.PACKAGES, "vim"])
    assert hosts.recipe() != before


def test_apt_of_this_machine_says_where_packages_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = "stable-x stable main file:///other/\nbookworm stable-x contrib file:///c/\nbookworm s main file:///m/ x\n"
    monkeypatch.setattr(hosts, "run", lambda *_command, **_options: SimpleNamespace(stdout=answer, returncode=0))
    assert hosts.mirror("bookworm") == ["file:///m/ x"]
    assert hosts.mirror("trixie") == []


def test_without_root_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(hosts, "engine_answers", lambda: False)
    with pytest.raises(hosts.HostsError, match="only root can start one: start it, or run this as root"):
        hosts.ensure_engine()
    with pytest.raises(hosts.HostsError, match="cannot install x as user id 1000: run it as root"):
        hosts.require_packages(("no-such-program", "x"))
    with pytest.raises(hosts.HostsError, match="debootstrap needs root"):
        hosts.build("image", Path("image.tar"))


def test_where_there_is_no_apt_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(hosts.shutil, "which", lambda _name: None)
    with pytest.raises(hosts.HostsError, match="there is no apt-get here; install x first, or use Debian"):
        hosts.require_packages(("no-such-program", "x"))


def test_a_program_that_fails_is_quoted_with_its_last_words() -> None:
    with pytest.raises(hosts.HostsError, match=r"^sh -c echo one >&2; echo two >&2; exit 3 failed: two$"):
        hosts.run("sh", "-c", "echo one >&2; echo two >&2; exit 3")
    with pytest.raises(hosts.HostsError, match="cannot run no-such-program: it is not installed"):
        hosts.run("no-such-program")


def test_an_engine_that_does_not_start_is_told_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, cache: Path, tmp_path: Path
) -> None:
    program = tmp_path / "dockerd"
    program.write_text("#!/bin/sh\necho 'failed to start daemon: no way' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(hosts, "engine_answers", lambda: False)
    monkeypatch.setattr(hosts, "require_packages", lambda *_packages: None)
    with pytest.raises(hosts.HostsError, match="dockerd ended at once: failed to start daemon: no way"):
        hosts.ensure_engine()
    assert hosts.our_engine() == 0


def test_only_the_engine_that_was_started_here_is_stopped(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    containers: list[str] = ["abc"]

    def docker(*_arguments: Any, **_options: Any) -> SimpleNamespace:
        return SimpleNamespace(stdout=" ".join(containers), returncode=0)

    monkeypatch.setattr(hosts, "docker", docker)
    daemon = subprocess.Popen(["sleep", "1000"])
    try:
        hosts.stop_engine()
        assert daemon.poll() is None
        hosts.engine_state().write_text(json.dumps({"pid": daemon.pid, "started": hosts.started_at(daemon.pid)}))
        hosts.stop_engine()
        assert daemon.poll() is None, "there was a container left"
        containers.clear()
        hosts.stop_engine()
        assert daemon.wait(5) != 0
        assert not hosts.engine_state().exists()
    finally:
        daemon.kill()


def test_a_later_process_with_the_same_id_is_not_the_engine(cache: Path) -> None:
    hosts.engine_state().write_text(json.dumps({"pid": os.getpid(), "started": "1"}))
    assert hosts.our_engine() == 0
