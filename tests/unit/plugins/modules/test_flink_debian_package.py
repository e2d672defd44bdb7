"""flink_debian_package, run as Ansible runs it, with shell scripts that say they are apt-get and dpkg."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_debian_package as module

Run = Callable[..., dict[str, Any]]

DOWNLOAD = "#!/bin/sh\necho called >> {calls}\n{what}\n"
EXTRACT = '#!/bin/sh\nmkdir -p "$3/usr/bin"\ntouch "$3/usr/bin/tool"\n'


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A machine that has only these programs."""

    def write(download: str = "/bin/touch tool_1_all.deb", extract: str = EXTRACT) -> Path:
        directory = tmp_path / "bin"
        directory.mkdir(exist_ok=True)
        calls = tmp_path / "calls"
        for name, text in (("apt-get", DOWNLOAD.format(calls=calls, what=download)), ("dpkg", extract)):
            (directory / name).write_text(text.replace("mkdir", "/bin/mkdir").replace("\ntouch", "\n/bin/touch"))
            (directory / name).chmod(0o755)
        return calls

    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return write


@pytest.fixture
def run(run_module: Run, tmp_path: Path) -> Run:
    def call(**options: Any) -> dict[str, Any]:
        return run_module(module.main, name="pack", programs=["tool"], cache_dir=str(tmp_path / "cache"), **options)

    return call


def test_a_program_of_this_machine_is_taken(run: Run, tools: Callable[..., Path], tmp_path: Path) -> None:
    calls = tools()
    (tmp_path / "bin" / "tool").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "tool").chmod(0o755)
    answer = run()
    assert (answer["changed"], answer["origin"]) == (False, "installed")
    assert answer["programs"] == {"tool": str(tmp_path / "bin" / "tool")}
    assert not calls.exists()


def test_a_package_is_unpacked_once(run: Run, tools: Callable[..., Path]) -> None:
    calls = tools()
    first, second = run(), run()
    assert (first["changed"], second["changed"]) == (True, False)
    assert first["programs"] == second["programs"]
    assert Path(first["programs"]["tool"]).is_file()
    assert calls.read_text() == "called\n"


def test_check_mode_says_where_it_would_be_and_downloads_nothing(
    run: Run, tools: Callable[..., Path], tmp_path: Path
) -> None:
    calls = tools()
    answer = run(check=True)
    assert answer["changed"]
    assert not calls.exists()
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("download", "extract", "message"),
    [
        ("echo 'E: Unable to locate package pack' >&2; exit 100", EXTRACT, "apt-get download says E: Unable to locate"),
        ("true", EXTRACT, "apt-get download says nothing; run apt-get update"),
        ("/bin/touch p.deb", "#!/bin/sh\nexit 0\n", "there is no tool in p.deb"),
        ("/bin/touch p.deb", "#!/bin/sh\necho broken >&2; exit 2\n", "pack: broken"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_leaves_nothing(
    run: Run, tools: Callable[..., Path], tmp_path: Path, download: str, extract: str, message: str
) -> None:
    tools(download, extract)
    answer = run()
    assert answer["failed"]
    assert message in answer["msg"]
    assert [path.name for path in (tmp_path / "cache" / "debian").iterdir()] == [".locks"]


def test_a_machine_without_apt_is_told_what_to_do(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = run()
    assert answer["failed"]
    assert "this machine has no apt-get; put the programs on the PATH yourself" in answer["msg"]
