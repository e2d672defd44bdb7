"""Prometheus without root: from the PATH or out of Debian's packages; scripts stand for the tools of Debian."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from real_cluster import PlaybookRun, run_playbook

PLAY = """
- name: Provide the programs
  hosts: all
  gather_facts: false
  tasks:
    - name: Install them
      ansible.builtin.include_role:
        name: streamops.flink.monitoring
        tasks_from: install
        public: true
    - name: Show where they are
      ansible.builtin.debug:
        msg: "{{ __monitoring_programs.prometheus }} {{ __monitoring_programs.promtool }}"
"""
# The package is downloaded as a directory that holds its programs, and unpacked by copying it.
APT_GET = """#!/bin/sh
for package; do :; done
echo "$package" >> {calls}
test -d {archive}/$package || {{ echo "E: Unable to locate package $package" >&2; exit 100; }}
ls {archive}/$package > ${{package}}_1_all.deb
"""
DPKG_DEB = """#!/bin/sh
mkdir -p "$3/usr/bin"
while read -r program; do touch "$3/usr/bin/$program"; done < "$2"
"""
BOOKWORM = {"prometheus": ["prometheus", "promtool"]}
TRIXIE = {"prometheus": ["prometheus"], "promtool": ["promtool"]}


class Machine:
    """A machine whose packages are these, and whose Debian tools are scripts."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.cache = directory / "cache"
        self.calls = directory / "calls"
        self.bin = directory / "bin"
        self.bin.mkdir()
        self.put("apt-get", APT_GET.format(calls=self.calls, archive=directory / "archive"))
        self.put("dpkg-deb", DPKG_DEB)
        inventory = {"all": {"hosts": {"mon1": {"ansible_connection": "local"}}, "vars": self._variables()}}
        (directory / "hosts.yml").write_text(yaml.safe_dump(inventory))
        (directory / "play.yml").write_text(PLAY)

    def _variables(self) -> dict[str, object]:
        return {
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            # The role cluster has nothing to read here.
            "__cluster_nodes": [],
            "flink_become": False,
            "flink_cache_dir": str(self.cache),
            "flink_delivery_enabled": False,
        }

    def put(self, name: str, text: str = "#!/bin/sh\n") -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def offer(self, packages: dict[str, list[str]]) -> None:
        for package, programs in packages.items():
            for program in programs:
                path = self.directory / "archive" / package / program
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()

    def install(self, *arguments: str, **extra: object) -> PlaybookRun:
        return run_playbook(str(self.directory / "play.yml"), self.directory / "hosts.yml", *arguments, **extra)

    def asked(self) -> list[str]:
        return self.calls.read_text().split() if self.calls.exists() else []


def said(run: PlaybookRun) -> str:
    """What Ansible said, without the ends of its lines."""
    return " ".join(run.text.split())


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    one = Machine(tmp_path)
    monkeypatch.setenv("PATH", f"{one.bin}{os.pathsep}/usr/sbin{os.pathsep}/usr/bin{os.pathsep}/bin")
    return one


def test_programs_of_the_machine_are_taken(machine: Machine) -> None:
    machine.put("prometheus")
    machine.put("promtool")
    run = machine.install()
    assert (run.code, run.changed) == (0, 0), run.trouble
    assert f"{machine.bin}/prometheus {machine.bin}/promtool" in said(run)
    assert machine.asked() == []


@pytest.mark.parametrize("packages", [BOOKWORM, TRIXIE], ids=["Debian 12", "Debian 13"])
def test_packages_are_unpacked_once(machine: Machine, packages: dict[str, list[str]]) -> None:
    machine.offer(packages)
    planned = machine.install("--check")
    assert planned.code == 0, planned.trouble
    assert planned.changed > 0
    assert not machine.cache.exists()
    run = machine.install()
    assert run.code == 0, run.trouble
    programs = [machine.cache / "monitoring" / "bin" / name for name in ("prometheus", "promtool")]
    assert " ".join(map(str, programs)) in said(run)
    assert all(path.is_file() for path in programs)
    assert machine.asked() == list(packages)
    again = machine.install()
    assert (again.code, again.changed) == (0, 0), again.trouble
    assert machine.asked() == list(packages)


def broken(machine: Machine) -> None:
    machine.offer(BOOKWORM)
    machine.put("dpkg-deb", "#!/bin/sh\necho broken >&2\nexit 2\n")


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda machine: None, "E: Unable to locate package prometheus; run apt-get update there as root"),
        (broken, "broken; run apt-get update there as root"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_nothing_is_taken_for_whole(
    machine: Machine, prepare: Callable[[Machine], None], reason: str
) -> None:
    prepare(machine)
    run = machine.install()
    assert run.code != 0
    assert f"cannot unpack prometheus from Debian's package on mon1: {reason}" in said(run)
    assert list((machine.cache / "monitoring" / "bin").iterdir()) == []


def test_alertmanager_without_root_has_to_be_installed(machine: Machine) -> None:
    machine.put("prometheus")
    machine.put("promtool")
    run = machine.install(monitoring_alertmanager="package")
    assert run.code != 0
    assert "cannot run Alertmanager on mon1" in said(run)
    machine.put("prometheus-alertmanager")
    machine.put("amtool")
    run = machine.install(monitoring_alertmanager="package")
    assert (run.code, run.changed) == (0, 0), run.trouble
